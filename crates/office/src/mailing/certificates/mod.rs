//! Certificates: the outcome of a screening, kept and looked up by the file it allows.

pub mod sql;

use jiff::civil::Date;

use crate::permissions::Attested;

pub use sql::{by_file, by_id, insert, latest};

/// A certificate as kept.
#[derive(Debug, Clone)]
pub struct Certified {
    /// Id.
    pub id: String,
    /// By which channel.
    pub channel: String,
    /// What sort of message.
    pub class: String,
    /// For which purpose, or empty.
    pub purpose: String,
    /// Of which day the decisions are.
    pub on: Date,
    /// The last day of a send that it covers.
    pub valid_until: Date,
    /// SHA-256 of the file of allowed rows.
    pub allowed_sha256: String,
    /// Its text, JSON.
    pub body: String,
    /// Who screened.
    pub made_by: String,
}

impl Certified {
    /// What was attested of those nothing is recorded of.
    pub fn attested(&self) -> Option<Attested> {
        #[derive(serde::Deserialize)]
        struct Only {
            attested: Option<Attested>,
        }
        serde_json::from_str::<Only>(&self.body).ok().and_then(|o| o.attested)
    }
}

/// Why a certificate does not cover a send; `None` when it does.
pub fn trouble(c: &Certified, file: Option<&str>, today: Date) -> Option<&'static str> {
    if file.is_some_and(|sum| sum != c.allowed_sha256) {
        return Some("The list was changed after it was screened: screen it again");
    }
    if c.valid_until < today {
        return Some("The certificate has run out: screen the list again");
    }
    None
}
