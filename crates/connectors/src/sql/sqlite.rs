//! SQLite files, opened read only.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, InterruptHandle, OpenFlags, params_from_iter};

use super::dialect::{Bind, Dialect, Row, Statement};
use super::{About, Engine, path, refused};
use crate::map::DataMap;
use crate::schema::{LiveCollection, LiveField, Reference, Schema};
use crate::{Fault, FaultKind, Limits};

pub(super) struct Sqlite {
    db: Connection,
    place: String,
    statement: Duration,
}

pub(super) struct Lite;

impl Dialect for Lite {
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn mark(&self, n: usize) -> String {
        format!("?{n}")
    }

    fn read(&self, field: &LiveField) -> String {
        self.quote(&field.name) // Every value tells its own type: it becomes text on arrival.
    }

    fn text(&self, column: &str, _: &LiveField) -> String {
        self.cast(column)
    }

    fn cast(&self, column: &str) -> String {
        format!("CAST({column} AS TEXT)")
    }

    fn rows(&self, rows: &[String]) -> String {
        format!("VALUES {}", rows.join(", "))
    }

    fn padded(&self, expr: &str) -> String {
        format!("({expr} GLOB '0*' OR {expr} GLOB '*[^0-9]0*')")
    }
}

impl Sqlite {
    /// Open the file of the map.
    pub fn open(map: &DataMap, base: &Path, limits: &Limits) -> Result<Self, Fault> {
        let place = map.holding.clone();
        let file = path(base, map.source.path.as_deref().unwrap_or(Path::new("")));
        let unreachable = |what: String| {
            let remedy = "Check path in the data map, and that this program may read the file.";
            Err(Fault::new(FaultKind::Unreachable, &place, what, remedy))
        };
        match std::fs::metadata(&file) {
            Err(error) => {
                return unreachable(format!("the file cannot be reached: {}", error.kind()));
            }
            Ok(meta) if !meta.is_file() => return unreachable("the path is not a file".into()),
            Ok(_) => {}
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&file, flags).map_err(|e| fault(&place, &e))?;
        let sqlite = Self { db, place, statement: limits.statement };
        sqlite.settle(limits).map_err(|e| fault(&sqlite.place, &e))?;
        Ok(sqlite)
    }

    fn settle(&self, limits: &Limits) -> rusqlite::Result<()> {
        // The library tells trouble with a file on its own account; faults tell it better.
        self.db.pragma_update(None, "cipher_log_level", "NONE")?;
        self.db.busy_timeout(limits.lock)?;
        self.db.pragma_update(None, "query_only", true)?;
        // Reads the head of the file: what is no database shows here.
        self.db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
    }

    fn run(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(Row) -> Result<(), Fault>,
    ) -> Result<Result<(), Fault>, rusqlite::Error> {
        let watch = Watch::set(self.db.get_interrupt_handle(), self.statement);
        let mut prepared = self.db.prepare(&statement.sql)?;
        let width = prepared.column_count();
        let mut rows = prepared.query(params_from_iter(statement.binds.iter().map(value)))?;
        while let Some(row) = rows.next()? {
            let read = |at| row.get_ref(at).map(text);
            let row = (0..width).map(read).collect::<rusqlite::Result<Row>>()?;
            watch.telling();
            let told = each(row);
            watch.asking();
            if told.is_err() {
                return Ok(told);
            }
        }
        Ok(Ok(()))
    }

    fn tables(&self) -> rusqlite::Result<Schema> {
        let mut names = self.db.prepare(
            "SELECT name, type = 'view' FROM sqlite_schema \
             WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' \
             ORDER BY name",
        )?;
        let names: Vec<(String, bool)> = names
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut schema = Schema::default();
        for (name, view) in names {
            schema.collections.push(self.table(name, view)?);
        }
        // A reference that names no columns points at the primary key.
        let keys: Vec<(String, Vec<String>)> =
            schema.collections.iter().map(|c| (c.name.clone(), c.key.clone())).collect();
        for reference in schema.collections.iter_mut().flat_map(|c| &mut c.references) {
            if reference.to_fields.is_empty()
                && let Some((name, key)) =
                    keys.iter().find(|(n, _)| n.eq_ignore_ascii_case(&reference.to))
            {
                reference.to.clone_from(name);
                reference.to_fields.clone_from(key);
            }
        }
        Ok(schema)
    }

    fn table(&self, name: String, view: bool) -> rusqlite::Result<LiveCollection> {
        let mut table = LiveCollection { view, ..LiveCollection::default() };
        let mut key: Vec<(i64, String)> = Vec::new();
        let mut columns = self.db.prepare(
            "SELECT name, type, \"notnull\", pk FROM pragma_table_xinfo(?1) \
             WHERE hidden <> 1 ORDER BY cid",
        )?;
        let mut rows = columns.query([&name])?;
        while let Some(row) = rows.next()? {
            let (field, pk): (String, i64) = (row.get(0)?, row.get(3)?);
            if pk > 0 {
                key.push((pk, field.clone()));
            }
            let nullable = !row.get::<_, bool>(2)? && pk == 0;
            let sql_type = row.get(1)?;
            table.fields.push(LiveField { name: field, sql_type, nullable, unique: false });
        }
        key.sort();
        table.key = key.into_iter().map(|(_, field)| field).collect();
        self.indexes(&name, &mut table)?;
        self.references(&name, &mut table)?;
        table.rows_estimate = self.about(&name);
        table.name = name;
        Ok(table)
    }

    /// About how many rows a table has: its highest row number. Views and tables without such
    /// numbers are not counted.
    fn about(&self, name: &str) -> Option<u64> {
        let last = format!("SELECT max(rowid) FROM {}", Lite.quote(name));
        let last = self.db.query_row(&last, [], |r| r.get::<_, Option<i64>>(0)).ok()?;
        u64::try_from(last.unwrap_or(0)).ok()
    }

    fn indexes(&self, name: &str, table: &mut LiveCollection) -> rusqlite::Result<()> {
        let mut list = self.db.prepare(
            "SELECT l.name, l.\"unique\" AND NOT l.partial, i.name FROM pragma_index_list(?1) l \
             JOIN pragma_index_info(l.name) i ORDER BY l.seq, i.seqno",
        )?;
        let mut indexes: Vec<(String, bool, Vec<String>)> = Vec::new();
        let mut rows = list.query([name])?;
        while let Some(row) = rows.next()? {
            let (index, unique, field): (String, bool, Option<String>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            // An expression has no column name; it counts as a place, not as a column.
            let field = field.unwrap_or_default();
            match indexes.last_mut().filter(|(last, ..)| *last == index) {
                Some((_, _, fields)) => fields.push(field),
                None => indexes.push((index, unique, vec![field])),
            }
        }
        if let [key] = table.key.as_slice() {
            indexes.push((String::new(), true, vec![key.clone()]));
        }
        for (_, unique, fields) in indexes {
            table.add_index(fields, false, unique);
        }
        Ok(())
    }

    fn references(&self, name: &str, table: &mut LiveCollection) -> rusqlite::Result<()> {
        let mut list = self.db.prepare(
            "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1) \
             ORDER BY id, seq",
        )?;
        let mut rows = list.query([name])?;
        let mut last = None;
        while let Some(row) = rows.next()? {
            let (id, to, field, to_field): (i64, String, String, Option<String>) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            if last != Some(id) {
                let (fields, to_fields) = (Vec::new(), Vec::new());
                table.references.push(Reference { fields, to, to_fields });
                last = Some(id);
            }
            if let Some(reference) = table.references.last_mut() {
                reference.fields.push(field);
                reference.to_fields.extend(to_field);
            }
        }
        Ok(())
    }
}

impl Engine for Sqlite {
    fn dialect(&self) -> &dyn Dialect {
        &Lite
    }

    fn begin(&mut self) -> Result<(), Fault> {
        self.db.execute_batch("BEGIN").map_err(|e| fault(&self.place, &e))
    }

    fn end(&mut self) {
        let _ = self.db.execute_batch("ROLLBACK"); // Nothing was written.
    }

    fn stream(
        &mut self,
        place: &str,
        statement: &Statement,
        each: &mut dyn FnMut(Row) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.run(statement, each).unwrap_or_else(|e| Err(fault(place, &e)))
    }

    fn schema(&mut self, _: bool) -> Result<Schema, Fault> {
        self.tables().map_err(|e| fault(&self.place, &e))
    }

    fn about(&mut self) -> Result<About, Fault> {
        let server = format!("SQLite {}", rusqlite::version());
        Ok(About { server, encrypted: true, can_write: false })
    }
}

fn value(bind: &Bind) -> rusqlite::types::Value {
    match bind {
        Bind::Text(text) => text.clone().into(),
        Bind::Int(int) => (*int).into(),
        Bind::Texts(_) => rusqlite::types::Value::Null, // SQLite has no arrays: never built.
    }
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(n) => Some(n.to_string()),
        ValueRef::Real(n) => Some(format!("{n:?}")),
        ValueRef::Text(t) => Some(String::from_utf8_lossy(t).into_owned()),
        ValueRef::Blob(b) => Some(format!("(binary, {} bytes)", b.len())),
    }
}

/// Interrupts a statement that brings no row for longer than the limit. The time that the taker
/// of rows needs does not count.
struct Watch {
    beat: Arc<Beat>,
    /// Dropped with the watch: ends the thread.
    _end: Sender<()>,
}

#[derive(Default)]
struct Beat {
    rows: AtomicU64,
    told: AtomicBool,
}

impl Watch {
    fn set(handle: InterruptHandle, limit: Duration) -> Self {
        let (end, ended) = channel::<()>();
        let beat = Arc::new(Beat::default());
        let watched = beat.clone();
        thread::spawn(move || {
            let mut rows = 0;
            while ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                let now = watched.rows.load(Ordering::Relaxed);
                if now == rows && !watched.told.load(Ordering::Relaxed) {
                    handle.interrupt();
                    break;
                }
                rows = now;
            }
        });
        Self { beat, _end: end }
    }

    /// A row has come and is being told.
    fn telling(&self) {
        self.beat.rows.fetch_add(1, Ordering::Relaxed);
        self.beat.told.store(true, Ordering::Relaxed);
    }

    /// The row was told; the engine is asked again.
    fn asking(&self) {
        self.beat.told.store(false, Ordering::Relaxed);
    }
}

/// An error of the engine in words that hold nothing of the data.
fn fault(place: &str, error: &rusqlite::Error) -> Fault {
    use rusqlite::Error::{SqlInputError, SqliteFailure};
    let (SqliteFailure(code, _) | SqlInputError { error: code, .. }) = error else {
        return refused(place, "conversion");
    };
    let (kind, what, remedy) = match code.code {
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => (
            FaultKind::Busy,
            "another program has locked the file",
            "Try again when that program is idle, or search a copy of the file.",
        ),
        ErrorCode::NotADatabase => (
            FaultKind::Damaged,
            "the file is no SQLite database, or it is encrypted",
            "Check path in the data map; give an unencrypted copy.",
        ),
        ErrorCode::DatabaseCorrupt => (
            FaultKind::Damaged,
            "the file is damaged",
            "Restore it from a backup, then search again.",
        ),
        ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::ReadOnly => (
            FaultKind::Unreachable,
            "the file cannot be opened for reading",
            "Check that this program may read the file and its folder.",
        ),
        ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => (
            FaultKind::Denied,
            "the file may not be read",
            "Give this program the right to read it.",
        ),
        ErrorCode::OperationInterrupted => (
            FaultKind::Limit,
            "reading took longer than the limit",
            "Raise the limit, or make an index for the fields that identify.",
        ),
        _ => return refused(place, &code.extended_code.to_string()),
    };
    Fault::new(kind, place, what, remedy)
}
