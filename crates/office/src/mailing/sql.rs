//! Every statement on mailing.

use candour_db::{DbError, Tx, bind};
use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::kit::{jobs, new_id};
use crate::proof::By;

/// Announces changes to every hook that listens for them, in the transaction of the change. An
/// announcement carries the id of the thing, nothing personal.
pub fn announce(tx: &mut Tx<'_>, by: &By, event: &'static str, about: &[String]) -> Result<()> {
    if about.is_empty() {
        return Ok(());
    }
    let hooks: Vec<(String, String)> = tx.rows(
        "SELECT id, events FROM hooks WHERE org = $1 AND ended_at IS NULL",
        bind![by.org.as_str()],
        |r| Ok::<_, candour_db::DbError>((r.text("id")?, r.text("events")?)),
    )?;
    let listens = |(_, events): &&(String, String)| events.split(' ').any(|e| e == event);
    for (hook, _) in hooks.iter().filter(listens) {
        for thing in about {
            let id = new_id(by.now);
            tx.exec(
                "INSERT INTO hook_calls (id, org, hook, event, about, state, tries, made_at)
                 VALUES ($1, $2, $3, $4, $5, 'waiting', 0, $6)",
                bind![id.as_str(), by.org.as_str(), hook.as_str(), event, thing.as_str(), by.now],
            )?;
            jobs::queue(tx, &by.org, "hook", &id, by.now)?;
        }
    }
    Ok(())
}

/// A program that may ask and tell.
#[derive(Debug, Clone)]
pub struct Mailer {
    /// Id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// SHA-256 of its token.
    pub token: [u8; 32],
    /// Let in.
    pub made: Timestamp,
    /// Shut out.
    pub ended: Option<Timestamp>,
}

/// Keeps a program.
pub fn insert_mailer(
    tx: &mut Tx<'_>,
    org: &str,
    id: &str,
    title: &str,
    token: [u8; 32],
    now: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO mailers (id, org, title, token, made_at) VALUES ($1, $2, $3, $4, $5)",
        bind![id, org, title, token, now],
    )?;
    Ok(())
}

/// Shuts a program out.
pub fn end_mailer(tx: &mut Tx<'_>, org: &str, id: &str, now: Timestamp) -> Result<()> {
    let n = tx.exec(
        "UPDATE mailers SET ended_at = $3 WHERE org = $1 AND id = $2 AND ended_at IS NULL",
        bind![org, id, now],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::NotFound("the program")) }
}

/// Every program, also those shut out, latest first.
pub fn mailers(tx: &mut Tx<'_>, org: &str) -> Result<Vec<Mailer>> {
    Ok(tx.rows(
        "SELECT id, title, token, made_at, ended_at FROM mailers WHERE org = $1
         ORDER BY made_at DESC, id DESC",
        bind![org],
        |r| {
            Ok::<_, DbError>(Mailer {
                id: r.text("id")?,
                title: r.text("title")?,
                token: <[u8; 32]>::try_from(r.bytes("token")?.as_slice()).unwrap_or_default(),
                made: r.instant("made_at")?,
                ended: r.instant_opt("ended_at")?,
            })
        },
    )?)
}

/// An answer kept: hash of the request's body, status, the answer, sealed.
pub type KeptAnswer = (Vec<u8>, i64, Vec<u8>);

/// The answer kept for a repeated request: hash of its body, status, sealed answer.
pub fn kept_answer(
    tx: &mut Tx<'_>,
    org: &str,
    mailer: &str,
    key: [u8; 32],
) -> Result<Option<KeptAnswer>> {
    Ok(tx.row(
        "SELECT body_sha256, status, sealed FROM idempotent_answers
         WHERE org = $1 AND mailer = $2 AND key = $3",
        bind![org, mailer, key],
        |r| Ok::<_, DbError>((r.bytes("body_sha256")?, r.int("status")?, r.bytes("sealed")?)),
    )?)
}

/// Keeps the answer to a request that may be repeated; `false` if one is kept already.
#[expect(clippy::too_many_arguments, reason = "one row")]
pub fn keep_answer(
    tx: &mut Tx<'_>,
    org: &str,
    mailer: &str,
    key: [u8; 32],
    body: [u8; 32],
    status: i64,
    sealed: Vec<u8>,
    now: Timestamp,
) -> Result<bool> {
    let n = tx.exec(
        "INSERT INTO idempotent_answers (org, mailer, key, body_sha256, status, sealed, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (org, mailer, key) DO NOTHING",
        bind![org, mailer, key, body, status, sealed, now],
    )?;
    Ok(n == 1)
}

/// Keeps an answer, in the place of one that is kept already.
#[expect(clippy::too_many_arguments, reason = "one row")]
pub fn set_answer(
    tx: &mut Tx<'_>,
    org: &str,
    mailer: &str,
    key: [u8; 32],
    body: [u8; 32],
    status: i64,
    sealed: Vec<u8>,
    now: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO idempotent_answers (org, mailer, key, body_sha256, status, sealed, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (org, mailer, key) DO UPDATE SET status = $5, sealed = $6",
        bind![org, mailer, key, body, status, sealed, now],
    )?;
    Ok(())
}

/// Puts another answer in the place of the one that is kept.
pub fn complete_answer(
    tx: &mut Tx<'_>,
    org: &str,
    mailer: &str,
    key: [u8; 32],
    sealed: Vec<u8>,
) -> Result<()> {
    tx.exec(
        "UPDATE idempotent_answers SET sealed = $4 WHERE org = $1 AND mailer = $2 AND key = $3",
        bind![org, mailer, key, sealed],
    )?;
    Ok(())
}

/// Forgets answers kept before a moment.
pub fn sweep_answers(tx: &mut Tx<'_>, org: &str, before: Timestamp) -> Result<()> {
    tx.exec("DELETE FROM idempotent_answers WHERE org = $1 AND made_at < $2", bind![org, before])?;
    Ok(())
}
