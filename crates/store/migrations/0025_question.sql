-- Questions that the two parties of a declaration ask each other.
CREATE TABLE question (
    id UUID NOT NULL PRIMARY KEY,
    declaration_id UUID NOT NULL REFERENCES declaration (id),
    -- Both parties again, because each asks what waits for it.
    provider_id UUID NOT NULL REFERENCES organisation (id),
    commissioner_id UUID NOT NULL REFERENCES organisation (id),
    asked_by TEXT NOT NULL CHECK (asked_by IN ('provider', 'commissioner')),
    asked_at TIMESTAMPTZ NOT NULL,
    -- What the payer calls the payment that it is about.
    payment TEXT,
    is_return BOOLEAN NOT NULL,
    -- Whose turn it is while it is open, since when and until when.
    turn TEXT CHECK (turn IN ('provider', 'commissioner')),
    turn_at TIMESTAMPTZ,
    answer_by DATE,
    closed_by UUID REFERENCES person (id),
    closed_by_name TEXT,
    closed_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    CHECK ((closed_at IS NULL) = (turn IS NOT NULL AND turn_at IS NOT NULL AND answer_by IS NOT NULL)),
    CHECK ((closed_at IS NULL) = (closed_by_name IS NULL))
);
-- Each party has one open question about a declaration at most.
CREATE UNIQUE INDEX question_open ON question (declaration_id, asked_by) WHERE closed_at IS NULL;
CREATE INDEX question_declaration ON question (declaration_id, asked_at);
CREATE INDEX question_provider ON question (provider_id, answer_by) WHERE closed_at IS NULL;
CREATE INDEX question_commissioner ON question (commissioner_id, answer_by) WHERE closed_at IS NULL;

-- What was said, the question itself first; never changed.
CREATE TABLE question_said (
    question_id UUID NOT NULL REFERENCES question (id),
    position BIGINT NOT NULL,
    party TEXT NOT NULL CHECK (party IN ('provider', 'commissioner')),
    said TEXT NOT NULL,
    evidence TEXT NOT NULL,
    said_by UUID REFERENCES person (id),
    said_by_name TEXT NOT NULL,
    organisation_name TEXT NOT NULL,
    said_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (question_id, position)
);
