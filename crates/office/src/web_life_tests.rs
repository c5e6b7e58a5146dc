//! The life of a case as its faces show it: asked, waited for, refused, sent, closed.

use super::*;
use crate::kit::dates;
use crate::requests::search::Connections;

const ASK: &str = "/o/harbour/data-rights/ask";

impl Served {
    /// Begins the public form; answers the header that carries its draft.
    fn begun(&self) -> String {
        format!("Cookie: {}\r\n", self.send("POST", ASK, "", "").cookie)
    }

    fn answers(&self, draft: &str, all: &[(&str, &str)]) {
        for (step, form) in all {
            let got = self.send("POST", &format!("{ASK}/{step}"), draft, form);
            assert_eq!(got.status, 303, "{step}: {}", got.text);
        }
    }

    /// Logs a case; answers its reference.
    fn logged(&self, change: impl Fn(&mut Asker), days_ago: i32) -> String {
        let mut asker = Asker { name: "Amara Quill".into(), ..Asker::default() };
        change(&mut asker);
        let received = dates::day_of(self.by.now).saturating_sub(jiff::Span::new().days(days_ago));
        let body = Body { asker, ..Body::default() };
        let new = NewCase { right: Right::Access, via: Via::Letter, received, body };
        let (o, by) = (self.office.clone(), self.by.clone());
        self.office.write(move |tx| acts::open_case(tx, &o, &by, &new)).unwrap().reference
    }

    fn row(&self, reference: &str) -> sql::CaseRow {
        self.office.read(|tx| sql::case_by_ref(tx, &self.by.org, reference)).unwrap()
    }

    /// The letters of a case: name, state, text.
    fn letters(&self, reference: &str) -> Vec<(String, String, String)> {
        use crate::kit::{post, sql as kit};
        let id = self.row(reference).id;
        let all = self.office.read(|tx| {
            let mut all = Vec::new();
            for l in kit::letters_of(tx, &self.by.org, &id)? {
                let (row, letter) = post::open(tx, self.office.vault(), &self.by.org, &l.id)?;
                all.push((row.name, row.state, letter.text));
            }
            Ok(all)
        });
        all.unwrap()
    }

    fn get(&self, me: &str, path: &str) -> String {
        let got = self.send("GET", path, me, "");
        assert_eq!(got.status, 200, "{path}: {}", got.text);
        got.text
    }

    fn act(&self, me: &str, reference: &str, act: &str, form: &str) -> Got {
        self.send("POST", &format!("/office/cases/{reference}/{act}"), me, form)
    }
}

fn location(got: &Got) -> String {
    let to = got.head.lines().find_map(|l| l.strip_prefix("location: "));
    to.unwrap_or_default().to_owned()
}

/// The date fields of a form.
fn on(day: jiff::civil::Date) -> String {
    format!("on-day={}&on-month={}&on-year={}", day.day(), day.month(), day.year())
}

#[test]
fn a_representative_is_asked_about_the_person_and_never_searched_for() {
    let s = Served::new();
    let draft = s.begun();
    let sol = "agent-name=Sol+Icitor&agent-email=sol%40law.example&agent-relation=solicitor";
    s.answers(&draft, &[("who", "who=other"), ("agent", sol), ("name", "name=Bram+Tarn")]);
    for step in ["name", "find"] {
        let page = s.get(&draft, &format!("{ASK}/{step}"));
        assert!(page.contains("the person"), "{step}: {page}");
        for own in ["\"email\" autocomplete", "=\"email\"><", "autocomplete=\"email\"", "\"tel\"><"]
        {
            assert!(!page.contains(own), "{step} offers what the browser knows: {own}");
        }
        assert!(!page.contains("autocomplete=\"name\"") && !page.contains("postal-code"));
    }
    let page = s.get(&draft, &format!("{ASK}/find"));
    assert!(page.contains("How can we find the person?") && page.contains("Their e-mail address"));
    let own = s.send("POST", &format!("{ASK}/find"), &draft, "email=SOL%40law.example");
    assert_eq!(own.status, 422);
    assert!(own.text.contains("whoever acts for the person"), "{}", own.text);
    s.answers(&draft, &[("find", "number=M-0042"), ("format", "format=post&agent-address=1+Law")]);
    let check = s.get(&draft, &format!("{ASK}/check"));
    for row in ["solicitor", "Sol Icitor", "1 Law", "M-0042", "Not provided"] {
        assert!(check.contains(row), "{row}: {check}");
    }
    let sent = s.send("POST", &format!("{ASK}/check"), &draft, "");
    let receipt = s.get(&draft, &location(&sent).replace("rr-", "RR-"));
    assert!(receipt.contains("we need to see that you may act for them"), "{receipt}");
    assert!(receipt.contains("privacy@harbour.example") && !receipt.contains("We will answer by"));
    let code = receipt.split("card hash\">").nth(1).unwrap().split('<').next().unwrap();
    let form = format!("reference=RR-2026-0001&code={code}");
    let status = s.send("POST", "/o/harbour/data-rights/status", "", &form).text;
    assert!(status.contains("shows that you may act for the person"), "{status}");
    assert!(!status.contains("Answer by"), "no date before the time has started: {status}");
    let row = s.row("RR-2026-0001");
    let case = s.office.read(|tx| acts::open_row(tx, &s.office, &s.by.org, row)).unwrap();
    let asker = &case.body.asker;
    assert!(asker.emails.is_empty() && asker.addresses.is_empty(), "nothing of Sol's: {asker:?}");
    assert_eq!(case.row.act_by, None, "the time has not started");
    assert!(case.row.waiting.is_some());
}

#[test]
fn the_receipt_can_be_read_again_and_sending_twice_logs_once() {
    let s = Served::new();
    let draft = s.begun();
    s.answers(&draft, &[("who", "who=me"), ("name", "name=Amara+Quill")]);
    // A postal address is one of the things of which one is enough.
    s.answers(&draft, &[("find", "address=4+Quay+Street")]);
    let sent = s.send("POST", &format!("{ASK}/check"), &draft, "");
    assert_eq!(sent.status, 303, "{}", sent.text);
    let to = location(&sent).replace("rr-", "RR-");
    assert!(to.ends_with("/sent/RR-2026-0001"), "{to}");
    let first = s.get(&draft, &to);
    assert!(first.contains("We will answer by"), "{first}");
    assert_eq!(s.get(&draft, &to), first, "reading it again loses nothing");
    let again = s.send("POST", &format!("{ASK}/check"), &draft, "");
    assert_eq!(location(&again), location(&sent));
    let other = s.send("GET", &to, "", "");
    assert!(other.status == 303 && location(&other).ends_with("/status"), "another browser");
    let all = s.office.read(|tx| {
        let today = dates::day_of(s.by.now);
        sql::cases(tx, &s.by.org, &sql::Which::Open, today, 0, 10)
    });
    assert_eq!(all.unwrap().len(), 1);
}

#[test]
fn changing_an_answer_comes_back_to_the_last_page() {
    let s = Served::new();
    let draft = s.begun();
    let what = "what=all&deadline-day=27&deadline-month=3&deadline-year=2027";
    s.answers(&draft, &[("who", "who=me"), ("name", "name=Amara+Quill"), ("what", what)]);
    let nothing = s.send("POST", &format!("{ASK}/check"), &draft, "");
    assert!(nothing.status == 422 && nothing.text.contains("at least one of"), "{}", nothing.text);
    s.answers(&draft, &[("find", "email=amara%40example.org"), ("copies", "copies=about")]);
    let check = s.get(&draft, &format!("{ASK}/check"));
    for row in ["27 March 2027", "only how we use it", "/ask/name?change=yes", "/ask/dates?change"]
    {
        assert!(check.contains(row), "{row}: {check}");
    }
    let page = s.get(&draft, &format!("{ASK}/name?change=yes"));
    assert!(page.contains("name=\"change\" value=\"yes\""), "{page}");
    let post = |step: &str, form: &str| s.send("POST", &format!("{ASK}/{step}"), &draft, form);
    let back = post("name", "name=Amara+J+Quill&change=yes");
    assert!(location(&back).ends_with("/ask/check"), "{}", location(&back));
    let empty = post("name", "name=&change=yes");
    assert!(empty.status == 422 && empty.text.contains("name=\"change\""), "still a change");
    // Another person needs more answers before it can be sent.
    let agent = post("who", "who=other&change=yes");
    assert!(location(&agent).ends_with("/ask/agent?change=yes"), "{}", location(&agent));
    let wrong =
        post("dates", "from-day=2&from-month=1&from-year=2026&to-day=1&to-month=1&to-year=2026");
    assert!(wrong.status == 422 && wrong.text.contains("before the first"), "{}", wrong.text);
}

#[test]
fn a_name_alone_starts_the_clock_and_the_page_says_what_is_missing() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let today = dates::day_of(s.by.now);
    let day = format!(
        "received-day={}&received-month={}&received-year={}",
        today.day(),
        today.month(),
        today.year()
    );
    let form = format!(
        "via=letter&name=Amara+Quill&{day}&format=post&deadline-day=27\
                        &deadline-month=3&deadline-year=2027"
    );
    let got = s.send("POST", "/office/cases/new", &me, &form);
    assert_eq!(got.status, 303, "{}", got.text);
    assert!(s.row("RR-2026-0001").act_by.is_some(), "its time runs");
    let page = s.get(&me, "/office/cases/RR-2026-0001");
    for must in ["Only a name is known", "27 March 2027", "<dt>Format</dt><dd>on paper, by post"] {
        assert!(page.contains(must), "{must}: {page}");
    }
}

#[test]
fn time_that_has_not_started_is_said_so_everywhere() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let reference = s.logged(|a| a.emails = vec!["amara@example.org".into()], 40);
    assert!(s.get(&me, "/office/cases?show=late").contains(&reference), "it is late");
    let asked = s.act(&me, &reference, "identity", "way=ask&doubt=two+people+of+one+name");
    assert_eq!(asked.status, 303, "{}", asked.text);
    assert!(!s.get(&me, "/office/cases?show=late").contains(&reference), "not any more");
    let waiting = s.get(&me, "/office/cases?show=waiting");
    assert!(waiting.contains("Not started: waiting for proof of who is asking"), "{waiting}");
    let page = s.get(&me, &format!("/office/cases/{reference}"));
    assert!(page.contains("the time has run from receipt: then the limit is"), "{page}");
    assert!(page.contains("Remind them") && page.contains("Warn that it will be closed"));
    // The day it came: not one to come, not one before it was asked for.
    let today = dates::day_of(s.by.now);
    let settle = |day| {
        let form = format!("way=other&how=a+card&{}", on(day));
        s.act(&me, &reference, "identity", &form)
    };
    let span = jiff::Span::new().days(1);
    let early = settle(today.saturating_sub(span));
    assert!(early.status == 422 && early.text.contains("come before"), "{}", early.text);
    assert!(early.text.contains("value=\"other\" checked"), "the choice is kept");
    let late = settle(today.saturating_add(span));
    assert!(late.status == 422 && late.text.contains("in the future"), "{}", late.text);
    assert_eq!(settle(today).status, 303);
    let dates = s.row(&reference).request;
    assert_eq!(dates.settled.unwrap().on, today);
    assert!(s.row(&reference).act_by.is_some_and(|by| by > today), "it runs from today");
}

#[test]
fn silence_is_reminded_of_warned_of_and_ends_the_request() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let agent = crate::people::Representative {
        name: "Jo Tarn".into(),
        email: "jo@example.net".into(),
        ..Default::default()
    };
    let reference = s.logged(|a| a.agent = Some(agent.clone()), 20);
    let ago = |days: i32| dates::day_of(s.by.now).saturating_sub(jiff::Span::new().days(days));
    // Lets time pass: changes what was written down of the days.
    let change = |change: fn(&mut crate::requests::acts::Case, jiff::civil::Date), day| {
        let (o, by, r) = (s.office.clone(), s.by.clone(), reference.clone());
        let done = s.office.chore(move |tx| {
            let mut case = acts::load_by_ref(tx, &o, &by, &r)?;
            change(&mut case, day);
            acts::save(tx, &o, &by, case)
        });
        done.unwrap();
    };
    assert!(!s.get(&me, "/office").contains("Remind them"), "it was asked for today");
    change(|c, day| c.row.request.logged = Some(day), ago(15));
    assert!(s.get(&me, "/office").contains("Remind them: two weeks without an answer"));
    assert_eq!(s.act(&me, &reference, "remind", "").status, 303);
    assert_eq!(s.act(&me, &reference, "remind", "").status, 422, "once a week");
    assert!(!s.get(&me, "/office").contains("Remind them"));
    change(|c, day| c.row.request.reminded = Some(day), ago(14));
    assert!(s.get(&me, "/office").contains("Warn that it will be closed"));
    assert_eq!(s.act(&me, &reference, "warn", "").status, 303);
    let no = s.act(&me, &reference, "close", "outcome=lapsed");
    assert!(no.status == 422 && no.text.contains("value=\"lapsed\" checked"), "{}", no.text);
    change(|c, day| c.row.request.warned = Some(day), ago(30));
    assert!(s.get(&me, "/office").contains("nothing came after our warning"));
    assert_eq!(s.act(&me, &reference, "close", "outcome=lapsed").status, 303);
    let names: Vec<String> = s.letters(&reference).into_iter().map(|l| l.0).collect();
    assert_eq!(names, ["acknowledgement", "reminder", "warning", "closed"]);
    assert_eq!(s.row(&reference).waiting, None);
}

#[test]
fn a_letter_of_no_case_can_be_sent_on_by_hand() {
    use crate::kit::post::{self, Letter};
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let (vault, by) = (s.office.vault().clone(), s.by.clone());
    let letter = Letter {
        name: "stop-to-partner".into(),
        to: Some("partner@example.net".into()),
        from: ("The Society".into(), "privacy@harbour.example".into()),
        subject: "A stop".into(),
        text: "Please stop.".into(),
        thread: "x".into(),
    };
    let id = s.office.chore(move |tx| {
        let key = vault.key_for(tx, &by.org, "office", by.now)?;
        post::put(tx, &vault, &by.org, None, &key, &letter, by.now)
    });
    let at = format!("/office/letters/{}", id.unwrap());
    while crate::work::once(&s.office, &mut Connections::default()).unwrap() {}
    let list = s.get(&me, "/office/letters?show=outbox");
    for said in ["It was sent on by hand", "A stop, to a partner", "partner@example.net"] {
        assert!(list.contains(said), "{said}: {list}");
    }
    assert!(list.contains(&format!("href=\"{at}\"")) && !list.contains(">stop-to-partner"));
    let opened = s.get(&me, &at);
    assert!(opened.contains("Please stop.") && opened.contains("It was sent on by hand"));
    assert_eq!(s.send("POST", &at, &me, "way=by-hand").status, 303);
    assert!(!s.get(&me, "/office/letters?show=outbox").contains("A stop, to a partner"));
    let of_a_case = s.logged(|_| (), 0);
    let id = s.office.read(|tx| {
        let case = sql::case_by_ref(tx, &s.by.org, &of_a_case)?.id;
        Ok(crate::kit::sql::letters_of(tx, &s.by.org, &case)?.remove(0).id)
    });
    let at = format!("/office/letters/{}", id.unwrap());
    assert_eq!(s.send("POST", &at, &me, "way=by-hand").status, 404, "on its own page");
}

#[test]
fn the_day_an_authority_came_moves_the_start_and_not_the_day_it_was_logged() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let agent = crate::people::Representative { name: "Jo Tarn".into(), ..Default::default() };
    let reference = s.logged(|a| a.agent = Some(agent.clone()), 10);
    let today = dates::day_of(s.by.now);
    let came = today.saturating_sub(jiff::Span::new().days(8));
    let record = |day| {
        let form = format!("what=a+signed+letter&{}", on(day));
        s.act(&me, &reference, "authority", &form)
    };
    let before = today.saturating_sub(jiff::Span::new().days(11));
    assert_eq!(record(before).status, 422, "before the request");
    assert_eq!(record(came).status, 303);
    assert_eq!(s.act(&me, &reference, "identity", "way=membership+card").status, 303);
    let promise = came.saturating_add(jiff::Span::new().days(28));
    assert!(s.row(&reference).act_by.is_some_and(|by| by <= promise), "from the day it came");
}

#[test]
fn a_question_after_the_time_ended_says_that_it_stops_nothing() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let reference = s.logged(|a| a.emails = vec!["amara@example.org".into()], 60);
    let page = s.get(&me, &format!("/office/cases/{reference}/clarify"));
    assert!(page.contains("does not stop the clock any more"), "{page}");
    assert!(page.contains(">Send the question<"), "{page}");
    assert_eq!(s.act(&me, &reference, "clarify", "question=Which+years").status, 303);
    let page = s.get(&me, &format!("/office/cases/{reference}"));
    assert!(page.contains("it stops nothing") && !page.contains("Paused since"), "{page}");
    assert!(s.get(&me, "/office/cases?show=late").contains(&reference));
    assert!(s.letters(&reference)[1].2.contains("does not give us more time"));
}

#[test]
fn the_status_page_shows_how_a_request_ended() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let reference = s.logged(|a| a.emails = vec!["amara@example.org".into()], 0);
    let code = |n: usize| {
        let text = s.letters(&reference)[n].2.clone();
        text.split("this code: ").nth(1).unwrap()[..19].to_owned()
    };
    let look = |code: &str| {
        let form = format!("reference={reference}&code={code}");
        s.send("POST", "/o/harbour/data-rights/status", "", &form)
    };
    let first = code(0);
    assert!(look(&first).text.contains("Answer by"));
    assert_eq!(s.act(&me, &reference, "code", "").status, 303);
    assert_eq!(look(&first).status, 422, "the old code is void");
    assert_eq!(s.act(&me, &reference, "close", "outcome=withdrawn").status, 303);
    let page = look(&code(1)).text;
    let today = dates::long(dates::day_of(s.by.now));
    assert!(page.contains(&format!("Withdrawn on {today}")), "{page}");
    for never in ["Answer by", ">Answered", "Answer sent", "Searching"] {
        assert!(!page.contains(never), "{never}: {page}");
    }
    let last = s.letters(&reference).pop().unwrap();
    assert!(last.0 == "closed" && last.2.contains("ask again at any time"), "{}", last.2);
}

#[test]
fn a_sent_case_is_closed_from_its_page() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let reference = s.logged(|a| a.emails = vec!["amara@example.org".into()], 0);
    let (o, by, r) = (s.office.clone(), s.by.clone(), reference.clone());
    let sent = s.office.chore(move |tx| {
        let mut case = acts::load_by_ref(tx, &o, &by, &r)?;
        let on = dates::day_of(by.now);
        case.row.request.state = crate::requests::State::Sent { on };
        acts::save(tx, &o, &by, case)
    });
    sent.unwrap();
    let page = s.get(&me, &format!("/office/cases/{reference}"));
    assert!(page.contains(&format!("/office/cases/{reference}/close")), "{page}");
    let page = s.get(&me, &format!("/office/cases/{reference}/close"));
    assert!(page.contains("The answer was sent") && !page.contains("withdrew"), "{page}");
    assert_eq!(s.act(&me, &reference, "close", "outcome=answered").status, 303);
    assert_eq!(s.row(&reference).request.state.word(), "closed");
}

#[test]
fn a_letter_on_paper_waits_until_somebody_says_that_it_was_posted() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let reference = s.logged(|a| a.addresses = vec!["4 Quay Street".into()], 0);
    assert_eq!(s.letters(&reference)[0].1, "to-print");
    assert!(s.get(&me, "/office").contains("1 to print and post"));
    let list = s.get(&me, "/office/letters");
    let at = list.split("href=\"").find(|l| l.contains("/letters/")).unwrap();
    let at = at.split('"').next().unwrap();
    let page = s.get(&me, at);
    for must in ["4 Quay Street", "To print and post", "Record that it was posted"] {
        assert!(page.contains(must), "{must}: {page}");
    }
    let today = dates::day_of(s.by.now);
    let tomorrow = on(today.saturating_add(jiff::Span::new().days(1)));
    let no = s.send("POST", at, &me, &tomorrow);
    assert!(no.status == 422 && no.text.contains("in the future"), "{}", no.text);
    assert_eq!(s.send("POST", at, &me, "").status, 303);
    let said = format!("Posted on {} by ruth", dates::long(today));
    assert!(s.get(&me, at).contains(&said));
    let case = s.get(&me, &format!("/office/cases/{reference}"));
    assert!(case.contains("posted on") && case.contains(&said), "{case}");
    assert_eq!(s.send("POST", at, &me, "").status, 422, "once");
    assert!(!s.get(&me, "/office").contains("to print and post"));
}

#[test]
fn what_lies_in_the_outbox_is_not_called_sent() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let reference = s.logged(|a| a.emails = vec!["amara@example.org".into()], 0);
    assert_eq!(s.letters(&reference)[0].1, "waiting");
    while crate::work::once(&s.office, &mut Connections::default()).unwrap() {}
    assert_eq!(s.letters(&reference)[0].1, "outbox");
    let case = s.get(&me, &format!("/office/cases/{reference}"));
    assert!(case.contains("In the outbox folder, not sent"), "{case}");
    assert!(s.get(&me, "/office").contains("1 in the outbox folder, not sent"));
    let list = s.get(&me, "/office/letters?show=outbox");
    assert!(list.contains(&reference) && !list.contains("Send it by e-mail again"), "no server");
    let id = s.office.read(|tx| {
        use crate::kit::post::sql as post;
        Ok(post::letters_in(tx, &s.by.org, "outbox", 1)?.remove(0).id)
    });
    let at = format!("/office/letters/{}", id.unwrap());
    let auditor = s.signed_in("ada", Role::Auditor);
    assert_eq!(s.send("POST", &at, &auditor, "").status, 403);
    assert_eq!(s.send("POST", &at, &me, "").status, 303);
    assert_eq!(s.letters(&reference)[0].1, "waiting");
    assert_eq!(s.send("POST", &at, &me, "").status, 409, "it is on its way");
}

#[test]
fn a_refusal_is_proposed_by_one_and_approved_by_another() {
    let s = Served::new();
    let ann = s.signed_in("ann", Role::CaseWorker);
    let ruth = s.signed_in("ruth", Role::Officer);
    let reference = s.logged(|a| a.emails = vec!["amara@example.org".into()], 0);
    let silent = "ground=exempt&silent=yes&reasons=&inside=";
    let no = s.act(&ann, &reference, "refuse", silent);
    assert!(no.status == 422 && no.text.contains("for the record"), "{}", no.text);
    assert!(no.text.contains("value=\"exempt\" checked"), "nothing is lost");
    let form = "ground=exempt&silent=yes&inside=a+neighbour+spoke";
    assert_eq!(s.act(&ann, &reference, "refuse", form).status, 303);
    assert_eq!(s.letters(&reference).len(), 1, "no letter yet");
    assert_eq!(s.act(&ann, &reference, "approve", "").status, 403, "not a case worker's");
    assert!(s.get(&ruth, "/office").contains("Approve a refusal"));
    let page = s.get(&ruth, &format!("/office/cases/{reference}"));
    assert!(page.contains("ann proposes to refuse") && page.contains("a neighbour spoke"));
    assert_eq!(s.act(&ruth, &reference, "approve", "").status, 303);
    let letter = s.letters(&reference).pop().unwrap();
    assert!(letter.0 == "refusal" && !letter.2.contains("neighbour"), "{}", letter.2);
    // The officer's own proposal needs somebody else, unless the settings say that one will do.
    let own = s.logged(|a| a.emails = vec!["amara@example.org".into()], 0);
    let form = "ground=excessive&reasons=the+same+weekly";
    assert_eq!(s.act(&ruth, &own, "refuse", form).status, 303);
    let no = s.act(&ruth, &own, "approve", "");
    assert!(no.status == 422 && no.text.contains("somebody else"), "{}", no.text);
    assert_eq!(s.act(&ruth, &own, "unrefuse", "note=we+answer+in+part").status, 303);
    let mut charter = Charter::parse(include_str!("demo/charter.toml")).unwrap();
    charter.rights.second_approver = false;
    let (vault, by) = (s.office.vault().clone(), s.by.clone());
    s.office.write(move |tx| crate::charter::set(tx, &vault, &by, &charter)).unwrap();
    assert_eq!(s.act(&ruth, &own, "refuse", form).status, 303);
    assert_eq!(s.row(&own).request.state.word(), "closed");
}

#[test]
fn a_fee_is_asked_for_paid_and_moves_the_start() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let reference = s.logged(|a| a.emails = vec!["amara@example.org".into()], 5);
    let why = "reason=the+same+weekly&pay=by+cheque";
    for bad in ["", "abc", "1.5", "0"] {
        let no = s.act(&me, &reference, "fee", &format!("amount={bad}&{why}"));
        assert!(no.status == 422 && no.text.contains("the same weekly"), "{bad}: {}", no.text);
    }
    let form = format!("amount=%C2%A312.50&{why}");
    assert_eq!(s.act(&me, &reference, "fee", &form).status, 303);
    assert!(s.letters(&reference)[1].2.contains("£12.50"));
    assert_eq!(s.row(&reference).act_by, None);
    let page = s.get(&me, &format!("/office/cases/{reference}"));
    assert!(page.contains("waiting for the fee") && page.contains("Record the payment"), "{page}");
    assert_eq!(s.act(&me, &reference, "paid", "").status, 303);
    let today = dates::day_of(s.by.now);
    assert_eq!(s.row(&reference).request.fee.unwrap().paid, Some(today));
    assert!(s.row(&reference).act_by.is_some());
}

#[test]
fn a_child_is_asked_about_and_a_death_ends_a_request() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let year = dates::day_of(s.by.now).year() - 9;
    let born = format!("{year}-01-01");
    let child = s.logged(|a| a.born = Some(born.clone()), 0);
    let at = format!("/office/cases/{child}");
    let page = s.get(&me, &at);
    assert!(page.contains("the person is 9") && page.contains("a guide only"), "{page}");
    let no = s.act(&me, &child, "child", "who=child");
    assert!(no.status == 422 && no.text.contains("value=\"child\" checked"), "{}", no.text);
    assert_eq!(s.act(&me, &child, "child", "who=child&why=Ruth+spoke+with+her").status, 303);
    let page = s.get(&me, &at);
    assert!(!page.contains("the person is 9") && page.contains("Ruth spoke with her"), "{page}");
    let grown = s.logged(|a| a.born = Some("1980-01-01".into()), 0);
    assert!(!s.get(&me, &format!("/office/cases/{grown}")).contains("decides for themselves"));
    let form = "outcome=died&teller=Bo+Quill&teller-email=bo%40example.net";
    assert_eq!(s.act(&me, &grown, "close", form).status, 303);
    let letter = s.letters(&grown).pop().unwrap();
    assert!(letter.0 == "died" && letter.2.contains("Dear Bo Quill"), "{}", letter.2);
    assert_eq!(s.row(&grown).request.state.label(), "The person has died");
}

#[test]
fn the_list_is_filtered_and_a_case_is_found_by_what_is_known_of_it() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let soon = s.logged(|a| a.emails = vec!["amara@example.org".into()], 24);
    let fresh = s.logged(|_| (), 0);
    let list = |show: &str| s.get(&me, &format!("/office/cases?{show}"));
    assert!(list("show=soon").contains(&soon) && !list("show=soon").contains(&fresh));
    assert!(list("show=unassigned").contains(&fresh));
    let id = s.office.read(|tx| {
        let all = crate::staff::sql::all(tx, &s.by.org)?;
        Ok(all[0].id.clone())
    });
    let form = format!("owner={}", id.unwrap());
    assert_eq!(s.act(&me, &fresh, "assign", &form).status, 303);
    assert!(!list("show=unassigned").contains(&fresh));
    let find = |form: &str| s.send("POST", "/office/cases/find", &me, form);
    let goes_to = |form: &str, reference: &str| {
        let found = find(form);
        let to = location(&found).to_uppercase();
        assert!(found.status == 303 && to.ends_with(reference), "{form}: {to}");
    };
    goes_to("sought=0002", "0002");
    goes_to("sought=%20AMARA%40Example.org", &soon);
    let both = find("sought=rr-2026").text;
    assert!(both.contains(&soon) && both.contains(&fresh), "a part of several");
    let named = find("sought=qui+am").text;
    assert!(named.contains(&soon) && named.contains(&fresh), "beginnings of a name: {named}");
    for no in ["sought=%25", "sought=Quillon", "sought=uill", "sought=%F0%9F%90%8C"] {
        assert!(find(no).text.contains("No case fits"), "{no}");
    }
    assert_eq!(location(&find("sought=")), "/office/cases");
    let today = s.get(&me, "/office");
    for link in ["show=soon", "show=unassigned", "show=waiting"] {
        assert!(today.contains(link), "{link}: {today}");
    }
}

#[path = "web_print_tests.rs"]
mod print;
