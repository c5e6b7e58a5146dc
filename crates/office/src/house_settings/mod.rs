//! House settings: the mail server, the public address, the mailbox, of the whole machine and not
//! of one organisation. They are kept by `kit/reach.rs`, which every process reads; here is who may
//! set them, what may be set, and the record of it.
//!
//! Others may use nothing of it but its faces.

mod acts;
pub mod cli;
pub mod desk;
mod rules;

#[cfg(test)]
pub use acts::set;
