//! People: who a data subject is to us: names and identifiers as they gave them, in normal form,
//! and what a search may learn. Strong and weak matches are kept apart: see `candour_connectors`.
//!
//! Others may use: [`Asker`], [`seek`], [`learn`].

mod rules;

pub use rules::{Asker, Representative, learn, seek, subject};
