//! From what a person wrote to what is searched for. Pure.

use candour_connectors::{Identifier, Kind, Seek};
use candour_screening::{Subject, normalise};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Field, Result};

/// What a person told us about themselves. Personal data: kept sealed under the case's key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asker {
    /// Full name.
    pub name: String,
    /// Other names: before marriage, short forms, spellings.
    pub other_names: Vec<String>,
    /// E-mail addresses.
    pub emails: Vec<String>,
    /// Telephone numbers.
    pub phones: Vec<String>,
    /// Postal addresses, present first.
    pub addresses: Vec<String>,
    /// Postcodes, present first.
    pub postcodes: Vec<String>,
    /// Member, customer or employee numbers.
    pub numbers: Vec<String>,
    /// Date of birth, ISO.
    pub born: Option<String>,
    /// Who acts for them, if somebody does.
    pub agent: Option<Representative>,
}

impl Asker {
    /// Takes in more that the person can be found by; their name and who acts for them stay.
    pub fn add(&mut self, more: &Self) {
        for (own, new) in [
            (&mut self.other_names, &more.other_names),
            (&mut self.emails, &more.emails),
            (&mut self.phones, &more.phones),
            (&mut self.addresses, &more.addresses),
            (&mut self.postcodes, &more.postcodes),
            (&mut self.numbers, &more.numbers),
        ] {
            for value in new {
                if !own.contains(value) {
                    own.push(value.clone());
                }
            }
        }
    }
}

/// Somebody who acts for the data subject.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Representative {
    /// Name.
    pub name: String,
    /// Relation: parent, solicitor, attorney …
    pub relation: String,
    /// E-mail address for letters.
    pub email: String,
    /// Postal address for letters.
    pub address: String,
}

/// The first 16 bytes of an identifier's keyed hash: what is kept and compared.
pub type Hash16 = [u8; 16];

/// The keyed hashes of an identifier as somebody wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// What it is.
    pub kind: Kind,
    /// Its own hash: that by which somebody is known.
    pub hash: Hash16,
    /// That of the premises, of a postal address with a number and a UK postcode. It only ever
    /// blocks letters (UK GDPR Art 21(3)), and never tells who somebody is.
    pub premises: Option<Hash16>,
}

/// A person as a row: what names them is sealed.
#[derive(Debug, Clone)]
pub struct PersonRow {
    /// Id.
    pub id: String,
    /// Their own key.
    pub key: String,
    /// [`Known`], sealed.
    pub sealed: Vec<u8>,
    /// Kind of subscriber: `individual`, `corporate`, `unknown`.
    pub subscriber: String,
    /// A member, who has a say in the body's affairs.
    pub member: bool,
    /// Short name of the company for which they are held, as its processor.
    pub company: Option<String>,
    /// First known.
    pub made: jiff::Timestamp,
    /// When they were erased.
    pub erased: Option<jiff::Timestamp>,
}

/// What is known of a person. Personal data: kept sealed under the person's key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    /// Name, if told.
    pub name: Option<String>,
    /// Identifiers as given; the first one decides who it is.
    pub identifiers: Vec<(Kind, String)>,
    /// Kind of subscriber, if told.
    pub subscriber: Option<String>,
    /// Whether they are a member, if told.
    pub member: Option<bool>,
    /// The company for which they are held.
    pub company: Option<String>,
}

impl Known {
    /// Adds what is told now; what is told anew replaces what was known.
    pub fn learn(&mut self, more: &Known) {
        for (kind, raw) in &more.identifiers {
            let normal = normalise(*kind, raw).ok();
            let there =
                self.identifiers.iter().any(|(k, r)| k == kind && normalise(*k, r).ok() == normal);
            if !there {
                self.identifiers.push((*kind, raw.clone()));
            }
        }
        let told = |new: &Option<String>, old: &mut Option<String>| {
            if new.is_some() {
                old.clone_from(new);
            }
        };
        told(&more.name, &mut self.name);
        told(&more.subscriber, &mut self.subscriber);
        told(&more.company, &mut self.company);
        self.member = more.member.or(self.member);
    }
}

impl Asker {
    /// Where e-mail goes: to whoever acts for the person, and then to nobody else.
    pub fn reply_to(&self) -> Option<&str> {
        let to = match &self.agent {
            Some(agent) => Some(agent.email.as_str()),
            None => self.emails.first().map(String::as_str),
        };
        to.map(str::trim).filter(|e| !e.is_empty())
    }

    /// Whether the request can be taken in: a name, and everything given is readable. A name alone
    /// is a valid request: what is missing is asked for later.
    ///
    /// # Errors
    /// The fields to mend.
    pub fn check(&self) -> Result<()> {
        let mut bad = Vec::new();
        if self.name.trim().is_empty() {
            bad.push(Field::new("name", "Enter the full name"));
        }
        // A name goes into letters: nobody's is a page long, or has a line of its own for a text.
        let agent = self.agent.as_ref().map_or("", |a| &a.name);
        for (field, name) in [("name", self.name.as_str()), ("agent-name", agent)] {
            if name.chars().count() > 200 || name.contains(['\n', '\r']) || name.contains("://") {
                bad.push(Field::new(field, "Enter the name in one line of at most 200 letters"));
            }
        }
        let kinds: [(&'static str, Kind, &[String], &str); 4] = [
            ("email", Kind::Email, &self.emails, "Enter an e-mail address like name@example.org"),
            ("phone", Kind::Phone, &self.phones, "Enter a telephone number like 01632 960 001"),
            ("postcode", Kind::Postcode, &self.postcodes, "Enter a postcode like EX4 2AA"),
            ("number", Kind::MemberNumber, &self.numbers, "Enter the number as on your card"),
        ];
        for (field, kind, values, message) in kinds {
            if values.iter().any(|v| normalise(kind, v).is_err()) {
                bad.push(Field::new(field, message));
            }
        }
        if let Some(agent) = &self.agent
            && let Ok(theirs) = normalise(Kind::Email, &agent.email)
            && self.emails.iter().any(|e| normalise(Kind::Email, e).is_ok_and(|e| e == theirs))
        {
            bad.push(Field::new(
                "email",
                "This is the address of whoever acts for the person. We search for everything that \
                 is given here, so give only what is the person’s own, or leave it empty",
            ));
        }
        if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
    }

    /// Whether something is known to search by beside the name.
    pub fn findable(&self) -> bool {
        let all = [&self.emails, &self.phones, &self.numbers, &self.postcodes, &self.addresses];
        all.iter().any(|given| given.iter().any(|g| !g.trim().is_empty()))
    }
}

/// The postcodes in a postal address: one word, or two of which the second is the inward half.
fn postcodes_in(address: &str) -> Vec<String> {
    let words: Vec<&str> =
        address.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty()).collect();
    let pairs = words.windows(2).map(|w| w.join(" "));
    let all = pairs.chain(words.iter().map(|w| (*w).to_owned()));
    all.filter_map(|w| normalise(Kind::Postcode, &w).ok()).collect()
}

/// What is searched for, from what the person told us.
pub fn seek(a: &Asker) -> Seek {
    let mut s = Seek {
        names: std::iter::once(&a.name)
            .chain(&a.other_names)
            .map(|n| n.trim().to_owned())
            .filter(|n| !n.is_empty())
            .collect(),
        born: a.born.clone(),
        ..Seek::default()
    };
    let lists =
        [(Kind::Email, &a.emails), (Kind::Phone, &a.phones), (Kind::MemberNumber, &a.numbers)];
    for (kind, values) in lists {
        for v in values {
            if let Ok(normal) = normalise(kind, v) {
                let as_given = v.trim().to_owned();
                add(&mut s, Identifier { kind, normal, as_given, learned_from: None });
            }
        }
    }
    let given = a.postcodes.iter().filter_map(|p| normalise(Kind::Postcode, p).ok());
    for normal in given.chain(a.addresses.iter().flat_map(|a| postcodes_in(a))) {
        if !s.postcodes.contains(&normal) {
            s.postcodes.push(normal);
        }
    }
    s
}

fn add(s: &mut Seek, id: Identifier) -> bool {
    let known = s.identifiers.iter().any(|i| i.kind == id.kind && i.normal == id.normal);
    if !known {
        s.identifiers.push(id);
    }
    !known
}

/// Adds what strong matches taught us; answers whether anything was new, so that the holdings
/// searched before have to be searched again with it.
pub fn learn(s: &mut Seek, learned: impl IntoIterator<Item = Identifier>) -> bool {
    let mut new = false;
    for id in learned {
        match id.kind {
            Kind::Postcode => {
                if !s.postcodes.contains(&id.normal) {
                    s.postcodes.push(id.normal);
                    new = true;
                }
            }
            Kind::Name | Kind::Address | Kind::Born => {}
            _ => new |= add(s, id),
        }
    }
    new
}

/// The person as the passage finder needs them: everyone else named in a text is another person.
pub fn subject(s: &Seek) -> Subject {
    let postcodes = s.postcodes.iter().map(|p| (Kind::Postcode, p.clone()));
    Subject {
        names: s.names.clone(),
        identifiers: s
            .identifiers
            .iter()
            .map(|i| (i.kind, i.normal.clone()))
            .chain(postcodes)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amara() -> Asker {
        Asker {
            name: " Amara Quill ".into(),
            emails: vec!["A.Quill@Example.org".into(), "a.quill@example.ORG ".into()],
            phones: vec!["07700 900 123".into()],
            postcodes: vec!["ex42aa".into()],
            ..Asker::default()
        }
    }

    #[test]
    fn one_identifier_however_it_is_written() {
        let s = seek(&amara());
        let normal: Vec<_> = s.identifiers.iter().map(|i| i.normal.as_str()).collect();
        assert_eq!(normal, ["a.quill@example.org", "+447700900123"]);
        assert_eq!((s.names, s.postcodes), (vec!["Amara Quill".into()], vec!["EX4 2AA".into()]));
    }

    #[test]
    fn learning_says_whether_anything_was_new() {
        let mut s = seek(&amara());
        let id = |kind, normal: &str| Identifier {
            kind,
            normal: normal.into(),
            as_given: normal.into(),
            learned_from: Some("club, members".into()),
        };
        assert!(!learn(&mut s, [id(Kind::Email, "a.quill@example.org")]));
        assert!(learn(&mut s, [id(Kind::MemberNumber, "HM00042")]));
        assert!(!learn(&mut s, [id(Kind::Name, "someone else")]));
        assert_eq!(s.identifiers.len(), 3);
    }

    #[test]
    fn a_name_alone_is_a_request_and_an_address_is_searched_by_its_postcode() {
        let mut a = Asker { name: "Amara Quill".into(), ..Asker::default() };
        assert!(a.check().is_ok() && !a.findable());
        a.addresses = vec!["4 Quay Street, Exwick\nEX4 2AA".into()];
        assert!(a.check().is_ok() && a.findable());
        assert_eq!(seek(&a).postcodes, ["EX4 2AA"]);
        assert!(amara().check().is_ok());
        a.name.clear();
        assert!(a.check().unwrap_err().to_string().contains("full name"));
    }

    #[test]
    fn an_agents_own_address_is_not_searched_for() {
        let mut a = amara();
        let email = "A.QUILL@example.org".to_owned();
        a.agent = Some(Representative { name: "Jo Tarn".into(), email, ..Default::default() });
        let e = a.check().unwrap_err().to_string();
        assert!(e.contains("whoever acts for the person"), "{e}");
        a.emails.clear();
        assert!(a.check().is_ok());
        a.agent = Some(Representative { name: "Jo Tarn".into(), ..Default::default() });
        a.emails = vec!["amara@example.org".into()];
        assert_eq!(a.reply_to(), None, "what is for Jo is not sent to Amara");
    }
}
