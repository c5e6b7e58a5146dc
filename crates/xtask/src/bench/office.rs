//! The house itself: what proof costs, how many entries are durable, and what it takes idle.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::cost::memory;
use super::house::House;
use super::{Args, Goal, Line};

/// Runs the part.
pub fn run(_: &Args) -> Result<Vec<Line>> {
    let mut lines = proof(&House::new()?)?;
    lines.extend(entries(&House::new()?)?);
    lines.extend(idle(&House::new()?)?);
    Ok(lines)
}

fn number(v: &Value, name: &str) -> Result<f64> {
    v[name].as_f64().with_context(|| format!("no {name}: {v}"))
}

fn proof(house: &House) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for writers in ["1", "64"] {
        let (said, _) = house.measure(&["proof", "--writers", writers, "--amount", "6"])?;
        for (name, what) in [("small", "a counter"), ("case", "opening a case")] {
            let one = &said[name];
            ensure!(one["checked"] == true, "entries are missing: {said}");
            let (with, without) =
                (number(one, "with_entry_per_second")?, number(one, "without_per_second")?);
            lines.push(Line::new(
                format!("{what}, {writers} writers: with proof / without"),
                number(one, "ratio")?,
                Some(Goal::AtMost(1.5)),
                format!("{with:.0}/s, {without:.0}/s"),
            ));
        }
    }
    Ok(lines)
}

/// The rate depends on how fast the disk is: the faster, the less there is to share. How many
/// entries share one sync of it does not.
fn entries(house: &House) -> Result<[Line; 2]> {
    let (said, _) = house.measure(&["entries", "--writers", "64", "--amount", "3"])?;
    ensure!(said["checked"] == true, "entries are missing: {said}");
    let behind = format!(
        "{:.0}/s, disk {:.0}/s",
        number(&said, "entries_per_second")?,
        number(&said, "fdatasync_per_second")?
    );
    let goal = || Some(Goal::AtLeast(20.0));
    let shared = format!("{} commits", number(&said, "commits")?);
    let (ratio, share) = (number(&said, "ratio")?, number(&said, "entries_per_commit")?);
    Ok([
        Line::new("durable entries, 64 writers / fdatasync of this disk", ratio, goal(), behind),
        Line::new("durable entries, 64 writers: entries that share a sync", share, goal(), shared),
    ])
}

/// Stopped when dropped, also after an error.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        // It has written nothing that matters here.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn idle(house: &House) -> Result<Vec<Line>> {
    let mut command = house.command(&["serve", "--listen", "127.0.0.1:0"]);
    let start = Instant::now();
    let mut served = Served(command.stderr(Stdio::piped()).spawn()?);
    let said = served.0.stderr.take().context("no standard error")?;
    let mut lines = BufReader::new(said).lines();
    let ready = lines.find(|line| line.as_ref().is_ok_and(|l| l.starts_with("The office is at")));
    let ready = ready.context("the office did not start")??;
    let took = start.elapsed().as_secs_f64();
    ask(&ready)?;
    let held = memory(served.0.id(), "VmRSS:").context("no memory is told")?;
    Ok(vec![
        Line::new(
            "idle office: seconds to ready",
            took,
            Some(Goal::AtMost(0.5)),
            "one process".into(),
        ),
        Line::new(
            "idle office: memory, MB",
            held,
            Some(Goal::AtMost(40.0)),
            "after a first page".into(),
        ),
    ])
}

/// Asks for the public page: an office that can't answer is not ready.
fn ask(ready: &str) -> Result<()> {
    use std::io::{Read as _, Write as _};
    let at = ready.split("http://").nth(1).and_then(|rest| rest.split('/').next());
    let at = at.with_context(|| format!("no address in: {ready}"))?;
    let mut stream = std::net::TcpStream::connect(at)?;
    write!(stream, "GET / HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    // One organisation: its own page is the public one.
    ensure!(answer.starts_with("HTTP/1.1 303"), "the public page: {answer:.40}");
    Ok(())
}
