-- Rights requests: the case, its searches, what needs a person's eye, its packs.
CREATE TABLE cases (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    ref TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    facts TEXT NOT NULL,
    version BIGINT NOT NULL,
    act_by TEXT,
    limit_on TEXT,
    paused_since TEXT,
    owner TEXT,
    key_id TEXT NOT NULL REFERENCES vault_keys (id),
    sealed BYTEA NOT NULL,
    secret BYTEA NOT NULL,
    received_on TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    closed_on TEXT
);
CREATE UNIQUE INDEX cases_ref ON cases (org, ref);
CREATE INDEX cases_open ON cases (org, closed_on, act_by);
-- One search of one holding for one case. `blob` is the sealed spool of a finished search.
CREATE TABLE searches (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    case_id TEXT NOT NULL REFERENCES cases (id),
    holding_id TEXT NOT NULL REFERENCES holdings (id),
    state TEXT NOT NULL
        CHECK (state IN ('planned', 'running', 'done', 'failed', 'asked', 'set-aside')),
    round BIGINT NOT NULL,
    map_version BIGINT NOT NULL,
    items BIGINT NOT NULL,
    record TEXT NOT NULL,
    blob TEXT,
    trouble TEXT,
    reason TEXT,
    asked_on TEXT,
    due_on TEXT,
    chased BIGINT NOT NULL,
    started_at BIGINT,
    ended_at BIGINT
);
CREATE UNIQUE INDEX searches_one ON searches (case_id, holding_id);
-- Items that a person has to decide, or has decided. All others are disclosed by default.
CREATE TABLE findings (
    search_id TEXT NOT NULL REFERENCES searches (id),
    item BIGINT NOT NULL,
    item_key TEXT NOT NULL,
    org TEXT NOT NULL,
    case_id TEXT NOT NULL,
    why TEXT NOT NULL,
    decision TEXT NOT NULL
        CHECK (decision IN ('open', 'disclose', 'exclude', 'redact')),
    reason TEXT NOT NULL,
    marks TEXT NOT NULL,
    decided_by TEXT,
    decided_at BIGINT,
    PRIMARY KEY (search_id, item)
);
CREATE INDEX findings_case ON findings (case_id, decision);
CREATE TABLE packs (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    case_id TEXT NOT NULL REFERENCES cases (id),
    number BIGINT NOT NULL,
    complete BOOLEAN NOT NULL,
    left_out BIGINT NOT NULL,
    items BIGINT NOT NULL,
    blob TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes BIGINT NOT NULL,
    gate TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    fetched_at BIGINT
);
CREATE UNIQUE INDEX packs_number ON packs (case_id, number);
-- Answers to the public form that are not sent yet.
CREATE TABLE drafts (
    token BYTEA PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    sealed BYTEA NOT NULL,
    ends_at BIGINT NOT NULL
);
