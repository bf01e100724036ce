-- Whom a commissioner has offered services of a year: the rows of its table of answers, in their order. Offers are never
-- deleted, so neither are these.
CREATE TABLE commissioned_provider (
    commissioner_id UUID NOT NULL REFERENCES organisation (id),
    year BIGINT NOT NULL,
    provider_id UUID NOT NULL REFERENCES organisation (id),
    provider_kind TEXT NOT NULL,
    provider_code TEXT NOT NULL,
    PRIMARY KEY (commissioner_id, year, provider_id)
);
CREATE INDEX commissioned_provider_order
    ON commissioned_provider (commissioner_id, year, provider_kind, provider_code, provider_id);
INSERT INTO commissioned_provider (commissioner_id, year, provider_id, provider_kind, provider_code)
SELECT DISTINCT o.commissioner_id, s.year, o.provider_id, p.kind, o.provider_code
FROM offer o JOIN service s ON s.id = o.service_id JOIN organisation p ON p.id = o.provider_id;
