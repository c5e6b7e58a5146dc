//! Identifiers that stand in several columns, lists without headings, and a line of a gigabyte.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests only")]

use std::fs::{self, File};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;

use candour_screening::{
    At, Book, Cell, Column, KeyedHash, Kind, Outcome, Outs, Plan, Reason, ScreenError, Verdict,
    Verdicts, inspect, screen, screen_rows,
};

const STOPPED: &str = "Flat 2, 14 Quay Street\nExwick\nEX4 2AA";

fn keyed() -> KeyedHash {
    KeyedHash::new(&[3; 32])
}

fn book() -> Book {
    [(keyed().of_written(Kind::Address, STOPPED).unwrap(), 0)].into_iter().collect()
}

fn verdicts() -> Verdicts {
    let reason = |code: &str| Reason { code: code.into(), text: String::new() };
    Verdicts {
        by_profile: vec![Verdict { rank: 4, allowed: false, reason: 0 }],
        unknown: Verdict { rank: 0, allowed: true, reason: 1 },
        reasons: vec![reason("stop"), reason("unknown")],
    }
}

fn outs(folder: &Path) -> Outs {
    Outs::Files {
        allowed: folder.join("allowed.csv"),
        blocked: folder.join("blocked.csv"),
        unreadable: folder.join("unreadable.csv"),
        replace: true,
    }
}

fn run(folder: &Path, plan: &Plan) -> Result<Outcome, ScreenError> {
    let to = outs(folder);
    screen(&folder.join("list"), plan, &book(), &verdicts(), &keyed(), &to, &mut |_, _| {})
}

fn address() -> Plan {
    let named = |name: &str| At::Name(name.into());
    let at = At::Joined(["line 1", "line 2", "town", "postcode"].map(named).into());
    Plan::new(vec![Column { at, kind: Kind::Address }])
}

#[test]
fn an_address_in_four_columns_is_one_identifier() {
    let dir = tempfile::tempdir().unwrap();
    let list = "id,line 1,line 2,town,postcode\n1,Flat 2,14 Quay St.,Exwick,ex42aa\n\
                2,\"Flat 2, 14 Quay Street\",,Exwick,EX4 2AA\n3,15 Quay Street,,Exwick,EX4 2AA\n\
                4,,,,\n";
    fs::write(dir.path().join("list"), list).unwrap();
    let done = run(dir.path(), &address()).unwrap();
    assert_eq!((done.rows, done.allowed, done.blocked, done.unreadable), (4, 1, 2, 1));
    let kept = fs::read_to_string(dir.path().join("allowed.csv")).unwrap();
    assert!(kept.ends_with("3,15 Quay Street,,Exwick,EX4 2AA\n"), "{kept}");
    let told = fs::read_to_string(dir.path().join("unreadable.csv")).unwrap();
    assert!(told.contains("column 2: it is empty"), "{told}");

    let cells = |row: &str| Ok(row.split(',').map(|c| Cell::Text(c.into())).collect());
    let rows: Vec<Result<Vec<Cell>, String>> = vec![
        cells("1,Flat 2,14 Quay St.,Exwick,ex42aa"),
        cells("3,15 Quay Street,,Exwick,EX4 2AA"),
    ];
    let header = ["id", "line 1", "line 2", "town", "postcode"].map(str::to_owned);
    let (list, to) = (dir.path().join("list"), outs(dir.path()));
    let (plan, all, keyed) = (address(), verdicts(), keyed());
    let done = screen_rows(&list, &header, rows, &plan, &book(), &all, &keyed, &to);
    let done = done.unwrap();
    assert_eq!((done.allowed, done.blocked), (1, 1), "a workbook alike");

    let mut plan = address();
    plan.columns[0].at = At::Joined(vec![At::Name("line 9".into())]);
    assert!(matches!(run(dir.path(), &plan), Err(ScreenError::NoSuchName(_))));
    plan.columns[0].at = At::Joined(Vec::new());
    assert!(matches!(run(dir.path(), &plan), Err(ScreenError::NoColumns)));
}

#[test]
fn the_first_person_is_not_taken_for_headings() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list");
    for (first, no_header) in [
        ("Amara Quill,\"14 Quay Street, Exwick EX4 2AA\"", true),
        ("Amara Quill,EX4 2AA", true),
        ("Amara Quill,M00123", true),
        ("Amara Quill,12/03/1971", true),
        ("Amara Quill,100234", true),
        ("name,address line 1", false),
        ("name,2026", false),
        ("Member no 12,Q3 2026 (net)", false),
        ("name,gift_2025_total", false),
    ] {
        fs::write(&list, format!("{first}\nBron Pugh,x\n")).unwrap();
        assert_eq!(inspect(&list).unwrap().no_header, no_header, "{first}");
    }
}

#[test]
fn a_line_of_a_gigabyte_is_one_row_that_nobody_can_read() {
    const BYTES: u64 = 1 << 30;
    let dir = tempfile::tempdir().unwrap();
    let mut list = File::create(dir.path().join("list")).unwrap();
    write!(list, "id,email\n1,a@example.org\n2,").unwrap();
    // A hole in the file: it reads as so many zeros and takes no room.
    list.seek(SeekFrom::Current(BYTES as i64)).unwrap();
    write!(list, "\n3,b@example.org\n").unwrap();
    drop(list);
    let plan = Plan::new(vec![Column { at: At::Name("email".into()), kind: Kind::Email }]);
    let path = dir.path().join("list");
    let to = Outs::Dry;
    let done = screen(&path, &plan, &book(), &verdicts(), &keyed(), &to, &mut |_, _| {}).unwrap();
    assert_eq!((done.rows, done.allowed, done.unreadable), (3, 2, 1));
    assert!(done.list.bytes > BYTES);
}

/// A stop on premises holds though street and town are written otherwise; what has none, or others,
/// is as readable as before, and nothing is counted twice.
#[test]
fn the_premises_of_an_address_block_a_row_that_leaves_the_town_out() {
    let dir = tempfile::tempdir().unwrap();
    let premises = keyed().of_premises("flat 2 14 quay st exwick ex42aa").unwrap();
    let book: Book = [(premises, 0)].into_iter().collect();
    let list = "id,address\n1,\"Flat 2, 14 Quay St, EX4 2AA\"\n2,\"Flat 3, 14 Quay St, EX4 2AA\"\n\
                3,\"The Old House, EX4 2AA\"\n4,\n5,\"14, flat 2, Exwick, ex42aa\"\n";
    fs::write(dir.path().join("list"), list).unwrap();
    let column = |at| vec![Column { at, kind: Kind::Address }];
    let (all, keyed, path) = (verdicts(), keyed(), dir.path().join("list"));
    let plan = Plan::new(column(At::Name("address".into())));
    let to = outs(dir.path());
    let done = screen(&path, &plan, &book, &all, &keyed, &to, &mut |_, _| {}).unwrap();
    assert_eq!((done.rows, done.allowed, done.blocked, done.unreadable), (5, 2, 2, 1));
    let [note] = done.columns[..] else { panic!("{:?}", done.columns) };
    assert_eq!((note.readable, note.empty, note.unreadable), (4, 1, 0));
    let row = |text: &str| Ok(vec![Cell::Text("1".into()), Cell::Text(text.into())]);
    let rows = vec![row("Flat 2, 14 Quay St, EX4 2AA"), row("The Old House, EX4 2AA")];
    let header = ["id", "address"].map(str::to_owned);
    let done = screen_rows(&path, &header, rows, &plan, &book, &all, &keyed, &to).unwrap();
    assert_eq!((done.allowed, done.blocked, done.columns.len()), (1, 1, 1), "a workbook alike");
}
