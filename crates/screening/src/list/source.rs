//! The bytes of a list as they are read: hashed once, and UTF-16 turned so that it can be cut.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

use super::Digest;

/// Turns UTF-16 into UTF-8, and a lone surrogate into the three bytes its number would have; so
/// nothing is lost, and what was not text is not text afterwards.
#[derive(Debug, Default)]
struct FromUtf16 {
    big: bool,
    odd: Option<u8>,
    high: Option<u16>,
}

impl FromUtf16 {
    fn turn(&mut self, bytes: &[u8], to: &mut Vec<u8>) {
        for &byte in bytes {
            let Some(first) = self.odd.take() else {
                self.odd = Some(byte);
                continue;
            };
            let pair = [first, byte];
            let unit = if self.big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
            let high = self.high.take();
            if let (Some(high), 0xdc00..=0xdfff) = (high, unit) {
                let c = 0x10000 + (u32::from(high - 0xd800) << 10) + u32::from(unit - 0xdc00);
                push(char::from_u32(c), to);
                continue;
            }
            if let Some(high) = high {
                push_lone(high, to);
            }
            match unit {
                0xd800..=0xdbff => self.high = Some(unit),
                0xdc00..=0xdfff => push_lone(unit, to),
                _ => push(char::from_u32(u32::from(unit)), to),
            }
        }
    }

    /// At the end of the list. An error if it stops in the middle of a unit.
    fn end(&mut self, to: &mut Vec<u8>) -> io::Result<()> {
        if let Some(high) = self.high.take() {
            push_lone(high, to);
        }
        match self.odd {
            Some(_) => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "half a character")),
            None => Ok(()),
        }
    }
}

fn push(c: Option<char>, to: &mut Vec<u8>) {
    to.extend_from_slice(c.unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]).as_bytes());
}

fn push_lone(unit: u16, to: &mut Vec<u8>) {
    let low = |bits: u16| 0x80 | u8::try_from(bits & 0x3f).unwrap_or(0);
    to.extend_from_slice(&[0xed, low(unit >> 6), low(unit)]);
}

/// Turns what the above made back into the UTF-16 it was.
pub(crate) fn to_utf16(bytes: &[u8], big: bool, to: &mut Vec<u8>) {
    let mut unit = |unit: u16| {
        to.extend_from_slice(&if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
    };
    let mut rest = bytes;
    loop {
        let valid = match std::str::from_utf8(rest) {
            Ok(_) => rest.len(),
            Err(e) => e.valid_up_to(),
        };
        let (text, after) = rest.split_at(valid);
        text.utf8_chunks().for_each(|chunk| chunk.valid().encode_utf16().for_each(&mut unit));
        let [0xed, b, c, after @ ..] = after else { return };
        unit(0xd000 | u16::from(b & 0x3f) << 6 | u16::from(c & 0x3f));
        rest = after;
    }
}

/// A list being read.
pub(crate) struct Source<R> {
    inner: R,
    hash: Sha256,
    /// Bytes read so far.
    pub read: u64,
    utf16: Option<FromUtf16>,
    part: Vec<u8>,
    ended: bool,
}

impl<R: Read> Source<R> {
    /// Reads a list that is text as it stands, or UTF-16: `Some(true)` with the high byte first.
    pub fn new(inner: R, utf16: Option<bool>) -> Source<R> {
        let utf16 = utf16.map(|big| FromUtf16 { big, ..FromUtf16::default() });
        Source { inner, hash: Sha256::new(), read: 0, utf16, part: Vec::new(), ended: false }
    }

    /// Adds about `more` bytes to `to`; false when the list has ended.
    pub fn fill(&mut self, to: &mut Vec<u8>, more: usize) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let limit = u64::try_from(more).unwrap_or(u64::MAX);
        let got = match &mut self.utf16 {
            None => {
                let from = to.len();
                to.reserve(more);
                let got = (&mut self.inner).take(limit).read_to_end(to)?;
                self.hash.update(&to[from..]);
                got
            }
            Some(turn) => {
                self.part.clear();
                let got = (&mut self.inner).take(limit).read_to_end(&mut self.part)?;
                self.hash.update(&self.part);
                turn.turn(&self.part, to);
                if got < more {
                    turn.end(to)?;
                }
                got
            }
        };
        self.read += u64::try_from(got).unwrap_or(0);
        self.ended = got < more;
        Ok(got > 0)
    }

    /// What was read.
    pub fn digest(self) -> Digest {
        Digest { sha256: self.hash.finalize().into(), bytes: self.read }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn utf16_comes_back_as_it_was(
            units in prop::collection::vec(prop_oneof![
                any::<u16>(), 0xd7f0u16..0xe010, 0x20u16..0x80], 0..80),
            big in any::<bool>(), step in 1usize..9,
        ) {
            let bytes: Vec<u8> = units
                .iter()
                .flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() })
                .collect();
            let mut source = Source::new(&bytes[..], Some(big));
            let mut text = Vec::new();
            while source.fill(&mut text, step).unwrap() {}
            prop_assert_eq!(String::from_utf16(&units).ok(), String::from_utf8(text.clone()).ok());
            let mut back = Vec::new();
            to_utf16(&text, big, &mut back);
            prop_assert_eq!(back, bytes);
        }
    }

    #[test]
    fn half_a_character_at_the_end_is_told() {
        let mut source = Source::new(&b"a\0b"[..], Some(false));
        let told = source.fill(&mut Vec::new(), 100).unwrap_err();
        assert_eq!(told.kind(), io::ErrorKind::UnexpectedEof);
    }
}
