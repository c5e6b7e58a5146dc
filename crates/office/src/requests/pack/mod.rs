//! What the person receives: a letter, the information about the processing, everything that was
//! found, what was left out and why, and proof; in one ZIP.
//!
//! The pack is written as a stream and sealed as it goes, so memory stays flat and no clear byte
//! touches the disk. Every file goes through the `gate`, and the finished ZIP is read again
//! before anybody sees it.
//!
//! - `plan`: what the pack is made from. - `write`, `data`, `things`: putting it in.
//! - `own`: what this office itself holds. - `cut`: taking passages out.
//! - `pages`, `readme`, `processing`: what it says. - `copies`: its pages as PDF. - `out`: the ZIP.
//! - `look`: reading it on the desk. - `hand`: sending, a new link, closing, looking again.
//! - `fetch`: the person's side of a link, and `portal` its page.

#[cfg(test)]
#[path = "bench_tests.rs"]
pub(super) mod bench;
pub mod cli;
pub(super) mod content;
mod copies;
#[cfg(test)]
mod copies_tests;
pub(super) mod cut;
mod data;
pub mod desk;
pub mod desk_hand;
mod fetch;
mod hand;
#[cfg(test)]
mod hand_tests;
mod look;
pub(super) mod out;
mod own;
mod pages;
mod plan;
pub mod portal;
mod processing;
mod readme;
pub mod sql;
#[cfg(test)]
mod tests;
mod things;
mod told;
mod write;

#[cfg(test)]
pub use copies_tests::words_of as tests_words_of;
#[cfg(test)]
pub use fetch::fetch;
pub use fetch::{Proven, look, prove, rounds, save};
pub use hand::{
    PROTECTED_HELP, Way, close, look_again, new_link, posted, protected, revoke, send, take_copy,
};
pub use look::{Looked, look as look_inside};

pub(super) use hand::closed;
pub(super) use plan::state as state_of;

use crate::error::{Error, Result};
use crate::kit::blobs::{self, BlobReader, BlobWriter, Finished};
use crate::kit::new_id;
use crate::office::Office;
use crate::proof::{By, Recorded};
use crate::requests::acts::{self, act_on};
use crate::requests::gate;
use crate::requests::sql::PackRow;
use crate::staff::Permission;
use out::{Opened, Sealing};
use plan::Plan;

/// Makes the next pack of a case. What still waits for a person is left out of it and counted.
///
/// # Errors
/// Denied, not found, not searched yet, changed meanwhile, or the finished pack did not stand
/// being read again; no pack is kept then.
pub fn make(office: &Office, by: &By, case_id: &str) -> Result<PackRow> {
    by.role.may(Permission::WorkCases)?;
    let request = office.read(|tx| acts::load(tx, office, by, case_id))?.row.request;
    // The rules say no before any work is done; the real answer is asked for at the end.
    request.packed(false)?;
    let plan = plan::gather(office, by, case_id)?;
    let (db, key) = (office.db(), &plan.case.row.key);
    let blob = BlobWriter::start(db, office.vault(), &by.org, key, "pack", by.now)?;
    let id = blob.id().to_owned();
    let row = build(office, by, &plan, blob);
    if row.is_err() {
        let org = by.org.clone();
        office.chore(move |tx| crate::kit::sql::drop_blob(tx, &org, &id))?;
    }
    row
}

fn build(office: &Office, by: &By, plan: &Plan, blob: BlobWriter) -> Result<PackRow> {
    let written = write::pack(office, plan, Sealing::new(blob))?;
    let (finished, sha256) = written.to.end()?;
    let mut content = written.content;
    let (db, vault, key) = (office.db(), office.vault(), &plan.case.row.key);
    let reader = BlobReader::before_finish(db, vault, &by.org, key, &finished)?;
    let again = gate::read_again(Opened::new(reader), &written.files, &content.reread)?;
    content.sheet.read_again = again.files;
    content.sheet.redactions_checked = again.redactions;
    let row = PackRow {
        id: new_id(by.now),
        number: plan.number,
        complete: written.complete,
        left_out: plan.open() + content.stuck,
        items: content.items,
        blob: finished.id.clone(),
        sha256,
        bytes: finished.bytes,
        gate: serde_json::to_string(&content.sheet)?,
        made: plan.made,
        fetched: None,
    };
    keep(office, by, plan, row, finished)
}

/// Keeps the pack with its act, if nothing it was made from has changed meanwhile. Only now can
/// its file be read; until then a crash leaves a blob that the daily rounds sweep away.
fn keep(
    office: &Office,
    by: &By,
    plan: &Plan,
    row: PackRow,
    finished: Finished,
) -> Result<PackRow> {
    let (office2, by2, state) = (office.clone(), by.clone(), plan.state());
    let (id, version, pack) = (plan.case.row.id.clone(), plan.case.row.version, row.clone());
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id)?;
        let searches = super::sql::searches(tx, &by2.org, &id)?;
        let now: Vec<_> = searches.iter().map(plan::state).collect();
        if case.row.version != version || now != state {
            return Err(Error::Conflict);
        }
        case.row.request = case.row.request.packed(pack.complete)?;
        acts::save(tx, &office2, &by2, case.clone())?;
        blobs::finish(tx, &finished)?;
        sql::insert_pack(tx, &by2.org, &id, &pack)?;
        let said = format!(
            "Pack {}, {}: {} items in it, {} still to decide, {} bytes, SHA-256 {}",
            pack.number,
            if pack.complete { "complete" } else { "part" },
            pack.items,
            pack.left_out,
            pack.bytes,
            pack.sha256
        );
        let act = act_on(&case, "request.packed", "UK GDPR Art 15(3)", said)
            .about("pack", &pack.id)
            .about("sha256", &pack.sha256);
        Ok(Recorded::new(&by2, (), act))
    })?;
    Ok(row)
}

/// The check sheet of a pack.
///
/// # Errors
/// It does not parse.
pub fn sheet(pack: &PackRow) -> Result<gate::Sheet> {
    Ok(serde_json::from_str(&pack.gate)?)
}

/// What keeps a pack from being complete, each with what to do.
///
/// # Errors
/// Its check sheet does not parse.
pub fn blocks(pack: &PackRow) -> Result<Vec<String>> {
    Ok(sheet(pack)?.blocks)
}

/// One line of the gate's check sheet, for the screen.
pub struct GateLine {
    /// Number in the pack and kind.
    pub file: String,
    /// How it fared.
    pub result: &'static str,
    /// Class of its tag.
    pub class: &'static str,
    /// What was found and done.
    pub notes: String,
}

/// The files of a check sheet, line by line.
pub fn gate_lines(files: Vec<gate::FileCheck>) -> Vec<GateLine> {
    let line = |c: gate::FileCheck| {
        let (result, class) = match c.outcome {
            gate::Outcome::Passed => ("Passed", "ok"),
            gate::Outcome::Cleaned => ("Cleaned", "soon"),
            gate::Outcome::Stopped if c.nothing_sent => ("Kept back, nothing sent of it", "late"),
            gate::Outcome::Stopped => ("Kept back, its text sent", "late"),
        };
        let notes: Vec<String> = c
            .found
            .iter()
            .map(|f| match f.then {
                gate::Then::Noted => format!("{} ({})", f.what, f.count),
                gate::Then::Cleaned => format!("{} ({}), taken out", f.what, f.count),
                gate::Then::Stopped => format!("{} ({}), not sent", f.what, f.count),
            })
            .collect();
        GateLine { file: format!("{}, {}", c.file, c.kind), result, class, notes: notes.join("; ") }
    };
    files.into_iter().map(line).collect()
}
