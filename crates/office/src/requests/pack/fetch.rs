//! The person's side of a link: it opens with the e-mail address and the code that came another
//! way, and then the answer can be saved. And what becomes of links by themselves: a reminder, and
//! their end.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use candour_db::Tx;
use candour_screening::{Kind, normalise};
use jiff::{SignedDuration, Timestamp};

use super::hand::end;
use crate::charter::{self, Charter};
use crate::error::{Error, Refusal, Result};
use crate::kit::blobs::BlobReader;
use crate::kit::{dates, links};
use crate::office::Office;
use crate::proof::{By, Recorded};
use crate::requests::acts::{self, Case, act_on};
use crate::requests::letters;
use crate::requests::sql::{self, Handover, PackRow};

/// Wrong answers before a link is locked.
const TRIES: u64 = 5;
/// What the key of tickets is for.
const PURPOSE: &str = "fetch";
/// A ticket lasts this long.
const TICKET: SignedDuration = SignedDuration::from_mins(30);
/// The reminder goes this long before the end of a link: on day 21 of 28.
const REMIND: SignedDuration = SignedDuration::from_hours(24 * 7);

/// What a link leads to.
pub struct Link {
    /// The organisation, whose frame its page has. `None`: no such link was ever made.
    pub charter: Option<Charter>,
    /// Why it does not open, in words to the person. `None`: it does.
    pub dead: Option<&'static str>,
}

/// Looks at a link without using it.
///
/// # Errors
/// Of the database.
pub fn look(office: &Office, token: &str) -> Result<Link> {
    let now = office.now();
    office.read(|tx| {
        let Some(link) = crate::kit::sql::link(tx, links::hash(token), "fetch")? else {
            let dead = "This link is not complete, or was never made. Copy the whole of it.";
            return Ok(Link { charter: None, dead: Some(dead) });
        };
        let charter = charter::current(tx, &link.org)?;
        let h = sql::a_handover(tx, &link.org, &link.about)?;
        let dead = match h.ended_why.as_deref() {
            Some("locked") => Some("This link was locked after too many wrong answers."),
            Some("replaced") => Some("A newer link was sent to you: use that one."),
            Some("revoked") => Some("This link was taken back."),
            Some(_) => Some("This link has run out."),
            None if now >= link.ends => Some("This link has run out."),
            None => None,
        };
        Ok(Link { charter: Some(charter), dead })
    })
}

/// An answer that may be saved now.
pub struct Proven {
    /// Shows for a while that address and code were given.
    pub ticket: String,
    /// How large the file is, in bytes.
    pub bytes: u64,
    /// It is the whole answer.
    pub complete: bool,
    /// The last moment at which the link opens.
    pub until: Timestamp,
}

/// Shows who is there: the e-mail address that letters went to, and the code that came another
/// way. May be repeated until the link ends; five wrong answers lock it.
///
/// # Errors
/// A stale or locked link, or a wrong answer; which of the two was wrong is not said.
pub fn prove(office: &Office, token: &str, email: &str, code: &str) -> Result<Proven> {
    let Opened { by, link, pack, case } = opened(office, token)?;
    let normal = |e: &str| normalise(Kind::Email, e).ok();
    let right = case.body.asker.reply_to().and_then(normal);
    let given = links::hash(&links::fold_code(code));
    let same_code = link.code.as_deref().is_some_and(|c| openssl::memcmp::eq(c, &given));
    if right.is_none() || normal(email) != right || !same_code {
        return Err(wrong(office, &by, &case, &link)?);
    }
    let until = (by.now + TICKET).as_second().to_string();
    let sealed = office.vault().derived(PURPOSE)?.seal(&place(token, &link), until.as_bytes())?;
    let ticket = URL_SAFE_NO_PAD.encode(sealed);
    let until = link.ends.unwrap_or(by.now);
    Ok(Proven { ticket, bytes: pack.bytes, complete: pack.complete, until })
}

/// Saves a pack through its public link, with the ticket of [`prove`]; that it was fetched is
/// recorded. Answers the case's reference too.
///
/// # Errors
/// A stale or locked link, or a ticket that is none or has run out.
pub fn save(office: &Office, token: &str, ticket: &str) -> Result<(PackRow, BlobReader, String)> {
    let Opened { by, link, pack, case } = opened(office, token)?;
    let over = || {
        let said = "That was more than half an hour ago: enter the address and the code again";
        Error::invalid("code", said)
    };
    let sealed = URL_SAFE_NO_PAD.decode(ticket).map_err(|_| over())?;
    let key = office.vault().derived(PURPOSE)?;
    let until = key.open(&place(token, &link), &sealed).map_err(|_| over())?;
    let until = String::from_utf8(until).ok().and_then(|t| t.parse::<i64>().ok());
    if until.is_none_or(|until| until < by.now.as_second()) {
        return Err(over());
    }
    let reader = BlobReader::open(office.db(), office.vault(), &by.org, &pack.blob)?;
    let reference = case.row.reference.clone();
    let (by2, id, number, now) = (by.clone(), pack.id.clone(), pack.number, by.now);
    office.write(move |tx| {
        // It may have been taken back, or locked, since it was looked at.
        if !sql::fetched(tx, &by2.org, &link, by2.now)? {
            return Err(locked());
        }
        let said = format!("Pack {number} fetched by link");
        let act = act_on(&case, "request.fetched", "UK GDPR Art 15(3)", said).about("pack", &id);
        Ok(Recorded::new(&by2, (), act))
    })?;
    Ok((PackRow { fetched: Some(now), ..pack }, reader, reference))
}

/// Both steps at once.
#[cfg(test)]
pub fn fetch(
    office: &Office,
    token: &str,
    email: &str,
    code: &str,
) -> Result<(PackRow, BlobReader, String)> {
    save(office, token, &prove(office, token, email, code)?.ticket)
}

/// What an open link leads to.
struct Opened {
    by: By,
    link: Handover,
    pack: PackRow,
    case: Case,
}

fn opened(office: &Office, token: &str) -> Result<Opened> {
    let now = office.now();
    let (org, link, pack, case) = office.read(|tx| {
        let (org, about) = links::look(tx, token, "fetch", now)?;
        let link = sql::a_handover(tx, &org, &about)?;
        let pack = sql::a_pack(tx, &org, &link.pack)?;
        let row = sql::case_by_id(tx, &org, &link.case)?;
        let case = acts::open_row(tx, office, &org, row)?;
        Ok::<_, Error>((org, link, pack, case))
    })?;
    if link.ended.is_some() {
        return Err(locked());
    }
    Ok(Opened { by: office.by_public(&org), link, pack, case })
}

/// A ticket is of one link, and of the token that it was given for.
fn place(token: &str, link: &Handover) -> String {
    format!("{}\u{0}{}", link.id, hex::encode(links::hash(token)))
}

fn locked() -> Error {
    let why = "this link has been locked or taken back. Ask us for a new one".into();
    Refusal { act: "fetch the pack", why, source_: "UK GDPR Art 32(1): security" }.into()
}

/// Counts a wrong answer; the fifth one locks the link. Answers what to say.
fn wrong(office: &Office, by: &By, case: &Case, h: &Handover) -> Result<Error> {
    let (org, id) = (by.org.clone(), h.id.clone());
    let tried = office.chore(move |tx| sql::wrong_try(tx, &org, &id))?;
    if tried < TRIES {
        let left = TRIES - tried;
        let times = if left == 1 { "once more" } else { "again" };
        return Ok(Error::invalid(
            "email",
            format!(
                "The address or the code is not right. It is the address that our letter went to, \
                 and the code that we gave you in another way. You can try {times}: {left} of \
                 {TRIES} tries are left"
            ),
        ));
    }
    let (by2, case, h) = (by.clone(), case.clone(), h.clone());
    let done = office.write(move |tx| {
        if !end(tx, &by2, &h, "locked")? {
            return Err(locked());
        }
        let said = format!("Link locked after {TRIES} wrong answers");
        let act = act_on(&case, "request.fetch-locked", "UK GDPR Art 32(1)", said);
        Ok(Recorded::new(&by2, (), act))
    });
    match done {
        Ok(()) | Err(Error::Refused(_)) => Ok(locked()),
        Err(e) => Err(e),
    }
}

/// Once a day: reminds of links that nobody has used, and ends those that have run out.
///
/// # Errors
/// Of the database.
pub fn rounds(office: &Office, by: &By) -> Result<()> {
    for h in office.read(|tx| sql::open_links(tx, &by.org, by.now + REMIND))? {
        let (office2, by2, h2) = (office.clone(), by.clone(), h.clone());
        if h.ends.is_some_and(|ends| ends <= by.now) {
            office.write(move |tx| over(tx, &office2, &by2, &h2))?;
        } else if h.fetched.is_none() && h.reminded.is_none() {
            office.write(move |tx| remind(tx, &office2, &by2, &h2))?;
        }
    }
    Ok(())
}

fn over(tx: &mut Tx<'_>, office: &Office, by: &By, h: &Handover) -> Result<Recorded<()>> {
    let row = sql::case_by_id(tx, &by.org, &h.case)?;
    // Another process may have been first, or somebody has taken it back.
    if !end(tx, by, h, "over")? {
        return Ok(Recorded::nothing(by, ()));
    }
    crate::kit::sql::drop_links(tx, &by.org, "fetch", &h.id)?;
    let said = match h.fetched {
        Some(_) => "The link has run out; it was used",
        None => "The link has run out and was never used",
    };
    // The content of a closed case may have been destroyed, and its key with it.
    let key = match acts::open_row(tx, office, &by.org, row.clone()) {
        Ok(_) => row.key,
        Err(_) => office.vault().key_for(tx, &by.org, "office", by.now)?,
    };
    let act = crate::proof::Act::new("request.link-over")
        .about("case", &row.id)
        .law("UK GDPR Art 5(1)(e)")
        .say(&key, said);
    Ok(Recorded::new(by, (), act))
}

/// A reminder with a link of its own to the same pack, to the same day; the code stays the same.
fn remind(tx: &mut Tx<'_>, office: &Office, by: &By, h: &Handover) -> Result<Recorded<()>> {
    // It may have been fetched, taken back or reminded of since it was looked at.
    if !sql::reminded(tx, &by.org, &h.id, by.now)? {
        return Ok(Recorded::nothing(by, ()));
    }
    let case = acts::load(tx, office, by, &h.case)?;
    let charter = charter::current(tx, &by.org)?;
    let ends = h.ends.unwrap_or(by.now);
    let token = links::make(tx, &by.org, "fetch", &h.id, by.now, ends.duration_since(by.now))?;
    let letter = letters::not_fetched(office, &charter, &case, &token, dates::day_of(ends))?;
    let sent = letters::post(tx, office, by, &case, letter)?;
    let said = format!("Reminded that the answer waits until {}", dates::full(dates::day_of(ends)));
    let act = act_on(&case, "request.fetch-reminded", "UK GDPR Art 12(2)", said);
    Ok(Recorded::new(by, (), act).and(sent))
}
