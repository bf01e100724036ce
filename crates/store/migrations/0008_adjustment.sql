-- Adjustments of a payment: asked for by one person, agreed by another, and ended by two again.
CREATE TABLE adjustment_state (name TEXT NOT NULL PRIMARY KEY);

CREATE TABLE adjustment (
    id UUID NOT NULL PRIMARY KEY,
    achievement_id UUID NOT NULL REFERENCES achievement (id),
    -- The code of an indicator; nothing for the whole payment.
    indicator TEXT,
    kind TEXT NOT NULL,
    -- Points have decimals; they are kept as written. One of the two is filled.
    points TEXT,
    amount_pence BIGINT,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    asked_by UUID REFERENCES person (id),
    asked_by_name TEXT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    state TEXT NOT NULL REFERENCES adjustment_state (name),
    -- Who agreed, refused or withdrew.
    decided_by UUID REFERENCES person (id),
    decided_by_name TEXT,
    decided_at TIMESTAMPTZ,
    refused_because TEXT,
    end_asked_by UUID REFERENCES person (id),
    end_asked_by_name TEXT,
    end_asked_at TIMESTAMPTZ,
    end_because TEXT,
    ended_by UUID REFERENCES person (id),
    ended_by_name TEXT,
    ended_at TIMESTAMPTZ,
    version BIGINT NOT NULL
);
CREATE INDEX adjustment_achievement ON adjustment (achievement_id);
CREATE INDEX adjustment_waiting ON adjustment (asked_at) WHERE state IN ('asked', 'ending');
CREATE INDEX adjustment_in_force ON adjustment (achievement_id) WHERE state IN ('agreed', 'ending');
