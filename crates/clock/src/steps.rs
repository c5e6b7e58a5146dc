//! A due date with its reasons, and the arithmetic that writes them down.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::rules::Rule;
use crate::words::{count, count_capital, day};
use crate::{Calendar, ClockError, Place};

/// One step of working out a date, in plain English, with its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// One or two sentences.
    pub text: String,
    /// Article, section or guidance; empty where a step is plain fact.
    pub source: String,
}

impl Step {
    pub(crate) fn new(text: impl Into<String>, source: &str) -> Step {
        Step { text: text.into(), source: source.to_owned() }
    }
}

/// A date with the steps that led to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// The last day on which the thing is in time, to the end of the day in London.
    pub on: Date,
    /// How it was worked out, in order.
    pub because: Vec<Step>,
}

/// A date under way: every move writes its step.
pub(crate) struct Working<'a> {
    pub(crate) on: Date,
    pub(crate) steps: Vec<Step>,
    pub(crate) rule: &'a Rule,
}

impl<'a> Working<'a> {
    /// Starts with a first sentence about the day from which the rule counts.
    pub(crate) fn from(on: Date, first: impl Into<String>, rule: &'a Rule) -> Working<'a> {
        Working { on, steps: vec![Step::new(first, &rule.source)], rule }
    }

    pub(crate) fn say(&mut self, text: impl Into<String>) {
        self.steps.push(Step::new(text, &self.rule.source));
    }

    /// The same date `months` later, or the last day of a shorter month.
    pub(crate) fn add_months(&mut self, months: i64) -> Result<(), ClockError> {
        let from = self.on;
        self.on = months_after(from, months)?;
        let span = count_capital(months, "month");
        let ends = if months == 1 { "ends" } else { "end" };
        let end = day(self.on);
        let month = self.on.strftime("%B");
        let text = if self.on.day() == from.day() {
            format!("{span} {ends} on the same date in {month}: {end}.")
        } else {
            format!(
                "{span} {ends} on the last day of {month}, which has no {}: {end}.",
                ordinal(from.day())
            )
        };
        self.say(text);
        Ok(())
    }

    /// `days` later; the first of them is the day after.
    pub(crate) fn add_days(&mut self, days: i64, unit: &str) -> Result<(), ClockError> {
        let from = self.on;
        self.on = days_after(from, days)?;
        let units = if unit == "week" { days / 7 } else { days };
        let (span, end) = (count_capital(units, unit), day(self.on));
        let ends = if units == 1 { "ends" } else { "end" };
        self.say(format!("{span}, counted from the day after, {ends} on {end}."));
        Ok(())
    }

    /// Moves on to the next working day (Regulation 1182/71 Art 3(4)).
    pub(crate) fn roll(&mut self, calendar: &Calendar, place: Place) -> Result<(), ClockError> {
        let rolled = calendar.roll(self.on, place)?;
        if rolled != self.on {
            let passed = passed_over(calendar, self.on, rolled, place)?;
            self.on = rolled;
            let (there, end) = (place.label(), day(rolled));
            self.say(format!(
                "That is not a working day in {there} ({passed}), so it ends on {end}."
            ));
        }
        Ok(())
    }

    /// The due date, with a word of warning where the rule's source was not read.
    pub(crate) fn due(mut self) -> Due {
        warn(&mut self.steps, self.rule);
        Due { on: self.on, because: self.steps }
    }
}

/// What stands under a rule whose source was not read.
const UNCHECKED: &str = "This point has not been checked against the text of its source; \
                         take advice before you rely on it.";

/// Says, once for each source, that a rule is not verified.
pub(crate) fn warn(steps: &mut Vec<Step>, rule: &Rule) {
    let step = Step::new(UNCHECKED, &rule.source);
    if !rule.verified && !steps.contains(&step) {
        steps.push(step);
    }
}

impl Step {
    /// True for the sentence that says that a point was not checked against its source.
    pub fn is_warning(&self) -> bool {
        self.text == UNCHECKED
    }
}

/// The days from `from` up to the day before `to`, as "Christmas Day, Saturday, Sunday".
pub(crate) fn passed_over(
    calendar: &Calendar,
    from: Date,
    to: Date,
    place: Place,
) -> Result<String, ClockError> {
    let mut titles: Vec<&str> = Vec::new();
    let mut at = from;
    while at < to {
        if let Some(title) = calendar.closed(at, place)? {
            titles.push(title);
        }
        at = days_after(at, 1)?;
    }
    Ok(titles.join(", "))
}

/// The same day number some months on, or the last day of that month.
pub(crate) fn months_after(date: Date, months: i64) -> Result<Date, ClockError> {
    let span = jiff::Span::new().try_months(months).map_err(|_| ClockError::TooFar)?;
    date.checked_add(span).map_err(|_| ClockError::TooFar)
}

/// Some days on, or back if negative.
pub(crate) fn days_after(date: Date, days: i64) -> Result<Date, ClockError> {
    let span = jiff::Span::new().try_days(days).map_err(|_| ClockError::TooFar)?;
    date.checked_add(span).map_err(|_| ClockError::TooFar)
}

/// The days from one date to a later one, both counted.
pub(crate) fn days_with_both(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days()) + 1
}

/// The day before.
pub(crate) fn day_before(date: Date) -> Result<Date, ClockError> {
    date.checked_sub(1.day()).map_err(|_| ClockError::TooFar)
}

fn ordinal(day: i8) -> String {
    let end = match day {
        1 | 21 | 31 => "st",
        2 | 22 => "nd",
        3 | 23 => "rd",
        _ => "th",
    };
    format!("{day}{end}")
}

/// "5 days do not count", for pauses and fees notices.
pub(crate) fn not_counted(days: i64) -> String {
    format!(
        "{} not count",
        if days == 1 { "one day does".into() } else { count(days, "day") + " do" }
    )
}
