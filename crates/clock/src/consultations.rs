//! Notices, exam marks, health opinions, casework, assessments.

use jiff::civil::Date;

use crate::marketing::months_from;
use crate::rules::rule_on;
use crate::steps::{Working, day_before, days_after, months_after};
use crate::words::{count_capital, day};
use crate::{Calendar, ClockError, Division, Due};

/// The notice to people whose data came from others: one month from obtaining, the first
/// communication or the first disclosure, whichever comes first (UK GDPR Art 14(3)).
pub fn art14_notice(
    obtained: Date,
    first_communication: Option<Date>,
    first_disclosure: Option<Date>,
    calendar: &Calendar,
    division: Division,
) -> Result<Due, ClockError> {
    let rule = rule_on("art14_notice", obtained)?;
    let mut work = Working::from(obtained, format!("Obtained on {}.", day(obtained)), rule);
    work.add_months(rule.number("months")?)?;
    work.roll(calendar, division.into())?;
    for (sooner, what) in
        [(first_communication, "first communication"), (first_disclosure, "first disclosure")]
    {
        let Some(sooner) = sooner else { continue };
        if sooner < obtained {
            return Err(ClockError::Contradiction(
                "data was used before it was obtained; check the days",
            ));
        }
        if sooner < work.on {
            work.on = sooner;
            work.say(format!("The {what} comes sooner: {}.", day(sooner)));
        }
    }
    Ok(work.due())
}

/// The answer about exam marks asked for before the results: five months from the question or 40
/// days from the results, whichever ends first (DPA 2018 Sch 2 para 25(3)).
pub fn exam_marks(
    asked: Date,
    results: Option<Date>,
    calendar: &Calendar,
    division: Division,
) -> Result<Due, ClockError> {
    let rule = rule_on("exam_marks", asked)?;
    let mut work = Working::from(asked, format!("Asked on {}.", day(asked)), rule);
    work.add_months(rule.number("months")?)?;
    work.roll(calendar, division.into())?;
    let Some(results) = results else { return Ok(work.due()) };
    if results <= asked {
        return Err(ClockError::Contradiction(
            "the results were announced before the question, so the ordinary month applies",
        ));
    }
    let mut other = Working::from(results, format!("Results on {}.", day(results)), rule);
    other.add_days(rule.number("days")?, "day")?;
    other.roll(calendar, division.into())?;
    let (end, first) = if other.on < work.on {
        (other.on, "the days from the results end")
    } else {
        (work.on, "the months from the question end")
    };
    work.steps.append(&mut other.steps);
    work.on = end;
    work.say(format!("Of the two, {first} first: {}.", day(end)));
    Ok(work.due())
}

/// The last day on which a health opinion of this day can be relied on: the six months end with
/// the day of reliance (DPA 2018 Sch 3 para 5(3)-(4)); weekends do not move it.
pub fn health_opinion_valid_to(given: Date, months: Option<u32>) -> Result<Due, ClockError> {
    let rule = rule_on("health_opinion_valid_to", given)?;
    let months = months.map_or_else(|| rule.number("months"), |n| Ok(i64::from(n)))?;
    let mut last = months_after(given, months)?;
    // The latest day whose six months, counted back with that day in them, reach the opinion.
    while days_after(months_after(last, -months)?, 1)? > given {
        last = day_before(last)?;
    }
    let mut work = Working::from(last, format!("Opinion of {}.", day(given)), rule);
    work.say(format!(
        "{} that end with the day of reliance reach it until {}.",
        count_capital(months, "month"),
        day(last)
    ));
    Ok(work.due())
}

/// The last day of an elected representative's casework after the poll: 30 days that begin with
/// the day after it, weekends not moved (DPA 2018 Sch 1 para 23(4)-(5)); 4 before 20 August 2025.
pub fn casework_after_poll(poll: Date) -> Result<Due, ClockError> {
    let rule = rule_on("casework_after_poll", poll)?;
    let mut work = Working::from(poll, format!("Poll on {}.", day(poll)), rule);
    work.add_days(rule.number("days")?, "day")?;
    Ok(work.due())
}

/// When an impact assessment is looked at again: yearly by default. The law says when the risk
/// changes (UK GDPR Art 35(11)).
pub fn dpia_review(last: Date, months: Option<u32>) -> Result<Due, ClockError> {
    months_from(last, months, "dpia_review", "Last looked at")
}

/// What is looked at again at an interval of one's own: the law sets none, only that it be right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Review {
    /// The register of processing (UK GDPR Art 30).
    Register,
    /// An assessment of legitimate interests (UK GDPR Art 6(1)(f)).
    Interests,
    /// A privacy notice (UK GDPR Arts 12 to 14).
    Notice,
    /// A processor and the contract with it (UK GDPR Art 28(1)).
    Processor,
}

/// When it is looked at again: yearly by default, so that it can be shown to be right (UK GDPR
/// Art 5(2)).
pub fn review(what: Review, last: Date, months: Option<u32>) -> Result<Due, ClockError> {
    let name = match what {
        Review::Register => "register_review",
        Review::Interests => "interests_review",
        Review::Notice => "notice_review",
        Review::Processor => "processor_review",
    };
    months_from(last, months, name, "Last looked at")
}

/// Until when the regulator decides on a penalty after its notice of intent: six months, or as soon
/// as is practicable after them (DPA 2018 Sch 16 para 4).
pub fn penalty_decision(notice: Date) -> Result<Due, ClockError> {
    months_from(notice, None, "penalty_decision", "Notice of intent given")
}

/// The regulator's advice after prior consultation: eight weeks, six more if it says so (UK GDPR
/// Art 36(2)). `weeks` replaces both.
pub fn prior_consultation_reply(
    sent: Date,
    extended: bool,
    weeks: Option<u32>,
    calendar: &Calendar,
    division: Division,
) -> Result<Due, ClockError> {
    let rule = rule_on("prior_consultation_reply", sent)?;
    let mut work = Working::from(sent, format!("Request received on {}.", day(sent)), rule);
    let weeks = match (weeks, extended) {
        (Some(weeks), _) => i64::from(weeks),
        (None, true) => rule.number("weeks")? + rule.number("extra")?,
        (None, false) => rule.number("weeks")?,
    };
    work.add_days(weeks * 7, "week")?;
    work.roll(calendar, division.into())?;
    Ok(work.due())
}
