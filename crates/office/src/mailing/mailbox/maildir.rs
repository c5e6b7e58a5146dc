//! A Maildir: one file for each message, moved by renaming, so that a crash loses none.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{ASIDE, Done, MOST, PROCESSED};
use crate::error::{Error, Result};
use crate::permissions::mail::LARGEST;

/// Hands over each message and moves it by what became of it; answers how many wait aside.
pub fn each(dir: &Path, take: &mut dyn FnMut(Option<&[u8]>) -> Result<Done>) -> Result<u64> {
    for file in files(dir)?.into_iter().take(MOST) {
        let Ok(about) = fs::metadata(&file) else { continue };
        let message = match about.len() > LARGEST {
            true => None,
            false => match fs::read(&file) {
                // Another process has moved it meanwhile.
                Err(e) if e.kind() == ErrorKind::NotFound => continue,
                read => Some(read.map_err(|e| cannot("read", &e))?),
            },
        };
        let to = match take(message.as_deref())? {
            Done::Processed => PROCESSED,
            Done::Aside => ASIDE,
        };
        let folder = dir.join(format!(".{to}"));
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(folder.join(part)).map_err(|e| cannot("written", &e))?;
        }
        let name = file.file_name().unwrap_or_default();
        match fs::rename(&file, folder.join("cur").join(name)) {
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            moved => moved.map_err(|e| cannot("written", &e))?,
        }
    }
    let aside = fs::read_dir(dir.join(format!(".{ASIDE}")).join("cur"));
    Ok(aside.map_or(0, |d| d.count() as u64))
}

fn cannot(what: &str, e: &std::io::Error) -> Error {
    Error::Unavailable(format!("the mailbox’s folder can't be {what}: {}", e.kind()))
}

/// Every message, oldest first: names begin with the second they came.
fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for part in ["new", "cur"] {
        let entries = fs::read_dir(dir.join(part)).map_err(|e| cannot("read", &e))?;
        all.extend(entries.flatten().map(|e| e.path()).filter(|p| p.is_file()));
    }
    all.sort_by(|a, b| a.file_name().cmp(&b.file_name()));
    Ok(all)
}
