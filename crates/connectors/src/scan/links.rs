//! How rows hang together: declared keys, and keys that nobody declared.
//!
//! An undeclared link is proposed when three things agree: the field's name fits the other
//! collection, the types can hold the same values, and the values of a sample are there. A person
//! confirms it before it is followed: numbers from 1 up fit almost anywhere.

use std::collections::BTreeMap;

use crate::map::{Collection, DataMap, Link};
use crate::schema::{LiveCollection, LiveField, Schema};
use crate::words;
use crate::{Connector, Fault, Inclusion, Kind};

use super::comparable;

/// Distinct values looked up for each proposal.
const VALUES: u32 = 1_000;
/// Share of them, in per cent, that must be there for a proposal to be made.
const ENOUGH: u64 = 90;

/// Links of every collection of the map: those the schema declares, confirmed; those that names,
/// types and values speak for, not confirmed.
///
/// # Errors
/// The holding cannot be reached or read.
pub fn propose_links(
    connector: &mut dyn Connector,
    map: &DataMap,
    schema: &Schema,
) -> Result<BTreeMap<String, Vec<Link>>, Fault> {
    let mut links: BTreeMap<String, Vec<Link>> = BTreeMap::new();
    for live in schema.collections.iter().filter(|c| !c.view) {
        let mine = links.entry(live.name.clone()).or_default();
        mine.extend(live.references.iter().map(|r| Link {
            fields: r.fields.clone(),
            to: r.to.clone(),
            to_fields: r.to_fields.clone(),
            evidence: "declared as a foreign key".to_owned(),
            confirmed: true,
            refused: None,
        }));
    }
    for live in schema.collections.iter().filter(|c| !c.view) {
        for column in &live.fields {
            let declared = |l: &Link| l.fields.len() == 1 && l.fields[0] == column.name;
            if links.get(&live.name).is_some_and(|l| l.iter().any(declared)) {
                continue;
            }
            if let Some(link) = propose(connector, map, schema, live, column)? {
                links.entry(live.name.clone()).or_default().push(link);
            }
        }
    }
    Ok(links)
}

/// The best link of one field, if any stands the test.
fn propose(
    connector: &mut dyn Connector,
    map: &DataMap,
    schema: &Schema,
    live: &LiveCollection,
    column: &LiveField,
) -> Result<Option<Link>, Fault> {
    let mut best: Option<(u64, Link)> = None;
    for to in schema.collections.iter().filter(|c| !c.view && c.name != live.name) {
        for to_column in to.fields.iter().filter(|f| f.unique) {
            let Some(fit) = name_fits(map, live, column, to, to_column) else { continue };
            if !comparable(column.class(), to_column.class()) {
                continue;
            }
            let from = (live.name.as_str(), column.name.as_str());
            let there = (to.name.as_str(), to_column.name.as_str());
            let values = connector.included(from, there, VALUES)?;
            let tested = values.sampled > 0;
            if tested && values.found * 100 < values.sampled * ENOUGH {
                continue;
            }
            let share = if tested { values.found * 100 / values.sampled } else { 0 };
            let rank = share * 10 + fit;
            if best.as_ref().is_none_or(|(r, _)| rank > *r) {
                best = Some((rank, link(column, to, to_column, values)));
            }
        }
    }
    Ok(best.map(|(_, link)| link))
}

fn link(column: &LiveField, to: &LiveCollection, to_column: &LiveField, values: Inclusion) -> Link {
    let fits = format!("name {} fits {}.{}", column.name, to.name, to_column.name);
    let evidence = if values.sampled == 0 {
        format!("{fits}; there was no value to test")
    } else {
        let (found, sampled) = (thousands(values.found), thousands(values.sampled));
        format!("{fits}; {found} of {sampled} sampled values found")
    };
    Link {
        fields: vec![column.name.clone()],
        to: to.name.clone(),
        to_fields: vec![to_column.name.clone()],
        evidence,
        confirmed: false,
        refused: None,
    }
}

/// How well a field's name fits a unique field of another collection: 9 is best.
fn name_fits(
    map: &DataMap,
    live: &LiveCollection,
    column: &LiveField,
    to: &LiveCollection,
    to_column: &LiveField,
) -> Option<u64> {
    let name = words::tokens(&column.name).concat();
    let name = name.strip_prefix("fk").filter(|n| !n.is_empty()).unwrap_or(&name);
    let table: Vec<String> = words::tokens(&to.name).iter().map(|t| words::singular(t)).collect();
    let (whole, last) = (table.concat(), table.last().cloned().unwrap_or_default());
    let target = words::tokens(&to_column.name).concat();
    let key = to.key.len() == 1 && to.key[0] == to_column.name;
    // A field that is this collection's own key or own identifier points nowhere by itself.
    if live.key.len() == 1 && live.key[0] == column.name && name == "id" {
        return None;
    }
    let generic = ["id", "key", "no", "number", "ref", "code", "uuid"];
    if name == target && !generic.contains(&name) {
        let here = map.collection(&live.name).map_or(0, own_fields);
        let there = map.collection(&to.name).map_or(0, own_fields);
        // Both have a member_no: the one that says more about the person is the one pointed at.
        return (key || there > here).then_some(9);
    }
    for (stem, rank) in [(&whole, 8), (&last, 6)] {
        if stem.is_empty() {
            continue;
        }
        if let Some(rest) = name.strip_prefix(stem.as_str()) {
            let says = rest == target || (rest.is_empty() && key);
            let near = key && generic.contains(&rest);
            if says || near {
                return Some(if rest == target { rank } else { rank - 1 });
            }
        }
        // "booked_by_member_id", "payer_member": a role before the table's name.
        let ends = [stem.clone(), format!("{stem}{target}"), format!("{stem}id")];
        if key && ends.iter().any(|end| name.ends_with(end.as_str()) && stem.len() > 3) {
            return Some(rank - 3);
        }
    }
    role(map, column, to).filter(|_| key)
}

/// "user_id", "owner", "created_by": a person's role, where one collection alone is of persons.
fn role(map: &DataMap, column: &LiveField, to: &LiveCollection) -> Option<u64> {
    const ROLES: &[&str] = &[
        "user",
        "member",
        "person",
        "customer",
        "client",
        "contact",
        "owner",
        "author",
        "sender",
        "recipient",
        "holder",
        "subscriber",
        "account",
        "participant",
        "payer",
        "attendee",
    ];
    let words = words::tokens(&column.name);
    let spoken = words.iter().any(|w| ROLES.contains(&w.as_str()));
    let pointing = words.len() > 1 && words.last().is_some_and(|w| w == "id" || w == "by");
    let named = |c: &&Collection| c.fields_of(Kind::Name).any(|f| !f.others);
    let persons: Vec<&Collection> =
        map.collection.iter().filter(|c| super::tells_person(c)).filter(named).collect();
    let only = matches!(persons.as_slice(), [one] if one.name == to.name);
    (spoken && only && (pointing || words.len() == 1)).then_some(1)
}

/// How much a collection says of persons by itself.
fn own_fields(c: &Collection) -> usize {
    c.field.iter().filter(|f| f.identifier.is_some() && !f.others).count()
}

/// "1,000".
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}
