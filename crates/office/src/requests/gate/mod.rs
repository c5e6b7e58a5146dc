//! The gate: every file that goes out is opened once more as a stranger would, and cleaned or
//! stopped. What it looked for and found is kept on the check sheet of the pack.
//!
//! A file that can't be made safe is not sent: the person gets its text instead. What stands in
//! a hidden place may still be the person's own data, so nothing is taken out silently.

mod again;
mod image;
mod ooxml;
mod open_document;
mod parts;
mod pdf;
mod sheet;
#[cfg(test)]
pub(super) mod tests;
mod text;
mod wire;
mod xml;

use serde::{Deserialize, Serialize};

pub use again::read as read_again;
pub use sheet::{FileCheck, Finding, Outcome, Sheet, Then};
pub use text::guard;
pub use wire::{check, in_child};

/// What a file is, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// XLSX.
    Workbook,
    /// DOCX.
    Document,
    /// ODS.
    OpenWorkbook,
    /// ODT.
    OpenDocument,
    /// PDF.
    Pdf,
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// GIF.
    Gif,
    /// A page for a browser.
    Html,
    /// Comma-separated values.
    Csv,
    /// Plain text.
    Text,
    /// An e-mail message.
    Message,
    /// Anything else: needs a person.
    Unknown,
}

impl Kind {
    /// Looks at the bytes first; the media type and the name only tell texts apart.
    pub fn of(name: &str, media: &str, raw: &[u8]) -> Self {
        let head = &raw[..raw.len().min(1024)];
        if raw.starts_with(b"PK\x03\x04") {
            return parts::kind(raw);
        }
        if head.windows(5).any(|w| w == b"%PDF-") {
            return Self::Pdf;
        }
        if raw.starts_with(b"\xff\xd8\xff") {
            return Self::Jpeg;
        }
        if raw.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Self::Png;
        }
        if raw.starts_with(b"GIF8") {
            return Self::Gif;
        }
        text::kind(name, media, raw)
    }

    /// On the check sheet and in the schedule.
    pub fn word(self) -> &'static str {
        match self {
            Self::Workbook => "workbook (XLSX)",
            Self::Document => "document (DOCX)",
            Self::OpenWorkbook => "workbook (ODS)",
            Self::OpenDocument => "document (ODT)",
            Self::Pdf => "PDF",
            Self::Jpeg => "picture (JPEG)",
            Self::Png => "picture (PNG)",
            Self::Gif => "picture (GIF)",
            Self::Html => "web page",
            Self::Csv => "table (CSV)",
            Self::Text => "plain text",
            Self::Message => "e-mail message",
            Self::Unknown => "of a kind the gate does not know",
        }
    }

    /// The ending of such a file.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Workbook => "xlsx",
            Self::Document => "docx",
            Self::OpenWorkbook => "ods",
            Self::OpenDocument => "odt",
            Self::Pdf => "pdf",
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Gif => "gif",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Text => "txt",
            Self::Message => "eml",
            Self::Unknown => "bin",
        }
    }

    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Workbook => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Document => {
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            }
            Self::OpenWorkbook => "application/vnd.oasis.opendocument.spreadsheet",
            Self::OpenDocument => "application/vnd.oasis.opendocument.text",
            Self::Pdf => "application/pdf",
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
            Self::Html => "text/html",
            Self::Csv => "text/csv",
            Self::Text => "text/plain",
            Self::Message => "message/rfc822",
            Self::Unknown => "application/octet-stream",
        }
    }

    /// What is looked for in such a file.
    pub fn looked_for(self) -> &'static [&'static str] {
        match self {
            Self::Workbook | Self::OpenWorkbook => &[
                "hidden sheets, rows and columns",
                "comments",
                "names for cells",
                "links to other files",
                "embedded files and macros",
                "properties, thumbnails and earlier versions",
            ],
            Self::Document | Self::OpenDocument => &[
                "tracked changes and deleted text",
                "hidden text",
                "comments",
                "links to other files",
                "embedded files and macros",
                "properties, thumbnails and earlier versions",
            ],
            Self::Pdf => &[
                "passwords",
                "properties",
                "comments and other annotations",
                "embedded files and programs",
                "earlier versions and small pictures of pages",
            ],
            Self::Jpeg | Self::Png | Self::Gif => {
                &["place, camera and other properties", "data behind the picture"]
            }
            Self::Html => &["programs", "references to other servers", "hidden text"],
            Self::Csv => &["cells that a spreadsheet would run as a formula"],
            Self::Text => &["bytes that are not text"],
            Self::Message => &["attachments: each goes through the gate"],
            Self::Unknown => &["nothing: it can't be opened here"],
        }
    }
}

/// What the gate makes of one file.
#[derive(Debug, Clone)]
pub struct Checked {
    /// What it is.
    pub kind: Kind,
    /// Passed, cleaned or stopped.
    pub outcome: Outcome,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The cleaned file, when it was cleaned.
    pub clean: Option<Vec<u8>>,
    /// Attachments of a message, each with its name and what the gate makes of it.
    pub attachments: Vec<Attachment>,
}

/// An attachment of a message.
#[derive(Debug, Clone)]
pub struct Attachment {
    /// As the message names it.
    pub name: String,
    /// Its bytes.
    pub raw: Vec<u8>,
    /// What the gate makes of it.
    pub checked: Checked,
}

impl Checked {
    fn of(kind: Kind, findings: Vec<Finding>, clean: Option<Vec<u8>>) -> Self {
        let stopped = findings.iter().any(|f| f.then == Then::Stopped);
        let cleaned = clean.is_some() && findings.iter().any(|f| f.then == Then::Cleaned);
        let outcome = match (stopped, cleaned) {
            (true, _) => Outcome::Stopped,
            (_, true) => Outcome::Cleaned,
            _ => Outcome::Passed,
        };
        let clean = clean.filter(|_| outcome == Outcome::Cleaned);
        Self { kind, outcome, findings, clean, attachments: Vec::new() }
    }

    fn stopped(kind: Kind, why: &str) -> Self {
        Self::of(kind, vec![Finding::new(why, 1, Then::Stopped)], None)
    }
}

/// How deep messages may lie inside messages.
const DEPTH: u8 = 4;

fn check_at(name: &str, media: &str, raw: &[u8], depth: u8) -> Checked {
    let kind = Kind::of(name, media, raw);
    let look = || match kind {
        Kind::Workbook | Kind::Document => ooxml::check(kind, raw),
        Kind::OpenWorkbook | Kind::OpenDocument => open_document::check(kind, raw),
        Kind::Pdf => pdf::check(raw),
        Kind::Jpeg => image::jpeg(raw),
        Kind::Png => image::png(raw),
        Kind::Gif => image::gif(raw),
        Kind::Html => text::html(raw),
        Kind::Csv => text::csv(raw),
        Kind::Text => Checked::of(kind, Vec::new(), None),
        Kind::Message => text::message(raw, depth),
        Kind::Unknown => Checked::stopped(kind, "a kind of file that can't be checked"),
    };
    // The parsers above are made for strangers' files, and run in a child process; should one of
    // them break all the same, the file is stopped, and the rest of its message goes on.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(look))
        .unwrap_or_else(|_| Checked::stopped(kind, "the file broke the program that opened it"))
}
