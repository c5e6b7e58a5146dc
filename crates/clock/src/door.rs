//! Every rule by its name: the door for the command line and for files of expected dates.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::rules::{rule_on, rules};
use crate::steps::{Step, warn};
use crate::words::{ZONE, civil_date, day, machine, moment};
use crate::{
    Calendar, ClockError, Division, Due, DueAt, FeePayer, InformationRequest, Pause, Regime,
    Review, RightsClock, State,
};

/// What a rule answers: a date, a moment, an amount, `none` or `paused`, with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// `2026-12-22`, `2026-12-27T17:00+00:00`, `GBP 52`, `none` or `paused`.
    pub due: String,
    /// How it was worked out, in order.
    pub steps: Vec<Step>,
    /// False if a point on the way was not checked against the text of its source.
    pub verified: bool,
}

/// Facts by name; a name may be given more than once, in order.
type Inputs = BTreeMap<String, Vec<String>>;

/// The rules that [`answer`] knows, each with one line of what it answers.
pub fn rule_names() -> Vec<(&'static str, &'static str)> {
    let mut names: Vec<(&str, &str)> = Vec::new();
    // A name with a dot is a point of another rule, not a question of its own.
    for rule in rules().iter().filter(|rule| !rule.name.contains('.')) {
        match names.iter_mut().find(|(name, _)| *name == rule.name) {
            Some(named) => named.1 = &rule.says,
            None => names.push((&rule.name, &rule.says)),
        }
    }
    names
}

/// Answers a rule by its name. `received` is a day (`2026-11-22`) or a moment with its offset
/// (`2026-11-16T10:20+00:00`), empty where the rule needs none.
///
/// Every rule takes `division` (england-and-wales if left out), `tz` and `local_date`; what else
/// it takes stands in [`crate::Rule::inputs`]. A fact that the rule does not take is an error.
pub fn answer(
    rule: &str,
    received: &str,
    inputs: &Inputs,
    calendar: &Calendar,
) -> Result<Answer, ClockError> {
    let facts = Facts { rule, received: received.trim(), inputs };
    facts.check()?;
    match rule {
        "rights_start"
        | "rights_month"
        | "sar_pause"
        | "rights_extended"
        | "extension_notice_by"
        | "own_promise" => rights(&facts, calendar),
        "breach_ico_72h" | "breach_pecr_72h" | "breach_72h_outer_1182" => breach(&facts),
        "foi_20wd" | "foisa_20wd" | "eir_20wd" => information(&facts, calendar),
        "ico_fee_amount" => fee(&facts),
        _ => simple(&facts, calendar),
    }
}

fn simple(facts: &Facts<'_>, calendar: &Calendar) -> Result<Answer, ClockError> {
    let on = facts.received_on()?;
    let division = facts.division()?;
    let months = || facts.number("months");
    let due = match facts.rule {
        "complaint_ack_30d" => match crate::complaint_acknowledgement(on, calendar, division)? {
            Some(due) => due,
            None => return no_duty(on),
        },
        "dm_objection_ceiling" => {
            let fps = facts.one_of("channel", &["fps", "other"])? == Some("fps");
            crate::objection_ceiling(on, fps, facts.number("days")?)?
        }
        "dm_objection_reply" => crate::objection_reply(on, calendar, division)?,
        "tps_block_from" => crate::tps_block_from(facts.date("listed")?.unwrap_or(on))?,
        "tps_screen_valid_to" => crate::tps_screen_valid_to(facts.date("screened")?.unwrap_or(on))?,
        "charity_soft_opt_in" => crate::charity_soft_opt_in(on)?,
        "consent_review" => crate::consent_review(on, months()?)?,
        "indirect_consent_max" => crate::indirect_consent_max(on, months()?)?,
        "dpia_review" => crate::dpia_review(on, months()?)?,
        "register_review" => crate::review(Review::Register, on, months()?)?,
        "interests_review" => crate::review(Review::Interests, on, months()?)?,
        "notice_review" => crate::review(Review::Notice, on, months()?)?,
        "processor_review" => crate::review(Review::Processor, on, months()?)?,
        "penalty_decision" => crate::penalty_decision(on)?,
        "health_opinion_valid_to" => crate::health_opinion_valid_to(on, months()?)?,
        "casework_after_poll" => crate::casework_after_poll(on)?,
        "ico_fee_expiry" => crate::fee_expiry(on, facts.number("period_months")?)?,
        "art14_notice" => {
            let contact = facts.date("first_communication")?;
            crate::art14_notice(on, contact, facts.date("first_disclosure")?, calendar, division)?
        }
        "exam_marks" => {
            crate::exam_marks(on, facts.date("results_announced")?, calendar, division)?
        }
        "prior_consultation_reply" => {
            let (extended, weeks) = (facts.yes("extended")?, facts.number("weeks")?);
            crate::prior_consultation_reply(on, extended, weeks, calendar, division)?
        }
        other => return Err(ClockError::UnknownRule(other.to_owned())),
    };
    Ok(dated(due))
}

fn dated(due: Due) -> Answer {
    said(due.on.to_string(), due.because)
}

fn said(due: impl Into<String>, steps: Vec<Step>) -> Answer {
    let verified = !steps.iter().any(Step::is_warning);
    Answer { due: due.into(), steps, verified }
}

fn no_duty(received: Date) -> Result<Answer, ClockError> {
    let text = format!(
        "Received on {}, before the duty to acknowledge a complaint began: no date is set by law.",
        day(received)
    );
    Ok(said("none", vec![Step::new(text, "SI 2026/82 reg 3")]))
}

fn rights(facts: &Facts<'_>, calendar: &Calendar) -> Result<Answer, ClockError> {
    let pauses = facts.pauses()?;
    let clock = RightsClock {
        received: facts.received_on()?,
        identity_received: facts.date("id_received")?,
        fee_paid: facts.date("fee_paid")?,
        authority_received: facts.date("authority_received")?,
        pausable: !pauses.is_empty(),
        pauses,
        extended: facts.rule == "rights_extended",
        promise_days: facts.number("promise_days")?,
    };
    if facts.rule == "own_promise" && clock.promise_days.is_none() {
        return Err(ClockError::Missing("promise_days"));
    }
    let dates = clock.work_out(calendar, facts.division()?)?;
    let due = if facts.rule == "own_promise" { dates.promise } else { dates.limit };
    let Some(mut due) = due else {
        let State::Paused { since } = dates.state else { return Err(ClockError::TooFar) };
        let rule = rule_on("sar_pause", clock.received)?;
        let text = format!(
            "Asked on {} and not answered yet: the time stands still. \
             Wait no longer than is reasonable.",
            day(since)
        );
        let mut steps = vec![Step::new(text, &rule.source)];
        warn(&mut steps, rule);
        return Ok(said("paused", steps));
    };
    if facts.rule == "extension_notice_by" {
        let rule = rule_on("extension_notice_by", clock.received)?;
        let text = format!("The notice, with its reasons, is due by then: {}.", day(due.on));
        due.because.push(Step::new(text, &rule.source));
    }
    Ok(dated(due))
}

fn breach(facts: &Facts<'_>) -> Result<Answer, ClockError> {
    let aware = facts.received_at()?;
    facts.one_of("tz", &[ZONE])?;
    facts.one_of("regime", &["pecr_5A"])?;
    let DueAt { at, mut because } = match facts.rule {
        "breach_pecr_72h" => crate::pecr_breach_to_regulator(aware)?,
        "breach_72h_outer_1182" => crate::breach_72h_outer(aware)?,
        _ => crate::breach_to_regulator(aware)?,
    };
    for (fact, point, what) in [
        (
            "reported",
            "breach_ico_72h.reported",
            "only after a short enquiry was it reasonably certain",
        ),
        (
            "processor_aware",
            "breach_ico_72h.processor",
            "the time runs from when the processor told the controller",
        ),
    ] {
        let Some(earlier) = facts.moment(fact)? else { continue };
        if earlier > aware {
            return Err(ClockError::Contradiction(
                "the report came after the controller was aware; check the times",
            ));
        }
        let rule = rule_on(point, civil_date(aware)?)?;
        let text = format!("First known on {}; {what}.", moment(earlier)?);
        because.insert(0, Step::new(text, &rule.source));
        warn(&mut because, rule);
    }
    Ok(said(machine(at)?, because))
}

fn information(facts: &Facts<'_>, calendar: &Calendar) -> Result<Answer, ClockError> {
    let (regime, place) = match facts.rule {
        "foisa_20wd" => (Regime::Foisa, "scotland"),
        "eir_20wd" => (Regime::Eir, "uk-any"),
        _ => (Regime::Foia, "uk-any"),
    };
    facts.one_of("calendar", &[place])?;
    let fee = match (facts.date("fees_notice")?, facts.date("fee_paid")?) {
        (Some(notice), Some(paid)) => Some((notice, paid)),
        (None, None) => None,
        (Some(notice), None) => {
            let text = format!("Fees notice of {}, not paid yet: no day counts.", day(notice));
            return Ok(said("paused", vec![Step::new(text, "FOIA 2000 ss.9, 10(2)")]));
        }
        (None, Some(_)) => return Err(ClockError::Missing("fees_notice")),
    };
    let request = InformationRequest {
        regime,
        received: facts.received_on()?,
        clarified: facts.date("clarified")?,
        fee,
        more_time: facts.yes("complex")? || facts.yes("public_interest")?,
    };
    Ok(dated(crate::information_request(&request, calendar)?))
}

fn fee(facts: &Facts<'_>) -> Result<Answer, ClockError> {
    let small = facts.yes("charity")? || facts.yes("small_pension")?;
    let staff = facts.number("staff")?;
    let turnover = facts.number("turnover")?;
    if !small && staff.is_none() {
        return Err(ClockError::Missing("staff"));
    }
    if !small && turnover.is_none() && !facts.yes("public_authority")? {
        return Err(ClockError::Missing("turnover"));
    }
    let (pounds, steps) = crate::fee_amount(&FeePayer {
        turnover: turnover.map_or(0, i64::from),
        staff: staff.map_or(0, i64::from),
        charity: facts.yes("charity")?,
        small_pension: facts.yes("small_pension")?,
        public_authority: facts.yes("public_authority")?,
        period_start: facts.date("period_start")?,
        paid: facts.yes("paid")?,
        direct_debit: facts.yes("direct_debit")?,
    })?;
    Ok(said(format!("GBP {pounds}"), steps))
}

/// The facts given for a rule, read strictly.
struct Facts<'a> {
    rule: &'a str,
    received: &'a str,
    inputs: &'a Inputs,
}

/// What every rule takes.
const ALWAYS: [&str; 3] = ["division", "tz", "local_date"];

impl<'a> Facts<'a> {
    /// The rule is known and takes every fact that is given.
    fn check(&self) -> Result<(), ClockError> {
        let mut known: Vec<&str> = ALWAYS.to_vec();
        let mut named = false;
        for rule in rules().iter().filter(|rule| rule.name == self.rule) {
            named = !rule.name.contains('.');
            known.extend(rule.inputs.iter().map(String::as_str));
        }
        if !named {
            return Err(ClockError::UnknownRule(self.rule.to_owned()));
        }
        known.sort_unstable();
        known.dedup();
        match self.inputs.keys().find(|fact| !known.contains(&fact.as_str())) {
            None => Ok(()),
            Some(fact) => Err(ClockError::UnknownFact {
                rule: self.rule.to_owned(),
                fact: fact.clone(),
                known: known.join(", "),
            }),
        }
    }

    /// The last value given for a fact; an empty one counts as none.
    fn last(&self, fact: &str) -> Option<&'a str> {
        let value = self.inputs.get(fact)?.last()?.trim();
        (!value.is_empty()).then_some(value)
    }

    fn date(&self, fact: &str) -> Result<Option<Date>, ClockError> {
        self.last(fact).map(|value| read_date(fact, value)).transpose()
    }

    fn moment(&self, fact: &str) -> Result<Option<Timestamp>, ClockError> {
        self.last(fact).map(|value| read_moment(fact, value)).transpose()
    }

    fn number(&self, fact: &str) -> Result<Option<u32>, ClockError> {
        let read = |value: &str| {
            let expected = "a whole number in figures, such as 28";
            let unreadable = |_| ClockError::Unreadable { fact: fact.to_owned(), expected };
            value.parse().map_err(unreadable)
        };
        self.last(fact).map(read).transpose()
    }

    /// `yes` or `no`; a fact given without a value is a yes.
    fn yes(&self, fact: &str) -> Result<bool, ClockError> {
        if !self.inputs.contains_key(fact) {
            return Ok(false);
        }
        match self.last(fact) {
            None | Some("yes") => Ok(true),
            Some("no") => Ok(false),
            Some(_) => Err(ClockError::Unreadable { fact: fact.to_owned(), expected: "yes or no" }),
        }
    }

    fn one_of(
        &self,
        fact: &str,
        known: &[&'static str],
    ) -> Result<Option<&'static str>, ClockError> {
        let Some(value) = self.last(fact) else { return Ok(None) };
        match known.iter().copied().find(|one| *one == value) {
            Some(one) => Ok(Some(one)),
            None => Err(ClockError::Unreadable {
                fact: fact.to_owned(),
                expected: known.first().copied().unwrap_or_default(),
            }),
        }
    }

    fn division(&self) -> Result<Division, ClockError> {
        self.last("division").map_or(Ok(Division::default()), str::parse)
    }

    /// The day of receipt; of a moment, the day in London.
    fn received_on(&self) -> Result<Date, ClockError> {
        self.one_of("tz", &[ZONE])?;
        if self.received.is_empty() {
            return Err(ClockError::Missing("received"));
        }
        if !self.received.contains('T') {
            return read_date("received", self.received);
        }
        let on = civil_date(read_moment("received", self.received)?)?;
        match self.date("local_date")? {
            Some(local) if local != on => Err(ClockError::Contradiction(
                "`local_date` is not the day in London at the moment of receipt",
            )),
            _ => Ok(on),
        }
    }

    fn received_at(&self) -> Result<Timestamp, ClockError> {
        if self.received.is_empty() {
            return Err(ClockError::Missing("received"));
        }
        read_moment("received", self.received)
    }

    /// Questions and answers, paired in order.
    fn pauses(&self) -> Result<Vec<Pause>, ClockError> {
        let none = Vec::new();
        let asked = self.inputs.get("asked").unwrap_or(&none);
        let answered = self.inputs.get("answered").unwrap_or(&none);
        if answered.len() > asked.len() {
            return Err(ClockError::Contradiction("there are more answers than questions"));
        }
        let pair = |(at, day): (usize, &String)| {
            let answer = answered.get(at).map(|day| day.trim()).filter(|day| !day.is_empty());
            Ok(Pause {
                asked: read_date("asked", day.trim())?,
                answered: answer.map(|day| read_date("answered", day)).transpose()?,
            })
        };
        asked.iter().enumerate().map(pair).collect()
    }
}

fn read_date(fact: &str, value: &str) -> Result<Date, ClockError> {
    let expected = "a day as 2026-11-22";
    let unreadable = || ClockError::Unreadable { fact: fact.to_owned(), expected };
    if value.len() != 10 {
        return Err(unreadable());
    }
    value.parse().map_err(|_| unreadable())
}

fn read_moment(fact: &str, value: &str) -> Result<Timestamp, ClockError> {
    let expected = "a moment with its offset as 2026-11-16T10:20+00:00";
    let unreadable = |_| ClockError::Unreadable { fact: fact.to_owned(), expected };
    value.parse().map_err(unreadable)
}
