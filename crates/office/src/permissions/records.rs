//! What is kept about permissions: rows and what is sealed in them. Pure.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::charter::Channel;
use crate::error::{Error, Field, Result};
use crate::kit::dates;
use crate::kit::forms::{LINE, LONG, fit, is_short_name};
use crate::people::Hash16;
use crate::staff::Role;

/// A stop as kept: a keyed hash, never the identifier.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Id.
    pub id: String,
    /// The identifier's keyed hash.
    pub hash: Hash16,
    /// The kind of identifier.
    pub kind: String,
    /// A channel's word, or empty for all.
    pub channel: String,
    /// How far it reaches: see `What::word`.
    pub what: String,
    /// Why, as a word: `unsubscribe`, `objection`, `bounce` …
    pub reason: String,
    /// Since when.
    pub on: Date,
    /// When it was lifted.
    pub ended: Option<Timestamp>,
    /// What its person agreed to later and it therefore lets pass: see `stops::spare`.
    pub spared: String,
}

/// Through whom an answer came. It decides what a yes may lift, since a file or a program may bring
/// an answer that is older than it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// The person themselves, in the preference centre, at that moment.
    Person,
    /// Somebody of the organisation who heard or read it and says what proves it.
    Staff,
    /// A program that tells what it was told.
    Program,
    /// A file of answers.
    File,
}

impl Through {
    const ALL: [Self; 4] = [Self::Person, Self::Staff, Self::Program, Self::File];

    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Staff => "staff",
            Self::Program => "program",
            Self::File => "file",
        }
    }

    /// Reads the word. One that is not known is taken with the care due to a file.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|t| t.word() == word).unwrap_or(Self::File)
    }

    /// Through whom something came that this role tells.
    pub fn of(role: Role) -> Self {
        match role {
            Role::Public => Self::Person,
            Role::Mailer => Self::Program,
            _ => Self::Staff,
        }
    }

    /// Said by the person, or heard by somebody who answers for it.
    pub fn is_heard(self) -> bool {
        matches!(self, Self::Person | Self::Staff)
    }
}

/// What a consent is for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Use {
    /// Contact for a purpose, by a channel.
    Contact,
    /// Sharing with a partner.
    Share,
    /// Publishing a field, in a directory say.
    Publish,
    /// Answers to questions of a survey.
    Research,
    /// Something else, named in words.
    Other,
}

impl Use {
    /// Every use.
    pub const ALL: [Self; 5] =
        [Self::Contact, Self::Share, Self::Publish, Self::Research, Self::Other];

    /// The word in the table.
    pub fn word(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::Share => "share",
            Self::Publish => "publish",
            Self::Research => "research",
            Self::Other => "other",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|u| u.word() == word)
    }

    /// On screens, before what it is.
    pub fn label(self) -> &'static str {
        match self {
            Self::Contact => "Contact about",
            Self::Share => "Sharing with",
            Self::Publish => "Publishing",
            Self::Research => "Research:",
            Self::Other => "Other:",
        }
    }
}

/// The words with which consent is asked for. A version is never changed, so that the form that a
/// person saw can be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// Short name: lower case, digits, dashes.
    pub short: String,
    /// What the consent is for.
    pub use_kind: Use,
    /// Which purpose, partner, field or question: one each (UK GDPR Art 7(2), recital 43).
    pub use_what: String,
    /// By which channels it asks to be in contact, if it is about contact. Empty in wordings that
    /// were kept before it was said: they are valid for every channel.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// The question, word for word.
    pub text: String,
    /// What happens when somebody says no, as shown to them.
    #[serde(default)]
    pub if_refused: String,
    /// The version of the privacy notice shown with it.
    pub notice: String,
    /// Asks for special category data or another thing for which consent must be explicit
    /// (UK GDPR Art 9(2)(a)).
    #[serde(default)]
    pub explicit: bool,
    /// Language of the text.
    #[serde(default = "Wording::language")]
    pub language: String,
}

impl Wording {
    fn language() -> String {
        "en-GB".to_owned()
    }

    /// Whether it can be asked.
    ///
    /// # Errors
    /// The fields to mend.
    pub fn check(&self) -> Result<()> {
        let mut bad = Vec::new();
        if !is_short_name(&self.short) {
            bad.push(Field::new(
                "short",
                "The short name has lower case letters, digits and dashes only",
            ));
        }
        for (name, value, message) in [
            ("use_what", &self.use_what, "Enter what the consent is for: one thing only"),
            ("text", &self.text, "Enter the question, word for word"),
            ("notice", &self.notice, "Enter the version of the privacy notice shown with it"),
        ] {
            if value.trim().is_empty() {
                bad.push(Field::new(name, message));
            }
        }
        match (self.use_kind, self.channels.is_empty()) {
            (Use::Contact, true) => bad.push(Field::new(
                "channels",
                "Choose the channels that the words ask about, for example e-mail",
            )),
            (Use::Contact, false) | (_, true) => {}
            (_, false) => bad.push(Field::new(
                "channels",
                "Channels are for words about contact: choose none here",
            )),
        }
        if !bad.is_empty() {
            return Err(Error::Invalid(bad));
        }
        fit(&[
            ("use_what", &self.use_what, LINE),
            ("text", &self.text, LONG),
            ("if_refused", &self.if_refused, LONG),
            ("notice", &self.notice, LINE),
            ("language", &self.language, LINE),
        ])
    }

    /// Whether it asks to be in contact by this channel (UK GDPR Art 4(11): specific, informed).
    pub fn asks_for(&self, channel: Channel) -> bool {
        self.channels.is_empty() || self.channels.contains(&channel)
    }

    /// The channels it asks for, in words: "e-mail or text message".
    pub fn channels_in_words(&self) -> String {
        let labels: Vec<&str> = self.channels.iter().map(|c| c.label()).collect();
        labels.join(" or ")
    }

    /// What a page says beside it: nothing where no channel is in question.
    pub fn asks_in_words(&self) -> String {
        match (self.use_kind, self.channels.is_empty()) {
            (Use::Contact, true) => "The wording does not say: any channel".to_owned(),
            (Use::Contact, false) => crate::kit::forms::sentence(&self.channels_in_words()),
            _ => String::new(),
        }
    }
}

/// One thing that happened to a consent (ISO/IEC TS 27560, event).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The state since then: `given`, `refused`, `withdrawn`, `expired`.
    pub state: String,
    /// Who noted it: never a person's name.
    pub by: String,
    /// How it came: `form`, `phone`, `link` …
    pub method: String,
    /// The day on which the person said so, where it was noted later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
}

/// A consent record as a row.
#[derive(Debug, Clone)]
pub struct ConsentRow {
    /// Id.
    pub id: String,
    /// Whose.
    pub person: String,
    /// What for.
    pub use_kind: String,
    /// Which purpose, partner, field.
    pub use_what: String,
    /// By which channel, or empty.
    pub channel: String,
    /// State now.
    pub state: String,
    /// Short name of the wording.
    pub wording: String,
    /// Its version.
    pub wording_version: i64,
    /// How the answer came.
    pub method: String,
    /// When the person answered.
    pub given_on: Date,
    /// Its last day, if it lapses.
    pub until: Option<Date>,
    /// Given explicitly.
    pub explicit: bool,
    /// [`Proof`], sealed under the person's key; empty once they are erased.
    pub sealed: Vec<u8>,
    /// What happened to it, oldest first.
    pub events: Vec<Event>,
    /// When it was recorded.
    pub made: Timestamp,
    /// Through whom the answer came.
    pub through: Through,
}

impl ConsentRow {
    /// Adds what happened to it, which is its state from now on.
    pub fn happened(&mut self, event: Event) {
        self.state.clone_from(&event.state);
        self.events.push(event);
    }

    /// Whether it stands as a yes, in date or not.
    pub fn is_yes(&self) -> bool {
        matches!(self.state.as_str(), "given" | "expired")
    }

    /// The day of its last word: of the withdrawal, or of the answer.
    pub fn said_on(&self) -> Date {
        let withdrawn = self.events.iter().rev().find(|e| e.state == "withdrawn");
        match (self.state.as_str(), withdrawn) {
            ("withdrawn", Some(e)) => e.on.unwrap_or_else(|| dates::day_of(e.at)),
            _ => self.given_on,
        }
    }

    /// Whether this is a later word than another that was recorded before it. On one day a yes out
    /// of a file, or told by a program, does not outweigh a no: it may be the older of the two.
    pub fn outweighs(&self, other: &Self) -> bool {
        match self.said_on().cmp(&other.said_on()) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            std::cmp::Ordering::Equal => {
                !self.is_yes() || other.is_yes() || self.through.is_heard()
            }
        }
    }

    /// Its channel.
    pub fn channel(&self) -> Option<Channel> {
        Channel::from_word(&self.channel)
    }
}

/// How a consent is proved. Personal data: sealed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proof {
    /// What shows it: the form's submission, a note of a call, an e-mail's identifier.
    pub evidence: String,
    /// Who collected it: a post or a name.
    pub collector: String,
    /// Who answered for the person, and with what authority (UK GDPR Arts 7, 8).
    pub representative: Option<(String, String)>,
}

/// How a person's details were got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ground {
    /// `sale` (PECR reg 22(3)) or `support` (PECR reg 22(3A)).
    pub ground: String,
    /// When.
    pub on: Date,
    /// A simple, free way to refuse was offered then.
    pub refusal_offered: bool,
}

/// A preference register as imported.
#[derive(Debug, Clone)]
pub struct RegisterRow {
    /// Its word.
    pub register: String,
    /// The day of the file.
    pub as_of: Date,
    /// How many numbers or addresses.
    pub numbers: u64,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Where the keyed hashes are.
    pub blob: String,
    /// When it was imported.
    pub made: Timestamp,
    /// Of the numbers, those that the import before lacked; not known of old imports.
    pub new: Option<u64>,
    /// Lines that held no number or address.
    pub unreadable: Option<u64>,
    /// The first of these lines by number, with commas.
    pub lines: String,
}
