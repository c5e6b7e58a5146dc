//! The charter: an organisation's settings and, as they come, its promises. A TOML file that
//! round-trips with the screens; every version is kept, so an old case can be judged by the
//! charter of its own day.
//!
//! Others may use: [`Charter`], [`current`], and what it says about contact: [`Channel`],
//! [`Purpose`], [`Permissions`].

mod acts;
pub mod cli;
mod contact;
pub mod desk;
pub mod desk_contact;
mod form_contact;
mod rules;
mod sql;

pub use acts::{current, found, only_org, set, version};
#[cfg(test)]
pub use contact::Cap;
pub use contact::{AfterCap, Aim, Channel, Permissions, Purpose};
pub use rules::{Channels, Charter, Contact, Delivery, Identity, Law, Organisation, Rights, Theme};
pub use sql::{by_short, orgs};
