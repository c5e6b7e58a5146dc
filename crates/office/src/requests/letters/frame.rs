//! What every letter carries: addressee, date, reference, what was asked and when, and whom to
//! turn to.

use super::super::acts::Case;
use crate::charter::Charter;
use crate::kit::dates;
use crate::office::Office;

/// What every letter carries.
pub(super) struct Frame {
    pub(super) today: String,
    /// Name and postal address, for a letter on paper.
    pub(super) addressee: String,
    pub(super) dear: String,
    /// "you", or the name of the person somebody acts for.
    pub(super) about: String,
    pub(super) whose: &'static str,
    pub(super) agent: bool,
    pub(super) asked: String,
    pub(super) received: String,
    pub(super) role: String,
    pub(super) name: Option<String>,
    pub(super) contact: String,
    pub(super) email: String,
    pub(super) org: String,
    pub(super) reference: String,
    pub(super) regulator: String,
    pub(super) regulator_contact: String,
    /// Whether it says no, so that regulator and court are named too.
    pub(super) appeal: bool,
}

pub(super) fn frame(office: &Office, charter: &Charter, case: &Case) -> Frame {
    let c = &charter.contact;
    let mut contact = c.email.clone();
    for more in [c.phone.as_deref(), Some(c.post.as_str())].into_iter().flatten() {
        contact = format!("{contact}\n{more}");
    }
    let asker = &case.body.asker;
    let printed = asker.reply_to().is_none();
    let about = asker.agent.as_ref().map_or("you", |_| asker.name.trim()).to_owned();
    let asked = match case.body.wants.what.trim() {
        "" => format!("everything we hold about {about}"),
        words => shortened(&words.split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    Frame {
        today: dates::long(dates::day_of(office.now())),
        addressee: if printed { addressee(case) } else { String::new() },
        dear: asker.agent.as_ref().map_or(&asker.name, |a| &a.name).clone(),
        about,
        whose: if asker.agent.is_some() { "their" } else { "your" },
        agent: asker.agent.is_some(),
        asked,
        received: dates::full(case.request().received),
        role: lower(&c.role),
        name: c.name.clone(),
        contact,
        email: c.email.clone(),
        org: charter.organisation.legal_name.clone(),
        reference: case.row.reference.clone(),
        regulator: charter.law.regulator.clone(),
        regulator_contact: charter.law.regulator_contact.clone(),
        appeal: false,
    }
}

/// What was asked, as far as a line or two holds it: the whole of it stands with the case. So a
/// form that anybody can fill in sends nobody a page of somebody else's.
fn shortened(asked: &str) -> String {
    const MOST: usize = 300;
    if asked.chars().count() <= MOST {
        return asked.to_owned();
    }
    let start: String = asked.chars().take(MOST).collect();
    let words = start.rsplit_once(' ').map_or(start.as_str(), |(words, _)| words);
    format!("{words} …")
}

/// A letter that says no, or not yet: it names regulator and court.
pub(super) fn no_frame(office: &Office, charter: &Charter, case: &Case) -> Frame {
    Frame { appeal: true, ..frame(office, charter, case) }
}

/// A letter that is printed in any case, whether there is an e-mail address or not.
pub(super) fn paper_frame(office: &Office, charter: &Charter, case: &Case) -> Frame {
    Frame { addressee: addressee(case), ..frame(office, charter, case) }
}

/// Name and address above a letter on paper.
fn addressee(case: &Case) -> String {
    let asker = &case.body.asker;
    let first = |list: &[String]| list.first().cloned().unwrap_or_default();
    let (name, address, postcode) = match &asker.agent {
        Some(agent) => (&agent.name, agent.address.clone(), String::new()),
        None => (&asker.name, first(&asker.addresses), first(&asker.postcodes)),
    };
    let flat = |t: &str| t.to_uppercase().replace(' ', "");
    let postcode = if flat(&address).contains(&flat(&postcode)) { String::new() } else { postcode };
    let lines = [name.as_str(), address.trim(), postcode.trim()];
    lines.into_iter().filter(|l| !l.trim().is_empty()).collect::<Vec<_>>().join("\n")
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
