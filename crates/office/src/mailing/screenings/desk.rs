//! Screening a list in the browser: bring it in, confirm its columns, see what came of it.

use askama::Template;
use axum::extract::{Form, Multipart, Path, State};
use axum::http::HeaderMap;
use candour_screening::Kind;
use jiff::Timestamp;

use super::{Screening, sql};
use crate::charter::Channel;
use crate::error::{Error, Result};
use crate::kit::blobs::BlobReader;
use crate::kit::forms::{Filled, Wrong, count, sentence};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, download, go, go_saying, mend, page, stream};
use crate::kit::{dates, upload};
use crate::mailing::screen::{Certificate, title_of};
use crate::office::Office;
use crate::people;
use crate::permissions::{Attested, Class};
use crate::staff::Permission;

type Pairs = Form<Vec<(String, String)>>;

#[derive(Template)]
#[template(path = "mailing/pages/screen.html")]
struct StartPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    purposes: Vec<(String, String)>,
    channels: Vec<(&'static str, &'static str)>,
    classes: Vec<(&'static str, &'static str)>,
    attested: Vec<(&'static str, &'static str)>,
    recent: Vec<Recent>,
    may: bool,
}

struct Recent {
    id: String,
    made: String,
    what: String,
    /// How many rows, and what came of them.
    rows: String,
    done: bool,
}

/// How many rows a list has: that, its day and its purpose tell lists apart. A file's name is not
/// kept, since it may hold somebody's.
fn rows_of(s: &Screening) -> Result<String> {
    if let Some(text) = &s.certificate {
        let c: Certificate = serde_json::from_str(text)?;
        let all = count(c.rows.all, "row", "rows");
        return Ok(format!("{all}, {} may be contacted", c.rows.allowed));
    }
    let shape: serde_json::Value = serde_json::from_str(&s.shape)?;
    let rows = shape["rows_estimate"].as_u64().unwrap_or(0);
    Ok(format!("About {}", count(rows, "row", "rows")))
}

fn start_page(o: &Office, me: &Signed, f: Filled, w: Wrong) -> Result<StartPage> {
    let settings = &me.charter.permissions;
    let recent = o.read(|tx| sql::latest(tx, &me.by.org, 20))?;
    Ok(StartPage {
        d: Desk::new(me, "Screen a list", "Screen a list"),
        f,
        w,
        purposes: settings.purposes.iter().map(|p| (p.short.clone(), p.title.clone())).collect(),
        channels: Channel::ALL.iter().map(|c| (c.word(), c.label())).collect(),
        classes: Class::ALL.iter().map(|c| (c.word(), c.label())).collect(),
        attested: Attested::ALL.iter().map(|a| (a.word(), a.label())).collect(),
        recent: recent
            .iter()
            .map(|s| {
                Ok(Recent {
                    id: s.id.clone(),
                    made: dates::moment(s.made),
                    what: what(me, s),
                    rows: rows_of(s)?,
                    done: s.done,
                })
            })
            .collect::<Result<_>>()?,
        may: me.by.role.may(Permission::ScreenLists).is_ok(),
    })
}

fn what(me: &Signed, s: &Screening) -> String {
    let channel = Channel::from_word(&s.channel).map_or("", Channel::label);
    let class = Class::from_word(&s.class).map_or("", Class::label);
    let purpose = Some(s.purpose.as_str()).filter(|p| !p.is_empty());
    match purpose {
        Some(p) => {
            format!("{class} about {} by {channel}", title_of(&me.charter.permissions, Some(p)))
        }
        None => format!("{class} by {channel}"),
    }
}

/// `GET /office/screen`
pub async fn start(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view = office.run(move |o| start_page(o, &me, Filled::default(), Wrong::default())).await?;
    page(&view)
}

/// `POST /office/screen`: the list is written to a folder of its own, looked at, and sealed.
pub async fn upload(State(office): State<Office>, me: Signed, parts: Multipart) -> Answer {
    me.by.role.may(Permission::ScreenLists)?;
    let place = upload::folder(&office)?;
    let path = place.path().join("list");
    let (f, bytes) = upload::received(parts, "list", &path).await?;
    let (me, f, done) = office
        .run(move |o| {
            let done = if bytes == 0 {
                Err(Error::invalid("list", "Choose the file with the list"))
            } else {
                super::keep(o, &me.by, &path, new(&f, me.by.now))
            };
            drop(place);
            Ok((me, f, done))
        })
        .await?;
    match done {
        Ok(id) => go(&format!("/office/screen/{id}")),
        Err(e) => {
            let w = Wrong::of(e)?;
            mend(&office.run(move |o| start_page(o, &me, f, w)).await?)
        }
    }
}

fn new(f: &Filled, now: Timestamp) -> Screening {
    Screening {
        id: String::new(),
        done: false,
        channel: f.get("channel").to_owned(),
        class: f.get("class").to_owned(),
        purpose: f.get("purpose").to_owned(),
        attested: f.get("attested").to_owned(),
        shape: String::new(),
        list: None,
        files: [None, None, None],
        certificate: None,
        proof: None,
        faults: String::new(),
        made: now,
    }
}

struct ColumnView {
    n: usize,
    name: String,
    seems: String,
    kind: &'static str,
    likely: bool,
}

#[derive(Template)]
#[template(path = "mailing/pages/columns.html")]
struct ColumnsPage {
    d: Desk,
    id: String,
    what: String,
    address: &'static str,
    rows: u64,
    columns: Vec<ColumnView>,
    kinds: [(&'static str, &'static str); 4],
    f: Filled,
    w: Wrong,
    no_header: bool,
    doubled: String,
}

struct ReasonView {
    words: String,
    n: u64,
    allowed: bool,
}

#[derive(Template)]
#[template(path = "mailing/pages/outcome.html")]
struct OutcomePage {
    d: Desk,
    id: String,
    what: String,
    c: Certificate,
    made: String,
    until: String,
    bars: [(u64, u64); 3],
    reasons: Vec<ReasonView>,
    faults: Vec<(String, String)>,
}

enum View {
    Columns(Box<ColumnsPage>),
    Outcome(Box<OutcomePage>),
}

fn view(o: &Office, me: &Signed, id: &str, f: Filled, w: Wrong) -> Result<View> {
    let s = o.read(|tx| sql::by_id(tx, &me.by.org, id))?;
    if s.done {
        return outcome(me, &s).map(|p| View::Outcome(Box::new(p)));
    }
    let shape: serde_json::Value = serde_json::from_str(&s.shape)?;
    let channel = Channel::from_word(&s.channel).unwrap_or(Channel::Email);
    let empty = Vec::new();
    let names = shape["header"].as_array().unwrap_or(&empty);
    let guesses = shape["columns"].as_array().unwrap_or(&empty);
    let columns = names.iter().zip(guesses).enumerate().map(|(i, (name, guess))| {
        let kind = guess["kind"].as_str().and_then(Kind::from_name);
        let per_cent = guess["per_cent"].as_u64().unwrap_or(0);
        ColumnView {
            n: i + 1,
            name: name
                .as_str()
                .filter(|n| !n.trim().is_empty())
                .map_or_else(|| format!("Column {} (no heading)", i + 1), str::to_owned),
            seems: kind.map_or_else(
                || "no identifier".to_owned(),
                |k| format!("{}, {per_cent} % of the first rows", people::kind_word(k)),
            ),
            kind: kind.map_or("", Kind::name),
            likely: kind == Some(channel.address()),
        }
    });
    let doubled: Vec<&str> =
        shape["doubled"].as_array().unwrap_or(&empty).iter().filter_map(|v| v.as_str()).collect();
    Ok(View::Columns(Box::new(ColumnsPage {
        d: Desk::new(me, "Screen a list", "Confirm the columns"),
        id: s.id.clone(),
        what: what(me, &s),
        address: people::kind_word(channel.address()),
        rows: shape["rows_estimate"].as_u64().unwrap_or(0),
        columns: columns.collect(),
        kinds: [
            ("email", "e-mail address"),
            ("phone", "telephone number"),
            ("address", "postal address"),
            ("member-number", "member number"),
        ],
        f,
        w,
        no_header: shape["no_header"].as_bool().unwrap_or(false),
        doubled: doubled.join(", "),
    })))
}

fn outcome(me: &Signed, s: &Screening) -> Result<OutcomePage> {
    let c: Certificate = serde_json::from_str(s.certificate.as_deref().unwrap_or("{}"))?;
    let all = c.rows.all.max(1);
    let mut x = 0;
    let bars = [c.rows.allowed, c.rows.blocked, c.rows.unreadable].map(|n| {
        let width = n * 600 / all;
        x += width;
        (x - width, width)
    });
    let reasons = c.reasons.iter().map(|(code, words, n)| ReasonView {
        words: words.clone(),
        n: *n,
        allowed: crate::permissions::Rule::ALL.iter().any(|r| r.word() == code && r.allows()),
    });
    let faults = s.faults.lines().filter_map(|l| l.split_once('\t'));
    Ok(OutcomePage {
        d: Desk::new(me, "Screen a list", "What came of the list"),
        id: s.id.clone(),
        what: what(me, s),
        made: dates::moment(c.made),
        until: dates::long(c.valid_until),
        bars,
        reasons: reasons.collect(),
        faults: faults.map(|(n, what)| (n.to_owned(), sentence(what))).collect(),
        c,
    })
}

/// `GET /office/screen/{id}`
pub async fn one(State(office): State<Office>, me: Signed, Path(id): Path<String>) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let shown = office.run(move |o| view(o, &me, &id, Filled::default(), Wrong::default())).await?;
    match shown {
        View::Columns(p) => page(&*p),
        View::Outcome(p) => page(&*p),
    }
}

/// `POST /office/screen/{id}`: screens with the columns confirmed.
pub async fn run(
    State(office): State<Office>,
    me: Signed,
    Path(id): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    let f = Filled(pairs);
    let (me, f, id, done) = office
        .run(move |o| {
            let done = run_from(o, &me, &id, &f);
            Ok((me, f, id, done))
        })
        .await?;
    match done {
        Ok(()) => {
            let said = "The list has been screened.";
            go_saying(&office, &me, &format!("/office/screen/{id}"), said).await
        }
        Err(e) => {
            let mut w = Wrong::of(e)?;
            // The engine speaks of a column or the list; the page's field is what is contacted.
            for field in &mut w.0 {
                field.name = "contact".into();
            }
            match office.run(move |o| view(o, &me, &id, f, w)).await? {
                View::Columns(p) => mend(&*p),
                View::Outcome(p) => page(&*p),
            }
        }
    }
}

fn run_from(o: &Office, me: &Signed, id: &str, f: &Filled) -> Result<()> {
    let s = o.read(|tx| sql::by_id(tx, &me.by.org, id))?;
    let channel = Channel::from_word(&s.channel).unwrap_or(Channel::Email);
    let plan = super::plan(f, channel, !f.ticked("no-header"))?;
    super::run(o, &me.by, id, &plan)
}

/// `GET /office/screen/{id}/{file}`: one of the files, noted in the ledger.
pub async fn file(
    State(office): State<Office>,
    me: Signed,
    Path((id, name)): Path<(String, String)>,
    _headers: HeaderMap,
) -> Answer {
    me.by.role.may(Permission::ScreenLists)?;
    let s = {
        let (org, id) = (me.by.org.clone(), id.clone());
        office.run(move |o| o.read(|tx| sql::by_id(tx, &org, &id))).await?
    };
    let text = |t: &Option<String>| t.clone().ok_or(Error::NotFound("the file"));
    let (which, n) = match name.as_str() {
        "certificate.json" => {
            return Ok(download("certificate.json", "application/json", text(&s.certificate)?));
        }
        "certificate.tlog-proof" => {
            let proof = office.run(move |o| super::proof(o, &me.by, &id)).await?;
            return Ok(download("certificate.tlog-proof", "text/plain", proof));
        }
        "allowed.csv" => ("allowed", 0),
        "blocked.csv" => ("blocked", 1),
        "unreadable.csv" => ("unreadable", 2),
        _ => return Err(Error::NotFound("the file").into()),
    };
    let blob = text(&s.files[n])?;
    let reader = office
        .run(move |o| {
            super::note_download(o, &me.by, &id, which)?;
            BlobReader::open(o.db(), o.vault(), &me.by.org, &blob)
        })
        .await?;
    Ok(download(&name, "text/csv", stream(reader)))
}
