//! The page that founds the organisation and its first officer, once.

use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;

use super::acts::{self, NewStaff, SignIn};
use super::desk::{agent, door, raw};
use super::rules::Role;
use super::set_up as first;
use crate::charter::{Charter, Contact, Law, Organisation};
use crate::error::{Error, Field, Result};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::web::{self, Answer, mend, page};
use crate::office::Office;

type Pairs = Form<Vec<(String, String)>>;

/// `GET /set-up/{token}`
pub async fn set_up_form(State(office): State<Office>, Path(token): Path<String>) -> Answer {
    let t = token.clone();
    office.run(move |o| first::may_set_up(o, &t)).await?;
    let mut f = Filled::default();
    f.set("division", "england-and-wales");
    f.set("contact_role", "Data protection officer");
    page(&door("set-up", format!("/set-up/{token}"), f, Wrong::default()))
}

/// `POST /set-up/{token}`: founds the organisation and its first officer.
pub async fn set_up(
    State(office): State<Office>,
    headers: HeaderMap,
    Path(token): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let f = Filled(pairs);
    let agent = agent(&headers);
    let (form, t) = (f.clone(), token.clone());
    match office.run(move |o| found(o, &t, &form, &agent)).await {
        Ok(session) => Ok(web::go_with_session(&office, &session, "/office")),
        Err(e) => {
            let mut f = f;
            f.set("password", "");
            mend(&door("set-up", format!("/set-up/{token}"), f, Wrong::of(e)?))
        }
    }
}

fn found(o: &Office, token: &str, f: &Filled, agent: &str) -> Result<String> {
    first::may_set_up(o, token)?;
    let (division, no_division) = match f.get("division").parse() {
        Ok(division) => (division, None),
        Err(_) => (
            candour_clock::Division::EnglandAndWales,
            Some(Field::new("division", "Choose whose public holidays count for you")),
        ),
    };
    let charter = Charter {
        organisation: Organisation {
            legal_name: f.get("legal_name").to_owned(),
            short: f.get("short").to_owned(),
            trading_name: None,
            number: None,
            notice: None,
            reference: "RR".into(),
        },
        contact: Contact {
            role: f.get("contact_role").to_owned(),
            name: None,
            email: f.get("contact_email").to_owned(),
            phone: f.some("contact_phone"),
            post: f.get("contact_post").to_owned(),
        },
        law: Law::of(division, f.ticked("public_authority")),
        rights: crate::charter::Rights::default(),
        identity: crate::charter::Identity::default(),
        channels: crate::charter::Channels::default(),
        delivery: crate::charter::Delivery::default(),
        theme: crate::charter::Theme::default(),
        permissions: Default::default(),
    };
    let password = raw(f, "password");
    let new = NewStaff {
        name: f.get("name").to_owned(),
        email: f.get("email").to_owned(),
        role: Role::Officer,
        password: Some(password.clone()),
    };
    let checks = [
        charter.check(),
        acts::check_new(&new),
        super::rules::check_password(&password, f.get("email"), f.get("name")),
    ];
    in_order(no_division.into_iter().collect(), checks)?;
    first::found(o, charter, new)?;
    first::end_set_up(o)?;
    match acts::sign_in(o, f.get("email"), &password, agent, None)? {
        SignIn::Done(t) | SignIn::CodeNext(t) => Ok(t),
    }
}

/// What has to be mended on the set-up page: all of it at once, in the order of the page.
fn in_order(mut bad: Vec<Field>, checks: [Result<()>; 3]) -> Result<()> {
    const ORDER: [&str; 9] = [
        "legal_name",
        "short",
        "division",
        "contact_role",
        "contact_email",
        "contact_post",
        "name",
        "email",
        "password",
    ];
    for check in checks {
        match check {
            Err(Error::Invalid(fields)) => bad.extend(fields),
            other => other?,
        }
    }
    let place = |f: &Field| ORDER.iter().position(|name| f.name == *name).unwrap_or(ORDER.len());
    bad.sort_by_key(place);
    if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
}
