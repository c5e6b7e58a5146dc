//! A backup is put back: who was erased since stays erased, who said no since is not contacted.
//! Through the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use std::path::Path;
use std::process::Output;

use common::{Kept, Office, both};
use serde_json::{Value, json};

const PERMISSIONS: &str = r#"
[permissions]
[[permissions.purpose]]
short = "shop"
title = "Our shop"
aim = "similar-products"
channels = ["email", "sms"]
"#;

const WORDING: &str = r#"
short = "shop-email"
use_kind = "contact"
use_what = "shop"
channels = ["email"]
text = "May we write to you by e-mail about our shop?"
if_refused = "Nothing changes."
notice = "2026-03"
"#;

fn office(kept: Kept) -> Office {
    let office = Office::new(kept, 0);
    office.set_permissions(PERMISSIONS);
    office.set(&["permission", "wording", "set"], "wording.toml", WORDING);
    office
}

fn answer(office: &Office, email: &str, answer: &str, method: &str) {
    office.ok(&[
        "permission",
        "consent",
        "--email",
        email,
        "--wording",
        "shop-email",
        "--channel",
        "email",
        "--answer",
        answer,
        "--method",
        method,
        "--evidence",
        "form 12",
        "--on",
        &jiff::Zoned::now().date().to_string(),
    ]);
}

/// A command on another data folder, same database otherwise.
fn at(office: &Office, data: &Path, args: &[&str]) -> Output {
    office.command(args).env("CANDOUR_DATA", data).output().unwrap()
}

fn rule(office: &Office, data: &Path, email: &str) -> String {
    let ask = ["may-contact", email, "--channel", "email", "--purpose", "shop", "--json"];
    let out = at(office, data, &ask);
    let d: Value = serde_json::from_slice(&out.stdout).unwrap();
    d["rule"].as_str().unwrap().to_owned()
}

fn all_rules(office: &Office, data: &Path) -> Vec<String> {
    ["ann", "bob", "cy", "dan", "eve"]
        .map(|n| rule(office, data, &format!("{n}@example.org")))
        .to_vec()
}

/// Five people with a yes or a sale; then the moment of the backup.
fn before(office: &Office) {
    for name in ["ann", "bob", "dan"] {
        answer(office, &format!("{name}@example.org"), "yes", "form");
    }
    // Dan had stopped and said yes again: that both lie before the backup leaves the yes alone.
    office.ok(&["permission", "stop", "--email", "dan@example.org"]);
    answer(office, "dan@example.org", "yes", "form");
    for name in ["cy", "eve"] {
        office.ok(&[
            "permission",
            "ground",
            "--ground",
            "sale",
            "--email",
            &format!("{name}@example.org"),
            "--on",
            "2026-01-02",
            "--refusal-offered",
        ]);
    }
}

/// What happens after it.
fn after(office: &Office) {
    office.ok(&["permission", "erase", "--email", "ann@example.org"]);
    office.ok(&["permission", "stop", "--email", "bob@example.org"]);
    answer(office, "cy@example.org", "no", "phone");
}

fn code(out: &Output) -> i32 {
    out.status.code().unwrap()
}

fn verify(office: &Office, data: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("bundle");
    let out = at(office, data, &["ledger", "export", "--out", to.to_str().unwrap()]);
    assert_eq!(code(&out), 0, "{}", String::from_utf8_lossy(&out.stderr));
    let vkeys = candour_ledger::bundle_keys(&to).unwrap();
    candour_ledger::verify_bundle(&to, &vkeys, None).unwrap();
    let entries = entries(&to);
    for act in ["office.restored", "person.erased-again", "suppression.put-back"] {
        assert!(entries.contains(&format!("\"act\":\"{act}\"")), "{act} is on record");
    }
}

/// Every file of a bundle, as text.
fn entries(dir: &Path) -> String {
    let mut all = String::new();
    for e in std::fs::read_dir(dir).unwrap().flatten() {
        match e.file_type().unwrap().is_dir() {
            true => all += &entries(&e.path()),
            false => all += &String::from_utf8_lossy(&std::fs::read(e.path()).unwrap()),
        }
    }
    all
}

#[test]
fn erasures_and_stops_outlive_a_restore() {
    let office = office(Kept::Sqlite);
    before(&office);
    let backup = office.path("backup.db");
    let backup = backup.to_str().unwrap();
    office.ok(&["backup", "--out", backup]);
    assert_eq!(
        all_rules(&office, office.dir.path()),
        ["consent", "consent", "soft-opt-in", "consent", "soft-opt-in"]
    );
    after(&office);
    let wanted = ["stopped", "stopped", "refused", "consent", "soft-opt-in"];
    assert_eq!(all_rules(&office, office.dir.path()), wanted);

    let journal = std::fs::read(office.path("journal")).unwrap();
    let told = String::from_utf8_lossy(&journal).into_owned();
    assert!(!told.contains("example") && !told.contains("shop"), "it is sealed");

    let fresh = tempfile::tempdir().unwrap();
    let key = office.path("office.key");
    let restore = ["restore", backup, "--key", key.to_str().unwrap(), "--json"];
    let out = at(&office, fresh.path(), &restore);
    assert_eq!(code(&out), 0, "{}", String::from_utf8_lossy(&out.stderr));
    let done: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&done["erased"], &done["unreadable"]), (&json!(1), &json!(0)), "{done}");
    // Ann's, Bob's, and Cy's no, of which the backup has no record.
    assert_eq!((&done["stops"], &done["withdrawn"]), (&json!(3), &json!(2)), "{done}");
    let wanted = ["stopped", "stopped", "stopped", "consent", "soft-opt-in"];
    assert_eq!(all_rules(&office, fresh.path()), wanted);
    let erase = at(&office, fresh.path(), &["permission", "erase", "--email", "ann@example.org"]);
    assert_eq!(code(&erase), 3, "there is nobody left to erase");
    verify(&office, fresh.path());

    // The journal has come along: the same backup, put back once more, and nothing twice.
    let again = tempfile::tempdir().unwrap();
    std::fs::copy(fresh.path().join("journal"), again.path().join("journal")).unwrap();
    let alone = again.path().join("key");
    std::fs::create_dir(&alone).unwrap();
    std::fs::copy(&key, alone.join("office.key")).unwrap();
    let alone = alone.join("office.key");
    let out = at(&office, again.path(), &["restore", backup, "--key", alone.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("1 erased"));
    assert_eq!(all_rules(&office, again.path()), wanted);
    let out = at(&office, again.path(), &["replay", "--json"]);
    let done: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(done, json!({"erased": 0, "stops": 0, "withdrawn": 0, "unreadable": 0}));
}

#[test]
fn a_restore_without_the_journal_says_so() {
    let office = office(Kept::Sqlite);
    let (backup, apart) = (office.path("backup.db"), tempfile::tempdir().unwrap());
    office.ok(&["backup", "--out", backup.to_str().unwrap()]);
    let key = apart.path().join("office.key");
    std::fs::copy(office.path("office.key"), &key).unwrap();
    let fresh = tempfile::tempdir().unwrap();
    let restore = ["restore", backup.to_str().unwrap(), "--key", key.to_str().unwrap()];
    let out = at(&office, fresh.path(), &restore);
    assert_eq!(code(&out), 0);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("No journal was found"), "{said}");
    assert!(said.contains("candour.toml is new and empty"), "its settings are not in it: {said}");
    // A journal of another office is no journal of this one: nothing is half put back.
    let fresh = tempfile::tempdir().unwrap();
    let other = Office::new(Kept::Sqlite, 0);
    other.ok(&["permission", "stop", "--email", "bob@example.org"]);
    let journal = other.path("journal");
    let out = at(
        &office,
        fresh.path(),
        &[&restore[..], &["--journal", journal.to_str().unwrap()]].concat(),
    );
    assert_eq!(code(&out), 2);
    assert_eq!(std::fs::read_dir(fresh.path()).unwrap().count(), 0);
    // A folder that was made for it goes with it.
    let made = fresh.path().join("made");
    let out =
        at(&office, &made, &[&restore[..], &["--journal", journal.to_str().unwrap()]].concat());
    assert!(code(&out) == 2 && !made.exists());
}

/// A server is put back by its own tools; a copy of every row stands for them here.
#[test]
fn a_database_put_back_by_other_tools_is_brought_up_to_date() {
    for kept in both() {
        let office = office(kept);
        before(&office);
        let rows = Rows::take(&office);
        after(&office);
        rows.put_back(&office);
        assert_eq!(rule(&office, office.dir.path(), "bob@example.org"), "consent", "{kept:?}");
        let done = office.json(&["replay"]);
        assert_eq!((&done["erased"], &done["stops"]), (&json!(1), &json!(3)), "{kept:?} {done}");
        let wanted = ["stopped", "stopped", "stopped", "consent", "soft-opt-in"];
        assert_eq!(all_rules(&office, office.dir.path()), wanted, "{kept:?}");
        verify(&office, office.dir.path());
    }
}

/// The office's rows as they stood.
enum Rows {
    File(std::path::PathBuf),
    Database(String),
}

impl Rows {
    fn take(office: &Office) -> Self {
        let Some((server, url)) = office.on_server() else {
            let copy = office.path("copy.db");
            std::fs::copy(office.path("office.db"), &copy).unwrap();
            return Self::File(copy);
        };
        let name = url.rsplit('/').next().unwrap();
        let copy = format!("{name}_copy");
        let mut c = postgres::Client::connect(server, postgres::NoTls).unwrap();
        c.batch_execute(&format!("CREATE DATABASE {copy} TEMPLATE {name}")).unwrap();
        Self::Database(copy)
    }

    fn put_back(self, office: &Office) {
        match self {
            Self::File(copy) => {
                std::fs::copy(copy, office.path("office.db")).unwrap();
            }
            Self::Database(copy) => {
                let (server, url) = office.on_server().unwrap();
                let name = url.rsplit('/').next().unwrap();
                let mut c = postgres::Client::connect(server, postgres::NoTls).unwrap();
                c.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
                c.batch_execute(&format!("ALTER DATABASE {copy} RENAME TO {name}")).unwrap();
            }
        }
    }
}
