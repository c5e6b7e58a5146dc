-- Organisations, their charter, and the vault's keys.
CREATE TABLE organisations (
    id TEXT PRIMARY KEY,
    short TEXT NOT NULL UNIQUE,
    made_at BIGINT NOT NULL
);
CREATE TABLE charters (
    org TEXT NOT NULL REFERENCES organisations (id),
    version BIGINT NOT NULL,
    toml TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (org, version)
);
CREATE TABLE counters (
    org TEXT NOT NULL REFERENCES organisations (id),
    name TEXT NOT NULL,
    last BIGINT NOT NULL,
    PRIMARY KEY (org, name)
);
-- A key whose wrapped bytes are NULL has been shredded: what it sealed is gone for ever.
CREATE TABLE vault_keys (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    scope TEXT NOT NULL,
    wrapped BYTEA,
    made_at BIGINT NOT NULL,
    shredded_at BIGINT
);
CREATE INDEX vault_keys_scope ON vault_keys (org, scope);
CREATE TABLE blobs (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    key_id TEXT NOT NULL REFERENCES vault_keys (id),
    purpose TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    chunks BIGINT NOT NULL,
    done BOOLEAN NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE TABLE blob_chunks (
    blob TEXT NOT NULL REFERENCES blobs (id) ON DELETE CASCADE,
    n BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (blob, n)
);
-- The ledger: entries in the order of the tree, the tree's right edge, its finished tiles.
CREATE TABLE ledger_heads (
    org TEXT PRIMARY KEY REFERENCES organisations (id),
    size BIGINT NOT NULL,
    edge BYTEA NOT NULL
);
CREATE TABLE ledger_entries (
    org TEXT NOT NULL REFERENCES organisations (id),
    idx BIGINT NOT NULL,
    id TEXT NOT NULL,
    at BIGINT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    leaf BYTEA NOT NULL,
    bytes BYTEA NOT NULL,
    key_id TEXT,
    sealed BYTEA,
    PRIMARY KEY (org, idx)
);
CREATE INDEX ledger_entries_subject ON ledger_entries (org, subject, idx);
CREATE UNIQUE INDEX ledger_entries_id ON ledger_entries (org, id);
CREATE TABLE ledger_tiles (
    org TEXT NOT NULL REFERENCES organisations (id),
    level BIGINT NOT NULL,
    idx BIGINT NOT NULL,
    hashes BYTEA NOT NULL,
    root BYTEA NOT NULL,
    PRIMARY KEY (org, level, idx)
);
CREATE TABLE checkpoints (
    org TEXT NOT NULL REFERENCES organisations (id),
    size BIGINT NOT NULL,
    note TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (org, size)
);
-- Jobs live beside what they are about, so that they commit with it.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    kind TEXT NOT NULL,
    about TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    run_at BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    trouble TEXT,
    made_at BIGINT NOT NULL
);
CREATE INDEX jobs_due ON jobs (state, run_at);
CREATE UNIQUE INDEX jobs_open ON jobs (org, kind, about) WHERE state IN ('waiting', 'running');
CREATE TABLE letters (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    case_id TEXT,
    name TEXT NOT NULL,
    key_id TEXT NOT NULL REFERENCES vault_keys (id),
    sealed BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'printed')),
    made_at BIGINT NOT NULL,
    sent_at BIGINT,
    trouble TEXT
);
CREATE INDEX letters_case ON letters (org, case_id, made_at);
