//! What is kept of a finished search: the record that a reasonable and proportionate search was
//! made (UK GDPR Art 15(1A)). Pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use candour_connectors::Searched;
use serde::{Deserialize, Serialize};

/// What is kept of a finished search, beside the spool.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// What the connector says of itself.
    pub searched: Searched,
    /// Number of the first item of each chunk of the spool.
    pub chunks: Vec<u64>,
    /// Places that could not be read, while the rest could.
    pub missed: Vec<String>,
    /// How things matched, with how often.
    pub because: BTreeMap<String, u64>,
    /// Weak matches.
    pub weak: u64,
    /// The answer of a post that searched by hand.
    pub answer: Option<String>,
}

impl Record {
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
