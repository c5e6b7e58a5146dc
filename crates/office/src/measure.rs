//! `candour measure`: figures of this machine for `cargo xtask bench`. Ratios in one run, with the
//! answers checked; never a bare time. It writes into the office it is given: give it a fresh one.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::office::Office;
use crate::people::Asker;
use crate::proof::{Act, By, Recorded};
use crate::requests::acts::{self, NewCase};
use crate::requests::search::Connections;
use crate::requests::sql;
use crate::requests::{Body, Right, Settled, Via};
use crate::work;

/// What is measured.
#[derive(Clone, Copy, ValueEnum)]
pub enum What {
    /// Durable entries a second with many writers, against this disk's `fdatasync` rate.
    Entries,
    /// A write with its entry, against the same write without.
    Proof,
    /// Queued access requests a second, searched by the workers.
    Requests,
}

/// `candour measure`
#[derive(Args)]
pub struct MeasureArgs {
    /// What.
    what: What,
    /// Threads that write at once.
    #[arg(long, default_value_t = 64)]
    writers: usize,
    /// For how long, in seconds; or how many requests.
    #[arg(long, default_value_t = 3)]
    amount: u64,
    /// E-mail address of the people whose requests are queued; {n} becomes a number.
    #[arg(long, default_value = "member{n}@example.com")]
    email: String,
    #[command(flatten)]
    at: At,
}

/// Runs `candour measure`.
///
/// # Errors
/// As the office.
pub fn run(a: &MeasureArgs) -> Result<u8> {
    let (office, by) = a.at.open_org()?;
    let figures = match a.what {
        What::Entries => entries(&office, &by, a)?,
        What::Proof => proof(&office, &by, a)?,
        What::Requests => requests(&office, &by, a)?,
    };
    print_json(&figures)?;
    Ok(0)
}

/// Runs `f` on many threads for a time; answers how many calls a second succeeded.
fn rate(
    office: &Office,
    threads: usize,
    lasts: Duration,
    f: impl Fn(&Office, u64) -> Result<()> + Send + Sync + 'static,
) -> Result<f64> {
    let (f, done, stop) =
        (Arc::new(f), Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let begin = Instant::now();
    let all: Vec<_> = (0..threads)
        .map(|_| {
            let (office, f, done, stop) = (office.clone(), f.clone(), done.clone(), stop.clone());
            std::thread::spawn(move || -> Result<()> {
                while !stop.load(Ordering::Relaxed) {
                    f(&office, done.load(Ordering::Relaxed))?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        })
        .collect();
    std::thread::sleep(lasts);
    stop.store(true, Ordering::Relaxed);
    for t in all {
        t.join().map_err(|_| Error::fault("a writer panicked"))??;
    }
    Ok(done.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64())
}

/// How often this disk makes 4 kB durable in a second.
fn disk(office: &Office, lasts: Duration) -> Result<f64> {
    let path = office.data().join("measure.tmp");
    let mut file = std::fs::File::create(&path)?;
    let (block, begin, mut n) = ([7_u8; 4096], Instant::now(), 0_u32);
    while begin.elapsed() < lasts {
        file.write_all(&block)?;
        file.sync_data()?;
        n += 1;
    }
    std::fs::remove_file(path)?;
    Ok(f64::from(n) / begin.elapsed().as_secs_f64())
}

/// As by, at the office's present instant.
fn now(office: &Office, by: &By) -> By {
    By { now: office.now(), ..by.clone() }
}

fn one_write(office: &Office, by: &By) -> Result<()> {
    let by = now(office, by);
    office.write(move |tx| {
        let n = crate::kit::sql::next_number(tx, &by.org, "measure")?;
        let key = crate::kit::sql::key_of_scope(tx, &by.org, "office")?.unwrap_or_default();
        let act =
            Act::new("measure.counted").about("org", &by.org).say(&key, format!("Counted {n}"));
        Ok(Recorded::new(&by, (), act))
    })
}

fn one_chore(office: &Office, by: &By) -> Result<()> {
    let org = by.org.clone();
    office.chore(move |tx| {
        crate::kit::sql::next_number(tx, &org, "measure")?;
        crate::kit::sql::key_of_scope(tx, &org, "office").map(drop)
    })
}

fn new_case(by: &By, email: String) -> NewCase {
    let asker = Asker { name: "Someone".into(), emails: vec![email], ..Asker::default() };
    let body = Body { asker, ..Body::default() };
    NewCase { right: Right::Access, via: Via::Email, received: dates::day_of(by.now), body }
}

/// Opens a case: number, key, sealed content, letter of acknowledgement, job and two entries.
fn one_case(office: &Office, by: &By) -> Result<()> {
    let (o, by) = (office.clone(), now(office, by));
    let new = new_case(&by, "someone@example.com".into());
    office.write(move |tx| acts::open_case(tx, &o, &by, &new)).map(drop)
}

/// The same without its entries.
fn one_case_unproved(office: &Office, by: &By) -> Result<()> {
    let (o, by) = (office.clone(), now(office, by));
    let new = new_case(&by, "someone@example.com".into());
    office.chore(move |tx| acts::open_case(tx, &o, &by, &new).map(drop))
}

fn entries(office: &Office, by: &By, a: &MeasureArgs) -> Result<serde_json::Value> {
    let lasts = Duration::from_secs(a.amount);
    let before = size(office, by)?;
    let disk_before = disk(office, lasts / 3)?;
    let b = by.clone();
    let (begin, commits) = (Instant::now(), office.db().commits());
    let rate = rate(office, a.writers, lasts, move |o, _| one_write(o, &b))?;
    let commits = office.db().commits() - commits;
    let took = begin.elapsed().as_secs_f64();
    let disk_after = disk(office, lasts / 3)?;
    let kept = size(office, by)? - before;
    let counted = (rate * took).round();
    // Every answered write is in the tree: the log grew by as many entries.
    let checked = (kept as f64 - counted).abs() <= a.writers as f64;
    let fsyncs = f64::midpoint(disk_before, disk_after);
    Ok(json!({"entries_per_second": rate, "fdatasync_per_second": fsyncs,
              "ratio": rate / fsyncs, "entries": kept, "checked": checked, "commits": commits,
              "entries_per_commit": kept as f64 / commits as f64}))
}

fn size(office: &Office, by: &By) -> Result<u64> {
    let saved = office.read(|tx| crate::proof::sql::edge(tx, &by.org))?;
    let saved = saved.ok_or(Error::NotFound("the ledger"))?;
    Ok(candour_ledger::Edge::from_bytes(&saved)?.size())
}

/// One write, as an act or without its proof.
type Write = fn(&Office, &By) -> Result<()>;

/// The smallest change there is, and a real one: opening a case.
fn proof(office: &Office, by: &By, a: &MeasureArgs) -> Result<serde_json::Value> {
    let small = one_proof(office, by, a, one_write, one_chore)?;
    let case = one_proof(office, by, a, one_case, one_case_unproved)?;
    Ok(json!({"writers": a.writers, "small": small, "case": case}))
}

/// Plain and proved in turn, many times, so that a drifting machine hits both alike; the ratio is
/// that of the sums. Checked: the log grew by an entry for each proved write.
fn one_proof(
    office: &Office,
    by: &By,
    a: &MeasureArgs,
    proved: Write,
    plain: Write,
) -> Result<serde_json::Value> {
    const TURNS: u32 = 10;
    let lasts = Duration::from_secs(a.amount) / TURNS / 2;
    let (mut with, mut without) = (0.0, 0.0);
    let before = size(office, by)?;
    for turn in 0..TURNS * 2 {
        // Plain first, then proved first: what one leaves to be tidied is not the other's alone.
        let is_plain = [true, false, false, true][turn as usize % 4];
        let (write, b) = (if is_plain { plain } else { proved }, by.clone());
        let rate = rate(office, a.writers, lasts, move |o, _| write(o, &b))?;
        *(if is_plain { &mut without } else { &mut with }) += rate / f64::from(TURNS);
    }
    let entries = size(office, by)? - before;
    let written = with * a.amount as f64 / 2.0;
    Ok(json!({"with_entry_per_second": with, "without_per_second": without,
              "ratio": without / with, "entries": entries,
              "checked": entries as f64 >= written * 0.9}))
}

/// Logs requests, then has the workers search them all.
fn requests(office: &Office, by: &By, a: &MeasureArgs) -> Result<serde_json::Value> {
    let mut ids = Vec::new();
    for n in 1..=a.amount {
        let new = new_case(by, a.email.replace("{n}", &(n * 7).to_string()));
        let (o, b) = (office.clone(), by.clone());
        let opened = office.write(move |tx| acts::open_case(tx, &o, &b, &new))?;
        let settled = Settled { how: "known".into(), on: dates::day_of(by.now) };
        let (o, b, id) = (office.clone(), by.clone(), opened.id.clone());
        office.write(move |tx| acts::settle_identity(tx, &o, &b, &id, &settled))?;
        ids.push(opened.id);
    }
    let begin = Instant::now();
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let office = office.clone();
            std::thread::spawn(move || -> Result<()> {
                let mut connections = Connections::default();
                while work::once(&office, &mut connections)? {}
                Ok(())
            })
        })
        .collect();
    for w in workers {
        w.join().map_err(|_| Error::fault("a worker panicked"))??;
    }
    let took = begin.elapsed().as_secs_f64();
    let (mut items, mut unfinished) = (0, 0);
    for id in &ids {
        let rows = office.read(|tx| sql::searches(tx, &by.org, id))?;
        items += rows.iter().map(|s| s.items).sum::<u64>();
        unfinished += rows.iter().filter(|s| s.state != "done").count();
    }
    Ok(json!({"requests": a.amount, "per_second": a.amount as f64 / took, "items": items,
              "unfinished": unfinished}))
}
