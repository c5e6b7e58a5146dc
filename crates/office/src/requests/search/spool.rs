//! The spool of a search: everything found goes into it sealed, and is looked through for other
//! people on the way.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};

use candour_connectors::{
    Body, DataMap, Fault, FaultKind, Found, Identifier, Searched, Seek, Sink, Strength, learned,
};
use candour_screening::Subject;

use super::find::Watch;
use super::record::Record;
use crate::error::Result;
use crate::kit::blobs::{self, BlobWriter};
use crate::requests::body::Wants;
use crate::requests::review::hanging::{AND, WEAK};
use crate::requests::review::{Item, Mark, day, item_key, marks};

/// Rows that are looked through together.
const TOGETHER: usize = 128;
/// Parts that the helper may have before it: enough that it never waits for the next.
const AHEAD: usize = 2;
/// Parts that may be held until one before them is ready.
const HELD: usize = 4;
/// Bytes that most lines of a spool fit in.
const LINE: usize = 3072;

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
    /// The key of the doubtful record that it stands or falls with, or empty.
    pub(super) root: String,
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
    seek: &'a Seek,
    look: Arc<Look>,
    watch: &'a mut dyn Watch,
    /// Found, and not looked through for other people yet.
    waiting: Vec<Found>,
    /// Who looks through what was found before these; nobody before there is much.
    helper: Option<Helper>,
    /// Parts in the order found, looked through here; none where the helper still has it.
    parts: VecDeque<Option<Part>>,
    pub(super) items: u64,
    flagged: Vec<Flag>,
    learned: Vec<Identifier>,
    record: Record,
}

impl<'a> Spool<'a> {
    pub(super) fn new(
        blob: BlobWriter,
        map: &'a DataMap,
        (seek, wants): (&'a Seek, &Wants),
        decided: HashSet<String>,
        watch: &'a mut dyn Watch,
    ) -> Self {
        Self {
            blob,
            seek,
            look: Arc::new(Look {
                map: map.clone(),
                subject: crate::people::subject(seek),
                wants: wants.clone(),
                decided,
            }),
            watch,
            waiting: Vec::new(),
            helper: None,
            parts: VecDeque::new(),
            items: 0,
            flagged: Vec::new(),
            learned: Vec::new(),
            record: Record::default(),
        }
    }

    pub(super) fn end(mut self, searched: Searched) -> Result<Ended> {
        self.look_through()?;
        self.keep_parts(0)?;
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
    /// Where its line ends among the lines of its part.
    end: usize,
    /// Set when a person has to look, or has decided about it before; without its number.
    flag: Option<Flag>,
    weak: bool,
    /// Other identifiers of the person that it shows.
    learned: Vec<Identifier>,
    /// How it was found.
    because: Vec<String>,
}

/// What looking through takes.
struct Look {
    map: DataMap,
    subject: Subject,
    wants: Wants,
    /// Keys of items that a person has decided about.
    decided: HashSet<String>,
}

/// A part that was looked through: its lines of the spool, one behind the other.
struct Part {
    lines: Vec<u8>,
    ready: Vec<Ready>,
}

type Looked = serde_json::Result<Part>;

impl Look {
    fn through(&self, found: Vec<Found>) -> Looked {
        // One buffer for all: a line each, made by one thread and freed by another, would leave
        // several times their memory behind.
        let mut lines = Vec::with_capacity(found.len() * LINE);
        let ready = found.into_iter().map(|found| self.ready(found, &mut lines));
        let ready = ready.collect::<serde_json::Result<_>>()?;
        Ok(Part { lines, ready })
    }

    fn ready(&self, found: Found, lines: &mut Vec<u8>) -> serde_json::Result<Ready> {
        let others = marks(&found, &self.map, &self.subject);
        let strength = found.strength();
        let why = why_look(strength, &others, &self.wants);
        let outside = self.wants.period().excludes(day(&found.body));
        let flag = flag(&found, (why, outside), &self.decided)?;
        let weak = strength != Strength::Strong;
        let learned = if weak { Vec::new() } else { learned(&self.map, &found) };
        let because = found.because.iter().map(|b| b.how.clone()).collect();
        let Found { place, locator, because: how, body, .. } = found;
        serde_json::to_writer(&mut *lines, &Item { place, locator, because: how, body, others })?;
        lines.push(b'\n');
        Ok(Ready { end: lines.len(), flag, weak, learned, because })
    }
}

/// Looks through parts on the other core while more is read: looking is most of a search.
struct Helper {
    parts: Sender<Vec<Found>>,
    looked: Receiver<Looked>,
}

impl Helper {
    fn start(look: Arc<Look>) -> std::io::Result<Self> {
        let (parts, todo) = channel::<Vec<Found>>();
        let (done, looked) = channel();
        // Ends with the spool, which alone gives it parts, and never more than it may hold.
        std::thread::Builder::new().name("look".into()).spawn(move || {
            for part in todo {
                if done.send(look.through(part)).is_err() {
                    break;
                }
            }
        })?;
        Ok(Self { parts, looked })
    }
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
    let root = found.root.as_deref().unwrap_or_default().to_owned();
    Ok(Some(Flag { item: 0, key, content: content(&found.body)?, why, outside, root }))
}

/// Hash of what an item holds.
pub(in crate::requests) fn content(body: &Body) -> serde_json::Result<String> {
    Ok(crate::kit::sha256_hex(&serde_json::to_vec(body)?))
}

/// Why a person has to look at an item; empty if nobody has to.
///
/// Where no copies are asked for, no passage about somebody else can go out: then only whether it
/// is this person counts (UK GDPR Art 15(1): whether their data is processed at all).
fn why_look(strength: Strength, others: &[Mark], wants: &Wants) -> String {
    let mut why = Vec::new();
    if strength == Strength::Weak {
        why.push(WEAK.to_owned());
    }
    let mut kinds: Vec<&str> = others.iter().map(|m| m.why.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if !kinds.is_empty() && !wants.about_only {
        why.push(format!("about other people: {}", kinds.join(", ")));
    }
    why.join(AND)
}

impl Spool<'_> {
    /// Looks for other people in what waits, here.
    fn look_through(&mut self) -> std::result::Result<(), Fault> {
        let part = std::mem::take(&mut self.waiting);
        let part = self.look.through(part).map_err(|e| ours(e.to_string()))?;
        self.parts.push_back(Some(part));
        Ok(())
    }

    /// Gives what waits to the helper, unless it is behind.
    fn hand_on(&mut self) -> std::result::Result<(), Fault> {
        if self.parts.iter().filter(|part| part.is_none()).count() >= AHEAD {
            self.look_through()?;
            return self.keep_parts(HELD);
        }
        let helper = match self.helper.take() {
            Some(helper) => Ok(helper),
            None => Helper::start(Arc::clone(&self.look)),
        };
        let helper = self.helper.insert(helper.map_err(|e| ours(e.to_string()))?);
        let part = std::mem::take(&mut self.waiting);
        helper.parts.send(part).map_err(|_| helper_gone())?;
        self.parts.push_back(None);
        self.keep_parts(HELD)
    }

    /// Keeps the parts that are ready, in the order in which they were found; waits for the helper
    /// only while more than so many are held.
    fn keep_parts(&mut self, held: usize) -> std::result::Result<(), Fault> {
        while let Some(first) = self.parts.front_mut() {
            let part = match first.take() {
                Some(part) => part,
                None => match self.looked(self.parts.len() > held)? {
                    Some(part) => part,
                    None => break,
                },
            };
            self.parts.pop_front();
            self.keep_part(part)?;
        }
        Ok(())
    }

    /// The next part from the helper; none if it is not ready and not to be waited for.
    fn looked(&self, wait: bool) -> std::result::Result<Option<Part>, Fault> {
        let helper = self.helper.as_ref().ok_or_else(helper_gone)?;
        let looked = if wait {
            helper.looked.recv().map_err(|_| helper_gone())?
        } else {
            match helper.looked.try_recv() {
                Ok(looked) => looked,
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => return Err(helper_gone()),
            }
        };
        looked.map(Some).map_err(|e| ours(e.to_string()))
    }

    fn keep_part(&mut self, part: Part) -> std::result::Result<(), Fault> {
        let mut start = 0;
        for ready in part.ready {
            let line = &part.lines[start..ready.end];
            start = ready.end;
            self.keep(line, ready)?;
        }
        Ok(())
    }

    fn keep(&mut self, line: &[u8], ready: Ready) -> std::result::Result<(), Fault> {
        let Ready { flag, weak, learned, because, .. } = ready;
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
        self.blob.add(line).map_err(|e| ours(e.to_string()))?;
        self.items += 1;
        Ok(())
    }
}

fn helper_gone() -> Fault {
    ours("a text could not be looked through".into())
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
        match row {
            true if self.waiting.len() < TOGETHER => Ok(()),
            true => self.hand_on(),
            false => {
                self.look_through()?;
                self.keep_parts(0)
            }
        }
    }

    fn progress(&mut self, done: u64, of: Option<u64>) {
        // Only rows are held, in full parts.
        let found = self.items + (self.waiting.len() + self.parts.len() * TOGETHER) as u64;
        self.watch.progress(done, of, found);
    }

    fn missed(&mut self, fault: Fault) {
        self.record.missed.push(fault.into());
    }
}
