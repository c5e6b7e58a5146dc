-- Persons: data subjects the organisation keeps permissions about. What names them is sealed under
-- their own key; they are found by keyed hashes of their identifiers.
CREATE TABLE persons (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    key_id TEXT NOT NULL REFERENCES vault_keys (id),
    sealed BYTEA NOT NULL,
    subscriber TEXT NOT NULL CHECK (subscriber IN ('individual', 'corporate', 'unknown')),
    member BOOLEAN NOT NULL,
    company TEXT,
    made_at BIGINT NOT NULL,
    erased_at BIGINT
);
CREATE INDEX persons_org ON persons (org, made_at);
CREATE TABLE person_ids (
    org TEXT NOT NULL REFERENCES organisations (id),
    hash BYTEA NOT NULL,
    person TEXT NOT NULL REFERENCES persons (id),
    kind TEXT NOT NULL,
    PRIMARY KEY (org, hash, person)
);
CREATE INDEX person_ids_person ON person_ids (person);
-- Companies whose people are held for them, as their processor.
CREATE TABLE companies (
    org TEXT NOT NULL REFERENCES organisations (id),
    short TEXT NOT NULL,
    title TEXT NOT NULL,
    email TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, short)
);
-- The words a consent was asked for with. A version is never changed.
CREATE TABLE wordings (
    org TEXT NOT NULL REFERENCES organisations (id),
    short TEXT NOT NULL,
    version BIGINT NOT NULL,
    toml TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,
    PRIMARY KEY (org, short, version)
);
CREATE TABLE consents (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    person TEXT NOT NULL REFERENCES persons (id),
    use_kind TEXT NOT NULL,
    use_what TEXT NOT NULL,
    channel TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('given', 'refused', 'withdrawn', 'expired')),
    wording TEXT NOT NULL,
    wording_version BIGINT NOT NULL,
    method TEXT NOT NULL,
    given_on TEXT NOT NULL,
    until TEXT,
    explicit BOOLEAN NOT NULL,
    sealed BYTEA NOT NULL,
    events TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX consents_person ON consents (person, use_kind, use_what, channel);
CREATE INDEX consents_until ON consents (org, state, until);
-- Facts that are a ground without consent: a sale, support of a charity, "you may ring me".
CREATE TABLE grounds (
    org TEXT NOT NULL REFERENCES organisations (id),
    person TEXT NOT NULL REFERENCES persons (id),
    ground TEXT NOT NULL CHECK (ground IN ('sale', 'support')),
    on_date TEXT NOT NULL,
    refusal_offered BOOLEAN NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (person, ground)
);
-- The stop list: keyed hashes only, so that it outlives the person's data and names nobody.
CREATE TABLE suppressions (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    hash BYTEA NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    what TEXT NOT NULL,
    reason TEXT NOT NULL,
    on_date TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    ended_at BIGINT
);
-- Everything that a process reads at its start stands in this index, in its order.
CREATE INDEX suppressions_hash ON suppressions (org, hash, channel, what, ended_at);
-- Marketing that reached somebody, for the frequency cap. Swept when no cap looks back so far.
CREATE TABLE deliveries (
    org TEXT NOT NULL REFERENCES organisations (id),
    hash BYTEA NOT NULL,
    channel TEXT NOT NULL,
    campaign TEXT NOT NULL,
    on_date TEXT NOT NULL,
    PRIMARY KEY (org, hash, channel, campaign, on_date)
);
-- Every change of a permission moves the head, so that each process knows what it has not read.
CREATE TABLE permission_heads (
    org TEXT PRIMARY KEY REFERENCES organisations (id),
    version BIGINT NOT NULL
);
CREATE TABLE permission_changes (
    org TEXT NOT NULL REFERENCES organisations (id),
    version BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (org, version, hash)
);
-- Preference registers (TPS and the like), as imported: keyed hashes in a sealed blob.
CREATE TABLE preference_registers (
    org TEXT NOT NULL REFERENCES organisations (id),
    register TEXT NOT NULL,
    as_of TEXT NOT NULL,
    numbers BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    blob TEXT NOT NULL,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (org, register)
);
-- Outcomes of screenings: counts and file hashes, nothing personal.
CREATE TABLE certificates (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organisations (id),
    channel TEXT NOT NULL,
    class TEXT NOT NULL,
    purpose TEXT NOT NULL,
    on_date TEXT NOT NULL,
    valid_until TEXT NOT NULL,
    allowed_sha256 TEXT NOT NULL,
    body TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE INDEX certificates_org ON certificates (org, made_at);
