//! Marking passages that no machine marked: words, wherever they stand in an item, or lines. Pure.

use candour_connectors::Body;
use regex::RegexBuilder;

use crate::error::{Error, Result};
use crate::requests::review::{Item, Mark};

/// What stands for why a person marked a passage. Never the passage.
const WHY: &str = "a passage marked by a person";

/// What a person marks beside what the machine did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct More {
    /// Words or phrases: every place in the item where they stand.
    pub words: Vec<String>,
    /// Lines of a field: the field, the first line and the last, counted from 1.
    pub lines: Option<(String, usize, usize)>,
}

impl More {
    /// Nothing is marked.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.lines.is_none()
    }
}

/// The passages, found in the item.
///
/// # Errors
/// Words that do not stand in it, or lines that it does not have.
pub fn marks(item: &Item, more: &More) -> Result<Vec<Mark>> {
    let mut all = Vec::new();
    for words in &more.words {
        let found = by_words(item, words)?;
        if found.is_empty() {
            // The words themselves are not repeated: a message never holds what is personal.
            let message = "Some of these words do not stand in this item: check the spelling";
            return Err(Error::invalid("words", message));
        }
        all.extend(found);
    }
    if let Some((field, from, to)) = &more.lines {
        all.push(by_lines(item, field, *from, *to)?);
    }
    Ok(all)
}

/// The texts of an item that passages can be taken out of, by field.
pub fn texts(item: &Item) -> Vec<(String, String)> {
    let mut texts: Vec<(String, String)> =
        item.texts().into_iter().filter(|(f, _)| f != "Date" && f != "Attachments").collect();
    match &item.body {
        Body::Message { attachments, .. } => {
            texts.extend(attachments.iter().map(|a| ("Attachments".to_owned(), a.clone())));
        }
        Body::Document { name, .. } => texts.push(("name".to_owned(), name.clone())),
        Body::Row { .. } => {}
    }
    texts
}

fn by_words(item: &Item, words: &str) -> Result<Vec<Mark>> {
    let parts: Vec<String> = words.split_whitespace().map(regex::escape).collect();
    if parts.is_empty() {
        return Ok(Vec::new());
    }
    let pattern = parts.join(r"\s+");
    // Short words only as whole words: "Al" is not in "also".
    let short = words.trim().chars().count() < 4;
    let pattern = if short { format!(r"\b{pattern}\b") } else { pattern };
    let finder = RegexBuilder::new(&pattern)
        .case_insensitive(true)
        .build()
        .map_err(|_| Error::invalid("words", "Too many words: mark lines instead"))?;
    let in_field = |(field, text): (String, String)| {
        let spots: Vec<(usize, usize)> =
            finder.find_iter(&text).map(|m| (m.start(), m.end())).collect();
        spots.into_iter().map(move |(start, end)| mark(&field, start, end))
    };
    Ok(texts(item).into_iter().flat_map(in_field).collect())
}

fn by_lines(item: &Item, field: &str, from: usize, to: usize) -> Result<Mark> {
    let wrong = || Error::invalid("from", "There are no such lines: the text shows their numbers");
    let texts = item.texts();
    let (_, text) = texts.iter().find(|(f, _)| f == field).ok_or_else(wrong)?;
    let mut starts: Vec<usize> = vec![0];
    starts.extend(text.match_indices('\n').map(|(i, _)| i + 1));
    if from == 0 || from > to || to > starts.len() {
        return Err(wrong());
    }
    let end = starts.get(to).map_or(text.len(), |next| next - 1);
    if starts[from - 1] >= end {
        return Err(wrong());
    }
    Ok(mark(field, starts[from - 1], end))
}

fn mark(field: &str, start: usize, end: usize) -> Mark {
    Mark { field: field.to_owned(), start, end, why: WHY.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(text: &str) -> Item {
        Item {
            place: "minutes".into(),
            locator: "m.txt".into(),
            because: Vec::new(),
            body: Body::Document {
                name: "Novak.txt".into(),
                media: "text/plain".into(),
                text: text.into(),
                raw: Vec::new(),
            },
            others: Vec::new(),
        }
    }

    fn words(list: &[&str]) -> More {
        More { words: list.iter().map(|w| (*w).to_owned()).collect(), lines: None }
    }

    #[test]
    fn every_place_where_words_stand_is_marked() {
        let item = note("bram  Novak came. Also Al. BRAM\nNOVAK left.");
        let found = marks(&item, &words(&["Bram Novak", "al"])).unwrap();
        let spots: Vec<_> = found.iter().map(|m| (m.field.as_str(), m.start, m.end)).collect();
        assert_eq!(spots, [("text", 0, 11), ("text", 27, 37), ("text", 23, 25)]);
        let in_the_name = marks(&item, &words(&["novak"])).unwrap();
        assert!(in_the_name.iter().any(|m| m.field == "name"));
        let Err(Error::Invalid(bad)) = marks(&item, &words(&["Zebediah"])) else { panic!() };
        assert!(!bad[0].message.contains("Zebediah"));
    }

    #[test]
    fn lines_are_counted_from_one() {
        let item = note("one\ntwo\nthree");
        let lines = |from, to| {
            marks(&item, &More { words: vec![], lines: Some(("text".into(), from, to)) })
        };
        let m = &lines(2, 3).unwrap()[0];
        assert_eq!((m.start, m.end), (4, 13));
        assert_eq!(lines(1, 1).unwrap()[0].end, 3);
        assert!(lines(0, 1).is_err() && lines(3, 2).is_err() && lines(1, 4).is_err());
    }
}
