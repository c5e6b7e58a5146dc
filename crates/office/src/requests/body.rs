//! The personal content of a case: sealed under the case's own key. Pure.

use candour_connectors::{Identifier, Seek};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

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
    /// From this day on.
    pub from: Option<Date>,
    /// Up to this day.
    pub to: Option<Date>,
    /// `download`, `post`, `in person`.
    pub format: String,
    /// Adjustments they need.
    pub adjustments: String,
    /// A deadline they face, such as a court date.
    pub deadline: Option<Date>,
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
