//! `cargo xtask bench screening`: a list screened beside DuckDB doing a plain anti-join of the same
//! files, beside a bare copy through the `csv` crate, and beside the hashing alone. The rows kept
//! are compared one by one.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use super::{Goal, Line};
use crate::tool;

/// The version of DuckDB that is measured against.
const DUCKDB: &str = "duckdb>=2,<3";

/// Runs each of the three; the best wall time and the least processor time count.
const RUNS: usize = 3;

/// What one run cost, as the programs print it.
#[derive(Debug, Clone, Deserialize)]
struct Cost {
    rows: u64,
    allowed: u64,
    /// Seconds of the clock.
    wall: f64,
    /// Seconds of the processor.
    cpu: f64,
    /// Peak of memory in kB.
    peak_rss: f64,
}

impl Cost {
    fn said(&self) -> String {
        let megabytes = self.peak_rss / 1000.0;
        format!("{:.2} s, {:.2} s of processor, {megabytes:.0} MB", self.wall, self.cpu)
    }
}

/// DuckDB's part, with two threads. `plain` joins on the bare addresses and loses the order of the
/// rows, which is less work than ours; `keyed` joins on hashes under a key and keeps the order. It
/// has no HMAC, so one SHA-256 stands for the two of ours, and it hashes neither file.
const ANTI_JOIN: &str = r#"
import duckdb, json, resource, sys, time
folder = sys.argv[1]
start = time.monotonic()
c = duckdb.connect()
c.execute("SET threads = 2")
c.execute("SET enable_progress_bar = false")
keyed = sys.argv[2] == "keyed"
c.execute(f"SET preserve_insertion_order = {'true' if keyed else 'false'}")
key = "lower(trim({}.email))"
key = f"sha256('" + "k" * 32 + f"' || {key})" if keyed else key
read = "read_csv('{}/{}', header = true, all_varchar = true)"
c.execute(f"""COPY (
    SELECT l.* FROM {read.format(folder, 'list.csv')} l
    ANTI JOIN {read.format(folder, 'stops.csv')} s ON {key.format('l')} = {key.format('s')}
) TO '{folder}/duckdb.csv' (HEADER)""")
wall = time.monotonic() - start
use = resource.getrusage(resource.RUSAGE_SELF)
rows = sum(1 for _ in open(folder + '/list.csv', 'rb')) - 1
kept = sum(1 for _ in open(folder + '/duckdb.csv', 'rb')) - 1
print(json.dumps({"rows": rows, "allowed": kept, "wall": wall,
                  "cpu": use.ru_utime + use.ru_stime, "peak_rss": use.ru_maxrss}))
"#;

/// Makes a list of a hundred rows for each of the size and a tenth as many stopped addresses, and
/// measures.
pub fn run(args: &super::Args) -> Result<Vec<Line>> {
    let rows = args.size * 100;
    let python = python()?;
    let example = example()?;
    // In the build folder: a temporary folder may be in memory.
    let dir = tempfile::tempdir_in(tool::target())?;
    let folder = dir.path();
    let numbers = [rows.to_string(), (rows / 10).max(1).to_string()];
    tool::output(Command::new(&example).arg("make").arg(folder).args(&numbers))?;
    let (mut ours, mut theirs, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    let (mut keyed, mut leasts) = (Vec::new(), Vec::new());
    // In turn, so that whatever else the machine does meets all of them.
    for _ in 0..RUNS {
        ours.push(cost(Command::new(&example).arg("run").arg(folder))?);
        for (how, costs) in [("keyed", &mut keyed), ("plain", &mut theirs)] {
            let mut join = Command::new(&python);
            costs.push(cost(join.args(["-c", ANTI_JOIN]).arg(folder).arg(how))?);
        }
        copies.push(cost(Command::new(&example).arg("copy").arg(folder))?);
        leasts.push(cost(Command::new(&example).arg("least").arg(folder))?);
    }
    let (ours, theirs, keyed, copy) = (best(&ours)?, best(&theirs)?, best(&keyed)?, best(&copies)?);
    let least = best(&leasts)?;
    ensure!(ours.rows == rows && theirs.rows == rows, "rows were lost on the way");
    let same = same_ids(folder, rows)?;
    let kept = [ours.allowed, theirs.allowed, keyed.allowed];
    ensure!(kept.iter().all(|n| *n == same), "not the same rows were kept");
    Ok(lines(rows, same, [&ours, &theirs, &keyed, &copy, &least]))
}

fn lines(rows: u64, same: u64, [ours, theirs, keyed, copy, least]: [&Cost; 5]) -> Vec<Line> {
    let behind = |other: &Cost| {
        format!("{} beside {}; {same} of {rows} rows kept by all", ours.said(), other.said())
    };
    vec![
        Line::new(
            "screening: DuckDB's plain join, times as long",
            theirs.wall / ours.wall,
            Some(Goal::AtLeast(4.0)),
            behind(theirs),
        ),
        Line::new(
            "screening: processor / DuckDB's plain join",
            ours.cpu / theirs.cpu,
            Some(Goal::AtMost(0.5)),
            behind(theirs),
        ),
        // Shared evenly by two processors, the hashing alone leaves no more than this.
        Line::new(
            "screening: the most of \u{201c}times as long\u{201d} that hashing leaves on two processors",
            theirs.wall / (least.cpu / 2.0),
            None,
            behind(least),
        ),
        Line::new(
            "screening: DuckDB's join on keyed hashes, times as long",
            keyed.wall / ours.wall,
            None,
            behind(keyed),
        ),
        Line::new(
            "screening: processor / DuckDB's join on keyed hashes",
            ours.cpu / keyed.cpu,
            None,
            behind(keyed),
        ),
        Line::new(
            "screening: peak memory, MB",
            ours.peak_rss / 1000.0,
            Some(Goal::AtMost(100.0)),
            ours.said(),
        ),
        Line::new(
            "screening / a copy through the csv reader",
            ours.wall / copy.wall,
            Some(Goal::AtMost(2.0)),
            behind(copy),
        ),
    ]
}

fn example() -> Result<PathBuf> {
    let mut cargo = tool::cargo();
    cargo.args(["build", "--quiet", "--release", "-p", "candour-screening", "--example", "screen"]);
    ensure!(tool::ok(&mut cargo)?, "the example screen does not build");
    Ok(tool::target().join("release/examples/screen"))
}

/// The Python of an environment of its own, with DuckDB in it.
fn python() -> Result<PathBuf> {
    let home = tool::target().join("duckdb");
    let python = home.join("bin/python");
    let mut there = Command::new(&python);
    if !there.args(["-c", "import duckdb"]).output().is_ok_and(|o| o.status.success()) {
        let python3 = tool::need("python3")?;
        tool::output(Command::new(python3).args(["-m", "venv"]).arg(&home))?;
        tool::output(Command::new(&python).args(["-m", "pip", "install", "--quiet", DUCKDB]))?;
    }
    Ok(python)
}

fn cost(command: &mut Command) -> Result<Cost> {
    let said = tool::output(command)?;
    serde_json::from_str(&said).with_context(|| format!("not a cost: {said}"))
}

/// The least of each figure; every run must have given the same answer.
fn best(runs: &[Cost]) -> Result<Cost> {
    let Some(mut best) = runs.first().cloned() else { bail!("nothing was run") };
    for run in runs {
        ensure!((run.rows, run.allowed) == (best.rows, best.allowed), "two runs differ");
        best.wall = best.wall.min(run.wall);
        best.cpu = best.cpu.min(run.cpu);
        best.peak_rss = best.peak_rss.max(run.peak_rss);
    }
    Ok(best)
}

/// How many rows both kept. An error if there is one that only one of them kept.
fn same_ids(folder: &Path, rows: u64) -> Result<u64> {
    let kept = |name: &str| -> Result<Vec<bool>> {
        let mut kept = vec![false; usize::try_from(rows)?];
        for line in BufReader::new(File::open(folder.join(name))?).lines().skip(1) {
            let line = line?;
            let id: usize = line.split(',').next().unwrap_or_default().parse()?;
            let known = kept.get_mut(id).context("an id that is not in the list")?;
            ensure!(!std::mem::replace(known, true), "{name}: a row stands there twice");
        }
        Ok(kept)
    };
    let (ours, theirs) = (kept("allowed.csv")?, kept("duckdb.csv")?);
    if let Some(id) = ours.iter().zip(&theirs).position(|(a, b)| a != b) {
        bail!("only one of the two kept row {id}");
    }
    // Not left lying about: they are as large as the list.
    fs::remove_file(folder.join("duckdb.csv"))?;
    Ok(u64::try_from(ours.iter().filter(|k| **k).count())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_one_side_lost_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, rows: &str| fs::write(dir.path().join(name), rows).unwrap();
        write("allowed.csv", "id,x\n0,a\n2,b\n");
        write("duckdb.csv", "id,x\n2,b\n0,a\n");
        assert_eq!(same_ids(dir.path(), 3).unwrap(), 2);
        write("duckdb.csv", "id,x\n0,a\n1,b\n");
        assert!(same_ids(dir.path(), 3).unwrap_err().to_string().contains("row 1"));
        write("duckdb.csv", "id,x\n0,a\n0,a\n2,b\n");
        assert!(same_ids(dir.path(), 3).is_err());
    }
}
