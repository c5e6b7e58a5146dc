//! What a request waits for from the person, and what that does to its clock: proof of who asks,
//! an agent's authority, a fee, the answer to a question. Pure.
//!
//! Until proof, authority and fee are there the time has not started (UK GDPR Art 12A(2)); an
//! open question stops it, if it was asked while it still ran (Art 12A(5)).

use candour_clock::{Pause, RightsClock, RightsDates, State as Clock};
use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::rules::{Clockwork, Request, Right, Settled, State, no};
use crate::error::{Error, Result};
use crate::kit::dates::long;

const WHO: &str = "UK GDPR Art 12(6)";
const START: &str = "UK GDPR Art 12A(2)";
const PAUSE: &str = "UK GDPR Art 12A(5)";
const CHARGE: &str = "UK GDPR Art 12(5)(a)";
/// The law names no day on which something that does not come ends a request.
pub(super) const WARNED: &str =
    "house rule: nobody’s request lapses unwarned; the days are a setting";
/// Days between two reminders to the person.
const BETWEEN: i64 = 7;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaited {
    /// Something that settles who is asking.
    Identity,
    /// An agent's authority.
    Authority,
    /// A fee.
    Fee,
    /// The answer to a clarification.
    Answer,
}

impl Awaited {
    /// In a sentence: "waiting for …".
    pub fn words(self) -> &'static str {
        match self {
            Self::Identity => "proof of who is asking",
            Self::Authority => "the authority to act for the person",
            Self::Fee => "the fee",
            Self::Answer => "an answer to our question",
        }
    }

    /// The source of standing still meanwhile.
    pub fn source(self) -> &'static str {
        if self == Self::Answer { PAUSE } else { START }
    }
}

/// Something is waited for, and no time runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// What.
    pub what: Awaited,
    /// Since when.
    pub since: Date,
}

impl Wait {
    /// "Not started: waiting for proof of who is asking since 3 November 2026".
    pub fn words(self) -> String {
        let since = long(self.since);
        match self.what {
            Awaited::Answer => format!("Paused since {since}, waiting for an answer"),
            other => format!("Not started: waiting for {} since {since}", other.words()),
        }
    }
}

/// A fee for a request that is manifestly unfounded or excessive (UK GDPR Art 12(5)(a)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fee {
    /// How much, in pence.
    pub pence: u64,
    /// The day it was asked for.
    pub asked: Date,
    /// The day it was paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paid: Option<Date>,
}

impl Fee {
    /// "£12.50".
    pub fn pounds(&self) -> String {
        format!("£{}.{:02}", self.pence / 100, self.pence % 100)
    }
}

impl Request {
    /// The dates of the request, with how they were worked out (UK GDPR Arts 12(3), 12A, 4A).
    /// There are none while the time has not started or stands still.
    ///
    /// # Errors
    /// The holiday list does not reach far enough.
    pub fn dates(&self, c: &Clockwork<'_>) -> Result<RightsDates> {
        let mut dates = self.counted(c)?;
        if let Some(wait) = self.not_started() {
            dates.state = Clock::Paused { since: wait.since };
            dates.notice_by = None;
            (dates.limit, dates.promise, dates.act_by) = (None, None, None);
        }
        Ok(dates)
    }

    /// The dates counted from what has come, whatever is still waited for: the shortest reading,
    /// which stands if there was no reasonable doubt or if we asked too late.
    ///
    /// # Errors
    /// As [`Request::dates`].
    pub fn counted(&self, c: &Clockwork<'_>) -> Result<RightsDates> {
        let came = self.settled.as_ref().map(|s| s.on);
        let clock = RightsClock {
            received: self.received,
            // It can only have come later where it had been asked for.
            identity_received: came.filter(|on| *on > self.received),
            fee_paid: self.fee.as_ref().and_then(|f| f.paid),
            authority_received: self.authority,
            pauses: self.pauses.clone(),
            extended: self.extended.is_some(),
            // Whoever was told of more time is told of one date: the extended one.
            promise_days: c.promise_days.filter(|_| self.extended.is_none()),
            // Only access has a pause (UK GDPR Art 12A(5)).
            pausable: self.right == Right::Access,
        };
        clock.work_out(c.calendar, c.division).map_err(|e| Error::Unavailable(e.to_string()))
    }

    /// What has to come before the time starts, if anything.
    pub fn not_started(&self) -> Option<Wait> {
        let wait = |what, since| Some(Wait { what, since });
        let unpaid = self.fee.as_ref().filter(|f| f.paid.is_none());
        match (&self.state, unpaid) {
            (state, _) if !state.open() => None,
            (State::Identity { asked }, _) => wait(Awaited::Identity, *asked),
            _ if self.by_agent && self.authority.is_none() => {
                wait(Awaited::Authority, self.logged.unwrap_or(self.received))
            }
            (_, Some(fee)) => wait(Awaited::Fee, fee.asked),
            _ => None,
        }
    }

    /// What is waited for while no time runs, if anything.
    ///
    /// # Errors
    /// As [`Request::dates`].
    pub fn wait(&self, c: &Clockwork<'_>) -> Result<Option<Wait>> {
        if let Some(wait) = self.not_started() {
            return Ok(Some(wait));
        }
        if !self.state.open() || self.question_open().is_none() {
            return Ok(None);
        }
        Ok(match self.counted(c)?.state {
            Clock::Paused { since } => Some(Wait { what: Awaited::Answer, since }),
            Clock::Running => None,
        })
    }

    /// The day of the clarification that has no answer yet. It need not stop the clock: one asked
    /// after the time had ended does not.
    pub fn question_open(&self) -> Option<Date> {
        self.pauses.last().filter(|p| p.answered.is_none()).map(|p| p.asked)
    }

    /// Something came: what was warned of is over.
    fn came(&mut self) {
        self.warned = None;
        self.reminded = None;
    }

    /// Asks for something that settles who is asking; only where there is reasonable doubt.
    ///
    /// # Errors
    /// Past that point already.
    pub fn ask_identity(mut self, on: Date) -> Result<Self> {
        const ACT: &str = "ask for identity";
        match self.state {
            State::Received => {
                self.state = State::Identity { asked: on };
                self.came();
                Ok(self)
            }
            State::Identity { .. } => no(
                ACT,
                "identity has been asked for already: ask once, and for the least that will do",
                WHO,
            ),
            _ => no(ACT, "identity is settled already", WHO),
        }
    }

    /// Settles who is asking and lets the search begin. `on` is the day that what was asked for
    /// came: the time starts with it.
    ///
    /// # Errors
    /// Settled already, an agent's authority is still missing, or a day before it was asked for.
    pub fn settle_identity(mut self, how: &str, on: Date) -> Result<Self> {
        const ACT: &str = "settle identity";
        if how.trim().is_empty() {
            return Err(Error::invalid("how", "Say how identity was settled"));
        }
        if self.by_agent && self.authority.is_none() {
            return no(
                ACT,
                "someone acts for this person, and their authority has not been recorded yet",
                WHO,
            );
        }
        let on = match self.state {
            // Nobody asked, so nothing was waited for: the clock's start does not move.
            State::Received => self.received,
            State::Identity { asked } if on < asked => {
                let asked = long(asked);
                let message = format!("It was asked for on {asked}: it can’t have come before");
                return Err(Error::invalid("on", message));
            }
            State::Identity { .. } => on,
            _ => return no(ACT, "identity is settled already", WHO),
        };
        self.settled = Some(Settled { how: how.trim().to_owned(), on });
        self.state = State::Searching;
        self.came();
        Ok(self)
    }

    /// Records that an agent's authority came, and on which day: the time starts with it.
    ///
    /// # Errors
    /// Nobody acts for the person, it is there already, or a day before the request.
    pub fn record_authority(mut self, on: Date) -> Result<Self> {
        const ACT: &str = "record authority";
        self.must_be_open(ACT)?;
        if !self.by_agent {
            return no(ACT, "the person asks for themselves", WHO);
        }
        if self.authority.is_some() {
            return no(ACT, "the authority has been recorded already", WHO);
        }
        if on < self.received {
            let received = long(self.received);
            let message =
                format!("The request came on {received}: enter that day if it was here before");
            return Err(Error::invalid("on", message));
        }
        self.authority = Some(on);
        self.came();
        Ok(self)
    }

    /// Asks what is wanted. Whether that stops the clock is for the clock to say: see
    /// [`Request::wait`].
    ///
    /// # Errors
    /// Closed, ready, or a question is open.
    pub fn clarify(mut self, on: Date) -> Result<Self> {
        const ACT: &str = "ask for clarification";
        self.must_be_open(ACT)?;
        if self.question_open().is_some() {
            return no(ACT, "a question is open already", PAUSE);
        }
        if matches!(self.state, State::Ready) {
            return no(ACT, "the pack is ready: there is nothing left to ask", PAUSE);
        }
        self.pauses.push(Pause { asked: on, answered: None });
        self.came();
        Ok(self)
    }

    /// A letter that asks for something left on this day, which may be later than it was written:
    /// only then was the person asked, so only then does the time stand still. What came before
    /// the letter left is not moved.
    pub fn letter_left(mut self, name: &str, on: Date) -> Self {
        let asked = match (name, &mut self.state) {
            ("identity", State::Identity { asked }) => Some(asked),
            ("clarification", _) => {
                let open = self.pauses.last_mut().filter(|p| p.answered.is_none());
                open.map(|p| &mut p.asked)
            }
            ("fee", _) => self.fee.as_mut().filter(|f| f.paid.is_none()).map(|f| &mut f.asked),
            _ => None,
        };
        if let Some(asked) = asked {
            *asked = on.max(*asked);
        }
        self
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
                self.came();
                Ok(self)
            }
            _ => no(ACT, "no question is open", PAUSE),
        }
    }

    /// Asks for a fee; the time starts when it is paid.
    ///
    /// # Errors
    /// No amount, ready, asked before, or the time to answer is over.
    pub fn ask_fee(mut self, pence: u64, on: Date, c: &Clockwork<'_>) -> Result<Self> {
        const ACT: &str = "ask for a fee";
        self.must_be_open(ACT)?;
        if pence == 0 {
            return Err(Error::invalid("amount", "Enter an amount in pounds, like 12.50"));
        }
        if self.fee.is_some() {
            return no(ACT, "a fee has been asked for already", CHARGE);
        }
        if matches!(self.state, State::Ready) {
            return no(ACT, "the answer is ready: send it", CHARGE);
        }
        let over = self.dates(c)?.limit.map(|l| l.on).filter(|l| on > *l);
        if let Some(limit) = over {
            let limit = long(limit);
            let why =
                format!("the time to answer ended on {limit}: a fee asked now can’t move that");
            return no(ACT, why, START);
        }
        self.fee = Some(Fee { pence, asked: on, paid: None });
        self.came();
        Ok(self)
    }

    /// The fee was paid: the time starts on that day.
    ///
    /// # Errors
    /// None is owed, or a day before it was asked for.
    pub fn fee_paid(mut self, on: Date) -> Result<Self> {
        const ACT: &str = "record the payment";
        self.must_be_open(ACT)?;
        match &mut self.fee {
            Some(fee) if fee.paid.is_none() => {
                if on < fee.asked {
                    let message = "It can’t be paid before it was asked for";
                    return Err(Error::invalid("on", message));
                }
                fee.paid = Some(on);
                self.came();
                Ok(self)
            }
            _ => no(ACT, "no fee is owed", CHARGE),
        }
    }

    /// Reminds the person of what is waited for.
    ///
    /// # Errors
    /// Nothing is waited for, or they were reminded less than a week ago.
    pub fn remind(mut self, on: Date, c: &Clockwork<'_>) -> Result<Self> {
        const ACT: &str = "remind";
        self.must_wait(ACT, c)?;
        let last = self.reminded.max(self.warned);
        let next = last.and_then(|d| d.checked_add(Span::new().days(BETWEEN)).ok());
        if let Some(next) = next.filter(|next| on < *next) {
            let why =
                format!("they were written to less than a week ago: wait until {}", long(next));
            return no(ACT, why, "house rule: one reminder a week");
        }
        self.reminded = Some(on);
        Ok(self)
    }

    /// Warns that the request will be closed if what is waited for does not come.
    ///
    /// # Errors
    /// Nothing is waited for, or it was warned of already.
    pub fn warn(mut self, on: Date, c: &Clockwork<'_>) -> Result<Self> {
        const ACT: &str = "warn";
        self.must_wait(ACT, c)?;
        if let Some(warned) = self.warned {
            let on = long(warned);
            return no(ACT, format!("the warning went on {on}: once is enough"), WARNED);
        }
        self.warned = Some(on);
        Ok(self)
    }

    /// The first day on which it may be closed as lapsed, once it was warned of.
    pub fn lapses_on(&self, c: &Clockwork<'_>) -> Option<Date> {
        self.warned?.checked_add(Span::new().days(i64::from(c.lapse_days))).ok()
    }

    /// Whether it may be closed as lapsed on this day.
    pub(super) fn may_lapse(&self, on: Date, c: &Clockwork<'_>) -> Result<()> {
        const ACT: &str = "close";
        self.must_wait(ACT, c)?;
        let Some(first) = self.lapses_on(c) else {
            return no(ACT, "they have not been warned: send the warning letter first", WARNED);
        };
        if on < first {
            let why = format!("the warning gives them time: it can lapse on {}", long(first));
            return no(ACT, why, WARNED);
        }
        Ok(())
    }

    fn must_wait(&self, act: &'static str, c: &Clockwork<'_>) -> Result<Wait> {
        self.must_be_open(act)?;
        match self.wait(c)? {
            Some(wait) => Ok(wait),
            None if self.question_open().is_some() => no(
                act,
                "the question was asked after the time had ended, so it stops nothing: answer the \
                 request with what is known",
                PAUSE,
            ),
            None => no(act, "nothing is waited for from the person", PAUSE),
        }
    }
}
