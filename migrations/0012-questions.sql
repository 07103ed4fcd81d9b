-- Questions to the robot: who asked which kind when, so that nobody is answered twice and nobody can
-- spend the month's messages. What was asked and answered is not kept.

CREATE TABLE chat_question (
  org_id text NOT NULL REFERENCES org,
  -- The push that brought it.
  event_key text NOT NULL,
  person_id text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL CHECK (state IN ('asked', 'answered', 'limited', 'spared')),
  asked_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, event_key)
);
CREATE INDEX chat_question_by_person ON chat_question (org_id, person_id, asked_at DESC);
CREATE INDEX chat_question_age ON chat_question (asked_at);

-- "Find 1,250,000".
CREATE INDEX entry_by_size ON entry (org_id, amount_minor_units, booking_date DESC);
