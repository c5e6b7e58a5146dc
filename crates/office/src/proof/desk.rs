//! The ledger on screen, and proof files to take away.

use std::io::Seek as _;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse as _;
use base64::Engine as _;
use serde::Deserialize;

use super::POST;
use super::acts::{self, Told};
use super::sql;
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, download, page, stream};
use crate::office::Office;
use crate::staff::Permission;

/// Entries on one page.
const PAGE: u64 = 50;

struct Line {
    idx: u64,
    at: String,
    who: String,
    /// What was said of it, if it may be seen and was not erased.
    words: String,
    /// The act's word.
    act: String,
    law: String,
}

#[derive(Template)]
#[template(path = "proof/pages/ledger.html")]
struct LedgerPage {
    d: Desk,
    size: u64,
    root: String,
    vkey: String,
    checkpoint: Option<(u64, String)>,
    lines: Vec<Line>,
    before: Option<u64>,
}

/// Which part.
#[derive(Deserialize)]
pub struct Part {
    before: Option<u64>,
}

/// `GET /office/ledger`
pub async fn ledger(State(office): State<Office>, me: Signed, Query(q): Query<Part>) -> Answer {
    me.by.role.may(Permission::SeeLedger)?;
    let view = office.run(move |o| ledger_page(o, &me, q.before)).await?;
    page(&view)
}

fn ledger_page(o: &Office, me: &Signed, before: Option<u64>) -> Result<LedgerPage> {
    let org = &me.by.org;
    // Whoever may not see cases sees that something was done, and not what was said.
    let words = me.by.role.may(Permission::SeeCases).is_ok();
    o.read(|tx| {
        let saved = sql::edge(tx, org)?.ok_or(Error::NotFound("the ledger"))?;
        let edge = candour_ledger::Edge::from_bytes(&saved)?;
        let rows = sql::entries_before(tx, org, before.unwrap_or(edge.size()), PAGE)?;
        let next = rows.last().map(|r| r.idx).filter(|i| *i > 0);
        let mut lines = Vec::new();
        for row in rows {
            let told = acts::tell(tx, o.vault(), org, row)?;
            lines.push(line(tx, org, told, words)?);
        }
        Ok(LedgerPage {
            d: Desk::new(me, "Ledger", "Ledger"),
            size: edge.size(),
            // As `candour-verify` prints it.
            root: base64::engine::general_purpose::STANDARD.encode(edge.root()),
            vkey: acts::log_key(o.vault(), org)?.vkey(),
            checkpoint: sql::checkpoint(tx, org)?.map(|(n, _, at)| (n, dates::moment(at))),
            lines,
            before: next,
        })
    })
}

fn line(tx: &mut candour_db::Tx<'_>, org: &str, t: Told, words: bool) -> Result<Line> {
    let who = match t.actor.split_once(':') {
        Some(("staff", id)) => match crate::staff::sql::by_id(tx, org, id) {
            Ok(s) => s.name,
            Err(Error::NotFound(_)) => "staff".into(),
            Err(e) => return Err(e),
        },
        Some(("job", job)) => format!("by itself ({job})"),
        _ if t.actor == "public" => "the public".into(),
        _ if t.actor == POST => "whoever keeps the records".into(),
        _ => "command line".into(),
    };
    let words = match (t.said, t.erased) {
        (Some(said), _) if words => said,
        (_, true) => "(words erased)".into(),
        _ => String::new(),
    };
    Ok(Line { idx: t.idx, at: dates::moment(t.at), who, words, act: t.act, law: t.law.join(", ") })
}

/// A position in the log, from an address.
fn position(text: &str) -> Result<u64> {
    text.parse().map_err(|_| Error::NotFound("the entry"))
}

/// `GET /office/ledger/proof/{position}`: a `tlog-proof` file.
pub async fn proof(State(office): State<Office>, me: Signed, Path(at): Path<String>) -> Answer {
    let at = position(&at)?;
    if me.by.role.may(Permission::SeeCases).is_err() {
        me.by.role.may(Permission::SeeLedger)?;
    }
    let name = format!("entry-{at}.tlog-proof");
    let (text, _) = office
        .run(move |o| {
            let (vault, org, now) = (o.vault().clone(), me.by.org.clone(), me.by.now);
            o.chore(move |tx| acts::proof_file(tx, &vault, &org, at, now))
        })
        .await?;
    Ok(download(&name, "text/plain; charset=utf-8", text))
}

/// `GET /office/ledger/entry/{position}`: the entry's bytes, which the proof is about.
pub async fn entry(State(office): State<Office>, me: Signed, Path(at): Path<String>) -> Answer {
    let at = position(&at)?;
    me.by.role.may(Permission::SeeLedger)?;
    let bytes = office
        .run(move |o| {
            o.read(|tx| sql::entry(tx, &me.by.org, at))?
                .map(|e| e.bytes)
                .ok_or(Error::NotFound("the entry"))
        })
        .await?;
    Ok(([("content-type", "application/json")], bytes).into_response())
}

/// `GET /office/ledger/whole`: the whole log as one file that `candour-verify` checks. It is
/// written on disk first, so that the log is read in one go however slow the line is, and trouble
/// shows as a page and not as a file that breaks off.
pub async fn whole(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeeLedger)?;
    let name = format!("ledger-{}.zip", me.charter.organisation.short);
    let file = office
        .run(move |o| {
            let (vault, org, now) = (o.vault().clone(), me.by.org.clone(), me.by.now);
            let (_, note) = o.chore(move |tx| acts::checkpoint(tx, &vault, &org, now))?;
            // Without a name: gone with the answer, whatever happens. Nothing personal is in it.
            let mut file = tempfile::tempfile_in(o.data())?;
            acts::export_zip(o.db(), o.vault(), &me.by.org, &note, &mut file)?;
            file.rewind()?;
            Ok(file)
        })
        .await?;
    Ok(download(&name, "application/zip", stream(file)))
}

/// `GET /office/ledger/key`: the public key, as `candour-verify --key-file` takes it.
pub async fn key(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeeLedger)?;
    let name = format!("ledger-{}-key.txt", me.charter.organisation.short);
    let key = acts::log_key(office.vault(), &me.by.org)?.vkey();
    Ok(download(&name, "text/plain; charset=utf-8", format!("{key}\n")))
}

/// `GET /office/ledger/checkpoint`: a fresh signed checkpoint.
pub async fn checkpoint(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeeLedger)?;
    let note = office
        .run(move |o| {
            let (vault, org, now) = (o.vault().clone(), me.by.org.clone(), me.by.now);
            o.chore(move |tx| acts::checkpoint(tx, &vault, &org, now).map(|(_, note)| note))
        })
        .await?;
    Ok(download("checkpoint.txt", "text/plain; charset=utf-8", note))
}
