//! Who stops post at an address stops it at the premises, however much of street and town a list
//! writes. Through the front doors, with the office on both databases.

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
channels = ["email", "post"]
interest_assessed_until = "2099-01-01"
"#;

const WORDING: &str = r#"
short = "events-post"
use_kind = "contact"
use_what = "events"
channels = ["email", "post"]
text = "May we write to you about our events?"
if_refused = "You can still come."
notice = "2026-03"
"#;

const HOME: &str = "1 Quay Street, Exwick, EX4 2AA";
/// The same door, as lists write it that leave the town out, or the street's name.
const SHORT: &str = "1 Quay St, EX4 2AA";
const SHORTER: &str = "1, ex42aa";
const NEXT_DOOR: &str = "3 Quay St, EX4 2AA";

fn office(kept: Kept) -> Office {
    let office = Office::new(kept, 0);
    office.set_permissions(PERMISSIONS);
    office.set(&["permission", "wording", "set"], "wording.toml", WORDING);
    office
}

fn stop(office: &Office, who: &[&str]) {
    office.ok(&[&["permission", "stop"], who].concat());
}

fn yes(office: &Office, who: &[&str], on: Option<&str>) {
    let rest = ["--wording", "events-post", "--channel", "post", "--answer", "yes"];
    let how = ["--method", "form", "--evidence", "form 12"];
    let on: Vec<&str> = on.map(|d| ["--on", d]).into_iter().flatten().collect();
    office.ok(&[&["permission", "consent"], who, &rest, &how, &on].concat());
}

fn rule(office: &Office, address: &str) -> String {
    let ask = ["may-contact", address, "--channel", "post", "--purpose", "events", "--json"];
    let d: Value = serde_json::from_slice(&office.run(&ask).stdout).unwrap();
    d["rule"].as_str().unwrap().to_owned()
}

/// Screens a list by its column of addresses, and answers how many rows are allowed and blocked.
fn screened(office: &Office, list: &str) -> (u64, u64) {
    let out = office.path("out.csv");
    let told = office.json(&[
        "screen",
        list,
        "--channel",
        "post",
        "--purpose",
        "events",
        "--column",
        "address",
        "--out",
        out.to_str().unwrap(),
        "--force",
        "--replace",
    ]);
    assert_eq!(told["columns"].as_array().map_or(1, Vec::len), 1, "{told}");
    let rows = &told["rows"];
    assert_eq!(rows["unreadable"], json!(0), "{told}");
    (rows["allowed"].as_u64().unwrap(), rows["blocked"].as_u64().unwrap())
}

fn list(office: &Office, addresses: &[&str]) -> String {
    let rows: String = addresses.iter().map(|a| format!("\"{a}\"\n")).collect();
    office.write("list.csv", &format!("address\n{rows}"))
}

fn workbook(office: &Office, addresses: &[&str]) -> String {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, text) in ["address"].iter().chain(addresses).enumerate() {
        sheet.write_string(u32::try_from(row).unwrap(), 0, *text).unwrap();
    }
    let path = office.path("list.xlsx");
    book.save(&path).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_program_s_stop_holds_for_the_same_door_written_shorter() {
    for kept in both() {
        let office = office(kept);
        let token = office.ok(&["mailer", "add", "machine"]).trim().to_owned();
        let served = Served::start(&office);
        let stop = json!({ "address": HOME, "channel": "post" });
        let (_, told) = served.api(&token, "suppressions", &stop);
        assert_eq!(told["added"], json!(2), "the line and the premises: {told}");
        let ask = |by: &str, value: &Value| {
            let q = json!({ "channel": "post", "purpose": "events", by: value });
            served.api(&token, "contact-decisions", &q).1
        };
        for same in [HOME, SHORT, SHORTER, "1 Quay Street, Exwick, Devon, EX4 2AA"] {
            let d = ask("address", &json!(same));
            assert_eq!(d["rule"], json!("stopped"), "{same}: {d}");
            // Asked again by its hash alone, it is stopped all the same.
            let again = ask("hash", &d["hash"]);
            assert_eq!(again["rule"], json!("stopped"), "{same}: {again}");
        }
        // By the page that everybody can open, for another door.
        let form = "application/x-www-form-urlencoded";
        let (status, _) = served.post("/o/test/stop", form, "post=7+Quay+Street%2C+Exwick+EX4+2AA");
        assert_eq!(status, 200);
        assert_eq!(ask("address", &json!("7 Quay St, EX4 2AA"))["rule"], json!("stopped"));
        for other in [NEXT_DOOR, "1 Quay St, EX4 2AB", "Flat 2, 1 Quay St, EX4 2AA"] {
            let d = ask("address", &json!(other));
            assert_eq!(d["rule"], json!("interest"), "{other}: {d}");
        }
    }
}

/// A stop on premises outranks the yes of an address there, and blocks letters alone.
#[test]
fn a_stop_outranks_a_yes_given_at_the_same_door() {
    for kept in both() {
        let office = office(kept);
        let ann = ["--email", "ann@example.org", "--address", "1 Quay St, Exwick, Devon EX4 2AA"];
        yes(&office, &ann, Some("2026-01-10"));
        assert_eq!(rule(&office, ann[3]), "consent");
        let before = office.json(&["permission", "show", "--email", "ann@example.org"]);
        stop(&office, &["--address", HOME]);
        assert_eq!(rule(&office, ann[3]), "stopped");
        // Ann is not whoever stopped: nothing of theirs reaches her other identifiers or consents.
        let after = office.json(&["permission", "show", "--email", "ann@example.org"]);
        assert_eq!(before, after);
        // The page of her address says what the decision says.
        let shown = office.json(&["permission", "show", "--address", ann[3]]);
        let may = shown["may"].as_array().unwrap();
        assert!(may.iter().all(|m| m["rule"] == json!("stopped")), "{shown}");
        // Nor does one who joins at the same door take over the stop, or the consents.
        yes(&office, &["--email", "bob@example.org", "--address", SHORTER], Some("2026-01-10"));
        let bob = office.json(&["permission", "show", "--email", "bob@example.org"]);
        assert_eq!(bob["stops"], json!([]), "{bob}");
        assert_eq!(bob["persons"].as_array().unwrap().len(), 1, "{bob}");
    }
}

#[test]
fn a_file_of_stops_blocks_a_list_that_leaves_the_town_out() {
    for kept in both() {
        let office = office(kept);
        let file = format!("address\n\"{HOME}\"\n\"Flat 2, 4B Quay St, Exwick, EX4 2AA\"\n");
        let file = office.write("stops.csv", &file);
        let import = ["permission", "import-stops", &file, "--kind", "address", "--column"];
        office.ok(&[&import[..], &["address", "--channel", "post"]].concat());
        let rows = [
            SHORT,
            NEXT_DOOR,
            "4b Quay Street, flat 2, EX4 2AA",
            // Another flat, another door; and one that has no number.
            "Flat 3, 4B Quay Street, EX4 2AA",
            "The Old House, EX4 2AA",
        ];
        assert_eq!(screened(&office, &list(&office, &rows)), (3, 2));
        assert_eq!(screened(&office, &workbook(&office, &rows)), (3, 2));
        let kinds = office.ok(&["permission", "export-stops"]);
        let count = |kind: &str| kinds.lines().filter(|l| l.starts_with(kind)).count();
        assert_eq!((count("address,"), count("premises,")), (2, 2), "{kinds}");
        // Said again it adds nothing.
        office.ok(&[&import[..], &["address", "--channel", "post"]].concat());
        assert_eq!(office.ok(&["permission", "export-stops"]), kinds);
    }
}

#[test]
fn an_erased_person_s_door_is_not_written_to_by_an_old_list() {
    for kept in both() {
        let office = office(kept);
        yes(&office, &["--email", "ann@example.org", "--address", HOME], None);
        assert_eq!(screened(&office, &list(&office, &[SHORT])), (1, 0));
        office.ok(&["permission", "erase", "--email", "ann@example.org"]);
        assert_eq!(screened(&office, &list(&office, &[SHORT, NEXT_DOOR])), (1, 1));
        // Whoever moves in is not taken for her: a program may keep them.
        let told = |email: &str, address: &str| {
            let row = format!("{email},\"{address}\",yes,2026-02-01,form,row 1");
            let rows = format!("email,address,answer,on,method,evidence\n{row}\n");
            let file = office.write("rows.csv", &rows);
            let import = ["permission", "import-consents", &file, "--wording", "events-post"];
            let out = office.run(&[&import[..], &["--channel", "post", "--json"]].concat());
            serde_json::from_slice::<Value>(&out.stdout).unwrap()["taken"].as_u64().unwrap()
        };
        assert_eq!(told("new@example.org", SHORT), 1);
        // The stop of the one erased still holds: a file's yes does not answer it.
        assert_eq!(rule(&office, SHORT), "stopped");
        // An old row that names her by her e-mail stops the other door it knows of her.
        assert_eq!(told("ann@example.org", "9 Mill Lane, Exwick, EX4 2AB"), 0);
        assert_eq!(rule(&office, "9 Mill Ln, EX4 2AB"), "stopped");
    }
}

/// The person's own later yes answers the stop on their premises as it answers that on the address;
/// it answers nobody else's.
#[test]
fn a_later_yes_lifts_both() {
    for kept in both() {
        let office = office(kept);
        let ann = ["--email", "ann@example.org", "--address", HOME];
        yes(&office, &ann, Some("2026-01-10"));
        stop(&office, &["--email", "ann@example.org", "--on", "2026-02-10"]);
        assert_eq!(
            (rule(&office, HOME), rule(&office, SHORT)),
            ("stopped".into(), "stopped".into())
        );
        yes(&office, &["--email", "ann@example.org"], Some("2026-01-20"));
        assert_eq!(rule(&office, SHORT), "stopped", "an older yes answers nothing");
        yes(&office, &["--email", "ann@example.org"], Some("2026-03-10"));
        assert_eq!(rule(&office, HOME), "consent");
        assert_eq!(screened(&office, &list(&office, &[HOME])), (1, 0));
        // Her yes is for the address that she gave: no other writing of it is allowed by it.
        assert_eq!(rule(&office, SHORT), "stopped");
        assert_eq!(screened(&office, &list(&office, &[SHORT])), (0, 1));

        // A stop for post and this alone goes as a whole.
        stop(&office, &["--address", HOME, "--channel", "post", "--purpose", "events"]);
        assert_eq!(rule(&office, HOME), "stopped");
        yes(&office, &ann, None);
        assert_eq!(rule(&office, HOME), "consent");

        // Bea says no at the same door, which she writes otherwise; Ann's next yes is not hers.
        let bea = ["--email", "bea@example.org", "--address", "1 Quay St., Exwick, Devon, EX4 2AA"];
        yes(&office, &bea, Some("2026-01-10"));
        stop(&office, &["--email", "bea@example.org", "--channel", "post"]);
        assert_eq!(rule(&office, HOME), "stopped");
        yes(&office, &ann, None);
        assert_eq!(rule(&office, HOME), "stopped", "Bea's stop may not be lifted by Ann");
        yes(&office, &["--email", "bea@example.org"], None);
        assert_eq!(rule(&office, bea[3]), "consent");
        assert_eq!(rule(&office, HOME), "consent");
    }
}

/// The stop on premises outlives a restore with the stop on the address.
#[test]
fn premises_stay_stopped_in_an_office_that_is_put_back() {
    let office = office(Kept::Sqlite);
    let backup = office.path("backup.db");
    office.ok(&["backup", "--out", backup.to_str().unwrap()]);
    stop(&office, &["--address", HOME]);
    let fresh = tempfile::tempdir().unwrap();
    let at = |args: &[&str]| {
        let out = office.command(args).env("CANDOUR_DATA", fresh.path()).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    let key = office.path("office.key");
    let restore = ["restore", backup.to_str().unwrap(), "--key", key.to_str().unwrap(), "--json"];
    let done: Value = serde_json::from_str(&at(&restore)).unwrap();
    assert_eq!(done["stops"], json!(2), "{done}");
    let ask = ["may-contact", SHORT, "--channel", "post", "--purpose", "events", "--json"];
    let d: Value = serde_json::from_str(&at(&ask)).unwrap();
    assert_eq!(d["rule"], json!("stopped"));
}

#[test]
fn an_address_that_is_learned_later_is_stopped_with_its_premises() {
    for kept in both() {
        let office = office(kept);
        yes(&office, &["--email", "ann@example.org"], Some("2026-01-10"));
        stop(&office, &["--email", "ann@example.org"]);
        assert_eq!(rule(&office, SHORT), "interest");
        yes(&office, &["--email", "ann@example.org", "--address", HOME], Some("2026-01-11"));
        assert_eq!(
            (rule(&office, HOME), rule(&office, SHORT)),
            ("stopped".into(), "stopped".into())
        );
    }
}
