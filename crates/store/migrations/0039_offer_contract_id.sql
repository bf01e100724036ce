-- The page of a contract counts its offers by state, and of those that wait how many nobody has looked at: with the offer's own
-- identifier the index answers both.
DROP INDEX offer_contract;
CREATE INDEX offer_contract ON offer (contract_id, state, respond_by, provider_id, id);
