-- Layouts of payment files that an operator has loaded, beside those that come with the program; every version is kept.
CREATE TABLE payment_layout (
    id UUID NOT NULL PRIMARY KEY,
    code TEXT NOT NULL,
    number BIGINT NOT NULL,
    content TEXT NOT NULL,
    content_hash TEXT NOT NULL,
    loaded_by UUID REFERENCES person (id),
    loaded_by_name TEXT NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL,
    UNIQUE (code, number)
);

-- The layout that a file was frozen in. Files from before had one layout, and so have those of the release before.
ALTER TABLE payment_file ADD COLUMN layout TEXT NOT NULL DEFAULT 'generic';
ALTER TABLE payment_file ADD COLUMN layout_name TEXT NOT NULL DEFAULT 'Accord CSV';
ALTER TABLE payment_file ADD COLUMN layout_hash TEXT;
ALTER TABLE payment_file ADD COLUMN ending TEXT NOT NULL DEFAULT 'csv';

-- A payment that failed for the last time and was settled outside the files. Its line stays as the payer's answer left it.
CREATE TABLE payment_settlement (
    payment_file_id UUID NOT NULL,
    position BIGINT NOT NULL,
    settled_on DATE NOT NULL,
    reference TEXT NOT NULL,
    reason TEXT NOT NULL,
    settled_by UUID NOT NULL REFERENCES person (id),
    settled_by_name TEXT NOT NULL,
    settled_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (payment_file_id, position),
    FOREIGN KEY (payment_file_id, position) REFERENCES payment_line (payment_file_id, position)
);
