//! Rights requests: received, identity, searching, reviewing, ready, sent, closed; with pauses,
//! an extension and refusals on the way.
//!
//! The case itself:
//! - `rules`: states, acts, refusals; `waits`: what is waited for, and the clock. Pure.
//! - `acts`: what moves a case on. - `body`: what is known of it, sealed.
//! - `letters`: what is written to the person; `rounds`: what is done every day.
//! - `desk*`: the staff's pages; `portal*`: the public's, with its unfinished `draft`; `cli*`: the
//!   command line, which does what the desk does, by the same acts.
//!
//! Its rooms, in the order of the walk:
//! - `search`: what the holdings hold of the person.
//! - `review`: what a person decides about what was found.
//! - `pack`: what the person receives; `gate` checks every file that goes out.
//!
//! Others may use: the list and figures of cases, for Today, and the daily `rounds`.

pub mod acts;
mod acts_correct;
mod acts_end;
mod acts_wait;
mod body;
pub mod cli;
mod cli_ends;
mod cli_letters;
mod cli_open;
mod cli_show;
mod cli_waits;
pub mod desk;
pub mod desk_acts;
pub mod desk_correct;
pub mod desk_letters;
pub mod desk_list;
pub mod desk_new;
mod desk_tasks;
mod draft;
pub mod gate;
pub mod letters;
pub mod pack;
pub mod portal;
pub mod portal_ask;
pub mod review;
pub mod rounds;
pub(crate) mod rules;
pub mod search;
pub mod sql;
mod waits;
mod words;

pub use body::{Body, Wants};
pub use rules::{Clockwork, Right, Settled, State, Via};
