//! Every statement on findings.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;

use super::grounds::OUTSIDE;
use crate::error::Result;

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
    /// Hash of the item's content when it was flagged: a decision stands while this is the same.
    pub content: String,
    /// What was decided before the content changed, or empty.
    pub was: String,
    /// Why it stays out: `not-theirs`, `outside`, or the word of a ground of the law; empty if it
    /// does not.
    pub ground: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The second person, who agreed to what needs two.
    pub approved_by: Option<String>,
    /// When.
    pub approved_at: Option<Timestamp>,
    /// The key of the doubtful record that it stands or falls with, its own if others hang on it;
    /// empty if it is looked at for itself.
    pub root: String,
}

impl FindingRow {
    /// A finding that waits for a person.
    pub fn open(search: &str, item: u64, key: &str, content: &str, why: &str) -> Self {
        Self {
            search: search.to_owned(),
            item,
            key: key.to_owned(),
            why: why.to_owned(),
            decision: "open".into(),
            reason: String::new(),
            marks: "[]".into(),
            content: content.to_owned(),
            was: String::new(),
            ground: String::new(),
            decided_by: None,
            decided_at: None,
            approved_by: None,
            approved_at: None,
            root: String::new(),
        }
    }

    /// The same, standing or falling with a doubtful record.
    pub fn with_root(self, root: &str) -> Self {
        Self { root: root.to_owned(), ..self }
    }

    /// The same, dated outside the time asked for: left out, and nobody has to decide about it.
    pub fn outside(self) -> Self {
        Self { decision: "exclude".into(), ground: OUTSIDE.into(), ..self }
    }

    /// A person has decided about it, now or before its content changed.
    pub fn was_decided(&self) -> bool {
        self.decision != "open" && !self.is_outside() || !self.was.is_empty()
    }

    /// It lies outside the time asked for, and nobody has included it.
    pub fn is_outside(&self) -> bool {
        self.ground == OUTSIDE
    }
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
        content: r.text("content")?,
        was: r.text("was")?,
        ground: r.text("ground")?,
        decided_by: r.text_opt("decided_by")?,
        decided_at: r.instant_opt("decided_at")?,
        approved_by: r.text_opt("approved_by")?,
        approved_at: r.instant_opt("approved_at")?,
        root: r.text("root")?,
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
        let [content, was, ground] = [f.content.into(), f.was.into(), f.ground.into()];
        let decided = [f.decided_by.into(), f.decided_at.into()];
        let approved = [f.approved_by.into(), f.approved_at.into()];
        let ([decided_by, decided_at], [approved_by, approved_at]) = (decided, approved);
        [
            search,
            item,
            key,
            org,
            case,
            why,
            decision,
            reason,
            f.marks.into(),
            content,
            was,
            ground,
            decided_by,
            decided_at,
            approved_by,
            approved_at,
            f.root.into(),
        ]
    });
    tx.insert(
        "INSERT INTO findings (search_id, item, item_key, org, case_id, why, decision, reason,
                               marks, content, was, ground, decided_by, decided_at, approved_by,
                               approved_at, root)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
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
        "SELECT search_id, item, item_key, why, decision, reason, marks, content, was, ground,
                decided_by, decided_at, approved_by, approved_at, root
         FROM findings
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
        "SELECT search_id, item, item_key, why, decision, reason, marks, content, was, ground,
                decided_by, decided_at, approved_by, approved_at, root
         FROM findings
         WHERE org = $1 AND search_id = $2 AND item = $3",
        bind![org, search, item],
        finding,
    )?)
}

/// How many findings of a case wait for a decision; with `two`, those also that wait for a second
/// person: the same as `grounds::needs_two` says.
pub fn open_findings(tx: &mut Tx<'_>, org: &str, case: &str, two: bool) -> Result<u64> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM findings
         WHERE org = $1 AND case_id = $2
           AND (decision = 'open'
                OR (approved_by IS NULL AND ground NOT IN ('', 'not-theirs', 'outside',
                                                         'cannot-copy')
                    AND (decision = 'exclude' OR ground <> 'third-party') AND $3 = $4))",
        bind![org, case, two, true],
    )?)
}

/// Keeps the decision on a finding; a second person has not agreed to it yet.
pub fn decide(tx: &mut Tx<'_>, org: &str, f: &FindingRow, by: &str, now: Timestamp) -> Result<()> {
    tx.exec(
        "UPDATE findings SET decision = $4, reason = $5, marks = $6, content = $7, was = '',
                ground = $8, decided_by = $9, decided_at = $10, approved_by = NULL,
                approved_at = NULL
         WHERE org = $1 AND search_id = $2 AND item = $3",
        bind![
            org,
            f.search.as_str(),
            f.item,
            f.decision.as_str(),
            f.reason.as_str(),
            f.marks.as_str(),
            f.content.as_str(),
            f.ground.as_str(),
            by,
            now
        ],
    )?;
    Ok(())
}

/// Discloses every other finding of the same root that waits for this reason alone; how many.
pub fn disclose_linked(
    tx: &mut Tx<'_>,
    org: &str,
    one: &FindingRow,
    why: &str,
    (by, now): (&str, Timestamp),
) -> Result<u64> {
    Ok(tx.exec(
        "UPDATE findings SET decision = 'disclose', decided_by = $6, decided_at = $7
         WHERE org = $1 AND search_id = $2 AND root = $3 AND item <> $4 AND decision = 'open'
           AND why = $5",
        bind![org, one.search.as_str(), one.root.as_str(), one.item, why, by, now],
    )?)
}

/// Takes this reason away from every other finding of the same root that waits for more; how many.
pub fn keep_looking_at_linked(
    tx: &mut Tx<'_>,
    org: &str,
    one: &FindingRow,
    (why, and): (&str, &str),
) -> Result<u64> {
    let first = format!("{why}{and}");
    Ok(tx.exec(
        "UPDATE findings SET why = replace(why, $5, '')
         WHERE org = $1 AND search_id = $2 AND root = $3 AND item <> $4 AND decision = 'open'
           AND why LIKE $6",
        bind![
            org,
            one.search.as_str(),
            one.root.as_str(),
            one.item,
            first.as_str(),
            format!("{first}%")
        ],
    )?)
}

/// Leaves out every other finding of the same root that waits for this reason first, as not about
/// this person; how many.
pub fn leave_out_linked(
    tx: &mut Tx<'_>,
    org: &str,
    one: &FindingRow,
    (why, and): (&str, &str),
    reason: &str,
    (by, now): (&str, Timestamp),
) -> Result<u64> {
    Ok(tx.exec(
        "UPDATE findings SET decision = 'exclude', ground = 'not-theirs', reason = $7,
                decided_by = $8, decided_at = $9
         WHERE org = $1 AND search_id = $2 AND root = $3 AND item <> $4 AND decision = 'open'
           AND (why = $5 OR why LIKE $6)",
        bind![
            org,
            one.search.as_str(),
            one.root.as_str(),
            one.item,
            why,
            format!("{why}{and}%"),
            reason,
            by,
            now
        ],
    )?)
}

/// Notes who agreed to a decision as the second person.
pub fn approve(
    tx: &mut Tx<'_>,
    org: &str,
    search: &str,
    item: u64,
    by: &str,
    now: Timestamp,
) -> Result<()> {
    tx.exec(
        "UPDATE findings SET approved_by = $4, approved_at = $5
         WHERE org = $1 AND search_id = $2 AND item = $3",
        bind![org, search, item, by, now],
    )?;
    Ok(())
}

/// When the last decision on an item of the case was taken or agreed to.
pub fn last_decided(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<Option<Timestamp>> {
    Ok(tx
        .row(
            "SELECT max(CASE WHEN approved_at > decided_at THEN approved_at ELSE decided_at END)
                    AS at
             FROM findings WHERE org = $1 AND case_id = $2",
            bind![org, case],
            |r| r.instant_opt("at"),
        )?
        .flatten())
}
