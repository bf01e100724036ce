-- Column types are PostgreSQL's words; SQLite accepts any name. A state is a reference to a table of names that is
-- filled from the program, so that a new state needs no migration.

CREATE TABLE offer_state (name TEXT NOT NULL PRIMARY KEY);
CREATE TABLE contract_state (name TEXT NOT NULL PRIMARY KEY);
CREATE TABLE declaration_state (name TEXT NOT NULL PRIMARY KEY);

CREATE TABLE organisation (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    parent_id UUID REFERENCES organisation (id),
    place TEXT NOT NULL,
    postcode TEXT NOT NULL,
    closed_on DATE
);
CREATE INDEX organisation_parent ON organisation (parent_id, kind, code);

CREATE TABLE network_membership (
    practice_id UUID NOT NULL REFERENCES organisation (id),
    network_id UUID NOT NULL REFERENCES organisation (id),
    from_on DATE NOT NULL,
    to_on DATE,
    PRIMARY KEY (practice_id, from_on)
);
CREATE INDEX network_membership_network ON network_membership (network_id);

CREATE TABLE list_size (
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    as_at DATE NOT NULL,
    patients BIGINT NOT NULL CHECK (patients >= 0),
    source TEXT NOT NULL,
    PRIMARY KEY (organisation_id, as_at)
);

CREATE TABLE person (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    job_title TEXT NOT NULL,
    password_hash TEXT,
    is_disabled BOOLEAN NOT NULL,
    is_persona BOOLEAN NOT NULL,
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE role_held (
    person_id UUID NOT NULL REFERENCES person (id),
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    role TEXT NOT NULL,
    PRIMARY KEY (person_id, organisation_id, role)
);
CREATE INDEX role_held_organisation ON role_held (organisation_id, role);

CREATE TABLE session (
    token_hash TEXT NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    created_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE sign_in_failure (
    email TEXT NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE service (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    family TEXT NOT NULL,
    year BIGINT NOT NULL,
    starts_on DATE NOT NULL,
    ends_on DATE NOT NULL,
    provider_kind TEXT NOT NULL,
    definition TEXT NOT NULL,
    definition_hash TEXT NOT NULL,
    published_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE contract (
    id UUID NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    commissioner_id UUID NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    respond_by DATE NOT NULL,
    state TEXT NOT NULL REFERENCES contract_state (name),
    state_by UUID REFERENCES person (id),
    state_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX contract_commissioner ON contract (commissioner_id, created_at);

CREATE TABLE contract_service (
    contract_id UUID NOT NULL REFERENCES contract (id),
    service_id UUID NOT NULL REFERENCES service (id),
    components TEXT NOT NULL,
    PRIMARY KEY (contract_id, service_id)
);

CREATE TABLE contract_provider (
    contract_id UUID NOT NULL REFERENCES contract (id),
    provider_id UUID NOT NULL REFERENCES organisation (id),
    PRIMARY KEY (contract_id, provider_id)
);

CREATE TABLE offer (
    id UUID NOT NULL PRIMARY KEY,
    contract_id UUID NOT NULL REFERENCES contract (id),
    service_id UUID NOT NULL REFERENCES service (id),
    provider_id UUID NOT NULL REFERENCES organisation (id),
    -- The ODS code of the provider, which never changes: a page of a contract comes out of an index in its order.
    provider_code TEXT NOT NULL,
    commissioner_id UUID NOT NULL REFERENCES organisation (id),
    components TEXT NOT NULL,
    respond_by DATE NOT NULL,
    service_ends_on DATE NOT NULL,
    state TEXT NOT NULL REFERENCES offer_state (name),
    state_by UUID REFERENCES person (id),
    state_by_name TEXT,
    state_at TIMESTAMPTZ,
    state_text TEXT,
    made_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (contract_id, service_id, provider_id)
);
CREATE INDEX offer_provider ON offer (provider_id, made_at);
CREATE INDEX offer_service ON offer (service_id, state);
CREATE INDEX offer_commissioner ON offer (commissioner_id, service_id, state, respond_by, provider_id);
CREATE INDEX offer_contract ON offer (contract_id, state, respond_by, provider_id);
-- The order of a contract's page: what is asked for again first, then by code.
CREATE INDEX offer_page ON offer (contract_id, (CASE state WHEN 'requested' THEN 0 ELSE 1 END), provider_code);
-- A provider has at most one offer of a service that is open or in force.
CREATE UNIQUE INDEX offer_live ON offer (provider_id, service_id) WHERE state IN ('pending', 'accepted', 'requested');

CREATE TABLE submission (
    id UUID NOT NULL PRIMARY KEY,
    provider_id UUID NOT NULL REFERENCES organisation (id),
    service_id UUID NOT NULL REFERENCES service (id),
    achievement_date DATE NOT NULL,
    source TEXT NOT NULL,
    submitted_by UUID REFERENCES person (id),
    submitted_by_name TEXT NOT NULL,
    submitted_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX submission_key ON submission (service_id, achievement_date, provider_id, submitted_at);

-- Every figure ever submitted stays; the newest for its key is in force.
CREATE TABLE figure (
    submission_id UUID NOT NULL REFERENCES submission (id),
    provider_id UUID NOT NULL REFERENCES organisation (id),
    service_id UUID NOT NULL REFERENCES service (id),
    achievement_date DATE NOT NULL,
    indicator TEXT NOT NULL,
    field TEXT NOT NULL,
    value BIGINT NOT NULL CHECK (value >= 0),
    is_default BOOLEAN NOT NULL,
    in_force BOOLEAN NOT NULL,
    PRIMARY KEY (submission_id, indicator, field)
);
CREATE UNIQUE INDEX figure_in_force ON figure (service_id, achievement_date, provider_id, indicator, field) WHERE in_force;

CREATE TABLE achievement (
    id UUID NOT NULL PRIMARY KEY,
    provider_id UUID NOT NULL REFERENCES organisation (id),
    service_id UUID NOT NULL REFERENCES service (id),
    commissioner_id UUID NOT NULL REFERENCES organisation (id),
    period_start DATE NOT NULL,
    achievement_date DATE NOT NULL,
    submitted BIGINT NOT NULL,
    required BIGINT NOT NULL,
    calculation_id UUID,
    held_because TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL,
    UNIQUE (provider_id, service_id, achievement_date)
);
CREATE INDEX achievement_waiting ON achievement (achievement_date) WHERE calculation_id IS NULL;
CREATE INDEX achievement_service ON achievement (service_id, achievement_date);
CREATE INDEX achievement_commissioner ON achievement (commissioner_id, achievement_date);
CREATE INDEX achievement_services ON achievement (commissioner_id, service_id);

CREATE TABLE calculation (
    id UUID NOT NULL PRIMARY KEY,
    achievement_id UUID NOT NULL REFERENCES achievement (id),
    number BIGINT NOT NULL,
    points TEXT,
    achieved TEXT NOT NULL,
    amount_pence BIGINT NOT NULL,
    result TEXT NOT NULL,
    calculated_at TIMESTAMPTZ NOT NULL,
    UNIQUE (achievement_id, number)
);

CREATE TABLE payment_file (
    id UUID NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    commissioner_id UUID NOT NULL REFERENCES organisation (id),
    created_by UUID NOT NULL REFERENCES person (id),
    created_by_name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    lines BIGINT NOT NULL,
    total_pence BIGINT NOT NULL,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL
);
CREATE INDEX payment_file_commissioner ON payment_file (commissioner_id, created_at);

CREATE TABLE declaration (
    id UUID NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL UNIQUE,
    achievement_id UUID NOT NULL UNIQUE REFERENCES achievement (id),
    calculation_id UUID NOT NULL REFERENCES calculation (id),
    provider_id UUID NOT NULL REFERENCES organisation (id),
    commissioner_id UUID NOT NULL REFERENCES organisation (id),
    service_id UUID NOT NULL REFERENCES service (id),
    period_start DATE NOT NULL,
    achievement_date DATE NOT NULL,
    amount_pence BIGINT NOT NULL,
    notes TEXT NOT NULL,
    declaration_required BOOLEAN NOT NULL,
    approval_required BOOLEAN NOT NULL,
    state TEXT NOT NULL REFERENCES declaration_state (name),
    declared_by UUID REFERENCES person (id),
    declared_by_name TEXT,
    declared_at TIMESTAMPTZ,
    approved_by UUID REFERENCES person (id),
    approved_by_name TEXT,
    approved_at TIMESTAMPTZ,
    finance_by UUID REFERENCES person (id),
    finance_by_name TEXT,
    finance_at TIMESTAMPTZ,
    opened_at TIMESTAMPTZ NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX declaration_commissioner ON declaration (commissioner_id, state, achievement_date);
CREATE INDEX declaration_provider ON declaration (provider_id, state, achievement_date);
CREATE INDEX declaration_service ON declaration (service_id, commissioner_id);

-- One line per declaration, ever: nothing can be paid twice.
CREATE TABLE payment_line (
    payment_file_id UUID NOT NULL REFERENCES payment_file (id),
    position BIGINT NOT NULL,
    declaration_id UUID NOT NULL UNIQUE REFERENCES declaration (id),
    amount_pence BIGINT NOT NULL,
    PRIMARY KEY (payment_file_id, position)
);

CREATE TABLE event (
    seq BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    actor_id UUID,
    actor_name TEXT NOT NULL,
    organisation_id UUID,
    organisation_name TEXT NOT NULL,
    subject_id UUID,
    fact TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX event_subject ON event (subject_id, seq);

-- The last event; its row is the lock that puts events in one order.
CREATE TABLE event_head (
    id BIGINT NOT NULL PRIMARY KEY,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO event_head (id, seq, hash) VALUES (1, 0, '');

CREATE TABLE counter (
    name TEXT NOT NULL,
    year BIGINT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name, year)
);
