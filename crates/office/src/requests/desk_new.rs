//! Logging a request for somebody who wrote, called or came by.

use askama::Template;
use axum::extract::{Form, State};

use super::acts::{self, NewCase};
use super::rules::Via;
use super::{Body, Right, Wants};
use crate::error::{Error, Field, Result};
use crate::kit::dates;
use crate::kit::forms::{self, Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, mend, page};
use crate::office::Office;
use crate::people::{Asker, Representative};
use crate::proof::By;

#[derive(Template)]
#[template(path = "requests/pages/new.html")]
struct NewPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    ways: Vec<(&'static str, &'static str)>,
}

fn new_page(me: &Signed, f: Filled, w: Wrong) -> NewPage {
    NewPage { d: Desk::new(me, "Cases", "Log a request"), f, w, ways: ways(false) }
}

/// The ways a request can come, as a form offers them; the public form only for one that is there.
pub(super) fn ways(form: bool) -> Vec<(&'static str, &'static str)> {
    let offered = Via::ALL.into_iter().filter(|v| form || *v != Via::Form);
    offered.map(|v| (v.word(), v.words())).collect()
}

/// `GET /office/cases/new`
pub async fn new(me: Signed) -> Answer {
    let mut f = Filled::default();
    let today = dates::day_of(me.by.now);
    f.set_date("received", Some(today));
    page(&new_page(&me, f, Wrong::default()))
}

/// Reads the person and what they want from a form: the desk's and the portal's use one reading.
pub fn body_from(f: &Filled) -> std::result::Result<Body, Field> {
    let agent = f.some("agent-name").map(|name| Representative {
        name,
        relation: f.get("agent-relation").to_owned(),
        email: f.get("agent-email").to_owned(),
        address: f.get("agent-address").to_owned(),
    });
    let born = f.date("born")?.map(|d| d.to_string());
    let asker = Asker {
        name: f.get("name").to_owned(),
        other_names: f.list("other-names"),
        emails: f.list("email"),
        phones: f.list("phone"),
        addresses: f.some("address").into_iter().collect(),
        postcodes: f.list("postcode"),
        numbers: f.list("number"),
        born,
        agent,
    };
    let wants = Wants {
        what: f.get("what").to_owned(),
        about_only: f.get("copies") == "about",
        not_wanted: f.get("not-wanted").to_owned(),
        from: f.date("from")?,
        to: f.date("to")?,
        format: f.get("format").to_owned(),
        adjustments: f.get("adjustments").to_owned(),
        deadline: f.date("deadline")?,
    };
    Ok(Body { asker, wants, ..Body::default() })
}

/// `POST /office/cases/new`
pub async fn log(
    State(office): State<Office>,
    me: Signed,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let f = Filled(pairs);
    let read = || -> Result<NewCase> {
        f.check_lengths(|_| forms::LONG)?;
        let field = |e: Field| Error::Invalid(vec![e]);
        let received = f.date("received").map_err(field)?;
        let via = Via::from_word(f.get("via"));
        Ok(NewCase {
            right: Right::Access,
            via: via.ok_or_else(|| Error::invalid("via", "Choose how the request came"))?,
            received: received
                .ok_or_else(|| Error::invalid("received", "Enter the day it was received"))?,
            body: body_from(&f).map_err(field)?,
        })
    };
    let done = match read() {
        Ok(new) => {
            let by = me.by.clone();
            office.run(move |o| log_case(o, &by, new)).await
        }
        Err(e) => Err(e),
    };
    match done {
        Ok(reference) => go(&format!("/office/cases/{reference}")),
        Err(e) => mend(&new_page(&me, f, Wrong::of(e)?)),
    }
}

/// Logs a case for somebody. Answers its reference.
///
/// # Errors
/// As [`acts::open_case`].
pub fn log_case(o: &Office, by: &By, new: NewCase) -> Result<String> {
    let (office, by) = (o.clone(), by.clone());
    o.write(move |tx| Ok(acts::open_case(tx, &office, &by, &new)?.map(|opened| opened.reference)))
}
