//! One act in the ledger, and the only bytes it can have.
//!
//! # Canonical form
//!
//! An entry is one line of JSON in UTF-8, without white space between tokens and without a newline
//! at its end, of at most 65,535 bytes, with these keys in this order:
//!
//! ```text
//! {"v":1,"id":"…","at":"…","actor":"…","act":"…","about":[…],"law":[…],"commit":"…"}
//! ```
//!
//! | key | value |
//! |---|---|
//! | `v` | the number 1 |
//! | `id` | a UUID, 36 characters, lower-case hexadecimal |
//! | `at` | RFC 3339 in UTC with three decimals, `2026-01-31T09:30:00.000Z`, no leap second |
//! | `actor` | a word, or a word, a colon and an identifier; at most 128 bytes |
//! | `act` | two or more words with dots between them; at most 128 bytes |
//! | `about` | a list of references: a word, a colon and an identifier; 128 bytes each at most |
//! | `law` | a list of citations of 1 to 256 bytes |
//! | `commit` | a SHA-256 hash, 64 characters, lower-case hexadecimal |
//!
//! Both lists may be empty. The key `commit` is left out where there is none.
//!
//! A *word* is `[a-z][a-z0-9_-]*`, an *identifier* `[A-Za-z0-9._/:-]+`. A *citation* is any text
//! without `"`, `\` and control characters (U+0000–U+001F, U+007F–U+009F). So no string ever needs
//! an escape, and two different byte sequences never mean the same entry. References cannot hold a
//! space or `@`: a name or an e-mail address does not fit.
//!
//! The leaf hash is that of RFC 6962 section 2.1, SHA-256(0x00 ‖ bytes).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::LedgerError;
use crate::scan::{self, View};
use crate::tree::{Hash, leaf_hash};

/// One act: who did what, when, about which things, under which law. Personal content is never in
/// it; `commit` can bind a payload that is kept, and can be erased, elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Version of the format, 1.
    pub v: u8,
    /// The entry's UUID in text, lower case.
    pub id: String,
    /// When, UTC; fractions below a millisecond are dropped in the bytes.
    #[serde(with = "stamp")]
    pub at: Timestamp,
    /// Who: an opaque id such as `staff:018f2c`, `public` or `job:retention`.
    pub actor: String,
    /// What: a dotted word such as `request.received`.
    pub act: String,
    /// About what: references such as `case:018f2c`, never personal content.
    pub about: Vec<String>,
    /// Under which clauses or articles, such as `UK GDPR Art 12A(3)`.
    pub law: Vec<String>,
    /// Salted commitment to a payload kept elsewhere; see [`Entry::commit`].
    #[serde(with = "commitment", default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<Hash>,
}

impl Entry {
    /// An entry with these four facts and nothing else; `at` is cut to the millisecond, so that the
    /// entry equals what [`Entry::parse`] reads back from its bytes.
    pub fn new(id: &str, at: Timestamp, actor: &str, act: &str) -> Self {
        let millis = at.as_nanosecond().div_euclid(1_000_000) as i64;
        Self {
            v: 1,
            id: id.to_owned(),
            at: Timestamp::from_millisecond(millis).unwrap_or(at),
            actor: actor.to_owned(),
            act: act.to_owned(),
            about: Vec::new(),
            law: Vec::new(),
            commit: None,
        }
    }

    /// The canonical bytes.
    ///
    /// # Errors
    /// [`LedgerError::Field`] names the first field that the format does not allow.
    pub fn to_bytes(&self) -> Result<Vec<u8>, LedgerError> {
        self.check()?;
        let mut text = String::with_capacity(384);
        let at = stamp::text(self.at);
        text.push_str("{\"v\":1,\"id\":\"");
        text.push_str(&self.id);
        for (key, value) in [("at", &at), ("actor", &self.actor), ("act", &self.act)] {
            text.push_str("\",\"");
            text.push_str(key);
            text.push_str("\":\"");
            text.push_str(value);
        }
        text.push('"');
        for (key, list) in [("about", &self.about), ("law", &self.law)] {
            text.push_str(",\"");
            text.push_str(key);
            text.push_str("\":[");
            for (i, item) in list.iter().enumerate() {
                text.push_str(if i == 0 { "\"" } else { ",\"" });
                text.push_str(item);
                text.push('"');
            }
            text.push(']');
        }
        if let Some(commit) = &self.commit {
            text.push_str(",\"commit\":\"");
            text.push_str(&hex::encode(commit));
            text.push('"');
        }
        text.push('}');
        // The fields are sound, so only the length, or a year beyond 9999, can still be wrong.
        match scan::scan(text.as_bytes()) {
            Ok(_) => Ok(text.into_bytes()),
            Err(fault) => Err(LedgerError::Entry { byte: fault.byte, what: fault.what }),
        }
    }

    /// Reads an entry back from its bytes.
    ///
    /// # Errors
    /// [`LedgerError::Entry`] for any bytes that [`Entry::to_bytes`] would not have written.
    pub fn parse(bytes: &[u8]) -> Result<Self, LedgerError> {
        let view = scan::scan(bytes)
            .map_err(|fault| LedgerError::Entry { byte: fault.byte, what: fault.what })?;
        Self::from_view(&view)
    }

    /// The RFC 6962 leaf hash of the canonical bytes.
    ///
    /// # Errors
    /// As [`Entry::to_bytes`].
    pub fn leaf_hash(&self) -> Result<Hash, LedgerError> {
        Ok(leaf_hash(&self.to_bytes()?))
    }

    /// The commitment to a payload that is kept elsewhere: SHA-256(0x02 ‖ salt ‖ payload), with 32
    /// random bytes of salt kept beside the payload. The byte 0x02 keeps it apart from leaves
    /// (0x00) and nodes (0x01). Once payload and salt are erased, nothing can be learnt from it.
    pub fn commit(salt: &[u8; 32], payload: &[u8]) -> Hash {
        let hash = Sha256::new().chain_update([2]).chain_update(salt).chain_update(payload);
        hash.finalize().into()
    }

    fn from_view(view: &View<'_>) -> Result<Self, LedgerError> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let wrong = |field, what| LedgerError::Field { field, what };
        let mut commit = None;
        if let Some(digits) = view.commit {
            let mut hash = [0; 32];
            hex::decode_to_slice(digits, &mut hash)
                .map_err(|_| wrong("commit", "not hexadecimal"))?;
            commit = Some(hash);
        }
        Ok(Self {
            v: 1,
            id: text(view.id),
            at: stamp::read(&text(view.at)).map_err(|_| wrong("at", "not a time"))?,
            actor: text(view.actor),
            act: text(view.act),
            about: scan::items(view.about),
            law: scan::items(view.law),
            commit,
        })
    }

    /// Each field on its own, so that a quote smuggled into one cannot pass as the next.
    fn check(&self) -> Result<(), LedgerError> {
        let whole = |len: Option<usize>, text: &str| len == Some(text.len());
        let wrong = |field, what| Err(LedgerError::Field { field, what });
        let id = self.id.as_bytes();
        if self.v != 1 {
            return wrong("v", "must be 1");
        }
        if !id.first_chunk().is_some_and(|id36| id.len() == scan::UUID && scan::is_uuid(id36)) {
            return wrong("id", "must be a lower-case UUID");
        }
        if !whole(scan::actor_len(self.actor.as_bytes()), &self.actor) {
            return wrong("actor", scan::ACTOR);
        }
        if !whole(scan::act_len(self.act.as_bytes()), &self.act) {
            return wrong("act", scan::ACT);
        }
        if self.about.iter().any(|item| !whole(scan::reference_len(item.as_bytes()), item)) {
            return wrong("about", scan::REFERENCE);
        }
        if self.law.iter().any(|item| !whole(scan::law_len(item.as_bytes()), item)) {
            return wrong("law", scan::LAW);
        }
        Ok(())
    }
}

/// Times as `2026-01-31T09:30:00.000Z`.
mod stamp {
    use jiff::{Timestamp, fmt::temporal::DateTimePrinter};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    const MILLIS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));

    pub fn text(at: Timestamp) -> String {
        MILLIS.timestamp_to_string(&at)
    }

    pub fn read(text: &str) -> Result<Timestamp, jiff::Error> {
        text.parse()
    }

    pub fn serialize<S: Serializer>(at: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&text(*at))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        read(&String::deserialize(from)?).map_err(|_| D::Error::custom("not an RFC 3339 time"))
    }
}

/// Hashes as 64 hexadecimal digits.
mod commitment {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::tree::Hash;

    pub fn serialize<S: Serializer>(hash: &Option<Hash>, out: S) -> Result<S::Ok, S::Error> {
        match hash {
            Some(hash) => out.serialize_str(&hex::encode(hash)),
            None => out.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Hash>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        let mut hash = [0; 32];
        hex::decode_to_slice(&text, &mut hash)
            .map_err(|_| D::Error::custom("not 64 hexadecimal digits"))?;
        Ok(Some(hash))
    }
}
