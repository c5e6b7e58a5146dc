//! The spool of a search: everything found goes into it sealed, and is looked through for other
//! people on the way.

use candour_connectors::{
    DataMap, Fault, FaultKind, Found, Identifier, Searched, Seek, Sink, Strength, learned,
};

use super::find::{Record, Watch};
use super::review::{Item, Mark, marks};
use crate::error::Result;
use crate::kit::blobs::{self, BlobWriter};

/// Rows that are looked through together.
const TOGETHER: usize = 256;

/// A finished spool with all that is known about it.
pub(super) struct Ended {
    pub(super) blob: blobs::Finished,
    pub(super) items: u64,
    pub(super) flagged: Vec<(u64, String, String)>,
    pub(super) learned: Vec<Identifier>,
    pub(super) record: Record,
}

/// The sink of a search: items go sealed into the spool, one line of JSON each.
pub(super) struct Spool<'a> {
    pub(super) blob: BlobWriter,
    map: &'a DataMap,
    seek: &'a Seek,
    subject: candour_screening::Subject,
    watch: &'a mut dyn Watch,
    /// Found, and not looked through for other people yet.
    waiting: Vec<Found>,
    pub(super) items: u64,
    flagged: Vec<(u64, String, String)>,
    learned: Vec<Identifier>,
    record: Record,
}

impl<'a> Spool<'a> {
    pub(super) fn new(
        blob: BlobWriter,
        map: &'a DataMap,
        seek: &'a Seek,
        watch: &'a mut dyn Watch,
    ) -> Self {
        Self {
            blob,
            map,
            seek,
            subject: crate::people::subject(seek),
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

    fn learn(&mut self, found: &Found) {
        for id in learned(self.map, found) {
            let known = |i: &Identifier| i.kind == id.kind && i.normal == id.normal;
            if !self.learned.iter().any(known) && !self.seek.identifiers.iter().any(known) {
                self.learned.push(id);
            }
        }
    }
}

/// Why a person has to look at an item; empty if nobody has to.
fn why_look(strength: Strength, others: &[Mark]) -> String {
    let mut why = Vec::new();
    if strength == Strength::Weak {
        why.push("weak match: is this the same person?".to_owned());
    }
    let mut kinds: Vec<&str> = others.iter().map(|m| m.why.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if !kinds.is_empty() {
        why.push(format!("about other people: {}", kinds.join(", ")));
    }
    why.join("; ")
}

impl Spool<'_> {
    /// Looks for other people in what waits, on both cores: reading texts is most of a search.
    fn look_through(&mut self) -> std::result::Result<(), Fault> {
        let waiting = std::mem::take(&mut self.waiting);
        let (map, subject) = (self.map, &self.subject);
        let look = |part: &[Found]| part.iter().map(|f| marks(f, map, subject)).collect::<Vec<_>>();
        let (first, second) = waiting.split_at(waiting.len() / 2);
        let others = std::thread::scope(|s| {
            let other_core = s.spawn(|| look(first));
            let second = look(second);
            other_core.join().map(|first| [first, second].concat())
        });
        let others = others.map_err(|_| ours("a text could not be looked through".into()))?;
        waiting.into_iter().zip(others).try_for_each(|(found, others)| self.keep(found, others))
    }

    fn keep(&mut self, found: Found, others: Vec<Mark>) -> std::result::Result<(), Fault> {
        let why = why_look(found.strength(), &others);
        if !why.is_empty() {
            let key =
                crate::kit::sha256_hex(format!("{}\u{0}{}", found.place, found.locator).as_bytes());
            self.flagged.push((self.items, key, why));
        }
        if found.strength() == Strength::Strong {
            self.learn(&found);
        } else {
            self.record.weak += 1;
        }
        for b in &found.because {
            *self.record.because.entry(b.how.clone()).or_default() += 1;
        }
        if self.blob.chunks() as usize >= self.record.chunks.len() {
            self.record.chunks.push(self.items);
        }
        let item = Item {
            place: found.place,
            locator: found.locator,
            because: found.because,
            body: found.body,
            others,
        };
        let mut line = serde_json::to_vec(&item).map_err(|e| ours(e.to_string()))?;
        line.push(b'\n');
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
        self.record.missed.push(fault.to_string());
    }
}
