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
  claim_destination_id text,
  claim_language text,
  claim_from timestamp with time zone,
  CONSTRAINT account_pkey PRIMARY KEY (org_id, account_id),
  CONSTRAINT account_org_id_connection_id_number_currency_key UNIQUE (org_id, connection_id, number, currency),
  CONSTRAINT account_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES connection(org_id, connection_id),
  CONSTRAINT account_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE TRIGGER account_keeps_completeness AFTER UPDATE OF complete_as_of ON public.account FOR EACH ROW WHEN ((new.complete_as_of IS DISTINCT FROM old.complete_as_of)) EXECUTE FUNCTION keep_completeness();

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
  recorded_at timestamp with time zone DEFAULT clock_timestamp(),
  CONSTRAINT balance_pkey PRIMARY KEY (org_id, account_id, type, as_of),
  CONSTRAINT balance_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id)
);
CREATE TRIGGER balance_keeps_before BEFORE UPDATE OF amount_minor_units ON public.balance FOR EACH ROW WHEN ((old.amount_minor_units <> new.amount_minor_units)) EXECUTE FUNCTION keep_balance_before();

TABLE balance_before (
  org_id text NOT NULL,
  account_id text NOT NULL,
  type text NOT NULL,
  as_of timestamp with time zone NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  replaced_at timestamp with time zone NOT NULL,
  amount_minor_units numeric(38,0) NOT NULL,
  currency character(3) NOT NULL,
  source text NOT NULL,
  CONSTRAINT balance_before_pkey PRIMARY KEY (org_id, account_id, type, as_of, recorded_at),
  CONSTRAINT balance_before_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id)
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

TABLE chat_question (
  org_id text NOT NULL,
  event_key text NOT NULL,
  person_id text NOT NULL,
  kind text NOT NULL,
  state text NOT NULL,
  asked_at timestamp with time zone NOT NULL,
  CONSTRAINT chat_question_pkey PRIMARY KEY (org_id, event_key),
  CONSTRAINT chat_question_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT chat_question_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'answered'::text, 'limited'::text, 'spared'::text])))
);
CREATE INDEX chat_question_age ON public.chat_question USING btree (asked_at);
CREATE INDEX chat_question_by_person ON public.chat_question USING btree (org_id, person_id, asked_at DESC);

TABLE claim (
  org_id text NOT NULL,
  claim_id text NOT NULL,
  entry_id text NOT NULL,
  account_id text NOT NULL,
  destination_id text NOT NULL,
  language text NOT NULL,
  state text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  claimed_by text,
  claimed_for jsonb,
  note text,
  claimed_at timestamp with time zone,
  due_at timestamp with time zone,
  reminders integer DEFAULT 0 NOT NULL,
  match_id text,
  created_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  number integer NOT NULL,
  rivals jsonb DEFAULT '[]'::jsonb NOT NULL,
  settled_by text,
  closed_because text,
  CONSTRAINT claim_pkey PRIMARY KEY (org_id, claim_id),
  CONSTRAINT claim_org_id_entry_id_key UNIQUE (org_id, entry_id),
  CONSTRAINT claim_org_id_number_key UNIQUE (org_id, number),
  CONSTRAINT claim_org_id_destination_id_fkey FOREIGN KEY (org_id, destination_id) REFERENCES destination(org_id, destination_id),
  CONSTRAINT claim_org_id_entry_id_fkey FOREIGN KEY (org_id, entry_id) REFERENCES entry(org_id, entry_id),
  CONSTRAINT claim_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT claim_closed_because_check CHECK ((closed_because = ANY (ARRAY['matched'::text, 'exempt'::text, 'takenBack'::text]))),
  CONSTRAINT claim_state_check CHECK ((state = ANY (ARRAY['open'::text, 'claimed'::text, 'conflict'::text, 'confirmed'::text, 'closed'::text])))
);
CREATE INDEX claim_by_change ON public.claim USING btree (changed_at) WHERE (state = ANY (ARRAY['confirmed'::text, 'closed'::text]));
CREATE INDEX claim_by_state ON public.claim USING btree (org_id, state, created_at DESC);
CREATE INDEX claim_due ON public.claim USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX claim_unsettled ON public.claim USING btree (org_id, entry_id) WHERE (state = ANY (ARRAY['open'::text, 'claimed'::text, 'conflict'::text]));

TABLE claim_act (
  org_id text NOT NULL,
  claim_id text NOT NULL,
  number integer NOT NULL,
  act text NOT NULL,
  person_id text,
  details jsonb DEFAULT '{}'::jsonb NOT NULL,
  event_key text,
  at timestamp with time zone NOT NULL,
  CONSTRAINT claim_act_pkey PRIMARY KEY (org_id, claim_id, number),
  CONSTRAINT claim_act_org_id_claim_id_fkey FOREIGN KEY (org_id, claim_id) REFERENCES claim(org_id, claim_id),
  CONSTRAINT claim_act_act_check CHECK ((act = ANY (ARRAY['asked'::text, 'claimed'::text, 'contested'::text, 'released'::text, 'confirmed'::text, 'refused'::text, 'assigned'::text, 'reminded'::text, 'expired'::text, 'escalated'::text, 'closed'::text, 'reopened'::text])))
);
CREATE UNIQUE INDEX claim_act_by_event ON public.claim_act USING btree (org_id, event_key) WHERE (event_key IS NOT NULL);

TABLE claim_settings (
  org_id text NOT NULL,
  open_hours integer NOT NULL,
  claimed_hours integer NOT NULL,
  reminders_max integer NOT NULL,
  confirmed_by text NOT NULL,
  owner_person_id text,
  changed_by text NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT claim_settings_pkey PRIMARY KEY (org_id),
  CONSTRAINT claim_settings_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT claim_settings_org_id_owner_person_id_fkey FOREIGN KEY (org_id, owner_person_id) REFERENCES person(org_id, person_id),
  CONSTRAINT claim_settings_claimed_hours_check CHECK (((claimed_hours >= 1) AND (claimed_hours <= 720))),
  CONSTRAINT claim_settings_confirmed_by_check CHECK ((confirmed_by = ANY (ARRAY['other'::text, 'anyone'::text]))),
  CONSTRAINT claim_settings_open_hours_check CHECK (((open_hours >= 1) AND (open_hours <= 720))),
  CONSTRAINT claim_settings_reminders_max_check CHECK (((reminders_max >= 0) AND (reminders_max <= 10)))
);

TABLE completeness (
  org_id text NOT NULL,
  account_id text NOT NULL,
  hour timestamp with time zone NOT NULL,
  complete_as_of timestamp with time zone NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  CONSTRAINT completeness_pkey PRIMARY KEY (org_id, account_id, hour),
  CONSTRAINT completeness_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id)
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
  CONSTRAINT delivery_kind_check CHECK ((kind = ANY (ARRAY['message'::text, 'digest'::text, 'cardCreated'::text, 'cardUpdated'::text, 'file'::text]))),
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
  cards_refused_at timestamp with time zone,
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
  card_route_key text,
  card_route_url text,
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
  matched_minor_units numeric(38,0) DEFAULT 0 NOT NULL,
  match_state text,
  counterparty_fold text,
  claimed_customer text,
  CONSTRAINT entry_pkey PRIMARY KEY (org_id, entry_id),
  CONSTRAINT entry_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT entry_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT entry_amount_minor_units_check CHECK ((amount_minor_units >= (0)::numeric)),
  CONSTRAINT entry_credit_debit_indicator_check CHECK ((credit_debit_indicator = ANY (ARRAY['credit'::text, 'debit'::text]))),
  CONSTRAINT entry_match_state_check CHECK ((match_state = ANY (ARRAY['matched'::text, 'partial'::text, 'suggested'::text, 'unknown'::text, 'exempt'::text]))),
  CONSTRAINT entry_matched_within CHECK (((matched_minor_units >= (0)::numeric) AND (matched_minor_units <= amount_minor_units))) NOT VALID,
  CONSTRAINT entry_payment_role_check CHECK ((payment_role = ANY (ARRAY['settlement'::text, 'return'::text]))),
  CONSTRAINT entry_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'booked'::text, 'corrected'::text, 'reversed'::text, 'withdrawn'::text])))
);
CREATE INDEX entry_by_account ON public.entry USING btree (org_id, account_id, "position" DESC);
CREATE INDEX entry_by_amount ON public.entry USING btree (org_id, account_id, booking_date, amount_minor_units, credit_debit_indicator);
CREATE INDEX entry_by_day ON public.entry USING btree (org_id, account_id, booking_date, "position");
CREATE INDEX entry_by_payment ON public.entry USING btree (org_id, payment_id) WHERE (payment_id IS NOT NULL);
CREATE INDEX entry_by_size ON public.entry USING btree (org_id, amount_minor_units, booking_date DESC);
CREATE INDEX entry_evidence_of_payment ON public.entry USING gin (evidence) WHERE (payment_role = 'settlement'::text);
CREATE INDEX entry_naming_payment ON public.entry USING btree (seen_at) WHERE ((payment_id IS NOT NULL) AND (payment_role IS NULL));
CREATE INDEX entry_not_looked_at ON public.entry USING btree (org_id, booking_date, entry_id) WHERE (match_state IS NULL);
CREATE INDEX entry_open_by_amount ON public.entry USING btree (org_id, currency, ((amount_minor_units - matched_minor_units)), booking_date) WHERE (match_state = ANY (ARRAY['partial'::text, 'suggested'::text, 'unknown'::text]));
CREATE INDEX entry_open_by_party ON public.entry USING btree (org_id, counterparty_fold, booking_date) WHERE ((match_state = ANY (ARRAY['partial'::text, 'suggested'::text, 'unknown'::text])) AND (counterparty_fold IS NOT NULL));
CREATE INDEX entry_unmatched ON public.entry USING btree (org_id, account_id, booking_date) WHERE ((match_state IS NULL) OR (match_state = ANY (ARRAY['partial'::text, 'suggested'::text, 'unknown'::text])));

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
  recorded_at timestamp with time zone DEFAULT clock_timestamp(),
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

TABLE exchange_rate (
  org_id text NOT NULL,
  base character(3) NOT NULL,
  quote character(3) NOT NULL,
  rate text NOT NULL,
  as_of timestamp with time zone NOT NULL,
  source text NOT NULL,
  recorded_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
  recorded_by text NOT NULL,
  CONSTRAINT exchange_rate_pkey PRIMARY KEY (org_id, base, quote, as_of, recorded_at),
  CONSTRAINT exchange_rate_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT exchange_rate_check CHECK ((base <> quote)),
  CONSTRAINT exchange_rate_rate_check CHECK ((rate ~ '^[0-9]{1,12}(\.[0-9]{1,12})?$'::text))
);

TABLE expected_item (
  org_id text NOT NULL,
  item_id text NOT NULL,
  kind text NOT NULL,
  credit_debit_indicator text NOT NULL,
  source text NOT NULL,
  source_key text NOT NULL,
  number text,
  counterparty_name text,
  counterparty_fold text,
  counterparty_account text,
  counterparty_key text,
  currency character(3) NOT NULL,
  amount_minor_units numeric(38,0) NOT NULL,
  amount_min_minor_units numeric(38,0),
  settled_minor_units numeric(38,0) DEFAULT 0 NOT NULL,
  issued_on date,
  due_on date,
  creditor_reference text,
  virtual_account text,
  end_to_end_id text,
  description text DEFAULT ''::text NOT NULL,
  account_id text,
  payment_id text,
  template_id text,
  import_id text,
  state text DEFAULT 'open'::text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  closed_at timestamp with time zone,
  match_keys text[] DEFAULT '{}'::text[] NOT NULL,
  CONSTRAINT expected_item_pkey PRIMARY KEY (org_id, item_id),
  CONSTRAINT expected_item_org_id_source_source_key_key UNIQUE (org_id, source, source_key),
  CONSTRAINT expected_item_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT expected_item_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT expected_item_amount_minor_units_check CHECK ((amount_minor_units > (0)::numeric)),
  CONSTRAINT expected_item_check CHECK (((settled_minor_units >= (0)::numeric) AND (settled_minor_units <= amount_minor_units))),
  CONSTRAINT expected_item_check1 CHECK (((amount_min_minor_units IS NULL) OR ((amount_min_minor_units >= (0)::numeric) AND (amount_min_minor_units <= amount_minor_units)))),
  CONSTRAINT expected_item_credit_debit_indicator_check CHECK ((credit_debit_indicator = ANY (ARRAY['credit'::text, 'debit'::text]))),
  CONSTRAINT expected_item_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'bill'::text, 'creditNote'::text, 'payment'::text, 'ledgerLine'::text, 'recurring'::text, 'other'::text]))),
  CONSTRAINT expected_item_state_check CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text, 'cancelled'::text])))
);
CREATE INDEX expected_item_by_amount ON public.expected_item USING btree (org_id, currency, credit_debit_indicator, ((amount_minor_units - settled_minor_units)), due_on) WHERE (state = 'open'::text);
CREATE INDEX expected_item_by_due ON public.expected_item USING btree (org_id, due_on, item_id) WHERE (state = 'open'::text);
CREATE INDEX expected_item_by_id ON public.expected_item USING btree (org_id, state, item_id DESC);
CREATE INDEX expected_item_by_import ON public.expected_item USING btree (org_id, import_id) WHERE (import_id IS NOT NULL);
CREATE INDEX expected_item_by_number ON public.expected_item USING btree (org_id, upper(number)) WHERE (number IS NOT NULL);
CREATE INDEX expected_item_by_party ON public.expected_item USING btree (org_id, counterparty_fold, due_on) WHERE (state = 'open'::text);
CREATE INDEX expected_item_by_party_account ON public.expected_item USING btree (org_id, counterparty_account, due_on) WHERE ((state = 'open'::text) AND (counterparty_account IS NOT NULL));
CREATE INDEX expected_item_by_party_key ON public.expected_item USING btree (org_id, counterparty_key, due_on) WHERE ((state = 'open'::text) AND (counterparty_key IS NOT NULL));
CREATE INDEX expected_item_by_payment ON public.expected_item USING btree (org_id, payment_id) WHERE (payment_id IS NOT NULL);
CREATE INDEX expected_item_of_payment ON public.expected_item USING btree (org_id, payment_id) WHERE ((state = 'open'::text) AND (kind = 'payment'::text));

TABLE expected_template (
  org_id text NOT NULL,
  template_id text NOT NULL,
  name text NOT NULL,
  item jsonb NOT NULL,
  rule text NOT NULL,
  starts_on date NOT NULL,
  zone text NOT NULL,
  next_on date,
  state text DEFAULT 'active'::text NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  roll text,
  country character(2),
  ends_on date,
  ahead_days integer DEFAULT 30 NOT NULL,
  CONSTRAINT expected_template_pkey PRIMARY KEY (org_id, template_id),
  CONSTRAINT expected_template_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT expected_template_ahead_days_check CHECK (((ahead_days >= 0) AND (ahead_days <= 400))),
  CONSTRAINT expected_template_roll CHECK (((roll IS NULL) OR (country IS NOT NULL))),
  CONSTRAINT expected_template_roll_check CHECK ((roll = ANY (ARRAY['following'::text, 'preceding'::text, 'modifiedFollowing'::text]))),
  CONSTRAINT expected_template_state_check CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text, 'ended'::text])))
);
CREATE INDEX expected_template_due ON public.expected_template USING btree (next_on) WHERE (state = 'active'::text);

TABLE import_mapping (
  org_id text NOT NULL,
  mapping_id text NOT NULL,
  name text NOT NULL,
  header_digest bytea NOT NULL,
  mapping jsonb NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  used_at timestamp with time zone NOT NULL,
  CONSTRAINT import_mapping_pkey PRIMARY KEY (org_id, mapping_id),
  CONSTRAINT import_mapping_org_id_header_digest_key UNIQUE (org_id, header_digest),
  CONSTRAINT import_mapping_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);

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

TABLE item_change (
  org_id text NOT NULL,
  change_id text NOT NULL,
  item_id text NOT NULL,
  import_id text,
  rule text NOT NULL,
  before jsonb NOT NULL,
  after jsonb NOT NULL,
  stated jsonb NOT NULL,
  state text DEFAULT 'proposed'::text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamp with time zone NOT NULL,
  decided_by text,
  decided_at timestamp with time zone,
  CONSTRAINT item_change_pkey PRIMARY KEY (org_id, change_id),
  CONSTRAINT item_change_org_id_item_id_fkey FOREIGN KEY (org_id, item_id) REFERENCES expected_item(org_id, item_id),
  CONSTRAINT item_change_rule_check CHECK ((rule = ANY (ARRAY['replace'::text, 'openAdjusted'::text, 'openStated'::text, 'belowSettled'::text, 'closes'::text]))),
  CONSTRAINT item_change_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'applied'::text, 'refused'::text, 'superseded'::text])))
);
CREATE INDEX item_change_by_state ON public.item_change USING btree (org_id, state, change_id);
CREATE UNIQUE INDEX item_change_proposed ON public.item_change USING btree (org_id, item_id) WHERE (state = 'proposed'::text);

TABLE item_import (
  org_id text NOT NULL,
  import_id text NOT NULL,
  file_name text NOT NULL,
  digest bytea NOT NULL,
  mapping jsonb NOT NULL,
  rows_read integer NOT NULL,
  rows_taken integer NOT NULL,
  rows_known integer NOT NULL,
  rows_refused integer NOT NULL,
  problems jsonb DEFAULT '[]'::jsonb NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  CONSTRAINT item_import_pkey PRIMARY KEY (org_id, import_id),
  CONSTRAINT item_import_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE INDEX item_import_by_digest ON public.item_import USING btree (org_id, digest);
CREATE INDEX item_import_by_time ON public.item_import USING btree (org_id, import_id DESC);

TABLE item_key (
  org_id text NOT NULL,
  key text NOT NULL,
  item_id text NOT NULL,
  CONSTRAINT item_key_pkey PRIMARY KEY (org_id, key, item_id),
  CONSTRAINT item_key_org_id_item_id_fkey FOREIGN KEY (org_id, item_id) REFERENCES expected_item(org_id, item_id)
);
CREATE INDEX item_key_by_item ON public.item_key USING btree (org_id, item_id);

TABLE item_party_token (
  org_id text NOT NULL,
  token text NOT NULL,
  counterparty_fold text NOT NULL,
  CONSTRAINT item_party_token_pkey PRIMARY KEY (org_id, token, counterparty_fold),
  CONSTRAINT item_party_token_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);

TABLE item_stated (
  org_id text NOT NULL,
  item_id text NOT NULL,
  document_key text NOT NULL,
  stated jsonb NOT NULL,
  import_id text,
  stated_at timestamp with time zone NOT NULL,
  CONSTRAINT item_stated_pkey PRIMARY KEY (org_id, item_id),
  CONSTRAINT item_stated_org_id_item_id_fkey FOREIGN KEY (org_id, item_id) REFERENCES expected_item(org_id, item_id)
);
CREATE INDEX item_stated_by_document ON public.item_stated USING btree (org_id, document_key);

TABLE match (
  org_id text NOT NULL,
  match_id text NOT NULL,
  run_id text,
  kind text NOT NULL,
  state text NOT NULL,
  basis text NOT NULL,
  decision text NOT NULL,
  probability numeric(7,6),
  reasons jsonb DEFAULT '[]'::jsonb NOT NULL,
  why_not_automatic jsonb,
  alternatives jsonb DEFAULT '[]'::jsonb NOT NULL,
  suggested_probability numeric(7,6),
  decided_by text,
  decided_at timestamp with time zone,
  undone_by text,
  undone_at timestamp with time zone,
  undo_reason text,
  reverses_match_id text,
  version integer DEFAULT 1 NOT NULL,
  created_at timestamp with time zone NOT NULL,
  signature text DEFAULT ''::text NOT NULL,
  CONSTRAINT match_pkey PRIMARY KEY (org_id, match_id),
  CONSTRAINT match_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT match_org_id_run_id_fkey FOREIGN KEY (org_id, run_id) REFERENCES match_run(org_id, run_id),
  CONSTRAINT match_basis_check CHECK ((basis = ANY (ARRAY['exactKey'::text, 'uniqueSubset'::text, 'score'::text, 'memory'::text, 'rule'::text, 'person'::text]))),
  CONSTRAINT match_decision_check CHECK ((decision = ANY (ARRAY['automatic'::text, 'person'::text, 'none'::text]))),
  CONSTRAINT match_kind_check CHECK ((kind = ANY (ARRAY['single'::text, 'batch'::text, 'split'::text, 'manyToMany'::text, 'netting'::text, 'transfer'::text, 'payment'::text]))),
  CONSTRAINT match_state_check CHECK ((state = ANY (ARRAY['suggested'::text, 'standing'::text, 'refused'::text, 'undone'::text, 'superseded'::text])))
);
CREATE INDEX match_by_decision ON public.match USING btree (org_id, decided_at) WHERE (decided_at IS NOT NULL);
CREATE INDEX match_by_run ON public.match USING btree (org_id, run_id) WHERE (run_id IS NOT NULL);
CREATE INDEX match_by_state ON public.match USING btree (org_id, state, created_at DESC, match_id);
CREATE INDEX match_reversing ON public.match USING btree (org_id, reverses_match_id) WHERE (reverses_match_id IS NOT NULL);
CREATE TRIGGER match_keeps_new_state AFTER INSERT ON public.match FOR EACH ROW EXECUTE FUNCTION keep_match_state();
CREATE TRIGGER match_keeps_state AFTER UPDATE OF state ON public.match FOR EACH ROW WHEN ((new.state <> old.state)) EXECUTE FUNCTION keep_match_state();

TABLE match_alias (
  org_id text NOT NULL,
  alias_id text NOT NULL,
  bank_key text NOT NULL,
  counterparty_fold text NOT NULL,
  confirmed integer DEFAULT 0 NOT NULL,
  refused integer DEFAULT 0 NOT NULL,
  last_confirmed_at timestamp with time zone,
  last_refused_at timestamp with time zone,
  removed_at timestamp with time zone,
  CONSTRAINT match_alias_pkey PRIMARY KEY (org_id, alias_id),
  CONSTRAINT match_alias_org_id_bank_key_counterparty_fold_key UNIQUE (org_id, bank_key, counterparty_fold),
  CONSTRAINT match_alias_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE INDEX match_alias_by_key ON public.match_alias USING btree (org_id, bank_key) WHERE (removed_at IS NULL);

TABLE match_band (
  org_id text NOT NULL,
  basis text NOT NULL,
  band integer NOT NULL,
  right_count integer DEFAULT 0 NOT NULL,
  wrong_count integer DEFAULT 0 NOT NULL,
  CONSTRAINT match_band_pkey PRIMARY KEY (org_id, basis, band),
  CONSTRAINT match_band_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);

TABLE match_break (
  org_id text NOT NULL,
  line_id text NOT NULL,
  side text NOT NULL,
  owner_id text,
  note text DEFAULT ''::text NOT NULL,
  exempt_reason text,
  changed_by text NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  CONSTRAINT match_break_pkey PRIMARY KEY (org_id, line_id),
  CONSTRAINT match_break_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT match_break_org_id_owner_id_fkey FOREIGN KEY (org_id, owner_id) REFERENCES person(org_id, person_id),
  CONSTRAINT match_break_side_check CHECK ((side = ANY (ARRAY['entry'::text, 'item'::text])))
);
CREATE INDEX match_break_by_owner ON public.match_break USING btree (org_id, owner_id) WHERE (owner_id IS NOT NULL);

TABLE match_history (
  org_id text NOT NULL,
  match_id text NOT NULL,
  recorded_at timestamp with time zone NOT NULL,
  state text NOT NULL,
  CONSTRAINT match_history_pkey PRIMARY KEY (org_id, match_id, recorded_at),
  CONSTRAINT match_history_org_id_match_id_fkey FOREIGN KEY (org_id, match_id) REFERENCES match(org_id, match_id)
);
CREATE INDEX match_history_by_time ON public.match_history USING btree (org_id, recorded_at);

TABLE match_leg (
  org_id text NOT NULL,
  match_id text NOT NULL,
  leg integer NOT NULL,
  role text NOT NULL,
  entry_id text,
  item_id text,
  other_entry_id text,
  entry_minor_units numeric(38,0),
  entry_currency character(3),
  item_minor_units numeric(38,0),
  item_currency character(3),
  residual_minor_units numeric(38,0),
  residual_currency character(3),
  rate text,
  rate_source text,
  tolerance_rule_id text,
  CONSTRAINT match_leg_pkey PRIMARY KEY (org_id, match_id, leg),
  CONSTRAINT match_leg_org_id_entry_id_fkey FOREIGN KEY (org_id, entry_id) REFERENCES entry(org_id, entry_id),
  CONSTRAINT match_leg_org_id_item_id_fkey FOREIGN KEY (org_id, item_id) REFERENCES expected_item(org_id, item_id),
  CONSTRAINT match_leg_org_id_match_id_fkey FOREIGN KEY (org_id, match_id) REFERENCES match(org_id, match_id),
  CONSTRAINT match_leg_check CHECK (((role <> 'allocation'::text) OR ((entry_id IS NOT NULL) AND (item_id IS NOT NULL)))),
  CONSTRAINT match_leg_entry_minor_units_check CHECK ((entry_minor_units >= (0)::numeric)),
  CONSTRAINT match_leg_item_minor_units_check CHECK ((item_minor_units >= (0)::numeric)),
  CONSTRAINT match_leg_role_check CHECK ((role = ANY (ARRAY['allocation'::text, 'netting'::text, 'transfer'::text, 'fee'::text, 'exchange'::text, 'tolerance'::text])))
);
CREATE INDEX match_leg_by_entry ON public.match_leg USING btree (org_id, entry_id) WHERE (entry_id IS NOT NULL);
CREATE INDEX match_leg_by_item ON public.match_leg USING btree (org_id, item_id) WHERE (item_id IS NOT NULL);
CREATE INDEX match_leg_by_other_entry ON public.match_leg USING btree (org_id, other_entry_id) WHERE (other_entry_id IS NOT NULL);

TABLE match_run (
  org_id text NOT NULL,
  run_id text NOT NULL,
  kind text NOT NULL,
  settings jsonb NOT NULL,
  counts jsonb DEFAULT '{}'::jsonb NOT NULL,
  started_by text NOT NULL,
  started_at timestamp with time zone NOT NULL,
  finished_at timestamp with time zone,
  undone_at timestamp with time zone,
  undone_by text,
  CONSTRAINT match_run_pkey PRIMARY KEY (org_id, run_id),
  CONSTRAINT match_run_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT match_run_kind_check CHECK ((kind = ANY (ARRAY['run'::text, 'import'::text, 'person'::text])))
);

TABLE match_settings (
  org_id text NOT NULL,
  stated_precision numeric(6,5) DEFAULT 0.995 NOT NULL,
  is_automatic boolean DEFAULT true NOT NULL,
  days_before integer DEFAULT 60 NOT NULL,
  days_after integer DEFAULT 120 NOT NULL,
  fee_profiles jsonb DEFAULT '{}'::jsonb NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  changed_by text NOT NULL,
  changed_at timestamp with time zone NOT NULL,
  payment_code_templates text[] DEFAULT '{}'::text[] NOT NULL,
  expects_credit boolean DEFAULT false NOT NULL,
  expects_debit boolean DEFAULT false NOT NULL,
  rematch_since timestamp with time zone,
  CONSTRAINT match_settings_pkey PRIMARY KEY (org_id),
  CONSTRAINT match_settings_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE INDEX match_settings_due ON public.match_settings USING btree (rematch_since) WHERE (rematch_since IS NOT NULL);

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
CREATE INDEX payment_in_flight ON public.payment USING btree (org_id, payment_id) WHERE (state = ANY (ARRAY['submitting'::text, 'submitted'::text, 'unknown'::text, 'confirmed'::text]));
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
  recorded_at timestamp with time zone DEFAULT clock_timestamp(),
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

TABLE period_lock (
  org_id text NOT NULL,
  lock_id text NOT NULL,
  account_id text NOT NULL,
  locked_until date NOT NULL,
  reason text NOT NULL,
  locked_by text NOT NULL,
  locked_at timestamp with time zone NOT NULL,
  reopened_by text,
  reopened_at timestamp with time zone,
  reopen_reason text,
  CONSTRAINT period_lock_pkey PRIMARY KEY (org_id, lock_id),
  CONSTRAINT period_lock_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT period_lock_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id)
);
CREATE INDEX period_lock_standing ON public.period_lock USING btree (org_id, account_id, locked_until DESC) WHERE (reopened_at IS NULL);

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
  CONSTRAINT person_grant_action_check CHECK ((action = ANY (ARRAY['payment.make'::text, 'payment.approve'::text, 'payment.decide'::text, 'payment.stop'::text, 'payment.resume'::text, 'beneficiary.propose'::text, 'beneficiary.confirm'::text, 'limit.propose'::text, 'limit.confirm'::text, 'grant.propose'::text, 'grant.confirm'::text, 'item.manage'::text, 'match.decide'::text, 'match.undo'::text, 'tolerance.propose'::text, 'tolerance.confirm'::text, 'period.lock'::text, 'period.reopen'::text, 'claim.make'::text, 'claim.confirm'::text, 'account.read'::text, 'report.read'::text]))),
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

TABLE report (
  org_id text NOT NULL,
  report_id text NOT NULL,
  schedule_id text,
  due_at timestamp with time zone,
  report text NOT NULL,
  settings jsonb NOT NULL,
  language text NOT NULL,
  as_of timestamp with time zone NOT NULL,
  state text NOT NULL,
  code text,
  requested_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  ready_at timestamp with time zone,
  destination_id text,
  formats text[] DEFAULT '{}'::text[] NOT NULL,
  zone text DEFAULT 'UTC'::text NOT NULL,
  version integer DEFAULT 1 NOT NULL,
  attempts integer DEFAULT 0 NOT NULL,
  details jsonb DEFAULT '{}'::jsonb NOT NULL,
  lease_owner text,
  lease_until timestamp with time zone,
  next_at timestamp with time zone,
  CONSTRAINT report_pkey PRIMARY KEY (org_id, report_id),
  CONSTRAINT report_org_id_schedule_id_due_at_key UNIQUE (org_id, schedule_id, due_at),
  CONSTRAINT report_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT report_state_check CHECK ((state = ANY (ARRAY['making'::text, 'ready'::text, 'failed'::text])))
);
CREATE INDEX report_by_time ON public.report USING btree (org_id, created_at DESC);
CREATE INDEX report_waiting ON public.report USING btree (next_at) WHERE (state = 'making'::text);

TABLE report_file (
  org_id text NOT NULL,
  report_id text NOT NULL,
  format text NOT NULL,
  file_name text NOT NULL,
  digest bytea NOT NULL,
  bytes integer NOT NULL,
  sealed bytea,
  media_id text,
  CONSTRAINT report_file_pkey PRIMARY KEY (org_id, report_id, format),
  CONSTRAINT report_file_org_id_report_id_fkey FOREIGN KEY (org_id, report_id) REFERENCES report(org_id, report_id),
  CONSTRAINT report_file_format_check CHECK ((format = ANY (ARRAY['xlsx'::text, 'pdf'::text])))
);

TABLE report_schedule (
  org_id text NOT NULL,
  schedule_id text NOT NULL,
  name text NOT NULL,
  report text NOT NULL,
  settings jsonb DEFAULT '{}'::jsonb NOT NULL,
  formats text[] NOT NULL,
  language text NOT NULL,
  zone text NOT NULL,
  rule text NOT NULL,
  at time without time zone NOT NULL,
  calendar text,
  destination_id text NOT NULL,
  state text DEFAULT 'active'::text NOT NULL,
  next_at timestamp with time zone,
  last_at timestamp with time zone,
  failures integer DEFAULT 0 NOT NULL,
  created_by text NOT NULL,
  created_at timestamp with time zone NOT NULL,
  starts_on date DEFAULT '2026-01-01'::date NOT NULL,
  CONSTRAINT report_schedule_pkey PRIMARY KEY (org_id, schedule_id),
  CONSTRAINT report_schedule_org_id_destination_id_fkey FOREIGN KEY (org_id, destination_id) REFERENCES destination(org_id, destination_id),
  CONSTRAINT report_schedule_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT report_schedule_state_check CHECK ((state = ANY (ARRAY['active'::text, 'paused'::text, 'removed'::text])))
);
CREATE INDEX report_schedule_due ON public.report_schedule USING btree (next_at) WHERE (state = 'active'::text);

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

TABLE tolerance_rule (
  org_id text NOT NULL,
  rule_id text NOT NULL,
  name text NOT NULL,
  account_id text,
  currency character(3) NOT NULL,
  limit_minor_units numeric(38,0) NOT NULL,
  share_max numeric(6,5),
  daily_cap_minor_units numeric(38,0) NOT NULL,
  ledger_account text NOT NULL,
  state text DEFAULT 'proposed'::text NOT NULL,
  proposed_by text NOT NULL,
  proposed_at timestamp with time zone NOT NULL,
  confirmed_by text,
  confirmed_at timestamp with time zone,
  removed_by text,
  removed_at timestamp with time zone,
  CONSTRAINT tolerance_rule_pkey PRIMARY KEY (org_id, rule_id),
  CONSTRAINT tolerance_rule_org_id_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES account(org_id, account_id),
  CONSTRAINT tolerance_rule_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(org_id),
  CONSTRAINT tolerance_rule_check CHECK (((confirmed_by IS NULL) OR (confirmed_by <> proposed_by))),
  CONSTRAINT tolerance_rule_daily_cap_minor_units_check CHECK ((daily_cap_minor_units > (0)::numeric)),
  CONSTRAINT tolerance_rule_limit_minor_units_check CHECK ((limit_minor_units > (0)::numeric)),
  CONSTRAINT tolerance_rule_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'active'::text, 'removed'::text])))
);

TABLE tolerance_use (
  org_id text NOT NULL,
  rule_id text NOT NULL,
  day date NOT NULL,
  used_minor_units numeric(38,0) NOT NULL,
  CONSTRAINT tolerance_use_pkey PRIMARY KEY (org_id, rule_id, day),
  CONSTRAINT tolerance_use_org_id_rule_id_fkey FOREIGN KEY (org_id, rule_id) REFERENCES tolerance_rule(org_id, rule_id),
  CONSTRAINT tolerance_use_used_minor_units_check CHECK ((used_minor_units >= (0)::numeric))
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

CREATE OR REPLACE FUNCTION public.keep_balance_before()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
  INSERT INTO balance_before (org_id, account_id, type, as_of, recorded_at, replaced_at,
    amount_minor_units, currency, source)
  VALUES (OLD.org_id, OLD.account_id, OLD.type, OLD.as_of, coalesce(OLD.recorded_at, OLD.as_of),
    clock_timestamp(), OLD.amount_minor_units, OLD.currency, OLD.source)
  ON CONFLICT DO NOTHING;
  NEW.recorded_at := clock_timestamp();
  RETURN NEW;
END $function$

CREATE OR REPLACE FUNCTION public.keep_completeness()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
  INSERT INTO completeness (org_id, account_id, hour, complete_as_of, recorded_at)
  VALUES (NEW.org_id, NEW.account_id, date_trunc('hour', clock_timestamp(), 'UTC'),
    NEW.complete_as_of, clock_timestamp())
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $function$

CREATE OR REPLACE FUNCTION public.keep_match_state()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN
  INSERT INTO match_history (org_id, match_id, recorded_at, state)
  VALUES (NEW.org_id, NEW.match_id, clock_timestamp(), NEW.state)
  ON CONFLICT (org_id, match_id, recorded_at) DO UPDATE SET state = excluded.state;
  RETURN NULL;
END $function$
