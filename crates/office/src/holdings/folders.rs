//! Where a holding may be. Whoever sits at the machine may name any place on it; whoever manages
//! holdings in the browser only what lies in a folder of their organisation: `holdings` in the data
//! folder, and those that `candour.toml` names. Looked at when a place is named and each time it is
//! reached, with every link followed, because what lies where can change meanwhile.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use candour_connectors::{DataMap, Fault, FaultKind};

use crate::charter;
use crate::error::Result;
use crate::office::Office;
use crate::proof::By;
use crate::settings::Folder;

/// Whether who acts may name only what lies in the organisation's folders.
pub fn binds(by: &By) -> bool {
    by.actor != "command"
}

/// The folders of an organisation, every link followed; those that are not there are left out.
///
/// # Errors
/// Of the database.
pub fn of(office: &Office, org: &str) -> Result<Vec<PathBuf>> {
    let orgs = office.read_one(charter::orgs)?;
    let only = orgs.len() == 1;
    let Some((_, short)) = orgs.into_iter().find(|(id, _)| id == org) else {
        return Ok(Vec::new());
    };
    let own = match only {
        true => PathBuf::from("holdings"),
        false => Path::new("holdings").join(&short),
    };
    let named = office.settings().folders.iter().filter(|f| match &f.organisation {
        Some(named) => *named == short,
        None => only,
    });
    let all = named.map(|f| f.path.clone()).chain([own]);
    Ok(all.filter_map(|p| std::fs::canonicalize(office.data().join(p)).ok()).collect())
}

/// What of `[[folders]]` in the settings comes to nothing, and why; empty when all is well.
///
/// # Errors
/// Of the database.
pub fn idle(office: &Office) -> Result<Vec<String>> {
    let orgs = office.read_one(charter::orgs)?;
    let why = |f: &Folder| match &f.organisation {
        _ if std::fs::canonicalize(office.data().join(&f.path)).is_err() => {
            Some("it is not there, or can’t be read".to_owned())
        }
        Some(named) if orgs.iter().all(|(_, short)| short != named) => {
            Some(format!("there is no organisation {named}"))
        }
        None if orgs.len() > 1 => Some("name its organisation: there are several".to_owned()),
        _ => None,
    };
    let line = |f: &Folder| Some(format!("folders, {}: {}", f.path.display(), why(f)?));
    Ok(office.settings().folders.iter().filter_map(line).collect())
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
            "Put it in the holdings folder of the data folder. Or have whoever runs this machine \
             name its folder under [[folders]] in candour.toml and start the office again, or set \
             the place there with `candour holding change`.",
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
