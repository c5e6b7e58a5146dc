//! What a charter says, and when it holds together. Pure.

use candour_clock::Division;
use serde::{Deserialize, Serialize};

use super::contact::Permissions;
use crate::error::{Error, Field, Result};
use crate::kit::forms::is_short_name;

/// An organisation's charter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Charter {
    /// Who it is.
    pub organisation: Organisation,
    /// How it is reached about data protection.
    pub contact: Contact,
    /// Which law and calendar it is under.
    pub law: Law,
    /// How it answers rights requests.
    #[serde(default)]
    pub rights: Rights,
    /// How it makes sure who is asking.
    #[serde(default)]
    pub identity: Identity,
    /// Which ways in are open.
    #[serde(default)]
    pub channels: Channels,
    /// How packs are handed over.
    #[serde(default)]
    pub delivery: Delivery,
    /// Its colours.
    #[serde(default)]
    pub theme: Theme,
    /// Whom it may contact, how and for what.
    #[serde(default)]
    pub permissions: Permissions,
}

/// Who the organisation is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organisation {
    /// Full legal name, as the controller is named in letters.
    pub legal_name: String,
    /// A short name for addresses and the command line: lower case, digits, dashes.
    pub short: String,
    /// What it is called on screens, if not the legal name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trading_name: Option<String>,
    /// Company or charity number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Address of its privacy notice, on its own pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<String>,
    /// Prefix of its references: "RR" gives RR-2026-0001.
    #[serde(default = "Organisation::prefix")]
    pub reference: String,
}

impl Organisation {
    fn prefix() -> String {
        "RR".to_owned()
    }

    /// The name on screens.
    pub fn name(&self) -> &str {
        self.trading_name.as_deref().unwrap_or(&self.legal_name)
    }
}

/// The person or post that answers for data protection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// "Data protection officer", "privacy lead".
    pub role: String,
    /// Their name, if letters should carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail.
    pub email: String,
    /// Telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Postal address in one line.
    pub post: String,
}

/// Law and calendar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    /// Whose public holidays count: where the organisation acts.
    pub division: Division,
    /// A public authority under FOIA 2000.
    #[serde(default)]
    pub public_authority: bool,
    /// The regulator's name. A setting: the change to the Information Commission is not verified.
    #[serde(default = "Law::regulator")]
    pub regulator: String,
    /// How the regulator is reached. A setting: a move of its head office is not verified.
    #[serde(default = "Law::regulator_contact")]
    pub regulator_contact: String,
}

impl Law {
    /// The law of a division, with the regulator of the day.
    pub fn of(division: Division, public_authority: bool) -> Self {
        Self {
            division,
            public_authority,
            regulator: Self::regulator(),
            regulator_contact: Self::regulator_contact(),
        }
    }

    fn regulator() -> String {
        "Information Commissioner’s Office (ICO)".to_owned()
    }

    fn regulator_contact() -> String {
        "ico.org.uk/make-a-complaint, telephone 0303 123 1113".to_owned()
    }
}

/// Rights requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rights {
    /// The organisation's own promise in calendar days, if its notice makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_target_days: Option<u32>,
    /// Where the promise stands: "Clause 12 of our notice".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own_target_source: Option<String>,
    /// Days between the letter that warns and closing a request whose question stays unanswered.
    /// A setting: the law names none, and what the regulator takes as reasonable is not verified.
    pub lapse_days: u32,
    /// A refusal, and keeping something back on a ground of the law, need two persons: one
    /// proposes, another agrees. A house rule: the law asks only that the decision can be shown to
    /// be right. Where only one person may agree it has to be switched off, and the ledger shows
    /// who did that.
    pub second_approver: bool,
}

impl Default for Rights {
    fn default() -> Self {
        Self {
            own_target_days: None,
            own_target_source: None,
            lapse_days: 30,
            second_approver: true,
        }
    }
}

/// Identity evidence (UK GDPR Art 12(6): asked for only on reasonable doubt).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {
    /// What is accepted, in plain words.
    pub evidence: Vec<String>,
    /// How many of them are needed.
    pub needed: u32,
    /// From this age a child is presumed able to decide; asks for a reason to go behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative_age: Option<u32>,
}

/// Ways in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Channels {
    /// The public form is open.
    pub portal: bool,
    /// Text on the start page about other ways to ask.
    pub other_ways: String,
}

impl Default for Channels {
    fn default() -> Self {
        Self {
            portal: true,
            other_ways: "You can also ask by telephone, by letter or in person.".to_owned(),
        }
    }
}

/// Handing over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// A download stays open this many days.
    pub link_days: u32,
}

impl Default for Delivery {
    fn default() -> Self {
        Self { link_days: 28 }
    }
}

/// Colours. Only these two may change; contrast is checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Theme {
    /// Colour of the band and of buttons, `#rrggbb`.
    pub brand: String,
    /// Colour of text on it.
    pub brand_ink: String,
}

impl Default for Theme {
    fn default() -> Self {
        Self { brand: "#0b5d4e".to_owned(), brand_ink: "#ffffff".to_owned() }
    }
}

impl Charter {
    /// Reads a charter file.
    ///
    /// # Errors
    /// What does not parse, with its line, or does not hold together.
    pub fn parse(text: &str) -> Result<Self> {
        let charter: Self = toml::from_str(text)
            .map_err(|e| Error::invalid("charter", format!("the charter file: {e}")))?;
        charter.check()?;
        Ok(charter)
    }

    /// Writes a charter file.
    ///
    /// # Errors
    /// Of the writer.
    pub fn to_toml(&self) -> Result<String> {
        Ok(toml::to_string(self).map_err(anyhow::Error::from)?)
    }

    /// Everything that does not hold together, at once.
    ///
    /// # Errors
    /// The fields to mend.
    pub fn check(&self) -> Result<()> {
        let mut bad = Vec::new();
        let o = &self.organisation;
        let mut need = |name, value: &str, message: &str| {
            if value.trim().is_empty() {
                bad.push(Field::new(name, message));
            }
        };
        need("legal_name", &o.legal_name, "Enter the full legal name of the organisation");
        need("contact_email", &self.contact.email, "Enter the e-mail address for data protection");
        need("contact_post", &self.contact.post, "Enter the postal address for data protection");
        need("contact_role", &self.contact.role, "Enter who answers for data protection");
        if !is_short_name(&o.short) {
            bad.push(Field::new(
                "short",
                "The short name has lower case letters, digits and dashes only",
            ));
        }
        if !self.contact.email.is_empty() && !self.contact.email.contains('@') {
            bad.push(Field::new(
                "contact_email",
                "Enter an e-mail address like office@example.org",
            ));
        }
        if o.reference.is_empty() || !o.reference.chars().all(|c| c.is_ascii_uppercase()) {
            bad.push(Field::new(
                "reference",
                "The reference prefix has capital letters only, like RR",
            ));
        }
        match self.rights.own_target_days {
            Some(0) => {
                bad.push(Field::new("own_target_days", "The own target must be at least 1 day"))
            }
            Some(d) if d > 366 => {
                bad.push(Field::new("own_target_days", "The own target must be below 366 days"));
            }
            _ => {}
        }
        if o.notice.as_ref().is_some_and(|n| !n.starts_with("https://") || n.contains(['"', ' '])) {
            bad.push(Field::new("notice", "Enter a whole address that begins with https://"));
        }
        if !(7..=365).contains(&self.rights.lapse_days) {
            bad.push(Field::new("lapse_days", "A warning gives from 7 to 365 days"));
        }
        if !(1..=365).contains(&self.delivery.link_days) {
            bad.push(Field::new("link_days", "A download stays open from 1 to 365 days"));
        }
        self.theme.check(&mut bad);
        self.permissions.check(&mut bad);
        if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
    }
}

impl Theme {
    fn check(&self, bad: &mut Vec<Field>) {
        match (luminance(&self.brand), luminance(&self.brand_ink)) {
            (Some(a), Some(b)) => {
                // WCAG 2.2, 1.4.3: text needs 4.5 to 1; also against the white of cards.
                let (white, ratio) = (contrast(a, 1.0), contrast(a, b));
                if ratio < 4.5 || white < 3.0 {
                    bad.push(Field::new(
                        "brand",
                        format!(
                            "These colours are too close: text on them has a contrast of {ratio:.1} \
                             to 1, and 4.5 to 1 is needed"
                        ),
                    ));
                }
            }
            _ => bad.push(Field::new("brand", "Write a colour like #0b5d4e")),
        }
    }
}

/// Relative luminance of `#rrggbb`, WCAG 2.2.
fn luminance(colour: &str) -> Option<f64> {
    let digits = colour.strip_prefix('#').filter(|d| d.len() == 6)?;
    let part = |i: usize| {
        let v = f64::from(u8::from_str_radix(digits.get(i..i + 2)?, 16).ok()?) / 255.0;
        Some(if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * part(0)? + 0.7152 * part(2)? + 0.0722 * part(4)?)
}

fn contrast(a: f64, b: f64) -> f64 {
    let (light, dark) = if a > b { (a, b) } else { (b, a) };
    (light + 0.05) / (dark + 0.05)
}

#[cfg(test)]
pub(crate) fn sample() -> Charter {
    Charter::parse(include_str!("../demo/charter.toml")).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charter_round_trips() {
        let c = sample();
        assert_eq!(Charter::parse(&c.to_toml().unwrap()).unwrap(), c);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut c = sample();
        c.organisation.short = "Not Good".into();
        c.contact.email = "nobody".into();
        c.theme.brand = "#eeeeee".into();
        let Err(Error::Invalid(bad)) = c.check() else { panic!("must be refused") };
        let names: Vec<_> = bad.iter().map(|f| f.name.as_ref()).collect();
        assert_eq!(names, ["short", "contact_email", "brand"]);
    }

    #[test]
    fn an_unknown_setting_is_named_with_its_line() {
        let text = sample().to_toml().unwrap() + "\n[surprise]\na = 1\n";
        let message = Charter::parse(&text).unwrap_err().to_string();
        assert!(message.contains("surprise"), "{message}");
    }
}
