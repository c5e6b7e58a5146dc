//! Which entries of the register the found data belongs to (UK GDPR Art 15(1)(a) to (h), (2)).

use std::collections::BTreeMap;

use super::pages::{Frame, Processing};
use super::plan::{Part, Place, Plan};
use crate::register::Activity;

/// An entry of the register with the places it covers.
#[derive(Debug, Clone)]
pub struct Use {
    /// The entry.
    pub a: Activity,
    /// Its title.
    pub title: String,
    /// Places where data of it was found.
    pub places: String,
    /// The basis in words.
    pub basis: &'static str,
    /// Its article.
    pub article: &'static str,
    /// "have it corrected, …"
    pub rights: String,
}

impl Processing {
    /// What the register lacks, each with what to do: it keeps the pack from being complete unless
    /// a person says why the answer can go without it.
    pub fn lacks(&self) -> Vec<String> {
        let places = self.uncovered.iter().map(|place| {
            format!(
                "The register has no entry for {place}. Add an entry, name it in the data map, and \
                 make the pack again."
            )
        });
        let entries = self.uses.iter().flat_map(|u| {
            u.a.unsaid().into_iter().map(|(_, todo)| {
                format!("The entry “{}” of the register has a gap: {todo}.", u.title)
            })
        });
        places.chain(entries).collect()
    }
}

/// The page, and the places that no entry covers.
pub fn page(plan: &Plan) -> Processing {
    let (mut covered, mut uncovered) = (BTreeMap::<usize, Vec<String>>::new(), Vec::new());
    for part in plan.parts.iter().filter(|p| p.found() > 0) {
        for place in &part.places {
            let name = match place.name == part.holding.title {
                true => part.holding.title.clone(),
                false => format!("{}, {}", part.holding.title, place.name),
            };
            let entries = entries(plan, part, place);
            if entries.is_empty() {
                uncovered.push(name.clone());
            }
            for i in entries {
                covered.entry(i).or_default().push(name.clone());
            }
        }
    }
    let uses = covered.into_iter().map(|(i, places)| told(&plan.activities[i], &places)).collect();
    Processing {
        f: Frame::of(plan, "About our use of your information", ""),
        used: plan.found() > 0,
        own: !plan.own_records.held.is_empty(),
        copies: plan.copies(),
        uses,
        uncovered,
        unsaid: "Our register does not say this yet. We will tell you as soon as it does.",
        email: plan.charter.contact.email.clone(),
        regulator: plan.charter.law.regulator.clone(),
        regulator_contact: plan.charter.law.regulator_contact.clone(),
    }
}

/// The data map's own word first, then the entries that name the holding.
fn entries(plan: &Plan, part: &Part, place: &Place) -> Vec<usize> {
    let named = part.holding.map.collection(&place.name).and_then(|c| c.activity.as_ref());
    let by_map = named.and_then(|n| plan.activities.iter().position(|a| &a.short == n));
    match by_map {
        Some(i) => vec![i],
        None => {
            let names = |a: &Activity| a.holdings.contains(&part.holding.short);
            (0..plan.activities.len()).filter(|i| names(&plan.activities[*i])).collect()
        }
    }
}

fn told(a: &Activity, places: &[String]) -> Use {
    let rights = a.basis.rights();
    let rights = match rights.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => rights.join(""),
    };
    Use {
        title: a.title.clone(),
        places: places.join("; "),
        basis: a.basis.words(),
        article: a.basis.article(),
        rights,
        a: a.clone(),
    }
}
