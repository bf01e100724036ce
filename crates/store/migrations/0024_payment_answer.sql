-- What becomes of a payment after its file is made: sent by a second person, answered by the payer, tried again.
ALTER TABLE payment_file ADD COLUMN sent_by UUID REFERENCES person (id);
ALTER TABLE payment_file ADD COLUMN sent_by_name TEXT;
ALTER TABLE payment_file ADD COLUMN sent_at TIMESTAMPTZ;
ALTER TABLE payment_file ADD COLUMN sent_on DATE;
ALTER TABLE payment_file ADD COLUMN expected_on DATE;
-- Raised by one with each change; who changes a file or its lines holds its row until the end.
ALTER TABLE payment_file ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
CREATE INDEX payment_file_not_sent ON payment_file (commissioner_id) WHERE sent_on IS NULL;

-- The lines anew, because a declaration has one line for each try at paying it.
CREATE TABLE payment_try (
    payment_file_id UUID NOT NULL REFERENCES payment_file (id),
    position BIGINT NOT NULL,
    declaration_id UUID NOT NULL REFERENCES declaration (id),
    amount_pence BIGINT NOT NULL,
    attempt BIGINT NOT NULL DEFAULT 1 CHECK (attempt BETWEEN 1 AND 3),
    -- `replaced` is a try that failed and made room for the next one.
    state TEXT NOT NULL DEFAULT 'in_file' CHECK (state IN ('in_file', 'sent', 'paid', 'failed', 'replaced')),
    PRIMARY KEY (payment_file_id, position)
);
INSERT INTO payment_try (payment_file_id, position, declaration_id, amount_pence)
SELECT payment_file_id, position, declaration_id, amount_pence FROM payment_line;
DROP TABLE payment_line;
ALTER TABLE payment_try RENAME TO payment_line;
-- One live line for each declaration: nothing can be paid twice.
CREATE UNIQUE INDEX payment_line_live ON payment_line (declaration_id) WHERE state <> 'replaced';
CREATE UNIQUE INDEX payment_line_attempt ON payment_line (declaration_id, attempt);
CREATE INDEX payment_line_state ON payment_line (payment_file_id, state, position);
CREATE INDEX payment_line_failed ON payment_line (payment_file_id) WHERE state = 'failed';

-- An answer of the payer as it was loaded.
CREATE TABLE payment_answer (
    id UUID NOT NULL PRIMARY KEY,
    payment_file_id UUID NOT NULL REFERENCES payment_file (id),
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    loaded_by UUID NOT NULL REFERENCES person (id),
    loaded_by_name TEXT NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX payment_answer_file ON payment_answer (payment_file_id, loaded_at);

-- What it said of each payment, once: paid, with a day and a bank reference, or failed, with a reason.
CREATE TABLE payment_answer_line (
    payment_file_id UUID NOT NULL,
    position BIGINT NOT NULL,
    payment_answer_id UUID NOT NULL REFERENCES payment_answer (id),
    state TEXT NOT NULL CHECK (state IN ('paid', 'failed')),
    paid_on DATE,
    bank_reference TEXT,
    reason TEXT,
    PRIMARY KEY (payment_file_id, position),
    FOREIGN KEY (payment_file_id, position) REFERENCES payment_line (payment_file_id, position),
    CHECK ((state = 'paid') = (paid_on IS NOT NULL AND bank_reference IS NOT NULL AND reason IS NULL)),
    CHECK ((state = 'failed') = (paid_on IS NULL AND bank_reference IS NULL AND reason IS NOT NULL))
);
CREATE INDEX payment_answer_line_bank ON payment_answer_line (bank_reference) WHERE bank_reference IS NOT NULL;
