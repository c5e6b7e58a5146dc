//! One item on the desk: the thing as it was found, its marked passages, and the decision about it.

use askama::Template;
use axum::extract::{Form, Path, State};
use candour_connectors::Body as Thing;
use serde::Deserialize;

use super::decide::Sealed;
use super::grounds::{self, NOT_THEIRS, OUTSIDE};
use super::hanging;
use super::marking;
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::web::{Answer, Signed, go, go_saying, mend, page};
use crate::office::Office;
use crate::requests::acts;
use crate::requests::review::{self, Decided, Decision, Item, Mark, More, Questions};
use crate::requests::search::period;
use crate::requests::sql::{self, FindingRow};
use crate::staff::Permission;

/// A piece of a text: marked or not, with the number of its mark.
struct Piece {
    text: String,
    mark: Option<usize>,
}

struct Part {
    field: String,
    pieces: Vec<Piece>,
    /// The lines with their numbers, if there is more than one.
    lines: Vec<String>,
}

/// A passage with the name of its box.
struct Passage {
    name: String,
    why: String,
    field: String,
    ticked: bool,
}

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
    to_agree: bool,
    may_agree: bool,
    next: Option<(String, u64)>,
    unreadable: bool,
    /// How many others wait for the same answer, whether it is this person.
    linked: usize,
    /// The item that it hangs on.
    root: Option<u64>,
}

/// The name of a passage's box: where it is, so that it means the same passage when it comes back.
fn name(m: &Mark) -> String {
    format!("{}-{}-{}", m.start, m.end, m.field)
}

/// Cuts a text at its marks.
fn pieces(text: &str, field: &str, marks: &[Mark]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut at = 0;
    let good = |i: usize| i <= text.len() && text.is_char_boundary(i);
    for (i, m) in marks.iter().enumerate().filter(|(_, m)| m.field == field) {
        if m.start < at || m.start >= m.end || !good(m.start) || !good(m.end) {
            continue;
        }
        out.push(Piece { text: text[at..m.start].to_owned(), mark: None });
        out.push(Piece { text: text[m.start..m.end].to_owned(), mark: Some(i + 1) });
        at = m.end;
    }
    out.push(Piece { text: text[at..].to_owned(), mark: None });
    out
}

/// The passages that a machine marked and those that a person added, in the order of the text.
fn all_marks(item: &Item, row: Option<&FindingRow>) -> Result<Vec<Mark>> {
    let mut all = item.others.clone();
    if let Some(r) = row {
        let kept: Vec<Mark> = serde_json::from_str(&r.marks)?;
        all.extend(kept.into_iter().filter(|m| !item.others.contains(m)));
    }
    all.sort_by_key(|m| (m.start, m.end));
    Ok(all)
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
        "exclude" => "exempt",
        "open" => "",
        "" => "disclose",
        other => other,
    };
    f.set("decision", word);
    f.set("ground", if matches!(ground, NOT_THEIRS | OUTSIDE) { "" } else { ground });
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

fn parts(item: &Item, marks: &[Mark]) -> Vec<Part> {
    let part = |(field, text): (String, String)| {
        let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let lines = if lines.len() > 1 { lines } else { Vec::new() };
        Part { pieces: pieces(&text, &field, marks), lines, field }
    };
    item.texts().into_iter().map(part).collect()
}

fn passages(marks: &[Mark], f: &Filled) -> Vec<Passage> {
    let ticked = f.all("mark");
    let passage = |m: &Mark| Passage {
        name: name(m),
        why: m.why.clone(),
        field: m.field.clone(),
        ticked: ticked.contains(&name(m).as_str()),
    };
    marks.iter().map(passage).collect()
}

fn ground_lines(today: jiff::civil::Date) -> Vec<GroundLine> {
    let line = |g: &'static grounds::Exemption| GroundLine {
        word: &g.word,
        says: &g.says,
        source: &g.source,
        verified: g.verified(),
    };
    grounds::on(today).map(line).collect()
}

fn item_page(
    o: &Office,
    me: &Signed,
    at: &At,
    typed: Option<Filled>,
    w: Wrong,
) -> Result<ItemPage> {
    let (s, item) = review::item(o, &me.by, &at.reference, &at.search, at.n)?;
    let org = &me.by.org;
    let (case, row, next, sealed, (linked, root)) = o.read(|tx| {
        let case = acts::load(tx, o, &me.by, &s.case)?;
        let findings = sql::findings(tx, org, &s.case)?;
        let row = findings.iter().find(|x| x.search == s.id && x.item == at.n).cloned();
        let next = findings
            .iter()
            .find(|x| review::waits(x, &me.charter) && (x.search != s.id || x.item != at.n))
            .map(|x| (x.search.clone(), x.item));
        let sealed = match &row {
            Some(r) => review::opened(tx, o, org, &case, r)?,
            None => Sealed::default(),
        };
        let hangs = row.as_ref().filter(|r| r.decision == "open").map_or((0, None), |r| {
            (hanging::others(&findings, r), hanging::root(&findings, r).map(|x| x.item))
        });
        Ok((case, row, next, sealed, hangs))
    })?;
    let marks = all_marks(&item, row.as_ref())?;
    let f = match typed {
        Some(f) => f,
        None => kept(row.as_ref(), &sealed, &marks, &item)?,
    };
    let to_agree =
        row.as_ref().is_some_and(|r| r.decision != "open" && review::waits(r, &me.charter));
    let decided_by = row.as_ref().and_then(|r| r.decided_by.as_deref());
    Ok(ItemPage {
        d: Desk::new(me, "Cases", format!("{} – {}", item.title(), case.row.reference)),
        reference: case.row.reference.clone(),
        search: at.search.clone(),
        n: at.n,
        seen: s.blob.clone().unwrap_or_default(),
        title: item.title(),
        place: item.place.clone(),
        how: item.because.iter().map(|b| format!("{} ({})", b.how, b.field)).collect(),
        why: row.as_ref().map(|r| r.why.clone()).unwrap_or_default(),
        outside: period::said(&item, row.as_ref(), case.body.wants.period()),
        was: row.as_ref().map_or("", |r| in_words(&r.was)),
        kind: match item.body {
            Thing::Row { .. } => "Record",
            Thing::Message { .. } => "Message",
            Thing::Document { .. } => "Document",
        },
        parts: parts(&item, &marks),
        passages: passages(&marks, &f),
        grounds: ground_lines(dates::day_of(me.by.now)),
        w,
        may_work: me.by.role.may(Permission::WorkCases).is_ok(),
        to_agree,
        may_agree: me.by.role.may(Permission::ReleaseCases).is_ok()
            && decided_by != Some(me.by.actor.as_str()),
        next,
        unreadable: marking::texts(&item)
            .iter()
            .all(|(field, t)| field == "name" || t.trim().is_empty()),
        linked,
        root,
        f,
    })
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
    let f = Filled(pairs);
    let (me, done, at, f) = office
        .run(move |o| {
            let done = decide_from(o, &me, &at, &f);
            Ok((me, done, at, f))
        })
        .await?;
    match done {
        // Included from the list of what lies outside the time: the next one stands there.
        Ok(_) if f.get("back") == OUTSIDE => {
            go(&format!("/office/cases/{}/review?outside=yes", at.reference))
        }
        Ok((again, next)) => {
            let case = format!("/office/cases/{}", at.reference);
            let to = match next {
                Some((search, n)) => format!("{case}/items/{search}/{n}"),
                None => format!("{case}/review"),
            };
            match again {
                true => go_saying(&office, &me, &to, SEARCHED_ON).await,
                false => go(&to),
            }
        }
        Err(e) => {
            let w = Wrong::of(e)?;
            // Exactly what was chosen and ticked is shown again: nothing of it is lost.
            let view = office.run(move |o| item_page(o, &me, &at, Some(f), w)).await?;
            mend(&view)
        }
    }
}

/// What is said when a decision has taught something.
const SEARCHED_ON: &str =
    "The record is theirs, so the other holdings are searched again by what it says of them.";

/// Takes the decision; answers whether other holdings are searched again by it, and the next item
/// that waits.
fn decide_from(
    o: &Office,
    me: &Signed,
    at: &At,
    f: &Filled,
) -> Result<(bool, Option<(String, u64)>)> {
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
        (NOT_THEIRS, _) => NOT_THEIRS.to_owned(),
        ("exempt", "") => return Err(Error::invalid("ground", "Choose the ground from the list")),
        (_, ground) => ground.to_owned(),
    };
    let (reason, seen) = (f.get("reason").to_owned(), f.get("seen").to_owned());
    let questions = questions_of(f)?;
    let linked = f.get("linked") == "yes";
    let d = Decided { decision, ground, reason, marks, more, questions, seen, linked };
    let again = review::decide(o, &me.by, &at.reference, &at.search, at.n, &d)?;
    o.read(|tx| {
        let all = sql::findings(tx, &me.by.org, &s.case)?;
        let mut waiting = all.into_iter().filter(|x| x.decision == "open");
        Ok((again, waiting.next().map(|x| (x.search, x.item))))
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
    if f.get("decision") != "redact" || names.iter().all(|n| f.get(n).is_empty()) {
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
pub async fn agree(State(office): State<Office>, me: Signed, Path(at): Path<At>) -> Answer {
    let to = format!("/office/cases/{}/review", at.reference);
    let (me, done, at) = office
        .run(move |o| {
            let done = review::approve(o, &me.by, &at.reference, &at.search, at.n);
            Ok((me, done, at))
        })
        .await?;
    match done {
        Ok(()) => go_saying(&office, &me, &to, "You agreed as the second person.").await,
        Err(e) => {
            let w = Wrong::of(e)?;
            let view = office.run(move |o| item_page(o, &me, &at, None, w)).await?;
            mend(&view)
        }
    }
}
