//! The programs that send for the organisation: let in with a token, shut out at once.

use std::collections::HashMap;

use candour_db::Tx;

use super::sql;
use crate::error::{Error, Result};
use crate::kit::vault::Vault;
use crate::kit::{links, new_id};
use crate::permissions;
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// Lets a program in: answers its id and its token, which is shown this once and kept hashed.
///
/// # Errors
/// Denied, or without a name.
pub fn add(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    title: &str,
) -> Result<Recorded<(String, String)>> {
    by.role.may(Permission::ManagePermissions)?;
    let title = title.trim();
    if title.is_empty() || title.len() > 100 {
        return Err(Error::invalid("title", "Enter what this program is called"));
    }
    let (id, token) = (new_id(by.now), format!("cnd_{}", links::new_token()?));
    sql::insert_mailer(tx, &by.org, &id, title, links::hash(&token), by.now)?;
    permissions::touch(tx, &by.org)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act =
        Act::new("mailer.added").about("mailer", &id).law("UK GDPR Art 32(1)").say(&key, title);
    Ok(Recorded::new(by, (id, token), act))
}

/// Shuts a program out: its next request is refused, in every process.
///
/// # Errors
/// Denied, or not found.
pub fn end(tx: &mut Tx<'_>, by: &By, id: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::ManagePermissions)?;
    sql::end_mailer(tx, &by.org, id, by.now)?;
    permissions::touch(tx, &by.org)?;
    Ok(Recorded::new(by, (), Act::new("mailer.ended").about("mailer", id)))
}

/// The programs let in: hash of the token to id.
///
/// # Errors
/// Of the database.
pub fn standing(tx: &mut Tx<'_>, org: &str) -> Result<HashMap<[u8; 32], String>> {
    let all = sql::mailers(tx, org)?.into_iter().filter(|m| m.ended.is_none());
    Ok(all.map(|m| (m.token, m.id)).collect())
}
