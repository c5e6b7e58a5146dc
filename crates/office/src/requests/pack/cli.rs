//! `candour request send`, `link`, `revoke`, `again`: handing the answer over.

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::json;

use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::people::Asker;
use crate::requests::cli::case_id;
use crate::requests::pack::{self, Way};

/// Handing the answer over.
#[derive(Subcommand)]
pub enum HandCommand {
    /// Send the newest pack; prints the code to give to the person, once.
    Send {
        /// Reference.
        reference: String,
        /// link (you give the code), link-letter (the code goes in a letter) or post.
        #[arg(long)]
        how: String,
        /// Send what is ready as a part; the case stays open.
        #[arg(long)]
        part: bool,
        /// With post: the day it left, today if not given (2026-03-27).
        #[arg(long)]
        on: Option<Date>,
        #[command(flatten)]
        at: At,
    },
    /// Send a new link; the old one ends. Prints the new code, once.
    Link {
        /// Reference.
        reference: String,
        /// link (you give the code) or link-letter (the code goes in a letter).
        #[arg(long, default_value = "link")]
        how: String,
        #[command(flatten)]
        at: At,
    },
    /// Take the open link back.
    Revoke {
        /// Reference.
        reference: String,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        at: At,
    },
    /// Look again after the answer, also for what is added here.
    Again(Box<AgainArgs>),
}

/// What to search by from now on.
#[derive(Args)]
pub struct AgainArgs {
    /// Reference.
    reference: String,
    /// Why.
    #[arg(long)]
    reason: String,
    /// Another name; may come several times.
    #[arg(long)]
    other_name: Vec<String>,
    /// Another e-mail address; may come several times.
    #[arg(long)]
    email: Vec<String>,
    /// Another telephone number; may come several times.
    #[arg(long)]
    phone: Vec<String>,
    /// Another postcode; may come several times.
    #[arg(long)]
    postcode: Vec<String>,
    /// Another member or customer number; may come several times.
    #[arg(long)]
    number: Vec<String>,
    #[command(flatten)]
    at: At,
}

fn way(word: &str) -> Result<Way> {
    Way::from_word(word)
        .ok_or_else(|| Error::invalid("how", "Choose how it goes: link, link-letter or post"))
}

fn tell(at: &At, code: Option<String>) -> Result<()> {
    if at.json {
        return print_json(&json!({"code": code}));
    }
    if let Some(code) = code {
        println!("{code}");
        eprintln!("Give this code in another way than by e-mail. It is shown only now.");
    }
    Ok(())
}

/// Runs one of them.
///
/// # Errors
/// As the office.
pub fn run(command: HandCommand) -> Result<u8> {
    match command {
        HandCommand::Send { reference, how, part, on, at } => {
            let (office, by) = at.open_org()?;
            let id = case_id(&office, &by, &reference)?;
            let code = match (way(&how)?, on) {
                (Way::Post, Some(on)) => pack::posted(&office, &by, &id, part, on).map(|()| None),
                (_, Some(_)) => Err(Error::invalid("on", "Only what goes by post has a day")),
                (way, None) => pack::send(&office, &by, &id, way, part),
            };
            tell(&at, code?)?;
        }
        HandCommand::Link { reference, how, at } => {
            let (office, by) = at.open_org()?;
            let id = case_id(&office, &by, &reference)?;
            tell(&at, pack::new_link(&office, &by, &id, way(&how)?)?)?;
        }
        HandCommand::Revoke { reference, reason, at } => {
            let (office, by) = at.open_org()?;
            let id = case_id(&office, &by, &reference)?;
            pack::revoke(&office, &by, &id, &reason)?;
        }
        HandCommand::Again(a) => {
            let (office, by) = a.at.open_org()?;
            let id = case_id(&office, &by, &a.reference)?;
            let more = Asker {
                other_names: a.other_name,
                emails: a.email,
                phones: a.phone,
                postcodes: a.postcode,
                numbers: a.number,
                ..Asker::default()
            };
            pack::look_again(&office, &by, &id, &a.reason, &more)?;
            eprintln!("Next: candour request find {}", a.reference);
        }
    }
    Ok(0)
}
