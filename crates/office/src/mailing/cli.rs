//! `candour mailer`.

use clap::Subcommand;

use super::{mailers, sql};
use crate::cli::{At, print_json};
use crate::error::Result;
use crate::kit::dates;

/// The programs that send for the organisation.
#[derive(Subcommand)]
pub enum MailerCommand {
    /// Let a program in; prints its token, which is shown this once.
    Add {
        /// What it is called: "Newsletter server".
        title: String,
        #[command(flatten)]
        at: At,
    },
    /// The programs let in.
    List {
        #[command(flatten)]
        at: At,
    },
    /// Shut a program out at once.
    End {
        /// Its id.
        id: String,
        #[command(flatten)]
        at: At,
    },
}

/// Runs `candour mailer`.
///
/// # Errors
/// As the office.
pub fn run(command: MailerCommand) -> Result<u8> {
    match command {
        MailerCommand::Add { title, at } => {
            let (office, by) = at.open_org()?;
            let vault = office.vault().clone();
            let (id, token) = office.write(move |tx| mailers::add(tx, &vault, &by, &title))?;
            if at.json {
                print_json(&serde_json::json!({ "id": id, "token": token }))?;
            } else {
                println!("{token}");
                eprintln!("let in as {id}; the token is not shown again");
            }
        }
        MailerCommand::List { at } => {
            let (office, by) = at.open_org()?;
            for m in office.read(|tx| sql::mailers(tx, &by.org))? {
                let state = m.ended.map_or("let in".to_owned(), |_| "shut out".to_owned());
                println!("{}  {}  {}  {state}", m.id, m.title, dates::moment(m.made));
            }
        }
        MailerCommand::End { id, at } => {
            let (office, by) = at.open_org()?;
            office.write(move |tx| mailers::end(tx, &by, &id))?;
        }
    }
    Ok(0)
}
