//! Finding, keeping and erasing persons.

use candour_db::Tx;
use candour_screening::{KeyedHash, Kind, NotNormal, PREMISES};

use super::rules::{Hash16, Known, PersonRow, Written};
use super::sql;
use crate::error::{Error, Result};
use crate::kit::new_id;
use crate::kit::vault::Vault;
use crate::proof::By;

/// What hashes an organisation's identifiers. Two organisations of one office can't compare theirs.
///
/// # Errors
/// Of the cryptography library.
pub fn hasher(vault: &Vault, org: &str) -> Result<KeyedHash> {
    Ok(KeyedHash::new(&vault.derive(&format!("identifiers\u{0}{org}"))?))
}

/// The keyed hash of an identifier as it is kept: its first 16 bytes.
pub fn hash_of(hasher: &KeyedHash, kind: Kind, normal: &str) -> Hash16 {
    sql::hash16(&hasher.of(kind, normal)[..16])
}

/// The keyed hash of an identifier as somebody wrote it.
///
/// # Errors
/// It can't be read as this kind; the message does not repeat it.
pub fn hash_raw(hasher: &KeyedHash, kind: Kind, raw: &str) -> Result<Hash16> {
    let hash = hasher.of_written(kind, raw).map_err(|e| unread(kind, &e))?;
    Ok(sql::hash16(&hash[..16]))
}

fn unread(kind: Kind, why: &NotNormal) -> Error {
    Error::invalid("identifier", format!("This {} can't be read: {why}", kind_word(kind)))
}

/// The keyed hashes by which an identifier is stopped and asked about, as somebody wrote it.
///
/// # Errors
/// As [`hash_raw`].
pub fn written(hasher: &KeyedHash, kind: Kind, raw: &str) -> Result<Written> {
    let (hash, premises) = hasher.all_of_written(kind, raw).map_err(|e| unread(kind, &e))?;
    let premises = premises.map(|hash| sql::hash16(&hash[..16]));
    Ok(Written { kind, hash: sql::hash16(&hash[..16]), premises })
}

/// What a kind is called on screens.
pub fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "e-mail address",
        Kind::Phone => "telephone number",
        Kind::MemberNumber => "member number",
        Kind::Address => "postal address",
        _ => "identifier",
    }
}

/// Finds the person of these identifiers, or keeps a new one; new identifiers are added, and it is
/// answered whether there were any. Somebody is the same person when the first identifier given is
/// theirs already.
///
/// # Errors
/// No identifier can be read, or of the database.
pub fn find_or_keep(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    known: &Known,
) -> Result<(PersonRow, bool)> {
    let hasher = hasher(vault, &by.org)?;
    let ids = known
        .identifiers
        .iter()
        .map(|(kind, raw)| Ok((*kind, hash_raw(&hasher, *kind, raw)?)))
        .collect::<Result<Vec<_>>>()?;
    let Some((_, first)) = ids.first() else {
        return Err(Error::invalid("identifier", "Give an e-mail address or another identifier"));
    };
    let (row, all) = match sql::by_hash(tx, &by.org, *first)?.into_iter().next() {
        Some(row) => add_to(tx, vault, by, row, known)?,
        None => (keep(tx, vault, by, known)?, known.clone()),
    };
    let mut joined = false;
    for (kind, hash) in &ids {
        joined |= sql::insert_id(tx, &by.org, *hash, &row.id, kind.name())?;
    }
    joined |= add_premises(tx, &hasher, by, &row.id, &all)?;
    Ok((row, joined))
}

/// Ties the premises of a person's addresses to them, so that their stops reach these; nobody is
/// found by them. Answers whether any were new: an office may have kept the address before it knew
/// of premises.
fn add_premises(
    tx: &mut Tx<'_>,
    hasher: &KeyedHash,
    by: &By,
    who: &str,
    known: &Known,
) -> Result<bool> {
    let mut joined = false;
    let written = known.identifiers.iter().flat_map(|(kind, raw)| written(hasher, *kind, raw));
    for hash in written.filter_map(|one| one.premises) {
        joined |= sql::insert_id(tx, &by.org, hash, who, PREMISES)?;
    }
    Ok(joined)
}

/// Keeps a person as an office did that knew nothing of premises.
///
/// # Errors
/// As [`find_or_keep`].
#[cfg(test)]
pub fn keep_without_premises(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    known: &Known,
) -> Result<PersonRow> {
    let (hasher, row) = (hasher(vault, &by.org)?, keep(tx, vault, by, known)?);
    for (kind, raw) in &known.identifiers {
        sql::insert_id(tx, &by.org, hash_raw(&hasher, *kind, raw)?, &row.id, kind.name())?;
    }
    Ok(row)
}

/// The identifiers of a person that a stop of theirs may reach, premises among them.
///
/// # Errors
/// Of the key or the database.
pub fn reached(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    row: &PersonRow,
) -> Result<Vec<(Hash16, String)>> {
    let ids = sql::ids_of(tx, &by.org, &row.id)?;
    let has = |kind: &str| ids.iter().any(|(_, k)| k == kind);
    if has(PREMISES) || !has(Kind::Address.name()) {
        return Ok(ids);
    }
    let known = open(tx, vault, &by.org, row)?;
    let new = add_premises(tx, &hasher(vault, &by.org)?, by, &row.id, &known)?;
    if new { sql::ids_of(tx, &by.org, &row.id) } else { Ok(ids) }
}

fn keep(tx: &mut Tx<'_>, vault: &Vault, by: &By, known: &Known) -> Result<PersonRow> {
    let id = new_id(by.now);
    let key = vault.make_key(tx, &by.org, &format!("person:{id}"), by.now)?;
    let sealed = vault.seal(tx, &by.org, &key, &place(&id), &serde_json::to_vec(known)?)?;
    let row = PersonRow {
        id,
        key,
        sealed,
        subscriber: known.subscriber.clone().unwrap_or_else(|| "unknown".into()),
        member: known.member.unwrap_or(false),
        company: known.company.clone(),
        made: by.now,
        erased: None,
    };
    sql::insert(tx, &by.org, &row)?;
    Ok(row)
}

fn add_to(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    mut row: PersonRow,
    known: &Known,
) -> Result<(PersonRow, Known)> {
    let mut all = open(tx, vault, &by.org, &row)?;
    let before = all.clone();
    all.learn(known);
    row.subscriber = all.subscriber.clone().unwrap_or_else(|| "unknown".into());
    row.member = all.member.unwrap_or(false);
    row.company.clone_from(&all.company);
    if all != before {
        row.sealed =
            vault.seal(tx, &by.org, &row.key, &place(&row.id), &serde_json::to_vec(&all)?)?;
        sql::update(tx, &by.org, &row)?;
    }
    Ok((row, all))
}

/// What is known of a person, opened.
///
/// # Errors
/// The person has been erased, or of the database.
pub fn open(tx: &mut Tx<'_>, vault: &Vault, org: &str, row: &PersonRow) -> Result<Known> {
    if row.erased.is_some() {
        return Err(Error::NotFound("the person"));
    }
    let plain = vault.open(tx, org, &row.key, &place(&row.id), &row.sealed)?;
    Ok(serde_json::from_slice(&plain)?)
}

/// Erases a person: their key is destroyed, their identifiers are forgotten. What must outlive
/// them (a stop, UK GDPR Arts 17(3)(b), 21(3)) is the caller's to keep first.
///
/// # Errors
/// Not found, or of the database.
pub fn erase(tx: &mut Tx<'_>, vault: &Vault, by: &By, id: &str) -> Result<()> {
    let row = sql::by_id(tx, &by.org, id)?;
    vault.shred(tx, &by.org, &row.key, by.now)?;
    sql::erase(tx, &by.org, id, by.now)
}

fn place(id: &str) -> String {
    format!("person\u{0}{id}")
}
