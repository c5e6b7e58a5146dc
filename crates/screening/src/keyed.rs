//! Keyed hashes: identifiers compared without being kept.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sha2::block_api::compress256;

use crate::list::plain;
use crate::{Kind, NotNormal, normalise, premises};

/// What the premises of an address are called where the names of kinds stand. No kind has it.
pub const PREMISES: &str = "premises";
/// Number of the rule by which premises are read from an address: one more whenever the rule
/// changes, so that addresses in which it found none are read again.
pub const PREMISES_RULE: i64 = 1;

/// HMAC-SHA-256 under one key, its padded state worked out once.
///
/// Each kind is its own world: the same text as a name and as a member number hashes differently.
#[derive(Clone)]
pub struct KeyedHash {
    keyed: Hmac<Sha256>,
    /// SHA-256 once it has taken in the inner pad of the key, and the outer (RFC 2104).
    inner: [u32; 8],
    outer: [u32; 8],
}

/// The hash of an identifier and, of a postal address, that of its premises.
pub type Hashes = ([u8; 32], Option<[u8; 32]>);

/// The longest message that fits one block behind the pad: a mark and the length need nine bytes.
const ONE_BLOCK: usize = 64 - 9;

/// Where SHA-256 begins (FIPS 180-4, 5.3.3).
const BEGINNING: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// The state behind the block of a pad.
fn padded(mut block: [u8; 64], pad: u8) -> [u32; 8] {
    block.iter_mut().for_each(|byte| *byte ^= pad);
    let mut state = BEGINNING;
    compress256(&mut state, &[block]);
    state
}

/// The last block: so many bytes of it are message, and one block of a pad went before.
fn last(mut block: [u8; 64], len: u8) -> [u8; 64] {
    block[usize::from(len)] = 0x80;
    let bits = (64 + u64::from(len)) * 8;
    block[56..].copy_from_slice(&bits.to_be_bytes());
    block
}

fn bytes(state: [u32; 8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (to, word) in hash.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    hash
}

impl std::fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyedHash(key not shown)")
    }
}

impl KeyedHash {
    /// Hashes under this key.
    pub fn new(key: &[u8; 32]) -> KeyedHash {
        // HMAC fills a short key with zeros to one block of 64 bytes (RFC 2104), so this is the
        // same key, in the form whose length cannot be wrong.
        let mut block = [0u8; 64];
        block[..32].copy_from_slice(key);
        let (inner, outer) = (padded(block, 0x36), padded(block, 0x5c));
        KeyedHash { keyed: Hmac::new(&block.into()), inner, outer }
    }

    /// The hash of one normal form: the kind's name, a zero byte, the value.
    pub fn of(&self, kind: Kind, normal: &str) -> [u8; 32] {
        self.of_bytes(kind, normal.as_bytes())
    }

    /// The hash of the premises of a normal postal address: see [`premises`].
    pub fn of_premises(&self, address: &str) -> Option<[u8; 32]> {
        let premises = premises(address)?;
        Some(self.mac(&[PREMISES.as_bytes(), &[0], premises.as_bytes()]))
    }

    /// The hash of the normal form of what somebody wrote; faster than the two steps.
    pub fn of_written(&self, kind: Kind, raw: &str) -> Result<[u8; 32], NotNormal> {
        plain::keyed_hash(self, kind, raw)
    }

    /// The hashes by which what somebody wrote is looked up: the premises of a postal address too,
    /// so that one that leaves the town out does not slip through.
    pub fn all_of_written(&self, kind: Kind, raw: &str) -> Result<Hashes, NotNormal> {
        if kind != Kind::Address {
            return Ok((self.of_written(kind, raw)?, None));
        }
        let normal = normalise(kind, raw)?;
        Ok((self.of(kind, &normal), self.of_premises(&normal)))
    }

    /// The same for a normal form that is known to be text.
    pub(crate) fn of_bytes(&self, kind: Kind, normal: &[u8]) -> [u8; 32] {
        let name = kind.name().as_bytes();
        let from = name.len() + 1;
        let len = from + normal.len();
        match u8::try_from(len) {
            Ok(short) if len <= ONE_BLOCK => {
                let mut block = [0; 64];
                block[..name.len()].copy_from_slice(name);
                block[from..len].copy_from_slice(normal);
                self.one_block(block, short)
            }
            _ => self.mac(&[name, &[0], normal]),
        }
    }

    /// [`KeyedHash::mac`] of the first `len` bytes of a block; the others are zeros.
    fn one_block(&self, block: [u8; 64], len: u8) -> [u8; 32] {
        let (mut inner, mut outer) = (self.inner, self.outer);
        compress256(&mut inner, &[last(block, len)]);
        let mut hash = [0; 64];
        hash[..32].copy_from_slice(&bytes(inner));
        compress256(&mut outer, &[last(hash, 32)]);
        bytes(outer)
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut state = self.keyed.clone();
        for part in parts {
            state.update(part);
        }
        state.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    fn rfc(key: &[u8], data: &[u8]) -> String {
        let mut padded = [0u8; 32];
        padded[..key.len()].copy_from_slice(key);
        hex(&KeyedHash::new(&padded).mac(&[data]))
    }

    /// RFC 4231 test cases 1 to 4; a key shorter than the block is the same key with zeros after.
    #[test]
    fn published_vectors() {
        assert_eq!(
            rfc(&[0x0b; 20], b"Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        );
        assert_eq!(
            rfc(b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            rfc(&[0xaa; 20], &[0xdd; 50]),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        );
        let key: Vec<u8> = (1..=25).collect();
        assert_eq!(
            rfc(&key, &[0xcd; 50]),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"
        );
    }

    #[test]
    fn the_short_way_ends_where_the_long_way_does() {
        let keyed = KeyedHash::new(&[9; 32]);
        for len in 0..=80 {
            let text = "x".repeat(len);
            for kind in [Kind::Email, Kind::Name, Kind::NationalInsurance] {
                let whole = keyed.mac(&[kind.name().as_bytes(), &[0], text.as_bytes()]);
                assert_eq!(keyed.of(kind, &text), whole, "{len} bytes");
            }
        }
    }

    #[test]
    fn kinds_and_keys_are_apart() {
        let one = KeyedHash::new(&[1; 32]);
        let two = KeyedHash::new(&[2; 32]);
        assert_eq!(one.of(Kind::Name, "amara quill"), one.of(Kind::Name, "amara quill"));
        assert_ne!(one.of(Kind::Name, "123"), one.of(Kind::MemberNumber, "123"));
        assert_ne!(one.of(Kind::Name, "123"), two.of(Kind::Name, "123"));
        assert!(!format!("{one:?}").contains('1'));
        assert_eq!(Kind::from_name(PREMISES), None);
        assert_eq!(one.of_premises("1 quay st exwick ex42aa"), one.of_premises("1 quay ex42aa"));
        assert_ne!(one.of_premises("1 quay st ex42aa"), one.of_premises("2 quay st ex42aa"));
        assert_eq!(one.of_premises("the old hse ex42aa"), None);
    }
}
