//! `candour set`: what belongs to the whole machine.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::acts;
use super::rules::{self, MAIL, MAILBOX, Server};
use crate::charter;
use crate::cli::{At, read_text};
use crate::error::{Error, Result};
use crate::kit::reach::Set;
use crate::office::Office;

/// What belongs to the whole machine: kept sealed in the database, and in force at once.
#[derive(Subcommand)]
pub enum SetCommand {
    /// The mail server that takes letters.
    #[command(
        after_help = "Examples:\n  candour set mail --host mail.example.org --user office --password-file /run/secret\n  candour set mail --none"
    )]
    Mail(MailArgs),
    /// The mailbox for unsubscribes, bounces and complaints, on an IMAP server.
    #[command(after_help = MAILBOX_EXAMPLES)]
    Mailbox(MailboxArgs),
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

const MAILBOX_EXAMPLES: &str = "\
Examples:
  candour set mailbox --host imap.example.org --user stop@example.org --password-file /run/secret
  candour set mailbox --none
The line is encrypted from the first byte (TLS). It is looked at every minute while the office is
served; what was handled goes to the folder Processed, what a person has to read to Aside. A Maildir
on this machine is named in candour.toml.";

/// `candour set mailbox`
#[derive(Args)]
pub struct MailboxArgs {
    /// The server's name.
    #[arg(long, required_unless_present = "none", conflicts_with = "none")]
    host: Option<String>,
    /// Its port; 993 if not given.
    #[arg(long)]
    port: Option<u16>,
    /// The user of the mailbox.
    #[arg(long, required_unless_present = "none", conflicts_with = "none")]
    user: Option<String>,
    /// A file with the password; - for standard input. Without it the one that is set is kept, if
    /// server and user stay the same.
    #[arg(long, value_name = "FILE", conflicts_with = "none")]
    password_file: Option<PathBuf>,
    /// The folder that is looked at; INBOX if not given.
    #[arg(long, conflicts_with = "none")]
    folder: Option<String>,
    /// Set none any more: unsubscribes by e-mail are not looked for.
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
    let at = match &command {
        SetCommand::Mail(a) => &a.at,
        SetCommand::Mailbox(a) => &a.at,
        SetCommand::Address { at, .. } => at,
    };
    let office = at.open()?;
    let what = match &command {
        SetCommand::Mail(a) => mail(a)?,
        SetCommand::Mailbox(a) => mailbox(a, &office)?,
        SetCommand::Address { url, .. } => {
            Set::Address(url.as_deref().map(rules::address_of).transpose()?)
        }
    };
    // It concerns all of them; before there is one it can be set already.
    let org = office.read(charter::orgs)?.into_iter().next().map_or(String::new(), |(id, _)| id);
    acts::set(&office, &office.by_command(&org), &what)?;
    match what {
        Set::Post(Some(p)) => eprintln!("Letters leave through {}:{} now.", p.host, p.port),
        Set::Address(Some(url)) => eprintln!("Links lead to {url} now."),
        Set::Mailbox(Some(m)) => {
            let (host, port) = (m.host.unwrap_or_default(), m.port.unwrap_or_default());
            eprintln!("The mailbox on {host}:{port} is looked at every minute now.");
        }
        _ => eprintln!("It is not set any more."),
    }
    Ok(0)
}

fn mail(a: &MailArgs) -> Result<Set> {
    let Some(host) = &a.host else { return Ok(Set::Post(None)) };
    let password = password(a.password_file.as_deref())?;
    let server = Server {
        fields: MAIL,
        host,
        port: &a.port.map_or(String::new(), |p| p.to_string()),
        user: a.user.as_deref().unwrap_or_default(),
        password: &password,
    };
    rules::mail_of(&server, &a.security, None).map(|post| Set::Post(Some(post)))
}

/// What is said there is whose: of the organisation that is named, or of the only one.
fn mailbox(a: &MailboxArgs, office: &Office) -> Result<Set> {
    let Some(host) = &a.host else { return Ok(Set::Mailbox(None)) };
    let id = office.read(|tx| charter::only_org(tx, a.at.org.as_deref()))?;
    let all = office.read(charter::orgs)?;
    let short = all.into_iter().find(|(org, _)| *org == id).map(|(_, short)| short);
    let short = short.ok_or(Error::NotFound("the organisation"))?;
    let password = password(a.password_file.as_deref())?;
    let server = Server {
        fields: MAILBOX,
        host,
        port: &a.port.map_or(String::new(), |p| p.to_string()),
        user: a.user.as_deref().unwrap_or_default(),
        password: &password,
    };
    let (folder, reach) = (a.folder.as_deref().unwrap_or_default(), office.renew_reach()?);
    let mailbox = rules::mailbox_of(&server, folder, &short, reach.mailbox.as_ref())?;
    Ok(Set::Mailbox(Some(mailbox)))
}

/// The password in a file, without the end of its line.
fn password(file: Option<&Path>) -> Result<String> {
    let text = file.map(read_text).transpose()?.unwrap_or_default();
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
