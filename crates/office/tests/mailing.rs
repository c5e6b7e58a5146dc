//! Messages, campaigns, certificates and hooks through the front doors, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use common::{Kept, Office, Served, both};

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
[rights]
own_target_days = 28
[permissions]
unsubscribe_address = "stop@test.example"
[[permissions.purpose]]
short = "talks"
title = "Talks and walks"
aim = "similar-products"
channels = ["email", "post"]
[[permissions.cap]]
channel = "email"
messages = 1
days = 30
"#;

const TALKS: &str = "Our winter talks are here: tickets from £8. The Test Society, 1 Test Street. \
                     To stop these messages, unsubscribe: {{unsubscribe}}";

/// An office whose charter knows a purpose.
fn office(kept: Kept) -> Office {
    let office = Office::new(kept, 0);
    std::fs::write(office.path("charter.toml"), CHARTER).unwrap();
    office.ok(&["charter", "set", office.path("charter.toml").to_str().unwrap()]);
    office
}

fn write(office: &Office, name: &str, text: &str) -> String {
    let path = office.path(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Proposes and approves a message.
fn approved(office: &Office, short: &str, class: &str, text: &str) {
    let file = write(office, "message.txt", text);
    office.ok(&["template", "propose", short, &file, "--title", short, "--class", class]);
    office.ok(&["template", "approve", short, "--version", "1"]);
}

fn plan(office: &Office, short: &str) {
    office.ok(&[
        "campaign",
        "plan",
        short,
        "--title",
        "Winter talks",
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
}

/// Screens a list; answers its allowed file and the certificate's id.
fn screened(office: &Office, list: &str, out: &str) -> (String, String) {
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
        "--replace",
    ]);
    (out, told["id"].as_str().unwrap().to_owned())
}

/// As in the browser: what stands there twice is left in and counted.
#[test]
fn an_address_that_stands_there_twice_is_counted() {
    let office = office(Kept::Sqlite);
    let list = write(&office, "list.csv", LIST);
    let rows = LIST.lines().count() - 1;
    let twice = format!("{LIST}{}\n", LIST.lines().nth(1).unwrap());
    let double = write(&office, "twice.csv", &twice);
    let doubled = |list: &str| {
        screened(&office, list, "out.csv");
        let told = std::fs::read(office.path("out.certificate.json")).unwrap();
        serde_json::from_slice::<serde_json::Value>(&told).unwrap()["rows"].clone()
    };
    assert_eq!(doubled(&list)["doubled"], 0);
    let told = doubled(&double);
    assert_eq!((&told["doubled"], &told["all"]), (&1.into(), &(rows + 1).into()), "{told}");
    let out = office.path("words.csv");
    let args = ["screen", &double, "--channel", "email", "--purpose", "talks", "--attested"];
    let more = ["customers", "--column", "E-mail", "--out", out.to_str().unwrap()];
    let out = office.run(&[&args[..], &more].concat());
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("1 allowed row has an address that stands in a row before"), "{said}");
}

/// A certificate of another attestation covers nothing, and what was not shown was not compared.
#[test]
fn a_send_that_nobody_compared_waits_for_a_look() {
    for kept in both() {
        let office = office(kept);
        approved(&office, "talks", "marketing", TALKS);
        plan(&office, "winter");
        let list = write(&office, "list.csv", LIST);
        let out = office.path("plain.csv");
        let args = ["screen", &list, "--channel", "email", "--purpose", "talks", "--column"];
        let plain = office.json(&[&args[..], &["E-mail", "--out", out.to_str().unwrap()]].concat());
        let attach = ["campaign", "attach", "winter", plain["id"].as_str().unwrap()];
        refused(&office, &attach, 2, "another attestation");
        let (allowed, id) = screened(&office, &list, "allowed.csv");
        office.ok(&["campaign", "attach", "winter", &id]);
        let bad = ["campaign", "sent", "winter", "--sha256", "abc"];
        refused(&office, &bad, 2, "64 hexadecimal digits");
        let told = office.run(&["campaign", "sent", "winter"]);
        assert_eq!(told.status.code(), Some(1), "not properly sent");
        let shown = office.json(&["campaign", "show", "winter"]);
        assert_eq!(shown["state"], "not-compared");
        assert!(shown["campaign"]["reached"].is_null(), "nobody told: {shown}");
        office.ok(&["campaign", "acknowledge", "winter"]);
        let state = || office.json(&["campaign", "show", "winter"])["state"].clone();
        assert_eq!(state(), "not-compared-acknowledged");
        // With its SHA-256, as a sender's report gives it.
        plan(&office, "spring");
        let (_, id) = screened(&office, &list, "allowed.csv");
        office.ok(&["campaign", "attach", "spring", &id]);
        use sha2::Digest as _;
        let sum = hex::encode_upper(sha2::Sha256::digest(std::fs::read(&allowed).unwrap()));
        office.ok(&["campaign", "sent", "spring", "--sha256", &sum]);
        assert_eq!(office.json(&["campaign", "show", "spring"])["state"], "sent");
        office.verify_ledger();
    }
}

/// A yes that lapses by the day of the send is told by name before it, to be asked anew.
#[test]
fn whose_yes_lapses_before_a_send_is_named() {
    let office = office(Kept::Sqlite);
    let lasting = CHARTER.replace("[permissions]", "[permissions]\nconsent_months = 1");
    let path = write(&office, "charter.toml", &lasting);
    office.ok(&["charter", "set", &path]);
    approved(&office, "talks", "marketing", TALKS);
    let wording = "short = \"talks\"\nuse_kind = \"contact\"\nuse_what = \"talks\"\n\
                   channels = [\"email\"]\n\
                   text = \"May we?\"\nnotice = \"1\"\n";
    office.ok(&["permission", "wording", "set", &write(&office, "w.toml", wording)]);
    let today = jiff::Zoned::now().date();
    let days_ago = |n: i64| today.saturating_sub(jiff::Span::new().days(n)).to_string();
    for (who, name, on) in [
        ("amara@example.org", "=Amara", days_ago(27)),
        ("bram@example.org", "Bram Tarn", days_ago(1)),
    ] {
        let say = ["permission", "consent", "--email", who, "--name", name, "--wording", "talks"];
        let rest = ["--channel", "email", "--answer", "yes", "--method", "form", "--evidence", "1"];
        office.ok(&[&say[..], &rest[..], &["--on", &on]].concat());
    }
    let on = today.saturating_add(jiff::Span::new().days(6)).to_string();
    let plan = ["campaign", "plan", "winter", "--title", "W", "--list", "F", "--purpose", "talks"];
    let more = ["--channel", "email", "--template", "talks", "--on", &on];
    office.ok(&[&plan[..], &more[..]].concat());
    let out = office.run(&["campaign", "lapses", "winter", "--csv"]);
    assert_eq!(out.status.code(), Some(1), "there is somebody to ask");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains(",'=Amara,amara@example.org,"), "{text}");
    assert!(!text.contains("Bram"), "{text}");
    office.verify_ledger();
}

/// No list is left behind that nothing vouches for.
#[test]
fn a_list_that_cannot_be_certified_is_taken_back() {
    let office = office(Kept::Sqlite);
    let list = write(&office, "list.csv", LIST);
    // Where the certificate would be written stands a folder.
    std::fs::create_dir(office.path("ok.certificate.part")).unwrap();
    let out = office.path("ok.csv");
    let args = ["screen", &list, "--channel", "email", "--purpose", "talks", "--column"];
    let done = office.run(&[&args[..], &["E-mail", "--out", out.to_str().unwrap()]].concat());
    assert!(!done.status.success());
    for name in ["ok.csv", "ok.blocked.csv", "ok.unreadable.csv", "ok.certificate.json"] {
        assert!(!office.path(name).exists(), "{name}");
    }
}

/// Addresses of a workbook count for the frequency cap as those of a text do, and a program may
/// tell whom it reached.
#[test]
fn deliveries_come_from_a_workbook_and_from_a_program() {
    let office = office(Kept::Sqlite);
    approved(&office, "talks", "marketing", TALKS);
    let list = write(&office, "list.csv", LIST);
    plan(&office, "winter");
    let (allowed, id) = screened(&office, &list, "allowed.xlsx");
    office.ok(&["campaign", "attach", "winter", &id]);
    let told = office.json(&["campaign", "sent", "winter", "--file", &allowed]);
    assert_eq!((&told["state"], &told["noted"]), (&"sent".into(), &2.into()), "{told}");
    let may = |who: &str| {
        let ask = ["may-contact", who, "--channel", "email", "--purpose", "talks", "--attested"];
        let out = office.run(&[&ask[..], &["customers", "--json"]].concat());
        let d: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        d["rule"].as_str().unwrap().to_owned()
    };
    assert_eq!(may("amara@example.org"), "over-cap");
    let more = write(&office, "more.csv", "E-mail\ncleo@example.org\n");
    plan(&office, "spring");
    let (_, id) = screened(&office, &more, "spring.csv");
    office.ok(&["campaign", "attach", "spring", &id]);
    let token = office.json(&["mailer", "add", "Letters"])["token"].clone();
    let served = Served::new(&office);
    let text = std::fs::read(office.path("spring.csv")).unwrap();
    use sha2::Digest as _;
    let sum = hex::encode(sha2::Sha256::digest(text));
    let body = serde_json::json!({"sha256": sum, "delivered": ["cleo@example.org"]}).to_string();
    let path = "/api/o/test/campaigns/spring/sent";
    let (status, told) = served.call("POST", path, token.as_str().unwrap(), &body);
    assert_eq!((status, &told["state"], &told["noted"]), (200, &"sent".into(), &1.into()));
    assert_eq!(may("cleo@example.org"), "over-cap");
}

fn refused(office: &Office, args: &[&str], code: i32, words: &str) {
    let out = office.run(args);
    let err = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{args:?}: {err}");
    assert!(err.contains(words), "{args:?}: {err}");
}

const LIST: &str = "Name,E-mail\nAmara Quill,amara@example.org\nBram Tarn,bram@example.org\n";

#[test]
fn a_message_counts_once_its_class_is_approved() {
    for kept in both() {
        let office = office(kept);
        let file = write(&office, "m.txt", "Your receipt. Book now for June!");
        let args = ["template", "propose", "receipt", &file, "--title", "Receipt", "--class"];
        let propose = |class| office.run(&[&args[..], &[class]].concat());
        let out = propose("service");
        assert_eq!(out.status.code(), Some(1), "{kept:?}: something speaks against it");
        assert!(String::from_utf8_lossy(&out.stdout).contains("book now"));
        let approve = ["template", "approve", "receipt", "--version", "1"];
        refused(&office, &approve, 2, "enter why it holds");
        office.ok(&[&approve[..], &["--reason", "June is the date they moved to"]].concat());
        refused(&office, &approve, 4, "approved already");
        assert_eq!(propose("service").status.code(), Some(2), "nothing has changed");
        // Another class is another version, and has to be approved again.
        propose("marketing");
        let shown = office.json(&["template", "show", "receipt"]);
        assert_eq!((shown["version"].as_i64(), shown["approved_at"].is_null()), (Some(2), true));
        refused(&office, &approve, 4, "changed by someone else");
        let second = ["template", "approve", "receipt", "--version", "2", "--reason", "Please"];
        refused(&office, &second, 4, "how to stop it");
        office.verify_ledger();
    }
}

#[test]
fn a_campaign_from_plan_to_frequency_cap() {
    for kept in both() {
        let office = office(kept);
        let file = write(&office, "t.txt", TALKS);
        office.ok(&["template", "propose", "talks", &file, "--title", "T", "--class", "marketing"]);
        plan(&office, "winter");
        let list = write(&office, "list.csv", LIST);
        let (allowed, id) = screened(&office, &list, "allowed.csv");
        let attach = ["campaign", "attach", "winter", &id];
        refused(&office, &attach, 2, "not approved yet");
        office.ok(&["template", "approve", "talks", "--version", "1"]);
        let state = || office.json(&["campaign", "show", "winter"])["state"].clone();
        assert_eq!(state(), "planned");
        office.ok(&attach);
        assert_eq!(state(), "screened");
        plan(&office, "spring");
        refused(&office, &["campaign", "attach", "spring", &id], 2, "another campaign");

        // A list that was changed is not covered, and nobody is noted as reached.
        let sent = ["campaign", "sent", "winter", "--file", &allowed];
        std::fs::write(&allowed, format!("{LIST}Cleo,cleo@example.org\n")).unwrap();
        refused(&office, &sent, 2, "changed after it was screened");
        std::fs::write(&allowed, LIST).unwrap();
        let told = office.json(&sent);
        assert_eq!((&told["state"], &told["noted"]), (&"sent".into(), &2.into()));
        refused(&office, &sent, 4, "already");

        // One message in 30 days: the next screening blocks both.
        let out = office.path("next.csv");
        let next = office.json(&[
            "screen",
            &list,
            "--channel",
            "email",
            "--purpose",
            "talks",
            "--attested",
            "customers",
            "--column",
            "E-mail",
            "--out",
            out.to_str().unwrap(),
        ]);
        assert_eq!(next["rows"]["allowed"], 0, "{next}");
        office.verify_ledger();
    }
}

#[test]
fn a_send_without_a_certificate_needs_a_reason_and_a_look() {
    for kept in both() {
        let office = office(kept);
        approved(&office, "talks", "marketing", TALKS);
        plan(&office, "winter");
        let sent = ["campaign", "sent", "winter"];
        refused(&office, &sent, 2, "screen the list first");
        refused(&office, &["campaign", "acknowledge", "winter"], 4, "Nothing has to");
        let out = office.run(&[&sent[..], &["--reason", "The printer had begun"]].concat());
        assert_eq!(out.status.code(), Some(1));
        let shown = office.json(&["campaign", "show", "winter"]);
        assert_eq!(shown["state"], "uncovered");
        office.ok(&["campaign", "acknowledge", "winter"]);
        assert_eq!(office.json(&["campaign", "show", "winter"])["state"], "acknowledged");
        office.verify_ledger();
    }
}

#[test]
fn what_is_wrong_with_a_plan_is_named() {
    let office = office(Kept::Sqlite);
    approved(&office, "talks", "marketing", TALKS);
    let base = |more: &[&'static str]| {
        let mut a = vec!["campaign", "plan", "x", "--title", "X", "--list", "Friends"];
        a.extend_from_slice(more);
        a
    };
    let cases: [(&[&str], i32, &str); 4] = [
        (&["--channel", "email", "--template", "none"], 2, "Choose a message"),
        (&["--channel", "email", "--template", "talks"], 2, "needs a purpose"),
        (&["--channel", "sms", "--template", "talks", "--purpose", "talks"], 2, "this channel"),
        (
            &[
                "--channel",
                "email",
                "--template",
                "talks",
                "--purpose",
                "talks",
                "--on",
                "2020-01-01",
            ],
            2,
            "has passed",
        ),
    ];
    for (more, code, words) in cases {
        refused(&office, &base(more), code, words);
    }
    let mut named = base(&["--channel", "email", "--template", "talks", "--purpose", "talks"]);
    named[6] = "amara@example.org";
    refused(&office, &named, 2, "not an address");
}

#[test]
fn a_sending_program_asks_and_tells() {
    for kept in both() {
        let office = office(kept);
        approved(&office, "talks", "marketing", TALKS);
        plan(&office, "winter");
        let list = write(&office, "list.csv", LIST);
        let (allowed, id) = screened(&office, &list, "allowed.csv");
        office.ok(&["campaign", "attach", "winter", &id]);
        let told = std::fs::read(office.path("allowed.certificate.json")).unwrap();
        let told: serde_json::Value = serde_json::from_slice(&told).unwrap();
        let sum = told["files"]["allowed"][0].as_str().unwrap();
        assert!(std::path::Path::new(&allowed).exists());
        let token = office.json(&["mailer", "add", "Letters"])["token"].clone();
        let token = token.as_str().unwrap();
        let served = Served::new(&office);

        let check = |sum: &str| {
            let body = serde_json::json!({ "sha256": sum }).to_string();
            served.call("POST", "/api/o/test/certificates/check", token, &body)
        };
        let (status, covered) = check(sum);
        assert_eq!((status, &covered["covered"]), (200, &true.into()), "{covered}");
        let (_, other) = check(&"0".repeat(64));
        assert_eq!(other["covered"], false);
        assert_eq!(check("short").0, 422);
        assert_eq!(served.call("POST", "/api/o/test/certificates/check", "x", "{}").0, 401);

        let path = "/api/o/test/campaigns/winter/sent";
        let changed = serde_json::json!({ "sha256": "0".repeat(64) }).to_string();
        assert_eq!(served.call("POST", path, token, &changed).0, 422);
        let long = serde_json::json!({ "sha256": sum, "reason": "x".repeat(2_001) }).to_string();
        let (status, told) = served.call("POST", path, token, &long);
        assert_eq!((status, &told["errors"][0]["pointer"]), (422, &"/reason".into()), "{told}");
        let body = serde_json::json!({ "sha256": sum, "reached": 2 }).to_string();
        let (status, told) = served.call("POST", path, token, &body);
        assert_eq!((status, &told["state"]), (200, &"sent".into()), "{told}");
        assert_eq!(served.call("POST", path, token, &body).0, 409);

        // A stop of somebody we know comes back with the address; of others without.
        let hook = ["hook", "add", "https://hooks.example/in", "--event", "suppression.added"];
        let hook = office.json(&hook)["id"].as_str().unwrap().to_owned();
        let known = r#"{"address":"amara@example.org","channel":"email"}"#;
        assert!(served.call("POST", "/api/o/test/suppressions", token, known).0 < 300);
        let calls = office.json(&["hook", "calls", &hook]);
        let about = calls[0]["about"].as_str().unwrap();
        let (status, stop) =
            served.call("GET", &format!("/api/o/test/suppressions/{about}"), token, "");
        assert_eq!((status, &stop["kind"]), (200, &"email".into()), "{stop}");
        assert!(stop["address"].is_null(), "nobody we know: {stop}");
        assert_eq!((&stop["scope"], &stop["lifted"]), (&"marketing".into(), &false.into()));
        assert_eq!(served.call("GET", "/api/o/test/suppressions/none", token, "").0, 404);
        // Both are on the stop list now; Bram is somebody the office keeps.
        office.ok(&["permission", "person", "--email", "bram@example.org"]);
        let body = r#"{"address":"Bram@Example.org","channel":"email"}"#;
        assert!(served.call("POST", "/api/o/test/suppressions", token, body).0 < 300);
        let calls = office.json(&["hook", "calls", &hook]);
        let about = calls[0]["about"].as_str().unwrap();
        let path = format!("/api/o/test/suppressions/{about}");
        assert_eq!(served.call("GET", &path, token, "").1["address"], "bram@example.org");
        let erased = office.run(&["permission", "erase", "--email", "bram@example.org"]);
        assert!(erased.status.success());
        assert!(served.call("GET", &path, token, "").1["address"].is_null(), "known no more");
    }
}

/// A certificate for 127.0.0.1, signed by itself: PEM of it, and an acceptor.
fn tls() -> (Vec<u8>, openssl::ssl::SslAcceptor) {
    use openssl::asn1::Asn1Time;
    use openssl::ssl::{SslAcceptor, SslMethod};
    use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
    let key = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    let mut name = openssl::x509::X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "hooks").unwrap();
    let name = name.build();
    let mut b = openssl::x509::X509::builder().unwrap();
    b.set_version(2).unwrap();
    b.set_subject_name(&name).unwrap();
    b.set_issuer_name(&name).unwrap();
    b.set_pubkey(&key).unwrap();
    b.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    b.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    b.append_extension(BasicConstraints::new().ca().build().unwrap()).unwrap();
    let alt = SubjectAlternativeName::new().ip("127.0.0.1").build(&b.x509v3_context(None, None));
    b.append_extension(alt.unwrap()).unwrap();
    b.sign(&key, openssl::hash::MessageDigest::sha256()).unwrap();
    let cert = b.build();
    let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls()).unwrap();
    acceptor.set_private_key(&key).unwrap();
    acceptor.set_certificate(&cert).unwrap();
    (cert.to_pem().unwrap(), acceptor.build())
}

/// Waits for the answer to a hook's latest call.
fn answered(office: &Office, hook: &str, words: &str) {
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let calls = office.json(&["hook", "calls", hook]);
        if calls[0]["answer"].as_str().is_some_and(|a| a.contains(words)) {
            return;
        }
        assert!(std::time::Instant::now() < until, "{words}: {calls}");
    }
}

#[test]
fn a_hook_is_called_over_tls_and_only_with_a_trusted_certificate() {
    use std::io::{Read as _, Write as _};
    let office = office(Kept::Sqlite);
    let settings = office.path("candour.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, format!("hooks_to_loopback = true\n{text}")).unwrap();
    let (pem, acceptor) = tls();
    let roots = write(&office, "roots.pem", std::str::from_utf8(&pem).unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/in", listener.local_addr().unwrap());
    let (told, requests) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in listener.incoming() {
            // Who does not trust the certificate breaks off here.
            let Ok(mut line) = acceptor.accept(line.unwrap()) else { continue };
            let mut piece = [0; 4096];
            let n = line.read(&mut piece).unwrap();
            told.send(String::from_utf8_lossy(&piece[..n]).into_owned()).unwrap();
            line.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        }
    });
    let hook = office.json(&["hook", "add", &url])["id"].as_str().unwrap().to_owned();
    office.ok(&["permission", "stop", "--email", "amara@example.org"]);
    let served = Served::new(&office);
    answered(&office, &hook, "not trusted");
    drop(served);
    assert!(requests.try_recv().is_err(), "nothing was said to it");
    office.ok(&["permission", "stop", "--email", "bram@example.org"]);
    let _served = Served::with(&office, &[("SSL_CERT_FILE", &roots)]);
    answered(&office, &hook, "Taken: 204");
    assert!(requests.recv().unwrap().starts_with("POST /in HTTP/1.1\r\n"));
}

/// Speaks just enough IMAP for one look at a mailbox with one message.
fn imap(line: &mut (impl std::io::Read + std::io::Write), message: &str) -> std::io::Result<()> {
    line.write_all(b"* OK ready\r\n")?;
    let mut asked = Vec::new();
    loop {
        let mut byte = [0];
        if line.read(&mut byte)? == 0 {
            return Ok(());
        }
        asked.push(byte[0]);
        if byte[0] != b'\n' {
            continue;
        }
        let text = String::from_utf8(std::mem::take(&mut asked)).unwrap();
        let (tag, command) = text.trim_end().split_once(' ').unwrap();
        let size = message.len();
        let told = match command.to_ascii_uppercase() {
            c if c.starts_with("LOGIN") => {
                assert_eq!(command, r#"LOGIN "stop@x.example" "a \"b\" \\ c""#);
                String::new()
            }
            c if c.starts_with("CAPABILITY") => "* CAPABILITY IMAP4rev1 MOVE\r\n".into(),
            c if c.starts_with("UID SEARCH") => "* SEARCH 7\r\n".into(),
            c if c.contains("RFC822.SIZE") => format!("* 1 FETCH (RFC822.SIZE {size} UID 7)\r\n"),
            c if c.contains("BODY.PEEK") => {
                format!("* 1 FETCH (UID 7 BODY[] {{{size}}}\r\n{message})\r\n")
            }
            c if c.starts_with("STATUS") => "* STATUS Aside (MESSAGES 0)\r\n".into(),
            _ => String::new(),
        };
        line.write_all(format!("{told}{tag} OK done\r\n").as_bytes())?;
    }
}

#[test]
fn a_mailbox_is_read_over_tls_and_only_with_a_trusted_certificate() {
    let (pem, acceptor) = tls();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, refused) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let message = "From: amara@example.org\r\nSubject: please stop\r\n\r\nThank you";
        for line in listener.incoming() {
            match acceptor.accept(line.unwrap()) {
                Ok(mut line) => drop(imap(&mut line, message)),
                Err(_) => told.send(()).unwrap(),
            }
        }
    });
    let looking = || {
        let office = office(Kept::Sqlite);
        let secret = write(&office, "secret", "a \"b\" \\ c\n");
        let settings = office.path("candour.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        let mailbox = format!(
            "[mailbox]\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"stop@x.example\"\n\
             password_file = {secret:?}\n"
        );
        std::fs::write(&settings, text + &mailbox).unwrap();
        office
    };
    let rule = |office: &Office| {
        let ask = ["may-contact", "amara@example.org", "--channel", "email", "--purpose", "talks"];
        let out = office.run(&[&ask[..], &["--json"]].concat());
        let d: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        d["rule"].as_str().unwrap().to_owned()
    };
    let doubting = looking();
    let served = Served::new(&doubting);
    refused.recv().unwrap();
    drop(served);
    assert_eq!(rule(&doubting), "no-ground", "nothing was said to who is not trusted");
    let trusting = looking();
    let roots = write(&trusting, "roots.pem", std::str::from_utf8(&pem).unwrap());
    let _served = Served::with(&trusting, &[("SSL_CERT_FILE", &roots)]);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while rule(&trusting) != "stopped" {
        assert!(std::time::Instant::now() < until, "the message was not read");
    }
}

/// A door with TLS in front of the real IMAP server, which these tests have in the clear: passes on
/// each command, and what is answered to it. Answers its port.
fn door(acceptor: openssl::ssl::SslAcceptor, to: String) -> u16 {
    use std::io::{BufRead as _, BufReader, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let pass = move |line: std::net::TcpStream| -> Option<()> {
        let mut client = BufReader::new(acceptor.accept(line).ok()?);
        let mut server = BufReader::new(std::net::TcpStream::connect(&to).ok()?);
        let mut tag = b"* ".to_vec();
        loop {
            let mut said = Vec::new();
            while !said.starts_with(&tag) {
                said.clear();
                if server.read_until(b'\n', &mut said).ok()? == 0 {
                    return None;
                }
                client.get_mut().write_all(&said).ok()?;
            }
            let mut asked = Vec::new();
            if client.read_until(b'\n', &mut asked).ok()? == 0 {
                return None;
            }
            tag = asked[..=asked.iter().position(|b| *b == b' ')?].to_vec();
            server.get_mut().write_all(&asked).ok()?;
        }
    };
    std::thread::spawn(move || {
        for line in listener.incoming() {
            // It ends when either side has had enough.
            let _ = pass(line.unwrap());
        }
    });
    port
}

/// Puts a message into a mailbox of the IMAP server itself.
fn append(to: &str, (user, secret): (&str, &str), message: &str) {
    use std::io::{BufRead as _, BufReader, Write as _};
    let mut line = BufReader::new(std::net::TcpStream::connect(to).unwrap());
    let mut ask = |command: String, answer: &str| {
        line.get_mut().write_all(command.as_bytes()).unwrap();
        let mut said = String::new();
        while !said.starts_with(answer) {
            said.clear();
            assert!(line.read_line(&mut said).unwrap() > 0, "it broke before {answer}");
        }
    };
    ask(String::new(), "* OK");
    ask(format!("a LOGIN {user} {secret}\r\n"), "a OK");
    ask(format!("b APPEND INBOX {{{}}}\r\n", message.len()), "+");
    ask(format!("{message}\r\n"), "b OK");
}

/// Posts a form; answers the head of what came back.
fn post_form(at: &str, path: &str, cookie: &str, body: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut line = std::net::TcpStream::connect(at).unwrap();
    write!(
        line,
        "POST {path} HTTP/1.1\r\nHost: {at}\r\nCookie: {cookie}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut text = String::new();
    line.read_to_string(&mut text).unwrap();
    text.split_once("\r\n\r\n").unwrap().0.to_owned()
}

/// The mailbox that is set by command or in the browser, on the real Dovecot of `cargo xtask test`.
#[test]
fn a_mailbox_that_is_set_is_looked_after_on_a_real_server() {
    if std::env::var("CANDOUR_SKIP_SERVERS").is_ok() {
        return;
    }
    let url = std::env::var("CANDOUR_TEST_IMAP").expect("run by cargo xtask test");
    let (who, dovecot) = url.strip_prefix("imap://").unwrap().split_once('@').unwrap();
    let (_, secret) = who.split_once(':').unwrap();
    let (pem, acceptor) = tls();
    let port = door(acceptor, dovecot.to_owned()).to_string();
    for by_command in [true, false] {
        let office = office(Kept::Sqlite);
        let roots = write(&office, "roots.pem", std::str::from_utf8(&pem).unwrap());
        let user = format!("set-{by_command}-{}", std::process::id());
        append(dovecot, (&user, secret), "From: amara@example.org\r\nSubject: please stop\r\n\r\n");
        let file = write(&office, "secret", &format!("{secret}\n"));
        let set = ["set", "mailbox", "--host", "127.0.0.1", "--port", &port, "--user", &user];
        if by_command {
            office.ok(&[&set[..], &["--password-file", &file]].concat());
        } else {
            let ruth = ["--name", "Ruth Osei", "--email", "ruth@example.org"];
            let password = write(&office, "password", "a sturdy brass kettle");
            let add = [&["staff", "add"], &ruth[..], &["--password-file", &password]].concat();
            office.ok(&add);
        }
        let served = Served::with(&office, &[("SSL_CERT_FILE", &roots)]);
        if !by_command {
            let mine = "a+sturdy+brass+kettle";
            let sign_in = format!("email=ruth%40example.org&password={mine}");
            let head = post_form(&served.at, "/office/sign-in", "", &sign_in);
            let cookie = head.split("candour=").nth(1).unwrap().split(';').next().unwrap();
            let cookie = format!("candour={cookie}");
            let form = format!(
                "act=mailbox&mailbox-host=127.0.0.1&mailbox-port={port}&mailbox-user={user}&\
                 mailbox-password={secret}&mailbox-folder=&mailbox-mine={mine}"
            );
            let head = post_form(&served.at, "/office/settings/mail", &cookie, &form);
            assert!(head.starts_with("HTTP/1.1 303"), "{head}");
        }
        let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let ask = ["may-contact", "amara@example.org", "--channel", "email", "--purpose", "talks"];
        let ask = [&ask[..], &["--json"]].concat();
        while !String::from_utf8_lossy(&office.run(&ask).stdout).contains("\"stopped\"") {
            assert!(std::time::Instant::now() < until, "by command {by_command}: not looked at");
        }
        drop(served);
        let ledger = office.ok(&["ledger", "show"]);
        assert!(ledger.contains("Mailbox for unsubscribes on 127.0.0.1"), "{ledger}");
        // The password that is set goes to its own server only, and is kept while that stays.
        office.ok(&[&set[..], &["--folder", "Stops"]].concat());
        let elsewhere = ["set", "mailbox", "--host", "imap.example.org", "--user", &user];
        assert_eq!(office.run(&elsewhere).status.code(), Some(2));
        office.ok(&["set", "mailbox", "--none"]);
        assert!(office.ok(&["ledger", "show"]).contains("No mailbox for unsubscribes any more"));
    }
}
