//! The answers to the public form that are not sent yet: sealed, found by a cookie, and turned into
//! the receipt when they are sent.

use axum::http::{HeaderMap, header};
use candour_db::Tx;
use jiff::SignedDuration;

use super::sql;
use crate::error::{Error, Result};
use crate::kit::forms::Filled;
use crate::kit::links;
use crate::office::Office;
use crate::proof::By;

/// The cookie with the token of a draft.
pub(super) const COOKIE: &str = "candour-ask";
/// A draft is kept this long.
const DRAFT: SignedDuration = SignedDuration::from_hours(24);
/// The answer that marks a draft as sent: its reference.
pub(super) const DONE: &str = "sent-reference";

/// The token of the draft that a browser has.
pub(super) fn token(headers: &HeaderMap) -> Option<String> {
    let all = headers.get_all(header::COOKIE);
    let pairs = all.iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    pairs
        .filter_map(|p| p.trim().split_once('='))
        .find(|(n, _)| *n == COOKIE)
        .map(|(_, v)| v.to_owned())
}

fn place(token: &str) -> String {
    format!("draft\u{0}{}", hex::encode(links::hash(token)))
}

/// The answers so far within a change; none if there is no such draft of this organisation.
pub(super) fn within(tx: &mut Tx<'_>, o: &Office, by: &By, token: &str) -> Result<Option<Filled>> {
    let Some((org, sealed)) = sql::draft(tx, links::hash(token), by.now)? else {
        return Ok(None);
    };
    if org != by.org {
        return Ok(None);
    }
    let key =
        crate::kit::sql::key_of_scope(tx, &org, "office")?.ok_or(Error::NotFound("the key"))?;
    let plain = o.vault().open(tx, &org, &key, &place(token), &sealed)?;
    Ok(Some(Filled(serde_json::from_slice(&plain)?)))
}

/// The answers so far.
pub(super) fn read(o: &Office, by: &By, token: &str) -> Result<Option<Filled>> {
    o.read(|tx| within(tx, o, by, token))
}

/// Keeps the answers within a change, for so long.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    o: &Office,
    by: &By,
    token: &str,
    (f, lasts): (&Filled, SignedDuration),
) -> Result<()> {
    let plain = serde_json::to_vec(&f.0)?;
    let key = o.vault().key_for(tx, &by.org, "office", by.now)?;
    let sealed = o.vault().seal(tx, &by.org, &key, &place(token), &plain)?;
    sql::put_draft(tx, links::hash(token), &by.org, &sealed, by.now + lasts)
}

/// Keeps the answers so far. If the request has been sent meanwhile, in another tab, its receipt
/// stays and is the answer.
pub(super) fn write(o: &Office, by: &By, token: &str, f: &Filled) -> Result<Option<Filled>> {
    let (o2, by, token, f) = (o.clone(), by.clone(), token.to_owned(), f.clone());
    o.chore(move |tx| {
        let sent = within(tx, &o2, &by, &token)?.filter(|f| f.some(DONE).is_some());
        if sent.is_none() {
            keep(tx, &o2, &by, &token, (&f, DRAFT))?;
        }
        Ok(sent)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charter::Charter;

    #[test]
    fn a_late_answer_of_another_tab_leaves_the_receipt() {
        let dir = tempfile::tempdir().unwrap();
        drop(Office::init(dir.path(), None).unwrap());
        let office = Office::open(dir.path(), None).unwrap();
        let charter = Charter::parse(include_str!("../demo/charter.toml")).unwrap();
        let by = office.by_public(&office.found(charter).unwrap());
        let (mut answers, mut receipt) = (Filled::default(), Filled::default());
        answers.set("name", "Amara Quill");
        receipt.set(DONE, "RR-2026-0001");
        assert!(write(&office, &by, "token", &answers).unwrap().is_none());
        let (o, by2, done) = (office.clone(), by.clone(), receipt.clone());
        office.chore(move |tx| keep(tx, &o, &by2, "token", (&done, DRAFT))).unwrap();
        let told = write(&office, &by, "token", &answers).unwrap().unwrap();
        assert_eq!(told.get(DONE), "RR-2026-0001");
        assert_eq!(read(&office, &by, "token").unwrap().unwrap().0, receipt.0);
    }
}
