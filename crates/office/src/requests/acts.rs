//! What moves a case on: read, decide (rules), write, record. Every face calls these. What waits
//! for the person is in `acts_wait`, what ends or extends a request in `acts_end`.

use candour_connectors::Kind;
use candour_db::Tx;
use jiff::civil::Date;

use super::body::Body;
use super::rules::{Clockwork, Request, Right, State, Via};
use super::sql::{self, CaseRow};
use crate::charter::{self, Charter};
use crate::error::{Error, Refusal, Result};
use crate::kit::{dates, links, new_id};
use crate::office::Office;
use crate::people::{self, Asker, Hash16};
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

pub use super::acts_correct::{Corrected, correct};
pub use super::acts_end::{
    Refusing, Teller, approve, child, died, end, extend, letter_again, letter_posted,
    letter_sent_on, propose_refusal, unrefuse,
};
pub use super::acts_wait::{
    AskedFee, ask_fee, ask_identity, clarified, clarify, fee_paid, record_authority, remind,
    settle_identity, warn,
};

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
        second_approver: charter.rights.second_approver,
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
    new.body.wants.period().check()?;
    let today = dates::day_of(by.now);
    if new.received > today {
        return Err(Error::invalid("received", "The day it was received can't be in the future"));
    }
    let charter = charter::current(tx, &by.org)?;
    let agent = new.body.asker.agent.is_some();
    let mut request = Request::new(new.right, new.via, new.received, agent);
    request.logged = Some(today);
    let dates = request.dates(&clockwork(office, &charter))?;
    let year = new.received.year();
    let prefix = &charter.organisation.reference;
    let n = crate::kit::sql::next_number(tx, &by.org, &format!("{prefix}-{year}"))?;
    let id = new_id(by.now);
    let key = office.vault().make_key(tx, &by.org, &format!("case:{id}"), by.now)?;
    let secret = links::new_code()?;
    let sealed = seal(tx, office, by, &key, &id, &new.body)?;
    let waiting = request.wait(&clockwork(office, &charter))?.map(|w| w.since);
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
        secret: secret_hash(&secret),
        waiting,
        reminded: None,
        made: by.now,
    };
    sql::insert_case(tx, &by.org, &row)?;
    hash_asker(tx, office, by, &id, &new.body.asker)?;
    let said = format!("Received {} on {}", new.via.words(), dates::full(new.received));
    let act = Act::new("request.received")
        .about("case", &id)
        .law("UK GDPR Art 12(3)")
        .law("UK GDPR Art 15")
        .say(&key, said);
    let opened =
        Opened { id, reference: row.reference.clone(), secret: secret.clone(), act_by: row.act_by };
    let case = Case { row, body: new.body.clone() };
    let letter =
        super::letters::acknowledgement(office, &charter, &case, &dates, (&secret, false))?;
    let sent = super::letters::post(tx, office, by, &case, letter)?;
    Ok(Recorded::new(by, opened, act).and(sent))
}

/// Keeps by which of the asker's addresses and numbers their later requests find this one. Whoever
/// adds to the asker of a case calls it again.
pub(super) fn hash_asker(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    case: &str,
    asker: &Asker,
) -> Result<()> {
    let hashes = asker_hashes(office, by, asker)?;
    sql::add_case_ids(tx, &by.org, case, &hashes)
}

/// Keyed hashes of every e-mail address and telephone number that the asker gave.
pub(super) fn asker_hashes(office: &Office, by: &By, asker: &Asker) -> Result<Vec<Hash16>> {
    let hasher = people::hasher(office.vault(), &by.org)?;
    let given = [(Kind::Email, &asker.emails), (Kind::Phone, &asker.phones)];
    let all = given.into_iter().flat_map(|(kind, list)| list.iter().map(move |v| (kind, v)));
    Ok(all.filter_map(|(kind, v)| people::hash_raw(&hasher, kind, v).ok()).collect())
}

fn secret_hash(secret: &str) -> Vec<u8> {
    links::hash(&links::fold_code(secret)).to_vec()
}

/// A new code for the status page; the old one opens nothing more.
pub(super) fn fresh_secret(tx: &mut Tx<'_>, by: &By, id: &str) -> Result<String> {
    let secret = links::new_code()?;
    sql::set_secret(tx, &by.org, id, &secret_hash(&secret))?;
    Ok(secret)
}

/// Gives the status page a new code and writes it to the person; the old one opens nothing more.
///
/// # Errors
/// Denied or not found.
pub fn new_code(tx: &mut Tx<'_>, office: &Office, by: &By, id: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::WorkCases)?;
    let case = load(tx, office, by, id)?;
    // A button that was pressed twice: two letters with two codes would each call the other void.
    let just_now = by.now - jiff::SignedDuration::from_secs(60);
    let mut letters = crate::kit::sql::letters_of(tx, &by.org, id)?.into_iter();
    if letters.any(|l| l.name == "new-code" && l.made > just_now) {
        return Err(Refusal {
            act: "send a new code",
            why: "one was sent less than a minute ago".into(),
            source_: "house rule: one code at a time",
        }
        .into());
    }
    let charter = charter::current(tx, &by.org)?;
    let secret = fresh_secret(tx, by, id)?;
    let letter = super::letters::code(office, &charter, &case, &secret)?;
    let sent = super::letters::post(tx, office, by, &case, letter)?;
    let said = "A new code for the status page; the old one is void";
    let act = act_on(&case, "request.code-renewed", "UK GDPR Art 12(2)", said);
    Ok(Recorded::new(by, (), act).and(sent))
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
    let clock = clockwork(office, &charter);
    let dates = case.row.request.dates(&clock)?;
    case.row.waiting = case.row.request.wait(&clock)?.map(|w| w.since);
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

/// Records an act that changes nothing of the case, in a commit of its own.
///
/// # Errors
/// No such case, or of the database.
pub(super) fn on_record(
    office: &Office,
    by: &By,
    id: &str,
    act: impl Fn(&Case) -> Act + Send + 'static,
) -> Result<()> {
    let (office2, by2, id) = (office.clone(), by.clone(), id.to_owned());
    office.write(move |tx| {
        let case = load(tx, &office2, &by2, &id)?;
        Ok(Recorded::new(&by2, (), act(&case)))
    })
}

pub(super) type Next = Box<dyn Fn(Request, &Clockwork<'_>) -> Result<Request>>;

/// The shape that most acts share: allowed? load, decide, write back; the caller records.
pub(super) fn step(
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

/// Destroys the content of a closed case: its key goes, so that what it sealed (details, spools,
/// packs, letters, the words of its history) can never be read again. The ledger still verifies.
///
/// # Errors
/// Denied, or the case is still open.
pub fn destroy(tx: &mut Tx<'_>, office: &Office, by: &By, id: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::ReleaseCases)?;
    let row = sql::case_by_id(tx, &by.org, id)?;
    if !matches!(row.request.state, State::Closed { .. }) {
        return Err(Refusal {
            act: "destroy the content",
            why: "the case is still open: close it first".into(),
            source_: "DPA 2018 s.173",
        }
        .into());
    }
    office.vault().shred(tx, &by.org, &row.key, by.now)?;
    forget_words(tx, by, row.clone())?;
    let key = office.vault().key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("request.content-destroyed")
        .about("case", id)
        .law("UK GDPR Art 5(1)(e)")
        .say(&key, format!("Content of {} destroyed", row.reference));
    Ok(Recorded::new(by, (), act))
}

/// Takes away what stands beside the sealed content: what a post answered, why a search was set
/// aside, how identity was settled, and the hashes of whose case it was. What was searched and when
/// stays.
fn forget_words(tx: &mut Tx<'_>, by: &By, mut row: CaseRow) -> Result<()> {
    for mut s in sql::searches(tx, &by.org, &row.id)? {
        let mut record: super::search::Record = serde_json::from_str(&s.record)?;
        (record.answer, s.reason) = (None, None);
        s.record = serde_json::to_string(&record)?;
        sql::update_search(tx, &by.org, &s)?;
    }
    let closed = match row.request.state {
        State::Closed { on, .. } => Some(on),
        _ => None,
    };
    row.request = row.request.without_words();
    sql::forget_case_ids(tx, &by.org, &row.id)?;
    sql::update_case(tx, &by.org, &row, closed)
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
