//! A holding of its own for each test: the same tables and rows in SQLite, PostgreSQL, MySQL.
//!
//! The servers' addresses come from the environment; `cargo xtask test` starts them and says where
//! they are.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests only")]

use std::cell::Cell;
use std::path::Path;

use candour_connectors::{
    Connector, DataMap, Fault, Found, HoldingKind, Identifier, Kind, Limits, Searched, Seek, Sink,
    open,
};
use candour_screening::normalise;
use jiff::Timestamp;
use mysql::prelude::Queryable;
use tempfile::TempDir;

/// The moment at which every test takes place.
pub const NOW: &str = "2026-11-22T12:00:00Z";

/// Where a server is, from an address as in `postgres://user:pass@127.0.0.1:5432/db`.
#[derive(Debug, Clone)]
pub struct Server {
    pub user: String,
    pub password: String,
    pub host: String,
    pub port: u16,
    pub database: String,
}

/// The server named by an environment variable; `None` only if servers are to be skipped.
fn server(variable: &str) -> Option<Server> {
    let Ok(url) = std::env::var(variable) else {
        let skip = std::env::var("CANDOUR_SKIP_SERVERS").is_ok_and(|v| v == "1");
        assert!(skip, "{variable} is not set: run through cargo xtask test");
        return None;
    };
    let parse = |url: &str| {
        let (_, rest) = url.split_once("://")?;
        let (account, place) = rest.rsplit_once('@')?;
        let (user, password) = account.split_once(':')?;
        let (host, database) = place.split_once('/')?;
        let (host, port) = host.split_once(':')?;
        Some(Server {
            user: user.to_owned(),
            password: password.to_owned(),
            host: host.to_owned(),
            port: port.parse().ok()?,
            database: database.split('?').next()?.to_owned(),
        })
    };
    Some(parse(&url).unwrap_or_else(|| panic!("{variable} is no scheme://user:pass@host:port/db")))
}

pub fn postgres() -> Option<Server> {
    server("CANDOUR_TEST_POSTGRES")
}

pub fn mysql() -> Option<Server> {
    server("CANDOUR_TEST_MYSQL")
}

/// A database that is there for one test.
pub struct House {
    pub kind: HoldingKind,
    pub dir: TempDir,
    server: Option<Server>,
    database: String,
}

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// The houses to test: SQLite always, the servers unless they are to be skipped.
pub fn houses() -> Vec<House> {
    let mut houses = vec![House::sqlite()];
    houses.extend(postgres().map(|s| House::on(HoldingKind::Postgres, s)));
    houses.extend(mysql().map(|s| House::on(HoldingKind::Mysql, s)));
    houses
}

/// The house on PostgreSQL, unless servers are to be skipped.
pub fn pg_house() -> Option<House> {
    postgres().map(|s| House::on(HoldingKind::Postgres, s))
}

/// The house on MySQL, unless servers are to be skipped.
pub fn mysql_house() -> Option<House> {
    mysql().map(|s| House::on(HoldingKind::Mysql, s))
}

impl House {
    pub fn sqlite() -> Self {
        let dir = TempDir::new().expect("a temporary folder");
        let database = "club.db".to_owned();
        Self { kind: HoldingKind::Sqlite, dir, server: None, database }
    }

    fn on(kind: HoldingKind, server: Server) -> Self {
        let nth = COUNT.get();
        COUNT.set(nth + 1);
        let thread = format!("{:?}", std::thread::current().id());
        let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
        let database = format!("candour_{}_{thread}_{nth}", std::process::id());
        let dir = TempDir::new().expect("a temporary folder");
        std::fs::write(dir.path().join("secret"), format!("{}\n", server.password))
            .expect("a password file");
        let house = Self { kind, dir, server: Some(server), database };
        house.admin(&format!("CREATE DATABASE {}", house.database));
        house
    }

    /// Run statements as administrator of the server.
    pub fn admin(&self, sql: &str) {
        let Some(s) = &self.server else { return };
        run(self.kind, s, &s.database, sql);
    }

    /// Run statements in the database. `{blob}`, `{bytes}`, `{serial}` become the engine's words.
    pub fn sql(&self, sql: &str) {
        let (blob, bytes) = match self.kind {
            HoldingKind::Postgres => ("bytea", "'\\x010203'"),
            _ => ("blob", "x'010203'"),
        };
        let sql = sql.replace("{blob}", blob).replace("{bytes}", bytes);
        match &self.server {
            None => self.file().execute_batch(&sql).expect("good statements"),
            Some(server) => run(self.kind, server, &self.database, &sql),
        }
    }

    /// The SQLite file, open for writing.
    pub fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.dir.path().join(&self.database)).expect("a database file")
    }

    /// A session of PostgreSQL that may write.
    pub fn pg(&self) -> postgres::Client {
        let server = self.server.as_ref().expect("a server");
        pg_client(server, &self.database)
    }

    /// Make an account that may read only this table; its name and an empty map.
    pub fn reader(&self, table: &str) -> (String, DataMap) {
        let user = format!("{}_r", self.database);
        std::fs::write(self.path().join("secret"), "only reads\n").expect("a password file");
        if self.kind == HoldingKind::Postgres {
            self.sql(&format!("CREATE ROLE {user} LOGIN PASSWORD 'only reads'"));
            self.sql(&format!("GRANT SELECT ON {table} TO {user}"));
        } else {
            self.sql(&format!("CREATE USER {user} IDENTIFIED BY 'only reads'"));
            self.sql(&format!("GRANT SELECT ON {}.{table} TO {user}", self.database));
        }
        (user, self.map(""))
    }

    /// Take the account away again.
    pub fn drop_reader(&self, user: &str) {
        if self.kind == HoldingKind::Postgres {
            self.sql(&format!("DROP OWNED BY {user}"));
            self.sql(&format!("DROP ROLE {user}"));
        } else {
            self.sql(&format!("DROP USER {user}"));
        }
    }

    /// The head of a data map for this house.
    pub fn head(&self) -> String {
        let kind = match self.kind {
            HoldingKind::Sqlite => "sqlite",
            HoldingKind::Postgres => "postgres",
            _ => "mysql",
        };
        let source = match &self.server {
            None => format!("path = \"{}\"\n", self.database),
            Some(s) => format!(
                "host = \"{}\"\nport = {}\ndatabase = \"{}\"\nuser = \"{}\"\n\
                 password_file = \"secret\"\n",
                s.host, s.port, self.database, s.user
            ),
        };
        format!("holding = \"club\"\ntitle = \"Club\"\nkind = \"{kind}\"\n[source]\n{source}")
    }

    /// A data map for this house, from its collections in TOML.
    pub fn map(&self, collections: &str) -> DataMap {
        let text = format!("{}\n{collections}", self.head());
        DataMap::from_toml(&text, "club.toml").expect("a good map")
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn open(&self, map: &DataMap) -> Box<dyn Connector> {
        open(map, self.path(), limits()).expect("it opens")
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return; // Leave it to be looked at; the server is a temporary one.
        }
        let force = if self.kind == HoldingKind::Postgres { " WITH (FORCE)" } else { "" };
        self.admin(&format!("DROP DATABASE {}{force}", self.database));
    }
}

fn pg_client(server: &Server, database: &str) -> postgres::Client {
    postgres::Config::new()
        .host(&server.host)
        .port(server.port)
        .user(&server.user)
        .password(&server.password)
        .dbname(database)
        .connect(postgres::NoTls)
        .expect("the PostgreSQL server of the environment")
}

fn run(kind: HoldingKind, server: &Server, database: &str, sql: &str) {
    if kind == HoldingKind::Postgres {
        pg_client(server, database).batch_execute(sql).expect("good statements");
        return;
    }
    let opts = mysql::OptsBuilder::new()
        .ip_or_hostname(Some(&server.host))
        .tcp_port(server.port)
        .user(Some(&server.user))
        .pass(Some(&server.password))
        .db_name(Some(database))
        .prefer_socket(false);
    let mut conn = mysql::Conn::new(opts).expect("the MySQL server of the environment");
    for statement in sql.split(";\n").filter(|s| !s.trim().is_empty()) {
        conn.query_drop(statement).expect("a good statement");
    }
}

pub fn limits() -> Limits {
    Limits::at(NOW.parse::<Timestamp>().expect("a time"))
}

/// Somebody sought by these identifiers.
pub fn seek(identifiers: &[(Kind, &str)]) -> Seek {
    let identifier = |(kind, raw): &(Kind, &str)| Identifier {
        kind: *kind,
        normal: normalise(*kind, raw).expect("a good identifier"),
        as_given: (*raw).to_owned(),
        learned_from: None,
    };
    Seek { identifiers: identifiers.iter().map(identifier).collect(), ..Seek::default() }
}

/// Keeps what is found; may refuse after so many.
#[derive(Default)]
pub struct Basket {
    pub found: Vec<Found>,
    pub missed: Vec<Fault>,
    pub progress: Vec<(u64, Option<u64>)>,
    pub full_after: Option<usize>,
}

impl Sink for Basket {
    fn item(&mut self, found: Found) -> Result<(), Fault> {
        if self.full_after == Some(self.found.len()) {
            let kind = candour_connectors::FaultKind::Ours;
            return Err(Fault::new(kind, "spool", "the disk is full", "Make room."));
        }
        self.found.push(found);
        Ok(())
    }

    fn progress(&mut self, done: u64, of: Option<u64>) {
        self.progress.push((done, of));
    }

    fn missed(&mut self, fault: Fault) {
        self.missed.push(fault);
    }
}

impl Basket {
    /// "place locator: strength how; …", in order.
    pub fn told(&self) -> Vec<String> {
        let mut told: Vec<String> = self
            .found
            .iter()
            .map(|f| {
                let because: Vec<String> = f
                    .because
                    .iter()
                    .map(|b| format!("{:?} {}", b.strength, b.how).to_lowercase())
                    .collect();
                format!("{} {}: {}", f.place, f.locator, because.join("; "))
            })
            .collect();
        told.sort();
        told
    }
}

/// Search a house that is expected to answer.
pub fn find(house: &House, map: &DataMap, seek: &Seek) -> (Basket, Searched) {
    let mut basket = Basket::default();
    let searched = house.open(map).find(map, seek, &mut basket).expect("it searches");
    (basket, searched)
}
