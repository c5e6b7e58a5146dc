//! Every statement on searches and findings; on cases, packs and drafts in the files named here.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::{Error, Result};

pub use super::cases_sql::{
    CaseRow, Figures, Which, case_by_id, case_by_ref, cases, closed_count, figures, in_state,
    insert_case, remind_staff, set_secret, update_case,
};
pub use super::pack_sql::{PackRow, a_pack, fetched, insert_pack, packs};
pub use super::portal_sql::{draft, drop_old_drafts, put_draft};

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

/// A decision to be taken or taken on one item of a search.
#[derive(Debug, Clone)]
pub struct FindingRow {
    /// Search.
    pub search: String,
    /// Number of the item in its spool, from 0.
    pub item: u64,
    /// Hash of place and locator: the same item in a later search.
    pub key: String,
    /// Why a person has to look; empty if an officer took it up of their own accord.
    pub why: String,
    /// `open`, `disclose`, `exclude`, `redact`.
    pub decision: String,
    /// Sealed reason of the decision, or empty.
    pub reason: String,
    /// Passages to take out: JSON list of `[field, start, end]`.
    pub marks: String,
}

fn finding(r: &Row<'_>) -> std::result::Result<FindingRow, DbError> {
    Ok(FindingRow {
        search: r.text("search_id")?,
        item: r.count("item")?,
        key: r.text("item_key")?,
        why: r.text("why")?,
        decision: r.text("decision")?,
        reason: r.text("reason")?,
        marks: r.text("marks")?,
    })
}

/// Keeps items that a person has to look at, but for those that are kept already.
pub fn insert_findings(
    tx: &mut Tx<'_>,
    org: &str,
    case: &str,
    findings: impl IntoIterator<Item = FindingRow>,
) -> Result<()> {
    let rows = findings.into_iter().map(|f| {
        let (org, case) = (org.into(), case.into());
        let [search, item, key] = [f.search.into(), f.item.into(), f.key.into()];
        let [why, decision, reason] = [f.why.into(), f.decision.into(), f.reason.into()];
        [search, item, key, org, case, why, decision, reason, f.marks.into()]
    });
    tx.insert(
        "INSERT INTO findings (search_id, item, item_key, org, case_id, why, decision, reason, marks)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (search_id, item) DO NOTHING",
        rows,
    )?;
    Ok(())
}

/// Removes every finding of a search.
pub fn drop_findings(tx: &mut Tx<'_>, org: &str, search: &str) -> Result<()> {
    tx.exec("DELETE FROM findings WHERE org = $1 AND search_id = $2", bind![org, search])?;
    Ok(())
}

/// The findings of a case, by search and item.
pub fn findings(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<Vec<FindingRow>> {
    Ok(tx.rows(
        "SELECT search_id, item, item_key, why, decision, reason, marks FROM findings
         WHERE org = $1 AND case_id = $2 ORDER BY search_id, item",
        bind![org, case],
        finding,
    )?)
}

/// The finding about an item, if there is one.
pub fn a_finding(
    tx: &mut Tx<'_>,
    org: &str,
    search: &str,
    item: u64,
) -> Result<Option<FindingRow>> {
    Ok(tx.row(
        "SELECT search_id, item, item_key, why, decision, reason, marks FROM findings
         WHERE org = $1 AND search_id = $2 AND item = $3",
        bind![org, search, item],
        finding,
    )?)
}

/// How many findings of a case wait for a decision.
pub fn open_findings(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<u64> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM findings
         WHERE org = $1 AND case_id = $2 AND decision = 'open'",
        bind![org, case],
    )?)
}

/// Keeps the decision on a finding, by whom and when.
pub fn decide(tx: &mut Tx<'_>, org: &str, f: &FindingRow, by: &str, now: Timestamp) -> Result<()> {
    tx.exec(
        "UPDATE findings SET decision = $4, reason = $5, marks = $6, decided_by = $7,
                decided_at = $8
         WHERE org = $1 AND search_id = $2 AND item = $3",
        bind![
            org,
            f.search.as_str(),
            f.item,
            f.decision.as_str(),
            f.reason.as_str(),
            f.marks.as_str(),
            by,
            now
        ],
    )?;
    Ok(())
}

/// When the last decision on an item of the case was taken.
pub fn last_decided(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<Option<Timestamp>> {
    Ok(tx
        .row(
            "SELECT max(decided_at) AS at FROM findings WHERE org = $1 AND case_id = $2",
            bind![org, case],
            |r| r.instant_opt("at"),
        )?
        .flatten())
}
