-- What a person's roles at an organisation are kept to. Without a row they are for everything.
CREATE TABLE role_narrowing (
    person_id UUID NOT NULL REFERENCES person (id),
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    -- Families of services with |; empty where all count.
    families TEXT NOT NULL,
    -- A cluster of the organisation; none where all providers count.
    cluster_id UUID REFERENCES provider_cluster (id),
    -- Messages from before are not shown: they may be about what is outside.
    since TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, organisation_id)
);
CREATE INDEX role_narrowing_cluster ON role_narrowing (cluster_id);
