//! Asking for one's data, one question at a time, into a sealed draft; and the page that says
//! that it has come. No account, no script.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, header};
use jiff::SignedDuration;
use serde::Deserialize;

use super::acts::{self, NewCase};
use super::body::Wants;
use super::desk_new::body_from;
use super::draft::{self, DONE};
use super::rules::{Right, Via};
use crate::error::{Error, Field, Result};
use crate::kit::forms::{self, Filled, Wrong};
use crate::kit::limits::{self, Client, What};
use crate::kit::pages::Portal;
use crate::kit::web::{Answer, Public, go, mend, page, refuse};
use crate::kit::{dates, links};
use crate::office::Office;
use crate::proof::By;

type Pairs = Form<Vec<(String, String)>>;

/// The questions, in order. One thing on each page.
const STEPS: [&str; 10] =
    ["who", "agent", "name", "born", "find", "what", "dates", "copies", "format", "check"];
/// The code of the status page can be read again in the same browser for so long.
const SENT: SignedDuration = SignedDuration::from_mins(30);

/// The answers that each page asks for.
fn fields_of(step: &str) -> &'static [&'static str] {
    match step {
        "who" => &["who"],
        "agent" => &["agent-name", "agent-email", "agent-relation"],
        "name" => &["name", "other-names"],
        "born" => &["born", "born-day", "born-month", "born-year"],
        "find" => &["email", "phone", "number", "address", "postcode"],
        "what" => &["what", "not-wanted", "adjustments", "deadline"],
        "dates" => &["from", "to"],
        "copies" => &["copies"],
        "format" => &["format", "agent-address", "address"],
        _ => &[],
    }
}

/// How long an answer may be.
fn longest(field: &str) -> usize {
    match field {
        "what" | "not-wanted" | "adjustments" | "other-names" | "address" | "agent-address" => {
            forms::LONG
        }
        _ => forms::LINE,
    }
}

fn step_title(step: &str, agent: bool) -> Option<&'static str> {
    Some(match (step, agent) {
        ("who", _) => "Is this about you or someone else?",
        ("agent", _) => "About you, who ask for someone else",
        ("name", false) => "What is your full name?",
        ("name", true) => "What is the full name of the person?",
        ("born", false) => "What is your date of birth?",
        ("born", true) => "What is the person’s date of birth?",
        ("find", false) => "How can we find you?",
        ("find", true) => "How can we find the person?",
        ("what", _) => "What would you like to see?",
        ("dates", _) => "From which time?",
        ("copies", _) => "Copies, or only how we use it?",
        ("format", _) => "How would you like the answer?",
        ("check", _) => "Check your answers before sending your request",
        _ => return None,
    })
}

/// `POST /o/{org}/data-rights/ask`: begins a draft.
pub async fn begin(
    State(office): State<Office>,
    client: Client,
    Path(org): Path<String>,
) -> Answer {
    let public = Public::asking(&office, org.clone()).await?;
    let token = links::new_token()?;
    let t = token.clone();
    office
        .run(move |o| {
            limits::take(o, What::Begin, &public.by.org, client)?;
            draft::write(o, &public.by, &t, &Filled::default())
        })
        .await?;
    let mut response = go(&format!("/o/{org}/data-rights/ask/who"))?;
    let text = format!(
        "{}={token}; Path=/o/{org}/data-rights; HttpOnly; SameSite=Lax; Max-Age=86400",
        draft::COOKIE
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
    change: bool,
    rows: Vec<Row>,
}

impl AskPage {
    /// Where an error is mended: here, or on the page that asks for it.
    fn place(&self, field: &str) -> String {
        let own = fields_of(&self.step).contains(&field);
        let asks = |s: &&&str| fields_of(s).contains(&field);
        match STEPS.iter().find(asks).filter(|_| !own) {
            Some(s) => format!("/o/{}/data-rights/ask/{s}?change=yes#{field}", self.p.short),
            None => format!("#{field}"),
        }
    }
}

/// One answer on the last page.
struct Row {
    label: &'static str,
    value: String,
    step: &'static str,
}

fn ask_page(public: &Public, step: &str, f: Filled, w: Wrong) -> Result<AskPage> {
    let agent = f.get("who") == "other";
    let title = step_title(step, agent).ok_or(Error::NotFound("the page"))?;
    let org = &public.charter.organisation.short;
    let change = f.get("change") == "yes" && step != "check";
    let back = match before(step, agent) {
        _ if change => format!("/o/{org}/data-rights/ask/check"),
        Some(s) => format!("/o/{org}/data-rights/ask/{s}"),
        None => format!("/o/{org}/data-rights"),
    };
    let p = Portal::new(&public.charter, title, Some(back));
    let rows = if step == "check" { rows(&f, agent) } else { Vec::new() };
    Ok(AskPage { p, step: step.to_owned(), agent, change, rows, f, w })
}

/// Every answer, with the page where it is changed.
fn rows(f: &Filled, agent: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut row = |label, value: &str, step| rows.push(Row { label, value: value.into(), step });
    let day = |name| f.date(name).ok().flatten().map(dates::long).unwrap_or_default();
    row("About", if agent { "someone else" } else { "me" }, "who");
    if agent {
        row("Your name", f.get("agent-name"), "agent");
        row("Your e-mail address", f.get("agent-email"), "agent");
        row("How you are related", f.get("agent-relation"), "agent");
        row("Your postal address", f.get("agent-address"), "format");
    }
    row("Full name", f.get("name"), "name");
    row("Other names", f.get("other-names"), "name");
    row("Date of birth", &day("born"), "born");
    row("E-mail address", f.get("email"), "find");
    row("Telephone number", f.get("phone"), "find");
    row("Membership number", f.get("number"), "find");
    row("Postal address", f.get("address"), "find");
    row("Postcode", f.get("postcode"), "find");
    row("Looking for", f.get("what"), "what");
    row("Not needed", f.get("not-wanted"), "what");
    row("To do differently", f.get("adjustments"), "what");
    row("Deadline", &day("deadline"), "what");
    row("From", &day("from"), "dates");
    row("To", &day("to"), "dates");
    let about = f.get("copies") == "about";
    row("Copies", if about { "only how we use it" } else { "copies too" }, "copies");
    let wants = Wants { format: f.get("format").to_owned(), ..Wants::default() };
    row("Format", wants.format_in_words(), "format");
    rows
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

/// Whether an answer is being changed from the last page.
#[derive(Deserialize)]
pub struct Changing {
    change: Option<String>,
}

/// `GET /o/{org}/data-rights/ask/{step}`
pub async fn step(
    State(office): State<Office>,
    headers: HeaderMap,
    Path((org, step)): Path<(String, String)>,
    Query(q): Query<Changing>,
) -> Answer {
    let public = Public::asking(&office, org.clone()).await?;
    let Some(token) = draft::token(&headers) else {
        return go(&format!("/o/{org}/data-rights"));
    };
    let by = public.by.clone();
    match office.run(move |o| draft::read(o, &by, &token)).await? {
        Some(f) if f.some(DONE).is_some() => go_sent(&org, &f),
        Some(mut f) => {
            if q.change.is_some() {
                f.set("change", "yes");
            }
            page(&ask_page(&public, &step, f, Wrong::default())?)
        }
        None => go(&format!("/o/{org}/data-rights")),
    }
}

/// What is wrong with the answers of one step.
fn check_step(step: &str, f: &Filled, today: jiff::civil::Date) -> Result<()> {
    let wrong = |name, message: &str| Err(Error::invalid(name, message));
    let body = || body_from(f).map_err(|e| Error::Invalid(vec![e]));
    let own = fields_of(step);
    Filled(f.0.iter().filter(|(n, _)| own.contains(&&**n)).cloned().collect())
        .check_lengths(longest)?;
    match step {
        "who" if !matches!(f.get("who"), "me" | "other") => {
            wrong("who", "Choose whether this is about you or someone else")
        }
        "agent" if f.get("agent-name").is_empty() => wrong("agent-name", "Enter your name"),
        "agent" if !f.get("agent-email").contains('@') => {
            wrong("agent-email", "Enter an e-mail address like name@example.org")
        }
        "name" if f.get("name").is_empty() => wrong("name", "Enter the full name"),
        // What is asked later is looked at later.
        "agent" | "name" => match body()?.asker.check() {
            Err(Error::Invalid(mut bad)) => {
                bad.retain(|field| own.contains(&&*field.name));
                if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
            }
            other => other,
        },
        "born" if body()?.asker.born.is_some_and(|b| b > today.to_string()) => {
            wrong("born", "A date of birth can’t be in the future")
        }
        "find" => {
            let asker = body()?.asker;
            asker.check()?;
            match asker.findable() {
                true => Ok(()),
                false => wrong(
                    "email",
                    "Give at least one of: e-mail address, telephone number, membership number, \
                     postal address, postcode. If you have none of them, ask us in another way: \
                     see below",
                ),
            }
        }
        "what" | "dates" => body()?.wants.period().check(),
        "format" if f.get("format") == "post" => {
            // An agent's own address is for letters, never for searching.
            let field = if f.get("who") == "other" { "agent-address" } else { "address" };
            match f.get(field) {
                "" => wrong(field, "Enter the postal address that the answer should go to"),
                _ => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

/// The first step whose answers do not hold together, with what is wrong.
fn missing(f: &Filled, today: jiff::civil::Date) -> Option<(&'static str, Error)> {
    let agent = f.get("who") == "other";
    let asked = STEPS.into_iter().filter(|s| *s != "agent" || agent);
    asked.filter_map(|s| Some((s, check_step(s, f, today).err()?))).next()
}

/// `POST /o/{org}/data-rights/ask/{step}`
pub async fn answer(
    State(office): State<Office>,
    client: Client,
    headers: HeaderMap,
    Path((org, step)): Path<(String, String)>,
    Form(pairs): Pairs,
) -> Answer {
    let public = Public::asking(&office, org.clone()).await?;
    let Some(token) = draft::token(&headers) else {
        return go(&format!("/o/{org}/data-rights"));
    };
    let (by, t) = (public.by.clone(), token.clone());
    let Some(mut f) = office.run(move |o| draft::read(o, &by, &t)).await? else {
        return go(&format!("/o/{org}/data-rights"));
    };
    if f.some(DONE).is_some() {
        return go_sent(&org, &f);
    }
    let today = dates::day_of(public.by.now);
    take(&mut f, pairs);
    if let Err(e) = check_step(&step, &f, today) {
        return mend(&ask_page(&public, &step, f, Wrong::of(e)?)?);
    }
    if step == "check" {
        if let Some((_, e)) = missing(&f, today) {
            return mend(&ask_page(&public, "check", f, Wrong::of(e)?)?);
        }
        return hand_in(office, public, client, token, f).await;
    }
    let agent = f.get("who") == "other";
    let changing = f.get("change") == "yes";
    f.0.retain(|(n, _)| n != "change");
    let next = match (changing, missing(&f, today)) {
        // Another answer may have come to be needed by the change.
        (true, Some((step, _))) => format!("{step}?change=yes"),
        (true, None) => "check".to_owned(),
        (false, _) => after(&step, agent).unwrap_or("check").to_owned(),
    };
    let by = public.by.clone();
    match office.run(move |o| draft::write(o, &by, &token, &f)).await? {
        Some(sent) => go_sent(&org, &sent),
        None => go(&format!("/o/{org}/data-rights/ask/{next}")),
    }
}

/// Takes what came with a form into the draft; of several of one name the first counts.
fn take(f: &mut Filled, pairs: Vec<(String, String)>) {
    let asked = pairs.into_iter().filter(|(name, _)| !name.starts_with("sent-"));
    f.take_over(asked.collect());
    if f.get("who") == "me" {
        f.0.retain(|(n, _)| !n.starts_with("agent-"));
    }
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
        Ok(done) => go_sent(&public.charter.organisation.short, &done),
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

/// Logs the request as it stands in the draft. In the same transaction the draft turns into the
/// receipt, so that sending twice logs once. Answers the receipt.
fn log(o: &Office, by: &By, token: &str, f: &Filled) -> Result<Filled> {
    let body = body_from(f).map_err(|e: Field| Error::Invalid(vec![e]))?;
    let agent = body.asker.agent.is_some();
    let new =
        NewCase { right: Right::Access, via: Via::Form, received: dates::day_of(by.now), body };
    // Somebody else may have sent it this moment: then there is a receipt already.
    if let Some(done) = draft::read(o, by, token)?.filter(|f| f.some(DONE).is_some()) {
        return Ok(done);
    }
    let (office, by2, t) = (o.clone(), by.clone(), token.to_owned());
    let logged = o.write(move |tx| {
        let draft = draft::within(tx, &office, &by2, &t)?;
        if draft.is_none_or(|f| f.some(DONE).is_some()) {
            return Err(Error::Conflict);
        }
        let opened = acts::open_case(tx, &office, &by2, &new)?;
        let mut done = Filled::default();
        done.set(DONE, opened.value.reference.clone());
        done.set("sent-code", opened.value.secret.clone());
        done.set("sent-by", opened.value.act_by.map(dates::full).unwrap_or_default());
        done.set("sent-agent", if agent { "yes" } else { "" });
        draft::keep(tx, &office, &by2, &t, (&done, SENT))?;
        Ok(opened.map(|_| done))
    });
    match logged {
        Err(Error::Conflict) => {
            let done = draft::read(o, by, token)?.filter(|f| f.some(DONE).is_some());
            done.ok_or_else(|| Error::invalid("form", "This request has been sent already"))
        }
        other => other,
    }
}

fn go_sent(org: &str, done: &Filled) -> Answer {
    go(&format!("/o/{org}/data-rights/sent/{}", done.get(DONE)))
}

#[derive(Template)]
#[template(path = "requests/pages/sent.html")]
struct SentPage {
    p: Portal,
    reference: String,
    secret: String,
    act_by: String,
    agent: bool,
    post: String,
}

/// `GET /o/{org}/data-rights/sent/{reference}`: the receipt, for a while in the browser that sent
/// the request. Afterwards, or from another one, the status page.
pub async fn sent(
    State(office): State<Office>,
    headers: HeaderMap,
    Path((org, reference)): Path<(String, String)>,
) -> Answer {
    let public = Public::of(&office, org.clone()).await?;
    let by = public.by.clone();
    let kept = match draft::token(&headers) {
        Some(token) => office.run(move |o| draft::read(o, &by, &token)).await?,
        None => None,
    };
    let Some(done) = kept.filter(|f| f.get(DONE) == reference) else {
        return go(&format!("/o/{org}/data-rights/status"));
    };
    page(&SentPage {
        p: Portal::new(&public.charter, format!("We have your request {reference}"), None),
        reference,
        secret: done.get("sent-code").to_owned(),
        act_by: done.get("sent-by").to_owned(),
        agent: done.get("sent-agent") == "yes",
        post: public.charter.contact.post.clone(),
    })
}
