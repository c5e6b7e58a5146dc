//! Screening lists in Apache Parquet, against the same rows as CSV.

#![cfg(feature = "parquet")]
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests only")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use candour_screening::{
    At, Book, Column, Fault, Format, KeyedHash, Kind, Outcome, Outs, Plan, Reason, ScreenError,
    Verdict, Verdicts, inspect, screen,
};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaDataWriter;
use parquet::file::properties::WriterProperties;

const ROWS: i64 = 3000;

/// Every seventh is stopped, every eleventh has no address, every thirteenth is no address.
fn address(row: i64) -> Option<String> {
    match row {
        _ if row % 7 == 3 => Some(format!(" A{}@Example.org", row % 70)),
        _ if row % 11 == 0 => None,
        _ if row % 13 == 0 => Some("nobody, \"here\"".into()),
        _ => Some(format!("b{row}@example.org")),
    }
}

fn batch() -> RecordBatch {
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..ROWS));
    let emails: ArrayRef = Arc::new((0..ROWS).map(address).collect::<StringArray>());
    let days: ArrayRef =
        Arc::new((0..ROWS).map(|n| i32::try_from(n).ok()).collect::<Date32Array>());
    RecordBatch::try_from_iter_with_nullable([
        ("id", ids, false),
        ("email", emails, true),
        ("since", days, true),
    ])
    .unwrap()
}

fn write(path: &Path) {
    let how = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_column_compression("email".into(), Compression::ZSTD(Default::default()))
        .set_max_row_group_row_count(Some(700))
        .build();
    let batch = batch();
    let mut writer =
        ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(how)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        let desk = Desk { folder: tempfile::tempdir().unwrap() };
        write(&desk.path("list"));
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn screen(&self, list: &str) -> Result<Outcome, ScreenError> {
        self.screen_by(list, "email")
    }

    fn screen_by(&self, list: &str, column: &str) -> Result<Outcome, ScreenError> {
        let keyed = KeyedHash::new(&[3; 32]);
        let stopped = (0..70).map(|n| format!("a{n}@example.org"));
        let book: Book =
            stopped.map(|raw| (keyed.of_written(Kind::Email, &raw).unwrap(), 0)).collect();
        let reason = |code: &str| Reason { code: code.into(), text: format!("for {code}") };
        let verdicts = Verdicts {
            by_profile: vec![Verdict { rank: 4, allowed: false, reason: 0 }],
            unknown: Verdict { rank: 0, allowed: true, reason: 1 },
            reasons: vec![reason("stop"), reason("unknown")],
        };
        let plan = Plan::new(vec![Column { at: At::Name(column.into()), kind: Kind::Email }]);
        let outs = Outs::Files {
            allowed: self.path(&format!("{list}-allowed")),
            blocked: self.path(&format!("{list}-blocked")),
            unreadable: self.path(&format!("{list}-unreadable")),
            replace: true,
        };
        screen(&self.path(list), &plan, &book, &verdicts, &keyed, &outs, &mut |_, _| {})
    }

    /// The cells of a file behind the line.
    fn rows(&self, name: &str) -> Vec<(u64, Vec<String>)> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        let rows = reader.records().map(|row| {
            let row: Vec<String> = row.unwrap().iter().map(String::from).collect();
            (row[0].parse().unwrap(), row[1..].to_vec())
        });
        rows.collect()
    }

    fn damage(&self, bytes: &[u8]) -> Result<Outcome, ScreenError> {
        fs::write(self.path("bad"), bytes).unwrap();
        let done = self.screen("bad");
        let left = fs::read_dir(self.folder.path()).unwrap().count();
        assert!(done.is_ok() || left == 2, "{left}");
        for name in ["bad-allowed", "bad-blocked", "bad-unreadable"] {
            let _ = fs::remove_file(self.path(name));
        }
        done
    }
}

fn allowed(path: &Path) -> RecordBatch {
    let list = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap();
    let schema = list.schema().clone();
    let group = list.metadata().row_group(0).clone();
    assert_eq!(group.column(0).compression(), Compression::SNAPPY);
    assert!(matches!(group.column(1).compression(), Compression::ZSTD(_)));
    let all: Vec<RecordBatch> = list.build().unwrap().map(Result::unwrap).collect();
    arrow_select::concat::concat_batches(&schema, &all).unwrap()
}

#[test]
fn parquet_is_sorted_as_the_same_rows_in_csv_are() {
    let desk = Desk::new();
    let mut same = csv::Writer::from_path(desk.path("same")).unwrap();
    same.write_record(["id", "email", "since"]).unwrap();
    let day = |n: i64| {
        let day = Date32Array::from(vec![i32::try_from(n).unwrap()]);
        arrow_cast::display::array_value_to_string(&day, 0).unwrap()
    };
    for n in 0..ROWS {
        same.write_record([n.to_string(), address(n).unwrap_or_default(), day(n)]).unwrap();
    }
    same.flush().unwrap();
    let (one, other) = (desk.screen("list").unwrap(), desk.screen("same").unwrap());
    assert_eq!((one.rows, one.allowed, one.blocked), (other.rows, other.allowed, other.blocked));
    assert_eq!((one.unreadable, &one.reasons), (other.unreadable, &other.reasons));
    assert_eq!((&one.faults, &one.columns), (&other.faults, &other.columns));
    assert!(one.blocked > 400 && one.unreadable > 400);
    for name in ["blocked", "unreadable"] {
        let mut ours = desk.rows(&format!("list-{name}"));
        // A CSV has its header on line 1.
        ours.iter_mut().for_each(|(line, _)| *line += 1);
        assert_eq!(ours, desk.rows(&format!("same-{name}")));
    }
    let kept = allowed(&desk.path("list-allowed"));
    assert_eq!(kept.schema(), batch().schema());
    let ids = desk.rows("same-allowed").into_iter().map(|(id, _)| i64::try_from(id).unwrap());
    let ids = ids.collect::<Vec<_>>();
    let mask = (0..ROWS).map(|n| Some(ids.contains(&n))).collect();
    assert_eq!(kept, arrow_select::filter::filter_record_batch(&batch(), &mask).unwrap());
    assert_eq!(one.written[0].bytes, fs::metadata(desk.path("list-allowed")).unwrap().len());
    assert_eq!(one.list.bytes, fs::metadata(desk.path("list")).unwrap().len());
}

#[test]
fn the_columns_are_told() {
    let desk = Desk::new();
    let shape = inspect(&desk.path("list")).unwrap();
    assert_eq!((shape.format, shape.rows_estimate), (Format::Parquet, 3000));
    assert_eq!(shape.header, ["id", "email", "since"]);
    assert_eq!(shape.columns[1].kind, Some(Kind::Email));
    let told = desk.screen_by("list", "since").unwrap_err().to_string();
    assert!(told.contains("column 3 does not look like email"), "{told}");
    assert!(matches!(desk.screen_by("list", "mail"), Err(ScreenError::NoSuchName(_))));
    assert_eq!(fs::read_dir(desk.folder.path()).unwrap().count(), 1);
    let done = desk.screen("list").unwrap();
    assert!(done.faults.iter().any(|(fault, _)| matches!(fault, Fault::NotNormal(_))));
}

#[test]
fn a_damaged_file_leaves_nothing() {
    let desk = Desk::new();
    let list = fs::read(desk.path("list")).unwrap();
    for len in [4, 8, 11, list.len() / 2, list.len() - 1] {
        let told = desk.damage(&list[..len]);
        assert!(matches!(told, Err(ScreenError::DamagedParquet)), "{len}: {told:?}");
    }
    let mut refused = 0;
    for at in (4..list.len()).step_by(list.len() / 150) {
        let mut bad = list.clone();
        bad[at] ^= 0x55;
        refused += usize::from(desk.damage(&bad).is_err());
    }
    assert!(refused > 20, "{refused}");
}

#[test]
fn a_huge_declared_size_is_refused_before_it_is_read() {
    let desk = Desk::new();
    let list = fs::read(desk.path("list")).unwrap();
    let mut footer = list.clone();
    let end = footer.len();
    footer[end - 8..end - 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(desk.damage(&footer), Err(ScreenError::DamagedParquet)));
    let file = File::open(desk.path("list")).unwrap();
    let told = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().metadata().clone();
    let mut groups = told.row_groups().to_vec();
    let column = groups[1].column(1).clone().into_builder().set_total_uncompressed_size(1 << 40);
    let mut columns = groups[1].columns().to_vec();
    columns[1] = column.build().unwrap();
    groups[1] = groups[1].clone().into_builder().set_column_metadata(columns).build().unwrap();
    let told = Arc::unwrap_or_clone(told).into_builder().set_row_groups(groups).build();
    let mut huge = list;
    ParquetMetaDataWriter::new(&mut huge, &told).finish().unwrap();
    let refused = desk.damage(&huge);
    assert!(matches!(refused, Err(ScreenError::LargeParquet)), "{refused:?}");
}

#[test]
fn premises_block_a_row_that_leaves_the_town_out() {
    let desk = Desk::new();
    let rows = ["1 Quay St, EX4 2AA", "3 Quay St, EX4 2AA", "The Old House, EX4 2AA"];
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(rows));
    let batch = RecordBatch::try_from_iter([("address", column)]).unwrap();
    let to = File::create(desk.path("places")).unwrap();
    let mut writer = ArrowWriter::try_new(to, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let keyed = KeyedHash::new(&[3; 32]);
    let stopped = keyed.of_premises("1 quay st exwick ex42aa").unwrap();
    let book: Book = [(stopped, 0)].into_iter().collect();
    let reason = |code: &str| Reason { code: code.into(), text: String::new() };
    let verdicts = Verdicts {
        by_profile: vec![Verdict { rank: 4, allowed: false, reason: 0 }],
        unknown: Verdict { rank: 0, allowed: true, reason: 1 },
        reasons: vec![reason("stop"), reason("unknown")],
    };
    let column = Column { at: At::Name("address".into()), kind: Kind::Address };
    let (plan, list) = (Plan::new(vec![column]), desk.path("places"));
    let done = screen(&list, &plan, &book, &verdicts, &keyed, &Outs::Dry, &mut |_, _| {}).unwrap();
    assert_eq!((done.allowed, done.blocked, done.unreadable), (2, 1, 0));
    assert_eq!(done.columns.len(), 1);
}
