//! The review bench: the items found, one page of them at a time.

use askama::Template;
use axum::extract::{Path, Query, State};
use candour_connectors::Strength;
use serde::Deserialize;

use super::acts;
use super::grounds::NOT_THEIRS;
use super::review::{self, Item, Items};
use super::sql::{self, FindingRow};
use crate::charter::Charter;
use crate::error::Result;
use crate::holdings;
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, page};
use crate::office::Office;
use crate::staff::Permission;

/// Items on one page.
const PAGE: u64 = 25;

/// What the bench is asked for.
#[derive(Deserialize)]
pub struct BenchQuery {
    search: Option<String>,
    from: Option<u64>,
    all: Option<String>,
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
    place: String,
    how: String,
    why: String,
    decision: String,
    class: &'static str,
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
        (_, NOT_THEIRS | "") => ("Left out: not about them".into(), ""),
        _ => ("Left out: exempt".into(), ""),
    }
}

fn line(search: &str, n: u64, item: &Item, f: Option<&FindingRow>, charter: &Charter) -> Line {
    let (decision, class) = decision_tag(f, charter);
    let mut how: Vec<String> = item
        .because
        .iter()
        .map(|b| match b.strength {
            Strength::Weak => format!("{} (weak)", b.how),
            Strength::Strong => b.how.clone(),
        })
        .collect();
    how.dedup();
    Line {
        search: search.to_owned(),
        n,
        title: item.title(),
        place: item.place.clone(),
        how: how.join(", "),
        why: f.map(|f| f.why.clone()).unwrap_or_default(),
        decision,
        class,
    }
}

/// `GET /office/cases/{ref}/review`: what waits for a decision, or one holding's items in order.
pub async fn bench(
    State(office): State<Office>,
    me: Signed,
    Path(reference): Path<String>,
    Query(q): Query<BenchQuery>,
) -> Answer {
    me.by.role.may(Permission::SeeCases)?;
    let view = office.run(move |o| bench_page(o, &me, &reference, &q)).await?;
    page(&view)
}

fn bench_page(o: &Office, me: &Signed, reference: &str, q: &BenchQuery) -> Result<BenchPage> {
    let by = &me.by;
    let (case, searches, findings, all) = o.read(|tx| {
        let case = acts::load_by_ref(tx, o, by, reference)?;
        let searches = sql::searches(tx, &by.org, &case.row.id)?;
        let findings = sql::findings(tx, &by.org, &case.row.id)?;
        Ok((case, searches, findings, holdings::active(tx, &by.org)?))
    })?;
    let title = |id: &str| {
        all.iter().find(|h| h.id == id).map_or("(a holding that is gone)", |h| h.title.as_str())
    };
    let waits = |search: &str| {
        findings.iter().filter(|f| f.search == search && review::waits(f, &me.charter)).count()
    };
    let tabs: Vec<Tab> = searches
        .iter()
        .filter(|s| s.items > 0)
        .map(|s| Tab {
            id: s.id.clone(),
            title: title(&s.holding).to_owned(),
            items: s.items,
            open: waits(&s.id),
        })
        .collect();
    let open = findings.iter().filter(|f| review::waits(f, &me.charter)).count();
    let of = |search: &str, n: u64| findings.iter().find(|f| f.search == search && f.item == n);
    let waiting = q.search.is_none() && q.all.is_none();
    let (mut lines, mut next) = (Vec::new(), None);
    if waiting {
        let waits = findings.iter().filter(|f| review::waits(f, &me.charter));
        for f in waits.take(PAGE as usize * 4) {
            let Some(s) = searches.iter().find(|s| s.id == f.search) else { continue };
            if let Some((n, item)) = Items::open(o, &by.org, s, f.item)?.next().transpose()? {
                lines.push(line(&s.id, n, &item, Some(f), &me.charter));
            }
        }
    } else if let Some(s) = searches.iter().find(|s| Some(&s.id) == q.search.as_ref()) {
        let from = q.from.unwrap_or(0);
        for found in Items::open(o, &by.org, s, from)?.take(PAGE as usize) {
            let (n, item) = found?;
            lines.push(line(&s.id, n, &item, of(&s.id, n), &me.charter));
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
        open,
        lines,
        next,
    })
}
