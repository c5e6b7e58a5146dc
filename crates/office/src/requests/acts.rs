//! What moves a case on: read, decide (rules), write, record. Every face calls these.

use candour_db::Tx;
use jiff::civil::Date;

use super::body::Body;
use super::rules::{Clockwork, Ground, Outcome, Request, Right, Settled, State, Via};
use super::sql::{self, CaseRow};
use crate::charter::{self, Charter};
use crate::error::{Error, Result};
use crate::kit::{dates, jobs, links, new_id};
use crate::office::Office;
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// A case with its personal content opened.
#[derive(Debug, Clone)]
pub struct Case {
    /// As kept.
    pub row: CaseRow,
    /// Opened.
    pub body: Body,
}

impl Case {
    /// The request: right, state, clock.
    pub fn request(&self) -> &Request {
        &self.row.request
    }
}

/// What is needed to log a request.
#[derive(Debug, Clone)]
pub struct NewCase {
    /// Which right.
    pub right: Right,
    /// How it came.
    pub via: Via,
    /// The day it was received.
    pub received: Date,
    /// Who and what.
    pub body: Body,
}

/// A logged request.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Id.
    pub id: String,
    /// Reference.
    pub reference: String,
    /// The secret of the status page: shown once, kept as a hash.
    pub secret: String,
    /// The day by which we answer.
    pub act_by: Option<Date>,
}

fn place(case: &str) -> String {
    format!("case\u{0}{case}")
}

/// What the clock needs of the office and the charter.
pub fn clockwork<'a>(office: &'a Office, charter: &Charter) -> Clockwork<'a> {
    Clockwork {
        calendar: office.calendar(),
        division: charter.law.division,
        promise_days: charter.rights.own_target_days,
        lapse_days: charter.rights.lapse_days,
    }
}

/// Opens a case's content.
///
/// # Errors
/// Denied, not found, or its key has been destroyed.
pub fn load(tx: &mut Tx<'_>, office: &Office, by: &By, id: &str) -> Result<Case> {
    let row = sql::case_by_id(tx, &by.org, id)?;
    open_row(tx, office, &by.org, row)
}

/// Opens a case by its reference.
///
/// # Errors
/// As [`load`].
pub fn load_by_ref(tx: &mut Tx<'_>, office: &Office, by: &By, reference: &str) -> Result<Case> {
    let row = sql::case_by_ref(tx, &by.org, reference.trim())?;
    open_row(tx, office, &by.org, row)
}

/// Opens the content of a row.
///
/// # Errors
/// The key has been destroyed, or the content was changed.
pub fn open_row(tx: &mut Tx<'_>, office: &Office, org: &str, row: CaseRow) -> Result<Case> {
    let plain = office.vault().open(tx, org, &row.key, &place(&row.id), &row.sealed)?;
    Ok(Case { body: serde_json::from_slice(&plain)?, row })
}

/// Logs a request: reference, clock, case key, acknowledgement.
///
/// # Errors
/// Denied, fields to mend, or the holiday list does not reach far enough.
pub fn open_case(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    new: &NewCase,
) -> Result<Recorded<Opened>> {
    by.role.may(Permission::OpenCase)?;
    new.body.asker.check()?;
    let today = dates::day_of(by.now);
    if new.received > today {
        return Err(Error::invalid("received", "The day it was received can't be in the future"));
    }
    let charter = charter::current(tx, &by.org)?;
    let agent = new.body.asker.agent.is_some();
    let request = Request::new(new.right, new.via, new.received, agent);
    let dates = request.dates(&clockwork(office, &charter))?;
    let year = new.received.year();
    let prefix = &charter.organisation.reference;
    let n = crate::kit::sql::next_number(tx, &by.org, &format!("{prefix}-{year}"))?;
    let id = new_id(by.now);
    let key = office.vault().make_key(tx, &by.org, &format!("case:{id}"), by.now)?;
    let secret = links::new_code()?;
    let sealed = seal(tx, office, by, &key, &id, &new.body)?;
    let row = CaseRow {
        id: id.clone(),
        reference: format!("{prefix}-{year}-{n:04}"),
        request,
        version: 1,
        act_by: dates.act_by,
        limit: dates.limit.as_ref().map(|d| d.on),
        owner: None,
        key: key.clone(),
        sealed,
        secret: links::hash(&links::fold_code(&secret)).to_vec(),
        made: by.now,
    };
    sql::insert_case(tx, &by.org, &row)?;
    let said = format!("Received {} on {}", new.via.words(), dates::full(new.received));
    let act = Act::new("request.received")
        .about("case", &id)
        .law("UK GDPR Art 12(3)")
        .law("UK GDPR Art 15")
        .say(&key, said);
    let opened =
        Opened { id, reference: row.reference.clone(), secret: secret.clone(), act_by: row.act_by };
    let case = Case { row, body: new.body.clone() };
    let letter = super::letters::acknowledgement(office, &charter, &case, &dates, &secret)?;
    let sent = super::letters::post(tx, office, by, &case, letter)?;
    Ok(Recorded::new(by, opened, act).and(sent))
}

fn seal(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    key: &str,
    id: &str,
    body: &Body,
) -> Result<Vec<u8>> {
    office.vault().seal(tx, &by.org, key, &place(id), &serde_json::to_vec(body)?)
}

/// Writes a changed case back with fresh dates.
///
/// # Errors
/// Somebody else changed it meanwhile.
pub fn save(tx: &mut Tx<'_>, office: &Office, by: &By, mut case: Case) -> Result<()> {
    let charter = charter::current(tx, &by.org)?;
    let dates = case.row.request.dates(&clockwork(office, &charter))?;
    case.row.act_by = dates.act_by;
    case.row.limit = dates.limit.map(|d| d.on);
    if case.row.request.answered.is_some() {
        // The time of the request was kept by the first answer; what follows has no day in law.
        (case.row.act_by, case.row.limit) = (None, None);
    }
    case.row.sealed = seal(tx, office, by, &case.row.key, &case.row.id, &case.body)?;
    let closed = match &case.row.request.state {
        State::Closed { on, .. } => Some(*on),
        _ => None,
    };
    sql::update_case(tx, &by.org, &case.row, closed)
}

/// An act on the case, its words sealed under the case's key.
pub fn act_on(case: &Case, word: &'static str, law: &str, said: impl Into<String>) -> Act {
    Act::new(word).about("case", &case.row.id).law(law).say(&case.row.key, said)
}

type Next = Box<dyn Fn(Request, &Clockwork<'_>) -> Result<Request>>;

/// The shape that most acts share: allowed? load, decide, write back, record.
fn step(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    may: Permission,
    next: Next,
) -> Result<Case> {
    by.role.may(may)?;
    let mut case = load(tx, office, by, id)?;
    let charter = charter::current(tx, &by.org)?;
    case.row.request = next(case.row.request.clone(), &clockwork(office, &charter))?;
    save(tx, office, by, case.clone())?;
    Ok(case)
}

/// Asks for something that settles who is asking, by letter.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn ask_identity(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    doubt: &str,
) -> Result<Recorded<()>> {
    if doubt.trim().is_empty() {
        return Err(Error::invalid(
            "doubt",
            "Say why there is reasonable doubt: the letter says so",
        ));
    }
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, _| r.ask_identity(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let letter = super::letters::identity(office, &charter, &case, doubt)?;
    let sent = super::letters::post(tx, office, by, &case, letter)?;
    let act = act_on(&case, "request.identity-asked", "UK GDPR Art 12(6)", doubt.trim());
    Ok(Recorded::new(by, (), act).and(sent))
}

/// Settles who is asking; the search is planned and queued in the same transaction.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn settle_identity(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    settled: &Settled,
) -> Result<Recorded<usize>> {
    let s = settled.clone();
    let next: Next = Box::new(move |r, _| r.settle_identity(&s.how, s.on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let planned = super::find::plan(tx, by, &case)?;
    jobs::queue(tx, &by.org, "search", id, by.now)?;
    let said = format!("Identity settled: {}", settled.how.trim());
    let act = act_on(&case, "request.identity-settled", "UK GDPR Art 12(6)", said);
    let plan = format!("{planned} holdings to search");
    let plan = act_on(&case, "request.search-planned", "UK GDPR Art 15(1A)", plan);
    Ok(Recorded::new(by, planned, act).and(plan))
}

/// Records that an agent's authority came.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn record_authority(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    what: &str,
    on: Date,
) -> Result<Recorded<()>> {
    if what.trim().is_empty() {
        return Err(Error::invalid("what", "Say what shows the authority"));
    }
    let next: Next = Box::new(move |r, _| r.record_authority(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let act = act_on(&case, "request.authority-shown", "UK GDPR Art 12(6)", what.trim());
    Ok(Recorded::new(by, (), act))
}

/// Asks what is wanted, by letter; the clock stops.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn clarify(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    question: &str,
) -> Result<Recorded<()>> {
    if question.trim().is_empty() {
        return Err(Error::invalid("question", "Write what you need to know"));
    }
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, _| r.clarify(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let letter = super::letters::clarification(office, &charter, &case, question)?;
    let sent = super::letters::post(tx, office, by, &case, letter)?;
    let act = act_on(&case, "request.clarification-asked", "UK GDPR Art 12A(5)", question.trim());
    Ok(Recorded::new(by, (), act).and(sent))
}

/// The answer to a question came: the clock runs on.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn clarified(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    answer: &str,
    on: Date,
) -> Result<Recorded<()>> {
    if on > dates::day_of(by.now) {
        return Err(Error::invalid("on", "The day the answer came can't be in the future"));
    }
    let next: Next = Box::new(move |r, _| r.clarified(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let act = act_on(&case, "request.clarified", "UK GDPR Art 12A(5)", answer.trim());
    Ok(Recorded::new(by, (), act))
}

/// Warns by letter that the request will be closed if our question stays open.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn warn(tx: &mut Tx<'_>, office: &Office, by: &By, id: &str) -> Result<Recorded<()>> {
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, _| r.warn(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let until = case.request().lapses_on(&clockwork(office, &charter));
    let until = until.ok_or_else(|| Error::fault("a warning without its day"))?;
    let letter = super::letters::warning(office, &charter, &case, until)?;
    let sent = super::letters::post(tx, office, by, &case, letter)?;
    let said = format!("Warned that the request lapses on {}", dates::full(until));
    let act = act_on(&case, "request.lapse-warned", "UK GDPR Art 12A(5)", said);
    Ok(Recorded::new(by, (), act).and(sent))
}

/// Extends by two months, with the letter that the law wants within the first month.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn extend(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    reason: &str,
) -> Result<Recorded<()>> {
    let on = dates::day_of(by.now);
    let why = reason.to_owned();
    let next: Next = Box::new(move |r, c| r.extend(&why, on, c));
    let case = step(tx, office, by, id, Permission::ReleaseCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let dates = case.row.request.dates(&clockwork(office, &charter))?;
    let letter = super::letters::extension(office, &charter, &case, &dates, reason)?;
    let sent = super::letters::post(tx, office, by, &case, letter)?;
    let act = act_on(&case, "request.extended", "UK GDPR Art 12A(4)", reason.trim());
    Ok(Recorded::new(by, (), act).and(sent))
}

/// Refuses the whole request, with reasons and where to complain.
///
/// # Errors
/// Denied, no reasons, or refused by the rules.
pub fn refuse(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    ground: Ground,
    reasons: &str,
) -> Result<Recorded<()>> {
    if reasons.trim().is_empty() {
        return Err(Error::invalid(
            "reasons",
            "Give the facts relied on: the controller has to prove them",
        ));
    }
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, _| r.refuse(ground, on));
    let case = step(tx, office, by, id, Permission::ReleaseCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let letter = super::letters::refusal(office, &charter, &case, ground, reasons)?;
    let sent = super::letters::post(tx, office, by, &case, letter)?;
    let said = format!("Refused: {}. {}", ground.words(), reasons.trim());
    let act = act_on(&case, "request.refused", ground.source(), said).law("UK GDPR Art 12(4)");
    Ok(Recorded::new(by, (), act).and(sent))
}

/// Closes a request that was withdrawn or lapsed.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn end(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    outcome: Outcome,
    note: &str,
) -> Result<Recorded<()>> {
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, c| r.end(outcome, on, c));
    let case = step(tx, office, by, id, Permission::ReleaseCases, next)?;
    let said = format!("{}. {}", outcome.words(), note.trim());
    let act = act_on(&case, "request.closed", "UK GDPR Art 12(3)", said.trim());
    Ok(Recorded::new(by, (), act))
}

/// Destroys the content of a closed case: its key goes, so that what it sealed (details, spools,
/// packs, letters, the words of its history) can never be read again. The ledger still verifies.
///
/// # Errors
/// Denied, or the case is still open.
pub fn destroy(tx: &mut Tx<'_>, office: &Office, by: &By, id: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::ReleaseCases)?;
    let row = sql::case_by_id(tx, &by.org, id)?;
    if !matches!(row.request.state, State::Closed { .. }) {
        return Err(crate::error::Refusal {
            act: "destroy the content",
            why: "the case is still open: close it first".into(),
            source_: "DPA 2018 s.173",
        }
        .into());
    }
    office.vault().shred(tx, &by.org, &row.key, by.now)?;
    let key = office.vault().key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("request.content-destroyed")
        .about("case", id)
        .law("UK GDPR Art 5(1)(e)")
        .say(&key, format!("Content of {} destroyed", row.reference));
    Ok(Recorded::new(by, (), act))
}

/// Gives the case to a member of staff, or to nobody.
///
/// # Errors
/// Denied or not found.
pub fn assign(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    staff: Option<&str>,
) -> Result<Recorded<()>> {
    by.role.may(Permission::WorkCases)?;
    let mut case = load(tx, office, by, id)?;
    let name = match staff {
        Some(s) => crate::staff::sql::by_id(tx, &by.org, s)?.name,
        None => "nobody".to_owned(),
    };
    case.row.owner = staff.map(str::to_owned);
    save(tx, office, by, case.clone())?;
    let act = act_on(&case, "request.assigned", "UK GDPR Art 24(1)", format!("Given to {name}"));
    Ok(Recorded::new(by, (), act))
}
