//! PostgreSQL, and what speaks its protocol.
//!
//! The session lives on a thread of its own: a server that falls silent then costs a thread, not
//! the search, and the next rows are fetched while the last ones are judged.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod, SslVerifyMode};
use postgres::config::SslMode;
use postgres::types::{ToSql, Type};
use postgres::{Client, Config, IsolationLevel, NoTls, Transaction};
use postgres_openssl::MakeTlsConnector;

use super::catalogue::{self, Questions};
use super::dialect::{Bind, Compare, Dialect, Row, Statement, Writer, bind_one};
use super::postgres_fault::fault;
use super::{About, Engine, ca_file, password, silent};
use crate::map::{DataMap, Tls};
use crate::schema::{Class, LiveField, Schema};
use crate::{Fault, FaultKind, Limits};

/// Most rows fetched at once.
const MOST_ROWS: usize = 500;
/// About how many bytes are fetched at once, after the first rows have shown their size.
const FETCH_BYTES: usize = 1 << 20;
/// Rows of the first fetch.
const FIRST_ROWS: usize = 50;

pub(super) struct Postgres {
    tell: Sender<Order>,
    dialect: Pg,
    place: String,
    /// Longest wait for the thread: the server's own limit should come first.
    patience: Duration,
    /// The server fell silent once: the thread still waits for it and takes no orders.
    lost: bool,
}

struct Pg {
    schema: String,
    unicode: bool,
}

/// What the session is told to do. Each answer goes to its own channel.
enum Order {
    Begin(SyncSender<Result<(), Fault>>),
    Ask { place: String, statement: Statement, rows: SyncSender<Result<Vec<Row>, Fault>> },
    End,
}

impl Dialect for Pg {
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn table(&self, name: &str) -> String {
        format!("{}.{}", self.quote(&self.schema), self.quote(name))
    }

    fn mark(&self, n: usize) -> String {
        format!("${n}")
    }

    fn read(&self, field: &LiveField) -> String {
        let column = self.quote(&field.name);
        match field.class() {
            Class::Binary => {
                format!("'(binary, ' || octet_length({column}) || ' bytes)'")
            }
            _ => format!("{column}::text"),
        }
    }

    fn text(&self, column: &str, field: &LiveField) -> String {
        match field.class() {
            Class::Text if field.sql_type == "text" => column.to_owned(),
            _ => self.cast(column),
        }
    }

    fn number(&self, expr: &str) -> String {
        format!("({expr})::text")
    }

    fn like_any(&self, w: &mut Writer<'_>, expr: &str, patterns: &[String]) -> String {
        // One pattern after the other would work out `expr` for each. ANY knows only the
        // backslash as escape.
        let patterns = patterns.iter().map(|p| p.replace('\\', "\\\\").replace("!!", "\u{0}"));
        let patterns = patterns.map(|p| p.replace('!', "\\").replace('\u{0}', "!")).collect();
        let mark = w.bind(Bind::Texts(patterns));
        format!("{expr} LIKE ANY({mark})")
    }

    fn strip(&self, expr: &str, signs: &str) -> String {
        format!("translate({expr}, '{signs}', '')")
    }

    fn unicode(&self) -> bool {
        self.unicode
    }

    fn among(
        &self,
        w: &mut Writer<'_>,
        column: &str,
        compare: &Compare,
        values: &[String],
    ) -> String {
        let fits = |v: &&String| bind_one(compare, v).is_some();
        let values: Vec<String> = values.iter().filter(fits).cloned().collect();
        if values.is_empty() {
            return "1 = 0".to_owned();
        }
        let mark = w.bind(Bind::Texts(values));
        match compare {
            Compare::Text => format!("{column} = ANY({mark})"),
            Compare::Integer => format!("{column} = ANY({mark}::bigint[])"),
            Compare::Same(sql_type) => format!("{column} = ANY({mark}::{sql_type}[])"),
            Compare::AsText => format!("{column}::text = ANY({mark})"),
        }
    }

    fn tuples(
        &self,
        w: &mut Writer<'_>,
        columns: &[(String, Compare)],
        tuples: &[Vec<String>],
    ) -> String {
        let fit = |t: &&Vec<String>| {
            t.iter().zip(columns).all(|(v, (_, compare))| bind_one(compare, v).is_some())
        };
        let tuples: Vec<&Vec<String>> = tuples.iter().filter(fit).collect();
        if tuples.is_empty() {
            return "1 = 0".to_owned();
        }
        let (mut left, mut right) = (Vec::new(), Vec::new());
        for (nth, (column, compare)) in columns.iter().enumerate() {
            let values = tuples.iter().filter_map(|t| t.get(nth).cloned()).collect();
            let mark = w.bind(Bind::Texts(values));
            left.push(self.column_for(column, compare));
            right.push(match compare {
                Compare::Integer => format!("{mark}::bigint[]"),
                Compare::Same(sql_type) => format!("{mark}::{sql_type}[]"),
                Compare::Text | Compare::AsText => mark,
            });
        }
        format!("({}) IN (SELECT * FROM unnest({}))", left.join(", "), right.join(", "))
    }

    fn cast(&self, column: &str) -> String {
        format!("{column}::text")
    }

    fn padded(&self, expr: &str) -> String {
        format!("{expr} ~ '^[^0-9]*0'")
    }
}

impl Postgres {
    /// Log in to the server of the map.
    pub fn open(map: &DataMap, base: &Path, limits: &Limits) -> Result<Self, Fault> {
        let place = map.holding.clone();
        let source = &map.source;
        let mut config = Config::new();
        config
            .host(source.host.as_deref().unwrap_or_default())
            .port(source.port.unwrap_or(5432))
            .dbname(source.database.as_deref().unwrap_or_default())
            .user(source.user.as_deref().unwrap_or_default())
            .connect_timeout(limits.connect)
            .application_name("candour");
        if let Some(password) = password(&map.holding, source, base)? {
            config.password(password);
        }
        let tls = source.tls();
        let tls = Security { tls, ca: ca_file(&map.holding, source, base)? };
        let (tell, orders) = channel();
        let (ready, opened) = sync_channel(1);
        let (limits_there, place_there) = (limits.clone(), place.clone());
        thread::spawn(move || {
            match log_in(config, &tls, &limits_there, &place_there) {
                Ok((client, unicode)) => {
                    let _ = ready.send(Ok(unicode)); // Nobody waits any more: no orders follow.
                    serve(client, &orders, &place_there);
                }
                Err(fault) => drop(ready.send(Err(fault))),
            }
        });
        // A name may stand for several addresses, each with its own time limit.
        let patience = limits.connect.saturating_mul(2);
        let unicode = opened.recv_timeout(patience).map_err(|_| silent(&place))??;
        let schema = source.schema.clone().unwrap_or_else(|| "public".to_owned());
        let patience = limits.statement.saturating_add(limits.connect);
        let dialect = Pg { schema, unicode };
        Ok(Self { tell, dialect, place, patience, lost: false })
    }

    /// Give an order.
    fn order(&mut self, order: Order) -> Result<(), Fault> {
        let sent = if self.lost { None } else { self.tell.send(order).ok() };
        sent.ok_or_else(|| silent(&self.place))
    }

    /// The server fell silent.
    fn lose(&mut self) -> Fault {
        self.lost = true;
        silent(&self.place)
    }

    /// Ask for a small answer, all at once.
    fn all(&mut self, sql: &str, values: &[&str]) -> Result<Vec<Row>, Fault> {
        let binds = values.iter().map(|v| Bind::Text((*v).to_owned())).collect();
        let statement = Statement { sql: sql.to_owned(), binds };
        let mut rows = Vec::new();
        let place = self.place.clone();
        self.stream(&place, &statement, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }
}

impl Engine for Postgres {
    fn dialect(&self) -> &dyn Dialect {
        &self.dialect
    }

    fn begin(&mut self) -> Result<(), Fault> {
        let (done, begun) = sync_channel(1);
        self.order(Order::Begin(done))?;
        begun.recv_timeout(self.patience).map_err(|_| self.lose())?
    }

    fn end(&mut self) {
        let _ = self.order(Order::End); // If the session is gone, so is its transaction.
    }

    fn stream(
        &mut self,
        place: &str,
        statement: &Statement,
        each: &mut dyn FnMut(Row) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (rows, answer) = sync_channel(1);
        let (place, statement) = (place.to_owned(), statement.clone());
        self.order(Order::Ask { place, statement, rows })?;
        loop {
            match answer.recv_timeout(self.patience) {
                Ok(chunk) => chunk?.into_iter().try_for_each(&mut *each)?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => return Err(self.lose()),
            }
        }
    }

    fn schema(&mut self, references: bool) -> Result<Schema, Fault> {
        let schema = self.dialect.schema.clone();
        catalogue::read(&CATALOGUE, references, &mut |sql| self.all(sql, &[&schema]))
    }

    fn about(&mut self) -> Result<About, Fault> {
        let rows = self.all(
            "SELECT current_setting('server_version'), \
             coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false)::text, \
             coalesce((SELECT bool_or(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE')) \
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
              WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')), false)::text",
            &[&self.dialect.schema.clone()],
        )?;
        let at = |i: usize| rows.first().and_then(|r| r.get(i)?.as_deref()).unwrap_or("");
        let version = at(0).split(' ').next().unwrap_or("");
        let server = format!("PostgreSQL {version}");
        Ok(About { server, encrypted: at(1) == "true", can_write: at(2) == "true" })
    }
}

struct Security {
    tls: Tls,
    ca: Option<PathBuf>,
}

/// Connect and set up the session: read only, its own limits, one way to write dates.
fn log_in(
    mut config: Config,
    security: &Security,
    limits: &Limits,
    place: &str,
) -> Result<(Client, bool), Fault> {
    let fail = |e: &postgres::Error| fault(place, e);
    let mut client = if security.tls == Tls::Disable {
        config.ssl_mode(SslMode::Disable).connect(NoTls).map_err(|e| fail(&e))?
    } else {
        let mode = if security.tls == Tls::Prefer { SslMode::Prefer } else { SslMode::Require };
        let connector = connector(security).ok_or_else(|| {
            let what = "the certificate file cannot be used";
            Fault::new(FaultKind::Map, place, what, "Name a PEM file with certificates.")
        })?;
        config.ssl_mode(mode).connect(connector).map_err(|e| fail(&e))?
    };
    let settings = format!(
        "SET default_transaction_read_only = on; SET statement_timeout = {}; \
         SET lock_timeout = {}; SET TimeZone = 'UTC'; SET DateStyle = 'ISO, YMD'; \
         SET standard_conforming_strings = on",
        limits.statement.as_millis(),
        limits.lock.as_millis(),
    );
    client.batch_execute(&settings).map_err(|e| fail(&e))?;
    // Compiling a statement costs more than reading one table; unknown to some engines.
    let _ = client.batch_execute("SET jit = off");
    let row = client.query_one("SELECT current_setting('server_encoding')", &[]);
    let encoding: String = row.and_then(|row| row.try_get(0)).map_err(|e| fail(&e))?;
    Ok((client, encoding == "UTF8"))
}

fn connector(security: &Security) -> Option<MakeTlsConnector> {
    let mut builder = SslConnector::builder(SslMethod::tls_client()).ok()?;
    let verify = security.tls == Tls::VerifyFull;
    if verify {
        match &security.ca {
            Some(file) => builder.set_ca_file(file).ok()?,
            None => system_list(&mut builder)?,
        }
    } else {
        builder.set_verify(SslVerifyMode::NONE);
    }
    let mut connector = MakeTlsConnector::new(builder.build());
    connector.set_callback(move |config, _| {
        config.set_verify_hostname(verify);
        Ok(())
    });
    Some(connector)
}

/// The system's own list of authorities; our OpenSSL does not know where it is.
fn system_list(builder: &mut openssl::ssl::SslConnectorBuilder) -> Option<()> {
    let found = openssl_probe::probe();
    let dir = found.cert_dir.first().map(PathBuf::as_path);
    builder.load_verify_locations(found.cert_file.as_deref(), dir).ok()
}

/// Carry out orders until the other side is gone.
fn serve(mut client: Client, orders: &Receiver<Order>, place: &str) {
    while let Ok(order) = orders.recv() {
        let Order::Begin(done) = order else { continue };
        let begun = client
            .build_transaction()
            .read_only(true)
            .isolation_level(IsolationLevel::RepeatableRead)
            .start();
        match begun {
            Ok(transaction) => {
                let _ = done.send(Ok(())); // If nobody listens, no orders follow either.
                reading(transaction, orders);
            }
            Err(error) => drop(done.send(Err(fault(place, &error)))),
        }
    }
}

/// Answer until the reading ends. The transaction rolls back when dropped.
fn reading(mut transaction: Transaction<'_>, orders: &Receiver<Order>) {
    while let Ok(Order::Ask { place, statement, rows }) = orders.recv() {
        if let Err(error) = ask(&mut transaction, &statement, &rows) {
            let _ = rows.send(Err(fault(&place, &error))); // The asker may have gone.
        }
    }
}

fn ask(
    transaction: &mut Transaction<'_>,
    statement: &Statement,
    rows: &SyncSender<Result<Vec<Row>, Fault>>,
) -> Result<(), postgres::Error> {
    let type_of = |b: &Bind| match b {
        Bind::Text(_) => Type::TEXT,
        Bind::Int(_) => Type::INT8,
        Bind::Texts(_) => Type::TEXT_ARRAY,
    };
    let types: Vec<Type> = statement.binds.iter().map(type_of).collect();
    let prepared = transaction.prepare_typed(&statement.sql, &types)?;
    let value = |b: &Bind| -> Box<dyn ToSql + Sync> {
        match b {
            Bind::Text(text) => Box::new(text.clone()),
            Bind::Int(int) => Box::new(*int),
            Bind::Texts(texts) => Box::new(texts.clone()),
        }
    };
    let values: Vec<Box<dyn ToSql + Sync>> = statement.binds.iter().map(value).collect();
    let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(AsRef::as_ref).collect();
    let portal = transaction.bind(&prepared, &values)?;
    let mut next = FIRST_ROWS;
    loop {
        let fetched = transaction.query_portal(&portal, i32::try_from(next).unwrap_or(1))?;
        let (count, mut bytes) = (fetched.len(), 0);
        let mut chunk = Vec::with_capacity(count);
        for row in fetched {
            let row: Row = (0..row.len()).map(|i| row.try_get(i)).collect::<Result<_, _>>()?;
            bytes += row.iter().flatten().map(String::len).sum::<usize>();
            chunk.push(row);
        }
        if rows.send(Ok(chunk)).is_err() || count < next {
            return Ok(()); // Nobody listens any more, or this was the end.
        }
        next = (FETCH_BYTES / (bytes / count.max(1)).max(1)).clamp(1, MOST_ROWS);
    }
}

/// What the catalogue of PostgreSQL is asked; each takes the schema's name.
const CATALOGUE: Questions = Questions {
    tables: "SELECT c.relname::text, (c.relkind IN ('v', 'm'))::text, \
        CASE WHEN c.reltuples >= 0 THEN c.reltuples::bigint::text END \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition \
        ORDER BY c.relname",
    columns: "SELECT c.relname::text, a.attname::text, \
        pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull::text \
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid \
        WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition \
        AND a.attnum > 0 AND NOT a.attisdropped ORDER BY c.relname, a.attnum",
    indexes: "SELECT c.relname::text, i.indexrelid::text, i.indisprimary::text, \
        (i.indisunique AND i.indpred IS NULL)::text, coalesce(a.attname::text, '') \
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, place) \
        LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum \
        AND k.attnum > 0 \
        WHERE n.nspname = $1 AND i.indisvalid AND k.place <= i.indnkeyatts \
        ORDER BY c.relname, i.indexrelid, k.place",
    references: "SELECT c.relname::text, o.oid::text, t.relname::text, \
        a.attname::text, b.attname::text \
        FROM pg_catalog.pg_constraint o JOIN pg_catalog.pg_class c ON c.oid = o.conrelid \
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        JOIN pg_catalog.pg_class t ON t.oid = o.confrelid \
        CROSS JOIN LATERAL unnest(o.conkey, o.confkey) WITH ORDINALITY k(mine, other, place) \
        JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.mine \
        JOIN pg_catalog.pg_attribute b ON b.attrelid = t.oid AND b.attnum = k.other \
        WHERE n.nspname = $1 AND o.contype = 'f' AND NOT c.relispartition \
        ORDER BY c.relname, o.oid, k.place",
};
