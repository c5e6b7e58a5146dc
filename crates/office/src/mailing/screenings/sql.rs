//! Every statement on lists screened in the browser.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;

use super::{Done, Screening};
use crate::error::{Error, Result};

fn screening(r: &Row<'_>) -> std::result::Result<Screening, DbError> {
    Ok(Screening {
        id: r.text("id")?,
        done: r.text("state")? == "done",
        channel: r.text("channel")?,
        class: r.text("class")?,
        purpose: r.text("purpose")?,
        attested: r.text("attested")?,
        shape: r.text("shape")?,
        list: r.text_opt("list_blob")?,
        files: [
            r.text_opt("allowed_blob")?,
            r.text_opt("blocked_blob")?,
            r.text_opt("unreadable_blob")?,
        ],
        certificate: r.text_opt("certificate")?,
        proof: r.text_opt("proof")?,
        faults: r.text("faults")?,
        made: r.instant("made_at")?,
    })
}

/// Keeps an uploaded list.
pub fn insert(tx: &mut Tx<'_>, org: &str, s: &Screening, by: &str) -> Result<()> {
    tx.exec(
        "INSERT INTO screenings (id, org, state, channel, class, purpose, attested, shape,
                                 list_blob, faults, made_by, made_at)
         VALUES ($1, $2, 'uploaded', $3, $4, $5, $6, $7, $8, '', $9, $10)",
        bind![
            s.id.as_str(),
            org,
            s.channel.as_str(),
            s.class.as_str(),
            s.purpose.as_str(),
            s.attested.as_str(),
            s.shape.as_str(),
            s.list.clone(),
            by,
            s.made
        ],
    )?;
    Ok(())
}

/// Keeps what came of it.
pub fn finish(tx: &mut Tx<'_>, org: &str, id: &str, d: &Done) -> Result<()> {
    let [allowed, blocked, unreadable] = &d.files;
    let n = tx.exec(
        "UPDATE screenings SET state = 'done', list_blob = NULL, allowed_blob = $3,
                blocked_blob = $4, unreadable_blob = $5, certificate = $6, faults = $7
         WHERE org = $1 AND id = $2 AND state = 'uploaded'",
        bind![
            org,
            id,
            allowed.as_str(),
            blocked.as_str(),
            unreadable.as_str(),
            d.certificate.as_str(),
            d.faults.as_str()
        ],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Keeps the proof of a certificate.
pub fn set_proof(tx: &mut Tx<'_>, org: &str, id: &str, proof: Option<&str>) -> Result<()> {
    tx.exec("UPDATE screenings SET proof = $3 WHERE org = $1 AND id = $2", bind![org, id, proof])?;
    Ok(())
}

/// One screening.
pub fn by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Screening> {
    tx.row(
        "SELECT id, state, channel, class, purpose, attested, shape, list_blob, allowed_blob,
                blocked_blob, unreadable_blob, certificate, proof, faults, made_at
         FROM screenings WHERE org = $1 AND id = $2",
        bind![org, id],
        screening,
    )?
    .ok_or(Error::NotFound("the screening"))
}

/// The latest screenings.
pub fn latest(tx: &mut Tx<'_>, org: &str, limit: u64) -> Result<Vec<Screening>> {
    Ok(tx.rows(
        "SELECT id, state, channel, class, purpose, attested, shape, list_blob, allowed_blob,
                blocked_blob, unreadable_blob, certificate, proof, faults, made_at
         FROM screenings WHERE org = $1 ORDER BY made_at DESC, id DESC LIMIT $2",
        bind![org, limit],
        screening,
    )?)
}

/// Lists made before a moment: their blobs, to be dropped with them.
pub fn before(tx: &mut Tx<'_>, org: &str, at: Timestamp) -> Result<Vec<Screening>> {
    Ok(tx.rows(
        "SELECT id, state, channel, class, purpose, attested, shape, list_blob, allowed_blob,
                blocked_blob, unreadable_blob, certificate, proof, faults, made_at
         FROM screenings WHERE org = $1 AND made_at < $2",
        bind![org, at],
        screening,
    )?)
}

/// Forgets one; its certificate stays.
pub fn drop_one(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<()> {
    tx.exec("DELETE FROM screenings WHERE org = $1 AND id = $2", bind![org, id])?;
    Ok(())
}
