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
