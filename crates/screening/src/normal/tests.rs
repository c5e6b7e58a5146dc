use proptest::prelude::*;

use super::*;
use crate::Kind::*;

fn good(kind: Kind, cases: &[(&str, &str)]) {
    for (raw, normal) in cases {
        assert_eq!(normalise(kind, raw).as_deref(), Ok(*normal), "{kind:?} {raw}");
    }
}

fn bad(kind: Kind, error: NotNormal, cases: &[&str]) {
    for raw in cases {
        assert_eq!(normalise(kind, raw), Err(error), "{kind:?} {raw}");
    }
}

#[test]
fn emails() {
    good(
        Email,
        &[
            (" Amara.Quill@Example.ORG ", "amara.quill@example.org"),
            ("mailto:amara@example.org?subject=Hello", "amara@example.org"),
            ("Amara Quill <AMARA@example.org>", "amara@example.org"),
            ("<amara@example.org>", "amara@example.org"),
            ("amara+news@example.org", "amara+news@example.org"),
            ("o'brien@example.co.uk", "o'brien@example.co.uk"),
            ("o\u{2019}brien@example.co.uk", "o'brien@example.co.uk"),
            ("amara@bücher.example", "amara@xn--bcher-kva.example"),
            ("amara@XN--BCHER-KVA.example", "amara@xn--bcher-kva.example"),
            ("Ämara@example.org", "ämara@example.org"),
            ("ａｍａｒａ＠ｅｘａｍｐｌｅ．ｏｒｇ", "amara@example.org"),
            ("amara@\u{200b}example.org\u{feff}", "amara@example.org"),
            ("amara@example.org.", "amara@example.org"),
        ],
    );
    bad(Email, NotNormal::Email, &["amara", "@example.org", "a b@example.org", "a@b@example.org"]);
    bad(
        Email,
        NotNormal::EmailDomain,
        &[
            "amara@",
            "amara@example",
            "amara@-x.org",
            "amara@ex_ample.org",
            "amara@10.0.0.1",
            "a@b..c",
        ],
    );
    bad(Email, NotNormal::Empty, &["", "  ", "\u{200b}"]);
}

#[test]
fn weaker_emails() {
    let weak = |normal| weak_email(normal).unwrap();
    assert_eq!(weak("a.m.ara+news@gmail.com"), "amara@gmail.com");
    assert_eq!(weak("a.mara@googlemail.com"), "amara@gmail.com");
    assert_eq!(weak("a.mara+news@example.org"), "a.mara@example.org");
    assert_eq!(weak("+news@example.org"), "+news@example.org");
    assert_eq!(weak_email("amara"), None);
}

#[test]
fn phones() {
    for raw in [
        "07700 900123",
        "07700900123",
        "+44 7700 900123",
        "+44 (0)7700 900 123",
        "0044 7700 900123",
        "0044 (0) 7700-900-123",
        "447700900123",
        "44 (0) 7700 900123",
        "7700900123",
        "7700900123.0",
        "(07700) 900.123",
        "tel:+447700900123",
        "+4407700900123",
        "07700\u{a0}900\u{2011}123",
        "07700 900123 ext 12",
        "07700 900123 x12",
    ] {
        assert_eq!(normalise(Phone, raw).as_deref(), Ok("+447700900123"), "{raw}");
    }
    good(
        Phone,
        &[
            ("020 7946 0123", "+442079460123"),
            ("(0131) 496 0123", "+441314960123"),
            ("01632 960001", "+441632960001"),
            ("01204 52012", "+44120452012"),
            ("0800 123456", "+44800123456"),
            ("0800 1111", "+448001111"),
            ("+353 (0)1 234 5678", "+35312345678"),
            ("0033 1 23 45 67 89", "+33123456789"),
            ("+1 202 555 0173", "+12025550173"),
            ("+39 06 1234 5678", "+390612345678"),
        ],
    );
    bad(Phone, NotNormal::Rounded, &["4.47E+11", "4.47712E+11", "7,7e+09", "4E11"]);
    bad(
        Phone,
        NotNormal::Phone,
        &[
            "123",
            "960123",
            "07700 90012",
            "077009001234",
            "call me",
            "+999 123 456 789",
            "+44 12",
            "07700 900123 / 07700 900124",
            "0777",
            "+1 202 555 017",
            "00",
            "+",
        ],
    );
}

#[test]
fn member_numbers() {
    good(
        MemberNumber,
        &[("m-00 123", "M00123"), (" 00442 ", "00442"), ("hms/12", "HMS/12"), ("1–2", "12")],
    );
    bad(MemberNumber, NotNormal::MemberNumber, &["-", "--", "/"]);
    for (normal, loose) in [
        ("00442", "442"),
        ("M00123", "M123"),
        ("M000", "M0"),
        ("A00B", "A0B"),
        ("ABC", "ABC"),
        ("", ""),
    ] {
        assert_eq!(member_number_loose(normal), loose);
        assert_eq!(member_number_loose(loose), loose);
    }
}

#[test]
fn postcodes() {
    good(
        Postcode,
        &[
            ("m11ae", "M1 1AE"),
            ("B33 8TH", "B33 8TH"),
            ("cr2-6xh", "CR2 6XH"),
            ("DN55  1PT", "DN55 1PT"),
            ("w1a 0ax", "W1A 0AX"),
            ("EC1A1BB", "EC1A 1BB"),
            ("gir 0aa", "GIR 0AA"),
            ("SW1A OAA", "SW1A 0AA"),
            ("bf1 3aa", "BF1 3AA"),
        ],
    );
    bad(
        Postcode,
        NotNormal::Postcode,
        &[
            "M1", "M1 1A", "QA1 1AA", "AI1 1AA", "M1 1CA", "1M1 1AA", "M1 1AAA", "EC1I 1BB",
            "W1Z 0AX",
        ],
    );
}

#[test]
fn numbers_with_a_check() {
    good(NationalInsurance, &[("ab 12 34 56 c", "AB123456C"), ("JK-123456-D", "JK123456D")]);
    bad(
        NationalInsurance,
        NotNormal::NationalInsurance,
        &["AB123456", "AB123456E", "DA123456A", "AO123456A", "GB123456A", "TN123456A", "A1123456A"],
    );
    good(NhsNumber, &[("943 476 5919", "9434765919"), ("401-023-2137", "4010232137")]);
    bad(NhsNumber, NotNormal::CheckDigit, &["943 476 5918", "0000000000"]);
    bad(NhsNumber, NotNormal::NhsLength, &["943 476 591", "94347659190", "943476591X"]);
    good(
        Card,
        &[("4111 1111 1111 1111", "4111111111111111"), ("3782-822463-10005", "378282246310005")],
    );
    bad(Card, NotNormal::CheckDigit, &["4111 1111 1111 1112", "0000 0000 0000 0000"]);
    bad(Card, NotNormal::CardLength, &["4111", "4111x111 1111 1111"]);
    good(
        BankAccount,
        &[
            ("gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
            ("IBAN: DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
            ("12-34-56 12345678", "12-34-56 12345678"),
            ("123456/12345678", "12-34-56 12345678"),
        ],
    );
    bad(
        BankAccount,
        NotNormal::CheckDigit,
        &["GB82 WEST 1234 5698 7654 33", "GB82WEST123456987654"],
    );
    bad(BankAccount, NotNormal::BankAccount, &["12-34-56", "1234567", "12-34-56 1234567"]);
    assert_eq!(bank_account_uk("GB82WEST12345698765432").unwrap(), "12-34-56 98765432");
    assert_eq!(bank_account_uk("DE89370400440532013000"), None);
}

#[test]
fn dates_of_birth() {
    for raw in [
        "13/07/1980",
        "13.7.1980",
        "13-07-1980",
        "1980-07-13",
        "13 July 1980",
        "13th July, 1980",
        "July 13, 1980",
        "13 jul 1980",
        "the13 July 1980".trim_start_matches("the"),
        "1980-07-13T00:00:00",
        "13/07/1980 00:00",
        "13th of July 1980",
        "1980/07/13",
    ] {
        assert_eq!(normalise(Born, raw).as_deref(), Ok("1980-07-13"), "{raw}");
    }
    good(Born, &[("29/02/2024", "2024-02-29"), ("1 Sept 1999", "1999-09-01")]);
    bad(Born, NotNormal::BornCentury, &["13/07/80", "13 July 80"]);
    bad(
        Born,
        NotNormal::Born,
        &["07/13/1980", "29/02/2023", "31/04/1980", "July 1980", "1980", "0/1/1980", "13/07/1700"],
    );
}

#[test]
fn addresses() {
    let same = [
        "Flat 2, 14 St. John's Street, Harwich, CO12 3AB",
        "flat 2  14 saint johns st harwich co123ab",
        "Apartment 2, 14 St Johns Street, Harwich CO12 3AB, United Kingdom",
    ];
    for raw in same {
        assert_eq!(
            normalise(Address, raw).as_deref(),
            Ok("flat 2 14 st johns st harwich co123ab"),
            "{raw}"
        );
    }
    good(Address, &[("The Old House, Park Road", "the old hse pk rd"), ("UK", "uk")]);
    bad(Address, NotNormal::Empty, &["...", "-"]);
}

fn premises_of(raw: &str) -> Option<String> {
    premises(&normalise(Address, raw).unwrap())
}

#[test]
fn premises_are_the_numbers_and_the_postcode() {
    for (raw, same) in [
        ("1 Quay Street, Exwick, EX4 2AA", "1|EX42AA"),
        ("1 QUAY ST\nex42aa", "1|EX42AA"),
        ("1, EX4 2AA, UK", "1|EX42AA"),
        ("1 Quay Street, EX4 2AA, Exwick, Devon", "1|EX42AA"),
        ("1 Quay Street, EX4 OAA", "1|EX40AA"),
        ("Flat 2, 4B Quay St, EX4 2AA", "2,4b|EX42AA"),
        ("4b Quay Street, Apartment 2, Exwick EX4 2AA", "2,4b|EX42AA"),
        ("Flat 2, 2 Quay Street, EX4 2AA", "2,2|EX42AA"),
        ("Flat 3, 4B Quay Street, EX4 2AA", "3,4b|EX42AA"),
        ("Flat A, 12 Quay Street, EX4 2AA", "12|EX42AA"),
        ("12-14 Quay Street, EX4 2AA", "12,14|EX42AA"),
        ("12\u{2013}14 Quay Street, EX4 2AA", "12,14|EX42AA"),
        ("12A Quay Street, EX4 2AA", "12a|EX42AA"),
        ("Unit E1, 6 Quay Street, EX4 2AA", "6,e1|EX42AA"),
    ] {
        assert_eq!(premises_of(raw).as_deref(), Some(same), "{raw}");
    }
    for none in [
        "The Old House, Exwick, EX4 2AA",
        "1 Quay Street, Exwick",
        "EX4 2AA",
        "12 rue de la Gare, 75010 Paris",
        "1",
    ] {
        assert_eq!(premises_of(none), None, "{none}");
    }
}

#[test]
fn names() {
    good(Name, &[("Quill, Mrs Amara", "quill amara"), ("Dr Zoë O'Brien", "zoe obrien")]);
    bad(Name, NotNormal::Empty, &["Mr", "?"]);
}

#[test]
fn errors_do_not_repeat_the_value() {
    for kind in Kind::ALL {
        if let Err(error) = normalise(kind, "zqx@@0") {
            assert!(!error.to_string().contains("zqx"), "{error}");
        }
        assert_eq!(Kind::from_name(kind.name()), Some(kind));
    }
    assert_eq!(normalise(Name, &"a".repeat(2000)), Err(NotNormal::TooLong));
}

fn kind() -> impl Strategy<Value = Kind> {
    (0..Kind::ALL.len()).prop_map(|at| Kind::ALL[at])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn normal_forms_stand_still(kind in kind(), raw in ".{0,40}") {
        if let Ok(normal) = normalise(kind, &raw) {
            prop_assert_eq!(normalise(kind, &normal), Ok(normal.clone()));
        }
    }

    #[test]
    fn near_misses_stand_still(
        kind in kind(),
        raw in "[A-Za-z0-9 @.+()/'ſİǅﬁªΣß½-]{0,24}(@[a-zA-ZİßΣ.-]{1,12}\\.(uk|org))?",
    ) {
        if let Ok(normal) = normalise(kind, &raw) {
            prop_assert_eq!(normalise(kind, &normal), Ok(normal.clone()));
        }
    }

    #[test]
    fn premises_are_the_same_however_much_is_written(
        number in "[1-9][0-9]{0,2}[a-d]?",
        flat in prop::option::of("[1-9]"),
        street in "[A-Z][a-z]{2,8}",
        town in prop::option::of("[A-Z][a-z]{2,8}"),
        (end, short) in prop::sample::select(vec![("Street", "St"), ("Road", "rd."), ("", "")]),
        upper: bool,
    ) {
        let flat = flat.map(|f| format!("Flat {f}")).unwrap_or_default();
        let town = town.unwrap_or_default();
        let whole = format!("{flat}, {number} {street} {end}, {town}, EX4 2AA");
        let part = format!("{number} {street} {short}, {flat}, ex42aa");
        let part = if upper { part.to_uppercase() } else { part };
        let same = premises_of(&whole);
        prop_assert!(same.is_some());
        prop_assert_eq!(premises_of(&part), same);
        prop_assert_ne!(premises_of(&format!("9{whole}")), premises_of(&whole));
    }

    #[test]
    fn premises_of_anything_stand_still(raw in "[A-Za-z0-9 ,.'\u{df}-]{0,40}( EX4 2AA)?") {
        if let Ok(normal) = normalise(Address, &raw) {
            let again = normalise(Address, &normal).unwrap();
            prop_assert_eq!(premises(&again), premises(&normal));
        }
    }

    #[test]
    fn any_uk_writing_is_one_number(
        national in "(1[1-9]|2[03489]|7[0-9]|80|3[0347])[0-9]{8}",
        how in 0usize..5,
    ) {
        let (a, b) = national.split_at(4);
        let written = [
            format!("0{a} {b}"), format!("+44 (0){a}-{b}"), format!("0044{national}"),
            format!("44 {a} {b}"), national.clone(),
        ];
        prop_assert_eq!(normalise(Phone, &written[how]), Ok(format!("+44{national}")));
    }

    #[test]
    fn one_wrong_digit_is_seen(digits in "[0-9]{9}", at in 0usize..10, by in 1u8..10) {
        for check in b'0'..=b'9' {
            let mut number = digits.clone().into_bytes();
            number.push(check);
            if checks::nhs(&number) {
                number[at] = (number[at] - b'0' + by) % 10 + b'0';
                prop_assert!(!checks::nhs(&number));
            }
        }
    }
}
