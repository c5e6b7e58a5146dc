//! Requests for information to public authorities: FOIA 2000, FOISA 2002, EIR 2004.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::rules::rule_on;
use crate::steps::{Step, Working, days_after, warn};
use crate::words::day;
use crate::{Calendar, ClockError, Division, Due, Place};

/// Under which enactment information is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// Freedom of Information Act 2000: holidays of any part of the United Kingdom.
    Foia,
    /// Freedom of Information (Scotland) Act 2002: holidays of Scotland.
    Foisa,
    /// Environmental Information Regulations 2004: working days as in FOIA (reg 2(1)).
    Eir,
}

impl Regime {
    fn rule(self) -> &'static str {
        match self {
            Regime::Foia => "foi_20wd",
            Regime::Foisa => "foisa_20wd",
            Regime::Eir => "eir_20wd",
        }
    }

    fn place(self) -> Place {
        match self {
            Regime::Foia | Regime::Eir => Place::AnyPartOfUk,
            Regime::Foisa => Place::In(Division::Scotland),
        }
    }
}

/// The facts that decide when a request for information must be answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InformationRequest {
    /// Under which enactment.
    pub regime: Regime,
    /// The day of receipt, working day or not.
    pub received: Date,
    /// The day on which a needed clarification came (FOIA s.1(3), FOISA s.1(3)).
    pub clarified: Option<Date>,
    /// The days of the fees notice and of payment (FOIA s.10(2)); both are left out.
    pub fee: Option<(Date, Date)>,
    /// More time is taken: for the public interest test (FOIA s.10(3)), or because the request is
    /// complex and large (EIR reg 7(1)). FOISA has none.
    pub more_time: bool,
}

/// The last day for answering: the twentieth working day after receipt, or the fortieth.
pub fn information_request(
    request: &InformationRequest,
    calendar: &Calendar,
) -> Result<Due, ClockError> {
    let (regime, place) = (request.regime, request.regime.place());
    let rule = rule_on(regime.rule(), request.received)?;
    let mut work =
        Working::from(request.received, format!("Received on {}.", day(request.received)), rule);
    if let Some(clarified) = request.clarified {
        if clarified < request.received {
            return Err(ClockError::Contradiction("the clarification came before the request"));
        }
        work.on = clarified;
        let text = format!("Clarified on {}; the days are counted anew from then.", day(clarified));
        own_source(&mut work, regime, "foi_20wd.clarified", text)?;
    }
    let mut days = rule.number("days")?;
    if request.more_time {
        let extra = rule.number("extra").map_err(|_| {
            ClockError::Contradiction("the Scottish Act gives no further time for an answer")
        })?;
        days += extra;
        let text = format!("{extra} further working days are taken.");
        own_source(&mut work, regime, "foi_20wd.public_interest", text)?;
    }
    if let Some((notice, paid)) = request.fee {
        if notice < work.on || paid < notice {
            return Err(ClockError::Contradiction(
                "the fees notice must come after the request and the payment after the notice",
            ));
        }
        let text = format!(
            "The working days from the fees notice of {} to payment on {} do not count.",
            day(notice),
            day(paid)
        );
        own_source(&mut work, regime, "foi_20wd.fees", text)?;
    }
    work.on = count_on(calendar, place, work.on, days, request.fee)?;
    let end = day(work.on);
    let there = match place {
        Place::AnyPartOfUk => "a bank holiday anywhere in the United Kingdom is no working day",
        Place::In(_) => "bank holidays in Scotland are no working days",
    };
    work.say(format!("The {days}th working day after that is {end}; {there}."));
    Ok(work.due())
}

/// A step with the source of the special rule; in Scotland all stands in the one section.
fn own_source(
    work: &mut Working<'_>,
    regime: Regime,
    name: &str,
    text: String,
) -> Result<(), ClockError> {
    let rule = if regime == Regime::Foia { rule_on(name, work.on)? } else { work.rule };
    work.steps.push(Step::new(text, &rule.source));
    warn(&mut work.steps, rule);
    Ok(())
}

/// The day on which the count of working days is full; those in `skip` are not counted.
fn count_on(
    calendar: &Calendar,
    place: Place,
    from: Date,
    days: i64,
    skip: Option<(Date, Date)>,
) -> Result<Date, ClockError> {
    let mut on = from;
    let mut counted = 0;
    while counted < days {
        on = days_after(on, 1)?;
        let skipped = skip.is_some_and(|(first, last)| (first..=last).contains(&on));
        if calendar.is_working_day(on, place)? && !skipped {
            counted += 1;
        }
    }
    Ok(on)
}
