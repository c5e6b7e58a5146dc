//! `candour demo`: a newcomer's first command. It makes a sample society with real holdings,
//! answers an access request as far as a program may, and opens the office for what a person has
//! to decide. Nothing is decided by the demo itself.
//!
//! - `society`: the holdings of the sample society, the same bytes every time.
//! - `maps`: the holdings in the office, with the decisions a person takes about their data maps.
//! - `cast`: who asks and who decides.
//! - `contact`: what members said about being written to; the mailing list screened by it.
//! - `walk`: the steps, one by one; `told`: how they are told; `prove`: the ledger, checked.

mod cast;
mod contact;
mod maps;
mod prove;
mod society;
#[cfg(test)]
mod tests;
mod told;
mod walk;

pub use walk::{DemoArgs, run};
