-- A review of everybody's access to an organisation: begun with the first decision, and completed when all are confirmed.
CREATE TABLE access_review (
    id UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    begun_at TIMESTAMPTZ NOT NULL,
    -- London's date, from which the next one is reckoned.
    completed_on DATE,
    completed_at TIMESTAMPTZ,
    completed_by_name TEXT,
    version BIGINT NOT NULL
);
CREATE INDEX access_review_organisation ON access_review (organisation_id, completed_on);
CREATE UNIQUE INDEX access_review_open ON access_review (organisation_id) WHERE completed_on IS NULL;

-- What became of each person, as it was then.
CREATE TABLE access_review_line (
    review_id UUID NOT NULL REFERENCES access_review (id),
    person_id UUID NOT NULL REFERENCES person (id),
    name TEXT NOT NULL,
    -- Names of the roles afterwards, with |.
    roles TEXT NOT NULL,
    -- What stood out; empty where nothing did.
    why TEXT NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL,
    decided_by_name TEXT NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (review_id, person_id)
);

-- Of which review that comes near those who do it were told.
CREATE TABLE access_review_told (
    organisation_id UUID NOT NULL PRIMARY KEY REFERENCES organisation (id),
    due_on DATE NOT NULL
);
