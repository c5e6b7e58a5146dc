-- A stop may spare what its person agreed to later. A consent says through whom it came, since only
-- what a person said themselves, or to staff, can answer a stop of the same day.
ALTER TABLE suppressions ADD COLUMN spared TEXT NOT NULL DEFAULT '';
ALTER TABLE consents ADD COLUMN through TEXT NOT NULL DEFAULT '';
-- Everything that a process reads at its start stands in this index, in its order.
DROP INDEX suppressions_hash;
CREATE INDEX suppressions_hash ON suppressions (org, hash, channel, what, spared, ended_at);
-- What was used is compared with the certificate, or it is said that it was not; how many it reached is
-- told, or it is said that it was not. The column `reached` of before could be a guess.
ALTER TABLE campaigns ADD COLUMN sent_sha256 TEXT;
ALTER TABLE campaigns ADD COLUMN told_reached BIGINT;
-- Days on which mail to an address bounced for good: keyed hashes, swept after a year.
CREATE TABLE bounces (
    org TEXT NOT NULL REFERENCES organisations (id),
    hash BYTEA NOT NULL,
    on_date TEXT NOT NULL,
    PRIMARY KEY (org, hash, on_date)
);
-- The mailbox that is looked after: when it was last, what waits in it for a person.
CREATE TABLE mailbox_state (
    org TEXT PRIMARY KEY REFERENCES organisations (id),
    looked_at BIGINT NOT NULL,
    aside BIGINT NOT NULL,
    trouble TEXT
);
