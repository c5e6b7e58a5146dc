//! Every statement on cases, and on drafts: answers to the public form that are not sent yet. Those
//! on searches, findings and packs stand in the rooms named here.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;
use jiff::civil::Date;

#[cfg(test)]
pub use super::pack::sql::insert_pack;
pub use super::pack::sql::{
    Handover, PackRow, a_handover, a_pack, end_handover, fetched, handovers, insert_handover,
    open_links, packs, reminded, wrong_try,
};
pub use super::review::sql::{
    FindingRow, a_finding, approve, decide, disclose_linked, drop_findings, findings,
    insert_findings, keep_looking_at_linked, last_decided, leave_out_linked, open_findings,
};
pub use super::search::sql::{
    SearchRow, a_search, asked_and_due, plan_search, searches, update_search,
};
use crate::error::{Error, Result};
use crate::people::Hash16;
use crate::requests::rules::Request;

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
    /// Something is waited for and no time runs, since this day.
    pub waiting: Option<Date>,
    /// The last reminder to staff: which date it was about, and how long before.
    pub reminded: Option<String>,
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
        waiting: r.date_opt("paused_since")?,
        reminded: r.text_opt("reminded")?,
        made: r.instant("made_at")?,
    })
}

/// Keeps a new case.
pub fn insert_case(tx: &mut Tx<'_>, org: &str, c: &CaseRow) -> Result<()> {
    tx.exec(
        "INSERT INTO cases (id, org, ref, kind, state, facts, version, act_by, limit_on, owner,
                            key_id, sealed, secret, received_on, paused_since, made_at, hashed)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
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
            c.waiting,
            c.made,
            true
        ],
    )?;
    Ok(())
}

/// Keeps by which hashes a case is found as the same person's.
pub fn add_case_ids(tx: &mut Tx<'_>, org: &str, case: &str, hashes: &[Hash16]) -> Result<()> {
    tx.insert(
        "INSERT INTO case_ids (org, hash, case_id) VALUES ($1, $2, $3)
         ON CONFLICT (org, hash, case_id) DO NOTHING",
        hashes.iter().map(|h| [org.into(), h.to_vec().into(), case.into()]),
    )?;
    Ok(())
}

/// Forgets by which hashes a case was found: its content can't be opened any more.
pub fn forget_case_ids(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<()> {
    tx.exec("DELETE FROM case_ids WHERE org = $1 AND case_id = $2", bind![org, case])?;
    let all = bind![org, case, true];
    tx.exec("UPDATE cases SET hashed = $3 WHERE org = $1 AND id = $2", all)?;
    Ok(())
}

/// Makes a case one of before there were hashes.
#[cfg(test)]
pub fn as_of_before(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<()> {
    forget_case_ids(tx, org, case)?;
    let all = bind![org, case, false];
    tx.exec("UPDATE cases SET hashed = $3 WHERE org = $1 AND id = $2", all)?;
    Ok(())
}

/// The cases that bear this hash.
pub fn cases_of_hash(tx: &mut Tx<'_>, org: &str, hash: Hash16) -> Result<Vec<String>> {
    let of = bind![org, hash.to_vec()];
    let id = |r: &Row<'_>| r.text("case_id");
    Ok(tx.rows("SELECT case_id FROM case_ids WHERE org = $1 AND hash = $2", of, id)?)
}

/// The cases of before there were hashes.
pub fn unhashed_cases(tx: &mut Tx<'_>, org: &str) -> Result<Vec<String>> {
    let of = bind![org, false];
    Ok(tx.rows("SELECT id FROM cases WHERE org = $1 AND hashed = $2", of, |r| r.text("id"))?)
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
            c.waiting,
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
        "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret,
                paused_since, reminded, made_at
         FROM cases WHERE org = $1 AND id = $2",
        bind![org, id],
        case,
    )?
    .ok_or(Error::NotFound("the case"))
}

/// A case by its reference.
pub fn case_by_ref(tx: &mut Tx<'_>, org: &str, reference: &str) -> Result<CaseRow> {
    // A reference has capital letters only; people type small ones.
    let reference = reference.to_ascii_uppercase();
    tx.row(
        "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret,
                paused_since, reminded, made_at
         FROM cases WHERE org = $1 AND ref = $2",
        bind![org, reference],
        case,
    )?
    .ok_or(Error::NotFound("the case"))
}

/// Which part of the list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Not closed.
    Open,
    /// Not closed, and past the date.
    Late,
    /// Due by the given day, not late.
    Soon(Date),
    /// Nobody works on it.
    Unassigned,
    /// Something is waited for, and no time runs.
    Waiting,
    /// Closed.
    Closed,
}

impl Which {
    fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Late => "late",
            Self::Soon(_) => "soon",
            Self::Unassigned => "unassigned",
            Self::Waiting => "waiting",
            Self::Closed => "closed",
        }
    }
}

/// A page of cases, the most urgent first, after skipping so many.
pub fn cases(
    tx: &mut Tx<'_>,
    org: &str,
    which: &Which,
    today: Date,
    skip: u64,
    limit: u64,
) -> Result<Vec<CaseRow>> {
    match which {
        Which::Closed => tx.rows(
            "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret,
                    paused_since, reminded, made_at
             FROM cases WHERE org = $1 AND closed_on IS NOT NULL
             ORDER BY closed_on DESC, id DESC LIMIT $2 OFFSET $3",
            bind![org, limit, skip],
            case,
        ),
        open => {
            let soon = if let Which::Soon(day) = open { *day } else { today };
            tx.rows(
                "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret,
                        paused_since, reminded, made_at
                 FROM cases WHERE org = $1 AND closed_on IS NULL
                   AND (CAST($4 AS TEXT) = 'open'
                        OR (CAST($4 AS TEXT) = 'late' AND act_by < $5 AND state <> 'sent'
                            AND paused_since IS NULL)
                        OR (CAST($4 AS TEXT) = 'soon' AND act_by >= $5 AND act_by <= $6
                            AND state <> 'sent' AND paused_since IS NULL)
                        OR (CAST($4 AS TEXT) = 'unassigned' AND owner IS NULL
                            AND state <> 'sent')
                        OR (CAST($4 AS TEXT) = 'waiting' AND paused_since IS NOT NULL))
                 ORDER BY act_by IS NULL, act_by, id LIMIT $2 OFFSET $3",
                bind![org, limit, skip, open.word(), today, soon],
                case,
            )
        }
    }
}

/// Every case in a state that is not closed, oldest first.
pub fn in_state(tx: &mut Tx<'_>, org: &str, state: &str) -> Result<Vec<CaseRow>> {
    tx.rows(
        "SELECT id, ref, facts, version, act_by, limit_on, owner, key_id, sealed, secret,
                paused_since, reminded, made_at
         FROM cases WHERE org = $1 AND closed_on IS NULL AND state = $2 ORDER BY id",
        bind![org, state],
        case,
    )
}

/// Replaces the hash of the secret that opens the status page.
pub fn set_secret(tx: &mut Tx<'_>, org: &str, id: &str, secret: &[u8]) -> Result<()> {
    tx.exec("UPDATE cases SET secret = $3 WHERE org = $1 AND id = $2", bind![org, id, secret])?;
    Ok(())
}

/// Notes the last reminder to staff; false if it was noted before.
pub fn remind_staff(tx: &mut Tx<'_>, org: &str, id: &str, mark: &str) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE cases SET reminded = $3 WHERE org = $1 AND id = $2
         AND (reminded IS NULL OR reminded <> $3)",
        bind![org, id, mark],
    )? == 1)
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
    /// Something is waited for, and no time runs.
    pub waiting: u64,
}

/// How many open cases there are, and of these late, due soon, unassigned and waiting.
pub fn figures(tx: &mut Tx<'_>, org: &str, today: Date, soon: Date) -> Result<Figures> {
    tx.row(
        "SELECT count(*) AS open,
                count(*) FILTER (WHERE act_by < $2 AND paused_since IS NULL
                                 AND state <> 'sent') AS late,
                count(*) FILTER (WHERE act_by >= $2 AND act_by <= $3 AND paused_since IS NULL
                                 AND state <> 'sent') AS soon,
                count(*) FILTER (WHERE owner IS NULL AND state <> 'sent') AS unassigned,
                count(*) FILTER (WHERE paused_since IS NOT NULL) AS waiting
         FROM cases WHERE org = $1 AND closed_on IS NULL",
        bind![org, today, soon],
        |r| {
            Ok(Figures {
                open: r.count("open")?,
                late: r.count("late")?,
                soon: r.count("soon")?,
                unassigned: r.count("unassigned")?,
                waiting: r.count("waiting")?,
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

/// Keeps the answers of an unfinished public form.
pub fn put_draft(
    tx: &mut Tx<'_>,
    token: [u8; 32],
    org: &str,
    sealed: &[u8],
    ends: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO drafts (token, org, sealed, ends_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (token) DO UPDATE SET sealed = excluded.sealed, ends_at = excluded.ends_at",
        bind![token, org, sealed, ends],
    )?;
    Ok(())
}

/// The organisation and sealed answers of a draft that has not run out.
pub fn draft(
    tx: &mut Tx<'_>,
    token: [u8; 32],
    now: Timestamp,
) -> Result<Option<(String, Vec<u8>)>> {
    let sql = "SELECT org, sealed FROM drafts WHERE token = $1 AND ends_at > $2";
    Ok(tx.row(sql, bind![token, now], |r| Ok::<_, DbError>((r.text("org")?, r.bytes("sealed")?)))?)
}

/// Removes the drafts that have run out.
pub fn drop_old_drafts(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    tx.exec("DELETE FROM drafts WHERE ends_at < $1", bind![now])?;
    Ok(())
}
