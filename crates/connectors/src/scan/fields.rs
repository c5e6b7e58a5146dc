//! What each field of a collection holds: its name first, then its values.

use candour_screening::likely_kind;

use super::codes;
use crate::map::Field;
use crate::schema::{Class, LiveCollection, LiveField};
use crate::words::{self, NamePart, Reading};
use crate::{Category, Kind, Sample};

/// Share of samples, in per cent, that must bear out what a name says.
const BORNE_OUT: u8 = 60;

/// Draft the fields of one collection.
pub(super) fn draft(live: &LiveCollection, sample: &Sample) -> Vec<Field> {
    live.fields
        .iter()
        .map(|column| {
            let at = sample.fields.iter().position(|f| *f == column.name);
            let values: Vec<&str> = at
                .map(|at| sample.rows.iter().filter_map(|r| r.get(at)?.as_deref()).collect())
                .unwrap_or_default();
            field(live, column, &values)
        })
        .collect()
}

fn field(live: &LiveCollection, column: &LiveField, values: &[&str]) -> Field {
    let filled = values.iter().any(|v| !v.trim().is_empty());
    let seen = if filled { likely_kind(values) } else { None };
    let read = words::read(&column.name).map(|r| in_context(r, live, column));
    let (reading, unsure) = match (read, seen) {
        (Some(read), seen) => borne_out(read, seen, filled, column),
        (None, Some((kind, share))) => by_values(kind, share, column),
        (None, None) => unknown(column, filled),
    };
    let codes = codes::of(live, column, &reading, values);
    Field {
        name: column.name.clone(),
        category: reading.category,
        identifier: reading.identifier,
        part: reading.part.filter(|_| reading.identifier == Some(Kind::Name)),
        others: reading.others,
        mentions: mentions(live, column, &reading),
        as_stored: None,
        forms: Vec::new(),
        census: None,
        unsure,
        codes,
    }
}

/// Rows up to which every text is read for whoever asks, unless a person decides otherwise.
const FEW: u64 = 50_000;

/// Whether a field is a name of somebody else or free text, in which others than the row's person
/// may be named. Reading a large table for every request is for a person to decide.
fn mentions(live: &LiveCollection, column: &LiveField, reading: &Reading) -> bool {
    let free = matches!(reading.category, Category::Opinion | Category::Communication);
    let named = reading.identifier == Some(Kind::Name) && reading.others;
    let few = live.rows_estimate.is_none_or(|rows| rows <= FEW);
    few && column.class() == Class::Text && (named || free && reading.identifier.is_none())
}

/// A lone "name" is a person's in a table of persons, and not in a table of products.
fn in_context(read: Reading, live: &LiveCollection, column: &LiveField) -> Reading {
    const PERSONS: &[&str] = &[
        "member",
        "person",
        "user",
        "customer",
        "client",
        "contact",
        "staff",
        "employee",
        "volunteer",
        "donor",
        "supporter",
        "student",
        "patient",
        "tenant",
        "guest",
        "attendee",
        "delegate",
        "applicant",
        "respondent",
        "subscriber",
        "trustee",
        "resident",
        "pupil",
    ];
    let singulars: Vec<String> =
        words::tokens(&live.name).iter().map(|t| words::singular(t)).collect();
    let persons = singulars.iter().any(|t| PERSONS.contains(&t.as_str()));
    if !read.sure && persons {
        return Reading { sure: true, ..read };
    }
    // "reference" is a person only where persons are: an invoice has a reference too.
    if live.key.contains(&column.name) && read.identifier.is_none() {
        return Reading { category: Category::System, others: false, ..read };
    }
    read
}

/// Hold what a name says against what the values are.
fn borne_out(
    read: Reading,
    seen: Option<(Kind, u8)>,
    filled: bool,
    column: &LiveField,
) -> (Reading, Option<String>) {
    let Some(kind) = read.identifier else {
        // The name speaks of no identifier; the values may.
        return match seen {
            Some((kind, share)) if telling(kind) && share >= 90 && takes(kind, column) => {
                let unsure = format!("its values look like {}", plural(kind));
                (Reading { identifier: Some(kind), ..read }, Some(unsure))
            }
            _ => (read, None),
        };
    };
    if kind == Kind::MemberNumber {
        return (read, None); // Any writing may be one.
    }
    if !filled {
        let unsure = format!("its name says {}, but no value was there to test", label(kind));
        return (read, Some(unsure));
    }
    let agrees = match seen {
        Some((seen, share)) => share >= BORNE_OUT && alike(kind, seen),
        None => matches!(kind, Kind::Name | Kind::Address),
    };
    if agrees && (read.sure || seen.is_some_and(|(k, _)| k == kind)) {
        return (read, None);
    }
    if !read.sure {
        let reading = Reading { category: Category::Other, identifier: None, part: None, ..read };
        return (reading, Some("a name of what? Say whether it is a person's".to_owned()));
    }
    let unsure = format!("its name says {}, but its values do not look like it", label(kind));
    (read, Some(unsure))
}

/// Values that look like one kind may be taken for a near one.
fn alike(named: Kind, seen: Kind) -> bool {
    named == seen
        || matches!(
            (named, seen),
            (Kind::Name | Kind::Address, Kind::Name | Kind::Address)
                | (Kind::Phone, Kind::NhsNumber | Kind::Card)
                | (Kind::NhsNumber, Kind::Phone)
        )
}

/// The name says nothing, the values do.
fn by_values(kind: Kind, share: u8, column: &LiveField) -> (Reading, Option<String>) {
    let reading = Reading {
        category: category(kind),
        identifier: takes(kind, column).then_some(kind),
        part: (kind == Kind::Name).then_some(NamePart::Full),
        others: false,
        sure: false,
    };
    if !takes(kind, column) || !telling(kind) {
        let unsure = "its name says nothing; is it about the person?".to_owned();
        let reading =
            Reading { category: Category::Other, identifier: None, part: None, ..reading };
        return (reading, Some(unsure));
    }
    (
        reading,
        Some(format!("its name says nothing; {share} in 100 values look like {}", plural(kind))),
    )
}

fn unknown(column: &LiveField, filled: bool) -> (Reading, Option<String>) {
    let category = Category::Other;
    let reading = Reading { category, identifier: None, part: None, others: false, sure: false };
    let unsure = match (column.class(), filled) {
        (Class::Binary, _) => "bytes: a picture, a document? Say what it holds",
        (_, true) => "neither its name nor its values say what it holds",
        (_, false) => "its name says nothing and no value was there to look at",
    };
    (reading, Some(unsure.to_owned()))
}

/// Kinds whose writing cannot well be anything else.
fn telling(kind: Kind) -> bool {
    match kind {
        Kind::Email
        | Kind::Phone
        | Kind::Postcode
        | Kind::NationalInsurance
        | Kind::NhsNumber
        | Kind::BankAccount
        | Kind::Card => true,
        Kind::Name | Kind::Address | Kind::Born | Kind::MemberNumber => false,
    }
}

/// Whether a column of this type can hold the kind: a whole number may be anything.
fn takes(kind: Kind, column: &LiveField) -> bool {
    match column.class() {
        Class::Text => true,
        Class::Date => kind == Kind::Born,
        Class::Integer | Class::Binary => false,
        Class::Other => kind == Kind::Email,
    }
}

fn category(kind: Kind) -> Category {
    match kind {
        Kind::Email | Kind::Phone => Category::Contact,
        Kind::MemberNumber => Category::Identifying,
        Kind::Name => Category::Name,
        Kind::Postcode | Kind::Address => Category::Address,
        Kind::Born => Category::Birth,
        Kind::NationalInsurance => Category::Official,
        Kind::NhsNumber => Category::Health,
        Kind::BankAccount | Kind::Card => Category::Financial,
    }
}

fn label(kind: Kind) -> &'static str {
    crate::judge::label(kind)
}

fn plural(kind: Kind) -> String {
    match kind {
        Kind::Email => "e-mail addresses".to_owned(),
        Kind::Born => "dates of birth".to_owned(),
        Kind::Address => "addresses".to_owned(),
        kind => format!("{}s", label(kind)),
    }
}
