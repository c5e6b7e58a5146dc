//! The review: the items found, and what a person decides about them. Everything is disclosed by
//! default; what needs a person's eye waits until it is decided.
//!
//! - `items`: what a search found, out of its spool. - `decide`: a decision, and a second person's
//!   agreement. - `marking`: passages about other people. - `grounds`: the law's reasons to keep
//!   something back.
//! - `hanging`: one answer for all that hangs on one doubtful record.

pub mod cli;
mod decide;
pub mod desk;
pub mod desk_item;
pub(super) mod grounds;
pub(super) mod hanging;
mod items;
mod marking;
pub mod sql;

pub use decide::{Decided, Decision, Questions, approve, decide, opened, waits};
pub use grounds::{NOT_THEIRS, OUTSIDE};
pub use items::*;
pub use marking::More;
