//! Mailing: messages with their class, campaigns with their certificate, the programs that send
//! them, and what those are told.
//!
//! Others may use: [`announce`], [`standing`], [`duties`], [`table`], [`mailbox`], and what keeps
//! the answers to programs that may repeat a request: [`keep_answer`] and its like.

pub mod api;
pub mod campaigns;
pub mod certificates;
pub mod cli;
pub mod desk;
pub mod duties;
#[cfg(test)]
mod duties_tests;
pub mod hooks;
pub mod mailbox;
pub mod mailers;
pub mod rows;
pub mod screen;
pub mod screen_cli;
pub mod screenings;
mod sql;
pub mod table;
pub mod templates;

pub use mailers::standing;
pub use sql::{announce, complete_answer, keep_answer, kept_answer, set_answer};
