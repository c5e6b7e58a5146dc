//! Holdings on screen: the list, one with what is to be decided, its whole data map as text.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Path, State};
use candour_connectors::{DataMap, HoldingKind, Holds};

use super::sql::{self, Ended, Holding};
use super::{acts, form};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, LINE, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, mend, page};
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
    ended: Vec<EndedLine>,
    may_manage: bool,
}

/// A holding that is no longer kept.
struct EndedLine {
    short: String,
    title: String,
    on: String,
    why: String,
}

impl EndedLine {
    fn of(h: &Holding) -> Option<Self> {
        let Ended { on, why } = h.ended.clone()?;
        let (short, title) = (h.short.clone(), h.title.clone());
        Some(Self { short, title, on: dates::full(on), why })
    }
}

/// What a kind is called on screens.
pub(super) fn kind_label(kind: HoldingKind) -> &'static str {
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

/// `GET /office/holdings`
pub async fn list(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeeHoldings)?;
    let view = office
        .run(move |o| {
            let all = o.read_one(|tx| sql::known(tx, &me.by.org))?;
            Ok(ListPage {
                d: Desk::new(&me, "Holdings", "Holdings"),
                ended: all.iter().filter_map(EndedLine::of).collect(),
                lines: all
                    .into_iter()
                    .filter(|h| h.ended.is_none())
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
    /// Decisions that are left.
    left: usize,
    fields: Vec<FieldView>,
    links: Vec<LinkView>,
}

struct FieldView {
    name: String,
    category: String,
    identifier: String,
    others: bool,
    mentions: bool,
    codes: String,
    unsure: String,
}

struct LinkView {
    words: String,
    evidence: String,
    confirmed: bool,
    refused: String,
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
            left: form::left(map, c).len(),
            fields: c
                .field
                .iter()
                .map(|f| FieldView {
                    name: f.name.clone(),
                    category: word(&f.category),
                    identifier: f.identifier.map_or(String::new(), |k| k.name().to_owned()),
                    others: f.others,
                    mentions: f.mentions,
                    codes: said(&f.codes),
                    unsure: text(&f.unsure),
                })
                .collect(),
            links: c
                .link
                .iter()
                .map(|l| LinkView {
                    words: form::ends(l),
                    evidence: l.evidence.clone(),
                    confirmed: l.confirmed,
                    refused: text(&l.refused),
                })
                .collect(),
        })
        .collect()
}

/// The word of an enum as it is written in the map, with blanks.
fn word(value: &impl serde::Serialize) -> String {
    form::word(value).replace('-', " ")
}

/// What codes mean: "A is Active; L is Lapsed".
fn said(codes: &BTreeMap<String, String>) -> String {
    let one = |(code, means): (&String, &String)| match means.is_empty() {
        true => format!("{code} is not explained"),
        false => format!("{code} is {means}"),
    };
    codes.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[derive(Template)]
#[template(path = "holdings/pages/one.html")]
struct OnePage {
    d: Desk,
    h: Holding,
    kind: &'static str,
    checked: String,
    collections: Vec<CollectionView>,
    /// The first table that needs a decision.
    first: Option<usize>,
    ended: Option<EndedLine>,
    /// It was named in the browser and may not be any more: it can't be reached, and why.
    outside: Option<String>,
    may_manage: bool,
}

/// Shows a page about one holding.
pub(super) async fn about<P: Template + Send + 'static>(
    office: &Office,
    me: Signed,
    short: String,
    show: impl FnOnce(&Office, &Signed, Holding) -> Result<P> + Send + 'static,
) -> Answer {
    let read =
        move |o: &Office| show(o, &me, o.read_one(|tx| sql::by_short(tx, &me.by.org, &short))?);
    page(&office.run(read).await?)
}

/// `GET /office/holdings/{short}`
pub async fn one(State(office): State<Office>, me: Signed, Path(short): Path<String>) -> Answer {
    me.by.role.may(Permission::SeeHoldings)?;
    about(&office, me, short, |o, me, h| {
        let collections = view(&h.map);
        Ok(OnePage {
            d: Desk::new(me, "Holdings", h.title.clone()),
            kind: kind_label(h.map.kind),
            checked: h.checked.map_or("not yet".into(), dates::moment),
            first: collections.iter().position(|c| c.left > 0),
            collections,
            ended: EndedLine::of(&h),
            outside: acts::barred(o, &h)?.map(|fault| fault.to_string()),
            may_manage: me.by.role.may(Permission::ManageHoldings).is_ok(),
            h,
        })
    })
    .await
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
    about(&office, me, short, |_, me, h| {
        let mut f = Filled::default();
        f.set("map", h.map.to_toml()?);
        f.set("version", h.version.to_string());
        Ok(map_page(me, &h, f, Wrong::default()))
    })
    .await
}

/// `POST /office/holdings/{short}/map`
pub async fn set_map(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let save = |o: &Office, me: &Signed, short: &String, f: &Filled| save_map(o, me, short, f);
    carry_out(&office, me, short, Filled(pairs), save, |o, me, short, f, e| {
        let w = match e {
            Error::Holding(fault) => {
                Wrong::of(Error::invalid("map", format!("Nothing has been saved. {fault}")))
            }
            e => Wrong::of(e),
        };
        let h = o.read_one(|tx| sql::by_short(tx, &me.by.org, short))?;
        mend(&map_page(me, &h, f, w?))
    })
    .await
}

/// Letters that a whole map may have.
const MAP: usize = 500_000;

fn save_map(o: &Office, me: &Signed, short: &str, f: &Filled) -> Result<On> {
    let h = o.read_one(|tx| sql::by_short(tx, &me.by.org, short))?;
    if f.get("version") != h.version.to_string() {
        return Err(Error::Conflict);
    }
    f.check_lengths(|name| if name == "map" { MAP } else { LINE })?;
    let map = DataMap::from_toml(&f.get("map").replace("\r\n", "\n"), "the map")?;
    acts::save_map(o, &me.by, &h, map)?;
    Ok(On::saying(format!("/office/holdings/{short}"), "The map has been saved and checked."))
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
