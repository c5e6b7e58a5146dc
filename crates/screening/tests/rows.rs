//! Screening the rows of a workbook.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests only")]

use std::fs;
use std::path::Path;

use candour_screening::{
    At, Book, Cell, Column, Fault, KeyedHash, Kind, NotNormal, Outcome, Outs, Plan, Reason,
    ScreenError, Verdict, Verdicts, screen_rows,
};

type Row = Result<Vec<Cell>, String>;

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

fn plan(kind: Kind) -> Plan {
    Plan::new(vec![Column { at: At::Number(2), kind }])
}

/// Screens rows of two columns; 07700 900001 and a@a.org are stopped.
fn run(folder: &Path, rows: Vec<Row>, plan: &Plan) -> Result<Outcome, ScreenError> {
    fs::write(folder.join("list"), "the workbook").unwrap();
    let keyed = KeyedHash::new(&[3; 32]);
    let stopped = [(Kind::Phone, "07700900001"), (Kind::Email, "a@a.org")];
    let book: Book =
        stopped.iter().map(|(kind, raw)| (keyed.of_written(*kind, raw).unwrap(), 0)).collect();
    let reason = |code: &str| Reason { code: code.into(), text: String::new() };
    let verdicts = Verdicts {
        by_profile: vec![Verdict { rank: 4, allowed: false, reason: 0 }],
        unknown: Verdict { rank: 0, allowed: true, reason: 1 },
        reasons: vec![reason("stop"), reason("unknown")],
    };
    let outs = Outs::Files {
        allowed: folder.join("allowed"),
        blocked: folder.join("blocked"),
        unreadable: folder.join("unreadable"),
        replace: false,
    };
    let header = ["id".to_owned(), "to".to_owned()];
    screen_rows(&folder.join("list"), &header, rows, plan, &book, &verdicts, &keyed, &outs)
}

fn row(id: f64, cell: Cell) -> Row {
    Ok(vec![Cell::Number(id), cell])
}

#[test]
fn cells_are_read_as_what_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(Kind::Phone);
    plan.force = true;
    let rows = vec![
        row(1.0, Cell::Number(447_700_900_001.0)),
        row(2.0, Cell::Number(7_700_900_001.0)),
        row(3.0, text("+44 7700 900002")),
        row(4.0, text("4.47E+11")),
        row(5.0, Cell::Number(4.47e11)),
        row(6.0, Cell::Formula("07700900003".into())),
        row(7.0, Cell::Error("#N/A".into())),
        row(8.0, Cell::Date("2026-11-22".into())),
        row(9.0, Cell::Empty),
        Ok(vec![Cell::Number(10.0)]),
        Ok(vec![Cell::Empty, text("")]),
        Ok(vec![text("=1+1"), text("07700 900004"), Cell::Empty]),
        Ok(vec![text("13"), text("07700 900004"), text("moved")]),
    ];
    let done = run(dir.path(), rows, &plan).unwrap();
    assert_eq!((done.rows, done.allowed, done.blocked, done.unreadable), (12, 2, 2, 8));
    let wrong = |e, times| (Fault::NotNormal(e), times);
    let faults = [
        wrong(NotNormal::Rounded, 2),
        (Fault::Formula, 1),
        (Fault::ErrorCell, 1),
        (Fault::Date, 1),
        wrong(NotNormal::Empty, 1),
        (Fault::Short, 1),
        (Fault::Wide, 1),
    ];
    assert_eq!(done.faults, faults);
    assert_eq!((done.empty_lines, done.short_rows, done.list.bytes), (1, 1, 12));
    let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
    assert_eq!(read("allowed"), "id,to\r\n3,+44 7700 900002\r\n'=1+1,07700 900004,\r\n");
    assert_eq!(
        read("blocked"),
        "line,reason_code,reason,id,to\r\n2,stop,,1,447700900001\r\n3,stop,,2,7700900001\r\n"
    );
    assert!(read("unreadable").contains("\r\n7,column 2: it is a formula; paste it as a value,6,"));
}

#[test]
fn the_allowed_may_be_a_workbook() {
    let dir = tempfile::tempdir().unwrap();
    let mut plan = plan(Kind::Email);
    plan.workbook = true;
    let mut rows: Vec<Row> =
        (0..3000).map(|n| row(f64::from(n), text(&format!("b{n}@a.org")))).collect();
    rows.push(row(1.0, text("A@A.org")));
    let done = run(dir.path(), rows, &plan).unwrap();
    assert_eq!((done.allowed, done.blocked), (3000, 1));
    let book = fs::read(dir.path().join("allowed")).unwrap();
    assert!(book.starts_with(b"PK\x03\x04"));
    assert_eq!(done.written[0].bytes, book.len() as u64);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
}

#[test]
fn what_is_wrong_with_the_rows_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let names = vec![row(1.0, text("Amara Quill")), row(2.0, text("Bron Roe"))];
    let told = run(dir.path(), names, &plan(Kind::Email)).unwrap_err().to_string();
    assert!(told.contains("column 2 does not look like email: 0 per cent"), "{told}");
    let mut rows: Vec<Row> = (0..2000).map(|n| row(f64::from(n), text("b@a.org"))).collect();
    rows.push(Err("the sheet is damaged".into()));
    let told = run(dir.path(), rows, &plan(Kind::Email)).unwrap_err().to_string();
    assert!(told.ends_with("to its end: the sheet is damaged"), "{told}");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
