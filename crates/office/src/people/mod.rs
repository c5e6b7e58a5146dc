//! People: who a data subject is to us. For a case: names and identifiers as they gave them, in
//! normal form, and what a search may learn. For a permission: a person kept sealed under their own
//! key and found by keyed hashes of their identifiers. Strong and weak matches are kept apart: see
//! `candour_connectors`.
//!
//! Others may use: [`Asker`], [`seek`], [`learn`], [`Known`], [`find_or_keep`], [`open`],
//! [`erase`], [`hasher`] and its helpers, [`PersonRow`]. A stop on a postal address reaches its
//! premises too ([`Written`], [`reached`]); nobody is found by them.

mod acts;
mod rules;
pub mod sql;

#[cfg(test)]
pub use acts::keep_without_premises;
pub use acts::{erase, find_or_keep, hash_of, hash_raw, hasher, kind_word, open, reached, written};
pub use rules::{Asker, Hash16, Known, PersonRow, Representative, Written, learn, seek, subject};
pub use sql::{
    at_premises, by_hash, by_id, count, hash16, ids_of, looked_for_premises, without_premises,
};
