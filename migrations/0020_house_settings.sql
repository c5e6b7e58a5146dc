-- What the whole machine is set to in the browser or by command: the mail server, the public
-- address, the mailbox. Sealed under a key derived from the office key; belongs to no organisation.
CREATE TABLE house_settings (
    name TEXT PRIMARY KEY,
    sealed BYTEA NOT NULL,
    changed_at BIGINT NOT NULL
);
-- What the import of a preference register's file came to.
ALTER TABLE preference_registers ADD COLUMN new_numbers BIGINT;
ALTER TABLE preference_registers ADD COLUMN unreadable BIGINT;
ALTER TABLE preference_registers ADD COLUMN unreadable_lines TEXT;
-- A file of old stops or consents brought in through the browser: looked at, then carried out. The
-- file is sealed and forgotten when it has been, or after a week.
CREATE TABLE imports (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    what TEXT NOT NULL CHECK (what IN ('stops', 'consents')),
    state TEXT NOT NULL CHECK (state IN ('uploaded', 'looked', 'running', 'done')),
    shape TEXT NOT NULL,
    plan TEXT NOT NULL,
    outcome TEXT NOT NULL,
    file_blob TEXT,
    at_line BIGINT NOT NULL,
    taken BIGINT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX imports_org ON imports (org, made_at);
