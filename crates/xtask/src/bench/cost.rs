//! What a child cost: time, processor, memory.

use std::fs;
use std::io::{Read as _, Seek as _};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::tool;

/// What a child cost.
pub struct Cost {
    /// What it wrote.
    pub said: String,
    /// Processor seconds of the child and its own children.
    pub cpu: f64,
}

/// Runs a command that must succeed.
pub fn cost(command: &mut Command) -> Result<Cost> {
    let before = children_cpu()?;
    let said = tool::output(command)?;
    Ok(Cost { said, cpu: children_cpu()? - before })
}

/// Fields of /proc/PID/stat behind the name, which may hold spaces: user and system time, and both
/// of children that have been waited for.
pub fn times(pid: &str) -> Result<[f64; 4]> {
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

/// What a watched child cost.
pub struct Watched {
    /// What it wrote.
    pub said: String,
    /// Processor seconds.
    pub cpu: f64,
    /// Seconds of the clock.
    pub seconds: f64,
    /// The most memory it held, in MB.
    pub peak: f64,
}

/// Runs a command that must succeed, and looks at its memory every few milliseconds: its highest
/// mark only ever rises, so the last look misses little.
pub fn watched(command: &mut Command) -> Result<Watched> {
    let name = tool::shown(command);
    let mut file = tempfile::tempfile()?;
    let before = children_cpu()?;
    let start = Instant::now();
    let mut child = command.stdout(file.try_clone()?).spawn().context(name.clone())?;
    let mut peak = 0.0_f64;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        peak = peak.max(memory(child.id(), "VmHWM:").unwrap_or(0.0));
        std::thread::sleep(Duration::from_millis(3));
    };
    let seconds = start.elapsed().as_secs_f64();
    ensure!(status.success(), "{name} failed");
    let mut said = String::new();
    file.rewind()?;
    file.read_to_string(&mut said)?;
    Ok(Watched { said, cpu: children_cpu()? - before, seconds, peak })
}

/// A line of /proc/PID/status that counts kilobytes, in MB.
pub fn memory(pid: u32, line: &str) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let rest = text.lines().find_map(|l| l.strip_prefix(line))?;
    Some(rest.split_whitespace().next()?.parse::<f64>().ok()? / 1000.0)
}
