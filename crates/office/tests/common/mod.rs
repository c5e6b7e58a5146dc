//! A small office for tests that go through the front door: the command line.

#![allow(dead_code, reason = "each test file uses its own part of the harness")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests only")]

pub mod served;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rusqlite::Connection;
use serde_json::Value;

/// Which database the office itself is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In its data folder.
    Sqlite,
    /// On the server named by `CANDOUR_TEST_POSTGRES`.
    Postgres,
}

/// Both; PostgreSQL is left out only where the environment says so in plain words.
pub fn both() -> Vec<Kept> {
    if std::env::var("CANDOUR_SKIP_SERVERS").is_ok() {
        return vec![Kept::Sqlite];
    }
    vec![Kept::Sqlite, Kept::Postgres]
}

/// An office in a temporary folder, with a club database as its holding.
pub struct Office {
    /// Removed at the end.
    pub dir: tempfile::TempDir,
    url: Option<String>,
    server: Option<String>,
}

const CHARTER: &str = r#"
[organisation]
legal_name = "Test Society"
short = "test"
[contact]
role = "Data protection officer"
email = "privacy@test.example"
post = "1 Test Street, Testing TE1 1ST"
[law]
division = "england-and-wales"
[rights]
own_target_days = 28
"#;

const REGISTER: &str = r#"
[[activity]]
short = "membership"
title = "Running the membership"
purpose = "To know who our members are"
basis = "contract"
people = ["members"]
categories = ["names", "addresses", "messages"]
recipients = ["our printers"]
transfers = "none"
source = "the person"
automated_decisions = "none"
retention = "six years after the membership ends"
holdings = ["club"]
"#;

impl Office {
    /// Founds the office, adds the club database, scans it and takes every decision.
    pub fn new(kept: Kept, messages: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (server, url) = match kept {
            Kept::Sqlite => (None, None),
            Kept::Postgres => {
                let (server, url) = fresh_database();
                (Some(server), Some(url))
            }
        };
        let office = Self { dir, url, server };
        office.ok(&["init"]);
        for (name, text) in [("charter.toml", CHARTER), ("register.toml", REGISTER)] {
            std::fs::write(office.path(name), text).unwrap();
        }
        office.ok(&["charter", "set", office.path("charter.toml").to_str().unwrap()]);
        office.ok(&["register", "set", office.path("register.toml").to_str().unwrap()]);
        club(&office.path("club.db"), messages);
        office.ok(&[
            "holding",
            "add",
            "club",
            "--title",
            "Club database",
            "--kind",
            "sqlite",
            "--path",
            "club.db",
        ]);
        office.ok(&["holding", "scan", "club"]);
        office.decide_map("club");
        office
    }

    /// A path in the data folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file into the data folder; answers its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// A command that takes a file: one with this text.
    pub fn set(&self, command: &[&str], name: &str, text: &str) {
        self.ok(&[command, &[&self.write(name, text)]].concat());
    }

    /// The charter without what it says of contact.
    pub fn plain_charter(&self) -> String {
        self.ok(&["charter", "show"]).split("[permissions]").next().unwrap().to_owned()
    }

    /// Lets the charter say this of contact.
    pub fn set_permissions(&self, permissions: &str) {
        self.set(&["charter", "set"], "charter.toml", &(self.plain_charter() + permissions));
    }

    /// The test server's address and the office's own database on it, if it is kept there.
    pub fn on_server(&self) -> Option<(&str, &str)> {
        Some((self.server.as_deref()?, self.url.as_deref()?))
    }

    /// A command on this office, not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut c = Command::new(env!("CARGO_BIN_EXE_candour"));
        c.args(args).env("CANDOUR_DATA", self.dir.path()).env_remove("CANDOUR_DATABASE");
        if let Some(url) = &self.url {
            c.env("CANDOUR_DATABASE", url);
        }
        c
    }

    /// Runs a command.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must succeed, and answers what it printed.
    pub fn ok(&self, args: &[&str]) -> String {
        let out = self.run(args);
        let err = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "candour {args:?} answered {:?}\n{err}", out.status.code());
        String::from_utf8(out.stdout).unwrap()
    }

    /// Runs a command that must succeed with `--json`.
    pub fn json(&self, args: &[&str]) -> Value {
        let mut all = args.to_vec();
        all.push("--json");
        serde_json::from_str(&self.ok(&all)).unwrap()
    }

    /// Takes the decisions a person would take on a scanned map: links are right, nothing is
    /// unsure, everything serves the membership.
    pub fn decide_map(&self, short: &str) {
        let text = self.ok(&["holding", "map", short]);
        let mut map: toml::Table = text.parse().unwrap();
        for c in map["collection"].as_array_mut().unwrap() {
            let c = c.as_table_mut().unwrap();
            c.remove("unsure");
            if c["holds"].as_str() != Some("none") {
                c.insert("activity".into(), "membership".into());
                c.insert("on_erasure".into(), "delete".into());
            }
            for f in c.get_mut("field").and_then(|f| f.as_array_mut()).into_iter().flatten() {
                f.as_table_mut().unwrap().remove("unsure");
            }
            for l in c.get_mut("link").and_then(|l| l.as_array_mut()).into_iter().flatten() {
                l.as_table_mut().unwrap().insert("confirmed".into(), true.into());
            }
        }
        let file = self.path("map.toml");
        std::fs::write(&file, toml::to_string(&map).unwrap()).unwrap();
        self.ok(&["holding", "map", short, "--set", file.to_str().unwrap()]);
    }

    /// Logs Amara's request and settles who is asking; answers its reference.
    pub fn ask(&self) -> String {
        let reference = self.ok(&[
            "request",
            "open",
            "--name",
            "Amara Quill",
            "--email",
            "Amara@Example.ORG",
            "--via",
            "letter",
        ]);
        let reference = reference.trim().to_owned();
        self.ok(&["request", "settle", &reference, "--how", "known to us"]);
        reference
    }

    /// Exports the ledger and has the separate verifier check it.
    pub fn verify_ledger(&self) {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("bundle");
        self.ok(&["ledger", "export", "--out", to.to_str().unwrap()]);
        let vkeys = candour_ledger::bundle_keys(&to).unwrap();
        candour_ledger::verify_bundle(&to, &vkeys, None).unwrap();
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let (Some(server), Some(url)) = (&self.server, &self.url) {
            let name = url.rsplit('/').next().unwrap_or_default();
            if let Ok(mut c) = postgres::Client::connect(server, postgres::NoTls) {
                let _ = c.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            }
        }
    }
}

/// A fresh database on the test server: its server's URL and its own.
pub fn fresh_database() -> (String, String) {
    let server = std::env::var("CANDOUR_TEST_POSTGRES")
        .expect("no test server: run the tests through `cargo xtask test`");
    let name = format!("office_{}", uuid::Uuid::new_v4().simple());
    let mut c = postgres::Client::connect(&server, postgres::NoTls).unwrap();
    c.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    (server.clone(), format!("{base}/{name}"))
}

/// A club database: 300 members, their addresses, and `messages` messages of Amara's.
pub fn club(path: &Path, messages: u32) {
    let mut c = Connection::open(path).unwrap();
    let tx = c.transaction().unwrap();
    tx.execute_batch(
        "CREATE TABLE members (id INTEGER PRIMARY KEY, email TEXT, first_name TEXT, last_name TEXT,
                               phone TEXT, joined TEXT);
         CREATE TABLE addresses (id INTEGER PRIMARY KEY, member_id INTEGER, line1 TEXT, postcode TEXT);
         CREATE TABLE messages (id INTEGER PRIMARY KEY, member_id INTEGER, sent TEXT, body TEXT);",
    )
    .unwrap();
    for i in 1..=300 {
        let (email, first, last) = match i {
            42 => ("amara@example.org".to_owned(), "Amara", "Quill"),
            _ => (format!("member{i}@example.org"), "Bram", "Tarn"),
        };
        tx.execute(
            "INSERT INTO members VALUES (?1, ?2, ?3, ?4, ?5, '2019-04-01')",
            (
                i,
                email,
                first,
                format!("{last}{}", if i == 42 { String::new() } else { i.to_string() }),
                format!("+4477009{i:05}"),
            ),
        )
        .unwrap();
        tx.execute(
            "INSERT INTO addresses VALUES (?1, ?1, ?2, 'TE1 1ST')",
            (i, format!("{i} High Street")),
        )
        .unwrap();
        tx.execute("INSERT INTO messages VALUES (?1, ?1, '2024-01-01', 'hello there')", (i,))
            .unwrap();
    }
    for n in 0..messages {
        let body = format!("message number {n} about the membership");
        tx.execute("INSERT INTO messages VALUES (?1, 42, '2025-01-01', ?2)", (1000 + n, body))
            .unwrap();
    }
    tx.commit().unwrap();
}

/// The office served, until dropped.
pub struct Served {
    child: std::process::Child,
    /// Address and port.
    pub at: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    /// Serves it on a free port.
    pub fn new(office: &Office) -> Self {
        Self::with(office, &[])
    }

    /// The same, with more in its environment.
    pub fn with(office: &Office, env: &[(&str, &str)]) -> Self {
        use std::io::{BufRead as _, BufReader};
        let mut child = office
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .envs(env.iter().copied())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let at = lines
            .find_map(|l| {
                let l = l.unwrap();
                let (_, rest) = l.split_once("http://")?;
                Some(rest.split('/').next()?.to_owned())
            })
            .expect("the office said where it is");
        // Read on, or the server would wait for somebody who listens.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, at }
    }

    /// One request; answers status and body.
    pub fn call(
        &self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
    ) -> (u16, serde_json::Value) {
        use std::io::{Read as _, Write as _};
        let mut line = std::net::TcpStream::connect(&self.at).unwrap();
        let length = body.len();
        write!(
            line,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}",
            self.at
        )
        .unwrap();
        let mut text = String::new();
        line.read_to_string(&mut text).unwrap();
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        let body = text.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap_or_default())
    }
}
