//! Times the verifier against bare SHA-256 over the same bytes, on the same number of threads.
//!
//! `cargo run --release -p candour-ledger --example bench -- 1000000` writes a bundle of a million
//! entries to a temporary folder, verifies it, hashes its entries, and prints one line of JSON.
//! `files_seconds` is what bare SHA-256 of the same files takes, which must be read too;
//! `sha_seconds` is one running hash over all entry bytes, already in memory; `sha_each_seconds` is
//! one hash per entry.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use candour_ledger::bundle::entries_path;
use candour_ledger::{Entry, LogKey, sign_checkpoint, verify_bundle, write_entries};
use sha2::{Digest, Sha256};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> Fallible<()> {
    let entries: u64 = std::env::args().nth(1).unwrap_or("100000".to_owned()).parse()?;
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("bundle");
    let origin = "candour.example/org/bench";
    let key = LogKey::new(origin, &[7; 32])?;
    let vkeys = [key.vkey()];
    let mut bytes = 0;
    let all = (0..entries).map(|i| {
        let entry = entry(i).to_bytes()?;
        bytes += entry.len() as u64;
        Ok(entry)
    });
    let start = Instant::now();
    write_entries(&dir, all, &vkeys, |size, root| sign_checkpoint(origin, size, root, &key))?;
    let write = start.elapsed().as_secs_f64();
    let threads = std::thread::available_parallelism()?.get();
    let (mut verify, mut sha, mut each) = (f64::MAX, f64::MAX, f64::MAX);
    let mut files = f64::MAX;
    // The best of five runs of each, in turns, so that a neighbour's load falls on both.
    for _ in 0..5 {
        files = files.min(hash(&dir, entries, threads, What::Files)?);
        sha = sha.min(hash(&dir, entries, threads, What::Running)?);
        let start = Instant::now();
        let verified = verify_bundle(&dir, &vkeys, None)?;
        verify = verify.min(start.elapsed().as_secs_f64());
        if verified.size != entries {
            return Err("the verifier saw another number of entries".into());
        }
        each = each.min(hash(&dir, entries, threads, What::Each)?);
    }
    println!(
        "{{\"entries\":{entries},\"bytes\":{bytes},\"threads\":{threads},\
         \"write_seconds\":{write:.3},\"verify_seconds\":{verify:.3},\
         \"files_seconds\":{files:.3},\"sha_seconds\":{sha:.3},\
         \"sha_each_seconds\":{each:.3}}}"
    );
    Ok(())
}

/// An entry like those of an office: an act on a case, under an article, with a commitment.
fn entry(i: u64) -> Entry {
    const ACTS: [(&str, &str); 5] = [
        ("request.received", "UK GDPR Art 12A(3)"),
        ("request.identity.settled", "UK GDPR Art 12(6)"),
        ("permission.objected", "UK GDPR Art 21(3)"),
        ("holding.erased", "UK GDPR Art 17(1)(a)"),
        ("incident.assessed", "UK GDPR Art 33(1)"),
    ];
    let random = Sha256::digest(i.to_be_bytes());
    let hex = hex::encode(random);
    let uuid = |at: usize| {
        let h = &hex[at..at + 32];
        format!("{}-{}-7{}-a{}-{}", &h[..8], &h[8..12], &h[13..16], &h[17..20], &h[20..])
    };
    let (act, law) = ACTS[usize::from(random[0]) % ACTS.len()];
    let at = jiff::Timestamp::from_millisecond(1_780_000_000_000 + i as i64 * 311)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let mut entry = Entry::new(&uuid(0), at, &format!("staff:{}", uuid(8)), act);
    entry.about = vec![format!("case:{}", uuid(16)), format!("holding:{}", uuid(32))];
    entry.law = vec![law.to_owned()];
    entry.commit = Some(random.into());
    entry
}

/// What is hashed.
#[derive(Clone, Copy, PartialEq)]
enum What {
    /// The files as they lie on the disk, and reading them counts.
    Files,
    /// All entries as one message, in memory.
    Running,
    /// Each entry as a message of its own, in memory.
    Each,
}

/// Seconds that the slowest thread spent.
fn hash(dir: &Path, entries: u64, threads: usize, what: What) -> Fallible<f64> {
    let (next, bundles) = (AtomicU64::new(0), entries.div_ceil(256));
    let work = || -> Fallible<Duration> {
        let mut spent = Duration::ZERO;
        let (mut running, mut file) = (Sha256::new(), Vec::new());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= bundles {
                std::hint::black_box(running.finalize());
                return Ok(spent);
            }
            let width = (entries - index * 256).min(256) as u16;
            let begin = Instant::now();
            file.clear();
            File::open(dir.join(entries_path(index, width)))?.read_to_end(&mut file)?;
            if what == What::Files {
                running.update(&file);
                spent += begin.elapsed();
                continue;
            }
            let (mut plain, mut ends, mut rest) = (Vec::new(), vec![0], file.as_slice());
            while let Some((length, after)) = rest.split_first_chunk() {
                let (entry, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
                plain.extend_from_slice(entry);
                ends.push(plain.len());
                rest = after;
            }
            let start = Instant::now();
            if what == What::Each {
                for ends in ends.windows(2) {
                    std::hint::black_box(Sha256::digest(&plain[ends[0]..ends[1]]));
                }
            } else {
                running.update(&plain);
            }
            spent += start.elapsed();
        }
    };
    let mut slowest = Duration::ZERO;
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for thread in running {
            slowest = slowest.max(thread.join().map_err(|_| "a thread failed")??);
        }
        Fallible::Ok(())
    })?;
    Ok(slowest.as_secs_f64())
}
