-- A payment that the bank did not execute, or took back, and whose debit has not come back yet.
CREATE INDEX payment_debit_kept ON payment (state_since)
  WHERE settlement_entry_id IS NOT NULL AND return_entry_id IS NULL
    AND state IN ('rejected', 'returned');
