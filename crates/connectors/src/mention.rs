//! Rows that are about somebody else and name the person sought: a guest's name in a booking, a
//! sentence in a note. What they say of the person is theirs to see (UK GDPR Art 15(1)); whether it
//! is this person, and what of the rest stays with the other, a person decides.

use crate::documents::wanted::Wanted;
use crate::map::{Collection, Field};
use crate::{Because, Kind, Seek, Strength};

/// The person sought, as others may name them.
pub(crate) struct Mention {
    wanted: Wanted,
    /// LIKE patterns in lower case, one of which is in every text that names the person. A
    /// character beyond ASCII is any: databases differ in its lower case.
    pub(crate) patterns: Vec<String>,
}

impl Mention {
    /// `None` if nothing is known by which others could name them.
    pub(crate) fn of(seek: &Seek) -> Option<Self> {
        let whole = seek.names.iter().filter(|n| n.split_whitespace().nth(1).is_some());
        let mut patterns: Vec<String> = whole.filter_map(|n| last_word(n)).collect();
        let mails = seek.identifiers.iter().filter(|i| i.kind == Kind::Email);
        patterns.extend(mails.map(|i| format!("%{}%", pattern(&i.normal))));
        patterns.sort();
        patterns.dedup();
        let wanted = Wanted::new(seek);
        (!patterns.is_empty()).then_some(Self { wanted, patterns })
    }

    /// The fields of a collection in which somebody else may be named.
    pub(crate) fn fields(c: &Collection) -> impl Iterator<Item = &Field> {
        c.field.iter().filter(|f| f.mentions)
    }

    /// Why this value is about the person; always for a person to decide.
    pub(crate) fn why(&self, field: &str, value: &str) -> Option<Because> {
        let why = self.wanted.text(field, value).into_iter().next()?;
        let how = format!("{}, in a row about somebody else", why.how);
        Some(Because { how, strength: Strength::Weak, ..why })
    }
}

/// The LIKE pattern of what holds the last word of a name.
pub(crate) fn last_word(name: &str) -> Option<String> {
    name.split_whitespace().next_back().map(|word| format!("%{}%", pattern(word)))
}

/// A word as the part of a LIKE pattern, in lower case.
fn pattern(word: &str) -> String {
    let any = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    word.chars().map(any).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Identifier;

    #[test]
    fn others_name_somebody_by_their_whole_name_or_address() {
        let normal = "zoe@example.org".to_owned();
        let email =
            Identifier { kind: Kind::Email, as_given: normal.clone(), normal, learned_from: None };
        let names = vec!["Zoë O’Ångström".to_owned(), "Zoë".to_owned()];
        let seek = Seek { identifiers: vec![email], names, ..Seek::default() };
        let mention = Mention::of(&seek).unwrap();
        assert_eq!(mention.patterns, ["%o__ngstr_m%", "%zoe_example_org%"]);
        let why = mention.why("note", "Spoke to ZOE O'ANGSTROM about it").unwrap();
        assert_eq!(why.strength, Strength::Weak);
        assert_eq!(why.how, "name alone, in a row about somebody else");
        let why = mention.why("note", "write to Zoe@Example.org").unwrap();
        assert_eq!((why.kind, why.strength), (Kind::Email, Strength::Weak));
        assert!(mention.why("note", "Zoe rang about the Angstrom unit").is_none());
        assert!(Mention::of(&Seek { names: vec!["Zoe".into()], ..Seek::default() }).is_none());
    }
}
