//! `candour charter`.

use std::path::PathBuf;

use clap::Subcommand;

use super::{Charter, acts};
use crate::cli::{At, read_text};
use crate::error::Result;

/// The charter, as a file that round-trips with the screens.
#[derive(Subcommand)]
pub enum CharterCommand {
    /// Print the charter in force.
    Show {
        #[command(flatten)]
        at: At,
    },
    /// Set a new version; founds the organisation when there is none of its short name.
    #[command(
        after_help = "Example:\n  candour charter show > charter.toml\n  candour charter set charter.toml"
    )]
    Set {
        /// The file; - for standard input.
        file: PathBuf,
        #[command(flatten)]
        at: At,
    },
}

/// Runs `candour charter`.
///
/// # Errors
/// As the office, or the file does not hold together.
pub fn run(command: CharterCommand) -> Result<u8> {
    match command {
        CharterCommand::Show { at } => {
            let (office, by) = at.open_org()?;
            print!("{}", office.read(|tx| acts::current(tx, &by.org))?.to_toml()?);
        }
        CharterCommand::Set { file, at } => {
            let charter = Charter::parse(&read_text(&file)?)?;
            let office = at.open()?;
            let short = charter.organisation.short.clone();
            match office.read(|tx| super::by_short(tx, &short))? {
                None => {
                    office.found(charter)?;
                    eprintln!("{short} founded");
                }
                Some(org) => {
                    let (by, vault) = (office.by_command(&org), office.vault().clone());
                    let v = office.write(move |tx| acts::set(tx, &vault, &by, &charter))?;
                    eprintln!("charter of {short}, version {v}");
                }
            }
        }
    }
    Ok(0)
}
