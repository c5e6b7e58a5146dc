//! Screening lists in Apache Parquet: the rows that are allowed keep their schema and compression.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{BooleanArray, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::DataType;
use arrow_select::filter::filter_record_batch;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::WriterProperties;

use super::judge::Tally;
use super::outs::{Out, Three};
use super::rows::{Allowed, Cell, Sorter, check, hashed, shape};
use super::run::{finish, places, whole, written_heads};
use super::shape::Format;
use super::{Outcome, Outs, Plan, ScreenError, Shape, Verdicts};
use crate::{Book, KeyedHash};

/// Rows that are read together, and that are looked at before any is written.
const ROWS: usize = 1000;
/// Bytes that one column of one row group may have once it is unpacked.
const LARGEST: i64 = 1 << 29;
/// Bytes of the footer, which is unpacked as a whole.
const LARGEST_FOOTER: u64 = 1 << 26;
/// Bytes of allowed rows that wait in memory before their row group is closed.
const WAITING: usize = 16 << 20;

/// What an error of the library says may quote the list, so it is not passed on.
fn damaged<E>(_: E) -> ScreenError {
    ScreenError::DamagedParquet
}

/// Opens a list; refuses sizes that a damaged or hostile one may declare.
fn open(path: &Path) -> Result<ParquetRecordBatchReaderBuilder<File>, ScreenError> {
    let file = File::open(path).map_err(ScreenError::reading)?;
    footer(&file)?;
    let list = ParquetRecordBatchReaderBuilder::try_new(file).map_err(damaged)?;
    sizes(list.metadata())?;
    Ok(list.with_batch_size(ROWS))
}

/// The file ends with the length of its footer, low byte first, and four letters.
fn footer(mut file: &File) -> Result<(), ScreenError> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut end = [0; 8];
    let bytes = file.seek(SeekFrom::End(0)).map_err(ScreenError::reading)?;
    file.seek(SeekFrom::End(-8)).map_err(damaged)?;
    file.read_exact(&mut end).map_err(ScreenError::reading)?;
    let [a, b, c, d, ..] = end;
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    match length {
        _ if !end.ends_with(b"PAR1") || length + 12 > bytes => Err(ScreenError::DamagedParquet),
        _ if length > LARGEST_FOOTER => Err(ScreenError::LargeParquet),
        _ => Ok(()),
    }
}

fn sizes(list: &ParquetMetaData) -> Result<(), ScreenError> {
    for group in list.row_groups() {
        if group.num_rows() < 0 {
            return Err(ScreenError::DamagedParquet);
        }
        let mut columns = group.columns().iter();
        if columns.any(|c| !(0..=LARGEST).contains(&c.uncompressed_size())) {
            return Err(ScreenError::LargeParquet);
        }
    }
    Ok(())
}

/// The names of the columns.
fn header(list: &ParquetRecordBatchReaderBuilder<File>) -> Vec<String> {
    list.schema().fields().iter().map(|field| field.name().clone()).collect()
}

/// The rows of a batch as cells. What is a text there is one here, and so is a whole number.
fn cells(batch: &RecordBatch) -> Result<Vec<Vec<Cell>>, ScreenError> {
    let options = FormatOptions::default();
    let mut rows = vec![Vec::with_capacity(batch.num_columns()); batch.num_rows()];
    for column in batch.columns() {
        let shown = ArrayFormatter::try_new(column, &options).map_err(damaged)?;
        let kind = column.data_type();
        for (at, row) in rows.iter_mut().enumerate() {
            row.push(match column.is_null(at) {
                true => Cell::Empty,
                false => cell(kind, shown.value(at).try_to_string().map_err(damaged)?),
            });
        }
    }
    Ok(rows)
}

fn cell(kind: &DataType, text: String) -> Cell {
    if kind.is_floating()
        && let Ok(number) = text.parse()
    {
        return Cell::Number(number);
    }
    match kind.is_temporal() {
        true => Cell::Date(text),
        false => Cell::Text(text),
    }
}

/// A plan for a list that always has names, and of whose rows none is the header.
fn named(plan: &Plan) -> Plan {
    Plan { header: true, ..plan.clone() }
}

fn looked(header: &[String], first: &[Vec<Cell>], plan: &Plan, bytes: u64, rows: i64) -> Shape {
    let mut shape = shape(header, first, plan, bytes);
    shape.format = Format::Parquet;
    // The names stand in the schema: none is somebody's.
    shape.no_header = false;
    shape.rows_estimate = u64::try_from(rows).unwrap_or(0);
    shape
}

/// What a list looks like.
pub(crate) fn inspect(path: &Path, bytes: u64) -> Result<Shape, ScreenError> {
    let list = open(path)?;
    let (header, rows) = (header(&list), list.metadata().file_metadata().num_rows());
    let mut list = list.build().map_err(damaged)?;
    let first = match list.next() {
        Some(batch) => cells(&batch.map_err(damaged)?)?,
        None => Vec::new(),
    };
    Ok(looked(&header, &first, &Plan::new(Vec::new()), bytes, rows))
}

/// Where the writer of the allowed rows leaves its bytes.
#[derive(Clone, Default)]
struct Left(Arc<Mutex<Vec<u8>>>);

impl Left {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Left {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The allowed rows on their way into a file.
struct Kept {
    left: Left,
    writer: ArrowWriter<Left>,
}

impl Kept {
    /// With the schema, the compression of each column and the notes of the list.
    fn new(list: &ParquetRecordBatchReaderBuilder<File>) -> Result<Kept, ScreenError> {
        let file = list.metadata().file_metadata();
        let notes = file.key_value_metadata().map(|notes| {
            // The writer adds this one itself.
            notes.iter().filter(|note| note.key != "ARROW:schema").cloned().collect()
        });
        let mut how = WriterProperties::builder().set_key_value_metadata(notes);
        if let Some(group) = list.metadata().row_groups().first() {
            for column in group.columns() {
                let path = column.column_path().clone();
                how = how.set_column_compression(path, column.compression());
            }
        }
        let left = Left::default();
        let writer = ArrowWriter::try_new(left.clone(), list.schema().clone(), Some(how.build()))
            .map_err(|_| ScreenError::NoParquet)?;
        Ok(Kept { left, writer })
    }

    fn add(
        &mut self,
        batch: &RecordBatch,
        mask: Vec<bool>,
        out: &mut Out,
    ) -> Result<(), ScreenError> {
        let kept = filter_record_batch(batch, &BooleanArray::from(mask)).map_err(damaged)?;
        self.writer.write(&kept).map_err(|_| ScreenError::NoParquet)?;
        if self.writer.in_progress_size() > WAITING {
            self.writer.flush().map_err(|_| ScreenError::NoParquet)?;
        }
        out.write(&self.left.take())
    }

    fn end(self, out: &mut Out) -> Result<(), ScreenError> {
        self.writer.close().map_err(|_| ScreenError::NoParquet)?;
        out.write(&self.left.take())
    }
}

/// [`crate::screen`] for Parquet. Lines are rows, from 1. One thread does all.
pub(crate) fn screen(
    path: &Path,
    plan: &Plan,
    (book, verdicts, keyed): (&Book, &Verdicts, &KeyedHash),
    outs: &Outs,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Outcome, ScreenError> {
    whole(book, verdicts)?;
    let plan = &named(plan);
    let digest = hashed(path)?;
    let list = open(path)?;
    let header = header(&list);
    let rows = list.metadata().file_metadata().num_rows();
    let mut kept = Kept::new(&list)?;
    let mut list = list.build().map_err(damaged)?;
    let mut batch = next(&mut list)?;
    let first = batch.as_ref().map_or(Ok(Vec::new()), cells)?;
    let shape = looked(&header, &first, plan, digest.bytes, rows);
    let columns = places(plan, &header)?;
    check(plan, &shape, &columns, &first, keyed)?;
    drop(first);
    let mut three = Three::open(path, outs)?;
    let [blocked, unreadable] = written_heads(&header, true);
    three.blocked.write(&blocked)?;
    three.unreadable.write(&unreadable)?;
    let sorter = Sorter { plan, book, verdicts, keyed, columns: &columns, width: header.len() };
    let mut tally = Tally::new(columns.len(), verdicts.reasons.len());
    let mut line = 0;
    while let Some(some) = batch {
        let mut mask = Allowed::Mask(Vec::with_capacity(some.num_rows()));
        for row in cells(&some)? {
            line += 1;
            mask.begin();
            sorter.row(line, &row, &mut mask, &mut three, &mut tally)?;
        }
        kept.add(&some, mask.into_mask(), &mut three.allowed)?;
        progress(share(digest.bytes, line, shape.rows_estimate), digest.bytes);
        batch = next(&mut list)?;
    }
    if line != shape.rows_estimate {
        return Err(ScreenError::DamagedParquet);
    }
    kept.end(&mut three.allowed)?;
    finish(shape, digest, tally, three)
}

fn next(list: &mut ParquetRecordBatchReader) -> Result<Option<RecordBatch>, ScreenError> {
    list.next().transpose().map_err(damaged)
}

/// So many of all bytes as rows are done of all.
fn share(bytes: u64, done: u64, all: u64) -> u64 {
    let share = u128::from(bytes) * u128::from(done) / u128::from(all.max(1));
    u64::try_from(share).unwrap_or(bytes)
}
