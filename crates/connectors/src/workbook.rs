//! The rows of a workbook for those who keep it for a while: read in the limited child process,
//! with what each cell was.

use std::path::Path;

use crate::Fault;
use crate::worker::{self, Ask, Failed, MOST_FILE, Reply, SheetCell, Trouble};

/// Most rows of a sheet: as many as XLSX has.
const MOST_ROWS: u64 = 1 << 20;

/// A workbook in memory, small enough to be read.
pub struct Workbook {
    bytes: Vec<u8>,
}

impl Workbook {
    /// Takes a file.
    ///
    /// # Errors
    /// It can't be read, or is larger than 256 MB.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let size = std::fs::metadata(path).map_or(0, |m| m.len());
        if size > MOST_FILE {
            return Err(Trouble::TooLarge.fault("the workbook"));
        }
        let bytes = std::fs::read(path).map_err(|_| Trouble::Damaged.fault("the workbook"))?;
        Ok(Self { bytes })
    }

    /// The names of its sheets, hidden ones among them.
    ///
    /// # Errors
    /// It is damaged, protected, or too much.
    pub fn sheets(&self) -> Result<Vec<String>, Fault> {
        let mut names = Vec::new();
        let asked = worker::ask(&Ask::Sheets, &self.bytes, &mut |reply| {
            if let Reply::Sheets(found) = reply {
                names = found;
            }
            Ok(true)
        });
        told(asked).map(|()| names)
    }

    /// Hands over the rows of a sheet, number from 1 and cells with their column from 0, until
    /// `each` wants no more. Empty cells and rows are left out.
    ///
    /// # Errors
    /// It is damaged, protected, or too much.
    pub fn rows(
        &self,
        sheet: &str,
        each: &mut dyn FnMut(u64, Vec<(u32, SheetCell)>) -> bool,
    ) -> Result<(), Fault> {
        let ask = Ask::Typed { sheet: sheet.to_owned(), most: MOST_ROWS };
        let asked = worker::ask(&ask, &self.bytes, &mut |reply| {
            let Reply::Typed(rows) = reply else { return Ok(true) };
            for (row, cells) in rows {
                if !each(row, cells) {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        told(asked)
    }
}

fn told(asked: Result<(), Failed>) -> Result<(), Fault> {
    asked.map_err(|failed| failed.fault("the workbook"))
}
