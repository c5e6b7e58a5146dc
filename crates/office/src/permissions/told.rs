//! What machines tell: stops, consents, what came back to a mailer.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use candour_screening::Kind;
use serde::Deserialize;
use serde_json::json;

use super::acts::{self, NewConsent};
use super::api::{Answer, MOST, Program, answer, parse};
use super::live::Now;
use super::once::Once;
use super::records::{Proof, Through};
use super::stops::{self, NewStop, REASONS};
use super::terms::{Class, What};
use super::{ask, persons, receipt, standing, tokens, withdrawals};
use crate::charter::Channel;
use crate::error::{Error, Result};
use crate::kit::{dates, links, sha256_hex};
use crate::mailing;
use crate::office::Office;
use crate::people::{self, Hash16, Known};
use crate::proof::By;
use crate::staff::Permission;

/// A stop, as a machine tells it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StopIn {
    address: String,
    kind: Option<String>,
    channel: Option<Channel>,
    purpose: Option<String>,
    #[serde(default)]
    everything: bool,
    #[serde(default)]
    reason: Option<String>,
}

impl StopIn {
    fn kind(&self) -> Result<Kind> {
        match (&self.kind, self.channel) {
            (Some(k), _) => Kind::from_name(k)
                .filter(|k| {
                    matches!(k, Kind::Email | Kind::Phone | Kind::Address | Kind::MemberNumber)
                })
                .ok_or_else(|| Error::invalid("kind", "email, phone, address or member-number")),
            (None, Some(c)) => Ok(c.address()),
            (None, None) => Ok(Kind::Email),
        }
    }

    fn stop(&self, now: &Now, by: &By) -> Result<(NewStop, Option<Hash16>)> {
        let kind = self.kind()?;
        let what = match (&self.purpose, self.everything) {
            (_, true) => What::Everything,
            (Some(p), _) => What::Purpose(p.clone()),
            _ => What::Marketing,
        };
        let reason = match &self.reason {
            None => "objection",
            Some(r) => REASONS
                .into_iter()
                .find(|known| known == r)
                .ok_or_else(|| Error::invalid("reason", "This reason is not known"))?,
        };
        let told = people::written(&now.hasher, kind, &self.address)?;
        let new = NewStop {
            hash: told.hash,
            kind: kind.name().into(),
            channel: self.channel,
            what,
            reason,
            on: dates::day_of(by.now),
        };
        Ok((new, told.premises))
    }
}

/// `POST /api/o/{org}/suppressions`: stops an address at once.
pub async fn suppress(
    State(office): State<Office>,
    Program { by, now }: Program,
    Extension(once): Extension<Once>,
    body: Bytes,
) -> Answer {
    let (new, premises) = parse::<StopIn>(&body)?.stop(&now, &by)?;
    let hash = hex::encode(new.hash);
    let told = office
        .run(move |o| {
            let vault = o.vault().clone();
            o.write(move |tx| {
                let done = stops::stop_at(tx, &vault, &by, &new, premises)?;
                let told = json!({ "hash": hash, "added": done.value });
                once.keep(tx, &vault, &by, StatusCode::OK, &told)?;
                Ok(done.map(|_| told))
            })
        })
        .await?;
    answer(&told)
}

/// A consent, as a machine tells it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConsentIn {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    address: Option<String>,
    #[serde(default)]
    member_number: Option<String>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    subscriber: Option<String>,
    wording: String,
    version: i64,
    #[serde(default)]
    channel: Option<Channel>,
    answer: bool,
    #[serde(default)]
    on: Option<jiff::civil::Date>,
    method: String,
    evidence: String,
    #[serde(default)]
    collector: Option<String>,
}

impl ConsentIn {
    fn consent(self, by: &By) -> NewConsent {
        let ids = [
            (Kind::Email, self.email),
            (Kind::Phone, self.phone),
            (Kind::Address, self.address),
            (Kind::MemberNumber, self.member_number),
        ];
        NewConsent {
            who: Known {
                name: self.name,
                identifiers: ids.into_iter().filter_map(|(k, v)| Some((k, v?))).collect(),
                subscriber: self.subscriber,
                member: None,
                company: None,
            },
            wording: self.wording,
            version: Some(self.version),
            channel: self.channel,
            yes: self.answer,
            on: self.on.unwrap_or_else(|| dates::day_of(by.now)),
            method: self.method,
            proof: Proof {
                evidence: self.evidence,
                collector: self.collector.unwrap_or_else(|| by.actor.clone()),
                representative: None,
            },
            through: Through::Program,
        }
    }
}

/// `GET /api/o/{org}/suppressions/{id}`: what an announcement was about. The address comes with it
/// only while the office knows its person; of others there is a keyed hash alone.
pub async fn suppression(
    State(office): State<Office>,
    Program { by, now }: Program,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    by.role.may(Permission::SeePermissions)?;
    let told = office
        .run(move |o| {
            o.read(|tx| {
                let stop = super::sql::stop_by_id(tx, &by.org, &id)?;
                let mut address = None;
                for p in people::by_hash(tx, &by.org, stop.hash)? {
                    let known = people::open(tx, o.vault(), &by.org, &p)?;
                    address = known.identifiers.into_iter().find_map(|(kind, raw)| {
                        let hash = people::hash_raw(&now.hasher, kind, &raw).ok()?;
                        (hash == stop.hash).then_some(raw)
                    });
                }
                Ok(json!({
                    "id": stop.id,
                    "kind": stop.kind,
                    "channel": Channel::from_word(&stop.channel).map(Channel::word),
                    "scope": stop.what,
                    "on": stop.on,
                    "lifted": stop.ended.is_some(),
                    "address": address,
                }))
            })
        })
        .await?;
    answer(&told)
}

/// `POST /api/o/{org}/consents`: records an answer. With an `Idempotency-Key` a repeat is answered
/// as the first time and recorded once.
pub async fn consent(
    State(office): State<Office>,
    Program { by, .. }: Program,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let new = parse::<ConsentIn>(&body)?.consent(&by);
    let key = headers.get("idempotency-key").map(|k| links::hash(&sha256_hex(k.as_bytes())));
    let sum = links::hash(&sha256_hex(&body));
    let id = office.run(move |o| consent_once(o, by, new, key, sum)).await?;
    let mut made = answer(&json!({ "id": id }))?;
    *made.status_mut() = StatusCode::CREATED;
    Ok(made)
}

fn consent_once(
    o: &Office,
    by: By,
    new: NewConsent,
    key: Option<[u8; 32]>,
    sum: [u8; 32],
) -> Result<String> {
    if let Some(k) = key
        && let Some((body, _, id)) = o.read(|tx| mailing::kept_answer(tx, &by.org, &by.actor, k))?
    {
        if body != sum {
            return Err(Error::invalid(
                "idempotency-key",
                "This key came before with another body: use a new one",
            ));
        }
        return String::from_utf8(id).map_err(|_| Error::fault("a kept answer is no id"));
    }
    let vault = o.vault().clone();
    let ids = persons::hashes_of(&vault, &by.org, &new.who)?;
    let by_ = by.clone();
    let done = o.write(move |tx| {
        let done = acts::record_consent(tx, &vault, &by, &new)?;
        if let Some(k) = key {
            let id = done.value.clone().into_bytes();
            if !mailing::keep_answer(tx, &by.org, &by.actor, k, sum, 201, id, by.now)? {
                return Err(Error::Conflict);
            }
        }
        Ok(done)
    });
    if matches!(done, Err(Error::Refused(_))) {
        // They were erased: what else names them here is stopped as they are.
        o.write(move |tx| stops::spread_erasure(tx, &by_, &ids))?;
    }
    done
}

/// `POST /api/o/{org}/consents/{id}/withdraw`. What remains is known after the commit only, so the
/// answer that a repeat gets after a crash lacks it.
pub async fn withdraw(
    State(office): State<Office>,
    Program { by, .. }: Program,
    Path((_, id)): Path<(String, String)>,
    Extension(once): Extension<Once>,
) -> Answer {
    let told = office
        .run(move |o| {
            let (vault, by_) = (o.vault().clone(), by.clone());
            let told = o.write(move |tx| {
                let done = withdrawals::withdraw(tx, &vault, &by_, &id, "withdrawal")?;
                let told = json!({ "ended": done.value.ended });
                once.keep(tx, &vault, &by_, StatusCode::OK, &told)?;
                Ok(done)
            })?;
            let stands = standing::of(o, &by.org, &told.person)?;
            let whole = json!({ "ended": told.ended, "remains": stands.goes_on });
            once.complete(o, &by, &whole)?;
            Ok(whole)
        })
        .await?;
    answer(&told)
}

/// `GET /api/o/{org}/consents/{id}/receipt`
pub async fn receipt(
    State(office): State<Office>,
    Program { by, .. }: Program,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    answer(&office.run(move |o| receipt::receipt(o, &by.org, &id)).await?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadersIn {
    addresses: Vec<String>,
    purpose: String,
    #[serde(default = "email")]
    channel: Channel,
}

fn email() -> Channel {
    Channel::Email
}

/// `POST /api/o/{org}/unsubscribe-headers`: the headers of RFC 8058 and RFC 2369 for each address.
pub async fn unsubscribe_headers(
    State(office): State<Office>,
    Program { by, now }: Program,
    body: Bytes,
) -> Answer {
    let asked: HeadersIn = parse(&body)?;
    if asked.addresses.len() > MOST {
        return Err(Error::invalid("addresses", format!("At most {MOST} at once")).into());
    }
    let settings = &now.charter.permissions;
    ask::purpose_of(settings, Class::Marketing, Some(&asked.purpose), asked.channel)?;
    let reach = office.run(Office::renew_reach).await?;
    let base = reach.public_url.clone().ok_or_else(|| {
        Error::Unavailable("the office has no public address yet: it is set in the settings".into())
    })?;
    let mut out = Vec::with_capacity(asked.addresses.len());
    for raw in &asked.addresses {
        out.push(match people::hash_raw(&now.hasher, asked.channel.address(), raw) {
            Ok(hash) => {
                let token = tokens::Token {
                    org: by.org.clone(),
                    hash,
                    channel: asked.channel,
                    purpose: asked.purpose.clone(),
                };
                let mailbox = settings.unsubscribe_address.as_deref();
                let made = tokens::headers(office.vault(), &base, &token, mailbox)?;
                json!(made.into_iter().collect::<std::collections::BTreeMap<_, _>>())
            }
            Err(e) => json!({ "error": e.to_string() }),
        });
    }
    answer(&json!({ "headers": out }))
}
