//! Writing a pack: the data and documents first, because the letter tells what became of them.

use std::io::Write;

use askama::Template;
use serde_json::json;

use super::content::Content;
use super::out::{Listed, Out};
use super::pages::{Codes, Frame, Letter, Processing, Proof, ReadMe, Removed, Schedule};
use super::plan::Plan;
use super::told::Rest;
use super::{data, processing, things};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::office::Office;
use crate::requests::gate::guard;

/// A written pack.
pub struct Written<W> {
    /// Where it was written to.
    pub to: W,
    /// Every file but the manifest.
    pub files: Vec<Listed>,
    /// What went in.
    pub content: Content,
    /// Nothing waits.
    pub complete: bool,
}

const HTML: &str = "text/html";
const CSV: &str = "text/csv; charset=utf-8; header=present";

/// Writes the whole pack as a stream.
///
/// # Errors
/// Of the spools or of what is written to, or a passage that was taken out can still be found.
pub fn pack<W: Write>(office: &Office, plan: &Plan, to: W) -> Result<Written<W>> {
    let mut out = Out::new(to, plan.made);
    let mut content = Content::default();
    if plan.copies() {
        for part in plan.parts.iter().filter(|p| p.found() > 0) {
            data::write(office, plan, part, &mut out, &mut content)?;
            things::write(office, plan, part, &mut out, &mut content)?;
        }
    }
    proofs(plan, &mut out)?;
    let about = processing::page(plan);
    for place in &about.uncovered {
        content.sheet.warnings.push(format!(
            "The register has no entry for {place}: the page about our processing says so. Add an \
             entry, name it in the data map, and make the pack again."
        ));
    }
    pages(plan, &about, &mut out, &content)?;
    let complete = plan.open() + content.stuck + plan.unanswered() == 0;
    manifest(plan, complete, &mut out)?;
    let (to, mut files) = out.finish()?;
    files.retain(|f| f.path != "manifest.json");
    Ok(Written { to, files, content, complete })
}

fn proofs<W: Write>(plan: &Plan, out: &mut Out<W>) -> Result<()> {
    if plan.proofs.is_empty() {
        return Ok(());
    }
    for (path, text) in &plan.proofs {
        out.file(path, "text/plain", text.as_bytes())?;
    }
    let names = plan.proofs.iter().map(|(p, _)| p.trim_start_matches("proof/")).collect();
    let text = Proof { reference: &plan.case.row.reference, names, key: &plan.key }.render()?;
    out.file("proof/read-me.txt", "text/plain", text.as_bytes())?;
    Ok(())
}

fn pages<W: Write>(
    plan: &Plan,
    about: &Processing,
    out: &mut Out<W>,
    content: &Content,
) -> Result<()> {
    let rest = || Rest::of(plan, content.stuck);
    let mut page = |path: &str, text: String| out.file(path, HTML, text.as_bytes());
    page("01-letter.html", Letter::of(plan, content, rest()).render()?)?;
    page("02-about-our-processing.html", about.render()?)?;
    if !content.lines.is_empty() {
        let f = Frame::of(plan, "Everything enclosed", "");
        page("03-schedule.html", Schedule { f, lines: &content.lines }.render()?)?;
    }
    if !content.removed.is_empty() {
        let f = Frame::of(plan, "What was left out, and why", "");
        let rows = content.removed.iter().map(|(r, n)| (r, *n)).collect();
        let email = plan.charter.contact.email.clone();
        page("04-removed-and-why.html", Removed { f, rows, email }.render()?)?;
    }
    if !content.lines.is_empty() {
        let f = Frame::of(plan, "Codes and terms", "");
        let tables = &content.tables;
        let removed_sign = super::cut::REMOVED;
        page("05-codes-and-terms.html", Codes { f, removed_sign, tables }.render()?)?;
    }
    tables(out, content)?;
    let paths: Vec<String> = out.files().iter().map(|f| f.path.clone()).collect();
    let first = ReadMe::of(plan, rest(), &paths, content).render()?;
    out.file("00-read-me.html", HTML, first.as_bytes())?;
    Ok(())
}

/// The schedule and the list of what was left out as tables for programs.
fn tables<W: Write>(out: &mut Out<W>, content: &Content) -> Result<()> {
    if !content.lines.is_empty() {
        let head = ["no", "title", "date", "place", "given", "note", "file", "sha256"];
        let rows = content.lines.iter().map(|l| {
            let no = l.no.to_string();
            [&no, &l.title, &l.date, &l.place, l.given, &l.note, &l.file, &l.sha256]
                .map(str::to_owned)
        });
        let bytes = csv_of(&head, rows.map(Vec::from))?;
        out.file("03-schedule.csv", CSV, &bytes)?;
    }
    if !content.removed.is_empty() {
        let head = ["kind", "place", "reason", "count", "by"];
        let rows = content.removed.iter().map(|(r, n)| {
            let by = if r.by_gate { "check of outgoing files" } else { "a person" };
            vec![r.what.clone(), r.place.clone(), r.why.clone(), n.to_string(), by.to_owned()]
        });
        let bytes = csv_of(&head, rows)?;
        out.file("04-removed-and-why.csv", CSV, &bytes)?;
    }
    Ok(())
}

fn csv_of(head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let broken = |e: csv::Error| Error::fault(format!("a list of a pack: {e}"));
    let mut out =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    out.write_record(head).map_err(broken)?;
    for row in rows {
        out.write_record(row.iter().map(|v| guard(v).into_owned())).map_err(broken)?;
    }
    out.into_inner().map_err(|_| Error::fault("a list of a pack could not be written"))
}

fn manifest<W: Write>(plan: &Plan, complete: bool, out: &mut Out<W>) -> Result<()> {
    let mut files = out.files().to_vec();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let manifest = json!({
        "schema": "candour-pack-1",
        "case": plan.case.row.reference,
        "organisation": plan.charter.organisation.legal_name,
        "pack": plan.number,
        "complete": complete,
        "made": plan.made.to_string(),
        "made_on": dates::day_of(plan.made).to_string(),
        "tool": format!("Candour {}", env!("CARGO_PKG_VERSION")),
        "files": files,
    });
    let mut text = serde_json::to_vec_pretty(&manifest)?;
    text.push(b'\n');
    out.file("manifest.json", "application/json", &text)?;
    Ok(())
}
