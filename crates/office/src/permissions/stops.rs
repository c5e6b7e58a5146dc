//! Stops: put on the list at once, taken off only by the person's own later yes.

use candour_db::Tx;
use jiff::civil::Date;

use super::records::Kept;
use super::terms::What;
use super::{acts, sql, tell};
use crate::charter::{self, Channel, Charter};
use crate::error::Result;
use crate::kit::new_id;
use crate::kit::vault::Vault;
use crate::people::{self, Hash16};
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

/// Stops many identifiers of one kind at once, under one entry: a file.
///
/// # Errors
/// Denied, or of the database.
pub fn stop_many(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    model: &NewStop,
    hashes: &[Hash16],
) -> Result<Recorded<usize>> {
    by.role.may(Permission::StopContact)?;
    let model = &reaching(tx, by, model)?;
    let mut added = 0;
    for hash in hashes {
        added += usize::from(stop_one(tx, by, model, *hash, &model.kind)?.is_some());
    }
    if !hashes.is_empty() {
        sql::touch(tx, &by.org, hashes)?;
    }
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("suppression.imported")
        .about("suppression", &new_id(by.now))
        .law("UK GDPR Art 21(3)")
        .say(&key, format!("{added} of {} identifiers, {}", hashes.len(), model.what.word()));
    Ok(Recorded::new(by, added, act))
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
/// for which the person is held is told, as are partners who had the data.
///
/// # Errors
/// Denied, or of the database.
pub fn stop(tx: &mut Tx<'_>, vault: &Vault, by: &By, new: &NewStop) -> Result<Recorded<usize>> {
    by.role.may(Permission::StopContact)?;
    let new = &reaching(tx, by, new)?;
    let persons = people::by_hash(tx, &by.org, new.hash)?;
    let mut ids = vec![(new.hash, new.kind.clone())];
    // A bounce says something of one address only; a person's wish of all that are theirs.
    if new.reason != "bounce" {
        for p in &persons {
            for (hash, kind) in people::ids_of(tx, &by.org, &p.id)? {
                let reached = new.channel.is_none_or(|c| c.address().name() == kind);
                if reached && !ids.iter().any(|(h, _)| *h == hash) {
                    ids.push((hash, kind));
                }
            }
        }
    }
    let mut added = Vec::new();
    for (hash, kind) in &ids {
        added.extend(stop_one(tx, by, new, *hash, kind)?);
    }
    touch(tx, by, &ids)?;
    let scope = format!(
        "{}, {}: {}",
        new.channel.map_or("every channel", Channel::label),
        new.what.word(),
        new.reason
    );
    let key = match persons.first() {
        Some(p) => p.key.clone(),
        None => vault.key_for(tx, &by.org, "office", by.now)?,
    };
    let mut act = Act::new("suppression.added");
    if let Some(p) = persons.first() {
        act = act.about("person", &p.id);
    }
    for id in &added {
        act = act.about("suppression", id);
    }
    if added.is_empty() && persons.is_empty() {
        // It stood already; that it was said again has an entry of its own.
        act = act.about("suppression", &new_id(by.now));
    }
    let act = act.law("UK GDPR Art 21(3)").say(&key, scope);
    let mut done = Recorded::new(by, added.len(), act);
    for p in &persons {
        if new.reason != "bounce" {
            for act in acts::withdraw_matching(tx, vault, by, p, new)? {
                done = done.and(act);
            }
            tell::company(tx, vault, by, p, new)?;
        }
    }
    for id in &added {
        tell::hooks(tx, by, "suppression.added", id)?;
    }
    Ok(done)
}

/// Puts one identifier on the list; answers the row's id, or nothing if it stood there already.
pub(super) fn stop_one(
    tx: &mut Tx<'_>,
    by: &By,
    new: &NewStop,
    hash: Hash16,
    kind: &str,
) -> Result<Option<String>> {
    let channel = new.channel.map_or("", Channel::word);
    let what = new.what.word();
    let standing = sql::stops_on(tx, &by.org, hash)?;
    if standing.iter().any(|s| s.channel == channel && s.what == what) {
        return Ok(None);
    }
    let kept = Kept {
        id: new_id(by.now),
        hash,
        kind: kind.to_owned(),
        channel: channel.to_owned(),
        what,
        reason: new.reason.to_owned(),
        on: new.on,
        ended: None,
    };
    sql::insert_stop(tx, &by.org, &kept, by.now)?;
    Ok(Some(kept.id))
}

/// Lifts the stops that a later yes of the person answers. A wider stop is not dropped but
/// narrowed: what the person did not say yes to stays stopped.
pub(super) fn lift(
    tx: &mut Tx<'_>,
    by: &By,
    charter: &Charter,
    ids: &[(Hash16, String)],
    channel: Channel,
    purpose: &str,
) -> Result<()> {
    for (hash, kind) in ids {
        for stop in sql::stops_on(tx, &by.org, *hash)? {
            let here = stop.channel.is_empty() || stop.channel == channel.word();
            let what = What::from_word(&stop.what);
            let answered = match &what {
                Some(What::Purpose(p)) => p == purpose,
                Some(What::Marketing) => true,
                Some(What::Everything) | None => false,
            };
            if !here || !answered {
                continue;
            }
            sql::end_stop(tx, &by.org, &stop.id, by.now)?;
            for (c, w) in remainder(charter, &stop.channel, what, channel, purpose) {
                let rest = Kept { id: new_id(by.now), channel: c, what: w.word(), ..stop.clone() };
                debug_assert_eq!(&rest.kind, kind);
                sql::insert_stop(tx, &by.org, &rest, by.now)?;
            }
        }
    }
    Ok(())
}

/// What is left of a stop once one channel and purpose is taken out of it.
fn remainder(
    charter: &Charter,
    stopped: &str,
    what: Option<What>,
    channel: Channel,
    purpose: &str,
) -> Vec<(String, What)> {
    let mut rest = Vec::new();
    let channels: Vec<Channel> = match Channel::from_word(stopped) {
        Some(c) => vec![c],
        None => Channel::ALL.to_vec(),
    };
    for c in channels {
        match &what {
            _ if c != channel => {
                rest.extend(what.clone().map(|w| (c.word().to_owned(), w)));
            }
            Some(What::Marketing) => {
                let others = charter.permissions.purposes.iter().filter(|p| p.short != purpose);
                rest.extend(others.map(|p| (c.word().to_owned(), What::Purpose(p.short.clone()))));
            }
            _ => {}
        }
    }
    rest
}

pub(super) fn touch(tx: &mut Tx<'_>, by: &By, ids: &[(Hash16, String)]) -> Result<()> {
    let hashes: Vec<Hash16> = ids.iter().map(|(h, _)| *h).collect();
    if !hashes.is_empty() {
        sql::touch(tx, &by.org, &hashes)?;
    }
    Ok(())
}
