//! Each entry has one encoding, and nothing else is accepted.

mod common;

use candour_ledger::{Entry, LedgerError, leaf_hash};
use common::{entry, entry_bytes, flipped};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

const PLAIN: &str = concat!(
    r#"{"v":1,"id":"018f3c2e-7b1a-7c3d-9e4f-0a1b2c3d4e5f","at":"2026-01-31T09:30:00.000Z","#,
    r#""actor":"public","act":"request.received","about":[],"law":[]}"#
);
const FULL: &str = concat!(
    r#"{"v":1,"id":"018f3c2e-7b1a-7c3d-9e4f-0a1b2c3d4e5f","at":"2024-02-29T23:59:59.999Z","#,
    r#""actor":"staff:018f","act":"holding.data_map.changed-again","#,
    r#""about":["case:SAR-2026/7","holding:members.v2"],"#,
    r#""law":["UK GDPR Art 12A(3)","Sch 2 § 5"],"#,
    r#""commit":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"}"#
);

#[test]
fn the_bytes_are_as_documented() {
    let at = "2026-01-31T09:30:00Z".parse().unwrap();
    let mut one =
        Entry::new("018f3c2e-7b1a-7c3d-9e4f-0a1b2c3d4e5f", at, "public", "request.received");
    assert_eq!(String::from_utf8(one.to_bytes().unwrap()).unwrap(), PLAIN);

    one.at = "2024-02-29T23:59:59.999Z".parse().unwrap();
    one.actor = "staff:018f".into();
    one.act = "holding.data_map.changed-again".into();
    one.about = vec!["case:SAR-2026/7".into(), "holding:members.v2".into()];
    one.law = vec!["UK GDPR Art 12A(3)".into(), "Sch 2 § 5".into()];
    one.commit = Some(std::array::from_fn(|i| i as u8));
    assert_eq!(String::from_utf8(one.to_bytes().unwrap()).unwrap(), FULL);
    assert_eq!(Entry::parse(FULL.as_bytes()).unwrap(), one);
    assert_eq!(one.leaf_hash().unwrap(), leaf_hash(FULL.as_bytes()));
}

#[test]
fn serde_writes_the_same_bytes() {
    for i in 0..500 {
        assert_eq!(serde_json::to_vec(&entry(i)).unwrap(), entry_bytes(i));
        assert_eq!(serde_json::from_slice::<Entry>(&entry_bytes(i)).unwrap(), entry(i));
        assert_eq!(Entry::parse(&entry_bytes(i)).unwrap(), entry(i));
    }
}

#[test]
fn times_are_cut_to_the_millisecond() {
    for (given, kept) in [
        ("2026-01-31T09:30:00.123999Z", "2026-01-31T09:30:00.123Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
    ] {
        let id = "018f3c2e-7b1a-7c3d-9e4f-0a1b2c3d4e5f";
        let one = Entry::new(id, given.parse().unwrap(), "public", "a.b");
        assert_eq!(one.at, kept.parse().unwrap());
        assert_eq!(Entry::parse(&one.to_bytes().unwrap()).unwrap(), one);
    }
}

#[test]
fn a_commitment_is_a_salted_hash() {
    let expected = Sha256::new().chain_update([2]).chain_update([9; 32]).chain_update(b"payload");
    assert_eq!(Entry::commit(&[9; 32], b"payload"), *expected.finalize());
    assert_ne!(Entry::commit(&[9; 32], b"payload"), Entry::commit(&[8; 32], b"payload"));
}

/// Departures from the canonical form that a lenient JSON reader would take for the same entry, and
/// values that the format has no room for.
#[test]
fn other_encodings_are_refused() {
    let changes = [
        (r#"{"v":1,"#, r#"{ "v":1,"#),
        (r#""v":1"#, r#""v":1.0"#),
        (r#""v":1"#, r#""v":2"#),
        (r#"{"v":1,"#, r#"{"v":1,"v":1,"#),
        ("018f3c2e", "018F3C2E"),
        ("018f3c2e-", "018f3c2e0"),
        ("0a1b2c3d4e5f", "0a1b2c3d4e5"),
        ("2024-02-29", "2023-02-29"),
        ("2024-02-29", "1900-02-29"),
        ("2024-02-29", "2024-02-30"),
        ("2024-02-29", "2024-04-31"),
        ("2024-02-29", "2024-00-29"),
        ("2024-02-29", "2024-13-29"),
        ("2024-02-29", "2024-02-00"),
        ("23:59:59", "24:00:00"),
        ("23:59:59", "23:60:59"),
        ("23:59:59", "23:59:60"),
        (".999Z", "Z"),
        (".999Z", ".999999Z"),
        (".999Z", ".999z"),
        (".999Z", ".999+00:00"),
        ("T23", " 23"),
        ("staff:018f", ""),
        ("staff:018f", "Staff:018f"),
        ("staff:018f", "staff:"),
        ("staff:018f", "jo@example.org"),
        ("staff:018f", "staff:jo smith"),
        ("holding.data_map.changed-again", "holding"),
        ("holding.data_map.changed-again", "holding."),
        ("holding.data_map.changed-again", ".holding"),
        ("holding.data_map.changed-again", "holding..changed"),
        ("holding.data_map.changed-again", "holding.Changed"),
        ("holding.data_map.changed-again", "holding.1"),
        (r#""about":["case"#, r#""about": ["case"#),
        (r#","holding:"#, r#", "holding:"#),
        (r#"["case:SAR"#, r#"[,"case:SAR"#),
        (r#"v2"],"#, r#"v2",],"#),
        (r#""case:SAR-2026/7""#, r#""""#),
        (r#""case:SAR-2026/7""#, r#""case""#),
        (r#""case:SAR-2026/7""#, r#""case:""#),
        (r#""case:SAR-2026/7""#, r#""case:a b""#),
        (r#""case:SAR-2026/7""#, r#""mailto:jo@example.org""#),
        (r#""case:SAR-2026/7""#, "null"),
        ("UK GDPR", r"UK\u0020GDPR"),
        ("UK GDPR", r#"UK\"GDPR"#),
        ("UK GDPR", "UK\tGDPR"),
        ("UK GDPR", "UK\u{7f}GDPR"),
        ("UK GDPR", "UK\u{85}GDPR"),
        (r#""Sch 2 § 5""#, r#""""#),
        (r#""about""#, r#""About""#),
        ("0001020304", "000102030A"),
        ("0001020304", "000102030"),
        ("1e1f\"}", "1e1f\"} "),
        ("1e1f\"}", "1e1f\"}\n"),
        ("1e1f\"}", "1e1f\",\"x\":1}"),
        ("1e1f\"}", "1e1f\""),
    ];
    for (from, to) in changes {
        assert!(FULL.contains(from), "{from}");
        let changed = FULL.replacen(from, to, 1);
        let refused = Entry::parse(changed.as_bytes());
        assert!(matches!(refused, Err(LedgerError::Entry { .. })), "{from} to {to}");
    }
    let mut latin = FULL.as_bytes().to_vec();
    let section = latin.iter().position(|&b| b == 0xc2).unwrap();
    latin.remove(section);
    assert!(Entry::parse(&latin).is_err(), "a citation that is not UTF-8");
    let swapped = r#""law":[],"about":[]"#;
    assert!(Entry::parse(PLAIN.replace(r#""about":[],"law":[]"#, swapped).as_bytes()).is_err());
    assert!(Entry::parse(b"").is_err());
}

#[test]
fn a_refusal_says_where_and_repeats_nothing() {
    let wrong = FULL.replace("case:SAR-2026/7", "case:Jo Smith");
    let error = Entry::parse(wrong.as_bytes()).unwrap_err().to_string();
    let byte = wrong.find(" Smith").unwrap();
    assert!(error.contains(&format!("byte {byte}")), "{error}");
    assert!(!error.contains("Smith") && !error.contains("Jo"), "{error}");
}

type Change = Box<dyn Fn(&mut Entry)>;

#[test]
fn fields_that_do_not_fit_are_named() {
    let smuggled = "case:1\",\"case:2";
    let long = "x".repeat(200);
    let changes: [(&str, Change); 11] = [
        ("v", Box::new(|e| e.v = 2)),
        ("id", Box::new(|e| e.id.push('0'))),
        ("id", Box::new(|e| e.id = e.id.to_uppercase())),
        ("actor", Box::new(|e| e.actor = "public\",\"act\":\"x.y".into())),
        ("actor", Box::new(|e| e.actor.clear())),
        ("act", Box::new(|e| e.act = "received".into())),
        ("act", Box::new(move |e| e.act = format!("a.{long}"))),
        ("about", Box::new(move |e| e.about = vec![smuggled.into()])),
        ("about", Box::new(|e| e.about = vec!["case:1".into(), "jo@example.org".into()])),
        ("law", Box::new(|e| e.law = vec!["a\"b".into()])),
        ("law", Box::new(|e| e.law = vec!["§".repeat(129)])),
    ];
    for (name, change) in changes {
        let mut one = Entry::parse(FULL.as_bytes()).unwrap();
        change(&mut one);
        match one.to_bytes() {
            Err(LedgerError::Field { field, .. }) => assert_eq!(field, name),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn an_entry_has_at_most_65535_bytes() {
    let mut one = Entry::parse(PLAIN.as_bytes()).unwrap();
    let reference = format!("case:{}", "x".repeat(95)); // With quotes and comma, 103 bytes.
    one.about = vec![reference; (65_535 - PLAIN.len()) / 103];
    let bytes = one.to_bytes().unwrap();
    assert!(bytes.len() > 65_400);
    assert_eq!(Entry::parse(&bytes).unwrap(), one);
    one.about.push("case:y".to_owned() + &"y".repeat(94));
    one.about.push("case:y".to_owned() + &"y".repeat(94));
    assert!(matches!(one.to_bytes(), Err(LedgerError::Entry { .. })));
}

/// What a careful reader would do: read JSON, write it again, compare.
fn by_the_book(bytes: &[u8]) -> bool {
    let read = serde_json::from_slice::<Entry>(bytes);
    read.is_ok_and(|entry| entry.to_bytes().is_ok_and(|again| again == bytes))
}

#[test]
fn every_bit_of_an_entry_counts() {
    for text in [PLAIN, FULL] {
        for bit in 0..text.len() * 8 {
            let changed = flipped(text.as_bytes(), bit);
            let accepted = Entry::parse(&changed);
            assert_eq!(accepted.is_ok(), by_the_book(&changed), "bit {bit}");
            if let Ok(accepted) = accepted {
                assert_eq!(accepted.to_bytes().unwrap(), changed);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_written_is_read(
        millis in -62_000_000_000_000_i64..250_000_000_000_000,
        actor in "[a-z][a-z0-9_-]{0,20}(:[A-Za-z0-9._/:-]{1,60})?",
        act in "[a-z][a-z0-9_-]{0,9}(\\.[a-z][a-z0-9_-]{0,9}){1,4}",
        about in prop::collection::vec("[a-z][a-z0-9_-]{0,9}:[A-Za-z0-9._/:-]{1,60}", 0..5),
        law in prop::collection::vec("[ !#-\\[\\]-~\u{a0}-\u{2fff}]{1,40}", 0..5),
        commit in prop::option::of(any::<[u8; 32]>()),
        id in any::<u64>(),
    ) {
        let at = jiff::Timestamp::from_millisecond(millis).unwrap();
        let mut one = Entry::new(&common::uuid(&mut common::Dice(id)), at, &actor, &act);
        (one.about, one.law, one.commit) = (about, law, commit);
        let bytes = one.to_bytes().unwrap();
        prop_assert_eq!(serde_json::to_vec(&one).unwrap(), bytes.clone());
        prop_assert_eq!(Entry::parse(&bytes).unwrap(), one);
    }

    #[test]
    fn what_is_changed_is_read_only_if_it_is_canonical(
        i in 0_u64..500,
        edits in prop::collection::vec(
            (any::<usize>(), prop::option::of(any::<u8>()), 0..3_u8),
            1..4,
        ),
    ) {
        let mut bytes = entry_bytes(i);
        for (at, byte, kind) in edits {
            let at = at % bytes.len();
            let byte = byte.map_or(b"\"\\,:[]{}aZ0 ."[at % 13], |b| b & 0x7f);
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        prop_assert_eq!(Entry::parse(&bytes).is_ok(), by_the_book(&bytes));
    }
}
