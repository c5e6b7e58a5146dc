//! What is written to the person, and to the posts that search by hand. Each letter is a plain
//! text of its own in `letters/`, with dates worked out and no article numbers.

use askama::Template;
use candour_clock::{RightsDates, State as Clock};
use candour_db::Tx;
use jiff::civil::Date;

use super::acts::{Case, Teller};
use super::body::Reasons;
use super::rules::{Awaited, Ground, Wait};
use crate::charter::Charter;
use crate::error::Result;
use crate::holdings::Holding;
use crate::kit::dates;
use crate::kit::post::{self, Letter};
use crate::office::Office;
use crate::proof::{Act, By};

mod frame;
mod hand;
mod print;

use frame::{Frame, frame, no_frame};
pub use hand::{fetch_code, not_fetched, ready};
pub use print::printed;

fn letter(charter: &Charter, case: &Case, name: &str, text: String) -> Letter {
    Letter {
        name: name.to_owned(),
        to: case.body.asker.reply_to().map(str::to_owned),
        from: (charter.organisation.legal_name.clone(), charter.contact.email.clone()),
        subject: format!("Your request {}", case.row.reference),
        text: squeeze(&text),
        thread: case.row.reference.clone(),
    }
}

/// At most one empty line in a row.
fn squeeze(text: &str) -> String {
    let mut out = text.replace("\r\n", "\n");
    while out.contains("\n\n\n") {
        out = out.replace("\n\n\n", "\n\n");
    }
    out.trim().to_owned() + "\n"
}

/// Where the office is reached from outside.
pub(super) fn url(office: &Office, path: &str) -> String {
    format!("{}{path}", office.address())
}

#[derive(Template)]
#[template(path = "requests/letters/acknowledgement.txt", escape = "none")]
struct Acknowledgement<'a> {
    f: Frame,
    act_by: Option<String>,
    limit: Option<String>,
    late: Option<String>,
    authority: bool,
    /// It takes the place of one that said something wrong.
    again: bool,
    secret: &'a str,
    status_url: String,
}

/// "We have your request", with the real date; `again` if an earlier one said something wrong.
pub fn acknowledgement(
    office: &Office,
    charter: &Charter,
    case: &Case,
    when: &RightsDates,
    (secret, again): (&str, bool),
) -> Result<Letter> {
    let today = dates::day_of(office.now());
    let limit = when.limit.as_ref().map(|d| d.on);
    // A request that was logged late is not promised a day that is over.
    let act_by = when.act_by.filter(|by| *by >= today).or(limit);
    let awaited = case.request().not_started().map(|w| w.what);
    let text = Acknowledgement {
        f: frame(office, charter, case),
        act_by: act_by.map(dates::full),
        limit: limit.filter(|l| Some(*l) != act_by).map(dates::full),
        late: limit.filter(|l| *l < today).map(dates::full),
        authority: awaited == Some(Awaited::Authority),
        again,
        secret,
        status_url: status_url(office, charter),
    }
    .render()?;
    Ok(letter(charter, case, "acknowledgement", text))
}

fn status_url(office: &Office, charter: &Charter) -> String {
    url(office, &format!("/o/{}/data-rights/status", charter.organisation.short))
}

#[derive(Template)]
#[template(path = "requests/letters/code.txt", escape = "none")]
struct Code<'a> {
    f: Frame,
    secret: &'a str,
    status_url: String,
}

/// A new code for the status page.
pub fn code(office: &Office, charter: &Charter, case: &Case, secret: &str) -> Result<Letter> {
    let status_url = status_url(office, charter);
    let text = Code { f: frame(office, charter, case), secret, status_url }.render()?;
    Ok(letter(charter, case, "new-code", text))
}

#[derive(Template)]
#[template(path = "requests/letters/identity.txt", escape = "none")]
struct Identity<'a> {
    f: Frame,
    doubt: &'a str,
    needed: &'static str,
    evidence: String,
}

/// "Who are you?", only on reasonable doubt.
pub fn identity(office: &Office, charter: &Charter, case: &Case, doubt: &str) -> Result<Letter> {
    const SOME: [&str; 4] = ["One", "One", "Two", "Three"];
    let needed = SOME.get(charter.identity.needed as usize).copied().unwrap_or("Some");
    let mut evidence: Vec<String> =
        charter.identity.evidence.iter().map(|e| format!("- {e}")).collect();
    if evidence.is_empty() {
        evidence.push("- an answer to a message we send to an address we already hold".into());
    }
    let (f, doubt, evidence) = (frame(office, charter, case), doubt.trim(), evidence.join("\n"));
    let text = Identity { f, doubt, needed, evidence }.render()?;
    Ok(letter(charter, case, "identity", text))
}

#[derive(Template)]
#[template(path = "requests/letters/clarification.txt", escape = "none")]
struct Clarification<'a> {
    f: Frame,
    question: &'a str,
    stopped: Option<String>,
    not_started: bool,
    by: Option<String>,
}

/// "What are you looking for?": whether that stops the clock is in the dates.
pub fn clarification(
    office: &Office,
    charter: &Charter,
    case: &Case,
    when: &RightsDates,
    question: &str,
) -> Result<Letter> {
    let not_started = case.request().not_started().is_some();
    let stopped = match when.state {
        Clock::Paused { since } if !not_started => Some(dates::full(since)),
        _ => None,
    };
    let today = dates::day_of(office.now());
    let by = when.limit.as_ref().map(|d| d.on).filter(|on| *on >= today);
    let by = when.act_by.filter(|on| *on >= today).or(by).map(dates::full);
    let f = frame(office, charter, case);
    let text = Clarification { f, question: question.trim(), stopped, not_started, by }.render()?;
    Ok(letter(charter, case, "clarification", text))
}

/// What was asked for, in a sentence: "On … we asked you for …".
fn asked_for(case: &Case, wait: Wait) -> String {
    match wait.what {
        Awaited::Identity => "something that shows who you are".to_owned(),
        Awaited::Authority => {
            format!("something that shows that you may act for {}", case.body.asker.name.trim())
        }
        Awaited::Fee => {
            let pounds = case.request().fee.as_ref().map(super::rules::Fee::pounds);
            format!("a fee of {}", pounds.unwrap_or_default())
        }
        Awaited::Answer => "a little more about what you are looking for".to_owned(),
    }
}

#[derive(Template)]
#[template(path = "requests/letters/reminder.txt", escape = "none")]
struct Reminder {
    f: Frame,
    asked: String,
    what: String,
    meanwhile: &'static str,
}

/// "We still wait for …".
pub fn reminder(office: &Office, charter: &Charter, case: &Case, wait: Wait) -> Result<Letter> {
    let meanwhile = match wait.what {
        Awaited::Answer => "The time we have to answer stands still until then.",
        _ => "The time we have to answer starts when it is here.",
    };
    let (asked, what) = (dates::full(wait.since), asked_for(case, wait));
    let text = Reminder { f: frame(office, charter, case), asked, what, meanwhile }.render()?;
    Ok(letter(charter, case, "reminder", text))
}

#[derive(Template)]
#[template(path = "requests/letters/warning.txt", escape = "none")]
struct Warning {
    f: Frame,
    asked: String,
    what: String,
    by: String,
    answer: bool,
}

/// "We have not heard from you": what closes the request, and on which day.
pub fn warning(
    office: &Office,
    charter: &Charter,
    case: &Case,
    wait: Wait,
    lapses_on: Date,
) -> Result<Letter> {
    let text = Warning {
        f: frame(office, charter, case),
        asked: dates::full(wait.since),
        what: asked_for(case, wait),
        by: dates::full(lapses_on),
        answer: wait.what == Awaited::Answer,
    }
    .render()?;
    Ok(letter(charter, case, "warning", text))
}

#[derive(Template)]
#[template(path = "requests/letters/fee.txt", escape = "none")]
struct FeeAsked<'a> {
    f: Frame,
    amount: String,
    reason: &'a str,
    pay: &'a str,
}

/// "We answer when you have paid": only for what is manifestly unfounded or excessive.
pub fn fee(
    office: &Office,
    charter: &Charter,
    case: &Case,
    reason: &str,
    pay: &str,
) -> Result<Letter> {
    let amount = case.request().fee.as_ref().map(super::rules::Fee::pounds).unwrap_or_default();
    let f = no_frame(office, charter, case);
    let text = FeeAsked { f, amount, reason: reason.trim(), pay: pay.trim() }.render()?;
    Ok(letter(charter, case, "fee", text))
}

#[derive(Template)]
#[template(path = "requests/letters/extension.txt", escape = "none")]
struct Extension<'a> {
    f: Frame,
    reason: &'a str,
    limit: Option<String>,
    start: String,
    asked: String,
    if_today: String,
    meanwhile: &'a str,
}

/// "We need more time", with the new date; while a question is open, with how it is counted.
pub fn extension(
    office: &Office,
    charter: &Charter,
    case: &Case,
    reason: &str,
    meanwhile: &str,
) -> Result<Letter> {
    const GOES_ON: &str = "we go on with your request, and send first what is ready first.";
    let clock = super::acts::clockwork(office, charter);
    let when = case.request().dates(&clock)?;
    let (mut asked, mut if_today) = (String::new(), String::new());
    if when.limit.is_none() {
        let today = dates::day_of(office.now());
        asked = case.request().question_open().map(dates::full).unwrap_or_default();
        let limit = case.request().clone().clarified(today)?.dates(&clock)?.limit;
        if_today = limit.map(|d| dates::full(d.on)).unwrap_or_default();
    }
    let meanwhile = meanwhile.trim();
    let text = Extension {
        f: no_frame(office, charter, case),
        reason: reason.trim(),
        limit: when.limit.as_ref().map(|d| dates::full(d.on)),
        start: dates::full(when.start),
        asked,
        if_today,
        meanwhile: if meanwhile.is_empty() { GOES_ON } else { meanwhile },
    }
    .render()?;
    Ok(letter(charter, case, "extension", text))
}

#[derive(Template)]
#[template(path = "requests/letters/refusal.txt", escape = "none")]
struct Refused<'a> {
    f: Frame,
    ground: &'static str,
    reasons: &'a str,
    tell: bool,
}

/// "No", with complaint, regulator and court; with reasons, unless telling them may do harm.
pub fn refusal(
    office: &Office,
    charter: &Charter,
    case: &Case,
    ground: Ground,
    reasons: &Reasons,
) -> Result<Letter> {
    let f = no_frame(office, charter, case);
    let told = reasons.told.trim();
    let text = Refused { f, ground: ground.words(), reasons: told, tell: reasons.tell }.render()?;
    Ok(letter(charter, case, "refusal", text))
}

/// Why a request ends without an answer, for its letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// The person withdrew it.
    Withdrawn,
    /// This was waited for in vain.
    Lapsed(Wait),
    /// It goes on under this reference, with what was asked the first time.
    Duplicate(String),
    /// It was logged by mistake.
    Mistake,
}

#[derive(Template)]
#[template(path = "requests/letters/closed.txt", escape = "none")]
struct Closed {
    f: Frame,
    why: Closing,
    asked: String,
    what: String,
    ask_url: String,
}

/// "We have closed your request", why, and how to ask again.
pub fn closed(office: &Office, charter: &Charter, case: &Case, why: Closing) -> Result<Letter> {
    let lapsed = match &why {
        Closing::Lapsed(wait) => Some(*wait),
        _ => None,
    };
    // What goes on under another reference, or never was a request, is no refusal.
    let f = match &why {
        Closing::Duplicate(_) | Closing::Mistake => frame(office, charter, case),
        Closing::Withdrawn | Closing::Lapsed(_) => no_frame(office, charter, case),
    };
    let text = Closed {
        f,
        why,
        asked: lapsed.map(|w| dates::full(w.since)).unwrap_or_default(),
        what: lapsed.map(|w| asked_for(case, w)).unwrap_or_default(),
        ask_url: url(office, &format!("/o/{}/data-rights", charter.organisation.short)),
    }
    .render()?;
    Ok(letter(charter, case, "closed", text))
}

#[derive(Template)]
#[template(path = "requests/letters/died.txt", escape = "none")]
struct Died<'a> {
    f: Frame,
    to: String,
    name: &'a str,
}

/// To who acted for a person who has died, or told us so: what other law may help. Nobody is
/// written to at the address of the dead; then there is no letter.
pub fn died(
    office: &Office,
    charter: &Charter,
    case: &Case,
    teller: &Teller,
) -> Result<Option<Letter>> {
    let mut to = teller.clone();
    if let Some(agent) = case.body.asker.agent.as_ref().filter(|_| to.name.trim().is_empty()) {
        to = Teller { name: agent.name.clone(), email: agent.email.clone() };
    }
    if to.name.trim().is_empty() {
        return Ok(None);
    }
    let email = Some(to.email.trim().to_owned()).filter(|e| !e.is_empty());
    let addressee = if email.is_none() { to.name.clone() } else { String::new() };
    let f = Frame { addressee, ..frame(office, charter, case) };
    let text = Died { f, to: to.name, name: case.body.asker.name.trim() }.render()?;
    Ok(Some(Letter { to: email, ..letter(charter, case, "died", text) }))
}

#[derive(Template)]
#[template(path = "requests/letters/holder.txt", escape = "none")]
struct Holder<'a> {
    f: Frame,
    post: &'a str,
    holding: &'a str,
    due: String,
    url: String,
    chased: i64,
}

/// To the post that keeps a paper holding. The person's name is behind the link, not in it.
pub fn ask_holder(
    office: &Office,
    charter: &Charter,
    case: &Case,
    h: &Holding,
    token: &str,
    due: Date,
    chased: i64,
) -> Result<Letter> {
    let post = h.post.as_deref().unwrap_or("holder of these records");
    let text = Holder {
        f: frame(office, charter, case),
        post,
        holding: &h.title,
        due: dates::full(due),
        url: url(office, &format!("/answer/{token}")),
        chased,
    }
    .render()?;
    let reminder = if chased > 0 { "Reminder: p" } else { "P" };
    Ok(Letter {
        to: h.post_email.clone(),
        subject: format!("{reminder}lease look in your records ({})", case.row.reference),
        ..letter(charter, case, "ask-holder", text)
    })
}

#[derive(Template)]
#[template(path = "requests/letters/due.txt", escape = "none")]
struct Due {
    lead: String,
    url: String,
    org: String,
}

/// To whoever works on the case: a link, and no name.
pub fn staff_due(
    office: &Office,
    charter: &Charter,
    case: &Case,
    to: &str,
    due: Date,
    today: Date,
) -> Result<Letter> {
    let reference = &case.row.reference;
    let when = match (due - today).get_days() {
        0 => "due today".to_owned(),
        1 => "due tomorrow".to_owned(),
        left if left > 1 => format!("due in {left} days"),
        _ => "late".to_owned(),
    };
    let lead = format!("Request {reference} is {when}: the date is {}.", dates::full(due));
    let url = url(office, &format!("/office/cases/{reference}"));
    let text = Due { lead, url, org: charter.organisation.legal_name.clone() }.render()?;
    Ok(Letter {
        to: Some(to.to_owned()),
        subject: format!("A request is {when} ({reference})"),
        ..letter(charter, case, "staff-due", text)
    })
}

/// The letter that tells of the answer, if it was written and has not left: there is no mail
/// server, or the server refused it.
pub(super) fn held(tx: &mut Tx<'_>, org: &str, case: &str) -> Result<Option<String>> {
    let all = crate::kit::sql::letters_of(tx, org, case)?;
    let last = all.into_iter().filter(|l| l.name == "ready").max_by_key(|l| l.made);
    Ok(last.filter(|l| !matches!(l.state.as_str(), "sent" | "posted" | "waiting")).map(|l| l.id))
}

/// Puts a letter on its way under the case's key, and answers the act that says so.
pub fn post(tx: &mut Tx<'_>, office: &Office, by: &By, case: &Case, l: Letter) -> Result<Act> {
    let id = &case.row.id;
    post::put(tx, office.vault(), &by.org, Some(id), &case.row.key, &l, by.now)?;
    let how = if l.to.is_some() { "on its way by e-mail" } else { "to be printed and posted" };
    let said = format!("Letter “{}” written, {how}", post::title(&l.name));
    Ok(super::acts::act_on(case, "request.letter", "UK GDPR Art 12(1)", said))
}

#[cfg(test)]
#[path = "letters_tests.rs"]
mod tests;
