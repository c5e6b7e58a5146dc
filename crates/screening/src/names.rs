//! Names: folding them, and how two writings of a name stand to each other.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::words::{self, LEADING_TITLES, SUFFIXES, TITLES};

/// How alike two words must be to count as one with a slip of the pen (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.92;

/// How well two names fit. Weaker than it looks: many people share a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameFit {
    /// The same words, in any order.
    Same,
    /// A short form, a slip of the pen, or a middle name more.
    Close,
    /// Fits as far as it goes: initials, or one part of the name only.
    Initial,
    /// Another name; also another forename with the same surname.
    Different,
}

/// A name in lower case without marks, punctuation, titles and letters after it.
///
/// `"Dr. Amára Quill-Novak OBE"` becomes `"amara quill novak"`. Empty if nothing is left.
pub fn fold(name: &str) -> String {
    let plain = letters_and_digits(name);
    let mut words: Vec<&str> =
        plain.split(' ').filter(|w| !w.is_empty() && !TITLES.contains(w)).collect();
    while words.len() > 1 && LEADING_TITLES.contains(&words[0]) {
        words.remove(0);
    }
    while words.len() > 1 && SUFFIXES.contains(&words[words.len() - 1]) {
        words.pop();
    }
    words.join(" ")
}

/// Lower case, no marks, apostrophes closed up, every other sign a single space.
pub(crate) fn letters_and_digits(text: &str) -> String {
    if text.is_ascii() {
        return spaced(text.chars().map(|c| c.to_ascii_lowercase()));
    }
    let first: String =
        text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    // Lower case may bring marks back, so they are taken off again.
    spaced(first.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(latin))
}

fn spaced(chars: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for c in chars {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !matches!(c, '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}' | '`' | '\u{ad}')
            && !out.is_empty()
            && !out.ends_with(' ')
        {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Letters that do not come apart into a plain one and a mark.
fn latin(c: char) -> impl Iterator<Item = char> {
    let two = match c {
        'ß' => ('s', Some('s')),
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'þ' => ('t', Some('h')),
        'ø' => ('o', None),
        'ł' => ('l', None),
        'đ' | 'ð' => ('d', None),
        'ı' => ('i', None),
        other => (other, None),
    };
    std::iter::once(two.0).chain(two.1)
}

/// How the name `a` fits the name `b`, in whatever order either is written.
pub fn fit(a: &str, b: &str) -> NameFit {
    let (a, b) = (fold(a), fold(b));
    if a.is_empty() || b.is_empty() {
        return NameFit::Different;
    }
    if a.replace(' ', "") == b.replace(' ', "") {
        return NameFit::Same;
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let Some(words) = pair_up(&few, &many) else { return joined_up(&few, &many) };
    let whole = words.iter().filter(|w| **w < NameFit::Initial).count();
    let worst = words.into_iter().max().unwrap_or(NameFit::Different);
    match whole {
        0 => NameFit::Different,
        // One shared part of a longer name: a surname, or a forename alone.
        1 if few.len() == 1 && many.len() > 1 => NameFit::Initial,
        _ if few.len() < many.len() => worst.max(NameFit::Close),
        _ => worst,
    }
}

/// Each of the fewer words with its own of the many, best pairs first; `None` if one is left over.
fn pair_up(few: &[&str], many: &[&str]) -> Option<Vec<NameFit>> {
    let mut free: Vec<&str> = many.to_vec();
    let mut left: Vec<&str> = few.to_vec();
    let mut found = Vec::with_capacity(few.len());
    for level in [NameFit::Same, NameFit::Close, NameFit::Initial] {
        left.retain(|word| match free.iter().position(|other| word_fit(word, other) == level) {
            Some(at) => {
                free.swap_remove(at);
                found.push(level);
                false
            }
            None => true,
        });
    }
    left.is_empty().then_some(found)
}

/// Two neighbouring words written as one: "Mary Anne Quill" and "Maryanne Quill".
fn joined_up(few: &[&str], many: &[&str]) -> NameFit {
    if few.len() + 1 != many.len() || few.len() < 2 {
        return NameFit::Different;
    }
    for at in 0..few.len() {
        let one = format!("{}{}", many[at], many[at + 1]);
        let mut words: Vec<&str> = many[..at].to_vec();
        words.push(&one);
        words.extend(&many[at + 2..]);
        words.sort_unstable();
        let mut few = few.to_vec();
        few.sort_unstable();
        if words == few {
            return NameFit::Close;
        }
    }
    NameFit::Different
}

fn word_fit(a: &str, b: &str) -> NameFit {
    if a == b {
        return NameFit::Same;
    }
    let first = |word: &str| word.chars().next();
    let single = |word: &str| word.chars().nth(1).is_none();
    if single(a) || single(b) {
        return if first(a) == first(b) { NameFit::Initial } else { NameFit::Different };
    }
    if words::short_form(a, b) {
        return NameFit::Close;
    }
    if words::apart(a, b) || a.len().min(b.len()) < 3 {
        return NameFit::Different;
    }
    if strsim::jaro_winkler(a, b) >= ALIKE { NameFit::Close } else { NameFit::Different }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        for (written, folded) in [
            ("Quill, Mrs Amara", "quill amara"),
            ("Dr. Amára O'Brien-Novak OBE", "amara obrien novak"),
            ("Prof Søren Łukasz Weiß", "soren lukasz weiss"),
            ("  SIR   Bram\u{a0}Novak ", "bram novak"),
            ("Lord", "lord"),
            ("Mr", ""),
            ("O\u{2019}Brien", "obrien"),
        ] {
            assert_eq!(fold(written), folded, "{written}");
        }
    }

    #[test]
    fn fits() {
        use NameFit::*;
        for (a, b, expected) in [
            ("Amara Quill", "Quill, Amara", Same),
            ("Ms Amara QUILL", "amara quill", Same),
            ("Zoë O'Brien", "Zoe O Brien", Same),
            ("Bill Weber", "William Weber", Close),
            ("Kathryn Weber", "Catherine Weber", Close),
            ("Amara Jane Quill", "Amara Quill", Close),
            ("Amarra Quill", "Amara Quill", Close),
            ("Amara Quill-Novak", "Amara Quill", Close),
            ("Mary Anne Quill", "Maryanne Quill", Same),
            ("Quill, Mary Anne", "Maryanne Quill", Close),
            ("A. Quill", "Amara Quill", Initial),
            ("AJ Quill", "Amara Quill", Different),
            ("A J Quill", "Amara Jane Quill", Initial),
            ("Mrs Quill", "Amara Quill", Initial),
            ("Amara", "Amara Quill", Initial),
            ("J. Quill", "Amara Quill", Different),
            ("A Q", "Amara Quill", Different),
            ("", "Amara Quill", Different),
        ] {
            assert_eq!(fit(a, b), expected, "{a} / {b}");
            assert_eq!(fit(b, a), expected, "{b} / {a}");
        }
    }

    #[test]
    fn a_household_is_not_one_person() {
        for (a, b) in [
            ("Amara", "Bram"),
            ("Paul", "Paula"),
            ("Joan", "John"),
            ("Martin", "Martina"),
            ("Michael", "Michaela"),
            ("Robert", "Roberta"),
            ("Patrick", "Patricia"),
            ("Frances", "Francis"),
            ("Daniel", "Danielle"),
            ("Joseph", "Josephine"),
            ("Nicholas", "Nicola"),
            ("Alexander", "Alexandra"),
            ("Christian", "Christine"),
            ("Louis", "Louise"),
            ("Stephan", "Stephanie"),
            ("Ann", "Alan"),
            ("James", "Jane"),
        ] {
            let (a, b) = (format!("{a} Quill"), format!("{b} Quill"));
            assert_eq!(fit(&a, &b), NameFit::Different, "{a} / {b}");
        }
        assert_eq!(fit("Amara Jane Quill", "Amara Louise Quill"), NameFit::Different);
        assert_eq!(fit("Amara Quill", "Amara Weber"), NameFit::Different);
    }
}
