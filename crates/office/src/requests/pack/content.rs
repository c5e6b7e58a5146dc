//! What has been put into a pack so far: for the schedule, for the list of what was left out,
//! for the check sheet and for reading it again.

use std::collections::{BTreeMap, BTreeSet};

use super::cut::Words;
use super::plan::{Why, safe};
use crate::kit::forms::sentence;
use crate::requests::gate::Sheet;
use crate::requests::review::grounds;

/// How a thing is called that stays here altogether.
const WHOLE: &str = "as a whole";
/// The code of what the check of outgoing files left out.
const CHECK: &str = "check";

/// A line of the schedule.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// Number.
    pub no: usize,
    /// Title.
    pub title: String,
    /// Date, if it has one.
    pub date: String,
    /// Holding and place.
    pub place: String,
    /// "In full", "In part", "As text only", "Left out", "Kept back".
    pub given: &'static str,
    /// Code of the reason, if not all of it is given: the word of the ground.
    pub code: String,
    /// More to know.
    pub note: String,
    /// Path in the pack.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// Something that was left out: never the thing itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Removal {
    /// Kind of information: "a passage: another person’s name".
    pub what: String,
    /// The holding.
    pub place: String,
    /// The reason in words.
    pub why: String,
    /// The word of the ground, or `check`.
    pub code: String,
    /// Left out by the check of outgoing files, not by a person.
    pub by_gate: bool,
}

impl Removal {
    /// What the ground says.
    pub fn says(&self) -> &'static str {
        grounds::says(&self.code)
    }

    /// Where the ground stands in the law.
    pub fn source(&self) -> &'static str {
        grounds::law(&self.code)
    }
}

/// A table that went out, for the page on codes.
#[derive(Debug, Clone)]
pub struct Table {
    /// The holding's title.
    pub holding: String,
    /// Its name.
    pub table: String,
    /// Columns with what they hold.
    pub columns: Vec<(String, String)>,
    /// Codes that occur in it: column, code, what it means.
    pub codes: Vec<(String, String, String)>,
}

/// Where words that were taken out must not be found when the ZIP is read again.
#[derive(Debug, Clone)]
pub struct Reread {
    /// The file.
    pub path: String,
    /// The row of a table (from 0), or the whole file.
    pub row: Option<u64>,
    /// The words.
    pub words: Words,
}

/// What has been put in so far.
#[derive(Debug, Default)]
pub struct Content {
    /// The schedule.
    pub lines: Vec<Line>,
    /// What was left out, with how often.
    pub removed: BTreeMap<Removal, u64>,
    /// Items that went in.
    pub items: u64,
    /// Rows among them.
    pub rows: u64,
    /// Records of this office itself among them.
    pub own: u64,
    /// Messages among them.
    pub messages: u64,
    /// Documents among them.
    pub documents: u64,
    /// Items that no rule lets out and that have no text to give instead: a person has to see
    /// to them.
    pub stuck: u64,
    /// Messages dated outside the time asked for, by holding.
    pub outside: BTreeMap<String, u64>,
    /// More of them that may be about somebody else: on no list, since they may not be theirs.
    pub doubtful_outside: u64,
    /// The check sheet.
    pub sheet: Sheet,
    /// Tables.
    pub tables: Vec<Table>,
    /// Pages to read: path and title.
    pub pages: Vec<(String, String)>,
    /// What is looked for when the ZIP is read again.
    pub reread: Vec<Reread>,
    names: BTreeSet<String>,
}

impl Content {
    /// A line of the schedule; it gets the next number.
    pub fn line(&mut self, line: Line) {
        let no = self.lines.len() + 1;
        self.lines.push(Line { no, ..line });
    }

    /// Something that a person keeps back, so many times more.
    pub fn kept_back(&mut self, what: &str, place: &str, why: &Why, n: u64) {
        self.removal(what, place, &why.reason, &why.ground, n);
    }

    /// Something that the check of outgoing files left out, so many times more.
    pub fn left_out(&mut self, what: &str, place: &str, why: &str, n: u64) {
        self.removal(what, place, why, CHECK, n);
    }

    fn removal(&mut self, what: &str, place: &str, why: &str, code: &str, n: u64) {
        let why = if why.trim().is_empty() { "No reason was given." } else { why.trim() };
        let by_gate = code == CHECK;
        let [what, place, why, code] = [what, place, why, code].map(str::to_owned);
        *self.removed.entry(Removal { what, place, why, code, by_gate }).or_default() += n;
    }

    /// A message that lies outside the time asked for. It is on no list of what a ground of the law
    /// keeps back: they can have it by asking.
    pub fn outside(&mut self, place: &str) {
        *self.outside.entry(place.to_owned()).or_default() += 1;
    }

    /// How many lie outside the time asked for.
    pub fn outside_count(&self) -> u64 {
        self.outside.values().sum()
    }

    /// Puts on the schedule how many messages of each holding lie outside the time asked for.
    pub fn schedule_outside(&mut self) {
        for (place, n) in self.outside.clone() {
            let title = match n {
                1 => "1 message".to_owned(),
                n => format!("{n} messages"),
            };
            let (code, given) = (grounds::OUTSIDE.to_owned(), "Left out");
            let note = format!("{}.", grounds::says(grounds::OUTSIDE));
            self.line(Line { title, place, given, code, note, ..Line::default() });
        }
    }

    /// Puts what stays here as a whole on the schedule: what kind of thing, where, how many and
    /// on which ground, and nothing of its content.
    pub fn schedule_kept_back(&mut self) {
        let whole: Vec<(Removal, u64)> = self
            .removed
            .iter()
            .filter(|(r, _)| !r.by_gate && r.what.ends_with(WHOLE))
            .map(|(r, n)| (r.clone(), *n))
            .collect();
        for (r, n) in whole {
            let kind = r.what.trim_end_matches(WHOLE).trim_end_matches([',', ' ']);
            let title = match n {
                1 => sentence(kind),
                n => format!("{n} times {kind}"),
            };
            let note = grounds::says(&r.code).to_owned();
            let (place, code, given) = (r.place, r.code, "Kept back");
            self.line(Line { title, place, given, code, note, ..Line::default() });
        }
    }

    /// A path that no other file has: `stem.ending`, or `stem-2.ending`.
    pub fn path(&mut self, dir: &str, stem: &str, ending: &str) -> String {
        let stem = safe(stem, 60);
        let mut path = format!("{dir}{stem}.{ending}");
        let mut n = 2;
        while !self.names.insert(path.clone()) {
            path = format!("{dir}{stem}-{n}.{ending}");
            n += 1;
        }
        path
    }
}
