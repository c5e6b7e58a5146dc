//! One-time links: a random token in the address, its hash in the database.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use candour_db::Tx;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::error::{Error, Refusal, Result};
use crate::kit::{sql, vault};

/// A token as it stands in an address: 256 random bits. Never kept, never logged.
pub fn new_token() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(vault::random()?))
}

/// A code that a person can type: 80 random bits as four groups of four letters and digits,
/// without those that look alike.
pub fn new_code() -> Result<String> {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let bytes = vault::random()?;
    let signs: Vec<char> =
        bytes.iter().take(16).map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
    Ok(signs.chunks(4).map(String::from_iter).collect::<Vec<_>>().join("-"))
}

/// A typed code as it is compared: letter case, spaces, dashes and look-alikes forgiven.
pub fn fold_code(typed: &str) -> String {
    typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect()
}

/// What the database keeps of a token.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// Makes a link for a purpose about a thing, and answers its token.
///
/// # Errors
/// Of the database or the random source.
pub fn make(
    tx: &mut Tx<'_>,
    org: &str,
    purpose: &'static str,
    about: &str,
    now: Timestamp,
    lasts: SignedDuration,
) -> Result<String> {
    let token = new_token()?;
    sql::insert_link(tx, hash(&token), org, purpose, about, now, now + lasts)?;
    Ok(token)
}

/// What a link opens: organisation and thing. Looking does not use it up.
///
/// # Errors
/// Unknown, used or out of date: all one answer.
pub fn look(
    tx: &mut Tx<'_>,
    token: &str,
    purpose: &'static str,
    now: Timestamp,
) -> Result<(String, String)> {
    match sql::link(tx, hash(token), purpose)? {
        Some(l) if l.used.is_none() && now < l.ends => Ok((l.org, l.about)),
        _ => Err(stale()),
    }
}

/// Uses a link up.
///
/// # Errors
/// Unknown, used or out of date: all one answer.
pub fn spend(
    tx: &mut Tx<'_>,
    token: &str,
    purpose: &'static str,
    now: Timestamp,
) -> Result<(String, String)> {
    let found = look(tx, token, purpose, now)?;
    if sql::use_link(tx, hash(token), now)? { Ok(found) } else { Err(stale()) }
}

fn stale() -> Error {
    Refusal {
        act: "open link",
        why: "this link has been used, has run out, or is not complete. Ask for a new one".into(),
        source_: "house rule: a link works once",
    }
    .into()
}
