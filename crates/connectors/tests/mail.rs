//! Mailboxes of three kinds, and the mail that people really have.

#![allow(clippy::expect_used, clippy::panic, reason = "tests only")]

mod files;

use std::io::{BufWriter, Write as _};

use candour_connectors::{Body, FaultKind, HoldingKind, Seek, Strength};
use files::*;

const STAMP: &str = "From a@example.org Mon Jan  1 10:00:00 2024\n";

fn message(id: &str, headers: &str, text: &str) -> String {
    format!("Message-ID: <{id}@example.org>\nSubject: {id}\n{headers}\n\n{text}\n")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The subjects found in a mailbox of these messages, with the reasons.
fn found(messages: &[String]) -> Vec<(String, Strength, Vec<String>)> {
    let dir = folder();
    let mailbox: String = messages.iter().map(|m| format!("{STAMP}{m}\n")).collect();
    put(dir.path(), "Inbox", mailbox);
    let (kept, searched) = search(&map(HoldingKind::Mail, dir.path()), &amara());
    assert_eq!(searched.places[0].looked_at, Some(messages.len() as u64));
    let one = |f: &candour_connectors::Found| {
        let Body::Message { subject, .. } = &f.body else { panic!("not a message") };
        let hows = f.because.iter().map(|b| format!("{}: {}", b.field, b.how)).collect();
        (subject.clone(), f.strength(), hows)
    };
    kept.items.iter().map(one).collect()
}

#[test]
fn an_address_in_any_header_is_strong_whatever_name_it_carries() {
    let messages = [
        message("from", "From: Bram Weber <AMARA@Example.com>", "x"),
        message("to", "From: x@example.org\nTo: y@example.org, \"Q, A\" <amara@example.com>", "x"),
        message("cc", "From: x@example.org\nCc: amara@example.com", "x"),
        message("bcc", "From: x@example.org\nBcc: amara@example.com", "x"),
        message("reply", "From: x@example.org\nReply-To: amara@example.com", "x"),
        message("delivered", "From: x@example.org\nDelivered-To: amara@example.com", "x"),
        message("group", "From: x@example.org\nTo: all: y@example.org, amara@example.com;", "x"),
        message("none", "From: amara@example.com.au\nTo: xamara@example.com", "x"),
    ];
    let found = found(&messages);
    let subjects: Vec<&str> = found.iter().map(|(s, ..)| s.as_str()).collect();
    assert_eq!(subjects, ["from", "to", "cc", "bcc", "reply", "delivered", "group"]);
    assert!(found.iter().all(|(_, strength, _)| *strength == Strength::Strong));
    assert_eq!(found[0].2[0], "From: e-mail, in other letter case");
}

#[test]
fn what_is_written_in_a_message_is_found() {
    let encoded = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64";
    let quoted = "Content-Type: text/plain; charset=iso-8859-1\n\
                  Content-Transfer-Encoding: quoted-printable";
    let page = "Content-Type: text/html; charset=utf-8";
    let messages = [
        message("text", "From: x@example.org", "her number is +44 7700 900123."),
        message("base64", encoded, "dGVsIDA3NzAwOTAwMTIz"),
        message("quoted", quoted, "caf=E9, member M=\n00123"),
        message("html", page, "<td>07700</td><td>900123</td><p><b>amara</b>@example.com"),
        message("name", "From: x@example.org", "I met\nAmara Quill today"),
        message("party", "From: \"Quill, Amara\" <other@example.org>", "x"),
        message("=?utf-8?Q?ring_07700_900123?=", "From: x@example.org", "x"),
        message("nothing", "From: x@example.org", "Amara and Bram Quill, 107700900123"),
    ];
    let found = found(&messages);
    let told: Vec<(&str, bool, &str)> = found
        .iter()
        .map(|(s, strength, hows)| (s.as_str(), *strength == Strength::Strong, hows[0].as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("text", true, "text: telephone, written another way"),
            ("base64", true, "text: telephone, written another way"),
            ("quoted", true, "text: member number, as written"),
            ("html", true, "text: e-mail, as written"),
            ("name", false, "text: name alone"),
            ("party", false, "From: name alone"),
            ("ring 07700 900123", true, "Subject: telephone, as written"),
        ]
    );
}

#[test]
fn attachments_are_read_by_name_and_content() {
    use base64::Engine as _;
    let with = |id: &str, name: &str, bytes: &[u8]| {
        let data = base64::engine::general_purpose::STANDARD.encode(bytes);
        let lines: Vec<&str> =
            data.as_bytes().chunks(76).map(|c| std::str::from_utf8(c).expect("ASCII")).collect();
        let body = format!(
            "--b\nContent-Type: text/plain\n\nsee attached\n--b\n\
             Content-Type: application/octet-stream; name=\"{name}\"\n\
             Content-Disposition: attachment; filename=\"{name}\"\n\
             Content-Transfer-Encoding: base64\n\n{}\n--b--\n",
            lines.join("\n")
        );
        let headers = "From: x@example.org\nMIME-Version: 1.0\n\
                       Content-Type: multipart/mixed; boundary=b";
        message(id, headers, &body)
    };
    let forwarded = "--b\nContent-Type: message/rfc822\n\nFrom: amara@example.com\n\
                     Subject: inner\n\nwithin\n--b--\n";
    let headers =
        "From: x@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b";
    let messages = [
        with("docx", "letter.docx", &docx(&run("ring 07700 900123"), &[])),
        with("pdf", "letter.pdf", &pdf(&["amara@example.com"])),
        with("name", "Amara_Quill.bin", b"\0\x01\x02\x03\0\0\0\0"),
        with("txt", "a.txt", b"member M00123"),
        message("forwarded", headers, forwarded),
        with("nothing", "b.docx", &docx(&run("x"), &[])),
    ];
    let told: Vec<(String, String)> =
        found(&messages).into_iter().map(|(s, _, hows)| (s, hows[0].clone())).collect();
    let expected = [
        ("docx", "attachment 1: telephone, as written"),
        ("pdf", "attachment 1: e-mail, as written"),
        ("name", "name of attachment 1: name alone"),
        ("txt", "attachment 1: member number, written another way"),
        ("forwarded", "text: e-mail, as written"),
    ];
    let told: Vec<(&str, &str)> = told.iter().map(|(s, h)| (s.as_str(), h.as_str())).collect();
    assert_eq!(told.len(), expected.len(), "{told:?}");
    for (told, expected) in told.iter().zip(expected) {
        assert_eq!(told.0, expected.0);
        assert_eq!(told.1.split(',').next(), expected.1.split(',').next(), "{told:?}");
    }
}

#[test]
fn broken_messages_stop_nothing() {
    let dir = folder();
    let mut mailbox = Vec::new();
    for broken in [
        b"Subject: =?utf-8?B?!!!?=\nContent-Type: text/plain; charset=nonsense\n\n\
          \xff\xfe amara@example.com"
            .as_slice(),
        b"Content-Transfer-Encoding: base64\nSubject: x\n\n%%%% not base64 %%%%",
        b"no headers at all, write to amara@example.com",
        b"\n\nonly a body amara@example.com",
        b"From: amara@example.com\nContent-Type: multipart/mixed; boundary=never\n\n--never\n\nx",
        b"\0\0\0 amara@example.com \0",
        b"Subject: a sentence\n\nText.\n\nFrom now on, ring 07700 900123.\n",
    ] {
        mailbox.extend_from_slice(STAMP.as_bytes());
        mailbox.extend_from_slice(broken);
        mailbox.extend_from_slice(b"\n\n");
    }
    put(dir.path(), "Inbox", mailbox);
    let (kept, searched) = search(&map(HoldingKind::Mail, dir.path()), &amara());
    assert_eq!(searched.places[0].looked_at, Some(7));
    assert_eq!(kept.items.len(), 6, "{:?}", kept.told());
    assert!(kept.missed.is_empty(), "{:?}", kept.faults());
}

#[test]
fn every_kind_of_store_is_read_and_doubles_keep_their_places() {
    let dir = folder();
    let hers = message("one", "From: amara@example.com", "x");
    put(dir.path(), "archive/2024.mbox", format!("{STAMP}{hers}\n{STAMP}{hers}\n"));
    put(dir.path(), "maildir/cur/1700000000.M1.host:2,S", &hers);
    put(dir.path(), "maildir/new/1700000001.M2.host", message("two", "To: amara@example.com", "x"));
    put(dir.path(), "maildir/tmp/1700000002.M3.host", &hers);
    put(dir.path(), "maildir/.Sent/cur/1700000003.M4.host:2,", &hers);
    put(dir.path(), "maildir/dovecot-uidlist", "3 V1");
    put(dir.path(), "saved/letter.eml", &hers);
    put(dir.path(), "saved/old.pst", b"!BDNzanzibarra");
    let map = map(HoldingKind::Mail, dir.path());
    let (kept, _) = search(&map, &amara());
    let places: Vec<&str> = kept.items.iter().map(|f| f.place.as_str()).collect();
    assert_eq!(
        places,
        ["archive/2024.mbox", "archive/2024.mbox", "maildir/.Sent", "maildir", "maildir", "saved"]
    );
    let mut keys: Vec<String> =
        kept.items.iter().map(|f| format!("{} {}", f.place, f.locator)).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 6, "places and locators tell all apart");
    assert_eq!(kept.items[0].locator, kept.items[5].locator, "a double is known by its id");
    assert_eq!(kept.fault("1 files are no mail").kind, FaultKind::Damaged);
    let mut connector = opened(&map);
    let schema = connector.schema().expect("a schema");
    let names: Vec<&str> = schema.collections.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["archive/2024.mbox", "maildir", "maildir/.Sent", "saved"]);
    let sample = connector.sample("maildir", 5).expect("a sample");
    assert_eq!(sample.rows.len(), 2);
    assert_eq!(sample.rows[0][0].as_deref(), Some("amara@example.com"));
}

#[test]
fn reading_or_flagging_a_message_does_not_change_its_name() {
    let dir = folder();
    let text = "From: amara@example.com\nSubject: no id\n\nbody\n";
    put(dir.path(), "Inbox", format!("{STAMP}{text}\n"));
    let map = map(HoldingKind::Mail, dir.path());
    let before = search(&map, &amara()).0.items[0].locator.clone();
    put(dir.path(), "Inbox", format!("{STAMP}Status: RO\nX-Mozilla-Status: 0001\n{text}\n"));
    assert_eq!(search(&map, &amara()).0.items[0].locator, before);
}

#[test]
fn an_empty_store_is_searched() {
    let dir = folder();
    std::fs::create_dir_all(dir.path().join("maildir/cur")).expect("folders");
    put(dir.path(), "Empty", "");
    let (kept, searched) = search(&map(HoldingKind::Mail, dir.path()), &amara());
    assert!(kept.items.is_empty() && kept.missed.is_empty() && searched.places.is_empty());
}

#[test]
fn a_message_too_long_is_searched_as_far_as_it_is_kept() {
    let dir = folder();
    let mut long = format!("{STAMP}{}", message("long", "From: amara@example.com", ""));
    while long.len() < 65 << 20 {
        long.push_str(&"zanzibarra ".repeat(1000));
        long.push('\n');
    }
    long.push_str(&format!("\n{STAMP}{}", message("next", "From: amara@example.com", "x")));
    put(dir.path(), "Inbox", long);
    let (kept, _) = search(&map(HoldingKind::Mail, dir.path()), &amara());
    assert_eq!(kept.items.len(), 2);
    assert!(kept.fault("holds more than is read").place.ends_with("message 1"));
}

/// The most memory a process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|l| l.starts_with("VmHWM")).expect("it is there");
    line.split_whitespace().nth(1).and_then(|n| n.parse().ok()).expect("a number")
}

const LARGE: &str = "CANDOUR_TEST_LARGE_MAILBOX";

/// Run by the next test in a process of its own.
#[test]
fn in_a_process_of_its_own() {
    let Some(path) = std::env::var_os(LARGE) else { return };
    let seek = Seek { names: Vec::new(), ..amara() };
    let (kept, searched) = search(&map(HoldingKind::Mail, path.as_ref()), &seek);
    println!("found {} of {:?}, peak {}", kept.items.len(), searched.places[0].looked_at, peak());
}

#[test]
fn memory_stays_flat_over_a_large_mailbox() {
    let dir = folder();
    let path = dir.path().join("Large");
    let mut file = BufWriter::new(std::fs::File::create(&path).expect("a file"));
    let filler = "The quick brown fox jumps over the lazy dog again.\n".repeat(200);
    for nth in 0..30_000 {
        let from = if nth % 3_000 == 0 { "amara@example.com" } else { "x@example.org" };
        let text = message(&nth.to_string(), &format!("From: {from}"), &filler);
        writeln!(file, "{STAMP}{text}").expect("written");
    }
    file.flush().expect("written");
    let size = std::fs::metadata(&path).expect("it is there").len();
    assert!(size > 300_000_000, "{size}");
    let output = std::process::Command::new(std::env::current_exe().expect("a test knows itself"))
        .args(["--exact", "in_a_process_of_its_own", "--nocapture"])
        .env(LARGE, &path)
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find_map(|l| l.split_once("found ")).expect("a result").1;
    assert!(line.starts_with("10 of Some(30000)"), "{line}");
    let peak: u64 = line.rsplit(' ').next().and_then(|n| n.parse().ok()).expect("a number");
    assert!(peak < 64 << 10, "{peak} KiB at most is not flat");
}
