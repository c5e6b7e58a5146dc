//! Breaches: hours that run through nights, weekends and clock changes.
//!
//! Regulation 1182/71 Art 3(4) moves no period in hours on to a working day.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ClockError;
use crate::rules::{Rule, rule_on};
use crate::steps::{Step, warn};
use crate::words::{civil_date, moment};

/// A moment by which something must be done, with the steps that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueAt {
    /// The last moment.
    pub at: Timestamp,
    /// How it was worked out, in order.
    pub because: Vec<Step>,
}

/// The report of a breach to the regulator, 72 elapsed hours after becoming aware (UK GDPR Art
/// 33(1)): with a reasonable degree of certainty, or when the processor told the controller.
pub fn breach_to_regulator(aware: Timestamp) -> Result<DueAt, ClockError> {
    let rule = rule_on("breach_ico_72h", civil_date(aware)?)?;
    elapsed(aware, rule)
}

/// The report of a breach by a provider of public electronic communications (PECR reg 5A): 72
/// hours since 20 August 2025, 24 before.
pub fn pecr_breach_to_regulator(aware: Timestamp) -> Result<DueAt, ClockError> {
    let rule = rule_on("breach_pecr_72h", civil_date(aware)?)?;
    elapsed(aware, rule)
}

/// The outer end of the 72 hours if the hour of the event does not count (Regulation 1182/71 Art
/// 3(1)). Shown for what it is, disputed; nothing may be scheduled on it.
pub fn breach_72h_outer(aware: Timestamp) -> Result<DueAt, ClockError> {
    const HOUR: i64 = 3600;
    let rule = rule_on("breach_72h_outer_1182", civil_date(aware)?)?;
    let begun = aware.as_second().div_euclid(HOUR) + 1;
    let from = Timestamp::from_second(begun * HOUR).map_err(|_| ClockError::TooFar)?;
    let text = format!(
        "Aware on {}; if that hour does not count, time runs from {}.",
        moment(aware)?,
        moment(from)?
    );
    let mut due = elapsed(from, rule)?;
    due.because[0] = Step::new(text, &rule.source);
    Ok(due)
}

fn elapsed(from: Timestamp, rule: &Rule) -> Result<DueAt, ClockError> {
    let hours = rule.number("hours")?;
    let span = SignedDuration::try_from_hours(hours).ok_or(ClockError::TooFar)?;
    let at = from.checked_add(span).map_err(|_| ClockError::TooFar)?;
    let mut because = vec![
        Step::new(format!("Aware on {}.", moment(from)?), &rule.source),
        Step::new(
            format!(
                "{hours} hours run without a stop, through nights, weekends and holidays: {}.",
                moment(at)?
            ),
            &rule.source,
        ),
    ];
    warn(&mut because, rule);
    Ok(DueAt { at, because })
}
