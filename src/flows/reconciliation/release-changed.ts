import type { RecordedVersion } from '#store/entries.ts';
import type { Queryable } from '#store/grants.ts';
import { isSameMoney } from '#core/money.ts';
import { loadStandingOf } from '#store/matches-of-entries.ts';
import { undoMatches } from './undo-matches.ts';

/**
 * Frees what was matched with an entry that the bank took back, or that is of another amount now. In a
 * locked period nothing moves: the books of it are closed, and the entry stays as a break.
 */
export async function releaseChanged(
  client: Queryable,
  orgId: string,
  versions: readonly RecordedVersion[],
  now: Date,
): Promise<void> {
  const changed = versions.filter(isOther).map(({ entryId }) => entryId);
  if (changed.length === 0) return;
  const matchIds = await loadStandingOf(client, orgId, changed);
  await undoMatches(client, { orgId, by: 'system', now, reason: 'entryChanged' }, matchIds, {
    onLocked: 'leave',
  });
}

function isOther({ state, report, previous }: RecordedVersion): boolean {
  if (!previous) return false;
  if (state === 'reversed' || state === 'withdrawn') return true;
  return (
    !isSameMoney(report.amount, previous.amount) ||
    report.creditDebitIndicator !== previous.creditDebitIndicator
  );
}
