//! Every statement on preference registers as imported.

use candour_db::{DbError, Row, Tx, bind};

use crate::error::Result;
use crate::permissions::records::RegisterRow;

/// Keeps an import in place of the one before it, whose blob is answered.
pub fn set_register(tx: &mut Tx<'_>, org: &str, r: &RegisterRow) -> Result<Option<String>> {
    let old = register_of(tx, org, &r.register)?.map(|o| o.blob);
    tx.exec(
        "INSERT INTO preference_registers (org, register, as_of, numbers, sha256, blob, made_at,
                                           new_numbers, unreadable, unreadable_lines)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT (org, register) DO UPDATE
         SET as_of = $3, numbers = $4, sha256 = $5, blob = $6, made_at = $7, new_numbers = $8,
             unreadable = $9, unreadable_lines = $10",
        bind![
            org,
            r.register.as_str(),
            r.as_of,
            r.numbers,
            r.sha256.as_str(),
            r.blob.as_str(),
            r.made,
            r.new.map(|n| i64::try_from(n).unwrap_or(i64::MAX)),
            r.unreadable.map(|n| i64::try_from(n).unwrap_or(i64::MAX)),
            r.lines.as_str()
        ],
    )?;
    Ok(old)
}

fn register(r: &Row<'_>) -> std::result::Result<RegisterRow, DbError> {
    Ok(RegisterRow {
        register: r.text("register")?,
        as_of: r.date("as_of")?,
        numbers: r.count("numbers")?,
        sha256: r.text("sha256")?,
        blob: r.text("blob")?,
        made: r.instant("made_at")?,
        new: r.int_opt("new_numbers")?.and_then(|n| u64::try_from(n).ok()),
        unreadable: r.int_opt("unreadable")?.and_then(|n| u64::try_from(n).ok()),
        lines: r.text_opt("unreadable_lines")?.unwrap_or_default(),
    })
}

/// One register as imported.
pub fn register_of(tx: &mut Tx<'_>, org: &str, name: &str) -> Result<Option<RegisterRow>> {
    Ok(tx.row(
        "SELECT register, as_of, numbers, sha256, blob, made_at, new_numbers, unreadable,
                unreadable_lines
         FROM preference_registers WHERE org = $1 AND register = $2",
        bind![org, name],
        register,
    )?)
}

/// Every register as imported.
pub fn registers(tx: &mut Tx<'_>, org: &str) -> Result<Vec<RegisterRow>> {
    Ok(tx.rows(
        "SELECT register, as_of, numbers, sha256, blob, made_at, new_numbers, unreadable,
                unreadable_lines
         FROM preference_registers WHERE org = $1 ORDER BY register",
        bind![org],
        register,
    )?)
}
