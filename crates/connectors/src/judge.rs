//! Whether a row is about the person sought, and why. Pure; shared by databases and files.
//!
//! A strong identifier in its normal form decides, unless the row carries another name: a
//! household shares a telephone, a couple an e-mail address, and a match to the wrong person is a
//! breach. Whatever is less is weak, and a person looks. A name alone matches a row only where
//! nothing better can be asked, and then it is weak too.

use candour_screening::{
    NameFit, bank_account_uk, fit, fold, member_number_loose, normalise, weak_email,
};

use crate::map::{Collection, Field};
use crate::words::NamePart;
use crate::{Because, Kind, Seek, Strength};

/// One value of a row, with what the data map says of its field.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// Name of the field.
    pub field: &'a str,
    /// The identifier it holds.
    pub kind: Kind,
    /// Which part of a name, if it is a name.
    pub part: NamePart,
    /// May be about somebody else than the row.
    pub others: bool,
    /// The value as stored.
    pub value: &'a str,
}

/// Whether an identifier of this kind can point at one person on its own.
#[must_use]
pub fn is_strong(kind: Kind) -> bool {
    match kind {
        Kind::Email
        | Kind::Phone
        | Kind::MemberNumber
        | Kind::NationalInsurance
        | Kind::NhsNumber
        | Kind::BankAccount
        | Kind::Card => true,
        Kind::Name | Kind::Postcode | Kind::Address | Kind::Born => false,
    }
}

/// What people call an identifier of this kind.
#[must_use]
pub fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "e-mail",
        Kind::Phone => "telephone",
        Kind::MemberNumber => "member number",
        Kind::Name => "name",
        Kind::Postcode => "postcode",
        Kind::Address => "address",
        Kind::Born => "date of birth",
        Kind::NationalInsurance => "National Insurance number",
        Kind::NhsNumber => "NHS number",
        Kind::BankAccount => "bank account",
        Kind::Card => "card",
    }
}

/// The normal forms in a stored value, each with the writing it comes from. A field may hold
/// several addresses or telephones, one after the other.
#[must_use]
pub fn normals(kind: Kind, value: &str) -> Vec<(String, String)> {
    let value = value.trim();
    if value.is_empty() {
        return Vec::new();
    }
    if let Ok(normal) = normalise(kind, value) {
        return vec![(normal, value.to_owned())];
    }
    let between: &[char] = match kind {
        Kind::Email => &[';', ',', '/', '|', '\n', '<', '>', ' '],
        Kind::Phone => &[';', ',', '/', '|', '\n'],
        _ => return Vec::new(),
    };
    let piece = |p: &str| normalise(kind, p).ok().map(|normal| (normal, p.trim().to_owned()));
    value.split(between).filter_map(piece).collect()
}

/// The person sought, made ready for many rows.
#[derive(Debug, Clone)]
pub struct Judge {
    wants: Vec<Want>,
    names: Vec<String>,
    postcodes: Vec<String>,
    born: Option<String>,
}

#[derive(Debug, Clone)]
struct Want {
    kind: Kind,
    normal: String,
    as_given: String,
    /// The weaker key: without tag, without leading zeros.
    weak: Option<String>,
    learned: Option<String>,
}

/// How a row's names stand to the names sought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    /// The row or the request has no name.
    Unknown,
    Same,
    Close,
    Initial,
    Different,
}

impl Judge {
    /// Make a person sought ready. Identifiers of kinds that are not strong are left aside: names,
    /// postcodes and date of birth have their own places in [`Seek`].
    #[must_use]
    pub fn new(seek: &Seek) -> Self {
        let wants = seek.identifiers.iter().filter(|i| is_strong(i.kind)).map(|i| Want {
            kind: i.kind,
            normal: i.normal.clone(),
            as_given: i.as_given.trim().to_owned(),
            weak: weaker(i.kind, &i.normal),
            learned: i.learned_from.clone(),
        });
        let postcodes = seek.postcodes.iter().filter_map(|p| normalise(Kind::Postcode, p).ok());
        Self {
            wants: wants.collect(),
            names: seek.names.iter().map(|n| fold(n)).filter(|n| !n.is_empty()).collect(),
            postcodes: postcodes.collect(),
            born: seek.born.as_deref().and_then(|b| normalise(Kind::Born, b).ok()),
        }
    }

    /// Why the row is about the person sought, strongest first; empty if it is not.
    #[must_use]
    pub fn row(&self, cells: &[Cell<'_>]) -> Vec<Because> {
        let names = self.names(cells);
        let mut because: Vec<Because> = Vec::new();
        for cell in cells.iter().filter(|c| is_strong(c.kind)) {
            because.extend(self.identifier(cell, names));
        }
        if matches!(names, Names::Same | Names::Close | Names::Initial) {
            because.extend(self.name_and(cells, names));
        }
        because.sort_by_key(|b| std::cmp::Reverse(b.strength));
        because.dedup();
        because
    }

    /// Whether the rows of a collection can be told only by their names: it has no other identifier
    /// of those sought.
    pub(crate) fn by_name_alone(&self, c: &Collection) -> bool {
        let asked = |f: &Field| match f.identifier {
            Some(Kind::Postcode | Kind::Address) => !self.postcodes.is_empty(),
            Some(Kind::Born) => self.born.is_some(),
            Some(kind) => self.wants.iter().any(|w| w.kind == kind),
            None => false,
        };
        !self.names.is_empty() && !c.field.iter().any(asked)
    }

    /// Why a row that can be told only by its names is about the person sought.
    pub(crate) fn name_alone(&self, cells: &[Cell<'_>]) -> Option<Because> {
        let name = cells.iter().find(|c| c.kind == Kind::Name && !c.others)?;
        (self.names(cells) == Names::Same).then(|| Because {
            kind: Kind::Name,
            field: name.field.to_owned(),
            how: "name alone".to_owned(),
            strength: Strength::Weak,
        })
    }

    /// Any postcode sought, to stand for one found elsewhere.
    #[must_use]
    pub(crate) fn a_postcode(&self) -> Option<&str> {
        self.postcodes.first().map(String::as_str)
    }

    /// The best reason that one field gives.
    fn identifier(&self, cell: &Cell<'_>, names: Names) -> Option<Because> {
        if !self.wants.iter().any(|w| w.kind == cell.kind) {
            return None;
        }
        let mut best: Option<Because> = None;
        for (normal, written) in normals(cell.kind, cell.value) {
            for want in self.wants.iter().filter(|w| w.kind == cell.kind) {
                let Some((how, strength)) = compare(want, &normal, &written) else { continue };
                let because = self.weigh(cell, names, want, how, strength);
                if best.as_ref().is_none_or(|b| because.strength > b.strength) {
                    best = Some(because);
                }
            }
        }
        best
    }

    /// Take off what the row itself says against the match.
    fn weigh(
        &self,
        cell: &Cell<'_>,
        names: Names,
        want: &Want,
        how: &str,
        strength: Strength,
    ) -> Because {
        let label = label(cell.kind);
        let (how, strength) = if cell.others {
            let how = format!("{label}, in a field that may be about somebody else");
            (how, Strength::Weak)
        } else if names == Names::Different {
            (format!("same {label}, other name"), Strength::Weak)
        } else {
            (format!("{label}, {how}"), strength)
        };
        let how = match &want.learned {
            Some(from) => format!("{how} (learned from {from})"),
            None => how,
        };
        Because { kind: cell.kind, field: cell.field.to_owned(), how, strength }
    }

    /// The best fit of any name of the row to any name sought.
    fn names(&self, cells: &[Cell<'_>]) -> Names {
        if self.names.is_empty() {
            return Names::Unknown;
        }
        let mut best = Names::Unknown;
        for name in row_names(cells) {
            for sought in &self.names {
                let now = match fit(sought, &name) {
                    NameFit::Same => return Names::Same,
                    NameFit::Close => Names::Close,
                    NameFit::Initial => Names::Initial,
                    NameFit::Different => Names::Different,
                };
                let rank = |n| match n {
                    Names::Unknown => 0,
                    Names::Different => 1,
                    Names::Initial => 2,
                    Names::Close => 3,
                    Names::Same => 4,
                };
                if rank(now) > rank(best) {
                    best = now;
                }
            }
        }
        best
    }

    /// Name together with postcode or date of birth.
    fn name_and(&self, cells: &[Cell<'_>], names: Names) -> Vec<Because> {
        let name = match names {
            Names::Same => "name",
            Names::Initial => "part of the name",
            _ => "similar name",
        };
        let mut out: Vec<Because> = Vec::new();
        for cell in cells.iter().filter(|c| !c.others) {
            let fits = match cell.kind {
                Kind::Postcode => {
                    normalise(Kind::Postcode, cell.value).is_ok_and(|p| self.postcodes.contains(&p))
                }
                Kind::Address => {
                    let address = packed(cell.value);
                    self.postcodes.iter().any(|p| address.contains(&packed(p)))
                }
                Kind::Born => {
                    self.born.is_some() && normalise(Kind::Born, cell.value).ok() == self.born
                }
                _ => false,
            };
            if fits {
                let what = if cell.kind == Kind::Address { Kind::Postcode } else { cell.kind };
                out.push(Because {
                    kind: Kind::Name,
                    field: cell.field.to_owned(),
                    how: format!("{name} and {}", label(what)),
                    strength: Strength::Weak,
                });
            }
        }
        out
    }
}

/// How a stored identifier compares with a wanted one.
fn compare(want: &Want, normal: &str, written: &str) -> Option<(&'static str, Strength)> {
    let same = want.normal == normal
        || (want.kind == Kind::BankAccount
            && (bank_account_uk(normal).as_deref() == Some(&*want.normal)
                || bank_account_uk(&want.normal).as_deref() == Some(normal)));
    if same {
        let how = if written == want.as_given {
            "as written"
        } else if written.to_lowercase() == want.as_given.to_lowercase() {
            "in other letter case"
        } else {
            "written another way"
        };
        return Some((how, Strength::Strong));
    }
    let weak = want.weak.as_ref()?;
    (weaker(want.kind, normal).as_ref() == Some(weak)).then_some(match want.kind {
        Kind::Email => ("but for a tag or dots", Strength::Weak),
        _ => ("but for leading zeros", Strength::Weak),
    })
}

/// The key on which two identifiers may be one, where the kind has such a key.
fn weaker(kind: Kind, normal: &str) -> Option<String> {
    match kind {
        Kind::Email => weak_email(normal),
        Kind::MemberNumber => Some(member_number_loose(normal)),
        _ => None,
    }
}

/// Whole names that a row gives of the person it is about, folded.
fn row_names(cells: &[Cell<'_>]) -> Vec<String> {
    let own = || cells.iter().filter(|c| c.kind == Kind::Name && !c.others);
    let part = |part| {
        let of = own().filter(move |c| c.part == part).map(|c| c.value.trim());
        of.filter(|v| !v.is_empty()).collect::<Vec<_>>().join(" ")
    };
    let (given, middle) = (part(NamePart::Given), part(NamePart::Middle));
    let (family, former) = (part(NamePart::Family), part(NamePart::Former));
    let mut names: Vec<String> =
        own().filter(|c| c.part == NamePart::Full).map(|c| fold(c.value)).collect();
    names.push(fold(&format!("{given} {middle} {family}")));
    if !former.is_empty() {
        names.push(fold(&format!("{given} {middle} {former}")));
        names.push(fold(&former));
    }
    names.retain(|n| !n.is_empty());
    names
}

/// Capitals without spaces and signs, to find a postcode inside an address.
fn packed(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
