//! The personal content of a case: sealed under the case's own key. Pure.

use candour_connectors::{Identifier, Seek};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::kit::dates::long;
use crate::people::{self, Asker};

/// What the person wants and how they want it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wants {
    /// In their own words.
    pub what: String,
    /// Only the information about the processing, no copies.
    pub about_only: bool,
    /// What they do not need.
    pub not_wanted: String,
    /// From this day on: see [`Period`].
    pub from: Option<Date>,
    /// Up to this day, which counts.
    pub to: Option<Date>,
    /// `download`, `post`, `in person`.
    pub format: String,
    /// Adjustments they need.
    pub adjustments: String,
    /// A deadline they face, such as a court date.
    pub deadline: Option<Date>,
}

impl Wants {
    /// How they asked to have the answer; empty if they did not say.
    pub fn format_in_words(&self) -> &'static str {
        match self.format.as_str() {
            "" => "",
            "post" => "on paper, by post",
            "in person" => "in person",
            _ => "as a download",
        }
    }

    /// The time they narrowed their request to.
    pub fn period(&self) -> Period {
        Period { from: self.from, to: self.to }
    }
}

/// The time that a person narrowed their own request to (UK GDPR Art 15(1A): the search is a
/// reasonable and proportionate one; Recital 63: they say which information it is about). What is
/// dated outside it is left out until somebody includes it, and the answer says so: that is no
/// exemption, so no second person is needed.
///
/// Of what is found only an e-mail has a date of its own: its Date header, as a day in London.
/// Rows, documents and e-mails without a date are always within.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day, if there is one.
    pub from: Option<Date>,
    /// The last day, if there is one.
    pub to: Option<Date>,
}

impl Period {
    /// Whether what is dated so lies outside.
    pub fn excludes(self, day: Option<Date>) -> bool {
        let before = |d: Date| self.from.is_some_and(|from| d < from);
        let after = |d: Date| self.to.is_some_and(|to| d > to);
        day.is_some_and(|d| before(d) || after(d))
    }

    /// Any time is asked for.
    pub fn is_open(self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// "from 1 January 2020 to 31 December 2024"; `None` for any time.
    pub fn words(self) -> Option<String> {
        match (self.from.map(long), self.to.map(long)) {
            (Some(from), Some(to)) => Some(format!("from {from} to {to}")),
            (Some(from), None) => Some(format!("from {from} on")),
            (None, Some(to)) => Some(format!("up to {to}")),
            (None, None) => None,
        }
    }

    /// # Errors
    /// It ends before it begins.
    pub fn check(self) -> Result<()> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => {
                Err(Error::invalid("to", "The last day can’t be before the first"))
            }
            _ => Ok(()),
        }
    }
}

/// Why a request is refused, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reasons {
    /// The facts that the letter gives.
    pub told: String,
    /// What stays inside.
    pub inside: String,
    /// Whether the letter gives ground and facts. It may have to keep silent: telling why can
    /// reveal abuse to who did it.
    pub tell: bool,
}

impl Reasons {
    /// For the history of the case.
    pub fn for_record(&self) -> String {
        let silent = if self.tell { "" } else { "The letter does not say why." };
        let parts = [self.told.trim(), self.inside.trim(), silent];
        let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        parts.join(" ")
    }
}

/// Everything personal about a case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    /// Who asks.
    pub asker: Asker,
    /// What for.
    pub wants: Wants,
    /// The reasons of a refusal, proposed or made.
    pub refusal: Option<Reasons>,
    /// Identifiers learned from strong matches.
    pub learned: Vec<Identifier>,
    /// Postcodes learned from strong matches.
    pub learned_postcodes: Vec<String>,
    /// Why the answer may go although the register does not say all that it has to tell.
    pub without_register: Option<String>,
}

impl Body {
    /// What is searched for now: what was given and what was learned.
    pub fn seek(&self) -> Seek {
        let mut s = people::seek(&self.asker);
        people::learn(&mut s, self.learned.iter().cloned());
        for p in &self.learned_postcodes {
            if !s.postcodes.contains(p) {
                s.postcodes.push(p.clone());
            }
        }
        s
    }

    /// Takes in what a search taught us; answers whether anything was new.
    pub fn learn(&mut self, learned: Vec<Identifier>) -> bool {
        let mut seek = self.seek();
        let mut new = false;
        for id in learned {
            if people::learn(&mut seek, [id.clone()]) {
                new = true;
                if id.kind == candour_connectors::Kind::Postcode {
                    self.learned_postcodes.push(id.normal);
                } else {
                    self.learned.push(id);
                }
            }
        }
        new
    }
}
