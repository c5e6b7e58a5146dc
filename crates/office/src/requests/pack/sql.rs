//! Every statement on packs, and on their handing over.

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

impl PackRow {
    /// Whether it could go out as a part: it holds something, is not whole, and has not gone yet.
    pub fn is_part(&self, out: &[Handover]) -> bool {
        !self.complete && self.items > 0 && out.iter().all(|h| h.pack != self.id)
    }
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

/// A pack by its id.
pub fn a_pack(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<PackRow> {
    tx.row(
        "SELECT id, number, complete, left_out, items, blob, sha256, bytes, gate, made_at,
                fetched_at
         FROM packs WHERE org = $1 AND id = $2",
        bind![org, id],
        pack,
    )?
    .ok_or(Error::NotFound("the pack"))
}

/// Notes when a pack was last fetched by a link; false if the link has ended.
pub fn fetched(tx: &mut Tx<'_>, org: &str, h: &Handover, now: Timestamp) -> Result<bool> {
    let open = tx.exec(
        "UPDATE handovers SET fetched_at = $3 WHERE org = $1 AND id = $2 AND ended_at IS NULL",
        bind![org, h.id.as_str(), now],
    )? == 1;
    if open {
        let of = bind![org, h.pack.as_str(), now];
        tx.exec("UPDATE packs SET fetched_at = $3 WHERE org = $1 AND id = $2", of)?;
    }
    Ok(open)
}

/// A pack that was handed over.
#[derive(Debug, Clone)]
pub struct Handover {
    /// Id: what its links are about.
    pub id: String,
    /// Case.
    pub case: String,
    /// Pack.
    pub pack: String,
    /// Hash of the code that opens it; none by post.
    pub code: Option<Vec<u8>>,
    /// Wrong answers so far.
    pub tries: u64,
    /// When it was handed over.
    pub made: Timestamp,
    /// When its link runs out; none by post.
    pub ends: Option<Timestamp>,
    /// When the person was reminded.
    pub reminded: Option<Timestamp>,
    /// When it was last fetched.
    pub fetched: Option<Timestamp>,
    /// When it was locked, taken back, replaced, or ran out.
    pub ended: Option<Timestamp>,
    /// Which of these: `locked`, `revoked`, `replaced`, `over`.
    pub ended_why: Option<String>,
}

fn handover(r: &Row<'_>) -> std::result::Result<Handover, DbError> {
    Ok(Handover {
        id: r.text("id")?,
        case: r.text("case_id")?,
        pack: r.text("pack_id")?,
        code: r.bytes_opt("code")?,
        tries: r.count("tries")?,
        made: r.instant("made_at")?,
        ends: r.instant_opt("ends_at")?,
        reminded: r.instant_opt("reminded_at")?,
        fetched: r.instant_opt("fetched_at")?,
        ended: r.instant_opt("ended_at")?,
        ended_why: r.text_opt("ended_why")?,
    })
}

/// Keeps a handover.
pub fn insert_handover(tx: &mut Tx<'_>, org: &str, h: &Handover) -> Result<()> {
    tx.exec(
        "INSERT INTO handovers (id, org, case_id, pack_id, code, tries, made_at, ends_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7)",
        bind![h.id.as_str(), org, h.case.as_str(), h.pack.as_str(), h.code.clone(), h.made, h.ends],
    )?;
    Ok(())
}

/// A handover by its id.
pub fn a_handover(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Handover> {
    tx.row(
        "SELECT id, case_id, pack_id, code, tries, made_at, ends_at, reminded_at, fetched_at,
                ended_at, ended_why
         FROM handovers WHERE org = $1 AND id = $2",
        bind![org, id],
        handover,
    )?
    .ok_or(Error::NotFound("the link"))
}

/// The handovers of a case, oldest first.
pub fn handovers(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<Vec<Handover>> {
    Ok(tx.rows(
        "SELECT id, case_id, pack_id, code, tries, made_at, ends_at, reminded_at, fetched_at,
                ended_at, ended_why
         FROM handovers WHERE org = $1 AND case_id = $2 ORDER BY made_at, id",
        bind![org, case],
        handover,
    )?)
}

/// Links that are open and run out by the given moment.
pub fn open_links(tx: &mut Tx<'_>, org: &str, until: Timestamp) -> Result<Vec<Handover>> {
    Ok(tx.rows(
        "SELECT id, case_id, pack_id, code, tries, made_at, ends_at, reminded_at, fetched_at,
                ended_at, ended_why
         FROM handovers WHERE org = $1 AND ended_at IS NULL AND ends_at <= $2
         ORDER BY ends_at, id",
        bind![org, until],
        handover,
    )?)
}

/// Counts a wrong answer, and answers how many there were.
pub fn wrong_try(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<u64> {
    tx.exec("UPDATE handovers SET tries = tries + 1 WHERE org = $1 AND id = $2", bind![org, id])?;
    Ok(a_handover(tx, org, id)?.tries)
}

/// Notes that the person is reminded of a link; false if it was used, has ended, or they were
/// reminded before.
pub fn reminded(tx: &mut Tx<'_>, org: &str, id: &str, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE handovers SET reminded_at = $3
         WHERE org = $1 AND id = $2
           AND reminded_at IS NULL AND fetched_at IS NULL AND ended_at IS NULL",
        bind![org, id, now],
    )? == 1)
}

/// Ends a link: its code is forgotten.
pub fn end_handover(
    tx: &mut Tx<'_>,
    org: &str,
    id: &str,
    why: &str,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE handovers SET ended_at = $3, ended_why = $4, code = NULL
         WHERE org = $1 AND id = $2 AND ended_at IS NULL",
        bind![org, id, now, why],
    )? == 1)
}
