//! Which profile an identifier belongs to, for a hundred million of them.

mod glance;

use glance::Glance;

/// Bits of a hash that choose a shelf, at the least: two whole bytes, which then need not be kept.
const FEWEST_BITS: u32 = 16;
/// As many shelves as are worth their headers.
const MOST_BITS: u32 = 24;
/// Entries a shelf holds on average before every shelf is split in two.
const FULL: usize = 64;
/// Bytes of a hash that tell identifiers apart: an accident among a billion is one in 10^20.
const KEY: usize = 16;
/// What an entry keeps of the key: the shelf says the first two bytes.
const KEPT: usize = KEY - 2;
/// An entry: the rest of the key, then the profile, low byte first.
type Entry = [u8; KEPT + 4];

/// Keyed hashes of identifiers, each with the profile it belongs to.
///
/// A shelf for each beginning of a hash; on it the entries stand dense and sorted. As hashes are
/// evenly spread, the place of one is known to within a few entries, so a look-up touches two or
/// three lines of memory. Growing moves one shelf at a time, so nothing is ever there twice.
#[derive(Clone)]
pub struct Book {
    shelves: Vec<Vec<Entry>>,
    bits: u32,
    len: usize,
    /// Entries a shelf has room for from its first on.
    room: usize,
    highest: Option<u32>,
    glance: Glance,
}

impl Default for Book {
    fn default() -> Book {
        Book::with_capacity(0)
    }
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Book({} identifiers)", self.len)
    }
}

/// The first eight bytes of a hash as one number.
fn head(hash: &[u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The eight bytes of a hash behind these.
fn tail(hash: &[u8; 32]) -> u64 {
    let [_, _, _, _, _, _, _, _, a, b, c, d, e, f, g, h, ..] = *hash;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The first eight kept bytes of an entry, by which a shelf is sorted first.
fn order(entry: &Entry) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *entry;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The last eight kept bytes of the key, which no shelf and no place depends on.
fn marks(entry: &Entry) -> u64 {
    let [_, _, _, _, _, _, a, b, c, d, e, f, g, h, ..] = *entry;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn kept(hash: &[u8; 32], profile: u32) -> Entry {
    let mut entry = [0; KEPT + 4];
    entry[..KEPT].copy_from_slice(&hash[2..KEY]);
    entry[KEPT..].copy_from_slice(&profile.to_le_bytes());
    entry
}

fn profile(entry: &Entry) -> u32 {
    let [.., a, b, c, d] = *entry;
    u32::from_le_bytes([a, b, c, d])
}

impl Book {
    /// Entries that [`Extend::extend`] sorts together, some five megabytes: whoever gathers entries
    /// for it gathers so many.
    pub const PART: usize = 1 << 17;

    /// An empty book with shelves for about this many identifiers. It grows beyond them by itself.
    pub fn with_capacity(identifiers: usize) -> Book {
        let wanted = (identifiers / FULL + 1).next_power_of_two().ilog2();
        let bits = wanted.clamp(FEWEST_BITS, MOST_BITS);
        // The share of each. Shelves differ: what one lacks another has too much.
        let room = (identifiers >> bits).max(4);
        let glance = Glance::with_capacity(identifiers);
        Book { shelves: vec![Vec::new(); 1 << bits], bits, len: 0, room, highest: None, glance }
    }

    /// How many identifiers are in it.
    pub fn len(&self) -> usize {
        self.len
    }

    /// True if nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        let room: usize = self.shelves.iter().map(Vec::capacity).sum();
        room * size_of::<Entry>()
            + self.shelves.capacity() * size_of::<Vec<Entry>>()
            + self.glance.bytes()
    }

    /// The highest profile that was ever set.
    pub fn highest_profile(&self) -> Option<u32> {
        self.highest
    }

    /// Says whose identifier this is; answers whose it was before.
    pub fn set(&mut self, hash: [u8; 32], to: u32) -> Option<u32> {
        self.highest = self.highest.max(Some(to));
        let entry = kept(&hash, to);
        let (shelf, place) = self.place(&hash);
        let shelf = &mut self.shelves[shelf];
        match place {
            Ok(at) => Some(profile(&std::mem::replace(&mut shelf[at], entry))),
            Err(at) => {
                if shelf.len() == shelf.capacity() {
                    // A little more: doubling would leave a third of the memory empty.
                    let more = if shelf.is_empty() { self.room } else { shelf.len() / 16 + 2 };
                    shelf.reserve_exact(more);
                }
                shelf.insert(at, entry);
                self.len += 1;
                match self.glance.is_full() {
                    true => self.look_again(),
                    false => self.glance.add(head(&hash), marks(&entry)),
                }
                if self.len > FULL << self.bits && self.bits < MOST_BITS {
                    self.split();
                }
                None
            }
        }
    }

    /// A larger glance, of every entry.
    fn look_again(&mut self) {
        let mut glance = Glance::with_capacity(self.len * 2);
        for (at, shelf) in (0u64..).zip(&self.shelves) {
            let first = at >> (self.bits - FEWEST_BITS) << 48;
            for entry in shelf {
                glance.add(first | order(entry) >> 16, marks(entry));
            }
        }
        self.glance = glance;
    }

    /// Whose identifier this is.
    pub fn get(&self, hash: &[u8; 32]) -> Option<u32> {
        if self.glance.may_hold(head(hash), tail(hash)) { self.find(hash) } else { None }
    }

    /// The same without a glance before.
    fn find(&self, hash: &[u8; 32]) -> Option<u32> {
        let (shelf, place) = self.place(hash);
        place.ok().map(|at| profile(&self.shelves[shelf][at]))
    }

    /// Takes an identifier out; answers whose it was.
    pub fn remove(&mut self, hash: &[u8; 32]) -> Option<u32> {
        let (shelf, place) = self.place(hash);
        let at = place.ok()?;
        self.len -= 1;
        Some(profile(&self.shelves[shelf].remove(at)))
    }

    /// [`Book::get`] for many at once, faster: most that are not here cost one glance, and for the
    /// others the lines of memory are fetched side by side.
    pub fn get_all(&self, hashes: &[[u8; 32]], found: &mut Vec<Option<u32>>) {
        /// As many as a processor keeps under way, and some.
        const TOGETHER: usize = 32;
        found.clear();
        found.resize(hashes.len(), None);
        let mut likely = [0usize; TOGETHER];
        let mut waiting = 0;
        for (at, hash) in hashes.iter().enumerate() {
            // Written without a branch, as which it will be cannot be foreseen.
            likely[waiting] = at;
            waiting += usize::from(self.glance.may_hold(head(hash), tail(hash)));
            if waiting == TOGETHER {
                self.get_likely(hashes, &likely, found);
                waiting = 0;
            }
        }
        self.get_likely(hashes, &likely[..waiting], found);
    }

    fn get_likely(&self, hashes: &[[u8; 32]], likely: &[usize], found: &mut [Option<u32>]) {
        /// Entries to either side, so that no line lies between two touches.
        const NEAR: usize = 64 / size_of::<Entry>();
        let mut near = 0u64;
        // Asks for memory that no other look-up waits for, so the waits overlap.
        for at in likely {
            let hash = &hashes[*at];
            let shelf = self.shelves[self.shelf(hash)].as_slice();
            let guess = guess_place(hash, self.bits, shelf.len());
            // The entry is a few places off: three touches reach every line it may be in.
            for place in [guess.saturating_sub(NEAR), guess, guess + NEAR] {
                near ^= shelf.get(place).map_or(0, |entry| u64::from(entry[0]));
            }
        }
        std::hint::black_box(near);
        for at in likely {
            found[*at] = self.find(&hashes[*at]);
        }
    }

    fn shelf(&self, hash: &[u8; 32]) -> usize {
        // At most 24 bits: they fit every usize.
        usize::try_from(head(hash) >> (64 - self.bits)).unwrap_or_default()
    }

    /// The shelf, and where on it the entry stands or would stand.
    fn place(&self, hash: &[u8; 32]) -> (usize, Result<usize, usize>) {
        let at = self.shelf(hash);
        let shelf = self.shelves[at].as_slice();
        let wanted = kept(hash, 0);
        let key = order(&wanted);
        let mut place = guess_place(hash, self.bits, shelf.len());
        while place > 0 && order(&shelf[place - 1]) >= key {
            place -= 1;
        }
        while let Some(entry) = shelf.get(place) {
            if order(entry) > key {
                break;
            }
            match entry[..KEPT].cmp(&wanted[..KEPT]) {
                std::cmp::Ordering::Less => place += 1,
                std::cmp::Ordering::Equal => return (at, Ok(place)),
                std::cmp::Ordering::Greater => break,
            }
        }
        (at, Err(place))
    }

    /// Twice as many shelves: each becomes two at its middle, one after the other.
    fn split(&mut self) {
        let mut split = Vec::with_capacity(self.shelves.len() * 2);
        // The bit that now counts too, in the first kept bytes of an entry.
        let bit = 1u64 << (63 - (self.bits - FEWEST_BITS));
        for shelf in &mut self.shelves {
            let low = std::mem::take(shelf);
            let middle = low.partition_point(|entry| order(entry) & bit == 0);
            let high = low[middle..].to_vec();
            split.push(low[..middle].to_vec());
            split.push(high);
        }
        self.shelves = split;
        self.bits += 1;
        self.room = FULL / 2;
    }
}

/// Where on a shelf of this length the entry stands if all are evenly spread.
fn guess_place(hash: &[u8; 32], bits: u32, len: usize) -> usize {
    let share = u128::from(head(hash) << bits);
    usize::try_from((share * len as u128) >> 64).unwrap_or_default()
}

impl Extend<([u8; 32], u32)> for Book {
    /// Sets many, faster than one by one: sorted first, a part at a time, they meet the shelves in
    /// the order in which these lie in memory. Of two of one identifier the later counts.
    fn extend<I: IntoIterator<Item = ([u8; 32], u32)>>(&mut self, entries: I) {
        let mut entries = entries.into_iter();
        let mut part = Vec::new();
        loop {
            part.extend(entries.by_ref().take(Book::PART));
            if part.is_empty() {
                return;
            }
            // Stable, so that equal ones stay in their order.
            part.sort_by_key(|(hash, _)| head(hash));
            for (hash, to) in part.drain(..) {
                self.set(hash, to);
            }
        }
    }
}

impl FromIterator<([u8; 32], u32)> for Book {
    fn from_iter<I: IntoIterator<Item = ([u8; 32], u32)>>(entries: I) -> Book {
        let entries = entries.into_iter();
        let mut book = Book::with_capacity(entries.size_hint().0);
        book.extend(entries);
        book
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Hashes that crowd on few shelves, so that order and neighbours matter.
    fn crowded() -> impl Strategy<Value = [u8; 32]> {
        (0u8..2, prop::sample::select(vec![0u8, 1, 127, 128, 255]), any::<[u8; 2]>(), 0u8..3)
            .prop_map(|(shelf, top, mid, low)| {
                let mut hash = [0; 32];
                (hash[1], hash[2], hash[15]) = (shelf, top, low);
                (hash[3], hash[9]) = (mid[0] & 3, mid[1] & 1);
                hash
            })
    }

    proptest! {
        #[test]
        fn it_does_what_a_map_does(steps in prop::collection::vec(
            (crowded(), prop::option::weighted(0.7, 0u32..50)), 0..400)) {
            let (mut book, mut map) = (Book::default(), HashMap::new());
            for (hash, profile) in steps {
                match profile {
                    Some(p) => prop_assert_eq!(book.set(hash, p), map.insert(hash, p)),
                    None => prop_assert_eq!(book.remove(&hash), map.remove(&hash)),
                }
                prop_assert_eq!(book.len(), map.len());
            }
            book.split();
            let all: Vec<[u8; 32]> = map.keys().copied().chain([[7; 32]]).collect();
            let mut found = Vec::new();
            book.get_all(&all, &mut found);
            for (hash, found) in all.iter().zip(found) {
                prop_assert_eq!(book.get(hash), map.get(hash).copied());
                prop_assert_eq!(found, map.get(hash).copied());
            }
        }
    }

    /// A number that looks like a hash.
    fn spread(n: u64) -> [u8; 32] {
        let mut hash = [0; 32];
        for (word, bytes) in (0u64..).zip(hash.chunks_exact_mut(8)) {
            let x = (n * 4 + word).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            bytes.copy_from_slice(&(x ^ (x >> 31)).to_be_bytes());
        }
        hash
    }

    #[test]
    fn many_at_once_are_the_same_as_one_by_one() {
        // More than one part, and every identifier twice: the later counts.
        let n = Book::PART as u64;
        let entries = (0..n + n / 2).map(|i| (spread(i % (n / 2 + 7)), u32::try_from(i).unwrap()));
        let (mut all, mut single) = (Book::default(), Book::default());
        all.extend(entries.clone());
        entries.for_each(|(hash, to)| {
            single.set(hash, to);
        });
        assert_eq!((all.len(), all.highest_profile()), (single.len(), single.highest_profile()));
        for i in 0..n / 2 + 8 {
            assert_eq!(all.get(&spread(i)), single.get(&spread(i)));
        }
    }

    #[test]
    fn it_grows_shelf_by_shelf_and_forgets_nothing() {
        let mut book = Book::default();
        // As if three times full, with the work of a thousandth.
        for n in 0..20_000 {
            book.set(spread(n), u32::try_from(n).unwrap());
        }
        let all: Vec<[u8; 32]> = (0..20_000).map(spread).collect();
        let mut found = Vec::new();
        book.get_all(&all, &mut found);
        assert!((0..20_000).map(Some).eq(found.iter().copied()));
        let before = book.bits;
        for _ in 0..3 {
            book.split();
        }
        assert_eq!(book.bits, before + 3);
        for n in 0..20_000 {
            assert_eq!(book.get(&spread(n)), u32::try_from(n).ok());
        }
        assert_eq!(book.get(&spread(20_000)), None);
        assert_eq!((book.len(), book.highest_profile()), (20_000, Some(19_999)));
    }
}
