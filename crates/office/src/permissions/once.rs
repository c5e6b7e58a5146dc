//! `Idempotency-Key` on every request of a program that changes something: a repeat is answered as
//! the first time and done once. Kept for a week, sealed.
//!
//! An act keeps its answer in its commit ([`Once::keep`]), so that no crash comes between the two.
//! One of many commits keeps with each how far it has come ([`Once::keep_so_far`]), and a repeat
//! goes on from there. The answer of what reads only is kept behind it.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use candour_db::Tx;
use serde_json::Value;

use super::api::{Problem, Program, who};
use crate::error::{Error, Result};
use crate::kit::vault::Vault;
use crate::kit::{links, sha256_hex};
use crate::mailing;
use crate::office::Office;
use crate::proof::By;

/// The largest request that is kept for comparison, in bytes: as large as any may be.
const MOST: usize = 64 << 20;
/// What an answer is sealed for.
const PLACE: &str = "answer";
/// In the place of a status: the act is not at its end.
const SO_FAR: i64 = 0;

/// What tells a request that may be repeated from others; nothing for one without a key.
#[derive(Debug, Clone, Copy, Default)]
pub struct Once(Option<Told>);

#[derive(Debug, Clone, Copy)]
struct Told {
    key: [u8; 32],
    /// Of the body.
    sum: [u8; 32],
}

impl Once {
    /// That of a key and a body.
    #[cfg(test)]
    pub fn of(key: [u8; 32], sum: [u8; 32]) -> Self {
        Self(Some(Told { key, sum }))
    }

    /// Keeps the answer in the commit of its act.
    ///
    /// # Errors
    /// Of the same request sent twice at once the second is a conflict: nothing of it is done.
    pub fn keep(
        self,
        tx: &mut Tx<'_>,
        vault: &Vault,
        by: &By,
        status: StatusCode,
        answer: &Value,
    ) -> Result<()> {
        let Some(told) = self.0 else { return Ok(()) };
        match keep(tx, vault, by, told, status.as_u16(), &serde_json::to_vec(answer)?)? {
            true => Ok(()),
            false => Err(Error::Conflict),
        }
    }

    /// How far the act had come at the last commit of this request, in this process or another;
    /// and whether that is its answer, because it is at its end.
    ///
    /// # Errors
    /// Of the database, or the key came with another body.
    pub fn so_far(self, tx: &mut Tx<'_>, vault: &Vault, by: &By) -> Result<Option<(Value, bool)>> {
        let Some(told) = self.0 else { return Ok(None) };
        let Some((status, sealed)) = same(tx, by, told)? else { return Ok(None) };
        let plain = vault.derived(PLACE)?.open(PLACE, &sealed)?;
        Ok(Some((serde_json::from_slice(&plain)?, status != SO_FAR)))
    }

    /// Keeps how far the act has come, in the commit that brought it there; with a status where it
    /// is at its end, and this is the answer.
    ///
    /// # Errors
    /// Of the database.
    pub fn keep_so_far(
        self,
        tx: &mut Tx<'_>,
        vault: &Vault,
        by: &By,
        status: Option<StatusCode>,
        so_far: &Value,
    ) -> Result<()> {
        let Some(told) = self.0 else { return Ok(()) };
        let sealed = vault.derived(PLACE)?.seal(PLACE, &serde_json::to_vec(so_far)?)?;
        let status = status.map_or(SO_FAR, |s| i64::from(s.as_u16()));
        let (org, who) = (&by.org, &by.actor);
        mailing::set_answer(tx, org, who, told.key, told.sum, status, sealed, by.now)
    }

    /// Puts the whole answer in the place of one that lacked what is known after the commit only.
    ///
    /// # Errors
    /// Of the database.
    pub fn complete(self, o: &Office, by: &By, answer: &Value) -> Result<()> {
        let Some(told) = self.0 else { return Ok(()) };
        let sealed = o.vault().derived(PLACE)?.seal(PLACE, &serde_json::to_vec(answer)?)?;
        let by = by.clone();
        o.chore(move |tx| {
            mailing::complete_answer(tx, &by.org, &by.actor, told.key, sealed.clone())
        })
    }
}

fn keep(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    told: Told,
    status: u16,
    text: &[u8],
) -> Result<bool> {
    let sealed = vault.derived(PLACE)?.seal(PLACE, text)?;
    let (org, who, status) = (&by.org, &by.actor, i64::from(status));
    mailing::keep_answer(tx, org, who, told.key, told.sum, status, sealed, by.now)
}

/// Answers a repeat from what was kept; keeps the first answer, unless its act did.
pub async fn once(State(office): State<Office>, mut request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").map(|k| k.as_bytes().to_vec());
    match key {
        Some(key) if request.method() == Method::POST => {
            kept(&office, key, request, next).await.unwrap_or_else(|p| p.into_response())
        }
        _ => {
            request.extensions_mut().insert(Once::default());
            next.run(request).await
        }
    }
}

async fn kept(
    office: &Office,
    key: Vec<u8>,
    request: Request,
    next: Next,
) -> std::result::Result<Response, Problem> {
    let path = request.uri().path().to_owned();
    let org = path.split('/').nth(3).unwrap_or_default().to_owned();
    let Program { by, .. } = who(office, &org, request.headers()).await?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MOST).await.map_err(|_| Error::invalid("body", "It is too large"))?;
    let key = links::hash(&sha256_hex(&[path.as_bytes(), b"\0", &key].concat()));
    let sum = links::hash(&sha256_hex(&body));
    let (by_, told) = (by.clone(), Told { key, sum });
    let before = office.run(move |o| look(o, &by_, told)).await?;
    if let Some((status, body)) = before {
        return Ok(respond(status, body));
    }
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(Once(Some(told)));
    let answer = next.run(request).await;
    if answer.status().is_server_error() {
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let body: Bytes =
        to_bytes(body, MOST).await.map_err(|_| Error::fault("an answer of ours is too large"))?;
    let (status, text) = (parts.status.as_u16(), body.to_vec());
    office
        .run(move |o| {
            let vault = o.vault().clone();
            o.chore(move |tx| keep(tx, &vault, &by, told, status, &text))
        })
        .await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// What is kept of the same request: status and sealed answer.
fn same(tx: &mut Tx<'_>, by: &By, told: Told) -> Result<Option<(i64, Vec<u8>)>> {
    let kept = mailing::kept_answer(tx, &by.org, &by.actor, told.key)?;
    let Some((body, status, sealed)) = kept else { return Ok(None) };
    if body != told.sum {
        return Err(Error::invalid(
            "idempotency-key",
            "This key came before with another body: use a new one",
        ));
    }
    Ok(Some((status, sealed)))
}

fn look(o: &Office, by: &By, told: Told) -> Result<Option<(u16, Vec<u8>)>> {
    let kept = o.read(|tx| same(tx, by, told))?;
    let Some((status, sealed)) = kept.filter(|(status, _)| *status != SO_FAR) else {
        return Ok(None);
    };
    let text = o.vault().derived(PLACE)?.open(PLACE, &sealed)?;
    Ok(Some((u16::try_from(status).unwrap_or(200), text)))
}

fn respond(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let media = match status.is_success() {
        true => "application/json",
        false => "application/problem+json",
    };
    (status, [(CONTENT_TYPE, media)], body).into_response()
}
