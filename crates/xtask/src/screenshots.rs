//! `cargo xtask screenshots`: every page and state that the browser tests walk through, as PNG
//! files at 1280 and 320 px: `case-sent-1280.png`.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{npm, packages, test, tool};

/// Walks every journey and keeps the pictures.
pub fn run(dir: &Path) -> Result<u8> {
    if !packages::install()? {
        return Ok(2);
    }
    npm::install()?;
    let Some(office) = test::office()? else { bail!("the office does not build") };
    std::fs::create_dir_all(dir)?;
    let dir = dir.canonicalize()?;
    let mut node = Command::new(tool::need("node")?);
    node.current_dir(npm::folder()).env("CANDOUR_BIN", office).env("CANDOUR_SHOTS", &dir);
    if let Some(chromium) = packages::browser() {
        node.env("CANDOUR_CHROMIUM", chromium);
    }
    node.args(["--test", "--test-reporter=spec"]).args(test::files(&npm::folder())?);
    let well = tool::ok(&mut node)?;
    let pictures = std::fs::read_dir(&dir)?
        .flatten()
        .filter(|e| e.path().extension().is_some_and(|e| e == "png"))
        .count();
    println!("{pictures} pictures in {}", dir.display());
    Ok(u8::from(!well))
}
