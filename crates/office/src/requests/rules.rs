//! A rights request: its states, its acts, and the law's noes. Pure: no database, no web, no now().
//!
//! An act takes the request and a day and answers the next request or a [`Refusal`] that names
//! the article. `states_and_acts` prints the whole table; that table is the documentation.

use candour_clock::{Calendar, Division, Pause};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Refusal, Result};
use crate::kit::dates::long;

pub use super::waits::{Awaited, Fee, Wait};
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

    pub(super) fn open(&self) -> bool {
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
    /// The day it was logged, if that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged: Option<Date>,
    /// A fee that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Fee>,
    /// The day of the last reminder of what is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<Date>,
    /// The day of the letter that warned that what does not come will end the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warned: Option<Date>,
    /// The reason of an extension, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<String>,
    /// A refusal that waits for a second person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Proposal>,
    /// The ground of a refusal, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Ground>,
    /// The day of the first whole answer, when it is looked at again after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Date>,
    /// The day the answer went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Date>,
    /// The day it was decided who decides for a child.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub child: Option<Date>,
}

/// A refusal that somebody proposes. Its reasons are sealed with the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// On which ground.
    pub ground: Ground,
    /// Whether the letter says the ground and the reasons.
    pub tell: bool,
    /// Who proposes it: `staff:ID`.
    pub by: String,
    /// The day.
    pub on: Date,
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
    /// A refusal needs two persons: a setting.
    pub second_approver: bool,
}

/// Two persons for a no: an organisation's own care, not the law's.
const TWO: &str = "house rule: one person proposes a refusal, another approves it";

pub(super) fn no<T>(act: &'static str, why: impl Into<String>, source_: &'static str) -> Result<T> {
    Err(Refusal { act, why: why.into(), source_ }.into())
}

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
            logged: None,
            fee: None,
            reminded: None,
            warned: None,
            extended: None,
            proposed: None,
            refused: None,
            answered: None,
            sent: None,
            child: None,
        }
    }

    /// What is left when the content is destroyed: states and days, and none of the words.
    pub fn without_words(mut self) -> Self {
        if let Some(settled) = &mut self.settled {
            settled.how.clear();
        }
        self.extended = self.extended.map(|_| String::new());
        self
    }

    pub(super) fn must_be_open(&self, act: &'static str) -> Result<()> {
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

    /// Extends by two months, for complexity or number (UK GDPR Arts 12(3), 12A(4)).
    ///
    /// # Errors
    /// No reason, extended before, not started, or the first month is over.
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
        if self.not_started().is_some() {
            let why = "the time has not started, so there is nothing to extend yet";
            return no(ACT, why, "UK GDPR Art 12A(2)");
        }
        if let Some(by) = self.dates(c)?.notice_by
            && on > by
        {
            return no(
                ACT,
                format!("the person had to be told by {}, within the first month", long(by)),
                "UK GDPR Art 12A(4)",
            );
        }
        self.extended = Some(reason.trim().to_owned());
        Ok(self)
    }

    /// Proposes to refuse the whole request (UK GDPR Art 12(4), (5)). Where one person is enough,
    /// it is refused with that.
    ///
    /// # Errors
    /// Sent or closed.
    pub fn refuse(mut self, p: Proposal, c: &Clockwork<'_>) -> Result<Self> {
        self.must_be_open("refuse")?;
        if c.second_approver {
            self.proposed = Some(p);
            return Ok(self);
        }
        Ok(self.refused_on(p.ground, p.on))
    }

    fn refused_on(mut self, ground: Ground, on: Date) -> Self {
        self.proposed = None;
        self.refused = Some(ground);
        self.state = State::Closed { on, outcome: Outcome::Refused };
        self
    }

    /// Another person approves the refusal.
    ///
    /// # Errors
    /// None is proposed, or by the same person.
    pub fn approve(self, by: &str, on: Date) -> Result<Self> {
        const ACT: &str = "approve the refusal";
        self.must_be_open(ACT)?;
        let Some(p) = self.proposed.clone() else {
            return no(ACT, "no refusal is proposed", TWO);
        };
        if p.by == by {
            let why = "you proposed it: somebody else has to look at it. Where there is only one \
                       officer, the settings can say that one person is enough";
            return no(ACT, why, TWO);
        }
        Ok(self.refused_on(p.ground, on))
    }

    /// Takes a proposed refusal back: the request goes on.
    ///
    /// # Errors
    /// None is proposed.
    pub fn unrefused(mut self) -> Result<Self> {
        self.must_be_open("turn the refusal down")?;
        if self.proposed.take().is_none() {
            return no("turn the refusal down", "no refusal is proposed", TWO);
        }
        Ok(self)
    }

    /// Records that it was decided who decides for a child.
    ///
    /// # Errors
    /// Sent or closed.
    pub fn decided_for_child(mut self, on: Date) -> Result<Self> {
        self.must_be_open("record who decides")?;
        self.child = Some(on);
        Ok(self)
    }

    /// Puts right how and when it came, and whether somebody acts for the person: the time is
    /// counted anew from the day it really came (UK GDPR Arts 5(1)(d), 12A(2)).
    ///
    /// # Errors
    /// Sent or closed, or a day after something that followed it.
    pub fn corrected(mut self, via: Via, received: Date, by_agent: bool) -> Result<Self> {
        const ACT: &str = "correct what was logged";
        self.must_be_open(ACT)?;
        let asked = match self.state {
            State::Identity { asked } => Some(asked),
            _ => None,
        };
        let fee = self.fee.as_ref().map(|f| f.asked);
        // What was settled on the day of receipt was never waited for: it moves with that day.
        let settled = self.settled.as_mut().filter(|s| s.on == self.received);
        if let Some(s) = settled {
            s.on = received;
        }
        let came = self.settled.as_ref().map(|s| s.on);
        let first = self.pauses.first().map(|p| p.asked);
        let after = [asked, fee, came, first, self.authority].into_iter().flatten().min();
        if let Some(day) = after.filter(|day| *day < received) {
            let day = long(day);
            let why = format!("Something about it was asked or came on {day}: it was here by then");
            return Err(Error::invalid("received", why));
        }
        (self.via, self.received) = (via, received);
        if !by_agent {
            self.authority = None;
        }
        self.by_agent = by_agent;
        Ok(self)
    }

    /// The person withdrew it, it lapsed, the person has died, or it is no request of its own.
    ///
    /// # Errors
    /// Sent or closed; lapsed without anything waited for, a warning, or the days since it.
    pub fn end(mut self, outcome: Outcome, on: Date, c: &Clockwork<'_>) -> Result<Self> {
        self.must_be_open("close")?;
        if outcome == Outcome::Lapsed {
            self.may_lapse(on, c)?;
        }
        self.proposed = None;
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
                self.sent = Some(on);
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
