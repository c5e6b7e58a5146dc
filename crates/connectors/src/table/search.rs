//! A search through tables in files: persons row by row, then what hangs on them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::head::Head;
use super::{Row, Table, Tables};
use crate::check::renamed;
use crate::documents::text_fields;
use crate::found::NOT_ASKED;
use crate::judge::{Cell, Judge};
use crate::map::{Collection, DataMap, Field, Holds, Link};
use crate::mention::Mention;
use crate::reason::{self, Reason};
use crate::schema::LiveCollection;
use crate::words;
use crate::{Because, Body, Fault, FaultKind, Found, Kind, Looked, Searched, Seek, Sink};

/// Fields that links point at, and their values in the rows found.
type Parents = HashMap<Vec<String>, Reason>;

/// Search every table of the holding. See [`crate::Connector::find`].
pub(super) fn find(
    tables: &Tables,
    map: &DataMap,
    seek: &Seek,
    sink: &mut dyn Sink,
) -> Result<Searched, Fault> {
    let listed = tables.list(&mut |fault| sink.missed(fault))?;
    let mut search = Search {
        tables,
        map,
        judge: Judge::new(seek),
        mention: Mention::of(seek),
        sink,
        targets: BTreeMap::new(),
        told: HashSet::new(),
        looked: Vec::new(),
        done: 0,
    };
    let ready = search.ready(&listed);
    for (c, _) in &ready {
        for link in followed(c) {
            search.targets.entry((link.to.clone(), link.to_fields.clone())).or_default();
        }
    }
    for (c, table) in ready.iter().filter(|(c, _)| c.holds == Holds::Person) {
        search.pass(c, table, true)?;
    }
    search.linked(&ready)?;
    Ok(Searched { places: search.looked })
}

struct Search<'a> {
    tables: &'a Tables,
    map: &'a DataMap,
    judge: Judge,
    mention: Option<Mention>,
    sink: &'a mut dyn Sink,
    targets: BTreeMap<(String, Vec<String>), Parents>,
    /// Rows told already: table and row.
    told: HashSet<(String, u64)>,
    looked: Vec<Looked>,
    done: u64,
}

/// Links of a collection that are followed.
fn followed(c: &Collection) -> impl Iterator<Item = &Link> {
    let linked = c.holds == Holds::Linked;
    c.link.iter().filter(move |l| linked && l.confirmed && l.refused.is_none())
}

impl<'a> Search<'a> {
    /// Collections that map and holding agree on, with their tables; the rest is told.
    fn ready<'t>(&mut self, listed: &'t [Table]) -> Vec<(&'a Collection, &'t Table)> {
        let mut ready = Vec::new();
        for table in listed.iter().filter(|t| self.map.collection(&t.name).is_none()) {
            self.sink.missed(Fault::new(
                FaultKind::Drift,
                self.tables.place(&table.name),
                "the data map does not know this table, so it was not searched",
                "Scan the holding again and decide what the table holds.",
            ));
        }
        for c in self.map.collection.iter().filter(|c| c.holds != Holds::None) {
            let Some(table) = listed.iter().find(|t| t.name == c.name) else {
                self.drift(c, None, "the map has this table, the holding does not".to_owned());
                continue;
            };
            match self.tables.head(table, Some(c)) {
                Err(fault) => self.sink.missed(fault),
                Ok(head) => match gone(c, &head) {
                    Some((field, what)) => self.drift(c, Some(&field), what),
                    None => ready.push((c, table)),
                },
            }
        }
        ready
    }

    fn drift(&mut self, c: &Collection, field: Option<&str>, what: String) {
        let place = self.tables.place(&c.name);
        let place = field.map_or(place.clone(), |field| format!("{place}.{field}"));
        let remedy = "Check the data map against the live schema, and search again.";
        self.sink.missed(Fault::new(FaultKind::Drift, place, what, remedy));
    }

    /// Follow links until no new row is found. Each pass reads the linked tables again, so that
    /// nothing but what was found is kept in memory.
    fn linked(&mut self, ready: &[(&'a Collection, &Table)]) -> Result<(), Fault> {
        let linked = || ready.iter().filter(|(c, _)| c.holds == Holds::Linked);
        let mut first = true;
        let mut known: HashMap<&str, usize> = HashMap::new();
        loop {
            let mut news = false;
            for (c, table) in linked() {
                let keys = followed(c)
                    .filter_map(|l| self.targets.get(&(l.to.clone(), l.to_fields.clone())))
                    .map(HashMap::len)
                    .sum();
                if first || known.get(c.name.as_str()).copied() != Some(keys) {
                    known.insert(&c.name, keys);
                    news |= self.pass(c, table, first)?;
                }
            }
            first = false;
            if !news {
                return Ok(());
            }
        }
    }

    /// Read a table once; whether something was found that was not known before. A table that
    /// cannot be read is told, and the search goes on.
    fn pass(&mut self, c: &'a Collection, table: &Table, first: bool) -> Result<bool, Fault> {
        let (mut rows, mut found, mut uneven, mut stopped) = (0, 0, Uneven::default(), None);
        let tables = self.tables;
        let read = tables.rows(table, Some(c), u64::MAX, &mut |head, row| {
            rows += 1;
            uneven.note(head, &row);
            match self.row(c, head, &row) {
                Ok(new) => found += u64::from(new),
                Err(fault) => {
                    stopped = Some(fault.clone());
                    return Err(fault);
                }
            }
            Ok(true)
        });
        if let Some(fault) = stopped {
            return Err(fault);
        }
        let mut faults = match read {
            Ok(faults) => faults,
            Err(fault) => vec![fault],
        };
        faults.extend(uneven.fault(&self.tables.place(&c.name)));
        if first {
            faults.into_iter().for_each(|fault| self.sink.missed(fault));
        }
        self.looked(c, rows, found);
        Ok(found > 0)
    }

    fn looked(&mut self, c: &Collection, rows: u64, found: u64) {
        if let Some(known) = self.looked.iter_mut().find(|l| l.place == c.name) {
            known.found += found;
            return;
        }
        let mut by: Vec<String> = match c.holds {
            Holds::Linked => {
                let links = followed(c).map(|l| format!("links to {}, every row", l.to));
                links.chain(["identifiers, every row".to_owned()]).collect()
            }
            _ if self.judge.by_name_alone(c) => {
                let named = c.fields_of(Kind::Name).any(|f| !f.others);
                vec![if named { "name alone, every row" } else { NOT_ASKED }.to_owned()]
            }
            _ => vec!["identifiers, every row".to_owned()],
        };
        if self.mention.is_some() {
            let named: Vec<&str> = Mention::fields(c).map(|f| f.name.as_str()).collect();
            if !named.is_empty() {
                by.retain(|by| by != NOT_ASKED);
                by.push(format!("named in {}, every row", named.join(" or ")));
            }
        }
        let place = c.name.clone();
        self.looked.push(Looked { place, by, looked_at: Some(rows), found });
    }

    /// Judge a row; tell it, and keep what others may hang on. Whether it is new.
    fn row(&mut self, c: &Collection, head: &Head, row: &Row) -> Result<bool, Fault> {
        self.done += 1;
        if self.done.is_multiple_of(1000) {
            self.sink.progress(self.done, None);
        }
        let values = head.values(row);
        let mut reasons = self.hangs_on(c, head, &values);
        let cells = cells(c, head, &values);
        let mut own = self.judge.row(&cells);
        if own.is_empty() && self.judge.by_name_alone(c) {
            own.extend(self.judge.name_alone(&cells));
        }
        reasons.extend(own.into_iter().map(Reason::own));
        let named = reasons.is_empty();
        if let Some(mention) = self.mention.as_ref().filter(|_| named) {
            let why = |f: &Field| mention.why(&f.name, values.get(head.at(&f.name)?)?.as_deref()?);
            reasons.extend(Mention::fields(c).filter_map(why).map(Reason::own));
        }
        reason::sort(&mut reasons);
        let Some(best) = reasons.first() else { return Ok(false) };
        if !self.told.insert((c.name.clone(), row.number)) {
            return Ok(false);
        }
        let others_hang = !named && self.targets.keys().any(|(to, _)| *to == c.name);
        let root = reason::root(&reasons, &c.name, others_hang, || row.number.to_string());
        let best = Reason { because: best.because.clone(), root: root.clone() };
        // Nothing of theirs hangs on a row that only names them.
        for ((to, fields), parents) in &mut self.targets {
            if !named
                && *to == c.name
                && let Some(key) = key(head, fields, &values)
            {
                let known = parents.entry(key).or_insert_with(|| best.clone());
                if known.because.strength < best.because.strength {
                    *known = best.clone();
                }
            }
        }
        self.sink.item(Found {
            place: c.name.clone(),
            locator: row.number.to_string(),
            because: reasons.into_iter().map(|r| r.because).collect(),
            body: Body::Row { fields: head.fields(row) },
            root,
        })?;
        Ok(true)
    }

    /// The reasons that a row has from those it hangs on.
    fn hangs_on(&self, c: &Collection, head: &Head, values: &[Option<String>]) -> Vec<Reason> {
        let parent = |link: &Link| {
            let parents = self.targets.get(&(link.to.clone(), link.to_fields.clone()))?;
            let Reason { because: best, root } =
                parents.get(&key(head, &link.fields, values)?)?.clone();
            let found = if best.how.starts_with("belongs to ") { "which" } else { "found by" };
            let because = Because {
                field: link.fields.join(", "),
                how: format!("belongs to {}, {found} {}", link.to, best.how),
                ..best
            };
            Some(Reason { because, root })
        };
        followed(c).filter_map(parent).collect()
    }
}

/// The values of these fields, if none is empty.
fn key(head: &Head, fields: &[String], values: &[Option<String>]) -> Option<Vec<String>> {
    let value = |field: &String| values.get(head.at(field)?)?.as_ref().map(|v| v.trim().to_owned());
    fields.iter().map(value).collect()
}

/// What the judge is shown of a row.
fn cells<'v>(c: &'v Collection, head: &Head, values: &'v [Option<String>]) -> Vec<Cell<'v>> {
    let cell = |field: &'v crate::Field| {
        let value = values.get(head.at(&field.name)?)?.as_deref()?;
        let kind = field.identifier?;
        let part = field.part.unwrap_or_else(|| words::part(&field.name));
        let value = plain(kind, value);
        Some(Cell { field: &field.name, kind, part, others: field.others, value })
    };
    c.field.iter().filter_map(cell).collect()
}

/// A value without what a spreadsheet puts around one to keep its zeros or to make a link of it:
/// `="0123"`, `'0123`, `=HYPERLINK("mailto:a@example.org";"A")`.
fn plain(kind: Kind, value: &str) -> &str {
    let value = value.trim();
    if let Some(formula) = value.strip_prefix('=') {
        let inside = formula.split('"').nth(1).unwrap_or(formula);
        return inside.trim();
    }
    match value.strip_prefix('\'') {
        Some(rest) if kind != Kind::Name => rest,
        _ => value,
    }
}

/// A field that the map needs and the table lacks, and what to say of it.
fn gone(c: &Collection, head: &Head) -> Option<(String, String)> {
    let identifiers = c.field.iter().filter(|f| f.identifier.is_some()).map(|f| f.name.as_str());
    let linking = followed(c).flat_map(|l| l.fields.iter().map(String::as_str));
    let field = identifiers.chain(linking).find(|name| head.at(name).is_none())?;
    let live = LiveCollection {
        name: c.name.clone(),
        fields: text_fields(head.names.iter().map(|(_, name)| name.as_str())),
        ..LiveCollection::default()
    };
    let hint = c.field(field).map_or(String::new(), |f| renamed(f, c, &live));
    let what = format!("the map has this field, the holding does not{hint}");
    Some((field.to_owned(), what))
}

/// Rows with more or fewer cells than the header.
#[derive(Default)]
struct Uneven {
    count: u64,
    first: u64,
}

impl Uneven {
    fn note(&mut self, head: &Head, row: &Row) {
        if let (Some(width), Some(cells)) = (head.width, row.width)
            && width != cells
        {
            self.count += 1;
            if self.first == 0 {
                self.first = row.number;
            }
        }
    }

    fn fault(&self, place: &str) -> Option<Fault> {
        (self.count > 0).then(|| {
            Fault::new(
                FaultKind::Damaged,
                format!("{place}, line {}", self.first),
                format!("{} rows have more or fewer cells than the header", self.count),
                "They were read as far as they go; a value may stand in the wrong column.",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_off_what_a_spreadsheet_puts_around_a_value() {
        for (value, expected) in [
            ("=\"07700900123\"", "07700900123"),
            ("'07700900123", "07700900123"),
            ("=HYPERLINK(\"mailto:a@example.org\";\"A\")", "mailto:a@example.org"),
            (" a@example.org ", "a@example.org"),
            ("=1+1", "1+1"),
        ] {
            assert_eq!(plain(Kind::Phone, value), expected);
        }
        assert_eq!(plain(Kind::Name, "'t Hooft"), "'t Hooft");
    }
}
