//! Every letter, rendered and read: the block that each must carry, and nothing that none may.

use candour_clock::Pause;

use super::super::acts::{self, NewCase};
use super::super::{Body, Right, Via, Wants, letters};
use super::*;
use crate::people::{Asker, Representative};

struct Bench {
    _dir: tempfile::TempDir,
    office: Office,
    charter: Charter,
    case: Case,
}

/// An office with one logged request by somebody who acts for another.
fn bench() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::init(dir.path(), None).unwrap();
    let charter = Charter::parse(include_str!("../demo/charter.toml")).unwrap();
    let org = office.found(charter.clone()).unwrap();
    let by = office.by_public(&org);
    let asker = Asker {
        name: "Amara Quill".into(),
        emails: vec!["amara@example.org".into()],
        agent: Some(Representative {
            name: "Jo Tarn".into(),
            relation: "solicitor".into(),
            email: "jo@example.net".into(),
        }),
        ..Asker::default()
    };
    let new = NewCase {
        right: Right::Access,
        via: Via::Letter,
        received: dates::day_of(by.now),
        body: Body { asker, wants: Wants::default(), ..Body::default() },
    };
    let (o, b) = (office.clone(), by.clone());
    let opened = office.write(move |tx| acts::open_case(tx, &o, &b, &new)).unwrap();
    let case = office.read(|tx| acts::load(tx, &office, &by, &opened.id)).unwrap();
    Bench { _dir: dir, office, charter, case }
}

/// What every letter to the person carries, and what none may.
fn reads_well(l: &Letter, case: &Case) {
    assert!(l.text.starts_with("Dear Jo Tarn,"), "{}", l.text);
    for must in [case.row.reference.as_str(), "privacy@harbour.example", "Harbour Members’ Society"]
    {
        assert!(l.text.contains(must), "{} lacks {must}", l.name);
    }
    assert!(!l.text.contains("Art ") && !l.text.contains("{{"), "{}", l.text);
    assert!(!l.text.contains("\n\n\n"), "{} has holes", l.name);
    assert_eq!(l.to.as_deref(), Some("jo@example.net"), "letters go to whom acts");
    assert!(!l.subject.contains("Quill"), "no name in a subject");
}

#[test]
fn acknowledgement_gives_the_real_date_and_the_code() {
    let b = bench();
    let when = b.case.request().dates(&acts::clockwork(&b.office, &b.charter)).unwrap();
    let l = letters::acknowledgement(&b.office, &b.charter, &b.case, &when, "AAAA-BBBB").unwrap();
    reads_well(&l, &b.case);
    assert!(l.text.contains(&dates::full(when.act_by.unwrap())) && l.text.contains("AAAA-BBBB"));
}

#[test]
fn identity_says_why_and_what_would_do() {
    let b = bench();
    let l =
        letters::identity(&b.office, &b.charter, &b.case, "two people share this name").unwrap();
    reads_well(&l, &b.case);
    assert!(l.text.contains("two people share this name") && l.text.contains("- membership card"));
}

#[test]
fn clarification_says_that_the_clock_stands_still() {
    let mut b = bench();
    b.case.row.request.pauses.push(Pause { asked: b.case.row.request.received, answered: None });
    let l = letters::clarification(&b.office, &b.charter, &b.case, "Which years?").unwrap();
    reads_well(&l, &b.case);
    let asked = dates::full(b.case.row.request.received);
    assert!(
        l.text.contains("Which years?") && l.text.contains(&format!("stands still from {asked}"))
    );
}

#[test]
fn warning_names_the_day_and_what_to_do() {
    let mut b = bench();
    let asked = b.case.row.request.received;
    b.case.row.request.pauses.push(Pause { asked, answered: None });
    let until = asked.checked_add(jiff::Span::new().days(40)).unwrap();
    let l = letters::warning(&b.office, &b.charter, &b.case, until).unwrap();
    reads_well(&l, &b.case);
    for must in [dates::full(until), dates::full(asked), "ask again at any time".into()] {
        assert!(l.text.contains(&must), "{must}: {}", l.text);
    }
}

#[test]
fn extension_gives_reason_and_new_date() {
    let mut b = bench();
    b.case.row.request.extended = Some("three requests".into());
    let when = b.case.request().dates(&acts::clockwork(&b.office, &b.charter)).unwrap();
    let l = letters::extension(&b.office, &b.charter, &b.case, &when, "three requests").unwrap();
    reads_well(&l, &b.case);
    let limit = dates::full(when.limit.unwrap().on);
    assert!(l.text.contains(&limit) && l.text.contains("three requests"));
    assert!(l.text.contains("complain to us first"));
}

#[test]
fn refusal_names_complaint_regulator_and_court() {
    let b = bench();
    let ground = Ground::ManifestlyExcessive;
    let l =
        letters::refusal(&b.office, &b.charter, &b.case, ground, "the same asked weekly").unwrap();
    reads_well(&l, &b.case);
    for must in ["manifestly excessive", "the same asked weekly", "regulator", "go to court"] {
        assert!(l.text.contains(must), "{must}");
    }
}

#[test]
fn ready_holds_a_link_and_nothing_of_the_content() {
    let b = bench();
    let until = dates::day_of(b.office.now());
    let l = letters::ready(&b.office, &b.charter, &b.case, "TOKEN", until, true, true).unwrap();
    reads_well(&l, &b.case);
    assert!(l.text.contains("/fetch/TOKEN") && l.text.contains(&dates::full(until)));
    assert!(l.text.contains("in a letter by post"));
    let part = letters::ready(&b.office, &b.charter, &b.case, "T", until, false, false).unwrap();
    assert!(part.text.contains("A part of the answer") && part.text.contains("by telephone"));
}

#[test]
fn not_fetched_reminds_with_a_link_and_the_code_goes_on_paper() {
    let b = bench();
    let until = dates::day_of(b.office.now());
    let l = letters::not_fetched(&b.office, &b.charter, &b.case, "TOKEN", until).unwrap();
    reads_well(&l, &b.case);
    assert!(l.text.contains("/fetch/TOKEN") && l.text.contains(&dates::full(until)));
    let l = letters::fetch_code(&b.charter, &b.case, "ABCD-EFGH-JKMN-PQRS", until).unwrap();
    assert!(l.to.is_none() && l.text.contains("ABCD-EFGH-JKMN-PQRS"), "by post, not by e-mail");
}

#[test]
fn ask_holder_does_not_name_the_person() {
    use candour_connectors::{DataMap, HoldingKind, Source};
    let b = bench();
    let h = Holding {
        id: "h".into(),
        short: "cabinet".into(),
        title: "Filing cabinet".into(),
        map: DataMap::new("cabinet", "Filing cabinet", HoldingKind::Paper, Source::default()),
        version: 1,
        post: Some("Membership secretary".into()),
        post_email: Some("secretary@harbour.example".into()),
        checked: None,
        problems: Vec::new(),
    };
    let due = dates::day_of(b.office.now());
    for chased in [0, 2] {
        let l =
            letters::ask_holder(&b.office, &b.charter, &b.case, &h, "TOKEN", due, chased).unwrap();
        assert!(!l.text.contains("Quill") && !l.subject.contains("Quill"), "{}", l.text);
        assert!(l.text.contains("/answer/TOKEN") && l.text.contains("say so there"));
        assert_eq!(l.text.contains("reminder"), chased > 0);
        assert_eq!(l.to.as_deref(), Some("secretary@harbour.example"));
    }
}

#[test]
fn nobody_is_chased_about_a_closed_case() {
    use super::super::rules::Outcome;
    use super::super::{find, sql};
    let b = bench();
    let org = b.office.read(|tx| crate::charter::only_org(tx, None)).unwrap();
    let by = b.office.by_command(&org);
    let new = crate::holdings::acts::NewHolding {
        short: "cabinet".into(),
        title: "Filing cabinet".into(),
        kind: candour_connectors::HoldingKind::Paper,
        source: candour_connectors::Source::default(),
        post: Some("Membership secretary".into()),
        post_email: Some("secretary@harbour.example".into()),
    };
    crate::holdings::acts::add(&b.office, &by, new).unwrap();
    let (o, by2, id) = (b.office.clone(), by.clone(), b.case.row.id.clone());
    b.office
        .chore(move |tx| {
            let case = acts::load(tx, &o, &by2, &id)?;
            find::plan(tx, &by2, &case)?;
            let mut s = sql::searches(tx, &by2.org, &id)?.remove(0);
            let today = Some(dates::day_of(by2.now));
            (s.state, s.asked, s.due) = ("asked".into(), today, today);
            sql::update_search(tx, &by2.org, &s)
        })
        .unwrap();
    assert_eq!(find::chase(&b.office, &by).unwrap(), 1, "an open case is chased");
    let (o, by2, id) = (b.office.clone(), by.clone(), b.case.row.id.clone());
    let end = Outcome::Withdrawn;
    b.office.write(move |tx| acts::end(tx, &o, &by2, &id, end, "")).unwrap();
    let later = By { now: by.now + jiff::SignedDuration::from_hours(24 * 8), ..by };
    assert_eq!(find::chase(&b.office, &later).unwrap(), 0, "a closed one is not");
}
