//! What is done for cases every day: whoever works on one is reminded of its date, and a case
//! whose answer can be fetched no more is closed.

use candour_db::Tx;
use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::acts::{self, act_on};
use super::rules::State;
use super::sql::{self, CaseRow, Which};
use super::{letters, pack};
use crate::charter::{self, Charter};
use crate::error::{Error, Result};
use crate::kit::{dates, post};
use crate::office::Office;
use crate::proof::{By, Recorded};

/// Days before the date on which staff are reminded.
const BEFORE: [i32; 3] = [1, 3, 7];
/// A case that is late is recalled every so many days.
const EVERY: i32 = 7;
/// Cases looked at in one round.
const MOST: u64 = 10_000;

/// The daily round of an organisation's cases.
///
/// # Errors
/// Of the database. A case that can't be opened is left out.
pub fn rounds(office: &Office, by: &By) -> Result<()> {
    let today = dates::day_of(by.now);
    for row in office.read(|tx| sql::in_state(tx, &by.org, "sent"))? {
        passing(close(office, by, &row, today))?;
    }
    let read = || office.read(|tx| sql::cases(tx, &by.org, &Which::Open, today, 0, MOST));
    let charter = office.read(|tx| charter::current(tx, &by.org))?;
    for row in read()? {
        let renewed = stale(office, &charter, &row).and_then(|stale| match stale {
            true => renew(office, by, &charter, &row),
            false => Ok(()),
        });
        passing(renewed)?;
    }
    // Without a mail server nobody would get the reminder: then Today alone tells them.
    if office.reach().post.is_none() {
        return Ok(());
    }
    for row in read()? {
        if let Some(mark) = due_mark(&row, today) {
            passing(remind(office, by, &row, &mark, today))?;
        }
    }
    Ok(())
}

/// Closes a sent case whose answer can be fetched no more.
fn close(office: &Office, by: &By, row: &CaseRow, today: Date) -> Result<()> {
    if !office.read(|tx| fetched_no_more(tx, by, row, today))? {
        return Ok(());
    }
    let (o, by, row) = (office.clone(), by.clone(), row.clone());
    office.write(move |tx| match fetched_no_more(tx, &by, &row, today)? {
        true => pack::closed(tx, &o, &by, &row.id),
        // A new link has been sent meanwhile.
        false => Ok(Recorded::nothing(&by, ())),
    })
}

/// Whether the dates kept with a case are not those of the rules, holidays and settings of today.
fn stale(office: &Office, charter: &Charter, row: &CaseRow) -> Result<bool> {
    if matches!(row.request.state, State::Sent { .. }) {
        return Ok(false);
    }
    let clock = acts::clockwork(office, charter);
    let (dates, wait) = (row.request.dates(&clock)?, row.request.wait(&clock)?);
    let now = (dates.act_by, dates.limit.map(|d| d.on), wait.map(|w| w.since));
    Ok(now != (row.act_by, row.limit, row.waiting))
}

/// Works the dates of a case out again.
fn renew(office: &Office, by: &By, charter: &Charter, row: &CaseRow) -> Result<()> {
    let (o, by, charter, id) = (office.clone(), by.clone(), charter.clone(), row.id.clone());
    office.write(move |tx| {
        let case = acts::load(tx, &o, &by, &id)?;
        // Another process, or somebody who changed it, may have been first.
        if !stale(&o, &charter, &case.row)? {
            return Ok(Recorded::nothing(&by, ()));
        }
        acts::save(tx, &o, &by, case.clone())?;
        let said = "The dates were worked out again: holidays, settings or rules have changed";
        let act = act_on(&case, "request.dates-renewed", "UK GDPR Art 12(3)", said);
        Ok(Recorded::new(&by, (), act))
    })
}

/// A case whose content was destroyed, whose dates pass the last known holiday, or that somebody
/// changes this moment, waits for tomorrow: the others go on.
fn passing(done: Result<()>) -> Result<()> {
    match done {
        Err(Error::Unavailable(why)) => {
            tracing::warn!("a case was left out of the rounds: {why}");
            Ok(())
        }
        // Closed, or looked at again, since the list of cases was read.
        Err(Error::Conflict | Error::Refused(_)) => Ok(()),
        other => other,
    }
}

/// Whether the answer of a sent case can be fetched no more: its link has ended, or, if it went by
/// post, as many days have passed as a link lasts.
fn fetched_no_more(tx: &mut Tx<'_>, by: &By, row: &CaseRow, today: Date) -> Result<bool> {
    let State::Sent { on } = row.request.state else { return Ok(false) };
    let mut ends: Option<Timestamp> = None;
    for h in sql::handovers(tx, &by.org, &row.id)? {
        ends = ends.max(h.ends.map(|ends| h.ended.unwrap_or(ends)));
    }
    if let Some(ends) = ends {
        return Ok(ends < by.now);
    }
    let days = charter::current(tx, &by.org)?.delivery.link_days;
    Ok(on.saturating_add(Span::new().days(i64::from(days))) < today)
}

/// Which reminder is due today, as it is noted: the date it is about, and how long before.
fn due_mark(row: &CaseRow, today: Date) -> Option<String> {
    if row.waiting.is_some() || matches!(row.request.state, State::Sent { .. }) {
        return None;
    }
    let by = row.act_by?;
    let left = (by - today).get_days();
    let stage = match left {
        0.. => *BEFORE.iter().find(|days| left <= **days)?,
        over => -1 - (-over - 1) / EVERY,
    };
    let mark = format!("{by} {stage}");
    (row.reminded.as_deref() != Some(mark.as_str())).then_some(mark)
}

/// Writes to whoever works on the case, or to the contact for data protection: a link, no names.
fn remind(office: &Office, by: &By, row: &CaseRow, mark: &str, today: Date) -> Result<()> {
    let (o, by, row, mark) = (office.clone(), by.clone(), row.clone(), mark.to_owned());
    office.write(move |tx| {
        let case = acts::load(tx, &o, &by, &row.id)?;
        if !sql::remind_staff(tx, &by.org, &row.id, &mark)? {
            return Err(Error::Conflict);
        }
        let charter = charter::current(tx, &by.org)?;
        let owner = match &row.owner {
            Some(id) => Some(crate::staff::colleague(tx, &by.org, id)?),
            None => None,
        };
        let owner = owner.filter(|s| s.left.is_none());
        let to = owner.as_ref().map_or(charter.contact.email.as_str(), |s| s.email.as_str());
        let due = row.act_by.ok_or_else(|| Error::fault("a reminder of no date"))?;
        let letter = letters::staff_due(&o, &charter, &case, to, due, today)?;
        let key = o.vault().key_for(tx, &by.org, "office", by.now)?;
        post::put(tx, o.vault(), &by.org, None, &key, &letter, by.now)?;
        let whom = owner.map_or("the contact for data protection".into(), |s| s.name);
        let said = format!("{whom} reminded: due on {}", dates::long(due));
        let act = act_on(&case, "request.staff-reminded", "UK GDPR Art 24(1)", said);
        Ok(Recorded::new(&by, (), act))
    })
}

#[cfg(test)]
#[path = "rounds_tests.rs"]
mod tests;
