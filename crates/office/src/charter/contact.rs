//! What the charter says about contacting people: channels, purposes, caps, who it is in PECR's
//! eyes. Pure.

use candour_screening::Kind;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::Field;
use crate::kit::forms::is_short_name;

/// A way to reach somebody.
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
pub enum Channel {
    /// E-mail.
    Email,
    /// Text and direct messages, voicemail: "electronic mail" too (PECR reg 2(1)).
    Sms,
    /// A live call.
    Call,
    /// An automated call.
    AutomatedCall,
    /// Fax.
    Fax,
    /// A letter.
    Post,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 6] =
        [Self::Email, Self::Sms, Self::Call, Self::AutomatedCall, Self::Fax, Self::Post];

    /// The word in files and addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Call => "call",
            Self::AutomatedCall => "automated-call",
            Self::Fax => "fax",
            Self::Post => "post",
        }
    }

    /// On screens, after "by".
    pub fn label(self) -> &'static str {
        match self {
            Self::Email => "e-mail",
            Self::Sms => "text message",
            Self::Call => "telephone",
            Self::AutomatedCall => "automated call",
            Self::Fax => "fax",
            Self::Post => "post",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }

    /// The kind of identifier that this channel reaches.
    pub fn address(self) -> Kind {
        match self {
            Self::Email => Kind::Email,
            Self::Sms | Self::Call | Self::AutomatedCall | Self::Fax => Kind::Phone,
            Self::Post => Kind::Address,
        }
    }
}

/// What a purpose of contact aims at: the law asks.
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
pub enum Aim {
    /// Our own products and services, similar to those the person bought (PECR reg 22(3)).
    SimilarProducts,
    /// Only furthering our charitable purposes (PECR reg 22(3A)).
    CharitablePurpose,
    /// Somebody else's promotion.
    ThirdParty,
    /// Claims management (PECR reg 21A).
    ClaimsManagement,
    /// Pensions (PECR reg 21B).
    Pensions,
    /// Anything else.
    Other,
}

impl Aim {
    /// Every aim.
    pub const ALL: [Self; 6] = [
        Self::SimilarProducts,
        Self::CharitablePurpose,
        Self::ThirdParty,
        Self::ClaimsManagement,
        Self::Pensions,
        Self::Other,
    ];

    /// The word in files and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::SimilarProducts => "similar-products",
            Self::CharitablePurpose => "charitable-purpose",
            Self::ThirdParty => "third-party",
            Self::ClaimsManagement => "claims-management",
            Self::Pensions => "pensions",
            Self::Other => "other",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.word() == word)
    }

    /// On screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::SimilarProducts => "Our own products and services",
            Self::CharitablePurpose => "Only our charitable purposes",
            Self::ThirdParty => "Somebody else’s promotion",
            Self::ClaimsManagement => "Claims management",
            Self::Pensions => "Pensions",
            Self::Other => "Anything else",
        }
    }

    /// What the law asks before people are contacted with this aim. What was not read in the
    /// regulation says so.
    pub fn asks(self) -> &'static str {
        match self {
            Self::SimilarProducts => {
                "E-mail and texts need a yes, or that the person gave you their details in a sale, \
                 or in talks about one, of something similar, and could refuse simply and free of \
                 charge then and in every message. This exception was read in secondary sources \
                 only: not verified against the regulation’s text (PECR reg 22(3))."
            }
            Self::CharitablePurpose => {
                "E-mail and texts need a yes, or that you are a registered charity, got the details \
                 yourselves since 5 February 2026 while the person showed interest in your \
                 charitable purposes or supported them, and let them refuse then and each time. \
                 Furthering those purposes must be the sole aim: no trading (PECR reg 22(3A))."
            }
            Self::ThirdParty => {
                "E-mail and texts need a yes that names what it is for: no exception is counted \
                 here. Not verified against the regulation’s text (PECR reg 22)."
            }
            Self::ClaimsManagement => {
                "Live calls need a yes beforehand. Not verified against the regulation’s text \
                 (PECR reg 21A)."
            }
            Self::Pensions => {
                "Live calls are only for authorised firms, with a yes or a relation that qualifies. \
                 Not verified against the regulation’s text (PECR reg 21B)."
            }
            Self::Other => {
                "E-mail and texts need a yes. Not verified against the regulation’s text (PECR \
                 reg 22)."
            }
        }
    }
}

/// A purpose for which people may be contacted, and which they can choose and refuse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Short name: lower case, digits, dashes.
    pub short: String,
    /// What people see: "Events and talks".
    pub title: String,
    /// A sentence about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
    /// What it aims at.
    #[serde(default = "Purpose::aim")]
    pub aim: Aim,
    /// The channels it uses.
    #[serde(default = "Purpose::channels")]
    pub channels: Vec<Channel>,
    /// The partner whose promotion it is, by short name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<String>,
    /// Until when the assessment of our legitimate interest in writing by post is in date
    /// (UK GDPR Art 6(1)(f)). Without it, post needs consent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interest_assessed_until: Option<Date>,
}

impl Purpose {
    fn aim() -> Aim {
        Aim::Other
    }

    fn channels() -> Vec<Channel> {
        vec![Channel::Email]
    }
}

/// How many marketing messages are too many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// By which channel.
    pub channel: Channel,
    /// At most this many delivered …
    pub messages: u32,
    /// … within this many days.
    pub days: u32,
    /// What becomes of a message over it.
    #[serde(default, skip_serializing_if = "AfterCap::is_block")]
    pub then: AfterCap,
}

/// What becomes of a message to somebody who has had enough lately.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterCap {
    /// It is not sent.
    #[default]
    Block,
    /// It is kept back, to be sent once earlier messages are outside the cap's days.
    Defer,
}

impl AfterCap {
    fn is_block(&self) -> bool {
        *self == Self::Block
    }
}

/// Somebody who receives data from us on a person's consent, and is told when it stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partner {
    /// Short name.
    pub short: String,
    /// Name.
    pub title: String,
    /// Where they are told.
    pub email: String,
}

/// What the charter says about contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Permissions {
    /// A charity in the sense of PECR reg 22(3A): registered in England and Wales, Scotland or
    /// Northern Ireland. Trading companies and community interest companies are not.
    pub charity: bool,
    /// The purposes, in the order in which people see them.
    #[serde(rename = "purpose", skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<Purpose>,
    /// Frequency caps.
    #[serde(rename = "cap", skip_serializing_if = "Vec::is_empty")]
    pub caps: Vec<Cap>,
    /// Partners who may receive data.
    #[serde(rename = "partner", skip_serializing_if = "Vec::is_empty")]
    pub partners: Vec<Partner>,
    /// A consent lapses after this many months unless it is renewed. No law names a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent_months: Option<u32>,
    /// A certificate covers a send for this many days.
    pub certificate_days: u32,
    /// Refuse letters to people on the Mailing Preference Service. A matter of code, not of law.
    pub honour_mps: bool,
    /// Authorised for pensions calls (PECR reg 21B(3)).
    pub pensions_firm: bool,
    /// An address is taken for dead once mail to it has bounced for good on so many days within a
    /// year.
    pub bounces: u32,
    /// Address that takes unsubscribes by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsubscribe_address: Option<String>,
}

impl Default for Permissions {
    fn default() -> Self {
        Self {
            charity: false,
            purposes: Vec::new(),
            caps: Vec::new(),
            partners: Vec::new(),
            consent_months: None,
            certificate_days: 7,
            honour_mps: true,
            pensions_firm: false,
            bounces: 1,
            unsubscribe_address: None,
        }
    }
}

impl Permissions {
    /// The purpose of a short name.
    pub fn purpose(&self, short: &str) -> Option<&Purpose> {
        self.purposes.iter().find(|p| p.short == short)
    }

    /// The cap of a channel.
    pub fn cap(&self, channel: Channel) -> Option<&Cap> {
        self.caps.iter().find(|c| c.channel == channel)
    }

    /// How many days back any cap looks.
    pub fn longest_cap(&self) -> u32 {
        self.caps.iter().map(|c| c.days).max().unwrap_or(0)
    }

    /// Everything that does not hold together. A field is named by its place in the list, like
    /// `purpose-0-title`; the message names the place in words, for whoever wrote a file.
    pub(super) fn check(&self, bad: &mut Vec<Field>) {
        for (i, p) in self.purposes.iter().enumerate() {
            self.check_purpose(i, p, bad);
        }
        for (i, p) in self.partners.iter().enumerate() {
            let at = |part: &str| format!("partner-{i}-{part}");
            let n = i + 1;
            if !is_short_name(&p.short) || self.partners.iter().take(i).any(|q| q.short == p.short)
            {
                bad.push(Field::new(at("short"), short_of(&format!("Partner {n}"))));
            }
            if p.title.trim().is_empty() {
                bad.push(Field::new(at("title"), format!("Partner {n}: enter its name")));
            }
            if !p.email.contains('@') {
                let message = format!("Partner {n}: enter an e-mail address like data@example.org");
                bad.push(Field::new(at("email"), message));
            }
        }
        for (i, c) in self.caps.iter().enumerate() {
            let at = |part: &str| format!("cap-{}-{part}", c.channel.word());
            let by = c.channel.label();
            if self.caps.iter().take(i).any(|d| d.channel == c.channel) {
                bad.push(Field::new(at("messages"), format!("There are two caps by {by}")));
            }
            if !(1..=1000).contains(&c.messages) {
                let message = format!("Cap by {by}: enter from 1 to 1000 messages");
                bad.push(Field::new(at("messages"), message));
            }
            if !(1..=366).contains(&c.days) {
                bad.push(Field::new(at("days"), format!("Cap by {by}: enter from 1 to 366 days")));
            }
        }
        if self.unsubscribe_address.as_ref().is_some_and(|a| !a.contains('@')) {
            let message = "Enter an e-mail address for unsubscribes like stop@example.org";
            bad.push(Field::new("unsubscribe_address", message));
        }
        if !(1..=90).contains(&self.certificate_days) {
            bad.push(Field::new("certificate_days", "A certificate is valid from 1 to 90 days"));
        }
        if !(1..=20).contains(&self.bounces) {
            bad.push(Field::new("bounces", "An address is dead after 1 to 20 bounces"));
        }
        if self.consent_months.is_some_and(|m| !(1..=120).contains(&m)) {
            bad.push(Field::new("consent_months", "A consent lasts from 1 to 120 months"));
        }
    }

    fn check_purpose(&self, i: usize, p: &Purpose, bad: &mut Vec<Field>) {
        let at = |part: &str| format!("purpose-{i}-{part}");
        let n = i + 1;
        if !is_short_name(&p.short) || self.purposes.iter().take(i).any(|q| q.short == p.short) {
            bad.push(Field::new(at("short"), short_of(&format!("Purpose {n}"))));
        }
        if p.title.trim().is_empty() {
            bad.push(Field::new(at("title"), format!("Purpose {n}: enter what people see")));
        }
        if p.channels.is_empty() {
            let message = format!("Purpose {n}: choose at least one channel");
            bad.push(Field::new(at("channel"), message));
        }
        let own = matches!(p.aim, Aim::SimilarProducts | Aim::CharitablePurpose);
        if p.partner.is_some() && own {
            let message = format!(
                "Purpose {n} is a partner’s promotion: choose “{}”. The exceptions from consent \
                 are for your own products and your own charitable purposes only (PECR reg 22(3), \
                 (3A))",
                Aim::ThirdParty.label()
            );
            bad.push(Field::new(at("aim"), message));
        }
        let partner = |s: &String| self.partners.iter().any(|q| &q.short == s);
        if p.partner.as_ref().is_some_and(|s| !partner(s)) {
            let message = format!("Purpose {n} names a partner that is not listed");
            bad.push(Field::new(at("partner"), message));
        }
    }
}

fn short_of(what: &str) -> String {
    format!(
        "{what}: enter a short name that no other has, in lower case letters, digits and dashes"
    )
}
