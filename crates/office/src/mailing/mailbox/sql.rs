//! Every statement on the mailbox.

use candour_db::{DbError, Tx, bind};
use jiff::Timestamp;

use crate::error::Result;

/// Notes a look: how many messages wait aside, or what went wrong.
pub fn looked(
    tx: &mut Tx<'_>,
    org: &str,
    at: Timestamp,
    aside: Option<u64>,
    trouble: Option<&str>,
) -> Result<()> {
    tx.exec(
        "INSERT INTO mailbox_state (org, looked_at, aside, trouble) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org) DO UPDATE SET looked_at = $2, trouble = $4",
        bind![org, at, aside.unwrap_or(0), trouble],
    )?;
    if let Some(n) = aside {
        tx.exec("UPDATE mailbox_state SET aside = $2 WHERE org = $1", bind![org, n])?;
    }
    Ok(())
}

/// How many messages wait aside, and what went wrong at the last look.
pub fn state(tx: &mut Tx<'_>, org: &str) -> Result<Option<(u64, Option<String>)>> {
    Ok(tx.row("SELECT aside, trouble FROM mailbox_state WHERE org = $1", bind![org], |r| {
        Ok::<_, DbError>((r.count("aside")?, r.text_opt("trouble")?))
    })?)
}
