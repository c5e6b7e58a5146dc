//! One error for the whole office, and what each face makes of it.
//!
//! Messages may be shown to anyone who may see the page: they never hold personal data.

use std::borrow::Cow;

use candour_db::{DbError, Trouble};

use crate::kit::forms::sentence;

/// What an act may answer instead of a result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not there, or not this organisation's: the two are not told apart on purpose.
    #[error("{0} was not found")]
    NotFound(&'static str),
    /// The law or the state of things says no.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// A form or command has fields to mend.
    #[error("{}", fields(.0))]
    Invalid(Vec<Field>),
    /// The role does not allow it.
    #[error("your role does not allow this: {0}")]
    Denied(&'static str),
    /// Somebody else changed the same thing meanwhile.
    #[error("this was changed by someone else meanwhile: look again, then repeat your change")]
    Conflict,
    /// Too many tries: minutes to wait.
    #[error("too many tries: wait {}, then try again", minutes(.0))]
    TooMany(i64),
    /// A holding gave trouble.
    #[error("{0}")]
    Holding(#[from] candour_connectors::Fault),
    /// Something outside is not there now.
    #[error("{0}")]
    Unavailable(String),
    /// A mistake of ours, or a broken machine. The text is for the log only.
    #[error("something went wrong on our side: {0:#}")]
    Fault(anyhow::Error),
}

/// The answer of every act.
pub type Result<T> = std::result::Result<T, Error>;

/// A no, with its reason and its source. What is said of it is a sentence, and names a source of
/// law: that a rule is the house's own helps nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.in_words())]
pub struct Refusal {
    /// What was tried: "extend".
    pub act: &'static str,
    /// Plain English, with what to do instead.
    pub why: String,
    /// Article, clause or house rule.
    pub source_: &'static str,
}

impl Refusal {
    fn in_words(&self) -> String {
        let why = sentence(&self.why);
        match self.source_.starts_with("house rule") {
            true => why,
            false => format!("{why} ({})", self.source_),
        }
    }
}

/// One field to mend. The wording is the same in the summary and beside the field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The field's name in the form.
    pub name: Cow<'static, str>,
    /// What is wrong and what to do.
    pub message: String,
}

impl Field {
    /// A field and its message.
    pub fn new(name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { name: name.into(), message: message.into() }
    }
}

fn fields(list: &[Field]) -> String {
    list.iter().map(|f| f.message.as_str()).collect::<Vec<_>>().join("; ")
}

fn minutes(n: &i64) -> String {
    if *n == 1 { "a minute".into() } else { format!("{n} minutes") }
}

impl Error {
    /// One field to mend.
    pub fn invalid(name: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Field::new(name, message)])
    }

    /// A mistake of ours, in words for the log.
    pub fn fault(what: impl Into<String>) -> Self {
        Self::Fault(anyhow::Error::msg(what.into()))
    }

    /// The same, told beside another field: the one that the form or the question has.
    pub fn at(self, name: &'static str) -> Self {
        match self {
            Self::Invalid(fields) => {
                Self::Invalid(fields.into_iter().map(|f| Field::new(name, f.message)).collect())
            }
            other => other,
        }
    }

    /// The exit code of the command line: documented in `candour help`.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Invalid(_) => 2,
            Self::NotFound(_) => 3,
            Self::Refused(_) | Self::Denied(_) | Self::Conflict | Self::TooMany(_) => 4,
            Self::Holding(_) | Self::Unavailable(_) => 5,
            Self::Fault(_) => 70,
        }
    }
}

impl From<DbError> for Error {
    fn from(e: DbError) -> Self {
        match e.trouble {
            Trouble::Key => Self::Unavailable(format!(
                "the office's database could not be opened: {e}. Check office.key in the data \
                 folder, or the database URL"
            )),
            Trouble::Lost | Trouble::Retry => {
                Self::Unavailable(format!("the office's database is not reachable: {e}"))
            }
            Trouble::Full => Self::Unavailable(format!("{e}: make room, then try again")),
            Trouble::Constraint | Trouble::Shape | Trouble::Other => Self::Fault(e.into()),
        }
    }
}

macro_rules! ours {
    ($($t:ty),* $(,)?) => { $(
        impl From<$t> for Error { fn from(e: $t) -> Self { Self::Fault(e.into()) } }
    )* };
}
ours!(
    anyhow::Error,
    std::io::Error,
    serde_json::Error,
    openssl::error::ErrorStack,
    askama::Error,
    candour_ledger::LedgerError,
);
