//! Every statement on organisations and charters.

use candour_db::{DbError, Tx, bind};
use jiff::Timestamp;

use crate::error::Result;

/// Keeps a new organisation under its short name.
pub fn insert_org(tx: &mut Tx<'_>, id: &str, short: &str, now: Timestamp) -> Result<()> {
    tx.exec(
        "INSERT INTO organisations (id, short, made_at) VALUES ($1, $2, $3)",
        bind![id, short, now],
    )?;
    Ok(())
}

/// Every organisation: id and short name.
///
/// # Errors
/// Of the database.
pub fn orgs(tx: &mut Tx<'_>) -> Result<Vec<(String, String)>> {
    Ok(tx.rows("SELECT id, short FROM organisations ORDER BY made_at, id", &[], |r| {
        Ok::<_, DbError>((r.text("id")?, r.text("short")?))
    })?)
}

/// The organisation of a short name.
///
/// # Errors
/// Of the database.
pub fn by_short(tx: &mut Tx<'_>, short: &str) -> Result<Option<String>> {
    Ok(tx.row("SELECT id FROM organisations WHERE short = $1", bind![short], |r| r.text("id"))?)
}

/// The newest charter of an organisation with its version, if it has one.
pub fn latest(tx: &mut Tx<'_>, org: &str) -> Result<Option<(i64, String)>> {
    Ok(tx.row(
        "SELECT version, toml FROM charters WHERE org = $1 ORDER BY version DESC LIMIT 1",
        bind![org],
        |r| Ok::<_, DbError>((r.int("version")?, r.text("toml")?)),
    )?)
}

/// Keeps a version of a charter, as the text that was set.
pub fn insert(
    tx: &mut Tx<'_>,
    org: &str,
    version: i64,
    toml: &str,
    now: Timestamp,
    by: &str,
) -> Result<()> {
    tx.exec(
        "INSERT INTO charters (org, version, toml, set_at, set_by) VALUES ($1, $2, $3, $4, $5)",
        bind![org, version, toml, now, by],
    )?;
    Ok(())
}

/// The version in force; 0 when there is none.
pub fn latest_version(tx: &mut Tx<'_>, org: &str) -> Result<i64> {
    let found = tx.row(
        "SELECT version FROM charters WHERE org = $1 ORDER BY version DESC LIMIT 1",
        bind![org],
        |r| r.int("version"),
    )?;
    Ok(found.unwrap_or(0))
}
