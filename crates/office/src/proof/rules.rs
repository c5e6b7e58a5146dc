//! What an act is, before it is an entry. Pure.

use jiff::Timestamp;

use crate::staff::Role;

/// On whose behalf and by whom something is done: every act is called with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The organisation. Every statement is walled by it.
    pub org: String,
    /// `staff:ID`, `public`, `job:NAME`, `command`.
    pub actor: String,
    /// What the actor may do.
    pub role: Role,
    /// The instant of the act: handed in, never asked for inside.
    pub now: Timestamp,
}

impl By {
    /// The reference of the actor's id without its kind.
    pub fn actor_id(&self) -> &str {
        self.actor.split_once(':').map_or(self.actor.as_str(), |(_, id)| id)
    }
}

/// One act, on its way into the ledger.
#[derive(Debug, Clone)]
pub struct Act {
    pub(super) act: &'static str,
    pub(super) about: Vec<String>,
    pub(super) law: Vec<String>,
    pub(super) said: Option<Said>,
}

/// What is said in words, and the key that seals it.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) key: String,
    pub(super) text: String,
}

impl Act {
    /// An act, by its dotted word: `request.received`.
    pub fn new(act: &'static str) -> Self {
        Self { act, about: Vec::new(), law: Vec::new(), said: None }
    }

    /// About a thing: `("case", id)`. The first one is the thing whose history it joins.
    #[must_use]
    pub fn about(mut self, kind: &str, id: &str) -> Self {
        self.about.push(format!("{kind}:{id}"));
        self
    }

    /// Under an article or a clause.
    #[must_use]
    pub fn law(mut self, source: impl Into<String>) -> Self {
        // Sources are free text; a citation in the log may not hold quotes or line breaks.
        let clean: String = source
            .into()
            .chars()
            .map(|c| if "\"\\".contains(c) || c.is_control() { ' ' } else { c })
            .collect();
        if !clean.trim().is_empty() {
            self.law.push(clean.trim().to_owned());
        }
        self
    }

    /// In words, sealed under a key. This text may hold personal data; the entry does not.
    #[must_use]
    pub fn say(mut self, key: &str, text: impl Into<String>) -> Self {
        self.said = Some(Said { key: key.to_owned(), text: text.into() });
        self
    }
}

/// A result with the acts that prove it.
#[derive(Debug)]
pub struct Recorded<T> {
    pub(crate) value: T,
    pub(crate) by: By,
    pub(crate) acts: Vec<Act>,
}

impl<T> Recorded<T> {
    /// A result and its act.
    pub fn new(by: &By, value: T, act: Act) -> Self {
        Self { value, by: by.clone(), acts: vec![act] }
    }

    /// Nothing was changed that has to be proved: somebody was first, or all that is kept is the
    /// kit's own.
    pub fn nothing(by: &By, value: T) -> Self {
        Self { value, by: by.clone(), acts: Vec::new() }
    }

    /// Another act of the same change.
    #[must_use]
    pub fn and(mut self, act: Act) -> Self {
        self.acts.push(act);
        self
    }

    /// The same acts with another result.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Recorded<U> {
        Recorded { value: f(self.value), by: self.by, acts: self.acts }
    }
}
