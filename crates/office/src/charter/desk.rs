//! Settings: the charter on screen. The file and the screen say the same.

use askama::Template;
use axum::extract::{Form, State};

use super::acts;
use super::rules::Charter;
use crate::error::{Error, Result};
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, mend, page};
use crate::office::Office;
use crate::staff::Permission;

#[derive(Template)]
#[template(path = "charter/pages/settings.html")]
struct SettingsPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    may_set: bool,
    calendar: String,
    last_year: i16,
    post: String,
}

fn filled(c: &Charter) -> Filled {
    let mut f = Filled::default();
    let opt = |o: &Option<String>| o.clone().unwrap_or_default();
    let days = |d: Option<u32>| d.map_or(String::new(), |d| d.to_string());
    for (name, value) in [
        ("legal_name", c.organisation.legal_name.clone()),
        ("trading_name", opt(&c.organisation.trading_name)),
        ("number", opt(&c.organisation.number)),
        ("notice", opt(&c.organisation.notice)),
        ("contact_role", c.contact.role.clone()),
        ("contact_name", opt(&c.contact.name)),
        ("contact_email", c.contact.email.clone()),
        ("contact_phone", opt(&c.contact.phone)),
        ("contact_post", c.contact.post.clone()),
        ("division", c.law.division.to_string()),
        ("regulator", c.law.regulator.clone()),
        ("regulator_contact", c.law.regulator_contact.clone()),
        ("own_target_days", days(c.rights.own_target_days)),
        ("own_target_source", opt(&c.rights.own_target_source)),
        ("lapse_days", c.rights.lapse_days.to_string()),
        ("evidence", c.identity.evidence.join("\n")),
        ("needed", c.identity.needed.to_string()),
        ("representative_age", days(c.identity.representative_age)),
        ("other_ways", c.channels.other_ways.clone()),
        ("link_days", c.delivery.link_days.to_string()),
        ("brand", c.theme.brand.clone()),
        ("brand_ink", c.theme.brand_ink.clone()),
    ] {
        f.set(name, value);
    }
    if c.law.public_authority {
        f.set("public_authority", "yes");
    }
    if c.channels.portal {
        f.set("portal", "yes");
    }
    if c.rights.second_approver {
        f.set("second_approver", "yes");
    }
    f
}

fn number(f: &Filled, name: &'static str) -> Result<Option<u32>> {
    match f.get(name) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| Error::invalid(name, "Enter a whole number")),
    }
}

/// The charter with what the form says; what the form does not show stays.
fn from_form(f: &Filled, old: &Charter) -> Result<Charter> {
    let mut c = old.clone();
    c.organisation.legal_name = f.get("legal_name").to_owned();
    c.organisation.trading_name = f.some("trading_name");
    c.organisation.number = f.some("number");
    c.organisation.notice = f.some("notice");
    c.contact.role = f.get("contact_role").to_owned();
    c.contact.name = f.some("contact_name");
    c.contact.email = f.get("contact_email").to_owned();
    c.contact.phone = f.some("contact_phone");
    c.contact.post = f.get("contact_post").to_owned();
    c.law.division = f
        .get("division")
        .parse()
        .map_err(|_| Error::invalid("division", "Choose whose public holidays count for you"))?;
    c.law.public_authority = f.ticked("public_authority");
    c.law.regulator = f.get("regulator").to_owned();
    c.law.regulator_contact = f.get("regulator_contact").to_owned();
    c.rights.own_target_days = number(f, "own_target_days")?;
    c.rights.own_target_source = f.some("own_target_source");
    c.rights.lapse_days = number(f, "lapse_days")?.unwrap_or(30);
    c.rights.second_approver = f.ticked("second_approver");
    c.identity.evidence = f
        .get("evidence")
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .map(str::to_owned)
        .collect();
    c.identity.needed = number(f, "needed")?.unwrap_or(1);
    c.identity.representative_age = number(f, "representative_age")?;
    c.channels.portal = f.ticked("portal");
    c.channels.other_ways = f.get("other_ways").to_owned();
    c.delivery.link_days = number(f, "link_days")?.unwrap_or(28);
    c.theme.brand = f.get("brand").to_owned();
    c.theme.brand_ink = f.get("brand_ink").to_owned();
    c.check()?;
    Ok(c)
}

fn settings_page(o: &Office, me: &Signed, f: Filled, w: Wrong) -> SettingsPage {
    SettingsPage {
        d: Desk::new(me, "Settings", "Settings"),
        f,
        w,
        may_set: me.by.role.may(Permission::SetCharter).is_ok(),
        calendar: o.calendar().version(),
        last_year: o.calendar().last_year(),
        post: match &o.reach().post {
            Some(p) => format!("Letters leave through {}:{}.", p.host, p.port),
            None => "Letters are kept in the outbox folder: no mail server is set.".into(),
        },
    }
}

/// `GET /office/settings`
pub async fn form(State(office): State<Office>, me: Signed) -> Answer {
    let org = me.by.org.clone();
    let read =
        move |o: &Office| o.read(|tx| Ok((acts::version(tx, &org)?, acts::current(tx, &org)?)));
    let (version, charter) = office.run(read).await?;
    let mut f = filled(&charter);
    f.set("version", version.to_string());
    page(&settings_page(&office, &me, f, Wrong::default()))
}

/// `POST /office/settings`
pub async fn save(
    State(office): State<Office>,
    me: Signed,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    carry_out(&office, me, (), Filled(pairs), save_from, |o, me, (), f, e| {
        mend(&settings_page(o, me, f, Wrong::of(e)?))
    })
    .await
}

fn save_from(o: &Office, me: &Signed, (): &(), f: &Filled) -> Result<On> {
    let c = from_form(f, &me.charter)?;
    let (by, vault, shown) = (me.by.clone(), o.vault().clone(), f.get("version").to_owned());
    o.write(move |tx| {
        acts::unchanged(tx, &by.org, &shown)?;
        acts::set(tx, &vault, &by, &c)
    })?;
    Ok(On::saying("/office/settings", "The settings have been saved."))
}
