//! The rules as dated data: names, numbers, sources, and the days on which they held.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Serialize;

use crate::ClockError;

/// One rule as it stood during a span of days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Its name on the command line and in vectors: `rights_month`.
    pub name: String,
    /// What it answers, in one line.
    pub says: String,
    /// Article, section or guidance.
    pub source: String,
    /// First day on which it held.
    pub in_force_from: Date,
    /// Last day on which it held; `None` while it stands.
    pub in_force_to: Option<Date>,
    /// Whether the text of the source was read, not only remembered or quoted by others.
    pub verified: bool,
    /// Its numbers: months, days, hours, pounds.
    pub params: BTreeMap<String, i64>,
    /// The facts it takes besides the day of receipt.
    pub inputs: Vec<String>,
}

impl Rule {
    /// A number of the rule. An error names the number if the table lacks it.
    pub(crate) fn number(&self, name: &'static str) -> Result<i64, ClockError> {
        self.params.get(name).copied().ok_or(ClockError::Missing(name))
    }

    /// Whether it was in force on this day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.in_force_from <= day && self.in_force_to.is_none_or(|last| day <= last)
    }
}

/// Columns: name, from, to, verified, params, inputs, source, says.
const TABLE: &str = include_str!("../data/rules.csv");

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    // A test reads every line; a line that cannot be read would be missing, and its rule unknown.
    csv::Reader::from_reader(TABLE.as_bytes())
        .records()
        .filter_map(|row| read(&row.ok()?))
        .collect()
});

fn read(row: &csv::StringRecord) -> Option<Rule> {
    let list = |cell: &str| -> Vec<String> { cell.split_whitespace().map(str::to_owned).collect() };
    let mut params = BTreeMap::new();
    for pair in row.get(4)?.split_whitespace() {
        let (name, value) = pair.split_once('=')?;
        params.insert(name.to_owned(), value.parse().ok()?);
    }
    Some(Rule {
        name: row.get(0)?.to_owned(),
        in_force_from: row.get(1)?.parse().ok()?,
        in_force_to: match row.get(2)? {
            "" => None,
            day => Some(day.parse().ok()?),
        },
        verified: match row.get(3)? {
            "yes" => true,
            "no" => false,
            _ => return None,
        },
        params,
        inputs: list(row.get(5)?),
        source: row.get(6)?.to_owned(),
        says: row.get(7)?.to_owned(),
    })
}

/// Every rule that is known, past and present, in the order of the table.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// The rule of this name as it stood on this day.
pub fn rule_on(name: &str, day: Date) -> Result<&'static Rule, ClockError> {
    let mut named = rules().iter().filter(|rule| rule.name == name).peekable();
    if named.peek().is_none() {
        return Err(ClockError::UnknownRule(name.to_owned()));
    }
    named
        .find(|rule| rule.holds_on(day))
        .ok_or_else(|| ClockError::NotInForce { name: name.to_owned(), on: day })
}

/// The rule of this name as it stands now, for what does not hang on a day.
pub(crate) fn rule_standing(name: &str) -> Result<&'static Rule, ClockError> {
    let standing = |rule: &&Rule| rule.name == name && rule.in_force_to.is_none();
    rules().iter().find(standing).ok_or_else(|| ClockError::UnknownRule(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert_eq!(rules().len(), TABLE.lines().count() - 1);
    }

    #[test]
    fn spans_of_one_rule_do_not_overlap_and_the_last_stands() {
        for rule in rules() {
            let same: Vec<_> = rules().iter().filter(|other| other.name == rule.name).collect();
            for pair in same.windows(2) {
                let end = pair[0].in_force_to.expect("only the last row is open");
                assert!(end < pair[1].in_force_from, "{}", rule.name);
            }
            assert!(same.last().is_some_and(|last| last.in_force_to.is_none()), "{}", rule.name);
            assert!(!rule.source.is_empty() && !rule.says.is_empty(), "{}", rule.name);
        }
    }

    #[test]
    fn an_old_day_has_its_old_rule() {
        let source = |day: &str| rule_on("rights_month", day.parse().unwrap()).unwrap();
        assert!(!source("2024-11-25").source.contains("12A"));
        assert!(source("2026-02-05").source.contains("12A"));
        assert!(matches!(
            rule_on("complaint_ack_30d", "2026-06-18".parse().unwrap()),
            Err(ClockError::NotInForce { .. })
        ));
        assert!(matches!(
            rule_on("nonsense", "2026-06-18".parse().unwrap()),
            Err(ClockError::UnknownRule(_))
        ));
    }
}
