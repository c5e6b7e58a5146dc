//! Days and moments in words, and what day it is in London.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::ClockError;

/// The zone in which days are counted.
pub(crate) const ZONE: &str = "Europe/London";

/// "Thursday 26 November 2026".
pub fn day(date: Date) -> String {
    date.strftime("%A %-d %B %Y").to_string()
}

/// "Sunday 27 December 2026 at 5:00pm", as clocks in London show it.
pub fn moment(at: Timestamp) -> Result<String, ClockError> {
    let there = at.to_zoned(london()?);
    let half = if there.hour() < 12 { "am" } else { "pm" };
    Ok(format!("{} at {}{half}", day(there.date()), there.strftime("%-I:%M")))
}

/// The civil day in London at this moment: 23:30 UTC on 1 July is 2 July.
pub fn civil_date(at: Timestamp) -> Result<Date, ClockError> {
    Ok(at.to_zoned(london()?).date())
}

/// `2026-12-27T17:00+00:00` in London time, to the minute.
pub(crate) fn machine(at: Timestamp) -> Result<String, ClockError> {
    Ok(at.to_zoned(london()?).strftime("%Y-%m-%dT%H:%M%:z").to_string())
}

pub(crate) fn london() -> Result<TimeZone, ClockError> {
    // The zone is compiled in, so this cannot fail on a machine without zone files.
    TimeZone::get(ZONE).map_err(|_| ClockError::TooFar)
}

/// "one month", "3 months": small numbers of one in words.
pub(crate) fn count(number: i64, unit: &str) -> String {
    match number {
        1 => format!("one {unit}"),
        n => format!("{n} {unit}s"),
    }
}

/// The same with a capital, to begin a sentence.
pub(crate) fn count_capital(number: i64, unit: &str) -> String {
    match number {
        1 => format!("One {unit}"),
        n => format!("{n} {unit}s"),
    }
}
