//! What a stop outlives: old files, new identifiers, later purposes, people who share an address.
//! Through the command line, with the office on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use common::served::Served;
use common::{Kept, Office, both};
use serde_json::{Value, json};

const PERMISSIONS: &str = r#"
[permissions]
honour_mps = false
[[permissions.purpose]]
short = "events"
title = "Events and talks"
aim = "other"
channels = ["email", "sms", "call", "automated-call", "fax", "post"]
interest_assessed_until = "2099-01-01"
[[permissions.purpose]]
short = "shop"
title = "Our shop"
aim = "similar-products"
channels = ["email", "sms"]
[[permissions.purpose]]
short = "boats"
title = "Trips with the lifeboat crew"
aim = "third-party"
partner = "lifeboat"
channels = ["email"]
[[permissions.partner]]
short = "lifeboat"
title = "The lifeboat crew"
email = "data@lifeboat.example"
"#;

const WORDING: &str = r#"
short = "events-email"
use_kind = "contact"
use_what = "events"
channels = ["email", "sms", "call", "post"]
text = "May we write to you by e-mail about our events?"
if_refused = "You can still come."
notice = "2026-03"
"#;

/// Words about giving somebody's data to the crew: they ask about no channel.
fn sharing() -> String {
    let channels = WORDING.lines().find(|l| l.starts_with("channels")).unwrap();
    WORDING
        .replace(channels, "")
        .replace("events-email", "crew")
        .replace("\"contact\"", "\"share\"")
        .replace("\"events\"", "\"lifeboat\"")
}

fn office(kept: Kept) -> Office {
    let office = Office::new(kept, 0);
    office.set_permissions(PERMISSIONS);
    office.set(&["permission", "wording", "set"], "wording.toml", WORDING);
    office
}

/// A yes told at the desk, for these identifiers.
fn yes(office: &Office, who: &[&str], channel: &str, on: Option<&str>) {
    let rest = ["--wording", "events-email", "--channel", channel, "--answer", "yes", "--method"];
    let mut args =
        [&["permission", "consent"], who, &rest, &["form", "--evidence", "form 12"]].concat();
    args.extend(on.map(|d| ["--on", d]).into_iter().flatten());
    office.ok(&args);
}

fn rule(office: &Office, address: &str, channel: &str, purpose: &str) -> String {
    let ask = ["may-contact", address, "--channel", channel, "--purpose", purpose];
    let out = office.run(&[&ask[..], &["--attested", "customers", "--json"]].concat());
    let d: Value = serde_json::from_slice(&out.stdout).unwrap();
    d["rule"].as_str().unwrap().to_owned()
}

fn import(office: &Office, name: &str, rows: &str, channel: &str) -> Value {
    let path = office.write(name, rows);
    let out = office.run(&[
        "permission",
        "import-consents",
        &path,
        "--wording",
        "events-email",
        "--channel",
        channel,
        "--json",
    ]);
    serde_json::from_slice(&out.stdout).unwrap()
}

const PHONE: &str = "01632 960001";
const HOME: &str = "1 Quay Street, Exwick EX4 2AA";

/// An old file of consents and the old list come back after an erasure: blocked, by every channel,
/// also what the file knows of them and the office did not.
#[test]
fn an_old_file_does_not_bring_back_who_was_erased() {
    for kept in both() {
        let office = office(kept);
        yes(&office, &["--email", "ann@example.org", "--address", HOME], "email", None);
        office.ok(&["permission", "erase", "--email", "ann@example.org"]);
        let today = jiff::Zoned::now().date();
        let rows = format!(
            "email,phone,address,answer,on,method,evidence\n\
             ann@example.org,{PHONE},\"{HOME}\",yes,2025-03-01,form,row 1\n\
             Ann@Example.org,{PHONE},\"{HOME}\",yes,{today},form,row 2\n"
        );
        for channel in ["email", "sms", "call", "post"] {
            let done = import(&office, "old.csv", &rows, channel);
            assert_eq!((&done["taken"], &done["bad_rows"]), (&json!(0), &json!(2)), "{done}");
            assert!(!done.to_string().contains("ann@"), "{done}");
        }
        for (address, channel) in [
            ("ann@example.org", "email"),
            (PHONE, "sms"),
            (PHONE, "call"),
            (PHONE, "automated-call"),
            (PHONE, "fax"),
            (HOME, "post"),
        ] {
            assert_eq!(rule(&office, address, channel, "events"), "stopped", "{channel}");
        }
        let list = office.write("list.csv", "E-mail\nANN@example.org\ncy@example.org\n");
        let screened = office.json(&[
            "screen",
            &list,
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
        assert_eq!(screened["rows"]["blocked"], 1, "{screened}");
        let shown = office.json(&["permission", "show", "--email", "ann@example.org"]);
        assert_eq!(shown["persons"], json!([]), "nobody was kept again");
        // She herself may come back: staff heard her, and say what proves it.
        yes(&office, &["--email", "ann@example.org"], "email", None);
        assert_eq!(rule(&office, "ann@example.org", "email", "events"), "consent");
        assert_eq!(rule(&office, "ann@example.org", "email", "shop"), "stopped");
        office.verify_ledger();
    }
}

/// A program that replays what it knows is a file like any other.
#[test]
fn an_older_yes_ends_no_stop_and_no_refusal() {
    for kept in both() {
        let office = office(kept);
        let token = office.ok(&["mailer", "add", "Letters"]).trim().to_owned();
        let served = Served::start(&office);
        let today = jiff::Zoned::now().date();
        let tell = |email: &str, on: &str| {
            let mut new = json!({"email": email, "wording": "events-email", "version": 1,
                                 "channel": "email", "answer": true, "method": "form",
                                 "evidence": "f1"});
            if !on.is_empty() {
                new["on"] = json!(on);
            }
            served.api(&token, "consents", &new).0
        };
        let long = json!({"email": "ann@example.org", "wording": "events-email", "version": 1,
                          "channel": "email", "answer": true, "method": "form",
                          "evidence": "x".repeat(2_001)});
        let (status, told) = served.api(&token, "consents", &long);
        assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/evidence")), "{told}");
        yes(&office, &["--email", "ann@example.org"], "email", Some("2025-01-01"));
        let objected = ["permission", "stop", "--email", "ann@example.org", "--on", "2026-01-10"];
        office.ok(&objected);
        // Said again later: no yes between the two may lift both.
        office.ok(&["permission", "stop", "--email", "ann@example.org", "--on", "2026-02-10"]);
        for (on, expected) in
            [("2025-06-01", "stopped"), ("2026-01-20", "stopped"), ("2026-02-10", "stopped")]
        {
            assert_eq!(tell("ann@example.org", on), 201);
            assert_eq!(rule(&office, "ann@example.org", "email", "events"), expected, "{on}");
        }
        assert_eq!(tell("ann@example.org", "2026-02-11"), 201);
        assert_eq!(rule(&office, "ann@example.org", "email", "events"), "consent");
        // Of today: a program's yes of the same day may be the older one, staff heard the later.
        office.ok(&["permission", "stop", "--email", "bo@example.org"]);
        assert_eq!(tell("bo@example.org", ""), 201);
        assert_eq!(rule(&office, "bo@example.org", "email", "events"), "stopped");
        yes(&office, &["--email", "bo@example.org"], "email", None);
        assert_eq!(rule(&office, "bo@example.org", "email", "events"), "consent");
        // The latest word is the one said last, not the one recorded last.
        let rows = format!(
            "email,answer,on,method,evidence\ncy@example.org,no,{today},form,1\n\
             cy@example.org,yes,2025-01-01,form,2\ncy@example.org,yes,{today},form,3\n"
        );
        assert_eq!(import(&office, "c.csv", &rows, "email")["taken"], 3);
        assert_eq!(rule(&office, "cy@example.org", "email", "events"), "refused");
        office.verify_ledger();
    }
}

/// What is learned of somebody later is stopped as far as they are.
#[test]
fn a_new_identifier_of_somebody_who_stopped_is_stopped() {
    for kept in both() {
        let office = office(kept);
        office.ok(&["permission", "stop", "--email", "ann@example.org"]);
        let ids = ["--email", "ann@example.org", "--phone", PHONE];
        let person = [&["permission", "person"], &ids[..]].concat();
        office.ok(&person);
        assert_eq!(rule(&office, PHONE, "sms", "shop"), "stopped", "by who they are");
        let more = ["--email", "ann@example.org", "--phone", "01632 960002"];
        let ground = ["--ground", "sale", "--on", "2026-05-01", "--refusal-offered"];
        office.ok(&[&["permission", "ground"], &more[..], &ground[..]].concat());
        assert_eq!(rule(&office, "01632960002", "sms", "shop"), "stopped", "by a sale");
        let post = ["--email", "ann@example.org", "--address", HOME];
        yes(&office, &post, "email", Some("2025-01-01"));
        assert_eq!(rule(&office, HOME, "post", "events"), "stopped", "by an old answer");
        // A stop on one channel reaches the new addresses of that channel only.
        office.ok(&["permission", "person", "--email", "bo@example.org", "--phone", "01632960003"]);
        office.ok(&["permission", "stop", "--email", "bo@example.org", "--channel", "email"]);
        let more = ["--email", "bo@example.org", "--phone", "01632 960004"];
        office.ok(&[&["permission", "person"], &more[..]].concat());
        assert_eq!(rule(&office, "01632960004", "sms", "shop"), "soft-opt-in");
    }
}

/// A file of stops reaches as far as one that is told: the person's other identifiers, their
/// consents, programs, the company they are held for, partners who have the data.
#[test]
fn a_file_of_stops_reaches_as_far_as_one() {
    for kept in both() {
        let office = office(kept);
        let company = ["permission", "company", "boats-ltd", "--title", "Boats Ltd", "--email"];
        office.ok(&[&company[..], &["office@boats.example"]].concat());
        yes(
            &office,
            &["--email", "fay@boats.example", "--phone", PHONE, "--company", "boats-ltd"],
            "email",
            None,
        );
        let share = sharing();
        office.set(&["permission", "wording", "set"], "share.toml", &share);
        let who = ["permission", "consent", "--email", "fay@boats.example", "--wording", "crew"];
        office
            .ok(&[&who[..], &["--answer", "yes", "--method", "form", "--evidence", "9"]].concat());
        let hook = office.json(&["hook", "add", "https://hooks.example/in"]);
        let hook = hook["id"].as_str().unwrap();
        let file = office.write("stops.txt", "fay@boats.example\n");
        office.ok(&["permission", "import-stops", &file, "--dry-run"]);
        assert_eq!(rule(&office, "fay@boats.example", "email", "events"), "consent");
        let run = office.json(&["permission", "import-stops", &file]);
        assert_eq!((&run["taken"], &run["bad_rows"]), (&json!(1), &json!(0)));
        assert_eq!(rule(&office, PHONE, "sms", "shop"), "stopped");
        let shown = office.json(&["permission", "show", "--email", "fay@boats.example"]);
        for c in shown["consents"].as_array().unwrap() {
            assert_eq!(c["state"], "withdrawn", "{shown}");
        }
        let calls = office.json(&["hook", "calls", hook]);
        let count =
            |event: &str| calls.as_array().unwrap().iter().filter(|c| c["event"] == event).count();
        assert_eq!((count("suppression.added"), count("consent.withdrawn")), (2, 2), "{calls}");
        let served = Served::start(&office);
        let letters = served.letters(2);
        assert!(letters.iter().any(|l| l.contains("office@boats.example")));
        assert!(letters.iter().any(|l| l.contains("data@lifeboat.example")));
        // The same file on another day tells nobody anything new.
        office.json(&["permission", "import-stops", &file]);
        assert_eq!(office.json(&["hook", "calls", hook]).as_array().unwrap().len(), 4);
        office.verify_ledger();
    }
}

/// After "stop all" and one later yes, a purpose that the charter gets later is not open.
#[test]
fn a_later_purpose_does_not_slip_through_a_stop() {
    for kept in both() {
        let office = office(kept);
        office.ok(&["permission", "stop", "--email", "ann@example.org"]);
        let hook = office.json(&["hook", "add", "https://hooks.example/in"]);
        yes(&office, &["--email", "ann@example.org"], "email", None);
        let calls = office.json(&["hook", "calls", hook["id"].as_str().unwrap()]);
        assert_eq!(calls[0]["event"], "suppression.added", "a narrowed stop is announced");
        let later = "[[permissions.purpose]]\nshort = \"raffle\"\ntitle = \"The raffle\"\n\
                     aim = \"similar-products\"\nchannels = [\"email\", \"sms\"]\n";
        office.set_permissions(&(PERMISSIONS.to_owned() + later));
        assert_eq!(rule(&office, "ann@example.org", "email", "events"), "consent");
        assert_eq!(rule(&office, "ann@example.org", "email", "raffle"), "stopped");
        let shown = office.ok(&["permission", "show", "--email", "ann@example.org"]);
        assert!(shown.contains("but not Events and talks by e-mail"), "{shown}");
        // Withdrawn again, nothing is left of the exception.
        let list = office.json(&["permission", "show", "--email", "ann@example.org"]);
        office.ok(&["permission", "withdraw", list["consents"][0]["id"].as_str().unwrap()]);
        assert_eq!(rule(&office, "ann@example.org", "email", "events"), "stopped");
        office.verify_ledger();
    }
}

/// Two people, one telephone: a no of one holds, whoever was recorded last, and so does the ground
/// with which less is allowed.
#[test]
fn of_people_who_share_an_address_the_more_careful_word_holds() {
    for kept in both() {
        let office = office(kept);
        let say = |who: &str, phone: &str, answer: &str| {
            let who = ["permission", "consent", "--email", who, "--phone", phone, "--wording"];
            let rest = ["events-email", "--channel", "sms", "--answer", answer, "--method"];
            office.ok(&[&who[..], &rest[..], &["form", "--evidence", "1"]].concat());
        };
        for (phone, answers) in [(PHONE, ["no", "yes"]), ("01632960002", ["yes", "no"])] {
            say(&format!("a{}@example.org", answers[0]), phone, answers[0]);
            say(&format!("b{}@example.org", answers[0]), phone, answers[1]);
            assert_eq!(rule(&office, phone, "sms", "events"), "refused", "{answers:?}");
        }
        let sale = |who: &str, phone: &str, offered: bool| {
            let who = ["permission", "ground", "--email", who, "--phone", phone, "--ground"];
            let mut args = [&who[..], &["sale", "--on", "2026-05-01"]].concat();
            args.extend(offered.then_some("--refusal-offered"));
            office.ok(&args);
        };
        for (phone, offered) in [("01632960003", [true, false]), ("01632960004", [false, true])] {
            sale(&format!("c{}@example.org", offered[0]), phone, offered[0]);
            sale(&format!("d{}@example.org", offered[0]), phone, offered[1]);
            assert_eq!(rule(&office, phone, "sms", "shop"), "no-ground", "{offered:?}");
        }
        // A company's line only if it is that of each of them; read at a start and as it changes.
        let firm = |who: &str, subscriber: &[&str]| {
            let who = ["permission", "person", "--email", who, "--phone", "01632960008"];
            office.ok(&[&who[..], subscriber].concat());
        };
        let token = office.ok(&["mailer", "add", "Letters"]).trim().to_owned();
        let served = Served::start(&office);
        let both_ways = || {
            let ask = json!({"address": "01632960008", "channel": "sms", "purpose": "events"});
            let live = served.api(&token, "contact-decisions", &ask).1["rule"].clone();
            let cold = ["may-contact", "01632960008", "--channel", "sms", "--purpose", "events"];
            let cold = office.run(&[&cold[..], &["--json"]].concat());
            let cold: Value = serde_json::from_slice(&cold.stdout).unwrap();
            assert_eq!(live, cold["rule"]);
            live
        };
        firm("g@firm.example", &["--subscriber", "corporate"]);
        assert_eq!(both_ways(), "corporate");
        firm("h@firm.example", &[]);
        assert_eq!(both_ways(), "no-ground");
        firm("h@firm.example", &["--subscriber", "corporate"]);
        assert_eq!(both_ways(), "corporate");
        // A stop of one is not lifted by the other's yes.
        say("e@example.org", "01632960007", "yes");
        say("f@example.org", "01632960007", "yes");
        office.ok(&["permission", "stop", "--email", "e@example.org"]);
        assert_eq!(rule(&office, "01632960007", "sms", "events"), "stopped");
        say("f@example.org", "01632960007", "yes");
        assert_eq!(rule(&office, "01632960007", "sms", "events"), "stopped");
    }
}

/// A consent to be given to the lifeboat crew.
fn shared(office: &Office, email: &str) {
    let share = sharing();
    office.set(&["permission", "wording", "set"], "share.toml", &share);
    let who = ["permission", "consent", "--email", email, "--wording", "crew", "--answer", "yes"];
    office.ok(&[&who[..], &["--method", "form", "--evidence", "9"]].concat());
}

/// Who has the data is told of a stop on their own promotion, of one on a single channel and of an
/// erasure; who does not have it learns nothing.
#[test]
fn partners_and_companies_are_told_of_what_concerns_them() {
    let office = office(Kept::Sqlite);
    let company = ["permission", "company", "boats-ltd", "--title", "Boats Ltd", "--email"];
    office.ok(&[&company[..], &["office@boats.example"]].concat());
    let person = ["permission", "person", "--email"];
    for who in ["fay@boats.example", "gus@boats.example"] {
        office.ok(&[&person[..], &[who, "--company", "boats-ltd"]].concat());
    }
    shared(&office, "fay@boats.example");
    let stop = |who: &str, more: &[&str]| {
        office.ok(&[&["permission", "stop", "--email", who], more].concat());
    };
    stop("fay@boats.example", &["--purpose", "boats"]);
    stop("gus@boats.example", &["--purpose", "boats"]);
    stop("fay@boats.example", &["--channel", "email"]);
    office.ok(&["permission", "erase", "--email", "fay@boats.example"]);
    let served = Served::start(&office);
    // Four to the company, three to the partner, one to him; what waited when she was erased too.
    let letters = served.letters(8);
    let to = |address: &str, words: &str| {
        let to = format!("To: {address}");
        let theirs = letters.iter().filter(|l| l.contains(&to));
        theirs.filter(|l| l.replace("=\r\n", "").contains(words)).count()
    };
    let (boats, crew) = ("office@boats.example", "data@lifeboat.example");
    assert_eq!(to(crew, "Trips with the lifeboat crew, by every channel"), 1, "{letters:#?}");
    assert_eq!(to(crew, "all marketing, by e-mail"), 1, "{letters:#?}");
    assert_eq!(to(boats, "Trips with the lifeboat crew, by every channel"), 2);
    assert_eq!(to(crew, "We have erased them here"), 1, "{letters:#?}");
    assert_eq!(to(boats, "We have erased them here"), 1);
    assert_eq!(to(crew, "gus@"), 0, "the crew does not have him");
    office.verify_ledger();
}

/// UK GDPR Art 7(3): what was asked beside contact is seen and taken back where the rest is; a cap
/// is no choice.
#[test]
fn the_preference_centre_shows_every_yes_and_ticks_none_by_itself() {
    let office = office(Kept::Sqlite);
    let cap = "[[permissions.cap]]\nchannel = \"email\"\nmessages = 1\ndays = 30\n";
    office.set_permissions(&(PERMISSIONS.to_owned() + cap));
    let ground = ["permission", "ground", "--email", "ann@example.org", "--ground", "sale", "--on"];
    office.ok(&[&ground[..], &["2026-05-01", "--refusal-offered"]].concat());
    shared(&office, "ann@example.org");
    let token = office.ok(&["mailer", "add", "Letters"]).trim().to_owned();
    let served = Served::start(&office);
    let event = json!({"type": "delivered", "address": "ann@example.org", "campaign": "may"});
    assert_eq!(served.api(&token, "events", &json!({ "events": [event] })).0, 200);
    assert_eq!(rule(&office, "ann@example.org", "email", "shop"), "over-cap");
    let form = "application/x-www-form-urlencoded";
    let link = served.preference_link("ann%40example.org");
    let page = |link: &str| served.get(link).1;
    let shown = page(&link);
    let shop = |page: &str| {
        let from = page.find("Our shop, by e-mail").unwrap();
        page[from..].split("</fieldset>").next().unwrap().to_owned()
    };
    assert!(!shop(&shown).contains("checked"), "{}", shop(&shown));
    assert!(shop(&shown).contains("You have not chosen"));
    assert!(shown.contains("This also ends: Sharing with The lifeboat crew."), "{shown}");
    let (status, _) = served.post(&link, form, "other:share:lifeboat=no&save=yes");
    assert_eq!(status, 303);
    let shown = page(&link);
    assert!(shown.contains("You have not said yes, or have taken it back."), "{shown}");
    assert!(!shown.contains("This also ends"), "{shown}");
    let letters = served.letters(2).concat();
    assert!(letters.contains("data@lifeboat.example"), "the crew is told");
    // As easily given again.
    assert_eq!(served.post(&link, form, "other:share:lifeboat=yes&save=yes").0, 303);
    assert!(page(&link).contains("This also ends"));
    office.verify_ledger();
}

/// A form sent again, or a yes that stands: the page says that nothing changed, and nothing is on
/// record twice.
#[test]
fn a_choice_that_changes_nothing_leaves_no_entry() {
    let office = office(Kept::Sqlite);
    yes(&office, &["--email", "ann@example.org", "--address", HOME], "post", None);
    // Somebody else in the house says no: that holds against Ann's yes, and ends it not.
    yes(&office, &["--email", "bo@example.org", "--address", HOME], "email", None);
    let no = ["permission", "consent", "--email", "bo@example.org", "--wording", "events-email"];
    let rest = ["--channel", "post", "--answer", "no", "--method", "phone", "--evidence", "call"];
    office.ok(&[&no[..], &rest].concat());
    let served = Served::start(&office);
    let form = "application/x-www-form-urlencoded";
    let link = served.preference_link("ann%40example.org");
    let size = || {
        let checkpoint = office.ok(&["ledger", "checkpoint"]);
        checkpoint.lines().nth(1).unwrap().to_owned()
    };
    let send = |body: &str| {
        let to = [("Content-Type", form)];
        let before = size();
        let (status, head, _) = served.exchange("POST", &link, &to, body);
        assert_eq!(status, 303);
        let to = head.lines().find_map(|l| l.strip_prefix("location: ")).unwrap().to_owned();
        (to.rsplit('/').next().unwrap().to_owned(), size() != before)
    };
    let (same, saved) = (("unchanged".to_owned(), false), ("saved".to_owned(), true));
    assert_eq!(send("events.post=yes"), same, "her yes stands");
    assert_eq!(send("events.email=yes&shop.email=no"), saved);
    assert_eq!(send("events.email=yes&shop.email=no"), same);
    assert_eq!(send("events.post=yes&shop.email=yes"), saved, "one of the two");
    assert_eq!(send("stop-all=yes"), saved);
    assert_eq!(send("stop-all=yes"), same);
    assert_eq!(send("events.post=yes"), saved, "a yes after a stop is new");
    assert_eq!(send("events.post=yes"), same);
    assert_eq!(send("stop-all=yes"), saved, "as is a stop after a yes");
    let page = served.get(&format!("{link}/unchanged")).1;
    assert!(page.contains("Nothing has changed"), "{page}");
    office.verify_ledger();
}

/// What a file's first line is taken for is said, and one that can't be read is counted.
#[test]
fn a_first_line_is_neither_lost_nor_guessed_in_silence() {
    let office = office(Kept::Sqlite);
    let run = |rows: &str, more: &[&str]| {
        let path = office.write("stops.txt", rows);
        let out = office.run(&[&["permission", "import-stops", &path, "--json"], more].concat());
        serde_json::from_slice::<Value>(&out.stdout).unwrap()
    };
    let told = run("ann@example\nbo@example.org\n", &[]);
    assert_eq!((&told["taken"], &told["bad"][0][0]), (&json!(1), &json!(1)), "{told}");
    let told = run("E-mail\ncy@example.org\n", &[]);
    assert_eq!(
        (&told["taken"], &told["heading"], &told["bad_rows"]),
        (&json!(1), &json!(true), &json!(0))
    );
    // Another delimiter, another column; looking first changes nothing.
    let rows = "Name;E-mail\nDi;di@example.org\n";
    let dry = run(rows, &["--column", "E-mail", "--dry-run"]);
    assert_eq!((&dry["taken"], &dry["dry_run"]), (&json!(1), &json!(true)), "{dry}");
    assert_eq!(rule(&office, "di@example.org", "email", "shop"), "soft-opt-in");
    assert_eq!(run(rows, &["--column", "E-mail"])["taken"], 1);
    assert_eq!(rule(&office, "di@example.org", "email", "shop"), "stopped");
    let looked = "email,answer,on,method,evidence\nel@example.org,yes,2026-10-01,form,1\n\
                  fi@example.org,yes,2999-01-01,form,2\n";
    let path = office.write("yes.csv", looked);
    let args = ["permission", "import-consents", &path, "--wording", "events-email", "--channel"];
    let out = office.run(&[&args[..], &["email", "--dry-run", "--json"]].concat());
    let told: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!((&told["taken"], &told["bad"][0][0]), (&json!(1), &json!(3)), "{told}");
    assert_eq!(rule(&office, "el@example.org", "email", "events"), "no-ground");
}

/// A hundred bad rows are named; a file takes all of them, by line and what is wrong.
#[test]
fn every_bad_row_is_written_to_a_file() {
    let office = office(Kept::Sqlite);
    let rows = "zzcanary@@example\nann@example.org\n".repeat(120);
    let (path, to) = (office.write("stops.txt", &rows), office.write("bad.csv", "old"));
    let args = ["permission", "import-stops", &path];
    let out = office.run(&args);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert_eq!(out.status.code(), Some(1));
    assert!(said.contains("and 20 more: --bad-rows FILE writes all of them"), "{said}");
    let lines = || {
        let text = std::fs::read_to_string(&to).unwrap();
        assert!(text.starts_with("line,what is wrong\r\n") && !text.contains("zzcanary"), "{text}");
        text.lines().skip(1).map(|l| l.split(',').next().unwrap().parse().unwrap()).collect()
    };
    office.run(&[&args[..], &["--dry-run", "--bad-rows", &to]].concat());
    let all: Vec<u64> = lines();
    assert_eq!(all, (0..120).map(|n| n * 2 + 1).collect::<Vec<u64>>());
    let nowhere = office.path("none/bad.csv");
    let out = office.run(&[&args[..], &["--bad-rows", nowhere.to_str().unwrap()]].concat());
    assert_eq!(out.status.code(), Some(2));
    // The same for a preference register.
    let list = office.write("tps.csv", &"nobody\n01632 960 001\n".repeat(120));
    let args = ["permission", "register", "tps", &list, "--as-of", "2026-11-20", "--bad-rows", &to];
    let said = String::from_utf8(office.run(&args).stderr).unwrap();
    assert!(said.contains("199 and 20 more"), "{said}");
    let again: Vec<u64> = lines();
    assert_eq!(again, all);
}

/// PECR reg 22(3), (3A): a partner's promotion is not the sender's own.
#[test]
fn a_partner_s_promotion_rests_on_no_exception() {
    let office = office(Kept::Sqlite);
    let kept = office.plain_charter();
    for aim in ["similar-products", "charitable-purpose"] {
        let wrong = PERMISSIONS.replace("aim = \"third-party\"", &format!("aim = \"{aim}\""));
        let path = office.write("wrong.toml", &(kept.clone() + &wrong));
        let out = office.run(&["charter", "set", &path]);
        let told = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{told}");
        assert!(told.contains("PECR reg 22(3)"), "{told}");
    }
}

/// Every change a program makes may be repeated with its key: answered as the first time, done
/// once; and it can tell of people, and find what it needs to withdraw.
#[test]
fn a_program_repeats_itself_safely_and_finds_what_it_needs() {
    for kept in both() {
        let office = office(kept);
        let company = ["permission", "company", "boats-ltd", "--title", "Boats Ltd", "--email"];
        office.ok(&[&company[..], &["office@boats.example"]].concat());
        yes(&office, &["--email", "ann@example.org"], "email", None);
        let token = office.ok(&["mailer", "add", "Letters"]).trim().to_owned();
        let served = Served::start(&office);
        let key = [("Idempotency-Key", "k-1")];
        let stop = json!({"address": "bo@example.org"});
        let first = served.api_with(&token, "suppressions", &stop, &key);
        assert_eq!((first.0, &first.1["added"]), (200, &json!(1)));
        assert_eq!(served.api_with(&token, "suppressions", &stop, &key), first);
        assert_eq!(served.api(&token, "suppressions", &stop).1["added"], 0, "without a key");
        let other = json!({"address": "cy@example.org"});
        let (status, told) = served.api_with(&token, "suppressions", &other, &key);
        assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/idempotency-key")));
        assert_eq!(rule(&office, "cy@example.org", "email", "shop"), "soft-opt-in");
        // The same key elsewhere is another request; one without a token learns nothing.
        let (_, found) =
            served.api_with(&token, "consents/find", &json!({"email": "ann@example.org"}), &key);
        let id = found["consents"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(found["consents"][0]["state"], "given");
        assert_eq!(served.api_with("cnd_wrong", "suppressions", &stop, &key).0, 401);
        let path = format!("consents/{id}/withdraw");
        let first = served.api_with(&token, &path, &json!({}), &key);
        assert_eq!(first.0, 200, "{}", first.1);
        let goes_on = first.1["remains"][0].as_str().unwrap();
        assert!(goes_on.starts_with("We may still write to you (e-mail)"), "{goes_on}");
        assert_eq!(served.api_with(&token, &path, &json!({}), &key), first, "not: nothing stands");
        let sale = json!({"who": {"email": "di@example.org", "phone": PHONE}, "ground": "sale",
                          "on": "2026-05-01", "refusal_offered": true});
        let first = served.api_with(&token, "grounds", &sale, &key);
        assert_eq!(first.0, 201, "{}", first.1);
        assert_eq!(served.api_with(&token, "grounds", &sale, &key), first);
        let held = json!({"email": "di@example.org", "company": "boats-ltd", "member": true});
        assert_eq!(served.api(&token, "people", &held).0, 201);
        let unknown = json!({"email": "di@example.org", "company": "nobody"});
        assert_eq!(served.api(&token, "people", &unknown).0, 422);
        // Whoever was erased is not brought back by a program, by no route.
        office.ok(&["permission", "erase", "--email", "di@example.org"]);
        for (what, body) in [("people", &held), ("grounds", &sale)] {
            let (status, told) = served.api(&token, what, body);
            assert_eq!(status, 409, "{told}");
            assert!(!told.to_string().contains("di@"), "{told}");
        }
        office.verify_ledger();
    }
}

/// Three thousand stops told by several programs to two processes while both decide all the time:
/// each decision asked after the answer sees its stop, in the other process too.
#[test]
fn under_load_every_later_decision_sees_the_stop() {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    const TELLERS: usize = 4;
    const ROUNDS: usize = 15;
    const EACH: usize = 50;
    for kept in both() {
        let office = office(kept);
        let token = office.ok(&["mailer", "add", "Letters"]).trim().to_owned();
        let served = [Served::start(&office), Served::start(&office)];
        let (over, asked) = (AtomicBool::new(false), AtomicUsize::new(0));
        let questions = |all: &[String]| {
            let one = |a: &String| {
                json!({"address": a, "channel": "email", "purpose": "shop",
                       "attested": "customers"})
            };
            json!({ "questions": all.iter().map(one).collect::<Vec<_>>() })
        };
        let rules = |at: &Served, all: &[String]| -> Vec<String> {
            let (status, d) = at.api(&token, "contact-decisions", &questions(all));
            assert_eq!(status, 200, "{d}");
            let each = d["decisions"].as_array().unwrap().iter();
            each.map(|d| d["rule"].as_str().unwrap().to_owned()).collect()
        };
        std::thread::scope(|s| {
            for at in &served {
                let (rules, over, asked) = (&rules, &over, &asked);
                s.spawn(move || {
                    let fresh: Vec<String> =
                        (0..EACH).map(|i| format!("fresh{i}@example.org")).collect();
                    while !over.load(Ordering::Relaxed) {
                        let got = rules(at, &fresh);
                        assert!(got.iter().all(|r| r == "soft-opt-in"), "{got:?}");
                        asked.fetch_add(EACH, Ordering::Relaxed);
                    }
                });
            }
            let tellers: Vec<_> = (0..TELLERS)
                .map(|w| {
                    let (served, token, rules) = (&served, &token, &rules);
                    s.spawn(move || {
                        for round in 0..ROUNDS {
                            let who: Vec<String> = (0..EACH)
                                .map(|i| format!("w{w}r{round}i{i}@example.org"))
                                .collect();
                            let event = |a: &String| json!({"type": "unsubscribe", "address": a});
                            let events: Vec<_> = who.iter().map(event).collect();
                            let to = &served[(w + round) % 2];
                            let (status, told) =
                                to.api(token, "events", &json!({ "events": events }));
                            assert_eq!((status, &told["taken"]), (200, &json!(EACH)), "{told}");
                            for at in served {
                                let got = rules(at, &who);
                                assert!(got.iter().all(|r| r == "stopped"), "{kept:?} {got:?}");
                            }
                        }
                    })
                })
                .collect();
            tellers.into_iter().for_each(|t| t.join().unwrap());
            over.store(true, Ordering::Relaxed);
        });
        assert!(asked.load(Ordering::Relaxed) > 0, "both decided meanwhile");
    }
}
