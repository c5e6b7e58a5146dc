//! Everything a pack is made from, gathered before the first byte is written: the case, each
//! search with its holding, what was decided, which places hold how much.

use std::collections::{BTreeMap, HashMap};

use candour_connectors::{Body, Looked};
use candour_db::Tx;
use candour_ledger::Entry;
use candour_screening::Subject;
use jiff::Timestamp;

use super::own::{self, Own};
use crate::charter::{self, Charter};
use crate::error::{Error, Result};
use crate::holdings::{self, Holding};
use crate::office::Office;
use crate::people;
use crate::proof::{self, By};
use crate::register::{self, Activity};
use crate::requests::acts::{self, Case};
use crate::requests::review::hanging;
use crate::requests::review::{self, Items, Mark, NOT_THEIRS};
use crate::requests::search::Record;
use crate::requests::search::{Missed, Owed};
use crate::requests::sql::{self, FindingRow, SearchRow};

/// What was decided about an item. Items without one go out as they are.
#[derive(Debug, Clone)]
pub enum Fate {
    /// These passages stay here.
    Redact(Vec<Mark>, Why),
    /// It stays here.
    Exclude(Why),
    /// It lies outside the time that was asked for; whether it is about this person at all may be
    /// in doubt, since nobody has to look at it.
    Outside {
        /// It may be about somebody else.
        doubtful: bool,
    },
    /// Nobody has decided yet, or a second person has not agreed.
    Open,
}

impl Fate {
    /// It was found to be somebody else's: nothing is kept from this person.
    pub fn not_theirs(&self) -> bool {
        matches!(self, Self::Exclude(why) if why.ground == NOT_THEIRS)
    }
}

/// Why something stays here.
#[derive(Debug, Clone, Default)]
pub struct Why {
    /// The word of the ground: `not-theirs`, `third-party`, …
    pub ground: String,
    /// The reason a person gave.
    pub reason: String,
}

/// What lies in one place of a holding.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Table, sheet, folder.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Messages and documents.
    pub things: u64,
    /// Number of its first item in the spool.
    pub first: u64,
    /// Number of its last item.
    pub last: u64,
    /// Columns in the order they were first seen.
    pub columns: Vec<String>,
}

/// A search with its holding.
#[derive(Debug, Clone)]
pub struct Part {
    /// The search.
    pub search: SearchRow,
    /// The holding.
    pub holding: Holding,
    /// What the search says of itself.
    pub record: Record,
    /// What was found where.
    pub places: Vec<Place>,
    /// What was decided, by number of the item.
    pub fates: HashMap<u64, Fate>,
}

impl Part {
    /// The holding has answered.
    pub fn done(&self) -> bool {
        self.search.state == "done"
    }

    /// The answer goes out without this holding.
    pub fn set_aside(&self) -> bool {
        self.search.state == "set-aside"
    }

    /// Nothing could be looked up there by what is known of the person.
    pub fn unasked(&self) -> bool {
        let places = &self.record.searched.places;
        self.done() && !places.is_empty() && places.iter().all(Looked::not_asked)
    }

    /// Parts that could not be read, when nobody has said why the answer can go without them.
    pub fn gaps(&self) -> u64 {
        match Owed::of(&self.search) {
            Ok(Owed::Parts(n)) => n,
            _ => 0,
        }
    }

    /// What could not be read, whether or not a person has said why the answer goes without it.
    pub fn missed(&self) -> &[Missed] {
        if self.done() { &self.record.missed } else { &[] }
    }

    /// What has been found of this person; nothing before the holding has answered. What a person
    /// has looked at and found to be somebody else's was not found of them.
    pub fn found(&self) -> u64 {
        let strange = self.fates.values().filter(|f| f.not_theirs()).count() as u64;
        if self.done() { self.search.items.saturating_sub(strange) } else { 0 }
    }
}

/// Everything a pack is made from.
pub struct Plan {
    /// The organisation.
    pub org: String,
    /// The case, opened.
    pub case: Case,
    /// The charter.
    pub charter: Charter,
    /// Number of the pack.
    pub number: u64,
    /// Packs of this case that went out before.
    pub earlier: u64,
    /// When it is made.
    pub made: Timestamp,
    /// Each search.
    pub parts: Vec<Part>,
    /// The register.
    pub activities: Vec<Activity>,
    /// What this office itself holds about the person.
    pub own_records: Own,
    /// Names and identifiers of the person, and the name on every page: never taken out.
    pub own: Vec<String>,
    /// The person, for telling others from them.
    pub subject: Subject,
    /// Proof files: name and text.
    pub proofs: Vec<(String, String)>,
    /// The public key that proofs are checked with.
    pub key: String,
}

impl Plan {
    /// Findings that wait for a person.
    pub fn open(&self) -> u64 {
        let open = |p: &&Part| p.fates.values().filter(|f| matches!(f, Fate::Open)).count() as u64;
        self.parts.iter().map(|p| open(&p)).sum()
    }

    /// Holdings that have not answered and are not set aside.
    pub fn unanswered(&self) -> u64 {
        self.parts.iter().filter(|p| !p.done() && !p.set_aside()).count() as u64
    }

    /// Holdings of which parts could not be read, and nobody has said why that may be.
    pub fn partly(&self) -> u64 {
        self.parts.iter().filter(|p| p.gaps() > 0).count() as u64
    }

    /// What has been found in all holdings, and in this office's own records.
    pub fn found(&self) -> u64 {
        let own = self.own_records.held.len() as u64;
        self.parts.iter().map(Part::found).sum::<u64>() + own
    }

    /// Copies are wanted, not only the information about the processing.
    pub fn copies(&self) -> bool {
        !self.case.body.wants.about_only
    }

    /// The state of the searches, to see whether anything changed while the pack was made.
    pub fn state(&self) -> Vec<State> {
        self.parts.iter().map(|p| state(&p.search)).collect()
    }
}

/// What tells one state of a search from another.
pub fn state(s: &SearchRow) -> State {
    (s.id.clone(), s.state.clone(), s.blob.clone(), s.reason.clone())
}

/// What tells one state of a search from another.
pub type State = (String, String, Option<String>, Option<String>);

/// Gathers everything.
///
/// # Errors
/// Not found, or a spool or a decision can't be read.
pub fn gather(office: &Office, by: &By, case_id: &str) -> Result<Plan> {
    let mut plan = office.read(|tx| read(tx, office, by, case_id))?;
    let subject = format!("case:{case_id}");
    let (org, vault, now) = (by.org.clone(), office.vault().clone(), by.now);
    // A chore, because a fresh checkpoint may have to be kept.
    plan.proofs = office.chore(move |tx| {
        let mut files = Vec::new();
        for (act, position) in proof_entries(tx, &org, &subject)? {
            let (text, _) = proof::proof_file(tx, &vault, &org, position, now)?;
            files.push((format!("proof/{}.tlog-proof", act.replace('.', "-")), text));
        }
        Ok(files)
    })?;
    for part in plan.parts.iter_mut().filter(|p| p.done()) {
        part.places = places(office, &by.org, &part.search)?;
    }
    Ok(plan)
}

fn read(tx: &mut Tx<'_>, office: &Office, by: &By, case_id: &str) -> Result<Plan> {
    let case = acts::load(tx, office, by, case_id)?;
    let charter = charter::current(tx, &by.org)?;
    let mut fates: HashMap<String, HashMap<u64, Fate>> = HashMap::new();
    for f in sql::findings(tx, &by.org, case_id)? {
        if let Some(fate) = fate(tx, office, by, &case, &charter, &f)? {
            fates.entry(f.search.clone()).or_default().insert(f.item, fate);
        }
    }
    let mut parts = Vec::new();
    for search in sql::searches(tx, &by.org, case_id)? {
        let holding = holdings::by_id(tx, &by.org, &search.holding)?;
        parts.push(Part {
            record: serde_json::from_str(&search.record)?,
            fates: fates.remove(&search.id).unwrap_or_default(),
            places: Vec::new(),
            holding,
            search,
        });
    }
    let seek = case.body.seek();
    let ids = seek.identifiers.iter().flat_map(|i| [i.normal.clone(), i.as_given.clone()]);
    Ok(Plan {
        org: by.org.clone(),
        own: seek
            .names
            .iter()
            .cloned()
            .chain(ids)
            .chain(seek.postcodes.clone())
            .chain([charter.organisation.legal_name.clone()])
            .collect(),
        subject: people::subject(&seek),
        number: sql::packs(tx, &by.org, case_id)?.first().map_or(0, |p| p.number) + 1,
        earlier: super::hand::told_before(tx, by, case_id)?,
        made: by.now,
        parts,
        own_records: own::look(tx, office, by, &case, &charter)?,
        activities: register::activities(tx, &by.org)?,
        charter,
        proofs: Vec::new(),
        key: proof::acts::log_key(office.vault(), &by.org)?.vkey().to_string(),
        case,
    })
}

fn fate(
    tx: &mut Tx<'_>,
    office: &Office,
    by: &By,
    case: &Case,
    charter: &Charter,
    f: &FindingRow,
) -> Result<Option<Fate>> {
    if review::waits(f, charter) {
        return Ok(Some(Fate::Open));
    }
    let mut why = || -> Result<Why> {
        let reason = review::opened(tx, office, &by.org, case, f)?.reason;
        Ok(Why { ground: f.ground.clone(), reason })
    };
    Ok(match f.decision.as_str() {
        "disclose" => None,
        "redact" => {
            let marks: Vec<Mark> = serde_json::from_str(&f.marks)?;
            Some(Fate::Redact(marks, why()?))
        }
        "exclude" if f.is_outside() => Some(Fate::Outside { doubtful: hanging::is_doubtful(f) }),
        "exclude" => Some(Fate::Exclude(why()?)),
        // Unknown words wait for a person rather than go out.
        _ => Some(Fate::Open),
    })
}

/// The entries whose proof goes with the pack: that the request came, that the search ended.
fn proof_entries(tx: &mut Tx<'_>, org: &str, subject: &str) -> Result<Vec<(String, u64)>> {
    const WANTED: [&str; 2] = ["request.received", "request.search-finished"];
    let mut found = BTreeMap::new();
    for row in proof::sql::entries_of(tx, org, subject, 1_000_000)? {
        let act = Entry::parse(&row.bytes)?.act;
        // Newest first: the first one of a kind is the last that happened.
        if WANTED.contains(&act.as_str()) {
            found.entry(act).or_insert(row.idx);
        }
    }
    Ok(found.into_iter().collect())
}

/// Reads the spool once: which places, from where to where, with which columns.
fn places(office: &Office, org: &str, search: &SearchRow) -> Result<Vec<Place>> {
    let mut all: Vec<Place> = Vec::new();
    for next in Items::open(office, org, search, 0)? {
        let (n, item) = next?;
        let i = match all.iter().rposition(|p| p.name == item.place) {
            Some(i) => i,
            None => {
                all.push(Place { name: item.place.clone(), first: n, ..Place::default() });
                all.len() - 1
            }
        };
        let place = &mut all[i];
        place.last = n;
        match item.body {
            Body::Row { fields } => {
                place.rows += 1;
                for (name, _) in fields {
                    if !place.columns.contains(&name) {
                        place.columns.push(name);
                    }
                }
            }
            _ => place.things += 1,
        }
    }
    let seen: u64 = all.iter().map(|p| p.rows + p.things).sum();
    if seen != search.items {
        return Err(Error::fault("a spool does not hold as many items as its search found"));
    }
    Ok(all)
}

/// A name as it may stand in a path of the pack.
pub fn safe(name: &str, most: usize) -> String {
    let mut out = String::new();
    for c in name.chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            _ if out.ends_with('-') || out.is_empty() => {}
            _ => out.push('-'),
        }
        if out.len() >= most {
            break;
        }
    }
    let out = out.trim_matches('-');
    if out.is_empty() { "unnamed".into() } else { out.into() }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn names_are_safe_in_a_path() {
        assert_eq!(safe("../../etc/Pass wd", 60), "etc-pass-wd");
        assert_eq!(safe("Ünï: Müll?", 60), "n-m-ll");
        assert_eq!(safe("…", 60), "unnamed");
        assert_eq!(safe("abcdef", 3), "abc");
    }
}
