//! Judges rows: reads their identifiers, looks them up, sorts the rows into three.

use std::borrow::Cow;

use super::cut::{Piece, What};
use super::dialect::{Dialect, RowSpan, Span};
use super::shape::{Encoding, decode};
use super::{ColumnNote, Fault, Place, Verdict, Verdicts, plain, written};
use crate::{Book, Hashes, KeyedHash, Kind, NotNormal};

/// Rows that are looked up together.
const TOGETHER: usize = 256;

/// What is the same for every row of a list.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub dialect: Dialect,
    pub encoding: Encoding,
    /// The columns to look up, and what they hold.
    pub columns: &'a [Place],
    /// Columns of the list.
    pub width: usize,
    pub longest: usize,
    pub book: &'a Book,
    pub verdicts: &'a Verdicts,
    pub keyed: &'a KeyedHash,
}

/// What was counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub rows: u64,
    pub allowed: u64,
    pub blocked: u64,
    pub unreadable: u64,
    pub reasons: Vec<u64>,
    pub faults: Vec<(Fault, u64)>,
    pub columns: Vec<ColumnNote>,
    pub short_rows: u64,
    pub empty_lines: u64,
}

impl ColumnNote {
    /// Counts a cell that cannot be read.
    pub(crate) fn wrong(&mut self, fault: Fault) {
        match fault {
            Fault::Short | Fault::NotNormal(NotNormal::Empty) => self.empty += 1,
            _ => self.unreadable += 1,
        }
    }
}

impl Tally {
    pub fn new(columns: usize, reasons: usize) -> Tally {
        let columns = vec![ColumnNote::default(); columns];
        Tally { columns, reasons: vec![0; reasons], ..Tally::default() }
    }

    pub fn fault(&mut self, fault: Fault, times: u64) {
        match self.faults.iter_mut().find(|(known, _)| *known == fault) {
            Some((_, n)) => *n += times,
            None => self.faults.push((fault, times)),
        }
    }

    pub fn add(&mut self, other: &Tally) {
        self.rows += other.rows;
        self.allowed += other.allowed;
        self.blocked += other.blocked;
        self.unreadable += other.unreadable;
        self.short_rows += other.short_rows;
        self.empty_lines += other.empty_lines;
        for (n, more) in self.reasons.iter_mut().zip(&other.reasons) {
            *n += more;
        }
        for (note, more) in self.columns.iter_mut().zip(&other.columns) {
            note.readable += more.readable;
            note.empty += more.empty;
            note.unreadable += more.unreadable;
        }
        for (fault, times) in &other.faults {
            self.fault(*fault, *times);
        }
    }
}

/// A piece after its rows were sorted.
pub(crate) struct Judged {
    /// The rows that are allowed, as they came.
    pub allowed: Vec<u8>,
    pub blocked: Vec<u8>,
    pub unreadable: Vec<u8>,
    /// Bytes of the list read so far.
    pub read: u64,
}

/// A row that waits for its answer.
struct Row {
    start: usize,
    span: RowSpan,
    /// What is wrong with it, and in which column, from 0.
    fault: Option<(Fault, Option<usize>)>,
    /// Its hashes: up to this one of those together.
    hashes: usize,
}

/// What a worker uses again for every piece.
#[derive(Default)]
pub(crate) struct Desk {
    rows: Vec<Row>,
    hashes: Vec<[u8; 32]>,
    found: Vec<Option<u32>>,
    spans: Vec<Span>,
    scratch: Vec<u8>,
    /// From where to where rows are kept.
    kept: Vec<(usize, usize)>,
    /// For rows that are written out anew.
    anew: Vec<Span>,
}

/// What a row is written out anew with: where its cells stand, and one being read.
type Cells<'a> = (&'a mut Vec<Span>, &'a mut Vec<u8>);

/// The verdict of the contact column, which stands first, unless another identifier of the row
/// blocks it by a higher rank. The others never allow a row: a yes belongs to the address it was
/// given for.
pub(crate) fn highest(verdicts: &Verdicts, found: &[Option<u32>]) -> Verdict {
    let verdict = |profile: &Option<u32>| {
        let at = usize::try_from((*profile)?).unwrap_or(usize::MAX);
        Some(verdicts.by_profile.get(at).copied().unwrap_or(verdicts.unknown))
    };
    let mut best = found.first().and_then(verdict).unwrap_or(verdicts.unknown);
    for other in found.iter().skip(1).filter_map(verdict) {
        if !other.allowed && other.rank > best.rank {
            best = other;
        }
    }
    best
}

/// Counts lines as far as somebody asks.
struct Lines {
    line: u64,
    counted: usize,
    end: u8,
}

impl Lines {
    fn at(&mut self, bytes: &[u8], place: usize) -> u64 {
        let more = memchr::memchr_iter(self.end, &bytes[self.counted..place]).count();
        self.line += u64::try_from(more).unwrap_or(0);
        self.counted = place;
        self.line
    }
}

impl Judge<'_> {
    /// Sorts the rows of a piece.
    pub fn judge(&self, piece: Piece, desk: &mut Desk, tally: &mut Tally) -> Judged {
        let Piece { what, mut bytes, line, quotes, read } = piece;
        let (mut blocked, mut unreadable) = (Vec::new(), Vec::new());
        if let What::Long { first, last } = what {
            self.long((first, last), line, &bytes, &mut unreadable, tally);
            bytes.clear();
            return Judged { allowed: bytes, blocked, unreadable, read };
        }
        desk.kept.clear();
        let mut lines = Lines { line, counted: 0, end: self.dialect.end };
        let mut at = 0;
        while at < bytes.len() {
            at = self.read(&bytes, at, quotes, desk, tally);
            self.book.get_all(&desk.hashes, &mut desk.found);
            let mut hash = 0;
            for row in &desk.rows {
                let found = &desk.found[hash..row.hashes];
                hash = row.hashes;
                if let Some(fault) = row.fault {
                    tally.unreadable += 1;
                    tally.fault(fault.0, 1);
                    let line = lines.at(&bytes, row.start);
                    let cells = (&mut desk.anew, &mut desk.scratch);
                    self.wrong(&bytes, row, fault, line, cells, &mut unreadable);
                    continue;
                }
                let verdict = highest(self.verdicts, found);
                tally.reasons[usize::from(verdict.reason)] += 1;
                if verdict.allowed {
                    tally.allowed += 1;
                    keep(&mut desk.kept, row.start, row.span.next);
                } else {
                    tally.blocked += 1;
                    let line = lines.at(&bytes, row.start);
                    let cells = (&mut desk.anew, &mut desk.scratch);
                    self.no(&bytes, row, verdict, line, cells, &mut blocked);
                }
            }
        }
        let mut end = 0;
        for (from, to) in &desk.kept {
            bytes.copy_within(*from..*to, end);
            end += to - from;
        }
        bytes.truncate(end);
        Judged { allowed: bytes, blocked, unreadable, read }
    }

    /// Reads the identifiers of the next rows; answers where the row behind them begins.
    fn read(
        &self,
        bytes: &[u8],
        mut at: usize,
        quotes: bool,
        desk: &mut Desk,
        tally: &mut Tally,
    ) -> usize {
        desk.rows.clear();
        desk.hashes.clear();
        let wanted = self.columns.iter().flat_map(|p| &p.columns).max().map_or(1, |last| last + 1);
        while at < bytes.len() && desk.rows.len() < TOGETHER {
            let span = self.dialect.row(bytes, at, quotes, wanted, &mut desk.spans);
            let start = std::mem::replace(&mut at, span.next);
            if span.text_end == start {
                tally.empty_lines += 1;
                continue;
            }
            tally.rows += 1;
            tally.short_rows += u64::from(span.fields < self.width);
            let fault = if span.text_end - start > self.longest {
                Some((Fault::TooLong, None))
            } else if span.fields > self.width && self.is_wide(bytes, start, quotes, desk) {
                Some((Fault::Wide, None))
            } else {
                self.identifiers(bytes, desk, tally)
            };
            desk.rows.push(Row { start, span, fault, hashes: desk.hashes.len() });
        }
        at
    }

    /// True if something stands behind the last column of the list.
    fn is_wide(&self, bytes: &[u8], start: usize, quotes: bool, desk: &mut Desk) -> bool {
        self.dialect.row(bytes, start, quotes, usize::MAX, &mut desk.spans);
        let mut behind = desk.spans.iter().skip(self.width);
        behind.any(|s| !self.dialect.field(bytes, *s, &mut desk.scratch).trim_ascii().is_empty())
    }

    /// Adds the hashes of a row; answers why it cannot be read, if so, and in which column.
    fn identifiers(
        &self,
        bytes: &[u8],
        desk: &mut Desk,
        tally: &mut Tally,
    ) -> Option<(Fault, Option<usize>)> {
        let before = desk.hashes.len();
        let mut fault = None;
        for (n, place) in self.columns.iter().enumerate() {
            let note = &mut tally.columns[n];
            let read = match &place.columns[..] {
                [column] => self.identifier(bytes, desk, *column, place.kind),
                _ => self.joined(bytes, desk, place),
            };
            match read {
                Ok((hash, premises)) => {
                    note.readable += 1;
                    desk.hashes.push(hash);
                    desk.hashes.extend(premises);
                }
                Err(wrong) => {
                    note.wrong(wrong);
                    if n == 0 {
                        fault = Some((wrong, Some(place.first())));
                    }
                }
            }
        }
        if fault.is_some() {
            desk.hashes.truncate(before);
        }
        fault
    }

    /// The hashes of the identifier in one cell.
    fn identifier(
        &self,
        bytes: &[u8],
        desk: &mut Desk,
        column: usize,
        kind: Kind,
    ) -> Result<Hashes, Fault> {
        let span = *desk.spans.get(column).ok_or(Fault::Short)?;
        let field = self.dialect.field(bytes, span, &mut desk.scratch);
        if let Some(hash) = plain::short_way(self.keyed, kind, field) {
            return Ok((hash, None));
        }
        let text = decode(self.encoding, field).ok_or(Fault::NotText)?;
        self.keyed.all_of_written(kind, &text).map_err(Fault::NotNormal)
    }

    /// The same in several cells. A row that ends before the last has the others.
    fn joined(&self, bytes: &[u8], desk: &mut Desk, place: &Place) -> Result<Hashes, Fault> {
        let mut cells = Vec::with_capacity(place.columns.len());
        for column in &place.columns {
            let Some(span) = desk.spans.get(*column) else { continue };
            let field = self.dialect.field(bytes, *span, &mut desk.scratch);
            let text = decode(self.encoding, field).ok_or(Fault::NotText)?;
            cells.push((*column, text.into_owned()));
        }
        let cell = |at| cells.iter().find(|(c, _)| *c == at).map(|(_, text)| text.as_str());
        self.keyed.all_of_written(place.kind, &place.joined(cell)).map_err(Fault::NotNormal)
    }

    /// A row for the blocked.
    fn no(
        &self,
        bytes: &[u8],
        row: &Row,
        verdict: Verdict,
        line: u64,
        cells: Cells<'_>,
        to: &mut Vec<u8>,
    ) {
        written::line(to, line);
        to.push(b',');
        if let Some(reason) = self.verdicts.reasons.get(usize::from(verdict.reason)) {
            written::cell(to, reason.code.as_bytes());
            to.push(b',');
            written::cell(to, reason.text.as_bytes());
        }
        self.cells(bytes, row, cells, to);
    }

    /// A row for the unreadable.
    fn wrong(
        &self,
        bytes: &[u8],
        row: &Row,
        (fault, column): (Fault, Option<usize>),
        line: u64,
        cells: Cells<'_>,
        to: &mut Vec<u8>,
    ) {
        written::line(to, line);
        to.push(b',');
        written::cell(to, told(fault, column).as_bytes());
        if fault == Fault::TooLong {
            // Its cells are not to be trusted, so it stays in one.
            to.push(b',');
            written::cell(to, &self.text(&bytes[row.start..row.span.text_end]));
            written::end(to);
        } else {
            self.cells(bytes, row, cells, to);
        }
    }

    /// The cells of a row as they came, and its end.
    fn cells(&self, bytes: &[u8], row: &Row, (spans, scratch): Cells<'_>, to: &mut Vec<u8>) {
        self.dialect.row(bytes, row.start, true, usize::MAX, spans);
        for span in spans {
            to.push(b',');
            let field = self.dialect.field(bytes, *span, scratch);
            written::cell(to, &self.text(field));
        }
        written::end(to);
    }

    /// UTF-8 where the encoding is known; bytes that are not in it stay as they are.
    fn text<'b>(&self, field: &'b [u8]) -> Cow<'b, [u8]> {
        match self.encoding {
            Encoding::Windows1252 => match encoding_rs::WINDOWS_1252.decode(field).0 {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
            _ => Cow::Borrowed(field),
        }
    }

    /// A part of a row too long: one cell, in quotation marks, that grows.
    fn long(
        &self,
        (first, last): (bool, bool),
        line: u64,
        bytes: &[u8],
        to: &mut Vec<u8>,
        tally: &mut Tally,
    ) {
        let text = self.text(bytes);
        if first {
            tally.rows += 1;
            tally.unreadable += 1;
            tally.fault(Fault::TooLong, 1);
            written::line(to, line);
            to.push(b',');
            written::cell(to, told(Fault::TooLong, None).as_bytes());
            to.extend_from_slice(b",\"");
            written::guard(to, &text);
        }
        // Its own end is no part of it.
        let ends = if last { text.strip_suffix(&[self.dialect.end]) } else { None };
        written::doubled(to, ends.unwrap_or(&text));
        if last {
            to.push(b'"');
            written::end(to);
        }
    }
}

/// Adds a row to those kept, joined to the one before where they touch.
fn keep(kept: &mut Vec<(usize, usize)>, start: usize, next: usize) {
    match kept.last_mut() {
        Some((_, end)) if *end == start => *end = next,
        _ => kept.push((start, next)),
    }
}

/// What is wrong, with the number of the column.
pub(crate) fn told(fault: Fault, column: Option<usize>) -> String {
    match column {
        Some(at) => format!("column {}: {fault}", at + 1),
        None => fault.to_string(),
    }
}
