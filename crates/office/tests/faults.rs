//! Every fault of a holding, through `request find`, with a healthy holding beside it: the healthy
//! one is searched, the case names holding, place and remedy, the pack is not complete, the search
//! can be taken up again, and nothing personal stands in a message.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use std::io::Write as _;
use std::path::Path;

use common::{Kept, Office, both};
use serde_json::Value;

/// Words of people in the holdings: none of them may stand in a message.
const PERSONAL: [&str; 5] = ["amara", "quill", "zebediah", "farthing", "secret"];

/// One way for a holding to go wrong.
struct Case {
    name: &'static str,
    kind: &'static str,
    /// File or folder in the data folder.
    path: &'static str,
    make: fn(&Path),
    spoil: fn(&Path),
    /// Words that its trouble has: the place, what is wrong, what to do. None: all could be read.
    told: &'static [&'static str],
    /// The whole holding gave trouble, not a part.
    failed: bool,
}

fn sqlite(path: &Path, text: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(text).unwrap();
}

fn people(path: &Path) {
    sqlite(
        path,
        "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
         INSERT INTO people VALUES (1, 'amara@example.org', 'Amara Quill'),
                                   (2, 'zebediah@example.org', 'Zebediah Farthing');
         CREATE TABLE remarks (id INTEGER PRIMARY KEY, email TEXT, remark TEXT);
         INSERT INTO remarks VALUES (1, 'amara@example.org', 'sings');",
    );
}

fn workbook(path: &Path) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, (email, name)) in (0..).zip([
        ("email", "name"),
        ("amara@example.org", "Amara Quill"),
        ("z@example.org", "Zed"),
    ]) {
        sheet.write_string(row, 0, email).unwrap();
        sheet.write_string(row, 1, name).unwrap();
    }
    book.save(path).unwrap();
}

/// A workbook whose sheet unpacks to far more than it is.
fn bomb(path: &Path) {
    workbook(path);
    let mut old = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut new = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for i in 0..old.len() {
        let mut file = old.by_index(i).unwrap();
        let name = file.name().unwrap().into_owned();
        new.start_file(name.clone(), zip::write::SimpleFileOptions::default()).unwrap();
        if name.ends_with("sheet1.xml") {
            let zeros = vec![b' '; 1 << 20];
            (0..400).for_each(|_| new.write_all(&zeros).unwrap());
        } else {
            std::io::copy(&mut file, &mut new).unwrap();
        }
    }
    let bytes = new.finish().unwrap().into_inner();
    std::fs::write(path, bytes).unwrap();
}

fn folder(path: &Path) {
    std::fs::create_dir_all(path.join("notes")).unwrap();
    std::fs::write(path.join("notes/a.txt"), "amara@example.org was here").unwrap();
}

/// A PDF that is none. One that hangs is the connectors' own test: it waits for its bounds.
fn damaged_pdf(path: &Path) {
    std::fs::write(path.join("notes/farthing.pdf"), b"%PDF-1.4 zebediah farthing").unwrap();
}

fn mbox(path: &Path) {
    let text = "From a@example.org Mon Jan  5 10:00:00 2026\nFrom: amara@example.org\n\
                To: office@example.org\nSubject: Hello\n\nHello there\n\n";
    std::fs::create_dir_all(path).unwrap();
    std::fs::write(path.join("office.mbox"), text).unwrap();
}

fn broken_mbox(path: &Path) {
    let mut text = std::fs::read(path.join("office.mbox")).unwrap();
    text.extend_from_slice(
        b"From b@example.org Tue Jan  6 10:00:00 2026\nFrom: amara@example.org\nSubject: \
          =?utf-99?q?br=F6ken?=\nContent-Type: text/plain; charset=no-such\n\n\xff\xfe\xf6\n\n",
    );
    std::fs::write(path.join("office.mbox"), text).unwrap();
}

fn table(path: &Path) {
    std::fs::write(path, "email,name\namara@example.org,Amara Quill\nz@example.org,Zed\n").unwrap();
}

fn ragged(path: &Path) {
    let mut text = std::fs::read(path).unwrap();
    text.extend_from_slice(b"amara@example.org,Am\xe4ra\nf@example.org,Zebediah,too,many\nshort\n");
    std::fs::write(path, text).unwrap();
}

/// What lies outside, and a link that leads there.
fn link_out(path: &Path) {
    let outside = path.parent().unwrap().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("secret.txt"), "amara@example.org secret").unwrap();
    std::os::unix::fs::symlink(&outside, path.join("out")).unwrap();
}

const CASES: [Case; 10] = [
    Case {
        name: "unreachable",
        kind: "sqlite",
        path: "other.db",
        make: people,
        spoil: |p| std::fs::remove_file(p).unwrap(),
        told: &["other", "cannot be reached"],
        failed: true,
    },
    Case {
        name: "missing table",
        kind: "sqlite",
        path: "other.db",
        make: people,
        spoil: |p| sqlite(p, "DROP TABLE remarks"),
        told: &["remarks", "data map"],
        failed: false,
    },
    Case {
        name: "renamed column",
        kind: "sqlite",
        path: "other.db",
        make: people,
        spoil: |p| sqlite(p, "ALTER TABLE remarks RENAME COLUMN email TO post"),
        told: &["remarks", "email"],
        failed: false,
    },
    Case {
        name: "damaged workbook",
        kind: "workbook",
        path: "other.xlsx",
        make: workbook,
        spoil: |p| std::fs::write(p, b"PK\x03\x04 zebediah farthing").unwrap(),
        told: &["damaged"],
        failed: false,
    },
    Case {
        name: "zip bomb",
        kind: "workbook",
        path: "other.xlsx",
        make: workbook,
        spoil: bomb,
        told: &["unpacks to far more"],
        failed: false,
    },
    Case {
        name: "damaged PDF",
        kind: "documents",
        path: "papers",
        make: folder,
        spoil: damaged_pdf,
        told: &["notes", "PDF"],
        failed: false,
    },
    Case {
        name: "broken encodings",
        kind: "mail",
        path: "mail",
        make: mbox,
        spoil: broken_mbox,
        told: &[],
        failed: false,
    },
    Case {
        name: "ragged and Latin-1",
        kind: "csv",
        path: "other.csv",
        make: table,
        spoil: ragged,
        told: &["other.csv"],
        failed: false,
    },
    Case {
        name: "a link that leads out",
        kind: "documents",
        path: "papers",
        make: folder,
        spoil: link_out,
        told: &["out"],
        failed: false,
    },
    Case {
        name: "locked",
        kind: "sqlite",
        path: "other.db",
        make: people,
        spoil: |_| {},
        told: &["other"],
        failed: true,
    },
];

fn add(office: &Office, kind: &str, path: &str) {
    office.ok(&[
        "holding",
        "add",
        "other",
        "--title",
        "Other place",
        "--kind",
        kind,
        "--path",
        path,
    ]);
    office.ok(&["holding", "scan", "other"]);
    office.decide_map("other");
}

fn search<'a>(shown: &'a Value, short: &str) -> &'a Value {
    shown["searches"].as_array().unwrap().iter().find(|s| s["short"] == short).unwrap()
}

fn nothing_personal(what: &str, text: &str) {
    let text = text.to_lowercase();
    for word in PERSONAL {
        assert!(!text.contains(word), "{what}: {word} stands in: {text}");
    }
}

/// Spoils the holding, searches, and looks at what the case says; mends it and searches again.
fn check(c: &Case) {
    let office = Office::new(Kept::Sqlite, 2);
    let path = office.path(c.path);
    (c.make)(&path);
    add(&office, c.kind, c.path);
    (c.spoil)(&path);
    let lock = (c.name == "locked").then(|| {
        let held = rusqlite::Connection::open(&path).unwrap();
        held.execute_batch("BEGIN EXCLUSIVE").unwrap();
        held
    });
    let reference = office.ask();
    let out = office.run(&["request", "find", &reference]);
    let said = [out.stdout, out.stderr].map(|t| String::from_utf8_lossy(&t).into_owned()).concat();
    nothing_personal(c.name, &said);
    let code = if c.told.is_empty() {
        0
    } else if c.failed {
        5
    } else {
        1
    };
    assert_eq!(out.status.code(), Some(code), "{}: {said}", c.name);
    let shown = office.json(&["request", "show", &reference]);
    let club = search(&shown, "club");
    assert_eq!(
        (club["state"].as_str(), club["items"].as_u64()),
        (Some("done"), Some(5)),
        "{}",
        c.name
    );
    let other = search(&shown, "other");
    let state = if c.failed { "failed" } else { "done" };
    assert_eq!(other["state"], state, "{}: {other}", c.name);
    let trouble = other["trouble"].as_str().unwrap_or_default();
    nothing_personal(c.name, trouble);
    for word in c.told {
        assert!(trouble.contains(word), "{}: {word} is not in: {trouble}", c.name);
    }
    if c.told.is_empty() {
        assert!(other["items"].as_u64() > Some(0), "{}: {other}", c.name);
        return;
    }
    let zip = office.path("pack.zip");
    let pack = office.json(&["request", "pack", &reference, "--out", zip.to_str().unwrap()]);
    assert_eq!(pack["complete"], false, "{}: {pack}", c.name);
    let blocks = pack["blocks"].to_string();
    assert!(blocks.contains("Other place"), "{}: {blocks}", c.name);
    let send = office.run(&["request", "send", &reference, "--how", "post"]);
    assert_eq!(send.status.code(), Some(4), "{}: a part is not sent as the answer", c.name);
    drop(lock);
    if path.is_dir() {
        std::fs::remove_dir_all(&path).unwrap();
    } else {
        let _ = std::fs::remove_file(&path);
    }
    (c.make)(&path);
    let again = office.json(&["request", "find", &reference, "--again"]);
    assert_eq!(
        (again["in_part"].as_u64(), again["failed"].as_u64()),
        (Some(0), Some(0)),
        "{}",
        c.name
    );
    let shown = office.json(&["request", "show", &reference]);
    assert_eq!(search(&shown, "other")["trouble"], Value::Null, "{}", c.name);
    office.verify_ledger();
}

#[test]
fn every_fault_of_a_holding_is_told_and_keeps_the_answer_open() {
    let mut wrong = Vec::new();
    for c in &CASES {
        if let Err(e) = std::panic::catch_unwind(|| check(c)) {
            let words = e.downcast_ref::<String>().cloned();
            wrong.push(words.unwrap_or_else(|| c.name.to_owned()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn parts_are_set_aside_on_the_command_line() {
    let office = Office::new(Kept::Sqlite, 2);
    people(&office.path("other.db"));
    add(&office, "sqlite", "other.db");
    sqlite(&office.path("other.db"), "DROP TABLE remarks");
    let reference = office.ask();
    assert_eq!(office.run(&["request", "find", &reference]).status.code(), Some(1));
    let text = office.ok(&["request", "show", &reference]);
    assert!(text.contains("remarks"), "{text}");
    let why = "The remarks were moved to the club database in May";
    office.ok(&["request", "set-aside", &reference, "other", "--reason", why]);
    assert_eq!(office.run(&["request", "find", &reference]).status.code(), Some(0));
    let zip = office.path("pack.zip");
    let pack = office.json(&["request", "pack", &reference, "--out", zip.to_str().unwrap()]);
    assert_eq!(pack["complete"], true, "{pack}");
}

#[test]
fn a_server_that_does_not_know_us_is_told() {
    if !both().contains(&Kept::Postgres) {
        return;
    }
    let (_, url) = common::fresh_database();
    let mut there = postgres::Client::connect(&url, postgres::NoTls).unwrap();
    there.batch_execute("CREATE TABLE people (id INT PRIMARY KEY, email TEXT, name TEXT)").unwrap();
    let (user, rest) = url.split_once("://").unwrap().1.split_once('@').unwrap();
    let (user, password) = user.split_once(':').unwrap_or((user, ""));
    let (at, name) = rest.split_once('/').unwrap();
    let (host, port) = at.split_once(':').unwrap_or((at, "5432"));
    let office = Office::new(Kept::Sqlite, 2);
    let secret = office.path("pg.secret");
    std::fs::write(&secret, password).unwrap();
    office.ok(&[
        "holding",
        "add",
        "other",
        "--title",
        "Other place",
        "--kind",
        "postgres",
        "--host",
        host,
        "--port",
        port,
        "--name",
        name,
        "--user",
        user,
        "--password-file",
        "pg.secret",
        "--tls",
        "disable",
    ]);
    office.ok(&["holding", "scan", "other"]);
    office.decide_map("other");
    std::fs::write(&secret, "zebediah-wrong").unwrap();
    let reference = office.ask();
    let out = office.run(&["request", "find", &reference, "--json"]);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    // A server that trusts everybody on this machine asks for no password.
    if out.status.code() == Some(0) {
        return;
    }
    assert_eq!(out.status.code(), Some(5), "{said}");
    let shown = office.json(&["request", "show", &reference]);
    let trouble = search(&shown, "other")["trouble"].as_str().unwrap().to_owned();
    assert!(trouble.contains("password") && !trouble.contains("zebediah"), "{trouble}");
    assert_eq!(search(&shown, "club")["items"], 5);
}

#[test]
fn a_holding_that_a_check_cannot_reach_shows_on_the_list() {
    let office = Office::new(Kept::Sqlite, 0);
    let away = office.path("away.db");
    std::fs::rename(office.path("club.db"), &away).unwrap();
    for _ in 0..2 {
        assert_eq!(office.run(&["holding", "check"]).status.code(), Some(1));
    }
    assert!(office.ok(&["holding", "list"]).contains("cannot be reached"));
    let acts = office.json(&["ledger", "show", "--last", "50"]);
    let told = acts.as_array().unwrap().iter().filter(|a| a["act"] == "holding.check-failed");
    assert_eq!(told.count(), 1, "told once, not every night");
    std::fs::rename(&away, office.path("club.db")).unwrap();
    office.run(&["holding", "check"]);
    assert!(!office.ok(&["holding", "list"]).contains("cannot be reached"));
}

#[test]
fn a_holding_moves_and_ends_by_command() {
    let office = Office::new(Kept::Sqlite, 0);
    let reference = office.ask();
    std::fs::rename(office.path("club.db"), office.path("moved.db")).unwrap();
    let no = office.run(&["holding", "change", "club", "--path", "none.db"]);
    assert_eq!(no.status.code(), Some(5), "it is tried first");
    office.ok(&["holding", "change", "club", "--path", "moved.db", "--title", "The club"]);
    assert!(office.ok(&["holding", "map", "club"]).contains("moved.db"));
    let no = office.run(&["holding", "end", "club", "--reason", " "]);
    assert_eq!(no.status.code(), Some(2));
    office.ok(&["holding", "end", "club", "--reason", "Given to the archive"]);
    assert!(office.ok(&["holding", "list"]).contains("no longer kept"));
    for (command, code) in [("scan", 4), ("check", 4), ("end", 2)] {
        let no = office.run(&["holding", command, "club"]);
        assert_eq!(no.status.code(), Some(code), "{command}");
    }
    // The case that waits for it says so, and is not complete before somebody says why.
    office.run(&["request", "find", &reference]);
    let shown = office.json(&["request", "show", &reference]);
    assert_eq!(search(&shown, "club")["state"], "planned");
    assert!(office.ok(&["request", "show", &reference]).contains("no longer kept"));
    office.ok(&["request", "set-aside", &reference, "club", "--reason", "Given away"]);
    let shown = office.json(&["request", "show", &reference]);
    assert_eq!(search(&shown, "club")["state"], "set-aside");
    office.ok(&["holding", "take-up", "club"]);
    assert!(!office.ok(&["holding", "list"]).contains("no longer kept"));
    for command in ["add", "change"] {
        let help = office.ok(&["holding", command, "--help"]);
        assert!(help.contains("any place on this machine") && help.contains("[[folders]]"));
    }
}
