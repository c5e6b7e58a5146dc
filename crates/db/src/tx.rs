//! A transaction: the one way to speak SQL.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use crate::{DbError, Row, Trouble, Value, postgres_side, sqlite_side};

pub(crate) enum Side<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut dyn postgres_side::Speak),
}

/// A transaction in progress, on either engine.
pub struct Tx<'a> {
    pub(crate) side: Side<'a>,
    /// Set when the engine asked for the whole transaction to be run again.
    pub(crate) retry: bool,
    /// The first statement's failure since the closure began. PostgreSQL gives the transaction up
    /// then, and would answer COMMIT with a quiet rollback.
    pub(crate) failed: Option<DbError>,
    /// How many statements a read may still run; `None` where they are not counted.
    left: Option<u32>,
    /// A read: statements that write are refused.
    read_only: bool,
    /// What closures leave for the finisher.
    pub(crate) notes: Vec<Box<dyn Any + Send>>,
    /// What closures of this transaction keep for those after them.
    memory: HashMap<String, Arc<dyn Any + Send + Sync>>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(side: Side<'a>) -> Self {
        Self {
            side,
            retry: false,
            failed: None,
            left: None,
            read_only: false,
            notes: Vec::new(),
            memory: HashMap::new(),
        }
    }

    /// For a read; without a snapshot it has one statement.
    pub(crate) fn reading(side: Side<'a>, snapshot: bool) -> Self {
        Self { read_only: true, left: (!snapshot).then_some(1), ..Self::new(side) }
    }

    /// Counts one statement of a read without a snapshot.
    fn spend(&mut self) -> Result<(), DbError> {
        match &mut self.left {
            Some(0) => {
                let why = "a second statement in read_one could see another commit: use read";
                self.watch(Err(DbError::shape(why)))
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Leaves a note for the finisher of this commit; dropped if this closure fails.
    pub fn note(&mut self, note: impl Any + Send) {
        self.notes.push(Box::new(note));
    }

    /// Keeps something for the rest of this transaction, so that the closures that share a commit
    /// need not ask or work it out again. A closure that fails takes all of it with it.
    pub fn remember<T: Any + Send + Sync>(&mut self, name: String, what: Arc<T>) {
        self.memory.insert(name, what);
    }

    /// What was kept under this name in this transaction.
    pub fn remembered<T: Any + Send + Sync>(&self, name: &str) -> Option<Arc<T>> {
        self.memory.get(name).and_then(|what| Arc::clone(what).downcast().ok())
    }

    /// Forgets what was kept under this name: it no longer stands.
    pub fn forget(&mut self, name: &str) {
        self.memory.remove(name);
    }

    pub(crate) fn forget_all(&mut self) {
        self.memory.clear();
    }

    fn watch<T>(&mut self, r: Result<T, DbError>) -> Result<T, DbError> {
        if let Err(e) = &r {
            self.retry |= e.trouble == Trouble::Retry;
            self.failed.get_or_insert_with(|| e.clone());
        }
        r
    }

    /// Runs a statement and answers how many rows it touched.
    ///
    /// # Errors
    /// The engine's complaint.
    pub fn exec(&mut self, sql: &str, binds: &[Value]) -> Result<u64, DbError> {
        if self.read_only {
            return self.watch(Err(DbError::shape("a read may not write")));
        }
        let r = match &mut self.side {
            Side::Sqlite(c) => sqlite_side::exec(c, sql, binds),
            Side::Postgres(c) => postgres_side::exec(*c, sql, binds),
        };
        self.watch(r)
    }

    /// Inserts rows, many by one statement, because a server answers each statement on its own.
    /// `one` is the statement for one row, its values `VALUES ($1, $2, …)`. Answers how many rows
    /// were inserted.
    ///
    /// # Errors
    /// The engine's complaint.
    pub fn insert<const N: usize>(
        &mut self,
        one: &str,
        rows: impl IntoIterator<Item = [Value; N]>,
    ) -> Result<u64, DbError> {
        let parts = one.split_once(&marks(1, N));
        let (into, behind) = parts.ok_or(DbError::shape("the values of an insert"))?;
        let (mut inserted, mut rows) = (0, rows.into_iter());
        loop {
            let mut some = rows.by_ref().take(32).collect::<Vec<_>>().into_iter();
            if some.len() == 0 {
                return Ok(inserted);
            }
            while some.len() > 0 {
                // Few lengths, so that each is prepared once.
                let together = [32, 8].into_iter().find(|n| some.len() >= *n).unwrap_or(1);
                let sql = format!("{into}{}{behind}", marks(together, N));
                let binds: Vec<Value> = some.by_ref().take(together).flatten().collect();
                inserted += self.exec(&sql, &binds)?;
            }
        }
    }

    /// Runs a query and reads each row.
    ///
    /// # Errors
    /// The engine's complaint, or the reader's.
    pub fn rows<T, E: From<DbError>>(
        &mut self,
        sql: &str,
        binds: &[Value],
        mut read: impl FnMut(&Row<'_>) -> Result<T, E>,
    ) -> Result<Vec<T>, E> {
        self.spend()?;
        let read_only = self.read_only;
        let mut out = Vec::new();
        let mut failed = None;
        let each = &mut |row: &Row<'_>| match read(row) {
            Ok(v) => {
                out.push(v);
                true
            }
            Err(e) => {
                failed = Some(e);
                false
            }
        };
        let r = match &mut self.side {
            Side::Sqlite(c) => sqlite_side::query(c, sql, binds, read_only, each),
            Side::Postgres(c) => postgres_side::query(*c, sql, binds, each),
        };
        self.watch(r)?;
        failed.map_or(Ok(out), Err)
    }

    /// Runs a query that gives one row or none.
    ///
    /// # Errors
    /// The engine's complaint, or the reader's.
    pub fn row<T, E: From<DbError>>(
        &mut self,
        sql: &str,
        binds: &[Value],
        read: impl FnMut(&Row<'_>) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
        Ok(self.rows(sql, binds, read)?.into_iter().next())
    }

    /// Runs a query for one whole number, such as a count.
    ///
    /// # Errors
    /// The engine's complaint, or no row at all. The column must be called `n`.
    pub fn count(&mut self, sql: &str, binds: &[Value]) -> Result<u64, DbError> {
        self.row(sql, binds, |r| r.count("n"))?.ok_or_else(|| DbError::shape("no count came back"))
    }

    /// Prepares without running.
    pub(crate) fn prepare_only(&mut self, sql: &str) -> Result<(), DbError> {
        match &mut self.side {
            Side::Sqlite(c) => c.prepare(sql).map(drop).map_err(DbError::from),
            Side::Postgres(c) => c.prepare_only(sql),
        }
    }

    /// Runs several statements that return nothing: migrations, savepoints.
    pub(crate) fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        let r = match &mut self.side {
            Side::Sqlite(c) => c.execute_batch(sql).map_err(DbError::from),
            Side::Postgres(c) => c.batch(sql),
        };
        self.watch(r)
    }
}

/// `($1, $2), ($3, $4)`: the places of so many rows of so many values.
fn marks(rows: usize, values: usize) -> String {
    let row = |n: usize| {
        let marks = (n * values + 1..=(n + 1) * values).map(|m| format!("${m}"));
        format!("({})", marks.collect::<Vec<_>>().join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}
