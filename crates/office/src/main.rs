//! Candour: a data protection office in one program. This file reads the command line, hands over,
//! and turns what comes back into an exit code.

mod charter;
mod cli;
mod clocks;
mod demo;
mod error;
mod holdings;
mod house;
mod house_settings;
mod kit;
mod mailing;
mod measure;
mod migrations;
mod notices;
mod office;
mod people;
mod permissions;
mod proof;
mod register;
mod requests;
mod restore;
mod routes;
mod serve;
mod settings;
mod staff;
mod today;
#[cfg(test)]
mod web_tests;
mod work;

use std::process::ExitCode;

use clap::Parser as _;

/// Threads hand much of what they allocate to one another, and with the system's allocator they
/// wait for its locks (docs/decisions/0011).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Whatever is written is for its owner alone: letters in the outbox, lists, packs.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // The message of a panic may quote what was being worked on: only its place is told.
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        if place.contains("io/stdio.rs") {
            // Whoever read our output has had enough, as `head` does.
            std::process::exit(0);
        }
        eprintln!("candour: a mistake of ours at {place}. Please report it.");
    }));
    if let Ok(exe) = std::env::current_exe() {
        candour_connectors::worker::set_program(exe, ["extract-worker"]);
    }
    let cli = cli::Cli::parse();
    if matches!(cli.command, cli::Command::ExtractWorker) {
        return candour_connectors::worker::main_with(requests::gate::in_child);
    }
    give_memory_back_soon();
    match cli::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            eprintln!("candour: {}", kit::forms::sentence(&e.to_string()));
            ExitCode::from(e.exit_code())
        }
    }
}

/// Starts this program again, as the same process, with the allocator told to give freed memory
/// back within 100 milliseconds instead of a second: a large search holds a third less, at no cost
/// that could be measured (docs/decisions/0011). The allocator reads this before `main` and from
/// the environment alone. Where it is set already, or starting again fails, all goes on as it is.
fn give_memory_back_soon() {
    use std::os::unix::process::CommandExt as _;
    const DELAY: &str = "MIMALLOC_PURGE_DELAY";
    if std::env::var_os(DELAY).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let mut args = std::env::args_os();
        let mut again = std::process::Command::new(program);
        again.arg0(args.next().unwrap_or_else(|| "candour".into())).args(args).env(DELAY, "100");
        // Answers only if it failed, and then nothing has changed.
        let _ = again.exec();
    }
}
