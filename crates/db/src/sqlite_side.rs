//! SQLite with SQLCipher.

use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::{DbError, Row, Trouble, Value};

/// The 256-bit key of an encrypted database. Wiped from memory by its owner; never printed.
#[derive(Clone)]
pub struct Key(pub [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Below 3.51.3 two connections could corrupt a WAL database while checkpointing.
const OLDEST: i32 = 3_051_003;

/// Sets the libraries up, once in a process, while no other thread uses them. SQLite counts as
/// set up a moment before SQLCipher is: a second thread that opened its connection in that moment
/// would find no cipher. And OpenSSL is set up before SQLCipher asks for it, so that it is not
/// taken down at exit while a thread still closes its connection.
fn set_up_once() -> Result<(), DbError> {
    static DONE: OnceLock<Result<(), DbError>> = OnceLock::new();
    let set_up = || {
        openssl::init();
        let c = Connection::open_in_memory()?;
        // The cipher, too, is made ready by its first use; a raw key costs no derivation.
        let key = hex::encode([7; 32]);
        c.execute_batch(&format!(
            "PRAGMA cipher_log_level = NONE; PRAGMA key = \"x'{key}'\"; CREATE TABLE a (b);"
        ))?;
        Ok(())
    };
    DONE.get_or_init(set_up).clone()
}

pub(crate) fn open(path: &Path, key: Option<&Key>) -> Result<Connection, DbError> {
    if rusqlite::version_number() < OLDEST {
        return Err(DbError::new(
            Trouble::Other,
            format!("SQLite {} is too old: 3.51.3 or later is needed", rusqlite::version()),
        ));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    set_up_once()?;
    let c = Connection::open_with_flags(path, flags)?;
    c.busy_timeout(Duration::from_secs(10))?;
    if let Some(Key(k)) = key {
        // The log level goes first: a wrong key would otherwise print to standard error.
        c.execute_batch("PRAGMA cipher_log_level = NONE;")?;
        c.execute_batch(&format!("PRAGMA key = \"x'{}'\";", hex::encode(k)))?;
    }
    // A wrong key shows here and nowhere later.
    touch(&c)?;
    c.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
         PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 4000;",
    )?;
    c.set_prepared_statement_cache_capacity(512);
    Ok(c)
}

/// Reads something, so that the file is touched.
pub(crate) fn touch(c: &Connection) -> Result<(), DbError> {
    Ok(c.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?)
}

/// Lets a connection keep 16 MB of pages, for the one that writes: an insert touches its indexes at
/// random, and a page that is not kept is decrypted and authenticated each time.
pub(crate) fn keep_pages(c: &Connection) -> Result<(), DbError> {
    Ok(c.execute_batch("PRAGMA cache_size = -16000")?)
}

struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Int(v) => ValueRef::Integer(*v),
            Value::Text(v) => ValueRef::Text(v.as_bytes()),
            Value::Bytes(v) => ValueRef::Blob(v),
            Value::Bool(v) => ValueRef::Integer((*v).into()),
        }))
    }
}

/// The statement with `?2` for `$2`: SQLite numbers those by their digits, and the others by first
/// appearance, to be found by name. No literal of ours holds a `$`.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

fn bind_all(s: &mut rusqlite::Statement<'_>, binds: &[Value]) -> Result<(), DbError> {
    for n in 1..=s.parameter_count() {
        let v = binds
            .get(n - 1)
            .ok_or_else(|| DbError::shape(format!("${n} has no value bound to it")))?;
        s.raw_bind_parameter(n, Bound(v))?;
    }
    Ok(())
}

pub(crate) fn exec(c: &Connection, sql: &str, binds: &[Value]) -> Result<u64, DbError> {
    let mut s = c.prepare_cached(&numbered(sql))?;
    bind_all(&mut s, binds)?;
    Ok(s.raw_execute()? as u64)
}

pub(crate) fn query(
    c: &Connection,
    sql: &str,
    binds: &[Value],
    read_only: bool,
    each: &mut dyn FnMut(&Row<'_>) -> bool,
) -> Result<(), DbError> {
    let mut s = c.prepare_cached(&numbered(sql))?;
    if read_only && !s.readonly() {
        return Err(DbError::shape("a read may not write"));
    }
    bind_all(&mut s, binds)?;
    let names: Vec<String> = s.column_names().map(str::to_owned).collect();
    let mut rows = s.raw_query();
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(names.len());
        for (i, name) in names.iter().enumerate() {
            values.push(match row.get_ref(i)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(v) => Value::Int(v),
                ValueRef::Real(_) => {
                    return Err(DbError::shape(format!("column {name} is a float")));
                }
                ValueRef::Text(v) => Value::Text(String::from_utf8_lossy(v).into_owned()),
                ValueRef::Blob(v) => Value::Bytes(v.to_vec()),
            });
        }
        if !each(&Row { names: &names, values }) {
            break;
        }
    }
    Ok(())
}
