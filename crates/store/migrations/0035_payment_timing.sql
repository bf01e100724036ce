-- By when a payment file must reach a commissioner's payer, and after how many working days its answer is chased. The time is
-- minutes after midnight on London's clocks. A commissioner without a row has the defaults of the program.
CREATE TABLE payment_timing (
    commissioner_id UUID NOT NULL PRIMARY KEY REFERENCES organisation (id),
    working_day BIGINT,
    until_minute BIGINT NOT NULL,
    chase_after BIGINT,
    version BIGINT NOT NULL
);

-- When finance was last told to chase the payer about a file.
ALTER TABLE payment_file ADD COLUMN chased_on DATE;
