//! The review bench: the items found, one page of them at a time, and the decision on one.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use candour_connectors::{Body as Thing, Strength};
use serde::Deserialize;

use super::acts;
use super::review::{self, Decided, Decision, Item, Items, Mark};
use super::sql::{self, FindingRow};
use crate::error::{Error, Result};
use crate::holdings;
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, mend, page};
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

fn decision_tag(f: Option<&FindingRow>) -> (String, &'static str) {
    match f.map(|f| f.decision.as_str()) {
        None => ("Disclosed".into(), "ok"),
        Some("disclose") => ("Disclosed, looked at".into(), "ok"),
        Some("redact") => ("Part removed".into(), ""),
        Some("exclude") => ("Left out".into(), ""),
        Some(_) => ("To decide".into(), "soon"),
    }
}

fn line(search: &str, n: u64, item: &Item, f: Option<&FindingRow>) -> Line {
    let (decision, class) = decision_tag(f);
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
        findings.iter().filter(|f| f.search == search && f.decision == "open").count()
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
    let open = findings.iter().filter(|f| f.decision == "open").count();
    let of = |search: &str, n: u64| findings.iter().find(|f| f.search == search && f.item == n);
    let waiting = q.search.is_none() && q.all.is_none();
    let (mut lines, mut next) = (Vec::new(), None);
    if waiting {
        for f in findings.iter().filter(|f| f.decision == "open").take(PAGE as usize * 4) {
            let Some(s) = searches.iter().find(|s| s.id == f.search) else { continue };
            if let Some((n, item)) = Items::open(o, &by.org, s, f.item)?.next().transpose()? {
                lines.push(line(&s.id, n, &item, Some(f)));
            }
        }
    } else if let Some(s) = searches.iter().find(|s| Some(&s.id) == q.search.as_ref()) {
        let from = q.from.unwrap_or(0);
        for found in Items::open(o, &by.org, s, from)?.take(PAGE as usize) {
            let (n, item) = found?;
            lines.push(line(&s.id, n, &item, of(&s.id, n)));
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

/// A piece of a text: marked or not, with the number of its mark.
struct Piece {
    text: String,
    mark: Option<usize>,
}

struct Part {
    field: String,
    pieces: Vec<Piece>,
}

#[derive(Template)]
#[template(path = "requests/pages/item.html")]
struct ItemPage {
    d: Desk,
    reference: String,
    search: String,
    n: u64,
    title: String,
    place: String,
    how: Vec<String>,
    why: String,
    kind: &'static str,
    parts: Vec<Part>,
    marks: Vec<Mark>,
    chosen: Vec<usize>,
    decision: String,
    f: Filled,
    w: Wrong,
    may_work: bool,
    next: Option<(String, u64)>,
    unreadable: bool,
}

/// Cuts a text at its marks.
fn pieces(text: &str, field: &str, marks: &[Mark]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut at = 0;
    let good = |i: usize| i <= text.len() && text.is_char_boundary(i);
    for (i, m) in marks.iter().enumerate().filter(|(_, m)| m.field == field) {
        if m.start < at || m.start >= m.end || !good(m.start) || !good(m.end) {
            continue;
        }
        out.push(Piece { text: text[at..m.start].to_owned(), mark: None });
        out.push(Piece { text: text[m.start..m.end].to_owned(), mark: Some(i + 1) });
        at = m.end;
    }
    out.push(Piece { text: text[at..].to_owned(), mark: None });
    out
}

fn item_page(o: &Office, me: &Signed, at: &At, f: Filled, w: Wrong) -> Result<ItemPage> {
    let (s, item) = review::item(o, &me.by, &at.reference, &at.search, at.n)?;
    let org = &me.by.org;
    let (case, row, next) = o.read(|tx| {
        let case = acts::load(tx, o, &me.by, &s.case)?;
        let findings = sql::findings(tx, org, &s.case)?;
        let row = findings.iter().find(|x| x.search == s.id && x.item == at.n).cloned();
        let next = findings
            .iter()
            .find(|x| x.decision == "open" && (x.search != s.id || x.item != at.n))
            .map(|x| (x.search.clone(), x.item));
        Ok((case, row, next))
    })?;
    let mut f = f;
    let mut chosen: Vec<usize> = (1..=item.others.len()).collect();
    if let Some(r) = &row {
        if f.0.is_empty() {
            f.set("reason", o.read(|tx| review::reason(tx, o, org, &case, r))?);
        }
        if r.decision == "redact" {
            let kept: Vec<Mark> = serde_json::from_str(&r.marks)?;
            chosen.retain(|i| kept.contains(&item.others[i - 1]));
        }
    }
    let unreadable = matches!(&item.body, Thing::Document { text, .. } if text.trim().is_empty());
    let texts = item.texts();
    Ok(ItemPage {
        d: Desk::new(me, "Cases", format!("{} – {}", item.title(), case.row.reference)),
        reference: case.row.reference.clone(),
        search: at.search.clone(),
        n: at.n,
        title: item.title(),
        place: item.place.clone(),
        how: item.because.iter().map(|b| format!("{} ({})", b.how, b.field)).collect(),
        why: row.as_ref().map(|r| r.why.clone()).unwrap_or_default(),
        kind: match item.body {
            Thing::Row { .. } => "Record",
            Thing::Message { .. } => "Message",
            Thing::Document { .. } => "Document",
        },
        parts: texts
            .into_iter()
            .map(|(field, text)| Part { pieces: pieces(&text, &field, &item.others), field })
            .collect(),
        marks: item.others,
        chosen,
        decision: row.map_or("none".into(), |r| r.decision),
        f,
        w,
        may_work: me.by.role.may(Permission::WorkCases).is_ok(),
        next,
        unreadable,
    })
}

/// Which item.
#[derive(Debug, Clone, Deserialize)]
pub struct At {
    reference: String,
    search: String,
    n: u64,
}

/// `GET /office/cases/{reference}/items/{search}/{n}`
pub async fn item(State(office): State<Office>, me: Signed, Path(at): Path<At>) -> Answer {
    me.by.role.may(Permission::SeeCases)?;
    let view =
        office.run(move |o| item_page(o, &me, &at, Filled::default(), Wrong::default())).await?;
    page(&view)
}

/// `POST /office/cases/{reference}/items/{search}/{n}`
pub async fn decide(
    State(office): State<Office>,
    me: Signed,
    Path(at): Path<At>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let f = Filled(pairs);
    let (me, done, at, f) = office
        .run(move |o| {
            let done = decide_from(o, &me, &at, &f);
            Ok((me, done, at, f))
        })
        .await?;
    match done {
        Ok(Some((search, n))) => go(&format!("/office/cases/{}/items/{search}/{n}", at.reference)),
        Ok(None) => go(&format!("/office/cases/{}/review", at.reference)),
        Err(e) => {
            let w = Wrong::of(e)?;
            let view = office.run(move |o| item_page(o, &me, &at, f, w)).await?;
            mend(&view)
        }
    }
}

/// Takes the decision and answers the next item that waits.
fn decide_from(o: &Office, me: &Signed, at: &At, f: &Filled) -> Result<Option<(String, u64)>> {
    let decision = Decision::from_word(f.get("decision"))
        .ok_or_else(|| Error::invalid("decision", "Choose what happens with this item"))?;
    let (s, item) = review::item(o, &me.by, &at.reference, &at.search, at.n)?;
    let ticked: Vec<usize> = f.all("mark").iter().filter_map(|m| m.parse().ok()).collect();
    let marks: Vec<Mark> =
        ticked.iter().filter_map(|i| item.others.get(i.checked_sub(1)?).cloned()).collect();
    if decision == Decision::Redact && marks.is_empty() {
        return Err(Error::invalid("mark", "Tick at least one passage to take out"));
    }
    let d = Decided { decision, reason: f.get("reason").to_owned(), marks };
    review::decide(o, &me.by, &at.reference, &at.search, at.n, &d)?;
    o.read(|tx| {
        let open = sql::findings(tx, &me.by.org, &s.case)?;
        Ok(open.into_iter().find(|x| x.decision == "open").map(|x| (x.search, x.item)))
    })
}
