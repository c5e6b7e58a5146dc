use proptest::prelude::*;

use super::*;
use crate::Kind::*;
use crate::likely_kind;

/// Kinds and written values found.
fn found(text: &str) -> Vec<(Kind, &str)> {
    recognise(text).into_iter().map(|hit| (hit.kind, &text[hit.start..hit.end])).collect()
}

#[test]
fn identifiers_in_letters() {
    for (text, expected) in [
        ("Write to amara.quill@example.org.", vec![(Email, "amara.quill@example.org")]),
        (
            "<mailto:a@example.org>, 'b@example.org'",
            vec![(Email, "a@example.org"), (Email, "b@example.org")],
        ),
        ("From: Amara <AQ@Example.ORG>;", vec![(Email, "AQ@Example.ORG")]),
        ("jö@bücher.example!", vec![(Email, "jö@bücher.example")]),
        ("jo07700900123@example.org", vec![(Email, "jo07700900123@example.org")]),
        ("07700900123@example.org", vec![(Email, "07700900123@example.org")]),
        ("Ring 07700 900123 after six.", vec![(Phone, "07700 900123")]),
        ("(020) 7946 0123, 12 people", vec![(Phone, "(020) 7946 0123")]),
        ("+44 (0)7700 900 123", vec![(Phone, "+44 (0)7700 900 123")]),
        ("0044 7700 900123", vec![(Phone, "0044 7700 900123")]),
        ("447700900123", vec![(Phone, "447700900123")]),
        ("Mobile 7700900123", vec![(Phone, "7700900123")]),
        ("paris +33 1 23 45 67 89", vec![(Phone, "+33 1 23 45 67 89")]),
        ("01632 960001 07700 900123", vec![(Phone, "01632 960001"), (Phone, "07700 900123")]),
        ("01204 52012", vec![(Phone, "01204 52012")]),
        ("07700\u{a0}900123", vec![(Phone, "07700\u{a0}900123")]),
        ("14 Mill Lane, Harwich CO12 3AB", vec![(Postcode, "CO12 3AB")]),
        ("sw1a 1aa or SW1A1AA", vec![(Postcode, "sw1a 1aa"), (Postcode, "SW1A1AA")]),
        ("NI AB 12 34 56 C, born 13/07/1980", vec![(NationalInsurance, "AB 12 34 56 C")]),
        ("ab123456c", vec![(NationalInsurance, "ab123456c")]),
        ("NHS no. 943 476 5919", vec![(NhsNumber, "943 476 5919")]),
        ("NHS 9434765919", vec![(NhsNumber, "9434765919")]),
        ("patient 4010232137 seen", vec![(NhsNumber, "4010232137")]),
        ("card 4111 1111 1111 1111 exp 12/27", vec![(Card, "4111 1111 1111 1111")]),
        ("378282246310005", vec![(Card, "378282246310005")]),
        ("IBAN GB82 WEST 1234 5698 7654 32.", vec![(BankAccount, "GB82 WEST 1234 5698 7654 32")]),
        ("sort code 12-34-56", vec![(BankAccount, "12-34-56")]),
        (
            "Sort code: 12-34-56 Account no: 12345678",
            vec![(BankAccount, "12-34-56 Account no: 12345678")],
        ),
        ("12-34-56 12345678", vec![(BankAccount, "12-34-56 12345678")]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn look_alikes_are_left_alone() {
    for text in [
        "on 13/07/1980 at 10:30",
        "13.07.1980 10:30",
        "01.02.2026 1030",
        "2026-11-22 10:20:30",
        "01-02-2026 09 30",
        "Order 01234567890",
        "order no: 0123456789",
        "Invoice 07700900123",
        "ISBN 978-0-306-40615-7",
        "ISBN 0-306-40615-2",
        "ISBN 0306406152",
        "EAN 5012345678900",
        "ref. 4010232137",
        "version 1.2.3.4",
        "£1,234,567.00",
        "0.123456789",
        "12 345 678",
        "4111 1111 1111 1112",
        "AB123456E",
        "GB123456A",
        "GB82 WEST 1234 5698 7654 33",
        "the M1 1st exit",
        "page A4 1BC",
        "e16bd and f4a1b2",
        "B2B 2CC",
        "XX1 1AA",
        "12-34-56",
        "10-11-12 and 13-14-15",
        "@amara",
        "a@b",
        "me @ home.org",
        "user@10.0.0.1",
        "1600-1700",
        "id=07700900123x",
        "3f07700900123",
        "https://example.org/07700900123/",
        "#07700900123",
        "999 943 476 5918",
        "123456789012345678901234567890",
        "20261122103000",
    ] {
        assert_eq!(found(text), vec![], "{text}");
    }
}

#[test]
fn normal_forms_come_with_the_hit() {
    let normals = |text: &str| recognise(text).into_iter().map(|h| h.normal).collect::<Vec<_>>();
    assert_eq!(normals("A.Quill@Example.org"), ["a.quill@example.org"]);
    assert_eq!(normals("Sort code 12 34 56, account number 12345678"), ["12-34-56 12345678"]);
    assert_eq!(normals("sort code 123456"), ["12-34-56"]);
    assert_eq!(normals("w1a0ax W1A0AX"), ["W1A 0AX"]);
}

#[test]
fn columns() {
    for (samples, kind, share) in [
        (vec!["a@example.org", "", "B@example.org", "n/a"], Email, 66),
        (vec!["07700 900123", "01632 960001"], Phone, 100),
        (vec!["CO12 3AB", "m1 1ae", "M1"], Postcode, 66),
        (vec!["13/07/1980", "1 Jan 1975"], Born, 100),
        (vec!["943 476 5919", "4010232137"], NhsNumber, 100),
        (vec!["AB123456C"], NationalInsurance, 100),
        (vec!["Amara Quill", "Novak, Bram", "J. Weber"], Name, 100),
        (vec!["14 Mill Lane, Harwich", "2 The High Street, Ely"], Address, 100),
        (vec!["4111 1111 1111 1111"], Card, 100),
        (vec!["GB82 WEST 1234 5698 7654 32"], BankAccount, 100),
    ] {
        assert_eq!(likely_kind(&samples), Some((kind, share)), "{samples:?}");
    }
    for samples in [
        vec![],
        vec!["", " "],
        vec!["12", "15.50"],
        vec!["2026-03-01", "2026-04-11"],
        vec!["2034567890"],
        vec!["yes", "no", "yes"],
    ] {
        assert_eq!(likely_kind(&samples), None, "{samples:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn hits_are_in_order_and_in_bounds(
        text in "([0-9]{1,6}|[ .@+()-]|[A-Z]{1,3}|[a-zé€]{1,4}|sort|a@b.org|ＡB|\n){0,30}",
    ) {
        let mut last = 0;
        for hit in recognise(&text) {
            prop_assert!(last <= hit.start && hit.start < hit.end && hit.end <= text.len());
            prop_assert!(text.get(hit.start..hit.end).is_some());
            last = hit.end;
        }
    }

    #[test]
    fn a_sign_is_found_where_it_stands(text in "([a-z ]{0,70}[0-9@é]?){0,3}") {
        let first = text.bytes().position(|b| b.is_ascii_digit() || b == b'@');
        prop_assert_eq!(sign(text.as_bytes()), first);
    }

    #[test]
    fn never_panics(text in any::<String>()) {
        recognise(&text);
        likely_kind(&[&text]);
    }

    #[test]
    fn a_known_identifier_is_found_anywhere(
        before in "[a-z ,]{0,20}",
        after in "[ ,;]?[a-z ]{0,9}",
    ) {
        let text = format!("{before} AB123456C{after}");
        let seen = recognise(&text).iter().any(|hit| hit.normal == "AB123456C");
        prop_assert_eq!(seen, !after.starts_with(|c: char| c.is_alphanumeric()));
    }
}
