-- Roles that somebody asks for at an organisation. A request that nobody decides about by its day has lapsed: that is asked, and
-- not stored.
CREATE TABLE access_request (
    id UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    -- Where whoever asked was signed in: their account, and the organisation that they acted for.
    person_id UUID REFERENCES person (id),
    asked_from_id UUID REFERENCES organisation (id),
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    job_title TEXT NOT NULL,
    phone TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    decide_by DATE NOT NULL,
    state TEXT NOT NULL,
    decided_by_name TEXT,
    decided_at TIMESTAMPTZ,
    version BIGINT NOT NULL
);
-- The home page of everybody who manages people asks what waits.
CREATE INDEX access_request_waiting ON access_request (organisation_id, decide_by) WHERE state = 'open';
CREATE INDEX access_request_email ON access_request (email, asked_at);

CREATE TABLE access_request_role (
    request_id UUID NOT NULL REFERENCES access_request (id),
    role TEXT NOT NULL,
    PRIMARY KEY (request_id, role)
);

-- An email to somebody who may have no account, and so reads no messages on pages. Otherwise as message.
CREATE TABLE address_message (
    id UUID NOT NULL PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    link TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    delivery TEXT NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL,
    fault TEXT NOT NULL,
    sent_at TIMESTAMPTZ
);
CREATE INDEX address_message_due ON address_message (due_at) WHERE delivery = 'to send';
