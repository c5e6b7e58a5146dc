//! A case's packs on screen: make one, look at it, save it, save it protected for the post.

use askama::Template;
use axum::extract::{Path, State};
use candour_connectors::Body as Thing;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::pages::Desk;
use crate::kit::web::{self, Answer, Signed, download, go, page};
use crate::office::Office;
use crate::requests::acts;
use crate::requests::pack::{self, Looked};
use crate::requests::portal::stream_zip;
use crate::requests::review;
use crate::requests::sql;
use crate::staff::Permission;

/// `POST /office/cases/{reference}/pack`
pub async fn make(
    State(office): State<Office>,
    me: Signed,
    Path(reference): Path<String>,
) -> Answer {
    let r = reference.clone();
    let row = office
        .run(move |o| {
            let id = o.read(|tx| acts::load_by_ref(tx, o, &me.by, &r))?.row.id;
            pack::make(o, &me.by, &id)
        })
        .await?;
    go(&format!("/office/cases/{reference}/packs/{}", row.number))
}

#[derive(Template)]
#[template(path = "requests/pages/pack.html")]
struct PackPage {
    d: Desk,
    reference: String,
    k: sql::PackRow,
    made: String,
    size: String,
    fetched: Option<String>,
    gate: Vec<pack::GateLine>,
    password: Option<String>,
    blocks: Vec<String>,
    /// The register is among them.
    register: bool,
    warnings: Vec<String>,
    /// Pages in it as PDF, and whether there is what makes them.
    pdf_copies: u64,
    press: bool,
    may_release: bool,
}

/// A size as people read it.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}

fn pack_page(o: &Office, me: &Signed, reference: &str, n: u64) -> Result<PackPage> {
    me.by.role.may(Permission::SeeCases)?;
    let k = o.read(|tx| {
        let case = acts::load_by_ref(tx, o, &me.by, reference)?;
        let all = sql::packs(tx, &me.by.org, &case.row.id)?;
        all.into_iter().find(|k| k.number == n).ok_or(Error::NotFound("the pack"))
    })?;
    let sheet = pack::sheet(&k)?;
    Ok(PackPage {
        d: Desk::new(me, "Cases", format!("Pack {n} – {reference}")),
        reference: reference.to_owned(),
        made: dates::moment(k.made),
        size: size(k.bytes),
        fetched: k.fetched.map(dates::moment),
        gate: pack::gate_lines(sheet.files),
        blocks: sheet.blocks,
        register: sheet.register,
        warnings: sheet.warnings,
        pdf_copies: sheet.pdf_copies,
        press: o.press().is_some(),
        may_release: me.by.role.may(Permission::ReleaseCases).is_ok(),
        k,
        password: None,
    })
}

/// `GET /office/cases/{reference}/packs/{n}`
pub async fn pack(
    State(office): State<Office>,
    me: Signed,
    Path((reference, n)): Path<(String, u64)>,
) -> Answer {
    let view = office.run(move |o| pack_page(o, &me, &reference, n)).await?;
    page(&view)
}

/// `GET /office/cases/{reference}/packs/{n}/zip`
pub async fn zip(
    State(office): State<Office>,
    me: Signed,
    Path((reference, n)): Path<(String, u64)>,
) -> Answer {
    let name = format!("{reference}-pack-{n}.zip");
    let reader = office
        .run(move |o| {
            let id = o.read(|tx| acts::load_by_ref(tx, o, &me.by, &reference))?.row.id;
            pack::take_copy(o, &me.by, &id, n)
        })
        .await?;
    Ok(stream_zip(&name, reader))
}

/// `GET /office/cases/{reference}/packs/{n}/files`: the page that it begins with.
pub async fn first(
    State(office): State<Office>,
    me: Signed,
    Path((reference, n)): Path<(String, u64)>,
) -> Answer {
    look(&office, me, reference, (n, None)).await
}

/// `GET /office/cases/{reference}/packs/{n}/files/{file}`: one page or file of it, by number.
pub async fn file(
    State(office): State<Office>,
    me: Signed,
    Path((reference, n, file)): Path<(String, u64, usize)>,
) -> Answer {
    look(&office, me, reference, (n, Some(file))).await
}

async fn look(office: &Office, me: Signed, reference: String, at: (u64, Option<usize>)) -> Answer {
    let (n, file) = at;
    let base = format!("/office/cases/{reference}/packs/{n}/files");
    let looked = office
        .run(move |o| {
            let id = o.read(|tx| acts::load_by_ref(tx, o, &me.by, &reference))?.row.id;
            pack::look_inside(o, &me.by, &id, at, &base)
        })
        .await?;
    Ok(match looked {
        Looked::Page(html) => web::their_page(html),
        Looked::File(ending, bytes) => {
            let name = format!("pack-{n}-file-{}.{ending}", file.unwrap_or_default());
            download(&name, "application/octet-stream", bytes)
        }
    })
}

/// `POST /office/cases/{reference}/packs/{n}/protected`: the same file under a password.
pub async fn protected(
    State(office): State<Office>,
    me: Signed,
    Path((reference, n)): Path<(String, u64)>,
    axum::extract::Form(pairs): axum::extract::Form<Vec<(String, String)>>,
) -> Answer {
    let f = crate::kit::forms::Filled(pairs);
    if f.get("password").is_empty() {
        let mut view = office.run(move |o| pack_page(o, &me, &reference, n)).await?;
        view.password = Some(crate::kit::links::new_code()?);
        return page(&view);
    }
    let name = format!("{reference}-pack-{n}-protected.zip");
    let password = f.get("password").to_owned();
    let id = {
        let (by, reference) = (me.by.clone(), reference.clone());
        me.by.role.may(Permission::ReleaseCases)?;
        office
            .run(move |o| Ok(o.read(|tx| acts::load_by_ref(tx, o, &by, &reference))?.row.id))
            .await?
    };
    let body = web::piped(&office, move |o, to| pack::protected(o, &me.by, &id, n, &password, to));
    Ok(download(&name, "application/zip", body))
}

/// Which item.
#[derive(Deserialize)]
pub struct At {
    reference: String,
    search: String,
    n: u64,
}

/// `GET …/items/{search}/{n}/original`: the thing as it was found, for the eye of the desk only.
pub async fn original(State(office): State<Office>, me: Signed, Path(at): Path<At>) -> Answer {
    let (name, bytes) = office
        .run(move |o| {
            let item = review::take_copy(o, &me.by, &at.reference, &at.search, at.n)?;
            Ok(match item.body {
                Thing::Message { raw, .. } => ("message.eml".to_owned(), raw),
                Thing::Document { raw, name, .. } => {
                    let end = name.rsplit_once('.').map_or("bin", |(_, e)| e).to_owned();
                    (format!("document.{end}"), raw)
                }
                Thing::Row { fields } => {
                    let row: serde_json::Map<String, serde_json::Value> =
                        fields.into_iter().map(|(k, v)| (k, v.into())).collect();
                    ("record.json".to_owned(), serde_json::to_vec_pretty(&row)?)
                }
            })
        })
        .await?;
    Ok(download(&name, "application/octet-stream", bytes))
}
