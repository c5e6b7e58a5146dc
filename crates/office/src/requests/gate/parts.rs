//! Office files are ZIPs of parts: read with limits, written again without some.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{Checked, Kind, Outcome, check};
use crate::requests::gate::sheet::Tally;
use crate::requests::gate::{Then, xml};

/// More parts than this has no honest office file.
const PARTS: usize = 5_000;
/// Bytes that all parts together may have.
const BYTES: u64 = 128 << 20;
/// How many times larger than the file its parts may be, beyond the first 10 MB.
const RATIO: u64 = 200;

/// A part of an office file.
pub struct Part {
    /// Its path.
    pub name: String,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// The parts of an office file.
pub struct Parts {
    /// In the order of the file.
    pub all: Vec<Part>,
    /// Something lies outside the parts: before them, or in the remark of the ZIP.
    pub loose: bool,
}

/// What kind of office file a ZIP is.
pub fn kind(raw: &[u8]) -> Kind {
    let Ok(mut zip) = ZipArchive::new(Cursor::new(raw)) else { return Kind::Unknown };
    let mut mime = String::new();
    if let Ok(f) = zip.by_name("mimetype") {
        let _ = f.take(200).read_to_string(&mut mime);
    }
    let has = |name: &str| zip.index_for_name(name).is_some();
    match mime.trim() {
        "application/vnd.oasis.opendocument.text" => Kind::OpenDocument,
        "application/vnd.oasis.opendocument.spreadsheet" => Kind::OpenWorkbook,
        _ if has("[Content_Types].xml") && has("word/document.xml") => Kind::Document,
        _ if has("[Content_Types].xml") && has("xl/workbook.xml") => Kind::Workbook,
        _ => Kind::Unknown,
    }
}

/// Reads the parts, or says why not.
fn read(raw: &[u8]) -> Result<Parts, &'static str> {
    let mut zip = ZipArchive::new(Cursor::new(raw)).map_err(|_| "the file is damaged")?;
    if zip.len() > PARTS {
        return Err("the file has too many parts");
    }
    if zip.has_duplicate_names() {
        return Err("the file has two parts of one name");
    }
    let loose = zip.offset() > 0 || !zip.comment().is_empty();
    let most = BYTES.min((raw.len() as u64).saturating_mul(RATIO).saturating_add(10 << 20));
    let (mut all, mut sum) = (Vec::new(), 0_u64);
    for i in 0..zip.len() {
        let f = zip.by_index(i).map_err(|_| "the file is damaged or has a password")?;
        if f.is_dir() {
            continue;
        }
        let name = f.name().map_err(|_| "a part has no readable name")?.into_owned();
        if name.contains("..") || name.starts_with('/') || name.contains('\\') {
            return Err("a part has a path that leads outside");
        }
        let mut data = Vec::new();
        f.take(most + 1 - sum).read_to_end(&mut data).map_err(|_| "the file is damaged")?;
        sum += data.len() as u64;
        if sum > most {
            return Err("the file grows too large when it is unpacked");
        }
        all.push(Part { name, data });
    }
    Ok(Parts { all, loose })
}

/// How a family of office files is looked through.
pub struct Walk {
    /// The folder of its pictures.
    pub pictures: &'static str,
    /// Notes what the parts hold; `None` when one can't be read.
    pub look: fn(&[Part], &mut Tally) -> Option<()>,
    /// Writes the file again without what goes; `None` when that can't be done.
    pub clean: fn(Vec<Part>) -> Option<Vec<u8>>,
}

/// Looks through the parts; takes out what is only about the file; stops what hides content.
pub fn walk(kind: Kind, raw: &[u8], how: &Walk) -> Checked {
    const UNSAFE: &str = "the file can’t be cleaned safely";
    let parts = match read(raw) {
        Ok(p) => p,
        Err(why) => return Checked::stopped(kind, why),
    };
    let mut tally = Tally::default();
    if parts.loose {
        tally.add("bytes outside the document", Then::Cleaned, false);
    }
    let mut all = parts.all;
    if (how.look)(&all, &mut tally).is_none() {
        return Checked::stopped(kind, "a part of the file can’t be read");
    }
    pictures(&mut all, how.pictures, &mut tally);
    if tally.stops() || !tally.cleans() {
        return Checked::of(kind, tally.findings(), None);
    }
    let Some(clean) = (how.clean)(all) else {
        return Checked::stopped(kind, UNSAFE);
    };
    // What was cleaned is opened once more: nothing may be left to clean.
    let mut again = Tally::default();
    let good = read(&clean).ok().and_then(|p| (how.look)(&p.all, &mut again));
    if good.is_none() || again.stops() || again.cleans() {
        return Checked::stopped(kind, UNSAFE);
    }
    Checked::of(kind, tally.findings(), Some(clean))
}

/// Writes parts as a ZIP again: no dates, no remarks. `mimetype` stays plain and first.
pub fn write(parts: &[Part]) -> Option<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let packed = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let plain = packed.compression_method(CompressionMethod::Stored);
    let first = parts.iter().filter(|p| p.name == "mimetype");
    for p in first.chain(parts.iter().filter(|p| p.name != "mimetype")) {
        let how = if p.name == "mimetype" { plain } else { packed };
        zip.start_file(p.name.as_str(), how).ok()?;
        zip.write_all(&p.data).ok()?;
    }
    Some(zip.finish().ok()?.into_inner())
}

/// Takes parts out, and every mention of them in content types, relationships and manifest.
pub fn remove(parts: &mut Vec<Part>, gone: &dyn Fn(&str) -> bool) -> Option<()> {
    let out: BTreeSet<String> = parts.iter().map(|p| p.name.clone()).filter(|n| gone(n)).collect();
    if out.is_empty() {
        return Some(());
    }
    parts.retain(|p| !out.contains(&p.name) && !rels_of(&p.name).is_some_and(|o| out.contains(&o)));
    for p in parts {
        let base = match p.name.strip_suffix(".rels") {
            Some(_) => p.name.split("_rels/").next().unwrap_or_default().to_owned(),
            None if p.name == "[Content_Types].xml" => String::new(),
            None if p.name == "META-INF/manifest.xml" => String::new(),
            None => continue,
        };
        let mentions = |e: &xml::Element<'_>| {
            let target = match e.name {
                "Override" => e.get("PartName"),
                "Relationship" if e.get("TargetMode") != Some("External") => e.get("Target"),
                "file-entry" => e.get("full-path"),
                _ => None,
            };
            target.is_some_and(|t| out.contains(&resolve(&base, t)))
        };
        p.data = xml::strip(&p.data, &mentions, &|_, _| false)?;
    }
    Some(())
}

/// `word/_rels/comments.xml.rels` belongs to `word/comments.xml`.
fn rels_of(name: &str) -> Option<String> {
    let (dir, file) = name.split_once("_rels/")?;
    Some(format!("{dir}{}", file.strip_suffix(".rels")?))
}

/// Where a relationship leads, as the path of a part.
pub fn resolve(base: &str, target: &str) -> String {
    let mut path: Vec<&str> = match target.starts_with('/') {
        true => Vec::new(),
        false => base.split('/').filter(|s| !s.is_empty()).collect(),
    };
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path.join("/")
}

/// Sends the pictures inside an office file through the gate as well.
fn pictures(parts: &mut [Part], dir: &str, tally: &mut Tally) {
    for p in parts.iter_mut().filter(|p| p.name.starts_with(dir)) {
        let checked = check("", "", &p.data);
        match (checked.kind, checked.outcome) {
            (Kind::Jpeg | Kind::Png | Kind::Gif, Outcome::Cleaned) => {
                tally.add("properties of pictures in the file", Then::Cleaned, false);
                p.data = checked.clean.unwrap_or_default();
            }
            (Kind::Jpeg | Kind::Png | Kind::Gif, Outcome::Passed) => {}
            (Kind::Jpeg | Kind::Png | Kind::Gif, Outcome::Stopped) => {
                tally.add("a damaged picture in the file", Then::Stopped, false);
            }
            _ => tally.add("a picture that can’t be checked", Then::Stopped, false),
        }
    }
}
