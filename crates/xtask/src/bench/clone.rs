//! From a fresh clone to the first line of the demo, as a newcomer would go, on two cores.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::{Args, Line};
use crate::tool;

/// Runs the part.
pub fn run(_: &Args) -> Result<Vec<Line>> {
    let dir = tempfile::tempdir_in(tool::target())?;
    let clone = dir.path().join("candour");
    let start = Instant::now();
    tool::output(Command::new("git").args(["clone", "--quiet"]).arg(tool::root()).arg(&clone))?;
    let cloned = start.elapsed().as_secs_f64();
    let cargo = tool::cargo();
    let mut command = Command::new(tool::need("taskset")?);
    command.args(["--cpu-list", "0,1"]).arg(cargo.get_program());
    command.args(["run", "--quiet", "--release", "--", "demo", "--no-serve"]);
    // Nothing of this build folder: neither its place nor what the running cargo said.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_") && text != "CARGO_HOME" || text == "CARGO" {
            command.env_remove(&name);
        }
    }
    let mut child = command.current_dir(&clone).stdout(Stdio::piped()).spawn()?;
    let said = child.stdout.take().context("no output")?;
    let mut lines = BufReader::new(said).lines();
    let first = lines.next().context("the demo said nothing")??;
    let took = start.elapsed().as_secs_f64();
    // The rest is read, so that the demo can come to its end.
    let rest: Vec<String> = lines.collect::<Result<_, _>>()?;
    ensure!(child.wait()?.success(), "the demo failed: {first} … {}", rest.join("\n"));
    Ok(vec![Line::new(
        "fresh clone to the demo's first line, seconds",
        took,
        None,
        format!("{cloned:.1} s to clone; the first line: {first}"),
    )])
}
