//! What the daily round does for cases.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::SignedDuration;

use super::*;
use crate::charter::Charter;
use crate::kit::post::sql as post_sql;
use crate::people::Asker;
use crate::requests::acts::NewCase;
use crate::requests::rules::Outcome;
use crate::requests::sql::{Handover, PackRow, insert_handover, insert_pack};
use crate::requests::{Body, Right, Settled, Via};

struct Bench {
    _dir: tempfile::TempDir,
    office: Office,
    org: String,
    clock: Arc<AtomicI64>,
    id: String,
}

/// An office whose clock can be moved, with one case that is being searched.
fn bench() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    drop(Office::init(dir.path(), None).unwrap());
    let post = "[post]\nhost = \"127.0.0.1\"\nport = 25\nsecurity = \"none\"\n";
    std::fs::write(dir.path().join("candour.toml"), post).unwrap();
    let at: Timestamp = "2026-11-02T10:00:00Z".parse().unwrap();
    let clock = Arc::new(AtomicI64::new(at.as_second()));
    let hand = clock.clone();
    let now = move || Timestamp::from_second(hand.load(Ordering::SeqCst)).unwrap();
    let office = Office::open_at(dir.path(), None, Box::new(now)).unwrap();
    let charter = Charter::parse(include_str!("../demo/charter.toml")).unwrap();
    let org = office.found(charter).unwrap();
    let by = office.by_command(&org);
    let emails = vec!["amara@example.org".into()];
    let asker = Asker { name: "Amara Quill".into(), emails, ..Asker::default() };
    let received = dates::day_of(by.now);
    let body = Body { asker, ..Body::default() };
    let new = NewCase { right: Right::Access, via: Via::Letter, received, body };
    let (o, b) = (office.clone(), by.clone());
    let id = office.write(move |tx| acts::open_case(tx, &o, &b, &new)).unwrap().id;
    let (o, b, i) = (office.clone(), by, id.clone());
    let settled = Settled { how: "known".into(), on: received };
    office.write(move |tx| acts::settle_identity(tx, &o, &b, &i, &settled)).unwrap();
    Bench { _dir: dir, office, org, clock, id }
}

impl Bench {
    fn to(&self, at: &str) {
        let at: Timestamp = at.parse().unwrap();
        self.clock.store(at.as_second(), Ordering::SeqCst);
    }

    fn round(&self) {
        rounds(&self.office, &self.office.by_job(&self.org, "rounds")).unwrap();
    }

    /// The reminders to staff so far: to whom, and about what.
    fn reminders(&self) -> Vec<(String, String)> {
        let read = self.office.read(|tx| {
            let mut all = Vec::new();
            for row in post_sql::letters_in(tx, &self.org, "waiting", 100)? {
                let (row, letter) = post::open(tx, self.office.vault(), &self.org, &row.id)?;
                if row.name == "staff-due" {
                    all.push((letter.to.unwrap_or_default(), letter.subject));
                }
            }
            Ok(all)
        });
        read.unwrap()
    }

    fn row(&self) -> CaseRow {
        self.office.read(|tx| sql::case_by_id(tx, &self.org, &self.id)).unwrap()
    }

    /// Puts the case into the state of one whose answer went out by a link.
    fn sent(&self, link: Option<SignedDuration>) {
        let (o, by, id) = (self.office.clone(), self.office.by_command(&self.org), self.id.clone());
        let on = dates::day_of(by.now);
        let done = self.office.chore(move |tx| {
            let mut case = acts::load(tx, &o, &by, &id)?;
            case.row.request.state = State::Sent { on };
            acts::save(tx, &o, &by, case)
        });
        done.unwrap();
        if let Some(lasts) = link {
            let (org, id, now) = (self.org.clone(), self.id.clone(), self.office.now());
            let pack = move |tx: &mut candour_db::Tx<'_>| {
                let row = PackRow {
                    id: "pack-1".into(),
                    number: 1,
                    complete: true,
                    left_out: 0,
                    items: 1,
                    blob: "none".into(),
                    sha256: String::new(),
                    bytes: 0,
                    gate: "[]".into(),
                    made: now,
                    fetched: None,
                };
                insert_pack(tx, &org, &id, &row)?;
                let row = Handover {
                    id: "hand-1".into(),
                    case: id.clone(),
                    pack: "pack-1".into(),
                    code: None,
                    tries: 0,
                    made: now,
                    ends: Some(now + lasts),
                    reminded: None,
                    fetched: None,
                    ended: None,
                    ended_why: None,
                };
                insert_handover(tx, &org, &row)
            };
            self.office.chore(pack).unwrap();
        }
    }
}

#[test]
fn whoever_works_on_a_case_is_reminded_of_its_date() {
    let b = bench();
    assert_eq!(b.row().act_by.unwrap().to_string(), "2026-11-30");
    let times = [
        ("2026-11-20T10:00:00Z", 0),
        ("2026-11-23T10:00:00Z", 1),
        ("2026-11-24T10:00:00Z", 1),
        ("2026-11-27T10:00:00Z", 2),
        ("2026-11-29T10:00:00Z", 3),
        ("2026-11-30T10:00:00Z", 3),
        ("2026-12-01T10:00:00Z", 4),
        ("2026-12-02T10:00:00Z", 4),
        ("2026-12-08T10:00:00Z", 5),
    ];
    for (at, n) in times {
        b.to(at);
        b.round();
        b.round();
        assert_eq!(b.reminders().len(), n, "{at}: {:?}", b.reminders());
    }
    let all = b.reminders();
    assert!(all.iter().all(|(to, _)| to == "privacy@harbour.example"), "nobody has it: {all:?}");
    assert!(all[0].1.contains("due in 7 days") && all[2].1.contains("tomorrow"), "{all:?}");
    assert!(all[4].1.contains("late"), "{all:?}");
}

#[test]
fn the_one_who_has_the_case_is_the_one_who_is_reminded() {
    use crate::staff::Role;
    use crate::staff::acts::{NewStaff, add};
    let b = bench();
    let (vault, by) = (b.office.vault().clone(), b.office.by_command(&b.org));
    let new = NewStaff {
        name: "Ann Lee".into(),
        email: "ann@harbour.example".into(),
        role: Role::CaseWorker,
        password: None,
    };
    let by2 = by.clone();
    b.office.write(move |tx| Ok(add(tx, &vault, &by2, &new)?.map(drop))).unwrap();
    let all = b.office.read(|tx| crate::staff::sql::all(tx, &b.org)).unwrap();
    let (o, id, ann) = (b.office.clone(), b.id.clone(), all[0].id.clone());
    b.office.write(move |tx| acts::assign(tx, &o, &by, &id, Some(&ann))).unwrap();
    b.to("2026-11-27T10:00:00Z");
    b.round();
    let all = b.reminders();
    assert!(all.len() == 1 && all[0].0 == "ann@harbour.example", "{all:?}");
}

#[test]
fn nobody_is_reminded_while_the_person_is_waited_for() {
    let b = bench();
    let (o, by, id) = (b.office.clone(), b.office.by_command(&b.org), b.id.clone());
    b.office.write(move |tx| acts::clarify(tx, &o, &by, &id, "Which years?")).unwrap();
    b.to("2026-12-20T10:00:00Z");
    b.round();
    assert_eq!(b.reminders(), []);
}

#[test]
fn a_sent_case_is_closed_when_its_link_has_ended() {
    let b = bench();
    b.sent(Some(SignedDuration::from_hours(24 * 40)));
    b.to("2026-12-11T10:00:00Z");
    b.round();
    assert!(matches!(b.row().request.state, State::Sent { .. }), "its link still works");
    b.to("2026-12-13T10:00:00Z");
    b.round();
    let closed = b.row().request.state;
    assert!(matches!(closed, State::Closed { outcome: Outcome::Answered, .. }), "{closed:?}");
}

#[test]
fn a_case_sent_by_post_is_closed_after_the_days_of_a_link() {
    let b = bench();
    b.sent(None);
    b.to("2026-11-30T10:00:00Z");
    b.round();
    assert!(matches!(b.row().request.state, State::Sent { .. }));
    b.to("2026-12-01T10:00:00Z");
    b.round();
    assert!(matches!(b.row().request.state, State::Closed { .. }));
}

#[test]
fn the_dates_of_open_cases_follow_the_settings() {
    let b = bench();
    b.round();
    assert_eq!(b.row().version, 2, "nothing has changed");
    let mut charter = Charter::parse(include_str!("../demo/charter.toml")).unwrap();
    charter.rights.own_target_days = None;
    let (vault, by) = (b.office.vault().clone(), b.office.by_command(&b.org));
    b.office.write(move |tx| charter::set(tx, &vault, &by, &charter)).unwrap();
    b.round();
    assert_eq!(b.row().act_by.unwrap().to_string(), "2026-12-02", "the promise is gone");
}
