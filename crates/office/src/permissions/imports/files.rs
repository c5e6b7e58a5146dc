//! What stands in a file of old stops or consents, and what becomes of its rows: the same for the
//! command line and the browser.

use std::collections::BTreeMap;
use std::path::Path;

use candour_screening::{Kind, Shape};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::bad_rows::BadRows;
use super::sql;
use crate::charter::Channel;
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::mailing::table;
use crate::office::Office;
use crate::people::{self, Known};
use crate::permissions::acts::{self, NewConsent};
use crate::permissions::persons;
use crate::permissions::records::{Proof, Through};
use crate::permissions::stops::{self, NewStop};
use crate::permissions::terms::What;
use crate::proof::By;

/// Rows in one transaction.
const BATCH: usize = 1000;
/// Bad rows named one by one before they are only counted.
const NAMED: usize = 100;

/// Whether the first row is a heading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Heading {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// If it holds no address but a word or two.
    #[default]
    Guess,
}

/// How a file of stops is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stops {
    /// What the addresses are, by the word of their kind.
    pub kind: String,
    /// The column, from 0.
    pub column: usize,
    /// About the first row.
    pub heading: Heading,
    /// Only this channel.
    pub channel: Option<Channel>,
    /// Only this purpose; all marketing if not given.
    pub purpose: Option<String>,
}

/// How a file of consents is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Consents {
    /// Which wording they saw.
    pub wording: String,
    /// Which version of it; the latest if not given.
    pub version: Option<i64>,
    /// By which channel they may be contacted.
    pub channel: Option<Channel>,
    /// Which column, from 0, holds what: see [`FIELDS`].
    pub columns: BTreeMap<String, usize>,
    /// What is the same for every row, where a column is missing or a cell empty.
    pub same: BTreeMap<String, String>,
    /// The first row is a heading.
    pub header: bool,
}

/// What a row of consents may say: the field, and what it is called on screens.
pub const FIELDS: [(&str, &str); 11] = [
    ("email", "E-mail address"),
    ("phone", "Telephone number"),
    ("address", "Postal address"),
    ("member_number", "Member number"),
    ("name", "Name"),
    ("answer", "Answer (yes or no)"),
    ("on", "Day of the answer"),
    ("method", "How it came"),
    ("evidence", "What proves it"),
    ("collector", "Who took it"),
    ("subscriber", "Kind of subscriber (individual or corporate)"),
];

/// How a file is read.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Plan {
    /// It holds stops.
    Stops(Stops),
    /// It holds consents.
    Consents(Consents),
}

/// How an import is carried out.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// Only say what would be taken.
    pub dry_run: bool,
    /// The import that notes how far it is, in the transaction of what it takes: what broke off
    /// goes on there, and no row is taken twice.
    pub id: Option<String>,
    /// Rows to this line were taken before.
    pub after: u64,
}

/// What an import did.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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
    /// Where all bad rows lie, sealed, if the file came in through the browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_bad: Option<String>,
}

impl Outcome {
    fn bad(&mut self, all: &mut dyn BadRows, line: u64, what: &str) -> Result<()> {
        self.bad_rows += 1;
        if self.bad.len() < NAMED {
            self.bad.push((line, what.to_owned()));
        }
        all.add(line, what)
    }

    /// How many bad rows are only counted.
    pub fn unnamed(&self) -> u64 {
        self.bad_rows - self.bad.len() as u64
    }
}

/// Reads a file, and takes what it holds; `bad` is told of every row that can't be taken. Where it
/// goes on after it broke off, rows taken before are looked at once more, so that none that is bad
/// goes unnamed.
///
/// # Errors
/// The file breaks off, denied, or of the database.
pub fn take(
    office: &Office,
    by: &By,
    file: &Path,
    plan: &Plan,
    how: &How,
    bad: &mut dyn BadRows,
) -> Result<Outcome> {
    let shape = table::shape(file)?;
    match plan {
        Plan::Stops(plan) => take_stops(office, by, (file, &shape), plan, how, bad),
        Plan::Consents(plan) => take_consents(office, by, (file, &shape), plan, how, bad),
    }
}

fn take_stops(
    office: &Office,
    by: &By,
    (file, shape): (&Path, &Shape),
    plan: &Stops,
    how: &How,
    bad: &mut dyn BadRows,
) -> Result<Outcome> {
    let kind = Kind::from_name(&plan.kind).ok_or(Error::NotFound("the kind"))?;
    let hasher = people::hasher(office.vault(), &by.org)?;
    let mut out = Outcome { dry_run: how.dry_run, ..Outcome::default() };
    let (mut batch, mut last) = (Vec::new(), how.after);
    table::each(file, shape, |line, row| {
        let value = row.get(plan.column).map_or("", String::as_str);
        if line == 1 && plan.heading == Heading::Yes {
            return Ok(());
        }
        match people::written(&hasher, kind, value) {
            Ok(_) if line <= how.after => {}
            Ok(one) => batch.push(one),
            Err(_) if line == 1 && plan.heading == Heading::Guess && is_words(value) => {
                out.heading = true;
            }
            Err(e) => out.bad(bad, line, &e.to_string())?,
        }
        last = line.max(how.after);
        if batch.len() == BATCH {
            out.taken += put_stops(office, by, plan, how, (std::mem::take(&mut batch), line))?;
        }
        Ok(())
    })?;
    out.taken += put_stops(office, by, plan, how, (batch, last))?;
    Ok(out)
}

/// A word or two that name a column; addresses and numbers have digits or an at sign.
fn is_words(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains('@') && !text.contains(|c: char| c.is_ascii_digit())
}

fn put_stops(
    office: &Office,
    by: &By,
    plan: &Stops,
    how: &How,
    (batch, line): (Vec<people::Written>, u64),
) -> Result<u64> {
    let n = batch.len() as u64;
    if n == 0 || how.dry_run {
        return Ok(n);
    }
    let model = NewStop {
        hash: [0; 16],
        kind: plan.kind.clone(),
        channel: plan.channel,
        what: plan.purpose.clone().map_or(What::Marketing, What::Purpose),
        reason: "import",
        on: dates::day_of(by.now),
    };
    let (by, vault, id) = (by.clone(), office.vault().clone(), how.id.clone());
    office.write(move |tx| {
        if let Some(id) = &id {
            sql::progress(tx, &by.org, id, line, n)?;
        }
        stops::stop_many(tx, &vault, &by, &model, &batch)
    })?;
    Ok(n)
}

fn take_consents(
    office: &Office,
    by: &By,
    (file, shape): (&Path, &Shape),
    plan: &Consents,
    how: &How,
    bad: &mut dyn BadRows,
) -> Result<Outcome> {
    let mut out = Outcome { dry_run: how.dry_run, ..Outcome::default() };
    table::each(file, shape, |line, row| {
        if line == 1 && plan.header {
            return Ok(());
        }
        let get = |name: &str| {
            let cell = plan.columns.get(name).and_then(|i| row.get(*i));
            let cell = cell.filter(|v| !v.is_empty());
            cell.or_else(|| plan.same.get(name).filter(|v| !v.is_empty())).cloned()
        };
        match new_consent(plan, &get) {
            Err(what) => out.bad(bad, line, &what)?,
            Ok(new) => match put_consent(office, by, new, how, line) {
                Ok(()) => out.taken += u64::from(line > how.after),
                Err(e @ (Error::Invalid(_) | Error::Refused(_))) => {
                    out.bad(bad, line, &e.to_string())?;
                }
                Err(other) => return Err(other),
            },
        }
        Ok(())
    })?;
    Ok(out)
}

/// Records one row, or only looks whether it could be. Whoever was erased stays so, and what else
/// names them in the row is stopped.
fn put_consent(office: &Office, by: &By, new: NewConsent, how: &How, line: u64) -> Result<()> {
    let ids = persons::hashes_of(office.vault(), &by.org, &new.who)?;
    if how.dry_run || line <= how.after {
        return office.read(|tx| acts::could_record(tx, by, &new, &ids));
    }
    let (by_, vault, id) = (by.clone(), office.vault().clone(), how.id.clone());
    let done = office.write(move |tx| {
        if let Some(id) = &id {
            sql::progress(tx, &by_.org, id, line, 1)?;
        }
        acts::record_consent(tx, &vault, &by_, &new)
    });
    if matches!(done, Err(Error::Refused(_))) {
        let by = by.clone();
        office.write(move |tx| stops::spread_erasure(tx, &by, &ids))?;
    }
    done.map(drop)
}

/// A day as files have it: 2026-11-20, or as it is written here, 20/11/2026. A time after it is let
/// be.
fn day_of(text: &str) -> Option<Date> {
    let text = text.split(['T', ' ']).next()?;
    if let Ok(day) = text.parse() {
        return Some(day);
    }
    let mut parts = text.split(['/', '.']);
    let mut part = || parts.next()?.parse::<i16>().ok();
    let (d, m, y) = (part()?, part()?, part()?);
    let whole = parts.next().is_none() && y >= 1000;
    Date::new(y, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok().filter(|_| whole)
}

fn new_consent(
    plan: &Consents,
    get: &dyn Fn(&str) -> Option<String>,
) -> std::result::Result<NewConsent, String> {
    let yes = match get("answer").as_deref().map(str::to_ascii_lowercase).as_deref() {
        Some("yes" | "y" | "true" | "1") => true,
        Some("no" | "n" | "false" | "0") => false,
        _ => return Err("the answer is neither yes nor no".into()),
    };
    let on = get("on").and_then(|d| day_of(&d));
    let on = on.ok_or("the date is not written like 2026-11-20 or 20/11/2026")?;
    let mut identifiers = Vec::new();
    for (name, kind) in [
        ("email", Kind::Email),
        ("phone", Kind::Phone),
        ("address", Kind::Address),
        ("member_number", Kind::MemberNumber),
    ] {
        identifiers.extend(get(name).map(|v| (kind, v)));
    }
    let known = |s: &String| s == "individual" || s == "corporate";
    Ok(NewConsent {
        who: Known {
            name: get("name"),
            identifiers,
            subscriber: get("subscriber").map(|s| s.to_ascii_lowercase()).filter(known),
            member: None,
            company: None,
        },
        wording: plan.wording.clone(),
        version: plan.version,
        channel: plan.channel,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_as_files_have_it() {
        let day = |text| day_of(text).map(|d| d.to_string()).unwrap_or_default();
        for text in ["2026-11-20", "20/11/2026", "20.11.2026", "2026-11-20T00:00:00"] {
            assert_eq!(day(text), "2026-11-20", "{text}");
        }
        for text in ["", "20/11/26", "11/20/2026", "20/11", "1/2/3/2026", "soon"] {
            assert_eq!(day(text), "", "{text}");
        }
    }
}
