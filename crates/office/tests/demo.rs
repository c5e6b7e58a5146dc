//! `candour demo` as a newcomer runs it: the whole society, searched by the program itself, held
//! against the answer key.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests only")]

#[path = "../src/demo/society/answer.rs"]
mod answer;

use std::path::Path;
use std::process::{Command, Output};

use answer::{Fate, NOT_HERS, expected};
use serde_json::Value;

fn candour(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_candour")).args(args).output().expect("the program runs")
}

fn json(args: &[&str]) -> Value {
    let out = candour(args);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.success(), "{said}");
    serde_json::from_slice(&out.stdout).expect("one JSON value on standard output")
}

fn text<'a>(v: &'a Value, key: &str) -> &'a str {
    v[key].as_str().unwrap_or_else(|| panic!("{key} in {v}"))
}

/// Every item found, with what became of it.
fn items(dir: &str, reference: &str) -> Vec<(String, String, Fate)> {
    let all = json(&["request", "review", reference, "--all", "--json", "--data", dir]);
    let one = |i: &Value| {
        let fate = match text(i, "decision") {
            "disclose" => Fate::Included,
            "open" => Fate::ForAPerson,
            other => panic!("the demo decides nothing: {other}"),
        };
        (text(i, "holding").to_owned(), text(i, "title").to_owned(), fate)
    };
    let mut items: Vec<_> = all.as_array().expect("a list").iter().map(one).collect();
    items.sort();
    items
}

fn key() -> Vec<(String, String, Fate)> {
    expected().into_iter().map(|e| (e.holding.into(), e.item.into(), e.fate)).collect()
}

/// No word of anybody else in any page, table or message of the unpacked pack.
fn nobody_else(dir: &Path) -> u32 {
    let mut looked_at = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            looked_at += nobody_else(&path);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for word in NOT_HERS {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
        looked_at += 1;
    }
    looked_at
}

#[test]
fn the_walk_finds_the_whole_key_and_a_second_one_follows_it() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("society");
    let dir = dir.to_str().unwrap();
    let run = ["demo", "--no-serve", "--json", "--dir", dir];
    let first = json(&run);
    let reference = text(&first, "reference").to_owned();
    assert!(reference.ends_with("-0001"), "{reference}");
    assert_eq!(items(dir, &reference), key());
    let included = key().iter().filter(|(.., fate)| *fate == Fate::Included).count();
    assert_eq!(first["pack"]["items"].as_u64(), Some(included as u64));
    assert_eq!(first["pack"]["left_out"], first["to_decide"]);
    assert_eq!(first["pack"]["complete"], false);
    assert_eq!((first["failed"].as_u64(), first["asked"].as_u64()), (Some(0), Some(1)));
    assert!(nobody_else(Path::new(text(&first["pack"], "folder"))) > 20);
    assert!(Path::new(text(&first["pack"], "file")).is_file());

    let list = &first["screened"];
    let rows = |what: &str| list[what].as_u64().unwrap();
    assert_eq!(rows("allowed") + rows("blocked") + rows("unreadable"), rows("rows"));
    assert!(rows("allowed") > 100 && rows("blocked") > 1000, "{list}");
    let covered =
        |data: &str| candour(&["certificate", "check", text(list, "file"), "--data", data]);
    assert!(covered(dir).status.success(), "the list to send to is the certified one");
    let blocked = text(list, "file").replace(".csv", ".blocked.csv");
    let blocked = std::fs::read_to_string(blocked).unwrap();
    for reason in ["stopped", "refused", "lapsed", "no-ground"] {
        assert!(blocked.contains(&format!(",{reason},")), "nobody is blocked as {reason}");
    }
    // A changed list is covered no more, until it is screened again.
    std::fs::write(text(list, "file"), "E-mail\nbram@example.org\n").unwrap();
    assert_eq!(covered(dir).status.code(), Some(1));

    let second = json(&run);
    for what in ["rows", "allowed", "blocked", "unreadable"] {
        assert_eq!(second["screened"][what], first["screened"][what], "{what} the second time");
    }
    assert!(covered(dir).status.success(), "screened again");
    assert!(text(&second, "reference").ends_with("-0002"));
    assert_eq!(second["items"], first["items"], "the society is not doubled");
    assert_eq!(second["holdings"], first["holdings"]);
    let entries = |v: &Value| v["ledger"]["entries"].as_u64();
    assert!(entries(&second) > entries(&first));
    assert_eq!(items(dir, &reference), key(), "the first request is as it was");
    assert!(candour(&["holding", "check", "--data", dir]).status.success());
}

#[test]
fn a_taken_port_is_told_before_anything_is_done() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("society");
    let out = candour(&["demo", "--dir", dir.to_str().unwrap(), "--listen", &address]);
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(5));
    assert!(said.contains(&address) && said.contains("--listen"), "{said}");
    assert!(!dir.exists());
}
