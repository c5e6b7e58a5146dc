//! Setting and reading the register.

use candour_db::Tx;

use super::rules::{Activity, RegisterFile};
use super::sql;
use crate::charter;
use crate::error::{Error, Result};
use crate::kit::vault::Vault;
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// The register as it stands.
///
/// # Errors
/// Of the database.
pub fn activities(tx: &mut Tx<'_>, org: &str) -> Result<Vec<Activity>> {
    let rows = sql::latest(tx, org)?;
    rows.iter()
        .map(|t| toml::from_str(t).map_err(|e| Error::fault(format!("register: {e}"))))
        .collect()
}

/// Sets one activity: a new version.
///
/// # Errors
/// Denied, or not complete.
pub fn set(tx: &mut Tx<'_>, vault: &Vault, by: &By, a: &Activity) -> Result<Recorded<()>> {
    by.role.may(Permission::ManageHoldings)?;
    a.check(charter::current(tx, &by.org)?.law.public_authority)?;
    let version = sql::version(tx, &by.org, &a.short)? + 1;
    let text = toml::to_string(a).map_err(anyhow::Error::from)?;
    sql::insert(tx, &by.org, &a.short, version, &text, by.now, &by.actor)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("register.set")
        .about("activity", &safe(&a.short))
        .law("UK GDPR Art 30(1)")
        .say(&key, format!("{}, version {version}", a.title));
    Ok(Recorded::new(by, (), act))
}

/// Sets one activity, if it still is the version that its form shows; none was shown of a new one.
///
/// # Errors
/// As [`set`], there is one of this short name, or somebody else changed it meanwhile.
pub fn set_shown(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    a: &Activity,
    shown: Option<&str>,
) -> Result<Recorded<()>> {
    let there = version(tx, &by.org, &a.short)?;
    match shown {
        None if there > 0 => {
            let words = "There is already an activity with this short name";
            Err(Error::invalid("short", words))
        }
        Some(shown) if shown != there.to_string() => Err(Error::Conflict),
        _ => set(tx, vault, by, a),
    }
}

/// The version of an activity; 0 when there is none.
///
/// # Errors
/// Of the database.
pub fn version(tx: &mut Tx<'_>, org: &str, short: &str) -> Result<i64> {
    sql::version(tx, org, short)
}

/// Sets every activity of a file, all or none.
///
/// # Errors
/// Denied, or one is not complete.
pub fn set_all(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    file: &RegisterFile,
) -> Result<Recorded<usize>> {
    by.role.may(Permission::ManageHoldings)?;
    let mut all: Option<Recorded<()>> = None;
    for a in &file.activity {
        let one = set(tx, vault, by, a)?;
        all = Some(match all {
            None => one,
            Some(so_far) => one.acts.into_iter().fold(so_far, Recorded::and),
        });
    }
    let n = file.activity.len();
    all.map(|r| r.map(|()| n))
        .ok_or_else(|| Error::invalid("register", "The register file has no [[activity]]"))
}

/// A short name as a reference in the ledger may hold it.
fn safe(short: &str) -> String {
    short.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}
