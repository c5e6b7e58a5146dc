//! `candour hook`.

use clap::Subcommand;
use serde_json::json;

use super::{acts, rules, sql};
use crate::cli::{At, print_json};
use crate::error::Result;
use crate::kit::dates;

/// Programs elsewhere that are told of changes.
#[derive(Subcommand)]
pub enum HookCommand {
    /// Add one; prints the secret its calls are signed with, which is shown this once.
    Add {
        /// Where it is called: https://…
        url: String,
        /// What is announced; everything if not given.
        #[arg(long = "event", value_parser = clap::builder::PossibleValuesParser::new(rules::EVENTS))]
        events: Vec<String>,
        #[command(flatten)]
        at: At,
    },
    /// The hooks.
    List {
        #[command(flatten)]
        at: At,
    },
    /// The latest calls of one.
    Calls {
        /// Its id.
        id: String,
        #[command(flatten)]
        at: At,
    },
    /// Make a call again that is over.
    Replay {
        /// The call's id.
        id: String,
        #[command(flatten)]
        at: At,
    },
    /// Give one a new secret; prints it this once. For a week its calls are signed with the old
    /// one too, so that the receiver can change over.
    Rotate {
        /// Its id.
        id: String,
        #[command(flatten)]
        at: At,
    },
    /// End one at once.
    End {
        /// Its id.
        id: String,
        #[command(flatten)]
        at: At,
    },
}

/// Runs `candour hook`.
///
/// # Errors
/// As the office, or what has to be mended.
pub fn run(command: HookCommand) -> Result<u8> {
    match command {
        HookCommand::Add { url, mut events, at } => {
            let (office, by) = at.open_org()?;
            if events.is_empty() {
                events = rules::EVENTS.map(str::to_owned).to_vec();
            }
            let (vault, loopback) = (office.vault().clone(), office.settings().hooks_to_loopback);
            let (id, secret) =
                office.write(move |tx| acts::add(tx, &vault, &by, &url, &events, loopback))?;
            if at.json {
                print_json(&json!({ "id": id, "secret": secret }))?;
            } else {
                println!("{secret}");
                eprintln!("added as {id}; the secret is not shown again");
            }
        }
        HookCommand::List { at } => {
            let (office, by) = at.open_org()?;
            for h in office.read(|tx| sql::all(tx, &by.org))? {
                let state = if h.ended.is_some() { "ended" } else { "standing" };
                let trouble = h.trouble.unwrap_or_default();
                println!("{}  {}  {}  {state}  {trouble}", h.id, h.host, h.events);
            }
        }
        HookCommand::Calls { id, at } => {
            let (office, by) = at.open_org()?;
            let all = office.read(|tx| {
                sql::one(tx, &by.org, &id)?;
                sql::calls(tx, &by.org, &id, 100)
            })?;
            if at.json {
                print_json(&all)?;
                return Ok(0);
            }
            for c in all {
                let (when, answer) = (dates::moment(c.made), c.answer.unwrap_or_default());
                println!("{}  {when}  {}  {}  {} tries  {answer}", c.id, c.event, c.state, c.tries);
            }
        }
        HookCommand::Replay { id, at } => {
            let (office, by) = at.open_org()?;
            office.write(move |tx| acts::replay(tx, &by, &id))?;
        }
        HookCommand::Rotate { id, at } => {
            let (office, by) = at.open_org()?;
            let vault = office.vault().clone();
            println!("{}", office.write(move |tx| acts::rotate(tx, &vault, &by, &id))?);
        }
        HookCommand::End { id, at } => {
            let (office, by) = at.open_org()?;
            office.write(move |tx| acts::end(tx, &by, &id, None))?;
        }
    }
    Ok(0)
}
