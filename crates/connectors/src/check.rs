//! Whether a data map still fits the holding, and whether every decision is taken.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::map::{Collection, DataMap, Erasure, Field, Holds, Link};
use crate::schema::{LiveCollection, Schema};
use crate::words;

/// One thing to put right before the map can be relied on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The holding's short name.
    pub holding: String,
    /// Collection, or collection and field: "members.email".
    pub place: String,
    /// What sort of problem.
    pub kind: ProblemKind,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

/// The sorts of problem a check can find.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// In the map, gone from the holding.
    Gone,
    /// In the holding, missing from the map.
    Unmapped,
    /// A decision that a person has to take.
    Undecided,
    /// The map contradicts itself.
    Wrong,
}

impl DataMap {
    /// Compare the map with the live schema and look for open decisions. An empty answer means
    /// that the map can be relied on today.
    #[must_use]
    pub fn check(&self, schema: &Schema) -> Vec<Problem> {
        let mut check = Check { map: self, schema, problems: Vec::new() };
        for collection in &self.collection {
            check.collection(collection);
        }
        for live in schema.collections.iter().filter(|c| !c.view) {
            if self.collection(&live.name).is_none() {
                check.add(
                    &live.name,
                    ProblemKind::Unmapped,
                    "the holding has this table, the map does not",
                    "Scan again and decide what it holds.",
                );
            }
        }
        check.problems
    }

    /// What a person has still to decide about one table, without a look at the holding.
    #[must_use]
    pub fn undecided(&self, collection: &Collection) -> Vec<Problem> {
        let mut check = Check { map: self, schema: &Schema::default(), problems: Vec::new() };
        check.decisions(collection);
        check.problems
    }
}

impl DataMap {
    /// Whether confirmed links lead from a table to one of persons, at any distance. Without them
    /// its rows are never searched.
    #[must_use]
    pub fn reaches_person(&self, from: &Collection) -> bool {
        let (mut seen, mut next) = (BTreeSet::from([from.name.as_str()]), vec![from]);
        while let Some(c) = next.pop() {
            for link in c.link.iter().filter(|l| l.confirmed && l.refused.is_none()) {
                let Some(to) = self.collection(&link.to) else { continue };
                match to.holds {
                    Holds::Person => return true,
                    Holds::Linked if seen.insert(&to.name) => next.push(to),
                    _ => {}
                }
            }
        }
        false
    }
}

struct Check<'a> {
    map: &'a DataMap,
    schema: &'a Schema,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn add(&mut self, place: &str, kind: ProblemKind, what: impl Into<String>, remedy: &str) {
        self.problems.push(Problem {
            holding: self.map.holding.clone(),
            place: place.to_owned(),
            kind,
            what: what.into(),
            remedy: remedy.to_owned(),
        });
    }

    fn collection(&mut self, c: &Collection) {
        match self.schema.collection(&c.name) {
            None => {
                let hint = self.renamed_table(c);
                let what = format!("the map has this table, the holding does not{hint}");
                self.add(&c.name, ProblemKind::Gone, what, "Correct its name or remove it.");
            }
            Some(live) => self.fields(c, live),
        }
        for link in &c.link {
            self.link(c, link);
        }
        self.decisions(c);
    }

    /// What a person has to decide, whatever the holding says today.
    fn decisions(&mut self, c: &Collection) {
        self.about(c);
        self.unsure(c);
        for link in c.link.iter().filter(|l| l.refused.is_none() && !l.confirmed) {
            let place = format!("{}.{}", c.name, link.fields.join("+"));
            let what = format!("the link to {} awaits a person: {}", link.to, link.evidence);
            let remedy = "Confirm it, or say that it is not right.";
            self.add(&place, ProblemKind::Undecided, what, remedy);
        }
        if c.holds == Holds::Linked && !self.map.reaches_person(c) {
            self.add(
                &c.name,
                ProblemKind::Undecided,
                "no confirmed chain of links leads to rows about persons, so it is never searched",
                "Confirm a link, or say that it holds person or none.",
            );
        }
    }

    fn fields(&mut self, c: &Collection, live: &LiveCollection) {
        for field in c.field.iter().filter(|f| live.field(&f.name).is_none()) {
            let hint = renamed(field, c, live);
            let place = format!("{}.{}", c.name, field.name);
            let what = format!("the map has this field, the holding does not{hint}");
            self.add(&place, ProblemKind::Gone, what, "Correct its name or remove it.");
        }
        for name in c.key.iter().filter(|k| live.field(k).is_none()) {
            let what = format!("its key names {name}, which the holding does not have");
            self.add(&c.name, ProblemKind::Gone, what, "Correct the key.");
        }
        for field in live.fields.iter().filter(|f| c.field(&f.name).is_none()) {
            if c.holds == Holds::None && c.field.is_empty() {
                break; // A table without personal data may be mapped without its fields.
            }
            self.add(
                &format!("{}.{}", c.name, field.name),
                ProblemKind::Unmapped,
                "the holding has this field, the map does not",
                "Scan again and decide what it holds.",
            );
        }
    }

    fn about(&mut self, c: &Collection) {
        let open = ProblemKind::Undecided;
        if c.holds == Holds::None {
            if c.why.as_deref().unwrap_or("").trim().is_empty() {
                let remedy = "Say why.";
                self.add(&c.name, open, "it says it holds no personal data, not why", remedy);
            }
        } else {
            if c.activity.as_deref().unwrap_or("").trim().is_empty() {
                let remedy = "Name the entry of the register that it serves.";
                self.add(&c.name, open, "it serves no activity of the register", remedy);
            }
            if c.on_erasure == Erasure::Undecided {
                let remedy = "Choose delete, anonymise or keep.";
                self.add(&c.name, open, "nobody has decided what an erasure does to it", remedy);
            }
            if c.on_erasure == Erasure::Keep
                && c.keep_reason.as_deref().unwrap_or("").trim().is_empty()
            {
                let remedy = "Give the ground.";
                self.add(&c.name, open, "its rows are kept on erasure without a ground", remedy);
            }
            let own = c.field.iter().any(|f| f.identifier.is_some());
            if c.holds == Holds::Person && !own {
                let remedy = "Mark the identifier of a field, or find it through a link.";
                self.add(&c.name, ProblemKind::Wrong, "no field of it tells a person", remedy);
            }
        }
    }

    fn unsure(&mut self, c: &Collection) {
        let open = ProblemKind::Undecided;
        let remedy = "Decide, and the mark goes.";
        if let Some(unsure) = &c.unsure {
            self.add(&c.name, open, format!("the scan was not sure: {unsure}"), remedy);
        }
        for field in &c.field {
            if let Some(unsure) = &field.unsure {
                let place = format!("{}.{}", c.name, field.name);
                self.add(&place, open, format!("the scan was not sure: {unsure}"), remedy);
            }
            let n = field.unexplained().count();
            if n > 0 {
                let place = format!("{}.{}", c.name, field.name);
                let what = match n {
                    1 => "nobody has said what one of its values means".to_owned(),
                    n => format!("nobody has said what {n} of its values mean"),
                };
                self.add(&place, open, what, "Say it, or take them off its list of codes.");
            }
        }
    }

    fn link(&mut self, c: &Collection, link: &Link) {
        if link.refused.is_some() {
            return;
        }
        let place = format!("{}.{}", c.name, link.fields.join("+"));
        if link.fields.is_empty() || link.fields.len() != link.to_fields.len() {
            let remedy = "Name as many fields as to_fields, and at least one.";
            self.add(&place, ProblemKind::Wrong, "the two ends of the link do not pair", remedy);
        }
        for (name, fields) in [(&c.name, &link.fields), (&link.to, &link.to_fields)] {
            let Some(live) = self.schema.collection(name) else {
                if *name == link.to {
                    let what = format!("the link points at {name}, which the holding lacks");
                    self.add(&place, ProblemKind::Gone, what, "Correct or remove the link.");
                }
                continue;
            };
            for field in fields.iter().filter(|f| live.field(f).is_none()) {
                let what = format!("the link uses {name}.{field}, which the holding lacks");
                self.add(&place, ProblemKind::Gone, what, "Correct or remove the link.");
            }
        }
        if self.map.collection(&link.to).is_none() {
            let what = format!("the link points at {}, which the map lacks", link.to);
            self.add(&place, ProblemKind::Wrong, what, "Map it, or remove the link.");
        }
    }

    /// "; perhaps renamed to x": an unmapped table with the same columns.
    fn renamed_table(&self, c: &Collection) -> String {
        let fields: BTreeSet<_> = c.field.iter().map(|f| f.name.as_str()).collect();
        let like = self.schema.collections.iter().find(|live| {
            let shared = live.fields.iter().filter(|f| fields.contains(f.name.as_str())).count();
            self.map.collection(&live.name).is_none() && shared * 2 > fields.len() && shared > 1
        });
        like.map_or(String::new(), |live| format!("; perhaps renamed to {}", live.name))
    }
}

/// "; perhaps renamed to x": the unmapped column that shares a word or a meaning, or the only one.
pub(crate) fn renamed(field: &Field, c: &Collection, live: &LiveCollection) -> String {
    let new: Vec<_> =
        live.fields.iter().map(|f| f.name.as_str()).filter(|n| c.field(n).is_none()).collect();
    let old = words::tokens(&field.name);
    let alike = |name: &&&str| {
        let words = words::tokens(name);
        words.iter().any(|w| old.contains(w))
            || words.concat().contains(&old.concat())
            || (field.identifier.is_some()
                && words::read(name).and_then(|r| r.identifier) == field.identifier)
    };
    let only = if let [one] = new.as_slice() { Some(one) } else { None };
    new.iter()
        .find(alike)
        .or(only)
        .map_or(String::new(), |name| format!("; perhaps renamed to {name}"))
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
