//! Unsubscribes, bounces and complaints that come by e-mail: one message at a time, from a mail
//! server's pipe, a mailer's webhook or a mailbox. A message is untrusted: only a sealed token or
//! an address is taken from it, and all that either can do is to stop messages.

use candour_db::Tx;
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
use crate::kit::vault::Vault;
use crate::office::Office;
use crate::people::{self, Hash16};
use crate::proof::{By, Recorded};

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

/// What a message says.
pub enum Said {
    /// Nothing that concerns us: an answer of a machine, trouble that may pass.
    Nothing,
    /// Messages to these did not arrive; and whether our own token says so.
    Bounced(Vec<Hash16>, bool),
    /// These called a message unwanted.
    Complaint(Vec<Hash16>),
    /// Somebody wants no more.
    Wish(NewStop),
}

/// Takes one message in one commit.
///
/// # Errors
/// It is no message, or names nobody.
pub fn take(office: &Office, org: &str, message: &[u8]) -> Result<Taken> {
    let by = office.by_public(org);
    let said = read(office, &by, message)?;
    if matches!(said, Said::Nothing) {
        return Ok(Taken::Noted);
    }
    let vault = office.vault().clone();
    office.write(move |tx| act(tx, &vault, &by, &said))
}

/// Reads one message.
///
/// # Errors
/// It is no message, or names nobody.
pub fn read(office: &Office, by: &By, message: &[u8]) -> Result<Said> {
    let parsed = MessageParser::default()
        .parse(message)
        .ok_or_else(|| Error::invalid("message", "This is no e-mail message"))?;
    match reports::read(&parsed) {
        Some((Report::Passing, _)) => Ok(Said::Nothing),
        Some((Report::Bounced(who), tokens)) => {
            about(office, by, &who, &tokens).map(|(all, sure)| Said::Bounced(all, sure))
        }
        Some((Report::Complaint(who), tokens)) => {
            about(office, by, &who, &tokens).map(|(all, _)| Said::Complaint(all))
        }
        None if is_machine(&parsed) => Ok(Said::Nothing),
        None => wished(office, by, &parsed).map(Said::Wish),
    }
}

/// Does what a message says. A bounce stops a dead address after the charter's number of them; a
/// complaint stops all marketing; any other message stops what its token names or, without one, all
/// marketing to its sender.
///
/// # Errors
/// Of the database.
pub fn act(tx: &mut Tx<'_>, vault: &Vault, by: &By, said: &Said) -> Result<Recorded<Taken>> {
    let stops = match said {
        Said::Nothing => Vec::new(),
        Said::Bounced(all, sure) => bounced(tx, by, all, *sure)?,
        Said::Complaint(all) => all.iter().map(|hash| complained(by, *hash)).collect(),
        Said::Wish(new) => vec![new.clone()],
    };
    let mut done = Recorded::nothing(by, Taken::Noted);
    for new in &stops {
        let one = stops::stop(tx, vault, by, new)?;
        let taken = Taken::Stopped(done.value.added() + one.value);
        done = one.acts.into_iter().fold(done, Recorded::and).map(|_| taken);
    }
    Ok(done)
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

/// Counts a bounce of each; answers the stops of those who have had enough of them.
fn bounced(tx: &mut Tx<'_>, by: &By, all: &[Hash16], sure: bool) -> Result<Vec<NewStop>> {
    let rule = u64::from(charter::current(tx, &by.org)?.permissions.bounces);
    let today = dates::day_of(by.now);
    let mut stops = Vec::new();
    for hash in all {
        if sql::note_bounce(tx, &by.org, *hash, today)? >= rule {
            stops.push(NewStop {
                hash: *hash,
                kind: Kind::Email.name().into(),
                channel: Some(Channel::Email),
                // Without our own token it may be made up: then nothing but marketing stops.
                what: if sure { What::Everything } else { What::Marketing },
                reason: "bounce",
                on: today,
            });
        }
    }
    Ok(stops)
}

fn complained(by: &By, hash: Hash16) -> NewStop {
    NewStop {
        hash,
        kind: Kind::Email.name().into(),
        channel: None,
        what: What::Marketing,
        reason: "complaint",
        on: dates::day_of(by.now),
    }
}

fn wished(office: &Office, by: &By, m: &Message<'_>) -> Result<NewStop> {
    let subject = m.subject().unwrap_or_default();
    let body = m.body_text(0).unwrap_or_default();
    let found = token(office, &by.org, reports::words(subject).chain(reports::words(&body)));
    Ok(match found {
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
    })
}

/// A mail server's own address: its bounces in forms of its own wait for a person.
fn is_server(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_ascii_lowercase();
    matches!(local.as_str(), "mailer-daemon" | "postmaster")
}
