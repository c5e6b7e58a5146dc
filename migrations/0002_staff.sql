-- Members of staff, their sessions and one-time links.
CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    password TEXT,
    totp BYTEA,
    totp_step BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    locked_until BIGINT,
    made_at BIGINT NOT NULL,
    left_at BIGINT
);
CREATE UNIQUE INDEX staff_email ON staff (email) WHERE left_at IS NULL;
CREATE TABLE sessions (
    token BYTEA PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    org TEXT NOT NULL REFERENCES organisations (id),
    staff_id TEXT NOT NULL REFERENCES staff (id),
    made_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    agent TEXT NOT NULL,
    totp_done BOOLEAN NOT NULL,
    banner TEXT
);
CREATE INDEX sessions_staff ON sessions (staff_id);
-- A link that works once: to sign in, to set a password, to confirm an address, to answer a task.
CREATE TABLE links (
    token BYTEA PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    purpose TEXT NOT NULL,
    about TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    used_at BIGINT
);
