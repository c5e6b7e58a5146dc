//! The review bench: the items found, one page of them at a time.

use askama::Template;
use axum::extract::{Path, Query, State};
use candour_connectors::{Body as Thing, Category, DataMap, Strength};
use serde::Deserialize;

use super::desk_item::why_look;
use super::grounds::{CANNOT_COPY, NOT_THEIRS, OUTSIDE};
use crate::charter::Charter;
use crate::error::Result;
use crate::holdings;
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, page};
use crate::office::Office;
use crate::requests::acts;
use crate::requests::body::Period;
use crate::requests::review::{self, Item, Items};
use crate::requests::search::period;
use crate::requests::sql::{self, FindingRow, SearchRow};
use crate::staff::Permission;

/// Items on one page.
const PAGE: u64 = 25;

/// What the bench is asked for.
#[derive(Deserialize)]
pub struct BenchQuery {
    search: Option<String>,
    from: Option<u64>,
    all: Option<String>,
    outside: Option<String>,
}

struct Tab {
    id: String,
    title: String,
    items: u64,
    open: usize,
}

struct Line {
    search: String,
    n: u64,
    title: String,
    /// What tells a record from another: its name, its subject.
    telling: String,
    place: String,
    how: String,
    why: String,
    decision: String,
    class: &'static str,
    /// The spool it is shown from, if it can be included with one press.
    include: Option<String>,
}

#[derive(Template)]
#[template(path = "requests/pages/review.html")]
struct BenchPage {
    d: Desk,
    reference: String,
    name: String,
    tabs: Vec<Tab>,
    current: String,
    waiting: bool,
    /// What lies outside the time asked for is shown.
    outside: bool,
    outside_count: usize,
    open: usize,
    lines: Vec<Line>,
    next: Option<u64>,
}

fn decision_tag(f: Option<&FindingRow>, charter: &Charter) -> (String, &'static str) {
    let Some(f) = f else { return ("Disclosed".into(), "ok") };
    match (f.decision.as_str(), f.ground.as_str()) {
        ("open", _) if !f.was.is_empty() => ("Changed: to decide again".into(), "soon"),
        ("open", _) => ("To decide".into(), "soon"),
        _ if review::waits(f, charter) => ("A second person has to agree".into(), "soon"),
        ("disclose", _) => ("Disclosed, looked at".into(), "ok"),
        ("redact", _) => ("Part removed".into(), ""),
        (_, OUTSIDE) => ("Outside the time asked for".into(), ""),
        (_, NOT_THEIRS | "") => ("Left out: not about them".into(), ""),
        (_, CANNOT_COPY) => ("Left out: can’t be copied safely".into(), ""),
        _ => ("Left out: exempt".into(), ""),
    }
}

/// What every line of a bench goes by.
#[derive(Clone, Copy)]
struct Of<'a> {
    charter: &'a Charter,
    period: Period,
    may_work: bool,
}

/// Characters of a record that its line shows.
const TELLING: usize = 60;

/// What tells a record from another: the names in it, or else its first words. A message and a
/// document have their own title.
fn telling(item: &Item, map: Option<&DataMap>) -> String {
    let Thing::Row { fields } = &item.body else { return String::new() };
    let map = map.and_then(|m| m.collection(&item.place));
    let filled = || fields.iter().filter_map(|(n, v)| Some((n, v.as_deref()?.trim())));
    let filled = || filled().filter(|(_, v)| !v.is_empty());
    let is_name = |n: &str| {
        map.and_then(|c| c.field(n)).is_some_and(|f| f.category == Category::Name && !f.others)
    };
    let names: Vec<&str> = filled().filter(|(n, _)| is_name(n)).map(|(_, v)| v).collect();
    let words = |v: &str| v.chars().filter(|c| c.is_alphabetic()).count() > 3;
    let said = match names.is_empty() {
        false => names.join(" "),
        true => filled()
            .find(|(n, v)| words(v) && TITLES.iter().any(|t| n.to_lowercase().contains(t)))
            .or_else(|| filled().find(|(_, v)| words(v)))
            .map(|(_, v)| v.to_owned())
            .unwrap_or_default(),
    };
    let line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(TELLING) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

/// Words in the names of fields that say what a record is about.
const TITLES: [&str; 6] = ["name", "subject", "title", "event", "note", "remark"];

fn line(
    (s, map): (&SearchRow, Option<&DataMap>),
    n: u64,
    item: &Item,
    f: Option<&FindingRow>,
    of: Of<'_>,
) -> Line {
    let (decision, class) = decision_tag(f, of.charter);
    let outside = period::said(item, f, of.period);
    let why = f.map(|f| f.why.clone()).unwrap_or_default();
    // What has to be looked at first is included on its own page.
    let include = (outside.is_some() && why.is_empty() && of.may_work).then(|| s.blob.clone());
    let mut how: Vec<String> = Vec::new();
    for b in &item.because {
        let said = match b.strength {
            Strength::Weak if b.field != "paper" => format!("{} (weak)", b.how),
            _ => b.how.clone(),
        };
        // By the record that it belongs to, and by itself: once is enough.
        if !how.iter().any(|h| h.ends_with(&said)) {
            how.push(said);
        }
    }
    Line {
        search: s.id.clone(),
        n,
        title: item.title(),
        telling: telling(item, map),
        place: item.place.clone(),
        how: how.join(", "),
        why: outside
            .into_iter()
            .chain(Some(why_look(&why, item)))
            .filter(|w| !w.is_empty())
            .collect::<Vec<_>>()
            .join("; "),
        decision,
        class,
        include: include.flatten(),
    }
}

/// `GET /office/cases/{ref}/review`: what waits for a decision, or one holding's items in order.
pub async fn bench(
    State(office): State<Office>,
    me: Signed,
    Path(reference): Path<String>,
    Query(q): Query<BenchQuery>,
) -> Answer {
    let view = office.run(move |o| bench_page(o, &me, &reference, &q)).await?;
    page(&view)
}

fn bench_page(o: &Office, me: &Signed, reference: &str, q: &BenchQuery) -> Result<BenchPage> {
    let by = &me.by;
    let (case, searches, findings, all) = o.read(|tx| {
        let case = acts::load_by_ref(tx, o, by, reference)?;
        let searches = sql::searches(tx, &by.org, &case.row.id)?;
        let findings = sql::findings(tx, &by.org, &case.row.id)?;
        Ok((case, searches, findings, holdings::known(tx, &by.org)?))
    })?;
    let of_search = |s: &SearchRow| all.iter().find(|h| h.id == s.holding);
    let map = |s: &SearchRow| of_search(s).map(|h| &h.map);
    let waits = |search: &str| {
        findings.iter().filter(|f| f.search == search && review::waits(f, &me.charter)).count()
    };
    let tabs: Vec<Tab> = searches
        .iter()
        .filter(|s| s.items > 0)
        .map(|s| Tab {
            id: s.id.clone(),
            title: of_search(s).map_or("(a holding that is gone)", |h| &h.title).to_owned(),
            items: s.items,
            open: waits(&s.id),
        })
        .collect();
    let open = findings.iter().filter(|f| review::waits(f, &me.charter)).count();
    let of = |search: &str, n: u64| findings.iter().find(|f| f.search == search && f.item == n);
    let outside = q.outside.is_some();
    let outside_count = findings.iter().filter(|f| f.is_outside()).count();
    let waiting = q.search.is_none() && q.all.is_none() && !outside;
    let by_what = Of {
        charter: &me.charter,
        period: case.body.wants.period(),
        may_work: by.role.may(Permission::WorkCases).is_ok(),
    };
    let (mut lines, mut next) = (Vec::new(), None);
    let from = q.from.unwrap_or(0);
    if waiting || outside {
        let shown = |f: &&FindingRow| match outside {
            true => f.is_outside(),
            false => review::waits(f, &me.charter),
        };
        let most = if outside { PAGE } else { PAGE * 4 };
        for f in findings.iter().filter(shown).skip(from as usize).take(most as usize) {
            let Some(s) = searches.iter().find(|s| s.id == f.search) else { continue };
            if let Some((n, item)) = Items::open(o, &by.org, s, f.item)?.next().transpose()? {
                lines.push(line((s, map(s)), n, &item, Some(f), by_what));
            }
        }
        next = (outside && from + PAGE < outside_count as u64).then_some(from + PAGE);
    } else if let Some(s) = searches.iter().find(|s| Some(&s.id) == q.search.as_ref()) {
        for found in Items::open(o, &by.org, s, from)?.take(PAGE as usize) {
            let (n, item) = found?;
            lines.push(line((s, map(s)), n, &item, of(&s.id, n), by_what));
        }
        next = (from + PAGE < s.items).then_some(from + PAGE);
    }
    Ok(BenchPage {
        d: Desk::new(me, "Cases", format!("Review {reference}")),
        reference: reference.to_owned(),
        name: case.body.asker.name,
        current: q.search.clone().unwrap_or_default(),
        tabs,
        waiting,
        outside,
        outside_count,
        open,
        lines,
        next,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_told_by_its_names_or_its_first_words() {
        let map = DataMap::from_toml(
            "holding = \"club\"\ntitle = \"Club\"\nkind = \"paper\"\n[[collection]]\n\
             name = \"members\"\nholds = \"person\"\nfield = [\n\
             { name = \"first\", category = \"name\" }, { name = \"last\", category = \"name\" }]\n",
            "club",
        )
        .unwrap();
        let row = |fields: &[(&str, &str)]| Item {
            place: "members".into(),
            locator: "id=4712".into(),
            because: Vec::new(),
            body: Thing::Row {
                fields: fields.iter().map(|(n, v)| ((*n).into(), Some((*v).into()))).collect(),
            },
            others: Vec::new(),
        };
        let member = row(&[("id", "4712"), ("first", "Amara"), ("last", "Quill")]);
        assert_eq!(telling(&member, Some(&map)), "Amara Quill");
        let letter = row(&[("id", "7"), ("kind", "letter"), ("subject", "The  slipway")]);
        assert_eq!(telling(&letter, Some(&map)), "The slipway");
        assert_eq!(telling(&row(&[("id", "7"), ("what", "Paid in cash")]), None), "Paid in cash");
        assert_eq!(telling(&row(&[("id", "7")]), None), "");
    }
}
