//! The parent's side: start a child, ask it, and end it when it takes too long.

use std::io::{BufReader, BufWriter, Read, Write};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::child::{BROKEN_OFF, NOT_STARTED, ORDER, Order};
use super::wire::{self, Ask, MOST_FILE, MOST_TEXT, Media, Reply, Request, Trouble};
use super::{Extract, Failed, Worker};

/// A child that waits for a file.
#[derive(Debug)]
pub(super) struct Running {
    guard: Guard,
    stdin: BufWriter<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    wall: Duration,
    asked: u32,
    busy: Duration,
    /// Something went wrong with it; it is not used again.
    spent: bool,
}

impl Running {
    pub(super) fn start(worker: &Worker) -> Result<Self, Trouble> {
        let mut child = spawn(worker, None)?;
        let (stdin, stdout) = streams(&mut child)?;
        Ok(Self {
            guard: Guard::over(child)?,
            stdin: BufWriter::with_capacity(1 << 16, stdin),
            stdout: BufReader::with_capacity(1 << 16, stdout),
            wall: worker.bounds.wall,
            asked: 0,
            busy: Duration::ZERO,
            spent: false,
        })
    }

    /// Whether it may be asked again.
    pub(super) fn fit(&self, files: u32, cpu: u64) -> bool {
        // The time of a single thread on the clock is never less than on the processor.
        !self.spent && self.asked < files && self.busy < Duration::from_secs(cpu) / 3
    }

    pub(super) fn ask(
        &mut self,
        ask: &Ask,
        bytes: &[u8],
        each: &mut dyn FnMut(Reply) -> Result<bool, crate::Fault>,
    ) -> Result<(), Failed> {
        let begun = Instant::now();
        self.asked += 1;
        self.spent = true; // Until it is known to wait for the next file.
        self.guard.within(self.wall);
        let request = Request { ask: ask.clone(), size: bytes.len() as u64 };
        let written = wire::send(&mut self.stdin, &request)
            .and_then(|()| self.stdin.write_all(bytes))
            .and_then(|()| self.stdin.flush());
        if written.is_err() {
            return Err(self.guard.post_mortem().into());
        }
        let mut trouble = None;
        loop {
            self.guard.within(self.wall);
            match wire::receive::<Reply>(&mut self.stdout) {
                Ok(Some(Reply::End)) => break,
                Ok(Some(Reply::Trouble(told))) => trouble = Some(told),
                Ok(Some(Reply::Bytes { size, .. })) if size > MOST_FILE => {
                    return Err(Trouble::TooLarge.into());
                }
                Ok(Some(Reply::Bytes { size, .. })) => {
                    let Ok(bytes) = wire::read_exactly(&mut self.stdout, size) else {
                        return Err(self.guard.post_mortem().into());
                    };
                    self.guard.rest();
                    if !each(Reply::Bytes { size, bytes }).map_err(Failed::Stopped)? {
                        return Ok(());
                    }
                }
                Ok(Some(reply)) => {
                    self.guard.rest(); // What the asker does with it is not the child's time.
                    if !each(reply).map_err(Failed::Stopped)? {
                        return Ok(());
                    }
                }
                Ok(None) | Err(_) => return Err(self.guard.post_mortem().into()),
            }
        }
        self.guard.rest();
        self.busy += begun.elapsed();
        self.spent = false;
        trouble.map_or(Ok(()), |t| Err(t.into()))
    }
}

/// Run `pdftotext` on one PDF, in a child of its own with the same ceilings.
pub(super) fn pdftotext(worker: &Worker, program: &Path, bytes: &[u8]) -> Result<Extract, Trouble> {
    let mut child = spawn(worker, Some(program))?;
    let (mut stdin, stdout) = streams(&mut child)?;
    let complaints = child.stderr.take();
    let guard = Guard::over(child)?;
    guard.within(worker.bounds.wall);
    let mut text = Vec::new();
    let mut said = Vec::new();
    let read = thread::scope(|scope| {
        scope.spawn(move || {
            let _ = stdin.write_all(bytes); // It may have seen enough before the end.
        });
        let most = MOST_TEXT as u64 + 1;
        let read = stdout.take(most).read_to_end(&mut text);
        if text.len() > MOST_TEXT {
            guard.kill();
        } else if let Some(complaints) = complaints {
            let _ = complaints.take(4096).read_to_end(&mut said); // Only to tell why it failed.
        }
        read
    });
    let cut = text.len() > MOST_TEXT;
    if !cut {
        let status = guard.wait();
        if read.is_err() || !status.is_some_and(|s| s.success()) {
            let locked = memchr::memmem::find(&said, b"assword").is_some();
            return Err(match status.and_then(|s| s.code()) {
                Some(code) if code == i32::from(NOT_STARTED) => Trouble::NotSet,
                Some(3) => Trouble::Encrypted, // Its text may not be taken.
                Some(_) if locked => Trouble::Encrypted,
                Some(_) => Trouble::Damaged,
                None => cause(guard.timed_out(), status),
            });
        }
    }
    text.truncate(MOST_TEXT);
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok(Extract { media: Media::Pdf, text, cut })
}

fn spawn(worker: &Worker, pdftotext: Option<&Path>) -> Result<Child, Trouble> {
    let order = Order {
        cpu: worker.bounds.cpu,
        memory: worker.bounds.memory,
        pdftotext: pdftotext.map(Path::to_owned),
    };
    let order = serde_json::to_string(&order).map_err(|_| Trouble::NotSet)?;
    let complaints = if pdftotext.is_some() { Stdio::piped() } else { Stdio::null() };
    Command::new(&worker.program)
        .args(&worker.args)
        .env_clear() // Nothing the parent knows, no password among it.
        .env(ORDER, order)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(complaints)
        .spawn()
        .map_err(|_| Trouble::NotSet)
}

fn streams(child: &mut Child) -> Result<(ChildStdin, ChildStdout), Trouble> {
    match (child.stdin.take(), child.stdout.take()) {
        (Some(stdin), Some(stdout)) => Ok((stdin, stdout)),
        _ => Err(Trouble::NotSet),
    }
}

/// Holds a child and ends it: at the deadline, and when it goes out of hand itself.
#[derive(Debug)]
struct Guard {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    child: Child,
    deadline: Option<Instant>,
    timed_out: bool,
    over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wait for a deadline to pass, or for the end.
    fn watch(&self) {
        let mut state = self.lock();
        while !state.over {
            let now = Instant::now();
            state = match state.deadline {
                Some(deadline) if deadline <= now => {
                    state.timed_out = true;
                    state.deadline = None;
                    let _ = state.child.kill(); // It may have ended by itself just now.
                    state
                }
                Some(deadline) => {
                    let waited = self.changed.wait_timeout(state, deadline - now);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

impl Guard {
    fn over(child: Child) -> Result<Self, Trouble> {
        let state = State { child, deadline: None, timed_out: false, over: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let watched = shared.clone();
        let guard = Self { shared };
        let thread = thread::Builder::new().name("worker deadline".to_owned());
        thread.spawn(move || watched.watch()).map_err(|_| Trouble::NotSet)?;
        Ok(guard)
    }

    fn within(&self, wall: Duration) {
        self.shared.lock().deadline = Instant::now().checked_add(wall);
        self.shared.changed.notify_one();
    }

    fn rest(&self) {
        self.shared.lock().deadline = None;
    }

    fn kill(&self) {
        let _ = self.shared.lock().child.kill(); // It may have ended by itself.
    }

    fn timed_out(&self) -> bool {
        self.shared.lock().timed_out
    }

    /// The end of a child that has closed its output, by itself or at the deadline.
    fn wait(&self) -> Option<ExitStatus> {
        let mut state = self.shared.lock();
        loop {
            match state.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Err(_) => return None,
                Ok(None) => {}
            }
            let soon = Duration::from_millis(2);
            let waited = self.shared.changed.wait_timeout(state, soon);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.timed_out {
                let _ = state.child.kill(); // Closed its output and stays: not for long.
            }
        }
    }

    /// Why a child whose pipes broke is gone; it is, after this.
    fn post_mortem(&self) -> Trouble {
        let late = self.timed_out();
        self.within(Duration::from_secs(2)); // To die by itself, of what ails it.
        let status = self.wait();
        cause(late, status)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.over = true;
        let _ = state.child.kill();
        let _ = state.child.wait(); // Killed, so this is short.
        self.shared.changed.notify_one();
    }
}

/// What a death means.
fn cause(timed_out: bool, status: Option<ExitStatus>) -> Trouble {
    if timed_out {
        return Trouble::TooLong;
    }
    let Some(status) = status else { return Trouble::Damaged };
    match status.signal() {
        Some(libc::SIGXCPU) => Trouble::TooLong,
        // A hard ceiling on time ends with KILL too; so does a machine short of memory.
        Some(libc::SIGKILL) => Trouble::TooLong,
        Some(libc::SIGABRT) => Trouble::TooMuchMemory,
        Some(_) => Trouble::Damaged,
        None if status.code() == Some(i32::from(BROKEN_OFF)) => Trouble::Damaged,
        None => Trouble::NotSet,
    }
}
