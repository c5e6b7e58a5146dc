//! Screening a list: which of its rows may be contacted.
//!
//! A list comes in and three come out: *allowed*, byte for byte as it was, without the rows that
//! may not be contacted; *blocked*, these rows with the reason of each; and *unreadable*, rows in
//! which no address can be read, and which nobody should contact for that reason.
//!
//! What is decided about a profile, and why, is the caller's: this knows no law.

use std::path::PathBuf;

use serde::Serialize;

use crate::{Kind, NotNormal};

#[cfg(feature = "parquet")]
mod columnar;
mod cut;
mod dialect;
mod judge;
mod outs;
pub(crate) mod plain;
mod rows;
mod run;
mod shape;
mod source;
mod written;

pub use rows::{Cell, screen_rows};
pub use run::screen;
pub use shape::{Encoding, Format, Guess, Shape, inspect};

/// What was decided about a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Another identifier blocks a row whose contact column has a verdict of lower rank.
    pub rank: u8,
    /// The row may be contacted.
    pub allowed: bool,
    /// Why: the place in [`Verdicts::reasons`].
    pub reason: u16,
}

/// Why a row is allowed or blocked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// For programs: `stop`.
    pub code: String,
    /// For people.
    pub text: String,
}

/// What was decided about everybody.
#[derive(Debug, Clone)]
pub struct Verdicts {
    /// One for each profile of the [`crate::Book`], by its number.
    pub by_profile: Vec<Verdict>,
    /// For rows of which no identifier is in the book.
    pub unknown: Verdict,
    /// Every reason a verdict points to.
    pub reasons: Vec<Reason>,
}

/// How a column is told from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// By its name in the header, spaces round it not counted.
    Name(String),
    /// By its place, from 1.
    Number(usize),
    /// Several, one behind the other: an address that stands in lines, town and postcode.
    Joined(Vec<At>),
}

/// Columns whose cells together hold one identifier, from 0, and of what kind.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    columns: Vec<usize>,
    kind: Kind,
}

impl Place {
    /// The column that is named where the identifier cannot be read.
    fn first(&self) -> usize {
        self.columns.first().copied().unwrap_or_default()
    }

    /// The cells as one: those with something in them, with commas between.
    fn joined<'c>(&self, cell: impl Fn(usize) -> Option<&'c str>) -> String {
        let cells = self.columns.iter().filter_map(|column| cell(*column));
        cells.map(str::trim).filter(|c| !c.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// A column that holds identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Which one.
    pub at: At,
    /// What it holds.
    pub kind: Kind,
}

/// How a list is to be read.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The columns to look up. The first is the one by which people are contacted: a row in which
    /// it cannot be read is unreadable.
    pub columns: Vec<Column>,
    /// The first row holds the names of the columns.
    pub header: bool,
    /// Bytes of the longest row that is read; longer ones are unreadable.
    pub longest_row: usize,
    /// Screen although a column does not look like its kind, or the header like a header.
    pub force: bool,
    /// Threads that judge rows, beside one that reads and one that writes.
    pub workers: usize,
    /// The encoding, where it should not be guessed.
    pub encoding: Option<Encoding>,
    /// The delimiter, where it should not be guessed: one ASCII character.
    pub delimiter: Option<u8>,
    /// The allowed rows of a workbook are written as a workbook (XLSX), not as CSV.
    pub workbook: bool,
}

impl Plan {
    /// A list with a header, read with these columns. Two workers, rows of at most 1 MiB.
    pub fn new(columns: Vec<Column>) -> Plan {
        Plan {
            columns,
            header: true,
            longest_row: 1 << 20,
            force: false,
            workers: 2,
            encoding: None,
            delimiter: None,
            workbook: false,
        }
    }
}

/// Where the three lists go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outs {
    /// Nowhere: everything is counted, nothing is written.
    Dry,
    /// To files that appear together when all is done, readable by their owner alone.
    Files {
        /// Rows that may be contacted, as they came.
        allowed: PathBuf,
        /// Rows that may not, as CSV: line, reason code, reason, row.
        blocked: PathBuf,
        /// Rows that cannot be read, as CSV: line, what is wrong, row.
        unreadable: PathBuf,
        /// Files of these names may be replaced.
        replace: bool,
    },
}

/// Why a row, or a cell of it, cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The row ends before the column.
    #[error("the row has fewer columns than the list and ends before this one")]
    Short,
    /// The row has filled cells behind the last column of the list.
    #[error(
        "the row has more columns than the list, so its cells may have moved; \
         a text with a delimiter in it needs quotation marks"
    )]
    Wide,
    /// The row is longer than [`Plan::longest_row`].
    #[error("the row is too long to be one; a quotation mark may be missing before it")]
    TooLong,
    /// Bytes that are not text in the encoding of the list.
    #[error("it holds bytes that are not in the encoding of the list; save the list as UTF-8")]
    NotText,
    /// A formula in a workbook: what it says may change.
    #[error("it is a formula; paste it as a value")]
    Formula,
    /// A formula that failed, in a workbook.
    #[error("it is an error of the spreadsheet, such as #N/A; mend it")]
    ErrorCell,
    /// A date, in a workbook.
    #[error("it is a date; format the column as text and enter it again")]
    Date,
    /// No normal form.
    #[error("{0}")]
    NotNormal(NotNormal),
}

/// How often something was met in a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ColumnNote {
    /// Cells that were read.
    pub readable: u64,
    /// Cells with nothing in them, or none where the row ends before.
    pub empty: u64,
    /// Cells with something in them that cannot be read.
    pub unreadable: u64,
}

/// What a file was, to the byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Digest {
    /// SHA-256 of all of it.
    pub sha256: [u8; 32],
    /// Its bytes.
    pub bytes: u64,
}

/// What came of a screening. `allowed + blocked + unreadable = rows`, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How the list was read.
    pub shape: Shape,
    /// The list as it was read, whole.
    pub list: Digest,
    /// Rows, the header and empty lines not counted.
    pub rows: u64,
    /// Rows that may be contacted.
    pub allowed: u64,
    /// Rows that may not.
    pub blocked: u64,
    /// Rows that cannot be read.
    pub unreadable: u64,
    /// Rows for each of [`Verdicts::reasons`], in their order.
    pub reasons: Vec<u64>,
    /// Rows that cannot be read, by what is wrong with them.
    pub faults: Vec<(Fault, u64)>,
    /// For each column of the plan, in its order.
    pub columns: Vec<ColumnNote>,
    /// Rows with fewer cells than the header. They are read all the same.
    pub short_rows: u64,
    /// Lines with nothing in them. They are left out everywhere.
    pub empty_lines: u64,
    /// The three lists: allowed, blocked, unreadable.
    pub written: [Digest; 3],
}

/// Why a list was not screened. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum ScreenError {
    /// It is a folder, a pipe or another thing that cannot be read twice.
    #[error("the list is not a file; give a file on disk")]
    NotAFile,
    /// It can't be read.
    #[error("the list can't be read: {0}")]
    Reading(std::io::Error),
    /// UTF-16 with an odd number of bytes.
    #[error("the list ends in the middle of a character; it was cut off: fetch it again")]
    HalfCharacter,
    /// Nothing in it.
    #[error("the list is empty")]
    Empty,
    /// A workbook, which is to be read as rows.
    #[error("the list is a workbook, not text; save it as CSV")]
    Workbook,
    /// An old workbook.
    #[error("the list is an old workbook (XLS); save it as CSV or XLSX")]
    OldWorkbook,
    /// Parquet.
    #[error("the list is a Parquet file, which is not read here; save it as CSV")]
    Parquet,
    /// A Parquet file that is not whole.
    #[error(
        "the Parquet file is damaged, or holds something that is not read here; fetch it again, \
         or save it as CSV"
    )]
    DamagedParquet,
    /// A Parquet file that would be too large once it is unpacked.
    #[error(
        "a column of the Parquet file has more than 512 MiB in one row group; write it with \
         smaller row groups"
    )]
    LargeParquet,
    /// Allowed rows that the Parquet file cannot take.
    #[error("the allowed rows can't be written as Parquet; save the list as CSV")]
    NoParquet,
    /// The first row does not end.
    #[error("the first row is longer than 1 MiB; this is not a list, or its delimiter is unknown")]
    HeaderTooLong,
    /// The first row looks like a person.
    #[error(
        "the first row looks like a person, not like names of columns; \
         say that the list has no header, or give it one"
    )]
    HeaderIsARow,
    /// No column was chosen.
    #[error("no column was chosen; name at least the one by which people are contacted")]
    NoColumns,
    /// A name that the header lacks.
    #[error("no column is called \u{201c}{0}\u{201d}; the header has other names")]
    NoSuchName(String),
    /// A name that the header has twice.
    #[error("more than one column is called \u{201c}{0}\u{201d}; give its number instead")]
    DoubledName(String),
    /// A name where there is no header.
    #[error("the list has no header, so its columns have no names; give their numbers")]
    NameWithoutHeader,
    /// A number beyond the columns.
    #[error("there is no column {number}; the first row has {columns}")]
    NoSuchNumber {
        /// The number asked for.
        number: usize,
        /// How many there are.
        columns: usize,
    },
    /// A column that does not hold what was said.
    #[error(
        "column {number} does not look like {kind}: {per_cent} per cent of its first {filled} \
         filled cells can be read as such; choose another, or insist"
    )]
    WrongColumn {
        /// The column, from 1.
        number: usize,
        /// What it was said to hold.
        kind: &'static str,
        /// How much of it can be read so.
        per_cent: usize,
        /// Of so many cells.
        filled: usize,
    },
    /// A quotation mark that is never closed: no row behind it can be told from its text.
    #[error(
        "the quotation mark that opens on line {line} never closes, so no row behind it can be \
         told; close it or take it away"
    )]
    QuoteNeverCloses {
        /// The line of the list, from 1.
        line: u64,
    },
    /// A verdict is missing or points to no reason.
    #[error("the verdicts are not whole: every profile needs one, and every verdict a reason")]
    Verdicts,
    /// The list is one of the files to be written, or two of these are one.
    #[error("the list and the three files that are written need four different names")]
    SameFile,
    /// A file is in the way.
    #[error("{} is there already; choose another name, or say that it may be replaced", .0.display())]
    Exists(PathBuf),
    /// Another screening writes the same file.
    #[error("another screening is writing {}; wait for it", .0.display())]
    Busy(PathBuf),
    /// No room.
    #[error("the disk is full; nothing was written: make room beside {} and try again", .0.display())]
    DiskFull(PathBuf),
    /// A file can't be written.
    #[error("{} can't be written: {error}", path.display())]
    Writing {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The rows of a workbook stopped coming.
    #[error("the workbook can't be read to its end: {0}")]
    Rows(String),
    /// The allowed rows can't be made into a workbook.
    #[error("the allowed rows can't be written as a workbook: {0}; ask for CSV")]
    NoWorkbook(String),
    /// A mistake of this program.
    #[error("the counts do not add up; nothing was written, and this program is at fault")]
    Counts,
}

impl ScreenError {
    fn reading(error: std::io::Error) -> ScreenError {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => ScreenError::HalfCharacter,
            _ => ScreenError::Reading(error),
        }
    }

    fn writing(path: &std::path::Path, error: std::io::Error) -> ScreenError {
        let path = path.to_owned();
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                ScreenError::DiskFull(path)
            }
            _ => ScreenError::Writing { path, error },
        }
    }
}
