//! Permissions through their front doors: the command line, the machine face, the public's pages,
//! with the office on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use common::served::Served;
use common::{Kept, Office, both};
use serde_json::{Value, json};

const PERMISSIONS: &str = r#"
[permissions]
charity = true
consent_months = 24
unsubscribe_address = "stop@test.example"
[[permissions.purpose]]
short = "events"
title = "Events and talks"
aim = "charitable-purpose"
channels = ["email", "call", "post"]
[[permissions.purpose]]
short = "shop"
title = "Our shop"
aim = "similar-products"
channels = ["email"]
[[permissions.cap]]
channel = "email"
messages = 2
days = 30
[[permissions.partner]]
short = "lifeboat"
title = "The lifeboat crew"
email = "data@lifeboat.example"
"#;

const WORDING: &str = r#"
short = "events-email"
use_kind = "contact"
use_what = "events"
channels = ["email"]
text = "May we write to you by e-mail about our events?"
if_refused = "You can still come."
notice = "2026-03"
"#;

/// An office whose charter speaks of contact, with one wording.
fn office(kept: Kept) -> Office {
    let office = Office::new(kept, 0);
    office.set_permissions(PERMISSIONS);
    office.set(&["permission", "wording", "set"], "wording.toml", WORDING);
    office
}

fn yes(office: &Office, email: &str) -> String {
    let out = office.ok(&[
        "permission",
        "consent",
        "--email",
        email,
        "--wording",
        "events-email",
        "--channel",
        "email",
        "--answer",
        "yes",
        "--method",
        "form",
        "--evidence",
        "form 12",
    ]);
    out.trim().to_owned()
}

fn may(office: &Office, address: &str, purpose: &str) -> (bool, String) {
    let out =
        office.run(&["may-contact", address, "--channel", "email", "--purpose", purpose, "--json"]);
    let d: Value = serde_json::from_slice(&out.stdout).unwrap();
    let allowed = d["allowed"].as_bool().unwrap();
    assert_eq!(out.status.code(), Some(i32::from(!allowed)));
    (allowed, d["rule"].as_str().unwrap().to_owned())
}

#[test]
fn a_yes_is_proved_and_a_withdrawal_counts_at_once() {
    for kept in both() {
        let office = office(kept);
        assert_eq!(may(&office, "ann@example.org", "events"), (false, "no-ground".into()));
        let id = yes(&office, "ann@example.org");
        assert_eq!(may(&office, " ANN@Example.org", "events"), (true, "consent".into()));
        assert_eq!(may(&office, "ann@example.org", "shop"), (false, "no-ground".into()));
        let receipt: Value =
            serde_json::from_str(&office.ok(&["permission", "receipt", &id])).unwrap();
        let words = &receipt["processing"]["wording"]["text"];
        assert_eq!(words, "May we write to you by e-mail about our events?");
        assert_eq!(receipt["state"], "dpv:ConsentGiven");
        assert!(!receipt.to_string().contains("ann@"), "a receipt names nobody by address");
        let told = office.ok(&["permission", "withdraw", &id]);
        assert!(told.contains("Goes on: We may still write"), "{told}");
        assert_eq!(may(&office, "ann@example.org", "events"), (false, "stopped".into()));
        let again = office.run(&["permission", "withdraw", &id]);
        assert_eq!(again.status.code(), Some(2));
        // A later yes of the person lifts exactly this stop.
        yes(&office, "ann@example.org");
        assert_eq!(may(&office, "ann@example.org", "events"), (true, "consent".into()));
        office.verify_ledger();
    }
}

/// ISO/IEC TS 27560's fields, and terms that the Data Privacy Vocabulary has.
#[test]
fn a_receipt_has_the_standard_s_fields_and_terms() {
    let office = office(Kept::Sqlite);
    let register = "[[activity]]\nshort = \"events\"\ntitle = \"Events and talks\"\n\
                    purpose = \"Telling people what is on\"\nbasis = \"consent\"\n\
                    people = [\"Readers\"]\ncategories = [\"Name\", \"E-mail address\"]\n\
                    recipients = [\"Post House Ltd\"]\ntransfers = \"none\"\n\
                    source = \"the person\"\nautomated_decisions = \"none\"\nretention = \"Two years after the last answer\"\n\
                    holdings = [\"club\"]\n";
    office.set(&["register", "set"], "register.toml", register);
    let id = yes(&office, "ann@example.org");
    let r: Value = serde_json::from_str(&office.ok(&["permission", "receipt", &id])).unwrap();
    for field in ["@context", "@type", "schema_version", "record_id", "pii_principal_id", "state"] {
        assert!(!r[field].is_null(), "{field}: {r}");
    }
    let p = &r["processing"];
    for field in [
        "privacy_notice",
        "language",
        "purposes",
        "lawful_basis",
        "pii_information",
        "pii_controllers",
        "collection_method",
        "processing_method",
        "storage_locations",
        "retention_period",
        "processing_locations",
        "geographic_restrictions",
        "services",
        "jurisdiction",
        "recipient_third_parties",
        "withdrawal_method",
        "privacy_rights",
        "codes_of_conduct",
        "authority_party",
    ] {
        assert!(!p[field].is_null(), "{field}: {p}");
    }
    assert_eq!(p["pii_information"][1]["pii_type"], "E-mail address");
    assert_eq!(p["retention_period"], "Two years after the last answer");
    assert_eq!(p["recipient_third_parties"], json!(["Post House Ltd"]));
    assert_eq!(p["storage_locations"], json!(["club"]));
    let authority = &r["parties"][1];
    assert_eq!(authority["id"], p["authority_party"]);
    assert!(authority["name"].as_str().unwrap().contains("ICO"), "{authority}");
    let event = &r["events"][0];
    for field in ["event_time", "validity_duration", "entity_id", "event_type", "event_state"] {
        assert!(!event[field].is_null(), "{field}: {event}");
    }
    const TERMS: &[&str] = &[
        "ConsentExpired",
        "ConsentGiven",
        "ConsentRecord",
        "ConsentRefused",
        "ConsentWithdrawn",
        "DataController",
        "DataProtectionAuthority",
        "ExpressedConsent",
        "hasAuthority",
        "hasConsentStatus",
        "hasDataController",
        "hasDataSubject",
        "hasDuration",
        "hasEntity",
        "hasJurisdiction",
        "hasLegalBasis",
        "hasLocation",
        "hasNotice",
        "hasPersonalData",
        "hasProcess",
        "hasProcessing",
        "hasPurpose",
        "hasRecipient",
        "hasRight",
        "hasStorageCondition",
    ];
    let text = r.to_string();
    for term in text.split("\"dpv:").skip(1) {
        let term = term.split('"').next().unwrap();
        assert!(TERMS.contains(&term), "the vocabulary has no {term}");
    }
    assert!(!text.contains("ann@"), "a receipt names nobody by address");
}

#[test]
fn a_yes_after_stopping_everything_opens_one_door_only() {
    let office = office(Kept::Sqlite);
    let sale = ["permission", "ground", "--email", "bo@example.org", "--ground", "sale", "--on"];
    office.ok(&[&sale[..], &["2026-05-01", "--refusal-offered"]].concat());
    assert_eq!(may(&office, "bo@example.org", "shop"), (true, "soft-opt-in".into()));
    office.ok(&["permission", "stop", "--email", "bo@example.org"]);
    assert_eq!(may(&office, "bo@example.org", "shop"), (false, "stopped".into()));
    yes(&office, "bo@example.org");
    assert_eq!(may(&office, "bo@example.org", "events"), (true, "consent".into()));
    assert_eq!(may(&office, "bo@example.org", "shop"), (false, "stopped".into()));
}

/// UK GDPR Arts 17(3)(b), 21(3): what outlives an erasure is a stop that names nobody.
#[test]
fn an_erased_person_is_blocked_when_the_old_list_comes_back() {
    for kept in both() {
        let office = office(kept);
        yes(&office, "ann@example.org");
        let list = office.path("old.csv");
        std::fs::write(&list, "Name,E-mail\nAnn,Ann@Example.org\nCy,cy@example.org\n").unwrap();
        let screen = |out: &str| {
            let path = office.path(out);
            let certificate = office.json(&[
                "screen",
                list.to_str().unwrap(),
                "--channel",
                "email",
                "--purpose",
                "shop",
                "--attested",
                "customers",
                "--column",
                "E-mail",
                "--out",
                path.to_str().unwrap(),
            ]);
            (std::fs::read_to_string(&path).unwrap(), certificate)
        };
        let (before, _) = screen("before.csv");
        assert!(before.contains("Ann@Example.org"), "{kept:?}");
        office.ok(&["permission", "erase", "--email", "ann@example.org"]);
        let (after, certificate) = screen("after.csv");
        assert_eq!(after, "Name,E-mail\nCy,cy@example.org\n", "{kept:?}");
        assert_eq!(certificate["rows"]["blocked"], 1);
        let blocked = std::fs::read_to_string(office.path("after.blocked.csv")).unwrap();
        assert!(blocked.contains("2,stopped,"), "{blocked}");
        // The store: hashes and scope, nothing that says who.
        let export = office.ok(&["permission", "export-stops"]);
        assert!(export.contains(",all,marketing,erasure,"), "{export}");
        assert!(!export.contains('@') && !export.contains("Ann"), "{export}");
        let shown = office.json(&["permission", "show", "--email", "ann@example.org"]);
        assert_eq!(shown["persons"], json!([]));
        assert_eq!(shown["consents"], json!([]));
        office.verify_ledger();
    }
}

#[test]
fn a_list_changed_after_its_certificate_is_not_covered() {
    let office = office(Kept::Sqlite);
    yes(&office, "ann@example.org");
    let (list, out) = (office.path("l.csv"), office.path("ok.csv"));
    std::fs::write(&list, "E-mail\nann@example.org\nnot an address\nbo@example.org\n").unwrap();
    let args = [
        "screen",
        list.to_str().unwrap(),
        "--channel",
        "email",
        "--purpose",
        "events",
        "--column",
        "E-mail",
        "--out",
        out.to_str().unwrap(),
    ];
    let c = office.json(&args);
    assert_eq!(
        c["rows"],
        json!({"all": 3, "allowed": 1, "blocked": 1, "doubled": 0, "unreadable": 1})
    );
    assert!(!c.to_string().contains("ann@"), "a certificate names nobody");
    let check = || office.run(&["certificate", "check", out.to_str().unwrap()]).status.code();
    assert_eq!(check(), Some(0));
    // The proof and the text belong together: the entry holds the text's SHA-256.
    let text = std::fs::read(office.path("ok.certificate.json")).unwrap();
    let proof = std::fs::read_to_string(office.path("ok.certificate.tlog-proof")).unwrap();
    let extra = proof.lines().find_map(|l| l.strip_prefix("extra ")).unwrap();
    use base64::Engine as _;
    let entry = base64::engine::general_purpose::STANDARD.decode(extra).unwrap();
    use sha2::Digest as _;
    let sum = hex::encode(sha2::Sha256::digest(&text));
    assert!(String::from_utf8(entry).unwrap().contains(&sum));
    // Nothing is overwritten unless asked.
    assert_eq!(office.run(&args).status.code(), Some(2));
    std::fs::write(&out, "E-mail\nann@example.org\nbo@example.org\n").unwrap();
    assert_eq!(check(), Some(1));
}

#[test]
fn calls_are_held_against_registers_and_their_age() {
    let office = office(Kept::Sqlite);
    let file = office.path("tps.txt");
    std::fs::write(&file, "Number\n01632 960001\n+44 1632 960002\n").unwrap();
    let call = |number: &str| {
        let out = office.run(&[
            "may-contact",
            number,
            "--channel",
            "call",
            "--purpose",
            "events",
            "--json",
        ]);
        let d: Value = serde_json::from_slice(&out.stdout).unwrap();
        d["rule"].as_str().unwrap().to_owned()
    };
    assert_eq!(call("01632960009"), "register-old");
    let path = file.to_str().unwrap();
    let today = jiff::Zoned::now().date();
    let day = today.to_string();
    for register in ["tps", "ctps"] {
        let out = office.json(&["permission", "register", register, path, "--as-of", &day]);
        assert_eq!(out, json!({"numbers": 2, "new": 2, "unreadable": 1, "lines": [1]}));
    }
    assert_eq!(call("01632960009"), "not-listed");
    assert_eq!(call("(01632) 960 001"), "listed");
    let before = today.yesterday().unwrap().to_string();
    let old = office.run(&["permission", "register", "tps", path, "--as-of", &before]);
    assert_eq!(old.status.code(), Some(2), "an older file does not replace a newer one");
    // A new number of a later file counts 28 days after the file before; known ones at once.
    let list = office.path("calls.csv");
    std::fs::write(&list, "Phone\n01632960001\n01632960009\n4.47E+11\n").unwrap();
    let c = office.json(&[
        "screen",
        list.to_str().unwrap(),
        "--channel",
        "call",
        "--purpose",
        "events",
        "--column",
        "Phone",
        "--dry-run",
        "--force",
    ]);
    assert_eq!(c["rows"], json!({"all": 3, "allowed": 1, "blocked": 1, "unreadable": 1}));
}

#[test]
fn files_of_stops_and_consents_name_their_bad_lines() {
    let office = office(Kept::Sqlite);
    let file = office.path("stops.csv");
    std::fs::write(&file, "E-mail\nann@example.org\nnot-an-address\nbo@example.org\n").unwrap();
    let args = ["permission", "import-stops", file.to_str().unwrap(), "--column", "E-mail"];
    let out = office.run(&[&args[..], &["--json"]].concat());
    assert_eq!(out.status.code(), Some(1));
    let done: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&done["taken"], &done["bad"][0][0]), (&json!(2), &json!(3)));
    assert!(!done.to_string().contains("not-an-address"), "{done}");
    assert_eq!(may(&office, "bo@example.org", "events").1, "stopped");
    let file = office.path("yes.csv");
    let rows = "email,answer,on,method,evidence\ncy@example.org,yes,2026-10-01,form,row 1\n\
                di@example.org,maybe,2026-10-01,form,row 2\nel@example.org,no,2026-10-01,form,r\n";
    std::fs::write(&file, rows).unwrap();
    let out = office.run(&[
        "permission",
        "import-consents",
        file.to_str().unwrap(),
        "--wording",
        "events-email",
        "--channel",
        "email",
        "--json",
    ]);
    let done: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&done["taken"], &done["bad"][0][0]), (&json!(2), &json!(3)));
    assert_eq!(may(&office, "cy@example.org", "events"), (true, "consent".into()));
    assert_eq!(may(&office, "el@example.org", "events"), (false, "refused".into()));
}

/// A company's person is held for it; the stop counts whatever the contract says, and it is told.
#[test]
fn a_company_and_a_partner_are_told_of_a_stop() {
    let office = office(Kept::Sqlite);
    office.ok(&[
        "permission",
        "company",
        "boats-ltd",
        "--title",
        "Boats Ltd",
        "--email",
        "office@boats.example",
    ]);
    office.ok(&[
        "permission",
        "person",
        "--email",
        "fay@boats.example",
        "--name",
        "Fay Reed",
        "--company",
        "boats-ltd",
        "--subscriber",
        "corporate",
    ]);
    assert_eq!(may(&office, "fay@boats.example", "events"), (true, "corporate".into()));
    let share = WORDING
        .replace("events-email", "lifeboat")
        .replace("channels = [\"email\"]\n", "")
        .replace("\"contact\"", "\"share\"")
        .replace("\"events\"", "\"lifeboat\"");
    office.set(&["permission", "wording", "set"], "share.toml", &share);
    office.ok(&[
        "permission",
        "consent",
        "--email",
        "fay@boats.example",
        "--wording",
        "lifeboat",
        "--answer",
        "yes",
        "--method",
        "form",
        "--evidence",
        "form 9",
    ]);
    office.ok(&["permission", "stop", "--email", "fay@boats.example"]);
    assert_eq!(may(&office, "fay@boats.example", "events"), (false, "stopped".into()));
    let served = Served::start(&office);
    let letters = served.letters(3);
    let to = |address: &str| {
        let to = format!("To: {address}");
        letters.iter().find(|l| l.contains(&to)).unwrap()
    };
    assert!(to("office@boats.example").contains("Fay Reed"));
    assert!(to("data@lifeboat.example").contains("stop using the details"));
    // Staff recorded it, so she has seen no page: she is told what stopped and what goes on.
    let told = to("fay@boats.example").replace("=\r\n", "");
    assert!(told.contains("All marketing by every channel, since"), "{told}");
    assert!(told.contains("We may still write to you (e-mail)"), "{told}");
    assert!(!told.contains("Events and talks, by e-mail"), "{told}");
}

fn mailer(office: &Office) -> String {
    office.ok(&["mailer", "add", "Newsletter server"]).trim().to_owned()
}

#[test]
fn machines_ask_and_tell_over_http() {
    for kept in both() {
        let office = office(kept);
        yes(&office, "ann@example.org");
        let token = mailer(&office);
        let served = Served::start(&office);
        let ask = |body: &Value| served.api(&token, "contact-decisions", body);
        let one = json!({"address": "ann@example.org", "channel": "email", "purpose": "events"});
        let (status, d) = ask(&one);
        assert_eq!((status, d["allowed"].as_bool()), (200, Some(true)), "{d}");
        let (status, problem) = served.api("cnd_wrong", "contact-decisions", &one);
        assert_eq!((status, &problem["status"]), (401, &json!(401)));
        let nonsense = json!({"address": "zzcanary", "channel": "email", "purpose": "events"});
        let (status, problem) = ask(&nonsense);
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/address")));
        assert!(!problem.to_string().contains("zzcanary"), "{problem}");
        let (_, many) = ask(&json!({"questions": [one, nonsense]}));
        assert_eq!(many["decisions"][0]["allowed"], true);
        assert!(many["decisions"][1]["error"].is_string());
        // By its hash, without the address.
        let (_, d) = ask(&json!({"hash": d["hash"], "channel": "email", "purpose": "events"}));
        assert_eq!(d["allowed"], true);
        // What came back.
        let events = json!({"events": [
            {"type": "delivered", "address": "ann@example.org", "campaign": "may"},
            {"type": "delivered", "address": "ann@example.org", "campaign": "june"},
            {"type": "soft-bounce", "address": "bo@example.org"},
            {"type": "bounce", "address": "cy@example.org"},
            {"type": "dance", "address": "di@example.org"},
        ]});
        let (_, taken) = served.api(&token, "events", &events);
        assert_eq!(
            (&taken["taken"], &taken["errors"][0]["pointer"]),
            (&json!(4), &json!("/events/4"))
        );
        assert_eq!(ask(&one).1["rule"], "over-cap");
        let service = json!({"address": "cy@example.org", "channel": "email", "class": "service"});
        assert_eq!(ask(&service).1["rule"], "stopped", "a dead address takes no message at all");
        // A consent told twice with one key is recorded once.
        let new = json!({"email": "eve@example.org", "wording": "events-email", "version": 1,
                         "channel": "email", "answer": true, "method": "form", "evidence": "f1"});
        let key = [("Idempotency-Key", "k-1")];
        let (status, first) = served.api_with(&token, "consents", &new, &key);
        let (_, second) = served.api_with(&token, "consents", &new, &key);
        assert_eq!((status, &first), (201, &second));
        // Shut out at once, in a process that runs already.
        let id = office.ok(&["mailer", "list"]).split_whitespace().next().unwrap().to_owned();
        office.ok(&["mailer", "end", &id]);
        assert_eq!(ask(&one).0, 401);
        office.verify_ledger();
    }
}

/// RFC 8058, RFC 2369: GET changes nothing, POST stops at once, also by e-mail.
#[test]
fn one_click_stops_and_looking_does_not() {
    let office = office(Kept::Sqlite);
    for who in ["ann@example.org", "bo@example.org", "cy@example.org"] {
        yes(&office, who);
    }
    let token = mailer(&office);
    let served = Served::start(&office);
    let asked = json!({"addresses": ["ann@example.org", "bo@example.org"], "purpose": "events"});
    let (status, headers) = served.api(&token, "unsubscribe-headers", &asked);
    assert_eq!(status, 200, "{headers}");
    let link = |i: usize| {
        let list = headers["headers"][i]["List-Unsubscribe"].as_str().unwrap();
        assert!(list.contains("mailto:stop@test.example?subject=unsubscribe%20"), "{list}");
        let url = list.split(['<', '>']).nth(1).unwrap();
        url[url.find("/u/").unwrap()..].to_owned()
    };
    assert_eq!(headers["headers"][0]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    // A scanner opens every link of a message, several times.
    for _ in 0..3 {
        assert_eq!(served.get(&link(0)).0, 200);
    }
    assert_eq!(may(&office, "ann@example.org", "events").1, "consent");
    let form = "application/x-www-form-urlencoded";
    for _ in 0..2 {
        let (status, _) = served.post(&link(0), form, "List-Unsubscribe=One-Click");
        assert_eq!(status, 200);
    }
    assert_eq!(may(&office, "ann@example.org", "events").1, "stopped");
    assert_eq!(may(&office, "bo@example.org", "events").1, "consent");
    assert_eq!(served.post(&link(1), form, "").0, 422, "an empty click is not a wish");
    assert_eq!(served.get("/u/AAAAtampered").0, 404);
    // By e-mail: the token of the header, or nothing but the sender.
    let sealed = link(1)[3..].to_owned();
    let mail = |text: String| {
        use std::io::Write as _;
        let mut child = office
            .command(&["permission", "mail"])
            .stdin(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    };
    mail(format!("From: other@example.net\r\nSubject: unsubscribe {sealed}\r\n\r\n"));
    assert_eq!(may(&office, "bo@example.org", "events").1, "stopped");
    mail("From: Cy <CY@example.org>\r\nSubject: please stop\r\n\r\nThank you".to_owned());
    assert_eq!(may(&office, "cy@example.org", "events").1, "stopped");
}

/// What the public may ask for is counted; presses of a link for that link alone, and only once its
/// stop stands.
#[test]
fn too_many_tries_wait_and_lose_no_stop() {
    let office = office(Kept::Sqlite);
    let few = "[limits.all]\nstop = 2\nchoices = 1\n[limits.client]\nunsubscribe = 2\n";
    std::fs::write(office.path("candour.toml"), few).unwrap();
    yes(&office, "ann@example.org");
    yes(&office, "bo@example.org");
    let token = mailer(&office);
    let served = Served::start(&office);
    let form = "application/x-www-form-urlencoded";
    let asked = json!({"addresses": ["ann@example.org", "bo@example.org"], "purpose": "events"});
    let (_, headers) = served.api(&token, "unsubscribe-headers", &asked);
    let press = |i: usize, wish: &str| {
        let list = headers["headers"][i]["List-Unsubscribe"].as_str().unwrap();
        let url = list.split(['<', '>']).nth(1).unwrap();
        served.post(&url[url.find("/u/").unwrap()..], form, wish).0
    };
    let click = "List-Unsubscribe=One-Click";
    assert_eq!([1, 2, 3].map(|_| press(0, click)), [200, 200, 429]);
    assert_eq!(may(&office, "ann@example.org", "events").1, "stopped");
    assert_eq!(press(0, "what=all"), 200, "a wider wish is another one");
    assert_eq!(may(&office, "ann@example.org", "shop").1, "stopped");
    assert_eq!(press(1, click), 200, "another link from the same address");
    assert_eq!(may(&office, "bo@example.org", "events").1, "stopped");
    let stop = |who: &str| served.post("/o/test/stop", form, &format!("email={who}"));
    assert_eq!(["a@example.org", "b@example.org"].map(|w| stop(w).0), [200, 200]);
    let (status, page) = stop("c@example.org");
    assert_eq!(status, 429);
    assert!(page.contains("c@example.org") && page.contains("minutes"), "kept, and how long");
    let send = || served.post("/o/test/preferences", form, "email=bo%40example.org").0;
    assert_eq!([send(), send()], [200, 429]);
}

/// A stop written by one process is seen by the next decision of another, under load.
#[test]
fn a_stop_is_seen_by_every_process_at_once() {
    for kept in both() {
        let office = office(kept);
        let token = mailer(&office);
        let (one, two) = (Served::start(&office), Served::start(&office));
        let pairs = [(&one, &two), (&two, &one)];
        std::thread::scope(|s| {
            for (w, (from, to)) in pairs.into_iter().enumerate() {
                let token = &token;
                s.spawn(move || {
                    for i in 0..25 {
                        let address = format!("p{w}-{i}@example.org");
                        let ask = json!({"address": address, "channel": "email",
                                         "purpose": "shop", "attested": "customers"});
                        let (_, before) = to.api(token, "contact-decisions", &ask);
                        assert_eq!(before["rule"], "soft-opt-in");
                        let stop = json!({"address": address});
                        assert_eq!(from.api(token, "suppressions", &stop).0, 200);
                        let (_, after) = to.api(token, "contact-decisions", &ask);
                        assert_eq!(after["rule"], "stopped", "{kept:?} {address}");
                    }
                });
            }
        });
        // And by a screening that starts after it.
        let list = office.path("l.csv");
        std::fs::write(&list, "E-mail\np0-3@example.org\nnew@example.org\n").unwrap();
        let c = office.json(&[
            "screen",
            list.to_str().unwrap(),
            "--channel",
            "email",
            "--purpose",
            "shop",
            "--attested",
            "customers",
            "--column",
            "E-mail",
            "--dry-run",
        ]);
        assert_eq!(c["rows"]["blocked"], 1);
    }
}

/// A workbook is read in a process of its own, and cells are what they were.
#[test]
fn a_workbook_is_screened_and_its_traps_are_told() {
    let office = office(Kept::Sqlite);
    office.ok(&["permission", "stop", "--phone", "07700 900123"]);
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (c, name) in ["Name", "E-mail", "Phone"].into_iter().enumerate() {
        sheet.write_string(0, u16::try_from(c).unwrap(), name).unwrap();
    }
    sheet.write_string(1, 1, "ann@example.org").unwrap();
    sheet.write_number(1, 2, 447_700_900_123.0).unwrap();
    sheet.write_string(2, 1, "Bo@Example.org").unwrap();
    sheet.write_number(2, 2, 7_700_900_555.0).unwrap();
    let formula = rust_xlsxwriter::Formula::new("=\"cy\"&\"@example.org\"");
    sheet.write_formula(3, 1, formula.set_result("cy@example.org")).unwrap();
    sheet.write_string(4, 1, "di@example.org").unwrap();
    let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 3, 1).unwrap();
    let style = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
    sheet.write_datetime_with_format(4, 2, &date, &style).unwrap();
    let (list, out) = (office.path("list.xlsx"), office.path("ok.csv"));
    book.save(&list).unwrap();
    let list = list.to_str().unwrap();
    let seems = office.run(&["screen", list, "--channel", "email", "--purpose", "shop"]);
    assert_eq!(seems.status.code(), Some(2), "nothing is screened before the columns are named");
    assert!(String::from_utf8_lossy(&seems.stdout).contains("E-mail"));
    let args = [
        "screen",
        list,
        "--channel",
        "email",
        "--purpose",
        "shop",
        "--attested",
        "customers",
        "--column",
        "E-mail",
        "--column",
        "Phone=phone",
        "--out",
    ];
    let c = office.json(&[&args[..], &[out.to_str().unwrap()]].concat());
    assert_eq!(
        c["rows"],
        json!({"all": 4, "allowed": 2, "blocked": 1, "doubled": 0, "unreadable": 1})
    );
    let kept = std::fs::read_to_string(&out).unwrap();
    assert!(kept.contains("Bo@Example.org") && kept.contains("di@example.org"), "{kept}");
    let told = std::fs::read_to_string(office.path("ok.unreadable.csv")).unwrap();
    assert!(told.contains("formula"), "{told}");
    let sheet = office.path("ok.xlsx");
    office.json(&[&args[..], &[sheet.to_str().unwrap(), "--replace"]].concat());
    assert!(std::fs::read(&sheet).unwrap().starts_with(b"PK"));
    let whole = std::fs::read(list).unwrap();
    let broken = office.path("broken.xlsx");
    std::fs::write(&broken, &whole[..whole.len() / 2]).unwrap();
    let mut again = args.to_vec();
    again[1] = broken.to_str().unwrap();
    again.extend(["--dry-run"]);
    again.retain(|a| *a != "--out");
    let said = office.run(&again);
    assert_eq!(said.status.code(), Some(5), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(String::from_utf8_lossy(&said.stderr).contains("damaged"));
}

/// Which sheet is meant cannot be told, and the rows of the others would be passed over in silence.
#[test]
fn a_workbook_of_several_lists_is_not_screened_in_part() {
    let office = office(Kept::Sqlite);
    let mut book = rust_xlsxwriter::Workbook::new();
    let screen = |book: &mut rust_xlsxwriter::Workbook| {
        let list = office.path("list.xlsx");
        book.save(&list).unwrap();
        let args = ["--channel", "email", "--purpose", "shop", "--column", "E-mail", "--dry-run"];
        office.run(&[&["screen", list.to_str().unwrap()][..], &args].concat())
    };
    // An empty sheet before it does no harm.
    book.add_worksheet();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "E-mail").unwrap();
    sheet.write_string(1, 0, "ann@example.org").unwrap();
    let one = screen(&mut book);
    assert!(one.status.success(), "{}", String::from_utf8_lossy(&one.stderr));
    book.add_worksheet().write_string(0, 0, "bo@example.org").unwrap();
    let said = screen(&mut book);
    assert_eq!(said.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&said.stderr).contains("2 sheets with rows"));
}

/// A link in an old message may name a purpose that the charter no longer has.
#[test]
fn a_stop_for_a_purpose_that_is_gone_is_not_said_in_vain() {
    let office = office(Kept::Sqlite);
    yes(&office, "ann@example.org");
    let stop = ["permission", "stop", "--email", "ann@example.org", "--channel", "email"];
    office.ok(&[&stop[..], &["--purpose", "gone"]].concat());
    assert_eq!(may(&office, "ann@example.org", "events"), (false, "stopped".into()));
}

/// A yes belongs to the address it was given for; a stop reaches the row under any identifier.
#[test]
fn another_identifier_of_a_row_can_block_it_and_never_allow_it() {
    let office = office(Kept::Sqlite);
    office.ok(&[
        "permission",
        "consent",
        "--email",
        "ann@example.org",
        "--phone",
        "01632 960001",
        "--wording",
        "events-email",
        "--channel",
        "email",
        "--answer",
        "yes",
        "--method",
        "form",
        "--evidence",
        "form 12",
    ]);
    office.ok(&["permission", "stop", "--phone", "01632 960002"]);
    yes(&office, "bo@example.org");
    let list = office.path("l.csv");
    let rows = "E-mail,Phone\nann@example.org,01632 960001\nnew@example.org,01632 960001\n\
                bo@example.org,01632 960002\n";
    std::fs::write(&list, rows).unwrap();
    let c = office.json(&[
        "screen",
        list.to_str().unwrap(),
        "--channel",
        "email",
        "--purpose",
        "events",
        "--column",
        "E-mail",
        "--column",
        "Phone=phone",
        "--dry-run",
    ]);
    assert_eq!(c["rows"], json!({"all": 3, "allowed": 1, "blocked": 2, "unreadable": 0}));
}

/// Killed half-way there is no half file under a final name, and the next run does it all.
#[test]
fn a_screening_that_is_killed_leaves_no_half_list() {
    let office = office(Kept::Sqlite);
    let list = office.path("big.csv");
    let mut text = String::from("E-mail,Note\n");
    for i in 0..400_000 {
        text += &format!("p{i}@example.org,some words that make the row longer\n");
    }
    std::fs::write(&list, &text).unwrap();
    let out = office.path("ok.csv");
    let args = [
        "screen",
        list.to_str().unwrap(),
        "--channel",
        "email",
        "--purpose",
        "shop",
        "--attested",
        "customers",
        "--column",
        "E-mail",
        "--out",
        out.to_str().unwrap(),
        "--replace",
    ];
    for ms in [5_u64, 60, 120, 200, 300, 450] {
        let mut child = office.command(&args).stdout(std::process::Stdio::null()).spawn().unwrap();
        let end = std::time::Instant::now() + std::time::Duration::from_millis(ms);
        while std::time::Instant::now() < end {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        if let Ok(kept) = std::fs::read_to_string(&out) {
            assert_eq!(kept, text, "whole or not there");
        }
    }
    office.ok(&args);
    assert_eq!(std::fs::read_to_string(&out).unwrap(), text);
}
