//! Files that come in through the browser: written to a folder of their own as they come, so that a
//! large one is never held in memory.

use std::fs::File;
use std::io::{Write as _, copy};
use std::path::Path;

use axum::extract::Multipart;
use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::kit::blobs::{BlobReader, BlobWriter, Finished};
use crate::kit::forms::Filled;
use crate::office::Office;

/// A folder of its own for work in the clear, gone when dropped. What a killed process leaves there
/// is cleared away by the daily rounds.
///
/// # Errors
/// The data folder can't be written.
pub fn folder(office: &Office) -> Result<tempfile::TempDir> {
    let place = office.data().join("work");
    std::fs::create_dir_all(&place)?;
    Ok(tempfile::Builder::new().prefix("list-").tempdir_in(place)?)
}

/// Takes a form with a file: writes the file to a path, answers the other fields and how many bytes
/// came.
///
/// # Errors
/// The upload breaks off, or the file can't be written.
pub async fn received(mut parts: Multipart, file: &str, path: &Path) -> Result<(Filled, u64)> {
    let (mut f, mut bytes) = (Filled::default(), 0_u64);
    let broken = |_| Error::invalid(file.to_owned(), "The upload broke off: send the file again");
    while let Some(mut part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name != file {
            f.set(&name, part.text().await.map_err(broken)?);
            continue;
        }
        let mut out = File::create(path)?;
        while let Some(piece) = part.chunk().await.map_err(broken)? {
            bytes += piece.len() as u64;
            out.write_all(&piece)?;
        }
    }
    Ok((f, bytes))
}

/// Seals a file under the organisation's own key, piece by piece.
///
/// # Errors
/// Of the file, the key or the database.
pub fn seal(
    office: &Office,
    org: &str,
    purpose: &'static str,
    now: Timestamp,
    file: &Path,
) -> Result<Finished> {
    let (vault, of) = (office.vault().clone(), org.to_owned());
    let key = office.chore(move |tx| vault.key_for(tx, &of, "office", now))?;
    let mut out = BlobWriter::start(office.db(), office.vault(), org, &key, purpose, now)?;
    copy(&mut File::open(file)?, &mut out)?;
    out.end()
}

/// Writes a sealed file out again, piece by piece.
///
/// # Errors
/// Of the file or the blob.
pub fn unseal(office: &Office, org: &str, blob: &str, to: &Path) -> Result<()> {
    let mut reader = BlobReader::open(office.db(), office.vault(), org, blob)?;
    copy(&mut reader, &mut File::create(to)?)?;
    Ok(())
}
