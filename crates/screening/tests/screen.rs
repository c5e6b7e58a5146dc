//! Screening lists as they come: each trouble, and against a plain reference.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "tests only")]

#[path = "screen/reference.rs"]
mod reference;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use candour_screening::{
    At, Book, Column, Encoding, Fault, Format, KeyedHash, Kind, NotNormal, Outcome, Outs, Plan,
    Reason, ScreenError, Verdict, Verdicts, inspect, screen,
};

fn keyed() -> KeyedHash {
    KeyedHash::new(&[3; 32])
}

/// Profile 0 is stopped, 1 allowed, 2 capped, 3 blocked for want of a ground, 4 like 3 but of the
/// rank of 2.
fn verdicts() -> Verdicts {
    let verdict = |rank, allowed, reason| Verdict { rank, allowed, reason };
    let reason = |code: &str| Reason { code: code.into(), text: format!("because of {code}") };
    Verdicts {
        by_profile: vec![
            verdict(4, false, 0),
            verdict(2, true, 1),
            verdict(3, false, 2),
            verdict(1, false, 3),
            verdict(3, false, 3),
        ],
        unknown: verdict(0, true, 4),
        reasons: ["stop", "allowed", "cap", "ground", "unknown"].map(reason).into(),
    }
}

fn book(entries: &[(Kind, &str, u32)]) -> Book {
    let hash = |kind, raw| keyed().of_written(kind, raw).unwrap();
    entries.iter().map(|(kind, raw, profile)| (hash(*kind, raw), *profile)).collect()
}

fn email(name: &str) -> Column {
    Column { at: At::Name(name.into()), kind: Kind::Email }
}

/// A folder with a list, and where its screening goes.
struct Desk {
    folder: tempfile::TempDir,
    plan: Plan,
    book: Book,
    outs: Outs,
}

impl Desk {
    fn new(list: impl AsRef<[u8]>, stopped: &[&str]) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("list"), list).unwrap();
        let file = |name: &str| folder.path().join(name);
        let outs = Outs::Files {
            allowed: file("allowed.csv"),
            blocked: file("blocked.csv"),
            unreadable: file("unreadable.csv"),
            replace: false,
        };
        let entries: Vec<_> = stopped.iter().map(|s| (Kind::Email, *s, 0)).collect();
        Desk { plan: Plan::new(vec![email("email")]), book: book(&entries), outs, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap()
    }

    fn files(&self) -> Vec<String> {
        let all = fs::read_dir(self.folder.path()).unwrap();
        let mut all: Vec<_> = all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }

    fn screen(&self) -> Result<Outcome, ScreenError> {
        let list = self.path("list");
        screen(&list, &self.plan, &self.book, &verdicts(), &keyed(), &self.outs, &mut |_, _| {})
    }

    /// What it says when it refuses; then nothing may have been written.
    fn refusal(&self) -> String {
        let told = self.screen().expect_err("it was screened").to_string();
        assert_eq!(self.files(), ["list"]);
        told
    }
}

#[test]
fn a_list_is_sorted_into_three_files() {
    let list = "id,email,town\r\n1,amara@example.org,Leeds\r\n2, BRON@Example.org ,Omagh\r\n\
                3,nobody,=1+1\r\n4,,Leeds\r\n";
    let desk = Desk::new(list, &["bron@example.org"]);
    let done = desk.screen().unwrap();
    assert_eq!((done.rows, done.allowed, done.blocked, done.unreadable), (4, 1, 1, 2));
    assert_eq!(desk.text("allowed.csv"), "id,email,town\r\n1,amara@example.org,Leeds\r\n");
    assert_eq!(
        desk.text("blocked.csv"),
        "line,reason_code,reason,id,email,town\r\n\
         3,stop,because of stop,2, BRON@Example.org ,Omagh\r\n"
    );
    assert_eq!(
        desk.text("unreadable.csv"),
        "line,what_is_wrong,id,email,town\r\n\
         4,\"column 2: an e-mail address has a name, one @ and a domain, as in \
         name@example.org\",3,nobody,'=1+1\r\n\
         5,column 2: it is empty,4,,Leeds\r\n"
    );
    assert_eq!(done.reasons, [1, 0, 0, 0, 1]);
    let wrong = |e| (Fault::NotNormal(e), 1);
    assert_eq!(done.faults, [wrong(NotNormal::Email), wrong(NotNormal::Empty)]);
    let note = done.columns[0];
    assert_eq!((note.readable, note.empty, note.unreadable), (2, 1, 1));
    for (name, digest) in ["allowed.csv", "blocked.csv", "unreadable.csv"].iter().zip(done.written)
    {
        assert_eq!(digest, digest_of(&desk.read(name)), "{name}");
        let mode = fs::metadata(desk.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(done.list, digest_of(list.as_bytes()));
    assert_eq!(desk.files(), ["allowed.csv", "blocked.csv", "list", "unreadable.csv"]);
}

fn digest_of(bytes: &[u8]) -> candour_screening::Digest {
    use sha2::Digest as _;
    candour_screening::Digest {
        sha256: sha2::Sha256::digest(bytes).into(),
        bytes: bytes.len() as u64,
    }
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    let mut desk = Desk::new("email\na@example.org\nb@example.org\n", &["a@example.org"]);
    let outs = std::mem::replace(&mut desk.outs, Outs::Dry);
    let dry = desk.screen().unwrap();
    assert_eq!(desk.files(), ["list"]);
    desk.outs = outs;
    assert_eq!(desk.screen().unwrap(), dry);
}

#[test]
fn other_identifiers_block_a_row_and_never_allow_it() {
    let mut desk = Desk::new(
        "id;email;phone\n1;allowed@a.org;07700900001\n2;allowed@a.org;07700 900 002\n\
         3;capped@a.org;07700900001\n4;ground@a.org;07700900009\n5;x@a.org;\n\
         6;x@a.org;rubbish\n7;;07700900001\n8;ground@a.org;447700900001\n9;capped@a.org;07700900003\n",
        &[],
    );
    desk.plan.columns.push(Column { at: At::Number(3), kind: Kind::Phone });
    desk.book = book(&[
        (Kind::Email, "allowed@a.org", 1),
        (Kind::Email, "capped@a.org", 2),
        (Kind::Email, "ground@a.org", 3),
        (Kind::Phone, "07700900001", 1),
        (Kind::Phone, "+447700900002", 0),
        (Kind::Phone, "07700900003", 4),
    ]);
    let done = desk.screen().unwrap();
    assert_eq!(done.reasons, [1, 1, 2, 2, 2]);
    assert_eq!((done.blocked, done.unreadable), (5, 1));
    let kept = desk.text("allowed.csv");
    let kept: Vec<&str> = kept.lines().skip(1).map(|l| &l[..1]).collect();
    assert_eq!(kept, ["1", "5", "6"]);
    let phone = done.columns[1];
    assert_eq!((phone.readable, phone.empty, phone.unreadable), (7, 1, 1));
}

#[test]
fn columns_are_checked_before_anything_is_written() {
    let list = "email,email,name,\na@b.org,c@d.org,Amara Quill,1\n";
    let mut desk = Desk::new(list, &[]);
    assert!(desk.refusal().contains("more than one column is called \u{201c}email\u{201d}"));
    desk.plan.columns = vec![email("e-mail")];
    assert!(desk.refusal().contains("no column is called \u{201c}e-mail\u{201d}"));
    desk.plan.columns = vec![email("name")];
    let told = desk.refusal();
    assert!(told.contains("column 3 does not look like email: 0 per cent"), "{told}");
    assert!(!told.contains("Amara"));
    desk.plan.columns = vec![Column { at: At::Number(5), kind: Kind::Email }];
    assert!(desk.refusal().contains("no column 5; the first row has 4"));
    desk.plan.columns = vec![Column { at: At::Number(0), kind: Kind::Email }];
    assert!(desk.refusal().contains("no column 0"));
    desk.plan.columns = vec![];
    assert!(desk.refusal().contains("no column was chosen"));
    desk.plan.columns = vec![email("name")];
    desk.plan.force = true;
    assert_eq!(desk.screen().unwrap().unreadable, 1);
}

#[test]
fn one_column_of_addresses_is_a_list() {
    let mut desk = Desk::new("a@example.org\n\nb@example.org\n\n", &["a@example.org"]);
    desk.plan.columns = vec![Column { at: At::Number(1), kind: Kind::Email }];
    assert!(desk.refusal().contains("the first row looks like a person"));
    desk.plan.header = false;
    let done = desk.screen().unwrap();
    assert_eq!((done.rows, done.allowed, done.empty_lines), (2, 1, 2));
    assert_eq!(desk.text("allowed.csv"), "b@example.org\n");
    assert!(desk.text("blocked.csv").starts_with("line,reason_code,reason,column_1\r\n1,stop,"));
    desk.plan.columns = vec![email("a@example.org")];
    assert!(matches!(desk.screen(), Err(ScreenError::NameWithoutHeader | ScreenError::Exists(_))));
    let shape = inspect(&desk.path("list")).unwrap();
    assert!(shape.no_header);
    assert!(!format!("{shape:?}").contains("example.org"));
}

#[test]
fn encodings_are_kept_to_the_byte() {
    let rows = "id;email;name\r\n1;a@example.org;Zo\u{eb}\r\n2;b@example.org;\u{1d11e}\r\n\
                3;\u{e9}@example.org;C\r\n";
    let left = "id;email;name\r\n1;a@example.org;Zo\u{eb}\r\n";
    let stopped = ["b@example.org", "\u{e9}@example.org"];
    let wide = |text: &str, big: bool| -> Vec<u8> {
        let units = text.encode_utf16();
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    let windows = |text: &str| -> Vec<u8> {
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
    };
    let marked = |text: &str| format!("\u{feff}{text}");
    for (list, kept, encoding, bom) in [
        (rows.as_bytes().to_vec(), left.as_bytes().to_vec(), Encoding::Utf8, false),
        (marked(rows).into(), marked(left).into(), Encoding::Utf8, true),
        (wide(&marked(rows), false), wide(&marked(left), false), Encoding::Utf16Le, true),
        (wide(&marked(rows), true), wide(&marked(left), true), Encoding::Utf16Be, true),
        (wide(rows, false), wide(left, false), Encoding::Utf16Le, false),
        (windows(rows), windows(left), Encoding::Windows1252, false),
    ] {
        let desk = Desk::new(&list, &stopped);
        let done = desk.screen().unwrap();
        assert_eq!((done.shape.encoding, done.shape.bom), (encoding, bom));
        assert_eq!((done.blocked, done.unreadable), (2, 0), "{encoding:?}");
        assert_eq!(desk.read("allowed.csv"), kept, "{encoding:?}");
        assert_eq!(done.list, digest_of(&list));
        assert!(desk.text("blocked.csv").contains("\r\n4,stop,because of stop,3,\u{e9}@"));
    }
}

#[test]
fn bytes_of_another_encoding_block_nothing_but_their_own_cell() {
    let mut list = b"email,name\n".to_vec();
    list.extend("zo\u{eb}@a.org,\u{e9}\nb@a.org,\u{e9}\n".bytes());
    list.extend(b"c@a.org,Zo\xeb\n\xe9@a.org,x\n");
    let desk = Desk::new(&list, &["b@a.org"]);
    let done = desk.screen().unwrap();
    assert_eq!((done.allowed, done.blocked, done.unreadable), (2, 1, 1));
    assert_eq!(done.faults, [(Fault::NotText, 1)]);
    assert!(desk.read("allowed.csv").ends_with(b"c@a.org,Zo\xeb\n"));
    assert!(desk.read("unreadable.csv").ends_with(b"save the list as UTF-8,\xe9@a.org,x\r\n"));
}

#[test]
fn a_list_cut_in_half_a_character_is_refused() {
    let list = [&[0xff, 0xfe][..], b"e\0m\0a\0i\0l\0\n\0a\0@\0b\0.\0o\0r\0g\0\n"].concat();
    assert!(Desk::new(list, &[]).refusal().contains("middle of a character"));
}

#[test]
fn newlines_nuls_and_quotes_inside_cells_stay_inside() {
    let list = "email,note\n\"a@a.org\",\"two\n\"\"lines\"\"\"\nb@a.org,\0\0\n\"c@a.org\",5\" x\n\
                d\0@a.org,x\n\"e@a.org\",\"f\r\ng\"\n";
    let desk = Desk::new(list, &["b@a.org", "e@a.org"]);
    let done = desk.screen().unwrap();
    assert_eq!((done.allowed, done.blocked, done.unreadable), (2, 2, 1));
    let kept = "email,note\n\"a@a.org\",\"two\n\"\"lines\"\"\"\n\"c@a.org\",5\" x\n";
    assert_eq!(desk.text("allowed.csv"), kept);
    let blocked = desk.text("blocked.csv");
    assert!(blocked.contains("\r\n4,stop,because of stop,b@a.org,\0\0\r\n"));
    assert!(blocked.ends_with("7,stop,because of stop,e@a.org,\"f\r\ng\"\r\n"), "{blocked}");
}

#[test]
fn a_quote_that_never_closes_is_told_by_its_line() {
    let mut list = String::from("email,note\na@a.org,x\nb@a.org,\"oops\n");
    let told = Desk::new(&list, &[]).refusal();
    assert!(told.contains("opens on line 3 never closes"), "{told}");
    // So far on that its row is too long to be one.
    list.push_str(&"c@a.org,x\n".repeat(200_000));
    assert_eq!(Desk::new(&list, &[]).refusal(), told);
}

#[test]
fn a_row_too_long_is_counted_and_copied() {
    let mut long = String::from("=1");
    long.push_str(&"y\"z,".repeat(600_000));
    let list =
        format!("email,note\na@a.org,x\n{long}\nb@a.org,\"{}\"\nc@a.org,z\n", "w\n".repeat(9));
    let mut desk = Desk::new(list, &["c@a.org"]);
    let done = desk.screen().unwrap();
    assert_eq!((done.allowed, done.blocked, done.unreadable), (2, 1, 1));
    assert_eq!(done.faults, [(Fault::TooLong, 1)]);
    let told = desk.text("unreadable.csv");
    let rows: Vec<csv::StringRecord> = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(told.as_bytes())
        .records()
        .map(Result::unwrap)
        .collect();
    assert_eq!((rows.len(), &rows[0][0], &rows[0][2]), (1, "3", format!("'{long}").as_str()));
    assert!(desk.text("blocked.csv").contains("\r\n14,stop,"));
    // A smaller limit catches rows that one piece holds.
    desk.plan.longest_row = 16;
    desk.outs = Outs::Dry;
    assert_eq!(desk.screen().unwrap().unreadable, 2);
}

#[test]
fn rows_of_other_widths_are_not_trusted_blindly() {
    let list = "id,email,town\n1,a@a.org\n2\n3,b@a.org,x,,\n4,Smith, John,b@a.org\n5,c@a.org,x,y\n";
    let desk = Desk::new(list, &["b@a.org"]);
    let done = desk.screen().unwrap();
    assert_eq!((done.allowed, done.blocked, done.unreadable), (1, 1, 3));
    assert_eq!(done.faults, [(Fault::Short, 1), (Fault::Wide, 2)]);
    assert_eq!(done.short_rows, 2);
    assert_eq!(desk.text("allowed.csv"), "id,email,town\n1,a@a.org\n");
}

#[test]
fn telephone_numbers_come_as_spreadsheets_leave_them() {
    let list = "phone\n07700900001\n7700900001\n447700900001\n+44 (0)7700 900001\n07700900001.0\n\
                4.477009E+11\n12345\n";
    let mut desk = Desk::new(list, &[]);
    desk.plan.columns = vec![Column { at: At::Name("phone".into()), kind: Kind::Phone }];
    desk.book = book(&[(Kind::Phone, "+447700900001", 0)]);
    let done = desk.screen().unwrap();
    assert_eq!((done.allowed, done.blocked, done.unreadable), (0, 5, 2));
    let wrong = |e| (Fault::NotNormal(e), 1);
    assert_eq!(done.faults, [wrong(NotNormal::Rounded), wrong(NotNormal::Phone)]);
}

#[test]
fn another_address_is_not_the_same_and_another_writing_is() {
    let stopped = ["amara@example.org", "b\u{fc}cher@b\u{fc}cher.example"];
    let other = [
        "amara+news@example.org",
        "a.mara@example.org",
        // Cyrillic look-alikes: in the name, in the domain.
        "\u{430}mara@example.org",
        "amara@\u{435}xample.org",
        "amara@example.org.uk",
        "bucher@xn--bcher-kva.example",
    ];
    let same = [
        "AMARA@EXAMPLE.ORG",
        "mailto:amara@example.org",
        "Amara Quill <amara@example.org>",
        "\u{ff41}\u{ff4d}\u{ff41}\u{ff52}\u{ff41}\u{ff20}\u{ff45}xample.org",
        "amara@\u{200b}example.org",
        "b\u{fc}cher@xn--bcher-kva.example",
        "B\u{dc}CHER@B\u{dc}CHER.example",
        "bu\u{308}cher@b\u{fc}cher.example",
    ];
    let list = format!("email\n{}\n{}\n", other.join("\n"), same.join("\n"));
    let desk = Desk::new(&list, &stopped);
    desk.screen().unwrap();
    let kept = desk.text("allowed.csv");
    assert_eq!(kept.lines().skip(1).collect::<Vec<_>>(), other);
    assert_eq!(desk.text("blocked.csv").lines().count(), 1 + same.len());
}

#[test]
fn the_shape_of_a_list_is_told_without_its_values() {
    let list = "Name\tMail\tMail\t\tTel\nAmara Quill\tamara@example.org\t\t1\t07700 900001\n\
                Bron Roe\toops\t\t2\t07700 900002\nEwan Roe\te@example.org\t\t\"3\"\t07700 900003\n";
    let desk = Desk::new(list, &[]);
    let shape = inspect(&desk.path("list")).unwrap();
    assert_eq!((shape.format, shape.delimiter, shape.row_end), (Format::Csv, '\t', "\n"));
    assert!(shape.quoted && !shape.no_header && !shape.bom);
    assert_eq!(shape.header, ["Name", "Mail", "Mail", "", "Tel"]);
    assert_eq!(
        (shape.doubled.as_slice(), shape.unnamed.as_slice()),
        (&["Mail".into()][..], &[4][..])
    );
    assert_eq!(shape.rows_estimate, 3);
    let mail = &shape.columns[1];
    assert_eq!((mail.kind, mail.filled, mail.per_cent), (Some(Kind::Email), 3, 66));
    assert_eq!(mail.first_failed_line, Some(3));
    assert_eq!(shape.columns[4].kind, Some(Kind::Phone));
    assert!(!format!("{shape:?}").contains("oops"));
    for (bytes, format) in [
        (&b"PK\x03\x04rest"[..], Format::Workbook),
        (b"\xd0\xcf\x11\xe0rest", Format::OldWorkbook),
        // Where it can be read, tests/parquet.rs asks about it.
        #[cfg(not(feature = "parquet"))]
        (b"PAR1rest", Format::Parquet),
    ] {
        let desk = Desk::new(bytes, &[]);
        assert_eq!(inspect(&desk.path("list")).unwrap().format, format);
        assert!(desk.refusal().starts_with("the list is a"), "{format:?}");
    }
    assert!(Desk::new("", &[]).refusal().contains("empty"));
    assert!(Desk::new("email\n", &[]).screen().is_ok());
}

#[test]
fn files_in_the_way_are_refused_or_replaced_whole() {
    let mut desk = Desk::new("email\na@a.org\nb@a.org\n", &["a@a.org"]);
    fs::write(desk.path("blocked.csv"), "old").unwrap();
    let told = desk.screen().unwrap_err();
    assert!(matches!(&told, ScreenError::Exists(p) if p.ends_with("blocked.csv")));
    assert_eq!(desk.files(), ["blocked.csv", "list"]);
    if let Outs::Files { replace, .. } = &mut desk.outs {
        *replace = true;
    }
    desk.screen().unwrap();
    assert_eq!(desk.files(), ["allowed.csv", "blocked.csv", "list", "unreadable.csv"]);
    assert!(desk.text("blocked.csv").contains("a@a.org"));
    // One of them can't be given its name: the others go back to what they were.
    desk.book = Book::default();
    fs::remove_file(desk.path("allowed.csv")).unwrap();
    fs::create_dir(desk.path("allowed.csv")).unwrap();
    fs::create_dir(desk.path("allowed.csv.old")).unwrap();
    fs::write(desk.path("allowed.csv.old/x"), "x").unwrap();
    assert!(matches!(desk.screen(), Err(ScreenError::Writing { .. })));
    assert!(desk.text("blocked.csv").contains("a@a.org"));
    let left = ["allowed.csv", "allowed.csv.old", "blocked.csv", "list", "unreadable.csv"];
    assert_eq!(desk.files(), left);
    if let Outs::Files { allowed, .. } = &mut desk.outs {
        *allowed = desk.folder.path().join(".").join("list");
    }
    assert!(matches!(desk.screen(), Err(ScreenError::SameFile)));
}

#[test]
fn verdicts_that_are_not_whole_are_refused() {
    let mut desk = Desk::new("email\na@a.org\n", &[]);
    desk.book = book(&[(Kind::Email, "a@a.org", 5)]);
    assert!(desk.refusal().contains("every profile needs one"));
}

/// In a process of its own: screens, and stops for good when half is done.
#[test]
fn half_a_screening() {
    let Some(folder) = std::env::var_os("CANDOUR_HALF_A_SCREENING") else { return };
    let file = |name: &str| Path::new(&folder).join(name);
    let outs = Outs::Files {
        allowed: file("allowed.csv"),
        blocked: file("blocked.csv"),
        unreadable: file("unreadable.csv"),
        replace: false,
    };
    let mut stop = |done: u64, all: u64| {
        if done * 2 > all {
            println!("half");
            loop {
                std::thread::park();
            }
        }
    };
    let plan = Plan::new(vec![email("email")]);
    let none = Book::default();
    let _ = screen(&file("list"), &plan, &none, &verdicts(), &keyed(), &outs, &mut stop);
}

#[test]
fn killed_half_way_there_is_no_file_and_the_next_run_tidies_up() {
    let rows: String = (0..200_000).map(|n| format!("{n},a{n}@example.org\n")).collect();
    let desk = Desk::new(format!("id,email\n{rows}"), &["a7@example.org"]);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["half_a_screening", "--exact", "--nocapture"])
        .env("CANDOUR_HALF_A_SCREENING", desk.folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().ends_with("half")));
    // While it lives, nobody else writes the same files.
    assert!(matches!(desk.screen(), Err(ScreenError::Busy(_))));
    child.kill().unwrap();
    child.wait().unwrap();
    let left = desk.files();
    assert!(left.contains(&"allowed.csv.part".to_owned()), "{left:?}");
    assert!(left.iter().all(|name| name == "list" || name.ends_with(".part")), "{left:?}");
    let done = desk.screen().unwrap();
    assert_eq!((done.allowed, done.blocked), (199_999, 1));
    assert_eq!(desk.files(), ["allowed.csv", "blocked.csv", "list", "unreadable.csv"]);
    assert_eq!(digest_of(&desk.read("allowed.csv")), done.written[0]);
}
