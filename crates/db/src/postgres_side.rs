//! PostgreSQL, and engines that speak its protocol.

use std::collections::HashMap;
use std::net::IpAddr;

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use postgres::config::{Host, SslMode};
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, Statement};
use postgres_openssl::MakeTlsConnector;

use crate::{DbError, Row, Trouble, Value};

/// A client or a transaction, with its cache of prepared statements.
pub(crate) trait Speak {
    fn run(&mut self, sql: &str, binds: &[Value]) -> Result<u64, DbError>;
    fn ask(&mut self, sql: &str, binds: &[Value]) -> Result<Vec<postgres::Row>, DbError>;
    fn batch(&mut self, sql: &str) -> Result<(), DbError>;
    fn prepare_only(&mut self, sql: &str) -> Result<(), DbError>;
}

/// A connection that remembers what it has prepared.
pub(crate) struct Conn {
    client: Client,
    prepared: HashMap<String, Statement>,
}

impl Conn {
    pub(crate) fn lost(&self) -> bool {
        self.client.is_closed()
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, DbError> {
        if let Some(s) = self.prepared.get(sql) {
            return Ok(s.clone());
        }
        let s = self.client.prepare(sql)?;
        self.prepared.insert(sql.to_owned(), s.clone());
        Ok(s)
    }
}

impl Speak for Conn {
    fn run(&mut self, sql: &str, binds: &[Value]) -> Result<u64, DbError> {
        let s = self.statement(sql)?;
        Ok(self.client.execute(&s, &refs(binds, &s)?)?)
    }

    fn ask(&mut self, sql: &str, binds: &[Value]) -> Result<Vec<postgres::Row>, DbError> {
        let s = self.statement(sql)?;
        Ok(self.client.query(&s, &refs(binds, &s)?)?)
    }

    fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        Ok(self.client.batch_execute(sql)?)
    }

    fn prepare_only(&mut self, sql: &str) -> Result<(), DbError> {
        Ok(self.client.prepare(sql).map(drop)?)
    }
}

fn refs<'v>(binds: &'v [Value], s: &Statement) -> Result<Vec<&'v (dyn ToSql + Sync)>, DbError> {
    let n = s.params().len();
    if binds.len() < n {
        return Err(DbError::shape(format!("${n} has no value bound to it")));
    }
    Ok(binds[..n].iter().map(|v| v as &(dyn ToSql + Sync)).collect())
}

/// What the URL says about TLS, read by us because the driver knows neither `verify-full` nor a
/// root certificate file.
struct Tls {
    verify: bool,
    root: Option<String>,
}

fn split_tls(url: &str) -> (String, Tls) {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut tls = Tls { verify: false, root: None };
    let mut keep = Vec::new();
    for pair in query.split('&').filter(|p| !p.is_empty()) {
        match pair.split_once('=') {
            Some(("sslmode", "verify-full" | "verify-ca")) => {
                tls.verify = true;
                keep.push("sslmode=require".to_owned());
            }
            Some(("sslrootcert", file)) => tls.root = Some(file.replace("%2F", "/")),
            _ => keep.push(pair.to_owned()),
        }
    }
    let url = if keep.is_empty() { base.into() } else { format!("{base}?{}", keep.join("&")) };
    (url, tls)
}

/// How to connect. Where the URL does not say how far the line is to be secured, a server on
/// another machine has to show who it is: whoever sits between could pretend to be it.
fn settings(url: &str) -> Result<(Config, Tls), DbError> {
    let (url, mut tls) = split_tls(url);
    let bad = |_| DbError::new(Trouble::Other, "the database URL is not one PostgreSQL knows");
    let mut config: Config = url.parse().map_err(bad)?;
    if !url.contains("sslmode=") && !config.get_hosts().iter().all(is_here) {
        tls.verify = true;
        config.ssl_mode(SslMode::Require);
    }
    Ok((config, tls))
}

pub(crate) fn open(url: &str) -> Result<Conn, DbError> {
    let (mut config, tls) = settings(url)?;
    config.application_name("candour").connect_timeout(std::time::Duration::from_secs(10));
    let crypto = |_| DbError::new(Trouble::Other, "TLS could not be set up: check sslrootcert");
    let mut ssl = SslConnector::builder(SslMethod::tls_client()).map_err(crypto)?;
    if tls.verify {
        match &tls.root {
            Some(file) => ssl.set_ca_file(file).map_err(crypto)?,
            None => load_system_roots(&mut ssl),
        }
    } else {
        ssl.set_verify(SslVerifyMode::NONE);
    }
    let client = config.connect(MakeTlsConnector::new(ssl.build()))?;
    Ok(Conn { client, prepared: HashMap::new() })
}

/// Whether a server is on this machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        }
    }
}

fn load_system_roots(ssl: &mut openssl::ssl::SslConnectorBuilder) {
    let found = openssl_probe::probe();
    if let Some(file) = found.cert_file {
        // A root file that can't be read leaves no roots: the connection then fails, as it must.
        let _ = ssl.set_ca_file(file);
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(v) if *ty == Type::BOOL => (*v != 0).to_sql(ty, out),
            Self::Int(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
            Self::Int(v) => v.to_sql(&Type::INT8, out),
            Self::Text(v) => v.to_sql(ty, out),
            Self::Bytes(v) => v.to_sql(ty, out),
            Self::Bool(v) => v.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::INT4, Type::TEXT, Type::VARCHAR, Type::BYTEA, Type::BOOL].contains(ty)
    }

    to_sql_checked!();
}

pub(crate) fn exec(c: &mut dyn Speak, sql: &str, binds: &[Value]) -> Result<u64, DbError> {
    c.run(sql, binds)
}

pub(crate) fn query(
    c: &mut dyn Speak,
    sql: &str,
    binds: &[Value],
    each: &mut dyn FnMut(&Row<'_>) -> bool,
) -> Result<(), DbError> {
    let rows = c.ask(sql, binds)?;
    let Some(first) = rows.first() else { return Ok(()) };
    let names: Vec<String> = first.columns().iter().map(|c| c.name().to_owned()).collect();
    for row in &rows {
        let mut values = Vec::with_capacity(names.len());
        for (i, column) in row.columns().iter().enumerate() {
            values.push(value(row, i, column.type_(), column.name())?);
        }
        if !each(&Row { names: &names, values }) {
            break;
        }
    }
    Ok(())
}

fn value(row: &postgres::Row, i: usize, ty: &Type, name: &str) -> Result<Value, DbError> {
    Ok(match *ty {
        Type::INT8 => row.try_get::<_, Option<i64>>(i)?.map_or(Value::Null, Value::Int),
        Type::INT4 => {
            row.try_get::<_, Option<i32>>(i)?.map_or(Value::Null, |v| Value::Int(v.into()))
        }
        Type::TEXT | Type::VARCHAR | Type::NAME => {
            row.try_get::<_, Option<String>>(i)?.map_or(Value::Null, Value::Text)
        }
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(i)?.map_or(Value::Null, Value::Bytes),
        Type::BOOL => row.try_get::<_, Option<bool>>(i)?.map_or(Value::Null, Value::Bool),
        _ => return Err(DbError::shape(format!("column {name} is {ty}, not one of our kinds"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_another_machine_has_to_show_who_it_is() {
        for (url, verified, mode) in [
            ("postgres://o@127.0.0.1/office", false, SslMode::Prefer),
            ("postgres://o@localhost/office", false, SslMode::Prefer),
            ("postgres://o@[::1]/office", false, SslMode::Prefer),
            ("postgres://o@%2Fvar%2Frun/office", false, SslMode::Prefer),
            ("postgres://o@db.example.org/office", true, SslMode::Require),
            ("postgres://o@10.0.0.7/office?connect_timeout=3", true, SslMode::Require),
            ("postgres://o@db.example.org/office?sslmode=require", false, SslMode::Require),
            ("postgres://o@db.example.org/office?sslmode=disable", false, SslMode::Disable),
            ("postgres://o@localhost/office?sslmode=verify-full", true, SslMode::Require),
        ] {
            let (config, tls) = settings(url).unwrap();
            assert_eq!((tls.verify, config.get_ssl_mode()), (verified, mode), "{url}");
        }
    }
}
