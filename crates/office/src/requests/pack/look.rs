//! Reading a pack on the desk as the person will: its pages open one by one, with their links
//! leading on inside the desk. The names of its files can name people, so addresses have numbers.

use std::collections::HashMap;
use std::io::Read as _;

use zip::ZipArchive;

use super::hand::open;
use super::out::Opened;
use crate::error::{Error, Refusal, Result};
use crate::office::Office;
use crate::proof::By;
use crate::requests::acts::{self, act_on};

/// The page that everything else is reached from.
const FIRST: &str = "00-read-me.html";
/// Bytes of one file that are taken out alone.
const MOST: u64 = 64 << 20;

/// One file of a pack.
pub enum Looked {
    /// A page to read, its links rewritten.
    Page(String),
    /// Anything else: its ending, and its bytes.
    File(String, Vec<u8>),
}

/// Opens one file of a pack by its number in the ZIP; without one, the page it begins with. Taking
/// out what is no page is recorded: it is a copy.
///
/// # Errors
/// Denied, no such pack or file, or a file too large to be taken out alone.
pub fn look(
    office: &Office,
    by: &By,
    case_id: &str,
    (number, file): (u64, Option<usize>),
    base: &str,
) -> Result<Looked> {
    let (pack, reader) = open(office, by, case_id, number)?;
    let broken = |e: zip::result::ZipError| Error::fault(format!("the ZIP of a pack: {e}"));
    let mut zip = ZipArchive::new(Opened::new(reader)).map_err(broken)?;
    let names: std::result::Result<Vec<String>, _> =
        zip.file_names().map(|name| name.map(|n| n.into_owned())).collect();
    let names = names.map_err(broken)?;
    let place = |name: &str| names.iter().position(|n| n == name);
    let at = file.or_else(|| place(FIRST)).filter(|at| *at < names.len());
    let name = &names[at.ok_or(Error::NotFound("the file"))?];
    let mut entry = zip.by_name(name).map_err(broken)?;
    if entry.size() > MOST {
        let why = "this file is too large to be taken out alone: save the whole pack".to_owned();
        let source_ = "house rule: what is taken out alone is read whole";
        return Err(Refusal { act: "take a file out", why, source_ }.into());
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    // A page that somebody else made is a file like any other: never shown under our own address.
    let sheet = super::sheet(&pack)?;
    if name.ends_with(".html") && !sheet.is_found_page(name) {
        let html = String::from_utf8(bytes).map_err(|_| Error::fault("a page that is no text"))?;
        return Ok(Looked::Page(relinked(&html, name, &names, base)));
    }
    acts::on_record(office, by, case_id, move |case| {
        let said = format!("A copy of one file of pack {number} was saved by staff");
        act_on(case, "request.pack-copied", "UK GDPR Art 5(1)(f)", said).about("pack", &pack.id)
    })?;
    let ending = name.rsplit_once('.').map_or("bin", |(_, e)| e).to_owned();
    Ok(Looked::File(ending, bytes))
}

/// A page whose links to other files of the pack lead to their numbers under `base`, with a way
/// back to the desk on top. Text in it is escaped, so that only our own links are found.
fn relinked(html: &str, page: &str, names: &[String], base: &str) -> String {
    const HREF: &str = "href=\"";
    let places: HashMap<&str, usize> = names.iter().map(String::as_str).zip(0..).collect();
    let mut out = String::with_capacity(html.len() + 1024);
    let mut rest = html;
    while let Some((before, after)) = rest.split_once(HREF) {
        let (to, tail) = after.split_once('"').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(HREF);
        let (file, part) = to.split_once('#').map_or((to, None), |(f, p)| (f, Some(p)));
        match places.get(resolved(page, file).as_str()).filter(|_| !file.is_empty()) {
            Some(n) => out.push_str(&format!("{base}/{n}")),
            None => out.push_str(file),
        }
        if let Some(part) = part {
            out.push_str(&format!("#{part}"));
        }
        out.push('"');
        rest = tail;
    }
    out.push_str(rest);
    let back = base.trim_end_matches("/files");
    let back = format!(
        "<body><nav aria-label=\"Desk\"><p><a href=\"{back}\">Back to the desk</a>. This is the page \
         as they will have it.</p></nav>"
    );
    out.replacen("<body>", &back, 1)
}

/// Where a link of a page leads inside the pack.
fn resolved(page: &str, to: &str) -> String {
    match (to.strip_prefix("../"), page.rsplit_once('/')) {
        (Some(up), _) => up.to_owned(),
        (None, Some((folder, _))) => format!("{folder}/{to}"),
        (None, None) => to.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_numbers_and_foreign_ones_stay() {
        let names = ["00-read-me.html", "data/club.csv", "documents/001-quill.html"];
        let names = names.map(str::to_owned);
        let page = "<body><a href=\"club.csv\">CSV</a> <a href=\"../00-read-me.html#top\">up</a>\
                    <a href=\"https://ico.org.uk\">x</a> href=&#34;club.csv&#34; <a href=\"#a\">a</a>";
        let at = "/office/cases/R/packs/1/files";
        let out = relinked(page, "data/club.html", &names, at);
        for must in [
            "href=\"/office/cases/R/packs/1/files/1\"",
            "href=\"/office/cases/R/packs/1/files/0#top\"",
            "href=\"https://ico.org.uk\"",
            "href=&#34;club.csv&#34;",
            "href=\"#a\"",
            "<body><nav aria-label=\"Desk\"><p><a href=\"/office/cases/R/packs/1\">",
        ] {
            assert!(out.contains(must), "{must}: {out}");
        }
        let first = relinked("<a href=\"documents/001-quill.html\">", FIRST, &names, at);
        assert!(first.contains("files/2\"") && !first.contains("quill"), "{first}");
    }
}
