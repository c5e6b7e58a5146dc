//! Whose yes lapses before a send: by name, so that staff can ask them in time. A yes that lapses
//! says nothing by itself, and whoever had said it is left out of the list without a word.

use jiff::civil::Date;
use serde::Serialize;

use super::facts;
use crate::charter::Channel;
use crate::error::Result;
use crate::office::Office;
use crate::people;
use crate::proof::By;
use crate::staff::Permission;

/// Named at most.
pub const MOST: u64 = 10_000;

/// Somebody whose yes lapses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lapsing {
    /// Their id here.
    pub person: String,
    /// Their name, if it is known.
    pub name: String,
    /// The address or number that the channel reaches.
    pub address: String,
    /// The last day of their yes.
    pub until: Date,
}

/// Whose yes to a purpose by a channel lapses on or before a day, soonest first.
///
/// # Errors
/// Denied, or of the database.
pub fn before(
    office: &Office,
    by: &By,
    purpose: &str,
    channel: Channel,
    day: Date,
) -> Result<Vec<Lapsing>> {
    by.role.may(Permission::RecordPermissions)?;
    office.read(|tx| {
        let what = (purpose, channel.word());
        let mut out = Vec::new();
        for row in facts::sql::lapsing_for(tx, &by.org, what, day, MOST)? {
            let person = people::by_id(tx, &by.org, &row.person)?;
            if person.erased.is_some() {
                continue;
            }
            let known = people::open(tx, office.vault(), &by.org, &person)?;
            let reached = known.identifiers.into_iter().find(|(k, _)| *k == channel.address());
            out.push(Lapsing {
                person: person.id,
                name: known.name.unwrap_or_default(),
                address: reached.map(|(_, raw)| raw).unwrap_or_default(),
                until: row.until.unwrap_or(day),
            });
        }
        Ok(out)
    })
}

/// The list as CSV; a cell that a spreadsheet would take for a formula is guarded.
///
/// # Errors
/// Of the writer.
pub fn csv(all: &[Lapsing]) -> Result<Vec<u8>> {
    let plain = |text: &str| match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        // A telephone number begins with a plus and is none.
        true if !text[1..].chars().all(|c| c.is_ascii_digit() || c == ' ') => format!("'{text}"),
        _ => text.to_owned(),
    };
    let mut out = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(vec![]);
    let broken = |e: csv::Error| crate::error::Error::fault(format!("a list as CSV: {e}"));
    out.write_record(["person", "name", "address", "until"]).map_err(broken)?;
    for l in all {
        let row = [plain(&l.person), plain(&l.name), plain(&l.address), l.until.to_string()];
        out.write_record(row).map_err(broken)?;
    }
    out.into_inner().map_err(|e| crate::error::Error::fault(format!("a list as CSV: {e}")))
}
