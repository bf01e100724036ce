-- In which roles somebody acted, where a person did. It is part of the entry's hash where it is not empty, so that entries from
-- before keep theirs.
ALTER TABLE event ADD COLUMN roles TEXT NOT NULL DEFAULT '';

-- The audit is read by who acted, and by the organisation acted for; by record it was before.
CREATE INDEX event_actor ON event (actor_id, seq);
CREATE INDEX event_organisation ON event (organisation_id, seq);
