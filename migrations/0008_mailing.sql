-- Messages, campaigns, mailers and what they are told.
CREATE TABLE templates (
    org TEXT NOT NULL REFERENCES organisations (id),
    short TEXT NOT NULL,
    version BIGINT NOT NULL,
    title TEXT NOT NULL,
    class TEXT NOT NULL,
    text TEXT NOT NULL,
    tells TEXT NOT NULL,
    approved_by TEXT,
    approved_at BIGINT,
    set_by TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    PRIMARY KEY (org, short, version)
);
CREATE TABLE campaigns (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    short TEXT NOT NULL,
    title TEXT NOT NULL,
    list TEXT NOT NULL,
    purpose TEXT NOT NULL,
    channel TEXT NOT NULL,
    template TEXT NOT NULL,
    template_version BIGINT NOT NULL,
    attested TEXT NOT NULL,
    planned_on TEXT,
    certificate TEXT REFERENCES certificates (id),
    sent_on TEXT,
    reached BIGINT NOT NULL,
    reason TEXT,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX campaigns_short ON campaigns (org, short);
-- Programs that send for the organisation. Their token is kept hashed.
CREATE TABLE mailers (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    title TEXT NOT NULL,
    token BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE UNIQUE INDEX mailers_token ON mailers (token);
-- Where changes are announced, and each announcement until it arrived.
CREATE TABLE hooks (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    key_id TEXT NOT NULL REFERENCES vault_keys (id),
    sealed BYTEA NOT NULL,
    host TEXT NOT NULL,
    events TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ended_at BIGINT,
    trouble TEXT
);
CREATE TABLE hook_calls (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    hook TEXT NOT NULL REFERENCES hooks (id),
    event TEXT NOT NULL,
    about TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed')),
    tries BIGINT NOT NULL,
    answer TEXT,
    made_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX hook_calls_hook ON hook_calls (hook, made_at);
-- Replays of a machine's request give the same answer again.
CREATE TABLE idempotent_answers (
    org TEXT NOT NULL REFERENCES organisations (id),
    mailer TEXT NOT NULL,
    key BYTEA NOT NULL,
    body_sha256 BYTEA NOT NULL,
    status BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, mailer, key)
);
