//! Roles, permissions, lock-out, passwords. Pure.

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use jiff::{SignedDuration, Timestamp};
use totp_rs::{Builder, Secret, Totp};

use crate::error::{Error, Result};

/// What a person is in the office. Denied by default: see [`Role::may`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Data protection officer or privacy lead.
    Officer,
    /// Stands in for the officer.
    Deputy,
    /// Works on cases given to them.
    CaseWorker,
    /// Keeps a holding; answers tasks about it.
    Holder,
    /// Reads everything that is proof, changes nothing.
    Auditor,
    /// Runs the organisation's set-up and staff; sees no case.
    Administrator,
    /// A member of the public in the portal.
    Public,
    /// A program that sends for the organisation.
    Mailer,
}

/// What can be allowed. Exhaustive: a new act needs a line here and in the table below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Change the organisation's settings and promises.
    SetCharter,
    /// Add staff, change roles, end sessions.
    ManageStaff,
    /// Open a case for someone.
    OpenCase,
    /// See cases and what was found.
    SeeCases,
    /// Move a case on, search, decide findings.
    WorkCases,
    /// Extend, refuse, set a holding aside, send the pack.
    ReleaseCases,
    /// See holdings and the register.
    SeeHoldings,
    /// Add holdings, change maps and the register.
    ManageHoldings,
    /// See and export the ledger.
    SeeLedger,
    /// Answer a task about one's holding.
    AnswerTask,
    /// See permissions, look an address up, see campaigns.
    SeePermissions,
    /// Record consents and how details were got.
    RecordPermissions,
    /// Stop contact, withdraw a consent for somebody.
    StopContact,
    /// Screen a list, keep campaigns.
    ScreenLists,
    /// Set wordings, approve messages, import registers, let programs in.
    ManagePermissions,
}

impl Role {
    /// Every role that can be given to staff.
    pub const STAFF: [Self; 6] = [
        Self::Officer,
        Self::Deputy,
        Self::CaseWorker,
        Self::Holder,
        Self::Auditor,
        Self::Administrator,
    ];

    /// Whether the role may do this.
    ///
    /// # Errors
    /// [`Error::Denied`] when it may not.
    pub fn may(self, what: Permission) -> Result<()> {
        use Permission as P;
        let allowed = match self {
            Self::Officer => true,
            Self::Deputy => !matches!(what, P::SetCharter | P::ManageStaff),
            Self::CaseWorker => matches!(
                what,
                P::OpenCase
                    | P::SeeCases
                    | P::WorkCases
                    | P::SeeHoldings
                    | P::AnswerTask
                    | P::SeePermissions
                    | P::RecordPermissions
                    | P::StopContact
                    | P::ScreenLists
            ),
            Self::Holder => matches!(what, P::SeeHoldings | P::AnswerTask),
            Self::Auditor => {
                matches!(what, P::SeeCases | P::SeeHoldings | P::SeeLedger | P::SeePermissions)
            }
            Self::Administrator => {
                matches!(what, P::SetCharter | P::ManageStaff | P::SeeHoldings | P::SeeLedger)
            }
            Self::Mailer => {
                matches!(what, P::SeePermissions | P::RecordPermissions | P::StopContact)
            }
            Self::Public => {
                matches!(what, P::OpenCase | P::AnswerTask | P::StopContact | P::RecordPermissions)
            }
        };
        if allowed { Ok(()) } else { Err(Error::Denied(what.words())) }
    }

    /// Whether the role may give, take or open an account of another role. An officer may all;
    /// whoever else manages staff may not reach the officer's and the deputy's, which release.
    ///
    /// # Errors
    /// [`Error::Denied`] when it may not.
    pub fn may_hand_out(self, other: Self) -> Result<()> {
        let releases = other.may(Permission::ReleaseCases).is_ok();
        if releases && self.may(Permission::ReleaseCases).is_err() {
            return Err(Error::Denied(
                "an officer’s or deputy’s account is for an officer or the command line",
            ));
        }
        Ok(())
    }

    /// The word in the database and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Deputy => "deputy",
            Self::CaseWorker => "case-worker",
            Self::Holder => "holder",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
            Self::Public => "public",
            Self::Mailer => "mailer",
        }
    }

    /// On screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Officer => "Officer",
            Self::Deputy => "Deputy",
            Self::CaseWorker => "Case worker",
            Self::Holder => "Holder of records",
            Self::Auditor => "Auditor",
            Self::Administrator => "Administrator",
            Self::Public => "Member of the public",
            Self::Mailer => "Sending program",
        }
    }

    /// What the role is for, in one line.
    pub fn about(self) -> &'static str {
        match self {
            Self::Officer => "Decides and signs; sees everything",
            Self::Deputy => "Stands in for the officer on cases",
            Self::CaseWorker => "Works on cases; cannot release, refuse or extend",
            Self::Holder => "Answers questions about the records they keep",
            Self::Auditor => "Reads cases and proof; changes nothing",
            Self::Administrator => "Set-up and staff; sees no case",
            Self::Public => "Asks",
            Self::Mailer => "Asks whom it may write to, and tells what came back",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::STAFF.into_iter().find(|r| r.word() == word)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Permission {
    /// For the message of a refusal.
    fn words(self) -> &'static str {
        match self {
            Self::SetCharter => "changing the settings",
            Self::ManageStaff => "managing staff",
            Self::OpenCase => "opening a case",
            Self::SeeCases => "seeing cases",
            Self::WorkCases => "working on cases",
            Self::ReleaseCases => "extending, refusing or sending",
            Self::SeeHoldings => "seeing holdings",
            Self::ManageHoldings => "changing holdings and the register",
            Self::SeeLedger => "seeing the ledger",
            Self::AnswerTask => "answering a task",
            Self::SeePermissions => "seeing permissions",
            Self::RecordPermissions => "recording permissions",
            Self::StopContact => "stopping contact",
            Self::ScreenLists => "screening lists",
            Self::ManagePermissions => "managing permissions",
        }
    }

    /// All of them, for the printed table.
    #[cfg(test)]
    pub const ALL: [Self; 15] = [
        Self::SetCharter,
        Self::ManageStaff,
        Self::OpenCase,
        Self::SeeCases,
        Self::WorkCases,
        Self::ReleaseCases,
        Self::SeeHoldings,
        Self::ManageHoldings,
        Self::SeeLedger,
        Self::AnswerTask,
        Self::SeePermissions,
        Self::RecordPermissions,
        Self::StopContact,
        Self::ScreenLists,
        Self::ManagePermissions,
    ];
}

/// A session ends after this long without a request.
pub const IDLE: SignedDuration = SignedDuration::from_hours(8);
/// A session ends after this long whatever happens.
pub const SESSION: SignedDuration = SignedDuration::from_hours(72);
/// A sign-in link lasts this long.
pub const LINK: SignedDuration = SignedDuration::from_hours(24);
/// After this many wrong passwords or codes the account waits.
const FREE_TRIES: i64 = 5;

/// Until when an account is locked after its n-th failure in a row: 1 minute after the fifth,
/// doubling, at most an hour.
pub fn locked_until(failed: i64, now: Timestamp) -> Option<Timestamp> {
    let over = u32::try_from(failed - FREE_TRIES).ok()?;
    let minutes = 2_i64.pow(over.min(6)).min(60);
    Some(now + SignedDuration::from_mins(minutes))
}

/// The code app's settings for a secret.
///
/// # Errors
/// The secret is too short.
pub fn totp(secret: &[u8], email: &str) -> Result<Totp> {
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .with_issuer(Some("Candour"))
        .with_account_name(email)
        .build()
        .map_err(|e| Error::fault(format!("code app: {e}")))
}

/// Whether a new password is good enough: long, and not the address or the name.
///
/// # Errors
/// The field, with what to do.
pub fn check_password(password: &str, email: &str, name: &str) -> Result<()> {
    let low = password.to_lowercase();
    if password.chars().count() < 12 {
        return Err(Error::invalid("password", "The password must have 12 characters or more"));
    }
    if password.len() > 512 {
        return Err(Error::invalid("password", "The password must have 512 characters or fewer"));
    }
    let mut distinct: Vec<char> = low.chars().collect();
    distinct.sort_unstable();
    distinct.dedup();
    let own = |word: &str| word.len() > 3 && low.contains(&word.to_lowercase());
    if distinct.len() < 5 || own(email) || own(name) || low.contains("password") {
        return Err(Error::invalid(
            "password",
            "This password is too easy to guess: three or four words that have nothing to do with \
             each other are better",
        ));
    }
    Ok(())
}

/// "Firefox on Linux": a browser as far as its own words tell, and else those words.
pub fn browser(agent: &str) -> String {
    // In this order: most say that they are some of the others too.
    const NAMES: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "an iPhone"),
        ("iPad", "an iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "a Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let found = |all: &[(&str, &'static str)]| {
        all.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    match (found(&NAMES), found(&SYSTEMS)) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        _ => agent.to_owned(),
    }
}

/// Argon2id hash of a password, as a PHC string.
///
/// # Errors
/// Of the hash function.
pub fn hash_password(password: &str) -> Result<String> {
    let hash: PasswordHash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(|e| Error::fault(format!("password hash: {e}")))?;
    Ok(hash.to_string())
}

/// Whether a password fits its hash. An account without one costs the same time.
pub fn password_fits(password: &str, hash: Option<&str>) -> bool {
    // The hash of a random password nobody knows: keeps an unknown account from answering faster.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y2FuZG91ci1ub2JvZHk$\
                          cVLX1bJYQ2ZsYy6K3pYj7hQO2B0i3aQm9k0n0c4m1mE";
    let known = hash.is_some();
    let fits = PasswordHash::new(hash.unwrap_or(NOBODY))
        .is_ok_and(|h| Argon2::default().verify_password(password.as_bytes(), &h).is_ok());
    known && fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_do_what() {
        let mut table = String::new();
        for p in Permission::ALL {
            let who: Vec<_> =
                Role::STAFF.iter().filter(|r| r.may(p).is_ok()).map(|r| r.word()).collect();
            table += &format!("{}: {}\n", p.words(), who.join(", "));
        }
        insta::assert_snapshot!(table, @r"
        changing the settings: officer, administrator
        managing staff: officer, administrator
        opening a case: officer, deputy, case-worker
        seeing cases: officer, deputy, case-worker, auditor
        working on cases: officer, deputy, case-worker
        extending, refusing or sending: officer, deputy
        seeing holdings: officer, deputy, case-worker, holder, auditor, administrator
        changing holdings and the register: officer, deputy
        seeing the ledger: officer, deputy, auditor, administrator
        answering a task: officer, deputy, case-worker, holder
        seeing permissions: officer, deputy, case-worker, auditor
        recording permissions: officer, deputy, case-worker
        stopping contact: officer, deputy, case-worker
        screening lists: officer, deputy, case-worker
        managing permissions: officer, deputy
        ");
    }

    #[test]
    fn the_wait_grows_and_has_an_end() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(locked_until(4, now), None);
        let minutes: Vec<i64> =
            (5..13).map(|n| locked_until(n, now).unwrap().as_second() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
    }

    #[test]
    fn passwords() {
        assert!(check_password("short", "a@b.example", "Ann").is_err());
        assert!(check_password("aaaaaaaaaaaaaaaa", "a@b.example", "Ann").is_err());
        assert!(check_password("RuthOsei-2026!!", "r@b.example", "RuthOsei").is_err());
        assert!(check_password("tin lantern orchard", "r@b.example", "Ruth Osei").is_ok());
        let hash = hash_password("tin lantern orchard").unwrap();
        assert!(password_fits("tin lantern orchard", Some(&hash)));
        assert!(!password_fits("tin lantern", Some(&hash)));
        assert!(!password_fits("", None));
    }
}
