import { reason } from '#core/match-reasons.ts';
import type { EntryLine, ItemLine, ProposedMatch } from '#core/matches.ts';
import type { MatchId } from '#core/ids.ts';
import type { Queryable } from '#store/grants.ts';
import { holdLines, settleLines } from '#store/match-locks.ts';
import type { HeldLines } from '#store/match-locks.ts';
import { changeMatchStates, insertMatches, signatureOf } from '#store/matches.ts';
import { loadSuggestionsOf } from '#store/matches-of-entries.ts';
import type { MatchLeg, NewMatch } from '#store/matches.ts';
import { dropStaleSuggestions } from '#store/stale-suggestions.ts';
import { spendTolerance } from '#store/tolerance-rules.ts';

export interface PostScope {
  readonly orgId: string;
  readonly now: Date;
  readonly runId?: string | undefined;
  /** Who answers for what is decided alone: `system`, or whoever started the run. */
  readonly by: string;
}

/** What was computed, and from what. */
export interface Proposals {
  readonly matches: readonly ProposedMatch[];
  readonly entries: ReadonlyMap<string, EntryLine>;
  readonly items: ReadonlyMap<string, ItemLine>;
  /** Every entry that was looked at, found or not. */
  readonly lookedAt: readonly string[];
}

export interface Posted {
  readonly matchIds: readonly MatchId[];
  readonly standing: number;
  readonly suggested: number;
  /** Lines changed since they were read: the next look finds them as they are now. */
  readonly skipped: number;
}

/**
 * Writes what was computed, in the caller's transaction. The rows are held first; a match whose lines
 * are not any more what the computation saw is left out, so that no amount is ever given away twice.
 */
export async function postMatches(
  client: Queryable,
  scope: PostScope,
  proposals: Proposals,
): Promise<Posted> {
  const { matches, lookedAt } = proposals;
  const entryIds = unique([...lookedAt, ...matches.flatMap((match) => match.entryIds)]);
  const itemIds = unique(matches.flatMap((match) => match.itemIds));
  const held = await holdLines(client, scope.orgId, { entryIds, itemIds });
  const stock = createStock(held, proposals);
  const posted: NewMatch[] = [];
  let skipped = 0;
  for (const match of matches) {
    if (!stock.isUnchanged(match)) {
      skipped += 1;
      continue;
    }
    const decided = await withTolerance(client, scope, match, held);
    // A suggestion uses nothing up, but says something only while its lines are there.
    if (decided.decision === 'automatic' && !stock.take(toLegs(match, proposals))) skipped += 1;
    else posted.push(toNewMatch(decided, scope, proposals));
  }
  const fresh = await replaceSuggestions(client, scope, posted, lookedAt);
  const matchIds = await insertMatches(client, scope.orgId, fresh, scope.now);
  const open = entryIds.filter((id) => held.entries.get(id)?.isLocked === false);
  await settleLines(client, scope.orgId, { entryIds: open, itemIds }, scope.now);
  await dropStaleSuggestions(client, scope.orgId, itemIds);
  return {
    matchIds,
    standing: fresh.filter(({ state }) => state === 'standing').length,
    suggested: posted.filter(({ state }) => state === 'suggested').length,
    skipped,
  };
}

function unique(ids: readonly string[]): string[] {
  return [...new Set(ids)].toSorted();
}

interface Stock {
  readonly isUnchanged: (match: ProposedMatch) => boolean;
  /** Takes what the legs use; false, and nothing taken, where it is not there. */
  readonly take: (legs: readonly MatchLeg[]) => boolean;
}

/** What is left of the lines while their rows are held. */
function createStock(held: HeldLines, { entries, items }: Proposals): Stock {
  const left = new Map<string, bigint>();
  for (const [id, { open }] of held.entries) left.set(id, open.amountMinorUnits);
  for (const [id, { open }] of held.items) left.set(id, open.amountMinorUnits);
  const isEntryAsSeen = (id: string): boolean => {
    const now = held.entries.get(id);
    const isLive = now?.state === 'booked' || now?.state === 'corrected';
    const isFree = isLive && !now.isLocked && now.matchState !== 'exempt';
    return isFree && now.open.amountMinorUnits === entries.get(id)?.amount.amountMinorUnits;
  };
  const isItemAsSeen = (id: string): boolean => {
    const now = held.items.get(id);
    const seen = items.get(id);
    return now?.state === 'open' && now.open.amountMinorUnits === seen?.amount.amountMinorUnits;
  };
  return {
    isUnchanged: ({ entryIds, itemIds }) =>
      entryIds.every(isEntryAsSeen) && itemIds.every(isItemAsSeen),
    take: (legs) => {
      const wanted = new Map<string, bigint>();
      const want = (id: string | undefined, units: bigint | undefined): void => {
        if (id !== undefined) wanted.set(id, (wanted.get(id) ?? 0n) + (units ?? 0n));
      };
      for (const leg of legs) {
        want(leg.entryId, leg.entryAmount?.amountMinorUnits);
        want(leg.itemId, leg.itemAmount?.amountMinorUnits);
      }
      for (const [id, units] of wanted) if (units > (left.get(id) ?? 0n)) return false;
      for (const [id, units] of wanted) left.set(id, (left.get(id) ?? 0n) - units);
      return true;
    },
  };
}

/** A difference passes only while its rule and its day have room; else a person decides. */
async function withTolerance(
  client: Queryable,
  { orgId }: PostScope,
  match: ProposedMatch,
  held: HeldLines,
): Promise<ProposedMatch> {
  if (match.decision !== 'automatic') return match;
  for (const { ruleId, amount, entryId } of match.residuals) {
    if (ruleId === undefined) continue;
    const day = held.entries.get(entryId ?? match.entryIds[0] ?? '')?.bookingDay ?? 0;
    const size = amount.amountMinorUnits;
    const units = size < 0n ? -size : size;
    if (await spendTolerance(client, orgId, { ruleId, day, units })) continue;
    return { ...match, decision: 'suggested', whyNotAutomatic: reason('why.toleranceSpent') };
  }
  return match;
}

/** Equal suggestions stay as they are; others of the same entries are superseded. */
async function replaceSuggestions(
  client: Queryable,
  { orgId, now }: PostScope,
  posted: readonly NewMatch[],
  lookedAt: readonly string[],
): Promise<NewMatch[]> {
  const before = await loadSuggestionsOf(client, orgId, lookedAt);
  if (before.length === 0) return [...posted];
  const wanted = new Set(
    posted.filter(({ state }) => state === 'suggested').map((match) => signatureOf(match)),
  );
  const kept = new Set<string>();
  const superseded = before.filter(({ signature }) => {
    if (!wanted.has(signature) || kept.has(signature)) return true;
    kept.add(signature);
    return false;
  });
  await changeMatchStates(
    client,
    orgId,
    superseded.map(({ matchId }) => matchId),
    { state: 'superseded', by: 'system', now },
  );
  return posted.filter((match) => match.state !== 'suggested' || !kept.has(signatureOf(match)));
}

function toNewMatch(match: ProposedMatch, scope: PostScope, proposals: Proposals): NewMatch {
  const isAutomatic = match.decision === 'automatic';
  return {
    runId: scope.runId,
    kind: match.kind,
    state: isAutomatic ? 'standing' : 'suggested',
    basis: match.basis,
    decision: isAutomatic ? 'automatic' : 'none',
    probability: match.probability,
    reasons: match.reasons,
    whyNotAutomatic: match.whyNotAutomatic,
    alternatives: match.alternatives,
    ...(isAutomatic ? { decidedBy: scope.by } : {}),
    legs: toLegs(match, proposals),
  };
}

/** Allocations, lines that settle each other, and what is left between, each a leg of its own. */
export function toLegs(
  match: ProposedMatch,
  { entries, items }: Pick<Proposals, 'entries' | 'items'>,
): readonly MatchLeg[] {
  const legs: MatchLeg[] = match.allocations.map((allocation) => ({
    role: 'allocation',
    ...allocation,
  }));
  const role = match.kind === 'transfer' ? 'transfer' : 'netting';
  if (match.allocations.length === 0) {
    for (const entryId of match.entryIds) {
      const otherEntryId = match.entryIds.find((other) => other !== entryId);
      legs.push({ role, entryId, otherEntryId, entryAmount: entries.get(entryId)?.amount });
    }
    for (const itemId of match.itemIds) {
      legs.push({ role, itemId, itemAmount: items.get(itemId)?.amount });
    }
  }
  for (const { kind, amount, entryId, itemId, ruleId, rate, rateSource } of match.residuals) {
    legs.push({
      role: kind,
      entryId,
      itemId,
      residual: amount,
      toleranceRuleId: ruleId,
      rate,
      rateSource,
    });
  }
  return legs;
}
