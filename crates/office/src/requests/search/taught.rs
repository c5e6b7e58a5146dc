//! What a record teaches: other identifiers of the person, by which the other holdings are
//! searched again. A strong match teaches by itself; a doubtful record does when a person has said
//! that it is theirs.

use candour_connectors::{Identifier, taught};
use candour_db::Tx;

use crate::error::Result;
use crate::holdings;
use crate::kit::jobs;
use crate::office::Office;
use crate::proof::By;
use crate::requests::acts;
use crate::requests::review::Decision;
use crate::requests::review::hanging;
use crate::requests::review::{Item, Items};
use crate::requests::sql::{self, FindingRow, SearchRow};

/// Rounds of searching with what the round before taught us.
const ROUNDS: i64 = 4;

/// Takes in identifiers that a search taught; holdings searched before are to be searched again
/// with them. Answers whether there are any.
///
/// # Errors
/// Of the database.
pub(super) fn teach(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    (case, search): (&str, &str),
    learned: Vec<Identifier>,
) -> Result<bool> {
    let (id, mut case) = (case, acts::load(tx, office, by, case)?);
    if !case.body.learn(learned) {
        return Ok(false);
    }
    acts::save(tx, office, by, case)?;
    let mut any = false;
    for mut s in sql::searches(tx, &by.org, id)? {
        // The holding that taught us finds its own rows by them: no need to look again.
        if s.id != search && s.state == "done" && s.round + 1 < ROUNDS && s.blob.is_some() {
            s.state = "planned".into();
            s.round += 1;
            sql::update_search(tx, &by.org, &s)?;
            any = true;
        }
    }
    Ok(any)
}

/// What a decision teaches: the identifiers of a doubtful record that is theirs after all, and of
/// the one that it hangs on if the answer is for that too.
///
/// # Errors
/// Of the spool or the database.
pub(in crate::requests) fn by_decision(
    office: &Office,
    by: &By,
    s: &SearchRow,
    (n, item): (u64, &Item),
    (decision, linked): (Decision, bool),
) -> Result<Vec<Identifier>> {
    let one = office.read_one(|tx| sql::a_finding(tx, &by.org, &s.id, n))?;
    let theirs = |f: &FindingRow| decision != Decision::Exclude && hanging::is_doubtful(f);
    let Some(one) = one.filter(theirs) else { return Ok(Vec::new()) };
    let there = office.read(|tx| holdings::known(tx, &by.org))?;
    let Some(h) = there.iter().find(|h| h.id == s.holding) else { return Ok(Vec::new()) };
    let mut learned = taught(&h.map, &item.place, &item.body);
    // A case may have very many findings: all are read only for the one that this hangs on.
    if linked
        && one.root != one.key
        && let all = office.read_one(|tx| sql::findings(tx, &by.org, &s.case))?
        && let Some(root) = hanging::root(&all, &one)
        && let Some(found) = Items::open(office, &by.org, s, root.item)?.next()
    {
        let (_, item) = found?;
        learned.extend(taught(&h.map, &item.place, &item.body));
    }
    Ok(learned)
}

/// Searches the other holdings by what a decision taught; answers whether there is anything to do.
///
/// # Errors
/// The case has been sent, or of the database.
pub(in crate::requests) fn search_on(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    s: &SearchRow,
    learned: Vec<Identifier>,
) -> Result<bool> {
    if !teach(tx, office, by, (&s.case, &s.id), learned)? {
        return Ok(false);
    }
    let mut case = acts::load(tx, office, by, &s.case)?;
    case.row.request = case.row.request.search_again()?;
    acts::save(tx, office, by, case)?;
    jobs::queue(tx, &by.org, "search", &s.case, by.now)?;
    Ok(true)
}
