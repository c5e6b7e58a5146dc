//! A list and addresses to keep out of it, made up and always the same; and what screening costs.
//!
//! `make FOLDER ROWS STOPS` writes `list.csv` (id, name, e-mail, phone, town) and `stops.csv`.
//! One row in twenty holds a stopped address, some written in other case or with spaces round it.
//! `run FOLDER` screens it, with caps and consents known as well, into `allowed.csv`, `blocked.csv`
//! and `unreadable.csv`; `copy FOLDER` copies the list through the `csv` crate, for comparison.
//! `least FOLDER` only does what no screening can leave out: it reads the list, takes the SHA-256
//! of what comes in and of as much going out, and the keyed hash of an address for each row.
//! Each prints what it cost, as JSON.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read as _, Write};
use std::path::Path;
use std::time::Instant;

use candour_screening::{
    At, Book, Column, KeyedHash, Kind, Outs, Plan, Reason, Verdict, Verdicts, screen,
};
use sha2::{Digest as _, Sha256};

type Answer = Result<(), Box<dyn std::error::Error>>;

const NAMES: [&str; 8] =
    ["Amara", "Bronwen", "Callum", "Dilys", "Ewan", "Farida", "Gwilym", "Harriet"];
const TOWNS: [&str; 6] =
    ["Aberystwyth", "Stow-on-the-Wold", "Leeds", "Kirkcaldy", "Omagh", "Penzance"];

fn address(n: u64) -> String {
    let name = NAMES[usize::try_from(n % 8).unwrap_or(0)].to_ascii_lowercase();
    format!("{name}.{n}@mail{}.example.org", n % 97)
}

fn make(folder: &Path, rows: u64, stops: u64) -> Answer {
    let mut list = BufWriter::new(File::create(folder.join("list.csv"))?);
    writeln!(list, "id,name,email,phone,town")?;
    for row in 0..rows {
        // Stopped addresses have numbers below `stops`, all others above.
        let stopped = row % 20 == 7 && stops > 0;
        let n = if stopped { (row / 20).wrapping_mul(7919) % stops } else { stops + row };
        let mut email = address(n);
        match row % 60 {
            7 => email = email.to_ascii_uppercase(),
            27 => email = format!(" {email} "),
            _ => {}
        }
        let name = NAMES[usize::try_from(row / 8 % 8).unwrap_or(0)];
        let town = TOWNS[usize::try_from(row % 6).unwrap_or(0)];
        writeln!(list, "{row},{name} Number {n},{email},07700 9{:05},{town}", row % 100_000)?;
    }
    list.flush()?;
    let mut out = BufWriter::new(File::create(folder.join("stops.csv"))?);
    writeln!(out, "email")?;
    for n in 0..stops {
        writeln!(out, "{}", address(n))?;
    }
    Ok(out.flush()?)
}

/// What is known of an address: a stop, as many messages as the cap allows, a yes.
const STOP: u32 = 0;
const CAP: u32 = 1;
const YES: u32 = 2;

fn verdicts() -> Verdicts {
    let reason = |code: &str, text: &str| Reason { code: code.into(), text: text.into() };
    let verdict = |rank, allowed, reason| Verdict { rank, allowed, reason };
    Verdicts {
        by_profile: vec![verdict(5, false, 0), verdict(3, false, 1), verdict(2, true, 2)],
        unknown: verdict(0, true, 3),
        reasons: vec![
            reason("stop", "They asked not to be contacted."),
            reason("cap", "They have had enough messages lately."),
            reason("yes", "They said yes to this."),
            reason("unknown", "Nothing is known against it."),
        ],
    }
}

/// Stops, one in twenty of them a cap instead, and as many addresses with a yes.
fn book(folder: &Path, keyed: &KeyedHash) -> Result<Book, Box<dyn std::error::Error>> {
    let stops = BufReader::new(File::open(folder.join("stops.csv"))?);
    let hash = |email: &str| keyed.of_written(Kind::Email, email).ok();
    let mut book = Book::with_capacity(2_000_000);
    let mut n = 0u64;
    let stops = stops.lines().skip(1).map_while(Result::ok).inspect(|_| n += 1);
    book.extend((0u64..).zip(stops).filter_map(|(at, email)| {
        Some((hash(&email)?, if at.is_multiple_of(20) { CAP } else { STOP }))
    }));
    // Beyond the stops every third address of the list has said yes.
    book.extend((0..n).filter_map(|yes| Some((hash(&address(n + 3 * yes))?, YES))));
    if book.len() as u64 != 2 * n {
        return Err("an address could not be read, or stood there twice".into());
    }
    Ok(book)
}

/// The run's own processor seconds and peak of memory in kB, from /proc.
fn cost() -> (f64, u64) {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: f64 =
        rest.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    let peak = peak.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0);
    (ticks / 100.0, peak)
}

fn run(folder: &Path) -> Answer {
    let start = Instant::now();
    let keyed = KeyedHash::new(&[7; 32]);
    let book = book(folder, &keyed)?;
    let loaded = start.elapsed().as_secs_f64();
    let plan = Plan::new(vec![Column { at: At::Name("email".into()), kind: Kind::Email }]);
    let outs = Outs::Files {
        allowed: folder.join("allowed.csv"),
        blocked: folder.join("blocked.csv"),
        unreadable: folder.join("unreadable.csv"),
        replace: true,
    };
    let list = folder.join("list.csv");
    let done = screen(&list, &plan, &book, &verdicts(), &keyed, &outs, &mut |_, _| {})?;
    let wall = start.elapsed().as_secs_f64();
    let (cpu, peak) = cost();
    println!(
        "{{\"rows\": {}, \"allowed\": {}, \"wall\": {wall:.3}, \"cpu\": {cpu:.2}, \
         \"peak_rss\": {peak}, \"load\": {loaded:.3}}}",
        done.rows, done.allowed
    );
    Ok(())
}

fn least(folder: &Path) -> Answer {
    let start = Instant::now();
    let mut list = File::open(folder.join("list.csv"))?;
    let (keyed, address) = (KeyedHash::new(&[7; 32]), address(1_234_567));
    let (mut came, mut went) = (Sha256::new(), Sha256::new());
    let (mut part, mut ends) = (vec![0; 256 * 1024], 0u64);
    loop {
        let len = list.read(&mut part)?;
        if len == 0 {
            break;
        }
        came.update(&part[..len]);
        went.update(&part[..len]);
        for _ in memchr::memchr_iter(b'\n', &part[..len]) {
            std::hint::black_box(keyed.of(Kind::Email, std::hint::black_box(&address)));
            ends += 1;
        }
    }
    std::hint::black_box((came.finalize(), went.finalize()));
    said(ends - 1, start.elapsed().as_secs_f64());
    Ok(())
}

/// Prints what it cost to handle these rows, all of which are allowed.
fn said(rows: u64, wall: f64) {
    let (cpu, peak) = cost();
    println!(
        "{{\"rows\": {rows}, \"allowed\": {rows}, \"wall\": {wall:.3}, \"cpu\": {cpu:.2}, \
         \"peak_rss\": {peak}, \"load\": 0}}"
    );
}

fn copy(folder: &Path) -> Answer {
    let start = Instant::now();
    let mut list =
        csv::ReaderBuilder::new().has_headers(false).from_path(folder.join("list.csv"))?;
    let mut to = csv::Writer::from_path(folder.join("copy.csv"))?;
    let (mut row, mut rows) = (csv::ByteRecord::new(), 0u64);
    while list.read_byte_record(&mut row)? {
        to.write_byte_record(&row)?;
        rows += 1;
    }
    to.flush()?;
    said(rows - 1, start.elapsed().as_secs_f64());
    Ok(())
}

fn main() -> Answer {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["make", folder, rows, stops] => make(Path::new(folder), rows.parse()?, stops.parse()?),
        ["run", folder] => run(Path::new(folder)),
        ["copy", folder] => copy(Path::new(folder)),
        ["least", folder] => least(Path::new(folder)),
        _ => Err("make FOLDER ROWS STOPS, run FOLDER, copy FOLDER, or least FOLDER".into()),
    }
}
