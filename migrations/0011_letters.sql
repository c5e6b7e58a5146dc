-- A letter says how far it really came: to be printed, in the outbox, posted by whom and when.
-- One that was taken as printed at once may never have been posted: it is to be printed again.
CREATE TABLE letters_kept (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    case_id TEXT,
    name TEXT NOT NULL,
    key_id TEXT NOT NULL REFERENCES vault_keys (id),
    sealed BYTEA NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('waiting', 'sent', 'outbox', 'failed', 'to-print', 'posted')),
    made_at BIGINT NOT NULL,
    sent_at BIGINT,
    trouble TEXT,
    posted_on TEXT,
    posted_by TEXT
);
INSERT INTO letters_kept (id, org, case_id, name, key_id, sealed, state, made_at, sent_at, trouble)
SELECT id, org, case_id, name, key_id, sealed,
       CASE state WHEN 'printed' THEN 'to-print' ELSE state END, made_at, sent_at, trouble
FROM letters;
DROP TABLE letters;
ALTER TABLE letters_kept RENAME TO letters;
CREATE INDEX letters_case ON letters (org, case_id, made_at);
CREATE INDEX letters_state ON letters (org, state, made_at);
-- The last reminder to staff about a case: which date, and how long before.
ALTER TABLE cases ADD COLUMN reminded TEXT;
