//! The acts that extend or end a request, each with its letter: more time, a refusal by two
//! persons, withdrawn, lapsed, died; and what is recorded about a child and about a posted letter.

use candour_db::Tx;
use jiff::civil::Date;

use super::acts::{Case, Next, act_on, clockwork, load, save, step};
use super::body::Reasons;
use super::letters::{self, Closing, post};
use super::rules::{Ground, Outcome, Proposal, State};
use super::sql;
use crate::charter;
use crate::error::{Error, Result};
use crate::kit::{dates, post as kit_post, sql as kit_sql};
use crate::office::Office;
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// Extends by two months, with the letter that the law wants within the first month.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn extend(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    (reason, meanwhile): (&str, &str),
) -> Result<Recorded<()>> {
    let on = dates::day_of(by.now);
    let why = reason.to_owned();
    let next: Next = Box::new(move |r, c| r.extend(&why, on, c));
    let case = step(tx, office, by, id, Permission::ReleaseCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let letter = letters::extension(office, &charter, &case, reason, meanwhile)?;
    let sent = post(tx, office, by, &case, letter)?;
    let said = format!("Extended by two months: {}", reason.trim());
    let act = act_on(&case, "request.extended", "UK GDPR Art 12A(4)", said);
    Ok(Recorded::new(by, (), act).and(sent))
}

/// What a refusal rests on.
#[derive(Debug, Clone)]
pub struct Refusing {
    /// The ground in law.
    pub ground: Ground,
    /// The facts.
    pub reasons: Reasons,
}

/// Proposes to refuse the whole request. Where the settings say that one person is enough, it is
/// refused at once, and the letter goes.
///
/// # Errors
/// Denied, no reasons, or refused by the rules.
pub fn propose_refusal(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    why: &Refusing,
) -> Result<Recorded<()>> {
    let charter = charter::current(tx, &by.org)?;
    let two = charter.rights.second_approver;
    by.role.may(if two { Permission::WorkCases } else { Permission::ReleaseCases })?;
    let need = |name, text: &str, message: &str| match text.trim() {
        "" => Err(Error::invalid(name, message)),
        _ => Ok(()),
    };
    let Reasons { told, inside, tell } = &why.reasons;
    if *tell {
        need("reasons", told, "Give the facts relied on: the controller has to prove them")?;
    } else {
        need("inside", inside, "Say why, for the record: the letter will not say it")?;
    }
    let on = dates::day_of(by.now);
    let p = Proposal { ground: why.ground, tell: *tell, by: by.actor.clone(), on };
    let mut case = load(tx, office, by, id)?;
    case.row.request = case.row.request.refuse(p, &clockwork(office, &charter))?;
    case.body.refusal = Some(why.reasons.clone());
    save(tx, office, by, case.clone())?;
    if !two {
        return refused(tx, office, by, &case, why.ground, "Refused");
    }
    let said = format!("Refusal proposed: {}. {}", why.ground.words(), why.reasons.for_record());
    let act = act_on(&case, "request.refusal-proposed", why.ground.source(), said);
    Ok(Recorded::new(by, (), act))
}

/// Another person approves the proposed refusal; the letter goes.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn approve(tx: &mut Tx<'_>, office: &Office, by: &By, id: &str) -> Result<Recorded<()>> {
    let (on, actor) = (dates::day_of(by.now), by.actor.clone());
    let next: Next = Box::new(move |r, _| r.approve(&actor, on));
    let case = step(tx, office, by, id, Permission::ReleaseCases, next)?;
    let ground = case.request().refused.ok_or_else(|| Error::fault("a refusal without ground"))?;
    refused(tx, office, by, &case, ground, "Refusal approved")
}

fn refused(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    case: &Case,
    ground: Ground,
    how: &str,
) -> Result<Recorded<()>> {
    let charter = charter::current(tx, &by.org)?;
    let reasons = case.body.refusal.clone().unwrap_or_default();
    let letter = letters::refusal(office, &charter, case, ground, &reasons)?;
    let sent = post(tx, office, by, case, letter)?;
    let said = format!("{how}: {}. {}", ground.words(), reasons.for_record());
    let act = act_on(case, "request.refused", ground.source(), said).law("UK GDPR Art 12(4)");
    Ok(Recorded::new(by, (), act).and(sent))
}

/// Turns a proposed refusal down: the request goes on.
///
/// # Errors
/// Denied, no reason, or none is proposed.
pub fn unrefuse(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    note: &str,
) -> Result<Recorded<()>> {
    let note = note.trim();
    if note.is_empty() {
        return Err(Error::invalid("note", "Say why, for whoever proposed it"));
    }
    let next: Next = Box::new(move |r, _| r.unrefused());
    let case = step(tx, office, by, id, Permission::ReleaseCases, next)?;
    let said = format!("The refusal was turned down: {note}");
    let act = act_on(&case, "request.refusal-turned-down", "UK GDPR Art 12(2)", said);
    Ok(Recorded::new(by, (), act))
}

/// Closes a request that was withdrawn, lapsed, or is none of its own, with a letter that says why
/// and how to ask again.
///
/// # Errors
/// Denied, or refused by the rules; for a duplicate: no other request that goes on in its place.
pub fn end(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    outcome: Outcome,
    (note, other): (&str, &str),
) -> Result<Recorded<()>> {
    let on = dates::day_of(by.now);
    let charter = charter::current(tx, &by.org)?;
    let wait = load(tx, office, by, id)?.request().wait(&clockwork(office, &charter))?;
    if outcome == Outcome::Mistake && note.trim().is_empty() {
        return Err(Error::invalid("note", "Say why it is no request: it will be looked for here"));
    }
    let next: Next = Box::new(move |r, c| r.end(outcome, on, c));
    let case = step(tx, office, by, id, Permission::ReleaseCases, next)?;
    let why = match (outcome, wait) {
        (Outcome::Duplicate, _) => Closing::Duplicate(goes_on(tx, by, &case, other)?),
        (Outcome::Mistake, _) => Closing::Mistake,
        (Outcome::Lapsed, Some(wait)) => Closing::Lapsed(wait),
        _ => Closing::Withdrawn,
    };
    let mut said = format!("{}. {}", outcome.words(), note.trim());
    if let Closing::Duplicate(other) = &why {
        said = format!("{}: it goes on as {other}. {}", outcome.words(), note.trim());
    }
    let letter = letters::closed(office, &charter, &case, why)?;
    let sent = post(tx, office, by, &case, letter)?;
    let act = act_on(&case, "request.closed", "UK GDPR Art 12(3)", said.trim());
    Ok(Recorded::new(by, (), act).and(sent))
}

/// The request that goes on in the place of one that was logged twice: its reference. Its time runs
/// from the first of the two (UK GDPR Art 12A(2)), so the later one is closed.
fn goes_on(tx: &mut Tx<'_>, by: &By, case: &Case, other: &str) -> Result<String> {
    let wrong = |why: String| Error::invalid("other", why);
    if other.trim().is_empty() {
        return Err(wrong("Enter the reference of the request that goes on".into()));
    }
    let row = match sql::case_by_ref(tx, &by.org, other.trim()) {
        Err(Error::NotFound(_)) => Err(wrong("There is no case with this reference".into())),
        found => found,
    }?;
    if row.id == case.row.id {
        return Err(wrong("This is the case itself: enter the reference of the other one".into()));
    }
    if matches!(row.request.state, State::Closed { .. }) {
        return Err(wrong("That case is closed, so nothing would go on in its place".into()));
    }
    if row.request.received > case.request().received {
        let day = dates::long(row.request.received);
        let why = format!(
            "That one was received on {day}, after this one: close that one, or \
                           correct the day it was received"
        );
        return Err(wrong(why));
    }
    Ok(row.reference)
}

/// Who told us that the person has died, for the letter.
#[derive(Debug, Clone, Default)]
pub struct Teller {
    /// Name; empty for nobody but the agent.
    pub name: String,
    /// E-mail address; empty for a letter on paper.
    pub email: String,
}

/// Closes a request because the person has died. A letter goes to who acted for them, or who told
/// us; never to the person's own address.
///
/// # Errors
/// Denied, or refused by the rules.
pub fn died(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    (teller, note): (&Teller, &str),
) -> Result<Recorded<()>> {
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, c| r.end(Outcome::Died, on, c));
    let case = step(tx, office, by, id, Permission::ReleaseCases, next)?;
    let charter = charter::current(tx, &by.org)?;
    let said = format!("{}. {}", Outcome::Died.words(), note.trim());
    let act = act_on(&case, "request.closed", "UK GDPR Art 4(1)", said.trim());
    let done = Recorded::new(by, (), act);
    match letters::died(office, &charter, &case, teller)? {
        Some(letter) => Ok(done.and(post(tx, office, by, &case, letter)?)),
        None => Ok(done),
    }
}

/// Records who decides for a child, and why.
///
/// # Errors
/// Denied, nothing said, or the case is sent or closed.
pub fn child(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    id: &str,
    (who, why): (&str, &str),
) -> Result<Recorded<()>> {
    if why.trim().is_empty() {
        return Err(Error::invalid("why", "Say who decided this, and why"));
    }
    let on = dates::day_of(by.now);
    let next: Next = Box::new(move |r, _| r.decided_for_child(on));
    let case = step(tx, office, by, id, Permission::WorkCases, next)?;
    let said = format!("{who}: {}", why.trim());
    let act = act_on(&case, "request.child-decided", "DPA 2018 s.208", said);
    Ok(Recorded::new(by, (), act))
}

/// Records that a letter of the case was posted or handed over, on which day and by whom.
///
/// # Errors
/// Denied, not found, sent by e-mail already, or a day to come.
pub fn letter_posted(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    (id, letter): (&str, &str),
    on: Date,
) -> Result<Recorded<()>> {
    by.role.may(Permission::WorkCases)?;
    let mut case = load(tx, office, by, id)?;
    let all = kit_sql::letters_of(tx, &by.org, id)?;
    let row = all.into_iter().find(|l| l.id == letter).ok_or(Error::NotFound("the letter"))?;
    if on > dates::day_of(by.now) {
        return Err(Error::invalid("on", "The day it was posted can’t be in the future"));
    }
    if on < dates::day_of(row.made) {
        return Err(Error::invalid("on", "It can’t be posted before it was written"));
    }
    kit_post::posted(tx, &by.org, &row, on, &by.actor)?;
    case.row.request = case.row.request.letter_left(&row.name, on);
    save(tx, office, by, case.clone())?;
    let said = format!("Letter “{}” posted on {}", kit_post::title(&row.name), dates::long(on));
    let act = Act::new("request.letter-posted").about("case", &case.row.id);
    let act = act.law("UK GDPR Art 12(1)").say(&case.row.key, said);
    Ok(Recorded::new(by, (), act))
}

/// Puts a letter that did not leave on its way by e-mail again: of a case, or of none.
///
/// # Errors
/// Denied, not found, without an address, or it has left.
pub fn letter_again(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    letter: &str,
) -> Result<Recorded<()>> {
    by.role.may(Permission::WorkCases)?;
    let (row, written) = kit_post::open(tx, office.vault(), &by.org, letter)?;
    if written.to.is_none() {
        return Err(Error::invalid("form", "This letter has no e-mail address: print and post it"));
    }
    kit_post::again(tx, &by.org, &row, by.now)?;
    let said = format!("Letter “{}” put on its way again", kit_post::title(&row.name));
    let act = Act::new("request.letter-again").about("letter", letter);
    let act = match &row.case {
        Some(case) => Act::new("request.letter-again").about("case", case).about("letter", letter),
        None => act,
    };
    Ok(Recorded::new(by, (), act.law("UK GDPR Art 12(1)").say(&row.key, said)))
}

/// Records that a letter of no case was sent on or posted today, by whom.
///
/// # Errors
/// Denied, not found, of a case, or it has left.
pub fn letter_sent_on(tx: &mut Tx<'_>, by: &By, letter: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::WorkCases)?;
    let row = kit_sql::a_letter(tx, &by.org, letter)?;
    if row.case.is_some() {
        return Err(Error::NotFound("the letter"));
    }
    kit_post::posted(tx, &by.org, &row, dates::day_of(by.now), &by.actor)?;
    let said = format!("Letter “{}” sent on by hand", kit_post::title(&row.name));
    let act = Act::new("letter.sent-on").about("letter", letter);
    Ok(Recorded::new(by, (), act.law("UK GDPR Art 12(1)").say(&row.key, said)))
}
