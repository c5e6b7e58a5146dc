//! Commands about the house itself: init, doctor, backup, moving to PostgreSQL.

use std::path::PathBuf;

use candour_db::{Db, Place};
use clap::Args;
use serde_json::json;

use crate::charter;
use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::office::Office;
use crate::{holdings, migrations, proof, settings};

/// `candour init`
#[derive(Args)]
#[command(after_help = "Example:\n  candour init --data office && candour serve --data office")]
pub struct InitArgs {
    #[command(flatten)]
    at: At,
}

/// Makes a new office.
///
/// # Errors
/// The folder can't be written, or the database can't be opened.
pub fn init(a: &InitArgs) -> Result<u8> {
    let office = Office::init(&a.at.data, a.at.database.as_deref())?;
    println!("{}", a.at.data.display());
    eprintln!("An office in {}, kept in {}.", a.at.data.display(), office.db().describe()?);
    eprintln!(
        "Keep a copy of {} somewhere safe and apart from backups: without it nothing can be read.",
        settings::key_path(&a.at.data).display()
    );
    eprintln!("Next: candour serve --data {}", a.at.data.display());
    Ok(0)
}

/// `candour doctor`
#[derive(Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    at: At,
}

/// Looks over the house; exit code 1 if something is wrong.
///
/// # Errors
/// The office can't be opened at all.
pub fn doctor(a: &DoctorArgs) -> Result<u8> {
    let office = a.at.open()?;
    let mut lines: Vec<(bool, String)> = Vec::new();
    lines.push((true, format!("database: {}", office.db().describe()?)));
    let year = crate::kit::dates::day_of(office.now()).year();
    let last = office.calendar().last_year();
    lines.push((last > year, format!("public holidays: known to the end of {last}")));
    lines.push((
        true,
        match &office.settings().post {
            Some(p) => format!("letters: through {}:{}", p.host, p.port),
            None => "letters: kept in the outbox folder, no mail server is set up".into(),
        },
    ));
    let stuck = office.read(crate::kit::sql::failed_jobs)?;
    lines.push((stuck == 0, format!("jobs given up: {stuck}")));
    for (org, short) in office.read(charter::orgs)? {
        let by = office.by_command(&org);
        for h in office.read(|tx| holdings::active(tx, &org))? {
            let line = match holdings::acts::problems(&office, &org, &h) {
                Ok(p) if p.is_empty() => (true, format!("{short}, {}: in order", h.short)),
                Ok(p) => (false, format!("{short}, {}: {} things to look at", h.short, p.len())),
                Err(Error::Holding(f)) => (false, format!("{short}, {}: {f}", h.short)),
                Err(e) => return Err(e),
            };
            lines.push(line);
        }
        lines.push(ledger_line(&office, &by.org, &short)?);
    }
    let wrong = lines.iter().any(|(ok, _)| !ok);
    if a.at.json {
        let all: Vec<_> = lines.iter().map(|(ok, l)| json!({"ok": ok, "what": l})).collect();
        print_json(&all)?;
    } else {
        for (ok, line) in &lines {
            println!("{}  {line}", if *ok { "ok   " } else { "look " });
        }
    }
    Ok(u8::from(wrong))
}

/// Exports the whole log to a scratch folder and verifies it as a stranger would.
fn ledger_line(office: &Office, org: &str, short: &str) -> Result<(bool, String)> {
    let dir = tempfile::tempdir()?;
    let (vault, o, now) = (office.vault().clone(), org.to_owned(), office.now());
    let (size, note) = office.chore(move |tx| proof::acts::checkpoint(tx, &vault, &o, now))?;
    let to = dir.path().join("bundle");
    let vkey = proof::acts::export(office.db(), office.vault(), org, &note, &to)?;
    Ok(match candour_ledger::verify_bundle(&to, &[vkey], None) {
        Ok(_) => (true, format!("{short}: ledger sound, {size} entries")),
        Err(e) => (false, format!("{short}: ledger NOT SOUND: {e}")),
    })
}

/// `candour backup`
#[derive(Args)]
#[command(
    after_help = "Example:\n  candour backup --out /backups/office-2026-11-22.db --data office"
)]
pub struct BackupArgs {
    /// The file to write; it must not exist. It stays encrypted under the office key.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    at: At,
}

/// Writes an encrypted copy while the office goes on working.
///
/// # Errors
/// The file exists or can't be written, or the office is kept in PostgreSQL.
pub fn backup(a: &BackupArgs) -> Result<u8> {
    if a.out.exists() {
        return Err(Error::invalid("out", format!("{} is there already", a.out.display())));
    }
    let office = a.at.open()?;
    office.db().snapshot(&a.out)?;
    println!("{}", a.out.display());
    eprintln!("The key is not in it: keep office.key apart from backups.");
    Ok(0)
}

/// `candour move`
#[derive(Args)]
#[command(
    after_help = "Example:\n  candour move --to-file /etc/candour/database.url --data office"
)]
pub struct MoveArgs {
    /// The empty PostgreSQL database. Others on this machine can read it while the command runs:
    /// better in a file if it holds a password.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// A file whose first line is the address of the empty PostgreSQL database.
    #[arg(long, value_name = "FILE", conflicts_with = "to", required_unless_present = "to")]
    to_file: Option<PathBuf>,
    #[command(flatten)]
    at: At,
}

/// Copies every row to PostgreSQL in one transaction. Stop `serve` first.
///
/// # Errors
/// The target is not empty, or either side fails; nothing is kept there then.
pub fn move_office(a: &MoveArgs) -> Result<u8> {
    let office = a.at.open()?;
    if office.settings().database.is_some() {
        return Err(Error::invalid("data", "This office is kept in PostgreSQL already"));
    }
    let url = match (&a.to, &a.to_file) {
        (Some(url), _) => url.clone(),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file);
            let text =
                text.map_err(|e| Error::invalid("to-file", format!("can’t be read: {e}")))?;
            text.lines().next().unwrap_or_default().trim().to_owned()
        }
        (None, None) => return Err(Error::invalid("to", "Name the database to move to")),
    };
    let to = Db::open(&Place::Postgres { url }, migrations::ALL, proof::finisher())?;
    let copied = candour_db::copy_all(office.db(), &to, migrations::TABLES)?;
    let rows: u64 = copied.iter().map(|(_, n)| n).sum();
    println!("{rows} rows in {} tables", copied.len());
    eprintln!("Now name the database in candour.toml (database = \"…\") and start serve.");
    Ok(0)
}
