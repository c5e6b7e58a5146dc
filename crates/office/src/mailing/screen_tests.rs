//! A certificate covers days to come: what they bring is decided when it is made.

use jiff::civil::{Date, date};

use super::{For, valid_until, verdicts};
use crate::charter::{Aim, Channel, Permissions, Purpose};
use crate::permissions::terms::Said;
use crate::permissions::{Class, Facts, Question, Register, Rule};

const TODAY: Date = date(2026, 11, 1);

fn purpose() -> Purpose {
    Purpose {
        short: "news".into(),
        title: "News".into(),
        about: String::new(),
        aim: Aim::Other,
        channels: Channel::ALL.to_vec(),
        partner: None,
        interest_assessed_until: None,
    }
}

fn days(n: u32) -> Permissions {
    Permissions { certificate_days: n, ..Permissions::default() }
}

fn until(
    channel: Channel,
    on: Date,
    settings: &Permissions,
    used: &[Register],
) -> Result<Date, String> {
    let what = For { channel, class: Class::Marketing, purpose: None, attested: None, on };
    let used: Vec<_> = used.iter().map(|r| (*r, date(2026, 10, 20), String::new())).collect();
    valid_until(&what, settings, &used, TODAY).map_err(|e| e.to_string())
}

/// The rule for one set of facts on a list screened today.
fn rule(channel: Channel, facts: Facts, days_covered: u32) -> Rule {
    let (p, s) = (purpose(), days(days_covered));
    let registers: Vec<_> = [Register::Tps, Register::Ctps].map(|r| (r, TODAY)).to_vec();
    let q = Question {
        channel,
        class: Class::Marketing,
        purpose: Some(&p),
        on: TODAY,
        sender: &s,
        registers: &registers,
    };
    let last = until(channel, TODAY, &s, &[]).unwrap();
    let all = verdicts(&q, last, &[std::sync::Arc::new(facts)], None);
    Rule::ALL[usize::from(all.by_profile[0].reason)]
}

#[test]
fn a_yes_that_lapses_within_the_certificate_s_days_is_no_yes() {
    let yes = |until| {
        let said = Said { channel: Channel::Email, purpose: "news".into(), yes: true, until };
        Facts { said: vec![said], ..Facts::default() }
    };
    assert_eq!(rule(Channel::Email, yes(None), 7), Rule::Consent);
    assert_eq!(rule(Channel::Email, yes(Some(date(2026, 11, 7))), 7), Rule::Consent);
    assert_eq!(rule(Channel::Email, yes(Some(date(2026, 11, 6))), 7), Rule::Lapsed);
    assert_eq!(rule(Channel::Email, yes(Some(date(2026, 10, 31))), 7), Rule::Lapsed);
}

/// PECR reg 21(3): listed since 20 days today, it may not be called from 28 days on.
#[test]
fn a_number_that_comes_to_count_as_listed_is_not_called_later() {
    let listed = |since| Facts { listed: vec![(Register::Tps, since)], ..Facts::default() };
    let twenty = date(2026, 10, 12);
    assert_eq!(rule(Channel::Call, listed(twenty), 8), Rule::NotListed);
    assert_eq!(rule(Channel::Call, listed(twenty), 9), Rule::Listed);
    assert_eq!(rule(Channel::Call, listed(twenty), 20), Rule::Listed);
}

#[test]
fn days_count_from_today_and_are_bounded() {
    let seven = days(7);
    assert_eq!(until(Channel::Email, TODAY, &seven, &[]), Ok(date(2026, 11, 7)));
    assert_eq!(until(Channel::Email, date(2026, 11, 5), &seven, &[]), Ok(date(2026, 11, 7)));
    let late = until(Channel::Email, date(2026, 11, 8), &seven, &[]).unwrap_err();
    assert!(late.contains("7 November 2026 only"), "{late}");
    let past = until(Channel::Email, date(2026, 10, 31), &seven, &[]).unwrap_err();
    assert!(past.contains("has passed"), "{past}");
    // Registers of 20 October cover until 16 November, also for letters where the charter says so.
    let month = days(30);
    let end = Ok(date(2026, 11, 16));
    assert_eq!(until(Channel::Call, TODAY, &month, &[Register::Tps]), end);
    assert_eq!(until(Channel::Post, TODAY, &month, &[Register::Mps]), end);
    let off = Permissions { honour_mps: false, ..month.clone() };
    let whole = Ok(date(2026, 11, 30));
    assert_eq!(until(Channel::Post, TODAY, &off, &[Register::Mps]), whole);
    assert_eq!(until(Channel::Email, TODAY, &month, &[Register::Tps]), whole);
}
