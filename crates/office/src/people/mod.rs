//! People: who a data subject is to us. For a case: names and identifiers as they gave them, in
//! normal form, and what a search may learn. For a permission: a person kept sealed under their own
//! key and found by keyed hashes of their identifiers. Strong and weak matches are kept apart: see
//! `candour_connectors`.
//!
//! Others may use: [`Asker`], [`seek`], [`learn`], [`Known`], [`find_or_keep`], [`open`],
//! [`erase`], [`hasher`] and its helpers, [`PersonRow`].

mod acts;
mod rules;
pub mod sql;

pub use acts::{erase, find_or_keep, hash_of, hash_raw, hasher, kind_word, open};
pub use rules::{Asker, Hash16, Known, PersonRow, Representative, learn, seek, subject};
pub use sql::{by_hash, by_id, count, hash16, ids_of};
