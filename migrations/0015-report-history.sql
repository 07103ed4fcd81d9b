-- Which matches changed after a moment: what was open then may be matched by now.
CREATE INDEX match_history_by_time ON match_history (org_id, recorded_at);
