//! What the program says: the verdict on standard output, warnings and errors on standard error.

use std::io::Write;

use candour_ledger::{Checkpoint, Entry, LedgerError, SignerId, Tampering, Verified, hash_text};
use serde_json::{Value, json};

/// What was found sound.
pub struct Report {
    pub bundle: Option<Verified>,
    pub proved: Option<Proved>,
}

/// An entry that a proof has shown to be in the ledger.
pub struct Proved {
    pub index: u64,
    pub entry: Entry,
    pub signed: Checkpoint,
}

/// A reader that has gone away is no reason to fail: the exit code still says it.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Says that only the bundle's own key was used.
pub fn warn_own_key(keys: &[String]) {
    complain(
        "Warning: no key was given, so the bundle was checked with the key it brought itself.\n\
         Nothing vouches for that key: whoever rewrites a bundle can put a new one in. Compare it\n\
         with the one that the organisation publishes, and give that one with --key:",
    );
    for key in keys {
        complain(&format!("  {key}"));
    }
}

/// Prints the verdict that everything holds.
pub fn sound(report: &Report, own_key: bool, as_json: bool) {
    if as_json {
        say(&sound_json(report, own_key).to_string());
        return;
    }
    if let Some(verified) = &report.bundle {
        say(&bundle_text(verified));
    }
    if let Some(proved) = &report.proved {
        say(&proved_text(proved));
    }
}

/// Prints the verdict that something was changed.
pub fn tampered(found: &Tampering, own_key: bool, as_json: bool) {
    if as_json {
        let verdict = json!({
            "sound": false,
            "file": found.file,
            "index": found.index,
            "what": found.what,
            "key_from_bundle": own_key,
        });
        say(&verdict.to_string());
    } else {
        say(&format!("Tampering found: {found}."));
    }
}

/// Says why nothing could be judged.
pub fn unusable(error: &LedgerError, as_json: bool) {
    if as_json {
        say(&json!({"sound": null, "error": error.to_string()}).to_string());
    }
    complain(&format!("Error: {error}"));
    complain("Try candour-verify --help.");
}

fn bundle_text(verified: &Verified) -> String {
    let mut text = match (&verified.first_at, &verified.last_at) {
        (Some(first), Some(last)) => {
            let entries = if verified.size == 1 { "entry" } else { "entries" };
            format!("Sound: {} {entries} from {first} to {last}\n", grouped(verified.size))
        }
        _ => "Sound: a ledger without entries\n".to_owned(),
    };
    text.push_str(&format!("  ledger     {}\n", verified.origin));
    text.push_str(&format!("  signed by  {}\n", names(&verified.signers)));
    text.push_str(&format!("  root       {}", hash_text(&verified.root)));
    let width = verified.entries_by_act.keys().map(|act| act.len()).max().unwrap_or_default();
    for (i, (act, count)) in verified.entries_by_act.iter().enumerate() {
        let label = if i == 0 { "acts" } else { "" };
        text.push_str(&format!("\n  {label:<9}  {act:<width$}  {:>9}", grouped(*count)));
    }
    for note in &verified.notes {
        text.push_str(&format!("\nNote: {note}."));
    }
    text
}

fn proved_text(proved: &Proved) -> String {
    format!(
        "Proved: entry {} is in the ledger\n  ledger     {}, when it had {} entries\n  \
         signed by  {}\n  entry      {}, {}",
        proved.index,
        proved.signed.origin,
        grouped(proved.signed.size),
        names(&proved.signed.signers),
        proved.entry.act,
        proved.entry.at,
    )
}

fn sound_json(report: &Report, own_key: bool) -> Value {
    let mut verdict = json!({"sound": true, "key_from_bundle": own_key});
    if let Some(verified) = &report.bundle {
        verdict["bundle"] = json!({
            "origin": verified.origin,
            "entries": verified.size,
            "root": hash_text(&verified.root),
            "first_at": verified.first_at,
            "last_at": verified.last_at,
            "entries_by_act": verified.entries_by_act,
            "signers": verified.signers.iter().map(SignerId::to_string).collect::<Vec<_>>(),
            "notes": verified.notes,
        });
    }
    if let Some(proved) = &report.proved {
        verdict["proof"] = json!({
            "origin": proved.signed.origin,
            "index": proved.index,
            "entries": proved.signed.size,
            "root": hash_text(&proved.signed.root),
            "id": proved.entry.id,
            "act": proved.entry.act,
            "at": proved.entry.at.to_string(),
            "signers": proved.signed.signers.iter().map(SignerId::to_string).collect::<Vec<_>>(),
        });
    }
    verdict
}

fn names(signers: &[SignerId]) -> String {
    signers.iter().map(SignerId::to_string).collect::<Vec<_>>().join(", ")
}

/// 1234567 as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
