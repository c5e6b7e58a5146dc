//! Which signs can be shown. PDF/A and PDF/UA forbid an empty box in place of a letter, so what no
//! bundled face has is replaced by a mark that says so, and a note at the end counts them.

use std::collections::BTreeSet;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::model::{Block, Inline, Page, Voice};

/// Stands for a sign that cannot be shown.
pub const MARK: char = '\u{fffd}';
/// How many of them the note names.
const NAMED: usize = 12;

/// Replaces what cannot be shown and says so at the end of the page. `shows` tells whether one face
/// has all of a cluster: a letter with what is written on it.
pub fn fit(page: &mut Page, shows: &impl Fn(&str) -> bool) {
    page.title.retain(|c| !c.is_control() && !is_private(c));
    if page.title.trim().is_empty() {
        page.title = MARK.into();
    }
    let (mut missing, mut count) = (BTreeSet::new(), 0_u64);
    let mut fit = |text: &mut String| *text = fitted(text, shows, &mut missing, &mut count);
    fit(&mut page.org);
    fit(&mut page.reference);
    page.each_text(&mut fit);
    if count > 0 {
        let of = vec![Inline::text(note(&missing, count))];
        page.blocks.push(Block::Paragraph { voice: Voice::Sources, of });
    }
}

fn fitted(
    text: &str,
    shows: &impl Fn(&str) -> bool,
    missing: &mut BTreeSet<char>,
    count: &mut u64,
) -> String {
    let mut out = String::with_capacity(text.len());
    for cluster in text.graphemes(true) {
        let seen: String = cluster.chars().filter(|c| !is_unseen(*c)).collect();
        let lost = seen.chars().find(|c| c.is_control() || is_private(*c));
        if seen.is_empty() || (lost.is_none() && shows(&seen)) {
            out.push_str(&seen);
            continue;
        }
        let mut buffer = [0; 4];
        let lost = lost.or_else(|| seen.chars().find(|c| !shows(c.encode_utf8(&mut buffer))));
        missing.extend(lost.or(seen.chars().next()));
        *count += 1;
        out.push(MARK);
    }
    out
}

fn note(missing: &BTreeSet<char>, count: u64) -> String {
    let named: Vec<String> =
        missing.iter().take(NAMED).map(|c| format!("U+{:04X}", u32::from(*c))).collect();
    let more = if missing.len() > NAMED { " and others" } else { "" };
    let (signs, named) = (if count == 1 { "sign" } else { "signs" }, named.join(", "));
    format!(
        "{MARK} stands for a sign that this PDF copy has no letter for: {count} {signs} \
         ({named}{more}). The page it was made from has them."
    )
}

/// Signs that show nothing by themselves and could only change how others run: joiners, marks of
/// direction, choices of form.
fn is_unseen(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f
        | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
        | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
        | 0xe0000..=0xe0fff)
}

/// For private use: they mean nothing outside the program that made them.
fn is_private(c: char) -> bool {
    matches!(u32::from(c), 0xe000..=0xf8ff | 0xf0000..=0xffffd | 0x100000..=0x10fffd)
}

#[cfg(test)]
#[path = "signs_tests.rs"]
mod tests;
