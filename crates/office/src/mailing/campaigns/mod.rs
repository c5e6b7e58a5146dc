//! Campaigns: what was sent to which list, by what right, with which certificate.

pub mod acts;
pub mod cli;
pub mod desk;
pub mod reach;
pub mod rules;
pub mod sql;

pub use rules::{Campaign, State};
