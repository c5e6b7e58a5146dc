//! The form of one table of a data map: what it shows, and what comes back. Pure.

use std::collections::{HashMap, HashSet};

use candour_connectors::words::NamePart;
use candour_connectors::{Category, Collection, DataMap, Erasure, Holds, Kind, Link};
use candour_connectors::{Field as MapField, judge};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::codes;
use crate::error::{Error, Field, Result};
use crate::kit::forms::{COPIED, Filled, LINE, LONG};

/// One thing that a person has still to decide about a table: where on its form, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The part of the form.
    pub at: String,
    /// What to decide, and why the scan could not.
    pub words: String,
}

/// What is left to decide about a table, in the order of its form.
pub fn left(map: &DataMap, c: &Collection) -> Vec<Left> {
    let mut all = Vec::new();
    let mut add = |at: String, words: String| all.push(Left { at, words });
    let blank = |o: &Option<String>| o.as_deref().unwrap_or("").trim().is_empty();
    if let Some(why) = &c.unsure {
        add("holds".into(), format!("Whose data is it? The scan was not sure: {why}"));
    }
    if c.holds == Holds::None {
        if blank(&c.why) {
            add("why".into(), "Why does it hold no personal data?".into());
        }
    } else {
        if c.holds == Holds::Person && c.field.iter().all(|f| f.identifier.is_none()) {
            let words = "No field of it tells whom a row is about: mark one, or say that its rows \
                         are found through links";
            add("holds".into(), words.into());
        }
        if blank(&c.activity) {
            add("activity".into(), "Which activity of the register does it serve?".into());
        }
        if c.on_erasure == Erasure::Undecided {
            add("erasure".into(), "What does an erasure do to its rows?".into());
        }
        if c.on_erasure == Erasure::Keep && blank(&c.keep_reason) {
            add("keep-reason".into(), "On what ground are its rows kept?".into());
        }
    }
    for (i, f) in c.field.iter().enumerate() {
        if let Some(why) = &f.unsure {
            add(format!("f{i}"), format!("{}: the scan was not sure: {why}", f.name));
        }
        if f.unexplained().next().is_some() {
            add(format!("f{i}"), format!("{}: what do its values mean?", f.name));
        }
    }
    for (i, l) in c.link.iter().enumerate().filter(|(_, l)| waits(l)) {
        add(format!("l{i}"), format!("Is this link right? {}", ends(l)));
    }
    if c.holds == Holds::Linked && !map.reaches_person(c) {
        let words = "No link that is confirmed leads from it to people, so it is never searched";
        add("links".into(), words.into());
    }
    all
}

/// Whether a link waits for a person.
pub fn waits(l: &Link) -> bool {
    !l.confirmed && l.refused.is_none()
}

/// "member_id → members.id".
pub fn ends(l: &Link) -> String {
    format!("{} → {}.{}", l.fields.join(", "), l.to, l.to_fields.join(", "))
}

/// A word of the map: "special-category".
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(s)) => s,
        _ => String::new(),
    }
}

fn from_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).ok()
}

const PARTS: [(NamePart, &str); 5] = [
    (NamePart::Full, "the whole name"),
    (NamePart::Given, "first names"),
    (NamePart::Middle, "middle names"),
    (NamePart::Family, "surname"),
    (NamePart::Former, "a former name"),
];

/// What a field may identify somebody by: word of the form, label.
pub fn identifiers() -> Vec<(String, String)> {
    let mut all = vec![(String::new(), "It tells nobody".to_owned())];
    for kind in Kind::ALL {
        let label = crate::kit::forms::sentence(judge::label(kind));
        all.push((kind.name().to_owned(), label));
        if kind == Kind::Name {
            let part = |(p, label): (NamePart, &str)| {
                (format!("name:{}", word(&p)), format!("Name: {label}"))
            };
            all.extend(PARTS.map(part));
        }
    }
    all
}

/// What a field identifies by, as the form's word.
pub fn identifier_word(f: &MapField) -> String {
    match (f.identifier, f.part) {
        (None, _) => String::new(),
        (Some(Kind::Name), Some(part)) => format!("name:{}", word(&part)),
        (Some(kind), _) => kind.name().to_owned(),
    }
}

fn identifier(word: &str) -> Option<(Option<Kind>, Option<NamePart>)> {
    match word.split_once(':') {
        Some(("name", part)) => Some((Some(Kind::Name), Some(from_word(part)?))),
        Some(_) => None,
        None if word.is_empty() => Some((None, None)),
        None => Kind::ALL.into_iter().find(|k| k.name() == word).map(|k| (Some(k), None)),
    }
}

/// How a table stands, to be shown in its form.
pub fn filled(c: &Collection) -> Filled {
    let mut f = Filled::default();
    let mut set = |name: String, value: String| f.0.push((name, value));
    set("holds".into(), word(&c.holds));
    set("why".into(), c.why.clone().unwrap_or_default());
    set("activity".into(), c.activity.clone().unwrap_or_default());
    set("erasure".into(), word(&c.on_erasure));
    set("keep-reason".into(), c.keep_reason.clone().unwrap_or_default());
    for (i, field) in c.field.iter().enumerate() {
        set(format!("f{i}-name"), name_of(field));
        set(format!("f{i}-category"), word(&field.category));
        set(format!("f{i}-identifier"), identifier_word(field));
        set(format!("f{i}-codes"), codes::lines(&field.codes));
        for (what, is) in [("others", field.others), ("mentions", field.mentions)] {
            if is {
                set(format!("f{i}-{what}"), "yes".into());
            }
        }
    }
    for (i, link) in c.link.iter().enumerate() {
        let decided = match (link.confirmed, &link.refused) {
            (_, Some(_)) => "no",
            (true, None) => "yes",
            (false, None) => "",
        };
        set(format!("l{i}-is"), ends(link));
        set(format!("l{i}"), decided.into());
        set(format!("l{i}-why"), link.refused.clone().unwrap_or_default());
    }
    f
}

/// What somebody chose while the table was changed by somebody else, over how it stands now: fields
/// and links are told by their names, wherever they stand by now.
pub fn onto(f: &Filled, c: &Collection) -> Filled {
    let fields = c.field.iter().enumerate().map(|(i, x)| (("f", name_of(x)), format!("f{i}")));
    let links =
        c.link.iter().enumerate().map(|(i, l)| (("l", ends(l).trim().to_owned()), format!("l{i}")));
    let now: HashMap<(&str, String), String> = fields.chain(links).collect();
    // Where each part that came stands by now; none if it is gone.
    let mut moved: HashMap<&str, Option<&str>> = HashMap::new();
    for (name, value) in &f.0 {
        let field = name.strip_suffix("-name").map(|part| (part, "f"));
        let part = field.or_else(|| name.strip_suffix("-is").map(|part| (part, "l")));
        if let Some((part, kind)) = part {
            let there = now.get(&(kind, value.trim().to_owned()));
            moved.insert(part, there.map(String::as_str));
        }
    }
    let part = |name: &str| name.split_once('-').map_or(name.len(), |(part, _)| part.len());
    let mut all = filled(c);
    // Of what came, a box that was not ticked did not come.
    let came: HashSet<&str> = moved.values().flatten().copied().collect();
    all.0.retain(|(name, _)| !came.contains(&name[..part(name)]));
    for (name, value) in &f.0 {
        let (part, rest) = name.split_at(part(name));
        match moved.get(part) {
            Some(Some(new)) => all.0.push((format!("{new}{rest}"), value.clone())),
            Some(None) => {}
            None => all.set(name, value.clone()),
        }
    }
    all
}

/// A field's name as it comes back with a form.
fn name_of(f: &MapField) -> String {
    f.name.trim().to_owned()
}

/// What came with a form, found at once: a table may have very many fields.
pub struct Answers<'a>(HashMap<&'a str, &'a str>);

impl<'a> Answers<'a> {
    /// Of a form; the first value of a name counts.
    pub fn of(f: &'a Filled) -> Self {
        Self(f.0.iter().rev().map(|(n, v)| (n.as_str(), v.trim())).collect())
    }

    /// A value, trimmed; empty if it did not come.
    pub fn get(&self, name: &str) -> &'a str {
        self.0.get(name).copied().unwrap_or_default()
    }

    /// Whether a box was ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|v| !v.is_empty()).map(str::to_owned)
    }

    fn list(&self, name: &str) -> Vec<String> {
        self.get(name).lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect()
    }
}

/// The most letters of each part of the form.
pub fn most(name: &str) -> usize {
    match name {
        n if n.ends_with("-codes") => COPIED,
        "why" | "keep-reason" | "name" | "activity" | "link-fields" | "link-to"
        | "link-to-fields" => LONG,
        // Names come back as they stand in the holding.
        n if n.ends_with("-why") || n.ends_with("-name") || n.ends_with("-is") => COPIED,
        _ => LINE,
    }
}

/// The table as its form has it now; `None` when it is to leave the map.
///
/// # Errors
/// The fields to mend.
pub fn read(
    f: &Filled,
    map: &DataMap,
    c: &Collection,
    known: &[String],
) -> Result<Option<Collection>> {
    f.check_lengths(most)?;
    let a = Answers::of(f);
    let field = |(i, x): (usize, &MapField)| a.get(&format!("f{i}-name")) == name_of(x);
    let link = |(i, l): (usize, &Link)| a.get(&format!("l{i}-is")) == ends(l).trim();
    if !c.field.iter().enumerate().all(field) || !c.link.iter().enumerate().all(link) {
        return Err(Error::Conflict);
    }
    if a.ticked("gone") {
        return Ok(None);
    }
    let mut bad = Vec::new();
    let mut new = head(&a, c, known, &mut bad);
    let looked = a.ticked("looked");
    new.field = Vec::new();
    for (i, old) in c.field.iter().enumerate().filter(|(i, _)| !a.ticked(&format!("f{i}-gone"))) {
        match one_field(&a, i, old) {
            Ok(mut field) => {
                // Whoever has looked at all of it, or says that none is personal, has decided.
                if looked || new.holds == Holds::None {
                    field.unsure = None;
                }
                new.field.push(field);
            }
            Err(e) => bad.push(e),
        }
    }
    for (i, link) in new.link.iter_mut().enumerate() {
        decide(&a, i, link, new.holds);
    }
    match more(&a, map, &new) {
        Ok(Some(link)) => match new.link.iter_mut().find(|l| l.same_ends(&link)) {
            Some(there) => (there.confirmed, there.refused) = (true, None),
            None => new.link.push(link),
        },
        Ok(None) => {}
        Err(e) => bad.push(e),
    }
    if bad.is_empty() { Ok(Some(new)) } else { Err(Error::Invalid(bad)) }
}

/// What is decided about the table as a whole.
fn head(a: &Answers<'_>, c: &Collection, known: &[String], bad: &mut Vec<Field>) -> Collection {
    let mut new = c.clone();
    match from_word(a.get("holds")) {
        Some(holds) => new.holds = holds,
        None => bad.push(Field::new("holds", "Choose whose data it is")),
    }
    match from_word(a.get("erasure")) {
        Some(erasure) => new.on_erasure = erasure,
        None => bad.push(Field::new("erasure", "Choose what an erasure does to its rows")),
    }
    (new.why, new.keep_reason) = (a.some("why"), a.some("keep-reason"));
    new.activity = a.some("activity");
    if new.activity.as_ref().is_some_and(|k| !known.contains(k)) && new.activity != c.activity {
        bad.push(Field::new("activity", "Choose an activity of the register"));
    }
    if new.holds == Holds::None && new.why.is_none() {
        bad.push(Field::new("why", "Say why it holds no personal data"));
    }
    if new.on_erasure == Erasure::Keep && new.keep_reason.is_none() && new.holds != Holds::None {
        bad.push(Field::new("keep-reason", "Say on what ground its rows are kept"));
    }
    if a.ticked("sure") || new.holds != c.holds {
        new.unsure = None;
    }
    new
}

fn one_field(a: &Answers<'_>, i: usize, old: &MapField) -> std::result::Result<MapField, Field> {
    let at = |what: &str| format!("f{i}-{what}");
    let wrong = |what: &str, words: String| Field::new(at(what), words);
    let category: Category = from_word(a.get(&at("category")))
        .ok_or_else(|| wrong("category", format!("Choose what {} holds", old.name)))?;
    let (kind, part) = identifier(a.get(&at("identifier")))
        .ok_or_else(|| wrong("identifier", format!("Choose whom {} tells", old.name)))?;
    let mut new = MapField {
        category,
        identifier: kind,
        part,
        others: a.ticked(&at("others")),
        mentions: a.ticked(&at("mentions")),
        codes: codes::read(&at("codes"), a.get(&at("codes")))?,
        ..old.clone()
    };
    let told = |f: &MapField| (f.category, f.identifier, f.part, f.others, f.mentions);
    if a.ticked(&at("sure")) || told(&new) != told(old) {
        new.unsure = None;
    }
    if new.identifier != old.identifier {
        new.forget_census();
    }
    Ok(new)
}

/// What a person says of a link that is there.
fn decide(a: &Answers<'_>, i: usize, link: &mut Link, holds: Holds) {
    match a.get(&format!("l{i}")) {
        "yes" => (link.confirmed, link.refused) = (true, None),
        "no" => {
            let why = a.some(&format!("l{i}-why")).unwrap_or_else(|| "not right".into());
            (link.confirmed, link.refused) = (false, Some(why));
        }
        _ if holds == Holds::None && waits(link) => {
            link.refused = Some("the table holds no personal data".into());
        }
        _ => {}
    }
}

/// A link that a person adds.
fn more(
    a: &Answers<'_>,
    map: &DataMap,
    c: &Collection,
) -> std::result::Result<Option<Link>, Field> {
    let (fields, to, to_fields) =
        (a.list("link-fields"), a.get("link-to"), a.list("link-to-fields"));
    if fields.is_empty() && to.is_empty() && to_fields.is_empty() {
        return Ok(None);
    }
    // Names as they stand in the map: what comes with a form has lost the blanks around it.
    let real = |of: &Collection, names: &[String]| -> std::result::Result<Vec<String>, String> {
        let one = |n: &String| of.field.iter().find(|f| f.name.trim() == n).map(|f| f.name.clone());
        names.iter().map(|n| one(n).ok_or_else(|| n.clone())).collect()
    };
    if fields.is_empty() {
        return Err(Field::new("link-fields", "Name the field of this table"));
    }
    let fields = real(c, &fields).map_err(|name| {
        Field::new("link-fields", format!("This table has no field {name} in the map"))
    })?;
    let Some(there) = map.collection.iter().find(|c| c.name.trim() == to) else {
        return Err(Field::new("link-to", "Choose the table that it points at"));
    };
    if to_fields.is_empty() {
        return Err(Field::new("link-to-fields", "Name the field that it points at"));
    }
    let to_fields = real(there, &to_fields).map_err(|name| {
        Field::new("link-to-fields", format!("The table {to} has no field {name} in the map"))
    })?;
    if fields.len() != to_fields.len() {
        return Err(Field::new("link-to-fields", "Name as many fields as on this side"));
    }
    let (to, evidence) = (there.name.clone(), "added by a person".to_owned());
    Ok(Some(Link { fields, to, to_fields, evidence, confirmed: true, refused: None }))
}

#[cfg(test)]
#[path = "form_tests.rs"]
mod tests;
