//! Putting right what was logged wrongly: the form of logging, filled with what is there.

use askama::Template;
use axum::extract::{Form, Path, State};

use super::acts::{self, Case, Corrected};
use super::desk_new::{body_from, ways};
use super::rules::Via;
use crate::error::{Error, Field, Result};
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{self, Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, mend, page};
use crate::office::Office;
use crate::staff::Permission;

#[derive(Template)]
#[template(path = "requests/pages/correct.html")]
struct CorrectPage {
    d: Desk,
    reference: String,
    f: Filled,
    w: Wrong,
    ways: Vec<(&'static str, &'static str)>,
    /// How it was settled who is asking.
    settled: Option<String>,
}

impl CorrectPage {
    fn of(me: &Signed, case: &Case, f: Filled, w: Wrong) -> Self {
        let reference = case.row.reference.clone();
        Self {
            d: Desk::new(me, "Cases", format!("Correct what was logged – {reference}")),
            reference,
            f,
            w,
            ways: ways(true),
            settled: case.request().settled.as_ref().map(|s| s.how.clone()),
        }
    }
}

/// The form as the case stands.
fn filled(case: &Case) -> Filled {
    let (a, wants, r) = (&case.body.asker, &case.body.wants, case.request());
    let mut f = Filled::default();
    f.set("version", case.row.version.to_string());
    f.set("via", r.via.word());
    for (name, list) in [
        ("other-names", &a.other_names),
        ("email", &a.emails),
        ("phone", &a.phones),
        ("number", &a.numbers),
        ("postcode", &a.postcodes),
    ] {
        f.set(name, list.join(", "));
    }
    let agent = a.agent.clone().unwrap_or_default();
    let address = a.addresses.first().cloned().unwrap_or_default();
    for (name, value) in [
        ("name", &a.name),
        ("address", &address),
        ("agent-name", &agent.name),
        ("agent-relation", &agent.relation),
        ("agent-email", &agent.email),
        ("agent-address", &agent.address),
        ("what", &wants.what),
        ("not-wanted", &wants.not_wanted),
        ("adjustments", &wants.adjustments),
        ("format", &wants.format),
    ] {
        f.set(name, value.clone());
    }
    f.set("copies", if wants.about_only { "about" } else { "copies" });
    let born = a.born.as_ref().and_then(|b| b.parse().ok());
    for (name, day) in
        [("received", Some(r.received)), ("born", born), ("deadline", wants.deadline)]
    {
        f.set_date(name, day);
    }
    f
}

/// `GET /office/cases/{reference}/correct`
pub async fn form(
    State(office): State<Office>,
    me: Signed,
    Path(reference): Path<String>,
) -> Answer {
    me.by.role.may(Permission::WorkCases)?;
    let view = office
        .run(move |o| {
            let case = o.read(|tx| acts::load_by_ref(tx, o, &me.by, &reference))?;
            case.request().must_be_open("correct what was logged")?;
            Ok(CorrectPage::of(&me, &case, filled(&case), Wrong::default()))
        })
        .await?;
    page(&view)
}

/// `POST /office/cases/{reference}/correct`
pub async fn correct(
    State(office): State<Office>,
    me: Signed,
    Path(reference): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let act = |o: &Office, me: &Signed, at: &String, f: &Filled| correct_from(o, me, at, f);
    carry_out(&office, me, reference, Filled(pairs), act, |o, me, at, f, e| again(o, me, at, f, e))
        .await
}

fn correct_from(o: &Office, me: &Signed, reference: &str, f: &Filled) -> Result<On> {
    let case = o.read(|tx| acts::load_by_ref(tx, o, &me.by, reference))?;
    let to = read(&case, f)?;
    let (office, by) = (o.clone(), me.by.clone());
    o.write(move |tx| acts::correct(tx, &office, &by, &case.row.id, &to))?;
    Ok(On::saying(
        format!("/office/cases/{reference}"),
        "Corrected, and kept in the history below.",
    ))
}

fn again(o: &Office, me: &Signed, reference: &str, mut f: Filled, e: Error) -> Answer {
    let case = o.read(|tx| acts::load_by_ref(tx, o, &me.by, reference))?;
    let w = match e {
        Error::Conflict => {
            let differ = differing(&case, &f);
            f.set("version", case.row.version.to_string());
            Wrong(differ)
        }
        e => Wrong::of(e)?,
    };
    mend(&CorrectPage::of(me, &case, f, w))
}

/// What is typed and what the case says by now, where they differ: each field is looked at again
/// before the button is pressed again.
fn differing(case: &Case, f: &Filled) -> Vec<Field> {
    const SAID: &str = "The case was changed meanwhile, and says something else here. Look at it in \
                        another tab, then press the button again";
    let mut all: Vec<Field> = Vec::new();
    let flat = |text: &str| text.replace("\r\n", "\n").trim().to_owned();
    for (name, value) in filled(case).0.iter().filter(|(n, _)| n != "version") {
        let ends = ["-day", "-month", "-year"];
        let field = ends.iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name).to_owned();
        if flat(f.get(name)) != flat(value) && all.iter().all(|w| w.name != field) {
            all.push(Field::new(field, SAID));
        }
    }
    if all.is_empty() {
        all.push(Field::new("form", "The case was changed meanwhile: press the button again"));
    }
    all
}

fn read(case: &Case, f: &Filled) -> Result<Corrected> {
    f.check_lengths(|_| forms::LONG)?;
    let field = |e: Field| Error::Invalid(vec![e]);
    let received = f.date("received").map_err(field)?;
    let mut body = body_from(f).map_err(field)?;
    let was = &case.body;
    // The form shows the newest address; the time asked for has a page of its own.
    body.asker.addresses.extend(was.asker.addresses.iter().skip(1).cloned());
    (body.wants.from, body.wants.to) = (was.wants.from, was.wants.to);
    Ok(Corrected {
        via: Via::from_word(f.get("via"))
            .ok_or_else(|| Error::invalid("via", "Choose how the request came"))?,
        received: received
            .ok_or_else(|| Error::invalid("received", "Enter the day it was received"))?,
        asker: body.asker,
        wants: body.wants,
        version: f.get("version").parse().map_err(|_| Error::Conflict)?,
        why: f.get("why").to_owned(),
    })
}
