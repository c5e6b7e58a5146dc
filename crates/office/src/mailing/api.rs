//! What programs that send ask and tell about a send. JSON, as in `permissions/api.rs`.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::campaigns::acts::{self, Sent};
use super::campaigns::reach;
use super::certificates;
use crate::error::{Error, Result};
use crate::office::Office;
use crate::people;
use crate::permissions::api::{Answer, MOST, Program, answer, parse};
use crate::permissions::ask;
use crate::permissions::once::Once;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckIn {
    sha256: String,
}

/// `POST /api/o/{org}/certificates/check`: whether a file of this SHA-256 is covered today.
pub async fn check(
    State(office): State<Office>,
    Program { by, now }: Program,
    body: Bytes,
) -> Answer {
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
    /// Whom it reached, for the frequency cap: addresses or keyed hashes, up to 10,000; more of
    /// them are told as events.
    #[serde(default)]
    delivered: Vec<String>,
}

/// `POST /api/o/{org}/campaigns/{short}/sent`: a program tells that it has sent a campaign.
pub async fn sent(
    State(office): State<Office>,
    Program { by, now }: Program,
    Path((_, short)): Path<(String, String)>,
    Extension(once): Extension<Once>,
    body: Bytes,
) -> Answer {
    let told: SentIn = parse(&body)?;
    if told.delivered.len() > MOST {
        return Err(Error::invalid("delivered", format!("At most {MOST} at once")).into());
    }
    let sent = Sent { sha256: told.sha256, reached: told.reached, reason: told.reason };
    let answered = office
        .run(move |o| {
            let w = o.read(|tx| acts::load(tx, &by.org, &short))?;
            acts::may_mark(&by, &w, &sent)?;
            let kind = w.campaign.channel.address();
            let hash = |raw: &String| match ask::hashes_of_hex(raw) {
                Some((hash, _)) => Ok(hash),
                None => people::hash_raw(&now.hasher, kind, raw),
            };
            let hashes = told.delivered.iter().map(hash).collect::<Result<Vec<_>>>()?;
            let noted = reach::delivered(o, &by, &w, hashes)?;
            let vault = o.vault().clone();
            o.write(move |tx| {
                let done = acts::mark_sent(tx, &vault, &by, &short, &sent)?;
                let told = json!({ "state": done.value, "noted": noted });
                once.keep(tx, &vault, &by, StatusCode::OK, &told)?;
                Ok(done.map(|_| told))
            })
        })
        .await?;
    answer(&answered)
}
