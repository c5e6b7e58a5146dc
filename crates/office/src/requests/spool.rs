//! The spool of a search: everything found goes into it sealed, and is looked through for other
//! people on the way.

use std::collections::HashSet;

use candour_connectors::{
    Body, DataMap, Fault, FaultKind, Found, Identifier, Searched, Seek, Sink, Strength, learned,
};
use candour_screening::Subject;

use super::body::Wants;
use super::find::{Record, Watch};
use super::review::{Item, Mark, day, item_key, marks};
use crate::error::Result;
use crate::kit::blobs::{self, BlobWriter};

/// Rows that are looked through together.
const TOGETHER: usize = 512;
/// Bytes that most lines of a spool fit in.
const LINE: usize = 2048;

/// An item that a person has to look at or has decided about before, or one from another time than
/// was asked for.
#[derive(Debug, Clone)]
pub(super) struct Flag {
    /// Number of the item.
    pub(super) item: u64,
    /// What tells it apart in a later search.
    pub(super) key: String,
    /// Hash of its content: a decision stands while this is the same.
    pub(super) content: String,
    /// Why a person has to look; empty if nobody has to.
    pub(super) why: String,
    /// It is dated outside the time that the person asked for.
    pub(super) outside: bool,
}

/// A finished spool with all that is known about it.
pub(super) struct Ended {
    pub(super) blob: blobs::Finished,
    pub(super) items: u64,
    pub(super) flagged: Vec<Flag>,
    pub(super) learned: Vec<Identifier>,
    pub(super) record: Record,
}

/// The sink of a search: items go sealed into the spool, one line of JSON each.
pub(super) struct Spool<'a> {
    pub(super) blob: BlobWriter,
    map: &'a DataMap,
    seek: &'a Seek,
    wants: &'a Wants,
    subject: Subject,
    /// Keys of items that a person has decided about.
    decided: HashSet<String>,
    watch: &'a mut dyn Watch,
    /// Found, and not looked through for other people yet.
    waiting: Vec<Found>,
    pub(super) items: u64,
    flagged: Vec<Flag>,
    learned: Vec<Identifier>,
    record: Record,
}

impl<'a> Spool<'a> {
    pub(super) fn new(
        blob: BlobWriter,
        map: &'a DataMap,
        (seek, wants): (&'a Seek, &'a Wants),
        decided: HashSet<String>,
        watch: &'a mut dyn Watch,
    ) -> Self {
        Self {
            blob,
            map,
            seek,
            wants,
            subject: crate::people::subject(seek),
            decided,
            watch,
            waiting: Vec::new(),
            items: 0,
            flagged: Vec::new(),
            learned: Vec::new(),
            record: Record::default(),
        }
    }

    pub(super) fn end(mut self, searched: Searched) -> Result<Ended> {
        self.look_through()?;
        self.record.searched = searched;
        Ok(Ended {
            blob: self.blob.end()?,
            items: self.items,
            flagged: self.flagged,
            learned: self.learned,
            record: self.record,
        })
    }

    fn learn(&mut self, ids: Vec<Identifier>) {
        for id in ids {
            let known = |i: &Identifier| i.kind == id.kind && i.normal == id.normal;
            if !self.learned.iter().any(known) && !self.seek.identifiers.iter().any(known) {
                self.learned.push(id);
            }
        }
    }
}

/// A found thing that was looked through, ready to be kept.
struct Ready {
    /// Its line of the spool.
    line: Vec<u8>,
    /// Set when a person has to look, or has decided about it before; without its number.
    flag: Option<Flag>,
    weak: bool,
    /// Other identifiers of the person that it shows.
    learned: Vec<Identifier>,
    /// How it was found.
    because: Vec<String>,
}

fn ready(
    found: Found,
    map: &DataMap,
    (subject, wants): (&Subject, &Wants),
    decided: &HashSet<String>,
) -> serde_json::Result<Ready> {
    let others = marks(&found, map, subject);
    let strength = found.strength();
    let why = why_look(strength, &others, wants);
    let outside = wants.period().excludes(day(&found.body));
    let flag = flag(&found, (why, outside), decided)?;
    let weak = strength != Strength::Strong;
    let learned = if weak { Vec::new() } else { learned(map, &found) };
    let because = found.because.iter().map(|b| b.how.clone()).collect();
    let Found { place, locator, because: how, body } = found;
    let mut line = Vec::with_capacity(LINE);
    serde_json::to_writer(&mut line, &Item { place, locator, because: how, body, others })?;
    line.push(b'\n');
    Ok(Ready { line, flag, weak, learned, because })
}

fn flag(
    found: &Found,
    (why, outside): (String, bool),
    decided: &HashSet<String>,
) -> serde_json::Result<Option<Flag>> {
    let plain = why.is_empty() && !outside;
    if plain && decided.is_empty() {
        return Ok(None);
    }
    let key = item_key(&found.place, &found.locator);
    if plain && !decided.contains(&key) {
        return Ok(None);
    }
    Ok(Some(Flag { item: 0, key, content: content(&found.body)?, why, outside }))
}

/// Hash of what an item holds.
pub(super) fn content(body: &Body) -> serde_json::Result<String> {
    Ok(crate::kit::sha256_hex(&serde_json::to_vec(body)?))
}

/// Why a person has to look at an item; empty if nobody has to.
///
/// Where no copies are asked for, no passage about somebody else can go out: then only whether it
/// is this person counts (UK GDPR Art 15(1): whether their data is processed at all).
fn why_look(strength: Strength, others: &[Mark], wants: &Wants) -> String {
    let mut why = Vec::new();
    if strength == Strength::Weak {
        why.push("weak match: is this the same person?".to_owned());
    }
    let mut kinds: Vec<&str> = others.iter().map(|m| m.why.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if !kinds.is_empty() && !wants.about_only {
        why.push(format!("about other people: {}", kinds.join(", ")));
    }
    why.join("; ")
}

impl Spool<'_> {
    /// Looks for other people in what waits and makes it ready to be kept, on both cores: that is
    /// most of a search.
    fn look_through(&mut self) -> std::result::Result<(), Fault> {
        let mut first = std::mem::take(&mut self.waiting);
        let second = first.split_off(first.len() / 2);
        let (map, asked, decided) = (self.map, (&self.subject, self.wants), &self.decided);
        let look = |part: Vec<Found>| -> serde_json::Result<Vec<Ready>> {
            part.into_iter().map(|found| ready(found, map, asked, decided)).collect()
        };
        let (first, second) = std::thread::scope(|s| {
            let other_core = s.spawn(|| look(first));
            let second = look(second);
            (other_core.join(), second)
        });
        let first = first.map_err(|_| ours("a text could not be looked through".into()))?;
        for part in [first, second] {
            part.map_err(|e| ours(e.to_string()))?.into_iter().try_for_each(|r| self.keep(r))?;
        }
        Ok(())
    }

    fn keep(&mut self, ready: Ready) -> std::result::Result<(), Fault> {
        let Ready { line, flag, weak, learned, because } = ready;
        if let Some(flag) = flag {
            self.flagged.push(Flag { item: self.items, ..flag });
        }
        self.learn(learned);
        self.record.weak += u64::from(weak);
        for how in because {
            *self.record.because.entry(how).or_default() += 1;
        }
        if self.blob.chunks() as usize >= self.record.chunks.len() {
            self.record.chunks.push(self.items);
        }
        self.blob.add(&line).map_err(|e| ours(e.to_string()))?;
        self.items += 1;
        Ok(())
    }
}

fn ours(what: String) -> Fault {
    let remedy = "Make room on the disk and try again; nothing is lost.";
    Fault::new(FaultKind::Ours, "the spool", what, remedy)
}

impl Sink for Spool<'_> {
    fn item(&mut self, found: Found) -> std::result::Result<(), Fault> {
        // Rows are small and many; a message or document may be large, so it does not wait.
        let row = matches!(found.body, candour_connectors::Body::Row { .. });
        self.waiting.push(found);
        if row && self.waiting.len() < TOGETHER { Ok(()) } else { self.look_through() }
    }

    fn progress(&mut self, done: u64, of: Option<u64>) {
        let found = self.items + self.waiting.len() as u64;
        self.watch.progress(done, of, found);
    }

    fn missed(&mut self, fault: Fault) {
        self.record.missed.push(fault.into());
    }
}
