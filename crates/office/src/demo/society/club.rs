//! The club's own database: an ordinary SQLite file as a society's program would have left it,
//! some keys declared, some not, filled in one transaction.

use std::path::Path;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use rusqlite::{Connection, Transaction, params};

use super::people::{AMARA, Dice, HUSBAND, MEMBERS, Member, NAMESAKE, member};
use crate::error::{Error, Result};

const TABLES: &str = "
CREATE TABLE membership_grades (code TEXT PRIMARY KEY, title TEXT NOT NULL, yearly_fee INTEGER);
CREATE TABLE events (id INTEGER PRIMARY KEY, title TEXT NOT NULL, held_on DATE, place TEXT);
CREATE TABLE members (id INTEGER PRIMARY KEY, member_no TEXT NOT NULL UNIQUE, title TEXT,
  forename TEXT NOT NULL, surname TEXT NOT NULL, maiden_name TEXT, email TEXT, mobile TEXT,
  landline TEXT, dob DATE, grade TEXT NOT NULL REFERENCES membership_grades (code),
  joined_on DATE, status TEXT NOT NULL);
CREATE TABLE addresses (id INTEGER PRIMARY KEY,
  member_id INTEGER NOT NULL REFERENCES members (id), kind TEXT NOT NULL, line1 TEXT, town TEXT,
  postcode TEXT, since DATE);
CREATE TABLE payments (id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL, paid_on DATE,
  amount_pence INTEGER NOT NULL, method TEXT, paid_for TEXT);
CREATE TABLE payment_audit (id INTEGER PRIMARY KEY,
  payment_id INTEGER NOT NULL REFERENCES payments (id), changed_on DATE, change TEXT, by_post TEXT);
CREATE TABLE event_bookings (id INTEGER PRIMARY KEY, member_id INTEGER NOT NULL,
  event_id INTEGER NOT NULL REFERENCES events (id), booked_on DATE, places INTEGER NOT NULL,
  guest_name TEXT, dietary_notes TEXT);
CREATE TABLE correspondence (id INTEGER PRIMARY KEY, member_no TEXT NOT NULL, sent_on DATE,
  direction TEXT NOT NULL, subject TEXT, body TEXT);
CREATE TABLE committee_notes (id INTEGER PRIMARY KEY, member_id INTEGER, meeting_on DATE,
  note TEXT);
CREATE INDEX members_email ON members (email);
CREATE INDEX addresses_member ON addresses (member_id);
CREATE INDEX payments_member ON payments (member_id);
CREATE INDEX audit_payment ON payment_audit (payment_id);
CREATE INDEX bookings_member ON event_bookings (member_id);
CREATE INDEX correspondence_member ON correspondence (member_no);
CREATE INDEX notes_member ON committee_notes (member_id);
";

const EVENTS: [(i8, &str, &str); 8] = [
    (3, "Spring walk", "Quay steps"),
    (4, "Annual dinner", "Harbour House"),
    (6, "Regatta", "Outer harbour"),
    (7, "Summer fair", "Society green"),
    (9, "Evening lecture", "Harbour House"),
    (10, "Boat repair class", "Slipway shed"),
    (11, "Autumn walk", "Coast path"),
    (12, "Winter supper", "Harbour House"),
];

/// Years of events: event 1 is the first of 2022.
const EVENT_YEARS: i16 = 5;

/// Makes the database file.
///
/// # Errors
/// The folder can't be written.
pub fn make(path: &Path) -> Result<()> {
    fill(path).map_err(|e| Error::fault(format!("the sample database: {e}")))
}

fn fill(path: &Path) -> rusqlite::Result<()> {
    let mut db = Connection::open(path)?;
    // A run that dies leaves nothing to recover: the next one starts over.
    db.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    let tx = db.transaction()?;
    tx.execute_batch(TABLES)?;
    lookups(&tx)?;
    for id in 1..=MEMBERS {
        let m = member(id);
        one_member(&tx, &m)?;
        match id {
            AMARA => amara(&tx)?,
            HUSBAND => husband(&tx)?,
            NAMESAKE => namesake(&tx)?,
            _ => anyone(&tx, &m)?,
        }
    }
    tx.commit()
}

fn lookups(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let grades =
        [("F", "Full", 3600), ("H", "Household", 5400), ("J", "Junior", 900), ("L", "Life", 0)];
    for (code, title, fee) in grades {
        tx.prepare_cached("INSERT INTO membership_grades VALUES (?1, ?2, ?3)")?
            .execute(params![code, title, fee])?;
    }
    let mut id = 0;
    for year in 2022..2022 + EVENT_YEARS {
        for (month, title, place) in EVENTS {
            id += 1;
            let on = date(year, month, 14);
            tx.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4)")?.execute(params![
                id,
                title,
                on.to_string(),
                place
            ])?;
        }
    }
    Ok(())
}

fn one_member(tx: &Transaction<'_>, m: &Member) -> rusqlite::Result<()> {
    let mut dice = Dice::new(u64::from(m.id) + 1_000_000);
    let grade = match m.id {
        AMARA | HUSBAND => "H",
        _ => dice.pick(&["F", "F", "F", "H", "H", "J", "L"]),
    };
    let status = if dice.below(12) == 0 && m.id != AMARA { "lapsed" } else { "current" };
    tx.prepare_cached(
        "INSERT INTO members VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        m.id,
        m.number(),
        (!m.title.is_empty()).then_some(m.title),
        m.forename,
        m.surname,
        m.maiden,
        m.email,
        m.mobile,
        m.landline,
        m.born.to_string(),
        grade,
        m.joined.to_string(),
        status
    ])?;
    address(tx, m.id, m.id, "present", &m.line1, m.town, &m.postcode, m.joined)
}

#[expect(clippy::too_many_arguments, reason = "one for each column")]
fn address(
    tx: &Transaction<'_>,
    id: u32,
    member: u32,
    kind: &str,
    line1: &str,
    town: &str,
    postcode: &str,
    since: Date,
) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO addresses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![id, member, kind, line1, town, postcode, since.to_string()])?;
    Ok(())
}

fn payment(tx: &Transaction<'_>, id: u32, on: Date, pence: u32, how: &str) -> rusqlite::Result<()> {
    let what = format!("Membership {}", on.year());
    tx.prepare_cached("INSERT INTO payments VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        id,
        id / 10,
        on.to_string(),
        pence,
        how,
        what
    ])?;
    Ok(())
}

fn audit(tx: &Transaction<'_>, payment: u32, on: Date, what: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO payment_audit VALUES (?1, ?1, ?2, ?3, 'Treasurer')")?
        .execute(params![payment, on.to_string(), what])?;
    Ok(())
}

fn booking(
    tx: &Transaction<'_>,
    id: u32,
    event: u32,
    on: Date,
    guest: Option<&str>,
    diet: Option<&str>,
) -> rusqlite::Result<()> {
    let places = if guest.is_some() { 2 } else { 1 };
    tx.prepare_cached("INSERT INTO event_bookings VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![id, id / 10, event, on.to_string(), places, guest, diet])?;
    Ok(())
}

fn letter(
    tx: &Transaction<'_>,
    id: u32,
    on: Date,
    way: &str,
    subject: &str,
    body: &str,
) -> rusqlite::Result<()> {
    let number = format!("HM-{:06}", id / 10);
    tx.prepare_cached("INSERT INTO correspondence VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![id, number, on.to_string(), way, subject, body])?;
    Ok(())
}

fn note(tx: &Transaction<'_>, id: u32, on: Date, note: &str) -> rusqlite::Result<()> {
    tx.prepare_cached("INSERT INTO committee_notes VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        id,
        id / 10,
        on.to_string(),
        note
    ])?;
    Ok(())
}

/// Rows of a member nobody asks about. The number of a row is ten times the member's and one more
/// for each.
fn anyone(tx: &Transaction<'_>, m: &Member) -> rusqlite::Result<()> {
    let mut dice = Dice::new(u64::from(m.id) + 2_000_000);
    let first = m.id * 10;
    if dice.below(5) == 0 {
        let before = member(m.id + 50_000);
        let since = m.joined.saturating_sub(2.years());
        let id = MEMBERS + m.id;
        address(tx, id, m.id, "former", &before.line1, before.town, &before.postcode, since)?;
    }
    for k in 0..1 + dice.below(5) {
        let on = date(2026 - i16::try_from(k).unwrap_or(0), 1, 31);
        payment(tx, first + k, on, 3600, dice.pick(&["direct debit", "card", "cheque", "cash"]))?;
        if dice.below(20) == 0 {
            audit(tx, first + k, on, "Amount corrected from 34.00 to 36.00")?;
        }
    }
    for k in 0..dice.below(4) {
        let other = member(1 + dice.below(MEMBERS)).name();
        let cast = other.ends_with("Quill");
        let guest = (dice.below(4) == 0 && !cast).then_some(other.as_str());
        let diet = [None, None, None, Some("vegetarian"), Some("no nuts"), Some("vegan")];
        let diet = diet[dice.below(6) as usize];
        booking(tx, first + k, 1 + dice.below(40), dice.day(2022, 2025), guest, diet)?;
    }
    for k in 0..dice.below(3) {
        let subject = dice.pick(&["Your renewal", "Event tickets", "Change of address", "Keys"]);
        let body =
            format!("Dear {}, thank you for your message. We have put this right.", m.name());
        letter(tx, first + k, dice.day(2020, 2025), "out", subject, &body)?;
    }
    if dice.below(40) == 0 {
        let what = dice.pick(&["offered to help at the regatta", "asked about mooring fees"]);
        note(tx, first, dice.day(2020, 2025), &format!("{} {what}.", m.name()))?;
    }
    Ok(())
}

/// What the data subject's request has to bring to light in this database.
fn amara(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let id = AMARA * 10;
    let old = MEMBERS + AMARA;
    address(tx, old, AMARA, "former", "3 Mill Lane", "Exwick", "EX4 3PN", date(2014, 5, 2))?;
    for (k, year) in (0..).zip([2026, 2025, 2024]) {
        payment(tx, id + k, date(year, 1, 31), 5400, "direct debit")?;
    }
    audit(tx, id + 1, date(2025, 2, 4), "Amount corrected from 36.00 to 54.00")?;
    booking(tx, id, 26, date(2025, 1, 20), None, Some("vegetarian"))?;
    let guest = Some("Derek Plimmer");
    booking(tx, id + 1, 28, date(2025, 4, 2), guest, Some("guest: nut allergy"))?;
    letter(
        tx,
        id,
        date(2018, 7, 2),
        "in",
        "Change of surname",
        "I have married and my surname is now Quill. Please change my record from Fenwick.",
    )?;
    letter(
        tx,
        id + 1,
        date(2026, 1, 12),
        "out",
        "Your renewal",
        "Dear Mrs Quill, thank you for renewing. Your card for 2026 is on its way.",
    )?;
    letter(
        tx,
        id + 2,
        date(2025, 8, 19),
        "in",
        "Trouble at the slipway",
        "Derek Plimmer has again left his trailer across the slipway. Please speak to him.",
    )?;
    note(
        tx,
        id,
        date(2025, 3, 11),
        "Amara Quill offered to run the tea stall at the summer fair.",
    )?;
    note(
        tx,
        id + 1,
        date(2025, 9, 9),
        "Mrs Quill and Derek Plimmer disagree about the slipway. Jane Harcombe to speak to both.",
    )
}

/// Her husband, who hangs on the same landline.
fn husband(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let id = HUSBAND * 10;
    payment(tx, id, date(2026, 1, 31), 0, "household")?;
    booking(tx, id, 26, date(2025, 1, 20), Some("Amara Quill"), Some("coeliac"))?;
    letter(
        tx,
        id,
        date(2024, 10, 8),
        "in",
        "Bank details",
        "My account has changed. Tobias Quill, 01632 960123.",
    )
}

/// The other member of her name, who lives at the postcode she left.
fn namesake(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let id = NAMESAKE * 10;
    payment(tx, id, date(2026, 1, 31), 3600, "card")?;
    booking(tx, id, 29, date(2025, 5, 6), None, None)
}
