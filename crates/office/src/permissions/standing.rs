//! What stands for a person now: what has stopped, and what goes on without the consents that ended
//! or in spite of the stops, worked out from the facts and never from a fixed sentence.

use candour_screening::{Kind, PREMISES};

use super::live::Now;
use super::records::Use;
use super::tell::in_words;
use super::terms::{Class, What};
use super::{Question, Rule, decide, now_blocking, sql};
use crate::charter::{Channel, Charter};
use crate::error::Result;
use crate::kit::dates;
use crate::kit::forms::sentence;
use crate::kit::vault::KeyId;
use crate::office::Office;
use crate::people::{self, Written};
use crate::register;

/// What stands for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Their name, if it is known.
    pub name: Option<String>,
    /// What has stopped and since when, each in a line.
    pub stopped: Vec<String>,
    /// What goes on, and on which basis (UK GDPR Arts 7(3), 13(1)(c)).
    pub goes_on: Vec<String>,
}

/// What stands for a person.
///
/// # Errors
/// Not found, or of the database.
pub fn of(office: &Office, org: &str, person: &str) -> Result<Standing> {
    let now = now_blocking(office, org, true)?;
    let charter = &now.charter;
    office.read(|tx| {
        let row = people::by_id(tx, org, person)?;
        let known = people::open(tx, office.vault(), org, &row)?;
        let ids = people::ids_of(tx, org, person)?;
        let who = known.identifiers.iter();
        let who = who.map(|(kind, raw)| people::written(&now.hasher, *kind, raw));
        let who = who.collect::<Result<Vec<_>>>()?;
        let mut stands = Standing { name: known.name, ..Standing::default() };
        // What stands on premises may be of others.
        for (hash, _) in ids.iter().filter(|(_, kind)| kind != PREMISES) {
            for s in sql::stops_on(tx, org, *hash)? {
                let by = Channel::from_word(&s.channel).map_or("every channel", Channel::label);
                let what = what_words(charter, &s.what);
                let line = format!("{what} by {by}, since {}", dates::long(s.on));
                push(&mut stands.stopped, sentence(&line));
            }
        }
        let mut others = Vec::new();
        for c in sql::consents_of(tx, org, person)? {
            let contact = c.use_kind == Use::Contact.word();
            if c.state == "withdrawn" && !contact {
                let since = dates::long(c.said_on());
                push(&mut stands.stopped, format!("{}, since {since}", in_words(charter, &c)));
                others.push(c.use_what.clone());
            }
            if c.state == "given" && !contact {
                let line = format!("{}: you said yes", in_words(charter, &c));
                push(&mut stands.goes_on, line);
            }
        }
        stands.goes_on.splice(0..0, contact(&now, &who));
        for a in register::activities(tx, org)? {
            let names = |what: &String| {
                let partner = charter.permissions.partners.iter().find(|p| &p.short == what);
                let title = partner.map_or(what.as_str(), |p| p.title.as_str());
                a.recipients.iter().any(|r| r.contains(title))
                    || a.categories.iter().any(|c| c.eq_ignore_ascii_case(title))
            };
            if !a.basis.is_consent() && others.iter().any(names) {
                push(&mut stands.goes_on, format!("{}: {}", a.title, a.basis.words()));
            }
        }
        Ok(stands)
    })
}

fn push(lines: &mut Vec<String>, line: String) {
    if !lines.contains(&line) {
        lines.push(line);
    }
}

/// How far a stop reaches, in words.
pub(super) fn what_words(charter: &Charter, word: &str) -> String {
    match What::from_word(word) {
        Some(What::Everything) => "everything".to_owned(),
        Some(What::Marketing) | None => "all marketing".to_owned(),
        Some(What::Purpose(p)) => {
            charter.permissions.purpose(&p).map_or(p.clone(), |x| x.title.clone())
        }
    }
}

/// What the contact decision still allows, for each purpose and channel that reaches them.
fn contact(now: &Now, who: &[Written]) -> Vec<String> {
    let settings = &now.charter.permissions;
    let rule = |class, purpose, channel: Channel| {
        let q = Question {
            channel,
            class,
            purpose,
            on: now.today,
            sender: settings,
            registers: &now.registers,
        };
        let mine = who.iter().filter(|one| one.kind == channel.address());
        mine.map(|one| now.rule(&q, *one))
            .find(|r| r.allows() || matches!(r, Rule::OverCap | Rule::Deferred))
    };
    let by = |class| {
        let used = [Channel::Email, Channel::Sms, Channel::Call, Channel::Post];
        let open = used.into_iter().filter(|c| rule(class, None, *c).is_some());
        open.map(Channel::label).collect::<Vec<_>>().join(", ")
    };
    let mut out = Vec::new();
    let service = by(Class::Service);
    if !service.is_empty() {
        out.push(format!(
            "We may still write to you ({service}) about what you ask us for or have bought. That \
             does not rest on your consent"
        ));
    }
    let notices = by(Class::Governance);
    if !notices.is_empty() {
        out.push(format!(
            "We may still send you notices of meetings and ballots ({notices}), because you are a \
             member"
        ));
    }
    for p in &settings.purposes {
        for channel in &p.channels {
            if let Some(found) = rule(Class::Marketing, Some(p), *channel) {
                let why = because(found);
                push(&mut out, format!("{}, by {}: {why}", p.title, channel.label()));
            }
        }
    }
    out
}

/// Why contact is allowed, said to the person.
fn because(rule: Rule) -> &'static str {
    match rule {
        Rule::Consent => "you said yes",
        Rule::OverCap | Rule::Deferred => "it is allowed, though you have had enough of it for now",
        Rule::SoftOptIn => "you bought from us, and have not refused this",
        Rule::CharitySoftOptIn => "you supported our charity, and have not refused this",
        Rule::Corporate => "the address belongs to a company or public body",
        Rule::NotListed => "the number is on no preference register, and you have not objected",
        Rule::Interest => "it is our legitimate interest, to which you may object at any time",
        _ => "it is no marketing",
    }
}

/// An e-mail address of theirs to which a message about their own wish may go, and the key that
/// seals it.
pub(super) fn reachable(
    office: &Office,
    org: &str,
    person: &str,
) -> Result<Option<(String, KeyId)>> {
    let now = now_blocking(office, org, false)?;
    let q = Question {
        channel: Channel::Email,
        class: Class::Service,
        purpose: None,
        on: now.today,
        sender: &now.charter.permissions,
        registers: &now.registers,
    };
    office.read(|tx| {
        let row = people::by_id(tx, org, person)?;
        if row.erased.is_some() {
            return Ok(None);
        }
        let known = people::open(tx, office.vault(), org, &row)?;
        let open = |(kind, raw): &(Kind, String)| {
            let hash = people::hash_raw(&now.hasher, *kind, raw);
            *kind == Kind::Email && hash.is_ok_and(|h| decide(&q, &now.facts(h)).allows())
        };
        Ok(known.identifiers.into_iter().find(open).map(|(_, raw)| (raw, row.key)))
    })
}
