//! The acts about what a request waits for from the person: who asks, an agent's authority, a
//! clarification, a fee, the reminder and the warning.

use candour_db::Tx;
use jiff::civil::Date;

use super::acts::{Case, Next, act_on, clockwork, step};
use super::letters::{self, post};
use super::rules::{Settled, Wait};
use crate::charter::{self, Charter};
use crate::error::{Error, Result};
use crate::kit::{dates, jobs};
use crate::office::Office;
use crate::proof::{By, Recorded};
use crate::staff::Permission;

/// The day something came: not one that is still to come.
fn not_later(by: &By, on: Date) -> Result<()> {
    if on > dates::day_of(by.now) {
        return Err(Error::invalid("on", "The day it came can’t be in the future"));
    }
    Ok(())
}

/// Asks for something that settles who is asking, by letter.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn ask_identity(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    doubt: &str,
) -> Result<Recorded<()>> {
    if doubt.trim().is_empty() {
        return Err(Error::invalid(
            "doubt",
            "Say why there is reasonable doubt: the letter says so",
        ));
    }
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, _| r.ask_identity(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let letter = letters::identity(office, &charter, &case, doubt)?;
    let sent = post(tx, office, by, &case, letter)?;
    let said = format!("Asked for proof of who is asking: {}", doubt.trim());
    let act = act_on(&case, "request.identity-asked", "UK GDPR Art 12(6)", said);
    Ok(Recorded::new(by, (), act).and(sent))
}

/// Settles who is asking; the search is planned and queued in the same transaction.
///
/// # Errors
/// Denied, a day to come, or refused by the rules.
pub fn settle_identity(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    settled: &Settled,
) -> Result<Recorded<usize>> {
    not_later(by, settled.on)?;
    let s = settled.clone();
    let next: Next = Box::new(move |r, _| r.settle_identity(&s.how, s.on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let planned = super::search::plan(tx, by, &case)?;
    jobs::queue(tx, &by.org, "search", id, by.now)?;
    let came = case.request().settled.as_ref().map(|s| s.on);
    let came = came.filter(|on| *on > case.request().received);
    let came = came.map_or(String::new(), |on| format!("; it came on {}", dates::long(on)));
    let said = format!("Identity settled: {}{came}", settled.how.trim());
    let act = act_on(&case, "request.identity-settled", "UK GDPR Art 12(6)", said);
    let plan = format!("{planned} holdings to search");
    let plan = act_on(&case, "request.search-planned", "UK GDPR Art 15(1A)", plan);
    Ok(Recorded::new(by, planned, act).and(plan))
}

/// Records that an agent's authority came, and on which day.
///
/// # Errors
/// Denied, a day to come, or refused by the rules.
pub fn record_authority(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    what: &str,
    on: Date,
) -> Result<Recorded<()>> {
    if what.trim().is_empty() {
        return Err(Error::invalid("what", "Say what shows the authority"));
    }
    not_later(by, on)?;
    let next: Next = Box::new(move |r, _| r.record_authority(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let said = format!("Authority shown on {}: {}", dates::long(on), what.trim());
    let act = act_on(&case, "request.authority-shown", "UK GDPR Art 12(6)", said);
    Ok(Recorded::new(by, (), act))
}

/// Asks what is wanted, by letter; the clock stops if it still ran.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn clarify(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    question: &str,
) -> Result<Recorded<()>> {
    if question.trim().is_empty() {
        return Err(Error::invalid("question", "Write what you need to know"));
    }
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, _| r.clarify(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let clock = clockwork(office, &charter);
    let (when, wait) = (case.request().dates(&clock)?, case.request().wait(&clock)?);
    let letter = letters::clarification(office, &charter, &case, &when, question)?;
    let sent = post(tx, office, by, &case, letter)?;
    let stops = if wait.is_some() { "" } else { " (it does not stop the clock: the time is over)" };
    let said = format!("Asked: {}{stops}", question.trim());
    let act = act_on(&case, "request.clarification-asked", "UK GDPR Art 12A(5)", said);
    Ok(Recorded::new(by, (), act).and(sent))
}

/// The answer to a question came: the clock runs on.
///
/// # Errors
/// Denied, a day to come, or refused by the rules.
pub fn clarified(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    answer: &str,
    on: Date,
) -> Result<Recorded<()>> {
    not_later(by, on)?;
    let next: Next = Box::new(move |r, _| r.clarified(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let said = format!("Answered on {}: {}", dates::long(on), answer.trim());
    let act = act_on(&case, "request.clarified", "UK GDPR Art 12A(5)", said);
    Ok(Recorded::new(by, (), act))
}

/// Asks for a fee because the request is manifestly unfounded or excessive, by letter.
///
/// # Errors
/// Denied, no reason or way to pay, or refused by the rules.
pub fn ask_fee(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    fee: &AskedFee,
) -> Result<Recorded<()>> {
    if fee.reason.trim().is_empty() {
        return Err(Error::invalid(
            "reason",
            "Say why the request is manifestly excessive: the controller has to prove it",
        ));
    }
    if fee.pay.trim().is_empty() {
        return Err(Error::invalid("pay", "Say how it can be paid: the letter says so"));
    }
    let (on, pence) = (dates::day_of(by.now), fee.pence);
    let next: Next = Box::new(move |r, c| r.ask_fee(pence, on, c));
    let case = step(tx, office, by, id, Permission::ReleaseCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let letter = letters::fee(office, &charter, &case, &fee.reason, &fee.pay)?;
    let sent = post(tx, office, by, &case, letter)?;
    let pounds = case.request().fee.as_ref().map(super::rules::Fee::pounds).unwrap_or_default();
    let said = format!("A fee of {pounds}: {}", fee.reason.trim());
    let act = act_on(&case, "request.fee-asked", "UK GDPR Art 12(5)(a)", said);
    Ok(Recorded::new(by, (), act).and(sent))
}

/// What a fee is asked with.
#[derive(Debug, Clone)]
pub struct AskedFee {
    /// How much, in pence.
    pub pence: u64,
    /// Why the request is manifestly excessive, and how the amount was worked out.
    pub reason: String,
    /// How it can be paid.
    pub pay: String,
}

/// The fee was paid: the time starts on that day.
///
/// # Errors
/// Denied, a day to come, or refused by the rules.
pub fn fee_paid(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    on: Date,
) -> Result<Recorded<()>> {
    not_later(by, on)?;
    let next: Next = Box::new(move |r, _| r.fee_paid(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let said = format!("The fee was paid on {}", dates::long(on));
    let act = act_on(&case, "request.fee-paid", "UK GDPR Art 12A(2)", said);
    Ok(Recorded::new(by, (), act))
}

fn waited(office: &Office, charter: &Charter, case: &Case) -> Result<Wait> {
    let wait = case.request().wait(&clockwork(office, charter))?;
    wait.ok_or_else(|| Error::fault("a reminder of nothing"))
}

/// Reminds by letter of what is waited for.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn remind(tx: &mut Tx<'_>, office: &Office, by: &By, id: &str) -> Result<Recorded<()>> {
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, c| r.remind(on, c));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let wait = waited(office, &charter, &case)?;
    let letter = letters::reminder(office, &charter, &case, wait)?;
    let sent = post(tx, office, by, &case, letter)?;
    let said = format!("Reminded: we wait for {}", wait.what.words());
    let act = act_on(&case, "request.reminded", wait.what.source(), said);
    Ok(Recorded::new(by, (), act).and(sent))
}

/// Warns by letter that the request will be closed if what is waited for does not come.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn warn(tx: &mut Tx<'_>, office: &Office, by: &By, id: &str) -> Result<Recorded<()>> {
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, c| r.warn(on, c));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let until = case.request().lapses_on(&clockwork(office, &charter));
    let until = until.ok_or_else(|| Error::fault("a warning without its day"))?;
    let wait = waited(office, &charter, &case)?;
    let letter = letters::warning(office, &charter, &case, wait, until)?;
    let sent = post(tx, office, by, &case, letter)?;
    let said = format!("Warned that the request lapses on {}", dates::full(until));
    let act = act_on(&case, "request.lapse-warned", wait.what.source(), said);
    Ok(Recorded::new(by, (), act).and(sent))
}
