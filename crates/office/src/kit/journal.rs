//! The journal: what must outlive a restore, in a file beside the database. A closure leaves a
//! note; the finisher writes the notes of a commit as one sealed line, and syncs it, before the
//! commit. So what was answered is in the journal; a crash between leaves a line too many, which
//! says only what somebody meant to do.
//!
//! Lines are added and never changed. Each stands alone, so a line cut off by a crash costs itself
//! only. Sealed under the office key: a copy elsewhere tells nobody anything, and nobody who lacks
//! the key can add to it.

use std::any::Any;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use candour_db::{DbError, Finisher, Trouble, Tx};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::kit::vault::Vault;

/// What a line is sealed for.
const PLACE: &str = "journal";

/// One thing to be done again after a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Whose: an organisation's id.
    pub org: String,
    /// What, as its area wrote it. Ids, keyed hashes, days: nothing that names anybody.
    pub what: Value,
}

/// Where the journal of a data folder stands.
pub fn path(data: &Path) -> PathBuf {
    data.join("journal")
}

/// Leaves a note for the journal; it goes with the closure if that fails.
///
/// # Errors
/// It can't be written as JSON.
pub fn note(tx: &mut Tx<'_>, org: &str, what: &impl Serialize) -> Result<()> {
    tx.note(Note { org: org.to_owned(), what: serde_json::to_value(what)? });
    Ok(())
}

/// Puts the journal behind another finisher: the last thing before the commit.
pub fn finisher(data: &Path, vault: &Vault, first: Finisher) -> Finisher {
    let (path, vault) = (path(data), vault.clone());
    Arc::new(move |tx: &mut Tx<'_>, notes: Vec<Box<dyn Any + Send>>| {
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for note in notes {
            match note.downcast::<Note>() {
                Ok(note) => own.push(*note),
                Err(other) => others.push(other),
            }
        }
        first(tx, others)?;
        if own.is_empty() {
            return Ok(());
        }
        write(&path, &vault, &own).map_err(|e| DbError {
            trouble: Trouble::Other,
            what: format!("the journal {} could not be written: {e}", path.display()),
        })
    })
}

fn write(path: &Path, vault: &Vault, notes: &[Note]) -> Result<()> {
    let sealed = vault.derived(PLACE)?.seal(PLACE, &serde_json::to_vec(notes)?)?;
    append(path, &[BASE64.encode(sealed)])
}

/// Adds lines and waits until they are on disk. One write, so that processes do not mix theirs; a
/// line break on both sides, so that one cut off before does not spoil them.
fn append(path: &Path, lines: &[String]) -> Result<()> {
    let new = !path.exists();
    let mut file = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.write_all(format!("\n{}\n", lines.join("\n")).as_bytes())?;
    file.sync_data()?;
    if new && let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn lines(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read(path).map_err(|e| {
        Error::invalid("journal", format!("{} can't be read: {}", path.display(), e.kind()))
    })?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().filter(|l| !l.is_empty()).map(str::to_owned).collect())
}

/// What some journals hold.
#[derive(Debug, Default)]
pub struct Held {
    /// Their notes in order, each line once.
    pub notes: Vec<Note>,
    /// Lines that can't be read: cut off by a crash, or changed.
    pub unreadable: usize,
}

/// Reads journals. A line that can't be read keeps no other from being read.
///
/// # Errors
/// A file can't be read, or no line of it opens: it belongs to another office key.
pub fn read(vault: &Vault, files: &[PathBuf]) -> Result<Held> {
    let key = vault.derived(PLACE)?;
    let (mut held, mut seen) = (Held::default(), BTreeSet::new());
    for file in files {
        let (mut good, mut bad) = (0, 0);
        for line in lines(file)? {
            let open = |line: &str| {
                let plain = key.open(PLACE, &BASE64.decode(line).ok()?).ok()?;
                serde_json::from_slice::<Vec<Note>>(&plain).ok()
            };
            match open(&line) {
                Some(notes) => {
                    good += 1;
                    if seen.insert(line) {
                        held.notes.extend(notes);
                    }
                }
                None => bad += 1,
            }
        }
        if good == 0 && bad > 0 {
            return Err(Error::invalid(
                "journal",
                format!(
                    "{} does not open with this office key. Name the right one, or move it away",
                    file.display()
                ),
            ));
        }
        held.unreadable += bad;
    }
    Ok(held)
}

/// Adds to a journal the lines of others that it lacks.
///
/// # Errors
/// A file can't be read or written.
pub fn merge(into: &Path, files: &[PathBuf]) -> Result<()> {
    let mut there: BTreeSet<String> = match into.exists() {
        true => lines(into)?.into_iter().collect(),
        false => BTreeSet::new(),
    };
    let mut new = Vec::new();
    for file in files.iter().filter(|f| f.as_path() != into) {
        new.extend(lines(file)?.into_iter().filter(|l| there.insert(l.clone())));
    }
    if new.is_empty() { Ok(()) } else { append(into, &new) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(n: u8) -> Vec<Note> {
        vec![Note { org: "o".into(), what: Value::from(n) }]
    }

    #[test]
    fn a_line_that_was_cut_or_changed_costs_itself_only() {
        let dir = tempfile::tempdir().unwrap();
        let (file, vault) = (path(dir.path()), Vault::new([7; 32]).unwrap());
        write(&file, &vault, &some(1)).unwrap();
        write(&file, &vault, &some(2)).unwrap();
        let whole = std::fs::read(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() - 9]).unwrap();
        write(&file, &vault, &some(3)).unwrap();
        let held = read(&vault, std::slice::from_ref(&file)).unwrap();
        assert_eq!(held.notes, [some(1), some(3)].concat());
        assert_eq!(held.unreadable, 1);
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn journals_come_together_once_and_only_under_their_own_key() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        let vault = Vault::new([7; 32]).unwrap();
        write(&a, &vault, &some(1)).unwrap();
        merge(&b, std::slice::from_ref(&a)).unwrap();
        write(&b, &vault, &some(2)).unwrap();
        merge(&b, std::slice::from_ref(&a)).unwrap();
        let held = read(&vault, &[a.clone(), b]).unwrap();
        assert_eq!((held.notes.len(), held.unreadable), (2, 0));
        assert!(read(&Vault::new([8; 32]).unwrap(), &[a]).is_err());
    }
}
