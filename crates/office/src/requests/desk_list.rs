//! The list of cases: open, late, due soon, given to nobody, waiting, closed; found by reference,
//! name, address or number. What is typed stays out of addresses: it can be somebody's name.

use askama::Template;
use axum::extract::{Form, Query, State};
use candour_db::Tx;
use candour_screening::fold;
use jiff::civil::Date;
use serde::Deserialize;

use super::acts::{self, Case};
use super::desk::{ClockTag, clock_tag};
use super::sql::{self, CaseRow, Figures, Which};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::forms::Filled;
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, page};
use crate::office::Office;

/// Cases on one page of the list.
const PAGE: u64 = 50;
/// Cases read at once while one is looked for.
const AT_ONCE: u64 = 500;

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
    /// What was looked for.
    sought: String,
    /// There were more than a page shows.
    cut: bool,
    figures: Figures,
    closed: u64,
    lines: Vec<Line>,
    next: Option<u64>,
}

/// What the list is asked for.
#[derive(Deserialize)]
pub struct ListQuery {
    show: Option<String>,
    from: Option<u64>,
}

/// `GET /office/cases`
pub async fn cases(State(office): State<Office>, me: Signed, Query(q): Query<ListQuery>) -> Answer {
    let (today, soon) = days(&me);
    let (which, view) = match q.show.as_deref() {
        Some("late") => (Which::Late, "late"),
        Some("soon") => (Which::Soon(soon), "soon"),
        Some("unassigned") => (Which::Unassigned, "unassigned"),
        Some("waiting") => (Which::Waiting, "waiting"),
        Some("closed") => (Which::Closed, "closed"),
        _ => (Which::Open, "open"),
    };
    let from = q.from.unwrap_or(0);
    let shown = office
        .run(move |o| {
            o.read(|tx| {
                let rows = sql::cases(tx, &me.by.org, &which, today, from, PAGE + 1)?;
                let more = rows.len() as u64 > PAGE;
                let mut shown = list(tx, &me, view)?;
                for row in rows.into_iter().take(PAGE as usize) {
                    let opened = open(tx, o, &me, row)?;
                    shown.lines.push(line(tx, o, &me, opened, today)?);
                }
                shown.next = more.then_some(from + PAGE);
                Ok(shown)
            })
        })
        .await?;
    page(&shown)
}

/// `POST /office/cases/find`: by a part of the reference, or by what is known of the person.
pub async fn find(
    State(office): State<Office>,
    me: Signed,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let sought = Filled(pairs).get("sought").to_owned();
    if sought.is_empty() {
        return go("/office/cases");
    }
    let shown = office.run(move |o| o.read(|tx| found(tx, o, &me, sought.clone()))).await?;
    match shown.lines.as_slice() {
        // Who looks for one case wants that case.
        [one] => go(&format!("/office/cases/{}", one.reference)),
        _ => page(&shown),
    }
}

fn days(me: &Signed) -> (Date, Date) {
    let today = dates::day_of(me.by.now);
    (today, today.saturating_add(jiff::Span::new().days(7)))
}

fn list(tx: &mut Tx<'_>, me: &Signed, view: &'static str) -> Result<CasesPage> {
    let (today, soon) = days(me);
    Ok(CasesPage {
        d: Desk::new(me, "Cases", if view == "found" { "Cases found" } else { "Cases" }),
        view,
        sought: String::new(),
        cut: false,
        figures: sql::figures(tx, &me.by.org, today, soon)?,
        closed: sql::closed_count(tx, &me.by.org)?,
        lines: Vec::new(),
        next: None,
    })
}

/// Every case that what was typed fits, open ones first. What is sealed has to be opened to be
/// looked at, so that nothing about a person stands in the clear: some ten thousand cases a second.
fn found(tx: &mut Tx<'_>, o: &Office, me: &Signed, sought: String) -> Result<CasesPage> {
    let (today, _) = days(me);
    let mut shown = list(tx, me, "found")?;
    let typed = Typed::of(&sought);
    shown.sought = sought;
    for which in [Which::Open, Which::Closed] {
        let mut from = 0;
        loop {
            let rows = sql::cases(tx, &me.by.org, &which, today, from, AT_ONCE)?;
            let last = (rows.len() as u64) < AT_ONCE;
            for row in rows {
                let opened = open(tx, o, me, row)?;
                if !typed.fits(&opened) {
                    continue;
                }
                if shown.lines.len() as u64 == PAGE {
                    shown.cut = true;
                    return Ok(shown);
                }
                shown.lines.push(line(tx, o, me, opened, today)?);
            }
            if last {
                break;
            }
            from += AT_ONCE;
        }
    }
    Ok(shown)
}

/// What was typed, as it is compared.
struct Typed {
    reference: String,
    words: Vec<String>,
    digits: String,
    whole: String,
}

impl Typed {
    fn of(text: &str) -> Self {
        let words = fold(text).split(' ').map(str::to_owned).filter(|w| !w.is_empty()).collect();
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        // A telephone number has no letters in it, and more than a house number's digits.
        let phone = digits.len() >= 6 && !text.chars().any(char::is_alphabetic);
        Self {
            reference: text.trim().to_uppercase(),
            words,
            digits: if phone { digits } else { String::new() },
            whole: text.trim().to_lowercase(),
        }
    }

    /// Whether it is a part of the reference, of an address or a number, or each of its words
    /// begins a word of the name.
    fn fits(&self, (row, case): &(CaseRow, Option<Case>)) -> bool {
        if row.reference.contains(&self.reference) {
            return true;
        }
        let Some(case) = case else { return false };
        let a = &case.body.asker;
        let agent = a.agent.iter().map(|r| &r.name);
        let named = |name: &String| {
            let folded = fold(name);
            let begins = |w: &String| folded.split(' ').any(|part| part.starts_with(w.as_str()));
            !self.words.is_empty() && self.words.iter().all(begins)
        };
        let digits =
            |text: &String| -> String { text.chars().filter(char::is_ascii_digit).collect() };
        // "+44 7700 900123" and "07700 900123" end alike.
        let tail = self.digits.trim_start_matches("44").trim_start_matches('0');
        let has = |text: &String| text.to_lowercase().contains(&self.whole);
        std::iter::once(&a.name).chain(&a.other_names).chain(agent).any(named)
            || a.emails.iter().chain(&a.numbers).chain(&a.addresses).chain(&a.postcodes).any(has)
            || (!tail.is_empty() && a.phones.iter().any(|p| digits(p).ends_with(tail)))
    }
}

/// The case opened, if its content has not been destroyed.
fn open(tx: &mut Tx<'_>, o: &Office, me: &Signed, row: CaseRow) -> Result<(CaseRow, Option<Case>)> {
    match acts::open_row(tx, o, &me.by.org, row.clone()) {
        Ok(case) => Ok((row, Some(case))),
        Err(Error::Unavailable(_)) => Ok((row, None)),
        Err(e) => Err(e),
    }
}

fn line(
    tx: &mut Tx<'_>,
    o: &Office,
    me: &Signed,
    (row, case): (CaseRow, Option<Case>),
    today: Date,
) -> Result<Line> {
    let owner = match &row.owner {
        Some(id) => crate::staff::colleague(tx, &me.by.org, id)?.name,
        None => "nobody yet".into(),
    };
    let clock = clock_tag(o, &me.charter, &row, today);
    Ok(Line {
        name: case.map_or("(erased)".into(), |c| c.body.asker.name),
        right: row.request.right.label(),
        state: row.request.state.label(),
        reference: row.reference,
        clock,
        owner,
    })
}
