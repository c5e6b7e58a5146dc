-- A person's decision stands as long as the item is the same; what stays out has a ground, and a
-- second person who agreed.
ALTER TABLE findings ADD COLUMN content TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN was TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN ground TEXT NOT NULL DEFAULT '';
ALTER TABLE findings ADD COLUMN approved_by TEXT;
ALTER TABLE findings ADD COLUMN approved_at BIGINT;
