//! Forms: what was typed, kept so that nothing is lost, and what has to be mended.

use std::collections::HashSet;

use crate::error::{Error, Field};

/// What came with a form, in order; a name may come several times.
#[derive(Debug, Clone, Default)]
pub struct Filled(pub Vec<(String, String)>);

impl Filled {
    /// The value of a field, trimmed; empty if it did not come.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
    }

    /// The value of a field, if it came and is not empty.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|v| !v.is_empty()).map(str::to_owned)
    }

    /// Every value of a field.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(n, _)| n == name).map(|(_, v)| v.trim()).collect()
    }

    /// Lines or commas apart.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.get(name)
            .split(['\n', ','])
            .map(str::trim)
            .filter(|v| !v.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.iter().any(|(n, _)| n == name)
    }

    /// Takes over what came with a page: the first value of each name, instead of what was there.
    pub fn take_over(&mut self, pairs: Vec<(String, String)>) {
        let mut seen = HashSet::new();
        let new: Vec<_> = pairs.into_iter().filter(|(n, _)| seen.insert(n.clone())).collect();
        self.0.retain(|(n, _)| !seen.contains(n));
        self.0.extend(new);
    }

    /// Sets a value, for a form that is shown with what is kept already.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(n, _)| n != name);
        self.0.push((name.to_owned(), value.into()));
    }
}

/// What has to be mended on a page.
#[derive(Debug, Clone, Default)]
pub struct Wrong(pub Vec<Field>);

impl Wrong {
    /// Takes the fields of an error, or hands the error on.
    ///
    /// # Errors
    /// Any other error than fields to mend.
    pub fn of(e: Error) -> Result<Self, Error> {
        match e {
            Error::Invalid(fields) => Ok(Self(fields)),
            Error::Refused(r) => Ok(Self(vec![Field::new("form", r.to_string())])),
            Error::TooMany(_) => Ok(Self(vec![Field::new("form", sentence(&e.to_string()))])),
            other => Err(other),
        }
    }

    /// The message beside a field.
    pub fn at(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|f| f.name == name).map(|f| f.message.as_str())
    }

    /// Whether there is anything.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}

/// Whether a text can be a short name: 1 to 40 lower case letters, digits and dashes.
pub fn is_short_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 40
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// First letter large.
pub fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().collect::<String>() + chars.as_str())
}

impl Filled {
    /// One part of a date in three fields.
    pub fn part(&self, name: &str, part: &str) -> &str {
        self.get(&format!("{name}-{part}"))
    }

    /// A date of three fields; `None` if all three are empty.
    ///
    /// # Errors
    /// The field, with what to do.
    pub fn date(&self, name: &str) -> Result<Option<jiff::civil::Date>, Field> {
        let (d, m, y) = (self.part(name, "day"), self.part(name, "month"), self.part(name, "year"));
        if d.is_empty() && m.is_empty() && y.is_empty() {
            return Ok(None);
        }
        crate::kit::dates::from_parts(d, m, y).map(Some).map_err(|e| Field::new(name.to_owned(), e))
    }
}
