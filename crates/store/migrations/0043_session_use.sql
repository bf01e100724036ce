-- When a session was last used, at most a minute ago, and what is known of where: for its end when nobody uses it, and for the
-- list that its person sees. A session of the release before has none of it.
ALTER TABLE session ADD COLUMN last_used_at TIMESTAMPTZ;
ALTER TABLE session ADD COLUMN network TEXT;
ALTER TABLE session ADD COLUMN browser TEXT;
CREATE INDEX session_person ON session (person_id);
