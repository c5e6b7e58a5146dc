//! Candour: a data protection office in one program. This file reads the command line, hands over,
//! and turns what comes back into an exit code.

mod charter;
mod cli;
mod clocks;
mod demo;
mod error;
mod holdings;
mod house;
mod kit;
mod measure;
mod migrations;
mod office;
mod people;
mod proof;
mod register;
mod requests;
mod routes;
mod serve;
mod settings;
mod staff;
mod today;
mod work;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    if let Ok(exe) = std::env::current_exe() {
        candour_connectors::worker::set_program(exe, ["extract-worker"]);
    }
    let cli = cli::Cli::parse();
    if matches!(cli.command, cli::Command::ExtractWorker) {
        return candour_connectors::worker::main();
    }
    match cli::run(cli) {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            eprintln!("candour: {e}");
            ExitCode::from(e.exit_code())
        }
    }
}
