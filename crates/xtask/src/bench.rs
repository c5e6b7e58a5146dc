//! `cargo xtask bench`: what things cost, as ratios to a yardstick that is measured in the same
//! minute on the same machine. Each answer is checked; a wrong one ends the run.
//!
//! A part is a function in `PARTS` that prints its lines. Seconds are of the clock unless they are
//! said to be of the processor.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::club::{self, Engine};
use crate::guard::Guard;
use crate::{packages, tool};

/// `cargo xtask bench`
#[derive(clap::Args)]
pub struct Args {
    /// Only these parts: ledger, commits, find-sqlite, find-postgres, screening.
    parts: Vec<String>,
    /// How large: members of the club, writes; ledger entries are ten times that,
    /// rows to screen a hundred times.
    #[arg(long, default_value_t = 100_000)]
    size: u64,
}

/// One part: its name, and what it runs.
type Part = (&'static str, fn(&Args) -> Result<()>);

const PARTS: &[Part] = &[
    ("ledger", ledger),
    ("commits", commits),
    ("find-sqlite", find_sqlite),
    ("find-postgres", find_postgres),
    ("screening", |args| crate::bench_screening::run(args.size * 100)),
];

/// Runs the parts asked for, or all.
pub fn run(args: &Args) -> Result<u8> {
    if let Some(other) = args.parts.iter().find(|p| !PARTS.iter().any(|(n, _)| n == p)) {
        let known: Vec<&str> = PARTS.iter().map(|(n, _)| *n).collect();
        bail!("there is no part {other}: {}", known.join(", "));
    }
    let asked = |name: &str| args.parts.is_empty() || args.parts.iter().any(|p| p == name);
    for (name, part) in PARTS.iter().filter(|(n, _)| asked(n)) {
        tool::heading(name);
        part(args)?;
    }
    Ok(0)
}

/// An example of a crate, built for speed.
fn example(package: &str, name: &str) -> Result<Command> {
    let mut cargo = tool::cargo();
    cargo.args(["build", "--quiet", "--release", "-p", package, "--example", name]);
    ensure!(tool::ok(&mut cargo)?, "{package}: the example {name} does not build");
    Ok(Command::new(tool::target().join("release/examples").join(name)))
}

/// What a child cost.
struct Cost {
    said: String,
    /// Processor seconds of the child and its own children.
    cpu: f64,
}

fn cost(command: &mut Command) -> Result<Cost> {
    let before = children_cpu()?;
    let said = tool::output(command)?;
    Ok(Cost { said, cpu: children_cpu()? - before })
}

/// Fields of /proc/PID/stat behind the name, which may hold spaces: user and system time, and both
/// of children that have been waited for.
fn times(pid: &str) -> Result<[f64; 4]> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, rest) = text.rsplit_once(')').context("/proc/PID/stat")?;
    let ticks: Vec<f64> =
        rest.split_whitespace().skip(11).take(4).filter_map(|t| t.parse().ok()).collect();
    // Linux shows times in hundredths of a second to every program.
    let seconds: Vec<f64> = ticks.iter().map(|t| t / 100.0).collect();
    <[f64; 4]>::try_from(seconds).ok().context("/proc/PID/stat")
}

fn children_cpu() -> Result<f64> {
    let [_, _, user, system] = times("self")?;
    Ok(user + system)
}

/// Verifying a bundle beside bare SHA-256 over the same bytes.
fn ledger(args: &Args) -> Result<()> {
    #[derive(Deserialize)]
    struct Said {
        entries: u64,
        bytes: u64,
        verify_seconds: f64,
        sha_seconds: f64,
    }
    let entries = args.size * 10;
    let cost = cost(example("candour-ledger", "bench")?.arg(entries.to_string()))?;
    let said: Said = serde_json::from_str(&cost.said)?;
    ensure!(said.entries == entries, "{} entries of {entries}", said.entries);
    println!(
        "verify {entries} entries, {} MB: {:.2} s; SHA-256 alone {:.2} s; ratio {:.2}",
        said.bytes / 1_000_000,
        said.verify_seconds,
        said.sha_seconds,
        said.verify_seconds / said.sha_seconds
    );
    Ok(())
}

/// Durable writes beside what the disk can make durable one by one.
fn commits(args: &Args) -> Result<()> {
    #[derive(Deserialize)]
    struct Said {
        writes: u64,
        seconds: f64,
    }
    // In the build folder: a temporary folder may be in memory.
    let dir = tempfile::tempdir_in(tool::target())?;
    for writers in [1, 8, 64] {
        let disk = syncs_per_second(dir.path())?;
        let writes = if writers == 1 { args.size / 100 } else { args.size / 5 }.max(1);
        let folder = tempfile::tempdir_in(dir.path())?;
        let mut command = example("candour-db", "commits")?;
        command.arg(folder.path()).args([writers.to_string(), writes.to_string()]);
        let cost = cost(&mut command)?;
        let said: Said = serde_json::from_str(&cost.said)?;
        ensure!(said.writes == writes, "{} writes of {writes}", said.writes);
        let rate = writes as f64 / said.seconds;
        println!(
            "{writers} writers: {rate:.0} durable writes/s; the disk syncs {disk:.0}/s; ratio {:.2}; \
             {:.1} µs of processor each",
            rate / disk,
            cost.cpu / writes as f64 * 1e6
        );
    }
    Ok(())
}

/// How often a second this disk makes an appended page durable.
fn syncs_per_second(dir: &Path) -> Result<f64> {
    let mut file = tempfile::tempfile_in(dir)?;
    let (page, times) = ([7_u8; 4096], 300);
    let start = Instant::now();
    for _ in 0..times {
        file.write_all(&page)?;
        file.sync_data()?;
    }
    Ok(f64::from(times) / start.elapsed().as_secs_f64())
}

/// Answers the best of three searches, each checked, with the processor seconds of one.
fn search(map: &Path) -> Result<(f64, f64)> {
    let mut command = example("candour-connectors", "find")?;
    let cost = cost(command.arg(map).args([club::EMAIL, "3"]))?;
    let mut best = f64::MAX;
    for line in cost.said.lines() {
        let rows = line.split(' ').next().and_then(|n| n.parse::<u64>().ok());
        ensure!(rows == Some(club::FOUND), "{} rows are hers; found: {line}", club::FOUND);
        best = best.min(seconds(line).with_context(|| format!("no time in: {line}"))?);
    }
    Ok((best, cost.cpu / 3.0))
}

/// The time at the end of a line, as Rust writes it: `12.3ms`, `1.2s`, `900.0µs`.
fn seconds(line: &str) -> Option<f64> {
    let word = line.rsplit(' ').next()?;
    let digits = word.trim_end_matches(|c: char| c.is_alphabetic());
    let unit = match &word[digits.len()..] {
        "s" => 1.0,
        "ms" => 1e-3,
        "µs" => 1e-6,
        "ns" => 1e-9,
        _ => return None,
    };
    Some(digits.parse::<f64>().ok()? * unit)
}

fn find_sqlite(args: &Args) -> Result<()> {
    let dir = tempfile::tempdir_in(tool::target())?;
    let file = dir.path().join("club.db");
    let c = rusqlite::Connection::open(&file)?;
    c.execute_batch(&club::sql(Engine::Sqlite, args.size))?;
    let map = dir.path().join("club.toml");
    let head = "holding = \"club\"\ntitle = \"Club\"\nkind = \"sqlite\"\n[source]\n";
    fs::write(&map, format!("{head}path = \"club.db\"\n{}", club::MAP))?;
    let (took, cpu) = search(&map)?;
    let mut all = f64::MAX;
    for _ in 0..3 {
        all = all.min(read_everything(&c)?);
    }
    println!(
        "{} rows among {}: {took:.3} s, {cpu:.3} s of processor; reading every row {all:.3} s; \
         ratio {:.2}",
        club::FOUND,
        args.size * 12,
        took / all
    );
    Ok(())
}

/// Seconds to step through every column of every row.
fn read_everything(c: &rusqlite::Connection) -> Result<f64> {
    let start = Instant::now();
    for table in ["members", "addresses", "messages"] {
        let mut s = c.prepare(&format!("SELECT * FROM {table}"))?;
        let columns = s.column_count();
        let mut rows = s.query([])?;
        while let Some(row) = rows.next()? {
            for i in 0..columns {
                std::hint::black_box(row.get_ref(i)?);
            }
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

/// An address like `postgres://user:secret@host:port/name`, taken apart.
struct Server<'a> {
    user: &'a str,
    secret: &'a str,
    host: &'a str,
    port: &'a str,
}

impl<'a> Server<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (account, place) = url.split_once("://")?.1.rsplit_once('@')?;
        let ((user, secret), (place, _)) = (account.split_once(':')?, place.split_once('/')?);
        let (host, port) = place.split_once(':')?;
        Some(Self { user, secret, host, port })
    }

    fn psql(&self) -> Result<Command> {
        let bin = packages::postgres_folder().context("PostgreSQL is not installed")?;
        let mut c = Command::new(bin.join("psql"));
        c.env("PGPASSWORD", self.secret).stdin(Stdio::null());
        c.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.host, "-p", self.port]);
        c.args(["-U", self.user, "-d", "postgres"]);
        Ok(c)
    }
}

fn find_postgres(args: &Args) -> Result<()> {
    let guard = Guard::start(false)?;
    let of = |name: &str| {
        let found = guard.env.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
        found.with_context(|| format!("the servers did not say {name}"))
    };
    let (url, postmaster) = (of("CANDOUR_TEST_POSTGRES")?, of("CANDOUR_TEST_POSTGRES_PID")?);
    let server = Server::of(&url).context("an address of another form")?;
    let rest = children(&postmaster)?;
    let dir = tempfile::tempdir_in(tool::target())?;
    let script = dir.path().join("club.sql");
    fs::write(&script, club::sql(Engine::Postgres, args.size))?;
    tool::output(server.psql()?.arg("-f").arg(&script))?;
    fs::write(dir.path().join("secret"), server.secret)?;
    let map = dir.path().join("club.toml");
    fs::write(
        &map,
        format!(
            "holding = \"club\"\ntitle = \"Club\"\nkind = \"postgres\"\n[source]\nhost = \"{}\"\n\
             port = {}\ndatabase = \"postgres\"\nuser = \"{}\"\npassword_file = \"secret\"\n{}",
            server.host,
            server.port,
            server.user,
            club::MAP
        ),
    )?;
    let before = server_cpu(&postmaster, rest)?;
    let (took, cpu) = search(&map)?;
    let theirs = (server_cpu(&postmaster, rest)? - before) / 3.0;
    let mut all = f64::MAX;
    let before = server_cpu(&postmaster, rest)?;
    for _ in 0..3 {
        let mut copy = server.psql()?;
        for table in ["members", "addresses", "messages"] {
            copy.args(["-c", &format!("COPY {table} TO STDOUT")]);
        }
        let start = Instant::now();
        ensure!(tool::ok(copy.stdout(Stdio::null()))?, "COPY failed");
        all = all.min(start.elapsed().as_secs_f64());
    }
    let copied = (server_cpu(&postmaster, rest)? - before) / 3.0;
    println!(
        "{} rows among {}: {took:.3} s, {cpu:.3} s of processor here, {theirs:.3} s there; COPY of \
         every row {all:.3} s, {copied:.3} s there; ratio {:.2}, of the server's processor {:.2}",
        club::FOUND,
        args.size * 12,
        took / all,
        theirs / copied
    );
    Ok(())
}

/// Processor seconds of the server and of every session that has ended. A session's time counts
/// only when the server has taken note of its end, a moment after its client has gone; so this
/// waits until no more children are left than there were at `rest`.
fn server_cpu(postmaster: &str, rest: usize) -> Result<f64> {
    let until = Instant::now() + std::time::Duration::from_secs(10);
    while children(postmaster)? > rest && Instant::now() < until {
        std::thread::yield_now();
    }
    Ok(times(postmaster)?.iter().sum())
}

fn children(pid: &str) -> Result<usize> {
    let all = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(all.split_whitespace().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_rust_writes_them() {
        assert_eq!(seconds("42 rows, 9 bytes, 3 places, 12.5ms"), Some(0.0125));
        assert_eq!(seconds("1.2s"), Some(1.2));
        assert!((seconds("900.0µs").unwrap() - 0.0009).abs() < 1e-12);
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn an_address_is_taken_apart() {
        let s = Server::of("postgres://candour:se:cret@127.0.0.1:5432/postgres").unwrap();
        assert_eq!((s.user, s.secret, s.host, s.port), ("candour", "se:cret", "127.0.0.1", "5432"));
        assert!(Server::of("127.0.0.1").is_none());
    }
}
