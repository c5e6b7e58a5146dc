//! The rows of a file that could not be taken, all of them, as CSV: the line and what is wrong.
//! Never what stands in a row. A page names the first hundred only.

use std::io::Write;
use std::path::Path;

use csv::{Terminator, Writer, WriterBuilder};

use crate::error::{Error, Result};
use crate::kit::blobs::{BlobWriter, Finished};
use crate::kit::forms::sentence;
use crate::office::Office;
use crate::proof::By;

/// Told of each row that can't be taken.
pub trait BadRows {
    /// A row: its line from 1, and what is wrong with it.
    ///
    /// # Errors
    /// It can't be kept.
    fn add(&mut self, line: u64, what: &str) -> Result<()>;
}

/// Nobody wants to know.
impl BadRows for () {
    fn add(&mut self, _: u64, _: &str) -> Result<()> {
        Ok(())
    }
}

/// A CSV file of them, with a heading.
pub struct Table<W: Write>(Writer<W>);

impl<W: Write> Table<W> {
    /// Writes the heading.
    ///
    /// # Errors
    /// It can't be written.
    pub fn new(to: W) -> Result<Self> {
        let mut out = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(to);
        out.write_record(["line", "what is wrong"]).map_err(broken)?;
        Ok(Self(out))
    }

    /// What was written to, with everything in it.
    ///
    /// # Errors
    /// It can't be written.
    pub fn end(self) -> Result<W> {
        let out = self.0.into_inner();
        out.map_err(|e| std::io::Error::from(e.error().kind()).into())
    }
}

impl<W: Write> BadRows for Table<W> {
    fn add(&mut self, line: u64, what: &str) -> Result<()> {
        self.0.write_record([line.to_string(), sentence(what)]).map_err(broken)
    }
}

fn broken(e: csv::Error) -> Error {
    Error::Fault(e.into())
}

/// Writes a file of them that only its owner may read; one of that name is written over.
///
/// # Errors
/// It can't be written, or what `fill` answers.
pub fn to_file<T>(path: &Path, fill: impl FnOnce(&mut dyn BadRows) -> Result<T>) -> Result<T> {
    let part = path.with_extension("part");
    let _ = std::fs::remove_file(&part);
    let file = crate::settings::private_file(&part).map_err(|_| {
        let message = format!("{} can't be written: name another file", path.display());
        Error::invalid("bad_rows", message)
    })?;
    let mut table = Table::new(file)?;
    let done = fill(&mut table)?;
    table.end()?.sync_all()?;
    std::fs::rename(part, path)?;
    Ok(done)
}

/// The table, sealed with the office's own key; begun with the first row.
pub struct Sealed<'a> {
    office: &'a Office,
    by: &'a By,
    table: Option<Table<BlobWriter>>,
}

impl<'a> Sealed<'a> {
    /// None so far.
    pub fn new(office: &'a Office, by: &'a By) -> Self {
        Self { office, by, table: None }
    }

    /// What was written, if there was anything: to be finished with the change that names it.
    ///
    /// # Errors
    /// Of the database.
    pub fn end(self) -> Result<Option<Finished>> {
        self.table.map(|t| t.end()?.end()).transpose()
    }

    fn start(&self) -> Result<Table<BlobWriter>> {
        let (vault, org, now) = (self.office.vault().clone(), self.by.org.clone(), self.by.now);
        let key = self.office.chore(move |tx| vault.key_for(tx, &org, "office", now))?;
        let (db, vault) = (self.office.db(), self.office.vault());
        Table::new(BlobWriter::start(db, vault, &self.by.org, &key, "import-bad-rows", now)?)
    }
}

impl BadRows for Sealed<'_> {
    fn add(&mut self, line: u64, what: &str) -> Result<()> {
        let mut table = match self.table.take() {
            Some(table) => table,
            None => self.start()?,
        };
        table.add(line, what)?;
        self.table = Some(table);
        Ok(())
    }
}
