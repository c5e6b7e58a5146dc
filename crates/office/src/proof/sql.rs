//! Every statement on the ledger's tables.

use candour_db::{DbError, Row, Tx, bind};
use candour_ledger::Hash;
use jiff::Timestamp;

use crate::error::Result;

/// An entry as it goes into the table.
pub struct EntryRow {
    /// Organisation.
    pub org: String,
    /// The first reference.
    pub subject: String,
    /// RFC 6962 leaf hash.
    pub leaf: Hash,
    /// Canonical bytes.
    pub bytes: Vec<u8>,
    /// The key that seals the words.
    pub key: Option<String>,
    /// Salt and words, sealed.
    pub sealed: Option<Vec<u8>>,
}

/// An entry as read for a history or a page.
pub struct KeptRow {
    /// Position in the log.
    pub idx: u64,
    /// Canonical bytes.
    pub bytes: Vec<u8>,
    /// The key that seals the words.
    pub key: Option<String>,
    /// Salt and words, sealed.
    pub sealed: Option<Vec<u8>>,
}

fn kept(r: &Row<'_>) -> std::result::Result<KeptRow, DbError> {
    Ok(KeptRow {
        idx: r.count("idx")?,
        bytes: r.bytes("bytes")?,
        key: r.text_opt("key_id")?,
        sealed: r.bytes_opt("sealed")?,
    })
}

/// Gives an organisation an empty ledger.
pub fn insert_head(tx: &mut Tx<'_>, org: &str, edge: Vec<u8>) -> Result<()> {
    tx.exec("INSERT INTO ledger_heads (org, size, edge) VALUES ($1, 0, $2)", bind![org, edge])?;
    Ok(())
}

/// Moves the head from one edge to the next, and keeps other writers of this log waiting until
/// this commit; `false` if the head is elsewhere.
pub fn advance(
    tx: &mut Tx<'_>,
    org: &str,
    from: &[u8],
    size: u64,
    to: Vec<u8>,
) -> std::result::Result<bool, DbError> {
    let n = tx.exec(
        "UPDATE ledger_heads SET size = $2, edge = $3 WHERE org = $1 AND edge = $4",
        bind![org, size, to, from],
    )?;
    Ok(n == 1)
}

/// Reads the edge and keeps other writers of this log waiting until this commit.
pub fn lock_edge(tx: &mut Tx<'_>, org: &str) -> std::result::Result<Option<Vec<u8>>, DbError> {
    tx.row("UPDATE ledger_heads SET size = size WHERE org = $1 RETURNING edge", bind![org], |r| {
        r.bytes("edge")
    })
}

/// The edge of the tree as it stands.
pub fn edge(tx: &mut Tx<'_>, org: &str) -> Result<Option<Vec<u8>>> {
    Ok(tx.row("SELECT edge FROM ledger_heads WHERE org = $1", bind![org], |r| r.bytes("edge"))?)
}

/// Puts entries into the table, from position `first` on.
pub fn insert_entries(
    tx: &mut Tx<'_>,
    first: u64,
    rows: Vec<EntryRow>,
) -> std::result::Result<(), DbError> {
    let rows = (first..).zip(rows).map(|(at, e)| {
        [e.org.into(), at.into(), e.subject.into(), e.bytes.into(), e.key.into(), e.sealed.into()]
    });
    tx.insert(
        "INSERT INTO ledger_entries (org, idx, subject, bytes, key_id, sealed)
         VALUES ($1, $2, $3, $4, $5, $6)",
        rows,
    )?;
    Ok(())
}

/// Keeps a finished tile.
pub fn insert_tile(
    tx: &mut Tx<'_>,
    org: &str,
    level: u8,
    idx: u64,
    hashes: Vec<u8>,
    root: Hash,
) -> std::result::Result<(), DbError> {
    tx.exec(
        "INSERT INTO ledger_tiles (org, level, idx, hashes, root) VALUES ($1, $2, $3, $4, $5)",
        bind![org, i64::from(level), idx, hashes, root],
    )?;
    Ok(())
}

/// The hashes of a finished tile.
pub fn tile(
    tx: &mut Tx<'_>,
    org: &str,
    level: u8,
    idx: u64,
) -> std::result::Result<Option<Vec<u8>>, DbError> {
    tx.row(
        "SELECT hashes FROM ledger_tiles WHERE org = $1 AND level = $2 AND idx = $3",
        bind![org, i64::from(level), idx],
        |r| r.bytes("hashes"),
    )
}

/// The bytes of a range of entries, in order.
pub fn bytes(
    tx: &mut Tx<'_>,
    org: &str,
    from: u64,
    to: u64,
) -> std::result::Result<Vec<Vec<u8>>, DbError> {
    tx.rows(
        "SELECT bytes FROM ledger_entries WHERE org = $1 AND idx >= $2 AND idx < $3 ORDER BY idx",
        bind![org, from, to],
        |r| r.bytes("bytes"),
    )
}

/// Roots of a range of finished tiles of one level, in order.
pub fn roots(
    tx: &mut Tx<'_>,
    org: &str,
    level: u8,
    from: u64,
    to: u64,
) -> std::result::Result<Vec<Vec<u8>>, DbError> {
    tx.rows(
        "SELECT root FROM ledger_tiles WHERE org = $1 AND level = $2 AND idx >= $3 AND idx < $4
         ORDER BY idx",
        bind![org, i64::from(level), from, to],
        |r| r.bytes("root"),
    )
}

/// Entries from a position on.
pub fn entries(tx: &mut Tx<'_>, org: &str, from: u64, limit: u64) -> Result<Vec<KeptRow>> {
    Ok(tx.rows(
        "SELECT idx, bytes, key_id, sealed FROM ledger_entries
         WHERE org = $1 AND idx >= $2 ORDER BY idx LIMIT $3",
        bind![org, from, limit],
        kept,
    )?)
}

/// Entries before a position, latest first.
pub fn entries_before(tx: &mut Tx<'_>, org: &str, before: u64, limit: u64) -> Result<Vec<KeptRow>> {
    Ok(tx.rows(
        "SELECT idx, bytes, key_id, sealed FROM ledger_entries
         WHERE org = $1 AND idx < $2 ORDER BY idx DESC LIMIT $3",
        bind![org, before, limit],
        kept,
    )?)
}

/// Entries about a thing, latest first.
pub fn entries_of(tx: &mut Tx<'_>, org: &str, subject: &str, limit: u64) -> Result<Vec<KeptRow>> {
    Ok(tx.rows(
        "SELECT idx, bytes, key_id, sealed FROM ledger_entries
         WHERE org = $1 AND subject = $2 ORDER BY idx DESC LIMIT $3",
        bind![org, subject, limit],
        kept,
    )?)
}

/// The entry at a position.
pub fn entry(tx: &mut Tx<'_>, org: &str, idx: u64) -> Result<Option<KeptRow>> {
    Ok(tx.row(
        "SELECT idx, bytes, key_id, sealed FROM ledger_entries WHERE org = $1 AND idx = $2",
        bind![org, idx],
        kept,
    )?)
}

/// Keeps a signed checkpoint.
pub fn insert_checkpoint(
    tx: &mut Tx<'_>,
    org: &str,
    size: u64,
    note: &str,
    at: Timestamp,
) -> Result<()> {
    tx.exec(
        "INSERT INTO checkpoints (org, size, note, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org, size) DO NOTHING",
        bind![org, size, note, at],
    )?;
    Ok(())
}

/// The latest checkpoint: size, signed note, when.
pub fn checkpoint(tx: &mut Tx<'_>, org: &str) -> Result<Option<(u64, String, Timestamp)>> {
    Ok(tx.row(
        "SELECT size, note, at FROM checkpoints WHERE org = $1 ORDER BY size DESC LIMIT 1",
        bind![org],
        |r| Ok::<_, DbError>((r.count("size")?, r.text("note")?, r.instant("at")?)),
    )?)
}
