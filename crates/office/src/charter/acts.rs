//! Setting and reading the charter.

use candour_db::Tx;

use super::rules::Charter;
use super::sql;
use crate::error::{Error, Result};
use crate::kit::vault::Vault;
use crate::permissions;
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// Makes the organisation's row; its first charter is set in the same transaction.
///
/// # Errors
/// The short name is taken.
pub fn found(tx: &mut Tx<'_>, by: &By, charter: &Charter) -> Result<()> {
    let short = &charter.organisation.short;
    if sql::by_short(tx, short)?.is_some() {
        return Err(Error::invalid("short", "This short name is taken by another organisation"));
    }
    sql::insert_org(tx, &by.org, short, by.now)
}

/// Sets a new version of the charter.
///
/// # Errors
/// Denied, or the charter does not hold together.
pub fn set(tx: &mut Tx<'_>, vault: &Vault, by: &By, charter: &Charter) -> Result<Recorded<i64>> {
    by.role.may(Permission::SetCharter)?;
    charter.check()?;
    let version = sql::latest(tx, &by.org)?.map_or(1, |(v, _)| v + 1);
    sql::insert(tx, &by.org, version, &charter.to_toml()?, by.now, &by.actor)?;
    // Decisions in memory hang on the charter: every process looks again.
    permissions::touch(tx, &by.org)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("charter.set")
        .about("org", &by.org)
        .law("UK GDPR Art 24(2)")
        .say(&key, format!("Charter, version {version}"));
    Ok(Recorded::new(by, version, act))
}

/// The charter in force.
///
/// # Errors
/// None was set, or of the database.
pub fn current(tx: &mut Tx<'_>, org: &str) -> Result<Charter> {
    let (_, text) = sql::latest(tx, org)?.ok_or(Error::NotFound("the charter"))?;
    Charter::parse(&text)
}

/// Whether the charter in force is still the version that a form shows, so that what somebody else
/// saved meanwhile is not undone by it.
///
/// # Errors
/// It is not.
pub fn unchanged(tx: &mut Tx<'_>, org: &str, shown: &str) -> Result<()> {
    if version(tx, org)?.to_string() == shown { Ok(()) } else { Err(Error::Conflict) }
}

/// The version of the charter in force; 0 when none was set.
///
/// # Errors
/// Of the database.
pub fn version(tx: &mut Tx<'_>, org: &str) -> Result<i64> {
    sql::latest_version(tx, org)
}

/// The one organisation of this office, or the one of a short name.
///
/// # Errors
/// None, or several and no name was given.
pub fn only_org(tx: &mut Tx<'_>, short: Option<&str>) -> Result<String> {
    if let Some(short) = short {
        return sql::by_short(tx, short)?.ok_or(Error::NotFound("the organisation"));
    }
    let mut all = sql::orgs(tx)?;
    match (all.pop(), all.len()) {
        (Some((id, _)), 0) => Ok(id),
        (None, _) => Err(Error::invalid(
            "org",
            "This office has no organisation yet. Start it with: candour serve",
        )),
        _ => Err(Error::invalid("org", "This office has several organisations: add --org SHORT")),
    }
}
