-- Claims: a number that people can type, how long they have, who decides where two claim the same.

CREATE TABLE claim_settings (
  org_id text NOT NULL REFERENCES org,
  -- So often an open claim is asked about again.
  open_hours integer NOT NULL CHECK (open_hours BETWEEN 1 AND 720),
  -- So long a claim holds without being confirmed.
  claimed_hours integer NOT NULL CHECK (claimed_hours BETWEEN 1 AND 720),
  -- How often it is asked about before the finance owner is told, or the claim falls back.
  reminders_max integer NOT NULL CHECK (reminders_max BETWEEN 0 AND 10),
  -- Who may confirm: only somebody other than who claims it, or anyone who holds the right.
  confirmed_by text NOT NULL CHECK (confirmed_by IN ('other', 'anyone')),
  -- Is told of conflicts, and of what nobody claims.
  owner_person_id text,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (org_id),
  FOREIGN KEY (org_id, owner_person_id) REFERENCES person
);

-- What was seen before the group was set is not asked about.
ALTER TABLE account ADD COLUMN claim_from timestamptz;

ALTER TABLE claim ADD COLUMN number integer;
UPDATE claim SET number = numbered.number
FROM (SELECT org_id, claim_id, row_number() OVER (PARTITION BY org_id ORDER BY claim_id) AS number
      FROM claim) numbered
WHERE claim.org_id = numbered.org_id AND claim.claim_id = numbered.claim_id;
ALTER TABLE claim ALTER COLUMN number SET NOT NULL;
ALTER TABLE claim ADD CONSTRAINT claim_org_id_number_key UNIQUE (org_id, number);
-- Who else says that it is theirs, and for what.
ALTER TABLE claim ADD COLUMN rivals jsonb NOT NULL DEFAULT '[]';
ALTER TABLE claim ADD COLUMN settled_by text;
ALTER TABLE claim ADD COLUMN closed_because text
  CHECK (closed_because IN ('matched', 'exempt', 'takenBack'));

ALTER TABLE claim_act DROP CONSTRAINT claim_act_act_check;
ALTER TABLE claim_act ADD CONSTRAINT claim_act_act_check
  CHECK (act IN ('asked', 'claimed', 'contested', 'released', 'confirmed', 'refused', 'assigned',
                 'reminded', 'expired', 'escalated', 'closed', 'reopened'));

-- The customer whose receipt it is, as a confirmed claim says: no invoice, yet a name to match by.
ALTER TABLE entry ADD COLUMN claimed_customer text;

-- Where presses on this app's cards arrive when they come by HTTP, as it is registered at DingTalk.
ALTER TABLE dingtalk_app ADD COLUMN card_route_key text;
ALTER TABLE dingtalk_app ADD COLUMN card_route_url text;

-- An invoice by the number that a person types, also one that is paid already.
CREATE INDEX expected_item_by_number ON expected_item (org_id, upper(number))
  WHERE number IS NOT NULL;
CREATE INDEX claim_unsettled ON claim (org_id, entry_id) WHERE state IN ('open', 'claimed', 'conflict');
CREATE INDEX claim_by_change ON claim (changed_at) WHERE state IN ('confirmed', 'closed');

-- DingTalk took no card here lately, such as without the permission for it: what can be pressed is then
-- told in words.
ALTER TABLE destination_meter ADD COLUMN cards_refused_at timestamptz;
