//! The officer's first page of the day.

use askama::Template;
use axum::extract::State;
use candour_db::Tx;
use jiff::civil::Date;

use crate::error::Result;
use crate::holdings;
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, page};
use crate::kit::{dates, post};
use crate::mailing::duties;
use crate::office::Office;
use crate::requests::desk::{ClockTag, clock_tag};
use crate::requests::sql::{self as cases, CaseRow, Figures, Which};
use crate::requests::{Clockwork, State as Where, acts};
use crate::staff::Permission;

/// Days of silence after which a person is written to again.
const REMIND_AFTER: i32 = 14;

struct Due {
    by: Date,
    reference: String,
    kind: String,
    clock: ClockTag,
    day: String,
}

/// Something to do before the office can answer a request: what, and where.
struct Ready {
    what: &'static str,
    link: &'static str,
}

/// Where the mail server and the public address are set.
const MAIL: &str = "/office/settings/mail";

struct Decide {
    what: String,
    link: String,
    reference: String,
}

#[derive(Template)]
#[template(path = "today/pages/today.html")]
struct TodayPage {
    d: Desk,
    day: String,
    figures: Figures,
    due: Vec<Due>,
    decide: Vec<Decide>,
    trouble: Vec<(String, String)>,
    contact: Vec<(String, String)>,
    outbox: bool,
    ready: Vec<Ready>,
    letters: Vec<(String, &'static str)>,
    no_holdings: bool,
    sees_cases: bool,
}

/// `GET /office`
pub async fn today(State(office): State<Office>, me: Signed) -> Answer {
    let view = office.run(move |o| today_page(o, &me)).await?;
    page(&view)
}

fn holding_trouble(tx: &mut Tx<'_>, org: &str) -> Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    for h in holdings::active(tx, org)? {
        if let Some(first) = h.problems.first() {
            let words = match h.problems.len() - 1 {
                0 => first.clone(),
                n => format!("{first} And {n} more."),
            };
            out.push((h.short, words));
        }
    }
    Ok(out)
}

/// Answers that wait behind a link which soon runs out.
fn not_fetched(tx: &mut candour_db::Tx<'_>, me: &Signed) -> Result<Vec<Decide>> {
    let soon = me.by.now + jiff::SignedDuration::from_hours(24 * 7);
    let mut all = Vec::new();
    for h in cases::open_links(tx, &me.by.org, soon)?.iter().filter(|h| h.fetched.is_none()) {
        let reference = cases::case_by_id(tx, &me.by.org, &h.case)?.reference;
        let ends = h
            .ends
            .map_or(String::new(), |e| dates::near(dates::day_of(e), dates::day_of(me.by.now)));
        all.push(Decide {
            what: format!("Not fetched yet: the link ends on {ends}"),
            link: format!("/office/cases/{reference}#packs"),
            reference,
        });
    }
    Ok(all)
}

fn today_page(o: &Office, me: &Signed) -> Result<TodayPage> {
    let now = dates::day_of(me.by.now);
    let sees_cases = me.by.role.may(Permission::SeeCases).is_ok();
    let works = me.by.role.may(Permission::WorkCases).is_ok();
    let org = &me.by.org;
    o.read(|tx| {
        let no_holdings = holdings::sql::count(tx, org)? == 0;
        let mut p = TodayPage {
            d: Desk::new(me, "Today", "Today"),
            day: now.strftime("%A %-d %B").to_string(),
            figures: Figures::default(),
            due: Vec::new(),
            decide: Vec::new(),
            trouble: Vec::new(),
            contact: Vec::new(),
            outbox: o.reach().post.is_none(),
            ready: ready(tx, o, me, no_holdings)?,
            letters: Vec::new(),
            no_holdings,
            sees_cases,
        };
        p.trouble = holding_trouble(tx, org)?;
        if me.by.role.may(Permission::SeePermissions).is_ok() {
            p.contact = duties::pressing(tx, org, &me.charter.permissions, now)?;
        }
        if !sees_cases {
            return Ok(p);
        }
        let soon = now.saturating_add(jiff::Span::new().days(7));
        p.figures = cases::figures(tx, org, now, soon)?;
        p.decide = not_fetched(tx, me)?;
        let fortnight = now.saturating_add(jiff::Span::new().days(14));
        p.letters = letters(tx, org)?;
        for c in cases::cases(tx, org, &Which::Open, now, 0, 100)? {
            let two = me.charter.rights.second_approver;
            let open = cases::open_findings(tx, org, &c.id, two)?;
            if open > 0 {
                let what = match open {
                    1 => "Look at 1 finding".to_owned(),
                    n => format!("Look at {n} findings"),
                };
                p.decide.push(Decide::about(&c, what, "review"));
            }
            // Whoever only reads is not led to a form that says no.
            if works {
                p.decide.extend(decide(&c, &acts::clockwork(o, &me.charter), now));
            }
            if let Some(by) = c.act_by.filter(|d| *d <= fortnight) {
                p.due.push(Due {
                    by,
                    clock: clock_tag(o, &me.charter, &c, now),
                    reference: c.reference,
                    kind: c.request.right.label().to_owned(),
                    day: dates::near(by, now),
                });
            }
        }
        p.due.extend(asked(tx, o, me, fortnight)?);
        p.due.sort_by_key(|d| d.by);
        Ok(p)
    })
}

/// Questions to those who keep paper records, by the day they should answer.
fn asked(tx: &mut Tx<'_>, o: &Office, me: &Signed, until: Date) -> Result<Vec<Due>> {
    let (org, now) = (&me.by.org, dates::day_of(me.by.now));
    let (held, mut all) = (holdings::known(tx, org)?, Vec::new());
    for s in cases::asked_and_due(tx, org, Date::MAX)? {
        let Some(by) = s.due else { continue };
        let holding = held.iter().find(|h| h.id == s.holding);
        let title = holding.map_or("a holding", |h| h.title.as_str());
        let no_longer = holding.is_some_and(|h| h.ended.is_some());
        // Nothing comes of waiting for what is no longer kept.
        let by = if no_longer { now } else { by };
        if by > until {
            continue;
        }
        let left = o.calendar().describe_left(now, by, me.charter.law.division);
        let (kind, words) = match no_longer {
            true => {
                (format!("Set {title} aside"), "No longer kept: no answer will come".to_owned())
            }
            false => (
                format!("Answer from {title}"),
                format!("Asked for by {}: {left}", dates::full(by)),
            ),
        };
        let class = if no_longer || by < now { "late" } else { "soon" };
        all.push(Due {
            by,
            reference: cases::case_by_id(tx, org, &s.case)?.reference,
            kind,
            clock: ClockTag { words, class },
            day: dates::near(by, now),
        });
    }
    Ok(all)
}

/// What is still to be done before the first request comes, for those who set the office up.
fn ready(tx: &mut Tx<'_>, o: &Office, me: &Signed, no_holdings: bool) -> Result<Vec<Ready>> {
    if me.by.role.may(Permission::SetCharter).is_err() {
        return Ok(Vec::new());
    }
    let (org, reach) = (&me.by.org, o.reach());
    let staff = crate::staff::colleagues(tx, org)?.into_iter();
    let approvers =
        staff.filter(|s| s.left.is_none() && s.role.may(Permission::ReleaseCases).is_ok()).count();
    let holds = me.by.role.may(Permission::ManageHoldings).is_ok();
    let all = [
        (
            reach.post.is_none(),
            "Set a mail server: until then letters lie in the outbox folder",
            MAIL,
        ),
        (
            reach.public_url.is_none(),
            "Set the public address: until then links in letters point to this machine",
            MAIL,
        ),
        (
            me.charter.rights.second_approver && approvers < 2,
            "Add a second person who may approve a refusal, as officer or deputy; or say in the \
             settings that one person may",
            "/office/staff",
        ),
        (
            holds && crate::register::activities(tx, org)?.is_empty(),
            "Enter the first activity in the register: what you use personal data for",
            "/office/register/new",
        ),
        (
            holds && no_holdings,
            "Add the first holding: a place where you keep personal data",
            "/office/holdings/new",
        ),
    ];
    let open = all.into_iter().filter(|(open, ..)| *open);
    Ok(open.map(|(_, what, link)| Ready { what, link }).collect())
}

/// Letters that have not left, with where they are listed.
fn letters(tx: &mut Tx<'_>, org: &str) -> Result<Vec<(String, &'static str)>> {
    let [print, outbox, failed] = post::sql::undone(tx, org)?;
    let all = [
        (print, "to print and post", "/office/letters"),
        (outbox, "in the outbox folder, not sent", "/office/letters?show=outbox"),
        (failed, "could not be sent", "/office/letters?show=failed"),
    ];
    let left = all.into_iter().filter(|(n, ..)| *n > 0);
    Ok(left.map(|(n, words, link)| (format!("{n} {words}"), link)).collect())
}

impl Decide {
    fn about(c: &CaseRow, what: String, act: &str) -> Self {
        let link = format!("/office/cases/{}/{act}", c.reference);
        Self { what, link, reference: c.reference.clone() }
    }
}

/// What a case waits for from the office.
fn decide(c: &CaseRow, clock: &Clockwork<'_>, today: Date) -> Vec<Decide> {
    let r = &c.request;
    let mut all = Vec::new();
    let mut add = |what: &str, act| all.push(Decide::about(c, what.to_owned(), act));
    if r.proposed.is_some() {
        add("Approve a refusal", "approve");
    }
    match r.state {
        Where::Received if r.not_started().is_none() => add("Settle who is asking", "identity"),
        Where::Ready => add("Send the answer", "send"),
        _ => {}
    }
    // A date beyond the last known holiday is the case page's trouble, not this one's.
    let Ok(Some(wait)) = r.wait(clock) else { return all };
    // Somebody who was asked and stays silent is written to again, then warned, then closed.
    let last = r.reminded.max(r.warned).unwrap_or(wait.since);
    let long_ago = (today - last).get_days() >= REMIND_AFTER;
    match r.lapses_on(clock) {
        Some(lapses) if lapses <= today => add("Close it: nothing came after our warning", "close"),
        Some(_) => {}
        None if long_ago && r.reminded.is_some() => {
            add("Warn that it will be closed: they were reminded", "warn");
        }
        None if long_ago => add("Remind them: two weeks without an answer", "remind"),
        None => {}
    }
    all
}
