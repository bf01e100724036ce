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
ALTER TABLE figure ADD COLUMN file_row BIGINT;
