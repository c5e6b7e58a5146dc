//! The words of a request: which right, how it came, why it is refused, how it ended. Pure.

use serde::{Deserialize, Serialize};

/// Which right is used. The other rights join here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// A copy of one's data, UK GDPR Art 15.
    Access,
}

impl Right {
    /// On screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Access => "Access request",
        }
    }

    /// The word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Access => "access",
        }
    }
}

/// How the request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The public form.
    Form,
    /// E-mail.
    Email,
    /// Letter.
    Letter,
    /// Telephone.
    Phone,
    /// At the desk.
    InPerson,
    /// Social media.
    SocialMedia,
}

impl Via {
    /// All of them, as the desk offers them.
    pub const ALL: [Self; 6] =
        [Self::Form, Self::Email, Self::Letter, Self::Phone, Self::InPerson, Self::SocialMedia];

    /// The word on the command line and in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Email => "email",
            Self::Letter => "letter",
            Self::Phone => "phone",
            Self::InPerson => "in-person",
            Self::SocialMedia => "social-media",
        }
    }

    /// In a sentence: "received by letter".
    pub fn words(self) -> &'static str {
        match self {
            Self::Form => "through the public form",
            Self::Email => "by e-mail",
            Self::Letter => "by letter",
            Self::Phone => "by telephone",
            Self::InPerson => "in person",
            Self::SocialMedia => "through social media",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.word() == word)
    }
}

/// Why a request is refused, in whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// UK GDPR Art 12(5).
    ManifestlyUnfounded,
    /// UK GDPR Art 12(5).
    ManifestlyExcessive,
    /// UK GDPR Art 12(6), Art 11(2).
    CannotIdentify,
    /// An exemption covers everything, DPA 2018 Sch 2 to 4.
    Exempt,
    /// The agent has no authority.
    NoAuthority,
}

impl Ground {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ManifestlyUnfounded,
        Self::ManifestlyExcessive,
        Self::CannotIdentify,
        Self::Exempt,
        Self::NoAuthority,
    ];

    /// The word in forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::ManifestlyUnfounded => "unfounded",
            Self::ManifestlyExcessive => "excessive",
            Self::CannotIdentify => "cannot-identify",
            Self::Exempt => "exempt",
            Self::NoAuthority => "no-authority",
        }
    }

    /// On screens and in the letter.
    pub fn words(self) -> &'static str {
        match self {
            Self::ManifestlyUnfounded => "the request is manifestly unfounded",
            Self::ManifestlyExcessive => "the request is manifestly excessive",
            Self::CannotIdentify => {
                "we cannot tell from what we were given whose data is asked for"
            }
            Self::Exempt => "the law lets us withhold all of this information",
            Self::NoAuthority => "we were not shown an authority to act for this person",
        }
    }

    /// The source.
    pub fn source(self) -> &'static str {
        match self {
            Self::ManifestlyUnfounded | Self::ManifestlyExcessive => "UK GDPR Art 12(5)",
            Self::CannotIdentify => "UK GDPR Arts 11(2), 12(6)",
            Self::Exempt => "DPA 2018 Sch 2 to 4",
            Self::NoAuthority => "UK GDPR Art 12(6)",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.word() == word)
    }
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Everything found was disclosed, or parts withheld with reasons.
    Answered,
    /// Nothing was found.
    NothingFound,
    /// Refused.
    Refused,
    /// The person withdrew it.
    Withdrawn,
    /// What was waited for did not come, after a warning.
    Lapsed,
    /// The person whose data it is has died: nobody has data rights any more.
    Died,
    /// The same request was logged twice: the other one goes on.
    Duplicate,
    /// It was no request.
    Mistake,
}

impl Outcome {
    /// On screens.
    pub fn words(self) -> &'static str {
        match self {
            Self::Answered => "Answered",
            Self::NothingFound => "Nothing found",
            Self::Refused => "Refused",
            Self::Withdrawn => "Withdrawn",
            Self::Lapsed => "Lapsed",
            Self::Died => "The person has died",
            Self::Duplicate => "Logged twice",
            Self::Mistake => "Logged by mistake",
        }
    }
}
