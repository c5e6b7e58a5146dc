use proptest::prelude::*;

use super::*;
use crate::{Identifier, Seek};

fn seek(identifiers: &[(Kind, &str)], names: &[&str]) -> Seek {
    let identifier = |(kind, raw): &(Kind, &str)| Identifier {
        kind: *kind,
        normal: normalise(*kind, raw).expect("a good identifier"),
        as_given: (*raw).to_owned(),
        learned_from: None,
    };
    Seek {
        identifiers: identifiers.iter().map(identifier).collect(),
        names: names.iter().map(|n| (*n).to_owned()).collect(),
        ..Seek::default()
    }
}

fn cell<'a>(kind: Kind, field: &'a str, value: &'a str) -> Cell<'a> {
    Cell { field, kind, part: crate::words::part(field), others: false, value }
}

fn others(cell: Cell<'_>) -> Cell<'_> {
    Cell { others: true, ..cell }
}

/// The reasons as "strength how".
fn told(seek: &Seek, cells: &[Cell<'_>]) -> Vec<String> {
    let word = |s| if s == Strength::Strong { "strong" } else { "weak" };
    let because = Judge::new(seek).row(cells);
    because.into_iter().map(|b| format!("{} {}", word(b.strength), b.how)).collect()
}

fn amara() -> Seek {
    seek(&[(Kind::Email, "amara@example.com")], &["Amara Quill"])
}

fn full() -> Seek {
    Seek {
        postcodes: vec!["LS1 4AP".to_owned()],
        born: Some("1980-02-01".to_owned()),
        ..seek(&[], &["Amara Quill"])
    }
}

#[test]
fn an_email_in_any_writing_is_strong() {
    for (stored, how) in [
        ("amara@example.com", "strong e-mail, as written"),
        ("Amara@Example.COM", "strong e-mail, in other letter case"),
        (" amara@example.com\r\n", "strong e-mail, as written"),
        ("Amara Quill <amara@example.com>", "strong e-mail, written another way"),
        ("x@example.com; amara@example.com", "strong e-mail, as written"),
        ("x@example.com / AMARA@example.com", "strong e-mail, in other letter case"),
    ] {
        let found = told(&amara(), &[cell(Kind::Email, "email", stored)]);
        assert_eq!(found, [how], "{stored}");
    }
}

#[test]
fn another_email_is_nothing() {
    for stored in ["", "bram@example.com", "amara@example.co", "xamara@example.com", "n/a", "@"] {
        let found = told(&amara(), &[cell(Kind::Email, "email", stored)]);
        assert!(found.is_empty(), "{stored}: {found:?}");
    }
}

#[test]
fn a_tag_or_dots_make_it_weak() {
    let tagged = told(&amara(), &[cell(Kind::Email, "email", "amara+news@example.com")]);
    assert_eq!(tagged, ["weak e-mail, but for a tag or dots"]);
    let dots = seek(&[(Kind::Email, "amaraquill@gmail.com")], &[]);
    let found = told(&dots, &[cell(Kind::Email, "email", "amara.quill@googlemail.com")]);
    assert_eq!(found, ["weak e-mail, but for a tag or dots"]);
}

#[test]
fn a_telephone_is_compared_by_its_number() {
    let seek = seek(&[(Kind::Phone, "07700 900123")], &[]);
    for stored in ["+447700900123", "07700-900-123", "0044 7700 900123", "(07700) 900123"] {
        let found = told(&seek, &[cell(Kind::Phone, "mobile", stored)]);
        assert_eq!(found, ["strong telephone, written another way"], "{stored}");
    }
    let two = told(&seek, &[cell(Kind::Phone, "tel", "0113 496 0123 / 07700 900123")]);
    assert_eq!(two, ["strong telephone, as written"]);
    assert!(told(&seek, &[cell(Kind::Phone, "tel", "07700 900124")]).is_empty());
}

#[test]
fn a_member_number_is_strong_but_for_leading_zeros() {
    let seek = seek(&[(Kind::MemberNumber, "M-00471")], &[]);
    let on = |stored| told(&seek, &[cell(Kind::MemberNumber, "member_no", stored)]);
    assert_eq!(on("m 00471"), ["strong member number, written another way"]);
    assert_eq!(on("m-00471"), ["strong member number, in other letter case"]);
    assert_eq!(on("M471"), ["weak member number, but for leading zeros"]);
    assert!(on("M4710").is_empty());
    assert!(on("471").is_empty());
}

#[test]
fn an_account_is_the_same_with_and_without_its_iban() {
    let seek = seek(&[(Kind::BankAccount, "GB82 WEST 1234 5698 7654 32")], &[]);
    let found = told(&seek, &[cell(Kind::BankAccount, "iban", "12-34-56 98765432")]);
    assert_eq!(found, ["strong bank account, written another way"]);
}

#[test]
fn a_kind_matches_its_own_kind_only() {
    let number = seek(&[(Kind::MemberNumber, "07700900123")], &[]);
    assert!(told(&number, &[cell(Kind::Phone, "tel", "07700900123")]).is_empty());
}

#[test]
fn another_name_in_the_row_makes_it_weak() {
    let seek = seek(&[(Kind::Phone, "07700 900123")], &["Amara Quill"]);
    let phone = cell(Kind::Phone, "phone", "07700 900123");
    let row = |given: &'static str, family: &'static str| {
        [phone, cell(Kind::Name, "first_name", given), cell(Kind::Name, "last_name", family)]
    };
    assert_eq!(told(&seek, &row("Bram", "Quill")), ["weak same telephone, other name"]);
    assert_eq!(told(&seek, &row("Amara", "Weber")), ["weak same telephone, other name"]);
    assert_eq!(told(&seek, &row("AMARA", "QUILL")), ["strong telephone, as written"]);
    assert_eq!(told(&seek, &row("Amarra", "Quill")), ["strong telephone, as written"]);
    assert_eq!(told(&seek, &row("", "Quill")), ["strong telephone, as written"]);
    assert_eq!(told(&seek, &row("", "")), ["strong telephone, as written"]);
}

#[test]
fn every_name_sought_and_every_name_in_the_row_counts() {
    let mut seek = seek(&[(Kind::Email, "amara@example.com")], &["Amara Quill", "Amara Weber"]);
    let email = cell(Kind::Email, "email", "amara@example.com");
    let named = |field, value| [email, cell(Kind::Name, field, value)];
    assert_eq!(told(&seek, &named("name", "Weber, Amara")), ["strong e-mail, as written"]);
    assert_eq!(told(&seek, &named("name", "Bram Novak")), ["weak same e-mail, other name"]);
    seek.names.truncate(1);
    let married = [
        email,
        cell(Kind::Name, "forename", "Amara"),
        cell(Kind::Name, "surname", "Novak"),
        cell(Kind::Name, "maiden_name", "Quill"),
    ];
    assert_eq!(told(&seek, &married), ["strong e-mail, as written"]);
    assert_eq!(told(&seek, &married[..3]), ["weak same e-mail, other name"]);
}

#[test]
fn without_a_name_in_the_request_nothing_is_taken_off() {
    let seek = seek(&[(Kind::Email, "amara@example.com")], &[]);
    let row =
        [cell(Kind::Email, "email", "amara@example.com"), cell(Kind::Name, "name", "Bram Novak")];
    assert_eq!(told(&seek, &row), ["strong e-mail, as written"]);
}

#[test]
fn a_field_about_others_is_weak_and_its_name_says_nothing_of_the_row() {
    let from = others(cell(Kind::Email, "guest_email", "amara@example.com"));
    let expected = ["weak e-mail, in a field that may be about somebody else"];
    assert_eq!(told(&amara(), &[from]), expected);
    let guest = others(cell(Kind::Name, "guest_name", "Bram Novak"));
    let row = [cell(Kind::Email, "email", "amara@example.com"), guest];
    assert_eq!(told(&amara(), &row), ["strong e-mail, as written"]);
    let guest = others(cell(Kind::Name, "guest_name", "Amara Quill"));
    let row = [guest, cell(Kind::Postcode, "postcode", "LS1 4AP")];
    assert!(told(&full(), &row).is_empty());
}

#[test]
fn a_name_alone_is_nothing() {
    assert!(told(&full(), &[cell(Kind::Name, "name", "Amara Quill")]).is_empty());
    let row = [
        cell(Kind::Name, "name", "Amara Quill"),
        cell(Kind::Postcode, "postcode", "LS2 9JT"),
        cell(Kind::Born, "dob", "02/02/1980"),
    ];
    assert!(told(&full(), &row).is_empty());
}

#[test]
fn a_postcode_or_birthday_alone_is_nothing() {
    let row = [cell(Kind::Postcode, "postcode", "LS1 4AP"), cell(Kind::Born, "dob", "1980-02-01")];
    assert!(told(&full(), &row).is_empty());
    let row = [row[0], row[1], cell(Kind::Name, "name", "Bram Quill")];
    assert!(told(&full(), &row).is_empty(), "another forename is another person");
}

#[test]
fn a_name_with_postcode_or_birthday_is_weak() {
    let with = |name, kind, field, value| {
        told(&full(), &[cell(Kind::Name, "name", name), cell(kind, field, value)])
    };
    let post = |name, code| with(name, Kind::Postcode, "postcode", code);
    assert_eq!(post("Amara Quill", "ls14ap"), ["weak name and postcode"]);
    assert_eq!(post("Quill, Ms Amara", "LS1  4AP"), ["weak name and postcode"]);
    assert_eq!(post("Amarra Quill", "LS1 4AP"), ["weak similar name and postcode"]);
    assert_eq!(post("A. Quill", "LS1 4AP"), ["weak part of the name and postcode"]);
    let born = |name, day| with(name, Kind::Born, "dob", day);
    assert_eq!(born("Amara Quill", "01/02/1980"), ["weak name and date of birth"]);
    assert_eq!(
        born("Amarra Quill", "1980-02-01 00:00:00"),
        ["weak similar name and date of birth"]
    );
    let address = with("Amara Quill", Kind::Address, "address", "1 High St, Leeds LS1 4AP");
    assert_eq!(address, ["weak name and postcode"]);
}

#[test]
fn all_reasons_are_told_strongest_first() {
    let seek = Seek { identifiers: amara().identifiers, ..full() };
    let row = [
        cell(Kind::Name, "name", "Amara Quill"),
        cell(Kind::Postcode, "postcode", "LS1 4AP"),
        cell(Kind::Email, "email", "amara@example.com"),
        cell(Kind::Email, "second_email", "amara+x@example.com"),
    ];
    let expected = [
        "strong e-mail, as written",
        "weak e-mail, but for a tag or dots",
        "weak name and postcode",
    ];
    assert_eq!(told(&seek, &row), expected);
}

#[test]
fn a_learned_identifier_says_where_it_was_learned() {
    let mut seek = amara();
    seek.identifiers[0].learned_from = Some("club, members".to_owned());
    let found = told(&seek, &[cell(Kind::Email, "email", "amara@example.com")]);
    assert_eq!(found, ["strong e-mail, as written (learned from club, members)"]);
}

#[test]
fn reasons_name_the_field_and_hold_no_value() {
    let seek = Seek { identifiers: amara().identifiers, ..full() };
    let row = [
        cell(Kind::Email, "email", "Amara@example.com"),
        cell(Kind::Name, "name", "Amara Quill"),
        cell(Kind::Born, "dob", "1980-02-01"),
    ];
    for because in Judge::new(&seek).row(&row) {
        let text = format!("{because:?}").to_lowercase();
        assert!(!text.contains("amara") && !text.contains("1980"), "{text}");
    }
}

proptest! {
    /// Whatever a row holds, judging neither panics nor finds someone without their identifier.
    #[test]
    fn noise_is_never_strong(value in "\\PC{0,40}", name in "\\PC{0,20}") {
        prop_assume!(!value.to_lowercase().contains("amara@example.com"));
        let row = [cell(Kind::Email, "email", &value), cell(Kind::Name, "name", &name)];
        let found = told(&amara(), &row);
        prop_assert!(found.iter().all(|f| !f.starts_with("strong")), "{:?}", found);
    }

    /// Letter case never decides.
    #[test]
    fn letter_case_never_decides(upper in proptest::collection::vec(any::<bool>(), 17)) {
        let stored: String = "amara@example.com"
            .chars()
            .zip(upper)
            .map(|(c, up)| if up { c.to_ascii_uppercase() } else { c })
            .collect();
        let found = told(&amara(), &[cell(Kind::Email, "email", &stored)]);
        prop_assert_eq!(found.len(), 1);
        prop_assert!(found[0].starts_with("strong"));
    }
}
