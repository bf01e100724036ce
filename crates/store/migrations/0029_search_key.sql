-- The code and name of an organisation in small letters, to search in.
ALTER TABLE organisation ADD COLUMN search_key TEXT NOT NULL DEFAULT '';
UPDATE organisation SET search_key = lower(code || ' ' || name);
