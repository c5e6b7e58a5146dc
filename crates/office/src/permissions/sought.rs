//! An address that staff looked up, sealed so that it can stand in the address of a page: loading
//! the page again asks nothing anew, and no log or history shows the address.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{Error, Result};
use crate::kit::forms::Filled;
use crate::kit::vault::Vault;

fn place(org: &str) -> String {
    format!("sought\u{0}{org}")
}

/// Seals what was looked for: its kind and the address.
///
/// # Errors
/// Of the cipher.
pub fn seal(vault: &Vault, org: &str, f: &Filled) -> Result<String> {
    let plain = serde_json::to_vec(&(f.get("kind"), f.get("address")))?;
    Ok(URL_SAFE_NO_PAD.encode(vault.derived("sought")?.seal(&place(org), &plain)?))
}

/// Opens it again, as the form was filled.
///
/// # Errors
/// Cut short, changed, or another organisation's: one answer.
pub fn open(vault: &Vault, org: &str, sealed: &str) -> Result<Filled> {
    let unknown = || Error::NotFound("the page");
    let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| unknown())?;
    let plain = vault.derived("sought")?.open(&place(org), &bytes).map_err(|_| unknown())?;
    let (kind, address): (String, String) = serde_json::from_slice(&plain)?;
    Ok(Filled(vec![("kind".to_owned(), kind), ("address".to_owned(), address)]))
}
