-- What the choke point and the watch ask of payments that were sent more than once, and of lines that
-- name a payment.

-- `payment_id` without a role: the line carries the payment's reference and is not its debit. It is a
-- fee, another amount than ordered, or a second debit.
CREATE INDEX entry_naming_payment ON entry (seen_at)
  WHERE payment_id IS NOT NULL AND payment_role IS NULL;

-- Second sendings count in the period in which they are sent.
CREATE INDEX payment_attempt_again ON payment_attempt (org_id, intended_at) WHERE number > 1;
