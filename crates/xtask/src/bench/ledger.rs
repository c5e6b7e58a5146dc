//! The log and the disk.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use serde::Deserialize;

use super::cost::cost;
use super::{Args, Goal, Line, example};
use crate::tool;

/// Verifying a bundle beside bare SHA-256 over the same bytes.
pub fn verify(args: &Args) -> Result<Vec<Line>> {
    #[derive(Deserialize)]
    struct Said {
        entries: u64,
        bytes: u64,
        verify_seconds: f64,
        files_seconds: f64,
        sha_seconds: f64,
    }
    let entries = args.size * 10;
    let cost = cost(example("candour-ledger", "bench")?.arg(entries.to_string()))?;
    let said: Said = serde_json::from_str(&cost.said)?;
    ensure!(said.entries == entries, "{} entries of {entries}", said.entries);
    let behind = |what: &str, seconds: f64| {
        format!(
            "{} MB: {:.2} s, {what} {seconds:.2} s",
            said.bytes / 1_000_000,
            said.verify_seconds
        )
    };
    // Whoever hashes a log must read it as well; the second line leaves that out of the one side.
    Ok(vec![
        Line::new(
            format!("verifying {entries} entries / SHA-256 of the same files"),
            said.verify_seconds / said.files_seconds,
            Some(Goal::AtMost(2.0)),
            behind("SHA-256 of the files", said.files_seconds),
        ),
        Line::new(
            format!("verifying {entries} entries / SHA-256 of the same bytes in memory"),
            said.verify_seconds / said.sha_seconds,
            Some(Goal::AtMost(2.0)),
            behind("SHA-256 in memory", said.sha_seconds),
        ),
    ])
}

/// Durable writes beside what the disk can make durable one by one.
pub fn commits(args: &Args) -> Result<Vec<Line>> {
    #[derive(Deserialize)]
    struct Said {
        writes: u64,
        seconds: f64,
    }
    // In the build folder: a temporary folder may be in memory.
    let dir = tempfile::tempdir_in(tool::target())?;
    let mut lines = Vec::new();
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
        lines.push(Line::new(
            format!("durable writes, {writers} writers / syncs of this disk"),
            rate / disk,
            (writers == 64).then_some(Goal::AtLeast(20.0)),
            format!(
                "{rate:.0}/s, disk {disk:.0}/s, {:.1} µs of processor each",
                cost.cpu / writes as f64 * 1e6
            ),
        ));
    }
    Ok(lines)
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
