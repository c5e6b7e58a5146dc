//! The sample society's holdings in the office: added, scanned, and decided as a person would
//! decide, from a file that reads like their notes.

use std::collections::BTreeMap;

use candour_connectors::words::NamePart;
use candour_connectors::{
    Category, Collection, DataMap, Erasure, HoldingKind, Holds, Kind, Problem, Source,
};
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::holdings::{acts, acts::NewHolding, sql};
use crate::office::Office;
use crate::proof::By;

/// A holding and the decisions about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// Short name.
    pub short: String,
    /// What people call it.
    pub title: String,
    /// What sort it is.
    pub kind: HoldingKind,
    /// File or folder, from the data folder.
    #[serde(default)]
    path: Option<std::path::PathBuf>,
    /// The post that keeps it, if it is on paper.
    #[serde(default)]
    post: Option<String>,
    /// Where the post is reached.
    #[serde(default)]
    post_email: Option<String>,
    /// Decisions about its tables, sheets and folders.
    #[serde(default)]
    collection: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    name: String,
    holds: Holds,
    #[serde(default)]
    why: Option<String>,
    #[serde(default)]
    activity: Option<String>,
    #[serde(default)]
    on_erasure: Erasure,
    #[serde(default)]
    keep_reason: Option<String>,
    /// Fields whose proposed link is right.
    #[serde(default)]
    links: Vec<String>,
    #[serde(default)]
    field: Vec<Meaning>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Meaning {
    name: String,
    category: Category,
    #[serde(default)]
    identifier: Option<Kind>,
    #[serde(default)]
    part: Option<NamePart>,
    #[serde(default)]
    others: bool,
    /// What its values mean.
    #[serde(default)]
    codes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    holding: Vec<Decided>,
}

/// Every holding of the sample society, with the decisions.
///
/// # Errors
/// The file does not parse.
pub fn all() -> Result<Vec<Decided>> {
    let file: File = toml::from_str(include_str!("decisions.toml"))
        .map_err(|e| Error::fault(format!("the sample decisions: {e}")))?;
    Ok(file.holding)
}

/// Puts a holding into the office and answers what its check found. Goes on where a run that died
/// left off; a map that was decided before is only checked.
///
/// # Errors
/// The holding can't be reached, or what was decided does not fit what is there.
pub fn put(office: &Office, by: &By, d: &Decided) -> Result<Vec<Problem>> {
    let find = || office.read(|tx| sql::by_short(tx, &by.org, &d.short));
    add(office, by, d)?;
    let holding = find()?;
    if holding.is_paper() {
        return Ok(Vec::new());
    }
    if holding.version > 2 {
        return acts::check_and_save(office, by, &holding);
    }
    // Version 1 is the empty map, version 2 the scan's draft: a person has not decided yet.
    if holding.version == 1 {
        acts::scan_and_save(office, by, &holding)?;
    }
    let holding = find()?;
    let mut map = holding.map.clone();
    decide(&mut map, d)?;
    acts::save_map(office, by, &holding, map)
}

/// Adds a holding that is not there yet, with an empty map.
///
/// # Errors
/// The holding can't be reached.
pub fn add(office: &Office, by: &By, d: &Decided) -> Result<()> {
    if !office.read(|tx| sql::is_there(tx, &by.org, &d.short))? {
        acts::add(office, by, new(d))?;
    }
    Ok(())
}

fn new(d: &Decided) -> NewHolding {
    NewHolding {
        short: d.short.clone(),
        title: d.title.clone(),
        kind: d.kind,
        source: Source { path: d.path.clone(), ..Source::default() },
        post: d.post.clone(),
        post_email: d.post_email.clone(),
    }
}

/// Writes the decisions into a drafted map. What nobody decided keeps the scan's mark, so the
/// check tells of it.
fn decide(map: &mut DataMap, d: &Decided) -> Result<()> {
    for choice in &d.collection {
        let found = map.collection.iter_mut().find(|c| c.name == choice.name);
        let Some(c) = found else {
            return Err(misfit(d, &choice.name));
        };
        c.holds = choice.holds;
        c.why.clone_from(&choice.why);
        c.activity.clone_from(&choice.activity);
        c.on_erasure = choice.on_erasure;
        c.keep_reason.clone_from(&choice.keep_reason);
        c.unsure = None;
        for link in c.link.iter_mut().filter(|l| l.fields.iter().all(|f| choice.links.contains(f)))
        {
            link.confirmed = true;
        }
        fields(c, choice, d)?;
    }
    Ok(())
}

fn fields(c: &mut Collection, choice: &Choice, d: &Decided) -> Result<()> {
    for meaning in &choice.field {
        let Some(field) = c.field.iter_mut().find(|f| f.name == meaning.name) else {
            return Err(misfit(d, &meaning.name));
        };
        field.category = meaning.category;
        field.identifier = meaning.identifier;
        field.part = meaning.part;
        field.others = meaning.others;
        field.codes.clone_from(&meaning.codes);
    }
    // Whoever decided about the collection has looked at its fields.
    for f in &mut c.field {
        f.unsure = None;
        f.codes.retain(|_, means| !means.is_empty());
    }
    Ok(())
}

fn misfit(d: &Decided, what: &str) -> Error {
    Error::fault(format!("the sample holding {} has no {what} to decide about", d.short))
}
