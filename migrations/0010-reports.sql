-- What was known when: a report can be made again later from the same moment and comes out the same.
--
-- The clock of the database says when a row became known, inside the transaction that wrote it: a row
-- with a moment before `as of` belongs to a transaction that had begun by then. Rows of before this
-- migration have none and count from the moment that they carry themselves.

ALTER TABLE entry_version ADD COLUMN recorded_at timestamptz;
ALTER TABLE entry_version ALTER COLUMN recorded_at SET DEFAULT clock_timestamp();
ALTER TABLE payment_step ADD COLUMN recorded_at timestamptz;
ALTER TABLE payment_step ALTER COLUMN recorded_at SET DEFAULT clock_timestamp();
ALTER TABLE balance ADD COLUMN recorded_at timestamptz;
ALTER TABLE balance ALTER COLUMN recorded_at SET DEFAULT clock_timestamp();

-- Entries of an account by their own day, for statements.
CREATE INDEX entry_by_day ON entry (org_id, account_id, booking_date, position);

CREATE TABLE balance_before (
  -- What a bank had stated before it stated another amount for the same moment.
  org_id text NOT NULL,
  account_id text NOT NULL,
  type text NOT NULL,
  as_of timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  replaced_at timestamptz NOT NULL,
  amount_minor_units numeric(38, 0) NOT NULL,
  currency char(3) NOT NULL,
  source text NOT NULL,
  PRIMARY KEY (org_id, account_id, type, as_of, recorded_at),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);
CREATE FUNCTION keep_balance_before() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  INSERT INTO balance_before (org_id, account_id, type, as_of, recorded_at, replaced_at,
    amount_minor_units, currency, source)
  VALUES (OLD.org_id, OLD.account_id, OLD.type, OLD.as_of, coalesce(OLD.recorded_at, OLD.as_of),
    clock_timestamp(), OLD.amount_minor_units, OLD.currency, OLD.source)
  ON CONFLICT DO NOTHING;
  NEW.recorded_at := clock_timestamp();
  RETURN NEW;
END $$;
CREATE TRIGGER balance_keeps_before BEFORE UPDATE OF amount_minor_units ON balance
  FOR EACH ROW WHEN (OLD.amount_minor_units <> NEW.amount_minor_units)
  EXECUTE FUNCTION keep_balance_before();

CREATE TABLE completeness (
  -- Until when everything of an account was known, written down once an hour at most.
  org_id text NOT NULL,
  account_id text NOT NULL,
  hour timestamptz NOT NULL,
  complete_as_of timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, account_id, hour),
  FOREIGN KEY (org_id, account_id) REFERENCES account
);
CREATE FUNCTION keep_completeness() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  INSERT INTO completeness (org_id, account_id, hour, complete_as_of, recorded_at)
  VALUES (NEW.org_id, NEW.account_id, date_trunc('hour', clock_timestamp(), 'UTC'),
    NEW.complete_as_of, clock_timestamp())
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER account_keeps_completeness AFTER UPDATE OF complete_as_of ON account
  FOR EACH ROW WHEN (NEW.complete_as_of IS DISTINCT FROM OLD.complete_as_of)
  EXECUTE FUNCTION keep_completeness();

CREATE TABLE match_history (
  -- Every state in which a match stood and since when; the match itself only knows its last.
  org_id text NOT NULL,
  match_id text NOT NULL,
  recorded_at timestamptz NOT NULL,
  state text NOT NULL,
  PRIMARY KEY (org_id, match_id, recorded_at),
  FOREIGN KEY (org_id, match_id) REFERENCES match
);
CREATE FUNCTION keep_match_state() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
  INSERT INTO match_history (org_id, match_id, recorded_at, state)
  VALUES (NEW.org_id, NEW.match_id, clock_timestamp(), NEW.state)
  ON CONFLICT (org_id, match_id, recorded_at) DO UPDATE SET state = excluded.state;
  RETURN NULL;
END $$;
CREATE TRIGGER match_keeps_new_state AFTER INSERT ON match
  FOR EACH ROW EXECUTE FUNCTION keep_match_state();
CREATE TRIGGER match_keeps_state AFTER UPDATE OF state ON match
  FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION keep_match_state();

CREATE TABLE exchange_rate (
  -- Rates that people or programs entered, each with where it comes from. Never changed, only added
  -- to: of one day and source the newest counts, and a report of before still finds what it used.
  org_id text NOT NULL REFERENCES org,
  -- One unit of it is so many of `quote`; decimal text, never rounded.
  base char(3) NOT NULL,
  quote char(3) NOT NULL,
  rate text NOT NULL CHECK (rate ~ '^[0-9]{1,12}(\.[0-9]{1,12})?$'),
  as_of timestamptz NOT NULL,
  source text NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  recorded_by text NOT NULL,
  PRIMARY KEY (org_id, base, quote, as_of, recorded_at),
  CHECK (base <> quote)
);

-- Where a report goes besides being kept, and whose rights it was made with.
ALTER TABLE report ADD COLUMN destination_id text;
ALTER TABLE report ADD COLUMN formats text[] NOT NULL DEFAULT '{}';
ALTER TABLE report ADD COLUMN zone text NOT NULL DEFAULT 'UTC';
ALTER TABLE report ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE report ADD COLUMN attempts integer NOT NULL DEFAULT 0;
ALTER TABLE report ADD COLUMN details jsonb NOT NULL DEFAULT '{}';
-- A worker that makes it; another takes over when it died.
ALTER TABLE report ADD COLUMN lease_owner text;
ALTER TABLE report ADD COLUMN lease_until timestamptz;
-- When an unfinished one is looked at next.
ALTER TABLE report ADD COLUMN next_at timestamptz;
CREATE INDEX report_waiting ON report (next_at) WHERE state = 'making';

-- The first day from which the rule of a schedule counts.
ALTER TABLE report_schedule ADD COLUMN starts_on date NOT NULL DEFAULT '2026-01-01';
