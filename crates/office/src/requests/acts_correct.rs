//! Putting right what was logged wrongly: how and when a request came, whose it is, what they want.
//! What was sent or searched on the strength of it is sent and searched again.

use candour_db::Tx;
use jiff::civil::Date;

use super::acts::{self, Case, act_on, clockwork, hash_asker, load, save};
use super::body::{Body, Wants};
use super::rules::{State, Via};
use super::{letters, search, sql};
use crate::charter;
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::office::Office;
use crate::people::{self, Asker};
use crate::proof::{By, Recorded};
use crate::staff::Permission;

/// A request as it should have been logged. The time asked for is left as it is: changing that is
/// an act of its own.
#[derive(Debug, Clone)]
pub struct Corrected {
    /// How it came.
    pub via: Via,
    /// The day it was received.
    pub received: Date,
    /// Who asks.
    pub asker: Asker,
    /// What for.
    pub wants: Wants,
    /// The version of the case that was corrected: two people can't overwrite each other.
    pub version: i64,
    /// What was wrong, and how it is known.
    pub why: String,
}

/// What a correction changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Changes {
    via: bool,
    received: bool,
    /// Whom letters go to, or what they are called.
    addressee: bool,
    /// What is searched for.
    sought: bool,
    /// Something that was searched for is not theirs.
    lost: bool,
    wants: bool,
}

impl Changes {
    fn of(was: &Case, to: &Corrected) -> Self {
        let (old, new) = (&was.body.asker, &to.asker);
        let letters = |a: &Asker| {
            let agent = a.agent.clone().unwrap_or_default();
            let to = a.reply_to().map(str::to_owned);
            (to, a.name.clone(), agent, a.addresses.first().cloned())
        };
        let (before, after) = (people::seek(old), people::seek(new));
        let gone = |had: &[String], has: &[String]| had.iter().any(|v| !has.contains(v));
        let ids = |s: &candour_connectors::Seek| -> Vec<String> {
            s.identifiers.iter().map(|i| i.normal.clone()).collect()
        };
        Self {
            via: was.request().via != to.via,
            received: was.request().received != to.received,
            addressee: letters(old) != letters(new),
            sought: before != after,
            lost: gone(&ids(&before), &ids(&after))
                || gone(&before.names, &after.names)
                || gone(&before.postcodes, &after.postcodes),
            wants: was.body.wants != to.wants,
        }
    }

    fn any(self) -> bool {
        self != Self::default()
    }

    /// Whatever was told of the request was wrong, or told to somebody else.
    fn tell(self) -> bool {
        self.received || self.addressee
    }

    fn words(self, was: &Case, to: &Corrected) -> String {
        let from = dates::long(was.request().received);
        let day = format!("the day it was received (was {from}, is {})", dates::long(to.received));
        let parts = [
            (self.via, "how it came"),
            (self.received, day.as_str()),
            (self.addressee || self.sought, "whose request it is, or how they are reached"),
            (self.wants, "what they want"),
        ];
        let parts: Vec<&str> = parts.into_iter().filter(|p| p.0).map(|p| p.1).collect();
        parts.join("; ")
    }
}

/// Corrects what was logged (UK GDPR Art 5(1)(d)). A wrong day of receipt or addressee is written
/// about anew, with a new code: the old one may have gone to somebody else. What was searched for
/// by a wrong name or number is searched for again, and nothing stays learned from it.
///
/// # Errors
/// Denied, no reason, nothing to change, fields to mend, changed meanwhile, or sent or closed.
pub fn correct(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    to: &Corrected,
) -> Result<Recorded<()>> {
    by.role.may(Permission::WorkCases)?;
    let mut case = load(tx, office, by, id)?;
    if case.row.version != to.version {
        return Err(Error::Conflict);
    }
    to.asker.check()?;
    if to.received > dates::day_of(by.now) {
        return Err(Error::invalid("received", "The day it was received can't be in the future"));
    }
    let changes = Changes::of(&case, to);
    if !changes.any() {
        return Err(Error::invalid("form", "Nothing has been changed yet"));
    }
    if to.why.trim().is_empty() {
        return Err(Error::invalid("why", "Say what was wrong, and how you know"));
    }
    let said = format!("Corrected: {}. {}", changes.words(&case, to), to.why.trim());
    let agent = to.asker.agent.is_some();
    let mut request = case.row.request.corrected(to.via, to.received, agent)?.reopened();
    let searched = !matches!(request.state, State::Received | State::Identity { .. });
    if changes.sought && searched {
        request = request.search_again()?;
    }
    case.row.request = request;
    case.body = Body { asker: to.asker.clone(), wants: to.wants.clone(), ..case.body };
    if changes.lost {
        case.body.learned.clear();
        case.body.learned_postcodes.clear();
    }
    save(tx, office, by, case.clone())?;
    sql::forget_case_ids(tx, &by.org, id)?;
    hash_asker(tx, office, by, id, &case.body.asker)?;
    if changes.sought && searched {
        search::plan_again(tx, by, &case, false)?;
    }
    let done =
        Recorded::new(by, (), act_on(&case, "request.corrected", "UK GDPR Art 5(1)(d)", said));
    if !changes.tell() {
        return Ok(done);
    }
    let charter = charter::current(tx, &by.org)?;
    let secret = acts::fresh_secret(tx, by, id)?;
    let when = case.request().dates(&clockwork(office, &charter))?;
    let letter = letters::acknowledgement(office, &charter, &case, &when, (&secret, true))?;
    Ok(done.and(letters::post(tx, office, by, &case, letter)?))
}
