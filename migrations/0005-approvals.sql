-- Approvals at DingTalk: what 0003 left open about events, forms, requests of ours and rules.

-- An event that cannot be worked off yet is tried again later, by one worker at a time.
ALTER TABLE dingtalk_event
  ADD COLUMN next_at timestamptz,
  ADD COLUMN lease_until timestamptz;
-- Old events are forgotten by their age.
CREATE INDEX dingtalk_event_ended ON dingtalk_event (processed_at) WHERE state <> 'stored';

-- Since when an app hears nothing; cleared when its connection stands.
ALTER TABLE dingtalk_stream ADD COLUMN down_since timestamptz;

-- Forms are listed now and then, so that a lost event costs minutes; one worker at a time.
ALTER TABLE approval_form
  ADD COLUMN next_sweep_at timestamptz NOT NULL DEFAULT now(),
  ADD COLUMN last_swept_at timestamptz,
  ADD COLUMN lease_until timestamptz,
  ADD COLUMN failures integer NOT NULL DEFAULT 0,
  ADD COLUMN last_code text,
  -- Why it is broken: the field and what to do about it.
  ADD COLUMN problem jsonb;
CREATE INDEX approval_form_due ON approval_form (next_sweep_at) WHERE state <> 'removed';

-- A rule says who must agree; taking one away may weaken as much as making one, so it needs two
-- people as well.
ALTER TABLE approval_rule
  ADD COLUMN confirmed_at timestamptz,
  ADD COLUMN removal_proposed_by text,
  ADD COLUMN removed_by text,
  ADD CONSTRAINT approval_rule_removal CHECK (
    confirmed_by IS NULL OR removed_at IS NULL
    OR (removal_proposed_by IS NOT NULL AND removed_by IS NOT NULL
        AND removal_proposed_by <> removed_by));
CREATE INDEX approval_rule_by_ordinal ON approval_rule (org_id, ordinal) WHERE removed_at IS NULL;

CREATE TABLE approval_request (
  -- An approval that we start for a payment. The row is committed before DingTalk is asked: it knows
  -- no key against doubles, so that after a lost answer the approval is searched for first.
  org_id text NOT NULL,
  payment_id text NOT NULL,
  app_id text NOT NULL,
  process_code text NOT NULL,
  originator_user_id text NOT NULL,
  -- Stands in a field of the form; by it the approval is recognised as ours.
  reference text NOT NULL,
  intended_at timestamptz NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  -- Set before the first byte leaves, taken back when DingTalk certainly did nothing.
  asked_at timestamptz,
  -- First moment at which DingTalk may have started it; searches begin there.
  first_asked_at timestamptz,
  process_instance_id text,
  started_at timestamptz,
  -- Taken back, because its payment ended before people had decided.
  withdrawn_at timestamptz,
  last_code text,
  PRIMARY KEY (org_id, payment_id),
  UNIQUE (org_id, reference),
  FOREIGN KEY (org_id, payment_id) REFERENCES payment
);
CREATE UNIQUE INDEX approval_request_instance ON approval_request (org_id, process_instance_id)
  WHERE process_instance_id IS NOT NULL;

CREATE TABLE approval_comment (
  -- What is written below an approval, once: the outcome of its payments, or why there are none.
  org_id text NOT NULL REFERENCES org,
  process_instance_id text NOT NULL,
  subject text NOT NULL,
  app_id text NOT NULL,
  user_id text NOT NULL,
  text text NOT NULL,
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'sending', 'written', 'refused')),
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  next_at timestamptz,
  written_at timestamptz,
  last_code text,
  PRIMARY KEY (org_id, process_instance_id, subject)
);
CREATE INDEX approval_comment_due ON approval_comment (next_at) WHERE next_at IS NOT NULL;

-- Payments that ended lately, for the comments.
CREATE INDEX payment_ended_by_approval ON payment (state_since)
  WHERE approval_via = 'dingtalk' AND process_instance_id IS NOT NULL
    AND state IN ('confirmed', 'settled', 'rejected', 'returned', 'voided', 'expired', 'cancelled');
