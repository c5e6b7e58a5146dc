//! Every statement on permissions.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;
use jiff::civil::Date;

use super::records::{ConsentRow, Ground, Kept, Through, Wording};
use crate::error::{Error, Result};
use crate::people::{Hash16, hash16};

#[cfg(test)]
pub use super::registers::sql::set_register;
pub use super::registers::sql::{register_of, registers};

/// Moves the head on and says which identifiers changed. The head's row stays locked until the
/// commit, so versions become visible in their order. An empty list means: read everything anew.
pub fn touch(tx: &mut Tx<'_>, org: &str, hashes: &[Hash16]) -> Result<u64> {
    let moved = tx.row(
        "UPDATE permission_heads SET version = version + 1 WHERE org = $1 RETURNING version",
        bind![org],
        |r| r.count("version"),
    )?;
    let version = match moved {
        Some(v) => v,
        None => {
            tx.exec("INSERT INTO permission_heads (org, version) VALUES ($1, 1)", bind![org])?;
            1
        }
    };
    if hashes.is_empty() {
        insert_change(tx, org, version, Vec::new())?;
    }
    for hash in hashes {
        insert_change(tx, org, version, hash.to_vec())?;
    }
    Ok(version)
}

fn insert_change(tx: &mut Tx<'_>, org: &str, version: u64, hash: Vec<u8>) -> Result<()> {
    tx.exec(
        "INSERT INTO permission_changes (org, version, hash) VALUES ($1, $2, $3)
         ON CONFLICT (org, version, hash) DO NOTHING",
        bind![org, version, hash],
    )?;
    Ok(())
}

/// The head's version; 0 before the first permission.
pub fn version(tx: &mut Tx<'_>, org: &str) -> Result<u64> {
    let found = tx.row("SELECT version FROM permission_heads WHERE org = $1", bind![org], |r| {
        r.count("version")
    })?;
    Ok(found.unwrap_or(0))
}

/// Identifiers that changed after a version, and up to which; `None` for "read everything".
pub fn changed_since(tx: &mut Tx<'_>, org: &str, after: u64) -> Result<Option<Vec<Hash16>>> {
    let kept: Option<u64> = tx.row(
        "SELECT version FROM permission_changes WHERE org = $1 ORDER BY version LIMIT 1",
        bind![org],
        |r| r.count("version"),
    )?;
    if kept.is_none_or(|oldest| oldest > after + 1) {
        return Ok(None);
    }
    let rows: Vec<Vec<u8>> = tx.rows(
        "SELECT hash FROM permission_changes WHERE org = $1 AND version > $2",
        bind![org, after],
        |r| r.bytes("hash"),
    )?;
    let all = rows.iter().any(Vec::is_empty);
    Ok((!all).then(|| rows.iter().map(|h| hash16(h)).collect()))
}

/// Forgets changes that every process has read long ago; one that has not reads everything.
pub fn sweep_changes(tx: &mut Tx<'_>, org: &str, keep: u64) -> Result<()> {
    let up_to = version(tx, org)?.saturating_sub(keep);
    tx.exec("DELETE FROM permission_changes WHERE org = $1 AND version <= $2", bind![org, up_to])?;
    Ok(())
}

fn kept(r: &Row<'_>) -> std::result::Result<Kept, DbError> {
    Ok(Kept {
        id: r.text("id")?,
        hash: hash16(&r.bytes("hash")?),
        kind: r.text("kind")?,
        channel: r.text("channel")?,
        what: r.text("what")?,
        reason: r.text("reason")?,
        on: r.date("on_date")?,
        ended: r.instant_opt("ended_at")?,
        spared: r.text("spared")?,
    })
}

/// Puts an identifier on the stop list.
pub fn insert_stop(tx: &mut Tx<'_>, org: &str, s: &Kept, now: Timestamp) -> Result<()> {
    tx.exec(
        "INSERT INTO suppressions (id, org, hash, kind, channel, what, reason, on_date,
                                   made_at, spared)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        bind![
            s.id.as_str(),
            org,
            s.hash.to_vec(),
            s.kind.as_str(),
            s.channel.as_str(),
            s.what.as_str(),
            s.reason.as_str(),
            s.on,
            now,
            s.spared.as_str()
        ],
    )?;
    Ok(())
}

/// The stops on an identifier that stand.
pub fn stops_on(tx: &mut Tx<'_>, org: &str, hash: Hash16) -> Result<Vec<Kept>> {
    Ok(tx.rows(
        "SELECT id, hash, kind, channel, what, reason, on_date, ended_at, spared
         FROM suppressions
         WHERE org = $1 AND hash = $2 AND ended_at IS NULL ORDER BY made_at, id",
        bind![org, hash.to_vec()],
        kept,
    )?)
}

/// Every stop on an identifier, also those that were lifted.
pub fn stop_history(tx: &mut Tx<'_>, org: &str, hash: Hash16) -> Result<Vec<Kept>> {
    Ok(tx.rows(
        "SELECT id, hash, kind, channel, what, reason, on_date, ended_at, spared
         FROM suppressions
         WHERE org = $1 AND hash = $2 ORDER BY made_at, id",
        bind![org, hash.to_vec()],
        kept,
    )?)
}

/// A page of the standing stop list, by id.
pub fn stops_after(tx: &mut Tx<'_>, org: &str, after: &str, limit: u64) -> Result<Vec<Kept>> {
    Ok(tx.rows(
        "SELECT id, hash, kind, channel, what, reason, on_date, ended_at, spared
         FROM suppressions
         WHERE org = $1 AND id > $2 AND ended_at IS NULL ORDER BY id LIMIT $3",
        bind![org, after, limit],
        kept,
    )?)
}

/// One stop, also one that was lifted.
pub fn stop_by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Kept> {
    tx.row(
        "SELECT id, hash, kind, channel, what, reason, on_date, ended_at, spared
         FROM suppressions
         WHERE org = $1 AND id = $2",
        bind![org, id],
        kept,
    )?
    .ok_or(Error::NotFound("the stop"))
}

/// How many stops stand.
pub fn count_stops(tx: &mut Tx<'_>, org: &str) -> Result<u64> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM suppressions WHERE org = $1 AND ended_at IS NULL",
        bind![org],
    )?)
}

/// Lifts a stop.
pub fn end_stop(tx: &mut Tx<'_>, org: &str, id: &str, now: Timestamp) -> Result<()> {
    tx.exec(
        "UPDATE suppressions SET ended_at = $3 WHERE org = $1 AND id = $2 AND ended_at IS NULL",
        bind![org, id, now],
    )?;
    Ok(())
}

pub(super) fn consent(r: &Row<'_>) -> Result<ConsentRow> {
    Ok(ConsentRow {
        id: r.text("id")?,
        person: r.text("person")?,
        use_kind: r.text("use_kind")?,
        use_what: r.text("use_what")?,
        channel: r.text("channel")?,
        state: r.text("state")?,
        wording: r.text("wording")?,
        wording_version: r.int("wording_version")?,
        method: r.text("method")?,
        given_on: r.date("given_on")?,
        until: r.date_opt("until")?,
        explicit: r.bool("explicit")?,
        sealed: r.bytes("sealed")?,
        events: serde_json::from_str(&r.text("events")?)?,
        made: r.instant("made_at")?,
        through: Through::from_word(&r.text("through")?),
    })
}

/// Keeps a new consent record.
pub fn insert_consent(tx: &mut Tx<'_>, org: &str, c: &ConsentRow) -> Result<()> {
    tx.exec(
        "INSERT INTO consents
             (id, org, person, use_kind, use_what, channel, state, wording, wording_version,
              method, given_on, until, explicit, sealed, events, made_at, changed_at,
              through)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16,
                 $17)",
        bind![
            c.id.as_str(),
            org,
            c.person.as_str(),
            c.use_kind.as_str(),
            c.use_what.as_str(),
            c.channel.as_str(),
            c.state.as_str(),
            c.wording.as_str(),
            c.wording_version,
            c.method.as_str(),
            c.given_on,
            c.until,
            c.explicit,
            c.sealed.clone(),
            serde_json::to_string(&c.events)?,
            c.made,
            c.through.word()
        ],
    )?;
    Ok(())
}

/// Sets the state of a record, and its events.
pub fn set_consent(tx: &mut Tx<'_>, org: &str, c: &ConsentRow, now: Timestamp) -> Result<()> {
    tx.exec(
        "UPDATE consents SET state = $3, events = $4, changed_at = $5, until = $6
         WHERE org = $1 AND id = $2",
        bind![
            org,
            c.id.as_str(),
            c.state.as_str(),
            serde_json::to_string(&c.events)?,
            now,
            c.until
        ],
    )?;
    Ok(())
}

/// Every record of a person, oldest first.
pub fn consents_of(tx: &mut Tx<'_>, org: &str, person: &str) -> Result<Vec<ConsentRow>> {
    tx.rows(
        "SELECT id, person, use_kind, use_what, channel, state, wording, wording_version, method,
                given_on, until, explicit, sealed, events, made_at,
                through
         FROM consents WHERE org = $1 AND person = $2 ORDER BY made_at, id",
        bind![org, person],
        consent,
    )
}

/// One record.
pub fn consent_by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<ConsentRow> {
    tx.row(
        "SELECT id, person, use_kind, use_what, channel, state, wording, wording_version, method,
                given_on, until, explicit, sealed, events, made_at,
                through
         FROM consents WHERE org = $1 AND id = $2",
        bind![org, id],
        consent,
    )?
    .ok_or(Error::NotFound("the consent record"))
}

/// Standing consents that lapse on or before a day, soonest first.
pub fn lapsing(tx: &mut Tx<'_>, org: &str, by: Date, limit: u64) -> Result<Vec<ConsentRow>> {
    tx.rows(
        "SELECT id, person, use_kind, use_what, channel, state, wording, wording_version, method,
                given_on, until, explicit, sealed, events, made_at,
                through
         FROM consents
         WHERE org = $1 AND state = 'given' AND until IS NOT NULL AND until <= $2
         ORDER BY until, id LIMIT $3",
        bind![org, by, limit],
        consent,
    )
}

/// How many records there are in a state.
pub fn count_consents(tx: &mut Tx<'_>, org: &str, state: &str) -> Result<u64> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM consents WHERE org = $1 AND state = $2",
        bind![org, state],
    )?)
}

/// Empties what named an erased person in their records; that there was a consent stays proved.
pub fn empty_consents(tx: &mut Tx<'_>, org: &str, person: &str, now: Timestamp) -> Result<()> {
    tx.exec(
        "UPDATE consents SET sealed = $3, changed_at = $4 WHERE org = $1 AND person = $2",
        bind![org, person, Vec::<u8>::new(), now],
    )?;
    Ok(())
}

/// Keeps how a person's details were got.
pub fn set_ground(tx: &mut Tx<'_>, org: &str, who: &str, g: &Ground, now: Timestamp) -> Result<()> {
    tx.exec(
        "INSERT INTO grounds (org, person, ground, on_date, refusal_offered, made_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (person, ground) DO UPDATE
         SET on_date = $4, refusal_offered = $5, made_at = $6",
        bind![org, who, g.ground.as_str(), g.on, g.refusal_offered, now],
    )?;
    Ok(())
}

/// How a person's details were got.
pub fn grounds_of(tx: &mut Tx<'_>, org: &str, person: &str) -> Result<Vec<Ground>> {
    Ok(tx.rows(
        "SELECT ground, on_date, refusal_offered FROM grounds WHERE org = $1 AND person = $2
         ORDER BY ground",
        bind![org, person],
        |r| {
            Ok::<_, DbError>(Ground {
                ground: r.text("ground")?,
                on: r.date("on_date")?,
                refusal_offered: r.bool("refusal_offered")?,
            })
        },
    )?)
}

/// Forgets them.
pub fn drop_grounds(tx: &mut Tx<'_>, org: &str, person: &str) -> Result<()> {
    tx.exec("DELETE FROM grounds WHERE org = $1 AND person = $2", bind![org, person])?;
    Ok(())
}

/// Keeps a new version of a wording.
pub fn insert_wording(
    tx: &mut Tx<'_>,
    org: &str,
    w: &Wording,
    version: i64,
    now: Timestamp,
    by: &str,
) -> Result<()> {
    let text = toml::to_string(w).map_err(anyhow::Error::from)?;
    tx.exec(
        "INSERT INTO wordings (org, short, version, toml, set_at, set_by)
         VALUES ($1, $2, $3, $4, $5, $6)",
        bind![org, w.short.as_str(), version, text, now, by],
    )?;
    Ok(())
}

fn wording(r: &Row<'_>) -> Result<(i64, Wording, Timestamp)> {
    let w = toml::from_str(&r.text("toml")?).map_err(|e| Error::fault(format!("wording: {e}")))?;
    Ok((r.int("version")?, w, r.instant("set_at")?))
}

/// A version of a wording; the latest for `None`.
pub fn wording_of(
    tx: &mut Tx<'_>,
    org: &str,
    short: &str,
    version: Option<i64>,
) -> Result<Option<(i64, Wording, Timestamp)>> {
    match version {
        Some(v) => tx.row(
            "SELECT version, toml, set_at FROM wordings
             WHERE org = $1 AND short = $2 AND version = $3",
            bind![org, short, v],
            wording,
        ),
        None => tx.row(
            "SELECT version, toml, set_at FROM wordings WHERE org = $1 AND short = $2
             ORDER BY version DESC LIMIT 1",
            bind![org, short],
            wording,
        ),
    }
}

/// Every version of every wording, by name, latest first.
pub fn wordings(tx: &mut Tx<'_>, org: &str) -> Result<Vec<(i64, Wording, Timestamp)>> {
    tx.rows(
        "SELECT version, toml, set_at FROM wordings WHERE org = $1
         ORDER BY short, version DESC",
        bind![org],
        wording,
    )
}

// Companies.

/// Keeps a company for which people are held.
pub fn set_company(
    tx: &mut Tx<'_>,
    org: &str,
    short: &str,
    title: &str,
    email: &str,
    now: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO companies (org, short, title, email, made_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (org, short) DO UPDATE SET title = $3, email = $4",
        bind![org, short, title, email, now],
    )?;
    Ok(())
}

/// A company: its name and where it is told.
pub fn company(tx: &mut Tx<'_>, org: &str, short: &str) -> Result<Option<(String, String)>> {
    Ok(tx.row(
        "SELECT title, email FROM companies WHERE org = $1 AND short = $2",
        bind![org, short],
        |r| Ok::<_, DbError>((r.text("title")?, r.text("email")?)),
    )?)
}

/// Every company: short name and name.
pub fn companies(tx: &mut Tx<'_>, org: &str) -> Result<Vec<(String, String)>> {
    Ok(tx.rows(
        "SELECT short, title FROM companies WHERE org = $1 ORDER BY short",
        bind![org],
        |r| Ok::<_, DbError>((r.text("short")?, r.text("title")?)),
    )?)
}

/// How many consents and standing stops name each purpose; a stop names it as `purpose:…`.
pub fn naming(tx: &mut Tx<'_>, org: &str) -> Result<Vec<(String, u64)>> {
    let all = "SELECT use_what AS what, count(*) AS n FROM consents
         WHERE org = $1 AND use_kind = 'contact' GROUP BY use_what
         UNION ALL SELECT what, count(*) AS n FROM suppressions
         WHERE org = $1 AND ended_at IS NULL AND what LIKE 'purpose:%' GROUP BY what";
    let one = |r: &Row<'_>| Ok::<_, DbError>((r.text("what")?, r.int("n")?.unsigned_abs()));
    Ok(tx.rows(all, bind![org], one)?)
}
