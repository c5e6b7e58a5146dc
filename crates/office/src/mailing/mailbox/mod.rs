//! The mailbox that takes unsubscribes, bounces and complaints: looked at every minute, each
//! message handled once and moved to the folder `Processed`; one that can't be read waits in
//! `Aside` for a person, and Today says so.

mod imap;
mod maildir;
pub mod sql;
#[cfg(test)]
mod tests;

use candour_db::Tx;
use jiff::{SignedDuration, Timestamp};

use crate::charter;
use crate::error::{Error, Result};
use crate::kit::jobs;
use crate::office::Office;
use crate::permissions::mail::{self, LARGEST};
use crate::settings::Mailbox;

/// Between two looks.
const EVERY: SignedDuration = SignedDuration::from_secs(60);
/// After one that failed.
const LATER: SignedDuration = SignedDuration::from_secs(300);
/// Messages handled in one look.
const MOST: usize = 500;
/// Where messages go that were handled.
const PROCESSED: &str = "Processed";
/// Where messages go that wait for a person.
const ASIDE: &str = "Aside";

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// Handled.
    Processed,
    /// It can't be read, or names nobody.
    Aside,
}

/// Queues the looks, if there is a mailbox.
///
/// # Errors
/// Of the database.
pub fn queue(tx: &mut Tx<'_>, org: &str, at: Timestamp) -> Result<()> {
    // About the minute, so that the next look can wait while this one runs, and however many
    // processes queue it there is one.
    jobs::queue_once(tx, org, "mailbox", &(at.as_second() / EVERY.as_secs()).to_string(), at)
}

/// The organisation that the mailbox belongs to.
///
/// # Errors
/// Not named although there are several, or of the database.
pub fn org_of(office: &Office, mailbox: &Mailbox) -> Result<String> {
    office.read(|tx| charter::only_org(tx, mailbox.org.as_deref()))
}

/// Looks once, and queues the next look. Trouble is kept for Today and looked past.
///
/// # Errors
/// Of the office's own database.
pub fn look(office: &Office, org: &str) -> Result<()> {
    let Some(mailbox) = office.reach().mailbox.clone() else { return Ok(()) };
    let looked = once(office, org, &mailbox);
    let (org, now) = (org.to_owned(), office.now());
    if let Err(e) = &looked {
        tracing::warn!("the mailbox: {e}");
    }
    let trouble = looked.as_ref().err().map(ToString::to_string);
    let wait = if trouble.is_some() { LATER } else { EVERY };
    office.chore(move |tx| {
        sql::looked(tx, &org, now, looked.as_ref().ok().copied(), trouble.as_deref())?;
        queue(tx, &org, now + wait)
    })
}

/// Handles what has come; answers how many messages wait aside.
///
/// # Errors
/// The mailbox can't be reached or read.
pub fn once(office: &Office, org: &str, mailbox: &Mailbox) -> Result<u64> {
    let mut take = |message: Option<&[u8]>| one(office, org, message);
    match (&mailbox.maildir, &mailbox.host) {
        (Some(dir), _) => maildir::each(dir, &mut take),
        (None, Some(host)) => imap::each(host, mailbox, &mut take),
        (None, None) => Err(Error::invalid("mailbox", "Say where it is: maildir or host")),
    }
}

/// One message; none for one that is too large to be looked at.
fn one(office: &Office, org: &str, message: Option<&[u8]>) -> Result<Done> {
    let Some(message) = message.filter(|m| m.len() as u64 <= LARGEST) else {
        return Ok(Done::Aside);
    };
    match mail::take(office, org, message) {
        Ok(_) => Ok(Done::Processed),
        Err(Error::Invalid(_) | Error::NotFound(_)) => Ok(Done::Aside),
        // Trouble of ours says nothing about the message: it stays where it is.
        Err(other) => Err(other),
    }
}
