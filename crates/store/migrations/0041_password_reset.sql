-- Tries that are counted: of an account, or from an address. It takes the place of sign_in_failure, which nothing writes any
-- more and which goes once no release that writes it is in use.
CREATE TABLE throttle (
    kind TEXT NOT NULL,
    who TEXT NOT NULL,
    tries BIGINT NOT NULL,
    last_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (kind, who)
);

-- A link with which a person sets another password after forgetting the old one. Only its hash is kept; one for each person.
CREATE TABLE password_reset (
    person_id UUID NOT NULL PRIMARY KEY REFERENCES person (id),
    token_hash TEXT NOT NULL UNIQUE,
    works_until TIMESTAMPTZ NOT NULL
);

-- Emails that bring such a link and wait to be sent. The link is made while its email is being sent, so none is kept here.
-- The address is what somebody typed: whether an account has it is looked up by the worker. Without due_at it was given up.
CREATE TABLE link_to_send (
    purpose TEXT NOT NULL,
    email TEXT NOT NULL,
    id UUID NOT NULL UNIQUE,
    made_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ,
    attempts BIGINT NOT NULL,
    fault TEXT NOT NULL,
    PRIMARY KEY (purpose, email)
);
CREATE INDEX link_to_send_due ON link_to_send (due_at);
