//! Adding holdings, testing the way to them, drafting and checking their maps.

use std::path::{Path, PathBuf};

use candour_connectors::{
    Collection, Connector, DataMap, Fault, FaultKind, HoldingKind, Limits, Problem, ProblemKind,
    Source, Tested, open, scan,
};
use candour_db::Tx;

use super::places;
use super::sql::{self, Holding};
use crate::error::{Error, Refusal, Result};
use crate::kit::forms::is_short_name;
use crate::kit::vault::Vault;
use crate::kit::{dates, new_id};
use crate::office::Office;
use crate::proof::{Act, By, Recorded};
use crate::register;
use crate::staff::Permission;

/// A holding to be added.
#[derive(Debug, Clone)]
pub struct NewHolding {
    /// Short name: lower case, digits, dashes.
    pub short: String,
    /// What people call it.
    pub title: String,
    /// What sort.
    pub kind: HoldingKind,
    /// Where.
    pub source: Source,
    /// The post that keeps it. Needed for paper.
    pub post: Option<String>,
    /// Where the post is reached. Needed for paper.
    pub post_email: Option<String>,
}

/// The limits a connector works under.
pub fn limits(office: &Office) -> Limits {
    Limits::at(office.now())
}

/// Where relative paths of holdings start.
pub fn base(office: &Office) -> PathBuf {
    office.data().to_owned()
}

/// Reaches a holding.
///
/// # Errors
/// It is no longer kept, or why it can't be reached, in words that hold nothing personal.
pub fn connect(office: &Office, holding: &Holding) -> Result<Box<dyn Connector>> {
    kept(holding)?;
    if let Some(fault) = barred(office, holding)? {
        return Err(Error::Holding(fault));
    }
    open_map(office, &holding.map)
}

/// Why a holding may not be reached where it is: it was named in the browser, and what may be named
/// there is something else by now.
///
/// # Errors
/// Of the database.
pub fn barred(office: &Office, holding: &Holding) -> Result<Option<Fault>> {
    if !holding.bound {
        return Ok(None);
    }
    Ok(places::outside(office, &holding.org, &holding.map)?.map(|(_, fault)| fault))
}

/// Reaches what a map names.
///
/// # Errors
/// It names the office's own files, or can't be reached.
pub fn open_map(office: &Office, map: &DataMap) -> Result<Box<dyn Connector>> {
    not_our_own(office, map)?;
    Ok(open(map, &base(office), limits(office))?)
}

/// Refuses to go on with a holding that is no longer kept.
///
/// # Errors
/// It is not.
pub fn kept(holding: &Holding) -> Result<()> {
    let Some(ended) = &holding.ended else { return Ok(()) };
    let why = format!(
        "{} is no longer kept since {}: take it up again first",
        holding.title,
        dates::full(ended.on)
    );
    let source_ = "house rule: what is no longer kept is neither searched nor changed";
    Err(Refusal { act: "use a holding", why, source_ }.into())
}

/// Refuses a map that names the office's own files: its key handed to a server as a password, or
/// the letters of every organisation read as a folder.
fn not_our_own(office: &Office, map: &DataMap) -> Result<()> {
    const OURS: [&str; 7] =
        ["office.key", "candour.toml", "office.db", "office.db-wal", "outbox", "work", "journal"];
    let base = base(office);
    let whole = |path: &Path| std::fs::canonicalize(path).ok();
    let ours: Vec<PathBuf> = OURS.iter().filter_map(|name| whole(&base.join(name))).collect();
    let source = &map.source;
    let named = [("path", &source.path), ("password_file", &source.password_file)];
    for (key, path) in named.into_iter().chain([("ca_file", &source.ca_file)]) {
        let Some(path) = path.as_deref().and_then(|p| whole(&base.join(p))) else { continue };
        let holds = |own: &PathBuf| path.starts_with(own) || own.starts_with(&path);
        if ours.iter().any(holds) {
            return Err(Error::Holding(Fault::new(
                FaultKind::Map,
                format!("{}, {key}", map.holding),
                "it names the office’s own files, or a folder with them",
                "Name the holding’s own file or folder.",
            )));
        }
    }
    Ok(())
}

/// The holdings in use.
///
/// # Errors
/// Of the database.
pub fn active(tx: &mut Tx<'_>, org: &str) -> Result<Vec<Holding>> {
    sql::all(tx, org)
}

/// Every holding there is or was: old cases name those that are no longer kept, too.
///
/// # Errors
/// Of the database.
pub fn known(tx: &mut Tx<'_>, org: &str) -> Result<Vec<Holding>> {
    sql::known(tx, org)
}

/// What a holding is called and who keeps it, as it may be kept.
pub(super) fn check_words(
    kind: HoldingKind,
    title: &str,
    post: Option<&str>,
    post_email: Option<&str>,
) -> Result<()> {
    if title.trim().is_empty() {
        return Err(Error::invalid("title", "Enter what people call this holding"));
    }
    if kind == HoldingKind::Paper && (post.is_none() || post_email.is_none()) {
        return Err(Error::invalid(
            "post",
            "A holding on paper needs the post to ask and their e-mail address",
        ));
    }
    let whole = |e: &str| e.split_once('@').is_some_and(|(a, b)| !a.is_empty() && !b.is_empty());
    if post_email.is_some_and(|e| !whole(e) || e.contains(char::is_whitespace)) {
        return Err(Error::invalid("post-email", "Enter a whole e-mail address, with its @"));
    }
    Ok(())
}

/// Tries the connection, then adds the holding with an empty map. The connection is tested
/// before anything is saved.
///
/// # Errors
/// Denied, the short name is taken, or the holding can't be reached.
pub fn add(office: &Office, by: &By, new: NewHolding) -> Result<(String, Option<Tested>)> {
    by.role.may(Permission::ManageHoldings)?;
    if !is_short_name(&new.short) {
        return Err(Error::invalid(
            "short",
            "The short name has lower case letters, digits and dashes only",
        ));
    }
    check_words(new.kind, &new.title, new.post.as_deref(), new.post_email.as_deref())?;
    let map = DataMap::new(&new.short, new.title.trim(), new.kind, new.source);
    map.sound(&new.short)?;
    let row = Holding {
        id: new_id(by.now),
        org: by.org.clone(),
        short: new.short,
        title: map.title.clone(),
        map,
        version: 1,
        post: new.post,
        post_email: new.post_email,
        checked: None,
        problems: Vec::new(),
        bound: places::binds(by),
        ended: None,
    };
    let tested = match row.is_paper() {
        true => None,
        false => Some(connect(office, &row)?.test()?),
    };
    let (by, vault, id) = (by.clone(), office.vault().clone(), row.id.clone());
    office.write(move |tx| insert(tx, &vault, &by, &row))?;
    Ok((id, tested))
}

fn insert(tx: &mut Tx<'_>, vault: &Vault, by: &By, row: &Holding) -> Result<Recorded<()>> {
    if sql::is_there(tx, &by.org, &row.short)? {
        let words = "There is already a holding with this short name, or there was one";
        return Err(Error::invalid("short", words));
    }
    sql::insert(tx, &by.org, row, by.now)?;
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let act = Act::new("holding.added")
        .about("holding", &row.id)
        .law("UK GDPR Art 30(1)")
        .say(&key, format!("{} ({})", row.title, sql::kind_word(row.map.kind)));
    Ok(Recorded::new(by, (), act))
}

/// Drafts the map from the live schema, keeping what a person has decided before.
///
/// # Errors
/// Denied, or the holding can't be reached.
pub fn draft(office: &Office, by: &By, holding: &Holding) -> Result<DataMap> {
    by.role.may(Permission::ManageHoldings)?;
    kept(holding)?;
    if holding.is_paper() {
        return Ok(holding.map.clone());
    }
    let mut connector = connect(office, holding)?;
    let fresh = scan::draft(connector.as_mut(), &holding.map, by.now)?;
    Ok(scan::merge(&holding.map, &fresh))
}

/// What is wrong between map, live schema and register. Empty when all is well.
///
/// # Errors
/// The holding can't be reached.
pub fn problems(office: &Office, org: &str, holding: &Holding) -> Result<Vec<Problem>> {
    let mut found = match holding.is_paper() {
        true => Vec::new(),
        false => {
            let schema = connect(office, holding)?.schema()?;
            holding.map.check(&schema)
        }
    };
    let known = office.read(|tx| register::activities(tx, org))?;
    for c in &holding.map.collection {
        if let Some(a) = &c.activity
            && !known.iter().any(|k| &k.short == a)
        {
            found.push(Problem {
                holding: holding.short.clone(),
                place: c.name.clone(),
                kind: ProblemKind::Wrong,
                what: format!("the activity {a} is not in the register"),
                remedy: "Add it to the register, or name another activity.".into(),
            });
        }
    }
    Ok(found)
}

/// A problem in one line.
pub fn line(p: &Problem) -> String {
    format!("{}: {}. {}", p.place, p.what.trim_end_matches('.'), p.remedy)
}

/// The holding with another map. What was counted in another place is forgotten, and a place that
/// was named in the browser binds.
pub fn with_map(by: &By, holding: &Holding, map: DataMap) -> Holding {
    let mut changed = Holding { title: map.title.clone(), map, ..holding.clone() };
    if changed.map.source != holding.map.source {
        changed.bound = places::binds(by);
        changed.map.collection.iter_mut().for_each(Collection::forget_census);
    }
    changed
}

/// Checks a map against the live schema and the register, and saves it with what was found.
///
/// # Errors
/// Denied, no longer kept, the holding can't be reached, or somebody else changed it meanwhile.
pub fn save_map(office: &Office, by: &By, holding: &Holding, map: DataMap) -> Result<Vec<Problem>> {
    by.role.may(Permission::ManageHoldings)?;
    map.sound(&holding.short)?;
    let changed = with_map(by, holding, map);
    let found = problems(office, &by.org, &changed)?;
    let lines: Vec<String> = found.iter().map(line).collect();
    let (by, vault, h) = (by.clone(), office.vault().clone(), holding.clone());
    office.write(move |tx| set_map(tx, &vault, &by, &h, &changed.map, &lines))?;
    Ok(found)
}

/// Saves a map and what its check found.
///
/// # Errors
/// Denied, no longer kept, or somebody else changed it meanwhile.
pub fn set_map(
    tx: &mut Tx<'_>,
    vault: &Vault,
    by: &By,
    holding: &Holding,
    map: &DataMap,
    problems: &[String],
) -> Result<Recorded<()>> {
    by.role.may(Permission::ManageHoldings)?;
    kept(holding)?;
    if map.kind != holding.map.kind || map.holding != holding.map.holding {
        return Err(Error::invalid(
            "map",
            "A map can't change the kind or the short name of its holding: add a new holding",
        ));
    }
    sql::set_map(tx, &by.org, &holding.id, holding.version, map, problems, Some(by.now))?;
    if map.source != holding.map.source {
        sql::set_bound(tx, &by.org, &holding.id, places::binds(by))?;
    }
    let key = vault.key_for(tx, &by.org, "office", by.now)?;
    let said = format!(
        "Data map of {}, version {}: {} collections, {} problems",
        holding.title,
        holding.version + 1,
        map.collection.len(),
        problems.len()
    );
    let act = Act::new("holding.map-set")
        .about("holding", &holding.id)
        .law("UK GDPR Art 30(1)")
        .say(&key, said);
    Ok(Recorded::new(by, (), act))
}

/// Scans and saves in one go: what `candour holding scan` and the button do.
///
/// # Errors
/// Denied, unreachable, or changed meanwhile.
pub fn scan_and_save(office: &Office, by: &By, holding: &Holding) -> Result<Vec<Problem>> {
    let mut drafted = holding.clone();
    drafted.map = draft(office, by, holding)?;
    let found = problems(office, &by.org, &drafted)?;
    let lines: Vec<String> = found.iter().map(line).collect();
    let (by, vault, h) = (by.clone(), office.vault().clone(), holding.clone());
    office.write(move |tx| set_map(tx, &vault, &by, &h, &drafted.map, &lines))?;
    Ok(found)
}

/// Checks and saves the outcome, with a fresh census: after it searches trust their indexes.
///
/// # Errors
/// Unreachable, or changed meanwhile.
pub fn check_and_save(office: &Office, by: &By, holding: &Holding) -> Result<Vec<Problem>> {
    by.role.may(Permission::SeeHoldings)?;
    kept(holding)?;
    let found = problems(office, &by.org, holding)?;
    let lines: Vec<String> = found.iter().map(line).collect();
    let (by, mut h, n) = (by.clone(), holding.clone(), found.len());
    if !h.is_paper() {
        scan::census(connect(office, holding)?.as_mut(), &mut h.map, by.now)?;
    }
    let vault = office.vault().clone();
    office.write(move |tx| {
        sql::set_map(tx, &by.org, &h.id, h.version, &h.map, &lines, Some(by.now))?;
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        let act = Act::new("holding.checked")
            .about("holding", &h.id)
            .say(&key, format!("{}: {n} problems", h.title));
        Ok(Recorded::new(&by, (), act))
    })?;
    Ok(found)
}

/// Keeps that a check could not reach a holding, so that the list and Today show it; once, until
/// something else is known.
///
/// # Errors
/// Of the database.
pub fn note_unreached(office: &Office, by: &By, holding: &Holding, fault: &Fault) -> Result<()> {
    let lines = vec![format!("{}{fault}", sql::UNREACHED)];
    if holding.problems == lines {
        return Ok(());
    }
    let (by, vault, h) = (by.clone(), office.vault().clone(), holding.clone());
    office.write(move |tx| {
        // Another check may have got through, or have kept the same.
        let there = sql::by_id(tx, &by.org, &h.id)?;
        if there.version != h.version || there.problems == lines {
            return Ok(Recorded::nothing(&by, ()));
        }
        sql::set_problems(tx, &by.org, &h.id, &lines)?;
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        let act = Act::new("holding.check-failed")
            .about("holding", &h.id)
            .law("UK GDPR Art 32(1)")
            .say(&key, format!("{}: {}", h.title, lines.join(" ")));
        Ok(Recorded::new(&by, (), act))
    })
}

/// Once a day: counts anew how identifiers are stored, so that searches may trust their indexes,
/// and checks the map.
///
/// # Errors
/// Unreachable, or changed meanwhile.
pub fn renew(office: &Office, by: &By, holding: &Holding) -> Result<()> {
    let mut counted = holding.clone();
    scan::census(connect(office, holding)?.as_mut(), &mut counted.map, by.now)?;
    let found = problems(office, &by.org, &counted)?;
    let lines: Vec<String> = found.iter().map(line).collect();
    let (by, vault, h) = (by.clone(), office.vault().clone(), holding.clone());
    office.write(move |tx| set_map(tx, &vault, &by, &h, &counted.map, &lines))
}
