//! Databases: what SQLite, PostgreSQL and MySQL share, and the door to each.
//!
//! [`plan`] writes the statements, [`walk`] asks them and follows the links, the three engine
//! files say how to log in, quote, and stream. Every session is read only and every value bound.

mod catalogue;
mod dialect;
mod forms;
mod mysql;
mod plan;
mod postgres;
mod postgres_fault;
mod shape;
mod sqlite;
mod walk;

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use dialect::{Dialect, Row, Statement, Writer};

use crate::map::{DataMap, Source, Stored};
use crate::schema::{Class, LiveCollection, LiveField, Schema};
use crate::{
    Connector, Fault, FaultKind, Inclusion, Kind, Limits, Sample, Searched, Seek, Sink, Tested,
};

/// One database session.
trait Engine: Send {
    /// How this engine writes things.
    fn dialect(&self) -> &dyn Dialect;

    /// Begin to read a state that stands still.
    fn begin(&mut self) -> Result<(), Fault>;

    /// End it. Never fails: there is nothing to lose.
    fn end(&mut self);

    /// Ask, and hand over row by row. An error of `each` stops the stream and comes back.
    /// `place` stands in faults.
    fn stream(
        &mut self,
        place: &str,
        statement: &Statement,
        each: &mut dyn FnMut(Row) -> Result<(), Fault>,
    ) -> Result<(), Fault>;

    /// The live schema; its declared keys only if asked for, as a search has no need of them.
    fn schema(&mut self, references: bool) -> Result<Schema, Fault>;

    /// Engine and version, whether the way is encrypted, whether the account could write.
    fn about(&mut self) -> Result<About, Fault>;
}

/// What an engine says of itself.
struct About {
    server: String,
    encrypted: bool,
    can_write: bool,
}

/// Open an SQLite file.
pub(crate) fn open_sqlite(
    map: &DataMap,
    base: &Path,
    limits: Limits,
) -> Result<Box<dyn Connector>, Fault> {
    let engine = sqlite::Sqlite::open(map, base, &limits)?;
    Ok(SqlConnector::boxed(map, Box::new(engine), limits))
}

/// Log in to PostgreSQL.
pub(crate) fn open_postgres(
    map: &DataMap,
    base: &Path,
    limits: Limits,
) -> Result<Box<dyn Connector>, Fault> {
    let engine = postgres::Postgres::open(map, base, &limits)?;
    Ok(SqlConnector::boxed(map, Box::new(engine), limits))
}

/// Log in to MySQL or MariaDB.
pub(crate) fn open_mysql(
    map: &DataMap,
    base: &Path,
    limits: Limits,
) -> Result<Box<dyn Connector>, Fault> {
    let engine = mysql::Mysql::open(map, base, &limits)?;
    Ok(SqlConnector::boxed(map, Box::new(engine), limits))
}

/// A database as a connector.
struct SqlConnector {
    engine: Box<dyn Engine>,
    holding: String,
    limits: Limits,
    /// The schema as last read; a search reads it anew.
    known: Option<Schema>,
}

impl SqlConnector {
    fn boxed(map: &DataMap, engine: Box<dyn Engine>, limits: Limits) -> Box<dyn Connector> {
        Box::new(Self { engine, holding: map.holding.clone(), limits, known: None })
    }

    /// Run `ask` on a state that stands still.
    fn reading<T>(
        &mut self,
        ask: impl FnOnce(&mut dyn Engine) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.engine.begin()?;
        let answer = ask(self.engine.as_mut());
        self.engine.end();
        answer
    }

    /// A table by name, from the schema as last read.
    fn table(&mut self, name: &str) -> Result<LiveCollection, Fault> {
        if self.known.is_none() {
            self.schema()?;
        }
        let table = self.known.as_ref().and_then(|s| s.collection(name)).cloned();
        table.ok_or_else(|| {
            Fault::new(
                FaultKind::Drift,
                format!("{}, {name}", self.holding),
                "the holding has no such table",
                "Check the data map against the live schema.",
            )
        })
    }

    fn field(&mut self, table: &str, field: &str) -> Result<LiveField, Fault> {
        let found = self.table(table)?.field(field).cloned();
        found.ok_or_else(|| {
            Fault::new(
                FaultKind::Drift,
                format!("{}, {table}.{field}", self.holding),
                "the table has no such field",
                "Check the data map against the live schema.",
            )
        })
    }

    /// Ask for one row of numbers.
    fn numbers(&mut self, place: &str, statement: &Statement) -> Result<Vec<u64>, Fault> {
        let mut out = Vec::new();
        self.reading(|engine| {
            engine.stream(place, statement, &mut |row| {
                let number = |v: &Option<String>| v.as_deref().and_then(|v| v.parse().ok());
                out = row.iter().map(|v| number(v).unwrap_or(0)).collect();
                Ok(())
            })
        })?;
        Ok(out)
    }
}

impl Connector for SqlConnector {
    fn test(&mut self) -> Result<Tested, Fault> {
        let about = self.reading(|engine| engine.about())?;
        let collections = self.schema()?.collections.len();
        let mut notes = Vec::new();
        if about.can_write {
            notes.push("This account can also write; searches need one that only reads.".into());
        }
        if !about.encrypted {
            notes.push("The connection is not encrypted; set tls unless it is local.".into());
        }
        Ok(Tested { server: about.server, encrypted: about.encrypted, collections, notes })
    }

    fn schema(&mut self) -> Result<Schema, Fault> {
        let schema = self.reading(|engine| engine.schema(true))?;
        self.known = Some(schema.clone());
        Ok(schema)
    }

    fn sample(&mut self, collection: &str, limit: u32) -> Result<Sample, Fault> {
        let live = self.table(collection)?;
        let d = self.engine.dialect();
        let (columns, table) = (plan::columns(d, &live), d.table(&live.name));
        let sql = format!("SELECT {columns} FROM {table} LIMIT {limit}");
        let place = format!("{}, {collection}", self.holding);
        let mut rows = Vec::new();
        self.reading(|engine| {
            let statement = Statement { sql, binds: Vec::new() };
            engine.stream(&place, &statement, &mut |row| {
                rows.push(row);
                Ok(())
            })
        })?;
        Ok(Sample { fields: live.fields.into_iter().map(|f| f.name).collect(), rows })
    }

    fn census(&mut self, collection: &str, field: &str, kind: Kind) -> Result<Stored, Fault> {
        let column = self.field(collection, field)?;
        if column.class() == Class::Integer {
            return Ok(Stored::Normal); // A number has one form.
        }
        let statement = census(self.engine.dialect(), collection, &column, kind);
        let place = format!("{}, {collection}.{field}", self.holding);
        let counts = self.numbers(&place, &statement)?;
        Ok(match counts.as_slice() {
            [0, 0] => Stored::Normal,
            [0, _] => Stored::Tagged,
            _ => Stored::Mixed,
        })
    }

    fn forms(&mut self, collection: &str, field: &str) -> Result<Option<Vec<String>>, Fault> {
        let column = self.field(collection, field)?;
        if column.class() != Class::Text {
            return Ok(None); // A number has lost its zeros; its search reads every row.
        }
        let d = self.engine.dialect();
        let name = d.quote(&column.name);
        let form = d.digits_as_nines(&d.text(&name, &column));
        let sql = format!(
            "SELECT DISTINCT {form} FROM {} WHERE {name} IS NOT NULL LIMIT {}",
            d.table(collection),
            forms::MOST + 1
        );
        let place = format!("{}, {collection}.{field}", self.holding);
        let mut all = Vec::new();
        self.reading(|engine| {
            engine.stream(&place, &Statement { sql, binds: Vec::new() }, &mut |row| {
                all.extend(row.into_iter().flatten());
                Ok(())
            })
        })?;
        all.sort();
        let known = all.len() <= forms::MOST && all.iter().all(|form| forms::is_of_one(form));
        Ok(known.then_some(all))
    }

    fn included(
        &mut self,
        from: (&str, &str),
        to: (&str, &str),
        limit: u32,
    ) -> Result<Inclusion, Fault> {
        let (a, b) = (self.field(from.0, from.1)?, self.field(to.0, to.1)?);
        let d = self.engine.dialect();
        let (x, y) = (d.quote(&a.name), d.quote(&b.name));
        let (x, y) = if a.class() == b.class() && a.class() != Class::Other {
            (x, format!("t.{y}"))
        } else {
            (d.text(&x, &a), d.text(&format!("t.{y}"), &b))
        };
        let (inner, outer) = (d.table(from.0), d.table(to.0));
        let first = u64::from(limit) * 20; // Enough rows for as many distinct values, mostly.
        let all = d.number("count(*)");
        let hit = format!("EXISTS (SELECT 1 FROM {outer} t WHERE {y} = s.v)");
        let hits = d.number(&format!("sum(CASE WHEN {hit} THEN 1 ELSE 0 END)"));
        let sql = format!(
            "SELECT {all}, {hits} FROM (SELECT DISTINCT v FROM (SELECT {x} AS v FROM {inner} \
             WHERE {} IS NOT NULL LIMIT {first}) r LIMIT {limit}) s",
            d.quote(&a.name)
        );
        let place = format!("{}, {}.{}", self.holding, from.0, from.1);
        let counts = self.numbers(&place, &Statement { sql, binds: Vec::new() })?;
        let at = |i: usize| counts.get(i).copied().unwrap_or(0);
        Ok(Inclusion { sampled: at(0), found: at(1) })
    }

    fn find(&mut self, map: &DataMap, seek: &Seek, sink: &mut dyn Sink) -> Result<Searched, Fault> {
        let limits = self.limits.clone();
        self.reading(|engine| {
            let schema = engine.schema(false)?;
            walk::find(engine, map, &schema, seek, &limits, sink)
        })
    }
}

/// Count, in one pass, the values that are not in normal form, and those with a tag or with
/// leading zeros.
fn census(d: &dyn Dialect, table: &str, column: &LiveField, kind: Kind) -> Statement {
    let mut w = Writer::new(d);
    let text = d.text(&d.quote(&column.name), column);
    let (mixed, tagged) = if kind == Kind::Email {
        let other = d.differs(&text, &w.fold(&text));
        let mut several = Vec::new();
        for pattern in ["%@%@%", "%;%", "%,%", "%<%", "%/%", "%|%"] {
            several.push(w.like(&text, pattern.to_owned()));
        }
        let mixed = format!("{other} OR {}", several.join(" OR "));
        (mixed, w.like(&text, "%+%".to_owned()))
    } else if kind == Kind::Postcode {
        (other_postcode(d, &w, &text), "1 = 0".to_owned())
    } else {
        (d.differs(&text, &w.capitals(&text)), d.padded(&text))
    };
    let count = |when: &str| d.number(&format!("sum(CASE WHEN {when} THEN 1 ELSE 0 END)"));
    let sql = format!("SELECT {}, {} FROM {}", count(&mixed), count(&tagged), d.table(table));
    w.done(sql)
}

/// Whether a text is written in another way than [`forms::postcodes`] knows.
fn other_postcode(d: &dyn Dialect, w: &Writer<'_>, text: &str) -> String {
    let bare = format!("replace({text}, ' ', '')");
    let spaced = format!(
        "(length({text}) = length({bare}) + 1 AND substr({text}, length({text}) - 3, 1) = ' ')"
    );
    let lower = w.squeeze(text);
    let one_case = format!(
        "({}) AND ({})",
        d.differs(&bare, &lower),
        d.differs(&bare, &format!("upper({lower})"))
    );
    format!("({one_case}) OR NOT ({} OR {spaced})", d.equals(text, &bare))
}

/// Answer of `ask`, or `None` if it takes longer than `limit`. A server that accepts the
/// connection and then says nothing would hold the caller for ever; so it holds a thread, which
/// ends when the connection does.
fn within<T: Send + 'static>(
    limit: Duration,
    ask: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (tell, answer) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let _ = tell.send(ask()); // Nobody listens any more: the limit has passed.
    });
    answer.recv_timeout(limit).ok()
}

/// A path of the map, from the base folder if relative.
fn path(base: &Path, given: &Path) -> PathBuf {
    if given.is_absolute() { given.to_owned() } else { base.join(given) }
}

/// First line of the password file, if the source names one.
fn password(holding: &str, source: &Source, base: &Path) -> Result<Option<String>, Fault> {
    let Some(file) = &source.password_file else { return Ok(None) };
    let text = std::fs::read_to_string(path(base, file)).map_err(|error| {
        Fault::new(
            FaultKind::Map,
            format!("{holding}, password_file"),
            format!("the password file cannot be read: {}", error.kind()),
            "Put the password in the first line of that file, readable by this program only.",
        )
    })?;
    Ok(Some(text.lines().next().unwrap_or("").to_owned()))
}

/// A certificate authority file of the map, read and checked to be there.
fn ca_file(holding: &str, source: &Source, base: &Path) -> Result<Option<PathBuf>, Fault> {
    let Some(file) = &source.ca_file else { return Ok(None) };
    let file = path(base, file);
    match std::fs::metadata(&file) {
        Ok(meta) if meta.is_file() => Ok(Some(file)),
        _ => Err(Fault::new(
            FaultKind::Map,
            format!("{holding}, ca_file"),
            "the certificate file is not there",
            "Name a PEM file, or remove ca_file to use the system's own list.",
        )),
    }
}

/// The server did not answer. A line that was refused and one that nobody took are told in the same
/// words: who may name a place here is not told which machines and ports there are.
fn silent(place: &str) -> Fault {
    Fault::new(
        FaultKind::Unreachable,
        place,
        "the server does not answer",
        "Check host and port, and that it runs and can be reached from here, then try again.",
    )
}

/// A statement was refused in a way that the program should have prevented.
fn refused(place: &str, code: &str) -> Fault {
    Fault::new(
        FaultKind::Ours,
        place,
        format!("the database refused a statement (code {code})"),
        "This is a fault of the program: please report it with the code.",
    )
}
