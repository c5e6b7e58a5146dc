//! Files that appear together, whole, or not at all.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use sha2::{Digest as _, Sha256};

use super::{Digest, Outs, ScreenError};

/// Bytes that wait before they are written.
const WAITING: usize = 1 << 20;
/// What goes past the system's cache begins and ends at such places, in memory and on the disk.
const BLOCK: usize = 4096;

/// Bytes that wait, at a place in memory from which a disk can take them itself.
#[derive(Default)]
struct Waiting {
    room: Vec<u8>,
    start: usize,
    len: usize,
}

impl Waiting {
    /// Takes what there is room for; answers the rest.
    fn take<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        if self.room.is_empty() {
            self.room = vec![0; WAITING + BLOCK];
            self.start = self.room.as_ptr().align_offset(BLOCK);
        }
        let (some, rest) = bytes.split_at(bytes.len().min(WAITING - self.len));
        let at = self.start + self.len;
        self.room[at..at + some.len()].copy_from_slice(some);
        self.len += some.len();
        rest
    }

    fn bytes(&self) -> &[u8] {
        &self.room[self.start..self.start + self.len]
    }
}

/// One file: hashed, and written if it is to be.
pub(crate) struct Out {
    to: Option<Part>,
    waiting: Waiting,
    hash: Sha256,
    bytes: u64,
}

/// A file under its passing name.
struct Part {
    file: Box<dyn Write + Send>,
    /// To make it lasting. It also holds the lock that says the passing name is in use.
    synced: File,
    part: PathBuf,
    path: PathBuf,
    /// It has its lasting name.
    done: bool,
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.done {
            // Nothing more can be done if it stays: its name says that it is unfinished, and the
            // next screening of that name takes it over.
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// The passing name of a file, beside it.
fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// Opens a passing file past the system's cache: a list of a gigabyte would be copied there once
/// more, push out what others need, and still have to reach the disk at the end. Where the file
/// system has no such way, as any file.
fn open_part(part: &Path) -> std::io::Result<File> {
    let with = |flags: OFlags| {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(0o600);
        let flags = i32::try_from(flags.bits()).map_err(|_| ErrorKind::InvalidInput)?;
        options.custom_flags(flags).open(part)
    };
    match with(OFlags::DIRECT) {
        Err(e) if e.kind() == ErrorKind::InvalidInput => with(OFlags::empty()),
        opened => opened,
    }
}

/// From here on through the system's cache.
fn cached(file: &File) -> std::io::Result<()> {
    Ok(fcntl_setfl(file, fcntl_getfl(file)? - OFlags::DIRECT)?)
}

fn open(path: &Path) -> Result<Part, ScreenError> {
    let part = part_of(path);
    let wrong = |error| ScreenError::writing(path, error);
    let file = open_part(&part).map_err(wrong)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(ScreenError::Busy(path.to_owned())),
        Err(TryLockError::Error(error)) => return Err(wrong(error)),
    }
    // What a killed screening left there goes, whatever its mode was.
    file.set_len(0).map_err(wrong)?;
    file.set_permissions(fs::Permissions::from_mode(0o600)).map_err(wrong)?;
    let synced = file.try_clone().map_err(wrong)?;
    Ok(Part { file: Box::new(file), synced, part, path: path.to_owned(), done: false })
}

impl Part {
    /// Writes what waits: all of it at the end, whole blocks before.
    fn write(&mut self, waiting: &mut Waiting) -> Result<(), ScreenError> {
        let wrong = |error| ScreenError::writing(&self.path, error);
        if !waiting.len.is_multiple_of(BLOCK) {
            cached(&self.synced).map_err(wrong)?;
        }
        let wrote = match self.file.write_all(waiting.bytes()) {
            // The file system takes none past its cache after all.
            Err(e) if e.kind() == ErrorKind::InvalidInput => {
                cached(&self.synced).and_then(|()| self.file.write_all(waiting.bytes()))
            }
            wrote => wrote,
        };
        waiting.len = 0;
        wrote.map_err(wrong)
    }
}

impl Out {
    fn new(to: Option<Part>) -> Out {
        Out { to, waiting: Waiting::default(), hash: Sha256::new(), bytes: 0 }
    }

    /// Adds to the file.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ScreenError> {
        self.hash.update(bytes);
        self.bytes += u64::try_from(bytes.len()).unwrap_or(0);
        let Some(part) = &mut self.to else { return Ok(()) };
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = self.waiting.take(rest);
            if self.waiting.len == WAITING {
                part.write(&mut self.waiting)?;
            }
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), ScreenError> {
        let Some(part) = &mut self.to else { return Ok(()) };
        if self.waiting.len > 0 {
            part.write(&mut self.waiting)?;
        }
        let wrong = |error| ScreenError::writing(&part.path, error);
        part.synced.sync_all().map_err(wrong)?;
        // What is there is as long as what was hashed, or none of it is handed over.
        let there = part.synced.metadata().map_err(wrong)?.len();
        if there == self.bytes { Ok(()) } else { Err(ScreenError::Counts) }
    }

    fn digest(self) -> Digest {
        Digest { sha256: self.hash.finalize().into(), bytes: self.bytes }
    }
}

/// The three files.
pub(crate) struct Three {
    pub allowed: Out,
    pub blocked: Out,
    pub unreadable: Out,
    replace: bool,
}

impl Three {
    /// Opens them under their passing names. Refuses names that are taken or not four.
    pub fn open(list: &Path, outs: &Outs) -> Result<Three, ScreenError> {
        let Outs::Files { allowed, blocked, unreadable, replace } = outs else {
            let dry = || Out::new(None);
            return Ok(Three { allowed: dry(), blocked: dry(), unreadable: dry(), replace: false });
        };
        let paths = [list, allowed.as_path(), blocked, unreadable];
        for (n, path) in paths.iter().enumerate() {
            if paths[..n].iter().any(|other| same(other, path)) {
                return Err(ScreenError::SameFile);
            }
        }
        if let Some(path) =
            paths[1..].iter().find(|path| !replace && fs::exists(path).is_ok_and(|e| e))
        {
            return Err(ScreenError::Exists(path.to_path_buf()));
        }
        let out = |path: &Path| open(path).map(|part| Out::new(Some(part)));
        Ok(Three {
            allowed: out(allowed)?,
            blocked: out(blocked)?,
            unreadable: out(unreadable)?,
            replace: *replace,
        })
    }

    /// Makes them lasting and gives them their names: all three or none. The allowed come last, so
    /// where they are, the others are too.
    pub fn finish(mut self) -> Result<[Digest; 3], ScreenError> {
        for out in [&mut self.blocked, &mut self.unreadable, &mut self.allowed] {
            out.sync()?;
        }
        let mut named: Vec<(PathBuf, Option<PathBuf>)> = Vec::new();
        let mut trouble = None;
        for out in [&mut self.blocked, &mut self.unreadable, &mut self.allowed] {
            let Some(part) = &mut out.to else { continue };
            match name(part, self.replace) {
                Ok(old) => named.push((part.path.clone(), old)),
                Err(e) => {
                    trouble = Some(e);
                    break;
                }
            }
        }
        for (path, old) in &named {
            // What is undone or tidied here matters less than the answer.
            let _ = match (&trouble, old) {
                (None, Some(old)) => fs::remove_file(old),
                (None, None) => Ok(()),
                (Some(_), Some(old)) => fs::rename(old, path),
                (Some(_), None) => fs::remove_file(path),
            };
        }
        if let Some(trouble) = trouble {
            return Err(trouble);
        }
        for (path, _) in &named {
            let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
            let folder = File::open(folder.unwrap_or(Path::new(".")));
            folder
                .and_then(|folder| folder.sync_all())
                .map_err(|error| ScreenError::writing(path, error))?;
        }
        Ok([self.allowed.digest(), self.blocked.digest(), self.unreadable.digest()])
    }
}

/// True if both name one file, there or to come.
fn same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::canonicalize(path).or_else(|_| {
            fs::canonicalize(folder).map(|f| f.join(path.file_name().unwrap_or_default()))
        })
    };
    one == other || matches!((whole(one), whole(other)), (Ok(a), Ok(b)) if a == b)
}

/// Gives a file its lasting name; answers where the one that had it waits.
fn name(part: &mut Part, replace: bool) -> Result<Option<PathBuf>, ScreenError> {
    let wrong = |error| ScreenError::writing(&part.path, error);
    let mut old = None;
    if fs::exists(&part.path).map_err(wrong)? {
        if !replace {
            return Err(ScreenError::Exists(part.path.clone()));
        }
        let mut name = part.path.file_name().unwrap_or_default().to_owned();
        name.push(".old");
        let aside = part.path.with_file_name(name);
        fs::rename(&part.path, &aside).map_err(wrong)?;
        old = Some(aside);
    }
    if let Err(error) = fs::rename(&part.part, &part.path) {
        if let Some(old) = &old {
            let _ = fs::rename(old, &part.path);
        }
        return Err(ScreenError::writing(&part.path, error));
    }
    part.done = true;
    Ok(old)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// A disk with room for so many bytes.
    struct Small(usize);

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let some = bytes.len().min(self.0);
            self.0 -= some;
            if some == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(some) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_and_leaves_nothing() {
        // Full at once, in the middle, and only when what waits is written at the end.
        for (room, bytes) in [(0, WAITING), (WAITING, 2 * WAITING), (10, 100)] {
            let dir = tempfile::tempdir().unwrap();
            let path = |name: &str| dir.path().join(name);
            let outs = Outs::Files {
                allowed: path("allowed"),
                blocked: path("blocked"),
                unreadable: path("unreadable"),
                replace: false,
            };
            let mut three = Three::open(&path("list"), &outs).unwrap();
            three.allowed.to.as_mut().unwrap().file = Box::new(Small(room));
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3);
            let told = three.allowed.write(&vec![b'x'; bytes]).and_then(|()| three.finish());
            assert!(matches!(told, Err(ScreenError::DiskFull(p)) if p == path("allowed")));
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }
}
