//! One list of migrations for both engines, each run once and never changed afterwards.

use sha2::{Digest, Sha256};

use crate::engine::{Engine, Own};
use crate::{DbError, Trouble, Tx, Value};

/// One step of the tables' history. Its SQL is the same on both engines.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// File name without its ending, `0001_house`. Steps run in the order of the list.
    pub name: &'static str,
    /// The statements.
    pub sql: &'static str,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (
    name TEXT PRIMARY KEY, checksum TEXT NOT NULL)";

pub(crate) fn run(engine: &Engine, migrations: &[Migration]) -> Result<(), DbError> {
    let mut own = engine.own()?;
    // Two processes may start at once on one server; the loser of a race looks again.
    let mut tries = 0;
    loop {
        match all(&mut own, migrations) {
            Err(e) if tries < 20 && matches!(e.trouble, Trouble::Constraint | Trouble::Retry) => {
                let _ = own.tx().batch("ROLLBACK");
                tries += 1;
            }
            other => return other,
        }
    }
}

fn all(own: &mut Own, migrations: &[Migration]) -> Result<(), DbError> {
    // Of two that make the table at the same moment PostgreSQL tells one that it, or the type of
    // its name, is there already, IF NOT EXISTS or not. Then it can be read.
    if let Err(e) = own.tx().batch(TABLE)
        && ran(&mut own.tx(), "").is_err()
    {
        return Err(e);
    }
    for m in migrations {
        let sum = hex::encode(Sha256::digest(m.sql.as_bytes()));
        let begin = own.begin();
        let mut tx = own.tx();
        match ran(&mut tx, m.name)? {
            Some(then) if then == sum => continue,
            Some(_) => {
                return Err(DbError::new(
                    Trouble::Other,
                    format!("migration {} was changed after it ran; add a new one", m.name),
                ));
            }
            None => {}
        }
        tx.batch(begin)?;
        // The row goes in first: a second process waits here, then sees it taken.
        tx.exec(
            "INSERT INTO migrations (name, checksum) VALUES ($1, $2)",
            &[Value::from(m.name), Value::from(sum)],
        )?;
        tx.batch(m.sql)?;
        tx.batch("COMMIT")?;
    }
    Ok(())
}

fn ran(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, DbError> {
    tx.row("SELECT checksum FROM migrations WHERE name = $1", &[Value::from(name)], |r| {
        r.text("checksum")
    })
}
