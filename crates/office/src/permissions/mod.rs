//! Permissions: who may be contacted, by which channel, for which purpose. Consents with the words
//! they were asked with, other grounds, stops, preference registers, and the contact decision.
//!
//! A preference is no third thing: yes is a consent, no is a stop. A stop is kept as a keyed hash
//! of the identifier, so it outlives the person's data and names nobody. Decisions read facts in
//! memory that are never older than the question (`live.rs`).
//!
//! Others may use: [`Live`], [`decide`] and its words, [`acts`], [`persons`], [`withdrawals`],
//! [`stops`], [`standing`], [`now_blocking`], [`imported_registers`], [`lapsing`]; [`of_address`]
//! and [`of_person`] for whoever answers what is held; [`again`] after a restore.

pub mod acts;
pub mod api;
pub mod ask;
mod choices;
pub mod cli;
mod cli_args;
pub mod desk;
pub mod desk_registers;
pub mod desk_words;
pub mod facts;
mod held;
mod import;
pub mod imports;
pub mod lapses;
mod live;
pub mod mail;
pub mod once;
mod outlive;
pub mod persons;
pub mod portal;
pub mod receipt;
pub mod receipts;
pub mod records;
pub mod registers;
mod reports;
mod rules;
#[cfg(test)]
mod rules_tests;
mod sought;
pub mod sql;
pub mod standing;
pub mod stops;
pub mod tell;
pub mod terms;
pub mod tokens;
pub mod told;
pub mod told_back;
pub mod told_people;
mod uses;
pub mod withdrawals;

pub use held::{Held, of_address, of_person};
pub use live::{Live, needs_registers, now_blocking};
pub use outlive::{Again, again};
pub use rules::{Question, Rule, decide, rank_at_premises};
pub use sql::{lapsing, registers as imported_registers};
pub use terms::{Attested, Class, Facts, Register, What};
pub use uses::{InUse, in_use};

/// Moves the head of an organisation's permissions on, so that every process looks again.
///
/// # Errors
/// Of the database.
pub fn touch(tx: &mut candour_db::Tx<'_>, org: &str) -> crate::error::Result<()> {
    // No identifier has this hash; nothing is read anew but what hangs on the version.
    sql::touch(tx, org, &[[0; 16]]).map(drop)
}

/// Forgets what no decision looks at any more: deliveries before every cap, changes that every
/// process has read.
///
/// # Errors
/// Of the database.
pub fn sweep(
    tx: &mut candour_db::Tx<'_>,
    org: &str,
    now: jiff::Timestamp,
) -> crate::error::Result<()> {
    let settings = crate::charter::current(tx, org)?.permissions;
    let today = crate::kit::dates::day_of(now);
    facts::sql::sweep_deliveries(tx, org, facts::since(&settings, today))?;
    facts::sql::sweep_bounces(tx, org, today.saturating_sub(jiff::Span::new().years(1)))?;
    sql::sweep_changes(tx, org, 100_000)
}
