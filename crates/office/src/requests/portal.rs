//! The public's pages: asking for one's data one question at a time, seeing where a request
//! stands. No account, no script.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use jiff::SignedDuration;

use super::acts::{self, NewCase, Opened};
use super::desk_new::body_from;
use super::rules::{Right, State as Where, Via};
use super::sql;
use crate::charter;
use crate::error::{Error, Field, Result};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::limits::{self, Client, What};
use crate::kit::pages::Portal;
use crate::kit::web::{self, Answer, Public, go, mend, page, refuse};
use crate::kit::{dates, links};
use crate::office::Office;
use crate::proof::By;

type Pairs = Form<Vec<(String, String)>>;

/// `GET /`: the start page of the one organisation, or a list of them.
pub async fn front(State(office): State<Office>) -> Answer {
    let orgs = office.run(|o| o.read(charter::orgs)).await?;
    match orgs.as_slice() {
        [(_, short)] => go(&format!("/o/{short}/data-rights")),
        [] => go("/office/sign-in"),
        _ => {
            let named = office
                .run(move |o| {
                    o.read(|tx| {
                        orgs.into_iter()
                            .map(|(id, short)| {
                                let c = charter::current(tx, &id)?;
                                Ok((short, c.organisation.name().to_owned()))
                            })
                            .collect::<Result<Vec<_>>>()
                    })
                })
                .await?;
            page(&FrontPage { named })
        }
    }
}

#[derive(Template)]
#[template(path = "requests/pages/front.html")]
struct FrontPage {
    named: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "requests/pages/start.html")]
struct StartPage {
    p: Portal,
    promise: Option<u32>,
    about: bool,
    marketing: bool,
    regulator: String,
    regulator_contact: String,
    contact: String,
}

fn start_page(public: &Public, about: bool) -> StartPage {
    let c = &public.charter;
    let title = if about { "About this service" } else { "Ask for your information" };
    StartPage {
        p: Portal::new(c, title, None),
        promise: c.rights.own_target_days,
        about,
        marketing: !c.permissions.purposes.is_empty(),
        regulator: c.law.regulator.clone(),
        regulator_contact: c.law.regulator_contact.clone(),
        contact: format!("{}, {}", c.contact.role, c.contact.post),
    }
}

/// `GET /o/{org}/data-rights`
pub async fn start(State(office): State<Office>, Path(org): Path<String>) -> Answer {
    let public = Public::of(&office, org).await?;
    page(&start_page(&public, false))
}

/// `GET /o/{org}/data-rights/about`
pub async fn about(State(office): State<Office>, Path(org): Path<String>) -> Answer {
    let public = Public::of(&office, org).await?;
    page(&start_page(&public, true))
}

/// The questions, in order. One thing on each page.
const STEPS: [&str; 6] = ["who", "agent", "name", "find", "what", "check"];
/// A draft is kept this long.
const DRAFT: SignedDuration = SignedDuration::from_hours(24);
const COOKIE: &str = "candour-ask";

fn step_title(step: &str) -> Option<&'static str> {
    Some(match step {
        "who" => "Is this about you or someone else?",
        "agent" => "About you, who ask for someone else",
        "name" => "What is your full name?",
        "find" => "How can we find you?",
        "what" => "What would you like to see?",
        "check" => "Check your answers before sending your request",
        _ => return None,
    })
}

fn draft_token(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE);
    let pairs = all.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    pairs
        .filter_map(|p| p.trim().split_once('='))
        .find(|(n, _)| *n == COOKIE)
        .map(|(_, v)| v.to_owned())
}

fn draft_place(token: &str) -> String {
    format!("draft\u{0}{}", hex::encode(links::hash(token)))
}

fn read_draft(o: &Office, by: &By, token: &str) -> Result<Option<Filled>> {
    o.read(|tx| {
        let Some((org, sealed)) = sql::draft(tx, links::hash(token), by.now)? else {
            return Ok(None);
        };
        if org != by.org {
            return Ok(None);
        }
        let key =
            crate::kit::sql::key_of_scope(tx, &org, "office")?.ok_or(Error::NotFound("the key"))?;
        let plain = o.vault().open(tx, &org, &key, &draft_place(token), &sealed)?;
        Ok(Some(Filled(serde_json::from_slice(&plain)?)))
    })
}

fn write_draft(o: &Office, by: &By, token: &str, f: &Filled) -> Result<()> {
    let (by, vault, token) = (by.clone(), o.vault().clone(), token.to_owned());
    let plain = serde_json::to_vec(&f.0)?;
    o.chore(move |tx| {
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        let sealed = vault.seal(tx, &by.org, &key, &draft_place(&token), &plain)?;
        sql::put_draft(tx, links::hash(&token), &by.org, &sealed, by.now + DRAFT)
    })
}

/// `POST /o/{org}/data-rights/ask`: begins a draft.
pub async fn begin(
    State(office): State<Office>,
    client: Client,
    Path(org): Path<String>,
) -> Answer {
    let public = Public::of(&office, org.clone()).await?;
    let token = links::new_token()?;
    let t = token.clone();
    office
        .run(move |o| {
            limits::take(o, What::Begin, &public.by.org, client)?;
            write_draft(o, &public.by, &t, &Filled::default())
        })
        .await?;
    let mut response = go(&format!("/o/{org}/data-rights/ask/who"))?;
    let text = format!(
        "{COOKIE}={token}; Path=/o/{org}/data-rights; HttpOnly; SameSite=Lax; Max-Age=86400"
    );
    if let Ok(v) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, v);
    }
    Ok(response)
}

#[derive(Template)]
#[template(path = "requests/pages/ask.html")]
struct AskPage {
    p: Portal,
    step: String,
    f: Filled,
    w: Wrong,
    agent: bool,
}

fn ask_page(public: &Public, step: &str, f: Filled, w: Wrong) -> Result<AskPage> {
    let title = step_title(step).ok_or(Error::NotFound("the page"))?;
    let org = &public.charter.organisation.short;
    let agent = f.get("who") == "other";
    let title =
        if step == "name" && agent { "What is the full name of the person?" } else { title };
    let back = match before(step, agent) {
        Some(s) => format!("/o/{org}/data-rights/ask/{s}"),
        None => format!("/o/{org}/data-rights"),
    };
    let p = Portal::new(&public.charter, title, Some(back));
    Ok(AskPage { p, step: step.to_owned(), agent, f, w })
}

/// The step before; nobody acts for anybody unless it was said.
fn before(step: &str, agent: bool) -> Option<&'static str> {
    let i = STEPS.iter().position(|s| *s == step)?;
    let back = STEPS.get(i.checked_sub(1)?)?;
    if *back == "agent" && !agent { Some("who") } else { Some(back) }
}

fn after(step: &str, agent: bool) -> Option<&'static str> {
    let i = STEPS.iter().position(|s| *s == step)?;
    let next = STEPS.get(i + 1)?;
    if *next == "agent" && !agent { Some("name") } else { Some(next) }
}

/// `GET /o/{org}/data-rights/ask/{step}`
pub async fn step(
    State(office): State<Office>,
    headers: HeaderMap,
    Path((org, step)): Path<(String, String)>,
) -> Answer {
    let public = Public::of(&office, org.clone()).await?;
    let Some(token) = draft_token(&headers) else {
        return go(&format!("/o/{org}/data-rights"));
    };
    let by = public.by.clone();
    match office.run(move |o| read_draft(o, &by, &token)).await? {
        Some(f) => page(&ask_page(&public, &step, f, Wrong::default())?),
        None => go(&format!("/o/{org}/data-rights")),
    }
}

/// What is wrong with the answers of one step.
fn check_step(step: &str, f: &Filled) -> Result<()> {
    let wrong = |name, message: &str| Err(Error::invalid(name, message));
    match step {
        "who" if !matches!(f.get("who"), "me" | "other") => {
            wrong("who", "Choose whether this is about you or someone else")
        }
        "agent" if f.get("agent-name").is_empty() => wrong("agent-name", "Enter your name"),
        "agent" if !f.get("agent-email").contains('@') => {
            wrong("agent-email", "Enter an e-mail address like name@example.org")
        }
        "name" if f.get("name").is_empty() => wrong("name", "Enter the full name"),
        "find" => body_from(f).map_err(|e| Error::Invalid(vec![e]))?.asker.check(),
        "what" => body_from(f).map(drop).map_err(|e| Error::Invalid(vec![e])),
        _ => Ok(()),
    }
}

/// `POST /o/{org}/data-rights/ask/{step}`
pub async fn answer(
    State(office): State<Office>,
    client: Client,
    headers: HeaderMap,
    Path((org, step)): Path<(String, String)>,
    Form(pairs): Pairs,
) -> Answer {
    let public = Public::of(&office, org.clone()).await?;
    let Some(token) = draft_token(&headers) else {
        return go(&format!("/o/{org}/data-rights"));
    };
    let (by, t) = (public.by.clone(), token.clone());
    let Some(mut f) = office.run(move |o| read_draft(o, &by, &t)).await? else {
        return go(&format!("/o/{org}/data-rights"));
    };
    f.take_over(pairs);
    if f.get("who") == "me" {
        f.0.retain(|(n, _)| !n.starts_with("agent-"));
    }
    if let Err(e) = check_step(&step, &f) {
        return mend(&ask_page(&public, &step, f, Wrong::of(e)?)?);
    }
    if step == "check" {
        return hand_in(office, public, client, token, f).await;
    }
    let agent = f.get("who") == "other";
    let back_to_check = f.get("change") == "yes";
    f.0.retain(|(n, _)| n != "change");
    let next = if back_to_check { "check" } else { after(&step, agent).unwrap_or("check") };
    let by = public.by.clone();
    office.run(move |o| write_draft(o, &by, &token, &f)).await?;
    go(&format!("/o/{org}/data-rights/ask/{next}"))
}

async fn hand_in(
    office: Office,
    public: Public,
    client: Client,
    token: String,
    f: Filled,
) -> Answer {
    let by = public.by.clone();
    let (form, t) = (f.clone(), token.clone());
    let logged = office
        .run(move |o| {
            limits::take(o, What::Ask, &by.org, client)?;
            log(o, &by, &t, &form)
        })
        .await;
    match logged {
        Ok(opened) => sent_page(&public, &opened),
        Err(e) => {
            // The draft stays: what was typed is there when they come back.
            let mut view = ask_page(&public, "check", f, Wrong::default())?;
            refuse(e, |w| {
                view.w = w;
                view
            })
        }
    }
}

/// Logs the request as it stands in the draft; the draft goes in the same transaction, so that
/// sending twice logs once.
fn log(o: &Office, by: &By, token: &str, f: &Filled) -> Result<Opened> {
    let body = body_from(f).map_err(|e: Field| Error::Invalid(vec![e]))?;
    let new =
        NewCase { right: Right::Access, via: Via::Form, received: dates::day_of(by.now), body };
    let (office, by, token) = (o.clone(), by.clone(), token.to_owned());
    o.write(move |tx| {
        if sql::draft(tx, links::hash(&token), by.now)?.is_none() {
            return Err(Error::invalid("form", "This request has been sent already"));
        }
        sql::drop_draft(tx, links::hash(&token))?;
        acts::open_case(tx, &office, &by, &new)
    })
}

#[derive(Template)]
#[template(path = "requests/pages/sent.html")]
struct SentPage {
    p: Portal,
    reference: String,
    secret: String,
    act_by: String,
}

fn sent_page(public: &Public, opened: &Opened) -> Answer {
    page(&SentPage {
        p: Portal::new(&public.charter, "We have your request", None),
        reference: opened.reference.clone(),
        secret: opened.secret.clone(),
        act_by: opened.act_by.map(dates::full).unwrap_or_default(),
    })
}

/// `GET /o/{org}/data-rights/sent/{reference}`: reached from a bookmark, without the code.
pub async fn sent(Path((org, _)): Path<(String, String)>) -> Answer {
    go(&format!("/o/{org}/data-rights/status"))
}

#[derive(Template)]
#[template(path = "requests/pages/status.html")]
struct StatusPage {
    p: Portal,
    f: Filled,
    w: Wrong,
    shown: Option<Shown>,
}

struct Shown {
    reference: String,
    state: &'static str,
    received: String,
    act_by: String,
    paused: String,
    steps: Vec<(&'static str, bool)>,
    because: Vec<String>,
}

fn status_page(public: &Public, f: Filled, w: Wrong, shown: Option<Shown>) -> StatusPage {
    let back = format!("/o/{}/data-rights", public.charter.organisation.short);
    let p = Portal::new(&public.charter, "Where your request stands", Some(back));
    StatusPage { p, f, w, shown }
}

/// `GET /o/{org}/data-rights/status`
pub async fn status_form(State(office): State<Office>, Path(org): Path<String>) -> Answer {
    let public = Public::of(&office, org).await?;
    page(&status_page(&public, Filled::default(), Wrong::default(), None))
}

/// `POST /o/{org}/data-rights/status`
pub async fn status(
    State(office): State<Office>,
    client: Client,
    Path(org): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let public = Public::of(&office, org).await?;
    let f = Filled(pairs);
    let (public, f, found) = office
        .run(move |o| {
            let found = limits::take(o, What::Status, &public.by.org, client)
                .and_then(|()| look_up(o, &public, &f));
            Ok((public, f, found))
        })
        .await?;
    match found {
        Ok(shown) => page(&status_page(&public, f, Wrong::default(), Some(shown))),
        Err(e) => refuse(e, |w| status_page(&public, f, w, None)),
    }
}

/// A wrong reference and a wrong code are one answer: nobody learns which references exist.
fn look_up(o: &Office, public: &Public, f: &Filled) -> Result<Shown> {
    let wrong = || Error::invalid("reference", "The reference or the code is not right");
    let given = links::hash(&links::fold_code(f.get("code")));
    let reference = f.get("reference").to_uppercase();
    let row = o.read(|tx| match sql::case_by_ref(tx, &public.by.org, &reference) {
        Ok(row) if row.secret == given => Ok(row),
        Ok(_) | Err(Error::NotFound(_)) => Err(wrong()),
        Err(e) => Err(e),
    })?;
    let r = &row.request;
    let when = r.dates(&acts::clockwork(o, &public.charter))?;
    let rank = match r.state {
        Where::Received | Where::Identity { .. } => 1,
        Where::Searching => 2,
        Where::Reviewing | Where::Ready => 3,
        Where::Sent { .. } | Where::Closed { .. } => 4,
    };
    let names = ["Received", "We know who is asking", "Searching and checking", "Answered"];
    Ok(Shown {
        state: r.state.label(),
        received: dates::full(r.received),
        act_by: when.act_by.map(dates::full).unwrap_or_default(),
        paused: r.paused_since().map(dates::full).unwrap_or_default(),
        steps: names.into_iter().enumerate().map(|(i, n)| (n, i < rank)).collect(),
        because: when.limit.iter().flat_map(|d| d.because.iter().map(|s| s.text.clone())).collect(),
        reference: row.reference,
    })
}

/// Streams a blob as a ZIP file, a piece at a time.
pub fn stream_zip(name: &str, reader: crate::kit::blobs::BlobReader) -> Response {
    web::download(name, "application/zip", web::stream(reader))
}
