//! What the daily rounds sweep up, and what becomes of a job whose process died.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use super::*;
use crate::kit::blobs::{self, BlobReader, BlobWriter};
use crate::kit::limits;
use crate::mailing::hooks::tests::{House, both};

/// An office whose clock can be moved.
fn office(dir: &std::path::Path) -> (Office, String, Arc<AtomicI64>) {
    drop(Office::init(dir, None).unwrap());
    let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let clock = Arc::new(AtomicI64::new(at.as_second()));
    let hand = clock.clone();
    let now = move || Timestamp::from_second(hand.load(Ordering::SeqCst)).unwrap();
    let office = Office::open_at(dir, None, Box::new(now)).unwrap();
    let charter = charter::Charter::parse(include_str!("demo/charter.toml")).unwrap();
    let org = office.found(charter).unwrap();
    (office, org, clock)
}

#[test]
fn the_rounds_sweep_what_a_crash_left_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (office, org, clock) = office(dir.path());
    let (vault, o, now) = (office.vault().clone(), org.clone(), office.now());
    let key = office.chore(move |tx| vault.key_for(tx, &o, "office", now)).unwrap();
    let write = || {
        let now = office.now();
        let start = BlobWriter::start(office.db(), office.vault(), &org, &key, "pack", now);
        let mut blob = start.unwrap();
        blob.add(&vec![7; 3 << 20]).unwrap();
        blob
    };
    // One cut while it was written, one while it was read again, one that came to its end.
    let cut = write().id().to_owned();
    let unread = write().end().unwrap().id;
    let whole = write().end().unwrap();
    let done = whole.clone();
    office.chore(move |tx| blobs::finish(tx, &done)).unwrap();
    office.chore(|tx| limits::wrong(tx, [1; 32], Timestamp::UNIX_EPOCH, |_, _| None)).unwrap();
    let there = |id: &str| office.read(|tx| Ok(sql::chunk(tx, id, 0).is_ok())).unwrap();
    let all = || [there(&cut), there(&unread), there(&whole.id)];
    clock.fetch_add(47 * 3600, Ordering::SeqCst);
    let at_work = write().id().to_owned();
    rounds(&office, &org).unwrap();
    assert_eq!(all(), [true; 3], "somebody may still be at work on it");
    assert_eq!(office.read(sql::tries).unwrap(), 0, "old tries are forgotten");
    clock.fetch_add(2 * 3600, Ordering::SeqCst);
    rounds(&office, &org).unwrap();
    assert_eq!(all(), [false, false, true]);
    assert!(there(&at_work));
    BlobReader::open(office.db(), office.vault(), &org, &whole.id).unwrap();
}

#[test]
fn a_job_whose_lease_ran_out_is_taken_up() {
    let dir = tempfile::tempdir().unwrap();
    let (office, org, clock) = office(dir.path());
    let (o, now) = (org.clone(), office.now());
    office.chore(move |tx| queue_rounds(tx, &o, now)).unwrap();
    // A process claims it and dies.
    let claimed = office.chore(move |tx| sql::claim_job(tx, now, now + jobs::LEASE)).unwrap();
    assert_eq!(claimed.unwrap().kind, "rounds");
    let mut connections = Connections::default();
    clock.fetch_add(59, Ordering::SeqCst);
    assert!(!once(&office, &mut connections).unwrap(), "it may still be at work");
    clock.fetch_add(2, Ordering::SeqCst);
    assert!(once(&office, &mut connections).unwrap());
    assert!(!once(&office, &mut connections).unwrap(), "it was done, and once");
}

#[test]
fn a_job_that_kills_whoever_takes_it_up_comes_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let (office, org, clock) = office(dir.path());
    let (o, now) = (org.clone(), office.now());
    office.chore(move |tx| jobs::queue(tx, &o, "search", "none", now)).unwrap();
    for _ in 0..jobs::TRIES {
        let now = office.now();
        let claimed = office.chore(move |tx| sql::claim_job(tx, now, now + jobs::LEASE)).unwrap();
        assert_eq!(claimed.unwrap().kind, "search");
        clock.fetch_add(61, Ordering::SeqCst);
    }
    let mut connections = Connections::default();
    assert_eq!(office.read(sql::failed_jobs).unwrap(), 0);
    assert!(once(&office, &mut connections).unwrap());
    assert_eq!(office.read(sql::failed_jobs).unwrap(), 1, "doctor and Today show it");
    clock.fetch_add(3600, Ordering::SeqCst);
    assert!(!once(&office, &mut connections).unwrap(), "nobody takes it up again");
}

/// A job that waits, in a state and after so many claims.
fn kept(office: &Office, job: &Job) -> (bool, bool) {
    office.read(|tx| Ok((sql::holds_job(tx, job)?, sql::a_job_is_due(tx, office.now())?))).unwrap()
}

#[test]
fn who_lost_a_job_s_lease_says_nothing_more_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let (office, org, clock) = office(dir.path());
    let (o, now) = (org.clone(), office.now());
    office.chore(move |tx| queue_rounds(tx, &o, now)).unwrap();
    let claim = || {
        let now = office.now();
        office.chore(move |tx| sql::claim_job(tx, now, now + jobs::LEASE)).unwrap().unwrap()
    };
    // The first process is halted, and a second takes the job up.
    let first = claim();
    clock.fetch_add(61, Ordering::SeqCst);
    let second = claim();
    assert_eq!(first.id, second.id);
    let (late, until) = (first.clone(), office.now() + jobs::LEASE * 10);
    assert!(!office.chore(move |tx| sql::renew_job(tx, &late, until)).unwrap());
    for outcome in [Ok(()), Err(Error::Unavailable("late".into())), Err(Error::Denied("late"))] {
        finish(&office, first.clone(), outcome).unwrap();
        assert_eq!(kept(&office, &second), (true, false), "the second is still at it");
    }
    finish(&office, second.clone(), Ok(())).unwrap();
    finish(&office, first, Err(Error::Unavailable("late".into()))).unwrap();
    clock.fetch_add(3600, Ordering::SeqCst);
    assert_eq!(kept(&office, &second), (false, false), "it was done");
}

#[test]
fn what_is_wanted_while_it_is_done_is_done_once_more() {
    for postgres in both() {
        let house = House::new(postgres);
        let (office, org) = (&house.office, &house.by.org);
        let want = || {
            let (o, now) = (org.clone(), office.now());
            office.chore(move |tx| jobs::queue(tx, &o, "search", "a case", now)).unwrap();
        };
        let claim = || {
            let now = office.now();
            office.chore(move |tx| sql::claim_job(tx, now, now + jobs::LEASE)).unwrap()
        };
        want();
        want();
        let job = claim().unwrap();
        // The job has looked and found nothing more to do; then there is.
        want();
        want();
        assert!(claim().is_none(), "one at a time");
        finish(office, job, Ok(())).unwrap();
        let again = claim().unwrap();
        assert_eq!(again.tries, 1);
        finish(office, again, Err(Error::Denied("it"))).unwrap();
        assert!(claim().is_none(), "nobody wanted it again");
    }
}

#[test]
fn a_night_that_goes_wrong_is_followed_by_another() {
    let dir = tempfile::tempdir().unwrap();
    let (office, org, clock) = office(dir.path());
    let (o, now) = (org.clone(), office.now());
    office.chore(move |tx| queue_rounds(tx, &o, now)).unwrap();
    let lost = |tx: &mut Tx<'_>| Ok(tx.exec("DELETE FROM charters", &[])?);
    office.chore(lost).unwrap();
    let mut connections = Connections::default();
    assert!(once(&office, &mut connections).unwrap());
    assert_eq!(office.read(sql::failed_jobs).unwrap(), 1, "no trouble that passes");
    assert!(!once(&office, &mut connections).unwrap());
    clock.fetch_add(24 * 3600, Ordering::SeqCst);
    assert!(once(&office, &mut connections).unwrap());
}

/// A letter under a key of its own, on its way; answers its job.
fn letter(office: &Office, org: &str) -> Job {
    let (vault, o, now) = (office.vault().clone(), org.to_owned(), office.now());
    let letter = post::Letter {
        name: format!("told{}", post::ONCE),
        to: Some("a@example.org".into()),
        from: ("The Society".into(), "office@example.org".into()),
        subject: "A letter".into(),
        text: "Words".into(),
        thread: "told".into(),
    };
    let put = move |tx: &mut Tx<'_>| {
        let key = vault.make_key(tx, &o, "letter", now)?;
        post::put(tx, &vault, &o, None, &key, &letter, now)
    };
    office.chore(put).unwrap();
    office.chore(move |tx| sql::claim_job(tx, now, now + jobs::LEASE)).unwrap().unwrap()
}

#[test]
fn a_letter_that_was_sent_stays_so_whatever_another_process_met() {
    let dir = tempfile::tempdir().unwrap();
    let (office, org, _) = office(dir.path());
    let job = letter(&office, &org);
    let state = || {
        let row = office.read(|tx| sql::a_letter(tx, &org, &job.about)).unwrap();
        (row.state, office.read(sql::failed_jobs).unwrap())
    };
    send(&office, &job).unwrap();
    assert_eq!(state(), ("outbox".into(), 0));
    // It crashed before it noted that its job was done: nobody can read the letter any more.
    send(&office, &job).unwrap();
    let (about, now) = (job.about.clone(), office.now());
    let late = move |tx: &mut Tx<'_>| sql::letter_state(tx, &about, "failed", Some("late"), now);
    assert!(!office.chore(late).unwrap());
    assert_eq!(state(), ("outbox".into(), 0));
}
