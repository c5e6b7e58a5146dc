//! Reading the finished ZIP again, as the person's own machine would: every file against the
//! manifest, and redacted items for the words that were taken out of them.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read, Seek};

use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use crate::error::{Error, Result};
use crate::requests::pack::content::Reread;
use crate::requests::pack::cut::{self, Words};
use crate::requests::pack::out::Listed;

/// What was read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Again {
    /// Files that fit the manifest.
    pub files: u64,
    /// Redacted places that were searched.
    pub redactions: u64,
}

fn wrong(what: &str) -> Error {
    Error::fault(format!("the finished pack was read again and {what}: it was thrown away"))
}

/// Compares every entry with the manifest inside the ZIP and with what was written.
///
/// # Errors
/// Anything differs, or something that was taken out is found.
pub fn read(zip: impl Read + Seek, written: &[Listed], rereads: &[Reread]) -> Result<Again> {
    let mut zip = ZipArchive::new(zip).map_err(|_| wrong("did not open"))?;
    let mut files: Vec<Listed> = manifest(&mut zip)?;
    let mut sorted = written.to_vec();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    sorted.sort_by(|a, b| a.path.cmp(&b.path));
    if files != sorted || zip.len() != files.len() + 1 || zip.has_duplicate_names() {
        return Err(wrong("its manifest does not fit"));
    }
    let by_path: HashMap<&str, &Listed> = files.iter().map(|f| (f.path.as_str(), f)).collect();
    for i in 0..zip.len() {
        let mut f = zip.by_index(i).map_err(|_| wrong("a file did not open"))?;
        let name = f.name().map_err(|_| wrong("a file has no name"))?.into_owned();
        if name == "manifest.json" {
            continue;
        }
        let listed = by_path.get(name.as_str()).ok_or_else(|| wrong("has a file too many"))?;
        let (bytes, sha256) = digest(&mut f)?;
        if bytes != listed.bytes || sha256 != listed.sha256 {
            return Err(wrong("a file was not as it was written"));
        }
    }
    let redactions = searched(&mut zip, rereads)?;
    Ok(Again { files: files.len() as u64, redactions })
}

fn manifest<R: Read + Seek>(zip: &mut ZipArchive<R>) -> Result<Vec<Listed>> {
    let f = zip.by_name("manifest.json").map_err(|_| wrong("has no manifest"))?;
    let mut whole: serde_json::Value = serde_json::from_reader(BufReader::new(f))?;
    Ok(serde_json::from_value(whole["files"].take())?)
}

fn digest(f: &mut impl Read) -> Result<(u64, String)> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let n = f.read(&mut buffer)?;
        if n == 0 {
            return Ok((bytes, hex::encode(hash.finalize())));
        }
        hash.update(&buffer[..n]);
        bytes += n as u64;
    }
}

/// Searches what goes out of each redacted item for the words that were taken out of it.
fn searched<R: Read + Seek>(zip: &mut ZipArchive<R>, rereads: &[Reread]) -> Result<u64> {
    let mut by_path: HashMap<&str, Vec<&Reread>> = HashMap::new();
    for r in rereads {
        by_path.entry(&r.path).or_default().push(r);
    }
    for (path, list) in by_path {
        let f = zip.by_name(path).map_err(|_| wrong("a redacted file is missing"))?;
        let rows: HashMap<u64, &Words> =
            list.iter().filter_map(|r| Some((r.row?, &r.words))).collect();
        if path.ends_with(".csv") {
            csv_rows(f, &rows)?;
        } else if path.ends_with(".json") {
            json_rows(f, &rows)?;
        } else {
            let mut page = String::new();
            BufReader::new(f).read_to_string(&mut page)?;
            let text = cut::text_of_html(&page);
            for r in list {
                cut::clean(&r.words.finder()?, &text)?;
            }
        }
    }
    Ok(rereads.len() as u64)
}

fn csv_rows(f: impl Read, rows: &HashMap<u64, &Words>) -> Result<()> {
    let mut reader = csv::ReaderBuilder::new().from_reader(f);
    let mut seen = 0;
    for (n, record) in (0..).zip(reader.records()) {
        let record = record.map_err(|_| wrong("a table could not be read"))?;
        if let Some(words) = rows.get(&n) {
            let all: Vec<&str> = record.iter().collect();
            cut::clean(&words.finder()?, &all.join("\n"))?;
            seen += 1;
        }
    }
    if seen == rows.len() { Ok(()) } else { Err(wrong("a redacted row is missing")) }
}

fn json_rows(f: impl Read, rows: &HashMap<u64, &Words>) -> Result<()> {
    let mut seen = 0;
    // The first line is the head of the file; then one line for each row.
    for (n, line) in (0..).zip(BufReader::new(f).lines().skip(1)) {
        let line = line?;
        if let Some(words) = rows.get(&n) {
            let row: HashMap<String, Option<String>> =
                serde_json::from_str(line.trim_start_matches(','))?;
            let all: Vec<String> = row.into_values().flatten().collect();
            cut::clean(&words.finder()?, &all.join("\n"))?;
            seen += 1;
        }
    }
    if seen == rows.len() { Ok(()) } else { Err(wrong("a redacted row is missing")) }
}
