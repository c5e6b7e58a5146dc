//! A first draft of a data map from the live schema, names of fields, and samples.
//!
//! The draft proposes; a person decides. Whatever the scan is not sure of carries an `unsure` mark
//! that [`DataMap::check`] reports until a person has removed it, and a link that the schema does
//! not declare waits to be confirmed. No value of a sample enters the map but codes that are surely
//! nobody's own, such as "L" of a field `status`, for a person to explain.

mod codes;
mod fields;
mod links;
mod merge;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

use crate::map::{Collection, DataMap, Erasure, Field, Holds, Link, Stored};
use crate::schema::{Class, LiveCollection, Schema};
use crate::{Connector, Fault, Kind};

pub use links::propose_links;
pub use merge::merge;

/// Rows looked at in each collection.
const SAMPLE: u32 = 200;

/// Draft a map of everything the holding has. `head` brings name, kind and source; its collections
/// are not looked at (see [`merge`]). `now` dates the census and the check.
///
/// # Errors
/// The holding cannot be reached or read.
pub fn draft(
    connector: &mut dyn Connector,
    head: &DataMap,
    now: Timestamp,
) -> Result<DataMap, Fault> {
    let schema = connector.schema()?;
    let mut map = DataMap { collection: Vec::new(), ..head.clone() };
    for live in schema.collections.iter().filter(|c| !c.view) {
        let sample = connector.sample(&live.name, SAMPLE)?;
        let field = fields::draft(live, &sample);
        map.collection.push(Collection {
            name: live.name.clone(),
            holds: Holds::None,
            why: None,
            activity: None,
            key: live.key.clone(),
            on_erasure: Erasure::Undecided,
            keep_reason: None,
            unsure: None,
            field,
            link: Vec::new(),
        });
    }
    let mut links = propose_links(connector, &map, &schema)?;
    for c in &mut map.collection {
        c.link = links.remove(&c.name).unwrap_or_default();
    }
    decide(&mut map, &schema);
    census(connector, &mut map, now)?;
    map.checked = Some(now.to_zoned(TimeZone::UTC).date());
    Ok(map)
}

/// Count anew how identifiers are stored, so that searches may use their indexes for a day.
///
/// # Errors
/// The holding cannot be reached or read.
pub fn census(
    connector: &mut dyn Connector,
    map: &mut DataMap,
    now: Timestamp,
) -> Result<(), Fault> {
    let now = now.round(Unit::Second).unwrap_or(now); // Fractions only make the map hard to read.
    for c in map.collection.iter_mut().filter(|c| c.holds != Holds::None) {
        for field in &mut c.field {
            // Persons are sought by all of these; what hangs on them, only by their postcode.
            let kind = field.identifier.filter(|kind| match kind {
                Kind::Email | Kind::MemberNumber | Kind::Phone => c.holds == Holds::Person,
                kind => *kind == Kind::Postcode,
            });
            let Some(kind) = kind else {
                field.forget_census();
                continue;
            };
            let (stored, forms) = counted(connector, &c.name, &field.name, kind)?;
            (field.as_stored, field.census, field.forms) = (Some(stored), Some(now), forms);
        }
    }
    Ok(())
}

fn counted(
    connector: &mut dyn Connector,
    collection: &str,
    field: &str,
    kind: Kind,
) -> Result<(Stored, Vec<String>), Fault> {
    if kind != Kind::Phone {
        return Ok((connector.census(collection, field, kind)?, Vec::new()));
    }
    Ok(match connector.forms(collection, field)? {
        Some(forms) => (Stored::Normal, forms),
        None => (Stored::Mixed, Vec::new()),
    })
}

/// Which collections are about persons, which hang on them, and which hold nothing personal.
fn decide(map: &mut DataMap, schema: &Schema) {
    let personal: Vec<(String, bool)> =
        map.collection.iter().map(|c| (c.name.clone(), tells_person(c))).collect();
    let tells = |name: &str| personal.iter().any(|(n, tells)| n == name && *tells);
    let mut linked: Vec<String> = Vec::new();
    for c in &mut map.collection {
        let live = schema.collection(&c.name);
        let own = tells(&c.name);
        let others = |l: &&Link| l.to != c.name && tells(&l.to) && !linked.contains(&l.to);
        // A table that tells persons and hangs on another that does is found through it only if
        // every row must hang there.
        let must = |l: &Link| live.is_some_and(|live| never_null(live, &l.fields));
        let hangs = c.link.iter().filter(others).any(|l| must(l) || !own);
        if hangs {
            c.holds = Holds::Linked;
            linked.push(c.name.clone());
        } else if own {
            c.holds = Holds::Person;
            let why = "it has identifiers of its own and some rows also hang on other persons";
            c.unsure = c.link.iter().any(|l| others(&l)).then(|| why.to_owned());
        }
    }
    spread(map);
    settle_none(map);
    keep_useful_links(map);
}

/// Whether a row by itself tells a person: an identifier, or a name with something beside it.
fn tells_person(c: &Collection) -> bool {
    // A field that points at the person elsewhere does not tell the person here.
    let points = |f: &Field| c.link.iter().any(|l| l.fields.contains(&f.name));
    let own = |f: &&Field| !f.others && !points(f);
    let kinds: Vec<Kind> = c.field.iter().filter(own).filter_map(|f| f.identifier).collect();
    let strong = kinds.iter().any(|k| {
        matches!(k, Kind::Email | Kind::MemberNumber | Kind::NationalInsurance | Kind::NhsNumber)
    });
    let named = kinds.contains(&Kind::Name);
    let beside = [Kind::Phone, Kind::Postcode, Kind::Born, Kind::Address];
    strong || (named && beside.iter().any(|k| kinds.contains(k)))
}

fn never_null(live: &LiveCollection, fields: &[String]) -> bool {
    fields.iter().all(|f| live.field(f).is_some_and(|f| !f.nullable))
}

/// What hangs on something linked is linked too.
fn spread(map: &mut DataMap) {
    loop {
        let known: Vec<String> = map
            .collection
            .iter()
            .filter(|c| c.holds != Holds::None)
            .map(|c| c.name.clone())
            .collect();
        let next = map.collection.iter_mut().find(|c| {
            c.holds == Holds::None && c.link.iter().any(|l| l.to != c.name && known.contains(&l.to))
        });
        match next {
            Some(c) => c.holds = Holds::Linked,
            None => return,
        }
    }
}

/// A table with no way to a person: say what speaks for and against it.
fn settle_none(map: &mut DataMap) {
    for c in map.collection.iter_mut().filter(|c| c.holds == Holds::None) {
        let personal: Vec<&str> =
            c.field.iter().filter(|f| f.identifier.is_some()).map(|f| f.name.as_str()).collect();
        let (why, unsure) = if personal.is_empty() {
            let why = "no field identifies a person and nothing links it to one";
            (why, "a lookup table? Confirm that it holds no personal data".to_owned())
        } else {
            let why = "nothing links it to a person";
            (why, format!("{} may be personal; how are its rows found?", personal.join(", ")))
        };
        c.why = Some(why.to_owned());
        c.unsure = Some(unsure);
    }
}

/// Links that can never be followed only make noise: to tables without personal data, and to the
/// table itself, whose rows are other persons.
fn keep_useful_links(map: &mut DataMap) {
    let none: Vec<String> =
        map.collection.iter().filter(|c| c.holds == Holds::None).map(|c| c.name.clone()).collect();
    for c in &mut map.collection {
        let name = c.name.clone();
        c.link.retain(|l| l.to != name && !none.contains(&l.to));
        if c.holds == Holds::None {
            c.link.clear();
        }
    }
}

/// Whether two columns can hold the same values.
fn comparable(a: Class, b: Class) -> bool {
    a == b && a != Class::Binary
}

#[cfg(test)]
mod tests;
