-- The indicators that the provider declares by themselves before the whole, with who did; empty where the definition asks
-- for none. A locked declaration keeps them as they were.
ALTER TABLE declaration ADD COLUMN indicators TEXT NOT NULL DEFAULT '[]';
