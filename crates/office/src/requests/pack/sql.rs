//! Every statement on packs.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;

use crate::error::{Error, Result};

/// A pack, as kept.
#[derive(Debug, Clone)]
pub struct PackRow {
    /// Id.
    pub id: String,
    /// From 1, within the case.
    pub number: u64,
    /// Nothing waits for a decision, every holding has answered or is set aside.
    pub complete: bool,
    /// Items that wait for a decision and are not in it.
    pub left_out: u64,
    /// Items in it.
    pub items: u64,
    /// The sealed ZIP.
    pub blob: String,
    /// SHA-256 of the ZIP.
    pub sha256: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// The gate's check sheet, JSON.
    pub gate: String,
    /// When it was built.
    pub made: Timestamp,
    /// When the person fetched it.
    pub fetched: Option<Timestamp>,
}

fn pack(r: &Row<'_>) -> std::result::Result<PackRow, DbError> {
    Ok(PackRow {
        id: r.text("id")?,
        number: r.count("number")?,
        complete: r.bool("complete")?,
        left_out: r.count("left_out")?,
        items: r.count("items")?,
        blob: r.text("blob")?,
        sha256: r.text("sha256")?,
        bytes: r.count("bytes")?,
        gate: r.text("gate")?,
        made: r.instant("made_at")?,
        fetched: r.instant_opt("fetched_at")?,
    })
}

/// Keeps a finished pack of a case.
pub fn insert_pack(tx: &mut Tx<'_>, org: &str, case: &str, p: &PackRow) -> Result<()> {
    tx.exec(
        "INSERT INTO packs (id, org, case_id, number, complete, left_out, items, blob, sha256,
                            bytes, gate, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        bind![
            p.id.as_str(),
            org,
            case,
            p.number,
            p.complete,
            p.left_out,
            p.items,
            p.blob.as_str(),
            p.sha256.as_str(),
            p.bytes,
            p.gate.as_str(),
            p.made
        ],
    )?;
    Ok(())
}

/// The packs of a case, newest first.
pub fn packs(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<Vec<PackRow>> {
    Ok(tx.rows(
        "SELECT id, number, complete, left_out, items, blob, sha256, bytes, gate, made_at,
                fetched_at
         FROM packs WHERE org = $1 AND case_id = $2 ORDER BY number DESC",
        bind![org, case],
        pack,
    )?)
}

/// A pack by its id, with the id of its case.
pub fn a_pack(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<(PackRow, String)> {
    tx.row(
        "SELECT id, case_id, number, complete, left_out, items, blob, sha256, bytes, gate,
                made_at, fetched_at
         FROM packs WHERE org = $1 AND id = $2",
        bind![org, id],
        |r| Ok::<_, DbError>((pack(r)?, r.text("case_id")?)),
    )?
    .ok_or(Error::NotFound("the pack"))
}

/// Notes when a pack was last fetched by its link.
pub fn fetched(tx: &mut Tx<'_>, org: &str, id: &str, now: Timestamp) -> Result<()> {
    tx.exec("UPDATE packs SET fetched_at = $3 WHERE org = $1 AND id = $2", bind![org, id, now])?;
    Ok(())
}
