//! A mailbox that is looked after: each message once, what can't be read kept aside and shown. A
//! Maildir, and the real Dovecot where there is one.

use std::path::Path;

use super::{look, once};
use crate::charter::Channel;
use crate::kit::dates;
use crate::mailing::duties::pressing;
use crate::mailing::hooks::tests::{House, both, charter};
use crate::people;
use crate::permissions::tokens::Token;
use crate::permissions::{Class, Question, decide, now_blocking};
use crate::settings::Mailbox;

/// What the test charter says of contact.
const CONTACT: &str = r#"[permissions]
bounces = 2
[[permissions.purpose]]
short = "news"
title = "News"
channels = ["email"]
"#;

fn hash(house: &House, email: &str) -> people::Hash16 {
    let hasher = people::hasher(house.office.vault(), &house.by.org).unwrap();
    people::hash_raw(&hasher, candour_screening::Kind::Email, email).unwrap()
}

fn token(house: &House, email: &str) -> String {
    let (org, purpose) = (house.by.org.clone(), "news".to_owned());
    let token = Token { org, hash: hash(house, email), channel: Channel::Email, purpose };
    token.seal(house.office.vault()).unwrap()
}

/// The rule for an address, as a class of message.
fn rule(house: &House, email: &str, class: Class) -> &'static str {
    let now = now_blocking(&house.office, &house.by.org, false).unwrap();
    let settings = &now.charter.permissions;
    let q = Question {
        channel: Channel::Email,
        class,
        purpose: settings.purpose("news"),
        on: now.today,
        sender: settings,
        registers: &now.registers,
    };
    decide(&q, &now.facts(hash(house, email))).word()
}

fn bounce(to: &str, original: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\r\nAuto-Submitted: auto-replied\r\nContent-Type: \
         multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: \
         text/plain\r\n\r\nSorry\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
         Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; {to}\r\nAction: \
         failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n{original}\r\n\
         --b--\r\n"
    )
}

fn original(token: &str) -> String {
    format!("List-Unsubscribe: <https://x.example/u/{token}>\r\nSubject: News\r\n\r\nHello")
}

fn complaint(original: &str) -> String {
    format!(
        "From: fbl@isp.example\r\nContent-Type: multipart/report; report-type=feedback-report; \
         boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: \
         message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nVersion: 1\r\n\r\n--b\r\n\
         Content-Type: message/rfc822\r\n\r\n{original}\r\n--b--\r\n"
    )
}

/// The messages of these tests, each with what it is there for.
fn messages(house: &House) -> Vec<String> {
    vec![
        format!(
            "From: x@y.example\r\nSubject: unsubscribe {}\r\n\r\n",
            token(house, "a@x.example")
        ),
        "From: Bo <b@x.example>\r\nSubject: please stop\r\n\r\nThank you".to_owned(),
        bounce("c@x.example", &original(&token(house, "c@x.example"))),
        complaint(&original(&token(house, "d@x.example"))),
        "From: e@x.example\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nBack soon"
            .into(),
        "From: MAILER-DAEMON@mx.example\r\nSubject: failure notice\r\n\r\nSorry".into(),
    ]
}

/// What must stand after one look at all of them.
fn expect(house: &House) {
    let marketing = |who| rule(house, who, Class::Marketing);
    for stopped in ["a@x.example", "b@x.example", "d@x.example"] {
        assert_eq!(marketing(stopped), "stopped", "{stopped}");
    }
    assert_eq!(marketing("c@x.example"), "no-ground", "the charter waits for a second bounce");
    assert_eq!(marketing("e@x.example"), "no-ground", "a machine's answer is no wish");
}

fn maildir(dir: &Path, name: &str, text: &str) {
    for part in ["new", "cur", "tmp"] {
        std::fs::create_dir_all(dir.join(part)).unwrap();
    }
    std::fs::write(dir.join("new").join(name), text).unwrap();
}

fn count(dir: &Path) -> usize {
    std::fs::read_dir(dir).map_or(0, Iterator::count)
}

#[test]
fn a_maildir_is_looked_after() {
    for postgres in both() {
        let house = House::with(postgres, &charter(CONTACT));
        let dir = tempfile::tempdir().unwrap();
        for (i, text) in messages(&house).iter().enumerate() {
            maildir(dir.path(), &format!("{i}.m"), text);
        }
        let mailbox = Mailbox { maildir: Some(dir.path().into()), ..Mailbox::default() };
        let org = house.by.org.clone();
        assert_eq!(once(&house.office, &org, &mailbox).unwrap(), 1, "one waits for a person");
        expect(&house);
        assert_eq!(count(&dir.path().join("new")), 0);
        assert_eq!(count(&dir.path().join(".Processed/cur")), 5);
        // Handled once: nothing is left to handle.
        assert_eq!(once(&house.office, &org, &mailbox).unwrap(), 1);
        // A second bounce on another day is the last straw, for service messages too.
        house.pass(24 * 3600);
        let text = bounce("c@x.example", &original(&token(&house, "c@x.example")));
        maildir(dir.path(), "7.m", &text);
        once(&house.office, &org, &mailbox).unwrap();
        assert_eq!(rule(&house, "c@x.example", Class::Service), "stopped");
        // Without our token anybody could have written it: marketing only.
        for day in 0..2 {
            maildir(dir.path(), &format!("8{day}.m"), &bounce("f@x.example", "Subject: x\r\n\r\n"));
            once(&house.office, &org, &mailbox).unwrap();
            house.pass(24 * 3600);
        }
        assert_eq!(rule(&house, "f@x.example", Class::Marketing), "stopped");
        assert_eq!(rule(&house, "f@x.example", Class::Service), "service");
    }
}

#[test]
fn a_message_that_another_process_moved_is_no_trouble() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["1.m", "2.m"] {
        maildir(dir.path(), name, "Subject: please stop\r\n\r\n");
    }
    let mut seen = 0;
    let mut beside = |_: Option<&[u8]>| {
        seen += 1;
        // The other one takes both while this one is at its first.
        for name in ["1.m", "2.m"] {
            std::fs::remove_file(dir.path().join("new").join(name)).unwrap();
        }
        Ok(super::Done::Processed)
    };
    assert_eq!(super::maildir::each(dir.path(), &mut beside).unwrap(), 0);
    assert_eq!(seen, 1);
}

#[test]
fn trouble_and_what_waits_are_shown_on_today() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("box");
    let settings = format!("[mailbox]\nmaildir = {:?}\n", place.display().to_string());
    let house = House::set(false, &charter(CONTACT), &settings);
    let today = dates::day_of(house.office.now());
    let lines = || {
        let charter = house.office.read(|tx| crate::charter::current(tx, &house.by.org)).unwrap();
        let all = house.office.read(|tx| pressing(tx, &house.by.org, &charter.permissions, today));
        all.unwrap().into_iter().map(|(words, _)| words).collect::<Vec<_>>().join("\n")
    };
    look(&house.office, &house.by.org).unwrap();
    assert!(lines().contains("The mailbox for unsubscribes"), "{}", lines());
    maildir(&place, "1.m", "From: MAILER-DAEMON@mx.example\r\nSubject: failure\r\n\r\nSorry");
    look(&house.office, &house.by.org).unwrap();
    assert!(!lines().contains("The mailbox"), "{}", lines());
    assert!(lines().contains("1 message to the unsubscribe address"), "{}", lines());
    std::fs::remove_file(place.join(".Aside/cur/1.m")).unwrap();
    look(&house.office, &house.by.org).unwrap();
    assert!(!lines().contains("unsubscribe"), "{}", lines());
}

/// The real Dovecot of `cargo xtask test`, in the clear on this machine.
#[test]
fn an_imap_mailbox_is_looked_after() {
    if std::env::var("CANDOUR_SKIP_SERVERS").is_ok() {
        return;
    }
    let url = std::env::var("CANDOUR_TEST_IMAP").expect("run by cargo xtask test");
    let rest = url.strip_prefix("imap://").unwrap();
    let (user, rest) = rest.split_once(':').unwrap();
    let (secret, at) = rest.split_once('@').unwrap();
    let house = House::with(false, &charter(CONTACT));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("secret");
    std::fs::write(&file, format!("{secret}\n")).unwrap();
    // A mailbox of this test's own.
    let user = format!("{user}-{}", std::process::id());
    let mailbox = Mailbox {
        host: Some("127.0.0.1".into()),
        port: Some(at.rsplit_once(':').unwrap().1.parse().unwrap()),
        user: Some(user.clone()),
        password_file: Some(file.clone()),
        plain: true,
        ..Mailbox::default()
    };
    let org = house.by.org.clone();
    assert_eq!(once(&house.office, &org, &mailbox).unwrap(), 0, "an empty mailbox");
    append(at, &user, secret, &messages(&house));
    assert_eq!(once(&house.office, &org, &mailbox).unwrap(), 1);
    expect(&house);
    assert_eq!(once(&house.office, &org, &mailbox).unwrap(), 1, "handled once");
    std::fs::write(&file, "wrong\n").unwrap();
    let e = once(&house.office, &org, &mailbox).unwrap_err().to_string();
    assert!(e.contains("the sign-in") && !e.contains("wrong"), "{e}");
    let open = Mailbox { host: Some("192.0.2.1".into()), ..mailbox };
    let e = once(&house.office, &org, &open).unwrap_err().to_string();
    assert!(e.contains("without encryption"), "{e}");
}

/// Puts messages into a mailbox over IMAP.
fn append(at: &str, user: &str, secret: &str, messages: &[String]) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let line = std::net::TcpStream::connect(at).unwrap();
    let mut from = BufReader::new(line.try_clone().unwrap());
    let mut to = line;
    let mut wait = |start: &str| loop {
        let mut said = String::new();
        assert!(from.read_line(&mut said).unwrap() > 0, "the line broke before {start}");
        if said.starts_with(start) {
            return;
        }
    };
    wait("* OK");
    write!(to, "a LOGIN {user} {secret}\r\n").unwrap();
    wait("a OK");
    for text in messages {
        write!(to, "b APPEND INBOX {{{}}}\r\n", text.len()).unwrap();
        wait("+");
        write!(to, "{text}\r\n").unwrap();
        wait("b OK");
    }
}
