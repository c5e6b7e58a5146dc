//! Setting up a new office in the browser, once: by whoever can read the data folder.

use super::acts::{self, NewStaff};
use crate::charter::{self, Charter};
use crate::error::{Error, Result};
use crate::kit::links;
use crate::office::Office;

/// The file that lets somebody set the office up: whoever can read the data folder.
fn set_up_file(office: &Office) -> std::path::PathBuf {
    office.data().join("set-up.token")
}

/// The token of the set-up page, made when there is none.
///
/// # Errors
/// The data folder can't be written.
pub fn set_up_token(office: &Office) -> Result<String> {
    use std::io::Write as _;
    let path = set_up_file(office);
    if let Ok(token) = std::fs::read_to_string(&path) {
        return Ok(token.trim().to_owned());
    }
    let token = links::new_token()?;
    crate::settings::private_file(&path)?.write_all(token.as_bytes())?;
    Ok(token)
}

/// Whether this token may set the office up: it is the one in the data folder, and no
/// organisation has been founded.
///
/// # Errors
/// Not found otherwise.
pub fn may_set_up(office: &Office, token: &str) -> Result<()> {
    let kept = std::fs::read_to_string(set_up_file(office)).unwrap_or_default();
    let none = office.read(crate::charter::orgs)?.is_empty();
    let same = !kept.trim().is_empty() && links::hash(kept.trim()) == links::hash(token);
    if none && same { Ok(()) } else { Err(Error::NotFound("the page")) }
}

/// The office is set up: the token works no more.
///
/// # Errors
/// The file can't be removed.
pub fn end_set_up(office: &Office) -> Result<()> {
    Ok(std::fs::remove_file(set_up_file(office))?)
}

/// Founds the organisation together with its first officer, unless somebody was first.
///
/// # Errors
/// Not found when an organisation is there, or fields to mend.
pub fn found(office: &Office, charter: Charter, officer: NewStaff) -> Result<String> {
    let vault = office.vault().clone();
    office.found_with(charter, move |tx, by| {
        // Its own row is there by now.
        if charter::orgs(tx)?.len() > 1 {
            return Err(Error::NotFound("the page"));
        }
        acts::add(tx, &vault, by, &officer).map(|added| added.acts)
    })
}
