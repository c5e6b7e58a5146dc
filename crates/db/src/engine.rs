//! The two engines behind one face: a writer's connection, and a pool for readers.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

use crate::mark::{Index, Mark};
use crate::postgres_side::{self, Conn, Speak as _};
use crate::sqlite_side::{self, Key};
use crate::tx::{Side, Tx};
use crate::{DbError, Place, Trouble};

/// Connections kept for readers between uses. More are opened when more read at once.
const KEPT: usize = 8;

pub(crate) enum Engine {
    Sqlite { path: PathBuf, key: Option<Key>, idle: Mutex<Vec<Connection>>, index: Option<Index> },
    Postgres { url: String, idle: Mutex<Vec<Conn>> },
}

/// A connection of one's own: the writer's.
pub(crate) enum Own {
    Sqlite(Connection),
    Postgres(Box<Conn>),
}

impl Own {
    pub(crate) fn tx(&mut self) -> Tx<'_> {
        Tx::new(match self {
            Self::Sqlite(c) => Side::Sqlite(c),
            Self::Postgres(c) => Side::Postgres(&mut **c),
        })
    }

    /// Writers take turns on both engines: what a closure has looked at stays so until its commit,
    /// whichever process decides meanwhile. SQLite has one write lock; on PostgreSQL it is the lock
    /// of one row that is always there, which every engine that speaks its protocol has. It goes
    /// with the statement that begins, so it costs no journey, and each statement after it sees
    /// what was committed before. A process that is halted half-way
    /// loses its turn and runs the batch again.
    pub(crate) fn begin(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => {
                "BEGIN ISOLATION LEVEL READ COMMITTED;
                 SET LOCAL idle_in_transaction_session_timeout = '60s';
                 SELECT name FROM migrations ORDER BY name LIMIT 1 FOR UPDATE"
            }
        }
    }

    pub(crate) fn lost(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(c) => c.lost(),
        }
    }
}

fn take<T>(idle: &Mutex<Vec<T>>) -> Option<T> {
    idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn give<T>(idle: &Mutex<Vec<T>>, c: T) {
    let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
    if idle.len() < KEPT {
        idle.push(c);
    }
}

impl Engine {
    pub(crate) fn open(place: &Place) -> Result<Self, DbError> {
        // The first connection is opened at once: a wrong key or URL must show at start-up.
        Ok(match place {
            Place::Sqlite { path, key } => {
                let first = sqlite_side::open(path, key.as_ref())?;
                // The first read makes the index. Without it there are no marks, and whoever wants
                // one reads instead.
                sqlite_side::touch(&first)?;
                let index = Index::open(first, path).ok();
                let idle = Mutex::default();
                Self::Sqlite { path: path.clone(), key: key.clone(), idle, index }
            }
            Place::Postgres { url } => {
                let idle = Mutex::new(vec![postgres_side::open(url)?]);
                Self::Postgres { url: url.clone(), idle }
            }
        })
    }

    pub(crate) fn mark(&self) -> Option<Mark> {
        match self {
            Self::Sqlite { index, .. } => index.as_ref()?.mark(),
            Self::Postgres { .. } => None,
        }
    }

    pub(crate) fn own(&self) -> Result<Own, DbError> {
        Ok(match self {
            Self::Sqlite { path, key, .. } => {
                let c = sqlite_side::open(path, key.as_ref())?;
                sqlite_side::keep_pages(&c)?;
                Own::Sqlite(c)
            }
            Self::Postgres { url, .. } => Own::Postgres(Box::new(postgres_side::open(url)?)),
        })
    }

    /// Runs a reading closure in one snapshot, or in none when it says it has one statement.
    pub(crate) fn read<T, E: From<DbError>>(
        &self,
        snapshot: bool,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        match self {
            Self::Sqlite { path, key, idle, .. } => {
                let c = match take(idle) {
                    Some(c) => c,
                    None => sqlite_side::open(path, key.as_ref())?,
                };
                if snapshot {
                    sqlite_side::exec(&c, "BEGIN DEFERRED", &[])?;
                }
                let out = f(&mut Tx::reading(Side::Sqlite(&c), snapshot));
                // A connection that does not come out of its transaction is not used again.
                if !snapshot || sqlite_side::exec(&c, "COMMIT", &[]).is_ok() {
                    give(idle, c);
                }
                out
            }
            Self::Postgres { url, idle } => {
                let mut c = Self::fresh(url, idle, snapshot)?;
                let out = f(&mut Tx::reading(Side::Postgres(&mut c), snapshot));
                let ended = !snapshot || c.batch("COMMIT").is_ok();
                if ended && !c.lost() {
                    give(idle, c);
                }
                out
            }
        }
    }

    /// A connection from the pool that still answers, or a new one; inside its snapshot if one is
    /// wanted.
    fn fresh(url: &str, idle: &Mutex<Vec<Conn>>, snapshot: bool) -> Result<Conn, DbError> {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        while let Some(mut c) = take(idle) {
            if c.lost() {
                continue;
            }
            // A connection that died unseen shows here, before the closure has run.
            if !snapshot || c.batch(BEGIN).is_ok() {
                return Ok(c);
            }
        }
        let mut c = postgres_side::open(url)?;
        if snapshot {
            c.batch(BEGIN)?;
        }
        Ok(c)
    }

    pub(crate) fn describe(&self) -> Result<String, DbError> {
        self.read(false, |tx| match self {
            Self::Sqlite { key, .. } => {
                let v = tx.row("SELECT sqlite_version() AS v", &[], |r| r.text("v"))?;
                let cipher = if key.is_some() { "encrypted" } else { "not encrypted" };
                Ok(format!("SQLite {}, {cipher}", v.unwrap_or_default()))
            }
            Self::Postgres { .. } => {
                let v =
                    tx.row("SELECT current_setting('server_version') AS v", &[], |r| r.text("v"))?;
                Ok(format!("PostgreSQL {}", v.unwrap_or_default()))
            }
        })
    }

    pub(crate) fn snapshot(&self, to: &Path) -> Result<(), DbError> {
        let Self::Sqlite { path, key, .. } = self else {
            return Err(DbError::new(
                Trouble::Other,
                "this office keeps its data in PostgreSQL: back it up with pg_dump",
            ));
        };
        let c = sqlite_side::open(path, key.as_ref())?;
        c.execute("VACUUM INTO ?1", [to.to_string_lossy()])?;
        Ok(())
    }
}
