//! `candour register`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{RegisterFile, acts};
use crate::cli::{At, print_json, read_text};
use crate::error::Result;

/// The processing register, as a file that round-trips with the screens.
#[derive(Subcommand)]
pub enum RegisterCommand {
    /// Print the register.
    Show {
        #[command(flatten)]
        at: At,
    },
    /// Set every activity of a file, all or none.
    Set {
        /// The file, `[[activity]]` tables; - for standard input.
        file: PathBuf,
        #[command(flatten)]
        at: At,
    },
}

/// Runs `candour register`.
///
/// # Errors
/// As the office, or an activity is not complete.
pub fn run(command: RegisterCommand) -> Result<u8> {
    match command {
        RegisterCommand::Show { at } => {
            let (office, by) = at.open_org()?;
            let activity = office.read(|tx| acts::activities(tx, &by.org))?;
            if at.json {
                print_json(&activity)?;
            } else {
                let text = toml::to_string(&RegisterFile { activity });
                print!("{}", text.map_err(anyhow::Error::from)?);
            }
        }
        RegisterCommand::Set { file, at } => {
            let parsed = RegisterFile::parse(&read_text(&file)?)?;
            let (office, by) = at.open_org()?;
            let vault = office.vault().clone();
            let n = office.write(move |tx| acts::set_all(tx, &vault, &by, &parsed))?;
            eprintln!("{n} activities set");
        }
    }
    Ok(0)
}
