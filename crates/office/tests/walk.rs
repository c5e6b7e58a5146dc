//! The walk of an access request through the command line, with the office on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use common::{Kept, Office, both};

#[test]
fn a_request_is_answered_from_the_holding() {
    for kept in both() {
        let office = Office::new(kept, 5);
        let check = office.run(&["holding", "check"]);
        assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
        let reference = office.ask();
        let found = office.json(&["request", "find", &reference]);
        // One member, one address, six messages, however the address was written.
        assert_eq!(
            (found["items"].as_u64(), found["failed"].as_u64()),
            (Some(8), Some(0)),
            "{kept:?}"
        );
        let items = office.json(&["request", "review", &reference, "--all"]);
        assert_eq!(items.as_array().unwrap().len(), 8);
        let shown = office.json(&["request", "show", &reference]);
        assert_eq!(shown["request"]["state"]["is"], "reviewing");
        office.verify_ledger();
    }
}

#[test]
fn an_unknown_person_is_an_outcome_of_its_own() {
    let office = Office::new(Kept::Sqlite, 0);
    let out = office.ok(&["request", "open", "--name", "No Body", "--email", "nobody@example.net"]);
    let reference = out.trim();
    office.ok(&["request", "settle", reference, "--how", "known to us"]);
    let found = office.json(&["request", "find", reference]);
    assert_eq!(found["items"], 0);
    let shown = office.json(&["request", "show", reference]);
    assert_eq!(shown["searches"][0]["state"], "done", "looked at, and said so");
}

/// Found by her address under another name, all of it is in doubt; whether it is her is answered
/// once for all that hangs on the one record (UK GDPR Art 15(1A)).
#[test]
fn one_answer_is_enough_for_all_that_hangs_on_a_doubtful_record() {
    for kept in both() {
        let office = Office::new(kept, 40);
        let c = rusqlite::Connection::open(office.path("club.db")).unwrap();
        let named = "UPDATE messages SET body = 'Bram Novak rang about it' WHERE id = 1003";
        c.execute_batch(named).unwrap();
        for (word, left) in [("disclose", vec![":6"]), ("not-theirs", vec![])] {
            let open = ["request", "open", "--name", "Zadie Marsh", "--email", "amara@example.org"];
            let reference = office.ok(&open).split_whitespace().next().unwrap().to_owned();
            office.ok(&["request", "settle", &reference, "--how", "known to us"]);
            let found = office.json(&["request", "find", &reference]);
            assert_eq!((&found["items"], &found["to_decide"]), (&43.into(), &43.into()));
            let waiting = || {
                let items = office.json(&["request", "review", &reference]);
                let name = |i: &serde_json::Value| i["item"].as_str().unwrap().to_owned();
                items.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
            };
            let review = ["request", "review", &reference, "--reason", "Another", "--linked"];
            let refused = |item: &str, more: &[&str]| {
                let out = office.run(&[&review[..], &["--item", item], more].concat());
                String::from_utf8_lossy(&out.stderr).into_owned()
            };
            let root = waiting().remove(0);
            let exempt = ["--decide", "exempt", "--ground", "legal-privilege"];
            assert!(refused(&root, &exempt).contains("whether it is this person"));
            assert_eq!(waiting().len(), 43, "nothing was decided");
            // Any of them may be the one that is looked at.
            let one = waiting().remove(20);
            office.ok(&[&review[..], &["--item", &one, "--decide", word]].concat());
            let still = waiting();
            let ends = |(item, end): (&String, &&str)| item.ends_with(end);
            assert!(still.len() == left.len() && still.iter().zip(&left).all(ends), "{still:?}");
            assert!(refused(&one, &["--decide", word]).contains("No other record"));
            let all = office.json(&["request", "review", &reference, "--all"]);
            let count = |what: &str| {
                all.as_array().unwrap().iter().filter(|i| i["decision"] == what).count()
            };
            match word {
                "disclose" => assert_eq!((count("disclose"), count("open")), (42, 1)),
                _ => assert_eq!(count("exclude"), 43),
            }
            let shown = office.json(&["ledger", "show"]).to_string();
            assert!(shown.contains("42 records that hang on the same record"), "{shown}");
        }
        office.verify_ledger();
    }
}

/// A record under another name that is hers after all teaches what else to look for, elsewhere
/// (UK GDPR Art 15(1A): a reasonable search).
#[test]
fn what_is_hers_after_all_is_searched_on_with() {
    let office = Office::new(Kept::Sqlite, 3);
    let members = "Member,Name,E-mail\n9,Z. Marsh,z.marsh@example.net\n";
    office.write("old.csv", members);
    let add =
        ["holding", "add", "old", "--title", "Old list", "--kind", "csv", "--path", "old.csv"];
    office.ok(&add);
    office.ok(&["holding", "scan", "old"]);
    office.decide_map("old");
    let c = rusqlite::Connection::open(office.path("club.db")).unwrap();
    c.execute_batch("UPDATE members SET email = 'z.marsh@example.net' WHERE id = 42").unwrap();
    let phone = c
        .query_row("SELECT phone FROM members WHERE id = 42", [], |r| r.get::<_, String>(0))
        .unwrap();
    let open = ["request", "open", "--name", "Zadie Marsh", "--phone", &phone];
    let reference = office.ok(&open).split_whitespace().next().unwrap().to_owned();
    office.ok(&["request", "settle", &reference, "--how", "known to us"]);
    let found = office.json(&["request", "find", &reference]);
    assert_eq!(found["items"], 6, "the list knows no telephone");
    let first = office.json(&["request", "review", &reference])[0]["item"].clone();
    let review = ["request", "review", &reference, "--item", first.as_str().unwrap(), "--linked"];
    let state = || office.json(&["request", "show", &reference])["request"]["state"]["is"].clone();
    // Not hers, it teaches nothing.
    office.ok(&[&review[..], &["--decide", "not-theirs", "--reason", "Another"]].concat());
    assert_eq!(state(), "reviewing");
    let again = office.json(&["request", "open", "--name", "Zadie Marsh", "--phone", &phone]);
    let reference = again["reference"].as_str().unwrap().to_owned();
    office.ok(&["request", "settle", &reference, "--how", "known to us"]);
    office.json(&["request", "find", &reference]);
    let linked = office.json(&["request", "review", &reference])[2]["item"].clone();
    let hers = ["request", "review", &reference, "--item", linked.as_str().unwrap(), "--linked"];
    office.ok(&[&hers[..], &["--decide", "disclose"]].concat());
    let state = office.json(&["request", "show", &reference])["request"]["state"]["is"].clone();
    assert_eq!(state, "searching", "by what the record teaches that the others hang on");
    let found = office.json(&["request", "find", &reference]);
    assert_eq!((&found["items"], &found["to_decide"]), (&7.into(), &0.into()));
    office.verify_ledger();
}

#[test]
fn a_name_alone_is_logged_and_the_day_of_proof_is_given() {
    let office = Office::new(Kept::Sqlite, 0);
    let reference = office.ok(&["request", "open", "--name", "No Body"]);
    let settle = ["request", "settle", reference.trim(), "--how", "a card", "--on", "2999-01-01"];
    let out = office.run(&settle);
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.code() == Some(2) && said.contains("in the future"), "{said}");
    office.ok(&settle[..5]);
    let shown = office.json(&["request", "show", reference.trim()]);
    assert_eq!(shown["request"]["state"]["is"], "searching");
}

#[test]
fn a_holding_in_trouble_does_not_keep_the_case_from_going_on() {
    let office = Office::new(Kept::Sqlite, 2);
    let reference = office.ask();
    let away = office.path("away.db");
    std::fs::rename(office.path("club.db"), &away).unwrap();
    let out = office.run(&["request", "find", &reference, "--json"]);
    assert_eq!(out.status.code(), Some(5));
    let shown = office.json(&["request", "show", &reference]);
    assert_eq!(shown["searches"][0]["state"], "failed");
    let trouble = shown["searches"][0]["trouble"].as_str().unwrap();
    assert!(trouble.contains("club") && !trouble.to_lowercase().contains("amara"), "{trouble}");
    assert_eq!(shown["request"]["state"]["is"], "searching");
    std::fs::rename(&away, office.path("club.db")).unwrap();
    let found = office.json(&["request", "find", &reference, "--again"]);
    assert_eq!(found["items"], 5);
}

#[test]
fn messages_tell_what_was_wrong_and_hold_nothing_personal() {
    let office = Office::new(Kept::Sqlite, 0);
    let cases: [(&[&str], i32, &str); 6] = [
        (&["request", "show", "RR-1999-0001"], 3, "not found"),
        (&["request", "open", "--email", "amara@example.org"], 2, "full name"),
        (&["request", "open", "--name", "Amara Quill", "--email", "zzcanary"], 2, "e-mail address"),
        (
            &["holding", "add", "X!", "--title", "x", "--kind", "sqlite", "--path", "p"],
            2,
            "short name",
        ),
        (
            &["holding", "add", "x", "--title", "x", "--kind", "sqlite", "--path", "none.db"],
            5,
            "cannot be reached",
        ),
        (&["deadline", "rights_month", "--received", "2027-12-20"], 2, "2028"),
    ];
    for (args, code, words) in cases {
        let out = office.run(args);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(code), "{args:?}: {said}");
        assert!(said.contains(words) && !said.contains("zzcanary"), "{args:?}: {said}");
    }
}

#[test]
fn a_wrong_key_a_missing_key_and_a_readable_key_are_told_apart() {
    use std::os::unix::fs::PermissionsExt as _;
    let office = Office::new(Kept::Sqlite, 0);
    let key = office.path("office.key");
    let kept = std::fs::read(&key).unwrap();
    let said = |office: &Office| {
        let out = office.run(&["request", "list"]);
        assert_eq!(out.status.code(), Some(5));
        String::from_utf8(out.stderr).unwrap()
    };
    std::fs::write(&key, "00".repeat(32)).unwrap();
    assert!(said(&office).contains("does not open this database"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(said(&office).contains("chmod 600"));
    std::fs::remove_file(&key).unwrap();
    assert!(said(&office).contains("missing"));
    std::fs::write(&key, kept).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    office.ok(&["request", "list"]);
}

#[test]
fn nothing_personal_lies_in_the_clear_in_the_data_folder() {
    let office = Office::new(Kept::Sqlite, 3);
    let reference = office.ask();
    office.json(&["request", "find", &reference]);
    for name in ["office.db", "office.db-wal", "candour.toml"] {
        let Ok(bytes) = std::fs::read(office.path(name)) else { continue };
        for word in [b"Amara".as_slice(), b"amara@example.org", b"membership"] {
            assert!(!bytes.windows(word.len()).any(|w| w == word), "{name} holds personal data");
        }
    }
}

#[test]
fn destroyed_content_is_gone_and_the_ledger_still_verifies() {
    let office = Office::new(Kept::Sqlite, 2);
    let reference = office.ask();
    office.json(&["request", "find", &reference]);
    let open = office.run(&["request", "destroy", &reference, "--confirm", &reference]);
    assert_eq!(open.status.code(), Some(4), "an open case keeps its content");
    office.ok(&["request", "withdraw", &reference]);
    office.ok(&["request", "destroy", &reference, "--confirm", &reference]);
    for args in [["request", "show", &reference], ["request", "review", &reference]] {
        let out = office.run(&args);
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(!said.contains("letter") && !said.contains("message"), "{said}");
    }
    let entries = office.json(&["ledger", "show", "--last", "50"]);
    let received = entries.as_array().unwrap().iter().find(|e| e["act"] == "request.received");
    assert_eq!(received.unwrap()["said"], serde_json::Value::Null, "its words are gone");
    office.verify_ledger();
}

#[test]
fn a_backup_is_restored_and_an_office_moves_to_postgresql() {
    let office = Office::new(Kept::Sqlite, 3);
    let reference = office.ask();
    office.json(&["request", "find", &reference]);
    let backup = office.path("backup.db");
    office.ok(&["backup", "--out", backup.to_str().unwrap()]);
    let fresh = tempfile::tempdir().unwrap();
    let key = office.path("office.key");
    let mut restore =
        office.command(&["restore", backup.to_str().unwrap(), "--key", key.to_str().unwrap()]);
    assert!(restore.env("CANDOUR_DATA", fresh.path()).status().unwrap().success());
    let mut show = office.command(&["request", "show", &reference]);
    assert!(show.env("CANDOUR_DATA", fresh.path()).status().unwrap().success());
    if both().contains(&Kept::Postgres) {
        let (_, url) = common::fresh_database();
        let here = office.json(&["request", "review", &reference, "--all"]);
        office.ok(&["move", "--to", &url]);
        let mut show = office.command(&["request", "review", &reference, "--all", "--json"]);
        let out = show.env("CANDOUR_DATABASE", &url).output().unwrap();
        let there: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(there, here);
    }
}

#[test]
fn a_check_takes_the_census_that_a_map_lacks() {
    let office = Office::new(Kept::Sqlite, 1);
    let lines = office.ok(&["holding", "map", "club"]);
    let counted = |text: &str| text.contains("as_stored") && text.contains("census");
    assert!(counted(&lines));
    let mut map: toml::Table = lines.parse().unwrap();
    for c in map["collection"].as_array_mut().unwrap() {
        for f in c.get_mut("field").and_then(|f| f.as_array_mut()).into_iter().flatten() {
            let f = f.as_table_mut().unwrap();
            f.remove("as_stored");
            f.remove("census");
        }
    }
    let file = office.path("bare.toml");
    std::fs::write(&file, toml::to_string(&map).unwrap()).unwrap();
    office.ok(&["holding", "map", "club", "--set", file.to_str().unwrap()]);
    assert!(!counted(&office.ok(&["holding", "map", "club"])));
    office.ok(&["holding", "check", "club"]);
    assert!(counted(&office.ok(&["holding", "map", "club"])));
}
