//! The rows of a file of any form that lists come in: text with any delimiter and encoding, or a
//! workbook, which a limited process reads.

use std::collections::HashSet;
use std::io::Read;
use std::path::Path;

use candour_connectors::Workbook;
use candour_screening::{At, Column, Encoding, Format, Kind, Plan, Shape, inspect, normalise};
use encoding_rs::{CoderResult, Decoder, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::rows::{self, shown};
use super::screen;
use crate::error::{Error, Result};
use crate::kit::forms::count;

/// As many allowed rows are looked through for addresses that stand there twice.
const COMPARED: u64 = 500_000;

/// What a file looks like: its delimiter, encoding, headings, what its columns seem to hold.
///
/// # Errors
/// It can't be read, or is of another kind.
pub fn shape(path: &Path) -> Result<Shape> {
    let shape = inspect(path).map_err(|e| screen::told(&e))?;
    if shape.format == Format::Csv { Ok(shape) } else { rows::shape(path) }
}

/// Hands over every row with its line, the heading too, until the taker has had enough.
///
/// # Errors
/// The file breaks off, or of the taker.
pub fn each(
    path: &Path,
    shape: &Shape,
    mut take: impl FnMut(u64, &[String]) -> Result<()>,
) -> Result<()> {
    match shape.format {
        Format::Csv => each_of_text(path, shape, take),
        Format::Workbook | Format::OldWorkbook => {
            let book = Workbook::open(path)?;
            let sheet = rows::only_sheet(&book)?;
            let mut trouble = None;
            book.rows(&sheet, &mut |line, cells| {
                let row: Vec<String> = rows::filled(cells, 0).iter().map(shown).collect();
                trouble = take(line, &row).err();
                trouble.is_none()
            })?;
            trouble.map_or(Ok(()), Err)
        }
        _ => Err(Error::invalid("file", "Save the list as CSV or XLSX")),
    }
}

fn each_of_text(
    path: &Path,
    shape: &Shape,
    mut take: impl FnMut(u64, &[String]) -> Result<()>,
) -> Result<()> {
    let delimiter = u8::try_from(shape.delimiter).unwrap_or(b',');
    let text = Text::new(std::fs::File::open(path)?, shape.encoding);
    let mut rows = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(text);
    let mut row = csv::ByteRecord::new();
    loop {
        // The reader's words may repeat what it read.
        let more = rows.read_byte_record(&mut row).map_err(|_| {
            Error::invalid("file", "The file breaks off: save it again and send it whole")
        })?;
        if !more {
            return Ok(());
        }
        // The reader counts a row's line before it has passed the second byte of the one before.
        let late = u64::from(shape.row_end == "\r\n");
        let line = row.position().map_or(0, |p| p.line() + late * u64::from(p.byte() > 0));
        let cells: Vec<String> = row
            .iter()
            .map(|c| String::from_utf8_lossy(c).trim_start_matches('\u{feff}').trim().to_owned())
            .collect();
        take(line, &cells)?;
    }
}

/// The place of a column: by its heading or number, or the first that seems to hold this kind.
///
/// # Errors
/// There is none.
pub fn column(shape: &Shape, asked: Option<&str>, kind: Kind) -> Result<usize> {
    let found = match asked {
        Some(name) => match name.parse::<usize>() {
            Ok(n) if n > 0 && n <= shape.header.len() => Some(n - 1),
            _ => shape.header.iter().position(|h| h.trim().eq_ignore_ascii_case(name.trim())),
        },
        None => shape.columns.iter().position(|g| g.kind == Some(kind)),
    };
    found.ok_or_else(|| {
        Error::invalid("column", "Name the column that was contacted: its heading or number")
    })
}

/// How many of the allowed rows have an address that stands in a row before. They are left in:
/// which of them is meant is for whoever sends. `None` where it is not looked for: in a long list,
/// and where an address stands in several columns.
///
/// # Errors
/// The file breaks off.
pub fn doubled(allowed: &Path, plan: &Plan, rows: u64) -> Result<Option<u64>> {
    let Some(Column { at, kind }) = plan.columns.first() else { return Ok(None) };
    match rows {
        0 => return Ok(Some(0)),
        n if n > COMPARED => return Ok(None),
        _ => {}
    }
    let shape = shape(allowed)?;
    let place = match at {
        At::Number(n) => Some(n.saturating_sub(1)),
        At::Name(name) => column(&shape, Some(name), *kind).ok(),
        At::Joined(_) => None,
    };
    let Some(place) = place else { return Ok(None) };
    let (mut seen, mut twice, mut heading) = (HashSet::new(), 0, plan.header);
    each(allowed, &shape, |_, row| {
        let first = std::mem::replace(&mut heading, false);
        let cell = row.get(place).filter(|_| !first);
        if let Some(normal) = cell.and_then(|c| normalise(*kind, c).ok())
            && !seen.insert(normal)
        {
            twice += 1;
        }
        Ok(())
    })?;
    Ok(Some(twice))
}

/// What a certificate's reader has to know of such rows; nothing where there are none.
pub fn doubled_in_words(doubled: Option<u64>) -> Option<String> {
    let n = doubled.filter(|n| *n > 0)?;
    let rows = count(n, "allowed row has", "allowed rows have");
    Some(format!(
        "{rows} an address that stands in a row before. They were left in: write to each address once"
    ))
}

/// Text of any encoding, read as UTF-8.
struct Text<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    ready: Vec<u8>,
    at: usize,
    over: bool,
}

impl<R: Read> Text<R> {
    fn new(inner: R, encoding: Encoding) -> Self {
        let of = match encoding {
            Encoding::Utf8 => UTF_8,
            Encoding::Utf16Le => UTF_16LE,
            Encoding::Utf16Be => UTF_16BE,
            Encoding::Windows1252 => WINDOWS_1252,
        };
        let (raw, ready) = (vec![0; 1 << 16], Vec::new());
        Self { inner, decoder: of.new_decoder(), raw, ready, at: 0, over: false }
    }

    fn fill(&mut self) -> std::io::Result<()> {
        let n = self.inner.read(&mut self.raw)?;
        self.over = n == 0;
        let most = self.decoder.max_utf8_buffer_length(n).unwrap_or(1 << 20);
        let mut out = String::with_capacity(most);
        let piece = self.raw.get(..n).unwrap_or_default();
        let (result, _, _) = self.decoder.decode_to_string(piece, &mut out, self.over);
        debug_assert_eq!(result, CoderResult::InputEmpty, "the buffer was large enough");
        (self.ready, self.at) = (out.into_bytes(), 0);
        Ok(())
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.ready.len() && !self.over {
            self.fill()?;
        }
        let left = self.ready.get(self.at..).unwrap_or_default();
        let n = left.len().min(into.len());
        into[..n].copy_from_slice(&left[..n]);
        self.at += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same three rows however a program saved them.
    #[test]
    fn every_delimiter_and_encoding_gives_the_same_rows() {
        let dir = tempfile::tempdir().unwrap();
        let text =
            "Name;E-mail\r\nZoë Žižek;zoe@example.org\r\n\"Bo; the elder\";bo@example.org\r\n";
        let utf16 = |big: bool| {
            let units = std::iter::once(0xfeff).chain(text.encode_utf16());
            units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        let files: [(&str, Vec<u8>); 5] = [
            ("utf-8", text.as_bytes().to_vec()),
            ("mark", format!("\u{feff}{text}").into_bytes()),
            ("windows", encoding_rs::WINDOWS_1252.encode(text).0.into_owned()),
            ("utf-16 le", utf16(false)),
            ("utf-16 be", utf16(true)),
        ];
        for (name, bytes) in files {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let look = shape(&path).unwrap();
            let mut all = Vec::new();
            each(&path, &look, |line, row| {
                all.push((line, row.join("|")));
                Ok(())
            })
            .unwrap();
            let said: Vec<&str> = all.iter().map(|(_, r)| r.as_str()).collect();
            let rows = ["Name|E-mail", "Zoë Žižek|zoe@example.org", "Bo; the elder|bo@example.org"];
            assert_eq!(said, rows, "{name}");
            assert_eq!(all[2].0, 3, "{name}");
            assert_eq!(column(&look, None, Kind::Email).unwrap(), 1, "{name}");
            assert_eq!(column(&look, Some("e-MAIL"), Kind::Email).unwrap(), 1, "{name}");
        }
    }
}
