-- What was declared, approved or paid, as the text that its receipt shows; the event `declaration_receipt_made` holds its hash.
CREATE TABLE declaration_receipt (
    declaration_id UUID NOT NULL REFERENCES declaration (id),
    -- In the order of the history, from 1.
    number BIGINT NOT NULL,
    act TEXT NOT NULL,
    person_id UUID NOT NULL REFERENCES person (id),
    at TIMESTAMPTZ NOT NULL,
    amount_pence BIGINT NOT NULL,
    content_hash TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (declaration_id, number)
);
-- What one person did at once.
CREATE INDEX declaration_receipt_person ON declaration_receipt (person_id, at);
