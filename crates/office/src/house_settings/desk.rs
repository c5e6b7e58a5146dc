//! Mail and address: the mail server, the public address and the mailbox for unsubscribes, set in
//! the browser by whoever sets the charter, with their own password.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, header};

use super::acts;
use super::rules::{self, MAIL, MAILBOX, Server};
use crate::charter;
use crate::error::{Error, Result};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::new_id;
use crate::kit::pages::Desk;
use crate::kit::post::{self, Letter, Tried};
use crate::kit::reach::Set;
use crate::kit::web::{self, Answer, Signed, go_saying, mend, page};
use crate::office::Office;
use crate::settings::{Mailbox, Post, Security};
use crate::staff::{Permission, acts as staff};

/// Where the page is.
const HERE: &str = "/office/settings/mail";

#[derive(Template)]
#[template(path = "house_settings/pages/mail.html")]
struct MailPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    /// There is one organisation, so that it may be set here.
    alone: bool,
    mail: Now,
    address: Now,
    mailbox: Now,
    ways: [Security; 3],
    /// Nothing is set: what links lead to instead.
    links: String,
    /// Where a test message goes.
    me: String,
    tried: Option<(bool, String)>,
    /// Letters in the outbox folder.
    waiting: u64,
    /// The address was typed from elsewhere.
    sure: bool,
    /// One's account has a password that can be asked for.
    has_password: bool,
}

/// What is set of one thing.
struct Now {
    words: Option<String>,
    /// candour.toml says so.
    file: bool,
    /// A password is kept with it.
    secret: bool,
}

impl Now {
    fn new(words: Option<String>, file: bool, secret: bool) -> Self {
        Self { words, file, secret }
    }
}

fn mail_in_words(p: &Post) -> String {
    let user = p.user.as_ref().map_or(String::new(), |u| format!(", as {u}"));
    let line = match p.security {
        Security::None => "not encrypted",
        other => other.label(),
    };
    format!("{}, port {}, {line}{user}", p.host, p.port)
}

fn mailbox_in_words(m: &Mailbox) -> String {
    match (&m.maildir, &m.host) {
        (Some(_), _) => "a Maildir on this machine".into(),
        (None, host) => format!(
            "{}, port {}, as {}, folder {}",
            host.as_deref().unwrap_or_default(),
            m.port.unwrap_or(993),
            m.user.as_deref().unwrap_or_default(),
            m.folder.as_deref().unwrap_or("INBOX")
        ),
    }
}

/// The forms as what is set fills them; a password never comes back to a page.
fn filled(o: &Office) -> Filled {
    let (mut f, reach) = (Filled::default(), o.reach());
    f.set("mail-security", Security::default().word());
    if let Some(p) = &reach.post {
        f.set("mail-host", p.host.as_str());
        f.set("mail-port", p.port.to_string());
        f.set("mail-user", p.user.as_deref().unwrap_or_default());
        f.set("mail-security", p.security.word());
    }
    f.set("address", reach.public_url.as_deref().unwrap_or_default());
    if let Some(m) = &reach.mailbox {
        f.set("mailbox-host", m.host.as_deref().unwrap_or_default());
        f.set("mailbox-port", m.port.map_or(String::new(), |p| p.to_string()));
        f.set("mailbox-user", m.user.as_deref().unwrap_or_default());
        f.set("mailbox-folder", m.folder.as_deref().unwrap_or_default());
    }
    f
}

fn view(o: &Office, me: &Signed, f: Filled, w: Wrong) -> Result<MailPage> {
    let (reach, settings) = (o.reach(), o.settings());
    let (orgs, [_, waiting, _]) =
        o.read(|tx| Ok((charter::orgs(tx)?.len(), post::sql::undone(tx, &me.by.org)?)))?;
    Ok(MailPage {
        d: Desk::new(me, "Settings", "Mail and address"),
        alone: orgs == 1,
        mail: Now::new(
            reach.post.as_ref().map(mail_in_words),
            settings.post.is_some(),
            reach.post.as_ref().is_some_and(|p| p.password.is_some()),
        ),
        address: Now::new(reach.public_url.clone(), settings.public_url.is_some(), false),
        mailbox: Now::new(
            reach.mailbox.as_ref().map(mailbox_in_words),
            settings.mailbox.is_some(),
            reach.mailbox.as_ref().is_some_and(|m| m.password.is_some()),
        ),
        ways: Security::ALL,
        links: o.address(),
        me: me.me.email.clone(),
        tried: None,
        waiting,
        sure: w.at("sure").is_some(),
        has_password: me.me.password.is_some(),
        f,
        w,
    })
}

/// `GET /office/settings/mail`
pub async fn form(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SetCharter)?;
    let shown = office.run(move |o| view(o, &me, filled(o), Wrong::default()));
    page(&shown.await?)
}

/// What was done with a form of this page.
enum Done {
    /// Saved, with what to say of it.
    Saved(&'static str),
    /// A message was sent.
    Tried(Tried),
}

/// `POST /office/settings/mail`: sets one of the three, or sends a message to oneself.
pub async fn save(
    State(office): State<Office>,
    me: Signed,
    headers: HeaderMap,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let f = Filled(pairs);
    let token = web::cookie(&office, &headers);
    let origin = headers.get(header::ORIGIN).and_then(|v| v.to_str().ok());
    let origin = origin.unwrap_or_default().to_owned();
    let (me, mut f, done) = office
        .run(move |o| {
            let done = act(o, &me, &f, &origin);
            Ok((me, f, done))
        })
        .await?;
    let secrets: Vec<String> =
        f.0.iter().map(|(n, _)| n.clone()).filter(|n| is_secret(n)).collect();
    secrets.iter().for_each(|n| f.set(n, ""));
    match done {
        Ok(Done::Saved(said)) => {
            let mut response = go_saying(&office, &me, HERE, said).await?;
            // The name of the session's cookie hangs on the public address: it goes on under the
            // new one.
            if let Some(token) = token {
                let cookie = web::set_cookie(&office, &token);
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            Ok(response)
        }
        Ok(Done::Tried(tried)) => {
            let shown = office.run(move |o| {
                let mut shown = view(o, &me, filled(o), Wrong::default())?;
                shown.tried = Some((matches!(tried, Tried::Taken(_)), tried.words()));
                Ok(shown)
            });
            page(&shown.await?)
        }
        Err(e) => {
            let w = Wrong::of(e)?;
            let shown = office.run(move |o| {
                // The other forms of the page show what is set.
                let mut all = filled(o);
                all.take_over(f.0);
                view(o, &me, all, w)
            });
            mend(&shown.await?)
        }
    }
}

fn is_secret(name: &str) -> bool {
    name.ends_with("password") || name.ends_with("mine")
}

/// A password as it was typed, spaces at its ends too.
fn raw<'a>(f: &'a Filled, name: &str) -> &'a str {
    f.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str())
}

fn server<'a>(f: &'a Filled, fields: [&'static str; 5]) -> Server<'a> {
    let [host, port, user, password, _] = fields;
    Server {
        fields,
        host: f.get(host),
        port: f.get(port),
        user: f.get(user),
        password: raw(f, password),
    }
}

fn act(o: &Office, me: &Signed, f: &Filled, origin: &str) -> Result<Done> {
    me.by.role.may(Permission::SetCharter)?;
    let reach = o.reach();
    let (what, mine, said) = match f.get("act") {
        "mail" => {
            let post =
                rules::mail_of(&server(f, MAIL), f.get("mail-security"), reach.post.as_ref())?;
            let said = "The mail server has been saved. Send yourself a test message now.";
            (Set::Post(Some(post)), "mail-mine", said)
        }
        "no-mail" => (Set::Post(None), "mail-mine", "No mail server is set any more."),
        "address" => {
            let url = rules::address_of(f.get("address"))?;
            from_there(&url, origin, f.ticked("sure"))?;
            (Set::Address(Some(url)), "address-mine", "The public address has been saved.")
        }
        "mailbox" => {
            let (org, folder) = (&me.charter.organisation.short, f.get("mailbox-folder"));
            let mailbox =
                rules::mailbox_of(&server(f, MAILBOX), folder, org, reach.mailbox.as_ref())?;
            let said = "The mailbox has been saved. It is looked at every minute; if that fails, \
                        Today says so.";
            (Set::Mailbox(Some(mailbox)), "mailbox-mine", said)
        }
        "no-mailbox" => (Set::Mailbox(None), "mailbox-mine", "No mailbox is set any more."),
        "test" => return try_out(o, me).map(Done::Tried),
        _ => return Err(Error::NotFound("the act")),
    };
    // Whoever sets the mail server reads every letter that leaves.
    staff::confirmed(o, &me.by, mine, raw(f, mine))?;
    acts::set(o, &me.by, &what)?;
    Ok(Done::Saved(said))
}

/// Under an https address sessions are bound to it. Whoever types one from elsewhere might shut
/// everybody out by a slip, so that takes a tick.
fn from_there(url: &str, origin: &str, sure: bool) -> Result<()> {
    if sure || !url.starts_with("https://") || url == origin {
        return Ok(());
    }
    Err(Error::invalid(
        "sure",
        format!(
            "You are not at {url} now. Once it is saved, staff can sign in only there. Open the \
             office at that address and save it from there, or tick the box below"
        ),
    ))
}

/// A message to oneself through the mail server that is set: what was not saved, with a password,
/// is not tried, so that each host that is asked stands in the history.
fn try_out(o: &Office, me: &Signed) -> Result<Tried> {
    let Some(post) = o.reach().post.clone() else {
        return Err(Error::invalid("mail-host", "Save a mail server first, then test it"));
    };
    let (id, name) = (new_id(me.by.now), me.charter.organisation.name().to_owned());
    let letter = Letter {
        name: "test".into(),
        to: Some(me.me.email.clone()),
        from: (name.clone(), me.charter.contact.email.clone()),
        subject: "A test message from your data protection office".into(),
        text: format!(
            "This message was sent from the settings of {name}, to see whether letters leave.\n\n\
             If you read it, they do."
        ),
        thread: id.clone(),
    };
    let tried = post::try_out(&post, &id, &letter)?;
    acts::note_tried(o, &me.by, &tried.words())?;
    Ok(tried)
}
