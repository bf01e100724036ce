-- Recoveries: of what corrections take back after it had gone to the payer, with notice and in instalments.
CREATE TABLE recovery (
    correction_id UUID NOT NULL PRIMARY KEY REFERENCES correction (id),
    instalments BIGINT NOT NULL CHECK (instalments BETWEEN 1 AND 12),
    first_on DATE NOT NULL,
    reason TEXT NOT NULL,
    asked_by UUID NOT NULL REFERENCES person (id),
    asked_by_name TEXT NOT NULL,
    asked_for UUID REFERENCES person (id),
    asked_at TIMESTAMPTZ NOT NULL,
    answer_by DATE NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'answered', 'agreed', 'dropped')),
    -- What the provider says where it does not agree, with the plan that it proposes.
    answered_by UUID REFERENCES person (id),
    answered_by_name TEXT,
    answered_for UUID REFERENCES person (id),
    answered_at TIMESTAMPTZ,
    answer_reason TEXT,
    proposed_instalments BIGINT,
    proposed_first_on DATE,
    -- How it came to stand, or why it was dropped.
    how TEXT CHECK (how IN ('agreed', 'accepted', 'kept', 'silent')),
    decided_by UUID REFERENCES person (id),
    decided_by_name TEXT,
    decided_for UUID REFERENCES person (id),
    decided_at TIMESTAMPTZ,
    dropped_reason TEXT,
    version BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX recovery_waiting ON recovery (answer_by) WHERE state = 'asked';
