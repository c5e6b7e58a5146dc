//! Commands about the house itself, through the command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

mod common;

use common::{Kept, Office, Served, both};
use serde_json::Value;

#[test]
fn the_doctor_says_what_keeps_a_hostile_document_in() {
    let office = Office::new(Kept::Sqlite, 0);
    let out = office.run(&["doctor", "--json"]);
    let lines: Value = serde_json::from_slice(&out.stdout).unwrap();
    let lines = lines.as_array().unwrap();
    let line = lines.iter().find(|l| l["what"].as_str().unwrap().starts_with("documents:"));
    let line = line.expect("a line about documents");
    let what = line["what"].as_str().unwrap();
    assert!(what.contains("seccomp") && what.contains("Landlock"), "{what}");
    let wrong = lines.iter().any(|l| l["ok"] == false);
    assert_eq!(out.status.code(), Some(i32::from(wrong)));
}

#[test]
fn the_doctor_warns_of_letters_that_nobody_has_had_and_of_links_that_lead_nowhere() {
    let office = Office::new(Kept::Sqlite, 0);
    let reference = office.ask();
    drop(Served::new(&office));
    let out = office.run(&["doctor", "--json"]);
    let lines: Value = serde_json::from_slice(&out.stdout).unwrap();
    let line = |start: &str| {
        let all = lines.as_array().unwrap().iter();
        let mut found = all.filter(|l| l["what"].as_str().unwrap().starts_with(start));
        found.next().cloned().unwrap_or_default()
    };
    let links = line("links:");
    assert!(links["warning"] == true && links["what"].as_str().unwrap().contains("public_url"));
    let letters = line("letters:");
    assert!(!reference.is_empty() && letters["what"].as_str().unwrap().contains("outbox"));
}

/// What is written while rows are copied would be lost.
#[test]
fn an_office_that_is_served_is_not_moved() {
    let office = Office::new(Kept::Sqlite, 0);
    let to = ["move", "--to", "postgres://127.0.0.1:1/nowhere"];
    let served = Served::new(&office);
    let out = office.run(&to);
    assert_eq!(out.status.code(), Some(5));
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("Another process has this office open"), "{said}");
    assert!(said.contains("candour serve"), "{said}");
    drop(served);
    let said = String::from_utf8(office.run(&to).stderr).unwrap();
    assert!(said.contains("not reachable"), "only the server is missing now: {said}");
}

#[test]
fn an_office_that_is_being_moved_is_opened_by_nobody() {
    let office = Office::new(Kept::Sqlite, 0);
    let lock = std::fs::File::open(office.path("office.lock")).unwrap();
    lock.lock().unwrap();
    let out = office.run(&["permission", "stop", "--email", "ann@example.org"]);
    assert_eq!(out.status.code(), Some(5));
    assert!(String::from_utf8(out.stderr).unwrap().contains("is being moved"));
    drop(lock);
    office.ok(&["permission", "stop", "--email", "ann@example.org"]);
}

/// What is written in the copy left behind would be in one history and not in the other.
#[test]
fn an_office_that_was_moved_is_not_gone_on_with() {
    let office = Office::new(Kept::Sqlite, 0);
    let stop = ["permission", "stop", "--email", "ann@example.org"];
    office.ok(&stop);
    let url = both().contains(&Kept::Postgres).then(|| common::fresh_database().1);
    match &url {
        Some(url) => drop(office.ok(&["move", "--to", url])),
        None => std::fs::write(office.path("moved"), "2026-11-22T09:00:00Z\n").unwrap(),
    }
    let mark = std::fs::read_to_string(office.path("moved")).unwrap();
    assert!(!mark.contains("postgres:"), "{mark}");
    let copy = office.path("copy.db");
    let backup = ["backup", "--out", copy.to_str().unwrap()];
    for command in [&stop[..], &["serve"], &["doctor"], &backup, &["init"], &["replay"]] {
        let out = office.run(command);
        let said = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(5), "{command:?}: {said}");
        assert!(said.contains("moved to another database") && said.contains(&mark[..4]), "{said}");
        assert!(said.contains("candour.toml") && said.contains("remove"), "{said}");
    }
    assert!(!copy.exists());
    // Named, the new one is opened; the old one only by whoever takes the mark away.
    if let Some(url) = &url {
        let named = |args: &[&str]| {
            office.command(args).env("CANDOUR_DATABASE", url).status().unwrap().success()
        };
        assert!(named(&stop));
        let settings = office.path("candour.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        std::fs::write(&settings, format!("database = \"{url}\"\n{text}")).unwrap();
        office.ok(&stop);
        std::fs::write(&settings, text).unwrap();
    }
    std::fs::remove_file(office.path("moved")).unwrap();
    office.ok(&stop);
}

/// A holiday that the office was told of counts for its own dates, and the built-in list stays as
/// it is.
#[test]
fn a_deadline_is_worked_out_with_the_office_s_own_days() {
    let office = Office::new(Kept::Sqlite, 0);
    let settings = office.path("candour.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let day =
        "\n[[holidays]]\ndivision = \"scotland\"\ndate = \"2026-12-22\"\ntitle = \"A day off\"\n";
    std::fs::write(&settings, text + day).unwrap();
    let data = office.path("");
    let data = data.to_str().unwrap();
    let due = |more: &[&str]| {
        let ask = ["deadline", "rights_month", "--received", "2026-11-22"];
        office.ok(&[&ask[..], more].concat()).lines().next().unwrap().to_owned()
    };
    assert_eq!(
        due(&["--division", "scotland"]),
        "2026-12-22",
        "nobody asked for the office’s days"
    );
    assert_eq!(due(&["--division", "scotland", "--data", data]), "2026-12-23");
    assert_eq!(due(&["--data", data]), "2026-12-22", "the charter says England and Wales");
    let charter = office.ok(&["charter", "show"]).replace("england-and-wales", "scotland");
    std::fs::write(office.path("charter.toml"), charter).unwrap();
    office.ok(&["charter", "set", office.path("charter.toml").to_str().unwrap()]);
    assert_eq!(due(&["--data", data]), "2026-12-23", "and then Scotland");
    assert_eq!(due(&["--data", data, "--org", "test"]), "2026-12-23");
    let wrong = ["deadline", "rights_month", "--received", "2026-11-22", "--org", "other"];
    assert_eq!(office.run(&[&wrong[..], &["--data", data]].concat()).status.code(), Some(3));
    assert_eq!(office.run(&wrong).status.code(), Some(2), "an organisation of which office?");
}

/// What belongs to the whole machine is set by command, is in force at once, and shows no secret.
#[test]
fn the_mail_server_and_the_address_are_set_by_command() {
    for kept in both() {
        let office = Office::new(kept, 0);
        let secret = office.path("secret");
        std::fs::write(&secret, "brass kettle\n").unwrap();
        let none = ["set", "mail", "--host", "mail.example.org", "--security", "none"];
        let out = office.run(&none);
        assert_eq!(out.status.code(), Some(2), "letters do not leave in the clear");
        let mail = ["set", "mail", "--host", "mail.example.org", "--user", "office"];
        office.ok(&[&mail[..], &["--password-file", secret.to_str().unwrap()]].concat());
        office.ok(&["set", "address", "https://rights.example.org/"]);
        assert_eq!(office.run(&["set", "address", "rights.example.org"]).status.code(), Some(2));
        let out = office.run(&["doctor"]);
        let said = String::from_utf8(out.stdout).unwrap();
        assert!(said.contains("letters: through mail.example.org:587"), "{said}");
        assert!(said.contains("links: point to https://rights.example.org"), "{said}");
        let ledger = office.ok(&["ledger", "show"]);
        assert!(ledger.contains("Mail server mail.example.org:587, STARTTLS, with a user"));
        assert!(!ledger.contains("kettle") && !said.contains("kettle"));
        for file in std::fs::read_dir(office.path(".")).unwrap().flatten() {
            let bytes = std::fs::read(file.path()).unwrap_or_default();
            let plain = file.file_name() == "secret";
            let found = bytes.windows(12).any(|w| w == b"brass kettle");
            assert_eq!(found, plain, "{}", file.path().display());
        }
        // The file counts before it, and says so.
        let toml = std::fs::read_to_string(office.path("candour.toml")).unwrap();
        let more = "public_url = \"https://other.example.org\"\n";
        std::fs::write(office.path("candour.toml"), format!("{more}{toml}")).unwrap();
        let out = office.run(&["set", "address", "https://third.example.org"]);
        assert_eq!(out.status.code(), Some(4));
        assert!(String::from_utf8(out.stderr).unwrap().contains("candour.toml"));
        office.ok(&["set", "mail", "--none"]);
        let said = String::from_utf8(office.run(&["doctor"]).stdout).unwrap();
        assert!(said.contains("outbox folder") && said.contains("https://other.example.org"));
    }
}

/// The mailbox for unsubscribes is set by command with the checks of the browser's form.
#[test]
fn the_mailbox_is_set_by_command() {
    let office = Office::new(Kept::Sqlite, 0);
    let secret = office.write("secret", "brass kettle\n");
    let set = ["set", "mailbox", "--host", "imap.example.org"];
    let no = |more: &[&str], words: &str| {
        let out = office.run(&[&set[..], more].concat());
        let said = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.code() == Some(2) && said.contains(words), "{said}");
    };
    no(&[], "--user");
    no(&["--user", "stop"], "Enter the password");
    no(&["--user", " ", "--password-file", &secret], "user name of the mailbox");
    no(&["--user", "stop", "--password-file", &secret, "--port", "0"], "from 1 to 65535");
    no(&["--none"], "cannot be used with");
    let named =
        ["set", "mailbox", "--host", "https://x", "--user", "u", "--password-file", &secret];
    assert_eq!(office.run(&named).status.code(), Some(2));
    let right = [&set[..], &["--user", "stop", "--password-file", &secret]].concat();
    let out = office.run(&right);
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success() && said.contains("imap.example.org:993"), "{said}");
    // Kept, while the server is the same; of another one it has to be typed.
    office.ok(&[&set[..], &["--user", "stop", "--folder", "Stops"]].concat());
    no(&["--user", "other"], "Enter the password");
    let ledger = office.ok(&["ledger", "show"]);
    assert!(ledger.contains("Mailbox for unsubscribes on imap.example.org"), "{ledger}");
    assert!(!ledger.contains("kettle"));
    office.ok(&["set", "mailbox", "--none"]);
    assert!(office.ok(&["ledger", "show"]).contains("No mailbox for unsubscribes any more"));
    no(&["--user", "stop"], "Enter the password");
}

/// What a form would not take, a program and the command line can't leave here either.
#[test]
fn a_text_is_no_longer_than_is_kept() {
    let office = Office::new(Kept::Sqlite, 0);
    let long = "x".repeat(2_001);
    let who = ["permission", "person", "--email", "ann@example.org", "--name"];
    let out = office.run(&[&who[..], &[&long]].concat());
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("Shorten “name” to 200 letters at most: it has 2001"), "{said}");
    let company = ["permission", "company", "shed", "--email", "a@example.org", "--title", &long];
    assert_eq!(office.run(&company).status.code(), Some(2));
    let program = office.run(&["mailer", "add", &long]);
    assert_eq!(program.status.code(), Some(2));
}
