//! Stops: put on the list at once, and on every identifier of their person, also one that is
//! learned later, and on the premises of a postal address. Nothing but the person's own later yes
//! narrows them: see [`Yes`].

use candour_db::Tx;
use candour_screening::{Kind, PREMISES};
use jiff::civil::Date;

use super::records::{Kept, Through};
use super::terms::{Spared, What};
use super::{outlive, sql, tell, withdrawals};
use crate::charter::{self, Channel, Permissions};
use crate::error::Result;
use crate::kit::new_id;
use crate::kit::vault::Vault;
use crate::people::{self, Hash16, PersonRow, Written};
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// What is to be stopped.
#[derive(Debug, Clone)]
pub struct NewStop {
    /// One identifier: its keyed hash and kind.
    pub hash: Hash16,
    /// Its kind's name.
    pub kind: String,
    /// One channel, or all.
    pub channel: Option<Channel>,
    /// How far.
    pub what: What,
    /// Why, as a word: `unsubscribe`, `objection`, `bounce`, `complaint`, `erasure`, `import`.
    pub reason: &'static str,
    /// Since when.
    pub on: Date,
}

impl NewStop {
    /// The stop as it is kept for one identifier.
    fn kept(&self, hash: Hash16, kind: &str, by: &By) -> Kept {
        Kept {
            id: new_id(by.now),
            hash,
            kind: kind.to_owned(),
            channel: self.channel.map_or(String::new(), |c| c.word().to_owned()),
            what: self.what.word(),
            reason: self.reason.to_owned(),
            on: self.on,
            ended: None,
            spared: String::new(),
        }
    }

    /// Who stops all marketing by every channel does not want to be given to others for theirs.
    pub(super) fn ends_sharing(&self) -> bool {
        self.channel.is_none() && !matches!(self.what, What::Purpose(_))
    }

    /// What stops, in words: `All marketing, by every channel`.
    pub(super) fn words(&self, settings: &Permissions) -> String {
        let what = match &self.what {
            What::Everything => "everything",
            What::Marketing => "all marketing",
            What::Purpose(p) => settings.purpose(p).map_or(p.as_str(), |p| &p.title),
        };
        format!("{what}, by {}", self.channel.map_or("every channel", Channel::label))
    }
}

/// Why a stop can be, as words.
pub const REASONS: [&str; 9] = [
    "unsubscribe",
    "objection",
    "bounce",
    "complaint",
    "vulnerable",
    "erasure",
    "import",
    "withdrawal",
    "other",
];

/// One wish and what came of it.
#[derive(Default)]
struct Reached {
    /// Ids of the rows that are new.
    added: Vec<String>,
    /// Every identifier that it concerns.
    hashes: Vec<Hash16>,
    /// Whose wish it is, where they are known.
    persons: Vec<PersonRow>,
    /// Consents that it contradicts, withdrawn.
    acts: Vec<Act>,
}

/// Puts one wish on the list: the identifier, and where its person is known every identifier of
/// theirs that the stop concerns. Consents it contradicts are withdrawn; a company for which the
/// person is held is told, and partners who have the data.
fn reach(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    new: &NewStop,
    premises: Option<Hash16>,
) -> Result<Reached> {
    let persons = people::by_hash(tx, &by.org, new.hash)?;
    // A bounce says something of one address only; a person's wish of all that are theirs.
    let wish = new.reason != "bounce";
    let mut ids = vec![(new.hash, new.kind.clone())];
    let there = premises.filter(|_| wish && concerns(new.channel, PREMISES));
    ids.extend(there.map(|hash| (hash, PREMISES.to_owned())));
    for p in persons.iter().filter(|_| wish) {
        for (hash, kind) in people::reached(tx, vault, by, p)? {
            if concerns(new.channel, &kind) && !ids.iter().any(|(h, _)| *h == hash) {
                ids.push((hash, kind));
            }
        }
    }
    let mut done = Reached::default();
    for (hash, kind) in &ids {
        done.added.extend(put(tx, by, &new.kept(*hash, kind, by))?);
        done.hashes.push(*hash);
    }
    for p in persons.iter().filter(|_| wish) {
        done.acts.extend(withdrawals::by_stop(tx, vault, by, p, new)?);
        // Who was told already is not told again because it was said again.
        if !done.added.is_empty() && p.company.is_some() {
            let settings = charter::current(tx, &by.org)?.permissions;
            let about = tell::About::of(p);
            tell::company(tx, vault, by, &about, &new.words(&settings))?;
        }
    }
    done.persons = persons;
    Ok(done)
}

/// Whether a stop by this channel, or all, concerns an identifier of this kind.
fn concerns(channel: Option<Channel>, kind: &str) -> bool {
    let kind = if kind == PREMISES { Kind::Address.name() } else { kind };
    channel.is_none_or(|c| c.address().name() == kind)
}

/// Stops many identifiers of one kind at once, under one entry: a file. Each of them reaches as far
/// as one that is told alone.
///
/// # Errors
/// Denied, or of the database.
pub fn stop_many(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    model: &NewStop,
    many: &[Written],
) -> Result<Recorded<usize>> {
    by.role.may(Permission::StopContact)?;
    let model = reaching(tx, by, model)?;
    let mut all = Reached::default();
    for one in many {
        let new = NewStop { hash: one.hash, ..model.clone() };
        let one = reach(tx, vault, by, &new, one.premises)?;
        all.added.extend(one.added);
        all.hashes.extend(one.hashes);
        all.acts.extend(one.acts);
    }
    if !all.hashes.is_empty() {
        sql::touch(tx, &by.org, &all.hashes)?;
    }
    tell::hooks(tx, by, "suppression.added", &all.added)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let n = all.added.len();
    let act = Act::new("suppression.imported")
        .about("suppression", &new_id(by.now))
        .law("UK GDPR Art 21(3)")
        .say(&key, format!("{n} for {} identifiers, {}", many.len(), model.what.word()));
    Ok(all.acts.into_iter().fold(Recorded::new(by, n, act), Recorded::and))
}

/// A stop is never said in vain: one for a purpose that the charter does not have, or has no more,
/// would block nothing, so it is taken for all marketing (UK GDPR Art 21(3)).
fn reaching(tx: &mut Tx<'_>, by: &By, new: &NewStop) -> Result<NewStop> {
    let mut new = new.clone();
    if let What::Purpose(p) = &new.what
        && charter::current(tx, &by.org)?.permissions.purpose(p).is_none()
    {
        new.what = What::Marketing;
    }
    Ok(new)
}

/// Stops contact at once (UK GDPR Art 21(3)): the identifier, and where its person is known every
/// identifier of theirs that the stop concerns; consents it contradicts are withdrawn. A company
/// for which the person is held is told, as are partners who had the data; the person is, when it
/// was staff who recorded it. For an identifier of which the hash alone is known.
///
/// # Errors
/// Denied, or of the database.
pub fn stop(tx: &mut Tx<'_>, vault: &Vault, by: &By, new: &NewStop) -> Result<Recorded<usize>> {
    stop_at(tx, vault, by, new, None)
}

/// [`stop`], also at the premises of a postal address: letters go to premises, however much of
/// street and town a list writes (UK GDPR Art 21(3)).
///
/// # Errors
/// Denied, or of the database.
pub fn stop_at(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    new: &NewStop,
    premises: Option<Hash16>,
) -> Result<Recorded<usize>> {
    by.role.may(Permission::StopContact)?;
    let new = &reaching(tx, by, new)?;
    let done = reach(tx, vault, by, new, premises)?;
    sql::touch(tx, &by.org, &done.hashes)?;
    tell::hooks(tx, by, "suppression.added", &done.added)?;
    for p in done.persons.iter().filter(|_| new.reason != "bounce") {
        tell::person_later(tx, by, &p.id)?;
    }
    let settings = charter::current(tx, &by.org)?.permissions;
    let scope = format!("No more contact: {} ({})", new.words(&settings), new.reason);
    let key = match done.persons.first() {
        Some(p) => p.key.clone(),
        None => vault.key_for(tx, &by.org, "office", by.now)?,
    };
    let mut act = Act::new("suppression.added");
    if let Some(p) = done.persons.first() {
        act = act.about("person", &p.id);
    }
    for id in &done.added {
        act = act.about("suppression", id);
    }
    if done.added.is_empty() && done.persons.is_empty() {
        // It stood already; that it was said again has an entry of its own.
        act = act.about("suppression", &new_id(by.now));
    }
    let act = act.law("UK GDPR Art 21(3)").say(&key, scope);
    let n = done.added.len();
    Ok(done.acts.into_iter().fold(Recorded::new(by, n, act), Recorded::and))
}

/// Puts one identifier on the list; answers the row's id, or nothing if it stands there already. A
/// stop said again on a later day stands beside the first, so that no yes between them lifts both;
/// an erasure's stands beside any other. A file says nothing of the day, so it adds no second one.
pub(super) fn put(tx: &mut Tx<'_>, by: &By, new: &Kept) -> Result<Option<String>> {
    if is_covered(tx, by, new)? {
        return Ok(None);
    }
    keep(tx, by, new)?;
    Ok(Some(new.id.clone()))
}

fn is_covered(tx: &mut Tx<'_>, by: &By, new: &Kept) -> Result<bool> {
    let spared = Spared::read(&new.spared);
    let covers = |s: &Kept| {
        s.channel == new.channel
            && s.what == new.what
            && Spared::read(&s.spared).iter().all(|x| spared.contains(x))
            && (new.reason == "import"
                || (s.on >= new.on && (new.reason != "erasure" || s.reason == "erasure")))
    };
    Ok(sql::stops_on(tx, &by.org, new.hash)?.iter().any(covers))
}

/// Whether a stop said by its person would add nothing: it stands on all that is theirs since that
/// day, and contradicts no consent.
pub(super) fn stands(
    tx: &mut Tx<'_>,
    by: &By,
    new: &NewStop,
    who: &str,
    ids: &[(Hash16, String)],
) -> Result<bool> {
    for (hash, kind) in ids.iter().filter(|(_, kind)| concerns(new.channel, kind)) {
        if !is_covered(tx, by, &new.kept(*hash, kind, by))? {
            return Ok(false);
        }
    }
    let consents = sql::consents_of(tx, &by.org, who)?;
    Ok(!consents.iter().any(|c| c.state == "given" && withdrawals::contradicts(new, c)))
}

/// Keeps a stop, and a note of it for the journal.
fn keep(tx: &mut Tx<'_>, by: &By, stop: &Kept) -> Result<()> {
    sql::insert_stop(tx, &by.org, stop, by.now)?;
    outlive::note_stop(tx, by, stop)
}

/// Puts one stop on identifiers of a person, answers the new rows.
pub(super) fn put_all(
    tx: &mut Tx<'_>,
    by: &By,
    new: &NewStop,
    ids: &[(Hash16, String)],
) -> Result<Vec<String>> {
    let mut added = Vec::new();
    for (hash, kind) in ids.iter().filter(|(_, kind)| concerns(new.channel, kind)) {
        added.extend(put(tx, by, &new.kept(*hash, kind, by))?);
    }
    Ok(added)
}

/// A yes that may narrow stops. It answers a stop only if the person gave it after the stop: on a
/// later day, or on the same day if they said it themselves or staff heard it and say what proves
/// it. A file or a program may bring an older yes on the same day, so theirs does not count then;
/// and the stop of an erased person none of theirs answers, whatever its day: it is the old list
/// that comes back (UK GDPR Arts 7(3), 17(3)(b), 21(3)).
pub(super) struct Yes<'a> {
    /// By which channel.
    pub channel: Channel,
    /// For which purpose.
    pub purpose: &'a str,
    /// When it was given.
    pub on: Date,
    /// Through whom it came.
    pub through: Through,
}

impl Yes<'_> {
    fn answers(&self, stop: &Kept) -> bool {
        let heard = self.through.is_heard();
        let later = self.on > stop.on || (self.on == stop.on && heard);
        let all = stop.what == What::Everything.word();
        self.is_against(stop) && !all && later && (heard || stop.reason != "erasure")
    }

    /// Whether the stop says no to what this says yes to.
    fn is_against(&self, stop: &Kept) -> bool {
        let here = stop.channel.is_empty() || stop.channel == self.channel.word();
        here && match What::from_word(&stop.what) {
            Some(What::Purpose(p)) => p == self.purpose,
            Some(What::Marketing | What::Everything) => true,
            None => false,
        }
    }

    fn spared(&self) -> Spared {
        Spared { channel: self.channel, purpose: self.purpose.to_owned() }
    }

    /// What is left of a stop: everything but this channel and purpose, also what the charter does
    /// not know yet. Nothing if the stop was for these alone; one on premises stays for whatever
    /// rests on no yes, since it may be a neighbour's too.
    fn narrow(&self, stop: &Kept, by: &By) -> Option<Kept> {
        let whole = stop.kind != PREMISES
            && stop.channel == self.channel.word()
            && stop.what == What::Purpose(self.purpose.to_owned()).word();
        let mut spared = Spared::read(&stop.spared);
        spared.push(self.spared());
        spared.sort();
        spared.dedup();
        let spared = Spared::write(&spared);
        (!whole).then(|| Kept { id: new_id(by.now), spared, ..stop.clone() })
    }
}

/// Narrows the stops that a later yes of the person answers. Those on an address that somebody else
/// has as well stay: they may be theirs.
pub(super) fn lift(
    tx: &mut Tx<'_>,
    by: &By,
    who: &str,
    ids: &[(Hash16, String)],
    yes: &Yes<'_>,
) -> Result<()> {
    let mut narrowed = Vec::new();
    for (stop, rest) in answered(tx, by, who, ids, yes)? {
        sql::end_stop(tx, &by.org, &stop.id, by.now)?;
        if let Some(rest) = rest {
            keep(tx, by, &rest)?;
            narrowed.push(rest.id);
        }
    }
    tell::hooks(tx, by, "suppression.added", &narrowed)
}

/// The stops that a yes changes, each with what is left of it.
pub(super) fn answered(
    tx: &mut Tx<'_>,
    by: &By,
    who: &str,
    ids: &[(Hash16, String)],
    yes: &Yes<'_>,
) -> Result<Vec<(Kept, Option<Kept>)>> {
    let mut all = Vec::new();
    for (hash, kind) in ids {
        let mut standing = sql::stops_on(tx, &by.org, *hash)?;
        standing.retain(|s| yes.answers(s));
        let others = |tx: &mut Tx<'_>| match kind == PREMISES {
            true => is_of_others(tx, by, *hash, who, yes),
            false => is_shared(tx, by, *hash, who),
        };
        if standing.is_empty() || others(tx)? {
            continue;
        }
        for stop in standing {
            let rest = yes.narrow(&stop, by);
            if rest.as_ref().is_none_or(|r| r.spared != stop.spared) {
                all.push((stop, rest));
            }
        }
    }
    Ok(all)
}

fn is_shared(tx: &mut Tx<'_>, by: &By, hash: Hash16, who: &str) -> Result<bool> {
    Ok(people::by_hash(tx, &by.org, hash)?.iter().any(|p| p.id != who))
}

/// Whether somebody else at these premises has said no to the same at their own address: then the
/// stop on the premises may be theirs.
fn is_of_others(
    tx: &mut Tx<'_>,
    by: &By,
    premises: Hash16,
    who: &str,
    yes: &Yes<'_>,
) -> Result<bool> {
    let no = |s: &Kept| yes.is_against(s) && !Spared::read(&s.spared).contains(&yes.spared());
    for other in people::at_premises(tx, &by.org, premises)?.iter().filter(|p| *p != who) {
        for (hash, kind) in people::ids_of(tx, &by.org, other)? {
            let address = kind == Kind::Address.name();
            if address && sql::stops_on(tx, &by.org, hash)?.iter().any(no) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Lets the stops of a person reach every identifier of theirs, after one has joined. A stop on an
/// address that somebody else has as well may be theirs and goes no further; nor does one on
/// premises, which says nothing of a person.
pub(super) fn share(tx: &mut Tx<'_>, by: &By, who: &str, ids: &[(Hash16, String)]) -> Result<()> {
    let mut all = Vec::new();
    for (hash, _) in ids.iter().filter(|(_, kind)| kind != PREMISES) {
        let mut standing = sql::stops_on(tx, &by.org, *hash)?;
        standing.retain(|s| s.reason != "bounce");
        if !standing.is_empty() && !is_shared(tx, by, *hash, who)? {
            all.extend(standing);
        }
    }
    spread(tx, by, &all, ids)
}

fn spread(tx: &mut Tx<'_>, by: &By, stops: &[Kept], ids: &[(Hash16, String)]) -> Result<()> {
    let mut added = Vec::new();
    for stop in stops {
        let channel = Channel::from_word(&stop.channel);
        for (hash, kind) in ids.iter().filter(|(h, k)| *h != stop.hash && concerns(channel, k)) {
            let id = new_id(by.now);
            let kept = Kept { id, hash: *hash, kind: kind.clone(), ..stop.clone() };
            added.extend(put(tx, by, &kept)?);
        }
    }
    tell::hooks(tx, by, "suppression.added", &added)
}

/// The stops that an erased person left on these identifiers; whoever lives there now is not they.
pub(super) fn erased(tx: &mut Tx<'_>, by: &By, ids: &[(Hash16, String)]) -> Result<Vec<Kept>> {
    let mut all = Vec::new();
    for (hash, _) in ids.iter().filter(|(_, kind)| kind != PREMISES) {
        let mut standing = sql::stops_on(tx, &by.org, *hash)?;
        // One that spares something is of somebody who has come back since.
        standing.retain(|s| s.reason == "erasure" && s.spared.is_empty());
        all.extend(standing);
    }
    Ok(all)
}

/// Lets the stop of an erased person reach the other identifiers of a row that names them: an old
/// list may know more of them than we did. Nothing of the row is kept but keyed hashes.
///
/// # Errors
/// Denied, or of the database.
pub fn spread_erasure(tx: &mut Tx<'_>, by: &By, ids: &[(Hash16, String)]) -> Result<Recorded<()>> {
    by.role.may(Permission::StopContact)?;
    let stops = erased(tx, by, ids)?;
    spread(tx, by, &stops, ids)?;
    touch(tx, by, ids)?;
    let mut act = Act::new("suppression.added");
    for stop in &stops {
        act = act.about("suppression", &stop.id);
    }
    Ok(Recorded::new(by, (), act.law("UK GDPR Arts 17(3)(b), 21(3)")))
}

pub(super) fn touch(tx: &mut Tx<'_>, by: &By, ids: &[(Hash16, String)]) -> Result<()> {
    let hashes: Vec<Hash16> = ids.iter().map(|(h, _)| *h).collect();
    if !hashes.is_empty() {
        sql::touch(tx, &by.org, &hashes)?;
    }
    Ok(())
}
