//! Checkpoints are signed, and proofs in files lead to them.
#![allow(clippy::unwrap_used, clippy::panic)] // Also in the helpers.

mod common;

use candour_ledger::{
    Entry, LedgerError, LogKey, MemoryTiles, ProofFile, add_signature, leaf_hash, open_checkpoint,
    sign_checkpoint,
};
use common::{ORIGIN, entry_bytes, flipped, key, leaf, signed};

const NONE: [&str; 0] = [];

#[test]
fn a_checkpoint_says_what_was_signed() {
    let text = signed(20_852_163, leaf(1));
    let lines: Vec<_> = text.split('\n').collect();
    assert_eq!(lines[0], ORIGIN);
    assert_eq!(lines[1], "20852163");
    assert_eq!(lines[3], "");
    assert!(lines[4].starts_with(&format!("— {ORIGIN} ")));
    assert_eq!(&lines[5..], [""]);

    let opened = open_checkpoint(&text, &[key().vkey()]).unwrap();
    assert_eq!((opened.origin.as_str(), opened.size, opened.root), (ORIGIN, 20_852_163, leaf(1)));
    assert_eq!(opened.signers.len(), 1);
    assert!(key().vkey().starts_with(&format!("{}+", opened.signers[0])));
    assert!(opened.unknown.is_empty());
    opened.own_signature().unwrap();
}

#[test]
fn a_key_is_the_same_for_the_same_secret() {
    // Key and text of the example in the documentation of Go's golang.org/x/mod/sumdb/note.
    let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let text = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n\n\
                — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKv\
                qfqdngotpRZb6KE6RyyBwJnAM=\n";
    // A signed note, but no checkpoint.
    let refused = open_checkpoint(text, &[vkey]).unwrap_err().to_string();
    assert!(refused.contains("not origin, size and root"), "{refused}");

    // The first secret key and public key of RFC 8032 section 7.1.
    let secret = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let key = LogKey::new("a.example/log", &hex::decode(secret).unwrap().try_into().unwrap());
    let vkey = key.unwrap().vkey();
    let encoded = vkey.splitn(3, '+').last().unwrap();
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    assert_eq!(hex::encode(BASE64_STANDARD.decode(encoded).unwrap()), format!("01{public}"));
}

#[test]
fn names_that_a_note_cannot_hold_are_refused() {
    for name in ["", "a b", "a+b", "a\nb", "a\u{a0}b", "a\u{1}b"] {
        assert!(matches!(LogKey::new(name, &[1; 32]), Err(LedgerError::Key(_))), "{name:?}");
        assert!(sign_checkpoint(name, 1, leaf(1), &key()).is_err());
    }
    assert!(matches!(sign_checkpoint("b.example", 1, leaf(1), &key()), Err(LedgerError::Key(_))));
    assert!(matches!(
        sign_checkpoint(ORIGIN, 1 << 60, leaf(1), &key()),
        Err(LedgerError::Range(_))
    ));
}

#[test]
fn a_log_larger_than_any_is_refused() {
    let body = tlog_tiles::Checkpoint::new(ORIGIN, 1 << 60, tlog_tiles::Hash(leaf(1)), "").unwrap();
    let mut note = signed_note::Note::new(&body.to_bytes(), &[]).unwrap();
    note.add_sigs(&[&key()]).unwrap();
    let text = String::from_utf8(note.to_bytes()).unwrap();
    assert!(matches!(open_checkpoint(&text, &[key().vkey()]), Err(LedgerError::Checkpoint(_))));
}

#[test]
fn a_secret_does_not_show() {
    assert_eq!(format!("{:?}", key()), format!("LogKey({})", key().vkey()));
}

#[test]
fn others_can_sign_beside_the_log() {
    let witness = LogKey::new("witness.example", &[7; 32]).unwrap();
    let text = add_signature(&signed(3, leaf(3)), &witness).unwrap();
    let names =
        |ids: &[candour_ledger::SignerId]| ids.iter().map(|id| id.name.clone()).collect::<Vec<_>>();

    let both = open_checkpoint(&text, &[key().vkey(), witness.vkey()]).unwrap();
    assert_eq!(names(&both.signers), [ORIGIN, "witness.example"]);
    let own = open_checkpoint(&text, &[key().vkey()]).unwrap();
    assert_eq!(names(&own.unknown), ["witness.example"]);
    own.own_signature().unwrap();
    let other = open_checkpoint(&text, &[witness.vkey()]).unwrap();
    assert!(other.own_signature().is_err(), "a witness alone does not vouch for the log");

    // Signing again replaces the signature instead of adding one.
    assert_eq!(add_signature(&text, &witness).unwrap(), text);
    // A key given twice is one key.
    assert_eq!(open_checkpoint(&text, &[key().vkey(), key().vkey()]).unwrap(), own);
    assert!(add_signature("no checkpoint", &witness).is_err());
}

#[test]
fn only_trusted_signatures_count() {
    let text = signed(3, leaf(3));
    let namesake = LogKey::new(ORIGIN, &[8; 32]).unwrap();
    for keys in [vec![], vec![namesake.vkey()]] {
        let refused = open_checkpoint(&text, &keys).unwrap_err().to_string();
        assert!(refused.contains("none of the trusted keys"), "{refused}");
    }
    assert!(matches!(open_checkpoint(&text, &["no key"]), Err(LedgerError::Key(_))));
    // A bad signature of a known key spoils the whole note, whoever else signed.
    let (body, _) = text.split_once("\n\n").unwrap();
    let forged = signed(4, leaf(4));
    let (_, signature) = forged.split_once("\n\n").unwrap();
    let witness = LogKey::new("witness.example", &[7; 32]).unwrap();
    let forged = add_signature(&format!("{body}\n\n{signature}"), &witness).unwrap();
    assert!(open_checkpoint(&forged, &[key().vkey(), witness.vkey()]).is_err());
}

#[test]
fn no_changed_bit_in_a_checkpoint_passes() {
    let text = signed(1_234, leaf(3));
    let vkeys = [key().vkey()];
    for bit in 0..text.len() * 8 {
        let changed = flipped(text.as_bytes(), bit);
        let accepted =
            String::from_utf8(changed).is_ok_and(|text| open_checkpoint(&text, &vkeys).is_ok());
        assert!(!accepted, "bit {bit}");
    }
}

fn proof() -> (Vec<u8>, ProofFile) {
    let mut log = MemoryTiles::default();
    (0..700).for_each(|i| log.append(leaf_hash(&entry_bytes(i))));
    let checkpoint = signed(700, log.edge().root());
    let entry = entry_bytes(300);
    let proof = ProofFile::make(&log, 300, &entry, &checkpoint, &[key().vkey()]).unwrap();
    (entry, proof)
}

#[test]
fn a_proof_file_is_as_the_format_has_it() {
    let (entry, mut proof) = proof();
    let text = proof.to_text();
    let lines: Vec<_> = text.split('\n').collect();
    assert_eq!(lines[0], "c2sp.org/tlog-proof@v1");
    assert!(lines[1].starts_with("extra "));
    assert_eq!(lines[2], "index 300");
    let blank = 3 + proof.hashes.len();
    assert_eq!((lines[blank], lines[blank + 1]), ("", ORIGIN));
    assert!(text.ends_with(&proof.checkpoint));

    assert_eq!(ProofFile::parse(&text).unwrap(), proof);
    assert_eq!(proof.extra.as_deref(), Some(entry.as_slice()));
    Entry::parse(&entry).unwrap();
    proof.extra = None;
    assert_eq!(ProofFile::parse(&proof.to_text()).unwrap(), proof);
}

#[test]
fn a_proof_holds_for_its_entry_only() {
    let (entry, proof) = proof();
    let vkeys = [key().vkey()];
    assert_eq!(proof.verify(&entry, &vkeys).unwrap().size, 700);
    assert!(matches!(proof.verify(&entry_bytes(301), &vkeys), Err(LedgerError::Proof(_))));
    assert!(matches!(proof.verify(&entry, &NONE), Err(LedgerError::Checkpoint(_))));
    let mut log = MemoryTiles::default();
    (0..700).for_each(|i| log.append(leaf(i)));
    let of_another_log = ProofFile::make(&log, 300, &entry, &proof.checkpoint, &vkeys);
    assert!(matches!(of_another_log, Err(LedgerError::Proof(_))));
}

#[test]
fn a_proof_under_a_witness_alone_does_not_hold() {
    let (entry, mut proof) = proof();
    let witness = LogKey::new("witness.example", &[7; 32]).unwrap();
    proof.checkpoint = add_signature(&proof.checkpoint, &witness).unwrap();
    assert!(matches!(proof.verify(&entry, &[witness.vkey()]), Err(LedgerError::Checkpoint(_))));
}

#[test]
fn no_changed_bit_in_a_proof_file_passes() {
    let (entry, mut proof) = proof();
    proof.extra = None; // Which nothing vouches for.
    let text = proof.to_text();
    let vkeys = [key().vkey()];
    for bit in 0..text.len() * 8 {
        let accepted = String::from_utf8(flipped(text.as_bytes(), bit)).is_ok_and(|text| {
            ProofFile::parse(&text).is_ok_and(|p| p.verify(&entry, &vkeys).is_ok())
        });
        assert!(!accepted, "bit {bit}");
    }
}

#[test]
fn other_ways_to_write_a_proof_are_refused() {
    let text = proof().1.to_text();
    for (from, to) in [
        ("@v1", "@v2"),
        ("index 300", "index 0300"),
        ("index 300", "index +300"),
        ("index 300", "index -1"),
        ("index 300\n", ""),
        ("extra ", "extra  "),
        ("extra ", "extra !"),
        ("=\n", "\n"),
        ("\n\n", "\n"),
    ] {
        assert!(text.contains(from));
        let refused = ProofFile::parse(&text.replace(from, to));
        assert!(matches!(refused, Err(LedgerError::Proof(_))), "{from:?} to {to:?}");
    }
}
