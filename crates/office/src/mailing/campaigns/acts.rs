//! Planning a campaign, binding its certificate, marking it sent, looking at one that had none.

use candour_db::Tx;
use jiff::civil::Date;

use super::rules::{self, Campaign, State};
use super::sql;
use crate::charter::{self, Channel};
use crate::error::{Error, Field, Refusal, Result};
use crate::kit::forms::{LONG, fit};
use crate::kit::vault::Vault;
use crate::kit::{dates, new_id};
use crate::mailing::certificates::{self, Certified};
use crate::mailing::templates::{self, Template, rules::plain};
use crate::permissions::{Attested, ask};
use crate::proof::{Act, By, Recorded};
use crate::staff::{Permission, Role};

/// A campaign as planned.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Short name.
    pub short: String,
    /// What people call it.
    pub title: String,
    /// What the list is called.
    pub list: String,
    /// For which purpose.
    pub purpose: Option<String>,
    /// By which channel.
    pub channel: Option<Channel>,
    /// Which message, in its latest version.
    pub template: String,
    /// What is attested.
    pub attested: Option<Attested>,
    /// When.
    pub on: Option<Date>,
}

impl Plan {
    fn check(&self, today: Date) -> Result<(Channel, Date)> {
        let mut bad = Vec::new();
        if !plain(&self.short) {
            let words = "The short name has lower case letters, digits and dashes only, at most 40";
            bad.push(Field::new("short", words));
        }
        if self.title.trim().is_empty() || self.title.len() > 200 {
            bad.push(Field::new("title", "Enter what people call this campaign"));
        }
        if self.list.trim().is_empty() || self.list.len() > 200 {
            bad.push(Field::new("list", "Enter what the list is called"));
        }
        if self.list.contains('@') {
            bad.push(Field::new("list", "Enter the name of the list, not an address"));
        }
        if self.channel.is_none() {
            bad.push(Field::new("channel", "Choose the channel"));
        }
        match self.on {
            None => bad.push(Field::new("on", "Enter the day of the send")),
            Some(on) if on < today => {
                bad.push(Field::new("on", "The day of the send has passed: enter one to come"));
            }
            Some(_) => {}
        }
        match (self.channel, self.on) {
            (Some(channel), Some(on)) if bad.is_empty() => Ok((channel, on)),
            _ => Err(Error::Invalid(bad)),
        }
    }
}

/// Plans a campaign.
///
/// # Errors
/// Denied, or fields to mend.
pub fn plan(tx: &mut Tx<'_>, vault: &Vault, by: &By, p: &Plan) -> Result<Recorded<()>> {
    by.role.may(Permission::ScreenLists)?;
    let (channel, on) = p.check(dates::day_of(by.now))?;
    let template = templates::sql::one(tx, &by.org, &p.template, None)
        .map_err(|_| Error::invalid("template", "Choose a message that has been proposed"))?;
    let settings = charter::current(tx, &by.org)?.permissions;
    ask::purpose_of(&settings, template.class, p.purpose.as_deref(), channel)?;
    let c = Campaign {
        id: new_id(by.now),
        short: p.short.clone(),
        title: p.title.trim().to_owned(),
        list: p.list.trim().to_owned(),
        purpose: p.purpose.clone().unwrap_or_default(),
        channel,
        template: template.short,
        template_version: template.version,
        attested: p.attested,
        planned_on: on,
        certificate: None,
        sent_on: None,
        reached: None,
        sent_sha256: None,
        reason: None,
        acknowledged_by: None,
        acknowledged_at: None,
        made_by: by.actor.clone(),
        made_at: by.now,
    };
    if !sql::insert(tx, &by.org, &c)? {
        return Err(Error::invalid("short", "There is already a campaign with this short name"));
    }
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let said = format!("{}, {}, to {}, on {on}", c.title, channel.word(), c.list);
    let act = Act::new("campaign.planned")
        .about("campaign", &c.short)
        .law("UK GDPR Art 5(2)")
        .say(&key, said);
    Ok(Recorded::new(by, (), act))
}

/// A campaign with what it is judged by.
pub struct Whole {
    /// The campaign.
    pub campaign: Campaign,
    /// Its message.
    pub template: Template,
    /// Its certificate.
    pub certificate: Option<Certified>,
}

impl Whole {
    /// Where it stands.
    pub fn state(&self, today: Date) -> State {
        rules::state(&self.campaign, &self.template, self.certificate.as_ref(), today)
    }

    /// Why nothing covers a send on this day; `None` when its certificate does.
    pub fn trouble(&self, file: Option<&str>, day: Date) -> Option<&'static str> {
        match &self.certificate {
            None => Some("No certificate is bound to this campaign: screen the list first"),
            Some(c) => rules::trouble(&self.campaign, &self.template, c, file, day),
        }
    }
}

/// Adds what a campaign is judged by.
///
/// # Errors
/// Of the database.
pub fn whole(tx: &mut Tx<'_>, org: &str, campaign: Campaign) -> Result<Whole> {
    let version = Some(campaign.template_version);
    let template = templates::sql::one(tx, org, &campaign.template, version)?;
    let certificate = match &campaign.certificate {
        Some(id) => Some(certificates::by_id(tx, org, id)?),
        None => None,
    };
    Ok(Whole { campaign, template, certificate })
}

/// One campaign with what it is judged by.
///
/// # Errors
/// Not found.
pub fn load(tx: &mut Tx<'_>, org: &str, short: &str) -> Result<Whole> {
    let campaign = sql::one(tx, org, short)?;
    whole(tx, org, campaign)
}

/// Binds a certificate to a campaign: one certificate covers one send.
///
/// # Errors
/// Denied, sent already, or the certificate does not fit.
pub fn attach(tx: &mut Tx<'_>, by: &By, short: &str, certificate: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::ScreenLists)?;
    let mut w = load(tx, &by.org, short)?;
    let cert = certificates::by_id(tx, &by.org, certificate)
        .map_err(|_| Error::invalid("certificate", "There is no certificate with this id"))?;
    if sql::bound(tx, &by.org, certificate)?.is_some_and(|other| other != short) {
        return Err(Error::invalid(
            "certificate",
            "This certificate is bound to another campaign: screen the list for this one",
        ));
    }
    w.certificate = Some(cert);
    let day = w.campaign.planned_on.max(dates::day_of(by.now));
    if let Some(why) = w.trouble(None, day) {
        return Err(Error::invalid("certificate", why));
    }
    if !sql::attach(tx, &by.org, &w.campaign.id, certificate)? {
        return Err(sent_already());
    }
    let act = Act::new("campaign.screened")
        .about("campaign", short)
        .about("certificate", certificate)
        .law("PECR reg 22; UK GDPR Art 21(3)");
    Ok(Recorded::new(by, (), act))
}

fn sent_already() -> Error {
    let why = "This campaign was marked as sent already".to_owned();
    Refusal { act: "send", why, source_: "House rule: one send, one campaign" }.into()
}

/// What is told of a send.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// SHA-256 of the list that was used. Without it nothing shows that it was the list that the
    /// certificate covers, and the send is recorded as not compared.
    pub sha256: Option<String>,
    /// How many it reached, if it is known.
    pub reached: Option<u64>,
    /// Why it was sent although nothing covered it.
    pub reason: Option<String>,
}

/// Whether a send may be marked, and under which reason: none if a certificate covers it.
///
/// # Errors
/// Denied, sent already, or a reason is needed.
pub fn may_mark(by: &By, w: &Whole, sent: &Sent) -> Result<Option<String>> {
    if let Some(sum) = &sent.sha256
        && (sum.len() != 64 || !sum.bytes().all(|b| b.is_ascii_hexdigit()))
    {
        return Err(Error::invalid("sha256", "A SHA-256 has 64 hexadecimal digits"));
    }
    fit(&[("reason", sent.reason.as_deref().unwrap_or_default(), LONG)])?;
    // The program that sends tells that it has sent.
    if by.role != Role::Mailer {
        by.role.may(Permission::ScreenLists)?;
    }
    if w.campaign.sent_on.is_some() {
        return Err(sent_already());
    }
    let sum = sent.sha256.as_deref().map(str::to_ascii_lowercase);
    let Some(why) = w.trouble(sum.as_deref(), dates::day_of(by.now)) else {
        return Ok(None);
    };
    let reason = sent.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    match reason {
        Some(r) => Ok(Some(format!("{why}. Reason given: {r}"))),
        None => Err(Error::invalid(
            "reason",
            format!("{why}. If it was sent all the same, enter why: an officer looks at it"),
        )),
    }
}

/// Marks a campaign as sent today.
///
/// # Errors
/// As [`may_mark`].
pub fn mark_sent(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    short: &str,
    sent: &Sent,
) -> Result<Recorded<State>> {
    let w = load(tx, &by.org, short)?;
    let reason = may_mark(by, &w, sent)?;
    let (state, covered) = match (&reason, &sent.sha256) {
        (Some(r), _) => (State::Uncovered, r.clone()),
        (None, Some(_)) => (State::Sent, "Under its certificate".to_owned()),
        (None, None) => {
            (State::NotCompared, "The list was not compared with its certificate".to_owned())
        }
    };
    let today = dates::day_of(by.now);
    let reached = sent.reached.map_or_else(|| "not told".to_owned(), |n| n.to_string());
    let sum = sent.sha256.clone();
    if !sql::sent(tx, &by.org, &w.campaign.id, today, sent.reached, sum, reason)? {
        return Err(sent_already());
    }
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let mut act = Act::new("campaign.sent").about("campaign", short);
    if let Some(c) = &w.campaign.certificate {
        act = act.about("certificate", c);
    }
    let act = act.law("PECR reg 22; UK GDPR Art 5(2)");
    Ok(Recorded::new(by, state, act.say(&key, format!("{covered}. Reached: {reached}"))))
}

/// Records that the list of those whose yes lapses before a send left the office.
///
/// # Errors
/// Denied, or of the database.
pub fn lapses_saved(tx: &mut Tx<'_>, by: &By, short: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::RecordPermissions)?;
    sql::one(tx, &by.org, short)?;
    let act = Act::new("lapses.saved").about("campaign", short).law("UK GDPR Art 5(1)(f)");
    Ok(Recorded::new(by, (), act))
}

/// Notes that somebody who answers for it has looked at a send without a certificate, or not
/// compared with it.
///
/// # Errors
/// Denied, or there is nothing to look at.
pub fn acknowledge(tx: &mut Tx<'_>, by: &By, short: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::ManagePermissions)?;
    let c = sql::one(tx, &by.org, short)?;
    if !sql::acknowledge(tx, &by.org, &c.id, &by.actor, by.now)? {
        let why = "Nothing has to be acknowledged here".to_owned();
        let source_ = "House rule: sends without a certificate";
        return Err(Refusal { act: "acknowledge", why, source_ }.into());
    }
    let act =
        Act::new("campaign.acknowledged").about("campaign", short).law("UK GDPR Arts 5(2), 24(1)");
    Ok(Recorded::new(by, (), act))
}
