//! Settings of the program (not of an organisation: those are its charter), each with its default
//! and reason. From `candour.toml` in the data folder; the command line wins over the file.

use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use candour_clock::Division;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::kit::limits::Limits;
use crate::kit::vault;

/// What `candour.toml` may say.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// `postgres://…` when the office is kept there. Without it: `office.db` in the data folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Where the office is reached from outside, for links in letters. Without it: the address
    /// it listens on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// How letters leave. Without it they are kept in the `outbox` folder, and the screens say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<Post>,
    /// The mailbox that takes unsubscribes, bounces and complaints. Without it they come through a
    /// mail server's pipe or a program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mailbox: Option<Mailbox>,
    /// How often the public may ask, and how clients are told apart behind a proxy.
    #[serde(skip_serializing_if = "is_default")]
    pub limits: Limits,
    /// Let hooks call this machine itself, in the clear too: for trying them out. Other addresses
    /// inside a private network stay refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hooks_to_loopback: bool,
    /// The program that makes PDF copies; empty: none are made. Without it: `candour-press` beside
    /// this program, if it is there. `CANDOUR_PRESS` in the environment wins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub press: Option<PathBuf>,
    /// Folders that may be named in the browser as the place of a holding, beside `holdings` in the
    /// data folder: whoever manages holdings there is not thereby let loose on the whole machine.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<Folder>,
    /// Database servers that may be named there as the place of a holding: the office connects to
    /// no other for whoever manages holdings in the browser.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<Server>,
    /// One-off public holidays that the built-in list lacks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Holiday>,
}

fn is_default(limits: &Limits) -> bool {
    *limits == Limits::default()
}

/// A folder in which an organisation's holdings may lie.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// Short name of the organisation; the only one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The folder; relative to the data folder.
    pub path: PathBuf,
}

/// A database server on which an organisation's holdings may be.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Short name of the organisation; the only one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Its name or network address, as it is typed into the form.
    pub host: String,
    /// Port; the usual one of the kind of database if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// The mail server that takes our letters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Post {
    /// Host name.
    pub host: String,
    /// Port; 587 by habit.
    pub port: u16,
    /// `starttls` (default), `tls`, or `none` for a server on this machine.
    #[serde(default)]
    pub security: Security,
    /// User, if the server wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A file with the password: never the password itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The password, where it was set in the browser or with `candour set mail`.
    #[serde(skip)]
    pub password: Option<Secret>,
}

impl Post {
    /// The password: as it was set, else what its file holds.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn secret(&self) -> Result<Option<Secret>> {
        secret_of(self.password.as_ref(), self.password_file.as_deref(), "mail password file")
    }
}

/// The mailbox that takes unsubscribes, bounces and complaints: a Maildir of this machine, or one
/// on an IMAP server.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mailbox {
    /// Short name of the organisation it belongs to; the only one if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The Maildir's folder: the one that holds `new` and `cur`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maildir: Option<PathBuf>,
    /// Or the IMAP server's host name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Port; 993 if not given. The line is encrypted from the first byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// User.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// A file with the password: never the password itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// The password, where it was set in the browser.
    #[serde(skip)]
    pub password: Option<Secret>,
    /// Folder; INBOX if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// No encryption: only for a server on this machine.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub plain: bool,
}

impl Mailbox {
    /// The password: as it was set, else what its file holds.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn secret(&self) -> Result<Option<Secret>> {
        secret_of(self.password.as_ref(), self.password_file.as_deref(), "mailbox’s password file")
    }
}

fn secret_of(set: Option<&Secret>, file: Option<&Path>, what: &str) -> Result<Option<Secret>> {
    let Some(file) = file.filter(|_| set.is_none()) else { return Ok(set.cloned()) };
    let text = std::fs::read_to_string(file)
        .map_err(|_| Error::Unavailable(format!("the {what} {} can't be read", file.display())))?;
    Ok(Some(Secret::new(text.trim_end())))
}

/// A password in memory. It can be written nowhere by mistake: it has no words of its own.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a password.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The password itself, for the server that asks for it or the cipher that seals it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(not shown)")
    }
}

/// How the line to the mail server is secured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// Plain at first, then TLS, or nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// None: only for a server on this machine.
    None,
}

impl Security {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Starttls, Self::Tls, Self::None];

    /// The word in files and forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starttls => "starttls",
            Self::Tls => "tls",
            Self::None => "none",
        }
    }

    /// On screens.
    pub fn label(self) -> &'static str {
        match self {
            Self::Starttls => "STARTTLS",
            Self::Tls => "TLS from the first byte",
            Self::None => "No encryption",
        }
    }

    /// Reads the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }
}

/// A one-off public holiday.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// Where.
    pub division: Division,
    /// When.
    pub date: Date,
    /// What for.
    pub title: String,
}

const FILE: &str = "candour.toml";

impl Settings {
    /// Reads the settings of a data folder; `database` from the command line wins.
    ///
    /// # Errors
    /// No office there, or a file that does not parse: the line is named.
    pub fn read(data: &Path, database: Option<&str>) -> Result<Self> {
        let path = data.join(FILE);
        let text = std::fs::read_to_string(&path).map_err(|_| {
            Error::invalid(
                "data",
                format!(
                    "There is no office in {}. Make one with: candour init --data {}",
                    data.display(),
                    data.display()
                ),
            )
        })?;
        let mut settings: Self = toml::from_str(&text)
            .map_err(|e| Error::invalid("candour.toml", format!("{}: {e}", path.display())))?;
        if let Some(url) = database {
            settings.database = Some(url.to_owned());
        }
        Ok(settings)
    }
}

/// Writes the settings file of a new office; one that is there is left alone.
pub fn write_missing(data: &Path, database: Option<&str>) -> Result<()> {
    let path = data.join(FILE);
    if path.exists() {
        return Ok(());
    }
    let settings = Settings { database: database.map(str::to_owned), ..Settings::default() };
    let text = toml::to_string(&settings).map_err(anyhow::Error::from)?;
    private_file(&path)?.write_all(text.as_bytes())?;
    Ok(())
}

/// Where the office key stands.
pub fn key_path(data: &Path) -> PathBuf {
    data.join("office.key")
}

/// Makes the office key: 32 random bytes in hexadecimal, mode 0600. One that is there stays.
pub fn make_key_file(path: &Path) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    // Written whole under another name first: a cut key file would lock the office for ever.
    let part = path.with_extension("part");
    let _ = std::fs::remove_file(&part);
    let mut file = private_file(&part)?;
    writeln!(file, "{}", hex::encode(vault::random()?))?;
    file.sync_all()?;
    Ok(std::fs::rename(part, path)?)
}

/// A new file that only its owner may read.
pub fn private_file(path: &Path) -> Result<std::fs::File> {
    Ok(std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?)
}

/// Reads the office key, and refuses one that others can read.
pub fn read_key_file(path: &Path) -> Result<[u8; 32]> {
    let missing = |what: &str| {
        Error::Unavailable(format!(
            "{what}: {}. Without it nothing in this office can be opened. Put the key file back \
             from your key backup",
            path.display()
        ))
    };
    let meta = std::fs::metadata(path).map_err(|_| missing("the office key is missing"))?;
    if meta.permissions().mode() & 0o077 != 0 {
        return Err(Error::Unavailable(format!(
            "the office key {} can be read by others. Run: chmod 600 {}",
            path.display(),
            path.display()
        )));
    }
    let text = std::fs::read_to_string(path)?;
    let bytes = hex::decode(text.trim()).ok().and_then(|b| <[u8; 32]>::try_from(b).ok());
    bytes.ok_or_else(|| missing("the office key is not 64 hexadecimal digits"))
}

/// The wall clock: the one place that asks the machine for the time.
pub fn wall_clock() -> Timestamp {
    Timestamp::now()
}
