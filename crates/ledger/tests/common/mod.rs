//! What the tests share: entries, logs and numbers that are the same in every run.
#![allow(dead_code)] // Each test file uses its own part of it.
#![allow(clippy::unwrap_used)] // Clippy takes only the test functions themselves for tests.

use candour_ledger::{Entry, Hash, LogKey, MemoryTiles, leaf_hash, sign_checkpoint};

pub const ORIGIN: &str = "candour.example/org/test";

/// Numbers that look random and are the same in every run (splitmix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to but without `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From `start` up to and with `end`.
    pub fn between(&mut self, start: u64, end: u64) -> u64 {
        start + self.below(end - start + 1)
    }
}

pub fn uuid(dice: &mut Dice) -> String {
    let (a, b) = (dice.next(), dice.next());
    format!(
        "{:08x}-{:04x}-7{:03x}-a{:03x}-{:012x}",
        a >> 32,
        a & 0xffff,
        (a >> 16) & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

/// The `i`th entry of every test log.
pub fn entry(i: u64) -> Entry {
    const ACTS: [&str; 4] =
        ["request.received", "request.answered", "holding.erased", "permission.objected.post"];
    let mut dice = Dice(i);
    let at = jiff::Timestamp::from_millisecond(1_780_000_000_000 + i as i64 * 1_234).unwrap();
    let actor = format!("staff:{}", uuid(&mut dice));
    let act = ACTS[dice.below(4) as usize];
    let mut entry = Entry::new(&uuid(&mut dice), at, &actor, act);
    entry.about = (0..dice.below(3)).map(|_| format!("case:{}", uuid(&mut dice))).collect();
    if dice.below(2) == 0 {
        entry.law = vec!["UK GDPR Art 12A(3)".to_owned(), "DPA 2018 s 45 – §3".to_owned()];
        entry.commit = Some(Entry::commit(&[i as u8; 32], b"payload"));
    }
    entry
}

pub fn entry_bytes(i: u64) -> Vec<u8> {
    entry(i).to_bytes().unwrap()
}

/// A leaf hash for logs whose entries do not matter.
pub fn leaf(i: u64) -> Hash {
    leaf_hash(&i.to_be_bytes())
}

/// A log with the roots that it had at every size.
pub fn grown(size: u64) -> (MemoryTiles, Vec<Hash>) {
    let mut log = MemoryTiles::default();
    let mut roots = vec![log.edge().root()];
    for i in 0..size {
        log.append(leaf(i));
        roots.push(log.edge().root());
    }
    (log, roots)
}

pub fn key() -> LogKey {
    LogKey::new(ORIGIN, &[42; 32]).unwrap()
}

pub fn signed(size: u64, root: Hash) -> String {
    sign_checkpoint(ORIGIN, size, root, &key()).unwrap()
}

/// The same bytes with one bit changed.
pub fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}
