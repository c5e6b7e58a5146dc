//! The two hashes of RFC 6962 section 2.1, for the bytes of entries and for nodes.
//!
//! They call the block function of `sha2` directly and pad the messages themselves. Through the
//! crate's buffering hasher a node would cost half as much again and an entry a quarter, and the
//! verifier needs one of each for every entry. The tests hold them against that hasher.

use sha2::block_api::compress256;

use crate::tree::Hash;

/// The state that SHA-256 starts from, FIPS 180-4 section 5.3.3.
const START: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];
/// What follows the message, FIPS 180-4 section 5.1.1: this byte, zeros, the length in bits.
const END: u8 = 0x80;

/// The hash of one entry's bytes, RFC 6962 section 2.1: SHA-256(0x00 ‖ bytes).
pub fn leaf_hash(bytes: &[u8]) -> Hash {
    let mut leaves = Leaves::default();
    leaves.push(bytes);
    let mut hash = [[0; 32]];
    leaves.hash(&mut hash);
    hash[0]
}

/// Entries waiting to be hashed as leaves, padded. One after the other in memory and two at a time:
/// one SHA-256 alone waits for its own last step most of the time.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    blocks: Vec<[u8; 64]>,
    /// Where in `blocks` each message ends.
    ends: Vec<usize>,
}

impl Leaves {
    pub fn clear(&mut self) {
        self.blocks.clear();
        self.ends.clear();
    }

    /// Adds the bytes of one entry.
    pub fn push(&mut self, bytes: &[u8]) {
        let start = self.blocks.len();
        // Before the bytes the mark of a leaf, 0x00; after them the end mark and eight bytes of
        // length.
        let blocks = (1 + bytes.len() + 1 + 8).div_ceil(64);
        self.blocks.resize(start + blocks, [0; 64]);
        let message = self.blocks[start..].as_flattened_mut();
        message[1..=bytes.len()].copy_from_slice(bytes);
        message[bytes.len() + 1] = END;
        let bits = (bytes.len() as u64 + 1) * 8;
        message[blocks * 64 - 8..].copy_from_slice(&bits.to_be_bytes());
        self.ends.push(start + blocks);
    }

    /// Writes the hashes in the order of [`Leaves::push`] and answers how many there are; `into`
    /// has room for all of them.
    pub fn hash(&self, into: &mut [Hash]) -> usize {
        let mut start = 0;
        for (ends, hashes) in self.ends.chunks(2).zip(into.chunks_mut(2)) {
            let first = &self.blocks[start..ends[0]];
            let second = ends.get(1).map_or(&[][..], |end| &self.blocks[ends[0]..*end]);
            let both = digest_two(first, second);
            for (hash, digest) in hashes.iter_mut().zip(both) {
                *hash = digest;
            }
            start += first.len() + second.len();
        }
        self.ends.len()
    }
}

/// The SHA-256 of two padded messages, a block of each in turn, so that the processor can work on
/// both at once.
fn digest_two(first: &[[u8; 64]], second: &[[u8; 64]]) -> [Hash; 2] {
    let (mut a, mut b) = (START, START);
    let common = first.len().min(second.len());
    for i in 0..common {
        compress256(&mut a, &first[i..=i]);
        compress256(&mut b, &second[i..=i]);
    }
    compress256(&mut a, &first[common..]);
    compress256(&mut b, &second[common..]);
    [big_endian(a), big_endian(b)]
}

/// The hash of an inner node, RFC 6962 section 2.1: SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut message = NODE;
    fill(&mut message, left, right);
    digest_node(&message)
}

/// The root of a full tile, whose hashes it overwrites. It pads a whole row of nodes before it
/// hashes the first of them: bytes just written are slow to read back in other sizes.
pub(crate) fn tile_root(hashes: &mut [Hash; 256]) -> Hash {
    let mut messages = [NODE; 128];
    let mut width = hashes.len();
    while width > 1 {
        for (message, [left, right]) in messages.iter_mut().zip(hashes[..width].as_chunks().0) {
            fill(message, left, right);
        }
        width /= 2;
        for (hash, message) in hashes[..width].iter_mut().zip(&messages) {
            *hash = digest_node(message);
        }
    }
    hashes[0]
}

/// A padded node without its two hashes: of 65 bytes, 64 fill the first block and one, with the end
/// mark and the length, the second.
const NODE: [[u8; 64]; 2] = {
    let mut blocks = [[0; 64]; 2];
    blocks[0][0] = 1;
    blocks[1][1] = END;
    let bits = (65_u64 * 8).to_be_bytes();
    blocks[1][62] = bits[6];
    blocks[1][63] = bits[7];
    blocks
};

#[inline(always)]
fn fill(message: &mut [[u8; 64]; 2], left: &Hash, right: &Hash) {
    let bytes = message.as_flattened_mut();
    bytes[1..33].copy_from_slice(left);
    bytes[33..65].copy_from_slice(right);
}

#[inline(always)]
fn digest_node(message: &[[u8; 64]; 2]) -> Hash {
    let mut state = START;
    compress256(&mut state, message);
    big_endian(state)
}

#[inline(always)]
fn big_endian(state: [u32; 8]) -> Hash {
    let mut hash = [0; 32];
    for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    hash
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn leaves_of_every_length_hash_as_sha2_hashes_them() {
        let bytes: Vec<u8> = (0..1000_u32).map(|i| (i * 7 + i / 256) as u8).collect();
        for length in 0..=bytes.len() {
            let expected = Sha256::new().chain_update([0]).chain_update(&bytes[..length]);
            assert_eq!(leaf_hash(&bytes[..length]), *expected.finalize(), "{length} bytes");
        }
    }

    #[test]
    fn leaves_in_a_row_hash_as_each_alone() {
        let bytes = [0x5a; 300];
        let lengths = [0, 1, 300, 62, 63, 64, 118, 119, 120, 200, 5];
        for many in 0..=lengths.len() {
            let mut leaves = Leaves::default();
            lengths[..many].iter().for_each(|&length| leaves.push(&bytes[..length]));
            let mut hashes = vec![[0; 32]; many];
            leaves.hash(&mut hashes);
            for (hash, &length) in hashes.iter().zip(&lengths) {
                assert_eq!(*hash, leaf_hash(&bytes[..length]));
            }
        }
    }

    #[test]
    fn nodes_hash_as_sha2_hashes_them() {
        for i in 0..=255 {
            let (left, right) = (leaf_hash(&[i]), leaf_hash(&[i, i]));
            let expected = Sha256::new().chain_update([1]).chain_update(left).chain_update(right);
            assert_eq!(node_hash(&left, &right), *expected.finalize());
        }
    }
}
