use candour_connectors::HoldingKind;
use candour_connectors::Source;

use super::*;

const MAP: &str = r#"
holding = "club"
title = "Club"
kind = "sqlite"
[source]
path = "club.db"
[[collection]]
name = "members"
holds = "person"
on_erasure = "keep"
unsure = "of what?"
[[collection.field]]
name = "full name"
category = "name"
identifier = "name"
part = "family"
as_stored = "mixed"
unsure = "a name of what?"
[[collection.field]]
name = "status"
category = "account"
mentions = true
codes = { A = "Active", L = "" }
[[collection]]
name = "visits"
holds = "linked"
on_erasure = "undecided"
[[collection.field]]
name = "member"
category = "system"
[[collection.link]]
fields = ["member"]
to = "members"
to_fields = ["status"]
evidence = "a guess"
[[collection]]
name = "colours"
holds = "none"
[[collection.field]]
name = "colour"
category = "other"
unsure = "what is it?"
"#;

fn map() -> DataMap {
    DataMap::from_toml(MAP, "map").unwrap()
}

fn again(f: &Filled, map: &DataMap, n: usize) -> Collection {
    read(f, map, &map.collection[n], &["membership".into()]).unwrap().unwrap()
}

#[test]
fn what_is_left_is_as_much_as_a_check_would_say() {
    let mut map = map();
    let count = |map: &DataMap| -> Vec<(usize, usize)> {
        let both = |c| (left(map, c).len(), map.undecided(c).len());
        map.collection.iter().map(both).collect()
    };
    assert_eq!(count(&map), [(5, 5), (4, 4), (2, 2)]);
    map.collection[0].field[0].identifier = None;
    map.collection[0].holds = Holds::Person;
    assert_eq!(count(&map)[0], (6, 6));
    map.collection[1].link[0].confirmed = true;
    assert_eq!(count(&map)[1], (2, 2));
}

#[test]
fn a_form_that_comes_back_as_it_was_changes_nothing() {
    let map = map();
    for (n, c) in map.collection.iter().enumerate().take(2) {
        let mut f = filled(c);
        f.set("keep-reason", "Accounts");
        let keep_reason = Some("Accounts".to_owned());
        assert_eq!(again(&f, &map, n), Collection { keep_reason, ..c.clone() });
    }
}

#[test]
fn a_mark_goes_by_deciding_and_a_census_with_its_identifier() {
    let map = map();
    let mut f = filled(&map.collection[0]);
    f.set("keep-reason", "Accounts");
    f.set("f0-identifier", "name:given");
    f.set("f1-codes", "A = Active\nL = Lapsed");
    f.set("activity", "membership");
    let new = again(&f, &map, 0);
    assert_eq!((new.field[0].part, &new.field[0].unsure), (Some(NamePart::Given), &None));
    assert!(new.field[0].as_stored.is_some(), "it still is a name");
    assert_eq!(new.unsure.as_deref(), Some("of what?"), "nobody said anything of this");
    f.set("f0-identifier", "");
    f.set("sure", "yes");
    let new = again(&f, &map, 0);
    assert_eq!((new.field[0].as_stored, new.unsure), (None, None));
    // Said at once of all that is doubtful.
    let mut f = filled(&map.collection[0]);
    f.set("keep-reason", "Accounts");
    f.set("looked", "yes");
    assert!(again(&f, &map, 0).field.iter().all(|f| f.unsure.is_none()));
}

#[test]
fn what_holds_nothing_personal_has_nothing_left_to_decide() {
    let map = map();
    for n in [1, 2] {
        let mut f = filled(&map.collection[n]);
        f.set("holds", "none");
        f.set("why", "Only days");
        let new = again(&f, &map, n);
        assert_eq!(left(&map, &new), Vec::new(), "{new:?}");
    }
}

#[test]
fn links_are_said_yes_or_no_to() {
    let map = map();
    let mut f = filled(&map.collection[1]);
    assert!(waits(&again(&f, &map, 1).link[0]));
    f.set("l0", "no");
    assert_eq!(again(&f, &map, 1).link[0].refused.as_deref(), Some("not right"));
    f.set("l0-why", "It is a day");
    assert_eq!(again(&f, &map, 1).link[0].refused.as_deref(), Some("It is a day"));
    f.set("l0", "yes");
    let new = again(&f, &map, 1);
    assert!(new.link[0].confirmed && new.link[0].refused.is_none());
    // One that is there already is confirmed by being added.
    f.set("l0", "");
    for (name, value) in
        [("link-fields", "member"), ("link-to", "members"), ("link-to-fields", "status")]
    {
        f.set(name, value);
    }
    let new = again(&f, &map, 1);
    assert!(new.link.len() == 1 && new.link[0].confirmed);
    f.set("link-to-fields", "full name");
    assert_eq!(again(&f, &map, 1).link.len(), 2);
    f.set("link-to-fields", "full name\nstatus");
    assert!(read(&f, &map, &map.collection[1], &[]).is_err());
}

#[test]
fn a_form_of_other_fields_is_no_form_of_this_table() {
    let map = map();
    let f = filled(&map.collection[0]);
    let mut other = map.collection[0].clone();
    other.field.swap(0, 1);
    assert!(matches!(read(&f, &map, &other, &[]), Err(Error::Conflict)));
    // Brought over, each choice stands at its field; a box that was left empty stays so.
    let mut f = filled(&map.collection[0]);
    f.set("f0-category", "health");
    f.set("why", "typed");
    f.0.retain(|(n, _)| n != "f1-mentions");
    other.field.insert(0, map.collection[2].field[0].clone());
    let over = onto(&f, &other);
    let at = |name: &str| over.get(name).to_owned();
    assert_eq!((at("f0-name"), at("f0-category")), ("colour".into(), "other".into()));
    assert_eq!((at("f1-name"), at("f2-name")), ("status".into(), "full name".into()));
    assert_eq!((at("f2-category"), at("why")), ("health".into(), "typed".into()));
    assert!(!over.ticked("f1-mentions"));
    other.field.truncate(1);
    assert!(!onto(&f, &other).ticked("f1-name"), "what is gone does not come back");
}

#[test]
fn every_word_of_the_form_is_one_of_the_map() {
    let source = Source { path: Some("x".into()), ..Source::default() };
    let map = DataMap::new("a", "A", HoldingKind::Sqlite, source);
    assert!(map.collection.is_empty());
    for (word, label) in identifiers() {
        let (kind, part) = identifier(&word).unwrap();
        assert!(!label.is_empty());
        let field =
            MapField { identifier: kind, part, ..self::map().collection[0].field[0].clone() };
        assert_eq!(identifier_word(&field), word);
    }
    assert!(identifier("name:none").is_none() && identifier("email:full").is_none());
}
