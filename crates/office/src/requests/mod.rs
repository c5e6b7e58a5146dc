//! Rights requests: received, identity, searching, reviewing, ready, sent, closed; with pauses,
//! an extension and refusals on the way.
//!
//! - `rules`: states, acts, refusals. Pure.
//! - `acts`: what moves a case on.
//! - `find`: plans which holdings can hold the person, searches them into sealed spools; `paper`
//!   asks the posts that keep paper; `aside` goes on without what could not be read.
//! - `review`: the items found, and what a person decides about them.
//! - `pack`: what the person receives; `gate` checks every file that goes out.
//! - `letters`: what is written to the person.
//!
//! Others may use: the list and figures of cases, for Today.

pub mod acts;
mod aside;
mod body;
pub mod cli;
mod cli_hand;
mod cli_review;
mod decide;
pub mod desk;
pub mod desk_acts;
pub mod desk_hand;
pub mod desk_item;
pub mod desk_new;
pub mod desk_pack;
pub mod desk_review;
pub mod find;
pub mod gate;
mod grounds;
pub mod letters;
mod marking;
pub mod pack;
#[path = "pack/sql.rs"]
mod pack_sql;
mod paper;
pub mod portal;
pub mod portal_answer;
pub mod portal_fetch;
#[path = "portal/sql.rs"]
mod portal_sql;
mod record;
pub mod review;
#[path = "review/sql.rs"]
mod review_sql;
mod rules;
mod spool;
pub mod sql;
mod words;

pub use body::{Body, Wants};
pub use rules::{Right, Settled, State, Via};
