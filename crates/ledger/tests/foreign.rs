//! Our proofs, checkpoints and bundles before verifiers that are not ours: Go's own transparency
//! log library, and RFC 9162 step by step in Python. Everything sound must pass with both, and
//! nothing with a bit changed may pass with either.
//!
//! Set `CANDOUR_SKIP_FOREIGN=1` to leave this out where they cannot be installed.
#![allow(clippy::unwrap_used, clippy::panic)] // Also in the helpers.

mod common;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use candour_ledger::{
    Hash, LogKey, MemoryTiles, add_signature, prove_consistency, prove_inclusion, sign_checkpoint,
    write_entries,
};
use common::{Dice, ORIGIN, entry_bytes, flipped, grown, key, leaf, signed};
use serde_json::{Value, json};

const GO: &str = "apt-get install -y --no-install-recommends golang-go golang-golang-x-mod-dev";
const PYTHON: &str = "apt-get install -y --no-install-recommends python3 python3-cryptography";
const SIZE: u64 = 70_000;

fn skipped() -> bool {
    std::env::var_os("CANDOUR_SKIP_FOREIGN").is_some_and(|set| set == "1")
}

fn source(file: &str) -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    Path::new(&here).join("tests/foreign").join(file)
}

/// The Go verifier, compiled offline against Debian's copy of the library.
fn go() -> Command {
    let work = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let binary = work.join("foreign-verify-go");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&binary)
        .arg(source("verify.go"))
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOFLAGS", "")
        .env("GOCACHE", work.join("go-cache"))
        .output();
    match built {
        Ok(built) if built.status.success() => Command::new(binary),
        Ok(built) => {
            panic!("{}To have what it needs: {GO}", String::from_utf8_lossy(&built.stderr))
        }
        Err(_) => panic!("Go is not installed. To have it: {GO}"),
    }
}

/// The Python verifier, with whichever Python has the library.
fn python() -> Command {
    for name in ["python3", "/usr/bin/python3"] {
        let tried = Command::new(name).args(["-c", "import cryptography"]).output();
        if tried.is_ok_and(|tried| tried.status.success()) {
            let mut command = Command::new(name);
            command.arg(source("verify.py"));
            return command;
        }
    }
    panic!("Python with cryptography is not installed. To have it: {PYTHON}")
}

/// What a verifier is asked, and what it must answer.
struct Case {
    line: Value,
    sound: bool,
}

fn b64(hash: &[u8]) -> String {
    BASE64_STANDARD.encode(hash)
}

fn inclusion(proof: &[Hash], index: u64, size: u64, leaf: &Hash, root: &Hash) -> Value {
    let proof: Vec<_> = proof.iter().map(|hash| b64(hash)).collect();
    json!({"kind": "inclusion", "proof": proof, "index": index, "size": size,
           "leaf": b64(leaf), "root": b64(root)})
}

fn consistency(proof: &[Hash], old: u64, new: u64, old_root: &Hash, root: &Hash) -> Value {
    let proof: Vec<_> = proof.iter().map(|hash| b64(hash)).collect();
    json!({"kind": "consistency", "proof": proof, "old_size": old, "size": new,
           "old_root": b64(old_root), "root": b64(root)})
}

/// The same question with one bit of one hash, or of the index, changed.
fn with_a_bit_changed(line: &Value, dice: &mut Dice) -> Value {
    let mut line = line.clone();
    let mut places = vec!["/root".to_owned()];
    let hashes = line["proof"].as_array().unwrap().len();
    places.extend((0..hashes).map(|i| format!("/proof/{i}")));
    for other in ["/leaf", "/old_root", "/index"] {
        if line.pointer(other).is_some() {
            places.push(other.to_owned());
        }
    }
    let place = &places[dice.below(places.len() as u64) as usize];
    let value = line.pointer_mut(place).unwrap();
    *value = match value.as_u64() {
        Some(index) => json!(index ^ 1 << dice.below(40)),
        None => {
            let hash = BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap();
            json!(b64(&flipped(&hash, dice.below(256) as usize)))
        }
    };
    line
}

fn proofs(log: &MemoryTiles, roots: &[Hash]) -> Vec<Case> {
    let mut dice = Dice(11);
    let mut cases = Vec::new();
    for i in 0..10_000 {
        // Every other one in a small log, where the shapes of trees differ most.
        let size = dice.between(1, if i % 2 == 0 { SIZE } else { 700 });
        let root = &roots[size as usize];
        let index = dice.below(size);
        let proof = prove_inclusion(log, index, size).unwrap();
        let included = inclusion(&proof, index, size, &leaf(index), root);
        let old = dice.between(1, size);
        let proof = prove_consistency(log, old, size).unwrap();
        let continued = consistency(&proof, old, size, &roots[old as usize], root);
        for line in [included, continued] {
            cases.push(Case { line: with_a_bit_changed(&line, &mut dice), sound: false });
            cases.push(Case { line, sound: true });
        }
    }
    cases
}

fn checkpoints(roots: &[Hash]) -> Vec<Case> {
    let mut dice = Dice(12);
    let witness = LogKey::new("witness.example/one", &[3; 32]).unwrap();
    let mut cases = Vec::new();
    for i in 0..200 {
        let size = dice.below(SIZE + 1);
        let root = roots[size as usize];
        let mut text = signed(size, root);
        let own = text.clone();
        if i % 2 == 0 {
            text = add_signature(&text, &witness).unwrap();
        }
        let signer = if i % 4 == 0 { &witness } else { &key() };
        let line = |text: String| {
            json!({"kind": "checkpoint", "text": text, "vkey": signer.vkey(), "origin": ORIGIN,
                   "size": size, "root": b64(&root)})
        };
        // A bit of the text that was signed, one that leaves it UTF-8.
        let body = text.find("\n\n").unwrap() as u64;
        let bit = dice.below(body) * 8 + dice.below(7);
        let changed = String::from_utf8(flipped(text.as_bytes(), bit as usize)).unwrap();
        cases.push(Case { line: line(changed), sound: false });
        // A bit of the signature, if it is the log's alone. Go reads base64 whose last bits are not
        // zero, so this changes what the base64 stands for.
        if i % 2 == 1 {
            let (before, signature) = own.trim_end().rsplit_once(' ').unwrap();
            let signature = BASE64_STANDARD.decode(signature).unwrap();
            let bit = dice.below(signature.len() as u64 * 8) as usize;
            let changed = format!("{before} {}\n", b64(&flipped(&signature, bit)));
            cases.push(Case { line: line(changed), sound: false });
        }
        cases.push(Case { line: line(text), sound: true });
    }
    cases
}

fn bundles(work: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for (size, changed) in [
        (0, None),
        (256, None),
        (70_000, None),
        (70_000, Some("tile/entries/100")),
        (70_000, Some("tile/0/100")),
        (70_000, Some("tile/entries/273.p/112")),
        (70_000, Some("checkpoint")),
    ] {
        let dir = work.join(format!("bundle-{}", cases.len()));
        let entries = (0..size).map(|i| Ok(entry_bytes(i)));
        write_entries(&dir, entries, &[key().vkey()], |size, root| {
            sign_checkpoint(ORIGIN, size, root, &key())
        })
        .unwrap();
        if let Some(file) = changed {
            let bytes = fs::read(dir.join(file)).unwrap();
            fs::write(dir.join(file), flipped(&bytes, 8 * 40)).unwrap();
        }
        let line = json!({"kind": "bundle", "dir": dir, "vkey": key().vkey()});
        cases.push(Case { line, sound: changed.is_none() });
    }
    cases
}

fn judged_by(mut verifier: Command, cases: &[Case], work: &Path) {
    let asked = work.join("asked");
    let lines: String = cases.iter().map(|case| format!("{}\n", case.line)).collect();
    fs::write(&asked, lines).unwrap();
    let answered = verifier.stdin(File::open(asked).unwrap()).output().unwrap();
    let errors = String::from_utf8_lossy(&answered.stderr);
    assert!(answered.status.success(), "{errors}");
    let answers = String::from_utf8(answered.stdout).unwrap();
    assert_eq!(answers.lines().count(), cases.len(), "{errors}");
    for (case, answer) in cases.iter().zip(answers.lines()) {
        assert_eq!(answer, if case.sound { "accept" } else { "refuse" }, "{}", case.line);
    }
}

fn all_cases(work: &Path) -> Vec<Case> {
    let (log, roots) = grown(SIZE);
    let mut cases = proofs(&log, &roots);
    cases.extend(checkpoints(&roots));
    cases.extend(bundles(work));
    let sound = cases.iter().filter(|case| case.sound).count();
    assert_eq!((sound, cases.len() - sound), (20_203, 20_304));
    cases
}

#[test]
fn go_agrees() {
    if skipped() {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    judged_by(go(), &all_cases(work.path()), work.path());
}

#[test]
fn python_agrees() {
    if skipped() {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    judged_by(python(), &all_cases(work.path()), work.path());
}
