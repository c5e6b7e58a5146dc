//! The clock of a rights request: start, pause, extension, promise.
//!
//! UK GDPR Arts 12(3)-(6), 12A and 4A. The time starts with the latest of: the request, what was
//! needed to be sure of the person, the fee, proof of an agent's authority (Art 12A(2); the last by
//! ICO guidance). It lasts one month, or three with an extension (Art 12A(3)-(4)), counted by
//! Regulation 1182/71. The days from asking what is meant to the answer, both included, do not
//! count, for access only (Art 12A(5)).

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::rules::{Rule, rule_on};
use crate::steps::{Working, days_after, days_with_both, not_counted, passed_over, warn};
use crate::words::{count, day};
use crate::{Calendar, ClockError, Division, Due, Place, Step};

/// A question to the requester, and the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pause {
    /// The day on which the requester was asked.
    pub asked: Date,
    /// The day on which the answer came; `None` while waiting.
    pub answered: Option<Date>,
}

/// The facts that decide when a rights request must be answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightsClock {
    /// The day of receipt, working day or not.
    pub received: Date,
    /// The day on which what was asked for to be sure of the person came in, if it was asked for.
    pub identity_received: Option<Date>,
    /// The day on which a fee was paid, if one was asked for.
    pub fee_paid: Option<Date>,
    /// The day on which an agent's authority was shown, if one acts.
    pub authority_received: Option<Date>,
    /// Questions what is meant, in any order.
    pub pauses: Vec<Pause>,
    /// Two further months were taken.
    pub extended: bool,
    /// The days of the organisation's own promise. It is not moved by an extension: leave it out
    /// if the notice allows for one.
    pub promise_days: Option<u32>,
    /// Whether the right is one whose clock can be paused: access.
    pub pausable: bool,
}

/// Whether the clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Time runs.
    Running,
    /// Waiting for an answer of the requester.
    Paused {
        /// The day on which the open question was asked.
        since: Date,
    },
}

/// What the facts amount to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightsDates {
    /// The day from which time is counted; it is itself not counted.
    pub start: Date,
    /// Running or paused.
    pub state: State,
    /// The limit in law; `None` while paused.
    pub limit: Option<Due>,
    /// The organisation's promise, never later than the limit; `None` while paused or without one.
    pub promise: Option<Due>,
    /// The last day for telling the requester that two further months are needed.
    pub notice_by: Option<Date>,
    /// The earlier of promise and limit.
    pub act_by: Option<Date>,
}

/// Uncounted days, both ends included.
#[derive(Clone, Copy)]
struct Span {
    from: Date,
    /// `OPEN` while the answer is awaited.
    to: Date,
    /// The day of the question that is still open, or of the first.
    asked: Date,
}

/// The end of a span whose answer has not come.
const OPEN: Date = Date::MAX;

impl RightsClock {
    /// Works the dates out. Errors: a list of holidays too short, facts out of order, or a pause
    /// where the right allows none.
    pub fn work_out(
        &self,
        calendar: &Calendar,
        division: Division,
    ) -> Result<RightsDates, ClockError> {
        let place = Place::In(division);
        let (start, first) = self.start()?;
        let sum = Sum { calendar, place, start, first, spans: self.spans(start)? };
        let month = sum.end(rule_on("rights_month", self.received)?)?;
        let limit = match self.extended {
            true => sum.end(rule_on("rights_extended", self.received)?)?,
            false => month.clone(),
        };
        let notice_by = month.ok().map(|due| due.on);
        let limit = match limit {
            Ok(limit) => limit,
            Err(since) => {
                let state = State::Paused { since };
                let (limit, promise, act_by) = (None, None, None);
                return Ok(RightsDates { start, state, limit, promise, notice_by, act_by });
            }
        };
        let promise = match self.promise_days {
            Some(days) => {
                let rule = rule_on("own_promise", self.received)?;
                Some(sum.promise(i64::from(days), &limit, rule)?)
            }
            None => None,
        };
        let act_by = promise.as_ref().map_or(limit.on, |promise| promise.on.min(limit.on));
        Ok(RightsDates {
            start,
            state: State::Running,
            limit: Some(limit),
            promise,
            notice_by,
            act_by: Some(act_by),
        })
    }

    /// The day from which time is counted, and the steps that say so (Art 12A(2)).
    fn start(&self) -> Result<(Date, Vec<Step>), ClockError> {
        let rule = rule_on("rights_month", self.received)?;
        let begins = rule_on("rights_start", self.received)?;
        let mut steps =
            vec![Step::new(format!("Received on {}.", day(self.received)), &rule.source)];
        let mut start = self.received;
        for (came, what) in [
            (self.identity_received, "What was needed to be sure of the person came"),
            (self.fee_paid, "The fee was paid"),
            (self.authority_received, "Proof of the agent's authority came"),
        ] {
            let Some(came) = came else { continue };
            if came < self.received {
                return Err(ClockError::Contradiction(
                    "proof of identity, authority or payment came before the request; \
                     leave it out if it was there already",
                ));
            }
            start = start.max(came);
            steps.push(Step::new(format!("{what} on {}.", day(came)), &begins.source));
        }
        if start > self.received {
            let text = format!("The time starts on {}, when all of this was there.", day(start));
            steps.push(Step::new(text, &begins.source));
        }
        Ok((start, steps))
    }

    /// The uncounted spans after the start, merged and in order (Art 12A(5)).
    fn spans(&self, start: Date) -> Result<Vec<Span>, ClockError> {
        if !self.pausable && !self.pauses.is_empty() {
            return Err(ClockError::Contradiction(
                "only an access request can be paused for a clarification (Article 12A(5))",
            ));
        }
        // The day of the start was never counted, so it is not taken off again.
        let first_counted = days_after(start, 1)?;
        let mut pauses = self.pauses.clone();
        pauses.sort_unstable();
        let mut spans: Vec<Span> = Vec::new();
        for Pause { asked, answered } in pauses {
            if asked < self.received {
                return Err(ClockError::Contradiction("a question was asked before the request"));
            }
            if answered.is_some_and(|answered| answered < asked) {
                return Err(ClockError::Contradiction("an answer came before its question"));
            }
            let span = Span { from: asked.max(first_counted), to: answered.unwrap_or(OPEN), asked };
            match spans.last_mut() {
                _ if span.to < span.from => {}
                // Two questions at once: a day is left out once.
                Some(last) if span.from <= last.to => {
                    if span.to > last.to {
                        (last.to, last.asked) = (span.to, span.asked);
                    }
                }
                _ => spans.push(span),
            }
        }
        Ok(spans)
    }
}

/// What every date of one request is summed from.
struct Sum<'a> {
    calendar: &'a Calendar,
    place: Place,
    start: Date,
    first: Vec<Step>,
    spans: Vec<Span>,
}

impl Sum<'_> {
    /// The end of the rule's months; or, while an answer is awaited, the day of the question.
    fn end(&self, rule: &Rule) -> Result<Result<Due, Date>, ClockError> {
        let mut work = Working { on: self.start, steps: self.first.clone(), rule };
        let months = rule.number("months")?;
        if months > 1 {
            work.say(format!(
                "{} further months were taken; all {months} are counted from the start.",
                months - 1
            ));
        }
        work.add_months(months)?;
        let pausing = rule_on("sar_pause", self.start)?;
        for span in &self.spans {
            if span.from > self.calendar.roll(work.on, self.place)? {
                let asked = day(span.asked);
                let text =
                    format!("Asked on {asked}, after the time had ended: it does not count.");
                work.steps.push(Step::new(text, &pausing.source));
                continue;
            }
            if span.to == OPEN {
                return Ok(Err(span.asked));
            }
            work.on = self.without(span, work.on)?;
            let text = format!("{} The time now ends on {}.", said(span), day(work.on));
            work.steps.push(Step::new(text, &pausing.source));
            warn(&mut work.steps, pausing);
        }
        work.roll(self.calendar, self.place)?;
        Ok(Ok(work.due()))
    }

    /// The end moved on by the days of a span. A span in the tail that a weekend added leaves at
    /// least the day after the answer, as the day of asking was still in time.
    fn without(&self, span: &Span, end: Date) -> Result<Date, ClockError> {
        let moved = days_after(end, days_with_both(span.from, span.to))?;
        Ok(moved.max(days_after(span.to, 1)?))
    }

    /// The organisation's own days: moved back to a working day, and never beyond the limit.
    fn promise(&self, days: i64, limit: &Due, rule: &Rule) -> Result<Due, ClockError> {
        let mut work =
            Working { on: days_after(self.start, days)?, steps: self.first.clone(), rule };
        work.say(format!("The notice promises {}: {}.", count(days, "day"), day(work.on)));
        for span in &self.spans {
            if span.to != OPEN && span.from <= work.on {
                work.on = self.without(span, work.on)?;
                work.say(format!("{} The promise now ends on {}.", said(span), day(work.on)));
            }
        }
        if work.on >= limit.on {
            let law = day(limit.on);
            if work.on > limit.on {
                work.say(format!("That is later than the law allows, so the limit stands: {law}."));
            }
            work.on = limit.on;
            return Ok(work.due());
        }
        let back = self.calendar.roll_back(work.on, self.place)?.max(self.start);
        if back != work.on {
            let closed = passed_over(
                self.calendar,
                days_after(back, 1)?,
                days_after(work.on, 1)?,
                self.place,
            )?;
            work.on = back;
            work.say(format!(
                "That is not a working day in {} ({closed}); a promise moves back, to {}.",
                self.place.label(),
                day(back)
            ));
        }
        work.say(format!("This is earlier than the law's limit, {}, and stands.", day(limit.on)));
        Ok(work.due())
    }
}

/// "The days from Thursday 5 March 2026 to Monday 9 March 2026 … do not count (5 days)."
fn said(span: &Span) -> String {
    let days = days_with_both(span.from, span.to);
    if days == 1 {
        return format!("{}, asked and answered, does not count.", day(span.from));
    }
    format!(
        "From {} to {} an answer was awaited: {}.",
        day(span.from),
        day(span.to),
        not_counted(days)
    )
}
