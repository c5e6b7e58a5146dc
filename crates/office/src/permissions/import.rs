//! Files of stops and of consents on the command line, every bad row named by its line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candour_screening::Kind;
use clap::Args;

use super::imports::bad_rows;
use super::imports::files::{self, Consents, Heading, How, Outcome, Plan, Stops};
use super::registers::{self, Brought};
use crate::charter::Channel;
use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::mailing::table;
use crate::office::Office;
use crate::proof::By;

/// `candour permission import-stops`
#[derive(Args)]
pub struct ImportStops {
    /// The file: one address on each line, or a table with headings, as text or XLSX.
    file: PathBuf,
    /// What the addresses are.
    #[arg(long, default_value = "email", value_parser = ["email", "phone", "address", "member-number"])]
    kind: String,
    /// The column, by its heading; the first if not given.
    #[arg(long)]
    column: Option<String>,
    /// Only this channel.
    #[arg(long)]
    channel: Option<Channel>,
    /// Only this purpose; all marketing if not given.
    #[arg(long)]
    purpose: Option<String>,
    /// Only say what would be taken and what could not be read.
    #[arg(long)]
    dry_run: bool,
    /// Write every row that could not be taken to this file, as CSV: its line and what is wrong.
    #[arg(long, value_name = "FILE")]
    bad_rows: Option<PathBuf>,
    #[command(flatten)]
    at: At,
}

/// `candour permission import-consents`
#[derive(Args)]
#[command(
    after_help = "Columns: email (or phone), answer (yes/no), on (2026-11-20), method, evidence; and, where \
known,\nname, member_number, subscriber, collector. Example:\n  candour permission import-consents \
answers.csv --wording events-email --channel email"
)]
pub struct ImportConsents {
    /// The file: a table with headings, as text with any delimiter or XLSX.
    file: PathBuf,
    /// Which wording they saw.
    #[arg(long)]
    wording: String,
    /// Which version of it.
    #[arg(long)]
    version: Option<i64>,
    /// By which channel they may be contacted.
    #[arg(long)]
    channel: Option<Channel>,
    /// Only say what would be taken and what could not be.
    #[arg(long)]
    dry_run: bool,
    /// Write every row that could not be taken to this file, as CSV: its line and what is wrong.
    #[arg(long, value_name = "FILE")]
    bad_rows: Option<PathBuf>,
    #[command(flatten)]
    at: At,
}

/// Takes a file, with its bad rows in a file of their own if one is named.
fn take(
    (office, by): (&Office, &By),
    file: &Path,
    plan: &Plan,
    dry_run: bool,
    to: Option<&Path>,
) -> Result<Outcome> {
    let how = How { dry_run, ..How::default() };
    match to {
        None => files::take(office, by, file, plan, &how, &mut ()),
        Some(path) => bad_rows::to_file(path, |bad| files::take(office, by, file, plan, &how, bad)),
    }
}

fn tell(out: &Outcome, at: &At) -> Result<u8> {
    if at.json {
        print_json(out)?;
    } else {
        let would = if out.dry_run { "would be taken" } else { "taken" };
        println!("{} rows {would}, {} could not be", out.taken, out.bad_rows);
        if out.heading {
            eprintln!("line 1 holds no address and was taken for the heading");
        }
        for (line, what) in &out.bad {
            eprintln!("line {line}: {what}");
        }
        if out.unnamed() > 0 {
            eprintln!("and {} more: --bad-rows FILE writes all of them", out.unnamed());
        }
    }
    Ok(u8::from(out.bad_rows > 0))
}

/// The message for a file that can't be opened.
pub(super) fn unreadable(file: &Path, e: &std::io::Error) -> Error {
    Error::invalid("file", format!("{} can't be read: {}", file.display(), e.kind()))
}

/// Runs `import-stops`.
///
/// # Errors
/// The file or the column is not there, denied, or of the database.
pub fn stops(a: &ImportStops) -> Result<u8> {
    let (office, by) = a.at.open_org()?;
    let kind = Kind::from_name(&a.kind).ok_or(Error::NotFound("the kind"))?;
    let (column, heading) = match &a.column {
        Some(c) => (table::column(&table::shape(&a.file)?, Some(c), kind)?, Heading::Yes),
        None => (0, Heading::Guess),
    };
    let plan = Stops {
        kind: kind.name().into(),
        column,
        heading,
        channel: a.channel,
        purpose: a.purpose.clone(),
    };
    let (plan, bad) = (Plan::Stops(plan), a.bad_rows.as_deref());
    tell(&take((&office, &by), &a.file, &plan, a.dry_run, bad)?, &a.at)
}

/// Runs `import-consents`.
///
/// # Errors
/// The file can't be read, a column is missing, denied, or of the database.
pub fn consents(a: &ImportConsents) -> Result<u8> {
    let (office, by) = a.at.open_org()?;
    let shape = table::shape(&a.file)?;
    // Of two columns of one name the first counts.
    let mut columns = BTreeMap::new();
    for (i, name) in shape.header.iter().enumerate() {
        columns.entry(name.trim().to_ascii_lowercase()).or_insert(i);
    }
    for needed in ["answer", "on", "method", "evidence"] {
        if !columns.contains_key(needed) {
            return Err(Error::invalid("file", format!("The file has no column {needed}")));
        }
    }
    if !columns.contains_key("email") && !columns.contains_key("phone") {
        return Err(Error::invalid("file", "The file has neither a column email nor phone"));
    }
    let plan = Consents {
        wording: a.wording.clone(),
        version: a.version,
        channel: a.channel,
        columns,
        same: BTreeMap::new(),
        header: true,
    };
    let (plan, bad) = (Plan::Consents(plan), a.bad_rows.as_deref());
    tell(&take((&office, &by), &a.file, &plan, a.dry_run, bad)?, &a.at)
}

/// Runs `register`.
///
/// # Errors
/// The file can't be read, is no list, or is older than the one before.
pub fn register(at: &At, about: Brought, file: &Path, bad_rows: Option<&Path>) -> Result<()> {
    let (office, by) = at.open_org()?;
    let reader = std::fs::File::open(file).map_err(|e| unreadable(file, &e))?;
    let done = registers::import(&office, &by, about, reader)?;
    if let Some(path) = bad_rows {
        let word = about.register.word();
        let row = office.read(|tx| registers::sql::register_of(tx, &by.org, word))?;
        let row = row.ok_or(Error::NotFound("the register"))?;
        bad_rows::to_file(path, |to| registers::list_bad_lines(&office, &by.org, &row, to))?;
    }
    if at.json {
        return print_json(&done);
    }
    println!(
        "{}: {} entries, {} new, {} lines that hold none",
        about.register.label(),
        done.numbers,
        done.new,
        done.unreadable
    );
    if !done.lines.is_empty() {
        let lines: Vec<_> = done.lines.iter().map(u64::to_string).collect();
        let more = match done.unreadable - done.lines.len() as u64 {
            0 => String::new(),
            n => format!(" and {n} more: --bad-rows FILE writes all of them"),
        };
        eprintln!("lines that hold none: {}{more}", lines.join(", "));
    }
    Ok(())
}
