//! Turning acts into entries, entries into a tree, the tree into proof.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use candour_db::{DbError, Finisher, Trouble, Tx};
use candour_ledger::{
    Edge, Entry, FinishedTile, LedgerError, LogKey, ProofFile, TileSource, leaf_hash,
    sign_checkpoint, write_bundle, write_files,
};
use jiff::Timestamp;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::rules::{Act, By};
use super::sql::{self, EntryRow, KeptRow};
use crate::error::{Error, Result};
use crate::kit::new_id;
use crate::kit::vault::{self, Vault};

/// Turns an act into an entry ready for the tree, and leaves it as a note for the commit.
///
/// # Errors
/// Of the key or the entry's form.
pub fn record(tx: &mut Tx<'_>, vault: &Vault, by: &By, act: Act) -> Result<()> {
    let id = new_id(by.now);
    let mut entry = Entry::new(&id, by.now, &by.actor, act.act);
    let subject = act.about.first().cloned().unwrap_or_default();
    entry.about = act.about;
    entry.law = act.law;
    let (mut key, mut sealed) = (None, None);
    if let Some(said) = act.said {
        let salt = vault::random()?;
        entry.commit = Some(Entry::commit(&salt, said.text.as_bytes()));
        let mut plain = salt.to_vec();
        plain.extend_from_slice(said.text.as_bytes());
        sealed = Some(vault.seal(tx, &by.org, &said.key, &place(&id), &plain)?);
        key = Some(said.key);
    }
    let bytes = entry.to_bytes()?;
    tx.note(EntryRow { org: by.org.clone(), leaf: leaf_hash(&bytes), subject, bytes, key, sealed });
    Ok(())
}

fn place(entry: &str) -> String {
    format!("entry\u{0}{entry}")
}

/// The finisher of every commit: gives the batch's entries their places in the tree. Other
/// processes on the same database wait for this log's head row only from here to the commit.
pub fn finisher() -> Finisher {
    let heads = Heads::default();
    Arc::new(move |tx: &mut Tx<'_>, notes: Vec<Box<dyn Any + Send>>| {
        let mut by_org: BTreeMap<String, Vec<EntryRow>> = BTreeMap::new();
        for note in notes {
            if let Ok(row) = note.downcast::<EntryRow>() {
                by_org.entry(row.org.clone()).or_default().push(*row);
            }
        }
        by_org.into_iter().try_for_each(|(org, rows)| append(tx, &heads, &org, rows))
    })
}

/// Where each log stood after this process's last commit, as saved. Only a guess: another process
/// may have gone on, or the commit may have failed; the head row says.
type Heads = Mutex<BTreeMap<String, Vec<u8>>>;

type Kept<T> = std::result::Result<T, DbError>;

fn append(tx: &mut Tx<'_>, heads: &Heads, org: &str, rows: Vec<EntryRow>) -> Kept<()> {
    let guess = heads.lock().unwrap_or_else(PoisonError::into_inner).remove(org);
    let taken = match guess {
        Some(saved) => take_places(tx, org, &saved, &rows)?,
        None => None,
    };
    let taken = match taken {
        Some(taken) => taken,
        None => {
            let saved = sql::lock_edge(tx, org)?
                .ok_or_else(|| broken("this organisation has no ledger".to_owned()))?;
            take_places(tx, org, &saved, &rows)?
                .ok_or_else(|| broken("its head moved while it was locked".to_owned()))?
        }
    };
    sql::insert_entries(tx, taken.first, rows)?;
    for tile in taken.tiles {
        let hashes = {
            let cell = RefCell::new(&mut *tx);
            tile.hashes(&Tiles { tx: &cell, org }).map_err(|e| broken(e.to_string()))?
        };
        sql::insert_tile(tx, org, tile.level, tile.index, hashes, tile.root)?;
    }
    heads.lock().unwrap_or_else(PoisonError::into_inner).insert(org.to_owned(), taken.head);
    Ok(())
}

/// Places in the tree for some entries.
struct Taken {
    first: u64,
    tiles: Vec<FinishedTile>,
    head: Vec<u8>,
}

/// Moves the head past the new entries; `None` if it does not stand at `saved`.
fn take_places(tx: &mut Tx<'_>, org: &str, saved: &[u8], rows: &[EntryRow]) -> Kept<Option<Taken>> {
    let mut edge = Edge::from_bytes(saved).map_err(|e| broken(e.to_string()))?;
    let first = edge.size();
    let tiles = rows.iter().flat_map(|row| edge.append(row.leaf)).collect();
    let head = edge.to_bytes();
    let moved = sql::advance(tx, org, saved, edge.size(), head.clone())?;
    Ok(moved.then_some(Taken { first, tiles, head }))
}

fn broken(what: String) -> DbError {
    DbError { trouble: Trouble::Other, what: format!("the ledger is broken: {what}") }
}

/// The tree's tiles, read from the tables.
pub struct Tiles<'c, 't, 'x> {
    /// The transaction; a cell, because proofs ask through a shared reference.
    pub tx: &'c RefCell<&'t mut Tx<'x>>,
    /// Whose log.
    pub org: &'c str,
}

impl TileSource for Tiles<'_, '_, '_> {
    fn tile(&self, level: u8, index: u64, width: u16) -> std::result::Result<Vec<u8>, LedgerError> {
        let mut tx = self.tx.borrow_mut();
        let width = u64::from(width);
        let fail = |e: DbError| LedgerError::Store(Box::new(e));
        if let Some(mut whole) = sql::tile(&mut tx, self.org, level, index).map_err(fail)? {
            whole.truncate(usize::try_from(width * 32).unwrap_or(usize::MAX));
            return Ok(whole);
        }
        let (from, to) = (index * 256, index * 256 + width);
        let parts = match level.checked_sub(1) {
            None => sql::bytes(&mut tx, self.org, from, to)
                .map(|all| all.iter().map(|bytes| leaf_hash(bytes).to_vec()).collect()),
            Some(below) => sql::roots(&mut tx, self.org, below, from, to),
        }
        .map_err(fail)?;
        Ok(parts.concat())
    }
}

/// The key that signs an organisation's checkpoints, derived from the office key.
///
/// # Errors
/// Of the derivation.
pub fn log_key(vault: &Vault, org: &str) -> Result<LogKey> {
    Ok(LogKey::new(&origin(org), &vault.derive(&format!("ledger\u{0}{org}"))?)?)
}

/// The log's name in its checkpoints.
pub fn origin(org: &str) -> String {
    format!("candour/{org}")
}

/// A signed checkpoint of the log as it stands, kept when it is new.
///
/// # Errors
/// Of the database, or a broken edge.
pub fn checkpoint(
    tx: &mut Tx<'_>,
    vault: &Vault,
    org: &str,
    now: Timestamp,
) -> Result<(u64, String)> {
    let saved = sql::edge(tx, org)?.ok_or(Error::NotFound("the ledger"))?;
    let edge = Edge::from_bytes(&saved)?;
    if let Some((size, note, _)) = sql::checkpoint(tx, org)?
        && size == edge.size()
    {
        return Ok((size, note));
    }
    let note = sign_checkpoint(&origin(org), edge.size(), edge.root(), &log_key(vault, org)?)?;
    sql::insert_checkpoint(tx, org, edge.size(), &note, now)?;
    Ok((edge.size(), note))
}

/// One act of a history, as told on a page.
#[derive(Debug, Clone)]
pub struct Told {
    /// Position in the log.
    pub idx: u64,
    /// The entry's id.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// `staff:…`, `public`, `job:…`.
    pub actor: String,
    /// The dotted word.
    pub act: String,
    /// Articles and clauses.
    pub law: Vec<String>,
    /// What was said; `None` if nothing was, or its key has been destroyed.
    pub said: Option<String>,
    /// The words are gone because their key was destroyed.
    pub erased: bool,
}

/// Opens an entry's words, checking them against its commitment.
///
/// # Errors
/// The words do not fit the commitment: somebody changed them.
pub fn tell(tx: &mut Tx<'_>, vault: &Vault, org: &str, row: KeptRow) -> Result<Told> {
    let entry = Entry::parse(&row.bytes)?;
    let (mut said, mut erased) = (None, false);
    if let (Some(key), Some(sealed)) = (&row.key, &row.sealed) {
        match vault.open(tx, org, key, &place(&entry.id), sealed) {
            Ok(plain) if plain.len() >= 32 => {
                let (salt, text) = plain.split_at(32);
                let salt = <[u8; 32]>::try_from(salt).unwrap_or_default();
                if entry.commit != Some(Entry::commit(&salt, text)) {
                    return Err(Error::fault("the words of an entry do not fit its commitment"));
                }
                said = Some(String::from_utf8_lossy(text).into_owned());
            }
            Ok(_) => return Err(Error::fault("the words of an entry are cut short")),
            Err(Error::Unavailable(_)) => erased = true,
            Err(e) => return Err(e),
        }
    }
    Ok(Told {
        idx: row.idx,
        id: entry.id,
        at: entry.at,
        actor: entry.actor,
        act: entry.act,
        law: entry.law,
        said,
        erased,
    })
}

/// The history of one thing, newest first.
///
/// # Errors
/// Of the database, or an entry that was changed.
pub fn history(tx: &mut Tx<'_>, vault: &Vault, org: &str, subject: &str) -> Result<Vec<Told>> {
    let rows = sql::entries_of(tx, org, subject, 500)?;
    rows.into_iter().map(|row| tell(tx, vault, org, row)).collect()
}

/// A `tlog-proof` file for the entry at a position of the log, with a fresh checkpoint, and the
/// entry's bytes.
///
/// # Errors
/// Not found, or of the database.
pub fn proof_file(
    tx: &mut Tx<'_>,
    vault: &Vault,
    org: &str,
    position: u64,
    now: Timestamp,
) -> Result<(String, Vec<u8>)> {
    let row = sql::entry(tx, org, position)?.ok_or(Error::NotFound("the entry"))?;
    let (_, note) = checkpoint(tx, vault, org, now)?;
    let vkeys = [log_key(vault, org)?.vkey()];
    let cell = RefCell::new(tx);
    let proof = ProofFile::make(&Tiles { tx: &cell, org }, row.idx, &row.bytes, &note, &vkeys)?;
    Ok((proof.to_text(), row.bytes))
}

/// Writes an organisation's whole log into a folder, in the C2SP layout. Nothing personal is in
/// it. Answers the public key.
///
/// # Errors
/// The folder exists and is not empty, or of the database.
pub fn export(
    db: &candour_db::Db,
    vault: &Vault,
    org: &str,
    checkpoint: &str,
    to: &Path,
) -> Result<String> {
    export_to(db, vault, org, checkpoint, To::Folder(to))
}

/// The same as one ZIP file, written as it is read.
///
/// # Errors
/// The file can't be written, or of the database.
pub fn export_zip(
    db: &candour_db::Db,
    vault: &Vault,
    org: &str,
    checkpoint: &str,
    to: &mut (impl Write + Seek),
) -> Result<()> {
    let mut zip = ZipWriter::new(to);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    export_to(
        db,
        vault,
        org,
        checkpoint,
        To::Files(&mut |path, bytes| {
            zip.start_file(path, options)?;
            zip.write_all(bytes)
        }),
    )?;
    zip.finish().map_err(std::io::Error::from)?;
    Ok(())
}

/// Takes one file of a bundle: its path and bytes.
type TakeFile<'a> = &'a mut dyn FnMut(&str, &[u8]) -> std::io::Result<()>;

/// Where a log is written to.
enum To<'a> {
    Folder(&'a Path),
    Files(TakeFile<'a>),
}

fn export_to(
    db: &candour_db::Db,
    vault: &Vault,
    org: &str,
    checkpoint: &str,
    to: To<'_>,
) -> Result<String> {
    let vkey = log_key(vault, org)?.vkey();
    db.read(|tx| {
        let cell = RefCell::new(tx);
        let tiles = Tiles { tx: &cell, org };
        let mut next = 0;
        let mut page = std::collections::VecDeque::new();
        let entries = std::iter::from_fn(|| {
            if page.is_empty() {
                match sql::entries(&mut cell.borrow_mut(), org, next, 1000) {
                    Ok(rows) => page.extend(rows),
                    Err(e) => return Some(Err(LedgerError::Store(Box::new(e)))),
                }
            }
            let row: KeptRow = page.pop_front()?;
            next = row.idx + 1;
            Some(Ok(row.bytes))
        });
        let vkeys = [vkey.as_str()];
        match to {
            To::Folder(dir) => write_bundle(dir, checkpoint, &vkeys, &tiles, entries)?,
            To::Files(take) => write_files(checkpoint, &vkeys, &tiles, entries, |path, bytes| {
                take(path, bytes).map_err(|e| LedgerError::Store(Box::new(e)))
            })?,
        }
        Ok::<_, Error>(())
    })?;
    Ok(vkey)
}
