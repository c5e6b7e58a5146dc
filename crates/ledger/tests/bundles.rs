//! A bundle verifies, and whatever is done to it is found and named.
#![allow(clippy::unwrap_used, clippy::panic)] // Also in the helpers.

mod common;

use std::fs;
use std::path::Path;

use candour_ledger::bundle::{CHECKPOINT, KEYS, entries_path, tile_path};
use candour_ledger::{
    DirTiles, LedgerError, LogKey, MemoryTiles, Tampering, TileSource, Verified, VerifyError,
    add_signature, bundle_keys, check_inclusion, leaf_hash, prove_inclusion, sign_checkpoint,
    verify_bundle, write_bundle, write_entries,
};
use common::{Dice, ORIGIN, entry, entry_bytes, flipped, key, signed};
use tempfile::TempDir;

/// A bundle of the first entries of the test log.
fn bundle(size: u64) -> TempDir {
    bundle_of((0..size).map(entry_bytes))
}

fn bundle_of(entries: impl Iterator<Item = Vec<u8>>) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_entries(dir.path(), entries.map(Ok), &[key().vkey()], |size, root| {
        sign_checkpoint(ORIGIN, size, root, &key())
    })
    .unwrap();
    dir
}

fn verify(dir: &TempDir) -> Result<Verified, VerifyError> {
    verify_bundle(dir.path(), &[key().vkey()], None)
}

#[track_caller]
fn tampering(dir: &TempDir) -> Tampering {
    match verify(dir) {
        Err(VerifyError::Tampered(found)) => found,
        other => panic!("not found: {other:?}"),
    }
}

fn change(dir: &TempDir, file: &str, how: impl FnOnce(&mut Vec<u8>)) {
    let path = dir.path().join(file);
    let mut bytes = fs::read(&path).unwrap();
    how(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// The entries in the bytes of a file of entries.
fn unframed(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (entry, rest) = rest.split_at(u16::from_be_bytes(*length).into());
        entries.push(entry.to_vec());
        bytes = rest;
    }
    entries
}

fn framed(entries: &[Vec<u8>]) -> Vec<u8> {
    let framed = entries.iter().map(|e| [&(e.len() as u16).to_be_bytes()[..], e].concat());
    framed.collect::<Vec<_>>().concat()
}

fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn paths_are_as_the_layout_has_them() {
    assert_eq!(tile_path(0, 0, 256), "tile/0/000");
    assert_eq!(tile_path(1, 1_234_067, 256), "tile/1/x001/x234/067");
    assert_eq!(tile_path(2, 1_000, 7), "tile/2/x001/000.p/7");
    assert_eq!(entries_path(999, 256), "tile/entries/999");
    assert_eq!(entries_path(1_234_067, 1), "tile/entries/x001/x234/067.p/1");
}

#[test]
fn a_bundle_has_the_files_of_the_layout() {
    assert_eq!(files(bundle(0).path()), ["checkpoint", "keys"]);
    let full = ["checkpoint", "keys", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"];
    assert_eq!(files(bundle(256).path()), full);
    let over = bundle(258);
    let expected = [
        "checkpoint",
        "keys",
        "tile/0/000",
        "tile/0/001.p/2",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/2",
    ];
    assert_eq!(files(over.path()), expected);
    let last = fs::read(over.path().join("tile/entries/001.p/2")).unwrap();
    assert_eq!(last, framed(&[entry_bytes(256), entry_bytes(257)]));
    let leaves = fs::read(over.path().join("tile/0/001.p/2")).unwrap();
    assert_eq!(leaves, [leaf_hash(&entry_bytes(256)), leaf_hash(&entry_bytes(257))].concat());
    assert_eq!(bundle_keys(over.path()).unwrap(), [key().vkey()]);
}

#[test]
fn bundles_of_every_shape_verify() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, 1_000, 4_096, 8_500, 65_535, 65_536, 66_100]
    {
        let dir = bundle(size);
        let verified = verify(&dir).unwrap();
        assert_eq!((verified.origin.as_str(), verified.size), (ORIGIN, size));
        assert_eq!(verified.entries_by_act.values().sum::<u64>(), size);
        let mut log = MemoryTiles::default();
        (0..size).for_each(|i| log.append(leaf_hash(&entry_bytes(i))));
        assert_eq!(verified.root, log.edge().root());
        let at = |i: u64| Some(entry(i).at);
        let read = |at: Option<String>| at.map(|at| at.parse().unwrap());
        assert_eq!(read(verified.first_at), size.checked_sub(1).and(at(0)));
        assert_eq!(read(verified.last_at), size.checked_sub(1).and_then(at));
        assert_eq!(verified.signers[0].name, ORIGIN);
        assert_eq!(verified.notes, [""; 0]);
    }
}

#[test]
fn acts_are_counted() {
    let dir = bundle(1_000);
    let verified = verify(&dir).unwrap();
    for (act, count) in verified.entries_by_act {
        assert_eq!(count, (0..1_000).filter(|&i| entry(i).act == act).count() as u64, "{act}");
    }
    // More acts than the counting table has room for.
    let many = bundle_of((0..5_000).map(|i| {
        let mut one = entry(i);
        one.act = format!("act.n{}", i % 1_250);
        one.to_bytes().unwrap()
    }));
    let verified = verify(&many).unwrap();
    assert_eq!(verified.entries_by_act.len(), 1_250);
    assert!(verified.entries_by_act.values().all(|&count| count == 4));
}

#[test]
fn a_bundle_copied_from_a_store_is_the_same() {
    let written = bundle(700);
    let mut log = MemoryTiles::default();
    // The store has grown since the checkpoint was signed.
    (0..1_000).for_each(|i| log.append(leaf_hash(&entry_bytes(i))));
    let checkpoint = fs::read_to_string(written.path().join(CHECKPOINT)).unwrap();
    let copied = tempfile::tempdir().unwrap();
    let entries = (0..1_000).map(|i| Ok(entry_bytes(i)));
    write_bundle(copied.path(), &checkpoint, &[key().vkey()], &log, entries).unwrap();
    assert_eq!(files(copied.path()), files(written.path()));
    for file in files(copied.path()) {
        let read = |dir: &TempDir| fs::read(dir.path().join(&file)).unwrap();
        assert_eq!(read(&copied), read(&written), "{file}");
    }
}

#[test]
fn a_store_that_was_tampered_with_shows_in_its_bundle() {
    let mut log = MemoryTiles::default();
    (0..700).for_each(|i| log.append(leaf_hash(&entry_bytes(i))));
    let checkpoint = signed(700, log.edge().root());
    let entries = (0..700).map(|i| Ok(entry_bytes(if i == 432 { 9_999 } else { i })));
    let dir = tempfile::tempdir().unwrap();
    write_bundle(dir.path(), &checkpoint, &[key().vkey()], &log, entries).unwrap();
    let found = tampering(&dir);
    assert_eq!((found.file.as_str(), found.index), ("tile/entries/001", Some(432)));

    let dir = tempfile::tempdir().unwrap();
    let fewer = (0..699).map(|i| Ok(entry_bytes(i)));
    let refused = write_bundle(dir.path(), &checkpoint, &[key().vkey()], &log, fewer);
    assert!(matches!(refused, Err(LedgerError::Bundle(_))));
}

#[test]
fn a_bundle_is_not_written_over_anything_or_with_a_wrong_signature() {
    let dir = bundle(3);
    let again = write_entries(dir.path(), [], &[key().vkey()], |n, root| Ok(signed(n, root)));
    assert!(matches!(again, Err(LedgerError::Bundle(_))));

    let dir = tempfile::tempdir().unwrap();
    let entries = [Ok(entry_bytes(0))];
    let wrong =
        write_entries(dir.path(), entries, &[key().vkey()], |n, root| Ok(signed(n + 1, root)));
    assert!(matches!(wrong, Err(LedgerError::Checkpoint(_))));
    assert!(!dir.path().join(CHECKPOINT).exists());
    let dir = tempfile::tempdir().unwrap();
    let entries = [Ok(b"{}".to_vec())];
    let wrong = write_entries(dir.path(), entries, &[key().vkey()], |n, root| Ok(signed(n, root)));
    assert!(matches!(wrong, Err(LedgerError::Entry { .. })));
}

#[test]
fn proofs_can_be_made_from_a_bundle() {
    let dir = bundle(700);
    let root = verify(&dir).unwrap().root;
    let tiles = DirTiles::new(dir.path());
    for index in [0, 255, 256, 511, 512, 699] {
        let proof = prove_inclusion(&tiles, index, 700).unwrap();
        check_inclusion(&proof, 700, &root, index, &leaf_hash(&entry_bytes(index))).unwrap();
    }
    // The partial tile of an earlier size is the start of the tile that is there now.
    let earlier = tiles.tile(0, 1, 10).unwrap();
    assert_eq!(earlier, tiles.tile(0, 1, 256).unwrap()[..320]);
    assert!(matches!(tiles.tile(0, 9, 256), Err(LedgerError::Io { .. })));
}

/// Every bit of every file of a small bundle, but for the list of keys, which is not relied on.
#[test]
fn every_changed_bit_is_found() {
    let dir = bundle(4);
    for file in files(dir.path()).iter().filter(|file| *file != KEYS) {
        let path = dir.path().join(file);
        let bytes = fs::read(&path).unwrap();
        for bit in 0..bytes.len() * 8 {
            fs::write(&path, flipped(&bytes, bit)).unwrap();
            let found = tampering(&dir);
            let twin = [file.as_str(), "tile/entries/000.p/4", "tile/0/000.p/4"];
            assert!(twin.contains(&found.file.as_str()), "bit {bit} of {file}: {found}");
        }
        fs::write(&path, bytes).unwrap();
    }
    verify(&dir).unwrap();
}

#[test]
fn a_changed_bit_anywhere_in_a_larger_bundle_is_found_and_placed() {
    let dir = bundle(66_000);
    let all = files(dir.path());
    let mut dice = Dice(5);
    for round in 0..50 {
        let file = &all[dice.below(all.len() as u64) as usize];
        if file == KEYS {
            continue;
        }
        let path = dir.path().join(file);
        let bytes = fs::read(&path).unwrap();
        let bit = dice.below(bytes.len() as u64 * 8) as usize;
        fs::write(&path, flipped(&bytes, bit)).unwrap();
        let found = tampering(&dir);
        // The last, open tile of a level has none above to say which of the two was changed.
        let twin = file.contains(".p/") || &found.file == file;
        assert!(twin, "round {round}, bit {bit} of {file}: {found}");
        if file.starts_with("tile/0/") || file.starts_with("tile/entries/") {
            let number: u64 = file.split('/').nth(2).unwrap()[..3].parse().unwrap();
            let within = number * 256..(number + 1) * 256;
            assert!(found.index.is_some_and(|index| within.contains(&index)), "{file}: {found}");
        }
        fs::write(&path, bytes).unwrap();
    }
    verify(&dir).unwrap();
}

/// What can be done to a row of entries.
type Change = fn(&mut Vec<Vec<u8>>);

#[test]
fn entries_changed_in_place_are_named() {
    let changes: [(&str, u64, Change); 9] = [
        ("changed", 300, |row| row[44] = entry_bytes(7_000)),
        ("dropped", 300, |row| drop(row.remove(44))),
        ("doubled", 301, |row| row.insert(45, row[44].clone())),
        ("added", 300, |row| row.insert(44, entry_bytes(7_000))),
        ("added at the end", 512, |row| row.push(entry_bytes(7_000))),
        ("swapped", 300, |row| row.swap(44, 200)),
        ("cut short", 509, |row| row.truncate(253)),
        ("emptied", 256, |row| row.clear()),
        ("reversed", 256, |row| row.reverse()),
    ];
    for (name, index, how) in changes {
        let dir = bundle(1_000);
        change(&dir, "tile/entries/001", |bytes| {
            let mut row = unframed(bytes);
            how(&mut row);
            *bytes = framed(&row);
        });
        let found = tampering(&dir);
        assert_eq!((found.file.as_str(), found.index), ("tile/entries/001", Some(index)), "{name}");
    }
}

#[test]
fn bytes_cut_off_or_added_are_named() {
    for (file, index) in [
        ("tile/entries/001", 511),
        ("tile/entries/003.p/232", 999),
        ("tile/0/001", 256),
        ("tile/0/003.p/232", 768),
        ("tile/1/000.p/3", 0),
    ] {
        let dir = bundle(1_000);
        change(&dir, file, |bytes| bytes.truncate(bytes.len() - 1));
        let found = tampering(&dir);
        assert_eq!((found.file.as_str(), found.index), (file, Some(index)));

        let dir = bundle(1_000);
        change(&dir, file, |bytes| bytes.push(0));
        let found = tampering(&dir);
        assert_eq!(found.file, file);
    }
}

#[test]
fn missing_and_exchanged_files_are_named() {
    for file in files(bundle(1_000).path()).iter().filter(|file| *file != KEYS) {
        let dir = bundle(1_000);
        fs::remove_file(dir.path().join(file)).unwrap();
        let found = tampering(&dir);
        assert_eq!((&found.file, found.what.as_str()), (file, "the file is missing"));
    }
    let dir = bundle(1_000);
    let (a, b) = (dir.path().join("tile/entries/000"), dir.path().join("tile/entries/001"));
    let (first, second) = (fs::read(&a).unwrap(), fs::read(&b).unwrap());
    fs::write(a, second).unwrap();
    fs::write(b, first).unwrap();
    let found = tampering(&dir);
    assert_eq!((found.file.as_str(), found.index), ("tile/entries/000", Some(0)));
}

#[test]
fn the_tile_above_tells_whether_entry_or_tile_was_changed() {
    let dir = bundle(1_000);
    change(&dir, "tile/entries/001", |bytes| {
        let mut row = unframed(bytes);
        row[4] = entry_bytes(7_000);
        *bytes = framed(&row);
    });
    assert!(tampering(&dir).what.starts_with("the entry is not the one that was logged"));

    let dir = bundle(1_000);
    change(&dir, "tile/0/001", |bytes| bytes[4 * 32] ^= 1);
    let found = tampering(&dir);
    assert_eq!((found.file.as_str(), found.index), ("tile/0/001", Some(260)));
    assert!(found.what.contains("the entry itself is as it was logged"), "{found}");
}

/// Entry and leaf hash changed together, so that the two agree; then the tile above as well.
#[test]
fn a_change_carried_upwards_is_found_above() {
    let dir = bundle(1_000);
    let forged = entry_bytes(7_000);
    change(&dir, "tile/entries/001", |bytes| {
        let mut row = unframed(bytes);
        row[4] = forged.clone();
        *bytes = framed(&row);
    });
    change(&dir, "tile/0/001", |bytes| {
        bytes[4 * 32..5 * 32].copy_from_slice(&leaf_hash(&forged));
    });
    let found = tampering(&dir);
    assert_eq!((found.file.as_str(), found.index), ("tile/1/000.p/3", Some(256)));
    assert!(found.what.contains("tile/0/001") && found.what.contains("from 256 to 511"), "{found}");

    let other =
        bundle_of((0..1_000).map(|i| if i == 260 { forged.clone() } else { entry_bytes(i) }));
    let checkpoint = fs::read(dir.path().join(CHECKPOINT)).unwrap();
    fs::write(other.path().join(CHECKPOINT), checkpoint).unwrap();
    let found = tampering(&other);
    assert_eq!((found.file.as_str(), found.index), (CHECKPOINT, None));
    assert!(found.what.contains("not with the root that was signed"), "{found}");
}

#[test]
fn the_lowest_of_several_changes_is_reported() {
    let dir = bundle(20_000);
    for file in ["tile/entries/077", "tile/entries/041", "tile/0/063", "tile/entries/040"] {
        change(&dir, file, |bytes| bytes[100] ^= 1);
    }
    // However the threads share out the work.
    for _ in 0..50 {
        assert_eq!(tampering(&dir).file, "tile/entries/040");
    }
}

#[test]
fn checkpoints_that_do_not_vouch_are_refused() {
    let dir = bundle(300);
    let root = verify(&dir).unwrap().root;
    let put = |text: &str| fs::write(dir.path().join(CHECKPOINT), text).unwrap();
    let namesake = LogKey::new(ORIGIN, &[1; 32]).unwrap();
    let witness = LogKey::new("witness.example", &[1; 32]).unwrap();

    put(&sign_checkpoint(ORIGIN, 300, root, &namesake).unwrap());
    assert!(tampering(&dir).what.contains("none of the trusted keys has signed it"));

    let good = signed(300, root);
    put(&good.replacen("\n300\n", "\n299\n", 1));
    assert!(tampering(&dir).what.contains("does not fit its text"));

    put("nothing of the kind");
    assert_eq!(tampering(&dir).file, CHECKPOINT);
    fs::write(dir.path().join(CHECKPOINT), [0xff, 0xfe]).unwrap();
    assert_eq!(tampering(&dir).file, CHECKPOINT);

    let both = add_signature(&good, &witness).unwrap();
    put(&both);
    let only_witness = verify_bundle(dir.path(), &[witness.vkey()], None);
    assert!(matches!(only_witness, Err(VerifyError::Tampered(_))));
    let notes = verify(&dir).unwrap().notes;
    assert!(notes.len() == 1 && notes[0].contains("witness.example"), "{notes:?}");
    let verified = verify_bundle(dir.path(), &[key().vkey(), witness.vkey()], None).unwrap();
    assert_eq!(verified.signers.len(), 2);

    // A smaller log under the same key: true, but no longer all of these files.
    let mut log = MemoryTiles::default();
    (0..290).for_each(|i| log.append(leaf_hash(&entry_bytes(i))));
    put(&signed(290, log.edge().root()));
    assert_eq!(tampering(&dir).file, "tile/entries/001.p/34");
}

#[test]
fn a_log_must_continue_its_earlier_checkpoint() {
    let dir = bundle(1_000);
    let mut log = MemoryTiles::default();
    let since = |text: &str| verify_bundle(dir.path(), &[key().vkey()], Some(text));
    let found = |text: &str| match since(text) {
        Err(VerifyError::Tampered(found)) => found,
        other => panic!("not found: {other:?}"),
    };
    since(&signed(0, log.edge().root())).unwrap();
    for i in 0..1_000 {
        log.append(leaf_hash(&entry_bytes(i)));
        if [1, 255, 256, 257, 512, 700, 999, 1_000].contains(&(i + 1)) {
            since(&signed(i + 1, log.edge().root())).unwrap();
            let rewritten = found(&signed(i + 1, leaf_hash(b"another past")));
            assert!(rewritten.what.contains("does not continue"), "{rewritten}");
        }
    }
    log.append(leaf_hash(&entry_bytes(1_000)));
    let longer = found(&signed(1_001, log.edge().root()));
    assert_eq!(longer.index, Some(1_000));
    assert!(longer.what.contains("removed from the end"), "{longer}");

    // What cannot be relied on is no finding about the bundle.
    let other = LogKey::new("other.example", &[1; 32]).unwrap();
    let text = sign_checkpoint("other.example", 5, [0; 32], &other).unwrap();
    assert!(matches!(since(&text), Err(VerifyError::Unreadable(LedgerError::Checkpoint(_)))));
    let keys = [key().vkey(), other.vkey()];
    let of_another = verify_bundle(dir.path(), &keys, Some(&text));
    assert!(matches!(of_another, Err(VerifyError::Unreadable(LedgerError::Checkpoint(_)))));
}

#[test]
fn odd_but_sound_things_are_noted() {
    // Two steps back in time: one inside a file, one where threads change over.
    let dir = bundle_of((0..10_000).map(|i| {
        let mut one = entry(i);
        if i == 700 || i == 4_096 {
            one.at = entry(i - 3).at;
        }
        one.to_bytes().unwrap()
    }));
    let notes = verify(&dir).unwrap().notes;
    assert!(notes.len() == 1, "{notes:?}");
    assert!(notes[0].starts_with("2 entries are dated before"), "{notes:?}");
    assert!(notes[0].contains("the first with index 700"), "{notes:?}");

    let dir = bundle(300);
    fs::write(dir.path().join("tile/entries/002"), framed(&[entry_bytes(1)])).unwrap();
    fs::create_dir(dir.path().join("payloads")).unwrap();
    fs::write(dir.path().join("payloads/one"), "kept elsewhere").unwrap();
    let notes = verify(&dir).unwrap().notes;
    assert!(
        notes.len() == 1 && notes[0].starts_with("tile/entries/002 is not covered"),
        "{notes:?}"
    );
}

#[test]
fn what_is_no_bundle_is_unreadable() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(verify(&dir), Err(VerifyError::Unreadable(LedgerError::Bundle(_)))));
    let nowhere = dir.path().join("nowhere");
    let missing = verify_bundle(&nowhere, &[key().vkey()], None);
    assert!(matches!(missing, Err(VerifyError::Unreadable(_))));
    let no_key = verify_bundle(bundle(3).path(), &["no key"], None);
    assert!(matches!(no_key, Err(VerifyError::Unreadable(LedgerError::Key(_)))));
}
