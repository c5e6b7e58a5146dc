//! `candour-verify`: checks an exported ledger, or the proof of one entry, offline.
//!
//! For auditors and data subjects: it needs no Candour, no network and no database, only the files
//! and the public key that the organisation publishes. All checking is done by `candour-ledger`.

mod report;
mod unpack;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use candour_ledger::{
    Entry, LedgerError, ProofFile, Verified, VerifyError, bundle_keys, check_earlier, verify_bundle,
};
use clap::Parser;

use report::{Proved, Report};

const EXAMPLES: &str = "\
Examples:
  Check a bundle against the key that the organisation publishes:
    candour-verify ledger-2026 --key 'candour.example/org/7+1a2b3c4d+AQ…'

  The same with the one file that the office hands out, and the key in a file:
    candour-verify ledger-harbour.zip --key-file ledger-harbour-key.txt

  Check also that nothing was rewritten since a checkpoint you kept last year:
    candour-verify ledger-2026 --key-file keys.txt --since checkpoint-2025

  Check the proof of one entry, without a bundle:
    candour-verify --proof receipt.tlog-proof --key-file keys.txt

Exit codes:
  0  sound
  1  tampering found, or a proof that does not hold
  2  the command, a key or a file cannot be used

The formats are those of c2sp.org: tlog-tiles, tlog-checkpoint, signed-note and tlog-proof.";

/// Check an exported ledger: that every entry is the one that was logged, and that nothing was
/// changed, dropped, added or moved.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Args {
    /// The exported ledger: its folder, or the ZIP file that the office hands out
    #[arg(required_unless_present = "proof")]
    bundle: Option<PathBuf>,

    /// Public key to trust, as the organisation publishes it; may be given more than once
    #[arg(long, value_name = "VKEY")]
    key: Vec<String>,

    /// File of public keys to trust, one a line; may be given more than once
    #[arg(long, value_name = "FILE")]
    key_file: Vec<PathBuf>,

    /// Earlier checkpoint of the same ledger, which this one must continue
    #[arg(long, value_name = "CHECKPOINT_FILE", requires = "bundle")]
    since: Option<PathBuf>,

    /// Proof that one entry is in the ledger (.tlog-proof)
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,

    /// The entry that the proof is for; not needed if the proof carries it
    #[arg(long, value_name = "FILE", requires = "proof")]
    entry: Option<PathBuf>,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let mut args = Args::parse();
    // Gone at the end, like all that was unpacked into it.
    let unpacked = match args.bundle.as_deref().map(unpack::if_packed).transpose() {
        Ok(unpacked) => unpacked.flatten(),
        Err(error) => {
            report::unusable(&error, args.json);
            return ExitCode::from(2);
        }
    };
    if let Some(dir) = &unpacked {
        args.bundle = Some(dir.path().to_owned());
    }
    let (outcome, keys) = match trusted(&args) {
        Ok(keys) => (check(&args, &keys.lines), Some(keys)),
        Err(error) => (Err(error.into()), None),
    };
    // Said before the verdict, and whatever the verdict is.
    if let Some(keys) = keys.as_ref().filter(|keys| keys.from_bundle) {
        report::warn_own_key(&keys.lines);
    }
    let own_key = keys.is_some_and(|keys| keys.from_bundle);
    match outcome {
        Ok(report) => {
            report::sound(&report, own_key, args.json);
            ExitCode::SUCCESS
        }
        Err(VerifyError::Tampered(found)) => {
            report::tampered(&found, own_key, args.json);
            ExitCode::from(1)
        }
        Err(VerifyError::Unreadable(error)) => {
            report::unusable(&error, args.json);
            ExitCode::from(2)
        }
    }
}

/// The keys to check with, and whether nobody but the bundle itself vouches for them.
struct Keys {
    lines: Vec<String>,
    from_bundle: bool,
}

fn trusted(args: &Args) -> Result<Keys, LedgerError> {
    let mut lines = args.key.clone();
    for file in &args.key_file {
        let text = read_text(file)?;
        let text = text.lines().map(str::trim);
        lines.extend(text.filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned));
    }
    if !lines.is_empty() {
        return Ok(Keys { lines, from_bundle: false });
    }
    let none = "no key to check with; give the one that the organisation publishes with --key";
    match &args.bundle {
        Some(dir) if args.key_file.is_empty() => {
            let lines = bundle_keys(dir)?;
            if lines.is_empty() {
                return Err(LedgerError::Key(none.to_owned()));
            }
            Ok(Keys { lines, from_bundle: true })
        }
        _ => Err(LedgerError::Key(none.to_owned())),
    }
}

fn check(args: &Args, keys: &[String]) -> Result<Report, VerifyError> {
    let since = args.since.as_deref().map(read_text).transpose()?;
    let proof = args.proof.as_deref().map(|file| read_proof(file, args)).transpose()?;
    let mut report = Report { bundle: None, proved: None };
    if let Some(dir) = &args.bundle {
        report.bundle = Some(verify_bundle(dir, keys, since.as_deref())?);
    }
    if let Some((file, proof, entry)) = proof {
        report.proved = Some(prove(&file, &proof, &entry, keys)?);
        if let (Some(dir), Some(verified)) = (&args.bundle, &report.bundle) {
            continues(dir, verified, keys, &file, &proof)?;
        }
    }
    Ok(report)
}

/// The proof and the bytes of its entry, from the command line's files.
fn read_proof(file: &Path, args: &Args) -> Result<(String, ProofFile, Vec<u8>), LedgerError> {
    let proof = ProofFile::parse(&read_text(file)?)?;
    let entry = match (&args.entry, &proof.extra) {
        (Some(entry), _) => {
            let mut bytes = read(entry)?;
            // An entry is one line; an editor may have ended it as lines are.
            if bytes.last() == Some(&b'\n') {
                bytes.pop();
            }
            bytes
        }
        (None, Some(extra)) => extra.clone(),
        (None, None) => {
            let what = "it does not carry its entry; give the entry's file with --entry";
            return Err(LedgerError::Proof(what.to_owned()));
        }
    };
    Ok((file.display().to_string(), proof, entry))
}

fn prove(
    file: &str,
    proof: &ProofFile,
    entry: &[u8],
    keys: &[String],
) -> Result<Proved, VerifyError> {
    let signed = proof.verify(entry, keys).map_err(|error| does_not_hold(file, proof, error))?;
    let entry = Entry::parse(entry).map_err(|error| does_not_hold(file, proof, error))?;
    Ok(Proved { index: proof.index, entry, signed })
}

fn continues(
    dir: &Path,
    verified: &Verified,
    keys: &[String],
    file: &str,
    proof: &ProofFile,
) -> Result<(), VerifyError> {
    check_earlier(dir, verified, keys, &proof.checkpoint).map_err(|error| match error {
        VerifyError::Tampered(mut found) => {
            found.what = format!("against the checkpoint in {file}, {}", found.what);
            found.into()
        }
        other => other,
    })
}

/// A proof that does not prove is a finding; a key that is none is not.
fn does_not_hold(file: &str, proof: &ProofFile, error: LedgerError) -> VerifyError {
    match error {
        LedgerError::Checkpoint(_) | LedgerError::Proof(_) | LedgerError::Entry { .. } => {
            VerifyError::Tampered(candour_ledger::Tampering {
                file: file.to_owned(),
                index: Some(proof.index),
                what: error.to_string(),
            })
        }
        other => other.into(),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, LedgerError> {
    std::fs::read(file).map_err(|source| LedgerError::Io { path: file.to_owned(), source })
}

fn read_text(file: &Path) -> Result<String, LedgerError> {
    String::from_utf8(read(file)?)
        .map_err(|_| LedgerError::Bundle(format!("{} is not text", file.display())))
}
