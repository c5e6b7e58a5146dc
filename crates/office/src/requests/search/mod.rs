//! The search: which holdings can hold this person, what is found there, and what could not be
//! read.
//!
//! - `find`: plans the search and makes it, into sealed spools. - `spool`: what was found, looked
//!   through for other people on the way. - `record`: how a search went.
//! - `paper`: asks the posts that keep paper; `portal` is the page they answer on.
//! - `aside`: goes on without what could not be read. - `period`: the time asked for, and what lies
//!   outside it.
//! - `taught`: searches on by what is theirs after all.

mod aside;
mod find;
mod paper;
pub(super) mod period;
pub mod portal;
mod record;
mod spool;
pub mod sql;
pub(super) mod taught;

pub use aside::{set_aside, try_again, without_register};
#[cfg(test)]
pub(super) use find::settle;
pub use find::{Connections, Progress, Quiet, Watch, find, plan, plan_again, progress};
pub use paper::{Answer, answer, chase};
pub use record::Record;

pub(super) use aside::still_searched;
pub(super) use record::{Missed, Owed};
pub(super) use spool::content;
