-- A person's decision stands as long as the item is the same; what stays out has a ground, and a
-- second person who agreed.
ALTER TABLE findings ADD COLUMN content TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN was TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN ground TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN approved_by TEXT;
ALTER TABLE findings ADD COLUMN approved_at BIGINT;
-- A pack that was handed over: by post, or by a link with a code of its own that goes another way.
CREATE TABLE handovers (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    case_id TEXT NOT NULL REFERENCES cases (id),
    pack_id TEXT NOT NULL REFERENCES packs (id),
    code BYTEA,
    tries BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    ends_at BIGINT,
    reminded_at BIGINT,
    fetched_at BIGINT,
    ended_at BIGINT,
    ended_why TEXT
);
CREATE INDEX handovers_case ON handovers (org, case_id);
CREATE INDEX handovers_open ON handovers (org, ended_at, ends_at);
