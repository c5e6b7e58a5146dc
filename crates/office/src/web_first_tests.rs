//! What somebody meets who has never seen the program: pages that have to say what is wrong where
//! it can be mended, and records that have to be true.

use super::*;
use crate::charter::Channel;
use crate::kit::dates;
use crate::people::Known;
use crate::permissions::acts::{self as permissions, NewConsent};
use crate::permissions::records::{Proof, Through, Use, Wording};

const ASK: &str = "/o/harbour/data-rights/ask";

impl Served {
    fn wording(&self, short: &str, channels: &[Channel]) {
        let w = Wording {
            short: short.into(),
            use_kind: Use::Contact,
            use_what: "walks".into(),
            channels: channels.to_vec(),
            text: "May we text you when a walk is moved?".into(),
            if_refused: String::new(),
            notice: "1".into(),
            explicit: false,
            language: "en-GB".into(),
        };
        let (vault, by) = (self.office.vault().clone(), self.by.clone());
        self.office.write(move |tx| permissions::set_wording(tx, &vault, &by, &w)).unwrap();
    }

    /// A yes by e-mail, given on a day.
    fn yes(&self, wording: &str, on: jiff::civil::Date) -> crate::error::Result<String> {
        let email = (candour_screening::Kind::Email, "eve@example.org".into());
        let new = NewConsent {
            who: Known { identifiers: vec![email], ..Known::default() },
            wording: wording.into(),
            version: None,
            channel: Some(Channel::Email),
            yes: true,
            on,
            method: "form".into(),
            proof: Proof {
                evidence: "form 1".into(),
                collector: "desk".into(),
                ..Proof::default()
            },
            through: Through::Staff,
        };
        let (vault, by) = (self.office.vault().clone(), self.by.clone());
        self.office.write(move |tx| permissions::record_consent(tx, &vault, &by, &new))
    }
}

#[test]
fn a_yes_counts_only_for_a_channel_that_the_words_ask_about() {
    let s = Served::new();
    let today = dates::day_of(s.by.now);
    s.wording("walks-sms", &[Channel::Sms]);
    let no = s.yes("walks-sms", today).unwrap_err().to_string();
    assert!(no.contains("ask about text message only"), "{no}");
    s.wording("walks-both", &[Channel::Sms, Channel::Email]);
    s.yes("walks-both", today).unwrap();
    // What was kept before channels were said is valid for each, and the page says so.
    let old = "short = \"walks-old\"\nuse_kind = \"contact\"\nuse_what = \"walks\"\n\
               text = \"May we?\"\nnotice = \"1\"\n";
    let old: Wording = toml::from_str(old).unwrap();
    assert!(old.asks_for(Channel::Email) && old.asks_in_words().contains("does not say"));
    let (by, w) = (s.by.clone(), old.clone());
    s.office
        .chore(move |tx| {
            crate::permissions::sql::insert_wording(tx, &by.org, &w, 1, by.now, &by.actor)
        })
        .unwrap();
    s.yes("walks-old", today).unwrap();
    let (vault, by) = (s.office.vault().clone(), s.by.clone());
    let new = s.office.write(move |tx| permissions::set_wording(tx, &vault, &by, &old));
    assert!(new.unwrap_err().to_string().contains("Choose the channels"), "a new one says it");
    let me = s.signed_in("ruth", Role::Officer);
    let page = s.send("GET", "/office/permissions", &me, "").text;
    assert!(page.contains("does not say: any channel") && page.contains("Text message or e-mail"));
    let form = "act=answer&address=ann%40example.org&kind=email&wording=walks-sms%2F1&\
                channel=email&yes=yes&method=letter&evidence=folder+3";
    let got = s.send("POST", "/office/permissions/record", &me, form);
    assert!(got.status == 422 && got.text.contains("ask about text message only"), "{}", got.text);
    assert!(got.text.contains("folder 3"), "what was typed is kept");
}

#[test]
fn words_are_added_for_what_the_charter_names_or_for_something_named() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    const NEW: &str = "/office/permissions/wordings/new";
    let page = s.send("GET", NEW, &me, "").text;
    assert!(page.contains("Contact about Walks and talks"), "{page}");
    assert!(page.contains("Sharing with Exwick Quay Ferry Limited"), "{page}");
    let rest = "&text=May+we%3F&notice=2026-03";
    let walks = format!("short=walks-mail&use=contact%3Awalks&channels=email{rest}");
    assert_eq!(s.send("POST", NEW, &me, &walks).status, 303);
    let field = format!("short=directory&use=publish&use_what={rest}");
    let got = s.send("POST", NEW, &me, &field);
    assert!(got.status == 422 && got.text.contains("what the consent is for"), "{}", got.text);
    assert!(got.text.contains("value=\"publish\" checked"), "the choice is kept: {}", got.text);
    let field = format!("short=directory&use=publish&use_what=telephone+number{rest}");
    assert_eq!(s.send("POST", NEW, &me, &field).status, 303);
    let gone = format!("short=old&use=contact%3Agone&channels=email{rest}");
    let got = s.send("POST", NEW, &me, &gone);
    assert!(got.status == 422 && got.text.contains("no such purpose"), "{}", got.text);
    let page = s.send("GET", "/office/permissions", &me, "").text;
    for what in ["Contact about Walks and talks", "Publishing telephone number"] {
        assert!(page.contains(what), "{what}: {page}");
    }
}

#[test]
fn an_answer_of_long_ago_is_recorded_as_of_its_day_and_shown_so() {
    let s = Served::new();
    s.wording("walks", &[Channel::Email]);
    let id = s.yes("walks", "2010-01-01".parse().unwrap()).unwrap();
    let row = s.office.read(|tx| crate::permissions::sql::consent_by_id(tx, &s.by.org, &id));
    let row = row.unwrap();
    assert_eq!(row.given_on.to_string(), "2010-01-01");
    let months = s.office.read(|tx| crate::charter::current(tx, &s.by.org)).unwrap();
    let months = months.permissions.consent_months.unwrap();
    let until = row.given_on.saturating_add(jiff::Span::new().months(months));
    assert_eq!(row.until, Some(until), "it has long run out");
    let page =
        s.send("GET", &format!("/preferences/{}", s.link("preferences", &row.person)), "", "");
    let recorded = format!("; recorded on {}", dates::long(dates::day_of(s.by.now)));
    assert!(
        page.text.contains("1 January 2010: ") && page.text.contains(&recorded),
        "{}",
        page.text
    );
}

#[test]
fn each_page_of_the_form_says_what_is_wrong_with_its_own_answers() {
    let s = Served::new();
    let draft = format!("Cookie: {}\r\n", s.send("POST", ASK, "", "").cookie);
    let post = |step: &str, form: &str| s.send("POST", &format!("{ASK}/{step}"), &draft, form);
    assert_eq!(post("who", "who=me").status, 303);
    let name = format!("name={}", "a".repeat(700));
    let long = post("name", &name);
    assert_eq!(long.status, 422);
    assert!(long.text.contains("200 letters at most") && long.text.contains("href=\"#name\""));
    assert_eq!(post("name", "name=Amara%0AQuill").status, 422, "one line");
    assert_eq!(post("name", "name=Amara+Quill").status, 303);
    let what = format!("what={}", "b".repeat(2001));
    assert!(post("what", &what).text.contains("2000 letters at most"));
    // An answer of another page that is at fault all the same is mended there.
    let other = post("find", &format!("email=amara%40example.org&{name}"));
    assert_eq!(other.status, 422);
    let there = format!("href=\"{ASK}/name?change=yes#name\"");
    assert!(other.text.contains(&there), "{}", other.text);
}

#[test]
fn empty_fields_burn_no_try_of_a_link() {
    let s = Served::new();
    for form in ["", "email=ann%40example.org", "code=abcd"] {
        let got = s.send("POST", "/fetch/none", "", form);
        assert_eq!(got.status, 422, "{}", got.text);
        assert!(!got.text.contains("tries are left"), "{form}: {}", got.text);
    }
}

#[test]
fn a_holder_may_hand_in_only_what_can_be_read_and_keeps_the_form() {
    let s = Served::new();
    s.add_cabinet();
    let (reference, search) = s.case("Amara Quill");
    let path = format!("/answer/{}", s.link("paper", &search));
    let form = s.send("GET", &path, "", "").text;
    assert!(!form.contains("See where your request stands"), "that is for somebody else");
    let kind = "Content-Type: multipart/form-data; boundary=b\r\n";
    let hand_in = |name: &str, content: &str| {
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"found\"\r\n\r\nsomething\r\n--b\r\n\
             Content-Disposition: form-data; name=\"words\"\r\n\r\nIn drawer 4\r\n--b\r\n\
             Content-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\
             Content-Type: text/plain\r\n\r\n{content}\r\n--b--\r\n"
        );
        s.send("POST", &path, kind, &body)
    };
    for name in ["prog.exe", "prog.pdf", "prog.txt"] {
        let no = hand_in(name, "MZ\u{1}\u{2}");
        assert_eq!(no.status, 422, "{name}: {}", no.text);
        assert!(
            no.text.contains("PDF, JPEG, PNG or text files only") && no.text.contains("#files")
        );
        assert!(no.text.contains(">In drawer 4</textarea>"), "the form is kept");
    }
    let done = hand_in("card.txt", "Amara Quill, member since 1999");
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.text.contains("To add or correct something") && done.text.contains(&reference));
}

#[test]
fn who_has_signed_in_stays_in_the_office_when_something_does_not_work() {
    let s = Served::new();
    let (reference, _) = {
        s.add_cabinet();
        s.case("Amara Quill")
    };
    let auditor = s.signed_in("ada", Role::Auditor);
    let case = format!("/office/cases/{reference}");
    for (path, status) in [
        ("/office/nowhere".to_owned(), 404),
        ("/office/cases/RR-1999-0001".to_owned(), 404),
        ("/office/cases/new".to_owned(), 403),
        (format!("{case}/refuse"), 403),
        (format!("{case}/extend"), 403),
        (format!("{case}/hand/send"), 403),
    ] {
        let got = s.send("GET", &path, &auditor, "");
        assert_eq!(got.status, status, "{path}");
        assert!(got.text.contains("aria-label=\"Office\""), "{path}: {}", got.text);
        assert!(got.text.contains("href=\"/office\"") && !got.text.contains("Start page"));
    }
    assert!(s.send("GET", "/office/nowhere", "", "").text.contains("Start page"), "a stranger");
    // Whoever only reads is offered no form, by the case's page or by Today.
    for page in [case.as_str(), "/office"] {
        let text = s.send("GET", page, &auditor, "").text;
        for act in ["/identity", "/refuse", "/hand/send", "/clarify"] {
            assert!(!text.contains(act), "{page} offers {act}: {text}");
        }
    }
    // The side list leads only where the role may go.
    let holder = s.signed_in("hal", Role::Holder);
    let today = s.send("GET", "/office", &holder, "").text;
    let links = today.split("href=\"").skip(1).filter_map(|l| l.split('"').next());
    let office: Vec<&str> = links.filter(|l| l.starts_with("/office")).collect();
    assert!(office.contains(&"/office/holdings") && !office.contains(&"/office/ledger"));
    for path in office {
        assert_eq!(s.send("GET", path, &holder, "").status, 200, "{path}");
    }
    let worker = s.signed_in("wil", Role::CaseWorker);
    assert_eq!(s.send("GET", &format!("{case}/extend"), &worker, "").status, 403);
    assert_eq!(s.send("GET", &format!("{case}/clarify"), &worker, "").status, 200);
}

#[test]
fn addresses_are_forgiven() {
    let s = Served::new();
    s.add_cabinet();
    let (reference, _) = s.case("Amara Quill");
    let me = s.signed_in("ruth", Role::Officer);
    let to = |path: &str| {
        let got = s.send("GET", path, &me, "");
        assert_eq!(got.status, 308, "{path}");
        got.head.lines().find_map(|l| l.strip_prefix("location: ")).unwrap().to_owned()
    };
    assert_eq!(to("/office/"), "/office");
    assert_eq!(to("/office/cases/"), "/office/cases");
    assert_eq!(to("/o/harbour"), "/o/harbour/data-rights");
    assert_eq!(to("/o/harbour/data-rights/"), "/o/harbour/data-rights");
    assert_eq!(s.send("GET", "//evil.example/", &me, "").status, 404, "not led elsewhere");
    let small = format!("/office/cases/{}", reference.to_lowercase());
    assert_eq!(s.send("GET", &small, &me, "").status, 200);
    let icon = s.send("GET", "/favicon.ico", "", "");
    assert!(icon.status == 200 && icon.head.contains("image/svg+xml"), "{}", icon.head);
}

#[test]
fn a_long_reason_is_refused_and_kept_to_be_shortened() {
    let s = Served::new();
    s.add_cabinet();
    let (reference, _) = s.case("Amara Quill");
    let me = s.signed_in("ruth", Role::Officer);
    let long = "x".repeat(30_000);
    for (act, field) in [("extend", "reason"), ("clarify", "question"), ("refuse", "reasons")] {
        let form = format!("{field}={long}&meanwhile=no&ground=excessive");
        let got = s.send("POST", &format!("/office/cases/{reference}/{act}"), &me, &form);
        assert_eq!(got.status, 422, "{act}");
        assert!(got.text.contains("Shorten this to 2000 letters at most: it has 30000"), "{act}");
        assert!(got.text.contains(&long), "{act}: what was typed is kept");
    }
}

#[test]
fn an_office_that_is_not_set_up_says_how_and_every_fault_at_once() {
    let dir = tempfile::tempdir().unwrap();
    drop(Office::init(dir.path(), None).unwrap());
    let office = Office::open(dir.path(), None).unwrap();
    let s = Served::serving(office, dir);
    let door = s.send("GET", "/office/sign-in", "", "");
    assert!(door.text.contains("has not been set up yet") && !door.text.contains("<form"));
    let token = crate::staff::set_up::set_up_token(&s.office).unwrap();
    let path = format!("/set-up/{token}");
    let form = s.send("GET", &path, "", "").text;
    assert!(form.contains("can’t be changed later"), "{form}");
    let got = s.send("POST", &path, "", "short=Not+Good&email=x&password=short");
    assert_eq!(got.status, 422);
    let summary = got.text.split("class=\"wrong\"").nth(1).unwrap().split("</ul>").next().unwrap();
    let links = summary.split("href=\"#").skip(1).filter_map(|l| l.split('"').next());
    let order = [
        "legal_name",
        "short",
        "division",
        "contact_role",
        "contact_email",
        "contact_post",
        "name",
        "email",
        "password",
    ];
    assert_eq!(links.collect::<Vec<_>>(), order, "{summary}");
}

#[test]
fn who_comes_by_a_first_link_is_led_to_choose_a_password() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let form = "name=Wil+Ash&email=wil%40harbour.example&role=case-worker";
    let made = s.send("POST", "/office/staff", &me, form);
    assert_eq!(made.status, 200, "{}", made.text);
    let address = made.text.split("card hash\">").nth(1).unwrap().split('<').next().unwrap();
    let path = address.strip_prefix("http://127.0.0.1:8420").expect("the whole address");
    let ledger = s.send("GET", "/office/ledger", &me, "").text;
    assert!(ledger.contains("for case worker, account …"), "{ledger}");
    let signed = s.send("POST", path, "", "");
    assert!(signed.head.contains("location: /office/account"), "{}", signed.head);
    let cookie = format!("Cookie: {}\r\n", signed.cookie);
    let account = s.send("GET", "/office/account", &cookie, "").text;
    assert!(account.contains("Choose a password now"), "{account}");
}

#[test]
fn today_says_what_is_left_before_the_first_request_and_whose_answer_is_due() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let today = s.send("GET", "/office", &me, "").text;
    for what in ["To get ready", "mail server", "public address", "second person", "first holding"]
    {
        assert!(today.contains(what), "{what}: {today}");
    }
    s.add_cabinet();
    s.signed_in("dee", Role::Deputy);
    let (reference, _) = s.case("Amara Quill");
    let row = s.office.read(|tx| sql::case_by_ref(tx, &s.by.org, &reference)).unwrap();
    let (mut c, mut quiet) = (search::Connections::default(), search::Quiet);
    search::find(&s.office, &s.by, &row.id, &mut c, &mut quiet).unwrap();
    let today = s.send("GET", "/office", &me, "").text;
    for gone in ["second person", "first holding", "Nothing is due"] {
        assert!(!today.contains(gone), "{gone}: {today}");
    }
    assert!(today.contains("Answer from Filing cabinet") && today.contains("Asked for by"));
}

#[test]
fn what_is_no_list_gets_no_certificate() {
    let s = Served::new();
    let me = s.signed_in("ruth", Role::Officer);
    let kind = format!("{me}Content-Type: multipart/form-data; boundary=b\r\n");
    let bring_for = |class: &str, content: &str| {
        let field = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body = format!(
            "{}{}{}--b\r\nContent-Disposition: form-data; name=\"list\"; filename=\"x\"\r\n\r\n\
             {content}\r\n--b--\r\n",
            field("channel", "email"),
            field("class", class),
            field("purpose", "walks")
        );
        s.send("POST", "/office/screen", &kind, &body)
    };
    let bring = |content: &str| bring_for("marketing", content);
    let program = bring("MZ\u{1}\u{2}\u{3}\u{4}\u{5}");
    assert!(program.status == 422 && program.text.contains("This is no list"), "{}", program.text);
    let empty = bring("E-mail\n");
    assert!(empty.status == 422 && empty.text.contains("no row below"), "{}", empty.text);
    let list = bring("amara@example.org\nbram@example.org\n");
    assert_eq!(list.status, 303, "{}", list.text);
    let at = list.head.lines().find_map(|l| l.strip_prefix("location: ")).unwrap().to_owned();
    let columns = s.send("GET", &at, &me, "").text;
    let ticked = "name=\"no-header\" value=\"yes\" checked";
    assert!(columns.contains(ticked), "its first row is a person: {columns}");
    let lately = s.send("GET", "/office/screen", &me, "").text;
    assert!(lately.contains("About 2 rows") || lately.contains("About 1 row"), "{lately}");
    // An address that stands there twice is counted and left in.
    let list = bring_for("service", "amara@example.org\nbram@example.org\nAmara@Example.org\n");
    let at = list.head.lines().find_map(|l| l.strip_prefix("location: ")).unwrap().to_owned();
    let run = s.send("POST", &at, &me, "contact=1&no-header=yes");
    assert_eq!(run.status, 303, "{}", run.text);
    let outcome = s.send("GET", &at, &me, "").text;
    assert!(outcome.contains("1 allowed row has an address"), "{outcome}");
    let allowed = s.send("GET", &format!("{at}/allowed.csv"), &me, "").text;
    assert_eq!(allowed.matches('@').count(), 3, "{allowed}");
}
