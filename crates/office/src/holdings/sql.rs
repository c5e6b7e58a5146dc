//! Every statement on holdings.

use candour_connectors::{DataMap, HoldingKind};
use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::{Error, Result};

/// How the problem of a holding begins that a check could not reach.
pub const UNREACHED: &str = "It could not be checked: ";

/// A holding with its map.
#[derive(Debug, Clone)]
pub struct Holding {
    /// Id.
    pub id: String,
    /// The organisation's id.
    pub org: String,
    /// Short name.
    pub short: String,
    /// What people call it.
    pub title: String,
    /// The data map.
    pub map: DataMap,
    /// Version of the map, from 1.
    pub version: i64,
    /// The post that keeps it: "Membership secretary".
    pub post: Option<String>,
    /// Where that post is reached.
    pub post_email: Option<String>,
    /// Last check against the live schema.
    pub checked: Option<Timestamp>,
    /// What the last check found, each in one line. Empty when all was well.
    pub problems: Vec<String>,
    /// Its place was named in the browser: it has to lie in a folder of the organisation.
    pub bound: bool,
    /// That it is no longer kept. It stays in the cases that it was searched for.
    pub ended: Option<Ended>,
}

/// Since when a holding is no longer kept, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The day.
    pub on: Date,
    /// The reason given.
    pub why: String,
}

impl Holding {
    /// The last check could not reach it at all.
    pub fn unreached(&self) -> bool {
        self.problems.iter().any(|p| p.starts_with(UNREACHED))
    }

    /// A person searches it, not a connector.
    pub fn is_paper(&self) -> bool {
        self.map.kind == HoldingKind::Paper
    }
}

fn holding(r: &Row<'_>) -> Result<Holding> {
    let map = DataMap::from_toml(&r.text("map")?, &r.text("short")?)?;
    let ended = match (r.date_opt("ended_on")?, r.text_opt("ended_why")?) {
        (Some(on), Some(why)) => Some(Ended { on, why }),
        _ => None,
    };
    Ok(Holding {
        id: r.text("id")?,
        org: r.text("org")?,
        short: r.text("short")?,
        title: r.text("title")?,
        map,
        version: r.int("version")?,
        post: r.text_opt("post")?,
        post_email: r.text_opt("post_email")?,
        checked: r.instant_opt("checked_at")?,
        problems: serde_json::from_str(&r.text("problems")?)?,
        bound: r.bool("bound")?,
        ended,
    })
}

/// Every holding that is kept, by title.
pub fn all(tx: &mut Tx<'_>, org: &str) -> Result<Vec<Holding>> {
    tx.rows(
        "SELECT id, org, short, title, map, version, post, post_email, checked_at, problems, bound,
                ended_on, ended_why
         FROM holdings WHERE org = $1 AND closed_at IS NULL ORDER BY title, id",
        bind![org],
        holding,
    )
}

/// Every holding there is or was, by title.
pub fn known(tx: &mut Tx<'_>, org: &str) -> Result<Vec<Holding>> {
    tx.rows(
        "SELECT id, org, short, title, map, version, post, post_email, checked_at, problems, bound,
                ended_on, ended_why
         FROM holdings WHERE org = $1 ORDER BY title, id",
        bind![org],
        holding,
    )
}

/// A holding by its short name, kept or not.
pub fn by_short(tx: &mut Tx<'_>, org: &str, short: &str) -> Result<Holding> {
    tx.row(
        "SELECT id, org, short, title, map, version, post, post_email, checked_at, problems, bound,
                ended_on, ended_why
         FROM holdings WHERE org = $1 AND short = $2",
        bind![org, short],
        holding,
    )?
    .ok_or(Error::NotFound("the holding"))
}

/// A holding by its id.
pub fn by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Holding> {
    tx.row(
        "SELECT id, org, short, title, map, version, post, post_email, checked_at, problems, bound,
                ended_on, ended_why
         FROM holdings WHERE org = $1 AND id = $2",
        bind![org, id],
        holding,
    )?
    .ok_or(Error::NotFound("the holding"))
}

/// Whether the organisation has a holding of this short name, kept or not.
pub fn is_there(tx: &mut Tx<'_>, org: &str, short: &str) -> Result<bool> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM holdings WHERE org = $1 AND short = $2",
        bind![org, short],
    )? > 0)
}

/// Keeps a new holding.
pub fn insert(tx: &mut Tx<'_>, org: &str, h: &Holding, now: Timestamp) -> Result<()> {
    tx.exec(
        "INSERT INTO holdings
             (id, org, short, title, kind, map, version, post, post_email, problems, made_at, bound)
         VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, '[]', $9, $10)",
        bind![
            h.id.as_str(),
            org,
            h.short.as_str(),
            h.title.as_str(),
            kind_word(h.map.kind),
            h.map.to_toml()?,
            h.post.clone(),
            h.post_email.clone(),
            now,
            h.bound
        ],
    )?;
    Ok(())
}

/// Sets a new map if nobody else did since `version`.
pub fn set_map(
    tx: &mut Tx<'_>,
    org: &str,
    id: &str,
    version: i64,
    map: &DataMap,
    problems: &[String],
    checked: Option<Timestamp>,
) -> Result<()> {
    let n = tx.exec(
        "UPDATE holdings SET map = $4, title = $5, version = version + 1, problems = $6,
                checked_at = CASE WHEN CAST($7 AS BIGINT) IS NULL THEN checked_at ELSE $7 END
         WHERE org = $1 AND id = $2 AND version = $3",
        bind![
            org,
            id,
            version,
            map.to_toml()?,
            map.title.as_str(),
            serde_json::to_string(problems)?,
            checked
        ],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Keeps whether its place was named in the browser.
pub fn set_bound(tx: &mut Tx<'_>, org: &str, id: &str, bound: bool) -> Result<()> {
    tx.exec("UPDATE holdings SET bound = $3 WHERE org = $1 AND id = $2", bind![org, id, bound])?;
    Ok(())
}

/// Keeps the post that has it, and where that is reached.
pub fn set_post(
    tx: &mut Tx<'_>,
    org: &str,
    id: &str,
    (post, email): (Option<&str>, Option<&str>),
) -> Result<()> {
    tx.exec(
        "UPDATE holdings SET post = $3, post_email = $4 WHERE org = $1 AND id = $2",
        bind![org, id, post, email],
    )?;
    Ok(())
}

/// Keeps that it is no longer kept, or that it is again; the version goes up, so that nothing that
/// was begun before goes through.
pub fn set_ended(
    tx: &mut Tx<'_>,
    org: &str,
    (id, version): (&str, i64),
    ended: Option<&Ended>,
    closed: Option<Timestamp>,
) -> Result<()> {
    let (on, why) = (ended.map(|e| e.on), ended.map(|e| e.why.as_str()));
    let n = tx.exec(
        "UPDATE holdings SET ended_on = $4, ended_why = $5, closed_at = $6, version = version + 1
         WHERE org = $1 AND id = $2 AND version = $3",
        bind![org, id, version, on, why, closed],
    )?;
    if n == 1 { Ok(()) } else { Err(Error::Conflict) }
}

/// Keeps what a check found, when it could not look at the map.
pub fn set_problems(tx: &mut Tx<'_>, org: &str, id: &str, problems: &[String]) -> Result<()> {
    tx.exec(
        "UPDATE holdings SET problems = $3 WHERE org = $1 AND id = $2",
        bind![org, id, serde_json::to_string(problems)?],
    )?;
    Ok(())
}

/// The word of a kind, as in the map.
pub fn kind_word(kind: HoldingKind) -> &'static str {
    match kind {
        HoldingKind::Sqlite => "sqlite",
        HoldingKind::Postgres => "postgres",
        HoldingKind::Mysql => "mysql",
        HoldingKind::Csv => "csv",
        HoldingKind::Workbook => "workbook",
        HoldingKind::Mail => "mail",
        HoldingKind::Documents => "documents",
        HoldingKind::Paper => "paper",
    }
}

/// How many holdings the organisation has.
pub fn count(tx: &mut Tx<'_>, org: &str) -> std::result::Result<u64, DbError> {
    tx.count("SELECT count(*) AS n FROM holdings WHERE org = $1 AND closed_at IS NULL", bind![org])
}
