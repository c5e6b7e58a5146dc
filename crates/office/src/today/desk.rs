//! The officer's first page of the day.

use askama::Template;
use axum::extract::State;
use candour_db::Tx;

use crate::error::Result;
use crate::holdings;
use crate::kit::dates;
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, page};
use crate::mailing::duties;
use crate::office::Office;
use crate::requests::desk::{ClockTag, clock_tag};
use crate::requests::sql::{self as cases, Figures, Which};
use crate::staff::Permission;

struct Due {
    reference: String,
    kind: &'static str,
    clock: ClockTag,
    day: String,
}

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
        let ends = h.ends.map_or(String::new(), |e| dates::short(dates::day_of(e)));
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
    let org = &me.by.org;
    o.read(|tx| {
        let mut p = TodayPage {
            d: Desk::new(me, "Today", "Today"),
            day: now.strftime("%A %-d %B").to_string(),
            figures: Figures::default(),
            due: Vec::new(),
            decide: Vec::new(),
            trouble: Vec::new(),
            contact: Vec::new(),
            outbox: o.settings().post.is_none(),
            no_holdings: holdings::sql::count(tx, org)? == 0,
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
        for c in cases::cases(tx, org, Which::Open, now, 0, 100)? {
            let open = cases::open_findings(tx, org, &c.id, me.charter.rights.second_approver)?;
            if open > 0 {
                p.decide.push(Decide {
                    what: format!("Look at {open} findings"),
                    link: format!("/office/cases/{}/review", c.reference),
                    reference: c.reference.clone(),
                });
            }
            if c.request.state.word() == "received" {
                p.decide.push(Decide {
                    what: "Settle who is asking".into(),
                    link: format!("/office/cases/{}/identity", c.reference),
                    reference: c.reference.clone(),
                });
            }
            if c.request.state.word() == "ready" {
                p.decide.push(Decide {
                    what: "Send the answer".into(),
                    link: format!("/office/cases/{}/hand/send", c.reference),
                    reference: c.reference.clone(),
                });
            }
            if let Some(by) = c.act_by.filter(|d| *d <= fortnight) {
                p.due.push(Due {
                    clock: clock_tag(o, &me.charter, &c, now),
                    reference: c.reference,
                    kind: c.request.right.label(),
                    day: dates::short(by),
                });
            }
        }
        Ok(p)
    })
}
