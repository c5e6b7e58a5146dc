-- What a doubtful finding stands or falls with: the key of the doubtful record that it hangs on, or
-- its own if others may hang on it. Empty where each is looked at for itself.
ALTER TABLE findings ADD COLUMN root TEXT NOT NULL DEFAULT '';
