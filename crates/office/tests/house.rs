//! Commands about the house itself, through the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use common::{Kept, Office};
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
