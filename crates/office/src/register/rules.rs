//! What an activity says, and when it is complete. Pure.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize};

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
    /// Who receives it, by name or kind; "none" when nobody outside does. Empty: not recorded.
    #[serde(default, deserialize_with = "one_or_more")]
    pub recipients: Vec<String>,
    /// Where it goes outside the UK, and what protects it there; "none" when it stays. Absent: not
    /// recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfers: Option<Transfers>,
    /// How long it is kept, or how that is decided.
    pub retention: String,
    /// Where it comes from: "the person", or others. Absent: not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Automated decisions: the logic, and what they mean for the person; "none" when there are
    /// none. Absent: not recorded.
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

/// The word that says that there is none of something, which silence does not say.
const NONE: &str = "none";
/// The word for data that came from the person.
const THE_PERSON: &str = "the person";

fn is_none(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case(NONE)
}

/// `recipients = "none"` as well as a list.
fn one_or_more<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        One(String),
        More(Vec<String>),
    }
    Ok(match Either::deserialize(from)? {
        Either::One(one) => vec![one],
        Either::More(all) => all,
    })
}

/// Whether data leaves the UK.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Transfers {
    /// It does not.
    None(Stays),
    /// It does, there.
    To(Vec<Transfer>),
}

/// The word "none".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stays {
    /// "none"
    None,
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
    /// What a person has a right to be told (UK GDPR Art 15(1)(c), (g), (h) and (2)) and the entry
    /// does not say: the field, and what to do. Silence is not "none".
    pub fn unsaid(&self) -> Vec<(&'static str, &'static str)> {
        let blank = |t: &Option<String>| t.as_deref().is_none_or(|t| t.trim().is_empty());
        let mut all = Vec::new();
        if self.recipients.iter().all(|r| r.trim().is_empty()) {
            all.push(("recipients", "say who receives the data, or “none”"));
        }
        if self.transfers.as_ref().is_none_or(|t| matches!(t, Transfers::To(l) if l.is_empty())) {
            all.push(("transfers", "say where the data goes outside the UK, or “none”"));
        }
        if blank(&self.source) {
            all.push(("source", "say where the data comes from, such as “the person”"));
        }
        if blank(&self.automated_decisions) {
            all.push(("automated", "say which decisions are made by machines alone, or “none”"));
        }
        all
    }

    /// Where it goes outside the UK.
    pub fn transfers(&self) -> &[Transfer] {
        match &self.transfers {
            Some(Transfers::To(list)) => list,
            _ => &[],
        }
    }

    /// The entry says that it stays in the UK.
    pub fn stays(&self) -> bool {
        matches!(self.transfers, Some(Transfers::None(_)))
    }

    /// The entry says that nobody outside receives it.
    pub fn no_recipients(&self) -> bool {
        matches!(self.recipients.as_slice(), [one] if is_none(one))
    }

    /// The entry says that it comes from the person.
    pub fn is_from_person(&self) -> bool {
        self.source.as_deref().is_some_and(|s| s.trim().eq_ignore_ascii_case(THE_PERSON))
    }

    /// The entry says that no decision is made by machines alone.
    pub fn no_automated(&self) -> bool {
        self.automated_decisions.as_deref().is_some_and(is_none)
    }

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
        for (name, message) in self.unsaid() {
            need(name, false, message);
        }
        let several = self.recipients.len() > 1 && self.recipients.iter().any(|r| is_none(r));
        need("recipients", !several, "say “none” alone, or who receives it");
        let safe = self.transfers().iter().all(|t| {
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
            recipients = "none"
            transfers = "none"
            source = "the person"
            automated_decisions = "none"
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
        let to = Transfer { to: "a mailer".into(), safeguard: "Privacy Shield".into() };
        a.transfers = Some(Transfers::To(vec![to]));
        let Err(Error::Invalid(bad)) = a.check(false) else { panic!("must be refused") };
        let names: Vec<_> = bad.iter().map(|f| f.name.as_ref()).collect();
        assert_eq!(names, ["retention", "interest", "transfers"]);
    }

    #[test]
    fn silence_is_not_none() {
        let a = sample();
        assert!(a.no_recipients() && a.stays() && a.is_from_person() && a.no_automated());
        let text = toml::to_string(&RegisterFile { activity: vec![a.clone()] }).unwrap();
        assert_eq!(RegisterFile::parse(&text).unwrap().activity[0], a, "it round-trips");
        let silent = Activity {
            recipients: Vec::new(),
            transfers: None,
            source: None,
            automated_decisions: None,
            ..a.clone()
        };
        assert!(!silent.no_recipients() && !silent.stays() && !silent.no_automated());
        let Err(Error::Invalid(bad)) = silent.check(false) else { panic!("must be refused") };
        let names: Vec<_> = bad.iter().map(|f| f.name.as_ref()).collect();
        assert_eq!(names, ["recipients", "transfers", "source", "automated"]);
        let both = Activity { recipients: vec!["none".into(), "a bank".into()], ..a };
        assert!(both.check(false).is_err());
    }

    #[test]
    fn public_task_is_for_public_authorities() {
        let mut a = sample();
        a.basis = Basis::PublicTask;
        assert!(a.check(false).is_err());
        assert!(a.check(true).is_ok());
    }
}
