//! The preference centre: what a person may choose, what they chose, and what is made of it. Yes is
//! a consent with the words they saw; no is a stop.

use candour_db::Tx;
use candour_screening::{Kind, PREMISES};
use jiff::SignedDuration;

use super::acts::{self, NewConsent};
use super::records::{Proof, Through, Use, Wording};
use super::standing::what_words;
use super::stops::{self, NewStop, Yes};
use super::tell::{self, in_words};
use super::terms::{Class, What};
use super::{Question, Rule, facts, now_blocking, sql, standing, withdrawals};
use crate::charter::{self, Channel, Permissions, Purpose};
use crate::error::{Error, Result};
use crate::kit::forms::sentence;
use crate::kit::web::Public;
use crate::kit::{dates, limits, links};
use crate::office::Office;
use crate::people::{self, Known, PersonRow};
use crate::proof::{By, Recorded};

/// A link to the preference centre stays open this long.
const LINK: SignedDuration = SignedDuration::from_hours(24 * 7);

/// The person behind a link.
#[derive(Clone)]
pub struct Who {
    /// They themselves acting.
    pub by: By,
    /// Their row.
    person: PersonRow,
    /// What is known of them.
    known: Known,
}

/// Sends a link to an address, if anybody is known by it. The caller is told nothing either way.
///
/// # Errors
/// The address can't be read, or of the database.
pub fn send_link(o: &Office, public: &Public, email: &str) -> Result<()> {
    let hasher = people::hasher(o.vault(), &public.by.org)?;
    let hash = people::hash_raw(&hasher, Kind::Email, email)
        .map_err(|_| Error::invalid("email", "Enter an e-mail address like name@example.org"))?;
    // Known or not: nobody's mailbox is filled through this form, and nobody learns who is known.
    limits::take_as(
        o,
        limits::What::Choices,
        &format!("{}\u{0}to", public.by.org),
        Some(&hex::encode(hash)),
    )?;
    let (by, vault, base) = (public.by.clone(), o.vault().clone(), tell::base(o));
    let (charter, to) = (public.charter.clone(), email.trim().to_owned());
    o.chore(move |tx| {
        let Some(person) = people::by_hash(tx, &by.org, hash)?.into_iter().next() else {
            return Ok(());
        };
        let token = links::make(tx, &by.org, "preferences", &person.id, by.now, LINK)?;
        let link = format!("{base}/preferences/{token}");
        tell::preference_link(tx, &vault, &by, &charter, &person, &to, &link)
    })
}

/// Opens a link.
///
/// # Errors
/// Unknown, out of date, or the person is erased: all one answer.
pub fn open_link(o: &Office, token: &str) -> Result<Who> {
    let now = o.now();
    o.read(|tx| {
        let (org, person) = links::look(tx, token, "preferences", now)?;
        let person = people::by_id(tx, &org, &person)?;
        let known = people::open(tx, o.vault(), &org, &person)?;
        Ok(Who { by: o.by_public(&org), person, known })
    })
}

/// What goes on for them, worked out from the facts.
///
/// # Errors
/// Of the database.
pub fn goes_on(o: &Office, who: &Who) -> Result<Vec<String>> {
    Ok(standing::of(o, &who.by.org, &who.person.id)?.goes_on)
}

/// One purpose by one channel, as shown.
pub struct Line {
    /// Name of the field.
    pub name: String,
    /// The purpose's title.
    pub title: String,
    /// A sentence about it.
    pub about: String,
    /// By which channel.
    pub channel: &'static str,
    /// What the person chose before; `None` if they never did.
    pub chosen: Option<bool>,
    /// What happens now, in words.
    pub now: &'static str,
}

/// Which purposes and channels this person can choose: those with an address of theirs.
fn choosable<'a>(
    purposes: &'a [Purpose],
    known: &'a Known,
) -> impl Iterator<Item = (&'a Purpose, Channel)> {
    purposes.iter().flat_map(move |p| {
        let has = |c: &Channel| known.identifiers.iter().any(|(kind, _)| *kind == c.address());
        p.channels.iter().copied().filter(move |c| has(c)).map(move |c| (p, c))
    })
}

/// What the person can choose, and what stands.
///
/// # Errors
/// Of the database.
pub fn lines(o: &Office, who: &Who) -> Result<Vec<Line>> {
    let now = now_blocking(o, &who.by.org, true)?;
    // How often they are written to is no choice of theirs: caps are left out.
    let settings = &Permissions { caps: Vec::new(), ..now.charter.permissions.clone() };
    let mut out = Vec::new();
    for (p, channel) in choosable(&settings.purposes, &who.known) {
        let raw = who.known.identifiers.iter().find(|(k, _)| *k == channel.address());
        let Some((kind, raw)) = raw else { continue };
        let who = people::written(&now.hasher, *kind, raw)?;
        let q = Question {
            channel,
            class: Class::Marketing,
            purpose: Some(p),
            on: now.today,
            sender: settings,
            registers: &now.registers,
        };
        let rule = now.rule(&q, who);
        out.push(Line {
            name: format!("{}.{}", p.short, channel.word()),
            title: p.title.clone(),
            about: p.about.clone(),
            channel: channel.label(),
            chosen: match rule {
                Rule::Consent => Some(true),
                Rule::Stopped | Rule::Refused => Some(false),
                _ => None,
            },
            now: match rule {
                Rule::Consent => "You said yes.",
                Rule::Stopped | Rule::Refused => "You said no.",
                Rule::Lapsed => "Your yes has run out, so we do not.",
                r if r.allows() => "You have not chosen. We may, until you say no.",
                _ => "You have not chosen, so we do not.",
            },
        });
    }
    Ok(out)
}

/// A yes or no to something other than contact: sharing, publishing, research.
pub struct Other {
    /// Name of the field: `other:share:lifeboat`.
    pub name: String,
    /// What it is for.
    pub title: String,
    /// The words they are asked with.
    pub text: String,
    /// What happens when they say no.
    pub if_refused: String,
    /// What stands.
    pub chosen: bool,
    /// Stopping all marketing ends it too.
    pub ends_with_all: bool,
    wording: String,
    /// The record that stands.
    record: String,
}

/// What the person was asked beside contact, and what stands: each can be withdrawn here by itself
/// as easily as it was given (UK GDPR Art 7(3)).
///
/// # Errors
/// Of the database.
pub fn others(o: &Office, who: &Who) -> Result<Vec<Other>> {
    o.read(|tx| {
        let charter = charter::current(tx, &who.by.org)?;
        let mut out: Vec<Other> = Vec::new();
        for row in sql::consents_of(tx, &who.by.org, &who.person.id)? {
            let use_kind = Use::from_word(&row.use_kind).unwrap_or(Use::Other);
            if use_kind == Use::Contact {
                continue;
            }
            let name = format!("other:{}:{}", row.use_kind, row.use_what);
            let Some((_, w, _)) = sql::wording_of(tx, &who.by.org, &row.wording, None)? else {
                continue;
            };
            out.retain(|x| x.name != name);
            out.push(Other {
                name,
                title: in_words(&charter, &row),
                text: w.text,
                if_refused: w.if_refused,
                chosen: row.state == "given",
                ends_with_all: use_kind == Use::Share && row.state == "given",
                wording: row.wording,
                record: row.id,
            });
        }
        Ok(out)
    })
}

/// Their consents and stops, oldest first, in words.
///
/// # Errors
/// Of the database.
pub fn history(o: &Office, who: &Who) -> Result<Vec<String>> {
    o.read(|tx| {
        let charter = charter::current(tx, &who.by.org)?;
        let mut all = Vec::new();
        for row in sql::consents_of(tx, &who.by.org, &who.person.id)? {
            let what = in_words(&charter, &row);
            for (n, e) in row.events.iter().enumerate() {
                // The day is the person's: when they said it, not when it was written down.
                let recorded = dates::day_of(e.at);
                let said = e.on.unwrap_or(if n == 0 { row.given_on } else { recorded });
                let what = format!("{what}, {} ({})", e.state, e.method);
                all.push((
                    e.at,
                    match said == recorded {
                        true => format!("{}: {what}", dates::moment(e.at)),
                        false => format!(
                            "{}: {what}; recorded on {}",
                            dates::long(said),
                            dates::long(recorded)
                        ),
                    },
                ));
            }
        }
        let ids = people::ids_of(tx, &who.by.org, &who.person.id)?;
        // What stands on premises may be of others.
        for (hash, _) in ids.into_iter().filter(|(_, kind)| kind != PREMISES) {
            for s in sql::stop_history(tx, &who.by.org, hash)? {
                let channel =
                    Channel::from_word(&s.channel).map_or("every channel", Channel::label);
                let what = what_words(&charter, &s.what);
                // The day is the person's; the order is that in which things were recorded.
                let at = crate::kit::made_at(&s.id).unwrap_or(o.now());
                let day = dates::long(s.on);
                all.push((at, format!("{day}: {what} by {channel}, stopped ({})", s.reason)));
            }
        }
        all.sort();
        all.dedup();
        Ok(all.into_iter().map(|(_, line)| line).collect())
    })
}

/// Saves a yes or no to what was asked beside contact; what was not touched stays. Answers whether
/// anything changed.
///
/// # Errors
/// Not on the page, or of the database.
pub fn save_others(o: &Office, who: &Who, pairs: &[(String, String)]) -> Result<bool> {
    let (shown, mut changed) = (others(o, who)?, false);
    for (name, value) in pairs.iter().filter(|(n, _)| n.starts_with("other:")) {
        let x = shown.iter().find(|x| &x.name == name);
        let x = x.ok_or_else(|| Error::invalid("choice", "This choice is not on the page"))?;
        let (by, vault) = (who.by.clone(), o.vault().clone());
        match (value.as_str(), x.chosen) {
            ("no", true) => {
                let id = x.record.clone();
                o.write(move |tx| withdrawals::withdraw(tx, &vault, &by, &id, "withdrawal"))?;
            }
            ("yes", false) => {
                let new = theirs(who, &x.wording, None, None);
                o.write(move |tx| acts::record_consent(tx, &vault, &by, &new))?;
            }
            _ => continue,
        }
        changed = true;
    }
    Ok(changed)
}

/// A yes that the person gives here and now.
fn theirs(who: &Who, wording: &str, version: Option<i64>, channel: Option<Channel>) -> NewConsent {
    NewConsent {
        who: who.known.clone(),
        wording: wording.to_owned(),
        version,
        channel,
        yes: true,
        on: dates::day_of(who.by.now),
        method: "preference-centre".into(),
        proof: Proof {
            evidence: "Chosen by the person through a link sent to their address".into(),
            collector: "preference centre".into(),
            representative: None,
        },
        through: Through::Person,
    }
}

/// One choice of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    purpose: String,
    channel: Channel,
    yes: bool,
}

impl Choice {
    /// Reads a field of the form: `events.email` = `yes`.
    pub fn read(name: &str, value: &str) -> Option<Self> {
        let (purpose, channel) = name.rsplit_once('.')?;
        let yes = match value {
            "yes" => true,
            "no" => false,
            _ => return None,
        };
        Some(Self { purpose: purpose.to_owned(), channel: Channel::from_word(channel)?, yes })
    }
}

/// Saves what was chosen; what was not touched stays as it is. Answers whether anything changed.
///
/// # Errors
/// A choice that is not on the page, or of the database.
pub fn save(o: &Office, who: &Who, chosen: &[Choice]) -> Result<bool> {
    let (shown, mut changed) = (lines(o, who)?, false);
    for c in chosen {
        let name = format!("{}.{}", c.purpose, c.channel.word());
        let line = shown
            .iter()
            .find(|l| l.name == name)
            .ok_or_else(|| Error::invalid("choice", "This choice is not on the page"))?;
        if line.chosen == Some(c.yes) {
            continue;
        }
        changed |= if c.yes { say_yes(o, who, c)? } else { say_no(o, who, c)? };
    }
    Ok(changed)
}

/// Whether their own yes stands, in date, and no stop of theirs is left that it would change: what
/// the page shows as no may be the no of somebody who shares the address.
fn is_yes(tx: &mut Tx<'_>, who: &Who, c: &Choice) -> Result<bool> {
    let (by, id, today) = (&who.by, &who.person.id, dates::day_of(who.by.now));
    let said = facts::said_of(&sql::consents_of(tx, &by.org, id)?);
    let last = said.iter().find(|s| s.channel == c.channel && s.purpose == c.purpose);
    if !last.is_some_and(|s| s.yes && s.until.is_none_or(|until| until >= today)) {
        return Ok(false);
    }
    let ids = people::ids_of(tx, &by.org, id)?;
    let yes = Yes { channel: c.channel, purpose: &c.purpose, on: today, through: Through::Person };
    Ok(stops::answered(tx, by, id, &ids, &yes)?.is_empty())
}

fn say_yes(o: &Office, who: &Who, c: &Choice) -> Result<bool> {
    let (by, vault) = (who.by.clone(), o.vault().clone());
    let new = theirs(who, "", None, Some(c.channel));
    let (c, who) = (c.clone(), who.clone());
    o.write(move |tx| {
        if is_yes(tx, &who, &c)? {
            return Ok(Recorded::nothing(&by, false));
        }
        let (wording, version) = wording(tx, &by, &c)?;
        let new = NewConsent { wording, version: Some(version), ..new.clone() };
        Ok(acts::record_consent(tx, &vault, &by, &new)?.map(|_| true))
    })
}

/// The words that the page shows beside a choice, kept as a wording so that they can be proved. A
/// changed title makes a new version.
fn wording(tx: &mut Tx<'_>, by: &By, c: &Choice) -> Result<(String, i64)> {
    let charter = charter::current(tx, &by.org)?;
    let p = charter.permissions.purpose(&c.purpose).ok_or(Error::NotFound("the purpose"))?;
    let mut short = format!("page-{}-{}", c.purpose, c.channel.word());
    short.truncate(40);
    let about = if p.about.is_empty() { String::new() } else { format!(" {}", p.about) };
    let w = Wording {
        short: short.clone(),
        use_kind: Use::Contact,
        use_what: c.purpose.clone(),
        channels: vec![c.channel],
        text: sentence(&format!("{}, by {}: yes.{about}", p.title, c.channel.label())),
        if_refused: "We do not contact you about this.".into(),
        notice: format!("charter version {}", charter::version(tx, &by.org)?),
        explicit: false,
        language: "en-GB".into(),
    };
    match sql::wording_of(tx, &by.org, &short, None)? {
        Some((v, old, _)) if old.text == w.text && old.channels == w.channels => Ok((short, v)),
        last => {
            let version = last.map_or(1, |(v, _, _)| v + 1);
            sql::insert_wording(tx, &by.org, &w, version, by.now, &by.actor)?;
            Ok((short, version))
        }
    }
}

fn say_no(o: &Office, who: &Who, c: &Choice) -> Result<bool> {
    stop_for(o, who, Some(c.channel), What::Purpose(c.purpose.clone()))
}

/// Stops all marketing by every channel. Answers whether that changed anything; said again on a
/// later day it does, because it answers every yes between.
///
/// # Errors
/// Of the database.
pub fn stop_all(o: &Office, who: &Who) -> Result<bool> {
    stop_for(o, who, None, What::Marketing)
}

fn stop_for(o: &Office, who: &Who, channel: Option<Channel>, what: What) -> Result<bool> {
    let ids = o.read(|tx| people::ids_of(tx, &who.by.org, &who.person.id))?;
    let wanted = |kind: &str| channel.is_none_or(|c| c.address().name() == kind);
    let Some((hash, kind)) = ids.iter().find(|(_, k)| wanted(k)).cloned() else {
        return Ok(false);
    };
    // One identifier is enough: a stop reaches every one of its person's that it concerns.
    let new =
        NewStop { hash, kind, channel, what, reason: "objection", on: dates::day_of(who.by.now) };
    let (by, vault, id) = (who.by.clone(), o.vault().clone(), who.person.id.clone());
    o.write(move |tx| {
        if stops::stands(tx, &by, &new, &id, &ids)? {
            return Ok(Recorded::nothing(&by, false));
        }
        Ok(stops::stop(tx, &vault, &by, &new)?.map(|_| true))
    })
}
