import { CashbellError } from '#core/errors.ts';
import type { Queryable } from '#store/grants.ts';
import { holdLines, settleLines } from '#store/match-locks.ts';
import type { HeldLines } from '#store/match-locks.ts';
import { changeMatchStates, loadMatches, lockMatches } from '#store/matches.ts';
import type { StoredMatch } from '#store/matches.ts';
import { returnTolerance } from '#store/tolerance-rules.ts';

export interface UndoScope {
  readonly orgId: string;
  readonly by: string;
  readonly now: Date;
  readonly reason: string;
}

export interface UndoOptions {
  /** What becomes of a match in a locked period: it stops the whole undo, or it stays as it is. */
  readonly onLocked: 'refuse' | 'leave';
}

/**
 * Takes matches back, in the caller's transaction: their entries and items are open again by what they
 * had used, and what a tolerance rule had let pass is given back to its day.
 */
export async function undoMatches(
  client: Queryable,
  scope: UndoScope,
  matchIds: readonly string[],
  { onLocked }: UndoOptions,
): Promise<readonly StoredMatch[]> {
  if (matchIds.length === 0) return [];
  const lines = linesOf(await loadMatches(client, scope.orgId, matchIds));
  // Lines first, then matches: the order in which whoever posts takes them.
  const held = await holdLines(client, scope.orgId, lines);
  const locked = await lockMatches(client, scope.orgId, matchIds);
  const standing = locked.filter(({ state }) => state === 'standing');
  const closed = standing.filter((match) => isInLockedPeriod(match, held));
  const [first] = closed;
  if (first && onLocked === 'refuse') {
    throw new CashbellError('match.periodLocked', { match: first.matchId });
  }
  const undone = standing.filter((match) => !closed.includes(match));
  await changeMatchStates(
    client,
    scope.orgId,
    undone.map(({ matchId }) => matchId),
    { state: 'undone', by: scope.by, now: scope.now, reason: scope.reason },
  );
  for (const match of undone) await giveBack(client, scope.orgId, match, held);
  await settleLines(client, scope.orgId, linesOf(undone), scope.now);
  return undone;
}

/** Entries and items of matches, each once, in the order in which rows are held. */
export function linesOf(matches: readonly Pick<StoredMatch, 'legs'>[]): {
  readonly entryIds: string[];
  readonly itemIds: string[];
} {
  const legs = matches.flatMap((match) => match.legs);
  const unique = (ids: readonly (string | undefined)[]): string[] =>
    [...new Set(ids.filter((id) => id !== undefined))].toSorted();
  return {
    entryIds: unique(legs.flatMap(({ entryId, otherEntryId }) => [entryId, otherEntryId])),
    itemIds: unique(legs.map(({ itemId }) => itemId)),
  };
}

export function isInLockedPeriod(match: Pick<StoredMatch, 'legs'>, held: HeldLines): boolean {
  return linesOf([match]).entryIds.some((id) => held.entries.get(id)?.isLocked);
}

/** What a match has used up of tolerance rules, by rule and booking day. */
export function toleranceUsesOf(
  match: StoredMatch,
  held: HeldLines,
): { readonly ruleId: string; readonly day: number; readonly units: bigint }[] {
  return match.legs.flatMap(({ toleranceRuleId: ruleId, residual, entryId }) => {
    if (ruleId === undefined || !residual) return [];
    const first = entryId ?? linesOf([match]).entryIds[0] ?? '';
    const day = held.entries.get(first)?.bookingDay ?? 0;
    const size = residual.amountMinorUnits;
    return [{ ruleId, day, units: size < 0n ? -size : size }];
  });
}

async function giveBack(
  client: Queryable,
  orgId: string,
  match: StoredMatch,
  held: HeldLines,
): Promise<void> {
  for (const use of toleranceUsesOf(match, held)) await returnTolerance(client, orgId, use);
}
