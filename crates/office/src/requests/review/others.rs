//! Passages of a found thing that may be about somebody else: the name, the number or the address
//! itself, and nothing that is the person's own. Pure.

use std::ops::Range;

use candour_connectors::{Body, Category, DataMap, Field, Found, Kind};
use candour_screening::{NameFit, Subject, about_others, fit, normalise, own_places};

use super::items::Mark;
use super::parties;

/// Values shorter than this in a field are not worth reading for other people's names.
const SHORT: usize = 12;

const FIELD: &str = "the field may be about someone else";
const BESIDE: &str = "it stands beside someone else in the record";
const COPIED: &str = "another person was sent it";
const PARTY: &str = "a message between other people";

/// The passages of a found thing that may be about someone else.
pub fn marks(found: &Found, map: &DataMap, subject: &Subject) -> Vec<Mark> {
    match &found.body {
        Body::Row { fields } => {
            let collection = map.collection(&found.place);
            row(fields, |name| collection.and_then(|c| c.field(name)), subject)
        }
        Body::Message { text, parties, .. } => {
            let mut all = in_text("text", text, subject);
            all.extend(head(parties, subject));
            all
        }
        Body::Document { text, .. } => in_text("text", text, subject),
    }
}

fn in_text(field: &str, text: &str, subject: &Subject) -> Vec<Mark> {
    about_others(text, subject)
        .into_iter()
        .map(|p| Mark { field: field.to_owned(), start: p.start, end: p.end, why: p.why })
        .collect()
}

fn mark(field: &str, range: Range<usize>, why: &str) -> Mark {
    Mark { field: field.to_owned(), start: range.start, end: range.end, why: why.to_owned() }
}

/// A value as a whole, but for what in it is the person's own.
fn whole(field: &str, value: &str, why: &str, subject: &Subject) -> Vec<Mark> {
    let mut own = own_places(value, subject);
    if own.is_empty() {
        return vec![mark(field, 0..value.len(), why)];
    }
    own.sort_unstable();
    own.push((value.len(), value.len()));
    let signs = |c: char| !c.is_alphanumeric();
    let (mut all, mut from) = (Vec::new(), 0);
    for (start, end) in own {
        let piece = value.get(from..start).unwrap_or_default();
        let lead = piece.len() - piece.trim_start_matches(signs).len();
        let words = piece.trim_matches(signs).len();
        if words > 0 {
            all.push(mark(field, from + lead..from + lead + words, why));
        }
        from = from.max(end);
    }
    all
}

fn row<'a>(
    fields: &[(String, Option<String>)],
    of: impl Fn(&str) -> Option<&'a Field>,
    subject: &Subject,
) -> Vec<Mark> {
    let filled = || {
        let filled = |v: &&str| !v.trim().is_empty();
        fields.iter().filter_map(move |(n, v)| Some((n, v.as_deref().filter(filled)?)))
    };
    let names_another = |(name, value): (&String, &str)| {
        of(name).is_some_and(|f| f.others) && !is_own(value, subject)
    };
    let beside = filled().any(names_another);
    let mut all = Vec::new();
    for (name, value) in filled() {
        let field = of(name);
        if field.is_some_and(|f| f.others) {
            if !is_own(value, subject) {
                let marks = whole(name, value, FIELD, subject);
                // A part of their name alone may well be somebody else's.
                let part = marks.is_empty().then(|| mark(name, 0..value.len(), FIELD));
                all.extend(marks.into_iter().chain(part));
            }
        } else if beside && may_tell_of_another(field, value) {
            all.extend(whole(name, value, BESIDE, subject));
        } else if field.is_none_or(|f| f.identifier.is_none()) && value.len() > SHORT {
            all.extend(in_text(name, value, subject));
        }
    }
    all
}

/// Whether a field of a record that names somebody else may say something of them: what is written
/// freely, and what is the most sensitive.
fn may_tell_of_another(field: Option<&Field>, value: &str) -> bool {
    let words = || value.split_whitespace().filter(|w| w.contains(char::is_alphabetic)).count();
    match field {
        Some(f) if f.identifier.is_some() => false,
        Some(f) => {
            f.category.is_special()
                || matches!(f.category, Category::Criminal | Category::Family | Category::Opinion)
                || matches!(f.category, Category::Communication | Category::Other) && words() > 1
        }
        None => words() > 1,
    }
}

/// Whom a message names. Between whom it was exchanged is no secret from one of them; further
/// people copied in are, and everybody where the person is only spoken of.
fn head(parties: &[(String, String)], subject: &Subject) -> Vec<Mark> {
    let between = parties::is_between(parties, subject);
    let mut all = Vec::new();
    for (role, value) in parties {
        let why = match (between, parties::exchanged(role)) {
            (true, true) => continue,
            (true, false) => COPIED,
            (false, _) => PARTY,
        };
        for party in parties::split(value) {
            if !parties::is_theirs(&value[party.clone()], subject) {
                all.push(mark(role, party, why));
            }
        }
    }
    all
}

/// Whether a value is the person's own name or identifier, however it is written.
fn is_own(value: &str, subject: &Subject) -> bool {
    let same = |(kind, own): &(Kind, String)| normalise(*kind, value).is_ok_and(|n| n == *own);
    subject.identifiers.iter().any(same)
        || subject.names.iter().any(|n| fit(value, n) == NameFit::Same)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = r#"
holding = "club"
title = "Club"
kind = "paper"

[[collection]]
name = "bookings"
holds = "person"
field = [
  { name = "guest_name", category = "name", identifier = "name", others = true },
  { name = "dietary_notes", category = "health" },
  { name = "remark", category = "opinion" },
  { name = "event", category = "behaviour" },
]
"#;

    fn amara() -> Subject {
        Subject {
            names: vec!["Mrs Amara Quill".into()],
            identifiers: vec![(Kind::Email, "a.quill@example.org".into())],
        }
    }

    fn marked(body: Body) -> Vec<(String, String)> {
        let found = Found {
            place: "bookings".into(),
            locator: "1".into(),
            because: Vec::new(),
            body,
            root: None,
        };
        let map = DataMap::from_toml(MAP, "club").unwrap();
        let marks = marks(&found, &map, &amara());
        let texts = super::super::Item {
            place: found.place,
            locator: found.locator,
            because: Vec::new(),
            body: found.body,
            others: Vec::new(),
        }
        .texts();
        let words = |m: &Mark| {
            let (_, text) = texts.iter().find(|(field, _)| *field == m.field).unwrap();
            text[m.start..m.end].to_owned()
        };
        marks.iter().map(|m| (m.field.clone(), words(m))).collect()
    }

    fn booking(values: &[(&str, &str)]) -> Vec<(String, String)> {
        let field = |(n, v): &(&str, &str)| ((*n).to_owned(), Some((*v).to_owned()));
        marked(Body::Row { fields: values.iter().map(field).collect() })
    }

    fn mail(parties: &[(&str, &str)]) -> Vec<(String, String)> {
        marked(Body::Message {
            subject: "Slipway".into(),
            date: None,
            parties: parties.iter().map(|(r, v)| ((*r).into(), (*v).into())).collect(),
            text: String::new(),
            attachments: Vec::new(),
            raw: Vec::new(),
        })
    }

    #[test]
    fn what_stands_beside_a_guest_may_be_the_guests() {
        let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
        };
        let event = ("event", "Commodore’s dinner");
        let diet = ("dietary_notes", "guest: nut allergy");
        let found = booking(&[("guest_name", "Derek Plimmer"), diet, event, ("remark", "")]);
        assert_eq!(found, pairs(&[("guest_name", "Derek Plimmer"), diet]));
        assert_eq!(booking(&[("guest_name", ""), diet, event]), []);
        assert_eq!(booking(&[("guest_name", "Amara Quill"), diet]), []);
        // What is their own in it stays.
        let note = ("remark", "Amara Quill brings her cousin");
        let found = booking(&[("guest_name", "Derek Plimmer"), note]);
        assert_eq!(found[1..], pairs(&[("remark", "brings her cousin")]));
        let both = booking(&[("guest_name", "Derek Plimmer and Amara Quill")]);
        assert_eq!(both, pairs(&[("guest_name", "Derek Plimmer and")]));
        assert_eq!(booking(&[("guest_name", "Mrs Quill")]).len(), 1, "perhaps her mother");
    }

    #[test]
    fn parties_are_proposed_unless_it_was_exchanged_with_them() {
        let derek = ("From", "Derek Plimmer <derek.plimmer@example.com>");
        let words = |found: Vec<(String, String)>| -> Vec<String> {
            found.into_iter().map(|(_, words)| words).collect()
        };
        let between = [derek, ("To", "office@example.org, A.Quill@example.org")];
        assert_eq!(mail(&between), []);
        let copied =
            [between[0], between[1], ("Cc", "Tobias Quill <t@example.net>, a.quill@example.org")];
        assert_eq!(words(mail(&copied)), ["Tobias Quill <t@example.net>"]);
        let spoken_of = [derek, ("To", "office@example.org, tobias.quill@example.net")];
        assert_eq!(
            words(mail(&spoken_of)),
            [derek.1, "office@example.org", "tobias.quill@example.net"]
        );
    }
}
