//! Proposing a message, approving its class.

use candour_db::Tx;

use super::rules::{Proposal, Template};
use super::{sql, tells};
use crate::charter;
use crate::error::{Error, Result};
use crate::kit::vault::Vault;
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// Proposes a message: a new version, which has to be approved whatever the one before it was.
///
/// # Errors
/// Denied, fields to mend, or nothing changed.
pub fn propose(tx: &mut Tx<'_>, vault: &Vault, by: &By, p: &Proposal) -> Result<Recorded<i64>> {
    by.role.may(Permission::ScreenLists)?;
    let class = p.check()?;
    let last = sql::versions(tx, &by.org, &p.short)?.into_iter().next();
    let same = |t: &Template| t.class == class && t.text == p.text && t.title == p.title.trim();
    if last.as_ref().is_some_and(same) {
        return Err(Error::invalid("text", "Nothing has changed since the last version"));
    }
    let us = charter::current(tx, &by.org)?.organisation;
    let t = Template {
        short: p.short.clone(),
        version: last.map_or(1, |t| t.version + 1),
        title: p.title.trim().to_owned(),
        class,
        text: p.text.clone(),
        tells: tells::tells(class, &p.text, &[us.name(), &us.legal_name]),
        approved_by: None,
        approved_at: None,
        reason: None,
        set_by: by.actor.clone(),
        set_at: by.now,
    };
    sql::insert(tx, &by.org, &t)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("message.proposed")
        .about("template", &t.short)
        .law("PECR reg 2(1)")
        .say(&key, format!("{}, version {}, as {}", t.title, t.version, class.word()));
    Ok(Recorded::new(by, t.version, act))
}

/// Approves the class of one version: the one that was looked at, not whichever is the latest.
///
/// # Errors
/// As [`Template::approve`], or a newer version has come meanwhile.
pub fn approve(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    short: &str,
    version: i64,
    reason: Option<&str>,
) -> Result<Recorded<()>> {
    by.role.may(Permission::ManagePermissions)?;
    let latest = sql::one(tx, &by.org, short, None)?;
    if latest.version != version {
        return Err(Error::Conflict);
    }
    let reason = latest.approve(by, reason)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let words = reason.clone().unwrap_or_else(|| "Nothing spoke against it".to_owned());
    if !sql::approve(tx, &by.org, &latest, &by.actor, reason, by.now)? {
        return Err(Error::Conflict);
    }
    let act = Act::new("message.approved")
        .about("template", short)
        .law("PECR regs 2(1), 23")
        .say(&key, format!("Version {version} as {}: {words}", latest.class.word()));
    Ok(Recorded::new(by, (), act))
}
