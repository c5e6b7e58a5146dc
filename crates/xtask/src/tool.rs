//! Running programs, and where things are.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The root of the repository: of the checkout that cargo runs this from, which need not be the
/// one it was built in when two share a target folder.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.ancestors().nth(2).unwrap_or(&here).to_owned()
}

/// Where cargo builds.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that started us.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program on the PATH or in one of the usual system folders.
pub fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin"];
    std::env::split_paths(&path)
        .chain(usual.iter().map(PathBuf::from))
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

/// A program that must be there.
pub fn need(name: &str) -> Result<PathBuf> {
    which(name).with_context(|| format!("{name} is not installed"))
}

/// Runs a command to its end; its output goes where ours goes.
pub fn ok(command: &mut Command) -> Result<bool> {
    let name = shown(command);
    let status = command.status().with_context(|| format!("{name} can't be started"))?;
    Ok(status.success())
}

/// Runs a command that must succeed, and answers what it wrote.
pub fn output(command: &mut Command) -> Result<String> {
    let name = shown(command);
    let out = command.output().with_context(|| format!("{name} can't be started"))?;
    if !out.status.success() {
        bail!("{name} failed: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// A command as one would type it.
pub fn shown(command: &Command) -> String {
    let args = command.get_args().map(OsStr::to_string_lossy);
    let all: Vec<_> =
        std::iter::once(command.get_program().to_string_lossy()).chain(args).collect();
    all.join(" ")
}

/// Says what comes next.
pub fn heading(text: &str) {
    eprintln!("\n== {text}");
}
