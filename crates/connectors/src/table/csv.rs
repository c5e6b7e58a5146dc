//! Records of a CSV file as they really come: any of four delimiters, any writing, rows of uneven
//! length, a quote that never closes.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::rc::Rc;

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};
use encoding_rs::WINDOWS_1252;

use super::Row;
use crate::documents::sniff::wide;
use crate::documents::tree::{Going, Item, unread};
use crate::worker::{MOST_FILE, Trouble};
use crate::{Fault, FaultKind};

/// Bytes looked at to find the delimiter.
const HEAD: usize = 64 << 10;
/// A record that takes more bytes or lines than this has a quote that never closes.
const MOST_BYTES: u64 = 16 << 20;
const MOST_LINES: u64 = 200;

/// What the beginning of a file tells of the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    delimiter: u8,
    /// What ends a line. "\r" before "\n" is taken off later, so that lines are counted right.
    ends: u8,
    /// Cells of most rows.
    usual: usize,
}

trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// Every record of a file, blank ones left out. What was odd is told at the end.
pub(super) fn rows(
    item: &Item,
    place: &str,
    each: &mut dyn FnMut(Row) -> Going,
) -> Result<Vec<Fault>, Fault> {
    let told = |error: io::Error| unread(place, error.kind());
    let mut file = item.open().map_err(told)?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD as u64).read_to_end(&mut head).map_err(told)?;
    let (source, mut skip): (Box<dyn Source>, u64) = match wide(&head) {
        Some(encoding) => {
            let Some(bytes) = item.read(MOST_FILE).map_err(told)? else {
                return Err(Trouble::TooLarge.fault(place));
            };
            let text = encoding.decode(&bytes).0.into_owned().into_bytes();
            head = text[..text.len().min(HEAD)].to_vec();
            (Box::new(Cursor::new(text)), 0)
        }
        None => (Box::new(file), if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }),
    };
    let top = &head[usize::try_from(skip).unwrap_or(0)..];
    let shape = match said(top) {
        Some((delimiter, length)) => {
            skip += length as u64;
            let ends = ending(top);
            Shape { delimiter, ends, usual: usual(&top[length..], delimiter, ends).0 }
        }
        None => sniff(top),
    };
    let line = 1 + u64::from(skip > 3);
    Records { shape, unclosed: 0, first: 0 }.read(source, skip, line, place, each)
}

/// Excel's first line that names the delimiter: "sep=;". The delimiter, and the line's length.
fn said(head: &[u8]) -> Option<(u8, usize)> {
    let rest = head.strip_prefix(b"sep=").or_else(|| head.strip_prefix(b"SEP="))?;
    let (delimiter, after) = rest.split_first()?;
    let length = match after {
        [b'\r', b'\n', ..] => 7,
        [b'\n', ..] => 6,
        _ => return None,
    };
    Some((*delimiter, length))
}

/// The delimiter that cuts the beginning into the most even rows.
fn sniff(head: &[u8]) -> Shape {
    let ends = ending(head);
    let mut best = (Shape { delimiter: b',', ends, usual: 1 }, 0);
    for delimiter in [b',', b';', b'\t', b'|'] {
        let (usual, even) = usual(head, delimiter, ends);
        // Evenness first; more columns break a tie.
        let score = if usual > 1 { even * 100 + usual } else { 0 };
        if score > best.1 {
            best = (Shape { delimiter, ends, usual }, score);
        }
    }
    best.0
}

/// What ends a line: "\n", or in files from an old Macintosh "\r" alone.
fn ending(head: &[u8]) -> u8 {
    if head.contains(&b'\r') && !head.contains(&b'\n') { b'\r' } else { b'\n' }
}

/// The commonest number of cells, and how many rows in a hundred have it.
fn usual(head: &[u8], delimiter: u8, ends: u8) -> (usize, usize) {
    let complete = head.iter().rposition(|b| *b == ends).filter(|_| head.len() >= HEAD);
    let head = &head[..complete.map_or(head.len(), |at| at + 1)];
    let mut reader = build(delimiter, ends, true, head);
    let (mut record, mut widths) = (ByteRecord::new(), Vec::new());
    while widths.len() < 100 && reader.read_byte_record(&mut record).unwrap_or(false) {
        if !blank(&record) {
            widths.push(record.len());
        }
    }
    let count = |width: usize| widths.iter().filter(|w| **w == width).count();
    let commonest = widths.iter().copied().max_by_key(|w| (count(*w), *w)).unwrap_or(1);
    (commonest, count(commonest) * 100 / widths.len().max(1))
}

fn build<R: Read>(delimiter: u8, ends: u8, quoting: bool, from: R) -> Reader<R> {
    let mut builder = ReaderBuilder::new();
    builder.has_headers(false).flexible(true).delimiter(delimiter).quoting(quoting);
    builder.terminator(Terminator::Any(ends)).from_reader(from)
}

/// A line with nothing on it.
fn blank(record: &ByteRecord) -> bool {
    record.len() == 1 && matches!(&record[0], b"" | b"\r")
}

/// Stops a reader that takes too much for one record.
struct Bounded<R> {
    from: R,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.taken.get() > MOST_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let got = self.from.read(into)?;
        self.taken.set(self.taken.get() + got as u64);
        Ok(got)
    }
}

struct Records {
    shape: Shape,
    /// Lines read without heeding quotes, and the first of them.
    unclosed: u64,
    first: u64,
}

impl Records {
    /// Read from `byte` on, which is the beginning of `line`.
    fn read(
        mut self,
        mut source: Box<dyn Source>,
        mut byte: u64,
        mut line: u64,
        place: &str,
        each: &mut dyn FnMut(Row) -> Going,
    ) -> Result<Vec<Fault>, Fault> {
        let told = |error: io::Error| unread(place, error.kind());
        loop {
            source.seek(SeekFrom::Start(byte)).map_err(told)?;
            let Some((at, on)) = self.quoted(&mut source, line, place, each)? else { break };
            // A quote that never closes began here: this one line is taken as it stands.
            (byte, line) = (byte + at, on);
            source.seek(SeekFrom::Start(byte)).map_err(told)?;
            let mut one = Vec::new();
            let mut from = BufReader::new(source.by_ref()).take(MOST_BYTES);
            from.read_until(self.shape.ends, &mut one).map_err(told)?;
            if one.is_empty() {
                break;
            }
            if self.unclosed == 0 {
                self.first = line;
            }
            self.unclosed += 1;
            let mut record = ByteRecord::new();
            let mut bare = build(self.shape.delimiter, self.shape.ends, false, one.as_slice());
            let read = bare.read_byte_record(&mut record).unwrap_or(false);
            if read && !blank(&record) && !each(row(&record, line))? {
                break;
            }
            (byte, line) = (byte + one.len() as u64, line + 1);
        }
        let mut faults = Vec::new();
        if self.unclosed > 0 {
            let place = format!("{place}, line {}", self.first);
            let what = format!("{} lines have a quotation mark that never closes", self.unclosed);
            let remedy = "They were read as they stand; correct the file if cells are wrong.";
            faults.push(Fault::new(FaultKind::Damaged, place, what, remedy));
        }
        Ok(faults)
    }

    /// Read records until the end, or until one that cannot be right: where it begins, in bytes
    /// from here and as a line.
    fn quoted(
        &self,
        source: &mut Box<dyn Source>,
        line: u64,
        place: &str,
        each: &mut dyn FnMut(Row) -> Going,
    ) -> Result<Option<(u64, u64)>, Fault> {
        let taken = Rc::new(Cell::new(0));
        let bounded = Bounded { from: source, taken: taken.clone() };
        let mut reader = build(self.shape.delimiter, self.shape.ends, true, bounded);
        let mut record = ByteRecord::new();
        // The reader counts "\n" only; where "\r" ends lines, records are counted instead.
        let by_record = self.shape.ends == b'\r';
        let count = |p: &csv::Position| line + if by_record { p.record() } else { p.line() - 1 };
        loop {
            let before = (reader.position().byte(), count(reader.position()));
            taken.set(0);
            match reader.read_byte_record(&mut record) {
                Ok(false) => return Ok(None),
                Ok(true) => {}
                Err(error) if taken.get() > MOST_BYTES => {
                    drop(error); // Ours, from `Bounded`.
                    return Ok(Some(before));
                }
                Err(error) => {
                    let kind = match error.kind() {
                        csv::ErrorKind::Io(error) => error.kind(),
                        _ => io::ErrorKind::InvalidData,
                    };
                    return Err(unread(place, kind));
                }
            }
            let begins = record.position().map_or(before.1, count);
            let lines = count(reader.position()).saturating_sub(begins);
            if lines > MOST_LINES || (lines > 1 && record.len() != self.shape.usual) {
                let byte = record.position().map_or(before.0, csv::Position::byte);
                return Ok(Some((byte, begins)));
            }
            if !blank(&record) && !each(row(&record, begins))? {
                return Ok(None);
            }
        }
    }
}

fn row(record: &ByteRecord, number: u64) -> Row {
    let last = record.len().saturating_sub(1);
    let ended = |(at, cell): (usize, &[u8])| match cell.strip_suffix(b"\r") {
        Some(cell) if at == last => decoded(cell),
        _ => decoded(cell),
    };
    let cells = (0u32..).zip(record.iter().enumerate().map(ended));
    let cells = cells.filter(|(_, value)| !value.is_empty()).collect();
    Row { number, cells, width: Some(record.len()) }
}

/// A cell as text; one in Windows-1252 among others in UTF-8 is not lost. Zero bytes, which old
/// programs leave behind, go.
fn decoded(cell: &[u8]) -> String {
    let text = match std::str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(cell).0.into_owned(),
    };
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_delimiter() {
        for (head, delimiter, usual) in [
            ("a,b,c\n1,2,3\n", b',', 3),
            ("a;b;c\n\"1,5\";2;3\n", b';', 3),
            ("a\tb\n1,2\t3\n", b'\t', 2),
            ("a|b\n1|2\n", b'|', 2),
            ("only\none\n", b',', 1),
            ("", b',', 1),
            ("name;note\nAmara;a, b, c\nBram;d, e, f\n", b';', 2),
        ] {
            assert_eq!(sniff(head.as_bytes()), Shape { delimiter, ends: b'\n', usual }, "{head}");
        }
        assert_eq!(said(b"sep=;\r\na;b"), Some((b';', 7)));
        assert_eq!(said(b"separate"), None);
    }
}
