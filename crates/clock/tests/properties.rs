//! What must hold for every request, whatever its days.
#![allow(clippy::unwrap_used)]

use candour_clock::{
    Calendar, Division, InformationRequest, Pause, Regime, RightsClock, RightsDates, State, answer,
    complaint_acknowledgement, information_request, rule_names,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;

fn day_from(first: Date, offset: i32) -> Date {
    first.checked_add(offset.days()).unwrap()
}

/// Days of 2024 to the middle of 2027, so that the end stays inside the known holidays.
fn received() -> impl Strategy<Value = Date> {
    (0..1250i32).prop_map(|offset| day_from(date(2024, 1, 2), offset))
}

fn division() -> impl Strategy<Value = Division> {
    (0..3usize).prop_map(|at| Division::ALL[at])
}

/// Questions asked and answered, as days after receipt.
fn pauses() -> impl Strategy<Value = Vec<(i32, i32)>> {
    prop::collection::vec((0..40i32, 0..15i32), 0..4)
}

fn clock(received: Date, pauses: &[(i32, i32)]) -> RightsClock {
    let pauses = pauses.iter().map(|(asked, waited)| Pause {
        asked: day_from(received, *asked),
        answered: Some(day_from(received, asked + waited)),
    });
    RightsClock { received, pauses: pauses.collect(), pausable: true, ..RightsClock::default() }
}

fn dates(clock: &RightsClock, division: Division) -> RightsDates {
    clock.work_out(&Calendar::builtin(), division).unwrap()
}

fn limit(clock: &RightsClock, division: Division) -> Date {
    dates(clock, division).limit.unwrap().on
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_promise_is_never_later_than_the_limit(
        on in received(), at in division(), pauses in pauses(), days in 0..60u32, more: bool,
    ) {
        let clock =
            RightsClock { promise_days: Some(days), extended: more, ..clock(on, &pauses) };
        let dates = dates(&clock, at);
        let (limit, promise) = (dates.limit.unwrap().on, dates.promise.unwrap().on);
        prop_assert!(on <= promise && promise <= limit);
        prop_assert_eq!(dates.act_by, Some(promise));
    }

    #[test]
    fn a_limit_is_a_working_day(on in received(), at in division(), pauses in pauses()) {
        let calendar = Calendar::builtin();
        let dates = dates(&clock(on, &pauses), at);
        prop_assert!(calendar.is_working_day(dates.limit.unwrap().on, at).unwrap());
        prop_assert!(calendar.is_working_day(dates.notice_by.unwrap(), at).unwrap());
        if let Some(due) = complaint_acknowledgement(on, &calendar, at).unwrap() {
            prop_assert!(calendar.is_working_day(due.on, at).unwrap());
        }
    }

    #[test]
    fn a_later_receipt_never_ends_sooner(on in received(), by in 0..5i32, at in division()) {
        let later = day_from(on, by);
        prop_assert!(limit(&clock(on, &[]), at) <= limit(&clock(later, &[]), at));
        for regime in [Regime::Foia, Regime::Foisa, Regime::Eir] {
            let due = |received| {
                let request = InformationRequest {
                    regime, received, clarified: None, fee: None, more_time: false,
                };
                information_request(&request, &Calendar::builtin()).unwrap().on
            };
            prop_assert!(due(on) <= due(later));
        }
    }

    #[test]
    fn a_pause_never_shortens(on in received(), at in division(), pauses in pauses()) {
        let mut before = limit(&clock(on, &[]), at);
        for upto in 1..=pauses.len() {
            let after = limit(&clock(on, &pauses[..upto]), at);
            prop_assert!(before <= after);
            before = after;
        }
    }

    #[test]
    fn an_answer_in_time_leaves_time(
        on in received(), at in division(), pause in (0..40i32, 0..15i32),
    ) {
        let asked = day_from(on, pause.0);
        let without = limit(&clock(on, &[]), at);
        let with = limit(&clock(on, &[pause]), at);
        // Asked in time: at least the day after the answer is left. Asked late: nothing changes.
        if asked <= without {
            prop_assert!(day_from(on, pause.0 + pause.1) < with);
        } else {
            prop_assert_eq!(with, without);
        }
    }

    #[test]
    fn an_extension_never_shortens(on in received(), at in division(), pauses in pauses()) {
        let short = clock(on, &pauses);
        let long = RightsClock { extended: true, ..short.clone() };
        prop_assert!(limit(&short, at) < limit(&long, at));
        prop_assert_eq!(dates(&short, at).notice_by, dates(&long, at).notice_by);
    }

    #[test]
    fn proof_that_comes_later_never_shortens(on in received(), at in division(), by in 0..30i32) {
        let waiting = RightsClock {
            identity_received: Some(day_from(on, by)), ..clock(on, &[])
        };
        prop_assert!(limit(&clock(on, &[]), at) <= limit(&waiting, at));
    }

    #[test]
    fn an_open_question_in_time_stops_the_clock(
        on in received(), asked in 0..60i32, at in division(),
    ) {
        let asked = day_from(on, asked);
        let open = RightsClock {
            pauses: vec![Pause { asked, answered: None }], promise_days: Some(28),
            ..clock(on, &[])
        };
        let open = dates(&open, at);
        if asked <= limit(&clock(on, &[]), at) {
            prop_assert_eq!(open.state, State::Paused { since: asked });
            prop_assert!(open.limit.is_none() && open.act_by.is_none());
        } else {
            prop_assert_eq!(open.state, State::Running);
        }
    }

    #[test]
    fn working_days_left_are_counted_one_by_one(
        on in received(), days in 0..60i32, at in division(),
    ) {
        let calendar = Calendar::builtin();
        let to = day_from(on, days);
        let counted = (1..=days)
            .filter(|n| calendar.is_working_day(day_from(on, *n), at).unwrap())
            .count();
        prop_assert_eq!(calendar.working_days_between(on, to, at).unwrap() as usize, counted);
        calendar.describe_left(on, to, at);
        calendar.describe_left(to, on, at);
    }

    #[test]
    fn nothing_typed_at_the_door_panics(
        rule in 0..40usize, received in "\\PC{0,12}|[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9:+]{0,11})?",
        fact in 0..20usize, value in "\\PC{0,8}|[0-9]{1,19}|-?[0-9]{4,6}-[01][0-9]-[0-3][0-9]",
    ) {
        let names = rule_names();
        let name = names[rule % names.len()].0;
        let inputs = candour_clock::rules().iter().filter(|r| r.name == name);
        let facts: Vec<_> = inputs.flat_map(|r| &r.inputs).collect();
        let given = match facts.get(fact % facts.len().max(1)) {
            Some(fact) => [((*fact).clone(), vec![value])].into(),
            None => [].into(),
        };
        let _ = answer(name, &received, &given, &Calendar::builtin());
        let _ = answer(name, "2026-11-22", &given, &Calendar::builtin());
        let _ = answer(name, "9999-12-31", &given, &Calendar::builtin());
        let _ = answer(name, "9999-12-30T22:00Z", &given, &Calendar::builtin());
    }
}
