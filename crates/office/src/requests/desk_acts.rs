//! One page for each act on a case that needs words: what it does to the dates, a form, a button.

use askama::Template;
use axum::extract::{Form, Path, State};
use serde::Deserialize;

use super::acts;
use super::find::{self, Answer as HandIn};
use super::review;
use super::rules::{Ground, Outcome, Settled};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::post;
use crate::kit::web::{Answer, Signed, go, go_saying, mend, page};
use crate::office::Office;
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
}

fn title(act: &str) -> Option<&'static str> {
    Some(match act {
        "identity" => "Know who is asking",
        "authority" => "Record the authority to act",
        "clarify" => "Ask for clarification",
        "answered" => "Record their answer",
        "warn" => "Warn that the request will be closed",
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
    let inset = o.read(|tx| {
        let case = acts::load_by_ref(tx, o, &me.by, &at.reference)?;
        if let Some(search) = &at.search {
            review::search_of(tx, &me.by, &at.reference, search)?;
        }
        let c = acts::clockwork(o, &me.charter);
        let now = case.request().dates(&c)?;
        let today = dates::day_of(me.by.now);
        let limit = |d: &candour_clock::RightsDates| {
            d.limit.as_ref().map_or("no date".into(), |l| dates::full(l.on))
        };
        Ok(match at.act.as_str() {
            "extend" => match case.request().clone().extend("preview", today, &c) {
                Ok(next) => format!(
                    "Current limit: {}. New limit: {}. The letter must go by {}.",
                    limit(&now),
                    limit(&next.dates(&c)?),
                    now.notice_by.map_or("then".into(), dates::full)
                ),
                Err(e) => e.to_string(),
            },
            "clarify" => format!(
                "Current limit: {}. The clock stops today and moves on by the days until the \
                 answer, both days included. Ask only for what you need to find the information; \
                 a question about the format does not stop the clock.",
                limit(&now)
            ),
            "warn" => match case.request().clone().warn(today) {
                Ok(next) => format!(
                    "The letter says that the request is closed if there is no answer by {}.",
                    next.lapses_on(&c).map_or("then".into(), dates::full)
                ),
                Err(e) => e.to_string(),
            },
            "refuse" => "A refusal needs facts that prove the ground, and goes out with where to \
                         complain. Most requests can be answered in part instead."
                .to_owned(),
            _ => String::new(),
        })
    })?;
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
    })
}

/// `GET /office/cases/{reference}/{act}` and `…/{act}/{search}`
pub async fn form(State(office): State<Office>, me: Signed, Path(at): Path<Which>) -> Answer {
    me.by.role.may(Permission::SeeCases)?;
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
    let f = Filled(pairs);
    let (me, at, f, done) = office
        .run(move |o| {
            let done = perform(o, &me, &at, &f);
            Ok((me, at, f, done))
        })
        .await?;
    match done {
        Ok(()) => {
            let to = format!("/office/cases/{}", at.reference);
            go_saying(&office, &me, &to, "Done, and kept in the history below.").await
        }
        Err(e) => {
            let w = Wrong::of(e)?;
            let view = office.run(move |o| act_page(o, &me, &at, f, w)).await?;
            mend(&view)
        }
    }
}

fn perform(o: &Office, me: &Signed, at: &Which, f: &Filled) -> Result<()> {
    let by = me.by.clone();
    let id = o.read(|tx| {
        if let Some(search) = &at.search {
            review::search_of(tx, &by, &at.reference, search)?;
        }
        Ok(acts::load_by_ref(tx, o, &by, &at.reference)?.row.id)
    })?;
    let (office, f2) = (o.clone(), f.clone());
    match at.act.as_str() {
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
            let settled = Settled { how, on: dates::day_of(by.now) };
            o.write(move |tx| acts::settle_identity(tx, &office, &by, &id, &settled)).map(drop)
        }
        "authority" => {
            let on = f.date("on").map_err(|e| Error::Invalid(vec![e]))?;
            let on = on.unwrap_or_else(|| dates::day_of(by.now));
            o.write(move |tx| acts::record_authority(tx, &office, &by, &id, f2.get("what"), on))
        }
        "clarify" => o.write(move |tx| acts::clarify(tx, &office, &by, &id, f2.get("question"))),
        "answered" => {
            let on = f.date("on").map_err(|e| Error::Invalid(vec![e]))?;
            let on = on.unwrap_or_else(|| dates::day_of(by.now));
            o.write(move |tx| acts::clarified(tx, &office, &by, &id, f2.get("answer"), on))
        }
        "warn" => o.write(move |tx| acts::warn(tx, &office, &by, &id)),
        "extend" => o.write(move |tx| acts::extend(tx, &office, &by, &id, f2.get("reason"))),
        "refuse" => {
            let ground = Ground::from_word(f.get("ground"))
                .ok_or_else(|| Error::invalid("ground", "Choose the ground"))?;
            o.write(move |tx| acts::refuse(tx, &office, &by, &id, ground, f2.get("reasons")))
        }
        "close" => {
            let outcome = match f.get("outcome") {
                "withdrawn" => Outcome::Withdrawn,
                "lapsed" => Outcome::Lapsed,
                "answered" => return super::pack::close(o, &by, &id),
                _ => return Err(Error::invalid("outcome", "Choose how it ended")),
            };
            o.write(move |tx| acts::end(tx, &office, &by, &id, outcome, f2.get("note")))
        }
        "set-aside" => find::set_aside(o, &by, search(at)?, f.get("reason")),
        "register" => find::without_register(o, &by, &id, f.get("reason")),
        "paper" => {
            let answer = HandIn {
                nothing: f.get("found") == "nothing",
                words: f.get("words").to_owned(),
                files: Vec::new(),
            };
            find::answer(o, &by, search(at)?, &answer)
        }
        _ => Err(Error::NotFound("the page")),
    }
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
            find::try_again(o, &me.by, &id)
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

#[derive(Template)]
#[template(path = "requests/pages/letter.html")]
struct LetterPage {
    d: Desk,
    reference: String,
    letter: post::Letter,
    state: String,
    made: String,
}

/// `GET /office/cases/{reference}/letters/{id}`
pub async fn letter(
    State(office): State<Office>,
    me: Signed,
    Path((reference, id)): Path<(String, String)>,
) -> Answer {
    me.by.role.may(Permission::SeeCases)?;
    let view = office
        .run(move |o| {
            let (row, letter) = o.read(|tx| {
                let case = acts::load_by_ref(tx, o, &me.by, &reference)?.row.id;
                let its = crate::kit::sql::letters_of(tx, &me.by.org, &case)?;
                if !its.iter().any(|l| l.id == id) {
                    return Err(Error::NotFound("the letter"));
                }
                post::open(tx, o.vault(), &me.by.org, &id)
            })?;
            Ok(LetterPage {
                d: Desk::new(&me, "Cases", format!("Letter: {}", letter.name)),
                reference,
                letter,
                state: row.state,
                made: dates::moment(row.made),
            })
        })
        .await?;
    page(&view)
}
