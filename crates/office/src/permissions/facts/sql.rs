//! Statements that read what decisions turn on.

use std::collections::HashMap;

use candour_db::{DbError, Tx, bind};
use candour_screening::PREMISES;
use jiff::civil::Date;

use super::super::records::{ConsentRow, Ground};
use super::super::sql::consent;
use crate::error::Result;
use crate::people::{Hash16, hash16};

/// Deliveries to one address since a day: channel and day.
pub fn deliveries_to(
    tx: &mut Tx<'_>,
    org: &str,
    hash: Hash16,
    since: Date,
) -> Result<Vec<(String, Date)>> {
    Ok(tx.rows(
        "SELECT channel, on_date FROM deliveries WHERE org = $1 AND hash = $2 AND on_date >= $3",
        bind![org, hash.to_vec(), since],
        |r| Ok::<_, DbError>((r.text("channel")?, r.date("on_date")?)),
    )?)
}

/// Read by a process at its start. All that it asks for stands in one index, in the order in which
/// it is kept: out of the table a million stops took ten times as long.
const STOPS: &str = "SELECT hash, kind, channel, what, spared FROM suppressions
         WHERE org = $1 AND ended_at IS NULL";

/// Hands over every standing stop: hash, kind, channel, how far, what it spares.
pub fn each_stop(
    tx: &mut Tx<'_>,
    org: &str,
    mut each: impl FnMut(Hash16, &str, (&str, &str, &str)),
) -> Result<()> {
    tx.rows(STOPS, bind![org], |r| {
        let (channel, what, spared) = (r.text("channel")?, r.text("what")?, r.text("spared")?);
        let stop = (channel.as_str(), what.as_str(), spared.as_str());
        each(hash16(&r.bytes("hash")?), &r.text("kind")?, stop);
        Ok::<_, DbError>(())
    })?;
    Ok(())
}

/// Identifiers that more than one person has. Nothing of a person is known of premises.
pub fn shared(tx: &mut Tx<'_>, org: &str) -> Result<Vec<Hash16>> {
    Ok(tx.rows(
        "SELECT hash FROM person_ids WHERE org = $1 AND kind <> $2
         GROUP BY hash HAVING count(*) > 1",
        bind![org, PREMISES],
        |r| Ok::<_, DbError>(hash16(&r.bytes("hash")?)),
    )?)
}

/// Hands over every delivery since a day: hash, channel, day.
pub fn each_delivery(
    tx: &mut Tx<'_>,
    org: &str,
    since: Date,
    mut each: impl FnMut(Hash16, &str, Date),
) -> Result<()> {
    tx.rows(
        "SELECT hash, channel, on_date FROM deliveries WHERE org = $1 AND on_date >= $2",
        bind![org, since],
        |r| {
            each(hash16(&r.bytes("hash")?), &r.text("channel")?, r.date("on_date")?);
            Ok::<_, DbError>(())
        },
    )?;
    Ok(())
}

/// A person with all that decisions turn on.
pub struct PersonFacts {
    /// Id.
    pub id: String,
    /// Kind of subscriber.
    pub subscriber: String,
    /// A member.
    pub member: bool,
    /// Their identifiers' hashes.
    pub hashes: Vec<Hash16>,
    /// Their consents, oldest first.
    pub consents: Vec<ConsentRow>,
    /// How their details were got.
    pub grounds: Vec<Ground>,
}

/// A page of persons by id, each with all that decisions turn on: four statements a page.
pub fn persons_after(
    tx: &mut Tx<'_>,
    org: &str,
    after: &str,
    limit: u64,
) -> Result<Vec<PersonFacts>> {
    let mut all: Vec<PersonFacts> = tx.rows(
        "SELECT id, subscriber, member FROM persons
         WHERE org = $1 AND id > $2 AND erased_at IS NULL ORDER BY id LIMIT $3",
        bind![org, after, limit],
        |r| {
            Ok::<_, DbError>(PersonFacts {
                id: r.text("id")?,
                subscriber: r.text("subscriber")?,
                member: r.bool("member")?,
                hashes: Vec::new(),
                consents: Vec::new(),
                grounds: Vec::new(),
            })
        },
    )?;
    let Some(last) = all.last().map(|p| p.id.clone()) else { return Ok(all) };
    let place: HashMap<String, usize> =
        all.iter().enumerate().map(|(i, p)| (p.id.clone(), i)).collect();
    let ids: Vec<(String, Hash16)> = tx.rows(
        "SELECT person, hash FROM person_ids
         WHERE org = $1 AND person > $2 AND person <= $3 AND kind <> $4",
        bind![org, after, last.as_str(), PREMISES],
        |r| Ok::<_, DbError>((r.text("person")?, hash16(&r.bytes("hash")?))),
    )?;
    let consents: Vec<ConsentRow> = tx.rows(
        "SELECT id, person, use_kind, use_what, channel, state, wording, wording_version, method,
                given_on, until, explicit, sealed, events, made_at,
                through
         FROM consents WHERE org = $1 AND person > $2 AND person <= $3 ORDER BY made_at, id",
        bind![org, after, last.as_str()],
        consent,
    )?;
    let grounds: Vec<(String, Ground)> = tx.rows(
        "SELECT person, ground, on_date, refusal_offered FROM grounds
         WHERE org = $1 AND person > $2 AND person <= $3",
        bind![org, after, last.as_str()],
        |r| {
            let ground = Ground {
                ground: r.text("ground")?,
                on: r.date("on_date")?,
                refusal_offered: r.bool("refusal_offered")?,
            };
            Ok::<_, DbError>((r.text("person")?, ground))
        },
    )?;
    let mut at = |id: &str, add: &mut dyn FnMut(&mut PersonFacts)| {
        if let Some(p) = place.get(id).and_then(|i| all.get_mut(*i)) {
            add(p);
        }
    };
    ids.into_iter().for_each(|(id, h)| at(&id, &mut |p| p.hashes.push(h)));
    for c in consents {
        at(&c.person.clone(), &mut |p| p.consents.push(c.clone()));
    }
    grounds.into_iter().for_each(|(id, g)| at(&id, &mut |p| p.grounds.push(g.clone())));
    Ok(all)
}

/// Notes a marketing message that reached an address.
pub fn insert_delivery(
    tx: &mut Tx<'_>,
    org: &str,
    hash: Hash16,
    channel: &str,
    campaign: &str,
    on: Date,
) -> Result<()> {
    tx.exec(
        "INSERT INTO deliveries (org, hash, channel, campaign, on_date)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org, hash, channel, campaign, on_date) DO NOTHING",
        bind![org, hash.to_vec(), channel, campaign, on],
    )?;
    Ok(())
}

/// Notes that mail to an address bounced for good; answers on how many days it has.
pub fn note_bounce(tx: &mut Tx<'_>, org: &str, hash: Hash16, on: Date) -> Result<u64> {
    tx.exec(
        "INSERT INTO bounces (org, hash, on_date) VALUES ($1, $2, $3)
         ON CONFLICT (org, hash, on_date) DO NOTHING",
        bind![org, hash.to_vec(), on],
    )?;
    Ok(tx.count(
        "SELECT count(*) AS n FROM bounces WHERE org = $1 AND hash = $2",
        bind![org, hash.to_vec()],
    )?)
}

/// Forgets bounces before a day.
pub fn sweep_bounces(tx: &mut Tx<'_>, org: &str, before: Date) -> Result<()> {
    tx.exec("DELETE FROM bounces WHERE org = $1 AND on_date < $2", bind![org, before])?;
    Ok(())
}

/// Forgets deliveries before a day.
pub fn sweep_deliveries(tx: &mut Tx<'_>, org: &str, before: Date) -> Result<()> {
    tx.exec("DELETE FROM deliveries WHERE org = $1 AND on_date < $2", bind![org, before])?;
    Ok(())
}

/// Standing consents to one purpose by one channel that lapse on or before a day, soonest first.
pub fn lapsing_for(
    tx: &mut Tx<'_>,
    org: &str,
    (purpose, channel): (&str, &str),
    by: Date,
    limit: u64,
) -> Result<Vec<ConsentRow>> {
    tx.rows(
        "SELECT id, person, use_kind, use_what, channel, state, wording, wording_version, method,
                given_on, until, explicit, sealed, events, made_at,
                through
         FROM consents
         WHERE org = $1 AND state = 'given' AND until IS NOT NULL AND until <= $4
           AND use_kind = 'contact' AND use_what = $2 AND channel = $3
         ORDER BY until, id LIMIT $5",
        bind![org, purpose, channel, by, limit],
        consent,
    )
}

#[cfg(test)]
mod tests {
    use candour_db::{Db, Place};

    use super::*;

    #[test]
    fn every_stop_is_read_from_one_index() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place::Sqlite { path: dir.path().join("office.db"), key: None };
        let keep =
            std::sync::Arc::new(|_: &mut Tx<'_>, _: Vec<Box<dyn std::any::Any + Send>>| Ok(()));
        let db = Db::open(&place, crate::migrations::ALL, keep).unwrap();
        let ask = format!("EXPLAIN QUERY PLAN {STOPS}");
        let plan = db.read(|tx| tx.rows(&ask, bind!["o"], |r| r.text("detail"))).unwrap();
        assert!(plan.len() == 1 && plan[0].contains("USING COVERING INDEX"), "{plan:?}");
    }
}
