//! Screening rows that come from a workbook, which somebody else reads.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek as _, Write as _};
use std::path::Path;

use rust_xlsxwriter::{Workbook, XlsxError};

use super::judge::{Tally, highest, told};
use super::outs::{Out, Three};
use super::run::{finish, places, whole, written_heads};
use super::shape::{Encoding, Format, Guess, Shape, name_columns};
use super::source::Source;
use super::{Digest, Fault, Outcome, Outs, Place, Plan, ScreenError, Verdicts, written};
use crate::{Book, Hashes, KeyedHash, Kind, NotNormal, likely_kind};

/// Rows that are looked at before any is written.
const SAMPLE: usize = 1000;

/// A cell of a workbook, as what it was there.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// A date, a time or both, as it is to be shown.
    Date(String),
    /// A formula, with the value it had when the workbook was saved.
    Formula(String),
    /// An error, such as `#N/A`.
    Error(String),
}

impl Cell {
    /// What the cell shows.
    fn text(&self) -> Cow<'_, str> {
        match self {
            Cell::Empty => Cow::Borrowed(""),
            // Rust writes a whole number without a point, and none as a power of ten.
            Cell::Number(number) => Cow::Owned(number.to_string()),
            Cell::Text(t) | Cell::Date(t) | Cell::Formula(t) | Cell::Error(t) => Cow::Borrowed(t),
        }
    }

    /// The keyed hashes of the identifier in it.
    fn identifier(&self, kind: Kind, keyed: &KeyedHash) -> Result<Hashes, Fault> {
        match self {
            Cell::Empty => return Err(Fault::NotNormal(NotNormal::Empty)),
            Cell::Formula(_) => return Err(Fault::Formula),
            Cell::Error(_) => return Err(Fault::ErrorCell),
            Cell::Date(_) if kind != Kind::Born => return Err(Fault::Date),
            // A number of telephone does not end in six zeros; one that was rounded does.
            Cell::Number(n) if kind == Kind::Phone && *n >= 1e9 && n % 1e6 == 0.0 => {
                return Err(Fault::NotNormal(NotNormal::Rounded));
            }
            Cell::Date(_) | Cell::Number(_) | Cell::Text(_) => {}
        }
        keyed.all_of_written(kind, &self.text()).map_err(Fault::NotNormal)
    }
}

/// Screens the rows of the workbook `list`, which the caller reads: `header` is its first row, or
/// names for its columns where [`Plan::header`] is false.
///
/// Like [`crate::screen`], but the allowed rows are written anew: as CSV in UTF-8 with commas, or
/// as a workbook of text cells where [`Plan::workbook`] says so. Lines are rows of the sheet.
///
/// Fails, with nothing written, on what [`ScreenError`] lists; on an error among `rows` too.
#[expect(clippy::too_many_arguments, reason = "the same as for a list of text, and the rows")]
pub fn screen_rows(
    list: &Path,
    header: &[String],
    rows: impl IntoIterator<Item = Result<Vec<Cell>, String>>,
    plan: &Plan,
    book: &Book,
    verdicts: &Verdicts,
    keyed: &KeyedHash,
    outs: &Outs,
) -> Result<Outcome, ScreenError> {
    whole(book, verdicts)?;
    let digest = hashed(list)?;
    let mut rows = rows.into_iter();
    let first = rows.by_ref().take(SAMPLE).collect::<Result<Vec<_>, _>>();
    let first = first.map_err(ScreenError::Rows)?;
    let mut shape = shape(header, &first, plan, digest.bytes);
    let columns = places(plan, header)?;
    check(plan, &shape, &columns, &first, keyed)?;
    let mut three = Three::open(list, outs)?;
    let [blocked, unreadable] = written_heads(header, plan.header);
    three.blocked.write(&blocked)?;
    three.unreadable.write(&unreadable)?;
    let mut allowed = Allowed::new(plan.workbook, outs)?;
    if plan.header {
        allowed.row(&mut three.allowed, header.iter().map(|name| Cow::Borrowed(name.as_str())))?;
    }
    let sorter = Sorter { plan, book, verdicts, keyed, columns: &columns, width: header.len() };
    let mut tally = Tally::new(columns.len(), verdicts.reasons.len());
    let mut line = u64::from(plan.header);
    for row in first.into_iter().map(Ok).chain(rows) {
        let row = row.map_err(ScreenError::Rows)?;
        line += 1;
        sorter.row(line, &row, &mut allowed, &mut three, &mut tally)?;
    }
    shape.rows_estimate = tally.rows;
    allowed.end(&mut three.allowed)?;
    finish(shape, digest, tally, three)
}

/// Reads the file once, for what it was.
pub(super) fn hashed(list: &Path) -> Result<Digest, ScreenError> {
    let mut source = Source::new(File::open(list).map_err(ScreenError::reading)?, None);
    let mut part = Vec::new();
    while source.fill(&mut part, 64 * 1024).map_err(ScreenError::reading)? {
        part.clear();
    }
    Ok(source.digest())
}

pub(super) fn shape(header: &[String], rows: &[Vec<Cell>], plan: &Plan, bytes: u64) -> Shape {
    let guess = |column: usize| {
        let cells = || rows.iter().filter_map(|row| row.get(column));
        let texts: Vec<Cow<'_, str>> = cells().map(Cell::text).collect();
        let samples: Vec<&str> =
            texts.iter().map(AsRef::as_ref).filter(|t| !t.trim().is_empty()).collect();
        let likely = likely_kind(&samples);
        Guess {
            kind: likely.map(|(kind, _)| kind),
            filled: u32::try_from(samples.len()).unwrap_or(u32::MAX),
            per_cent: likely.map_or(0, |(_, share)| share),
            first_failed_line: None,
        }
    };
    let mut shape = Shape::of(Format::Workbook, Encoding::Utf8, bytes);
    shape.columns = (0..header.len()).map(guess).collect();
    name_columns(&mut shape, header.to_vec());
    shape.no_header &= plan.header;
    shape
}

pub(super) fn check(
    plan: &Plan,
    shape: &Shape,
    columns: &[Place],
    rows: &[Vec<Cell>],
    keyed: &KeyedHash,
) -> Result<(), ScreenError> {
    if plan.force {
        return Ok(());
    }
    if shape.no_header {
        return Err(ScreenError::HeaderIsARow);
    }
    for place in columns {
        let cells = |row: &&Vec<Cell>| {
            let mut cells = place.columns.iter().filter_map(|at| row.get(*at));
            cells.any(|c| !c.text().trim().is_empty())
        };
        let filled: Vec<&Vec<Cell>> = rows.iter().filter(cells).collect();
        let good = filled.iter().filter(|row| identifier(row, place, keyed).is_ok()).count();
        super::run::looks_like(place.first(), place.kind, good, filled.len())?;
    }
    Ok(())
}

/// The keyed hashes of the identifier that stands in one cell of a row, or in several.
fn identifier(row: &[Cell], place: &Place, keyed: &KeyedHash) -> Result<Hashes, Fault> {
    if let [column] = place.columns[..] {
        return row.get(column).ok_or(Fault::Short)?.identifier(place.kind, keyed);
    }
    let cells = place.columns.iter().filter_map(|at| Some((*at, row.get(*at)?)));
    let mut texts = Vec::new();
    for (at, cell) in cells {
        match cell {
            Cell::Formula(_) => return Err(Fault::Formula),
            Cell::Error(_) => return Err(Fault::ErrorCell),
            other => texts.push((at, other.text())),
        }
    }
    let text = |at| texts.iter().find(|(c, _)| *c == at).map(|(_, text)| text.as_ref());
    keyed.all_of_written(place.kind, &place.joined(text)).map_err(Fault::NotNormal)
}

/// What is the same for every row.
pub(super) struct Sorter<'a> {
    pub plan: &'a Plan,
    pub book: &'a Book,
    pub verdicts: &'a Verdicts,
    pub keyed: &'a KeyedHash,
    pub columns: &'a [Place],
    pub width: usize,
}

impl Sorter<'_> {
    pub fn row(
        &self,
        line: u64,
        row: &[Cell],
        allowed: &mut Allowed,
        three: &mut Three,
        tally: &mut Tally,
    ) -> Result<(), ScreenError> {
        if row.iter().all(|cell| cell.text().is_empty()) {
            tally.empty_lines += 1;
            return Ok(());
        }
        tally.rows += 1;
        tally.short_rows += u64::from(row.len() < self.width);
        let mut to = Vec::new();
        written::line(&mut to, line);
        to.push(b',');
        match self.identifiers(row, tally) {
            Err((fault, column)) => {
                tally.unreadable += 1;
                tally.fault(fault, 1);
                written::cell(&mut to, told(fault, column).as_bytes());
                cells(&mut to, row);
                three.unreadable.write(&to)
            }
            Ok(found) => {
                let verdict = highest(self.verdicts, &found);
                tally.reasons[usize::from(verdict.reason)] += 1;
                if verdict.allowed {
                    tally.allowed += 1;
                    return allowed.row(&mut three.allowed, row.iter().map(Cell::text));
                }
                tally.blocked += 1;
                if let Some(reason) = self.verdicts.reasons.get(usize::from(verdict.reason)) {
                    written::cell(&mut to, reason.code.as_bytes());
                    to.push(b',');
                    written::cell(&mut to, reason.text.as_bytes());
                }
                cells(&mut to, row);
                three.blocked.write(&to)
            }
        }
    }

    /// The profiles of a row, or why it cannot be read, and in which column.
    fn identifiers(
        &self,
        row: &[Cell],
        tally: &mut Tally,
    ) -> Result<Vec<Option<u32>>, (Fault, Option<usize>)> {
        if row.iter().skip(self.width).any(|cell| !cell.text().trim().is_empty()) {
            return Err((Fault::Wide, None));
        }
        if row.iter().map(|cell| cell.text().len()).sum::<usize>() > self.plan.longest_row {
            return Err((Fault::TooLong, None));
        }
        let (mut found, mut fault) = (Vec::new(), None);
        for (n, place) in self.columns.iter().enumerate() {
            match identifier(row, place, self.keyed) {
                Ok((hash, premises)) => {
                    tally.columns[n].readable += 1;
                    found.push(self.book.get(&hash));
                    found.extend(premises.map(|premises| self.book.get(&premises)));
                }
                Err(wrong) => {
                    tally.columns[n].wrong(wrong);
                    if n == 0 {
                        fault = Some((wrong, Some(place.first())));
                    }
                }
            }
        }
        fault.map_or(Ok(found), Err)
    }
}

fn cells(to: &mut Vec<u8>, row: &[Cell]) {
    for cell in row {
        to.push(b',');
        written::cell(to, cell.text().as_bytes());
    }
    written::end(to);
}

/// The allowed rows, as they are written.
pub(super) enum Allowed {
    Csv(Vec<u8>),
    /// Which rows of a batch, for a list whose rows are written as they came.
    #[cfg(feature = "parquet")]
    Mask(Vec<bool>),
    Workbook {
        book: Box<Workbook>,
        row: u32,
        passing: File,
    },
}

fn wrong(error: XlsxError) -> ScreenError {
    ScreenError::NoWorkbook(error.to_string())
}

impl Allowed {
    fn new(workbook: bool, outs: &Outs) -> Result<Allowed, ScreenError> {
        if !workbook {
            return Ok(Allowed::Csv(Vec::new()));
        }
        let mut book = Box::new(Workbook::new());
        // What waits for its end stays beside the file, not where everybody's passing files are.
        let passing = match outs {
            Outs::Dry => tempfile::tempfile().map_err(|e| wrong(e.into()))?,
            Outs::Files { allowed, .. } => {
                let folder = allowed.parent().filter(|p| !p.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new("."));
                book.set_tempdir(folder).map_err(wrong)?;
                tempfile::tempfile_in(folder).map_err(|e| ScreenError::writing(allowed, e))?
            }
        };
        book.add_worksheet_with_constant_memory().map_err(wrong)?;
        Ok(Allowed::Workbook { book, row: 0, passing })
    }

    fn row<'c>(
        &mut self,
        out: &mut Out,
        cells: impl Iterator<Item = Cow<'c, str>>,
    ) -> Result<(), ScreenError> {
        match self {
            Allowed::Csv(line) => {
                line.clear();
                for (n, cell) in cells.enumerate() {
                    if n > 0 {
                        line.push(b',');
                    }
                    written::address(line, cell.as_bytes());
                }
                written::end(line);
                out.write(line)
            }
            #[cfg(feature = "parquet")]
            Allowed::Mask(rows) => {
                if let Some(row) = rows.last_mut() {
                    *row = true;
                }
                Ok(())
            }
            Allowed::Workbook { book, row, .. } => {
                let sheet = book.worksheet_from_index(0).map_err(wrong)?;
                for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                    sheet.write_string(*row, column, cell).map_err(wrong)?;
                }
                *row += 1;
                Ok(())
            }
        }
    }

    /// The next row of a batch, not allowed yet.
    #[cfg(feature = "parquet")]
    pub(super) fn begin(&mut self) {
        if let Allowed::Mask(rows) = self {
            rows.push(false);
        }
    }

    /// The allowed rows of a batch.
    #[cfg(feature = "parquet")]
    pub(super) fn into_mask(self) -> Vec<bool> {
        match self {
            Allowed::Mask(rows) => rows,
            Allowed::Csv(_) | Allowed::Workbook { .. } => Vec::new(),
        }
    }

    fn end(self, out: &mut Out) -> Result<(), ScreenError> {
        let Allowed::Workbook { mut book, passing, .. } = self else { return Ok(()) };
        let passed = |error| wrong(XlsxError::IoError(error));
        book.save_to_writer(&passing).map_err(wrong)?;
        (&passing).flush().and_then(|()| (&passing).rewind()).map_err(passed)?;
        let mut part = vec![0; 64 * 1024];
        loop {
            match (&passing).read(&mut part).map_err(passed)? {
                0 => return Ok(()),
                got => out.write(&part[..got])?,
            }
        }
    }
}
