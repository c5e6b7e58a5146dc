//! May we contact this address, by this channel, for this purpose, today? Pure.
//!
//! The table of PECR (SI 2003/2426) and UK GDPR Art 21 as code: channel, kind of subscriber,
//! relation, class of message, date. `docs/law/contact.md` is printed from here by a test.

use std::borrow::Cow;

use candour_clock::{charity_soft_opt_in, tps_block_from, tps_screen_valid_to};
use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;

use super::terms::{Class, Facts, Got, Register, Stop, Subscriber, What};
use crate::charter::{AfterCap, Aim, Channel, Permissions, Purpose};

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// By which channel.
    pub channel: Channel,
    /// What sort of message.
    pub class: Class,
    /// For which purpose; only marketing needs one.
    pub purpose: Option<&'a Purpose>,
    /// On which day.
    pub on: Date,
    /// The organisation's settings of that day.
    pub sender: &'a Permissions,
    /// When each preference register was last imported; none if never.
    pub registers: &'a [(Register, Date)],
}

/// The rule that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// On the stop list.
    Stopped,
    /// Too many marketing messages lately.
    OverCap,
    /// Too many marketing messages lately, and the charter keeps the rest back for later.
    Deferred,
    /// A service message.
    Service,
    /// A notice to a member.
    Member,
    /// A notice to somebody who is no member.
    NotMember,
    /// They said yes.
    Consent,
    /// They said no.
    Refused,
    /// Their yes has lapsed.
    Lapsed,
    /// Details from a sale.
    SoftOptIn,
    /// Details from support of a charity.
    CharitySoftOptIn,
    /// A company's address or line.
    Corporate,
    /// A live call to a number that no register lists.
    NotListed,
    /// A preference register lists it.
    Listed,
    /// The preference register was not imported lately enough.
    RegisterOld,
    /// A letter on an assessed legitimate interest.
    Interest,
    /// No ground at all.
    NoGround,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 17] = [
        Self::Stopped,
        Self::OverCap,
        Self::Deferred,
        Self::Service,
        Self::Member,
        Self::NotMember,
        Self::Consent,
        Self::Refused,
        Self::Lapsed,
        Self::SoftOptIn,
        Self::CharitySoftOptIn,
        Self::Corporate,
        Self::NotListed,
        Self::Listed,
        Self::RegisterOld,
        Self::Interest,
        Self::NoGround,
    ];

    /// The word in files and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::OverCap => "over-cap",
            Self::Deferred => "deferred",
            Self::Service => "service",
            Self::Member => "member",
            Self::NotMember => "not-member",
            Self::Consent => "consent",
            Self::Refused => "refused",
            Self::Lapsed => "lapsed",
            Self::SoftOptIn => "soft-opt-in",
            Self::CharitySoftOptIn => "charity-soft-opt-in",
            Self::Corporate => "corporate",
            Self::NotListed => "not-listed",
            Self::Listed => "listed",
            Self::RegisterOld => "register-old",
            Self::Interest => "interest",
            Self::NoGround => "no-ground",
        }
    }

    /// Whether contact is allowed under it.
    pub fn allows(self) -> bool {
        matches!(
            self,
            Self::Service
                | Self::Member
                | Self::Consent
                | Self::SoftOptIn
                | Self::CharitySoftOptIn
                | Self::Corporate
                | Self::NotListed
                | Self::Interest
        )
    }

    /// Why, in a sentence.
    pub fn why(self) -> &'static str {
        match self {
            Self::Stopped => "The address is on the stop list",
            Self::OverCap => "It has had as many marketing messages lately as the charter allows",
            Self::Deferred => {
                "It has had as many marketing messages lately as the charter allows: kept back for \
                 later"
            }
            Self::Service => "A service message, not marketing",
            Self::Member => "A notice about the body's affairs to one of its members",
            Self::NotMember => "Notices about the body's affairs go to members only",
            Self::Consent => "The person said yes to this channel and purpose",
            Self::Refused => "The person was asked and said no",
            Self::Lapsed => "The person's yes has lapsed",
            Self::SoftOptIn => {
                "The details came from a sale to this person, a way to refuse was offered, and this \
                 is about similar products"
            }
            Self::CharitySoftOptIn => {
                "The details came when the person supported the charity, a way to refuse was \
                 offered, and this only furthers its charitable purposes"
            }
            Self::Corporate => "The address belongs to a company or another corporate subscriber",
            Self::NotListed => "The number is on no preference register and has not objected",
            Self::Listed => "The number or address is on a preference register",
            Self::RegisterOld => "The preference register was not imported within the last 28 days",
            Self::Interest => "A letter, on a legitimate interest whose assessment is in date",
            Self::NoGround => {
                "There is no consent and no other ground for this channel and purpose"
            }
        }
    }

    /// Where the rule stands.
    pub fn source(self, channel: Channel) -> &'static str {
        match (self, channel) {
            (Self::Stopped, Channel::Email | Channel::Sms) => {
                "UK GDPR Art 21(2)-(3); PECR regs 22, 23"
            }
            (Self::Stopped, Channel::Call) => "UK GDPR Art 21(2)-(3); PECR reg 21(1)(a)",
            (Self::Stopped, Channel::Fax) => "UK GDPR Art 21(2)-(3); PECR reg 20",
            (Self::Stopped, _) => "UK GDPR Art 21(2)-(3)",
            (Self::OverCap | Self::Deferred, _) => "The organisation's own charter",
            (Self::Service | Self::Member | Self::NotMember, _) => {
                "PECR reg 2(1), meaning of direct marketing"
            }
            (Self::Corporate, Channel::Fax) | (_, Channel::Fax) => "PECR reg 20",
            (Self::SoftOptIn, _) => "PECR reg 22(3)",
            (Self::CharitySoftOptIn, _) => "PECR reg 22(3A)",
            (Self::Corporate, _) => "PECR reg 22(1)",
            (_, Channel::Email | Channel::Sms) => "PECR reg 22(2)",
            (_, Channel::AutomatedCall) => "PECR reg 19",
            (Self::Listed | Self::RegisterOld, Channel::Post) => {
                "Industry code on the MPS; a setting, not law"
            }
            (_, Channel::Call) => "PECR regs 21, 21A, 21B",
            (_, Channel::Post) => "UK GDPR Art 6(1)",
        }
    }

    /// What would change the answer; empty when it is a yes.
    pub fn remedy(self, class: Class) -> &'static str {
        match self {
            _ if self.allows() => "",
            Self::NoGround | Self::Lapsed | Self::Refused if class == Class::ConsentRequest => {
                "Asking for consent is itself marketing: ask on a form, when they ring, or by letter"
            }
            Self::Stopped => "Only the person can lift it, by asking for this themselves",
            Self::OverCap | Self::Deferred => {
                "Wait until earlier messages are outside the cap's days"
            }
            Self::NotMember => "Record that the person is a member, if they are",
            Self::Refused | Self::Lapsed => "A new consent of the person",
            Self::Listed => "The person's own word to you that such calls or letters are fine",
            Self::RegisterOld => "Import the register's current file",
            _ => "A consent of the person for this channel and purpose",
        }
    }

    /// Which verdict wins when one row has several identifiers: a stop before a cap before a yes
    /// before another ground before a no.
    pub fn rank(self) -> u8 {
        match self {
            Self::Stopped => 6,
            Self::Refused | Self::Listed | Self::RegisterOld => 5,
            Self::OverCap | Self::Deferred => 4,
            Self::Consent => 3,
            rule if rule.allows() => 2,
            _ => 1,
        }
    }
}

/// Decides. A stop is looked at last and always: nothing outweighs it.
pub fn decide(q: &Question<'_>, facts: &Facts) -> Rule {
    let found = ground(q, facts);
    let capped = if found.allows() && q.class.is_marketing() && over_cap(q, facts) {
        match q.sender.cap(q.channel).map(|c| c.then) {
            Some(AfterCap::Defer) => Rule::Deferred,
            _ => Rule::OverCap,
        }
    } else {
        found
    };
    let stopped = |s: &Stop| reaches(s, q) && !(found == Rule::Consent && spares(s, q));
    if facts.stops.iter().any(stopped) { Rule::Stopped } else { capped }
}

/// The facts of an address as they count here: the stops on its premises hold for it too. A list
/// may leave the town out, and an objection must be effective all the same (UK GDPR Art 21(3)). It
/// is to marketing, and letters alone go to premises, so nothing else is touched.
pub fn with_premises<'f>(
    q: &Question<'_>,
    facts: Cow<'f, Facts>,
    premises: &Facts,
) -> Cow<'f, Facts> {
    if premises.stops.is_empty() || !premises_count(q) {
        return facts;
    }
    let mut facts = facts.into_owned();
    facts.stops.extend(premises.stops.iter().cloned());
    facts.sort();
    Cow::Owned(facts)
}

/// At which rank stops on premises block an address there, if they do: the same as
/// [`with_premises`], for whoever knows the rule of the address only. One that a later yes narrowed
/// blocks what rests on anything but a yes.
pub fn rank_at_premises(q: &Question<'_>, premises: &Facts) -> Option<u8> {
    let stops = premises.stops.iter().filter(|s| premises_count(q) && reaches(s, q));
    stops.map(|s| if spares(s, q) { Rule::Consent.rank() } else { Rule::Stopped.rank() }).max()
}

fn premises_count(q: &Question<'_>) -> bool {
    q.channel == Channel::Post && q.class.is_marketing()
}

/// A later yes to this channel and purpose.
fn spares(stop: &Stop, q: &Question<'_>) -> bool {
    let this =
        |p: &Purpose| stop.spared.iter().any(|s| s.channel == q.channel && s.purpose == p.short);
    q.purpose.is_some_and(this)
}

fn reaches(stop: &Stop, q: &Question<'_>) -> bool {
    let channel = stop.channel.is_none_or(|c| c == q.channel);
    channel
        && match &stop.what {
            What::Everything => true,
            What::Marketing => q.class.is_marketing(),
            What::Purpose(p) => {
                q.class.is_marketing() && q.purpose.is_none_or(|asked| &asked.short == p)
            }
        }
}

/// The first day on which somebody who has had enough lately may be written to again; `None` when
/// it is not the cap that speaks against it.
pub fn not_before(q: &Question<'_>, facts: &Facts) -> Option<Date> {
    let cap = q.sender.cap(q.channel)?;
    if !matches!(decide(q, facts), Rule::OverCap | Rule::Deferred) {
        return None;
    }
    let later = (1..=i64::from(cap.days)).map(|n| q.on.saturating_add(Span::new().days(n)));
    later.into_iter().find(|day| !over_cap(&Question { on: *day, ..*q }, facts))
}

fn over_cap(q: &Question<'_>, facts: &Facts) -> bool {
    let Some(cap) = q.sender.cap(q.channel) else { return false };
    let within = |d: &Date| {
        (q.on - *d).get_days() < i32::try_from(cap.days).unwrap_or(i32::MAX) && *d <= q.on
    };
    let had = facts.delivered.iter().filter(|(c, d)| *c == q.channel && within(d)).count();
    had >= cap.messages as usize
}

fn ground(q: &Question<'_>, facts: &Facts) -> Rule {
    match q.class {
        Class::Service => return Rule::Service,
        Class::Governance => {
            return if facts.member { Rule::Member } else { Rule::NotMember };
        }
        Class::Marketing | Class::ConsentRequest => {}
    }
    match q.channel {
        Channel::Email | Channel::Sms => electronic_mail(q, facts),
        Channel::Call => live_call(q, facts),
        Channel::AutomatedCall => consent(q, facts).unwrap_or(Rule::NoGround),
        Channel::Fax => fax(q, facts),
        Channel::Post => letter(q, facts),
    }
}

/// What the person said about this channel and purpose. A yes beats an earlier no only if it came
/// later, which the reader of the records sees to: only the latest word of each person is among the
/// facts. Of several who share an address a no of one holds against the yes of another.
fn consent(q: &Question<'_>, facts: &Facts) -> Option<Rule> {
    let purpose = &q.purpose?.short;
    let said = facts.said.iter().filter(|s| s.channel == q.channel && &s.purpose == purpose);
    let mut answer = None;
    for s in said {
        let rule = match (s.yes, s.until) {
            (false, _) => return Some(Rule::Refused),
            (true, Some(until)) if until < q.on => answer.unwrap_or(Rule::Lapsed),
            (true, _) => Rule::Consent,
        };
        answer = Some(rule);
    }
    answer
}

/// PECR reg 22: e-mail, text messages, direct messages, voicemail.
fn electronic_mail(q: &Question<'_>, facts: &Facts) -> Rule {
    match consent(q, facts) {
        Some(rule @ (Rule::Consent | Rule::Refused)) => return rule,
        _ if facts.subscriber == Subscriber::Corporate => return Rule::Corporate,
        _ => {}
    }
    // The exceptions are for what the sender itself offers or pursues (PECR reg 22(3), (3A)).
    let own = q.purpose.filter(|p| p.partner.is_none());
    let aim = own.map_or(Aim::Other, |p| p.aim);
    let got = |g: &Option<Got>| g.clone().filter(|g| g.refusal_offered && g.on <= q.on);
    if aim == Aim::SimilarProducts && got(&facts.sale).is_some() {
        return Rule::SoftOptIn;
    }
    // Details collected before the rule came into force do not count (SI 2026/82).
    let in_force = |day: Date| charity_soft_opt_in(day).is_ok();
    if q.sender.charity
        && aim == Aim::CharitablePurpose
        && got(&facts.support).is_some_and(|g| in_force(g.on))
        && in_force(q.on)
    {
        return Rule::CharitySoftOptIn;
    }
    consent(q, facts).unwrap_or(Rule::NoGround)
}

/// PECR regs 21, 21A, 21B.
fn live_call(q: &Question<'_>, facts: &Facts) -> Rule {
    match (consent(q, facts), q.purpose.map(|p| p.aim)) {
        (Some(rule @ Rule::Refused), _) => return rule,
        (said, Some(Aim::ClaimsManagement)) => return said.unwrap_or(Rule::NoGround),
        (said, Some(Aim::Pensions)) => {
            return said.filter(|_| q.sender.pensions_firm).unwrap_or(Rule::NoGround);
        }
        (Some(Rule::Consent), _) => return Rule::Consent,
        _ => {}
    }
    let which: &[Register] = match facts.subscriber {
        Subscriber::Individual => &[Register::Tps],
        Subscriber::Corporate => &[Register::Ctps],
        Subscriber::Unknown => &[Register::Tps, Register::Ctps],
    };
    against(q, facts, which)
}

/// PECR reg 20.
fn fax(q: &Question<'_>, facts: &Facts) -> Rule {
    match consent(q, facts) {
        Some(rule @ (Rule::Consent | Rule::Refused)) => rule,
        said if facts.subscriber != Subscriber::Corporate => said.unwrap_or(Rule::NoGround),
        _ => match against(q, facts, &[Register::Fps]) {
            Rule::NotListed => Rule::Corporate,
            other => other,
        },
    }
}

/// A letter is outside PECR: it needs a lawful basis and stops on an objection.
fn letter(q: &Question<'_>, facts: &Facts) -> Rule {
    if let Some(rule @ (Rule::Consent | Rule::Refused)) = consent(q, facts) {
        return rule;
    }
    if q.sender.honour_mps && facts.listed.iter().any(|(r, _)| *r == Register::Mps) {
        return Rule::Listed;
    }
    match q.purpose.and_then(|p| p.interest_assessed_until) {
        // The same care as with telephone registers, though a code asks for it and no law.
        Some(until) if until >= q.on && q.sender.honour_mps && !fresh(q, Register::Mps) => {
            Rule::RegisterOld
        }
        Some(until) if until >= q.on => Rule::Interest,
        _ => consent(q, facts).unwrap_or(Rule::NoGround),
    }
}

/// Whether a register was imported lately enough: an import covers 27 days.
fn fresh(q: &Question<'_>, register: Register) -> bool {
    q.registers.iter().any(|(known, as_of)| {
        *known == register && tps_screen_valid_to(*as_of).is_ok_and(|due| due.on >= q.on)
    })
}

/// Against preference registers: a number counts from 28 days after it was listed, and a screening
/// covers 27 days (PECR reg 21(3)).
fn against(q: &Question<'_>, facts: &Facts, which: &[Register]) -> Rule {
    let counts = |since: Date| tps_block_from(since).map_or(true, |due| due.on <= q.on);
    if facts.listed.iter().any(|(r, since)| which.contains(r) && counts(*since)) {
        return Rule::Listed;
    }
    if which.iter().all(|r| fresh(q, *r)) { Rule::NotListed } else { Rule::RegisterOld }
}
