//! PDF copies of the pages that people print and keep. The pages themselves come first: where a
//! copy can't be made, the pack goes without it, and the check sheet says so.

use std::io::Write;

use jiff::Timestamp;

use super::out::Out;
use crate::error::Result;
use crate::kit::press::Press;
use crate::requests::gate::{self, FileCheck, Finding, Outcome, Sheet, Then};

/// A table with more rows than this gets no copy: some sixty sheets of paper.
pub(super) const MOST_ROWS: usize = 1000;
const PDF: &str = "application/pdf";
/// What the gate calls the title, the date and the standards of a PDF.
const PROPERTIES: &str = "properties of the file";

/// Makes the copies of one pack.
pub(super) struct Copies {
    /// `None` where there is no press, or it failed once.
    press: Option<Press>,
    made: Timestamp,
    too_long: bool,
    checks: Vec<FileCheck>,
    warnings: Vec<String>,
}

impl Copies {
    /// For a pack that is dated so.
    pub(super) fn new(press: Option<Press>, made: Timestamp) -> Self {
        Self { press, made, too_long: false, checks: Vec::new(), warnings: Vec::new() }
    }

    /// Puts a copy of a page beside it; `rows` are those of its table.
    ///
    /// # Errors
    /// Of what is written to. A copy that can't be made is no error.
    pub(super) fn of<W: Write>(
        &mut self,
        page: &str,
        html: &str,
        rows: usize,
        out: &mut Out<W>,
    ) -> Result<()> {
        let Some(press) = &self.press else { return Ok(()) };
        if rows > MOST_ROWS {
            self.too_long = true;
            return Ok(());
        }
        let stem = page.trim_end_matches(".html");
        match press.pdf(html, self.made) {
            Ok(pdf) => {
                if self.passes(stem, &pdf) {
                    out.file(&format!("{stem}.pdf"), PDF, &pdf)?;
                }
            }
            Err(why) => {
                self.warnings.push(format!(
                    "No PDF copy was made of {page} and what comes after it: {why}. The pack is \
                     whole without. What to do: candour doctor."
                ));
                // The next page would wait for it again.
                self.press = None;
            }
        }
        Ok(())
    }

    /// Whether the gate lets a copy out. What it says of itself stays in it: our own title, the
    /// day, and the standards it keeps to, without which it would be no accessible PDF.
    fn passes(&mut self, stem: &str, pdf: &[u8]) -> bool {
        let checked = gate::check(&format!("{stem}.pdf"), PDF, pdf);
        let mut found = checked.findings;
        for f in found.iter_mut().filter(|f| f.what == PROPERTIES) {
            *f = Finding::new("its title, day and standards, which stay", f.count, Then::Noted);
        }
        let passes = found.iter().all(|f| f.then == Then::Noted);
        let outcome = if passes { Outcome::Passed } else { Outcome::Stopped };
        let (file, kind) = (stem.to_owned(), checked.kind.word().to_owned());
        // The page itself goes out all the same.
        self.checks.push(FileCheck { file, kind, outcome, found, nothing_sent: false });
        if !passes {
            self.warnings.push(format!(
                "The PDF copy of {stem}.html did not pass the check of outgoing files and was \
                 left out."
            ));
        }
        passes
    }

    /// A page got no copy because its table has too many rows.
    pub(super) fn too_long(&self) -> bool {
        self.too_long
    }

    /// Puts on the check sheet what became of them.
    pub(super) fn tell(self, sheet: &mut Sheet) {
        let passed = self.checks.iter().filter(|c| c.outcome == Outcome::Passed).count();
        sheet.pdf_copies = passed as u64;
        sheet.files.extend(self.checks);
        sheet.warnings.extend(self.warnings);
    }
}
