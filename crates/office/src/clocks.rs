//! `candour deadline`: any clock of the law, worked out and explained.

use std::collections::BTreeMap;
use std::path::PathBuf;

use candour_clock::{Calendar, ClockError, answer, check_vectors, rule_names};
use clap::Args;
use serde_json::json;

use crate::charter;
use crate::cli::print_json;
use crate::error::{Error, Result};
use crate::kit::forms::{count, sentence};
use crate::office::Office;

const EXAMPLES: &str = "\
Examples:
  candour deadline rights_month --received 2026-11-25
  candour deadline sar_pause --received 2026-03-02 --asked 2026-03-05 --answered 2026-03-09
  candour deadline rights_month --received 2026-10-30 --division scotland
  candour deadline rights_month --received 2026-11-25 --data office
  candour deadline own_promise --received 2026-09-03 --with promise_days=28
  candour deadline check vectors.csv
  candour deadline list";

/// Work out a date: `RULE --received DATE`, `check FILE.csv`, or `list`.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub struct DeadlineArgs {
    /// The rule's name; `list` shows all; `check FILE` compares a file of expected dates.
    rule: String,
    /// The file for `check`: columns rule, received, inputs, due, why, source.
    file: Option<PathBuf>,
    /// The day (or the instant, for clocks in hours) it was received.
    #[arg(long, value_name = "DATE")]
    received: Option<String>,
    /// A clarification was asked on this day; may come several times.
    #[arg(long, value_name = "DATE")]
    asked: Vec<String>,
    /// And answered on this day; in the same order.
    #[arg(long, value_name = "DATE")]
    answered: Vec<String>,
    /// england-and-wales, scotland or northern-ireland.
    #[arg(long)]
    division: Option<String>,
    /// Any other fact the rule takes: `--with id_received=2026-09-10`; may come several times.
    #[arg(long = "with", value_name = "NAME=VALUE")]
    facts: Vec<String>,
    /// Count the holidays that this office was told of, too; its charter says which part of the
    /// United Kingdom, unless --division does.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// That office's database, if it is PostgreSQL; better in its candour.toml.
    #[arg(long, env = "CANDOUR_DATABASE", hide_env_values = true, value_name = "URL")]
    database: Option<String>,
    /// Short name of the organisation, if that office has several.
    #[arg(long, value_name = "SHORT", requires = "data")]
    org: Option<String>,
    /// For machines.
    #[arg(long)]
    json: bool,
}

impl DeadlineArgs {
    /// Which days are no working days, and where: the office's own, if one was named.
    fn days(&self) -> Result<(Calendar, Option<String>)> {
        let given = self.division.clone();
        let Some(data) = &self.data else { return Ok((Calendar::builtin(), given)) };
        let office = Office::open(data, self.database.as_deref())?;
        let calendar = office.calendar().clone();
        if given.is_some() && self.org.is_none() {
            return Ok((calendar, given));
        }
        let charter = office.read(|tx| {
            let org = charter::only_org(tx, self.org.as_deref())?;
            charter::current(tx, &org)
        })?;
        Ok((calendar, given.or_else(|| Some(charter.law.division.to_string()))))
    }
}

/// Runs `candour deadline`.
///
/// # Errors
/// An unknown rule, a missing fact, a date beyond the last known holidays.
pub fn run(a: &DeadlineArgs) -> Result<u8> {
    match (a.rule.as_str(), &a.file) {
        ("list", _) => list(a.json),
        ("check", Some(file)) => check(file, &a.days()?.0, a.json),
        ("check", None) => Err(Error::invalid("file", "Name the file to check")),
        _ => work_out(a),
    }
}

fn list(as_json: bool) -> Result<u8> {
    let rules = rule_names();
    if as_json {
        let all: Vec<_> = rules.iter().map(|(n, w)| json!({"rule": n, "about": w})).collect();
        print_json(&all)?;
    } else {
        for (name, about) in rules {
            println!("{name:28} {about}");
        }
    }
    Ok(0)
}

fn work_out(a: &DeadlineArgs) -> Result<u8> {
    let mut facts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut put = |name: &str, values: &[String]| {
        if !values.is_empty() {
            facts.entry(name.to_owned()).or_default().extend_from_slice(values);
        }
    };
    put("asked", &a.asked);
    put("answered", &a.answered);
    let (calendar, division) = a.days()?;
    put("division", division.as_slice());
    for fact in &a.facts {
        let (name, value) = fact
            .split_once('=')
            .ok_or_else(|| Error::invalid("with", "Write a fact as NAME=VALUE"))?;
        put(name.trim(), &[value.trim().to_owned()]);
    }
    let received = a.received.as_deref().unwrap_or("");
    let found = answer(&a.rule, received, &facts, &calendar)
        .map_err(|e| Error::invalid("deadline", in_words(&e)))?;
    if a.json {
        print_json(&found)?;
        return Ok(0);
    }
    println!("{}", found.due);
    for (i, step) in found.steps.iter().enumerate() {
        let source =
            if step.source.is_empty() { String::new() } else { format!("  [{}]", step.source) };
        println!("{:>3}. {}{source}", i + 1, step.text);
    }
    if !found.verified {
        eprintln!("Part of this rule has not been verified in the law: see the steps.");
    }
    Ok(0)
}

/// An error of the clock's, in the words of this command.
fn in_words(e: &ClockError) -> String {
    let option = |fact: &str| match fact {
        "received" | "asked" | "answered" | "division" => format!("--{fact}"),
        other => format!("--with {other}=…"),
    };
    match e {
        ClockError::UnknownRule(name) => {
            format!("There is no rule named {name}: `candour deadline list` shows those there are")
        }
        ClockError::Missing(fact) => format!("{} is missing, and the rule needs it", option(fact)),
        ClockError::Unreadable { fact, expected } => {
            format!("{} can’t be read: write {expected}", option(fact))
        }
        other => sentence(&other.to_string()),
    }
}

fn check(file: &std::path::Path, calendar: &Calendar, as_json: bool) -> Result<u8> {
    let open = std::fs::File::open(file).map_err(|e| {
        Error::invalid("file", format!("{} can't be read: {}", file.display(), e.kind()))
    })?;
    let checked = check_vectors(open, calendar)
        .map_err(|e| Error::invalid("file", format!("{}: {e}", file.display())))?;
    if as_json {
        let mismatches: Vec<_> = checked
            .mismatches
            .iter()
            .map(|m| json!({"line": m.line, "rule": m.rule, "expected": m.expected, "got": m.got}))
            .collect();
        print_json(&json!({"rows": checked.rows, "mismatches": mismatches}))?;
    } else {
        for m in &checked.mismatches {
            println!("line {}: {}: expected {}, worked out {}", m.line, m.rule, m.expected, m.got);
        }
        let mismatches = count(checked.mismatches.len() as u64, "mismatch", "mismatches");
        println!("{} checked, {mismatches}", count(checked.rows as u64, "row", "rows"));
    }
    Ok(u8::from(!checked.mismatches.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_speaks_of_what_was_typed() {
        let said = |rule: &str, received: &str| {
            in_words(&answer(rule, received, &BTreeMap::new(), &Calendar::builtin()).unwrap_err())
        };
        assert!(said("nonsense", "2026-11-25").contains("`candour deadline list`"));
        assert!(said("rights_month", "").starts_with("--received is missing"));
        assert!(said("rights_month", "soon").starts_with("--received can’t be read"));
    }
}
