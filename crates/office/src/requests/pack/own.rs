//! What this office itself holds about the person: consents, stops, their record, earlier requests
//! and letters. It is looked through for every pack, so that "we found nothing" is never said over
//! records of our own.

use std::io::Write;

use askama::Template;
use candour_db::Tx;
use candour_screening::{Kind, NameFit, fit, normalise};

use super::content::{Content, Line};
use super::data::MOST;
use super::out::Out;
use super::pages::{DataCard, DataFoot, DataTable, DataTop, Frame};
use super::plan::Plan;
use crate::charter::Charter;
use crate::error::{Error, Result};
use crate::kit::{dates, post};
use crate::office::Office;
use crate::people;
use crate::permissions::{self, Held};
use crate::proof::By;
use crate::requests::acts::{self, Case};
use crate::requests::gate::guard;
use crate::requests::sql;

/// What it is called.
pub const TITLE: &str = "Our own data protection records";
/// How it is looked through.
pub const HOW: &str = "By every e-mail address and telephone number, in consents, stops, earlier \
                       requests and letters";

/// What was found, and what an officer should know of it.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// Each record.
    pub held: Vec<Held>,
    /// Something was left aside because it bears another name.
    pub others: bool,
}

/// Looks through this office's own records.
///
/// # Errors
/// Of the database.
pub fn look(tx: &mut Tx<'_>, office: &Office, by: &By, case: &Case, c: &Charter) -> Result<Own> {
    let mut own = Own::default();
    let (org, seek) = (&by.org, case.body.seek());
    let hasher = people::hasher(office.vault(), org)?;
    let mut seen = Vec::new();
    for id in seek.identifiers.iter().filter(|i| matches!(i.kind, Kind::Email | Kind::Phone)) {
        let hash = people::hash_of(&hasher, id.kind, &id.normal);
        own.held.extend(permissions::of_address(tx, org, c, hash)?);
        for p in people::by_hash(tx, org, hash)? {
            if seen.contains(&p.id) {
                continue;
            }
            seen.push(p.id.clone());
            let known = people::open(tx, office.vault(), org, &p)?;
            let theirs = |name: &String| seek.names.iter().any(|n| fits(name, n));
            if known.name.as_ref().is_some_and(|n| !theirs(n)) {
                // An address may be shared: another name is another person.
                own.others = true;
                continue;
            }
            own.held.push(record(&known));
            own.held.extend(permissions::of_person(tx, org, c, &p.id)?);
        }
    }
    earlier(tx, office, by, case, &mut own)?;
    Ok(own)
}

fn fits(a: &str, b: &str) -> bool {
    matches!(fit(a, b), NameFit::Same | NameFit::Close)
}

fn record(known: &people::Known) -> Held {
    let mut parts: Vec<_> = known.name.iter().map(|n| ("Name", n.clone())).collect();
    for (kind, raw) in &known.identifiers {
        let name = match kind {
            Kind::Email => "E-mail",
            Kind::Phone => "Telephone",
            _ => "Identifier",
        };
        parts.push((name, raw.clone()));
    }
    parts.extend(known.member.map(|m| ("Member", if m { "yes" } else { "no" }.to_owned())));
    Held { what: "Your record for being contacted", parts }
}

/// Other requests of the same person, and the letters written about them.
fn earlier(tx: &mut Tx<'_>, office: &Office, by: &By, case: &Case, own: &mut Own) -> Result<()> {
    for id in maybe_theirs(tx, office, by, case)? {
        let row = sql::case_by_id(tx, &by.org, &id)?;
        // The content of a closed case may have been destroyed.
        let Ok(other) = acts::open_row(tx, office, &by.org, row) else { continue };
        if !same_person(case, &other) {
            continue;
        }
        let r = other.request();
        own.held.push(Held {
            what: "An earlier request",
            parts: vec![
                ("Reference", other.row.reference.clone()),
                ("Kind", r.right.label().to_owned()),
                ("Received", r.received.to_string()),
                ("State", r.state.label().to_owned()),
            ],
        });
        for l in crate::kit::sql::letters_of(tx, &by.org, &other.row.id)? {
            let parts = vec![
                ("About request", other.row.reference.clone()),
                ("Letter", post::title(&l.name).to_owned()),
                ("Written", dates::moment(l.made)),
            ];
            own.held.push(Held { what: "A letter", parts });
        }
    }
    Ok(())
}

/// The cases that have to be opened to see whose they are, about by age: those that share an
/// address or number with this one, and those of before such hashes were kept.
fn maybe_theirs(tx: &mut Tx<'_>, office: &Office, by: &By, case: &Case) -> Result<Vec<String>> {
    let mut ids = sql::unhashed_cases(tx, &by.org)?;
    for hash in acts::asker_hashes(office, by, &case.body.asker)? {
        ids.extend(sql::cases_of_hash(tx, &by.org, hash)?);
    }
    ids.retain(|id| *id != case.row.id);
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The same name and one address or number in common.
fn same_person(a: &Case, b: &Case) -> bool {
    let normal = |kind, list: &[String]| -> Vec<String> {
        list.iter().filter_map(|v| normalise(kind, v).ok()).collect()
    };
    let (a, b) = (&a.body.asker, &b.body.asker);
    let shared = |kind, x: &[String], y: &[String]| {
        let y = normal(kind, y);
        normal(kind, x).iter().any(|v| y.contains(v))
    };
    fits(&a.name, &b.name)
        && (shared(Kind::Email, &a.emails, &b.emails) || shared(Kind::Phone, &a.phones, &b.phones))
}

fn fields(h: &Held) -> Vec<(String, Option<String>)> {
    let what = std::iter::once(("What".to_owned(), Some(h.what.to_owned())));
    what.chain(h.parts.iter().map(|(k, v)| ((*k).to_owned(), Some(v.clone())))).collect()
}

/// The records as CSV and as JSON.
fn tables(held: &[Held]) -> Result<(Vec<u8>, Vec<u8>)> {
    let broken = |e: csv::Error| Error::fault(format!("a table of a pack: {e}"));
    let mut csv =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    csv.write_record(["record", "name", "value"]).map_err(broken)?;
    let mut list = Vec::new();
    for (n, h) in (1..).zip(held) {
        let number: String = u64::to_string(&n);
        for (name, value) in fields(h) {
            let value = value.unwrap_or_default();
            csv.write_record([number.as_str(), &name, &guard(&value)]).map_err(broken)?;
        }
        let parts: Vec<_> = fields(h).into_iter().map(|(k, v)| serde_json::json!([k, v])).collect();
        list.push(parts);
    }
    let csv = csv.into_inner().map_err(|_| Error::fault("a table of a pack"))?;
    Ok((csv, serde_json::to_vec_pretty(&list)?))
}

/// Puts the records in: a page to read, a CSV and a JSON file.
///
/// # Errors
/// Of the ZIP.
pub fn write<W: Write>(plan: &Plan, out: &mut Out<W>, content: &mut Content) -> Result<()> {
    let held = &plan.own_records.held;
    if held.is_empty() {
        return Ok(());
    }
    let [csv, json, page] =
        ["csv", "json", "html"].map(|end| content.path("data/", "our-own-records", end));
    let (csv_text, json_text) = tables(held)?;
    let listed = out.file(&csv, "text/csv; charset=utf-8; header=present", &csv_text)?;
    out.file(&json, "application/json", &json_text)?;
    let frame = Frame::of(plan, TITLE, "../");
    let rows = held.len() as u64;
    let file = |path: &str| path.trim_start_matches("data/").to_owned();
    let (csv, json) = (file(&csv), file(&json));
    let mut text = DataTop { f: frame.clone() }.render()?;
    text.push_str(&DataTable { table: "Records", rows, most: MOST, csv, json }.render()?);
    for (n, h) in (1..=MOST).zip(held) {
        text.push_str(&DataCard { n, fields: &fields(h) }.render()?);
    }
    text.push_str(&DataFoot { f: frame }.render()?);
    out.file(&page, "text/html", text.as_bytes())?;
    content.items += rows;
    content.rows += rows;
    content.own = rows;
    content.pages.push((page, TITLE.to_owned()));
    content.line(Line {
        title: format!("{rows} {}", if rows == 1 { "record" } else { "records" }),
        place: TITLE.to_owned(),
        given: "In full",
        file: listed.path,
        sha256: listed.sha256,
        ..Line::default()
    });
    Ok(())
}

#[cfg(test)]
#[path = "own_tests.rs"]
mod tests;
