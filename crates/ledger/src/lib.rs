//! A tamper-evident log that others can check.
//!
//! The log is an RFC 6962 Merkle tree over [`Entry`] bytes, kept in the C2SP `tlog-tiles` layout
//! and vouched for by signed C2SP checkpoints, so that tools which are not ours can check it. The
//! crate is pure: it knows no database, no clock and no source of randomness. Callers pass in what
//! it needs and store what it answers.
//!
//! - [`entry`]: what one act looks like, as bytes that have exactly one form.
//! - [`tree`]: hashes, tiles, and [`Edge`], the few hashes that an append needs.
//! - [`proof`]: that an entry is in the log; that a later log continues an earlier one.
//! - [`checkpoint`]: a signed statement of the log's size and root.
//! - [`bundle`]: a whole log as a folder of files.
//! - [`verify`]: reads such a folder and says that it is sound, or what was changed and where.

pub mod bundle;
pub mod checkpoint;
pub mod entry;
mod error;
mod hash;
pub mod proof;
mod scan;
mod sweep;
pub mod tree;
pub mod verify;

pub use bundle::{BundleWriter, DirTiles, bundle_keys, write_bundle, write_entries, write_files};
pub use checkpoint::{
    Checkpoint, LogKey, SignerId, add_signature, open_checkpoint, sign_checkpoint,
};
pub use entry::Entry;
pub use error::LedgerError;
pub use proof::{
    ProofFile, check_consistency, check_inclusion, prove_consistency, prove_inclusion,
};
pub use tree::{
    Edge, FinishedTile, Hash, MemoryTiles, TileSource, hash_text, leaf_hash, node_hash,
};
pub use verify::{Tampering, Verified, VerifyError, check_earlier, verify_bundle};
