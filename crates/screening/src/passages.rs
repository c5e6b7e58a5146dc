//! Passages about other people: what a reviewer should look at before a copy goes out.
//!
//! Marks rather too much than too little. A mark is a question to a person, never a redaction.

mod again;
mod glance;
mod sentences;

use std::borrow::Cow;

use crate::names::{self, NameFit, fit, fold};
use crate::words::{self, Forename, Known, Word};
use crate::{Hit, Kind, recognise, weak_email};
pub use again::{again, is_english, own_places};
use glance::{Glance, glance};
use sentences::sentences;

/// Whose copy it is.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// Names the person goes by, as written, titles included where known.
    pub names: Vec<String>,
    /// Identifiers of the person in normal form.
    pub identifiers: Vec<(Kind, String)>,
}

/// A name, a number or an address of somebody else, and no more than that: what a sentence says
/// beside it may well be about the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// First byte in the text, on a character boundary.
    pub start: usize,
    /// The byte after the last, on a character boundary.
    pub end: usize,
    /// Why it is marked, without the value: "another person's name".
    pub why: String,
}

const NAME: &str = "another person's name";
const RELATION: &str = "a relative, neighbour or friend of someone";

/// Where people other than the subject are named or identified: in order, without overlaps, and
/// with nothing of the subject's in them.
pub fn about_others(text: &str, subject: &Subject) -> Vec<Passage> {
    look(text, subject, sentences(text), glance)
}

fn look(
    text: &str,
    subject: &Subject,
    sentences: Vec<(usize, usize)>,
    glance: impl Fn(&str) -> Glance,
) -> Vec<Passage> {
    let hits = recognise(text);
    let mut spots: Vec<Spot> = Vec::new();
    for (start, end) in sentences {
        let sentence = &text[start..end];
        let glance = glance(sentence);
        let mut own_starts = Vec::new();
        if glance.name {
            for Named { start: from, end: to, name } in names(sentence) {
                match is_subject(&name, subject) {
                    true => own_starts.push(from),
                    false => spots.push(spot(start + from, start + to, NAME)),
                }
            }
        }
        if glance.relation {
            // "My neighbour Amara Quill" is the subject.
            let of_own = |end: usize| {
                let rest = &sentence[end..];
                let next = end + rest.len() - rest.trim_start_matches([' ', ',']).len();
                own_starts.contains(&next)
            };
            let others = relations(sentence).into_iter().filter(|(_, end)| !of_own(*end));
            spots.extend(others.map(|(a, b)| spot(start + a, start + b, RELATION)));
        }
    }
    spots = without(text, spots, &hits);
    let others = hits.iter().filter(|hit| !theirs(hit, subject));
    spots.extend(others.map(|hit| spot(hit.start, hit.end, others_why(hit.kind))));
    merged(spots)
}

/// Where something stands that may be about somebody else.
struct Spot {
    start: usize,
    end: usize,
    why: &'static str,
}

/// What is left of each spot beside identifiers: a word of an address may look like a name, and
/// the address may be the subject's own. Both are in order.
fn without(text: &str, spots: Vec<Spot>, hits: &[Hit]) -> Vec<Spot> {
    if hits.is_empty() {
        return spots;
    }
    let mut left = Vec::with_capacity(spots.len());
    for Spot { start, end, why } in spots {
        let piece = |a, b| words_within(text, a, b).map(|(a, b)| spot(a, b, why));
        let mut from = start;
        let next = hits.partition_point(|h| h.end <= start);
        for hit in hits[next..].iter().take_while(|h| h.start < end) {
            left.extend(piece(from, hit.start));
            from = hit.end;
        }
        left.extend(piece(from, end));
    }
    left
}

fn spot(start: usize, end: usize, why: &'static str) -> Spot {
    Spot { start, end, why }
}

/// The range without the signs around its words, if it holds any.
fn words_within(text: &str, start: usize, end: usize) -> Option<(usize, usize)> {
    let part = text.get(start..end)?;
    let signs = |c: char| !c.is_alphanumeric();
    let from = start + part.len() - part.trim_start_matches(signs).len();
    let to = start + part.trim_end_matches(signs).len();
    (from < to).then_some((from, to))
}

/// In order, those that overlap as one.
fn merged(mut spots: Vec<Spot>) -> Vec<Passage> {
    spots.sort_by_key(|s| (s.start, s.end));
    let mut passages: Vec<Passage> = Vec::with_capacity(spots.len());
    for spot in spots {
        match passages.last_mut().filter(|last| spot.start < last.end) {
            Some(last) => {
                last.end = last.end.max(spot.end);
                if !last.why.contains(spot.why) {
                    last.why = format!("{}; {}", last.why, spot.why);
                }
            }
            None => passages.push(Passage {
                start: spot.start,
                end: spot.end,
                why: spot.why.to_owned(),
            }),
        }
    }
    passages
}

fn others_why(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "an e-mail address of someone else",
        Kind::Phone => "a telephone number of someone else",
        Kind::Postcode => "a postcode of someone else",
        Kind::NationalInsurance => "a National Insurance number of someone else",
        Kind::NhsNumber => "an NHS number of someone else",
        Kind::BankAccount => "a bank account of someone else",
        Kind::Card => "a card number of someone else",
        Kind::MemberNumber => "a member number of someone else",
        Kind::Name => NAME,
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

// ---- names -------------------------------------------------------------------------------------

/// A word of a sentence.
struct Token<'a> {
    written: &'a str,
    /// Where it stands in the sentence.
    start: usize,
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
        let run = &tail[..length];
        let lead = length - run.trim_start_matches(QUOTES).len();
        let written = bare(run);
        let gap = sentence[end..start].trim_matches([' ', '\u{a0}', '\t']);
        let dot = found.last().is_some_and(|last| gap == "." && dotted(last));
        if !written.is_empty() {
            let folded = folded(written);
            found.push(Token {
                written,
                start: start + lead,
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

/// Signs inside words that may also stand around them.
const QUOTES: [char; 5] = ['\'', '\u{2019}', '-', '\u{2010}', '\u{2011}'];

/// The word without quotation marks around it and without 's.
fn bare(word: &str) -> &str {
    let word = word.trim_matches(QUOTES);
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

/// A likely name in a sentence.
struct Named {
    start: usize,
    end: usize,
    name: String,
}

/// Every likely name in a sentence, in order.
fn names(sentence: &str) -> impl Iterator<Item = Named> {
    let tokens = tokens(sentence);
    let mut at = 0;
    let mut found = Vec::new();
    while at < tokens.len() {
        let (end, name) = candidate(&tokens, at);
        let end = end.max(at + 1);
        if let Some(name) = name {
            let last = &tokens[end - 1];
            let (start, end) = (tokens[at].start, last.start + last.written.len());
            found.push(Named { start, end, name });
        }
        at = end;
    }
    found.into_iter()
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
        // A name in small letters, alone or with what may be its surname.
        if first.known.forename != Some(Forename::Plain) {
            return (at + 1, None);
        }
        let surname = |t: &Token<'_>| t.joined && capital(t) && opens(t) && !t.known.title;
        let end = match tokens.get(at + 1).is_some_and(surname) {
            true => run_end(tokens, at + 1, false),
            false => at + 1,
        };
        return (end, Some(joined(&tokens[at..end])));
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

/// Where a relative, a neighbour or a friend is named by what they are to somebody.
fn relations(sentence: &str) -> Vec<(usize, usize)> {
    let any = |list: &[&str], word: &str| list.iter().any(|w| w.eq_ignore_ascii_case(word));
    let (mut found, mut owner, mut at) = (Vec::new(), None, 0);
    while let Some(gap) = sentence[at..].find(char::is_alphanumeric) {
        let start = at + gap;
        let rest = &sentence[start..];
        let word = &rest[..rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len())];
        at = start + word.len();
        if let Some(owned) = owner.filter(|_| any(RELATIONS, word)) {
            found.push((owned, at));
        }
        // Every owner is short: most words are passed over by their length.
        owner = (word.len() <= 5 && any(OWNERS, word)).then_some(start);
    }
    found
}

#[cfg(test)]
mod tests;
