//! What sort of data a field holds: plain words after the Data Privacy Vocabulary.

use serde::{Deserialize, Serialize};

/// Category of a field. `system` is the only one that is not personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// A number or code that stands for the person: member number, row number.
    Identifying,
    /// Names, titles, names formerly used.
    Name,
    /// E-mail, telephone, social media account.
    Contact,
    /// Where the person lives or lived.
    Address,
    /// Date, year or place of birth, age.
    Birth,
    /// Gender, nationality, language, household.
    Demographic,
    /// Numbers given by the state: National Insurance, passport, driving licence.
    Official,
    /// NHS number, health, disability, diet for reasons of health. Special category.
    Health,
    /// Racial or ethnic origin. Special category.
    Ethnicity,
    /// Religion or belief. Special category.
    Belief,
    /// Political opinions. Special category.
    Politics,
    /// Trade union membership. Special category.
    Union,
    /// Sex life or sexual orientation. Special category.
    Sexuality,
    /// Genetic data. Special category.
    Genetic,
    /// Fingerprints, face or voice prints that identify. Special category.
    Biometric,
    /// Offences, convictions, allegations of them (Art 10).
    Criminal,
    /// Payments, bank details, donations.
    Financial,
    /// Membership, account, status, dates of joining and leaving.
    Account,
    /// Passwords, keys, answers to security questions.
    Credential,
    /// Job, employer, appraisal.
    Employment,
    /// Courses, qualifications, training.
    Education,
    /// Family, next of kin, household.
    Family,
    /// Bookings, purchases, attendance, clicks.
    Behaviour,
    /// Letters, messages, calls.
    Communication,
    /// Free text: notes, opinions about the person.
    Opinion,
    /// Consents, objections, wishes about contact.
    Preference,
    /// Network addresses, devices, cookies.
    Online,
    /// Where the person is or was.
    Location,
    /// Photographs, film, sound.
    Image,
    /// Personal, of another sort.
    Other,
    /// Of the system itself: not about the person.
    System,
}

impl Category {
    /// Whether it is special category data (UK GDPR Art 9(1)).
    #[must_use]
    pub fn is_special(self) -> bool {
        use Category::{Belief, Biometric, Ethnicity, Genetic, Health, Politics, Sexuality, Union};
        matches!(
            self,
            Health | Ethnicity | Belief | Politics | Union | Sexuality | Genetic | Biometric
        )
    }

    /// Whether it is personal data at all.
    #[must_use]
    pub fn is_personal(self) -> bool {
        self != Self::System
    }
}
