-- The counts and sums of Declaration Management come out of the index alone.
DROP INDEX declaration_commissioner;
CREATE INDEX declaration_commissioner ON declaration (commissioner_id, state, achievement_date, amount_pence);
