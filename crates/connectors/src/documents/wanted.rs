//! Whether a running text is about the person sought.
//!
//! Identifiers are found by their grammar and, since they are known, in any spacing; the shared
//! judge weighs each. A name alone is always weak.

use candour_screening::{Hit, fold, member_number_loose, normalise, recognise};
use regex::Regex;

use crate::judge::{Cell, Judge, is_strong, label};
use crate::words::NamePart;
use crate::{Because, Identifier, Kind, Seek, Strength};

/// What may stand between two characters of one number.
const GAP: &str = r"[\s.\-/()\u{a0}\u{2010}-\u{2015}]{0,3}";
/// A bare number of fewer digits is too common to be strong without a word before it.
const SHORT: usize = 6;

/// The person sought, made ready for many texts.
pub(crate) struct Wanted {
    judge: Judge,
    kinds: Vec<Kind>,
    numbers: Vec<(Kind, Regex)>,
    names: Vec<Name>,
    /// Any word of any name, to pass by texts that have none.
    any_name: Option<Regex>,
    postcodes: Vec<String>,
    born: Option<Regex>,
}

/// One name, in the orders in which it may stand.
struct Name {
    /// Folded, with a space at each end.
    orders: Vec<String>,
    how: &'static str,
}

impl Wanted {
    pub(crate) fn new(seek: &Seek) -> Self {
        let strong = || seek.identifiers.iter().filter(|i| is_strong(i.kind));
        let names: Vec<String> =
            seek.names.iter().map(|n| fold(n)).filter(|n| n.contains(' ')).collect();
        Self {
            judge: Judge::new(seek),
            kinds: strong().map(|i| i.kind).collect(),
            numbers: strong().filter_map(|i| Some((i.kind, number(i)?))).collect(),
            any_name: any_word(&names),
            names: names.iter().flat_map(|n| orders(n)).collect(),
            postcodes: seek.postcodes.iter().filter_map(|p| normal_postcode(p)).collect(),
            born: seek.born.as_deref().and_then(birthday),
        }
    }

    /// Why a text is about the person, strongest first; `part` names the place in each reason.
    pub(crate) fn text(&self, part: &str, text: &str) -> Vec<Because> {
        let mut because = Vec::new();
        let hits = recognise(text);
        for hit in hits.iter().filter(|h| self.kinds.contains(&h.kind)) {
            self.weigh(part, hit.kind, &text[hit.start..hit.end], false, &mut because);
        }
        for (kind, regex) in &self.numbers {
            for found in regex.find_iter(text).filter(|f| alone(text, f.start(), f.end())) {
                let bare = *kind == Kind::MemberNumber && bare(text, found.start(), found.as_str());
                self.weigh(part, *kind, found.as_str(), bare, &mut because);
            }
        }
        self.names(part, text, &hits, &mut because);
        because.sort_by_key(|b| std::cmp::Reverse(b.strength));
        because
    }

    /// As [`Self::text`], of the name of a file: without its ending, and with the signs that stand
    /// for spaces.
    pub(crate) fn name(&self, part: &str, name: &str) -> Vec<Because> {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let mut because = self.text(part, stem);
        let spaced = stem.replace(['_', '-', '.', '/'], " ");
        for reason in self.text(part, &spaced) {
            if !because.iter().any(|b| b.kind == reason.kind) {
                because.push(reason);
            }
        }
        because
    }

    /// Why a header that holds addresses is about the person: the address itself, whatever name
    /// it was given.
    pub(crate) fn address(&self, part: &str, address: &str) -> Vec<Because> {
        let mut because = Vec::new();
        if self.kinds.contains(&Kind::Email) {
            self.weigh(part, Kind::Email, address, false, &mut because);
        }
        because
    }

    /// Let the judge weigh one found writing; of several of a kind the strongest stays.
    fn weigh(&self, part: &str, kind: Kind, value: &str, bare: bool, into: &mut Vec<Because>) {
        let part_of = NamePart::Full;
        let cell = Cell { field: part, kind, part: part_of, others: false, value };
        for mut reason in self.judge.row(&[cell]) {
            if bare {
                reason.strength = Strength::Weak;
                reason.how = format!("{}, a short number in running text", label(kind));
            }
            match into.iter_mut().find(|b| b.kind == kind && b.field == part) {
                Some(known) if known.strength >= reason.strength => {}
                Some(known) => *known = reason,
                None => into.push(reason),
            }
        }
    }

    /// Whether a name stands in the text, and what stands with it.
    fn names(&self, part: &str, text: &str, hits: &[Hit], into: &mut Vec<Because>) {
        let Some(any) = &self.any_name else { return };
        if text.is_ascii() && !any.is_match(text) {
            return;
        }
        let folded = format!(" {} ", fold(text));
        let Some(name) = self.names.iter().find(|n| n.orders.iter().any(|o| folded.contains(o)))
        else {
            return;
        };
        let mut add = |how: String| {
            into.push(Because {
                kind: Kind::Name,
                field: part.to_owned(),
                how,
                strength: Strength::Weak,
            });
        };
        let postcode = |h: &Hit| h.kind == Kind::Postcode && self.postcodes.contains(&h.normal);
        if hits.iter().any(postcode) {
            add(format!("{} and {}", name.how, label(Kind::Postcode)));
        }
        if self.born.as_ref().is_some_and(|b| b.is_match(text)) {
            add(format!("{} and {}", name.how, label(Kind::Born)));
        }
        add(format!("{} alone", name.how));
    }
}

fn normal_postcode(raw: &str) -> Option<String> {
    normalise(Kind::Postcode, raw).ok()
}

/// The known number in any spacing. E-mail addresses are left to their grammar.
fn number(wanted: &Identifier) -> Option<Regex> {
    let normal = wanted.normal.as_str();
    let spaced = |text: &str| -> String {
        let pieces = text.chars().filter(|c| c.is_alphanumeric());
        pieces.map(|c| regex::escape(&c.to_string())).collect::<Vec<_>>().join(GAP)
    };
    let pattern = match wanted.kind {
        Kind::Email => return None,
        Kind::Phone => match normal.strip_prefix("+44") {
            Some(rest) => {
                let zero = format!(r"(?:\(?0\)?{GAP})?");
                let abroad = format!(r"(?:(?:\+|00){GAP})?4{GAP}4{GAP}{zero}");
                format!("(?:{abroad}|0{GAP})?{}", spaced(rest))
            }
            None => format!(r"(?:\+|00){GAP}{}", spaced(normal)),
        },
        Kind::MemberNumber => {
            let loose = member_number_loose(normal);
            let letters = loose.find(|c: char| c.is_ascii_digit()).unwrap_or(loose.len());
            let (head, digits) = loose.split_at(letters);
            let (head, digits) = (spaced(head), spaced(digits));
            let middle = if digits.is_empty() { String::new() } else { format!("{GAP}0*{GAP}") };
            let middle = if head.is_empty() { "0*".to_owned() } else { middle };
            format!("{head}{middle}{digits}")
        }
        _ => spaced(normal),
    };
    Regex::new(&format!("(?i){pattern}")).ok()
}

/// Whether nothing runs on at either side, so that the match is a word of its own.
fn alone(text: &str, start: usize, end: usize) -> bool {
    let runs_on = |c: char| c.is_alphanumeric() || c == '_' || c == '@';
    let before = text[..start].chars().next_back();
    let after = text[end..].chars().next();
    !before.is_some_and(|c| runs_on(c) || c == '+') && !after.is_some_and(runs_on)
}

/// Whether a match is a short number that nothing announces as a member's.
fn bare(text: &str, start: usize, found: &str) -> bool {
    let digits = found.chars().filter(char::is_ascii_digit).count();
    if digits >= SHORT || found.chars().any(char::is_alphabetic) {
        return false;
    }
    const TELLING: [&str; 12] = [
        "member",
        "customer",
        "client",
        "staff",
        "employee",
        "supporter",
        "donor",
        "student",
        "patient",
        "payroll",
        "number",
        "no.",
    ];
    let from = (start.saturating_sub(28)..=start).find(|at| text.is_char_boundary(*at));
    let line = text[from.unwrap_or(start)..start].rsplit('\n').next().unwrap_or("");
    let line = line.to_lowercase();
    !TELLING.iter().any(|word| line.contains(word))
}

/// The ways in which the words of a name stand side by side.
fn orders(folded: &str) -> Vec<Name> {
    let words: Vec<&str> = folded.split(' ').collect();
    let Some((last, first)) = words.split_last() else { return Vec::new() };
    let whole = vec![format!(" {folded} "), format!(" {last} {} ", first.join(" "))];
    let mut names = vec![Name { orders: whole, how: "name" }];
    if first.len() > 1 {
        let short = vec![format!(" {} {last} ", first[0]), format!(" {last} {} ", first[0])];
        names.push(Name { orders: short, how: "part of the name" });
    } else {
        let between = |initial: char| format!(" {} {initial} {last} ", first.join(" "));
        let initials = ('a'..='z').map(between).collect();
        names.push(Name { orders: initials, how: "name with an initial" });
    }
    names
}

/// Any last word of the names, in plain letters; apostrophes may stand inside.
fn any_word(names: &[String]) -> Option<Regex> {
    let words: Vec<String> = names
        .iter()
        .filter_map(|n| n.rsplit(' ').next())
        .map(|w| {
            let letters: Vec<String> = w.chars().map(|c| regex::escape(&c.to_string())).collect();
            letters.join("['`]?")
        })
        .collect();
    if words.is_empty() {
        return None;
    }
    Regex::new(&format!("(?i)(?:{})", words.join("|"))).ok()
}

/// The usual writings of a day, day before month.
fn birthday(iso: &str) -> Option<Regex> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let normal = normalise(Kind::Born, iso).ok()?;
    let mut parts = normal.split('-').map(|p| p.parse::<usize>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let name = MONTHS.get(month.checked_sub(1)?)?;
    let iso = format!("{year}-{month:02}-{day:02}");
    let figures = format!(r"0?{day}[./\- ]0?{month}[./\- ]{year}");
    let words = format!(r"0?{day}(?:st|nd|rd|th)?(?: of)?[ \-]{name}[a-z]*\.?,?[ \-]{year}");
    Regex::new(&format!(r"(?i)\b(?:{iso}|{figures}|{words})\b")).ok()
}

#[cfg(test)]
#[path = "wanted_tests.rs"]
mod tests;
