-- A practice's figures for its network have a row of their own, which is never calculated.
ALTER TABLE achievement ADD COLUMN is_part BOOLEAN NOT NULL DEFAULT FALSE;
-- Of a network's row: indicators of its practices that have not all their figures.
ALTER TABLE achievement ADD COLUMN awaits BIGINT NOT NULL DEFAULT 0;
-- Of a network's row: how many of its changes only summed the practices anew, which no form has to see.
ALTER TABLE achievement ADD COLUMN summed BIGINT NOT NULL DEFAULT 0;
