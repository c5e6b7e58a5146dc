//! Adding a hook, ending it, calling it, calling it again.

use candour_db::Tx;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::rules::{EVENTS, Target};
use super::send::{self, Outcome};
use super::sql::{self, HookRow};
use crate::error::{Error, Refusal, Result};
use crate::kit::forms::{LONG, fit};
use crate::kit::vault::{self, Vault};
use crate::kit::{jobs, new_id};
use crate::office::Office;
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// What is sealed of a hook.
#[derive(Serialize, Deserialize)]
struct Sealed {
    url: String,
    secret: String,
    /// The secret before, and until when calls are signed with it as well.
    #[serde(default)]
    old: Option<(String, Timestamp)>,
}

/// After a new secret calls are signed with the old one too for this long, so that a receiver can
/// change over without missing any.
const CHANGE_OVER: SignedDuration = SignedDuration::from_hours(24 * 7);

fn place(id: &str) -> String {
    format!("hook\u{0}{id}")
}

/// Adds a hook: answers its id and its secret, which is shown this once.
///
/// # Errors
/// Denied, or the address or an event can't be used.
pub fn add(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    url: &str,
    events: &[String],
    loopback: bool,
) -> Result<Recorded<(String, String)>> {
    by.role.may(Permission::ManagePermissions)?;
    fit(&[("url", url, LONG)])?;
    let target = Target::parse(url, loopback)?;
    if events.is_empty() || events.iter().any(|e| !EVENTS.contains(&e.as_str())) {
        let words = format!("Choose what is announced: {}", EVENTS.join(", "));
        return Err(Error::invalid("events", words));
    }
    let id = new_id(by.now);
    let secret = send::secret(&vault::random()?);
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let plain = Sealed { url: url.trim().to_owned(), secret: secret.clone(), old: None };
    let sealed = vault.seal(tx, &by.org, &key, &place(&id), &serde_json::to_vec(&plain)?)?;
    let row = HookRow {
        id: id.clone(),
        key: key.clone(),
        sealed,
        host: target.authority.clone(),
        events: events.join(" "),
        made: by.now,
        ended: None,
        trouble: None,
    };
    sql::insert(tx, &by.org, &row)?;
    let act = Act::new("hook.added").about("hook", &id).law("UK GDPR Art 32(1)");
    let act = act.say(&key, format!("{}: {}", target.authority, row.events));
    Ok(Recorded::new(by, (id, secret), act))
}

/// Gives a hook a new secret, which is shown this once; answers it. For a week calls carry two
/// signatures, one with the old secret.
///
/// # Errors
/// Denied, not found, or it has ended.
pub fn rotate(tx: &mut Tx<'_>, vault: &Vault, by: &By, id: &str) -> Result<Recorded<String>> {
    by.role.may(Permission::ManagePermissions)?;
    let hook = sql::one(tx, &by.org, id)?;
    if hook.ended.is_some() {
        let why = "This hook has ended: add it again".to_owned();
        return Err(Refusal { act: "rotate", why, source_: "House rule on hooks" }.into());
    }
    let plain = vault.open(tx, &by.org, &hook.key, &place(id), &hook.sealed)?;
    let mut sealed: Sealed = serde_json::from_slice(&plain)?;
    let secret = send::secret(&vault::random()?);
    let old = std::mem::replace(&mut sealed.secret, secret.clone());
    sealed.old = Some((old, by.now + CHANGE_OVER));
    let plain = serde_json::to_vec(&sealed)?;
    let sealed = vault.seal(tx, &by.org, &hook.key, &place(id), &plain)?;
    sql::set_sealed(tx, &by.org, id, sealed)?;
    let act = Act::new("hook.rotated").about("hook", id).law("UK GDPR Art 32(1)");
    Ok(Recorded::new(by, secret, act))
}

/// Ends a hook: it is not called again.
///
/// # Errors
/// Denied, or not found.
pub fn end(tx: &mut Tx<'_>, by: &By, id: &str, why: Option<&str>) -> Result<Recorded<()>> {
    by.role.may(Permission::ManagePermissions)?;
    if !sql::end(tx, &by.org, id, why, by.now)? {
        return Err(Error::NotFound("the hook"));
    }
    Ok(Recorded::new(by, (), Act::new("hook.ended").about("hook", id)))
}

/// Queues a call again that is over.
///
/// # Errors
/// Denied, not found, its hook has ended, or it is on its way.
pub fn replay(tx: &mut Tx<'_>, by: &By, id: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::ManagePermissions)?;
    let call = sql::call_by_id(tx, &by.org, id)?;
    let ended = sql::one(tx, &by.org, &call.hook)?.ended.is_some();
    if ended || !sql::again(tx, &by.org, id)? {
        let why = match ended {
            true => "This hook has ended: add it again",
            false => "This call is on its way already",
        };
        let source_ = "House rule on hooks";
        return Err(Refusal { act: "replay", why: why.to_owned(), source_ }.into());
    }
    jobs::queue(tx, &by.org, "hook", id, by.now)?;
    let act = Act::new("hook.replayed").about("hook", &call.hook).about("call", id);
    Ok(Recorded::new(by, (), act))
}

/// The body of a call: names the thing, holds nothing of it.
fn body(event: &str, made: Timestamp, about: &str) -> String {
    serde_json::json!({
        "type": event,
        "timestamp": made.to_string(),
        "data": { "id": about },
    })
    .to_string()
}

/// Makes one call. An error that may pass is tried again by the job's own schedule.
///
/// # Errors
/// The receiver can't be reached or does not take it, in words that name its host only.
pub fn deliver(office: &Office, org: &str, id: &str) -> Result<()> {
    let (call, hook) = office.read(|tx| {
        let call = sql::call_by_id(tx, org, id)?;
        let hook = sql::one(tx, org, &call.hook)?;
        Ok((call, hook))
    })?;
    if call.state != "waiting" {
        return Ok(());
    }
    if hook.ended.is_some() {
        return note(office, org, id, "failed", "The hook has ended");
    }
    let plain = office
        .read(|tx| office.vault().open(tx, org, &hook.key, &place(&hook.id), &hook.sealed))?;
    let Sealed { url, secret, old } = serde_json::from_slice(&plain)?;
    let old = old.filter(|(_, until)| office.now() < *until).map(|(secret, _)| secret);
    let secrets: Vec<&str> = std::iter::once(secret.as_str()).chain(old.as_deref()).collect();
    let loopback = office.settings().hooks_to_loopback;
    let target = Target::parse(&url, loopback)?;
    let body = body(&call.event, call.made, &call.about);
    let signed = send::Signed::new(id, office.now(), &secrets, body)?;
    match send::post(&target, &signed, loopback) {
        Outcome::Taken(status) => {
            note(office, org, id, "done", &format!("Taken: {status}"))?;
            let (org, hook) = (org.to_owned(), hook.id);
            office.chore(move |tx| sql::set_trouble(tx, &org, &hook, None))
        }
        Outcome::Gone => {
            note(office, org, id, "failed", "Gone: 410")?;
            let by = office.by_job(org, "hook");
            let why = "The receiver answered that it is gone (410)";
            match office.write(move |tx| end(tx, &by, &hook.id, Some(why))) {
                // Another call was told the same.
                Err(Error::NotFound(_)) => Ok(()),
                other => other,
            }
        }
        Outcome::Trouble(words) => {
            note(office, org, id, "waiting", &words)?;
            Err(Error::Unavailable(format!("hook at {}: {words}", target.authority)))
        }
        Outcome::Refused(why) => {
            note(office, org, id, "waiting", &why)?;
            Err(Refusal { act: "call", why, source_: "House rule: hooks stay outside" }.into())
        }
    }
}

fn note(office: &Office, org: &str, id: &str, state: &'static str, answer: &str) -> Result<()> {
    let (org, id, answer, now) = (org.to_owned(), id.to_owned(), answer.to_owned(), office.now());
    let done = (state != "waiting").then_some(now);
    office.chore(move |tx| sql::tried(tx, &org, &id, state, &answer, done))
}

/// Gives a call up: its hook shows the trouble until a call gets through.
///
/// # Errors
/// Of the database.
pub fn give_up(tx: &mut Tx<'_>, org: &str, id: &str, words: &str, now: Timestamp) -> Result<()> {
    let call = sql::call_by_id(tx, org, id)?;
    match sql::give_up(tx, org, id, now)? {
        true => sql::set_trouble(tx, org, &call.hook, Some(words)),
        false => Ok(()),
    }
}
