//! The code app of one's account: turned on, moved to another telephone, taken away.

use candour_db::Tx;
use jiff::Timestamp;

use super::acts::{confirmed, count, failed};
use super::sql::{self, StaffRow};
use super::{device, rules};
use crate::error::{Error, Result};
use crate::kit::limits;
use crate::kit::vault::{self, Vault};
use crate::office::Office;
use crate::proof::{Act, By, Recorded};

/// A fresh secret for the code app: 20 random bytes.
///
/// # Errors
/// Of the random source.
pub fn new_secret() -> Result<Vec<u8>> {
    Ok(vault::random()?[..20].to_vec())
}

/// Turns the code app on, once a code shows that it works.
///
/// # Errors
/// The code is not right, or one is on already.
pub fn turn_on(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    secret: &[u8],
    code: &str,
) -> Result<Recorded<()>> {
    set(tx, vault, by, None, (secret, code))?
        .ok_or_else(|| Error::invalid("code", "The code app is on already"))
}

/// Puts a secret in the place of what was there when it was decided; nothing when another stands
/// there by now.
fn set(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    was: Option<&[u8]>,
    (secret, code): (&[u8], &str),
) -> Result<Option<Recorded<()>>> {
    let row = sql::by_id(tx, &by.org, by.actor_id())?;
    let seconds = u64::try_from(by.now.as_second()).unwrap_or(0);
    if rules::totp(secret, &row.email)?.check(code.trim(), seconds).is_none() {
        return Err(Error::invalid(
            "code",
            "This code is not right: check that the clock of your phone is right, and enter the newest code",
        ));
    }
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let sealed = vault.seal(tx, &by.org, &key, &place(&row.id), secret)?;
    let act = Act::new("staff.code-app-on").about("staff", &row.id).law("UK GDPR Art 32(1)");
    let done = sql::set_totp(tx, &by.org, &row.id, was, sealed)?;
    Ok(done.then(|| Recorded::new(by, (), act)))
}

fn place(staff: &str) -> String {
    format!("totp\u{0}{staff}")
}

/// The secret of somebody’s code app, if they have one.
pub(super) fn open(tx: &mut Tx<'_>, vault: &Vault, row: &StaffRow) -> Result<Option<Vec<u8>>> {
    let Some(sealed) = &row.totp else { return Ok(None) };
    let key = vault.key_for(tx, &row.org, "office", Timestamp::UNIX_EPOCH)?;
    vault.open(tx, &row.org, &key, &place(&row.id), sealed).map(Some)
}

/// Moves one's code app to another telephone: the password and a code of the app that is on now
/// show that it is them, a code of the new one that it works.
///
/// # Errors
/// None is on, or one of the three is not right; locked after too many tries.
pub fn move_to(
    office: &Office,
    by: &By,
    (password, present): (&str, &str),
    (secret, code): (&[u8], &str),
) -> Result<()> {
    let row = confirmed(office, by, "mine", password)?;
    let old = office.read(|tx| open(tx, office.vault(), &row))?;
    let Some(old) = old else {
        return Err(Error::invalid("present", "The code app is not on: turn it on instead"));
    };
    // Apart from the password's tries, which the right one has just made forgotten.
    let mark = device::confirmations_of(office, &format!("{} code", row.id))?;
    let tried = count(office, mark, by.now)?;
    let seconds = u64::try_from(by.now.as_second()).unwrap_or(0);
    let clean: String = present.chars().filter(char::is_ascii_digit).collect();
    if rules::totp(&old, &row.email)?.check(&clean, seconds).is_none() {
        failed(office, tried, Some(&row), by.now)?;
        return Err(Error::invalid("present", "This is not the code that the app shows now"));
    }
    office.chore(move |tx| limits::right(tx, tried.mark))?;
    let (by, vault) = (by.clone(), office.vault().clone());
    let (secret, code) = (secret.to_vec(), code.to_owned());
    office.write(move |tx| {
        let moved = set(tx, &vault, &by, row.totp.as_deref(), (&secret, &code))?;
        moved.ok_or(Error::Conflict)
    })
}

/// Takes somebody's code app away, for whoever lost their telephone. Only the command line may:
/// whoever can run commands can read the key file.
///
/// # Errors
/// Of the database.
pub fn turn_off(tx: &mut Tx<'_>, by: &By, id: &str) -> Result<Recorded<()>> {
    sql::drop_totp(tx, &by.org, id)?;
    let act = Act::new("staff.code-app-off").about("staff", id).law("UK GDPR Art 32(1)");
    Ok(Recorded::new(by, (), act))
}
