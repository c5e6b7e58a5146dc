//! Tools that know no law: the vault, sealed blobs, the journal, jobs, letters on their way,
//! how the office is reached, PDF copies, one-time links, limits, files that come in, and what the
//! web faces share. No area may be named here.

pub mod blobs;
pub mod dates;
pub mod desk_forms;
pub mod forms;
pub mod jobs;
pub mod journal;
pub mod limits;
pub mod links;
pub mod pages;
pub mod post;
pub mod press;
pub mod reach;
pub mod sql;
pub mod upload;
pub mod vault;
pub mod web;

use jiff::Timestamp;

/// A new id: a UUIDv7, so that ids sort by the time they were made.
pub fn new_id(now: Timestamp) -> String {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos)).to_string()
}

/// When an id was made, to the millisecond; `None` for one that [`new_id`] did not make.
pub fn made_at(id: &str) -> Option<Timestamp> {
    let (seconds, nanos) = uuid::Uuid::parse_str(id).ok()?.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanos).ok()?).ok()
}

/// SHA-256 of bytes, as lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}
