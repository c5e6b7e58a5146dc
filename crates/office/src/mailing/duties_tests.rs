//! What waits on Today, and what the daily rounds do, on a clock of our own.

use std::net::TcpListener;

use candour_screening::{Kind, PREMISES_RULE};
use jiff::civil::Date;

use super::duties::{pressing, rounds};
use super::hooks::tests::{House, both, charter};
use crate::charter::{Channel, Charter};
use crate::kit::dates;
use crate::people::{self, Known};
use crate::permissions::acts::{self, NewConsent};
use crate::permissions::records::{Proof, Through, Use, Wording};
use crate::permissions::stops::{self, NewStop};
use crate::permissions::{What, persons, sql};

/// What the test charter says of contact.
const CONTACT: &str = r#"[permissions]
consent_months = 1
[[permissions.purpose]]
short = "news"
title = "News"
channels = ["email", "call"]
"#;

fn lines(house: &House) -> Vec<String> {
    let said: Charter = toml::from_str(&charter(CONTACT)).unwrap();
    let today = dates::day_of(house.office.now());
    let all = house.office.read(|tx| pressing(tx, &house.by.org, &said.permissions, today));
    all.unwrap().into_iter().map(|(words, _)| words).collect()
}

/// An office that kept people and stops before it knew of premises comes to know them.
#[test]
fn people_kept_before_premises_were_known_get_theirs() {
    for postgres in both() {
        let house = House::with(postgres, &charter(CONTACT));
        let hasher = people::hasher(house.office.vault(), &house.by.org).unwrap();
        let at = |raw: &str| people::written(&hasher, Kind::Address, raw).unwrap();
        let home = "1 Quay Street, Exwick, EX4 2AA";
        let no_number = "The Old House, Exwick, EX4 2AA";
        for address in [home, no_number] {
            let new = NewStop {
                hash: at(address).hash,
                kind: Kind::Address.name().into(),
                channel: Some(Channel::Post),
                what: What::Marketing,
                reason: "objection",
                on: dates::day_of(house.by.now),
            };
            let known =
                Known { identifiers: vec![(Kind::Address, address.into())], ..Known::default() };
            let (vault, by) = (house.office.vault().clone(), house.by.clone());
            let done = house.office.write(move |tx| {
                let done = stops::stop(tx, &vault, &by, &new)?;
                people::keep_without_premises(tx, &vault, &by, &known)?;
                Ok(done)
            });
            assert_eq!(done.unwrap(), 1);
        }
        let premises = at("1 Quay St, EX4 2AA").premises.unwrap();
        let org = &house.by.org;
        let stops = || house.office.read(|tx| sql::stops_on(tx, org, premises)).unwrap();
        assert!(stops().is_empty());
        rounds(&house.office, &house.by).unwrap();
        let kept = stops();
        assert_eq!((kept.len(), kept[0].kind.as_str()), (1, "premises"));
        // The next night nothing is left to do, nor is anybody looked at again who has none, but
        // when their addresses or the rule have changed.
        let looked_at = |rule: i64| {
            let next = house.office.read(|tx| people::without_premises(tx, org, rule, 10));
            next.unwrap().len()
        };
        assert_eq!(looked_at(PREMISES_RULE), 0);
        rounds(&house.office, &house.by).unwrap();
        assert_eq!(stops().len(), 1);
        assert_eq!(looked_at(PREMISES_RULE + 1), 1);
        let identifiers = [no_number, "The Old Barn, Exwick, EX4 2AA"];
        let identifiers = identifiers.map(|raw| (Kind::Address, raw.to_owned())).to_vec();
        let known = Known { identifiers, ..Known::default() };
        let (vault, by) = (house.office.vault().clone(), house.by.clone());
        house.office.write(move |tx| persons::keep_person(tx, &vault, &by, &known)).unwrap();
        assert_eq!(looked_at(PREMISES_RULE), 1);
    }
}

/// Somebody says yes; it lasts a month.
fn consent(house: &House) {
    let wording = Wording {
        short: "news-email".into(),
        use_kind: Use::Contact,
        use_what: "news".into(),
        channels: vec![Channel::Email],
        text: "May we send you our news by e-mail?".into(),
        if_refused: String::new(),
        notice: "2026-11".into(),
        explicit: false,
        language: "en-GB".into(),
    };
    let new = NewConsent {
        who: Known {
            identifiers: vec![(candour_screening::Kind::Email, "amara@example.org".into())],
            ..Known::default()
        },
        wording: "news-email".into(),
        version: None,
        channel: Some(Channel::Email),
        yes: true,
        on: dates::day_of(house.by.now),
        method: "form".into(),
        proof: Proof { evidence: "form 1".into(), collector: "web".into(), representative: None },
        through: Through::Staff,
    };
    let (vault, by) = (house.office.vault().clone(), house.by.clone());
    house.office.write(move |tx| acts::set_wording(tx, &vault, &by, &wording)).unwrap();
    let (vault, by) = (house.office.vault().clone(), house.by.clone());
    house.office.write(move |tx| acts::record_consent(tx, &vault, &by, &new)).unwrap();
}

fn expired(house: &House) -> u64 {
    house.office.read(|tx| sql::count_consents(tx, &house.by.org, "expired")).unwrap()
}

#[test]
fn a_consent_is_shown_before_it_lapses_and_set_so_after() {
    for postgres in both() {
        let house = House::with(postgres, &charter(CONTACT));
        consent(&house);
        assert!(lines(&house).contains(&"1 consent lapses within 30 days".to_owned()));
        let day = 24 * 3600;
        rounds(&house.office, &house.office.by_job(&house.by.org, "rounds")).unwrap();
        assert_eq!(expired(&house), 0, "not before its day");
        house.pass(40 * day);
        rounds(&house.office, &house.office.by_job(&house.by.org, "rounds")).unwrap();
        assert_eq!(expired(&house), 1);
        assert!(!lines(&house).iter().any(|l| l.contains("consent")));
    }
}

#[test]
fn a_register_that_calls_need_is_asked_for() {
    let house = House::with(false, &charter(CONTACT));
    let told = lines(&house);
    let tps = "Telephone Preference Service: not imported, and a purpose needs it";
    assert!(told.contains(&tps.to_owned()), "{told:?}");
    assert!(!told.iter().any(|l| l.starts_with("Fax")), "no purpose faxes: {told:?}");
    let import = |as_of: &str| {
        let row = crate::permissions::records::RegisterRow {
            register: "tps".into(),
            as_of: as_of.parse::<Date>().unwrap(),
            numbers: 1,
            sha256: "0".repeat(64),
            blob: "b".into(),
            made: house.by.now,
            new: None,
            unreadable: None,
            lines: String::new(),
        };
        let org = house.by.org.clone();
        house.office.chore(move |tx| sql::set_register(tx, &org, &row)).unwrap();
        lines(&house).into_iter().find(|l| l.starts_with("Telephone"))
    };
    assert_eq!(import("2026-11-01"), None, "21 days are young enough");
    let old = import("2026-10-31").unwrap();
    assert_eq!(old, "Telephone Preference Service: of 31 October 2026, get a newer one");
}

#[test]
fn a_hook_that_gives_up_is_shown() {
    let mut house = House::with(false, &charter(CONTACT));
    // A port where nobody listens.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    house.add(&format!("http://{free}/"));
    house.stop("amara@example.org");
    for _ in 0..10 {
        assert!(!lines(&house).iter().any(|l| l.contains("hook")));
        house.work();
        house.pass(100_000);
    }
    assert!(lines(&house).contains(&format!("The hook at {free} does not get through")));
}
