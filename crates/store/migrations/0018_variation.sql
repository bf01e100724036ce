-- A version that counts only for the providers that accept it, and what each of them answered.
ALTER TABLE service_version ADD COLUMN is_variation BOOLEAN NOT NULL DEFAULT FALSE;

CREATE TABLE variation (
    offer_id UUID NOT NULL REFERENCES offer (id),
    number BIGINT NOT NULL,
    service_id UUID NOT NULL REFERENCES service (id),
    respond_by DATE NOT NULL,
    state TEXT NOT NULL,
    state_by UUID REFERENCES person (id),
    state_by_name TEXT,
    state_at TIMESTAMPTZ,
    state_text TEXT,
    version BIGINT NOT NULL,
    PRIMARY KEY (offer_id, number),
    FOREIGN KEY (service_id, number) REFERENCES service_version (service_id, number)
);
CREATE INDEX variation_service ON variation (service_id, number, state);
