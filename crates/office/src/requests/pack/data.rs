//! Rows of tables: a CSV and a JSON file for each table, and a page to read for each holding.
//! Each file is one pass over the spool, so that memory holds one row.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use askama::Template;
use candour_connectors::{Body, Category, Field};

use super::content::{Content, Line, Reread, Table};
use super::cut::{self, Words};
use super::out::Out;
use super::pages::{DataCard, DataFoot, DataTable, DataTop, Frame};
use super::plan::{Fate, Part, Place, Plan, Why};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::office::Office;
use crate::requests::gate::guard;
use crate::requests::review::Items;

/// Rows of one table that the page shows; the files have them all.
pub const MOST: u64 = 200;

/// A row as it goes out.
struct Row {
    fields: Vec<(String, Option<String>)>,
    words: Words,
    kinds: BTreeMap<String, u64>,
    why: Why,
}

/// Calls `each` for every row of a place that goes out, with its number among them.
fn rows(
    office: &Office,
    plan: &Plan,
    part: &Part,
    place: &Place,
    each: &mut dyn FnMut(u64, Row) -> Result<bool>,
) -> Result<()> {
    let mut n = 0;
    for next in Items::open(office, &plan.org, &part.search, place.first)? {
        let (number, item) = next?;
        if number > place.last {
            break;
        }
        let Body::Row { fields } = &item.body else { continue };
        if item.place != place.name {
            continue;
        }
        let none = Words::default();
        let row = match part.fates.get(&number) {
            Some(Fate::Open | Fate::Outside { .. } | Fate::Exclude(_)) => continue,
            Some(Fate::Redact(marks, why)) => {
                let c = cut::cut(&item, marks, (&plan.own, &plan.subject))?;
                let why = cut::safe_reason(why, &item, &plan.own, &c.words)?;
                let Body::Row { fields } = c.item.body else { continue };
                Row { fields, words: c.words, kinds: c.kinds, why }
            }
            None => Row {
                fields: fields.clone(),
                words: none,
                kinds: BTreeMap::new(),
                why: Why::default(),
            },
        };
        if !each(n, row)? {
            break;
        }
        n += 1;
    }
    Ok(())
}

/// Writes the rows of one holding.
///
/// # Errors
/// Of the spool or the ZIP, or a passage that was taken out can still be found.
pub fn write<W: Write>(
    office: &Office,
    plan: &Plan,
    part: &Part,
    out: &mut Out<W>,
    content: &mut Content,
) -> Result<()> {
    let mut shown = Vec::new();
    for place in part.places.iter().filter(|p| p.rows > 0) {
        if !any(office, plan, part, place)? {
            continue;
        }
        let stem = format!("{}-{}", part.holding.short, place.name);
        let csv = content.path("data/", &stem, "csv");
        let json = content.path("data/", &stem, "json");
        let count = as_csv(office, plan, part, place, &csv, out, content)?;
        as_json(office, plan, part, place, &json, out, content)?;
        let codes = codes(office, plan, part, place)?;
        content.tables.push(Table { codes, ..columns(part, place) });
        shown.push((place, csv, json, count));
    }
    if shown.is_empty() {
        return Ok(());
    }
    let page = content.path("data/", &part.holding.short, "html");
    let frame = Frame::of(plan, &part.holding.title, "../");
    out.start(&page, "text/html")?;
    put(out, &DataTop { f: frame.clone() })?;
    for (place, csv, json, count) in shown {
        let file = |path: &str| path.trim_start_matches("data/").to_owned();
        let (csv, json) = (file(&csv), file(&json));
        put(out, &DataTable { table: &place.name, rows: count, most: MOST, csv, json })?;
        rows(office, plan, part, place, &mut |n, row| {
            let fields: Vec<_> = row.fields.iter().map(readable).collect();
            let card = DataCard { n: n + 1, fields: &fields }.render()?;
            cut::clean(&row.words.finder()?, &cut::text_of_html(&card))?;
            out.write_all(card.as_bytes())?;
            Ok(n + 1 < MOST)
        })?;
    }
    put(out, &DataFoot { f: frame })?;
    out.end()?;
    content.pages.push((page, part.holding.title.clone()));
    Ok(())
}

/// A value as people read it: a date in words. The files beside the page have it as it is kept.
fn readable((name, value): &(String, Option<String>)) -> (String, Option<String>) {
    let day =
        value.as_deref().filter(|v| v.len() == "2026-11-29".len()).and_then(|v| v.parse().ok());
    (name.clone(), day.map(dates::long).or_else(|| value.clone()))
}

fn put<W: Write>(out: &mut Out<W>, t: &impl Template) -> Result<()> {
    Ok(out.write_all(t.render()?.as_bytes())?)
}

/// Whether any row of the place goes out: a table of which nothing goes out leaves no trace.
fn any(office: &Office, plan: &Plan, part: &Part, place: &Place) -> Result<bool> {
    let mut any = false;
    rows(office, plan, part, place, &mut |_, _| {
        any = true;
        Ok(false)
    })?;
    Ok(any)
}

fn as_csv<W: Write>(
    office: &Office,
    plan: &Plan,
    part: &Part,
    place: &Place,
    path: &str,
    out: &mut Out<W>,
    content: &mut Content,
) -> Result<u64> {
    out.start(path, "text/csv; charset=utf-8; header=present")?;
    let broken = |e: csv::Error| Error::fault(format!("a table of a pack: {e}"));
    let (mut count, mut partly, mut code) = (0, 0_u64, String::new());
    {
        let mut csv =
            csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut *out);
        csv.write_record(place.columns.iter().map(|c| guard(c).into_owned())).map_err(broken)?;
        rows(office, plan, part, place, &mut |n, row| {
            let values: Vec<String> = place
                .columns
                .iter()
                .map(|c| guard(get(&row.fields, c).unwrap_or_default()).into_owned())
                .collect();
            cut::clean(&row.words.finder()?, &values.join("\n"))?;
            csv.write_record(&values).map_err(broken)?;
            count += 1;
            if !row.kinds.is_empty() {
                partly += 1;
                code.clone_from(&row.why.ground);
                for (kind, times) in &row.kinds {
                    let what = format!("a passage: {kind}");
                    content.kept_back(&what, &part.holding.title, &row.why, *times);
                }
                let path = path.to_owned();
                content.reread.push(Reread { path, row: Some(n), words: row.words });
            }
            Ok(true)
        })?;
        csv.flush()?;
    }
    let listed = out.end()?;
    content.items += count;
    content.rows += count;
    let records = if count == 1 { "record" } else { "records" };
    content.line(Line {
        title: format!("{}: {count} {records}", place.name),
        place: part.holding.title.clone(),
        given: if partly > 0 { "In part" } else { "In full" },
        code: if partly > 0 { code } else { String::new() },
        note: match partly {
            0 => String::new(),
            1 => "From one of them passages were taken out.".into(),
            k => format!("From {k} of them passages were taken out."),
        },
        file: listed.path,
        sha256: listed.sha256,
        ..Line::default()
    });
    Ok(count)
}

fn as_json<W: Write>(
    office: &Office,
    plan: &Plan,
    part: &Part,
    place: &Place,
    path: &str,
    out: &mut Out<W>,
    content: &mut Content,
) -> Result<()> {
    out.start(path, "application/json")?;
    let head = serde_json::json!({ "holding": part.holding.title, "table": place.name });
    writeln!(
        out,
        "{{\"schema\":\"candour-table-1\",\"holding\":{},\"table\":{},\"columns\":{},\"rows\":[",
        head["holding"],
        head["table"],
        serde_json::to_string(&place.columns)?
    )?;
    rows(office, plan, part, place, &mut |n, row| {
        let mut line = String::from(if n == 0 { "{" } else { ",{" });
        for (i, c) in place.columns.iter().enumerate() {
            let value = serde_json::to_string(&get(&row.fields, c))?;
            let comma = if i == 0 { "" } else { "," };
            line.push_str(&format!("{comma}{}:{value}", serde_json::to_string(c)?));
        }
        line.push_str("}\n");
        let text: Vec<&str> = row.fields.iter().filter_map(|(_, v)| v.as_deref()).collect();
        cut::clean(&row.words.finder()?, &text.join("\n"))?;
        out.write_all(line.as_bytes())?;
        if !row.words.is_empty() {
            let path = path.to_owned();
            content.reread.push(Reread { path, row: Some(n), words: row.words });
        }
        Ok(true)
    })?;
    out.write_all(b"]}\n")?;
    out.end()?;
    Ok(())
}

fn get<'a>(fields: &'a [(String, Option<String>)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(n, _)| n == name).and_then(|(_, v)| v.as_deref())
}

/// The columns of a table with what the data map says of them.
fn columns(part: &Part, place: &Place) -> Table {
    let collection = part.holding.map.collection(&place.name);
    let columns = place
        .columns
        .iter()
        .map(|c| {
            let field = collection.and_then(|k| k.field(c));
            (c.clone(), field.map_or("Not described yet; ask us.".into(), says))
        })
        .collect();
    let (holding, table) = (part.holding.title.clone(), place.name.clone());
    Table { holding, table, columns, codes: Vec::new() }
}

/// The codes that occur in the rows that go out, with what the data map says they mean.
fn codes(
    office: &Office,
    plan: &Plan,
    part: &Part,
    place: &Place,
) -> Result<Vec<(String, String, String)>> {
    let collection = part.holding.map.collection(&place.name);
    let coded: Vec<&Field> =
        collection.iter().flat_map(|c| &c.field).filter(|f| !f.codes.is_empty()).collect();
    let mut all = BTreeSet::new();
    if coded.is_empty() {
        return Ok(Vec::new());
    }
    rows(office, plan, part, place, &mut |_, row| {
        for f in &coded {
            let value = get(&row.fields, &f.name).unwrap_or_default().trim();
            if let Some((code, means)) = f.codes.get_key_value(value) {
                all.insert((&f.name, code, means));
            }
        }
        Ok(true)
    })?;
    let told = |(field, code, means): (&String, &String, &String)| {
        let means = if means.is_empty() { "Not explained yet; ask us." } else { means };
        (field.clone(), code.clone(), means.to_owned())
    };
    Ok(all.into_iter().map(told).collect())
}

fn says(f: &Field) -> String {
    let words = match f.category {
        Category::Identifying => "A number or code that stands for you",
        Category::Name => "Names and titles",
        Category::Contact => "E-mail, telephone or other ways to reach you",
        Category::Address => "Where you live or lived",
        Category::Birth => "Date or place of birth, or age",
        Category::Demographic => "Gender, nationality, language or household",
        Category::Official => "A number given by the state",
        Category::Health => "Health",
        Category::Ethnicity => "Ethnic origin",
        Category::Belief => "Religion or belief",
        Category::Politics => "Political opinions",
        Category::Union => "Trade union membership",
        Category::Sexuality => "Sex life or sexual orientation",
        Category::Genetic => "Genetic data",
        Category::Biometric => "Finger, face or voice prints",
        Category::Criminal => "Offences or allegations of them",
        Category::Financial => "Payments, bank details or donations",
        Category::Account => "Membership, account or status",
        Category::Credential => "Passwords or keys, in coded form",
        Category::Employment => "Work",
        Category::Education => "Courses and qualifications",
        Category::Family => "Family and next of kin",
        Category::Behaviour => "Bookings, purchases, attendance",
        Category::Communication => "Letters, messages, calls",
        Category::Opinion => "Notes and opinions",
        Category::Preference => "Consents, objections and wishes",
        Category::Online => "Network addresses and devices",
        Category::Location => "Where you are or were",
        Category::Image => "Pictures and sound",
        Category::Other => "Other information about you",
        Category::System => "Of the system itself, not about you",
    };
    match f.others {
        true => format!("{words}; may be about somebody else"),
        false => words.to_owned(),
    }
}
