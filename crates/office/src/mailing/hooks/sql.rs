//! Every statement on hooks and their calls.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;
use serde::Serialize;

use crate::error::{Error, Result};

/// A hook as kept: its address and secret are sealed.
#[derive(Debug, Clone)]
pub struct HookRow {
    /// Id.
    pub id: String,
    /// The key that seals it.
    pub key: String,
    /// Sealed address and secret.
    pub sealed: Vec<u8>,
    /// The host, for lists.
    pub host: String,
    /// What it listens for, blanks between.
    pub events: String,
    /// Added.
    pub made: Timestamp,
    /// Ended.
    pub ended: Option<Timestamp>,
    /// What went wrong lately.
    pub trouble: Option<String>,
}

/// One call.
#[derive(Debug, Clone, Serialize)]
pub struct CallRow {
    /// Id; the receiver sees it as `webhook-id`.
    pub id: String,
    /// To which hook.
    pub hook: String,
    /// What is announced.
    pub event: String,
    /// The thing's id.
    pub about: String,
    /// `waiting`, `done`, `failed`.
    pub state: String,
    /// How often it was tried.
    pub tries: i64,
    /// How the last try ended, in our words.
    pub answer: Option<String>,
    /// When it came up.
    pub made: Timestamp,
    /// When it was over.
    pub done: Option<Timestamp>,
}

/// Keeps a hook.
pub fn insert(tx: &mut Tx<'_>, org: &str, h: &HookRow) -> Result<()> {
    tx.exec(
        "INSERT INTO hooks (id, org, key_id, sealed, host, events, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        bind![
            h.id.as_str(),
            org,
            h.key.as_str(),
            h.sealed.clone(),
            h.host.as_str(),
            h.events.as_str(),
            h.made
        ],
    )?;
    Ok(())
}

fn hook(r: &Row<'_>) -> std::result::Result<HookRow, DbError> {
    Ok(HookRow {
        id: r.text("id")?,
        key: r.text("key_id")?,
        sealed: r.bytes("sealed")?,
        host: r.text("host")?,
        events: r.text("events")?,
        made: r.instant("made_at")?,
        ended: r.instant_opt("ended_at")?,
        trouble: r.text_opt("trouble")?,
    })
}

/// Every hook, also those that ended, latest first.
pub fn all(tx: &mut Tx<'_>, org: &str) -> Result<Vec<HookRow>> {
    Ok(tx.rows(
        "SELECT id, key_id, sealed, host, events, made_at, ended_at, trouble FROM hooks
         WHERE org = $1 ORDER BY made_at DESC, id DESC",
        bind![org],
        hook,
    )?)
}

/// One hook.
pub fn one(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<HookRow> {
    tx.row(
        "SELECT id, key_id, sealed, host, events, made_at, ended_at, trouble FROM hooks
         WHERE org = $1 AND id = $2",
        bind![org, id],
        hook,
    )?
    .ok_or(Error::NotFound("the hook"))
}

/// Ends a hook; `false` if it had ended.
pub fn end(
    tx: &mut Tx<'_>,
    org: &str,
    id: &str,
    why: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE hooks SET ended_at = $3, trouble = $4
         WHERE org = $1 AND id = $2 AND ended_at IS NULL",
        bind![org, id, now, why],
    )? == 1)
}

/// Replaces what is sealed of a hook.
pub fn set_sealed(tx: &mut Tx<'_>, org: &str, id: &str, sealed: Vec<u8>) -> Result<()> {
    tx.exec(
        "UPDATE hooks SET sealed = $3 WHERE org = $1 AND id = $2 AND ended_at IS NULL",
        bind![org, id, sealed],
    )?;
    Ok(())
}

/// Notes what went wrong with a hook, or that all is well again.
pub fn set_trouble(tx: &mut Tx<'_>, org: &str, id: &str, why: Option<&str>) -> Result<()> {
    tx.exec(
        "UPDATE hooks SET trouble = $3 WHERE org = $1 AND id = $2 AND ended_at IS NULL",
        bind![org, id, why],
    )?;
    Ok(())
}

fn call(r: &Row<'_>) -> std::result::Result<CallRow, DbError> {
    Ok(CallRow {
        id: r.text("id")?,
        hook: r.text("hook")?,
        event: r.text("event")?,
        about: r.text("about")?,
        state: r.text("state")?,
        tries: r.int("tries")?,
        answer: r.text_opt("answer")?,
        made: r.instant("made_at")?,
        done: r.instant_opt("done_at")?,
    })
}

/// One call.
pub fn call_by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<CallRow> {
    tx.row(
        "SELECT id, hook, event, about, state, tries, answer, made_at, done_at FROM hook_calls
         WHERE org = $1 AND id = $2",
        bind![org, id],
        call,
    )?
    .ok_or(Error::NotFound("the call"))
}

/// The latest calls of a hook.
pub fn calls(tx: &mut Tx<'_>, org: &str, hook: &str, limit: u64) -> Result<Vec<CallRow>> {
    Ok(tx.rows(
        "SELECT id, hook, event, about, state, tries, answer, made_at, done_at FROM hook_calls
         WHERE org = $1 AND hook = $2 ORDER BY made_at DESC, id DESC LIMIT $3",
        bind![org, hook, limit],
        call,
    )?)
}

/// Notes how a try of a waiting call ended.
pub fn tried(
    tx: &mut Tx<'_>,
    org: &str,
    id: &str,
    state: &str,
    answer: &str,
    done: Option<Timestamp>,
) -> Result<()> {
    tx.exec(
        "UPDATE hook_calls SET state = $3, answer = $4, done_at = $5, tries = tries + 1
         WHERE org = $1 AND id = $2 AND state = 'waiting'",
        bind![org, id, state, answer, done],
    )?;
    Ok(())
}

/// Notes that no more tries are made; false if the call is over already.
pub fn give_up(tx: &mut Tx<'_>, org: &str, id: &str, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE hook_calls SET state = 'failed', done_at = $3
         WHERE org = $1 AND id = $2 AND state = 'waiting'",
        bind![org, id, now],
    )? == 1)
}

/// Sets a call that is over back to waiting.
pub fn again(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE hook_calls SET state = 'waiting', done_at = NULL
         WHERE org = $1 AND id = $2 AND state <> 'waiting'",
        bind![org, id],
    )? == 1)
}
