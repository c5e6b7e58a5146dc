//! Marketing: objections, the telephone preference service, the age of a consent.
//!
//! UK GDPR Art 21(3) says stop, and no number of days: suppression is at once. The ceilings here
//! are an alarm for what was in production already, and end on the day itself, weekend or not.

use jiff::civil::Date;

use crate::rules::{Rule, rule_on, rules};
use crate::steps::{Working, days_after};
use crate::words::{count, day};
use crate::{Calendar, ClockError, Division, Due};

/// The last day for marketing already under way after an objection: 28 days by the Code of
/// Fundraising Practice, 21 for the Fundraising Preference Service. `days` replaces either.
pub fn objection_ceiling(
    received: Date,
    preference_service: bool,
    days: Option<u32>,
) -> Result<Due, ClockError> {
    let rule = rule_on("dm_objection_ceiling", received)?;
    let first = format!("Objection received on {}: stop at once.", day(received));
    let mut work = Working::from(received, first, rule);
    let days = match days {
        Some(days) => i64::from(days),
        None => rule.number(if preference_service { "fps" } else { "days" })?,
    };
    work.on = days_after(received, days)?;
    let end = day(work.on);
    let days = count(days, "day");
    work.say(format!("What was in production already may go out for {days} at most: {end}."));
    Ok(work.due())
}

/// When the person must be told what was done about an objection: one month (UK GDPR Art 12(3)).
pub fn objection_reply(
    received: Date,
    calendar: &Calendar,
    division: Division,
) -> Result<Due, ClockError> {
    let rule = rule_on("dm_objection_reply", received)?;
    let first = format!("Objection received on {}.", day(received));
    let mut work = Working::from(received, first, rule);
    work.add_months(rule.number("months")?)?;
    work.roll(calendar, division.into())?;
    Ok(work.due())
}

/// The first day on which a number must not be called: 28 days after it was listed, as a call is
/// no breach while it has been listed for less (PECR reg 21(3)).
pub fn tps_block_from(listed: Date) -> Result<Due, ClockError> {
    let rule = rule_on("tps_block_from", listed)?;
    let mut work = Working::from(listed, format!("Listed on {}.", day(listed)), rule);
    let days = rule.number("days")?;
    work.on = days_after(listed, days)?;
    let end = day(work.on);
    work.say(format!("A call is excused for less than {days} days; it is a breach from {end} on."));
    Ok(work.due())
}

/// The last day on which a screening covers a call (PECR reg 21(3)): a number listed on the very
/// day of the screening is blocked from the day after.
pub fn tps_screen_valid_to(screened: Date) -> Result<Due, ClockError> {
    let rule = rule_on("tps_screen_valid_to", screened)?;
    let mut work = Working::from(screened, format!("Screened on {}.", day(screened)), rule);
    work.on = days_after(screened, rule.number("days")?)?;
    let end = day(work.on);
    work.say(format!("It covers calls up to {end}; screen again before the next."));
    Ok(work.due())
}

/// The first day on which a charity may write by electronic mail to somebody whose details it got
/// on this day, when they supported it: that very day, from the commencement of the rule on (PECR
/// reg 22(3A)). Details collected before are an error: the rule was not in force.
pub fn charity_soft_opt_in(obtained: Date) -> Result<Due, ClockError> {
    let rule = rule_on("charity_soft_opt_in", obtained)?;
    let first = format!("Details got from a supporter on {}.", day(obtained));
    Ok(Working::from(obtained, first, rule).due())
}

/// When a consent is looked at again: 24 months by default, no rule of law. One that was given
/// before the rule's first day counts on when it meets today's conditions (UK GDPR recital 171); it
/// is looked at again as the first rule says, reckoned from the day it was given.
pub fn consent_review(given: Date, months: Option<u32>) -> Result<Due, ClockError> {
    let name = "consent_review";
    let rule = match rule_on(name, given) {
        Err(no @ ClockError::NotInForce { .. }) => {
            let first = rules().iter().find(|r| r.name == name && given < r.in_force_from);
            first.ok_or(no)?
        }
        known => known?,
    };
    months_by(rule, given, months, "Consent given")
}

/// The last use of a consent obtained through others: 6 months by default, a rule of thumb.
pub fn indirect_consent_max(given: Date, months: Option<u32>) -> Result<Due, ClockError> {
    months_from(given, months, "indirect_consent_max", "Consent given to others")
}

/// Some months from a day, without moving the end: for reviews that no law dates.
pub(crate) fn months_from(
    from: Date,
    months: Option<u32>,
    name: &str,
    what: &str,
) -> Result<Due, ClockError> {
    months_by(rule_on(name, from)?, from, months, what)
}

fn months_by(
    rule: &'static Rule,
    from: Date,
    months: Option<u32>,
    what: &str,
) -> Result<Due, ClockError> {
    let mut work = Working::from(from, format!("{what} on {}.", day(from)), rule);
    work.add_months(months.map_or_else(|| rule.number("months"), |n| Ok(i64::from(n)))?)?;
    Ok(work.due())
}
