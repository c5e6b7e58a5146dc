//! Every statement on letters.

use candour_db::{Row, Tx, bind};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::{Error, Result};

/// A letter, as kept.
pub struct LetterRow {
    /// Its id.
    pub id: String,
    /// Whose.
    pub org: String,
    /// The case it belongs to, if any.
    pub case: Option<String>,
    /// Which letter.
    pub name: String,
    /// The key that seals it.
    pub key: String,
    /// The sealed letter.
    pub sealed: Vec<u8>,
    /// `waiting`, `sent`, `outbox`, `failed`, `to-print` or `posted`.
    pub state: String,
    /// When it was written.
    pub made: Timestamp,
    /// The day it was posted or handed over.
    pub posted: Option<Date>,
    /// By whom: `staff:ID`.
    pub posted_by: Option<String>,
}

fn letter(r: &Row<'_>) -> Result<LetterRow> {
    Ok(LetterRow {
        id: r.text("id")?,
        org: r.text("org")?,
        case: r.text_opt("case_id")?,
        name: r.text("name")?,
        key: r.text("key_id")?,
        sealed: r.bytes("sealed")?,
        state: r.text("state")?,
        made: r.instant("made_at")?,
        posted: r.date_opt("posted_on")?,
        posted_by: r.text_opt("posted_by")?,
    })
}

/// Keeps a sealed letter, of a case or of none.
pub fn insert_letter(tx: &mut Tx<'_>, row: &LetterRow) -> Result<()> {
    tx.exec(
        "INSERT INTO letters (id, org, case_id, name, key_id, sealed, state, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        bind![
            row.id.as_str(),
            row.org.as_str(),
            row.case.clone(),
            row.name.as_str(),
            row.key.as_str(),
            row.sealed.clone(),
            row.state.as_str(),
            row.made
        ],
    )?;
    Ok(())
}

/// A letter by its id.
pub fn a_letter(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<LetterRow> {
    tx.row(
        "SELECT id, org, case_id, name, key_id, sealed, state, made_at, posted_on, posted_by
         FROM letters WHERE org = $1 AND id = $2",
        bind![org, id],
        letter,
    )?
    .ok_or(Error::NotFound("the letter"))
}

/// The letters of a case, oldest first.
pub fn letters_of(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<Vec<LetterRow>> {
    tx.rows(
        "SELECT id, org, case_id, name, key_id, sealed, state, made_at, posted_on, posted_by
         FROM letters WHERE org = $1 AND case_id = $2 ORDER BY made_at, id",
        bind![org, case],
        letter,
    )
}

/// Letters that have come so far and no further, oldest first, at most so many.
pub fn letters_in(tx: &mut Tx<'_>, org: &str, state: &str, limit: u64) -> Result<Vec<LetterRow>> {
    tx.rows(
        "SELECT id, org, case_id, name, key_id, sealed, state, made_at, posted_on, posted_by
         FROM letters WHERE org = $1 AND state = $2 ORDER BY made_at, id LIMIT $3",
        bind![org, state, limit],
        letter,
    )
}

/// How many letters are to be printed, lie in the outbox, and failed.
pub fn undone(tx: &mut Tx<'_>, org: &str) -> Result<[u64; 3]> {
    tx.row(
        "SELECT count(*) FILTER (WHERE state = 'to-print') AS print,
                count(*) FILTER (WHERE state = 'outbox') AS outbox,
                count(*) FILTER (WHERE state = 'failed') AS failed
         FROM letters WHERE org = $1 AND state IN ('to-print', 'outbox', 'failed')",
        bind![org],
        |r| Ok([r.count("print")?, r.count("outbox")?, r.count("failed")?]),
    )
    .map(Option::unwrap_or_default)
}

/// Notes how far a letter on its way has come, when, and what trouble it met; false if that was
/// noted before.
pub fn letter_state(
    tx: &mut Tx<'_>,
    id: &str,
    state: &str,
    trouble: Option<&str>,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE letters SET state = $2, trouble = $3, sent_at = $4
         WHERE id = $1 AND state = 'waiting'",
        bind![id, state, trouble, now],
    )? == 1)
}

/// Notes that a letter was posted or handed over, by whom and on which day; false if it had left
/// already.
pub fn posted(tx: &mut Tx<'_>, org: &str, id: &str, on: Date, by: &str) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE letters SET state = 'posted', posted_on = $3, posted_by = $4
         WHERE org = $1 AND id = $2 AND state IN ('to-print', 'outbox', 'failed')",
        bind![org, id, on, by],
    )? == 1)
}

/// Marks a letter that did not leave as waiting again; false if it had left.
pub fn again(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE letters SET state = 'waiting', trouble = NULL
         WHERE org = $1 AND id = $2 AND state IN ('outbox', 'failed')",
        bind![org, id],
    )? == 1)
}
