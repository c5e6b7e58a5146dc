//! The desk's page of a case: what is left to do, what was found, dates, letters, history.

use askama::Template;
use axum::extract::{Path, State};
use candour_clock::{RightsDates, Step};
use jiff::civil::Date;

use super::acts::{self, Case};
use super::desk_letters::state_of;
use super::desk_tasks::{Task, no_longer_kept, tasks};
use super::rules::{Awaited, State as Where, Wait};
use super::search::Owed;
use super::search::{self, Record};
use super::sql::{self, PackRow, SearchRow};
use crate::charter::Charter;
use crate::error::Result;
use crate::holdings::{self, Holding};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, page};
use crate::kit::{dates, post};
use crate::office::Office;
use crate::proof::{self, Told};
use crate::staff::Permission;

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
    let answer = |since| Wait { what: Awaited::Answer, since };
    let wait = c.request.not_started().or_else(|| c.waiting.map(answer));
    match (&c.request.state, wait, c.act_by) {
        (Where::Closed { on, outcome }, ..) => {
            tag(format!("{} on {}", outcome.words(), dates::long(*on)), "")
        }
        (Where::Sent { on }, ..) => tag(format!("Sent on {}", dates::long(*on)), "ok"),
        (_, Some(wait), _) => tag(wait.words(), ""),
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
            let extended = if c.request.extended.is_some() { "Extended: due" } else { "Due" };
            tag(format!("{extended} {}: {left}", dates::full(by)), class)
        }
        _ => tag("No date yet".into(), ""),
    }
}

/// What was found in one holding, or why nothing was.
pub(super) struct FoundLine {
    id: String,
    pub(super) title: String,
    pub(super) how: String,
    pub(super) weak: bool,
    pub(super) items: u64,
    pub(super) state: &'static str,
    class: &'static str,
    pub(super) trouble: Vec<String>,
    pub(super) note: String,
    can_set_aside: bool,
    /// Something of it is still missing, and it is no longer kept.
    no_longer: bool,
    paper: bool,
}

struct LetterLine {
    id: String,
    name: String,
    state: String,
    class: &'static str,
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
    time: Option<String>,
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
    sent: bool,
    can: Can,
    waits: Option<String>,
    /// The limit if the time ran from receipt after all, while something is waited for.
    counted: Option<String>,
    name_only: bool,
    child: Option<String>,
    refusal: Option<Refusal>,
    may_refuse: bool,
    staff: Vec<(String, String)>,
}

/// Which acts on the clock the page offers.
struct Can {
    answer: bool,
    clarify: bool,
    remind: bool,
    warn: bool,
    extend: bool,
    ask_fee: bool,
    pay: bool,
}

impl Can {
    fn of(c: &Case, waits: bool) -> Self {
        let r = c.request();
        let unpaid = r.fee.as_ref().is_some_and(|f| f.paid.is_none());
        let ready = matches!(r.state, Where::Ready);
        Self {
            answer: r.question_open().is_some(),
            clarify: r.question_open().is_none() && !ready,
            remind: waits,
            warn: waits && r.warned.is_none(),
            extend: r.extended.is_none() && r.not_started().is_none(),
            ask_fee: r.fee.is_none() && !ready,
            pay: unpaid,
        }
    }
}

/// A refusal that waits for a second person.
struct Refusal {
    by: String,
    ground: &'static str,
    told: String,
    inside: String,
    tell: bool,
    mine: bool,
}

impl Refusal {
    fn of(tx: &mut candour_db::Tx<'_>, me: &Signed, c: &Case) -> Result<Option<Self>> {
        let Some(p) = &c.request().proposed else { return Ok(None) };
        let by = match p.by.strip_prefix("staff:") {
            Some(id) => crate::staff::colleague(tx, &me.by.org, id)?.name,
            None => "the command line".to_owned(),
        };
        let reasons = c.body.refusal.clone().unwrap_or_default();
        Ok(Some(Self {
            by,
            ground: p.ground.words(),
            told: reasons.told,
            inside: reasons.inside,
            tell: p.tell,
            mine: p.by == me.by.actor,
        }))
    }
}

/// What to say about a child: their age by the date of birth, if it is at or under the age of the
/// settings and nobody has decided yet.
pub(super) fn child(c: &Case, charter: &Charter, today: Date) -> Option<String> {
    let age = charter.identity.representative_age?;
    let born: Date = c.body.asker.born.as_ref()?.parse().ok()?;
    if c.request().child.is_some() {
        return None;
    }
    let years = today.since((jiff::Unit::Year, born)).ok()?.get_years();
    let years = u32::try_from(years).ok().filter(|years| *years <= age)?;
    let presumed = match charter.law.division {
        candour_clock::Division::Scotland => {
            "In Scotland a person of 12 or more is presumed able to decide for themselves \
             (DPA 2018 s.208); below that, look at whether they understand what they ask for."
        }
        _ => {
            "No age decides this here: look at whether they understand what they ask for. The age \
             in the settings is a guide only."
        }
    };
    Some(format!("By the date of birth the person is {years}. {presumed}"))
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
pub(super) fn handed(h: &sql::Handover, packs: &[PackRow]) -> String {
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
pub(super) fn steps(when: &RightsDates, charter: &Charter) -> Vec<Step> {
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
    let view = office.run(move |o| o.read(|tx| case_page(tx, o, &me, &reference))).await?;
    page(&view)
}

fn letter_lines(tx: &mut candour_db::Tx<'_>, org: &str, case: &str) -> Result<Vec<LetterLine>> {
    let all = crate::kit::sql::letters_of(tx, org, case)?;
    let line = |l: post::sql::LetterRow| {
        Ok(LetterLine {
            state: state_of(tx, org, &l)?,
            class: post::state_words(&l.state).1,
            id: l.id,
            name: post::title(&l.name).to_owned(),
            at: dates::moment(l.made),
        })
    };
    all.into_iter().map(line).collect()
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
    let clock = acts::clockwork(o, &me.charter);
    let when = c.request().dates(&clock)?;
    let wait = c.request().wait(&clock)?;
    let not_started = c.request().not_started().is_some();
    let counted = if not_started { c.request().counted(&clock)?.limit } else { None };
    let searches = sql::searches(tx, &by.org, &c.row.id)?;
    let all = holdings::known(tx, &by.org)?;
    let packs = sql::packs(tx, &by.org, &c.row.id)?;
    let handovers = sql::handovers(tx, &by.org, &c.row.id)?;
    let progress = search::progress(tx, &by.org, &c.row.id)?;
    let history = proof::history(tx, o.vault(), &by.org, &format!("case:{}", c.row.id))?;
    let staff = crate::staff::sql::all(tx, &by.org)?
        .into_iter()
        .filter(|s| s.left.is_none() && s.role.may(Permission::WorkCases).is_ok())
        .map(|s| (s.id, s.name))
        .collect();
    let found = searches.iter().map(|s| found_line(s, &all)).collect::<Result<Vec<_>>>()?;
    let open = !matches!(c.request().state, Where::Sent { .. } | Where::Closed { .. });
    let held = super::letters::held(tx, &by.org, &c.row.id)?;
    let may_work = by.role.may(Permission::WorkCases).is_ok();
    let may_release = by.role.may(Permission::ReleaseCases).is_ok();
    let left = tasks(&c, &searches, &progress, packs.first(), held.as_deref());
    Ok(CasePage {
        d: Desk::new(me, "Cases", format!("{} {}", c.request().right.label(), c.row.reference)),
        clock: clock_tag(o, &me.charter, &c.row, today),
        promise: when.promise.as_ref().map(|d| dates::long(d.on)),
        limit: when.limit.as_ref().map(|d| dates::long(d.on)),
        steps: steps(&when, &me.charter),
        deadline: c.body.wants.deadline.map(dates::full),
        time: c.body.wants.period().words(),
        tasks: shown_tasks(left, &c, &found, (may_work, may_release)),
        found,
        history: history.into_iter().map(HistoryLine::of).collect(),
        packs: packs.iter().map(PackLine::of).collect(),
        answered: c.request().clone().look_again().is_ok(),
        linked: handovers.iter().any(|h| h.ends.is_some() && h.ended.is_none()),
        part: open && packs.first().is_some_and(|k| k.is_part(&handovers)),
        handed: handovers.iter().map(|h| handed(h, &packs)).collect(),
        letters: letter_lines(tx, &by.org, &c.row.id)?,
        may_work,
        may_release,
        open,
        sent: matches!(c.request().state, Where::Sent { .. }),
        can: Can::of(&c, wait.is_some()),
        waits: wait.filter(|_| open).map(Wait::words),
        counted: counted.map(|d| dates::full(d.on)),
        name_only: open && !c.body.asker.findable(),
        child: child(&c, &me.charter, today).filter(|_| open),
        refusal: Refusal::of(tx, me, &c)?.filter(|_| open),
        may_refuse: may_refuse(me) && c.request().proposed.is_none(),
        staff,
        c,
    })
}

/// Whether they may refuse, or propose it where two decide.
fn may_refuse(me: &Signed) -> bool {
    let two = me.charter.rights.second_approver;
    let refusing = if two { Permission::WorkCases } else { Permission::ReleaseCases };
    me.by.role.may(refusing).is_ok()
}

/// The tasks as this reader sees them.
pub(super) fn shown_tasks(
    mut tasks: Vec<Task>,
    c: &Case,
    found: &[FoundLine],
    (may_work, may_release): (bool, bool),
) -> Vec<Task> {
    let gone: Vec<&str> = found.iter().filter(|f| f.no_longer).map(|f| f.id.as_str()).collect();
    no_longer_kept(&mut tasks, c, &gone, may_release);
    if !may_work {
        // Whoever only reads is not led to a form that says no.
        tasks.iter_mut().for_each(Task::read_only);
    }
    tasks
}

/// What is said of a holding that a case still waits for, and that is no longer kept.
fn no_longer(e: &holdings::Ended) -> String {
    let on = dates::full(e.on);
    format!("we no longer keep it since {on}: {}. Set it aside, or take it up again", e.why)
}

pub(super) fn found_line(s: &SearchRow, all: &[Holding]) -> Result<FoundLine> {
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
    let owed = Owed::of(s)? != Owed::Nothing;
    // It is not searched any more, and waits for a person to say why the answer goes without it.
    let ended = h.and_then(|h| h.ended.as_ref()).filter(|_| owed);
    let (state, class) = ended.map_or((state, class), |_| ("No longer kept", "late"));
    let note = match (&s.reason, s.asked, s.due) {
        (Some(reason), ..) => reason.clone(),
        (None, ..) if ended.is_some() => ended.map(no_longer).unwrap_or_default(),
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
        // What was handed in waits for a look too, and is no match at all.
        weak: record.weak > 0 && !h.is_some_and(Holding::is_paper),
        items: s.items,
        state,
        class,
        trouble: s.trouble.as_deref().unwrap_or_default().lines().map(str::to_owned).collect(),
        note,
        can_set_aside: owed,
        no_longer: ended.is_some(),
        paper: h.is_some_and(Holding::is_paper),
    })
}
