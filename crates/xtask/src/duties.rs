//! A dependency earns its place: its name has to occur in the crate that asks for it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::tool;

/// Names each dependency that a crate asks for and does not use.
pub fn check() -> Result<bool> {
    let mut well = true;
    for entry in fs::read_dir(tool::root().join("crates"))? {
        let dir = entry?.path();
        let manifest = fs::read_to_string(dir.join("Cargo.toml"))?;
        let source = text_below(&dir.join("src"))?;
        let tests = source.clone()
            + &text_below(&dir.join("tests"))?
            + &text_below(&dir.join("examples"))?
            + &text_below(&dir.join("benches"))?;
        for name in unused(&manifest, &source, &tests)? {
            eprintln!("{}: nothing uses {name}", dir.join("Cargo.toml").display());
            well = false;
        }
    }
    Ok(well)
}

fn unused(manifest: &str, source: &str, tests: &str) -> Result<Vec<String>> {
    let manifest: toml::Table = manifest.parse().context("a Cargo.toml")?;
    let mut found = Vec::new();
    for (table, text) in [("dependencies", source), ("dev-dependencies", tests)] {
        let names = manifest.get(table).and_then(toml::Value::as_table);
        for name in names.into_iter().flatten().map(|(name, _)| name) {
            if !has_word(text, &name.replace('-', "_")) {
                found.push(name.clone());
            }
        }
    }
    Ok(found)
}

/// Whether a name occurs by itself, not as a part of another.
fn has_word(text: &str, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word).any(|(at, _)| {
        !part(text[..at].chars().next_back()) && !part(text[at + word.len()..].chars().next())
    })
}

fn text_below(dir: &Path) -> Result<String> {
    let mut all = String::new();
    if !dir.is_dir() {
        return Ok(all);
    }
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            all.push_str(&text_below(&path)?);
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_only_by_itself() {
        let manifest = "[dependencies]\nserde = '1'\nserde-json = '1'\nzip = '1'\n\
                        [dev-dependencies]\ninsta = '1'\ntempfile = '1'\n";
        let source = "use serde_json::Value; // unzip(), serdes";
        let tests = "tempfile::tempdir()";
        assert_eq!(unused(manifest, source, tests).unwrap(), ["serde", "zip", "insta"]);
    }
}
