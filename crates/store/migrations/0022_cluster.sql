-- Sets of providers that a commissioner keeps under a name. name_key is the name in small letters, so that no two differ
-- in capitals alone.
CREATE TABLE provider_cluster (
    id UUID NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    commissioner_id UUID NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (commissioner_id, name_key)
);

CREATE TABLE provider_cluster_member (
    cluster_id UUID NOT NULL REFERENCES provider_cluster (id),
    provider_id UUID NOT NULL REFERENCES organisation (id),
    PRIMARY KEY (cluster_id, provider_id)
);
