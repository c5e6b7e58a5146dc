//! The review: the items found, and what a person decides about them. Everything is disclosed by
//! default; what needs a person's eye waits until it is decided.
//!
//! - `items`: what a search found, out of its spool. - `decide`: a decision, and a second person's
//!   agreement. - `others`: passages about other people; `parties`: whom a message names.
//! - `marking`: passages that a person adds. - `grounds`: the law's reasons to keep something back.
//! - `agree`: what a second person has to know. - `compare`: the person beside a doubtful record.
//! - `shown`: an item as the desk shows it.
//! - `hanging`: one answer for all that hangs on one doubtful record.

mod agree;
pub mod cli;
mod compare;
mod decide;
pub mod desk;
pub mod desk_item;
pub(super) mod grounds;
pub(super) mod hanging;
mod items;
mod marking;
mod others;
pub(super) mod parties;
mod shown;
pub mod sql;

pub use decide::{Decided, Decision, QUESTIONS, Questions, approve, decide, opened, stamp, waits};
pub use grounds::{CANNOT_COPY, NOT_THEIRS, OUTSIDE};
pub use items::*;
pub use marking::More;
pub use others::marks;
