//! The decision table against the law's own table, printed for the docs.

use std::borrow::Cow;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::rules::{Question, Rule, decide, not_before, rank_at_premises, with_premises};
use super::terms::{Attested, Class, Facts, Got, Register, Said, Spared, Stop, Subscriber, What};
use crate::charter::{AfterCap, Aim, Cap, Channel, Permissions, Purpose};

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
            let stop = Stop { channel: None, what: What::Marketing, spared: Vec::new() };
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

/// A question beside the first tables, to be asked on several days.
struct Case {
    words: &'static str,
    channel: Channel,
    class: Class,
    purpose: Purpose,
    sender: Permissions,
    facts: Facts,
    imported: Option<Date>,
}

impl Case {
    /// A marketing question by this channel, preference registers of 1 November.
    fn new(words: &'static str, channel: Channel, facts: Facts) -> Self {
        Self {
            words,
            channel,
            class: Class::Marketing,
            purpose: purpose(Aim::Other),
            sender: sender(false),
            facts,
            imported: Some(date(2026, 11, 1)),
        }
    }

    fn class(self, class: Class) -> Self {
        Self { class, ..self }
    }

    fn aim(self, aim: Aim) -> Self {
        Self { purpose: purpose(aim), ..self }
    }

    fn on(&self, day: Date) -> Rule {
        let known = self.imported.map(registers).unwrap_or_default();
        let q = Question {
            channel: self.channel,
            class: self.class,
            purpose: Some(&self.purpose),
            on: day,
            sender: &self.sender,
            registers: &known,
        };
        decide(&q, &self.facts)
    }
}

fn stopped(what: What, facts: Facts) -> Facts {
    Facts { stops: vec![Stop { channel: None, what, spared: Vec::new() }], ..facts }
}

fn member() -> Facts {
    Facts { member: true, ..Facts::default() }
}

/// Classes of message: who may have which.
fn by_class() -> Vec<Case> {
    use Class::{ConsentRequest, Governance, Service};
    let firm = || Facts { subscriber: Subscriber::Corporate, ..Facts::default() };
    let email = |words, facts| Case::new(words, Channel::Email, facts);
    vec![
        email("service, nothing known", Facts::default()).class(Service),
        email("service, said no", said(Channel::Email, false, None)).class(Service),
        email("service, stopped all marketing", stopped(What::Marketing, Facts::default()))
            .class(Service),
        email("service, stopped everything", stopped(What::Everything, Facts::default()))
            .class(Service),
        email("notice to members, a member", member()).class(Governance),
        email("notice to members, no member", Facts::default()).class(Governance),
        email("notice to members, a customer", Facts { sale: got(BEFORE, true), ..member() })
            .class(Governance),
        email("notice to members, no member but said yes", said(Channel::Email, true, None))
            .class(Governance),
        email("notice to members, a member who stopped all marketing", {
            stopped(What::Marketing, member())
        })
        .class(Governance),
        email("notice to members, a member who stopped everything", {
            stopped(What::Everything, member())
        })
        .class(Governance),
        email("request for consent, nothing known", Facts::default()).class(ConsentRequest),
        email("request for consent, a member", member()).class(ConsentRequest),
        email("request for consent, said yes", said(Channel::Email, true, None))
            .class(ConsentRequest),
        email("request for consent, said no", said(Channel::Email, false, None))
            .class(ConsentRequest),
        email("request for consent, a company", firm()).class(ConsentRequest),
    ]
}

/// What turns on the day: caps, registers and their age, lapses, rules that came into force.
fn by_day() -> Vec<Case> {
    let yes = |channel, until| said(channel, true, until);
    let email = |words, facts| Case::new(words, Channel::Email, facts);
    let call = |words, facts| Case::new(words, Channel::Call, facts);
    let person = || Facts { subscriber: Subscriber::Individual, ..Facts::default() };
    let listed = Facts { listed: vec![(Register::Tps, date(2026, 10, 1))], ..person() };
    let had = [date(2026, 10, 24), date(2026, 11, 21)].map(|d| (Channel::Email, d)).to_vec();
    let cap = vec![Cap { channel: Channel::Email, messages: 2, days: 30, then: AfterCap::Block }];
    let assessed =
        || Purpose { interest_assessed_until: Some(date(2026, 11, 28)), ..purpose(Aim::Other) };
    let letter =
        |words| Case { purpose: assessed(), ..Case::new(words, Channel::Post, Facts::default()) };
    let helped = Facts { support: got(SINCE, true), ..Facts::default() };
    let bought = || Facts { sale: got(BEFORE, true), ..Facts::default() };
    vec![
        email("said yes until 28 November", yes(Channel::Email, Some(date(2026, 11, 28)))),
        email("said yes until 28 November, stopped all before", {
            let spared = Spared { channel: Channel::Email, purpose: "news".into() };
            let all = Stop { channel: None, what: What::Marketing, spared: vec![spared] };
            Facts { stops: vec![all], ..yes(Channel::Email, Some(date(2026, 11, 28))) }
        }),
        Case {
            sender: Permissions { caps: cap, ..sender(false) },
            ..email("said yes, had two of two in 30 days", {
                Facts { delivered: had, ..yes(Channel::Email, None) }
            })
        },
        Case {
            sender: sender(true),
            ..email("supported a charity on 5 February", helped).aim(Aim::CharitablePurpose)
        },
        email("bought, our own products", bought()).aim(Aim::SimilarProducts),
        Case {
            purpose: Purpose { partner: Some("crew".into()), ..purpose(Aim::SimilarProducts) },
            ..email("bought, a partner’s products", bought())
        },
        call("a call, TPS of 1 November", person()),
        call("a call, listed since 1 October", listed),
        Case { imported: None, ..call("a call, TPS never imported", person()) },
        call("a claims call, TPS of 1 November", person()).aim(Aim::ClaimsManagement),
        call("a claims call, said yes", yes(Channel::Call, None)).aim(Aim::ClaimsManagement),
        call("a pensions call, said yes", yes(Channel::Call, None)).aim(Aim::Pensions),
        Case {
            sender: Permissions { pensions_firm: true, ..sender(false) },
            ..call("a pensions call of an authorised firm, said yes", yes(Channel::Call, None))
                .aim(Aim::Pensions)
        },
        letter("a letter, interest assessed until 28 November, MPS of 1 November"),
        Case { imported: None, ..letter("the same, MPS never imported") },
        Case {
            imported: None,
            sender: Permissions { honour_mps: false, ..sender(false) },
            ..letter("the same, MPS not honoured by the charter")
        },
    ]
}

/// The days of the second tables: around what changes.
const DAYS: [Date; 6] =
    [BEFORE, SINCE, date(2026, 10, 28), TODAY, date(2026, 11, 28), date(2026, 11, 29)];

fn days(title: &str, cases: &[Case]) -> String {
    let mut out = format!("\n## {title}\n\n| Question |");
    for day in DAYS {
        out += &format!(" {} |", crate::kit::dates::short(day));
    }
    out += &format!("\n|---|{}\n", "---|".repeat(DAYS.len()));
    for c in cases {
        out += &format!("| {} |", c.words);
        for day in DAYS {
            let rule = c.on(day);
            let yes = if rule.allows() { "**yes**" } else { "no" };
            out += &format!(" {yes}: {} |", rule.word());
        }
        out += "\n";
    }
    out
}

const HEAD: &str = "# Whom may we contact?\n\n\
    Printed from `crates/office/src/permissions/rules.rs` by its test, for 22 November 2026 with\n\
    preference registers imported on 1 November 2026. PECR is SI 2003/2426 as amended by SI 2026/82.\n\
    Service messages pass everywhere unless an address is stopped for everything; notices about the\n\
    body's affairs go to members only; a request for consent is itself marketing. The points of law\n\
    that rest on secondary sources are marked so in `crates/clock/data/rules.csv`.\n\n\
    A stop outlives what comes back. A yes narrows it only if it was given after it: on a later day,\n\
    or on the same day if the person said it themselves or staff heard it and say what proves it. A\n\
    yes out of a file, or told by a program, does not count on the day of the stop, and never against\n\
    the stop of somebody who was erased. What is narrowed stays a stop on everything else, also on\n\
    purposes that come later. Of people who share an address a stop or a no of one holds for all; for\n\
    marketing by post a stop also holds for every address with the same numbers and postcode.\n";

const FOOT: &str = "\n## The rules\n\n| Rule | May we? | Why |\n|---|---|---|\n";

/// Set `CANDOUR_PRINT=1` to write the page anew after a change that is meant.
#[test]
fn the_table_in_the_docs_is_this_code() {
    let class = days("By class of message, by e-mail", &by_class());
    let day = days("By day", &by_day());
    let mut text = format!("{HEAD}{}{class}{day}{FOOT}", table());
    for rule in Rule::ALL {
        let yes = if rule.allows() { "yes" } else { "no" };
        text += &format!("| {} | {yes} | {} |\n", rule.word(), rule.why());
    }
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo");
    let path = &format!("{here}/../../docs/law/contact.md");
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
    let cap = Cap { channel: Channel::Email, messages: 2, days: 30, then: AfterCap::Block };
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

/// Kept back instead of left out, and until when; a stop or a no is told as before.
#[test]
fn a_cap_may_keep_messages_back_for_later() {
    let p = purpose(Aim::Other);
    let then = AfterCap::Defer;
    let cap = Cap { channel: Channel::Email, messages: 2, days: 30, then };
    let s = Permissions { caps: vec![cap], ..sender(false) };
    let had = [date(2026, 11, 1), date(2026, 11, 20)].map(|d| (Channel::Email, d)).to_vec();
    let facts = Facts { delivered: had, ..said(Channel::Email, true, None) };
    assert_eq!(ask(Channel::Email, Class::Marketing, &p, &s, &facts), Rule::Deferred);
    let q = |on| Question {
        channel: Channel::Email,
        class: Class::Marketing,
        purpose: Some(&p),
        on,
        sender: &s,
        registers: &[],
    };
    assert_eq!(not_before(&q(TODAY), &facts), Some(date(2026, 12, 1)));
    assert_eq!(decide(&q(date(2026, 12, 1)), &facts), Rule::Consent);
    let no = Facts { delivered: facts.delivered, ..said(Channel::Email, false, None) };
    assert_eq!(ask(Channel::Email, Class::Marketing, &p, &s, &no), Rule::Refused);
}

#[test]
fn a_stop_reaches_as_far_as_it_says() {
    let (p, s) = (purpose(Aim::Other), sender(false));
    let with = |channel, what| Facts {
        stops: vec![Stop { channel, what, spared: Vec::new() }],
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

/// What the second tables must say, by hand: the days on which something turns.
#[test]
fn classes_and_days_by_hand() {
    let all = || by_class().into_iter().chain(by_day());
    let on = |words: &str, day: Date| {
        let case = all().find(|c| c.words == words).unwrap_or_else(|| panic!("no {words}"));
        case.on(day)
    };
    let (last, after) = (date(2026, 11, 28), date(2026, 11, 29));
    for (words, day, rule) in [
        ("service, stopped all marketing", TODAY, Rule::Service),
        ("service, stopped everything", TODAY, Rule::Stopped),
        ("notice to members, no member but said yes", TODAY, Rule::NotMember),
        ("notice to members, a member who stopped all marketing", TODAY, Rule::Member),
        ("request for consent, a member", TODAY, Rule::NoGround),
        ("said yes until 28 November", last, Rule::Consent),
        ("said yes until 28 November", after, Rule::Lapsed),
        ("said yes until 28 November, stopped all before", last, Rule::Consent),
        ("said yes until 28 November, stopped all before", after, Rule::Stopped),
        ("said yes, had two of two in 30 days", TODAY, Rule::OverCap),
        ("said yes, had two of two in 30 days", last, Rule::Consent),
        ("supported a charity on 5 February", BEFORE, Rule::NoGround),
        ("supported a charity on 5 February", SINCE, Rule::CharitySoftOptIn),
        ("bought, a partner’s products", TODAY, Rule::NoGround),
        ("a call, TPS of 1 November", last, Rule::NotListed),
        ("a call, TPS of 1 November", after, Rule::RegisterOld),
        ("a call, listed since 1 October", date(2026, 10, 28), Rule::NotListed),
        ("a call, listed since 1 October", TODAY, Rule::Listed),
        ("a call, TPS never imported", TODAY, Rule::RegisterOld),
        ("a claims call, TPS of 1 November", TODAY, Rule::NoGround),
        ("a pensions call, said yes", TODAY, Rule::NoGround),
        ("a pensions call of an authorised firm, said yes", TODAY, Rule::Consent),
        ("a letter, interest assessed until 28 November, MPS of 1 November", last, Rule::Interest),
        ("a letter, interest assessed until 28 November, MPS of 1 November", after, Rule::NoGround),
        ("the same, MPS never imported", TODAY, Rule::RegisterOld),
        ("the same, MPS not honoured by the charter", TODAY, Rule::Interest),
    ] {
        assert_eq!(on(words, day), rule, "{words}, {day}");
    }
}

/// What a list is screened by (the rule of the address, and the rank of its premises) says the same
/// as what a question is answered by (both sets of facts together).
#[test]
fn premises_block_letters_alone_and_a_list_says_what_an_answer_says() {
    let p = purpose(Aim::Other);
    let mut s = sender(false);
    s.caps = Vec::new();
    let here = || vec![Spared { channel: Channel::Post, purpose: p.short.clone() }];
    let stop = |channel, what, spared| Stop { channel, what, spared };
    let stops = [
        stop(None, What::Marketing, Vec::new()),
        stop(None, What::Everything, Vec::new()),
        stop(Some(Channel::Post), What::Purpose(p.short.clone()), Vec::new()),
        stop(Some(Channel::Post), What::Purpose("other".into()), Vec::new()),
        stop(Some(Channel::Email), What::Marketing, Vec::new()),
        stop(None, What::Marketing, here()),
    ];
    let class = [Class::Marketing, Class::ConsentRequest, Class::Service, Class::Governance];
    for (channel, class) in Channel::ALL.into_iter().flat_map(|c| class.map(|class| (c, class))) {
        for ((words, facts), stop) in relations(channel)
            .into_iter()
            .flat_map(|r| stops.iter().map(move |s| (r.clone(), s.clone())))
        {
            let registers = registers(TODAY);
            let q = Question {
                channel,
                class,
                purpose: Some(&p),
                on: TODAY,
                sender: &s,
                registers: &registers,
            };
            let there = Facts { stops: vec![stop.clone()], premises: true, ..Facts::default() };
            let alone = decide(&q, &facts);
            let asked = decide(&q, &with_premises(&q, Cow::Borrowed(&facts), &there));
            let rank = rank_at_premises(&q, &there);
            let screened = match rank {
                Some(rank) if rank > alone.rank() => Rule::Stopped,
                _ => alone,
            };
            let told = format!("{words}, {channel:?}, {class:?}, {stop:?}");
            assert_eq!(asked.allows(), screened.allows(), "{told}");
            assert!(alone.allows() || !asked.allows(), "nothing is allowed by it: {told}");
            if channel != Channel::Post || !class.is_marketing() {
                assert_eq!((asked, rank), (alone, None), "{told}");
            }
        }
    }
    // A yes passes what was narrowed for it; what rests on anything else does not.
    let there = Facts { stops: vec![stops[5].clone()], ..Facts::default() };
    let asked = |facts: &Facts| {
        let q = Question {
            channel: Channel::Post,
            class: Class::Marketing,
            purpose: Some(&p),
            on: TODAY,
            sender: &s,
            registers: &[],
        };
        decide(&q, &with_premises(&q, Cow::Borrowed(facts), &there))
    };
    assert_eq!(asked(&said(Channel::Post, true, None)), Rule::Consent);
    assert_eq!(asked(&Facts::default()), Rule::Stopped);
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
        facts.stops.push(Stop { channel: None, what: What::Marketing, spared: Vec::new() });
        let p = purpose([Aim::SimilarProducts, Aim::CharitablePurpose, Aim::Other][aim]);
        let class = if request { Class::ConsentRequest } else { Class::Marketing };
        prop_assert_eq!(ask(channel, class, &p, &sender(charity), &facts), Rule::Stopped);
    }
}
