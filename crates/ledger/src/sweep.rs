//! The verifier's long pass: every entry and every leaf hash, on every core.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::bundle::{LONGEST_ENTRIES, entries_path, tile_path, width_at};
use crate::hash::{Leaves, leaf_hash, tile_root};
use crate::scan::{Known, STAMP, View, scan_knowing};
use crate::tree::{Hash, TILE_WIDTH, fold, hashes_of};
use crate::verify::{VerifyError, read_part, read_tile};

/// What the pass learnt from a bundle whose entries all fit their tiles.
#[derive(Debug, Default)]
pub(crate) struct Swept {
    /// Root of each full tile of level 0.
    pub roots: Vec<Hash>,
    /// Leaf hashes of the open tile of level 0.
    pub tail: Vec<Hash>,
    pub acts: BTreeMap<String, u64>,
    pub first_at: Option<[u8; STAMP]>,
    pub last_at: Option<[u8; STAMP]>,
    /// The first entry dated before the one it follows, and how many there are.
    pub backwards: Option<(u64, u64)>,
}

/// Tiles that a thread takes at a time: enough that taking them costs nothing, few enough that the
/// threads end together.
const STRIDE: u64 = 16;

/// Checks all entries of a log of `size` against the tiles of level 0.
pub(crate) fn sweep(dir: &Path, size: u64) -> Result<Swept, VerifyError> {
    let tiles = size.div_ceil(u64::from(TILE_WIDTH));
    let cores = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    let threads = cores.min(tiles.div_ceil(STRIDE)).max(1);
    let queue = Queue { next: AtomicU64::new(0), failed: AtomicBool::new(false), tiles };
    let work = || Worker::new(dir, size).run(&queue);
    let mut done = Vec::new();
    std::thread::scope(|scope| {
        let helpers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        done.push(work());
        for helper in helpers {
            match helper.join() {
                Ok(worker) => done.push(worker),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    merge(done)
}

struct Queue {
    next: AtomicU64,
    failed: AtomicBool,
    tiles: u64,
}

impl Queue {
    /// The next tiles to check; none once one has failed. Strides are handed out in order and each
    /// is worked to its end, so the lowest failure is always among those found.
    fn take(&self) -> Option<std::ops::Range<u64>> {
        if self.failed.load(Ordering::Relaxed) {
            return None;
        }
        let start = self.next.fetch_add(STRIDE, Ordering::Relaxed);
        (start < self.tiles).then(|| start..(start + STRIDE).min(self.tiles))
    }
}

/// What one thread found in one stride.
#[derive(Debug)]
struct Part {
    first_index: u64,
    roots: Vec<Hash>,
    tail: Vec<Hash>,
    first_at: [u8; STAMP],
    last_at: [u8; STAMP],
    backwards: Option<(u64, u64)>,
}

struct Worker<'a> {
    dir: &'a Path,
    size: u64,
    entries: Vec<u8>,
    tile: Vec<u8>,
    known: Known,
    padded: Leaves,
    leaves: [Hash; TILE_WIDTH as usize],
    acts: Tally,
    parts: Vec<Part>,
    failed: Option<(u64, VerifyError)>,
}

fn merge(workers: Vec<Worker<'_>>) -> Result<Swept, VerifyError> {
    let mut swept = Swept::default();
    let mut parts = Vec::new();
    let mut failed = None;
    for worker in workers {
        parts.extend(worker.parts);
        worker.acts.pour(&worker.known, &mut swept.acts);
        match (worker.failed, &failed) {
            (Some((tile, _)), Some((lowest, _))) if tile > *lowest => {}
            (Some(found), _) => failed = Some(found),
            (None, _) => {}
        }
    }
    if let Some((_, error)) = failed {
        return Err(error);
    }
    parts.sort_unstable_by_key(|part| part.first_index);
    for part in parts {
        if swept.last_at.is_some_and(|last| part.first_at < last) {
            note_backwards(&mut swept.backwards, (part.first_index, 1));
        }
        if let Some(found) = part.backwards {
            note_backwards(&mut swept.backwards, found);
        }
        swept.first_at = swept.first_at.or(Some(part.first_at));
        swept.last_at = Some(part.last_at);
        swept.roots.extend(part.roots);
        swept.tail.extend(part.tail);
    }
    Ok(swept)
}

fn note_backwards(so_far: &mut Option<(u64, u64)>, (first, count): (u64, u64)) {
    let (lowest, total) = so_far.unwrap_or((first, 0));
    *so_far = Some((lowest, total + count));
}

impl<'a> Worker<'a> {
    fn new(dir: &'a Path, size: u64) -> Self {
        Self {
            dir,
            size,
            entries: Vec::new(),
            tile: Vec::new(),
            known: Known::learning(),
            padded: Leaves::default(),
            leaves: [[0; 32]; TILE_WIDTH as usize],
            acts: Tally { known: [0; Known::PLACES], others: BTreeMap::new() },
            parts: Vec::new(),
            failed: None,
        }
    }

    fn run(mut self, queue: &Queue) -> Self {
        while let Some(tiles) = queue.take() {
            let mut part = None;
            for tile in tiles {
                if let Err(error) = self.check(tile, &mut part) {
                    queue.failed.store(true, Ordering::Relaxed);
                    self.failed = Some((tile, error));
                    return self;
                }
            }
            self.parts.extend(part);
        }
        self
    }

    /// Checks one file of entries against its tile.
    fn check(&mut self, tile: u64, part: &mut Option<Part>) -> Result<(), VerifyError> {
        let width = width_at(self.size, tile);
        let first = tile * u64::from(TILE_WIDTH);
        let path = entries_path(tile, width);
        read_part(self.dir, &path, &mut self.entries, LONGEST_ENTRIES, first)?;
        let tile_file = tile_path(0, tile, width);
        read_tile(self.dir, &tile_file, usize::from(width), &mut self.tile, first)?;
        // A fault in an entry counts only if all before it are those that were logged.
        let fault = self.read_entries(&path, first, width, part).err();
        let leaves = &mut self.leaves[..usize::from(width)];
        let read = self.padded.hash(leaves);
        let pairs = leaves[..read].iter().zip(hashes_of(&self.tile));
        if let Some(slot) = pairs.into_iter().position(|(has, logged)| has != logged) {
            return Err(self.differs(tile, slot, width));
        }
        if let Some(fault) = fault {
            return Err(fault);
        }
        if let Some(part) = part {
            if width == TILE_WIDTH {
                part.roots.push(tile_root(&mut self.leaves));
            } else {
                part.tail.extend_from_slice(&self.leaves[..usize::from(width)]);
            }
        }
        Ok(())
    }

    /// Takes the file of entries apart, checks their form, and pads them for hashing.
    fn read_entries(
        &mut self,
        path: &str,
        first: u64,
        width: u16,
        part: &mut Option<Part>,
    ) -> Result<(), VerifyError> {
        self.padded.clear();
        let mut rest = self.entries.as_slice();
        for index in first..first + u64::from(width) {
            let (entry, after) = unframe(rest).ok_or_else(|| {
                let what = format!("the file ends here; {width} entries were logged in it");
                VerifyError::found(path, index, what)
            })?;
            rest = after;
            let view = scan_knowing(entry, &mut self.known).map_err(|fault| {
                let what = format!("not canonical at byte {}: expected {}", fault.byte, fault.what);
                VerifyError::found(path, index, what)
            })?;
            self.padded.push(entry);
            self.acts.add(&view);
            follow(part, index, view.at);
        }
        if rest.is_empty() {
            return Ok(());
        }
        let what = format!("{} bytes follow the {width} entries that were logged", rest.len());
        Err(VerifyError::found(path, first + u64::from(width), what))
    }

    /// An entry and its tile disagree. The tile above, if there is one, tells which was changed.
    fn differs(&self, tile: u64, slot: usize, width: u16) -> VerifyError {
        let index = tile * u64::from(TILE_WIDTH) + slot as u64;
        let (entries, hashes) = (entries_path(tile, width), tile_path(0, tile, width));
        let above = (tile / 256, width_at(self.size / 256, tile / 256));
        let mut upper = Vec::new();
        let path = tile_path(1, above.0, above.1);
        let read = read_tile(self.dir, &path, usize::from(above.1), &mut upper, index);
        let recorded = match read {
            Ok(()) => hashes_of(&upper).get((tile % 256) as usize),
            Err(_) => None,
        };
        if width == TILE_WIDTH && recorded.is_some() {
            if fold(hashes_of(&self.tile), None).as_ref() == recorded {
                let what = "the entry is not the one that was logged: changed, dropped, added or \
                            moved";
                return VerifyError::found(entries, index, what);
            }
            if self.root_of_entries().as_ref() == recorded {
                let what = format!("hash {slot} was changed; the entry itself is as it was logged");
                return VerifyError::found(hashes, index, what);
            }
        }
        let what = format!("the entry does not have the hash that {hashes} has for it");
        VerifyError::found(entries, index, what)
    }

    fn root_of_entries(&self) -> Option<Hash> {
        let mut rest = self.entries.as_slice();
        let mut leaves = Vec::new();
        while let Some((entry, after)) = unframe(rest) {
            leaves.push(leaf_hash(entry));
            rest = after;
        }
        fold(&leaves, None)
    }
}

/// The first entry of a file, and what follows it.
fn unframe(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

fn follow(part: &mut Option<Part>, index: u64, at: &[u8; STAMP]) {
    match part {
        Some(part) => {
            if *at < part.last_at {
                note_backwards(&mut part.backwards, (index, 1));
            }
            part.last_at = *at;
        }
        None => {
            *part = Some(Part {
                first_index: index,
                roots: Vec::new(),
                tail: Vec::new(),
                first_at: *at,
                last_at: *at,
                backwards: None,
            });
        }
    }
}

/// Counts acts: those that the scanner knows by their place, the others by name.
struct Tally {
    known: [u64; Known::PLACES],
    others: BTreeMap<String, u64>,
}

impl Tally {
    fn add(&mut self, view: &View<'_>) {
        match view.act_place {
            Some(place) => self.known[place] += 1,
            None => credit(&mut self.others, view.act, 1),
        }
    }

    fn pour(self, known: &Known, into: &mut BTreeMap<String, u64>) {
        for (place, &count) in self.known.iter().enumerate().filter(|(_, count)| **count > 0) {
            credit(into, known.act(place), count);
        }
        for (act, count) in self.others {
            credit(into, act.as_bytes(), count);
        }
    }
}

fn credit(acts: &mut BTreeMap<String, u64>, act: &[u8], count: u64) {
    *acts.entry(String::from_utf8_lossy(act).into_owned()).or_default() += count;
}
