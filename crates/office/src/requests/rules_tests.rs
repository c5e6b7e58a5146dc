//! The state × act table, and the law's noes.

use proptest::prelude::*;

use super::*;

fn clockwork(calendar: &Calendar) -> Clockwork<'_> {
    Clockwork {
        calendar,
        division: Division::EnglandAndWales,
        promise_days: Some(28),
        lapse_days: 30,
        second_approver: true,
    }
}

fn d(text: &str) -> Date {
    text.parse().unwrap()
}

fn in_state(state: State) -> Request {
    let mut r = Request::new(Right::Access, Via::Form, d("2026-11-02"), false);
    r.state = state;
    r
}

fn proposal() -> Proposal {
    let (ground, by) = (Ground::ManifestlyExcessive, "staff:ann".to_owned());
    Proposal { ground, tell: true, by, on: d("2026-11-06") }
}

/// Every state, and what any but the last two may wait for.
fn states() -> Vec<(&'static str, Request)> {
    let on = d("2026-11-10");
    let all = [
        State::Received,
        State::Identity { asked: d("2026-11-03") },
        State::Searching,
        State::Reviewing,
        State::Ready,
        State::Sent { on },
        State::Closed { on, outcome: Outcome::Answered },
    ];
    let mut all: Vec<_> = all.into_iter().map(|s| (s.word(), in_state(s))).collect();
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let asked = in_state(State::Searching).clarify(d("2026-11-05")).unwrap();
    let warned = asked.clone().warn(d("2026-11-06"), &c).unwrap();
    let agent = Request { by_agent: true, ..in_state(State::Received) };
    let owed = in_state(State::Searching).ask_fee(1250, d("2026-11-04"), &c).unwrap();
    let proposed = in_state(State::Searching).refuse(proposal(), &c).unwrap();
    all.extend([("+asked", asked), ("+warned", warned), ("+agent", agent)]);
    all.extend([("+fee", owed), ("+proposed", proposed)]);
    all
}

type Act = (&'static str, fn(Request, &Clockwork<'_>) -> Result<Request>);

fn acts() -> Vec<Act> {
    vec![
        ("ask identity", |r, _| r.ask_identity(d("2026-11-04"))),
        ("settle identity", |r, _| r.settle_identity("a link", d("2026-11-05"))),
        ("clarify", |r, _| r.clarify(d("2026-11-05"))),
        ("record answer", |r, _| r.clarified(d("2026-11-06"))),
        ("extend", |r, c| r.extend("three requests", d("2026-11-06"), c)),
        ("record authority", |r, _| r.record_authority(d("2026-11-06"))),
        ("ask fee", |r, c| r.ask_fee(500, d("2026-11-06"), c)),
        ("fee paid", |r, _| r.fee_paid(d("2026-11-07"))),
        ("propose refusal", |r, c| r.refuse(proposal(), c)),
        ("approve it", |r, _| r.approve("staff:bea", d("2026-11-07"))),
        ("turn it down", |r, _| r.unrefused()),
        ("child decided", |r, _| r.decided_for_child(d("2026-11-06"))),
        ("correct", |r, _| r.corrected(Via::Email, d("2026-11-01"), false)),
        ("withdraw", |r, c| r.end(Outcome::Withdrawn, d("2026-11-06"), c)),
        ("person died", |r, c| r.end(Outcome::Died, d("2026-11-06"), c)),
        ("remind", |r, c| r.remind(d("2026-11-20"), c)),
        ("warn", |r, c| r.warn(d("2026-11-06"), c)),
        ("lapse", |r, c| r.end(Outcome::Lapsed, d("2026-12-06"), c)),
        ("searched", |r, _| r.searched(0)),
        ("search again", |r, _| r.search_again()),
        ("pack, part", |r, _| r.packed(false)),
        ("pack, complete", |r, _| r.packed(true)),
        ("send", |r, _| r.send(d("2026-11-20"))),
        ("close", |r, _| r.close_sent(true, d("2026-11-21"))),
    ]
}

#[test]
fn a_corrected_day_of_receipt_moves_what_was_never_waited_for_and_nothing_else() {
    let on = |day: &str| in_state(State::Received).settle_identity("known", d(day)).unwrap();
    let moved = on("2026-11-02").corrected(Via::Email, d("2026-10-28"), false).unwrap();
    assert_eq!((moved.received, moved.settled.unwrap().on), (d("2026-10-28"), d("2026-10-28")));
    assert_eq!(moved.via, Via::Email);
    let asked = in_state(State::Received).ask_identity(d("2026-11-04")).unwrap();
    let came = asked.clone().settle_identity("a link", d("2026-11-09")).unwrap();
    let moved = came.corrected(Via::Form, d("2026-10-28"), false).unwrap();
    assert_eq!(moved.settled.unwrap().on, d("2026-11-09"), "that was waited for");
    let late = asked.corrected(Via::Form, d("2026-11-05"), false).unwrap_err().to_string();
    assert!(late.contains("4 November 2026"), "{late}");
    let agent = Request { by_agent: true, ..in_state(State::Received) };
    let agent = agent.record_authority(d("2026-11-06")).unwrap();
    let own = agent.corrected(Via::Form, d("2026-11-02"), false).unwrap();
    assert_eq!((own.by_agent, own.authority), (false, None));
}

#[test]
fn states_and_acts() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let mut table = format!("{:17}", "");
    for (word, _) in states() {
        table += &format!("{word:11}");
    }
    for (name, act) in acts() {
        table = table.trim_end().to_owned() + &format!("\n{name:17}");
        for (_, r) in states() {
            let next = act(r, &c);
            table += &format!("{:11}", next.map_or("-", |r| r.state.word()));
        }
    }
    insta::assert_snapshot!(table.trim_end(), @r"
                     received   identity   searching  reviewing  ready      sent       closed     +asked     +warned    +agent     +fee       +proposed
    ask identity     identity   -          -          -          -          -          -          -          -          identity   -          -
    settle identity  searching  searching  -          -          -          -          -          -          -          -          -          -
    clarify          received   identity   searching  reviewing  -          -          -          -          -          received   searching  searching
    record answer    -          -          -          -          -          -          -          searching  searching  -          -          -
    extend           received   -          searching  reviewing  ready      -          -          searching  searching  -          -          searching
    record authority -          -          -          -          -          -          -          -          -          received   -          -
    ask fee          received   identity   searching  reviewing  -          -          -          searching  searching  received   -          searching
    fee paid         -          -          -          -          -          -          -          -          -          -          searching  -
    propose refusal  received   identity   searching  reviewing  ready      -          -          searching  searching  received   searching  searching
    approve it       -          -          -          -          -          -          -          -          -          -          -          closed
    turn it down     -          -          -          -          -          -          -          -          -          -          -          searching
    child decided    received   identity   searching  reviewing  ready      -          -          searching  searching  received   searching  searching
    correct          received   identity   searching  reviewing  ready      -          -          searching  searching  received   searching  searching
    withdraw         closed     closed     closed     closed     closed     -          -          closed     closed     closed     closed     closed
    person died      closed     closed     closed     closed     closed     -          -          closed     closed     closed     closed     closed
    remind           -          identity   -          -          -          -          -          searching  searching  received   searching  -
    warn             -          identity   -          -          -          -          -          searching  -          received   searching  -
    lapse            -          -          -          -          -          -          -          -          closed     -          -          -
    searched         -          -          reviewing  -          -          -          -          reviewing  reviewing  -          reviewing  reviewing
    search again     -          -          searching  searching  searching  -          -          searching  searching  -          searching  searching
    pack, part       -          -          searching  reviewing  reviewing  -          -          searching  searching  -          searching  searching
    pack, complete   -          -          -          ready      ready      -          -          -          -          -          -          -
    send             -          -          -          -          sent       -          -          -          -          -          -          -
    close            -          -          -          -          -          closed     -          -          -          -          -          -
    ");
}

#[test]
fn every_no_names_its_source() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    for (s, r) in states() {
        for (name, act) in acts() {
            if let Err(e) = act(r.clone(), &c) {
                let Error::Refused(r) = e else { panic!("{name} in {s}: {e}") };
                assert!(!r.source_.is_empty() && r.why.len() > 10, "{name} in {s}");
            }
        }
    }
}

#[test]
fn identity_moves_the_start_only_when_it_was_asked_for() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let known = in_state(State::Received).settle_identity("known here", d("2026-11-20")).unwrap();
    assert_eq!(known.dates(&c).unwrap().start, d("2026-11-02"));
    let asked = in_state(State::Received).ask_identity(d("2026-11-03")).unwrap();
    let asked = asked.settle_identity("a call back", d("2026-11-10")).unwrap();
    let dates = asked.dates(&c).unwrap();
    assert_eq!(dates.start, d("2026-11-10"), "UK GDPR Art 12A(2)(b)");
    assert_eq!(dates.limit.unwrap().on, d("2026-12-10"));
}

#[test]
fn the_time_stands_still_from_the_day_the_letter_left() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let asked = in_state(State::Searching).clarify(d("2026-11-05")).unwrap();
    let since = |r: &Request| r.wait(&c).unwrap().unwrap().since;
    assert_eq!(since(&asked), d("2026-11-05"));
    let left = asked.clone().letter_left("clarification", d("2026-11-09"));
    assert_eq!(since(&left), d("2026-11-09"), "UK GDPR Art 12A(5)");
    assert_eq!(since(&left.clone().letter_left("clarification", d("2026-11-06"))), d("2026-11-09"));
    assert_eq!(since(&asked.clone().letter_left("extension", d("2026-11-09"))), d("2026-11-05"));
    let limit = |r: Request| {
        let came = r.clarified(d("2026-11-12")).unwrap();
        (limit_of(&came, &c), came)
    };
    let ((early, came), (late, _)) = (limit(asked), limit(left));
    assert!(late < early, "days before it left ran on: {late}, {early}");
    assert_eq!(limit_of(&came.letter_left("clarification", d("2026-11-20")), &c), early);
    let identity = in_state(State::Identity { asked: d("2026-11-03") });
    assert_eq!(since(&identity.letter_left("identity", d("2026-11-10"))), d("2026-11-10"));
}

fn limit_of(r: &Request, c: &Clockwork<'_>) -> Date {
    r.dates(c).unwrap().limit.unwrap().on
}

#[test]
fn an_extension_is_told_within_the_first_month() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let r = in_state(State::Searching);
    assert!(r.clone().extend("complex", d("2026-12-02"), &c).is_ok());
    let late = r.clone().extend("complex", d("2026-12-03"), &c).unwrap_err().to_string();
    assert!(late.contains("2 December 2026") && late.contains("12A(4)"), "{late}");
    let once = r.extend("complex", d("2026-11-20"), &c).unwrap();
    assert_eq!(once.dates(&c).unwrap().limit.unwrap().on, d("2027-02-02"));
    assert!(once.extend("again", d("2026-11-21"), &c).is_err());
}

#[test]
fn an_agent_without_authority_gets_nothing() {
    let r = Request::new(Right::Access, Via::Letter, d("2026-11-02"), true);
    let e = r.clone().settle_identity("known", d("2026-11-03")).unwrap_err();
    assert!(e.to_string().contains("12(6)"), "{e}");
    let calendar = Calendar::builtin();
    let waits = r.wait(&clockwork(&calendar)).unwrap().unwrap();
    assert_eq!(waits.what, Awaited::Authority);
    assert!(r.clone().record_authority(d("2026-11-01")).is_err(), "not before the request");
    let shown = r.record_authority(d("2026-11-09")).unwrap();
    let settled = shown.settle_identity("known", d("2026-11-09")).unwrap();
    assert_eq!(settled.dates(&clockwork(&calendar)).unwrap().start, d("2026-11-09"));
}

#[test]
fn a_pack_is_not_sent_while_a_holding_is_unanswered() {
    assert!(in_state(State::Searching).searched(1).is_err());
    assert!(in_state(State::Searching).packed(true).is_err());
    assert!(in_state(State::Reviewing).send(d("2026-11-20")).is_err());
}

#[test]
fn nothing_lapses_without_a_warning_and_the_days_it_gave() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let lapse = |r: &Request, on: &str| r.clone().end(Outcome::Lapsed, d(on), &c);
    let why = |r: &Request, on: &str| lapse(r, on).unwrap_err().to_string();
    let open = in_state(State::Searching);
    assert!(why(&open, "2027-11-05").contains("Nothing is waited for"));
    let asked = open.clarify(d("2026-11-05")).unwrap();
    assert!(why(&asked, "2027-11-05").contains("warning letter first"), "however long ago");
    let warned = asked.warn(d("2026-11-10"), &c).unwrap();
    assert_eq!(warned.lapses_on(&c), Some(d("2026-12-10")));
    assert!(why(&warned, "2026-12-09").contains("10 December 2026"));
    let lapsed = lapse(&warned, "2026-12-10").unwrap();
    assert!(matches!(lapsed.state, State::Closed { outcome: Outcome::Lapsed, .. }));
    assert!(warned.clone().warn(d("2026-11-11"), &c).is_err(), "once");
    // An answer, and a further question, begin anew.
    let again = warned.clarified(d("2026-11-20")).unwrap().clarify(d("2026-11-21")).unwrap();
    assert!(why(&again, "2027-11-05").contains("warning letter first"));
}

proptest! {
    /// Whatever is done in whatever order, a request never leaves the end states, and its act-by
    /// date is never after the limit.
    #[test]
    fn no_path_breaks_the_clock(steps in proptest::collection::vec(0..acts().len(), 0..30)) {
        let calendar = Calendar::builtin();
        let c = clockwork(&calendar);
        let mut r = in_state(State::Received);
        let all = acts();
        for i in steps {
            let before = r.clone();
            if let Ok(next) = (all[i].1)(r, &c) {
                prop_assert!(
                    !matches!(before.state, State::Closed { .. }),
                    "left a closed case by {}", all[i].0
                );
                r = next;
            } else {
                r = before;
            }
            let dates = r.dates(&c).unwrap();
            if let (Some(by), Some(limit)) = (dates.act_by, dates.limit) {
                prop_assert!(by <= limit.on);
            }
        }
    }
}

#[test]
fn time_has_not_started_while_proof_is_awaited() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let r = in_state(State::Received).ask_identity(d("2026-11-03")).unwrap();
    let dates = r.dates(&c).unwrap();
    assert_eq!((dates.act_by, dates.limit, dates.notice_by), (None, None, None));
    let safe = r.counted(&c).unwrap().limit.unwrap().on;
    assert_eq!(safe, d("2026-12-02"), "the shortest reading, for the screen");
    let words = r.wait(&c).unwrap().unwrap().words();
    assert_eq!(words, "Not started: waiting for proof of who is asking since 3 November 2026");
    assert!(r.clone().extend("complex", d("2026-11-20"), &c).is_err(), "nothing to extend");
    let e = r.clone().settle_identity("a card", d("2026-11-02")).unwrap_err();
    assert!(e.to_string().contains("3 November 2026"), "{e}");
    // Silence ends in a reminder, a warning, and the end.
    let reminded = r.remind(d("2026-11-20"), &c).unwrap();
    assert!(reminded.clone().remind(d("2026-11-26"), &c).is_err(), "once a week");
    let warned = reminded.warn(d("2026-11-27"), &c).unwrap();
    assert!(warned.clone().end(Outcome::Lapsed, d("2026-12-26"), &c).is_err());
    assert!(warned.end(Outcome::Lapsed, d("2026-12-27"), &c).is_ok());
}

#[test]
fn a_question_after_the_time_ended_stops_nothing() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let in_time = in_state(State::Searching).clarify(d("2026-12-02")).unwrap();
    assert_eq!(in_time.wait(&c).unwrap().map(|w| w.what), Some(Awaited::Answer));
    let late = in_state(State::Searching).clarify(d("2026-12-03")).unwrap();
    assert_eq!(late.wait(&c).unwrap(), None);
    assert_eq!(late.question_open(), Some(d("2026-12-03")));
    assert_eq!(late.dates(&c).unwrap().limit.unwrap().on, d("2026-12-02"));
    let e = late.clone().warn(d("2026-12-04"), &c).unwrap_err().to_string();
    assert!(e.contains("stops nothing"), "{e}");
    assert!(late.end(Outcome::Lapsed, d("2027-02-01"), &c).is_err());
}

#[test]
fn whoever_was_told_of_more_time_sees_one_date() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let r = in_state(State::Searching);
    assert_eq!(r.dates(&c).unwrap().act_by, Some(d("2026-11-30")), "the promise");
    let extended = r.extend("complex", d("2026-11-20"), &c).unwrap();
    let dates = extended.dates(&c).unwrap();
    assert_eq!((dates.act_by, dates.promise), (Some(d("2027-02-02")), None));
}

#[test]
fn a_fee_moves_the_start_to_the_day_it_is_paid() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let r = in_state(State::Searching);
    assert!(r.clone().ask_fee(0, d("2026-11-04"), &c).is_err());
    let late = r.clone().ask_fee(500, d("2026-12-03"), &c).unwrap_err().to_string();
    assert!(late.contains("can’t move that"), "{late}");
    let owed = r.ask_fee(1205, d("2026-11-04"), &c).unwrap();
    assert_eq!(owed.fee.as_ref().unwrap().pounds(), "£12.05");
    assert_eq!(owed.dates(&c).unwrap().act_by, None);
    assert!(owed.clone().fee_paid(d("2026-11-03")).is_err());
    let paid = owed.fee_paid(d("2026-11-10")).unwrap();
    assert_eq!(paid.dates(&c).unwrap().limit.unwrap().on, d("2026-12-10"));
}

#[test]
fn a_refusal_needs_two_persons_unless_the_settings_say_one() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let proposed = in_state(State::Searching).refuse(proposal(), &c).unwrap();
    assert!(proposed.state.open() && proposed.refused.is_none());
    let same = proposed.clone().approve("staff:ann", d("2026-11-07")).unwrap_err().to_string();
    assert!(same.contains("somebody else"), "{same}");
    let refused = proposed.clone().approve("staff:bea", d("2026-11-07")).unwrap();
    let on = d("2026-11-07");
    assert_eq!(refused.state, State::Closed { on, outcome: Outcome::Refused });
    assert_eq!(proposed.unrefused().unwrap().proposed, None);
    let one = Clockwork { second_approver: false, ..clockwork(&calendar) };
    let alone = in_state(State::Searching).refuse(proposal(), &one).unwrap();
    assert_eq!(alone.refused, Some(Ground::ManifestlyExcessive));
}
