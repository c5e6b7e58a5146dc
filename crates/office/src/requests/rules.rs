//! A rights request: its states, its acts, and the law's noes. Pure: no database, no web, no now().
//!
//! An act takes the request and a day and answers the next request or a [`Refusal`] that names
//! the article. `states_and_acts` prints the whole table; that table is the documentation.

use candour_clock::{Calendar, Division, Pause, RightsClock, RightsDates};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Refusal, Result};

pub use super::words::{Ground, Outcome, Right, Via};

/// How identity was settled. Evidence itself is not kept (UK GDPR Art 5(1)(c)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// In plain words: "a link sent to an address we already hold".
    pub how: String,
    /// The day the information that settled it came. It can move the start of the clock only if
    /// it had been asked for (UK GDPR Art 12A(2)(b)).
    pub on: Date,
}

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum State {
    /// Logged; nobody has looked at who is asking.
    Received,
    /// We asked for something that settles who is asking.
    Identity {
        /// The day we asked.
        asked: Date,
    },
    /// Who is asking is settled; holdings are being searched.
    Searching,
    /// Every holding has answered or been set aside; a person decides what needs their eye.
    Reviewing,
    /// The complete pack stands ready.
    Ready,
    /// The pack has gone out.
    Sent {
        /// The day.
        on: Date,
    },
    /// Done.
    Closed {
        /// The day.
        on: Date,
        /// How it ended.
        outcome: Outcome,
    },
}

impl State {
    /// The word in the database.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Identity { .. } => "identity",
            Self::Searching => "searching",
            Self::Reviewing => "reviewing",
            Self::Ready => "ready",
            Self::Sent { .. } => "sent",
            Self::Closed { .. } => "closed",
        }
    }

    /// On screens.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Received => "Received",
            Self::Identity { .. } => "Waiting to know who is asking",
            Self::Searching => "Searching",
            Self::Reviewing => "Reviewing",
            Self::Ready => "Ready to send",
            Self::Sent { .. } => "Sent",
            Self::Closed { outcome, .. } => outcome.words(),
        }
    }

    fn open(&self) -> bool {
        !matches!(self, Self::Sent { .. } | Self::Closed { .. })
    }
}

/// A request without its personal content: what decides what may happen next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Which right.
    pub right: Right,
    /// How it came.
    pub via: Via,
    /// The civil date it was received, London time.
    pub received: Date,
    /// Where it stands.
    pub state: State,
    /// How identity was settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Settled>,
    /// Someone acts for the person, and the authority has to be shown.
    #[serde(default)]
    pub by_agent: bool,
    /// The day the agent's authority came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Date>,
    /// Clarifications asked and answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<Pause>,
    /// The day of the letter that warned that the open question will end the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned: Option<Date>,
    /// The reason of an extension, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<String>,
    /// The ground of a refusal, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Ground>,
    /// The day of the first whole answer, when it is looked at again after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Date>,
}

/// What an act needs to know of the clock.
pub struct Clockwork<'a> {
    /// The holidays.
    pub calendar: &'a Calendar,
    /// Whose holidays count.
    pub division: Division,
    /// The organisation's own promise.
    pub promise_days: Option<u32>,
    /// Days between the warning and closing as lapsed: a setting.
    pub lapse_days: u32,
}

fn no<T>(act: &'static str, why: impl Into<String>, source_: &'static str) -> Result<T> {
    Err(Refusal { act, why: why.into(), source_ }.into())
}

const WAITS: &str = "UK GDPR Art 12A(5)";
/// The law names no day on which an unanswered question ends a request.
const WARNED: &str = "house rule: nobody’s request lapses unwarned; the days are a setting";

impl Request {
    /// A request as it comes in.
    pub fn new(right: Right, via: Via, received: Date, by_agent: bool) -> Self {
        Self {
            right,
            via,
            received,
            state: State::Received,
            settled: None,
            by_agent,
            authority: None,
            pauses: Vec::new(),
            warned: None,
            extended: None,
            refused: None,
            answered: None,
        }
    }

    /// Both dates of the request, with how they were worked out (UK GDPR Arts 12(3), 12A, 4A).
    ///
    /// # Errors
    /// The holiday list does not reach far enough.
    pub fn dates(&self, c: &Clockwork<'_>) -> Result<RightsDates> {
        let clock = RightsClock {
            received: self.received,
            identity_received: self.asked_identity().and_then(|_| Some(self.settled.as_ref()?.on)),
            fee_paid: None,
            authority_received: self.authority,
            pauses: self.pauses.clone(),
            extended: self.extended.is_some(),
            promise_days: c.promise_days,
            // Only access has a pause (UK GDPR Art 12A(5)).
            pausable: self.right == Right::Access,
        };
        clock.work_out(c.calendar, c.division).map_err(|e| Error::Unavailable(e.to_string()))
    }

    /// Whether identity had been asked for: only then does its coming move the clock's start.
    fn asked_identity(&self) -> Option<()> {
        self.settled.as_ref().filter(|s| s.on > self.received).map(|_| ())
    }

    /// Waiting for an answer to a clarification.
    pub fn paused_since(&self) -> Option<Date> {
        self.pauses.last().filter(|p| p.answered.is_none()).map(|p| p.asked)
    }

    fn must_be_open(&self, act: &'static str) -> Result<()> {
        if self.state.open() {
            Ok(())
        } else {
            no(
                act,
                "this request has been sent or closed",
                "house rule: a closed case stays closed",
            )
        }
    }

    /// Asks for something that settles who is asking; only where there is reasonable doubt.
    ///
    /// # Errors
    /// Past that point already.
    pub fn ask_identity(mut self, on: Date) -> Result<Self> {
        match self.state {
            State::Received => {
                self.state = State::Identity { asked: on };
                Ok(self)
            }
            State::Identity { .. } => no(
                "ask for identity",
                "identity has been asked for already: ask once, and for the least that will do",
                "UK GDPR Art 12(6)",
            ),
            _ => no("ask for identity", "identity is settled already", "UK GDPR Art 12(6)"),
        }
    }

    /// Settles who is asking and lets the search begin.
    ///
    /// # Errors
    /// Settled already, or an agent's authority is still missing.
    pub fn settle_identity(mut self, how: &str, on: Date) -> Result<Self> {
        const ACT: &str = "settle identity";
        if how.trim().is_empty() {
            return Err(Error::invalid("how", "Say how identity was settled"));
        }
        if self.by_agent && self.authority.is_none() {
            return no(
                ACT,
                "someone acts for this person, and their authority has not been recorded yet",
                "UK GDPR Art 12(6)",
            );
        }
        let on = match self.state {
            // Nobody asked, so nothing was waited for: the clock's start does not move.
            State::Received => self.received,
            State::Identity { asked } => on.max(asked),
            _ => return no(ACT, "identity is settled already", "UK GDPR Art 12(6)"),
        };
        self.settled = Some(Settled { how: how.trim().to_owned(), on });
        self.state = State::Searching;
        Ok(self)
    }

    /// Records that an agent's authority came.
    ///
    /// # Errors
    /// Nobody acts for the person, or it is there already.
    pub fn record_authority(mut self, on: Date) -> Result<Self> {
        const ACT: &str = "record authority";
        self.must_be_open(ACT)?;
        if !self.by_agent {
            return no(ACT, "the person asks for themselves", "UK GDPR Art 12(6)");
        }
        if self.authority.is_some() {
            return no(ACT, "the authority has been recorded already", "UK GDPR Art 12(6)");
        }
        self.authority = Some(on.max(self.received));
        Ok(self)
    }

    /// Asks what is wanted: stops the clock from that day (UK GDPR Art 12A(5)).
    ///
    /// # Errors
    /// Not an access request, closed, or a question is open.
    pub fn clarify(mut self, on: Date) -> Result<Self> {
        const ACT: &str = "ask for clarification";
        self.must_be_open(ACT)?;
        if self.paused_since().is_some() {
            return no(ACT, "a question is open already", "UK GDPR Art 12A(5)");
        }
        if matches!(self.state, State::Ready) {
            return no(
                ACT,
                "the pack is ready: there is nothing left to ask",
                "UK GDPR Art 12A(5)",
            );
        }
        self.pauses.push(Pause { asked: on, answered: None });
        self.warned = None;
        Ok(self)
    }

    /// The answer to the question came: the clock runs on.
    ///
    /// # Errors
    /// No question is open, or the day is before it was asked.
    pub fn clarified(mut self, on: Date) -> Result<Self> {
        const ACT: &str = "record the answer";
        self.must_be_open(ACT)?;
        match self.pauses.last_mut() {
            Some(p) if p.answered.is_none() => {
                if on < p.asked {
                    return Err(Error::invalid("on", "The answer can't come before the question"));
                }
                p.answered = Some(on);
                self.warned = None;
                Ok(self)
            }
            _ => no(ACT, "no question is open", "UK GDPR Art 12A(5)"),
        }
    }

    /// Extends by two months, for complexity or number (UK GDPR Arts 12(3), 12A(4)).
    ///
    /// # Errors
    /// No reason, extended before, or the first month is over.
    pub fn extend(mut self, reason: &str, on: Date, c: &Clockwork<'_>) -> Result<Self> {
        const ACT: &str = "extend";
        self.must_be_open(ACT)?;
        if reason.trim().is_empty() {
            return Err(Error::invalid("reason", "Say why: the letter has to give the reason"));
        }
        if self.extended.is_some() {
            return no(
                ACT,
                "it has been extended once, and once is all there is",
                "UK GDPR Art 12A(4)",
            );
        }
        if let Some(by) = self.dates(c)?.notice_by
            && on > by
        {
            return no(
                ACT,
                format!(
                    "the person had to be told by {}, within the first month",
                    crate::kit::dates::long(by)
                ),
                "UK GDPR Art 12A(4)",
            );
        }
        self.extended = Some(reason.trim().to_owned());
        Ok(self)
    }

    /// Refuses the whole request (UK GDPR Art 12(4), (5)).
    ///
    /// # Errors
    /// Sent or closed.
    pub fn refuse(mut self, ground: Ground, on: Date) -> Result<Self> {
        self.must_be_open("refuse")?;
        self.refused = Some(ground);
        self.state = State::Closed { on, outcome: Outcome::Refused };
        Ok(self)
    }

    /// Warns that the request will be closed if the question stays open.
    ///
    /// # Errors
    /// No question is open, or it was warned of already.
    pub fn warn(mut self, on: Date) -> Result<Self> {
        const ACT: &str = "warn";
        self.must_be_open(ACT)?;
        if self.paused_since().is_none() {
            return no(ACT, "no question is open: there is nothing to warn of", WAITS);
        }
        if let Some(warned) = self.warned {
            let on = crate::kit::dates::long(warned);
            return no(ACT, format!("the warning went on {on}: once is enough"), WARNED);
        }
        self.warned = Some(on);
        Ok(self)
    }

    /// The first day on which it may be closed as lapsed, once it was warned of.
    pub fn lapses_on(&self, c: &Clockwork<'_>) -> Option<Date> {
        self.warned?.checked_add(jiff::Span::new().days(i64::from(c.lapse_days))).ok()
    }

    /// The person withdrew it, or it lapsed.
    ///
    /// # Errors
    /// Sent or closed; lapsed without an open question, a warning, or the days since it.
    pub fn end(mut self, outcome: Outcome, on: Date, c: &Clockwork<'_>) -> Result<Self> {
        const ACT: &str = "close";
        self.must_be_open(ACT)?;
        if outcome == Outcome::Lapsed {
            if self.paused_since().is_none() {
                return no(ACT, "only a request that waits for an answer can lapse", WAITS);
            }
            let Some(first) = self.lapses_on(c) else {
                return no(ACT, "they have not been warned: send the warning letter first", WARNED);
            };
            if on < first {
                let first = crate::kit::dates::long(first);
                let why = format!("the warning gives them time: it can lapse on {first}");
                return no(ACT, why, WARNED);
            }
        }
        self.state = State::Closed { on, outcome };
        Ok(self)
    }

    /// Every holding has answered or been set aside.
    ///
    /// # Errors
    /// Not searching, or `unanswered` holdings are left.
    pub fn searched(mut self, unanswered: u64) -> Result<Self> {
        const ACT: &str = "finish the search";
        match self.state {
            State::Searching if unanswered == 0 => {
                self.state = State::Reviewing;
                Ok(self)
            }
            State::Searching => no(
                ACT,
                format!("{unanswered} holdings have not answered"),
                "UK GDPR Art 15(1A): a reasonable and proportionate search",
            ),
            _ => no(ACT, "no search is going on", "house rule: search before review"),
        }
    }

    /// Searches again: something new is known.
    ///
    /// # Errors
    /// Not searched yet, or sent.
    pub fn search_again(mut self) -> Result<Self> {
        match self.state {
            State::Searching | State::Reviewing | State::Ready => {
                self.state = State::Searching;
                Ok(self)
            }
            _ => no(
                "search",
                "first settle who is asking; a sent or closed case is not searched again",
                "UK GDPR Art 12(6)",
            ),
        }
    }

    /// A pack was built. A complete one makes the request ready to send.
    ///
    /// # Errors
    /// Not searched yet, or sent.
    pub fn packed(mut self, complete: bool) -> Result<Self> {
        match self.state {
            State::Reviewing | State::Ready => {
                self.state = if complete { State::Ready } else { State::Reviewing };
                Ok(self)
            }
            State::Searching if !complete => Ok(self),
            _ => no(
                "make the pack",
                "the search has to be finished first",
                "house rule: search before review",
            ),
        }
    }

    /// A decision was taken back: a ready pack is ready no more.
    pub fn reopened(mut self) -> Self {
        if self.state == State::Ready {
            self.state = State::Reviewing;
        }
        self
    }

    /// The pack goes out.
    ///
    /// # Errors
    /// It is not ready.
    pub fn send(mut self, on: Date) -> Result<Self> {
        match self.state {
            State::Ready => {
                self.state = State::Sent { on };
                Ok(self)
            }
            State::Sent { .. } | State::Closed { .. } => {
                no("send", "it has been sent or closed", "house rule: a pack goes out once")
            }
            _ => no(
                "send",
                "the pack is not complete: every holding has to answer or be set aside, and every \
                 finding that needs a person’s eye has to be decided",
                "UK GDPR Art 15(3)",
            ),
        }
    }

    /// Looks again after the answer: something new came up, as its letter invites.
    ///
    /// # Errors
    /// It was not answered yet, or ended in another way.
    pub fn look_again(mut self) -> Result<Self> {
        let answered = match &self.state {
            State::Sent { on } => *on,
            State::Closed { on, outcome: Outcome::Answered | Outcome::NothingFound } => *on,
            _ => {
                let source_ = "house rule: only an answered request is looked at again";
                return no("look again", "this request has not been answered", source_);
            }
        };
        self.answered = Some(self.answered.unwrap_or(answered));
        self.state = State::Searching;
        Ok(self)
    }

    /// Closes what was sent.
    ///
    /// # Errors
    /// It was not sent.
    pub fn close_sent(mut self, found: bool, on: Date) -> Result<Self> {
        match self.state {
            State::Sent { .. } => {
                let outcome = if found { Outcome::Answered } else { Outcome::NothingFound };
                self.state = State::Closed { on, outcome };
                Ok(self)
            }
            _ => no("close", "send the answer first", "UK GDPR Art 12(3)"),
        }
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
