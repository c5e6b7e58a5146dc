//! Answers to requests for consent and the words they were asked with; deliveries. Effective at
//! once: every decision made after the commit sees it, in every process.

use candour_db::Tx;
use jiff::civil::Date;

use super::records::{ConsentRow, Event, Proof, Through, Use, Wording};
use super::stops::{Yes, lift, touch};
use super::tell::in_words;
use super::{facts, outlive, persons, sql, withdrawals};
use crate::charter::{self, Channel, Charter};
use crate::error::{Error, Result};
use crate::kit::forms::{LINE, LONG, fit};
use crate::kit::vault::Vault;
use crate::kit::{dates, new_id};
use crate::people::{self, Hash16, Known, PersonRow};
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// An answer to a request for consent.
#[derive(Debug, Clone)]
pub struct NewConsent {
    /// Who answered.
    pub who: Known,
    /// Which wording they saw, by short name.
    pub wording: String,
    /// Which version of it; the latest for `None`.
    pub version: Option<i64>,
    /// By which channel they may be contacted, if it is about contact.
    pub channel: Option<Channel>,
    /// Yes or no.
    pub yes: bool,
    /// When they answered.
    pub on: Date,
    /// How the answer came: `form`, `phone`, `letter`, `in-person`, `email`, `link`.
    pub method: String,
    /// What proves it.
    pub proof: Proof,
    /// Through whom it came.
    pub through: Through,
}

/// Sets a wording: always a new version.
///
/// # Errors
/// Denied, not complete, or its purpose or partner is not in the charter.
pub fn set_wording(tx: &mut Tx<'_>, vault: &Vault, by: &By, w: &Wording) -> Result<Recorded<i64>> {
    by.role.may(Permission::ManagePermissions)?;
    w.check()?;
    let charter = charter::current(tx, &by.org)?;
    check_use(&charter, w)?;
    let last = sql::wording_of(tx, &by.org, &w.short, None)?;
    let version = last.map_or(1, |(v, _, _)| v + 1);
    sql::insert_wording(tx, &by.org, w, version, by.now, &by.actor)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("wording.set")
        .about("wording", &w.short)
        .law("UK GDPR Art 7(1)-(2)")
        .say(&key, format!("{}, version {version}", w.short));
    Ok(Recorded::new(by, version, act))
}

fn check_use(charter: &Charter, w: &Wording) -> Result<()> {
    let known = match w.use_kind {
        Use::Contact => charter.permissions.purpose(&w.use_what).is_some(),
        Use::Share => charter.permissions.partners.iter().any(|p| p.short == w.use_what),
        _ => true,
    };
    if !known {
        return Err(Error::invalid(
            "use_what",
            "The charter has no such purpose of contact or partner: add it there first",
        ));
    }
    let purpose = charter.permissions.purpose(&w.use_what).filter(|_| w.use_kind == Use::Contact);
    match purpose {
        Some(p) if w.channels.iter().any(|c| !p.channels.contains(c)) => {
            Err(Error::invalid("channels", "Choose only channels that this purpose uses"))
        }
        _ => Ok(()),
    }
}

fn check_new(charter: &Charter, w: &Wording, new: &NewConsent, today: Date) -> Result<()> {
    let proof = &new.proof;
    let (who, authority) =
        proof.representative.as_ref().map_or(("", ""), |(w, a)| (w.as_str(), a.as_str()));
    fit(&[
        ("name", new.who.name.as_deref().unwrap_or_default(), LINE),
        ("method", &new.method, LINE),
        ("evidence", &proof.evidence, LONG),
        ("collector", &proof.collector, LINE),
        ("representative", who, LINE),
        ("authority", authority, LONG),
    ])?;
    if w.use_kind == Use::Contact {
        let purpose = charter
            .permissions
            .purpose(&w.use_what)
            .ok_or_else(|| Error::invalid("wording", "The purpose of this wording is no more"))?;
        if !new.channel.is_some_and(|c| purpose.channels.contains(&c)) {
            return Err(Error::invalid("channel", "Choose a channel that this purpose uses"));
        }
        // A yes to a text message is none to e-mail, and a no neither: a stop is for that.
        if new.channel.is_some_and(|c| !w.asks_for(c)) {
            return Err(Error::invalid(
                "channel",
                format!(
                    "These words ask about {} only. Choose that, or the words that were really \
                     used; if somebody said no to another channel, stop contact by it",
                    w.channels_in_words()
                ),
            ));
        }
    }
    if new.on > today {
        return Err(Error::invalid("on", "The answer can't have come in the future"));
    }
    if new.method.trim().is_empty() {
        return Err(Error::invalid("method", "Enter how the answer came"));
    }
    if new.proof.evidence.trim().is_empty() {
        return Err(Error::invalid("evidence", "Enter what proves the answer"));
    }
    if new.proof.representative.as_ref().is_some_and(|(_, a)| a.trim().is_empty()) {
        return Err(Error::invalid(
            "authority",
            "Enter with what authority somebody else answered for the person",
        ));
    }
    Ok(())
}

/// Records an answer, yes or no. A yes narrows the stops it answers (see [`Yes`]) by this channel
/// and purpose, and by nothing else; a no ends an earlier yes to the same.
///
/// # Errors
/// Denied, an unknown wording, or something to mend.
pub fn record_consent(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    new: &NewConsent,
) -> Result<Recorded<String>> {
    by.role.may(Permission::RecordPermissions)?;
    let charter = charter::current(tx, &by.org)?;
    let (version, w, _) = sql::wording_of(tx, &by.org, &new.wording, new.version)?
        .ok_or_else(|| Error::invalid("wording", "There is no such wording or version"))?;
    check_new(&charter, &w, new, dates::day_of(by.now))?;
    let (person, ids) = persons::join(tx, vault, by, &new.who, new.through)?;
    let row = row_of(tx, vault, by, &charter, new, &w, version, &person)?;
    let mut ended = Vec::new();
    if !new.yes {
        ended = withdrawals::by_refusal(tx, vault, by, &person, &row)?;
        outlive::note_refusal(tx, by, &row, &ids)?;
    }
    sql::insert_consent(tx, &by.org, &row)?;
    if let (true, Use::Contact, Some(channel)) = (new.yes, w.use_kind, new.channel) {
        let (on, through) = (new.on, new.through);
        lift(tx, by, &person.id, &ids, &Yes { channel, purpose: &w.use_what, on, through })?;
    }
    touch(tx, by, &ids)?;
    let said = format!("{}: {}", if new.yes { "Yes" } else { "No" }, in_words(&charter, &row));
    let act = Act::new(if new.yes { "consent.given" } else { "consent.refused" })
        .about("person", &person.id)
        .about("consent", &row.id)
        .law("UK GDPR Art 7(1)")
        .say(&person.key, said);
    Ok(ended.into_iter().fold(Recorded::new(by, row.id, act), Recorded::and))
}

/// Whether an answer could be recorded, without recording it.
///
/// # Errors
/// As [`record_consent`].
pub fn could_record(
    tx: &mut Tx<'_>,
    by: &By,
    new: &NewConsent,
    ids: &[(Hash16, String)],
) -> Result<()> {
    by.role.may(Permission::RecordPermissions)?;
    let charter = charter::current(tx, &by.org)?;
    let (_, w, _) = sql::wording_of(tx, &by.org, &new.wording, new.version)?
        .ok_or_else(|| Error::invalid("wording", "There is no such wording or version"))?;
    check_new(&charter, &w, new, dates::day_of(by.now))?;
    if ids.is_empty() {
        return Err(Error::invalid("identifier", "Give an e-mail address or another identifier"));
    }
    persons::check_erased(tx, by, ids, new.through)
}

#[expect(clippy::too_many_arguments, reason = "what a record is made of")]
fn row_of(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    charter: &Charter,
    new: &NewConsent,
    w: &Wording,
    version: i64,
    person: &PersonRow,
) -> Result<ConsentRow> {
    let id = new_id(by.now);
    let state = if new.yes { "given" } else { "refused" };
    let until = match charter.permissions.consent_months {
        Some(m) if new.yes => {
            Some(candour_clock::consent_review(new.on, Some(m)).map_err(clock)?.on)
        }
        _ => None,
    };
    let proof = serde_json::to_vec(&new.proof)?;
    let sealed = vault.seal(tx, &by.org, &person.key, &place(&id), &proof)?;
    let event = Event {
        at: by.now,
        state: state.into(),
        by: by.actor.clone(),
        method: new.method.clone(),
        on: None,
    };
    Ok(ConsentRow {
        id,
        person: person.id.clone(),
        use_kind: w.use_kind.word().into(),
        use_what: w.use_what.clone(),
        channel: new.channel.map_or(String::new(), |c| c.word().into()),
        state: state.into(),
        wording: w.short.clone(),
        wording_version: version,
        method: new.method.clone(),
        given_on: new.on,
        until,
        explicit: w.explicit,
        sealed,
        events: vec![event],
        made: by.now,
        through: new.through,
    })
}

fn clock(e: candour_clock::ClockError) -> Error {
    Error::invalid("on", format!("This date can't be reckoned with: {e}"))
}

fn place(id: &str) -> String {
    format!("consent\u{0}{id}")
}

/// How a consent is proved, opened; `None` once the person is erased.
///
/// # Errors
/// Of the key or the database.
pub fn proof_of(
    tx: &mut Tx<'_>,
    vault: &Vault,
    org: &str,
    row: &ConsentRow,
) -> Result<Option<Proof>> {
    if row.sealed.is_empty() {
        return Ok(None);
    }
    let person = people::by_id(tx, org, &row.person)?;
    let plain = vault.open(tx, org, &person.key, &place(&row.id), &row.sealed)?;
    Ok(Some(serde_json::from_slice(&plain)?))
}

/// Notes marketing messages that reached addresses, for the frequency cap.
///
/// # Errors
/// Denied, or of the database.
pub fn delivered(
    tx: &mut Tx<'_>,
    by: &By,
    channel: Channel,
    campaign: &str,
    hashes: &[Hash16],
) -> Result<Recorded<()>> {
    by.role.may(Permission::SeePermissions)?;
    let today = dates::day_of(by.now);
    for hash in hashes {
        facts::sql::insert_delivery(tx, &by.org, *hash, channel.word(), campaign, today)?;
    }
    if !hashes.is_empty() {
        sql::touch(tx, &by.org, hashes)?;
    }
    let about = if campaign.is_empty() { "none" } else { campaign };
    let clean: String =
        about.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    Ok(Recorded::new(by, (), Act::new("marketing.delivered").about("campaign", &clean)))
}
