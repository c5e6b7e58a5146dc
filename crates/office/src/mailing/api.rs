//! What programs that send ask and tell about a send. JSON, as in `permissions/api.rs`.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use serde_json::json;

use super::campaigns::acts::{self, Sent};
use super::certificates;
use crate::error::Error;
use crate::office::Office;
use crate::permissions::api::{Answer, answer, parse, who};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckIn {
    sha256: String,
}

/// `POST /api/o/{org}/certificates/check`: whether a file of this SHA-256 is covered today.
pub async fn check(
    State(office): State<Office>,
    Path(org): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (by, now) = who(&office, &org, &headers, false).await?;
    let sum = parse::<CheckIn>(&body)?.sha256.to_ascii_lowercase();
    if sum.len() != 64 || !sum.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Error::invalid("sha256", "A SHA-256 has 64 hexadecimal digits").into());
    }
    let s = sum.clone();
    let found = office.run(move |o| o.read(|tx| certificates::by_file(tx, &by.org, &s))).await?;
    let trouble = match &found {
        None => Some("No certificate covers this file: it was changed, or never screened"),
        Some(c) => certificates::trouble(c, Some(&sum), now.today),
    };
    answer(&json!({
        "covered": trouble.is_none(),
        "trouble": trouble,
        "certificate": found.as_ref().map(|c| &c.id),
        "channel": found.as_ref().map(|c| &c.channel),
        "class": found.as_ref().map(|c| &c.class),
        "valid_until": found.as_ref().map(|c| c.valid_until),
    }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentIn {
    #[serde(default)]
    sha256: Option<String>,
    #[serde(default)]
    reached: Option<u64>,
    #[serde(default)]
    reason: Option<String>,
}

/// `POST /api/o/{org}/campaigns/{short}/sent`: a program tells that it has sent a campaign.
pub async fn sent(
    State(office): State<Office>,
    Path((org, short)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (by, _) = who(&office, &org, &headers, false).await?;
    let told: SentIn = parse(&body)?;
    let sent = Sent { sha256: told.sha256, reached: told.reached, reason: told.reason };
    let state = office
        .run(move |o| {
            let vault = o.vault().clone();
            o.write(move |tx| acts::mark_sent(tx, &vault, &by, &short, &sent))
        })
        .await?;
    answer(&json!({ "state": state }))
}
