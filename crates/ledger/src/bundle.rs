//! A whole log as a folder of files, in the C2SP `tlog-tiles` layout.
//!
//! | file | what it holds |
//! |---|---|
//! | `checkpoint` | the signed checkpoint that the rest must add up to |
//! | `keys` | the public keys that signed it, one a line |
//! | `tile/<L>/<N>` | 256 hashes of level L, end to end |
//! | `tile/<L>/<N>.p/<W>` | the open tile at the end of a level, W hashes |
//! | `tile/entries/<N>` | 256 entries, each after its length as two bytes, big-endian |
//! | `tile/entries/<N>.p/<W>` | the last entries, fewer than 256 |
//!
//! `<N>` has three digits, with groups of thousands before it: 1234067 is `x001/x234/067`. Whatever
//! else lies beside these (such as `payloads/`) is the caller's.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use tlog_tiles::Tile;

use crate::checkpoint::open_checkpoint;
use crate::error::LedgerError;
use crate::scan;
use crate::tree::{Edge, Hash, TILE_WIDTH, TileSource, leaf_hash};

/// Name of the signed checkpoint in a bundle.
pub const CHECKPOINT: &str = "checkpoint";
/// Name of the list of public keys in a bundle.
pub const KEYS: &str = "keys";
/// The longest file of entries: 256 entries with their lengths.
pub(crate) const LONGEST_ENTRIES: usize = TILE_WIDTH as usize * (scan::LONGEST + 2);
/// More than any checkpoint or list of keys needs, in bytes.
const LONGEST_TEXT: usize = 1 << 20;

/// Path of a tile within a bundle, with `/` between its parts; `width` below 256 is a partial tile.
pub fn tile_path(level: u8, index: u64, width: u16) -> String {
    format!("tile/{level}/{}", numbered(index, width))
}

/// Path of a file of entries within a bundle; `width` below 256 is the last, unfilled one.
pub fn entries_path(index: u64, width: u16) -> String {
    format!("tile/entries/{}", numbered(index, width))
}

fn numbered(index: u64, width: u16) -> String {
    let mut path = format!("{:03}", index % 1000);
    let mut above = index / 1000;
    while above > 0 {
        path = format!("x{:03}/{path}", above % 1000);
        above /= 1000;
    }
    if width < TILE_WIDTH {
        path.push_str(&format!(".p/{width}"));
    }
    path
}

/// Every tile of a log of `size` entries as level, index and width, lowest level first.
pub(crate) fn tiles_of(size: u64) -> impl Iterator<Item = (u8, u64, u16)> {
    let tiles = Tile::new_tiles(8, 0, size).into_iter();
    tiles.map(|tile| (tile.level(), tile.level_index(), tile.width() as u16))
}

/// How many entries the file of entries number `index` has in a log of `size`, 0 to 256.
pub(crate) fn width_at(size: u64, index: u64) -> u16 {
    size.saturating_sub(index * u64::from(TILE_WIDTH)).min(u64::from(TILE_WIDTH)) as u16
}

/// The keys that a bundle itself names. Nothing vouches for them: whoever rewrites a bundle can
/// write this file too.
///
/// # Errors
/// [`LedgerError::Io`] or [`LedgerError::Bundle`] if the file cannot be read as text.
pub fn bundle_keys(dir: &Path) -> Result<Vec<String>, LedgerError> {
    let text = read_text(&dir.join(KEYS))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

pub(crate) fn read_text(path: &Path) -> Result<String, LedgerError> {
    let mut bytes = Vec::new();
    read_into(path, &mut bytes, LONGEST_TEXT).map_err(|error| LedgerError::io(path, error))?;
    String::from_utf8(bytes)
        .map_err(|_| LedgerError::Bundle(format!("{} is not text", path.display())))
}

/// Reads a file of at most `limit` bytes into `buffer`, in place of what was there.
pub(crate) fn read_into(path: &Path, buffer: &mut Vec<u8>, limit: usize) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    // The verifier reads two files per 256 entries into the same buffers. What they have room for
    // is kept initialised, so that a file costs as few calls of the system as it can.
    buffer.resize(buffer.capacity().max(1 << 14), 0);
    let mut filled = 0;
    loop {
        if filled == buffer.len() {
            buffer.resize(filled * 2, 0);
        }
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if filled > limit {
            return Err(ErrorKind::FileTooLarge.into());
        }
    }
    buffer.truncate(filled);
    Ok(())
}

fn put(dir: &Path, path: &str, bytes: &[u8]) -> Result<(), LedgerError> {
    let file = dir.join(path);
    let written = match fs::write(&file, bytes) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let parent = file.parent().unwrap_or(dir);
            fs::create_dir_all(parent).and_then(|()| fs::write(&file, bytes))
        }
        written => written,
    };
    written.map_err(|error| LedgerError::io(file, error))
}

/// The tiles of a bundle, unchecked: for proofs from a bundle that has been verified.
#[derive(Clone, Debug)]
pub struct DirTiles {
    dir: PathBuf,
}

impl DirTiles {
    /// The tiles in the bundle at `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }
}

impl TileSource for DirTiles {
    fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, LedgerError> {
        let mut tile = Vec::new();
        let full = usize::from(TILE_WIDTH) * 32;
        let mut path = self.dir.join(tile_path(level, index, width));
        let mut read = read_into(&path, &mut tile, full);
        // A log that has grown since may have only the full tile.
        if width < TILE_WIDTH && matches!(&read, Err(e) if e.kind() == ErrorKind::NotFound) {
            path = self.dir.join(tile_path(level, index, TILE_WIDTH));
            read = read_into(&path, &mut tile, full);
        }
        read.map_err(|error| LedgerError::io(path, error))?;
        if tile.len() < usize::from(width) * 32 {
            let what = format!("its file is too short for {width} hashes");
            return Err(LedgerError::Tile { level, index, what });
        }
        tile.truncate(usize::from(width) * 32);
        Ok(tile)
    }
}

/// Writes a bundle entry by entry, in memory that does not grow with the log.
#[derive(Debug)]
pub struct BundleWriter {
    dir: PathBuf,
    edge: Edge,
    /// The open tile of each level.
    open: Vec<Vec<u8>>,
    /// The open file of entries.
    entries: Vec<u8>,
}

impl BundleWriter {
    /// Starts a bundle in a folder that is empty or does not exist yet.
    ///
    /// # Errors
    /// [`LedgerError::Bundle`] if the folder has something in it, [`LedgerError::Io`] otherwise.
    pub fn create(dir: impl Into<PathBuf>) -> Result<Self, LedgerError> {
        let dir = dir.into();
        claim(&dir)?;
        Ok(Self { dir, edge: Edge::empty(), open: vec![Vec::new()], entries: Vec::new() })
    }

    /// Appends one entry's canonical bytes.
    ///
    /// # Errors
    /// [`LedgerError::Entry`] if the bytes are not canonical, [`LedgerError::Io`] from the disk.
    pub fn push(&mut self, entry: &[u8]) -> Result<(), LedgerError> {
        scan::scan(entry)
            .map_err(|fault| LedgerError::Entry { byte: fault.byte, what: fault.what })?;
        frame(&mut self.entries, entry);
        let leaf = leaf_hash(entry);
        self.open[0].extend(leaf);
        for tile in self.edge.append(leaf) {
            let level = usize::from(tile.level);
            let path = tile_path(tile.level, tile.index, TILE_WIDTH);
            put(&self.dir, &path, &self.open[level])?;
            self.open[level].clear();
            if tile.level == 0 {
                put(&self.dir, &entries_path(tile.index, TILE_WIDTH), &self.entries)?;
                self.entries.clear();
            }
            if self.open.len() == level + 1 {
                self.open.push(Vec::new());
            }
            self.open[level + 1].extend(tile.root);
        }
        Ok(())
    }

    /// Writes the open tiles, the keys and last, so that a bundle cut short is not taken for a
    /// whole one, the checkpoint that `sign` makes from the size and the root. Answers the edge.
    ///
    /// # Errors
    /// Those of `sign`; [`LedgerError::Checkpoint`] if what it made is not signed by `vkeys` or is
    /// of another log; [`LedgerError::Io`] from the disk.
    pub fn finish(
        self,
        vkeys: &[impl AsRef<str>],
        sign: impl FnOnce(u64, Hash) -> Result<String, LedgerError>,
    ) -> Result<Edge, LedgerError> {
        let size = self.edge.size();
        for (level, tile) in self.open.iter().enumerate().filter(|(_, tile)| !tile.is_empty()) {
            let level = level as u8;
            let index = (size >> (8 * u32::from(level))) / u64::from(TILE_WIDTH);
            put(&self.dir, &tile_path(level, index, (tile.len() / 32) as u16), tile)?;
        }
        if !self.entries.is_empty() {
            let index = size / u64::from(TILE_WIDTH);
            put(&self.dir, &entries_path(index, width_at(size, index)), &self.entries)?;
        }
        let text = sign(size, self.edge.root())?;
        let signed = open_checkpoint(&text, vkeys)?;
        if (signed.size, signed.root) != (size, self.edge.root()) {
            let what = "it was signed for another size or root than that of these entries";
            return Err(LedgerError::Checkpoint(what.to_owned()));
        }
        seal(&self.dir, &text, vkeys)?;
        Ok(self.edge)
    }
}

fn claim(dir: &Path) -> Result<(), LedgerError> {
    fs::create_dir_all(dir).map_err(|error| LedgerError::io(dir, error))?;
    let mut inside = fs::read_dir(dir).map_err(|error| LedgerError::io(dir, error))?;
    if inside.next().is_some() {
        let what = format!("{} is not empty; name a new folder", dir.display());
        return Err(LedgerError::Bundle(what));
    }
    Ok(())
}

fn frame(buffer: &mut Vec<u8>, entry: &[u8]) {
    // The scan has refused anything longer than two bytes can say.
    buffer.extend((entry.len() as u16).to_be_bytes());
    buffer.extend(entry);
}

fn seal(dir: &Path, checkpoint: &str, vkeys: &[impl AsRef<str>]) -> Result<(), LedgerError> {
    put(dir, KEYS, keys_text(vkeys).as_bytes())?;
    put(dir, CHECKPOINT, checkpoint.as_bytes())
}

fn keys_text(vkeys: &[impl AsRef<str>]) -> String {
    vkeys.iter().map(|key| format!("{}\n", key.as_ref().trim())).collect()
}

/// Writes a bundle from entries alone and signs it: builds the tiles as it goes.
///
/// # Errors
/// Those of the iterator, of [`BundleWriter::push`] and of [`BundleWriter::finish`].
pub fn write_entries(
    dir: &Path,
    entries: impl IntoIterator<Item = Result<Vec<u8>, LedgerError>>,
    vkeys: &[impl AsRef<str>],
    sign: impl FnOnce(u64, Hash) -> Result<String, LedgerError>,
) -> Result<Edge, LedgerError> {
    let mut bundle = BundleWriter::create(dir)?;
    for entry in entries {
        bundle.push(&entry?)?;
    }
    bundle.finish(vkeys, sign)
}

/// Writes a bundle of a log as it is stored, under a checkpoint signed earlier. The entries and
/// tiles are copied, not recomputed: if the store has been tampered with, the bundle shows it.
///
/// # Errors
/// [`LedgerError::Checkpoint`] if no key of `vkeys` signed the checkpoint; [`LedgerError::Bundle`]
/// if `entries` yields fewer entries than the checkpoint covers (it may yield more); those of the
/// source, the iterator and the disk.
pub fn write_bundle(
    dir: &Path,
    checkpoint: &str,
    vkeys: &[impl AsRef<str>],
    src: &impl TileSource,
    entries: impl IntoIterator<Item = Result<Vec<u8>, LedgerError>>,
) -> Result<(), LedgerError> {
    // Nothing is begun under a checkpoint that nobody signed.
    open_checkpoint(checkpoint, vkeys)?;
    claim(dir)?;
    write_files(checkpoint, vkeys, src, entries, |path, bytes| put(dir, path, bytes))
}

/// The files of such a bundle, one after the other, for whoever puts them elsewhere than in a
/// folder: each with its path, `/` between the parts, and its bytes. The checkpoint comes last.
///
/// # Errors
/// As [`write_bundle`], and those of `put`.
pub fn write_files(
    checkpoint: &str,
    vkeys: &[impl AsRef<str>],
    src: &impl TileSource,
    entries: impl IntoIterator<Item = Result<Vec<u8>, LedgerError>>,
    mut put: impl FnMut(&str, &[u8]) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let size = open_checkpoint(checkpoint, vkeys)?.size;
    for (level, index, width) in tiles_of(size) {
        put(&tile_path(level, index, width), &src.tile(level, index, width)?)?;
    }
    let mut entries = entries.into_iter();
    let mut buffer = Vec::new();
    for index in 0..size.div_ceil(u64::from(TILE_WIDTH)) {
        let width = width_at(size, index);
        buffer.clear();
        for slot in 0..width {
            let Some(entry) = entries.next() else {
                let have = index * u64::from(TILE_WIDTH) + u64::from(slot);
                let what = format!("the checkpoint covers {size} entries, the store has {have}");
                return Err(LedgerError::Bundle(what));
            };
            let entry = entry?;
            if entry.len() > scan::LONGEST {
                let what = "an entry of at most 65,535 bytes";
                return Err(LedgerError::Entry { byte: scan::LONGEST, what });
            }
            frame(&mut buffer, &entry);
        }
        put(&entries_path(index, width), &buffer)?;
    }
    put(KEYS, keys_text(vkeys).as_bytes())?;
    put(CHECKPOINT, checkpoint.as_bytes())
}
