-- Reports ask of each match whether another one reverses it; so do people who take one back.
CREATE INDEX match_reversing ON match (org_id, reverses_match_id) WHERE reverses_match_id IS NOT NULL;
