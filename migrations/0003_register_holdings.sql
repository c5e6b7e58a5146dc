-- The processing register and the holdings with their data maps.
CREATE TABLE activities (
    org TEXT NOT NULL REFERENCES organisations (id),
    short TEXT NOT NULL,
    version BIGINT NOT NULL,
    toml TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    latest BOOLEAN NOT NULL,
    PRIMARY KEY (org, short, version)
);
CREATE TABLE holdings (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    short TEXT NOT NULL,
    title TEXT NOT NULL,
    kind TEXT NOT NULL,
    map TEXT NOT NULL,
    version BIGINT NOT NULL,
    post TEXT,
    post_email TEXT,
    checked_at BIGINT,
    problems TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    closed_at BIGINT
);
CREATE UNIQUE INDEX holdings_short ON holdings (org, short);
