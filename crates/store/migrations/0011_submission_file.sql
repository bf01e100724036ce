-- The name of the filled template that a person handed in; a file of an extract has a record of its own.
ALTER TABLE submission ADD COLUMN file_name TEXT;
