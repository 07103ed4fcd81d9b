-- What the HTTP API remembers between requests.

CREATE TABLE api_answer (
  -- The answer to a request that carried an Idempotency-Key, so that its repeat does nothing twice.
  org_id text NOT NULL REFERENCES org,
  -- Token or person that sent the key; two of them may use the same words.
  holder_id text NOT NULL,
  idempotency_key text NOT NULL,
  -- SHA-256 over method, path and body: the same key with another request is refused.
  request_digest bytea NOT NULL,
  started_at timestamptz NOT NULL,
  answered_at timestamptz,
  status integer,
  -- Sealed: an answer may show a new token.
  sealed_answer bytea,
  PRIMARY KEY (org_id, holder_id, idempotency_key)
);
CREATE INDEX api_answer_age ON api_answer (started_at);
