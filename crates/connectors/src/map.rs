//! The data map: which fields of a holding hold what, about whom, and what becomes of it.
//!
//! One TOML file per holding. A person decides, the program drafts and checks
//! ([`DataMap::check`]). The map holds names of fields and decisions, never a personal value and
//! never a password.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::words::NamePart;
use crate::{Category, Fault, FaultKind, Kind};

/// The data map of one holding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataMap {
    /// Short name of the holding, used in places and messages: "club".
    pub holding: String,
    /// What people call it: "Club database".
    pub title: String,
    /// What sort of thing it is; decides which connector reaches it.
    pub kind: HoldingKind,
    /// The day the map was last checked against the live schema.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<Date>,
    /// Where it is.
    #[serde(default)]
    pub source: Source,
    /// Tables, sheets, folders: one decision each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collection: Vec<Collection>,
}

/// The sorts of holding there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HoldingKind {
    /// An SQLite file.
    Sqlite,
    /// A PostgreSQL database, or one that speaks its protocol.
    Postgres,
    /// A MySQL or MariaDB database.
    Mysql,
    /// A folder or file of comma-separated values.
    Csv,
    /// A spreadsheet: XLSX, XLS, ODS.
    Workbook,
    /// Mailboxes.
    Mail,
    /// A folder of documents.
    Documents,
    /// A filing cabinet: a person searches it.
    Paper,
}

/// Where a holding is. Which of these are wanted depends on [`HoldingKind`]; a key that the kind
/// has no use for is refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// File or folder; relative paths start at the office's holdings folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Host name or address of a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// TCP port; the engine's usual one if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Database on the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Account to log in with; it should be able to read and nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// PostgreSQL schema; "public" if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// How far the connection must be encrypted; if absent, as [`Source::tls`] says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// Certificate authority (PEM) for `verify-full`; the system's own list if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// File whose first line is the password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
}

impl Source {
    /// How far the connection must be encrypted: as the map says, or "prefer" on this machine and
    /// "verify-full" elsewhere. On the way to another machine whoever sits between could pretend to
    /// be the server, and take the password and everything that is found.
    #[must_use]
    pub fn tls(&self) -> Tls {
        let host = self.host.as_deref().unwrap_or("localhost");
        let here = host.starts_with('/')
            || host == "localhost"
            || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
        self.tls.unwrap_or(if here { Tls::Prefer } else { Tls::VerifyFull })
    }
}

/// How far a connection to a server must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Never: for a server on the same machine.
    Disable,
    /// If the server offers it; the certificate is not looked at.
    Prefer,
    /// Always; the certificate is not looked at.
    Require,
    /// Always, with a certificate that a known authority signed for this host.
    VerifyFull,
}

/// A table, sheet or folder of the holding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Its name in the holding.
    pub name: String,
    /// Whether and how it holds personal data.
    pub holds: Holds,
    /// Why it holds none. Needed with [`Holds::None`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The entry of the processing register it serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    /// Fields of the primary key; empty: the live schema's, or else a hash of the whole row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// What an erasure does to its rows.
    #[serde(default)]
    pub on_erasure: Erasure,
    /// The ground for keeping. Needed with [`Erasure::Keep`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_reason: Option<String>,
    /// Set by a scan that is not sure of the collection; a person removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsure: Option<String>,
    /// Its fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub field: Vec<Field>,
    /// How its rows hang on rows of other collections.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link: Vec<Link>,
}

/// Whether and how a collection holds personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Holds {
    /// Rows are about persons and are found by their own identifiers.
    Person,
    /// Rows are found through links to rows that are.
    Linked,
    /// No personal data; says why.
    None,
}

/// What an erasure does to the rows of a collection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Erasure {
    /// The rows go.
    Delete,
    /// The rows stay, without what points at the person.
    Anonymise,
    /// The rows stay, on a stated ground.
    Keep,
    /// Nobody has decided yet.
    #[default]
    Undecided,
}

/// A column of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name in the holding.
    pub name: String,
    /// What sort of data it is.
    pub category: Category,
    /// The identifier it holds, if it tells the person the row is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<Kind>,
    /// Which part of a name it holds; guessed from the field's name if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<NamePart>,
    /// May be about somebody else than the row (a guest's name): a person must look.
    #[serde(default, skip_serializing_if = "is_false")]
    pub others: bool,
    /// Somebody else than the row's person may be named in it: whoever asks is looked for in it by
    /// name and e-mail address, which reads every row.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mentions: bool,
    /// How its values are stored, as of `census`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_stored: Option<Stored>,
    /// The ways its telephone numbers are written, as of `census`: a 9 for each digit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<String>,
    /// When `as_stored` was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub census: Option<Timestamp>,
    /// Set by a scan that is not sure of the field; a person removes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsure: Option<String>,
    /// What its values mean, if they are codes: "L" is "Lapsed". One that nobody has explained yet
    /// means "". Goes into the answer to whoever asks, so that they can read it (Art 12(1)).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, String>,
}

/// What a census of a field found. Decides whether a search may trust the field's index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stored {
    /// Every value is one identifier in lower case without spaces; no address has a "+tag".
    /// Telephone numbers: in one of `forms`. Postcodes: with its one space or none, in one case.
    Normal,
    /// As `normal`, but some addresses have a "+tag".
    Tagged,
    /// Some values are in another form.
    Mixed,
}

/// How rows of a collection hang on rows of another: `fields` hold the value of `to_fields`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Fields of this collection.
    pub fields: Vec<String>,
    /// The collection pointed at.
    pub to: String,
    /// The fields pointed at, in the same order.
    pub to_fields: Vec<String>,
    /// Why the link is thought to be one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub evidence: String,
    /// Declared in the schema or confirmed by a person. Only confirmed links are followed.
    #[serde(default)]
    pub confirmed: bool,
    /// Why a person said no to it. A refused link is not proposed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl DataMap {
    /// An empty map for a holding that was never scanned.
    #[must_use]
    pub fn new(holding: &str, title: &str, kind: HoldingKind, source: Source) -> Self {
        Self {
            holding: holding.to_owned(),
            title: title.to_owned(),
            kind,
            checked: None,
            source,
            collection: Vec::new(),
        }
    }

    /// Read a map from TOML. `place` names the file in errors.
    ///
    /// # Errors
    /// [`FaultKind::Map`] with the line, if it is not TOML, has an unknown or missing key, names
    /// a collection or field twice, or its source does not suit its kind.
    pub fn from_toml(text: &str, place: &str) -> Result<Self, Fault> {
        let map: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map(|s| 1 + text[..s.start].matches('\n').count());
            let place = line.map_or(place.to_owned(), |line| format!("{place}, line {line}"));
            let remedy = if error.message().contains("`password`") {
                "A map never holds a password: put it in a file and name that as password_file."
            } else {
                "Correct the line; docs/operate/data-maps.md lists every key."
            };
            Fault::new(FaultKind::Map, place, error.message().trim(), remedy)
        })?;
        map.sound(place)?;
        Ok(map)
    }

    /// Write the map as TOML; reading it back gives the same map.
    ///
    /// # Errors
    /// [`FaultKind::Ours`] if it cannot be written down, which no map that was read can cause.
    pub fn to_toml(&self) -> Result<String, Fault> {
        toml::to_string(self).map_err(|_| {
            Fault::new(
                FaultKind::Ours,
                &self.holding,
                "the map could not be written as TOML",
                "This is a fault of the program: please report it.",
            )
        })
    }

    /// The collection of this name.
    #[must_use]
    pub fn collection(&self, name: &str) -> Option<&Collection> {
        self.collection.iter().find(|c| c.name == name)
    }

    /// Whether it holds together, as far as can be seen without the live schema. `place` names it
    /// in errors.
    ///
    /// # Errors
    /// [`FaultKind::Map`], as [`DataMap::from_toml`].
    pub fn sound(&self, place: &str) -> Result<(), Fault> {
        let wrong = |what: String, remedy: &str| {
            Err(Fault::new(FaultKind::Map, place.to_owned(), what, remedy))
        };
        if self.holding.is_empty() {
            return wrong("the holding has no name".into(), "Give `holding` a short name.");
        }
        let mut names = BTreeSet::new();
        for collection in &self.collection {
            if !names.insert(&collection.name) {
                let what = format!("collection {} is there twice", collection.name);
                return wrong(what, "Keep one of the two.");
            }
            let mut fields = BTreeSet::new();
            for field in &collection.field {
                if !fields.insert(&field.name) {
                    let what = format!("field {}.{} is there twice", collection.name, field.name);
                    return wrong(what, "Keep one of the two.");
                }
            }
        }
        self.source.suits(self.kind).or_else(|(what, remedy)| wrong(what, remedy))
    }
}

impl Collection {
    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.field.iter().find(|f| f.name == name)
    }

    /// Forgets how identifiers are stored, because it was counted elsewhere or of something else.
    pub fn forget_census(&mut self) {
        self.field.iter_mut().for_each(Field::forget_census);
    }

    /// Fields that hold an identifier of this kind of the person the row is about.
    pub fn fields_of(&self, kind: Kind) -> impl Iterator<Item = &Field> {
        self.field.iter().filter(move |f| f.identifier == Some(kind))
    }
}

impl Field {
    /// Forgets how its values are stored.
    pub fn forget_census(&mut self) {
        (self.as_stored, self.census, self.forms) = (None, None, Vec::new());
    }

    /// Values that are codes and that nobody has explained yet.
    pub fn unexplained(&self) -> impl Iterator<Item = &str> {
        self.codes.iter().filter(|(_, means)| means.trim().is_empty()).map(|(code, _)| &**code)
    }
}

impl Link {
    /// Same ends, whatever the evidence and the decision.
    #[must_use]
    pub fn same_ends(&self, other: &Self) -> bool {
        self.fields == other.fields && self.to == other.to && self.to_fields == other.to_fields
    }
}

impl Source {
    /// Whether the keys given are those that the kind wants.
    fn suits(&self, kind: HoldingKind) -> Result<(), (String, &'static str)> {
        use HoldingKind::{Mysql, Paper, Postgres};
        let server = matches!(kind, Postgres | Mysql);
        let only_server = [
            ("host", self.host.is_some()),
            ("port", self.port.is_some()),
            ("database", self.database.is_some()),
            ("user", self.user.is_some()),
            ("tls", self.tls.is_some()),
            ("ca_file", self.ca_file.is_some()),
            ("password_file", self.password_file.is_some()),
        ];
        if server {
            for (key, given) in &only_server[..4] {
                if !given && *key != "port" {
                    return Err((format!("[source] lacks {key}"), "Say where the server is."));
                }
            }
            if self.path.is_some() {
                return Err(("a server has no path".into(), "Remove path from [source]."));
            }
            if self.schema.is_some() && kind == Mysql {
                let remedy = "Remove schema; MySQL's databases are its schemas.";
                return Err(("[source] has a schema, which MySQL does not know".into(), remedy));
            }
            return Ok(());
        }
        let stray = only_server.iter().find(|(_, given)| *given).map(|(key, _)| *key);
        if let Some(key) = stray.or(self.schema.is_some().then_some("schema")) {
            return Err((format!("[source] has {key}, which is for servers"), "Remove it."));
        }
        if self.path.is_none() && kind != Paper {
            return Err(("[source] lacks path".into(), "Name the file or folder."));
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
