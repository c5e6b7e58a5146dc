//! A first glance at a book: most identifiers that are not in it are told by one word of memory.

/// Entries that share a word, at the most: eight bits of it for each.
const SHARE: usize = 8;
/// Words at the most, 32 MiB: beyond, a glance would cost as much memory as it saves time.
const MOST: usize = 1 << 22;

/// A Bloom filter whose marks for one entry all stand in one word.
///
/// What was added is always held; of the others, one in twenty at the most seems to be.
/// What is taken out of the book stays here, which only costs a look.
#[derive(Clone)]
pub(super) struct Glance {
    words: Vec<u64>,
    /// Entries it still tells apart once added.
    room: usize,
}

impl Glance {
    /// For so many entries.
    pub fn with_capacity(entries: usize) -> Glance {
        let words = (entries / SHARE + 1).next_power_of_two().max(2);
        if words > MOST {
            // Too many: everything seems to be held.
            return Glance { words: vec![u64::MAX; 2], room: usize::MAX };
        }
        Glance { words: vec![0; words], room: words * SHARE }
    }

    /// True if it tells no more entries apart.
    pub fn is_full(&self) -> bool {
        self.room == 0
    }

    /// Bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }

    fn at(&self, head: u64) -> usize {
        // A shelf's entries have neighbouring words, as the first bits say both.
        usize::try_from(head >> (64 - self.words.len().ilog2())).unwrap_or_default()
    }

    /// Adds an entry: the first eight bytes of its hash and the next eight.
    pub fn add(&mut self, head: u64, tail: u64) {
        let at = self.at(head);
        self.words[at] |= marks(tail);
        self.room = self.room.saturating_sub(1);
    }

    /// False if no such entry was added.
    pub fn may_hold(&self, head: u64, tail: u64) -> bool {
        let marks = marks(tail);
        self.words[self.at(head)] & marks == marks
    }
}

/// Four bits of a word.
fn marks(tail: u64) -> u64 {
    [0, 6, 12, 18].iter().fold(0, |marks, from| marks | 1 << (tail >> from & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number spread over all bits, as a hash would be.
    fn spread(n: u64) -> u64 {
        let x = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x ^ (x >> 27)
    }

    #[test]
    fn what_was_added_is_held_and_little_else() {
        const ENTRIES: u64 = 1 << 16;
        let mut glance = Glance::with_capacity(ENTRIES as usize - SHARE);
        assert!(!glance.is_full());
        (0..ENTRIES).for_each(|n| glance.add(spread(2 * n), spread(2 * n + 1)));
        assert!(glance.is_full());
        assert!((0..ENTRIES).all(|n| glance.may_hold(spread(2 * n), spread(2 * n + 1))));
        let others = ENTRIES..2 * ENTRIES;
        let seem = others.filter(|n| glance.may_hold(spread(2 * n), spread(2 * n + 1))).count();
        assert!(seem < ENTRIES as usize / 12, "{seem}");
    }

    #[test]
    fn too_many_are_all_looked_up() {
        let glance = Glance::with_capacity(MOST * SHARE);
        assert!(!glance.is_full() && glance.may_hold(1, 2) && glance.bytes() < 100);
    }
}
