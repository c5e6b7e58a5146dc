//! Rows of workbooks. XLSX is streamed cell by cell: a single cell in the last corner of a sheet
//! must not ask for the memory of all the empty ones before it.

use std::io::Cursor;

use calamine::{
    Data, DataRef, ExcelDateTime, Ods, OdsError, Reader, SheetType, Xls, XlsError, Xlsb, Xlsx,
    XlsxError,
};

use super::office;
use super::wire::{SheetCell, Trouble, TypedCells};
use super::xml::Text;

/// Most cells read of one sheet.
const MOST_CELLS: u64 = 20_000_000;
/// Longest value kept of one cell, in bytes; a spreadsheet itself allows 32,767 characters.
const MOST_CELL: usize = 256 << 10;
/// Most formulas of one sheet that are kept apart.
const MOST_FORMULAS: u64 = 2_000_000;
/// Rows, and bytes of values, in one message.
const ROWS_EACH: usize = 256;
const BYTES_EACH: usize = 1 << 20;

/// Takes a row, its number from 1, and says whether it wants more.
type Each<'a> = dyn FnMut(u64, TypedCells) -> Result<bool, Trouble> + 'a;
type Bytes<'a> = Cursor<&'a [u8]>;
/// Row and column of each formula, from 0.
type Formulas = std::collections::HashSet<(u32, u32)>;

enum Book<'a> {
    Xlsx(Box<Xlsx<Bytes<'a>>>),
    Xlsb(Box<Xlsb<Bytes<'a>>>),
    Xls(Box<Xls<Bytes<'a>>>),
    Ods(Box<Ods<Bytes<'a>>>),
}

impl<'a> Book<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Trouble> {
        office::admit(bytes)?;
        let from = || Cursor::new(bytes);
        if !bytes.starts_with(b"PK") {
            let book = Xls::new(from()).map_err(|e| match e {
                XlsError::Password => Trouble::Encrypted,
                _ => Trouble::Damaged,
            })?;
            return Ok(Self::Xls(Box::new(book)));
        }
        // The directory of a zip file stands at its end, uncompressed.
        if memchr::memmem::rfind(bytes, b"xl/workbook.xml").is_some() {
            return Ok(Self::Xlsx(Box::new(Xlsx::new(from()).map_err(of_xlsx)?)));
        }
        if memchr::memmem::rfind(bytes, b"xl/workbook.bin").is_some() {
            return Ok(Self::Xlsb(Box::new(Xlsb::new(from()).map_err(|_| Trouble::Damaged)?)));
        }
        let book = Ods::new(from()).map_err(|e| match e {
            OdsError::Password => Trouble::Encrypted,
            _ => Trouble::Damaged,
        })?;
        Ok(Self::Ods(Box::new(book)))
    }

    fn names(&self) -> Vec<String> {
        let sheets = match self {
            Self::Xlsx(b) => b.sheets_metadata(),
            Self::Xlsb(b) => b.sheets_metadata(),
            Self::Xls(b) => b.sheets_metadata(),
            Self::Ods(b) => b.sheets_metadata(),
        };
        let rows = |t: SheetType| matches!(t, SheetType::WorkSheet | SheetType::DialogSheet);
        sheets.iter().filter(|s| rows(s.typ)).map(|s| s.name.clone()).collect()
    }

    /// Where the formulas of a sheet stand. Other kinds of workbook tell values only.
    fn formulas(&mut self, sheet: &str) -> Result<Formulas, Trouble> {
        let mut at = Formulas::new();
        let Self::Xlsx(book) = self else { return Ok(at) };
        let mut cells = book.worksheet_cells_reader(sheet).map_err(of_xlsx)?;
        while let Some(cell) = cells.next_formula().map_err(of_xlsx)? {
            if !cell.get_value().is_empty() {
                at.insert(cell.get_position());
            }
            if at.len() as u64 > MOST_FORMULAS {
                return Err(Trouble::TooLarge);
            }
        }
        Ok(at)
    }

    fn rows(&mut self, sheet: &str, each: &mut Each<'_>) -> Result<(), Trouble> {
        let range = match self {
            Self::Xlsx(book) => return streamed(book, sheet, each),
            Self::Xlsb(b) => b.worksheet_range(sheet).map_err(|_| Trouble::Damaged),
            Self::Xls(b) => b.worksheet_range(sheet).map_err(|_| Trouble::Damaged),
            Self::Ods(b) => b.worksheet_range(sheet).map_err(|_| Trouble::Damaged),
        }?;
        let Some((first, left)) = range.start() else { return Ok(()) };
        let mut grouped = Grouped::new(each);
        for (row, column, data) in range.used_cells() {
            let at = (u64::from(first) + row as u64 + 1, left + u32::try_from(column).unwrap_or(0));
            if !grouped.cell(at.0, at.1, value(data))? {
                return Ok(());
            }
        }
        grouped.end()
    }
}

fn of_xlsx(error: XlsxError) -> Trouble {
    match error {
        XlsxError::Password => Trouble::Encrypted,
        XlsxError::WorksheetNotFound(_) => Trouble::NoSheet,
        _ => Trouble::Damaged,
    }
}

fn streamed(book: &mut Xlsx<Bytes<'_>>, sheet: &str, each: &mut Each<'_>) -> Result<(), Trouble> {
    let mut cells = book.worksheet_cells_reader(sheet).map_err(of_xlsx)?;
    let mut grouped = Grouped::new(each);
    while let Some(cell) = cells.next_cell().map_err(of_xlsx)? {
        let (row, column) = cell.get_position();
        let data = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::SharedString(text) => Data::String((*text).to_owned()),
            other => Data::from(other.clone()),
        };
        if !grouped.cell(u64::from(row) + 1, column, value(&data))? {
            return Ok(());
        }
    }
    grouped.end()
}

/// Puts cells together into rows.
struct Grouped<'a, 'b> {
    each: &'a mut Each<'b>,
    row: u64,
    cells: TypedCells,
    count: u64,
}

impl<'a, 'b> Grouped<'a, 'b> {
    fn new(each: &'a mut Each<'b>) -> Self {
        Self { each, row: 0, cells: Vec::new(), count: 0 }
    }

    fn cell(&mut self, row: u64, column: u32, value: SheetCell) -> Result<bool, Trouble> {
        self.count += 1;
        if self.count > MOST_CELLS {
            return Err(Trouble::TooLarge);
        }
        let value = match value {
            SheetCell::Text(text) if text.is_empty() => return Ok(true),
            SheetCell::Text(mut text) if text.len() > MOST_CELL => {
                let end = (0..=MOST_CELL).rev().find(|at| text.is_char_boundary(*at));
                text.truncate(end.unwrap_or(0));
                SheetCell::Text(text)
            }
            other => other,
        };
        if row != self.row && !self.cells.is_empty() {
            let cells = std::mem::take(&mut self.cells);
            if !(self.each)(self.row, cells)? {
                return Ok(false);
            }
        }
        self.row = row;
        self.cells.push((column, value));
        Ok(true)
    }

    fn end(self) -> Result<(), Trouble> {
        if !self.cells.is_empty() {
            (self.each)(self.row, self.cells)?;
        }
        Ok(())
    }
}

/// A value as what it is.
fn value(data: &Data) -> SheetCell {
    match data {
        Data::Empty => SheetCell::Text(String::new()),
        Data::String(text) => SheetCell::Text(text.clone()),
        Data::DurationIso(text) => SheetCell::Date(text.clone()),
        Data::DateTimeIso(text) => {
            SheetCell::Date(text.strip_suffix("T00:00:00").unwrap_or(text).replace('T', " "))
        }
        // A whole number of a sheet is far below the point where a float would round it.
        Data::Int(number) => SheetCell::Number(*number as f64),
        Data::Float(number) => SheetCell::Number(*number),
        Data::Bool(true) => SheetCell::Text("true".to_owned()),
        Data::Bool(false) => SheetCell::Text("false".to_owned()),
        Data::DateTime(moment) => SheetCell::Date(date(moment)),
        Data::Error(error) => SheetCell::Error(error.to_string()),
    }
}

/// A value as a person would write it.
fn written(cell: SheetCell) -> String {
    match cell {
        // Whole numbers up to here have one writing; a telephone is stored as one.
        SheetCell::Number(n) if n.fract() == 0.0 && n.abs() < 1e15 => format!("{n:.0}"),
        SheetCell::Number(n) => n.to_string(),
        SheetCell::Text(t) | SheetCell::Date(t) | SheetCell::Formula(t) | SheetCell::Error(t) => t,
    }
}

fn date(moment: &ExcelDateTime) -> String {
    let (y, mo, d, h, mi, s, _) = moment.to_ymd_hms_milli();
    if moment.is_duration() || moment.as_f64() < 1.0 {
        let seconds = (moment.as_f64() * 86_400.0).round();
        let hours = (seconds / 3600.0).floor();
        return format!("{hours:.0}:{mi:02}:{s:02}");
    }
    if (h, mi, s) == (0, 0, 0) {
        return format!("{y:04}-{mo:02}-{d:02}");
    }
    format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02}")
}

/// Names of the sheets that hold rows, hidden ones among them.
pub(super) fn names(bytes: &[u8]) -> Result<Vec<String>, Trouble> {
    Book::open(bytes).map(|book| book.names())
}

/// At most so many rows of a sheet, in batches, as long as `tell` wants them.
pub(super) fn rows(
    bytes: &[u8],
    sheet: &str,
    most: u64,
    tell: &mut dyn FnMut(Vec<(u64, super::wire::Cells)>) -> bool,
) -> Result<(), Trouble> {
    batched(&mut open(bytes, sheet)?, sheet, most, &Formulas::new(), &mut |rows| {
        let plain = |(row, cells): (u64, TypedCells)| {
            (row, cells.into_iter().map(|(c, v)| (c, written(v))).collect())
        };
        tell(rows.into_iter().map(plain).collect())
    })
}

/// The same with what each cell was: formulas told apart from what was typed.
pub(super) fn typed(
    bytes: &[u8],
    sheet: &str,
    most: u64,
    tell: &mut dyn FnMut(Vec<(u64, TypedCells)>) -> bool,
) -> Result<(), Trouble> {
    let mut book = open(bytes, sheet)?;
    let formulas = book.formulas(sheet)?;
    batched(&mut book, sheet, most, &formulas, tell)
}

fn open<'a>(bytes: &'a [u8], sheet: &str) -> Result<Book<'a>, Trouble> {
    let book = Book::open(bytes)?;
    if book.names().iter().any(|n| n == sheet) { Ok(book) } else { Err(Trouble::NoSheet) }
}

fn batched(
    book: &mut Book<'_>,
    sheet: &str,
    most: u64,
    formulas: &Formulas,
    tell: &mut dyn FnMut(Vec<(u64, TypedCells)>) -> bool,
) -> Result<(), Trouble> {
    let (mut batch, mut size, mut told) = (Vec::new(), 0, 0);
    let read = book.rows(sheet, &mut |row, mut cells| {
        for (column, cell) in &mut cells {
            let at = (u32::try_from(row - 1).unwrap_or(u32::MAX), *column);
            if formulas.contains(&at) {
                let value = std::mem::replace(cell, SheetCell::Text(String::new()));
                *cell = SheetCell::Formula(written(value));
            }
        }
        size += cells.iter().map(|(_, v)| weight(v)).sum::<usize>();
        batch.push((row, cells));
        told += 1;
        if batch.len() >= ROWS_EACH || size >= BYTES_EACH {
            size = 0;
            if !tell(std::mem::take(&mut batch)) {
                return Ok(false);
            }
        }
        Ok(told < most)
    });
    if !batch.is_empty() {
        tell(batch);
    }
    read
}

fn weight(cell: &SheetCell) -> usize {
    match cell {
        SheetCell::Number(_) => 8,
        SheetCell::Text(t) | SheetCell::Date(t) | SheetCell::Formula(t) | SheetCell::Error(t) => {
            t.len()
        }
    }
}

/// All sheets as text: a line for a row, tabs between cells.
pub(super) fn text(bytes: &[u8], out: &mut Text) -> Result<(), Trouble> {
    let mut book = Book::open(bytes)?;
    for name in book.names() {
        out.line();
        out.push(&name);
        out.line();
        book.rows(&name, &mut |_, cells| {
            for (nth, (_, value)) in cells.into_iter().enumerate() {
                out.push(if nth == 0 { "" } else { "\t" });
                out.push(&written(value));
            }
            out.push("\n");
            Ok(!out.cut)
        })?;
    }
    Ok(())
}
