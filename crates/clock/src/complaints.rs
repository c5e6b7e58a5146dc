//! Complaints to the controller: DPA 2018 s.164A, in force since 19 June 2026.

use jiff::civil::Date;

use crate::rules::rule_on;
use crate::steps::Working;
use crate::words::day;
use crate::{Calendar, ClockError, Division, Due};

/// The last day for acknowledging a complaint: 30 days, day 1 the day after receipt, moved on to
/// a working day (DPA 2018 ss.164A(3), 205(2)). `None` before 19 June 2026: there was no duty.
pub fn complaint_acknowledgement(
    received: Date,
    calendar: &Calendar,
    division: Division,
) -> Result<Option<Due>, ClockError> {
    let rule = match rule_on("complaint_ack_30d", received) {
        Err(ClockError::NotInForce { .. }) => return Ok(None),
        found => found?,
    };
    let mut work = Working::from(received, format!("Received on {}.", day(received)), rule);
    work.add_days(rule.number("days")?, "day")?;
    work.roll(calendar, division.into())?;
    Ok(Some(work.due()))
}
