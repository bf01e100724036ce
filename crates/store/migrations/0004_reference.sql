-- National figures of a year: every version that was ever loaded, one of them in force.
CREATE TABLE reference_state (name TEXT NOT NULL PRIMARY KEY);

CREATE TABLE reference_figures (
    id UUID NOT NULL PRIMARY KEY,
    set_name TEXT NOT NULL,
    year BIGINT NOT NULL,
    number BIGINT NOT NULL,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    file TEXT NOT NULL,
    loaded_by UUID REFERENCES person (id),
    loaded_by_name TEXT NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL,
    state TEXT NOT NULL REFERENCES reference_state (name),
    state_by UUID REFERENCES person (id),
    state_by_name TEXT,
    state_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    UNIQUE (set_name, year, number)
);
CREATE UNIQUE INDEX reference_in_force ON reference_figures (set_name, year) WHERE state = 'in_force';

-- Weighted lists have decimals; they are kept as written.
CREATE TABLE weighted_list (
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    as_at DATE NOT NULL,
    patients TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (organisation_id, as_at)
);

-- Why an achievement is to be calculated again although no figure of it has changed; nothing when it is not.
ALTER TABLE achievement ADD COLUMN recalculate_because TEXT;
CREATE INDEX achievement_again ON achievement (id) WHERE recalculate_because IS NOT NULL;

-- What the calculation was worked out from, so that it can be worked out again.
ALTER TABLE calculation ADD COLUMN inputs TEXT;
