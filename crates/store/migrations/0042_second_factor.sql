-- The second factor of a person. The secret of the one-time codes is made of the seed and, where the service has a key, of that
-- key too: then this table alone is worth nothing. Without confirmed_at it is being set up and not asked for yet.
CREATE TABLE second_factor (
    person_id UUID NOT NULL PRIMARY KEY REFERENCES person (id),
    seed TEXT NOT NULL,
    key_name TEXT NOT NULL,
    -- The 30 seconds whose code was taken last: no code of them or of earlier ones is taken again.
    last_step BIGINT NOT NULL,
    confirmed_at TIMESTAMPTZ
);

-- Codes for whoever has lost the second factor: hashes, and each is gone once it was used.
CREATE TABLE recovery_code (
    person_id UUID NOT NULL REFERENCES person (id),
    code_hash TEXT NOT NULL,
    PRIMARY KEY (person_id, code_hash)
);

-- Somebody whose password was right and whose one-time code is still asked for. It is no session, so it can do nothing.
CREATE TABLE sign_in_step (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sign_in_step_person ON sign_in_step (person_id);
