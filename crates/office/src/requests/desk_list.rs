//! The list of cases: open, late, due soon, given to nobody, waiting, closed; found by reference.

use askama::Template;
use axum::extract::{Query, State};
use jiff::civil::Date;
use serde::Deserialize;

use super::acts;
use super::desk::{ClockTag, clock_tag};
use super::sql::{self, Figures, Which};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, page};
use crate::office::Office;

/// Cases on one page of the list.
const PAGE: u64 = 50;

struct Line {
    reference: String,
    name: String,
    right: &'static str,
    state: &'static str,
    clock: ClockTag,
    owner: String,
}

#[derive(Template)]
#[template(path = "requests/pages/cases.html")]
struct CasesPage {
    d: Desk,
    view: &'static str,
    named: String,
    figures: Figures,
    closed: u64,
    lines: Vec<Line>,
    next: Option<u64>,
}

/// What the list is asked for.
#[derive(Deserialize)]
pub struct ListQuery {
    show: Option<String>,
    named: Option<String>,
    from: Option<u64>,
}

/// `GET /office/cases`
pub async fn cases(State(office): State<Office>, me: Signed, Query(q): Query<ListQuery>) -> Answer {
    let today = dates::day_of(me.by.now);
    let soon = today.saturating_add(jiff::Span::new().days(7));
    let named = q.named.as_deref().unwrap_or_default().trim().to_uppercase();
    let (which, view) = match q.show.as_deref() {
        _ if !named.is_empty() => (Which::Named(named.clone()), "named"),
        Some("late") => (Which::Late, "late"),
        Some("soon") => (Which::Soon(soon), "soon"),
        Some("unassigned") => (Which::Unassigned, "unassigned"),
        Some("waiting") => (Which::Waiting, "waiting"),
        Some("closed") => (Which::Closed, "closed"),
        _ => (Which::Open, "open"),
    };
    let from = q.from.unwrap_or(0);
    let d = Desk::new(&me, "Cases", "Cases");
    let shown = office
        .run(move |o| {
            o.read(|tx| {
                let rows = sql::cases(tx, &me.by.org, &which, today, from, PAGE + 1)?;
                let more = rows.len() as u64 > PAGE;
                let mut lines = Vec::new();
                for row in rows.into_iter().take(PAGE as usize) {
                    lines.push(line(tx, o, &me, row, today)?);
                }
                Ok(CasesPage {
                    d,
                    view,
                    named,
                    figures: sql::figures(tx, &me.by.org, today, soon)?,
                    closed: sql::closed_count(tx, &me.by.org)?,
                    lines,
                    next: more.then_some(from + PAGE),
                })
            })
        })
        .await?;
    match shown.lines.as_slice() {
        // Who looks for one case wants that case.
        [one] if shown.view == "named" => go(&format!("/office/cases/{}", one.reference)),
        _ => page(&shown),
    }
}

fn line(
    tx: &mut candour_db::Tx<'_>,
    o: &Office,
    me: &Signed,
    row: sql::CaseRow,
    today: Date,
) -> Result<Line> {
    let owner = match &row.owner {
        Some(id) => crate::staff::colleague(tx, &me.by.org, id)?.name,
        None => "nobody yet".into(),
    };
    let clock = clock_tag(o, &me.charter, &row, today);
    let name = match acts::open_row(tx, o, &me.by.org, row.clone()) {
        Ok(case) => case.body.asker.name,
        Err(Error::Unavailable(_)) => "(erased)".into(),
        Err(e) => return Err(e),
    };
    Ok(Line {
        reference: row.reference,
        name,
        right: row.request.right.label(),
        state: row.request.state.label(),
        clock,
        owner,
    })
}
