-- A table of answers reads the providers of a year in their order, whoever commissions: sorting those of a whole region took
-- longer than to pass over those of other commissioners.
DROP INDEX commissioned_provider_order;
CREATE INDEX commissioned_provider_order
    ON commissioned_provider (year, provider_kind DESC, provider_code, commissioner_id, provider_id);
