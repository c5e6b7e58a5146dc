//! `candour restore` and `candour replay`: an office put back as it stood, in which erasures and
//! stops that came later hold all the same. They are in the journal beside the database.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::cli::{At, print_json};
use crate::error::{Error, Result};
use crate::kit::journal;
use crate::office::{self, Office};
use crate::permissions::{self, Again};
use crate::proof::{Act, Recorded};
use crate::{charter, settings};

/// `candour restore`
#[derive(Args)]
#[command(
    after_help = "Example:\n  candour restore office-2026-11-22.db --key office.key --journal old-office/journal --data new-office"
)]
pub struct RestoreArgs {
    /// The backup.
    file: PathBuf,
    /// The office key that belongs to it.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The journal of the office that is put back: who was erased or stopped since the backup. May
    /// be given several times. One in the data folder or beside the key file is found by itself.
    #[arg(long, value_name = "FILE")]
    journal: Vec<PathBuf>,
    #[command(flatten)]
    at: At,
}

/// Puts a backup into a data folder without an office, after checking that the key opens it, and
/// carries out again what the journal says. It is an office only when all that is done.
///
/// # Errors
/// There is an office already, or the key fits neither backup nor journal.
pub fn restore(a: &RestoreArgs) -> Result<u8> {
    let data = &a.at.data;
    let target = data.join("office.db");
    if target.exists() {
        return Err(Error::invalid(
            "data",
            format!("There is an office in {} already", data.display()),
        ));
    }
    office::check_not_moved(data)?;
    settings::read_key_file(&a.key)?;
    let mut journals = a.journal.clone();
    for near in [journal::path(data), journal::path(a.key.parent().unwrap_or(Path::new(".")))] {
        if near.exists() && !journals.contains(&near) {
            journals.push(near);
        }
    }
    let made = !data.exists();
    let own_settings = data.join("candour.toml").exists();
    std::fs::create_dir_all(data)?;
    let stage = data.join("restore.part");
    let done = staged(&stage, a, &journals);
    let done = done.and_then(|done| {
        // First the journal: it must not be behind the office beside which it stands.
        let own = journal::path(&stage);
        let all: Vec<PathBuf> =
            journals.iter().cloned().chain(own.exists().then_some(own)).collect();
        journal::merge(&journal::path(data), &all)?;
        for name in ["office.key", "candour.toml"] {
            if !data.join(name).exists() {
                std::fs::rename(stage.join(name), data.join(name))?;
            }
        }
        std::fs::rename(stage.join("office.db"), &target)?;
        Ok(done)
    });
    let _ = std::fs::remove_dir_all(&stage);
    if done.is_err() && made {
        // Only what this command made, and only while nothing is in it.
        let _ = std::fs::remove_dir(data);
    }
    let done = done?;
    if a.at.json {
        done.print_json()?;
    } else {
        println!("{}", data.display());
        done.say();
    }
    if journals.is_empty() {
        eprintln!(
            "No journal was found: whoever was erased, stopped or said no since the backup is not \
             known here. If you have it: candour replay --journal FILE --data {}",
            data.display()
        );
    }
    if !own_settings {
        eprintln!(
            "A backup holds no settings: {} is new and empty. Put the old office’s candour.toml in \
             its place (mail server, public address, holidays). A holding whose path is relative is \
             looked for in {}: put its files there, or mend its map.",
            data.join("candour.toml").display(),
            data.display()
        );
    }
    eprintln!("Restored. Check it with: candour doctor --data {}", data.display());
    Ok(0)
}

/// Builds the office whole in a folder of its own.
fn staged(stage: &Path, a: &RestoreArgs, journals: &[PathBuf]) -> Result<Done> {
    use std::io::Write as _;
    if stage.exists() {
        std::fs::remove_dir_all(stage)?;
    }
    std::fs::create_dir(stage)?;
    std::fs::copy(&a.file, stage.join("office.db"))?;
    let text = std::fs::read_to_string(&a.key)?;
    settings::private_file(&settings::key_path(stage))?.write_all(text.as_bytes())?;
    settings::write_missing(stage, None)?;
    let office = Office::open(stage, None)?;
    carry_out(&office, journals, true)
}

/// `candour replay`
#[derive(Args)]
#[command(
    after_help = "Example, after pg_restore:\n  candour replay --data office --journal other-machine/journal"
)]
pub struct ReplayArgs {
    /// Another journal, from another machine on the same database say. May be given several times.
    #[arg(long, value_name = "FILE")]
    journal: Vec<PathBuf>,
    #[command(flatten)]
    at: At,
}

/// Carries out again the erasures and stops of the data folder's journal, and others, after the
/// database was put back by its own tools. What stands already is left as it is.
///
/// # Errors
/// A journal can't be read, or of the database.
pub fn replay(a: &ReplayArgs) -> Result<u8> {
    let office = a.at.open()?;
    let own = journal::path(&a.at.data);
    let mut journals = a.journal.clone();
    if own.exists() && !journals.contains(&own) {
        journals.push(own.clone());
    }
    if journals.is_empty() {
        return Err(Error::invalid(
            "journal",
            format!("There is no journal in {}: name one with --journal", a.at.data.display()),
        ));
    }
    let done = carry_out(&office, &journals, false)?;
    journal::merge(&own, &journals)?;
    if a.at.json {
        done.print_json()?;
    } else {
        done.say();
    }
    Ok(0)
}

/// What came of the journals.
struct Done {
    again: Again,
    unreadable: usize,
}

impl Done {
    fn words(&self) -> String {
        let Again { erased, stops, withdrawn } = self.again;
        format!(
            "Carried out again: {erased} erased, {stops} stops put back, {withdrawn} consents \
             withdrawn"
        )
    }

    fn say(&self) {
        eprintln!("{}", self.words());
        if self.unreadable > 0 {
            eprintln!(
                "Lines of the journal that can't be read: {}. One was cut off if the machine went \
                 down while it was written, and then nobody was told that it was done. More were \
                 changed: look for a better copy and run candour replay",
                self.unreadable
            );
        }
    }

    fn print_json(&self) -> Result<()> {
        print_json(&json!({
            "erased": self.again.erased,
            "stops": self.again.stops,
            "withdrawn": self.again.withdrawn,
            "unreadable": self.unreadable,
        }))
    }
}

/// Carries out the notes for each organisation that is there. That an office was put back is on
/// record even where nothing had to be done (UK GDPR Arts 32(1)(c), 5(2)).
fn carry_out(office: &Office, journals: &[PathBuf], restored: bool) -> Result<Done> {
    let held = journal::read(office.vault(), journals)?;
    let mut all = Again::default();
    for (org, _) in office.read(charter::orgs)? {
        let by = office.by_command(&org);
        let again = permissions::again(office, &by, &held.notes)?;
        all.erased += again.erased;
        all.stops += again.stops;
        all.withdrawn += again.withdrawn;
        if restored || again.any() {
            let vault = office.vault().clone();
            let said = Done { again, unreadable: held.unreadable }.words();
            office.write(move |tx| {
                let key = vault.key_for(tx, &by.org, "office", by.now)?;
                let act = Act::new("office.restored")
                    .about("org", &by.org)
                    .law("UK GDPR Arts 32(1)(c), 5(2)")
                    .say(&key, said.clone());
                Ok(Recorded::new(&by, (), act))
            })?;
        }
    }
    Ok(Done { again: all, unreadable: held.unreadable })
}
