//! Every statement on staff and their sessions.

use candour_db::{DbError, Row, Tx, bind};
use jiff::Timestamp;

use super::rules::Role;
use crate::error::{Error, Result};

/// A member of staff, as kept.
#[derive(Debug, Clone)]
pub struct StaffRow {
    /// Id.
    pub id: String,
    /// Organisation.
    pub org: String,
    /// Address they sign in with.
    pub email: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// PHC string, if they have a password.
    pub password: Option<String>,
    /// Sealed secret of the code app, if they have one.
    pub totp: Option<Vec<u8>>,
    /// When they left.
    pub left: Option<Timestamp>,
}

fn staff(r: &Row<'_>) -> std::result::Result<StaffRow, DbError> {
    let role = r.text("role")?;
    Ok(StaffRow {
        id: r.text("id")?,
        org: r.text("org")?,
        email: r.text("email")?,
        name: r.text("name")?,
        // A word we do not know gets the role that may do least.
        role: Role::from_word(&role).unwrap_or(Role::Holder),
        password: r.text_opt("password")?,
        totp: r.bytes_opt("totp")?,
        left: r.instant_opt("left_at")?,
    })
}

/// Keeps a new member of staff; the address must not be in use.
pub fn insert(tx: &mut Tx<'_>, s: &StaffRow, now: Timestamp) -> Result<()> {
    let taken = tx.count(
        "SELECT count(*) AS n FROM staff WHERE email = $1 AND left_at IS NULL",
        bind![s.email.as_str()],
    )?;
    if taken > 0 {
        return Err(Error::invalid("email", "There is already an account with this address"));
    }
    tx.exec(
        "INSERT INTO staff (id, org, email, name, role, password, totp, totp_step, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, NULL, 0, $7)",
        bind![
            s.id.as_str(),
            s.org.as_str(),
            s.email.as_str(),
            s.name.as_str(),
            s.role.word(),
            s.password.clone(),
            now
        ],
    )?;
    Ok(())
}

/// Looked up by address when somebody signs in: the one statement without an organisation,
/// because the address says which one it is.
pub fn by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<StaffRow>> {
    Ok(tx.row(
        "SELECT id, org, email, name, role, password, totp, left_at
         FROM staff WHERE email = $1 AND left_at IS NULL",
        bind![email],
        staff,
    )?)
}

/// A member of staff by id, also one who has left.
pub fn by_id(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<StaffRow> {
    tx.row(
        "SELECT id, org, email, name, role, password, totp, left_at
         FROM staff WHERE org = $1 AND id = $2",
        bind![org, id],
        staff,
    )?
    .ok_or(Error::NotFound("the member of staff"))
}

/// Everybody, by name; those who have left come last.
pub fn all(tx: &mut Tx<'_>, org: &str) -> Result<Vec<StaffRow>> {
    Ok(tx.rows(
        "SELECT id, org, email, name, role, password, totp, left_at
         FROM staff WHERE org = $1 ORDER BY left_at IS NOT NULL, name, id",
        bind![org],
        staff,
    )?)
}

/// Sets the sealed secret of the code app, if what was there is still there; false otherwise.
pub fn set_totp(
    tx: &mut Tx<'_>,
    org: &str,
    id: &str,
    was: Option<&[u8]>,
    sealed: Vec<u8>,
) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE staff SET totp = $4, totp_step = 0
         WHERE org = $1 AND id = $2 AND (totp = $3 OR (totp IS NULL AND $3 IS NULL))",
        bind![org, id, was.map(<[u8]>::to_vec), sealed],
    )? == 1)
}

/// Takes the code app away.
pub fn drop_totp(tx: &mut Tx<'_>, org: &str, id: &str) -> Result<()> {
    tx.exec(
        "UPDATE staff SET totp = NULL, totp_step = 0 WHERE org = $1 AND id = $2",
        bind![org, id],
    )?;
    Ok(())
}

/// Takes a step of the code app; false if that step or a later one was used before.
pub fn take_step(tx: &mut Tx<'_>, id: &str, step: i64) -> Result<bool> {
    Ok(tx.exec(
        "UPDATE staff SET totp_step = $2 WHERE id = $1 AND totp_step < $2",
        bind![id, step],
    )? == 1)
}

/// Sets the hash of a password.
pub fn set_password(tx: &mut Tx<'_>, org: &str, id: &str, hash: &str) -> Result<()> {
    tx.exec("UPDATE staff SET password = $3 WHERE org = $1 AND id = $2", bind![org, id, hash])?;
    Ok(())
}

/// Sets a role.
pub fn set_role(tx: &mut Tx<'_>, org: &str, id: &str, role: Role) -> Result<()> {
    tx.exec("UPDATE staff SET role = $3 WHERE org = $1 AND id = $2", bind![org, id, role.word()])?;
    Ok(())
}

/// Notes when somebody left.
pub fn leave(tx: &mut Tx<'_>, org: &str, id: &str, now: Timestamp) -> Result<()> {
    tx.exec("UPDATE staff SET left_at = $3 WHERE org = $1 AND id = $2", bind![org, id, now])?;
    Ok(())
}

/// How many officers can still sign in.
pub fn officers(tx: &mut Tx<'_>, org: &str) -> Result<u64> {
    Ok(tx.count(
        "SELECT count(*) AS n FROM staff WHERE org = $1 AND role = 'officer' AND left_at IS NULL",
        bind![org],
    )?)
}

/// A session, as kept.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its public id: what a list shows and a button ends.
    pub id: String,
    /// Organisation.
    pub org: String,
    /// Whose.
    pub staff: String,
    /// When it began.
    pub made: Timestamp,
    /// Last request.
    pub seen: Timestamp,
    /// Ends whatever happens.
    pub ends: Timestamp,
    /// The browser, as it calls itself.
    pub agent: String,
    /// The code was given, or none is set up.
    pub complete: bool,
    /// A message to show once.
    pub banner: Option<String>,
}

fn session(r: &Row<'_>) -> std::result::Result<SessionRow, DbError> {
    Ok(SessionRow {
        id: r.text("id")?,
        org: r.text("org")?,
        staff: r.text("staff_id")?,
        made: r.instant("made_at")?,
        seen: r.instant("seen_at")?,
        ends: r.instant("ends_at")?,
        agent: r.text("agent")?,
        complete: r.bool("totp_done")?,
        banner: r.text_opt("banner")?,
    })
}

/// Keeps a session under the hash of its token.
pub fn insert_session(tx: &mut Tx<'_>, token: [u8; 32], s: &SessionRow) -> Result<()> {
    tx.exec(
        "INSERT INTO sessions
             (token, id, org, staff_id, made_at, seen_at, ends_at, agent, totp_done)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        bind![
            token,
            s.id.as_str(),
            s.org.as_str(),
            s.staff.as_str(),
            s.made,
            s.seen,
            s.ends,
            s.agent.as_str(),
            s.complete
        ],
    )?;
    Ok(())
}

/// The session of a token, by its hash; it may have run out.
pub fn session_of(tx: &mut Tx<'_>, token: [u8; 32]) -> Result<Option<SessionRow>> {
    Ok(tx.row(
        "SELECT id, org, staff_id, made_at, seen_at, ends_at, agent, totp_done, banner
         FROM sessions WHERE token = $1",
        bind![token],
        session,
    )?)
}

/// The sessions of a member of staff, last seen first.
pub fn sessions_of(tx: &mut Tx<'_>, org: &str, staff: &str) -> Result<Vec<SessionRow>> {
    Ok(tx.rows(
        "SELECT id, org, staff_id, made_at, seen_at, ends_at, agent, totp_done, banner
         FROM sessions WHERE org = $1 AND staff_id = $2 ORDER BY seen_at DESC",
        bind![org, staff],
        session,
    )?)
}

/// Notes when a session was last seen.
pub fn touch_session(tx: &mut Tx<'_>, token: [u8; 32], now: Timestamp) -> Result<()> {
    tx.exec("UPDATE sessions SET seen_at = $2 WHERE token = $1", bind![token, now])?;
    Ok(())
}

/// The code was given: the session is a whole one; false if it has ended meanwhile.
pub fn complete_session(tx: &mut Tx<'_>, token: [u8; 32]) -> Result<bool> {
    Ok(tx.exec("UPDATE sessions SET totp_done = $2 WHERE token = $1", bind![token, true])? == 1)
}

/// Sets or takes away the message that a session shows once.
pub fn set_banner(tx: &mut Tx<'_>, id: &str, banner: Option<&str>) -> Result<()> {
    tx.exec("UPDATE sessions SET banner = $2 WHERE id = $1", bind![id, banner])?;
    Ok(())
}

/// Ends one session of a member of staff.
pub fn end_session(tx: &mut Tx<'_>, org: &str, staff: &str, id: &str) -> Result<()> {
    tx.exec(
        "DELETE FROM sessions WHERE org = $1 AND staff_id = $2 AND id = $3",
        bind![org, staff, id],
    )?;
    Ok(())
}

/// Ends every session of a member of staff.
pub fn end_sessions(tx: &mut Tx<'_>, org: &str, staff: &str) -> Result<()> {
    tx.exec("DELETE FROM sessions WHERE org = $1 AND staff_id = $2", bind![org, staff])?;
    Ok(())
}

/// Ends the sessions of a member of staff but for this one.
pub fn end_other_sessions(tx: &mut Tx<'_>, org: &str, staff: &str, but: &str) -> Result<()> {
    tx.exec(
        "DELETE FROM sessions WHERE org = $1 AND staff_id = $2 AND id <> $3",
        bind![org, staff, but],
    )?;
    Ok(())
}

/// Removes the sessions of everybody that have run out.
pub fn drop_old_sessions(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    tx.exec("DELETE FROM sessions WHERE ends_at < $1", bind![now])?;
    Ok(())
}
