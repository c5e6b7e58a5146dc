//! The connectors alone: one person among many.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::cost::cost;
use super::site::Site;
use super::{Args, Goal, Line, example};
use crate::club::{self, Engine};
use crate::tool;

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

/// Over a file.
pub fn sqlite(args: &Args) -> Result<Vec<Line>> {
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
    Ok(vec![Line::new(
        format!("finding {} of {} rows / reading every row, SQLite", club::FOUND, args.size * 12),
        took / all,
        Some(Goal::AtMost(1.0)),
        format!("{took:.3} s, {cpu:.3} s of processor; every row {all:.3} s"),
    )])
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

/// Over a server.
pub fn postgres(args: &Args) -> Result<Vec<Line>> {
    let site = Site::start()?;
    site.run(&club::sql(Engine::Postgres, args.size))?;
    let dir = tempfile::tempdir_in(tool::target())?;
    let map = dir.path().join("club.toml");
    fs::write(&map, site.map(dir.path())?)?;
    let before = site.cpu()?;
    let (took, cpu) = search(&map)?;
    let theirs = (site.cpu()? - before) / 3.0;
    let mut all = f64::MAX;
    let before = site.cpu()?;
    for _ in 0..3 {
        let mut copy = site.psql()?;
        for table in ["members", "addresses", "messages"] {
            copy.args(["-c", &format!("COPY {table} TO STDOUT")]);
        }
        let start = Instant::now();
        ensure!(tool::ok(copy.stdout(Stdio::null()))?, "COPY failed");
        all = all.min(start.elapsed().as_secs_f64());
    }
    let copied = (site.cpu()? - before) / 3.0;
    Ok(vec![Line::new(
        format!("finding {} of {} rows / COPY of every row", club::FOUND, args.size * 12),
        took / all,
        Some(Goal::AtMost(1.0)),
        format!(
            "{took:.3} s, {cpu:.3} s of processor here, {theirs:.3} s there; COPY {all:.3} s, \
             {copied:.3} s there"
        ),
    )])
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
}
