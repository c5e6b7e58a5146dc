//! The contact decision: one address or a batch, with the rule that decided, its source, and what
//! would change it.

use candour_screening::Kind;
use serde::{Deserialize, Serialize};

use super::live::Now;
use super::rules::{Question, Rule, decide, not_before};
use super::terms::{Attested, Class};
use crate::charter::{Channel, Permissions, Purpose};
use crate::error::{Error, Result};
use crate::people::{self, Hash16, Written};

/// One question, as a machine asks it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// E-mail address, telephone number or postal address that would be reached.
    #[serde(default)]
    pub address: Option<String>,
    /// Instead of an address: its keyed hash in hexadecimal digits, as an earlier answer gave it.
    #[serde(default)]
    pub hash: Option<String>,
    /// A member number as well, if the sender has one.
    #[serde(default)]
    pub member_number: Option<String>,
    /// By which channel.
    pub channel: Channel,
    /// For which purpose: its short name in the charter.
    #[serde(default)]
    pub purpose: Option<String>,
    /// What sort of message; marketing if nothing is said.
    #[serde(default = "Ask::class")]
    pub class: Class,
    /// What the sender attests of people of whom nothing is recorded.
    #[serde(default)]
    pub attested: Option<Attested>,
}

impl Ask {
    fn class() -> Class {
        Class::Marketing
    }
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Decision {
    /// Whether contact is allowed.
    pub allowed: bool,
    /// The rule that decided.
    pub rule: Rule,
    /// Why, in a sentence.
    pub why: &'static str,
    /// Where the rule stands.
    pub source: &'static str,
    /// What would change the answer; empty for a yes.
    pub remedy: &'static str,
    /// The address's keyed hash, to be asked with again without the address.
    pub hash: String,
    /// For which day the answer holds.
    pub on: jiff::civil::Date,
    /// The first day on which the cap lets them be written to again, where only the cap is in the
    /// way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<jiff::civil::Date>,
    /// Which version of the permissions it rests on.
    pub version: u64,
}

/// The purpose of a question: marketing needs one that the charter knows.
///
/// # Errors
/// None given for marketing, or not in the charter, or it does not use the channel.
pub fn purpose_of<'a>(
    settings: &'a Permissions,
    class: Class,
    short: Option<&str>,
    channel: Channel,
) -> Result<Option<&'a Purpose>> {
    let Some(short) = short.filter(|s| !s.is_empty()) else {
        if class.is_marketing() {
            return Err(Error::invalid("purpose", "Marketing needs a purpose of the charter"));
        }
        return Ok(None);
    };
    let purpose = settings
        .purpose(short)
        .ok_or_else(|| Error::invalid("purpose", "The charter has no such purpose of contact"))?;
    if class.is_marketing() && !purpose.channels.contains(&channel) {
        return Err(Error::invalid("channel", "The charter's purpose does not use this channel"));
    }
    Ok(Some(purpose))
}

/// Answers one question from what is known.
///
/// # Errors
/// The address can't be read, or the purpose is not in the charter.
pub fn answer(now: &Now, ask: &Ask) -> Result<Decision> {
    let settings = &now.charter.permissions;
    let purpose = purpose_of(settings, ask.class, ask.purpose.as_deref(), ask.channel)?;
    let who = who(now, ask)?;
    let question = Question {
        channel: ask.channel,
        class: ask.class,
        purpose,
        on: now.today,
        sender: settings,
        registers: &now.registers,
    };
    let mut rule = ruled(now, &question, who, ask.attested);
    if let Some(raw) = ask.member_number.as_deref().filter(|r| !r.trim().is_empty()) {
        let other = people::written(&now.hasher, Kind::MemberNumber, raw)?;
        // A yes belongs to the address it was given for; a stop reaches every identifier.
        let by_number = ruled(now, &question, other, ask.attested);
        if now.known.has(other.hash) && !by_number.allows() && by_number.rank() > rule.rank() {
            rule = by_number;
        }
    }
    Ok(Decision {
        allowed: rule.allows(),
        rule,
        why: rule.why(),
        source: rule.source(ask.channel),
        remedy: rule.remedy(ask.class),
        hash: hex_of(who),
        on: now.today,
        not_before: match rule {
            Rule::OverCap | Rule::Deferred => not_before(&question, &now.facts_for(&question, who)),
            _ => None,
        },
        version: now.known.version,
    })
}

fn ruled(now: &Now, q: &Question<'_>, who: Written, attested: Option<Attested>) -> Rule {
    match attested {
        None => now.rule(q, who),
        Some(a) => decide(q, &a.add_to(&now.facts_for(q, who), q.on)),
    }
}

/// Whom a question is about. A postal address has two hashes, the second of its premises.
fn who(now: &Now, ask: &Ask) -> Result<Written> {
    let kind = ask.channel.address();
    if let Some(hex) = &ask.hash {
        let wrong = || Error::invalid("hash", "Give the hash as an earlier answer gave it");
        let (hash, premises) = hashes_of_hex(hex).ok_or_else(wrong)?;
        return Ok(Written { kind, hash, premises });
    }
    let raw = ask.address.as_deref().unwrap_or_default();
    people::written(&now.hasher, kind, raw).map_err(|e| e.at("address"))
}

/// How an answer names an address, so that it can be asked about again without it.
fn hex_of(who: Written) -> String {
    hex::encode(who.hash) + &who.premises.map(hex::encode).unwrap_or_default()
}

/// The hashes of an address as an answer named it: its own and, where it has them, its premises'.
pub fn hashes_of_hex(text: &str) -> Option<(Hash16, Option<Hash16>)> {
    let bytes = hex::decode(text).ok().filter(|b| b.len() == 16 || b.len() == 32)?;
    let (hash, premises) = bytes.split_at(16);
    Some((people::hash16(hash), (premises.len() == 16).then(|| people::hash16(premises))))
}
