//! Every statement on certificates.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;

use super::Certified;
use crate::error::{Error, Result};

/// Keeps a certificate.
pub fn insert(tx: &mut Tx<'_>, org: &str, c: &Certified, now: Timestamp) -> Result<()> {
    tx.exec(
        "INSERT INTO certificates (id, org, channel, class, purpose, on_date, valid_until,
                                   allowed_sha256, body, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        bind![
            c.id.as_str(),
            org,
            c.channel.as_str(),
            c.class.as_str(),
            c.purpose.as_str(),
            c.on,
            c.valid_until,
            c.allowed_sha256.as_str(),
            c.body.as_str(),
            c.made_by.as_str(),
            now
        ],
    )?;
    Ok(())
}

fn certificate(r: &Row<'_>) -> std::result::Result<Certified, DbError> {
    Ok(Certified {
        id: r.text("id")?,
        channel: r.text("channel")?,
        class: r.text("class")?,
        purpose: r.text("purpose")?,
        on: r.date("on_date")?,
        valid_until: r.date("valid_until")?,
        allowed_sha256: r.text("allowed_sha256")?,
        body: r.text("body")?,
        made_by: r.text("made_by")?,
    })
}

/// The latest certificates.
pub fn latest(tx: &mut Tx<'_>, org: &str, limit: u64) -> Result<Vec<Certified>> {
    Ok(tx.rows(
        "SELECT id, channel, class, purpose, on_date, valid_until, allowed_sha256, body, made_by
         FROM certificates WHERE org = $1 ORDER BY made_at DESC, id DESC LIMIT $2",
        bind![org, limit],
        certificate,
    )?)
}

/// One certificate.
pub fn by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Certified> {
    tx.row(
        "SELECT id, channel, class, purpose, on_date, valid_until, allowed_sha256, body, made_by
         FROM certificates WHERE org = $1 AND id = $2",
        bind![org, id],
        certificate,
    )?
    .ok_or(Error::NotFound("the certificate"))
}

/// The latest certificate for a file of allowed rows.
pub fn by_file(tx: &mut Tx<'_>, org: &str, sha256: &str) -> Result<Option<Certified>> {
    Ok(tx.row(
        "SELECT id, channel, class, purpose, on_date, valid_until, allowed_sha256, body, made_by
         FROM certificates WHERE org = $1 AND allowed_sha256 = $2
         ORDER BY made_at DESC, id DESC LIMIT 1",
        bind![org, sha256],
        certificate,
    )?)
}
