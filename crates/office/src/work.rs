//! What happens by itself: claims jobs and runs them, and keeps the daily rounds. Any number of
//! processes on one database share the work; a job whose process died is taken up by another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use candour_db::Tx;
use jiff::SignedDuration;

use crate::error::{Error, Result};
use crate::kit::jobs::{self, Job};
use crate::kit::{dates, post, sql};
use crate::mailing::{duties, hooks, mailbox};
use crate::office::Office;
use crate::permissions::{imports, tell};
use crate::requests::search::{self, Connections, Quiet};
use crate::{charter, holdings, requests};

/// A blob that is not finished after so long was left by a process that died: nothing we write
/// takes two days.
const UNFINISHED: SignedDuration = SignedDuration::from_hours(48);

/// Set to stop the loops at the next moment.
pub type Stop = Arc<AtomicBool>;

/// Runs jobs until told to stop. Sleeps between looks only when there was nothing to do.
pub fn run(office: &Office, stop: &Stop) {
    let mut connections = Connections::default();
    while !stop.load(Ordering::Relaxed) {
        match once(office, &mut connections) {
            Ok(true) => {}
            Ok(false) => std::thread::sleep(Duration::from_millis(300)),
            Err(e) => {
                tracing::warn!("a job could not be taken up: {e}");
                std::thread::sleep(Duration::from_secs(2));
            }
        }
    }
}

/// Takes up one job if there is one; answers whether there was.
///
/// # Errors
/// Of the office's own database.
pub fn once(office: &Office, connections: &mut Connections) -> Result<bool> {
    let now = office.now();
    office.renew_reach()?;
    let due = office.read_one(|tx| Ok(sql::a_job_is_due(tx, now)?))?;
    if !due {
        return Ok(false);
    }
    let claimed = office.chore(move |tx| sql::claim_job(tx, now, now + jobs::LEASE))?;
    let Some(job) = claimed else { return Ok(false) };
    if job.tries > most(&job) {
        // Every process that took it up has died at it. The next one does not.
        let broken = Error::fault("every process that took this job up died at it");
        finish(office, job, Err(broken))?;
        return Ok(true);
    }
    let renew = Renewal::start(office, &job);
    // A panic counts as a try, and its connections are not used again: a job that always panics
    // must come to its end, and the thread must live.
    let ran = AssertUnwindSafe(|| perform(office, &job, connections));
    let outcome = catch_unwind(ran).unwrap_or_else(|_| {
        *connections = Connections::default();
        Err(Error::fault("a job broke off"))
    });
    drop(renew);
    finish(office, job, outcome)?;
    Ok(true)
}

fn perform(office: &Office, job: &Job, connections: &mut Connections) -> Result<()> {
    match job.kind.as_str() {
        "search" => {
            let by = office.by_job(&job.org, "search");
            search::find(office, &by, &job.about, connections, &mut Quiet).map(drop)
        }
        "letter" => send(office, job),
        "hook" => hooks::deliver(office, &job.org, &job.about),
        "import" => imports::carry_out(office, &job.org, &job.about),
        "rounds" => rounds(office, &job.org),
        "mailbox" => mailbox::look(office, &job.org),
        "stop-letter" => tell::person(office, &job.org, &job.about),
        other => Err(Error::fault(format!("no such job: {other}"))),
    }
}

fn finish(office: &Office, job: Job, outcome: Result<()>) -> Result<()> {
    let now = office.now();
    office.chore(move |tx| {
        // Whoever took it up since says how it ended.
        if !sql::holds_job(tx, &job)? {
            return Ok(());
        }
        match &outcome {
            Ok(()) => sql::end_job(tx, &job, None),
            Err(e) => failed(tx, &job, e, now),
        }
    })
}

/// How often a job is taken up.
fn most(job: &Job) -> i64 {
    if job.kind == "hook" { hooks::TRIES } else { jobs::TRIES }
}

/// Another try for a job that failed, or its end.
fn failed(tx: &mut Tx<'_>, job: &Job, e: &Error, now: jiff::Timestamp) -> Result<()> {
    // The words of an error hold nothing personal: `Error` promises it.
    let words = e.to_string();
    tracing::warn!("job {} {}: {words}", job.kind, job.id);
    let hook = job.kind == "hook";
    if job.tries < most(job) && may_pass(e) {
        let at = match hook {
            true => hooks::next_try(now, job.tries, &job.id),
            false => jobs::next_try(now, job.tries),
        };
        return sql::retry_job(tx, &job.id, at, &words);
    }
    if hook {
        hooks::give_up(tx, &job.org, &job.about, &words, now)?;
    }
    if job.kind == "letter" {
        sql::letter_state(tx, &job.about, "failed", Some(&words), now)?;
    }
    sql::end_job(tx, job, Some(&words))
}

/// Trouble that may be gone at the next try.
fn may_pass(e: &Error) -> bool {
    matches!(e, Error::Unavailable(_) | Error::Holding(_) | Error::Conflict | Error::Fault(_))
}

fn send(office: &Office, job: &Job) -> Result<()> {
    let waiting = office.read(|tx| {
        // One that has left may have no key any more.
        match sql::a_letter(tx, &job.org, &job.about)?.state.as_str() {
            "waiting" => post::open(tx, office.vault(), &job.org, &job.about).map(Some),
            _ => Ok(None),
        }
    })?;
    let Some((row, letter)) = waiting else { return Ok(()) };
    // A crash between sending and noting it sends the letter twice: better than never. Its
    // Message-ID is the same both times, so mail programs show it once.
    let transport = office.transport();
    transport.send(&row.id, &letter)?;
    let reached = transport.reached();
    let (vault, now) = (office.vault().clone(), office.now());
    office.chore(move |tx| {
        let first = sql::letter_state(tx, &row.id, reached, None, now)?;
        if first && row.name.ends_with(post::ONCE) {
            vault.shred(tx, &row.org, &row.key, now)?;
        }
        Ok(())
    })
}

/// The daily rounds of one organisation: reminders, a signed checkpoint, sweeping up.
fn rounds(office: &Office, org: &str) -> Result<()> {
    let by = office.by_job(org, "rounds");
    // First of all: whatever goes wrong tonight, there is a tomorrow.
    let (o, tomorrow) = (org.to_owned(), by.now + SignedDuration::from_hours(24));
    office.chore(move |tx| queue_rounds(tx, &o, tomorrow))?;
    search::chase(office, &by)?;
    requests::pack::rounds(office, &by)?;
    requests::rounds::rounds(office, &by)?;
    for h in office.read(|tx| holdings::active(tx, org))?.iter().filter(|h| !h.is_paper()) {
        // One that can't be reached tonight shows as such on the list and on Today.
        match holdings::acts::renew(office, &by, h) {
            Ok(()) => {}
            Err(Error::Holding(fault)) => {
                tracing::warn!("holding {}: {fault}", h.short);
                holdings::acts::note_unreached(office, &by, h, &fault)?;
            }
            Err(e) => tracing::warn!("holding {}: {e}", h.short),
        }
    }
    duties::rounds(office, &by)?;
    let (vault, o, now) = (office.vault().clone(), org.to_owned(), by.now);
    office.chore(move |tx| {
        crate::proof::acts::checkpoint(tx, &vault, &o, now)?;
        sql::drop_unfinished(tx, now - UNFINISHED)?;
        sql::drop_old_tries(tx, now)?;
        crate::requests::sql::drop_old_drafts(tx, now)
    })
}

fn queue_rounds(tx: &mut Tx<'_>, org: &str, at: jiff::Timestamp) -> Result<()> {
    // About the day, so that tomorrow's rounds can wait while today's are running.
    jobs::queue_once(tx, org, "rounds", &dates::day_of(at).to_string(), at)
}

/// Makes sure that every organisation's rounds are queued. Called when `serve` starts.
///
/// # Errors
/// Of the database.
pub fn start_rounds(office: &Office) -> Result<()> {
    let now = office.now();
    let looked_after = match &office.reach().mailbox {
        Some(m) => Some(mailbox::org_of(office, m)?),
        None => None,
    };
    office.chore(move |tx| {
        for (org, _) in charter::orgs(tx)? {
            queue_rounds(tx, &org, now)?;
        }
        looked_after.as_ref().map_or(Ok(()), |org| mailbox::queue(tx, org, now))
    })
}

/// Renewed this often: three times before a lease runs out.
const RENEW: Duration = Duration::from_secs(20);

/// Keeps a job's lease while it runs.
struct Renewal {
    stop: Stop,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Renewal {
    fn start(office: &Office, job: &Job) -> Self {
        let stop: Stop = Arc::default();
        let (office, job, stopped) = (office.clone(), job.clone(), Arc::clone(&stop));
        let renew = move || {
            while !stopped.load(Ordering::Acquire) {
                std::thread::park_timeout(RENEW);
                if !stopped.load(Ordering::Acquire) {
                    let (job, until) = (job.clone(), office.now() + jobs::LEASE);
                    let _ = office.chore(move |tx| sql::renew_job(tx, &job, until));
                }
            }
        };
        // If no thread can be had the lease runs out and another process may take the job up:
        // what is done twice is taken once.
        let thread = std::thread::Builder::new().name("lease".into()).spawn(renew).ok();
        Self { stop, thread }
    }
}

impl Drop for Renewal {
    /// Waits for its thread: one that still held the database open while the program ends could
    /// meet libraries that have been taken down.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
#[path = "work_tests.rs"]
mod tests;
