//! Every letter, rendered and read: the block that each must carry, and nothing that none may.

use candour_clock::Pause;

use super::super::acts::{self, NewCase};
use super::super::letters::{self, Closing};
use super::super::{Body, Right, Via, Wants};
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
    bench_of(|_| ())
}

/// The same, with the asker changed first.
fn bench_of(change: fn(&mut Asker)) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::init(dir.path(), None).unwrap();
    let charter = Charter::parse(include_str!("../demo/charter.toml")).unwrap();
    let org = office.found(charter.clone()).unwrap();
    let by = office.by_public(&org);
    let mut asker = Asker {
        name: "Amara Quill".into(),
        emails: vec!["amara@example.org".into()],
        agent: Some(Representative {
            name: "Jo Tarn".into(),
            relation: "solicitor".into(),
            email: "jo@example.net".into(),
            ..Representative::default()
        }),
        ..Asker::default()
    };
    change(&mut asker);
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
    assert!(l.text.contains("Dear Jo Tarn,"), "{}", l.text);
    let received = dates::full(case.request().received);
    let today = dates::long(case.request().received);
    for must in [
        case.row.reference.as_str(),
        "privacy@harbour.example",
        "Harbour Members’ Society",
        "Ruth Osei",
        "complain to us",
        received.as_str(),
        today.as_str(),
        "You asked for: everything we hold about Amara Quill",
    ] {
        assert!(l.text.contains(must), "{} lacks {must}: {}", l.name, l.text);
    }
    assert!(!l.text.contains("hold about you"), "an agent is not the person: {}", l.text);
    assert!(!l.text.contains("Art ") && !l.text.contains("{{"), "{}", l.text);
    assert!(!l.text.contains("\n\n\n"), "{} has holes", l.name);
    assert_eq!(l.to.as_deref(), Some("jo@example.net"), "letters go to whom acts");
    assert!(!l.subject.contains("Quill"), "no name in a subject");
}

/// Somebody who asks for themselves, and is written to by e-mail.
fn alone() -> Bench {
    bench_of(|a| a.agent = None)
}

fn acknowledged(b: &Bench) -> Letter {
    let when = b.case.request().dates(&acts::clockwork(&b.office, &b.charter)).unwrap();
    letters::acknowledgement(&b.office, &b.charter, &b.case, &when, ("AAAA-BBBB", false)).unwrap()
}

#[test]
fn acknowledgement_gives_the_real_date_and_the_code() {
    let b = alone();
    let when = b.case.request().dates(&acts::clockwork(&b.office, &b.charter)).unwrap();
    let l = acknowledged(&b);
    assert!(l.text.contains(&dates::full(when.act_by.unwrap())) && l.text.contains("AAAA-BBBB"));
    assert!(l.text.contains("/o/harbour/data-rights/status"), "{}", l.text);
    assert!(l.text.contains("we hold about you"), "{}", l.text);
}

#[test]
fn acknowledgement_to_an_agent_asks_for_the_authority_and_gives_no_date() {
    let b = bench();
    let l = acknowledged(&b);
    reads_well(&l, &b.case);
    for must in ["you may act for Amara Quill", "starts on the day it is here", "AAAA-BBBB"] {
        assert!(l.text.contains(must), "{must}: {}", l.text);
    }
    assert!(!l.text.contains("at the latest"), "{}", l.text);
}

#[test]
fn a_request_that_was_logged_late_is_promised_no_day_that_is_over() {
    let days = |n: i32| jiff::Span::new().days(n);
    let mut b = alone();
    let today = b.case.request().received;
    // The promise is over and the limit is not; then both are.
    b.case.row.request.received = today.saturating_sub(days(29));
    let limit = b.case.request().dates(&acts::clockwork(&b.office, &b.charter)).unwrap().limit;
    let limit = limit.unwrap().on;
    let text = acknowledged(&b).text;
    assert!(text.contains(&format!("We will answer by {}", dates::full(limit))), "{text}");
    assert!(!text.contains("we promise to be earlier"), "{text}");
    b.case.row.request.received = today.saturating_sub(days(60));
    let text = acknowledged(&b).text;
    assert!(text.contains("we are sorry") && !text.contains("We will answer by"), "{text}");
}

#[test]
fn a_letter_on_paper_carries_name_address_and_date() {
    let b = bench_of(|a| {
        (a.agent, a.emails) = (None, Vec::new());
        a.addresses = vec!["4 Quay Street\nExwick".into()];
        a.postcodes = vec!["EX4 2AA".into()];
    });
    let l = acknowledged(&b);
    assert_eq!(l.to, None);
    let today = dates::long(b.case.request().received);
    let head = format!("Amara Quill\n4 Quay Street\nExwick\nEX4 2AA\n\n{today}\n");
    assert!(l.text.starts_with(&head), "{}", l.text);
    let b = bench_of(|a| {
        let agent = a.agent.as_mut().unwrap();
        (agent.email, agent.address) = (String::new(), "1 Law Lane".into());
    });
    let l = acknowledged(&b);
    assert_eq!(l.to, None, "what is for Jo is not sent to Amara");
    assert!(l.text.starts_with("Jo Tarn\n1 Law Lane\n\n"), "{}", l.text);
}

#[test]
fn a_new_code_is_in_its_letter() {
    let b = bench();
    let l = letters::code(&b.office, &b.charter, &b.case, "CCCC-DDDD").unwrap();
    reads_well(&l, &b.case);
    assert!(l.text.contains("CCCC-DDDD") && l.text.contains("/data-rights/status"));
}

#[test]
fn identity_says_why_and_what_would_do() {
    let b = bench();
    let l =
        letters::identity(&b.office, &b.charter, &b.case, "two people share this name").unwrap();
    reads_well(&l, &b.case);
    assert!(l.text.contains("two people share this name") && l.text.contains("- membership card"));
}

/// The authority has come: the time runs.
fn started(mut b: Bench) -> Bench {
    b.case.row.request.authority = Some(b.case.request().received);
    b
}

fn clarified(b: &Bench) -> Letter {
    let when = b.case.request().dates(&acts::clockwork(&b.office, &b.charter)).unwrap();
    letters::clarification(&b.office, &b.charter, &b.case, &when, "Which years?").unwrap()
}

#[test]
fn clarification_says_that_the_clock_stands_still() {
    let mut b = started(bench());
    b.case.row.request.pauses.push(Pause { asked: b.case.row.request.received, answered: None });
    let l = clarified(&b);
    reads_well(&l, &b.case);
    let asked = dates::full(b.case.row.request.received);
    assert!(
        l.text.contains("Which years?") && l.text.contains(&format!("stands still from {asked}"))
    );
}

#[test]
fn clarification_after_the_time_ended_says_that_nothing_stands_still() {
    let mut b = alone();
    let asked = b.case.request().received;
    b.case.row.request.received = asked.saturating_sub(jiff::Span::new().days(60));
    b.case.row.request.pauses.push(Pause { asked, answered: None });
    let text = clarified(&b).text;
    assert!(
        !text.contains("stands still") && text.contains("does not give us more time"),
        "{text}"
    );
}

fn wait(b: &Bench) -> Wait {
    b.case.request().wait(&acts::clockwork(&b.office, &b.charter)).unwrap().unwrap()
}

#[test]
fn warning_names_the_day_and_what_to_do() {
    let mut b = started(bench());
    let asked = b.case.row.request.received;
    b.case.row.request.pauses.push(Pause { asked, answered: None });
    let until = asked.checked_add(jiff::Span::new().days(40)).unwrap();
    let l = letters::warning(&b.office, &b.charter, &b.case, wait(&b), until).unwrap();
    reads_well(&l, &b.case);
    for must in [dates::full(until), dates::full(asked), "ask again at any time".into()] {
        assert!(l.text.contains(&must), "{must}: {}", l.text);
    }
}

#[test]
fn reminder_and_closing_say_what_was_awaited() {
    let b = bench();
    let l = letters::reminder(&b.office, &b.charter, &b.case, wait(&b)).unwrap();
    reads_well(&l, &b.case);
    let what = "something that shows that you may act for Amara Quill";
    assert!(l.text.contains(what) && l.text.contains("starts when it is here"), "{}", l.text);
    let l = letters::closed(&b.office, &b.charter, &b.case, Closing::Lapsed(wait(&b))).unwrap();
    reads_well(&l, &b.case);
    for must in [what, "ask again at any time", "/o/harbour/data-rights", "go to court"] {
        assert!(l.text.contains(must), "{must}: {}", l.text);
    }
    let l = letters::closed(&b.office, &b.charter, &b.case, Closing::Withdrawn).unwrap();
    reads_well(&l, &b.case);
    assert!(l.text.contains("You told us") && l.text.contains("ask again"), "{}", l.text);
}

#[test]
fn what_was_no_request_of_its_own_ends_with_a_letter_that_invites_them_to_object() {
    let b = bench();
    let twice = Closing::Duplicate("RR-2026-0007".into());
    let l = letters::closed(&b.office, &b.charter, &b.case, twice).unwrap();
    reads_well(&l, &b.case);
    for must in ["under the reference RR-2026-0007", "from the day you first asked"] {
        assert!(l.text.contains(must), "{must}: {}", l.text);
    }
    assert!(!l.text.contains("ask again"), "it goes on: {}", l.text);
    let l = letters::closed(&b.office, &b.charter, &b.case, Closing::Mistake).unwrap();
    reads_well(&l, &b.case);
    for must in ["our mistake", "from the day you first asked", "/o/harbour/data-rights"] {
        assert!(l.text.contains(must), "{must}: {}", l.text);
    }
}

#[test]
fn a_fee_says_how_much_why_and_where_to_complain() {
    use super::super::rules::Fee;
    let mut b = bench();
    let asked = b.case.request().received;
    b.case.row.request.fee = Some(Fee { pence: 1250, asked, paid: None });
    let l = letters::fee(&b.office, &b.charter, &b.case, "the same weekly", "by cheque").unwrap();
    reads_well(&l, &b.case);
    for must in ["£12.50", "the same weekly", "by cheque", "regulator", "go to court"] {
        assert!(l.text.contains(must), "{must}: {}", l.text);
    }
}

#[test]
fn nobody_writes_to_the_address_of_the_dead() {
    let b = alone();
    let none = Teller::default();
    assert_eq!(letters::died(&b.office, &b.charter, &b.case, &none).unwrap(), None);
    let bo = Teller { name: "Bo Quill".into(), email: String::new() };
    let l = letters::died(&b.office, &b.charter, &b.case, &bo).unwrap().unwrap();
    assert_eq!(l.to, None);
    assert!(l.text.starts_with("Bo Quill\n"), "{}", l.text);
    let b = bench();
    let l = letters::died(&b.office, &b.charter, &b.case, &none).unwrap().unwrap();
    assert_eq!(l.to.as_deref(), Some("jo@example.net"));
    for must in ["Dear Jo Tarn", "Amara Quill has died", "Health records", "complain to us"] {
        assert!(l.text.contains(must), "{must}: {}", l.text);
    }
}

#[test]
fn staff_are_reminded_by_a_link_without_names() {
    let b = bench();
    let today = b.case.request().received;
    let due = today.checked_add(jiff::Span::new().days(3)).unwrap();
    let to = "ruth@harbour.example";
    let l = letters::staff_due(&b.office, &b.charter, &b.case, to, due, today).unwrap();
    assert_eq!(l.to.as_deref(), Some(to));
    assert!(l.subject.contains("due in 3 days") && l.text.contains(&dates::full(due)));
    assert!(l.text.contains(&format!("/office/cases/{}", b.case.row.reference)));
    for name in ["Quill", "Tarn"] {
        assert!(!l.text.contains(name) && !l.subject.contains(name), "{}", l.text);
    }
}

#[test]
fn extension_gives_reason_and_new_date() {
    let mut b = started(bench());
    b.case.row.request.extended = Some("three requests".into());
    let when = b.case.request().dates(&acts::clockwork(&b.office, &b.charter)).unwrap();
    let extension = |b: &Bench, meanwhile| {
        letters::extension(&b.office, &b.charter, &b.case, "three requests", meanwhile).unwrap()
    };
    let l = extension(&b, "the letters of 2024");
    reads_well(&l, &b.case);
    let limit = dates::full(when.limit.unwrap().on);
    assert!(l.text.contains(&limit) && l.text.contains("three requests"));
    assert!(l.text.contains("complain to us first") && l.text.contains("go to court"));
    assert!(l.text.contains("What comes meanwhile: the letters of 2024"));
    assert!(extension(&b, "").text.contains("What comes meanwhile: we go on"));
    // While a question is open no date is known: how it is counted is said instead.
    let asked = b.case.request().received;
    b.case.row.request.pauses.push(Pause { asked, answered: None });
    let text = extension(&b, "").text;
    assert!(text.contains("stands still until you answer the question"), "{text}");
    assert!(text.contains(&dates::full(asked)) && !text.contains("by  at"), "{text}");
}

#[test]
fn refusal_names_complaint_regulator_and_court() {
    let b = bench();
    let ground = Ground::ManifestlyExcessive;
    let why = |tell| Reasons {
        told: "the same asked weekly".into(),
        inside: "a neighbour spoke".into(),
        tell,
    };
    let refusal =
        |tell| letters::refusal(&b.office, &b.charter, &b.case, ground, &why(tell)).unwrap();
    let l = refusal(true);
    reads_well(&l, &b.case);
    for must in ["manifestly excessive", "the same asked weekly", "regulator", "go to court"] {
        assert!(l.text.contains(must), "{must}");
    }
    assert!(!l.text.contains("neighbour"), "{}", l.text);
    let silent = refusal(false);
    reads_well(&silent, &b.case);
    for never in ["manifestly excessive", "asked weekly", "neighbour"] {
        assert!(!silent.text.contains(never), "{never}: {}", silent.text);
    }
    assert!(silent.text.contains("go to court"));
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
    let l =
        letters::fetch_code(&b.office, &b.charter, &b.case, "ABCD-EFGH-JKMN-PQRS", until).unwrap();
    assert!(l.to.is_none() && l.text.contains("ABCD-EFGH-JKMN-PQRS"), "by post, not by e-mail");
}

#[test]
fn ask_holder_does_not_name_the_person() {
    use candour_connectors::{DataMap, HoldingKind, Source};
    let b = bench();
    let h = Holding {
        id: "h".into(),
        org: "o".into(),
        short: "cabinet".into(),
        title: "Filing cabinet".into(),
        map: DataMap::new("cabinet", "Filing cabinet", HoldingKind::Paper, Source::default()),
        version: 1,
        post: Some("Membership secretary".into()),
        post_email: Some("secretary@harbour.example".into()),
        checked: None,
        problems: Vec::new(),
        bound: false,
        ended: None,
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
    use super::super::{search, sql};
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
            search::plan(tx, &by2, &case)?;
            let mut s = sql::searches(tx, &by2.org, &id)?.remove(0);
            let today = Some(dates::day_of(by2.now));
            (s.state, s.asked, s.due) = ("asked".into(), today, today);
            sql::update_search(tx, &by2.org, &s)
        })
        .unwrap();
    assert_eq!(search::chase(&b.office, &by).unwrap(), 1, "an open case is chased");
    let (o, by2, id) = (b.office.clone(), by.clone(), b.case.row.id.clone());
    let end = Outcome::Withdrawn;
    b.office.write(move |tx| acts::end(tx, &o, &by2, &id, end, ("", ""))).unwrap();
    let later = By { now: by.now + jiff::SignedDuration::from_hours(24 * 8), ..by };
    assert_eq!(search::chase(&b.office, &later).unwrap(), 0, "a closed one is not");
}

#[test]
fn a_letter_repeats_a_line_or_two_of_what_was_asked() {
    let mut b = alone();
    b.case.body.wants.what = format!("all of it {}", "word ".repeat(2000));
    let l = acknowledged(&b);
    assert!(l.text.len() < 3000 && l.text.contains("word …"), "{}", l.text);
}
