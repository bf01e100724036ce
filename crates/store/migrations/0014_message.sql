-- Something written to one person for one organisation, kept as it was said, and emailed by whichever process is first.
CREATE TABLE message (
    id UUID NOT NULL PRIMARY KEY,
    person_id UUID NOT NULL REFERENCES person (id),
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    link TEXT NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    delivery TEXT NOT NULL,
    -- When the next attempt may begin: an attempt that is under way moves it ahead, so that no other begins beside it.
    due_at TIMESTAMPTZ NOT NULL,
    attempts BIGINT NOT NULL,
    fault TEXT NOT NULL,
    sent_at TIMESTAMPTZ
);
CREATE INDEX message_person ON message (person_id, organisation_id, made_at);
CREATE INDEX message_due ON message (due_at) WHERE delivery = 'to send';

ALTER TABLE offer ADD COLUMN reminded_at TIMESTAMPTZ;
-- Which offers wait, by the day that ends it: reminders are looked for every minute.
CREATE INDEX offer_waiting ON offer (respond_by) WHERE state = 'pending';
