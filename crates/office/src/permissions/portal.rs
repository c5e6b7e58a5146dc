//! The public's pages: stopping messages without an account and at once, and choosing what to hear.
//! Nothing is ticked beforehand, and opening a link changes nothing: scanners open links.

use askama::Template;
use axum::body::Bytes;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use candour_screening::Kind;

use super::choices::{self, Choice, Line, Other};
use super::stops::{self, NewStop};
use super::terms::What;
use super::tokens::Token;
use crate::charter::{self, Channel, Charter};
use crate::error::{Error, Field, Result};
use crate::kit::dates;
use crate::kit::forms::{Filled, Wrong};
use crate::kit::limits::{self, Client, What as Asked};
use crate::kit::pages::Portal;
use crate::kit::web::{Answer, Public, go, mend, page, refuse};
use crate::office::Office;
use crate::people;

type Pairs = Form<Vec<(String, String)>>;

#[derive(Template)]
#[template(path = "permissions/pages/unsubscribe.html")]
struct UnsubscribePage {
    p: Portal,
    token: String,
    purpose: String,
    channel: &'static str,
    w: Wrong,
}

#[derive(Template)]
#[template(path = "permissions/pages/stopped.html")]
struct StoppedPage {
    p: Portal,
    what: String,
    channels: Vec<&'static str>,
    goes_on: bool,
}

struct Opened {
    token: Token,
    charter: Charter,
    purpose: String,
}

fn open(o: &Office, text: &str) -> Result<Opened> {
    let token = Token::open(o.vault(), text)?;
    let charter = o.read(|tx| charter::current(tx, &token.org))?;
    let purpose = charter
        .permissions
        .purpose(&token.purpose)
        .map_or_else(|| "this subject".to_owned(), |p| p.title.clone());
    Ok(Opened { token, charter, purpose })
}

fn unsubscribe_page(o: &Opened, token: String, w: Wrong) -> UnsubscribePage {
    UnsubscribePage {
        p: Portal::new(&o.charter, "Stop these messages", None),
        token,
        purpose: o.purpose.clone(),
        channel: o.token.channel.label(),
        w,
    }
}

/// `GET /u/{token}`: a button. Nothing changes by opening the link.
pub async fn unsubscribe_form(State(office): State<Office>, Path(token): Path<String>) -> Answer {
    let view = office
        .run(move |o| Ok(unsubscribe_page(&open(o, &token)?, token, Wrong::default())))
        .await?;
    page(&view)
}

/// What a POST to an unsubscribe link asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// RFC 8058: a mail program's one click, or the first button of the page.
    This,
    /// The second button.
    All,
    /// Neither.
    Unclear,
}

/// Reads the body: a form of either encoding. Mail programs send `List-Unsubscribe=One-Click`.
fn wish(headers: &HeaderMap, body: &[u8]) -> Wish {
    let multipart = headers
        .get("content-type")
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.starts_with("multipart/form-data"));
    let text = String::from_utf8_lossy(body);
    let one_click = if multipart {
        text.contains("name=\"List-Unsubscribe\"") && text.contains("One-Click")
    } else {
        text.split('&').any(|p| p.trim() == "List-Unsubscribe=One-Click")
    };
    let said = |value: &str| !multipart && text.split('&').any(|p| p.trim() == value);
    match (one_click || said("what=this"), said("what=all")) {
        (_, true) => Wish::All,
        (true, _) => Wish::This,
        _ => Wish::Unclear,
    }
}

/// `POST /u/{token}`: stops at once, without sign-in, cookie or redirect (RFC 8058). Twice is safe.
pub async fn unsubscribe(
    State(office): State<Office>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let wish = wish(&headers, &body);
    let opened = office.run(move |o| Ok((open(o, &token)?, token))).await?;
    let (opened, token) = opened;
    if wish == Wish::Unclear {
        let w = Wrong(vec![Field::new("what", "Choose what to stop")]);
        return mend(&unsubscribe_page(&opened, token, w));
    }
    let t = &opened.token;
    let all = wish == Wish::All || t.purpose.is_empty();
    let new = NewStop {
        hash: t.hash,
        kind: t.channel.address().name().into(),
        channel: (!all).then_some(t.channel),
        what: if all { What::Marketing } else { What::Purpose(t.purpose.clone()) },
        reason: "unsubscribe",
        on: dates::day_of(office.now()),
    };
    let (org, link) = (t.org.clone(), format!("{}\u{0}{all}", token.trim()));
    office
        .run(move |o| {
            // One link and wish is one client: its first press, the one that stops, is never
            // refused. Network addresses say nothing here; the programs of a provider share them.
            limits::take_as(o, Asked::Unsubscribe, &org, Some(&link))?;
            let (by, vault) = (o.by_public(&org), o.vault().clone());
            o.write(move |tx| stops::stop(tx, &vault, &by, &new))
        })
        .await?;
    let channels = if all {
        Channel::ALL.iter().map(|c| c.label()).collect()
    } else {
        vec![opened.token.channel.label()]
    };
    page(&StoppedPage {
        p: Portal::new(&opened.charter, "Done: these messages stop", None),
        what: if all { "marketing of any kind".to_owned() } else { opened.purpose.clone() },
        channels,
        goes_on: true,
    })
}

#[derive(Template)]
#[template(path = "permissions/pages/stop.html")]
struct StopPage {
    p: Portal,
    f: Filled,
    w: Wrong,
}

fn stop_page(public: &Public, f: Filled, w: Wrong) -> StopPage {
    let back = Some(format!("/o/{}/data-rights", public.charter.organisation.short));
    StopPage { p: Portal::new(&public.charter, "Stop marketing", back), f, w }
}

/// `GET /o/{org}/stop`: one page, no account.
pub async fn stop_form(State(office): State<Office>, Path(org): Path<String>) -> Answer {
    let public = Public::of(&office, org).await?;
    page(&stop_page(&public, Filled::default(), Wrong::default()))
}

/// `POST /o/{org}/stop`: effective at once, also for somebody who has no message any more.
pub async fn stop(
    State(office): State<Office>,
    client: Client,
    Path(org): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let public = Public::of(&office, org).await?;
    let f = Filled(pairs);
    let (public, f, done) = office
        .run(move |o| {
            let done = limits::take(o, Asked::Stop, &public.by.org, client)
                .and_then(|()| stop_from(o, &public, &f));
            Ok((public, f, done))
        })
        .await?;
    match done {
        Ok(channels) => page(&StoppedPage {
            p: Portal::new(&public.charter, "Done: we have stopped", None),
            what: "marketing of any kind".to_owned(),
            channels,
            goes_on: true,
        }),
        Err(e) => refuse(e, |w| stop_page(&public, f, w)),
    }
}

fn stop_from(o: &Office, public: &Public, f: &Filled) -> Result<Vec<&'static str>> {
    let hasher = people::hasher(o.vault(), &public.by.org)?;
    let mut bad = Vec::new();
    let mut found = Vec::new();
    for (name, kind) in [("email", Kind::Email), ("phone", Kind::Phone), ("post", Kind::Address)] {
        let Some(raw) = f.some(name) else { continue };
        match people::written(&hasher, kind, &raw) {
            Ok(one) => found.push(one),
            Err(e) => bad.push(Field::new(name, e.to_string())),
        }
    }
    if found.is_empty() && bad.is_empty() {
        bad.push(Field::new("email", "Enter the address or number that we should stop using"));
    }
    if !bad.is_empty() {
        return Err(Error::Invalid(bad));
    }
    let mut channels = Vec::new();
    for one in found {
        let new = NewStop {
            hash: one.hash,
            kind: one.kind.name().into(),
            channel: None,
            what: What::Marketing,
            reason: "objection",
            on: dates::day_of(public.by.now),
        };
        let (by, vault) = (public.by.clone(), o.vault().clone());
        o.write(move |tx| stops::stop_at(tx, &vault, &by, &new, one.premises))?;
        let reached = Channel::ALL.iter().filter(|c| c.address() == one.kind);
        channels.extend(reached.map(|c| c.label()));
    }
    Ok(channels)
}

#[derive(Template)]
#[template(path = "permissions/pages/ask_link.html")]
struct AskLinkPage {
    p: Portal,
    f: Filled,
    w: Wrong,
    sent: bool,
}

fn ask_page(public: &Public, f: Filled, w: Wrong, sent: bool) -> AskLinkPage {
    let title = if sent { "Check your e-mail" } else { "Choose what you hear from us" };
    AskLinkPage { p: Portal::new(&public.charter, title, None), f, w, sent }
}

/// `GET /o/{org}/preferences`: asks for the address to which a link is sent.
pub async fn ask_link(State(office): State<Office>, Path(org): Path<String>) -> Answer {
    let public = Public::of(&office, org).await?;
    page(&ask_page(&public, Filled::default(), Wrong::default(), false))
}

/// `POST /o/{org}/preferences`: the same answer whether the address is known or not.
pub async fn send_link(
    State(office): State<Office>,
    client: Client,
    Path(org): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let public = Public::of(&office, org).await?;
    let f = Filled(pairs);
    let (public, f, done) = office
        .run(move |o| {
            let done = limits::take(o, Asked::Choices, &public.by.org, client)
                .and_then(|()| choices::send_link(o, &public, f.get("email")));
            Ok((public, f, done))
        })
        .await?;
    match done {
        Ok(()) => page(&ask_page(&public, Filled::default(), Wrong::default(), true)),
        Err(e) => refuse(e, |w| ask_page(&public, f, w, false)),
    }
}

#[derive(Template)]
#[template(path = "permissions/pages/preferences.html")]
struct PreferencesPage {
    p: Portal,
    token: String,
    lines: Vec<Line>,
    others: Vec<Other>,
    /// What stopping all marketing ends too.
    also: Vec<String>,
    goes_on: Vec<String>,
    history: Vec<String>,
    said: Option<&'static str>,
}

fn preferences_page(
    o: &Office,
    token: &str,
    (title, said): (&str, Option<&'static str>),
) -> Result<PreferencesPage> {
    let who = choices::open_link(o, token)?;
    let charter = o.read(|tx| charter::current(tx, &who.by.org))?;
    let others = choices::others(o, &who)?;
    Ok(PreferencesPage {
        p: Portal::new(&charter, title, None),
        token: token.to_owned(),
        lines: choices::lines(o, &who)?,
        also: others.iter().filter(|x| x.ends_with_all).map(|x| x.title.clone()).collect(),
        others,
        goes_on: choices::goes_on(o, &who)?,
        history: choices::history(o, &who)?,
        said,
    })
}

/// `GET /preferences/{token}`
pub async fn preferences(State(office): State<Office>, Path(token): Path<String>) -> Answer {
    page(&office.run(move |o| preferences_page(o, &token, ("Your choices", None))).await?)
}

/// `POST /preferences/{token}`: saves what was chosen, or stops all marketing.
pub async fn choose(
    State(office): State<Office>,
    Path(token): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let f = Filled(pairs);
    let to = format!("/preferences/{token}");
    let changed = office
        .run(move |o| {
            let who = choices::open_link(o, &token)?;
            if f.ticked("stop-all") {
                return choices::stop_all(o, &who);
            }
            let chosen: Vec<Choice> = f.0.iter().filter_map(|(n, v)| Choice::read(n, v)).collect();
            let changed = choices::save(o, &who, &chosen)?;
            Ok(choices::save_others(o, &who, &f.0)? || changed)
        })
        .await?;
    go(&format!("{to}/{}", if changed { "saved" } else { "unchanged" }))
}

/// `GET /preferences/{token}/saved`
pub async fn saved(State(office): State<Office>, Path(token): Path<String>) -> Answer {
    let said =
        ("Your choices, saved", Some("Your choices have been saved. They count from now on."));
    page(&office.run(move |o| preferences_page(o, &token, said)).await?)
}

/// `GET /preferences/{token}/unchanged`: what was chosen stood already.
pub async fn unchanged(State(office): State<Office>, Path(token): Path<String>) -> Answer {
    let words = "Nothing has changed: these were your choices already.";
    let said = ("Your choices, unchanged", Some(words));
    page(&office.run(move |o| preferences_page(o, &token, said)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_program_s_click_is_told_in_both_encodings() {
        let none = HeaderMap::new();
        assert!(wish(&none, b"List-Unsubscribe=One-Click") == Wish::This);
        let mut multi = HeaderMap::new();
        multi.insert("content-type", "multipart/form-data; boundary=x".parse().unwrap());
        let body = b"--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\n\
                     One-Click\r\n--x--";
        assert!(wish(&multi, body) == Wish::This);
        assert!(wish(&none, b"what=all") == Wish::All);
        assert!(wish(&none, b"") == Wish::Unclear);
        assert!(wish(&none, b"utm=List-Unsubscribe") == Wish::Unclear);
    }
}
