//! Unsubscribes and complaints that come by e-mail: one message at a time, from a mail server's
//! pipe or a mailer's webhook. A message is untrusted: only a sealed token or the sender's own
//! address is taken from it, and all that either can do is to stop messages.

use mail_parser::{MessageParser, MimeHeaders as _};

use super::stops::{self, NewStop};
use super::terms::What;
use super::tokens::Token;
use crate::charter::Channel;
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::office::Office;
use crate::people;
use candour_screening::Kind;

/// The largest message looked at, in bytes.
pub const LARGEST: u64 = 2 << 20;

/// Takes one message: a token in its subject or body stops what the token names; without one the
/// sender's address is stopped for all marketing. Answers how many identifiers were added.
///
/// # Errors
/// It is no message, or names nobody.
pub fn take(office: &Office, org: &str, message: &[u8]) -> Result<usize> {
    let parsed = MessageParser::default()
        .parse(message)
        .ok_or_else(|| Error::invalid("message", "This is no e-mail message"))?;
    let by = office.by_public(org);
    let subject = parsed.subject().unwrap_or_default();
    let body = parsed.body_text(0).unwrap_or_default();
    let found = words(subject)
        .chain(words(&body))
        .find_map(|w| Token::open(office.vault(), w).ok().filter(|t| t.org == org));
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
            // Bounces come from mail servers, with an empty or a machine's sender: never a wish.
            let machine = parsed.content_type().is_some_and(|t| t.ctype() == "multipart")
                && parsed.content_type().and_then(|t| t.subtype()) == Some("report");
            let from = parsed.from().and_then(|a| a.first()).and_then(|a| a.address());
            let from = from.filter(|_| !machine).ok_or_else(|| {
                Error::invalid("message", "The message has no unsubscribe token and no sender")
            })?;
            let hasher = people::hasher(office.vault(), org)?;
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
    let vault = office.vault().clone();
    office.write(move |tx| stops::stop(tx, &vault, &by, &new))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .filter(|w| w.len() > 60)
        .take(50)
}
