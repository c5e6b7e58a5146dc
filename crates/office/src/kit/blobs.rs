//! Sealed blobs: spools, packs and attachments, kept in the database in chunks.
//!
//! A blob is written chunk by chunk, each compressed and sealed before it leaves memory, and is
//! seen by nobody until it is finished. A process that dies leaves an unfinished blob, which a
//! later one sweeps away. Because blobs live in the database, every process can read them and a
//! backup holds them.

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use candour_db::{Db, Tx};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::kit::sql;
use crate::kit::vault::{KeyId, Unwrapped, Vault};

/// Bytes gathered before a chunk is sealed.
const CHUNK: usize = 1 << 20;
/// A chunk never grows beyond this when opened: guards against a broken row.
const MOST: u64 = 96 << 20;

/// Writes one blob. Chunks are compressed, sealed and kept on a thread of their own, one while the
/// next is gathered, so that a search does not wait for the disk.
pub struct BlobWriter {
    keeper: Option<Keeper>,
    id: String,
    buffer: Vec<u8>,
    bytes: u64,
    chunks: u64,
}

/// The thread that keeps the chunks, and the way to it.
struct Keeper {
    chunks: SyncSender<Vec<u8>>,
    thread: JoinHandle<Result<()>>,
}

impl Keeper {
    fn start(db: &Db, key: Arc<Unwrapped>, id: &str) -> Result<Self> {
        let (chunks, todo) = sync_channel::<Vec<u8>>(1);
        let (db, id) = (db.clone(), id.to_owned());
        let thread = std::thread::Builder::new().name("blob".into()).spawn(move || {
            for (n, plain) in (0..).zip(todo) {
                let mut z = DeflateEncoder::new(Vec::new(), Compression::fast());
                z.write_all(&plain)?;
                let sealed = key.seal(&place(&id, n), &z.finish()?)?;
                let id = id.clone();
                db.write(move |tx| sql::insert_chunk(tx, &id, n, &sealed))?;
            }
            Ok(())
        })?;
        Ok(Self { chunks, thread })
    }

    /// Waits until everything given is kept; the first trouble there was.
    fn end(self) -> Result<()> {
        drop(self.chunks);
        self.thread.join().map_err(|_| Error::fault("the keeper of a blob panicked"))?
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        // Given up: nobody will see what was kept, so its trouble is nobody's. Nothing of it is
        // written once the writer is gone.
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.end();
        }
    }
}

/// What a finished blob is called and how large it is. Must be given to [`finish`] in the
/// transaction that makes use of it.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its id.
    pub id: String,
    /// Bytes before compression.
    pub bytes: u64,
    chunks: u64,
}

impl BlobWriter {
    /// Starts a blob. Nobody sees it before it is finished.
    ///
    /// # Errors
    /// Of the key or the database.
    pub fn start(
        db: &Db,
        vault: &Vault,
        org: &str,
        key: &KeyId,
        purpose: &'static str,
        now: Timestamp,
    ) -> Result<Self> {
        let id = super::new_id(now);
        let unwrapped = db.read(|tx| vault.unwrap(tx, org, key))?;
        let (i, o, k) = (id.clone(), org.to_owned(), key.clone());
        db.write(move |tx| sql::insert_blob(tx, &i, &o, &k, purpose, now))?;
        let keeper = Some(Keeper::start(db, unwrapped, &id)?);
        Ok(Self { keeper, id, buffer: Vec::new(), bytes: 0, chunks: 0 })
    }

    fn flush_chunk(&mut self) -> Result<()> {
        // After a first chunk there is likely to be another; small blobs ask for no more than they
        // need.
        let next = Vec::with_capacity(CHUNK + CHUNK / 8);
        let chunk = std::mem::replace(&mut self.buffer, next);
        let gone = || Error::fault("a blob was written to after its end");
        let sent = self.keeper.as_ref().ok_or_else(gone)?.chunks.send(chunk).is_ok();
        if !sent {
            // The keeper has stopped; it says why.
            self.keeper.take().map_or(Ok(()), Keeper::end)?;
            return Err(gone());
        }
        self.chunks += 1;
        Ok(())
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// Of the database: the disk may be full.
    pub fn add(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK { self.flush_chunk() } else { Ok(()) }
    }

    /// Its id, for sweeping it away when it comes to nothing.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Chunks written so far. What is added in one call lies in one chunk.
    pub fn chunks(&self) -> u64 {
        self.chunks
    }

    /// The last chunk; the answer goes to [`finish`].
    ///
    /// # Errors
    /// Of the database.
    pub fn end(mut self) -> Result<Finished> {
        if !self.buffer.is_empty() {
            self.flush_chunk()?;
        }
        if let Some(keeper) = self.keeper.take() {
            keeper.end()?;
        }
        Ok(Finished { id: self.id.clone(), bytes: self.bytes, chunks: self.chunks })
    }
}

impl Write for BlobWriter {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.add(buf).map_err(std::io::Error::other)?;
        Ok(buf.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Makes a written blob visible, in the transaction that refers to it.
///
/// # Errors
/// Of the database.
pub fn finish(tx: &mut Tx<'_>, blob: &Finished) -> Result<()> {
    sql::finish_blob(tx, &blob.id, blob.bytes, blob.chunks)
}

/// Reads a finished blob as a stream; memory holds one chunk.
pub struct BlobReader {
    db: Db,
    key: Arc<Unwrapped>,
    id: String,
    chunks: u64,
    next: u64,
    now: std::io::Cursor<Vec<u8>>,
    /// Bytes before compression.
    pub bytes: u64,
}

impl BlobReader {
    /// Opens a finished blob of this organisation.
    ///
    /// # Errors
    /// Not found, or its key is gone.
    pub fn open(db: &Db, vault: &Vault, org: &str, id: &str) -> Result<Self> {
        let (row, key) = db.read(|tx| {
            let row = sql::blob(tx, org, id)?;
            let key = vault.unwrap(tx, org, &row.key)?;
            Ok::<_, Error>((row, key))
        })?;
        let blob = Finished { id: id.to_owned(), bytes: row.bytes, chunks: row.chunks };
        Ok(Self::of(db, key, blob))
    }

    /// Opens a blob that was written whole and is not finished: whoever wrote it reads it again
    /// before anybody else can.
    ///
    /// # Errors
    /// Its key is gone.
    pub fn before_finish(
        db: &Db,
        vault: &Vault,
        org: &str,
        key: &KeyId,
        blob: &Finished,
    ) -> Result<Self> {
        let unwrapped = db.read(|tx| vault.unwrap(tx, org, key))?;
        Ok(Self::of(db, unwrapped, blob.clone()))
    }

    fn of(db: &Db, key: Arc<Unwrapped>, blob: Finished) -> Self {
        let Finished { id, bytes, chunks } = blob;
        let now = std::io::Cursor::default();
        Self { db: db.clone(), key, id, chunks, next: 0, now, bytes }
    }

    /// Goes on from the start of a chunk.
    pub fn seek_chunk(&mut self, n: u64) {
        self.next = n;
        self.now = std::io::Cursor::default();
    }

    fn load(&mut self) -> Result<()> {
        let (id, n) = (self.id.clone(), self.next);
        let sealed = self.db.read_one(|tx| sql::chunk(tx, &id, n))?;
        let packed = self.key.open(&place(&self.id, n), &sealed)?;
        let mut plain = Vec::new();
        DeflateDecoder::new(packed.as_slice()).take(MOST).read_to_end(&mut plain)?;
        self.now = std::io::Cursor::new(plain);
        self.next += 1;
        Ok(())
    }
}

impl Read for BlobReader {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        loop {
            let n = self.now.read(buf)?;
            if n > 0 || self.next >= self.chunks {
                return Ok(n);
            }
            self.load().map_err(std::io::Error::other)?;
        }
    }
}

fn place(blob: &str, n: u64) -> String {
    format!("blob\u{0}{blob}\u{0}{n}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::Office;

    #[test]
    fn nobody_but_its_writer_reads_a_blob_before_it_is_finished() {
        let dir = tempfile::tempdir().unwrap();
        let office = Office::init(dir.path(), None).unwrap();
        let charter = include_str!("../demo/charter.toml");
        let org = office.found(crate::charter::Charter::parse(charter).unwrap()).unwrap();
        let (vault, o, now) = (office.vault().clone(), org.clone(), office.now());
        let key = office.chore(move |tx| vault.key_for(tx, &o, "office", now)).unwrap();
        let (db, vault) = (office.db(), office.vault());
        let mut w = BlobWriter::start(db, vault, &org, &key, "pack", now).unwrap();
        let plain: Vec<u8> = (0..CHUNK * 2 + 5).map(|i| (i % 251) as u8).collect();
        plain.chunks(100_000).for_each(|c| w.add(c).unwrap());
        let blob = w.end().unwrap();
        let open = || BlobReader::open(db, vault, &org, &blob.id);
        assert!(matches!(open(), Err(Error::NotFound(_))));
        let mut again = Vec::new();
        let reader = BlobReader::before_finish(db, vault, &org, &key, &blob);
        reader.unwrap().read_to_end(&mut again).unwrap();
        assert!(again == plain);
        assert!(open().is_err(), "reading it again does not finish it");
        let copy = blob.clone();
        office.chore(move |tx| finish(tx, &copy)).unwrap();
        again.clear();
        open().unwrap().read_to_end(&mut again).unwrap();
        assert!(again == plain);
    }

    fn started() -> (tempfile::TempDir, Office, BlobWriter, String) {
        let dir = tempfile::tempdir().unwrap();
        let office = Office::init(dir.path(), None).unwrap();
        let charter = crate::charter::Charter::parse(include_str!("../demo/charter.toml")).unwrap();
        let org = office.found(charter).unwrap();
        let (vault, o, now) = (office.vault().clone(), org.clone(), office.now());
        let key = office.chore(move |tx| vault.key_for(tx, &o, "office", now)).unwrap();
        let db = office.db();
        let blob = BlobWriter::start(db, office.vault(), &org, &key, "spool", now).unwrap();
        (dir, office, blob, org)
    }

    #[test]
    fn what_was_added_is_read_in_order() {
        let (_dir, office, mut blob, org) = started();
        let part: Vec<u8> = (0..700_000_u32).map(|i| (i % 251) as u8).collect();
        let parts = 9_u8;
        for n in 0..parts {
            blob.add(&[n]).unwrap();
            blob.add(&part).unwrap();
        }
        let done = blob.end().unwrap();
        assert_eq!(done.bytes, u64::from(parts) * 700_001);
        let id = done.id.clone();
        office.chore(move |tx| finish(tx, &done)).unwrap();
        let mut all = Vec::new();
        let mut reader = BlobReader::open(office.db(), office.vault(), &org, &id).unwrap();
        reader.read_to_end(&mut all).unwrap();
        let expected: Vec<u8> = (0..parts).flat_map(|n| [&[n][..], &part].concat()).collect();
        assert!(all == expected);
    }

    #[test]
    fn a_chunk_that_cannot_be_kept_is_told() {
        let (_dir, office, mut blob, org) = started();
        let id = blob.id().to_owned();
        office.chore(move |tx| sql::drop_blob(tx, &org, &id)).unwrap();
        let chunk = vec![7; CHUNK];
        let told = (0..4).find_map(|_| blob.add(&chunk).err());
        // At the latest when it ends.
        assert!(told.is_some() || blob.end().is_err());
    }
}
