-- The spine of Cashbell: who we are, which banks, what came in, what moved, who is told.
--
-- Rules of this schema (design.md section 2 and 3):
--   * org_id leads every primary key, unique constraint and foreign key of tenant data, so that the
--     tables can be distributed by it;
--   * no sequences: ids are made by the application and sort by time;
--   * money is a whole number of minor units beside its ISO 4217 code;
--   * moments are timestamptz, booking dates are the bank's local day (date).

CREATE TABLE instance (
  -- One row: which installation this database belongs to, and a probe that tells a wrong master key.
  instance_id text PRIMARY KEY,
  only_row boolean NOT NULL DEFAULT true UNIQUE CHECK (only_row),
  master_key_probe bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE org (
  org_id text PRIMARY KEY,
  name text NOT NULL,
  corp_id text,
  language text NOT NULL DEFAULT 'en',
  zone text NOT NULL DEFAULT 'Asia/Hong_Kong',
  -- Budget of the DingTalk edition (dingtalk.md 2.3); null means without limit.
  dingtalk_edition text NOT NULL DEFAULT 'standard',
  api_calls_per_month integer,
  webhook_calls_per_month integer,
  -- Raised by everything that the caches of other processes must notice.
  settings_version bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE person (
  org_id text NOT NULL REFERENCES org,
  person_id text NOT NULL,
  name text NOT NULL,
  dingtalk_user_id text,
  language text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, person_id),
  UNIQUE (org_id, dingtalk_user_id)
);

CREATE TABLE api_token (
  org_id text NOT NULL REFERENCES org,
  token_id text NOT NULL,
  name text NOT NULL,
  -- SHA-256 of the token; the token itself is shown once and never stored.
  digest bytea NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz,
  PRIMARY KEY (org_id, token_id),
  UNIQUE (org_id, digest)
);
CREATE INDEX api_token_by_digest ON api_token (digest);

CREATE TABLE data_key (
  -- Envelope encryption: one data key per organisation and generation, wrapped by the master key.
  org_id text NOT NULL REFERENCES org,
  generation integer NOT NULL,
  wrapped bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  retired_at timestamptz,
  PRIMARY KEY (org_id, generation)
);

CREATE TABLE secret (
  -- Sealed settings of connections, destinations and apps, apart from what they belong to.
  org_id text NOT NULL REFERENCES org,
  secret_id text NOT NULL,
  owner_id text NOT NULL,
  field text NOT NULL,
  sealed bytea NOT NULL,
  fingerprint text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  replaced_at timestamptz,
  PRIMARY KEY (org_id, secret_id)
);
CREATE UNIQUE INDEX secret_current ON secret (org_id, owner_id, field) WHERE replaced_at IS NULL;

CREATE TABLE audit (
  org_id text NOT NULL REFERENCES org,
  -- 1, 2, 3 … without a gap; the verifier notices a missing one.
  number bigint NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  before jsonb,
  after jsonb,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  PRIMARY KEY (org_id, number)
);
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
  FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

CREATE TABLE connection (
  org_id text NOT NULL REFERENCES org,
  connection_id text NOT NULL,
  connector text NOT NULL,
  name text NOT NULL,
  environment text NOT NULL CHECK (environment IN ('sandbox', 'production')),
  base_url text NOT NULL,
  -- Settings that are no secrets; secrets stand in `secret` under the connection's id.
  config jsonb NOT NULL DEFAULT '{}',
  -- What the bank's calls taught, such as the minify dialect (banks-snap-hk.md A7.3).
  learned jsonb NOT NULL DEFAULT '{}',
  allowed_addresses text[] NOT NULL DEFAULT '{}',
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'removed')),
  -- A changed credential, address or environment disarms; a green test arms (design.md section 6).
  armed_at timestamptz,
  failing_since timestamptz,
  failing_code text,
  last_success_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, connection_id)
);
-- Ids are unique by chance alone; a hook address names no organisation, so this finds it.
CREATE INDEX connection_by_id ON connection (connection_id);

CREATE TABLE account (
  org_id text NOT NULL REFERENCES org,
  account_id text NOT NULL,
  connection_id text NOT NULL,
  number text NOT NULL,
  name text NOT NULL,
  currency char(3) NOT NULL,
  zone text NOT NULL,
  settings jsonb NOT NULL DEFAULT '{}',
  -- Every movement booked before this moment is known (ask 52).
  complete_as_of timestamptz,
  -- Running balance after the last booked entry, and the last balance the bank stated.
  last_balance_minor_units numeric(38, 0),
  -- Raised with every version of an entry, so that listeners can tell order within the account.
  next_position bigint NOT NULL DEFAULT 1,
  -- Movements booked before it are history: recorded, not rung.
  ring_from timestamptz NOT NULL DEFAULT now(),
  gap_since timestamptz,
  stale_since timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, account_id),
  FOREIGN KEY (org_id, connection_id) REFERENCES connection,
  UNIQUE (org_id, connection_id, number, currency)
);

CREATE TABLE account_identifier (
  org_id text NOT NULL REFERENCES org,
  connection_id text NOT NULL,
  identifier text NOT NULL,
  account_id text NOT NULL,
  PRIMARY KEY (org_id, connection_id, identifier),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);

CREATE TABLE inbound (
  org_id text NOT NULL REFERENCES org,
  inbound_id text NOT NULL,
  connection_id text NOT NULL,
  received_at timestamptz NOT NULL,
  subpath text NOT NULL,
  remote_address text NOT NULL,
  -- Sealed: the raw body and the headers that matter.
  sealed bytea,
  digest bytea NOT NULL,
  verified_by text,
  message_key text,
  state text NOT NULL
    CHECK (state IN ('stored', 'processed', 'quarantined', 'refused')),
  refusal_code text,
  refusal_details jsonb,
  problem text,
  attempts integer NOT NULL DEFAULT 0,
  processed_at timestamptz,
  PRIMARY KEY (org_id, inbound_id),
  FOREIGN KEY (org_id, connection_id) REFERENCES connection
);
CREATE INDEX inbound_waiting ON inbound (received_at) WHERE state = 'stored';
CREATE INDEX inbound_by_connection ON inbound (org_id, connection_id, received_at DESC);
CREATE INDEX inbound_quarantined ON inbound (org_id, received_at) WHERE state = 'quarantined';

CREATE TABLE inbound_nonce (
  -- A second use of a nonce is a repeat of the same message or a replay of another.
  org_id text NOT NULL,
  connection_id text NOT NULL,
  nonce text NOT NULL,
  inbound_id text NOT NULL,
  message_key text NOT NULL,
  used_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, connection_id, nonce),
  FOREIGN KEY (org_id, connection_id) REFERENCES connection
);
CREATE INDEX inbound_nonce_age ON inbound_nonce (used_at);

CREATE TABLE entry (
  org_id text NOT NULL REFERENCES org,
  entry_id text NOT NULL,
  account_id text NOT NULL,
  version integer NOT NULL,
  state text NOT NULL
    CHECK (state IN ('pending', 'booked', 'corrected', 'reversed', 'withdrawn')),
  credit_debit_indicator text NOT NULL CHECK (credit_debit_indicator IN ('credit', 'debit')),
  amount_minor_units numeric(38, 0) NOT NULL CHECK (amount_minor_units >= 0),
  currency char(3) NOT NULL,
  booking_date date NOT NULL,
  remittance_information text NOT NULL,
  evidence text[] NOT NULL DEFAULT '{}',
  -- Which kinds of source have reported it.
  sources text[] NOT NULL,
  -- Place among the entries of its account, by the order in which we learnt of them.
  position bigint NOT NULL,
  -- Place in the bank's own order where it states running balances.
  balance_after_minor_units numeric(38, 0),
  booked_at timestamptz,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, entry_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);
CREATE INDEX entry_by_account ON entry (org_id, account_id, position DESC);
CREATE INDEX entry_by_amount
  ON entry (org_id, account_id, booking_date, amount_minor_units, credit_debit_indicator);

CREATE TABLE entry_key (
  -- All keys under which reports of one entry arrive (design.md section 3, "Identity of an entry").
  org_id text NOT NULL,
  account_id text NOT NULL,
  key text NOT NULL,
  entry_id text NOT NULL,
  PRIMARY KEY (org_id, account_id, key),
  FOREIGN KEY (org_id, entry_id) REFERENCES entry
);
CREATE INDEX entry_key_by_entry ON entry_key (org_id, entry_id);

CREATE TABLE entry_version (
  org_id text NOT NULL,
  entry_id text NOT NULL,
  version integer NOT NULL,
  state text NOT NULL,
  amount_minor_units numeric(38, 0) NOT NULL,
  currency char(3) NOT NULL,
  source text NOT NULL,
  -- The whole report as we understood it, so that nothing the bank said is lost.
  report jsonb NOT NULL,
  inbound_id text,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, entry_id, version),
  FOREIGN KEY (org_id, entry_id) REFERENCES entry
);

CREATE TABLE balance (
  org_id text NOT NULL,
  account_id text NOT NULL,
  type text NOT NULL,
  as_of timestamptz NOT NULL,
  amount_minor_units numeric(38, 0) NOT NULL,
  currency char(3) NOT NULL,
  source text NOT NULL,
  PRIMARY KEY (org_id, account_id, type, as_of),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);

CREATE TABLE event (
  org_id text NOT NULL REFERENCES org,
  event_id text NOT NULL,
  kind text NOT NULL,
  entry_id text,
  entry_version integer,
  account_id text,
  connection_id text,
  -- The fact that is told, as core/events.ts describes it.
  fact jsonb NOT NULL,
  -- How many notices must come of it; the minute audit compares (ask 39).
  notices_expected integer NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, event_id)
);
CREATE UNIQUE INDEX event_of_version ON event (org_id, entry_id, entry_version)
  WHERE entry_id IS NOT NULL;
CREATE INDEX event_by_time ON event (org_id, created_at DESC);

CREATE TABLE dingtalk_app (
  org_id text NOT NULL REFERENCES org,
  app_id text NOT NULL,
  name text NOT NULL,
  app_key text NOT NULL,
  robot_code text NOT NULL,
  card_template_id text,
  api_host text NOT NULL DEFAULT 'https://api.dingtalk.com',
  oapi_host text NOT NULL DEFAULT 'https://oapi.dingtalk.com',
  login_host text NOT NULL DEFAULT 'https://login.dingtalk.com',
  -- Sealed access token shared by all processes, with its end.
  sealed_token bytea,
  token_expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  removed_at timestamptz,
  PRIMARY KEY (org_id, app_id)
);

CREATE TABLE destination (
  org_id text NOT NULL REFERENCES org,
  destination_id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('robot', 'appGroup', 'person')),
  -- robot: host and security mode; appGroup: app and open conversation id; person: app and user id.
  config jsonb NOT NULL,
  messages_per_minute integer NOT NULL DEFAULT 20,
  urgent_reserve integer NOT NULL DEFAULT 4,
  digest_max integer NOT NULL DEFAULT 100,
  state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'broken', 'removed')),
  broken_code text,
  failing_since timestamptz,
  next_position bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, destination_id)
);

CREATE TABLE destination_meter (
  -- The drainer's row: whoever holds its lease sends; all sends of the last window stand in it.
  org_id text NOT NULL,
  destination_id text NOT NULL,
  lease_owner text,
  lease_until timestamptz,
  recent_sent_at timestamptz[] NOT NULL DEFAULT '{}',
  last_urgent_sent_at timestamptz,
  last_normal_sent_at timestamptz,
  blocked_until timestamptz,
  failures integer NOT NULL DEFAULT 0,
  -- When the drainer should look again although nothing new came.
  next_look_at timestamptz,
  PRIMARY KEY (org_id, destination_id),
  FOREIGN KEY (org_id, destination_id) REFERENCES destination
);
CREATE INDEX destination_meter_due ON destination_meter (next_look_at)
  WHERE next_look_at IS NOT NULL;

CREATE TABLE usage_month (
  -- What the organisation's DingTalk budget was spent on, by month in DingTalk's zone.
  org_id text NOT NULL REFERENCES org,
  day date NOT NULL,
  budget text NOT NULL CHECK (budget IN ('api', 'webhook')),
  destination_id text NOT NULL,
  calls bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, day, budget, destination_id)
);

CREATE TABLE route (
  org_id text NOT NULL REFERENCES org,
  route_id text NOT NULL,
  parent_id text,
  ordinal integer NOT NULL,
  -- One node of the routing tree as the API shows it, without its children.
  node jsonb NOT NULL,
  PRIMARY KEY (org_id, route_id)
);

CREATE TABLE notice (
  org_id text NOT NULL,
  notice_id text NOT NULL,
  event_id text NOT NULL,
  destination_id text NOT NULL,
  route_id text NOT NULL,
  position bigint NOT NULL,
  lane text NOT NULL CHECK (lane IN ('urgent', 'normal')),
  language text NOT NULL,
  detail text NOT NULL,
  mentions text[] NOT NULL DEFAULT '{}',
  account_id text,
  entry_id text,
  entry_version integer,
  not_before timestamptz,
  group_key text,
  group_wait_ms integer,
  group_maximum integer,
  state text NOT NULL DEFAULT 'waiting'
    CHECK (state IN ('waiting', 'sending', 'told', 'failed')),
  delivery_id text,
  created_at timestamptz NOT NULL,
  told_at timestamptz,
  PRIMARY KEY (org_id, notice_id),
  FOREIGN KEY (org_id, event_id) REFERENCES event,
  FOREIGN KEY (org_id, destination_id) REFERENCES destination,
  UNIQUE (org_id, event_id, destination_id)
);
CREATE INDEX notice_waiting ON notice (org_id, destination_id, position) WHERE state = 'waiting';
CREATE INDEX notice_sending ON notice (org_id, delivery_id) WHERE state = 'sending';
CREATE INDEX notice_by_entry ON notice (org_id, entry_id) WHERE entry_id IS NOT NULL;
CREATE INDEX notice_failed ON notice (org_id, destination_id) WHERE state = 'failed';

CREATE TABLE delivery (
  org_id text NOT NULL,
  delivery_id text NOT NULL,
  destination_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('message', 'digest', 'cardCreated', 'cardUpdated')),
  lane text NOT NULL,
  -- Sent with every attempt, so that a repeat after a lost answer is told once (msgUuid, outTrackId).
  idempotency_key text,
  notice_count integer NOT NULL,
  state text NOT NULL CHECK (state IN ('sending', 'accepted', 'refused', 'abandoned')),
  attempts integer NOT NULL DEFAULT 1,
  -- An attempt without an answer was repeated although DingTalk offers no key for this call.
  possibly_repeated boolean NOT NULL DEFAULT false,
  code text,
  dingtalk_code text,
  dingtalk_message text,
  provider_reference text,
  first_sent_at timestamptz NOT NULL,
  sent_at timestamptz NOT NULL,
  answered_at timestamptz,
  PRIMARY KEY (org_id, delivery_id),
  FOREIGN KEY (org_id, destination_id) REFERENCES destination
);
CREATE INDEX delivery_open ON delivery (org_id, destination_id) WHERE state = 'sending';
CREATE INDEX delivery_by_time ON delivery (org_id, destination_id, sent_at DESC);

CREATE TABLE card (
  -- The live card of an entry in one place; updated in place while the movement changes.
  org_id text NOT NULL,
  destination_id text NOT NULL,
  entry_id text NOT NULL,
  out_track_id text NOT NULL,
  version_shown integer NOT NULL,
  PRIMARY KEY (org_id, destination_id, entry_id),
  FOREIGN KEY (org_id, destination_id) REFERENCES destination,
  UNIQUE (org_id, out_track_id)
);

CREATE TABLE poll (
  org_id text NOT NULL,
  account_id text NOT NULL,
  connection_id text NOT NULL,
  next_at timestamptz NOT NULL,
  interval_seconds integer NOT NULL,
  -- Everything before it is proven complete; the window moves on only by a full, read answer.
  proven_until timestamptz NOT NULL,
  lease_owner text,
  lease_until timestamptz,
  failures integer NOT NULL DEFAULT 0,
  last_code text,
  last_attempt_at timestamptz,
  last_success_at timestamptz,
  repull_from timestamptz,
  PRIMARY KEY (org_id, account_id),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);
CREATE INDEX poll_due ON poll (next_at);

CREATE TABLE call_counter (
  -- Numbers of calls to a bank, per connection and bank's day; ids sent to the bank come of them.
  org_id text NOT NULL,
  connection_id text NOT NULL,
  day date NOT NULL,
  last_number bigint NOT NULL,
  PRIMARY KEY (org_id, connection_id, day),
  FOREIGN KEY (org_id, connection_id) REFERENCES connection
);

CREATE TABLE bank_call (
  -- One row per request, committed before its first byte leaves.
  org_id text NOT NULL,
  call_id text NOT NULL,
  connection_id text NOT NULL,
  account_id text,
  service text NOT NULL,
  external_id text NOT NULL,
  sent_at timestamptz NOT NULL,
  answered_at timestamptz,
  http_status integer,
  bank_code text,
  code text,
  PRIMARY KEY (org_id, call_id),
  FOREIGN KEY (org_id, connection_id) REFERENCES connection
);
CREATE INDEX bank_call_by_connection ON bank_call (org_id, connection_id, sent_at DESC);

CREATE TABLE session (
  -- Access tokens of banks, sealed and shared by all processes.
  org_id text NOT NULL,
  connection_id text NOT NULL,
  sealed_token bytea NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, connection_id),
  FOREIGN KEY (org_id, connection_id) REFERENCES connection
);

CREATE TABLE connection_test (
  org_id text NOT NULL,
  connection_id text NOT NULL,
  tested_at timestamptz NOT NULL,
  passed boolean NOT NULL,
  config_digest bytea NOT NULL,
  rungs jsonb NOT NULL,
  PRIMARY KEY (org_id, connection_id, tested_at),
  FOREIGN KEY (org_id, connection_id) REFERENCES connection
);

CREATE TABLE alarm (
  -- An open alarm is told once when it opens and once when it closes.
  org_id text NOT NULL REFERENCES org,
  alarm_id text NOT NULL,
  kind text NOT NULL,
  subject_id text NOT NULL,
  opened_at timestamptz NOT NULL,
  closed_at timestamptz,
  details jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (org_id, alarm_id)
);
CREATE UNIQUE INDEX alarm_open ON alarm (org_id, kind, subject_id) WHERE closed_at IS NULL;

CREATE TABLE audit_minute (
  -- Each minute: notices that should have been accepted by then against those that were.
  org_id text NOT NULL REFERENCES org,
  minute timestamptz NOT NULL,
  expected bigint NOT NULL,
  accepted bigint NOT NULL,
  waiting_by_plan bigint NOT NULL,
  overdue bigint NOT NULL,
  missing bigint NOT NULL,
  PRIMARY KEY (org_id, minute)
);

CREATE TABLE worker (
  -- Processes that run; an expired beat means the process is gone.
  worker_id text PRIMARY KEY,
  role text NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  version text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  beat_at timestamptz NOT NULL DEFAULT now()
);
