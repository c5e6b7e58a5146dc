//! How often something may be tried from outside. Counts stand in the database, so that several
//! `serve` processes share them, under keyed hashes, so that they name nobody.
//!
//! Two kinds: wrong tries in a row lock what was tried for a growing while (whether it exists or
//! not: a locked account and an unknown one answer alike), and each thing the public can ask for
//! has a number an hour, for one client and for all.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use candour_db::Tx;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::kit::sql;
use crate::office::Office;

/// A keyed hash that stands for what is counted.
pub type Mark = [u8; 32];

/// Wrong tries are forgotten so long after the last one.
const MEMORY: SignedDuration = SignedDuration::from_hours(24);
/// The time in which requests are counted.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);
/// Rows the table may hold. Beyond it those go first that lock nothing and end soonest.
const MOST: u64 = 50_000;

/// What the public can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Begin the public form.
    Begin,
    /// Hand in a request.
    Ask,
    /// Look up where a request stands.
    Status,
    /// Fetch an answer by its link.
    Fetch,
    /// Sign in, by password, code or link.
    SignIn,
    /// Stop marketing on the public page.
    Stop,
    /// Have a link to one's choices sent.
    Choices,
    /// Press an unsubscribe link.
    Unsubscribe,
}

/// How often each may be asked for in an hour; what the file leaves out has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// Forms begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begin: Option<u64>,
    /// Requests handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<u64>,
    /// Look-ups of a request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u64>,
    /// Answers fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch: Option<u64>,
    /// Tries to sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<u64>,
    /// Marketing stopped on the public page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<u64>,
    /// Links to one's choices sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub choices: Option<u64>,
    /// Unsubscribe links pressed. What is counted as one client here is one link: the mail
    /// programs of a provider share addresses, and the second press of a link loses no stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsubscribe: Option<u64>,
}

/// `[limits]` in `candour.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The header in which the proxy before us names the client: `x-forwarded-for`. None is
    /// trusted without this, because without a proxy a client could write what it likes in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_header: Option<String>,
    /// For one client and hour. By default more than a household or a small office behind one
    /// address needs.
    pub client: Rates,
    /// For all clients together and hour; of one organisation where the address names it. By
    /// default room for a very busy day.
    pub all: Rates,
}

impl Limits {
    /// The most in an hour: for one client, and for all.
    fn most(&self, what: What) -> (u64, u64) {
        let (c, a) = (&self.client, &self.all);
        match what {
            What::Begin => (c.begin.unwrap_or(60), a.begin.unwrap_or(2000)),
            What::Ask => (c.ask.unwrap_or(20), a.ask.unwrap_or(500)),
            What::Status => (c.status.unwrap_or(60), a.status.unwrap_or(5000)),
            What::Fetch => (c.fetch.unwrap_or(60), a.fetch.unwrap_or(5000)),
            What::SignIn => (c.sign_in.unwrap_or(120), a.sign_in.unwrap_or(5000)),
            What::Stop => (c.stop.unwrap_or(60), a.stop.unwrap_or(20_000)),
            What::Choices => (c.choices.unwrap_or(20), a.choices.unwrap_or(5000)),
            What::Unsubscribe => (c.unsubscribe.unwrap_or(60), a.unsubscribe.unwrap_or(1_000_000)),
        }
    }
}

/// Who asks: the network address, never kept in the clear. `None` when all that is known is a
/// proxy on this machine: then only the limit for all counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client(pub Option<IpAddr>);

impl FromRequestParts<Office> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        office: &Office,
    ) -> std::result::Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
        Ok(Self::of(&office.settings().limits, &parts.headers, peer))
    }
}

impl Client {
    /// The last address in the trusted header is the one our own proxy wrote; the ones before it
    /// are hearsay. An IPv6 client is its /64, because it may choose the rest freely.
    fn of(limits: &Limits, headers: &HeaderMap, peer: Option<IpAddr>) -> Self {
        let Some(name) = &limits.client_header else {
            return Self(peer.filter(|ip| !ip.to_canonical().is_loopback()).map(whole));
        };
        let last = headers.get_all(name.as_str()).iter().next_back();
        let told = last.and_then(|v| v.to_str().ok()).and_then(|v| v.rsplit(',').next());
        Self(told.and_then(|v| v.trim().parse().ok()).or(peer).map(whole))
    }
}

fn whole(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) >> 64 << 64).into()),
        v4 => v4,
    }
}

/// Counts one asking, for the client and for all.
///
/// # Errors
/// Too many in this hour: how many minutes are left.
pub fn take(office: &Office, what: What, org: &str, client: Client) -> Result<()> {
    let who = client.0.map(|ip| ip.to_string());
    take_as(office, what, org, who.as_deref())
}

/// Counts one asking like [`take`], where something else than the network address says who asks.
///
/// # Errors
/// Too many in this hour: how many minutes are left.
pub fn take_as(office: &Office, what: What, org: &str, who: Option<&str>) -> Result<()> {
    let (now, limits) = (office.now(), &office.settings().limits);
    let mark = |who: &str| office.vault().mark(&format!("rate\u{0}{what:?}\u{0}{org}\u{0}{who}"));
    let (one, all) = limits.most(what);
    let mut counts = Vec::new();
    if let Some(who) = who {
        counts.push((mark(who)?, one));
    }
    counts.push((mark("all")?, all));
    office.chore(move |tx| {
        for (mark, most) in &counts {
            let (n, ends) = count(tx, mark, now, now + WINDOW)?;
            if n > *most {
                // Answered, not failed: the count of the client stands, so that it is not spent
                // from what all together have.
                return Ok(Err(Error::TooMany(minutes(now, ends))));
            }
        }
        Ok(Ok(()))
    })?
}

fn minutes(now: Timestamp, until: Timestamp) -> i64 {
    (until.as_second() - now.as_second() + 59) / 60
}

fn count(
    tx: &mut Tx<'_>,
    mark: &Mark,
    now: Timestamp,
    ends: Timestamp,
) -> Result<(u64, Timestamp)> {
    let counted = sql::count_try(tx, *mark, now, ends)?;
    if counted.0 == 1 && sql::tries(tx)? > MOST {
        sql::drop_old_tries(tx, now)?;
        let over = sql::tries(tx)?.saturating_sub(MOST / 10 * 9);
        sql::drop_tries(tx, over)?;
    }
    Ok(counted)
}

/// Whether a mark may be tried now.
///
/// # Errors
/// Locked: how many minutes are left.
pub fn not_locked(tx: &mut Tx<'_>, mark: Mark, now: Timestamp) -> Result<()> {
    match sql::locked_until(tx, mark)? {
        Some(until) if until > now => Err(Error::TooMany(minutes(now, until))),
        _ => Ok(()),
    }
}

/// Counts a wrong try and locks the mark as `until` says for its number in a row. Answers until
/// when it is locked now.
///
/// # Errors
/// Of the database.
pub fn wrong(
    tx: &mut Tx<'_>,
    mark: Mark,
    now: Timestamp,
    until: fn(i64, Timestamp) -> Option<Timestamp>,
) -> Result<Option<Timestamp>> {
    let (n, _) = count(tx, &mark, now, now + MEMORY)?;
    let until = until(i64::try_from(n).unwrap_or(i64::MAX), now);
    sql::lock_try(tx, mark, until, now + MEMORY)?;
    Ok(until)
}

/// A try that was counted before it was judged.
#[derive(Debug, Clone, Copy)]
pub struct Try {
    /// What was tried.
    pub mark: Mark,
    /// Until when it is locked if this try was wrong.
    pub locked: Option<Timestamp>,
}

/// Counts a try as wrong before it is judged: many at once have no more tries than one after the
/// other. Who was right says so with [`right`] or [`take_back`].
///
/// # Errors
/// Locked: how many minutes are left.
pub fn begin(
    tx: &mut Tx<'_>,
    mark: Mark,
    now: Timestamp,
    until: fn(i64, Timestamp) -> Option<Timestamp>,
) -> Result<Try> {
    not_locked(tx, mark, now)?;
    wrong(tx, mark, now, until).map(|locked| Try { mark, locked })
}

/// It went well, but more is asked: this one try is not counted, and those before it stay.
///
/// # Errors
/// Of the database.
pub fn take_back(tx: &mut Tx<'_>, tried: Try) -> Result<()> {
    sql::take_back_try(tx, tried.mark, tried.locked)
}

/// It went well: wrong tries are forgotten.
///
/// # Errors
/// Of the database.
pub fn right(tx: &mut Tx<'_>, mark: Mark) -> Result<()> {
    sql::forget_try(tx, mark)
}

#[cfg(test)]
#[path = "limits_tests.rs"]
mod tests;
