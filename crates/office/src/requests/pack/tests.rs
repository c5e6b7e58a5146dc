//! A whole case in a folder of its own: logged, searched, decided, packed, opened, sent.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};

use candour_connectors::Body as Found;
use zip::ZipArchive;

use super::bench::*;
use super::hand::open;
use super::*;
use crate::error::Error;
use crate::requests::review::{self, Decided, Decision};
use crate::requests::rules::Outcome;
use crate::requests::{State, Wants};
use crate::requests::{search, sql};

pub fn full() -> Bench {
    full_pressed(std::path::Path::new(""))
}

/// The same with a program for PDF copies.
pub fn full_pressed(press: &std::path::Path) -> Bench {
    let wants = Wants { what: "Everything since <2019> & my letters".into(), ..Wants::default() };
    let holdings = [("club", "Club database"), ("post", "Post book"), ("safe", "Safe")];
    let b = Bench::pressed(&holdings, wants, press);
    let member = [("id", "42"), ("name", "Amara Quill"), ("email", "a.quill@example.org")];
    let booking = row("bookings", &[("guest", "Bram Novak"), ("paid", "=1+1"), ("sum", "-5.20")]);
    let club = b.found(
        "club",
        &[
            row("members", &member),
            marked(booking, "guest", "Bram Novak"),
            row("bookings", &[("guest", ""), ("paid", "+44 yes"), ("sum", "12")]),
        ],
    );
    let post = b.found(
        "post",
        &[
            mail("Subscription", "Please change my address."),
            marked(
                note("Novak complaint.txt", "Bram Novak says <b>Amara</b> sings. NOVAK left."),
                "text",
                "Novak",
            ),
            marked(note("Dossier.txt", "Zebediah Farthing was there"), "text", "Zebediah Farthing"),
            note("Minutes.txt", "Amara Quill thanked."),
        ],
    );
    b.found("safe", &[]);
    b.decide(&club, 1, Decision::Redact, "It names a guest");
    b.decide(&post, 1, Decision::Redact, "It names another member");
    b.decide(&post, 2, Decision::Exclude, "About someone else, not Zebediah Farthing’s wish");
    b
}

#[test]
fn a_pack_holds_what_it_says() {
    let b = full();
    let (pack, files) = b.make();
    assert_eq!((pack.number, pack.complete, pack.left_out, pack.items), (1, true, 0, 6));
    assert_eq!(b.state(), State::Ready);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    insta::assert_snapshot!(names.join("\n"), @r"
    00-read-me.html
    01-letter.html
    02-about-our-processing.html
    03-schedule.csv
    03-schedule.html
    04-removed-and-why.csv
    04-removed-and-why.html
    05-codes-and-terms.html
    data/club-bookings.csv
    data/club-bookings.json
    data/club-members.csv
    data/club-members.json
    data/club.html
    documents/001-subscription.eml
    documents/001-subscription.html
    documents/002-removed-complaint.html
    documents/003-minutes.txt
    manifest.json
    proof/read-me.txt
    proof/request-received.tlog-proof
    proof/request-search-finished.tlog-proof
    ");
    let letter = text(&files, "01-letter.html");
    for said in [
        "Club database",
        "Post book",
        "Safe",
        "Monday 2 November 2026",
        "by e-mail",
        "&#60;2019&#62; &#38; my letters",
        "Dear Amara Quill",
        "1200 looked at",
        "within 30 days",
        "Ruth Osei",
        "3 records from 2 tables",
        "court",
    ] {
        assert!(letter.contains(said), "the letter lacks: {said}");
    }
    assert!(!letter.contains("This is part"));
    let sheet = sheet(&pack).unwrap();
    assert_eq!(sheet.read_again + 1, files.len() as u64);
    assert_eq!(sheet.redactions_checked, 3);
    assert_eq!(sheet.warnings, Vec::<String>::new());
}

#[test]
fn the_manifest_fits_every_file() {
    let (pack, files) = full().make();
    let m: serde_json::Value = serde_json::from_str(text(&files, "manifest.json")).unwrap();
    assert_eq!((m["case"].as_str(), m["complete"].as_bool()), (Some("RR-2026-0001"), Some(true)));
    assert_eq!((m["pack"].as_u64(), m["made"].as_str()), (Some(1), Some(NOW)));
    let listed = m["files"].as_array().unwrap();
    assert_eq!(listed.len() + 1, files.len());
    for f in listed {
        let bytes = &files[f["path"].as_str().unwrap()];
        assert_eq!(f["bytes"].as_u64(), Some(bytes.len() as u64));
        assert_eq!(f["sha256"].as_str(), Some(crate::kit::sha256_hex(bytes).as_str()));
    }
    assert_eq!(pack.sha256.len(), 64);
}

#[test]
fn what_was_taken_out_is_nowhere() {
    let (_, files) = full().make();
    assert_eq!(holding(&files, "Novak"), Vec::<String>::new());
    assert_eq!(holding(&files, "Bram"), ["documents/002-removed-complaint.html"]);
    let note = text(&files, "documents/002-removed-complaint.html");
    assert!(
        note.contains("Bram [removed] says &#60;b&#62;Amara&#60;/b&#62; sings. [removed] left.")
    );
    assert!(text(&files, "data/club-bookings.csv").contains("[removed],'=1+1,-5.20"));
    let why = text(&files, "04-removed-and-why.html");
    assert!(why.contains("It names a guest") && why.contains("a passage: another person’s name"));
}

#[test]
fn what_is_somebody_else_s_is_on_no_list() {
    let (_, files) = full().make();
    for words in ["Dossier", "Zebediah", "Farthing", "About someone else", "as a whole"] {
        assert_eq!(holding(&files, words), Vec::<String>::new(), "{words}");
    }
    let letter = text(&files, "01-letter.html");
    assert!(letter.contains("data-l=\"Found\">3</td>"), "three of four are theirs: {letter}");
}

#[test]
fn what_was_left_out_leaves_its_reason_and_nothing_else() {
    let b = Bench::new(&[("post", "Post book")]);
    let dossier = note("Dossier.txt", "Zebediah Farthing was there with Amara Quill");
    let dossier = marked(dossier, "text", "Zebediah Farthing");
    let search = b.found("post", &[dossier, note("Minutes.txt", "Amara Quill thanked.")]);
    let why = Decided {
        decision: Decision::Exclude,
        ground: "privilege".into(),
        reason: "Advice of Zebediah Farthing".into(),
        ..Decided::default()
    };
    let (reference, other) = (b.reference(), By { actor: "staff:other".into(), ..b.by.clone() });
    review::decide(&b.office, &b.by, &reference, &search, 0, &why).unwrap();
    review::approve(&b.office, &other, (&reference, &search, 0), None).unwrap();
    let (_, files) = b.make();
    for words in ["Dossier", "Zebediah", "Farthing"] {
        assert_eq!(holding(&files, words), Vec::<String>::new(), "{words}");
    }
    let why = text(&files, "04-removed-and-why.csv");
    assert!(why.contains("\"a document, as a whole\",Post book,Advice of"), "{why}");
}

#[test]
fn formulas_are_guarded_and_numbers_stay() {
    let (_, files) = full().make();
    let csv = text(&files, "data/club-bookings.csv");
    assert_eq!(csv, "guest,paid,sum\r\n[removed],'=1+1,-5.20\r\n,'+44 yes,12\r\n");
    let json: serde_json::Value =
        serde_json::from_str(text(&files, "data/club-bookings.json")).unwrap();
    assert_eq!(json["rows"][0]["paid"], "=1+1");
    assert_eq!(json["columns"], serde_json::json!(["guest", "paid", "sum"]));
}

#[test]
fn the_eleven_items_are_there_with_their_source() {
    let (_, files) = full().make();
    let page = text(&files, "02-about-our-processing.html");
    // UK GDPR Art 15(1): confirmation and copy, (a) to (h) with (ea); Art 15(2).
    for source in [
        "Art 15(1)<",
        "Art 15(1), (3)",
        "15(1)(a)",
        "15(1)(b)",
        "15(1)(c)",
        "15(1)(d)",
        "15(1)(e)",
        "15(1)(ea)",
        "15(1)(f)",
        "15(1)(g)",
        "15(1)(h)",
        "Art 15(2)",
        "s.164A",
    ] {
        assert!(page.contains(source), "{source}");
    }
    for said in [
        "Keeping the list of members",
        "Quayside Print",
        "Six years after",
        "data bridge",
        "take it with you as a file",
        "answering people who write to us",
        "object to its use",
        "You, and people who write about you",
    ] {
        assert!(page.contains(said), "{said}");
    }
    // The data map names no entry for the bookings, but the register names the holding.
    assert!(!page.contains("What our register does not say yet"));
}

#[test]
fn what_the_register_lacks_is_said_and_warned_of() {
    let b = Bench::new(&[("attic", "Attic boxes")]);
    b.found("attic", &[note("a.txt", "Amara Quill was here")]);
    let (pack, files) = b.make();
    let page = text(&files, "02-about-our-processing.html");
    assert!(page.contains("What our register does not say yet") && page.contains("Attic boxes"));
    assert!(pack.gate.contains("The register has no entry for Attic boxes"));
}

#[test]
fn a_gap_of_the_register_is_no_assurance_and_keeps_the_pack_open() {
    let b = Bench::new(&[("attic", "Attic boxes")]);
    b.found("attic", &[note("a.txt", "Amara Quill was here")]);
    // An entry of an earlier version: it was kept before these things were asked for.
    let old = "short = \"attic\"\ntitle = \"Keeping the attic\"\npurpose = \"To keep it\"\n\
               basis = \"contract\"\npeople = [\"members\"]\ncategories = [\"letters\"]\n\
               retention = \"Two years\"\nholdings = [\"attic\"]\n";
    let (org, now) = (b.by.org.clone(), b.by.now);
    b.office
        .chore(move |tx| crate::register::sql::insert(tx, &org, "attic", 1, old, now, "command"))
        .unwrap();
    let (pack, files) = b.make();
    let page = text(&files, "02-about-our-processing.html");
    for never in ["Nobody outside Harbour", "It does not leave the UK", "From you.", "None: no"] {
        let uses = page.split("This request").next().unwrap();
        assert!(!uses.contains(never), "an assurance that nobody gave: {never}");
    }
    assert_eq!(page.matches("Our register does not say this yet").count(), 4);
    let blocks = blocks(&pack).unwrap();
    assert!(!pack.complete && blocks.len() == 4, "{blocks:?}");
    assert!(sheet(&pack).unwrap().register);
    assert!(blocks.iter().all(|b| b.contains("Keeping the attic")), "{blocks:?}");
    assert!(text(&files, "01-letter.html").contains("is not written down yet"));
    let set_aside = |why| search::without_register(&b.office, &b.by, &b.case, why);
    assert!(matches!(set_aside(" "), Err(Error::Invalid(_))));
    set_aside("The limit is tomorrow").unwrap();
    let (pack, files) = b.make();
    assert!(pack.complete && super::blocks(&pack).unwrap().is_empty());
    assert!(!sheet(&pack).unwrap().register);
    assert_eq!(sheet(&pack).unwrap().warnings.len(), 4, "an officer still sees them");
    let page = text(&files, "02-about-our-processing.html");
    assert!(page.contains("Our register does not say this yet"));
}

#[test]
fn what_a_person_marks_by_hand_is_nowhere() {
    use crate::requests::review::{More, Questions};
    let b = Bench::new(&[("post", "Post book")]);
    let text_of = "Kestrel came.\nZebediah  Farthing said no.\nAmara Quill sang. KESTREL left.";
    let s = b.found("post", &[note("Kestrel visit.txt", text_of)]);
    let more = More { words: vec!["kestrel".into()], lines: Some(("text".into(), 2, 2)) };
    let questions = Some(Questions { anonymous: false, consent: false, reasonable: false });
    let reason = "Kestrel did not want it told".into();
    let decision = Decision::Redact;
    let d = Decided { decision, reason, more, questions, ..Decided::default() };
    review::decide(&b.office, &b.by, &b.reference(), &s, 0, &d).unwrap();
    let (pack, files) = b.make();
    assert!(pack.complete);
    for words in ["Kestrel", "Zebediah", "Farthing"] {
        assert_eq!(holding(&files, words), Vec::<String>::new(), "{words}");
    }
    let page = files.keys().find(|f| f.starts_with("documents/") && f.ends_with(".html")).unwrap();
    assert!(text(&files, page).contains("Amara Quill sang"));
    let sheet = sheet(&pack).unwrap();
    assert_eq!(sheet.redactions_checked, 1, "the finished pack was read again for it");
    assert_eq!(b.laws("request.item-decided"), ["DPA 2018 Sch 2 para 16"]);
}

#[test]
fn a_file_that_cannot_be_copied_is_told_in_the_letter_and_the_lists() {
    let b = Bench::new(&[("post", "Post book")]);
    let program = Found::Document {
        name: "prog.exe".into(),
        media: "application/octet-stream".into(),
        text: String::new(),
        raw: b"MZ\x90\0\x03".to_vec(),
    };
    let s = b.found("post", &[note("a.txt", "Amara Quill was here"), item("", "2", program)]);
    let (pack, _) = b.make();
    let line =
        gate_lines(sheet(&pack).unwrap().files).into_iter().find(|l| l.class == "late").unwrap();
    assert_eq!(line.result, "Kept back, nothing sent of it");
    assert!(sheet(&pack).unwrap().warnings[0].contains("its file can’t be copied safely"));
    let (ground, reason) = (review::CANNOT_COPY.to_owned(), "A program".to_owned());
    let d = Decided { decision: Decision::Exclude, ground, reason, ..Decided::default() };
    let decide = |n| review::decide(&b.office, &b.by, &b.reference(), &s, n, &d);
    assert!(matches!(decide(0), Err(Error::Invalid(_))), "it can be given");
    decide(1).unwrap();
    let (pack, files) = b.make();
    assert!(pack.complete);
    let letter = text(&files, "01-letter.html");
    assert!(letter.contains("1 file is not enclosed, because it can’t be copied safely"));
    assert!(letter.contains("You can see what is there at our premises"), "{letter}");
    let said = "Its file can’t be copied safely; you can ask to see it at our premises";
    let removed = text(&files, "04-removed-and-why.csv");
    assert!(removed.contains("cannot-copy") && removed.contains("A program"), "{removed}");
    assert!(text(&files, "04-removed-and-why.html").contains(said));
    assert!(text(&files, "03-schedule.csv").contains(said));
    assert_eq!(b.laws("request.item-decided"), ["UK GDPR Art 15(3)"]);
}

#[test]
fn what_waits_leaves_the_pack_incomplete() {
    let b = Bench::new(&[("club", "Club database"), ("post", "Post book")]);
    let s = b.found(
        "club",
        &[
            row("members", &[("name", "Amara Quill")]),
            marked(row("members", &[("name", "Bram Novak")]), "name", "Bram Novak"),
        ],
    );
    // One holding has not answered: a part pack can be made, and says so.
    let (pack, files) = b.make();
    assert_eq!((pack.complete, pack.left_out, pack.items), (false, 1, 1));
    assert_eq!(holding(&files, "Novak"), Vec::<String>::new());
    let letter = text(&files, "01-letter.html");
    assert!(letter.contains("This is part 1") && letter.contains("One more item still waits"));
    assert!(letter.contains("One place we asked has not answered yet"));
    assert!(letter.contains("<li>Post book</li>"));
    assert!(matches!(send(&b.office, &b.by, &b.case, Way::Link, false), Err(Error::Refused(_))));
    // Decided, and the silent holding set aside: complete.
    b.decide(&s, 1, Decision::Disclose, "");
    let all = b.office.read(|tx| sql::searches(tx, &b.by.org, &b.case)).unwrap();
    let silent = all.iter().find(|x| x.state != "done").unwrap();
    assert!(!make(&b.office, &b.by, &b.case).unwrap().complete);
    search::set_aside(&b.office, &b.by, &silent.id, "It burned down in 2020").unwrap();
    let (pack, files) = b.make();
    assert_eq!((pack.number, pack.complete, pack.items), (3, true, 2));
    assert!(text(&files, "01-letter.html").contains("It burned down in 2020"));
}

#[test]
fn nothing_found_is_an_answer_of_its_own() {
    let b = Bench::new(&[("club", "Club database"), ("post", "Post book")]);
    b.found("club", &[]);
    b.found("post", &[]);
    let (pack, files) = b.make();
    assert_eq!((pack.complete, pack.items), (true, 0));
    let letter = text(&files, "01-letter.html");
    assert!(letter.contains("We found no information about you") && letter.contains("Post book"));
    assert!(letter.contains("e-mail, by index") || letter.contains("By hand"));
    assert!(!files.keys().any(|f| f.starts_with("data/") || f.starts_with("03")));
    send(&b.office, &b.by, &b.case, Way::Post, false).unwrap();
    close(&b.office, &b.by, &b.case).unwrap();
    assert!(matches!(b.state(), State::Closed { outcome: Outcome::NothingFound, .. }));
}

#[test]
fn what_this_office_itself_holds_is_an_answer_too() {
    use crate::permissions::stops::{NewStop, stop};
    let b = Bench::new(&[("club", "Club database")]);
    b.found("club", &[]);
    let stopped = |email: &str| {
        let (vault, by) = (b.office.vault().clone(), b.by.clone());
        let hasher = crate::people::hasher(&vault, &by.org).unwrap();
        let kind = candour_connectors::Kind::Email;
        let hash = crate::people::hash_raw(&hasher, kind, email).unwrap();
        let what = crate::permissions::What::Marketing;
        let (word, on) = (crate::people::kind_word(kind).to_owned(), "2026-05-04".parse().unwrap());
        let reason = "objection";
        let new = NewStop { hash, kind: word, channel: None, what, reason, on };
        b.office.write(move |tx| stop(tx, &vault, &by, &new)).unwrap();
    };
    stopped("someone.else@example.org");
    assert!(text(&b.make().1, "01-letter.html").contains("We found no information about you"));
    stopped("A.Quill@example.org");
    open_case(&b.office, &b.by, Wants::default());
    let (pack, files) = b.make();
    assert!(pack.complete);
    let letter = text(&files, "01-letter.html");
    assert!(!letter.contains("We found no information") && letter.contains(own::TITLE));
    let table = text(&files, "data/our-own-records.csv");
    assert!(table.contains("Contact was stopped") && table.contains("2026-05-04"), "{table}");
    assert!(table.contains("RR-2026-0002") && table.contains("Acknowledgement"), "{table}");
    assert!(!table.contains("RR-2026-0001"), "this request is not an earlier one");
    let page = text(&files, "02-about-our-processing.html");
    assert!(page.contains("Our own data protection records"));
    send(&b.office, &b.by, &b.case, Way::Post, false).unwrap();
    close(&b.office, &b.by, &b.case).unwrap();
    assert!(matches!(b.state(), State::Closed { outcome: Outcome::Answered, .. }));
}

#[test]
fn only_the_information_when_only_that_was_asked_for() {
    let b = Bench::wanting(&[("club", "Club")], Wants { about_only: true, ..Wants::default() });
    b.found("club", &[row("members", &[("name", "Amara Quill"), ("note", "Kestrel")])]);
    let (pack, files) = b.make();
    assert_eq!((pack.complete, pack.items), (true, 0));
    assert_eq!(holding(&files, "Kestrel"), Vec::<String>::new());
    assert!(text(&files, "01-letter.html").contains("You did not ask for copies"));
}

#[test]
fn the_same_content_gives_the_same_bytes() {
    let b = full();
    let plan = plan::gather(&b.office, &b.by, &b.case).unwrap();
    let one = write::pack(&b.office, &plan, Vec::new()).unwrap().to;
    let two = write::pack(&b.office, &plan, Vec::new()).unwrap().to;
    assert!(one == two);
    let later = plan::Plan { made: b.later(2).now, ..plan };
    assert!(write::pack(&b.office, &later, Vec::new()).unwrap().to != one);
}

#[test]
fn pages_stand_alone_and_are_well_made() {
    well_made(&full().make().1);
    let b = Bench::new(&[("club", "Club database"), ("post", "Post book")]);
    b.found("club", &[]);
    well_made(&b.make().1);
    b.found("post", &[]);
    well_made(&b.make().1);
}

fn well_made(files: &BTreeMap<String, Vec<u8>>) {
    for (name, _) in files.iter().filter(|(n, _)| n.ends_with(".html")) {
        let page = text(files, name);
        assert!(page.starts_with("<!doctype html>\n<html lang=\"en-GB\">"), "{name}");
        assert_eq!(page.matches("<h1").count(), 1, "{name}");
        assert_eq!(page.matches("<title>").count(), 1, "{name}");
        assert!(!page.contains("<script") && !page.contains(" src=") && !page.contains("url("));
        assert!(!page.contains("http://") && !page.contains("https://"), "{name}");
        assert_eq!(
            page.matches("<th ").count() + page.matches("<thead>").count(),
            page.matches("<th").count(),
            "{name}: a heading without scope"
        );
        let mut last = 1;
        for level in page.split("<h").skip(1).filter_map(|t| t.chars().next()?.to_digit(10)) {
            assert!(level <= last + 1, "{name}: h{level} after h{last}");
            last = level;
        }
        for link in page.split("href=\"").skip(1).filter_map(|l| l.split('"').next()) {
            let dir = name.rsplit_once('/').map_or("", |(d, _)| d);
            let to = match link.strip_prefix("../") {
                Some(up) => up.to_owned(),
                None if dir.is_empty() => link.to_owned(),
                None => format!("{dir}/{link}"),
            };
            assert!(files.contains_key(&to), "{name} links to {link}");
        }
    }
}

#[test]
fn the_proof_holds() {
    let (_, files) = full().make();
    let proof = text(&files, "proof/request-received.tlog-proof");
    let proof = candour_ledger::ProofFile::parse(proof).unwrap();
    let entry = proof.extra.clone().unwrap();
    let readme = text(&files, "proof/read-me.txt");
    let key = readme.lines().find(|l| l.starts_with("candour/")).unwrap();
    proof.verify(&entry, &[key]).unwrap();
    assert_eq!(candour_ledger::Entry::parse(&entry).unwrap().act, "request.received");
    assert!(files.contains_key("proof/request-search-finished.tlog-proof"));
}

#[test]
fn a_pack_older_than_a_decision_is_not_sent() {
    let b = full();
    b.make();
    let part = send(&b.office, &b.by, &b.case, Way::Post, true);
    assert!(matches!(part, Err(Error::Refused(_))), "a whole answer is not sent as a part");
    let by = b.later(1);
    let all = b.office.read(|tx| sql::searches(tx, &by.org, &b.case)).unwrap();
    let post = all.iter().find(|s| s.items == 4).unwrap();
    let reason = "Not them".into();
    let d = Decided { decision: Decision::Exclude, reason, ..Decided::default() };
    review::decide(&b.office, &by, &b.reference(), &post.id, 3, &d).unwrap();
    assert!(matches!(send(&b.office, &by, &b.case, Way::Link, false), Err(Error::Refused(_))));
    make(&b.office, &by, &b.case).unwrap();
    send(&b.office, &by, &b.case, Way::Link, false).unwrap();
    assert!(matches!(b.state(), State::Sent { .. }));
}

#[test]
fn another_organisation_sees_nothing() {
    let b = full();
    b.make();
    let mut other =
        crate::charter::Charter::parse(include_str!("../../demo/charter.toml")).unwrap();
    other.organisation.short = "other".into();
    let stranger = b.office.by_command(&b.office.found(other).unwrap());
    let gone = |e: Option<Error>| assert!(matches!(e, Some(Error::NotFound(_))), "{e:?}");
    gone(make(&b.office, &stranger, &b.case).err());
    gone(open(&b.office, &stranger, &b.case, 1).err());
    gone(send(&b.office, &stranger, &b.case, Way::Link, false).err());
    gone(close(&b.office, &stranger, &b.case).err());
    let code = crate::kit::links::new_code().unwrap();
    gone(protected(&b.office, &stranger, &b.case, 1, &code, &mut Vec::new()).err());
    let holder = By { role: crate::staff::Role::Holder, ..b.by.clone() };
    assert!(matches!(make(&b.office, &holder, &b.case), Err(Error::Denied(_))));
    assert!(matches!(open(&b.office, &holder, &b.case, 1), Err(Error::Denied(_))));
}

#[test]
fn the_protected_file_opens_with_its_password_only() {
    let b = full();
    let (_, files) = b.make();
    let code = crate::kit::links::new_code().unwrap();
    let mut zip = Vec::new();
    protected(&b.office, &b.by, &b.case, 1, &code, &mut zip).unwrap();
    let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    assert_eq!(archive.len(), files.len());
    for (name, bytes) in &files {
        let mut f = archive.by_name_decrypt(name, code.as_bytes()).unwrap();
        let mut plain = Vec::new();
        f.read_to_end(&mut plain).unwrap();
        assert!(&plain == bytes, "{name}");
    }
    assert!(archive.by_name("01-letter.html").is_err());
    assert!(archive.by_name_decrypt("01-letter.html", b"AAAA-AAAA-AAAA-AAAA").is_err());
    let short = protected(&b.office, &b.by, &b.case, 1, "short", &mut Vec::new());
    assert!(matches!(short, Err(Error::Invalid(_))));
}

#[test]
fn a_file_with_nothing_to_give_instead_waits_for_a_person() {
    let b = Bench::new(&[("post", "Post book")]);
    let body = Found::Document {
        name: "scan.bin".into(),
        media: "application/octet-stream".into(),
        text: String::new(),
        raw: vec![0, 1, 2, 3],
    };
    let s = b.found("post", &[item("Post book", "1", body)]);
    let (pack, files) = b.make();
    assert_eq!((pack.complete, pack.left_out, pack.items), (false, 1, 0));
    assert!(text(&files, "01-letter.html").contains("One more item still waits"));
    assert!(pack.gate.contains("documents/001 is left out") && !pack.gate.contains("scan"));
    b.decide(&s, 0, Decision::Exclude, "Given on paper");
    assert!(make(&b.office, &b.by, &b.case).unwrap().complete);
}

#[test]
fn a_change_while_the_pack_is_made_stops_it() {
    let b = full();
    let plan = plan::gather(&b.office, &b.by, &b.case).unwrap();
    let s = plan.parts.iter().find(|p| p.holding.short == "post").unwrap().search.id.clone();
    b.decide(&s, 3, Decision::Exclude, "Meanwhile");
    let (db, vault, key) = (b.office.db(), b.office.vault(), &plan.case.row.key);
    let blob = BlobWriter::start(db, vault, &b.by.org, key, "pack", b.by.now).unwrap();
    assert!(matches!(build(&b.office, &b.by, &plan, blob), Err(Error::Conflict)));
}

#[test]
fn the_gate_sees_a_changed_zip() {
    let b = full();
    let plan = plan::gather(&b.office, &b.by, &b.case).unwrap();
    let w = write::pack(&b.office, &plan, Vec::new()).unwrap();
    let again = gate::read_again(Cursor::new(w.to.clone()), &w.files, &w.content.reread);
    assert_eq!(again.unwrap().redactions, 3);
    let mut zip = zip::ZipWriter::new_append(Cursor::new(w.to)).unwrap();
    zip.start_file("extra.txt", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(b"more").unwrap();
    let more = zip.finish().unwrap();
    assert!(gate::read_again(more, &w.files, &w.content.reread).is_err());
}

#[test]
fn words_that_were_taken_out_are_looked_for_in_the_finished_zip() {
    let b = full();
    let plan = plan::gather(&b.office, &b.by, &b.case).unwrap();
    let w = write::pack(&b.office, &plan, Vec::new()).unwrap();
    let words = |said: &str| {
        let item = marked(note("a.txt", said), "text", said);
        cut::cut(&item, &item.others, (&[], &candour_screening::Subject::default())).unwrap().words
    };
    let read = |path: &str, row: Option<u64>, said: &str| {
        let list = [content::Reread { path: path.into(), row, words: words(said) }];
        gate::read_again(Cursor::new(w.to.clone()), &w.files, &list)
    };
    assert!(read("documents/003-minutes.txt", None, "Quill  THANKED").is_err());
    assert!(read("documents/003-minutes.txt", None, "Farthing").is_ok());
    for table in ["data/club-bookings.csv", "data/club-bookings.json"] {
        assert!(read(table, Some(1), "44 yes").is_err(), "{table}");
        assert!(read(table, Some(0), "44 yes").is_ok(), "{table}");
        assert!(read(table, Some(2), "44 yes").is_err(), "{table}: a row that is not there");
    }
}

#[test]
fn a_file_that_is_stopped_goes_out_as_its_text() {
    let b = Bench::new(&[("post", "Post book")]);
    let raw = "<!DOCTYPE html><script>Zebediah</script><p>Amara sings".as_bytes().to_vec();
    let body = Found::Document {
        name: "Choir page.html".into(),
        media: "text/html".into(),
        text: "Amara sings".into(),
        raw,
    };
    b.found("post", &[item("Post book", "1", body)]);
    let (pack, files) = b.make();
    assert_eq!((pack.complete, pack.items), (true, 1));
    assert_eq!(holding(&files, "Zebediah"), Vec::<String>::new());
    assert!(text(&files, "documents/001-choir-page.html").contains("Amara sings"));
    assert!(
        text(&files, "03-schedule.csv").contains("As text only,check,The file holds programs.")
    );
    let why = text(&files, "04-removed-and-why.csv");
    assert!(why.contains("the file of a document,Post book,It holds programs."), "{why}");
    assert!(why.contains("check of outgoing files"));
}

#[test]
fn a_message_with_a_bad_attachment_gives_what_it_can() {
    let b = Bench::new(&[("post", "Post book")]);
    let raw = "From: a@b.example\r\nMIME-Version: 1.0\r\n\
               Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\
               Content-Type: text/plain\r\n\r\nHello Amara\r\n--b\r\nContent-Type: text/plain\r\n\
               Content-Disposition: attachment; filename=good.txt\r\n\r\nA good note\r\n--b\r\n\
               Content-Type: application/octet-stream\r\n\
               Content-Disposition: attachment; filename=bad.bin\r\n\
               Content-Transfer-Encoding: base64\r\n\r\nAAECAw==\r\n--b--\r\n";
    let mut it = mail("Hello", "Hello Amara");
    if let Found::Message { raw: r, .. } = &mut it.body {
        *r = raw.as_bytes().to_vec();
    }
    b.found("post", &[it]);
    let (pack, files) = b.make();
    assert_eq!((pack.complete, pack.items), (true, 1));
    assert!(!files.keys().any(|f| f.ends_with(".eml")));
    assert_eq!(files["documents/001-attachment-1-good.txt"], b"A good note");
    let schedule = text(&files, "03-schedule.csv");
    assert!(schedule.contains("Attachments beside it: 1. Attachments left out: 1."), "{schedule}");
    let letter = text(&files, "01-letter.html");
    assert!(letter.contains("1 attachment of a message could not be checked"));
    assert!(pack.gate.contains("documents/001, attachment 2 is left out"));
}

#[test]
fn attachments_of_a_redacted_message_are_not_lost_in_silence() {
    let b = Bench::new(&[("post", "Post book")]);
    let mut it = mail("Hello", "Bram Novak was here");
    if let Found::Message { attachments, .. } = &mut it.body {
        attachments.push("novak.pdf".into());
    }
    let s = b.found("post", &[marked(it, "text", "Bram Novak")]);
    b.decide(&s, 0, Decision::Redact, "Another member");
    let (pack, files) = b.make();
    assert!(text(&files, "04-removed-and-why.csv").contains("an attachment of a message"));
    assert!(pack.gate.contains("1 attachments of a redacted message"));
    assert!(!files.keys().any(|f| f.ends_with(".eml")));
}

#[test]
fn codes_that_occur_are_explained_and_no_others() {
    let b = Bench::new(&[("club", "Club database")]);
    let rows = ["L", " A ", "X", "Z", "L"]
        .map(|status| row("members", &[("email", "a.quill@example.org"), ("status", status)]));
    b.found("club", &rows);
    let (_, files) = b.make();
    let codes = text(&files, "05-codes-and-terms.html");
    for (value, means) in [("L", "Lapsed"), ("A", "Active"), ("X", "Not explained yet; ask us.")] {
        let line = format!("<th scope=\"row\">status</th><td>{value}</td><td>{means}</td>");
        assert_eq!(codes.matches(&line).count(), 1, "{value}: {codes}");
    }
    assert!(!codes.contains("Suspended") && !codes.contains("<td>Z</td>"), "{codes}");
}
