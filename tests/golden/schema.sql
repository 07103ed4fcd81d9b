TABLE account (
  org_id text NOT NULL,
  account_id text NOT NULL,
  connection_id text NOT NULL,
  number text NOT NULL,
  name text NOT NULL,
  currency character(3) NOT NULL,
  zone text NOT NULL,
  settings jsonb DEFAULT '{}'::jsonb NOT NULL,
  complete_as_of timestamp with time zone,
  last_balance_minor_units numeric(38,0),
  next_position bigint DEFAULT 1 NOT NULL,
  ring_from timestamp with time zone DEFAULT now() NOT NULL,
  gap_since timestamp with time zone,
  stale_since timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expects_only_our_debits boolean DEFAULT false NOT NULL,
  CONSTRAINT account_pkey PRIMARY KEY (org_id, account_id),
  CONSTRAINT account_org_id_connection_id_number_currency_key UNIQUE (org_id, connection_id, number, currency),
  CONSTRAINT account_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id),
  CONSTRAINT account_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);

TABLE account_identifier (
  org_id text NOT NULL,
  connection_id text NOT NULL,
  identifier text NOT NULL,
  account_id text NOT NULL,
  CONSTRAINT account_identifier_pkey PRIMARY KEY (org_id, connection_id, identifier),
  CONSTRAINT account_identifier_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT account_identifier_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);

TABLE alarm (
  org_id text NOT NULL,
  alarm_id text NOT NULL,
  kind text NOT NULL,
  subject_id text NOT NULL,
  opened_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone,
  details jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT alarm_pkey PRIMARY KEY (org_id, alarm_id),
  CONSTRAINT alarm_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE UNIQUE INDEX alarm_open ON public.alarm USING btree (org_id, kind, subject_id) WHERE (closed_at IS NULL);

TABLE api_answer (
  org_id text NOT NULL,
  holder_id text NOT NULL,
  idempotency_key text NOT NULL,
  request_digest bytea NOT NULL,
  started_at timestamp with time zone NOT NULL,
  answered_at timestamp with time zone,
  status integer,
  sealed_answer bytea,
  CONSTRAINT api_answer_pkey PRIMARY KEY (org_id, holder_id, idempotency_key),
  CONSTRAINT api_answer_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE INDEX api_answer_age ON public.api_answer USING btree (started_at);

TABLE api_token (
  org_id text NOT NULL,
  token_id text NOT NULL,
  name text NOT NULL,
  digest bytea NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  last_used_at timestamp with time zone,
  person_id text,
  created_by text,
  CONSTRAINT api_token_pkey PRIMARY KEY (org_id, token_id),
  CONSTRAINT api_token_org_id_digest_key UNIQUE (org_id, digest),
  CONSTRAINT api_token_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT api_token_org_id_person_id_fkey FOREIGN KEY (org_id, person_id) REFERENCES person(org_id, person_id)
);
CREATE INDEX api_token_by_digest ON public.api_token USING btree (digest);

TABLE approval (
  org_id text NOT NULL,
  approval_id text NOT NULL,
  payment_id text NOT NULL,
  person text NOT NULL,
  decision text NOT NULL,
  via text NOT NULL,
  digest text NOT NULL,
  remark text,
  decided_at timestamp with time zone NOT NULL,
  CONSTRAINT approval_pkey PRIMARY KEY (org_id, approval_id),
  CONSTRAINT approval_org_id_payment_id_person_key UNIQUE (org_id, payment_id, person),
  CONSTRAINT approval_org_id_payment_id_fkey FOREIGN KEY (org_id, payment_id) REFERENCES payment(org_id, payment_id),
  CONSTRAINT approval_decision_check CHECK ((decision = ANY (ARRAY['agreed'::text, 'declined'::text]))),
  CONSTRAINT approval_via_check CHECK ((via = ANY (ARRAY['dingtalk'::text, 'local'::text])))
);
CREATE TRIGGER approval_second_person BEFORE INSERT OR UPDATE ON public.approval FOR EACH ROW EXECUTE FUNCTION approval_is_not_the_makers();

TABLE approval_comment (
  org_id text NOT NULL,
  process_instance_id text NOT NULL,
  subject text NOT NULL,
  app_id text NOT NULL,
  user_id text NOT NULL,
  text text NOT NULL,
  state text DEFAULT 'waiting'::text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  next_at timestamp with time zone,
  written_at timestamp with time zone,
  last_code text,
  CONSTRAINT approval_comment_pkey PRIMARY KEY (org_id, process_instance_id, subject),
  CONSTRAINT approval_comment_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT approval_comment_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'written'::text, 'refused'::text])))
);
CREATE INDEX approval_comment_due ON public.approval_comment USING btree (next_at) WHERE (next_at IS NOT NULL);

TABLE approval_form (
  org_id text NOT NULL,
  process_code text NOT NULL,
  app_id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  mapping jsonb NOT NULL,
  schema_digest text NOT NULL,
  checked_at timestamp with time zone NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  approvals_required integer DEFAULT 1 NOT NULL,
  swept_until timestamp with time zone NOT NULL,
  created_at timestamp with time zone NOT NULL,
  next_sweep_at timestamp with time zone DEFAULT now() NOT NULL,
  last_swept_at timestamp with time zone,
  lease_until timestamp with time zone,
  failures integer DEFAULT 0 NOT NULL,
  last_code text,
  problem jsonb,
  CONSTRAINT approval_form_pkey PRIMARY KEY (org_id, process_code),
  CONSTRAINT approval_form_org_id_app_id_fkey FOREIGN KEY (org_id, app_id) REFERENCES dingtalk_app(org_id, app_id),
  CONSTRAINT approval_form_approvals_required_check CHECK ((approvals_required >= 1)),
  CONSTRAINT approval_form_kind_check CHECK ((kind = ANY (ARRAY['own'::text, 'mapped'::text]))),
  CONSTRAINT approval_form_state_check CHECK ((state = ANY (ARRAY['active'::text, 'broken'::text, 'removed'::text])))
);
CREATE INDEX approval_form_due ON public.approval_form USING btree (next_sweep_at) WHERE (state <> 'removed'::text);

TABLE approval_request (
  org_id text NOT NULL,
  payment_id text NOT NULL,
  app_id text NOT NULL,
  process_code text NOT NULL,
  originator_user_id text NOT NULL,
  reference text NOT NULL,
  intended_at timestamp with time zone NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  asked_at timestamp with time zone,
  first_asked_at timestamp with time zone,
  process_instance_id text,
  started_at timestamp with time zone,
  withdrawn_at timestamp with time zone,
  last_code text,
  CONSTRAINT approval_request_pkey PRIMARY KEY (org_id, payment_id),
  CONSTRAINT approval_request_org_id_reference_key UNIQUE (org_id, reference),
  CONSTRAINT approval_request_org_id_payment_id_fkey FOREIGN KEY (org_id, payment_id) REFERENCES payment(org_id, payment_id)
);
CREATE UNIQUE INDEX approval_request_instance ON public.approval_request USING btree (org_id, process_instance_id) WHERE (process_instance_id IS NOT NULL);

TABLE approval_rule (
  org_id text NOT NULL,
  rule_id text NOT NULL,
  ordinal integer NOT NULL,
  account_id text,
  purpose text,
  currency character(3),
  amount_from_minor_units numeric(38,0),
  amount_below_minor_units numeric(38,0),
  via text NOT NULL,
  nodes jsonb NOT NULL,
  approvals_required integer DEFAULT 1 NOT NULL,
  proposed_by text NOT NULL,
  confirmed_by text,
  created_at timestamp with time zone NOT NULL,
  removed_at timestamp with time zone,
  confirmed_at timestamp with time zone,
  removal_proposed_by text,
  removed_by text,
  CONSTRAINT approval_rule_pkey PRIMARY KEY (org_id, rule_id),
  CONSTRAINT approval_rule_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT approval_rule_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT approval_rule_approvals_required_check CHECK ((approvals_required >= 1)),
  CONSTRAINT approval_rule_check CHECK ((confirmed_by IS DISTINCT FROM proposed_by)),
  CONSTRAINT approval_rule_removal CHECK (((confirmed_by IS NULL) OR (removed_at IS NULL) OR ((removal_proposed_by IS NOT NULL) AND (removed_by IS NOT NULL) AND (removal_proposed_by <> removed_by)))),
  CONSTRAINT approval_rule_via_check CHECK ((via = ANY (ARRAY['dingtalk'::text, 'local'::text])))
);
CREATE INDEX approval_rule_by_ordinal ON public.approval_rule USING btree (org_id, ordinal) WHERE (removed_at IS NULL);

TABLE audit (
  org_id text NOT NULL,
  number bigint NOT NULL,
  at timestamp with time zone NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  before jsonb,
  after jsonb,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  CONSTRAINT audit_pkey PRIMARY KEY (org_id, number),
  CONSTRAINT audit_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE TRIGGER audit_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

TABLE audit_minute (
  org_id text NOT NULL,
  minute timestamp with time zone NOT NULL,
  expected bigint NOT NULL,
  accepted bigint NOT NULL,
  waiting_by_plan bigint NOT NULL,
  overdue bigint NOT NULL,
  missing bigint NOT NULL,
  CONSTRAINT audit_minute_pkey PRIMARY KEY (org_id, minute),
  CONSTRAINT audit_minute_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);

TABLE balance (
  org_id text NOT NULL,
  account_id text NOT NULL,
  type text NOT NULL,
  as_of timestamp with time zone NOT NULL,
  amount_minor_units numeric(38,0) NOT NULL,
  currency character(3) NOT NULL,
  source text NOT NULL,
  CONSTRAINT balance_pkey PRIMARY KEY (org_id, account_id, type, as_of),
  CONSTRAINT balance_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id)
);

TABLE bank_call (
  org_id text NOT NULL,
  call_id text NOT NULL,
  connection_id text NOT NULL,
  account_id text,
  service text NOT NULL,
  external_id text NOT NULL,
  sent_at timestamp with time zone NOT NULL,
  answered_at timestamp with time zone,
  http_status integer,
  bank_code text,
  code text,
  CONSTRAINT bank_call_pkey PRIMARY KEY (org_id, call_id),
  CONSTRAINT bank_call_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id)
);
CREATE INDEX bank_call_by_connection ON public.bank_call USING btree (org_id, connection_id, sent_at DESC);

TABLE bank_holiday (
  org_id text NOT NULL,
  country character(2) NOT NULL,
  day date NOT NULL,
  is_open boolean NOT NULL,
  name text NOT NULL,
  CONSTRAINT bank_holiday_pkey PRIMARY KEY (org_id, country, day),
  CONSTRAINT bank_holiday_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);

TABLE beneficiary (
  org_id text NOT NULL,
  beneficiary_id text NOT NULL,
  version integer NOT NULL,
  state text NOT NULL,
  name text NOT NULL,
  account text NOT NULL,
  folded_account text NOT NULL,
  scheme text NOT NULL,
  agent text DEFAULT ''::text NOT NULL,
  agent_name text,
  country character(2) NOT NULL,
  details jsonb DEFAULT '{}'::jsonb NOT NULL,
  usable_from timestamp with time zone,
  name_match text,
  name_at_bank text,
  name_checked_at timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT beneficiary_pkey PRIMARY KEY (org_id, beneficiary_id),
  CONSTRAINT beneficiary_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT beneficiary_name_match_check CHECK ((name_match = ANY (ARRAY['matched'::text, 'close'::text, 'noMatch'::text, 'unsupported'::text, 'pending'::text]))),
  CONSTRAINT beneficiary_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'active'::text, 'retired'::text])))
);
CREATE UNIQUE INDEX beneficiary_account ON public.beneficiary USING btree (org_id, folded_account, agent) WHERE (state <> 'retired'::text);

TABLE beneficiary_version (
  org_id text NOT NULL,
  beneficiary_id text NOT NULL,
  version integer NOT NULL,
  content jsonb NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamp with time zone NOT NULL,
  decision text,
  decided_by text,
  decided_at timestamp with time zone,
  name_match text,
  name_at_bank text,
  name_checked_at timestamp with time zone,
  is_mismatch_accepted boolean DEFAULT false NOT NULL,
  CONSTRAINT beneficiary_version_pkey PRIMARY KEY (org_id, beneficiary_id, version),
  CONSTRAINT beneficiary_version_org_id_beneficiary_id_fkey FOREIGN KEY (org_id, beneficiary_id) REFERENCES beneficiary(org_id, beneficiary_id),
  CONSTRAINT beneficiary_version_check CHECK (((decision IS DISTINCT FROM 'confirmed'::text) OR (decided_by IS DISTINCT FROM proposed_by))),
  CONSTRAINT beneficiary_version_checker CHECK (((decision IS NULL) OR (decided_by IS NOT NULL))),
  CONSTRAINT beneficiary_version_decision_check CHECK ((decision = ANY (ARRAY['confirmed'::text, 'refused'::text, 'withdrawn'::text]))),
  CONSTRAINT beneficiary_version_mismatch CHECK (((decision IS DISTINCT FROM 'confirmed'::text) OR (name_match IS DISTINCT FROM 'noMatch'::text) OR is_mismatch_accepted)),
  CONSTRAINT beneficiary_version_name_match_check CHECK ((name_match = ANY (ARRAY['matched'::text, 'close'::text, 'noMatch'::text, 'unsupported'::text, 'pending'::text])))
);
CREATE UNIQUE INDEX beneficiary_version_open ON public.beneficiary_version USING btree (org_id, beneficiary_id) WHERE (decision IS NULL);

TABLE call_counter (
  org_id text NOT NULL,
  connection_id text NOT NULL,
  day date NOT NULL,
  last_number bigint NOT NULL,
  CONSTRAINT call_counter_pkey PRIMARY KEY (org_id, connection_id, day),
  CONSTRAINT call_counter_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id)
);

TABLE card (
  org_id text NOT NULL,
  destination_id text NOT NULL,
  subject_id text NOT NULL,
  out_track_id text NOT NULL,
  version_shown integer NOT NULL,
  CONSTRAINT card_pkey PRIMARY KEY (org_id, destination_id, subject_id),
  CONSTRAINT card_org_id_out_track_id_key UNIQUE (org_id, out_track_id),
  CONSTRAINT card_org_id_destination_id_fkey FOREIGN KEY (org_id, destination_id) REFERENCES destination(org_id, destination_id)
);

TABLE connection (
  org_id text NOT NULL,
  connection_id text NOT NULL,
  connector text NOT NULL,
  name text NOT NULL,
  environment text NOT NULL,
  base_url text NOT NULL,
  config jsonb DEFAULT '{}'::jsonb NOT NULL,
  learned jsonb DEFAULT '{}'::jsonb NOT NULL,
  allowed_addresses text[] DEFAULT '{}'::text[] NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  armed_at timestamp with time zone,
  failing_since timestamp with time zone,
  failing_code text,
  last_success_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT connection_pkey PRIMARY KEY (org_id, connection_id),
  CONSTRAINT connection_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT connection_environment_check CHECK ((environment = ANY (ARRAY['sandbox'::text, 'production'::text]))),
  CONSTRAINT connection_state_check CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text, 'removed'::text])))
);
CREATE INDEX connection_by_id ON public.connection USING btree (connection_id);

TABLE connection_test (
  org_id text NOT NULL,
  connection_id text NOT NULL,
  tested_at timestamp with time zone NOT NULL,
  passed boolean NOT NULL,
  config_digest bytea NOT NULL,
  rungs jsonb NOT NULL,
  CONSTRAINT connection_test_pkey PRIMARY KEY (org_id, connection_id, tested_at),
  CONSTRAINT connection_test_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id)
);

TABLE data_key (
  org_id text NOT NULL,
  generation integer NOT NULL,
  wrapped bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  retired_at timestamp with time zone,
  CONSTRAINT data_key_pkey PRIMARY KEY (org_id, generation),
  CONSTRAINT data_key_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);

TABLE delivery (
  org_id text NOT NULL,
  delivery_id text NOT NULL,
  destination_id text NOT NULL,
  kind text NOT NULL,
  lane text NOT NULL,
  idempotency_key text,
  notice_count integer NOT NULL,
  state text NOT NULL,
  attempts integer DEFAULT 1 NOT NULL,
  possibly_repeated boolean DEFAULT false NOT NULL,
  code text,
  dingtalk_code text,
  dingtalk_message text,
  provider_reference text,
  first_sent_at timestamp with time zone NOT NULL,
  sent_at timestamp with time zone NOT NULL,
  answered_at timestamp with time zone,
  CONSTRAINT delivery_pkey PRIMARY KEY (org_id, delivery_id),
  CONSTRAINT delivery_org_id_destination_id_fkey FOREIGN KEY (org_id, destination_id) REFERENCES destination(org_id, destination_id),
  CONSTRAINT delivery_kind_check CHECK ((kind = ANY (ARRAY['message'::text, 'digest'::text, 'cardCreated'::text, 'cardUpdated'::text]))),
  CONSTRAINT delivery_state_check CHECK ((state = ANY (ARRAY['sending'::text, 'accepted'::text, 'refused'::text, 'abandoned'::text])))
);
CREATE INDEX delivery_by_time ON public.delivery USING btree (org_id, destination_id, sent_at DESC);
CREATE INDEX delivery_open ON public.delivery USING btree (org_id, destination_id) WHERE (state = 'sending'::text);

TABLE destination (
  org_id text NOT NULL,
  destination_id text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL,
  config jsonb NOT NULL,
  messages_per_minute integer DEFAULT 20 NOT NULL,
  urgent_reserve integer DEFAULT 4 NOT NULL,
  digest_max integer DEFAULT 100 NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  broken_code text,
  failing_since timestamp with time zone,
  next_position bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT destination_pkey PRIMARY KEY (org_id, destination_id),
  CONSTRAINT destination_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT destination_kind_check CHECK ((kind = ANY (ARRAY['robot'::text, 'appGroup'::text, 'person'::text]))),
  CONSTRAINT destination_state_check CHECK ((state = ANY (ARRAY['active'::text, 'broken'::text, 'removed'::text])))
);

TABLE destination_meter (
  org_id text NOT NULL,
  destination_id text NOT NULL,
  lease_owner text,
  lease_until timestamp with time zone,
  recent_sent_at timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
  last_urgent_sent_at timestamp with time zone,
  last_normal_sent_at timestamp with time zone,
  blocked_until timestamp with time zone,
  failures integer DEFAULT 0 NOT NULL,
  next_look_at timestamp with time zone,
  CONSTRAINT destination_meter_pkey PRIMARY KEY (org_id, destination_id),
  CONSTRAINT destination_meter_org_id_destination_id_fkey FOREIGN KEY (org_id, destination_id) REFERENCES destination(org_id, destination_id)
);
CREATE INDEX destination_meter_due ON public.destination_meter USING btree (next_look_at) WHERE (next_look_at IS NOT NULL);

TABLE dingtalk_app (
  org_id text NOT NULL,
  app_id text NOT NULL,
  name text NOT NULL,
  app_key text NOT NULL,
  robot_code text NOT NULL,
  card_template_id text,
  api_host text DEFAULT 'https://api.dingtalk.com'::text NOT NULL,
  oapi_host text DEFAULT 'https://oapi.dingtalk.com'::text NOT NULL,
  login_host text DEFAULT 'https://login.dingtalk.com'::text NOT NULL,
  sealed_token bytea,
  token_expires_at timestamp with time zone,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  removed_at timestamp with time zone,
  event_mode text DEFAULT 'none'::text NOT NULL,
  agent_id text,
  CONSTRAINT dingtalk_app_pkey PRIMARY KEY (org_id, app_id),
  CONSTRAINT dingtalk_app_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT dingtalk_app_event_mode_check CHECK ((event_mode = ANY (ARRAY['none'::text, 'stream'::text, 'callback'::text])))
);

TABLE dingtalk_event (
  org_id text NOT NULL,
  event_key text NOT NULL,
  app_id text NOT NULL,
  kind text NOT NULL,
  event_type text NOT NULL,
  source text NOT NULL,
  sealed_data bytea NOT NULL,
  born_at timestamp with time zone,
  received_at timestamp with time zone NOT NULL,
  state text DEFAULT 'stored'::text NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  problem text,
  processed_at timestamp with time zone,
  next_at timestamp with time zone,
  lease_until timestamp with time zone,
  CONSTRAINT dingtalk_event_pkey PRIMARY KEY (org_id, event_key),
  CONSTRAINT dingtalk_event_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT dingtalk_event_kind_check CHECK ((kind = ANY (ARRAY['event'::text, 'robotMessage'::text, 'cardPress'::text]))),
  CONSTRAINT dingtalk_event_source_check CHECK ((source = ANY (ARRAY['stream'::text, 'callback'::text, 'sweep'::text]))),
  CONSTRAINT dingtalk_event_state_check CHECK ((state = ANY (ARRAY['stored'::text, 'processed'::text, 'ignored'::text, 'failed'::text])))
);
CREATE INDEX dingtalk_event_ended ON public.dingtalk_event USING btree (processed_at) WHERE (state <> 'stored'::text);
CREATE INDEX dingtalk_event_waiting ON public.dingtalk_event USING btree (received_at) WHERE (state = 'stored'::text);

TABLE dingtalk_stream (
  org_id text NOT NULL,
  app_id text NOT NULL,
  lease_owner text,
  lease_until timestamp with time zone,
  connected_at timestamp with time zone,
  last_frame_at timestamp with time zone,
  failures integer DEFAULT 0 NOT NULL,
  last_code text,
  down_since timestamp with time zone,
  CONSTRAINT dingtalk_stream_pkey PRIMARY KEY (org_id, app_id),
  CONSTRAINT dingtalk_stream_org_id_app_id_fkey FOREIGN KEY (org_id, app_id) REFERENCES dingtalk_app(org_id, app_id)
);

TABLE entry (
  org_id text NOT NULL,
  entry_id text NOT NULL,
  account_id text NOT NULL,
  version integer NOT NULL,
  state text NOT NULL,
  credit_debit_indicator text NOT NULL,
  amount_minor_units numeric(38,0) NOT NULL,
  currency character(3) NOT NULL,
  booking_date date NOT NULL,
  remittance_information text NOT NULL,
  evidence text[] DEFAULT '{}'::text[] NOT NULL,
  sources text[] NOT NULL,
  position bigint NOT NULL,
  balance_after_minor_units numeric(38,0),
  booked_at timestamp with time zone,
  seen_at timestamp with time zone NOT NULL,
  payment_id text,
  payment_role text,
  CONSTRAINT entry_pkey PRIMARY KEY (org_id, entry_id),
  CONSTRAINT entry_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT entry_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT entry_amount_minor_units_check CHECK ((amount_minor_units >= (0)::numeric)),
  CONSTRAINT entry_credit_debit_indicator_check CHECK ((credit_debit_indicator = ANY (ARRAY['credit'::text, 'debit'::text]))),
  CONSTRAINT entry_payment_role_check CHECK ((payment_role = ANY (ARRAY['settlement'::text, 'return'::text]))),
  CONSTRAINT entry_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'booked'::text, 'corrected'::text, 'reversed'::text, 'withdrawn'::text])))
);
CREATE INDEX entry_by_account ON public.entry USING btree (org_id, account_id, "position" DESC);
CREATE INDEX entry_by_amount ON public.entry USING btree (org_id, account_id, booking_date, amount_minor_units, credit_debit_indicator);
CREATE INDEX entry_by_payment ON public.entry USING btree (org_id, payment_id) WHERE (payment_id IS NOT NULL);
CREATE INDEX entry_evidence_of_payment ON public.entry USING gin (evidence) WHERE (payment_role = 'settlement'::text);
CREATE INDEX entry_naming_payment ON public.entry USING btree (seen_at) WHERE ((payment_id IS NOT NULL) AND (payment_role IS NULL));

TABLE entry_key (
  org_id text NOT NULL,
  account_id text NOT NULL,
  key text NOT NULL,
  entry_id text NOT NULL,
  CONSTRAINT entry_key_pkey PRIMARY KEY (org_id, account_id, key),
  CONSTRAINT entry_key_org_id_entry_id_fkey FOREIGN KEY (org_id, entry_id) REFERENCES entry(org_id, entry_id)
);
CREATE INDEX entry_key_by_entry ON public.entry_key USING btree (org_id, entry_id);

TABLE entry_version (
  org_id text NOT NULL,
  entry_id text NOT NULL,
  version integer NOT NULL,
  state text NOT NULL,
  amount_minor_units numeric(38,0) NOT NULL,
  currency character(3) NOT NULL,
  source text NOT NULL,
  report jsonb NOT NULL,
  inbound_id text,
  seen_at timestamp with time zone NOT NULL,
  CONSTRAINT entry_version_pkey PRIMARY KEY (org_id, entry_id, version),
  CONSTRAINT entry_version_org_id_entry_id_fkey FOREIGN KEY (org_id, entry_id) REFERENCES entry(org_id, entry_id)
);

TABLE event (
  org_id text NOT NULL,
  event_id text NOT NULL,
  kind text NOT NULL,
  subject_id text,
  subject_version integer,
  account_id text,
  connection_id text,
  fact jsonb NOT NULL,
  notices_expected integer NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT event_pkey PRIMARY KEY (org_id, event_id),
  CONSTRAINT event_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE INDEX event_by_time ON public.event USING btree (org_id, created_at DESC);
CREATE UNIQUE INDEX event_of_version ON public.event USING btree (org_id, subject_id, subject_version) WHERE (subject_id IS NOT NULL);

TABLE inbound (
  org_id text NOT NULL,
  inbound_id text NOT NULL,
  connection_id text NOT NULL,
  received_at timestamp with time zone NOT NULL,
  subpath text NOT NULL,
  remote_address text NOT NULL,
  sealed bytea,
  digest bytea NOT NULL,
  verified_by text,
  message_key text,
  state text NOT NULL,
  refusal_code text,
  refusal_details jsonb,
  problem text,
  attempts integer DEFAULT 0 NOT NULL,
  processed_at timestamp with time zone,
  CONSTRAINT inbound_pkey PRIMARY KEY (org_id, inbound_id),
  CONSTRAINT inbound_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id),
  CONSTRAINT inbound_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT inbound_state_check CHECK ((state = ANY (ARRAY['stored'::text, 'processed'::text, 'quarantined'::text, 'refused'::text])))
);
CREATE INDEX inbound_by_connection ON public.inbound USING btree (org_id, connection_id, received_at DESC);
CREATE INDEX inbound_quarantined ON public.inbound USING btree (org_id, received_at) WHERE (state = 'quarantined'::text);
CREATE INDEX inbound_waiting ON public.inbound USING btree (received_at) WHERE (state = 'stored'::text);

TABLE inbound_nonce (
  org_id text NOT NULL,
  connection_id text NOT NULL,
  nonce text NOT NULL,
  inbound_id text NOT NULL,
  message_key text NOT NULL,
  used_at timestamp with time zone NOT NULL,
  CONSTRAINT inbound_nonce_pkey PRIMARY KEY (org_id, connection_id, nonce),
  CONSTRAINT inbound_nonce_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id)
);
CREATE INDEX inbound_nonce_age ON public.inbound_nonce USING btree (used_at);

TABLE instance (
  instance_id text NOT NULL,
  only_row boolean DEFAULT true NOT NULL,
  master_key_probe bytea NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT instance_pkey PRIMARY KEY (instance_id),
  CONSTRAINT instance_only_row_key UNIQUE (only_row),
  CONSTRAINT instance_only_row_check CHECK (only_row)
);

TABLE migration_checksum (
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT migration_checksum_pkey PRIMARY KEY (name)
);

TABLE notice (
  org_id text NOT NULL,
  notice_id text NOT NULL,
  event_id text NOT NULL,
  destination_id text NOT NULL,
  route_id text NOT NULL,
  position bigint NOT NULL,
  lane text NOT NULL,
  language text NOT NULL,
  detail text NOT NULL,
  mentions text[] DEFAULT '{}'::text[] NOT NULL,
  account_id text,
  subject_id text,
  subject_version integer,
  not_before timestamp with time zone,
  group_key text,
  group_wait_ms integer,
  group_maximum integer,
  state text DEFAULT 'waiting'::text NOT NULL,
  delivery_id text,
  created_at timestamp with time zone NOT NULL,
  told_at timestamp with time zone,
  CONSTRAINT notice_pkey PRIMARY KEY (org_id, notice_id),
  CONSTRAINT notice_org_id_event_id_destination_id_key UNIQUE (org_id, event_id, destination_id),
  CONSTRAINT notice_org_id_destination_id_fkey FOREIGN KEY (org_id, destination_id) REFERENCES destination(org_id, destination_id),
  CONSTRAINT notice_org_id_event_id_fkey FOREIGN KEY (org_id, event_id) REFERENCES event(org_id, event_id),
  CONSTRAINT notice_lane_check CHECK ((lane = ANY (ARRAY['urgent'::text, 'normal'::text]))),
  CONSTRAINT notice_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sending'::text, 'told'::text, 'failed'::text])))
);
CREATE INDEX notice_by_entry ON public.notice USING btree (org_id, subject_id) WHERE (subject_id IS NOT NULL);
CREATE INDEX notice_failed ON public.notice USING btree (org_id, destination_id) WHERE (state = 'failed'::text);
CREATE INDEX notice_sending ON public.notice USING btree (org_id, delivery_id) WHERE (state = 'sending'::text);
CREATE INDEX notice_waiting ON public.notice USING btree (org_id, destination_id, "position") WHERE (state = 'waiting'::text);

TABLE org (
  org_id text NOT NULL,
  name text NOT NULL,
  corp_id text,
  language text DEFAULT 'en'::text NOT NULL,
  zone text DEFAULT 'Asia/Hong_Kong'::text NOT NULL,
  dingtalk_edition text DEFAULT 'standard'::text NOT NULL,
  api_calls_per_month integer,
  webhook_calls_per_month integer,
  settings_version bigint DEFAULT 1 NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT org_pkey PRIMARY KEY (org_id)
);

TABLE payment (
  org_id text NOT NULL,
  payment_id text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  end_to_end_id text NOT NULL,
  account_id text NOT NULL,
  connection_id text NOT NULL,
  environment text NOT NULL,
  beneficiary_id text,
  beneficiary_version integer,
  creditor jsonb NOT NULL,
  folded_creditor_account text NOT NULL,
  instructed_minor_units numeric(38,0) NOT NULL,
  currency character(3) NOT NULL,
  purpose text NOT NULL,
  remittance_information text NOT NULL,
  rail text NOT NULL,
  charge_bearer text NOT NULL,
  requested_execution_date date NOT NULL,
  not_before timestamp with time zone NOT NULL,
  digest text NOT NULL,
  source text NOT NULL,
  source_key text NOT NULL,
  maker text NOT NULL,
  approval_via text NOT NULL,
  process_code text,
  process_instance_id text,
  approvals_required integer DEFAULT 1 NOT NULL,
  batch_id text,
  batch_item integer,
  recurrence_id text,
  state text NOT NULL,
  state_since timestamp with time zone NOT NULL,
  reason_code text,
  reason_details jsonb DEFAULT '{}'::jsonb NOT NULL,
  waived text[] DEFAULT '{}'::text[] NOT NULL,
  transfer_status text,
  bank_reference text,
  bank_code text,
  bank_message text,
  fee_minor_units numeric(38,0),
  fee_currency character(3),
  inquiries integer DEFAULT 0 NOT NULL,
  not_found_count integer DEFAULT 0 NOT NULL,
  decision_since timestamp with time zone,
  first_sent_at timestamp with time zone,
  authorised_at timestamp with time zone,
  confirmed_at timestamp with time zone,
  settlement_entry_id text,
  return_entry_id text,
  debit_missing_since timestamp with time zone,
  next_at timestamp with time zone,
  woken_at timestamp with time zone,
  failures integer DEFAULT 0 NOT NULL,
  lease_owner text,
  lease_until timestamp with time zone,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT payment_pkey PRIMARY KEY (org_id, payment_id),
  CONSTRAINT payment_org_id_end_to_end_id_key UNIQUE (org_id, end_to_end_id),
  CONSTRAINT payment_org_id_payment_id_digest_end_to_end_id_instructed_m_key UNIQUE (org_id, payment_id, digest, end_to_end_id, instructed_minor_units, currency),
  CONSTRAINT payment_org_id_source_source_key_key UNIQUE (org_id, source, source_key),
  CONSTRAINT payment_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT payment_org_id_batch_id_fkey FOREIGN KEY (org_id, batch_id) REFERENCES payment_batch(org_id, batch_id),
  CONSTRAINT payment_org_id_beneficiary_id_fkey FOREIGN KEY (org_id, beneficiary_id) REFERENCES beneficiary(org_id, beneficiary_id),
  CONSTRAINT payment_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id),
  CONSTRAINT payment_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT payment_org_id_recurrence_id_fkey FOREIGN KEY (org_id, recurrence_id) REFERENCES recurring_payment(org_id, recurrence_id),
  CONSTRAINT payment_approval_via_check CHECK ((approval_via = ANY (ARRAY['dingtalk'::text, 'local'::text]))),
  CONSTRAINT payment_approvals_required_check CHECK ((approvals_required >= 1)),
  CONSTRAINT payment_environment_check CHECK ((environment = ANY (ARRAY['sandbox'::text, 'production'::text]))),
  CONSTRAINT payment_instructed_minor_units_check CHECK ((instructed_minor_units > (0)::numeric)),
  CONSTRAINT payment_source_check CHECK ((source = ANY (ARRAY['dingtalkForm'::text, 'api'::text, 'cli'::text, 'file'::text, 'recurring'::text]))),
  CONSTRAINT payment_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'awaitingApproval'::text, 'authorised'::text, 'blocked'::text, 'submitting'::text, 'submitted'::text, 'unknown'::text, 'confirmed'::text, 'settled'::text, 'rejected'::text, 'returned'::text, 'declined'::text, 'expired'::text, 'cancelled'::text, 'voided'::text])))
);
CREATE INDEX payment_by_bank_reference ON public.payment USING btree (org_id, bank_reference) WHERE (bank_reference IS NOT NULL);
CREATE INDEX payment_by_batch ON public.payment USING btree (org_id, batch_id, batch_item) WHERE (batch_id IS NOT NULL);
CREATE INDEX payment_by_beneficiary ON public.payment USING btree (org_id, beneficiary_id, instructed_minor_units, created_at DESC) WHERE (beneficiary_id IS NOT NULL);
CREATE INDEX payment_by_creditor ON public.payment USING btree (org_id, folded_creditor_account, instructed_minor_units, created_at DESC);
CREATE INDEX payment_by_first_sent ON public.payment USING btree (org_id, account_id, first_sent_at) WHERE (first_sent_at IS NOT NULL);
CREATE INDEX payment_by_instance ON public.payment USING btree (org_id, process_instance_id) WHERE (process_instance_id IS NOT NULL);
CREATE INDEX payment_by_state ON public.payment USING btree (org_id, state, created_at DESC);
CREATE INDEX payment_by_time ON public.payment USING btree (org_id, created_at DESC);
CREATE INDEX payment_debit_kept ON public.payment USING btree (state_since) WHERE ((settlement_entry_id IS NOT NULL) AND (return_entry_id IS NULL) AND (state = ANY (ARRAY['rejected'::text, 'returned'::text])));
CREATE INDEX payment_due ON public.payment USING btree (next_at) WHERE (next_at IS NOT NULL);
CREATE INDEX payment_ended_by_approval ON public.payment USING btree (state_since) WHERE ((approval_via = 'dingtalk'::text) AND (process_instance_id IS NOT NULL) AND (state = ANY (ARRAY['confirmed'::text, 'settled'::text, 'rejected'::text, 'returned'::text, 'voided'::text, 'expired'::text, 'cancelled'::text])));
CREATE INDEX payment_unsettled ON public.payment USING btree (org_id, account_id) WHERE ((settlement_entry_id IS NULL) AND (state = ANY (ARRAY['submitting'::text, 'submitted'::text, 'unknown'::text, 'confirmed'::text])));

TABLE payment_attempt (
  org_id text NOT NULL,
  attempt_id text NOT NULL,
  payment_id text NOT NULL,
  number integer NOT NULL,
  digest text NOT NULL,
  end_to_end_id text NOT NULL,
  amount_minor_units numeric(38,0) NOT NULL,
  currency character(3) NOT NULL,
  state text NOT NULL,
  external_id text,
  evidence jsonb NOT NULL,
  intended_at timestamp with time zone NOT NULL,
  sent_at timestamp with time zone,
  answered_at timestamp with time zone,
  bank_reference text,
  bank_code text,
  code text,
  CONSTRAINT payment_attempt_pkey PRIMARY KEY (org_id, attempt_id),
  CONSTRAINT payment_attempt_org_id_payment_id_number_key UNIQUE (org_id, payment_id, number),
  CONSTRAINT payment_attempt_org_id_payment_id_digest_end_to_end_id_amo_fkey FOREIGN KEY (org_id, payment_id, digest, end_to_end_id, amount_minor_units, currency) REFERENCES payment(org_id, payment_id, digest, end_to_end_id, instructed_minor_units, currency),
  CONSTRAINT payment_attempt_number_check CHECK ((number >= 1)),
  CONSTRAINT payment_attempt_state_check CHECK ((state = ANY (ARRAY['intended'::text, 'sending'::text, 'unknown'::text, 'accepted'::text, 'rejected'::text, 'notExecuted'::text, 'abandoned'::text])))
);
CREATE INDEX payment_attempt_again ON public.payment_attempt USING btree (org_id, intended_at) WHERE (number > 1);
CREATE UNIQUE INDEX payment_attempt_open ON public.payment_attempt USING btree (org_id, payment_id) WHERE (state = ANY (ARRAY['intended'::text, 'sending'::text, 'unknown'::text, 'accepted'::text]));

TABLE payment_batch (
  org_id text NOT NULL,
  batch_id text NOT NULL,
  name text NOT NULL,
  account_id text NOT NULL,
  file_name text,
  content_digest text NOT NULL,
  maker text NOT NULL,
  item_count integer NOT NULL,
  total_minor_units numeric(38,0) NOT NULL,
  currency character(3) NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT payment_batch_pkey PRIMARY KEY (org_id, batch_id),
  CONSTRAINT payment_batch_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT payment_batch_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE INDEX payment_batch_by_digest ON public.payment_batch USING btree (org_id, content_digest);

TABLE payment_decision (
  org_id text NOT NULL,
  decision_id text NOT NULL,
  payment_id text NOT NULL,
  choice text NOT NULL,
  waived_code text,
  reason text NOT NULL,
  evidence jsonb NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamp with time zone NOT NULL,
  decided_by text,
  outcome text,
  decided_at timestamp with time zone,
  CONSTRAINT payment_decision_pkey PRIMARY KEY (org_id, decision_id),
  CONSTRAINT payment_decision_org_id_payment_id_fkey FOREIGN KEY (org_id, payment_id) REFERENCES payment(org_id, payment_id),
  CONSTRAINT payment_decision_check CHECK (((outcome IS DISTINCT FROM 'confirmed'::text) OR (decided_by IS DISTINCT FROM proposed_by))),
  CONSTRAINT payment_decision_checker CHECK (((outcome IS NULL) OR (decided_by IS NOT NULL))),
  CONSTRAINT payment_decision_choice_check CHECK ((choice = ANY (ARRAY['executed'::text, 'notExecuted'::text, 'sendAgain'::text, 'waive'::text]))),
  CONSTRAINT payment_decision_outcome_check CHECK ((outcome = ANY (ARRAY['confirmed'::text, 'refused'::text, 'overtaken'::text])))
);
CREATE UNIQUE INDEX payment_decision_open ON public.payment_decision USING btree (org_id, payment_id) WHERE (outcome IS NULL);

TABLE payment_limit (
  org_id text NOT NULL,
  limit_id text NOT NULL,
  account_id text,
  connector text,
  purpose text,
  maker text,
  period text NOT NULL,
  amount_minor_units numeric(38,0) NOT NULL,
  currency character(3) NOT NULL,
  count_max integer,
  state text NOT NULL,
  replaces_limit_id text,
  is_removal boolean DEFAULT false NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamp with time zone NOT NULL,
  decided_by text,
  decided_at timestamp with time zone,
  CONSTRAINT payment_limit_pkey PRIMARY KEY (org_id, limit_id),
  CONSTRAINT payment_limit_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT payment_limit_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT payment_limit_amount_minor_units_check CHECK ((amount_minor_units >= (0)::numeric)),
  CONSTRAINT payment_limit_check CHECK (((state <> 'active'::text) OR (decided_by IS DISTINCT FROM proposed_by))),
  CONSTRAINT payment_limit_checker CHECK (((state <> 'active'::text) OR (decided_by IS NOT NULL))),
  CONSTRAINT payment_limit_period_check CHECK ((period = ANY (ARRAY['payment'::text, 'day'::text, 'month'::text]))),
  CONSTRAINT payment_limit_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'active'::text, 'refused'::text, 'removed'::text])))
);
CREATE INDEX payment_limit_active ON public.payment_limit USING btree (org_id) WHERE (state = 'active'::text);

TABLE payment_settings (
  org_id text NOT NULL,
  version integer NOT NULL,
  content jsonb NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamp with time zone NOT NULL,
  decision text,
  decided_by text,
  decided_at timestamp with time zone,
  CONSTRAINT payment_settings_pkey PRIMARY KEY (org_id, version),
  CONSTRAINT payment_settings_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT payment_settings_check CHECK (((decision IS NULL) OR (decided_by IS NOT NULL))),
  CONSTRAINT payment_settings_check1 CHECK (((decision IS DISTINCT FROM 'confirmed'::text) OR (decided_by IS DISTINCT FROM proposed_by))),
  CONSTRAINT payment_settings_decision_check CHECK ((decision = ANY (ARRAY['confirmed'::text, 'refused'::text, 'withdrawn'::text])))
);
CREATE UNIQUE INDEX payment_settings_open ON public.payment_settings USING btree (org_id) WHERE (decision IS NULL);

TABLE payment_step (
  org_id text NOT NULL,
  payment_id text NOT NULL,
  number integer NOT NULL,
  at timestamp with time zone NOT NULL,
  happening text NOT NULL,
  state text NOT NULL,
  actor text NOT NULL,
  code text,
  details jsonb DEFAULT '{}'::jsonb NOT NULL,
  CONSTRAINT payment_step_pkey PRIMARY KEY (org_id, payment_id, number),
  CONSTRAINT payment_step_org_id_payment_id_fkey FOREIGN KEY (org_id, payment_id) REFERENCES payment(org_id, payment_id)
);

TABLE payment_stop (
  org_id text NOT NULL,
  stop_id text NOT NULL,
  account_id text,
  reason text NOT NULL,
  pulled_by text NOT NULL,
  pulled_at timestamp with time zone NOT NULL,
  release_proposed_by text,
  released_by text,
  released_at timestamp with time zone,
  release_proposed_at timestamp with time zone,
  CONSTRAINT payment_stop_pkey PRIMARY KEY (org_id, stop_id),
  CONSTRAINT payment_stop_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT payment_stop_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT payment_stop_check CHECK (((released_at IS NULL) OR (released_by IS DISTINCT FROM release_proposed_by))),
  CONSTRAINT payment_stop_release CHECK (((released_at IS NULL) OR ((release_proposed_by IS NOT NULL) AND (released_by IS NOT NULL))))
);
CREATE INDEX payment_stop_open ON public.payment_stop USING btree (org_id) WHERE (released_at IS NULL);

TABLE person (
  org_id text NOT NULL,
  person_id text NOT NULL,
  name text NOT NULL,
  dingtalk_user_id text,
  language text,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  removed_at timestamp with time zone,
  CONSTRAINT person_pkey PRIMARY KEY (org_id, person_id),
  CONSTRAINT person_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE UNIQUE INDEX person_by_dingtalk_user ON public.person USING btree (org_id, dingtalk_user_id) WHERE (removed_at IS NULL);

TABLE person_grant (
  org_id text NOT NULL,
  grant_id text NOT NULL,
  person_id text NOT NULL,
  action text NOT NULL,
  account_id text,
  amount_max_minor_units numeric(38,0),
  currency character(3),
  proposed_by text NOT NULL,
  confirmed_by text,
  created_at timestamp with time zone NOT NULL,
  removed_at timestamp with time zone,
  state text DEFAULT 'proposed'::text NOT NULL,
  is_bootstrap boolean DEFAULT false NOT NULL,
  delegated_by text,
  delegated_from text,
  valid_from timestamp with time zone,
  valid_until timestamp with time zone,
  decided_at timestamp with time zone,
  removed_by text,
  CONSTRAINT person_grant_pkey PRIMARY KEY (org_id, grant_id),
  CONSTRAINT person_grant_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT person_grant_org_id_delegated_from_fkey FOREIGN KEY (org_id, delegated_from) REFERENCES person_grant(org_id, grant_id),
  CONSTRAINT person_grant_org_id_person_id_fkey FOREIGN KEY (org_id, person_id) REFERENCES person(org_id, person_id),
  CONSTRAINT person_grant_action_check CHECK ((action = ANY (ARRAY['payment.make'::text, 'payment.approve'::text, 'payment.decide'::text, 'payment.stop'::text, 'payment.resume'::text, 'beneficiary.propose'::text, 'beneficiary.confirm'::text, 'limit.propose'::text, 'limit.confirm'::text, 'grant.propose'::text, 'grant.confirm'::text]))),
  CONSTRAINT person_grant_bootstrap CHECK (((NOT is_bootstrap) OR (action = ANY (ARRAY['grant.propose'::text, 'grant.confirm'::text])))),
  CONSTRAINT person_grant_check CHECK (((amount_max_minor_units IS NULL) = (currency IS NULL))),
  CONSTRAINT person_grant_check1 CHECK ((confirmed_by IS DISTINCT FROM proposed_by)),
  CONSTRAINT person_grant_delegation CHECK ((((delegated_by IS NULL) = (delegated_from IS NULL)) AND ((delegated_by IS NULL) OR (valid_until IS NOT NULL)) AND (valid_until > valid_from))),
  CONSTRAINT person_grant_not_to_oneself CHECK ((confirmed_by IS DISTINCT FROM person_id)),
  CONSTRAINT person_grant_second_person CHECK (((state <> 'active'::text) OR (is_bootstrap AND (confirmed_by IS NULL)) OR ((confirmed_by IS NOT NULL) AND (confirmed_by <> proposed_by)))),
  CONSTRAINT person_grant_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'active'::text, 'refused'::text, 'removed'::text])))
);
CREATE INDEX person_grant_by_person ON public.person_grant USING btree (org_id, person_id) WHERE (removed_at IS NULL);

TABLE poll (
  org_id text NOT NULL,
  account_id text NOT NULL,
  connection_id text NOT NULL,
  next_at timestamp with time zone NOT NULL,
  interval_seconds integer NOT NULL,
  proven_until timestamp with time zone NOT NULL,
  lease_owner text,
  lease_until timestamp with time zone,
  failures integer DEFAULT 0 NOT NULL,
  last_code text,
  last_attempt_at timestamp with time zone,
  last_success_at timestamp with time zone,
  repull_from timestamp with time zone,
  CONSTRAINT poll_pkey PRIMARY KEY (org_id, account_id),
  CONSTRAINT poll_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id)
);
CREATE INDEX poll_due ON public.poll USING btree (next_at);

TABLE recurring_payment (
  org_id text NOT NULL,
  recurrence_id text NOT NULL,
  account_id text NOT NULL,
  name text NOT NULL,
  rule text NOT NULL,
  template jsonb NOT NULL,
  roll text NOT NULL,
  first_date date NOT NULL,
  last_date date,
  next_date date,
  lead_days integer DEFAULT 2 NOT NULL,
  state text NOT NULL,
  maker text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT recurring_payment_pkey PRIMARY KEY (org_id, recurrence_id),
  CONSTRAINT recurring_payment_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT recurring_payment_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT recurring_payment_roll_check CHECK ((roll = ANY (ARRAY['following'::text, 'preceding'::text, 'modifiedFollowing'::text]))),
  CONSTRAINT recurring_payment_state_check CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text, 'ended'::text])))
);
CREATE INDEX recurring_payment_due ON public.recurring_payment USING btree (next_date) WHERE (state = 'active'::text);

TABLE route (
  org_id text NOT NULL,
  route_id text NOT NULL,
  parent_id text,
  ordinal integer NOT NULL,
  node jsonb NOT NULL,
  CONSTRAINT route_pkey PRIMARY KEY (org_id, route_id),
  CONSTRAINT route_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);

TABLE secret (
  org_id text NOT NULL,
  secret_id text NOT NULL,
  owner_id text NOT NULL,
  field text NOT NULL,
  sealed bytea NOT NULL,
  fingerprint text NOT NULL,
  created_at timestamp with time zone DEFAULT now() NOT NULL,
  replaced_at timestamp with time zone,
  CONSTRAINT secret_pkey PRIMARY KEY (org_id, secret_id),
  CONSTRAINT secret_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE UNIQUE INDEX secret_current ON public.secret USING btree (org_id, owner_id, field) WHERE (replaced_at IS NULL);

TABLE session (
  org_id text NOT NULL,
  connection_id text NOT NULL,
  sealed_token bytea NOT NULL,
  expires_at timestamp with time zone NOT NULL,
  CONSTRAINT session_pkey PRIMARY KEY (org_id, connection_id),
  CONSTRAINT session_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id)
);

TABLE transfer_notice (
  org_id text NOT NULL,
  notice_id text NOT NULL,
  connection_id text NOT NULL,
  end_to_end_id text,
  bank_reference text,
  report jsonb NOT NULL,
  received_at timestamp with time zone NOT NULL,
  read_at timestamp with time zone,
  CONSTRAINT transfer_notice_pkey PRIMARY KEY (org_id, notice_id),
  CONSTRAINT transfer_notice_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id),
  CONSTRAINT transfer_notice_check CHECK (((end_to_end_id IS NOT NULL) OR (bank_reference IS NOT NULL)))
);
CREATE UNIQUE INDEX transfer_notice_once ON public.transfer_notice USING btree (org_id, connection_id, COALESCE(end_to_end_id, ''::text), COALESCE(bank_reference, ''::text), md5((report)::text));
CREATE INDEX transfer_notice_unread ON public.transfer_notice USING btree (org_id, connection_id) WHERE (read_at IS NULL);

TABLE usage_month (
  org_id text NOT NULL,
  day date NOT NULL,
  budget text NOT NULL,
  destination_id text NOT NULL,
  calls bigint DEFAULT 0 NOT NULL,
  CONSTRAINT usage_month_pkey PRIMARY KEY (org_id, day, budget, destination_id),
  CONSTRAINT usage_month_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT usage_month_budget_check CHECK ((budget = ANY (ARRAY['api'::text, 'webhook'::text])))
);

TABLE worker (
  worker_id text NOT NULL,
  role text NOT NULL,
  host text NOT NULL,
  pid integer NOT NULL,
  version text NOT NULL,
  started_at timestamp with time zone DEFAULT now() NOT NULL,
  beat_at timestamp with time zone DEFAULT now() NOT NULL,
  CONSTRAINT worker_pkey PRIMARY KEY (worker_id)
);

CREATE OR REPLACE FUNCTION public.approval_is_not_the_makers()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
  IF NEW.via = 'local' AND NEW.decision = 'agreed' AND EXISTS (
    SELECT FROM payment p
    WHERE p.org_id = NEW.org_id AND p.payment_id = NEW.payment_id AND p.maker = NEW.person)
  THEN RAISE EXCEPTION 'maker and checker are the same person' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $function$

CREATE OR REPLACE FUNCTION public.audit_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $function$
