//! How the office is reached, and how letters leave it and come in: as `candour.toml` says, else as
//! it was set in the browser or by command.
//!
//! What is set is kept in the database, sealed under a key derived from the office key, and not in
//! a file of the data folder: so every process on one PostgreSQL has it, a backup holds it and a
//! move takes it along, and without the office key nobody reads the password.

use std::sync::{Arc, Mutex, PoisonError};

use candour_db::{Db, Mark, Tx};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::kit::vault::Vault;
use crate::settings::{Mailbox, Post, Secret, Security, Settings};

mod sql;

/// How the office is reached now.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// The mail server that takes our letters.
    pub post: Option<Post>,
    /// The address for links, without a slash at its end.
    pub public_url: Option<String>,
    /// The mailbox that takes unsubscribes, bounces and complaints.
    pub mailbox: Option<Mailbox>,
}

/// One of the things that can be set.
#[derive(Debug, Clone)]
pub enum Set {
    /// The mail server; none takes it away.
    Post(Option<Post>),
    /// The public address.
    Address(Option<String>),
    /// The mailbox on an IMAP server.
    Mailbox(Option<Mailbox>),
}

#[derive(Serialize, Deserialize)]
struct KeptPost {
    host: String,
    port: u16,
    security: Security,
    user: Option<String>,
    password: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct KeptMailbox {
    host: String,
    port: Option<u16>,
    user: Option<String>,
    password: Option<String>,
    folder: Option<String>,
    org: Option<String>,
}

const POST: &str = "mail";
const ADDRESS: &str = "address";
const MAILBOX: &str = "mailbox";

fn place(name: &str) -> String {
    format!("house\u{0}{name}")
}

fn word(secret: Option<&Secret>) -> Option<String> {
    secret.map(|s| s.reveal().to_owned())
}

/// Keeps what was set. Whoever may do so is for the caller to ask.
///
/// # Errors
/// Of the cipher or the database.
pub fn set(tx: &mut Tx<'_>, vault: &Vault, what: &Set, now: Timestamp) -> Result<()> {
    let (name, text) = match what {
        Set::Post(None) => return sql::unset(tx, POST),
        Set::Address(None) => return sql::unset(tx, ADDRESS),
        Set::Mailbox(None) => return sql::unset(tx, MAILBOX),
        Set::Post(Some(p)) => {
            let kept = KeptPost {
                host: p.host.clone(),
                port: p.port,
                security: p.security,
                user: p.user.clone(),
                password: word(p.password.as_ref()),
            };
            (POST, serde_json::to_vec(&kept)?)
        }
        Set::Address(Some(url)) => (ADDRESS, url.as_bytes().to_vec()),
        Set::Mailbox(Some(m)) => {
            let kept = KeptMailbox {
                host: m.host.clone().unwrap_or_default(),
                port: m.port,
                user: m.user.clone(),
                password: word(m.password.as_ref()),
                folder: m.folder.clone(),
                org: m.org.clone(),
            };
            (MAILBOX, serde_json::to_vec(&kept)?)
        }
    };
    let sealed = vault.derived("house settings")?.seal(&place(name), &text)?;
    sql::set(tx, name, sealed, now)
}

/// What was set, with what `candour.toml` says instead where it says something.
///
/// # Errors
/// Of the database, or the bytes were changed.
pub fn read(tx: &mut Tx<'_>, vault: &Vault, settings: &Settings) -> Result<Reach> {
    let key = vault.derived("house settings")?;
    let mut reach = Reach::default();
    for (name, sealed) in sql::all(tx)? {
        let plain = key.open(&place(&name), &sealed)?;
        match name.as_str() {
            POST => reach.post = Some(post_of(serde_json::from_slice(&plain)?)),
            MAILBOX => reach.mailbox = Some(mailbox_of(serde_json::from_slice(&plain)?)),
            ADDRESS => reach.public_url = String::from_utf8(plain).ok(),
            _ => {}
        }
    }
    Ok(Reach {
        post: settings.post.clone().or(reach.post),
        public_url: settings.public_url.clone().or(reach.public_url),
        mailbox: settings.mailbox.clone().or(reach.mailbox),
    })
}

fn post_of(kept: KeptPost) -> Post {
    let KeptPost { host, port, security, user, password } = kept;
    let password = password.map(Secret::new);
    Post { host, port, security, user, password_file: None, password }
}

fn mailbox_of(kept: KeptMailbox) -> Mailbox {
    Mailbox {
        host: Some(kept.host),
        port: kept.port,
        user: kept.user,
        password: kept.password.map(Secret::new),
        folder: kept.folder,
        org: kept.org,
        ..Mailbox::default()
    }
}

/// What this process knows of it. Read again by every look for work and every page of the staff's,
/// so that what one process sets the others follow at once.
#[derive(Default)]
pub struct Seen(Mutex<(Option<Mark>, Arc<Reach>)>);

impl Seen {
    /// As last read.
    pub fn last(&self) -> Arc<Reach> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner).1)
    }

    /// Reads it again, unless nothing was committed since.
    ///
    /// # Errors
    /// As [`read`]; what was known stays.
    pub fn renew(&self, db: &Db, vault: &Vault, settings: &Settings) -> Result<Arc<Reach>> {
        // Before the read: what is committed after it is not taken for seen.
        let mark = db.mark();
        {
            let (seen, reach) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if mark.is_some() && *seen == mark {
                return Ok(Arc::clone(reach));
            }
        }
        let reach = Arc::new(db.read_one(|tx| read(tx, vault, settings))?);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *held = (mark, Arc::clone(&reach));
        Ok(reach)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_shows_nothing_of_itself() {
        let post = post_of(KeptPost {
            host: "mail.example.org".into(),
            port: 587,
            security: Security::Starttls,
            user: Some("office".into()),
            password: Some("tin whistle".into()),
        });
        assert!(!format!("{:?}", Set::Post(Some(post.clone()))).contains("whistle"));
        let settings = Settings { post: Some(post), ..Settings::default() };
        assert!(!toml::to_string(&settings).unwrap().contains("whistle"));
    }
}
