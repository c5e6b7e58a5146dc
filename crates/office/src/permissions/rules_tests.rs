//! The decision table against the law's own table, printed for the docs.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::rules::{Question, Rule, decide};
use super::terms::{Attested, Class, Facts, Got, Register, Said, Stop, Subscriber, What};
use crate::charter::{Aim, Cap, Channel, Permissions, Purpose};

const BEFORE: Date = date(2026, 2, 4);
const SINCE: Date = date(2026, 2, 5);
const TODAY: Date = date(2026, 11, 22);

fn purpose(aim: Aim) -> Purpose {
    Purpose {
        short: "news".into(),
        title: "News".into(),
        about: String::new(),
        aim,
        channels: Channel::ALL.to_vec(),
        partner: None,
        interest_assessed_until: None,
    }
}

fn said(channel: Channel, yes: bool, until: Option<Date>) -> Facts {
    let said = Said { channel, purpose: "news".into(), yes, until };
    Facts { said: vec![said], ..Facts::default() }
}

fn got(on: Date, refusal_offered: bool) -> Option<Got> {
    Some(Got { on, refusal_offered })
}

/// Relations of a person to the organisation, with the words for the table.
fn relations(channel: Channel) -> Vec<(&'static str, Facts)> {
    let base = Facts::default;
    vec![
        ("nothing known", base()),
        ("said yes", said(channel, true, None)),
        ("said yes, lapsed", said(channel, true, Some(BEFORE))),
        ("said no", said(channel, false, None)),
        ("bought, refusal offered", Facts { sale: got(BEFORE, true), ..base() }),
        ("bought, no refusal offered", Facts { sale: got(BEFORE, false), ..base() }),
        ("supported before 5 Feb 2026", Facts { support: got(BEFORE, true), ..base() }),
        ("supported since 5 Feb 2026", Facts { support: got(SINCE, true), ..base() }),
        ("member", Facts { member: true, ..base() }),
        ("listed since 1 Oct 2026", {
            let all = Register::ALL.iter().map(|r| (*r, date(2026, 10, 1)));
            Facts { listed: all.collect(), ..base() }
        }),
        ("said yes, then stopped all", {
            let stop = Stop { channel: None, what: What::Marketing };
            Facts { stops: vec![stop], ..said(channel, true, None) }
        }),
    ]
}

fn sender(charity: bool) -> Permissions {
    Permissions { charity, ..Permissions::default() }
}

fn registers(as_of: Date) -> Vec<(Register, Date)> {
    Register::ALL.iter().map(|r| (*r, as_of)).collect()
}

fn ask(channel: Channel, class: Class, p: &Purpose, s: &Permissions, facts: &Facts) -> Rule {
    let known = registers(date(2026, 11, 1));
    let q = Question { channel, class, purpose: Some(p), on: TODAY, sender: s, registers: &known };
    decide(&q, facts)
}

fn table() -> String {
    let mut out = String::new();
    let kinds = [
        (Aim::SimilarProducts, "similar products"),
        (Aim::CharitablePurpose, "charitable purpose, sender a charity"),
    ];
    for (aim, title) in kinds {
        out += &format!("\n## Marketing: {title}\n\n| Channel | Subscriber |");
        for (words, _) in relations(Channel::Email) {
            out += &format!(" {words} |");
        }
        out += &format!("\n|---|---|{}\n", "---|".repeat(relations(Channel::Email).len()));
        let (p, s) = (purpose(aim), sender(aim == Aim::CharitablePurpose));
        for channel in Channel::ALL {
            for (kind, word) in [
                (Subscriber::Individual, "individual"),
                (Subscriber::Corporate, "corporate"),
                (Subscriber::Unknown, "not known"),
            ] {
                out += &format!("| {} | {word} |", channel.label());
                for (_, facts) in relations(channel) {
                    let facts = Facts { subscriber: kind, ..facts };
                    let rule = ask(channel, Class::Marketing, &p, &s, &facts);
                    let yes = if rule.allows() { "**yes**" } else { "no" };
                    out += &format!(" {yes}: {} |", rule.word());
                }
                out += "\n";
            }
        }
    }
    out
}

const HEAD: &str = "# Whom may we contact?\n\n\
    Printed from `crates/office/src/permissions/rules.rs` by its test, for 22 November 2026 with\n\
    preference registers imported on 1 November 2026. PECR is SI 2003/2426 as amended by SI 2026/82.\n\
    Service messages pass everywhere unless an address is stopped for everything; notices about the\n\
    body's affairs go to members only; a request for consent is itself marketing. The points of law\n\
    that rest on secondary sources are marked so in `crates/clock/data/rules.csv`.\n";

const FOOT: &str = "\n## The rules\n\n| Rule | May we? | Why |\n|---|---|---|\n";

/// Set `CANDOUR_PRINT=1` to write the page anew after a change that is meant.
#[test]
fn the_table_in_the_docs_is_this_code() {
    let mut text = format!("{HEAD}{}{FOOT}", table());
    for rule in Rule::ALL {
        let yes = if rule.allows() { "yes" } else { "no" };
        text += &format!("| {} | {yes} | {} |\n", rule.word(), rule.why());
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/law/contact.md");
    if std::env::var_os("CANDOUR_PRINT").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), text, "docs/law/contact.md is out of date");
}

/// The law's table, row by row, written out by hand: PECR regs 19 to 22, UK GDPR Art 21.
#[test]
fn the_law_s_own_table() {
    use Channel as C;
    let (soft, kind, other) =
        (purpose(Aim::SimilarProducts), purpose(Aim::CharitablePurpose), purpose(Aim::ThirdParty));
    let (plain, charity) = (sender(false), sender(true));
    let m = Class::Marketing;
    let person = Facts { subscriber: Subscriber::Individual, ..Facts::default() };
    let firm = Facts { subscriber: Subscriber::Corporate, ..Facts::default() };
    // Reg 22: an individual needs consent; a corporate subscriber does not.
    assert_eq!(ask(C::Email, m, &other, &plain, &person), Rule::NoGround);
    assert_eq!(ask(C::Sms, m, &other, &plain, &firm), Rule::Corporate);
    // Reg 22(3): only for similar products, only with a refusal offered.
    let bought = Facts { sale: got(BEFORE, true), ..person.clone() };
    assert_eq!(ask(C::Email, m, &soft, &plain, &bought), Rule::SoftOptIn);
    assert_eq!(ask(C::Email, m, &other, &plain, &bought), Rule::NoGround);
    // Reg 22(3A): a charity only, its purposes only, details since 5 February 2026 only.
    let helped = |on| Facts { support: got(on, true), ..person.clone() };
    assert_eq!(ask(C::Email, m, &kind, &charity, &helped(SINCE)), Rule::CharitySoftOptIn);
    assert_eq!(ask(C::Email, m, &kind, &charity, &helped(BEFORE)), Rule::NoGround);
    assert_eq!(ask(C::Email, m, &kind, &plain, &helped(SINCE)), Rule::NoGround);
    assert_eq!(ask(C::Email, m, &other, &charity, &helped(SINCE)), Rule::NoGround);
    // A refusal taken up ends the soft opt-in.
    let refused = Facts { sale: got(BEFORE, true), ..said(C::Email, false, None) };
    assert_eq!(ask(C::Email, m, &soft, &plain, &refused), Rule::Refused);
    // Reg 19: automated calls need consent whoever holds the line.
    assert_eq!(ask(C::AutomatedCall, m, &other, &plain, &firm), Rule::NoGround);
    // Regs 21A, 21B.
    let claims = purpose(Aim::ClaimsManagement);
    assert_eq!(ask(C::Call, m, &claims, &plain, &person), Rule::NoGround);
    assert_eq!(ask(C::Call, m, &claims, &plain, &said(C::Call, true, None)), Rule::Consent);
    let pensions = purpose(Aim::Pensions);
    assert_eq!(ask(C::Call, m, &pensions, &plain, &said(C::Call, true, None)), Rule::NoGround);
    // Reg 20: fax.
    assert_eq!(ask(C::Fax, m, &other, &plain, &person), Rule::NoGround);
    assert_eq!(ask(C::Fax, m, &other, &plain, &firm), Rule::Corporate);
    // Asking for consent is marketing.
    assert_eq!(ask(C::Email, Class::ConsentRequest, &other, &plain, &person), Rule::NoGround);
}

/// PECR reg 21(3): listed for less than 28 days is excused; a screening covers 27 days.
#[test]
fn preference_registers_count_by_the_day() {
    let (p, s) = (purpose(Aim::Other), sender(false));
    let listed = date(2026, 10, 1);
    let facts = Facts {
        subscriber: Subscriber::Individual,
        listed: vec![(Register::Tps, listed)],
        ..Facts::default()
    };
    let on = |day: Date, as_of: Date| {
        let known = registers(as_of);
        let q = Question {
            channel: Channel::Call,
            class: Class::Marketing,
            purpose: Some(&p),
            on: day,
            sender: &s,
            registers: &known,
        };
        decide(&q, &facts)
    };
    assert_eq!(on(date(2026, 10, 28), listed), Rule::NotListed);
    assert_eq!(on(date(2026, 10, 29), listed), Rule::Listed);
    let clear = |day, as_of| {
        let known = registers(as_of);
        let q = Question {
            channel: Channel::Call,
            class: Class::Marketing,
            purpose: Some(&p),
            on: day,
            sender: &s,
            registers: &known,
        };
        decide(&q, &Facts::default())
    };
    let screened = date(2026, 11, 2);
    assert_eq!(clear(date(2026, 11, 29), screened), Rule::NotListed);
    assert_eq!(clear(date(2026, 11, 30), screened), Rule::RegisterOld);
}

#[test]
fn letters_need_an_assessment_in_date() {
    let mut p = purpose(Aim::Other);
    let s = sender(false);
    let nobody = Facts::default();
    assert_eq!(ask(Channel::Post, Class::Marketing, &p, &s, &nobody), Rule::NoGround);
    p.interest_assessed_until = Some(TODAY);
    assert_eq!(ask(Channel::Post, Class::Marketing, &p, &s, &nobody), Rule::Interest);
    p.interest_assessed_until = Some(BEFORE);
    assert_eq!(ask(Channel::Post, Class::Marketing, &p, &s, &nobody), Rule::NoGround);
}

#[test]
fn the_cap_counts_marketing_within_its_days() {
    let p = purpose(Aim::Other);
    let cap = Cap { channel: Channel::Email, messages: 2, days: 30 };
    let s = Permissions { caps: vec![cap], ..sender(false) };
    let at = |days: &[Date]| Facts {
        delivered: days.iter().map(|d| (Channel::Email, *d)).collect(),
        ..said(Channel::Email, true, None)
    };
    let twice = at(&[date(2026, 11, 1), date(2026, 11, 20)]);
    assert_eq!(ask(Channel::Email, Class::Marketing, &p, &s, &twice), Rule::OverCap);
    assert_eq!(ask(Channel::Email, Class::Service, &p, &s, &twice), Rule::Service);
    let long_ago = at(&[date(2026, 10, 23), date(2026, 11, 20)]);
    assert_eq!(ask(Channel::Email, Class::Marketing, &p, &s, &long_ago), Rule::Consent);
}

#[test]
fn a_stop_reaches_as_far_as_it_says() {
    let (p, s) = (purpose(Aim::Other), sender(false));
    let with = |channel, what| Facts {
        stops: vec![Stop { channel, what }],
        member: true,
        ..said(Channel::Email, true, None)
    };
    let email = Channel::Email;
    let m = Class::Marketing;
    assert_eq!(ask(email, m, &p, &s, &with(None, What::Marketing)), Rule::Stopped);
    assert_eq!(ask(email, m, &p, &s, &with(Some(Channel::Post), What::Marketing)), Rule::Consent);
    let elsewhere = What::Purpose("other".into());
    assert_eq!(ask(email, m, &p, &s, &with(None, elsewhere)), Rule::Consent);
    // Ballots and service messages pass a marketing stop; nothing passes "everything".
    let g = Class::Governance;
    assert_eq!(ask(email, g, &p, &s, &with(None, What::Marketing)), Rule::Member);
    assert_eq!(ask(email, g, &p, &s, &with(None, What::Everything)), Rule::Stopped);
}

#[test]
fn what_is_recorded_wins_over_what_is_attested() {
    let (p, s) = (purpose(Aim::SimilarProducts), sender(false));
    let added = |facts: &Facts, a: Attested| {
        ask(Channel::Email, Class::Marketing, &p, &s, &a.add_to(facts, BEFORE))
    };
    assert_eq!(added(&Facts::default(), Attested::Customers), Rule::SoftOptIn);
    assert_eq!(added(&said(Channel::Email, false, None), Attested::Customers), Rule::Refused);
    let person = Facts { subscriber: Subscriber::Individual, ..Facts::default() };
    assert_eq!(added(&person, Attested::Corporate), Rule::NoGround);
}

proptest! {
    /// Whatever else is known: a stop on all marketing blocks all marketing.
    #[test]
    fn nothing_outweighs_a_stop(
        channel in 0..6usize, relation in 0..11usize, kind in 0..3usize, aim in 0..3usize,
        charity in any::<bool>(), request in any::<bool>(),
    ) {
        let channel = Channel::ALL[channel];
        let (_, mut facts) = relations(channel).swap_remove(relation);
        facts.subscriber =
            [Subscriber::Individual, Subscriber::Corporate, Subscriber::Unknown][kind];
        facts.stops.push(Stop { channel: None, what: What::Marketing });
        let p = purpose([Aim::SimilarProducts, Aim::CharitablePurpose, Aim::Other][aim]);
        let class = if request { Class::ConsentRequest } else { Class::Marketing };
        prop_assert_eq!(ask(channel, class, &p, &sender(charity), &facts), Rule::Stopped);
    }
}
