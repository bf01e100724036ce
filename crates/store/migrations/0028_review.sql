-- What a commissioner takes as usual; without a row the defaults of the program count. Empty where a check is turned off.
CREATE TABLE check_limit (
    commissioner_id UUID NOT NULL PRIMARY KEY REFERENCES organisation (id),
    change_percent BIGINT,
    change_from_pence BIGINT NOT NULL,
    peers_times BIGINT,
    late_days BIGINT,
    above_register BOOLEAN NOT NULL,
    defaults BOOLEAN NOT NULL,
    version BIGINT NOT NULL
);

-- The checks that a declared amount did not pass, as JSON; an empty list means that it is within tolerance.
ALTER TABLE declaration ADD COLUMN checks TEXT NOT NULL DEFAULT '[]';
CREATE INDEX declaration_to_look_at ON declaration (commissioner_id, state, achievement_date, service_id, amount_pence)
    WHERE checks <> '[]';

-- A list that somebody looked at before deciding about all of it at once, as it stood then.
CREATE TABLE review (
    id UUID NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    made_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX review_person ON review (person_id);

CREATE TABLE review_row (
    review_id UUID NOT NULL REFERENCES review (id),
    declaration_id UUID NOT NULL REFERENCES declaration (id),
    version BIGINT NOT NULL,
    PRIMARY KEY (review_id, declaration_id)
);

-- Amounts of one service and date are compared with each other.
DROP INDEX achievement_services;
CREATE INDEX achievement_services ON achievement (commissioner_id, service_id, achievement_date);
