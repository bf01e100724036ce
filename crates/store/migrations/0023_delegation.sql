-- Which organisation may answer the offers of a provider, until a day. One row for each two organisations: what was said
-- before is in the history.
CREATE TABLE delegation (
    provider_id UUID NOT NULL REFERENCES organisation (id),
    delegate_id UUID NOT NULL REFERENCES organisation (id),
    until_on DATE NOT NULL,
    given_by UUID REFERENCES person (id),
    given_by_name TEXT NOT NULL,
    given_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    version BIGINT NOT NULL,
    PRIMARY KEY (provider_id, delegate_id)
);
-- The other way round: each list of services asks whom its reader answers for.
CREATE INDEX delegation_delegate ON delegation (delegate_id, until_on) WHERE ended_at IS NULL;

-- The organisation that answered in the provider's place, where another one did.
ALTER TABLE offer ADD COLUMN answered_from UUID REFERENCES organisation (id);
