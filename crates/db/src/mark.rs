//! Whether anything was committed to a SQLite database since, without asking it.
//!
//! Beside a database in WAL mode stands its index, `…-shm`, and at its head, twice, what SQLite
//! itself compares to learn whether a commit has come (<https://sqlite.org/walformat.html>, "The
//! WAL-Index Header"): a count of transactions, how far the log goes, its salts and its checksum.
//! Every commit of every process writes it before it is answered. Reading it takes no lock.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

/// Both copies of the head: they differ while one is being written.
const HEAD: usize = 96;

/// All that was committed when it was taken: as long as it stays the same, so does the database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mark([u8; HEAD]);

/// The index files that this process has open, for as long as it runs.
static OPEN: Mutex<Vec<(u64, u64, &'static File)>> = Mutex::new(Vec::new());

/// The index beside a database, kept open to be read at any time.
pub(crate) struct Index {
    file: &'static File,
    /// With its last connection a database's index would go, and another one come later that this
    /// knows nothing of.
    _stays: Mutex<Connection>,
}

impl Index {
    /// Opens the index of the database of a connection, and keeps the connection, which has read
    /// something in WAL mode, so that the index is there.
    pub(crate) fn open(connection: Connection, database: &Path) -> std::io::Result<Self> {
        let file = Self::file(database)?;
        Ok(Self { file, _stays: Mutex::new(connection) })
    }

    /// Opened once for each index and never closed again: SQLite's locks on it belong to the
    /// process, and by the rules of POSIX they would all go when any of its handles is closed.
    fn file(database: &Path) -> std::io::Result<&'static File> {
        let mut path = database.canonicalize()?.into_os_string();
        path.push("-shm");
        let which = |m: &Metadata| (m.dev(), m.ino());
        let (dev, ino) = which(&std::fs::metadata(&path)?);
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, _, file)) = open.iter().find(|(d, i, _)| (*d, *i) == (dev, ino)) {
            return Ok(file);
        }
        let file: &'static File = Box::leak(Box::new(File::open(&path)?));
        let (dev, ino) = which(&file.metadata()?);
        open.push((dev, ino, file));
        Ok(file)
    }

    /// The mark as it is now; none if it can't be read.
    pub(crate) fn mark(&self) -> Option<Mark> {
        let mut head = [0; HEAD];
        self.file.read_exact_at(&mut head, 0).ok()?;
        Some(Mark(head))
    }
}
