//! The desk's pages of a case: the list, the case itself, logging one for somebody.

use askama::Template;
use axum::extract::{Path, Query, State};
use candour_clock::{RightsDates, Step};
use jiff::civil::Date;
use serde::Deserialize;

use super::acts::{self, Case};
use super::find::{self, Record};
use super::record::Owed;
use super::rules::State as Where;
use super::sql::{self, Figures, PackRow, SearchRow, Which};
use crate::charter::Charter;
use crate::error::{Error, Result};
use crate::holdings::{self, Holding};
use crate::kit::dates;
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, page};
use crate::office::Office;
use crate::proof::{self, Told};
use crate::staff::Permission;

/// Cases on one page of the list.
const PAGE: u64 = 50;

/// The clock of a case in words, with the class of its tag.
pub struct ClockTag {
    /// "Due Thursday 26 November 2026: 3 working days left".
    pub words: String,
    /// `late`, `soon`, `ok` or empty.
    pub class: &'static str,
}

/// Words first, colour second.
pub fn clock_tag(office: &Office, charter: &Charter, c: &sql::CaseRow, today: Date) -> ClockTag {
    let tag = |words: String, class| ClockTag { words, class };
    match (&c.request.state, c.request.paused_since(), c.act_by) {
        (Where::Closed { on, outcome }, ..) => {
            tag(format!("{} on {}", outcome.words(), dates::long(*on)), "")
        }
        (Where::Sent { on }, ..) => tag(format!("Sent on {}", dates::long(*on)), "ok"),
        (_, Some(since), _) => {
            tag(format!("Paused since {}, waiting for an answer", dates::long(since)), "")
        }
        _ if c.request.answered.is_some() => tag("Looked at again after the answer".into(), "soon"),
        (_, _, Some(by)) => {
            let left = office.calendar().describe_left(today, by, charter.law.division);
            let class = if by < today {
                "late"
            } else if by <= today.saturating_add(jiff::Span::new().days(7)) {
                "soon"
            } else {
                "ok"
            };
            tag(format!("Due {}: {left}", dates::full(by)), class)
        }
        _ => tag("No date yet".into(), ""),
    }
}

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
    me.by.role.may(Permission::SeeCases)?;
    let (which, view) = match q.show.as_deref() {
        Some("late") => (Which::Late, "late"),
        Some("closed") => (Which::Closed, "closed"),
        _ => (Which::Open, "open"),
    };
    let from = q.from.unwrap_or(0);
    let d = Desk::new(&me, "Cases", "Cases");
    let view_page = office
        .run(move |o| {
            let today = dates::day_of(me.by.now);
            let soon = today.saturating_add(jiff::Span::new().days(7));
            o.read(|tx| {
                let rows = sql::cases(tx, &me.by.org, which, today, from, PAGE + 1)?;
                let more = rows.len() as u64 > PAGE;
                let mut lines = Vec::new();
                for row in rows.into_iter().take(PAGE as usize) {
                    lines.push(line(tx, o, &me, row, today)?);
                }
                Ok(CasesPage {
                    d,
                    view,
                    figures: sql::figures(tx, &me.by.org, today, soon)?,
                    closed: sql::closed_count(tx, &me.by.org)?,
                    lines,
                    next: more.then_some(from + PAGE),
                })
            })
        })
        .await?;
    page(&view_page)
}

fn line(
    tx: &mut candour_db::Tx<'_>,
    o: &Office,
    me: &Signed,
    row: sql::CaseRow,
    today: Date,
) -> Result<Line> {
    let owner = match &row.owner {
        Some(id) => crate::staff::sql::by_id(tx, &me.by.org, id)?.name,
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

/// One step of the task list.
struct Task {
    title: &'static str,
    note: String,
    status: String,
    class: &'static str,
    link: Option<String>,
}

struct FoundLine {
    id: String,
    title: String,
    how: String,
    weak: bool,
    items: u64,
    state: &'static str,
    class: &'static str,
    trouble: Vec<String>,
    note: String,
    can_set_aside: bool,
    paper: bool,
}

struct LetterLine {
    id: String,
    name: String,
    state: String,
    at: String,
}

#[derive(Template)]
#[template(path = "requests/pages/case.html")]
struct CasePage {
    d: Desk,
    c: Case,
    clock: ClockTag,
    promise: Option<String>,
    limit: Option<String>,
    steps: Vec<Step>,
    deadline: Option<String>,
    tasks: Vec<Task>,
    found: Vec<FoundLine>,
    history: Vec<HistoryLine>,
    packs: Vec<PackLine>,
    handed: Vec<String>,
    /// The whole answer has gone out.
    answered: bool,
    /// A link is open.
    linked: bool,
    /// The newest pack is a part that could go out as one.
    part: bool,
    letters: Vec<LetterLine>,
    may_work: bool,
    may_release: bool,
    open: bool,
    paused: bool,
    warned: bool,
    extended: bool,
    staff: Vec<(String, String)>,
}

struct PackLine {
    number: u64,
    made: String,
    items: u64,
    left_out: u64,
    complete: bool,
}

impl PackLine {
    fn of(k: &PackRow) -> Self {
        Self {
            number: k.number,
            made: dates::moment(k.made),
            items: k.items,
            left_out: k.left_out,
            complete: k.complete,
        }
    }
}

/// What became of a pack that went out, in one line.
fn handed(h: &sql::Handover, packs: &[PackRow]) -> String {
    let number = packs.iter().find(|k| k.id == h.pack).map_or(0, |k| k.number);
    let day = |at| dates::short(dates::day_of(at));
    let (made, fetched) = (day(h.made), h.fetched.map(day));
    let Some(ends) = h.ends else { return format!("Pack {number} sent by post on {made}") };
    let used = fetched.map_or("not fetched yet".into(), |d| format!("last fetched on {d}"));
    let until = match h.ended_why.as_deref() {
        None => format!("the link works until {}", day(ends)),
        Some("locked") => "the link is locked after wrong answers".into(),
        Some("revoked") => "the link was taken back".into(),
        Some("replaced") => "the link was replaced by a new one".into(),
        Some(_) => "the link has run out".into(),
    };
    format!("Pack {number} sent by link on {made}: {used}; {until}")
}

/// The steps of both dates, the organisation's promise with its place in the notice.
fn steps(when: &RightsDates, charter: &Charter) -> Vec<Step> {
    let mut all: Vec<Step> = when.limit.iter().flat_map(|d| d.because.clone()).collect();
    for mut step in when.promise.iter().flat_map(|d| d.because.clone()) {
        if let Some(source) = &charter.rights.own_target_source {
            step.source.clone_from(source);
        }
        if !all.contains(&step) && !all.iter().any(|s| s.text == step.text) {
            all.push(step);
        }
    }
    all
}

struct HistoryLine {
    at: String,
    words: String,
    law: String,
    idx: u64,
}

impl HistoryLine {
    fn of(t: Told) -> Self {
        let words = match t.said {
            Some(words) => words,
            None if t.erased => "(these words were erased with the case’s key)".into(),
            None => t.act.clone(),
        };
        Self { at: dates::moment(t.at), words, law: t.law.join(", "), idx: t.idx }
    }
}

/// `GET /office/cases/{ref}`
pub async fn case(
    State(office): State<Office>,
    me: Signed,
    Path(reference): Path<String>,
) -> Answer {
    me.by.role.may(Permission::SeeCases)?;
    let view = office.run(move |o| o.read(|tx| case_page(tx, o, &me, &reference))).await?;
    page(&view)
}

fn case_page(
    tx: &mut candour_db::Tx<'_>,
    o: &Office,
    me: &Signed,
    reference: &str,
) -> Result<CasePage> {
    let by = &me.by;
    let c = acts::load_by_ref(tx, o, by, reference)?;
    let today = dates::day_of(by.now);
    let when = c.request().dates(&acts::clockwork(o, &me.charter))?;
    let searches = sql::searches(tx, &by.org, &c.row.id)?;
    let all = holdings::active(tx, &by.org)?;
    let packs = sql::packs(tx, &by.org, &c.row.id)?;
    let handovers = sql::handovers(tx, &by.org, &c.row.id)?;
    let progress = find::progress(tx, &by.org, &c.row.id)?;
    let history = proof::history(tx, o.vault(), &by.org, &format!("case:{}", c.row.id))?;
    let letters = crate::kit::sql::letters_of(tx, &by.org, &c.row.id)?
        .into_iter()
        .map(|l| LetterLine { id: l.id, name: l.name, state: l.state, at: dates::moment(l.made) })
        .collect();
    let staff = crate::staff::sql::all(tx, &by.org)?
        .into_iter()
        .filter(|s| s.left.is_none() && s.role.may(Permission::WorkCases).is_ok())
        .map(|s| (s.id, s.name))
        .collect();
    let found = searches.iter().map(|s| found_line(s, &all)).collect::<Result<Vec<_>>>()?;
    let open = !matches!(c.request().state, Where::Sent { .. } | Where::Closed { .. });
    Ok(CasePage {
        d: Desk::new(me, "Cases", format!("{} {}", c.request().right.label(), c.row.reference)),
        clock: clock_tag(o, &me.charter, &c.row, today),
        promise: when.promise.as_ref().map(|d| dates::long(d.on)),
        limit: when.limit.as_ref().map(|d| dates::long(d.on)),
        steps: steps(&when, &me.charter),
        deadline: c.body.wants.deadline.map(dates::full),
        tasks: tasks(&c, &searches, &progress, packs.first()),
        found,
        history: history.into_iter().map(HistoryLine::of).collect(),
        packs: packs.iter().map(PackLine::of).collect(),
        answered: c.request().clone().look_again().is_ok(),
        linked: handovers.iter().any(|h| h.ends.is_some() && h.ended.is_none()),
        part: open && packs.first().is_some_and(|k| !k.complete && k.items > 0),
        handed: handovers.iter().map(|h| handed(h, &packs)).collect(),
        letters,
        may_work: by.role.may(Permission::WorkCases).is_ok(),
        may_release: by.role.may(Permission::ReleaseCases).is_ok(),
        open,
        paused: c.request().paused_since().is_some(),
        warned: c.request().warned.is_some(),
        extended: c.request().extended.is_some(),
        staff,
        c,
    })
}

fn found_line(s: &SearchRow, all: &[Holding]) -> Result<FoundLine> {
    let record: Record = serde_json::from_str(&s.record)?;
    let h = all.iter().find(|h| h.id == s.holding);
    let (state, class) = match s.state.as_str() {
        "planned" | "running" => ("Waiting to be searched", "soon"),
        "done" if matches!(Owed::of(s)?, Owed::Parts(_)) => ("Searched in part", "late"),
        "done" => ("Searched", "ok"),
        "failed" => ("Trouble", "late"),
        "asked" => ("Waiting for an answer", "soon"),
        _ => ("Set aside", ""),
    };
    let note = match (&s.reason, s.asked, s.due) {
        (Some(reason), ..) => reason.clone(),
        (_, Some(asked), Some(due)) if s.state == "asked" => {
            let chased =
                if s.chased > 0 { format!(", reminded {} times", s.chased) } else { String::new() };
            format!("asked {}, answer by {}{chased}", dates::short(asked), dates::short(due))
        }
        _ => record.answer.clone().unwrap_or_default(),
    };
    Ok(FoundLine {
        id: s.id.clone(),
        title: h.map_or("(a holding that is gone)", |h| h.title.as_str()).to_owned(),
        how: if s.state == "done" { record.how() } else { String::new() },
        weak: record.weak > 0,
        items: s.items,
        state,
        class,
        trouble: s.trouble.as_deref().unwrap_or_default().lines().map(str::to_owned).collect(),
        note,
        can_set_aside: Owed::of(s)? != Owed::Nothing,
        paper: h.is_some_and(Holding::is_paper),
    })
}

/// Somebody acts for the person: their authority comes before everything else.
fn authority_task(c: &Case, base: &str) -> Option<Task> {
    let agent = c.body.asker.agent.as_ref().filter(|_| c.request().by_agent)?;
    let (status, class) = match c.request().authority {
        Some(on) => (format!("Shown on {}", dates::short(on)), "ok"),
        None => ("Needed first".into(), "soon"),
    };
    let link = c.request().authority.is_none().then(|| format!("{base}/authority"));
    Some(Task { title: "Authority to act", note: agent.name.clone(), status, class, link })
}

/// What keeps the newest pack from being the whole answer.
fn blocks(state: &Where, pack: Option<&PackRow>) -> String {
    match pack.map(super::pack::blocks) {
        Some(Ok(all)) if matches!(state, Where::Searching | Where::Reviewing) => all.join(" "),
        _ => String::new(),
    }
}

fn tasks(
    c: &Case,
    searches: &[SearchRow],
    p: &find::Progress,
    pack: Option<&PackRow>,
) -> Vec<Task> {
    let base = format!("/office/cases/{}", c.row.reference);
    let state = &c.request().state;
    let settled = c.request().settled.as_ref();
    let done = |s: &str| (s.to_owned(), "ok");
    let waiting = ("Cannot start yet".to_owned(), "");
    let (identity, identity_class) = match state {
        _ if settled.is_some() => done("Completed"),
        Where::Identity { asked } => (format!("Asked on {}", dates::short(*asked)), "soon"),
        Where::Received => ("Not yet started".into(), ""),
        _ => waiting.clone(),
    };
    let n = searches.len() as u64;
    let (search, search_class) = match (settled.is_some(), p.done == n && n > 0) {
        (false, _) => waiting.clone(),
        (true, true) if p.partly > 0 => (format!("{} only in part", p.partly), "late"),
        (true, true) => done("Completed"),
        _ if p.failed > 0 => (format!("{} with trouble", p.failed), "late"),
        _ if p.asked > 0 => (format!("Waiting for {}", p.asked), "soon"),
        _ => ("In progress".into(), "soon"),
    };
    let (review, review_class) = match (p.done > 0, p.open) {
        (false, _) => waiting.clone(),
        (true, 0) if p.done == n => done("Completed"),
        (true, 0) => ("Nothing waits".into(), ""),
        (true, open) => (format!("{open} to decide"), "soon"),
    };
    let (packed, packed_class) = match pack {
        Some(k) if k.complete && *state != Where::Reviewing => done("Complete"),
        Some(k) => (format!("Part: {} left out", k.left_out), "soon"),
        None if p.done > 0 => ("Not yet started".into(), ""),
        None => waiting.clone(),
    };
    let (release, release_class) = match state {
        Where::Sent { on } => done(&format!("Sent on {}", dates::short(*on))),
        Where::Closed { outcome, .. } => done(outcome.words()),
        Where::Ready => ("Ready to send".into(), "soon"),
        _ => waiting,
    };
    let task =
        |title, note: String, (status, class): (String, &'static str), link: Option<&str>| Task {
            title,
            note,
            status,
            class,
            link: link.map(|l| format!("{base}{l}")),
        };
    let who = settled.map_or("Only ask where there is real doubt".into(), |s| s.how.clone());
    let identity_link = settled.is_none().then_some("/identity");
    let searched =
        format!("{} answered, {} waiting for a person, {} with trouble", p.done, p.asked, p.failed);
    let reviewed = format!("{} items, disclosed by default", p.items);
    let review_link = (p.items > 0).then_some("/review");
    let blocks = blocks(state, pack);
    let send_link = matches!(state, Where::Ready).then_some("/hand/send");
    let mut all: Vec<Task> = authority_task(c, &base).into_iter().collect();
    all.extend([
        task("Know who is asking", who, (identity, identity_class), identity_link),
        task("Search the holdings", searched, (search, search_class), Some("#found")),
        task("Review what was found", reviewed, (review, review_class), review_link),
        task("Make the pack", blocks, (packed, packed_class), Some("#packs")),
        task("Send it", String::new(), (release, release_class), send_link),
    ]);
    all
}
