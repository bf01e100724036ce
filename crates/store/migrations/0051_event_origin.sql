-- From where somebody acted: the address of a browser, the command line, or the service itself. It is part of the entry's hash where
-- it is not empty, so that entries from before keep theirs.
ALTER TABLE event ADD COLUMN origin TEXT NOT NULL DEFAULT '';
