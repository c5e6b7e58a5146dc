//! What can go wrong, in words that carry no personal data.

use std::path::PathBuf;

/// Why the ledger could not do what was asked. No variant repeats the content of an entry.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Bytes that are not an entry in canonical form.
    #[error("not a canonical ledger entry: {what} (byte {byte})")]
    Entry {
        /// Where in the bytes, counted from 0.
        byte: usize,
        /// What was expected there.
        what: &'static str,
    },
    /// An entry with a field that the format does not allow.
    #[error("ledger entry, field \"{field}\": {what}")]
    Field {
        /// The field's name.
        field: &'static str,
        /// What is wrong with it.
        what: &'static str,
    },
    /// An index, size or saved state that does not fit the log.
    #[error("{0}")]
    Range(String),
    /// A tile that is missing, of the wrong length, or does not fold to its recorded root.
    #[error("tile {level}/{index}: {what}")]
    Tile {
        /// Level of the tile, 0 for leaf hashes.
        level: u8,
        /// Number of the tile within its level.
        index: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A key or key name that cannot be used.
    #[error("key: {0}")]
    Key(String),
    /// A checkpoint that is malformed or not signed by a trusted key.
    #[error("checkpoint: {0}")]
    Checkpoint(String),
    /// A proof that is malformed or proves something else.
    #[error("proof: {0}")]
    Proof(String),
    /// A folder that is not a ledger bundle, or cannot become one.
    #[error("bundle: {0}")]
    Bundle(String),
    /// A file that could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The caller's own store failed while tiles or entries were read from it.
    #[error("the ledger's store could not be read: {0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl LedgerError {
    pub(crate) fn io(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
}
