//! What is shown of permissions: everything about an address.

use candour_db::Tx;
use serde::Serialize;

use super::records::Kept;
use super::standing::what_words;
use super::tell::in_words;
use super::terms::{Class, Spared};
use super::{Question, Rule, needs_registers, now_blocking, sql};
use crate::charter::{Channel, Charter};
use crate::error::Result;
use crate::office::Office;
use crate::people::{self, Written};

/// What may be done with an address by one channel for one purpose.
#[derive(Debug, Serialize)]
pub struct May {
    /// By which channel.
    pub channel: Channel,
    /// Its name on screens.
    pub by: &'static str,
    /// For which purpose: short name.
    pub purpose: String,
    /// Its title.
    pub title: String,
    /// The rule that decides.
    pub rule: Rule,
    /// Whether contact is allowed.
    pub allowed: bool,
    /// Why.
    pub why: &'static str,
}

/// A consent, as shown.
#[derive(Debug, Serialize)]
pub struct ShownConsent {
    /// Id.
    pub id: String,
    /// What for, in words.
    pub what: String,
    /// State now.
    pub state: String,
    /// When the person answered.
    pub on: jiff::civil::Date,
    /// How.
    pub method: String,
    /// Which words they saw.
    pub wording: String,
    /// Its last day.
    pub until: Option<jiff::civil::Date>,
}

/// A stop, as shown.
#[derive(Debug, Serialize)]
pub struct ShownStop {
    /// By which channel, in words.
    pub channel: &'static str,
    /// How far, in words.
    pub what: String,
    /// What the person agreed to later, in words.
    pub but: Vec<String>,
    /// Why.
    pub reason: String,
    /// Since when.
    pub on: jiff::civil::Date,
    /// Lifted by a later yes.
    pub lifted: bool,
    /// Said of another address at the same premises.
    pub premises: bool,
}

/// Everything about an address.
#[derive(Debug, Default, Serialize)]
pub struct Shown {
    /// The persons who have it, by id.
    pub persons: Vec<String>,
    /// What may be done.
    pub may: Vec<May>,
    /// Consents, oldest first.
    pub consents: Vec<ShownConsent>,
    /// Stops, oldest first.
    pub stops: Vec<ShownStop>,
    /// Other grounds, in words.
    pub grounds: Vec<String>,
}

impl Shown {
    /// Adds the stops on the premises of an address that were not said of it itself.
    fn stops_there(
        &mut self,
        tx: &mut Tx<'_>,
        charter: &Charter,
        org: &str,
        one: Written,
    ) -> Result<()> {
        let Some(premises) = one.premises else { return Ok(()) };
        for s in sql::stops_on(tx, org, premises)? {
            let stop = ShownStop { premises: true, ..shown_stop(charter, &s) };
            let same =
                |o: &ShownStop| (&o.what, o.channel, o.on) == (&stop.what, stop.channel, stop.on);
            if !self.stops.iter().any(same) {
                self.stops.push(stop);
            }
        }
        Ok(())
    }

    /// For a terminal.
    pub fn lines(&self) -> Vec<String> {
        let mut out = Vec::new();
        for m in &self.may {
            let yes = if m.allowed { "yes" } else { "no " };
            out.push(format!("{yes}  {} by {}: {}", m.title, m.by, m.why));
        }
        for c in &self.consents {
            out.push(format!("consent {}: {} ({}, {}), {}", c.state, c.what, c.on, c.method, c.id));
        }
        for g in &self.grounds {
            out.push(format!("ground: {g}"));
        }
        for s in &self.stops {
            let lifted = if s.lifted { ", lifted" } else { "" };
            let but = if s.but.is_empty() { String::new() } else { ", but not ".to_owned() };
            let (what, but) = (&s.what, but + &s.but.join("; "));
            let premises = if s.premises { ", for the same premises" } else { "" };
            out.push(format!(
                "stop: {}, {what}{but} ({}, {}{lifted}{premises})",
                s.channel, s.reason, s.on
            ));
        }
        if out.is_empty() {
            out.push("Nothing is known about this address".into());
        }
        out
    }
}

/// Everything about an address or number, for the officer and the person.
///
/// # Errors
/// Of the database.
pub fn of_hashes(office: &Office, org: &str, who: &[Written]) -> Result<Shown> {
    let now = now_blocking(office, org, true)?;
    let mut shown = Shown::default();
    let settings = &now.charter.permissions;
    for one in who {
        for p in &settings.purposes {
            for channel in p.channels.iter().filter(|c| c.address() == one.kind) {
                let q = Question {
                    channel: *channel,
                    class: Class::Marketing,
                    purpose: Some(p),
                    on: now.today,
                    sender: settings,
                    registers: &now.registers,
                };
                debug_assert!(
                    !needs_registers(*channel) || now.registers.len() >= now.listed.len()
                );
                let rule = now.rule(&q, *one);
                shown.may.push(May {
                    channel: *channel,
                    by: channel.label(),
                    purpose: p.short.clone(),
                    title: p.title.clone(),
                    rule,
                    allowed: rule.allows(),
                    why: rule.why(),
                });
            }
        }
        office.read(|tx| {
            for s in sql::stop_history(tx, org, one.hash)? {
                shown.stops.push(shown_stop(&now.charter, &s));
            }
            shown.stops_there(tx, &now.charter, org, *one)?;
            for p in people::by_hash(tx, org, one.hash)? {
                if shown.persons.contains(&p.id) {
                    continue;
                }
                for c in sql::consents_of(tx, org, &p.id)? {
                    shown.consents.push(ShownConsent {
                        id: c.id.clone(),
                        what: in_words(&now.charter, &c),
                        state: c.state.clone(),
                        on: c.given_on,
                        method: c.method.clone(),
                        wording: format!("{} {}", c.wording, c.wording_version),
                        until: c.until,
                    });
                }
                for g in sql::grounds_of(tx, org, &p.id)? {
                    let offered = if g.refusal_offered { "" } else { "not " };
                    let what = if g.ground == "sale" { "a sale" } else { "support" };
                    shown.grounds.push(format!(
                        "details from {what} on {}, a way to refuse {offered}offered",
                        g.on
                    ));
                }
                shown.persons.push(p.id);
            }
            Ok(())
        })?;
    }
    Ok(shown)
}

pub(super) fn shown_stop(charter: &Charter, s: &Kept) -> ShownStop {
    let title = |p: &str| {
        let known = charter.permissions.purpose(p);
        known.map_or_else(|| p.to_owned(), |p| p.title.clone())
    };
    let spared = Spared::read(&s.spared);
    ShownStop {
        channel: Channel::from_word(&s.channel).map_or("every channel", Channel::label),
        what: what_words(charter, &s.what),
        but: spared
            .iter()
            .map(|x| format!("{} by {}", title(&x.purpose), x.channel.label()))
            .collect(),
        reason: s.reason.clone(),
        on: s.on,
        lifted: s.ended.is_some(),
        premises: false,
    }
}
