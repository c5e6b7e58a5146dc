//! What the tests of files share: a child that reads, a sink that keeps, and files made up here.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::panic, reason = "tests only")]

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Once;

use candour_connectors::worker::{self, Worker};
use candour_connectors::{
    Body, Connector, DataMap, Fault, Found, HoldingKind, Identifier, Kind, Limits, Searched, Seek,
    Sink, Source, Strength, open,
};
use jiff::Timestamp;
use zip::write::SimpleFileOptions;

/// A value that stands in every file and may stand in no fault.
pub const CANARY: &str = "zanzibarra";

/// The program that reads files.
pub fn program() -> PathBuf {
    env!("CARGO_BIN_EXE_candour-test-worker").into()
}

/// Name the program once.
pub fn ready() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| worker::set(Worker::new(program(), Vec::new())));
}

/// Keeps everything.
#[derive(Default)]
pub struct Kept {
    pub items: Vec<Found>,
    pub missed: Vec<Fault>,
    pub progress: u64,
}

impl Sink for Kept {
    fn item(&mut self, found: Found) -> Result<(), Fault> {
        self.items.push(found);
        Ok(())
    }

    fn progress(&mut self, done: u64, _: Option<u64>) {
        self.progress = done;
    }

    fn missed(&mut self, fault: Fault) {
        self.missed.push(fault);
    }
}

impl Kept {
    /// "place locator strength how; how" of each item.
    pub fn told(&self) -> Vec<String> {
        let one = |f: &Found| {
            let word = if f.strength() == Strength::Strong { "strong" } else { "weak" };
            let hows: Vec<String> =
                f.because.iter().map(|b| format!("{}: {}", b.field, b.how)).collect();
            format!("{} | {} | {word} | {}", f.place, f.locator, hows.join("; "))
        };
        self.items.iter().map(one).collect()
    }

    pub fn locators(&self) -> Vec<&str> {
        self.items.iter().map(|f| f.locator.as_str()).collect()
    }

    pub fn faults(&self) -> Vec<String> {
        self.missed.iter().map(ToString::to_string).collect()
    }

    /// The one fault whose words contain this.
    pub fn fault(&self, words: &str) -> &Fault {
        let mut with = self.missed.iter().filter(|f| f.to_string().contains(words));
        let found = with.next().unwrap_or_else(|| panic!("no {words:?} in {:?}", self.faults()));
        assert!(with.next().is_none(), "{words:?} twice in {:?}", self.faults());
        found
    }

    /// No fault may hold anything personal.
    pub fn clean(&self) -> &Self {
        for fault in self.faults() {
            let lower = fault.to_lowercase();
            for word in [CANARY, "amara", "quill", "07700", "7700900"] {
                assert!(!lower.contains(word), "{word} in a fault: {fault}");
            }
        }
        self
    }
}

pub fn map(kind: HoldingKind, path: &Path) -> DataMap {
    let source = Source { path: Some(path.to_owned()), ..Source::default() };
    DataMap::new("club", "The club", kind, source)
}

pub fn opened(map: &DataMap) -> Box<dyn Connector> {
    ready();
    let now: Timestamp = "2026-03-02T10:00:00Z".parse().expect("a moment");
    open(map, Path::new("/"), Limits::at(now)).expect("the holding opens")
}

pub fn search(map: &DataMap, seek: &Seek) -> (Kept, Searched) {
    let mut kept = Kept::default();
    let searched = opened(map).find(map, seek, &mut kept).expect("the search goes through");
    kept.clean();
    (kept, searched)
}

pub fn identifier(kind: Kind, raw: &str) -> Identifier {
    Identifier {
        kind,
        normal: candour_screening::normalise(kind, raw).expect("a good identifier"),
        as_given: raw.to_owned(),
        learned_from: None,
    }
}

/// Amara Quill, with everything that is known of her.
pub fn amara() -> Seek {
    Seek {
        identifiers: vec![
            identifier(Kind::Email, "amara@example.com"),
            identifier(Kind::Phone, "07700 900123"),
            identifier(Kind::MemberNumber, "M00123"),
        ],
        names: vec!["Amara Quill".to_owned()],
        postcodes: vec!["LS1 4AP".to_owned()],
        born: Some("1980-02-01".to_owned()),
    }
}

/// A zip file of these parts.
pub fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).expect("a part begins");
        zip.write_all(bytes).expect("a part is written");
    }
    zip.finish().expect("the zip ends").into_inner()
}

/// A Word document with this in its body, and these further parts.
pub fn docx(body: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let document = format!("<w:document><w:body><w:p>{body}</w:p></w:body></w:document>");
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", document.as_bytes()),
        ("word/styles.xml", b"<w:styles><w:t>not text</w:t></w:styles>"),
    ];
    parts.extend(more.iter().map(|(name, text)| (*name, text.as_bytes())));
    zipped(&parts)
}

/// A run of text in a Word document.
pub fn run(text: &str) -> String {
    format!("<w:r><w:t>{text}</w:t></w:r>")
}

/// A PDF of one page with these lines.
pub fn pdf(lines: &[&str]) -> Vec<u8> {
    let mut content = "BT /F1 12 Tf 72 720 Td 14 TL".to_owned();
    for line in lines {
        content.push_str(&format!(" ({line}) Tj T*"));
    }
    content.push_str(" ET");
    pdf_of(content.as_bytes(), "")
}

/// A PDF of one page with this content stream.
pub fn pdf_of(content: &[u8], filter: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n".to_vec();
    let length = content.len();
    let mut stream = format!("<< /Length {length} {filter} >>\nstream\n").into_bytes();
    stream.extend_from_slice(content);
    stream.extend_from_slice(b"\nendstream");
    let objects: [&[u8]; 5] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R \
          /Resources << /Font << /F1 5 0 R >> >> >>",
        &stream,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ];
    let mut offsets = Vec::new();
    for (nth, object) in (1..).zip(objects) {
        offsets.push(out.len());
        out.extend_from_slice(format!("{nth} 0 obj\n").as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    }
    let table = out.len();
    out.extend_from_slice(b"xref\n0 6\n0000000000 65535 f \n");
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let trailer = format!("trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
    out.extend_from_slice(trailer.as_bytes());
    out
}

/// The head of an office file that is locked with a password.
pub fn locked() -> Vec<u8> {
    let mut bytes = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    bytes.resize(1024, 0);
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    bytes.resize(4096, 0);
    bytes
}

/// Write a file below a folder, with the folders on the way.
pub fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("folders");
    std::fs::write(&path, bytes).expect("a file is written");
    path
}

pub fn text_of(found: &Found) -> &str {
    match &found.body {
        Body::Document { text, .. } | Body::Message { text, .. } => text,
        Body::Row { .. } => panic!("a row has no text"),
    }
}

/// An OpenDocument spreadsheet with these rows.
pub fn ods(rows: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"><office:body>\
         <office:spreadsheet><table:table table:name=\"Members\">{rows}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("content.xml", content.as_bytes()),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
    ])
}

pub fn ods_row(cells: &[&str]) -> String {
    let cell = |c: &&str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{c}</text:p>\
             </table:table-cell>"
        )
    };
    format!("<table:table-row>{}</table:table-row>", cells.iter().map(cell).collect::<String>())
}
