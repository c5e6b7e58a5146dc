//! Whom permissions are kept about: persons and how their details were got, companies for which
//! they are held, erasure.

use candour_db::Tx;
use candour_screening::{PREMISES, PREMISES_RULE};
use jiff::civil::Date;

use super::records::{Event, Ground, Through, Use};
use super::stops::{self, NewStop, touch};
use super::terms::What;
use super::withdrawals;
use super::{outlive, sql, tell};
use crate::error::{Error, Refusal, Result};
use crate::kit::dates;
use crate::kit::forms::{LINE, fit, is_short_name, sentence};
use crate::kit::vault::Vault;
use crate::office::Office;
use crate::people::{self, Hash16, Known, PersonRow};
use crate::proof::{Act, By, Recorded};
use crate::staff::Permission;

/// The keyed hashes of what is told of somebody, and of the premises where they live.
///
/// # Errors
/// An identifier can't be read.
pub fn hashes_of(vault: &Vault, org: &str, who: &Known) -> Result<Vec<(Hash16, String)>> {
    let hasher = people::hasher(vault, org)?;
    let mut all = Vec::new();
    for (kind, raw) in &who.identifiers {
        let one = people::written(&hasher, *kind, raw)?;
        all.push((one.hash, kind.name().to_owned()));
        all.extend(one.premises.map(|hash| (hash, PREMISES.to_owned())));
    }
    Ok(all)
}

/// Finds or keeps a person, answers their identifiers. What joins them is stopped as far as they
/// are. A file or a program does not bring back somebody who was erased: only staff who heard them,
/// or they themselves.
pub(super) fn join(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    who: &Known,
    through: Through,
) -> Result<(PersonRow, Vec<(Hash16, String)>)> {
    fit(&[("name", who.name.as_deref().unwrap_or_default(), LINE)])?;
    check_erased(tx, by, &hashes_of(vault, &by.org, who)?, through)?;
    let (person, joined) = people::find_or_keep(tx, vault, by, who)?;
    let ids = people::ids_of(tx, &by.org, &person.id)?;
    if joined && ids.len() > 1 {
        stops::share(tx, by, &person.id, &ids)?;
    }
    Ok((person, ids))
}

/// Whether what came through a file or a program is about somebody who was erased.
pub(super) fn check_erased(
    tx: &mut Tx<'_>,
    by: &By,
    ids: &[(Hash16, String)],
    through: Through,
) -> Result<()> {
    if through.is_heard() || stops::erased(tx, by, ids)?.is_empty() {
        return Ok(());
    }
    let why = "This person was erased here. They stay so until they themselves ask to hear from us \
               again: record that at the desk";
    let source_ = "UK GDPR Arts 17(1), 21(3)";
    Err(Refusal { act: "keep", why: why.to_owned(), source_ }.into())
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
    fit(&[("title", title, LINE), ("email", email, LINE)])?;
    sql::set_company(tx, &by.org, short, title.trim(), email.trim(), by.now)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("company.set")
        .about("company", short)
        .law("UK GDPR Art 28(3)(e)")
        .say(&key, title.trim());
    Ok(Recorded::new(by, (), act))
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
    let (person, ids) = join(tx, vault, by, who, Through::of(by.role))?;
    sql::set_ground(tx, &by.org, &person.id, ground, by.now)?;
    touch(tx, by, &ids)?;
    let act = Act::new("ground.recorded")
        .about("person", &person.id)
        .law(if ground.ground == "sale" { "PECR reg 22(3)" } else { "PECR reg 22(3A)" })
        .say(&person.key, format!("{} on {}", sentence(&ground.ground), dates::long(ground.on)));
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
    let (person, ids) = join(tx, vault, by, who, Through::of(by.role))?;
    touch(tx, by, &ids)?;
    let act = Act::new("person.kept")
        .about("person", &person.id)
        .law("UK GDPR Art 5(1)(d)")
        .say(&person.key, "Kept");
    Ok(Recorded::new(by, person.id, act))
}

/// Persons looked at together.
const TOGETHER: u64 = 200;

/// Gives people who were kept before premises were known theirs, stopped as their addresses are
/// (UK GDPR Art 21(3)). Everybody is looked at once, and again when their addresses or the rule
/// have changed.
///
/// # Errors
/// Of a key or the database.
pub fn add_premises(office: &Office, by: &By) -> Result<()> {
    let next = |tx: &mut Tx<'_>| people::without_premises(tx, &by.org, PREMISES_RULE, TOGETHER);
    while !office.read(next)?.is_empty() {
        let (by, vault) = (by.clone(), office.vault().clone());
        office.write(move |tx| share_with_premises(tx, &vault, &by))?;
    }
    Ok(())
}

fn share_with_premises(tx: &mut Tx<'_>, vault: &Vault, by: &By) -> Result<Recorded<()>> {
    let mut act = None;
    for row in people::without_premises(tx, &by.org, PREMISES_RULE, TOGETHER)? {
        people::looked_for_premises(tx, &by.org, &row.id, PREMISES_RULE)?;
        let ids = people::reached(tx, vault, by, &row)?;
        if !ids.iter().any(|(_, kind)| kind == PREMISES) {
            continue;
        }
        stops::share(tx, by, &row.id, &ids)?;
        touch(tx, by, &ids)?;
        let new = || Act::new("person.premises").law("UK GDPR Art 21(3)");
        act = Some(act.unwrap_or_else(new).about("person", &row.id));
    }
    Ok(act.into_iter().fold(Recorded::nothing(by, ()), Recorded::and))
}

/// Erases a person from the permissions (UK GDPR Art 17): what named them is gone for ever. What
/// stays is a stop on keyed hashes, so that they are not contacted when an old list comes back
/// (UK GDPR Arts 17(3)(b), 21(3)), and that records existed. Standing consents end; the company for
/// which they were held and partners who have the data are told (UK GDPR Art 19).
///
/// # Errors
/// Denied, or not found.
pub fn erase(tx: &mut Tx<'_>, vault: &Vault, by: &By, person: &str) -> Result<Recorded<usize>> {
    by.role.may(Permission::ReleaseCases)?;
    let row = people::by_id(tx, &by.org, person)?;
    if row.erased.is_some() {
        return Err(Error::NotFound("the person"));
    }
    let ids = people::reached(tx, vault, by, &row)?;
    let new = left_by(dates::day_of(by.now));
    let added = stops::put_all(tx, by, &new, &ids)?;
    tell::hooks(tx, by, "suppression.added", &added)?;
    let about = tell::About { person: &row, erased: true };
    tell::company(tx, vault, by, &about, "all marketing: we have erased them")?;
    let mut acts = Vec::new();
    for c in sql::consents_of(tx, &by.org, person)? {
        if c.use_kind == Use::Share.word() && c.is_yes() {
            tell::partner(tx, vault, by, &about, &c.use_what, "")?;
        }
        if c.state == "given" {
            acts.push(withdrawals::end(tx, vault, by, &about, c, ("erasure", None))?);
        }
    }
    forget(tx, vault, by, person, &ids)?;
    outlive::note_erasure(tx, by, person)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let said = format!("{} identifiers stay on the stop list as keyed hashes", ids.len());
    let act = Act::new("person.erased")
        .about("person", person)
        .law("UK GDPR Arts 17(1), 17(3)(b), 19, 21(3)")
        .say(&key, said);
    Ok(acts.into_iter().fold(Recorded::new(by, ids.len(), act), Recorded::and))
}

/// The stop that an erased person leaves.
fn left_by(on: Date) -> NewStop {
    NewStop {
        hash: [0; 16],
        kind: String::new(),
        channel: None,
        what: What::Marketing,
        reason: "erasure",
        on,
    }
}

fn forget(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    person: &str,
    ids: &[(Hash16, String)],
) -> Result<()> {
    sql::empty_consents(tx, &by.org, person, by.now)?;
    sql::drop_grounds(tx, &by.org, person)?;
    people::erase(tx, vault, by, person)?;
    touch(tx, by, ids)
}

/// Erases a person whom a restore brought back (UK GDPR Arts 17(1), 5(2)). Whoever had to be told
/// was told the first time.
pub(super) fn erase_again(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    person: &str,
    on: Date,
) -> Result<Recorded<()>> {
    let row = people::by_id(tx, &by.org, person)?;
    let ids = people::reached(tx, vault, by, &row)?;
    stops::put_all(tx, by, &left_by(on), &ids)?;
    for mut c in sql::consents_of(tx, &by.org, person)? {
        if c.state == "given" {
            c.happened(Event {
                at: by.now,
                state: "withdrawn".into(),
                by: by.actor.clone(),
                method: "erasure".into(),
                on: Some(on),
            });
            sql::set_consent(tx, &by.org, &c, by.now)?;
        }
    }
    forget(tx, vault, by, person, &ids)?;
    let act = Act::new("person.erased-again")
        .about("person", person)
        .law("UK GDPR Arts 17(1), 17(3)(b), 5(2)");
    Ok(Recorded::new(by, (), act))
}
