//! What names a purpose of the charter, so that nobody takes one away unawares.

use std::collections::BTreeMap;

use candour_db::Tx;

use super::records::Use;
use super::sql;
use super::terms::What;
use crate::error::Result;

/// How often a purpose is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InUse {
    /// Its short name, as it was when it was named.
    pub purpose: String,
    /// Consents, whatever became of them.
    pub consents: u64,
    /// Versions of wordings.
    pub wordings: u64,
    /// Stops that stand and concern this purpose alone.
    pub stops: u64,
}

/// Every purpose that anything names.
///
/// # Errors
/// Of the database.
pub fn in_use(tx: &mut Tx<'_>, org: &str) -> Result<Vec<InUse>> {
    let mut all: BTreeMap<String, InUse> = BTreeMap::new();
    for (_, w, _) in sql::wordings(tx, org)? {
        if w.use_kind == Use::Contact {
            all.entry(w.use_what).or_default().wordings += 1;
        }
    }
    for (what, n) in sql::naming(tx, org)? {
        match What::from_word(&what) {
            Some(What::Purpose(p)) => all.entry(p).or_default().stops += n,
            _ => all.entry(what).or_default().consents += n,
        }
    }
    Ok(all.into_iter().map(|(purpose, u)| InUse { purpose, ..u }).collect())
}
