-- Lists screened in the browser: the list and what came of it, sealed, until they are swept.
CREATE TABLE screenings (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    state TEXT NOT NULL CHECK (state IN ('uploaded', 'done')),
    channel TEXT NOT NULL,
    class TEXT NOT NULL,
    purpose TEXT NOT NULL,
    attested TEXT NOT NULL,
    shape TEXT NOT NULL,
    list_blob TEXT,
    allowed_blob TEXT,
    blocked_blob TEXT,
    unreadable_blob TEXT,
    certificate TEXT,
    proof TEXT,
    faults TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX screenings_org ON screenings (org, made_at);
