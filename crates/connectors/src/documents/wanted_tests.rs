use super::*;

fn seek() -> Seek {
    let identifier = |kind, raw: &str| Identifier {
        kind,
        normal: normalise(kind, raw).expect("a good identifier"),
        as_given: raw.to_owned(),
        learned_from: None,
    };
    Seek {
        identifiers: vec![
            identifier(Kind::Email, "amara@example.com"),
            identifier(Kind::Phone, "07700 900123"),
            identifier(Kind::MemberNumber, "M00123"),
            identifier(Kind::NationalInsurance, "AB123456C"),
        ],
        names: vec!["Amara Quill".to_owned(), "Zoë O'Brien".to_owned()],
        postcodes: vec!["LS1 4AP".to_owned()],
        born: Some("1980-02-01".to_owned()),
    }
}

fn told(seek: &Seek, text: &str) -> Vec<String> {
    let word = |s| if s == Strength::Strong { "strong" } else { "weak" };
    let because = Wanted::new(seek).text("text", text);
    because.into_iter().map(|b| format!("{} {}", word(b.strength), b.how)).collect()
}

#[test]
fn identifiers_in_any_writing_are_strong() {
    for text in [
        "write to amara@example.com.",
        "Write to <AMARA@Example.COM>, please",
        "mailto:amara@example.com?subject=x",
        "ring 07700900123",
        "ring +44 7700 900123 now",
        "ring +44 (0)7700 900 123",
        "ring (07700) 900-123",
        "ring 0044 7700 900123",
        "Ref 07700\u{a0}900\u{a0}123",
        "member M00123",
        "(m-00123)",
        "NI AB 12 34 56 C",
        "ni ab123456c",
    ] {
        let found = told(&seek(), text);
        assert!(found.first().is_some_and(|f| f.starts_with("strong")), "{text}: {found:?}");
    }
}

#[test]
fn what_only_contains_an_identifier_is_nothing() {
    for text in [
        "",
        "xamara@example.com",
        "amara@example.com.au",
        "amara@example.comx",
        "107700900123",
        "077009001234",
        "XM00123",
        "M00123B",
        "AB123456D",
        "Amara",
        "Quill",
        "Amara met Bram Quill",
        "Quills of Amara Quilling",
        "LS1 4AP",
        "1 February 1980",
    ] {
        let found = told(&seek(), text);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

#[test]
fn weaker_writings_are_weak() {
    assert_eq!(told(&seek(), "amara+x@example.com"), ["weak e-mail, but for a tag or dots"]);
    assert_eq!(told(&seek(), "number M123"), ["weak member number, but for leading zeros"]);
}

#[test]
fn a_short_bare_number_needs_a_word_before_it() {
    let mut seek = Seek::default();
    seek.identifiers.push(Identifier {
        kind: Kind::MemberNumber,
        normal: "4711".to_owned(),
        as_given: "4711".to_owned(),
        learned_from: None,
    });
    assert_eq!(
        told(&seek, "it cost 4711 pounds"),
        ["weak member number, a short number in running text"]
    );
    assert_eq!(told(&seek, "member no. 4711"), ["strong member number, as written"]);
    assert!(told(&seek, "it cost 14711 pounds").is_empty());
}

#[test]
fn names_are_weak_and_say_what_stands_with_them() {
    for (text, expected) in [
        ("Dear Amara Quill,", vec!["weak name alone"]),
        ("QUILL, AMARA", vec!["weak name alone"]),
        ("Amara\nQuill", vec!["weak name alone"]),
        ("Amara J. Quill", vec!["weak name with an initial alone"]),
        ("Zoe O’Brien", vec!["weak name alone"]),
        ("zoe o'brien", vec!["weak name alone"]),
        ("ZOË OBRIEN", vec!["weak name alone"]),
        ("Amara Quill, Leeds LS1 4AP", vec!["weak name and postcode", "weak name alone"]),
        ("Amara Quill b. 01/02/1980", vec!["weak name and date of birth", "weak name alone"]),
        ("Amara Quill 1st Feb 1980", vec!["weak name and date of birth", "weak name alone"]),
        ("Amara Quill 1 February, 1980", vec!["weak name and date of birth", "weak name alone"]),
        ("Amara Quill 11 February 1980", vec!["weak name alone"]),
    ] {
        assert_eq!(told(&seek(), text), expected, "{text}");
    }
}

#[test]
fn one_word_is_no_name_to_search_for() {
    let seek = Seek { names: vec!["Amara".to_owned()], ..Seek::default() };
    assert!(told(&seek, "Amara Amara").is_empty());
}

#[test]
fn an_address_decides_whatever_name_it_carries() {
    let wanted = Wanted::new(&seek());
    let because = wanted.address("From", "AMARA@example.com");
    assert_eq!(because.len(), 1);
    assert_eq!((because[0].field.as_str(), because[0].strength), ("From", Strength::Strong));
    assert!(wanted.address("From", "bram@example.com").is_empty());
}

#[test]
fn names_of_files_are_read_without_their_ending() {
    let wanted = Wanted::new(&seek());
    for name in ["amara@example.com.pdf", "a/Amara_Quill.v2.docx", "07700-900123.txt"] {
        assert_eq!(wanted.name("file name", name).len(), 1, "{name}");
    }
    assert!(wanted.name("file name", "a/Amara_Weber.docx").is_empty());
}
