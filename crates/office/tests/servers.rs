//! The same request against the same rows in SQLite, PostgreSQL and MariaDB, with the office itself
//! on SQLite and on PostgreSQL: the answers are the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use common::{Kept, Office, both};
use mysql::prelude::Queryable as _;

const CLUB: &[&str] = &[
    "CREATE TABLE persons (id INTEGER PRIMARY KEY, email VARCHAR(80), first_name VARCHAR(40),
                           last_name VARCHAR(40), phone VARCHAR(30))",
    "CREATE TABLE letters (id INTEGER PRIMARY KEY, person_id INTEGER, body VARCHAR(200),
                           FOREIGN KEY (person_id) REFERENCES persons (id))",
    "INSERT INTO persons VALUES (1, 'Amara@Example.org', 'Amara', 'Quill', '+447700900042')",
    "INSERT INTO persons VALUES (2, 'bram@example.org', 'Bram', 'Novak', '+447700900043')",
    "INSERT INTO letters VALUES (1, 1, 'about the membership')",
    "INSERT INTO letters VALUES (2, 1, 'about the choir and bram@example.org')",
    "INSERT INTO letters VALUES (3, 2, 'about something else')",
];

/// User, password, host, port of a server's URL.
fn parts(url: &str) -> [String; 4] {
    let (user, rest) = url.split_once("://").unwrap().1.split_once('@').unwrap();
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let at = rest.split('/').next().unwrap();
    let (host, port) = at.split_once(':').unwrap();
    [user, password, host, port].map(str::to_owned)
}

fn add(office: &Office, short: &str, kind: &str, url: &str, database: &str) {
    let [user, password, host, port] = parts(url);
    let secret = format!("{short}.secret");
    std::fs::write(office.path(&secret), password).unwrap();
    office.ok(&[
        "holding",
        "add",
        short,
        "--title",
        short,
        "--kind",
        kind,
        "--host",
        &host,
        "--port",
        &port,
        "--name",
        database,
        "--user",
        &user,
        "--password-file",
        &secret,
        "--tls",
        "prefer",
    ]);
    office.ok(&["holding", "scan", short]);
    office.decide_map(short);
}

fn sqlite(office: &Office) {
    let there = rusqlite::Connection::open(office.path("twin.db")).unwrap();
    CLUB.iter().for_each(|line| there.execute_batch(line).unwrap());
    office.ok(&[
        "holding", "add", "twin-s", "--title", "twin-s", "--kind", "sqlite", "--path", "twin.db",
    ]);
    office.ok(&["holding", "scan", "twin-s"]);
    office.decide_map("twin-s");
}

fn postgresql(office: &Office) -> String {
    let (server, url) = common::fresh_database();
    let mut there = postgres::Client::connect(&url, postgres::NoTls).unwrap();
    CLUB.iter().for_each(|line| there.batch_execute(line).unwrap());
    let name = url.rsplit('/').next().unwrap().to_owned();
    add(office, "twin-p", "postgres", &server, &name);
    name
}

fn mariadb(office: &Office) -> (mysql::Conn, String) {
    let url = std::env::var("CANDOUR_TEST_MYSQL")
        .expect("no test server: run the tests through `cargo xtask test`");
    let [user, password, host, port] = parts(&url);
    let options = mysql::OptsBuilder::new()
        .ip_or_hostname(Some(host))
        .tcp_port(port.parse().unwrap())
        .prefer_socket(false)
        .user(Some(user))
        .pass(Some(password));
    let mut there = mysql::Conn::new(options).unwrap();
    let name = format!("office_{}", uuid::Uuid::new_v4().simple());
    there.query_drop(format!("CREATE DATABASE {name}")).unwrap();
    there.query_drop(format!("USE {name}")).unwrap();
    CLUB.iter().for_each(|line| there.query_drop(line).unwrap());
    add(office, "twin-m", "mysql", &url, &name);
    (there, name)
}

#[test]
fn the_same_request_gives_the_same_answer_from_every_server() {
    for kept in both() {
        let office = Office::new(kept, 0);
        sqlite(&office);
        let mut twins = vec!["twin-s"];
        let mut mine = None;
        let mut made = None;
        if both().contains(&Kept::Postgres) {
            made = Some(postgresql(&office));
            mine = Some(mariadb(&office));
            twins.extend(["twin-p", "twin-m"]);
        }
        let reference = office.ask();
        let found = office.json(&["request", "find", &reference]);
        assert_eq!((found["failed"].as_u64(), found["in_part"].as_u64()), (Some(0), Some(0)));
        let items = office.json(&["request", "review", &reference, "--all"]);
        let told = |twin: &str| -> Vec<String> {
            let its = items.as_array().unwrap().iter().filter(|i| i["holding"] == twin);
            let mut told: Vec<String> =
                its.map(|i| format!("{} {} {}", i["title"], i["decision"], i["why"])).collect();
            told.sort();
            told
        };
        let first = told("twin-s");
        assert_eq!(first.len(), 3, "{kept:?}: a person and two letters: {first:?}");
        assert!(first.iter().any(|t| t.contains("open")), "one letter is about somebody else");
        for twin in twins {
            assert_eq!(told(twin), first, "{kept:?}: {twin}");
        }
        office.verify_ledger();
        drop(office);
        if let Some((mut there, name)) = mine {
            there.query_drop(format!("DROP DATABASE {name}")).unwrap();
        }
        if let Some(name) = made {
            let server = std::env::var("CANDOUR_TEST_POSTGRES").unwrap();
            let mut there = postgres::Client::connect(&server, postgres::NoTls).unwrap();
            there.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
        }
    }
}
