//! The grounds on which something about a person may be kept from them (DPA 2018 Sch 2 to 4), as
//! dated data. What is not about them at all has no ground of the law: it is not theirs. Pure.

use std::sync::OnceLock;

use jiff::civil::Date;
use serde::Deserialize;

/// It is not about the person who asks: nothing is kept from them.
pub const NOT_THEIRS: &str = "not-theirs";
/// It is dated outside the time that the person asked for (UK GDPR Art 15(1A), Recital 63): nothing
/// is kept from them, they can have it by asking.
pub const OUTSIDE: &str = "outside";
/// Its file can't be copied safely: they can see it, but a copy is not given. The law wants a copy
/// of what is about them, not of the file (UK GDPR Art 15(3)).
pub const CANNOT_COPY: &str = "cannot-copy";
/// The ground of passages about other people.
pub const THIRD_PARTY: &str = "third-party";

/// A ground of the law.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Exemption {
    /// The word in the database and in forms.
    pub word: String,
    /// In force from this day.
    pub from: Date,
    /// And until this day.
    pub until: Option<Date>,
    /// "yes" if the text of the law was read.
    verified: String,
    /// Where it stands.
    pub source: String,
    /// What it says, in plain words to the person.
    pub says: String,
}

impl Exemption {
    /// The text of the law was read when this was written.
    pub fn verified(&self) -> bool {
        self.verified == "yes"
    }
}

fn all() -> &'static [Exemption] {
    static ALL: OnceLock<Vec<Exemption>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut rows = csv::Reader::from_reader(include_str!("grounds.csv").as_bytes());
        // A test reads every row; a row that does not parse is no ground.
        rows.deserialize().filter_map(Result::ok).collect()
    })
}

/// The grounds in force on a day.
pub fn on(day: Date) -> impl Iterator<Item = &'static Exemption> {
    all().iter().filter(move |g| g.from <= day && g.until.is_none_or(|u| day <= u))
}

/// A ground by its word, in force on a day.
pub fn find(word: &str, day: Date) -> Option<&'static Exemption> {
    on(day).find(|g| g.word == word)
}

/// What a ground says, in words to the person.
pub fn says(word: &str) -> &'static str {
    match word {
        NOT_THEIRS => "It is not about you",
        OUTSIDE => "Dated outside the time you asked for; you can have it by asking",
        _ => all().iter().rfind(|g| g.word == word).map_or("", |g| g.says.as_str()),
    }
}

/// Where a ground stands in the law; empty for what has none.
pub fn law(word: &str) -> &'static str {
    all().iter().rfind(|g| g.word == word).map_or("", |g| g.source.as_str())
}

/// What the law says a decision rests on, for the ledger.
pub fn source(word: &str, day: Date) -> &'static str {
    find(word, day).map_or("UK GDPR Art 15(1)", |g| g.source.as_str())
}

/// Whether a second person has to agree: to every ground of the law, but for passages about other
/// people, whose three questions were answered. That a file can't be copied is no such ground: the
/// check of outgoing files says so, and they may see it.
pub fn needs_two(excluded: bool, ground: &str) -> bool {
    !matches!(ground, "" | NOT_THEIRS | OUTSIDE | CANNOT_COPY)
        && (excluded || ground != THIRD_PARTY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ground_has_its_source_and_its_words() {
        let lines = include_str!("grounds.csv").lines().count() - 1;
        assert_eq!(all().len(), lines, "a row does not parse");
        for g in all() {
            let own = g.word == CANNOT_COPY && g.source == "UK GDPR Art 15(3)";
            assert!(own || g.source.starts_with("DPA 2018 Sch "), "{}", g.word);
            assert!(!g.says.contains("Sch") && !g.says.contains("Art "), "{}", g.word);
            assert!(crate::kit::forms::is_short_name(&g.word) && g.word != NOT_THEIRS);
            assert_ne!(g.word, OUTSIDE);
        }
        let day = "2026-11-22".parse().unwrap();
        assert!(find("privilege", day).unwrap().verified());
        assert!(find("privilege", "2017-01-01".parse().unwrap()).is_none());
    }

    #[test]
    fn two_agree_where_the_law_lets_something_be_kept() {
        assert!(needs_two(true, "privilege") && needs_two(true, THIRD_PARTY));
        assert!(!needs_two(false, THIRD_PARTY) && !needs_two(true, NOT_THEIRS));
        assert!(!needs_two(true, OUTSIDE), "they narrowed it themselves");
        assert!(!needs_two(true, CANNOT_COPY), "they may see it");
        assert!(needs_two(false, "privilege") && !needs_two(false, ""));
    }
}
