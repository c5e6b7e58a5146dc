//! Passages about other people: what a reviewer should look at before a copy goes out.
//!
//! Marks rather too much than too little. A mark is a question to a person, never a redaction.

mod glance;

use std::borrow::Cow;

use memchr::{memchr, memchr3};

use crate::names::{self, NameFit, fit, fold};
use crate::words::{self, Forename, Known, Word};
use crate::{Hit, Kind, recognise, weak_email};
use glance::glance;

/// Whose copy it is.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// Names the person goes by, as written, titles included where known.
    pub names: Vec<String>,
    /// Identifiers of the person in normal form.
    pub identifiers: Vec<(Kind, String)>,
}

/// A sentence or line in which somebody else is named or identified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// First byte in the text, on a character boundary.
    pub start: usize,
    /// The byte after the last, on a character boundary.
    pub end: usize,
    /// Why it is marked, without the value: "another person's name".
    pub why: String,
}

/// The sentences and lines about people other than the subject: in order, without overlaps.
pub fn about_others(text: &str, subject: &Subject) -> Vec<Passage> {
    let hits = recognise(text);
    let mut next = 0;
    let mut passages = Vec::new();
    for (start, end) in sentences(text) {
        let mut whys: Vec<&'static str> = Vec::new();
        let sentence = &text[start..end];
        let glance = glance(sentence);
        if glance.name && names_another(sentence, subject) {
            whys.push("another person's name");
        }
        if glance.relation && relation(sentence) {
            whys.push("a relative, neighbour or friend of someone");
        }
        while next < hits.len() && hits[next].end <= start {
            next += 1;
        }
        for hit in hits[next..].iter().take_while(|hit| hit.start < end) {
            let why = others(hit.kind);
            if !theirs(hit, subject) && !whys.contains(&why) {
                whys.push(why);
            }
        }
        if !whys.is_empty() {
            passages.push(Passage { start, end, why: whys.join("; ") });
        }
    }
    passages
}

fn others(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "an e-mail address of someone else",
        Kind::Phone => "a telephone number of someone else",
        Kind::Postcode => "a postcode of someone else",
        Kind::NationalInsurance => "a National Insurance number of someone else",
        Kind::NhsNumber => "an NHS number of someone else",
        Kind::BankAccount => "a bank account of someone else",
        Kind::Card => "a card number of someone else",
        Kind::MemberNumber => "a member number of someone else",
        Kind::Name => "another person's name",
        Kind::Address => "an address of someone else",
        Kind::Born => "a date of birth of someone else",
    }
}

fn theirs(hit: &Hit, subject: &Subject) -> bool {
    subject.identifiers.iter().filter(|(kind, _)| *kind == hit.kind).any(|(kind, own)| {
        *own == hit.normal
            || *kind == Kind::Email && weak_email(own) == weak_email(&hit.normal)
            || *kind == Kind::BankAccount
                && (own.starts_with(hit.normal.as_str())
                    || crate::bank_account_uk(own).is_some_and(|uk| uk.starts_with(&hit.normal)))
    })
}

// ---- sentences ---------------------------------------------------------------------------------

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
fn sentences(text: &str) -> Vec<(usize, usize)> {
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

fn push_trimmed(text: &str, start: usize, end: usize, found: &mut Vec<(usize, usize)>) {
    let part = &text[start..end];
    let from = start + part.len() - part.trim_start().len();
    let to = from + part.trim().len();
    if to > from {
        found.push((from, to));
    }
}

/// True if the full stop after this text belongs to a title, an initial or an abbreviation.
fn abbreviated(before: &str) -> bool {
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

// ---- names -------------------------------------------------------------------------------------

/// A word of a sentence.
struct Token<'a> {
    written: &'a str,
    folded: Cow<'a, str>,
    /// What the lists say of it.
    known: Known,
    /// Nothing but a space, a dot after an initial or title, or an opening bracket before it.
    joined: bool,
    /// A comma and a space before it, as in "Novak, Bram".
    comma: bool,
}

fn tokens(sentence: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token<'_>> = Vec::new();
    let mut end = 0;
    let inside = |c: char| {
        // Most of every text is plain letters: they are settled first.
        c.is_ascii_alphanumeric()
            || matches!(c, '\'' | '-' | '\u{2019}' | '\u{2010}' | '\u{2011}')
            || (!c.is_ascii() && c.is_alphanumeric())
    };
    let mut rest = sentence;
    while let Some(from) = rest.find(inside) {
        let start = sentence.len() - rest.len() + from;
        let tail = &sentence[start..];
        let length = tail.find(|c| !inside(c)).unwrap_or(tail.len());
        let written = bare(&tail[..length]);
        let gap = sentence[end..start].trim_matches([' ', '\u{a0}', '\t']);
        let dot = found.last().is_some_and(|last| gap == "." && dotted(last));
        if !written.is_empty() {
            let folded = folded(written);
            found.push(Token {
                written,
                known: words::known(&folded),
                folded,
                joined: gap.is_empty() || dot,
                comma: gap == ",",
            });
        }
        end = start + length;
        rest = &sentence[end..];
    }
    found
}

/// The word as the lists hold it. One that stands so already is not copied.
fn folded(written: &str) -> Cow<'_, str> {
    if written.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        Cow::Borrowed(written)
    } else {
        Cow::Owned(names::letters_and_digits(written).replace(' ', ""))
    }
}

/// The word without quotation marks around it and without 's.
fn bare(word: &str) -> &str {
    let word = word.trim_matches(['\'', '\u{2019}', '-', '\u{2010}', '\u{2011}']);
    ["'s", "\u{2019}s", "'S", "\u{2019}S"]
        .iter()
        .find_map(|end| word.strip_suffix(end))
        .unwrap_or(word)
}

/// A title or an initial, after which a full stop ends nothing.
fn dotted(token: &Token<'_>) -> bool {
    token.written.chars().count() == 1 || token.known.title || token.known.leading
}

fn capital(token: &Token<'_>) -> bool {
    token.written.starts_with(char::is_uppercase)
}

fn shouted(token: &Token<'_>) -> bool {
    token.written.chars().count() > 1 && !token.written.chars().any(char::is_lowercase)
}

const PARTICLES: &[&str] = &[
    "van", "der", "den", "de", "da", "di", "du", "von", "zu", "la", "le", "bin", "ibn", "al", "el",
    "ap", "ab", "dos", "del", "ter", "ten", "y",
];

fn names_another(sentence: &str, subject: &Subject) -> bool {
    let tokens = tokens(sentence);
    let mut at = 0;
    while at < tokens.len() {
        let (end, candidate) = candidate(&tokens, at);
        if let Some(name) = candidate
            && !is_subject(&name, subject)
        {
            return true;
        }
        at = end.max(at + 1);
    }
    false
}

/// The likely name at a token, if there is one, and the token after it.
fn candidate(tokens: &[Token<'_>], at: usize) -> (usize, Option<String>) {
    let first = &tokens[at];
    if titled(first, tokens.get(at + 1)) {
        let end = run_end(tokens, at + 1, true);
        let name = (end > at + 1).then(|| joined(&tokens[at..end]));
        return (end, name);
    }
    if !capital(first) {
        let known = first.known.forename == Some(Forename::Plain);
        // A name in small letters, alone or with what may be its surname.
        return (at + 1, known.then(|| first.folded.clone().into_owned()));
    }
    if !opens(first) && !surname_first(tokens, at) {
        return (at + 1, None);
    }
    let end = run_end(tokens, at, false);
    let run = &tokens[at..end];
    let body = run.iter().any(|token| token.known.word == Word::Body);
    let known = run.iter().any(|t| t.known.forename.is_some());
    let full = run.iter().filter(|t| t.written.chars().count() > 1).count();
    let loud = run.iter().all(shouted);
    let name = match run {
        _ if body && !known => false,
        [only] => single(only, at == 0),
        _ if loud => known,
        _ => full >= 1 && (full >= 2 || run.len() >= 2),
    };
    if surname_first(tokens, at) && !name {
        let both = [&tokens[at], &tokens[at + 1]];
        return (at + 2, Some(format!("{} {}", both[1].written, both[0].written)));
    }
    (end.max(at + 1), name.then(|| joined(run)))
}

/// A title before a name: "Mrs Novak", "dr weber"; not the verb "miss" or the word "major".
fn titled(token: &Token<'_>, next: Option<&Token<'_>>) -> bool {
    let Some(next) = next.filter(|next| next.joined) else { return false };
    let name_like = |t: &Token<'_>| t.known.word == Word::Open && t.folded.len() > 1;
    if token.known.title {
        let verb = token.folded == "miss" && !capital(token);
        return !verb && (capital(next) || name_like(next));
    }
    token.known.leading && capital(token) && capital(next) && name_like(next)
}

/// Whether a capitalised word may open a name.
fn opens(token: &Token<'_>) -> bool {
    let letters = !token.written.contains(|c: char| c.is_ascii_digit());
    let known = token.known.forename.is_some();
    letters && (known || token.known.word == Word::Open)
}

/// The token after the capitalised words, initials and particles that stand together.
fn run_end(tokens: &[Token<'_>], from: usize, titled: bool) -> usize {
    let mut end = from;
    while let Some(token) = tokens.get(end) {
        let glued = end == from || token.joined;
        let wall = matches!(token.known.word, Word::Common | Word::Role)
            && token.known.forename.is_none()
            && token.written.chars().count() > 1;
        let particle = end > from
            && PARTICLES.contains(&token.folded.as_ref())
            && tokens[end + 1..]
                .iter()
                .find(|t| !PARTICLES.contains(&t.folded.as_ref()))
                .is_some_and(|next| next.joined && capital(next));
        // The pronoun is no initial: "May I ask".
        let pronoun = token.written == "I"
            && !tokens.get(end + 1).is_some_and(|next| next.joined && capital(next));
        let small_surname = titled && end == from && !capital(token);
        let digits = token.written.contains(|c: char| c.is_ascii_digit());
        if !glued
            || wall && end > from
            || digits
            || pronoun
            || !(capital(token) || particle || small_surname)
        {
            break;
        }
        end += 1;
    }
    end
}

/// "Novak, Bram": a capitalised word, a comma, and a forename or an initial.
fn surname_first(tokens: &[Token<'_>], at: usize) -> bool {
    let Some(next) = tokens.get(at + 1) else { return false };
    let known = next.known.forename.is_some();
    capital(&tokens[at])
        && tokens[at].known.word == Word::Open
        && next.comma
        && capital(next)
        && known
}

/// A capitalised word alone names somebody if it is a forename and not merely an English word.
fn single(token: &Token<'_>, opening: bool) -> bool {
    match token.known.forename {
        Some(Forename::Plain) => true,
        Some(Forename::AlsoWord) => !opening && !shouted(token) && token.known.word == Word::Open,
        None => false,
    }
}

fn joined(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|t| t.written).collect::<Vec<_>>().join(" ")
}

fn is_subject(name: &str, subject: &Subject) -> bool {
    subject.names.iter().any(|own| {
        let gender = |name: &str| {
            name.split_whitespace()
                .next()
                .and_then(|w| words::title_gender(&names::letters_and_digits(w)))
        };
        let clash = match (gender(name), gender(own)) {
            (Some(a), Some(b)) => a != b,
            _ => false,
        };
        // A surname alone, with a title that says otherwise, is the person's family.
        match fit(name, own) {
            NameFit::Different => possessive_plural(name, own),
            NameFit::Initial => !clash,
            NameFit::Same | NameFit::Close => true,
        }
    })
}

/// "James' letter" and words that only the subject's own name can account for.
fn possessive_plural(name: &str, own: &str) -> bool {
    let own = fold(own);
    let mine: Vec<&str> = own.split(' ').collect();
    let name = fold(name);
    !name.is_empty() && name.split(' ').all(|word| mine.contains(&word))
}

// ---- relations ---------------------------------------------------------------------------------

const OWNERS: &[&str] = &["my", "your", "his", "her", "their", "our"];
const RELATIONS: &[&str] = &[
    "husband",
    "wife",
    "partner",
    "mother",
    "father",
    "mum",
    "dad",
    "mam",
    "son",
    "daughter",
    "brother",
    "sister",
    "aunt",
    "uncle",
    "cousin",
    "niece",
    "nephew",
    "grandmother",
    "grandfather",
    "grandson",
    "granddaughter",
    "neighbour",
    "neighbours",
    "boyfriend",
    "girlfriend",
    "ex",
    "stepson",
    "stepdaughter",
    "stepmother",
    "stepfather",
    "child",
    "children",
    "sons",
    "daughters",
    "parents",
    "carer",
    "boss",
    "colleague",
    "landlord",
    "friend",
    "flatmate",
    "housemate",
];

fn relation(sentence: &str) -> bool {
    let any = |list: &[&str], word: &str| list.iter().any(|w| w.eq_ignore_ascii_case(word));
    let mut owned = false;
    for word in sentence.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        if owned && any(RELATIONS, word) {
            return true;
        }
        // Every owner is short: most words are passed over by their length.
        owned = word.len() <= 5 && any(OWNERS, word);
    }
    false
}

#[cfg(test)]
mod tests;
