//! The pages of an import: bring a file in, confirm its columns, see what would be taken, have it
//! taken.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Multipart, Path, State};
use candour_screening::Kind;

use super::files::{Consents, FIELDS, Heading, Outcome, Plan, Stops};
use super::{Import, State as Stage, sql};
use crate::charter::Channel;
use crate::error::{Error, Result};
use crate::kit::forms::{Filled, Wrong, count};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, download, go, go_saying, mend, page, stream};
use crate::kit::{dates, upload};
use crate::office::Office;
use crate::people;
use crate::permissions::sql as kept;
use crate::staff::Permission;

/// Where the pages are.
const HERE: &str = "/office/permissions/import";
/// Kinds of addresses that a file of stops may hold.
const KINDS: [Kind; 4] = [Kind::Email, Kind::Phone, Kind::Address, Kind::MemberNumber];
/// What may be the same for every row of a file of consents.
const SAME: [&str; 5] = ["answer", "on", "method", "evidence", "collector"];

struct Recent {
    id: String,
    made: String,
    what: &'static str,
    state: String,
}

#[derive(Template)]
#[template(path = "permissions/pages/import.html")]
struct StartPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    recent: Vec<Recent>,
}

fn what(import: &Import) -> &'static str {
    if import.stops { "Stops" } else { "Consents" }
}

fn state(import: &Import) -> Result<String> {
    Ok(match import.state {
        Stage::Uploaded => "Columns to confirm".into(),
        Stage::Looked => "Looked at, nothing taken yet".into(),
        Stage::Running => format!("Being taken: {} so far", rows(import.taken)),
        Stage::Done => format!("{} taken", rows(import.outcome()?.taken)),
    })
}

fn rows(n: u64) -> String {
    count(n, "row", "rows")
}

fn start_page(o: &Office, me: &Signed, f: Filled, w: Wrong) -> Result<StartPage> {
    let recent = o.read(|tx| sql::latest(tx, &me.by.org, 20))?;
    let one = |i: &Import| {
        let (id, made) = (i.id.clone(), dates::moment(i.made));
        Ok(Recent { id, made, what: what(i), state: state(i)? })
    };
    Ok(StartPage {
        d: Desk::new(me, "Permissions", "Import old stops or consents"),
        f,
        w,
        recent: recent.iter().map(one).collect::<Result<_>>()?,
    })
}

/// `GET /office/permissions/import`
pub async fn start(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::ManagePermissions)?;
    let view = office.run(move |o| start_page(o, &me, Filled::default(), Wrong::default())).await?;
    page(&view)
}

/// `POST /office/permissions/import`: the file is written to a folder of its own and sealed.
pub async fn bring(State(office): State<Office>, me: Signed, parts: Multipart) -> Answer {
    me.by.role.may(Permission::ManagePermissions)?;
    let place = upload::folder(&office)?;
    let path = place.path().join("list");
    let (f, bytes) = upload::received(parts, "file", &path).await?;
    let (me, f, done) = office
        .run(move |o| {
            let stops = match f.get("what") {
                "stops" => Ok(true),
                "consents" => Ok(false),
                _ => Err(Error::invalid("what", "Choose what the file holds")),
            };
            let done = stops.and_then(|stops| match bytes {
                0 => Err(Error::invalid("file", "Choose the file")),
                _ => super::keep(o, &me.by, &path, stops),
            });
            drop(place);
            Ok((me, f, done))
        })
        .await?;
    match done {
        Ok(id) => go(&format!("{HERE}/{id}")),
        Err(e) => {
            let w = Wrong::of(e)?;
            mend(&office.run(move |o| start_page(o, &me, f, w)).await?)
        }
    }
}

struct ColumnView {
    n: usize,
    name: String,
    seems: String,
}

struct FieldView {
    name: &'static str,
    label: &'static str,
    /// It may be the same for every row.
    same: bool,
}

#[derive(Template)]
#[template(path = "permissions/pages/import_columns.html")]
struct ColumnsPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    id: String,
    stops: bool,
    rows: u64,
    columns: Vec<ColumnView>,
    kinds: Vec<(&'static str, &'static str)>,
    channels: Vec<(String, String)>,
    purposes: Vec<(String, String)>,
    wordings: Vec<(String, String)>,
    fields: Vec<FieldView>,
}

#[derive(Template)]
#[template(path = "permissions/pages/import_outcome.html")]
struct OutcomePage {
    d: Desk,
    w: Wrong,
    id: String,
    what: &'static str,
    /// It is being taken: so many rows so far.
    running: Option<String>,
    done: bool,
    out: Outcome,
}

enum View {
    Columns(Box<ColumnsPage>),
    Outcome(Box<OutcomePage>),
}

impl View {
    fn shown(&self) -> Answer {
        match self {
            Self::Columns(p) => page(&**p),
            Self::Outcome(p) => page(&**p),
        }
    }

    fn to_mend(&self) -> Answer {
        match self {
            Self::Columns(p) => mend(&**p),
            Self::Outcome(p) => mend(&**p),
        }
    }
}

/// The kind that a heading speaks of, where the rows are too few to tell.
fn kind_called(name: &str) -> Option<Kind> {
    let name = name.to_lowercase();
    let words = [
        ("mail", Kind::Email),
        ("phone", Kind::Phone),
        ("mobile", Kind::Phone),
        ("address", Kind::Address),
        ("member", Kind::MemberNumber),
    ];
    words.into_iter().find_map(|(word, kind)| name.contains(word).then_some(kind))
}

/// The columns as the file's headings and first rows suggest them.
fn suggested(import: &Import, shape: &serde_json::Value) -> Filled {
    let mut f = Filled::default();
    let empty = Vec::new();
    let names = shape["header"].as_array().unwrap_or(&empty);
    let kinds = shape["columns"].as_array().unwrap_or(&empty);
    if shape["no_header"].as_bool().unwrap_or(false) {
        f.set("no-header", "yes");
    }
    let kind_of = |guess: &serde_json::Value| guess["kind"].as_str().and_then(Kind::from_name);
    if import.stops {
        let held = kinds.iter().enumerate().find_map(|(i, g)| Some((i, kind_of(g)?)));
        let called = || {
            let named = |n: &serde_json::Value| kind_called(n.as_str().unwrap_or_default());
            names.iter().enumerate().find_map(|(i, n)| Some((i, named(n)?)))
        };
        if let Some((i, kind)) = held.or_else(called) {
            f.set("column", (i + 1).to_string());
            f.set("kind", kind.name());
        }
        return f;
    }
    for (i, name) in names.iter().enumerate() {
        let name = name.as_str().unwrap_or_default().trim().to_ascii_lowercase();
        let plain = name.replace(['-', ' '], "_");
        let plain = if plain == "e_mail" { "email".to_owned() } else { plain };
        if let Some((field, _)) = FIELDS.iter().find(|(field, _)| *field == plain) {
            f.set(&format!("at.{field}"), (i + 1).to_string());
        }
    }
    for (i, guess) in kinds.iter().enumerate() {
        let Some(kind) = kind_of(guess) else { continue };
        let field = format!("at.{}", kind.name().replace('-', "_"));
        if f.get(&field).is_empty() {
            f.set(&field, (i + 1).to_string());
        }
    }
    f
}

/// The form as the plan that was looked at fills it.
fn chosen(plan: &Plan) -> Filled {
    let mut f = Filled::default();
    match plan {
        Plan::Stops(p) => {
            f.set("column", (p.column + 1).to_string());
            f.set("kind", p.kind.as_str());
            f.set("channel", p.channel.map_or("", Channel::word));
            f.set("purpose", p.purpose.as_deref().unwrap_or_default());
            if p.heading == Heading::No {
                f.set("no-header", "yes");
            }
        }
        Plan::Consents(p) => {
            f.set("wording", format!("{}/{}", p.wording, p.version.unwrap_or(0)));
            f.set("channel", p.channel.map_or("", Channel::word));
            for (field, i) in &p.columns {
                f.set(&format!("at.{field}"), (i + 1).to_string());
            }
            for (field, value) in &p.same {
                f.set(&format!("same.{field}"), value.as_str());
            }
            if !p.header {
                f.set("no-header", "yes");
            }
        }
    }
    f
}

fn columns_page(o: &Office, me: &Signed, import: &Import, f: Filled, w: Wrong) -> Result<View> {
    let shape: serde_json::Value = serde_json::from_str(&import.shape)?;
    let empty = Vec::new();
    let names = shape["header"].as_array().unwrap_or(&empty);
    let guesses = shape["columns"].as_array().unwrap_or(&empty);
    let columns = names.iter().enumerate().map(|(i, name)| {
        let guess = guesses.get(i).and_then(|g| g["kind"].as_str()).and_then(Kind::from_name);
        let name = name.as_str().unwrap_or_default().trim();
        // The first row may be a person: then it is no heading, and is not repeated.
        let bare = name.is_empty() || shape["no_header"].as_bool().unwrap_or(false);
        ColumnView {
            n: i + 1,
            name: if bare { format!("Column {}", i + 1) } else { name.to_owned() },
            seems: guess
                .map_or_else(String::new, |k| format!("seems to hold {}s", people::kind_word(k))),
        }
    });
    let settings = &me.charter.permissions;
    let wordings = o.read(|tx| kept::wordings(tx, &me.by.org))?;
    let f = if f.0.is_empty() { suggested(import, &shape) } else { f };
    Ok(View::Columns(Box::new(ColumnsPage {
        d: Desk::new(
            me,
            "Permissions",
            format!("Columns of a file of {}", what(import).to_lowercase()),
        ),
        f,
        w,
        id: import.id.clone(),
        stops: import.stops,
        rows: shape["rows_estimate"].as_u64().unwrap_or(0),
        columns: columns.collect(),
        kinds: KINDS.iter().map(|k| (k.name(), people::kind_word(*k))).collect(),
        channels: Channel::ALL.iter().map(|c| (c.word().into(), c.label().into())).collect(),
        purposes: settings.purposes.iter().map(|p| (p.short.clone(), p.title.clone())).collect(),
        wordings: wordings
            .iter()
            .map(|(v, w, _)| (format!("{}/{v}", w.short), format!("{}, version {v}", w.short)))
            .collect(),
        fields: FIELDS
            .iter()
            .map(|(name, label)| FieldView { name, label, same: SAME.contains(name) })
            .collect(),
    })))
}

fn view(o: &Office, me: &Signed, id: &str, f: Filled, w: Wrong) -> Result<View> {
    let import = o.read(|tx| sql::by_id(tx, &me.by.org, id))?;
    // Something to mend stands on the form, and so does what is to be changed.
    let typed = w.any() && f.get("act") == "look";
    match import.state {
        Stage::Uploaded => return columns_page(o, me, &import, f, w),
        Stage::Looked if typed => return columns_page(o, me, &import, f, w),
        Stage::Looked if f.get("columns") == "yes" => {
            let plan: Plan = serde_json::from_str(&import.plan)?;
            return columns_page(o, me, &import, chosen(&plan), w);
        }
        _ => {}
    }
    Ok(View::Outcome(Box::new(OutcomePage {
        d: Desk::new(
            me,
            "Permissions",
            format!("What comes of a file of {}", what(&import).to_lowercase()),
        ),
        w,
        id: import.id.clone(),
        what: what(&import),
        running: (import.state == Stage::Running).then(|| rows(import.taken)),
        done: import.state == Stage::Done,
        out: import.outcome()?,
    })))
}

/// `GET /office/permissions/import/{id}`: its columns, what would be taken, or what was.
/// `columns=yes` shows the columns again.
pub async fn one(
    State(office): State<Office>,
    me: Signed,
    Path(id): Path<String>,
    axum::extract::Query(asked): axum::extract::Query<Vec<(String, String)>>,
) -> Answer {
    me.by.role.may(Permission::ManagePermissions)?;
    let mut f = Filled::default();
    if Filled(asked).get("columns") == "yes" {
        f.set("columns", "yes");
    }
    let shown = office.run(move |o| {
        // Nothing was chosen yet, so the form shows what the file suggests.
        let uploaded = o.read(|tx| sql::by_id(tx, &me.by.org, &id))?.state == Stage::Uploaded;
        view(o, &me, &id, if uploaded { Filled::default() } else { f }, Wrong::default())
    });
    shown.await?.shown()
}

/// `GET /office/permissions/import/{id}/bad-rows`: every row that can't be taken, as CSV: its line
/// and what is wrong, never what stands in it.
pub async fn bad_rows(State(office): State<Office>, me: Signed, Path(id): Path<String>) -> Answer {
    let reader = office.run(move |o| super::bad_rows(o, &me.by, &id)).await?;
    Ok(download("bad-rows.csv", "text/csv; charset=utf-8", stream(reader)))
}

/// `POST /office/permissions/import/{id}`: looks at the file with the columns confirmed, or has it
/// taken.
pub async fn act(
    State(office): State<Office>,
    me: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let f = Filled(pairs);
    let (me, f, id, done) = office
        .run(move |o| {
            let done = act_from(o, &me, &id, &f);
            Ok((me, f, id, done))
        })
        .await?;
    match done {
        Ok(said) => go_saying(&office, &me, &format!("{HERE}/{id}"), said).await,
        Err(e) => {
            let w = Wrong::of(e)?;
            office.run(move |o| view(o, &me, &id, f, w)).await?.to_mend()
        }
    }
}

fn act_from(o: &Office, me: &Signed, id: &str, f: &Filled) -> Result<&'static str> {
    me.by.role.may(Permission::ManagePermissions)?;
    match f.get("act") {
        "take" => {
            super::begin(o, &me.by, id)?;
            Ok("The rows are being taken. It goes on by itself if you leave this page.")
        }
        _ => {
            let import = o.read(|tx| sql::by_id(tx, &me.by.org, id))?;
            let plan = if import.stops { stops_of(me, f)? } else { consents_of(f)? };
            super::look(o, &me.by, id, &plan)?;
            Ok("Nothing has been taken yet. This is what would be.")
        }
    }
}

/// A column by its number on the page, from 0.
fn column(f: &Filled, name: &str) -> Option<usize> {
    f.get(name).parse::<usize>().ok()?.checked_sub(1)
}

fn stops_of(me: &Signed, f: &Filled) -> Result<Plan> {
    let missing = |name: &'static str, message: &'static str| Error::invalid(name, message);
    let kind = Kind::from_name(f.get("kind")).filter(|k| KINDS.contains(k));
    let kind = kind.ok_or_else(|| missing("kind", "Choose what the addresses are"))?;
    let column = column(f, "column");
    let purpose = f.some("purpose");
    if purpose.as_ref().is_some_and(|p| me.charter.permissions.purpose(p).is_none()) {
        return Err(missing("purpose", "Choose a purpose of the charter, or all marketing"));
    }
    Ok(Plan::Stops(Stops {
        kind: kind.name().into(),
        column: column
            .ok_or_else(|| missing("column", "Choose the column that holds the addresses"))?,
        heading: if f.ticked("no-header") { Heading::No } else { Heading::Yes },
        channel: channel(f)?,
        purpose,
    }))
}

fn channel(f: &Filled) -> Result<Option<Channel>> {
    match f.get("channel") {
        "" => Ok(None),
        word => Channel::from_word(word)
            .map(Some)
            .ok_or_else(|| Error::invalid("channel", "Choose a channel")),
    }
}

fn consents_of(f: &Filled) -> Result<Plan> {
    let wording = f.get("wording").rsplit_once('/');
    let wording = wording.and_then(|(short, v)| Some((short.to_owned(), v.parse().ok()?)));
    let (wording, version) = wording.ok_or_else(|| {
        Error::invalid("wording", "Choose the words that these people were asked with")
    })?;
    let (mut columns, mut same) = (BTreeMap::new(), BTreeMap::new());
    for (field, _) in FIELDS {
        columns.extend(column(f, &format!("at.{field}")).map(|i| (field.to_owned(), i)));
    }
    for field in SAME {
        same.extend(f.some(&format!("same.{field}")).map(|v| (field.to_owned(), v)));
    }
    let reached = ["email", "phone", "address", "member_number"];
    if !reached.iter().any(|r| columns.contains_key(*r)) {
        return Err(Error::invalid("at.email", "Choose a column that says who answered"));
    }
    for (field, label) in &FIELDS[5..9] {
        if !columns.contains_key(*field) && !same.contains_key(*field) {
            let message =
                format!("{label}: choose its column, or enter what is the same for every row");
            return Err(Error::invalid(format!("at.{field}"), message));
        }
    }
    f.check_lengths(|name| match name {
        "same.evidence" => crate::kit::forms::LONG,
        _ => crate::kit::forms::LINE,
    })?;
    let header = !f.ticked("no-header");
    Ok(Plan::Consents(Consents {
        wording,
        version: Some(version),
        channel: channel(f)?,
        columns,
        same,
        header,
    }))
}
