//! The short way to a keyed hash for addresses as nearly everyone writes them.

use crate::{KeyedHash, Kind, NotNormal, normalise};

/// Longest address that takes the short way.
const LONGEST: usize = 128;

/// What a byte may be in an e-mail address on the short way.
const LOCAL: u8 = 1;
const DOMAIN: u8 = 2;
const DIGIT: u8 = 4;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        let b = byte as u8;
        table[byte] = match b {
            b'0'..=b'9' => LOCAL | DOMAIN | DIGIT,
            b'a'..=b'z' | b'A'..=b'Z' => LOCAL | DOMAIN,
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
    if raw.len() > LONGEST || at == 0 || at > 64 {
        return None;
    }
    let mut all = LOCAL;
    for (byte, small) in raw[..at].iter().zip(&mut to[..at]) {
        all &= CLASSES[usize::from(*byte)];
        *small = byte.to_ascii_lowercase();
    }
    to[at] = b'@';
    // Length of the label at hand, and whether it is all digits, as the last must not be.
    let (mut label, mut digits, mut dots, mut before) = (0u8, DIGIT, 0, b'.');
    for (byte, small) in raw[at + 1..].iter().zip(&mut to[at + 1..]) {
        let byte = byte.to_ascii_lowercase();
        let class = CLASSES[usize::from(byte)];
        *small = byte;
        match byte {
            b'.' if before != b'.' && before != b'-' && label <= 63 => {
                (label, digits, dots) = (0, DIGIT, dots + 1);
            }
            b'-' if before != b'.' && before != b'-' => label += 1,
            _ if class & DOMAIN != 0 => {
                label += 1;
                digits &= class;
            }
            _ => return None,
        }
        before = byte;
    }
    let named = label > 1 && label <= 63 && digits == 0 && before != b'-';
    (all != 0 && dots > 0 && named).then_some(&to[..raw.len()])
}

/// The keyed hash of the normal form of `raw`.
pub(crate) fn keyed_hash(keyed: &KeyedHash, kind: Kind, raw: &str) -> Result<[u8; 32], NotNormal> {
    if kind == Kind::Email
        && let Some(normal) = email(raw.as_bytes(), &mut [0; LONGEST])
    {
        return Ok(keyed.of_bytes(kind, normal));
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
