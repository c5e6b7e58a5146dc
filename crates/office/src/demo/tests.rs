use std::collections::BTreeMap;
use std::path::Path;

use candour_connectors::HoldingKind;

use super::cast::asker;
use super::society::answer::{Expected, Fate, NOT_HERS, expected};
use super::walk::Walk;
use super::{maps, society};
use crate::charter::Charter;
use crate::holdings::{self, sql as holding_sql};
use crate::office::Office;
use crate::register::RegisterFile;
use crate::requests::review::Items;
use crate::requests::search::{self, Connections, Quiet};
use crate::requests::sql;

/// Kinds that are reached without a child process to parse files. The whole society is searched
/// in `tests/demo.rs`, by the program itself.
const REACHED: [HoldingKind; 3] = [HoldingKind::Sqlite, HoldingKind::Csv, HoldingKind::Mail];

fn files(dir: &Path, into: &mut BTreeMap<String, Vec<u8>>, root: &Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, into, root);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            into.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

fn made() -> (tempfile::TempDir, BTreeMap<String, Vec<u8>>) {
    let dir = tempfile::tempdir().unwrap();
    assert!(society::make(dir.path()).unwrap());
    let mut all = BTreeMap::new();
    files(dir.path(), &mut all, dir.path());
    (dir, all)
}

#[test]
fn the_society_is_the_same_bytes_every_time() {
    let (_a, first) = made();
    let (_b, second) = made();
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, bytes) in &first {
        assert!(bytes == &second[name], "{name} differs");
    }
    assert!(first["holdings/club.db"].starts_with(b"SQLite format 3\0"), "in the clear");
    for name in
        ["newsletter.csv", "bookings.xlsx", "mail/office.mbox", "letters/hall/thank-you.html"]
    {
        assert!(first.contains_key(&format!("holdings/{name}")), "{name}");
    }
    assert!(first.len() > 150, "{} files", first.len());
}

#[test]
fn a_society_that_is_there_is_left_alone_and_a_half_one_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let part = dir.path().join("holdings.part");
    std::fs::create_dir_all(&part).unwrap();
    std::fs::write(part.join("club.db"), b"half a database").unwrap();
    assert!(society::make(dir.path()).unwrap());
    assert!(!part.exists());
    let letter = dir.path().join("holdings/letters/post/mine.txt");
    std::fs::write(&letter, b"added by hand").unwrap();
    assert!(!society::make(dir.path()).unwrap());
    assert!(letter.exists());
}

#[test]
fn the_newsletter_is_windows_1252() {
    let (_dir, all) = made();
    let bytes = &all["holdings/newsletter.csv"];
    assert!(std::str::from_utf8(bytes).is_err());
    assert!(bytes.windows(4).any(|w| w == [b'Z', b'o', 0xeb, b' ']), "Zoë");
}

#[test]
fn charter_and_register_hold_together() {
    let charter = Charter::parse(include_str!("charter.toml")).unwrap();
    assert_eq!(charter.organisation.short, "harbour");
    let register = RegisterFile::parse(include_str!("register.toml")).unwrap();
    let all = maps::all().unwrap();
    for activity in &register.activity {
        activity.check(false).unwrap();
        for holding in &activity.holdings {
            assert!(all.iter().any(|d| &d.short == holding), "{}: {holding}", activity.short);
        }
    }
}

#[test]
fn the_example_charters_hold_together() {
    for (text, short, public, charity) in [
        (include_str!("../../../../examples/membership-society.toml"), "northmoor", false, true),
        (include_str!("../../../../examples/professional-network.toml"), "guild", false, false),
        (include_str!("../../../../examples/research-agency.toml"), "firth", false, false),
        (
            include_str!("../../../../examples/practitioners-co-operative.toml"),
            "lagan",
            false,
            false,
        ),
        (include_str!("../../../../examples/council.toml"), "saltmouth", true, false),
    ] {
        let charter = Charter::parse(text).unwrap();
        assert_eq!(charter.organisation.short, short);
        assert_eq!(charter.law.public_authority, public);
        assert_eq!(charter.permissions.charity, charity);
        assert!(!charter.permissions.purposes.is_empty(), "{short}: nothing to contact for");
        assert_eq!(Charter::parse(&charter.to_toml().unwrap()).unwrap(), charter);
    }
}

/// The sample office with the holdings that are reached here.
fn office(dir: &Path) -> (Walk, Office, String) {
    let mut walk = Walk::new(dir, "127.0.0.1:8420".parse().unwrap(), true);
    walk.society().unwrap();
    let (office, org) = walk.office().unwrap();
    let by = office.by_command(&org);
    for d in maps::all().unwrap().iter().filter(|d| REACHED.contains(&d.kind)) {
        let problems = maps::put(&office, &by, d).unwrap();
        assert_eq!(problems, Vec::new(), "{}", d.short);
    }
    (walk, office, org)
}

#[test]
fn the_search_finds_the_key_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (mut walk, office, org) = office(dir.path());
    let by = office.by_command(&org);
    let case = walk.request(&office, &org).unwrap();
    let id = walk.identity(&office, &org, &case).unwrap().row.id;
    search::find(&office, &by, &id, &mut Connections::default(), &mut Quiet).unwrap();
    let (searches, findings, titles) = office
        .read(|tx| {
            let s = sql::searches(tx, &org, &id)?;
            Ok((s, sql::findings(tx, &org, &id)?, holdings::active(tx, &org)?))
        })
        .unwrap();
    let mut got = Vec::new();
    for s in &searches {
        assert_eq!((s.state.as_str(), &s.trouble), ("done", &None));
        let title = titles.iter().find(|h| h.id == s.holding).map(|h| h.title.clone()).unwrap();
        for next in Items::open(&office, &org, s, 0).unwrap() {
            let (n, item) = next.unwrap();
            let waits = findings.iter().any(|f| f.search == s.id && f.item == n);
            let fate = if waits { Fate::ForAPerson } else { Fate::Included };
            if fate == Fate::Included {
                nothing_of_others(&item.title(), &item.texts());
            }
            got.push((title.clone(), item.title(), fate));
        }
    }
    got.sort();
    let reached = |e: &Expected| titles.iter().any(|h| h.title == e.holding);
    let key = expected().into_iter().filter(reached);
    let key: Vec<_> =
        key.map(|e| (e.holding.to_owned(), e.item.to_owned(), unlearned(&e))).collect();
    assert_eq!(got, key);
}

/// What becomes of an item while nothing is learned from the workbook: her old name alone is not
/// enough for the message from her old address.
fn unlearned(e: &Expected) -> Fate {
    if e.item == "Spring walk" { Fate::ForAPerson } else { e.fate }
}

fn nothing_of_others(title: &str, texts: &[(String, String)]) {
    for (field, text) in texts {
        for word in NOT_HERS {
            assert!(!text.contains(word), "{title}, {field}: {word}");
        }
    }
}

#[test]
fn a_run_that_stopped_goes_on_and_a_whole_one_is_followed_by_a_new_request() {
    let dir = tempfile::tempdir().unwrap();
    let (mut walk, office, org) = office(dir.path());
    let first = walk.request(&office, &org).unwrap();
    let again = walk.request(&office, &org).unwrap();
    assert_eq!(again.row.reference, first.row.reference, "the run had not ended");
    walk.identity(&office, &org, &again).unwrap();
    let settled = walk.request(&office, &org).unwrap();
    walk.identity(&office, &org, &settled).unwrap();
    std::fs::remove_file(walk.unfinished()).unwrap();
    let next = walk.request(&office, &org).unwrap();
    let ends = |reference: &str| reference.rsplit('-').next().unwrap().to_owned();
    assert_eq!(
        (ends(&first.row.reference), ends(&next.row.reference)),
        ("0001".into(), "0002".into())
    );
    drop(office);
    let mut second = Walk::new(dir.path(), "127.0.0.1:8420".parse().unwrap(), true);
    assert_eq!(second.office().unwrap().1, org, "no second organisation");
}

#[test]
fn holdings_go_on_where_a_run_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let mut walk = Walk::new(dir.path(), "127.0.0.1:8420".parse().unwrap(), true);
    walk.society().unwrap();
    let (office, org) = walk.office().unwrap();
    let by = office.by_command(&org);
    let all = maps::all().unwrap();
    let club = all.iter().find(|d| d.short == "club").unwrap();
    let version = || office.read(|tx| holding_sql::by_short(tx, &org, "club")).unwrap().version;
    maps::add(&office, &by, club).unwrap();
    assert_eq!(version(), 1);
    let added = office.read(|tx| holding_sql::by_short(tx, &org, "club")).unwrap();
    let drafted = holdings::acts::scan_and_save(&office, &by, &added).unwrap();
    assert!(!drafted.is_empty(), "a scan alone leaves decisions to a person");
    assert_eq!(maps::put(&office, &by, club).unwrap(), Vec::new());
    let decided = version();
    assert_eq!(maps::put(&office, &by, club).unwrap(), Vec::new());
    assert_eq!(version(), decided + 1, "checked, not decided again");
}

#[test]
fn what_she_writes_is_enough_to_search_by() {
    let asker = asker();
    asker.check().unwrap();
    let seek = crate::people::seek(&asker);
    assert!(seek.identifiers.iter().all(|i| !i.normal.contains("fenwick")), "that is learned");
    assert_eq!(seek.identifiers.len(), 4);
}
