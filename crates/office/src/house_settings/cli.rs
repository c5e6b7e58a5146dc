//! `candour set`: what belongs to the whole machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::acts;
use super::rules::{self, MAIL, Server};
use crate::charter;
use crate::cli::{At, read_text};
use crate::error::Result;
use crate::kit::reach::Set;

/// What belongs to the whole machine: kept sealed in the database, and in force at once.
#[derive(Subcommand)]
pub enum SetCommand {
    /// The mail server that takes letters.
    #[command(
        after_help = "Examples:\n  candour set mail --host mail.example.org --user office --password-file /run/secret\n  candour set mail --none"
    )]
    Mail(MailArgs),
    /// Where the office is reached from outside: links in letters lead there.
    #[command(after_help = "Example:\n  candour set address https://rights.example.org")]
    Address {
        /// The address.
        #[arg(required_unless_present = "none", conflicts_with = "none")]
        url: Option<String>,
        /// Set none any more.
        #[arg(long)]
        none: bool,
        #[command(flatten)]
        at: At,
    },
}

/// `candour set mail`
#[derive(Args)]
pub struct MailArgs {
    /// The server's name.
    #[arg(long, required_unless_present = "none", conflicts_with = "none")]
    host: Option<String>,
    /// Its port; 587, or 465 with `--security tls`, if not given.
    #[arg(long)]
    port: Option<u16>,
    /// How the line is encrypted; none only for a server on this machine.
    #[arg(long, default_value = "starttls", value_parser = ["starttls", "tls", "none"])]
    security: String,
    /// The user, if the server asks for one.
    #[arg(long)]
    user: Option<String>,
    /// A file with the password; - for standard input.
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// Set none any more: letters are kept in the outbox folder.
    #[arg(long)]
    none: bool,
    #[command(flatten)]
    at: At,
}

/// Runs `candour set`.
///
/// # Errors
/// As the office, or something to mend.
pub fn run(command: SetCommand) -> Result<u8> {
    let (at, what) = match &command {
        SetCommand::Mail(a) => (&a.at, mail(a)?),
        SetCommand::Address { url, at, .. } => {
            (at, Set::Address(url.as_deref().map(rules::address_of).transpose()?))
        }
    };
    let office = at.open()?;
    // It concerns all of them; before there is one it can be set already.
    let org = office.read(charter::orgs)?.into_iter().next().map_or(String::new(), |(id, _)| id);
    acts::set(&office, &office.by_command(&org), &what)?;
    match what {
        Set::Post(Some(p)) => eprintln!("Letters leave through {}:{} now.", p.host, p.port),
        Set::Address(Some(url)) => eprintln!("Links lead to {url} now."),
        _ => eprintln!("It is not set any more."),
    }
    Ok(0)
}

fn mail(a: &MailArgs) -> Result<Set> {
    let Some(host) = &a.host else { return Ok(Set::Post(None)) };
    let password = a.password_file.as_deref().map(read_text).transpose()?.unwrap_or_default();
    let server = Server {
        fields: MAIL,
        host,
        port: &a.port.map_or(String::new(), |p| p.to_string()),
        user: a.user.as_deref().unwrap_or_default(),
        password: password.trim_end_matches(['\r', '\n']),
    };
    rules::mail_of(&server, &a.security, None).map(|post| Set::Post(Some(post)))
}
