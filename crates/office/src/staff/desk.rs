//! Signing in and out, and the list of staff.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::acts::{self, NewStaff, SignIn};
use super::device;
use super::rules::{Permission, Role, browser};
use super::sql::{self, SessionRow, StaffRow};
use crate::error::{Error, Result};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::limits::{self, Client, What};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, mend, page, refuse};
use crate::kit::{dates, web};
use crate::office::Office;

type Pairs = Form<Vec<(String, String)>>;

/// One page for everything before one is signed in.
#[derive(Template)]
#[template(path = "staff/pages/door.html")]
pub(super) struct Door {
    title: &'static str,
    what: &'static str,
    f: Filled,
    w: Wrong,
    action: String,
}

pub(super) fn door(what: &'static str, action: impl Into<String>, f: Filled, w: Wrong) -> Door {
    let title = match what {
        "code" => "Enter the code of your app",
        "link" => "Sign in",
        "set-up" => "Set up this office",
        "empty" => "This office has not been set up yet",
        _ => "Sign in to the office",
    };
    Door { title, what, f, w, action: action.into() }
}

pub(super) fn agent(headers: &HeaderMap) -> String {
    headers.get("user-agent").and_then(|v| v.to_str().ok()).unwrap_or("unknown").to_owned()
}

/// `GET /office/sign-in`. Before the office is set up nobody could pass: then it says how.
pub async fn sign_in_form(State(office): State<Office>) -> Answer {
    let empty = office.run(|o| Ok(o.read(crate::charter::orgs)?.is_empty())).await?;
    if empty {
        return page(&door("empty", "", Filled::default(), Wrong::default()));
    }
    page(&door("sign-in", "/office/sign-in", Filled::default(), Wrong::default()))
}

/// `POST /office/sign-in`
pub async fn sign_in(
    State(office): State<Office>,
    client: Client,
    headers: HeaderMap,
    Form(pairs): Pairs,
) -> Answer {
    let mut f = Filled(pairs);
    let (email, password) = (f.get("email").to_owned(), raw(&f, "password"));
    let (agent, device) = (agent(&headers), web::device(&office, &headers));
    let signed = office
        .run(move |o| {
            limits::take(o, What::SignIn, "", client)?;
            let signed = acts::sign_in(o, &email, &password, &agent, device.as_deref())?;
            // A browser is known once all that is asked for has been given.
            let known = match &signed {
                SignIn::Done(token) => Some(device::issue(o, token)?),
                SignIn::CodeNext(_) => None,
            };
            Ok((signed, known))
        })
        .await;
    match signed {
        Ok((signed, known)) => Ok(go_signed(&office, &signed, known.as_deref())),
        Err(e) => {
            f.set("password", "");
            refuse(e, |w| door("sign-in", "/office/sign-in", f, w))
        }
    }
}

/// On into the office, or to the page that asks for the code.
fn go_signed(office: &Office, signed: &SignIn, known: Option<&str>) -> Response {
    let response = match signed {
        SignIn::Done(token) => web::go_with_session(office, token, "/office"),
        SignIn::CodeNext(token) => web::go_with_session(office, token, "/office/code"),
    };
    match known {
        Some(device) => web::with_device(office, response, device),
        None => response,
    }
}

/// A password as typed: spaces at its ends belong to it.
pub(super) fn raw(f: &Filled, name: &str) -> String {
    f.0.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default()
}

/// `GET /office/code`
pub async fn code_form() -> Answer {
    page(&door("code", "/office/code", Filled::default(), Wrong::default()))
}

/// `POST /office/code`
pub async fn code(
    State(office): State<Office>,
    client: Client,
    headers: HeaderMap,
    Form(pairs): Pairs,
) -> Answer {
    let f = Filled(pairs);
    let Some(token) = web::cookie(&office, &headers) else { return go("/office/sign-in") };
    let (given, device) = (f.get("code").to_owned(), web::device(&office, &headers));
    let done = office
        .run(move |o| {
            limits::take(o, What::SignIn, "", client)?;
            acts::give_code(o, &token, &given, device.as_deref())?;
            device::issue(o, &token)
        })
        .await;
    match done {
        Ok(device) => Ok(web::with_device(&office, go("/office")?, &device)),
        Err(e) => refuse(e, |w| door("code", "/office/code", Filled::default(), w)),
    }
}

/// `GET /office/link/{token}`: only a button; mail scanners that open links do not use it up.
pub async fn link_form(Path(token): Path<String>) -> Answer {
    let action = format!("/office/link/{token}");
    page(&door("link", action, Filled::default(), Wrong::default()))
}

/// `POST /office/link/{token}`
pub async fn link(
    State(office): State<Office>,
    client: Client,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Answer {
    let agent = agent(&headers);
    let action = format!("/office/link/{token}");
    let signed = office
        .run(move |o| {
            limits::take(o, What::SignIn, "", client)?;
            let signed = acts::sign_in_by_link(o, &token, &agent)?;
            // The link was handed to them, so this is no stranger's browser: they get in with it
            // while strangers keep the account locked.
            let (SignIn::Done(session) | SignIn::CodeNext(session)) = &signed;
            let known = device::issue(o, session)?;
            Ok((signed, known))
        })
        .await;
    match signed {
        Ok((SignIn::Done(session), known)) => {
            // Whoever has no password yet could not come back: the first thing is to choose one.
            let to = first_page(&office, &session).await?;
            let response = web::go_with_session(&office, &session, to);
            Ok(web::with_device(&office, response, &known))
        }
        Ok((signed, known)) => Ok(go_signed(&office, &signed, Some(&known))),
        Err(e) => refuse(e, |w| door("link", action, Filled::default(), w)),
    }
}

/// Where somebody is led who came by a link.
async fn first_page(office: &Office, session: &str) -> Result<&'static str> {
    let token = session.to_owned();
    office
        .run(move |o| match acts::who(o, &token)? {
            Some((me, session)) if me.password.is_none() => {
                let said = "Choose a password now: the link that brought you here worked once.";
                acts::set_banner(o, &session.id, Some(said))?;
                Ok("/office/account")
            }
            _ => Ok("/office"),
        })
        .await
}

/// `POST /office/sign-out`
pub async fn sign_out(State(office): State<Office>, me: Signed) -> Answer {
    office
        .run(move |o| {
            let (by, id, session) = (me.by, me.me.id, me.session.id);
            o.write(move |tx| acts::end_session(tx, &by, &id, &session))
        })
        .await?;
    Ok(web::go_without_session("/office/sign-in"))
}

struct Line {
    id: String,
    name: String,
    email: String,
    role: &'static str,
    code_app: bool,
    left: bool,
}

#[derive(Template)]
#[template(path = "staff/pages/list.html")]
struct ListPage {
    d: Desk,
    lines: Vec<Line>,
    roles: Vec<(&'static str, &'static str, &'static str)>,
    may_manage: bool,
    f: Filled,
    w: Wrong,
}

fn list_page(o: &Office, me: &Signed, f: Filled, w: Wrong) -> Result<ListPage> {
    let all = o.read_one(|tx| sql::all(tx, &me.by.org))?;
    Ok(ListPage {
        d: Desk::new(me, "Staff", "Staff"),
        lines: all
            .into_iter()
            .map(|s| Line {
                id: s.id,
                name: s.name,
                email: s.email,
                role: s.role.label(),
                code_app: s.totp.is_some(),
                left: s.left.is_some(),
            })
            .collect(),
        roles: roles(me),
        may_manage: me.by.role.may(Permission::ManageStaff).is_ok(),
        f,
        w,
    })
}

/// The roles that this member of staff may give.
fn roles(me: &Signed) -> Vec<(&'static str, &'static str, &'static str)> {
    let mine = Role::STAFF.into_iter().filter(|r| me.by.role.may_hand_out(*r).is_ok());
    mine.map(|r| (r.word(), r.label(), r.about())).collect()
}

/// `GET /office/staff`
pub async fn list(State(office): State<Office>, me: Signed) -> Answer {
    let view = office.run(move |o| list_page(o, &me, Filled::default(), Wrong::default())).await?;
    page(&view)
}

#[derive(Template)]
#[template(path = "staff/pages/link.html")]
struct LinkPage {
    d: Desk,
    name: String,
    address: String,
}

/// `POST /office/staff`: adds somebody and shows their one-time link, once.
pub async fn add(State(office): State<Office>, me: Signed, Form(pairs): Pairs) -> Answer {
    let f = Filled(pairs);
    let (me, f, done) = office
        .run(move |o| {
            let done = add_from(o, &me, &f);
            Ok((me, f, done))
        })
        .await?;
    match done {
        Ok((name, token)) => {
            let d = Desk::new(&me, "Staff", "Sign-in link");
            page(&LinkPage { d, name, address: acts::link_address(&office, &token) })
        }
        Err(e) => {
            let w = Wrong::of(e)?;
            let view = office.run(move |o| list_page(o, &me, f, w)).await?;
            mend(&view)
        }
    }
}

fn add_from(o: &Office, me: &Signed, f: &Filled) -> Result<(String, String)> {
    let role = Role::from_word(f.get("role"))
        .ok_or_else(|| Error::invalid("role", "Choose what they may do"))?;
    let new = NewStaff {
        name: f.get("name").to_owned(),
        email: f.get("email").to_owned(),
        role,
        password: None,
    };
    let (by, vault, name) = (me.by.clone(), o.vault().clone(), new.name.clone());
    let id = o.write(move |tx| acts::add(tx, &vault, &by, &new))?;
    let (by, vault) = (me.by.clone(), o.vault().clone());
    let token = o.write(move |tx| acts::sign_in_link(tx, &vault, &by, &id))?;
    Ok((name, token))
}

pub(super) struct SessionLine {
    pub(super) id: String,
    /// The browser, as far as it can be told.
    pub(super) agent: String,
    /// What it says of itself.
    pub(super) raw: String,
    pub(super) made: String,
    pub(super) seen: String,
    pub(super) current: bool,
}

pub(super) fn session_lines(all: Vec<SessionRow>, current: &str) -> Vec<SessionLine> {
    all.into_iter()
        .map(|s| SessionLine {
            current: s.id == current,
            id: s.id,
            agent: browser(&s.agent),
            raw: s.agent,
            made: dates::moment(s.made),
            seen: dates::moment(s.seen),
        })
        .collect()
}

#[derive(Template)]
#[template(path = "staff/pages/one.html")]
struct OnePage {
    d: Desk,
    s: StaffRow,
    roles: Vec<(&'static str, &'static str, &'static str)>,
    sessions: Vec<SessionLine>,
    reach: bool,
    own: bool,
    w: Wrong,
}

fn one_page(o: &Office, me: &Signed, id: &str, w: Wrong) -> Result<OnePage> {
    me.by.role.may(Permission::ManageStaff)?;
    o.read(|tx| {
        let s = sql::by_id(tx, &me.by.org, id)?;
        let sessions = sql::sessions_of(tx, &me.by.org, id)?;
        Ok(OnePage {
            d: Desk::new(me, "Staff", s.name.clone()),
            reach: me.by.role.may_hand_out(s.role).is_ok(),
            own: s.id == me.me.id,
            s,
            roles: roles(me),
            sessions: session_lines(sessions, &me.session.id),
            w,
        })
    })
}

/// `GET /office/staff/{id}`
pub async fn one(State(office): State<Office>, me: Signed, Path(id): Path<String>) -> Answer {
    let view = office.run(move |o| one_page(o, &me, &id, Wrong::default())).await?;
    page(&view)
}

/// `POST /office/staff/{id}`: role, a new link, end a session, leave.
pub async fn change(
    State(office): State<Office>,
    me: Signed,
    Path(id): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let f = Filled(pairs);
    let (me, id, done) = office
        .run(move |o| {
            let done = change_from(o, &me, &id, &f);
            Ok((me, id, done))
        })
        .await?;
    match done {
        Ok(None) => go(&format!("/office/staff/{id}")),
        Ok(Some((name, token))) => {
            let d = Desk::new(&me, "Staff", "Sign-in link");
            page(&LinkPage { d, name, address: acts::link_address(&office, &token) })
        }
        Err(e) => {
            let w = Wrong::of(e)?;
            let view = office.run(move |o| one_page(o, &me, &id, w)).await?;
            mend(&view)
        }
    }
}

fn change_from(o: &Office, me: &Signed, id: &str, f: &Filled) -> Result<Option<(String, String)>> {
    let (by, vault, id) = (me.by.clone(), o.vault().clone(), id.to_owned());
    match f.get("act") {
        "role" => {
            let role = Role::from_word(f.get("role"))
                .ok_or_else(|| Error::invalid("role", "Choose what they may do"))?;
            o.write(move |tx| acts::set_role(tx, &vault, &by, &id, role))?;
        }
        "leave" => o.write(move |tx| acts::leave(tx, &vault, &by, &id))?,
        "end" => {
            let session = f.get("session").to_owned();
            o.write(move |tx| acts::end_session(tx, &by, &id, &session))?;
        }
        "link" => {
            let name = o.read_one(|tx| sql::by_id(tx, &me.by.org, &id))?.name;
            let token = o.write(move |tx| acts::sign_in_link(tx, &vault, &by, &id))?;
            return Ok(Some((name, token)));
        }
        _ => return Err(Error::NotFound("the act")),
    }
    Ok(None)
}
