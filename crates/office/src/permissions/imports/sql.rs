//! Every statement on files brought in through the browser.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;

use super::{Import, State};
use crate::error::{Error, Result};

fn import(r: &Row<'_>) -> std::result::Result<Import, DbError> {
    Ok(Import {
        id: r.text("id")?,
        stops: r.text("what")? == "stops",
        state: State::from_word(&r.text("state")?),
        shape: r.text("shape")?,
        plan: r.text("plan")?,
        outcome: r.text("outcome")?,
        file: r.text_opt("file_blob")?,
        at_line: r.count("at_line")?,
        taken: r.count("taken")?,
        by: r.text("made_by")?,
        made: r.instant("made_at")?,
    })
}

/// Keeps a file that was brought in.
pub fn insert(tx: &mut Tx<'_>, org: &str, i: &Import) -> Result<()> {
    tx.exec(
        "INSERT INTO imports (id, org, what, state, shape, plan, outcome, file_blob, at_line, taken,
                              made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, '', '', $6, 0, 0, $7, $8)",
        bind![
            i.id.as_str(),
            org,
            if i.stops { "stops" } else { "consents" },
            State::Uploaded.word(),
            i.shape.as_str(),
            i.file.clone(),
            i.by.as_str(),
            i.made
        ],
    )?;
    Ok(())
}

/// One of them.
pub fn by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Import> {
    let found = tx.row(
        "SELECT id, what, state, shape, plan, outcome, file_blob, at_line, taken, made_by, made_at
         FROM imports WHERE org = $1 AND id = $2",
        bind![org, id],
        import,
    )?;
    found.ok_or(Error::NotFound("the file"))
}

/// The newest.
pub fn latest(tx: &mut Tx<'_>, org: &str, most: i64) -> Result<Vec<Import>> {
    Ok(tx.rows(
        "SELECT id, what, state, shape, plan, outcome, file_blob, at_line, taken, made_by, made_at
         FROM imports WHERE org = $1 ORDER BY made_at DESC, id DESC LIMIT $2",
        bind![org, most],
        import,
    )?)
}

/// Those from before an instant.
pub fn before(tx: &mut Tx<'_>, org: &str, at: Timestamp) -> Result<Vec<Import>> {
    Ok(tx.rows(
        "SELECT id, what, state, shape, plan, outcome, file_blob, at_line, taken, made_by, made_at
         FROM imports WHERE org = $1 AND made_at < $2",
        bind![org, at],
        import,
    )?)
}

/// Notes how the file is read and what came of a look; not once it is being carried out.
pub fn looked(tx: &mut Tx<'_>, org: &str, id: &str, plan: &str, outcome: &str) -> Result<()> {
    let n = tx.exec(
        "UPDATE imports SET state = 'looked', plan = $3, outcome = $4
         WHERE org = $1 AND id = $2 AND state IN ('uploaded', 'looked')",
        bind![org, id, plan, outcome],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Begins to carry it out as it was looked at, by whom.
pub fn begin(tx: &mut Tx<'_>, org: &str, id: &str, plan: &str, by: &str) -> Result<()> {
    let n = tx.exec(
        "UPDATE imports SET state = 'running', made_by = $4
         WHERE org = $1 AND id = $2 AND plan = $3 AND state = 'looked'",
        bind![org, id, plan, by],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Notes that the rows to a line were taken.
pub fn progress(tx: &mut Tx<'_>, org: &str, id: &str, line: u64, taken: u64) -> Result<()> {
    let n = tx.exec(
        "UPDATE imports SET at_line = $3, taken = taken + $4
         WHERE org = $1 AND id = $2 AND state = 'running' AND at_line < $3",
        bind![org, id, line, taken],
    )?;
    // Another process took these rows.
    if n == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Notes what came of it; the file is not needed any more.
pub fn finish(tx: &mut Tx<'_>, org: &str, id: &str, outcome: &str) -> Result<()> {
    let n = tx.exec(
        "UPDATE imports SET state = 'done', outcome = $3, file_blob = NULL
         WHERE org = $1 AND id = $2 AND state = 'running'",
        bind![org, id, outcome],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Forgets one.
pub fn drop_one(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<()> {
    tx.exec("DELETE FROM imports WHERE org = $1 AND id = $2", bind![org, id])?;
    Ok(())
}
