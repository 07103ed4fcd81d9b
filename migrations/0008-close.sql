-- What should appear at the bank, what belongs together, who claims what nobody expected, and reports.
--
-- A match is made of legs by amount, never a flag (ask 74). What is still open of an entry and of an
-- expected item stands in their rows, and the rows themselves refuse to be used twice: whatever the
-- code does, a line is used at most to its amount.

CREATE TABLE expected_template (
  -- Something that comes again and again: rent, a salary run, a subscription.
  org_id text NOT NULL REFERENCES org,
  template_id text NOT NULL,
  name text NOT NULL,
  -- The item that is made of it, as the API writes one, without its day.
  item jsonb NOT NULL,
  -- RFC 5545 rule and first day; days are those of the zone.
  rule text NOT NULL,
  starts_on date NOT NULL,
  zone text NOT NULL,
  next_on date,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'ended')),
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, template_id)
);
CREATE INDEX expected_template_due ON expected_template (next_on) WHERE state = 'active';

CREATE TABLE import_mapping (
  -- How files of one kind are read, remembered by the fingerprint of their header row.
  org_id text NOT NULL REFERENCES org,
  mapping_id text NOT NULL,
  name text NOT NULL,
  header_digest bytea NOT NULL,
  mapping jsonb NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, mapping_id),
  UNIQUE (org_id, header_digest)
);

CREATE TABLE item_import (
  org_id text NOT NULL REFERENCES org,
  import_id text NOT NULL,
  file_name text NOT NULL,
  -- SHA-256 of the file: the same file again is the same import.
  digest bytea NOT NULL,
  mapping jsonb NOT NULL,
  rows_read integer NOT NULL,
  rows_taken integer NOT NULL,
  rows_known integer NOT NULL,
  rows_refused integer NOT NULL,
  problems jsonb NOT NULL DEFAULT '[]',
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, import_id)
);
CREATE INDEX item_import_by_digest ON item_import (org_id, digest);

CREATE TABLE expected_item (
  org_id text NOT NULL REFERENCES org,
  item_id text NOT NULL,
  kind text NOT NULL
    CHECK (kind IN ('invoice', 'bill', 'creditNote', 'payment', 'ledgerLine', 'recurring', 'other')),
  -- Direction of the money that is expected, seen from us: a customer's invoice is a credit.
  credit_debit_indicator text NOT NULL CHECK (credit_debit_indicator IN ('credit', 'debit')),
  -- Makes an import idempotent: the same key from the same source is the same item.
  source text NOT NULL,
  source_key text NOT NULL,
  number text,
  counterparty_name text,
  -- The name folded for comparison, and its words for look-up.
  counterparty_fold text,
  name_tokens text[] NOT NULL DEFAULT '{}',
  counterparty_account text,
  -- Customer or supplier number of the company's own books.
  counterparty_key text,
  currency char(3) NOT NULL,
  amount_minor_units numeric(38, 0) NOT NULL CHECK (amount_minor_units > 0),
  -- Where only bounds are known; the amount is then the upper one.
  amount_min_minor_units numeric(38, 0),
  -- Allocated so far, fees and differences included; what is left is open.
  settled_minor_units numeric(38, 0) NOT NULL DEFAULT 0,
  issued_on date,
  due_on date,
  creditor_reference text,
  virtual_account text,
  end_to_end_id text,
  description text NOT NULL DEFAULT '',
  account_id text,
  payment_id text,
  template_id text,
  import_id text,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed', 'cancelled')),
  -- The newest moment at which anything about it changed.
  version integer NOT NULL DEFAULT 1,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  closed_at timestamptz,
  PRIMARY KEY (org_id, item_id),
  UNIQUE (org_id, source, source_key),
  CHECK (settled_minor_units BETWEEN 0 AND amount_minor_units),
  CHECK (amount_min_minor_units IS NULL OR amount_min_minor_units BETWEEN 0 AND amount_minor_units),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);
CREATE INDEX expected_item_by_amount ON expected_item
  (org_id, currency, credit_debit_indicator, (amount_minor_units - settled_minor_units), due_on)
  WHERE state = 'open';
CREATE INDEX expected_item_by_party ON expected_item (org_id, counterparty_fold, due_on)
  WHERE state = 'open';
CREATE INDEX expected_item_by_party_account ON expected_item (org_id, counterparty_account, due_on)
  WHERE state = 'open' AND counterparty_account IS NOT NULL;
-- Without its pending list, whose clean-up would make single look-ups slow.
CREATE INDEX expected_item_by_token ON expected_item USING gin (name_tokens)
  WITH (fastupdate = off) WHERE state = 'open';
CREATE INDEX expected_item_by_due ON expected_item (org_id, due_on, item_id) WHERE state = 'open';
CREATE INDEX expected_item_by_payment ON expected_item (org_id, payment_id)
  WHERE payment_id IS NOT NULL;

CREATE TABLE item_key (
  -- Exact keys of open items, folded: `number:INV4711`, `reference:RF18…`, `virtualAccount:8808…`,
  -- `endToEndId:…`. Not unique: two items under one key are no exact key any more.
  org_id text NOT NULL,
  key text NOT NULL,
  item_id text NOT NULL,
  PRIMARY KEY (org_id, key, item_id),
  FOREIGN KEY (org_id, item_id) REFERENCES expected_item
);
CREATE INDEX item_key_by_item ON item_key (org_id, item_id);

CREATE TABLE match_run (
  -- Matches that were made together, so that they can be taken back together (ask 81).
  org_id text NOT NULL REFERENCES org,
  run_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('run', 'import', 'person')),
  settings jsonb NOT NULL,
  counts jsonb NOT NULL DEFAULT '{}',
  started_by text NOT NULL,
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  undone_at timestamptz,
  undone_by text,
  PRIMARY KEY (org_id, run_id)
);

CREATE TABLE match (
  org_id text NOT NULL REFERENCES org,
  match_id text NOT NULL,
  run_id text,
  kind text NOT NULL
    CHECK (kind IN ('single', 'batch', 'split', 'manyToMany', 'netting', 'transfer', 'payment')),
  -- `suggested` uses nothing up; `standing` does; `refused` is remembered, `undone` is history.
  state text NOT NULL CHECK (state IN ('suggested', 'standing', 'refused', 'undone', 'superseded')),
  basis text NOT NULL
    CHECK (basis IN ('exactKey', 'uniqueSubset', 'score', 'memory', 'rule', 'person')),
  decision text NOT NULL CHECK (decision IN ('automatic', 'person', 'none')),
  probability numeric(7, 6),
  reasons jsonb NOT NULL DEFAULT '[]',
  why_not_automatic jsonb,
  alternatives jsonb NOT NULL DEFAULT '[]',
  -- What the engine thought when a person decided: the evidence for the precision that is stated.
  suggested_probability numeric(7, 6),
  decided_by text,
  decided_at timestamptz,
  undone_by text,
  undone_at timestamptz,
  undo_reason text,
  -- A match of a closed period is taken back by one that reverses it.
  reverses_match_id text,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, match_id),
  FOREIGN KEY (org_id, run_id) REFERENCES match_run
);
CREATE INDEX match_by_run ON match (org_id, run_id) WHERE run_id IS NOT NULL;
CREATE INDEX match_by_state ON match (org_id, state, created_at DESC, match_id);
CREATE INDEX match_by_decision ON match (org_id, decided_at) WHERE decided_at IS NOT NULL;

CREATE TABLE match_leg (
  org_id text NOT NULL,
  match_id text NOT NULL,
  leg integer NOT NULL,
  -- `allocation` uses an entry for an item; `netting` and `transfer` use an entry for another entry;
  -- the others are the residual, said apart (asks 75 to 77).
  role text NOT NULL
    CHECK (role IN ('allocation', 'netting', 'transfer', 'fee', 'exchange', 'tolerance')),
  entry_id text,
  item_id text,
  -- The other entry of a netting pair or transfer.
  other_entry_id text,
  -- How much of the entry and of the item it uses; in their own currencies, never negative.
  entry_minor_units numeric(38, 0) CHECK (entry_minor_units >= 0),
  entry_currency char(3),
  item_minor_units numeric(38, 0) CHECK (item_minor_units >= 0),
  item_currency char(3),
  -- Signed from the organisation's view: a fee that was kept from us is negative.
  residual_minor_units numeric(38, 0),
  residual_currency char(3),
  rate text,
  rate_source text,
  tolerance_rule_id text,
  PRIMARY KEY (org_id, match_id, leg),
  FOREIGN KEY (org_id, match_id) REFERENCES match,
  FOREIGN KEY (org_id, entry_id) REFERENCES entry,
  FOREIGN KEY (org_id, item_id) REFERENCES expected_item,
  CHECK (role <> 'allocation' OR (entry_id IS NOT NULL AND item_id IS NOT NULL))
);
CREATE INDEX match_leg_by_entry ON match_leg (org_id, entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX match_leg_by_other_entry ON match_leg (org_id, other_entry_id)
  WHERE other_entry_id IS NOT NULL;
CREATE INDEX match_leg_by_item ON match_leg (org_id, item_id) WHERE item_id IS NOT NULL;

ALTER TABLE entry ADD COLUMN matched_minor_units numeric(38, 0) NOT NULL DEFAULT 0;
ALTER TABLE entry ADD CONSTRAINT entry_matched_within
  CHECK (matched_minor_units BETWEEN 0 AND amount_minor_units) NOT VALID;
-- `unknown`: looked at and nothing found; null: not looked at yet; `exempt`: a person said that
-- nothing belongs to it, such as interest.
ALTER TABLE entry ADD COLUMN match_state text
  CHECK (match_state IN ('matched', 'partial', 'suggested', 'unknown', 'exempt'));
ALTER TABLE entry ADD COLUMN counterparty_fold text;
CREATE INDEX entry_unmatched ON entry (org_id, account_id, booking_date)
  WHERE match_state IS NULL OR match_state IN ('partial', 'suggested', 'unknown');

CREATE TABLE match_alias (
  -- What decisions taught: this text or account at the bank is that party of our books (ask 80, memory).
  org_id text NOT NULL REFERENCES org,
  alias_id text NOT NULL,
  -- `name:` or `account:` and the folded text of the bank.
  bank_key text NOT NULL,
  counterparty_fold text NOT NULL,
  confirmed integer NOT NULL DEFAULT 0,
  refused integer NOT NULL DEFAULT 0,
  last_confirmed_at timestamptz,
  last_refused_at timestamptz,
  removed_at timestamptz,
  PRIMARY KEY (org_id, alias_id),
  UNIQUE (org_id, bank_key, counterparty_fold)
);
CREATE INDEX match_alias_by_key ON match_alias (org_id, bank_key) WHERE removed_at IS NULL;

CREATE TABLE match_settings (
  org_id text NOT NULL REFERENCES org,
  -- Share of automatic matches that must be right, such as 0.995.
  stated_precision numeric(6, 5) NOT NULL DEFAULT 0.995,
  is_automatic boolean NOT NULL DEFAULT true,
  -- How long before and after its due day an item may be paid.
  days_before integer NOT NULL DEFAULT 60,
  days_after integer NOT NULL DEFAULT 120,
  -- The fee profiles learnt from accepted matches, by account.
  fee_profiles jsonb NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (org_id)
);

CREATE TABLE tolerance_rule (
  -- What may be left over and still count as paid (asks 76, 77): tested on the residual, never the gross.
  org_id text NOT NULL REFERENCES org,
  rule_id text NOT NULL,
  name text NOT NULL,
  account_id text,
  currency char(3) NOT NULL,
  limit_minor_units numeric(38, 0) NOT NULL CHECK (limit_minor_units > 0),
  -- At most this share of the item, such as 0.01; null is no such limit.
  share_max numeric(6, 5),
  daily_cap_minor_units numeric(38, 0) NOT NULL CHECK (daily_cap_minor_units > 0),
  -- Account of the company's books to which the difference goes.
  ledger_account text NOT NULL,
  state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'active', 'removed')),
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  confirmed_by text,
  confirmed_at timestamptz,
  removed_by text,
  removed_at timestamptz,
  PRIMARY KEY (org_id, rule_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account,
  CHECK (confirmed_by IS NULL OR confirmed_by <> proposed_by)
);

CREATE TABLE tolerance_use (
  org_id text NOT NULL,
  rule_id text NOT NULL,
  -- The booking day of the entry, at the bank.
  day date NOT NULL,
  used_minor_units numeric(38, 0) NOT NULL CHECK (used_minor_units >= 0),
  PRIMARY KEY (org_id, rule_id, day),
  FOREIGN KEY (org_id, rule_id) REFERENCES tolerance_rule
);

CREATE TABLE period_lock (
  -- Up to and with this day nothing of the account is matched or taken back. History stays.
  org_id text NOT NULL REFERENCES org,
  lock_id text NOT NULL,
  account_id text NOT NULL,
  locked_until date NOT NULL,
  reason text NOT NULL,
  locked_by text NOT NULL,
  locked_at timestamptz NOT NULL,
  reopened_by text,
  reopened_at timestamptz,
  reopen_reason text,
  PRIMARY KEY (org_id, lock_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);
CREATE INDEX period_lock_standing ON period_lock (org_id, account_id, locked_until DESC)
  WHERE reopened_at IS NULL;

CREATE TABLE claim (
  -- A receipt that nobody expected, asked about in a group (认领).
  org_id text NOT NULL REFERENCES org,
  claim_id text NOT NULL,
  entry_id text NOT NULL,
  account_id text NOT NULL,
  destination_id text NOT NULL,
  language text NOT NULL,
  state text NOT NULL
    CHECK (state IN ('open', 'claimed', 'conflict', 'confirmed', 'closed')),
  version integer NOT NULL DEFAULT 1,
  claimed_by text,
  claimed_for jsonb,
  note text,
  claimed_at timestamptz,
  -- When a claim that nobody confirmed falls back to open, or an open one is asked again.
  due_at timestamptz,
  reminders integer NOT NULL DEFAULT 0,
  match_id text,
  created_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, claim_id),
  UNIQUE (org_id, entry_id),
  FOREIGN KEY (org_id, entry_id) REFERENCES entry,
  FOREIGN KEY (org_id, destination_id) REFERENCES destination
);
CREATE INDEX claim_due ON claim (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX claim_by_state ON claim (org_id, state, created_at DESC);

CREATE TABLE claim_act (
  -- Everything that people did with a claim, in order.
  org_id text NOT NULL,
  claim_id text NOT NULL,
  number integer NOT NULL,
  act text NOT NULL
    CHECK (act IN ('asked', 'claimed', 'contested', 'released', 'confirmed', 'expired', 'closed')),
  person_id text,
  details jsonb NOT NULL DEFAULT '{}',
  -- The press or message that caused it: it counts once.
  event_key text,
  at timestamptz NOT NULL,
  PRIMARY KEY (org_id, claim_id, number),
  FOREIGN KEY (org_id, claim_id) REFERENCES claim
);
CREATE UNIQUE INDEX claim_act_by_event ON claim_act (org_id, event_key) WHERE event_key IS NOT NULL;

CREATE TABLE report_schedule (
  org_id text NOT NULL REFERENCES org,
  schedule_id text NOT NULL,
  name text NOT NULL,
  report text NOT NULL,
  settings jsonb NOT NULL DEFAULT '{}',
  formats text[] NOT NULL,
  language text NOT NULL,
  zone text NOT NULL,
  -- RFC 5545 rule of days; `at` is the local time. Business days only, where a calendar is named.
  rule text NOT NULL,
  at time NOT NULL,
  calendar text,
  destination_id text NOT NULL,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'removed')),
  next_at timestamptz,
  last_at timestamptz,
  failures integer NOT NULL DEFAULT 0,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, schedule_id),
  FOREIGN KEY (org_id, destination_id) REFERENCES destination
);
CREATE INDEX report_schedule_due ON report_schedule (next_at) WHERE state = 'active';

CREATE TABLE report (
  org_id text NOT NULL REFERENCES org,
  report_id text NOT NULL,
  schedule_id text,
  -- The moment for which the schedule made it: each is made once.
  due_at timestamptz,
  report text NOT NULL,
  settings jsonb NOT NULL,
  language text NOT NULL,
  as_of timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('making', 'ready', 'failed')),
  code text,
  requested_by text NOT NULL,
  created_at timestamptz NOT NULL,
  ready_at timestamptz,
  PRIMARY KEY (org_id, report_id),
  UNIQUE (org_id, schedule_id, due_at)
);
CREATE INDEX report_by_time ON report (org_id, created_at DESC);

CREATE TABLE report_file (
  org_id text NOT NULL,
  report_id text NOT NULL,
  format text NOT NULL CHECK (format IN ('xlsx', 'pdf')),
  file_name text NOT NULL,
  digest bytea NOT NULL,
  bytes integer NOT NULL,
  -- Sealed: a report names balances and customers. Taken away after a time; it can be made again.
  sealed bytea,
  media_id text,
  PRIMARY KEY (org_id, report_id, format),
  FOREIGN KEY (org_id, report_id) REFERENCES report
);

ALTER TABLE person_grant DROP CONSTRAINT person_grant_action_check;
ALTER TABLE person_grant ADD CONSTRAINT person_grant_action_check CHECK (action IN (
  'payment.make', 'payment.approve', 'payment.decide', 'payment.stop', 'payment.resume',
  'beneficiary.propose', 'beneficiary.confirm', 'limit.propose', 'limit.confirm',
  'grant.propose', 'grant.confirm', 'item.manage', 'match.decide', 'match.undo',
  'tolerance.propose', 'tolerance.confirm', 'period.lock', 'period.reopen', 'claim.make',
  'claim.confirm', 'account.read', 'report.read'));

-- A file of a report is a delivery of its own.
ALTER TABLE delivery DROP CONSTRAINT delivery_kind_check;
ALTER TABLE delivery ADD CONSTRAINT delivery_kind_check
  CHECK (kind IN ('message', 'digest', 'cardCreated', 'cardUpdated', 'file'));

-- Where claims of an account are asked for; a card of the app needs the group's place.
ALTER TABLE account ADD COLUMN claim_destination_id text;
ALTER TABLE account ADD COLUMN claim_language text;
