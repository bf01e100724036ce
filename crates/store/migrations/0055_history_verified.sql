-- Up to which entry the history was found whole, so that the next look can go on from there. One row, or none before the first look.
CREATE TABLE history_verified (
    id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    verified_at TIMESTAMPTZ NOT NULL
);
