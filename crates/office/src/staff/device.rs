//! Browsers from which an account was signed in to before (OWASP "device cookies"). Wrong tries are
//! counted for each of them by itself, and for all others together: a stranger who knows an address
//! locks out strangers, and not its owner's browser.
//!
//! The cookie is a number made at random and a seal over it and the address, under the office key:
//! it opens nothing, and for another address it counts as none.

use openssl::memcmp;

use super::sql;
use crate::error::{Error, Result};
use crate::kit::limits::Mark;
use crate::kit::{links, vault};
use crate::office::Office;

/// What this browser will show from now on, for whoever has just signed in with it.
///
/// # Errors
/// No such session, or of the random source.
pub fn issue(office: &Office, session: &str) -> Result<String> {
    let row = office.read(|tx| {
        let s = sql::session_of(tx, links::hash(session))?;
        let s = s.ok_or(Error::NotFound("the session"))?;
        sql::by_id(tx, &s.org, &s.staff)
    })?;
    let number = hex::encode(&vault::random()?[..16]);
    let seal = hex::encode(seal(office, &row.email, &number)?);
    Ok(format!("{number}.{seal}"))
}

/// What counts wrong tries for an address, known or not, from this browser.
///
/// # Errors
/// Of the derivation.
pub fn tries_of(office: &Office, email: &str, device: Option<&str>) -> Result<Mark> {
    let vault = office.vault();
    if let Some((number, told)) = device.and_then(|d| d.split_once('.')) {
        let ours = seal(office, email, number)?;
        let told = hex::decode(told).unwrap_or_default();
        if told.len() == ours.len() && memcmp::eq(&told, &ours) {
            return vault.mark(&format!("sign-in\u{0}{email}\u{0}{number}"));
        }
    }
    vault.mark(&format!("sign-in\u{0}{email}"))
}

/// What counts wrong tries to confirm an action with the password: only who is signed in can.
///
/// # Errors
/// Of the derivation.
pub fn confirmations_of(office: &Office, staff: &str) -> Result<Mark> {
    office.vault().mark(&format!("confirm\u{0}{staff}"))
}

fn seal(office: &Office, email: &str, number: &str) -> Result<Mark> {
    office.vault().mark(&format!("device\u{0}{email}\u{0}{number}"))
}
