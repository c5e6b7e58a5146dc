//! Who is told of a stop or a withdrawal, and what is said about what goes on.

use askama::Template;
use candour_db::Tx;

use super::records::{ConsentRow, Use};
use super::stops::NewStop;
use crate::charter::{self, Channel, Charter};
use crate::error::Result;
use crate::kit::post::{self, Letter};
use crate::kit::vault::Vault;
use crate::office::Office;
use crate::people::{self, PersonRow};
use crate::proof::By;
use crate::{mailing, register};

#[derive(Template)]
#[template(path = "permissions/letters/stop_to_company.txt")]
struct StopToCompany<'a> {
    company: &'a str,
    who: String,
    scope: String,
    org: &'a str,
    role: &'a str,
    contact: &'a str,
}

#[derive(Template)]
#[template(path = "permissions/letters/stop_to_partner.txt")]
struct StopToPartner<'a> {
    partner: &'a str,
    who: String,
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
    let base = office.settings().public_url.as_deref().unwrap_or("http://127.0.0.1:8420");
    base.trim_end_matches('/').to_owned()
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
    let letter = letter(charter, "preference-link", to, subject, text);
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

/// Tells the company for which a person is held: we act for it as its processor, and have honoured
/// the stop (UK GDPR Arts 21(3), 28(3)(e)).
pub(super) fn company(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    person: &PersonRow,
    stop: &NewStop,
) -> Result<()> {
    let Some(short) = &person.company else { return Ok(()) };
    let Some((title, email)) = super::sql::company(tx, &by.org, short)? else { return Ok(()) };
    let charter = charter::current(tx, &by.org)?;
    let text = StopToCompany {
        company: &title,
        who: who(tx, vault, by, person)?,
        scope: stop.channel.map_or("by any channel".into(), |c| format!("by {}", c.label())),
        org: &charter.organisation.legal_name,
        role: &charter.contact.role,
        contact: &charter.contact.email,
    }
    .render()?;
    let subject = "One of your people has told us to stop".to_owned();
    let letter = letter(&charter, "stop-to-company", &email, subject, text);
    post::put(tx, vault, &by.org, None, &person.key, &letter, by.now).map(drop)
}

/// Tells a partner who had the data that the person's consent is withdrawn (UK GDPR Art 19).
pub(super) fn partner(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    person: &PersonRow,
    short: &str,
) -> Result<()> {
    let charter = charter::current(tx, &by.org)?;
    let Some(p) = charter.permissions.partners.iter().find(|p| p.short == short) else {
        return Ok(());
    };
    let text = StopToPartner {
        partner: &p.title,
        who: who(tx, vault, by, person)?,
        org: &charter.organisation.legal_name,
        role: &charter.contact.role,
        contact: &charter.contact.email,
    }
    .render()?;
    let subject = "Please stop using details we gave you".to_owned();
    let letter = letter(&charter, "stop-to-partner", &p.email, subject, text);
    post::put(tx, vault, &by.org, None, &person.key, &letter, by.now).map(drop)
}

/// Announces to the programs that listen.
pub(super) fn hooks(tx: &mut Tx<'_>, by: &By, event: &'static str, about: &str) -> Result<()> {
    mailing::announce(tx, by, event, about)
}

/// What a consent is for, in words.
pub fn in_words(charter: &Charter, row: &ConsentRow) -> String {
    let p = &charter.permissions;
    match Use::from_word(&row.use_kind) {
        Some(Use::Contact) => {
            let title = p.purpose(&row.use_what).map_or(row.use_what.as_str(), |p| &p.title);
            match row.channel() {
                Some(c) => format!("{title}, by {}", c.label()),
                None => title.to_owned(),
            }
        }
        Some(Use::Share) => {
            let partner = p.partners.iter().find(|x| x.short == row.use_what);
            format!("Sharing with {}", partner.map_or(row.use_what.as_str(), |x| &x.title))
        }
        Some(kind) => format!("{} {}", kind.label(), row.use_what),
        None => row.use_what.clone(),
    }
}

/// What goes on without this consent, and on which basis: the person is told (UK GDPR Arts 7(3),
/// 13(1)(c)).
pub(super) fn remains(
    tx: &mut Tx<'_>,
    by: &By,
    charter: &Charter,
    row: &ConsentRow,
) -> Result<Vec<String>> {
    let mut out = Vec::new();
    if row.use_kind == Use::Contact.word() {
        let how = row.channel().map_or("any channel", Channel::label);
        out.push(format!(
            "We may still write to you by {how} about what you ask us for or have bought, and, if \
             you are a member, about meetings and ballots. That does not rest on your consent"
        ));
        return Ok(out);
    }
    let partner = charter.permissions.partners.iter().find(|p| p.short == row.use_what);
    let title = partner.map_or(row.use_what.as_str(), |p| p.title.as_str());
    for a in register::activities(tx, &by.org)? {
        let named = a.recipients.iter().any(|r| r.contains(title))
            || a.categories.iter().any(|c| c.eq_ignore_ascii_case(title));
        if named && !a.basis.is_consent() {
            out.push(format!("{}: {}", a.title, a.basis.words()));
        }
    }
    Ok(out)
}
