//! Programs on screen: those that send, and hooks.

use askama::Template;
use axum::extract::{Form, State};

use super::{hooks, mailers, sql};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go_saying, mend, page};
use crate::office::Office;
use crate::staff::Permission;

struct MailerLine {
    id: String,
    title: String,
    made: String,
    ended: bool,
}

struct CallLine {
    id: String,
    when: String,
    event: String,
    state: String,
    tries: i64,
    answer: String,
    over: bool,
}

struct HookLine {
    id: String,
    host: String,
    events: String,
    trouble: String,
    ended: bool,
    calls: Vec<CallLine>,
}

#[derive(Template)]
#[template(path = "mailing/pages/programs.html")]
struct ProgramsPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    secret: Option<(&'static str, String)>,
    mailers: Vec<MailerLine>,
    hooks: Vec<HookLine>,
    events: [(&'static str, &'static str); 2],
    may_manage: bool,
}

/// What was shown once, or what was said.
enum Done {
    Said(&'static str),
    Secret(&'static str, String),
}

fn view(
    o: &Office,
    me: &Signed,
    f: Filled,
    w: Wrong,
    secret: Option<(&'static str, String)>,
) -> Result<ProgramsPage> {
    let org = &me.by.org;
    o.read(|tx| {
        let mailers = sql::mailers(tx, org)?.into_iter().map(|m| MailerLine {
            id: m.id,
            title: m.title,
            made: dates::moment(m.made),
            ended: m.ended.is_some(),
        });
        let mailers = mailers.collect();
        let mut lines = Vec::new();
        for h in hooks::sql::all(tx, org)? {
            let calls = hooks::sql::calls(tx, org, &h.id, 10)?.into_iter().map(|c| CallLine {
                over: c.state != "waiting",
                id: c.id,
                when: dates::moment(c.made),
                event: c.event,
                state: c.state,
                tries: c.tries,
                answer: c.answer.unwrap_or_default(),
            });
            lines.push(HookLine {
                calls: calls.collect(),
                id: h.id,
                host: h.host,
                events: h.events.replace(' ', ", "),
                trouble: h.trouble.unwrap_or_default(),
                ended: h.ended.is_some(),
            });
        }
        Ok(ProgramsPage {
            d: Desk::new(me, "Programs", "Programs"),
            f,
            w,
            secret,
            mailers,
            hooks: lines,
            events: [
                (hooks::rules::EVENTS[0], "Somebody is put on the stop list"),
                (hooks::rules::EVENTS[1], "Somebody withdraws a consent"),
            ],
            may_manage: me.by.role.may(Permission::ManagePermissions).is_ok(),
        })
    })
}

/// `GET /office/programs`
pub async fn programs(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let shown =
        office.run(move |o| view(o, &me, Filled::default(), Wrong::default(), None)).await?;
    page(&shown)
}

fn change(o: &Office, me: &Signed, f: &Filled) -> Result<Done> {
    let (by, vault) = (me.by.clone(), o.vault().clone());
    let id = f.get("id").to_owned();
    Ok(match f.get("act") {
        "add-mailer" => {
            let title = f.get("title").to_owned();
            let (_, token) = o.write(move |tx| mailers::add(tx, &vault, &by, &title))?;
            Done::Secret("This is the program’s token.", token)
        }
        "end-mailer" => {
            o.write(move |tx| mailers::end(tx, &by, &id))?;
            Done::Said("The program has been shut out.")
        }
        "add-hook" => {
            let url = f.get("url").to_owned();
            let events: Vec<String> = f.all("events").into_iter().map(str::to_owned).collect();
            let loopback = o.settings().hooks_to_loopback;
            let (_, secret) =
                o.write(move |tx| hooks::acts::add(tx, &vault, &by, &url, &events, loopback))?;
            Done::Secret("This is the secret that its calls are signed with.", secret)
        }
        "rotate-hook" => {
            let secret = o.write(move |tx| hooks::acts::rotate(tx, &vault, &by, &id))?;
            Done::Secret(
                "This is the new secret. For a week calls are signed with the old one too.",
                secret,
            )
        }
        "end-hook" => {
            o.write(move |tx| hooks::acts::end(tx, &by, &id, None))?;
            Done::Said("The hook has ended.")
        }
        "replay" => {
            o.write(move |tx| hooks::acts::replay(tx, &by, &id))?;
            Done::Said("The call is made again.")
        }
        _ => return Err(Error::NotFound("the page")),
    })
}

/// `POST /office/programs`
pub async fn act(
    State(office): State<Office>,
    me: Signed,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let f = Filled(pairs);
    enum Next {
        Go(&'static str),
        Show(ProgramsPage),
        Mend(ProgramsPage),
    }
    let (me, next) = office
        .run(move |o| {
            let next = match change(o, &me, &f) {
                Ok(Done::Said(said)) => Next::Go(said),
                Ok(Done::Secret(what, secret)) => {
                    let (f, w) = (Filled::default(), Wrong::default());
                    Next::Show(view(o, &me, f, w, Some((what, secret)))?)
                }
                Err(e) => Next::Mend(view(o, &me, f, Wrong::of(e)?, None)?),
            };
            Ok((me, next))
        })
        .await?;
    match next {
        Next::Go(said) => go_saying(&office, &me, "/office/programs", said).await,
        Next::Show(shown) => page(&shown),
        Next::Mend(shown) => mend(&shown),
    }
}
