//! Planning and making the search: which holdings can hold this person, then each into a sealed
//! spool, then what it found becomes visible in one transaction.
//!
//! A process that dies while searching leaves an unfinished spool that nobody sees; the search is
//! made again from its start. Two processes that search the same holding at once both finish, and
//! only the first one's spool is taken. So nothing is ever found twice.

use std::collections::{BTreeSet, HashMap, HashSet};

use candour_connectors::{Connector, Fault, FaultKind, Holds};
use candour_db::Tx;

use super::record::{Owed, Record};
use super::spool::{Ended, Flag, Spool};
use super::taught;
use crate::error::{Error, Refusal, Result};
use crate::holdings::{self, Holding};
use crate::kit::blobs::{self, BlobWriter};
use crate::kit::{jobs, new_id};
use crate::office::Office;
use crate::proof::{By, Recorded};
use crate::requests::acts::{self, Case, act_on};
use crate::requests::review::hanging::AND;
use crate::requests::rules::State;
use crate::requests::sql::{self, FindingRow, SearchRow};
use crate::staff::Permission;

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

/// Plans the whole search again, with holdings that are new; what was set aside stays so, and with
/// `asked_stays` so does a post that has been asked and has not answered.
///
/// # Errors
/// Of the database.
pub fn plan_again(tx: &mut Tx<'_>, by: &By, case: &Case, asked_stays: bool) -> Result<()> {
    plan(tx, by, case)?;
    for s in sql::searches(tx, &by.org, &case.row.id)? {
        if s.state != "set-aside" && !(asked_stays && s.state == "asked") {
            let again = SearchRow { state: "planned".into(), round: 0, ..s };
            sql::update_search(tx, &by.org, &again)?;
        }
    }
    jobs::queue(tx, &by.org, "search", &case.row.id, by.now)
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
            None => holdings::connect(office, h),
        }
    }

    fn give(&mut self, h: &Holding, c: Box<dyn Connector>) {
        self.open.insert((h.id.clone(), h.version), c);
    }
}

/// How a round of searching went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    /// Holdings of the plan.
    pub searches: u64,
    /// Holdings that answered.
    pub done: u64,
    /// Holdings that gave trouble: each has its message in its search.
    pub failed: u64,
    /// Of those that answered, the ones of which parts could not be read, and nobody has said why
    /// the answer can go without them.
    pub partly: u64,
    /// Posts that were asked and have not answered.
    pub asked: u64,
    /// Items found so far.
    pub items: u64,
    /// Findings that wait for a person.
    pub open: u64,
}

impl Progress {
    /// Holdings that have neither answered nor been set aside.
    pub fn unanswered(&self) -> u64 {
        self.searches - self.done
    }
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
    // It ends: a holding is searched a few times at most, and a search that fails waits.
    loop {
        let todo: Vec<SearchRow> = office
            .read(|tx| sql::searches(tx, &by.org, id))?
            .into_iter()
            .filter(|s| matches!(s.state.as_str(), "planned" | "running"))
            .filter(|s| all.iter().any(|h| h.id == s.holding))
            .collect();
        if todo.is_empty() {
            return settle(office, by, id);
        }
        for s in todo {
            let Some(h) = all.iter().find(|h| h.id == s.holding) else { continue };
            watch.holding(&h.title);
            let outcome = one(office, by, id, h, s, connections, watch)?;
            watch.ended(&h.title, &outcome);
        }
    }
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
        return super::paper::ask(office, by, case_id, h, s);
    }
    let (case, decided) =
        office.read(|tx| Ok((acts::load(tx, office, by, case_id)?, decided(tx, by, &s)?)))?;
    let seek = case.body.seek();
    let blob = start_spool(office, by, &case)?;
    let id = blob.id().to_owned();
    let asked = (&seek, &case.body.wants);
    let mut spool = Spool::new(blob, &h.map, asked, decided, watch);
    let found =
        connections.take(office, h).and_then(|mut c| match c.find(&h.map, &seek, &mut spool) {
            Ok(searched) => {
                connections.give(h, c);
                spool.end(searched)
            }
            // A connection that gave trouble is not used again.
            Err(fault) => Err(Error::Holding(fault)),
        });
    match found {
        Ok(ended) => finish(office, by, &case, h, s, ended),
        Err(Error::Holding(fault)) => {
            let kept = drop_spool(office, by, id);
            let kept = kept.and_then(|()| fail(office, by, &case, h, s, &fault));
            // With a full disk not even the trouble can be kept: the search stays planned.
            kept.map_err(|e| match fault.kind {
                FaultKind::Ours => Error::Unavailable(format!("{}: {fault}", h.title)),
                _ => e,
            })
        }
        Err(e) => {
            drop_spool(office, by, id)?;
            Err(e)
        }
    }
}

/// A fresh spool under the case's key.
pub(super) fn start_spool(office: &Office, by: &By, case: &Case) -> Result<BlobWriter> {
    let (db, vault) = (office.db(), office.vault());
    BlobWriter::start(db, vault, &by.org, &case.row.key, "spool", office.now())
}

fn drop_spool(office: &Office, by: &By, blob: String) -> Result<()> {
    let org = by.org.clone();
    office.chore(move |tx| crate::kit::sql::drop_blob(tx, &org, &blob))
}

/// Keys of the items of a search that a person has decided about. No decision is taken while a
/// search waits to be made again, so none is missed between this look and its end.
pub(super) fn decided(tx: &mut Tx<'_>, by: &By, s: &SearchRow) -> Result<HashSet<String>> {
    let all = sql::findings(tx, &by.org, &s.case)?;
    let these = all.into_iter().filter(|f| f.search == s.id && f.was_decided());
    Ok(these.map(|f| f.key).collect())
}

/// Somebody else finished this search meanwhile: this result is not kept, and nothing is said of
/// it in the ledger.
const TAKEN: &str = "keep the search";

pub(super) fn taken() -> Error {
    let why = "this holding was searched by another process meanwhile".into();
    Refusal { act: TAKEN, why, source_: "house rule: a search is kept once" }.into()
}

/// Makes an outcome visible unless somebody else was first; answers whether it was.
pub(super) fn unless_taken(outcome: Result<()>) -> Result<bool> {
    match outcome {
        Err(Error::Refused(r)) if r.act == TAKEN => Ok(false),
        other => other.map(|()| true),
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
    let kept = unless_taken(office.write(move |tx| {
        if !still_open(tx, &by, &s)? {
            return Err(taken());
        }
        sql::update_search(tx, &by.org, &s)?;
        Ok(Recorded::new(&by, (), act.clone()))
    }))?;
    Ok(if kept { format!("trouble: {v}") } else { ELSEWHERE.to_owned() })
}

pub(super) const ELSEWHERE: &str = "searched by another process meanwhile";

/// Whether this search is still the one to be answered: nobody finished it meanwhile.
pub(super) fn still_open(tx: &mut Tx<'_>, by: &By, s: &SearchRow) -> Result<bool> {
    let now = sql::a_search(tx, &by.org, &s.id)?;
    let same = now.round == s.round && now.blob == s.blob;
    Ok(same && matches!(now.state.as_str(), "planned" | "running" | "failed"))
}

fn finish(
    office: &Office,
    by: &By,
    case: &Case,
    h: &Holding,
    s: SearchRow,
    ended: Ended,
) -> Result<String> {
    let (office2, by2, h2) = (office.clone(), by.clone(), h.clone());
    let asked = (case.body.wants.period(), case.body.seek());
    let mut outcome = match ended.items {
        0 => "nothing found".to_owned(),
        1 => "1 item found".to_owned(),
        n => format!("{n} items found"),
    };
    match ended.record.gaps().count() {
        0 => {}
        1 => outcome.push_str("; 1 part could not be read"),
        n => outcome.push_str(&format!("; {n} parts could not be read")),
    }
    let said = format!("{}: {outcome}", h.title);
    let act = act_on(case, "request.searched", "UK GDPR Art 15(1A)", said);
    let blob = ended.blob.id.clone();
    let kept = unless_taken(office.write(move |tx| {
        // Searched for another time than is asked for by now, or by less than is known by now of
        // the person: it is searched again.
        let now = acts::load(tx, &office2, &by2, &s.case)?.body;
        if (now.wants.period(), now.seek()) != asked || !still_open(tx, &by2, &s)? {
            return Err(taken());
        }
        take_in(tx, &office2, &by2, &h2, &s, &ended)?;
        Ok(Recorded::new(&by2, (), act.clone()))
    }))?;
    if !kept {
        drop_spool(office, by, blob)?;
        return Ok(ELSEWHERE.to_owned());
    }
    Ok(outcome)
}

/// Takes in what a search found, in the transaction that says so: its spool becomes visible, what
/// needs a person's eye is flagged, what it teaches is searched for elsewhere.
pub(super) fn take_in(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    h: &Holding,
    s: &SearchRow,
    ended: &Ended,
) -> Result<()> {
    blobs::finish(tx, &ended.blob)?;
    carry_over(tx, by, s, &ended.flagged)?;
    if let Some(old) = &s.blob {
        crate::kit::sql::drop_blob(tx, &by.org, old)?;
    }
    let before: Record = serde_json::from_str(&s.record)?;
    // A reason to go without parts stands only while these are the parts.
    let same = before.missed == ended.record.missed && !ended.record.missed.is_empty();
    let missed: Vec<String> = ended.record.missed.iter().map(super::record::Missed::line).collect();
    let row = SearchRow {
        state: "done".into(),
        map_version: h.version,
        items: ended.items,
        record: serde_json::to_string(&ended.record)?,
        blob: Some(ended.blob.id.clone()),
        trouble: (!missed.is_empty()).then(|| missed.join("\n")),
        reason: s.reason.clone().filter(|_| same),
        ended: Some(by.now),
        ..s.clone()
    };
    sql::update_search(tx, &by.org, &row)?;
    taught::teach(tx, office, by, (&s.case, &s.id), ended.learned.clone())?;
    Ok(())
}

/// Flags what a person has to look at. What a person has decided stands as long as the item is the
/// same, by key and by content, whether it is flagged now or not; if its content changed it waits
/// again, with the old decision beside it.
fn carry_over(tx: &mut Tx<'_>, by: &By, s: &SearchRow, flagged: &[Flag]) -> Result<()> {
    let mut old: HashMap<String, Vec<FindingRow>> = HashMap::new();
    for f in sql::findings(tx, &by.org, &s.case)?.into_iter().filter(|f| f.search == s.id) {
        old.entry(f.key.clone()).or_default().push(f);
    }
    sql::drop_findings(tx, &by.org, &s.id)?;
    let rows = flagged.iter().filter_map(|flag| {
        let before = old.get(&flag.key).map(Vec::as_slice).unwrap_or_default();
        carried(s, flag, before)
    });
    sql::insert_findings(tx, &by.org, &s.case, rows.collect::<Vec<_>>())
}

fn carried(s: &SearchRow, flag: &Flag, before: &[FindingRow]) -> Option<FindingRow> {
    let fresh = FindingRow::open(&s.id, flag.item, &flag.key, &flag.content, &flag.why)
        .with_root(&flag.root);
    let same =
        |f: &&FindingRow| f.content == flag.content && f.decision != "open" && !f.is_outside();
    if let Some(f) = before.iter().find(same) {
        return Some(FindingRow { item: flag.item, why: flag.why.clone(), ..f.clone() });
    }
    if let Some(f) = before.iter().find(|f| f.was_decided()) {
        let was = if f.decision == "open" { f.was.clone() } else { f.decision.clone() };
        let mut why = vec!["changed since it was decided".to_owned(), flag.why.clone()];
        why.retain(|w| !w.is_empty());
        let (reason, ground, marks) = (f.reason.clone(), f.ground.clone(), "[]".to_owned());
        // Under the old root: the reason may be sealed by it.
        let (why, root) = (why.join(AND), f.root.clone());
        return Some(FindingRow { was, why, reason, ground, marks, root, ..fresh });
    }
    if flag.outside {
        return Some(fresh.outside());
    }
    (!flag.why.is_empty()).then_some(fresh)
}

/// Moves the case on when every holding has answered or been set aside.
///
/// # Errors
/// Of the database.
pub fn settle(office: &Office, by: &By, id: &str) -> Result<Progress> {
    let state = office.read(|tx| acts::load(tx, office, by, id))?.row.request.state;
    let found = office.read(|tx| progress(tx, &by.org, id))?;
    if state != State::Searching {
        return Ok(found);
    }
    let (office2, by2, id2) = (office.clone(), by.clone(), id.to_owned());
    let settled = office.write(move |tx| {
        let mut case = acts::load(tx, &office2, &by2, &id2)?;
        let now = progress(tx, &by2.org, &id2)?;
        // The rules say no while a holding is missing, and when another process was first.
        case.row.request = case.row.request.searched(now.unanswered())?;
        acts::save(tx, &office2, &by2, case.clone())?;
        let mut said = format!("{} items found; search record kept", now.items);
        if now.partly > 0 {
            said.push_str(&format!("; {} holdings could be read only in part", now.partly));
        }
        let act = act_on(&case, "request.search-finished", "UK GDPR Art 15(1A)", said);
        Ok(Recorded::new(&by2, (), act))
    });
    match settled {
        Ok(()) | Err(Error::Refused(_)) => office.read(|tx| progress(tx, &by.org, id)),
        Err(e) => Err(e),
    }
}

/// How far the search of a case is.
///
/// # Errors
/// Of the database.
pub fn progress(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<Progress> {
    let two = crate::charter::current(tx, org)?.rights.second_approver;
    let mut p = Progress { open: sql::open_findings(tx, org, id, two)?, ..Progress::default() };
    for s in sql::searches(tx, org, id)? {
        p.searches += 1;
        p.partly += u64::from(matches!(Owed::of(&s)?, Owed::Parts(_)));
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

#[cfg(test)]
#[path = "find_tests.rs"]
mod tests;
