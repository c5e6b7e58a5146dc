//! The same request gives the same findings in SQLite, PostgreSQL and MySQL.

#![allow(clippy::expect_used, clippy::panic, reason = "tests only")]

mod house;

use candour_connectors::{
    Body, Category, Field, Found, Kind, Looked, Seek, Stored, Strength, learned,
};
use house::{House, find, houses, seek};

const CLUB: &str = include_str!("house/club.sql");
const MAP: &str = include_str!("house/club.toml");

fn club() -> Vec<House> {
    let houses = houses();
    for house in &houses {
        house.sql(CLUB);
    }
    houses
}

/// What each house tells of a person sought; all must tell the same.
fn told(seek: &Seek) -> Vec<String> {
    let mut answers = club().into_iter().map(|house| {
        let map = house.map(MAP);
        let (basket, _) = find(&house, &map, seek);
        assert_eq!(basket.missed, [], "{:?}", house.kind);
        (house.kind, basket.told())
    });
    let (_, first) = answers.next().expect("SQLite is always there");
    for (kind, told) in answers {
        assert_eq!(told, first, "{kind:?} against SQLite");
    }
    first
}

/// Only what is said of one place.
fn at(told: &[String], place: &str) -> Vec<String> {
    let place = format!("{place} ");
    told.iter().filter_map(|t| t.strip_prefix(&place)).map(str::to_owned).collect()
}

#[test]
fn an_email_finds_every_writing_of_it_and_nothing_else() {
    let told = told(&seek(&[(Kind::Email, "amara@example.com")]));
    let expected = [
        "id=1: strong e-mail, as written",
        "id=3: strong e-mail, in other letter case",
        "id=4: weak e-mail, but for a tag or dots",
    ];
    assert_eq!(at(&told, "members"), expected);
}

#[test]
fn links_are_followed_over_several_levels() {
    let told = told(&seek(&[(Kind::MemberNumber, "M-0042")]));
    let by = "found by member number, as written";
    assert_eq!(at(&told, "members"), ["id=1: strong member number, as written"]);
    assert_eq!(at(&told, "addresses"), [format!("id=1: strong belongs to members, {by}")]);
    let bookings = ["id=10", "id=11"].map(|l| format!("{l}: strong belongs to members, {by}"));
    assert_eq!(at(&told, "bookings"), bookings);
    let deep = format!("strong belongs to bookings, which belongs to members, {by}");
    let items = ["id=100", "id=102"].map(|l| format!("{l}: {deep}"));
    assert_eq!(at(&told, "items"), items);
    let seats = ["hall=A, seat=1", "hall=B, seat=1"].map(|l| format!("{l}: {deep}"));
    assert_eq!(at(&told, "seats"), seats);
    let deeper = deep.replace("strong belongs", "strong belongs to seats, which belongs");
    assert_eq!(at(&told, "seat_notes"), ["id=1", "id=3"].map(|l| format!("{l}: {deeper}")));
}

#[test]
fn a_row_met_on_two_ways_is_told_once_with_both_reasons() {
    let told = told(&seek(&[(Kind::MemberNumber, "m0042")]));
    let by = "strong belongs to members, found by member number, written another way";
    let expected = [format!("id=1: {by}"), format!("id=2: {by}"), format!("id=4: {by}; {by}")];
    assert_eq!(at(&told, "messages"), expected);
}

#[test]
fn links_in_a_circle_tell_every_row_once() {
    let told = told(&seek(&[(Kind::MemberNumber, "M-0042")]));
    let ids = |place| {
        let id = |t: String| t.split(':').next().unwrap_or("").to_owned();
        at(&told, place).into_iter().map(id).collect::<Vec<_>>()
    };
    assert_eq!(ids("threads"), ["id=1"]);
    assert_eq!(ids("posts"), ["id=1", "id=2"]);
}

#[test]
fn a_row_without_key_is_told_apart_by_its_content() {
    let told = at(&told(&seek(&[(Kind::MemberNumber, "M-0042")])), "remarks");
    assert_eq!(told.len(), 1, "{told:?}");
    let hash = told[0].strip_prefix("row ").and_then(|t| t.split(':').next()).unwrap_or("");
    assert!(hash.len() == 32 && hash.chars().all(|c| c.is_ascii_hexdigit()), "{told:?}");
}

#[test]
fn a_shared_telephone_under_another_name_is_weak_with_all_that_hangs_on_it() {
    let mut person = seek(&[(Kind::Phone, "07700 900123")]);
    person.names = vec!["Amara Quill".to_owned()];
    let told = told(&person);
    let expected = ["id=1: strong telephone, as written", "id=2: weak same telephone, other name"];
    assert_eq!(at(&told, "members"), expected);
    let bookings = at(&told, "bookings");
    let weak = "id=12: weak belongs to members, found by same telephone, other name";
    assert!(bookings.contains(&weak.to_owned()), "{bookings:?}");
}

#[test]
fn what_hangs_on_a_weak_and_a_strong_row_is_strong() {
    for house in houses() {
        house.sql(
            "CREATE TABLE members (id int PRIMARY KEY, home int, name varchar(80), \
             phone varchar(20))",
        );
        house.sql("CREATE TABLE letters (id int PRIMARY KEY, home int)");
        house.sql(
            "INSERT INTO members VALUES (1, 7, 'Bram Quill', '07700900123'), \
             (2, 7, 'Amara Quill', '07700900123'), (3, 7, 'Gita Quill', '07700900123')",
        );
        house.sql("INSERT INTO letters VALUES (1, 7), (2, 8)");
        let map = house.map(
            "[[collection]]\nname = \"members\"\nholds = \"person\"\nfield = [\
             { name = \"name\", category = \"name\", identifier = \"name\" }, \
             { name = \"phone\", category = \"contact\", identifier = \"phone\" }]\n\
             [[collection]]\nname = \"letters\"\nholds = \"linked\"\nlink = [\
             { fields = [\"home\"], to = \"members\", to_fields = [\"home\"], \
             confirmed = true }]\n",
        );
        let mut person = seek(&[(Kind::Phone, "07700 900123")]);
        person.names = vec!["Amara Quill".to_owned()];
        let (basket, _) = find(&house, &map, &person);
        let letters = at(&basket.told(), "letters");
        let by = "found by telephone, written another way";
        assert_eq!(letters, [format!("id=1: strong belongs to members, {by}")], "{:?}", house.kind);
    }
}

#[test]
fn what_hangs_on_a_doubtful_row_stands_or_falls_with_it() {
    for house in club() {
        let mut person = seek(&[(Kind::Phone, "07700 900123")]);
        person.names = vec!["Amara Quill".to_owned()];
        let map = house.map(MAP);
        let (basket, _) = find(&house, &map, &person);
        let root = |place: &str, locator: &str| {
            let is = |f: &&Found| f.place == place && f.locator == locator;
            basket.found.iter().find(is).expect("it is found").root.clone()
        };
        let doubtful = Found::key("members", "id=2");
        assert_eq!(root("members", "id=2").as_deref(), Some(&*doubtful), "{:?}", house.kind);
        assert_eq!(root("bookings", "id=12").as_deref(), Some(&*doubtful), "{:?}", house.kind);
        assert_eq!(root("members", "id=1"), None, "nothing is in doubt: {:?}", house.kind);
        assert_eq!(root("bookings", "id=10"), None, "{:?}", house.kind);
    }
}

#[test]
fn telephones_in_any_writing() {
    let told = told(&seek(&[(Kind::Phone, "+441134960777")]));
    assert_eq!(at(&told, "members"), ["id=7: strong telephone, written another way"]);
}

#[test]
fn signs_that_patterns_know_are_taken_as_they_are() {
    for house in club() {
        house.sql(
            "INSERT INTO members (id, member_no, email) VALUES \
             (20, 'A%_!7', 'a!b_c%d@example.com'), (21, 'AxyZ7', 'axbxcxd@example.com')",
        );
        let map = house.map(MAP);
        for (kind, raw) in [(Kind::Email, "A!b_c%d@example.com"), (Kind::MemberNumber, "a%_!7")] {
            let (basket, _) = find(&house, &map, &seek(&[(kind, raw)]));
            let found: Vec<&str> = basket.found.iter().map(|f| &*f.locator).collect();
            assert_eq!(found, ["id=20"], "{:?} {kind:?}", house.kind);
        }
    }
}

#[test]
fn a_name_with_a_postcode_or_a_birthday_or_alone_is_weak() {
    let mut person = Seek { names: vec!["Amara Quill".to_owned()], ..Seek::default() };
    let alone = at(&told(&person), "members");
    assert_eq!(alone, ["id=1", "id=4", "id=6"].map(|id| format!("{id}: weak name alone")));
    person.born = Some("1980-02-01".to_owned());
    let by_birth = at(&told(&person), "members");
    let expected =
        ["id=1: weak name and date of birth", "id=5: weak similar name and date of birth"];
    assert_eq!(by_birth, expected);
    person.born = None;
    person.postcodes = vec!["LS1 4AP".to_owned()];
    let by_postcode = at(&told(&person), "members");
    assert_eq!(by_postcode, ["id=1: weak name and postcode", "id=6: weak name and postcode"]);
}

#[test]
fn rows_about_somebody_else_that_name_the_person_are_weak() {
    let named = "weak name alone, in a row about somebody else";
    let mut person = seek(&[(Kind::Email, "amara@example.com")]);
    person.names = vec!["Amara Quill".to_owned()];
    let bookings = at(&told(&person), "bookings");
    assert_eq!(bookings.last().map(String::as_str), Some(format!("id=12: {named}").as_str()));
    assert_eq!(bookings.len(), 3, "her own are told once: {bookings:?}");
    for house in club() {
        house.sql("INSERT INTO posts VALUES (9, 2, 'Thanks to QUILL, Amara')");
        house.sql("INSERT INTO posts VALUES (8, 2, 'Thanks to Amara Quillfeather')");
        let mut map = house.map(MAP);
        let posts = map.collection.iter_mut().find(|c| c.name == "posts").expect("posts");
        posts.field.push(Field {
            name: "body".into(),
            category: Category::Communication,
            identifier: None,
            part: None,
            others: false,
            mentions: true,
            as_stored: None,
            forms: Vec::new(),
            census: None,
            unsure: None,
            codes: std::collections::BTreeMap::new(),
        });
        let (basket, searched) = find(&house, &map, &person);
        let told = at(&basket.told(), "posts");
        assert_eq!(told.last().map(String::as_str), Some(format!("id=9: {named}").as_str()));
        assert_eq!(told.len(), 3, "{told:?}");
        let posts = searched.places.iter().find(|l| l.place == "posts").expect("posts");
        assert_eq!((posts.found, posts.by[1].as_str()), (3, "named in body, every row"));
    }
}

#[test]
fn a_row_comes_whole_in_column_order() {
    for house in club() {
        let map = house.map(MAP);
        let (basket, _) = find(&house, &map, &seek(&[(Kind::MemberNumber, "M-0042")]));
        let member = basket.found.iter().find(|f| f.place == "members").expect("she is found");
        let Body::Row { fields } = &member.body else { panic!("a row") };
        let value = |v: &str| Some(v.to_owned());
        let expected: Vec<(String, Option<String>)> = [
            ("id", value("1")),
            ("member_no", value("M-0042")),
            ("email", value("amara@example.com")),
            ("first_name", value("Amara")),
            ("last_name", value("Quill")),
            ("phone", value("07700 900123")),
            ("birth_date", value("1980-02-01")),
            ("photo", value("(binary, 3 bytes)")),
            ("notes", value("likes tea")),
        ]
        .map(|(n, v)| (n.to_owned(), v))
        .into();
        assert_eq!(*fields, expected, "{:?}", house.kind);
        let booking = basket.found.iter().find(|f| f.locator == "id=11" && f.place == "bookings");
        let Some(Body::Row { fields }) = booking.map(|f| &f.body) else { panic!("a row") };
        assert_eq!(fields[3], ("guest_name".to_owned(), None), "{:?}", house.kind);
    }
}

#[test]
fn a_search_says_where_it_looked_and_how() {
    for house in club() {
        let map = house.map(MAP);
        let (basket, searched) = find(&house, &map, &seek(&[(Kind::Email, "amara@example.com")]));
        let looked = |place: &str| -> &Looked {
            searched.places.iter().find(|l| l.place == place).expect("it was looked in")
        };
        let by = ["e-mail, with or without tag, every row"];
        assert_eq!(looked("members").by, by);
        assert_eq!(looked("members").found, 3);
        assert_eq!(looked("bookings").by, ["links to members", "named in guest_name, every row"]);
        assert_eq!(looked("messages").by, ["links to members", "links to members"]);
        assert_eq!(looked("seat_notes").found, 2);
        assert_eq!(searched.places.len(), 10, "all but the colours");
        assert_eq!(basket.progress.last(), Some(&(10, Some(10))));
    }
}

#[test]
fn a_census_lets_the_index_answer_with_the_same_findings() {
    for house in club() {
        let mut map = house.map(MAP);
        let mut connector = house.open(&map);
        let count = |c: &mut dyn candour_connectors::Connector, field, kind| {
            c.census("members", field, kind).expect("it counts")
        };
        assert_eq!(count(connector.as_mut(), "email", Kind::Email), Stored::Mixed);
        house.sql("UPDATE members SET email = lower(email)");
        assert_eq!(count(connector.as_mut(), "email", Kind::Email), Stored::Tagged);
        house.sql("UPDATE members SET email = replace(email, '+', '.')");
        assert_eq!(count(connector.as_mut(), "email", Kind::Email), Stored::Normal);
        assert_eq!(count(connector.as_mut(), "member_no", Kind::MemberNumber), Stored::Mixed);
        house.sql("UPDATE members SET member_no = upper(replace(member_no, '-', ''))");
        assert_eq!(count(connector.as_mut(), "member_no", Kind::MemberNumber), Stored::Tagged);
        assert_eq!(count(connector.as_mut(), "id", Kind::MemberNumber), Stored::Normal);
        let person = seek(&[(Kind::Email, "Amara@example.com")]);
        let (by_scan, _) = find(&house, &map, &person);
        let email = &mut map.collection[0].field[2];
        email.as_stored = Some(Stored::Normal);
        email.census = Some("2026-11-22T10:00:00Z".parse().expect("a time"));
        let (by_index, searched) = find(&house, &map, &person);
        assert_eq!(searched.places[0].by, ["e-mail, by index"]);
        assert_eq!(by_index.told(), by_scan.told(), "{:?}", house.kind);
        assert_eq!(by_index.told().iter().filter(|t| t.starts_with("members")).count(), 2);
    }
}

#[test]
fn a_census_of_forms_finds_telephones_and_postcodes_alike() {
    const MAP: &str = "[[collection]]\nname = \"people\"\nholds = \"person\"\n\
        field = [{ name = \"name\", category = \"name\", identifier = \"name\" }, \
        { name = \"tel\", category = \"contact\", identifier = \"phone\" }]\n\
        [[collection]]\nname = \"homes\"\nholds = \"linked\"\n\
        field = [{ name = \"postcode\", category = \"address\", identifier = \"postcode\" }]\n\
        link = [{ fields = [\"person\"], to = \"people\", to_fields = [\"id\"], confirmed = true }]\n";
    for house in houses() {
        house.sql("CREATE TABLE people (id int PRIMARY KEY, name varchar(80), tel varchar(40))");
        house.sql("CREATE TABLE homes (id int PRIMARY KEY, person int, postcode varchar(10))");
        house.sql("CREATE INDEX by_tel ON people (tel)");
        house.sql("CREATE INDEX by_postcode ON homes (postcode)");
        house.sql(
            "INSERT INTO people VALUES (1, 'Amara Quill', '07700 900123'), \
             (2, 'Amara Quill', '+44 (0)7700 900123'), (3, 'Bram Novak', '07700 900124'), \
             (4, 'A. Quill', ''), (5, 'Cato Reed', NULL)",
        );
        house
            .sql("INSERT INTO homes VALUES (1, 4, 'EX4 2AA'), (2, 5, 'ex42aa'), (3, 3, 'EX4 2AB')");
        let mut person = seek(&[(Kind::Phone, "+447700900123")]);
        person.names = vec!["Amara Quill".to_owned()];
        person.postcodes = vec!["EX4 2AA".to_owned()];
        let mut map = house.map(MAP);
        let (by_scan, searched) = find(&house, &map, &person);
        assert_eq!(searched.places[0].by[0], "telephone, every row", "{:?}", house.kind);
        let now = "2026-11-22T10:00:00Z".parse().expect("a time");
        candour_connectors::scan::census(house.open(&map).as_mut(), &mut map, now)
            .expect("it counts");
        let tel = &map.collection[0].field[1];
        assert_eq!(tel.forms, ["", "+99 (9)9999 999999", "99999 999999"], "{:?}", house.kind);
        assert_eq!(map.collection[1].field[0].as_stored, Some(Stored::Normal));
        let (by_index, searched) = find(&house, &map, &person);
        let by = ["telephone, by index", "name, and postcode in homes, by index there"];
        assert_eq!(searched.places[0].by, by, "{:?}", house.kind);
        assert_eq!(by_index.told(), by_scan.told(), "{:?}", house.kind);
        assert!(by_index.found.len() >= 3, "{:?}", by_index.told());
        // What a census did not foresee makes the search read every row again.
        for odd in ["07700 900123 / 07700 900124", "n/a"] {
            house.sql(&format!("UPDATE people SET tel = '{odd}' WHERE id = 5"));
            candour_connectors::scan::census(house.open(&map).as_mut(), &mut map, now)
                .expect("it counts");
            let whole = odd.len() > 5;
            assert_eq!(map.collection[0].field[1].forms.is_empty(), whole, "{odd}");
        }
        house.sql("UPDATE homes SET postcode = 'Ex4  2aa' WHERE id = 3");
        candour_connectors::scan::census(house.open(&map).as_mut(), &mut map, now)
            .expect("it counts");
        assert_eq!(map.collection[1].field[0].as_stored, Some(Stored::Mixed), "{:?}", house.kind);
    }
}

#[test]
fn strong_rows_teach_identifiers_and_others_do_not() {
    for house in club() {
        let map = house.map(MAP);
        let mut person = seek(&[(Kind::Phone, "07700 900123")]);
        person.names = vec!["Amara Quill".to_owned()];
        let (basket, _) = find(&house, &map, &person);
        let mut lessons: Vec<String> = Vec::new();
        for found in &basket.found {
            let learned = learned(&map, found);
            assert!(learned.is_empty() || found.strength() == Strength::Strong);
            assert!(learned.is_empty() || found.place == "members");
            lessons.extend(learned.iter().map(|i| format!("{:?} {}", i.kind, i.normal)));
            let from = learned.iter().all(|i| i.learned_from.as_deref() == Some("club, members"));
            assert!(from, "{learned:?}");
        }
        let expected = ["MemberNumber M0042", "Email amara@example.com", "Phone +447700900123"];
        assert_eq!(lessons, expected, "{:?}", house.kind);
    }
}

#[test]
fn a_sink_that_is_full_stops_the_search_and_the_session_lives_on() {
    for house in club() {
        let map = house.map(MAP);
        let mut connector = house.open(&map);
        let person = seek(&[(Kind::MemberNumber, "M-0042")]);
        let mut small = house::Basket { full_after: Some(2), ..house::Basket::default() };
        let fault = connector.find(&map, &person, &mut small).expect_err("the sink is full");
        assert_eq!(fault.place, "spool");
        assert_eq!(small.found.len(), 2);
        let mut whole = house::Basket::default();
        connector.find(&map, &person, &mut whole).expect("it searches again");
        assert_eq!(whole.found.len(), 17, "{:?}: {:?}", house.kind, whole.told());
    }
}

#[test]
fn many_rows_and_many_keys_come_through() {
    for house in houses() {
        house.sql("CREATE TABLE members (id int PRIMARY KEY, email varchar(80))");
        house.sql("CREATE TABLE letters (id int PRIMARY KEY, member_id int, body text)");
        house.sql("CREATE TABLE pages (id int PRIMARY KEY, letter_id int)");
        let rows = |from: u32, to: u32, row: fn(u32) -> String| {
            (from..to).map(row).collect::<Vec<_>>().join(", ")
        };
        house.sql("INSERT INTO members VALUES (1, 'amara@example.com'), (2, 'bram@example.com')");
        let letters = rows(0, 3000, |n| format!("({n}, {}, 'letter {n}')", 1 + n % 2));
        house.sql(&format!("INSERT INTO letters VALUES {letters}"));
        let pages = rows(0, 6000, |n| format!("({n}, {})", n / 2));
        house.sql(&format!("INSERT INTO pages VALUES {pages}"));
        let link = |field: &str, to: &str| {
            format!(
                "holds = \"linked\"\nlink = [{{ fields = [\"{field}\"], to = \"{to}\", \
                 to_fields = [\"id\"], confirmed = true }}]\n"
            )
        };
        let map = house.map(&format!(
            "[[collection]]\nname = \"members\"\nholds = \"person\"\n\
             field = [{{ name = \"email\", category = \"contact\", identifier = \"email\" }}]\n\
             [[collection]]\nname = \"letters\"\n{}[[collection]]\nname = \"pages\"\n{}",
            link("member_id", "members"),
            link("letter_id", "letters")
        ));
        let (basket, searched) = find(&house, &map, &seek(&[(Kind::Email, "amara@example.com")]));
        let found: Vec<u64> = searched.places.iter().map(|l| l.found).collect();
        assert_eq!(found, [1, 1500, 3000], "{:?}", house.kind);
        let mut locators: Vec<_> = basket.found.iter().map(|f| (&f.place, &f.locator)).collect();
        locators.sort();
        locators.dedup();
        assert_eq!(locators.len(), 4501, "{:?}: nothing twice", house.kind);
    }
}
