-- That somebody of another organisation has opened a page with the amounts of one provider: once for each person, record and
-- day, so that the history holds who looked and not how often.
CREATE TABLE amounts_read (
    person_id UUID NOT NULL REFERENCES person (id),
    record TEXT NOT NULL,
    read_on DATE NOT NULL,
    PRIMARY KEY (person_id, record, read_on)
);
