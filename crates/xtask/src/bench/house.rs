//! A house of its own for a measurement: the program as it is given out, and a data folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::cost::{Watched, watched};
use super::site::Site;
use crate::tool;

const CHARTER: &str = "examples/membership-society.toml";

const REGISTER: &str = r#"
[[activity]]
short = "membership"
title = "Running the membership"
purpose = "To know who our members are"
basis = "contract"
people = ["members"]
categories = ["names", "addresses", "messages"]
recipients = ["our printers"]
transfers = "none"
source = "the person"
automated_decisions = "none"
retention = "six years after the membership ends"
holdings = ["club"]
"#;

/// An office in a folder that goes with it.
pub struct House {
    program: PathBuf,
    dir: tempfile::TempDir,
}

impl House {
    /// Builds the program for speed and founds an office, kept in SQLite.
    pub fn new() -> Result<Self> {
        let mut cargo = tool::cargo();
        cargo.args(["build", "--quiet", "--release", "-p", "candour-office"]);
        ensure!(tool::ok(&mut cargo)?, "the office does not build");
        // In the build folder: a temporary folder may be in memory.
        let dir = tempfile::tempdir_in(tool::target())?;
        let house = Self { program: tool::target().join("release/candour"), dir };
        house.said(&["init"])?;
        house.said(&["charter", "set", CHARTER])?;
        Ok(house)
    }

    /// The data folder.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// A command on this office.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).env("CANDOUR_DATA", self.dir()).env_remove("CANDOUR_DATABASE");
        command
    }

    /// What a command says that must succeed.
    pub fn said(&self, args: &[&str]) -> Result<String> {
        Ok(tool::output(&mut self.command(args))?.trim().to_owned())
    }

    /// The figures of `candour measure`.
    pub fn measure(&self, args: &[&str]) -> Result<(Value, Watched)> {
        let mut all = vec!["measure"];
        all.extend(args);
        let cost = watched(&mut self.command(&all))?;
        Ok((serde_json::from_str(&cost.said)?, cost))
    }

    /// Gives the office the club of this site, its map decided and its census taken.
    pub fn add_club(&self, site: &Site) -> Result<()> {
        let text = site.map(self.dir())?;
        let map = self.file("club.toml", &text)?;
        self.said(&["register", "set", &self.file("register.toml", REGISTER)?])?;
        let whole: toml::Table = text.parse()?;
        let source = whole.get("source").and_then(|s| s.as_table()).context("no source")?;
        let word = |name: &str| -> Result<String> {
            let value = source.get(name).with_context(|| format!("no {name}"))?;
            Ok(value.to_string().trim_matches('"').to_owned())
        };
        let (host, port, user) = (word("host")?, word("port")?, word("user")?);
        let mut add = vec!["holding", "add", "club", "--title", "Club", "--kind", "postgres"];
        add.extend(["--host", &host, "--port", &port, "--user", &user, "--name", "postgres"]);
        add.extend(["--password-file", "secret"]);
        self.said(&add)?;
        self.said(&["holding", "map", "club", "--set", &map])?;
        // Takes the census; what else it finds to mend does not matter here.
        let _ = self.command(&["holding", "check", "club"]).output()?;
        Ok(())
    }

    fn file(&self, name: &str, text: &str) -> Result<String> {
        let path = self.dir().join(name);
        fs::write(&path, text)?;
        Ok(path.display().to_string())
    }
}
