-- Whom an offer contract goes to: 'all' open providers, those of 'last-year', or the 'chosen' ones of contract_provider.
ALTER TABLE contract ADD COLUMN target TEXT NOT NULL DEFAULT 'all';
