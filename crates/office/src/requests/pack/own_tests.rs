//! Earlier requests of the same person, and none of anybody else's.

use super::super::bench::{Bench, text};
use super::*;
use crate::people::Asker;
use crate::requests::acts::NewCase;
use crate::requests::rules::Outcome;
use crate::requests::{Body, Right, Via, pack};

fn other(b: &Bench, name: &str, email: &str) -> String {
    let (name, emails) = (name.to_owned(), vec![email.to_owned()]);
    let asker = Asker { name, emails, ..Asker::default() };
    let body = Body { asker, ..Body::default() };
    let received = "2026-11-02".parse().unwrap();
    let new = NewCase { right: Right::Access, via: Via::Email, received, body };
    let (o, by) = (b.office.clone(), b.by.clone());
    b.office.write(move |tx| acts::open_case(tx, &o, &by, &new)).unwrap().id
}

fn maybe(b: &Bench) -> Vec<String> {
    let (o, by) = (&b.office, &b.by);
    o.read(|tx| {
        let case = acts::load(tx, o, by, &b.case)?;
        maybe_theirs(tx, o, by, &case)
    })
    .unwrap()
}

/// The references of earlier requests in a new pack.
fn told(b: &Bench) -> Vec<String> {
    let files = b.make().1;
    let Some(_) = files.get("data/our-own-records.csv") else { return Vec::new() };
    let lines = text(&files, "data/our-own-records.csv").lines();
    lines.filter_map(|l| Some(l.split_once(",Reference,")?.1.to_owned())).collect()
}

#[test]
fn only_a_case_that_shares_an_address_is_opened() {
    let b = Bench::new(&[("club", "Club database")]);
    b.found("club", &[]);
    other(&b, "Bram Novak", "bram@example.net");
    let shared = other(&b, "Bram Quill", "A.QUILL@example.org");
    let same = other(&b, "Amara Quill", " a.quill@Example.org");
    let mut both = [shared, same.clone()];
    both.sort_unstable();
    assert_eq!(maybe(&b), both);
    assert_eq!(told(&b), ["RR-2026-0004"], "an address that is shared is not enough");
    // What has been destroyed leaves no hash behind.
    let (o, by, id) = (b.office.clone(), b.by.clone(), same.clone());
    b.office.write(move |tx| acts::end(tx, &o, &by, &id, Outcome::Withdrawn, ("", ""))).unwrap();
    assert_eq!(told(&b), ["RR-2026-0004"], "a closed one is an earlier one");
    let (o, by) = (b.office.clone(), b.by.clone());
    b.office.write(move |tx| acts::destroy(tx, &o, &by, &same)).unwrap();
    assert_eq!((maybe(&b).len(), told(&b)), (1, Vec::new()));
}

#[test]
fn an_address_that_is_learned_when_looking_again_counts() {
    let b = Bench::new(&[("club", "Club database")]);
    b.found("club", &[]);
    b.make();
    pack::send(&b.office, &b.by, &b.case, pack::Way::Post, false).unwrap();
    let later = other(&b, "Amara Quill", "amara@elsewhere.example");
    let more = Asker { emails: vec!["amara@elsewhere.example".into()], ..Asker::default() };
    assert_eq!(maybe(&b), Vec::<String>::new());
    pack::look_again(&b.office, &b.by, &b.case, "She told us", &more).unwrap();
    assert_eq!(maybe(&b), [later.as_str()]);
    // And the other way round: the later case finds this one by it.
    let (o, by) = (&b.office, &b.by);
    let found = o.read(|tx| {
        let case = acts::load(tx, o, by, &later)?;
        maybe_theirs(tx, o, by, &case)
    });
    assert_eq!(found.unwrap(), [b.case.as_str()]);
}

#[test]
fn a_case_of_before_is_opened_as_ever() {
    let b = Bench::new(&[("club", "Club database")]);
    b.found("club", &[]);
    let old = other(&b, "Amara Quill", "a.quill@example.org");
    let (org, id) = (b.by.org.clone(), old.clone());
    b.office.chore(move |tx| sql::as_of_before(tx, &org, &id)).unwrap();
    assert_eq!(maybe(&b), [old]);
    assert_eq!(told(&b), ["RR-2026-0002"]);
}
