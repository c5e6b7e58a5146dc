//! Killed at any moment: after a restart the case is where it was or further, no finding is
//! doubled, the ledger verifies.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

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

/// Random moments from a seed that is printed: the same seed gives the same moments again.
struct Moments(u64);

impl Moments {
    fn new() -> Self {
        let given = std::env::var("CANDOUR_SEED").ok().and_then(|s| s.parse().ok());
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let seed = given.unwrap_or(now.as_nanos() as u64 | 1);
        println!("CANDOUR_SEED={seed} gives the same kills again");
        Self(seed)
    }

    fn within(&mut self, longest: Duration) -> Duration {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        longest.mul_f64((self.0 % 10_000) as f64 / 10_000.0)
    }
}

fn served(office: &Office) -> Child {
    office
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Until every case is being reviewed; each look is a process of its own, so nothing is slept.
fn until_reviewed(office: &Office, references: &[String]) {
    let end = Instant::now() + Duration::from_secs(180);
    while !references.iter().all(|r| rank(office, r) == 2) {
        assert!(Instant::now() < end, "serve has not taken the searches up");
    }
}

/// How often a case's holding was searched to the end, by its history.
fn searched(office: &Office, reference: &str) -> usize {
    office.ok(&["request", "show", reference]).matches("items found; search record kept").count()
}

#[test]
fn serve_killed_while_it_works_on_jobs_is_resumed_by_serve() {
    let mut moments = Moments::new();
    for kept in both() {
        let office = Office::new(kept, MESSAGES);
        let references: Vec<String> = (0..4).map(|_| office.ask()).collect();
        for _ in 0..6 {
            kill_after(served(&office), moments.within(Duration::from_millis(500)));
            office.verify_ledger();
        }
        // Nobody helps: what a killed process had claimed is taken up when its lease runs out.
        let mut child = served(&office);
        until_reviewed(&office, &references);
        let _ = child.kill();
        let _ = child.wait();
        for r in &references {
            let items = office.json(&["request", "review", r, "--all"]);
            let mut titles: Vec<String> = items
                .as_array()
                .unwrap()
                .iter()
                .map(|i| i["title"].as_str().unwrap().to_owned())
                .collect();
            let all = titles.len();
            assert_eq!(all, MESSAGES as usize + 3, "{kept:?}");
            titles.sort();
            titles.dedup();
            assert_eq!(titles.len(), all, "{kept:?}: something was found twice");
            assert_eq!(searched(&office, r), 1, "{kept:?}: told once");
        }
        office.verify_ledger();
    }
}

#[test]
fn two_servers_on_one_database_share_the_searches() {
    if !both().contains(&Kept::Postgres) {
        return;
    }
    let office = Office::new(Kept::Postgres, MESSAGES);
    let references: Vec<String> = (0..6).map(|_| office.ask()).collect();
    let mut two = [served(&office), served(&office)];
    until_reviewed(&office, &references);
    for child in &mut two {
        let _ = child.kill();
        let _ = child.wait();
    }
    for r in &references {
        assert_eq!(searched(&office, r), 1);
        let shown = office.json(&["request", "show", r]);
        assert_eq!(shown["searches"][0]["items"].as_u64(), Some(u64::from(MESSAGES) + 3));
    }
    office.verify_ledger();
}

#[test]
fn an_answer_from_paper_is_taken_whole_or_not_at_all() {
    let mut moments = Moments::new();
    let office = Office::new(Kept::Sqlite, 0);
    office.ok(&[
        "holding",
        "add",
        "cabinet",
        "--title",
        "Filing cabinet",
        "--kind",
        "paper",
        "--post",
        "Secretary",
        "--post-email",
        "secretary@test.example",
    ]);
    let mut taken = 0;
    for n in 1..=8 {
        let reference = office.ask();
        let links = n;
        let mut server = common::served::Served::start(&office);
        // An acknowledgement and a question for each request.
        let question = loop {
            let all = server.letters(links * 2);
            let new = all.into_iter().find(|l| l.contains("/answer/") && l.contains(&reference));
            if let Some(l) = new {
                break l;
            }
        };
        let joined = question.replace("=\r\n", "").replace("=\n", "");
        let token = joined.split("/answer/").nth(1).unwrap().split_whitespace().next().unwrap();
        let form = "--b\r\nContent-Disposition: form-data; name=\"found\"\r\n\r\nsomething\r\n--b\r\n\
                    Content-Disposition: form-data; name=\"words\"\r\n\r\nA card\r\n--b--\r\n";
        server.post_and_die(
            &format!("/answer/{token}"),
            "multipart/form-data; boundary=b",
            form,
            moments.within(Duration::from_millis(20)),
        );
        let shown = office.json(&["request", "show", &reference]);
        let all = shown["searches"].as_array().unwrap().clone();
        let paper = all.iter().find(|s| s["short"] == "cabinet").unwrap();
        let acts = office.ok(&["request", "show", &reference]);
        let told = acts.contains("looked by hand");
        match paper["state"].as_str().unwrap() {
            "done" => {
                taken += 1;
                assert!(told && paper["items"] == 1, "{paper}");
            }
            "asked" => {
                assert!(!told, "told and not taken");
                let server = common::served::Served::start(&office);
                let (status, page) = server.post(
                    &format!("/answer/{token}"),
                    "multipart/form-data; boundary=b",
                    form,
                );
                assert_eq!(status, 200, "the link works as before: {page}");
            }
            other => panic!("half an answer: {other}"),
        }
        office.verify_ledger();
    }
    println!("{taken} of 8 were taken before the kill");
}
