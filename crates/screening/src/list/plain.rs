//! The short way to a keyed hash for addresses as nearly everyone writes them.

use crate::{KeyedHash, Kind, NotNormal, normalise};

/// Longest address that takes the short way.
const LONGEST: usize = 128;

/// What a byte may be in an e-mail address on the short way.
const LOCAL: u8 = 1;
const DOMAIN: u8 = 2;
const LETTER: u8 = 4;
/// A dot or a dash, which may not meet another in a domain, nor stand at its ends.
const MARK: u8 = 8;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        let b = byte as u8;
        table[byte] = match b {
            b'0'..=b'9' => LOCAL | DOMAIN,
            b'a'..=b'z' | b'A'..=b'Z' => LOCAL | DOMAIN | LETTER,
            b'.' | b'-' => LOCAL | DOMAIN | MARK,
            b'@' | b'<' | b'>' | b'(' | b')' | b'[' | b']' => 0,
            b',' | b';' | b':' | b'\\' | b'"' => 0,
            _ => LOCAL,
        };
        byte += 1;
    }
    table
}

/// The normal form of an e-mail address in plain ASCII; `None` where the long way must look.
fn email<'a>(raw: &[u8], to: &'a mut [u8; LONGEST]) -> Option<&'a [u8]> {
    let raw = raw.trim_ascii();
    let at = memchr::memchr(b'@', raw)?;
    let domain = &raw[at + 1..];
    // No label of so short a domain is too long.
    if raw.len() > LONGEST || at == 0 || at > 64 || domain.len() > 63 {
        return None;
    }
    // Without a branch for each byte: which it will be cannot be foreseen.
    let mut all = LOCAL;
    for byte in &raw[..at] {
        all &= CLASSES[usize::from(*byte)];
    }
    let (mut every, mut met, mut before) = (DOMAIN, 0, MARK);
    for byte in domain {
        let class = CLASSES[usize::from(*byte)];
        every &= class;
        met |= class & before & MARK;
        before = class;
    }
    let dot = memchr::memrchr(b'.', domain)?;
    let top = &domain[dot + 1..];
    // All digits are no name. A dash in it is one, as in any label.
    let named =
        top.len() > 1 && top.iter().any(|byte| CLASSES[usize::from(*byte)] & (LETTER | MARK) != 0);
    if all == 0 || every == 0 || met != 0 || before & MARK != 0 || !named {
        return None;
    }
    let small = &mut to[..raw.len()];
    small.copy_from_slice(raw);
    small.make_ascii_lowercase();
    Some(small)
}

/// The keyed hash of an address that can take the short way, in any encoding that holds ASCII.
pub(crate) fn short_way(keyed: &KeyedHash, kind: Kind, raw: &[u8]) -> Option<[u8; 32]> {
    let mut normal = [0; LONGEST];
    match kind {
        Kind::Email => email(raw, &mut normal).map(|normal| keyed.of_bytes(kind, normal)),
        _ => None,
    }
}

/// The keyed hash of the normal form of `raw`.
pub(crate) fn keyed_hash(keyed: &KeyedHash, kind: Kind, raw: &str) -> Result<[u8; 32], NotNormal> {
    if let Some(hash) = short_way(keyed, kind, raw.as_bytes()) {
        return Ok(hash);
    }
    normalise(kind, raw).map(|normal| keyed.of(kind, &normal))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn short(raw: &str) -> Option<String> {
        email(raw.as_bytes(), &mut [0; LONGEST]).map(|n| String::from_utf8(n.to_vec()).unwrap())
    }

    #[test]
    fn usual_addresses_take_the_short_way() {
        for raw in ["amara@example.org", " A.Quill+news@Mail-2.Example.CO.UK\r", "o'b_1@a.b4"] {
            assert_eq!(short(raw), normalise(Kind::Email, raw).ok(), "{raw}");
            assert!(short(raw).is_some(), "{raw}");
        }
        for raw in [
            "",
            "@a.org",
            "a@b",
            "a@b..org",
            "a@-b.org",
            "a@b-.org",
            "a@b.1",
            "a@b.org.",
            "a b@c.org",
            "a@b@c.org",
            "mailto:a@b.org",
            "a@xn--b.org",
            "a@b.c",
            "a\u{e9}@b.org",
        ] {
            assert_eq!(short(raw), None, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn the_short_way_ends_where_the_long_way_does(
            raw in "[ -~]{0,12}@[ -~]{0,12}|[ \t\\x0b]?[aA1.<+-]{1,66}@[aZ1.-]{0,70}[ ]?|.{0,9}",
        ) {
            if let Some(normal) = short(&raw) {
                prop_assert_eq!(Ok(normal), normalise(Kind::Email, &raw));
            }
        }
    }
}
