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
    "0013_stops",
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
    "searches",
    "findings",
    "packs",
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
];
