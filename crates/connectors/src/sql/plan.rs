//! From a data map and a person sought to the statement that a collection is asked.
//!
//! A condition lets through whatever [`crate::judge`] could accept, and as little else as SQL can
//! tell; the judge decides. Where the census says that a field's values are in normal form, the
//! field's own index answers; otherwise the values are folded on the way and every row is read.

use candour_screening::{member_number_loose, normalise, weak_email};
use jiff::SignedDuration;

use super::dialect::{Compare, Statement, Writer, folded, like, squeezed};
use super::forms;
use crate::found::NOT_ASKED;
use crate::map::{Collection, Field, Stored};
use crate::mention;
use crate::schema::{LiveCollection, LiveField};
use crate::words::{self, NamePart};
use crate::{Kind, Limits, Seek, judge};

/// Most rows elsewhere that may bear the postcodes sought.
pub(crate) const MOST_BY_POSTCODE: usize = 5_000;
/// How long a census may be trusted.
const CENSUS_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// What one collection of persons is asked.
pub(crate) struct Plan {
    /// `None` if the collection has no field to ask by.
    pub statement: Option<Statement>,
    /// How, in plain words, for the search record.
    pub by: Vec<String>,
}

/// Rows of this collection that hang on a postcode found elsewhere: the fields, and their values.
pub(crate) struct ByPostcode {
    pub fields: Vec<String>,
    pub tuples: Vec<Vec<String>>,
    pub from: String,
    /// An index there told them.
    pub by_index: bool,
}

/// One way in: a condition and what it is called.
struct Way {
    sql: String,
    by: String,
}

/// Write the statement that finds candidates in a collection of persons.
pub(crate) fn persons(
    w: Writer<'_>,
    c: &Collection,
    live: &LiveCollection,
    seek: &Seek,
    elsewhere: &[ByPostcode],
    limits: &Limits,
    alone: bool,
) -> Plan {
    let mut planner = Planner { w, live, limits, ways: Vec::new(), left_out: false };
    let columns = columns(planner.w.d, live);
    for field in &c.field {
        if let Some((kind, column)) = field.identifier.zip(live.field(&field.name)) {
            planner.field(field, kind, column, seek);
        }
    }
    if !seek.names.is_empty() && c.fields_of(Kind::Name).any(|f| !f.others) {
        planner.names(c, seek);
        for hang in elsewhere {
            planner.elsewhere(hang);
        }
    }
    if alone && planner.ways.is_empty() {
        planner.name_alone(c, seek);
    }
    planner.done(&columns, &c.name)
}

/// Write the statement that finds rows in which one of these fields names the person.
pub(crate) fn mentions(
    mut w: Writer<'_>,
    live: &LiveCollection,
    fields: &[&LiveField],
    patterns: &[String],
) -> Statement {
    let d = w.d;
    let ways: Vec<String> = fields
        .iter()
        .map(|field| {
            let lower = format!("lower({})", d.text(&d.quote(&field.name), field));
            d.like_any(&mut w, &lower, patterns)
        })
        .collect();
    let (columns, table) = (columns(d, live), d.table(&live.name));
    w.done(format!("SELECT {columns} FROM {table} WHERE {}", ways.join(" OR ")))
}

/// Write the statement that fetches the rows of `live` whose fields have one of the tuples.
pub(crate) fn linked(
    mut w: Writer<'_>,
    live: &LiveCollection,
    on: &[(String, Compare)],
    tuples: &[Vec<String>],
) -> Statement {
    let d = w.d;
    let on: Vec<(String, Compare)> =
        on.iter().map(|(field, compare)| (d.quote(field), compare.clone())).collect();
    let columns = columns(d, live);
    let where_ = d.tuples(&mut w, &on, tuples);
    let sql = format!("SELECT {columns} FROM {} WHERE {where_}", d.table(&live.name));
    w.done(sql)
}

/// Write the statement that tells which rows of `live` bear one of the postcodes, by the fields
/// that link them to persons. `None` if no field bears a postcode.
pub(crate) fn postcodes(
    mut w: Writer<'_>,
    c: &Collection,
    live: &LiveCollection,
    link: &[String],
    seek: &Seek,
    limits: &Limits,
) -> Option<(Statement, bool)> {
    let d = w.d;
    let (mut ways, mut by_index) = (Vec::new(), true);
    for field in c.field.iter().filter(|f| !f.others) {
        let Some(column) = live.field(&field.name) else { continue };
        if let Some((way, known)) = postcode(&mut w, field, column, seek, limits) {
            by_index &= known && live.indexed(&column.name);
            ways.push(way);
        }
    }
    if ways.is_empty() {
        return None;
    }
    let read = |f: &String| live.field(f).map(|f| d.read(f));
    let columns: Vec<String> = link.iter().filter_map(read).collect();
    let sql = format!(
        "SELECT DISTINCT {} FROM {} WHERE {} LIMIT {}",
        columns.join(", "),
        d.table(&live.name),
        ways.join(" OR "),
        MOST_BY_POSTCODE + 1
    );
    Some((w.done(sql), by_index))
}

/// Every column of a table, as text.
pub(crate) fn columns(d: &dyn super::dialect::Dialect, live: &LiveCollection) -> String {
    let read: Vec<String> = live.fields.iter().map(|f| d.read(f)).collect();
    read.join(", ")
}

/// What a census that is young enough says of a field.
fn trusted(field: &Field, limits: &Limits) -> Option<Stored> {
    let age = limits.now.duration_since(field.census?);
    let young = !age.is_negative() && age < CENSUS_LASTS;
    field.as_stored.filter(|s| young && *s != Stored::Mixed)
}

/// The condition that a field bears one of the postcodes sought, and whether an index can
/// answer it.
fn postcode(
    w: &mut Writer<'_>,
    field: &Field,
    column: &LiveField,
    seek: &Seek,
    limits: &Limits,
) -> Option<(String, bool)> {
    let codes: Vec<String> = seek.postcodes.iter().map(|p| squeezed(p)).collect();
    let kind = field.identifier;
    if codes.is_empty() || !matches!(kind, Some(Kind::Postcode | Kind::Address)) {
        return None;
    }
    let name = w.d.quote(&column.name);
    let text = w.d.text(&name, column);
    if kind == Some(Kind::Address) {
        let any: Vec<String> = codes
            .iter()
            .map(|code| w.like(&w.squeeze(&text), format!("%{}%", like(code))))
            .collect();
        return Some((format!("({})", any.join(" OR ")), false));
    }
    // A typist's letters O and I for the digits: the judge's normal form knows them too.
    let mut codes = codes;
    for code in codes.clone() {
        let (head, tail) = code.split_at(code.len().saturating_sub(3));
        codes.push(format!("{head}{}", tail.replacen('0', "o", 1)));
        codes.push(format!("{head}{}", tail.replacen('1', "i", 1)));
    }
    codes.sort();
    codes.dedup();
    if trusted(field, limits).is_some() && Compare::given(column) == Compare::Text {
        return Some((w.one_of(&name, &forms::postcodes(&codes)), true));
    }
    let expr = w.squeeze(&text);
    Some((w.one_of(&expr, &codes), false))
}

struct Planner<'a> {
    w: Writer<'a>,
    live: &'a LiveCollection,
    limits: &'a Limits,
    ways: Vec<Way>,
    /// Whether a weak way was left out because it would read every row.
    left_out: bool,
}

impl Planner<'_> {
    fn done(self, columns: &str, table: &str) -> Plan {
        let mut by: Vec<String> = Vec::new();
        for way in &self.ways {
            if !by.contains(&way.by) {
                by.push(way.by.clone());
            }
        }
        if self.left_out {
            by.push("not by likeness, which would read every row".to_owned());
        }
        if by.is_empty() {
            by.push(NOT_ASKED.to_owned());
        }
        if self.ways.is_empty() {
            return Plan { statement: None, by };
        }
        let ways: Vec<&str> = self.ways.iter().map(|way| way.sql.as_str()).collect();
        let table = self.w.d.table(table);
        let sql = format!("SELECT {columns} FROM {table} WHERE {}", ways.join(" OR "));
        Plan { statement: Some(self.w.done(sql)), by }
    }

    fn way(&mut self, sql: String, what: &str, how: &str) {
        self.ways.push(Way { sql, by: format!("{what}, {how}") });
    }

    /// The ways in by one strong identifier field.
    fn field(&mut self, field: &Field, kind: Kind, column: &LiveField, seek: &Seek) {
        let wanted: Vec<_> = seek.identifiers.iter().filter(|i| i.kind == kind).collect();
        if wanted.is_empty() || !judge::is_strong(kind) {
            return;
        }
        let normals: Vec<String> = wanted.iter().map(|i| i.normal.clone()).collect();
        let given: Vec<String> = wanted.iter().map(|i| i.as_given.clone()).collect();
        let trusted = trusted(field, self.limits);
        let integer = Compare::given(column) == Compare::Integer;
        match (kind, trusted) {
            (Kind::MemberNumber, _) if integer => self.whole_number(column, &normals),
            (Kind::Email | Kind::MemberNumber, Some(stored)) => {
                self.as_stored(kind, column, stored, &normals, &given);
            }
            (Kind::Email, None) => self.email(column, &normals, &given),
            (Kind::Phone, Some(_)) => self.written(column, field, &normals),
            _ => self.number(kind, column, &normals),
        }
    }

    /// Telephones in every way the column writes them, through its own index if it has one.
    fn written(&mut self, column: &LiveField, field: &Field, normals: &[String]) {
        let values = normals.iter().flat_map(|n| forms::telephones(n, &field.forms));
        let values: Vec<String> = values.collect();
        let name = self.w.d.quote(&column.name);
        let sql = self.w.one_of(&name, &values);
        self.way(sql, judge::label(Kind::Phone), self.how(column));
    }

    fn how(&self, column: &LiveField) -> &'static str {
        if self.live.indexed(&column.name) { "by index" } else { "every row" }
    }

    /// By equality with the stored form, through the field's own index if it has one.
    fn as_stored(
        &mut self,
        kind: Kind,
        column: &LiveField,
        stored: Stored,
        normals: &[String],
        given: &[String],
    ) {
        let mut values: Vec<String> = normals.to_vec();
        values.extend(given.iter().map(|g| g.trim().to_owned()));
        let weak: Vec<String> = match kind {
            Kind::Email => normals.iter().filter_map(|n| weak_email(n)).collect(),
            _ => normals.iter().map(|n| member_number_loose(n)).collect(),
        };
        values.extend(weak.iter().cloned());
        values.sort();
        values.dedup();
        let name = self.w.d.quote(&column.name);
        let d = self.w.d;
        let sql = d.among(&mut self.w, &name, &Compare::given(column), &values);
        self.way(sql, judge::label(kind), self.how(column));
        // Tags, dots and zeros on the stored side cannot be reached by equality.
        let dots = kind == Kind::Email && weak.iter().any(|w| w.ends_with("@gmail.com"));
        if stored == Stored::Tagged || dots {
            if !self.limits.whole_tables {
                self.left_out = true;
            } else if kind == Kind::Email {
                self.weak_email(column, normals);
            } else {
                self.number(kind, column, normals);
            }
        }
    }

    /// A whole number column: only digits can match it, and its index serves.
    fn whole_number(&mut self, column: &LiveField, normals: &[String]) {
        let name = self.w.d.quote(&column.name);
        let d = self.w.d;
        let sql = d.among(&mut self.w, &name, &Compare::Integer, normals);
        self.way(sql, judge::label(Kind::MemberNumber), self.how(column));
    }

    /// Addresses anywhere in the field, in any letter case, with or without tag.
    fn email(&mut self, column: &LiveField, normals: &[String], given: &[String]) {
        let mut patterns: Vec<String> = normals.to_vec();
        patterns.extend(given.iter().map(|g| folded(g)).filter(|g| g.contains('@')));
        let patterns = patterns.into_iter().map(|p| format!("%{}%", like(&p))).collect();
        let (patterns, dotless) = weak_patterns(normals, patterns);
        self.lower_like(column, &patterns, &dotless, "e-mail, with or without tag");
    }

    /// Addresses that differ by a tag, or at Google's mail by dots.
    fn weak_email(&mut self, column: &LiveField, normals: &[String]) {
        let (patterns, dotless) = weak_patterns(normals, Vec::new());
        self.lower_like(column, &patterns, &dotless, "e-mail without tag");
    }

    fn lower_like(
        &mut self,
        column: &LiveField,
        patterns: &[String],
        dotless: &[String],
        what: &str,
    ) {
        let d = self.w.d;
        let lower = format!("lower({})", d.text(&d.quote(&column.name), column));
        let mut sql = d.like_any(&mut self.w, &lower, patterns);
        if !dotless.is_empty() {
            let bare = format!("replace({lower}, '.', '')");
            sql = format!("{sql} OR {}", d.like_any(&mut self.w, &bare, dotless));
        }
        self.way(sql, what, "every row");
    }

    /// Telephones, member numbers and the like: compared without spaces and signs.
    fn number(&mut self, kind: Kind, column: &LiveField, normals: &[String]) {
        let d = self.w.d;
        let text = d.text(&d.quote(&column.name), column);
        let expr = match kind {
            Kind::MemberNumber => self.w.squeeze(&text),
            Kind::Phone | Kind::NhsNumber | Kind::Card => text,
            _ => format!("lower({text})"),
        };
        let mut patterns: Vec<String> = normals.iter().map(|n| pattern(kind, n)).collect();
        patterns.sort();
        patterns.dedup();
        let sql = d.like_any(&mut self.w, &expr, &patterns);
        self.way(sql, judge::label(kind), "every row");
    }

    /// Names are looked for only together with a postcode or a date of birth.
    fn names(&mut self, c: &Collection, seek: &Seek) {
        for field in c.field.iter().filter(|f| !f.others) {
            let Some(column) = self.live.field(&field.name) else { continue };
            match field.identifier {
                Some(Kind::Born) => self.born(column, seek),
                Some(Kind::Postcode | Kind::Address) => {
                    let known = field.identifier == Some(Kind::Postcode)
                        && trusted(field, self.limits).is_some();
                    let quick = known && self.live.indexed(&column.name);
                    if !quick && !self.limits.whole_tables {
                        self.left_out |= !seek.postcodes.is_empty();
                    } else if let Some((sql, _)) =
                        postcode(&mut self.w, field, column, seek, self.limits)
                    {
                        let how = if quick { "by index" } else { "every row" };
                        self.way(sql, "name and postcode", how);
                    }
                }
                _ => {}
            }
        }
    }

    /// By the last word of a name, where nothing else can be asked.
    fn name_alone(&mut self, c: &Collection, seek: &Seek) {
        if !self.limits.whole_tables {
            self.left_out = true;
            return;
        }
        let patterns: Vec<String> =
            seek.names.iter().filter_map(|n| mention::last_word(n)).collect();
        let part = |f: &&Field| {
            let part = f.part.unwrap_or_else(|| words::part(&f.name));
            !f.others && !matches!(part, NamePart::Given | NamePart::Middle)
        };
        for field in c.fields_of(Kind::Name).filter(part) {
            if let Some(column) = self.live.field(&field.name).filter(|_| !patterns.is_empty()) {
                self.lower_like(column, &patterns, &[], "name alone");
            }
        }
    }

    fn born(&mut self, column: &LiveField, seek: &Seek) {
        let Some(born) = seek.born.as_deref().and_then(|b| normalise(Kind::Born, b).ok()) else {
            return;
        };
        if !self.limits.whole_tables {
            self.left_out = true;
            return;
        }
        let text = self.w.d.text(&self.w.d.quote(&column.name), column);
        let mut ways = Vec::new();
        for pattern in birthdays(&born) {
            ways.push(self.w.like(&text, pattern));
        }
        self.way(format!("({})", ways.join(" OR ")), "name and date of birth", "every row");
    }

    fn elsewhere(&mut self, hang: &ByPostcode) {
        let d = self.w.d;
        let mut on = Vec::new();
        for field in &hang.fields {
            let Some(column) = self.live.field(field) else { return };
            on.push((d.quote(field), Compare::from(column, column)));
        }
        let sql = d.tuples(&mut self.w, &on, &hang.tuples);
        let what = format!("name, and postcode in {}", hang.from);
        self.way(sql, &what, if hang.by_index { "by index there" } else { "every row there" });
    }
}

/// Patterns for addresses that differ by a tag, added to `patterns`; and those for texts without
/// their dots.
fn weak_patterns(normals: &[String], mut patterns: Vec<String>) -> (Vec<String>, Vec<String>) {
    let mut dotless = Vec::new();
    for weak in normals.iter().filter_map(|n| weak_email(n)) {
        let Some((local, domain)) = weak.rsplit_once('@') else { continue };
        let (local, domain) = (like(local), like(domain));
        patterns.push(format!("%{local}@{domain}%"));
        patterns.push(format!("%{local}+%@{domain}%"));
        if domain == "gmail.com" {
            dotless.push(format!("%{local}%@gmailcom%"));
            dotless.push(format!("%{local}%@googlemailcom%"));
        }
    }
    patterns.sort();
    patterns.dedup();
    (patterns, dotless)
}

/// The LIKE pattern that lets a stored number through, whatever spaces and signs are in it.
fn pattern(kind: Kind, normal: &str) -> String {
    let digits: String = normal.chars().filter(char::is_ascii_digit).collect();
    let last = |n: usize| &digits[digits.len().saturating_sub(n)..];
    match kind {
        // The last nine digits: whatever stands before them, a zero or a country code.
        Kind::Phone => scattered(last(9)),
        // Asked without spaces and signs; zeros may lead the digits.
        Kind::MemberNumber => {
            let loose = squeezed(&member_number_loose(normal));
            let rest = loose.trim_start_matches(|c: char| !c.is_ascii_digit());
            let (head, rest) = loose.split_at(loose.len() - rest.len());
            format!("{}%{}", like(head), like(rest))
        }
        // The fourteen digits of sort code and account stand at the end of a UK IBAN.
        Kind::BankAccount if normal.starts_with("GB") || digits.len() == 14 => scattered(last(14)),
        _ => scattered(&squeezed(normal)),
    }
}

/// These letters and digits in this order, with anything between them.
fn scattered(signs: &str) -> String {
    signs.chars().fold("%".to_owned(), |out, sign| out + &like(&sign.to_string()) + "%")
}

/// The writings of a day that a text column may hold, as LIKE patterns. A time may follow.
fn birthdays(iso: &str) -> Vec<String> {
    let [year, month, day] = iso.split('-').collect::<Vec<_>>()[..] else { return Vec::new() };
    let bare = |n: &str| n.trim_start_matches('0').to_owned();
    let (d, m) = (bare(day), bare(month));
    let mut out = vec![format!("{iso}%"), format!("{year}/{month}/{day}%")];
    for sign in ['/', '-', '.', ' '] {
        for (d, m) in [(day, month), (&*d, &*m), (day, &*m), (&*d, month)] {
            out.push(format!("{d}{sign}{m}{sign}{year}%"));
        }
    }
    out.push(format!("{d}%{year}%"));
    out.sort();
    out.dedup();
    out
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
