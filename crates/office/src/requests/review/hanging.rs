//! One answer for all records that hang on one doubtful record: whether it is this person. Whoever
//! is found by a shared address or under another name may have thousands of records behind one; to
//! ask the same of each would answer nothing better (UK GDPR Art 15(1A): a reasonable search).

use candour_db::Tx;

use super::decide::Decision;
use super::grounds::NOT_THEIRS;
use crate::error::{Error, Result};
use crate::proof::By;
use crate::requests::sql::{self, FindingRow};

/// Why a person has to look at a weak match.
pub(in crate::requests) const WEAK: &str = "weak match: is this the same person?";

/// What stands between the reasons for a look.
pub(in crate::requests) const AND: &str = "; ";

/// Whether a finding may be about somebody else, first of all.
pub(in crate::requests) fn is_doubtful(f: &FindingRow) -> bool {
    let rest = f.why.strip_prefix(WEAK);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(AND))
}

/// Whether it waits for a person to say so.
fn asks(f: &FindingRow) -> bool {
    f.decision == "open" && is_doubtful(f)
}

/// How many other findings wait for the same answer as this one.
pub(super) fn others(all: &[FindingRow], f: &FindingRow) -> usize {
    let same = |x: &&FindingRow| x.search == f.search && x.root == f.root && x.item != f.item;
    if f.root.is_empty() { 0 } else { all.iter().filter(same).filter(|x| asks(x)).count() }
}

/// The finding about the record that this one hangs on, if it is another.
pub(in crate::requests) fn root<'a>(
    all: &'a [FindingRow],
    f: &FindingRow,
) -> Option<&'a FindingRow> {
    let is_root = |x: &&FindingRow| x.search == f.search && x.key == f.root && x.item != f.item;
    if f.root.is_empty() { None } else { all.iter().find(is_root) }
}

/// Refuses what can't be answered for many.
///
/// # Errors
/// Something else than whether it is this person is decided.
pub(super) fn check(decision: Decision, ground: &str) -> Result<()> {
    if decision == Decision::Exclude && ground != NOT_THEIRS {
        let message = "For all of them only this can be answered: whether it is this person";
        return Err(Error::invalid("linked", message));
    }
    Ok(())
}

/// That nothing else waits for the answer.
fn none() -> Error {
    Error::invalid("linked", "No other record waits for the same answer")
}

/// A finding that others may hang on. No root at all is no root in common.
///
/// # Errors
/// It has none.
pub(in crate::requests) fn rooted(one: Option<FindingRow>) -> Result<FindingRow> {
    one.filter(|f| !f.root.is_empty()).ok_or_else(none)
}

/// Gives the others the answer that was given for one: what is theirs is disclosed, unless another
/// reason for a look is left; what is not theirs, for a sealed reason, stays out. Answers what to
/// say of it.
///
/// # Errors
/// None waits for the same answer, or of the database.
pub(super) fn answer(
    tx: &mut Tx<'_>,
    by: &By,
    one: &FindingRow,
    not_theirs: Option<String>,
) -> Result<String> {
    let who = if not_theirs.is_none() { "about this person" } else { "not about this person" };
    let decided = (by.actor.as_str(), by.now);
    let (all, left) = match not_theirs {
        None => {
            let left = sql::keep_looking_at_linked(tx, &by.org, one, (WEAK, AND))?;
            (left + sql::disclose_linked(tx, &by.org, one, WEAK, decided)?, left)
        }
        Some(reason) => {
            (sql::leave_out_linked(tx, &by.org, one, (WEAK, AND), &reason, decided)?, 0)
        }
    };
    if all == 0 {
        return Err(none());
    }
    let records =
        if all == 1 { "1 record that hangs" } else { &format!("{all} records that hang") };
    let mut said = format!("; the same of {records} on the same record: {who}");
    match left {
        0 => {}
        1 => said.push_str(", 1 of them still to be looked at"),
        n => said.push_str(&format!(", {n} of them still to be looked at")),
    }
    Ok(said)
}
