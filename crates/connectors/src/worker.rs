//! Hostile files are read by a child process that can reach nothing and is ended when it takes
//! too much.
//!
//! The parent sends the bytes of one file and gets text or rows back. The child has no file, no
//! network, a ceiling on memory and processor time (`limits`); the parent adds a deadline. A
//! child that dies takes nothing with it but its own file. One child serves many files, because
//! starting one for each would cost more than reading it.
//!
//! The binary names itself at its start ([`set_program`]) and calls [`main`] for the hidden
//! sub-command that the child runs.

mod child;
mod limits;
mod office;
mod pdf;
mod run;
mod sheets;
mod wire;
mod xml;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

pub use child::{Task, main, main_with};
pub(crate) use wire::{Ask, Cells, MOST_FILE, Media, Reply, Trouble};
pub use wire::{Guard, SheetCell};

use run::Running;

/// Files that one child reads before a new one takes its place.
const FILES_EACH: u32 = 500;

/// How to start a child, and what it may take.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The program to run; one that calls [`main`] when started with `args`.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// What a child may take.
    pub bounds: Bounds,
    /// The `pdftotext` to use; none: PDF is read by this program itself, less well.
    pub pdftotext: Option<PathBuf>,
}

/// What a child may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Longest wait for the next answer.
    pub wall: Duration,
    /// Processor time of one child, in seconds. A child is replaced after a third of it, so that
    /// every file has at least two thirds.
    pub cpu: u64,
    /// Address space, in bytes.
    pub memory: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { wall: Duration::from_secs(60), cpu: 30, memory: 1 << 30 }
    }
}

/// What came of asking a child.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The file was not read.
    File(Trouble),
    /// The one who asked stopped it.
    Stopped(crate::Fault),
}

impl Failed {
    /// What to tell of it, of this file.
    pub(crate) fn fault(self, file: impl Into<String>) -> crate::Fault {
        match self {
            Self::File(trouble) => trouble.fault(file),
            Self::Stopped(fault) => fault,
        }
    }
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self::File(trouble)
    }
}

/// Readable text of a file.
#[derive(Debug)]
pub(crate) struct Extract {
    pub media: Media,
    pub text: String,
    /// The text was longer than is read.
    pub cut: bool,
}

/// A program and the child that waits for the next file.
#[derive(Debug)]
struct Pool {
    worker: Worker,
    idle: Mutex<Option<Running>>,
}

static CHOSEN: RwLock<Option<Arc<Pool>>> = RwLock::new(None);

impl Worker {
    /// A worker with the usual bounds, and the `pdftotext` of this machine if it has one.
    #[must_use]
    pub fn new(program: PathBuf, args: Vec<String>) -> Self {
        Self { program, args, bounds: Bounds::default(), pdftotext: pdf::installed() }
    }
}

/// Name the program that reads files: this binary and its hidden sub-command. Once, at the start.
pub fn set_program<A: Into<String>>(program: PathBuf, args: impl IntoIterator<Item = A>) {
    set(Worker::new(program, args.into_iter().map(Into::into).collect()));
}

/// As [`set_program`], with all there is to choose.
pub fn set(worker: Worker) {
    let pool = Arc::new(Pool { worker, idle: Mutex::new(None) });
    *CHOSEN.write().unwrap_or_else(PoisonError::into_inner) = Some(pool);
}

/// Ask a child about a file; answers go to `each`, until it says enough with `false`.
pub(crate) fn ask(
    ask: &Ask,
    bytes: &[u8],
    each: &mut dyn FnMut(Reply) -> Result<bool, crate::Fault>,
) -> Result<(), Failed> {
    let pool = CHOSEN.read().unwrap_or_else(PoisonError::into_inner).clone();
    let pool = pool.ok_or(Trouble::NotSet)?;
    if bytes.len() as u64 > MOST_FILE {
        return Err(Trouble::TooLarge.into());
    }
    let idle = pool.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
    let mut running = match idle {
        Some(running) => running,
        None => Running::start(&pool.worker)?,
    };
    let answer = running.ask(ask, bytes, each);
    if running.fit(FILES_EACH, pool.worker.bounds.cpu) {
        *pool.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
    }
    answer
}

/// Have a child make of a file what [`main_with`] was given for it.
///
/// # Errors
/// The child could not be started, took too much or too long, or broke on the file.
pub fn task(words: &str, bytes: &[u8]) -> Result<Vec<u8>, crate::Fault> {
    ask_for_one(&Ask::Task(words.to_owned()), bytes, "the file", |reply| match reply {
        Reply::Bytes { bytes, .. } => Some(bytes),
        _ => None,
    })
}

/// What the kernel of this machine does to keep a child in, as a child itself found it.
///
/// # Errors
/// The child could not be started.
pub fn guard() -> Result<Guard, crate::Fault> {
    ask_for_one(&Ask::Guard, &[], "a document", |reply| match reply {
        Reply::Guard(guard) => Some(guard),
        _ => None,
    })
}

/// Asks a child for one thing, which is the last of its answers that it can be taken from.
fn ask_for_one<T>(
    question: &Ask,
    bytes: &[u8],
    file: &str,
    take: impl Fn(Reply) -> Option<T>,
) -> Result<T, crate::Fault> {
    let mut got = None;
    let asked = ask(question, bytes, &mut |reply| {
        got = take(reply).or(got.take());
        Ok(true)
    });
    asked.map_err(|failed| failed.fault(file))?;
    got.ok_or_else(|| Trouble::Damaged.fault(file))
}

/// Whether PDFs are read by the `pdftotext` of this machine: a second child, which may read the
/// system's libraries and, where there is no Landlock, whatever its user may read.
pub fn reads_with_pdftotext() -> bool {
    let pool = CHOSEN.read().unwrap_or_else(PoisonError::into_inner);
    pool.as_ref().is_some_and(|p| p.worker.pdftotext.is_some())
}

/// The text of an office document or spreadsheet.
pub(crate) fn text(bytes: &[u8]) -> Result<Extract, Trouble> {
    let mut got = None;
    let asked = ask(&Ask::Text, bytes, &mut |reply| {
        if let Reply::Text { media, text, cut } = reply {
            got = Some(Extract { media, text, cut });
        }
        Ok(true)
    });
    match asked {
        Err(Failed::File(trouble)) => Err(trouble),
        Ok(()) | Err(Failed::Stopped(_)) => got.ok_or(Trouble::Damaged),
    }
}

/// The text of a PDF: by `pdftotext` where there is one, else by this program.
pub(crate) fn pdf(bytes: &[u8]) -> Result<Extract, Trouble> {
    let pool = CHOSEN.read().unwrap_or_else(PoisonError::into_inner).clone();
    let pool = pool.ok_or(Trouble::NotSet)?;
    if bytes.len() as u64 > MOST_FILE {
        return Err(Trouble::TooLarge);
    }
    match &pool.worker.pdftotext {
        Some(program) => run::pdftotext(&pool.worker, program, bytes),
        None => text(bytes),
    }
}
