//! Mailing: messages with their class, campaigns with their certificate, the programs that send
//! them, and what those are told.
//!
//! Others may use: [`announce`].

mod sql;

pub use sql::announce;
