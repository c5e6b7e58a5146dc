//! The ledger of the demo: exported, then checked by a program that knows nothing of this office.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::told::{Voice, shown};
use crate::error::{Error, Result};
use crate::office::Office;
use crate::proof::{By, acts};

/// How the ledger was proved.
pub struct Proved {
    /// The exported folder.
    pub bundle: PathBuf,
    /// Entries in it.
    pub entries: u64,
    /// The public key it was checked with.
    pub key: String,
    /// `candour-verify`, or this program where that one is missing.
    pub by: &'static str,
}

/// Exports the whole ledger and checks it; on a second run also that it continues the ledger
/// exported before.
///
/// # Errors
/// The folder can't be written, or the ledger is not sound.
pub fn ledger(office: &Office, by: &By, dir: &Path, voice: &Voice) -> Result<Proved> {
    let bundle = dir.join("ledger-bundle");
    let before = keep_earlier(dir, &bundle)?;
    let (vault, org, now) = (office.vault().clone(), by.org.clone(), office.now());
    let (entries, note) = office.chore(move |tx| acts::checkpoint(tx, &vault, &org, now))?;
    let key = acts::export(office.db(), office.vault(), &by.org, &note, &bundle)?;
    voice.say(format!("{entries} entries written to {}.", shown(&bundle)));
    let program = std::env::current_exe()?.with_file_name("candour-verify");
    build_verifier(&program, voice);
    let by = if program.is_file() {
        outside(&program, &bundle, &key, before.as_deref(), voice)?;
        "candour-verify"
    } else {
        inside(&bundle, &key, before.as_deref(), voice)?;
        "this program"
    };
    if before.is_some() {
        voice.say("It continues the ledger of the last run: nothing was rewritten since.");
    }
    Ok(Proved { bundle, entries, key, by })
}

/// `cargo run` builds one executable only. If it started us, it can build the auditors' one too; if
/// that fails the ledger is checked by this program, and the demo says so.
fn build_verifier(program: &Path, voice: &Voice) {
    let Some(cargo) = std::env::var_os("CARGO").filter(|_| !program.is_file()) else { return };
    voice.say("Building candour-verify, the auditors’ own program; this takes a moment.");
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "candour-verify"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    // The folder of the workspace, wherever cargo was started; cargo names it to what it runs.
    if let Some(workspace) = std::env::var_os("CARGO_MANIFEST_DIR") {
        build.current_dir(workspace);
    }
    let _ = build.status();
}

/// Makes room for a new export; the old one's checkpoint is kept to compare with.
fn keep_earlier(dir: &Path, bundle: &Path) -> Result<Option<PathBuf>> {
    let (old, kept) = (bundle.join("checkpoint"), dir.join("checkpoint-before"));
    if old.is_file() {
        std::fs::copy(old, &kept)?;
    }
    if bundle.exists() {
        std::fs::remove_dir_all(bundle)?;
    }
    Ok(kept.is_file().then_some(kept))
}

/// Has the auditor's program check the bundle.
fn outside(
    program: &Path,
    bundle: &Path,
    key: &str,
    before: Option<&Path>,
    voice: &Voice,
) -> Result<()> {
    let mut command = Command::new(program);
    command.arg(bundle).args(["--key", key]);
    if let Some(before) = before {
        command.arg("--since").arg(before);
    }
    let answer = command.output().map_err(|e| {
        Error::Unavailable(format!("{} can’t be run: {}", shown(program), e.kind()))
    })?;
    voice.say("candour-verify, a program of its own for auditors, says:");
    let said = String::from_utf8_lossy(&answer.stdout);
    for line in said.lines() {
        voice.say(format!("  {line}"));
    }
    // Exit code and verdict must both say it: an older program might do neither.
    if answer.status.success() && said.starts_with("Sound") {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&answer.stderr).into_owned();
    Err(Error::fault(format!("candour-verify does not find the ledger sound. {}", why.trim())))
}

/// Checks the bundle in this process, and says that it did.
fn inside(bundle: &Path, key: &str, before: Option<&Path>, voice: &Voice) -> Result<()> {
    let earlier = before.map(std::fs::read_to_string).transpose()?;
    candour_ledger::verify_bundle(bundle, &[key], earlier.as_deref())
        .map_err(|e| Error::fault(format!("the exported ledger is not sound: {e}")))?;
    voice.say(
        "Sound, checked by this program itself: candour-verify is not beside it. Build that one \
         with: cargo build --release -p candour-verify",
    );
    Ok(())
}
