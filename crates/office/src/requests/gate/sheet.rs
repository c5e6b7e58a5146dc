//! The check sheet: what the gate looked for and found, kept with the pack. It names files by
//! their number in the pack, never by name or content.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Checked, Kind};

/// How a file fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It goes out as it was.
    Passed,
    /// It goes out without what was found.
    Cleaned,
    /// It stays here; its text goes out instead.
    Stopped,
}

/// What was done about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Then {
    /// Nothing needed doing.
    Noted,
    /// It was taken out.
    Cleaned,
    /// It stopped the file.
    Stopped,
}

/// One thing found in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// In plain words: "hidden sheets".
    pub what: String,
    /// How often.
    pub count: u64,
    /// What was done.
    pub then: Then,
    /// It may hold the person's own data: somebody should read it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_it: bool,
}

impl Finding {
    /// A finding.
    pub fn new(what: impl Into<String>, count: u64, then: Then) -> Self {
        Self { what: what.into(), count, then, read_it: false }
    }
}

/// Findings counted up while a file is looked through.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<(&'static str, bool), (u64, Option<Then>)>,
}

impl Tally {
    /// One more of these. `read_it`: the person's own data may be there.
    pub(super) fn add(&mut self, what: &'static str, then: Then, read_it: bool) {
        let slot = self.counts.entry((what, read_it)).or_default();
        slot.0 += 1;
        slot.1 = Some(then);
    }

    /// Whether something stops the file.
    pub(super) fn stops(&self) -> bool {
        self.counts.values().any(|(_, then)| *then == Some(Then::Stopped))
    }

    /// Whether something has to be taken out.
    pub(super) fn cleans(&self) -> bool {
        self.counts.values().any(|(_, then)| *then == Some(Then::Cleaned))
    }

    pub(super) fn findings(self) -> Vec<Finding> {
        self.counts
            .into_iter()
            .map(|((what, read_it), (count, then))| Finding {
                what: what.to_owned(),
                count,
                then: then.unwrap_or(Then::Noted),
                read_it,
            })
            .collect()
    }
}

/// The check of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileCheck {
    /// Number in the pack: "documents/001".
    pub file: String,
    /// What it is.
    pub kind: String,
    /// How it fared.
    pub outcome: Outcome,
    /// What was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<Finding>,
    /// It stays here, and no text goes out instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nothing_sent: bool,
}

/// The check sheet of a pack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sheet {
    /// What was looked for, by kind of file.
    pub looked_for: BTreeMap<String, Vec<String>>,
    /// Each file.
    pub files: Vec<FileCheck>,
    /// What an officer should know before the pack goes out.
    pub warnings: Vec<String>,
    /// What keeps the pack from being complete, and what to do about each.
    pub blocks: Vec<String>,
    /// What the register does not say is among them.
    pub register: bool,
    /// Pages that are in the pack as PDF, too.
    pub pdf_copies: u64,
    /// Files of the finished ZIP that were read again and fit the manifest.
    pub read_again: u64,
    /// Redacted items that were read again; none of the removed passages was found.
    pub redactions_checked: u64,
}

impl Sheet {
    /// Whether a file of the pack is a web page that was found as it is, and none of ours: its
    /// check says so, under the number that its path begins with.
    pub fn is_found_page(&self, path: &str) -> bool {
        let given = |c: &&FileCheck| c.kind == Kind::Html.word() && c.outcome != Outcome::Stopped;
        self.files.iter().filter(given).any(|c| {
            let rest = path.strip_prefix(&c.file.replace(", attachment ", "-attachment-"));
            rest.is_some_and(|rest| rest.starts_with('-'))
        })
    }

    /// Notes of the file that was noted last that no text of it goes out either.
    pub fn nothing_sent(&mut self) {
        if let Some(last) = self.files.last_mut() {
            last.nothing_sent = true;
        }
    }

    /// Notes a check under the file's number in the pack.
    pub fn note(&mut self, file: &str, checked: &Checked) {
        let kind = checked.kind;
        self.looked_for
            .entry(kind.word().to_owned())
            .or_insert_with(|| kind.looked_for().iter().map(|s| (*s).to_owned()).collect());
        self.files.push(FileCheck {
            file: file.to_owned(),
            kind: kind.word().to_owned(),
            outcome: checked.outcome,
            found: checked.findings.clone(),
            nothing_sent: false,
        });
        for f in checked.findings.iter().filter(|f| f.read_it) {
            self.warnings.push(format!(
                "{file}: {} ({}). What stands there may be this person’s own data: read the \
                 original and give what is missing.",
                f.what, f.count
            ));
        }
    }
}
