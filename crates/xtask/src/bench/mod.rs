//! `cargo xtask bench`: what things cost, as ratios to a yardstick that is measured in the same
//! minute on the same machine. Each answer is checked; a wrong one ends the run.
//!
//! A part is a function in `PARTS` that answers its lines: what was measured, its ratio, and the
//! goal. Seconds are of the clock unless they are said to be of the processor.
//!
//! `ledger`: the log and the disk. `access`: requests over a club database. `find`: the connectors
//! alone. `office`: the house itself. `clone`: from a fresh clone to the demo. `cost`, `site`,
//! `house`: what a child costs, a server, an office.

mod access;
mod clone;
mod contact;
mod cost;
mod find;
mod house;
mod ledger;
mod office;
mod screening;
mod site;

use std::process::Command;

use anyhow::{Result, bail, ensure};
use serde::Serialize;

use crate::{packages, tool};

/// `cargo xtask bench`
#[derive(clap::Args)]
pub struct Args {
    /// Only these parts: ledger, commits, find-sqlite, find-postgres, access, office,
    /// contact, screening.
    parts: Vec<String>,
    /// How large: members of the club, writes; ledger entries are ten times that,
    /// rows to screen a hundred times.
    #[arg(long, default_value_t = 100_000)]
    size: u64,
    /// Instead of the parts: a fresh clone, an empty build folder, two cores, to the first line
    /// of the demo. Takes minutes, and the packages must have been fetched before.
    #[arg(long, conflicts_with = "parts")]
    from_clone: bool,
    /// The lines as JSON.
    #[arg(long)]
    json: bool,
}

/// One figure.
#[derive(Debug, Serialize)]
pub struct Line {
    /// What was measured, and against what.
    what: String,
    /// The figure: a ratio, or what the goal is given in.
    ratio: f64,
    /// What it should be, where there is a goal.
    goal: Option<Goal>,
    /// Whether it is.
    met: Option<bool>,
    /// The figures behind it.
    behind: String,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
}

impl Line {
    fn new(what: impl Into<String>, ratio: f64, goal: Option<Goal>, behind: String) -> Self {
        // What could not be measured has met nothing.
        let met = goal.map(|goal| match goal {
            Goal::AtMost(most) => ratio <= most,
            Goal::AtLeast(least) => ratio >= least,
        });
        Self { what: what.into(), ratio, goal, met, behind }
    }

    fn told(&self) -> String {
        let goal = match self.goal {
            Some(Goal::AtMost(most)) => format!("at most {most}"),
            Some(Goal::AtLeast(least)) => format!("at least {least}"),
            None => "no goal".to_owned(),
        };
        let met = match self.met {
            Some(true) => "met",
            Some(false) => "NOT MET",
            None => "",
        };
        let ratio = format!("{:.3}", self.ratio);
        format!("{:56} {ratio:>9}  {goal:14} {met}\n      {}", self.what, self.behind)
    }
}

/// One part: its name, and what it runs.
type Part = (&'static str, fn(&Args) -> Result<Vec<Line>>);

const PARTS: &[Part] = &[
    ("ledger", ledger::verify),
    ("commits", ledger::commits),
    ("find-sqlite", find::sqlite),
    ("find-postgres", find::postgres),
    ("access", access::run),
    ("office", office::run),
    ("contact", contact::run),
    ("screening", screening::run),
];

/// Runs the parts asked for, or all.
pub fn run(args: &Args) -> Result<u8> {
    if let Some(other) = args.parts.iter().find(|p| !PARTS.iter().any(|(n, _)| n == p)) {
        let known: Vec<&str> = PARTS.iter().map(|(n, _)| *n).collect();
        bail!("there is no part {other}: {}", known.join(", "));
    }
    if !args.from_clone && !packages::install()? {
        return Ok(2);
    }
    let asked = |name: &str| args.parts.is_empty() || args.parts.iter().any(|p| p == name);
    let parts: &[Part] = if args.from_clone { &[("from-clone", clone::run)] } else { PARTS };
    let mut all = Vec::new();
    for (name, part) in parts.iter().filter(|(n, _)| args.from_clone || asked(n)) {
        tool::heading(name);
        let lines = part(args)?;
        if !args.json {
            lines.iter().for_each(|line| println!("{}", line.told()));
        }
        all.extend(lines);
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&all)?);
    }
    Ok(0)
}

/// An example of a crate, built for speed.
fn example(package: &str, name: &str) -> Result<Command> {
    let mut cargo = tool::cargo();
    cargo.args(["build", "--quiet", "--release", "-p", package, "--example", name]);
    ensure!(tool::ok(&mut cargo)?, "{package}: the example {name} does not build");
    Ok(Command::new(tool::target().join("release/examples").join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_or_not() {
        let met = |ratio, goal| Line::new("a thing", ratio, goal, String::new()).met;
        assert_eq!(met(1.5, Some(Goal::AtMost(1.5))), Some(true));
        assert_eq!(met(1.6, Some(Goal::AtMost(1.5))), Some(false));
        assert_eq!(met(19.0, Some(Goal::AtLeast(20.0))), Some(false));
        assert_eq!(met(f64::NAN, Some(Goal::AtMost(1.0))), Some(false));
        assert_eq!(met(1.0, None), None);
    }
}
