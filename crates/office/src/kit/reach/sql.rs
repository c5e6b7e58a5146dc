//! Every statement on what the whole machine is set to. It belongs to no organisation.

use candour_db::{DbError, Tx, bind};
use jiff::Timestamp;

use crate::error::Result;

/// Everything that is set: name and sealed bytes.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<(String, Vec<u8>)>> {
    Ok(tx.rows("SELECT name, sealed FROM house_settings ORDER BY name", &[], |r| {
        Ok::<_, DbError>((r.text("name")?, r.bytes("sealed")?))
    })?)
}

/// Sets one thing.
pub fn set(tx: &mut Tx<'_>, name: &str, sealed: Vec<u8>, now: Timestamp) -> Result<()> {
    tx.exec(
        "INSERT INTO house_settings (name, sealed, changed_at) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET sealed = $2, changed_at = $3",
        bind![name, sealed, now],
    )?;
    Ok(())
}

/// Takes one thing away.
pub fn unset(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    tx.exec("DELETE FROM house_settings WHERE name = $1", bind![name])?;
    Ok(())
}
