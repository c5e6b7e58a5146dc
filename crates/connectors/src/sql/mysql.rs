//! MySQL and MariaDB.

use std::path::Path;

use mysql::prelude::Queryable;
use mysql::{Conn, Opts, OptsBuilder, Params, SslOpts, Value};

use super::catalogue::{self, Questions};
use super::dialect::{Bind, Compare, Dialect, Row, Statement, Writer, in_list};
use super::{About, Engine, ca_file, password, refused, silent, within};
use crate::map::{DataMap, Tls};
use crate::schema::{Class, LiveField, Schema};
use crate::{Fault, FaultKind, Limits};

pub(super) struct Mysql {
    conn: Conn,
    place: String,
    encrypted: bool,
    maria: bool,
    /// The conversation broke off: a late answer must not be taken for the next one.
    lost: bool,
}

struct My;

impl Dialect for My {
    fn quote(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn mark(&self, _: usize) -> String {
        "?".to_owned()
    }

    fn read(&self, field: &LiveField) -> String {
        let column = self.quote(&field.name);
        match field.class() {
            Class::Binary => format!("concat('(binary, ', length({column}), ' bytes)')"),
            Class::Text => column,
            _ if field.sql_type.starts_with("bit") => format!("CAST({column} + 0 AS CHAR)"),
            _ => format!("CAST({column} AS CHAR)"),
        }
    }

    fn text(&self, column: &str, field: &LiveField) -> String {
        match field.class() {
            // Our signs and values are UTF-8; a column may be in a narrower encoding.
            Class::Text => format!("CONVERT({column} USING utf8mb4)"),
            _ => self.cast(column),
        }
    }

    fn among(
        &self,
        w: &mut Writer<'_>,
        column: &str,
        compare: &Compare,
        values: &[String],
    ) -> String {
        // A value that the column's encoding cannot hold would be an error, not a miss.
        if *compare == Compare::Text && !values.iter().all(|v| v.is_ascii()) {
            let column = format!("CONVERT({column} USING utf8mb4)");
            return in_list(self, w, &column, compare, values);
        }
        in_list(self, w, column, compare, values)
    }

    fn cast(&self, column: &str) -> String {
        format!("CAST({column} AS CHAR)")
    }

    fn differs(&self, a: &str, b: &str) -> String {
        format!("CAST({a} AS BINARY) <> CAST({b} AS BINARY)")
    }

    fn padded(&self, expr: &str) -> String {
        format!("{expr} REGEXP '^[^0-9]*0'")
    }
}

impl Mysql {
    /// Log in to the server of the map.
    pub fn open(map: &DataMap, base: &Path, limits: &Limits) -> Result<Self, Fault> {
        let place = map.holding.clone();
        let source = &map.source;
        let tls = source.tls();
        let ca = ca_file(&map.holding, source, base)?;
        let with_tls = SslOpts::default()
            .with_root_cert_path(ca)
            .with_danger_accept_invalid_certs(tls != Tls::VerifyFull)
            .with_danger_skip_domain_validation(tls != Tls::VerifyFull);
        let plain = OptsBuilder::new()
            .ip_or_hostname(source.host.clone())
            .tcp_port(source.port.unwrap_or(3306))
            .db_name(source.database.clone())
            .user(source.user.clone())
            .pass(password(&map.holding, source, base)?)
            .prefer_socket(false)
            .tcp_connect_timeout(Some(limits.connect))
            .read_timeout(Some(limits.statement.saturating_add(limits.connect)))
            .write_timeout(Some(limits.connect));
        let secure = plain.clone().ssl_opts(with_tls);
        let connected = match tls {
            Tls::Disable => log_in(plain, limits).map(|c| (c, false)),
            Tls::Require | Tls::VerifyFull => log_in(secure, limits).map(|c| (c, true)),
            Tls::Prefer => match log_in(secure, limits) {
                Ok(conn) => Ok((conn, true)),
                Err(Trouble::Said(error)) if no_tls(&error) => {
                    log_in(plain, limits).map(|c| (c, false))
                }
                Err(trouble) => Err(trouble),
            },
        };
        let (conn, encrypted) = connected.map_err(|trouble| match trouble {
            Trouble::Silent => silent(&place),
            Trouble::Said(error) => fault(&place, &error),
        })?;
        let mut mysql = Self { conn, place, encrypted, maria: false, lost: false };
        mysql.settle(limits).map_err(|e| fault(&mysql.place, &e))?;
        Ok(mysql)
    }

    /// Read only, with limits, one way to write dates and text.
    fn settle(&mut self, limits: &Limits) -> mysql::Result<()> {
        let version: Option<String> = self.conn.query_first("SELECT version()")?;
        self.maria = version.is_some_and(|v| v.to_ascii_lowercase().contains("mariadb"));
        let lock = limits.lock.as_secs().max(1);
        let longest = if self.maria {
            format!("max_statement_time = {}", limits.statement.as_secs_f64())
        } else {
            format!("max_execution_time = {}", limits.statement.as_millis())
        };
        self.conn.query_drop("SET NAMES utf8mb4")?;
        self.conn.query_drop("SET SESSION TRANSACTION READ ONLY")?;
        self.conn.query_drop(format!(
            "SET SESSION {longest}, time_zone = '+00:00', lock_wait_timeout = {lock}, \
             innodb_lock_wait_timeout = {lock}"
        ))
    }

    /// Turn an error into a fault; note if the conversation broke off.
    fn trouble(&mut self, place: &str, error: &mysql::Error) -> Fault {
        self.lost |= !matches!(error, mysql::Error::MySqlError(_));
        fault(place, error)
    }

    fn all(&mut self, sql: &str) -> Result<Vec<Row>, Fault> {
        let statement = Statement { sql: sql.to_owned(), binds: Vec::new() };
        let (place, mut rows) = (self.place.clone(), Vec::new());
        self.stream(&place, &statement, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    fn run(
        &mut self,
        statement: &Statement,
        each: &mut dyn FnMut(Row) -> Result<(), Fault>,
    ) -> mysql::Result<Result<(), Fault>> {
        let value = |b: &Bind| match b {
            Bind::Text(text) => Value::Bytes(text.clone().into_bytes()),
            Bind::Int(int) => Value::Int(*int),
            Bind::Texts(_) => Value::NULL, // MySQL has no arrays: never built.
        };
        let values: Vec<Value> = statement.binds.iter().map(value).collect();
        let params = if values.is_empty() { Params::Empty } else { Params::Positional(values) };
        for row in self.conn.exec_iter(&statement.sql, params)? {
            let row: Row = row?.unwrap_raw().into_iter().map(|v| v.and_then(text)).collect();
            let told = each(row);
            if told.is_err() {
                return Ok(told);
            }
        }
        Ok(Ok(()))
    }
}

impl Engine for Mysql {
    fn dialect(&self) -> &dyn Dialect {
        &My
    }

    fn begin(&mut self) -> Result<(), Fault> {
        let place = self.place.clone();
        if self.lost {
            return Err(silent(&place));
        }
        let begun = self.conn.query_drop("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        begun.map_err(|e| self.trouble(&place, &e))
    }

    fn end(&mut self) {
        if !self.lost {
            let _ = self.conn.query_drop("ROLLBACK"); // Nothing was written.
        }
    }

    fn stream(
        &mut self,
        place: &str,
        statement: &Statement,
        each: &mut dyn FnMut(Row) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let asked = self.run(statement, each);
        asked.unwrap_or_else(|e| Err(self.trouble(place, &e)))
    }

    fn schema(&mut self, references: bool) -> Result<Schema, Fault> {
        catalogue::read(&CATALOGUE, references, &mut |sql| self.all(sql))
    }

    fn about(&mut self) -> Result<About, Fault> {
        let version = self.all("SELECT version()")?;
        let version = version.first().and_then(|r| r.first().cloned().flatten());
        let version = version.unwrap_or_default();
        let number = version.split('-').next().unwrap_or("").to_owned();
        let name = if self.maria { "MariaDB" } else { "MySQL" };
        let rights = self.all(
            "SELECT count(*) FROM (SELECT privilege_type p FROM information_schema.user_privileges \
             UNION ALL SELECT privilege_type FROM information_schema.schema_privileges \
             WHERE table_schema = database()) r WHERE p IN ('INSERT', 'UPDATE', 'DELETE')",
        )?;
        let can_write = rights.first().is_some_and(|r| r.first() != Some(&Some("0".to_owned())));
        Ok(About { server: format!("{name} {number}"), encrypted: self.encrypted, can_write })
    }
}

/// Why there is no connection.
enum Trouble {
    Said(mysql::Error),
    Silent,
}

fn log_in(opts: OptsBuilder, limits: &Limits) -> Result<Conn, Trouble> {
    let opts: Opts = opts.into();
    match within(limits.connect.saturating_mul(2), move || Conn::new(opts)) {
        Some(connected) => connected.map_err(Trouble::Said),
        None => Err(Trouble::Silent),
    }
}

/// Whether the server said that it has no TLS.
fn no_tls(error: &mysql::Error) -> bool {
    matches!(error, mysql::Error::DriverError(mysql::DriverError::TlsNotSupported))
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::NULL => None,
        Value::Bytes(bytes) => Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }),
        Value::Int(n) => Some(n.to_string()),
        Value::UInt(n) => Some(n.to_string()),
        Value::Float(n) => Some(n.to_string()),
        Value::Double(n) => Some(n.to_string()),
        date @ (Value::Date(..) | Value::Time(..)) => {
            Some(date.as_sql(true).trim_matches('\'').to_owned())
        }
    }
}

/// An error of the server in words that hold nothing of the data: only its number is looked at.
fn fault(place: &str, error: &mysql::Error) -> Fault {
    let code = match error {
        mysql::Error::MySqlError(error) => error.code,
        mysql::Error::IoError(_) => return silent(place),
        mysql::Error::TlsError(_) => return tls_fault(place),
        error if no_tls(error) => return tls_fault(place),
        mysql::Error::DriverError(_) | mysql::Error::CodecError(_) => return silent(place),
        _ => return refused(place, "driver"),
    };
    let (kind, what, remedy) = match code {
        1045 | 1698 | 2059 => (
            FaultKind::Denied,
            "the server does not let this account in",
            "Check user and password_file in the data map.",
        ),
        1044 | 1142 | 1143 | 1227 | 1370 => (
            FaultKind::Denied,
            "the account may not read this",
            "Give the account the right to SELECT.",
        ),
        1049 => (
            FaultKind::Map,
            "the server has no database of that name",
            "Check database in the data map.",
        ),
        1146 | 1054 => (
            FaultKind::Drift,
            "a table or field of the map is gone",
            "Check the data map against the live schema, and search again.",
        ),
        1969 | 3024 | 1317 => (
            FaultKind::Limit,
            "reading took longer than the limit",
            "Raise the limit, or make an index for the fields that identify.",
        ),
        1205 | 1213 => (
            FaultKind::Busy,
            "another session has locked the table",
            "Try again when that session is done.",
        ),
        1040 | 1203 | 1226 | 1053 => {
            (FaultKind::Busy, "the server is busy", "Try again in a little while.")
        }
        1034 | 1035 | 1194 | 1195 => (
            FaultKind::Damaged,
            "the table is damaged",
            "Have the database's keeper repair it, then search again.",
        ),
        _ => return refused(place, &code.to_string()),
    };
    Fault::new(kind, place, what, remedy)
}

fn tls_fault(place: &str) -> Fault {
    Fault::new(
        FaultKind::Denied,
        place,
        "no encrypted connection that satisfies the map could be made",
        "Check tls and ca_file in the data map, and the server's certificate and its name.",
    )
}

/// What the information schema is asked, of the database logged in to.
const CATALOGUE: Questions = Questions {
    tables: "SELECT table_name, if(table_type LIKE '%VIEW', 'true', 'false'), \
        CAST(table_rows AS CHAR) FROM information_schema.tables \
        WHERE table_schema = database() ORDER BY table_name",
    columns: "SELECT table_name, column_name, column_type, if(is_nullable = 'NO', 'true', 'false') \
        FROM information_schema.columns WHERE table_schema = database() \
        ORDER BY table_name, ordinal_position",
    indexes: "SELECT table_name, index_name, if(index_name = 'PRIMARY', 'true', 'false'), \
        if(non_unique = 0, 'true', 'false'), coalesce(column_name, '') \
        FROM information_schema.statistics WHERE table_schema = database() \
        ORDER BY table_name, index_name, seq_in_index",
    references: "SELECT table_name, constraint_name, referenced_table_name, column_name, \
        referenced_column_name FROM information_schema.key_column_usage \
        WHERE table_schema = database() AND referenced_table_schema = database() \
        ORDER BY table_name, constraint_name, ordinal_position",
};
