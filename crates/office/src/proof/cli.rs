//! `candour ledger`.

use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{acts, sql};
use crate::cli::{At, print_json};
use crate::error::{Error, Result};

/// The evidence ledger.
#[derive(Subcommand)]
pub enum LedgerCommand {
    /// Show the newest entries.
    Show {
        /// How many.
        #[arg(long, default_value_t = 20)]
        last: u64,
        #[command(flatten)]
        at: At,
    },
    /// Export the whole log into a folder that `candour-verify` checks without this office.
    #[command(
        after_help = "Example:\n  candour ledger export --out bundle && candour-verify bundle"
    )]
    Export {
        /// The folder; it must not exist or be empty.
        #[arg(long, value_name = "BUNDLE")]
        out: PathBuf,
        #[command(flatten)]
        at: At,
    },
    /// Print a signed checkpoint: keep it somewhere else, to compare later.
    Checkpoint {
        #[command(flatten)]
        at: At,
    },
    /// Write the proof file of one entry.
    Proof {
        /// The entry's position in the log, as `ledger show` has it.
        position: u64,
        #[command(flatten)]
        at: At,
    },
}

/// Runs `candour ledger`.
///
/// # Errors
/// As the office.
pub fn run(command: LedgerCommand) -> Result<u8> {
    match command {
        LedgerCommand::Show { last, at } => show(&at, last),
        LedgerCommand::Export { out, at } => export(&at, &out),
        LedgerCommand::Checkpoint { at } => {
            let (office, by) = at.open_org()?;
            let (vault, org) = (office.vault().clone(), by.org.clone());
            let note = office
                .chore(move |tx| acts::checkpoint(tx, &vault, &org, by.now).map(|(_, n)| n))?;
            print!("{note}");
            Ok(0)
        }
        LedgerCommand::Proof { position, at } => {
            let (office, by) = at.open_org()?;
            let (vault, org) = (office.vault().clone(), by.org.clone());
            let (text, _) =
                office.chore(move |tx| acts::proof_file(tx, &vault, &org, position, by.now))?;
            print!("{text}");
            Ok(0)
        }
    }
}

fn show(at: &At, last: u64) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let told = office.read(|tx| {
        let rows = sql::entries_before(tx, &by.org, u64::MAX / 2, last)?;
        rows.into_iter()
            .map(|r| acts::tell(tx, office.vault(), &by.org, r))
            .collect::<Result<Vec<_>>>()
    })?;
    if at.json {
        let all: Vec<_> = told
            .iter()
            .map(|t| {
                json!({"index": t.idx, "id": t.id, "at": t.at, "actor": t.actor, "act": t.act,
                       "law": t.law, "said": t.said})
            })
            .collect();
        print_json(&all)?;
    } else {
        for t in told.iter().rev() {
            let said = t.said.as_deref().unwrap_or_default();
            println!(
                "{:>6}  {}  {:24} {:14} {said}",
                t.idx,
                t.at.strftime("%Y-%m-%d %H:%M:%S"),
                t.act,
                t.actor.split(':').next().unwrap_or("")
            );
        }
    }
    Ok(0)
}

fn export(at: &At, out: &std::path::Path) -> Result<u8> {
    let (office, by) = at.open_org()?;
    let (vault, org, now) = (office.vault().clone(), by.org.clone(), by.now);
    let (size, note) = office.chore(move |tx| acts::checkpoint(tx, &vault, &org, now))?;
    let vkey =
        acts::export(office.db(), office.vault(), &by.org, &note, out).map_err(|e| match e {
            Error::Fault(f) => Error::Unavailable(format!("{f:#}")),
            other => other,
        })?;
    if at.json {
        print_json(&json!({"bundle": out, "entries": size, "key": vkey}))?;
    } else {
        println!("{}", out.display());
        eprintln!("{size} entries. Check them with: candour-verify {}", out.display());
        eprintln!("The organisation's public key: {vkey}");
    }
    Ok(0)
}
