//! A glance at a sentence: could it be about somebody at all? Most sentences could not, and are
//! passed over here at a fraction of the cost of taking them apart.
//!
//! A glance may be wrong in one direction only. It says "no" just where no word of the sentence
//! can open a name, and where no relation is named.

use std::sync::LazyLock;

use super::{PARTICLES, RELATIONS, capital, tokens};
use crate::words::{self, Forename, Known, Word};

/// What a glance says of a sentence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Glance {
    /// A word may open a name.
    pub name: bool,
    /// A relation may be named.
    pub relation: bool,
}

/// How a byte stands in a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Between words.
    Gap,
    /// A letter or a digit.
    Plain,
    /// Part of a word that has to be taken apart with care: dashes, apostrophes, beyond ASCII.
    Odd,
}

static SIGNS: [Sign; 256] = {
    let mut signs = [Sign::Gap; 256];
    let mut byte = 0;
    while byte < 256 {
        signs[byte] = match byte as u8 {
            b if b.is_ascii_alphanumeric() => Sign::Plain,
            b'\'' | b'-' | 0x80.. => Sign::Odd,
            _ => Sign::Gap,
        };
        byte += 1;
    }
    signs
};

pub(super) fn glance(sentence: &str) -> Glance {
    let bytes = sentence.as_bytes();
    let mut seen = Glance::default();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(length) = small_word(&bytes[at..]) {
            // Most words of most texts end here.
            at += length + 1;
            continue;
        }
        let start = at;
        let mut odd = false;
        while at < bytes.len() && SIGNS[usize::from(bytes[at])] != Sign::Gap {
            odd |= SIGNS[usize::from(bytes[at])] == Sign::Odd;
            at += 1;
        }
        if at > start {
            // Words begin and end at ASCII bytes or at the ends, so on character boundaries.
            let word = &sentence[start..at];
            if odd {
                odd_word(word, &mut seen)
            } else {
                plain_word(word, &bytes[start..], &mut seen)
            }
            if seen.name && seen.relation {
                break;
            }
        }
        at += 1;
    }
    seen
}

/// The length of a word of one to seven small letters, with a gap behind it, that is on no list.
/// Looks at eight bytes at once: a high bit stands for each byte that is a small letter.
#[inline(always)]
fn small_word(text: &[u8]) -> Option<usize> {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let eight = u64::from_le_bytes(*text.first_chunk()?);
    let low = eight & !HIGH;
    // 'a' and above reach the high bit, '{' and above too.
    let from_a = low + 0x1f1f_1f1f_1f1f_1f1f;
    let above_z = low + 0x0505_0505_0505_0505;
    let small = from_a & !above_z & !eight & HIGH;
    let length = (!small & HIGH).trailing_zeros() as usize / 8;
    let word = (1..=7).contains(&length) && SIGNS[usize::from(text[length])] == Sign::Gap;
    (word && !SIEVE.may_hold(text, length)).then_some(length)
}

/// A run with signs in it may be several words.
fn odd_word(run: &str, seen: &mut Glance) {
    seen.relation = true;
    seen.name |= tokens(run).iter().any(|token| opens(token.known, capital(token)));
}

/// Whether a word may open a name.
fn opens(known: Known, capital: bool) -> bool {
    known.title
        || known.forename == Some(Forename::Plain)
        || capital && (known.leading || known.forename.is_some() || known.word == Word::Open)
}

/// No word of the lists is longer.
pub(super) const LONGEST: usize = 24;

/// A word of ASCII letters and digits, and the text from its first letter on.
fn plain_word(word: &str, text: &[u8], seen: &mut Glance) {
    let bytes = word.as_bytes();
    let capital = bytes[0].is_ascii_uppercase();
    let listed = SIEVE.may_hold(text, word.len());
    // A word on no list is part of a name only with another beside it.
    if !listed && (!capital || alone(&text[word.len()..])) {
        return;
    }
    let mut small = [0; LONGEST];
    let Some(small) = small.get_mut(..bytes.len()) else {
        seen.name |= capital;
        return;
    };
    small.copy_from_slice(bytes);
    small.make_ascii_lowercase();
    let Ok(folded) = std::str::from_utf8(small) else { return };
    seen.name |= opens(words::known(folded), capital);
    seen.relation |= listed && RELATIONS.contains(&folded);
}

/// Whether what follows a word cannot be part of the same name: a space, and a word in small
/// letters that is no particle.
fn alone(rest: &[u8]) -> bool {
    const LONGEST_PARTICLE: usize = 3;
    let Some((b' ', next)) = rest.split_first() else { return false };
    let letters = next.iter().take(LONGEST_PARTICLE + 1).take_while(|b| b.is_ascii_lowercase());
    let length = letters.count();
    if length == 0 || length > LONGEST_PARTICLE {
        return length > 0;
    }
    let ends = next.get(length).is_some_and(|b| SIGNS[usize::from(*b)] == Sign::Gap);
    ends && !PARTICLES.iter().any(|particle| particle.as_bytes() == &next[..length])
}

/// Words that matter in small letters, by their first eight bytes. May take another for one of
/// them, never the other way round.
struct Sieve([u64; 1024]);

static SIEVE: LazyLock<Sieve> = LazyLock::new(|| {
    let mut sieve = Sieve([0; 1024]);
    let known = words::forenames().chain(words::TITLES.iter().copied());
    let known = known.chain(words::LEADING_TITLES.iter().copied()).chain(RELATIONS.iter().copied());
    for word in known {
        let (cell, bit) = Sieve::place(word.as_bytes(), word.len());
        sieve.0[cell] |= bit;
    }
    sieve
});

impl Sieve {
    /// Where a word stands, `length` bytes from the start of `text`. In small letters: digits have
    /// the bit that tells those from capitals set already.
    fn place(text: &[u8], length: usize) -> (usize, u64) {
        let first = match text.first_chunk() {
            Some(eight) => u64::from_le_bytes(*eight),
            // The last bytes of a text.
            None => text.iter().rev().fold(0, |all, byte| all << 8 | u64::from(*byte)),
        };
        let kept = u64::MAX >> (64 - 8 * length.clamp(1, 8));
        let small = (first | 0x2020_2020_2020_2020) & kept;
        let mixed = (small ^ length as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 48;
        ((mixed >> 6) as usize, 1 << (mixed & 63))
    }

    fn may_hold(&self, text: &[u8], length: usize) -> bool {
        let (cell, bit) = Self::place(text, length);
        self.0[cell] & bit != 0
    }
}
