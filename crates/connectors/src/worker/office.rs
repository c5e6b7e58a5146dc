//! Text of office documents: everything a reader, a reviewer or a presenter would see, with
//! headers, footers, notes, comments and what tracked changes have deleted.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::sheets;
use super::wire::{Media, Trouble};
use super::xml::{self, Takes, Text};

/// Most files in one archive.
const MOST_ENTRIES: usize = 20_000;
/// Most bytes unpacked from one file.
const MOST_UNPACKED: u64 = 512 << 20;
/// An archive that unpacks to more than `SUSPECT` bytes may not grow more than `MOST_RATIO` times.
const SUSPECT: u64 = 64 << 20;
const MOST_RATIO: u64 = 150;

/// Compound files: the office formats before 2007, and encrypted ones of today.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Word processing and slides of Office Open XML.
const OPEN_XML: Takes = Takes {
    text: &["t", "delText", "instrText", "text"],
    lines: &["p", "br", "tr", "cm", "comment"],
    gaps: &["tab", "tc"],
    attributes: &[("comment", "author"), ("cmAuthor", "name"), ("person", "displayName")],
    from: None,
};
/// Comments of a workbook.
const NOTES: Takes = Takes {
    text: &["t", "text", "author"],
    lines: &["comment", "author", "threadedComment"],
    gaps: &[],
    attributes: &[("person", "displayName")],
    from: None,
};
/// Headers and footers of a sheet.
const MARGINS: Takes = Takes {
    text: &["oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"],
    lines: &["oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"],
    gaps: &[],
    attributes: &[],
    from: Some("<headerFooter"), // Near the end; what lies before is not read again.
};
/// Addresses that links point at.
const LINKS: Takes = Takes {
    text: &["-"],
    lines: &[],
    gaps: &[],
    attributes: &[("Relationship", "Target")],
    from: None,
};
/// Title, author and the like.
const PROPERTIES: Takes = Takes {
    text: &["title", "subject", "creator", "description", "lastModifiedBy", "initial-creator"],
    lines: &["title", "subject", "creator", "description", "lastModifiedBy", "initial-creator"],
    gaps: &[],
    attributes: &[],
    from: None,
};
/// OpenDocument: its parts have no text but what is read.
const OPEN_DOCUMENT: Takes = Takes {
    text: &[],
    lines: &["p", "h", "line-break", "table-row"],
    gaps: &["tab", "s", "table-cell"],
    attributes: &[("a", "href")],
    from: None,
};

/// The text of a file that is no plain text.
pub(super) fn text(bytes: &[u8]) -> Result<(Media, String, bool), Trouble> {
    if bytes.starts_with(b"PK") {
        return Package::open(bytes)?.text(bytes);
    }
    if bytes.starts_with(COMPOUND) {
        return compound(bytes);
    }
    super::pdf::extract(bytes)
}

/// A file of the years before 2007, or an encrypted one.
fn compound(bytes: &[u8]) -> Result<(Media, String, bool), Trouble> {
    if names_stream(bytes, "EncryptedPackage") {
        return Err(Trouble::Encrypted);
    }
    if !names_stream(bytes, "Workbook") && !names_stream(bytes, "Book") {
        return Err(Trouble::Old);
    }
    let mut out = Text::default();
    sheets::text(bytes, &mut out)?;
    Ok((Media::OldWorkbook, out.text, out.cut))
}

/// Whether a compound file has a stream of this name; its directory writes names in UTF-16.
fn names_stream(bytes: &[u8], name: &str) -> bool {
    let mut wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    wide.extend([0, 0]);
    memchr::memmem::find(bytes, &wide).is_some()
}

/// Refuse what a workbook reader should not be given: bombs, archives, locked files.
pub(super) fn admit(bytes: &[u8]) -> Result<(), Trouble> {
    if bytes.starts_with(COMPOUND) {
        let locked = names_stream(bytes, "EncryptedPackage");
        return if locked { Err(Trouble::Encrypted) } else { Ok(()) };
    }
    Package::open(bytes).map(|_| ())
}

/// A zip file that keeps to the limits.
struct Package<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    names: Vec<String>,
    left: u64,
}

impl<'a> Package<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, Trouble> {
        let mut zip = ZipArchive::new(Cursor::new(bytes)).map_err(|_| Trouble::Damaged)?;
        if zip.len() > MOST_ENTRIES {
            return Err(Trouble::TooLarge);
        }
        let (mut unpacked, mut names) = (0u64, Vec::with_capacity(zip.len()));
        for at in 0..zip.len() {
            let entry = zip.by_index_raw(at).map_err(|_| Trouble::Damaged)?;
            if entry.encrypted() {
                return Err(Trouble::Encrypted);
            }
            unpacked = unpacked.saturating_add(entry.size());
            names.push(String::from_utf8_lossy(entry.name_raw()).into_owned());
        }
        let ratio = unpacked / (bytes.len() as u64).max(1);
        let bomb = unpacked > SUSPECT && ratio > MOST_RATIO;
        let overlaps = zip.has_overlapping_files().map_err(|_| Trouble::Damaged)?;
        if bomb || unpacked > MOST_UNPACKED || overlaps {
            return Err(Trouble::TooLarge);
        }
        Ok(Self { zip, names, left: MOST_UNPACKED })
    }

    /// Unpack one part, on the account of the whole file; sizes in the directory may lie.
    fn part(&mut self, at: usize) -> Result<Vec<u8>, Trouble> {
        let entry = self.zip.by_index(at).map_err(|_| Trouble::Damaged)?;
        let packed = entry.compressed_size();
        let mut part = Vec::new();
        let mut limited = entry.take(self.left + 1);
        limited.read_to_end(&mut part).map_err(|_| Trouble::Damaged)?;
        let size = part.len() as u64;
        if size > self.left || (size > SUSPECT && size / packed.max(1) > MOST_RATIO) {
            return Err(Trouble::TooLarge);
        }
        self.left -= size;
        Ok(part)
    }

    fn at(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    fn text(mut self, bytes: &[u8]) -> Result<(Media, String, bool), Trouble> {
        let media = self.media()?;
        let mut out = Text::default();
        match media {
            Media::Word => self.parts(word, &mut out)?,
            Media::Slides => self.parts(slides, &mut out)?,
            Media::Workbook => {
                sheets::text(bytes, &mut out)?;
                self.parts(workbook, &mut out)?;
            }
            _ => self.parts(open_document, &mut out)?,
        }
        Ok((media, out.text, out.cut))
    }

    fn media(&mut self) -> Result<Media, Trouble> {
        for (name, media) in [
            ("word/document.xml", Media::Word),
            ("ppt/presentation.xml", Media::Slides),
            ("xl/workbook.xml", Media::Workbook),
            ("xl/workbook.bin", Media::Workbook),
        ] {
            if self.at(name).is_some() {
                return Ok(media);
            }
        }
        let Some(at) = self.at("mimetype") else { return Err(Trouble::Archive) };
        let kind = self.part(at)?;
        let media = match kind.strip_prefix(b"application/vnd.oasis.opendocument.".as_slice()) {
            Some(kind) if kind.starts_with(b"text") => Media::OpenText,
            Some(kind) if kind.starts_with(b"presentation") => Media::OpenSlides,
            Some(kind) if kind.starts_with(b"spreadsheet") => Media::OpenSheet,
            Some(_) => Media::OpenText,
            None => return Err(Trouble::Archive),
        };
        if let Some(at) = self.at("META-INF/manifest.xml") {
            let manifest = self.part(at)?;
            if memchr::memmem::find(&manifest, b"encryption-data").is_some() {
                return Err(Trouble::Encrypted);
            }
        }
        Ok(media)
    }

    /// Take the parts that `of` knows, in its order.
    fn parts(
        &mut self,
        of: fn(&str) -> Option<(u8, &'static Takes)>,
        out: &mut Text,
    ) -> Result<(), Trouble> {
        let mut wanted: Vec<(u8, String, usize, &'static Takes)> = Vec::new();
        for (at, name) in self.names.iter().enumerate() {
            if let Some((rank, takes)) = of(name) {
                wanted.push((rank, name.clone(), at, takes));
            }
        }
        wanted.sort_by(|a, b| (a.0, a.1.len(), &a.1).cmp(&(b.0, b.1.len(), &b.1)));
        for (_, _, at, takes) in wanted {
            let part = self.part(at)?;
            let from = match takes.from {
                Some(from) => memchr::memmem::rfind(&part, from.as_bytes()).unwrap_or(part.len()),
                None => 0,
            };
            xml::take(&part[from..], takes, out)?;
            out.line();
        }
        Ok(())
    }
}

fn word(name: &str) -> Option<(u8, &'static Takes)> {
    if name == "docProps/core.xml" {
        return Some((9, &PROPERTIES));
    }
    let part = name.strip_prefix("word/")?;
    if part.ends_with(".rels") {
        return Some((8, &LINKS));
    }
    const LOOKS: [&str; 6] =
        ["styles", "settings", "fontTable", "webSettings", "numbering", "theme/"];
    if !part.ends_with(".xml") || LOOKS.iter().any(|l| part.starts_with(l)) {
        return None;
    }
    Some((if part == "document.xml" { 0 } else { 1 }, &OPEN_XML))
}

fn slides(name: &str) -> Option<(u8, &'static Takes)> {
    if name == "docProps/core.xml" {
        return Some((9, &PROPERTIES));
    }
    let part = name.strip_prefix("ppt/")?;
    if part.ends_with(".rels") {
        return Some((8, &LINKS));
    }
    let (folder, _) = part.split_once('/').unwrap_or(("", part));
    match folder {
        "slides" => Some((0, &OPEN_XML)),
        "notesSlides" | "comments" | "diagrams" | "charts" => Some((1, &OPEN_XML)),
        "" if part.starts_with("commentAuthors") || part.starts_with("authors") => {
            Some((2, &OPEN_XML))
        }
        "slideMasters" | "slideLayouts" | "notesMasters" | "handoutMasters" => Some((3, &OPEN_XML)),
        _ => None,
    }
}

fn workbook(name: &str) -> Option<(u8, &'static Takes)> {
    if name == "docProps/core.xml" {
        return Some((9, &PROPERTIES));
    }
    let part = name.strip_prefix("xl/")?;
    if part.ends_with(".rels") {
        return part.contains("worksheets/").then_some((8, &LINKS));
    }
    if !part.ends_with(".xml") {
        return None;
    }
    if part.starts_with("worksheets/sheet") {
        return Some((2, &MARGINS));
    }
    if part.starts_with("drawings/") {
        return Some((1, &OPEN_XML));
    }
    let notes = ["comments", "threadedComments/", "persons/"].iter().any(|n| part.starts_with(n));
    notes.then_some((1, &NOTES))
}

fn open_document(name: &str) -> Option<(u8, &'static Takes)> {
    match name {
        "content.xml" => Some((0, &OPEN_DOCUMENT)),
        "styles.xml" => Some((1, &OPEN_DOCUMENT)),
        "meta.xml" => Some((9, &PROPERTIES)),
        _ if name.ends_with("/content.xml") => Some((2, &OPEN_DOCUMENT)),
        _ => None,
    }
}
