//! Where a holding may be. Whoever sits at the machine may name any place; whoever manages holdings
//! in the browser only what lies in a folder of their organisation (`folders.rs`) or on a server
//! that may be named for it (`servers.rs`). Looked at when a place is named and each time it is
//! reached.

use candour_connectors::{DataMap, Fault};

use super::{folders, servers};
use crate::charter;
use crate::error::Result;
use crate::office::Office;
use crate::proof::By;

/// What is said of a refused place, after what is wrong with it.
pub(super) const AT_THE_MACHINE: &str = "in candour.toml and start the office again, or set the place there with `candour holding change`.";

/// Whether who acts may name only what their organisation may.
pub fn binds(by: &By) -> bool {
    by.actor != "command"
}

/// An organisation as `candour.toml` knows it.
pub(super) struct Whose {
    /// Its short name.
    pub(super) short: String,
    /// There is no other, so that it need not be named.
    pub(super) only: bool,
}

impl Whose {
    /// Of an organisation's id.
    ///
    /// # Errors
    /// Of the database.
    pub(super) fn of(office: &Office, org: &str) -> Result<Option<Self>> {
        let orgs = office.read_one(charter::orgs)?;
        let only = orgs.len() == 1;
        Ok(orgs.into_iter().find(|(id, _)| id == org).map(|(_, short)| Self { short, only }))
    }

    /// Whether what names this organisation, or none, is for it.
    pub(super) fn has(&self, named: Option<&str>) -> bool {
        named.map_or(self.only, |named| named == self.short)
    }
}

/// The key of the source that names a place which this organisation may not name, with what to say.
///
/// # Errors
/// Of the database.
pub fn outside(office: &Office, org: &str, map: &DataMap) -> Result<Option<(&'static str, Fault)>> {
    match folders::outside(office, org, map)? {
        None => servers::outside(office, org, map),
        found => Ok(found),
    }
}

/// What of `[[folders]]` and `[[servers]]` in the settings comes to nothing, and why; empty when
/// all is well.
///
/// # Errors
/// Of the database.
pub fn idle(office: &Office) -> Result<Vec<String>> {
    let orgs = office.read_one(charter::orgs)?;
    let for_nobody = |organisation: &Option<String>| match organisation {
        Some(named) if orgs.iter().all(|(_, short)| short != named) => {
            Some(format!("there is no organisation {named}"))
        }
        None if orgs.len() > 1 => Some("name its organisation: there are several".to_owned()),
        _ => None,
    };
    let settings = office.settings();
    let mut lines = Vec::new();
    for f in &settings.folders {
        let gone = folders::gone(office, f).then(|| "it is not there, or can’t be read".to_owned());
        if let Some(why) = gone.or_else(|| for_nobody(&f.organisation)) {
            lines.push(format!("folders, {}: {why}", f.path.display()));
        }
    }
    for s in &settings.servers {
        if let Some(why) = for_nobody(&s.organisation) {
            lines.push(format!("servers, {}: {why}", s.host));
        }
    }
    Ok(lines)
}
