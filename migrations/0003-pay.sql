-- Paying: who may be paid, who may say so, what was sent, what became of it.
--
-- Every step of a payment is a committed row before the world is touched (design.md section 5).
-- The constraints here hold whatever the code above does: one intent is one payment, a payment has
-- at most one attempt under way, an attempt carries exactly what was approved.

-- A token of a person acts as that person; one without is a machine, which may ask, never approve.
ALTER TABLE api_token ADD COLUMN person_id text;
ALTER TABLE api_token
  ADD FOREIGN KEY (org_id, person_id) REFERENCES person;

CREATE TABLE person_grant (
  -- Who may do what, with which accounts, up to which amount. No row, no right; nobody is exempt.
  org_id text NOT NULL,
  grant_id text NOT NULL,
  person_id text NOT NULL,
  action text NOT NULL CHECK (action IN (
    'payment.make', 'payment.approve', 'payment.decide', 'payment.stop', 'payment.resume',
    'beneficiary.propose', 'beneficiary.confirm', 'limit.propose', 'limit.confirm')),
  -- Null: all accounts.
  account_id text,
  -- Null: without limit; then currency is null too.
  amount_max_minor_units numeric(38, 0),
  currency char(3),
  proposed_by text NOT NULL,
  -- A grant needs a second person, except the first ones of an organisation (see the store).
  confirmed_by text,
  created_at timestamptz NOT NULL,
  removed_at timestamptz,
  PRIMARY KEY (org_id, grant_id),
  FOREIGN KEY (org_id, person_id) REFERENCES person,
  FOREIGN KEY (org_id, account_id) REFERENCES account,
  CHECK ((amount_max_minor_units IS NULL) = (currency IS NULL)),
  CHECK (confirmed_by IS DISTINCT FROM proposed_by)
);
CREATE INDEX person_grant_by_person ON person_grant (org_id, person_id) WHERE removed_at IS NULL;

CREATE TABLE beneficiary (
  -- A registered creditor account. Values are those of the newest confirmed version.
  org_id text NOT NULL REFERENCES org,
  beneficiary_id text NOT NULL,
  version integer NOT NULL,
  -- `proposed`: never confirmed yet; `retired`: may not be paid any more.
  state text NOT NULL CHECK (state IN ('proposed', 'active', 'retired')),
  name text NOT NULL,
  account text NOT NULL,
  -- Without spaces and case, for search and against doubles.
  folded_account text NOT NULL,
  scheme text NOT NULL,
  agent text NOT NULL DEFAULT '',
  agent_name text,
  country char(2) NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  -- New and changed accounts rest before they can be paid (ask 11).
  usable_from timestamptz,
  name_match text CHECK (name_match IN ('matched', 'close', 'noMatch', 'unsupported', 'pending')),
  -- The name that the bank holds; shown, never cut (ask 13).
  name_at_bank text,
  name_checked_at timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, beneficiary_id)
);
CREATE UNIQUE INDEX beneficiary_account ON beneficiary (org_id, folded_account, agent)
  WHERE state <> 'retired';

CREATE TABLE beneficiary_version (
  org_id text NOT NULL,
  beneficiary_id text NOT NULL,
  version integer NOT NULL,
  -- The whole record as it was proposed, `retired` included.
  content jsonb NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decision text CHECK (decision IN ('confirmed', 'refused', 'withdrawn')),
  decided_by text,
  decided_at timestamptz,
  PRIMARY KEY (org_id, beneficiary_id, version),
  FOREIGN KEY (org_id, beneficiary_id) REFERENCES beneficiary,
  -- Maker and checker are two people; a withdrawal is the maker's own.
  CHECK (decision IS DISTINCT FROM 'confirmed' OR decided_by IS DISTINCT FROM proposed_by)
);
CREATE UNIQUE INDEX beneficiary_version_open ON beneficiary_version (org_id, beneficiary_id)
  WHERE decision IS NULL;

CREATE TABLE payment_limit (
  org_id text NOT NULL REFERENCES org,
  limit_id text NOT NULL,
  -- What it counts: everything that fits all of these that are not null.
  account_id text,
  connector text,
  purpose text,
  maker text,
  period text NOT NULL CHECK (period IN ('payment', 'day', 'month')),
  amount_minor_units numeric(38, 0) NOT NULL CHECK (amount_minor_units >= 0),
  currency char(3) NOT NULL,
  -- Null: only the amount is limited.
  count_max integer,
  state text NOT NULL CHECK (state IN ('proposed', 'active', 'refused', 'removed')),
  -- A change is a new row that replaces this one when it is confirmed; a removal is proposed too.
  replaces_limit_id text,
  is_removal boolean NOT NULL DEFAULT false,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  PRIMARY KEY (org_id, limit_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account,
  CHECK (state <> 'active' OR decided_by IS DISTINCT FROM proposed_by)
);
CREATE INDEX payment_limit_active ON payment_limit (org_id) WHERE state = 'active';

CREATE TABLE payment_stop (
  -- The kill switch: while a row is open, nothing leaves. One person pulls it, two release it.
  org_id text NOT NULL REFERENCES org,
  stop_id text NOT NULL,
  -- Null: every account.
  account_id text,
  reason text NOT NULL,
  pulled_by text NOT NULL,
  pulled_at timestamptz NOT NULL,
  release_proposed_by text,
  released_by text,
  released_at timestamptz,
  PRIMARY KEY (org_id, stop_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account,
  CHECK (released_at IS NULL OR released_by IS DISTINCT FROM release_proposed_by)
);
CREATE INDEX payment_stop_open ON payment_stop (org_id) WHERE released_at IS NULL;

CREATE TABLE approval_form (
  -- An OA form at DingTalk through which payments are asked for.
  org_id text NOT NULL,
  process_code text NOT NULL,
  app_id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('own', 'mapped')),
  -- Which control carries which field of a payment, and what its options mean.
  mapping jsonb NOT NULL,
  -- Digest of the form's schema when the mapping was checked; another one must be checked again.
  schema_digest text NOT NULL,
  checked_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'broken', 'removed')),
  -- Human approvals that a request through this form needs at least.
  approvals_required integer NOT NULL DEFAULT 1 CHECK (approvals_required >= 1),
  -- Everything before it was listed: instances whose events were lost are found from here.
  swept_until timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, process_code),
  FOREIGN KEY (org_id, app_id) REFERENCES dingtalk_app
);

CREATE TABLE approval_rule (
  -- Who must approve what; the first rule that fits, by ordinal.
  org_id text NOT NULL REFERENCES org,
  rule_id text NOT NULL,
  ordinal integer NOT NULL,
  account_id text,
  purpose text,
  currency char(3),
  amount_from_minor_units numeric(38, 0),
  amount_below_minor_units numeric(38, 0),
  via text NOT NULL CHECK (via IN ('dingtalk', 'local')),
  -- Nodes in order: [{"action":"AND"|"OR"|"NONE","persons":["per_…"]}].
  nodes jsonb NOT NULL,
  approvals_required integer NOT NULL DEFAULT 1 CHECK (approvals_required >= 1),
  proposed_by text NOT NULL,
  confirmed_by text,
  created_at timestamptz NOT NULL,
  removed_at timestamptz,
  PRIMARY KEY (org_id, rule_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account,
  CHECK (confirmed_by IS DISTINCT FROM proposed_by)
);

CREATE TABLE dingtalk_event (
  -- The inbox of DingTalk's events: stored before they are acknowledged, each once (ask 33).
  org_id text NOT NULL REFERENCES org,
  -- `eventId`, `msgId` of a robot message, or a digest of a card press.
  event_key text NOT NULL,
  app_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('event', 'robotMessage', 'cardPress')),
  event_type text NOT NULL,
  source text NOT NULL CHECK (source IN ('stream', 'callback', 'sweep')),
  -- Sealed: it names people and amounts.
  sealed_data bytea NOT NULL,
  born_at timestamptz,
  received_at timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'stored' CHECK (state IN ('stored', 'processed', 'ignored', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  problem text,
  processed_at timestamptz,
  PRIMARY KEY (org_id, event_key)
);
CREATE INDEX dingtalk_event_waiting ON dingtalk_event (received_at) WHERE state = 'stored';

CREATE TABLE dingtalk_stream (
  -- One process at a time holds an app's Stream connection.
  org_id text NOT NULL,
  app_id text NOT NULL,
  lease_owner text,
  lease_until timestamptz,
  connected_at timestamptz,
  last_frame_at timestamptz,
  failures integer NOT NULL DEFAULT 0,
  last_code text,
  PRIMARY KEY (org_id, app_id),
  FOREIGN KEY (org_id, app_id) REFERENCES dingtalk_app
);

CREATE TABLE payment_batch (
  org_id text NOT NULL REFERENCES org,
  batch_id text NOT NULL,
  name text NOT NULL,
  account_id text NOT NULL,
  -- The same file twice is refused unless a person says so.
  file_name text,
  content_digest text NOT NULL,
  maker text NOT NULL,
  item_count integer NOT NULL,
  total_minor_units numeric(38, 0) NOT NULL,
  currency char(3) NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, batch_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);
CREATE INDEX payment_batch_by_digest ON payment_batch (org_id, content_digest);

CREATE TABLE recurring_payment (
  org_id text NOT NULL REFERENCES org,
  recurrence_id text NOT NULL,
  account_id text NOT NULL,
  name text NOT NULL,
  -- RFC 5545 rule; each occurrence becomes a payment that is approved like any other.
  rule text NOT NULL,
  -- What to pay, as the API takes it, without a date.
  template jsonb NOT NULL,
  -- Where an occurrence falls on a closed day of the bank.
  roll text NOT NULL CHECK (roll IN ('following', 'preceding', 'modifiedFollowing')),
  first_date date NOT NULL,
  last_date date,
  next_date date,
  -- A request is raised so many days ahead, so that people can approve in time.
  lead_days integer NOT NULL DEFAULT 2,
  state text NOT NULL CHECK (state IN ('active', 'paused', 'ended')),
  maker text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, recurrence_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);
CREATE INDEX recurring_payment_due ON recurring_payment (next_date) WHERE state = 'active';

CREATE TABLE bank_holiday (
  -- An organisation's own words about a country's bank days; stronger than the built-in calendar.
  org_id text NOT NULL REFERENCES org,
  country char(2) NOT NULL,
  day date NOT NULL,
  is_open boolean NOT NULL,
  name text NOT NULL,
  PRIMARY KEY (org_id, country, day)
);

CREATE TABLE payment (
  org_id text NOT NULL REFERENCES org,
  payment_id text NOT NULL,
  -- Raised with everything that is told; the live card shows the newest.
  version integer NOT NULL DEFAULT 1,
  -- Minted once, sent with every attempt, searched for in the statement.
  end_to_end_id text NOT NULL,
  account_id text NOT NULL,
  connection_id text NOT NULL,
  environment text NOT NULL CHECK (environment IN ('sandbox', 'production')),
  beneficiary_id text,
  beneficiary_version integer,
  creditor jsonb NOT NULL,
  folded_creditor_account text NOT NULL,
  instructed_minor_units numeric(38, 0) NOT NULL CHECK (instructed_minor_units > 0),
  currency char(3) NOT NULL,
  purpose text NOT NULL,
  remittance_information text NOT NULL,
  rail text NOT NULL,
  charge_bearer text NOT NULL,
  requested_execution_date date NOT NULL,
  -- Not sent before; set from the date and the bank's business days and hours.
  not_before timestamptz NOT NULL,
  -- What was approved (core/payments.ts, digestOfPayment).
  digest text NOT NULL,
  -- What asked for it. One intent makes one payment, however often its trigger fires (asks 2, 9).
  source text NOT NULL CHECK (source IN ('dingtalkForm', 'api', 'cli', 'file', 'recurring')),
  source_key text NOT NULL,
  maker text NOT NULL,
  approval_via text NOT NULL CHECK (approval_via IN ('dingtalk', 'local')),
  process_code text,
  process_instance_id text,
  approvals_required integer NOT NULL DEFAULT 1 CHECK (approvals_required >= 1),
  batch_id text,
  batch_item integer,
  recurrence_id text,
  state text NOT NULL CHECK (state IN (
    'draft', 'awaitingApproval', 'authorised', 'blocked', 'submitting', 'submitted', 'unknown',
    'confirmed', 'settled', 'rejected', 'returned', 'declined', 'expired', 'cancelled', 'voided')),
  state_since timestamptz NOT NULL,
  -- Why it stands where it stands, with the arguments of the sentence.
  reason_code text,
  reason_details jsonb NOT NULL DEFAULT '{}',
  -- A second person let a suspected double pass: reason codes that no longer block.
  waived text[] NOT NULL DEFAULT '{}',
  transfer_status text,
  bank_reference text,
  bank_code text,
  bank_message text,
  fee_minor_units numeric(38, 0),
  fee_currency char(3),
  inquiries integer NOT NULL DEFAULT 0,
  not_found_count integer NOT NULL DEFAULT 0,
  -- Since when people are asked to decide.
  decision_since timestamptz,
  first_sent_at timestamptz,
  authorised_at timestamptz,
  confirmed_at timestamptz,
  settlement_entry_id text,
  return_entry_id text,
  debit_missing_since timestamptz,
  next_at timestamptz,
  -- When somebody last asked for a look; a run that began before it must not sleep over it.
  woken_at timestamptz,
  failures integer NOT NULL DEFAULT 0,
  lease_owner text,
  lease_until timestamptz,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, payment_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account,
  FOREIGN KEY (org_id, connection_id) REFERENCES connection,
  FOREIGN KEY (org_id, beneficiary_id) REFERENCES beneficiary,
  FOREIGN KEY (org_id, batch_id) REFERENCES payment_batch,
  FOREIGN KEY (org_id, recurrence_id) REFERENCES recurring_payment,
  UNIQUE (org_id, end_to_end_id),
  UNIQUE (org_id, source, source_key),
  -- What an attempt must repeat, word for word.
  UNIQUE (org_id, payment_id, digest, end_to_end_id, instructed_minor_units, currency)
);
CREATE INDEX payment_due ON payment (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX payment_by_time ON payment (org_id, created_at DESC);
CREATE INDEX payment_by_state ON payment (org_id, state, created_at DESC);
CREATE INDEX payment_by_instance ON payment (org_id, process_instance_id)
  WHERE process_instance_id IS NOT NULL;
CREATE INDEX payment_by_batch ON payment (org_id, batch_id, batch_item) WHERE batch_id IS NOT NULL;
CREATE INDEX payment_by_bank_reference ON payment (org_id, bank_reference)
  WHERE bank_reference IS NOT NULL;
CREATE INDEX payment_by_creditor
  ON payment (org_id, folded_creditor_account, instructed_minor_units, created_at DESC);
CREATE INDEX payment_by_beneficiary
  ON payment (org_id, beneficiary_id, instructed_minor_units, created_at DESC)
  WHERE beneficiary_id IS NOT NULL;
-- Usage of limits and cash that is on its way.
CREATE INDEX payment_by_first_sent ON payment (org_id, account_id, first_sent_at)
  WHERE first_sent_at IS NOT NULL;
CREATE INDEX payment_unsettled ON payment (org_id, account_id)
  WHERE settlement_entry_id IS NULL
    AND state IN ('submitting', 'submitted', 'unknown', 'confirmed');

CREATE TABLE payment_attempt (
  -- One sending. Committed before the first byte leaves; `sent_at` can be set once, which is the
  -- permission to send.
  org_id text NOT NULL,
  attempt_id text NOT NULL,
  payment_id text NOT NULL,
  number integer NOT NULL CHECK (number >= 1),
  digest text NOT NULL,
  end_to_end_id text NOT NULL,
  amount_minor_units numeric(38, 0) NOT NULL,
  currency char(3) NOT NULL,
  -- `intended`: no byte has left. `sending`: bytes may have left and no answer is known.
  -- `notExecuted`: certainly not executed; another attempt may follow. `abandoned`: the bank does not
  -- know it and people or the bank's own key make a second sending safe.
  state text NOT NULL CHECK (state IN (
    'intended', 'sending', 'unknown', 'accepted', 'rejected', 'notExecuted', 'abandoned')),
  external_id text,
  -- The approval as it was read just before, and what every check saw.
  evidence jsonb NOT NULL,
  intended_at timestamptz NOT NULL,
  sent_at timestamptz,
  answered_at timestamptz,
  bank_reference text,
  bank_code text,
  code text,
  PRIMARY KEY (org_id, attempt_id),
  UNIQUE (org_id, payment_id, number),
  FOREIGN KEY (org_id, payment_id, digest, end_to_end_id, amount_minor_units, currency)
    REFERENCES payment (org_id, payment_id, digest, end_to_end_id, instructed_minor_units, currency)
);
-- Two attempts of one payment are never under way together, and nothing is tried after a success.
CREATE UNIQUE INDEX payment_attempt_open ON payment_attempt (org_id, payment_id)
  WHERE state IN ('intended', 'sending', 'unknown', 'accepted');

CREATE TABLE approval (
  -- Who said yes or no to a payment, and to what exactly. DingTalk's answers are copied at each read.
  org_id text NOT NULL,
  approval_id text NOT NULL,
  payment_id text NOT NULL,
  person text NOT NULL,
  decision text NOT NULL CHECK (decision IN ('agreed', 'declined')),
  via text NOT NULL CHECK (via IN ('dingtalk', 'local')),
  digest text NOT NULL,
  remark text,
  decided_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, approval_id),
  UNIQUE (org_id, payment_id, person),
  FOREIGN KEY (org_id, payment_id) REFERENCES payment
);

CREATE TABLE payment_decision (
  -- What people decided where the bank could not tell; one proposes, another confirms.
  org_id text NOT NULL,
  decision_id text NOT NULL,
  payment_id text NOT NULL,
  choice text NOT NULL CHECK (choice IN ('executed', 'notExecuted', 'sendAgain', 'waive')),
  -- The reason code that is waived, for `waive`.
  waived_code text,
  reason text NOT NULL,
  -- The bank's words and ours as the people saw them.
  evidence jsonb NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decided_by text,
  outcome text CHECK (outcome IN ('confirmed', 'refused', 'overtaken')),
  decided_at timestamptz,
  PRIMARY KEY (org_id, decision_id),
  FOREIGN KEY (org_id, payment_id) REFERENCES payment,
  CHECK (outcome IS DISTINCT FROM 'confirmed' OR decided_by IS DISTINCT FROM proposed_by)
);
CREATE UNIQUE INDEX payment_decision_open ON payment_decision (org_id, payment_id)
  WHERE outcome IS NULL;

CREATE TABLE payment_step (
  -- The life of a payment, line by line, for people and for the audit.
  org_id text NOT NULL,
  payment_id text NOT NULL,
  number integer NOT NULL,
  at timestamptz NOT NULL,
  happening text NOT NULL,
  state text NOT NULL,
  actor text NOT NULL,
  code text,
  details jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (org_id, payment_id, number),
  FOREIGN KEY (org_id, payment_id) REFERENCES payment
);

CREATE TABLE transfer_notice (
  -- A bank's own word about a transfer, verified and kept until the story of its payment has read it.
  -- It may come before the answer that tells us the bank's reference.
  org_id text NOT NULL,
  notice_id text NOT NULL,
  connection_id text NOT NULL,
  end_to_end_id text,
  bank_reference text,
  report jsonb NOT NULL,
  received_at timestamptz NOT NULL,
  read_at timestamptz,
  PRIMARY KEY (org_id, notice_id),
  FOREIGN KEY (org_id, connection_id) REFERENCES connection,
  CHECK (end_to_end_id IS NOT NULL OR bank_reference IS NOT NULL)
);
CREATE INDEX transfer_notice_unread ON transfer_notice (org_id, connection_id)
  WHERE read_at IS NULL;
-- The bank repeats a notice that it thinks was not heard; the same words are one notice.
CREATE UNIQUE INDEX transfer_notice_once ON transfer_notice
  (org_id, connection_id, coalesce(end_to_end_id, ''), coalesce(bank_reference, ''), md5(report::text));

-- An entry that settles or returns a payment of ours.
ALTER TABLE entry ADD COLUMN payment_id text;
ALTER TABLE entry ADD COLUMN payment_role text CHECK (payment_role IN ('settlement', 'return'));
CREATE INDEX entry_by_payment ON entry (org_id, payment_id) WHERE payment_id IS NOT NULL;
-- A return names the line of the debit that it brings back.
CREATE INDEX entry_evidence_of_payment ON entry USING gin (evidence)
  WHERE payment_role = 'settlement';

-- Notices and cards are about an entry or a payment.
ALTER TABLE event RENAME COLUMN entry_id TO subject_id;
ALTER TABLE event RENAME COLUMN entry_version TO subject_version;
ALTER TABLE notice RENAME COLUMN entry_id TO subject_id;
ALTER TABLE notice RENAME COLUMN entry_version TO subject_version;
ALTER TABLE card RENAME COLUMN entry_id TO subject_id;

-- An account from which only Cashbell pays: a debit without a payment is an alarm.
ALTER TABLE account ADD COLUMN expects_only_our_debits boolean NOT NULL DEFAULT false;

-- How DingTalk's events arrive, and what callbacks are verified with.
ALTER TABLE dingtalk_app ADD COLUMN event_mode text NOT NULL DEFAULT 'none'
  CHECK (event_mode IN ('none', 'stream', 'callback'));
ALTER TABLE dingtalk_app ADD COLUMN agent_id text;
