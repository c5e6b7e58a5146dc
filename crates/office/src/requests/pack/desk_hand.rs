//! Handing the answer over, on the desk: sending it or a part of it, a new link, taking a link
//! back, looking again. A code that a person has to give is shown once, on the page that answers.

use askama::Template;
use axum::extract::{Form, Path, State};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::forms::{self, Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go_saying, mend, page};
use crate::office::Office;
use crate::people::Asker;
use crate::requests::acts;
use crate::requests::pack::{self, Way};
use crate::requests::sql;
use crate::staff::Permission;

#[derive(Template)]
#[template(path = "requests/pages/hand.html")]
struct HandPage {
    d: Desk,
    reference: String,
    act: String,
    title: &'static str,
    f: Filled,
    w: Wrong,
    /// The newest pack: its number, and whether it is the whole answer.
    pack: Option<(u64, bool)>,
    /// The code to give, once.
    code: Option<String>,
    phones: Vec<String>,
    /// Letters leave by themselves.
    server: bool,
    /// How they asked to have it; empty if they did not say.
    asked: &'static str,
}

/// Which act on which case.
#[derive(Debug, Clone, Deserialize)]
pub struct At {
    reference: String,
    hand: String,
}

fn title(act: &str) -> Result<&'static str> {
    Ok(match act {
        "send" => "Send the answer",
        "link" => "Send a new link",
        "revoke" => "Take the link back",
        "again" => "Look again",
        _ => return Err(Error::NotFound("the page")),
    })
}

fn hand_page(o: &Office, me: &Signed, at: &At, f: Filled, w: Wrong) -> Result<HandPage> {
    let title = title(&at.hand)?;
    let (case, packs) = o.read(|tx| {
        let case = acts::load_by_ref(tx, o, &me.by, &at.reference)?;
        let packs = sql::packs(tx, &me.by.org, &case.row.id)?;
        Ok((case, packs))
    })?;
    let wants = &case.body.wants;
    let mut f = f;
    if at.hand == "send" && f.0.is_empty() {
        f.set("how", Way::asked_for(wants));
    }
    Ok(HandPage {
        d: Desk::new(me, "Cases", format!("{title} – {}", at.reference)),
        reference: at.reference.clone(),
        act: at.hand.clone(),
        title,
        f,
        w,
        pack: packs.first().map(|k| (k.number, k.complete)),
        code: None,
        server: o.reach().post.is_some(),
        asked: wants.format_in_words(),
        phones: case.body.asker.phones,
    })
}

/// `GET /office/cases/{reference}/hand/{hand}`
pub async fn form(State(office): State<Office>, me: Signed, Path(at): Path<At>) -> Answer {
    me.by.role.may(Permission::SeeCases)?;
    let view =
        office.run(move |o| hand_page(o, &me, &at, Filled::default(), Wrong::default())).await?;
    page(&view)
}

/// `POST /office/cases/{reference}/hand/{hand}`
pub async fn act(
    State(office): State<Office>,
    me: Signed,
    Path(at): Path<At>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let f = Filled(pairs);
    let (me, at, f, done) = office
        .run(move |o| {
            let done = perform(o, &me, &at, &f);
            Ok((me, at, f, done))
        })
        .await?;
    match done {
        Ok(None) => {
            let to = format!("/office/cases/{}", at.reference);
            go_saying(&office, &me, &to, "Done, and kept in the history below.").await
        }
        Ok(code) => {
            let mut view = office
                .run(move |o| hand_page(o, &me, &at, Filled::default(), Wrong::default()))
                .await?;
            view.code = code;
            page(&view)
        }
        Err(e) => {
            let w = Wrong::of(e)?;
            mend(&office.run(move |o| hand_page(o, &me, &at, f, w)).await?)
        }
    }
}

fn perform(o: &Office, me: &Signed, at: &At, f: &Filled) -> Result<Option<String>> {
    f.check_lengths(|_| forms::LONG)?;
    let id = o.read(|tx| acts::load_by_ref(tx, o, &me.by, &at.reference))?.row.id;
    let way =
        || Way::from_word(f.get("how")).ok_or_else(|| Error::invalid("how", "Choose how it goes"));
    match at.hand.as_str() {
        "send" if f.get("how") == "post" => {
            let on = f.date("on").map_err(|e| Error::Invalid(vec![e]))?;
            let on = on.unwrap_or_else(|| dates::day_of(me.by.now));
            pack::posted(o, &me.by, &id, f.ticked("part"), on).map(|()| None)
        }
        "send" => pack::send(o, &me.by, &id, way()?, f.ticked("part")),
        "link" => pack::new_link(o, &me.by, &id, way()?),
        "revoke" => pack::revoke(o, &me.by, &id, f.get("reason")).map(|()| None),
        "again" => {
            let more = Asker {
                other_names: f.list("other_names"),
                emails: f.list("emails"),
                phones: f.list("phones"),
                postcodes: f.list("postcodes"),
                numbers: f.list("numbers"),
                ..Asker::default()
            };
            pack::look_again(o, &me.by, &id, f.get("reason"), &more).map(|()| None)
        }
        _ => Err(Error::NotFound("the page")),
    }
}
