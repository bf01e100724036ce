-- Who somebody is at a provider of sign-in: its own identifier of the person, which stays when an address changes.
CREATE TABLE identity (
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    linked_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX identity_person ON identity (person_id);

-- Somebody who has been sent to a provider and is not back yet. Coming back takes the row away, so nobody comes back twice.
CREATE TABLE sign_in_away (
    state_hash TEXT NOT NULL PRIMARY KEY,
    provider TEXT NOT NULL,
    nonce TEXT NOT NULL,
    verifier TEXT NOT NULL,
    next TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

-- The provider that a session was begun with, and what it is told when the person signs out there too.
CREATE TABLE session_provider (
    token_hash TEXT NOT NULL PRIMARY KEY REFERENCES session (token_hash) ON DELETE CASCADE ON UPDATE CASCADE,
    provider TEXT NOT NULL,
    id_token TEXT NOT NULL
);
