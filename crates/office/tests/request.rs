//! What staff do with a case, by command: what is waited for, the ends, letters, corrections. The
//! acts are the desk's, so here it is what they do to the dates, and how a command says no.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use common::{Kept, Office};
use jiff::civil::Date;
use serde_json::Value;

/// An office whose commands are tried.
fn office() -> Office {
    Office::new(Kept::Sqlite, 2)
}

/// Runs `candour request …` with something on standard input.
fn piped(office: &Office, args: &[&str], text: &str) -> (Option<i32>, String) {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut command = office.command(&[&["request"], args].concat());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    let said = [out.stdout, out.stderr].concat();
    (out.status.code(), String::from_utf8(said).unwrap())
}

/// Runs `candour request …`, which must say no with this code and these words.
#[track_caller]
fn no(office: &Office, args: &[&str], code: i32, words: &str) {
    let out = office.run(&[&["request"], args].concat());
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(code), "{args:?}: {said}");
    assert!(said.contains(words), "{args:?}: {said}");
}

/// Runs `candour request … --json`.
fn does(office: &Office, args: &[&str]) -> Value {
    office.json(&[&["request"], args].concat())
}

fn opened(office: &Office, more: &[&str]) -> String {
    let open = ["request", "open", "--name", "Amara Quill"];
    office.ok(&[&open[..], more].concat()).trim().to_owned()
}

fn day(v: &Value) -> Date {
    v.as_str().unwrap_or_else(|| panic!("no day: {v}")).parse().unwrap()
}

fn ago(today: Date, days: i64) -> Date {
    today.saturating_sub(jiff::Span::new().days(days))
}

/// Today, as the office has it.
fn today(office: &Office, reference: &str) -> Date {
    day(&does(office, &["show", reference])["request"]["logged"])
}

/// UK GDPR Art 12A(5): the clock stops while a clarification is awaited.
#[test]
fn a_question_stops_the_clock_until_the_answer() {
    let office = office();
    let now = today(&office, &opened(&office, &[]));
    // The day of receipt is not counted anyway, so this one came before.
    let received = ago(now, 5).to_string();
    let r = opened(&office, &["--email", "amara@example.org", "--received", &received]);
    let before = does(&office, &["show", &r])["dates"]["limit"].clone();
    no(&office, &["ask", "clarification", &r, "--question", " "], 2, "Write what you need to know");
    no(&office, &["record", "answer", &r, "--answer", "x"], 4, "No question is open");
    let asked = does(&office, &["ask", "clarification", &r, "--question", "Which membership?"]);
    assert_eq!(asked["reference"], r.as_str());
    assert_eq!(asked["state"], "received");
    assert_eq!(asked["waiting"]["for"], "an answer to our question");
    assert_eq!(day(&asked["waiting"]["since"]), now);
    assert!(asked["limit"].is_null() && asked["act_by"].is_null(), "{asked}");
    assert_eq!(asked["letters"][0]["title"], "Question what is looked for");
    no(&office, &["ask", "clarification", &r, "--question", "And?"], 4, "already (UK GDPR Art 12A");
    let early = ago(now, 1).to_string();
    no(
        &office,
        &["record", "answer", &r, "--answer", "x", "--on", &early],
        2,
        "before the question",
    );
    let late = ["record", "answer", &r, "--answer", "x", "--on", "2999-01-01"];
    no(&office, &late, 2, "in the future");
    let (code, said) =
        piped(&office, &["record", "answer", &r, "--answer", "-"], "The one in Exwick\n");
    assert_eq!(code, Some(0), "{said}");
    let shown = does(&office, &["show", &r]);
    let after = &shown["dates"]["limit"];
    // It moves on by a day; what falls on a weekend may have stood on the working day after it.
    assert!(day(&after["on"]) >= day(&before["on"]), "{before} {after}");
    assert_ne!(after["because"], before["because"], "the pause is a step of the date");
    assert_eq!(day(&shown["request"]["pauses"][0]["answered"]), now);
    assert!(shown["waiting"].is_null());
    let history = shown["history"].to_string();
    assert!(history.contains("The one in Exwick"), "{history}");
    office.verify_ledger();
}

/// UK GDPR Art 12A(2)(b): with proof that was asked for the time starts on the day it came.
#[test]
fn proof_of_identity_is_asked_for_and_starts_the_time() {
    let office = office();
    let r = opened(&office, &[]);
    let now = today(&office, &r);
    // As it would have been logged ten days ago.
    let received = ago(now, 10).to_string();
    does(&office, &["correct", &r, "--received", &received, "--why", "The postmark"]);
    let ask = ["ask", "identity", &r, "--doubt"];
    no(&office, &[&ask[..], &[""]].concat(), 2, "reasonable doubt");
    let asked = does(&office, &[&ask[..], &["Another address"]].concat());
    assert_eq!(asked["state"], "identity");
    assert_eq!(asked["waiting"]["for"], "proof of who is asking");
    assert!(asked["limit"].is_null());
    let text = office.ok(&["request", "show", &r]);
    assert!(text.contains("Not started: waiting for proof of who is asking since"), "{text}");
    assert!(text.contains("then the limit is"), "the shortest reading is shown: {text}");
    no(&office, &[&ask[..], &["Again"]].concat(), 4, "asked for already");
    let day_before = ago(now, 1).to_string();
    let settle = ["settle", &r, "--how", "A copy of a bill", "--on"];
    no(&office, &[&settle[..], &[&day_before]].concat(), 2, "can’t have come before");
    office.ok(&[&["request"], &settle[..], &[&now.to_string()]].concat());
    let shown = does(&office, &["show", &r]);
    assert_eq!(day(&shown["dates"]["start"]), now, "not the day of receipt");
    no(&office, &[&ask[..], &["Again"]].concat(), 4, "settled already");
}

/// Somebody acts for the person: their authority comes first.
#[test]
fn an_authority_is_recorded_before_the_search() {
    let office = office();
    let file = office.write(
        "asked.json",
        r#"{"name": "Amara Quill", "emails": ["amara@example.org"], "what": "All of it",
            "agent": {"name": "Sol Icitor", "relation": "solicitor", "email": "sol@example.net"}}"#,
    );
    let r = office.ok(&["request", "open", "--from", &file]).trim().to_owned();
    let shown = does(&office, &["show", &r]);
    assert_eq!(shown["tasks"][0]["title"], "Authority to act");
    assert_eq!(shown["waiting"]["for"], "the authority to act for the person");
    assert_eq!(shown["wants"]["what"], "All of it");
    no(&office, &["settle", &r, "--how", "known"], 4, "authority has not been recorded");
    let early = ago(today(&office, &r), 3).to_string();
    let record = ["record", "authority", &r, "--what", "Signed letter"];
    no(&office, &[&record[..], &["--on", &early]].concat(), 2, "The request came on");
    no(&office, &["record", "authority", &r, "--what", ""], 2, "what shows the authority");
    let done = does(&office, &record);
    assert!(done["waiting"].is_null() && !done["limit"].is_null(), "{done}");
    no(&office, &record, 4, "recorded already");
    office.ok(&["request", "settle", &r, "--how", "known"]);
    let none = opened(&office, &[]);
    no(&office, &["record", "authority", &none, "--what", "x"], 4, "asks for themselves");
}

/// UK GDPR Art 12(5)(a), 12A(2): nothing runs until a fee is paid.
#[test]
fn a_fee_is_asked_for_and_paid() {
    let office = office();
    let r = opened(&office, &["--email", "amara@example.org"]);
    let ask = |amount: &'static str, pay: &'static str| {
        ["ask", "fee", &r, "--reason", "The fifth copy", "--amount", amount, "--pay", pay]
            .map(str::to_owned)
    };
    let refused = |args: &[String], code, words: &str| {
        no(&office, &args.iter().map(String::as_str).collect::<Vec<_>>(), code, words);
    };
    refused(&ask("12,50", "By card"), 2, "like 12.50");
    refused(&ask("12.50", ""), 2, "how it can be paid");
    no(&office, &["record", "payment", &r], 4, "No fee is owed");
    let args = ask("12.50", "By card");
    let asked = does(&office, &args.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!((&asked["waiting"]["for"], &asked["limit"]), (&"the fee".into(), &Value::Null));
    refused(&ask("1", "By card"), 4, "asked for already");
    no(&office, &["extend", &r, "--reason", "x"], 4, "nothing to extend yet");
    let now = today(&office, &r);
    let early = ago(now, 1).to_string();
    no(&office, &["record", "payment", &r, "--on", &early], 2, "before it was asked for");
    let paid = does(&office, &["record", "payment", &r]);
    assert!(!paid["limit"].is_null() && paid["waiting"].is_null(), "{paid}");
    let text = office.ok(&["request", "letter", "show", &r, "2"]);
    assert!(text.contains("£12.50") && text.contains("By card"), "{text}");
}

/// UK GDPR Art 12A(4): two further months, once, with a letter.
#[test]
fn the_time_is_extended_once() {
    let office = office();
    let r = opened(&office, &["--email", "amara@example.org"]);
    let before = day(&does(&office, &["show", &r])["dates"]["limit"]["on"]);
    no(&office, &["extend", &r, "--reason", ""], 2, "the letter has to give the reason");
    let why = "Six holdings with many others in them";
    let done = does(&office, &["extend", &r, "--reason", why]);
    let months = before.until((jiff::Unit::Month, day(&done["limit"]))).unwrap();
    assert!((1..=2).contains(&months.get_months()) && day(&done["limit"]) > before, "{done}");
    let days = before.until(day(&done["limit"])).unwrap().get_days();
    assert!((55..=66).contains(&days), "two months on: {days}");
    assert_eq!(done["letters"][0]["title"], "Extension");
    no(&office, &["extend", &r, "--reason", why], 4, "once is all there is (UK GDPR Art 12A(4))");
}

#[test]
fn a_refusal_takes_two_persons_and_the_command_line_is_one() {
    let office = office();
    let r = opened(&office, &["--email", "amara@example.org"]);
    let refuse = ["refuse", &r, "--ground", "excessive", "--reasons", "As in May and July"];
    no(
        &office,
        &["refuse", &r, "--ground", "tiresome", "--reasons", "x"],
        2,
        "possible values: unfounded, excessive",
    );
    no(&office, &refuse[..4], 2, "facts relied on");
    no(&office, &[&refuse[..4], &["--silent"]].concat(), 2, "for the record");
    no(&office, &["approve", &r], 4, "No refusal is proposed");
    let done = does(&office, &refuse);
    assert_eq!(
        (&done["state"], done["letters"].as_array().unwrap().len()),
        (&"received".into(), 0)
    );
    let text = office.ok(&["request", "show", &r]);
    let said =
        "the command line proposes to refuse it, because the request is manifestly excessive";
    assert!(text.contains(said), "{text}");
    no(&office, &["approve", &r], 4, "You proposed it");
    no(&office, &["turn-down", &r, "--note", ""], 2, "Say why");
    does(&office, &["turn-down", &r, "--note", "Most can be answered"]);
    assert!(does(&office, &["show", &r])["request"]["proposed"].is_null());
    // Where one person is enough it is refused at once, with the letter.
    let charter = office.ok(&["charter", "show"]);
    let one = charter.replace("second_approver = true", "second_approver = false");
    assert_ne!(one, charter);
    office.set(&["charter", "set"], "charter.toml", &one);
    let done = does(&office, &refuse);
    assert_eq!(
        (&done["state"], &done["letters"][0]["title"]),
        (&"closed".into(), &"Refusal".into())
    );
    no(&office, &refuse, 4, "sent or closed");
}

#[test]
fn a_case_is_closed_as_what_it_is() {
    let office = office();
    let (first, second) =
        (opened(&office, &[]), opened(&office, &["--email", "amara@example.org"]));
    let close = |r: &str, more: &[&str]| {
        let all = [&["close", r, "--outcome"], more].concat();
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let refused = |r: &str, more: &[&str], code, words: &str| {
        let args = close(r, more);
        no(&office, &args.iter().map(String::as_str).collect::<Vec<_>>(), code, words);
    };
    let done = |r: &str, more: &[&str]| {
        let args = close(r, more);
        does(&office, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    refused(&second, &["forgotten"], 2, "duplicate");
    refused(&second, &["duplicate"], 2, "reference of the request that goes on");
    refused(&second, &["duplicate", "--other", &second], 2, "This is the case itself");
    refused(&second, &["duplicate", "--other", "RR-1999-0001"], 2, "no case with this reference");
    refused(&second, &["answered"], 4, "Send the answer first");
    refused(&second, &["lapsed"], 4, "Nothing is waited for");
    let closed = done(&second, &["duplicate", "--other", &first.to_lowercase()]);
    assert_eq!(
        (&closed["state"], &closed["letters"][0]["title"]),
        (&"closed".into(), &"The request is closed".into())
    );
    let text = office.ok(&["request", "letter", "show", &second, "2"]);
    assert!(text.contains(&first), "the letter says where it goes on: {text}");
    let third = opened(&office, &[]);
    refused(&third, &["mistake"], 2, "Say why it is no request");
    assert_eq!(done(&third, &["mistake", "--note", "A parking space"])["state"], "closed");
    // What does not come ends a request only after a warning and its days.
    let slow = opened(&office, &[]);
    does(&office, &["ask", "identity", &slow, "--doubt", "Another name"]);
    refused(&slow, &["lapsed"], 4, "have not been warned");
    no(&office, &["remind", &first], 4, "Nothing is waited for");
    let warned = does(&office, &["warn", &slow]);
    assert_eq!(warned["letters"][0]["title"], "Warning that it will be closed");
    assert!(!does(&office, &["show", &slow])["waiting"]["lapses"].is_null());
    refused(&slow, &["lapsed"], 4, "it can lapse on");
    no(&office, &["remind", &slow], 4, "less than a week ago");
    office.verify_ledger();
}

#[test]
fn the_letter_about_somebody_who_died_goes_to_who_told_us() {
    let office = office();
    let r = opened(&office, &["--email", "amara@example.org"]);
    let close = ["close", &r, "--outcome", "died", "--told-by"];
    let (code, said) = piped(
        &office,
        &[&close[..], &["-"]].concat(),
        "{\"name\": \"Bram zzcanary\", \"phone\": 1}",
    );
    assert!(code == Some(2) && !said.contains("zzcanary"), "{said}");
    let (code, said) = piped(
        &office,
        &[&close[..], &["-"]].concat(),
        "{\"name\": \"Bram Quill\", \"email\": \"bram@example.org\"}",
    );
    assert_eq!(code, Some(0), "{said}");
    let text = office.ok(&["request", "letter", "show", &r, "2"]);
    assert!(text.contains("To: bram@example.org") && text.contains("Bram Quill"), "{text}");
    let other = opened(&office, &[]);
    let told = ["close", &other, "--outcome", "withdrawn", "--told-by", "x"];
    no(&office, &told, 2, "when the person has died");
}

#[test]
fn a_letter_is_read_posted_and_counted_from_the_day_it_left() {
    let office = office();
    let r = opened(&office, &[]);
    let list = does(&office, &["letter", "list", &r]);
    assert_eq!((&list[0]["number"], &list[0]["state"]), (&1.into(), &"to-print".into()));
    let all = does(&office, &["letter", "list"]);
    assert_eq!(all[0]["reference"], r.as_str());
    let text = office.ok(&["request", "letter", "show", &r, "1"]);
    assert!(text.contains("Subject: ") && text.contains(&r), "{text}");
    no(&office, &["letter", "show", &r, "0"], 3, "letter was not found");
    no(&office, &["letter", "show", &r, "2"], 3, "letter was not found");
    let early = ago(today(&office, &r), 1).to_string();
    no(&office, &["letter", "posted", &r, "1", "--on", &early], 2, "before it was written");
    no(&office, &["letter", "posted", &r, "1", "--on", "2999-01-01"], 2, "in the future");
    no(&office, &["letter", "again", &r, "1"], 2, "print and post it");
    does(&office, &["letter", "posted", &r, "1"]);
    let text = office.ok(&["request", "letter", "list", &r]);
    assert!(text.contains("Posted on") && text.contains("by the command line"), "{text}");
    no(&office, &["letter", "posted", &r, "1"], 4, "");
    assert_eq!(does(&office, &["letter", "list"]), serde_json::json!([]));
    let code = does(&office, &["new-code", &r]);
    assert_eq!(code["letters"][0]["title"], "New code for the status page");
    no(&office, &["new-code", &r], 4, "less than a minute ago");
}

#[test]
fn what_was_logged_wrongly_is_put_right() {
    let office = office();
    let r = opened(&office, &["--email", "zadie@example.org", "--what", "letters"]);
    let correct = ["correct", &r];
    no(&office, &correct, 2, "Nothing has been changed yet");
    let file = office.write("right.json", r#"{"emails": ["amara@example.org"]}"#);
    let from = [&correct[..], &["--from", &file]].concat();
    no(&office, &from, 2, "how you know");
    let done = does(&office, &[&from[..], &["--why", "A letter was misread"]].concat());
    assert_eq!(done["letters"][0]["title"], "Acknowledgement", "told anew, to the right address");
    let mut now = does(&office, &["correct", &r, "--show"]);
    assert_eq!(
        (&now["emails"][0], &now["name"]),
        (&"amara@example.org".into(), &"Amara Quill".into())
    );
    assert_eq!(now["what"], "letters", "what is not named stays");
    // What was printed can be mended and handed back; somebody else's change meanwhile counts.
    now["what"] = "letters since 2020".into();
    now["via"] = "phone".into();
    let printed = office.write("case.json", &now.to_string());
    let from = ["correct", &r, "--from", &printed, "--why", "She rang"];
    does(&office, &from);
    let shown = does(&office, &["show", &r]);
    assert_eq!(
        (&shown["request"]["via"], &shown["wants"]["what"]),
        (&"phone".into(), &now["what"])
    );
    no(&office, &from, 4, "changed by someone else");
    for (text, words) in [
        (r#"{"email": "zzcanary@example.org"}"#, "a field that there is not"),
        (r#"{"emails": "zzcanary@example.org"}"#, "The field emails can’t hold this"),
        (r#"{"born": "zzcanary"}"#, "date of birth"),
        (r#"{"format": "zzcanary"}"#, "download, post or in person"),
        (r#"["zzcanary"]"#, "one JSON object"),
        (r#"{"name": zzcanary}"#, "no JSON at line 1"),
        (r#"{"from": "2020-01-01"}"#, "candour request period"),
        (r#"{"version": "zzcanary"}"#, "The field version can’t hold this"),
    ] {
        let args = ["correct", &r, "--from", "-", "--why", "x"];
        let (code, said) = piped(&office, &args, text);
        assert!(code == Some(2) && said.contains(words), "{text}: {said}");
        assert!(!said.contains("zzcanary"), "{said}");
    }
    let both = ["correct", &r, "--from", "-", "--why", "-"];
    let (code, said) = piped(&office, &both, "{}");
    assert!(code == Some(2) && said.contains("Only one thing"), "{said}");
    no(&office, &["correct", &r, "--received", "2999-01-01", "--why", "x"], 2, "in the future");
}

#[test]
fn time_owner_child_and_paper_are_set_by_command() {
    let office = office();
    let r = office.ask();
    no(&office, &["period", &r, "--reason", "x"], 2, "--any");
    let from = ["period", &r, "--from", "2024-01-01", "--reason"];
    no(&office, &[&from[..], &[""]].concat(), 2, "when and how they asked");
    does(&office, &[&from[..], &["Her e-mail"]].concat());
    let text = office.ok(&["request", "show", &r]);
    assert!(text.contains("Time: from 1 January 2024 on"), "{text}");
    does(&office, &["period", &r, "--any", "--reason", "She rang"]);
    let add = |name: &str, email: &str, role: &str| {
        office.ok(&["staff", "add", "--name", name, "--email", email, "--role", role]);
    };
    add("Ruth Osei", "ruth@example.org", "officer");
    add("Ada Ward", "ada@example.org", "auditor");
    no(&office, &["assign", &r, "nobody@example.org"], 3, "account was not found");
    no(&office, &["assign", &r, "ada@example.org"], 2, "work on cases");
    does(&office, &["assign", &r, "Ruth@example.org"]);
    assert_eq!(does(&office, &["show", &r])["owner"], "Ruth Osei");
    does(&office, &["assign", &r, "--nobody"]);
    assert!(does(&office, &["show", &r])["owner"].is_null());
    no(&office, &["record", "child", &r, "--who", "child", "--why", ""], 2, "who decided");
    does(&office, &["record", "child", &r, "--who", "child", "--why", "She is 14"]);
    assert!(!does(&office, &["show", &r])["request"]["child"].is_null());
    // A holding on paper, answered by command.
    let cabinet = ["holding", "add", "cabinet", "--title", "Cabinet", "--kind", "paper"];
    office
        .ok(&[&cabinet[..], &["--post", "Librarian", "--post-email", "lib@test.example"]].concat());
    let r = office.ask();
    office.run(&["request", "find", &r]);
    let paper = ["record", "paper", &r, "cabinet", "--words"];
    no(&office, &[&paper[..], &[" "]].concat(), 2, "found nothing");
    no(&office, &["record", "paper", &r, "club", "--nothing"], 2, "answered already");
    does(&office, &[&paper[..], &["A card from 1998"]].concat());
    let shown = does(&office, &["show", &r]);
    let all = shown["searches"].as_array().unwrap();
    let found = all.iter().find(|s| s["short"] == "cabinet").unwrap();
    assert_eq!((&found["state"], &found["items"]), (&"done".into(), &1.into()));
    no(&office, &["record", "paper", &r, "cabinet", "--nothing"], 2, "answered already");
}

/// The desk's page of a case and `show` are read with the same functions: nothing of it is missing
/// here.
#[test]
fn show_tells_what_the_page_of_a_case_tells() {
    let office = office();
    let r = office.ask();
    office.ok(&["request", "find", &r]);
    let zip = office.path("pack.zip");
    office.ok(&["request", "pack", &r, "--out", zip.to_str().unwrap()]);
    let text = office.ok(&["request", "show", &r]);
    for words in [
        "Access request – Ready to send",
        "Person: Amara Quill",
        "E-mail: Amara@Example.ORG",
        "Our promise: ",
        "The law: ",
        "[UK GDPR Arts 12(3), 12A, 4A]",
        "Search the holdings      Completed",
        "Send it                  Ready to send",
        "club",
        "items, complete, made",
        "1  Acknowledgement: On its way",
        "Identity settled: known to us",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let shown = does(&office, &["show", &r]);
    let keys: Vec<&str> = shown.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = [
        "asker",
        "dates",
        "handed",
        "history",
        "letters",
        "owner",
        "packs",
        "reference",
        "refusal",
        "request",
        "searches",
        "stands",
        "tasks",
        "waiting",
        "wants",
    ];
    assert_eq!(keys, wanted);
    assert_eq!(shown["packs"][0]["complete"], true);
    // Long words are shortened as a form would have them, before anything is done.
    let long = "x".repeat(2_001);
    no(&office, &["extend", &r, "--reason", &long], 2, "Shorten “reason” to 2000 letters");
}

/// Every command of a case says what it does, with an example where it takes more than a name.
#[test]
fn every_command_has_help() {
    let office = office();
    let help = |args: &[&str]| {
        let out = office.run(&[&["request"], args, &["--help"]].concat());
        assert_eq!(out.status.code(), Some(0), "{args:?}");
        String::from_utf8(out.stdout).unwrap()
    };
    let all = help(&[]);
    let verbs = [
        "ask",
        "record",
        "remind",
        "warn",
        "extend",
        "refuse",
        "approve",
        "turn-down",
        "close",
        "correct",
        "period",
        "assign",
        "letter",
        "new-code",
    ];
    for verb in verbs {
        assert!(all.contains(&format!("\n  {verb} ")), "{verb}: {all}");
    }
    for args in [
        &["ask", "identity"][..],
        &["ask", "clarification"],
        &["ask", "fee"],
        &["record", "authority"],
        &["record", "answer"],
        &["record", "payment"],
        &["record", "child"],
        &["record", "paper"],
        &["extend"],
        &["refuse"],
        &["turn-down"],
        &["close"],
        &["correct"],
        &["period"],
        &["assign"],
        &["letter", "list"],
        &["letter", "posted"],
    ] {
        let text = help(args);
        assert!(text.contains(&format!("  candour request {} ", args.join(" "))), "{text}");
    }
}
