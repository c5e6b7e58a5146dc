//! A process of its own that holds the test servers, and lets go of them when its standard input
//! ends. Whatever becomes of the process that asked for them (done, panicked, Ctrl-C, killed), its
//! end of the pipe closes, and the servers stop and their folder goes. So no signal handler and no
//! unsafe code is needed. The guard is in a process group of its own, out of Ctrl-C's reach.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::servers::Servers;

/// The guard, seen from whoever needs its servers.
pub struct Guard {
    child: Child,
    input: Option<ChildStdin>,
    /// What tests are told of the servers.
    pub env: Vec<(String, String)>,
}

impl Guard {
    /// Starts every server and waits until all of them answer.
    pub fn start(keep: bool) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("guard").stdin(Stdio::piped()).stdout(Stdio::piped()).process_group(0);
        if keep {
            command.arg("--keep");
        }
        let mut child = command.spawn().context("the guard of the servers")?;
        let input = child.stdin.take();
        let said = child.stdout.take().context("the guard has no output")?;
        let mut guard = Self { child, input, env: Vec::new() };
        for line in BufReader::new(said).lines() {
            match line?.split_once('=') {
                Some((name, value)) => guard.env.push((name.to_owned(), value.to_owned())),
                None => return Ok(guard),
            }
        }
        bail!("the test servers did not start; see above")
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.input.take());
        // It says itself what went wrong, if anything did.
        let _ = self.child.wait();
    }
}

/// The guard itself.
pub fn run(keep: bool) -> Result<u8> {
    let servers = Servers::start(keep)?;
    let mut out = std::io::stdout().lock();
    for (name, value) in servers.env() {
        writeln!(out, "{name}={value}")?;
    }
    writeln!(out, "ready")?;
    out.flush()?;
    drop(out);
    let mut rest = Vec::new();
    std::io::stdin().lock().read_to_end(&mut rest)?;
    drop(servers);
    Ok(0)
}
