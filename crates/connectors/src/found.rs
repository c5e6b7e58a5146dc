//! What a search asks for and what it brings back: the words every connector shares.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use candour_screening::Kind;

/// The person sought, as far as is known. Built by the office from the request, then enriched
/// with identifiers learned from strong matches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seek {
    /// Identifiers that on their own point at one person (e-mail, phone, member number …).
    pub identifiers: Vec<Identifier>,
    /// Names the person goes by, as written ("Amara Quill"), best first.
    pub names: Vec<String>,
    /// Normalised postcodes of present and past addresses.
    pub postcodes: Vec<String>,
    /// Date of birth as ISO text, if given.
    pub born: Option<String>,
}

/// One identifier of the person sought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// What sort of identifier it is.
    pub kind: Kind,
    /// Its normal form (`candour_screening::normalise`).
    pub normal: String,
    /// As the person or the holding wrote it.
    pub as_given: String,
    /// Where it came from when it was not in the request: "club, members". Shown in "why".
    pub learned_from: Option<String>,
}

/// How far a match may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// Might be this person: a person has to look (name and postcode, a spelling, an old address,
    /// a shared telephone under another name).
    Weak,
    /// Is this person.
    Strong,
}

/// Why an item was found. Holds no personal value, only kinds and places.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// The kind of identifier that matched.
    pub kind: Kind,
    /// The field, header or part where it matched ("email", "From", "text").
    pub field: String,
    /// In plain words: "e-mail, in other letter case", "name and postcode".
    pub how: String,
    /// Strong or weak.
    pub strength: Strength,
}

/// One thing found.
#[derive(Debug, Clone)]
pub struct Found {
    /// Table, sheet, mail folder or path of the folder, relative to the holding.
    pub place: String,
    /// What tells it apart within the place for ever: primary key, row number, message id, path.
    /// Stable between two searches of unchanged data, so that a resumed search doubles nothing.
    pub locator: String,
    /// Every reason, strongest first. Never empty.
    pub because: Vec<Because>,
    /// The thing itself.
    pub body: Body,
    /// What a doubtful row stands or falls with: the [`Found::key`] of the doubtful row that it
    /// hangs on, or its own if others may hang on it. None if it has doubts of its own.
    pub root: Option<Arc<str>>,
}

/// How the search record begins to say that a place was not asked.
pub(crate) const NOT_ASKED: &str = "not asked: it has no identifier of those sought";

impl Looked {
    /// Whether nothing could be asked there by what is known of the person.
    #[must_use]
    pub fn not_asked(&self) -> bool {
        !self.by.is_empty() && self.by.iter().all(|by| by.starts_with(NOT_ASKED))
    }
}

impl Found {
    /// What tells a thing apart within its holding: the SHA-256 of place and locator, in
    /// hexadecimal digits.
    #[must_use]
    pub fn key(place: &str, locator: &str) -> String {
        hex::encode(Sha256::digest(format!("{place}\u{0}{locator}")))
    }

    /// The strongest reason decides.
    #[must_use]
    pub fn strength(&self) -> Strength {
        self.because.iter().map(|b| b.strength).max().unwrap_or(Strength::Weak)
    }
}

/// The content of a found thing.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "body", rename_all = "lowercase")]
pub enum Body {
    /// A row of a table or sheet, in column order.
    Row {
        /// Column and value; `None` is NULL or an empty cell.
        fields: Vec<(String, Option<String>)>,
    },
    /// An e-mail message.
    Message {
        /// Subject, decoded.
        subject: String,
        /// RFC 3339, if the message says.
        date: Option<String>,
        /// From, To, Cc as written, decoded.
        parties: Vec<(String, String)>,
        /// The readable text.
        text: String,
        /// Names of attachments.
        attachments: Vec<String>,
        /// The message as stored.
        #[serde(with = "bytes")]
        raw: Vec<u8>,
    },
    /// A document.
    Document {
        /// File name without folders.
        name: String,
        /// Media type by content, not by ending.
        media: String,
        /// The readable text.
        text: String,
        /// The file as stored.
        #[serde(with = "bytes")]
        raw: Vec<u8>,
    },
}

mod bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(v: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&STANDARD.encode(v))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// Takes what a connector finds, one at a time, so that memory does not grow with the result.
pub trait Sink {
    /// Take one item. An error stops the search (the spool's disk is full, the case was withdrawn).
    ///
    /// # Errors
    /// Whatever kept the item from being stored.
    fn item(&mut self, found: Found) -> Result<(), Fault>;

    /// How far the search is: things looked at, and how many there are if known.
    fn progress(&mut self, done: u64, of: Option<u64>);

    /// A single place that could not be read while the rest went on (one damaged file in a folder).
    fn missed(&mut self, fault: Fault);
}

/// What a finished search says of itself: the search record of UK GDPR Art 15(1A).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Searched {
    /// Each place that was looked in, with how many things were looked at and found.
    pub places: Vec<Looked>,
}

/// One place of a search record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// Table, sheet, folder.
    pub place: String,
    /// In plain words: "e-mail, by index", "name and postcode, every row".
    pub by: Vec<String>,
    /// Things read or matched against, if the connector can tell.
    pub looked_at: Option<u64>,
    /// Things found.
    pub found: u64,
}

/// What went wrong with a holding, in words that name the holding's place and the remedy and
/// hold nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Fault {
    /// What sort of trouble.
    pub kind: FaultKind,
    /// Where: server, table, file (relative to the holding), row number.
    pub place: String,
    /// What was wrong.
    pub what: String,
    /// What to do about it.
    pub remedy: String,
}

impl Fault {
    /// A fault in the words given; none of them may hold anything personal.
    pub fn new(
        kind: FaultKind,
        place: impl Into<String>,
        what: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { kind, place: place.into(), what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.place, self.what, self.remedy)
    }
}

/// The sorts of trouble a holding can give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultKind {
    /// Server or path not there, refused, timed out.
    Unreachable,
    /// The server said no to the credentials.
    Denied,
    /// The map and the holding disagree: table or field gone or renamed.
    Drift,
    /// A file is damaged, encrypted or not what it says.
    Damaged,
    /// A limit was reached: time, memory, size, nesting (a bomb, a hang).
    Limit,
    /// Files of a kind that holds no text: pictures, scans. Nothing is wrong with them.
    NoText,
    /// Locked or busy; try again.
    Busy,
    /// Our own side: disk full, spool gone.
    Ours,
    /// The map or the source is not usable as written.
    Map,
}
