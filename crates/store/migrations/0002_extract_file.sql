-- The files that brought figures, so that an explanation can name the file and the row. What was loaded before has none.
CREATE TABLE extract_file (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    layout TEXT NOT NULL,
    row_count BIGINT NOT NULL,
    loaded_by UUID REFERENCES person (id),
    loaded_by_name TEXT NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX extract_file_hash ON extract_file (hash);

ALTER TABLE submission ADD COLUMN extract_file_id UUID REFERENCES extract_file (id);

-- What a submission belongs to it says itself. Looking its provider and service up again for each of its figures made
-- a file of all providers half as slow again, so the figures refer to their submission and to nothing else.
CREATE TABLE figure_of_submission (
    submission_id UUID NOT NULL REFERENCES submission (id),
    provider_id UUID NOT NULL,
    service_id UUID NOT NULL,
    achievement_date DATE NOT NULL,
    indicator TEXT NOT NULL,
    field TEXT NOT NULL,
    value BIGINT NOT NULL CHECK (value >= 0),
    is_default BOOLEAN NOT NULL,
    in_force BOOLEAN NOT NULL,
    file_row BIGINT,
    PRIMARY KEY (submission_id, indicator, field)
);
INSERT INTO figure_of_submission (submission_id, provider_id, service_id, achievement_date, indicator, field, value,
    is_default, in_force, file_row)
SELECT submission_id, provider_id, service_id, achievement_date, indicator, field, value, is_default, in_force, NULL
FROM figure;
DROP TABLE figure;
ALTER TABLE figure_of_submission RENAME TO figure;
CREATE UNIQUE INDEX figure_in_force ON figure (service_id, achievement_date, provider_id, indicator, field) WHERE in_force;
