//! Contact settings: what the charter says about contacting people, on screen. The file and the
//! screen say the same.

use askama::Template;
use axum::extract::{Form, State};
use candour_db::Tx;

use super::contact::{Aim, Channel};
use super::form_contact::{self as form, Changed};
use super::{acts, rules::Charter};
use crate::error::{Error, Field, Result};
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, mend, page};
use crate::office::Office;
use crate::permissions::{self, InUse};
use crate::staff::Permission;

/// One purpose's fieldset. Names of fields are `purpose-3-title`; the form numbers them.
struct PurposeView {
    legend: String,
    at: String,
    was: String,
    there: bool,
    uses: String,
}

impl PurposeView {
    fn field(&self, part: &str) -> String {
        format!("{}-{part}", self.at)
    }
}

#[derive(Template)]
#[template(path = "charter/pages/contact.html")]
struct ContactPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    may_set: bool,
    purposes: Vec<PurposeView>,
    partners: Vec<PurposeView>,
    known: Vec<(String, String)>,
    aims: Vec<(Aim, &'static str, &'static str)>,
    channels: [Channel; 6],
    sure: bool,
}

fn view(o: &Office, me: &Signed, f: Filled, w: Wrong) -> Result<ContactPage> {
    let uses = o.read(|tx| permissions::in_use(tx, &me.by.org))?;
    let settings = &me.charter.permissions;
    let rows = |kind: &str, what: &str| -> Vec<PurposeView> {
        let one = |n: usize| {
            let at = format!("{kind}-{n}");
            let was = f.get(&format!("{at}-was")).to_owned();
            let title = match f.get(&format!("{at}-title")) {
                "" if was.is_empty() => format!("Another {what}"),
                "" => was.clone(),
                title => title.to_owned(),
            };
            let told = uses.iter().find(|u| kind == "purpose" && u.purpose == was);
            PurposeView {
                legend: title,
                there: !was.is_empty(),
                uses: told.map(told_uses).unwrap_or_default(),
                was,
                at,
            }
        };
        form::numbers(&f, kind).into_iter().map(one).collect()
    };
    let (purposes, partners) = (rows("purpose", "purpose"), rows("partner", "partner"));
    Ok(ContactPage {
        d: Desk::new(me, "Settings", "Contact settings"),
        may_set: me.by.role.may(Permission::SetCharter).is_ok(),
        purposes,
        partners,
        known: settings.partners.iter().map(|p| (p.short.clone(), p.title.clone())).collect(),
        aims: Aim::ALL.iter().map(|a| (*a, a.label(), a.asks())).collect(),
        channels: Channel::ALL,
        sure: w.0.iter().any(|f| f.name == "sure"),
        f,
        w,
    })
}

/// What names a purpose, in words: "3 consents, 1 wording".
fn told_uses(u: &InUse) -> String {
    let parts = [(u.consents, "consent"), (u.wordings, "wording"), (u.stops, "stop")];
    let told = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// `GET /office/settings/contact`
pub async fn contact(State(office): State<Office>, me: Signed) -> Answer {
    let shown = office.run(move |o| {
        let org = &me.by.org;
        let read = |tx: &mut Tx<'_>| Ok((acts::version(tx, org)?, acts::current(tx, org)?));
        let (version, charter) = o.read(read)?;
        let mut f = form::filled(&charter.permissions);
        f.set("version", version.to_string());
        view(o, &me, f, Wrong::default())
    });
    page(&shown.await?)
}

/// `POST /office/settings/contact`
pub async fn save_contact(
    State(office): State<Office>,
    me: Signed,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    carry_out(&office, me, (), Filled(pairs), save, |o, me, (), f, e| {
        mend(&view(o, me, f, Wrong::of(e)?)?)
    })
    .await
}

fn save(o: &Office, me: &Signed, (): &(), f: &Filled) -> Result<On> {
    me.by.role.may(Permission::SetCharter)?;
    let Changed { permissions, gone } = form::read(f)?;
    let charter = Charter { permissions, ..me.charter.clone() };
    form::check(&charter, f)?;
    let (by, vault, f) = (me.by.clone(), o.vault().clone(), f.clone());
    o.write(move |tx| {
        acts::unchanged(tx, &by.org, f.get("version"))?;
        warn(&gone, &permissions::in_use(tx, &by.org)?, &f)?;
        acts::set(tx, &vault, &by, &charter)
    })?;
    let said = "The contact settings have been saved. They count from now on.";
    Ok(On::saying("/office/settings/contact", said))
}

/// A purpose that consents, wordings or stops name goes, under any name, only when that was said.
fn warn(gone: &[(String, String)], uses: &[InUse], f: &Filled) -> Result<()> {
    let named = gone.iter().filter_map(|(field, short)| {
        let used = uses.iter().find(|u| &u.purpose == short)?;
        Some(Field::new(
            field.clone(),
            format!(
                "“{short}” is in use: {} name it. Without it they count for nothing, and a stop of \
                 this purpose alone does not stop another one",
                told_uses(used)
            ),
        ))
    });
    let mut bad: Vec<Field> = named.collect();
    if bad.is_empty() || f.ticked("sure") {
        return Ok(());
    }
    bad.push(Field::new("sure", "Tick the box at the end of the page if this is what you want"));
    Err(Error::Invalid(bad))
}
