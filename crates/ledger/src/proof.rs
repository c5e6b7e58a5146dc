//! That an entry is in the log, and that a later log continues an earlier one.
//!
//! The algorithms are those of RFC 6962 section 2.1 as `tlog_tiles` has them; this module brings it
//! tiles and refuses, before it is asked, whatever would be outside its arithmetic.

use std::cell::RefCell;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use tlog_tiles::{HashReader, Tile, tlog};

use crate::checkpoint::{Checkpoint, open_checkpoint};
use crate::error::LedgerError;
use crate::tree::{EMPTY_ROOT, Hash, MAX_SIZE, TileSource, hash_text};

/// The height of a tile in `tlog_tiles`' terms: 2⁸ hashes.
const HEIGHT: u8 = 8;
/// No proof in a tree of [`MAX_SIZE`] entries has more hashes.
const LONGEST: usize = 64;
/// First line of a proof file.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The hashes that lead from entry `index` to the root of the log of `size` entries.
///
/// # Errors
/// [`LedgerError::Range`] if the log has no such entry; otherwise what `src` answers.
pub fn prove_inclusion(
    src: &(impl TileSource + ?Sized),
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, LedgerError> {
    if index >= size || size > MAX_SIZE {
        let what = format!("a log of {size} entries has no entry with index {index}");
        return Err(LedgerError::Range(what));
    }
    let reader = Reader::new(src, size);
    reader.finish(tlog::prove_record(size, index, &reader))
}

/// The hashes that show that the log of `new` entries begins with the log of `old` entries.
///
/// # Errors
/// [`LedgerError::Range`] if `old` is larger than `new`; otherwise what `src` answers.
pub fn prove_consistency(
    src: &(impl TileSource + ?Sized),
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, LedgerError> {
    if old > new || new > MAX_SIZE {
        let what = format!("a log of {new} entries cannot continue one of {old}");
        return Err(LedgerError::Range(what));
    }
    if old == 0 {
        return Ok(Vec::new());
    }
    let reader = Reader::new(src, new);
    reader.finish(tlog::prove_tree(new, old, &reader))
}

/// Checks that the log of `size` entries with this root has this leaf hash at `index`.
///
/// # Errors
/// [`LedgerError::Proof`] if the proof does not show that.
pub fn check_inclusion(
    proof: &[Hash],
    size: u64,
    root: &Hash,
    index: u64,
    leaf: &Hash,
) -> Result<(), LedgerError> {
    let refuse = || LedgerError::Proof("it does not lead from this entry to the root".to_owned());
    if index >= size || size > MAX_SIZE || proof.len() > LONGEST {
        return Err(refuse());
    }
    let proof = foreign(proof);
    let checked = tlog::check_record(&proof, size, tlog::Hash(*root), index, tlog::Hash(*leaf));
    checked.map_err(|_| refuse())
}

/// Checks that the log of `new_size` entries begins with the log of `old_size` entries.
///
/// # Errors
/// [`LedgerError::Proof`] if the proof does not show that.
pub fn check_consistency(
    proof: &[Hash],
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
) -> Result<(), LedgerError> {
    let refuse =
        || LedgerError::Proof("the later log does not continue the earlier one".to_owned());
    if old_size == 0 {
        // Every log continues the empty one; tlog_tiles leaves this case to its caller.
        let good = proof.is_empty() && *old_root == EMPTY_ROOT;
        return if good { Ok(()) } else { Err(refuse()) };
    }
    if old_size > new_size || new_size > MAX_SIZE || proof.len() > LONGEST {
        return Err(refuse());
    }
    let (old, new) = (tlog::Hash(*old_root), tlog::Hash(*new_root));
    tlog::check_tree(&foreign(proof), new_size, new, old_size, old).map_err(|_| refuse())
}

fn foreign(hashes: &[Hash]) -> Vec<tlog::Hash> {
    hashes.iter().copied().map(tlog::Hash).collect()
}

/// Brings `tlog_tiles` the hashes it asks for, out of tiles as they are in a log of `size` entries.
struct Reader<'a, S: ?Sized> {
    src: &'a S,
    size: u64,
    /// Our own error, which `tlog_tiles` cannot carry.
    failed: RefCell<Option<LedgerError>>,
}

impl<'a, S: TileSource + ?Sized> Reader<'a, S> {
    fn new(src: &'a S, size: u64) -> Self {
        Self { src, size, failed: RefCell::new(None) }
    }

    fn finish(
        &self,
        proof: Result<Vec<tlog::Hash>, tlog::Error>,
    ) -> Result<Vec<Hash>, LedgerError> {
        match (proof, self.failed.take()) {
            (Ok(proof), None) => Ok(proof.into_iter().map(|hash| hash.0).collect()),
            (_, Some(own)) => Err(own),
            (Err(error), None) => Err(LedgerError::Proof(error.to_string())),
        }
    }

    fn fetch(&self, tile: &Tile) -> Result<Vec<u8>, tlog::Error> {
        let (level, index) = (tile.level(), tile.level_index());
        let width = u16::try_from(tile.width()).map_err(|_| tlog::Error::InvalidTile)?;
        let read = self.src.tile(level, index, width).and_then(|data| {
            if data.len() == usize::from(width) * 32 {
                return Ok(data);
            }
            let what = format!("{} bytes where {width} hashes were asked for", data.len());
            Err(LedgerError::Tile { level, index, what })
        });
        read.map_err(|error| {
            *self.failed.borrow_mut() = Some(error);
            tlog::Error::InvalidTile
        })
    }
}

impl<S: TileSource + ?Sized> HashReader for Reader<'_, S> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        let mut fetched: Vec<(Tile, Vec<u8>)> = Vec::new();
        let mut hashes = Vec::with_capacity(indexes.len());
        for &index in indexes {
            let tile = Tile::from_index(HEIGHT, index)
                .parent(0, self.size)
                .ok_or(tlog::Error::IndexesNotInTree)?;
            let at = match fetched.iter().position(|(have, _)| *have == tile) {
                Some(at) => at,
                None => {
                    fetched.push((tile, self.fetch(&tile)?));
                    fetched.len() - 1
                }
            };
            hashes.push(tile.hash_at_index(&fetched[at].1, index)?);
        }
        Ok(hashes)
    }
}

/// A C2SP `tlog-proof`: one entry's inclusion proof with the checkpoint it leads to, in one file
/// that can be checked offline. Its usual extension is `.tlog-proof`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofFile {
    /// Bytes that the proof itself does not vouch for. Candour puts the entry's own bytes here, and
    /// they are trusted only once their leaf hash has been proved.
    pub extra: Option<Vec<u8>>,
    /// The entry's index, from 0.
    pub index: u64,
    /// From the leaf's sibling up to the root's child.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl ProofFile {
    /// The proof of entry `index` under a signed checkpoint, carrying the entry's bytes.
    ///
    /// # Errors
    /// What [`open_checkpoint`] and [`prove_inclusion`] answer, or [`LedgerError::Proof`] if `src`
    /// and the checkpoint do not belong together.
    pub fn make(
        src: &(impl TileSource + ?Sized),
        index: u64,
        entry: &[u8],
        checkpoint: &str,
        vkeys: &[impl AsRef<str>],
    ) -> Result<Self, LedgerError> {
        let signed = open_checkpoint(checkpoint, vkeys)?;
        let proof = Self {
            extra: Some(entry.to_owned()),
            index,
            hashes: prove_inclusion(src, index, signed.size)?,
            checkpoint: checkpoint.to_owned(),
        };
        proof.verify(entry, vkeys)?;
        Ok(proof)
    }

    /// The file's text.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            text.push_str(&format!("extra {}\n", BASE64_STANDARD.encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.hashes {
            text.push_str(&hash_text(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads a file's text. This says nothing yet about whether the proof holds.
    ///
    /// # Errors
    /// [`LedgerError::Proof`] names the line that is not as the format has it.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        let wrong = |what: &str| LedgerError::Proof(format!("not a tlog-proof file: {what}"));
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(wrong("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(wrong("the first line is not c2sp.org/tlog-proof@v1"));
        }
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let extra = extra.map(|line| BASE64_STANDARD.decode(&line[6..])).transpose();
        let extra = extra.map_err(|_| wrong("the line \"extra\" is not base64"))?;
        let digits = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = digits.and_then(|digits| digits.parse().ok());
        let index = index.ok_or(wrong("no line \"index\" with a number"))?;
        let mut hashes = Vec::new();
        for line in lines {
            let hash = BASE64_STANDARD.decode(line).ok().and_then(|hash| hash.try_into().ok());
            hashes.push(hash.ok_or(wrong("a hash is not 32 bytes in base64"))?);
        }
        let proof = Self { extra, index, hashes, checkpoint: checkpoint.to_owned() };
        // Leading zeros, a plus sign and the like: there is only one way to write a proof.
        if proof.to_text() != text {
            return Err(wrong("it is not written in the one form the format has"));
        }
        Ok(proof)
    }

    /// Checks that a checkpoint signed by the log's own, trusted key covers exactly these entry
    /// bytes at this index, and answers that checkpoint.
    ///
    /// # Errors
    /// [`LedgerError::Checkpoint`] or [`LedgerError::Proof`] says which of the two does not hold.
    pub fn verify(
        &self,
        entry: &[u8],
        vkeys: &[impl AsRef<str>],
    ) -> Result<Checkpoint, LedgerError> {
        let signed = open_checkpoint(&self.checkpoint, vkeys)?;
        signed.own_signature()?;
        let leaf = crate::tree::leaf_hash(entry);
        check_inclusion(&self.hashes, signed.size, &signed.root, self.index, &leaf)?;
        Ok(signed)
    }
}
