import { parseId } from '#core/ids.ts';
import { isCashbellError } from '#core/errors.ts';
import { checkBeneficiaryName } from './check-beneficiary-name.ts';
import type { NameCheckDeps } from './check-beneficiary-name.ts';

/** So many banks are asked in one round; the rest waits for the next. */
const NAMES_MAX = 20;
/** A bank that gave no answer is asked again after this. */
const ASK_AGAIN = '15 minutes';

/**
 * Asks banks for the holders' names of new and changed payees before a second person looks at them, so
 * that nobody confirms a payee without having been shown what the bank knows (asks 12 and 13).
 */
export async function checkWaitingNames(deps: NameCheckDeps, at: Date): Promise<number> {
  const { rows } = await deps.services.pool.query<{ org_id: string; beneficiary_id: string }>(
    `SELECT org_id, beneficiary_id FROM beneficiary_version
     WHERE decision IS NULL AND content->>'kind' <> 'retire'
       AND (name_checked_at IS NULL
         OR name_match = 'pending' AND name_checked_at < $1::timestamptz - $2::interval)
     ORDER BY proposed_at LIMIT ${NAMES_MAX}`,
    [at, ASK_AGAIN],
  );
  for (const row of rows) {
    const place = { orgId: parseId('org', row.org_id), beneficiaryId: row.beneficiary_id };
    try {
      await checkBeneficiaryName(deps, place, 'system');
    } catch (error) {
      // Somebody decided meanwhile, or it was asked for by hand: nothing to do.
      if (!isCashbellError(error)) throw error;
    }
  }
  return rows.length;
}
