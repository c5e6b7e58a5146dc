use super::fields;
use super::*;
use crate::map::{HoldingKind, Source};
use crate::schema::LiveField;
use crate::words::NamePart;
use crate::{Category, Sample};

/// Draft one field from its name, type and values.
fn field(table: &str, name: &str, sql_type: &str, values: &[&str]) -> Field {
    let (name, sql_type) = (name.to_owned(), sql_type.to_owned());
    let column = LiveField { name: name.clone(), sql_type, ..LiveField::default() };
    let live = LiveCollection {
        name: table.to_owned(),
        fields: vec![column],
        ..LiveCollection::default()
    };
    let rows = values.iter().map(|v| vec![Some((*v).to_owned())]).collect();
    fields::draft(&live, &Sample { fields: vec![name], rows }).remove(0)
}

#[test]
fn name_and_values_agree() {
    let f = field("members", "email", "text", &["amara@example.com", "bram@example.org"]);
    assert_eq!((f.identifier, f.unsure), (Some(Kind::Email), None));
    let f = field("members", "mob", "varchar(20)", &["07700 900123", "07700900456"]);
    assert_eq!((f.identifier, f.unsure), (Some(Kind::Phone), None));
    let f = field("t", "surname", "text", &["Quill", "Weber", "Novak", "Silva"]);
    assert_eq!((f.identifier, f.part, f.unsure), (Some(Kind::Name), Some(NamePart::Family), None));
    let f = field("t", "dob", "date", &["1980-02-01"]);
    assert_eq!((f.identifier, f.unsure), (Some(Kind::Born), None));
}

#[test]
fn a_name_that_values_do_not_bear_out_is_marked() {
    let f = field("members", "email", "text", &["yes", "no", "yes"]);
    assert_eq!(f.identifier, Some(Kind::Email));
    assert!(f.unsure.is_some_and(|u| u.contains("do not look like it")));
    let f = field("members", "nino", "text", &[]);
    assert!(f.unsure.is_some_and(|u| u.contains("no value was there")));
}

#[test]
fn values_tell_where_the_name_does_not() {
    let f = field("t", "c17", "text", &["amara@example.com", "bram@example.org"]);
    assert_eq!((f.identifier, f.category), (Some(Kind::Email), Category::Contact));
    assert!(f.unsure.is_some_and(|u| u.contains("100 in 100")));
    let f = field("t", "c18", "text", &["blue", "x12", "-"]);
    assert_eq!((f.identifier, f.category), (None, Category::Other));
    assert!(f.unsure.is_some());
}

#[test]
fn a_whole_number_is_not_taken_for_a_telephone() {
    let f = field("t", "total", "bigint", &["7700900123", "7700900124"]);
    assert_eq!(f.identifier, None);
}

#[test]
fn a_lone_name_is_a_persons_among_persons_only() {
    let f = field("members", "name", "text", &["Amara Quill", "Bram Novak"]);
    assert_eq!((f.identifier, f.unsure), (Some(Kind::Name), None));
    let f = field("products", "name", "text", &["Blue kettle 2 litre", "Teapot no. 4"]);
    assert_eq!(f.identifier, None);
    assert!(f.unsure.is_some());
    let f = field("bookings", "guest_name", "text", &["Bram Novak"]);
    assert!(f.others && f.identifier == Some(Kind::Name));
}

#[test]
fn no_value_of_a_sample_enters_the_draft() {
    for (name, value) in [("c1", "amara@example.com"), ("email", "Amara!"), ("name", "Amara")] {
        let f = field("t", name, "text", &[value]);
        assert!(!format!("{f:?}").to_lowercase().contains("amara"), "{f:?}");
    }
}

fn collection(
    name: &str,
    fields: &[(&str, Option<Kind>)],
    link: Option<(&str, &str)>,
) -> Collection {
    let field = |(name, identifier): &(&str, Option<Kind>)| Field {
        name: (*name).to_owned(),
        category: Category::Other,
        identifier: *identifier,
        part: None,
        others: false,
        mentions: false,
        as_stored: None,
        forms: Vec::new(),
        census: None,
        unsure: None,
        codes: std::collections::BTreeMap::new(),
    };
    let link = link.map(|(field, to)| Link {
        fields: vec![field.to_owned()],
        to: to.to_owned(),
        to_fields: vec!["id".to_owned()],
        evidence: "declared".to_owned(),
        confirmed: true,
        refused: None,
    });
    Collection {
        name: name.to_owned(),
        holds: Holds::None,
        why: None,
        activity: None,
        key: vec!["id".to_owned()],
        on_erasure: Erasure::Undecided,
        keep_reason: None,
        unsure: None,
        field: fields.iter().map(field).collect(),
        link: link.into_iter().collect(),
    }
}

fn map(collection: Vec<Collection>) -> DataMap {
    let map = DataMap::new("club", "Club", HoldingKind::Sqlite, Source::default());
    DataMap { collection, ..map }
}

/// The live schema of a map in which links are NOT NULL or not.
fn schema(map: &DataMap, nullable: bool) -> Schema {
    let live = |c: &Collection| LiveCollection {
        name: c.name.clone(),
        fields: c
            .link
            .iter()
            .flat_map(|l| &l.fields)
            .map(|f| LiveField { name: f.clone(), nullable, ..LiveField::default() })
            .collect(),
        ..LiveCollection::default()
    };
    Schema { collections: map.collection.iter().map(live).collect() }
}

#[test]
fn holds_follows_from_identifiers_and_links() {
    let email = [("email", Some(Kind::Email))];
    let mut map = map(vec![
        collection("members", &email, None),
        collection("logins", &email, Some(("member_id", "members"))),
        collection("bookings", &[("event", None)], Some(("member_id", "members"))),
        collection("items", &[("what", None)], Some(("booking_id", "bookings"))),
        collection("colours", &[("colour", None)], None),
        collection("visitors", &[("name", Some(Kind::Name))], None),
    ]);
    let mut optional = map.clone();
    let live = schema(&map, false);
    decide(&mut map, &live);
    let holds: Vec<Holds> = map.collection.iter().map(|c| c.holds).collect();
    let (person, linked, none) = (Holds::Person, Holds::Linked, Holds::None);
    assert_eq!(holds, [person, linked, linked, linked, none, none]);
    let unsure = |at: usize| map.collection[at].unsure.clone().unwrap_or_default();
    assert!(unsure(4).contains("lookup table"));
    assert!(unsure(5).contains("name may be personal"));
    let live = schema(&optional, true);
    decide(&mut optional, &live);
    assert_eq!(optional.collection[1].holds, person, "some logins hang on nobody");
    assert!(optional.collection[1].unsure.is_some());
}

#[test]
fn two_tables_of_persons_that_hang_on_each_other_are_not_both_linked() {
    let email = [("email", Some(Kind::Email))];
    let mut map = map(vec![
        collection("users", &email, Some(("member_id", "members"))),
        collection("members", &email, Some(("user_id", "users"))),
    ]);
    let live = schema(&map, false);
    decide(&mut map, &live);
    let holds: Vec<Holds> = map.collection.iter().map(|c| c.holds).collect();
    assert_eq!(holds, [Holds::Linked, Holds::Person]);
}

#[test]
fn links_to_itself_or_to_nothing_personal_are_left_out() {
    let email = [("email", Some(Kind::Email))];
    let mut map = map(vec![
        collection("members", &email, Some(("referred_by", "members"))),
        collection("colours", &[("colour", None)], None),
    ]);
    let mut to_colours = collection("x", &[], Some(("colour_id", "colours"))).link;
    map.collection[0].link.append(&mut to_colours);
    let live = schema(&map, false);
    decide(&mut map, &live);
    assert_eq!(map.collection[0].holds, Holds::Person);
    assert_eq!(map.collection[0].link, Vec::new());
}

#[test]
fn a_second_scan_keeps_what_a_person_decided() {
    let email = [("email", Some(Kind::Email)), ("notes", None)];
    let mut old = map(vec![collection("members", &email, Some(("a", "x")))]);
    let members = &mut old.collection[0];
    members.holds = Holds::Person;
    members.activity = Some("membership".to_owned());
    members.on_erasure = Erasure::Delete;
    members.field[1].category = Category::Opinion;
    members.link[0].confirmed = false;
    members.link[0].refused = Some("another person".to_owned());
    let fresh_fields = [("email", Some(Kind::Email)), ("notes", None), ("dob", Some(Kind::Born))];
    let mut fresh = map(vec![
        collection("members", &fresh_fields, Some(("a", "x"))),
        collection("visits", &[], None),
    ]);
    fresh.collection[0].field[0].as_stored = Some(Stored::Normal);
    fresh.collection[0].field[1].unsure = Some("what is it?".to_owned());
    fresh.collection[0].field[2].unsure = Some("new".to_owned());
    fresh.collection[0].link[0].evidence = "fresh".to_owned();
    let merged = merge(&old, &fresh);
    let members = &merged.collection[0];
    assert_eq!(members.activity.as_deref(), Some("membership"));
    assert_eq!((members.holds, members.on_erasure), (Holds::Person, Erasure::Delete));
    assert_eq!(members.field[0].as_stored, Some(Stored::Normal));
    assert_eq!((members.field[1].category, &members.field[1].unsure), (Category::Opinion, &None));
    assert_eq!(members.field[2].unsure.as_deref(), Some("new"));
    assert!(!members.link[0].confirmed && members.link[0].refused.is_some());
    assert_eq!(members.link[0].evidence, "fresh");
    assert_eq!(merged.collection[1].name, "visits");
    assert_eq!(merge(&merged, &fresh), merged, "a third scan changes nothing");
}

#[test]
fn what_is_gone_stays_for_a_person_to_remove() {
    let old = map(vec![collection("members", &[("email", None)], None)]);
    let fresh = map(vec![collection("members", &[("email_address", None)], None)]);
    let merged = merge(&old, &fresh);
    let names: Vec<&str> = merged.collection[0].field.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["email", "email_address"]);
}

/// A field of a table of clubs' members, with so many of each value.
fn coded(name: &str, values: &[(&str, usize)]) -> Vec<String> {
    let all: Vec<&str> = values.iter().flat_map(|(v, n)| std::iter::repeat_n(*v, *n)).collect();
    let field = field("members", name, "text", &all);
    assert!(field.codes.values().all(String::is_empty), "a person says what they mean");
    field.codes.into_keys().collect()
}

#[test]
fn codes_are_listed_to_be_explained_only_where_they_are_nobodys_own() {
    assert_eq!(coded("status", &[("A", 60), ("L", 4)]), ["A", "L"]);
    assert_eq!(coded("membership_type", &[("adult", 30), ("child", 30)]), ["adult", "child"]);
    let none: [(&str, &[(&str, usize)]); 8] = [
        // One that comes once may be somebody's own.
        ("status", &[("A", 60), ("told Bram Novak", 1)]),
        ("status", &[("A", 20), ("L", 20)]),
        ("status", &[("A", 60)]),
        ("status", &[("A", 60), ("a note that somebody wrote", 60)]),
        ("status", &[("a@b.example", 60), ("b@b.example", 60)]),
        // Initials, and values of which the name does not say that they sort things.
        ("seen_by", &[("AQ", 60), ("BN", 60)]),
        ("surname", &[("Quill", 60), ("Novak", 60)]),
        ("postcode", &[("EX4 2AA", 60), ("EX4 2AB", 60)]),
    ];
    for (name, values) in none {
        assert_eq!(coded(name, values), Vec::<String>::new(), "{name} {values:?}");
    }
    let many: Vec<String> = (0..13).map(|n| format!("T{n}")).collect();
    let many: Vec<(&str, usize)> = many.iter().map(|v| (v.as_str(), 5)).collect();
    assert_eq!(coded("type", &many), Vec::<String>::new());
}

#[test]
fn a_second_scan_brings_new_codes_and_leaves_a_list_out_that_was_taken_out() {
    let with = |codes: &[(&str, &str)]| {
        let mut map = map(vec![collection("members", &[("status", None)], None)]);
        let codes = codes.iter().map(|(c, m)| ((*c).to_owned(), (*m).to_owned()));
        map.collection[0].field[0].codes = codes.collect();
        map
    };
    let fresh = with(&[("A", ""), ("L", "")]);
    let merged = merge(&with(&[("A", "Active")]), &fresh);
    assert_eq!(merged, with(&[("A", "Active"), ("L", "")]));
    assert_eq!(merge(&with(&[]), &fresh), with(&[]));
}
