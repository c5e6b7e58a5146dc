//! The form of one table of a data map: one decision after the other, the doubtful ones first.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use candour_connectors::{Category, Collection};

use super::acts;
use super::desk::about;
use super::form::{self, Answers, Left};
use super::sql::{self, Holding};
use crate::error::{Error, Result};
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, mend, page};
use crate::office::Office;
use crate::register;
use crate::staff::Permission;

type Pairs = Form<Vec<(String, String)>>;

/// What fields may hold, as the form puts it.
const CATEGORIES: [(Category, &str); 31] = [
    (Category::Identifying, "A number or code that stands for the person"),
    (Category::Name, "Names and titles"),
    (Category::Contact, "E-mail, telephone, other ways to reach them"),
    (Category::Address, "Where they live or lived"),
    (Category::Birth, "Date or place of birth, age"),
    (Category::Demographic, "Gender, nationality, language, household"),
    (Category::Official, "A number given by the state"),
    (Category::Financial, "Payments, bank details, donations"),
    (Category::Account, "Membership, account, status"),
    (Category::Credential, "Passwords or keys"),
    (Category::Employment, "Work"),
    (Category::Education, "Courses and qualifications"),
    (Category::Family, "Family, next of kin"),
    (Category::Behaviour, "Bookings, purchases, attendance"),
    (Category::Communication, "Letters, messages, calls"),
    (Category::Opinion, "Notes and opinions"),
    (Category::Preference, "Consents, objections, wishes"),
    (Category::Online, "Network addresses, devices"),
    (Category::Location, "Where they are or were"),
    (Category::Image, "Pictures and sound"),
    (Category::Health, "Health (special category)"),
    (Category::Ethnicity, "Ethnic origin (special category)"),
    (Category::Belief, "Religion or belief (special category)"),
    (Category::Politics, "Political opinions (special category)"),
    (Category::Union, "Trade union membership (special category)"),
    (Category::Sexuality, "Sex life or orientation (special category)"),
    (Category::Genetic, "Genetic data (special category)"),
    (Category::Biometric, "Finger, face or voice prints (special category)"),
    (Category::Criminal, "Offences or allegations of them"),
    (Category::Other, "Something else about the person"),
    (Category::System, "Of the system itself: nothing personal"),
];

/// Doubtful fields that stand there unfolded.
const UNFOLDED: usize = 8;

struct FieldForm {
    i: usize,
    name: String,
    /// What it holds, in short, where the rest is folded away.
    short: String,
    unsure: Option<String>,
    coded: bool,
    gone: bool,
    /// A person has to look at it.
    open: bool,
    /// It stands there unfolded.
    shown: bool,
    category: String,
    identifier: String,
    others: bool,
    mentions: bool,
    sure: bool,
    remove: bool,
    codes: String,
    /// Whether what is rarely needed is shown, too.
    more: bool,
    bad: Option<String>,
}

struct LinkForm {
    i: usize,
    words: String,
    evidence: String,
    open: bool,
    decided: String,
    why: String,
}

#[derive(Template)]
#[template(path = "holdings/pages/table.html")]
struct TablePage {
    d: Desk,
    short: String,
    title: String,
    name: String,
    version: String,
    at: usize,
    of: usize,
    left: Vec<Left>,
    said: Vec<String>,
    gone: bool,
    unsure: Option<String>,
    activities: Vec<(String, String)>,
    categories: Vec<(String, &'static str)>,
    identifiers: Vec<(String, String)>,
    fields: Vec<FieldForm>,
    /// Whether a field is not sure.
    doubts: bool,
    links: Vec<LinkForm>,
    others: Vec<String>,
    f: Filled,
    w: Wrong,
}

fn label(word: &str) -> &'static str {
    let found = CATEGORIES.iter().find(|(c, _)| form::word(c) == word);
    found.map_or("", |(_, label)| label)
}

fn fields(h: &Holding, c: &Collection, f: &Filled, w: &Wrong) -> Vec<FieldForm> {
    let a = Answers::of(f);
    let names = form::identifiers();
    let one = |(i, field): (usize, &candour_connectors::Field)| {
        let at = |what: &str| format!("f{i}-{what}");
        let gone = format!("{}.{}: the map has this field", c.name, field.name);
        let gone = h.problems.iter().any(|p| p.starts_with(&gone));
        let coded = field.unexplained().next().is_some();
        let bad = ["category", "identifier", "codes"].iter().find_map(|what| w.at(&at(what)));
        let (category, identifier) = (a.get(&at("category")), a.get(&at("identifier")));
        let tells = names.iter().find(|(word, _)| word == identifier && !word.is_empty());
        let short = match tells {
            Some((_, tells)) => format!("{}. Tells whom it is about: {tells}", label(category)),
            None => label(category).to_owned(),
        };
        let (others, mentions) = (a.ticked(&at("others")), a.ticked(&at("mentions")));
        let codes = a.get(&at("codes"));
        FieldForm {
            i,
            name: field.name.clone(),
            short,
            shown: bad.is_some(),
            open: field.unsure.is_some() || coded || gone || bad.is_some(),
            unsure: field.unsure.clone(),
            coded,
            gone,
            category: category.to_owned(),
            identifier: identifier.to_owned(),
            others,
            mentions,
            more: others || mentions || !codes.is_empty() || bad.is_some(),
            sure: a.ticked(&at("sure")),
            remove: a.ticked(&at("gone")),
            codes: codes.to_owned(),
            bad: bad.map(str::to_owned),
        }
    };
    // What needs a decision comes first, in the order of the table; the rest is folded away.
    let (mut first, rest): (Vec<_>, Vec<_>) =
        c.field.iter().enumerate().map(one).partition(|f| f.open);
    // A table may have very many that are doubtful: then only the first stand there unfolded.
    first.iter_mut().take(UNFOLDED).for_each(|f| f.shown = true);
    first.extend(rest);
    first
}

fn links(c: &Collection, f: &Filled) -> Vec<LinkForm> {
    let a = Answers::of(f);
    let one = |(i, l): (usize, &candour_connectors::Link)| LinkForm {
        i,
        words: form::ends(l),
        evidence: l.evidence.clone(),
        open: form::waits(l),
        decided: a.get(&format!("l{i}")).to_owned(),
        why: a.get(&format!("l{i}-why")).to_owned(),
    };
    c.link.iter().enumerate().map(one).collect()
}

fn table_page(
    o: &Office,
    me: &Signed,
    (h, at): (&Holding, usize),
    f: Filled,
    w: Wrong,
) -> Result<TablePage> {
    let c = h.map.collection.get(at).ok_or(Error::NotFound("the table"))?;
    let mut activities: Vec<(String, String)> = o
        .read(|tx| register::activities(tx, &me.by.org))?
        .into_iter()
        .map(|a| (a.short, a.title))
        .collect();
    if let Some(own) = c.activity.as_ref().filter(|own| activities.iter().all(|(s, _)| s != *own)) {
        activities.push((own.clone(), format!("{own} (not in the register)")));
    }
    let about = |p: &&String| {
        p.strip_prefix(&c.name).is_some_and(|rest| rest.starts_with(": ") || rest.starts_with('.'))
    };
    let unsure = c.unsure.clone();
    Ok(TablePage {
        d: Desk::new(me, "Holdings", format!("{} in {}", c.name, h.title)),
        short: h.short.clone(),
        title: h.title.clone(),
        name: c.name.clone(),
        version: h.version.to_string(),
        at,
        of: h.map.collection.len(),
        left: form::left(&h.map, c),
        said: h
            .problems
            .iter()
            .filter(about)
            .filter(|p| p.contains("the map has") || p.contains("the map does not"))
            .cloned()
            .collect(),
        gone: h
            .problems
            .iter()
            .any(|p| p.starts_with(&format!("{}: the map has this table", c.name))),
        unsure,
        activities,
        categories: CATEGORIES.iter().map(|(c, label)| (form::word(c), *label)).collect(),
        identifiers: form::identifiers(),
        fields: fields(h, c, &f, &w),
        doubts: c.field.iter().any(|f| f.unsure.is_some()),
        links: links(c, &f),
        others: h.map.collection.iter().map(|c| c.name.clone()).filter(|n| *n != c.name).collect(),
        f,
        w,
    })
}

/// `GET /office/holdings/{short}/map/{n}`: tables are counted from 0 in the order of the map.
pub async fn table(
    State(office): State<Office>,
    me: Signed,
    Path((short, n)): Path<(String, usize)>,
) -> Answer {
    me.by.role.may(Permission::ManageHoldings)?;
    about(&office, me, short, move |o, me, h| {
        acts::kept(&h)?;
        let c = h.map.collection.get(n).ok_or(Error::NotFound("the table"))?;
        table_page(o, me, (&h, n), form::filled(c), Wrong::default())
    })
    .await
}

/// `POST /office/holdings/{short}/map/{n}`: goes on to the next table that needs a decision.
pub async fn save_table(
    State(office): State<Office>,
    me: Signed,
    Path(at): Path<(String, usize)>,
    Form(pairs): Pairs,
) -> Answer {
    carry_out(&office, me, at, Filled(pairs), save, shown_again).await
}

/// The form with what was chosen and what is wrong. What somebody else saved meanwhile is not
/// written over unseen: the choices stand over it, to be saved knowingly.
fn shown_again(
    o: &Office,
    me: &Signed,
    (short, n): &(String, usize),
    f: Filled,
    e: Error,
) -> Answer {
    let h = &o.read_one(|tx| sql::by_short(tx, &me.by.org, short))?;
    if !matches!(e, Error::Conflict) {
        return mend(&table_page(o, me, (h, *n), f, told(e)?)?);
    }
    let there = h.map.collection.iter().position(|c| c.name.trim() == f.get("name"));
    let at = there.ok_or(Error::Conflict)?;
    let f = form::onto(&f, &h.map.collection[at]);
    let words = "Somebody changed this map meanwhile. What you chose stands below, over what they \
                 saved: look again, then save";
    let w = Wrong::of(Error::invalid("form", words))?;
    Ok((StatusCode::CONFLICT, page(&table_page(o, me, (h, at), f, w)?)?).into_response())
}

/// What is wrong, at the form. Where a holding can't be reached, what was chosen stays on the page.
fn told(e: Error) -> Result<Wrong> {
    match e {
        Error::Holding(fault) => Wrong::of(Error::invalid(
            "form",
            format!(
                "Nothing has been saved, because the map is checked against the holding first. \
                 {fault} What you chose stands below: save again when it can be reached"
            ),
        )),
        e => Wrong::of(e),
    }
}

fn moved(h: &Holding, n: usize, f: &Filled) -> bool {
    h.map.collection.get(n).is_none_or(|c| c.name.trim() != f.get("name"))
}

fn save(o: &Office, me: &Signed, (short, n): &(String, usize), f: &Filled) -> Result<On> {
    let (h, n) = (&o.read_one(|tx| sql::by_short(tx, &me.by.org, short))?, *n);
    me.by.role.may(Permission::ManageHoldings)?;
    if f.get("version") != h.version.to_string() || moved(h, n, f) {
        return Err(Error::Conflict);
    }
    let c = h.map.collection.get(n).ok_or(Error::NotFound("the table"))?;
    let known: Vec<String> =
        o.read(|tx| register::activities(tx, &me.by.org))?.into_iter().map(|a| a.short).collect();
    let mut map = h.map.clone();
    let on = match form::read(f, &h.map, c, &known)? {
        Some(new) => {
            map.collection[n] = new;
            n + 1
        }
        None => {
            map.collection.remove(n);
            n
        }
    };
    let open = |i: &usize| !form::left(&map, &map.collection[*i]).is_empty();
    let next = (on..map.collection.len()).chain(0..n).find(open);
    let base = format!("/office/holdings/{}", h.short);
    let on = match next {
        Some(i) => On::saying(
            format!("{base}/map/{i}"),
            "Saved and checked. This is the next table to decide about.",
        ),
        None => On::saying(base, "The map has been saved and checked."),
    };
    acts::save_map(o, &me.by, h, map)?;
    Ok(on)
}
