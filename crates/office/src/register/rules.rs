//! What an activity says, and when it is complete. Pure.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Field, Result};

/// An entry of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activity {
    /// A short name, used in data maps.
    pub short: String,
    /// What people call it.
    pub title: String,
    /// Why personal data is used.
    pub purpose: String,
    /// Lawful basis (UK GDPR Art 6(1)).
    pub basis: Basis,
    /// The interest pursued, or the Annex 1 condition. Needed with the two interests bases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interest: Option<String>,
    /// Condition for special category or criminal offence data (Arts 9, 10; DPA 2018 Sch 1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// Kinds of people.
    pub people: Vec<String>,
    /// Kinds of data.
    pub categories: Vec<String>,
    /// Who receives it, by name or kind.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// Where it goes outside the UK, and what protects it there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<Transfer>,
    /// How long it is kept, or how that is decided.
    pub retention: String,
    /// Where it comes from, if not from the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Automated decisions: the logic, and what they mean for the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automated_decisions: Option<String>,
    /// How it is kept safe.
    #[serde(default)]
    pub security: Vec<String>,
    /// Short names of the holdings it uses.
    #[serde(default)]
    pub holdings: Vec<String>,
    /// The post that answers for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Last review.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed: Option<Date>,
}

/// A transfer outside the UK (UK GDPR Arts 44A–49A).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// Who or where to.
    pub to: String,
    /// Adequacy regulations, IDTA, Addendum, or the exception relied on.
    pub safeguard: String,
}

/// Lawful bases, UK GDPR Art 6(1) as amended from 5 February 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// (a)
    Consent,
    /// (b)
    Contract,
    /// (c)
    LegalObligation,
    /// (d)
    VitalInterests,
    /// (e)
    PublicTask,
    /// (ea)
    RecognisedLegitimateInterests,
    /// (f)
    LegitimateInterests,
}

impl Basis {
    /// Whether it is the person's consent.
    pub fn is_consent(self) -> bool {
        self == Self::Consent
    }

    /// In words for a letter.
    pub fn words(self) -> &'static str {
        match self {
            Self::Consent => "your consent",
            Self::Contract => "a contract with you, or steps you asked for before one",
            Self::LegalObligation => "a legal duty",
            Self::VitalInterests => "protecting someone’s life",
            Self::PublicTask => "a task in the public interest",
            Self::RecognisedLegitimateInterests => "a recognised legitimate interest",
            Self::LegitimateInterests => "legitimate interests",
        }
    }

    /// The article.
    pub fn article(self) -> &'static str {
        match self {
            Self::Consent => "UK GDPR Art 6(1)(a)",
            Self::Contract => "UK GDPR Art 6(1)(b)",
            Self::LegalObligation => "UK GDPR Art 6(1)(c)",
            Self::VitalInterests => "UK GDPR Art 6(1)(d)",
            Self::PublicTask => "UK GDPR Art 6(1)(e)",
            Self::RecognisedLegitimateInterests => "UK GDPR Art 6(1)(ea)",
            Self::LegitimateInterests => "UK GDPR Art 6(1)(f)",
        }
    }

    /// Which rights a person has over data held on this basis, besides access, correction and
    /// restriction, which they always have. (Portability and erasure: UK GDPR Arts 17(3), 20(1);
    /// objection: Art 21(1).)
    pub fn rights(self) -> Vec<&'static str> {
        let mut rights = vec!["have it corrected", "have its use restricted"];
        if !matches!(self, Self::LegalObligation | Self::PublicTask) {
            rights.push("have it erased");
        }
        if matches!(self, Self::Consent | Self::Contract) {
            rights.push("take it with you as a file");
        }
        if matches!(
            self,
            Self::PublicTask | Self::RecognisedLegitimateInterests | Self::LegitimateInterests
        ) {
            rights.push("object to its use");
        }
        if self == Self::Consent {
            rights.push("withdraw your consent at any time");
        }
        rights
    }
}

/// A register file: `[[activity]]` tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RegisterFile {
    /// The activities.
    #[serde(default)]
    pub activity: Vec<Activity>,
}

impl RegisterFile {
    /// Reads a register file.
    ///
    /// # Errors
    /// What does not parse, with its line, or is not complete.
    pub fn parse(text: &str) -> Result<Self> {
        let file: Self = toml::from_str(text)
            .map_err(|e| Error::invalid("register", format!("the register file: {e}")))?;
        for a in &file.activity {
            a.check(false).or_else(|e| match e {
                // A private body must not rely on the public task; the act asks the charter.
                Error::Invalid(list) if list.iter().all(|f| f.name == "basis") => Ok(()),
                other => Err(other),
            })?;
        }
        Ok(file)
    }
}

impl Activity {
    /// Everything that keeps the entry from being true and complete.
    ///
    /// # Errors
    /// The fields to mend.
    pub fn check(&self, public_authority: bool) -> Result<()> {
        let mut bad = Vec::new();
        let title = &self.title;
        let mut need = |name, there: bool, message: &str| {
            if !there {
                bad.push(Field::new(name, format!("{title}: {message}")));
            }
        };
        need("short", !self.short.trim().is_empty(), "enter a short name");
        need("title", !self.title.trim().is_empty(), "enter a title");
        need("purpose", !self.purpose.trim().is_empty(), "say what the data is used for");
        need("people", !self.people.is_empty(), "say whose data it is");
        need("categories", !self.categories.is_empty(), "say what kinds of data are used");
        need("retention", !self.retention.trim().is_empty(), "say how long it is kept");
        let interests =
            matches!(self.basis, Basis::LegitimateInterests | Basis::RecognisedLegitimateInterests);
        let named = self.interest.as_deref().is_some_and(|i| !i.trim().is_empty());
        need("interest", !interests || named, "name the interest (Art 13(1)(d))");
        need(
            "basis",
            self.basis != Basis::PublicTask || public_authority,
            "the public task basis is for public authorities: choose another one",
        );
        let safe = self.transfers.iter().all(|t| {
            let s = t.safeguard.to_lowercase();
            !s.trim().is_empty() && !s.contains("privacy shield") && !s.contains("safe harbor")
        });
        need(
            "transfers",
            safe,
            "each transfer needs a safeguard that is in force; the Privacy Shield and Safe Harbor \
             are not",
        );
        if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Activity {
        let file = r#"
            [[activity]]
            short = "membership"
            title = "Running the membership"
            purpose = "To know who our members are and to give them what they joined for"
            basis = "contract"
            people = ["members"]
            categories = ["names", "addresses"]
            retention = "six years after the membership ends"
        "#;
        RegisterFile::parse(file).unwrap().activity.remove(0)
    }

    #[test]
    fn rights_follow_the_basis() {
        assert!(Basis::Consent.rights().contains(&"withdraw your consent at any time"));
        assert!(!Basis::Contract.rights().contains(&"object to its use"));
        assert!(!Basis::LegalObligation.rights().contains(&"have it erased"));
        assert!(Basis::RecognisedLegitimateInterests.rights().contains(&"object to its use"));
        assert!(!Basis::LegitimateInterests.rights().contains(&"take it with you as a file"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut a = sample();
        a.basis = Basis::LegitimateInterests;
        a.interest = None;
        a.retention = String::new();
        a.transfers.push(Transfer { to: "a mailer".into(), safeguard: "Privacy Shield".into() });
        let Err(Error::Invalid(bad)) = a.check(false) else { panic!("must be refused") };
        let names: Vec<_> = bad.iter().map(|f| f.name.as_ref()).collect();
        assert_eq!(names, ["retention", "interest", "transfers"]);
    }

    #[test]
    fn public_task_is_for_public_authorities() {
        let mut a = sample();
        a.basis = Basis::PublicTask;
        assert!(a.check(false).is_err());
        assert!(a.check(true).is_ok());
    }
}
