//! Holdings on paper: the post that keeps one is asked by letter, reminded, and answers by a link
//! that works without an account, or the desk writes its answer down.

use candour_connectors::{Looked, Searched, Sink as _};
use candour_db::Tx;

use super::aside::still_searched;
use super::find::{self, Quiet};
use super::spool::Spool;
use crate::error::{Error, Result};
use crate::holdings::{self, Holding};
use crate::kit::{dates, links};
use crate::office::Office;
use crate::proof::{Act, By, POST, Recorded};
use crate::requests::acts::{self, Case, act_on};
use crate::requests::rules::State;
use crate::requests::sql::{self, SearchRow};
use crate::staff::Permission;

/// Days that a post has to answer, and between two reminders; and how long its link lasts.
const ASK_DAYS: i32 = 7;
const ASK_LINK: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 90);

/// Asks the post that keeps a paper holding, by a link that works without an account. Answers in
/// words what came of it: another process may have asked meanwhile, and a post is asked once.
pub(super) fn ask(
    office: &Office,
    by: &By,
    case_id: &str,
    h: &Holding,
    s: SearchRow,
) -> Result<String> {
    let (office2, by2, id, h2) = (office.clone(), by.clone(), case_id.to_owned(), h.clone());
    let post = h.post.clone().unwrap_or_else(|| "the holder".into());
    let said = format!("{post} has been asked");
    let kept = find::unless_taken(office.write(move |tx| {
        if !find::still_open(tx, &by2, &s)? {
            return Err(find::taken());
        }
        let case = acts::load(tx, &office2, &by2, &id)?;
        let today = dates::day_of(by2.now);
        let due = today.saturating_add(jiff::Span::new().days(ASK_DAYS));
        let asked = Some(s.asked.unwrap_or(today));
        let row = SearchRow { state: "asked".into(), asked, due: Some(due), ..s.clone() };
        let sent = write_to_post(tx, &office2, &by2, &case, &h2, &row)?;
        let said = format!("{}: {} asked, answer by {}", h2.title, post, dates::long(due));
        let act = act_on(&case, "request.holder-asked", "UK GDPR Art 15(1A)", said);
        Ok(Recorded::new(&by2, (), act).and(sent))
    }))?;
    Ok(if kept { said } else { find::ELSEWHERE.to_owned() })
}

/// Keeps what is asked of a post and writes to it, with a fresh link: the first time or again.
fn write_to_post(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    case: &Case,
    h: &Holding,
    row: &SearchRow,
) -> Result<Act> {
    sql::update_search(tx, &by.org, row)?;
    let token = links::make(tx, &by.org, "paper", &row.id, by.now, ASK_LINK)?;
    let c = crate::charter::current(tx, &by.org)?;
    let due = row.due.unwrap_or_else(|| dates::day_of(by.now));
    let letter =
        crate::requests::letters::ask_holder(office, &c, case, h, &token, due, row.chased)?;
    crate::requests::letters::post(tx, office, by, case, letter)
}

/// Reminds the posts that have not answered by their day; answers how many. Nobody is reminded of
/// records that are no longer kept: the case tells staff to set them aside.
///
/// # Errors
/// Of the database.
pub fn chase(office: &Office, by: &By) -> Result<u64> {
    let (due, kept) = office.read(|tx| {
        let due = sql::asked_and_due(tx, &by.org, dates::day_of(by.now))?;
        Ok((due, holdings::active(tx, &by.org)?))
    })?;
    let due = due.into_iter().filter(|s| kept.iter().any(|h| h.id == s.holding));
    due.map(|s| remind(office, by, s).map(u64::from)).sum()
}

/// Reminds one post, unless it has answered or was reminded since it was looked at, or its records
/// are no longer kept.
pub(super) fn remind(office: &Office, by: &By, seen: SearchRow) -> Result<bool> {
    let (office2, by2) = (office.clone(), by.clone());
    find::unless_taken(office.write(move |tx| {
        let s = sql::a_search(tx, &by2.org, &seen.id)?;
        if (&s.state, s.due, s.chased) != (&seen.state, seen.due, seen.chased) {
            return Err(find::taken());
        }
        let case = acts::load(tx, &office2, &by2, &s.case)?;
        let h = holdings::by_id(tx, &by2.org, &s.holding)?;
        if h.ended.is_some() {
            return Err(find::taken());
        }
        let next = dates::day_of(by2.now).saturating_add(jiff::Span::new().days(ASK_DAYS));
        let row = SearchRow { due: Some(next), chased: s.chased + 1, ..s };
        let sent = write_to_post(tx, &office2, &by2, &case, &h, &row)?;
        let said = format!("{}: reminded, {} times now", h.title, row.chased);
        let act = act_on(&case, "request.holder-chased", "UK GDPR Art 15(1A)", said);
        Ok(Recorded::new(&by2, (), act).and(sent))
    }))
}

/// What a post answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// They found nothing.
    pub nothing: bool,
    /// Where they looked and what they found, in their words.
    pub words: String,
    /// Copies they handed in: name, media type, bytes.
    pub files: Vec<(String, String, Vec<u8>)>,
}

/// Takes a post's answer: a nil return, or what they found. Everything found on paper needs a
/// person's eye. What was handed in, the end of the waiting and the end of the link are one
/// transaction: a crash loses all of it or nothing.
///
/// # Errors
/// The answer is empty, the search is not waiting for one, or the case is closed.
pub fn answer(office: &Office, by: &By, search: &str, answer: &Answer) -> Result<()> {
    by.role.may(Permission::AnswerTask)?;
    if !answer.nothing && answer.files.is_empty() && answer.words.trim().is_empty() {
        return Err(Error::invalid("words", "Say what you found, or that you found nothing"));
    }
    let (s, case, h, decided) = office.read(|tx| {
        let s = sql::a_search(tx, &by.org, search)?;
        let case = acts::load(tx, office, by, &s.case)?;
        let h = holdings::by_id(tx, &by.org, &s.holding)?;
        let decided = find::decided(tx, by, &s)?;
        Ok((s, case, h, decided))
    })?;
    waits(&s)?;
    still_searched(&case)?;
    let mut quiet = Quiet;
    let seek = case.body.seek();
    let blob = find::start_spool(office, by, &case)?;
    let mut spool = Spool::new(blob, &h.map, (&seek, &case.body.wants), decided, &mut quiet);
    for (n, (name, media, raw)) in answer.files.iter().enumerate() {
        spool.item(crate::requests::review::from_paper(&h, n, name, media, raw.clone()))?;
    }
    if answer.files.is_empty() && !answer.nothing {
        let raw = answer.words.clone().into_bytes();
        spool.item(crate::requests::review::from_paper(&h, 0, "note.txt", "text/plain", raw))?;
    }
    let looked = Looked {
        place: h.title.clone(),
        by: vec!["by hand".into()],
        looked_at: None,
        found: spool.items,
    };
    let mut ended = spool.end(Searched { places: vec![looked] })?;
    ended.record.answer = Some(answer.words.trim().to_owned());
    let (office2, by2, id) = (office.clone(), by.clone(), s.id.clone());
    office.write(move |tx| {
        let s = sql::a_search(tx, &by2.org, &id)?;
        waits(&s)?;
        let mut case = acts::load(tx, &office2, &by2, &s.case)?;
        still_searched(&case)?;
        crate::kit::sql::drop_links(tx, &by2.org, "paper", &s.id)?;
        // A reason that it was set aside for is over: it has answered.
        let s = SearchRow { reason: None, ..s };
        find::take_in(tx, &office2, &by2, &h, &s, &ended)?;
        if case.request().state == State::Ready {
            case = acts::load(tx, &office2, &by2, &s.case)?;
            case.row.request = case.row.request.reopened();
            acts::save(tx, &office2, &by2, case.clone())?;
        }
        let law = "UK GDPR Art 15(1A)";
        let said = match ended.items {
            0 => format!("{}: looked by hand, nothing found", h.title),
            n => format!("{}: looked by hand, {n} handed in", h.title),
        };
        Ok(Recorded::new(&by2, (), act_on(&case, "request.holder-answered", law, said)))
    })?;
    // What is left to do of itself is the program's, and no act of whoever answered.
    let by = if by.actor == POST { office.by_job(&by.org, "search") } else { by.clone() };
    find::settle(office, &by, &case.row.id)?;
    Ok(())
}

/// A question that was set aside may still be answered while the case is open.
fn waits(s: &SearchRow) -> Result<()> {
    if matches!(s.state.as_str(), "asked" | "planned" | "failed" | "set-aside") {
        return Ok(());
    }
    Err(Error::invalid("words", "This question has been answered already"))
}
