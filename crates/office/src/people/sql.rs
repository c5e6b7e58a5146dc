//! Every statement on persons and their identifiers.

use candour_db::{DbError, Row, Tx, bind};
use candour_screening::{Kind, PREMISES};
use jiff::Timestamp;

use super::rules::{Hash16, PersonRow};
use crate::error::{Error, Result};

fn person(r: &Row<'_>) -> std::result::Result<PersonRow, DbError> {
    Ok(PersonRow {
        id: r.text("id")?,
        key: r.text("key_id")?,
        sealed: r.bytes("sealed")?,
        subscriber: r.text("subscriber")?,
        member: r.bool("member")?,
        company: r.text_opt("company")?,
        made: r.instant("made_at")?,
        erased: r.instant_opt("erased_at")?,
    })
}

/// Keeps a new person.
pub fn insert(tx: &mut Tx<'_>, org: &str, p: &PersonRow) -> Result<()> {
    tx.exec(
        "INSERT INTO persons (id, org, key_id, sealed, subscriber, member, company, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        bind![
            p.id.as_str(),
            org,
            p.key.as_str(),
            p.sealed.clone(),
            p.subscriber.as_str(),
            p.member,
            p.company.clone(),
            p.made
        ],
    )?;
    Ok(())
}

/// Replaces what is known of a person.
pub fn update(tx: &mut Tx<'_>, org: &str, p: &PersonRow) -> Result<()> {
    tx.exec(
        "UPDATE persons SET sealed = $3, subscriber = $4, member = $5, company = $6,
                premises_rule = 0
         WHERE org = $1 AND id = $2 AND erased_at IS NULL",
        bind![
            org,
            p.id.as_str(),
            p.sealed.clone(),
            p.subscriber.as_str(),
            p.member,
            p.company.clone()
        ],
    )?;
    Ok(())
}

/// The person of an id.
pub fn by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<PersonRow> {
    tx.row(
        "SELECT id, key_id, sealed, subscriber, member, company, made_at, erased_at FROM persons
         WHERE org = $1 AND id = $2",
        bind![org, id],
        person,
    )?
    .ok_or(Error::NotFound("the person"))
}

/// Everybody who has an identifier with this hash, first known first. Premises are none.
pub fn by_hash(tx: &mut Tx<'_>, org: &str, hash: Hash16) -> Result<Vec<PersonRow>> {
    Ok(tx.rows(
        "SELECT id, key_id, sealed, subscriber, member, company, made_at, erased_at FROM persons
         WHERE org = $1 AND id IN
           (SELECT person FROM person_ids WHERE org = $1 AND hash = $2 AND kind <> $3)
         ORDER BY made_at, id",
        bind![org, hash.to_vec(), PREMISES],
        person,
    )?)
}

/// The ids of those who have an address at these premises, to see whose a stop there may be.
pub fn at_premises(tx: &mut Tx<'_>, org: &str, premises: Hash16) -> Result<Vec<String>> {
    Ok(tx.rows(
        "SELECT person FROM person_ids WHERE org = $1 AND hash = $2 AND kind = $3",
        bind![org, premises.to_vec(), PREMISES],
        |r| r.text("person"),
    )?)
}

/// Some persons who have a postal address, no premises, and were not looked at by this rule.
pub fn without_premises(
    tx: &mut Tx<'_>,
    org: &str,
    rule: i64,
    limit: u64,
) -> Result<Vec<PersonRow>> {
    Ok(tx.rows(
        "SELECT id, key_id, sealed, subscriber, member, company, made_at, erased_at FROM persons
         WHERE org = $1 AND erased_at IS NULL AND premises_rule <> $2
           AND EXISTS (SELECT 1 FROM person_ids i WHERE i.person = persons.id AND i.kind = $3)
           AND NOT EXISTS (SELECT 1 FROM person_ids i WHERE i.person = persons.id AND i.kind = $4)
         ORDER BY id LIMIT $5",
        bind![org, rule, Kind::Address.name(), PREMISES, limit],
        person,
    )?)
}

/// Notes by which rule the addresses of a person were looked at for premises.
pub fn looked_for_premises(tx: &mut Tx<'_>, org: &str, who: &str, rule: i64) -> Result<()> {
    tx.exec(
        "UPDATE persons SET premises_rule = $3 WHERE org = $1 AND id = $2",
        bind![org, who, rule],
    )?;
    Ok(())
}

/// How many persons are known.
pub fn count(tx: &mut Tx<'_>, org: &str) -> Result<u64> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM persons WHERE org = $1 AND erased_at IS NULL",
        bind![org],
    )?)
}

/// Ties an identifier to a person; `false` if it was theirs already.
pub fn insert_id(tx: &mut Tx<'_>, org: &str, hash: Hash16, who: &str, kind: &str) -> Result<bool> {
    let n = tx.exec(
        "INSERT INTO person_ids (org, hash, person, kind) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org, hash, person) DO NOTHING",
        bind![org, hash.to_vec(), who, kind],
    )?;
    Ok(n == 1)
}

/// The identifiers of a person: their hash and kind; and their premises, which have their own.
pub fn ids_of(tx: &mut Tx<'_>, org: &str, who: &str) -> Result<Vec<(Hash16, String)>> {
    Ok(tx.rows(
        "SELECT hash, kind FROM person_ids WHERE org = $1 AND person = $2 ORDER BY kind, hash",
        bind![org, who],
        |r| Ok::<_, DbError>((hash16(&r.bytes("hash")?), r.text("kind")?)),
    )?)
}

/// Takes the person out of every look-up and empties their row. Their key is shredded apart.
pub fn erase(tx: &mut Tx<'_>, org: &str, who: &str, now: Timestamp) -> Result<()> {
    tx.exec("DELETE FROM person_ids WHERE org = $1 AND person = $2", bind![org, who])?;
    tx.exec(
        "UPDATE persons SET sealed = $3, subscriber = 'unknown', member = $4, company = NULL,
                erased_at = $5
         WHERE org = $1 AND id = $2",
        bind![org, who, Vec::<u8>::new(), false, now],
    )?;
    Ok(())
}

/// A hash as kept: 16 bytes. A row of another length never matches anything.
pub fn hash16(bytes: &[u8]) -> Hash16 {
    <[u8; 16]>::try_from(bytes).unwrap_or_default()
}
