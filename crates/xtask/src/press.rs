//! The press, which makes PDF copies: a workspace of its own with a lock file of its own, built
//! into a folder of its own so that neither cargo waits for the other.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::tool;

/// Its manifest.
pub const MANIFEST: &str = "crates/press/Cargo.toml";

/// A cargo for the press: `cargo TASK --manifest-path …`.
pub fn cargo(task: &str) -> Command {
    let mut cargo = tool::cargo();
    cargo.args([task, "--manifest-path", MANIFEST]).env("CARGO_TARGET_DIR", target());
    cargo
}

fn target() -> PathBuf {
    tool::target().join("press")
}

/// Where its program is once it was built.
pub fn program() -> PathBuf {
    target().join("debug/candour-press")
}

/// Whether it is in the usual form.
pub fn formatting() -> Result<bool> {
    tool::ok(cargo("fmt").arg("--check"))
}

/// A cargo that builds it and its tests with clippy looking on, and runs them.
///
/// What it stands on takes minutes to build, and `cargo clippy` would check all of it once more.
/// Clippy is content with what was built when it stands where `cargo clippy` puts it: before the
/// compiler of our own crate.
pub fn test() -> Result<Command> {
    let clippy = Command::new("rustup").args(["which", "clippy-driver"]).output();
    let found = clippy.ok().filter(|o| o.status.success()).map(|o| o.stdout);
    let driver = match found {
        Some(path) => PathBuf::from(String::from_utf8_lossy(&path).trim()),
        None => tool::which("clippy-driver").context("clippy-driver is not installed")?,
    };
    let mut test = cargo("test");
    test.args(["--quiet", "--locked", "--no-fail-fast"]);
    // As `cargo clippy -- -D warnings` hands it on.
    test.env("RUSTC_WORKSPACE_WRAPPER", driver);
    test.env("CLIPPY_ARGS", "-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__");
    Ok(test)
}
