//! One person in several places: what else in a text plainly is of somebody who was named, and
//! what is the subject's own.

use super::{
    Subject, capital, glance, is_subject, names, recognise, sentences, theirs, tokens, words,
};
use crate::names::{NameFit, fit, fold};
use crate::words::{Forename, Word};
use crate::{Hit, Kind};

/// The shortest part of a name that an e-mail address may be known by.
const TELLING: usize = 3;

/// Where else in a text somebody of these names plainly stands: the name again, in another order,
/// shorter or a part of it, and an e-mail address made of its parts. Nothing of the subject's.
/// Whole names come before their parts.
pub fn again(text: &str, of: &[String], subject: &Subject) -> Vec<(usize, usize)> {
    let hits = recognise(text);
    let named = named_places(text, &hits, |name| {
        let same = |own: &String| match fit(name, own) {
            NameFit::Different => false,
            // A longer name is another person's as likely as not.
            NameFit::Initial => parts(name) <= parts(own),
            NameFit::Same | NameFit::Close => true,
        };
        !is_subject(name, subject) && of.iter().any(same)
    });
    let mails = hits.iter().filter(|hit| hit.kind == Kind::Email && !theirs(hit, subject));
    let made = mails.filter(|hit| of.iter().any(|name| made_of(&hit.normal, name)));
    let made = made.map(|hit| (hit.start, hit.end));
    let parts = parts_alone(text, of, subject).into_iter().filter(|spot| free(spot, &hits));
    named.into_iter().chain(made).chain(parts).collect()
}

/// Where a part of one of the names stands alone: "Plimmer’s boat". Not a part that the subject
/// bears too, nor one that is an English word.
fn parts_alone(text: &str, of: &[String], subject: &Subject) -> Vec<(usize, usize)> {
    let split =
        |name: &String| -> Vec<String> { fold(name).split(' ').map(str::to_owned).collect() };
    let own: Vec<String> = subject.names.iter().flat_map(split).collect();
    let telling =
        |part: &String| part.chars().count() >= TELLING && !own.contains(part) && !is_english(part);
    let parts: Vec<String> = of.iter().flat_map(split).filter(telling).collect();
    let mut found = Vec::new();
    for token in tokens(text) {
        if capital(&token) && parts.iter().any(|part| **part == token.folded) {
            found.push((token.start, token.start + token.written.len()));
        }
    }
    found
}

/// Whether nothing of an identifier stands there.
fn free((start, end): &(usize, usize), hits: &[Hit]) -> bool {
    let next = hits.partition_point(|hit| hit.end <= *start);
    hits.get(next).is_none_or(|hit| hit.start >= *end)
}

/// Where the subject's own names and identifiers stand in a text. In no order.
pub fn own_places(text: &str, subject: &Subject) -> Vec<(usize, usize)> {
    let hits = recognise(text);
    let named = named_places(text, &hits, |name| is_subject(name, subject));
    let own = hits.iter().filter(|hit| theirs(hit, subject));
    own.map(|hit| (hit.start, hit.end)).chain(named).collect()
}

/// True for one word that names people and is an English word too, or that names nobody: "Rose",
/// "Monday". Where it stands elsewhere in a text, it says nothing of the same person.
pub fn is_english(text: &str) -> bool {
    let folded = fold(text);
    let known = words::known(&folded);
    !folded.contains(' ')
        && (known.forename == Some(Forename::AlsoWord) || known.word != Word::Open)
}

fn parts(name: &str) -> usize {
    fold(name).split(' ').count()
}

/// Where names stand that are chosen; a word of an identifier is none.
fn named_places(text: &str, hits: &[Hit], which: impl Fn(&str) -> bool) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (start, end) in sentences(text) {
        let sentence = &text[start..end];
        if glance(sentence).name {
            let chosen = names(sentence).filter(|n| which(&n.name));
            found.extend(
                chosen.map(|n| (start + n.start, start + n.end)).filter(|spot| free(spot, hits)),
            );
        }
    }
    found
}

/// Whether the name of an address is made of the parts of a person's name: derek.plimmer, dplimmer
/// or plimmer.d of Derek Plimmer. One part at least stands in full.
fn made_of(address: &str, name: &str) -> bool {
    let Some((local, _)) = address.split_once('@') else { return false };
    let local = local.split('+').next().unwrap_or_default();
    let letters: String =
        local.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let name = fold(name);
    let parts: Vec<&str> = name.split(' ').filter(|p| !p.is_empty()).collect();
    // More parts than this have no names, but lists of words do.
    parts.len() <= 4 && spells(&letters, &parts, false)
}

/// Whether letters are spelt by some of the parts, each once, in full or by its initial.
fn spells(letters: &str, parts: &[&str], full: bool) -> bool {
    if letters.is_empty() {
        return full;
    }
    parts.iter().enumerate().any(|(i, part)| {
        let mut others = parts.to_vec();
        others.remove(i);
        let whole = letters.strip_prefix(part);
        let initial = part.chars().next().and_then(|c| letters.strip_prefix(c));
        whole.is_some_and(|rest| spells(rest, &others, full || part.chars().count() >= TELLING))
            || initial.is_some_and(|rest| spells(rest, &others, full))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amara() -> Subject {
        Subject {
            names: vec!["Ms Amara Quill".into()],
            identifiers: vec![(Kind::Email, "amara.quill@example.org".into())],
        }
    }

    #[test]
    fn the_same_person_is_known_again() {
        let found = |text: &str| {
            let of = ["Derek Plimmer".to_owned(), "Tobias Quill".into()];
            let mut spots = again(text, &of, &amara());
            spots.sort_by_key(|(a, b)| (*a, std::cmp::Reverse(*b)));
            spots.dedup_by(|next, whole| whole.0 <= next.0 && next.1 <= whole.1);
            spots.iter().map(|(a, b)| text[*a..*b].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(found("Ask Mr Plimmer. Then Derek left."), ["Mr Plimmer", "Derek"]);
        assert_eq!(found("Plimmer’s boat and Quill’s, plimmers"), ["Plimmer"]);
        assert_eq!(found("Plimmer, Derek came"), ["Plimmer, Derek"]);
        for local in ["derek.plimmer", "dplimmer", "plimmer.d", "d_plimmer7", "Derek"] {
            let mail = format!("{local}@example.com");
            assert!(found(&format!("to {mail}")).contains(&mail), "{mail}");
        }
        for text in ["Bram Novak", "Amara Quill", "office@example.com", "dp@example.com", "Dora P"]
        {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_is_the_subjects_own_is_found() {
        let text = "Bram Novak and Amara Quill, amara.quill@example.org";
        let mut own = own_places(text, &amara());
        own.sort_unstable();
        let own: Vec<&str> = own.iter().map(|(a, b)| &text[*a..*b]).collect();
        assert_eq!(own, ["Amara Quill", "amara.quill@example.org"]);
    }

    #[test]
    fn english_words_are_told() {
        assert!(is_english("Rose") && is_english("Monday"));
        assert!(!is_english("Bram") && !is_english("Rose Weber"));
    }
}
