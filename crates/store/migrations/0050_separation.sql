-- Roles that check each other and that one person may hold together at a commissioner, with the reason. Without a row they may
-- not.
CREATE TABLE separation_allowed (
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    pair TEXT NOT NULL,
    reason TEXT NOT NULL,
    allowed_by_name TEXT NOT NULL,
    allowed_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organisation_id, pair)
);
