-- What sources said of expected items, and changes that people decide on.

CREATE TABLE item_stated (
  -- What the source of an item said of it last, in its own words: a repeated import compares with
  -- this, and not with what matching has made of the item meanwhile.
  org_id text NOT NULL,
  item_id text NOT NULL,
  -- The document, of which instalments are several items.
  document_key text NOT NULL,
  stated jsonb NOT NULL,
  import_id text,
  stated_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, item_id),
  FOREIGN KEY (org_id, item_id) REFERENCES expected_item
);

CREATE INDEX item_stated_by_document ON item_stated (org_id, document_key);

CREATE TABLE item_change (
  -- The source says something else than before. Nobody's books change in silence: people apply it,
  -- or the import was told to, as long as nothing of the item is matched.
  org_id text NOT NULL,
  change_id text NOT NULL,
  item_id text NOT NULL,
  import_id text,
  -- `openAdjusted`: open = new amount less what is matched; `openStated`: open = what the source says
  -- is open; `belowSettled`: cannot be applied while the match stands; `closes`: nothing more comes.
  rule text NOT NULL
    CHECK (rule IN ('replace', 'openAdjusted', 'openStated', 'belowSettled', 'closes')),
  before jsonb NOT NULL,
  after jsonb NOT NULL,
  -- All that the source says now: what applying it writes.
  stated jsonb NOT NULL,
  state text NOT NULL DEFAULT 'proposed'
    CHECK (state IN ('proposed', 'applied', 'refused', 'superseded')),
  proposed_by text NOT NULL,
  proposed_at timestamptz NOT NULL,
  decided_by text,
  decided_at timestamptz,
  PRIMARY KEY (org_id, change_id),
  FOREIGN KEY (org_id, item_id) REFERENCES expected_item
);
-- A newer word of the source takes the place of an older one.
CREATE UNIQUE INDEX item_change_proposed ON item_change (org_id, item_id)
  WHERE state = 'proposed';
CREATE INDEX item_change_by_state ON item_change (org_id, state, change_id);

CREATE INDEX expected_item_by_import ON expected_item (org_id, import_id)
  WHERE import_id IS NOT NULL;
-- The list as people page through it.
CREATE INDEX expected_item_by_id ON expected_item (org_id, state, item_id DESC);
CREATE INDEX item_import_by_time ON item_import (org_id, import_id DESC);

-- Days on which banks are closed move by `roll` in the calendar of `country`; null: they stay.
ALTER TABLE expected_template ADD COLUMN roll text
  CHECK (roll IN ('following', 'preceding', 'modifiedFollowing'));
ALTER TABLE expected_template ADD COLUMN country char(2);
ALTER TABLE expected_template ADD CONSTRAINT expected_template_roll
  CHECK (roll IS NULL OR country IS NOT NULL);
ALTER TABLE expected_template ADD COLUMN ends_on date;
-- Items are made so many days before their own day.
ALTER TABLE expected_template ADD COLUMN ahead_days integer NOT NULL DEFAULT 30
  CHECK (ahead_days BETWEEN 0 AND 400);
