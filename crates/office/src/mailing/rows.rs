//! Lists in other forms than text. A workbook is hostile until read: a limited process reads it and
//! hands over rows, with what each cell was.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use candour_connectors::{SheetCell, Workbook};
use candour_screening::{
    Cell, Encoding, Format, Guess, Outcome, Outs, Plan, Shape, inspect, likely_kind,
};

use super::screen::{Ready, is_list, no_row, told};
use crate::error::{Error, Result};

/// Rows of a workbook that are looked at before its columns are confirmed.
const LOOKED_AT: usize = 1000;
/// Rows on their way from the process that reads to the one that judges.
const AHEAD: usize = 1024;

/// Screens a list of any form that is known.
///
/// # Errors
/// The list, its columns or the files.
pub fn screen_any(
    ready: &Ready,
    list: &Path,
    plan: &Plan,
    outs: &Outs,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome> {
    let shape = inspect(list).map_err(|e| told(&e))?;
    if !matches!(shape.format, Format::Workbook | Format::OldWorkbook) {
        is_list(&shape.header)?;
        return with_rows(ready.screen(list, plan, outs, progress)?);
    }
    let book = Workbook::open(list)?;
    let sheet = only_sheet(&book)?;
    let header = head(&book, &sheet)?;
    let width = header.len();
    let (send, rows) = sync_channel::<std::result::Result<Vec<Cell>, String>>(AHEAD);
    std::thread::scope(|s| {
        s.spawn(move || {
            let mut first = true;
            let read = book.rows(&sheet, &mut |_, cells| {
                if std::mem::replace(&mut first, false) && plan.header {
                    return true;
                }
                send.send(Ok(filled(cells, width))).is_ok()
            });
            if let Err(fault) = read {
                let _ = send.send(Err(fault.to_string()));
            }
        });
        with_rows(ready.screen_rows(list, &header, rows, plan, outs)?)
    })
}

fn with_rows(out: Outcome) -> Result<Outcome> {
    if out.rows == 0 { Err(no_row()) } else { Ok(out) }
}

/// The sheet with rows. Of several it could not be told which is meant, and those of the others
/// would be passed over in silence.
pub(super) fn only_sheet(book: &Workbook) -> Result<String> {
    let mut with_rows = Vec::new();
    for name in book.sheets()? {
        let mut any = false;
        book.rows(&name, &mut |_, cells| {
            any = cells.iter().any(|(_, cell)| !matches!(cell, SheetCell::Text(t) if t.is_empty()));
            !any
        })?;
        if any {
            with_rows.push(name);
        }
    }
    match with_rows.len() {
        0 => Err(Error::invalid("list", "The workbook has no sheet with rows")),
        1 => Ok(with_rows.swap_remove(0)),
        n => Err(Error::invalid(
            "list",
            format!(
                "The workbook has {n} sheets with rows: save the one you mean as a file of its own"
            ),
        )),
    }
}

/// The first row, as names of columns.
fn head(book: &Workbook, sheet: &str) -> Result<Vec<String>> {
    let mut head = Vec::new();
    book.rows(sheet, &mut |_, cells| {
        let width = cells.iter().map(|(c, _)| *c as usize + 1).max().unwrap_or(0);
        head = filled(cells, width).iter().map(shown).collect();
        false
    })?;
    if head.is_empty() {
        return Err(Error::invalid("list", "The workbook has no row"));
    }
    Ok(head)
}

/// Every cell of a row, empty ones too.
pub(super) fn filled(cells: Vec<(u32, SheetCell)>, width: usize) -> Vec<Cell> {
    let mut row: BTreeMap<u32, Cell> = cells
        .into_iter()
        .map(|(c, cell)| {
            let cell = match cell {
                SheetCell::Text(t) => Cell::Text(t),
                SheetCell::Number(n) => Cell::Number(n),
                SheetCell::Date(t) => Cell::Date(t),
                SheetCell::Formula(t) => Cell::Formula(t),
                SheetCell::Error(t) => Cell::Error(t),
            };
            (c, cell)
        })
        .collect();
    let last = row.keys().next_back().map_or(0, |c| *c as usize + 1);
    (0..width.max(last).min(16_384))
        .map(|c| row.remove(&(c as u32)).unwrap_or(Cell::Empty))
        .collect()
}

pub(super) fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Number(n) => n.to_string(),
        Cell::Text(t) | Cell::Date(t) | Cell::Formula(t) | Cell::Error(t) => t.trim().to_owned(),
    }
}

/// What a workbook looks like: its first sheet.
///
/// # Errors
/// It can't be read, or is of another kind.
pub fn shape(list: &Path) -> Result<Shape> {
    let look = inspect(list).map_err(|e| told(&e))?;
    if !matches!(look.format, Format::Workbook | Format::OldWorkbook) {
        return Ok(look);
    }
    let book = Workbook::open(list)?;
    let sheet = only_sheet(&book)?;
    let header = head(&book, &sheet)?;
    let mut sample: Vec<Vec<String>> = Vec::new();
    let mut rows = 0_u64;
    book.rows(&sheet, &mut |_, cells| {
        rows += 1;
        if rows > 1 && sample.len() < LOOKED_AT {
            sample.push(filled(cells, header.len()).iter().map(shown).collect());
        }
        true
    })?;
    let column = |i: usize| {
        let values: Vec<&str> =
            sample.iter().filter_map(|r| r.get(i)).map(String::as_str).collect();
        let filled = values.iter().filter(|v| !v.is_empty()).count();
        let likely = likely_kind(&values);
        Guess {
            kind: likely.map(|(k, _)| k),
            filled: u32::try_from(filled).unwrap_or(u32::MAX),
            per_cent: likely.map_or(0, |(_, p)| p),
            first_failed_line: None,
        }
    };
    let doubled = |name: &String| {
        !name.is_empty() && header.iter().filter(|other| *other == name).count() > 1
    };
    let mut twice: Vec<String> = header.iter().filter(|n| doubled(n)).cloned().collect();
    twice.sort();
    twice.dedup();
    Ok(Shape {
        format: look.format,
        encoding: Encoding::Utf8,
        bom: false,
        delimiter: ',',
        quoted: false,
        row_end: "\n",
        doubled: twice,
        unnamed: (1..=header.len()).filter(|n| header[n - 1].is_empty()).collect(),
        no_header: header.iter().any(|h| h.contains('@')),
        columns: (0..header.len()).map(column).collect(),
        rows_estimate: rows.saturating_sub(1),
        bytes: look.bytes,
        header,
    })
}
