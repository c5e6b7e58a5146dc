//! Every statement on templates.

use candour_db::{Row, Tx, bind};
use jiff::Timestamp;

use super::Template;
use crate::error::{Error, Result};
use crate::permissions::Class;

fn template(r: &Row<'_>) -> Result<Template> {
    let class = r.text("class")?;
    Ok(Template {
        short: r.text("short")?,
        version: r.int("version")?,
        title: r.text("title")?,
        class: Class::from_word(&class).ok_or_else(|| Error::fault("a class is unknown"))?,
        text: r.text("text")?,
        tells: serde_json::from_str(&r.text("tells")?)?,
        approved_by: r.text_opt("approved_by")?,
        approved_at: r.instant_opt("approved_at")?,
        reason: r.text_opt("reason")?,
        set_by: r.text("set_by")?,
        set_at: r.instant("set_at")?,
    })
}

/// Keeps a new version.
pub fn insert(tx: &mut Tx<'_>, org: &str, t: &Template) -> Result<()> {
    tx.exec(
        "INSERT INTO templates (org, short, version, title, class, text, tells, set_by, set_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        bind![
            org,
            t.short.as_str(),
            t.version,
            t.title.as_str(),
            t.class.word(),
            t.text.as_str(),
            serde_json::to_string(&t.tells)?,
            t.set_by.as_str(),
            t.set_at
        ],
    )?;
    Ok(())
}

/// Notes an approval; `false` if somebody was first.
pub fn approve(
    tx: &mut Tx<'_>,
    org: &str,
    t: &Template,
    by: &str,
    reason: Option<String>,
    now: Timestamp,
) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE templates SET approved_by = $4, approved_at = $5, reason = $6
         WHERE org = $1 AND short = $2 AND version = $3 AND approved_at IS NULL",
        bind![org, t.short.as_str(), t.version, by, now, reason],
    )? == 1)
}

/// Every version of a template, latest first.
pub fn versions(tx: &mut Tx<'_>, org: &str, short: &str) -> Result<Vec<Template>> {
    tx.rows(
        "SELECT short, version, title, class, text, tells, approved_by, approved_at, reason,
                set_by, set_at
         FROM templates WHERE org = $1 AND short = $2 ORDER BY version DESC",
        bind![org, short],
        template,
    )
}

/// The latest version of each template, by title.
pub fn latest(tx: &mut Tx<'_>, org: &str) -> Result<Vec<Template>> {
    tx.rows(
        "SELECT t.short, t.version, t.title, t.class, t.text, t.tells, t.approved_by,
                t.approved_at, t.reason, t.set_by, t.set_at
         FROM templates t WHERE t.org = $1 AND t.version =
             (SELECT max(u.version) FROM templates u WHERE u.org = t.org AND u.short = t.short)
         ORDER BY t.title, t.short",
        bind![org],
        template,
    )
}

/// One version, or the latest.
pub fn one(tx: &mut Tx<'_>, org: &str, short: &str, version: Option<i64>) -> Result<Template> {
    let all = versions(tx, org, short)?;
    let found = all.into_iter().find(|t| version.is_none_or(|v| v == t.version));
    found.ok_or(Error::NotFound("the message"))
}
