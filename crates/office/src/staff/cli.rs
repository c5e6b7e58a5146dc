//! `candour staff`.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::acts::{self, NewStaff};
use super::{Role, code_app, sql};
use crate::cli::{At, print_json, read_text};
use crate::error::{Error, Result};
use crate::office::Office;

/// Staff accounts.
#[derive(Subcommand)]
pub enum StaffCommand {
    /// Add somebody; prints a one-time sign-in link unless a password file is given.
    #[command(
        after_help = "Example:\n  candour staff add --name 'Ruth Osei' --email ruth@example.org --role officer"
    )]
    Add {
        /// Their name.
        #[arg(long)]
        name: String,
        /// The address they sign in with.
        #[arg(long)]
        email: String,
        /// officer, deputy, case-worker, holder, auditor or administrator.
        #[arg(long, default_value = "officer")]
        role: String,
        /// A file with their first password; - for standard input.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        at: At,
    },
    /// A fresh one-time sign-in link for somebody.
    Link {
        /// Their address.
        email: String,
        #[command(flatten)]
        at: At,
    },
    /// Take the code app of somebody away who lost their telephone: they sign in with their
    /// password alone until they turn it on again.
    CodeAppOff {
        /// Their address.
        email: String,
        #[command(flatten)]
        at: At,
    },
    /// Everybody, with their roles.
    List {
        #[command(flatten)]
        at: At,
    },
}

/// Where others reach the office is not known here: what to do about it.
fn elsewhere(office: &Office) -> &'static str {
    match office.reach().public_url {
        Some(_) => "",
        None => {
            " If the office is reached elsewhere, put that address in front instead, and set it \
             with: candour set address https://…"
        }
    }
}

/// Runs `candour staff`.
///
/// # Errors
/// As the office, or a field needs mending.
pub fn run(command: StaffCommand) -> Result<u8> {
    match command {
        StaffCommand::Add { name, email, role, password_file, at } => {
            let (office, by) = at.open_org()?;
            let role = Role::from_word(&role)
                .ok_or_else(|| Error::invalid("role", "There is no such role: see --help"))?;
            let password = password_file.map(|f| read_text(&f)).transpose()?;
            let password = password.map(|p| p.trim_end().to_owned());
            let linked = password.is_none();
            let new = NewStaff { name, email, role, password };
            let (vault, by2) = (office.vault().clone(), by.clone());
            let id = office.write(move |tx| acts::add(tx, &vault, &by2, &new))?;
            if linked {
                let vault = office.vault().clone();
                let token = office.write(move |tx| acts::sign_in_link(tx, &vault, &by, &id))?;
                println!("{}", acts::link_address(&office, &token));
                eprintln!("Open this within 24 hours; it works once.{}", elsewhere(&office));
            }
        }
        StaffCommand::Link { email, at } => {
            let (office, by) = at.open_org()?;
            let row = office.read_one(|tx| sql::by_email(tx, &email.to_lowercase()))?;
            let row = row.filter(|r| r.org == by.org).ok_or(Error::NotFound("the account"))?;
            let vault = office.vault().clone();
            let token = office.write(move |tx| acts::sign_in_link(tx, &vault, &by, &row.id))?;
            println!("{}", acts::link_address(&office, &token));
            eprintln!("Open this within 24 hours; it works once.{}", elsewhere(&office));
        }
        StaffCommand::CodeAppOff { email, at } => {
            let (office, by) = at.open_org()?;
            let row = office.read_one(|tx| sql::by_email(tx, &email.to_lowercase()))?;
            let row = row.filter(|r| r.org == by.org).ok_or(Error::NotFound("the account"))?;
            office.write(move |tx| code_app::turn_off(tx, &by, &row.id))?;
            println!("The code app is off.");
        }
        StaffCommand::List { at } => {
            let (office, by) = at.open_org()?;
            let all = office.read_one(|tx| sql::all(tx, &by.org))?;
            if at.json {
                let rows: Vec<_> = all
                    .iter()
                    .map(|s| {
                        json!({"name": s.name, "email": s.email, "role": s.role.word(),
                                    "left": s.left, "code_app": s.totp.is_some()})
                    })
                    .collect();
                print_json(&rows)?;
            } else {
                for s in all {
                    println!("{:14} {:30} {}", s.role.word(), s.email, s.name);
                }
            }
        }
    }
    Ok(0)
}
