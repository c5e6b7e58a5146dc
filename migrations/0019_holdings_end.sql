-- When a holding ended and why, and whether its place was named in the browser: then it has to lie
-- in a folder that the organisation may name, each time it is reached.
ALTER TABLE holdings ADD COLUMN ended_on TEXT;
ALTER TABLE holdings ADD COLUMN ended_why TEXT;
ALTER TABLE holdings ADD COLUMN bound BOOLEAN NOT NULL DEFAULT FALSE;
