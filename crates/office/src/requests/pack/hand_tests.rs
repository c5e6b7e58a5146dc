//! A pack that goes out: the link with its code, what becomes of it, parts and what follows.

use std::io::Read as _;

use super::bench::*;
use super::hand::open;
use super::tests::full;
use super::*;
use crate::error::Error;
use crate::kit::links;
use crate::people::Asker;
use crate::requests::review::Decision;
use crate::requests::sql::Handover;
use crate::requests::{State, search, sql};

const HERS: &str = "a.quill@example.org";

fn sent(b: &Bench) -> (PackRow, String, String) {
    let (pack, _) = b.make();
    let code = send(&b.office, &b.by, &b.case, Way::Link, false).unwrap().unwrap();
    (pack, b.token(), code)
}

#[test]
fn the_link_opens_with_address_and_code_only() {
    let b = full();
    let (pack, token, code) = sent(&b);
    let typed = code.to_lowercase().replace('-', " ");
    for _ in 0..2 {
        let (row, mut reader, reference) =
            fetch(&b.office, &token, " A.Quill@Example.ORG ", &typed).unwrap();
        assert_eq!((row.sha256, reference.as_str()), (pack.sha256.clone(), "RR-2026-0001"));
        let mut zip = Vec::new();
        reader.read_to_end(&mut zip).unwrap();
        assert_eq!(zip.len() as u64, pack.bytes);
    }
    assert!(b.letters("ready").iter().all(|l| !l.contains(&code)), "never the way the link went");
    let wrong =
        [("b.novak@example.org", &*code), (HERS, "AAAA-AAAA-AAAA-AAAA"), (HERS, ""), ("", "")];
    for (left, (email, code)) in [4, 3, 2, 1].into_iter().zip(wrong) {
        let e = fetch(&b.office, &token, email, code).err().unwrap().to_string();
        assert!(e.contains(&format!("{left} of 5")) && !e.contains("novak"), "{e}");
    }
    assert!(look(&b.office, &token).unwrap().dead.is_none());
    let locked = fetch(&b.office, &token, HERS, "").err().unwrap();
    assert!(locked.to_string().contains("locked"), "{locked}");
    assert!(fetch(&b.office, &token, HERS, &code).is_err());
    assert!(look(&b.office, &token).unwrap().dead.unwrap().contains("locked"));
    let unknown = look(&b.office, "no-such-token").unwrap();
    assert!(unknown.charter.is_none() && unknown.dead.is_some());
    assert!(fetch(&b.office, "no-such-token", HERS, &code).is_err());
    let acts = b.acts();
    assert_eq!(acts.iter().filter(|a| *a == "request.fetched").count(), 2);
    assert_eq!(acts.iter().filter(|a| *a == "request.fetch-locked").count(), 1);
}

#[test]
fn a_ticket_is_of_one_link_and_lasts_half_an_hour() {
    let b = full();
    let (pack, token, code) = sent(&b);
    let proven = prove(&b.office, &token, HERS, &code).unwrap();
    assert_eq!((proven.bytes, proven.complete), (pack.bytes, true));
    assert!(!b.acts().contains(&"request.fetched".to_owned()), "nothing has been saved yet");
    let refused = |token: &str, ticket: &str| {
        let e = save(&b.office, token, ticket).err().unwrap().to_string();
        assert!(e.contains("enter the address and the code again"), "{e}");
    };
    refused(&token, "");
    refused(&token, "bm90IGEgdGlja2V0");
    save(&b.office, &token, &proven.ticket).unwrap();
    assert!(b.acts().contains(&"request.fetched".to_owned()));
    // The same case, another link: its own code is wanted.
    let by = b.later(0);
    new_link(&b.office, &by, &b.case, Way::Link).unwrap();
    let letters = b.letters("ready").into_iter();
    let mut other = letters.filter_map(|l| {
        let rest = l.split("/fetch/").nth(1)?.to_owned();
        rest.split_whitespace().next().map(str::to_owned)
    });
    let other = other.rfind(|t| *t != token).unwrap();
    refused(&other, &proven.ticket);
    let fresh = full();
    let (_, token, code) = sent(&fresh);
    let proven = prove(&fresh.office, &token, HERS, &code).unwrap();
    fresh.later(1);
    let late = save(&fresh.office, &token, &proven.ticket).err().unwrap().to_string();
    assert!(late.contains("half an hour ago"), "{late}");
}

#[test]
fn a_new_link_ends_the_old_one_and_a_link_can_be_taken_back() {
    let b = full();
    let (_, old, old_code) = sent(&b);
    let by = b.later(1);
    assert!(new_link(&b.office, &by, &b.case, Way::LinkAndLetter).unwrap().is_none());
    assert!(look(&b.office, &old).unwrap().dead.unwrap().contains("newer link"));
    assert!(fetch(&b.office, &old, HERS, &old_code).is_err());
    let letter = b.letters("fetch-code").pop().unwrap();
    let code = letter.lines().map(str::trim).find(|l| l.len() == 19 && l.contains('-')).unwrap();
    let token = b.token();
    assert!(fetch(&b.office, &token, HERS, &old_code).is_err());
    fetch(&b.office, &token, HERS, code).unwrap();
    assert!(matches!(revoke(&b.office, &b.by, &b.case, ""), Err(Error::Invalid(_))));
    revoke(&b.office, &b.by, &b.case, "It went to an old address").unwrap();
    assert!(fetch(&b.office, &token, HERS, code).is_err());
    assert!(look(&b.office, &token).unwrap().dead.unwrap().contains("taken back"));
    assert!(matches!(revoke(&b.office, &b.by, &b.case, "again"), Err(Error::Refused(_))));
    let worker = By { role: crate::staff::Role::CaseWorker, ..b.by.clone() };
    assert!(matches!(new_link(&b.office, &worker, &b.case, Way::Link), Err(Error::Denied(_))));
}

#[test]
fn a_link_reminds_once_and_ends() {
    let b = full();
    let (_, token, code) = sent(&b);
    let by = b.later(24 * 21 - 1);
    rounds(&b.office, &by).unwrap();
    assert!(b.letters("not-fetched").is_empty(), "not before day 21");
    let by = b.later(1);
    rounds(&b.office, &by).unwrap();
    rounds(&b.office, &by).unwrap();
    let reminder = b.letters("not-fetched");
    assert_eq!(reminder.len(), 1, "once");
    let second = reminder[0].split("/fetch/").nth(1).unwrap().split_whitespace().next().unwrap();
    assert_ne!(second, token);
    fetch(&b.office, second, HERS, &code).unwrap();
    b.later(24 * 7 - 1);
    assert!(fetch(&b.office, &token, HERS, &code).is_ok());
    let by = b.later(1);
    for t in [&*token, second] {
        assert!(matches!(fetch(&b.office, t, HERS, &code), Err(Error::Refused(_))));
    }
    assert!(look(&b.office, &token).unwrap().dead.unwrap().contains("run out"));
    rounds(&b.office, &by).unwrap();
    rounds(&b.office, &by).unwrap();
    assert_eq!(b.acts().iter().filter(|a| *a == "request.link-over").count(), 1);
    assert!(look(&b.office, &token).unwrap().charter.is_none(), "its token is forgotten");
    new_link(&b.office, &by, &b.case, Way::Link).unwrap().unwrap();
}

#[test]
fn what_was_taken_back_or_reminded_of_meanwhile_is_seen_when_it_counts() {
    let b = full();
    sent(&b);
    let link = || {
        let all = b.office.read(|tx| sql::handovers(tx, &b.by.org, &b.case)).unwrap();
        all.into_iter().next().unwrap()
    };
    let (org, now) = (b.by.org.clone(), b.by.now);
    let remind = || {
        let (org, h) = (org.clone(), link());
        b.office.chore(move |tx| sql::reminded(tx, &org, &h.id, now)).unwrap()
    };
    // Two rounds that both looked before either wrote.
    assert!(remind() && !remind());
    // Whoever gave the right answer while an officer took the link back gets nothing.
    let seen = link();
    revoke(&b.office, &b.by, &b.case, "It went to an old address").unwrap();
    let fetch = |h: Handover| {
        let org = org.clone();
        b.office.chore(move |tx| sql::fetched(tx, &org, &h, now)).unwrap()
    };
    assert!(!fetch(seen));
    assert!(link().fetched.is_none());
}

#[test]
fn a_part_goes_out_with_its_own_letter_and_the_rest_follows() {
    let b = Bench::new(&[("club", "Club database"), ("post", "Post book")]);
    b.found("club", &[row("members", &[("name", "Amara Quill")])]);
    let (pack, files) = b.make();
    assert!(!pack.complete && text(&files, "01-letter.html").contains("This is part 1 of our"));
    assert!(matches!(send(&b.office, &b.by, &b.case, Way::Link, false), Err(Error::Refused(_))));
    let code = send(&b.office, &b.by, &b.case, Way::Link, true).unwrap().unwrap();
    assert!(b.letters("ready")[0].contains("A part of the answer"));
    fetch(&b.office, &b.token(), HERS, &code).unwrap();
    assert_eq!(b.state(), State::Searching, "the case goes on");
    let twice = send(&b.office, &b.by, &b.case, Way::Link, true).unwrap_err();
    assert!(twice.to_string().contains("gone out already"), "{twice}");
    b.found("post", &[]);
    let (pack, files) = b.make();
    assert!(pack.complete);
    assert!(text(&files, "01-letter.html").contains("This is part 2 of our answer, and the last"));
    send(&b.office, &b.by, &b.case, Way::Link, false).unwrap();
    assert!(matches!(b.state(), State::Sent { .. }));
}

#[test]
fn whoever_takes_a_copy_is_on_record() {
    let b = Bench::new(&[("club", "Club database")]);
    let search = b.found("club", &[row("members", &[("name", "Amara Quill")])]);
    b.make();
    let copied = |word: &str| b.acts().iter().filter(|a| *a == word).count();
    let mut zip = Vec::new();
    take_copy(&b.office, &b.by, &b.case, 1).unwrap().read_to_end(&mut zip).unwrap();
    assert!(text(&unpack(&zip), "01-letter.html").contains("Amara Quill"));
    assert_eq!((copied("request.pack-copied"), copied("request.item-copied")), (1, 0));
    assert_eq!(b.laws("request.pack-copied"), ["UK GDPR Art 5(1)(f)"]);
    crate::requests::review::take_copy(&b.office, &b.by, &b.reference(), &search, 0).unwrap();
    assert_eq!((copied("request.pack-copied"), copied("request.item-copied")), (1, 1));
    // What is not there was not taken.
    assert!(take_copy(&b.office, &b.by, &b.case, 2).is_err());
    let outsider = By { role: crate::staff::Role::Public, ..b.by.clone() };
    assert!(matches!(take_copy(&b.office, &outsider, &b.case, 1), Err(Error::Denied(_))));
    assert_eq!(copied("request.pack-copied"), 1);
    // Nor is it undone by a download that breaks off: some of it may have come.
    let code = links::new_code().unwrap();
    let full: &mut [u8] = &mut [0; 8];
    assert!(protected(&b.office, &b.by, &b.case, 1, &code, &mut &mut *full).is_err());
    assert_eq!(copied("request.pack-protected"), 1);
}

#[test]
fn a_page_that_somebody_else_made_is_never_shown_under_our_address() {
    let b = Bench::new(&[("post", "Post book")]);
    let theirs = "<!doctype html><html><head><meta http-equiv=\"refresh\" content=\"600\"></head>\
                  <body><p>Amara Quill, sign in here</p></body></html>";
    b.found("post", &[note("Notice.html", theirs), mail("Subscription", "Amara Quill")]);
    let (_, files) = b.make();
    let (_, reader) = open(&b.office, &b.by, &b.case, 1).unwrap();
    let zip = zip::ZipArchive::new(Opened::new(reader)).unwrap();
    let mut seen = 0;
    for (n, name) in zip.file_names().enumerate() {
        let name = name.unwrap();
        let looked = look_inside(&b.office, &b.by, &b.case, (1, Some(n)), "/files").unwrap();
        let shown = matches!(looked, Looked::Page(_));
        let given = files[&*name] == theirs.as_bytes();
        assert_eq!(shown, name.ends_with(".html") && !given, "{name}");
        seen += u64::from(given);
    }
    assert_eq!(seen, 1, "it went out as it was: {:?}", files.keys());
}

#[test]
fn a_link_to_a_post_tells_nothing_once_the_case_is_answered() {
    let b = Bench::new(&[("safe", "Safe")]);
    let search = b.found("safe", &[]);
    let (org, now) = (b.by.org.clone(), b.by.now);
    let lasts = jiff::SignedDuration::from_hours(24);
    let made = b.office.chore(move |tx| links::make(tx, &org, "paper", &search, now, lasts));
    let token = made.unwrap();
    let shown = || {
        let page = crate::requests::search::portal::holder_page;
        page(&b.office, &token, Default::default(), Default::default()).map(|p| p.name)
    };
    assert_eq!(shown().unwrap(), "Amara Quill");
    b.make();
    send(&b.office, &b.by, &b.case, Way::Post, false).unwrap();
    assert!(matches!(shown(), Err(Error::Refused(_))));
}

#[test]
fn an_answered_case_is_looked_at_again() {
    let b = Bench::new(&[("club", "Club database")]);
    let again = |why: &str, more: &Asker| look_again(&b.office, &b.by, &b.case, why, more);
    let s = b.found("club", &[]);
    assert!(matches!(again("too early", &Asker::default()), Err(Error::Refused(_))));
    b.make();
    send(&b.office, &b.by, &b.case, Way::Post, false).unwrap();
    close(&b.office, &b.by, &b.case).unwrap();
    let more = Asker { other_names: vec!["Amara Brook".into()], ..Asker::default() };
    assert!(matches!(again(" ", &more), Err(Error::Invalid(_))));
    again("She was called Brook until 2015", &more).unwrap();
    let (case, search) = b
        .office
        .read(|tx| {
            let case = acts::load(tx, &b.office, &b.by, &b.case)?;
            Ok((case, sql::a_search(tx, &b.by.org, &s)?))
        })
        .unwrap();
    assert_eq!((search.state.as_str(), search.round), ("planned", 0));
    assert_eq!(case.body.asker.other_names, ["Amara Brook"]);
    assert!(case.row.act_by.is_none() && case.row.request.answered.is_some(), "no second clock");
    b.found("club", &[row("members", &[("name", "Amara Brook")])]);
    assert_eq!(search::settle(&b.office, &b.by, &b.case).unwrap().items, 1);
    b.decide(&s, 0, Decision::Disclose, "");
    b.later(1);
    let by = b.later(1);
    let pack = make(&b.office, &by, &b.case).unwrap();
    assert!(pack.complete && pack.number == 2);
    send(&b.office, &by, &b.case, Way::Post, false).unwrap();
    assert!(matches!(b.state(), State::Sent { .. }));
}
