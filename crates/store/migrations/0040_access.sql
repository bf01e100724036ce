-- When a person last signed in, for those who manage people.
ALTER TABLE person ADD COLUMN last_signed_in_at TIMESTAMPTZ;

-- A link with which a person sets a password: its hash, and until when it works. One for each person; a new one takes the place
-- of the one before, and one that was used is gone.
CREATE TABLE password_link (
    person_id UUID NOT NULL PRIMARY KEY REFERENCES person (id),
    token_hash TEXT NOT NULL UNIQUE,
    works_until TIMESTAMPTZ NOT NULL
);
