//! PDF copies of our own pages. A program of its own makes them, `candour-press`, because what it
//! stands on is large; where it is not there, there are none.

use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use jiff::Timestamp;
use rustix::process::{Pid, Signal, kill_process_group};

/// Names the program; wins over the settings.
const VARIABLE: &str = "CANDOUR_PRESS";
/// Its name when it stands beside the office's own program.
const NAME: &str = "candour-press";
/// How long a page may take. The program gives up by itself before that.
const DEADLINE: Duration = Duration::from_secs(90);
/// How long it may take to end once it was told to.
const END: Duration = Duration::from_secs(5);
/// Longest PDF, in bytes.
const LONGEST: u64 = 32 << 20;

/// The program that makes PDF copies.
#[derive(Debug, Clone)]
pub struct Press {
    program: PathBuf,
    deadline: Duration,
}

/// Why there is no PDF. Never holds a word of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// It is not there or no program.
    #[error("the program for it can’t be started")]
    NotStarted,
    /// It took longer than it may.
    #[error("it took too long")]
    TooSlow,
    /// It wrote more than a PDF may be long.
    #[error("the PDF is too large")]
    TooLarge,
    /// It ended with this code.
    #[error("the program for it gave up with code {0}")]
    GaveUp(i32),
    /// Something ended it, such as its own limits.
    #[error("the program for it was ended by its limits")]
    Ended,
    /// It wrote something else.
    #[error("the program for it wrote no PDF")]
    NoPdf,
}

impl Press {
    /// The program that the environment or the settings name (an empty name: none), or the one
    /// beside the office's own program. One that is named is answered whether it is there or not.
    pub fn find(setting: Option<&Path>) -> Option<Self> {
        let named = std::env::var_os(VARIABLE).map(PathBuf::from);
        if let Some(program) = named.or_else(|| setting.map(Path::to_owned)) {
            return (!program.as_os_str().is_empty()).then(|| Self::at(program));
        }
        let beside = std::env::current_exe().ok()?.with_file_name(NAME);
        beside.is_file().then(|| Self::at(beside))
    }

    fn at(program: PathBuf) -> Self {
        Self { program, deadline: DEADLINE }
    }

    /// Where it is.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Makes a PDF of a page of ours, dated `made`: the same page gives the same bytes.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub fn pdf(&self, html: &str, made: Timestamp) -> Result<Vec<u8>, Trouble> {
        let mut child = Command::new(&self.program)
            .args(["--made", &made.to_string()])
            .env_clear()
            .current_dir("/")
            // So that whatever it starts can be ended with it.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| Trouble::NotStarted)?;
        let group = Pid::from_child(&child);
        let (to, page) = (child.stdin.take(), html.to_owned());
        // Beside the reading, or a page longer than a pipe would stop both.
        std::thread::spawn(move || to.map(|mut to| to.write_all(page.as_bytes())));
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || tell.send(read(child)));
        let answer = match told.recv_timeout(self.deadline) {
            Ok(answer) => answer,
            Err(_) => {
                let _ = kill_process_group(group, Signal::KILL); // It may have ended just now.
                let _ = told.recv_timeout(END);
                return Err(Trouble::TooSlow);
            }
        };
        let (bytes, status) = answer.map_err(|_| Trouble::Ended)?;
        if bytes.len() as u64 > LONGEST {
            return Err(Trouble::TooLarge);
        }
        match status.code() {
            Some(0) if is_pdf(&bytes) => Ok(bytes),
            Some(0) => Err(Trouble::NoPdf),
            Some(code) => Err(Trouble::GaveUp(code)),
            None => Err(Trouble::Ended),
        }
    }
}

fn read(mut child: Child) -> std::io::Result<(Vec<u8>, ExitStatus)> {
    let mut bytes = Vec::new();
    let all = child.stdout.take().map(|from| from.take(LONGEST + 1).read_to_end(&mut bytes));
    if bytes.len() as u64 > LONGEST {
        child.kill()?;
    }
    let status = child.wait()?;
    all.transpose()?;
    Ok((bytes, status))
}

fn is_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-") && bytes.trim_ascii_end().ends_with(b"%%EOF")
}

#[cfg(test)]
#[path = "press_tests.rs"]
pub mod tests;
