//! What is kept of a finished search: the record that a reasonable and proportionate search was
//! made (UK GDPR Art 15(1A)). Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use candour_connectors::{Fault, FaultKind, Searched};
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::requests::sql::SearchRow;

/// What is kept of a finished search, beside the spool.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// What the connector says of itself.
    pub searched: Searched,
    /// Number of the first item of each chunk of the spool.
    pub chunks: Vec<u64>,
    /// Parts that could not be read, while the rest could.
    pub missed: Vec<Missed>,
    /// How things matched, with how often.
    pub because: BTreeMap<String, u64>,
    /// Weak matches.
    pub weak: u64,
    /// The answer of a post that searched by hand.
    pub answer: Option<String>,
}

/// A part of a holding that could not be read, while the rest could. Its words hold nothing
/// personal: they come from a [`Fault`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct Missed {
    /// Table, sheet, "file 3 of letters".
    pub place: String,
    /// What was wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
    /// Files known to hold no text, as pictures: told, but nothing was missed by mistake.
    pub no_text: bool,
}

/// As it was kept: searches of earlier versions kept the words only.
#[derive(Deserialize)]
#[serde(untagged)]
enum Kept {
    Words(String),
    Told { place: String, what: String, remedy: String, no_text: bool },
}

impl From<Kept> for Missed {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Words(what) => Self { what, ..Self::default() },
            Kept::Told { place, what, remedy, no_text } => Self { place, what, remedy, no_text },
        }
    }
}

impl From<Fault> for Missed {
    fn from(f: Fault) -> Self {
        let no_text = f.kind == FaultKind::NoText;
        Self { place: f.place, what: f.what, remedy: f.remedy, no_text }
    }
}

impl Missed {
    /// Place and what was wrong, for the letter.
    pub fn told(&self) -> String {
        match self.place.is_empty() {
            true => self.what.clone(),
            false => format!("{}: {}", self.place, self.what),
        }
    }

    /// In one line with the remedy, for the desk.
    pub fn line(&self) -> String {
        format!("{}. {}", self.told(), self.remedy).trim().to_owned()
    }
}

/// What a search still owes before an answer may call itself complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owed {
    /// Nothing: all was read, or a person said why the answer goes without the rest.
    Nothing,
    /// The holding has not answered.
    Answer,
    /// So many parts could not be read, and nobody has said why the answer can go without them.
    Parts(u64),
}

impl Owed {
    /// Of a search.
    ///
    /// # Errors
    /// Its record does not parse.
    pub fn of(s: &SearchRow) -> Result<Self> {
        Ok(match s.state.as_str() {
            "set-aside" => Self::Nothing,
            "done" if s.reason.is_some() => Self::Nothing,
            "done" => match serde_json::from_str::<Record>(&s.record)?.gaps().count() {
                0 => Self::Nothing,
                n => Self::Parts(n as u64),
            },
            _ => Self::Answer,
        })
    }
}

impl Record {
    /// Parts that should have been read and could not.
    pub fn gaps(&self) -> impl Iterator<Item = &Missed> {
        self.missed.iter().filter(|m| !m.no_text)
    }

    /// How things matched, in short: the three commonest reasons with how often.
    pub fn how(&self) -> String {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for (how, n) in &self.because {
            *counts.entry(in_short(how)).or_default() += n;
        }
        let mut how: Vec<(&str, u64)> = counts.into_iter().collect();
        how.sort_by_key(|(_, n)| Reverse(*n));
        let more = if how.len() > 3 { "; …" } else { "" };
        let first: Vec<String> = how.iter().take(3).map(|(how, n)| format!("{how}: {n}")).collect();
        if first.is_empty() { "nothing found".into() } else { first.join("; ") + more }
    }
}

/// "belongs to members, found by member number, as written" is by the member number.
fn in_short(how: &str) -> &str {
    let how = how.rsplit_once("found by ").map_or(how, |(_, how)| how);
    match how.split_once(',') {
        Some((same, _)) if same.starts_with("same ") => "same number, other name",
        Some((kind, _)) => kind,
        None => how,
    }
}
