//! Searching with real connectors, and searching again: what a person decided stands, what could
//! not be read is not forgotten.

use candour_connectors::DataMap;

use super::*;
use crate::requests::pack::bench::{Bench, holding, text};
use crate::requests::pack::{self, Way};
use crate::requests::review::{self, Decided, Decision, Items};
use crate::requests::search::aside::{set_aside, try_again};
use crate::requests::search::paper::{self, Answer, answer};
use crate::staff::Role;

const MAP: &str = r#"
holding = "list"
title = "List of members"
kind = "sqlite"
[source]
path = "list.db"
[[collection]]
name = "members"
holds = "person"
key = ["id"]
activity = "members"
[[collection.field]]
name = "id"
category = "system"
[[collection.field]]
name = "email"
category = "contact"
identifier = "email"
[[collection.field]]
name = "remark"
category = "opinion"
"#;

/// A case over a real table of three rows of Amara's, and what is needed to search it.
struct Real {
    b: Bench,
    search: String,
}

impl Real {
    fn new() -> Self {
        let b = Bench::new(&[]);
        let real = Self { b, search: String::new() };
        real.sql(
            "CREATE TABLE members (id INTEGER PRIMARY KEY, email TEXT, remark TEXT);
             INSERT INTO members VALUES (10, 'a.quill@example.org', 'first'),
                                        (20, 'a.quill@example.org', 'second'),
                                        (30, 'a.quill@example.org', 'third')",
        );
        real.add(MAP);
        find::find(&real.b);
        let all = real.b.office.read(|tx| sql::searches(tx, &real.b.by.org, &real.b.case)).unwrap();
        let search = all[0].id.clone();
        Self { search, ..real }
    }

    fn sql(&self, text: &str) {
        rusqlite::Connection::open(self.b.dir.path().join("list.db"))
            .unwrap()
            .execute_batch(text)
            .unwrap();
    }

    fn add(&self, map: &str) {
        let map = DataMap::from_toml(map, "list").unwrap();
        holdings::keep(&self.b.office, &self.b.by, map, None);
        try_again(&self.b.office, &self.b.by, &self.b.case).unwrap();
    }

    fn row(&self) -> SearchRow {
        self.b.office.read(|tx| sql::a_search(tx, &self.b.by.org, &self.search)).unwrap()
    }

    /// Searches the holding once more, as when another holding taught something new.
    fn again(&self) -> Progress {
        let (org, row) =
            (self.b.by.org.clone(), SearchRow { state: "planned".into(), ..self.row() });
        self.b.office.chore(move |tx| sql::update_search(tx, &org, &row)).unwrap();
        find::find(&self.b)
    }

    fn finding(&self, remark: &str) -> (u64, Option<FindingRow>) {
        let items = Items::open(&self.b.office, &self.b.by.org, &self.row(), 0).unwrap();
        let has = |i: &review::Item| i.texts().iter().any(|(_, v)| v == remark);
        let n = items.map(Result::unwrap).find(|(_, i)| has(i)).unwrap().0;
        let org = &self.b.by.org;
        (n, self.b.office.read(|tx| sql::a_finding(tx, org, &self.search, n)).unwrap())
    }

    fn exclude(&self, remark: &str) {
        self.b.decide(&self.search, self.finding(remark).0, Decision::Exclude, "Not her");
    }
}

/// The search, watched by nobody.
mod find {
    use super::*;

    pub fn find(b: &Bench) -> Progress {
        let mut connections = Connections::default();
        super::super::find(&b.office, &b.by, &b.case, &mut connections, &mut Quiet).unwrap()
    }
}

#[test]
fn a_decision_stands_when_its_holding_is_searched_again() {
    let r = Real::new();
    let before = r.finding("second");
    assert!(before.1.is_none(), "nothing flags it: an officer takes it up of their own accord");
    r.exclude("second");
    // Another row comes before it: its number changes, the decision goes along.
    r.sql("INSERT INTO members VALUES (5, 'a.quill@example.org', 'new')");
    r.again();
    let (n, f) = r.finding("second");
    let f = f.expect("the decision is still there");
    assert_eq!((n, f.decision.as_str(), f.item), (2, "exclude", 2));
    assert!(f.decided_by.is_some() && f.decided_at.is_some());
    let (pack, files) = r.b.make();
    assert_eq!((pack.complete, pack.items), (true, 3));
    assert!(!holding(&files, "second").iter().any(|f| f.starts_with("data/")));
    assert!(holding(&files, "Not her").is_empty(), "what is not theirs is on no list");
    let reason = r.b.office.read(|tx| {
        let case = acts::load(tx, &r.b.office, &r.b.by, &r.b.case)?;
        review::opened(tx, &r.b.office, &r.b.by.org, &case, &f)
    });
    assert_eq!(reason.unwrap().reason, "Not her");
}

#[test]
fn a_decision_about_what_changed_is_asked_again_with_the_old_one_beside_it() {
    let r = Real::new();
    r.exclude("second");
    r.sql("UPDATE members SET remark = 'other' WHERE id = 20");
    let p = r.again();
    let f = r.finding("other").1.unwrap();
    assert_eq!((f.decision.as_str(), f.was.as_str(), p.open), ("open", "exclude", 1));
    assert!(f.why.contains("changed since it was decided"), "{}", f.why);
    assert!(!r.b.make().0.complete);
    // Searched once more without a change: it still waits, and the old decision is still shown.
    r.again();
    let f = r.finding("other").1.unwrap();
    assert_eq!((f.decision.as_str(), f.was.as_str()), ("open", "exclude"));
    r.b.decide(&r.search, 1, Decision::Disclose, "");
    assert_eq!(r.finding("other").1.unwrap().was, "");
}

#[test]
fn a_decision_is_about_what_was_shown() {
    let r = Real::new();
    let seen = r.row().blob.unwrap();
    r.sql("INSERT INTO members VALUES (5, 'a.quill@example.org', 'new')");
    r.again();
    let reason = "Not her".to_owned();
    let d = Decided { decision: Decision::Exclude, reason, seen, ..Decided::default() };
    let reference = r.b.reference();
    let e = review::decide(&r.b.office, &r.b.by, &reference, &r.search, 0, &d).unwrap_err();
    assert!(matches!(&e, Error::Refused(r) if r.why.contains("searched again since")), "{e}");
    let row = SearchRow { state: "planned".into(), ..r.row() };
    let org = r.b.by.org.clone();
    r.b.office.chore(move |tx| sql::update_search(tx, &org, &row)).unwrap();
    let d = Decided { seen: String::new(), ..d };
    let e = review::decide(&r.b.office, &r.b.by, &reference, &r.search, 0, &d).unwrap_err();
    assert!(matches!(&e, Error::Refused(r) if r.why.contains("is being searched again")), "{e}");
}

#[test]
fn records_without_a_root_do_not_hang_together() {
    let r = Real::new();
    let why = crate::requests::review::hanging::WEAK;
    let open = |n| FindingRow::open(&r.search, n, &n.to_string(), "", why);
    let (org, case, rows) = (r.b.by.org.clone(), r.b.case.clone(), [open(0), open(1)]);
    r.b.office.chore(move |tx| sql::insert_findings(tx, &org, &case, rows.clone())).unwrap();
    let reason = "Not her".to_owned();
    for decision in [Decision::Disclose, Decision::Exclude] {
        for n in [0, 2] {
            let reason = reason.clone();
            let d = Decided { decision, reason, linked: true, ..Decided::default() };
            let reference = r.b.reference();
            let done = review::decide(&r.b.office, &r.b.by, &reference, &r.search, n, &d);
            assert!(matches!(done, Err(Error::Invalid(f)) if f[0].name == "linked"), "{n}");
        }
    }
    let all = r.b.office.read(|tx| sql::findings(tx, &r.b.by.org, &r.b.case)).unwrap();
    assert!(all.len() == 2 && all.iter().all(|f| f.decision == "open"), "{all:?}");
}

#[test]
fn what_could_not_be_read_keeps_the_answer_from_being_complete() {
    let r = Real::new();
    r.sql("DELETE FROM members");
    let gone =
        MAP.replace("name = \"members\"", "name = \"former\"").replace("\"list\"", "\"old\"");
    r.add(&gone);
    let p = find::find(&r.b);
    assert_eq!((p.partly, p.failed), (1, 0));
    r.again();
    let (pack, files) = r.b.make();
    assert!(!pack.complete && pack.gate.contains("1 part could not be read"));
    let letter = text(&files, "01-letter.html");
    assert!(!letter.contains("we found nothing") && letter.contains("could be read only in part"));
    let send = || pack::send(&r.b.office, &r.b.by, &r.b.case, Way::Post, false);
    assert!(matches!(send(), Err(Error::Refused(_))));
    // A person says why the answer can go without it: complete, and the letter says so.
    let all = r.b.office.read(|tx| sql::searches(tx, &r.b.by.org, &r.b.case)).unwrap();
    let part = all.iter().find(|s| matches!(Owed::of(s).unwrap(), Owed::Parts(1))).unwrap();
    assert!(set_aside(&r.b.office, &r.b.by, &part.id, " ").is_err());
    let why = "The table was emptied in 2019, before she joined";
    set_aside(&r.b.office, &r.b.by, &part.id, why).unwrap();
    assert!(set_aside(&r.b.office, &r.b.by, &part.id, why).is_err(), "nothing is missing now");
    let (pack, files) = r.b.make();
    assert!(pack.complete);
    let letter = text(&files, "01-letter.html");
    assert!(letter.contains(why) && letter.contains("former"), "{letter}");
    assert!(letter.contains("every place that could be read, and <b>we found nothing</b>"));
    assert!(r.b.acts().iter().any(|a| a == "request.parts-set-aside"));
    // Searched again with the same outcome the reason stands; with another one it does not.
    try_again(&r.b.office, &r.b.by, &r.b.case).unwrap();
    assert_eq!(find::find(&r.b).partly, 0);
}

#[test]
fn a_result_that_is_not_kept_is_not_told() {
    let r = Real::new();
    let row = r.row();
    let (office, by) = (&r.b.office, &r.b.by);
    let case = office.read(|tx| acts::load(tx, office, by, &r.b.case)).unwrap();
    let h = office.read(|tx| holdings::sql::by_id(tx, &by.org, &row.holding)).unwrap();
    let seek = case.body.seek();
    let blob = start_spool(office, by, &case).unwrap();
    let mut quiet = Quiet;
    let spool = Spool::new(blob, &h.map, (&seek, &case.body.wants), HashSet::new(), &mut quiet);
    let ended = spool.end(candour_connectors::Searched::default()).unwrap();
    let before = r.b.acts();
    // It was finished by somebody else: the search is done.
    assert_eq!(finish(office, by, &case, &h, row, ended).unwrap(), ELSEWHERE);
    settle(office, by, &r.b.case).unwrap();
    assert_eq!(r.b.acts(), before);
    assert_eq!(before.iter().filter(|a| *a == "request.search-finished").count(), 1);
}

/// Another holding teaches what to look for while this one is searched without it.
#[test]
fn a_search_by_less_than_is_known_is_made_again() {
    let r = Real::new();
    r.sql("INSERT INTO members VALUES (40, 'amara.new@example.org', 'fourth')");
    let (office, by) = (&r.b.office, &r.b.by);
    let (org, planned) = (by.org.clone(), SearchRow { state: "planned".into(), ..r.row() });
    office.chore(move |tx| sql::update_search(tx, &org, &planned)).unwrap();
    let row = r.row();
    let case = office.read(|tx| acts::load(tx, office, by, &r.b.case)).unwrap();
    let h = office.read(|tx| holdings::sql::by_id(tx, &by.org, &row.holding)).unwrap();
    let blob = start_spool(office, by, &case).unwrap();
    let mut quiet = Quiet;
    let seek = case.body.seek();
    let spool = Spool::new(blob, &h.map, (&seek, &case.body.wants), HashSet::new(), &mut quiet);
    let ended = spool.end(candour_connectors::Searched::default()).unwrap();
    let learned = candour_connectors::Identifier {
        kind: candour_connectors::Kind::Email,
        normal: "amara.new@example.org".into(),
        as_given: "amara.new@example.org".into(),
        learned_from: Some("another list".into()),
    };
    let (office2, by2, id) = (office.clone(), by.clone(), r.b.case.clone());
    office
        .chore(move |tx| {
            let from = (id.as_str(), "another search");
            taught::teach(tx, &office2, &by2, from, vec![learned.clone()]).map(drop)
        })
        .unwrap();
    assert_eq!(finish(office, by, &case, &h, row, ended).unwrap(), ELSEWHERE);
    assert_eq!(r.row().state, "planned");
    find::find(&r.b);
    assert_eq!((r.row().state.as_str(), r.row().items), ("done", 4));
}

/// Two processes look at the same search before either writes.
#[test]
fn a_post_is_asked_and_reminded_once_and_its_answer_stays() {
    let b = Bench::new(&[("post", "Post book")]);
    let (office, by) = (&b.office, &b.by);
    let look = || office.read(|tx| sql::searches(tx, &by.org, &b.case)).unwrap().remove(0);
    let h = office.read(|tx| holdings::sql::by_id(tx, &by.org, &look().holding)).unwrap();
    let asked = |s| paper::ask(office, by, &b.case, &h, s).unwrap();
    let planned = look();
    assert_eq!(asked(planned.clone()), "Membership secretary has been asked");
    assert_eq!(asked(planned.clone()), ELSEWHERE);
    assert_eq!(b.letters("ask-holder").len(), 1);
    let late = b.later(24 * 8);
    let waits = look();
    assert!(paper::remind(office, &late, waits.clone()).unwrap());
    assert!(!paper::remind(office, &late, waits.clone()).unwrap());
    assert_eq!((b.letters("ask-holder").len(), look().chased), (2, 1));
    let words = Answer { nothing: false, words: "One letter".into(), files: Vec::new() };
    answer(office, by, &waits.id, &words).unwrap();
    assert_eq!(asked(planned), ELSEWHERE);
    assert!(!paper::remind(office, &late, waits).unwrap());
    assert_eq!((look().state.as_str(), look().items), ("done", 1));
}

#[test]
fn a_post_is_heard_until_the_answer_goes_and_not_after() {
    let b = Bench::new(&[("post", "Post book")]);
    let (office, by) = (&b.office, &b.by);
    find::find(&b);
    let all = office.read(|tx| sql::searches(tx, &by.org, &b.case)).unwrap();
    let s = &all[0];
    set_aside(office, by, &s.id, "She is away until May").unwrap();
    b.make();
    let words = || Answer { nothing: false, words: "One letter".into(), files: Vec::new() };
    answer(office, by, &s.id, &words()).unwrap();
    let now = office.read(|tx| sql::a_search(tx, &by.org, &s.id)).unwrap();
    assert_eq!((now.state.as_str(), now.items, now.reason), ("done", 1, None));
    assert!(answer(office, by, &s.id, &words()).is_err(), "once");
    let by2 = b.later(1);
    assert!(matches!(pack::send(office, &by2, &b.case, Way::Post, false), Err(Error::Refused(_))));
    b.decide(&s.id, 0, Decision::Disclose, "");
    pack::make(office, &By { now: office.now(), ..by2.clone() }, &b.case).unwrap();
    pack::send(office, &by2, &b.case, Way::Post, false).unwrap();
    assert!(matches!(set_aside(office, &by2, &s.id, "late"), Err(Error::Refused(_))));
}

#[test]
fn what_keeps_something_back_needs_its_ground_and_a_second_person() {
    let r = Real::new();
    let (office, reference) = (&r.b.office, r.b.reference());
    let decide = |ground: &str| {
        let (ground, reason) = (ground.to_owned(), "Advice of our solicitor".to_owned());
        let d = Decided { decision: Decision::Exclude, ground, reason, ..Decided::default() };
        review::decide(office, &r.b.by, &reference, &r.search, 1, &d)
    };
    assert!(matches!(decide("because"), Err(Error::Invalid(_))));
    decide("privilege").unwrap();
    let open = || office.read(|tx| progress(tx, &r.b.by.org, &r.b.case)).unwrap().open;
    assert_eq!(open(), 1, "it waits for a second person");
    assert!(!r.b.make().0.complete);
    let agree = |by: &By| review::approve(office, by, (&reference, &r.search, 1), None);
    assert!(matches!(agree(&r.b.by), Err(Error::Refused(_))), "not by the same person");
    let other = By { actor: "staff:other".into(), ..r.b.by.clone() };
    let worker = By { role: Role::CaseWorker, ..other.clone() };
    assert!(matches!(agree(&worker), Err(Error::Denied(_))));
    agree(&other).unwrap();
    assert_eq!(open(), 0);
    let (pack, files) = r.b.make();
    assert!(pack.complete);
    let schedule = text(&files, "03-schedule.csv");
    assert!(
        schedule.contains("A record,,List of members,Kept back,privilege,It is legal advice"),
        "{schedule}"
    );
    let law: Vec<String> = r.b.laws("request.item-decided");
    assert_eq!(law, ["DPA 2018 Sch 2 para 19"]);
    // Decided anew, the agreement is over.
    decide("privilege").unwrap();
    assert_eq!(open(), 1);
}

#[test]
fn a_full_disk_names_the_holding_and_loses_nothing() {
    let r = Real::new();
    let remark = "far too much ".repeat(100_000);
    r.sql(&format!("UPDATE members SET remark = '{remark}'"));
    r.add(&MAP.replace("\"list\"", "\"old\"").replace("List of members", "Old list"));
    let pages = |most: &'static str| {
        // Of the writer's own connection: as if the disk had no more room.
        r.b.office
            .chore(move |tx| {
                Ok(tx.rows(most, candour_db::bind![], |row| row.int("max_page_count"))?)
            })
            .unwrap()[0]
    };
    pages("PRAGMA max_page_count = 1");
    let (office, by) = (&r.b.office, &r.b.by);
    let mut connections = Connections::default();
    let outcome = super::find(office, by, &r.b.case, &mut connections, &mut Quiet);
    let all = || office.read(|tx| sql::searches(tx, &by.org, &r.b.case)).unwrap();
    let told = match outcome {
        Err(e) => e.to_string(),
        Ok(p) => {
            assert_eq!(p.failed, 1);
            all().iter().find_map(|s| s.trouble.clone()).unwrap()
        }
    };
    assert!(told.contains("Old list") || told.contains("the spool"), "{told}");
    assert!(!told.contains("far too much") && told.contains("room"), "{told}");
    assert_eq!(r.row().state, "done", "what was found before is still there");
    pages("PRAGMA max_page_count = 1073741823");
    try_again(office, by, &r.b.case).unwrap();
    let p = find::find(&r.b);
    assert_eq!((p.failed, p.unanswered(), p.items), (0, 0, 6));
}
