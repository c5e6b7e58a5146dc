//! Sealed blobs: spools, packs and attachments, kept in the database in chunks.
//!
//! A blob is written chunk by chunk, each compressed and sealed before it leaves memory, and is
//! seen by nobody until it is finished. A process that dies leaves an unfinished blob, which a
//! later one sweeps away. Because blobs live in the database, every process can read them and a
//! backup holds them.

use std::io::{Read, Write};
use std::sync::Arc;

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

/// Writes one blob.
pub struct BlobWriter {
    db: Db,
    key: Arc<Unwrapped>,
    id: String,
    buffer: Vec<u8>,
    bytes: u64,
    chunks: u64,
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
        Ok(Self { db: db.clone(), key: unwrapped, id, buffer: Vec::new(), bytes: 0, chunks: 0 })
    }

    fn flush_chunk(&mut self) -> Result<()> {
        let mut z = DeflateEncoder::new(Vec::new(), Compression::fast());
        z.write_all(&self.buffer)?;
        let sealed = self.key.seal(&place(&self.id, self.chunks), &z.finish()?)?;
        let (id, n) = (self.id.clone(), self.chunks);
        self.db.write(move |tx| sql::insert_chunk(tx, &id, n, sealed.clone()))?;
        self.chunks += 1;
        self.buffer.clear();
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
        Ok(Finished { id: self.id, bytes: self.bytes, chunks: self.chunks })
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
        Ok(Self {
            db: db.clone(),
            key,
            id: id.to_owned(),
            chunks: row.chunks,
            next: 0,
            now: std::io::Cursor::default(),
            bytes: row.bytes,
        })
    }

    /// Goes on from the start of a chunk.
    pub fn seek_chunk(&mut self, n: u64) {
        self.next = n;
        self.now = std::io::Cursor::default();
    }

    fn load(&mut self) -> Result<()> {
        let (id, n) = (self.id.clone(), self.next);
        let sealed = self.db.read(|tx| sql::chunk(tx, &id, n))?;
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
