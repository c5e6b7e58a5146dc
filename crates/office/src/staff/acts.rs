//! Signing in and out, and who is on the staff.

use candour_db::Tx;
use jiff::Timestamp;

use super::rules::{self, Permission, Role};
use super::sql::{self, SessionRow, StaffRow};
use super::{code_app, device};
use crate::error::{Error, Field, Result};
use crate::kit::vault::Vault;
use crate::kit::{limits, links, new_id};
use crate::office::Office;
use crate::proof::{Act, By, Recorded};

/// A new member of staff.
#[derive(Debug, Clone)]
pub struct NewStaff {
    /// Name.
    pub name: String,
    /// Address, any letter case.
    pub email: String,
    /// Role.
    pub role: Role,
    /// A password, or none: they then set one through a link.
    pub password: Option<String>,
}

fn address(email: &str) -> Result<String> {
    candour_screening::normalise(candour_screening::Kind::Email, email)
        .map_err(|_| Error::invalid("email", "Enter an e-mail address like name@example.org"))
}

/// Adds a member of staff.
///
/// # Errors
/// Denied, or the address, name or password need mending.
pub fn add(tx: &mut Tx<'_>, vault: &Vault, by: &By, new: &NewStaff) -> Result<Recorded<String>> {
    by.role.may(Permission::ManageStaff)?;
    by.role.may_hand_out(new.role)?;
    let email = address(&new.email)?;
    if new.name.trim().is_empty() {
        return Err(Error::invalid("name", "Enter their name"));
    }
    let password = match &new.password {
        Some(p) => {
            rules::check_password(p, &email, &new.name)?;
            Some(rules::hash_password(p)?)
        }
        None => None,
    };
    let id = new_id(by.now);
    let row = StaffRow {
        id: id.clone(),
        org: by.org.clone(),
        email,
        name: new.name.trim().to_owned(),
        role: new.role,
        password,
        totp: None,
        left: None,
    };
    sql::insert(tx, &row, by.now)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("staff.added")
        .about("staff", &id)
        .law("UK GDPR Art 32(4)")
        .say(&key, format!("{} joined as {}", row.name, row.role.label()));
    Ok(Recorded::new(by, id, act))
}

/// Whether a new account's fields hold together, before anything is written.
///
/// # Errors
/// The fields to mend.
pub fn check_new(new: &NewStaff) -> Result<()> {
    let mut bad = Vec::new();
    if new.name.trim().is_empty() {
        bad.push(Field::new("name", "Enter the name"));
    }
    match address(&new.email) {
        Err(Error::Invalid(fields)) => bad.extend(fields),
        other => drop(other?),
    }
    if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
}

/// Changes somebody's role. The last officer stays.
///
/// # Errors
/// Denied, not found, it would leave no officer, or either role may do more than one's own.
pub fn set_role(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    id: &str,
    role: Role,
) -> Result<Recorded<()>> {
    by.role.may(Permission::ManageStaff)?;
    let row = sql::by_id(tx, &by.org, id)?;
    by.role.may_hand_out(row.role)?;
    by.role.may_hand_out(role)?;
    keep_an_officer(tx, by, &row, role == Role::Officer)?;
    sql::set_role(tx, &by.org, id, role)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let said = format!("{}: {} became {}", row.name, row.role.label(), role.label());
    Ok(Recorded::new(by, (), Act::new("staff.role-set").about("staff", id).say(&key, said)))
}

/// Somebody leaves: their sessions end at once.
///
/// # Errors
/// Denied, not found, it would leave no officer, or they may do more than one's own role.
pub fn leave(tx: &mut Tx<'_>, vault: &Vault, by: &By, id: &str) -> Result<Recorded<()>> {
    by.role.may(Permission::ManageStaff)?;
    let row = sql::by_id(tx, &by.org, id)?;
    by.role.may_hand_out(row.role)?;
    keep_an_officer(tx, by, &row, false)?;
    sql::leave(tx, &by.org, id, by.now)?;
    sql::end_sessions(tx, &by.org, id)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let said = format!("{} left; all sessions ended", row.name);
    Ok(Recorded::new(by, (), Act::new("staff.left").about("staff", id).say(&key, said)))
}

fn keep_an_officer(tx: &mut Tx<'_>, by: &By, row: &StaffRow, stays: bool) -> Result<()> {
    if row.role == Role::Officer && !stays && sql::officers(tx, &by.org)? <= 1 {
        return Err(crate::error::Refusal {
            act: "change staff",
            why: "this is the only officer: make somebody else officer first".into(),
            source_: "house rule: an office has an officer",
        }
        .into());
    }
    Ok(())
}

/// The one-time link that somebody of the office made: the code app is still asked.
const LINK: &str = "sign-in";
/// The link of the command line, for a first run or a lost telephone: it asks for no code, as
/// whoever can run commands can read the key file.
const RECOVERY: &str = "recovery";

/// A one-time link to sign in (and set a password). Answers the token.
///
/// # Errors
/// Denied, not found or gone, one's own account, or one that may do more than one's own role.
pub fn sign_in_link(tx: &mut Tx<'_>, vault: &Vault, by: &By, id: &str) -> Result<Recorded<String>> {
    by.role.may(Permission::ManageStaff)?;
    let row = sql::by_id(tx, &by.org, id)?;
    by.role.may_hand_out(row.role)?;
    if row.left.is_some() {
        return Err(Error::NotFound("the account"));
    }
    if by.actor_id() == row.id {
        return Err(crate::error::Refusal {
            act: "make a sign-in link",
            why: "this is your own account: ask another officer, or use the command line".into(),
            source_: "house rule: nobody makes a link for themselves",
        }
        .into());
    }
    let purpose = if by.actor == "command" { RECOVERY } else { LINK };
    let token = links::make(tx, &by.org, purpose, &row.id, by.now, rules::LINK)?;
    // For whom, without a name: the role, and the end of the account's id as the staff page has it.
    let said = format!("for {}, account …{}", row.role.label().to_lowercase(), short_id(id));
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("staff.link-made").about("staff", id).say(&key, said);
    Ok(Recorded::new(by, token, act))
}

/// The end of an account's id: enough to tell the accounts of one office apart.
pub fn short_id(id: &str) -> &str {
    id.get(id.len().saturating_sub(6)..).unwrap_or(id)
}

/// The whole address of a sign-in link.
pub fn link_address(office: &Office, token: &str) -> String {
    format!("{}/office/link/{token}", office.address())
}

/// How a sign-in went.
#[derive(Debug)]
pub enum SignIn {
    /// Signed in: the session's token for the cookie.
    Done(String),
    /// The password was right; the code is asked next. The token is of a half session.
    CodeNext(String),
}

/// Signs in with address and password. Wrong address and wrong password are not told apart, nor
/// are a locked account and an address that is locked without being known.
///
/// # Errors
/// Wrong, or locked for a time.
pub fn sign_in(
    office: &Office,
    email: &str,
    password: &str,
    agent: &str,
    device: Option<&str>,
) -> Result<SignIn> {
    let now = office.now();
    // What is no address is counted as it was typed.
    let typed = address(email).unwrap_or_else(|_| email.trim().to_lowercase());
    let tried = count(office, device::tries_of(office, &typed, device)?, now)?;
    let row = office.read_one(|tx| sql::by_email(tx, &typed))?;
    let hash = row.as_ref().and_then(|r| r.password.clone());
    let fits = rules::password_fits(password, hash.as_deref());
    match row {
        Some(row) if fits => begin(office, &row, agent, row.totp.is_none(), Came::Password(tried)),
        row => {
            failed(office, tried, row.as_ref(), now)?;
            let wrong = "The e-mail address or the password is not right";
            Err(Error::invalid("password", wrong))
        }
    }
}

/// By what somebody came in.
#[derive(Clone, Copy)]
pub(super) enum Came {
    /// A password, counted as a try.
    Password(limits::Try),
    /// A link; wrong tries of this mark are forgotten.
    Link(limits::Mark),
}

/// Begins a session, if the account still is as it was when it was looked at.
pub(super) fn begin(
    office: &Office,
    row: &StaffRow,
    agent: &str,
    complete: bool,
    came: Came,
) -> Result<SignIn> {
    let token = start_session(office, row, agent, complete, came)?;
    Ok(if complete { SignIn::Done(token) } else { SignIn::CodeNext(token) })
}

/// Counts a password or code for an address, known or not, before it is looked at.
pub(super) fn count(office: &Office, mark: limits::Mark, now: Timestamp) -> Result<limits::Try> {
    office.chore(move |tx| limits::begin(tx, mark, now, rules::locked_until))
}

/// Whether what a decision rests on still stands: the account may have been left, or its password
/// or code app changed, while a password was judged.
fn still_so(tx: &mut Tx<'_>, was: &StaffRow) -> Result<()> {
    let row = sql::by_id(tx, &was.org, &was.id)?;
    let so = row.left.is_none() && row.password == was.password && row.totp == was.totp;
    if so { Ok(()) } else { Err(Error::Conflict) }
}

/// Puts on record that a wrong password or code has locked an account.
pub(super) fn failed(
    office: &Office,
    tried: limits::Try,
    row: Option<&StaffRow>,
    now: Timestamp,
) -> Result<()> {
    let Some(row) = row.filter(|_| tried.locked.is_some()) else { return Ok(()) };
    let by = By { org: row.org.clone(), actor: "public".into(), role: Role::Public, now };
    let id = row.id.clone();
    office.write(move |_| {
        let act = Act::new("staff.locked").about("staff", &id).law("UK GDPR Art 32(1)(b)");
        Ok(Recorded::new(&by, (), act))
    })
}

fn start_session(
    office: &Office,
    row: &StaffRow,
    agent: &str,
    complete: bool,
    came: Came,
) -> Result<String> {
    let now = office.now();
    let token = links::new_token()?;
    let hash = links::hash(&token);
    let session = SessionRow {
        id: new_id(now),
        org: row.org.clone(),
        staff: row.id.clone(),
        made: now,
        seen: now,
        ends: now + rules::SESSION,
        agent: agent.chars().take(200).collect(),
        complete,
        banner: None,
    };
    let by = By { org: row.org.clone(), actor: format!("staff:{}", row.id), role: row.role, now };
    let row = row.clone();
    office.write(move |tx| {
        still_so(tx, &row)?;
        sql::insert_session(tx, hash, &session)?;
        match came {
            Came::Password(limits::Try { mark, .. }) | Came::Link(mark) if complete => {
                limits::right(tx, mark)?;
            }
            // A right password alone gives no fresh tries for the code.
            Came::Password(tried) => limits::take_back(tx, tried)?,
            Came::Link(_) => {}
        }
        sql::drop_old_sessions(tx, by.now)?;
        let word = if complete { "staff.signed-in" } else { "staff.password-given" };
        Ok(Recorded::new(&by, (), Act::new(word).about("staff", &session.staff)))
    })?;
    Ok(token)
}

/// Gives the code of the app to a half session. A code works once.
///
/// # Errors
/// Wrong, used before, or locked for a time.
pub fn give_code(office: &Office, token: &str, code: &str, device: Option<&str>) -> Result<()> {
    let now = office.now();
    let hash = links::hash(token);
    let (row, secret) = office.read(|tx| {
        let s = sql::session_of(tx, hash)?.ok_or(Error::NotFound("the session"))?;
        let row = sql::by_id(tx, &s.org, &s.staff)?;
        let secret = code_app::open(tx, office.vault(), &row)?;
        Ok((row, secret))
    })?;
    let tried = count(office, device::tries_of(office, &row.email, device)?, now)?;
    let wrong = || Error::invalid("code", "This code is not right, or was used before");
    let clean: String = code.chars().filter(char::is_ascii_digit).collect();
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let Some(step) = secret.and_then(|s| rules::totp(&s, &row.email).ok()?.check(&clean, seconds))
    else {
        failed(office, tried, Some(&row), now)?;
        return Err(wrong());
    };
    let by = By { org: row.org.clone(), actor: format!("staff:{}", row.id), role: row.role, now };
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    office.write(move |tx| {
        still_so(tx, &row)?;
        if !sql::take_step(tx, &row.id, step)? {
            return Err(Error::invalid("code", "This code is not right, or was used before"));
        }
        if !sql::complete_session(tx, hash)? {
            return Err(Error::NotFound("the session"));
        }
        limits::right(tx, tried.mark)?;
        Ok(Recorded::new(&by, (), Act::new("staff.signed-in").about("staff", &row.id)))
    })
}

/// Signs in by a one-time link. Where the account has a code app the code is asked next, unless
/// the command line made the link.
///
/// # Errors
/// The link is stale.
pub fn sign_in_by_link(office: &Office, token: &str, agent: &str) -> Result<SignIn> {
    let (link, now) = (token.to_owned(), office.now());
    let (row, recovery) = office.chore(move |tx| {
        let recovery = links::look(tx, &link, RECOVERY, now).is_ok();
        let purpose = if recovery { RECOVERY } else { LINK };
        let (org, id) = links::spend(tx, &link, purpose, now)?;
        let row = sql::by_id(tx, &org, &id)?;
        if row.left.is_some() { Err(Error::NotFound("the account")) } else { Ok((row, recovery)) }
    })?;
    let mark = device::tries_of(office, &row.email, None)?;
    begin(office, &row, agent, recovery || row.totp.is_none(), Came::Link(mark))
}

/// Who stands behind a session's token, if it is complete and has not run out.
///
/// # Errors
/// Of the database.
pub fn who(office: &Office, token: &str) -> Result<Option<(StaffRow, SessionRow)>> {
    let now = office.now();
    let hash = links::hash(token);
    let found = office.read(|tx| match sql::session_of(tx, hash)? {
        Some(s) => Ok(Some((sql::by_id(tx, &s.org, &s.staff)?, s))),
        None => Ok(None),
    })?;
    let Some((row, session)) = found else { return Ok(None) };
    let over = now > session.ends || now > session.seen + rules::IDLE || row.left.is_some();
    if over {
        return Ok(None);
    }
    // Once a minute is enough to keep the idle clock, and spares a write for every page.
    if now.as_second() - session.seen.as_second() > 60 {
        office.chore(move |tx| sql::touch_session(tx, hash, now))?;
    }
    Ok(Some((row, session)))
}

/// Keeps a message for the next page of a session, or takes it away once it has been shown.
///
/// # Errors
/// Of the database.
pub fn set_banner(office: &Office, session: &str, said: Option<&'static str>) -> Result<()> {
    let id = session.to_owned();
    office.chore(move |tx| sql::set_banner(tx, &id, said))
}

/// Ends one session of a person.
///
/// # Errors
/// Denied when it is somebody else's and the role may not manage staff.
pub fn end_session(tx: &mut Tx<'_>, by: &By, staff: &str, session: &str) -> Result<Recorded<()>> {
    if by.actor_id() != staff {
        by.role.may(Permission::ManageStaff)?;
    }
    sql::end_session(tx, &by.org, staff, session)?;
    Ok(Recorded::new(by, (), Act::new("staff.session-ended").about("staff", staff)))
}

/// Sets one's own password. The one they have is asked again, and counted like a sign-in, so that
/// a session left open is not an account lost; every session but `session` ends.
///
/// # Errors
/// The old one is not right, or the new one needs mending.
pub fn set_password(
    office: &Office,
    by: &By,
    session: &str,
    old: &str,
    password: &str,
) -> Result<()> {
    let row = confirmed(office, by, "old", old)?;
    rules::check_password(password, &row.email, &row.name)?;
    let hash = rules::hash_password(password)?;
    let (by, session) = (by.clone(), session.to_owned());
    office.write(move |tx| {
        still_so(tx, &row)?;
        sql::set_password(tx, &by.org, &row.id, &hash)?;
        sql::end_other_sessions(tx, &by.org, &row.id, &session)?;
        Ok(Recorded::new(&by, (), Act::new("staff.password-set").about("staff", &row.id)))
    })
}

/// One's own account, if this is its password. Whoever came by a link and has none yet gives none.
///
/// # Errors
/// It is not; `field` is to be mended. Locked after too many tries.
pub fn confirmed(
    office: &Office,
    by: &By,
    field: &'static str,
    password: &str,
) -> Result<StaffRow> {
    let row = office.read_one(|tx| sql::by_id(tx, &by.org, by.actor_id()))?;
    let Some(hash) = &row.password else { return Ok(row) };
    // Apart from the door, where a stranger could lock this account.
    let tried = count(office, device::confirmations_of(office, &row.id)?, by.now)?;
    if rules::password_fits(password, Some(hash)) {
        office.chore(move |tx| limits::right(tx, tried.mark))?;
        return Ok(row);
    }
    failed(office, tried, Some(&row), by.now)?;
    Err(Error::invalid(field, "This is not the password you have now"))
}
