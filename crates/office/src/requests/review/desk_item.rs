//! One item on the desk: the thing as it was found, its marked passages, and the decision about it.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use candour_connectors::Body as Thing;
use serde::Deserialize;

use super::agree::{self, ToAgree};
use super::compare;
use super::decide::Sealed;
use super::grounds::{self, CANNOT_COPY, NOT_THEIRS, OUTSIDE, THIRD_PARTY};
use super::hanging;
use super::marking;
use super::shown::{Part, Passage, all_marks, name, parts, passages};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{self, Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, mend, page};
use crate::office::Office;
use crate::requests::acts::{self, Case};
use crate::requests::review::{self, Decided, Decision, Item, Mark, More, QUESTIONS, Questions};
use crate::requests::search::period;
use crate::requests::sql::{self, FindingRow};
use crate::staff::Permission;

struct GroundLine {
    word: &'static str,
    says: &'static str,
    source: &'static str,
    verified: bool,
}

#[derive(Template)]
#[template(path = "requests/pages/item.html")]
struct ItemPage {
    d: Desk,
    reference: String,
    search: String,
    n: u64,
    seen: String,
    title: String,
    place: String,
    how: Vec<String>,
    why: String,
    was: &'static str,
    /// That it is dated outside the time asked for, if it is left out for that.
    outside: Option<String>,
    kind: &'static str,
    parts: Vec<Part>,
    passages: Vec<Passage>,
    grounds: Vec<GroundLine>,
    f: Filled,
    w: Wrong,
    may_work: bool,
    to_agree: Option<ToAgree>,
    may_agree: bool,
    may_set: bool,
    /// What is known of its decision: see [`review::stamp`].
    known: String,
    /// What somebody decided while the form was open.
    meanwhile: Option<String>,
    /// What is known of the person, if it is in doubt whether this is about them.
    person: Vec<compare::Known>,
    /// A file without a text: it may be one that can't be copied.
    stuck: bool,
    next: Option<(String, u64)>,
    unreadable: bool,
    /// How many others wait for the same answer, whether it is this person.
    linked: usize,
    /// The item that it hangs on.
    root: Option<u64>,
}

fn in_words(decision: &str) -> &'static str {
    match decision {
        "disclose" => "disclosed in full",
        "redact" => "disclosed without some passages",
        "exclude" => "left out",
        _ => "",
    }
}

/// What is kept, as the form shows it before anything is typed.
fn kept(row: Option<&FindingRow>, sealed: &Sealed, marks: &[Mark], item: &Item) -> Result<Filled> {
    let mut f = Filled::default();
    let decision = row.map_or("", |r| r.decision.as_str());
    let ground = row.map_or("", |r| r.ground.as_str());
    let word = match decision {
        "exclude" if ground == OUTSIDE => "",
        "exclude" if ground == NOT_THEIRS || ground.is_empty() => NOT_THEIRS,
        "exclude" if ground == CANNOT_COPY => CANNOT_COPY,
        "exclude" => "exempt",
        "open" => "",
        "" => "disclose",
        other => other,
    };
    f.set("decision", word);
    f.set("ground", if matches!(ground, NOT_THEIRS | OUTSIDE | CANNOT_COPY) { "" } else { ground });
    f.set("reason", sealed.reason.clone());
    if let Some(q) = sealed.questions {
        for (name, yes) in
            [("anonymous", q.anonymous), ("consent", q.consent), ("reasonable", q.reasonable)]
        {
            f.set(name, if yes { "yes" } else { "no" });
        }
    }
    let ticked: Vec<Mark> = match row.filter(|r| r.decision == "redact") {
        Some(r) => serde_json::from_str(&r.marks)?,
        None => item.others.clone(),
    };
    let ticked = marks.iter().filter(|m| ticked.contains(m));
    f.0.extend(ticked.map(|m| ("mark".to_owned(), name(m))));
    Ok(f)
}

fn ground_lines(today: jiff::civil::Date) -> Vec<GroundLine> {
    let line = |g: &'static grounds::Exemption| GroundLine {
        word: &g.word,
        says: &g.says,
        source: &g.source,
        verified: g.verified(),
    };
    // That a file can't be copied is a choice of its own.
    grounds::on(today).filter(|g| g.word != CANNOT_COPY).map(line).collect()
}

/// The item after this one that a person has to look at; the first, after the last.
fn next_after(
    all: &[FindingRow],
    here: (&str, u64),
    waits: impl Fn(&FindingRow) -> bool,
) -> Option<(String, u64)> {
    let at = |f: &FindingRow| (f.search.clone(), f.item);
    let waiting = || all.iter().filter(|f| waits(f) && (f.search.as_str(), f.item) != here);
    let behind = |f: &&FindingRow| (f.search.as_str(), f.item) > here;
    waiting().find(behind).or_else(|| waiting().next()).map(at)
}

/// The reasons for a look as they are said: what was handed in is no match of anything.
pub(super) fn why_look(why: &str, item: &Item) -> String {
    match item.because.iter().any(|b| b.field == "paper") {
        true => why.replacen(hanging::WEAK, "handed in: is it about this person?", 1),
        false => why.to_owned(),
    }
}

/// What the database says about an item.
struct Known {
    case: Case,
    row: Option<FindingRow>,
    sealed: Sealed,
    next: Option<(String, u64)>,
    linked: usize,
    root: Option<u64>,
    to_agree: Option<ToAgree>,
    meanwhile: Option<String>,
}

impl Known {
    fn of(o: &Office, me: &Signed, at: &At, case: &str, typed: Option<&Filled>) -> Result<Self> {
        let org = &me.by.org;
        o.read(|tx| {
            let case = acts::load(tx, o, &me.by, case)?;
            let all = sql::findings(tx, org, &case.row.id)?;
            let row = all.iter().find(|x| x.search == at.search && x.item == at.n).cloned();
            let sealed = match &row {
                Some(r) => review::opened(tx, o, org, &case, r)?,
                None => Sealed::default(),
            };
            let open = row.as_ref().filter(|r| r.decision == "open");
            let waits = |r: &&FindingRow| r.decision != "open" && review::waits(r, &me.charter);
            let to_agree = row.as_ref().filter(waits);
            let seen = typed.and_then(|f| f.0.iter().find(|(n, _)| n == "known"));
            let newer = seen.is_some_and(|(_, known)| *known != review::stamp(row.as_ref()));
            Ok(Self {
                next: next_after(&all, (&at.search, at.n), |x| review::waits(x, &me.charter)),
                linked: open.map_or(0, |r| hanging::others(&all, r)),
                root: open.and_then(|r| hanging::root(&all, r)).map(|x| x.item),
                to_agree: to_agree.map(|r| ToAgree::of(tx, org, r, &sealed)).transpose()?,
                meanwhile: newer.then(|| agree::meanwhile(tx, org, row.as_ref())).transpose()?,
                case,
                row,
                sealed,
            })
        })
    }
}

fn item_page(
    o: &Office,
    me: &Signed,
    at: &At,
    typed: Option<Filled>,
    w: Wrong,
) -> Result<ItemPage> {
    let (s, item) = review::item(o, &me.by, &at.reference, &at.search, at.n)?;
    let known = Known::of(o, me, at, &s.case, typed.as_ref())?;
    let Known { case, row, sealed, next, linked, root, to_agree, meanwhile } = known;
    let marks = all_marks(&item, row.as_ref())?;
    let f = match typed {
        Some(f) => f,
        None => kept(row.as_ref(), &sealed, &marks, &item)?,
    };
    let decided_by = row.as_ref().and_then(|r| r.decided_by.as_deref());
    Ok(ItemPage {
        d: Desk::new(me, "Cases", format!("{} – {}", item.title(), case.row.reference)),
        reference: case.row.reference.clone(),
        search: at.search.clone(),
        n: at.n,
        seen: s.blob.clone().unwrap_or_default(),
        title: item.title(),
        place: item.place.clone(),
        how: how_found(&item),
        why: row.as_ref().map(|r| why_look(&r.why, &item)).unwrap_or_default(),
        outside: period::said(&item, row.as_ref(), case.body.wants.period()),
        was: row.as_ref().map_or("", |r| in_words(&r.was)),
        kind: match item.body {
            Thing::Row { .. } => "Record",
            Thing::Message { .. } => "Message",
            Thing::Document { .. } => "Document",
        },
        parts: parts(&item, &marks),
        passages: passages(&item, &marks, &f),
        grounds: ground_lines(dates::day_of(me.by.now)),
        w,
        may_work: me.by.role.may(Permission::WorkCases).is_ok(),
        to_agree,
        may_agree: me.by.role.may(Permission::ReleaseCases).is_ok()
            && decided_by != Some(me.by.actor.as_str()),
        may_set: me.by.role.may(Permission::SetCharter).is_ok(),
        known: review::stamp(row.as_ref()),
        meanwhile,
        person: match row.as_ref().is_some_and(hanging::is_doubtful) {
            true => compare::known(&case.body, &item),
            false => Vec::new(),
        },
        stuck: matches!(&item.body, Thing::Document { text, .. } if text.trim().is_empty()),
        next,
        unreadable: marking::texts(&item)
            .iter()
            .all(|(field, t)| field == "name" || t.trim().is_empty()),
        linked,
        root,
        f,
    })
}

/// Why it was found, each reason once.
fn how_found(item: &Item) -> Vec<String> {
    let mut how: Vec<String> = Vec::new();
    for b in &item.because {
        let said = match b.field.as_str() {
            "paper" => b.how.clone(),
            field => format!("{} ({field})", b.how),
        };
        if !how.contains(&said) {
            how.push(said);
        }
    }
    how
}

/// Which item.
#[derive(Debug, Clone, Deserialize)]
pub struct At {
    reference: String,
    search: String,
    n: u64,
}

/// `GET /office/cases/{reference}/items/{search}/{n}`
pub async fn item(State(office): State<Office>, me: Signed, Path(at): Path<At>) -> Answer {
    let view = office.run(move |o| item_page(o, &me, &at, None, Wrong::default())).await?;
    page(&view)
}

/// `POST /office/cases/{reference}/items/{search}/{n}`
pub async fn decide(
    State(office): State<Office>,
    me: Signed,
    Path(at): Path<At>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let act = |o: &Office, me: &Signed, at: &At, f: &Filled| {
        let (learnt, next) = decide_from(o, me, at, f)?;
        let case = format!("/office/cases/{}", at.reference);
        if f.get("back") == OUTSIDE {
            // Included from the list of what lies outside the time: the next one stands there.
            return Ok(On::to(format!("{case}/review?outside=yes")));
        }
        let to = match next {
            Some((search, n)) => format!("{case}/items/{search}/{n}"),
            None => format!("{case}/review"),
        };
        let two = me.charter.rights.second_approver;
        Ok(On::saying(to, if learnt { SEARCHED_ON } else { saved(f, two) }))
    };
    carry_out(&office, me, at, Filled(pairs), act, |o, me, at, f, e| again(o, me, at, Some(f), e))
        .await
}

/// Shows the item again after an error, with exactly what was chosen and ticked: nothing of it is
/// lost. What somebody else decided meanwhile is shown beside it, and can then be decided anew.
fn again(o: &Office, me: &Signed, at: &At, f: Option<Filled>, e: Error) -> Answer {
    let changed = matches!(e, Error::Conflict);
    let w = if changed { Wrong::default() } else { Wrong::of(e)? };
    let view = item_page(o, me, at, f, w)?;
    if !changed {
        return mend(&view);
    }
    // Something else of the case may have changed: the page says to save once more all the same.
    let meanwhile = view.meanwhile.clone().or(Some(CHANGED.to_owned()));
    let shown = page(&ItemPage { meanwhile, ..view })?;
    Ok((StatusCode::CONFLICT, shown).into_response())
}

/// What is said when the case was changed by somebody else, and not this decision.
const CHANGED: &str = "Somebody else worked on this request at the same moment";

/// What is said when a decision was saved.
fn saved(f: &Filled, two: bool) -> &'static str {
    match f.get("decision") {
        "disclose" => "Saved: disclosed in full.",
        "redact" if two && grounds::needs_two(false, f.get("ground")) => {
            "Saved: disclosed without some passages. A second person has to agree."
        }
        "redact" => "Saved: disclosed without some passages.",
        NOT_THEIRS => "Saved: left out, not about this person.",
        CANNOT_COPY => "Saved: left out, its file can’t be copied safely.",
        _ if two => "Saved: left out on a ground of the law. A second person has to agree.",
        _ => "Saved: left out on a ground of the law.",
    }
}

/// What is said when a decision has taught something.
const SEARCHED_ON: &str = "Saved. The record is theirs, so the other holdings are searched again by \
                           what it says of them.";

/// Takes the decision; answers whether other holdings are searched again by it, and the next item
/// that waits.
fn decide_from(
    o: &Office,
    me: &Signed,
    at: &At,
    f: &Filled,
) -> Result<(bool, Option<(String, u64)>)> {
    f.check_lengths(|name| if name == "reason" { forms::LONG } else { usize::MAX })?;
    let decision = Decision::from_word(f.get("decision"))
        .ok_or_else(|| Error::invalid("decision", "Choose what happens with this item"))?;
    let (s, item) = review::item(o, &me.by, &at.reference, &at.search, at.n)?;
    let row = o.read(|tx| sql::a_finding(tx, &me.by.org, &s.id, at.n))?;
    let ticked = f.all("mark");
    let marks: Vec<Mark> = all_marks(&item, row.as_ref())?
        .into_iter()
        .filter(|m| ticked.contains(&name(m).as_str()))
        .collect();
    let more = more_of(f)?;
    if decision == Decision::Redact && marks.is_empty() && more.is_empty() {
        return Err(Error::invalid("mark", "Tick a passage to take out, or mark one yourself"));
    }
    let ground = match (f.get("decision"), f.get("ground")) {
        (word @ (NOT_THEIRS | CANNOT_COPY), _) => word.to_owned(),
        ("exempt", "") => return Err(Error::invalid("ground", "Choose the ground from the list")),
        (_, ground) => ground.to_owned(),
    };
    let (reason, seen) = (f.get("reason").to_owned(), f.get("seen").to_owned());
    let questions = questions_of(f)?;
    let linked = f.get("linked") == "yes";
    let known = f.0.iter().find(|(n, _)| n == "known").map(|(_, known)| known.clone());
    let d = Decided { decision, ground, reason, marks, more, questions, seen, known, linked };
    let again = review::decide(o, &me.by, &at.reference, &at.search, at.n, &d)?;
    o.read(|tx| {
        let all = sql::findings(tx, &me.by.org, &s.case)?;
        Ok((again, next_after(&all, (&s.id, at.n), |x| x.decision == "open")))
    })
}

/// What was marked by hand; nothing when something else than taking passages out was chosen.
fn more_of(f: &Filled) -> Result<More> {
    if f.get("decision") != "redact" {
        return Ok(More::default());
    }
    let words = f.get("words").lines().map(str::trim).filter(|l| !l.is_empty());
    let words = words.map(str::to_owned).collect();
    let number = |name: &'static str| match f.get(name) {
        "" => Ok(None),
        typed => typed
            .parse::<usize>()
            .map(Some)
            .map_err(|_| Error::invalid(name, "Enter the number of a line")),
    };
    let lines = match (number("from")?, number("to")?) {
        (None, None) => None,
        (Some(from), to) => Some((f.get("field").to_owned(), from, to.unwrap_or(from))),
        (None, Some(_)) => return Err(Error::invalid("from", "Enter the first line too")),
    };
    Ok(More { words, lines })
}

/// The three questions: all answered or none.
fn questions_of(f: &Filled) -> Result<Option<Questions>> {
    let names = ["anonymous", "consent", "reasonable"];
    let asked = match f.get("decision") {
        "redact" => true,
        "exempt" => f.get("ground") == THIRD_PARTY,
        _ => false,
    };
    if !asked || names.iter().all(|n| f.get(n).is_empty()) {
        return Ok(None);
    }
    let [a, c, r] = names.map(|n| match f.get(n) {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(Error::invalid(n, "Answer each of the three questions")),
    });
    Ok(Some(Questions { anonymous: a?, consent: c?, reasonable: r? }))
}

/// `POST /office/cases/{reference}/items/{search}/{n}/agree`: the second person agrees.
pub async fn agree(
    State(office): State<Office>,
    me: Signed,
    Path(at): Path<At>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let act = |o: &Office, me: &Signed, at: &At, f: &Filled| {
        let known = f.0.iter().find(|(n, _)| n == "known").map(|(_, known)| known.as_str());
        review::approve(o, &me.by, (at.reference.as_str(), at.search.as_str(), at.n), known)?;
        let to = format!("/office/cases/{}/review", at.reference);
        Ok(On::saying(to, "You agreed as the second person."))
    };
    carry_out(&office, me, at, Filled(pairs), act, |o, me, at, _, e| again(o, me, at, None, e))
        .await
}
