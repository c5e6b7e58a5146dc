//! Every statement on drafts: answers to the public form that are not sent yet.

use candour_db::{DbError, Tx, bind};
use jiff::Timestamp;

use crate::error::Result;

/// Keeps the answers of an unfinished public form.
pub fn put_draft(
    tx: &mut Tx<'_>,
    token: [u8; 32],
    org: &str,
    sealed: &[u8],
    ends: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO drafts (token, org, sealed, ends_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (token) DO UPDATE SET sealed = excluded.sealed, ends_at = excluded.ends_at",
        bind![token, org, sealed, ends],
    )?;
    Ok(())
}

/// The organisation and sealed answers of a draft that has not run out.
pub fn draft(
    tx: &mut Tx<'_>,
    token: [u8; 32],
    now: Timestamp,
) -> Result<Option<(String, Vec<u8>)>> {
    let sql = "SELECT org, sealed FROM drafts WHERE token = $1 AND ends_at > $2";
    Ok(tx.row(sql, bind![token, now], |r| Ok::<_, DbError>((r.text("org")?, r.bytes("sealed")?)))?)
}

/// Removes the drafts that have run out.
pub fn drop_old_drafts(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    tx.exec("DELETE FROM drafts WHERE ends_at < $1", bind![now])?;
    Ok(())
}
