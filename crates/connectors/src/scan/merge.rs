//! A new scan over an old map: what a person decided stays.

use crate::map::{Collection, DataMap, Field, Link};

/// Bring a fresh draft into a map that people have worked on. Their decisions stay; what is new
/// comes in with the scan's doubts; what is gone stays until a person removes it, and
/// [`DataMap::check`] tells of it. Counts and evidence are the fresh ones.
#[must_use]
pub fn merge(old: &DataMap, fresh: &DataMap) -> DataMap {
    let mut merged = DataMap { checked: fresh.checked, ..old.clone() };
    for new in &fresh.collection {
        match merged.collection.iter_mut().find(|c| c.name == new.name) {
            Some(known) => collection(known, new),
            None => merged.collection.push(new.clone()),
        }
    }
    merged
}

fn collection(known: &mut Collection, new: &Collection) {
    if known.key.is_empty() {
        known.key.clone_from(&new.key);
    }
    for field in &new.field {
        match known.field.iter_mut().find(|f| f.name == field.name) {
            Some(known) => {
                counted(known, field);
                coded(known, field);
            }
            None => known.field.push(field.clone()),
        }
    }
    for link in &new.link {
        match known.link.iter_mut().find(|l| l.same_ends(link)) {
            Some(known) => tested(known, link),
            None => known.link.push(link.clone()),
        }
    }
}

/// A census holds for the identifier it was made for.
fn counted(known: &mut Field, new: &Field) {
    if known.identifier == new.identifier {
        known.as_stored = new.as_stored;
        known.forms.clone_from(&new.forms);
        known.census = new.census;
    }
}

/// Where a person keeps what codes mean, new ones come in to be explained; where they took the list
/// out, it stays out.
fn coded(known: &mut Field, new: &Field) {
    if !known.codes.is_empty() {
        for (code, means) in &new.codes {
            known.codes.entry(code.clone()).or_insert_with(|| means.clone());
        }
    }
}

fn tested(known: &mut Link, new: &Link) {
    known.evidence.clone_from(&new.evidence);
    known.confirmed |= new.confirmed && known.refused.is_none();
}
