//! Fields whose values are codes, to be explained by a person: "L" of a field `status`.
//!
//! These are the only values that a scan writes into a map, so it takes them only where they cannot
//! well be about anybody: the field's name says that it sorts things, and few short values come
//! again and again.

use std::collections::BTreeMap;

use crate::Category;
use crate::schema::{Class, LiveCollection, LiveField};
use crate::words::{self, Reading};

/// Most different values.
const MOST: usize = 12;
/// Most letters of each.
const LETTERS: usize = 20;
/// Fewest values to go by.
const ENOUGH: usize = 50;
/// How often each must come: what comes once may be somebody's own.
const AGAIN: usize = 3;
/// Last words of names of fields that sort things.
const SORTS: &[&str] = &[
    "status", "type", "kind", "code", "category", "grade", "class", "method", "level", "tier",
    "band", "stage", "flag",
];

/// The values to be explained, without a meaning; empty where they may be anything else.
pub(super) fn of(
    live: &LiveCollection,
    column: &LiveField,
    reading: &Reading,
    values: &[&str],
) -> BTreeMap<String, String> {
    if !sorts(live, column, reading) {
        return BTreeMap::new();
    }
    let mut often: BTreeMap<&str, usize> = BTreeMap::new();
    for value in values.iter().map(|v| v.trim()).filter(|v| !v.is_empty()) {
        *often.entry(value).or_default() += 1;
    }
    let few = often.len() > 1 && often.len() <= MOST;
    let many = often.values().sum::<usize>() >= ENOUGH && often.values().all(|n| *n >= AGAIN);
    let short = often.keys().all(|v| v.chars().count() <= LETTERS && !v.contains(['@', '\n']));
    if few && many && short {
        return often.into_keys().map(|v| (v.to_owned(), String::new())).collect();
    }
    BTreeMap::new()
}

/// Whether name, type and meaning of a field allow for codes.
fn sorts(live: &LiveCollection, column: &LiveField, reading: &Reading) -> bool {
    use Category::{
        Account, Behaviour, Education, Employment, Financial, Other, Preference, System,
    };
    const IMPERSONAL: [Category; 8] =
        [Account, Behaviour, Education, Employment, Financial, Other, Preference, System];
    let tokens = words::tokens(&column.name);
    let named = tokens.last().is_some_and(|t| SORTS.contains(&words::singular(t).as_str()));
    named
        && reading.identifier.is_none()
        && !reading.others
        && IMPERSONAL.contains(&reading.category)
        && !live.key.contains(&column.name)
        && matches!(column.class(), Class::Text | Class::Integer | Class::Other)
}
