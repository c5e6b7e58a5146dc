//! Where a holding is and who keeps it: adding one, changing it, ending it, taking it up again.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use candour_connectors::{DataMap, HoldingKind, Source, Tls};
use serde::Deserialize;

use super::acts::{self, NewHolding};
use super::change::{self, Change};
use super::desk::{about, kind_label};
use super::sql::{self, Holding};
use super::{folders, places, servers};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, LINE, LONG, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go_saying, mend, page};
use crate::office::Office;
use crate::staff::Permission;

type Pairs = Form<Vec<(String, String)>>;

const KINDS: [(HoldingKind, &str); 8] = [
    (HoldingKind::Sqlite, "One file, as many small programs keep it"),
    (HoldingKind::Postgres, ""),
    (HoldingKind::Mysql, ""),
    (HoldingKind::Csv, "Lists as text: one file, or a folder of them"),
    (HoldingKind::Workbook, "A spreadsheet: XLSX, XLS, ODS"),
    (HoldingKind::Mail, "Mailboxes as files: Maildir, mbox, messages"),
    (HoldingKind::Documents, "A folder of letters, scans and other files"),
    (HoldingKind::Paper, "A filing cabinet: whoever keeps it is asked by e-mail"),
];

/// Which fields a kind of holding has.
struct Place {
    word: &'static str,
    label: &'static str,
    file: bool,
    server: bool,
    schema: bool,
    paper: bool,
    /// Folders that may be named.
    folders: Vec<String>,
    /// Servers that may be named, with their ports.
    servers: Vec<(String, u16)>,
}

impl Place {
    fn of(o: &Office, me: &Signed, kind: HoldingKind) -> Result<Self> {
        let (server, paper) = (is_server(kind), kind == HoldingKind::Paper);
        let folders = folders::of(o, &me.by.org)?;
        let servers = match servers::usual(kind) {
            Some(usual) => {
                let all = servers::of(o, &me.by.org)?.into_iter();
                all.map(|s| (s.host, s.port.unwrap_or(usual))).collect()
            }
            None => Vec::new(),
        };
        Ok(Self {
            word: sql::kind_word(kind),
            label: kind_label(kind),
            file: !server && !paper,
            server,
            schema: kind == HoldingKind::Postgres,
            paper,
            folders: folders.iter().map(|p| p.display().to_string()).collect(),
            servers,
        })
    }
}

fn is_server(kind: HoldingKind) -> bool {
    servers::usual(kind).is_some()
}

fn kind_of(word: &str) -> Option<HoldingKind> {
    KINDS.into_iter().map(|(k, _)| k).find(|k| sql::kind_word(*k) == word)
}

#[derive(Template)]
#[template(path = "holdings/pages/kind.html")]
struct KindPage {
    d: Desk,
    w: Wrong,
    kinds: Vec<(&'static str, &'static str, &'static str)>,
}

fn kind_page(me: &Signed, w: Wrong) -> KindPage {
    let kinds = KINDS.into_iter().map(|(k, hint)| (sql::kind_word(k), kind_label(k), hint));
    KindPage { d: Desk::new(me, "Holdings", "Add a holding"), w, kinds: kinds.collect() }
}

#[derive(Template)]
#[template(path = "holdings/pages/new.html")]
struct NewPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    p: Place,
}

fn new_page(o: &Office, me: &Signed, kind: HoldingKind, f: Filled, w: Wrong) -> Result<NewPage> {
    let p = Place::of(o, me, kind)?;
    Ok(NewPage { d: Desk::new(me, "Holdings", "Add a holding"), f, w, p })
}

/// Which kind of holding is to be added.
#[derive(Deserialize)]
pub struct Which {
    kind: Option<String>,
    asked: Option<String>,
}

/// `GET /office/holdings/new`: first which kind, then what that kind needs.
pub async fn new(State(office): State<Office>, me: Signed, Query(q): Query<Which>) -> Answer {
    me.by.role.may(Permission::ManageHoldings)?;
    let Some(kind) = q.kind.as_deref().and_then(kind_of) else {
        return match q.asked {
            Some(_) => mend(&kind_page(&me, Wrong::of(no_kind())?)),
            None => page(&kind_page(&me, Wrong::default())),
        };
    };
    let view =
        office.run(move |o| new_page(o, &me, kind, Filled::default(), Wrong::default())).await?;
    page(&view)
}

fn no_kind() -> Error {
    Error::invalid("kind", "Choose what sort of place it is")
}

/// Where it is, as the form of its kind says.
fn source_from(f: &Filled, kind: HoldingKind) -> Result<Source> {
    let needed = |name: &'static str, words: &str| {
        f.some(name).map(Some).ok_or_else(|| Error::invalid(name, words))
    };
    if kind == HoldingKind::Paper {
        return Ok(Source::default());
    }
    if !is_server(kind) {
        let path = needed("path", "Enter the path of the file or folder")?;
        return Ok(Source { path: path.map(Into::into), ..Source::default() });
    }
    let port = match f.get("port") {
        "" => None,
        text => Some(text.parse().map_err(|_| Error::invalid("port", "The port is a number"))?),
    };
    Ok(Source {
        path: None,
        host: needed("host", "Enter the server’s name or address")?,
        port,
        database: needed("database", "Enter the name of the database")?,
        user: needed("user", "Enter the user to sign in as")?,
        schema: f.some("schema").filter(|_| kind == HoldingKind::Postgres),
        tls: match f.get("tls") {
            "verify-full" => Some(Tls::VerifyFull),
            "require" => Some(Tls::Require),
            "prefer" => Some(Tls::Prefer),
            "disable" => Some(Tls::Disable),
            _ => None,
        },
        ca_file: f.some("ca-file").map(Into::into),
        password_file: f.some("password-file").map(Into::into),
    })
}

fn fill_source(f: &mut Filled, s: &Source) {
    let path = |p: &Option<std::path::PathBuf>| {
        p.as_ref().map_or(String::new(), |p| p.display().to_string())
    };
    let text = |t: &Option<String>| t.clone().unwrap_or_default();
    let tls = s.tls.map_or("", |tls| match tls {
        Tls::VerifyFull => "verify-full",
        Tls::Require => "require",
        Tls::Prefer => "prefer",
        Tls::Disable => "disable",
    });
    for (name, value) in [
        ("path", path(&s.path)),
        ("host", text(&s.host)),
        ("port", s.port.map_or(String::new(), |p| p.to_string())),
        ("database", text(&s.database)),
        ("user", text(&s.user)),
        ("schema", text(&s.schema)),
        ("tls", tls.to_owned()),
        ("ca-file", path(&s.ca_file)),
        ("password-file", path(&s.password_file)),
    ] {
        f.set(name, value);
    }
}

fn most(name: &str) -> usize {
    match name {
        "path" | "password-file" | "ca-file" | "reason" => LONG,
        _ => LINE,
    }
}

/// Refuses a place that this organisation may not name, beside the field that names it.
fn inside(o: &Office, me: &Signed, map: &DataMap) -> Result<()> {
    let Some((key, _)) = places::outside(o, &me.by.org, map)? else { return Ok(()) };
    let server = map.source.host.as_ref().filter(|h| !h.starts_with('/')).is_some();
    let field = match key {
        "password_file" => "password-file",
        "ca_file" => "ca-file",
        key => key,
    };
    let words = match field {
        "host" | "port" if server => {
            "This server can’t be named here. Name one that is listed below, or ask whoever runs \
             this machine to allow it: [[servers]] in candour.toml"
        }
        _ => {
            "This place can’t be named here. Put it in a folder that is listed below, or ask \
             whoever runs this machine to allow its folder: [[folders]] in candour.toml"
        }
    };
    Err(Error::invalid(field, words))
}

fn add_from(o: &Office, me: &Signed, kind: &HoldingKind, f: &Filled) -> Result<On> {
    let kind = *kind;
    f.check_lengths(most)?;
    let source = source_from(f, kind)?;
    let new = NewHolding {
        short: f.get("short").to_owned(),
        title: f.get("title").to_owned(),
        kind,
        source,
        post: f.some("post"),
        post_email: f.some("post-email"),
    };
    inside(o, me, &DataMap::new(&new.short, &new.title, kind, new.source.clone()))?;
    let to = format!("/office/holdings/{}", new.short);
    acts::add(o, &me.by, new)?;
    Ok(On::to(to))
}

/// What to mend: a place that can't be reached is told at the form.
fn wrong(e: Error) -> Result<Wrong> {
    match e {
        Error::Holding(fault) => Wrong::of(Error::invalid("form", fault.to_string())),
        e => Wrong::of(e),
    }
}

/// `POST /office/holdings/new`: the connection is tried before anything is saved.
pub async fn add(State(office): State<Office>, me: Signed, Form(pairs): Pairs) -> Answer {
    me.by.role.may(Permission::ManageHoldings)?;
    let f = Filled(pairs);
    let Some(kind) = kind_of(f.get("kind")) else {
        return mend(&kind_page(&me, Wrong::of(no_kind())?));
    };
    carry_out(&office, me, kind, f, add_from, |o, me, kind, f, e| {
        mend(&new_page(o, me, *kind, f, wrong(e)?)?)
    })
    .await
}

#[derive(Template)]
#[template(path = "holdings/pages/change.html")]
struct ChangePage {
    d: Desk,
    short: String,
    title: String,
    f: Filled,
    w: Wrong,
    p: Place,
}

fn change_page(o: &Office, me: &Signed, h: &Holding, f: Filled, w: Wrong) -> Result<ChangePage> {
    Ok(ChangePage {
        d: Desk::new(me, "Holdings", format!("Change {}", h.title)),
        short: h.short.clone(),
        title: h.title.clone(),
        f,
        w,
        p: Place::of(o, me, h.map.kind)?,
    })
}

/// `GET /office/holdings/{short}/change`
pub async fn change_form(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
) -> Answer {
    me.by.role.may(Permission::ManageHoldings)?;
    about(&office, me, short, |o, me, h| {
        acts::kept(&h)?;
        let mut f = Filled::default();
        fill_source(&mut f, &h.map.source);
        f.set("version", h.version.to_string());
        f.set("title", h.title.clone());
        f.set("post", h.post.clone().unwrap_or_default());
        f.set("post-email", h.post_email.clone().unwrap_or_default());
        change_page(o, me, &h, f, Wrong::default())
    })
    .await
}

fn shown(f: &Filled, h: &Holding) -> Result<()> {
    match f.get("version") == h.version.to_string() {
        true => Ok(()),
        false => Err(Error::Conflict),
    }
}

/// The holding as it is by now, what was typed, and what to mend. What was typed while somebody
/// else changed the holding can be saved knowingly.
fn again(
    o: &Office,
    me: &Signed,
    short: &str,
    mut f: Filled,
    e: Error,
) -> Result<(Holding, Filled, Wrong)> {
    let h = o.read_one(|tx| sql::by_short(tx, &me.by.org, short))?;
    if matches!(e, Error::Conflict) {
        f.set("version", h.version.to_string());
    }
    Ok((h, f, wrong(e)?))
}

fn change_from(o: &Office, me: &Signed, short: &str, f: &Filled) -> Result<On> {
    let h = &o.read_one(|tx| sql::by_short(tx, &me.by.org, short))?;
    f.check_lengths(most)?;
    shown(f, h)?;
    let new = Change {
        title: f.get("title").to_owned(),
        source: source_from(f, h.map.kind)?,
        post: f.some("post"),
        post_email: f.some("post-email"),
    };
    // What a form of paper does not show stays as it is.
    let new = match h.is_paper() {
        true => Change { source: h.map.source.clone(), ..new },
        false => new,
    };
    if new.source != h.map.source {
        inside(o, me, &DataMap { source: new.source.clone(), ..h.map.clone() })?;
    }
    change::change(o, &me.by, h, new)?;
    Ok(On::saying(format!("/office/holdings/{short}"), "The holding has been changed."))
}

/// `POST /office/holdings/{short}/change`: a new place is tried before anything is saved.
pub async fn change(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let act = |o: &Office, me: &Signed, short: &String, f: &Filled| change_from(o, me, short, f);
    carry_out(&office, me, short, Filled(pairs), act, |o, me, short, f, e| {
        let (h, f, w) = again(o, me, short, f, e)?;
        mend(&change_page(o, me, &h, f, w)?)
    })
    .await
}

#[derive(Template)]
#[template(path = "holdings/pages/end.html")]
struct EndPage {
    d: Desk,
    short: String,
    title: String,
    f: Filled,
    w: Wrong,
}

fn end_page(me: &Signed, h: &Holding, f: Filled, w: Wrong) -> EndPage {
    EndPage {
        d: Desk::new(me, "Holdings", format!("End {}", h.title)),
        short: h.short.clone(),
        title: h.title.clone(),
        f,
        w,
    }
}

/// `GET /office/holdings/{short}/end`
pub async fn end_form(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
) -> Answer {
    me.by.role.may(Permission::ManageHoldings)?;
    about(&office, me, short, |_, me, h| {
        acts::kept(&h)?;
        let mut f = Filled::default();
        f.set("version", h.version.to_string());
        f.set_date("day", Some(dates::day_of(me.by.now)));
        Ok(end_page(me, &h, f, Wrong::default()))
    })
    .await
}

fn end_from(o: &Office, me: &Signed, short: &str, f: &Filled) -> Result<On> {
    let h = &o.read_one(|tx| sql::by_short(tx, &me.by.org, short))?;
    f.check_lengths(most)?;
    shown(f, h)?;
    let day = f.date("day").map_err(|e| Error::Invalid(vec![e]))?;
    let day = day.ok_or_else(|| Error::invalid("day", "Enter the day it ended"))?;
    change::end(o, &me.by, h, day, f.get("reason"))?;
    let said = "The holding has ended. Cases that still wait for it say so.";
    Ok(On::saying("/office/holdings", said))
}

/// `POST /office/holdings/{short}/end`
pub async fn end(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let act = |o: &Office, me: &Signed, short: &String, f: &Filled| end_from(o, me, short, f);
    carry_out(&office, me, short, Filled(pairs), act, |o, me, short, f, e| {
        let (h, f, w) = again(o, me, short, f, e)?;
        mend(&end_page(me, &h, f, w))
    })
    .await
}

/// `POST /office/holdings/{short}/take-up`
pub async fn take_up(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
) -> Answer {
    let to = format!("/office/holdings/{short}");
    let me = office
        .run(move |o| {
            let h = o.read_one(|tx| sql::by_short(tx, &me.by.org, &short))?;
            change::take_up(o, &me.by, &h)?;
            Ok(me)
        })
        .await?;
    let said = "The holding has been taken up again. Check it: it may have changed meanwhile.";
    go_saying(&office, &me, &to, said).await
}
