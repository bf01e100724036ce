-- The counts of Declaration Management are taken by service too, and still come out of the index alone.
DROP INDEX declaration_commissioner;
CREATE INDEX declaration_commissioner ON declaration (commissioner_id, state, achievement_date, service_id, amount_pence);
