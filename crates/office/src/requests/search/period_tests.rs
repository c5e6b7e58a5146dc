//! The time asked for, from the search of a real mailbox to the pack.

use std::collections::BTreeMap;
use std::io::Write as _;

use candour_connectors::DataMap;

use super::*;
use crate::holdings;
use crate::requests::Wants;
use crate::requests::pack::bench::{Bench, holding, text};
use crate::requests::pack::{self, Way};
use crate::requests::review::{Decision, Item};
use crate::requests::rules::State;
use crate::requests::search::{self, Connections, Progress, Quiet, Watch};

fn period(from: &str, to: &str) -> Period {
    let day = |d: &str| (!d.is_empty()).then(|| d.parse().unwrap());
    Period { from: day(from), to: day(to) }
}

fn wants(from: &str, to: &str) -> Wants {
    let p = period(from, to);
    Wants { from: p.from, to: p.to, ..Wants::default() }
}

/// One message from Amara Quill: the first word of its subject tells it apart.
fn message(date: &str, subject: &str, text: &str) -> String {
    let date = if date.is_empty() { String::new() } else { format!("Date: {date}\n") };
    format!(
        "From a@example.org Mon Jan  5 10:00:00 2026\nFrom: a.quill@example.org\n\
         To: office@harbour.example\n{date}Message-ID: <{subject}@example.org>\n\
         Subject: {subject}\n\n{text}\n\n"
    )
}

/// A case over a mailbox of a letter from each side of 2024's borders and one without a date.
fn mailbox(wants: Wants) -> Bench {
    let b = Bench::wanting(&[], wants);
    let text = [
        message("Sun, 31 Dec 2023 23:30:00 +0000", "Plover", "About my boat."),
        // Still the old year by its own clock, and the new one in London.
        message("Sun, 31 Dec 2023 22:30:00 -0200", "Heron", "A new mooring."),
        message("Tue, 31 Dec 2024 23:59:59 +0000", "Gannet", "Winter storage."),
        message("Wed, 1 Jan 2025 00:00:00 +0000", "Kestrel", "Ask bram@example.net too."),
        message("", "Dunlin", "No day on this one."),
    ];
    let folder = b.dir.path().join("mail");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("office.mbox"), text.concat()).unwrap();
    let map = "holding = \"post\"\ntitle = \"Office mailbox\"\nkind = \"mail\"\n\
               [source]\npath = \"mail\"\n";
    holdings::keep(&b.office, &b.by, DataMap::from_toml(map, "post").unwrap(), None);
    search::try_again(&b.office, &b.by, &b.case).unwrap();
    b
}

fn look(b: &Bench, watch: &mut dyn Watch) -> Progress {
    search::find(&b.office, &b.by, &b.case, &mut Connections::default(), watch).unwrap()
}

fn search(b: &Bench) -> SearchRow {
    b.office.read(|tx| sql::searches(tx, &b.by.org, &b.case)).unwrap().remove(0)
}

/// What became of each message, by its subject: the word of its decision, or "in".
fn fates(b: &Bench) -> BTreeMap<String, String> {
    let s = search(b);
    let all = b.office.read(|tx| sql::findings(tx, &b.by.org, &b.case)).unwrap();
    let fate = |n: u64| match all.iter().find(|f| f.item == n) {
        Some(f) if f.is_outside() => "outside".to_owned(),
        Some(f) => f.decision.clone(),
        None => "in".to_owned(),
    };
    let items = Items::open(&b.office, &b.by.org, &s, 0).unwrap().map(Result::unwrap);
    items.map(|(n, item): (u64, Item)| (item.title(), fate(n))).collect()
}

fn number(b: &Bench, title: &str) -> u64 {
    let mut items = Items::open(&b.office, &b.by.org, &search(b), 0).unwrap().map(Result::unwrap);
    items.find(|(_, i)| i.title() == title).unwrap().0
}

fn are(b: &Bench, expected: [(&str, &str); 5]) {
    let expected = expected.map(|(title, fate)| (title.to_owned(), fate.to_owned()));
    assert_eq!(fates(b), BTreeMap::from(expected));
}

#[test]
fn what_is_dated_outside_the_time_asked_for_is_left_out_and_counted() {
    let b = mailbox(wants("2024-01-01", "2024-12-31"));
    let p = look(&b, &mut Quiet);
    assert_eq!((p.items, p.open), (5, 0), "what lies outside waits for nobody");
    let (out, inside) = ("outside", "in");
    are(
        &b,
        [
            ("Dunlin", inside),
            ("Gannet", inside),
            ("Heron", inside),
            ("Kestrel", out),
            ("Plover", out),
        ],
    );
    let (pack, files) = b.make();
    assert_eq!((pack.complete, pack.left_out, pack.items), (true, 0, 3));
    for gone in ["Plover", "Kestrel", "bram@example.net"] {
        assert_eq!(holding(&files, gone), Vec::<String>::new(), "{gone}");
    }
    let said = "2 e-mails dated outside the time you named are not enclosed. You can have them";
    for page in ["00-read-me.html", "01-letter.html"] {
        assert!(text(&files, page).contains(said), "{page}: {}", text(&files, page));
    }
    let letter = text(&files, "01-letter.html");
    assert!(letter.contains("From 1 January 2024 to 31 December 2024."), "{letter}");
    assert!(!letter.contains("a reason the law knows"), "no ground keeps it back");
    let schedule = text(&files, "03-schedule.csv");
    assert!(schedule.contains("2 messages,,Office mailbox,Left out,outside"), "{schedule}");
    assert!(!files.contains_key("04-removed-and-why.html"), "it is not kept back");
}

/// Nobody has looked whether it is hers, so it is not told as hers.
#[test]
fn what_is_doubtful_and_outside_is_told_as_doubtful() {
    let b = mailbox(wants("2024-01-01", "2024-12-31"));
    let doubtful = message("Sun, 1 Jan 2023 10:00:00 +0000", "Wader", "Ask Amara Quill.")
        .replace("a.quill@example.org", "office@harbour.example");
    let mut mbox = std::fs::OpenOptions::new();
    let mut mbox = mbox.append(true).open(b.dir.path().join("mail/office.mbox")).unwrap();
    mbox.write_all(doubtful.as_bytes()).unwrap();
    assert_eq!(look(&b, &mut Quiet).open, 0, "it waits for nobody");
    assert_eq!(fates(&b)["Wader"], "outside");
    let files = b.make().1;
    let letter = text(&files, "01-letter.html");
    assert!(letter.contains("2 e-mails dated outside the time you named are not"), "{letter}");
    let said = "1 e-mail dated outside the time you named may be about you or about somebody else";
    assert!(letter.contains(said), "{letter}");
    let schedule = text(&files, "03-schedule.csv");
    assert!(schedule.contains("2 messages,,Office mailbox,Left out,outside"), "{schedule}");
}

#[test]
fn what_lies_outside_can_be_included_and_stays_so() {
    let b = mailbox(wants("2024-01-01", ""));
    look(&b, &mut Quiet);
    assert_eq!(fates(&b)["Plover"], "outside");
    b.decide(&search(&b).id, number(&b, "Plover"), Decision::Disclose, "");
    assert_eq!(b.make().0.items, 4, "all but the one that names somebody else, which waits");
    assert_eq!(fates(&b)["Plover"], "disclose");
    search::try_again(&b.office, &b.by, &b.case).unwrap();
    let planned = SearchRow { state: "planned".into(), ..search(&b) };
    let org = b.by.org.clone();
    b.office.chore(move |tx| sql::update_search(tx, &org, &planned)).unwrap();
    look(&b, &mut Quiet);
    assert_eq!(fates(&b)["Plover"], "disclose", "also when it is searched again");
}

#[test]
fn nothing_from_the_time_is_not_nothing_at_all() {
    let b = mailbox(wants("1999-01-01", "1999-12-31"));
    look(&b, &mut Quiet);
    b.decide(&search(&b).id, number(&b, "Dunlin"), Decision::Exclude, "Not hers");
    let letter = text(&b.make().1, "01-letter.html").to_owned();
    assert!(letter.contains("4 e-mails dated outside the time you named"), "{letter}");
    assert!(!letter.contains("We found no information about you"), "{letter}");
}

#[test]
fn the_time_can_be_changed_until_the_answer_is_sent() {
    let mut b = mailbox(wants("2024-01-01", "2024-12-31"));
    look(&b, &mut Quiet);
    b.decide(&search(&b).id, number(&b, "Gannet"), Decision::Disclose, "");
    assert!(b.make().0.complete && b.state() == State::Ready);
    let (office, case) = (b.office.clone(), b.case.clone());
    let change = |by: &By, p: Period, why: &str| super::change(&office, by, &case, p, why);
    assert!(change(&b.by, period("2024-02-01", "2024-01-01"), "x").is_err(), "ends first");
    assert!(change(&b.by, period("", ""), " ").is_err(), "no reason");
    assert!(b.state() == State::Ready, "nothing was changed");
    let later = b.later(1);
    change(&later, period("2024-01-01", ""), "They called: everything since 2024").unwrap();
    are(
        &b,
        [
            ("Dunlin", "in"),
            ("Gannet", "disclose"),
            ("Heron", "in"),
            ("Kestrel", "open"),
            ("Plover", "outside"),
        ],
    );
    assert!(b.state() == State::Reviewing, "a ready pack is ready no more");
    let sent = pack::send(&b.office, &later, &b.case, Way::Post, false);
    assert!(sent.is_err(), "the pack goes by another time");
    assert!(b.acts().contains(&"request.period-changed".to_owned()));
    assert_eq!(b.laws("request.period-changed"), ["UK GDPR Art 15(1A)"]);
    // Narrowed again, what was decided stays; what waited waits no more.
    change(&later, period("2025-06-01", ""), "They wrote: only since June").unwrap();
    are(
        &b,
        [
            ("Dunlin", "in"),
            ("Gannet", "disclose"),
            ("Heron", "outside"),
            ("Kestrel", "outside"),
            ("Plover", "outside"),
        ],
    );
    b.by = later.clone();
    assert_eq!(b.make().0.items, 2);
    pack::send(&b.office, &later, &b.case, Way::Post, false).unwrap();
    let no = change(&later, period("", ""), "They want all").unwrap_err().to_string();
    assert!(no.contains("sent or closed"), "{no}");
}

#[test]
fn a_part_made_before_the_time_was_changed_is_not_sent() {
    let b = mailbox(wants("2024-01-01", ""));
    assert_eq!(look(&b, &mut Quiet).open, 1);
    assert!(!b.make().0.complete);
    let later = b.later(1);
    super::change(&b.office, &later, &b.case, period("2025-01-01", ""), "They wrote").unwrap();
    let no = pack::send(&b.office, &later, &b.case, Way::Post, true).unwrap_err().to_string();
    assert!(no.contains("make the pack again"), "{no}");
}

/// Changes the time while a holding is being searched.
struct Meanwhile<'a>(&'a Bench, bool);

impl Watch for Meanwhile<'_> {
    fn holding(&mut self, _: &str) {}
    fn progress(&mut self, _: u64, _: Option<u64>, found: u64) {
        if found > 0 && !std::mem::replace(&mut self.1, true) {
            let (b, to) = (self.0, period("2025-01-01", ""));
            super::change(&b.office, &b.by, &b.case, to, "They called").unwrap();
        }
    }
    fn ended(&mut self, _: &str, _: &str) {}
}

#[test]
fn a_search_for_another_time_is_made_again() {
    let b = mailbox(wants("", ""));
    let mut meanwhile = Meanwhile(&b, false);
    look(&b, &mut meanwhile);
    assert!(meanwhile.1, "it was changed while it was searched");
    are(
        &b,
        [
            ("Dunlin", "in"),
            ("Gannet", "outside"),
            ("Heron", "outside"),
            ("Kestrel", "open"),
            ("Plover", "outside"),
        ],
    );
}

#[test]
fn no_copies_need_no_look_at_other_people() {
    let b = mailbox(Wants { about_only: true, ..Wants::default() });
    assert_eq!(look(&b, &mut Quiet).open, 0, "no passage about anybody goes out");
    let (pack, files) = b.make();
    assert_eq!(pack.items, 0);
    assert!(text(&files, "00-read-me.html").contains("You did not ask for copies"));
    assert_eq!(holding(&files, "Kestrel"), Vec::<String>::new());
}
