//! `Idempotency-Key` on every request of a program that changes something: a repeat is answered as
//! the first time and done once. Kept for a week, sealed.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::api::{Problem, who};
use crate::error::{Error, Result};
use crate::kit::{links, sha256_hex};
use crate::mailing;
use crate::office::Office;
use crate::proof::By;

/// The largest request that is kept for comparison, in bytes: as large as any may be.
const MOST: usize = 64 << 20;
/// What an answer is sealed for.
const PLACE: &str = "answer";

/// Answers a repeat from what was kept; keeps the first answer.
pub async fn once(State(office): State<Office>, request: Request, next: Next) -> Response {
    let key = request.headers().get("idempotency-key").map(|k| k.as_bytes().to_vec());
    match key {
        Some(key) if request.method() == Method::POST => {
            kept(&office, key, request, next).await.unwrap_or_else(|p| p.into_response())
        }
        _ => next.run(request).await,
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
    let (by, _) = who(office, &org, request.headers(), false).await?;
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, MOST).await.map_err(|_| Error::invalid("body", "It is too large"))?;
    let key = links::hash(&sha256_hex(&[path.as_bytes(), b"\0", &key].concat()));
    let sum = links::hash(&sha256_hex(&body));
    let (by_, found) = (by.clone(), key);
    let before = office.run(move |o| look(o, &by_, found, sum)).await?;
    if let Some((status, body)) = before {
        return Ok(respond(status, body));
    }
    let answer = next.run(Request::from_parts(parts, Body::from(body))).await;
    if answer.status().is_server_error() {
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let body: Bytes =
        to_bytes(body, MOST).await.map_err(|_| Error::fault("an answer of ours is too large"))?;
    let (status, text) = (parts.status.as_u16(), body.to_vec());
    office
        .run(move |o| {
            let sealed = o.vault().derived(PLACE)?.seal(PLACE, &text)?;
            o.chore(move |tx| {
                let (org, who, status) = (&by.org, &by.actor, i64::from(status));
                mailing::sql::keep_answer(tx, org, who, key, sum, status, sealed.clone(), by.now)
            })
        })
        .await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn look(o: &Office, by: &By, key: [u8; 32], sum: [u8; 32]) -> Result<Option<(u16, Vec<u8>)>> {
    let kept = o.read(|tx| mailing::sql::kept_answer(tx, &by.org, &by.actor, key))?;
    let Some((body, status, sealed)) = kept else { return Ok(None) };
    if body != sum {
        return Err(Error::invalid(
            "idempotency-key",
            "This key came before with another body: use a new one",
        ));
    }
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
