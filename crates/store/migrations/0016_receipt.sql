-- What was agreed with an acceptance, as the text that its receipt shows; the event `receipt_made` holds its hash. The terms
-- stand once for all that agreed on the same.
CREATE TABLE offer_receipt_terms (
    hash TEXT NOT NULL PRIMARY KEY,
    terms TEXT NOT NULL
);
CREATE TABLE offer_receipt (
    -- The SHA-256 of the head, an empty line and the terms.
    content_hash TEXT NOT NULL PRIMARY KEY,
    offer_id UUID NOT NULL REFERENCES offer (id),
    head TEXT NOT NULL,
    terms_hash TEXT NOT NULL REFERENCES offer_receipt_terms (hash)
);

-- The first time that somebody who may answer an offer has opened it.
CREATE TABLE offer_look (
    offer_id UUID NOT NULL PRIMARY KEY REFERENCES offer (id),
    person_id UUID NOT NULL REFERENCES person (id),
    person_name TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);
