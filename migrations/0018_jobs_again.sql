-- When a job is to run once more, because it was wanted again while it ran: what is wanted then may
-- have come after it looked.
ALTER TABLE jobs ADD COLUMN again_at BIGINT;
