//! The writer: many closures, one commit.
//!
//! A crash before COMMIT loses every closure of the batch, and none of them has been answered;
//! a crash after it loses none. So whoever got an answer can rely on it.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::engine::{Engine, Own};
use crate::{DbError, Trouble, Tx};

/// Called once for each commit with the notes its closures left, in order, inside the transaction.
pub type Finisher =
    Arc<dyn Fn(&mut Tx<'_>, Vec<Box<dyn Any + Send>>) -> Result<(), DbError> + Send + Sync>;

/// At most this many closures share a commit: bounds the time a lock is held.
const BATCH: usize = 256;
/// The longest wait for company.
const PATIENCE: Duration = Duration::from_micros(400);
/// A serialisation failure is retried this often before it is reported.
const TRIES: usize = 12;

/// Runs the closure; `false` if it failed (its savepoint is then undone).
type Attempt = Box<dyn FnMut(&mut Tx<'_>) -> bool + Send>;
/// Told once how the commit went.
type Done = Box<dyn FnOnce(Result<(), DbError>) + Send>;

struct Job {
    attempt: Attempt,
    done: Done,
    /// Set when the closure answered well although a statement of its own had failed.
    refused: Option<DbError>,
}

impl Job {
    /// Runs the closure; `false` if nothing of it is to be kept. One that goes on after a failed
    /// statement has lost its transaction on PostgreSQL, so it is refused on both engines.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        tx.failed = None;
        let ok = (self.attempt)(tx);
        self.refused = tx.failed.take().filter(|_| ok);
        ok && self.refused.is_none()
    }
}

pub(crate) struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    commits: Arc<AtomicU64>,
}

impl Drop for Writer {
    /// Waits for the writer's thread: a connection that is still closing while the process ends
    /// would meet a cryptography library that has been taken down already.
    fn drop(&mut self) {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread.filter(|t| t.thread().id() != std::thread::current().id()) {
            // A writer that panicked has nothing left to close.
            let _ = thread.join();
        }
    }
}

impl Writer {
    pub(crate) fn start(engine: Arc<Engine>, finisher: Finisher) -> Result<Self, DbError> {
        let (jobs, todo) = channel();
        let commits = Arc::new(AtomicU64::new(0));
        let made = Arc::clone(&commits);
        let thread = std::thread::Builder::new()
            .name("db-writer".into())
            .spawn(move || work(&engine, &finisher, &todo, &made))
            .map_err(|e| DbError::new(Trouble::Other, format!("no thread for the writer: {e}")))?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)), commits })
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(crate) fn write<T, E>(
        &self,
        f: impl Fn(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let slot = Arc::new(Mutex::new(None));
        let put = Arc::clone(&slot);
        let attempt = Box::new(move |tx: &mut Tx<'_>| {
            // A closure that panics fails alone; the writer goes on for everybody else.
            let out = std::panic::catch_unwind(AssertUnwindSafe(|| f(tx))).unwrap_or_else(|_| {
                Err(DbError::new(Trouble::Other, "a change stopped half-way by a mistake").into())
            });
            let ok = out.is_ok();
            *put.lock().unwrap_or_else(PoisonError::into_inner) = Some(out);
            ok
        });
        let (tell, told) = channel();
        let done = Box::new(move |r| {
            // The caller may have gone; the write stands all the same.
            let _ = tell.send(r);
        });
        let gone = || DbError::new(Trouble::Lost, "the database writer has stopped");
        self.jobs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .and_then(|jobs| jobs.send(Job { attempt, done, refused: None }).ok())
            .ok_or_else(gone)?;
        told.recv().map_err(|_| gone())??;
        let out = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        out.unwrap_or_else(|| Err(gone().into()))
    }
}

fn work(engine: &Engine, finisher: &Finisher, todo: &Receiver<Job>, made: &AtomicU64) {
    let mut own: Option<Own> = None;
    let mut last = 1;
    while let Ok(first) = todo.recv() {
        let batch = &mut gather(first, todo, last);
        last = batch.len();
        let result = commit(engine, &mut own, finisher, batch);
        made.fetch_add(u64::from(result.is_ok()), Ordering::Relaxed);
        for Job { attempt, done, refused } in batch.drain(..) {
            // What a closure holds (perhaps the last handle on this database) goes before its
            // caller is told, so that it never goes on this thread after the caller has left.
            drop(attempt);
            done(refused.map_or_else(|| result.clone(), Err));
        }
    }
}

/// What waits now, and for a moment those who were answered last: they are likely to write again,
/// and one commit for all is what makes many writers fast. A lone writer never waits.
fn gather(first: Job, todo: &Receiver<Job>, last: usize) -> Vec<Job> {
    let mut batch = vec![first];
    let until = Instant::now() + PATIENCE;
    while batch.len() < BATCH {
        let next = match todo.try_recv() {
            Err(TryRecvError::Empty) if batch.len() < last => {
                todo.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
            }
            other => other.ok(),
        };
        match next {
            Some(job) => batch.push(job),
            None => break,
        }
    }
    batch
}

fn commit(
    engine: &Engine,
    own: &mut Option<Own>,
    finisher: &Finisher,
    batch: &mut [Job],
) -> Result<(), DbError> {
    let mut last = DbError::new(Trouble::Lost, "the database could not be reached");
    for _ in 0..TRIES {
        if own.as_ref().is_none_or(Own::lost) {
            *own = Some(engine.own()?);
        }
        let Some(conn) = own.as_mut() else { return Err(last) };
        match once(conn, finisher, batch) {
            Ok(()) => return Ok(()),
            Err(e) => {
                // Nothing was answered yet, so the whole batch may run again.
                let _ = conn.tx().batch("ROLLBACK");
                let again = e.trouble == Trouble::Retry || conn.lost();
                last = e;
                if !again {
                    return Err(last);
                }
            }
        }
    }
    Err(last)
}

fn once(conn: &mut Own, finisher: &Finisher, batch: &mut [Job]) -> Result<(), DbError> {
    let begin = conn.begin();
    let mut tx = conn.tx();
    tx.batch(begin)?;
    let alone = batch.len() == 1;
    for job in batch {
        let before = tx.notes.len();
        // A lone closure needs no savepoint: if it fails the transaction goes with it.
        if !alone {
            tx.batch("SAVEPOINT one")?;
        }
        let ok = job.run(&mut tx);
        if tx.retry {
            return Err(DbError::new(Trouble::Retry, "two writers met; try again"));
        }
        if alone {
            if !ok {
                return tx.batch("ROLLBACK");
            }
        } else if ok {
            tx.batch("RELEASE SAVEPOINT one")?;
        } else {
            tx.notes.truncate(before);
            // It may have kept what is being undone.
            tx.forget_all();
            tx.batch("ROLLBACK TO SAVEPOINT one; RELEASE SAVEPOINT one")?;
        }
    }
    let notes = std::mem::take(&mut tx.notes);
    if !notes.is_empty() {
        finisher(&mut tx, notes)?;
    }
    tx.batch("COMMIT")
}
