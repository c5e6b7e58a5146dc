//! One page for each act on a case that needs words: what it does to the dates, a form, a button.

use askama::Template;
use axum::extract::{Form, Path, State};
use jiff::civil::Date;
use serde::Deserialize;

use super::acts::{self, AskedFee, Case, Refusing, Teller};
use super::body::{Period, Reasons};
use super::review;
use super::rules::{Ground, Outcome, Settled, State as Where};
use super::search::period;
use super::search::{self, Answer as HandIn};
use crate::error::{Error, Field, Result};
use crate::kit::dates;
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{self, Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, mend, page};
use crate::office::Office;
use crate::proof::By;
use crate::staff::Permission;

#[derive(Template)]
#[template(path = "requests/pages/act.html")]
struct ActPage {
    d: Desk,
    reference: String,
    act: String,
    f: Filled,
    w: Wrong,
    inset: String,
    evidence: Vec<String>,
    grounds: Vec<(&'static str, &'static str)>,
    action: String,
    /// A question would stop the clock.
    stops: bool,
    /// A refusal needs two persons.
    two: bool,
    sent: bool,
}

fn title(act: &str) -> Option<&'static str> {
    Some(match act {
        "identity" => "Know who is asking",
        "authority" => "Record the authority to act",
        "clarify" => "Ask for clarification",
        "answered" => "Record their answer",
        "warn" => "Warn that the request will be closed",
        "remind" => "Remind them",
        "fee" => "Ask for a fee",
        "paid" => "Record the payment",
        "code" => "Send a new code for the status page",
        "child" => "Record who decides",
        "period" => "Change the time asked for",
        "approve" => "Approve the refusal",
        "unrefuse" => "Turn the refusal down",
        "extend" => "Extend by two months",
        "refuse" => "Refuse the request",
        "close" => "Close the case",
        "set-aside" => "Set a holding aside",
        "register" => "Go without what the register does not say",
        "paper" => "Record an answer from paper records",
        _ => return None,
    })
}

/// Which act, on what.
#[derive(Debug, Clone, Deserialize)]
pub struct Which {
    reference: String,
    act: String,
    search: Option<String>,
}

fn act_page(o: &Office, me: &Signed, at: &Which, f: Filled, w: Wrong) -> Result<ActPage> {
    let title = title(&at.act).ok_or(Error::NotFound("the page"))?;
    let (case, inset) = o.read(|tx| {
        let case = acts::load_by_ref(tx, o, &me.by, &at.reference)?;
        if let Some(search) = &at.search {
            review::search_of(tx, &me.by, &at.reference, search)?;
        }
        let inset = inset(o, me, &at.act, &case)?;
        Ok((case, inset))
    })?;
    let stops = stops(o, me, &case)?;
    let f = if at.act == "period" && f.0.is_empty() { filled(case.body.wants.period()) } else { f };
    let action = match &at.search {
        Some(s) => format!("/office/cases/{}/{}/{s}", at.reference, at.act),
        None => format!("/office/cases/{}/{}", at.reference, at.act),
    };
    Ok(ActPage {
        d: Desk::new(me, "Cases", format!("{title} – {}", at.reference)),
        reference: at.reference.clone(),
        act: at.act.clone(),
        f,
        w,
        inset,
        evidence: me.charter.identity.evidence.clone(),
        grounds: Ground::ALL.into_iter().map(|g| (g.word(), g.words())).collect(),
        action,
        stops,
        two: me.charter.rights.second_approver,
        sent: matches!(case.request().state, Where::Sent { .. }),
    })
}

/// The time asked for, as the form shows it before anything is typed.
fn filled(period: Period) -> Filled {
    let mut f = Filled::default();
    f.set_date("from", period.from);
    f.set_date("to", period.to);
    f
}

/// Whether a question asked today would stop the clock.
fn stops(o: &Office, me: &Signed, case: &Case) -> Result<bool> {
    match case.request().clone().clarify(dates::day_of(me.by.now)) {
        Ok(next) => Ok(next.wait(&acts::clockwork(o, &me.charter))?.is_some()),
        Err(_) => Ok(false),
    }
}

/// What the act does to the dates, or why it can't be done.
fn inset(o: &Office, me: &Signed, act: &str, case: &Case) -> Result<String> {
    let c = acts::clockwork(o, &me.charter);
    let r = case.request();
    let now = r.dates(&c)?;
    let today = dates::day_of(me.by.now);
    let limit = |d: &candour_clock::RightsDates| {
        d.limit.as_ref().map_or("no date while we wait".into(), |l| dates::full(l.on))
    };
    let told = |done: Result<String>| done.unwrap_or_else(|e| e.to_string());
    Ok(match act {
        "extend" => told(r.clone().extend("preview", today, &c).and_then(|next| {
            Ok(format!(
                "Current limit: {}. New limit: {}. The letter must go by {}.",
                limit(&now),
                limit(&next.dates(&c)?),
                now.notice_by.map_or("then".into(), dates::full)
            ))
        })),
        "clarify" if stops(o, me, case)? => format!(
            "Current limit: {}. The clock stops today and moves on by the days until the answer, \
             both days included. Ask only for what you need to find the information; a question \
             about the format does not stop the clock.",
            limit(&now)
        ),
        "clarify" => format!(
            "Current limit: {}. The time has ended, so a question does not stop the clock any \
             more: you may ask, but the request has to be answered without delay. The letter \
             says so.",
            limit(&now)
        ),
        "remind" => told(r.clone().remind(today, &c).and_then(|_| {
            let what = r.wait(&c)?.map_or("an answer", |w| w.what.words());
            Ok(format!("The letter says that we still wait for {what}."))
        })),
        "warn" => told(r.clone().warn(today, &c).map(|next| {
            format!(
                "The letter says that the request is closed if there is no answer by {}.",
                next.lapses_on(&c).map_or("then".into(), dates::full)
            )
        })),
        "fee" => told(r.clone().ask_fee(1, today, &c).map(|_| {
            "Asking is free as a rule. Only a request that is manifestly unfounded or excessive \
             may cost a reasonable fee. The time to answer starts on the day it is paid."
                .to_owned()
        })),
        "paid" => match &r.fee {
            Some(fee) => {
                format!("{} was asked for on {}.", fee.pounds(), dates::full(fee.asked))
            }
            None => "No fee was asked for.".to_owned(),
        },
        "approve" => match &r.proposed {
            Some(p) => format!(
                "The request would be refused because {}. {}",
                p.ground.words(),
                case.body.refusal.clone().unwrap_or_default().for_record()
            ),
            None => "No refusal is proposed.".to_owned(),
        },
        "child" => "The right is the child’s. A parent acts for a child who can’t decide, and in \
                    the child’s interest; where they are at odds, ask the officer."
            .to_owned(),
        "refuse" => "A refusal needs facts that prove the ground, and goes out with where to \
                     complain. Most requests can be answered in part instead."
            .to_owned(),
        _ => String::new(),
    })
}

/// What a role must be allowed for an act. The act asks for it again: this is so that nobody is
/// shown a form whose button says no.
fn needs(act: &str, two: bool) -> Permission {
    match act {
        "refuse" if two => Permission::WorkCases,
        "refuse" | "approve" | "unrefuse" | "extend" | "fee" | "close" | "set-aside"
        | "register" => Permission::ReleaseCases,
        _ => Permission::WorkCases,
    }
}

/// `GET /office/cases/{reference}/{act}` and `…/{act}/{search}`
pub async fn form(State(office): State<Office>, me: Signed, Path(at): Path<Which>) -> Answer {
    me.by.role.may(needs(&at.act, me.charter.rights.second_approver))?;
    let view =
        office.run(move |o| act_page(o, &me, &at, Filled::default(), Wrong::default())).await?;
    page(&view)
}

/// `POST /office/cases/{reference}/{act}` and `…/{act}/{search}`
pub async fn act(
    State(office): State<Office>,
    me: Signed,
    Path(at): Path<Which>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let act = |o: &Office, me: &Signed, at: &Which, f: &Filled| {
        perform(o, me, at, f)?;
        let case = format!("/office/cases/{}", at.reference);
        Ok(On::saying(case, "Done, and kept in the history below."))
    };
    carry_out(&office, me, at, Filled(pairs), act, |o, me, at, f, e| {
        mend(&act_page(o, me, at, f, Wrong::of(e)?)?)
    })
    .await
}

fn perform(o: &Office, me: &Signed, at: &Which, f: &Filled) -> Result<()> {
    // What somebody copied down from paper may be long.
    let paper = if at.act == "paper" { forms::COPIED } else { forms::LONG };
    f.check_lengths(|_| paper)?;
    let by = me.by.clone();
    let id = o.read(|tx| {
        if let Some(search) = &at.search {
            review::search_of(tx, &by, &at.reference, search)?;
        }
        Ok(acts::load_by_ref(tx, o, &by, &at.reference)?.row.id)
    })?;
    let (office, f2) = (o.clone(), f.clone());
    match at.act.as_str() {
        "close" => close(o, &by, &id, f),
        "set-aside" => search::set_aside(o, &by, search(at)?, f.get("reason")),
        "register" => search::without_register(o, &by, &id, f.get("reason")),
        "period" => {
            let field = |e: Field| Error::Invalid(vec![e]);
            let to =
                Period { from: f.date("from").map_err(field)?, to: f.date("to").map_err(field)? };
            period::change(o, &by, &id, to, f.get("reason"))
        }
        "paper" => {
            let answer = HandIn {
                nothing: f.get("found") == "nothing",
                words: f.get("words").to_owned(),
                files: Vec::new(),
            };
            search::answer(o, &by, search(at)?, &answer)
        }
        "code" => o.write(move |tx| acts::new_code(tx, &office, &by, &id)),
        "child" => {
            let who = who_decides(f.get("who"))?;
            o.write(move |tx| acts::child(tx, &office, &by, &id, (who, f2.get("why"))))
        }
        "extend" => o.write(move |tx| {
            let words = (f2.get("reason"), f2.get("meanwhile"));
            acts::extend(tx, &office, &by, &id, words)
        }),
        "refuse" => {
            let ground = Ground::from_word(f.get("ground"))
                .ok_or_else(|| Error::invalid("ground", "Choose the ground"))?;
            let (told, inside) = (f.get("reasons").to_owned(), f.get("inside").to_owned());
            let reasons = Reasons { told, inside, tell: !f.ticked("silent") };
            let why = Refusing { ground, reasons };
            o.write(move |tx| acts::propose_refusal(tx, &office, &by, &id, &why))
        }
        "approve" => o.write(move |tx| acts::approve(tx, &office, &by, &id)),
        "unrefuse" => o.write(move |tx| acts::unrefuse(tx, &office, &by, &id, f2.get("note"))),
        waits => perform_wait(o, by, id, waits, f),
    }
}

/// The acts about what is waited for from the person.
fn perform_wait(o: &Office, by: By, id: String, act: &str, f: &Filled) -> Result<()> {
    let (office, f2) = (o.clone(), f.clone());
    match act {
        "identity" if f.get("way") == "ask" => {
            o.write(move |tx| acts::ask_identity(tx, &office, &by, &id, f2.get("doubt")))
        }
        "identity" => {
            let how = match f.get("way") {
                "" => return Err(Error::invalid("way", "Choose how it is known who is asking")),
                "other" => f.get("how").to_owned(),
                chosen => chosen.to_owned(),
            };
            if how.trim().is_empty() {
                return Err(Error::invalid("how", "Say how it is known who is asking"));
            }
            let settled = Settled { how, on: day(f, &by)? };
            o.write(move |tx| acts::settle_identity(tx, &office, &by, &id, &settled)).map(drop)
        }
        "authority" => {
            let on = day(f, &by)?;
            o.write(move |tx| acts::record_authority(tx, &office, &by, &id, f2.get("what"), on))
        }
        "clarify" => o.write(move |tx| acts::clarify(tx, &office, &by, &id, f2.get("question"))),
        "answered" => {
            let on = day(f, &by)?;
            o.write(move |tx| acts::clarified(tx, &office, &by, &id, f2.get("answer"), on))
        }
        "warn" => o.write(move |tx| acts::warn(tx, &office, &by, &id)),
        "remind" => o.write(move |tx| acts::remind(tx, &office, &by, &id)),
        "fee" => {
            let (reason, pay) = (f.get("reason").to_owned(), f.get("pay").to_owned());
            let fee = AskedFee { pence: pence(f.get("amount"))?, reason, pay };
            o.write(move |tx| acts::ask_fee(tx, &office, &by, &id, &fee))
        }
        "paid" => {
            let on = day(f, &by)?;
            o.write(move |tx| acts::fee_paid(tx, &office, &by, &id, on))
        }
        _ => Err(Error::NotFound("the page")),
    }
}

fn close(o: &Office, by: &By, id: &str, f: &Filled) -> Result<()> {
    let (office, by2, id2, note) = (o.clone(), by.clone(), id.to_owned(), f.get("note").to_owned());
    let outcome = match f.get("outcome") {
        "withdrawn" => Outcome::Withdrawn,
        "lapsed" => Outcome::Lapsed,
        "duplicate" => Outcome::Duplicate,
        "mistake" => Outcome::Mistake,
        "answered" => return super::pack::close(o, by, id),
        "died" => {
            let (name, email) = (f.get("teller").to_owned(), f.get("teller-email").to_owned());
            let teller = Teller { name, email };
            return o.write(move |tx| acts::died(tx, &office, &by2, &id2, (&teller, &note)));
        }
        _ => return Err(Error::invalid("outcome", "Choose how it ended")),
    };
    let other = f.get("other").to_owned();
    o.write(move |tx| acts::end(tx, &office, &by2, &id2, outcome, (&note, &other)))
}

/// The day something came: today unless another was given.
fn day(f: &Filled, by: &By) -> Result<Date> {
    let on = f.date("on").map_err(|e| Error::Invalid(vec![e]))?;
    Ok(on.unwrap_or_else(|| dates::day_of(by.now)))
}

/// Who decides for a child, as the history says it.
pub(super) fn who_decides(word: &str) -> Result<&'static str> {
    match word {
        "child" => Ok("The child decides"),
        "other" => Ok("Whoever acts for the child decides"),
        _ => Err(Error::invalid("who", "Choose who decides")),
    }
}

/// Reads an amount in pounds: "12", "12.50", "£12.50".
pub(super) fn pence(typed: &str) -> Result<u64> {
    let wrong = || Error::invalid("amount", "Enter an amount in pounds, like 12.50");
    let typed = typed.trim().trim_start_matches('£');
    let (pounds, rest) = typed.split_once('.').unwrap_or((typed, "00"));
    if rest.len() != 2 || pounds.is_empty() || pounds.len() > 6 {
        return Err(wrong());
    }
    let number = |t: &str| match t.chars().all(|c| c.is_ascii_digit()) {
        true => t.parse::<u64>().map_err(|_| wrong()),
        false => Err(wrong()),
    };
    Ok(number(pounds)? * 100 + number(rest)?)
}

fn search(at: &Which) -> Result<&str> {
    at.search.as_deref().ok_or(Error::NotFound("the search"))
}

/// `POST /office/cases/{reference}/search`: tries again what gave trouble.
pub async fn search_again(
    State(office): State<Office>,
    me: Signed,
    Path(reference): Path<String>,
) -> Answer {
    let to = format!("/office/cases/{reference}");
    office
        .run(move |o| {
            let id = o.read(|tx| acts::load_by_ref(tx, o, &me.by, &reference))?.row.id;
            search::try_again(o, &me.by, &id)
        })
        .await?;
    go(&to)
}

/// `POST /office/cases/{reference}/assign`
pub async fn assign(
    State(office): State<Office>,
    me: Signed,
    Path(reference): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let to = format!("/office/cases/{reference}");
    office
        .run(move |o| {
            let f = Filled(pairs);
            let id = o.read(|tx| acts::load_by_ref(tx, o, &me.by, &reference))?.row.id;
            let (office, by) = (o.clone(), me.by.clone());
            o.write(move |tx| acts::assign(tx, &office, &by, &id, f.some("owner").as_deref()))
        })
        .await?;
    go(&to)
}
