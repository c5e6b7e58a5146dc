//! Rights requests: received, identity, searching, reviewing, ready, sent, closed; with pauses,
//! an extension and refusals on the way.
//!
//! - `rules`: states, acts, refusals; `waits`: what is waited for, and the clock. Pure.
//! - `acts`: what moves a case on.
//! - `find`: plans which holdings can hold the person, searches them into sealed spools; `paper`
//!   asks the posts that keep paper; `aside` goes on without what could not be read.
//! - `period`: the time asked for, and what lies outside it.
//! - `review`: the items found, and what a person decides about them; `hanging` answers for all
//!   that hangs on one doubtful record, `taught` searches on by what is theirs after all.
//! - `pack`: what the person receives; `gate` checks every file that goes out.
//! - `letters`: what is written to the person; `rounds`: what is done every day.
//!
//! Others may use: the list and figures of cases, for Today, and the daily `rounds`.

pub mod acts;
mod acts_end;
mod acts_wait;
mod aside;
mod body;
#[path = "cases/sql.rs"]
mod cases_sql;
pub mod cli;
mod cli_hand;
mod cli_review;
mod decide;
pub mod desk;
pub mod desk_acts;
pub mod desk_hand;
pub mod desk_item;
pub mod desk_letters;
pub mod desk_list;
pub mod desk_new;
pub mod desk_pack;
pub mod desk_review;
mod desk_tasks;
pub mod find;
pub mod gate;
mod grounds;
mod hanging;
pub mod letters;
mod marking;
pub mod pack;
#[path = "pack/sql.rs"]
mod pack_sql;
mod paper;
mod period;
pub mod portal;
pub mod portal_answer;
pub mod portal_ask;
pub mod portal_fetch;
#[path = "portal/sql.rs"]
mod portal_sql;
mod record;
pub mod review;
#[path = "review/sql.rs"]
mod review_sql;
pub mod rounds;
pub(crate) mod rules;
mod spool;
pub mod sql;
mod taught;
mod waits;
mod words;

pub use body::{Body, Wants};
pub use rules::{Clockwork, Right, Settled, State, Via};
