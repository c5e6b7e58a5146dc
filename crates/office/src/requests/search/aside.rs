//! Going on without a holding, or without parts of one that could not be read; and trying again.

use super::find;
use super::record::{Owed, Record};
use crate::error::{Error, Refusal, Result};
use crate::holdings;
use crate::office::Office;
use crate::proof::{By, Recorded};
use crate::requests::acts::{self, Case, act_on};
use crate::requests::rules::State;
use crate::requests::sql;
use crate::staff::Permission;

/// What the case is searched for is not over: it was neither sent nor closed.
pub(in crate::requests) fn still_searched(case: &Case) -> Result<()> {
    if matches!(case.request().state, State::Searching | State::Reviewing | State::Ready) {
        return Ok(());
    }
    let why = "this case has been sent or closed, or nobody is being searched for yet".into();
    let source_ = "house rule: a closed case stays closed";
    Err(Refusal { act: "change a search", why, source_ }.into())
}

/// Lets the answer go without a holding, or without the parts of it that could not be read, for a
/// reason. The pack can then be complete, and says so with the reason.
///
/// # Errors
/// Denied, no reason, the case is sent or closed, or nothing of this holding is missing.
pub fn set_aside(office: &Office, by: &By, search: &str, reason: &str) -> Result<()> {
    by.role.may(Permission::ReleaseCases)?;
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "Say why the answer can go without it"));
    }
    let (office2, by2, id, why) =
        (office.clone(), by.clone(), search.to_owned(), reason.trim().to_owned());
    let case = office.write(move |tx| {
        let mut s = sql::a_search(tx, &by2.org, &id)?;
        let mut case = acts::load(tx, &office2, &by2, &s.case)?;
        still_searched(&case)?;
        let h = holdings::by_id(tx, &by2.org, &s.holding)?;
        let (word, said) = match Owed::of(&s)? {
            Owed::Nothing => {
                return Err(Error::invalid("reason", "Nothing of this holding is missing"));
            }
            Owed::Answer => {
                // What an earlier search found stays found.
                s.state = if s.blob.is_some() { "done" } else { "set-aside" }.into();
                ("request.holding-set-aside", format!("{} set aside: {why}", h.title))
            }
            Owed::Parts(1) => {
                ("request.parts-set-aside", format!("{}: without 1 part: {why}", h.title))
            }
            Owed::Parts(n) => {
                ("request.parts-set-aside", format!("{}: without {n} parts: {why}", h.title))
            }
        };
        s.reason = Some(why.clone());
        // A pack made before does not say so: it has to be made again.
        s.ended = Some(by2.now);
        sql::update_search(tx, &by2.org, &s)?;
        case.row.request = case.row.request.reopened();
        acts::save(tx, &office2, &by2, case.clone())?;
        let act = act_on(&case, word, "UK GDPR Art 15(1A)", said);
        Ok(Recorded::new(&by2, case.row.id.clone(), act))
    })?;
    find::settle(office, by, &case)?;
    Ok(())
}

/// Lets the answer go although the register does not say all that it has to tell of the places
/// where something was found, for a reason. The page about the processing says what is missing.
///
/// # Errors
/// Denied, no reason, or the case is sent or closed.
pub fn without_register(office: &Office, by: &By, case: &str, reason: &str) -> Result<()> {
    by.role.may(Permission::ReleaseCases)?;
    let why = reason.trim().to_owned();
    if why.is_empty() {
        return Err(Error::invalid("reason", "Say why the answer can go without it"));
    }
    let (office2, by2, id) = (office.clone(), by.clone(), case.to_owned());
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id)?;
        still_searched(&case)?;
        case.body.without_register = Some(why.clone());
        case.row.request = case.row.request.reopened();
        acts::save(tx, &office2, &by2, case.clone())?;
        let said = format!("Answer goes although the register has gaps: {why}");
        let act = act_on(&case, "request.register-set-aside", "UK GDPR Art 15(1)", said);
        Ok(Recorded::new(&by2, (), act))
    })
}

/// Puts searches that failed, or that could read only a part, back to be made again; queues the
/// job.
///
/// # Errors
/// Denied, or the case is past searching.
pub fn try_again(office: &Office, by: &By, id: &str) -> Result<()> {
    by.role.may(Permission::WorkCases)?;
    let (office2, by2, id) = (office.clone(), by.clone(), id.to_owned());
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id)?;
        case.row.request = case.row.request.clone().search_again()?;
        find::plan(tx, &by2, &case)?;
        for mut s in sql::searches(tx, &by2.org, &id)? {
            let record: Record = serde_json::from_str(&s.record)?;
            let in_part = s.state == "done" && record.gaps().next().is_some();
            if s.state == "failed" || in_part {
                s.state = "planned".into();
                s.trouble = None;
                sql::update_search(tx, &by2.org, &s)?;
            }
        }
        acts::save(tx, &office2, &by2, case.clone())?;
        crate::kit::jobs::queue(tx, &by2.org, "search", &id, by2.now)?;
        let act = act_on(&case, "request.search-again", "UK GDPR Art 15(1A)", "Searching again");
        Ok(Recorded::new(&by2, (), act))
    })
}
