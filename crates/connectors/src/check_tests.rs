use super::*;
use crate::schema::LiveField;
use crate::{Kind, map::HoldingKind, map::Source};

fn live(name: &str, fields: &[&str]) -> LiveCollection {
    let field = |f: &&str| LiveField { name: (*f).to_owned(), ..LiveField::default() };
    let fields = fields.iter().map(field).collect();
    LiveCollection { name: name.to_owned(), fields, ..LiveCollection::default() }
}

fn schema() -> Schema {
    Schema {
        collections: vec![
            live("bookings", &["id", "member_id"]),
            live("members", &["id", "email"]),
        ],
    }
}

fn field(name: &str, identifier: Option<Kind>) -> Field {
    Field {
        name: name.to_owned(),
        category: crate::Category::Other,
        identifier,
        part: None,
        others: false,
        mentions: false,
        as_stored: None,
        forms: Vec::new(),
        census: None,
        unsure: None,
        codes: std::collections::BTreeMap::new(),
    }
}

fn collection(name: &str, holds: Holds, field: Vec<Field>) -> Collection {
    Collection {
        name: name.to_owned(),
        holds,
        why: None,
        activity: Some("membership".to_owned()),
        key: Vec::new(),
        on_erasure: Erasure::Delete,
        keep_reason: None,
        unsure: None,
        field,
        link: Vec::new(),
    }
}

/// A map that fits and has every decision taken.
fn good() -> DataMap {
    let mut map = DataMap::new("club", "Club", HoldingKind::Sqlite, Source::default());
    let fields = vec![field("id", None), field("email", Some(Kind::Email))];
    let members = collection("members", Holds::Person, fields);
    let fields = vec![field("id", None), field("member_id", None)];
    let mut bookings = collection("bookings", Holds::Linked, fields);
    bookings.link.push(Link {
        fields: vec!["member_id".to_owned()],
        to: "members".to_owned(),
        to_fields: vec!["id".to_owned()],
        evidence: "declared".to_owned(),
        confirmed: true,
        refused: None,
    });
    map.collection = vec![members, bookings];
    map
}

/// Check after a change; the answer as "place: what".
fn after(change: impl FnOnce(&mut DataMap)) -> Vec<String> {
    let mut map = good();
    change(&mut map);
    let problems = map.check(&schema());
    assert!(problems.iter().all(|p| p.holding == "club" && !p.remedy.is_empty()));
    problems.into_iter().map(|p| format!("{}: {}", p.place, p.what)).collect()
}

fn one(problems: &[String], place: &str, words: &str) {
    let wanted = |p: &&String| p.starts_with(&format!("{place}: ")) && p.contains(words);
    assert_eq!(problems.iter().filter(wanted).count(), 1, "{place}, {words}: {problems:?}");
}

#[test]
fn a_good_map_has_no_problem() {
    assert_eq!(after(|_| ()), Vec::<String>::new());
}

#[test]
fn a_renamed_field_is_named() {
    let found = after(|m| m.collection[0].field[1].name = "email_address".to_owned());
    one(&found, "members.email_address", "perhaps renamed to email");
    one(&found, "members.email", "the map does not");
}

#[test]
fn a_renamed_table_is_named() {
    let found = after(|m| m.collection[0].name = "people".to_owned());
    one(&found, "people", "perhaps renamed to members");
    one(&found, "members", "the map does not");
}

#[test]
fn drift_is_told_both_ways() {
    let found = after(|m| drop(m.collection.remove(1)));
    one(&found, "bookings", "the map does not");
    let found = after(|m| m.collection[1].key = vec!["number".to_owned()]);
    one(&found, "bookings", "its key names number");
    let found = after(|m| m.collection[1].link[0].to_fields = vec!["no".to_owned()]);
    one(&found, "bookings.member_id", "members.no");
}

#[test]
fn open_decisions_are_told() {
    one(&after(|m| m.collection[0].activity = None), "members", "no activity");
    one(&after(|m| m.collection[0].on_erasure = Erasure::Undecided), "members", "decided");
    one(&after(|m| m.collection[0].on_erasure = Erasure::Keep), "members", "without a ground");
    one(&after(|m| m.collection[0].unsure = Some("why".into())), "members", "not sure: why");
    let unsure = |m: &mut DataMap| m.collection[0].field[1].unsure = Some("hm".into());
    one(&after(unsure), "members.email", "not sure: hm");
    let none = |m: &mut DataMap| m.collection[1].holds = Holds::None;
    one(&after(none), "bookings", "not why");
    let own = |m: &mut DataMap| m.collection[0].field[1].identifier = None;
    one(&after(own), "members", "no field of it tells a person");
}

#[test]
fn a_linked_collection_needs_a_confirmed_path() {
    let found = after(|m| m.collection[1].link[0].confirmed = false);
    one(&found, "bookings.member_id", "awaits a person: declared");
    one(&found, "bookings", "never searched");
    let found = after(|m| {
        m.collection[1].link[0].confirmed = false;
        m.collection[1].link[0].refused = Some("another member's id".into());
    });
    assert_eq!(found.len(), 1, "a refusal is a decision: {found:?}");
    one(&found, "bookings", "never searched");
}

#[test]
fn links_in_a_circle_come_to_an_end() {
    let found = after(|m| m.collection[1].link[0].to = "bookings".to_owned());
    one(&found, "bookings", "never searched");
}

#[test]
fn the_ends_of_a_link_must_pair() {
    let found = after(|m| m.collection[1].link[0].to_fields.push("email".to_owned()));
    one(&found, "bookings.member_id", "do not pair");
}

#[test]
fn a_view_need_not_be_mapped() {
    let mut schema = schema();
    schema.collections.push(LiveCollection { view: true, ..live("active", &["id"]) });
    assert_eq!(good().check(&schema), Vec::new());
}

#[test]
fn what_is_left_to_decide_is_known_without_the_holding() {
    let mut map = good();
    let left = |map: &DataMap, at: usize| {
        let all = map.undecided(&map.collection[at]);
        all.into_iter().map(|p| format!("{}: {}", p.place, p.what)).collect::<Vec<_>>()
    };
    assert_eq!((left(&map, 0), left(&map, 1)), (Vec::new(), Vec::new()));
    let members = &mut map.collection[0];
    members.field[0].codes =
        [("A", "Active"), ("L", " "), ("X", "")].map(|(c, m)| (c.into(), m.into())).into();
    members.field[1].unsure = Some("is it a person?".into());
    map.collection[1].link[0].confirmed = false;
    let all = left(&map, 0);
    assert_eq!(all.len(), 2, "{all:?}");
    one(&all, "members.id", "what 2 of its values mean");
    one(&all, "members.email", "is it a person?");
    let all = left(&map, 1);
    assert_eq!(all.len(), 2, "{all:?}");
    one(&all, "bookings.member_id", "awaits a person");
    one(&all, "bookings", "never searched");
    // The check against the holding says the same of them.
    assert_eq!(map.check(&schema()).len(), 4);
}
