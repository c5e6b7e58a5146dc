//! The public's pages: the start, and where a request stands. No account, no script. The questions
//! are in `portal_ask`, fetching the answer in `portal_fetch`.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::Response;
use jiff::civil::Date;

use super::acts;
use super::rules::{Awaited, Outcome, Request, State as Where, Wait};
use super::sql;
use crate::charter;
use crate::error::{Error, Result};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::limits::{self, Client, What};
use crate::kit::pages::Portal;
use crate::kit::web::{self, Answer, Public, go, page, refuse};
use crate::kit::{dates, links};
use crate::office::Office;

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
    open: bool,
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
        open: c.channels.portal,
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

#[derive(Template)]
#[template(path = "requests/pages/status.html")]
struct StatusPage {
    p: Portal,
    f: Filled,
    w: Wrong,
    shown: Option<Shown>,
}

/// Where a request stands, for who asked.
#[derive(Debug, Default)]
struct Shown {
    reference: String,
    state: String,
    received: String,
    act_by: String,
    waits: String,
    steps: Vec<(String, bool)>,
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
    shown(o, public, &row)
}

fn shown(o: &Office, public: &Public, row: &sql::CaseRow) -> Result<Shown> {
    let (charter, org) = (&public.charter, &public.by.org);
    let r = &row.request;
    let clock = acts::clockwork(o, charter);
    let when = r.dates(&clock)?;
    let open = !matches!(r.state, Where::Sent { .. } | Where::Closed { .. });
    let because = when.limit.iter().filter(|_| open);
    let because = because.flat_map(|d| d.because.iter().map(|s| s.text.clone())).collect();
    let held = o.read_one(|tx| super::letters::held(tx, org, &row.id))?.is_some();
    Ok(Shown {
        reference: row.reference.clone(),
        state: r.state.label().to_owned(),
        received: dates::full(r.received),
        act_by: when.act_by.filter(|_| open).map(dates::full).unwrap_or_default(),
        waits: waits(r, r.wait(&clock)?, &charter.contact.email),
        steps: steps(r, held),
        because,
    })
}

/// The way of a request: what is behind it, and how it ended with its day. An answer whose letter
/// is held up has not been sent.
fn steps(r: &Request, held: bool) -> Vec<(String, bool)> {
    let done = |name: &str| (name.to_owned(), true);
    let mut steps = vec![done("Received")];
    let last = |on: Date, words: &str| (format!("{words} on {}", dates::long(on)), true);
    let ended = match &r.state {
        Where::Sent { .. } if held => Some(("Answer ready; it is on its way to you".into(), true)),
        Where::Sent { on } => Some(last(*on, "Answer sent")),
        Where::Closed { on, outcome } => Some(match outcome {
            Outcome::Answered => last(r.sent.unwrap_or(*on), "Answer sent"),
            Outcome::NothingFound => {
                last(r.sent.unwrap_or(*on), "Answer sent: we found nothing about you")
            }
            Outcome::Refused => last(*on, "Refused: we wrote to you"),
            Outcome::Withdrawn => last(*on, "Withdrawn"),
            Outcome::Lapsed => last(*on, "Closed, because we did not hear from you"),
            Outcome::Died => last(*on, "Closed"),
            Outcome::Duplicate => last(*on, "Closed: it goes on under another reference"),
            Outcome::Mistake => last(*on, "Closed: we wrote to you"),
        }),
        _ => None,
    };
    let answered = r.sent.is_some() || matches!(r.state, Where::Sent { .. });
    let settled = r.settled.is_some();
    if ended.is_none() || settled {
        steps.push(("We know who is asking".to_owned(), settled));
    }
    let searched = answered || matches!(r.state, Where::Reviewing | Where::Ready);
    if ended.is_none() || answered {
        steps.push(("Searching and checking".to_owned(), searched));
    }
    steps.push(ended.unwrap_or_else(|| ("Answered".to_owned(), false)));
    steps
}

/// What is waited for, and what that does to the date.
fn waits(r: &Request, wait: Option<Wait>, email: &str) -> String {
    let Some(wait) = wait else {
        return r.question_open().map(dates::full).map_or(String::new(), |on| {
            format!("We asked you something on {on}. It changes nothing about the date.")
        });
    };
    let since = dates::full(wait.since);
    let what = match wait.what {
        Awaited::Answer => {
            return format!(
                "We asked you something on {since}. The time stands still until you answer."
            );
        }
        Awaited::Identity => "something that shows who you are",
        Awaited::Authority => "something that shows that you may act for the person",
        Awaited::Fee => "a fee",
    };
    format!(
        "On {since} we asked you for {what}. The time to answer starts when it is here, and you \
         will then see the date. Write to {email}."
    )
}

/// Streams a blob as a ZIP file, a piece at a time.
pub fn stream_zip(name: &str, reader: crate::kit::blobs::BlobReader) -> Response {
    web::download(name, "application/zip", web::stream(reader))
}
