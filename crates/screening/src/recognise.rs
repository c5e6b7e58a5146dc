//! Recognisers: UK identifiers in free text, each proved by its grammar and check digits.
//!
//! One pass over the bytes stops only at digits and at `@`; everything else is skipped. What looks
//! like an identifier but is announced as an order, an invoice or a book is left alone.

use crate::{Kind, checks, normal, normalise, phone};

/// An identifier found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What it is.
    pub kind: Kind,
    /// First byte of it in the text, on a character boundary.
    pub start: usize,
    /// The byte after its last, on a character boundary.
    pub end: usize,
    /// Its normal form, as from [`normalise`]. A sort code without an account number stands
    /// as `12-34-56`.
    pub normal: String,
}

/// Every identifier in the text, in order, without overlaps.
pub fn recognise(text: &str) -> Vec<Hit> {
    let bytes = text.as_bytes();
    let mut hits: Vec<Hit> = Vec::new();
    let mut at = 0;
    let mut free = 0; // bytes before this belong to a hit already
    while let Some(step) = sign(&bytes[at..]) {
        at += step;
        let found = if bytes[at] == b'@' { email_at(text, at) } else { number_at(text, at, free) };
        match found {
            Some(hit) => {
                // An address such as jo7700900123@example.org begins before a hit in its name.
                while hits.last().is_some_and(|last| last.end > hit.start) {
                    hits.pop();
                }
                at = hit.end.max(at + 1);
                free = hit.end;
                hits.push(hit);
            }
            None => at = after_run(bytes, at),
        }
    }
    hits
}

/// Where the first digit or `@` stands. Most of every text has none, and is passed over by blocks.
fn sign(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 32;
    let is_sign = |b: &u8| b.is_ascii_digit() || *b == b'@';
    let none = |block: &&[u8]| block.iter().fold(0, |any, b| any | u8::from(is_sign(b))) == 0;
    let passed = bytes.chunks_exact(BLOCK).take_while(none).count() * BLOCK;
    bytes[passed..].iter().position(is_sign).map(|step| passed + step)
}

/// The end of the run of digits at `at`, or the next byte.
fn after_run(bytes: &[u8], at: usize) -> usize {
    let run = bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
    at + run.max(1)
}

fn hit(text: &str, kind: Kind, start: usize, end: usize) -> Option<Hit> {
    let normal = normalise(kind, text.get(start..end)?).ok()?;
    Some(Hit { kind, start, end, normal })
}

// ---- e-mail ------------------------------------------------------------------------------------

fn email_at(text: &str, at: usize) -> Option<Hit> {
    let local = |c: char| c.is_alphanumeric() || "._%+-'!#$&*=?^`{|}~/".contains(c);
    let domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let mut start = at;
    for (place, c) in text[..at].char_indices().rev() {
        if !local(c) || at - place > 64 {
            break;
        }
        start = place;
    }
    let signs = |c: char| !c.is_alphanumeric() && c != '_';
    start += text[start..at].len() - text[start..at].trim_start_matches(signs).len();
    let mut end = at + 1;
    for (place, c) in text[at + 1..].char_indices() {
        if !domain(c) || place > 253 {
            break;
        }
        end = at + 1 + place + c.len_utf8();
    }
    end -= text[at + 1..end].len() - text[at + 1..end].trim_end_matches(['.', '-']).len();
    // "mailto:" and "https://…/" run into the name; the name starts after the last of them.
    if let Some(slash) = text[start..at].rfind('/') {
        start += slash + 1;
    }
    let top = text.get(at + 1..end)?.rsplit('.').next()?;
    if top.chars().count() < 2 || !top.chars().all(|c| c.is_alphabetic() || c == '-') {
        return None;
    }
    hit(text, Kind::Email, start, end)
}

// ---- numbers -----------------------------------------------------------------------------------

/// What stands at a digit: the strictest grammar is asked first.
fn number_at(text: &str, at: usize, free: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    let before = at.checked_sub(1).map(|i| bytes[i]);
    if before.is_some_and(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Some(byte) = before
        && (byte.is_ascii_alphabetic() || byte == b' ')
        && let Some(found) = lettered(text, at, free)
    {
        return Some(found);
    }
    if before.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'/' | b'#' | b'=')) {
        return None;
    }
    let run = Run::read(text, at);
    if run.digits.len() < 6 {
        return None;
    }
    run.bank(text)
        .or_else(|| run.card(text))
        .or_else(|| run.nhs(text))
        .or_else(|| run.phone(text, free))
}

/// IBANs, National Insurance numbers and postcodes: one or two letters, then the digit at `at`.
fn lettered(text: &str, at: usize, free: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    let gap = usize::from(bytes[at - 1] == b' ');
    let letters = bytes[..at - gap].iter().rev().take(3).take_while(|b| b.is_ascii_alphabetic());
    let letters = letters.count();
    let start = at - gap - letters;
    if !(1..=2).contains(&letters) || start < free || !edge(bytes, start.checked_sub(1)) {
        return None;
    }
    if letters == 2 {
        if let Some(end) = packed_end(bytes, start, 9, checks::national_insurance) {
            return hit(text, Kind::NationalInsurance, start, end);
        }
        if gap == 0
            && let Some(length) = iban_candidate(bytes, start)
            && let Some(end) = packed_end(bytes, start, length, checks::iban)
        {
            return hit(text, Kind::BankAccount, start, end);
        }
    }
    if gap == 0 { postcode(text, start) } else { None }
}

fn iban_candidate(bytes: &[u8], start: usize) -> Option<usize> {
    let head = bytes.get(start..start + 4)?;
    if !head[3].is_ascii_digit() {
        return None;
    }
    checks::iban_length([head[0].to_ascii_uppercase(), head[1].to_ascii_uppercase()])
}

/// Where `length` letters and digits from `start` end, single spaces or dashes between them, if
/// they pass the check in capitals and stand alone.
fn packed_end(
    bytes: &[u8],
    start: usize,
    length: usize,
    check: impl Fn(&[u8]) -> bool,
) -> Option<usize> {
    let mut packed = [0u8; 34];
    let mut count = 0;
    let mut place = start;
    let mut gap = false;
    while count < length {
        match *bytes.get(place)? {
            byte if byte.is_ascii_alphanumeric() => {
                packed[count] = byte.to_ascii_uppercase();
                count += 1;
                gap = false;
            }
            b' ' | b'-' if !gap => gap = true,
            _ => return None,
        }
        place += 1;
    }
    (check(&packed[..length]) && edge(bytes, Some(place))).then_some(place)
}

/// True where no letter, digit or underscore stands at the place, so that a token ends there.
fn edge(bytes: &[u8], place: Option<usize>) -> bool {
    match place.and_then(|place| bytes.get(place)) {
        Some(byte) => !byte.is_ascii_alphanumeric() && *byte != b'_' && byte.is_ascii(),
        None => true,
    }
}

fn postcode(text: &str, start: usize) -> Option<Hit> {
    let bytes = text.as_bytes();
    if start > 0 && matches!(bytes[start - 1], b'-' | b'/' | b'.' | b'@' | b'#' | b'=' | b'%') {
        return None;
    }
    let out = bytes[start..].iter().take(5).take_while(|b| b.is_ascii_alphanumeric()).count();
    let mut ends = [None, None];
    // "AB1 2CD", also with two spaces, and "AB12CD" in capitals.
    let spaces = bytes[start + out..].iter().take(3).take_while(|b| **b == b' ').count();
    if (1..=2).contains(&spaces) {
        ends[0] = Some(start + out + spaces + 3);
    }
    let whole = bytes[start..].iter().take(8).take_while(|b| b.is_ascii_alphanumeric()).count();
    ends[1] = (5..=7).contains(&whole).then_some(start + whole);
    for (close, end) in ends.into_iter().enumerate().filter_map(|(i, end)| Some((i == 1, end?))) {
        let Some(written) = bytes.get(start..end) else { continue };
        let upper = !written.iter().any(u8::is_ascii_lowercase);
        let lower = !written.iter().any(u8::is_ascii_uppercase);
        if !(upper || lower && !close) || !edge(bytes, Some(end)) {
            continue;
        }
        let mut code = written.to_ascii_uppercase();
        code.retain(|b| *b != b' ');
        if checks::postcode(&code).is_some() && checks::postcode_area(&code) {
            return hit(text, Kind::Postcode, start, end);
        }
    }
    None
}

/// A run of digit groups with telephone-like signs between them.
struct Run {
    /// Where it begins: at the plus or the bracket before the first digit, if there is one.
    start: usize,
    /// The digits alone.
    digits: Vec<u8>,
    /// For each group: how many digits there are up to its end, and the byte where it ends.
    groups: Vec<(usize, usize)>,
    plus: bool,
}

impl Run {
    /// Reads at most 24 digits from the first digit at `at`.
    fn read(text: &str, at: usize) -> Run {
        let bytes = text.as_bytes();
        let mut start = at;
        if start > 0 && bytes[start - 1] == b'(' {
            start -= 1;
        }
        let plus = start > 0 && bytes[start - 1] == b'+';
        start -= usize::from(plus);
        let mut run = Run { start, digits: Vec::with_capacity(24), groups: Vec::new(), plus };
        let mut place = at;
        loop {
            let from = place;
            while run.digits.len() < 25 && bytes.get(place).is_some_and(u8::is_ascii_digit) {
                run.digits.push(bytes[place]);
                place += 1;
            }
            if place > from {
                run.groups.push((run.digits.len(), place));
            }
            let gap = separator(&bytes[place..]);
            if run.digits.len() > 24 || gap == 0 {
                return run;
            }
            place += gap;
        }
    }

    /// The widths of the groups, as 3-3-4.
    fn widths(&self) -> Vec<usize> {
        let mut last = 0;
        self.groups.iter().map(|(upto, _)| upto - std::mem::replace(&mut last, *upto)).collect()
    }

    /// True if a letter or digit follows directly: the run is then part of something else.
    fn glued(text: &str, end: usize) -> bool {
        let next = text.as_bytes().get(end);
        next.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'/' | b'@' | b'%'))
    }

    fn end(&self, groups: usize) -> usize {
        self.groups[groups - 1].1
    }

    /// Sort code and account number, or a sort code alone where the words say so.
    fn bank(&self, text: &str) -> Option<Hit> {
        let widths = self.widths();
        let (parts, sort) = match widths[..] {
            [2, 2, 2, ..] => (3, &self.digits[..6]),
            [6, ..] => (1, &self.digits[..6]),
            _ => return None,
        };
        let sort_end = self.end(parts);
        if self.plus || Run::glued(text, sort_end) {
            return None;
        }
        let told = told(text, self.start, 24, &["sort"]);
        let dashes = text[self.start..sort_end].contains('-');
        if widths.get(parts) == Some(&8)
            && (told || dashes)
            && !Run::glued(text, self.end(parts + 1))
        {
            return hit(text, Kind::BankAccount, self.start, self.end(parts + 1));
        }
        if !told {
            return None;
        }
        let sort = std::str::from_utf8(sort).ok()?;
        if let Some((digits, end)) = account_after(text, sort_end) {
            let normal = normal::sort_and_account(&format!("{sort}{digits}"));
            return Some(Hit { kind: Kind::BankAccount, start: self.start, end, normal });
        }
        let normal = normal::sort_and_account(sort).trim_end().to_owned();
        Some(Hit { kind: Kind::BankAccount, start: self.start, end: sort_end, normal })
    }

    fn card(&self, text: &str) -> Option<Hit> {
        let widths = self.widths();
        let groups = match widths[..] {
            [14..=19, ..] => 1,
            [4, 6, 4 | 5, ..] => 3,
            [4, 4, 4, 4, 3, ..] if checks::issued_card(&self.digits[..19]) => 5,
            [4, 4, 4, 4, ..] => 4,
            _ => return None,
        };
        let (count, end) = self.groups[groups - 1];
        let good = !self.plus && checks::issued_card(&self.digits[..count]);
        if !good || Run::glued(text, end) { None } else { hit(text, Kind::Card, self.start, end) }
    }

    /// Ten digits with a good check digit, written 3-3-4 or announced, or in a range in issue.
    fn nhs(&self, text: &str) -> Option<Hit> {
        let widths = self.widths();
        let (groups, spaced) = match widths[..] {
            [3, 3, 4, ..] => (3, true),
            [10, ..] => (1, false),
            _ => return None,
        };
        let end = self.end(groups);
        if self.plus || Run::glued(text, end) || !checks::nhs(&self.digits[..10]) {
            return None;
        }
        let named = told(text, self.start, 32, &["nhs"]);
        let issued = matches!(self.digits[0], b'4' | b'6' | b'7');
        let other = told(text, self.start, 24, OTHER_NUMBERS)
            || told(text, self.start, 16, PHONE_WORDS) && !named;
        if named || (spaced || issued) && !other {
            hit(text, Kind::NhsNumber, self.start, end)
        } else {
            None
        }
    }

    /// The longest leading part of the run that is a telephone number.
    fn phone(&self, text: &str, free: usize) -> Option<Hit> {
        if self.start < free || self.date_like(text) {
            return None;
        }
        let named = told(text, self.start, 20, PHONE_WORDS);
        if !self.plus && !named && told(text, self.start, 24, OTHER_NUMBERS) {
            return None;
        }
        for groups in (1..=self.groups.len()).rev() {
            let (count, end) = self.groups[groups - 1];
            if Run::glued(text, end) || !(8..=17).contains(&count) {
                continue;
            }
            if self.phone_like(&self.digits[..count], named)
                && let Some(found) = hit(text, Kind::Phone, self.start, end)
            {
                return Some(found);
            }
        }
        None
    }

    fn phone_like(&self, digits: &[u8], named: bool) -> bool {
        if self.plus {
            return true;
        }
        match digits {
            [b'0', b'0', ..] => digits.len() >= 12,
            [b'0', national @ ..] => phone::uk_plan(national) || phone::uk_short(national),
            [b'4', b'4', national @ ..] if digits.len() == 12 => phone::uk_plan(national),
            [b'4', b'4', b'0', national @ ..] => phone::uk_plan(national),
            _ => named && phone::uk_plan(digits),
        }
    }

    /// `01.02.2026 10` and `01-02-2026 …`: a date and what follows.
    fn date_like(&self, text: &str) -> bool {
        let widths = self.widths();
        let dated = matches!(widths[..], [1..=2, 1..=2, 4, ..] | [4, 2, 2, ..]);
        let sign = text.as_bytes()[..self.end(1) + 1.min(text.len() - self.end(1))].last();
        dated && !self.plus && !matches!(sign, Some(b' ' | b')'))
    }
}

/// The length of what may stand between two groups of one number, 0 if nothing does.
fn separator(rest: &[u8]) -> usize {
    let one = |rest: &[u8]| match rest {
        [b' ' | b'-' | b'.' | b'(' | b')', ..] => 1,
        [0xc2, 0xa0, ..] => 2,
        [0xe2, 0x80, 0x90..=0x93, ..] => 3,
        _ => 0,
    };
    let mut length = 0;
    for _ in 0..3 {
        match one(&rest[length..]) {
            0 => break,
            step => length += step,
        }
    }
    if rest.get(length).is_some_and(u8::is_ascii_digit) { length } else { 0 }
}

/// An account number of eight digits within 40 bytes, nothing but words before it.
fn account_after(text: &str, from: usize) -> Option<(&str, usize)> {
    let bytes = &text.as_bytes()[from..];
    let skip = bytes.iter().take(40).position(u8::is_ascii_digit)?;
    let digits = bytes[skip..].iter().take_while(|b| b.is_ascii_digit()).count();
    let (start, end) = (from + skip, from + skip + digits);
    if digits == 8 && !Run::glued(text, end) { Some((&text[start..end], end)) } else { None }
}

const PHONE_WORDS: &[&str] =
    &["tel", "phone", "mob", "fax", "call", "ring", "text ", "whatsapp", "landline", "cell"];

/// What announces a number that is none of ours.
const OTHER_NUMBERS: &[&str] = &[
    "order",
    "invoice",
    "isbn",
    "issn",
    "ref",
    "account",
    "a/c",
    "serial",
    "tracking",
    "parcel",
    "ticket",
    "policy",
    "barcode",
    "sku",
    "item",
    "utr",
    "vat",
    "company n",
    "charity n",
    "doi",
    "version",
    "batch",
    "receipt",
    "booking",
    "po n",
    "grant",
    "isin",
    "ean",
];

/// True if one of the words stands among the `reach` bytes before `start`, on the same line.
fn told(text: &str, start: usize, reach: usize, words: &[&str]) -> bool {
    let bytes = &text.as_bytes()[start.saturating_sub(reach)..start];
    let line = bytes.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    let lower = line.to_ascii_lowercase();
    // Another number in between takes the announcement for itself.
    let from = lower.iter().rposition(u8::is_ascii_digit).map_or(0, |at| at + 1);
    let near = &lower[from..];
    words.iter().any(|word| memchr::memmem::find(near, word.as_bytes()).is_some())
}

#[cfg(test)]
mod tests;
