//! Moving an office from SQLite to PostgreSQL: every row of every table, in one transaction.

use crate::{Db, DbError, Value};

/// What was copied: each table with its rows.
pub type Copied = Vec<(String, u64)>;

/// Rows read and written at a time.
const CHUNK: i64 = 500;

/// Copies every table of `from` (SQLite) into the empty tables of `to`, in the given order
/// (parents before children).
///
/// # Errors
/// If a target table already holds rows, or either side fails; nothing is kept then.
pub fn copy_all(from: &Db, to: &Db, tables: &[&str]) -> Result<Copied, DbError> {
    let mut plan = Vec::new();
    for table in tables {
        let columns: Vec<String> = from.read(|tx| {
            tx.rows(
                "SELECT name FROM pragma_table_info($1) ORDER BY cid",
                &[Value::from(*table)],
                |r| r.text("name"),
            )
        })?;
        plan.push(((*table).to_owned(), columns));
    }
    let from = from.clone();
    to.write(move |tx| {
        let mut copied = Vec::new();
        for (table, columns) in &plan {
            if tx.count(&format!("SELECT count(*) AS n FROM {table}"), &[])? > 0 {
                return Err(DbError::shape(format!("table {table} of the new database has rows")));
            }
            copied.push((table.clone(), one(&from, tx, table, columns)?));
        }
        Ok(copied)
    })
}

fn one(from: &Db, tx: &mut crate::Tx<'_>, table: &str, columns: &[String]) -> Result<u64, DbError> {
    let names = columns.join(", ");
    let marks: Vec<String> = (1..=columns.len()).map(|i| format!("${i}")).collect();
    let insert = format!("INSERT INTO {table} ({names}) VALUES ({})", marks.join(", "));
    let select = format!(
        "SELECT rowid AS row_id_, {names} FROM {table} WHERE rowid > $1 ORDER BY rowid LIMIT $2"
    );
    let (mut after, mut n) = (i64::MIN, 0);
    loop {
        let rows: Vec<(i64, Vec<Value>)> = from.read(|tx| {
            tx.rows(&select, &[Value::Int(after), Value::Int(CHUNK)], |r| {
                Ok::<_, DbError>((r.int("row_id_")?, r.values[1..].to_vec()))
            })
        })?;
        let Some(last) = rows.last() else { return Ok(n) };
        after = last.0;
        for (_, values) in &rows {
            tx.exec(&insert, values)?;
            n += 1;
        }
    }
}
