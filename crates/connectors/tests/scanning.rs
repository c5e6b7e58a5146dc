//! A first map of a database nobody has described, on each engine.

#![allow(clippy::expect_used, clippy::panic, reason = "tests only")]

mod house;

use candour_connectors::{
    Collection, DataMap, Erasure, HoldingKind, Holds, Kind, Link, ProblemKind, Stored, scan,
};
use house::{Basket, House, NOW, houses, seek};

/// A society's database as they grow: no foreign keys, each table in its own manner.
const SOCIETY: &str = "
CREATE TABLE members (id bigint PRIMARY KEY, member_no varchar(20) UNIQUE, forename varchar(60),
  surname varchar(60), email varchar(120), mobile varchar(30), dob date, referred_by bigint);
CREATE TABLE addresses (id bigint PRIMARY KEY, member_id bigint NOT NULL, line1 varchar(80),
  post_code varchar(10));
CREATE TABLE gifts (ref varchar(20) PRIMARY KEY, memberid bigint, amount int);
CREATE TABLE loans (id bigint PRIMARY KEY, member_no varchar(20), book_id bigint);
CREATE TABLE visits (id bigint PRIMARY KEY, user_id bigint, seen varchar(30));
CREATE TABLE replies (id bigint PRIMARY KEY, fk_member bigint, answer varchar(200));
CREATE TABLE answers (id bigint PRIMARY KEY, reply_id bigint, body varchar(200));
CREATE TABLE books (id bigint PRIMARY KEY, name varchar(80), pages int);
CREATE TABLE counters (id bigint PRIMARY KEY, member_id bigint);
INSERT INTO members VALUES
  (101, 'M101', 'Amara', 'Quill', 'amara@example.com', '07700 900123', '1980-02-01', NULL),
  (102, 'M102', 'Bram', 'Novak', 'bram@example.com', '07700 900124', '1975-12-24', 101),
  (103, 'M103', 'Chloe', 'Martin', 'chloe@example.org', NULL, NULL, 101);
INSERT INTO addresses VALUES (1, 101, '1 High Street', 'LS1 4AP'),
  (2, 103, '2 Mill Lane', 'LS2 9JT');
INSERT INTO gifts VALUES ('G1', 101, 500), ('G2', 102, 700);
INSERT INTO loans VALUES (1, 'M101', 7), (2, 'M103', 8);
INSERT INTO visits VALUES (1, 103, 'monday'), (2, 101, 'tuesday');
INSERT INTO replies VALUES (11, 102, 'yes');
INSERT INTO answers VALUES (1, 11, 'because');
INSERT INTO books VALUES (7, 'A short history of tea', 90), (8, 'On boats, 2nd edition', 300);
INSERT INTO counters VALUES (1, 5000), (2, 6000), (3, 7000);
";

fn draft(house: &House) -> DataMap {
    let head = house.map("");
    let mut connector = house.open(&head);
    scan::draft(connector.as_mut(), &head, NOW.parse().expect("a time")).expect("it scans")
}

fn society() -> Vec<(HoldingKind, House, DataMap)> {
    let scanned = houses().into_iter().map(|house| {
        house.sql(SOCIETY);
        let map = draft(&house);
        (house.kind, house, map)
    });
    scanned.collect()
}

fn collection<'a>(map: &'a DataMap, name: &str) -> &'a Collection {
    map.collection(name).expect("it was scanned")
}

fn link(map: &DataMap, name: &str) -> Link {
    let links = &collection(map, name).link;
    assert_eq!(links.len(), 1, "{name}: {links:?}");
    links[0].clone()
}

#[test]
fn the_draft_is_the_same_on_each_engine() {
    let mut first: Option<Vec<Collection>> = None;
    for (kind, _, map) in society() {
        let first = first.get_or_insert_with(|| map.collection.clone());
        assert_eq!(map.collection, *first, "{kind:?}");
        let text = map.to_toml().expect("it can be written");
        assert_eq!(DataMap::from_toml(&text, "draft").expect("it reads"), map);
        assert!(!text.contains("amara") && !text.contains("900123"), "no value in a map");
    }
}

#[test]
fn persons_and_their_identifiers_are_found() {
    let (_, _, map) = society().remove(0);
    let members = collection(&map, "members");
    assert_eq!((members.holds, &members.unsure), (Holds::Person, &None));
    let kinds: Vec<_> = members.field.iter().map(|f| f.identifier).collect();
    let expected = [
        None,
        Some(Kind::MemberNumber),
        Some(Kind::Name),
        Some(Kind::Name),
        Some(Kind::Email),
        Some(Kind::Phone),
        Some(Kind::Born),
        None,
    ];
    assert_eq!(kinds, expected);
    let email = members.field("email").expect("a field");
    assert_eq!((email.as_stored, email.census), (Some(Stored::Normal), NOW.parse().ok()));
    assert_eq!(members.key, ["id"]);
    assert_eq!(members.on_erasure, Erasure::Undecided);
}

#[test]
fn undeclared_links_are_proposed_with_their_evidence() {
    let (_, _, map) = society().remove(0);
    for (name, field, to, to_field, evidence) in [
        (
            "addresses",
            "member_id",
            "members",
            "id",
            "name member_id fits members.id; 2 of 2 sampled values found",
        ),
        (
            "gifts",
            "memberid",
            "members",
            "id",
            "name memberid fits members.id; 2 of 2 sampled values found",
        ),
        (
            "loans",
            "member_no",
            "members",
            "member_no",
            "name member_no fits members.member_no; 2 of 2 sampled values found",
        ),
        (
            "visits",
            "user_id",
            "members",
            "id",
            "name user_id fits members.id; 2 of 2 sampled values found",
        ),
        (
            "replies",
            "fk_member",
            "members",
            "id",
            "name fk_member fits members.id; 1 of 1 sampled values found",
        ),
        (
            "answers",
            "reply_id",
            "replies",
            "id",
            "name reply_id fits replies.id; 1 of 1 sampled values found",
        ),
    ] {
        let link = link(&map, name);
        assert_eq!(link.fields, [field]);
        assert_eq!((&*link.to, &*link.to_fields[0]), (to, to_field));
        assert_eq!(link.evidence, evidence);
        assert!(!link.confirmed, "a person confirms");
        assert_eq!(collection(&map, name).holds, Holds::Linked);
    }
}

#[test]
fn a_name_whose_values_are_not_there_is_no_link() {
    let (_, _, map) = society().remove(0);
    let counters = collection(&map, "counters");
    assert_eq!((counters.holds, counters.link.len()), (Holds::None, 0));
    assert!(counters.unsure.is_some());
}

#[test]
fn a_lookup_table_is_proposed_as_none_and_marked() {
    let (_, _, map) = society().remove(0);
    let books = collection(&map, "books");
    assert_eq!(books.holds, Holds::None);
    assert!(books.why.is_some() && books.unsure.is_some());
}

#[test]
fn declared_keys_come_confirmed() {
    for house in houses() {
        house.sql("CREATE TABLE members (id int PRIMARY KEY, email varchar(80))");
        house.sql(
            "CREATE TABLE seats (hall int, seat int, holder int, PRIMARY KEY (hall, seat), \
             FOREIGN KEY (holder) REFERENCES members (id))",
        );
        house.sql(
            "CREATE TABLE meals (id int PRIMARY KEY, hall int, seat int, \
             FOREIGN KEY (hall, seat) REFERENCES seats (hall, seat))",
        );
        let map = draft(&house);
        let holder = link(&map, "seats");
        assert!(holder.confirmed, "{:?}: {holder:?}", house.kind);
        assert_eq!((&*holder.to, &*holder.to_fields[0]), ("members", "id"));
        let meals = link(&map, "meals");
        assert!(meals.confirmed && meals.evidence == "declared as a foreign key");
        assert_eq!((meals.fields, meals.to_fields.len()), (vec!["hall".into(), "seat".into()], 2));
        assert_eq!(collection(&map, "seats").key, ["hall", "seat"]);
    }
}

#[test]
fn a_draft_is_checked_until_every_decision_is_taken() {
    for (kind, house, mut map) in society() {
        let schema = house.open(&map).schema().expect("a schema");
        let problems = map.check(&schema);
        assert!(problems.iter().all(|p| p.kind == ProblemKind::Undecided), "{kind:?}");
        assert!(problems.iter().any(|p| p.place == "addresses.member_id"), "{problems:?}");
        for c in &mut map.collection {
            c.activity = Some("membership".to_owned());
            c.on_erasure = Erasure::Delete;
            c.unsure = None;
            c.field.iter_mut().for_each(|f| f.unsure = None);
            c.link.iter_mut().for_each(|l| l.confirmed = true);
        }
        assert_eq!(map.check(&schema), Vec::new(), "{kind:?}");
        let mut basket = Basket::default();
        let amara = seek(&[(Kind::Email, "Amara@Example.com")]);
        house.open(&map).find(&map, &amara, &mut basket).expect("it searches");
        let places: Vec<&str> = basket.found.iter().map(|f| &*f.place).collect();
        assert_eq!(places, ["members", "addresses", "gifts", "loans", "visits"], "{kind:?}");
        let again = scan::merge(&map, &draft(&house));
        assert_eq!(again.check(&schema), Vec::new(), "a second scan keeps the decisions");
    }
}

#[test]
fn an_empty_database_gives_an_empty_map() {
    for house in houses() {
        if house.kind == HoldingKind::Sqlite {
            drop(house.file().execute_batch("VACUUM"));
        }
        assert_eq!(draft(&house).collection, Vec::new());
    }
}
