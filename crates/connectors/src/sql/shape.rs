//! One collection in a search: how its rows are judged, told, and remembered for what hangs on
//! them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::dialect::Row;
use super::plan::ByPostcode;
use crate::judge::{Cell, Judge};
use crate::map::{Collection, Link};
use crate::mention::Mention;
use crate::reason::{self, Reason};
use crate::schema::{LiveCollection, LiveField};
use crate::words::{self, NamePart};
use crate::{Because, Body, Found, Kind, Strength};

/// The fields of a collection that links point at: collection and field names.
pub(super) type Target = (String, Vec<String>);
/// The values of a target in one row.
pub(super) type Key = Arc<[String]>;

/// Rows found that others may hang on.
#[derive(Default)]
pub(super) struct Parents {
    pub by_key: HashMap<Key, Parent>,
    /// Keys in the order found, so that each link follows each key once.
    pub order: Vec<Key>,
}

/// What a row that hangs on this one says of itself.
#[derive(Clone)]
pub(super) struct Parent {
    pub strength: Strength,
    pub kind: Kind,
    pub how: Arc<str>,
    /// The doubtful row of a person that it stands or falls with.
    pub root: Option<Arc<str>>,
}

/// Where the columns of one collection stand, for rows that stream past.
pub(super) struct Shape<'a> {
    pub c: &'a Collection,
    live: &'a LiveCollection,
    /// Column, identifier, part of a name, about others.
    cells: Vec<(usize, Kind, NamePart, bool)>,
    key: Vec<usize>,
    /// What links point at here: the target and its columns.
    targets: Vec<(Target, Vec<usize>)>,
    elsewhere: Vec<(Vec<usize>, HashSet<Vec<String>>, String)>,
    /// Where somebody else may be named.
    mentions: Vec<usize>,
    /// Its rows can be told only by their names.
    pub alone: bool,
    /// What this collection hangs on: the link, its columns here, and its target.
    links: Vec<(&'a Link, Vec<usize>, Target)>,
}

impl<'a> Shape<'a> {
    pub fn new(
        c: &'a Collection,
        live: &'a LiveCollection,
        links: &[&'a Link],
        targets: &BTreeMap<Target, Parents>,
        elsewhere: Vec<ByPostcode>,
    ) -> Self {
        let hangs =
            |l: &&'a Link| (*l, columns(live, &l.fields), (l.to.clone(), l.to_fields.clone()));
        let cells = c.field.iter().filter_map(|f| {
            let part = f.part.unwrap_or_else(|| words::part(&f.name));
            Some((column(live, &f.name)?, f.identifier?, part, f.others))
        });
        let key = if c.key.is_empty() { &live.key } else { &c.key };
        let here = targets.keys().filter(|(to, _)| *to == c.name);
        Self {
            c,
            live,
            cells: cells.collect(),
            key: columns(live, key),
            targets: here.map(|t| (t.clone(), columns(live, &t.1))).collect(),
            elsewhere: elsewhere
                .into_iter()
                .map(|e| (columns(live, &e.fields), e.tuples.into_iter().collect(), e.from))
                .collect(),
            mentions: Mention::fields(c).filter_map(|f| column(live, &f.name)).collect(),
            alone: false,
            links: links.iter().map(hangs).collect(),
        }
    }

    /// Whether a row can be reached on more than one way, and so could be told twice.
    pub fn many_ways(&self) -> bool {
        self.links.len() > 1 || !self.mentions.is_empty()
    }

    /// The columns in which somebody else may be named.
    pub fn mentions(&self) -> Vec<&'a LiveField> {
        self.mentions.iter().filter_map(|at| self.live.fields.get(*at)).collect()
    }

    /// Why a row names the person, whoever it is about.
    pub fn named(&self, row: &Row, mention: &Mention) -> Vec<Reason> {
        let why = |at: &usize| {
            let field = self.live.fields.get(*at)?;
            mention.why(&field.name, row.get(*at)?.as_deref()?)
        };
        self.mentions.iter().filter_map(why).map(Reason::own).collect()
    }

    /// The reasons that the row gives by itself.
    pub fn judged(&self, row: &Row, judge: &Judge) -> impl Iterator<Item = Reason> {
        let mut cells: Vec<Cell<'_>> = Vec::with_capacity(self.cells.len());
        for (at, kind, part, others) in &self.cells {
            let Some(Some(value)) = row.get(*at) else { continue };
            let field = self.live.fields.get(*at).map_or("", |f| f.name.as_str());
            cells.push(Cell { field, kind: *kind, part: *part, others: *others, value });
        }
        for (at, tuples, from) in &self.elsewhere {
            if let (Some(key), Some(value)) = (values(row, at), judge.a_postcode())
                && tuples.contains(&key)
            {
                let (kind, part) = (Kind::Postcode, NamePart::Full);
                cells.push(Cell { field: from, kind, part, others: false, value });
            }
        }
        let mut because = judge.row(&cells);
        if self.alone && because.is_empty() {
            because.extend(judge.name_alone(&cells));
        }
        because.into_iter().map(Reason::own)
    }

    /// The reasons that the row has from those it hangs on.
    pub fn hangs_on(&self, row: &Row, targets: &BTreeMap<Target, Parents>) -> Vec<Reason> {
        let mut out = Vec::new();
        for (link, at, target) in &self.links {
            let Some(key) = values(row, at) else { continue };
            let parent = targets.get(target).and_then(|p| p.by_key.get(key.as_slice()));
            out.extend(parent.map(|p| belongs(link, p)));
        }
        out
    }

    /// Keep what other rows may hang on.
    pub fn remember(
        &self,
        row: &Row,
        best: &Because,
        root: Option<&Arc<str>>,
        targets: &mut BTreeMap<Target, Parents>,
    ) {
        for (target, at) in &self.targets {
            let (Some(key), Some(parents)) = (values(row, at), targets.get_mut(target)) else {
                continue;
            };
            let how = if best.how.starts_with("belongs to ") {
                format!("which {}", best.how)
            } else {
                format!("found by {}", best.how)
            };
            let (strength, kind) = (best.strength, best.kind);
            let parent = Parent { strength, kind, how: how.into(), root: root.cloned() };
            let key: Key = key.into();
            match parents.by_key.get_mut(&key) {
                Some(known) if known.strength < parent.strength => *known = parent,
                Some(_) => {}
                None => {
                    parents.order.push(key.clone());
                    parents.by_key.insert(key, parent);
                }
            }
        }
    }

    /// What a row stands or falls with: see [`reason::root`].
    pub fn root(&self, row: &Row, reasons: &[Reason]) -> Option<Arc<str>> {
        reason::root(reasons, &self.c.name, !self.targets.is_empty(), || self.locator(row))
    }

    fn locator(&self, row: &Row) -> String {
        if self.key.is_empty() {
            return format!("row {}", hex::encode(digest(row)));
        }
        let part = |at: &usize| {
            let name = self.live.fields.get(*at).map_or("", |f| f.name.as_str());
            let value = row.get(*at).and_then(Option::as_deref).unwrap_or("");
            format!("{name}={value}")
        };
        self.key.iter().map(part).collect::<Vec<_>>().join(", ")
    }

    pub fn found(&self, row: Row, reasons: Vec<Reason>, root: Option<Arc<str>>) -> Found {
        let locator = self.locator(&row);
        let because = reasons.into_iter().map(|r| r.because).collect();
        let names = self.live.fields.iter().map(|f| f.name.clone());
        let fields = names.zip(row).collect();
        Found { place: self.c.name.clone(), locator, because, body: Body::Row { fields }, root }
    }
}

fn column(live: &LiveCollection, name: &str) -> Option<usize> {
    live.fields.iter().position(|f| f.name == name)
}

fn columns(live: &LiveCollection, names: &[String]) -> Vec<usize> {
    names.iter().filter_map(|n| column(live, n)).collect()
}

/// The values at these columns, if none is NULL.
fn values(row: &Row, at: &[usize]) -> Option<Vec<String>> {
    at.iter().map(|at| row.get(*at).cloned().flatten()).collect()
}

/// Tells rows apart by all their columns.
pub(super) fn digest(row: &Row) -> [u8; 16] {
    let mut hash = Sha256::new();
    for value in row {
        match value {
            Some(v) => {
                hash.update((v.len() as u64 + 1).to_le_bytes());
                hash.update(v);
            }
            None => hash.update(0_u64.to_le_bytes()),
        }
    }
    let mut out = [0; 16];
    out.copy_from_slice(&hash.finalize()[..16]);
    out
}

/// "belongs to members, found by e-mail".
pub(super) fn belongs(link: &Link, parent: &Parent) -> Reason {
    let because = Because {
        kind: parent.kind,
        field: link.fields.join(", "),
        how: format!("belongs to {}, {}", link.to, parent.how),
        strength: parent.strength,
    };
    Reason { because, root: parent.root.clone() }
}
