//! Five kinds of value, and rows of them.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::DbError;

/// A value of a column. Dates travel as ISO text, instants as milliseconds, JSON as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT.
    Text(String),
    /// BYTEA.
    Bytes(Vec<u8>),
    /// BOOLEAN.
    Bool(bool),
}

macro_rules! from {
    ($($t:ty => |$v:ident| $e:expr),* $(,)?) => { $(
        impl From<$t> for Value { fn from($v: $t) -> Self { $e } }
    )* };
}

from! {
    i64 => |v| Value::Int(v),
    i32 => |v| Value::Int(v.into()),
    u32 => |v| Value::Int(v.into()),
    bool => |v| Value::Bool(v),
    String => |v| Value::Text(v),
    &str => |v| Value::Text(v.to_owned()),
    &String => |v| Value::Text(v.clone()),
    Vec<u8> => |v| Value::Bytes(v),
    &[u8] => |v| Value::Bytes(v.to_vec()),
    [u8; 32] => |v| Value::Bytes(v.to_vec()),
    Date => |v| Value::Text(v.to_string()),
    Timestamp => |v| Value::Int(v.as_millisecond()),
}

impl From<u64> for Value {
    /// Counts and indices stay far below 2^63; a larger one is pinned there rather than wrapped.
    fn from(v: u64) -> Self {
        Self::Int(i64::try_from(v).unwrap_or(i64::MAX))
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer, read by column name.
#[derive(Debug)]
pub struct Row<'a> {
    pub(crate) names: &'a [String],
    pub(crate) values: Vec<Value>,
}

impl Row<'_> {
    fn at(&self, name: &str) -> Result<&Value, DbError> {
        self.names
            .iter()
            .position(|n| n == name)
            .and_then(|i| self.values.get(i))
            .ok_or_else(|| DbError::shape(format!("the answer has no column {name}")))
    }

    fn wrong<T>(name: &str, wanted: &str) -> Result<T, DbError> {
        Err(DbError::shape(format!("column {name} is not {wanted}")))
    }

    /// A text that is there.
    ///
    /// # Errors
    /// No such column, NULL, or another kind.
    pub fn text(&self, name: &str) -> Result<String, DbError> {
        match self.at(name)? {
            Value::Text(v) => Ok(v.clone()),
            _ => Self::wrong(name, "text"),
        }
    }

    /// A text that may be NULL.
    ///
    /// # Errors
    /// No such column, or another kind.
    pub fn text_opt(&self, name: &str) -> Result<Option<String>, DbError> {
        if *self.at(name)? == Value::Null { Ok(None) } else { self.text(name).map(Some) }
    }

    /// A whole number that is there.
    ///
    /// # Errors
    /// No such column, NULL, or another kind.
    pub fn int(&self, name: &str) -> Result<i64, DbError> {
        match self.at(name)? {
            Value::Int(v) => Ok(*v),
            _ => Self::wrong(name, "a whole number"),
        }
    }

    /// A whole number that may be NULL.
    ///
    /// # Errors
    /// No such column, or another kind.
    pub fn int_opt(&self, name: &str) -> Result<Option<i64>, DbError> {
        if *self.at(name)? == Value::Null { Ok(None) } else { self.int(name).map(Some) }
    }

    /// A count: a whole number not below zero.
    ///
    /// # Errors
    /// No such column, NULL, negative, or another kind.
    pub fn count(&self, name: &str) -> Result<u64, DbError> {
        u64::try_from(self.int(name)?).or_else(|_| Self::wrong(name, "a count"))
    }

    /// A yes or no. SQLite keeps it as 0 and 1.
    ///
    /// # Errors
    /// No such column, NULL, or another kind.
    pub fn bool(&self, name: &str) -> Result<bool, DbError> {
        match self.at(name)? {
            Value::Bool(v) => Ok(*v),
            Value::Int(0) => Ok(false),
            Value::Int(1) => Ok(true),
            _ => Self::wrong(name, "yes or no"),
        }
    }

    /// Bytes that are there.
    ///
    /// # Errors
    /// No such column, NULL, or another kind.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, DbError> {
        match self.at(name)? {
            Value::Bytes(v) => Ok(v.clone()),
            _ => Self::wrong(name, "bytes"),
        }
    }

    /// Bytes that may be NULL.
    ///
    /// # Errors
    /// No such column, or another kind.
    pub fn bytes_opt(&self, name: &str) -> Result<Option<Vec<u8>>, DbError> {
        if *self.at(name)? == Value::Null { Ok(None) } else { self.bytes(name).map(Some) }
    }

    /// A civil date kept as ISO text.
    ///
    /// # Errors
    /// No such column, NULL, or not a date.
    pub fn date(&self, name: &str) -> Result<Date, DbError> {
        self.text(name)?.parse().or_else(|_| Self::wrong(name, "a date"))
    }

    /// A civil date that may be NULL.
    ///
    /// # Errors
    /// No such column, or not a date.
    pub fn date_opt(&self, name: &str) -> Result<Option<Date>, DbError> {
        if *self.at(name)? == Value::Null { Ok(None) } else { self.date(name).map(Some) }
    }

    /// An instant kept as milliseconds since 1970, UTC.
    ///
    /// # Errors
    /// No such column, NULL, or out of range.
    pub fn instant(&self, name: &str) -> Result<Timestamp, DbError> {
        Timestamp::from_millisecond(self.int(name)?).or_else(|_| Self::wrong(name, "an instant"))
    }

    /// An instant that may be NULL.
    ///
    /// # Errors
    /// No such column, or out of range.
    pub fn instant_opt(&self, name: &str) -> Result<Option<Timestamp>, DbError> {
        if *self.at(name)? == Value::Null { Ok(None) } else { self.instant(name).map(Some) }
    }
}
