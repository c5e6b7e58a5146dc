//! Writing a pack: the data and documents first, because the letter tells what became of them.

use std::io::Write;

use askama::Template;
use serde_json::json;

use super::content::Content;
use super::copies::Copies;
use super::out::{Listed, Out};
use super::pages::{Codes, Frame, Letter, Processing, Proof, Removed, Schedule};
use super::plan::Plan;
use super::readme::ReadMe;
use super::told::Rest;
use super::{data, own, processing, things};
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
    if plan.copies() {
        own::write(plan, &mut out, &mut content)?;
    }
    if plan.own_records.others {
        content.sheet.warnings.push(
            "This office holds records under the same address for another name. They are not in \
             the pack: look the address up under Permissions, to see whose they are."
                .into(),
        );
    }
    for p in plan.parts.iter().filter(|p| p.unasked()) {
        content.sheet.warnings.push(format!(
            "{} could not be searched by anything this person gave. The letter says so; ask them \
             for more to go by if it may hold something.",
            p.holding.title
        ));
    }
    content.schedule_outside();
    content.schedule_kept_back();
    proofs(plan, &mut out)?;
    let about = processing::page(plan);
    let lacks = about.lacks();
    let register = !lacks.is_empty() && plan.case.body.without_register.is_none();
    content.sheet.blocks = blocks(plan, content.stuck);
    content.sheet.register = register;
    match register {
        true => content.sheet.blocks.extend(lacks),
        false => content.sheet.warnings.extend(lacks),
    }
    let mut copies = Copies::new(office.press(), plan.made);
    pages(plan, &about, &mut out, &content, register, &mut copies)?;
    copies.tell(&mut content.sheet);
    let complete = content.sheet.blocks.is_empty();
    manifest(plan, complete, &mut out)?;
    let (to, mut files) = out.finish()?;
    files.retain(|f| f.path != "manifest.json");
    Ok(Written { to, files, content, complete })
}

/// What keeps the pack from being complete, but for the register.
fn blocks(plan: &Plan, stuck: u64) -> Vec<String> {
    let mut all = Vec::new();
    for p in &plan.parts {
        let title = &p.holding.title;
        if !p.done() && !p.set_aside() {
            all.push(format!("{title} has not answered. Wait, or set it aside with a reason."));
        }
        match p.gaps() {
            0 => {}
            1 => all.push(format!("{title}: 1 part could not be read. {GAPS}")),
            n => all.push(format!("{title}: {n} parts could not be read. {GAPS}")),
        }
    }
    match plan.open() {
        0 => {}
        1 => all.push("1 item waits for a decision.".into()),
        n => all.push(format!("{n} items wait for a decision.")),
    }
    match stuck {
        0 => {}
        1 => all.push("1 file can’t go out as it is: see the check sheet.".into()),
        n => all.push(format!("{n} files can’t go out as they are: see the check sheet.")),
    }
    all
}

const GAPS: &str = "Mend it and search again, or set the parts aside with a reason.";

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
    register: bool,
    copies: &mut Copies,
) -> Result<()> {
    let rest = || Rest::of(plan, content.stuck, register);
    let mut page = |path: &str, text: String, lines: usize| {
        out.file(path, HTML, text.as_bytes())?;
        copies.of(path, &text, lines, out)
    };
    page("01-letter.html", Letter::of(plan, content, rest()).render()?, 0)?;
    page("02-about-our-processing.html", about.render()?, 0)?;
    if !content.lines.is_empty() {
        let f = Frame::of(plan, "Everything enclosed", "");
        let text = Schedule { f, lines: &content.lines }.render()?;
        page("03-schedule.html", text, content.lines.len())?;
    }
    if !content.removed.is_empty() {
        let f = Frame::of(plan, "What was left out, and why", "");
        let rows = content.removed.iter().map(|(r, n)| (r, *n)).collect();
        let email = plan.charter.contact.email.clone();
        let text = Removed { f, rows, email }.render()?;
        page("04-removed-and-why.html", text, content.removed.len())?;
    }
    if !content.lines.is_empty() {
        let f = Frame::of(plan, "Codes and terms", "");
        let tables = &content.tables;
        let removed_sign = super::cut::REMOVED;
        let text = Codes { f, removed_sign, tables }.render()?;
        out.file("05-codes-and-terms.html", HTML, text.as_bytes())?;
    }
    tables(out, content)?;
    let paths: Vec<String> = out.files().iter().map(|f| f.path.clone()).collect();
    let first = ReadMe::of(plan, rest(), &paths, content, copies.too_long()).render()?;
    out.file("00-read-me.html", HTML, first.as_bytes())?;
    Ok(())
}

/// The schedule and the list of what was left out as tables for programs.
fn tables<W: Write>(out: &mut Out<W>, content: &Content) -> Result<()> {
    if !content.lines.is_empty() {
        let head = ["no", "title", "date", "place", "given", "reason", "note", "file", "sha256"];
        let rows = content.lines.iter().map(|l| {
            let no = l.no.to_string();
            [&no, &l.title, &l.date, &l.place, l.given, &l.code, &l.note, &l.file, &l.sha256]
                .map(str::to_owned)
        });
        let bytes = csv_of(&head, rows.map(Vec::from))?;
        out.file("03-schedule.csv", CSV, &bytes)?;
    }
    if !content.removed.is_empty() {
        let head = ["kind", "place", "reason", "ground", "count", "by"];
        let rows = content.removed.iter().map(|(r, n)| {
            let by = if r.by_gate { "check of outgoing files" } else { "a person" };
            let [what, place, why, code] = [&r.what, &r.place, &r.why, &r.code].map(String::clone);
            vec![what, place, why, code, n.to_string(), by.to_owned()]
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
