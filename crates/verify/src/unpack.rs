//! A bundle as one ZIP file, unpacked into a folder of its own.

use std::fs::{self, File};
use std::io::{Read as _, copy};
use std::path::{Component, Path, PathBuf};

use candour_ledger::LedgerError;
use tempfile::TempDir;
use zip::ZipArchive;

/// A log packs to a tenth of its size or so. What swells beyond this is no log.
const SWELLS: u64 = 100;
/// Room for a small log, whose files are mostly names.
const AT_LEAST: u64 = 1 << 20;

/// Unpacks a file; a folder is left as it is.
pub fn if_packed(bundle: &Path) -> Result<Option<TempDir>, LedgerError> {
    if !bundle.is_file() {
        return Ok(None);
    }
    let io = |source| LedgerError::Io { path: bundle.to_owned(), source };
    let no_zip = |what: &str| LedgerError::Bundle(format!("{} {what}", bundle.display()));
    let file = File::open(bundle).map_err(io)?;
    let most = file.metadata().map_err(io)?.len().saturating_mul(SWELLS).max(AT_LEAST);
    let mut zip =
        ZipArchive::new(file).map_err(|_| no_zip("is neither a folder nor a ZIP file"))?;
    let dir = tempfile::tempdir().map_err(io)?;
    let mut left = most;
    for n in 0..zip.len() {
        let part = zip.by_index(n).map_err(|_| no_zip("is a ZIP file that can’t be read"))?;
        if part.is_dir() {
            continue;
        }
        let name = part.name().ok().and_then(|name| inside(&name));
        let name = name.ok_or_else(|| no_zip("holds a file that belongs to no ledger"))?;
        let to = dir.path().join(name);
        fs::create_dir_all(to.parent().unwrap_or(dir.path())).map_err(io)?;
        // Made anew: of two files of one name neither is passed over in silence.
        let mut out = File::create_new(&to).map_err(|_| no_zip("holds two files of one name"))?;
        let took = copy(&mut part.take(left + 1), &mut out).map_err(io)?;
        left = left.checked_sub(took).ok_or_else(|| no_zip("swells beyond all measure"))?;
    }
    Ok(Some(dir))
}

/// The place of a file of a bundle: `checkpoint`, `keys`, or below `tile`.
fn inside(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(name);
    let plain = path.components().all(|c| matches!(c, Component::Normal(_)));
    let known = matches!(name, "checkpoint" | "keys") || path.starts_with("tile");
    (plain && known && !name.contains('\\')).then_some(path)
}
