//! What machines tell and ask of people: how their details were got, for whom they are held, which
//! consents stand. Addresses come in the body, never in the address of a request.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use candour_db::Tx;
use candour_screening::Kind;
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{Answer, Program, answer, parse};
use super::once::Once;
use super::records::Ground;
use super::{persons, receipts, sql, stops};
use crate::error::{Error, Result};
use crate::kit::vault::Vault;
use crate::office::Office;
use crate::people::Known;
use crate::proof::{By, Recorded};
use crate::staff::Permission;

/// Who it is about. At least one identifier; the first of them says who it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WhoIn {
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
    #[serde(default)]
    member: Option<bool>,
    #[serde(default)]
    company: Option<String>,
}

impl WhoIn {
    fn known(self) -> Result<Known> {
        let right = |s: &String| s == "individual" || s == "corporate";
        if !self.subscriber.as_ref().is_none_or(right) {
            return Err(Error::invalid("subscriber", "individual or corporate"));
        }
        let ids = [
            (Kind::Email, self.email),
            (Kind::Phone, self.phone),
            (Kind::Address, self.address),
            (Kind::MemberNumber, self.member_number),
        ];
        Ok(Known {
            name: self.name,
            identifiers: ids.into_iter().filter_map(|(k, v)| Some((k, v?))).collect(),
            subscriber: self.subscriber,
            member: self.member,
            company: self.company,
        })
    }
}

/// Makes a change about somebody, and the answer to it; what names one who was erased is stopped as
/// they are.
fn about(
    o: &Office,
    by: &By,
    known: &Known,
    once: Once,
    act: impl Fn(&mut Tx<'_>, &Vault, &By, &Known) -> Result<Recorded<String>> + Send + 'static,
) -> Result<Value> {
    let ids = persons::hashes_of(o.vault(), &by.org, known)?;
    let (vault, by_, known) = (o.vault().clone(), by.clone(), known.clone());
    let done = o.write(move |tx| {
        let done = act(tx, &vault, &by_, &known)?;
        let told = json!({ "person": done.value });
        once.keep(tx, &vault, &by_, StatusCode::CREATED, &told)?;
        Ok(done.map(|_| told))
    });
    if matches!(done, Err(Error::Refused(_))) {
        let by = by.clone();
        o.write(move |tx| stops::spread_erasure(tx, &by, &ids))?;
    }
    done
}

fn created(value: &Value) -> Answer {
    let mut made = answer(value)?;
    *made.status_mut() = StatusCode::CREATED;
    Ok(made)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GroundIn {
    who: WhoIn,
    /// `sale` or `support`.
    ground: String,
    on: jiff::civil::Date,
    refusal_offered: bool,
}

/// `POST /api/o/{org}/grounds`: how somebody's details were got.
pub async fn ground(
    State(office): State<Office>,
    Program { by, .. }: Program,
    Extension(once): Extension<Once>,
    body: Bytes,
) -> Answer {
    let told: GroundIn = parse(&body)?;
    let known = told.who.known()?;
    let ground = Ground { ground: told.ground, on: told.on, refusal_offered: told.refusal_offered };
    let made = office
        .run(move |o| {
            about(o, &by, &known, once, move |tx, vault, by, known| {
                persons::record_ground(tx, vault, by, known, &ground)
            })
        })
        .await?;
    created(&made)
}

/// `POST /api/o/{org}/people`: who somebody is: a subscriber, a member, held for a company.
pub async fn person(
    State(office): State<Office>,
    Program { by, .. }: Program,
    Extension(once): Extension<Once>,
    body: Bytes,
) -> Answer {
    let known = parse::<WhoIn>(&body)?.known()?;
    let made = office
        .run(move |o| {
            if let Some(short) = &known.company
                && o.read(|tx| sql::company(tx, &by.org, short))?.is_none()
            {
                return Err(Error::invalid("company", "There is no such company: add it first"));
            }
            about(o, &by, &known, once, persons::keep_person)
        })
        .await?;
    created(&made)
}

/// `GET /api/o/{org}/companies`: for whom people are held. Adding one is for staff.
pub async fn companies(State(office): State<Office>, Program { by, .. }: Program) -> Answer {
    by.role.may(Permission::SeePermissions)?;
    let all = office.run(move |o| o.read(|tx| sql::companies(tx, &by.org))).await?;
    let all: Vec<Value> =
        all.into_iter().map(|(short, title)| json!({ "short": short, "title": title })).collect();
    answer(&json!({ "companies": all }))
}

/// `POST /api/o/{org}/consents/find`: the records of whoever has this identifier, to be withdrawn
/// or shown by their ids.
pub async fn find(
    State(office): State<Office>,
    Program { by, now }: Program,
    body: Bytes,
) -> Answer {
    by.role.may(Permission::SeePermissions)?;
    let known = parse::<WhoIn>(&body)?.known()?;
    if known.identifiers.is_empty() {
        return Err(Error::invalid("email", "Give an e-mail address or another identifier").into());
    }
    let found = office
        .run(move |o| {
            let mut hashes = Vec::new();
            for (kind, raw) in &known.identifiers {
                hashes.push(crate::people::written(&now.hasher, *kind, raw)?);
            }
            receipts::of_hashes(o, &by.org, &hashes)
        })
        .await?;
    answer(&json!({ "consents": found.consents, "stops": found.stops }))
}
