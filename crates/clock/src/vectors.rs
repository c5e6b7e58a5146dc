//! Files of expected dates, checked row by row.

use std::collections::BTreeMap;
use std::io::Read;

use serde::{Deserialize, Serialize};

use crate::{Calendar, ClockError, answer};

/// A row whose answer is not the expected one, or that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// Its line in the file, counted from 1 with the heading.
    pub line: u64,
    /// The rule it names.
    pub rule: String,
    /// What the file expects.
    pub expected: String,
    /// What was answered instead, or why nothing could be.
    pub got: String,
}

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Rows read, without the heading.
    pub rows: u64,
    /// Rows that did not come out as expected, in order.
    pub mismatches: Vec<Mismatch>,
}

const COLUMNS: [&str; 6] = ["rule", "received", "inputs", "due", "why", "source"];

/// Checks a file with the columns rule, received, inputs, due, why, source.
///
/// Inputs are `name=value` pairs between semicolons; a name alone is a yes. A row that cannot be
/// read or names an unknown rule is a mismatch. Errors: another heading, or a file that cannot be
/// read any further.
pub fn check_vectors(csv: impl Read, calendar: &Calendar) -> Result<Checked, ClockError> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    let heading = reader.byte_headers().map_err(|_| unreadable(1))?;
    if heading.iter().ne(COLUMNS.map(str::as_bytes)) {
        let problem = format!("the heading must be {}", COLUMNS.join(","));
        return Err(ClockError::List { line: 1, problem });
    }
    let mut checked = Checked { rows: 0, mismatches: Vec::new() };
    let mut row = csv::ByteRecord::new();
    while reader.read_byte_record(&mut row).map_err(|_| unreadable(reader_line(&row)))? {
        checked.rows += 1;
        let cells: Vec<_> = row.iter().map(String::from_utf8_lossy).collect();
        let cell = |at: usize| cells.get(at).map_or("", |cell| cell.trim());
        let (rule, expected) = (cell(0), cell(3));
        let got = if cells.len() == COLUMNS.len() {
            match answer(rule, cell(1), &inputs(cell(2)), calendar) {
                Ok(answer) => answer.due,
                Err(error) => error.to_string(),
            }
        } else {
            format!("the row has {} columns, and {} are needed", cells.len(), COLUMNS.len())
        };
        if got != expected {
            checked.mismatches.push(Mismatch {
                line: reader_line(&row),
                rule: rule.to_owned(),
                expected: expected.to_owned(),
                got,
            });
        }
    }
    Ok(checked)
}

fn reader_line(row: &csv::ByteRecord) -> u64 {
    row.position().map_or(0, csv::Position::line)
}

fn unreadable(line: u64) -> ClockError {
    ClockError::List { line, problem: "the file cannot be read from here on".into() }
}

/// `a=1;b=2;a=3;flag` by name, repeated names in order; spaces in a name stand for underscores.
fn inputs(cell: &str) -> BTreeMap<String, Vec<String>> {
    let mut inputs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in cell.split(';').map(str::trim).filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        inputs.entry(name.trim().replace(' ', "_")).or_default().push(value.trim().to_owned());
    }
    inputs
}
