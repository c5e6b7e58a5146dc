//! `cargo xtask test`: the Rust tests with servers around them, then the browser tests.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::guard::Guard;
use crate::{npm, packages, press, tool};

/// What is not built unless asked for is tested all the same.
const PARQUET: &str = "--features=candour-screening/parquet";

/// `cargo xtask test`
#[derive(clap::Args)]
pub struct Args {
    /// Leave the servers' folder with their logs behind.
    #[arg(long)]
    keep: bool,
    /// Only tests whose name holds this.
    filter: Option<String>,
}

/// How tests ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Those that passed.
    pub passed: u64,
    /// Those that failed, did not end, or could not be built.
    pub failed: u64,
}

impl Tally {
    /// A program of tests that failed without naming any counts as one.
    fn honest(mut self, success: bool) -> Self {
        if !success && self.failed == 0 {
            self.failed = 1;
        }
        self
    }

    fn and(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// Runs everything. The last line is `N passed, N failed`.
pub fn run(args: &Args) -> Result<u8> {
    if !packages::install()? {
        return Ok(2);
    }
    npm::install()?;
    tool::heading("test servers");
    let guard = Guard::start(args.keep)?;
    let filter = args.filter.as_deref();
    let mut all = the_press(filter)?;
    all = all.and(rust(&guard, filter)?);
    if filter.is_none() {
        all = all.and(doc_tests(&guard)?);
    }
    all = all.and(browser(filter)?);
    drop(guard);
    println!("{} passed, {} failed", all.passed, all.failed);
    Ok(u8::from(all.failed > 0))
}

/// Runs one command with the servers around it.
pub fn with(command: &[OsString]) -> Result<u8> {
    if !packages::install()? {
        return Ok(2);
    }
    let guard = Guard::start(false)?;
    let (program, rest) = command.split_first().context("which command?")?;
    let mut child = Command::new(program);
    child.args(rest).envs(guard.env.clone()).envs(press_there());
    let status = child.status()?;
    Ok(u8::from(!status.success()))
}

/// The press, with lints, and its tests. The office's tests use its program.
fn the_press(filter: Option<&str>) -> Result<Tally> {
    tool::heading("the press, which makes PDF copies");
    let mut cargo = press::test()?;
    cargo.args(filter);
    let (out, success) = watch(&mut cargo, Watched::Out)?;
    Ok(libtest(&out).honest(success))
}

/// Tells tests where the press is, if it was built.
fn press_there() -> Option<(&'static str, PathBuf)> {
    let program = press::program();
    program.is_file().then_some(("CANDOUR_TEST_PRESS", program))
}

fn rust(guard: &Guard, filter: Option<&str>) -> Result<Tally> {
    let mut cargo = tool::cargo();
    cargo.envs(guard.env.clone()).envs(press_there());
    let probe = tool::cargo().args(["nextest", "--version"]).output();
    if probe.is_ok_and(|o| o.status.success()) {
        tool::heading("cargo nextest run --workspace");
        cargo.args(["nextest", "run", "--workspace", "--no-fail-fast", "--no-tests=pass"]);
        cargo.arg(PARQUET);
        cargo.args(["--status-level=fail", "--final-status-level=fail", "--color=never"]);
        cargo.args(filter);
        let (out, success) = watch(&mut cargo, Watched::Err)?;
        return Ok(nextest(&out).honest(success));
    }
    tool::heading("cargo test --workspace");
    cargo.args(["test", "--workspace", "--no-fail-fast", "--lib", "--bins", "--tests", PARQUET]);
    cargo.args(filter);
    let (out, success) = watch(&mut cargo, Watched::Out)?;
    Ok(libtest(&out).honest(success))
}

fn doc_tests(guard: &Guard) -> Result<Tally> {
    tool::heading("examples in the documentation");
    let mut cargo = tool::cargo();
    cargo.args(["test", "--quiet", "--workspace", "--doc", "--no-fail-fast"]);
    cargo.envs(guard.env.clone());
    let (out, success) = watch(&mut cargo, Watched::Out)?;
    Ok(libtest(&out).honest(success))
}

fn browser(filter: Option<&str>) -> Result<Tally> {
    tool::heading("browser tests");
    let Some(program) = office()? else { return Ok(Tally { passed: 0, failed: 1 }) };
    let dir = npm::folder();
    let tap = tempfile::NamedTempFile::new()?;
    let mut node = Command::new(tool::need("node")?);
    node.current_dir(&dir).env("CANDOUR_BIN", program);
    if let Some(chromium) = packages::browser() {
        node.env("CANDOUR_CHROMIUM", chromium);
    }
    node.args(["--test", "--test-concurrency=2"]);
    node.args(["--test-reporter=spec", "--test-reporter-destination=stdout"]);
    node.arg("--test-reporter=tap");
    node.arg(format!("--test-reporter-destination={}", tap.path().display()));
    if let Some(f) = filter {
        node.arg(format!("--test-name-pattern={f}"));
    }
    node.args(files(&dir)?);
    let success = tool::ok(&mut node)?;
    Ok(node_tap(&std::fs::read_to_string(tap.path())?).honest(success))
}

/// The test files, by name: Node's own search would walk into its packages.
pub fn files(dir: &Path) -> Result<Vec<OsString>> {
    let mut all: Vec<OsString> = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name();
        if name.to_string_lossy().ends_with(".test.mjs") {
            all.push(name);
        }
    }
    all.sort();
    Ok(all)
}

/// Builds the office for the browser tests; `None` if it does not build.
pub fn office() -> Result<Option<std::path::PathBuf>> {
    let mut cargo = tool::cargo();
    cargo.args(["build", "--quiet", "-p", "candour-office", "-p", "candour-verify"]);
    Ok(tool::ok(&mut cargo)?.then(|| tool::target().join("debug/candour")))
}

enum Watched {
    Out,
    Err,
}

/// Runs a command, passing on and keeping what it writes to one of its outputs.
fn watch(command: &mut Command, which: Watched) -> Result<(String, bool)> {
    match which {
        Watched::Out => command.stdout(Stdio::piped()),
        Watched::Err => command.stderr(Stdio::piped()),
    };
    let name = tool::shown(command);
    let mut child = command.spawn().with_context(|| format!("{name} can't be started"))?;
    let said: Option<Box<dyn Read>> = match which {
        Watched::Out => child.stdout.take().map(|o| Box::new(o) as _),
        Watched::Err => child.stderr.take().map(|o| Box::new(o) as _),
    };
    let mut kept = String::new();
    let mut reader = BufReader::new(said.context("no output to read")?);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        std::io::stderr().write_all(&line)?;
        kept.push_str(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok((kept, child.wait()?.success()))
}

/// The number before a word: `12 passed` in a line.
fn before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> =
        line.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let wanted: Vec<&str> = word.split(' ').collect();
    let at = words.windows(wanted.len() + 1).find(|w| w[1..] == wanted[..]);
    at.and_then(|w| w[0].parse().ok()).unwrap_or(0)
}

/// nextest's last word: `Summary [1.2s] 9 tests run: 7 passed, 1 failed, 1 timed out, 0 skipped`.
fn nextest(out: &str) -> Tally {
    let last = out.lines().rev().find(|l| l.trim_start().starts_with("Summary ["));
    let line = last.and_then(|l| l.split_once("run:")).map_or("", |(_, ended)| ended);
    let failed = ["failed", "timed out"].iter().map(|w| before(line, w)).sum::<u64>();
    // "1 exec failed" has a word between, which `failed` alone does not see.
    Tally { passed: before(line, "passed"), failed: failed + before(line, "exec failed") }
}

/// The lines `test result: ok. 3 passed; 0 failed; …` of cargo's own runner, added up.
fn libtest(out: &str) -> Tally {
    out.lines().filter(|l| l.starts_with("test result:")).fold(Tally::default(), |sum, l| {
        sum.and(Tally { passed: before(l, "passed"), failed: before(l, "failed") })
    })
}

/// Node's closing lines: `# pass 3`, `# fail 1`, `# cancelled 0`.
fn node_tap(out: &str) -> Tally {
    let of = |word: &str| {
        let line = out.lines().rev().find_map(|l| l.strip_prefix(&format!("# {word} ")));
        line.and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0)
    };
    Tally { passed: of("pass"), failed: of("fail") + of("cancelled") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed }
    }

    #[test]
    fn nextest_is_counted_from_its_summary() {
        let good = "  PASS x\n     Summary [   1.201s] 9 tests run: 9 passed (1 slow), 2 skipped\n";
        assert_eq!(nextest(good), tally(9, 0));
        let bad = "Summary [   1.2s] 9 tests run: 5 passed, 2 failed, 1 exec failed, 1 timed out, 0 \
                   skipped\n";
        assert_eq!(nextest(bad), tally(5, 4));
        let short = "Summary [   1.2s] 3/9 tests run: 2 passed, 1 failed, 0 skipped\n";
        assert_eq!(nextest(short), tally(2, 1));
    }

    #[test]
    fn what_was_not_built_counts_as_failed() {
        assert_eq!(nextest("error: could not compile").honest(false), tally(0, 1));
        assert_eq!(nextest("").honest(true), tally(0, 0));
    }

    #[test]
    fn cargos_own_runner_is_added_up() {
        let out = "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\nrunning\n\
                   test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured\n";
        assert_eq!(libtest(out), tally(5, 1));
    }

    #[test]
    fn node_is_counted_from_its_closing_lines() {
        let out = "ok 1 - a\n# tests 4\n# suites 0\n# pass 2\n# fail 1\n# cancelled 1\n";
        assert_eq!(node_tap(out), tally(2, 2));
    }
}
