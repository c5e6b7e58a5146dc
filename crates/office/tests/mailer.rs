//! A newsletter from list to mailbox through a real mail server, and back: whoever clicks or
//! writes “stop” is not on the next list.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Kept, Office, Served, both};
use serde_json::{Value, json};

const CHARTER: &str = r#"
[organisation]
legal_name = "Test Society"
short = "test"
[contact]
role = "Data protection officer"
email = "privacy@test.example"
post = "1 Test Street, Testing TE1 1ST"
[law]
division = "england-and-wales"
[permissions]
unsubscribe_address = "stop@test.example"
[[permissions.purpose]]
short = "talks"
title = "Talks and walks"
aim = "similar-products"
channels = ["email"]
"#;

const TEXT: &str = "Our winter talks are here. The Test Society, 1 Test Street.\n\
                    To stop these messages, unsubscribe: LINK\n";

fn write(office: &Office, name: &str, text: &str) -> String {
    let path = office.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Screens the list for the talks; answers the certificate and the allowed addresses.
fn screened(office: &Office, list: &str, out: &str) -> (Value, Vec<String>) {
    let out = office.path(out).to_str().unwrap().to_owned();
    let told = office.json(&[
        "screen",
        list,
        "--channel",
        "email",
        "--purpose",
        "talks",
        "--attested",
        "customers",
        "--column",
        "E-mail",
        "--out",
        &out,
    ]);
    let text = std::fs::read_to_string(out).unwrap();
    let cell = |l: &str| l.split(',').nth(1).unwrap().to_owned();
    (told, text.lines().skip(1).map(cell).collect())
}

/// Hands one message to the mail server, as a newsletter program does.
fn send(server: &str, to: &str, message: &str) {
    let line = TcpStream::connect(server).unwrap();
    let mut said = BufReader::new(line.try_clone().unwrap());
    let mut line = line;
    let mut step = |words: &str, expected: &str| {
        if !words.is_empty() {
            write!(line, "{words}\r\n").unwrap();
        }
        loop {
            let mut answer = String::new();
            said.read_line(&mut answer).unwrap();
            assert!(answer.starts_with(expected), "{words}: {answer}");
            if answer.as_bytes().get(3) == Some(&b' ') {
                return;
            }
        }
    };
    step("", "220");
    step("EHLO letters.test.example", "250");
    step("MAIL FROM:<news@test.example>", "250");
    step(&format!("RCPT TO:<{to}>"), "250");
    step("DATA", "354");
    step(&format!("{}\r\n.", message.replace('\n', "\r\n")), "250");
    step("QUIT", "221");
}

/// The message in an address's mailbox, once it has come.
fn delivered(boxes: &str, to: &str) -> String {
    let until = Instant::now() + Duration::from_secs(60);
    let new = Path::new(boxes).join(to).join("new");
    loop {
        let found = std::fs::read_dir(&new).into_iter().flatten().flatten().next();
        if let Some(file) = found {
            return std::fs::read_to_string(file.path()).unwrap();
        }
        assert!(Instant::now() < until, "nothing came to a mailbox");
        std::thread::yield_now();
    }
}

/// A header of a message, its folded lines joined.
fn header(message: &str, name: &str) -> String {
    let head = message.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    let head = head.split("\n\n").next().unwrap().to_owned();
    let line = head.lines().find_map(|l| l.strip_prefix(&format!("{name}: ")).map(str::to_owned));
    line.unwrap_or_else(|| panic!("no {name}:\n{head}"))
}

fn newsletter(to: &str, headers: &Value) -> String {
    let mut text = format!("From: Test Society <news@test.example>\nTo: <{to}>\nSubject: Talks\n");
    for (name, value) in headers.as_object().unwrap() {
        text.push_str(&format!("{name}: {}\n", value.as_str().unwrap()));
    }
    let link = headers["List-Unsubscribe"].as_str().unwrap();
    let link = link.split(['<', '>']).nth(1).unwrap();
    format!("{text}\n{}", TEXT.replace("LINK", link))
}

/// A mail program's one click (RFC 8058): no cookie, no redirect.
fn one_click(served: &Served, url: &str) -> u16 {
    let path = &url[url.find("/u/").unwrap()..];
    let mut line = TcpStream::connect(&served.at).unwrap();
    let body = "List-Unsubscribe=One-Click";
    write!(
        line,
        "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        served.at,
        body.len()
    )
    .unwrap();
    let mut first = String::new();
    BufReader::new(line).read_line(&mut first).unwrap();
    first.split(' ').nth(1).unwrap().parse().unwrap()
}

fn set_up(kept: Kept) -> Office {
    let office = Office::new(kept, 0);
    let charter = write(&office, "charter.toml", CHARTER);
    office.ok(&["charter", "set", &charter]);
    let settings = office.path("candour.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let url = "public_url = \"https://privacy.test.example\"\n";
    std::fs::write(&settings, format!("{url}{text}")).unwrap();
    let text = write(&office, "talks.txt", TEXT);
    office.ok(&["template", "propose", "talks", &text, "--title", "Talks", "--class", "marketing"]);
    office.ok(&["template", "approve", "talks", "--version", "1"]);
    office.ok(&[
        "campaign",
        "plan",
        "winter",
        "--title",
        "Talks",
        "--list",
        "Friends",
        "--purpose",
        "talks",
        "--channel",
        "email",
        "--template",
        "talks",
        "--attested",
        "customers",
    ]);
    office
}

#[test]
fn a_newsletter_and_the_way_out_of_it() {
    if std::env::var("CANDOUR_SKIP_SERVERS").is_ok() {
        return;
    }
    let Ok(server) = std::env::var("CANDOUR_TEST_MTA") else {
        eprintln!("left out: the mail server that delivers runs as root only");
        return;
    };
    let boxes = std::env::var("CANDOUR_TEST_MTA_DIR").unwrap();
    for kept in both() {
        let office = set_up(kept);
        let run = uuid::Uuid::new_v4().simple().to_string();
        let all: Vec<String> =
            ["amara", "bram", "cleo"].map(|n| format!("{n}-{run}@example.org")).to_vec();
        let mut list = "Name,E-mail\n".to_owned();
        all.iter().for_each(|a| list.push_str(&format!("Somebody,{a}\n")));
        let list = write(&office, "list.csv", &list);
        let (certificate, allowed) = screened(&office, &list, "first.csv");
        assert_eq!(allowed, all, "{kept:?}");
        let id = certificate["id"].as_str().unwrap();
        office.ok(&["campaign", "attach", "winter", id]);
        let token = office.json(&["mailer", "add", "Letters"])["token"].clone();
        let token = token.as_str().unwrap();
        let served = Served::new(&office);

        let body = json!({ "addresses": allowed, "purpose": "talks" }).to_string();
        let (status, told) = served.call("POST", "/api/o/test/unsubscribe-headers", token, &body);
        assert_eq!(status, 200, "{told}");
        for (to, headers) in allowed.iter().zip(told["headers"].as_array().unwrap()) {
            send(&server, to, &newsletter(to, headers));
        }
        let sum = certificate["files"]["allowed"][0].as_str().unwrap();
        let body = json!({ "sha256": sum, "reached": 3 }).to_string();
        let path = "/api/o/test/campaigns/winter/sent";
        assert_eq!(served.call("POST", path, token, &body).1["state"], "sent");

        // Amara's mail program posts the link it finds in her copy.
        let hers = delivered(&boxes, &all[0]);
        let ways = header(&hers, "List-Unsubscribe");
        assert_eq!(header(&hers, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        let link = ways.split(['<', '>']).find(|w| w.starts_with("https://")).unwrap();
        assert_eq!(one_click(&served, link), 200);
        assert_eq!(one_click(&served, link), 200, "twice is no harm");

        // Bram's program writes to the address instead; the mail server pipes it in.
        let his = header(&delivered(&boxes, &all[1]), "List-Unsubscribe");
        let mailto = his.split(['<', '>']).find(|w| w.starts_with("mailto:")).unwrap();
        let (to, subject) = mailto["mailto:".len()..].split_once("?subject=").unwrap();
        let message = format!("From: {}\nTo: {to}\nSubject: {subject}\n\nStop\n", all[1]);
        let mut pipe =
            office.command(&["permission", "mail"]).stdin(Stdio::piped()).spawn().unwrap();
        pipe.stdin.take().unwrap().write_all(message.as_bytes()).unwrap();
        assert!(pipe.wait().unwrap().success());

        let (_, allowed) = screened(&office, &list, "second.csv");
        assert_eq!(allowed, all[2..], "{kept:?}: only Cleo is left");
        office.verify_ledger();
    }
}
