//! The public's page of a link to an answer: it asks for the address and the code, or says at once
//! that the link is dead and where to ask.

use askama::Template;
use axum::extract::{Form, Path, State};

use crate::error::{Error, Field, Result};
use crate::kit::dates;
use crate::kit::forms::{Filled, Wrong};
use crate::kit::limits::{self, Client, What};
use crate::kit::pages::Portal;
use crate::kit::web::{Answer, page, refuse};
use crate::office::Office;
use crate::requests::pack::desk::size;
use crate::requests::pack::{self, Proven};
use crate::requests::portal::stream_zip;

#[derive(Template)]
#[template(path = "requests/pages/fetch.html")]
struct FetchPage {
    p: Portal,
    dead: Option<&'static str>,
    phone: Option<String>,
    w: Wrong,
    f: Filled,
    /// Where its forms go.
    token: String,
    /// Address and code were right.
    ready: Option<Ready>,
}

/// The answer that can be saved now.
struct Ready {
    ticket: String,
    size: String,
    complete: bool,
    until: String,
}

impl Ready {
    fn of(p: &Proven) -> Self {
        Self {
            ticket: p.ticket.clone(),
            size: size(p.bytes),
            complete: p.complete,
            until: dates::full(dates::day_of(p.until)),
        }
    }
}

/// A link that leads to no organisation has no frame and no address to ask at.
#[derive(Template)]
#[template(path = "requests/pages/fetch_dead.html")]
struct DeadPage {
    why: &'static str,
}

type Shown = std::result::Result<FetchPage, DeadPage>;

fn fetch_page(o: &Office, token: &str, f: Filled, w: Wrong) -> Shown {
    // What the database says beside this is for the log; the page says that the link is dead.
    let gone = "This link can’t be looked up now. Try again later.";
    let link = pack::look(o, token).map_err(|_| DeadPage { why: gone })?;
    let Some(charter) = link.charter else {
        return Err(DeadPage { why: link.dead.unwrap_or(gone) });
    };
    let p = Portal::new(&charter, "Fetch your answer", None);
    Ok(FetchPage {
        p,
        dead: link.dead,
        phone: charter.contact.phone.clone(),
        w,
        f,
        token: token.to_owned(),
        ready: None,
    })
}

/// `GET /fetch/{token}`: asks for address and code; opening the link gives nothing away.
pub async fn form(State(office): State<Office>, Path(token): Path<String>) -> Answer {
    let view =
        office.run(move |o| Ok(fetch_page(o, &token, Filled::default(), Wrong::default()))).await?;
    match view {
        Ok(view) => page(&view),
        Err(dead) => page(&dead),
    }
}

fn filled(f: &Filled) -> Result<()> {
    let asked = [
        ("email", "Enter the e-mail address that our letter went to"),
        ("code", "Enter the code that we gave you in another way"),
    ];
    let empty = asked.into_iter().filter(|(name, _)| f.get(name).is_empty());
    let bad: Vec<Field> = empty.map(|(name, says)| Field::new(name, says)).collect();
    if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
}

/// `POST /fetch/{token}`: address and code; the page that answers has the button to save.
pub async fn prove(
    State(office): State<Office>,
    client: Client,
    Path(token): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let f = Filled(pairs);
    let (proven, view) = office
        .run(move |o| {
            // Whose link it is shows only inside: the limit is one for the whole office. What was
            // left empty is no try.
            let proven = limits::take(o, What::Fetch, "", client)
                .and_then(|()| filled(&f))
                .and_then(|()| pack::prove(o, &token, f.get("email"), f.get("code")));
            // The code is not shown again; the address is.
            let kept = Filled(f.0.into_iter().filter(|(n, _)| n != "code").collect());
            Ok((proven, fetch_page(o, &token, kept, Wrong::default())))
        })
        .await?;
    match (proven, view) {
        (Ok(proven), Ok(view)) => page(&FetchPage { ready: Some(Ready::of(&proven)), ..view }),
        (Err(e), Ok(view)) => refuse(e, |w| FetchPage { w, ..view }),
        (Err(e), Err(dead)) => refuse(e, |_| dead),
        (Ok(_), Err(dead)) => page(&dead),
    }
}

/// `POST /fetch/{token}/save`: the file.
pub async fn save(
    State(office): State<Office>,
    Path(token): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let f = Filled(pairs);
    let (saved, view) = office
        .run(move |o| {
            let saved = pack::save(o, &token, f.get("ticket"));
            Ok((saved, fetch_page(o, &token, Filled::default(), Wrong::default())))
        })
        .await?;
    match (saved, view) {
        (Ok((row, reader, reference)), _) => {
            let name = format!("{reference}-answer-{}.zip", row.number);
            Ok(stream_zip(&name, reader))
        }
        (Err(e), Ok(view)) => refuse(e, |w| FetchPage { w, ..view }),
        (Err(e), Err(dead)) => refuse(e, |_| dead),
    }
}
