//! Consents given and withdrawn, stops, how details were got, erasure. Effective at once: every
//! decision made after the commit sees it, in every process.

use candour_db::Tx;
use jiff::civil::Date;

use super::records::{ConsentRow, Event, Ground, Proof, Use, Wording};
use super::stops::{NewStop, lift, stop_one, touch};
use super::terms::What;
use super::{sql, tell};
use crate::charter::{self, Channel, Charter};
use crate::error::{Error, Result};
use crate::kit::forms::is_short_name;
use crate::kit::vault::Vault;
use crate::kit::{dates, new_id};
use crate::office::Office;
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
    if known {
        return Ok(());
    }
    Err(Error::invalid(
        "use_what",
        "The charter has no such purpose of contact or partner: add it there first",
    ))
}

fn check_new(charter: &Charter, w: &Wording, new: &NewConsent, today: Date) -> Result<()> {
    if w.use_kind == Use::Contact {
        let purpose = charter
            .permissions
            .purpose(&w.use_what)
            .ok_or_else(|| Error::invalid("wording", "The purpose of this wording is no more"))?;
        if !new.channel.is_some_and(|c| purpose.channels.contains(&c)) {
            return Err(Error::invalid("channel", "Choose a channel that this purpose uses"));
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

/// Records an answer, yes or no. A yes lifts what stood against this channel and purpose, and
/// nothing else.
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
    let person = people::find_or_keep(tx, vault, by, &new.who)?;
    let row = row_of(tx, vault, by, &charter, new, &w, version, &person)?;
    sql::insert_consent(tx, &by.org, &row)?;
    let ids = people::ids_of(tx, &by.org, &person.id)?;
    if let (true, Use::Contact, Some(channel)) = (new.yes, w.use_kind, new.channel) {
        lift(tx, by, &charter, &ids, channel, &w.use_what)?;
    }
    touch(tx, by, &ids)?;
    let said = format!("{}: {} {}", row.state, w.use_kind.word(), w.use_what);
    let act = Act::new(if new.yes { "consent.given" } else { "consent.refused" })
        .about("person", &person.id)
        .about("consent", &row.id)
        .law("UK GDPR Art 7(1)")
        .say(&person.key, said);
    Ok(Recorded::new(by, row.id, act))
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
    let event =
        Event { at: by.now, state: state.into(), by: by.actor.clone(), method: new.method.clone() };
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

/// Keeps a company for which people are held, and where it is told of their stops.
///
/// # Errors
/// Denied, or something to mend.
pub fn set_company(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    short: &str,
    title: &str,
    email: &str,
) -> Result<Recorded<()>> {
    by.role.may(Permission::ManagePermissions)?;
    if !is_short_name(short) || title.trim().is_empty() || !email.contains('@') {
        return Err(Error::invalid(
            "company",
            "A company needs a short name (lower case letters, digits, dashes), a name, an e-mail",
        ));
    }
    sql::set_company(tx, &by.org, short, title.trim(), email.trim(), by.now)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("company.set")
        .about("company", short)
        .law("UK GDPR Art 28(3)(e)")
        .say(&key, title.trim());
    Ok(Recorded::new(by, (), act))
}

/// Withdraws the standing consents that a stop contradicts.
pub(super) fn withdraw_matching(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    person: &PersonRow,
    new: &NewStop,
) -> Result<Vec<Act>> {
    let mut acts = Vec::new();
    for row in sql::consents_of(tx, &by.org, &person.id)? {
        let use_kind = Use::from_word(&row.use_kind);
        let channel = new.channel.is_none_or(|c| row.channel() == Some(c));
        let what = match &new.what {
            What::Purpose(p) => &row.use_what == p,
            What::Marketing | What::Everything => true,
        };
        // Who stops all marketing does not want to be given to others for theirs.
        let shared = use_kind == Some(Use::Share) && new.channel.is_none();
        let hit = (use_kind == Some(Use::Contact) && channel && what)
            || (shared && !matches!(new.what, What::Purpose(_)));
        if hit && row.state == "given" {
            acts.push(end_consent(tx, vault, by, person, row, new.reason)?);
        }
    }
    Ok(acts)
}

/// Sets one standing consent to withdrawn, and tells whom it concerns.
fn end_consent(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    person: &PersonRow,
    mut row: ConsentRow,
    method: &str,
) -> Result<Act> {
    row.state = "withdrawn".into();
    row.events.push(Event {
        at: by.now,
        state: "withdrawn".into(),
        by: by.actor.clone(),
        method: method.to_owned(),
    });
    sql::set_consent(tx, &by.org, &row, by.now)?;
    if row.use_kind == Use::Share.word() {
        tell::partner(tx, vault, by, person, &row.use_what)?;
    }
    tell::hooks(tx, by, "consent.withdrawn", &row.id)?;
    Ok(Act::new("consent.withdrawn")
        .about("person", &person.id)
        .about("consent", &row.id)
        .law("UK GDPR Art 7(3)")
        .say(&person.key, format!("{} {} {}", row.use_kind, row.use_what, row.channel)))
}

/// What a withdrawal ended, and what goes on without consent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withdrawn {
    /// Ended, in words.
    pub ended: Vec<String>,
    /// What goes on, and on which basis (UK GDPR Art 13(1)(c)).
    pub remains: Vec<String>,
}

/// Withdraws one consent record: as easy as giving it, effective at once (UK GDPR Art 7(3)). One
/// for contact becomes a stop as well, so that it outlives the record.
///
/// # Errors
/// Denied, not found, or it does not stand.
pub fn withdraw(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    id: &str,
    method: &'static str,
) -> Result<Recorded<Withdrawn>> {
    by.role.may(Permission::StopContact)?;
    let row = sql::consent_by_id(tx, &by.org, id)?;
    if row.state != "given" {
        return Err(Error::invalid("consent", "This consent does not stand: nothing to withdraw"));
    }
    let person = people::by_id(tx, &by.org, &row.person)?;
    let charter = charter::current(tx, &by.org)?;
    let told = Withdrawn {
        ended: vec![tell::in_words(&charter, &row)],
        remains: tell::remains(tx, by, &charter, &row)?,
    };
    let ids = people::ids_of(tx, &by.org, &person.id)?;
    if let (Some(Use::Contact), Some(channel)) = (Use::from_word(&row.use_kind), row.channel()) {
        let new = NewStop {
            hash: [0; 16],
            kind: String::new(),
            channel: Some(channel),
            what: What::Purpose(row.use_what.clone()),
            reason: method,
            on: dates::day_of(by.now),
        };
        for (hash, kind) in &ids {
            if kind == channel.address().name() {
                stop_one(tx, by, &new, *hash, kind)?;
            }
        }
    }
    touch(tx, by, &ids)?;
    let act = end_consent(tx, vault, by, &person, row, method)?;
    Ok(Recorded::new(by, told, act))
}

/// Records how a person's details were got: a sale, or support of a charity (PECR reg 22(3), (3A)).
///
/// # Errors
/// Denied, in the future, or an unknown ground.
pub fn record_ground(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    who: &Known,
    ground: &Ground,
) -> Result<Recorded<String>> {
    by.role.may(Permission::RecordPermissions)?;
    if !["sale", "support"].contains(&ground.ground.as_str()) {
        return Err(Error::invalid("ground", "Choose sale or support"));
    }
    if ground.on > dates::day_of(by.now) {
        return Err(Error::invalid("on", "The day can't be in the future"));
    }
    let person = people::find_or_keep(tx, vault, by, who)?;
    sql::set_ground(tx, &by.org, &person.id, ground, by.now)?;
    let ids = people::ids_of(tx, &by.org, &person.id)?;
    touch(tx, by, &ids)?;
    let act = Act::new("ground.recorded")
        .about("person", &person.id)
        .law(if ground.ground == "sale" { "PECR reg 22(3)" } else { "PECR reg 22(3A)" })
        .say(&person.key, format!("{} on {}", ground.ground, ground.on));
    Ok(Recorded::new(by, person.id, act))
}

/// Keeps what is told of a person without any consent: who they are, whether a member, a company.
///
/// # Errors
/// Denied, or no identifier can be read.
pub fn keep_person(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    who: &Known,
) -> Result<Recorded<String>> {
    by.role.may(Permission::RecordPermissions)?;
    let person = people::find_or_keep(tx, vault, by, who)?;
    let ids = people::ids_of(tx, &by.org, &person.id)?;
    touch(tx, by, &ids)?;
    let act = Act::new("person.kept")
        .about("person", &person.id)
        .law("UK GDPR Art 5(1)(d)")
        .say(&person.key, "Kept");
    Ok(Recorded::new(by, person.id, act))
}

/// Erases a person from the permissions (UK GDPR Art 17): what named them is gone for ever. What
/// stays is a stop on keyed hashes, so that they are not contacted when an old list comes back
/// (UK GDPR Arts 17(3)(b), 21(3)), and that records existed.
///
/// # Errors
/// Denied, or not found.
pub fn erase(tx: &mut Tx<'_>, vault: &Vault, by: &By, person: &str) -> Result<Recorded<usize>> {
    by.role.may(Permission::ReleaseCases)?;
    let row = people::by_id(tx, &by.org, person)?;
    if row.erased.is_some() {
        return Err(Error::NotFound("the person"));
    }
    let ids = people::ids_of(tx, &by.org, person)?;
    let new = NewStop {
        hash: [0; 16],
        kind: String::new(),
        channel: None,
        what: What::Marketing,
        reason: "erasure",
        on: dates::day_of(by.now),
    };
    for (hash, kind) in &ids {
        stop_one(tx, by, &new, *hash, kind)?;
    }
    sql::empty_consents(tx, &by.org, person, by.now)?;
    sql::drop_grounds(tx, &by.org, person)?;
    people::erase(tx, vault, by, person)?;
    touch(tx, by, &ids)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let said = format!("{} identifiers stay on the stop list as keyed hashes", ids.len());
    let act = Act::new("person.erased")
        .about("person", person)
        .law("UK GDPR Arts 17(1), 17(3)(b), 21(3)")
        .say(&key, said);
    Ok(Recorded::new(by, ids.len(), act))
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
        sql::insert_delivery(tx, &by.org, *hash, channel.word(), campaign, today)?;
    }
    if !hashes.is_empty() {
        sql::touch(tx, &by.org, hashes)?;
    }
    let about = if campaign.is_empty() { "none" } else { campaign };
    let clean: String =
        about.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(60).collect();
    Ok(Recorded::new(by, (), Act::new("marketing.delivered").about("campaign", &clean)))
}

/// Sets consents that have run out to expired, if any have.
///
/// # Errors
/// Of the database.
pub fn expire_due(office: &Office, by: &By) -> Result<()> {
    let yesterday = dates::day_of(by.now).yesterday().map_err(|e| Error::fault(e.to_string()))?;
    while !office.read(|tx| sql::lapsing(tx, &by.org, yesterday, 1))?.is_empty() {
        let by = by.clone();
        office.write(move |tx| expire(tx, &by, yesterday))?;
    }
    Ok(())
}

fn expire(tx: &mut Tx<'_>, by: &By, yesterday: Date) -> Result<Recorded<usize>> {
    let rows = sql::lapsing(tx, &by.org, yesterday, 1000)?;
    let n = rows.len();
    for mut row in rows {
        row.state = "expired".into();
        row.events.push(Event {
            at: by.now,
            state: "expired".into(),
            by: by.actor.clone(),
            method: "lapse".into(),
        });
        sql::set_consent(tx, &by.org, &row, by.now)?;
    }
    let act = Act::new("consent.expired").about("org", &by.org).law("UK GDPR Art 5(2)");
    Ok(Recorded::new(by, n, act))
}
