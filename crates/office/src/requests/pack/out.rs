//! The ZIP of a pack: written as a stream, hashed on the way, sealed as it goes; read again from
//! its seal. No clear byte of it touches the disk.

use std::io::{self, Read, Seek, SeekFrom, Write};

use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::error::{Error, Result};
use crate::kit::blobs::{BlobReader, BlobWriter, Finished};
use crate::kit::dates;

/// A file of the pack, as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Path in the ZIP.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Media type.
    pub media: String,
}

/// Writes the ZIP.
pub struct Out<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    files: Vec<Listed>,
    options: SimpleFileOptions,
    now: Option<(Listed, Sha256)>,
}

fn broken(e: &zip::result::ZipError) -> Error {
    Error::fault(format!("the ZIP of a pack: {e}"))
}

impl<W: Write> Out<W> {
    /// A ZIP whose files all carry the moment the pack was made, so that the same content gives
    /// the same bytes.
    pub fn new(to: W, made: Timestamp) -> Self {
        let z = Zoned::new(made, dates::london());
        let part = |n: i8| u8::try_from(n).unwrap_or(0);
        let year = u16::try_from(z.year()).unwrap_or(1980);
        let when = zip::DateTime::from_date_and_time(
            year,
            part(z.month()),
            part(z.day()),
            part(z.hour()),
            part(z.minute()),
            part(z.second()),
        );
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .unix_permissions(0o644)
            .last_modified_time(when.unwrap_or_default());
        Self { zip: ZipWriter::new_stream(to), files: Vec::new(), options, now: None }
    }

    /// Begins a file.
    ///
    /// # Errors
    /// Of what is below.
    pub fn start(&mut self, path: &str, media: &str) -> Result<()> {
        self.zip.start_file(path, self.options).map_err(|e| broken(&e))?;
        let (path, media) = (path.to_owned(), media.to_owned());
        let listed = Listed { path, bytes: 0, sha256: String::new(), media };
        self.now = Some((listed, Sha256::new()));
        Ok(())
    }

    /// Ends the file and answers what the manifest says of it.
    ///
    /// # Errors
    /// No file was begun.
    pub fn end(&mut self) -> Result<Listed> {
        let (mut listed, hash) =
            self.now.take().ok_or_else(|| Error::fault("no file of the pack is open"))?;
        listed.sha256 = hex::encode(hash.finalize());
        self.files.push(listed.clone());
        Ok(listed)
    }

    /// A whole file at once.
    ///
    /// # Errors
    /// Of what is below.
    pub fn file(&mut self, path: &str, media: &str, bytes: &[u8]) -> Result<Listed> {
        self.start(path, media)?;
        self.write_all(bytes)?;
        self.end()
    }

    /// The files so far.
    pub fn files(&self) -> &[Listed] {
        &self.files
    }

    /// Ends the ZIP.
    ///
    /// # Errors
    /// Of what is below.
    pub fn finish(self) -> Result<(W, Vec<Listed>)> {
        let to = self.zip.finish().map_err(|e| broken(&e))?.into_inner();
        Ok((to, self.files))
    }
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = self.zip.write(buf)?;
        if let Some((listed, hash)) = &mut self.now {
            listed.bytes += n as u64;
            hash.update(&buf[..n]);
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Chunks of the sealed ZIP: all of one length, so that a place in it is found by dividing.
const CHUNK: usize = 1 << 20;

/// Seals the ZIP while it is written, and hashes it.
pub struct Sealing {
    blob: BlobWriter,
    buffer: Vec<u8>,
    hash: Sha256,
}

impl Sealing {
    /// Into this blob.
    pub fn new(blob: BlobWriter) -> Self {
        Self { blob, buffer: Vec::with_capacity(CHUNK), hash: Sha256::new() }
    }

    /// The finished blob and the SHA-256 of the whole ZIP.
    ///
    /// # Errors
    /// Of the database.
    pub fn end(mut self) -> Result<(Finished, String)> {
        self.blob.add(&self.buffer)?;
        Ok((self.blob.end()?, hex::encode(self.hash.finalize())))
    }
}

impl Write for Sealing {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let n = buf.len().min(CHUNK - self.buffer.len());
        self.buffer.extend_from_slice(&buf[..n]);
        self.hash.update(&buf[..n]);
        if self.buffer.len() == CHUNK {
            let before = self.blob.chunks();
            self.blob.add(&self.buffer).map_err(io::Error::other)?;
            if self.blob.chunks() != before + 1 {
                return Err(io::Error::other("a chunk of the pack has an unexpected length"));
            }
            self.buffer.clear();
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the sealed ZIP from any place; memory holds one chunk.
pub struct Opened {
    blob: BlobReader,
    at: u64,
    chunk: Option<u64>,
    plain: Vec<u8>,
}

impl Opened {
    /// A blob that [`Sealing`] wrote.
    pub fn new(blob: BlobReader) -> Self {
        Self { blob, at: 0, chunk: None, plain: Vec::new() }
    }
}

impl Read for Opened {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.blob.bytes {
            return Ok(0);
        }
        let chunk = self.at / CHUNK as u64;
        if self.chunk != Some(chunk) {
            self.blob.seek_chunk(chunk);
            self.plain.clear();
            (&mut self.blob).take(CHUNK as u64).read_to_end(&mut self.plain)?;
            self.chunk = Some(chunk);
        }
        let from = usize::try_from(self.at % CHUNK as u64).unwrap_or(usize::MAX);
        let rest = self.plain.get(from..).unwrap_or_default();
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Opened {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => Some(n),
            SeekFrom::End(n) => self.blob.bytes.checked_add_signed(n),
            SeekFrom::Current(n) => self.at.checked_add_signed(n),
        };
        self.at = target.ok_or_else(|| io::Error::other("a place before the start"))?;
        Ok(self.at)
    }
}
