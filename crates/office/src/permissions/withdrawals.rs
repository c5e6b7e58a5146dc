//! How consents end: withdrawn by their person, contradicted by a stop or a later no, run out.
//! Effective at once, and everybody whom it concerns is told.

use candour_db::Tx;
use jiff::civil::Date;

use super::records::{ConsentRow, Event, Use};
use super::stops::{self, NewStop, touch};
use super::tell::in_words;
use super::terms::What;
use super::{outlive, sql, tell};
use crate::charter;
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::vault::Vault;
use crate::office::Office;
use crate::people::{self, PersonRow};
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// What a withdrawal ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Whose it was.
    pub person: String,
    /// Ended, in words.
    pub ended: Vec<String>,
}

/// Withdraws one consent record: as easy as giving it, effective at once (UK GDPR Art 7(3)). One
/// for contact becomes a stop as well, so that it outlives the record. The company for which the
/// person is held is told, and the person when it was staff who recorded it.
///
/// # Errors
/// Denied, not found, or it does not stand.
pub fn withdraw(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    id: &str,
    method: &'static str,
) -> Result<Recorded<Withdrawn>> {
    by.role.may(Permission::StopContact)?;
    let row = sql::consent_by_id(tx, &by.org, id)?;
    if row.state != "given" {
        return Err(Error::invalid("consent", "This consent does not stand: nothing to withdraw"));
    }
    let person = people::by_id(tx, &by.org, &row.person)?;
    let charter = charter::current(tx, &by.org)?;
    let words = tell::in_words(&charter, &row);
    let told = Withdrawn { person: person.id.clone(), ended: vec![words.clone()] };
    let ids = people::reached(tx, vault, by, &person)?;
    let about = tell::About::of(&person);
    if let (Some(Use::Contact), Some(channel)) = (Use::from_word(&row.use_kind), row.channel()) {
        let new = NewStop {
            hash: [0; 16],
            kind: String::new(),
            channel: Some(channel),
            what: What::Purpose(row.use_what.clone()),
            reason: method,
            on: dates::day_of(by.now),
        };
        let added = stops::put_all(tx, by, &new, &ids)?;
        tell::hooks(tx, by, "suppression.added", &added)?;
        tell::partners_of_stop(tx, vault, by, &about, &new)?;
    }
    touch(tx, by, &ids)?;
    tell::company(tx, vault, by, &about, &words)?;
    tell::person_later(tx, by, &person.id)?;
    let act = end(tx, vault, by, &about, row, (method, None))?;
    Ok(Recorded::new(by, told, act))
}

/// Withdraws the standing consents that a stop contradicts, and tells the partners whom it concerns
/// without ending their consent.
pub(super) fn by_stop(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    person: &PersonRow,
    new: &NewStop,
) -> Result<Vec<Act>> {
    let about = tell::About::of(person);
    tell::partners_of_stop(tx, vault, by, &about, new)?;
    let mut acts = Vec::new();
    for row in sql::consents_of(tx, &by.org, &person.id)? {
        if row.state == "given" && contradicts(new, &row) {
            acts.push(end(tx, vault, by, &about, row, (new.reason, Some(new.on)))?);
        }
    }
    Ok(acts)
}

/// Whether a stop says no to what a consent is for.
pub(super) fn contradicts(new: &NewStop, row: &ConsentRow) -> bool {
    let use_kind = Use::from_word(&row.use_kind);
    let channel = new.channel.is_none_or(|c| row.channel() == Some(c));
    let what = match &new.what {
        What::Purpose(p) => &row.use_what == p,
        What::Marketing | What::Everything => true,
    };
    // Who stops all marketing does not want to be given to others for theirs.
    let shared = use_kind == Some(Use::Share) && new.ends_sharing();
    (use_kind == Some(Use::Contact) && channel && what) || shared
}

/// Withdraws the standing consents to the same thing that a later no answers.
pub(super) fn by_refusal(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    person: &PersonRow,
    no: &ConsentRow,
) -> Result<Vec<Act>> {
    let about = tell::About::of(person);
    let mut acts = Vec::new();
    for row in sql::consents_of(tx, &by.org, &person.id)? {
        let same = row.use_kind == no.use_kind
            && row.use_what == no.use_what
            && row.channel == no.channel
            && row.given_on <= no.given_on;
        if same && row.state == "given" {
            acts.push(end(tx, vault, by, &about, row, ("refusal", Some(no.given_on)))?);
        }
    }
    Ok(acts)
}

/// Sets one standing consent to withdrawn, and tells whom it concerns: how it came and, where it is
/// noted later, on which day.
pub(super) fn end(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    about: &tell::About<'_>,
    mut row: ConsentRow,
    (method, on): (&str, Option<Date>),
) -> Result<Act> {
    let event = Event {
        at: by.now,
        state: "withdrawn".into(),
        by: by.actor.clone(),
        method: method.to_owned(),
        on,
    };
    outlive::note_withdrawal(tx, by, &row.id, &event)?;
    row.happened(event);
    sql::set_consent(tx, &by.org, &row, by.now)?;
    if row.use_kind == Use::Share.word() && !about.erased {
        tell::partner(tx, vault, by, about, &row.use_what, "")?;
    }
    tell::hooks(tx, by, "consent.withdrawn", std::slice::from_ref(&row.id))?;
    let act = Act::new("consent.withdrawn")
        .about("person", &about.person.id)
        .about("consent", &row.id)
        .law("UK GDPR Art 7(3)");
    if about.erased {
        // The key that would seal the words is gone by the time they are kept.
        return Ok(act);
    }
    let words = format!("No longer: {}", in_words(&charter::current(tx, &by.org)?, &row));
    Ok(act.say(&about.person.key, words))
}

/// Sets consents that have run out to expired, if any have.
///
/// # Errors
/// Of the database.
pub fn expire_due(office: &Office, by: &By) -> Result<()> {
    let yesterday = dates::day_of(by.now).yesterday().map_err(|e| Error::fault(e.to_string()))?;
    while !office.read(|tx| sql::lapsing(tx, &by.org, yesterday, 1))?.is_empty() {
        let by = by.clone();
        office.write(move |tx| expire(tx, &by, yesterday))?;
    }
    Ok(())
}

fn expire(tx: &mut Tx<'_>, by: &By, yesterday: Date) -> Result<Recorded<usize>> {
    let rows = sql::lapsing(tx, &by.org, yesterday, 1000)?;
    let n = rows.len();
    if n == 0 {
        return Ok(Recorded::nothing(by, 0));
    }
    for mut row in rows {
        row.happened(Event {
            at: by.now,
            state: "expired".into(),
            by: by.actor.clone(),
            method: "lapse".into(),
            on: None,
        });
        sql::set_consent(tx, &by.org, &row, by.now)?;
    }
    let act = Act::new("consent.expired").about("org", &by.org).law("UK GDPR Art 5(2)");
    Ok(Recorded::new(by, n, act))
}
