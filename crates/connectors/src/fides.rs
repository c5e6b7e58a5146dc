//! Bring along a dataset described for Fides (YAML) as a data map.
//!
//! Categories, keys, identities and references come over. What Fides does not ask (the activity,
//! what an erasure does, who else a field may be about) stays open for a person, and what has no
//! counterpart here is told in a note instead of being dropped in silence.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::map::{Collection, DataMap, Erasure, Field, HoldingKind, Holds, Link, Source};
use crate::words::{self, NamePart};
use crate::{Category, Fault, FaultKind, Kind};

/// One dataset, brought over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The data map; its source is the one given.
    pub map: DataMap,
    /// What did not come over, or has to be looked at.
    pub notes: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    dataset: Vec<Dataset>,
}

#[derive(Deserialize)]
struct Dataset {
    fides_key: String,
    name: Option<String>,
    #[serde(default)]
    collections: Vec<FidesCollection>,
}

#[derive(Deserialize)]
struct FidesCollection {
    name: String,
    #[serde(default)]
    fields: Vec<FidesField>,
    #[serde(alias = "fidesops_meta")]
    fides_meta: Option<CollectionMeta>,
}

#[derive(Deserialize)]
struct CollectionMeta {
    skip_processing: Option<bool>,
}

#[derive(Deserialize)]
struct FidesField {
    name: String,
    data_categories: Option<Vec<String>>,
    #[serde(alias = "fidesops_meta")]
    fides_meta: Option<FieldMeta>,
    fields: Option<Vec<FidesField>>,
}

#[derive(Deserialize, Default)]
struct FieldMeta {
    primary_key: Option<bool>,
    identity: Option<String>,
    references: Option<Vec<FidesReference>>,
    masking_strategy_override: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct FidesReference {
    dataset: String,
    field: String,
    direction: Option<String>,
}

/// Read every dataset of a file. `place` names the file in errors; kind and source are not part
/// of the format and go for all of them.
///
/// # Errors
/// [`FaultKind::Map`] with the line, if it is not YAML or not a dataset; and as
/// [`DataMap::from_toml`] for what it describes.
pub fn import(
    text: &str,
    place: &str,
    kind: HoldingKind,
    source: &Source,
) -> Result<Vec<Imported>, Fault> {
    let file: File = serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map(|l| format!(", line {}", l.line()));
        Fault::new(
            FaultKind::Map,
            format!("{place}{}", line.unwrap_or_default()),
            "this is not a Fides dataset",
            "Give the YAML file with `dataset:` at its head, as Fides exports it.",
        )
    })?;
    let import = |dataset: Dataset| Import::default().dataset(dataset, kind, source, place);
    file.dataset.into_iter().map(import).collect()
}

#[derive(Default)]
struct Import {
    notes: Vec<String>,
    /// Links by the collection that hangs.
    links: BTreeMap<String, Vec<Link>>,
    /// Whether any field says how it is to be masked.
    masks: bool,
}

impl Import {
    fn dataset(
        mut self,
        dataset: Dataset,
        kind: HoldingKind,
        source: &Source,
        place: &str,
    ) -> Result<Imported, Fault> {
        let key = dataset.fides_key;
        let title = dataset.name.unwrap_or_else(|| key.clone());
        let mut map = DataMap::new(&key, &title, kind, source.clone());
        for collection in dataset.collections {
            let collection = self.collection(&key, collection);
            map.collection.push(collection);
        }
        for (name, links) in self.links {
            match map.collection.iter_mut().find(|c| c.name == name) {
                Some(c) => c.link.extend(links),
                None => self.notes.push(format!("{name} is referred to but not described")),
            }
        }
        map.collection.iter_mut().for_each(settle);
        if self.masks {
            let note = "masking strategies are not brought over: decide on_erasure per collection";
            self.notes.push(note.to_owned());
        }
        let map = DataMap::from_toml(&map.to_toml()?, place)?;
        Ok(Imported { map, notes: self.notes })
    }

    fn collection(&mut self, dataset: &str, from: FidesCollection) -> Collection {
        let skipped = from.fides_meta.is_some_and(|m| m.skip_processing == Some(true));
        let mut to = Collection {
            name: from.name,
            holds: Holds::None,
            why: None,
            activity: None,
            key: Vec::new(),
            on_erasure: Erasure::Undecided,
            keep_reason: None,
            unsure: skipped.then(|| "Fides was told to skip it; why?".to_owned()),
            field: Vec::new(),
            link: Vec::new(),
        };
        let mut identity = false;
        for field in from.fields {
            identity |= self.field(dataset, &mut to, field);
        }
        if identity {
            to.holds = Holds::Person;
        }
        to
    }

    /// Bring one field over; whether Fides finds persons by it.
    fn field(&mut self, dataset: &str, c: &mut Collection, from: FidesField) -> bool {
        let meta = from.fides_meta.unwrap_or_default();
        let place = format!("{}.{}", c.name, from.name);
        if from.fields.is_some_and(|f| !f.is_empty()) {
            self.notes.push(format!("{place} has fields inside it, which do not come over"));
        }
        if meta.primary_key == Some(true) {
            c.key.push(from.name.clone());
        }
        self.masks |= meta.masking_strategy_override.is_some();
        for reference in meta.references.unwrap_or_default() {
            self.reference(dataset, &c.name, &from.name, &reference);
        }
        let categories = from.data_categories.unwrap_or_default();
        let category = categories.iter().map(|c| category(c)).min_by_key(|c| rank(*c));
        if categories.len() > 1 {
            self.notes.push(format!("{place} has several categories; the weightiest is kept"));
        }
        let read = words::read(&from.name);
        let (identifier, named) = identifier(meta.identity.as_deref(), &categories, &from.name);
        if named && meta.identity.is_some() && identifier == Some(Kind::MemberNumber) {
            let note = format!("{place}: an identity of your own is brought over as member number");
            self.notes.push(note);
        }
        let is_name = identifier == Some(Kind::Name);
        let others = read.is_some_and(|r| r.others) && meta.identity.is_none();
        let part = is_name.then(|| read.and_then(|r| r.part).unwrap_or(NamePart::Full));
        let unsure = category.is_none().then(|| "Fides gives it no category".to_owned());
        c.field.push(Field {
            name: from.name,
            category: category.unwrap_or(Category::Other),
            identifier,
            part,
            others: others && identifier.is_some(),
            mentions: false,
            as_stored: None,
            forms: Vec::new(),
            census: None,
            unsure,
            codes: std::collections::BTreeMap::new(),
        });
        meta.identity.is_some()
    }

    fn reference(&mut self, dataset: &str, name: &str, field: &str, to: &FidesReference) {
        let Some((other, other_field)) = to.field.split_once('.') else {
            self.notes.push(format!("{name}.{field}: its reference names no field"));
            return;
        };
        if to.dataset != dataset {
            self.notes.push(format!(
                "{name}.{field} refers to dataset {}: holdings are joined by identifiers here",
                to.dataset
            ));
            return;
        }
        let link = |fields: &str, to: &str, to_fields: &str| Link {
            fields: vec![fields.to_owned()],
            to: to.to_owned(),
            to_fields: vec![to_fields.to_owned()],
            evidence: "declared in the Fides dataset".to_owned(),
            confirmed: true,
            refused: None,
        };
        // "to": the other collection is found from this one.
        if to.direction.as_deref() == Some("to") {
            let link = link(other_field, name, field);
            self.links.entry(other.to_owned()).or_default().push(link);
        } else {
            let link = link(field, other, other_field);
            self.links.entry(name.to_owned()).or_default().push(link);
        }
    }
}

/// Decide how a collection is found, once its links are known.
fn settle(c: &mut Collection) {
    if c.holds == Holds::None && !c.link.is_empty() {
        c.holds = Holds::Linked;
    }
    if c.holds == Holds::None {
        c.why = Some("no identity and no reference leads to it in the Fides dataset".to_owned());
        c.unsure.get_or_insert_with(|| "does it hold personal data?".to_owned());
    }
}

/// What identifier a field holds, and whether that was said rather than read from its name.
fn identifier(identity: Option<&str>, categories: &[String], name: &str) -> (Option<Kind>, bool) {
    match identity {
        Some("email") => return (Some(Kind::Email), true),
        Some("phone_number") => return (Some(Kind::Phone), true),
        Some(_) => return (Some(Kind::MemberNumber), true),
        None => {}
    }
    let says = |prefix: &str| categories.iter().any(|c| c.starts_with(prefix));
    let by_category = if says("user.contact.email") {
        Some(Kind::Email)
    } else if says("user.contact.phone_number") {
        Some(Kind::Phone)
    } else if says("user.contact.address.postal_code") {
        Some(Kind::Postcode)
    } else if says("user.demographic.date_of_birth") {
        Some(Kind::Born)
    } else if says("user.name") {
        Some(Kind::Name)
    } else {
        None
    };
    let by_name = || {
        let read = words::read(name)?;
        let fits = categories.iter().any(|c| category(c) == read.category);
        read.identifier.filter(|_| fits)
    };
    (by_category.or_else(by_name), by_category.is_some())
}

/// Fides's categories by the beginning of their path, the longer before the shorter.
const CATEGORIES: &[(&str, Category)] = &[
    ("system", Category::System),
    ("user.account.username", Category::Online),
    ("user.account", Category::Account),
    ("user.authorization.biometric", Category::Biometric),
    ("user.authorization", Category::Credential),
    ("user.behavior", Category::Behaviour),
    ("user.biometric", Category::Biometric),
    ("user.contact.address", Category::Address),
    ("user.contact", Category::Contact),
    ("user.content.self_image", Category::Image),
    ("user.content", Category::Communication),
    ("user.correspondence", Category::Communication),
    ("user.credentials", Category::Credential),
    ("user.criminal_history", Category::Criminal),
    ("user.demographic.date_of_birth", Category::Birth),
    ("user.demographic.age", Category::Birth),
    ("user.demographic.race_ethnicity", Category::Ethnicity),
    ("user.demographic.ethnicity", Category::Ethnicity),
    ("user.demographic.political_opinion", Category::Politics),
    ("user.demographic.religious_belief", Category::Belief),
    ("user.demographic.sexual_orientation", Category::Sexuality),
    ("user.demographic", Category::Demographic),
    ("user.device", Category::Online),
    ("user.education", Category::Education),
    ("user.employment", Category::Employment),
    ("user.job_title", Category::Employment),
    ("user.workplace", Category::Employment),
    ("user.family", Category::Family),
    ("user.financial", Category::Financial),
    ("user.payment", Category::Financial),
    ("user.genetic", Category::Genetic),
    ("user.government_id", Category::Official),
    ("user.health_and_medical.genetic", Category::Genetic),
    ("user.health_and_medical", Category::Health),
    ("user.location", Category::Location),
    ("user.name", Category::Name),
    ("user.privacy_preferences", Category::Preference),
    ("user.telemetry", Category::Online),
    ("user.unique_id", Category::Identifying),
];

/// The category for one of Fides's dotted paths.
fn category(path: &str) -> Category {
    let within = |prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let longest = CATEGORIES.iter().filter(|(p, _)| within(p)).max_by_key(|(p, _)| p.len());
    longest.map_or(Category::Other, |(_, category)| *category)
}

/// Weightiest first: special categories, then personal data, then the system's own.
fn rank(category: Category) -> u8 {
    match category {
        c if c.is_special() => 0,
        Category::Criminal => 0,
        Category::System => 2,
        _ => 1,
    }
}

#[cfg(test)]
#[path = "fides_tests.rs"]
mod tests;
