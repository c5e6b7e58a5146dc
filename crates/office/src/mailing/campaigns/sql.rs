//! Every statement on campaigns.

use candour_db::{Row, Tx, bind};
use jiff::Timestamp;
use jiff::civil::Date;

use super::Campaign;
use super::rules::Counted;
use crate::charter::Channel;
use crate::error::{Error, Result};
use crate::permissions::{Attested, Class};

fn campaign(r: &Row<'_>) -> Result<Campaign> {
    let channel = r.text("channel")?;
    let planned = r.date_opt("planned_on")?;
    Ok(Campaign {
        id: r.text("id")?,
        short: r.text("short")?,
        title: r.text("title")?,
        list: r.text("list")?,
        purpose: r.text("purpose")?,
        channel: Channel::from_word(&channel).ok_or_else(|| Error::fault("unknown channel"))?,
        template: r.text("template")?,
        template_version: r.int("template_version")?,
        attested: Attested::from_word(&r.text("attested")?),
        planned_on: planned.ok_or_else(|| Error::fault("a campaign has no day"))?,
        certificate: r.text_opt("certificate")?,
        sent_on: r.date_opt("sent_on")?,
        reached: r.int_opt("told_reached")?.and_then(|n| u64::try_from(n).ok()),
        sent_sha256: r.text_opt("sent_sha256")?,
        reason: r.text_opt("reason")?,
        acknowledged_by: r.text_opt("acknowledged_by")?,
        acknowledged_at: r.instant_opt("acknowledged_at")?,
        made_by: r.text("made_by")?,
        made_at: r.instant("made_at")?,
    })
}

/// Keeps a plan; `false` if the short name is taken.
pub fn insert(tx: &mut Tx<'_>, org: &str, c: &Campaign) -> Result<bool> {
    Ok(tx.exec(
        "INSERT INTO campaigns (id, org, short, title, list, purpose, channel, template,
                                template_version, attested, planned_on, reached, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13)
         ON CONFLICT (org, short) DO NOTHING",
        bind![
            c.id.as_str(),
            org,
            c.short.as_str(),
            c.title.as_str(),
            c.list.as_str(),
            c.purpose.as_str(),
            c.channel.word(),
            c.template.as_str(),
            c.template_version,
            c.attested.map_or("", Attested::word),
            c.planned_on,
            c.made_by.as_str(),
            c.made_at
        ],
    )? == 1)
}

/// One campaign.
pub fn one(tx: &mut Tx<'_>, org: &str, short: &str) -> Result<Campaign> {
    tx.row(
        "SELECT id, short, title, list, purpose, channel, template, template_version, attested,
                planned_on, certificate, sent_on, told_reached, sent_sha256, reason, acknowledged_by,
                acknowledged_at, made_by, made_at
         FROM campaigns WHERE org = $1 AND short = $2",
        bind![org, short],
        campaign,
    )?
    .ok_or(Error::NotFound("the campaign"))
}

/// The latest campaigns, by their day.
pub fn latest(tx: &mut Tx<'_>, org: &str, limit: u64) -> Result<Vec<Campaign>> {
    tx.rows(
        "SELECT id, short, title, list, purpose, channel, template, template_version, attested,
                planned_on, certificate, sent_on, told_reached, sent_sha256, reason, acknowledged_by,
                acknowledged_at, made_by, made_at
         FROM campaigns WHERE org = $1 ORDER BY planned_on DESC, id DESC LIMIT $2",
        bind![org, limit],
        campaign,
    )
}

/// Campaigns that may need somebody: not sent and planned on or before a day, or sent without a
/// certificate or without comparing with it, and not looked at.
pub fn pressing(tx: &mut Tx<'_>, org: &str, by: Date) -> Result<Vec<Campaign>> {
    tx.rows(
        "SELECT id, short, title, list, purpose, channel, template, template_version, attested,
                planned_on, certificate, sent_on, told_reached, sent_sha256, reason, acknowledged_by,
                acknowledged_at, made_by, made_at
         FROM campaigns WHERE org = $1
           AND ((sent_on IS NULL AND planned_on <= $2)
                OR (sent_on IS NOT NULL AND acknowledged_at IS NULL
                    AND (reason IS NOT NULL OR sent_sha256 IS NULL)))
         ORDER BY planned_on, id LIMIT 100",
        bind![org, by],
        campaign,
    )
}

/// What was sent since a day, by class of message: notices to members are counted apart from
/// marketing.
pub fn by_class(tx: &mut Tx<'_>, org: &str, since: Date) -> Result<Vec<Counted>> {
    tx.rows(
        "SELECT t.class AS class, count(*) AS sends,
                CAST(sum(CASE WHEN c.sent_sha256 IS NOT NULL AND c.reason IS NULL THEN 1 ELSE 0
                    END) AS BIGINT) AS compared,
                CAST(sum(COALESCE(c.told_reached, 0)) AS BIGINT) AS reached
         FROM campaigns c JOIN templates t
           ON t.org = c.org AND t.short = c.template AND t.version = c.template_version
         WHERE c.org = $1 AND c.sent_on >= $2 GROUP BY t.class ORDER BY t.class",
        bind![org, since],
        |r| {
            let class = Class::from_word(&r.text("class")?);
            Ok::<_, Error>(Counted {
                class: class.ok_or_else(|| Error::fault("unknown class"))?.label(),
                sends: r.count("sends")?,
                compared: r.count("compared")?,
                reached: r.count("reached")?,
            })
        },
    )
}

/// The short name of the campaign that a certificate is bound to.
pub fn bound(tx: &mut Tx<'_>, org: &str, certificate: &str) -> Result<Option<String>> {
    tx.row(
        "SELECT short FROM campaigns WHERE org = $1 AND certificate = $2",
        bind![org, certificate],
        |r| Ok::<_, Error>(r.text("short")?),
    )
}

/// Binds a certificate, unless it was sent meanwhile.
pub fn attach(tx: &mut Tx<'_>, org: &str, id: &str, certificate: &str) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE campaigns SET certificate = $3 WHERE org = $1 AND id = $2 AND sent_on IS NULL",
        bind![org, id, certificate],
    )? == 1)
}

/// Notes a send; `false` if somebody was first.
pub fn sent(
    tx: &mut Tx<'_>,
    org: &str,
    id: &str,
    on: Date,
    reached: Option<u64>,
    sha256: Option<String>,
    reason: Option<String>,
) -> Result<bool> {
    let reached = reached.and_then(|n| i64::try_from(n).ok());
    Ok(tx.exec(
        "UPDATE campaigns SET sent_on = $3, told_reached = $4, sent_sha256 = $5, reason = $6
         WHERE org = $1 AND id = $2 AND sent_on IS NULL",
        bind![org, id, on, reached, sha256, reason],
    )? == 1)
}

/// Notes who looked at a send without a certificate; `false` if there is nothing to look at.
pub fn acknowledge(tx: &mut Tx<'_>, org: &str, id: &str, by: &str, now: Timestamp) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE campaigns SET acknowledged_by = $3, acknowledged_at = $4
         WHERE org = $1 AND id = $2 AND sent_on IS NOT NULL
           AND (reason IS NOT NULL OR sent_sha256 IS NULL) AND acknowledged_at IS NULL",
        bind![org, id, by, now],
    )? == 1)
}
