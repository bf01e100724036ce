-- Stops of what providers declare and are paid of a service. A cluster can be deleted once its holds are lifted, so nothing
-- here refers to it; its name stays.
CREATE TABLE hold (
    id UUID NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    commissioner_id UUID NOT NULL REFERENCES organisation (id),
    service_id UUID NOT NULL REFERENCES service (id),
    cluster_id UUID,
    cluster_name TEXT NOT NULL,
    stops TEXT NOT NULL CHECK (stops IN ('both', 'declaring', 'paying')),
    reason TEXT NOT NULL,
    placed_by UUID REFERENCES person (id),
    placed_by_name TEXT NOT NULL,
    placed_at TIMESTAMPTZ NOT NULL,
    lifted_by UUID REFERENCES person (id),
    lifted_by_name TEXT,
    lifted_at TIMESTAMPTZ,
    note TEXT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX hold_open ON hold (commissioner_id, service_id) WHERE lifted_at IS NULL;
CREATE INDEX hold_commissioner ON hold (commissioner_id, placed_at);

-- What the configuration is to do by itself and has not done: nothing but what a hold has kept waiting.
CREATE INDEX declaration_waiting ON declaration (id)
    WHERE (state = 'awaiting_provider' AND NOT declaration_required)
        OR (state = 'awaiting_commissioner' AND NOT approval_required);
