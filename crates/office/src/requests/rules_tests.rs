//! The state × act table, and the law's noes.

use proptest::prelude::*;

use super::*;

fn clockwork(calendar: &Calendar) -> Clockwork<'_> {
    Clockwork {
        calendar,
        division: Division::EnglandAndWales,
        promise_days: Some(28),
        lapse_days: 30,
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

/// Every state, and the open question that any but the last two may wait for.
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
    let asked = in_state(State::Searching).clarify(d("2026-11-05")).unwrap();
    let warned = asked.clone().warn(d("2026-11-06")).unwrap();
    all.extend([("+asked", asked), ("+warned", warned)]);
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
        ("refuse", |r, _| r.refuse(Ground::ManifestlyExcessive, d("2026-11-06"))),
        ("withdraw", |r, c| r.end(Outcome::Withdrawn, d("2026-11-06"), c)),
        ("warn", |r, _| r.warn(d("2026-11-06"))),
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
fn states_and_acts() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    let mut table = format!("{:16}", "");
    for (word, _) in states() {
        table += &format!("{word:11}");
    }
    for (name, act) in acts() {
        table = table.trim_end().to_owned() + &format!("\n{name:16}");
        for (_, r) in states() {
            let next = act(r, &c);
            table += &format!("{:11}", next.map_or("-", |r| r.state.word()));
        }
    }
    insta::assert_snapshot!(table.trim_end(), @r"
                    received   identity   searching  reviewing  ready      sent       closed     +asked     +warned
    ask identity    identity   -          -          -          -          -          -          -          -
    settle identity searching  searching  -          -          -          -          -          -          -
    clarify         received   identity   searching  reviewing  -          -          -          -          -
    record answer   -          -          -          -          -          -          -          searching  searching
    extend          received   identity   searching  reviewing  ready      -          -          searching  searching
    refuse          closed     closed     closed     closed     closed     -          -          closed     closed
    withdraw        closed     closed     closed     closed     closed     -          -          closed     closed
    warn            -          -          -          -          -          -          -          searching  -
    lapse           -          -          -          -          -          -          -          -          closed
    searched        -          -          reviewing  -          -          -          -          reviewing  reviewing
    search again    -          -          searching  searching  searching  -          -          searching  searching
    pack, part      -          -          searching  reviewing  reviewing  -          -          searching  searching
    pack, complete  -          -          -          ready      ready      -          -          -          -
    send            -          -          -          -          sent       -          -          -          -
    close           -          -          -          -          -          closed     -          -          -
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
    assert!(why(&open, "2027-11-05").contains("waits for an answer"));
    let asked = open.clarify(d("2026-11-05")).unwrap();
    assert!(why(&asked, "2027-11-05").contains("warning letter first"), "however long ago");
    let warned = asked.warn(d("2026-11-10")).unwrap();
    assert_eq!(warned.lapses_on(&c), Some(d("2026-12-10")));
    assert!(why(&warned, "2026-12-09").contains("10 December 2026"));
    let lapsed = lapse(&warned, "2026-12-10").unwrap();
    assert!(matches!(lapsed.state, State::Closed { outcome: Outcome::Lapsed, .. }));
    assert!(warned.clone().warn(d("2026-11-11")).is_err(), "once");
    // An answer, and a further question, begin anew.
    let again = warned.clarified(d("2026-11-20")).unwrap().clarify(d("2026-11-21")).unwrap();
    assert!(why(&again, "2027-11-05").contains("warning letter first"));
}

proptest! {
    /// Whatever is done in whatever order, a request never leaves the end states, and its act-by
    /// date is never after the limit.
    #[test]
    fn no_path_breaks_the_clock(steps in proptest::collection::vec(0..15usize, 0..30)) {
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
