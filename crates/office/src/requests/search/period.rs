//! The time a person narrowed their request to, changed while the case is open: what was found is
//! sorted again into what lies within and what lies outside. What the time means says [`Period`].

use std::collections::HashMap;

use candour_db::Tx;

use crate::error::{Error, Result};
use crate::kit::dates;
use crate::office::Office;
use crate::proof::{By, Recorded};
use crate::requests::acts::{self, act_on};
use crate::requests::body::Period;
use crate::requests::pack::state_of;
use crate::requests::review::{Item, Items, day, item_key};
use crate::requests::sql::{self, FindingRow, SearchRow};
use crate::staff::Permission;

/// What of one search is dated outside, by number.
type Outside = HashMap<u64, FindingRow>;

/// Changes the time that is asked for, because the person said so. What somebody has decided about
/// stays as it was decided.
///
/// # Errors
/// Denied, not found, no reason, an end before the beginning, a case that was sent or closed, or a
/// search that ended meanwhile.
pub fn change(office: &Office, by: &By, id: &str, to: Period, why: &str) -> Result<()> {
    by.role.may(Permission::WorkCases)?;
    to.check()?;
    if why.trim().is_empty() {
        return Err(Error::invalid("reason", "Say when and how they asked for it"));
    }
    let (case, searches) =
        office.read(|tx| Ok((acts::load(tx, office, by, id)?, sql::searches(tx, &by.org, id)?)))?;
    case.request().must_be_open(ACT)?;
    // The spools are read before the writer is asked: they may be long.
    let mut outside = HashMap::new();
    for s in searches.iter().filter(|s| s.state == "done") {
        outside.insert(s.id.clone(), outside_of(office, by, s, to)?);
    }
    let seen: Vec<_> = searches.iter().map(state_of).collect();
    let (office2, by2, id, why) =
        (office.clone(), by.clone(), id.to_owned(), why.trim().to_owned());
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id)?;
        case.request().must_be_open(ACT)?;
        let searches = sql::searches(tx, &by2.org, &id)?;
        if searches.iter().map(state_of).collect::<Vec<_>>() != seen {
            return Err(Error::Conflict);
        }
        for s in searches {
            if let Some(outside) = outside.get(&s.id) {
                sort(tx, &by2, s, outside)?;
            }
        }
        (case.body.wants.from, case.body.wants.to) = (to.from, to.to);
        case.row.request = case.row.request.clone().reopened();
        acts::save(tx, &office2, &by2, case.clone())?;
        let time = to.words().unwrap_or_else(|| "any time".into());
        let said = format!("The time asked for is now: {time}. {why}");
        let law = "UK GDPR Art 15(1A)";
        Ok(Recorded::new(&by2, (), act_on(&case, "request.period-changed", law, said)))
    })
}

/// That an item is dated outside the time asked for, in words; `None` if it is not left out for
/// that.
pub(in crate::requests) fn said(
    item: &Item,
    f: Option<&FindingRow>,
    period: Period,
) -> Option<String> {
    f.filter(|f| f.is_outside())?;
    let (day, time) = (day(&item.body)?, period.words()?);
    Some(format!("It is dated {}. They asked for the time {time}", dates::long(day)))
}

const ACT: &str = "change the time asked for";

fn outside_of(office: &Office, by: &By, s: &SearchRow, to: Period) -> Result<Outside> {
    let mut all = Outside::new();
    if to.is_open() {
        return Ok(all);
    }
    for next in Items::open(office, &by.org, s, 0)? {
        let (n, item) = next?;
        if to.excludes(day(&item.body)) {
            let key = item_key(&item.place, &item.locator);
            let content = super::spool::content(&item.body)?;
            all.insert(n, FindingRow::open(&s.id, n, &key, &content, "").outside());
        }
    }
    Ok(all)
}

/// Sorts the findings of one search again; those that a person has decided about stay.
fn sort(tx: &mut Tx<'_>, by: &By, s: SearchRow, outside: &Outside) -> Result<()> {
    let mut rows = outside.clone();
    for f in sql::findings(tx, &by.org, &s.case)?.into_iter().filter(|f| f.search == s.id) {
        let open = FindingRow::open(&s.id, f.item, &f.key, &f.content, &f.why).with_root(&f.root);
        match rows.remove(&f.item) {
            _ if f.was_decided() => rows.insert(f.item, f),
            Some(_) => rows.insert(f.item, open.outside()),
            None if f.why.is_empty() => None,
            None => rows.insert(f.item, open),
        };
    }
    sql::drop_findings(tx, &by.org, &s.id)?;
    sql::insert_findings(tx, &by.org, &s.case, rows.into_values())?;
    // A pack made before goes by another time: it has to be made again.
    sql::update_search(tx, &by.org, &SearchRow { ended: Some(by.now), ..s })
}

#[cfg(test)]
#[path = "period_tests.rs"]
mod tests;
