//! The files of a folder, in an order that stands still, without leaving the folder.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use candour_screening::{Subject, about_others, recognise};
use rustix::fs::OFlags;

use crate::{Fault, FaultKind};

/// Folders within folders that are followed.
const DEEPEST: usize = 64;

/// A file of a holding.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Where it is.
    pub path: PathBuf,
    /// Its path from the holding on, with `/` between.
    pub relative: String,
    /// Its place in words that name no file: "file 7 of letters/".
    pub shown: String,
}

impl Item {
    /// The folder it is in, from the holding on; empty for the holding's own.
    pub(crate) fn folder(&self) -> &str {
        self.relative.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Its name without folders.
    pub(crate) fn name(&self) -> &str {
        self.relative.rsplit_once('/').map_or(&self.relative, |(_, name)| name)
    }

    /// Open it for reading: the file itself, no link that has taken its place, no pipe that would
    /// hold us.
    pub(crate) fn open(&self) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(&self.path)?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
    }

    /// Its bytes, if there are no more than `most`.
    pub(crate) fn read(&self, most: u64) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        self.open()?.take(most + 1).read_to_end(&mut bytes)?;
        Ok(Some(bytes).filter(|b| b.len() as u64 <= most))
    }
}

/// One step of a walk.
#[derive(Debug)]
pub(crate) enum Step {
    /// A file.
    File(Item),
    /// A place that is not read, and why.
    Missed(Fault),
}

/// Whether the walk goes on.
pub(crate) type Going = Result<bool, Fault>;

/// The holding's own file or folder, every link in the way to it followed.
pub(crate) fn root(holding: &str, path: &Path) -> Result<PathBuf, Fault> {
    fs::canonicalize(path).map_err(|error| unread(holding, error.kind()))
}

/// A file or folder that cannot be read.
pub(crate) fn unread(place: &str, error: io::ErrorKind) -> Fault {
    let (kind, what, remedy) = match error {
        io::ErrorKind::NotFound => (
            FaultKind::Unreachable,
            "it is not there (any more)",
            "Check the path, and that the disk or share is connected; then search again.",
        ),
        io::ErrorKind::PermissionDenied => (
            FaultKind::Denied,
            "this program may not read it",
            "Give the account that Candour runs under the right to read it.",
        ),
        io::ErrorKind::InvalidInput => (
            FaultKind::Damaged,
            "it is no ordinary file",
            "Devices and pipes are not read; remove it from the folder.",
        ),
        _ => (
            FaultKind::Unreachable,
            "it cannot be read",
            "Check the disk or share it is on, then search again.",
        ),
    };
    Fault::new(kind, place, what, remedy)
}

/// Go through all files under `root`, or `root` itself if it is one: folders after files, both in
/// the order of their names. Ends early when `each` says `false`.
pub(crate) fn walk(
    holding: &str,
    root: &Path,
    each: &mut dyn FnMut(Step) -> Going,
) -> Result<(), Fault> {
    let meta = fs::metadata(root).map_err(|error| unread(holding, error.kind()))?;
    if !meta.is_dir() {
        let relative = root.file_name().map_or(String::new(), written);
        let shown = format!("{holding}: its one file");
        each(Step::File(Item { path: root.to_owned(), relative, shown }))?;
        return Ok(());
    }
    let mut walk = Walk { holding, root, each };
    walk.folder(root, "", "", 0)?;
    Ok(())
}

struct Walk<'a> {
    holding: &'a str,
    root: &'a Path,
    each: &'a mut dyn FnMut(Step) -> Going,
}

impl Walk<'_> {
    fn folder(&mut self, path: &Path, relative: &str, shown: &str, depth: usize) -> Going {
        let here = if shown.is_empty() { "the top folder" } else { shown };
        let place = format!("{}: {here}", self.holding);
        if depth > DEEPEST {
            let what = format!("folders lie more than {DEEPEST} deep and are not followed further");
            let remedy = "Move the deepest folders up and search again.";
            return (self.each)(Step::Missed(Fault::new(FaultKind::Limit, place, what, remedy)));
        }
        let listed = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) if depth == 0 => return Err(unread(&place, error.kind())),
            Err(error) => return (self.each)(Step::Missed(unread(&place, error.kind()))),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut folders = Vec::new();
        for (nth, entry) in (1..).zip(entries) {
            let name = written(entry.file_name());
            let below = join(relative, &name);
            let shown_file = format!("{}: file {nth} of {here}", self.holding);
            let going = match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    folders.push((entry.path(), below, join(shown, &showable(&name, nth))));
                    true
                }
                Ok(kind) if kind.is_file() => {
                    let path = entry.path();
                    (self.each)(Step::File(Item { path, relative: below, shown: shown_file }))?
                }
                Ok(kind) if kind.is_symlink() => self.link(&entry.path(), shown_file)?,
                Ok(_) => {
                    let fault = unread(&shown_file, io::ErrorKind::InvalidInput);
                    (self.each)(Step::Missed(fault))?
                }
                Err(error) => (self.each)(Step::Missed(unread(&shown_file, error.kind())))?,
            };
            if !going {
                return Ok(false);
            }
        }
        for (path, relative, shown) in folders {
            if !self.folder(&path, &relative, &shown, depth + 1)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A link to a place within the holding is passed by, since that place is read itself.
    fn link(&mut self, path: &Path, shown: String) -> Going {
        let (what, remedy) = match fs::canonicalize(path) {
            Ok(target) if target.starts_with(self.root) => return Ok(true),
            Ok(_) => (
                "a link leads out of the folder and is not followed",
                "If what it leads to belongs to the holding, move it in or make it a holding.",
            ),
            Err(_) => ("a link leads nowhere", "Remove it, or bring back what it led to."),
        };
        (self.each)(Step::Missed(Fault::new(FaultKind::Unreachable, shown, what, remedy)))
    }
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// A name as text, told apart from every other even where it is not text.
fn written(name: impl AsRef<std::ffi::OsStr>) -> String {
    let name = name.as_ref();
    name.to_str().map_or_else(|| name.as_encoded_bytes().escape_ascii().to_string(), str::to_owned)
}

/// The name of a folder for a message: by its number where it looks like a person's.
fn showable(name: &str, nth: usize) -> String {
    let words = name.replace(['_', '-', '.', ','], " ");
    let personal = !about_others(&words, &Subject::default()).is_empty()
        || !recognise(name).is_empty()
        || !recognise(&words).is_empty();
    if personal { format!("folder {nth}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_named_after_persons_are_numbered() {
        assert_eq!(showable("letters", 3), "letters");
        assert_eq!(showable("2024-03", 3), "2024-03");
        assert_eq!(showable("Amara Quill", 3), "folder 3");
        assert_eq!(showable("William_Weber", 3), "folder 3");
        assert_eq!(showable("amara@example.com", 3), "folder 3");
    }
}
