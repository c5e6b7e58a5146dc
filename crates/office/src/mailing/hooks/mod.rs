//! Hooks: programs elsewhere that are told of a change as it happens, by a signed call that names
//! the thing and holds nothing of it (Standard Webhooks).

pub mod acts;
pub mod cli;
pub mod rules;
pub mod send;
pub mod sql;
#[cfg(test)]
pub mod tests;

pub use acts::{deliver, give_up};
pub use rules::{TRIES, next_try};
