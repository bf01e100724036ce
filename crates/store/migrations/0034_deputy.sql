-- What one person has handed over to a colleague of the same organisation, from a day to a day, both counted. It stands
-- while the principal holds the role and neither account is disabled: that is asked, and not stored.
CREATE TABLE deputy (
    id UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    principal_id UUID NOT NULL REFERENCES person (id),
    person_id UUID NOT NULL REFERENCES person (id),
    first_on DATE NOT NULL,
    last_on DATE NOT NULL,
    reason TEXT NOT NULL,
    appointed_at TIMESTAMPTZ NOT NULL,
    -- When both were told that it has begun.
    begun_at TIMESTAMPTZ,
    ended_by UUID REFERENCES person (id),
    ended_by_name TEXT,
    ended_at TIMESTAMPTZ,
    version BIGINT NOT NULL
);
CREATE INDEX deputy_organisation ON deputy (organisation_id, last_on) WHERE ended_at IS NULL;
-- Each request of somebody who is signed in asks whether they act for a colleague.
CREATE INDEX deputy_person ON deputy (person_id, organisation_id) WHERE ended_at IS NULL;
-- Pressed twice, it is handed over once.
CREATE UNIQUE INDEX deputy_once ON deputy (organisation_id, principal_id, person_id, first_on, last_on) WHERE ended_at IS NULL;
CREATE INDEX deputy_to_begin ON deputy (first_on) WHERE ended_at IS NULL AND begun_at IS NULL;

CREATE TABLE deputy_role (
    deputy_id UUID NOT NULL REFERENCES deputy (id),
    role TEXT NOT NULL,
    PRIMARY KEY (deputy_id, role)
);

-- For whom a deputy took a step: it counts as a step of both, where nobody takes two.
ALTER TABLE declaration ADD COLUMN declared_for UUID REFERENCES person (id);
ALTER TABLE declaration ADD COLUMN approved_for UUID REFERENCES person (id);
ALTER TABLE declaration ADD COLUMN second_for UUID REFERENCES person (id);
ALTER TABLE declaration ADD COLUMN finance_for UUID REFERENCES person (id);
ALTER TABLE payment_file ADD COLUMN created_for UUID REFERENCES person (id);
ALTER TABLE adjustment ADD COLUMN asked_for UUID REFERENCES person (id);
ALTER TABLE adjustment ADD COLUMN end_asked_for UUID REFERENCES person (id);
