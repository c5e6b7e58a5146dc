//! What is written to the person, and to the posts that search by hand. Each letter is a plain
//! text of its own in `letters/`, with dates worked out and no article numbers.

use askama::Template;
use candour_clock::RightsDates;
use candour_db::Tx;
use jiff::civil::Date;

use super::acts::Case;
use super::rules::Ground;
use crate::charter::Charter;
use crate::error::Result;
use crate::holdings::Holding;
use crate::kit::dates;
use crate::kit::post::{self, Letter};
use crate::office::Office;
use crate::proof::{Act, By};

/// What every letter carries.
pub(super) struct Frame {
    dear: String,
    role: String,
    name: Option<String>,
    contact: String,
    email: String,
    org: String,
    reference: String,
    regulator: String,
    regulator_contact: String,
}

pub(super) fn frame(charter: &Charter, case: &Case) -> Frame {
    let c = &charter.contact;
    let mut contact = c.email.clone();
    for more in [c.phone.as_deref(), Some(c.post.as_str())].into_iter().flatten() {
        contact = format!("{contact}\n{more}");
    }
    let asker = &case.body.asker;
    Frame {
        dear: asker.agent.as_ref().map_or(&asker.name, |a| &a.name).clone(),
        role: lower(&c.role),
        name: c.name.clone(),
        contact,
        email: c.email.clone(),
        org: charter.organisation.legal_name.clone(),
        reference: case.row.reference.clone(),
        regulator: charter.law.regulator.clone(),
        regulator_contact: charter.law.regulator_contact.clone(),
    }
}

/// "Data protection officer" inside a sentence.
fn lower(role: &str) -> String {
    let mut chars = role.chars();
    let second_small = role.chars().nth(1).is_some_and(char::is_lowercase);
    match chars.next() {
        Some(first) if second_small => first.to_lowercase().collect::<String>() + chars.as_str(),
        _ => role.to_owned(),
    }
}

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
    let base = office.settings().public_url.as_deref().unwrap_or("http://127.0.0.1:8420");
    format!("{}{path}", base.trim_end_matches('/'))
}

#[derive(Template)]
#[template(path = "requests/letters/acknowledgement.txt", escape = "none")]
struct Acknowledgement<'a> {
    f: Frame,
    received: String,
    act_by: Option<String>,
    limit: Option<String>,
    what: &'a str,
    agent: bool,
    secret: &'a str,
    status_url: String,
}

/// "We have your request", with the real date.
pub fn acknowledgement(
    office: &Office,
    charter: &Charter,
    case: &Case,
    when: &RightsDates,
    secret: &str,
) -> Result<Letter> {
    let what = match case.body.wants.what.trim() {
        "" => "everything we hold about you",
        other => other,
    };
    let limit = when.limit.as_ref().map(|d| d.on).filter(|l| Some(*l) != when.act_by);
    let text = Acknowledgement {
        f: frame(charter, case),
        received: dates::full(case.request().received),
        act_by: when.act_by.map(dates::full),
        limit: limit.map(dates::full),
        what,
        agent: case.body.asker.agent.is_some(),
        secret,
        status_url: url(office, "/data-rights/status"),
    }
    .render()?;
    Ok(letter(charter, case, "acknowledgement", text))
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
pub fn identity(_: &Office, charter: &Charter, case: &Case, doubt: &str) -> Result<Letter> {
    const SOME: [&str; 4] = ["One", "One", "Two", "Three"];
    let needed = SOME.get(charter.identity.needed as usize).copied().unwrap_or("Some");
    let mut evidence: Vec<String> =
        charter.identity.evidence.iter().map(|e| format!("- {e}")).collect();
    if evidence.is_empty() {
        evidence.push("- an answer to a message we send to an address we already hold".into());
    }
    let doubt = doubt.trim();
    let text = Identity { f: frame(charter, case), doubt, needed, evidence: evidence.join("\n") }
        .render()?;
    Ok(letter(charter, case, "identity", text))
}

#[derive(Template)]
#[template(path = "requests/letters/clarification.txt", escape = "none")]
struct Clarification<'a> {
    f: Frame,
    question: &'a str,
    asked: String,
}

/// "What are you looking for?": stops the clock.
pub fn clarification(_: &Office, charter: &Charter, case: &Case, question: &str) -> Result<Letter> {
    let asked = case.request().paused_since().map(dates::full).unwrap_or_default();
    let text =
        Clarification { f: frame(charter, case), question: question.trim(), asked }.render()?;
    Ok(letter(charter, case, "clarification", text))
}

#[derive(Template)]
#[template(path = "requests/letters/warning.txt", escape = "none")]
struct Warning {
    f: Frame,
    asked: String,
    by: String,
}

/// "We have not heard from you": what closes the request, and on which day.
pub fn warning(_: &Office, charter: &Charter, case: &Case, lapses_on: Date) -> Result<Letter> {
    let asked = case.request().paused_since().map(dates::full).unwrap_or_default();
    let by = dates::full(lapses_on);
    let text = Warning { f: frame(charter, case), asked, by }.render()?;
    Ok(letter(charter, case, "warning", text))
}

#[derive(Template)]
#[template(path = "requests/letters/extension.txt", escape = "none")]
struct Extension<'a> {
    f: Frame,
    received: String,
    reason: &'a str,
    limit: String,
}

/// "We need more time", with the new date.
pub fn extension(
    _: &Office,
    charter: &Charter,
    case: &Case,
    when: &RightsDates,
    reason: &str,
) -> Result<Letter> {
    let text = Extension {
        f: frame(charter, case),
        received: dates::full(case.request().received),
        reason: reason.trim(),
        limit: when.limit.as_ref().map(|d| dates::full(d.on)).unwrap_or_default(),
    }
    .render()?;
    Ok(letter(charter, case, "extension", text))
}

#[derive(Template)]
#[template(path = "requests/letters/refusal.txt", escape = "none")]
struct Refused<'a> {
    f: Frame,
    received: String,
    ground: &'static str,
    reasons: &'a str,
}

/// "No", with reasons, complaint, regulator and court.
pub fn refusal(
    _: &Office,
    charter: &Charter,
    case: &Case,
    ground: Ground,
    reasons: &str,
) -> Result<Letter> {
    let text = Refused {
        f: frame(charter, case),
        received: dates::full(case.request().received),
        ground: ground.words(),
        reasons: reasons.trim(),
    }
    .render()?;
    Ok(letter(charter, case, "refusal", text))
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
        f: frame(charter, case),
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
#[template(path = "requests/letters/ready.txt", escape = "none")]
struct Ready {
    f: Frame,
    received: String,
    until: String,
    url: String,
    complete: bool,
    by_letter: bool,
}

/// "Your answer is ready", or a part of it: a link, and nothing of the content. `by_letter`: its
/// code comes in a letter, and not by telephone or text message.
pub fn ready(
    office: &Office,
    charter: &Charter,
    case: &Case,
    token: &str,
    until: Date,
    complete: bool,
    by_letter: bool,
) -> Result<Letter> {
    let text = Ready {
        f: frame(charter, case),
        received: dates::full(case.request().received),
        until: dates::full(until),
        url: url(office, &format!("/fetch/{token}")),
        complete,
        by_letter,
    }
    .render()?;
    Ok(letter(charter, case, "ready", text))
}

#[derive(Template)]
#[template(path = "requests/letters/not_fetched.txt", escape = "none")]
struct NotFetched {
    f: Frame,
    received: String,
    until: String,
    url: String,
}

/// "Your answer still waits": the same pack by a fresh link.
pub fn not_fetched(
    office: &Office,
    charter: &Charter,
    case: &Case,
    token: &str,
    until: Date,
) -> Result<Letter> {
    let text = NotFetched {
        f: frame(charter, case),
        received: dates::full(case.request().received),
        until: dates::full(until),
        url: url(office, &format!("/fetch/{token}")),
    }
    .render()?;
    Ok(letter(charter, case, "not-fetched", text))
}

#[derive(Template)]
#[template(path = "requests/letters/fetch_code.txt", escape = "none")]
struct FetchCode<'a> {
    f: Frame,
    code: &'a str,
    until: String,
}

/// The code of a link, to be printed and posted: never by the way that the link went.
pub fn fetch_code(charter: &Charter, case: &Case, code: &str, until: Date) -> Result<Letter> {
    let text = FetchCode { f: frame(charter, case), code, until: dates::full(until) }.render()?;
    Ok(Letter { to: None, ..letter(charter, case, "fetch-code", text) })
}

/// Puts a letter on its way under the case's key, and answers the act that says so.
pub fn post(tx: &mut Tx<'_>, office: &Office, by: &By, case: &Case, l: Letter) -> Result<Act> {
    let id = &case.row.id;
    post::put(tx, office.vault(), &by.org, Some(id), &case.row.key, &l, by.now)?;
    let how = if l.to.is_some() { "on its way by e-mail" } else { "to be printed and posted" };
    let said = format!("Letter “{}” written, {how}", l.name);
    Ok(super::acts::act_on(case, "request.letter", "UK GDPR Art 12(1)", said))
}

#[cfg(test)]
#[path = "letters_tests.rs"]
mod tests;
