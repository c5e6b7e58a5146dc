//! What can go wrong at the door, without a value in any message.

/// The sorts of trouble a caller may want to tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A uniqueness, foreign key or check rule refused the row.
    Constraint,
    /// Two writers met; the whole transaction may be run again.
    Retry,
    /// The server or file can't be reached, or the connection was lost.
    Lost,
    /// Wrong or missing key, or not a database.
    Key,
    /// No room on the disk.
    Full,
    /// A statement or an answer is not of the shape the program expects: a mistake of ours.
    Shape,
    /// Anything else.
    Other,
}

/// An error of the database, safe to show: it never holds a value of a row.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{what}")]
pub struct DbError {
    /// Its sort.
    pub trouble: Trouble,
    /// In words.
    pub what: String,
}

impl DbError {
    pub(crate) fn new(trouble: Trouble, what: impl Into<String>) -> Self {
        Self { trouble, what: what.into() }
    }

    pub(crate) fn shape(what: impl Into<String>) -> Self {
        Self::new(Trouble::Shape, what)
    }
}

impl From<rusqlite::Error> for DbError {
    fn from(e: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as C;
        let rusqlite::Error::SqliteFailure(f, text) = &e else {
            return Self::shape(format!("SQLite: {e}"));
        };
        let (trouble, what) = match f.code {
            C::ConstraintViolation => {
                (Trouble::Constraint, text.clone().unwrap_or_else(|| "a rule of the table".into()))
            }
            C::DatabaseBusy | C::DatabaseLocked => {
                (Trouble::Retry, "the database is in use by another process".into())
            }
            C::NotADatabase => {
                (Trouble::Key, "the key does not open this database, or it is not one".into())
            }
            C::DiskFull => (Trouble::Full, "the disk is full".into()),
            C::CannotOpen => (Trouble::Lost, "the database file can't be opened".into()),
            C::SystemIoFailure => (Trouble::Lost, "the disk gave a read or write error".into()),
            _ => (Trouble::Other, text.clone().unwrap_or_else(|| e.to_string())),
        };
        Self::new(trouble, what)
    }
}

impl From<postgres::Error> for DbError {
    fn from(e: postgres::Error) -> Self {
        let Some(db) = e.as_db_error() else {
            if e.is_closed() {
                return Self::new(Trouble::Lost, "the connection to PostgreSQL was lost");
            }
            return Self::new(Trouble::Lost, format!("PostgreSQL: {e}"));
        };
        let code = db.code().code();
        let rule = db.constraint().or(db.table()).unwrap_or("a rule of the table");
        // The server's own message may quote a row's values; only its code and names are safe.
        match code {
            "40001" | "40P01" => Self::new(Trouble::Retry, "two writers met; try again"),
            _ if code.starts_with("23") => Self::new(Trouble::Constraint, rule.to_owned()),
            "28P01" | "28000" => Self::new(Trouble::Key, "PostgreSQL refused the credentials"),
            "53100" => Self::new(Trouble::Full, "PostgreSQL's disk is full"),
            _ if code.starts_with("42") => Self::shape(format!("PostgreSQL: {}", db.message())),
            _ if code.starts_with("08") || code.starts_with("57") => {
                Self::new(Trouble::Lost, format!("PostgreSQL closed the connection ({code})"))
            }
            _ => Self::new(Trouble::Other, format!("PostgreSQL error {code}")),
        }
    }
}
