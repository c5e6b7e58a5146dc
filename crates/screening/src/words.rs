//! Word lists: forenames, short forms of forenames, titles, and capitalised words that name nobody.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

/// Titles dropped wherever they stand, in lower case.
pub(crate) const TITLES: &[&str] = &[
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "dr",
    "prof",
    "professor",
    "rev",
    "revd",
    "reverend",
    "messrs",
    "mister",
    "doctor",
];

/// Titles dropped only before a name: alone they are surnames too.
pub(crate) const LEADING_TITLES: &[&str] = &[
    "sir",
    "dame",
    "lord",
    "lady",
    "cllr",
    "councillor",
    "capt",
    "captain",
    "major",
    "maj",
    "col",
    "colonel",
    "sgt",
    "sister",
    "father",
    "fr",
    "hon",
    "imam",
    "rabbi",
    "baroness",
    "pc",
];

/// Letters after a name.
pub(crate) const SUFFIXES: &[&str] =
    &["esq", "obe", "mbe", "cbe", "kbe", "dbe", "phd", "bsc", "msc", "jp", "mp", "msp", "qc", "kc"];

/// Whether a title says a woman, a man, or neither.
pub(crate) fn title_gender(title: &str) -> Option<char> {
    match title {
        "mr" | "mister" | "sir" | "lord" => Some('m'),
        "mrs" | "ms" | "miss" | "dame" | "lady" | "baroness" => Some('f'),
        _ => None,
    }
}

/// How a word of a text stands to forenames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forename {
    /// A forename and nothing else.
    Plain,
    /// A forename and an English word too.
    AlsoWord,
}

/// Multiplies eight bytes at a time: every word of every text is looked up, and the lists are our
/// own, so nobody can choose words that collide.
#[derive(Clone, Copy, Default)]
pub(crate) struct Quick;

/// The state of a [`Quick`] hash.
pub(crate) struct Eights(u64);

impl BuildHasher for Quick {
    type Hasher = Eights;

    fn build_hasher(&self) -> Eights {
        Eights(0)
    }
}

impl Hasher for Eights {
    fn write(&mut self, bytes: &[u8]) {
        for eight in bytes.chunks(8) {
            let number = eight.iter().fold(0, |all, b| all << 8 | u64::from(*b));
            // The table takes its place from both ends of the hash.
            let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            self.0 = mixed ^ mixed >> 32;
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The words of a list, without its remarks.
fn list(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

static FORENAMES: LazyLock<HashMap<&'static str, Forename, Quick>> = LazyLock::new(|| {
    list(include_str!("../data/forenames.txt"))
        .map(|word| match word.strip_suffix('*') {
            Some(name) => (name, Forename::AlsoWord),
            None => (word, Forename::Plain),
        })
        .collect()
});

/// Every forename of the list, folded.
pub(crate) fn forenames() -> impl Iterator<Item = &'static str> {
    FORENAMES.keys().copied()
}

/// Looks a folded word up among forenames.
pub(crate) fn forename(folded: &str) -> Option<Forename> {
    FORENAMES.get(folded).copied()
}

/// Which lines of the short forms a name stands on: forenames that are one name.
static SHORT: LazyLock<HashMap<&'static str, Vec<usize>>> = LazyLock::new(|| {
    let mut lines: HashMap<&str, Vec<usize>> = HashMap::new();
    let file = include_str!("../data/short_forms.txt");
    for (line, names) in file.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        for name in names.split_whitespace() {
            lines.entry(name).or_default().push(line);
        }
    }
    lines
});

/// True for two writings of one forename: Bill and William, Kathryn and Catherine.
pub(crate) fn short_form(a: &str, b: &str) -> bool {
    match (SHORT.get(a), SHORT.get(b)) {
        (Some(a), Some(b)) => a.iter().any(|line| b.contains(line)),
        _ => false,
    }
}

/// Names that look alike and are two names; typing mistakes do not account for them.
const APART: &[(&str, &str)] = &[
    ("alexander", "alexandra"),
    ("andrea", "andrew"),
    ("andrea", "andreas"),
    ("christian", "christina"),
    ("christian", "christine"),
    ("christiana", "christian"),
    ("frances", "francis"),
    ("francesca", "francesco"),
    ("gabriel", "gabrielle"),
    ("joan", "jean"),
    ("louis", "louise"),
    ("mario", "maria"),
    ("marian", "marion"),
    ("nicholas", "nicola"),
    ("patricia", "patrick"),
    ("roberto", "roberta"),
    ("stefania", "stefan"),
    ("carol", "carl"),
    ("karen", "karin"),
    ("marlene", "darlene"),
    ("daniella", "danielle"),
    ("georgia", "georgina"),
    ("julian", "juliana"),
    ("adrian", "adriana"),
    ("jasmin", "jason"),
    ("harris", "harrison"),
    ("harriet", "harriett"),
    ("rosanna", "rosanne"),
    ("shane", "shannon"),
    ("sean", "seana"),
    ("marcel", "marcela"),
];

/// Endings that turn one forename into another: Paul and Paula, Joseph and Josephine.
const ENDINGS: &[&str] = &[
    "a", "ia", "ina", "ine", "ette", "elle", "lle", "le", "la", "na", "ne", "ie", "e", "o", "en",
    "y",
];

/// True for two forenames that differ only by an ending and are names in use.
pub(crate) fn apart(a: &str, b: &str) -> bool {
    if APART.iter().any(|(x, y)| (*x == a && *y == b) || (*x == b && *y == a)) {
        return true;
    }
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let either = forename(short).is_some() || forename(long).is_some();
    either && long.strip_prefix(short).is_some_and(|end| ENDINGS.contains(&end))
}

static COMMON_SET: LazyLock<HashSet<&str, Quick>> =
    LazyLock::new(|| list(include_str!("../data/common.txt")).collect());
static ROLE_SET: LazyLock<HashSet<&str, Quick>> =
    LazyLock::new(|| list(include_str!("../data/roles.txt")).collect());
static BODY_SET: LazyLock<HashSet<&str, Quick>> =
    LazyLock::new(|| list(include_str!("../data/bodies.txt")).collect());

/// What a capitalised word says about the words beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// Begins sentences, or names a day, a month, a country: a wall between names.
    Common,
    /// A role: a wall, and a name may follow.
    Role,
    /// Ends the name of a body or a place.
    Body,
    /// Nothing known: may be part of a name.
    Open,
}

/// Looks a folded word up in the lists.
pub(crate) fn word(folded: &str) -> Word {
    if BODY_SET.contains(folded) {
        Word::Body
    } else if ROLE_SET.contains(folded) {
        Word::Role
    } else if COMMON_SET.contains(folded) {
        Word::Common
    } else {
        Word::Open
    }
}

/// All that the lists say of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    pub forename: Option<Forename>,
    pub word: Word,
    /// One of [`TITLES`].
    pub title: bool,
    /// One of [`LEADING_TITLES`].
    pub leading: bool,
}

/// Of a word that no list has.
const UNKNOWN: Known = Known { forename: None, word: Word::Open, title: false, leading: false };

/// The lists in one, so that a word is looked up once.
static KNOWN: LazyLock<HashMap<&'static str, Known, Quick>> = LazyLock::new(|| {
    let listed = FORENAMES.keys().chain(COMMON_SET.iter()).chain(ROLE_SET.iter());
    let listed = listed.chain(BODY_SET.iter()).chain(TITLES).chain(LEADING_TITLES);
    listed
        .map(|text| {
            let known = Known {
                forename: forename(text),
                word: word(text),
                title: TITLES.contains(text),
                leading: LEADING_TITLES.contains(text),
            };
            (*text, known)
        })
        .collect()
});

/// Looks a folded word up in all lists.
pub(crate) fn known(folded: &str) -> Known {
    KNOWN.get(folded).copied().unwrap_or(UNKNOWN)
}
