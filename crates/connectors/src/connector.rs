//! What every connector can do, and the door to them.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::map::{DataMap, HoldingKind, Stored};
use crate::schema::Schema;
use crate::{Body, Fault, FaultKind, Found, Holds, Identifier, Kind, Searched, Seek, Sink, sql};
use crate::{Strength, documents, judge, mail, table};

/// One way to reach a holding. Everything it does is read only.
pub trait Connector: Send {
    /// Reach the holding, log in and look around, without reading a row.
    ///
    /// # Errors
    /// Why it cannot be reached.
    fn test(&mut self) -> Result<Tested, Fault>;

    /// The live schema.
    ///
    /// # Errors
    /// The holding cannot be reached, or does not tell its schema.
    fn schema(&mut self) -> Result<Schema, Fault>;

    /// Up to `limit` rows of a collection, as they come.
    ///
    /// # Errors
    /// The holding cannot be reached, or has no such collection.
    fn sample(&mut self, collection: &str, limit: u32) -> Result<Sample, Fault>;

    /// How the values of a field are stored: one pass over the field, no value leaves the holding.
    ///
    /// # Errors
    /// The holding cannot be reached, or has no such field.
    fn census(&mut self, collection: &str, field: &str, kind: Kind) -> Result<Stored, Fault>;

    /// The ways in which a field writes its telephone numbers, a 9 for each digit: one pass over
    /// the field, no number leaves the holding. `None` where they are too many, or nothing is
    /// gained.
    ///
    /// # Errors
    /// The holding cannot be reached, or has no such field.
    fn forms(&mut self, _collection: &str, _field: &str) -> Result<Option<Vec<String>>, Fault> {
        Ok(None)
    }

    /// Of up to `limit` distinct values of `from`, how many occur in `to`. Both are (collection,
    /// field). This is the evidence for a link between them.
    ///
    /// # Errors
    /// The holding cannot be reached, or has no such field.
    fn included(
        &mut self,
        from: (&str, &str),
        to: (&str, &str),
        limit: u32,
    ) -> Result<Inclusion, Fault>;

    /// Everything the holding has about the person sought, item by item into `sink`.
    ///
    /// A collection where map and holding disagree is told to [`Sink::missed`], with all that
    /// hangs on it, and the search goes on elsewhere.
    ///
    /// # Errors
    /// What stopped the search: the holding, or the sink.
    fn find(&mut self, map: &DataMap, seek: &Seek, sink: &mut dyn Sink) -> Result<Searched, Fault>;
}

/// What a holding says when it is tried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// Engine and version: "PostgreSQL 15.18".
    pub server: String,
    /// Whether the way there is encrypted; always true for a local file.
    pub encrypted: bool,
    /// Tables the account can see.
    pub collections: usize,
    /// Advice: "the account can also write; use one that can only read".
    pub notes: Vec<String>,
}

/// A few rows of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sample {
    /// Names of the columns.
    pub fields: Vec<String>,
    /// Rows, in the order of `fields`.
    pub rows: Vec<Vec<Option<String>>>,
}

/// How many values of one field occur in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inclusion {
    /// Distinct values looked up.
    pub sampled: u64,
    /// Of these, found.
    pub found: u64,
}

/// How long a connector may take, and what day it is.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The present moment; decides whether a census is young enough to be trusted.
    pub now: Timestamp,
    /// Longest wait for a server to let us in.
    pub connect: Duration,
    /// Longest wait for an answer, or for the next part of it.
    pub statement: Duration,
    /// Longest wait for a lock that another program holds.
    pub lock: Duration,
    /// Whether weak matches may be looked for by reading every row of a collection. Without it,
    /// only what an index answers is looked for weakly, and the search record says so.
    pub whole_tables: bool,
}

impl Limits {
    /// Ten seconds to connect, ten minutes for an answer, two seconds for a lock.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            connect: Duration::from_secs(10),
            statement: Duration::from_secs(600),
            lock: Duration::from_secs(2),
            whole_tables: true,
        }
    }
}

/// Open the holding a map describes. Relative paths start at `base`.
///
/// # Errors
/// The source is not usable, the holding cannot be reached, or no connector of this program
/// reaches its kind.
pub fn open(map: &DataMap, base: &Path, limits: Limits) -> Result<Box<dyn Connector>, Fault> {
    match map.kind {
        HoldingKind::Sqlite => sql::open_sqlite(map, base, limits),
        HoldingKind::Postgres => sql::open_postgres(map, base, limits),
        HoldingKind::Mysql => sql::open_mysql(map, base, limits),
        HoldingKind::Csv | HoldingKind::Workbook => table::open(map, base),
        HoldingKind::Mail => mail::open(map, base),
        HoldingKind::Documents => documents::open(map, base),
        HoldingKind::Paper => Err(Fault::new(
            FaultKind::Map,
            &map.holding,
            "a program cannot search this kind of holding",
            "Give the search to a person, and record what they find.",
        )),
    }
}

/// Identifiers that a found row teaches, to search other holdings with: those of strong rows of
/// persons, without fields that may be about others and without rows that match under another
/// name.
#[must_use]
pub fn learned(map: &DataMap, found: &Found) -> Vec<Identifier> {
    if found.strength() != Strength::Strong {
        return Vec::new();
    }
    taught(map, &found.place, &found.body)
}

/// The same of a row that a person has said is theirs.
#[must_use]
pub fn taught(map: &DataMap, place: &str, body: &Body) -> Vec<Identifier> {
    let Body::Row { fields } = body else { return Vec::new() };
    let Some(collection) = map.collection(place).filter(|c| c.holds == Holds::Person) else {
        return Vec::new();
    };
    let mut out: Vec<Identifier> = Vec::new();
    for field in collection.field.iter().filter(|f| !f.others) {
        let Some(kind) = field.identifier.filter(|k| judge::is_strong(*k)) else { continue };
        let value =
            fields.iter().find(|(name, _)| *name == field.name).and_then(|(_, v)| v.as_ref());
        for (normal, as_given) in judge::normals(kind, value.map_or("", String::as_str)) {
            if out.iter().all(|i| i.kind != kind || i.normal != normal) {
                let learned_from = Some(format!("{}, {}", map.holding, collection.name));
                out.push(Identifier { kind, normal, as_given, learned_from });
            }
        }
    }
    out
}
