-- By which rule a person's addresses were last read for premises; 0 where they have not been, or
-- have changed since.
ALTER TABLE persons ADD COLUMN premises_rule BIGINT NOT NULL DEFAULT 0;
