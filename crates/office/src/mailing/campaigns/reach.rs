//! Whom a send reached: the allowed file's addresses, noted for the frequency cap as keyed hashes.

use std::path::Path;

use candour_screening::{Encoding, Kind, Shape, inspect};

use super::acts::{self, Sent};
use super::rules::State;
use crate::error::{Error, Result};
use crate::mailing::{screen, screen_cli};
use crate::office::Office;
use crate::people::{self, Hash16};
use crate::permissions;
use crate::proof::By;

/// Addresses in one transaction.
const BATCH: usize = 1000;

/// Marks a campaign as sent with the file that was used. If it was marketing, each address of the
/// file is noted as a delivery, a batch at a time: done twice on a day it is noted once.
///
/// # Errors
/// The file or its column, or as [`acts::mark_sent`].
pub fn sent_with_file(
    office: &Office,
    by: &By,
    short: &str,
    file: &Path,
    column: Option<&str>,
    mut sent: Sent,
) -> Result<(State, u64)> {
    let sum = screen_cli::sum_of(file)?;
    sent.sha256 = Some(sum);
    let w = office.read(|tx| acts::load(tx, &by.org, short))?;
    acts::may_mark(by, &w, &sent)?;
    let mut noted = 0;
    if w.template.class.is_marketing() {
        noted = note(office, by, &w, file, column)?;
        sent.reached = sent.reached.or(Some(noted));
    }
    let (vault, by, short) = (office.vault().clone(), by.clone(), short.to_owned());
    let state = office.write(move |tx| acts::mark_sent(tx, &vault, &by, &short, &sent))?;
    Ok((state, noted))
}

fn note(
    office: &Office,
    by: &By,
    w: &acts::Whole,
    file: &Path,
    column: Option<&str>,
) -> Result<u64> {
    let shape = inspect(file).map_err(|e| screen::told(&e))?;
    let kind = w.campaign.channel.address();
    let ascii = matches!(kind, Kind::Email | Kind::Phone);
    let western = shape.encoding == Encoding::Windows1252 && ascii;
    if shape.encoding != Encoding::Utf8 && !western {
        return Err(Error::invalid("file", "Save the list as CSV, UTF-8"));
    }
    let at = column_of(&shape, column, kind)?;
    let delimiter = u8::try_from(shape.delimiter).unwrap_or(b',');
    let open = std::fs::File::open(file)?;
    let mut rows = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(!shape.no_header)
        .delimiter(delimiter)
        .from_reader(open);
    let hasher = people::hasher(office.vault(), &by.org)?;
    let (mut row, mut batch, mut noted) = (csv::ByteRecord::new(), Vec::new(), 0);
    loop {
        let more = rows.read_byte_record(&mut row).map_err(|_| {
            Error::invalid("file", format!("The list breaks off near row {}", noted + 1))
        })?;
        if more {
            let raw = String::from_utf8_lossy(row.get(at).unwrap_or_default());
            // Rows that can't be read were sorted out when the list was screened.
            batch.extend(people::hash_raw(&hasher, kind, &raw).ok());
        }
        if batch.len() >= BATCH || (!more && !batch.is_empty()) {
            noted += batch.len() as u64;
            deliver(office, by, w, std::mem::take(&mut batch))?;
        }
        if !more {
            return Ok(noted);
        }
    }
}

fn deliver(office: &Office, by: &By, w: &acts::Whole, hashes: Vec<Hash16>) -> Result<()> {
    let (by, channel, short) = (by.clone(), w.campaign.channel, w.campaign.short.clone());
    office.write(move |tx| permissions::acts::delivered(tx, &by, channel, &short, &hashes))
}

fn column_of(shape: &Shape, asked: Option<&str>, kind: Kind) -> Result<usize> {
    let found = match asked {
        Some(name) => match name.parse::<usize>() {
            Ok(n) if n > 0 && n <= shape.header.len() => Some(n - 1),
            _ => shape.header.iter().position(|h| h == name),
        },
        None => shape.columns.iter().position(|g| g.kind == Some(kind)),
    };
    found.ok_or_else(|| {
        Error::invalid("column", "Name the column that was contacted: its heading or number")
    })
}
