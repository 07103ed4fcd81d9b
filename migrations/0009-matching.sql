-- What continuous matching needs to find its candidates by index, and what people add to it.

-- Names are searched among parties, of which there are few, never among items.
ALTER TABLE expected_item DROP COLUMN name_tokens;

-- The exact keys of an item; those of open items stand in `item_key` as well, so that a customer's
-- virtual account does not lead through ten years of paid invoices.
ALTER TABLE expected_item ADD COLUMN match_keys text[] NOT NULL DEFAULT '{}';

CREATE TABLE item_party_token (
  -- Words of the names that items were ever expected from.
  org_id text NOT NULL REFERENCES org,
  token text NOT NULL,
  counterparty_fold text NOT NULL,
  PRIMARY KEY (org_id, token, counterparty_fold)
);

CREATE INDEX expected_item_by_party_key ON expected_item (org_id, counterparty_key, due_on)
  WHERE state = 'open' AND counterparty_key IS NOT NULL;

-- Payments of ours whose debit is expected.
CREATE INDEX expected_item_of_payment ON expected_item (org_id, payment_id)
  WHERE state = 'open' AND kind = 'payment';
CREATE INDEX payment_in_flight ON payment (org_id, payment_id)
  WHERE state IN ('submitting', 'submitted', 'unknown', 'confirmed');

-- Entries that may compete for an item, or that belong together with a new one.
CREATE INDEX entry_open_by_amount ON entry
  (org_id, currency, (amount_minor_units - matched_minor_units), booking_date)
  WHERE match_state IN ('partial', 'suggested', 'unknown');
CREATE INDEX entry_open_by_party ON entry (org_id, counterparty_fold, booking_date)
  WHERE match_state IN ('partial', 'suggested', 'unknown') AND counterparty_fold IS NOT NULL;
-- What is not looked at yet, oldest first, for the worker.
CREATE INDEX entry_not_looked_at ON entry (org_id, booking_date, entry_id)
  WHERE match_state IS NULL;

-- The lines and amounts of a match as one word: an equal suggestion is not made twice.
ALTER TABLE match ADD COLUMN signature text NOT NULL DEFAULT '';

ALTER TABLE match_settings ADD COLUMN payment_code_templates text[] NOT NULL DEFAULT '{}';
-- Whether anything was ever expected in this direction; else no movement is called unknown.
ALTER TABLE match_settings ADD COLUMN expects_credit boolean NOT NULL DEFAULT false;
ALTER TABLE match_settings ADD COLUMN expects_debit boolean NOT NULL DEFAULT false;
-- Something changed since: open entries are looked at again.
ALTER TABLE match_settings ADD COLUMN rematch_since timestamptz;
CREATE INDEX match_settings_due ON match_settings (rematch_since) WHERE rematch_since IS NOT NULL;

CREATE TABLE match_band (
  -- People's decisions by basis and band of probability: what the stated precision is proven by.
  org_id text NOT NULL REFERENCES org,
  basis text NOT NULL,
  band integer NOT NULL,
  right_count integer NOT NULL DEFAULT 0,
  wrong_count integer NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, basis, band)
);

CREATE TABLE match_break (
  -- What people noted on a line that is open: who looks after it, and why nothing belongs to it.
  org_id text NOT NULL REFERENCES org,
  line_id text NOT NULL,
  side text NOT NULL CHECK (side IN ('entry', 'item')),
  owner_id text,
  note text NOT NULL DEFAULT '',
  exempt_reason text,
  changed_by text NOT NULL,
  changed_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, line_id),
  FOREIGN KEY (org_id, owner_id) REFERENCES person
);
CREATE INDEX match_break_by_owner ON match_break (org_id, owner_id) WHERE owner_id IS NOT NULL;
