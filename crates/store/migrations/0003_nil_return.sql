-- A provider's word that it did nothing for a component: the submission put its counts at 0 by one act. It stands while
-- every figure of that submission is in force; a count typed or extracted later replaces it.
CREATE TABLE nil_return (
    submission_id UUID NOT NULL PRIMARY KEY REFERENCES submission (id),
    achievement_id UUID NOT NULL REFERENCES achievement (id),
    component TEXT NOT NULL
);
CREATE INDEX nil_return_achievement ON nil_return (achievement_id);

-- Why a commissioner put a figure in the place of one that an extract brought.
CREATE TABLE replacement (
    submission_id UUID NOT NULL PRIMARY KEY REFERENCES submission (id),
    old_value BIGINT NOT NULL,
    reason TEXT NOT NULL
);
