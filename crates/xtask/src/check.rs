//! `cargo xtask check`: everything that can be said about the code without running it.

use anyhow::Result;

use crate::{duties, licences, press, tool};

/// One check: its name, and whether it passed.
type Check = (&'static str, fn() -> Result<bool>);

const CHECKS: &[Check] = &[
    ("formatting", formatting),
    ("lints", lints),
    ("documentation", documentation),
    ("licences", licences::check),
    ("third-party notices", licences::notices_are_fresh),
    ("unused dependencies", duties::check),
    ("house rules", house_rules),
];

/// Runs every check, also after one has failed, and names those that did.
pub fn run() -> Result<u8> {
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        tool::heading(name);
        match check() {
            Ok(true) => {}
            Ok(false) => failed.push(*name),
            Err(e) => {
                eprintln!("{e:#}");
                failed.push(*name);
            }
        }
    }
    if failed.is_empty() {
        println!("{} checks, all well", CHECKS.len());
        return Ok(0);
    }
    println!("Not well: {}", failed.join(", "));
    Ok(1)
}

fn formatting() -> Result<bool> {
    Ok(tool::ok(tool::cargo().args(["fmt", "--all", "--check"]))? & press::formatting()?)
}

fn lints() -> Result<bool> {
    let args = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
    tool::ok(tool::cargo().args(args))
}

fn documentation() -> Result<bool> {
    let mut cargo = tool::cargo();
    cargo.args(["doc", "--quiet", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
    tool::ok(&mut cargo)
}

/// Every statement is also prepared on PostgreSQL when `cargo xtask test` runs the same test.
fn house_rules() -> Result<bool> {
    let mut cargo = tool::cargo();
    cargo.args(["test", "--quiet", "-p", "candour-office", "--test", "tidy"]);
    if std::env::var_os("CANDOUR_TEST_POSTGRES").is_none() {
        cargo.env("CANDOUR_SKIP_SERVERS", "1");
    }
    tool::ok(&mut cargo)
}
