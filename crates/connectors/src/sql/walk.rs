//! A search through a database: persons by their identifiers, then everything that hangs on them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Engine;
use super::dialect::{Compare, Row, Statement, Writer};
use super::plan::{self, ByPostcode, MOST_BY_POSTCODE};
use super::shape::{Key, Parents, Shape, Target, belongs, digest};
use crate::check::renamed;
use crate::found::NOT_ASKED;
use crate::judge::Judge;
use crate::map::{Collection, DataMap, Holds, Link};
use crate::mention::Mention;
use crate::reason::{self, Reason};
use crate::schema::Schema;
use crate::{Fault, FaultKind, Kind, Limits, Looked, Searched, Seek, Sink};

/// Keys asked for in one statement.
const BATCH: usize = 500;

/// Search every collection of the map. See [`crate::Connector::find`].
pub(crate) fn find(
    engine: &mut dyn Engine,
    map: &DataMap,
    schema: &Schema,
    seek: &Seek,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<Searched, Fault> {
    let mut walk = Walk {
        engine,
        map,
        schema,
        seek,
        limits,
        sink,
        judge: Judge::new(seek),
        ready: BTreeSet::new(),
        targets: BTreeMap::new(),
        seen: HashMap::new(),
        searched: Searched::default(),
    };
    walk.prepare();
    walk.persons()?;
    walk.linked()?;
    walk.mentioned()?;
    Ok(walk.searched)
}

/// The reasons that a row has, also from those it hangs on.
type Why<'w> = dyn Fn(&Row, &BTreeMap<Target, Parents>) -> Vec<Reason> + 'w;

struct Walk<'a> {
    engine: &'a mut dyn Engine,
    map: &'a DataMap,
    schema: &'a Schema,
    seek: &'a Seek,
    limits: &'a Limits,
    sink: &'a mut dyn Sink,
    judge: Judge,
    /// Collections that map and holding agree on.
    ready: BTreeSet<&'a str>,
    targets: BTreeMap<Target, Parents>,
    /// Rows told already, for collections that can be reached on more than one way.
    seen: HashMap<&'a str, HashSet<[u8; 16]>>,
    searched: Searched,
}

impl<'a> Walk<'a> {
    /// Find out which collections can be searched, and report those that cannot.
    fn prepare(&mut self) {
        let (map, schema) = (self.map, self.schema);
        for c in map.collection.iter().filter(|c| c.holds != Holds::None) {
            match drift(map, c, schema) {
                Some(fault) => self.sink.missed(fault),
                None => {
                    self.ready.insert(&c.name);
                }
            }
        }
        for c in map.collection.iter().filter(|c| c.holds == Holds::Linked) {
            if self.ready.contains(c.name.as_str()) && !self.reachable(c) {
                self.sink.missed(unreached(map, c));
                self.ready.remove(c.name.as_str());
            }
        }
        let links: Vec<&Link> = map.collection.iter().flat_map(|c| self.links(c)).collect();
        for link in links {
            self.targets.entry((link.to.clone(), link.to_fields.clone())).or_default();
        }
    }

    /// Links of a collection that are followed.
    fn links(&self, c: &'a Collection) -> Vec<&'a Link> {
        let followed = |l: &&Link| l.confirmed && l.refused.is_none();
        if c.holds != Holds::Linked || !self.ready.contains(c.name.as_str()) {
            return Vec::new();
        }
        c.link.iter().filter(followed).filter(|l| self.ready.contains(l.to.as_str())).collect()
    }

    /// Whether links lead from `c` to persons over collections that can be searched.
    fn reachable(&self, c: &'a Collection) -> bool {
        let (mut seen, mut next) = (BTreeSet::from([c.name.as_str()]), vec![c]);
        while let Some(c) = next.pop() {
            for link in self.links(c) {
                let Some(to) = self.map.collection(&link.to) else { continue };
                if to.holds == Holds::Person {
                    return true;
                }
                if seen.insert(&to.name) {
                    next.push(to);
                }
            }
        }
        false
    }

    fn persons(&mut self) -> Result<(), Fault> {
        let (map, schema) = (self.map, self.schema);
        for c in map.collection.iter().filter(|c| c.holds == Holds::Person) {
            let Some(live) = schema.collection(&c.name) else { continue };
            if !self.ready.contains(c.name.as_str()) {
                continue;
            }
            let elsewhere = self.elsewhere(c)?;
            let w = Writer::new(self.engine.dialect());
            let alone = self.judge.by_name_alone(c);
            let plan = plan::persons(w, c, live, self.seek, &elsewhere, self.limits, alone);
            let mut shape = Shape::new(c, live, &[], &self.targets, elsewhere);
            shape.alone = alone;
            let found = match &plan.statement {
                Some(statement) => self.ask(&shape, statement, &[])?,
                None => 0,
            };
            self.looked(&c.name, plan.by, found);
        }
        Ok(())
    }

    /// Rows of linked collections that bear a postcode sought, by what links them to `c`.
    fn elsewhere(&mut self, c: &'a Collection) -> Result<Vec<ByPostcode>, Fault> {
        let mut out = Vec::new();
        let named = c.fields_of(Kind::Name).any(|f| !f.others);
        if !named || self.seek.names.is_empty() {
            return Ok(out);
        }
        let map = self.map;
        for other in &map.collection {
            let Some(live) = self.schema.collection(&other.name) else { continue };
            for link in self.links(other).into_iter().filter(|l| l.to == c.name) {
                let w = Writer::new(self.engine.dialect());
                let asked = plan::postcodes(w, other, live, &link.fields, self.seek, self.limits);
                let Some((statement, by_index)) = asked else { continue };
                if !by_index && !self.limits.whole_tables {
                    continue;
                }
                let place = format!("{}, {}", map.holding, other.name);
                let mut tuples: Vec<Vec<String>> = Vec::new();
                let asked = self.engine.stream(&place, &statement, &mut |row| {
                    tuples.extend(row.into_iter().collect::<Option<Vec<String>>>());
                    Ok(())
                });
                if let Err(fault) = asked {
                    self.survive(fault)?;
                    continue;
                }
                if tuples.len() > MOST_BY_POSTCODE {
                    self.sink.missed(Fault::new(
                        FaultKind::Limit,
                        place,
                        "more than 5,000 rows bear the postcodes sought",
                        "Search by another identifier; names were not compared with these rows.",
                    ));
                    continue;
                }
                let fields = link.to_fields.clone();
                out.push(ByPostcode { fields, tuples, from: other.name.clone(), by_index });
            }
        }
        Ok(out)
    }

    /// Follow links until nothing new turns up. Collections whose parents are complete come
    /// first, so that a row met on two ways is told once, with both reasons; where links run in
    /// a circle the first way wins.
    fn linked(&mut self) -> Result<(), Fault> {
        let order = self.order();
        let mut followed: HashMap<(&str, usize), usize> = HashMap::new();
        let mut found: BTreeMap<&str, u64> = order.iter().map(|c| (c.name.as_str(), 0)).collect();
        loop {
            let mut news = false;
            for c in &order {
                for (nth, link) in self.links(c).into_iter().enumerate() {
                    let from = followed.entry((&c.name, nth)).or_default();
                    let keys = self.keys_since(link, *from);
                    *from += keys.len();
                    news |= !keys.is_empty();
                    for batch in keys.chunks(BATCH) {
                        *found.entry(&c.name).or_default() += self.follow(c, link, batch)?;
                    }
                }
            }
            if !news {
                break;
            }
        }
        for c in order {
            let by = self.links(c).iter().map(|l| format!("links to {}", l.to)).collect();
            let found = found.get(c.name.as_str()).copied().unwrap_or(0);
            self.looked(&c.name, by, found);
        }
        Ok(())
    }

    /// Rows that name the person and are about somebody else: last, when what is theirs is known.
    fn mentioned(&mut self) -> Result<(), Fault> {
        let (map, schema) = (self.map, self.schema);
        let mention = Mention::of(self.seek).filter(|_| self.limits.whole_tables);
        let Some(mention) = mention else { return Ok(()) };
        for c in &map.collection {
            let live = schema.collection(&c.name);
            let Some(live) = live.filter(|_| self.ready.contains(c.name.as_str())) else {
                continue;
            };
            let shape = Shape::new(c, live, &[], &BTreeMap::new(), Vec::new());
            let fields = shape.mentions();
            if fields.is_empty() {
                continue;
            }
            let w = Writer::new(self.engine.dialect());
            let statement = plan::mentions(w, live, &fields, &mention.patterns);
            let found = self.ask_with(&shape, &statement, &|row, _| shape.named(row, &mention))?;
            let names: Vec<&str> = fields.iter().map(|f| f.name.as_str()).collect();
            let by = format!("named in {}, every row", names.join(" or "));
            if let Some(looked) = self.searched.places.iter_mut().find(|l| l.place == c.name) {
                looked.by.retain(|by| by != NOT_ASKED);
                looked.by.push(by);
                looked.found += found;
            }
        }
        Ok(())
    }

    /// Linked collections, parents before children as far as there are no circles.
    fn order(&self) -> Vec<&'a Collection> {
        let map = self.map;
        let mut left: Vec<&'a Collection> =
            map.collection.iter().filter(|c| !self.links(c).is_empty()).collect();
        let mut order: Vec<&'a Collection> = Vec::new();
        while !left.is_empty() {
            let waits = |c: &&'a Collection| {
                self.links(c).iter().any(|l| l.to != c.name && left.iter().any(|o| o.name == l.to))
            };
            let next = left.iter().position(|c| !waits(c)).unwrap_or(0);
            order.push(left.remove(next));
        }
        order
    }

    fn keys_since(&self, link: &Link, from: usize) -> Vec<Key> {
        let target = (link.to.clone(), link.to_fields.clone());
        self.targets.get(&target).map_or(Vec::new(), |p| p.order[from..].to_vec())
    }

    /// Fetch the rows that hang on a batch of keys.
    fn follow(&mut self, c: &'a Collection, link: &Link, batch: &[Key]) -> Result<u64, Fault> {
        let Some(live) = self.schema.collection(&c.name) else { return Ok(0) };
        let Some(to) = self.schema.collection(&link.to) else { return Ok(0) };
        let mut on = Vec::new();
        for (field, to_field) in link.fields.iter().zip(&link.to_fields) {
            let (Some(a), Some(b)) = (live.field(field), to.field(to_field)) else {
                return Ok(0);
            };
            on.push((field.clone(), Compare::from(a, b)));
        }
        let tuples: Vec<Vec<String>> = batch.iter().map(|key| key.to_vec()).collect();
        let w = Writer::new(self.engine.dialect());
        let statement = plan::linked(w, live, &on, &tuples);
        let shape = Shape::new(c, live, &self.links(c), &self.targets, Vec::new());
        let fallback = self.weakest(link, batch);
        self.ask(&shape, &statement, &fallback)
    }

    /// What to say of a row that hangs on one of these keys when its own value is written in
    /// another way than the key, so that it cannot be told on which: the least of them.
    fn weakest(&self, link: &Link, batch: &[Key]) -> Vec<Reason> {
        let Some(parents) = self.targets.get(&(link.to.clone(), link.to_fields.clone())) else {
            return Vec::new();
        };
        let least = batch.iter().filter_map(|k| parents.by_key.get(k)).min_by_key(|p| p.strength);
        let mut reason = least.map(|p| belongs(link, p));
        if let Some(reason) = reason.as_mut().filter(|_| batch.len() > 1) {
            reason.root = None;
        }
        reason.into_iter().collect()
    }

    /// Ask one statement; judge, tell and remember each row.
    fn ask(
        &mut self,
        shape: &Shape<'a>,
        statement: &Statement,
        fallback: &[Reason],
    ) -> Result<u64, Fault> {
        let judge = self.judge.clone();
        self.ask_with(shape, statement, &|row, targets| {
            let mut reasons = shape.hangs_on(row, targets);
            if reasons.is_empty() {
                reasons.extend(fallback.iter().cloned());
            }
            reasons.extend(shape.judged(row, &judge));
            reasons
        })
    }

    /// As [`Self::ask`], with the reasons that `why` gives a row.
    fn ask_with(
        &mut self,
        shape: &Shape<'a>,
        statement: &Statement,
        why: &Why<'_>,
    ) -> Result<u64, Fault> {
        let place = format!("{}, {}", self.map.holding, shape.c.name);
        let many_ways = shape.many_ways();
        let (mut found, mut stopped) = (0, None);
        let Self { engine, sink, targets, seen, .. } = self;
        let seen = seen.entry(&shape.c.name).or_default();
        let asked = engine.stream(&place, statement, &mut |row| {
            let digest = if many_ways { digest(&row) } else { [0; 16] };
            if many_ways && seen.contains(&digest) {
                return Ok(());
            }
            let mut reasons = why(&row, targets);
            reason::sort(&mut reasons);
            let Some(best) = reasons.first() else { return Ok(()) };
            if many_ways {
                seen.insert(digest);
            }
            let root = shape.root(&row, &reasons);
            shape.remember(&row, &best.because, root.as_ref(), targets);
            found += 1;
            let item = sink.item(shape.found(row, reasons, root));
            item.inspect_err(|fault| stopped = Some(fault.clone()))
        });
        match (asked, stopped) {
            (_, Some(fault)) => Err(fault),
            (Ok(()), None) => Ok(found),
            (Err(fault), None) => self.survive(fault).map(|()| found),
        }
    }

    /// Go on after a fault of a single table; give up after one of the whole database.
    fn survive(&mut self, fault: Fault) -> Result<(), Fault> {
        use FaultKind::{Busy, Damaged, Denied, Drift};
        if !matches!(fault.kind, Denied | Drift | Damaged | Busy) {
            return Err(fault);
        }
        self.sink.missed(fault);
        self.engine.end();
        self.engine.begin()
    }

    fn looked(&mut self, place: &str, by: Vec<String>, found: u64) {
        self.searched.places.push(Looked { place: place.to_owned(), by, looked_at: None, found });
        let all = self.ready.len() as u64;
        self.sink.progress(self.searched.places.len() as u64, Some(all));
    }
}

/// Where map and holding disagree so that the collection cannot be searched rightly.
fn drift(map: &DataMap, c: &Collection, schema: &Schema) -> Option<Fault> {
    let remedy = "Check the data map against the live schema, and search again.";
    let fault =
        |place: String, what: String| Some(Fault::new(FaultKind::Drift, place, what, remedy));
    let Some(live) = schema.collection(&c.name) else {
        let what = "the map has this table, the holding does not".to_owned();
        return fault(format!("{}, {}", map.holding, c.name), what);
    };
    let followed = || c.link.iter().filter(|l| l.confirmed && l.refused.is_none());
    let needed = c.field.iter().filter(|f| f.identifier.is_some()).map(|f| f.name.as_str());
    let needed = needed.chain(c.key.iter().map(String::as_str));
    let mut needed = needed.chain(followed().flat_map(|l| l.fields.iter().map(String::as_str)));
    if let Some(gone) = needed.find(|name| live.field(name).is_none()) {
        let hint = c.field(gone).map_or(String::new(), |f| renamed(f, c, live));
        let what = format!("the map has this field, the holding does not{hint}");
        return fault(format!("{}, {}.{gone}", map.holding, c.name), what);
    }
    for link in followed() {
        let to = schema.collection(&link.to);
        let gone = |f: &&String| to.is_none_or(|to| to.field(f).is_none());
        if let Some(gone) = link.to_fields.iter().find(gone) {
            let what = format!("it hangs on {}.{gone}, which the holding does not have", link.to);
            return fault(format!("{}, {}", map.holding, c.name), what);
        }
    }
    None
}

/// A linked collection that no chain of links reaches.
fn unreached(map: &DataMap, c: &Collection) -> Fault {
    Fault::new(
        FaultKind::Map,
        format!("{}, {}", map.holding, c.name),
        "no confirmed chain of links leads from it to persons that can be searched",
        "Confirm a link in the data map, or put right the collections it hangs on.",
    )
}
