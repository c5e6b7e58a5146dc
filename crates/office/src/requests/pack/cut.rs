//! Taking passages out of an item, for good: the marked places, what else in the item plainly is of
//! the same people, and every other place where the same words stand. What is left is searched
//! once more before it goes out.

use std::collections::BTreeMap;

use candour_connectors::Body;
use candour_screening::{Subject, about_others, again, is_english};
use regex::{Regex, RegexBuilder};

use super::plan::Why;
use crate::error::{Error, Result};
use crate::requests::review::{Item, Mark, parties, redacted};

/// What stands where a passage was.
pub const REMOVED: &str = "[removed]";

/// The words that were taken out of one item.
#[derive(Debug, Clone, Default)]
pub struct Words {
    list: Vec<String>,
}

impl Words {
    /// Words to look for: those long enough to point at somebody, and nothing that stands in what
    /// is the person's own. A name that is an English word too goes only where it was marked.
    fn new(removed: impl IntoIterator<Item = String>, own: &[String]) -> Self {
        let mut list: Vec<String> = removed
            .into_iter()
            .map(|w| w.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|w| telling(w) && !is_english(w) && !own.iter().any(|o| stands_in(w, o)))
            .collect();
        list.sort_by_key(|w| std::cmp::Reverse(w.len()));
        list.dedup();
        Self { list }
    }

    /// No words.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Finds any of them, in any letter case and spacing; names and short ones only as whole words.
    ///
    /// # Errors
    /// Too many words for one pattern.
    pub fn finder(&self) -> Result<Option<Regex>> {
        if self.list.is_empty() {
            return Ok(None);
        }
        let each: Vec<String> = self
            .list
            .iter()
            .map(|w| {
                let spaced: Vec<String> = w.split(' ').map(regex::escape).collect();
                let pattern = spaced.join(r"\s+");
                // "Alan" is not in "balance".
                let name = |c: char| c.is_alphabetic() || c == ' ';
                match w.chars().count() < 4 || w.chars().all(name) {
                    true => format!(r"(?:\b|_){pattern}(?:\b|_)"),
                    false => pattern,
                }
            })
            .collect();
        RegexBuilder::new(&each.join("|"))
            .case_insensitive(true)
            .size_limit(64 << 20)
            .build()
            .map(Some)
            .map_err(|_| Error::fault("too many passages in one item"))
    }
}

/// Whether words point at somebody: "a" and "2" do not.
fn telling(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    letters >= 2 || digits >= 4
}

/// Whether the same words stand in a text, one after the other.
fn stands_in(words: &str, text: &str) -> bool {
    let folded = |s: &str| -> Vec<String> {
        let parts = s.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        parts.map(str::to_lowercase).collect()
    };
    let (words, text) = (folded(words), folded(text));
    !words.is_empty() && text.windows(words.len()).any(|w| w == words)
}

/// What is said of a passage that goes with another.
const SAME: &str = "the same person elsewhere in it";

/// The marks, and what else in the item plainly is of the same people: the party of a message that
/// a name or an address stands in, the name in another writing, an address made of it.
fn with_the_same_people(
    item: &Item,
    marks: &[Mark],
    subject: &Subject,
) -> (Vec<Mark>, Vec<String>) {
    let texts = item.texts();
    let mut all = marks.to_vec();
    widen_to_parties(item, &mut all, subject);
    let mut names: Vec<String> = Vec::new();
    for (field, text) in &texts {
        for m in all.iter().filter(|m| m.field == *field) {
            let words = slice(text, m);
            let found = about_others(&words, subject);
            names.extend(found.iter().map(|p| words[p.start..p.end].to_owned()));
        }
    }
    names.sort_unstable();
    names.dedup();
    for (field, text) in &texts {
        for (start, end) in again(text, &names, subject) {
            let known = |m: &Mark| m.field == *field && m.start <= start && end <= m.end;
            if !all.iter().any(known) {
                all.push(Mark { field: field.clone(), start, end, why: SAME.to_owned() });
            }
        }
    }
    widen_to_parties(item, &mut all, subject);
    (all, names)
}

/// A mark in a party of a message is of the whole party: a name says whose address stands by it.
fn widen_to_parties(item: &Item, marks: &mut [Mark], subject: &Subject) {
    let Body::Message { parties: all, .. } = &item.body else { return };
    for (role, value) in all {
        for party in parties::split(value) {
            if parties::is_theirs(&value[party.clone()], subject) {
                continue;
            }
            let within =
                |m: &&mut Mark| m.field == *role && m.start < party.end && party.start < m.end;
            for m in marks.iter_mut().filter(within) {
                (m.start, m.end) = (m.start.min(party.start), m.end.max(party.end));
            }
        }
    }
}

/// An item with passages taken out.
pub struct Cut {
    /// What goes out. Holds no original file.
    pub item: Item,
    /// Its title.
    pub title: String,
    /// The words that must not be found any more.
    pub words: Words,
    /// How many passages of each kind were taken out.
    pub kinds: BTreeMap<String, u64>,
}

/// Takes the marked passages out. `own`: names and identifiers of the person, and what stands on
/// every page.
///
/// # Errors
/// Something that was taken out can still be found in what is left.
pub fn cut(item: &Item, marks: &[Mark], (own, subject): (&[String], &Subject)) -> Result<Cut> {
    let (marks, mut removed) = with_the_same_people(item, marks, subject);
    let mut kinds = BTreeMap::new();
    for m in &marks {
        *kinds.entry(m.why.clone()).or_default() += 1;
    }
    let mut at_marks = |field: &str, text: &str| {
        let here: Vec<&Mark> = marks.iter().filter(|m| m.field == field).collect();
        removed.extend(here.iter().map(|m| slice(text, m)));
        redacted(text, &here)
    };
    let body = map_texts(&item.body, &mut at_marks);
    let words = Words::new(removed, own);
    let finder = words.finder()?;
    let mut sweep = |_: &str, text: &str| match &finder {
        Some(f) => f.replace_all(text, REMOVED).into_owned(),
        None => text.to_owned(),
    };
    let swept = Item {
        place: item.place.clone(),
        locator: String::new(),
        because: Vec::new(),
        body: map_texts(&body, &mut sweep),
        others: Vec::new(),
    };
    let title = sweep("", &item.title());
    for (_, text) in swept.texts() {
        clean(&finder, &text)?;
    }
    Ok(Cut { item: swept, title, words, kinds })
}

/// Fails when something that was taken out is found in a text that goes out.
///
/// # Errors
/// It is found.
pub fn clean(finder: &Option<Regex>, text: &str) -> Result<()> {
    match finder {
        Some(f) if f.is_match(text) => Err(Error::fault(
            "a passage that was taken out can still be found: the pack was not made",
        )),
        _ => Ok(()),
    }
}

fn slice(text: &str, m: &Mark) -> String {
    // The same widening to whole characters as `redacted` makes.
    let (mut a, mut b) = (m.start.min(text.len()), m.end.min(text.len()));
    while !text.is_char_boundary(a) {
        a -= 1;
    }
    while !text.is_char_boundary(b) {
        b += 1;
    }
    text.get(a..b).unwrap_or_default().to_owned()
}

/// The body with every text mapped, and without the original file.
fn map_texts(body: &Body, map: &mut impl FnMut(&str, &str) -> String) -> Body {
    match body {
        Body::Row { fields } => Body::Row {
            fields: fields
                .iter()
                .map(|(name, v)| (name.clone(), v.as_deref().map(|v| map(name, v))))
                .collect(),
        },
        Body::Message { subject, date, parties, text, attachments, .. } => Body::Message {
            subject: map("Subject", subject),
            date: date.clone(),
            parties: parties.iter().map(|(r, v)| (r.clone(), map(r, v))).collect(),
            text: map("text", text),
            attachments: attachments.iter().map(|a| map("Attachments", a)).collect(),
            raw: Vec::new(),
        },
        Body::Document { name, media, text, .. } => Body::Document {
            name: map("name", name),
            media: media.clone(),
            text: map("text", text),
            raw: Vec::new(),
        },
    }
}

/// A reason as it may be told: without the words it is about. Officers write reasons for the
/// record, and one may repeat what is to stay out.
///
/// # Errors
/// Too many words for one pattern.
pub fn safe_reason(why: &Why, item: &Item, own: &[String], taken: &Words) -> Result<Why> {
    let texts = item.texts();
    let marked = item.others.iter().filter_map(|m| {
        let (_, text) = texts.iter().find(|(field, _)| *field == m.field)?;
        Some(slice(text, m))
    });
    // A whole field may be marked: its words one by one.
    let words = marked.flat_map(|w| {
        let parts: Vec<String> = w
            .split(|c: char| !c.is_alphanumeric())
            .filter(|p| p.chars().count() >= 4 && p.starts_with(char::is_uppercase))
            .map(str::to_owned)
            .collect();
        parts.into_iter().chain(std::iter::once(w))
    });
    let words = words.filter(|w| w.chars().count() >= 4).chain(taken.list.iter().cloned());
    let reason = match Words::new(words, own).finder()? {
        Some(f) => f.replace_all(&why.reason, REMOVED).into_owned(),
        None => why.reason.clone(),
    };
    Ok(Why { reason, ..why.clone() })
}

/// The text of a page of ours, as a reader sees it: to search what really goes out.
pub fn text_of_html(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((text, tag)) = rest.split_once('<') {
        out.push_str(text);
        out.push(' ');
        rest = tag.split_once('>').map_or("", |(_, r)| r);
    }
    out.push_str(rest);
    for (code, sign) in
        [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")]
    {
        out = out.replace(code, sign);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(field: &str, start: usize, end: usize) -> Mark {
        Mark { field: field.into(), start, end, why: "another person’s name".into() }
    }

    fn note(text: &str) -> Item {
        Item {
            place: "minutes".into(),
            locator: "m.txt".into(),
            because: Vec::new(),
            body: Body::Document {
                name: "Bram Novak complaint.txt".into(),
                media: "text/plain".into(),
                text: text.into(),
                raw: text.as_bytes().to_vec(),
            },
            others: Vec::new(),
        }
    }

    const NOBODY: (&[String], &Subject) =
        (&[], &Subject { names: Vec::new(), identifiers: Vec::new() });

    #[test]
    fn whose_name_is_taken_out_is_nowhere_in_the_item() {
        let quill = Subject {
            names: vec!["Amara Quill".into()],
            identifiers: vec![(candour_screening::Kind::Email, "a.quill@example.org".into())],
        };
        let message = |from: &str, text: &str| Item {
            place: "Inbox".into(),
            locator: "1".into(),
            because: Vec::new(),
            body: Body::Message {
                subject: "Plimmer’s slipway".into(),
                date: None,
                parties: vec![
                    ("From".into(), from.into()),
                    ("Cc".into(), "Amara Quill <a.quill@example.org>, office@example.org".into()),
                ],
                text: text.into(),
                attachments: Vec::new(),
                raw: Vec::new(),
            },
            others: Vec::new(),
        };
        let text = "Mr Plimmer and Amara Quill balance the books. Write to dplimmer@example.net.";
        let from = "Derek Plimmer <boats77@example.com>";
        for marked in [mark("From", 0, 13), mark("From", 15, 34)] {
            let c = cut(&message(from, text), &[marked], (&[], &quill)).unwrap();
            let said: Vec<String> = c.item.texts().into_iter().map(|(_, text)| text).collect();
            assert_eq!((said[0].as_str(), said[1].as_str()), ("[removed]’s slipway", "[removed]"));
            assert_eq!(said[2], "Amara Quill <a.quill@example.org>, office@example.org");
            assert_eq!(said[3], "[removed] and Amara Quill balance the books. Write to [removed].");
            assert_eq!(c.kinds[SAME], 3);
        }
    }

    #[test]
    fn a_name_is_a_word_and_an_english_word_stays() {
        let item = note("Alan and Rose. The balance rose. ALAN_2");
        let c = cut(&item, &[mark("text", 0, 4), mark("text", 9, 13)], NOBODY).unwrap();
        assert_eq!(c.item.texts()[0].1, "[removed] and [removed]. The balance rose. [removed]_2");
        let page = Words::new(["Harbour Club".to_owned()], &["The Harbour Club Limited".into()]);
        assert!(page.is_empty(), "it stands on every page");
    }

    #[test]
    fn the_same_words_elsewhere_go_too() {
        let item = note("Bram Novak spoke. Later BRAM\n  NOVAK left. Amara stayed.");
        let c = cut(&item, &[mark("text", 0, 10)], NOBODY).unwrap();
        let text = "[removed] spoke. Later [removed]\n  [removed] left. Amara stayed.";
        assert_eq!(c.item.texts()[0].1, text);
        assert_eq!(c.title, "[removed] complaint.txt");
        let Body::Document { raw, .. } = &c.item.body else { panic!() };
        assert!(raw.is_empty());
        assert_eq!(c.kinds["another person’s name"], 1);
    }

    #[test]
    fn short_words_only_as_words_and_the_persons_own_name_stays() {
        let item = note("Al also said Amara Quill and Al agree");
        let own = ["amara quill".to_owned()];
        let marks = [mark("text", 0, 2), mark("text", 13, 24)];
        let c = cut(&item, &marks, (&own, &Subject::default())).unwrap();
        assert_eq!(c.item.texts()[0].1, "[removed] also said [removed] and [removed] agree");
        assert!(clean(&c.words.finder().unwrap(), "Amara Quill is here, also").is_ok());
        assert!(clean(&c.words.finder().unwrap(), "al").is_err());
    }

    #[test]
    fn a_reason_does_not_give_away_what_it_is_about() {
        let mut item = note("Bram Novak spoke");
        item.others = vec![mark("text", 0, 10)];
        let why = |reason: &str| Why { reason: reason.into(), ..Why::default() };
        let none = Words::default();
        let told = safe_reason(&why("Novak did not agree"), &item, &[], &none).unwrap();
        assert_eq!(told.reason, "[removed] did not agree");
        // What a person marked by hand is not in the machine's marks.
        let by_hand = Words::new(["the spoke".to_owned()], &[]);
        let told = safe_reason(&why("As The Spoke said"), &item, &[], &by_hand).unwrap();
        assert_eq!(told.reason, "As [removed] said");
    }

    #[test]
    fn a_page_is_searched_as_it_is_read() {
        assert_eq!(text_of_html("<p>a &#38;&#39;b</p>").split_whitespace().count(), 2);
        assert!(text_of_html("<b>O&#39;Neil</b>").contains("O'Neil"));
    }
}
