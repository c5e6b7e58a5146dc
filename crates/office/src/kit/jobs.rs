//! Jobs: what happens by itself. Queued in the transaction of the act that wants it, claimed with
//! a lease by whichever process comes first, run again if that process dies.

use candour_db::Tx;
use jiff::{SignedDuration, Timestamp};

use crate::error::Result;
pub use crate::kit::sql::JobRow as Job;
use crate::kit::{new_id, sql};

/// A process that has not renewed its lease for this long has died.
pub const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// A job is tried this often before it is given up and shown.
pub const TRIES: i64 = 8;

/// Queues a job, in the transaction of the act. One of a kind about one thing waits at a time; one
/// that runs already runs once more, since it may have looked before the act.
///
/// # Errors
/// Of the database.
pub fn queue(
    tx: &mut Tx<'_>,
    org: &str,
    kind: &'static str,
    about: &str,
    at: Timestamp,
) -> Result<()> {
    sql::queue_job(tx, &new_id(at), org, kind, about, at)
}

/// Queues a job that is done in good time by one that waits or runs already.
///
/// # Errors
/// Of the database.
pub fn queue_once(
    tx: &mut Tx<'_>,
    org: &str,
    kind: &'static str,
    about: &str,
    at: Timestamp,
) -> Result<()> {
    if sql::a_job_is_open(tx, org, kind, about)? {
        return Ok(());
    }
    queue(tx, org, kind, about, at)
}

/// When to try again after the n-th failure: 5 s, then four times longer each, at most 5 hours.
pub fn next_try(now: Timestamp, tries: i64) -> Timestamp {
    let power = u32::try_from(tries.clamp(1, 7) - 1).unwrap_or(0);
    now + SignedDuration::from_secs((5 * 4_i64.pow(power)).min(18_000))
}
