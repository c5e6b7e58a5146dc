//! Forms: what was typed, kept so that nothing is lost, and what has to be mended.

use std::collections::HashSet;

use crate::error::{Error, Field};

/// Letters that a text may have: a reason, a question, an answer in one's own words.
pub const LONG: usize = 2_000;
/// Letters that what is copied down from paper may have.
pub const COPIED: usize = 20_000;
/// Letters that one line may have: a name, an address for e-mail.
pub const LINE: usize = 200;

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

    /// Whether no answer is longer than a form takes: so many letters, by the field's name.
    ///
    /// # Errors
    /// The fields to shorten.
    pub fn check_lengths(&self, most: impl Fn(&str) -> usize) -> Result<(), Error> {
        let long = |(name, value): &(String, String)| {
            let (has, most) = (value.chars().count(), most(name));
            let message = format!("Shorten this to {most} letters at most: it has {has}");
            (has > most).then(|| Field::new(name.clone(), message))
        };
        let bad: Vec<Field> = self.0.iter().filter_map(long).collect();
        if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
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
            Error::Conflict | Error::TooMany(_) => {
                Ok(Self(vec![Field::new("form", sentence(&e.to_string()))]))
            }
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

/// Whether no text is longer than is kept: the field, what it says, how many letters it may have. A
/// form says so before; a program and the command line hear it from the act.
///
/// # Errors
/// The fields to shorten.
pub fn fit(all: &[(&'static str, &str, usize)]) -> Result<(), Error> {
    let long = |(name, text, most): &(&'static str, &str, usize)| {
        let has = text.chars().count();
        let message = format!("Shorten “{name}” to {most} letters at most: it has {has}");
        (has > *most).then(|| Field::new(*name, message))
    };
    let bad: Vec<Field> = all.iter().filter_map(long).collect();
    if bad.is_empty() { Ok(()) } else { Err(Error::Invalid(bad)) }
}

/// Whether a text can be a short name: 1 to 40 lower case letters, digits and dashes.
pub fn is_short_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 40
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// "1 row", "2 rows".
pub fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
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

    /// Fills the three fields of a date, for a form that is shown with what is kept already.
    pub fn set_date(&mut self, name: &str, day: Option<jiff::civil::Date>) {
        let Some(d) = day else { return };
        self.set(&format!("{name}-day"), d.day().to_string());
        self.set(&format!("{name}-month"), d.month().to_string());
        self.set(&format!("{name}-year"), d.year().to_string());
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
