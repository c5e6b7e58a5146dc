//! What comes back to a mailer, as machines tell it: bounces, complaints, unsubscribes, deliveries.

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use candour_db::Tx;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::api::{Answer, MOST, Program, answer, parse};
use super::live::Now;
use super::once::Once;
use super::stops::{self, NewStop};
use super::terms::{Class, What};
use super::{acts, mail};
use crate::charter::Channel;
use crate::error::{Error, Result};
use crate::kit::vault::Vault;
use crate::office::Office;
use crate::people::{self, Hash16};
use crate::proof::{By, Recorded};

/// Events in one commit: with more, other writers would wait for long.
const TOGETHER: usize = 250;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventIn {
    /// `bounce` (for good), `soft-bounce`, `complaint`, `unsubscribe`, `delivered`.
    r#type: String,
    address: String,
    #[serde(default = "EventIn::channel")]
    channel: Channel,
    #[serde(default)]
    purpose: Option<String>,
    #[serde(default)]
    campaign: Option<String>,
    #[serde(default = "EventIn::class")]
    class: Class,
}

impl EventIn {
    fn channel() -> Channel {
        Channel::Email
    }

    fn class() -> Class {
        Class::Marketing
    }
}

#[derive(Deserialize)]
struct EventsIn {
    events: Vec<EventIn>,
}

/// What an event asks for.
enum Event {
    /// Nothing.
    Passing,
    /// A message reached somebody.
    Delivered(Channel, String, Hash16),
    /// A stop, at these premises too.
    Stop(Box<NewStop>, Option<Hash16>),
    /// It can't be read.
    Bad(String),
}

/// How far a report of many events has come, and what is answered at its end.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct SoFar {
    /// Looked at.
    #[serde(default)]
    seen: usize,
    taken: u64,
    errors: Vec<Value>,
}

/// `POST /api/o/{org}/events`: bounces, complaints, unsubscribes, deliveries, up to 10,000 at once.
/// A bad event is named by its place; the others count.
pub async fn events(
    State(office): State<Office>,
    Program { by, now }: Program,
    Extension(once): Extension<Once>,
    body: Bytes,
) -> Answer {
    let EventsIn { events } = parse(&body)?;
    if events.len() > MOST {
        return Err(Error::invalid("events", format!("At most {MOST} events at once")).into());
    }
    let told = office
        .run(move |o| {
            let read = |event| match read(&now, event) {
                Err(e @ Error::Invalid(_)) => Ok(Event::Bad(e.to_string())),
                other => other,
            };
            take(o, &by, events.iter().map(read).collect::<Result<Vec<_>>>()?, once)
        })
        .await?;
    answer(&told)
}

fn read(now: &Now, event: &EventIn) -> Result<Event> {
    let kind = event.channel.address();
    let told = people::written(&now.hasher, kind, &event.address)?;
    let (what, reason) = match event.r#type.as_str() {
        "bounce" => (What::Everything, "bounce"),
        // A full mailbox says nothing about tomorrow.
        "soft-bounce" => return Ok(Event::Passing),
        "complaint" => (What::Marketing, "complaint"),
        "unsubscribe" => {
            (event.purpose.clone().map_or(What::Marketing, What::Purpose), "unsubscribe")
        }
        "delivered" if !event.class.is_marketing() => return Ok(Event::Passing),
        "delivered" => {
            let campaign = event.campaign.clone().unwrap_or_default();
            return Ok(Event::Delivered(event.channel, campaign, told.hash));
        }
        _ => {
            return Err(Error::invalid(
                "type",
                "The type is bounce, soft-bounce, complaint, unsubscribe or delivered",
            ));
        }
    };
    let new = NewStop {
        hash: told.hash,
        kind: kind.name().into(),
        channel: Some(event.channel),
        what,
        reason,
        on: now.today,
    };
    Ok(Event::Stop(Box::new(new), told.premises))
}

/// Takes all events, some in each commit; answers what is told of them.
fn take(o: &Office, by: &By, events: Vec<Event>, once: Once) -> Result<Value> {
    let (events, mut so_far) = (Arc::new(events), SoFar::default());
    loop {
        let (vault, by, all) = (o.vault().clone(), by.clone(), Arc::clone(&events));
        so_far = o.write(move |tx| take_some(tx, &vault, &by, &all, once, so_far.clone()))?;
        if so_far.seen >= events.len() {
            return Ok(json!({ "taken": so_far.taken, "errors": so_far.errors }));
        }
    }
}

/// Takes the next events, after those of the commit before: of this call, or of one that was cut
/// off, or of the same request in another process.
fn take_some(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    events: &[Event],
    once: Once,
    before: SoFar,
) -> Result<Recorded<SoFar>> {
    let mut so_far = match once.so_far(tx, vault, by)? {
        None => before,
        Some((kept, whole)) => {
            let mut kept: SoFar = serde_json::from_value(kept)?;
            if whole {
                kept.seen = events.len();
                return Ok(Recorded::nothing(by, kept));
            }
            kept
        }
    };
    let mut done = Recorded::nothing(by, ());
    for (i, event) in events.iter().enumerate().skip(so_far.seen).take(TOGETHER) {
        let one = match event {
            Event::Passing => Recorded::nothing(by, ()),
            Event::Delivered(channel, campaign, hash) => {
                acts::delivered(tx, by, *channel, campaign, &[*hash])?
            }
            Event::Stop(new, premises) => stops::stop_at(tx, vault, by, new, *premises)?.map(drop),
            Event::Bad(words) => {
                let at = format!("/events/{i}");
                so_far.errors.push(json!({ "pointer": at, "detail": words }));
                continue;
            }
        };
        so_far.taken += 1;
        done = one.acts.into_iter().fold(done, Recorded::and);
    }
    so_far.seen = events.len().min(so_far.seen + TOGETHER);
    let (status, kept) = match so_far.seen == events.len() {
        true => (Some(StatusCode::OK), json!({ "taken": so_far.taken, "errors": so_far.errors })),
        false => (None, serde_json::to_value(&so_far)?),
    };
    once.keep_so_far(tx, vault, by, status, &kept)?;
    Ok(done.map(|()| so_far))
}

/// `POST /api/o/{org}/inbound-mail`: one message as it came (message/rfc822): an unsubscribe, a
/// bounce or a complaint.
pub async fn inbound(
    State(office): State<Office>,
    Program { by, .. }: Program,
    Extension(once): Extension<Once>,
    body: Bytes,
) -> Answer {
    let told = office
        .run(move |o| {
            let (vault, public) = (o.vault().clone(), o.by_public(&by.org));
            let said = mail::read(o, &public, &body)?;
            o.write(move |tx| {
                let done = mail::act(tx, &vault, &public, &said)?;
                let told = json!({ "added": done.value.added() });
                once.keep(tx, &vault, &by, StatusCode::OK, &told)?;
                Ok(done.map(|_| told))
            })
        })
        .await?;
    answer(&told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailing::hooks::tests::{House, both};
    use crate::proof;

    const CHARTER: &str = include_str!("../demo/charter.toml");

    /// One more than fit into two commits.
    fn deliveries(house: &House) -> Arc<Vec<Event>> {
        let hasher = people::hasher(house.office.vault(), &house.by.org).unwrap();
        let one = |n: usize| {
            let (kind, raw) = (Channel::Email.address(), format!("member{n}@example.org"));
            let hash = people::hash_raw(&hasher, kind, &raw).unwrap();
            Event::Delivered(Channel::Email, "news".into(), hash)
        };
        Arc::new((0..=TOGETHER * 2).map(one).collect())
    }

    fn entries(house: &House) -> u64 {
        let (vault, org, now) =
            (house.office.vault().clone(), house.by.org.clone(), house.office.now());
        house.office.chore(move |tx| proof::acts::checkpoint(tx, &vault, &org, now)).unwrap().0
    }

    #[test]
    fn a_report_that_was_cut_off_goes_on_where_it_was() {
        for postgres in both() {
            let house = House::with(postgres, CHARTER);
            let (all, once, before) =
                (deliveries(&house), Once::of([1; 32], [2; 32]), entries(&house));
            let some = || {
                let (vault, by, all) =
                    (house.office.vault().clone(), house.by.clone(), Arc::clone(&all));
                let some =
                    move |tx: &mut Tx<'_>| take_some(tx, &vault, &by, &all, once, SoFar::default());
                house.office.write(some).unwrap().seen
            };
            // A process dies after its first commit; two others are sent the report again at once.
            assert_eq!(some(), TOGETHER);
            assert_eq!(some(), TOGETHER * 2);
            let whole = |events| take(&house.office, &house.by, events, once).unwrap();
            let n = all.len();
            let told = whole(Arc::try_unwrap(all).unwrap_or_default());
            assert_eq!(told["taken"], n);
            assert_eq!(entries(&house) - before, n as u64, "each is on record once");
            let again = whole(Arc::try_unwrap(deliveries(&house)).unwrap_or_default());
            assert_eq!((again, entries(&house) - before), (told, n as u64));
        }
    }
}
