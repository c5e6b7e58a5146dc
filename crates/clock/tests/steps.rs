//! How dates explain themselves, and how facts that cannot be so are refused.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use candour_clock::{
    Answer, Calendar, ClockError, Division, Pause, RightsClock, RightsDates, Step, answer, day,
};
use jiff::civil::{Date, date};

fn ask(rule: &str, received: &str, facts: &[(&str, &str)]) -> Result<Answer, ClockError> {
    let mut inputs: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (fact, value) in facts {
        inputs.entry((*fact).to_owned()).or_default().push((*value).to_owned());
    }
    answer(rule, received, &inputs, &Calendar::builtin())
}

fn texts(steps: &[Step]) -> Vec<&str> {
    steps.iter().map(|step| step.text.as_str()).collect()
}

fn clock(received: Date) -> RightsClock {
    RightsClock { received, promise_days: Some(28), ..RightsClock::default() }
}

fn dates(clock: &RightsClock) -> RightsDates {
    clock.work_out(&Calendar::builtin(), Division::EnglandAndWales).unwrap()
}

#[test]
fn a_limit_and_a_promise_in_words() {
    let dates = dates(&clock(date(2026, 10, 29)));
    assert_eq!(
        texts(&dates.limit.unwrap().because),
        [
            "Received on Thursday 29 October 2026.",
            "One month ends on the same date in November: Sunday 29 November 2026.",
            "That is not a working day in England and Wales (Sunday), \
             so it ends on Monday 30 November 2026.",
        ]
    );
    assert_eq!(
        texts(&dates.promise.unwrap().because)[1..],
        [
            "The notice promises 28 days: Thursday 26 November 2026.",
            "This is earlier than the law's limit, Monday 30 November 2026, and stands.",
        ]
    );
    assert_eq!(dates.act_by, Some(date(2026, 11, 26)));
}

#[test]
fn pauses_and_short_months_in_words() {
    let clock = RightsClock {
        pauses: vec![Pause { asked: date(2026, 2, 5), answered: Some(date(2026, 2, 9)) }],
        pausable: true,
        promise_days: None,
        ..clock(date(2026, 1, 31))
    };
    assert_eq!(
        texts(&dates(&clock).limit.unwrap().because)[1..],
        [
            "One month ends on the last day of February, which has no 31st: \
             Saturday 28 February 2026.",
            "From Thursday 5 February 2026 to Monday 9 February 2026 an answer was awaited: \
             5 days do not count. The time now ends on Thursday 5 March 2026.",
            // Received four days before the pause became law.
            "This point has not been checked against the text of its source; \
             take advice before you rely on it.",
        ]
    );
}

#[test]
fn a_promise_moves_back_and_never_past_the_law() {
    let promise = |received| texts(&dates(&clock(received)).promise.unwrap().because).join(" ");
    let christmas = promise(date(2026, 11, 27));
    assert!(christmas.contains("(Christmas Day); a promise moves back, to Thursday 24 December"));
    let long = RightsClock { promise_days: Some(31), ..clock(date(2025, 2, 3)) };
    let because = dates(&long).promise.unwrap().because;
    assert_eq!(
        because.last().unwrap().text,
        "That is later than the law allows, so the limit stands: Monday 3 March 2025."
    );
}

#[test]
fn every_step_has_its_source_and_unread_sources_say_so() {
    let answered = ask("breach_ico_72h", "2026-11-17T11:00+00:00", &[]).unwrap();
    assert!(answered.verified);
    assert!(answered.steps.iter().all(|step| step.source.contains("Art 33(1)")));
    let told = [("processor_aware", "2026-11-16T09:00+00:00")];
    let told = ask("breach_ico_72h", "2026-11-17T11:00+00:00", &told).unwrap();
    assert!(!told.verified);
    assert_eq!(told.steps.iter().filter(|step| step.is_warning()).count(), 1);
    let outer = ask("breach_72h_outer_1182", "2026-11-16T10:20+00:00", &[]).unwrap();
    assert!(!outer.verified);
    assert_eq!(
        outer.steps[0].text,
        "Aware on Monday 16 November 2026 at 10:20am; \
         if that hour does not count, time runs from Monday 16 November 2026 at 11:00am."
    );
    let old = ask("rights_month", "2024-11-25", &[]).unwrap();
    assert!(old.steps.iter().all(|step| !step.source.contains("12A")));
    let none = ask("complaint_ack_30d", "2026-06-18", &[]).unwrap();
    assert_eq!((none.due.as_str(), none.steps.len()), ("none", 1));
}

#[test]
fn facts_out_of_order_are_refused() {
    for (rule, received, facts) in [
        ("rights_month", "2026-09-10", vec![("id_received", "2026-09-01")]),
        ("sar_pause", "2026-09-10", vec![("asked", "2026-09-01")]),
        ("sar_pause", "2026-09-10", vec![("asked", "2026-09-12"), ("answered", "2026-09-11")]),
        ("sar_pause", "2026-09-10", vec![("answered", "2026-09-11")]),
        ("art14_notice", "2026-09-10", vec![("first_disclosure", "2026-09-09")]),
        ("exam_marks", "2026-09-10", vec![("results_announced", "2026-08-13")]),
        ("foi_20wd", "2026-09-10", vec![("clarified", "2026-09-09")]),
        ("foi_20wd", "2026-09-01", vec![("fees_notice", "2026-09-09"), ("fee_paid", "2026-09-08")]),
        ("rights_month", "2026-07-01T23:30Z", vec![("local_date", "2026-07-01")]),
    ] {
        let refused = ask(rule, received, &facts);
        assert!(matches!(refused, Err(ClockError::Contradiction(_))), "{rule} {facts:?}");
    }
    let erasure = RightsClock {
        pauses: vec![Pause { asked: date(2026, 9, 12), answered: None }],
        ..clock(date(2026, 9, 10))
    };
    let refused = erasure.work_out(&Calendar::builtin(), Division::Scotland);
    assert!(refused.unwrap_err().to_string().contains("only an access request"));
}

#[test]
fn unreadable_and_missing_facts_are_named() {
    for (rule, received, facts, fact) in [
        ("rights_month", "", vec![], "`received`"),
        ("rights_month", "22/11/2026", vec![], "`received`"),
        ("breach_ico_72h", "2026-11-22", vec![], "`received`"),
        ("breach_ico_72h", "2026-11-22T10:00", vec![], "`received`"),
        ("own_promise", "2026-11-22", vec![], "`promise_days`"),
        ("own_promise", "2026-11-22", vec![("promise_days", "-1")], "`promise_days`"),
        ("rights_month", "2026-11-22", vec![("division", "wales")], "`division`"),
        ("rights_month", "2026-11-22", vec![("tz", "Europe/Paris")], "`tz`"),
        ("foi_20wd", "2026-11-22", vec![("calendar", "scotland")], "`calendar`"),
        ("foi_20wd", "2026-11-22", vec![("fee_paid", "2026-11-30")], "`fees_notice`"),
        ("eir_20wd", "2026-11-22", vec![("complex", "perhaps")], "`complex`"),
        ("ico_fee_amount", "", vec![("turnover", "5")], "`staff`"),
        ("ico_fee_amount", "", vec![("staff", "50")], "`turnover`"),
        ("rights_month", "2026-11-22", vec![("asked", "2026-11-23")], "`asked`"),
    ] {
        let error = ask(rule, received, &facts).unwrap_err().to_string();
        assert!(error.contains(fact), "{rule}: {error}");
    }
    assert_eq!(ask("foi_20wd.fees", "", &[]), Err(ClockError::UnknownRule("foi_20wd.fees".into())));
    assert!(matches!(ask("tps_block_from", "2003-12-10", &[]), Err(ClockError::NotInForce { .. })));
}

#[test]
fn facts_and_dates_go_through_json() {
    let clock = RightsClock {
        pauses: vec![Pause { asked: date(2026, 9, 7), answered: None }],
        pausable: true,
        ..clock(date(2026, 9, 1))
    };
    let json = serde_json::to_string(&clock).unwrap();
    assert_eq!(serde_json::from_str::<RightsClock>(&json).unwrap(), clock);
    let dates = dates(&clock);
    let json = serde_json::to_string(&dates).unwrap();
    assert!(json.contains(r#""state":{"paused":{"since":"2026-09-07"}}"#), "{json}");
    assert_eq!(serde_json::from_str::<RightsDates>(&json).unwrap(), dates);
    assert_eq!(day(date(2026, 11, 26)), "Thursday 26 November 2026");
}
