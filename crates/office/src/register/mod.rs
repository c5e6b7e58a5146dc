//! The processing register: what the organisation does with personal data, why, on which basis,
//! who receives it, how long it is kept (UK GDPR Art 30). Activities name the holdings they use,
//! so that an access request can be answered with what is true of the data that was found.
//!
//! Others may use: [`Activity`], [`activities`].

mod acts;
pub mod cli;
pub mod desk;
mod rules;
pub mod sql;

pub use acts::{activities, set_all};
pub use rules::{Activity, RegisterFile, Transfers};
