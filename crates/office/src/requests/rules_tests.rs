//! The state × act table, and the law's noes.

use proptest::prelude::*;

use super::*;

fn clockwork(calendar: &Calendar) -> Clockwork<'_> {
    Clockwork { calendar, division: Division::EnglandAndWales, promise_days: Some(28) }
}

fn d(text: &str) -> Date {
    text.parse().unwrap()
}

fn in_state(state: State) -> Request {
    let mut r = Request::new(Right::Access, Via::Form, d("2026-11-02"), false);
    r.state = state;
    r
}

fn states() -> Vec<State> {
    let on = d("2026-11-10");
    vec![
        State::Received,
        State::Identity { asked: d("2026-11-03") },
        State::Searching,
        State::Reviewing,
        State::Ready,
        State::Sent { on },
        State::Closed { on, outcome: Outcome::Answered },
    ]
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
        ("withdraw", |r, _| r.end(Outcome::Withdrawn, d("2026-11-06"))),
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
    for s in states() {
        table += &format!("{:11}", s.word());
    }
    for (name, act) in acts() {
        table = table.trim_end().to_owned() + &format!("\n{name:16}");
        for s in states() {
            let next = act(in_state(s), &c);
            table += &format!("{:11}", next.map_or("-", |r| r.state.word()));
        }
    }
    insta::assert_snapshot!(table.trim_end(), @r"
                    received   identity   searching  reviewing  ready      sent       closed
    ask identity    identity   -          -          -          -          -          -
    settle identity searching  searching  -          -          -          -          -
    clarify         received   identity   searching  reviewing  -          -          -
    record answer   -          -          -          -          -          -          -
    extend          received   identity   searching  reviewing  ready      -          -
    refuse          closed     closed     closed     closed     closed     -          -
    withdraw        closed     closed     closed     closed     closed     -          -
    searched        -          -          reviewing  -          -          -          -
    search again    -          -          searching  searching  searching  -          -
    pack, part      -          -          searching  reviewing  reviewing  -          -
    pack, complete  -          -          -          ready      ready      -          -
    send            -          -          -          -          sent       -          -
    close           -          -          -          -          -          closed     -
    ");
}

#[test]
fn every_no_names_its_source() {
    let calendar = Calendar::builtin();
    let c = clockwork(&calendar);
    for s in states() {
        for (name, act) in acts() {
            if let Err(e) = act(in_state(s.clone()), &c) {
                let Error::Refused(r) = e else { panic!("{name} in {s:?}: {e}") };
                assert!(!r.source_.is_empty() && r.why.len() > 10, "{name} in {s:?}");
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

proptest! {
    /// Whatever is done in whatever order, a request never leaves the end states, and its act-by
    /// date is never after the limit.
    #[test]
    fn no_path_breaks_the_clock(steps in proptest::collection::vec(0..13usize, 0..30)) {
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
