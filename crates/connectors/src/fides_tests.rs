use super::*;

const THEATRE: &str = include_str!("../tests/data/theatre.fides.yml");

fn imported() -> Vec<Imported> {
    let source = Source { path: Some("theatre.db".into()), ..Source::default() };
    import(THEATRE, "theatre.fides.yml", HoldingKind::Sqlite, &source).expect("it comes over")
}

fn collection<'a>(map: &'a DataMap, name: &str) -> &'a Collection {
    map.collection(name).expect("it came over")
}

#[test]
fn each_dataset_becomes_a_map() {
    let all = imported();
    let heads: Vec<_> = all.iter().map(|i| (&*i.map.holding, &*i.map.title)).collect();
    assert_eq!(heads, [("theatre", "Theatre box office"), ("shop", "shop")]);
    assert_eq!(collection(&all[1].map, "buyers").holds, Holds::Person);
}

#[test]
fn keys_identities_and_categories_come_over() {
    let map = &imported()[0].map;
    let patrons = collection(map, "patrons");
    assert_eq!((patrons.holds, &*patrons.key), (Holds::Person, &["patron_ref".to_owned()][..]));
    let fields: Vec<_> =
        patrons.field.iter().map(|f| (&*f.name, f.category, f.identifier)).collect();
    let expected = [
        ("patron_ref", Category::Identifying, Some(Kind::MemberNumber)),
        ("mail", Category::Contact, Some(Kind::Email)),
        ("surname", Category::Name, Some(Kind::Name)),
        ("tel", Category::Contact, Some(Kind::Phone)),
        ("access_needs", Category::Health, None),
        ("household", Category::Other, None),
    ];
    assert_eq!(fields, expected);
    assert_eq!(patrons.field("surname").and_then(|f| f.part), Some(NamePart::Family));
    assert!(patrons.field("household").is_some_and(|f| f.unsure.is_some()));
    let guest = collection(map, "tickets").field("guest_name").cloned();
    assert!(guest.is_some_and(|f| f.others && f.identifier == Some(Kind::Name)));
}

#[test]
fn references_become_links_in_their_direction() {
    let map = &imported()[0].map;
    let ends = |name: &str| -> Vec<String> {
        let links = &collection(map, name).link;
        assert!(links.iter().all(|l| l.confirmed));
        links.iter().map(|l| format!("{:?} -> {} {:?}", l.fields, l.to, l.to_fields)).collect()
    };
    assert_eq!(ends("tickets"), [r#"["patron"] -> patrons ["patron_ref"]"#]);
    assert_eq!(ends("seat_needs"), [r#"["seat_id"] -> tickets ["seat_id"]"#]);
    assert_eq!(collection(map, "tickets").holds, Holds::Linked);
    assert_eq!(collection(map, "seat_needs").holds, Holds::Linked);
}

#[test]
fn what_leads_nowhere_is_marked() {
    let map = &imported()[0].map;
    let plays = collection(map, "plays");
    assert_eq!(plays.holds, Holds::None);
    assert!(plays.why.is_some());
    assert!(plays.unsure.as_ref().is_some_and(|u| u.contains("skip")));
    assert!(map.collection.iter().all(|c| c.on_erasure == Erasure::Undecided));
}

#[test]
fn what_does_not_come_over_is_told() {
    let notes = imported()[0].notes.join("\n");
    for words in [
        "patrons.patron_ref: an identity of your own",
        "patrons.access_needs has several categories",
        "patrons.household has fields inside it",
        "tickets.card_token refers to dataset payments",
        "masking strategies are not brought over",
    ] {
        assert!(notes.contains(words), "{words} in {notes}");
    }
}

#[test]
fn what_is_no_dataset_is_refused_with_its_line() {
    let refuse = |text: &str| {
        let source = Source { path: Some("x".into()), ..Source::default() };
        import(text, "x.yml", HoldingKind::Sqlite, &source).expect_err("it is refused")
    };
    let fault = refuse("dataset:\n  - name: theatre\n");
    assert_eq!(fault.kind, FaultKind::Map);
    assert!(fault.place.starts_with("x.yml, line "), "{fault}");
    assert!(refuse("a: [b").place.starts_with("x.yml"));
    let twice = THEATRE.replace("name: tickets", "name: patrons");
    assert!(refuse(&twice).what.contains("patrons is there twice"));
    // A bomb of aliases is stopped by the reader's own budget.
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..10 {
        let many = vec![format!("*a{}", n - 1); 10].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{many}]\n"));
    }
    refuse(&format!("{bomb}dataset: []\n"));
}
