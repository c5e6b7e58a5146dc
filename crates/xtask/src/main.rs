//! Check, test, bench, screenshots: the chores of this repository. `cargo xtask help` lists them.

mod bench;
mod check;
mod club;
mod duties;
mod guard;
mod licences;
mod npm;
mod packages;
mod press;
mod screenshots;
mod servers;
mod test;
mod tool;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The chores of this repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Everything that can be tested: Rust, with servers of its own, then the browser.
    Test(test::Args),
    /// Formatting, lints, docs, licences, notices, unused dependencies, house rules.
    Check,
    /// Write THIRD-PARTY.md from the lock files.
    Notices,
    /// Every page and state as PNG files, wide and narrow.
    Screenshots {
        /// Where to; made when missing.
        #[arg(default_value = "target/screenshots")]
        dir: PathBuf,
    },
    /// Measure, beside a yardstick measured in the same minute.
    Bench(bench::Args),
    /// Run a command with the test servers around it.
    With {
        /// The command and its arguments.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<OsString>,
    },
    /// The servers, until standard input ends. Used by the other tasks.
    #[command(hide = true)]
    Guard {
        /// Leave the servers' folder behind.
        #[arg(long)]
        keep: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.task) {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            eprintln!("xtask: {e:#}");
            ExitCode::from(1)
        }
    }
}

fn run(task: Task) -> Result<u8> {
    // Paths in this program start at the repository.
    std::env::set_current_dir(tool::root())?;
    match task {
        Task::Test(args) => test::run(&args),
        Task::Check => check::run(),
        Task::Notices => licences::write_notices().map(|()| 0),
        Task::Screenshots { dir } => screenshots::run(&dir),
        Task::Bench(args) => bench::run(&args),
        Task::With { command } => test::with(&command),
        Task::Guard { keep } => guard::run(keep),
    }
}
