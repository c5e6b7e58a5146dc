//! A sample membership society with real holdings: a database, a mailing list, a workbook, two
//! mailboxes and a folder of papers. Every run makes the same bytes.
//!
//! - `people`: the members, three of them written by hand.
//! - `club`, `lists`, `mail`, `letters`: the holdings; `files` writes document formats.
//! - `answer`: the key: what a search for the member who asks has to find, and how sure it is.

#[cfg(test)]
pub mod answer;
mod club;
mod files;
mod letters;
pub mod lists;
mod mail;
pub mod people;

use std::path::Path;

use crate::error::Result;

/// Makes the society's holdings in the folder `holdings` of a folder. Answers whether it had to:
/// holdings that are there are left alone, and half-made ones are made again.
///
/// # Errors
/// The folder can't be written.
pub fn make(dir: &Path) -> Result<bool> {
    let whole = dir.join("holdings");
    if whole.is_dir() {
        return Ok(false);
    }
    let part = dir.join("holdings.part");
    if part.exists() {
        std::fs::remove_dir_all(&part)?;
    }
    std::fs::create_dir_all(&part)?;
    club::make(&part.join("club.db"))?;
    lists::newsletter(&part.join("newsletter.csv"))?;
    lists::bookings(&part.join("bookings.xlsx"))?;
    mail::make(&part.join("mail"))?;
    letters::make(&part.join("letters"))?;
    // The name appears when everything is there: a run that dies leaves no half society.
    std::fs::rename(part, whole)?;
    Ok(true)
}
