//! The browser tests' two packages, at the versions of their lock file.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::tool;

/// The folder of the browser tests.
pub fn folder() -> PathBuf {
    tool::root().join("tests/browser")
}

/// Installs the packages unless they are there already, at those versions.
pub fn install() -> Result<()> {
    let dir = folder();
    let lock = dir.join("package-lock.json");
    if std::fs::read_to_string(&lock)?.contains("\"resolved\"") {
        bail!("tests/browser/package-lock.json names where packages come from: remove the lines");
    }
    if installed(&dir) {
        return Ok(());
    }
    tool::heading("npm packages for the browser tests");
    let mut npm = Command::new(tool::need("npm")?);
    npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&dir).stdout(std::io::stderr());
    // The browser is Debian's; nothing else is fetched.
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    if !tool::ok(&mut npm)? {
        bail!("npm ci failed in tests/browser");
    }
    std::fs::copy(&lock, mark(&dir))?;
    Ok(())
}

/// A copy of the lock file that was installed from.
fn mark(dir: &Path) -> PathBuf {
    dir.join("node_modules/.installed-from")
}

fn installed(dir: &Path) -> bool {
    match (std::fs::read(dir.join("package-lock.json")), std::fs::read(mark(dir))) {
        (Ok(wanted), Ok(there)) => wanted == there,
        _ => false,
    }
}
