//! The RFC 6962 tree: hashes, tiles, and the few hashes that an append needs.
//!
//! What a caller stores, and nothing else:
//!
//! - for each entry its index, its leaf hash and its bytes;
//! - for each finished tile its level, its index, its 256 hashes and its root;
//! - one [`Edge`].
//!
//! From these every [`TileSource::tile`] can be answered: a full tile is stored; the open tile of
//! level 0 is the leaf hashes of its entries; an open tile of a higher level is the roots of the
//! finished tiles one level below.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::error::LedgerError;
pub use crate::hash::{leaf_hash, node_hash};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// How many hashes a full tile has.
pub const TILE_WIDTH: u16 = 256;

/// The largest log this crate works with, in entries; far beyond what a log can reach, and small
/// enough that no index arithmetic can overflow.
pub const MAX_SIZE: u64 = 1 << 48;

/// The root of the empty tree: the SHA-256 hash of nothing.
pub const EMPTY_ROOT: Hash = tlog_tiles::EMPTY_HASH.0;

/// A hash in base64, as checkpoints and proofs write it.
pub fn hash_text(hash: &Hash) -> String {
    BASE64_STANDARD.encode(hash)
}

/// The root of the tree over `hashes` with, right of them, a tree whose root is `right`. `None` if
/// there is neither. With a full tile and no `right` this is the tile's root.
pub(crate) fn fold(hashes: &[Hash], right: Option<Hash>) -> Option<Hash> {
    let mut edge = Edge::empty();
    for hash in hashes {
        edge.push(*hash);
    }
    edge.peaks.iter().rev().fold(right, |right, peak| match right {
        Some(right) => Some(node_hash(peak, &right)),
        None => Some(*peak),
    })
}

/// Hashes laid end to end, as a tile's bytes hold them.
pub(crate) fn hashes_of(tile: &[u8]) -> &[Hash] {
    tile.as_chunks().0
}

/// Where tiles come from: a database, a folder, memory.
pub trait TileSource {
    /// The first `width` hashes (1 to 256) of tile `index` at `level`, end to end: `width` × 32
    /// bytes. At level 0 they are leaf hashes, above it roots of the full tiles one level below.
    ///
    /// # Errors
    /// [`LedgerError`] if the tile does not exist that far or cannot be read.
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, LedgerError>;
}

/// A tile that an append has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FinishedTile {
    /// Level in the tree of tiles, 0 for leaf hashes.
    pub level: u8,
    /// Number within the level, from 0.
    pub index: u64,
    /// The tile's root, which is also hash `index` of the level above.
    pub root: Hash,
}

impl FinishedTile {
    /// The 256 hashes to store with it, 8,192 bytes, gathered from what is already stored (leaf
    /// hashes, or roots of the level below) and checked against the root.
    ///
    /// # Errors
    /// [`LedgerError::Tile`] if the store holds other hashes than were appended.
    pub fn hashes(&self, src: &impl TileSource) -> Result<Vec<u8>, LedgerError> {
        let tile = src.tile(self.level, self.index, TILE_WIDTH)?;
        let whole = tile.len() == usize::from(TILE_WIDTH) * 32;
        if !whole || fold(hashes_of(&tile), None) != Some(self.root) {
            let what = "the stored hashes are not those that were appended".to_owned();
            return Err(LedgerError::Tile { level: self.level, index: self.index, what });
        }
        Ok(tile)
    }
}

/// The right edge of the tree: its size and the roots of its perfect subtrees, at most one per bit
/// of the size. All that an append needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// Largest subtree first.
    peaks: Vec<Hash>,
}

/// First byte of a saved edge.
const EDGE_FORMAT: u8 = 1;

impl Edge {
    /// The edge of a log without entries.
    pub const fn empty() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// Entries appended so far.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree, RFC 6962 section 2.1.
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return EMPTY_ROOT };
        peaks.fold(*last, |right, peak| node_hash(peak, &right))
    }

    /// Appends one leaf hash and answers the tiles that it completed, lowest level first: one for
    /// each 256th entry, two for each 65,536th, and so on. Store the entry first, then each tile
    /// with its [`FinishedTile::hashes`], in this order.
    pub fn append(&mut self, leaf: Hash) -> Vec<FinishedTile> {
        self.push_with(leaf, |size, height, root| {
            let level = (height / 8 - 1) as u8;
            FinishedTile { level, index: (size >> height) - 1, root }
        })
    }

    fn push(&mut self, leaf: Hash) {
        self.push_with(leaf, |_, _, _| ());
    }

    /// Joins the new leaf with each perfect subtree of its own size, as adding one to a binary
    /// number carries; calls `finished` where a subtree becomes a tile's whole height of 8.
    fn push_with<T>(&mut self, leaf: Hash, finished: impl Fn(u64, u32, Hash) -> T) -> Vec<T> {
        let mut done = Vec::new();
        let mut hash = leaf;
        let mut height = 0;
        while self.size >> height & 1 == 1 {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
            height += 1;
            if height % 8 == 0 {
                done.push(finished(self.size + 1, height, hash));
            }
        }
        self.peaks.push(hash);
        self.size += 1;
        done
    }

    /// A few hundred bytes to keep between appends: format, size, one hash per set bit of the size.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![EDGE_FORMAT];
        bytes.extend(self.size.to_be_bytes());
        bytes.extend(self.peaks.as_flattened());
        bytes
    }

    /// Reads a saved edge.
    ///
    /// # Errors
    /// [`LedgerError::Range`] if [`Edge::to_bytes`] could not have written these bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LedgerError> {
        let wrong = |what| LedgerError::Range(format!("the saved edge of the log {what}"));
        let Some((&[EDGE_FORMAT], rest)) = bytes.split_first_chunk() else {
            return Err(wrong("has an unknown format"));
        };
        let Some((size, rest)) = rest.split_first_chunk() else {
            return Err(wrong("is cut short"));
        };
        let size = u64::from_be_bytes(*size);
        let (peaks, odd) = rest.as_chunks();
        if size > MAX_SIZE || !odd.is_empty() || peaks.len() != size.count_ones() as usize {
            return Err(wrong("does not have the hashes that its size needs"));
        }
        Ok(Self { size, peaks: peaks.to_vec() })
    }
}

/// A whole tree in memory, 32 bytes an entry: for tests and for logs of a few thousand entries.
#[derive(Clone, Debug)]
pub struct MemoryTiles {
    edge: Edge,
    levels: Vec<Vec<Hash>>,
}

impl Default for MemoryTiles {
    fn default() -> Self {
        Self { edge: Edge::empty(), levels: vec![Vec::new()] }
    }
}

impl MemoryTiles {
    /// Appends one leaf hash.
    pub fn append(&mut self, leaf: Hash) {
        self.levels[0].push(leaf);
        for tile in self.edge.append(leaf) {
            let above = usize::from(tile.level) + 1;
            if self.levels.len() == above {
                self.levels.push(Vec::new());
            }
            self.levels[above].push(tile.root);
        }
    }

    /// Entries appended so far, and the root.
    pub fn edge(&self) -> &Edge {
        &self.edge
    }
}

impl TileSource for MemoryTiles {
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, LedgerError> {
        let start = usize::try_from(index).ok().and_then(|i| i.checked_mul(256));
        let hashes = self.levels.get(usize::from(level)).and_then(|hashes| {
            let start = start?;
            hashes.get(start..start.checked_add(usize::from(width))?)
        });
        match hashes {
            Some(hashes) => Ok(hashes.as_flattened().to_vec()),
            None => {
                let what = format!("the log is too short for {width} hashes of it");
                Err(LedgerError::Tile { level, index, what })
            }
        }
    }
}
