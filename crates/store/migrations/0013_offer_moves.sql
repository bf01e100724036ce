-- The last day on which a provider takes part: the service's own end, or earlier when somebody gave notice or terminated.
ALTER TABLE offer ADD COLUMN in_force_until DATE;
UPDATE offer SET in_force_until = service_ends_on WHERE state = 'accepted';
DROP INDEX offer_service;
CREATE INDEX offer_service ON offer (service_id, in_force_until);

-- Whoever had a service for a part of its year does not get a second offer of it.
DROP INDEX offer_live;
CREATE UNIQUE INDEX offer_live ON offer (provider_id, service_id)
    WHERE state IN ('pending', 'requested') OR in_force_until IS NOT NULL;

-- Whether providers may change their answers until the response date.
ALTER TABLE contract ADD COLUMN answers_may_change BOOLEAN NOT NULL DEFAULT TRUE;

-- When it last moved or its response date changed: an act on many offers leaves out what changed after it was looked at.
ALTER TABLE offer ADD COLUMN changed_at TIMESTAMPTZ;
UPDATE offer SET changed_at = coalesce(state_at, made_at);
