-- From which amounts on a commissioner asks for a second approval, and for each approval alone; empty for never.
ALTER TABLE check_limit ADD COLUMN second_from_pence BIGINT DEFAULT 1500000;
ALTER TABLE check_limit ADD COLUMN alone_from_pence BIGINT DEFAULT 5000000;

-- The second approval for the commissioner, where the amount asked for it.
ALTER TABLE declaration ADD COLUMN second_by UUID REFERENCES person (id);
ALTER TABLE declaration ADD COLUMN second_by_name TEXT;
ALTER TABLE declaration ADD COLUMN second_at TIMESTAMPTZ;
-- What its amount asks for, and who submitted figures for it, as it was when it left its provider. What waited before this
-- is approved as it was then.
ALTER TABLE declaration ADD COLUMN band TEXT NOT NULL DEFAULT 'low';
ALTER TABLE declaration ADD COLUMN submitted_by TEXT NOT NULL DEFAULT '[]';
-- Whether people submitted figures of an achievement date is asked whenever one of them is declared.
CREATE INDEX submission_by_people ON submission (service_id, achievement_date) WHERE submitted_by IS NOT NULL;
-- What was calculated, and why the commissioner approved less; both empty where it approved all.
ALTER TABLE declaration ADD COLUMN calculated_pence BIGINT;
ALTER TABLE declaration ADD COLUMN less_because TEXT;
