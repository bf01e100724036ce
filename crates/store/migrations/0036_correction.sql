-- Corrections of declarations that are locked. The declaration stays as finance approved it; what it stands at is its
-- amount and the corrections of it that count.
CREATE TABLE correction (
    id UUID NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    declaration_id UUID NOT NULL REFERENCES declaration (id),
    direction TEXT NOT NULL CHECK (direction IN ('supplementary', 'reversing')),
    -- Below zero where it is taken back.
    amount_pence BIGINT NOT NULL,
    -- What the declaration stood at when it was asked for.
    stood_at_pence BIGINT NOT NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    asked_side TEXT NOT NULL CHECK (asked_side IN ('provider', 'commissioner')),
    asked_by UUID NOT NULL REFERENCES person (id),
    asked_by_name TEXT NOT NULL,
    asked_for UUID REFERENCES person (id),
    asked_at TIMESTAMPTZ NOT NULL,
    answer_by DATE NOT NULL,
    band TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('awaiting_provider', 'awaiting_commissioner', 'awaiting_second',
        'awaiting_finance', 'approved', 'refused', 'withdrawn')),
    -- What the provider says: `agreed`, `disagrees`, or `silent` when the notice was over.
    answer TEXT,
    answer_reason TEXT,
    answered_by UUID REFERENCES person (id),
    answered_by_name TEXT,
    answered_for UUID REFERENCES person (id),
    answered_at TIMESTAMPTZ,
    approved_by UUID REFERENCES person (id),
    approved_by_name TEXT,
    approved_for UUID REFERENCES person (id),
    approved_at TIMESTAMPTZ,
    second_by UUID REFERENCES person (id),
    second_by_name TEXT,
    second_for UUID REFERENCES person (id),
    second_at TIMESTAMPTZ,
    finance_by UUID REFERENCES person (id),
    finance_by_name TEXT,
    finance_for UUID REFERENCES person (id),
    finance_at TIMESTAMPTZ,
    ended_by UUID REFERENCES person (id),
    ended_by_name TEXT,
    ended_for UUID REFERENCES person (id),
    ended_at TIMESTAMPTZ,
    ended_reason TEXT,
    -- Whether the declaration stands at another amount by it: approved, and its recovery not dropped.
    counts BOOLEAN NOT NULL DEFAULT FALSE,
    -- Whether the money had gone to the payer when finance approved, so that it is recovered with notice.
    is_recovered BOOLEAN NOT NULL DEFAULT FALSE,
    version BIGINT NOT NULL DEFAULT 1,
    CHECK ((direction = 'supplementary') = (amount_pence > 0)),
    CHECK ((direction = 'reversing') = (amount_pence < 0)),
    CHECK (NOT counts OR state = 'approved')
);
CREATE INDEX correction_declaration ON correction (declaration_id, asked_at);
-- Two that are asked for at once: one is.
CREATE UNIQUE INDEX correction_open ON correction (declaration_id)
    WHERE state IN ('awaiting_provider', 'awaiting_commissioner', 'awaiting_second', 'awaiting_finance');

-- What a correction puts in payment files: all of it, as number 0, or the instalments of its recovery from 1.
CREATE TABLE correction_part (
    id UUID NOT NULL PRIMARY KEY,
    correction_id UUID NOT NULL REFERENCES correction (id),
    number BIGINT NOT NULL CHECK (number BETWEEN 0 AND 12),
    reference TEXT NOT NULL UNIQUE,
    due_on DATE NOT NULL,
    amount_pence BIGINT NOT NULL CHECK (amount_pence <> 0),
    UNIQUE (correction_id, number)
);

-- A line is of a declaration, or of a part of a correction of it. One live line for each of these.
ALTER TABLE payment_line ADD COLUMN correction_part_id UUID REFERENCES correction_part (id);
DROP INDEX payment_line_live;
DROP INDEX payment_line_attempt;
CREATE UNIQUE INDEX payment_line_live ON payment_line (declaration_id)
    WHERE state <> 'replaced' AND correction_part_id IS NULL;
CREATE UNIQUE INDEX payment_line_attempt ON payment_line (declaration_id, attempt) WHERE correction_part_id IS NULL;
CREATE UNIQUE INDEX payment_line_part_live ON payment_line (correction_part_id)
    WHERE state <> 'replaced' AND correction_part_id IS NOT NULL;
CREATE UNIQUE INDEX payment_line_part_attempt ON payment_line (correction_part_id, attempt)
    WHERE correction_part_id IS NOT NULL;
CREATE INDEX payment_line_declaration ON payment_line (declaration_id);
