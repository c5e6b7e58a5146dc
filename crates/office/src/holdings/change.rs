//! A holding that moves, changes hands, ends, or is taken up again.

use candour_connectors::{DataMap, Source, Tested};
use jiff::civil::Date;

use super::acts::{self, check_words, connect, kept, problems, with_map};
use super::sql::{self, Ended, Holding};
use crate::error::{Error, Refusal, Result};
use crate::kit::dates;
use crate::kit::forms::LONG;
use crate::office::Office;
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// What a holding is called, where it is and who keeps it.
#[derive(Debug, Clone)]
pub struct Change {
    /// What people call it.
    pub title: String,
    /// Where.
    pub source: Source,
    /// The post that keeps it. Needed for paper.
    pub post: Option<String>,
    /// Where the post is reached. Needed for paper.
    pub post_email: Option<String>,
}

impl Change {
    /// How a holding stands.
    pub fn of(h: &Holding) -> Self {
        Self {
            title: h.title.clone(),
            source: h.map.source.clone(),
            post: h.post.clone(),
            post_email: h.post_email.clone(),
        }
    }

    /// What is different from how it stood, in words that name no place.
    fn said(&self, h: &Holding) -> Vec<&'static str> {
        let all = [
            (self.title.trim() != h.title, "what it is called"),
            (self.source != h.map.source, "where it is"),
            (self.post != h.post, "the post that keeps it"),
            (self.post_email != h.post_email, "where that post is reached"),
        ];
        all.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect()
    }
}

/// Changes what a holding is called, where it is and who keeps it. A new place is tried before
/// anything is saved, and its map checked against what is there.
///
/// # Errors
/// Denied, no longer kept, the place can't be reached, or somebody else changed it meanwhile.
pub fn change(office: &Office, by: &By, h: &Holding, new: Change) -> Result<Option<Tested>> {
    by.role.may(Permission::ManageHoldings)?;
    kept(h)?;
    check_words(h.map.kind, &new.title, new.post.as_deref(), new.post_email.as_deref())?;
    let said = new.said(h);
    let map =
        DataMap { title: new.title.trim().to_owned(), source: new.source.clone(), ..h.map.clone() };
    map.sound(&h.short)?;
    let changed = with_map(by, h, map);
    let (mut tested, mut lines) = (None, h.problems.clone());
    let moved = changed.map.source != h.map.source;
    if moved && !h.is_paper() {
        tested = Some(connect(office, &changed)?.test()?);
        lines = problems(office, &by.org, &changed)?.iter().map(acts::line).collect();
    }
    let (by, vault, h) = (by.clone(), office.vault().clone(), h.clone());
    office.write(move |tx| {
        if said.is_empty() {
            return Ok(Recorded::nothing(&by, ()));
        }
        let checked = moved.then_some(by.now);
        sql::set_map(tx, &by.org, &h.id, h.version, &changed.map, &lines, checked)?;
        sql::set_bound(tx, &by.org, &h.id, changed.bound)?;
        let post = (new.post.as_deref(), new.post_email.as_deref());
        sql::set_post(tx, &by.org, &h.id, post)?;
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        let act = Act::new("holding.changed")
            .about("holding", &h.id)
            .law("UK GDPR Art 30(1)")
            .say(&key, format!("{}: changed {}", h.title, said.join(", ")));
        Ok(Recorded::new(&by, (), act))
    })?;
    Ok(tested)
}

/// Ends a holding: it is planned for no new search and not checked any more. It stays in the cases
/// that it was searched for; those that still wait for it go on waiting, until a person says why
/// the answer goes without it.
///
/// # Errors
/// Denied, no reason, a day to come, ended already, or somebody else changed it meanwhile.
pub fn end(office: &Office, by: &By, h: &Holding, on: Date, why: &str) -> Result<()> {
    by.role.may(Permission::ManageHoldings)?;
    kept(h)?;
    let why = why.trim().to_owned();
    if why.is_empty() {
        return Err(Error::invalid("reason", "Say why it is no longer kept"));
    }
    if why.chars().count() > LONG {
        return Err(Error::invalid("reason", format!("Shorten this to {LONG} letters at most")));
    }
    if on > dates::day_of(by.now) {
        return Err(Error::invalid("day", "Enter a day that has come"));
    }
    let ended = Ended { on, why };
    let (by, vault, h) = (by.clone(), office.vault().clone(), h.clone());
    office.write(move |tx| {
        sql::set_ended(tx, &by.org, (&h.id, h.version), Some(&ended), Some(by.now))?;
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        let said = format!("{}, on {}: {}", h.title, dates::full(ended.on), ended.why);
        let act = Act::new("holding.ended")
            .about("holding", &h.id)
            .law("UK GDPR Art 30(1)")
            .say(&key, said);
        Ok(Recorded::new(&by, (), act))
    })
}

/// Takes a holding up again that had ended.
///
/// # Errors
/// Denied, it is kept, or somebody else changed it meanwhile.
pub fn take_up(office: &Office, by: &By, h: &Holding) -> Result<()> {
    by.role.may(Permission::ManageHoldings)?;
    if h.ended.is_none() {
        let why = format!("{} is kept already", h.title);
        let source_ = "house rule: only what has ended is taken up again";
        return Err(Refusal { act: "take up a holding", why, source_ }.into());
    }
    let (by, vault, h) = (by.clone(), office.vault().clone(), h.clone());
    office.write(move |tx| {
        sql::set_ended(tx, &by.org, (&h.id, h.version), None, None)?;
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        let act = Act::new("holding.taken-up")
            .about("holding", &h.id)
            .law("UK GDPR Art 30(1)")
            .say(&key, h.title.clone());
        Ok(Recorded::new(&by, (), act))
    })
}
