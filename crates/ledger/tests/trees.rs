//! The tree is that of RFC 6962, its proofs prove, and no changed bit passes.

mod common;

use candour_ledger::proof::{check_consistency, check_inclusion};
use candour_ledger::tree::{EMPTY_ROOT, MAX_SIZE};
use candour_ledger::{
    Edge, FinishedTile, Hash, LedgerError, MemoryTiles, TileSource, leaf_hash, prove_consistency,
    prove_inclusion,
};
use common::{Dice, flipped, grown, leaf};
use tlog_tiles::tlog;

/// The eight leaves that implementations of RFC 6962 are tried with, and the roots after each.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn small_trees_have_the_known_roots() {
    let mut edge = Edge::empty();
    assert_eq!(edge.root(), EMPTY_ROOT);
    assert_eq!(
        hex::encode(edge.root()),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        edge.append(leaf_hash(&hex::decode(leaf).unwrap()));
        assert_eq!(hex::encode(edge.root()), root);
    }
}

/// Proofs in that tree, as RFC 6962 section 2.1.3 and the vectors in common use have them.
#[test]
fn small_trees_have_the_known_proofs() {
    let mut log = MemoryTiles::default();
    LEAVES.iter().for_each(|leaf| log.append(leaf_hash(&hex::decode(leaf).unwrap())));
    let text = |proof: Vec<Hash>| proof.iter().map(hex::encode).collect::<Vec<_>>();
    assert_eq!(
        text(prove_inclusion(&log, 0, 8).unwrap()),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        text(prove_consistency(&log, 6, 8).unwrap()),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
}

/// Storage as `tlog_tiles` keeps it, to hold our edge against.
struct Flat(Vec<tlog::Hash>);

impl tlog::HashReader for Flat {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        Ok(indexes.iter().map(|&i| self.0[i as usize]).collect())
    }
}

#[test]
fn the_edge_agrees_with_tlog_tiles_at_every_size() {
    let mut flat = Flat(Vec::new());
    let mut edge = Edge::empty();
    for i in 0..66_000 {
        assert_eq!(edge.size(), i);
        if !(2_000..=65_400).contains(&i) {
            assert_eq!(edge.root(), tlog::tree_hash(i, &flat).unwrap().0, "{i} entries");
        }
        let hash = tlog::Hash(leaf(i));
        let new = tlog::stored_hashes_for_record_hash(i, hash, &flat).unwrap();
        flat.0.extend(new);
        for tile in edge.append(leaf(i)) {
            let height = 8 * (tile.level + 1);
            let at = tlog::stored_hash_index(height, tile.index) as usize;
            assert_eq!(tile.root, flat.0[at].0);
        }
    }
}

#[test]
fn an_append_names_the_tiles_it_finishes() {
    let mut edge = Edge::empty();
    let mut finished = Vec::new();
    for i in 0..131_072 {
        let tiles = edge.append(leaf(i));
        assert_eq!(tiles.is_empty(), (i + 1) % 256 != 0);
        finished.extend(tiles);
    }
    let at = |level| finished.iter().filter(move |tile| tile.level == level);
    assert!(at(0).map(|tile| tile.index).eq(0..512));
    assert!(at(1).map(|tile| tile.index).eq(0..2));
    assert_eq!(finished.len(), 514);
    // Lowest level first, so that the roots are stored when the tile above asks for them.
    let last: Vec<_> = finished[512..].iter().map(|tile| (tile.level, tile.index)).collect();
    assert_eq!(last, [(0, 511), (1, 1)]);
}

#[test]
fn a_finished_tile_is_gathered_and_checked() {
    let (log, _) = grown(600);
    let mut edge = Edge::empty();
    let tiles: Vec<FinishedTile> = (0..600).flat_map(|i| edge.append(leaf(i))).collect();
    assert_eq!(tiles.len(), 2);
    let expected: Vec<u8> = (256..512).flat_map(leaf).collect();
    assert_eq!(tiles[1].hashes(&log).unwrap(), expected);

    struct Altered(MemoryTiles);
    impl TileSource for Altered {
        fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, LedgerError> {
            Ok(flipped(&self.0.tile(level, index, width)?, 777))
        }
    }
    let refused = tiles[1].hashes(&Altered(log));
    assert!(matches!(refused, Err(LedgerError::Tile { level: 0, index: 1, .. })));
}

#[test]
fn a_saved_edge_goes_on_where_it_was() {
    let (_, roots) = grown(1_000);
    for size in 0..=1_000 {
        let mut edge = Edge::empty();
        (0..size).for_each(|i| drop(edge.append(leaf(i))));
        let saved = edge.to_bytes();
        assert_eq!(saved.len(), 9 + 32 * size.count_ones() as usize);
        let mut again = Edge::from_bytes(&saved).unwrap();
        assert_eq!((again.size(), again.root()), (size, roots[size as usize]));
        if size < 1_000 {
            again.append(leaf(size));
            assert_eq!(again.root(), roots[size as usize + 1]);
        }
        assert!(Edge::from_bytes(&saved[..saved.len() - 1]).is_err());
        assert!(Edge::from_bytes(&[saved, vec![0; 32]].concat()).is_err());
    }
    assert!(Edge::from_bytes(&[2, 0, 0, 0, 0, 0, 0, 0, 0]).is_err(), "another format");
    assert!(Edge::from_bytes(&[1, 0, 0]).is_err());
    let beyond = [&[1][..], &(MAX_SIZE << 1).to_be_bytes(), &[0; 32]].concat();
    assert!(Edge::from_bytes(&beyond).is_err());
}

const SIZE: u64 = 70_000;

/// Sizes from all over a log: around powers and tile borders as often as anywhere else.
fn any_size(dice: &mut Dice) -> u64 {
    match dice.below(3) {
        0 => dice.between(1, SIZE),
        1 => dice.between(1, 600),
        _ => {
            let border = [256, 512, 1_024, 4_096, 32_768, 65_536, 65_792][dice.below(7) as usize];
            (border + dice.below(5)).saturating_sub(2).clamp(1, SIZE)
        }
    }
}

#[test]
fn ten_thousand_proofs_of_each_kind_hold() {
    let (log, roots) = grown(SIZE);
    let mut dice = Dice(1);
    for _ in 0..10_000 {
        let size = any_size(&mut dice);
        let index = dice.below(size);
        let root = &roots[size as usize];
        let proof = prove_inclusion(&log, index, size).unwrap();
        check_inclusion(&proof, size, root, index, &leaf(index)).unwrap();
        assert!(check_inclusion(&proof, size, root, index, &leaf(index + 1)).is_err());

        let old = any_size(&mut dice).min(size);
        let proof = prove_consistency(&log, old, size).unwrap();
        check_consistency(&proof, old, &roots[old as usize], size, root).unwrap();
        if old > 1 {
            let wrong = &roots[old as usize - 1];
            assert!(check_consistency(&proof, old, wrong, size, root).is_err());
        }
    }
}

#[test]
fn no_changed_bit_in_an_inclusion_proof_passes() {
    let (log, roots) = grown(5_000);
    let mut dice = Dice(2);
    for _ in 0..60 {
        let size = dice.between(1, 5_000);
        let index = dice.below(size);
        let root = roots[size as usize];
        let proof = prove_inclusion(&log, index, size).unwrap();
        let all = [proof.as_flattened(), &root, &leaf(index), &index.to_be_bytes()].concat();
        let holds = |all: &[u8]| {
            let (hashes, index) = all.split_last_chunk().unwrap();
            let (hashes, leaf) = hashes.split_last_chunk().unwrap();
            let (hashes, root) = hashes.split_last_chunk().unwrap();
            let index = u64::from_be_bytes(*index);
            check_inclusion(hashes.as_chunks().0, size, root, index, leaf).is_ok()
        };
        assert!(holds(&all));
        for bit in 0..all.len() * 8 {
            assert!(!holds(&flipped(&all, bit)), "bit {bit} of entry {index} in {size}");
        }
        let short = &proof[..proof.len().saturating_sub(1)];
        let short = check_inclusion(short, size, &root, index, &leaf(index));
        assert_eq!(short.is_err(), !proof.is_empty());
        let long = [proof.as_slice(), &[root]].concat();
        assert!(check_inclusion(&long, size, &root, index, &leaf(index)).is_err());
    }
}

#[test]
fn no_changed_bit_in_a_consistency_proof_passes() {
    let (log, roots) = grown(5_000);
    let mut dice = Dice(3);
    for _ in 0..60 {
        let new = dice.between(1, 5_000);
        let old = dice.between(1, new);
        let proof = prove_consistency(&log, old, new).unwrap();
        let roots = [roots[old as usize], roots[new as usize]];
        let all = [proof.as_flattened(), roots.as_flattened()].concat();
        let holds = |all: &[u8]| {
            let (hashes, new_root) = all.split_last_chunk().unwrap();
            let (hashes, old_root) = hashes.split_last_chunk().unwrap();
            check_consistency(hashes.as_chunks().0, old, old_root, new, new_root).is_ok()
        };
        assert!(holds(&all));
        for bit in 0..all.len() * 8 {
            assert!(!holds(&flipped(&all, bit)), "bit {bit} of {old} to {new}");
        }
    }
}

#[test]
fn what_cannot_be_proved_is_refused() {
    let (log, roots) = grown(300);
    let root = &roots[300];
    assert!(matches!(prove_inclusion(&log, 300, 300), Err(LedgerError::Range(_))));
    assert!(matches!(prove_inclusion(&log, 0, 0), Err(LedgerError::Range(_))));
    assert!(matches!(prove_inclusion(&log, 0, u64::MAX), Err(LedgerError::Range(_))));
    assert!(matches!(prove_consistency(&log, 301, 300), Err(LedgerError::Range(_))));
    assert!(matches!(prove_consistency(&log, 1, u64::MAX), Err(LedgerError::Range(_))));
    assert!(matches!(prove_inclusion(&log, 0, 301), Err(LedgerError::Tile { .. })));
    assert!(check_inclusion(&[], u64::MAX, root, u64::MAX - 1, &leaf(0)).is_err());
    assert!(check_inclusion(&vec![[0; 32]; 1_000_000], 300, root, 0, &leaf(0)).is_err());
    assert!(check_consistency(&[], 2, root, u64::MAX, root).is_err());
    assert!(check_consistency(&[], 301, root, 300, root).is_err());
}

#[test]
fn every_log_continues_the_empty_one() {
    let (log, roots) = grown(9);
    assert_eq!(prove_consistency(&log, 0, 9).unwrap(), Vec::<Hash>::new());
    check_consistency(&[], 0, &EMPTY_ROOT, 9, &roots[9]).unwrap();
    check_consistency(&[], 0, &EMPTY_ROOT, 0, &EMPTY_ROOT).unwrap();
    assert!(check_consistency(&[], 0, &roots[1], 9, &roots[9]).is_err());
    assert!(check_consistency(&[roots[1]], 0, &EMPTY_ROOT, 9, &roots[9]).is_err());
}

#[test]
fn a_source_that_answers_the_wrong_length_is_noticed() {
    struct Short(MemoryTiles);
    impl TileSource for Short {
        fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, LedgerError> {
            self.0.tile(level, index, width - 1)
        }
    }
    let (log, _) = grown(300);
    let refused = prove_inclusion(&Short(log), 5, 300);
    assert!(matches!(refused, Err(LedgerError::Tile { .. })), "{refused:?}");
}
