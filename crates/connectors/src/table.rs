//! Tables in files: CSV, and the sheets of workbooks.
//!
//! Every row is read and judged, so nothing rests on how values are stored. CSV is read here,
//! workbooks by [`crate::worker`].

mod csv;
mod head;
mod search;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use candour_screening::normalise;

use crate::documents::tree::{self, Going, Item, Step};
use crate::documents::{source, text_fields};
use crate::map::{Collection, DataMap, HoldingKind, Stored};
use crate::schema::{LiveCollection, Schema};
use crate::worker::{self, Ask, Cells, MOST_FILE, Reply, Trouble};
use crate::{
    Connector, Fault, FaultKind, Inclusion, Kind, Sample, Searched, Seek, Sink, Tested, words,
};

use head::{Head, TOP_ROWS};

/// Rows read to tell how many there are and which columns have no value twice.
const MOST_COUNTED: u64 = 50_000;

/// Open a CSV file, a workbook, or a folder of either.
pub(crate) fn open(map: &DataMap, base: &Path) -> Result<Box<dyn Connector>, Fault> {
    let root = source(map, base)?;
    let workbooks = map.kind == HoldingKind::Workbook;
    Ok(Box::new(Tables { holding: map.holding.clone(), root, workbooks }))
}

/// A row as a file has it.
#[derive(Debug, Clone)]
struct Row {
    /// Line of a CSV file or row of a sheet, from 1.
    number: u64,
    /// Cells that hold something: column from 0, and value.
    cells: Cells,
    /// How many cells there are with the empty ones, where the file tells.
    width: Option<usize>,
}

/// A table of the holding.
#[derive(Debug, Clone)]
struct Table {
    name: String,
    item: Item,
    /// The sheet of a workbook.
    sheet: Option<String>,
}

struct Tables {
    holding: String,
    root: PathBuf,
    workbooks: bool,
}

impl Tables {
    /// Every table there is; what cannot be opened goes to `missed`.
    fn list(&self, missed: &mut dyn FnMut(Fault)) -> Result<Vec<Table>, Fault> {
        let mut tables = Vec::new();
        let mut others = 0;
        let single = !self.root.is_dir();
        tree::walk(&self.holding, &self.root, &mut |step| {
            let item = match step {
                Step::Missed(fault) => {
                    missed(fault);
                    return Ok(true);
                }
                Step::File(item) => item,
            };
            let ending = item.name().rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
            let of_csv = matches!(ending.as_str(), "csv" | "tsv" | "tab" | "txt");
            let of_book =
                matches!(ending.as_str(), "xlsx" | "xlsm" | "xltx" | "xlsb" | "xls" | "ods");
            // Excel's mark that a workbook is open in another program.
            let lock = item.name().starts_with("~$") || item.name().starts_with(".~lock");
            if lock || !(single || if self.workbooks { of_book } else { of_csv }) {
                others += u64::from(!lock);
            } else if !self.workbooks {
                tables.push(Table { name: item.relative.clone(), item, sheet: None });
            } else {
                match sheets(&item) {
                    Ok(sheets) => tables.extend(sheets.into_iter().map(|sheet| Table {
                        name: if single {
                            sheet.clone()
                        } else {
                            format!("{}/{sheet}", item.relative)
                        },
                        item: item.clone(),
                        sheet: Some(sheet),
                    })),
                    Err(fault) => missed(fault),
                }
            }
            Ok(true)
        })?;
        if others > 0 {
            let kind = if self.workbooks { "workbooks" } else { "tables" };
            missed(Fault::new(
                FaultKind::Damaged,
                &self.holding,
                format!("{others} files of the folder are no {kind} by their ending"),
                "Make them a holding of their own kind if they hold personal data.",
            ));
        }
        Ok(tables)
    }

    fn table(&self, name: &str) -> Result<Table, Fault> {
        let mut faults = Vec::new();
        let found =
            self.list(&mut |fault| faults.push(fault))?.into_iter().find(|t| t.name == name);
        found.ok_or_else(|| match faults.into_iter().next() {
            Some(fault) if self.workbooks => fault,
            _ => Fault::new(
                FaultKind::Drift,
                self.place(name),
                "the holding has no such table",
                "Check the data map against the live schema.",
            ),
        })
    }

    fn place(&self, table: &str) -> String {
        format!("{}, {table}", self.holding)
    }

    /// Rows below the header, with the header. `most` counts them.
    fn rows(
        &self,
        table: &Table,
        map: Option<&Collection>,
        most: u64,
        each: &mut dyn FnMut(&Head, Row) -> Going,
    ) -> Result<Vec<Fault>, Fault> {
        let mut top: Vec<Row> = Vec::new();
        let mut head: Option<Head> = None;
        let mut told = 0;
        let mut tell = |head: &Head, row: Row| {
            if row.number <= head.row || row.cells.is_empty() {
                return Ok(true);
            }
            told += 1;
            Ok(each(head, row)? && told < most)
        };
        let limit = most.saturating_add(TOP_ROWS as u64);
        let faults = self.raw(table, limit, &mut |row| {
            if let Some(head) = &head {
                return tell(head, row);
            }
            top.push(row);
            if top.len() < TOP_ROWS {
                return Ok(true);
            }
            let found = head.insert(Head::find(&top, map));
            for row in top.drain(..) {
                if !tell(found, row)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })?;
        if head.is_none() {
            let found = Head::find(&top, map);
            for row in top {
                if !tell(&found, row)? {
                    break;
                }
            }
        }
        Ok(faults)
    }

    fn raw(
        &self,
        table: &Table,
        most: u64,
        each: &mut dyn FnMut(Row) -> Going,
    ) -> Result<Vec<Fault>, Fault> {
        let place = self.place(&table.name);
        let Some(sheet) = &table.sheet else { return csv::rows(&table.item, &place, each) };
        let bytes = bytes(&table.item, &place)?;
        let ask = Ask::Rows { sheet: sheet.clone(), most };
        let asked = worker::ask(&ask, &bytes, &mut |reply| {
            let Reply::Rows(rows) = reply else { return Ok(true) };
            for (number, cells) in rows {
                if !each(Row { number, cells, width: None })? {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        asked.map(|()| Vec::new()).map_err(|failed| failed.fault(place))
    }

    /// The columns of a table.
    fn head(&self, table: &Table, map: Option<&Collection>) -> Result<Head, Fault> {
        let mut top = Vec::new();
        self.raw(table, TOP_ROWS as u64, &mut |row| {
            top.push(row);
            Ok(top.len() < TOP_ROWS)
        })?;
        Ok(Head::find(&top, map))
    }

    fn live(&self, table: &Table) -> Result<LiveCollection, Fault> {
        let head = self.head(table, None)?;
        let mut once: Vec<(usize, HashSet<String>)> = (0..head.names.len())
            .filter(|at| numbering(&head.names[*at].1))
            .map(|at| (at, HashSet::new()))
            .collect();
        let mut count = 0;
        self.rows(table, None, MOST_COUNTED, &mut |head, row| {
            count += 1;
            let values = head.values(&row);
            once.retain_mut(|(at, seen)| {
                values.get(*at).cloned().flatten().is_some_and(|value| seen.insert(value))
            });
            Ok(true)
        })?;
        let mut fields = text_fields(head.names.iter().map(|(_, name)| name.as_str()));
        for (at, _) in once.iter().filter(|_| count > 0) {
            if let Some(field) = fields.get_mut(*at) {
                (field.unique, field.nullable) = (true, false);
            }
        }
        let rows_estimate = (count < MOST_COUNTED).then_some(count);
        Ok(LiveCollection { name: table.name.clone(), fields, rows_estimate, ..Default::default() })
    }

    /// Every filled value of a field, until `each` has enough.
    fn values(
        &self,
        collection: &str,
        field: &str,
        each: &mut dyn FnMut(&str) -> bool,
    ) -> Result<(), Fault> {
        let table = self.table(collection)?;
        if self.head(&table, None)?.at(field).is_none() {
            return Err(Fault::new(
                FaultKind::Drift,
                format!("{}.{field}", self.place(collection)),
                "the table has no such field",
                "Check the data map against the live schema.",
            ));
        }
        self.rows(&table, None, u64::MAX, &mut |head, row| {
            let value = head.at(field).and_then(|at| head.values(&row).into_iter().nth(at)?);
            Ok(value.is_none_or(|v| each(&v)))
        })?;
        Ok(())
    }
}

/// Whether a column's name says that it numbers rows or persons.
fn numbering(name: &str) -> bool {
    const LAST: [&str; 6] = ["id", "no", "number", "ref", "code", "nr"];
    words::tokens(name).last().is_some_and(|last| LAST.contains(&last.as_str()))
}

fn bytes(item: &Item, place: &str) -> Result<Vec<u8>, Fault> {
    let read = item.read(MOST_FILE).map_err(|error| tree::unread(place, error.kind()))?;
    read.ok_or_else(|| Trouble::TooLarge.fault(place))
}

fn sheets(item: &Item) -> Result<Vec<String>, Fault> {
    let bytes = bytes(item, &item.shown)?;
    let mut sheets = Vec::new();
    let asked = worker::ask(&Ask::Sheets, &bytes, &mut |reply| {
        if let Reply::Sheets(names) = reply {
            sheets = names;
        }
        Ok(true)
    });
    asked.map_err(|failed| failed.fault(&item.shown))?;
    Ok(sheets)
}

impl Connector for Tables {
    fn test(&mut self) -> Result<Tested, Fault> {
        let mut notes = Vec::new();
        let collections = self.list(&mut |fault| notes.push(fault.to_string()))?.len();
        let server = if self.workbooks { "workbooks" } else { "CSV files" }.to_owned();
        Ok(Tested { server, encrypted: true, collections, notes })
    }

    /// Tables that cannot be read are left out; `test` and `find` name them.
    fn schema(&mut self) -> Result<Schema, Fault> {
        let tables = self.list(&mut |_| {})?;
        let collections = tables.iter().filter_map(|table| self.live(table).ok()).collect();
        Ok(Schema { collections })
    }

    fn sample(&mut self, collection: &str, limit: u32) -> Result<Sample, Fault> {
        let table = self.table(collection)?;
        let head = self.head(&table, None)?;
        let fields = head.names.into_iter().map(|(_, name)| name).collect();
        let mut sample = Sample { fields, rows: Vec::new() };
        if limit > 0 {
            self.rows(&table, None, limit.into(), &mut |head, row| {
                sample.rows.push(head.values(&row));
                Ok(true)
            })?;
        }
        Ok(sample)
    }

    fn census(&mut self, collection: &str, field: &str, kind: Kind) -> Result<Stored, Fault> {
        let (mut mixed, mut tagged) = (false, false);
        self.values(collection, field, &mut |value| {
            let normal = normalise(kind, value).ok();
            mixed |= normal.as_deref() != Some(value);
            tagged |= match kind {
                Kind::Email => value.contains('+'),
                _ => value.trim_start_matches(|c: char| !c.is_ascii_digit()).starts_with('0'),
            };
            !mixed
        })?;
        Ok(match (mixed, tagged) {
            (true, _) => Stored::Mixed,
            (false, true) => Stored::Tagged,
            (false, false) => Stored::Normal,
        })
    }

    fn included(
        &mut self,
        from: (&str, &str),
        to: (&str, &str),
        limit: u32,
    ) -> Result<Inclusion, Fault> {
        let mut values: HashSet<String> = HashSet::new();
        if limit > 0 {
            self.values(from.0, from.1, &mut |value| {
                values.insert(value.to_owned());
                values.len() < limit as usize
            })?;
        }
        let sampled = values.len() as u64;
        self.values(to.0, to.1, &mut |value| {
            values.remove(value);
            !values.is_empty()
        })?;
        Ok(Inclusion { sampled, found: sampled - values.len() as u64 })
    }

    fn find(&mut self, map: &DataMap, seek: &Seek, sink: &mut dyn Sink) -> Result<Searched, Fault> {
        search::find(self, map, seek, sink)
    }
}
