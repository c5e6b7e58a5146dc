//! The pages, and the few files that programs look for.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::IntoResponse as _;
use jiff::ToSpan as _;

use crate::charter::{self, Charter};
use crate::error::Error;
use crate::kit::pages::Portal;
use crate::kit::web::{Answer, Public, page};
use crate::office::Office;

#[derive(Template)]
#[template(path = "notices/pages/privacy.html")]
struct Privacy {
    p: Portal,
    c: Charter,
    may_contact: bool,
}

/// `GET /o/{org}/privacy`: how what people type here is used, as UK GDPR Art 13 lists it.
pub async fn privacy(State(office): State<Office>, Path(org): Path<String>) -> Answer {
    let c = Public::of(&office, org).await?.charter;
    page(&Privacy {
        p: Portal::new(&c, "How we use what you tell us here", None),
        may_contact: !c.permissions.purposes.is_empty(),
        c,
    })
}

#[derive(Template)]
#[template(path = "notices/pages/accessibility.html")]
struct Accessibility {
    p: Portal,
    c: Charter,
}

/// `GET /o/{org}/accessibility`: how far everybody can use these pages, and what to do if not.
pub async fn accessibility(State(office): State<Office>, Path(org): Path<String>) -> Answer {
    let c = Public::of(&office, org).await?.charter;
    let title = "How far everybody can use this service";
    page(&Accessibility { p: Portal::new(&c, title, None), c })
}

fn text(text: String) -> axum::response::Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// `GET /robots.txt`: what belongs to one person is no business of a search engine's.
pub async fn robots() -> Answer {
    let private = ["/office", "/set-up", "/preferences", "/u", "/fetch", "/answer", "/api"];
    let lines: String = private.iter().map(|p| format!("Disallow: {p}/\n")).collect();
    Ok(text(format!("User-agent: *\nDisallow: /office\n{lines}")))
}

/// `GET /.well-known/security.txt` (RFC 9116): where to report a weakness. Always good for a month
/// more, as it is made when it is asked for.
pub async fn security(State(office): State<Office>) -> Answer {
    let now = office.now();
    let contacts = office
        .run(|o| {
            o.read(|tx| {
                let orgs = charter::orgs(tx)?;
                let each = orgs.iter().map(|(org, _)| Ok(charter::current(tx, org)?.contact.email));
                each.collect::<Result<Vec<String>, Error>>()
            })
        })
        .await?;
    if contacts.is_empty() {
        return Err(Error::NotFound("the page").into());
    }
    let expires = now.checked_add(24.hours() * 30).map_err(anyhow::Error::from)?;
    let expires = expires.strftime("%Y-%m-%dT%H:%M:%SZ");
    let contacts: String = contacts.iter().map(|c| format!("Contact: mailto:{c}\n")).collect();
    Ok(text(format!("{contacts}Expires: {expires}\nPreferred-Languages: en\n")))
}

/// `GET /.well-known/gpc.json`: a browser's signal against selling and sharing is honoured, since
/// nothing here is sold or shared.
pub async fn gpc() -> Answer {
    const SAID: &str = "{\"gpc\":true,\"lastUpdate\":\"2026-11-29\"}";
    Ok(([(header::CONTENT_TYPE, "application/json")], SAID).into_response())
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
