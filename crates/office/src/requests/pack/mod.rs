//! What the person receives.

use super::sql::PackRow;
use crate::error::{Error, Result};
use crate::office::Office;
use crate::proof::By;

/// Makes the next pack of a case.
pub fn make(_: &Office, _: &By, _: &str) -> Result<PackRow> {
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
