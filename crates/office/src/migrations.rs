//! The one list of migrations, for both databases. A step that has run is never changed.

use candour_db::Migration;

macro_rules! list {
    ($($name:literal),* $(,)?) => {
        &[$(Migration {
            name: $name,
            sql: include_str!(concat!("../../../migrations/", $name, ".sql")),
        }),*]
    };
}

/// Every step, in order.
pub const ALL: &[Migration] = list![
    "0001_house",
    "0002_staff",
    "0003_register_holdings",
    "0004_requests",
    "0005_ledger_rows",
    "0006_permissions",
    "0007_tries",
    "0008_mailing",
    "0009_screenings",
    "0010_campaigns",
    "0011_letters",
    "0012_answers",
    "0013_stops",
    "0014_case_ids",
    "0015_stop_kinds",
    "0016_roots",
    "0017_looked_for_premises",
    "0018_jobs_again",
    "0019_holdings_end",
    "0020_house_settings",
];

/// Every table, parents before children: the order in which an office is moved.
pub const TABLES: &[&str] = &[
    "organisations",
    "charters",
    "counters",
    "vault_keys",
    "blobs",
    "blob_chunks",
    "ledger_heads",
    "ledger_entries",
    "ledger_tiles",
    "checkpoints",
    "jobs",
    "letters",
    "staff",
    "sessions",
    "links",
    "activities",
    "holdings",
    "cases",
    "case_ids",
    "searches",
    "findings",
    "packs",
    "handovers",
    "drafts",
    "persons",
    "person_ids",
    "companies",
    "wordings",
    "consents",
    "grounds",
    "suppressions",
    "deliveries",
    "bounces",
    "mailbox_state",
    "permission_heads",
    "permission_changes",
    "preference_registers",
    "certificates",
    "templates",
    "campaigns",
    "mailers",
    "hooks",
    "hook_calls",
    "idempotent_answers",
    "screenings",
    "tries",
    "house_settings",
    "imports",
];

#[cfg(test)]
mod tests {
    use candour_db::{Db, Key, Place, bind};

    use super::ALL;

    #[test]
    fn a_letter_that_was_called_printed_is_to_be_printed() {
        let dir = tempfile::tempdir().unwrap();
        let place = || Place::Sqlite { path: dir.path().join("old.db"), key: Some(Key([1; 32])) };
        let open = |steps| Db::open(&place(), steps, std::sync::Arc::new(|_, _| Ok(()))).unwrap();
        let before = ALL.iter().position(|m| m.name == "0011_letters").unwrap();
        let old = open(&ALL[..before]);
        let rows = |tx: &mut candour_db::Tx<'_>| {
            tx.exec("INSERT INTO organisations VALUES ('o', 'o', 0)", &[])?;
            tx.exec("INSERT INTO vault_keys VALUES ('k', 'o', 'office', NULL, 0, NULL)", &[])?;
            for state in ["waiting", "sent", "failed", "printed"] {
                tx.exec(
                    "INSERT INTO letters VALUES ($1, 'o', NULL, 'x', 'k', $2, $1, 0, NULL, NULL)",
                    bind![state, Vec::<u8>::new()],
                )?;
            }
            Ok::<_, crate::error::Error>(())
        };
        old.write(rows).unwrap();
        drop(old);
        let kept = open(ALL).read(|tx| {
            let sql = "SELECT state FROM letters ORDER BY state";
            Ok::<_, crate::error::Error>(tx.rows(sql, &[], |r| r.text("state"))?)
        });
        assert_eq!(kept.unwrap(), ["failed", "sent", "to-print", "waiting"]);
    }
}
