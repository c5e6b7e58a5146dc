//! Commands about the house itself, through the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use common::{Kept, Office, Served};
use serde_json::Value;

#[test]
fn the_doctor_says_what_keeps_a_hostile_document_in() {
    let office = Office::new(Kept::Sqlite, 0);
    let out = office.run(&["doctor", "--json"]);
    let lines: Value = serde_json::from_slice(&out.stdout).unwrap();
    let lines = lines.as_array().unwrap();
    let line = lines.iter().find(|l| l["what"].as_str().unwrap().starts_with("documents:"));
    let line = line.expect("a line about documents");
    let what = line["what"].as_str().unwrap();
    assert!(what.contains("seccomp") && what.contains("Landlock"), "{what}");
    let wrong = lines.iter().any(|l| l["ok"] == false);
    assert_eq!(out.status.code(), Some(i32::from(wrong)));
}

/// What is written while rows are copied would be lost.
#[test]
fn an_office_that_is_served_is_not_moved() {
    let office = Office::new(Kept::Sqlite, 0);
    let to = ["move", "--to", "postgres://127.0.0.1:1/nowhere"];
    let served = Served::new(&office);
    let out = office.run(&to);
    assert_eq!(out.status.code(), Some(5));
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("Another process has this office open"), "{said}");
    assert!(said.contains("candour serve"), "{said}");
    drop(served);
    let said = String::from_utf8(office.run(&to).stderr).unwrap();
    assert!(said.contains("not reachable"), "only the server is missing now: {said}");
}

#[test]
fn an_office_that_is_being_moved_is_opened_by_nobody() {
    let office = Office::new(Kept::Sqlite, 0);
    let lock = std::fs::File::open(office.path("office.lock")).unwrap();
    lock.lock().unwrap();
    let out = office.run(&["permission", "stop", "--email", "ann@example.org"]);
    assert_eq!(out.status.code(), Some(5));
    assert!(String::from_utf8(out.stderr).unwrap().contains("is being moved"));
    drop(lock);
    office.ok(&["permission", "stop", "--email", "ann@example.org"]);
}
