//! Files of stops and of consents, brought in with every bad row named by its line.

use std::path::{Path, PathBuf};

use candour_screening::Kind;
use clap::Args;
use jiff::civil::Date;
use serde::Serialize;

use super::acts::{self, NewConsent};
use super::persons;
use super::records::{Proof, Through};
use super::stops::{self, NewStop};
use super::terms::What;
use crate::charter::Channel;
use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::mailing::table;
use crate::office::Office;
use crate::people::{self, Known};
use crate::proof::By;

/// Rows in one transaction.
const BATCH: usize = 1000;
/// Bad rows named one by one before they are only counted.
const NAMED: usize = 100;

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
    #[command(flatten)]
    at: At,
}

/// What an import did.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Rows taken.
    pub taken: u64,
    /// Rows that could not be: their line and what is wrong, at most a hundred of them.
    pub bad: Vec<(u64, String)>,
    /// Bad rows in all.
    pub bad_rows: u64,
    /// Nothing was taken: what would be is said.
    pub dry_run: bool,
    /// The first line was taken for a heading, though no column was named.
    pub heading: bool,
}

impl Outcome {
    fn bad(&mut self, line: u64, what: impl Into<String>) {
        self.bad_rows += 1;
        if self.bad.len() < NAMED {
            self.bad.push((line, what.into()));
        }
    }

    fn tell(&self, at: &At) -> Result<u8> {
        if at.json {
            print_json(self)?;
        } else {
            let would = if self.dry_run { "would be taken" } else { "taken" };
            println!("{} rows {would}, {} could not be", self.taken, self.bad_rows);
            if self.heading {
                eprintln!("line 1 holds no address and was taken for the heading");
            }
            for (line, what) in &self.bad {
                eprintln!("line {line}: {what}");
            }
        }
        Ok(u8::from(self.bad_rows > 0))
    }
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
    let shape = table::shape(&a.file)?;
    let hasher = people::hasher(office.vault(), &by.org)?;
    let mut out = Outcome { dry_run: a.dry_run, ..Outcome::default() };
    let column = match &a.column {
        Some(c) => table::column(&shape, Some(c), kind)?,
        None => 0,
    };
    let mut batch = Vec::new();
    table::each(&a.file, &shape, |line, row| {
        let value = row.get(column).map_or("", String::as_str);
        match people::written(&hasher, kind, value) {
            // The named column's heading.
            _ if line == 1 && a.column.is_some() => {}
            Ok(one) => batch.push(one),
            Err(_) if line == 1 && looks_like_heading(value) => out.heading = true,
            Err(e) => out.bad(line, e.to_string()),
        }
        if batch.len() == BATCH {
            out.taken += put_stops(&office, &by, a, kind, std::mem::take(&mut batch))?;
        }
        Ok(())
    })?;
    out.taken += put_stops(&office, &by, a, kind, batch)?;
    out.tell(&a.at)
}

/// A word or two that name a column; addresses and numbers have digits or an at sign.
fn looks_like_heading(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains('@') && !text.contains(|c: char| c.is_ascii_digit())
}

fn put_stops(
    office: &Office,
    by: &By,
    a: &ImportStops,
    kind: Kind,
    batch: Vec<people::Written>,
) -> Result<u64> {
    let n = batch.len() as u64;
    if n == 0 || a.dry_run {
        return Ok(n);
    }
    let what = a.purpose.clone().map_or(What::Marketing, What::Purpose);
    let model = NewStop {
        hash: [0; 16],
        kind: kind.name().into(),
        channel: a.channel,
        what,
        reason: "import",
        on: dates::day_of(by.now),
    };
    let (by, vault) = (by.clone(), office.vault().clone());
    office.write(move |tx| stops::stop_many(tx, &vault, &by, &model, &batch))?;
    Ok(n)
}

/// Runs `import-consents`.
///
/// # Errors
/// The file can't be read, a column is missing, denied, or of the database.
pub fn consents(a: &ImportConsents) -> Result<u8> {
    let (office, by) = a.at.open_org()?;
    let shape = table::shape(&a.file)?;
    let names: Vec<String> = shape.header.iter().map(|h| h.trim().to_ascii_lowercase()).collect();
    for needed in ["answer", "on", "method", "evidence"] {
        if !names.iter().any(|n| n == needed) {
            return Err(Error::invalid("file", format!("The file has no column {needed}")));
        }
    }
    if !names.iter().any(|n| n == "email" || n == "phone") {
        return Err(Error::invalid("file", "The file has neither a column email nor phone"));
    }
    let mut out = Outcome { dry_run: a.dry_run, ..Outcome::default() };
    table::each(&a.file, &shape, |line, row| {
        if line == 1 {
            return Ok(());
        }
        let get = |name: &str| {
            let i = names.iter().position(|n| n == name)?;
            row.get(i).filter(|v| !v.is_empty()).cloned()
        };
        match new_consent(a, &get) {
            Err(what) => out.bad(line, what),
            Ok(new) => match put_consent(&office, &by, new, a.dry_run) {
                Ok(()) => out.taken += 1,
                Err(e @ (Error::Invalid(_) | Error::Refused(_))) => out.bad(line, e.to_string()),
                Err(other) => return Err(other),
            },
        }
        Ok(())
    })?;
    out.tell(&a.at)
}

/// Records one row, or only looks whether it could be. Whoever was erased stays so, and what else
/// names them in the row is stopped.
fn put_consent(office: &Office, by: &By, new: NewConsent, dry_run: bool) -> Result<()> {
    let ids = persons::hashes_of(office.vault(), &by.org, &new.who)?;
    if dry_run {
        return office.read(|tx| acts::could_record(tx, by, &new, &ids));
    }
    let (by_, vault) = (by.clone(), office.vault().clone());
    let done = office.write(move |tx| acts::record_consent(tx, &vault, &by_, &new));
    if matches!(done, Err(Error::Refused(_))) {
        let by = by.clone();
        office.write(move |tx| stops::spread_erasure(tx, &by, &ids))?;
    }
    done.map(drop)
}

fn new_consent(
    a: &ImportConsents,
    get: &dyn Fn(&str) -> Option<String>,
) -> std::result::Result<NewConsent, String> {
    let yes = match get("answer").as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("yes" | "y" | "true" | "1") => true,
        Some("no" | "n" | "false" | "0") => false,
        _ => return Err("the answer is neither yes nor no".into()),
    };
    let on: Date =
        get("on").and_then(|d| d.parse().ok()).ok_or("the date is not written like 2026-11-20")?;
    let mut identifiers = Vec::new();
    for (name, kind) in [
        ("email", Kind::Email),
        ("phone", Kind::Phone),
        ("address", Kind::Address),
        ("member_number", Kind::MemberNumber),
    ] {
        identifiers.extend(get(name).map(|v| (kind, v)));
    }
    Ok(NewConsent {
        who: Known {
            name: get("name"),
            identifiers,
            subscriber: get("subscriber").filter(|s| s == "individual" || s == "corporate"),
            member: None,
            company: None,
        },
        wording: a.wording.clone(),
        version: a.version,
        channel: a.channel,
        yes,
        on,
        method: get("method").unwrap_or_default(),
        proof: Proof {
            evidence: get("evidence").unwrap_or_default(),
            collector: get("collector").unwrap_or_default(),
            representative: None,
        },
        through: Through::File,
    })
}
