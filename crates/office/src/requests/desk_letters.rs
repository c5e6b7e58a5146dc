//! Letters on the desk: those that still have to leave, one letter to read and print, and the act
//! that records when it was posted.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use candour_db::Tx;
use serde::Deserialize;

use super::{acts, letters, sql};
use crate::error::{Error, Result};
use crate::kit::dates;
use crate::kit::desk_forms::{On, carry_out};
use crate::kit::forms::{Filled, Wrong};
use crate::kit::pages::Desk;
use crate::kit::post::{self, LetterRow};
use crate::kit::web::{Answer, Signed, download, go_saying, mend, page};
use crate::office::Office;
use crate::staff::Permission;

/// Letters on the list.
const MOST: u64 = 200;

/// How far a letter has come: "Posted on 3 November 2026 by Ruth Osei".
pub(super) fn state_of(tx: &mut Tx<'_>, org: &str, row: &LetterRow) -> Result<String> {
    let (words, _) = post::state_words(&row.state);
    let Some(on) = row.posted else { return Ok(words.to_owned()) };
    let by = row.posted_by.as_deref().unwrap_or_default();
    let by = match by.strip_prefix("staff:") {
        Some(id) => crate::staff::colleague(tx, org, id)?.name,
        None => "the command line".to_owned(),
    };
    Ok(format!("{words} on {} by {by}", dates::long(on)))
}

struct Line {
    id: String,
    title: String,
    /// To whom; empty when it can't be read any more.
    to: String,
    made: String,
    /// Reference of its case; empty if it is of none.
    reference: String,
    /// Its page; empty for whoever may not read it.
    link: String,
}

/// What a letter that is printed says instead of an address for e-mail.
const BY_HAND: &str = "the name and address on the letter";

fn line_of(tx: &mut Tx<'_>, o: &Office, me: &Signed, row: LetterRow) -> Result<Line> {
    let org = &me.by.org;
    let (reference, link) = match &row.case {
        Some(case) => {
            let reference = sql::case_by_id(tx, org, case)?.reference;
            let link = format!("/office/cases/{reference}/letters/{}", row.id);
            (reference, link)
        }
        None => (String::new(), format!("/office/letters/{}", row.id)),
    };
    // What is about nobody's case is about somebody's wishes.
    let readable = row.case.is_some() || me.by.role.may(Permission::SeePermissions).is_ok();
    let to = match post::open(tx, o.vault(), org, &row.id) {
        Ok((_, letter)) if readable => letter.to.unwrap_or_else(|| BY_HAND.to_owned()),
        // The key of whoever it was about may be gone.
        _ => String::new(),
    };
    Ok(Line {
        title: post::title(&row.name).to_owned(),
        to,
        made: dates::moment(row.made),
        reference,
        link: if readable { link } else { String::new() },
        id: row.id,
    })
}

#[derive(Template)]
#[template(path = "requests/pages/letters.html")]
struct LettersPage {
    d: Desk,
    view: &'static str,
    counts: [u64; 3],
    lines: Vec<Line>,
    may_work: bool,
    /// They can be put on their way again by e-mail.
    again: bool,
}

/// Which letters.
#[derive(Deserialize)]
pub struct Which {
    show: Option<String>,
}

/// `GET /office/letters`: what is to be printed, lies in the outbox, or could not be sent.
pub async fn letters(State(office): State<Office>, me: Signed, Query(q): Query<Which>) -> Answer {
    let view = match q.show.as_deref() {
        Some("outbox") => "outbox",
        Some("failed") => "failed",
        _ => "to-print",
    };
    let shown = office
        .run(move |o| {
            o.read(|tx| {
                let org = &me.by.org;
                let mut lines = Vec::new();
                for row in post::sql::letters_in(tx, org, view, MOST)? {
                    lines.push(line_of(tx, o, &me, row)?);
                }
                let counts = post::sql::undone(tx, org)?;
                let server = o.reach().post.is_some() && view != "to-print";
                let may_work = me.by.role.may(Permission::WorkCases).is_ok();
                let again = server && may_work;
                let d = Desk::new(&me, "Cases", "Letters");
                Ok(LettersPage { d, view, counts, lines, may_work, again })
            })
        })
        .await?;
    page(&shown)
}

/// `POST /office/letters/{id}`: on its way by e-mail again; or, of no case, sent on by hand.
pub async fn again(
    State(office): State<Office>,
    me: Signed,
    Path(id): Path<String>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    let by_hand = Filled(pairs).get("way") == "by-hand";
    let me = office
        .run(move |o| {
            let (office, by) = (o.clone(), me.by.clone());
            o.write(move |tx| match by_hand {
                true => acts::letter_sent_on(tx, &by, &id),
                false => acts::letter_again(tx, &office, &by, &id),
            })?;
            Ok(me)
        })
        .await?;
    let said = match by_hand {
        true => "It is recorded that the letter was sent on.",
        false => "The letter is on its way again.",
    };
    go_saying(&office, &me, "/office/letters", said).await
}

#[derive(Template)]
#[template(path = "requests/pages/letter.html")]
struct LetterPage {
    d: Desk,
    f: Filled,
    w: Wrong,
    id: String,
    /// Empty for a letter of no case.
    reference: String,
    title: String,
    letter: post::Letter,
    /// Its words are the person's own.
    theirs: bool,
    state: String,
    class: &'static str,
    made: String,
    may_post: bool,
    /// It can be had as PDF.
    press: bool,
}

fn letter_page(
    o: &Office,
    me: &Signed,
    (reference, id): (&str, &str),
    f: Filled,
    w: Wrong,
) -> Result<LetterPage> {
    o.read(|tx| {
        let case = match reference {
            "" => None,
            r => Some(acts::load_by_ref(tx, o, &me.by, r)?.row.id),
        };
        let (row, letter) = post::open(tx, o.vault(), &me.by.org, id)?;
        if row.case != case {
            return Err(Error::NotFound("the letter"));
        }
        let title = post::title(&letter.name).to_owned();
        let waits = matches!(row.state.as_str(), "to-print" | "outbox" | "failed");
        Ok(LetterPage {
            d: Desk::new(me, "Cases", format!("Letter: {title}")),
            f,
            w,
            id: id.to_owned(),
            reference: reference.to_owned(),
            title,
            theirs: row.name == post::PREFERENCES,
            letter,
            state: state_of(tx, &me.by.org, &row)?,
            class: post::state_words(&row.state).1,
            made: dates::moment(row.made),
            may_post: waits && me.by.role.may(Permission::WorkCases).is_ok(),
            press: o.press().is_some(),
        })
    })
}

/// `GET /office/cases/{reference}/letters/{id}`
pub async fn letter(
    State(office): State<Office>,
    me: Signed,
    Path((reference, id)): Path<(String, String)>,
) -> Answer {
    let view = office
        .run(move |o| {
            let at = (reference.as_str(), id.as_str());
            letter_page(o, &me, at, Filled::default(), Wrong::default())
        })
        .await?;
    page(&view)
}

/// `GET /office/cases/{reference}/letters/{id}/pdf`: the letter on paper, for an envelope with a
/// window.
pub async fn pdf(
    State(office): State<Office>,
    me: Signed,
    Path((reference, id)): Path<(String, String)>,
) -> Answer {
    let bytes = office
        .run(move |o| {
            let press = o.press().ok_or(Error::NotFound("what makes PDF copies"))?;
            let (html, made) = o.read(|tx| {
                let case = acts::load_by_ref(tx, o, &me.by, &reference)?.row.id;
                let (row, letter) = post::open(tx, o.vault(), &me.by.org, &id)?;
                if row.case.as_deref() != Some(case.as_str()) {
                    return Err(Error::NotFound("the letter"));
                }
                Ok((letters::printed(&me.charter, &letter)?, row.made))
            })?;
            press.pdf(&html, made).map_err(|why| {
                Error::Unavailable(format!("The PDF of the letter could not be made: {why}"))
            })
        })
        .await?;
    Ok(download("letter.pdf", "application/pdf", bytes))
}

/// `GET /office/letters/{id}`: a letter of no case.
pub async fn of_no_case(
    State(office): State<Office>,
    me: Signed,
    Path(id): Path<String>,
) -> Answer {
    me.by.role.may(Permission::SeePermissions)?;
    let view = office
        .run(move |o| letter_page(o, &me, ("", &id), Filled::default(), Wrong::default()))
        .await?;
    page(&view)
}

/// `POST /office/cases/{reference}/letters/{id}`: it was posted, or handed over.
pub async fn posted(
    State(office): State<Office>,
    me: Signed,
    Path(at): Path<(String, String)>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Answer {
    carry_out(&office, me, at, Filled(pairs), post_it, |o, me, (reference, id), f, e| {
        mend(&letter_page(o, me, (reference, id), f, Wrong::of(e)?)?)
    })
    .await
}

fn post_it(o: &Office, me: &Signed, (reference, id): &(String, String), f: &Filled) -> Result<On> {
    let on = f.date("on").map_err(|e| Error::Invalid(vec![e]))?;
    let on = on.unwrap_or_else(|| dates::day_of(me.by.now));
    let case = o.read(|tx| acts::load_by_ref(tx, o, &me.by, reference))?.row.id;
    let (office, by, id) = (o.clone(), me.by.clone(), id.clone());
    o.write(move |tx| acts::letter_posted(tx, &office, &by, (&case, &id), on))?;
    let case = format!("/office/cases/{reference}");
    Ok(On::saying(case, "It is recorded that the letter was posted."))
}
