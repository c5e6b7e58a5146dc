//! The vault: a key for each case and person, wrapped by the office's key, and what they seal.
//!
//! AES-256-GCM with a random nonce. The associated data ties sealed bytes to their place, so that
//! a value copied to another row does not open. Destroying a wrapped key makes all it sealed
//! unreadable for ever in this database (UK GDPR Arts 17, 32). A backup made before holds the
//! wrapped key still: it is beyond use only once it has been overwritten, or its office key is
//! gone. A restore destroys a person's key again: see [`journal`](crate::kit::journal).

use std::sync::Arc;

use candour_db::Tx;
use jiff::Timestamp;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

use crate::error::{Error, Result};
use crate::kit::sql;

/// The office's own key: 32 bytes from `office.key`. Everything else is derived or wrapped.
#[derive(Clone)]
pub struct Vault {
    office: [u8; 32],
    /// What wraps the keys in the table: derived once, used in every act.
    wrap: [u8; 32],
}

/// The name of a key in the vault.
pub type KeyId = String;

/// A key taken out of the vault for some sealing or opening.
pub struct Unwrapped([u8; 32]);

impl Drop for Unwrapped {
    fn drop(&mut self) {
        // Best effort: the compiler may not remove a write through black_box.
        self.0 = std::hint::black_box([0; 32]);
    }
}

const NONCE: usize = 12;
const TAG: usize = 16;

impl Vault {
    /// A vault under this office key.
    ///
    /// # Errors
    /// Of the cryptography library.
    pub fn new(office: [u8; 32]) -> Result<Self> {
        Ok(Self { office, wrap: derive(&office, "wrap")? })
    }

    /// A key for one purpose, derived from the office key: HMAC-SHA-256 over the purpose.
    ///
    /// # Errors
    /// Of the cryptography library.
    pub fn derive(&self, purpose: &str) -> Result<[u8; 32]> {
        derive(&self.office, purpose)
    }

    /// The key for one purpose, to seal what stands outside the database.
    ///
    /// # Errors
    /// Of the cryptography library.
    pub fn derived(&self, purpose: &str) -> Result<Unwrapped> {
        Ok(Unwrapped(derive(&self.office, purpose)?))
    }

    /// A keyed hash that stands for a value in a table without telling it. The prefix keeps it
    /// apart from every key.
    ///
    /// # Errors
    /// Of the cryptography library.
    pub fn mark(&self, value: &str) -> Result<[u8; 32]> {
        derive(&self.office, &format!("mark\u{0}{value}"))
    }

    /// Makes a key for a scope ("case:…", "person:…", "office") and keeps it wrapped.
    ///
    /// # Errors
    /// Of the database or of the random source.
    pub fn make_key(
        &self,
        tx: &mut Tx<'_>,
        org: &str,
        scope: &str,
        now: Timestamp,
    ) -> Result<KeyId> {
        let id = crate::kit::new_id(now);
        let key = Unwrapped(random()?);
        let wrapped = seal_with(&self.wrap, &aad(&[org, &id]), &key.0)?;
        sql::insert_key(tx, &id, org, scope, wrapped, now)?;
        tx.remember(kept_as(org, &id), Arc::new(key));
        Ok(id)
    }

    /// The key of a scope, made when there is none yet.
    ///
    /// # Errors
    /// Of the database or of the random source.
    pub fn key_for(
        &self,
        tx: &mut Tx<'_>,
        org: &str,
        scope: &str,
        now: Timestamp,
    ) -> Result<KeyId> {
        match sql::key_of_scope(tx, org, scope)? {
            Some(id) => Ok(id),
            None => self.make_key(tx, org, scope, now),
        }
    }

    /// Takes a key out. The acts that share a commit take it out once.
    ///
    /// # Errors
    /// Not found, or shredded.
    pub fn unwrap(&self, tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Arc<Unwrapped>> {
        let name = kept_as(org, id);
        if let Some(key) = tx.remembered(&name) {
            return Ok(key);
        }
        let wrapped = sql::wrapped_key(tx, org, id)?.ok_or_else(|| {
            Error::Unavailable("the key of this record has been destroyed".into())
        })?;
        let plain = open_with(&self.wrap, &aad(&[org, id]), &wrapped)?;
        let key = <[u8; 32]>::try_from(plain.as_slice())
            .map_err(|_| Error::fault("a wrapped key is not 32 bytes"))?;
        let key = Arc::new(Unwrapped(key));
        tx.remember(name, Arc::clone(&key));
        Ok(key)
    }

    /// Seals bytes under a key; `place` says where they will stand.
    ///
    /// # Errors
    /// Of the key or the cipher.
    pub fn seal(
        &self,
        tx: &mut Tx<'_>,
        org: &str,
        id: &str,
        place: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>> {
        self.unwrap(tx, org, id)?.seal(place, plain)
    }

    /// Opens what was sealed under a key at a place.
    ///
    /// # Errors
    /// The key is gone, or the bytes were changed or moved.
    pub fn open(
        &self,
        tx: &mut Tx<'_>,
        org: &str,
        id: &str,
        place: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>> {
        self.unwrap(tx, org, id)?.open(place, sealed)
    }

    /// Destroys a key: what it sealed can never be read again.
    ///
    /// # Errors
    /// Of the database, or not found.
    pub fn shred(&self, tx: &mut Tx<'_>, org: &str, id: &str, now: Timestamp) -> Result<()> {
        tx.forget(&kept_as(org, id));
        sql::shred_key(tx, org, id, now)
    }
}

impl Unwrapped {
    /// Seals bytes; `place` says where they will stand.
    ///
    /// # Errors
    /// Of the cipher or the random source.
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<Vec<u8>> {
        seal_with(&self.0, place.as_bytes(), plain)
    }

    /// Opens sealed bytes.
    ///
    /// # Errors
    /// The bytes were changed or moved.
    pub fn open(&self, place: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        open_with(&self.0, place.as_bytes(), sealed)
    }
}

/// What an unwrapped key is called in the memory of a transaction.
fn kept_as(org: &str, id: &str) -> String {
    format!("key\u{0}{org}\u{0}{id}")
}

fn derive(office: &[u8; 32], purpose: &str) -> Result<[u8; 32]> {
    use openssl::{hash::MessageDigest, pkey::PKey, sign::Signer};
    let key = PKey::hmac(office)?;
    let mut mac = Signer::new(MessageDigest::sha256(), &key)?;
    mac.update(purpose.as_bytes())?;
    let mut out = [0; 32];
    mac.sign(&mut out)?;
    Ok(out)
}

/// 32 random bytes.
///
/// # Errors
/// Of the random source.
pub fn random() -> Result<[u8; 32]> {
    let mut out = [0; 32];
    openssl::rand::rand_bytes(&mut out)?;
    Ok(out)
}

fn aad(parts: &[&str]) -> Vec<u8> {
    parts.join("\u{0}").into_bytes()
}

fn seal_with(key: &[u8; 32], place: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
    let mut out = vec![0; NONCE + TAG];
    let (nonce, tag) = out.split_at_mut(NONCE);
    openssl::rand::rand_bytes(nonce)?;
    let body = encrypt_aead(Cipher::aes_256_gcm(), key, Some(nonce), place, plain, tag)?;
    out.extend_from_slice(&body);
    Ok(out)
}

fn open_with(key: &[u8; 32], place: &[u8], sealed: &[u8]) -> Result<Vec<u8>> {
    let broken = || Error::fault("a sealed record does not open: it was changed or moved");
    if sealed.len() < NONCE + TAG {
        return Err(broken());
    }
    let (nonce, rest) = sealed.split_at(NONCE);
    let (tag, body) = rest.split_at(TAG);
    decrypt_aead(Cipher::aes_256_gcm(), key, Some(nonce), place, body, tag).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_bytes_open_only_with_their_key_and_at_their_place() {
        let (a, b) = (Unwrapped([1; 32]), Unwrapped([2; 32]));
        let sealed = a.seal("case:1", b"kept").unwrap();
        assert_eq!(a.open("case:1", &sealed).unwrap(), b"kept");
        assert!(a.open("case:2", &sealed).is_err());
        assert!(b.open("case:1", &sealed).is_err());
        for i in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[i] ^= 1;
            assert!(a.open("case:1", &changed).is_err(), "byte {i}");
        }
        assert!(a.open("case:1", b"short").is_err());
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_office() {
        let v = Vault::new([7; 32]).unwrap();
        assert_ne!(v.derive("wrap").unwrap(), v.derive("db").unwrap());
        assert_ne!(v.mark("wrap").unwrap(), v.derive("wrap").unwrap());
        assert_ne!(v.derive("db").unwrap(), Vault::new([8; 32]).unwrap().derive("db").unwrap());
    }
}
