//! From rows to facts: of one identifier by its own rows, of all of them in streams.

pub(super) mod sql;

use std::collections::HashMap;
use std::sync::Arc;

use candour_db::Tx;
use candour_screening::{Book, PREMISES};
use jiff::civil::Date;

use super::records::{ConsentRow, Use};
use super::sql as rows;
use super::terms::{Facts, Got, Register, Said, Spared, Stop, Subscriber, What};
use crate::charter::{Channel, Permissions};
use crate::error::{Error, Result};
use crate::people::{self, Hash16};

/// The key of an identifier in a [`Book`].
pub fn key(hash: Hash16) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(&hash);
    key
}

/// The facts of every identifier known, as they stood at one version. Equal facts are kept once.
#[derive(Clone)]
pub struct Known {
    /// Identifier to the number of its facts.
    book: Book,
    /// The facts by number. Number 0 is "nothing known".
    all: Vec<Arc<Facts>>,
    numbers: HashMap<Arc<Facts>, u32>,
    /// The version of the permissions that this is.
    pub version: u64,
    /// The version of the charter that it was read for.
    pub charter_version: i64,
}

impl Known {
    fn empty() -> Self {
        let (book, all, numbers) = (Book::default(), Vec::new(), HashMap::new());
        let mut known = Self { book, all, numbers, version: 0, charter_version: 0 };
        known.number(Facts::default());
        known
    }

    fn number(&mut self, mut facts: Facts) -> u32 {
        facts.sort();
        if let Some(n) = self.numbers.get(&facts) {
            return *n;
        }
        let n = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let facts = Arc::new(facts);
        self.all.push(Arc::clone(&facts));
        self.numbers.insert(facts, n);
        n
    }

    /// The facts of an identifier.
    pub fn of(&self, hash: Hash16) -> &Facts {
        let n = self.book.get(&key(hash)).unwrap_or(0);
        &self.all[n as usize]
    }

    /// Whether anything is known of an identifier.
    pub fn has(&self, hash: Hash16) -> bool {
        self.book.get(&key(hash)).is_some()
    }

    /// How many identifiers something is known of.
    pub fn len(&self) -> usize {
        self.book.len()
    }

    /// The identifiers' book, for a screening.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Every set of facts, by number.
    pub fn facts(&self) -> &[Arc<Facts>] {
        &self.all
    }

    /// Replaces the facts of an identifier.
    pub fn put(&mut self, hash: Hash16, facts: Facts) {
        let n = self.number(facts);
        if n == 0 {
            self.book.remove(&key(hash));
        } else {
            self.book.set(key(hash), n);
        }
    }

    /// Adds to the facts of an identifier.
    pub fn add(&mut self, hash: Hash16, more: impl FnOnce(&mut Facts)) {
        let mut facts = self.of(hash).clone();
        more(&mut facts);
        self.put(hash, facts);
    }
}

fn stop_of((channel, what, spared): (&str, &str, &str)) -> Result<Stop> {
    let what = What::from_word(what)
        .ok_or_else(|| Error::fault("a stop reaches as far as nobody can tell"))?;
    Ok(Stop { channel: Channel::from_word(channel), what, spared: Spared::read(spared) })
}

/// The latest word on each channel and purpose, by the day it was said.
pub(super) fn said_of(rows: &[ConsentRow]) -> Vec<Said> {
    let mut latest: HashMap<(Channel, &str), &ConsentRow> = HashMap::new();
    for row in rows.iter().filter(|r| r.use_kind == Use::Contact.word()) {
        let Some(channel) = row.channel() else { continue };
        let last = latest.entry((channel, row.use_what.as_str())).or_insert(row);
        if row.outweighs(last) {
            *last = row;
        }
    }
    let said = |((channel, purpose), row): ((Channel, &str), &ConsentRow)| Said {
        channel,
        purpose: purpose.to_owned(),
        yes: row.is_yes(),
        until: row.until,
    };
    latest.into_iter().map(said).collect()
}

/// The facts of one identifier, from its own rows.
///
/// # Errors
/// Of the database, or a row that can't be read.
pub fn of_one(
    tx: &mut Tx<'_>,
    org: &str,
    settings: &Permissions,
    hash: Hash16,
    today: Date,
) -> Result<Facts> {
    let mut facts = Facts::default();
    for s in rows::stops_on(tx, org, hash)? {
        facts.stops.push(stop_of((&s.channel, &s.what, &s.spared))?);
        facts.premises |= s.kind == PREMISES;
    }
    let persons = people::by_hash(tx, org, hash)?;
    facts.subscriber = careful(persons.iter().map(|p| Subscriber::from_word(&p.subscriber)));
    for p in persons {
        facts.member |= p.member;
        facts.said.extend(said_of(&rows::consents_of(tx, org, &p.id)?));
        for g in rows::grounds_of(tx, org, &p.id)? {
            add_ground(&mut facts, &g.ground, Got { on: g.on, refusal_offered: g.refusal_offered });
        }
    }
    if settings.longest_cap() > 0 {
        for (channel, on) in sql::deliveries_to(tx, org, hash, since(settings, today))? {
            facts.delivered.extend(Channel::from_word(&channel).map(|c| (c, on)));
        }
    }
    facts.sort();
    Ok(facts)
}

/// How far back any cap looks.
pub fn since(settings: &Permissions, today: Date) -> Date {
    let days = i64::from(settings.longest_cap());
    today.checked_sub(jiff::SignedDuration::from_hours(24 * days)).unwrap_or(Date::MIN)
}

/// One address of several persons: the more careful reading holds. It is a company's only if it is
/// that of each of them.
fn careful(kinds: impl Iterator<Item = Subscriber>) -> Subscriber {
    let more = |a: Subscriber, b: Subscriber| match (a, b) {
        (a, b) if a == b => a,
        (Subscriber::Individual, _) | (_, Subscriber::Individual) => Subscriber::Individual,
        _ => Subscriber::Unknown,
    };
    kinds.reduce(more).unwrap_or_default()
}

fn add_ground(facts: &mut Facts, ground: &str, got: Got) {
    let place = if ground == "sale" { &mut facts.sale } else { &mut facts.support };
    // Of several who share the address: the one with whom less is allowed.
    *place = Some(match place.take() {
        None => got,
        Some(other) => Got {
            on: other.on.min(got.on),
            refusal_offered: other.refusal_offered && got.refusal_offered,
        },
    });
}

/// Everything, read in pages. The rows of identifiers without a person are stops and deliveries
/// only, so most need no second look.
///
/// # Errors
/// Of the database.
pub fn of_all(tx: &mut Tx<'_>, org: &str, settings: &Permissions, today: Date) -> Result<Known> {
    let mut known = Known::empty();
    known.version = rows::version(tx, org)?;
    let mut trouble = None;
    sql::each_stop(tx, org, |hash, kind, stop| match stop_of(stop) {
        Ok(stop) => known.add(hash, |f| {
            f.stops.push(stop);
            f.premises |= kind == PREMISES;
        }),
        Err(e) => trouble = Some(e),
    })?;
    if let Some(e) = trouble {
        return Err(e);
    }
    if settings.longest_cap() > 0 {
        sql::each_delivery(tx, org, since(settings, today), |hash, channel, on| {
            if let Some(c) = Channel::from_word(channel) {
                known.add(hash, |f| f.delivered.push((c, on)));
            }
        })?;
    }
    let mut after = String::new();
    loop {
        let page = sql::persons_after(tx, org, &after, 2000)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        add_page(&mut known, &page);
    }
    // What several persons share is read as of one identifier, all of them at once.
    for hash in sql::shared(tx, org)? {
        let facts = of_one(tx, org, settings, hash, today)?;
        known.put(hash, facts);
    }
    Ok(known)
}

fn add_page(known: &mut Known, page: &[sql::PersonFacts]) {
    for p in page {
        let said = said_of(&p.consents);
        for hash in &p.hashes {
            known.add(*hash, |f| {
                f.subscriber = Subscriber::from_word(&p.subscriber);
                f.member |= p.member;
                f.said.extend(said.iter().cloned());
                for g in &p.grounds {
                    let got = Got { on: g.on, refusal_offered: g.refusal_offered };
                    add_ground(f, &g.ground, got);
                }
            });
        }
    }
}

/// Adds an entry of a register to a copy, for a screening.
pub fn with_register(known: &mut Known, register: Register, hash: Hash16, day: u32) {
    let since = super::registers::day_of_number(day);
    known.add(hash, |f| f.listed.push((register, since)));
}
