//! `candour template`.

use std::path::PathBuf;

use clap::Subcommand;

use super::rules::{Proposal, Template};
use super::{acts, sql};
use crate::cli::{At, print_json, read_text};
use crate::error::Result;
use crate::kit::dates;
use crate::permissions::Class;

/// Messages and the class of each.
#[derive(Subcommand)]
pub enum TemplateCommand {
    /// Propose a message, or a new version of it. Exit code 1 if something in it speaks against
    /// its class.
    Propose {
        /// Short name: "may-talks".
        short: String,
        /// Its text: a file, or "-".
        file: PathBuf,
        /// What people call it.
        #[arg(long)]
        title: String,
        /// What sort of message it is.
        #[arg(long)]
        class: Class,
        #[command(flatten)]
        at: At,
    },
    /// Approve the class of a version.
    Approve {
        /// Short name.
        short: String,
        /// Which version.
        #[arg(long)]
        version: i64,
        /// Why the class holds although something in the text speaks against it.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        at: At,
    },
    /// The messages, each in its latest version.
    List {
        #[command(flatten)]
        at: At,
    },
    /// One message with its tell-tales.
    Show {
        /// Short name.
        short: String,
        /// Which version; the latest if not given.
        #[arg(long)]
        version: Option<i64>,
        #[command(flatten)]
        at: At,
    },
}

fn told(t: &Template) {
    for told in &t.tells {
        let words =
            if told.words.is_empty() { String::new() } else { format!("“{}”: ", told.words) };
        println!("  {words}{} ({})", told.tell.sentence(), told.tell.source());
    }
}

/// Runs `candour template`.
///
/// # Errors
/// As the office, or what has to be mended.
pub fn run(command: TemplateCommand) -> Result<u8> {
    match command {
        TemplateCommand::Propose { short, file, title, class, at } => {
            let (office, by) = at.open_org()?;
            let text = read_text(&file)?;
            let p = Proposal { short: short.clone(), title, class: Some(class), text };
            let (vault, by_) = (office.vault().clone(), by.clone());
            let version = office.write(move |tx| acts::propose(tx, &vault, &by_, &p))?;
            let t = office.read(|tx| sql::one(tx, &by.org, &short, Some(version)))?;
            if at.json {
                print_json(&t)?;
            } else {
                println!("{short}, version {version}");
                told(&t);
            }
            Ok(u8::from(!t.tells.is_empty()))
        }
        TemplateCommand::Approve { short, version, reason, at } => {
            let (office, by) = at.open_org()?;
            let vault = office.vault().clone();
            office.write(move |tx| {
                acts::approve(tx, &vault, &by, &short, version, reason.as_deref())
            })?;
            Ok(0)
        }
        TemplateCommand::List { at } => {
            let (office, by) = at.open_org()?;
            let all = office.read(|tx| sql::latest(tx, &by.org))?;
            if at.json {
                print_json(&all)?;
                return Ok(0);
            }
            for t in all {
                let state = if t.is_approved() { "approved" } else { "to be approved" };
                println!("{}  v{}  {}  {state}  {}", t.short, t.version, t.class.word(), t.title);
            }
            Ok(0)
        }
        TemplateCommand::Show { short, version, at } => {
            let (office, by) = at.open_org()?;
            let t = office.read(|tx| sql::one(tx, &by.org, &short, version))?;
            if at.json {
                print_json(&t)?;
                return Ok(0);
            }
            println!("{}, version {}, {}", t.title, t.version, t.class.label().to_lowercase());
            match (t.approved_at, &t.reason) {
                (Some(at), Some(why)) => println!("Approved {}: {why}", dates::moment(at)),
                (Some(at), None) => println!("Approved {}", dates::moment(at)),
                (None, _) => println!("To be approved"),
            }
            told(&t);
            println!("\n{}", t.text);
            Ok(0)
        }
    }
}
