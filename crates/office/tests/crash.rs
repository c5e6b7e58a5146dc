//! Killed at any moment: after a restart the case is where it was or further, no finding is
//! doubled, the ledger verifies.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::{Kept, Office, both};

/// Messages of Amara's: enough for a search that takes a moment.
const MESSAGES: u32 = 4000;
/// How often a run is killed, on each database.
const KILLS: u32 = 12;

fn rank(office: &Office, reference: &str) -> usize {
    let shown = office.json(&["request", "show", reference]);
    let state = shown["request"]["state"]["is"].as_str().unwrap().to_owned();
    ["received", "searching", "reviewing"].iter().position(|s| **s == *state).unwrap()
}

/// Lets the child run for a while, then kills it with no chance to tidy up.
fn kill_after(mut child: Child, pause: Duration) {
    let end = Instant::now() + pause;
    while Instant::now() < end && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let _ = child.kill();
    let _ = child.wait();
}

#[test]
fn request_find_killed_at_any_moment() {
    for kept in both() {
        let office = Office::new(kept, MESSAGES);
        let reference = office.ask();
        let started = Instant::now();
        let whole = Office::new(Kept::Sqlite, MESSAGES);
        drop(whole);
        // Spread the kills over the time that a run takes here, whatever the machine.
        let span = started.elapsed().max(Duration::from_millis(400)) / 2;
        let mut before = rank(&office, &reference);
        for n in 0..KILLS {
            let child = office
                .command(&["request", "find", &reference, "--json"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            kill_after(child, span * n / KILLS);
            let now = rank(&office, &reference);
            assert!(now >= before, "{kept:?}: the case went back");
            before = now;
            office.verify_ledger();
        }
        let found = office.json(&["request", "find", &reference]);
        assert_eq!(found["items"].as_u64(), Some(u64::from(MESSAGES) + 3), "{kept:?}");
        let items = office.json(&["request", "review", &reference, "--all"]);
        let mut titles: Vec<String> = items
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["title"].as_str().unwrap().to_owned())
            .collect();
        let all = titles.len();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), all, "{kept:?}: something was found twice");
        assert_eq!(rank(&office, &reference), 2);
        office.verify_ledger();
    }
}

#[test]
fn serve_killed_while_it_works_on_jobs() {
    for kept in both() {
        let office = Office::new(kept, MESSAGES);
        let references: Vec<String> = (0..4).map(|_| office.ask()).collect();
        for n in 1..6_u32 {
            let child = office
                .command(&["serve", "--listen", "127.0.0.1:0"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            kill_after(child, Duration::from_millis(60) * n);
            office.verify_ledger();
        }
        for r in &references {
            // What a killed process left is taken up by hand here; the lease would do it in time.
            let found = office.json(&["request", "find", r]);
            assert_eq!(found["items"].as_u64(), Some(u64::from(MESSAGES) + 3), "{kept:?}");
            assert_eq!(rank(&office, r), 2);
        }
        office.verify_ledger();
    }
}
