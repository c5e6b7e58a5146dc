//! CSV and workbooks as people really keep them.

#![allow(clippy::expect_used, clippy::panic, reason = "tests only")]

mod files;

use candour_connectors::{
    Body, DataMap, FaultKind, Found, HoldingKind, Inclusion, Kind, Stored, Strength,
};
use files::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

const FIELDS: &str = r#"
field = [
  { name = "No", category = "identifying", identifier = "member-number" },
  { name = "Name", category = "name", identifier = "name" },
  { name = "E-mail", category = "contact", identifier = "email" },
  { name = "Phone", category = "contact", identifier = "phone" },
  { name = "Postcode", category = "address", identifier = "postcode" },
]
"#;

/// A map with these collections, all of members.
fn mapped(kind: HoldingKind, path: &std::path::Path, names: &[&str]) -> DataMap {
    let mut toml = map(kind, path).to_toml().expect("a map");
    for name in names {
        toml.push_str(&format!(
            "\n[[collection]]\nname = \"{name}\"\nholds = \"person\"\n{FIELDS}"
        ));
    }
    DataMap::from_toml(&toml, "club.toml").expect("a map")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

const HEAD: &str = "No,Name,E-mail,Phone,Postcode\n";

/// Search one CSV file.
fn csv(bytes: impl AsRef<[u8]>) -> Kept {
    let dir = folder();
    put(dir.path(), "members.csv", bytes);
    search(&mapped(HoldingKind::Csv, dir.path(), &["members.csv"]), &amara()).0
}

fn value<'a>(found: &'a candour_connectors::Found, name: &str) -> Option<&'a str> {
    let Body::Row { fields } = &found.body else { panic!("not a row") };
    fields.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.as_deref())
}

#[test]
fn every_spelling_of_a_person_is_found() {
    let kept = csv(format!(
        "{HEAD}\
         1,Amara Quill,AMARA@Example.com,,\n\
         2,Bram Weber,bram@example.com,,\n\
         3,,,+44 7700 900123,\n\
         4,Bram Weber,,07700900123,\n\
         M00123,,,,\n\
         6,\"Quill, Amara\",,,ls1 4ap\n\
         7,Amara Quill,,,\n\
         8,x,=HYPERLINK(\"mailto:amara@example.com\"),,\n\
         9,,,\"=\"\"07700900123\"\"\",\n"
    ));
    let told: Vec<(&str, bool)> =
        kept.items.iter().map(|f| (f.locator.as_str(), f.strength() == Strength::Strong)).collect();
    assert_eq!(
        told,
        [
            ("2", true),
            ("4", true),
            ("5", false),
            ("6", true),
            ("7", false),
            ("9", false),
            ("10", true)
        ],
        "{:?}",
        kept.told()
    );
    assert!(kept.missed.is_empty(), "{:?}", kept.faults());
}

#[test]
fn delimiters_and_writings_are_found_out() {
    let row = "1;Zo\u{eb} \u{2019};amara@example.com;;\n";
    let head = HEAD.replace(',', ";");
    let text = format!("{head}{row}");
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut latin = head.clone().into_bytes();
    latin.extend_from_slice(b"1;Zo\xeb \x92;amara@example.com;;\n");
    let marked = [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat();
    let tabs = text.replace(';', "\t");
    let bars = text.replace(';', "|");
    let said = format!("sep=;\r\n{text}");
    for bytes in [
        text.clone().into_bytes(),
        [b"\xff\xfe".as_slice(), &wide].concat(),
        [b"\xfe\xff".as_slice(), &big].concat(),
        wide,
        latin,
        marked,
        tabs.into_bytes(),
        bars.into_bytes(),
        said.clone().into_bytes(),
        text.replace('\n', "\r\n").into_bytes(),
        text.replace('\n', "\r").into_bytes(),
        text.replace('\n', "\r\n\r\n").into_bytes(),
        text.replace("amara@example.com;;", "\"amara@example.com\";;\"\"\r").into_bytes(),
        text.replace("Zo", "Z\0o").into_bytes(),
    ] {
        let kept = csv(&bytes);
        let bytes = bytes.escape_ascii().to_string();
        assert_eq!(kept.items.len(), 1, "{bytes}: {:?}", kept.faults());
        assert_eq!(value(&kept.items[0], "Name"), Some("Zo\u{eb} \u{2019}"), "{bytes}");
        assert_eq!(value(&kept.items[0], "Postcode"), None, "{bytes}");
        assert!(kept.missed.is_empty(), "{bytes}: {:?}", kept.faults());
    }
    assert_eq!(csv(said).items[0].locator, "3");
}

#[test]
fn uneven_rows_are_read_and_told_once() {
    let kept = csv(format!(
        "{HEAD}1,x,amara@example.com\n2,y,,,,,extra,amara@example.com\n3,z,amara@example.com,,\n"
    ));
    assert_eq!(kept.locators(), ["2", "4"]);
    let fault = kept.fault("2 rows have more or fewer cells");
    assert_eq!(
        (fault.place.as_str(), fault.kind),
        ("club, members.csv, line 2", FaultKind::Damaged)
    );
    assert_eq!(kept.missed.len(), 1);
    let kept = csv(format!("{HEAD}1,y,amara@example.com,,,,extra\n"));
    assert_eq!(value(&kept.items[0], "column 7"), Some("extra"));
}

#[test]
fn line_breaks_within_cells_and_quotes_that_never_close() {
    let kept =
        csv(format!("{HEAD}1,\"two\nlines\",amara@example.com,,\n2,x,amara@example.com,,\n"));
    assert_eq!(kept.locators(), ["2", "4"]);
    assert!(kept.missed.is_empty(), "{:?}", kept.faults());
    let rest: String = (3..3000).map(|n| format!("{n},x,x{n}@example.org,,\n")).collect();
    let kept = csv(format!(
        "{HEAD}1,x,amara@example.com,,\n2,\"x,amara@example.com,,\n{rest}9,x,amara@example.com,,\n"
    ));
    assert_eq!(kept.locators(), ["2", "3", "3001"], "{:?}", kept.faults());
    let fault = kept.fault("never closes");
    assert!(fault.place.ends_with("line 3") && fault.what.starts_with("1 lines"), "{fault}");
}

#[test]
fn titles_above_the_header_are_passed_over() {
    let kept = csv(format!("Members of the club,,,,\n,,,,\n{HEAD}1,x,amara@example.com,,\n"));
    assert_eq!(kept.locators(), ["4"]);
    assert_eq!(value(&kept.items[0], "E-mail"), Some("amara@example.com"));
}

#[test]
fn what_the_map_does_not_fit_is_told() {
    let dir = folder();
    put(
        dir.path(),
        "members.csv",
        "No,Name,Email address,Phone,Postcode\n1,x,amara@example.com,,\n",
    );
    put(dir.path(), "new.csv", format!("{HEAD}1,x,amara@example.com,,\n"));
    put(dir.path(), "good/old.csv", format!("{HEAD}1,x,amara@example.com,,\n"));
    put(dir.path(), "empty.csv", "");
    put(dir.path(), "picture.png", "x");
    let names = ["members.csv", "gone.csv", "good/old.csv"];
    let (kept, searched) = search(&mapped(HoldingKind::Csv, dir.path(), &names), &amara());
    assert_eq!(kept.items.len(), 1);
    assert_eq!(kept.items[0].place, "good/old.csv");
    assert_eq!(searched.places.len(), 1);
    let renamed = kept.fault("members.csv.E-mail");
    assert_eq!(renamed.kind, FaultKind::Drift);
    assert!(renamed.what.contains("renamed to Email address"), "{renamed}");
    assert!(kept.fault("gone.csv").what.contains("the holding does not"));
    assert!(kept.fault("new.csv").what.contains("does not know"));
    assert!(kept.fault("empty.csv").what.contains("does not know"));
    kept.fault("1 files of the folder");
}

/// Bookings that hang on the members.
const BOOKINGS: &str = r#"
[[collection]]
name = "bookings.csv"
holds = "linked"
link = [{ fields = ["Member"], to = "members.csv", to_fields = ["No"], confirmed = true }]
"#;

#[test]
fn rows_that_hang_on_a_person_are_found() {
    let dir = folder();
    put(dir.path(), "members.csv", format!("{HEAD}M7,Amara Quill,amara@example.com,,\nM8,x,,,\n"));
    put(dir.path(), "bookings.csv", "Booking,Member,Hall\n1,M7,North\n2,M8,South\n3,M7,East\n");
    put(dir.path(), "seats.csv", "Booking,Seat\n1,A1\n2,A2\n3,A3\n");
    let toml = mapped(HoldingKind::Csv, dir.path(), &["members.csv"]).to_toml().expect("a map")
        + r#"
[[collection]]
name = "seats.csv"
holds = "linked"
link = [{ fields = ["Booking"], to = "bookings.csv", to_fields = ["Booking"], confirmed = true }]
"# + BOOKINGS;
    let map = DataMap::from_toml(&toml, "club.toml").expect("a map");
    let (kept, searched) = search(&map, &amara());
    let mut told = kept.told();
    told.sort();
    assert_eq!(told.len(), 5, "{told:?}");
    assert!(told[0].starts_with(
        "bookings.csv | 2 | strong | Member: belongs to members.csv, found by e-mail"
    ));
    assert!(
        told[3].starts_with(
            "seats.csv | 2 | strong | Booking: belongs to bookings.csv, which belongs"
        )
    );
    let seats = searched.places.iter().find(|l| l.place == "seats.csv").expect("searched");
    assert_eq!((seats.looked_at, seats.found), (Some(3), 2));
}

#[test]
fn rows_that_hang_on_a_doubtful_row_stand_or_fall_with_it() {
    let dir = folder();
    put(dir.path(), "members.csv", format!("{HEAD}M7,Bram Weber,amara@example.com,,\n"));
    put(dir.path(), "bookings.csv", "Booking,Member,Hall\n1,M7,North\n2,M8,South\n");
    let toml =
        mapped(HoldingKind::Csv, dir.path(), &["members.csv"]).to_toml().expect("a map") + BOOKINGS;
    let map = DataMap::from_toml(&toml, "club.toml").expect("a map");
    let (kept, _) = search(&map, &amara());
    let roots: Vec<_> = kept.items.iter().map(|f| f.root.as_deref()).collect();
    let doubtful = Found::key("members.csv", "2");
    assert_eq!(roots, [Some(&*doubtful); 2], "{:?}", kept.told());
}

/// A workbook with members on its first sheet, below a title.
fn workbook() -> Workbook {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Members").expect("a name");
    sheet.write(0, 0, "Members of the club").expect("a cell");
    for (at, name) in (0..).zip(["No", "Name", "E-mail", "Phone", "Postcode", "Joined"]) {
        sheet.write(2, at, name).expect("a cell");
    }
    sheet.write(3, 1, "Bram Weber").expect("a cell");
    sheet.write(4, 3, 7_700_900_123.0).expect("a cell");
    let date = ExcelDateTime::from_ymd(2024, 3, 9).expect("a date");
    let format = Format::new().set_num_format("dd/mm/yyyy");
    sheet.write_with_format(4, 5, &date, &format).expect("a cell");
    book
}

#[test]
fn sheets_of_a_workbook_are_searched() {
    let dir = folder();
    let mut book = workbook();
    let hidden = book.add_worksheet().set_name("Old").expect("a name");
    for (at, name) in (0..).zip(["No", "Name", "E-mail", "Phone", "Postcode"]) {
        hidden.write(0, at, name).expect("a cell");
    }
    hidden.write(1, 2, "amara@example.com").expect("a cell");
    hidden.set_hidden(true);
    book.add_worksheet().set_name("Notes").expect("a name").write(0, 0, "x").expect("a cell");
    let path = put(dir.path(), "club.xlsx", book.save_to_buffer().expect("a workbook"));
    let map = mapped(HoldingKind::Workbook, &path, &["Members", "Old"]);
    let (kept, searched) = search(&map, &amara());
    assert_eq!(kept.told().len(), 2, "{:?}", kept.faults());
    assert_eq!((kept.items[0].place.as_str(), kept.items[0].locator.as_str()), ("Members", "5"));
    assert_eq!(value(&kept.items[0], "Phone"), Some("7700900123"));
    assert_eq!(value(&kept.items[0], "Joined"), Some("2024-03-09"));
    assert_eq!(kept.items[1].place, "Old");
    assert_eq!(kept.fault("does not know this table").place, "club, Notes");
    assert_eq!(searched.places[0].looked_at, Some(2));
    let in_folder = mapped(HoldingKind::Workbook, dir.path(), &["club.xlsx/Members"]);
    assert_eq!(search(&in_folder, &amara()).0.items[0].place, "club.xlsx/Members");
}

#[test]
fn open_document_sheets_are_searched_however_far_they_repeat() {
    let dir = folder();
    let mut rows = ods_row(&["No", "Name", "E-mail", "Phone", "Postcode"]);
    rows.push_str(&ods_row(&["1", "Bram Weber", "bram@example.com", "", ""]));
    rows.push_str(&ods_row(&["2", "Amara Quill", "amara@example.com", "", ""]));
    rows.push_str(
        "<table:table-row table:number-rows-repeated=\"1048500\">\
         <table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>",
    );
    let path = put(dir.path(), "club.ods", ods(&rows));
    let (kept, _) = search(&mapped(HoldingKind::Workbook, &path, &["Members"]), &amara());
    assert_eq!(kept.locators(), ["3"], "{:?}", kept.faults());
}

#[test]
fn a_cell_in_the_last_corner_costs_nothing() {
    let dir = folder();
    let mut book = workbook();
    let sheet = book.worksheet_from_name("Members").expect("the sheet");
    sheet.write(1_048_575, 16_383, "far away").expect("a cell");
    sheet.write(1_048_575, 2, "amara@example.com").expect("a cell");
    let path = put(dir.path(), "club.xlsx", book.save_to_buffer().expect("a workbook"));
    let (kept, _) = search(&mapped(HoldingKind::Workbook, &path, &["Members"]), &amara());
    assert_eq!(kept.locators(), ["5", "1048576"], "{:?}", kept.faults());
    assert_eq!(value(&kept.items[1], "column 16384"), Some("far away"));
}

#[test]
fn a_hundred_thousand_rows_are_searched() {
    let dir = folder();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("Members").expect("a name");
    for (at, name) in (0..).zip(["No", "Name", "E-mail", "Phone", "Postcode"]) {
        sheet.write(0, at, name).expect("a cell");
    }
    for row in 1..=100_000u32 {
        sheet.write(row, 0, row).expect("a cell");
        let email = if row == 99_999 {
            "amara@example.com".to_owned()
        } else {
            format!("x{row}@example.org")
        };
        sheet.write(row, 2, email).expect("a cell");
    }
    let path = put(dir.path(), "club.xlsx", book.save_to_buffer().expect("a workbook"));
    let (kept, searched) = search(&mapped(HoldingKind::Workbook, &path, &["Members"]), &amara());
    assert_eq!(kept.locators(), ["100000"], "{:?}", kept.faults());
    assert_eq!(searched.places[0].looked_at, Some(100_000));
}

#[test]
fn damaged_and_locked_workbooks_are_told_and_the_rest_is_searched() {
    let dir = folder();
    let good = workbook().save_to_buffer().expect("a workbook");
    put(dir.path(), "1.xlsx", &good[..good.len() / 2]);
    put(dir.path(), "2.xlsx", locked());
    put(dir.path(), "3.xls", b"zanzibarra");
    put(dir.path(), "4.ods", b"PK\x03\x04zanzibarra");
    put(dir.path(), "5.xlsx", &good);
    put(dir.path(), "~$5.xlsx", "zanzibarra");
    let map = mapped(HoldingKind::Workbook, dir.path(), &["5.xlsx/Members"]);
    let (kept, _) = search(&map, &amara());
    assert_eq!(kept.items.len(), 1);
    assert_eq!(kept.missed.len(), 4, "{:?}", kept.faults());
    assert_eq!(kept.fault("file 2 of the top folder").what, "the file is protected by a password");
    for nth in [1, 3, 4] {
        let fault = kept.fault(&format!("file {nth} of the top folder"));
        assert_eq!(fault.kind, FaultKind::Damaged, "{fault}");
    }
}

#[test]
fn a_scan_learns_what_a_table_holds() {
    let dir = folder();
    put(
        dir.path(),
        "members.csv",
        format!(
            "{HEAD}M1,Amara Quill,amara@example.com,07700900123,LS1 4AP\n\
         M2,Bram Weber,bram+x@example.com,,\n"
        ),
    );
    put(dir.path(), "visits.csv", "Member no,Day\nM1,1 May\nM1,2 May\nM9,3 May\n");
    let map = map(HoldingKind::Csv, dir.path());
    let mut connector = opened(&map);
    let schema = connector.schema().expect("a schema");
    let members = schema.collection("members.csv").expect("the table");
    let names: Vec<&str> = members.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["No", "Name", "E-mail", "Phone", "Postcode"]);
    assert_eq!(members.rows_estimate, Some(2));
    assert!(members.field("No").expect("it").unique);
    let visits = schema.collection("visits.csv").expect("the table");
    assert!(!visits.field("Member no").expect("it").unique);
    let sample = connector.sample("members.csv", 1).expect("a sample");
    assert_eq!(sample.rows.len(), 1);
    assert_eq!(sample.rows[0][2].as_deref(), Some("amara@example.com"));
    let stored = connector.census("members.csv", "E-mail", Kind::Email).expect("a census");
    assert_eq!(stored, Stored::Tagged);
    let included = connector
        .included(("visits.csv", "Member no"), ("members.csv", "No"), 100)
        .expect("a count");
    assert_eq!(included, Inclusion { sampled: 2, found: 1 });
    let fault = connector.census("members.csv", "gone", Kind::Email).expect_err("no such field");
    assert_eq!((fault.place.as_str(), fault.kind), ("club, members.csv.gone", FaultKind::Drift));
    assert_eq!(connector.sample("gone.csv", 1).expect_err("no table").kind, FaultKind::Drift);
    assert_eq!(connector.test().expect("it is there").collections, 2);
}

#[test]
fn what_a_scan_drafts_can_be_searched() {
    let dir = folder();
    let people: String = (0..20)
        .map(|n| format!("M{n},Bram Weber,x{n}@example.org,07700 9001{n:02},LS1 4AP\n"))
        .collect();
    put(dir.path(), "members.csv", format!("{HEAD}{people}M99,x,AMARA@example.com,,\n"));
    put(
        dir.path(),
        "mail/Inbox",
        "From a Mon Jan 1\nFrom: amara@example.com\nTo: x@example.org\n\ny\n",
    );
    let now = jiff::Timestamp::UNIX_EPOCH;
    for (kind, path) in [
        (HoldingKind::Csv, "members.csv"),
        (HoldingKind::Mail, "mail"),
        (HoldingKind::Documents, ""),
    ] {
        let head = map(kind, &dir.path().join(path));
        let draft =
            candour_connectors::scan::draft(opened(&head).as_mut(), &head, now).expect("a draft");
        assert!(!draft.collection.is_empty());
        assert!(!draft.to_toml().expect("a map").to_lowercase().contains("amara"));
        let (kept, _) = search(&draft, &amara());
        assert!(!kept.items.is_empty(), "{kind:?}: {:?}", kept.faults());
    }
}
