//! What the person receives.

use super::sql::PackRow;
use crate::error::{Error, Result};
use crate::kit::blobs::BlobReader;
use crate::office::Office;
use crate::proof::By;

/// One line of the gate's check sheet, for the screen.
pub struct GateLine {
    /// File.
    pub file: String,
    /// In a word.
    pub result: &'static str,
    /// Class of its tag.
    pub class: &'static str,
    /// What was found.
    pub notes: String,
}

/// The check sheet of a pack.
pub fn gate_lines(_: &PackRow) -> Result<Vec<GateLine>> {
    Ok(Vec::new())
}

/// Makes the next pack of a case.
pub fn make(_: &Office, _: &By, _: &str) -> Result<PackRow> {
    Err(Error::NotFound("the pack"))
}

/// Opens.
pub fn open(_: &Office, _: &By, _: &str, _: u64) -> Result<(PackRow, BlobReader)> {
    Err(Error::NotFound("the pack"))
}

/// Fetches.
pub fn fetch(_: &Office, _: &str, _: &str) -> Result<(PackRow, BlobReader, String)> {
    Err(Error::NotFound("the pack"))
}

/// Protected.
pub fn protected(_: &Office, _: &By, _: &str, _: u64, _: &str) -> Result<Vec<u8>> {
    Err(Error::NotFound("the pack"))
}

/// Sends the newest complete pack.
pub fn send(_: &Office, _: &By, _: &str, _: &str) -> Result<()> {
    Err(Error::NotFound("the pack"))
}

/// Closes a case whose answer was sent.
pub fn close(_: &Office, _: &By, _: &str) -> Result<()> {
    Err(Error::NotFound("the pack"))
}
