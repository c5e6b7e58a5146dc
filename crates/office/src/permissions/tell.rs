//! Who is told of a stop or a withdrawal, and what is said about what goes on.

use askama::Template;
use candour_db::Tx;

use super::records::{ConsentRow, Use};
use super::standing;
use super::stops::NewStop;
use super::terms::What;
use crate::charter::{self, Charter};
use crate::error::Result;
use crate::kit::jobs;
use crate::kit::post::{self, Letter};
use crate::kit::vault::Vault;
use crate::mailing;
use crate::office::Office;
use crate::people::{self, PersonRow};
use crate::proof::By;

#[derive(Template)]
#[template(path = "permissions/letters/stop_to_company.txt")]
struct StopToCompany<'a> {
    company: &'a str,
    who: String,
    scope: &'a str,
    erased: bool,
    org: &'a str,
    role: &'a str,
    contact: &'a str,
}

#[derive(Template)]
#[template(path = "permissions/letters/stop_to_partner.txt")]
struct StopToPartner<'a> {
    partner: &'a str,
    who: String,
    /// One thing only that stops; empty where the agreement has ended.
    scope: &'a str,
    erased: bool,
    org: &'a str,
    role: &'a str,
    contact: &'a str,
}

#[derive(Template)]
#[template(path = "permissions/letters/stop_to_person.txt")]
struct StopToPerson<'a> {
    name: &'a str,
    stopped: String,
    goes_on: String,
    link: String,
    org: &'a str,
    role: &'a str,
    contact: &'a str,
}

#[derive(Template)]
#[template(path = "permissions/letters/preference_link.txt")]
struct PreferenceLink<'a> {
    link: &'a str,
    org: &'a str,
    role: &'a str,
    contact: &'a str,
}

/// Where the office's public pages are.
pub(super) fn base(office: &Office) -> String {
    office.address()
}

/// Sends a person the link to their preferences.
pub(super) fn preference_link(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    charter: &Charter,
    person: &PersonRow,
    to: &str,
    link: &str,
) -> Result<()> {
    let text = PreferenceLink {
        link,
        org: &charter.organisation.legal_name,
        role: &charter.contact.role,
        contact: &charter.contact.email,
    }
    .render()?;
    let subject = format!("Choose what you hear from {}", charter.organisation.name());
    let letter = letter(charter, post::PREFERENCES, to, subject, text);
    post::put(tx, vault, &by.org, None, &person.key, &letter, by.now).map(drop)
}

fn letter(charter: &Charter, name: &str, to: &str, subject: String, text: String) -> Letter {
    Letter {
        name: name.into(),
        to: Some(to.to_owned()),
        from: (charter.organisation.name().to_owned(), charter.contact.email.clone()),
        subject,
        text,
        thread: name.to_owned(),
    }
}

/// Who a person is, for those who must stop as well: name and identifiers.
fn who(tx: &mut Tx<'_>, vault: &Vault, by: &By, person: &PersonRow) -> Result<String> {
    let known = people::open(tx, vault, &by.org, person)?;
    let mut lines: Vec<String> = known.name.into_iter().map(|n| format!("- {n}")).collect();
    lines.extend(
        known.identifiers.iter().map(|(k, raw)| format!("- {}: {raw}", people::kind_word(*k))),
    );
    Ok(lines.join("\n"))
}

/// Somebody others are told of.
pub(super) struct About<'a> {
    /// Who.
    pub person: &'a PersonRow,
    /// They are being erased in this change.
    pub erased: bool,
}

impl<'a> About<'a> {
    /// Of somebody who stays known.
    pub fn of(person: &'a PersonRow) -> Self {
        Self { person, erased: false }
    }

    /// Puts a letter to somebody else on its way, under a key of its own: it arrives also when the
    /// person is erased meanwhile, and nobody can read it here once it is sent.
    fn post(&self, tx: &mut Tx<'_>, vault: &Vault, by: &By, mut letter: Letter) -> Result<()> {
        letter.name += post::ONCE;
        let key = vault.make_key(tx, &by.org, "letter", by.now)?;
        post::put(tx, vault, &by.org, None, &key, &letter, by.now).map(drop)
    }
}

/// Tells the company for which a person is held: we act for it as its processor, and have honoured
/// the stop (UK GDPR Arts 21(3), 28(3)(e)).
pub(super) fn company(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    about: &About<'_>,
    scope: &str,
) -> Result<()> {
    let Some(short) = &about.person.company else { return Ok(()) };
    let Some((title, email)) = super::sql::company(tx, &by.org, short)? else { return Ok(()) };
    let charter = charter::current(tx, &by.org)?;
    let text = StopToCompany {
        company: &title,
        who: who(tx, vault, by, about.person)?,
        scope,
        erased: about.erased,
        org: &charter.organisation.legal_name,
        role: &charter.contact.role,
        contact: &charter.contact.email,
    }
    .render()?;
    let subject = "One of your people has told us to stop".to_owned();
    about.post(tx, vault, by, letter(&charter, "stop-to-company", &email, subject, text))
}

/// Tells a partner who has the data: that the person's consent is withdrawn, that they stop one
/// thing, or that we have erased them (UK GDPR Art 19).
pub(super) fn partner(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    about: &About<'_>,
    short: &str,
    scope: &str,
) -> Result<()> {
    let charter = charter::current(tx, &by.org)?;
    let Some(p) = charter.permissions.partners.iter().find(|p| p.short == short) else {
        return Ok(());
    };
    let text = StopToPartner {
        partner: &p.title,
        who: who(tx, vault, by, about.person)?,
        scope,
        erased: about.erased,
        org: &charter.organisation.legal_name,
        role: &charter.contact.role,
        contact: &charter.contact.email,
    }
    .render()?;
    let subject = "Please stop using details we gave you".to_owned();
    about.post(tx, vault, by, letter(&charter, "stop-to-partner", &p.email, subject, text))
}

/// Tells partners of a stop that does not end their consent: one on a single channel, or on the
/// partner's own promotion. Only those are told who have the data, so nobody learns of a person
/// through their stop.
pub(super) fn partners_of_stop(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    about: &About<'_>,
    new: &NewStop,
) -> Result<()> {
    if new.ends_sharing() {
        return Ok(());
    }
    let shares = super::sql::consents_of(tx, &by.org, &about.person.id)?;
    let shares = shares.iter().filter(|c| c.use_kind == Use::Share.word() && c.is_yes());
    let settings = charter::current(tx, &by.org)?.permissions;
    let theirs = |short: &str| match &new.what {
        What::Purpose(p) => {
            settings.purpose(p).is_some_and(|p| p.partner.as_deref() == Some(short))
        }
        What::Marketing | What::Everything => true,
    };
    let mut told = Vec::new();
    for c in shares {
        if theirs(&c.use_what) && !told.contains(&c.use_what) {
            partner(tx, vault, by, about, &c.use_what, &new.words(&settings))?;
            told.push(c.use_what.clone());
        }
    }
    Ok(())
}

/// Announces to the programs that listen.
pub(super) fn hooks(tx: &mut Tx<'_>, by: &By, event: &'static str, about: &[String]) -> Result<()> {
    mailing::announce(tx, by, event, about)
}

/// Lets a person be told what stands now, once the change is made: when it was staff who recorded
/// their wish, since then no page has shown it to them (UK GDPR Arts 7(3), 12(3)).
pub(super) fn person_later(tx: &mut Tx<'_>, by: &By, person: &str) -> Result<()> {
    if by.actor.starts_with("staff:") || by.actor == "command" {
        jobs::queue(tx, &by.org, "stop-letter", person, by.now)?;
    }
    Ok(())
}

/// What a person is told after a stop or a withdrawal: what stopped, from when, what goes on.
///
/// # Errors
/// Of the database.
pub fn letter_to_person(office: &Office, org: &str, person: &str) -> Result<String> {
    let stands = standing::of(office, org, person)?;
    let charter = office.read(|tx| charter::current(tx, org))?;
    let list =
        |lines: &[String]| lines.iter().map(|l| format!("- {l}")).collect::<Vec<_>>().join("\n");
    Ok(StopToPerson {
        name: stands.name.as_deref().unwrap_or_default(),
        stopped: list(&stands.stopped),
        goes_on: list(&stands.goes_on),
        link: format!("{}/o/{}/preferences", base(office), charter.organisation.short),
        org: &charter.organisation.legal_name,
        role: &charter.contact.role,
        contact: &charter.contact.email,
    }
    .render()?)
}

/// Writes to a person what stands now, if there is an e-mail address that may still be written to
/// about their own wish; else staff print it from the person's page. The job of [`person_later`].
///
/// # Errors
/// Of the database.
pub fn person(office: &Office, org: &str, person: &str) -> Result<()> {
    let Some((to, key)) = standing::reachable(office, org, person)? else { return Ok(()) };
    let text = letter_to_person(office, org, person)?;
    let (org, vault, now) = (org.to_owned(), office.vault().clone(), office.now());
    let charter = office.read(|tx| charter::current(tx, &org))?;
    let subject = "What you have told us to stop".to_owned();
    let letter = letter(&charter, "stop-to-person", &to, subject, text);
    office.chore(move |tx| post::put(tx, &vault, &org, None, &key, &letter, now).map(drop))
}

/// What a consent is for, in words.
pub fn in_words(charter: &Charter, row: &ConsentRow) -> String {
    match (Use::from_word(&row.use_kind), row.channel()) {
        (Some(Use::Contact), channel) => {
            let title = title(charter, Use::Contact, &row.use_what);
            channel.map_or(title.to_owned(), |c| format!("{title}, by {}", c.label()))
        }
        (Some(kind), _) => use_in_words(charter, kind, &row.use_what),
        (None, _) => row.use_what.clone(),
    }
}

/// The same of words with which consent is asked for.
pub fn use_in_words(charter: &Charter, kind: Use, what: &str) -> String {
    format!("{} {}", kind.label(), title(charter, kind, what))
}

/// How the charter calls a purpose or a partner; what is in no charter is called as it is.
fn title<'a>(charter: &'a Charter, kind: Use, what: &'a str) -> &'a str {
    title_in_charter(charter, kind, what).unwrap_or(what)
}

/// The title of a purpose or a partner of the charter.
pub fn title_in_charter<'a>(charter: &'a Charter, kind: Use, what: &str) -> Option<&'a str> {
    let p = &charter.permissions;
    match kind {
        Use::Contact => p.purpose(what).map(|x| x.title.as_str()),
        Use::Share => p.partners.iter().find(|x| x.short == what).map(|x| x.title.as_str()),
        _ => None,
    }
}
