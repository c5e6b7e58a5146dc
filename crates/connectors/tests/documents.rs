//! Folders of documents: every kind of file, and what stands in the way.

#![allow(clippy::expect_used, reason = "tests only")]

mod files;

use std::os::unix::fs::{PermissionsExt as _, symlink};

use candour_connectors::{FaultKind, Found, HoldingKind, Kind, Seek, Sink};
use files::*;
use rust_xlsxwriter::{Note, Workbook};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

#[test]
fn finds_a_person_in_every_kind_of_file() {
    let dir = folder();
    let here = dir.path();
    put(here, "plain.txt", "Dear Amara Quill, write to Amara@Example.com");
    put(here, "latin.txt", b"Caf\xe9: ring 07700 900123");
    put(here, "wide.txt", b"\xff\xfea\0m\0a\0r\0a\0@\0e\0x\0a\0m\0p\0l\0e\0.\0c\0o\0m\0");
    put(here, "notes.md", "# Notes\n\n+44 (0)7700 900 123");
    put(here, "page.html", "<html><td>tel</td><td>07700900123</td><td>LS1 4AP</td></html>");
    put(here, "list.csv", "name,email\nx,amara@example.com\n");
    put(here, "letter.pdf", pdf(&["Dear member", "Your number is M00123"]));
    put(here, "letter.docx", docx(&run("amara@example.com"), &[]));
    put(here, "saved.eml", "From: amara@example.com\nTo: x@example.org\nSubject: y\n\nz\n");
    let mut book = Workbook::new();
    book.add_worksheet().write(4, 2, 7_700_900_123.0).expect("a cell");
    put(here, "book.xlsx", book.save_to_buffer().expect("a workbook"));
    put(here, "wrong ending.jpg", pdf(&["ring 07700 900123"]));
    put(here, "nothing.txt", "Bram Weber");
    let (kept, searched) = search(&map(HoldingKind::Documents, here), &amara());
    assert_eq!(
        kept.locators(),
        [
            "book.xlsx",
            "latin.txt",
            "letter.docx",
            "letter.pdf",
            "list.csv",
            "notes.md",
            "page.html",
            "plain.txt",
            "saved.eml",
            "wide.txt",
            "wrong ending.jpg"
        ],
        "{:?}",
        kept.told()
    );
    assert!(kept.items.iter().all(|f| f.strength() == candour_connectors::Strength::Strong));
    assert!(kept.missed.is_empty(), "{:?}", kept.faults());
    assert_eq!(searched.places[0].looked_at, Some(12));
    assert_eq!(searched.places[0].found, 11);
}

/// What was searched of one Word document.
fn text(bytes: Vec<u8>) -> String {
    let dir = folder();
    put(dir.path(), "amara@example.com.bin", bytes);
    let (kept, _) = search(&map(HoldingKind::Documents, dir.path()), &amara());
    assert!(kept.missed.is_empty(), "{:?}", kept.faults());
    text_of(&kept.items[0]).to_owned()
}

#[test]
fn reads_all_of_a_word_document() {
    let header = "<w:hdr><w:p><w:r><w:t>in the header</w:t></w:r></w:p></w:hdr>";
    let notes = "<w:footnotes><w:t>in a footnote</w:t></w:footnotes>";
    let comments = "<w:comments><w:comment w:author=\"a reviewer\"><w:p><w:r>\
                    <w:t>in a comment</w:t></w:r></w:p></w:comment></w:comments>";
    let links = "<Relationships><Relationship Target=\"mailto:l@example.org\"/></Relationships>";
    let body = "<w:r><w:t>split</w:t></w:r><w:r><w:t>word &amp; &#65;</w:t></w:r>\
                <w:del><w:r><w:delText> was deleted</w:delText></w:r></w:del></w:p><w:p>\
                <w:r><w:t>next</w:t><w:tab/><w:t>line</w:t></w:r>";
    let text = text(docx(
        body,
        &[
            ("word/header1.xml", header),
            ("word/footer1.xml", "<w:ftr><w:t>in the footer</w:t></w:ftr>"),
            ("word/footnotes.xml", notes),
            ("word/comments.xml", comments),
            ("word/_rels/document.xml.rels", links),
            ("docProps/core.xml", "<cp><dc:creator>the writer</dc:creator></cp>"),
        ],
    ));
    assert!(text.starts_with("splitword & A was deleted\nnext\tline\n"), "{text}");
    for part in [
        "in the header",
        "in the footer",
        "in a footnote",
        "a reviewer\nin a comment",
        "mailto:l@example.org",
        "the writer",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("not text"), "{text}");
}

#[test]
fn reads_open_documents_and_slides() {
    let content = "<office:body><text:tracked-changes><text:p>deleted</text:p>\
        </text:tracked-changes><text:p>one<text:s/>two<office:annotation><text:p>said</text:p>\
        </office:annotation></text:p></office:body>";
    let odt = zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", content.as_bytes()),
        ("styles.xml", b"<office:master-styles><text:p>at the top</text:p></office:master-styles>"),
    ]);
    let odt = text(odt);
    for part in ["deleted", "one\ttwo", "said", "at the top"] {
        assert!(odt.contains(part), "{part} in {odt}");
    }
    let pptx = text(zipped(&[
        ("ppt/presentation.xml", b"<p:presentation/>"),
        ("ppt/slides/slide2.xml", b"<p:sld><a:p><a:t>second</a:t></a:p></p:sld>"),
        ("ppt/slides/slide1.xml", b"<p:sld><a:p><a:t>first</a:t></a:p></p:sld>"),
        ("ppt/notesSlides/notesSlide1.xml", b"<p:notes><a:t>spoken</a:t></p:notes>"),
        ("ppt/comments/comment1.xml", b"<p:cmLst><p:cm><p:text>said</p:text></p:cm></p:cmLst>"),
    ]));
    assert!(pptx.starts_with("first\nsecond\n"), "{pptx}");
    assert!(pptx.contains("spoken") && pptx.contains("said"), "{pptx}");
}

#[test]
fn reads_comments_headers_and_hidden_sheets_of_a_workbook() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "shown").expect("a cell");
    sheet.set_header("&CAt the top");
    sheet.insert_note(0, 0, &Note::new("a remark")).expect("a note");
    let hidden = book.add_worksheet();
    hidden.write(0, 0, "out of sight").expect("a cell");
    hidden.set_hidden(true);
    let text = text(book.save_to_buffer().expect("a workbook"));
    for part in ["shown", "At the top", "a remark", "out of sight"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn names_and_places_make_weak_matches() {
    let dir = folder();
    put(dir.path(), "a/name.txt", "We met Amara Quill.");
    put(dir.path(), "a/place.txt", "Amara Quill\n3 Mill Lane\nLeeds LS1 4AP");
    put(dir.path(), "a/Quill_Amara.txt", "minutes");
    put(dir.path(), "a/other.txt", "Amara met Bram Quill at LS1 4AP.");
    let (kept, _) = search(&map(HoldingKind::Documents, dir.path()), &amara());
    assert_eq!(
        kept.told(),
        [
            "a | a/Quill_Amara.txt | weak | file name: name alone",
            "a | a/name.txt | weak | text: name alone",
            "a | a/place.txt | weak | text: name and postcode; text: name alone",
        ]
    );
}

#[test]
fn what_cannot_be_read_is_told_by_its_place_and_the_rest_goes_on() {
    let dir = folder();
    let here = dir.path();
    put(here, "letters/1 Amara Quill.docx", locked());
    put(here, "letters/2 Amara Quill.docx", &docx("x", &[])[..200]);
    put(here, "letters/3 Amara Quill.pdf", b"%PDF-1.4 zanzibarra garbage");
    put(here, "letters/4 Amara Quill.zip", zipped(&[("zanzibarra.txt", b"x")]));
    put(here, "letters/5.rtf", "{\\rtf1 zanzibarra}");
    put(here, "letters/6.png", b"\x89PNG\r\n\x1a\n\0\0zanzibarra");
    put(here, "letters/7.bin", b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0zanzibarra");
    put(here, "letters/8.pdf", pdf(&[]));
    put(here, "letters/9.txt", "amara@example.com");
    put(here, "Amara Quill/broken.docx", b"PK\x03\x04zanzibarra");
    let (kept, _) = search(&map(HoldingKind::Documents, here), &amara());
    for (what, place, kind) in [
        ("password", "club: file 1 of letters", FaultKind::Damaged),
        ("garbage", "club: file 3 of letters, PDF", FaultKind::Damaged),
        ("archive", "club: file 4 of letters", FaultKind::Damaged),
        ("old format", "club: file 5 of letters", FaultKind::Damaged),
        ("1 pictures", "club", FaultKind::NoText),
        ("of a kind that is not read", "club: file 7 of letters", FaultKind::Damaged),
        ("1 PDF files without text", "club", FaultKind::NoText),
    ] {
        let fault = match what {
            "garbage" => kept.fault("file 3 of letters"),
            what => kept.fault(what),
        };
        assert_eq!((fault.place.as_str(), fault.kind), (place, kind), "{fault}");
    }
    kept.fault("file 2 of letters");
    kept.fault("club: file 1 of folder 1");
    // Names are searched even where nothing can be read.
    assert_eq!(kept.items.len(), 6, "{:?}", kept.told());
    assert!(kept.locators().contains(&"letters/9.txt"));
}

#[test]
fn links_out_of_the_folder_are_not_followed() {
    let dir = folder();
    let outside = folder();
    put(outside.path(), "secret.txt", "amara@example.com");
    let inside = put(dir.path(), "inside.txt", "amara@example.com");
    symlink(outside.path(), dir.path().join("out")).expect("a link");
    symlink(outside.path().join("secret.txt"), dir.path().join("secret")).expect("a link");
    symlink(&inside, dir.path().join("same")).expect("a link");
    symlink(dir.path(), dir.path().join("round")).expect("a link");
    symlink("/no/such/place", dir.path().join("nowhere")).expect("a link");
    let (kept, _) = search(&map(HoldingKind::Documents, dir.path()), &amara());
    assert_eq!(kept.locators(), ["inside.txt"]);
    let out = kept.missed.iter().filter(|f| f.what.contains("out of the folder")).count();
    assert_eq!((out, kept.missed.len()), (2, 3), "{:?}", kept.faults());
    kept.fault("leads nowhere");
}

#[test]
fn files_that_vanish_or_are_denied_are_told() {
    /// Takes away the second file when the first is found.
    struct Taking<'a>(Kept, &'a std::path::Path);
    impl Sink for Taking<'_> {
        fn item(&mut self, found: Found) -> Result<(), candour_connectors::Fault> {
            std::fs::remove_file(self.1.join("2.txt")).expect("it was there");
            self.0.item(found)
        }
        fn progress(&mut self, _: u64, _: Option<u64>) {}
        fn missed(&mut self, fault: candour_connectors::Fault) {
            self.0.missed(fault);
        }
    }
    let dir = folder();
    put(dir.path(), "1.txt", "amara@example.com");
    put(dir.path(), "2.txt", "amara@example.com");
    let denied = put(dir.path(), "3.txt", "nothing");
    std::fs::set_permissions(&denied, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    let map = map(HoldingKind::Documents, dir.path());
    let mut taking = Taking(Kept::default(), dir.path());
    opened(&map).find(&map, &amara(), &mut taking).expect("the search goes on");
    let fault = taking.0.clean().fault("not there");
    assert_eq!(
        (fault.place.as_str(), fault.kind),
        ("club: file 2 of the top folder", FaultKind::Unreachable)
    );
    if std::fs::read(&denied).is_err() {
        assert_eq!(taking.0.fault("may not read").kind, FaultKind::Denied); // Not told to root.
    }
}

#[test]
fn an_empty_folder_is_searched_and_a_missing_one_refused() {
    let dir = folder();
    let (kept, searched) = search(&map(HoldingKind::Documents, dir.path()), &amara());
    assert!(kept.items.is_empty() && kept.missed.is_empty() && searched.places.is_empty());
    let gone = map(HoldingKind::Documents, &dir.path().join("gone"));
    let limits = candour_connectors::Limits::at(jiff::Timestamp::UNIX_EPOCH);
    let fault = candour_connectors::open(&gone, dir.path(), limits).err().expect("refused");
    assert_eq!(fault.kind, FaultKind::Unreachable);
    assert!(fault.remedy.contains("path"), "{fault}");
}

#[test]
fn folders_are_collections_that_a_scan_can_draft() {
    let dir = folder();
    put(dir.path(), "letters/2024/a.txt", "amara@example.com 07700900123 LS1 4AP");
    put(dir.path(), "letters/b.txt", "bram@example.com");
    put(dir.path(), "top.txt", "x");
    let map = map(HoldingKind::Documents, dir.path());
    let mut connector = opened(&map);
    let schema = connector.schema().expect("a schema");
    let names: Vec<_> =
        schema.collections.iter().map(|c| (c.name.as_str(), c.rows_estimate)).collect();
    assert_eq!(names, [("letters", Some(2)), ("top folder", Some(1))]);
    let sample = connector.sample("letters", 5).expect("a sample");
    let emails = sample.fields.iter().position(|f| f == "email").expect("a column of e-mails");
    let emails: Vec<_> = sample.rows.iter().map(|r| r[emails].as_deref()).collect();
    assert_eq!(emails, [Some("bram@example.com"), Some("amara@example.com")]);
    assert_eq!(connector.sample("gone", 5).expect_err("no folder").kind, FaultKind::Drift);
    assert_eq!(connector.test().expect("it is there").collections, 2);
}

#[test]
fn a_folder_without_personal_data_is_passed_by() {
    let dir = folder();
    put(dir.path(), "manuals/a.txt", "amara@example.com");
    put(dir.path(), "letters/a.txt", "amara@example.com");
    let mut map = map(HoldingKind::Documents, dir.path());
    let toml = map.to_toml().expect("a map")
        + "\n[[collection]]\nname = \"manuals\"\nholds = \"none\"\nwhy = \"manuals\"\n";
    map = candour_connectors::DataMap::from_toml(&toml, "club.toml").expect("a map");
    let (kept, searched) = search(&map, &amara());
    assert_eq!(kept.locators(), ["letters/a.txt"]);
    assert_eq!(searched.places.len(), 1);
}

#[test]
fn a_second_search_finds_the_same_under_the_same_names() {
    let dir = folder();
    for nth in 0..20 {
        put(dir.path(), &format!("f{}/x{nth}.txt", nth % 3), "amara@example.com");
    }
    let map = map(HoldingKind::Documents, dir.path());
    let (one, _) = search(&map, &amara());
    let (two, _) = search(
        &map,
        &Seek {
            identifiers: vec![identifier(Kind::Email, "amara@example.com")],
            ..Seek::default()
        },
    );
    assert_eq!(one.locators(), two.locators());
    assert_eq!(one.items.len(), 20);
}
