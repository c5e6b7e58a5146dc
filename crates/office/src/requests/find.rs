//! Planning and making the search: which holdings can hold this person, then each into a sealed
//! spool, then what it found becomes visible in one transaction.
//!
//! A process that dies while searching leaves an unfinished spool that nobody sees; the search is
//! made again from its start. Two processes that search the same holding at once both finish, and
//! only the first one's spool is taken. So nothing is ever found twice.

use std::collections::{BTreeSet, HashMap};

use candour_connectors::{Connector, Fault, FaultKind, Holds, Identifier, Looked, Searched, Sink};
use candour_db::Tx;

use super::acts::{self, Case, act_on};
pub use super::record::Record;
use super::rules::State;
use super::spool::{Ended, Spool};
use super::sql::{self, FindingRow, SearchRow};
use crate::error::{Error, Result};
use crate::holdings::{self, Holding};
use crate::kit::blobs::{self, BlobWriter};
use crate::kit::{dates, links, new_id};
use crate::office::Office;
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// Rounds of searching with what the round before taught us.
const ROUNDS: i64 = 4;
/// Days that a post has to answer, and between two reminders; and how long its link lasts.
const ASK_DAYS: i32 = 7;
const ASK_LINK: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 90);

/// Plans the search: one row for each holding. Those without personal data are set aside with
/// that reason, so that the record shows every holding there is.
///
/// # Errors
/// Of the database.
pub fn plan(tx: &mut Tx<'_>, by: &By, case: &Case) -> Result<usize> {
    let mut to_search = 0;
    let there: BTreeSet<String> =
        sql::searches(tx, &by.org, &case.row.id)?.into_iter().map(|s| s.holding).collect();
    for h in holdings::active(tx, &by.org)? {
        if there.contains(&h.id) {
            continue;
        }
        let id = new_id(by.now);
        sql::plan_search(tx, &id, &by.org, &case.row.id, &h.id)?;
        let none =
            !h.map.collection.is_empty() && h.map.collection.iter().all(|c| c.holds == Holds::None);
        if none && !h.is_paper() {
            let mut s = sql::a_search(tx, &by.org, &id)?;
            s.state = "set-aside".into();
            s.reason = Some("Its data map says that it holds no personal data".into());
            sql::update_search(tx, &by.org, &s)?;
        } else {
            to_search += 1;
        }
    }
    Ok(to_search)
}

/// Told while a search goes on: the command line draws bars from it.
pub trait Watch {
    /// A holding is being searched.
    fn holding(&mut self, title: &str);
    /// How far it is.
    fn progress(&mut self, done: u64, of: Option<u64>, found: u64);
    /// It has been searched, asked, or gave trouble.
    fn ended(&mut self, title: &str, outcome: &str);
}

/// Watches nothing.
pub struct Quiet;

impl Watch for Quiet {
    fn holding(&mut self, _: &str) {}
    fn progress(&mut self, _: u64, _: Option<u64>, _: u64) {}
    fn ended(&mut self, _: &str, _: &str) {}
}

/// Connections that are kept between two cases: opening one costs more than an ordinary search.
#[derive(Default)]
pub struct Connections {
    open: HashMap<(String, i64), Box<dyn Connector>>,
}

impl Connections {
    fn take(&mut self, office: &Office, h: &Holding) -> Result<Box<dyn Connector>> {
        match self.open.remove(&(h.id.clone(), h.version)) {
            Some(c) => Ok(c),
            None => holdings::connect(office, &h.map),
        }
    }

    fn give(&mut self, h: &Holding, c: Box<dyn Connector>) {
        self.open.insert((h.id.clone(), h.version), c);
    }
}

/// How a round of searching went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Holdings that answered.
    pub done: u64,
    /// Holdings that gave trouble: each has its message in its search.
    pub failed: u64,
    /// Posts that were asked and have not answered.
    pub asked: u64,
    /// Items found so far.
    pub items: u64,
    /// Findings that wait for a person.
    pub open: u64,
}

/// Searches every holding of the case that has not answered, as often as there is something new
/// to go by. May be called again at any time: it goes on where it was.
///
/// # Errors
/// Denied, not found, identity not settled, or the office's own database. Trouble with a holding
/// is kept in its search and is not an error here.
pub fn find(
    office: &Office,
    by: &By,
    id: &str,
    connections: &mut Connections,
    watch: &mut dyn Watch,
) -> Result<Progress> {
    by.role.may(Permission::WorkCases)?;
    let (case, all) =
        office.read(|tx| Ok((acts::load(tx, office, by, id)?, holdings::active(tx, &by.org)?)))?;
    if !matches!(case.request().state, State::Searching | State::Reviewing | State::Ready) {
        // The rules say why, in words.
        case.request().clone().search_again()?;
    }
    for _ in 0..ROUNDS {
        let todo: Vec<SearchRow> = office
            .read(|tx| sql::searches(tx, &by.org, id))?
            .into_iter()
            .filter(|s| matches!(s.state.as_str(), "planned" | "running"))
            .collect();
        if todo.is_empty() {
            break;
        }
        for s in todo {
            let Some(h) = all.iter().find(|h| h.id == s.holding) else { continue };
            watch.holding(&h.title);
            let outcome = one(office, by, id, h, s, connections, watch)?;
            watch.ended(&h.title, &outcome);
        }
    }
    settle(office, by, id)
}

/// Searches one holding and makes the outcome visible. Answers it in words.
fn one(
    office: &Office,
    by: &By,
    case_id: &str,
    h: &Holding,
    s: SearchRow,
    connections: &mut Connections,
    watch: &mut dyn Watch,
) -> Result<String> {
    if h.is_paper() {
        return ask(office, by, case_id, h, s);
    }
    let case = office.read(|tx| acts::load(tx, office, by, case_id))?;
    let seek = case.body.seek();
    let blob = BlobWriter::start(
        office.db(),
        office.vault(),
        &by.org,
        &case.row.key,
        "spool",
        office.now(),
    )?;
    let mut spool = Spool::new(blob, &h.map, &seek, watch);
    let found =
        connections.take(office, h).and_then(|mut c| match c.find(&h.map, &seek, &mut spool) {
            Ok(searched) => {
                connections.give(h, c);
                Ok(searched)
            }
            // A connection that gave trouble is not used again.
            Err(fault) => Err(Error::Holding(fault)),
        });
    match found {
        Ok(searched) => finish(office, by, &case, h, s, spool.end(searched)?),
        Err(Error::Holding(fault)) if fault.kind == FaultKind::Ours => {
            Err(Error::Unavailable(fault.to_string()))
        }
        Err(Error::Holding(fault)) => {
            let blob = spool.blob.id().to_owned();
            let org = by.org.clone();
            office.chore(move |tx| crate::kit::sql::drop_blob(tx, &org, &blob))?;
            fail(office, by, &case, h, s, &fault)
        }
        Err(e) => Err(e),
    }
}

fn fail(
    office: &Office,
    by: &By,
    case: &Case,
    h: &Holding,
    mut s: SearchRow,
    fault: &Fault,
) -> Result<String> {
    let (by, words) = (by.clone(), fault.to_string());
    let said = format!("{}: {words}", h.title);
    let act = act_on(case, "request.search-failed", "UK GDPR Art 15(1A)", said);
    s.state = "failed".into();
    s.trouble = Some(words.clone());
    s.ended = Some(by.now);
    let v = words.clone();
    office.write(move |tx| {
        if still_open(tx, &by, &s)? {
            sql::update_search(tx, &by.org, &s)?;
        }
        Ok(Recorded::new(&by, (), act.clone()))
    })?;
    Ok(format!("trouble: {v}"))
}

/// Whether this search is still the one to be answered: nobody finished it meanwhile.
fn still_open(tx: &mut Tx<'_>, by: &By, s: &SearchRow) -> Result<bool> {
    let now = sql::a_search(tx, &by.org, &s.id)?;
    Ok(now.round == s.round && matches!(now.state.as_str(), "planned" | "running" | "failed"))
}

fn finish(
    office: &Office,
    by: &By,
    case: &Case,
    h: &Holding,
    s: SearchRow,
    ended: Ended,
) -> Result<String> {
    let (office2, by2, case_id, h2) = (office.clone(), by.clone(), case.row.id.clone(), h.clone());
    let outcome = match ended.items {
        0 => "nothing found".to_owned(),
        1 => "1 item found".to_owned(),
        n => format!("{n} items found"),
    };
    let words = outcome.clone();
    let act =
        act_on(case, "request.searched", "UK GDPR Art 15(1A)", format!("{}: {words}", h.title));
    office.write(move |tx| {
        if !still_open(tx, &by2, &s)? {
            crate::kit::sql::drop_blob(tx, &by2.org, &ended.blob.id)?;
            return Ok(Recorded::new(&by2, (), act.clone()));
        }
        blobs::finish(tx, &ended.blob)?;
        carry_over(tx, &by2, &case_id, &s, &ended.flagged)?;
        if let Some(old) = &s.blob {
            crate::kit::sql::drop_blob(tx, &by2.org, old)?;
        }
        let row = SearchRow {
            state: "done".into(),
            map_version: h2.version,
            items: ended.items,
            record: serde_json::to_string(&ended.record)?,
            blob: Some(ended.blob.id.clone()),
            trouble: (!ended.record.missed.is_empty()).then(|| ended.record.missed.join("\n")),
            ended: Some(by2.now),
            ..s.clone()
        };
        sql::update_search(tx, &by2.org, &row)?;
        teach(tx, &office2, &by2, &case_id, &row.id, ended.learned.clone())?;
        Ok(Recorded::new(&by2, (), act.clone()))
    })?;
    Ok(outcome)
}

/// Flags what a person has to look at, keeping decisions already taken on the same items.
fn carry_over(
    tx: &mut Tx<'_>,
    by: &By,
    case: &str,
    s: &SearchRow,
    flagged: &[(u64, String, String)],
) -> Result<()> {
    let old: HashMap<String, FindingRow> = sql::findings(tx, &by.org, case)?
        .into_iter()
        .filter(|f| f.search == s.id)
        .map(|f| (f.key.clone(), f))
        .collect();
    sql::drop_findings(tx, &by.org, &s.id)?;
    let rows = flagged.iter().map(|(item, key, why)| match old.get(key) {
        // A decision stands only while what it was about is the same.
        Some(f) if &f.why == why => FindingRow { item: *item, ..f.clone() },
        _ => FindingRow {
            search: s.id.clone(),
            item: *item,
            key: key.clone(),
            why: why.clone(),
            decision: "open".into(),
            reason: String::new(),
            marks: "[]".into(),
        },
    });
    sql::insert_findings(tx, &by.org, case, rows)
}

/// Takes in identifiers that strong matches taught us; holdings searched before are searched
/// again with them.
fn teach(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    case_id: &str,
    search: &str,
    learned: Vec<Identifier>,
) -> Result<()> {
    let mut case = acts::load(tx, office, by, case_id)?;
    if !case.body.learn(learned) {
        return Ok(());
    }
    acts::save(tx, office, by, case)?;
    for mut s in sql::searches(tx, &by.org, case_id)? {
        // The holding that taught us finds its own rows by them: no need to look again.
        if s.id != search && s.state == "done" && s.round + 1 < ROUNDS && s.blob.is_some() {
            s.state = "planned".into();
            s.round += 1;
            sql::update_search(tx, &by.org, &s)?;
        }
    }
    Ok(())
}

/// Moves the case on when every holding has answered or been set aside.
///
/// # Errors
/// Of the database.
pub fn settle(office: &Office, by: &By, id: &str) -> Result<Progress> {
    let progress = office.read(|tx| progress(tx, &by.org, id))?;
    let case = office.read(|tx| acts::load(tx, office, by, id))?;
    let rows = office.read(|tx| sql::searches(tx, &by.org, id))?;
    let unanswered =
        rows.iter().filter(|s| !matches!(s.state.as_str(), "done" | "set-aside")).count();
    if case.request().state == State::Searching && unanswered == 0 {
        let (office2, by2, id2) = (office.clone(), by.clone(), id.to_owned());
        let said = format!("{} items found; search record kept", progress.items);
        office.write(move |tx| {
            let mut case = acts::load(tx, &office2, &by2, &id2)?;
            // Another process may have been first.
            if case.row.request.state == State::Searching {
                case.row.request = case.row.request.searched(0)?;
                acts::save(tx, &office2, &by2, case.clone())?;
            }
            let act = act_on(&case, "request.search-finished", "UK GDPR Art 15(1A)", said.as_str());
            Ok(Recorded::new(&by2, (), act))
        })?;
    }
    Ok(progress)
}

/// How far the search of a case is.
///
/// # Errors
/// Of the database.
pub fn progress(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Progress> {
    let mut p = Progress { open: sql::open_findings(tx, org, id)?, ..Progress::default() };
    for s in sql::searches(tx, org, id)? {
        match s.state.as_str() {
            "done" | "set-aside" => p.done += 1,
            "failed" => p.failed += 1,
            "asked" => p.asked += 1,
            _ => {}
        }
        p.items += s.items;
    }
    Ok(p)
}

/// Asks the post that keeps a paper holding, by a link that works without an account.
fn ask(office: &Office, by: &By, case_id: &str, h: &Holding, s: SearchRow) -> Result<String> {
    let (office2, by2, id, h2) = (office.clone(), by.clone(), case_id.to_owned(), h.clone());
    let post = h.post.clone().unwrap_or_else(|| "the holder".into());
    let said = format!("{post} has been asked");
    office.write(move |tx| {
        let case = acts::load(tx, &office2, &by2, &id)?;
        let today = dates::day_of(by2.now);
        let due = today.saturating_add(jiff::Span::new().days(ASK_DAYS));
        let asked = Some(s.asked.unwrap_or(today));
        let row = SearchRow { state: "asked".into(), asked, due: Some(due), ..s.clone() };
        let sent = write_to_post(tx, &office2, &by2, &case, &h2, &row)?;
        let said = format!("{}: {} asked, answer by {}", h2.title, post, dates::long(due));
        let act = act_on(&case, "request.holder-asked", "UK GDPR Art 15(1A)", said);
        Ok(Recorded::new(&by2, (), act).and(sent))
    })?;
    Ok(said)
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
    let letter = super::letters::ask_holder(office, &c, case, h, &token, due, row.chased)?;
    super::letters::post(tx, office, by, case, letter)
}

/// Reminds the posts that have not answered by their day.
///
/// # Errors
/// Of the database.
pub fn chase(office: &Office, by: &By) -> Result<u64> {
    let today = dates::day_of(by.now);
    let next = today.saturating_add(jiff::Span::new().days(ASK_DAYS));
    let due = office.read(|tx| sql::asked_and_due(tx, &by.org, today))?;
    let n = due.len() as u64;
    for s in due {
        let (office2, by2) = (office.clone(), by.clone());
        office.write(move |tx| {
            let case = acts::load(tx, &office2, &by2, &s.case)?;
            let h = holdings::sql::by_id(tx, &by2.org, &s.holding)?;
            let row = SearchRow { due: Some(next), chased: s.chased + 1, ..s.clone() };
            let sent = write_to_post(tx, &office2, &by2, &case, &h, &row)?;
            let said = format!("{}: reminded, {} times now", h.title, row.chased);
            let act = act_on(&case, "request.holder-chased", "UK GDPR Art 15(1A)", said);
            Ok(Recorded::new(&by2, (), act).and(sent))
        })?;
    }
    Ok(n)
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
/// person's eye.
///
/// # Errors
/// The answer is empty, or the search is not waiting for one.
pub fn answer(office: &Office, by: &By, search: &str, answer: &Answer) -> Result<()> {
    by.role.may(Permission::AnswerTask)?;
    if !answer.nothing && answer.files.is_empty() && answer.words.trim().is_empty() {
        return Err(Error::invalid("words", "Say what you found, or that you found nothing"));
    }
    let (s, case, h) = office.read(|tx| {
        let s = sql::a_search(tx, &by.org, search)?;
        let case = acts::load(tx, office, by, &s.case)?;
        let h = holdings::sql::by_id(tx, &by.org, &s.holding)?;
        Ok((s, case, h))
    })?;
    if !matches!(s.state.as_str(), "asked" | "planned" | "failed") {
        return Err(Error::invalid("words", "This question has been answered already"));
    }
    let mut quiet = Quiet;
    let blob = BlobWriter::start(
        office.db(),
        office.vault(),
        &by.org,
        &case.row.key,
        "spool",
        office.now(),
    )?;
    let seek = case.body.seek();
    let mut spool = Spool::new(blob, &h.map, &seek, &mut quiet);
    for (n, (name, media, raw)) in answer.files.iter().enumerate() {
        spool.item(super::review::from_paper(&h, n, name, media, raw.clone()))?;
    }
    if answer.files.is_empty() && !answer.nothing {
        let raw = answer.words.clone().into_bytes();
        spool.item(super::review::from_paper(&h, 0, "note.txt", "text/plain", raw))?;
    }
    let looked = Looked {
        place: h.title.clone(),
        by: vec!["by hand".into()],
        looked_at: None,
        found: spool.items,
    };
    let mut ended = spool.end(Searched { places: vec![looked] })?;
    ended.record.answer = Some(answer.words.trim().to_owned());
    // `finish` takes a planned search: the answer ends the waiting.
    let open = SearchRow { state: "planned".into(), ..s.clone() };
    let (by2, row) = (by.clone(), open.clone());
    let act = act_on(&case, "request.holder-answered", "UK GDPR Art 15(1A)", h.title.clone());
    office.write(move |tx| {
        sql::update_search(tx, &by2.org, &row)?;
        crate::kit::sql::drop_links(tx, &by2.org, "paper", &row.id)?;
        Ok(Recorded::new(&by2, (), act.clone()))
    })?;
    finish(office, by, &case, &h, open, ended)?;
    settle(office, by, &case.row.id)?;
    Ok(())
}

/// Sets a holding aside with a reason: the pack can then go out without it, and says so.
///
/// # Errors
/// Denied, or no reason.
pub fn set_aside(office: &Office, by: &By, search: &str, reason: &str) -> Result<()> {
    by.role.may(Permission::ReleaseCases)?;
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "Say why the answer can go without this holding"));
    }
    let (office2, by2, id, why) =
        (office.clone(), by.clone(), search.to_owned(), reason.trim().to_owned());
    let case = office.write(move |tx| {
        let mut s = sql::a_search(tx, &by2.org, &id)?;
        let case = acts::load(tx, &office2, &by2, &s.case)?;
        let h = holdings::sql::by_id(tx, &by2.org, &s.holding)?;
        s.state = "set-aside".into();
        s.reason = Some(why.clone());
        sql::update_search(tx, &by2.org, &s)?;
        let said = format!("{} set aside: {why}", h.title);
        let act = act_on(&case, "request.holding-set-aside", "UK GDPR Art 15(1A)", said);
        Ok(Recorded::new(&by2, case.row.id.clone(), act))
    })?;
    settle(office, by, &case)?;
    Ok(())
}

/// Puts failed searches (or one of them) back, to be tried again; queues the job.
///
/// # Errors
/// Denied, or the case is past searching.
pub fn try_again(office: &Office, by: &By, id: &str) -> Result<()> {
    by.role.may(Permission::WorkCases)?;
    let (office2, by2, id) = (office.clone(), by.clone(), id.to_owned());
    office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id)?;
        case.row.request = case.row.request.clone().search_again()?;
        plan(tx, &by2, &case)?;
        for mut s in sql::searches(tx, &by2.org, &id)? {
            if s.state == "failed" || (s.state == "done" && s.trouble.is_some()) {
                s.state = "planned".into();
                s.trouble = None;
                sql::update_search(tx, &by2.org, &s)?;
            }
        }
        acts::save(tx, &office2, &by2, case.clone())?;
        crate::kit::jobs::queue(tx, &by2.org, "search", &id, by2.now)?;
        let act = act_on(&case, "request.search-again", "UK GDPR Art 15(1A)", "Searching again");
        Ok(Recorded::new(&by2, (), act))
    })
}
