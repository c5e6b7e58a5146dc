//! Every statement on cases and searches.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;
use jiff::civil::Date;

use super::rules::Request;
use crate::error::{Error, Result};

pub use super::pack_sql::{
    Handover, PackRow, a_handover, a_pack, end_handover, fetched, handovers, insert_handover,
    insert_pack, open_links, packs, reminded, wrong_try,
};
pub use super::portal_sql::{draft, drop_draft, drop_old_drafts, put_draft};
pub use super::review_sql::{
    FindingRow, a_finding, approve, decide, drop_findings, findings, insert_findings, last_decided,
    open_findings,
};

/// A case, as kept.
#[derive(Debug, Clone)]
pub struct CaseRow {
    /// Id.
    pub id: String,
    /// Reference: RR-2026-0001.
    pub reference: String,
    /// What decides: right, state, clock.
    pub request: Request,
    /// Grows with every change: two people can't overwrite each other.
    pub version: i64,
    /// Our own promise or the limit, whichever is earlier.
    pub act_by: Option<Date>,
    /// The law's limit.
    pub limit: Option<Date>,
    /// Who works on it.
    pub owner: Option<String>,
    /// The case's key.
    pub key: String,
    /// The sealed content.
    pub sealed: Vec<u8>,
    /// Hash of the secret that opens the status page.
    pub secret: Vec<u8>,
    /// When it was logged.
    pub made: Timestamp,
}

fn case(r: &Row<'_>) -> Result<CaseRow> {
    Ok(CaseRow {
        id: r.text("id")?,
        reference: r.text("ref")?,
        request: serde_json::from_str(&r.text("facts")?)?,
        version: r.int("version")?,
        act_by: r.date_opt("act_by")?,
        limit: r.date_opt("limit_on")?,
        owner: r.text_opt("owner")?,
        key: r.text("key_id")?,
        sealed: r.bytes("sealed")?,
        secret: r.bytes("secret")?,
        made: r.instant("made_at")?,
    })
}

/// Keeps a new case.
pub fn insert_case(tx: &mut Tx<'_>, org: &str, c: &CaseRow) -> Result<()> {
    tx.exec(
        "INSERT INTO cases (id, org, ref, kind, state, facts, version, act_by, limit_on, owner,
                            key_id, sealed, secret, received_on, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11, $12, $13, $14)",
        bind![
            c.id.as_str(),
            org,
            c.reference.as_str(),
            c.request.right.word(),
            c.request.state.word(),
            serde_json::to_string(&c.request)?,
            c.act_by,
            c.limit,
            c.owner.clone(),
            c.key.as_str(),
            c.sealed.clone(),
            c.secret.clone(),
            c.request.received,
            c.made
        ],
    )?;
    Ok(())
}

/// Writes a case back if nobody else did since it was read.
pub fn update_case(tx: &mut Tx<'_>, org: &str, c: &CaseRow, closed: Option<Date>) -> Result<()> {
    let n = tx.exec(
        "UPDATE cases SET state = $4, facts = $5, version = version + 1, act_by = $6,
                limit_on = $7, paused_since = $8, owner = $9, sealed = $10, closed_on = $11
         WHERE org = $1 AND id = $2 AND version = $3",
        bind![
            org,
            c.id.as_str(),
            c.version,
            c.request.state.word(),
            serde_json::to_string(&c.request)?,
            c.act_by,
            c.limit,
            c.request.paused_since(),
            c.owner.clone(),
            c.sealed.clone(),
            closed
        ],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// A case by its id.
pub fn case_by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<CaseRow> {
    tx.row(
        "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret, made_at
         FROM cases WHERE org = $1 AND id = $2",
        bind![org, id],
        case,
    )?
    .ok_or(Error::NotFound("the case"))
}

/// A case by its reference.
pub fn case_by_ref(tx: &mut Tx<'_>, org: &str, reference: &str) -> Result<CaseRow> {
    tx.row(
        "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret, made_at
         FROM cases WHERE org = $1 AND ref = $2",
        bind![org, reference],
        case,
    )?
    .ok_or(Error::NotFound("the case"))
}

/// Which part of the list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Not closed.
    Open,
    /// Not closed, and past the date.
    Late,
    /// Closed.
    Closed,
}

/// A page of cases, the most urgent first; `after` is the last id of the page before.
pub fn cases(
    tx: &mut Tx<'_>,
    org: &str,
    which: Which,
    today: Date,
    skip: u64,
    limit: u64,
) -> Result<Vec<CaseRow>> {
    let today = today.to_string();
    match which {
        Which::Open => tx.rows(
            "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret,
                    made_at
             FROM cases WHERE org = $1 AND closed_on IS NULL
             ORDER BY act_by IS NULL, act_by, id LIMIT $2 OFFSET $3",
            bind![org, limit, skip],
            case,
        ),
        Which::Late => tx.rows(
            "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret,
                    made_at
             FROM cases WHERE org = $1 AND closed_on IS NULL AND act_by < $4
               AND state <> 'sent' AND paused_since IS NULL
             ORDER BY act_by, id LIMIT $2 OFFSET $3",
            bind![org, limit, skip, today],
            case,
        ),
        Which::Closed => tx.rows(
            "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret,
                    made_at
             FROM cases WHERE org = $1 AND closed_on IS NOT NULL
             ORDER BY closed_on DESC, id DESC LIMIT $2 OFFSET $3",
            bind![org, limit, skip],
            case,
        ),
    }
}

/// The figures of the strip on Today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Not closed.
    pub open: u64,
    /// Past the date.
    pub late: u64,
    /// Due by the given day, not late.
    pub soon: u64,
    /// Nobody works on it.
    pub unassigned: u64,
    /// The clock is stopped.
    pub paused: u64,
}

/// How many open cases there are, and of these late, due soon, unassigned and paused.
pub fn figures(tx: &mut Tx<'_>, org: &str, today: Date, soon: Date) -> Result<Figures> {
    tx.row(
        "SELECT count(*) AS open,
                count(*) FILTER (WHERE act_by < $2 AND paused_since IS NULL
                                 AND state <> 'sent') AS late,
                count(*) FILTER (WHERE act_by >= $2 AND act_by <= $3 AND paused_since IS NULL
                                 AND state <> 'sent') AS soon,
                count(*) FILTER (WHERE owner IS NULL) AS unassigned,
                count(*) FILTER (WHERE paused_since IS NOT NULL) AS paused
         FROM cases WHERE org = $1 AND closed_on IS NULL",
        bind![org, today, soon],
        |r| {
            Ok(Figures {
                open: r.count("open")?,
                late: r.count("late")?,
                soon: r.count("soon")?,
                unassigned: r.count("unassigned")?,
                paused: r.count("paused")?,
            })
        },
    )
    .map(Option::unwrap_or_default)
}

/// How many cases are closed.
pub fn closed_count(tx: &mut Tx<'_>, org: &str) -> Result<u64> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM cases WHERE org = $1 AND closed_on IS NOT NULL",
        bind![org],
    )?)
}

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
