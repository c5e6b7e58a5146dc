//! The program as an auditor runs it.
#![allow(clippy::unwrap_used)] // Also in the helpers, which Clippy does not take for tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use candour_ledger::bundle::CHECKPOINT;
use candour_ledger::{
    DirTiles, Entry, LogKey, ProofFile, sign_checkpoint, verify_bundle, write_entries,
};

const ORIGIN: &str = "candour.example/org/7";

fn key() -> LogKey {
    LogKey::new(ORIGIN, &[42; 32]).unwrap()
}

fn entry(i: u64) -> Vec<u8> {
    let id = format!("018f3c2e-7b1a-7c3d-9e4f-{i:012x}");
    let at = format!("2026-01-31T{:02}:{:02}:00Z", i / 60 % 24, i % 60).parse().unwrap();
    let act = if i.is_multiple_of(3) { "request.received" } else { "request.answered" };
    Entry::new(&id, at, "public", act).to_bytes().unwrap()
}

/// A new folder of this test's own, and in it the bundle of a ledger of `size` entries.
fn bundle(test: &str, size: u64) -> (PathBuf, PathBuf) {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("verify-{test}"));
    let _ = fs::remove_dir_all(&work);
    let dir = work.join("bundle");
    write(&dir, size);
    (work, dir)
}

fn write(dir: &Path, size: u64) {
    let sign = |size, root| sign_checkpoint(ORIGIN, size, root, &key());
    write_entries(dir, (0..size).map(|i| Ok(entry(i))), &[key().vkey()], sign).unwrap();
}

fn proof(dir: &Path, index: u64) -> ProofFile {
    let checkpoint = fs::read_to_string(dir.join(CHECKPOINT)).unwrap();
    ProofFile::make(&DirTiles::new(dir), index, &entry(index), &checkpoint, &[key().vkey()])
        .unwrap()
}

fn run<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> (i32, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_candour-verify")).args(args).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

/// The files of a bundle as one ZIP file, with others beside them.
fn pack(dir: &Path, to: &Path, others: &[(&str, &[u8])]) {
    let mut zip = zip::ZipWriter::new(fs::File::create(to).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            if file.is_dir() {
                folders.push(file);
                continue;
            }
            zip.start_file(file.strip_prefix(dir).unwrap().to_str().unwrap(), options).unwrap();
            std::io::Write::write_all(&mut zip, &fs::read(&file).unwrap()).unwrap();
        }
    }
    for (name, bytes) in others {
        zip.start_file(*name, options).unwrap();
        std::io::Write::write_all(&mut zip, bytes).unwrap();
    }
    zip.finish().unwrap();
}

#[test]
fn a_bundle_in_one_file_is_checked_like_its_folder() {
    let (work, dir) = bundle("packed", 700);
    let (file, keys) = (work.join("ledger.zip"), work.join("keys.txt"));
    fs::write(&keys, key().vkey()).unwrap();
    let verify = |file: &Path| run(&[file.to_str().unwrap(), "--key-file", keys.to_str().unwrap()]);
    pack(&dir, &file, &[]);
    assert_eq!(verify(&file), verify(&dir));
    assert_eq!(verify(&file).0, 0);
    let path = dir.join("tile/entries/001");
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    pack(&dir, &file, &[]);
    assert_eq!(verify(&file), verify(&dir));
    assert_eq!(verify(&file).0, 1);
}

#[test]
fn what_is_no_bundle_is_not_unpacked() {
    let (work, dir) = bundle("unpacked", 3);
    let file = work.join("ledger.zip");
    let escaped = work.join("out");
    let zeros = vec![0; 300 << 20];
    for (name, bytes, said) in [
        ("../out", b"x".as_slice(), "belongs to no ledger"),
        ("tile/../../out", b"x", "belongs to no ledger"),
        ("readme.txt", b"x", "belongs to no ledger"),
        ("tile/0/zeros", &zeros, "swells"),
    ] {
        pack(&dir, &file, &[(name, bytes)]);
        let (code, _, err) = run(&[file.to_str().unwrap(), "--key", &key().vkey()]);
        assert!(code == 2 && err.contains(said), "{name}: {code} {err}");
        assert!(!escaped.exists(), "{name}");
    }
    fs::write(&file, "no zip").unwrap();
    let (code, _, err) = run(&[file.to_str().unwrap(), "--key", &key().vkey()]);
    assert!(code == 2 && err.contains("neither a folder nor a ZIP file"), "{err}");
}

#[test]
fn a_sound_bundle_is_summed_up() {
    let (_, dir) = bundle("sound", 1_234);
    let (code, out, err) = run(&[dir.to_str().unwrap(), "--key", &key().vkey()]);
    let root = verify_bundle(&dir, &[key().vkey()], None).unwrap().root;
    let signer = verify_bundle(&dir, &[key().vkey()], None).unwrap().signers[0].to_string();
    assert!(key().vkey().starts_with(&format!("{signer}+")));
    let expected = format!(
        "Sound: 1,234 entries from 2026-01-31T00:00:00.000Z to 2026-01-31T20:33:00.000Z\n  \
         ledger     candour.example/org/7\n  \
         signed by  {signer}\n  \
         root       {}\n  \
         acts       request.answered        822\n             \
         request.received        412\n",
        candour_ledger::hash_text(&root),
    );
    assert_eq!((code, out.as_str(), err.as_str()), (0, expected.as_str(), ""));

    let (code, out, _) = run(&[dir.to_str().unwrap(), "--json", "--key", &key().vkey()]);
    let verdict = json(&out);
    assert_eq!(code, 0);
    assert_eq!(verdict["sound"], true);
    assert_eq!(verdict["key_from_bundle"], false);
    assert_eq!(verdict["bundle"]["entries"], 1_234);
    assert_eq!(verdict["bundle"]["entries_by_act"]["request.received"], 412);
}

#[test]
fn an_empty_ledger_is_sound() {
    let (_, dir) = bundle("empty", 0);
    let (code, out, _) = run(&[dir.to_str().unwrap(), "--key", &key().vkey()]);
    assert_eq!(code, 0);
    assert!(out.starts_with("Sound: a ledger without entries\n"), "{out}");
}

#[test]
fn the_bundles_own_key_is_warned_of() {
    let (work, dir) = bundle("own-key", 10);
    let (code, out, err) = run(&[&dir]);
    assert_eq!(code, 0);
    assert!(out.starts_with("Sound: 10 entries"), "{out}");
    assert!(err.starts_with("Warning: no key was given"), "{err}");
    assert!(err.contains(&key().vkey()), "{err}");
    let (_, out, _) = run(&[dir.to_str().unwrap(), "--json"]);
    assert_eq!(json(&out)["key_from_bundle"], true);

    // A list without keys does not fall back to the bundle's own.
    let list = work.join("keys.txt");
    fs::write(&list, "# none yet\n").unwrap();
    let (code, out, err) = run(&[dir.to_str().unwrap(), "--key-file", list.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("no key to check with"), "{err}");
    fs::write(&list, format!("# published 2026\n\n  {}\n", key().vkey())).unwrap();
    let (code, _, err) = run(&[dir.to_str().unwrap(), "--key-file", list.to_str().unwrap()]);
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn tampering_is_named() {
    let (_, dir) = bundle("tampered", 600);
    let file = dir.join("tile/entries/001");
    let mut bytes = fs::read(&file).unwrap();
    let at = bytes.windows(16).position(|w| w == b"request.received").unwrap();
    bytes[at + 8] = b'd';
    fs::write(&file, bytes).unwrap();

    let (code, out, err) = run(&[dir.to_str().unwrap(), "--key", &key().vkey()]);
    let found = "Tampering found: tile/entries/001, entry 258: the entry is not the one";
    assert_eq!((code, err.as_str()), (1, ""));
    assert!(out.starts_with(found), "{out}");
    let (code, out, _) = run(&[dir.to_str().unwrap(), "--json", "--key", &key().vkey()]);
    let verdict = json(&out);
    assert_eq!(code, 1);
    assert_eq!(verdict["sound"], false);
    assert_eq!((&verdict["file"], &verdict["index"]), (&"tile/entries/001".into(), &258.into()));
}

#[test]
fn another_key_does_not_vouch() {
    let (_, dir) = bundle("other-key", 10);
    let other = LogKey::new(ORIGIN, &[1; 32]).unwrap();
    let (code, out, _) = run(&[dir.to_str().unwrap(), "--key", &other.vkey()]);
    assert_eq!(code, 1);
    assert!(out.contains("none of the trusted keys has signed it"), "{out}");
}

#[test]
fn an_earlier_checkpoint_must_be_continued() {
    let (work, dir) = bundle("since", 600);
    let earlier = work.join("earlier");
    write(&earlier, 300);
    let key = key().vkey();
    let run_since = |checkpoint: &Path| {
        run(&[dir.to_str().unwrap(), "--key", &key, "--since", checkpoint.to_str().unwrap()])
    };
    assert_eq!(run_since(&earlier.join(CHECKPOINT)).0, 0);

    let rewritten = work.join("rewritten");
    let text = sign_checkpoint(ORIGIN, 300, [9; 32], &self::key()).unwrap();
    fs::write(&rewritten, text).unwrap();
    let (code, out, _) = run_since(&rewritten);
    assert_eq!(code, 1);
    assert!(out.contains("does not continue the earlier checkpoint"), "{out}");
    assert_eq!(run_since(&work.join("nowhere")).0, 2);
}

#[test]
fn a_proof_stands_alone() {
    let (work, dir) = bundle("proof", 600);
    let (file, line) = (work.join("receipt.tlog-proof"), work.join("entry.json"));
    let (file, line) = (file.to_str().unwrap(), line.to_str().unwrap());
    let key = key().vkey();
    let mut made = proof(&dir, 300);
    fs::write(file, made.to_text()).unwrap();
    let (code, out, err) = run(&["--proof", file, "--key", &key]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("Proved: entry 300 is in the ledger\n"), "{out}");
    assert!(out.contains("request.received, 2026-01-31T05:00:00Z"), "{out}");
    let (_, out, _) = run(&["--proof", file, "--key", &key, "--json"]);
    assert_eq!(json(&out)["proof"]["index"], 300);

    made.extra = None;
    fs::write(file, made.to_text()).unwrap();
    let (code, _, err) = run(&["--proof", file, "--key", &key]);
    assert_eq!(code, 2);
    assert!(err.contains("--entry"), "{err}");
    fs::write(line, [entry(300), b"\n".to_vec()].concat()).unwrap();
    assert_eq!(run(&["--proof", file, "--entry", line, "--key", &key]).0, 0);
    fs::write(line, entry(301)).unwrap();
    let (code, out, _) = run(&["--proof", file, "--entry", line, "--key", &key]);
    assert_eq!(code, 1);
    assert!(out.contains("entry 300: proof: it does not lead"), "{out}");

    // Without a bundle there is no key but a given one.
    assert_eq!(run(&["--proof", file, "--entry", line]).0, 2);
}

#[test]
fn a_bundle_must_continue_its_proofs() {
    let (work, dir) = bundle("proof-bundle", 600);
    let file = work.join("receipt.tlog-proof");
    fs::write(&file, proof(&dir, 599).to_text()).unwrap();
    let key = key().vkey();
    let run_with = |dir: &Path| {
        run(&[dir.to_str().unwrap(), "--proof", file.to_str().unwrap(), "--key", &key])
    };
    let (code, out, _) = run_with(&dir);
    assert_eq!(code, 0);
    assert!(out.contains("Sound: 600 entries") && out.contains("Proved: entry 599"), "{out}");
    // A bundle from which the last entries were left out, though soundly signed.
    let shorter = work.join("shorter");
    write(&shorter, 590);
    let (code, out, _) = run_with(&shorter);
    assert_eq!(code, 1);
    assert!(out.contains("entries were removed from the end"), "{out}");
}

#[test]
fn misuse_is_explained() {
    let (work, dir) = bundle("misuse", 3);
    let empty = work.join("empty");
    fs::create_dir(&empty).unwrap();
    for (args, says) in [
        (vec![], "required"),
        (vec!["--since", "x", "--proof", "y"], "required"),
        (vec![empty.to_str().unwrap(), "--key", "k"], "neither checkpoint nor tiles"),
        (vec![empty.to_str().unwrap()], "keys"),
        (vec![dir.to_str().unwrap(), "--key", "k"], "not a verifier key"),
        (vec!["--proof", dir.to_str().unwrap(), "--key", "k"], "bundle"),
    ] {
        let (code, out, err) = run(&args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains(says), "{args:?}: {err}");
    }
    let (code, out, _) = run(&[dir.to_str().unwrap(), "--json", "--key", "k"]);
    assert_eq!((code, &json(&out)["sound"]), (2, &serde_json::Value::Null));

    let (code, help, _) = run(&["--help"]);
    assert_eq!(code, 0);
    assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    assert_eq!(run(&["--version"]).0, 0);
}
