-- What a process reads at its start has the kind in it too: stops of premises are read as such. So the
-- index that holds all of it in its order holds the kind.
DROP INDEX suppressions_hash;
CREATE INDEX suppressions_hash ON suppressions (org, hash, kind, channel, what, spared, ended_at);
