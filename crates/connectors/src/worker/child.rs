//! The child: locks itself in, then answers until its input ends.

use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::process::CommandExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use serde::{Deserialize, Serialize};

use super::wire::{self, Ask, Guard, MOST_FILE, Reply, Request, Trouble};
use super::{limits, office, sheets};

/// The one environment variable a child is given.
pub(super) const ORDER: &str = "CANDOUR_WORKER";

/// The child could not begin.
pub(super) const NOT_STARTED: u8 = 98;
/// The child was cut off in the middle of a file.
pub(super) const BROKEN_OFF: u8 = 97;

/// What the program that uses this crate makes of a file, in its child: the words of the question
/// and the file's bytes give the bytes of the answer. A panic stops that file only.
pub type Task = fn(&str, &[u8]) -> Vec<u8>;

/// What the child is told at its start.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub cpu: u64,
    pub memory: u64,
    /// Become this `pdftotext` instead of reading files.
    pub pdftotext: Option<PathBuf>,
}

/// What the hidden sub-command runs: reads files from standard input, answers on standard output.
/// Not for people; without a parent that set it up it only says so.
pub fn main() -> ExitCode {
    main_with(|_, _| Vec::new())
}

/// As [`main`], with what this program makes of a file when it is asked by [`super::task`].
pub fn main_with(task: Task) -> ExitCode {
    // A panic's message may quote the file. The parent learns of the panic in fixed words.
    std::panic::set_hook(Box::new(|_| {}));
    let order = std::env::var(ORDER).ok().and_then(|o| serde_json::from_str::<Order>(&o).ok());
    let Some(order) = order else {
        eprintln!("This command is for the program itself; there is nothing to do with it.");
        return ExitCode::from(2);
    };
    if let Some(program) = order.pdftotext {
        if limits::ceilings(order.cpu, order.memory, 64).is_err() {
            return ExitCode::from(NOT_STARTED);
        }
        limits::program(&program);
        let mut command = Command::new(program);
        command.args(["-q", "-enc", "UTF-8", "-", "-"]).env_remove(ORDER);
        let _ = command.exec(); // Comes back only if it could not be started.
        return ExitCode::from(NOT_STARTED);
    }
    if limits::ceilings(order.cpu, order.memory, 16).is_err() {
        return ExitCode::from(NOT_STARTED);
    }
    let guard = limits::alone();
    match serve(task, guard) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(BROKEN_OFF),
    }
}

fn serve(task: Task, guard: Guard) -> io::Result<()> {
    let mut from = BufReader::new(io::stdin().lock());
    let mut to = BufWriter::new(io::stdout().lock());
    while let Some(request) = wire::receive::<Request>(&mut from)? {
        if request.size > MOST_FILE {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let bytes = wire::read_exactly(&mut from, request.size)?;
        let answer = catch_unwind(AssertUnwindSafe(|| match &request.ask {
            Ask::Task(words) => {
                let made = task(words, &bytes);
                let size = made.len() as u64;
                wire::send(&mut to, &Reply::Bytes { size, bytes: Vec::new() })?;
                to.write_all(&made).map(Ok)
            }
            Ask::Guard => wire::send(&mut to, &Reply::Guard(guard)).map(Ok),
            ask => answer(ask, &bytes, &mut to),
        }));
        match answer.unwrap_or(Ok(Err(Trouble::Damaged)))? {
            Ok(()) => {}
            Err(trouble) => wire::send(&mut to, &Reply::Trouble(trouble))?,
        }
        wire::send(&mut to, &Reply::End)?;
        to.flush()?;
    }
    Ok(())
}

/// The outer error is of the pipe, the inner of the file.
fn answer(ask: &Ask, bytes: &[u8], to: &mut impl Write) -> io::Result<Result<(), Trouble>> {
    let mut broken = Ok(());
    let mut tell = |reply: &Reply| {
        broken = wire::send(to, reply);
        broken.is_ok()
    };
    let done = match ask {
        Ask::Text => office::text(bytes).map(|(media, text, cut)| {
            tell(&Reply::Text { media, text, cut });
        }),
        Ask::Sheets => sheets::names(bytes).map(|names| {
            tell(&Reply::Sheets(names));
        }),
        Ask::Rows { sheet, most } => {
            sheets::rows(bytes, sheet, *most, &mut |rows| tell(&Reply::Rows(rows)))
        }
        Ask::Typed { sheet, most } => {
            sheets::typed(bytes, sheet, *most, &mut |rows| tell(&Reply::Typed(rows)))
        }
        Ask::Task(_) | Ask::Guard => Ok(()),
    };
    broken.map(|()| done)
}
