//! Reads a whole bundle and says that it is sound, or what was changed and where.
//!
//! What is checked: the signatures of the checkpoint; that every entry is canonical; every leaf
//! hash against its tile; every tile against the tile above it; the root against the checkpoint;
//! and, where an earlier checkpoint is given, that this log continues that one. Nothing is sampled.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::bundle::{self, CHECKPOINT, DirTiles, entries_path, tile_path, tiles_of, width_at};
use crate::checkpoint::{Checkpoint, SignerId, open_checkpoint};
use crate::error::LedgerError;
use crate::proof::{check_consistency, prove_consistency};
use crate::sweep::{Swept, sweep};
use crate::tree::{EMPTY_ROOT, Hash, TILE_WIDTH, fold, hashes_of};

/// A bundle that holds, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The log's name.
    pub origin: String,
    /// Entries in the log.
    pub size: u64,
    /// Root of the tree over them, as signed.
    pub root: Hash,
    /// How many entries there are of each act.
    pub entries_by_act: BTreeMap<String, u64>,
    /// Time of the first entry, RFC 3339 in UTC.
    pub first_at: Option<String>,
    /// Time of the last entry, RFC 3339 in UTC.
    pub last_at: Option<String>,
    /// Trusted keys that signed the checkpoint.
    pub signers: Vec<SignerId>,
    /// What is no tampering but worth knowing, a sentence each.
    pub notes: Vec<String>,
}

/// What was changed, and where it shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Tampering {
    /// The file in the bundle, with `/` between the parts of its path.
    pub file: String,
    /// The first entry it concerns, counted from 0.
    pub index: Option<u64>,
    /// What is wrong, in a sentence.
    pub what: String,
}

impl std::fmt::Display for Tampering {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.index {
            Some(index) => write!(f, "{}, entry {index}: {}", self.file, self.what),
            None => write!(f, "{}: {}", self.file, self.what),
        }
    }
}

/// Why a bundle does not pass.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is not what was signed.
    #[error("tampering found: {0}")]
    Tampered(#[from] Tampering),
    /// It could not be judged: unreadable, not a bundle, or a key that is no key.
    #[error(transparent)]
    Unreadable(#[from] LedgerError),
}

impl VerifyError {
    pub(crate) fn found(
        file: impl Into<String>,
        index: impl Into<Option<u64>>,
        what: impl Into<String>,
    ) -> Self {
        Self::Tampered(Tampering { file: file.into(), index: index.into(), what: what.into() })
    }
}

/// Checks the bundle in `dir` against the keys that the caller trusts (lines as
/// [`crate::LogKey::vkey`] writes them) and, if given, against the text of a checkpoint that the
/// same log signed earlier. Uses every core when the log is large; memory grows by 32 bytes per 256
/// entries.
///
/// # Errors
/// [`VerifyError::Tampered`] with the lowest place that shows it; [`VerifyError::Unreadable`] if
/// the bundle, a key or the earlier checkpoint cannot be read or trusted.
pub fn verify_bundle(
    dir: &Path,
    trusted: &[impl AsRef<str>],
    earlier: Option<&str>,
) -> Result<Verified, VerifyError> {
    let signed = open(dir, trusted)?;
    let earlier = earlier.map(|text| open_earlier(text, trusted, &signed.origin)).transpose()?;
    let swept = sweep(dir, signed.size)?;
    let root = climb(dir, &swept)?;
    if root != signed.root {
        let what = "the entries and tiles agree with each other, but not with the root that was \
                    signed: the log was rewritten, or this is another log's checkpoint";
        return Err(VerifyError::found(CHECKPOINT, None, what));
    }
    if let Some(earlier) = earlier {
        continues(dir, &earlier, signed.size, &root)?;
    }
    let notes = notes(dir, &signed, &swept)?;
    let time = |at: [u8; 24]| String::from_utf8_lossy(&at).into_owned();
    Ok(Verified {
        origin: signed.origin,
        size: signed.size,
        root,
        entries_by_act: swept.acts,
        first_at: swept.first_at.map(time),
        last_at: swept.last_at.map(time),
        signers: signed.signers,
        notes,
    })
}

/// Checks that a bundle which has just been verified also continues this earlier checkpoint.
///
/// # Errors
/// As [`verify_bundle`].
pub fn check_earlier(
    dir: &Path,
    verified: &Verified,
    trusted: &[impl AsRef<str>],
    earlier: &str,
) -> Result<(), VerifyError> {
    let earlier = open_earlier(earlier, trusted, &verified.origin)?;
    continues(dir, &earlier, verified.size, &verified.root)
}

fn open(dir: &Path, trusted: &[impl AsRef<str>]) -> Result<Checkpoint, VerifyError> {
    let path = dir.join(CHECKPOINT);
    let text = match bundle::read_text(&path) {
        Err(LedgerError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            if dir.join("tile").is_dir() {
                return Err(VerifyError::found(CHECKPOINT, None, "the file is missing"));
            }
            let what = format!("{} has neither checkpoint nor tiles", dir.display());
            return Err(LedgerError::Bundle(what).into());
        }
        Err(LedgerError::Bundle(_)) => {
            return Err(VerifyError::found(CHECKPOINT, None, "the file is not text"));
        }
        read => read?,
    };
    let opened = open_checkpoint(&text, trusted);
    let signed = opened.and_then(|signed| signed.own_signature().map(|()| signed));
    signed.map_err(|error| match error {
        LedgerError::Checkpoint(what) => VerifyError::found(CHECKPOINT, None, what),
        other => other.into(),
    })
}

fn open_earlier(
    text: &str,
    trusted: &[impl AsRef<str>],
    origin: &str,
) -> Result<Checkpoint, VerifyError> {
    let opened = open_checkpoint(text, trusted);
    let earlier = opened.and_then(|earlier| earlier.own_signature().map(|()| earlier));
    let earlier = earlier.map_err(|error| match error {
        LedgerError::Checkpoint(what) => {
            LedgerError::Checkpoint(format!("the earlier one cannot be used: {what}"))
        }
        other => other,
    })?;
    if earlier.origin != origin {
        let what = format!("the earlier one is of another log, \"{}\"", earlier.origin);
        return Err(LedgerError::Checkpoint(what).into());
    }
    Ok(earlier)
}

fn continues(dir: &Path, earlier: &Checkpoint, new: u64, root: &Hash) -> Result<(), VerifyError> {
    let old = earlier.size;
    if old > new {
        let what = format!(
            "it covers {new} entries, the earlier checkpoint {old}: entries were removed from the \
             end, or this bundle is the older of the two"
        );
        return Err(VerifyError::found(CHECKPOINT, new, what));
    }
    let proof = prove_consistency(&DirTiles::new(dir), old, new)?;
    check_consistency(&proof, old, &earlier.root, new, root).map_err(|_| {
        let what = format!(
            "this log does not continue the earlier checkpoint: among its first {old} entries, \
             some are not those that were signed then"
        );
        VerifyError::found(CHECKPOINT, None, what)
    })
}

/// Checks every level above the leaves against the roots of the level below, and answers the root.
fn climb(dir: &Path, swept: &Swept) -> Result<Hash, VerifyError> {
    let mut root = fold(&swept.tail, None);
    let mut below = swept.roots.clone();
    let mut level = 1;
    let mut buffer = Vec::new();
    while !below.is_empty() {
        let mut roots = Vec::new();
        for (index, expected) in below.chunks(usize::from(TILE_WIDTH)).enumerate() {
            let index = index as u64;
            check_tile(dir, level, index, expected, &mut buffer)?;
            if expected.len() == usize::from(TILE_WIDTH) {
                roots.extend(fold(expected, None));
            } else {
                root = fold(expected, root);
            }
        }
        below = roots;
        level += 1;
    }
    Ok(root.unwrap_or(EMPTY_ROOT))
}

fn check_tile(
    dir: &Path,
    level: u8,
    index: u64,
    expected: &[Hash],
    buffer: &mut Vec<u8>,
) -> Result<(), VerifyError> {
    let path = tile_path(level, index, expected.len() as u16);
    read_tile(dir, &path, expected.len(), buffer, (index * 256) << (8 * u32::from(level)))?;
    let differs = hashes_of(buffer).iter().zip(expected).position(|(has, want)| has != want);
    let Some(slot) = differs else { return Ok(()) };
    let child = index * u64::from(TILE_WIDTH) + slot as u64;
    let first = child << (8 * u32::from(level));
    let what = format!(
        "hash {slot} is not the root of {}: one of the two, or entries from {first} to {}, were \
         changed",
        tile_path(level - 1, child, TILE_WIDTH),
        first + (1 << (8 * u32::from(level))) - 1,
    );
    Err(VerifyError::found(path, first, what))
}

/// Reads a tile of `width` hashes; `first` is the first entry it covers.
pub(crate) fn read_tile(
    dir: &Path,
    path: &str,
    width: usize,
    buffer: &mut Vec<u8>,
    first: u64,
) -> Result<(), VerifyError> {
    read_part(dir, path, buffer, usize::from(TILE_WIDTH) * 32, first)?;
    if buffer.len() == width * 32 {
        return Ok(());
    }
    let what = format!("the file has {} bytes, {width} hashes are {}", buffer.len(), width * 32);
    Err(VerifyError::found(path, first, what))
}

/// Reads a file that the checkpoint says must be there.
pub(crate) fn read_part(
    dir: &Path,
    path: &str,
    buffer: &mut Vec<u8>,
    limit: usize,
    first: u64,
) -> Result<(), VerifyError> {
    let file = dir.join(path);
    bundle::read_into(&file, buffer, limit).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => VerifyError::found(path, first, "the file is missing"),
        std::io::ErrorKind::FileTooLarge => {
            VerifyError::found(path, first, format!("the file has more than {limit} bytes"))
        }
        _ => LedgerError::io(file, error).into(),
    })
}

fn notes(dir: &Path, signed: &Checkpoint, swept: &Swept) -> Result<Vec<String>, VerifyError> {
    let mut notes = Vec::new();
    if let Some((first, count)) = swept.backwards {
        notes.push(format!(
            "{count} entries are dated before the one they follow, the first with index {first}: \
             their order is proved, their times are the office's own word"
        ));
    }
    for signer in &signed.unknown {
        notes.push(format!("signed also by {signer}, whose key is not known here"));
    }
    if let Some(file) = stray(dir, signed.size)? {
        notes.push(format!("{file} is not covered by the checkpoint; do not rely on it"));
    }
    Ok(notes)
}

/// A file under `tile/` that is no part of a log of `size` entries, if there is one.
fn stray(dir: &Path, size: u64) -> Result<Option<String>, LedgerError> {
    let bundles = size.div_ceil(u64::from(TILE_WIDTH));
    let expected = tiles_of(size).count() as u64 + bundles;
    let mut found = 0;
    walk(dir, "tile", &mut |_| found += 1)?;
    if found == expected {
        return Ok(None);
    }
    let mut known: BTreeSet<String> =
        tiles_of(size).map(|(level, index, width)| tile_path(level, index, width)).collect();
    known.extend((0..bundles).map(|index| entries_path(index, width_at(size, index))));
    let mut stray = None;
    walk(dir, "tile", &mut |file| {
        if !known.contains(file) && stray.as_deref().is_none_or(|first| file < first) {
            stray = Some(file.to_owned());
        }
    })?;
    Ok(stray)
}

fn walk(dir: &Path, inside: &str, each: &mut impl FnMut(&str)) -> Result<(), LedgerError> {
    let folder = dir.join(inside);
    let listed = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        listed => listed.map_err(|error| LedgerError::io(&folder, error))?,
    };
    for file in listed {
        let file = file.map_err(|error| LedgerError::io(&folder, error))?;
        let path = format!("{inside}/{}", file.file_name().to_string_lossy());
        let kind = file.file_type().map_err(|error| LedgerError::io(file.path(), error))?;
        if kind.is_dir() {
            walk(dir, &path, each)?;
        } else {
            each(&path);
        }
    }
    Ok(())
}
