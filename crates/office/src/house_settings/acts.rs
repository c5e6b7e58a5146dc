//! Setting what belongs to the whole machine. In the browser it is set only where there is one
//! organisation; where there are several, one of them may not settle it for the others.

use super::rules::in_words;
use crate::charter;
use crate::error::{Error, Refusal, Result};
use crate::kit::reach::{self, Set};
use crate::mailing::mailbox;
use crate::office::Office;
use crate::proof::{self, Act, By, Recorded};
use crate::staff::Permission;

/// Whether `candour.toml` names it: then that counts, whatever is set here.
fn in_file(office: &Office, what: &Set) -> bool {
    let settings = office.settings();
    match what {
        Set::Post(_) => settings.post.is_some(),
        Set::Address(_) => settings.public_url.is_some(),
        Set::Mailbox(_) => settings.mailbox.is_some(),
    }
}

fn refused(why: &str) -> Error {
    Refusal { act: "set", why: why.into(), source_: "house rule: one machine, one setting" }.into()
}

fn act(what: &Set, org: &str, key: &str) -> Act {
    let word = match what {
        Set::Post(_) => "house.mail-set",
        Set::Address(_) => "house.address-set",
        Set::Mailbox(_) => "house.mailbox-set",
    };
    Act::new(word).about("org", org).law("UK GDPR Art 24(1)").say(key, in_words(what))
}

/// Sets it for the whole machine; it stands in the history of every organisation there. All
/// processes follow at once.
///
/// # Errors
/// Denied; `candour.toml` names it; in the browser where there are several organisations.
pub fn set(office: &Office, by: &By, what: &Set) -> Result<()> {
    by.role.may(Permission::SetCharter)?;
    if in_file(office, what) {
        return Err(refused(
            "the file candour.toml in the data folder says this, and what stands there counts: change it \
             there, or take it out and start again",
        ));
    }
    if office.read(charter::orgs)?.is_empty() {
        // Nobody's history yet.
        let (vault, what, now) = (office.vault().clone(), what.clone(), by.now);
        office.chore(move |tx| reach::set(tx, &vault, &what, now))?;
        return office.renew_reach().map(drop);
    }
    let (by, vault, what) = (by.clone(), office.vault().clone(), what.clone());
    office.write(move |tx| {
        let all = charter::orgs(tx)?;
        if all.len() > 1 && by.actor != "command" {
            return Err(refused(
                "there are several organisations on this machine: whoever runs it sets this for \
                 all of them",
            ));
        }
        reach::set(tx, &vault, &what, by.now)?;
        for (org, _) in all.iter().filter(|(org, _)| *org != by.org) {
            let key = vault.key_for(tx, org, "office", by.now)?;
            let there = By { org: org.clone(), ..by.clone() };
            proof::acts::record(tx, &vault, &there, act(&what, org, &key))?;
        }
        if matches!(what, Set::Mailbox(Some(_))) {
            mailbox::queue(tx, &by.org, by.now)?;
        }
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        Ok(Recorded::new(&by, (), act(&what, &by.org, &key)))
    })?;
    office.renew_reach().map(drop)
}

/// Records that a message was sent to try the mail server with, and what came of it.
///
/// # Errors
/// Denied, or of the database.
pub fn note_tried(office: &Office, by: &By, said: &str) -> Result<()> {
    by.role.may(Permission::SetCharter)?;
    let (by, vault, said) = (by.clone(), office.vault().clone(), said.to_owned());
    office.write(move |tx| {
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        let act = Act::new("house.mail-tried").about("org", &by.org).law("UK GDPR Art 24(1)");
        Ok(Recorded::new(&by, (), act.say(&key, said.as_str())))
    })
}
