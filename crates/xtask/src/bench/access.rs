//! Access requests over a club database in PostgreSQL, through the whole house: a heavy one, many
//! ordinary ones, and the same over a tenth of the members.

use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::cost::watched;
use super::house::House;
use super::site::Site;
use super::{Args, Goal, Line};
use crate::club::{self, Engine};
use crate::tool;

/// Ordinary requests in a row.
const ORDINARY: u64 = 100;

/// Runs the part.
pub fn run(args: &Args) -> Result<Vec<Line>> {
    let small = ordinary(args.size / 10)?;
    let (site, house) = over(args.size)?;
    let large = queued(&site, &house)?;
    let mut lines = vec![
        Line::new(
            "ordinary request, processor seconds here and there",
            large.cpu,
            Some(Goal::AtMost(0.02)),
            format!("{:.1} a second with two workers, {} items each", large.rate, large.items),
        ),
        Line::new(
            format!("ordinary request, {} members / {}", args.size, args.size / 10),
            large.cpu / small.cpu,
            Some(Goal::AtMost(1.25)),
            format!("{:.4} s, {:.4} s of processor", large.cpu, small.cpu),
        ),
    ];
    lines.extend(heavy(&site, &house, args.size)?);
    Ok(lines)
}

/// A server with a club of so many members, and an office over it.
fn over(members: u64) -> Result<(Site, House)> {
    let site = Site::start()?;
    site.run(&club::sql(Engine::Postgres, members))?;
    site.run(&club::heavy(members))?;
    let house = House::new()?;
    house.add_club(&site)?;
    Ok((site, house))
}

/// What one of many ordinary requests costs.
struct Ordinary {
    /// Processor seconds of one, the server's included: logged, searched, sealed, proved.
    cpu: f64,
    /// How many are searched in a second.
    rate: f64,
    /// Items found by each.
    items: u64,
}

fn ordinary(members: u64) -> Result<Ordinary> {
    let (site, house) = over(members)?;
    queued(&site, &house)
}

fn queued(site: &Site, house: &House) -> Result<Ordinary> {
    let before = site.cpu()?;
    let many = ORDINARY.to_string();
    let args = ["requests", "--amount", &many, "--email", "member{n}@example.org"];
    let (said, cost) = house.measure(&args)?;
    let theirs = site.cpu()? - before;
    let number = |name: &str| said[name].as_f64().with_context(|| format!("no {name}: {said}"));
    let items = number("items")? as u64;
    ensure!(number("unfinished")? == 0.0, "searches that did not end: {said}");
    // Each has herself, an address and ten messages; one in a few lost a message to somebody.
    ensure!((11 * ORDINARY..=12 * ORDINARY).contains(&items), "{items} items");
    let cpu = (cost.cpu + theirs) / ORDINARY as f64;
    Ok(Ordinary { cpu, rate: number("per_second")?, items: items / ORDINARY })
}

/// One request for very much, beside the database's own copy of the same rows.
fn heavy(site: &Site, house: &House, members: u64) -> Result<Vec<Line>> {
    let (mut best, mut all) = (f64::MAX, f64::MAX);
    let (mut peak, mut cpu, mut bytes) = (0.0_f64, 0.0, 0);
    for _ in 0..3 {
        let (took, size) = copy(site, members)?;
        (all, bytes) = (all.min(took), size);
        let email = ["--email", club::HEAVY];
        let name = ["--name", &club::heavy_name(members)];
        let open = [&["request", "open", "--via", "letter"][..], &name, &email];
        let reference = house.said(&open.concat())?;
        house.said(&["request", "settle", &reference, "--how", "known to us"])?;
        let found = watched(&mut house.command(&["request", "find", &reference, "--json"]))?;
        let said: Value = serde_json::from_str(&found.said)?;
        ensure!(said["items"].as_u64() == Some(club::HEAVY_ROWS), "not all rows: {said}");
        ensure!(said["to_decide"].as_u64() == Some(club::HEAVY_OPEN), "not as they are: {said}");
        best = best.min(found.seconds);
        (peak, cpu) = (peak.max(found.peak), found.cpu);
    }
    let what = format!("request of {} rows, {} MB", club::HEAVY_ROWS, bytes / 1_000_000);
    let behind = format!("{best:.2} s, {cpu:.2} s of processor; COPY {all:.2} s");
    Ok(vec![
        Line::new(format!("{what} / COPY of them"), best / all, Some(Goal::AtMost(3.0)), behind),
        Line::new(
            format!("{what}: memory, MB"),
            peak,
            Some(Goal::AtMost(100.0)),
            "the most that the process held".into(),
        ),
    ])
}

/// Seconds of the server's own copy of the rows, and their bytes.
fn copy(site: &Site, members: u64) -> Result<(f64, u64)> {
    let mut copy = site.psql()?;
    for select in club::heavy_rows(members) {
        copy.args(["-c", &format!("COPY ({select}) TO STDOUT")]);
    }
    let start = Instant::now();
    let mut child = copy.stdout(Stdio::piped()).spawn()?;
    let mut out = child.stdout.take().context("no output")?;
    let bytes = std::io::copy(&mut out, &mut std::io::sink())?;
    let took = start.elapsed().as_secs_f64();
    ensure!(child.wait()?.success() && bytes > 0, "{} wrote nothing", tool::shown(&copy));
    Ok((took, bytes))
}
