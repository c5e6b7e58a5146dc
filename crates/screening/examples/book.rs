//! Fills a book with N made-up identifiers and says what it costs: bytes an entry, seconds to
//! load, look-ups a second (half of them found), one by one and in batches. Answers are checked.

use std::time::Instant;

use candour_screening::Book;

/// A number spread over 32 bytes, as a keyed hash would be.
fn spread(n: u64) -> [u8; 32] {
    let mut hash = [0; 32];
    for (word, bytes) in (0u64..).zip(hash.chunks_exact_mut(8)) {
        let x = (n * 4 + word).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.copy_from_slice(&(x ^ (x >> 31)).to_be_bytes());
    }
    hash
}

fn resident(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

fn main() {
    let n: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let before = resident("VmRSS");
    let start = Instant::now();
    let mut book = Book::with_capacity(usize::try_from(n).unwrap_or(0));
    book.extend((0..n).map(|i| (spread(i), u32::try_from(i / 2).unwrap_or(0))));
    let load = start.elapsed().as_secs_f64();
    let peak = resident("VmHWM").saturating_sub(before);
    let asks = 4_000_000u64;
    // Every second number was set; the order has nothing to do with that of loading.
    let asked: Vec<u64> = (0..asks)
        .map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15) % n + if i % 2 == 0 { 0 } else { n })
        .collect();
    let hashes: Vec<[u8; 32]> = asked.iter().map(|i| spread(*i)).collect();
    let start = Instant::now();
    let mut wrong = 0;
    for (i, hash) in asked.iter().zip(&hashes) {
        let right = (*i < n).then(|| u32::try_from(i / 2).unwrap_or(0));
        wrong += u64::from(book.get(hash) != right);
    }
    let single = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let (mut found, mut hits) = (Vec::new(), 0usize);
    for some in hashes.chunks(1024) {
        book.get_all(some, &mut found);
        hits += found.iter().flatten().count();
    }
    let batch = start.elapsed().as_secs_f64();
    let right = wrong == 0 && hits == asked.iter().filter(|i| **i < n).count();
    assert!(right, "an answer was wrong");
    println!(
        "{{\"entries\": {n}, \"bytes_per_entry\": {:.2}, \"load_seconds\": {load:.2}, \
         \"gets_per_second\": {:.0}, \"batched_per_second\": {:.0}, \"peak_kb\": {peak}}}",
        book.bytes() as f64 / n as f64,
        asks as f64 / single,
        asks as f64 / batch
    );
}
