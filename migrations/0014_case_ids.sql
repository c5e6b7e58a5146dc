-- Whose a case is, by keyed hashes of the e-mail addresses and telephone numbers that were given:
-- earlier requests of the same person are found without opening every case. A case of before is
-- not hashed, and is opened as ever.
CREATE TABLE case_ids (
    org TEXT NOT NULL REFERENCES organisations (id),
    hash BYTEA NOT NULL,
    case_id TEXT NOT NULL REFERENCES cases (id),
    PRIMARY KEY (org, hash, case_id)
);
CREATE INDEX case_ids_case ON case_ids (case_id);
ALTER TABLE cases ADD COLUMN hashed BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX cases_hashed ON cases (org, hashed);
