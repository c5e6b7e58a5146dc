//! Messages on screen.

use axum::extract::{Form, Path, State};

use super::rules::{Proposal, Template};
use super::{acts, sql};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, mend, page};
use crate::office::Office;
use crate::permissions::Class;
use crate::staff::{Permission, Role};

type Pairs = Form<Vec<(String, String)>>;
type Classes = Vec<(&'static str, &'static str, &'static str)>;

fn classes() -> Classes {
    let about = |c| match c {
        Class::Service => "What somebody needs to have what they asked for",
        Class::Governance => "Meetings, ballots and rules, to members only",
        Class::Marketing => "Anything that promotes: offers, events, aims, fundraising",
        Class::ConsentRequest => "Asks whether more may be sent: marketing in the eyes of the law",
    };
    Class::ALL.map(|c| (c.word(), c.label(), about(c))).to_vec()
}

#[derive(askama::Template)]
#[template(path = "mailing/pages/messages.html")]
struct ListPage {
    d: Desk,
    all: Vec<Template>,
    may_propose: bool,
}

/// `GET /office/messages`
pub async fn list(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view = office
        .run(move |o| {
            Ok(ListPage {
                d: Desk::new(&me, "Messages", "Messages"),
                all: o.read(|tx| sql::latest(tx, &me.by.org))?,
                may_propose: me.by.role.may(Permission::ScreenLists).is_ok(),
            })
        })
        .await?;
    page(&view)
}

#[derive(askama::Template)]
#[template(path = "mailing/pages/message_new.html")]
struct NewPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    classes: Classes,
}

fn new_page(me: &Signed, f: Filled, w: Wrong) -> NewPage {
    NewPage { d: Desk::new(me, "Messages", "Propose a message"), f, w, classes: classes() }
}

/// `GET /office/messages/new`
pub async fn new(me: Signed) -> Answer {
    me.by.role.may(Permission::ScreenLists)?;
    page(&new_page(&me, Filled::default(), Wrong::default()))
}

fn propose(o: &Office, me: &Signed, short: &str, f: &Filled) -> Result<()> {
    let p = Proposal {
        short: short.to_owned(),
        title: f.get("title").to_owned(),
        class: Class::from_word(f.get("class")),
        // A form's line ends are two characters; the text is kept with one.
        text: f.get("text").replace("\r\n", "\n"),
    };
    let (by, vault) = (me.by.clone(), o.vault().clone());
    o.write(move |tx| acts::propose(tx, &vault, &by, &p)).map(drop)
}

/// `POST /office/messages/new`
pub async fn save_new(State(office): State<Office>, me: Signed, Form(pairs): Pairs) -> Answer {
    me.by.role.may(Permission::ScreenLists)?;
    carry_out(&office, me, (), Filled(pairs), propose_new, |_, me, (), f, e| {
        mend(&new_page(me, f, Wrong::of(e)?))
    })
    .await
}

fn propose_new(o: &Office, me: &Signed, (): &(), f: &Filled) -> Result<On> {
    let short = f.get("short");
    if !o.read(|tx| sql::versions(tx, &me.by.org, short))?.is_empty() {
        let words = "There is already a message with this short name: propose a version there";
        return Err(Error::invalid("short", words));
    }
    propose(o, me, short, f)?;
    Ok(On::saying(format!("/office/messages/{short}"), "The message has been proposed."))
}

#[derive(askama::Template)]
#[template(path = "mailing/pages/message.html")]
struct OnePage {
    d: Desk,
    f: Filled,
    w: Wrong,
    t: Template,
    proposed: String,
    approved: Option<String>,
    classes: Classes,
    may_approve: bool,
    may_propose: bool,
}

fn one_page(o: &Office, me: &Signed, short: &str, typed: Filled, w: Wrong) -> Result<OnePage> {
    let t = o.read(|tx| sql::one(tx, &me.by.org, short, None))?;
    let mut f = typed;
    for (name, kept) in [("title", &t.title), ("text", &t.text)] {
        if f.get("act") != "propose" {
            f.set(name, kept.clone());
        }
    }
    if f.get("act") != "propose" {
        f.set("class", t.class.word());
    }
    let own = me.by.role != Role::Officer && t.set_by == me.by.actor;
    let may = |p| me.by.role.may(p).is_ok();
    Ok(OnePage {
        d: Desk::new(me, "Messages", t.title.clone()),
        f,
        w,
        proposed: dates::moment(t.set_at),
        approved: t.approved_at.map(dates::moment),
        classes: classes(),
        may_approve: may(Permission::ManagePermissions) && !t.is_approved() && !own,
        may_propose: may(Permission::ScreenLists),
        t,
    })
}

/// `GET /office/messages/{short}`
pub async fn one(State(office): State<Office>, me: Signed, Path(short): Path<String>) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view =
        office.run(move |o| one_page(o, &me, &short, Filled::default(), Wrong::default())).await?;
    page(&view)
}

fn change(o: &Office, me: &Signed, short: &str, f: &Filled) -> Result<&'static str> {
    match f.get("act") {
        "approve" => {
            let version = f.get("version").parse().map_err(|_| Error::NotFound("the version"))?;
            let (by, vault, short) = (me.by.clone(), o.vault().clone(), short.to_owned());
            let reason = f.some("reason");
            o.write(move |tx| acts::approve(tx, &vault, &by, &short, version, reason.as_deref()))?;
            Ok("The class has been approved.")
        }
        "propose" => {
            o.read(|tx| sql::one(tx, &me.by.org, short, None))?;
            propose(o, me, short, f)?;
            Ok("The new version has been proposed.")
        }
        _ => Err(Error::NotFound("the page")),
    }
}

/// `POST /office/messages/{short}`
pub async fn act(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let act = |o: &Office, me: &Signed, short: &String, f: &Filled| {
        let said = change(o, me, short, f)?;
        Ok(On::saying(format!("/office/messages/{short}"), said))
    };
    carry_out(&office, me, short, Filled(pairs), act, |o, me, short, f, e| {
        mend(&one_page(o, me, short, f, Wrong::of(e)?)?)
    })
    .await
}
