//! What is known of the person who asks, beside a record that may be theirs: for answering "is this
//! the same person?". Pure.

use std::collections::HashSet;

use candour_screening::{Kind, fold, normalise, recognise};

use crate::kit::dates;
use crate::requests::body::Body;
use crate::requests::review::Item;

/// One thing that is known of the person.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    /// "E-mail address".
    pub what: &'static str,
    /// As they wrote it, or as a record that is theirs has it.
    pub value: String,
    /// It stands in this item too.
    pub here: bool,
}

/// Everything that is known of the person, and whether the item has it too.
pub fn known(body: &Body, item: &Item) -> Vec<Known> {
    let a = &body.asker;
    let here = Here::of(item);
    let mut all = Vec::new();
    let mut add = |what, value: &str, here: bool| {
        let new = Known { what, value: value.to_owned(), here };
        if !value.trim().is_empty() && !all.contains(&new) {
            all.push(new);
        }
    };
    for name in std::iter::once(&a.name).chain(&a.other_names) {
        add("Name", name, here.words(name));
    }
    for (kind, list) in [
        (Kind::Email, &a.emails),
        (Kind::Phone, &a.phones),
        (Kind::MemberNumber, &a.numbers),
        (Kind::Postcode, &a.postcodes),
    ] {
        list.iter().for_each(|v| add(word(kind), v, here.has(kind, v)));
    }
    for address in &a.addresses {
        add("Address", address, here.words(address));
    }
    for id in &body.learned {
        add(word(id.kind), &id.as_given, here.has(id.kind, &id.as_given));
    }
    for code in &body.learned_postcodes {
        add(word(Kind::Postcode), code, here.has(Kind::Postcode, code));
    }
    if let Some(born) = &a.born {
        let shown = born.parse().map_or_else(|_| born.clone(), dates::full);
        add(word(Kind::Born), &shown, here.has(Kind::Born, born));
    }
    all
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "E-mail",
        Kind::Phone => "Telephone",
        Kind::MemberNumber => "Number with us",
        Kind::Name => "Name",
        Kind::Postcode => "Postcode",
        Kind::Address => "Address",
        Kind::Born => "Born on",
        Kind::NationalInsurance => "National Insurance number",
        Kind::NhsNumber => "NHS number",
        Kind::BankAccount => "Bank account",
        Kind::Card => "Card",
    }
}

/// What stands in an item.
struct Here {
    values: Vec<String>,
    words: HashSet<String>,
    hits: Vec<(Kind, String)>,
}

impl Here {
    fn of(item: &Item) -> Self {
        let values: Vec<String> = item.texts().into_iter().map(|(_, text)| text).collect();
        let all = values.join("\n");
        Self {
            words: fold(&all).split(' ').map(str::to_owned).collect(),
            hits: recognise(&all).into_iter().map(|hit| (hit.kind, hit.normal)).collect(),
            values,
        }
    }

    /// Every word of it, in whatever order.
    fn words(&self, text: &str) -> bool {
        let text = fold(text);
        !text.is_empty() && text.split(' ').all(|word| self.words.contains(word))
    }

    fn has(&self, kind: Kind, value: &str) -> bool {
        let Ok(normal) = normalise(kind, value) else { return false };
        let same = |v: &String| normalise(kind, v).is_ok_and(|n| n == normal);
        self.hits.iter().any(|(k, n)| *k == kind && *n == normal) || self.values.iter().any(same)
    }
}

#[cfg(test)]
mod tests {
    use candour_connectors::Body as Thing;

    use super::*;
    use crate::people::Asker;

    #[test]
    fn what_the_record_has_too_is_told() {
        let field = |n: &str, v: &str| (n.to_owned(), Some(v.to_owned()));
        let item = Item {
            place: "members".into(),
            locator: "id=7".into(),
            because: Vec::new(),
            body: Thing::Row {
                fields: vec![
                    field("surname", "QUILL"),
                    field("forename", "Amara"),
                    field("mobile", "07700 900123"),
                    field("born", "1980-02-03"),
                ],
            },
            others: Vec::new(),
        };
        let asker = Asker {
            name: "Amara Quill".into(),
            emails: vec!["a.quill@example.org".into()],
            phones: vec!["+44 7700 900123".into()],
            postcodes: vec!["EX4 2AA".into()],
            born: Some("1980-02-03".into()),
            ..Asker::default()
        };
        let body = Body { asker, ..Body::default() };
        let told: Vec<(&str, bool)> =
            known(&body, &item).iter().map(|k| (k.what, k.here)).collect();
        let expected = [
            ("Name", true),
            ("E-mail", false),
            ("Telephone", true),
            ("Postcode", false),
            ("Born on", true),
        ];
        assert_eq!(told, expected);
    }
}
