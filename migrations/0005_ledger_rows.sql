-- An entry's bytes hold its id, instant, act and leaf hash already; an entry is named by its
-- position. Each column and index less is paid for by every act of the office.
DROP INDEX ledger_entries_id;
ALTER TABLE ledger_entries DROP COLUMN id;
ALTER TABLE ledger_entries DROP COLUMN at;
ALTER TABLE ledger_entries DROP COLUMN act;
ALTER TABLE ledger_entries DROP COLUMN leaf;
