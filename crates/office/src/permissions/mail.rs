//! Unsubscribes, bounces and complaints that come by e-mail: one message at a time, from a mail
//! server's pipe, a mailer's webhook or a mailbox. A message is untrusted: only a sealed token or
//! an address is taken from it, and all that either can do is to stop messages.

use candour_screening::Kind;
use mail_parser::{Message, MessageParser};

use super::facts::sql;
use super::reports::{self, Report};
use super::stops::{self, NewStop};
use super::terms::What;
use super::tokens::Token;
use crate::charter::{self, Channel};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::office::Office;
use crate::people::{self, Hash16};
use crate::proof::By;

/// The largest message looked at, in bytes.
pub const LARGEST: u64 = 2 << 20;

/// What was made of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// So many identifiers were added to the stop list; none if it all stood there already.
    Stopped(usize),
    /// Nothing: an answer of a machine, trouble that may pass, a bounce that is not the last straw.
    Noted,
}

impl Taken {
    /// How many identifiers were added.
    pub fn added(self) -> usize {
        match self {
            Self::Stopped(n) => n,
            Self::Noted => 0,
        }
    }
}

/// Takes one message. A bounce stops a dead address after the charter's number of them; a complaint
/// stops all marketing; any other message stops what its token names or, without one, all marketing
/// to its sender.
///
/// # Errors
/// It is no message, or names nobody.
pub fn take(office: &Office, org: &str, message: &[u8]) -> Result<Taken> {
    let parsed = MessageParser::default()
        .parse(message)
        .ok_or_else(|| Error::invalid("message", "This is no e-mail message"))?;
    let by = office.by_public(org);
    match reports::read(&parsed) {
        Some((Report::Passing, _)) => Ok(Taken::Noted),
        Some((Report::Bounced(who), tokens)) => bounced(office, &by, &who, &tokens),
        Some((Report::Complaint(who), tokens)) => complained(office, &by, &who, &tokens),
        None if is_machine(&parsed) => Ok(Taken::Noted),
        None => wished(office, &by, &parsed),
    }
}

/// The answer of a program, such as "I am away": never a wish (RFC 3834).
fn is_machine(m: &Message<'_>) -> bool {
    let auto = m.header_raw("Auto-Submitted").map(|v| v.trim().to_ascii_lowercase());
    auto.is_some_and(|v| !v.is_empty() && !v.starts_with("no"))
}

fn token<'a>(
    office: &Office,
    org: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Option<Token> {
    let open = |w| Token::open(office.vault(), w).ok();
    words.into_iter().filter_map(open).find(|t| t.org == org)
}

fn stop(office: &Office, by: &By, new: NewStop) -> Result<usize> {
    let (vault, by) = (office.vault().clone(), by.clone());
    office.write(move |tx| stops::stop(tx, &vault, &by, &new))
}

/// The identifiers that a report is about. A token was sealed here; an address anybody could have
/// written.
fn about(
    office: &Office,
    by: &By,
    who: &[String],
    tokens: &[String],
) -> Result<(Vec<Hash16>, bool)> {
    if let Some(t) = token(office, &by.org, tokens.iter().map(String::as_str)) {
        return Ok((vec![t.hash], true));
    }
    let hasher = people::hasher(office.vault(), &by.org)?;
    let hash = |raw: &String| people::hash_raw(&hasher, Kind::Email, raw).ok();
    let all: Vec<Hash16> = who.iter().take(20).filter_map(hash).collect();
    if all.is_empty() {
        return Err(Error::invalid("message", "The report names nobody who was written to"));
    }
    Ok((all, false))
}

fn bounced(office: &Office, by: &By, who: &[String], tokens: &[String]) -> Result<Taken> {
    let (hashes, sure) = about(office, by, who, tokens)?;
    let today = dates::day_of(by.now);
    let mut taken = Taken::Noted;
    for hash in hashes {
        let org = by.org.clone();
        let enough = office.chore(move |tx| {
            let rule = charter::current(tx, &org)?.permissions.bounces;
            Ok(sql::note_bounce(tx, &org, hash, today)? >= u64::from(rule))
        })?;
        if enough {
            // Without our own token it may be made up: then nothing but marketing stops.
            let new = NewStop {
                hash,
                kind: Kind::Email.name().into(),
                channel: Some(Channel::Email),
                what: if sure { What::Everything } else { What::Marketing },
                reason: "bounce",
                on: today,
            };
            taken = Taken::Stopped(taken.added() + stop(office, by, new)?);
        }
    }
    Ok(taken)
}

fn complained(office: &Office, by: &By, who: &[String], tokens: &[String]) -> Result<Taken> {
    let (hashes, _) = about(office, by, who, tokens)?;
    let mut added = 0;
    for hash in hashes {
        let new = NewStop {
            hash,
            kind: Kind::Email.name().into(),
            channel: None,
            what: What::Marketing,
            reason: "complaint",
            on: dates::day_of(by.now),
        };
        added += stop(office, by, new)?;
    }
    Ok(Taken::Stopped(added))
}

fn wished(office: &Office, by: &By, m: &Message<'_>) -> Result<Taken> {
    let subject = m.subject().unwrap_or_default();
    let body = m.body_text(0).unwrap_or_default();
    let found = token(office, &by.org, reports::words(subject).chain(reports::words(&body)));
    let new = match found {
        Some(t) => NewStop {
            hash: t.hash,
            kind: t.channel.address().name().into(),
            channel: Some(t.channel),
            what: if t.purpose.is_empty() { What::Marketing } else { What::Purpose(t.purpose) },
            reason: "unsubscribe",
            on: dates::day_of(by.now),
        },
        None => {
            let from = m.from().and_then(|a| a.first()).and_then(|a| a.address());
            let from = from.filter(|a| !is_server(a)).ok_or_else(|| {
                Error::invalid("message", "The message has no unsubscribe token and no sender")
            })?;
            let hasher = people::hasher(office.vault(), &by.org)?;
            NewStop {
                hash: people::hash_raw(&hasher, Kind::Email, from)?,
                kind: Kind::Email.name().into(),
                channel: Some(Channel::Email),
                what: What::Marketing,
                reason: "unsubscribe",
                on: dates::day_of(by.now),
            }
        }
    };
    Ok(Taken::Stopped(stop(office, by, new)?))
}

/// A mail server's own address: its bounces in forms of its own wait for a person.
fn is_server(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    matches!(local.as_str(), "mailer-daemon" | "postmaster")
}
