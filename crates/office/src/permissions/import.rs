//! Files of stops and of consents, brought in with every bad row named by its line.

use std::path::{Path, PathBuf};

use candour_screening::Kind;
use clap::Args;
use jiff::civil::Date;
use serde::Serialize;

use super::acts::{self, NewConsent};
use super::records::Proof;
use super::stops::{self, NewStop};
use super::terms::What;
use crate::charter::Channel;
use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::kit::dates;
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
    /// The file: one address on each line, or CSV with a heading.
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
    /// The CSV file.
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
            println!("{} rows taken, {} could not be", self.taken, self.bad_rows);
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

fn reader(file: &Path) -> Result<csv::Reader<std::fs::File>> {
    let open = std::fs::File::open(file).map_err(|e| unreadable(file, &e))?;
    Ok(csv::ReaderBuilder::new().flexible(true).from_reader(open))
}

fn headings(reader: &mut csv::Reader<std::fs::File>) -> Result<Vec<String>> {
    let row = reader.byte_headers().map_err(|_| {
        Error::invalid("file", "The first line can't be read: save the file as CSV, UTF-8")
    })?;
    let clean = |h: &[u8]| {
        String::from_utf8_lossy(h).trim_start_matches('\u{feff}').trim().to_ascii_lowercase()
    };
    Ok(row.iter().map(clean).collect())
}

/// Runs `import-stops`.
///
/// # Errors
/// The file or the column is not there, denied, or of the database.
pub fn stops(a: &ImportStops) -> Result<u8> {
    let (office, by) = a.at.open_org()?;
    let kind = Kind::from_name(&a.kind).ok_or(Error::NotFound("the kind"))?;
    let mut reader = reader(&a.file)?;
    let first = headings(&mut reader)?;
    let hasher = people::hasher(office.vault(), &by.org)?;
    let column = match &a.column {
        Some(c) => first
            .iter()
            .position(|h| h == &c.to_ascii_lowercase())
            .ok_or_else(|| Error::invalid("column", "The file has no column of this heading"))?,
        None => 0,
    };
    let mut out = Outcome::default();
    let mut batch = Vec::new();
    // A list without a heading: its first line is an address as well.
    if let (None, Some(Ok(h))) =
        (&a.column, first.first().map(|v| people::hash_raw(&hasher, kind, v)))
    {
        batch.push(h);
    }
    for row in reader.byte_records() {
        let row = match row {
            Ok(row) => row,
            Err(e) => return Err(Error::invalid("file", format!("the file breaks off: {e}"))),
        };
        let line = row.position().map_or(0, csv::Position::line);
        let value = String::from_utf8_lossy(row.get(column).unwrap_or_default()).into_owned();
        match people::hash_raw(&hasher, kind, &value) {
            Ok(hash) => batch.push(hash),
            Err(e) => out.bad(line, e.to_string()),
        }
        if batch.len() == BATCH {
            out.taken += put_stops(&office, &by, a, kind, std::mem::take(&mut batch))?;
        }
    }
    out.taken += put_stops(&office, &by, a, kind, batch)?;
    out.tell(&a.at)
}

fn put_stops(
    office: &Office,
    by: &By,
    a: &ImportStops,
    kind: Kind,
    batch: Vec<people::Hash16>,
) -> Result<u64> {
    if batch.is_empty() {
        return Ok(0);
    }
    let n = batch.len() as u64;
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
    let mut reader = reader(&a.file)?;
    let names = headings(&mut reader)?;
    for needed in ["answer", "on", "method", "evidence"] {
        if !names.iter().any(|n| n == needed) {
            return Err(Error::invalid("file", format!("The file has no column {needed}")));
        }
    }
    if !names.iter().any(|n| n == "email" || n == "phone") {
        return Err(Error::invalid("file", "The file has neither a column email nor phone"));
    }
    let mut out = Outcome::default();
    for row in reader.byte_records() {
        let row = row.map_err(|e| Error::invalid("file", format!("the file breaks off: {e}")))?;
        let line = row.position().map_or(0, csv::Position::line);
        let get = |name: &str| {
            let i = names.iter().position(|n| n == name)?;
            let value = String::from_utf8_lossy(row.get(i)?).trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let new = match new_consent(a, &get) {
            Ok(new) => new,
            Err(what) => {
                out.bad(line, what);
                continue;
            }
        };
        let (by, vault) = (by.clone(), office.vault().clone());
        let one = new.clone();
        match office.write(move |tx| acts::record_consent(tx, &vault, &by, &one)) {
            Ok(_) => out.taken += 1,
            Err(Error::Invalid(f)) => out.bad(line, Error::Invalid(f).to_string()),
            Err(other) => return Err(other),
        }
    }
    out.tell(&a.at)
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
    })
}
