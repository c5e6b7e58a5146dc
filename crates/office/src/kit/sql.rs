//! Every statement on the kit's tables.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::kit::new_id;

pub use super::post::sql::{a_letter, letter_state, letters_of};

// Keys.

/// Keeps a wrapped key for a scope.
pub fn insert_key(
    tx: &mut Tx<'_>,
    id: &str,
    org: &str,
    scope: &str,
    wrapped: Vec<u8>,
    now: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO vault_keys (id, org, scope, wrapped, made_at) VALUES ($1, $2, $3, $4, $5)",
        bind![id, org, scope, wrapped, now],
    )?;
    Ok(())
}

/// The oldest key of a scope that has not been shredded.
pub fn key_of_scope(tx: &mut Tx<'_>, org: &str, scope: &str) -> Result<Option<String>> {
    Ok(tx.row(
        "SELECT id FROM vault_keys WHERE org = $1 AND scope = $2 AND wrapped IS NOT NULL
         ORDER BY id LIMIT 1",
        bind![org, scope],
        |r| r.text("id"),
    )?)
}

/// A key as it is kept, or nothing where it was shredded.
pub fn wrapped_key(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Option<Vec<u8>>> {
    tx.row("SELECT wrapped FROM vault_keys WHERE org = $1 AND id = $2", bind![org, id], |r| {
        r.bytes_opt("wrapped")
    })?
    .ok_or(Error::NotFound("the key"))
}

/// Destroys a key; one that is gone already is not found.
pub fn shred_key(tx: &mut Tx<'_>, org: &str, id: &str, now: Timestamp) -> Result<()> {
    let n = tx.exec(
        "UPDATE vault_keys SET wrapped = NULL, shredded_at = $3 WHERE org = $1 AND id = $2
         AND wrapped IS NOT NULL",
        bind![org, id, now],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::NotFound("the key")) }
}

// Blobs.

/// Begins a blob that is not finished.
pub fn insert_blob(
    tx: &mut Tx<'_>,
    id: &str,
    org: &str,
    key: &str,
    purpose: &str,
    now: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO blobs (id, org, key_id, purpose, bytes, chunks, done, made_at)
         VALUES ($1, $2, $3, $4, 0, 0, $6, $5)",
        bind![id, org, key, purpose, now, false],
    )?;
    Ok(())
}

/// Keeps one sealed chunk of a blob.
pub fn insert_chunk(tx: &mut Tx<'_>, blob: &str, n: u64, sealed: &[u8]) -> Result<()> {
    tx.exec(
        "INSERT INTO blob_chunks (blob, n, sealed) VALUES ($1, $2, $3)",
        bind![blob, n, sealed],
    )?;
    Ok(())
}

/// Marks a blob as finished, with its bytes before compression and its chunks.
pub fn finish_blob(tx: &mut Tx<'_>, blob: &str, bytes: u64, chunks: u64) -> Result<()> {
    tx.exec(
        "UPDATE blobs SET bytes = $2, chunks = $3, done = $4 WHERE id = $1",
        bind![blob, bytes, chunks, true],
    )?;
    Ok(())
}

/// A finished blob.
pub struct BlobRow {
    /// The key that seals it.
    pub key: String,
    /// How many chunks it has.
    pub chunks: u64,
    /// Its size before compression, in bytes.
    pub bytes: u64,
}

/// A finished blob of the organisation.
pub fn blob(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<BlobRow> {
    tx.row(
        "SELECT key_id, chunks, bytes FROM blobs WHERE org = $1 AND id = $2 AND done = $3",
        bind![org, id, true],
        |r| {
            Ok::<_, DbError>(BlobRow {
                key: r.text("key_id")?,
                chunks: r.count("chunks")?,
                bytes: r.count("bytes")?,
            })
        },
    )?
    .ok_or(Error::NotFound("the file"))
}

/// One sealed chunk of a blob.
pub fn chunk(tx: &mut Tx<'_>, blob: &str, n: u64) -> Result<Vec<u8>> {
    tx.row("SELECT sealed FROM blob_chunks WHERE blob = $1 AND n = $2", bind![blob, n], |r| {
        r.bytes("sealed")
    })?
    .ok_or(Error::NotFound("a part of the file"))
}

/// Removes a blob and its chunks.
pub fn drop_blob(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<()> {
    tx.exec("DELETE FROM blobs WHERE org = $1 AND id = $2", bind![org, id])?;
    Ok(())
}

/// Blobs that a killed process left unfinished before `before`.
pub fn drop_unfinished(tx: &mut Tx<'_>, before: Timestamp) -> Result<u64> {
    Ok(tx.exec("DELETE FROM blobs WHERE done = $1 AND made_at < $2", bind![false, before])?)
}

// Numbers.

/// The next number of a series, without gaps inside one organisation.
pub fn next_number(tx: &mut Tx<'_>, org: &str, name: &str) -> Result<u64> {
    tx.row(
        "INSERT INTO counters (org, name, last) VALUES ($1, $2, 1)
         ON CONFLICT (org, name) DO UPDATE SET last = counters.last + 1 RETURNING last",
        bind![org, name],
        |r| r.count("last"),
    )?
    .ok_or_else(|| Error::fault("a counter gave no number"))
}

// Tries from outside.

/// Counts one more try of a mark until it `ends`, from one again when its time was over. Answers
/// how many there are now and when they are forgotten.
pub fn count_try(
    tx: &mut Tx<'_>,
    mark: [u8; 32],
    now: Timestamp,
    ends: Timestamp,
) -> Result<(u64, Timestamp)> {
    tx.row(
        "INSERT INTO tries (mark, n, ends_at) VALUES ($1, 1, $3)
         ON CONFLICT (mark) DO UPDATE SET
             n = CASE WHEN tries.ends_at <= $2 THEN 1 ELSE tries.n + 1 END,
             locked_until = CASE WHEN tries.ends_at <= $2 THEN NULL ELSE tries.locked_until END,
             ends_at = CASE WHEN tries.ends_at <= $2 THEN $3 ELSE tries.ends_at END
         RETURNING n, ends_at",
        bind![mark, now, ends],
        |r| Ok::<_, DbError>((r.count("n")?, r.instant("ends_at")?)),
    )?
    .ok_or_else(|| Error::fault("a try was not counted"))
}

/// Locks a mark, or only keeps it in memory for longer.
pub fn lock_try(
    tx: &mut Tx<'_>,
    mark: [u8; 32],
    until: Option<Timestamp>,
    ends: Timestamp,
) -> Result<()> {
    tx.exec(
        "UPDATE tries SET locked_until = $2, ends_at = $3 WHERE mark = $1",
        bind![mark, until, ends],
    )?;
    Ok(())
}

/// Takes back one try of a mark, and the lock that it set; one that another try set stays.
pub fn take_back_try(tx: &mut Tx<'_>, mark: [u8; 32], locked: Option<Timestamp>) -> Result<()> {
    tx.exec(
        "UPDATE tries SET n = n - 1,
             locked_until = CASE WHEN locked_until = $2 THEN NULL ELSE locked_until END
         WHERE mark = $1 AND n > 0",
        bind![mark, locked],
    )?;
    Ok(())
}

/// Until when a mark is locked, if it ever was.
pub fn locked_until(tx: &mut Tx<'_>, mark: [u8; 32]) -> Result<Option<Timestamp>> {
    let found = tx.row("SELECT locked_until FROM tries WHERE mark = $1", bind![mark], |r| {
        r.instant_opt("locked_until")
    })?;
    Ok(found.flatten())
}

/// Forgets the tries of one mark.
pub fn forget_try(tx: &mut Tx<'_>, mark: [u8; 32]) -> Result<()> {
    tx.exec("DELETE FROM tries WHERE mark = $1", bind![mark])?;
    Ok(())
}

/// How many marks are kept.
pub fn tries(tx: &mut Tx<'_>) -> Result<u64> {
    Ok(tx.count("SELECT count(*) AS n FROM tries", &[])?)
}

/// Forgets the marks whose time is over.
pub fn drop_old_tries(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    tx.exec("DELETE FROM tries WHERE ends_at <= $1", bind![now])?;
    Ok(())
}

/// Forgets `many` marks: first those that lock nothing, of these the ones that end soonest.
pub fn drop_tries(tx: &mut Tx<'_>, many: u64) -> Result<()> {
    tx.exec(
        "DELETE FROM tries WHERE mark IN (
             SELECT mark FROM tries ORDER BY locked_until IS NOT NULL, ends_at LIMIT $1)",
        bind![many],
    )?;
    Ok(())
}

// Links.

/// Keeps the hash of a one-time link with what it opens and until when.
pub fn insert_link(
    tx: &mut Tx<'_>,
    token: [u8; 32],
    org: &str,
    purpose: &str,
    about: &str,
    made: Timestamp,
    ends: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO links (token, org, purpose, about, made_at, ends_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        bind![token, org, purpose, about, made, ends],
    )?;
    Ok(())
}

/// A one-time link, as kept.
pub struct LinkRow {
    /// Whose.
    pub org: String,
    /// What it opens.
    pub about: String,
    /// When it stops working.
    pub ends: Timestamp,
    /// When it was used.
    pub used: Option<Timestamp>,
}

/// A link of this purpose by the hash of its token, used or not.
pub fn link(tx: &mut Tx<'_>, token: [u8; 32], purpose: &str) -> Result<Option<LinkRow>> {
    tx.row(
        "SELECT org, about, ends_at, used_at FROM links WHERE token = $1 AND purpose = $2",
        bind![token, purpose],
        |r| {
            Ok(LinkRow {
                org: r.text("org")?,
                about: r.text("about")?,
                ends: r.instant("ends_at")?,
                used: r.instant_opt("used_at")?,
            })
        },
    )
}

/// Uses a link up; false if that was done before.
pub fn use_link(tx: &mut Tx<'_>, token: [u8; 32], now: Timestamp) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE links SET used_at = $2 WHERE token = $1 AND used_at IS NULL",
        bind![token, now],
    )? == 1)
}

/// Removes every link of a purpose about a thing.
pub fn drop_links(tx: &mut Tx<'_>, org: &str, purpose: &str, about: &str) -> Result<()> {
    tx.exec(
        "DELETE FROM links WHERE org = $1 AND purpose = $2 AND about = $3",
        bind![org, purpose, about],
    )?;
    Ok(())
}

// Jobs.

/// A job that was claimed.
#[derive(Debug, Clone)]
pub struct JobRow {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org: String,
    /// Which kind, `search`.
    pub kind: String,
    /// About what, a case's id.
    pub about: String,
    /// How often it was claimed, with this time: tells one claim from the next.
    pub tries: i64,
}

fn job(r: &Row<'_>) -> std::result::Result<JobRow, DbError> {
    Ok(JobRow {
        id: r.text("id")?,
        org: r.text("org")?,
        kind: r.text("kind")?,
        about: r.text("about")?,
        tries: r.int("tries")?,
    })
}

/// Queues a job, unless one of its kind about the same thing waits; one that runs runs once more.
pub fn queue_job(
    tx: &mut Tx<'_>,
    id: &str,
    org: &str,
    kind: &str,
    about: &str,
    run_at: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO jobs (id, org, kind, about, state, run_at, lease_until, tries, made_at)
         VALUES ($1, $2, $3, $4, 'waiting', $5, 0, 0, $5)
         ON CONFLICT (org, kind, about) WHERE state IN ('waiting', 'running')
         DO UPDATE SET again_at = $5 WHERE jobs.state = 'running'",
        bind![id, org, kind, about, run_at],
    )?;
    Ok(())
}

/// Whether a job of this kind about this thing waits or runs.
pub fn a_job_is_open(tx: &mut Tx<'_>, org: &str, kind: &str, about: &str) -> Result<bool> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM jobs
         WHERE org = $1 AND kind = $2 AND about = $3 AND state IN ('waiting', 'running')",
        bind![org, kind, about],
    )? > 0)
}

/// Whether a job is due: a look without a lock, so that waiting costs no write.
pub fn a_job_is_due(tx: &mut Tx<'_>, now: Timestamp) -> std::result::Result<bool, DbError> {
    let n = tx.count(
        "SELECT count(*) AS n FROM (
             SELECT 1 AS one FROM jobs WHERE (state = 'waiting' AND run_at <= $1)
                OR (state = 'running' AND lease_until < $1) LIMIT 1) AS due",
        bind![now],
    )?;
    Ok(n > 0)
}

/// Takes the next due job, or one whose lease ran out because its process died.
pub fn claim_job(tx: &mut Tx<'_>, now: Timestamp, lease: Timestamp) -> Result<Option<JobRow>> {
    Ok(tx.row(
        "UPDATE jobs SET state = 'running', lease_until = $2, tries = tries + 1, again_at = NULL
         WHERE id = (SELECT id FROM jobs WHERE (state = 'waiting' AND run_at <= $1)
                     OR (state = 'running' AND lease_until < $1) ORDER BY run_at, id LIMIT 1)
           AND ((state = 'waiting' AND run_at <= $1) OR (state = 'running' AND lease_until < $1))
         RETURNING id, org, kind, about, tries",
        bind![now, lease],
        job,
    )?)
}

/// Prolongs the lease of a claimed job; false if the claim is over.
pub fn renew_job(tx: &mut Tx<'_>, job: &JobRow, lease: Timestamp) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND state = 'running' AND tries = $2",
        bind![job.id.as_str(), job.tries, lease],
    )? == 1)
}

/// Whether a claim stands: its lease may have run out, and another process have taken the job up.
pub fn holds_job(tx: &mut Tx<'_>, job: &JobRow) -> Result<bool> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM jobs WHERE id = $1 AND state = 'running' AND tries = $2",
        bind![job.id.as_str(), job.tries],
    )? == 1)
}

/// Ends a job: as done, or as failed with its trouble. One that was wanted again while it ran is
/// queued anew.
pub fn end_job(tx: &mut Tx<'_>, job: &JobRow, trouble: Option<&str>) -> Result<()> {
    let again = tx.row(
        "UPDATE jobs SET state = CASE WHEN CAST($2 AS TEXT) IS NULL THEN 'done' ELSE 'failed' END,
         trouble = $2 WHERE id = $1 RETURNING again_at",
        bind![job.id.as_str(), trouble],
        |r| r.instant_opt("again_at"),
    )?;
    match again.flatten() {
        Some(at) => queue_job(tx, &new_id(at), &job.org, &job.kind, &job.about, at),
        None => Ok(()),
    }
}

/// Puts a job back to be tried again later.
pub fn retry_job(tx: &mut Tx<'_>, id: &str, run_at: Timestamp, trouble: &str) -> Result<()> {
    tx.exec(
        "UPDATE jobs SET state = 'waiting', run_at = $2, trouble = $3 WHERE id = $1",
        bind![id, run_at, trouble],
    )?;
    Ok(())
}

/// Jobs that were given up.
pub fn failed_jobs(tx: &mut Tx<'_>) -> Result<u64> {
    Ok(tx.count("SELECT count(*) AS n FROM jobs WHERE state = 'failed'", &[])?)
}
