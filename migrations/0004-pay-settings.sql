-- Who may do what around paying: what 0003 left open about grants, persons and second persons.

-- A person who left is kept, because what they asked for and agreed to names them; their DingTalk
-- user id may be used again.
ALTER TABLE person ADD COLUMN removed_at timestamptz;
ALTER TABLE person DROP CONSTRAINT person_org_id_dingtalk_user_id_key;
CREATE UNIQUE INDEX person_by_dingtalk_user ON person (org_id, dingtalk_user_id)
  WHERE removed_at IS NULL;

-- Whoever made a machine's token may hold it, so that they are the maker of what it asks for.
ALTER TABLE api_token ADD COLUMN created_by text;

-- Granting is itself a right. A grant is proposed by one person and confirmed by another, who is not
-- the one who gets it; only the operator on the machine may make the first two, and that is marked.
ALTER TABLE person_grant DROP CONSTRAINT person_grant_action_check;
ALTER TABLE person_grant ADD CONSTRAINT person_grant_action_check CHECK (action IN (
  'payment.make', 'payment.approve', 'payment.decide', 'payment.stop', 'payment.resume',
  'beneficiary.propose', 'beneficiary.confirm', 'limit.propose', 'limit.confirm',
  'grant.propose', 'grant.confirm'));
ALTER TABLE person_grant
  ADD COLUMN state text NOT NULL DEFAULT 'proposed'
    CHECK (state IN ('proposed', 'active', 'refused', 'removed')),
  ADD COLUMN is_bootstrap boolean NOT NULL DEFAULT false,
  -- A delegation during absence: it holds from … until, and never longer than what it came from.
  ADD COLUMN delegated_by text,
  ADD COLUMN delegated_from text,
  ADD COLUMN valid_from timestamptz,
  ADD COLUMN valid_until timestamptz,
  ADD COLUMN decided_at timestamptz,
  ADD COLUMN removed_by text,
  ADD CONSTRAINT person_grant_second_person CHECK (
    state <> 'active' OR (is_bootstrap AND confirmed_by IS NULL)
    OR (confirmed_by IS NOT NULL AND confirmed_by <> proposed_by)),
  ADD CONSTRAINT person_grant_not_to_oneself CHECK (confirmed_by IS DISTINCT FROM person_id),
  ADD CONSTRAINT person_grant_bootstrap CHECK (
    NOT is_bootstrap OR action IN ('grant.propose', 'grant.confirm')),
  ADD CONSTRAINT person_grant_delegation CHECK (
    (delegated_by IS NULL) = (delegated_from IS NULL)
    AND (delegated_by IS NULL OR valid_until IS NOT NULL)
    AND valid_until > valid_from);
ALTER TABLE person_grant
  ADD FOREIGN KEY (org_id, delegated_from) REFERENCES person_grant;

-- A decision is somebody's. Without these a row could be in force with nobody as its checker.
ALTER TABLE beneficiary_version
  ADD CONSTRAINT beneficiary_version_checker CHECK (decision IS NULL OR decided_by IS NOT NULL),
  -- What the bank said of the holder's name, and whether the checker took it as it is.
  ADD COLUMN name_match text CHECK (
    name_match IN ('matched', 'close', 'noMatch', 'unsupported', 'pending')),
  ADD COLUMN name_at_bank text,
  ADD COLUMN name_checked_at timestamptz,
  ADD COLUMN is_mismatch_accepted boolean NOT NULL DEFAULT false,
  ADD CONSTRAINT beneficiary_version_mismatch CHECK (
    decision IS DISTINCT FROM 'confirmed' OR name_match IS DISTINCT FROM 'noMatch'
    OR is_mismatch_accepted);
ALTER TABLE payment_limit
  ADD CONSTRAINT payment_limit_checker CHECK (state <> 'active' OR decided_by IS NOT NULL);
ALTER TABLE payment_decision
  ADD CONSTRAINT payment_decision_checker CHECK (outcome IS NULL OR decided_by IS NOT NULL);
ALTER TABLE payment_stop
  ADD COLUMN release_proposed_at timestamptz,
  ADD CONSTRAINT payment_stop_release CHECK (
    released_at IS NULL OR (release_proposed_by IS NOT NULL AND released_by IS NOT NULL));

-- Nobody approves a payment of their own, whatever the code above believes. DingTalk's approvals are
-- copies of what DingTalk says, true or not, and are judged where they are read.
CREATE FUNCTION approval_is_not_the_makers() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  IF NEW.via = 'local' AND NEW.decision = 'agreed' AND EXISTS (
    SELECT FROM payment p
    WHERE p.org_id = NEW.org_id AND p.payment_id = NEW.payment_id AND p.maker = NEW.person)
  THEN RAISE EXCEPTION 'maker and checker are the same person' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER approval_second_person BEFORE INSERT OR UPDATE ON approval
  FOR EACH ROW EXECUTE FUNCTION approval_is_not_the_makers();

CREATE TABLE payment_settings (
  -- How careful paying is, by version; one person proposes, another confirms. The newest confirmed
  -- version holds; without one, the built-in words do.
  org_id text NOT NULL REFERENCES org,
  version integer NOT NULL,
  content jsonb NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decision text CHECK (decision IN ('confirmed', 'refused', 'withdrawn')),
  decided_by text,
  decided_at timestamptz,
  PRIMARY KEY (org_id, version),
  CHECK (decision IS NULL OR decided_by IS NOT NULL),
  CHECK (decision IS DISTINCT FROM 'confirmed' OR decided_by IS DISTINCT FROM proposed_by)
);
CREATE UNIQUE INDEX payment_settings_open ON payment_settings (org_id) WHERE decision IS NULL;
