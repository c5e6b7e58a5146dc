//! Folders in which what is named in the browser may lie: `holdings` in the data folder, and those
//! that `candour.toml` names. Looked at with every link followed, because what lies where can
//! change meanwhile.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use candour_connectors::{DataMap, Fault, FaultKind};

use super::places::{AT_THE_MACHINE, Whose};
use crate::error::Result;
use crate::office::Office;
use crate::settings::Folder;

/// The folders of an organisation, every link followed; those that are not there are left out.
///
/// # Errors
/// Of the database.
pub fn of(office: &Office, org: &str) -> Result<Vec<PathBuf>> {
    let Some(whose) = Whose::of(office, org)? else { return Ok(Vec::new()) };
    let own = match whose.only {
        true => PathBuf::from("holdings"),
        false => Path::new("holdings").join(&whose.short),
    };
    let named = &office.settings().folders;
    let named = named.iter().filter(|f| whose.has(f.organisation.as_deref()));
    let all = named.map(|f| f.path.clone()).chain([own]);
    Ok(all.filter_map(|p| std::fs::canonicalize(office.data().join(p)).ok()).collect())
}

/// Whether a folder of the settings is not there, or can't be read.
pub fn gone(office: &Office, folder: &Folder) -> bool {
    std::fs::canonicalize(office.data().join(&folder.path)).is_err()
}

/// The key of the source that names a place outside the organisation's folders, with what to say.
/// What is there and what is not is answered alike.
///
/// # Errors
/// Of the database.
pub fn outside(office: &Office, org: &str, map: &DataMap) -> Result<Option<(&'static str, Fault)>> {
    let source = &map.source;
    // A server may also be named by the folder of its socket.
    let socket = source.host.as_ref().filter(|h| h.starts_with('/')).map(PathBuf::from);
    let named = [
        ("path", &source.path),
        ("password_file", &source.password_file),
        ("ca_file", &source.ca_file),
        ("host", &socket),
    ];
    let named: Vec<(&str, &PathBuf)> =
        named.into_iter().filter_map(|(key, p)| Some((key, p.as_ref()?))).collect();
    if named.is_empty() {
        return Ok(None);
    }
    let folders = of(office, org)?;
    let lies = |path: &Path| whole(&office.data().join(path)).is_some_and(|p| within(&p, &folders));
    Ok(named.into_iter().find(|(_, path)| !lies(path)).map(|(key, _)| {
        let fault = Fault::new(
            FaultKind::Map,
            format!("{}, {key}", map.holding),
            "it lies outside the folders that may be named in the browser",
            format!(
                "Put it in the holdings folder of the data folder. Or have whoever runs this \
                 machine name its folder under [[folders]] {AT_THE_MACHINE}"
            ),
        );
        (key, fault)
    }))
}

fn within(path: &Path, folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| path.starts_with(folder))
}

/// A path with every link followed as far as it is there; `None` if what is not there leads back.
fn whole(path: &Path) -> Option<PathBuf> {
    let (mut there, mut rest) = (path.to_owned(), Vec::<OsString>::new());
    loop {
        if let Ok(real) = std::fs::canonicalize(&there) {
            return Some(rest.iter().rev().fold(real, |p, name| p.join(name)));
        }
        // A link that leads nowhere today may lead out tomorrow.
        if std::fs::symlink_metadata(&there).is_ok_and(|m| m.is_symlink()) {
            return None;
        }
        match there.components().next_back()? {
            Component::Normal(name) => rest.push(name.to_owned()),
            _ => return None,
        }
        there.pop();
    }
}
