//! One door to SQLite (SQLCipher) and PostgreSQL.
//!
//! Every statement is written once, with `$1 … $n`, against five kinds of value. Reads borrow a
//! connection from a small pool. Writes go through one writer thread, which gathers what is
//! waiting into one transaction (a savepoint each), calls the [`Finisher`] once, commits, and only
//! then answers: durable, and many to a single `fdatasync`. The writers of several processes take
//! turns, so a closure that looks and then writes is right on both engines; one that looked before
//! must look again. This crate knows nothing of data protection.

mod copy;
mod engine;
mod error;
mod mark;
mod migrate;
mod postgres_side;
mod sqlite_side;
mod tx;
mod value;
mod writer;

pub use copy::{Copied, copy_all};
pub use error::{DbError, Trouble};
pub use mark::Mark;
pub use migrate::Migration;
pub use sqlite_side::Key;
pub use tx::Tx;
pub use value::{Row, Value};
pub use writer::Finisher;

use std::path::PathBuf;
use std::sync::Arc;

use engine::Engine;

/// Where the office keeps its own data.
#[derive(Clone)]
pub enum Place {
    /// A file, encrypted with the key when there is one.
    Sqlite {
        /// The database file. Made when missing.
        path: PathBuf,
        /// 256-bit key; `None` keeps the file in the clear (tests and benchmarks only).
        key: Option<Key>,
    },
    /// A server, by URL: `postgres://user:secret@host/db?sslmode=require`.
    Postgres {
        /// The URL. Never printed.
        url: String,
    },
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite { path, .. } => write!(f, "SQLite {}", path.display()),
            Self::Postgres { .. } => write!(f, "PostgreSQL"),
        }
    }
}

/// An open database. Cheap to clone; all clones share one writer and one pool.
#[derive(Clone)]
pub struct Db {
    engine: Arc<Engine>,
    writer: Arc<writer::Writer>,
}

impl Db {
    /// Opens the database, checks the engine's version, and brings the tables up to date.
    ///
    /// # Errors
    /// A wrong or missing key, an unreachable server, a SQLite older than 3.51.3 (its WAL could
    /// corrupt the file), or a migration that was changed after it ran.
    pub fn open(
        place: &Place,
        migrations: &[Migration],
        finisher: Finisher,
    ) -> Result<Self, DbError> {
        let engine = Arc::new(Engine::open(place)?);
        migrate::run(&engine, migrations)?;
        let writer = Arc::new(writer::Writer::start(Arc::clone(&engine), finisher)?);
        Ok(Self { engine, writer })
    }

    /// Reads in one snapshot: every statement of the closure sees the same commits (SQLite: a
    /// deferred transaction; PostgreSQL: repeatable read, read only). It may not write.
    ///
    /// # Errors
    /// What the closure answers, or that the database could not be reached.
    pub fn read<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.engine.read(true, f)
    }

    /// Reads with a single statement, which needs no transaction to see one moment: spares
    /// PostgreSQL two journeys. For what is asked very often.
    ///
    /// # Errors
    /// As [`Db::read`]; a second statement is refused.
    pub fn read_one<T, E: From<DbError>>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.engine.read(false, f)
    }

    /// Writes: runs the closure inside the next group commit and answers after it is durable.
    /// Writers of all processes take turns, so what the closure reads stands until its commit.
    /// The closure may run more than once (a serialisation failure is retried), so it must not
    /// have effects outside the transaction.
    ///
    /// # Errors
    /// What the closure answers (nothing of it is kept then), or that the commit failed. A closure
    /// that answers well after one of its statements failed gets that statement's complaint.
    pub fn write<T, E>(
        &self,
        f: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.writer.write(f)
    }

    /// How many commits the writer has made so far. A commit is made durable once, however many
    /// writes share it.
    pub fn commits(&self) -> u64 {
        self.writer.commits()
    }

    /// A mark of all that any process has committed so far, taken without a lock or a read: while
    /// it stays the same, whatever is read is the same too. None where a read has to tell: on a
    /// server, or where the file's index can't be opened.
    pub fn mark(&self) -> Option<Mark> {
        self.engine.mark()
    }

    /// Which engine this is, in words: "SQLite 3.53.4, SQLCipher 4.19.0", "PostgreSQL 15.18".
    ///
    /// # Errors
    /// If the database can't be asked.
    pub fn describe(&self) -> Result<String, DbError> {
        self.engine.describe()
    }

    /// Writes a copy of a SQLite database, under the same key, to a path that must not exist.
    ///
    /// # Errors
    /// On PostgreSQL (use its own tools), or if the file can't be written.
    pub fn snapshot(&self, to: &std::path::Path) -> Result<(), DbError> {
        self.engine.snapshot(to)
    }

    /// Prepares a statement without running it: the house rules check every statement so.
    ///
    /// # Errors
    /// The engine's complaint about the statement.
    pub fn prepare_only(&self, sql: &str) -> Result<(), DbError> {
        self.read(|tx| tx.prepare_only(sql))
    }
}

/// Binds values in order: `bind![id, day, None::<String>]`.
#[macro_export]
macro_rules! bind {
    ($($v:expr),* $(,)?) => { &[$($crate::Value::from($v)),*][..] };
}
