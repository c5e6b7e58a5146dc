//! Unsubscribe tokens: what an address in a message carries so that one click stops it.
//!
//! Sealed under a key of the office: opaque, bound to the address's keyed hash, the channel and the
//! purpose, without practical expiry. It opens nothing and shows nothing about anybody, so it is no
//! password: whoever has it can stop messages and, after a look at their mail, choose anew.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

use crate::charter::Channel;
use crate::error::{Error, Result};
use crate::kit::vault::Vault;
use crate::people::{Hash16, hash16};

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Whose organisation.
    pub org: String,
    /// Which address, by its keyed hash.
    pub hash: Hash16,
    /// By which channel it was written to.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: String,
}

const NONCE: usize = 12;
const TAG: usize = 16;
const PLACE: &[u8] = b"unsubscribe";

impl Token {
    /// Writes it. The same content gives the same token, so that an address can be kept.
    ///
    /// # Errors
    /// Of the cipher.
    pub fn seal(&self, vault: &Vault) -> Result<String> {
        let mut plain = self.hash.to_vec();
        plain.push(u8::try_from(self.channel as usize).unwrap_or(0));
        let org = uuid::Uuid::parse_str(&self.org).map_err(anyhow::Error::from)?;
        plain.extend_from_slice(org.as_bytes());
        plain.extend_from_slice(self.purpose.as_bytes());
        let key = vault.derive("unsubscribe")?;
        // The nonce is derived from the content: the same message twice is the only repeat.
        let nonce = vault.derive(&format!("unsubscribe\u{0}{}", hex::encode(&plain)))?;
        let mut tag = [0; TAG];
        let cipher = Cipher::aes_256_gcm();
        let body = encrypt_aead(cipher, &key, Some(&nonce[..NONCE]), PLACE, &plain, &mut tag)?;
        let mut out = nonce[..NONCE].to_vec();
        out.extend_from_slice(&tag);
        out.extend_from_slice(&body);
        Ok(URL_SAFE_NO_PAD.encode(out))
    }

    /// Reads one.
    ///
    /// # Errors
    /// Cut short, changed, or not ours: one answer.
    pub fn open(vault: &Vault, text: &str) -> Result<Self> {
        Self::try_open(vault, text).ok_or(Error::NotFound("this link"))
    }

    fn try_open(vault: &Vault, text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        if bytes.len() < NONCE + TAG || bytes.len() > 512 {
            return None;
        }
        let (nonce, rest) = bytes.split_at(NONCE);
        let (tag, body) = rest.split_at(TAG);
        let key = vault.derive("unsubscribe").ok()?;
        let cipher = Cipher::aes_256_gcm();
        let plain = decrypt_aead(cipher, &key, Some(nonce), PLACE, body, tag).ok()?;
        let (hash, rest) = plain.split_at_checked(16)?;
        let (channel, rest) = rest.split_first()?;
        let (org, purpose) = rest.split_at_checked(16)?;
        Some(Self {
            org: uuid::Uuid::from_slice(org).ok()?.to_string(),
            hash: hash16(hash),
            channel: *Channel::ALL.get(usize::from(*channel))?,
            purpose: String::from_utf8(purpose.to_vec()).ok()?,
        })
    }
}

/// The two headers of RFC 8058 and RFC 2369 for a message, ready to be put before it. Both must be
/// covered by the DKIM signature.
///
/// # Errors
/// Of the cipher.
pub fn headers(
    vault: &Vault,
    base: &str,
    token: &Token,
    mailbox: Option<&str>,
) -> Result<[(&'static str, String); 2]> {
    let sealed = token.seal(vault)?;
    let mut list = format!("<{}/u/{sealed}>", base.trim_end_matches('/'));
    if let Some(m) = mailbox {
        list += &format!(", <mailto:{m}?subject=unsubscribe%20{sealed}>");
    }
    Ok([
        ("List-Unsubscribe", list),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_what_it_was_made_for_and_nothing_changed_opens() {
        let vault = Vault::new([3; 32]).unwrap();
        let token = Token {
            org: "019aa0e2-0000-7000-8000-000000000001".into(),
            hash: [9; 16],
            channel: Channel::Sms,
            purpose: "events".into(),
        };
        let text = token.seal(&vault).unwrap();
        assert_eq!(text, token.seal(&vault).unwrap());
        assert_eq!(Token::open(&vault, &text).unwrap(), token);
        assert!(Token::open(&Vault::new([4; 32]).unwrap(), &text).is_err());
        for i in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[i] = if changed[i] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let opened = Token::open(&vault, &changed);
            // The last letter carries bits that say nothing; the rest must not open.
            assert!(opened.is_err() || opened.unwrap() == token, "letter {i}");
        }
        assert!(Token::open(&vault, "").is_err());
        assert!(Token::open(&vault, &"A".repeat(2000)).is_err());
    }
}
