//! Every statement on searches.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::{Error, Result};

/// One search of one holding for one case.
#[derive(Debug, Clone)]
pub struct SearchRow {
    /// Id.
    pub id: String,
    /// Case.
    pub case: String,
    /// Holding.
    pub holding: String,
    /// `planned`, `running`, `done`, `failed`, `asked`, `set-aside`.
    pub state: String,
    /// How often it was searched with more to go by.
    pub round: i64,
    /// Version of the map it was searched with.
    pub map_version: i64,
    /// Items found.
    pub items: u64,
    /// The search record, JSON.
    pub record: String,
    /// The sealed spool.
    pub blob: Option<String>,
    /// What went wrong, in words without personal data; one line each.
    pub trouble: Option<String>,
    /// Why the officer set it aside.
    pub reason: Option<String>,
    /// A person was asked on this day.
    pub asked: Option<Date>,
    /// And should answer by this day.
    pub due: Option<Date>,
    /// How often they were chased.
    pub chased: i64,
    /// When it ended.
    pub ended: Option<Timestamp>,
}

fn search(r: &Row<'_>) -> std::result::Result<SearchRow, DbError> {
    Ok(SearchRow {
        id: r.text("id")?,
        case: r.text("case_id")?,
        holding: r.text("holding_id")?,
        state: r.text("state")?,
        round: r.int("round")?,
        map_version: r.int("map_version")?,
        items: r.count("items")?,
        record: r.text("record")?,
        blob: r.text_opt("blob")?,
        trouble: r.text_opt("trouble")?,
        reason: r.text_opt("reason")?,
        asked: r.date_opt("asked_on")?,
        due: r.date_opt("due_on")?,
        chased: r.int("chased")?,
        ended: r.instant_opt("ended_at")?,
    })
}

/// Plans the search of a holding for a case, unless there is one.
pub fn plan_search(tx: &mut Tx<'_>, id: &str, org: &str, case: &str, holding: &str) -> Result<()> {
    tx.exec(
        "INSERT INTO searches (id, org, case_id, holding_id, state, round, map_version, items,
                               record, chased)
         VALUES ($1, $2, $3, $4, 'planned', 0, 0, 0, '{}', 0)
         ON CONFLICT (case_id, holding_id) DO NOTHING",
        bind![id, org, case, holding],
    )?;
    Ok(())
}

/// The searches of a case, by the title of their holding.
pub fn searches(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<Vec<SearchRow>> {
    Ok(tx.rows(
        "SELECT s.id, s.case_id, s.holding_id, s.state, s.round, s.map_version, s.items, s.record,
                s.blob, s.trouble, s.reason, s.asked_on, s.due_on, s.chased, s.ended_at
         FROM searches s JOIN holdings h ON h.id = s.holding_id
         WHERE s.org = $1 AND s.case_id = $2 ORDER BY h.title, s.id",
        bind![org, case],
        search,
    )?)
}

/// A search by its id.
pub fn a_search(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<SearchRow> {
    tx.row(
        "SELECT id, case_id, holding_id, state, round, map_version, items, record, blob, trouble,
                reason, asked_on, due_on, chased, ended_at
         FROM searches WHERE org = $1 AND id = $2",
        bind![org, id],
        search,
    )?
    .ok_or(Error::NotFound("the search"))
}

/// Searches of open cases that a person has been asked to make and that are due. Nobody is chased
/// about a case that is closed, whose content may have been destroyed.
pub fn asked_and_due(tx: &mut Tx<'_>, org: &str, today: Date) -> Result<Vec<SearchRow>> {
    Ok(tx.rows(
        "SELECT s.id, s.case_id, s.holding_id, s.state, s.round, s.map_version, s.items, s.record,
                s.blob, s.trouble, s.reason, s.asked_on, s.due_on, s.chased, s.ended_at
         FROM searches s JOIN cases c ON c.id = s.case_id
         WHERE s.org = $1 AND s.state = 'asked' AND s.due_on <= $2 AND c.closed_on IS NULL
         ORDER BY s.due_on, s.id",
        bind![org, today],
        search,
    )?)
}

/// Writes a search back.
pub fn update_search(tx: &mut Tx<'_>, org: &str, s: &SearchRow) -> Result<()> {
    tx.exec(
        "UPDATE searches SET state = $3, round = $4, map_version = $5, items = $6, record = $7,
                blob = $8, trouble = $9, reason = $10, asked_on = $11, due_on = $12, chased = $13,
                ended_at = $14
         WHERE org = $1 AND id = $2",
        bind![
            org,
            s.id.as_str(),
            s.state.as_str(),
            s.round,
            s.map_version,
            s.items,
            s.record.as_str(),
            s.blob.clone(),
            s.trouble.clone(),
            s.reason.clone(),
            s.asked,
            s.due,
            s.chased,
            s.ended
        ],
    )?;
    Ok(())
}
