//! One list, one certificate, however many screen it at once.

use candour_screening::{At, Column, Kind};

use super::*;
use crate::mailing::certificates;
use crate::mailing::hooks::tests::{House, both, charter};

/// What the test charter says of contact.
const CONTACT: &str = r#"[permissions]
[[permissions.purpose]]
short = "news"
title = "News"
channels = ["email"]
"#;

/// A list that was brought in; answers its id.
fn brought_in(house: &House) -> String {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.csv");
    std::fs::write(&list, "E-mail\na@example.org\nb@example.org\n").unwrap();
    let new = Screening {
        id: String::new(),
        done: false,
        channel: "email".into(),
        class: "marketing".into(),
        purpose: "news".into(),
        attested: String::new(),
        shape: String::new(),
        list: None,
        files: [None, None, None],
        certificate: None,
        proof: None,
        faults: String::new(),
        made: house.office.now(),
    };
    keep(&house.office, &house.by, &list, new).unwrap()
}

#[test]
fn a_list_that_two_screen_at_once_gets_one_certificate() {
    for postgres in both() {
        let house = House::with(postgres, &charter(CONTACT));
        let (office, by) = (&house.office, &house.by);
        let id = brought_in(&house);
        let plan = Plan::new(vec![Column { at: At::Name("E-mail".into()), kind: Kind::Email }]);
        let one = screened(office, by, &id, &plan).unwrap();
        let two = screened(office, by, &id, &plan).unwrap();
        let ids = [one.certificate.id.clone(), two.certificate.id.clone()];
        certified(office, by, &id, one).unwrap();
        let refused = certified(office, by, &id, two);
        assert!(matches!(refused, Err(Error::Conflict)), "{refused:?}");
        let there = |id: &String| office.read(|tx| certificates::by_id(tx, &by.org, id)).is_ok();
        assert_eq!(ids.each_ref().map(there), [true, false]);
        let row = || office.read(|tx| sql::by_id(tx, &by.org, &id)).unwrap();
        assert!(row().done && row().list.is_none() && row().proof.is_some());
        // A crash came before its proof was kept: it is made when it is asked for.
        let (org, id_) = (by.org.clone(), id.clone());
        office.chore(move |tx| sql::set_proof(tx, &org, &id_, None)).unwrap();
        let made = proof(office, by, &id).unwrap();
        assert_eq!(row().proof, Some(made));
    }
}
