//! Whom a message names in its head: one party after the other, and which of them is the person who
//! asks. Pure.

use std::ops::Range;

use candour_screening::{Kind, NameFit, Subject, fit, recognise, weak_email};

/// The headers of those between whom a message was exchanged.
const EXCHANGED: [&str; 4] = ["From", "Sender", "Reply-To", "To"];

/// The headers by which a message reached somebody or came from them.
const REACHED: [&str; 5] = ["From", "Sender", "To", "Cc", "Bcc"];

/// Whether a header names those between whom a message was exchanged, and not further people.
pub fn exchanged(role: &str) -> bool {
    EXCHANGED.contains(&role)
}

/// Whether the person sent the message or was sent it: then the other side is no secret from them.
pub fn is_between(parties: &[(String, String)], subject: &Subject) -> bool {
    parties
        .iter()
        .filter(|(role, _)| REACHED.contains(&role.as_str()))
        .any(|(_, value)| split(value).into_iter().any(|p| is_theirs(&value[p], subject)))
}

/// The parties of a header, each with its name and address: "Novak, Bram <bram@example.com>" is
/// one. Without the spaces around them.
pub fn split(value: &str) -> Vec<Range<usize>> {
    let addressed = value.contains('@');
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in value.match_indices([',', ';']) {
        // A comma before the address belongs to the name.
        if !addressed || value[start..at].contains('@') {
            found.push(start..at);
            start = at + 1;
        }
    }
    found.push(start..value.len());
    let trimmed = |r: Range<usize>| {
        let part = &value[r.clone()];
        let from = r.start + part.len() - part.trim_start().len();
        from..from + part.trim().len()
    };
    found.into_iter().map(trimmed).filter(|r| !r.is_empty()).collect()
}

/// Whether a party is the person: by their address, or by their name in full.
pub fn is_theirs(party: &str, subject: &Subject) -> bool {
    let own = |mail: &str| {
        let same = |known: &str| known == mail || weak_email(known) == weak_email(mail);
        subject.identifiers.iter().any(|(kind, known)| *kind == Kind::Email && same(known))
    };
    let mut mails = recognise(party).into_iter().filter(|hit| hit.kind == Kind::Email);
    let name = party.split('<').next().unwrap_or_default().trim().trim_matches(['"', '\'']);
    let named =
        || !name.contains('@') && subject.names.iter().any(|n| fit(name, n) <= NameFit::Close);
    mails.any(|hit| own(&hit.normal)) || named()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(value: &str) -> Vec<&str> {
        split(value).into_iter().map(|r| &value[r]).collect()
    }

    #[test]
    fn a_party_is_its_name_with_its_address() {
        assert_eq!(
            parts("Novak, Bram <bram@example.com>, amara@example.org; Office <o@example.org>"),
            ["Novak, Bram <bram@example.com>", "amara@example.org", "Office <o@example.org>"]
        );
        assert_eq!(parts("Bram Novak, Amara Quill"), ["Bram Novak", "Amara Quill"]);
        assert_eq!(parts(" , "), Vec::<&str>::new());
    }

    #[test]
    fn a_party_is_theirs_by_address_or_by_the_whole_name() {
        let subject = Subject {
            names: vec!["Amara Quill".into()],
            identifiers: vec![(Kind::Email, "a.quill@example.org".into())],
        };
        for own in ["A.Quill+x@example.org", "Quill, Amara <other@example.org>", "Amara Quill"] {
            assert!(is_theirs(own, &subject), "{own}");
        }
        for other in ["Tobias Quill <t@example.org>", "Quill <t@example.org>", "", "amara@quill.uk"]
        {
            assert!(!is_theirs(other, &subject), "{other}");
        }
    }
}
