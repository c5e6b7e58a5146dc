//! The frame of every page, and the pages that belong to no area.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};

use crate::charter::Charter;
use crate::error::Error;
use crate::kit::forms::sentence;
use crate::kit::web::Signed;
use crate::staff::{Permission, Role};

/// The frame of a staff page.
pub struct Desk {
    /// Title of the page, unique.
    pub title: String,
    /// Which entry of the side list is current.
    pub current: &'static str,
    /// The organisation's name.
    pub org: String,
    /// Its short name, for the theme.
    pub short: String,
    /// Who is signed in, and as what.
    pub who: String,
    /// A message to show once, after a save.
    pub banner: Option<String>,
    role: Role,
}

impl Desk {
    /// The frame for a signed-in member of staff.
    pub fn new(signed: &Signed, current: &'static str, title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            current,
            org: signed.charter.organisation.name().to_owned(),
            short: signed.charter.organisation.short.clone(),
            who: format!("{}, {}", signed.me.name, signed.me.role.label().to_lowercase()),
            banner: signed.session.banner.clone(),
            role: signed.me.role,
        }
    }

    /// Whether the side list leads there: nobody is led to a page that says no.
    pub fn leads(&self, entry: &str) -> bool {
        let needs = match entry {
            "Cases" => Permission::SeeCases,
            "Register" | "Holdings" => Permission::SeeHoldings,
            "Contact" => Permission::SeePermissions,
            "Ledger" => Permission::SeeLedger,
            _ => return true,
        };
        self.role.may(needs).is_ok()
    }
}

/// The frame of a public page.
pub struct Portal {
    /// Title of the page, unique.
    pub title: String,
    /// The organisation's name.
    pub org: String,
    /// Its short name, for addresses and the theme.
    pub short: String,
    /// Where "Back" leads, if anywhere.
    pub back: Option<String>,
    /// Other ways to ask; the same place on each page (WCAG 2.2, 3.2.6).
    pub help: String,
    /// Address for data protection.
    pub email: String,
}

impl Portal {
    /// The frame for an organisation's public page.
    pub fn new(charter: &Charter, title: impl Into<String>, back: Option<String>) -> Self {
        Self {
            title: title.into(),
            org: charter.organisation.name().to_owned(),
            short: charter.organisation.short.clone(),
            back,
            help: charter.channels.other_ways.clone(),
            email: charter.contact.email.clone(),
        }
    }
}

/// Something did not work: what, and what to do.
#[derive(Clone, Template)]
#[template(path = "kit/pages/trouble.html")]
pub struct Trouble {
    title: &'static str,
    text: String,
}

impl Trouble {
    /// The page of an error.
    pub fn of(e: &Error) -> Self {
        let title = match e {
            Error::NotFound(_) => "Page not found",
            Error::Denied(_) => "You cannot do this",
            Error::Refused(_) | Error::Conflict => "This could not be done",
            Error::Invalid(_) => "There is a problem",
            Error::TooMany(_) => "Please wait",
            Error::Holding(_) | Error::Unavailable(_) => "Not available at the moment",
            Error::Fault(_) => "Sorry, there is a problem with the service",
        };
        let text = match e {
            // What went wrong inside is for the log, not for the page.
            Error::Fault(_) => {
                "Try again later. Nothing you typed before has been lost.".to_owned()
            }
            Error::NotFound(what) => format!(
                "{} was not found. If you typed the address, check that it is right.",
                sentence(what)
            ),
            other => sentence(&other.to_string()),
        };
        Self { title, text }
    }

    /// As an answer. What it says goes with it, so that it can be said again in another frame.
    pub fn shown(self, status: StatusCode) -> Response {
        let mut response = match self.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(_) => (status, "Something went wrong on our side").into_response(),
        };
        response.extensions_mut().insert(self);
        response
    }

    /// The same inside the office.
    pub fn at_desk(self, signed: &Signed) -> TroubleAtDesk {
        TroubleAtDesk { d: Desk::new(signed, "", self.title), text: self.text }
    }

    /// The page for an address that leads nowhere.
    pub fn not_found() -> Self {
        Self::of(&Error::NotFound("the page"))
    }
}

/// [`Trouble`] for somebody who has signed in.
#[derive(Template)]
#[template(path = "kit/pages/trouble_at_desk.html")]
pub struct TroubleAtDesk {
    d: Desk,
    text: String,
}
