//! Where sentences and lines end.

use memchr::{memchr, memchr3};

use super::glance;
use crate::words;

/// Where a sentence or line may end: its signs, each group with the place it was seen last.
struct Ends<'a> {
    bytes: &'a [u8],
    next: [Option<usize>; 3],
}

impl Ends<'_> {
    /// The first such byte from here on.
    fn from(&mut self, from: usize) -> Option<usize> {
        for group in 0..self.next.len() {
            if self.next[group].is_none_or(|at| at < from) {
                let rest = &self.bytes[from..];
                let step = match group {
                    0 => memchr3(b'.', b'!', b'?', rest),
                    1 => memchr3(b'\n', b'\r', 0xc, rest),
                    // Begins the two separators beyond ASCII.
                    _ => memchr(0xe2, rest),
                };
                // Past the end where there is none.
                self.next[group] = Some(step.map_or(usize::MAX, |step| from + step));
            }
        }
        self.next.into_iter().flatten().min().filter(|at| *at < self.bytes.len())
    }
}

/// Byte ranges of sentences and lines, without the spaces around them, none of them empty.
pub(super) fn sentences(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let (mut start, mut from) = (0, 0);
    let mut signs = Ends { bytes, next: [None; 3] };
    while let Some(at) = signs.from(from) {
        let mut after = at + 1;
        let ends = match bytes[at] {
            0xe2 => {
                after = at + 3;
                matches!(&bytes[at..after], [_, 0x80, 0xa8 | 0xa9])
            }
            b'.' | b'!' | b'?' => {
                let rest = &text[after..];
                let next = rest.trim_start();
                let space = next.len() < rest.len();
                let lower = space && next.starts_with(char::is_lowercase);
                space && !lower && !(bytes[at] == b'.' && abbreviated(&text[start..at]))
            }
            _ => true,
        };
        if ends {
            push_trimmed(text, start, after, &mut found);
            start = after;
        }
        from = after;
    }
    push_trimmed(text, start, text.len(), &mut found);
    found
}

pub(super) fn push_trimmed(text: &str, start: usize, end: usize, found: &mut Vec<(usize, usize)>) {
    let part = &text[start..end];
    let from = start + part.len() - part.trim_start().len();
    let to = from + part.trim().len();
    if to > from {
        found.push((from, to));
    }
}

/// True if the full stop after this text belongs to a title, an initial or an abbreviation.
pub(super) fn abbreviated(before: &str) -> bool {
    let last = last_word(before);
    let mut letters = last.chars();
    if let (Some(only), None) = (letters.next(), letters.next())
        && only.is_uppercase()
    {
        return true;
    }
    // Every sentence ends here, so nothing is allocated; no word of the lists is longer.
    let mut small = [0; glance::LONGEST];
    let Some(small) = small.get_mut(..last.len()) else { return false };
    small.copy_from_slice(last.as_bytes());
    small.make_ascii_lowercase();
    let Ok(word) = std::str::from_utf8(small) else { return false };
    let known = words::known(word);
    known.title
        || known.leading
        || matches!(word, "st" | "no" | "nos" | "ltd" | "co" | "jr" | "snr" | "esq" | "g")
}

/// The letters and digits at the end of a text.
fn last_word(text: &str) -> &str {
    let bytes = text.as_bytes();
    let plain = bytes.iter().rev().take_while(|b| b.is_ascii_alphanumeric()).count();
    match bytes.len().checked_sub(plain + 1) {
        // A letter beyond ASCII may go before.
        Some(before) if !bytes[before].is_ascii() => {
            text.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
        }
        _ => &text[bytes.len() - plain..],
    }
}
