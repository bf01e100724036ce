-- Every version of a definition; the row of the service holds the newest.
CREATE TABLE service_version (
    service_id UUID NOT NULL REFERENCES service (id),
    number BIGINT NOT NULL,
    -- The first achievement date it counts for; nothing for the first version, which counts from the start.
    effective_on DATE,
    definition TEXT NOT NULL,
    definition_hash TEXT NOT NULL,
    published_by_name TEXT NOT NULL,
    published_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (service_id, number)
);
INSERT INTO service_version (service_id, number, definition, definition_hash, published_by_name, published_at)
SELECT id, 1, definition, definition_hash, 'Accord', published_at FROM service;
