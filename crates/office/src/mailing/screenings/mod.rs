//! Lists screened in the browser. A list is personal data: it is kept sealed, is in the clear only
//! in a folder of its own while it is read, and is swept after a week.

pub mod desk;
pub mod sql;
#[cfg(test)]
mod tests;

use std::path::Path;

use candour_db::Tx;
use candour_screening::{Outs, Plan, inspect};
use jiff::{SignedDuration, Timestamp};

use super::screen::{self, Certificate, For};
use super::{rows, screen_cli, table};
use crate::charter::{self, Channel};
use crate::error::{Error, Result};
use crate::kit::blobs::{self, Finished};
use crate::kit::upload::folder;
use crate::kit::{dates, new_id, upload};
use crate::office::Office;
use crate::permissions::{Attested, Class};
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// Lists are kept this long.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 7);

/// A list brought in through the browser.
#[derive(Debug, Clone)]
pub struct Screening {
    /// Id.
    pub id: String,
    /// Screened.
    pub done: bool,
    /// By which channel the send goes.
    pub channel: String,
    /// What sort of message.
    pub class: String,
    /// For which purpose, or empty.
    pub purpose: String,
    /// What is attested, or empty.
    pub attested: String,
    /// What the list looks like, JSON: names of columns and what they seem to hold.
    pub shape: String,
    /// The sealed list, until it is screened.
    pub list: Option<String>,
    /// The sealed outcome: allowed, blocked, unreadable.
    pub files: [Option<String>; 3],
    /// The certificate's text.
    pub certificate: Option<String>,
    /// Its proof.
    pub proof: Option<String>,
    /// What was wrong with rows that could not be read, one each line with a count.
    pub faults: String,
    /// When.
    pub made: Timestamp,
}

impl Screening {
    /// What it is for.
    ///
    /// # Errors
    /// A word that is not known any more.
    pub fn what(&self, now: Timestamp) -> Result<For> {
        let unknown = || Error::invalid("channel", "Choose a channel");
        Ok(For {
            channel: Channel::from_word(&self.channel).ok_or_else(unknown)?,
            class: Class::from_word(&self.class)
                .ok_or_else(|| Error::invalid("class", "Choose what sort of message it is"))?,
            purpose: Some(self.purpose.clone()).filter(|p| !p.is_empty()),
            attested: Attested::from_word(&self.attested),
            on: dates::day_of(now),
        })
    }
}

/// What came of a screening, on its way into the table.
pub struct Done {
    /// Blobs: allowed, blocked, unreadable.
    pub files: [String; 3],
    /// The certificate's text.
    pub certificate: String,
    /// What was wrong with unreadable rows.
    pub faults: String,
}

fn seal(office: &Office, by: &By, file: &Path) -> Result<Finished> {
    upload::seal(office, &by.org, "screening", by.now, file)
}

/// Keeps a list that was brought in, after a look at it.
///
/// # Errors
/// Denied, no list, or a purpose that the charter lacks.
pub fn keep(office: &Office, by: &By, list: &Path, mut new: Screening) -> Result<String> {
    by.role.may(Permission::ScreenLists)?;
    let what = new.what(by.now)?;
    let charter = office.read(|tx| charter::current(tx, &by.org))?;
    crate::permissions::ask::purpose_of(
        &charter.permissions,
        what.class,
        what.purpose.as_deref(),
        what.channel,
    )?;
    let shape = inspect(list).map_err(|e| screen::told(&e))?;
    let shape = match shape.format {
        candour_screening::Format::Csv => shape,
        _ => rows::shape(list)?,
    };
    screen::is_list(&shape.header)?;
    if shape.rows_estimate == 0 && !shape.no_header {
        return Err(screen::no_row());
    }
    new.shape = serde_json::to_string(&shape)?;
    new.id = new_id(by.now);
    let blob = seal(office, by, list)?;
    new.list = Some(blob.id.clone());
    let (by, id) = (by.clone(), new.id.clone());
    office.chore(move |tx| {
        blobs::finish(tx, &blob)?;
        sql::insert(tx, &by.org, &new, &by.actor)
    })?;
    Ok(id)
}

/// What came of a list, before it is recorded.
struct Outcome {
    certificate: Certificate,
    /// Allowed, blocked, unreadable.
    sealed: Vec<Finished>,
    faults: String,
}

/// Screens a kept list with the columns that were confirmed. A crash before its end leaves the list
/// as it was brought in.
///
/// # Errors
/// Denied, done already, or the list or its columns.
pub fn run(office: &Office, by: &By, id: &str, plan: &Plan) -> Result<()> {
    let out = screened(office, by, id, plan)?;
    certified(office, by, id, out)
}

fn screened(office: &Office, by: &By, id: &str, plan: &Plan) -> Result<Outcome> {
    by.role.may(Permission::ScreenLists)?;
    let s = office.read(|tx| sql::by_id(tx, &by.org, id))?;
    let Some(blob) = &s.list else { return Err(Error::Conflict) };
    let what = s.what(by.now)?;
    let place = folder(office)?;
    let list = place.path().join("list");
    upload::unseal(office, &by.org, blob, &list)?;
    let file = |name: &str| place.path().join(name);
    let outs = Outs::Files {
        allowed: file("allowed"),
        blocked: file("blocked"),
        unreadable: file("unreadable"),
        replace: false,
    };
    let ready = screen::ready(office, by, &what)?;
    let out = rows::screen_any(&ready, &list, plan, &outs, &mut |_, _| {})?;
    let name = office.read(|tx| charter::current(tx, &by.org))?.organisation.legal_name;
    let mut certificate = ready.certificate(by, &name, &what, &out);
    certificate.rows.doubled = table::doubled(&file("allowed"), plan, out.allowed)?;
    let seal_one = |name| seal(office, by, &file(name));
    let sealed = ["allowed", "blocked", "unreadable"].into_iter().map(seal_one);
    let sealed = sealed.collect::<Result<Vec<_>>>()?;
    let faults: Vec<String> = out.faults.iter().map(|(f, n)| format!("{n}\t{f}")).collect();
    Ok(Outcome { certificate, sealed, faults: faults.join("\n") })
}

/// Records what came of a list with its certificate, unless somebody was first: one list, one
/// certificate.
fn certified(office: &Office, by: &By, id: &str, out: Outcome) -> Result<()> {
    let (org, id_) = (by.org.clone(), id.to_owned());
    let Outcome { certificate, sealed, faults } = out;
    screen::certify_with(office, by, &certificate, move |tx, body| {
        let Some(list) = sql::by_id(tx, &org, &id_)?.list else { return Err(Error::Conflict) };
        for b in &sealed {
            blobs::finish(tx, b)?;
        }
        let done = Done {
            files: [sealed[0].id.clone(), sealed[1].id.clone(), sealed[2].id.clone()],
            certificate: body.to_owned(),
            faults: faults.clone(),
        };
        sql::finish(tx, &org, &id_, &done)?;
        crate::kit::sql::drop_blob(tx, &org, &list)
    })?;
    proof(office, by, id).map(drop)
}

/// The proof of a screened list's certificate; made and kept when a crash came before it.
///
/// # Errors
/// Not found, not screened, or of the database.
pub fn proof(office: &Office, by: &By, id: &str) -> Result<String> {
    let s = office.read(|tx| sql::by_id(tx, &by.org, id))?;
    if let Some(proof) = s.proof {
        return Ok(proof);
    }
    let body = s.certificate.ok_or(Error::NotFound("the file"))?;
    let certificate: Certificate = serde_json::from_str(&body)?;
    let text = screen::prove(office, by, &certificate.id)?;
    let (org, id, kept) = (by.org.clone(), id.to_owned(), text.clone());
    office.chore(move |tx| sql::set_proof(tx, &org, &id, Some(&kept)))?;
    Ok(text)
}

/// Forgets lists older than a week, done or not. Their certificates stay.
///
/// # Errors
/// Of the database.
pub fn sweep(tx: &mut Tx<'_>, org: &str, now: Timestamp) -> Result<()> {
    for s in sql::before(tx, org, now - KEPT)? {
        for blob in s.files.iter().chain([&s.list]).flatten() {
            crate::kit::sql::drop_blob(tx, org, blob)?;
        }
        sql::drop_one(tx, org, &s.id)?;
    }
    Ok(())
}

/// Clears what killed processes left in the clear.
pub fn clear_folder(office: &Office) {
    let old = |path: &Path| {
        let made = std::fs::metadata(path).and_then(|m| m.modified()).ok()?;
        made.elapsed().ok().filter(|d| d.as_secs() > 24 * 3600)
    };
    let Ok(entries) = std::fs::read_dir(office.data().join("work")) else { return };
    for entry in entries.flatten() {
        if old(&entry.path()).is_some() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Records that the outcome left the office: somebody saved a list.
///
/// # Errors
/// Of the database.
pub fn note_download(office: &Office, by: &By, id: &str, which: &'static str) -> Result<()> {
    let (by, vault, id) = (by.clone(), office.vault().clone(), id.to_owned());
    office.write(move |tx| {
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        let act = Act::new("list.saved").about("screening", &id).law("UK GDPR Art 5(1)(f)");
        Ok(Recorded::new(&by, (), act.say(&key, which)))
    })
}

/// Reads the columns chosen on the page: `use.N` = kind, `contact` = N.
///
/// # Errors
/// None chosen.
pub fn plan(f: &crate::kit::forms::Filled, channel: Channel, header: bool) -> Result<Plan> {
    let contact: usize = f
        .get("contact")
        .parse()
        .map_err(|_| Error::invalid("contact", "Choose the column that is contacted"))?;
    let part = |(name, value): &(String, String)| {
        name.strip_prefix("use.").filter(|_| value == "part").and_then(|n| n.parse().ok())
    };
    let mut parts: Vec<usize> = f.0.iter().filter_map(part).filter(|n| *n != contact).collect();
    if !parts.is_empty() && channel != Channel::Post {
        return Err(Error::invalid("contact", "Only a postal address stands in several columns"));
    }
    parts.push(contact);
    parts.sort_unstable();
    let parts: Vec<String> = parts.iter().map(usize::to_string).collect();
    let mut columns = vec![screen_cli::column(&parts.join("+"), channel)?];
    for (name, value) in &f.0 {
        let Some(n) = name.strip_prefix("use.") else { continue };
        if value.is_empty() || value == "part" || n.parse() == Ok(contact) {
            continue;
        }
        columns.push(screen_cli::column(&format!("{n}={value}"), channel)?);
    }
    let mut plan = Plan::new(columns);
    plan.header = header;
    plan.force = f.ticked("force");
    Ok(plan)
}
