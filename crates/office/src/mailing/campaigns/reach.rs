//! Whom a send reached: the allowed file's addresses, noted for the frequency cap as keyed hashes.

use std::path::Path;

use super::acts::{self, Sent};
use super::rules::State;
use crate::error::Result;
use crate::mailing::{screen_cli, table};
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
    let shape = table::shape(file)?;
    let kind = w.campaign.channel.address();
    let at = table::column(&shape, column, kind)?;
    let hasher = people::hasher(office.vault(), &by.org)?;
    let (mut batch, mut noted, mut first) = (Vec::new(), 0, !shape.no_header);
    table::each(file, &shape, |_, row| {
        if std::mem::take(&mut first) {
            return Ok(());
        }
        let raw = row.get(at).map_or("", String::as_str);
        // Rows that can't be read were sorted out when the list was screened.
        batch.extend(people::hash_raw(&hasher, kind, raw).ok());
        if batch.len() >= BATCH {
            noted += batch.len() as u64;
            deliver(office, by, w, std::mem::take(&mut batch))?;
        }
        Ok(())
    })?;
    noted += batch.len() as u64;
    if !batch.is_empty() {
        deliver(office, by, w, batch)?;
    }
    Ok(noted)
}

/// Notes whom a send reached, as a program tells it, unless it was no marketing.
///
/// # Errors
/// Of the database.
pub fn delivered(office: &Office, by: &By, w: &acts::Whole, hashes: Vec<Hash16>) -> Result<u64> {
    if !w.template.class.is_marketing() || hashes.is_empty() {
        return Ok(0);
    }
    let n = hashes.len() as u64;
    for batch in hashes.chunks(BATCH) {
        deliver(office, by, w, batch.to_vec())?;
    }
    Ok(n)
}

fn deliver(office: &Office, by: &By, w: &acts::Whole, hashes: Vec<Hash16>) -> Result<()> {
    let (by, channel, short) = (by.clone(), w.campaign.channel, w.campaign.short.clone());
    office.write(move |tx| permissions::acts::delivered(tx, &by, channel, &short, &hashes))
}
