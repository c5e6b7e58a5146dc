//! Proof: the evidence ledger of each organisation, and the only way to change anything.
//!
//! Every change is a closure given to `Office::write`, and the closure must answer
//! [`Recorded`]: its result *with* the acts that go into the ledger. There is no other way to
//! commit, so "no change without proof" is a type. The acts become entries in the same
//! transaction: first committed, first in the tree. An entry holds references and a salted
//! commitment; what was said in words is sealed under the case's key beside it, so that erasing
//! the key leaves a log that still verifies.
//!
//! Others may use: [`Act`], [`Recorded`], [`By`], the history of a thing, a proof file.

pub mod acts;
pub mod cli;
pub mod desk;
mod rules;
pub mod sql;

pub use acts::{Told, finisher, history, proof_file};
pub use rules::{Act, By, Recorded};

/// The actor of an answer about records, given by a link: the post that keeps them.
pub const POST: &str = "post";

#[cfg(test)]
mod tests;
