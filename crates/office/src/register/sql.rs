//! Every statement on the register's table.

use candour_db::{Tx, bind};
use jiff::Timestamp;

use crate::error::Result;

/// The newest version of every entry, by short name.
pub fn latest(tx: &mut Tx<'_>, org: &str) -> Result<Vec<String>> {
    Ok(tx.rows(
        "SELECT toml FROM activities WHERE org = $1 AND latest = $2 ORDER BY short",
        bind![org, true],
        |r| r.text("toml"),
    )?)
}

/// The newest version of an entry, 0 when there is none.
pub fn version(tx: &mut Tx<'_>, org: &str, short: &str) -> Result<i64> {
    Ok(tx
        .row(
            "SELECT version FROM activities WHERE org = $1 AND short = $2 AND latest = $3",
            bind![org, short, true],
            |r| r.int("version"),
        )?
        .unwrap_or(0))
}

/// Keeps a version of an entry as its newest.
pub fn insert(
    tx: &mut Tx<'_>,
    org: &str,
    short: &str,
    version: i64,
    toml: &str,
    now: Timestamp,
    by: &str,
) -> Result<()> {
    tx.exec(
        "UPDATE activities SET latest = $3 WHERE org = $1 AND short = $2",
        bind![org, short, false],
    )?;
    tx.exec(
        "INSERT INTO activities (org, short, version, toml, set_at, set_by, latest)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        bind![org, short, version, toml, now, by, true],
    )?;
    Ok(())
}
