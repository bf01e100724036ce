-- An account that lapsed because nobody used it is disabled too; this says which of the two it was.
ALTER TABLE person ADD COLUMN has_lapsed BOOLEAN NOT NULL DEFAULT FALSE;
-- When it was enabled again: from then on it has its whole time.
ALTER TABLE person ADD COLUMN enabled_at TIMESTAMPTZ;

-- What somebody was told about the lapse of an account that is not used. A warning from before the account was used again says
-- nothing.
CREATE TABLE lapse_warning (
    person_id UUID NOT NULL PRIMARY KEY REFERENCES person (id),
    warned_at TIMESTAMPTZ NOT NULL,
    lapses_on DATE NOT NULL,
    -- Whether the person was warned a second time.
    twice BOOLEAN NOT NULL
);
