//! What a list looks like before anybody relies on it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;

use super::ScreenError;
use super::dialect::{Dialect, Scanner, Span};
use super::source::Source;
use crate::{Kind, likely_kind, normalise};

/// Bytes of the beginning that are looked at.
pub(crate) const SAMPLE: usize = 1 << 20;
/// Rows of them.
const ROWS: usize = 1000;

/// What kind of file a list is, by its content; its name is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Text with a delimiter.
    Csv,
    /// A workbook: XLSX or ODS.
    Workbook,
    /// An old workbook: XLS.
    OldWorkbook,
    /// Apache Parquet.
    Parquet,
}

/// How the text of a list is written in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, or ASCII.
    Utf8,
    /// Two bytes a character, the low one first.
    Utf16Le,
    /// Two bytes a character, the high one first.
    Utf16Be,
    /// Western European, as older Windows programs write it.
    Windows1252,
}

impl Encoding {
    pub(crate) fn utf16(self) -> Option<bool> {
        match self {
            Encoding::Utf16Le => Some(false),
            Encoding::Utf16Be => Some(true),
            Encoding::Utf8 | Encoding::Windows1252 => None,
        }
    }
}

/// What a column seems to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guess {
    /// The kind of identifier, if one is likely.
    pub kind: Option<Kind>,
    /// Filled cells among the first 1,000 rows.
    pub filled: u32,
    /// Of these, the per cent that can be read as that kind.
    pub per_cent: u8,
    /// The line of the list on which the first stands that cannot.
    pub first_failed_line: Option<u64>,
}

/// What a list looks like.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// What kind of file it is.
    pub format: Format,
    /// How its text is written.
    pub encoding: Encoding,
    /// A byte order mark stands before the text.
    pub bom: bool,
    /// What parts two fields.
    pub delimiter: char,
    /// Quotation marks stand round some fields.
    pub quoted: bool,
    /// What ends a row: `"\n"`, `"\r\n"` or `"\r"`.
    pub row_end: &'static str,
    /// The first row: the names of the columns, if they have any.
    pub header: Vec<String>,
    /// Names that more than one column has.
    pub doubled: Vec<String>,
    /// Columns without a name, from 1.
    pub unnamed: Vec<usize>,
    /// The first row looks like a person, not like names of columns.
    pub no_header: bool,
    /// Per column: what it seems to hold.
    pub columns: Vec<Guess>,
    /// About how many rows there are, the first one not counted.
    pub rows_estimate: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Shape {
    /// Of a list of which nothing else is known yet.
    pub(crate) fn of(format: Format, encoding: Encoding, bytes: u64) -> Shape {
        Shape {
            format,
            encoding,
            bom: false,
            delimiter: ',',
            quoted: false,
            row_end: "\n",
            header: Vec::new(),
            doubled: Vec::new(),
            unnamed: Vec::new(),
            no_header: false,
            columns: Vec::new(),
            rows_estimate: 0,
            bytes,
        }
    }
}

/// The beginning of a list, taken apart.
pub(crate) struct Sample {
    pub shape: Shape,
    pub dialect: Dialect,
    /// Bytes, turned as [`Source`] does, of the byte order mark and the first row.
    pub mark: usize,
    pub first: usize,
    /// The rows behind the first: their lines and fields.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// What the caller knows better than a guess.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told {
    pub encoding: Option<Encoding>,
    pub delimiter: Option<u8>,
}

/// Looks at the beginning of a list. Nothing is decided: whoever asks confirms what is found.
///
/// For a workbook only the format and size are told; for a Parquet file too, unless it can be read
/// here (feature `parquet`).
/// Fails if the file cannot be read, is empty, or its first row is longer than 1 MiB.
pub fn inspect(path: &Path) -> Result<Shape, ScreenError> {
    let mut file = File::open(path).map_err(ScreenError::reading)?;
    let meta = file.metadata().map_err(ScreenError::reading)?;
    if !meta.is_file() {
        return Err(ScreenError::NotAFile);
    }
    let mut start = Vec::new();
    let limit = u64::try_from(SAMPLE).unwrap_or(u64::MAX);
    (&mut file).take(limit).read_to_end(&mut start).map_err(ScreenError::reading)?;
    #[cfg(feature = "parquet")]
    if format(&start) == Format::Parquet {
        return super::columnar::inspect(path, meta.len());
    }
    sample(&start, meta.len(), Told::default()).map(|sample| sample.shape)
}

pub(crate) fn format(start: &[u8]) -> Format {
    match start {
        [b'P', b'K', 3, 4, ..] => Format::Workbook,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => Format::OldWorkbook,
        [b'P', b'A', b'R', b'1', ..] => Format::Parquet,
        _ => Format::Csv,
    }
}

/// Takes the beginning of a list apart that has `bytes` bytes in all.
pub(crate) fn sample(start: &[u8], bytes: u64, told: Told) -> Result<Sample, ScreenError> {
    let format = format(start);
    let (guessed, mark) = encoding(start);
    let encoding = told.encoding.unwrap_or(guessed);
    let shape = Shape { bom: mark > 0, ..Shape::of(format, encoding, bytes) };
    let dialect = Dialect { delimiter: b',', end: b'\n' };
    let empty = Sample { shape, dialect, mark: 0, first: 0, rows: Vec::new() };
    if format != Format::Csv {
        return Ok(empty);
    }
    let mut text = Vec::new();
    let whole = u64::try_from(start.len()).is_ok_and(|len| len >= bytes);
    let even = start.len() & !1;
    // The sample may end in the middle of a character; the list must not.
    let start = if encoding.utf16().is_some() && !whole { &start[..even] } else { start };
    let mut source = Source::new(start, encoding.utf16());
    while source.fill(&mut text, SAMPLE).map_err(ScreenError::reading)? {}
    read(empty, &text, mark, whole, told)
}

/// The encoding, and how long its mark is once it is turned.
fn encoding(start: &[u8]) -> (Encoding, usize) {
    match start {
        [0xef, 0xbb, 0xbf, ..] => return (Encoding::Utf8, 3),
        [0xff, 0xfe, ..] => return (Encoding::Utf16Le, 3),
        [0xfe, 0xff, ..] => return (Encoding::Utf16Be, 3),
        _ => {}
    }
    // Western text in UTF-16 is full of zeros, all on the same side.
    let some = &start[..start.len().min(4096)];
    let zeros = |odd: usize| some.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let many = (some.len() / 5).max(1);
    match (zeros(0), zeros(1)) {
        (high, low) if high >= many && low < many / 4 + 1 => return (Encoding::Utf16Be, 0),
        (high, low) if low >= many && high < many / 4 + 1 => return (Encoding::Utf16Le, 0),
        _ => {}
    }
    let (mut good, mut bad) = (0, 0);
    for chunk in start.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    // One bad place may be the end of the sample; a list with good ones is UTF-8 gone wrong.
    let windows = bad > good && (bad > 1 || std::str::from_utf8(start).is_err());
    (if windows { Encoding::Windows1252 } else { Encoding::Utf8 }, 0)
}

fn read(
    mut sample: Sample,
    text: &[u8],
    mark: usize,
    whole: bool,
    told: Told,
) -> Result<Sample, ScreenError> {
    let body = &text[mark..];
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(ScreenError::Empty);
    }
    let end = if !body.contains(&b'\n') && body.contains(&b'\r') { b'\r' } else { b'\n' };
    let shape = &mut sample.shape;
    let delimiter = told.delimiter.unwrap_or_else(|| delimiter(body, end));
    sample.dialect = Dialect { delimiter, end };
    sample.mark = mark;
    shape.delimiter = char::from(delimiter);
    let mut rows = rows(body, sample.dialect, whole, shape);
    if rows.is_empty() {
        return Err(ScreenError::HeaderTooLong);
    }
    let (_, first, header) = rows.remove(0);
    sample.first = first;
    shape.row_end = match &body[..first] {
        _ if end == b'\r' => "\r",
        [.., b'\r', b'\n'] => "\r\n",
        _ => "\n",
    };
    let seen: usize = rows.last().map_or(first, |(_, next, _)| *next) - first;
    let each = (seen / rows.len().max(1)).max(1);
    let wide = if shape.encoding.utf16().is_some() { 2 } else { 1 };
    let behind = usize::try_from(shape.bytes).unwrap_or(usize::MAX) / wide;
    let estimate = if whole && rows.len() < ROWS {
        rows.len()
    } else {
        behind.saturating_sub(first + mark) / each
    };
    shape.rows_estimate = u64::try_from(estimate).unwrap_or(u64::MAX);
    name_columns(shape, header);
    sample.rows = rows.into_iter().map(|(line, _, fields)| (line, fields)).collect();
    sample.shape.columns =
        (0..sample.shape.header.len()).map(|at| guess(&sample.rows, at)).collect();
    Ok(sample)
}

/// The first rows: line, where the next begins, and fields. Rows without any text are left out.
fn rows(
    body: &[u8],
    dialect: Dialect,
    whole: bool,
    shape: &mut Shape,
) -> Vec<(u64, usize, Vec<String>)> {
    let (mut rows, mut spans, mut scratch) = (Vec::new(), Vec::new(), Vec::new());
    let (mut at, mut line) = (0, 1);
    while at < body.len() && rows.len() <= ROWS {
        let ended = Scanner::new().row_end(body, at, dialect).is_some();
        if !ended && !whole {
            break;
        }
        let row = dialect.row(body, at, true, usize::MAX, &mut spans);
        if row.text_end > at {
            shape.quoted |= spans.iter().any(|s| s.quoted);
            let mut text = |s: &Span| {
                decode(shape.encoding, dialect.field(body, *s, &mut scratch))
                    .map_or_else(|| String::from('\u{fffd}'), |t| t.into_owned())
            };
            rows.push((line, row.next, spans.iter().map(&mut text).collect()));
        }
        line += u64::try_from(memchr::memchr_iter(dialect.end, &body[at..row.next]).count())
            .unwrap_or(0);
        at = row.next;
    }
    rows
}

/// The text of a field; `None` if it is not in the encoding of the list.
pub(crate) fn decode(encoding: Encoding, field: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    match std::str::from_utf8(field) {
        Ok(text) if encoding != Encoding::Windows1252 || text.is_ascii() => Some(text.into()),
        _ if encoding == Encoding::Windows1252 => {
            encoding_rs::WINDOWS_1252.decode_without_bom_handling_and_without_replacement(field)
        }
        _ => None,
    }
}

/// The delimiter by which most of the first rows have the same, largest number of fields.
fn delimiter(body: &[u8], end: u8) -> u8 {
    let mut best = (0, b',');
    for delimiter in [b',', b';', b'\t', b'|'] {
        let dialect = Dialect { delimiter, end };
        let (mut spans, mut at, mut counts) = (Vec::new(), 0, Vec::new());
        while at < body.len() && counts.len() < 100 {
            let row = dialect.row(body, at, true, 0, &mut spans);
            // The last row of a sample is cut short.
            if row.text_end > at && (row.next < body.len() || counts.is_empty()) {
                counts.push(row.fields);
            }
            at = row.next;
        }
        let usual = counts.first().copied().unwrap_or(1);
        let same = counts.iter().filter(|n| **n == usual).count();
        let score = if usual < 2 { 0 } else { same * 1000 / counts.len().max(1) + usual.min(50) };
        if score > best.0 {
            best = (score, delimiter);
        }
    }
    best.1
}

pub(crate) fn name_columns(shape: &mut Shape, header: Vec<String>) {
    let header: Vec<String> = header.into_iter().map(|name| name.trim().to_owned()).collect();
    for (at, name) in header.iter().enumerate() {
        if name.is_empty() {
            shape.unnamed.push(at + 1);
        } else if header[..at].contains(name) && !shape.doubled.contains(name) {
            shape.doubled.push(name.clone());
        }
    }
    shape.no_header = header.iter().any(|name| is_value(name));
    shape.header = header;
    if shape.no_header {
        // They are values of a person, and a shape repeats none.
        shape.header = (1..=shape.header.len()).map(|n| format!("column {n}")).collect();
        (shape.doubled, shape.unnamed) = (Vec::new(), Vec::new());
    }
}

/// Whether a text is somebody's, and no heading: an address of any sort, a number, a day of birth.
fn is_value(text: &str) -> bool {
    let sure = [Kind::Email, Kind::Phone, Kind::Postcode, Kind::Born, Kind::NationalInsurance];
    if sure.iter().any(|kind| normalise(*kind, text).is_ok()) {
        return true;
    }
    // The end of a postal address.
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [.., out, inward] = words[..]
        && normalise(Kind::Postcode, &format!("{out} {inward}")).is_ok()
    {
        return true;
    }
    // A member number: four digits or more in one word. A year heads many a column.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let year = text.len() == 4 && text.starts_with(['1', '2']);
    words.len() == 1 && digits >= 4 && digits * 2 >= text.len() && !year
}

fn guess(rows: &[(u64, Vec<String>)], column: usize) -> Guess {
    let cells = || {
        let cell =
            |(line, row): &'_ (u64, Vec<String>)| row.get(column).map(|cell| (*line, cell.clone()));
        rows.iter().filter_map(cell).filter(|(_, cell)| !cell.trim().is_empty())
    };
    let filled: Vec<(u64, String)> = cells().collect();
    let samples: Vec<&str> = filled.iter().map(|(_, cell)| cell.as_str()).collect();
    let likely = likely_kind(&samples);
    let kind = likely.map(|(kind, _)| kind);
    let failed = kind.and_then(|kind| filled.iter().find(|(_, c)| normalise(kind, c).is_err()));
    Guess {
        kind,
        filled: u32::try_from(filled.len()).unwrap_or(u32::MAX),
        per_cent: likely.map_or(0, |(_, share)| share),
        first_failed_line: failed.map(|(line, _)| *line),
    }
}
