//! The words of a decision: classes of message, kinds of subscriber, stops, registers, facts. Pure.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::charter::Channel;

/// What sort of message it is. Only marketing needs a ground of its own; an officer approves the
/// class of a template.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// What somebody needs in order to have what they asked for: a receipt, a changed date.
    Service,
    /// Ballots and notices of meetings, to members only.
    Governance,
    /// Advertising or promoting aims, by any means, to particular people (PECR reg 2(1)).
    Marketing,
    /// Asking for consent to marketing: itself marketing.
    ConsentRequest,
}

impl Class {
    /// Every class.
    pub const ALL: [Self; 4] =
        [Self::Service, Self::Governance, Self::Marketing, Self::ConsentRequest];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Governance => "governance",
            Self::Marketing => "marketing",
            Self::ConsentRequest => "consent-request",
        }
    }

    /// On screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Service => "Service message",
            Self::Governance => "Notice to members",
            Self::Marketing => "Marketing",
            Self::ConsentRequest => "Request for consent",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }

    /// Marketing in the eyes of the law.
    pub fn is_marketing(self) -> bool {
        matches!(self, Self::Marketing | Self::ConsentRequest)
    }
}

/// The kind of subscriber: who holds the line or the address (PECR reg 2(1)). Sole traders and
/// ordinary partnerships are individuals; companies, LLPs, Scottish partnerships and public bodies
/// are corporate.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Subscriber {
    /// A person, a sole trader, an ordinary partnership.
    Individual,
    /// A company or another body with a personality of its own.
    Corporate,
    /// Not known: treated with the care due to an individual.
    #[default]
    Unknown,
}

impl Subscriber {
    /// Reads the word of a person's row.
    pub fn from_word(word: &str) -> Self {
        match word {
            "individual" => Self::Individual,
            "corporate" => Self::Corporate,
            _ => Self::Unknown,
        }
    }
}

/// How far a stop reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Nothing at all may be sent: a dead address, a vulnerable person.
    Everything,
    /// No marketing for any purpose (UK GDPR Art 21(2), (3)).
    Marketing,
    /// No marketing for one purpose.
    Purpose(String),
}

impl What {
    /// The word in the table.
    pub fn word(&self) -> String {
        match self {
            Self::Everything => "everything".into(),
            Self::Marketing => "marketing".into(),
            Self::Purpose(p) => format!("purpose:{p}"),
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "everything" => Some(Self::Everything),
            "marketing" => Some(Self::Marketing),
            other => other.strip_prefix("purpose:").map(|p| Self::Purpose(p.to_owned())),
        }
    }
}

/// What a person agreed to after a stop: one purpose by one channel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Spared {
    /// By which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: String,
}

impl Spared {
    /// Reads the words of a stop's row: `email/events post/events`.
    pub fn read(words: &str) -> Vec<Self> {
        let one = |w: &str| {
            let (channel, purpose) = w.split_once('/')?;
            Some(Self { channel: Channel::from_word(channel)?, purpose: purpose.to_owned() })
        };
        words.split(' ').filter_map(one).collect()
    }

    /// The words of the row.
    pub fn write(all: &[Self]) -> String {
        let one = |s: &Self| format!("{}/{}", s.channel.word(), s.purpose);
        all.iter().map(one).collect::<Vec<_>>().join(" ")
    }
}

/// A stop on an identifier.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stop {
    /// One channel, or all.
    pub channel: Option<Channel>,
    /// How far it reaches.
    pub what: What,
    /// What the person agreed to later: it passes while that yes stands. Everything else stays
    /// stopped, also what the charter did not know then.
    pub spared: Vec<Spared>,
}

/// What a person said when asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Said {
    /// By which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: String,
    /// Yes, and until when.
    pub yes: bool,
    /// The last day of a yes, if it lapses.
    pub until: Option<Date>,
}

/// A preference register.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Register {
    /// Telephone Preference Service: individuals.
    Tps,
    /// Corporate Telephone Preference Service.
    Ctps,
    /// Fax Preference Service.
    Fps,
    /// Mailing Preference Service.
    Mps,
}

impl Register {
    /// Every register.
    pub const ALL: [Self; 4] = [Self::Tps, Self::Ctps, Self::Fps, Self::Mps];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tps => "tps",
            Self::Ctps => "ctps",
            Self::Fps => "fps",
            Self::Mps => "mps",
        }
    }

    /// Its full name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tps => "Telephone Preference Service",
            Self::Ctps => "Corporate Telephone Preference Service",
            Self::Fps => "Fax Preference Service",
            Self::Mps => "Mailing Preference Service",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.word() == word)
    }
}

/// A ground other than consent: how the details were got.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Got {
    /// When.
    pub on: Date,
    /// A simple, free way to refuse was offered then, and is in every message.
    pub refusal_offered: bool,
}

/// Everything known about one identifier that a decision may turn on. Many identifiers share the
/// same facts, so these are kept once and numbered.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Facts {
    /// Stops on it. Sorted.
    pub stops: Vec<Stop>,
    /// What its person said. Sorted.
    pub said: Vec<Said>,
    /// Kind of subscriber.
    pub subscriber: Subscriber,
    /// Its person is a member.
    pub member: bool,
    /// Details got in a sale or negotiation of one (PECR reg 22(3)(a)).
    pub sale: Option<Got>,
    /// Details got when support was shown or given (PECR reg 22(3A)).
    pub support: Option<Got>,
    /// Listed in a preference register, and since when. Sorted.
    pub listed: Vec<(Register, Date)>,
    /// Marketing delivered lately. Sorted.
    pub delivered: Vec<(Channel, Date)>,
    /// These are stops on premises, and nothing of anybody.
    pub premises: bool,
}

impl Facts {
    /// The same facts in the same order, so that equal ones are equal.
    pub fn sort(&mut self) {
        self.stops.sort();
        self.stops.dedup();
        self.said.sort();
        self.said.dedup();
        self.listed.sort();
        self.listed.dedup();
        self.delivered.sort();
    }
}

/// What an officer attests of everybody on a list of whom nothing is recorded.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Attested {
    /// They are customers: got in a sale, with a refusal offered.
    Customers,
    /// They are supporters since the charity rule came into force, with a refusal offered.
    Supporters,
    /// They are corporate subscribers.
    Corporate,
    /// They are members.
    Members,
}

impl Attested {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Customers, Self::Supporters, Self::Corporate, Self::Members];

    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Supporters => "supporters",
            Self::Corporate => "corporate",
            Self::Members => "members",
        }
    }

    /// On screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Customers => {
                "Customers: details got from them in a sale, with a simple way to refuse offered"
            }
            Self::Supporters => {
                "Supporters of our charity since 5 February 2026, with a simple way to refuse offered"
            }
            Self::Corporate => "Companies and other corporate subscribers",
            Self::Members => "Members",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.word() == word)
    }

    /// The facts with what is attested added; what is recorded wins.
    pub fn add_to(self, facts: &Facts, on: Date) -> Facts {
        let mut facts = facts.clone();
        let got = || Some(Got { on, refusal_offered: true });
        match self {
            Self::Customers => facts.sale = facts.sale.or_else(got),
            Self::Supporters => facts.support = facts.support.or_else(got),
            Self::Corporate if facts.subscriber == Subscriber::Unknown => {
                facts.subscriber = Subscriber::Corporate;
            }
            Self::Corporate => {}
            Self::Members => facts.member = true,
        }
        facts
    }
}
