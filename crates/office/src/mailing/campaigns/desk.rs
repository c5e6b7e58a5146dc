//! Campaigns on screen.

use askama::Template;
use axum::extract::{Form, Multipart, Path, State as Office_};

use super::acts::{self, Plan, Sent, Whole};
use super::rules::{self, Campaign, Counted, State};
use super::{reach, sql};
use crate::charter::Channel;
use crate::error::{Error, Field, Result};
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, download, mend, page};
use crate::kit::{dates, upload};
use crate::mailing::{certificates, screen, templates};
use crate::office::Office;
use crate::permissions::Attested;
use crate::permissions::lapses::{self, Lapsing};
use crate::staff::Permission;

type Pairs = Form<Vec<(String, String)>>;

struct Line {
    short: String,
    title: String,
    day: String,
    list: String,
    channel: &'static str,
    class: &'static str,
    state: &'static str,
    tag: &'static str,
}

#[derive(Template)]
#[template(path = "mailing/pages/campaigns.html")]
struct ListPage {
    d: Desk,
    all: Vec<Line>,
    counts: Vec<Counted>,
    may_plan: bool,
}

/// `GET /office/campaigns`
pub async fn list(Office_(office): Office_<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view = office
        .run(move |o| {
            let today = dates::day_of(me.by.now);
            let (all, counts) = o.read(|tx| {
                let all = sql::latest(tx, &me.by.org, 200)?;
                let year = today.saturating_sub(jiff::Span::new().years(1));
                let counts = sql::by_class(tx, &me.by.org, year)?;
                let all = all.into_iter().map(|c| acts::whole(tx, &me.by.org, c));
                Ok((all.collect::<Result<Vec<_>>>()?, counts))
            })?;
            let line = |w: Whole| Line {
                day: dates::short(w.campaign.planned_on),
                class: w.template.class.label(),
                state: w.state(today).label(),
                tag: w.state(today).tag(),
                channel: w.campaign.channel.label(),
                short: w.campaign.short,
                title: w.campaign.title,
                list: w.campaign.list,
            };
            Ok(ListPage {
                d: Desk::new(&me, "Campaigns", "Campaigns"),
                all: all.into_iter().map(line).collect(),
                counts,
                may_plan: me.by.role.may(Permission::ScreenLists).is_ok(),
            })
        })
        .await?;
    page(&view)
}

#[derive(Template)]
#[template(path = "mailing/pages/campaign_new.html")]
struct NewPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    channels: Vec<(&'static str, &'static str)>,
    messages: Vec<(String, String)>,
    purposes: Vec<(String, String)>,
    grounds: Vec<(&'static str, &'static str)>,
}

fn new_page(o: &Office, me: &Signed, f: Filled, w: Wrong) -> Result<NewPage> {
    let messages = o.read(|tx| templates::sql::latest(tx, &me.by.org))?;
    let purposes = &me.charter.permissions.purposes;
    Ok(NewPage {
        d: Desk::new(me, "Campaigns", "Plan a campaign"),
        f,
        w,
        channels: Channel::ALL.map(|c| (c.word(), c.label())).to_vec(),
        messages: messages
            .into_iter()
            .map(|t| (t.short, format!("{} ({})", t.title, t.class.label().to_lowercase())))
            .collect(),
        purposes: purposes.iter().map(|p| (p.short.clone(), p.title.clone())).collect(),
        grounds: Attested::ALL.map(|a| (a.word(), a.label())).to_vec(),
    })
}

/// `GET /office/campaigns/new`
pub async fn new(Office_(office): Office_<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::ScreenLists)?;
    let view = office.run(move |o| new_page(o, &me, Filled::default(), Wrong::default())).await?;
    page(&view)
}

fn plan_of(f: &Filled) -> Result<Plan> {
    Ok(Plan {
        short: f.get("short").to_owned(),
        title: f.get("title").to_owned(),
        list: f.get("list").to_owned(),
        purpose: f.some("purpose"),
        channel: Channel::from_word(f.get("channel")),
        template: f.get("template").to_owned(),
        attested: Attested::from_word(f.get("attested")),
        on: f.date("on").map_err(|bad| Error::Invalid(vec![bad]))?,
    })
}

/// `POST /office/campaigns/new`
pub async fn plan(Office_(office): Office_<Office>, me: Signed, Form(pairs): Pairs) -> Answer {
    let act = |o: &Office, me: &Signed, (): &(), f: &Filled| {
        let (by, vault, p) = (me.by.clone(), o.vault().clone(), plan_of(f)?);
        o.write(move |tx| acts::plan(tx, &vault, &by, &p))?;
        let to = format!("/office/campaigns/{}", f.get("short"));
        Ok(On::saying(to, "The campaign has been planned."))
    };
    carry_out(&office, me, (), Filled(pairs), act, |o, me, (), f, e| {
        mend(&new_page(o, me, f, Wrong::of(e)?)?)
    })
    .await
}

#[derive(Template)]
#[template(path = "mailing/pages/campaign.html")]
struct OnePage {
    d: Desk,
    f: Filled,
    w: Wrong,
    c: Campaign,
    state: State,
    day: String,
    message: String,
    class: String,
    approved: bool,
    purpose: String,
    until: Option<String>,
    sent: Option<String>,
    acknowledged: Option<String>,
    trouble: Option<&'static str>,
    fitting: Vec<(String, String)>,
    /// Whose yes to this purpose by this channel lapses by the day of the send.
    lapsing: Vec<Lapsing>,
    may_send: bool,
    may_acknowledge: bool,
}

fn one_page(o: &Office, me: &Signed, short: &str, f: Filled, w: Wrong) -> Result<OnePage> {
    let (org, today) = (&me.by.org, dates::day_of(me.by.now));
    let (whole, fitting) = o.read(|tx| {
        let whole = acts::load(tx, org, short)?;
        let day = whole.campaign.planned_on.max(today);
        let mut fitting = Vec::new();
        for cert in certificates::latest(tx, org, 50)? {
            let fits = rules::trouble(&whole.campaign, &whole.template, &cert, None, day);
            if fits.is_none() && sql::bound(tx, org, &cert.id)?.is_none() {
                let until = dates::long(cert.valid_until);
                fitting.push((cert.id.clone(), format!("{}, until {until}", cert.id)));
            }
        }
        Ok((whole, fitting))
    })?;
    let state = whole.state(today);
    let lapsing = match whole.campaign.sent_on {
        None => lapsing(o, me, &whole.campaign).unwrap_or_default(),
        Some(_) => Vec::new(),
    };
    let trouble = whole.trouble(None, whole.campaign.planned_on.max(today));
    let (c, t) = (whole.campaign, whole.template);
    let may = |p| me.by.role.may(p).is_ok();
    Ok(OnePage {
        d: Desk::new(me, "Campaigns", c.title.clone()),
        f,
        w,
        state,
        day: dates::full(c.planned_on),
        message: t.title.clone(),
        class: t.class.label().to_lowercase(),
        approved: t.is_approved(),
        purpose: screen::title_of(&me.charter.permissions, Some(&c.purpose)),
        until: whole.certificate.map(|z| dates::long(z.valid_until)),
        sent: c.sent_on.map(dates::full),
        acknowledged: c.acknowledged_at.map(dates::moment),
        trouble,
        fitting,
        lapsing,
        may_send: may(Permission::ScreenLists),
        may_acknowledge: matches!(state, State::Uncovered | State::NotCompared)
            && may(Permission::ManagePermissions),
        c,
    })
}

fn lapsing(o: &Office, me: &Signed, c: &Campaign) -> Result<Vec<Lapsing>> {
    lapses::before(o, &me.by, &c.purpose, c.channel, c.planned_on)
}

/// `GET /office/campaigns/{short}/lapses.csv`: whom to ask before the send, noted in the ledger.
pub async fn lapses_file(
    Office_(office): Office_<Office>,
    me: Signed,
    Path(short): Path<String>,
) -> Answer {
    let text = office
        .run(move |o| {
            let w = o.read(|tx| acts::load(tx, &me.by.org, &short))?;
            let all = lapsing(o, &me, &w.campaign)?;
            let by = me.by.clone();
            o.write(move |tx| acts::lapses_saved(tx, &by, &short))?;
            lapses::csv(&all)
        })
        .await?;
    Ok(download("lapses.csv", "text/csv", text))
}

/// `GET /office/campaigns/{short}`
pub async fn one(
    Office_(office): Office_<Office>,
    me: Signed,
    Path(short): Path<String>,
) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view =
        office.run(move |o| one_page(o, &me, &short, Filled::default(), Wrong::default())).await?;
    page(&view)
}

fn change(o: &Office, me: &Signed, short: &str, f: &Filled) -> Result<&'static str> {
    let (by, short) = (me.by.clone(), short.to_owned());
    match f.get("act") {
        "attach" => {
            let id = f.some("certificate");
            let id = id.ok_or_else(|| Error::invalid("certificate", "Choose a certificate"))?;
            o.write(move |tx| acts::attach(tx, &by, &short, &id))?;
            Ok("The certificate covers this campaign.")
        }
        "acknowledge" => {
            o.write(move |tx| acts::acknowledge(tx, &by, &short))?;
            Ok("Noted that you have looked at it.")
        }
        _ => Err(Error::NotFound("the page")),
    }
}

/// `POST /office/campaigns/{short}`
pub async fn act(
    Office_(office): Office_<Office>,
    me: Signed,
    Path(short): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let act = |o: &Office, me: &Signed, short: &String, f: &Filled| {
        let said = change(o, me, short, f)?;
        Ok(On::saying(format!("/office/campaigns/{short}"), said))
    };
    carry_out(&office, me, short, Filled(pairs), act, |o, me, at, f, e| again(o, me, at, f, e))
        .await
}

fn again(o: &Office, me: &Signed, short: &str, f: Filled, e: Error) -> Answer {
    mend(&one_page(o, me, short, f, Wrong::of(e)?)?)
}

/// `POST /office/campaigns/{short}/sent`: the list that was used is hashed and its addresses noted
/// for the frequency cap; it is not kept.
pub async fn sent(
    Office_(office): Office_<Office>,
    me: Signed,
    Path(short): Path<String>,
    parts: Multipart,
) -> Answer {
    me.by.role.may(Permission::ScreenLists)?;
    let place = upload::folder(&office)?;
    let (f, bytes) = upload::received(parts, "file", &place.path().join("list")).await?;
    let act = move |o: &Office, me: &Signed, short: &String, f: &Filled| {
        let file = (bytes > 0).then(|| place.path().join("list"));
        let said = sent_from(o, me, short, f, file.as_deref())?;
        Ok(On::saying(format!("/office/campaigns/{short}"), said))
    };
    carry_out(&office, me, short, f, act, |o, me, at, f, e| again(o, me, at, f, e)).await
}

fn sent_from(
    o: &Office,
    me: &Signed,
    short: &str,
    f: &Filled,
    file: Option<&std::path::Path>,
) -> Result<&'static str> {
    let reached =
        f.some("reached").map(|r| r.parse::<u64>()).transpose().map_err(|_| {
            Error::Invalid(vec![Field::new("reached", "Enter a number, or nothing")])
        })?;
    let sent = Sent { sha256: f.some("sha256"), reached, reason: f.some("reason") };
    let column = f.some("column");
    let state = match file {
        Some(path) => reach::sent_with_file(o, &me.by, short, path, column.as_deref(), sent)?.0,
        None => {
            let (by, vault, short) = (me.by.clone(), o.vault().clone(), short.to_owned());
            o.write(move |tx| acts::mark_sent(tx, &vault, &by, &short, &sent))?
        }
    };
    Ok(match state {
        State::NotCompared => {
            "Marked as sent. It was not compared with its certificate: that waits on Today."
        }
        _ => "The campaign has been marked as sent.",
    })
}
