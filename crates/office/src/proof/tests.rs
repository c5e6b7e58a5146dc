//! The log under two processes, under a migration, and under keys that go.

use candour_db::{Db, Key, Place, Tx, bind};
use candour_ledger::{Edge, Entry, leaf_hash};
use jiff::Timestamp;

use super::{Act, By, Recorded, acts, finisher, sql};
use crate::error::{Error, Result};
use crate::migrations;
use crate::office::Office;

fn office() -> (tempfile::TempDir, Office, By) {
    let dir = tempfile::tempdir().unwrap();
    let office = Office::init(dir.path(), None).unwrap();
    let charter = crate::charter::Charter::parse(include_str!("../demo/charter.toml")).unwrap();
    let org = office.found(charter).unwrap();
    let by = office.by_command(&org);
    (dir, office, by)
}

/// Exports the log and checks it as a stranger would; answers its size.
fn verified(office: &Office, org: &str) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let (vault, o, now) = (office.vault().clone(), org.to_owned(), office.now());
    let (size, note) = office.chore(move |tx| acts::checkpoint(tx, &vault, &o, now)).unwrap();
    let to = dir.path().join("bundle");
    let vkey = acts::export(office.db(), office.vault(), org, &note, &to).unwrap();
    candour_ledger::verify_bundle(&to, &[vkey], None).unwrap();
    size
}

fn count(office: &Office, by: &By) {
    let by = by.clone();
    office.write(move |_| Ok(Recorded::new(&by, (), Act::new("test.counted")))).unwrap();
}

#[test]
fn two_processes_in_turn_and_at_once_make_one_log() {
    let (dir, first, by) = office();
    let second = Office::open(dir.path(), None).unwrap();
    let before = verified(&first, &by.org);
    for _ in 0..20 {
        count(&first, &by);
        count(&second, &by);
        count(&second, &by);
    }
    // At once, in batches of every size, over the ends of two tiles.
    std::thread::scope(|s| {
        for n in 0..50 {
            let (office, by) = (if n % 2 == 0 { &first } else { &second }, &by);
            s.spawn(move || (0..10).for_each(|_| count(office, by)));
        }
    });
    assert_eq!(verified(&second, &by.org), before + 560);
}

#[test]
fn an_act_that_destroys_its_key_can_say_nothing_under_it() {
    let (_dir, office, by) = office();
    let (vault, b) = (office.vault().clone(), by.clone());
    let before = verified(&office, &by.org);
    let refused: Result<()> = office.write(move |tx| {
        let key = vault.make_key(tx, &b.org, "case:1", b.now)?;
        vault.unwrap(tx, &b.org, &key)?;
        vault.shred(tx, &b.org, &key, b.now)?;
        Ok(Recorded::new(&b, (), Act::new("test.said").say(&key, "Words")))
    });
    assert!(matches!(refused, Err(Error::Unavailable(_))));
    assert_eq!(verified(&office, &by.org), before);
}

/// Ten entries as the first form of the table had them.
fn first_form(tx: &mut Tx<'_>, org: &str, at: Timestamp) -> Result<()> {
    tx.exec(
        "INSERT INTO organisations (id, short, made_at) VALUES ($1, 'test', $2)",
        bind![org, at],
    )?;
    let mut edge = Edge::empty();
    for n in 0..10_u64 {
        let id = crate::kit::new_id(at);
        let bytes = Entry::new(&id, at, "command", "test.counted").to_bytes()?;
        let leaf = leaf_hash(&bytes);
        edge.append(leaf);
        tx.exec(
            "INSERT INTO ledger_entries (org, idx, id, at, act, subject, leaf, bytes)
             VALUES ($1, $2, $3, $4, 'test.counted', 'case:1', $5, $6)",
            bind![org, n, id, at, leaf, bytes],
        )?;
    }
    tx.exec(
        "INSERT INTO ledger_heads (org, size, edge) VALUES ($1, 10, $2)",
        bind![org, edge.to_bytes()],
    )?;
    Ok(())
}

#[test]
fn entries_of_the_first_form_stay_where_they_are() {
    let dir = tempfile::tempdir().unwrap();
    let place = Place::Sqlite { path: dir.path().join("office.db"), key: Some(Key([1; 32])) };
    let at: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
    let old = Db::open(&place, &migrations::ALL[..4], finisher()).unwrap();
    old.write(move |tx| first_form(tx, "one", at)).unwrap();
    drop(old);

    let db = Db::open(&place, migrations::ALL, finisher()).unwrap();
    let vault = crate::kit::vault::Vault::new([2; 32]).unwrap();
    let v = vault.clone();
    db.write(move |tx| {
        let by = By {
            org: "one".into(),
            actor: "command".into(),
            role: crate::staff::Role::Officer,
            now: at,
        };
        acts::record(tx, &v, &by, Act::new("test.counted").about("case", "1"))
    })
    .unwrap();
    let rows = db.read(|tx| sql::entries_of(tx, "one", "case:1", 100)).unwrap();
    assert_eq!(rows.iter().map(|r| r.idx).collect::<Vec<_>>(), (0..=10).rev().collect::<Vec<_>>());
    let v = vault.clone();
    let (size, note) = db.write(move |tx| acts::checkpoint(tx, &v, "one", at)).unwrap();
    assert_eq!(size, 11);
    let to = dir.path().join("bundle");
    let vkey = acts::export(&db, &vault, "one", &note, &to).unwrap();
    candour_ledger::verify_bundle(&to, &[vkey], None).unwrap();
}
