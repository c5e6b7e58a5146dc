//! Holdings on screen: the list, adding one, its data map with what is to be decided.

use askama::Template;
use axum::extract::{Form, Path, State};
use candour_connectors::{DataMap, HoldingKind, Holds, Source, Tls};

use super::acts::{self, NewHolding};
use super::sql::{self, Holding};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, go_saying, mend, page};
use crate::office::Office;
use crate::staff::Permission;

type Pairs = Form<Vec<(String, String)>>;

struct Line {
    short: String,
    title: String,
    kind: &'static str,
    post: String,
    checked: String,
    problems: usize,
    unreached: bool,
}

#[derive(Template)]
#[template(path = "holdings/pages/list.html")]
struct ListPage {
    d: Desk,
    lines: Vec<Line>,
    may_manage: bool,
}

/// What a kind is called on screens.
fn kind_label(kind: HoldingKind) -> &'static str {
    match kind {
        HoldingKind::Sqlite => "SQLite database",
        HoldingKind::Postgres => "PostgreSQL database",
        HoldingKind::Mysql => "MySQL or MariaDB database",
        HoldingKind::Csv => "CSV files",
        HoldingKind::Workbook => "Workbook",
        HoldingKind::Mail => "Mailbox",
        HoldingKind::Documents => "Documents",
        HoldingKind::Paper => "Paper",
    }
}

const KINDS: [HoldingKind; 8] = [
    HoldingKind::Sqlite,
    HoldingKind::Postgres,
    HoldingKind::Mysql,
    HoldingKind::Csv,
    HoldingKind::Workbook,
    HoldingKind::Mail,
    HoldingKind::Documents,
    HoldingKind::Paper,
];

/// `GET /office/holdings`
pub async fn list(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeeHoldings)?;
    let view = office
        .run(move |o| {
            let all = o.read_one(|tx| sql::all(tx, &me.by.org))?;
            Ok(ListPage {
                d: Desk::new(&me, "Holdings", "Holdings"),
                lines: all
                    .into_iter()
                    .map(|h| Line {
                        kind: kind_label(h.map.kind),
                        unreached: h.unreached(),
                        post: h.post.unwrap_or_default(),
                        checked: h.checked.map_or("not yet".into(), dates::moment),
                        problems: h.problems.len(),
                        short: h.short,
                        title: h.title,
                    })
                    .collect(),
                may_manage: me.by.role.may(Permission::ManageHoldings).is_ok(),
            })
        })
        .await?;
    page(&view)
}

struct CollectionView {
    name: String,
    holds: &'static str,
    why: String,
    activity: String,
    erasure: String,
    unsure: String,
    fields: Vec<FieldView>,
    links: Vec<LinkView>,
}

struct FieldView {
    name: String,
    category: String,
    identifier: String,
    others: bool,
    mentions: bool,
    unsure: String,
}

struct LinkView {
    words: String,
    evidence: String,
    confirmed: bool,
}

fn view(map: &DataMap) -> Vec<CollectionView> {
    let text = |o: &Option<String>| o.clone().unwrap_or_default();
    map.collection
        .iter()
        .map(|c| CollectionView {
            name: c.name.clone(),
            holds: match c.holds {
                Holds::Person => "About people, found by their own identifiers",
                Holds::Linked => "Found through links",
                Holds::None => "No personal data",
            },
            why: text(&c.why),
            activity: text(&c.activity),
            erasure: word(&c.on_erasure),
            unsure: text(&c.unsure),
            fields: c
                .field
                .iter()
                .map(|f| FieldView {
                    name: f.name.clone(),
                    category: word(&f.category),
                    identifier: f.identifier.map_or(String::new(), |k| k.name().to_owned()),
                    others: f.others,
                    mentions: f.mentions,
                    unsure: text(&f.unsure),
                })
                .collect(),
            links: c
                .link
                .iter()
                .map(|l| LinkView {
                    words: format!("{} → {}.{}", l.fields.join(", "), l.to, l.to_fields.join(", ")),
                    evidence: l.evidence.clone(),
                    confirmed: l.confirmed,
                })
                .collect(),
        })
        .collect()
}

/// The word of an enum as it is written in the map.
fn word(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(s)) => s.replace('-', " "),
        _ => String::new(),
    }
}

#[derive(Template)]
#[template(path = "holdings/pages/one.html")]
struct OnePage {
    d: Desk,
    h: Holding,
    kind: &'static str,
    checked: String,
    collections: Vec<CollectionView>,
    may_manage: bool,
}

/// `GET /office/holdings/{short}`
pub async fn one(State(office): State<Office>, me: Signed, Path(short): Path<String>) -> Answer {
    me.by.role.may(Permission::SeeHoldings)?;
    let view = office
        .run(move |o| {
            let h = o.read_one(|tx| sql::by_short(tx, &me.by.org, &short))?;
            Ok(OnePage {
                d: Desk::new(&me, "Holdings", h.title.clone()),
                kind: kind_label(h.map.kind),
                checked: h.checked.map_or("not yet".into(), dates::moment),
                collections: view(&h.map),
                may_manage: me.by.role.may(Permission::ManageHoldings).is_ok(),
                h,
            })
        })
        .await?;
    page(&view)
}

#[derive(Template)]
#[template(path = "holdings/pages/new.html")]
struct NewPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    kinds: Vec<(&'static str, &'static str)>,
}

fn new_page(me: &Signed, f: Filled, w: Wrong) -> NewPage {
    let kinds = KINDS.into_iter().map(|k| (sql::kind_word(k), kind_label(k))).collect();
    NewPage { d: Desk::new(me, "Holdings", "Add a holding"), f, w, kinds }
}

/// `GET /office/holdings/new`
pub async fn new(me: Signed) -> Answer {
    me.by.role.may(Permission::ManageHoldings)?;
    page(&new_page(&me, Filled::default(), Wrong::default()))
}

fn new_from(f: &Filled) -> Result<NewHolding> {
    let kind = KINDS
        .into_iter()
        .find(|k| sql::kind_word(*k) == f.get("kind"))
        .ok_or_else(|| Error::invalid("kind", "Choose what sort of place it is"))?;
    let port = match f.get("port") {
        "" => None,
        text => Some(text.parse().map_err(|_| Error::invalid("port", "The port is a number"))?),
    };
    let server = matches!(kind, HoldingKind::Postgres | HoldingKind::Mysql);
    let source = Source {
        path: f.some("path").map(Into::into),
        host: f.some("host"),
        port,
        database: f.some("database"),
        user: f.some("user"),
        password_file: f.some("password-file").map(Into::into),
        tls: match f.get("tls") {
            "verify-full" if server => Some(Tls::VerifyFull),
            "require" if server => Some(Tls::Require),
            "disable" if server => Some(Tls::Disable),
            _ => None,
        },
        ..Source::default()
    };
    Ok(NewHolding {
        short: f.get("short").to_owned(),
        title: f.get("title").to_owned(),
        kind,
        source,
        post: f.some("post"),
        post_email: f.some("post-email"),
    })
}

/// `POST /office/holdings/new`: the connection is tried before anything is saved.
pub async fn add(State(office): State<Office>, me: Signed, Form(pairs): Pairs) -> Answer {
    let f = Filled(pairs);
    let (me, f, done) = office
        .run(move |o| {
            let done = new_from(&f).and_then(|new| {
                let short = new.short.clone();
                acts::add(o, &me.by, new).map(|_| short)
            });
            Ok((me, f, done))
        })
        .await?;
    match done {
        Ok(short) => go(&format!("/office/holdings/{short}")),
        Err(Error::Holding(fault)) => {
            let w = Wrong::of(Error::invalid("form", fault.to_string()))?;
            mend(&new_page(&me, f, w))
        }
        Err(e) => mend(&new_page(&me, f, Wrong::of(e)?)),
    }
}

#[derive(Template)]
#[template(path = "holdings/pages/map.html")]
struct MapPage {
    d: Desk,
    short: String,
    title: String,
    f: Filled,
    w: Wrong,
}

fn map_page(me: &Signed, h: &Holding, f: Filled, w: Wrong) -> MapPage {
    let title = format!("Data map of {}", h.title);
    MapPage {
        d: Desk::new(me, "Holdings", title),
        short: h.short.clone(),
        title: h.title.clone(),
        f,
        w,
    }
}

/// `GET /office/holdings/{short}/map`
pub async fn map_form(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
) -> Answer {
    me.by.role.may(Permission::ManageHoldings)?;
    let view = office
        .run(move |o| {
            let h = o.read_one(|tx| sql::by_short(tx, &me.by.org, &short))?;
            let mut f = Filled::default();
            f.set("map", h.map.to_toml()?);
            f.set("version", h.version.to_string());
            Ok(map_page(&me, &h, f, Wrong::default()))
        })
        .await?;
    page(&view)
}

/// `POST /office/holdings/{short}/map`
pub async fn set_map(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let f = Filled(pairs);
    let (me, f, h, done) = office
        .run(move |o| {
            let h = o.read_one(|tx| sql::by_short(tx, &me.by.org, &short))?;
            let done = save_map(o, &me, &h, &f);
            Ok((me, f, h, done))
        })
        .await?;
    match done {
        Ok(()) => {
            let to = format!("/office/holdings/{}", h.short);
            go_saying(&office, &me, &to, "The map has been saved and checked.").await
        }
        Err(Error::Holding(fault)) => {
            let w = Wrong::of(Error::invalid("map", fault.to_string()))?;
            mend(&map_page(&me, &h, f, w))
        }
        Err(e) => mend(&map_page(&me, &h, f, Wrong::of(e)?)),
    }
}

fn save_map(o: &Office, me: &Signed, h: &Holding, f: &Filled) -> Result<()> {
    if f.get("version") != h.version.to_string() {
        return Err(Error::Conflict);
    }
    let map = DataMap::from_toml(&f.get("map").replace("\r\n", "\n"), "the map")?;
    let changed = Holding { map: map.clone(), ..h.clone() };
    let found = acts::problems(o, &me.by.org, &changed)?;
    let lines: Vec<String> = found.iter().map(acts::line).collect();
    let (by, vault, h) = (me.by.clone(), o.vault().clone(), h.clone());
    o.write(move |tx| acts::set_map(tx, &vault, &by, &h, &map, &lines))
}

/// `POST /office/holdings/{short}/scan`
pub async fn scan(State(office): State<Office>, me: Signed, Path(short): Path<String>) -> Answer {
    let to = format!("/office/holdings/{short}");
    office
        .run(move |o| {
            let h = o.read_one(|tx| sql::by_short(tx, &me.by.org, &short))?;
            acts::scan_and_save(o, &me.by, &h)
        })
        .await?;
    go(&to)
}

/// `POST /office/holdings/{short}/check`
pub async fn check(State(office): State<Office>, me: Signed, Path(short): Path<String>) -> Answer {
    let to = format!("/office/holdings/{short}");
    office
        .run(move |o| {
            let h = o.read_one(|tx| sql::by_short(tx, &me.by.org, &short))?;
            acts::check_and_save(o, &me.by, &h)
        })
        .await?;
    go(&to)
}
