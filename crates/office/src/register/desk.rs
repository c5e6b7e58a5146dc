//! The register on screen.

use askama::Template;
use axum::extract::{Form, Path, State};
use candour_db::Tx;

use super::acts;
use super::rules::{Activity, Basis, Stays, Transfer, Transfers};
use crate::error::{Error, Result};
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, LINE, LONG, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, mend, page};
use crate::office::Office;
use crate::staff::Permission;

type Pairs = Form<Vec<(String, String)>>;

const BASES: [Basis; 7] = [
    Basis::Consent,
    Basis::Contract,
    Basis::LegalObligation,
    Basis::VitalInterests,
    Basis::PublicTask,
    Basis::RecognisedLegitimateInterests,
    Basis::LegitimateInterests,
];

fn basis_word(b: Basis) -> String {
    match serde_json::to_value(b) {
        Ok(serde_json::Value::String(s)) => s,
        _ => String::new(),
    }
}

#[derive(Template)]
#[template(path = "register/pages/list.html")]
struct ListPage {
    d: Desk,
    all: Vec<Activity>,
    may_manage: bool,
}

/// `GET /office/register`
pub async fn list(State(office): State<Office>, me: Signed) -> Answer {
    me.by.role.may(Permission::SeeHoldings)?;
    let view = office
        .run(move |o| {
            Ok(ListPage {
                d: Desk::new(&me, "Register", "Register"),
                all: o.read(|tx| acts::activities(tx, &me.by.org))?,
                may_manage: me.by.role.may(Permission::ManageHoldings).is_ok(),
            })
        })
        .await?;
    page(&view)
}

#[derive(Template)]
#[template(path = "register/pages/one.html")]
struct OnePage {
    d: Desk,
    title: String,
    action: String,
    new: bool,
    f: Filled,
    w: Wrong,
    bases: Vec<(String, &'static str, &'static str)>,
    may_manage: bool,
}

fn one_page(me: &Signed, title: &str, action: String, new: bool, f: Filled, w: Wrong) -> OnePage {
    OnePage {
        d: Desk::new(me, "Register", title),
        title: title.to_owned(),
        action,
        new,
        f,
        w,
        bases: BASES.iter().map(|b| (basis_word(*b), b.words(), b.article())).collect(),
        may_manage: me.by.role.may(Permission::ManageHoldings).is_ok(),
    }
}

fn filled(a: &Activity) -> Filled {
    let mut f = Filled::default();
    let lines = |l: &[String]| l.join("\n");
    let transfers: Vec<String> = match a.stays() {
        true => vec!["none".into()],
        false => a.transfers().iter().map(|t| format!("{}: {}", t.to, t.safeguard)).collect(),
    };
    for (name, value) in [
        ("short", a.short.clone()),
        ("title", a.title.clone()),
        ("purpose", a.purpose.clone()),
        ("basis", basis_word(a.basis)),
        ("interest", a.interest.clone().unwrap_or_default()),
        ("condition", a.condition.clone().unwrap_or_default()),
        ("people", lines(&a.people)),
        ("categories", lines(&a.categories)),
        ("recipients", lines(&a.recipients)),
        ("transfers", transfers.join("\n")),
        ("retention", a.retention.clone()),
        ("source", a.source.clone().unwrap_or_default()),
        ("automated", a.automated_decisions.clone().unwrap_or_default()),
        ("security", lines(&a.security)),
        ("holdings", lines(&a.holdings)),
        ("owner", a.owner.clone().unwrap_or_default()),
    ] {
        f.set(name, value);
    }
    f
}

fn from_form(f: &Filled, old: Option<Activity>) -> Result<Activity> {
    let lines = |name: &str| -> Vec<String> {
        f.get(name).lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
    };
    let basis = BASES
        .into_iter()
        .find(|b| basis_word(*b) == f.get("basis"))
        .ok_or_else(|| Error::invalid("basis", "Choose the lawful basis"))?;
    let transfers = transfers(&lines("transfers"))?;
    Ok(Activity {
        short: f.get("short").to_owned(),
        title: f.get("title").to_owned(),
        purpose: f.get("purpose").to_owned(),
        basis,
        interest: f.some("interest"),
        condition: f.some("condition"),
        people: lines("people"),
        categories: lines("categories"),
        recipients: lines("recipients"),
        transfers,
        retention: f.get("retention").to_owned(),
        source: f.some("source"),
        automated_decisions: f.some("automated"),
        security: lines("security"),
        holdings: lines("holdings"),
        owner: f.some("owner"),
        reviewed: old.and_then(|a| a.reviewed),
    })
}

/// "none", or one transfer on each line.
fn transfers(lines: &[String]) -> Result<Option<Transfers>> {
    match lines {
        [] => Ok(None),
        [one] if one.eq_ignore_ascii_case("none") => Ok(Some(Transfers::None(Stays::None))),
        all => {
            let each = all.iter().map(|l| match l.split_once(':') {
                Some((to, s)) => {
                    Ok(Transfer { to: to.trim().to_owned(), safeguard: s.trim().to_owned() })
                }
                None => {
                    Err(Error::invalid("transfers", "Write each transfer as: to whom: safeguard"))
                }
            });
            Ok(Some(Transfers::To(each.collect::<Result<Vec<_>>>()?)))
        }
    }
}

/// `GET /office/register/new`
pub async fn new(me: Signed) -> Answer {
    me.by.role.may(Permission::ManageHoldings)?;
    let action = "/office/register/new".to_owned();
    page(&one_page(&me, "Add an activity", action, true, Filled::default(), Wrong::default()))
}

/// `POST /office/register/new`
pub async fn save_new(State(office): State<Office>, me: Signed, Form(pairs): Pairs) -> Answer {
    store(office, me, None, Filled(pairs)).await
}

/// `GET /office/register/{short}`
pub async fn one(State(office): State<Office>, me: Signed, Path(short): Path<String>) -> Answer {
    me.by.role.may(Permission::SeeHoldings)?;
    let view = office
        .run(move |o| {
            let read = |tx: &mut Tx<'_>| {
                Ok((acts::version(tx, &me.by.org, &short)?, find(tx, &me, &short)?))
            };
            let (version, a) = o.read(read)?;
            let action = format!("/office/register/{short}");
            let mut f = filled(&a);
            f.set("version", version.to_string());
            Ok(one_page(&me, &a.title, action, false, f, Wrong::default()))
        })
        .await?;
    page(&view)
}

fn find(tx: &mut Tx<'_>, me: &Signed, short: &str) -> Result<Activity> {
    let all = acts::activities(tx, &me.by.org)?;
    all.into_iter().find(|a| a.short == short).ok_or(Error::NotFound("the activity"))
}

/// `POST /office/register/{short}`
pub async fn save(
    State(office): State<Office>,
    me: Signed,
    Path(short): Path<String>,
    Form(pairs): Pairs,
) -> Answer {
    store(office, me, Some(short), Filled(pairs)).await
}

async fn store(office: Office, me: Signed, short: Option<String>, mut f: Filled) -> Answer {
    if let Some(s) = &short {
        f.set("short", s.clone());
    }
    carry_out(&office, me, short, f, store_from, |_, me, short, f, e| {
        let (new, w) = (short.is_none(), Wrong::of(e)?);
        let action = format!("/office/register/{}", short.as_deref().unwrap_or("new"));
        let title = if new { "Add an activity".into() } else { f.get("title").to_owned() };
        mend(&one_page(me, &title, action, new, f, w))
    })
    .await
}

/// The most letters of each part of the form.
fn most(name: &str) -> usize {
    match name {
        "title" | "short" | "owner" | "basis" | "version" => LINE,
        _ => LONG,
    }
}

fn store_from(o: &Office, me: &Signed, short: &Option<String>, f: &Filled) -> Result<On> {
    f.check_lengths(most)?;
    let old = match short {
        Some(s) => Some(o.read(|tx| find(tx, me, s))?),
        None => None,
    };
    let shown = short.as_ref().map(|_| f.get("version").to_owned());
    let plain = !f.get("short").is_empty()
        && f.get("short").chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if !plain {
        return Err(Error::invalid(
            "short",
            "The short name has lower case letters, digits and dashes only",
        ));
    }
    let a = from_form(f, old)?;
    let (by, vault) = (me.by.clone(), o.vault().clone());
    o.write(move |tx| acts::set_shown(tx, &vault, &by, &a, shown.as_deref()))?;
    Ok(On::saying("/office/register", "The activity has been saved."))
}
