//! The items found, and what a person decides about them. Everything is disclosed by default;
//! what needs a person's eye waits until it is decided.

use std::io::{BufRead as _, BufReader};

use candour_connectors::{Because, Body, Found, Kind, Strength};
use candour_db::Tx;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::holdings::Holding;
use crate::kit::blobs::BlobReader;
use crate::kit::dates;
use crate::office::Office;
use crate::proof::By;
use crate::requests::acts::{self, act_on};
use crate::requests::search::Record;
use crate::requests::sql::{self, SearchRow};
use crate::staff::Permission;

/// One item of a spool.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Item {
    /// Table, sheet, folder.
    pub place: String,
    /// What tells it apart within the place.
    pub locator: String,
    /// Why it was found.
    pub because: Vec<Because>,
    /// The thing itself.
    pub body: Body,
    /// Passages that may be about other people.
    pub others: Vec<Mark>,
}

/// A passage of an item that may be about someone else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Which field, or "text".
    pub field: String,
    /// Byte offset where it starts.
    pub start: usize,
    /// Byte offset where it ends.
    pub end: usize,
    /// "another person's name". Never the value.
    pub why: String,
}

/// What tells an item apart within its search, so that it is known again when the holding is
/// searched once more.
pub fn item_key(place: &str, locator: &str) -> String {
    Found::key(place, locator)
}

impl Item {
    /// Its texts, by field, in order.
    pub fn texts(&self) -> Vec<(String, String)> {
        match &self.body {
            Body::Row { fields } => fields
                .iter()
                .map(|(name, v)| (name.clone(), v.clone().unwrap_or_default()))
                .collect(),
            Body::Message { subject, date, parties, text, attachments, .. } => {
                let mut all = vec![("Subject".to_owned(), subject.clone())];
                all.extend(date.iter().map(|d| ("Date".to_owned(), d.clone())));
                all.extend(parties.iter().cloned());
                if !attachments.is_empty() {
                    all.push(("Attachments".into(), attachments.join(", ")));
                }
                all.push(("text".into(), text.clone()));
                all
            }
            Body::Document { text, .. } => vec![("text".to_owned(), text.clone())],
        }
    }

    /// A short title: row of a table, subject of a message, name of a document.
    pub fn title(&self) -> String {
        match &self.body {
            Body::Row { .. } => format!("{}, {}", self.place, self.locator),
            Body::Message { subject, .. } if subject.trim().is_empty() => "(no subject)".into(),
            Body::Message { subject, .. } => subject.clone(),
            Body::Document { name, .. } => name.clone(),
        }
    }
}

/// The day that a thing itself bears, in London: an e-mail's. Nothing else says one for itself.
pub fn day(body: &Body) -> Option<Date> {
    match body {
        Body::Message { date, .. } => date.as_deref()?.parse().ok().map(dates::day_of),
        Body::Row { .. } | Body::Document { .. } => None,
    }
}

/// An item that a post handed in: always for a person to look at.
pub fn from_paper(h: &Holding, n: usize, name: &str, media: &str, raw: Vec<u8>) -> Found {
    let text = match media.starts_with("text/") {
        true => String::from_utf8_lossy(&raw).into_owned(),
        false => String::new(),
    };
    Found {
        place: h.title.clone(),
        locator: format!("handed in {}", n + 1),
        because: vec![Because {
            kind: Kind::Name,
            field: "paper".into(),
            how: "handed in".into(),
            strength: Strength::Weak,
        }],
        body: Body::Document { name: name.to_owned(), media: media.to_owned(), text, raw },
        root: None,
    }
}

/// Reads the items of a search from its spool, from a number on, one at a time.
pub struct Items {
    reader: Option<BufReader<BlobReader>>,
    next: u64,
}

impl Items {
    /// From item `from` of a finished search; jumps to the chunk that holds it.
    ///
    /// # Errors
    /// The spool is gone, or its key is.
    pub fn open(office: &Office, org: &str, s: &SearchRow, from: u64) -> Result<Self> {
        let Some(blob) = &s.blob else { return Ok(Self { reader: None, next: from }) };
        let mut reader = BlobReader::open(office.db(), office.vault(), org, blob)?;
        let record: Record = serde_json::from_str(&s.record)?;
        let chunk = record.chunks.partition_point(|first| *first <= from).saturating_sub(1);
        let first = record.chunks.get(chunk).copied().unwrap_or(0);
        reader.seek_chunk(chunk as u64);
        let mut items =
            Self { reader: Some(BufReader::with_capacity(1 << 16, reader)), next: first };
        while items.next < from && items.pass()? {}
        Ok(items)
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some(line))
    }

    fn pass(&mut self) -> Result<bool> {
        Ok(self.line()?.is_some())
    }
}

impl Iterator for Items {
    type Item = Result<(u64, Item)>;

    fn next(&mut self) -> Option<Self::Item> {
        let n = self.next;
        match self.line() {
            Ok(None) => None,
            Ok(Some(line)) => {
                Some(serde_json::from_slice(&line).map(|i| (n, i)).map_err(Into::into))
            }
            Err(e) => Some(Err(e)),
        }
    }
}

/// A search of this case; another case's is not found under this reference.
///
/// # Errors
/// No such case, or it has no such search.
pub fn search_of(tx: &mut Tx<'_>, by: &By, reference: &str, search: &str) -> Result<SearchRow> {
    let case = sql::case_by_ref(tx, &by.org, reference)?;
    let s = sql::a_search(tx, &by.org, search)?;
    if s.case == case.id { Ok(s) } else { Err(Error::NotFound("the search")) }
}

/// One item of a search of a case.
///
/// # Errors
/// Denied or not found, also when the search is another case's.
pub fn item(
    office: &Office,
    by: &By,
    reference: &str,
    search: &str,
    n: u64,
) -> Result<(SearchRow, Item)> {
    by.role.may(Permission::SeeCases)?;
    let s = office.read(|tx| search_of(tx, by, reference, search))?;
    let found = Items::open(office, &by.org, &s, n)?.next().transpose()?;
    found.map(|(_, i)| (s, i)).ok_or(Error::NotFound("the item"))
}

/// One item for somebody who saves it as it was found, unmarked; records that they did.
///
/// # Errors
/// As [`item`].
pub fn take_copy(office: &Office, by: &By, reference: &str, search: &str, n: u64) -> Result<Item> {
    let (s, found) = item(office, by, reference, search, n)?;
    let title = office.read(|tx| super::decide::item_title(tx, &by.org, &s, n))?;
    acts::on_record(office, by, &s.case, move |case| {
        let said = format!("{title} was saved by staff, as it was found");
        act_on(case, "request.item-copied", "UK GDPR Art 5(1)(f)", said).about("search", &s.id)
    })?;
    Ok(found)
}

/// A text with the marked ranges replaced; marks may overlap and are cut to character bounds.
pub fn redacted(text: &str, marks: &[&Mark]) -> String {
    let mut ranges: Vec<(usize, usize)> = marks
        .iter()
        .map(|m| (floor(text, m.start), ceil(text, m.end)))
        .filter(|(a, b)| a < b)
        .collect();
    ranges.sort_unstable();
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for (start, end) in ranges {
        if end <= at {
            continue;
        }
        if start > at || out.is_empty() || start == 0 {
            out.push_str(&text[at..start.max(at)]);
            out.push_str("[removed]");
        }
        at = end;
    }
    out.push_str(&text[at..]);
    out
}

fn floor(text: &str, mut i: usize) -> usize {
    i = i.min(text.len());
    while !text.is_char_boundary(i) {
        i -= 1;
    }
    i
}

fn ceil(text: &str, mut i: usize) -> usize {
    i = i.min(text.len());
    while !text.is_char_boundary(i) {
        i += 1;
    }
    i
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mark(start: usize, end: usize) -> Mark {
        Mark { field: "text".into(), start, end, why: "another person’s name".into() }
    }

    #[test]
    fn marked_passages_are_gone() {
        let text = "Met Bram Novak and Amara. Bram called.";
        let (a, b) = (mark(4, 14), mark(26, 30));
        assert_eq!(redacted(text, &[&a, &b]), "Met [removed] and Amara. [removed] called.");
        assert_eq!(redacted(text, &[]), text);
    }

    #[test]
    fn overlapping_marks_leave_nothing_between() {
        let text = "abcdefghij";
        let (a, b) = (mark(2, 6), mark(4, 8));
        assert_eq!(redacted(text, &[&b, &a]), "ab[removed]ij");
    }

    proptest! {
        /// Whatever the marks, no marked character is left and every other one is.
        #[test]
        fn nothing_marked_is_left(
            text in "[a-zé ]{0,40}",
            spots in proptest::collection::vec((0..50usize, 0..50usize), 0..6),
        ) {
            let marks: Vec<Mark> = spots.iter().map(|(a, b)| mark(*a, *b)).collect();
            let refs: Vec<&Mark> = marks.iter().collect();
            let out = redacted(&text, &refs);
            let kept: String = text
                .char_indices()
                .filter(|(i, c)| !marks.iter().any(|m| {
                    let (a, b) = (floor(&text, m.start), ceil(&text, m.end));
                    a < b && *i >= a && i + c.len_utf8() <= b
                }))
                .map(|(_, c)| c)
                .collect();
            prop_assert_eq!(out.replace("[removed]", ""), kept);
        }
    }
}
